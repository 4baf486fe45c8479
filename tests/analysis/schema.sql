CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE address AS (street text, number int, mood mood);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN email AS text CHECK (VALUE ~ '@');
CREATE DOMAIN tags AS text[];
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    mail email,
    mood mood DEFAULT 'ok',
    age smallint,
    score positive,
    active boolean NOT NULL DEFAULT true,
    balance numeric(12, 2),
    ratio double precision,
    code char(4),
    nick varchar(20),
    born date,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen timestamp,
    at time,
    pause interval,
    data jsonb,
    raw json,
    key uuid,
    tags text[],
    numbers int[],
    labels tags,
    home address,
    ip inet,
    bits bit(8),
    bin bytea,
    range int4range,
    during tstzrange,
    place point,
    search tsvector,
    UNIQUE (name)
);
CREATE TABLE orders (
    id int PRIMARY KEY,
    user_id bigint REFERENCES users (id),
    total numeric NOT NULL,
    quantity int,
    double_total numeric GENERATED ALWAYS AS (total * 2) STORED,
    placed timestamptz,
    note text,
    ranges int4multirange,
    wide span,
    UNIQUE (user_id, placed)
);
CREATE TABLE parts (a int, b text, c real, d oid, e name, f "char", g xml, h money, i macaddr, PRIMARY KEY (a, b));
CREATE VIEW active_users AS SELECT id, name, lower(name) AS lower_name, age + 1 AS next_age FROM users WHERE active;
CREATE FUNCTION plus(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION plus(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a || b';
CREATE FUNCTION first_of(anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT $1[1]';
CREATE FUNCTION pair(anyelement, anyelement) RETURNS anyarray LANGUAGE sql IMMUTABLE AS 'SELECT ARRAY[$1, $2]';
CREATE FUNCTION joined(sep text, VARIADIC parts text[]) RETURNS text LANGUAGE sql AS 'SELECT array_to_string(parts, sep)';
CREATE FUNCTION users_named(wanted text) RETURNS SETOF users LANGUAGE sql STABLE AS 'SELECT * FROM users WHERE name = wanted';
CREATE FUNCTION split(whole text, OUT head text, OUT rest int) LANGUAGE sql AS 'SELECT whole, 1';
CREATE FUNCTION listed(n int) RETURNS TABLE (num int, word text) LANGUAGE sql AS 'SELECT n, ''x''::text';
CREATE FUNCTION street(address) RETURNS text LANGUAGE sql AS 'SELECT $1.street';
CREATE PROCEDURE touch(a int) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total_of(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
CREATE CAST (int AS mood) WITH INOUT AS ASSIGNMENT;
CREATE TABLE docs (id int PRIMARY KEY, a text, b text, js jsonb, j json, n numeric, bin bytea, d date);
CREATE FUNCTION sets() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION recs() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION nothing_back() RETURNS void LANGUAGE sql AS 'SELECT 1';
CREATE TABLE single (x int);
CREATE TABLE graph (f int, t int, label text);
CREATE FUNCTION twice(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION twice(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a';
