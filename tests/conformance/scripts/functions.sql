CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT a + b';
CREATE FUNCTION add(a text, b text DEFAULT 'x') RETURNS text LANGUAGE sql AS $$ SELECT a || b $$;
CREATE OR REPLACE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql STABLE AS 'SELECT a - b';
CREATE TABLE users (id int, name text);
CREATE FUNCTION all_users() RETURNS SETOF users LANGUAGE sql AS 'SELECT * FROM users';
CREATE FUNCTION pairs(n int) RETURNS TABLE (x int, y text) LANGUAGE sql AS $$ SELECT 1, 'a' $$;
CREATE FUNCTION outs(IN a int, OUT b int, INOUT c text) LANGUAGE plpgsql AS $$ BEGIN b := 1; END $$;
CREATE FUNCTION one_out(OUT b numeric(10,2)) LANGUAGE plpgsql AS $$ BEGIN b := 1; END $$;
CREATE FUNCTION variadic_one(VARIADIC a int[]) RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE FUNCTION trig() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN NEW; END $$;
CREATE PROCEDURE proc(a int, b text = 'y') LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE FUNCTION defaults(a int DEFAULT 1, b timestamptz DEFAULT now(), c text[] DEFAULT '{}', d jsonb DEFAULT '{}'::jsonb, e varchar(3) DEFAULT 'a', f bool DEFAULT NULL) RETURNS varchar(10) LANGUAGE plpgsql AS $$ BEGIN RETURN ''; END $$;
CREATE FUNCTION poly(a anyelement, b anyarray) RETURNS anyelement LANGUAGE plpgsql AS $$ BEGIN RETURN a; END $$;
CREATE FUNCTION unnamed(int, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RETURN true; END $$;
-- since 14
CREATE FUNCTION atomic(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + 1; END;
-- since 14
CREATE FUNCTION ret(a int) RETURNS int LANGUAGE sql RETURN a + 1;
CREATE FUNCTION like_column(a users.id%TYPE) RETURNS users.name%TYPE LANGUAGE plpgsql AS $$ BEGIN RETURN ''; END $$;
CREATE TRIGGER tr BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION trig();
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION gone() RETURNS int LANGUAGE sql AS 'SELECT 1';
DROP FUNCTION gone;
DROP FUNCTION add(text, text);
-- since 14
ALTER FUNCTION ret(int) RENAME TO returned;
CREATE SCHEMA s;
ALTER FUNCTION unnamed SET SCHEMA s;
ALTER FUNCTION add(int, int) IMMUTABLE;
CREATE TABLE uses (a int DEFAULT add(1, 2), b int CHECK (add(b, 1) > 0), c text DEFAULT s.unnamed(1, 'x')::text);
