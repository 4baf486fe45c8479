-- In the manner of pg_dump.
SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TYPE public.status AS ENUM ('open', 'closed');
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END; $$;
CREATE TABLE public.orders (id bigint NOT NULL, status public.status DEFAULT 'open'::public.status NOT NULL, note character varying(255), updated_at timestamp without time zone DEFAULT now(), CONSTRAINT note_check CHECK (((note)::text <> ''::text)));
CREATE SEQUENCE public.orders_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.orders_id_seq OWNED BY public.orders.id;
ALTER TABLE ONLY public.orders ALTER COLUMN id SET DEFAULT nextval('public.orders_id_seq'::regclass);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
CREATE INDEX index_orders_on_status ON public.orders USING btree (status) WHERE (status = 'open'::public.status);
CREATE TRIGGER touch BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.touch();
COMMENT ON TABLE public.orders IS 'What was ordered';
COMMENT ON COLUMN public.orders.note IS 'Free text';
