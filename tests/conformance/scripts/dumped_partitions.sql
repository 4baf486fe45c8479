-- Partitions as pg_dump writes them: made alone, attached, indexes attached after them.
CREATE TABLE public.p (id bigint NOT NULL, at date NOT NULL, v text) PARTITION BY RANGE (at);
CREATE TABLE public.p_1 (id bigint NOT NULL, at date NOT NULL, v text);
ALTER TABLE ONLY public.p ATTACH PARTITION public.p_1 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
ALTER TABLE ONLY public.p ADD CONSTRAINT p_pkey PRIMARY KEY (id, at);
ALTER TABLE ONLY public.p_1 ADD CONSTRAINT p_1_pkey PRIMARY KEY (id, at);
CREATE INDEX p_v ON ONLY public.p USING btree (v);
CREATE INDEX p_1_v_idx ON public.p_1 USING btree (v);
ALTER INDEX public.p_v ATTACH PARTITION public.p_1_v_idx;
ALTER INDEX public.p_pkey ATTACH PARTITION public.p_1_pkey;
CREATE INDEX waiting ON ONLY public.p USING btree (id);
