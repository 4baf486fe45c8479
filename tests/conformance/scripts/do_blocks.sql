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
