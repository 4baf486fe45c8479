CREATE TABLE t (a int, b text);
CREATE SCHEMA s;
CREATE TABLE s.t (a int);
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- Types of arguments and results, and languages.
CREATE FUNCTION f() RETURNS trgger LANGUAGE plpgsql AS 'BEGIN RETURN null; END';
CREATE FUNCTION f() RETURNS nosuch[] LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a int, b nosuch) RETURNS nothing LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a "no such") RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a nosuch[]) RETURNS int LANGUAGE internal AS 'int4pl';
CREATE FUNCTION f(a nowhere.nosuch) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f() RETURNS TABLE (a nosuch, b int) LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION f(OUT a nosuch) LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE p(a nosuch) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a nosuch) RETURNS nothing LANGUAGE sq AS 'SELECT 1';
CREATE FUNCTION f() RETURNS int LANGUAGE 'SQL' AS 'SELECT 1';
CREATE FUNCTION f(a nosuch.b%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a nowhere.t.a%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a s.nosuch.a%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a s.t.b%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a s.t.a%TYPE, b t.ctid%TYPE) RETURNS t.b%TYPE LANGUAGE sql AS 'SELECT null';
CREATE FUNCTION made_later() RETURNS soon LANGUAGE internal AS 'int4pl';
-- Functions of triggers.
CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION nosuch();
CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION nowhere.fires();
CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION s.fires('a');
CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION lower();
CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION now();
CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION one();
CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER y AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION public.fires('a', 1);
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION nosuch();
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION fires();
-- Access methods.
CREATE INDEX ON t USING btre (a);
CREATE INDEX ON t USING gist2 (a);
CREATE TABLE u (a int, EXCLUDE USING gist2 (a WITH =));
-- Collations that no system has.
SELECT b COLLATE "X" FROM t;
SELECT b FROM t ORDER BY b COLLATE "CC";
SELECT 'a' COLLATE s."C";
SELECT 'a' COLLATE nowhere."C";
SELECT a COLLATE "X" FROM t;
SELECT b COLLATE "C", b COLLATE ucs_basic, b COLLATE pg_catalog."POSIX" FROM t;
CREATE TABLE u (a text COLLATE "X");
ALTER TABLE t ADD c text COLLATE "X";
CREATE DOMAIN d AS text COLLATE "X";
CREATE INDEX ON t (b COLLATE "X");
CREATE COLLATION s."X" FROM "C";
SELECT b COLLATE s."X" FROM t;
-- Windows.
SELECT sum(a) OVER w FROM t WINDOW v AS (ORDER BY a);
SELECT sum(a) OVER (w) FROM t WINDOW v AS (ORDER BY a);
SELECT sum(a) OVER w FROM t;
SELECT sum(a) OVER w FROM t WINDOW w AS (v), v AS (ORDER BY a);
SELECT sum(a) OVER w FROM t WINDOW v AS (ORDER BY a), w AS (v);
SELECT 1 FROM t WINDOW v AS (ORDER BY a), v AS ();
SELECT a FROM t WINDOW w AS () ORDER BY sum(a) OVER w, rank() OVER v;
SELECT (SELECT sum(x.a) OVER w FROM s.t x) FROM t WINDOW w AS ();
-- PostgreSQL's own schemas.
SELECT * FROM pg_indvx;
SELECT * FROM pg_catalog.pg_clas;
SELECT * FROM information_schema.columnss;
SELECT * FROM pg_eatalog.pg_class;
SELECT pg_eatalog.lower('x');
SELECT 'x'::pg_eatalog.text;
-- Definitions of types and casts.
CREATE TYPE r AS RANGE (subtpe = int);
CREATE TYPE r AS RANGE (subtype = int, nosuch = 1);
CREATE CAST (nosuch AS text) WITHOUT FUNCTION;
CREATE CAST (text AS nowhere.nosuch) WITHOUT FUNCTION;
-- What a block looks up and puts together.
ALTER TABLE s.t ADD CONSTRAINT t_key PRIMARY KEY (a);
DO $$
DECLARE command text;
BEGIN
    SELECT concat('ALTER TABLE s.t DROP CONSTRAINT ', constraint_name) INTO command
    FROM information_schema.table_constraints
    WHERE table_schema = 's' AND table_name = 't' AND constraint_type = 'PRIMARY KEY';
    IF command IS NOT NULL THEN
        EXECUTE command;
    END IF;
    SELECT 'DROP TABLE ' || table_name INTO command FROM information_schema.tables WHERE table_schema = 's' AND table_name = 'none';
    IF command IS NOT NULL THEN
        EXECUTE command;
    END IF;
END $$;
ALTER TABLE s.t DROP CONSTRAINT t_key;
SELECT nosuch FROM s.t;
-- What certainly runs of a block, by what is there when it does.
DO $$ DECLARE x text = coalesce(current_seting('a.b', true), 'x'); BEGIN IF x = 'y' THEN CREATE TABLE made (a int); END IF; END $$;
DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM information_shema.tables WHERE table_name = 'made') THEN CREATE TABLE made (a int); END IF; END $$;
DO $$ BEGIN CREATE TABLE made (a int, b timestamptz DEFAULT nw()); END $$;
DO $$ BEGIN CREATE TABLE made (a int); ALTER TABLE made ADD b int; UPDATE made SET c = b; END $$;
DO $$ BEGIN CREATE TABLE made (a int); ALTER TABLE made RENAME a TO b; UPDATE made SET b = 1; PERFORM a FROM made; END $$;
DO $$ BEGIN CREATE TABLE made (a int); ALTER TABLE made RENAME a TO b; UPDATE made SET b = 1; PERFORM b FROM made; END $$;
DO $$ BEGIN UPDATE nosuch SET b = 1; EXCEPTION WHEN others THEN NULL; END $$;
DO $$ BEGIN IF (SELECT count(*) FROM made) > 100 THEN UPDATE nosuch SET b = 1; END IF; END $$;
DO $$ DECLARE r record; BEGIN SELECT * INTO r FROM made; ALTER TABLE made DROP COLUMN b, ADD c int; IF r.b = 1 THEN RAISE NOTICE 'x'; END IF; END $$;
DO $$ DECLARE r record; BEGIN FOR r IN SELECT c FROM made WHERE d = 1 LOOP NULL; END LOOP; END $$;
CREATE FUNCTION makes() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE TABLE late (a int); END';
DO $$ BEGIN PERFORM makes(); INSERT INTO late VALUES (1); END $$;
SELECT nosuch FROM made;
