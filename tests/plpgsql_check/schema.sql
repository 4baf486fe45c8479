-- What the functions of functions.sql are written for.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE users (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    mail varchar(100),
    mood mood,
    age int,
    balance numeric(10,2) NOT NULL DEFAULT 0,
    data jsonb,
    tags text[],
    born date,
    seen timestamptz
);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    user_id int REFERENCES users,
    total numeric NOT NULL,
    note text,
    made timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE audit (
    id bigserial PRIMARY KEY,
    table_name text NOT NULL,
    old_row jsonb,
    new_row jsonb
);
CREATE VIEW rich AS SELECT id, name, balance FROM users WHERE balance > 1000;
CREATE SCHEMA shop;
CREATE TABLE shop.items (id int PRIMARY KEY, label text, price numeric);
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION lookup(n int) RETURNS text LANGUAGE sql STABLE AS 'SELECT name FROM users WHERE id = n';
CREATE FUNCTION two_of(OUT a int, OUT b text) LANGUAGE sql IMMUTABLE AS $$SELECT 1, 'x'$$;
CREATE FUNCTION several(n int) RETURNS TABLE (x int, y text) LANGUAGE sql STABLE AS 'SELECT id, name FROM users';
CREATE PROCEDURE move(INOUT n int, label text) LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE act(n int) LANGUAGE sql AS 'SELECT 1';
