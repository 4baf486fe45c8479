DO $$ BEGIN CREATE TYPE status AS ENUM ('a', 'b'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE TYPE status AS ENUM ('a', 'b'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'app') THEN
        CREATE SCHEMA app;
    END IF;
    IF to_regclass('public.nothing') IS NOT NULL THEN
        CREATE TABLE never (a int);
    ELSE
        CREATE TABLE always (a int, s status DEFAULT 'a');
    END IF;
    EXECUTE 'CREATE TABLE app.made (a int PRIMARY KEY)';
END $$;
DO $$ DECLARE n int; BEGIN SELECT 1 INTO n; RAISE NOTICE 'create %', n; END $$;
-- What information_schema and the catalogs say is known.
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'always' AND column_name = 'b') THEN
        ALTER TABLE always ADD COLUMN b text;
    END IF;
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'always' AND column_name = 'b') THEN
        ALTER TABLE always RENAME COLUMN b TO c;
    ELSE
        ALTER TABLE always ADD COLUMN never text;
    END IF;
    IF EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'made_pkey' AND conrelid = 'app.made'::regclass) THEN
        ALTER TABLE app.made DROP CONSTRAINT made_pkey;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_type t WHERE t.typname = 'status') THEN
        DROP TABLE always;
    END IF;
END $$;
-- Variables, RETURN, loops over constants, and what is put together.
DO $$
DECLARE
    setting text := coalesce(current_setting('app.nothing', true), 'unset');
    name text;
    part text = 'log_' || setting;
BEGIN
    EXECUTE 'CREATE TABLE ' || quote_ident(part) || ' (a int)';
    FOREACH name IN ARRAY ARRAY['one', 'Two'] LOOP
        EXECUTE format('CREATE TABLE app.%I (id int, made timestamptz DEFAULT now())', name);
        EXECUTE format('CREATE INDEX ON app.%I (made)', name);
    END LOOP;
    FOR i IN 1..3 LOOP
        EXECUTE format('CREATE TABLE numbered_%s (a int)', i);
    END LOOP;
    IF setting = 'unset' THEN
        RETURN;
    END IF;
    CREATE TABLE unreached (a int);
END $$;
DO $$ BEGIN CREATE TABLE undone (a int); RAISE EXCEPTION 'no'; EXCEPTION WHEN others THEN NULL; END $$;
SET app.known = 'x';
DO $$ BEGIN IF current_setting('app.known', true) IS NOT NULL THEN EXECUTE 'COMMENT ON TABLE always IS ''there'''; END IF; END $$;
