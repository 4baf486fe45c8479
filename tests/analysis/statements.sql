-- Statements of all kinds over the schema: some right, some wrong.
SELECT u.id, u.name, o.total FROM users u JOIN orders o ON o.user_id = u.id WHERE u.active AND o.total > 10;
SELECT u.idd FROM users u;
SELECT idd FROM users;
SELECT users.id FROM users u;
SELECT x.id FROM users u;
SELECT id FROM users JOIN orders ON true;
SELECT * FROM userz;
SELECT * FROM nowhere.users;
SELECT name::intt FROM users;
SELECT lower(id) FROM users;
SELECT lower(name, name) FROM users;
SELECT nosuch(name) FROM users;
SELECT name + 1 FROM users;
SELECT id || name, name || id, id || id FROM users;
SELECT * FROM users WHERE id;
SELECT * FROM users WHERE name = 1;
SELECT * FROM users WHERE id = 'abc';
SELECT * FROM users WHERE mood = 'furious';
SELECT * FROM users WHERE key = 'not-a-uuid';
SELECT * FROM users WHERE born > '2024-02-30';
SELECT * FROM users WHERE born > 'soon';
SELECT * FROM users WHERE data = '{broken';
SELECT * FROM users WHERE data->>'a' > 5;
SELECT data->'a'->>'b', data #> '{a,b}', data @> '{"a": 1}' FROM users;
SELECT count(*), name FROM users;
SELECT count(*), name FROM users GROUP BY name;
SELECT u.*, count(o.id) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id;
SELECT u.name, o.note, count(*) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id;
SELECT name, sum(score) FROM users GROUP BY 1 HAVING sum(score) > 10 ORDER BY 2 DESC;
SELECT name FROM users WHERE count(*) > 1;
SELECT sum(sum(score)) FROM users;
SELECT sum(score) OVER (PARTITION BY name ORDER BY id) FROM users WHERE row_number() OVER () = 1;
SELECT rank() FROM users;
SELECT lower(name) OVER () FROM users;
SELECT lower(DISTINCT name) FROM users;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY score) FROM users;
SELECT percentile_cont(0.5) FROM users;
SELECT string_agg(name, ',' ORDER BY id) FILTER (WHERE active) FROM users;
SELECT string_agg(id, ',') FROM users;
SELECT generate_series(1, 3), unnest(tags) FROM users;
SELECT * FROM users WHERE generate_series(1, 3) = 1;
SELECT CASE WHEN id > 1 THEN name ELSE score END FROM users;
SELECT CASE mood WHEN 'happy' THEN 1 WHEN 'glad' THEN 2 END FROM users;
SELECT COALESCE(name, 1) FROM users;
SELECT COALESCE(score, age, 1.5), GREATEST(born, created_at), NULLIF(name, '') FROM users;
SELECT ARRAY[1, 'a'], ARRAY[1, 2.5], ARRAY[id, score] FROM users;
SELECT ARRAY[1, name] FROM users;
SELECT numbers[1], numbers[1:2], tags[1], data['a'], (home).street, (home).number + 1 FROM users;
SELECT (home).nothing FROM users;
SELECT name[1] FROM users;
SELECT (id).street FROM users;
SELECT numbers['x'] FROM users;
SELECT id FROM users UNION SELECT name FROM users;
SELECT id FROM users UNION SELECT id, total FROM orders;
SELECT id, 'a' FROM users UNION SELECT id, note FROM orders ORDER BY id;
SELECT id FROM users EXCEPT SELECT quantity FROM orders;
SELECT raw FROM users UNION SELECT raw FROM users;
SELECT DISTINCT raw FROM users;
SELECT * FROM users ORDER BY raw;
SELECT * FROM users ORDER BY place;
SELECT * FROM users ORDER BY 99;
SELECT name AS n FROM users ORDER BY n, lower(name);
SELECT * FROM users LIMIT 'x';
SELECT * FROM users LIMIT name;
SELECT * FROM users LIMIT 10 OFFSET 2.5;
SELECT id FROM users WHERE id IN (SELECT user_id FROM orders);
SELECT id FROM users WHERE id IN (SELECT user_id, id FROM orders);
SELECT id FROM users WHERE name IN (SELECT user_id FROM orders);
SELECT id FROM users WHERE (id, name) IN (SELECT user_id, note FROM orders);
SELECT id FROM users WHERE (id, name) = (1, 2, 3);
SELECT (SELECT id, total FROM orders) FROM users;
SELECT (SELECT total FROM orders WHERE user_id = users.id LIMIT 1) + 1 FROM users;
SELECT EXISTS (SELECT 1 FROM orders WHERE user_id = users.id), ARRAY(SELECT id FROM orders) FROM users;
SELECT 1 = ANY (numbers), 'a' = ANY (tags), id = ANY ('{1,2}'), id = ANY (ARRAY[1, 2]) FROM users;
SELECT 1 = ANY (id) FROM users;
SELECT id = ANY (tags) FROM users;
SELECT name LIKE 'a%', name ILIKE id, name ~ '^a' FROM users;
SELECT id BETWEEN 1 AND 10, born BETWEEN '2024-01-01' AND now(), name BETWEEN 1 AND 2 FROM users;
SELECT id IS DISTINCT FROM score, id IS NOT DISTINCT FROM name FROM users;
SELECT now() - created_at, created_at + interval '1 day', born + 1, born - born, seen - pause FROM users;
SELECT created_at + 1 FROM users;
SELECT born + name FROM users;
SELECT extract(year FROM created_at), date_trunc('day', created_at), age(created_at), to_char(created_at, 'YYYY') FROM users;
SELECT date_trunc(created_at) FROM users;
SELECT extract(year FROM name) FROM users;
SELECT created_at AT TIME ZONE 'UTC', seen AT TIME ZONE 'UTC', current_timestamp, current_date, localtime FROM users;
SELECT plus(1), plus(1, 2), plus('a', 'b'), plus(b => 2, a => 1) FROM users;
SELECT plus(c => 1) FROM users;
SELECT plus('1') FROM users;
SELECT plus(1, 'b'), plus(a => 1) FROM users;
SELECT plus(name, 1) FROM users;
SELECT first_of(tags), first_of(ARRAY[1, 2]), pair(1, 2), pair('a'::text, 'b') FROM users;
SELECT pair(1, 'a'::text) FROM users;
SELECT first_of(1) FROM users;
SELECT first_of(NULL), pair(NULL, NULL) FROM users;
SELECT joined(',', 'a', 'b'), joined(',', VARIADIC tags), joined(',') FROM users;
SELECT * FROM split('a'), listed(3), users_named('x'), generate_series(1, 3) AS g, unnest(ARRAY[1, 2], ARRAY['a', 'b']) AS un(a, b);
SELECT s.head, s.rest, l.num, l.word, n.mail, g FROM split('a') s, listed(3) l, users_named('x') n, generate_series(1, 3) g;
SELECT s.nothing FROM split('a') s;
SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS g(n, i) WHERE i > 1 AND n < 3;
SELECT * FROM json_to_recordset('[]') AS r(a int, b text) WHERE a > 1 AND b = 'x';
SELECT * FROM users, LATERAL (SELECT users.id + 1 AS next) l WHERE l.next > 1;
SELECT * FROM users, (SELECT users.id + 1 AS next) l;
SELECT * FROM users u, orders o WHERE u.id = o.user_id AND nothing.x = 1;
SELECT touch(1);
CALL touch(1);
CALL touch('a'::text);
CALL plus(1);
SELECT total_of(score), total_of(age) FROM users;
SELECT total_of(name) FROM users;
SELECT name === name, name === 1 FROM users;
SELECT id === id FROM users;
SELECT score::mood, 1::mood FROM users;
SELECT 'happy'::mood < 'sad', mood < 'ok', mood > name FROM users;
SELECT '{1,2}'::int[], '{1,x}'::int[];
SELECT '{a,b}'::text[], 'a,b'::text[];
SELECT '[1,5)'::int4range, range @> 3, during && '[2024-01-01,2024-02-01)', lower(range), upper(during) FROM users;
SELECT 'x'::int4range;
SELECT '12abc'::int;
SELECT '40000'::smallint, 99999999999::int;
SELECT 'maybe'::boolean;
SELECT '1.2.3'::numeric;
SELECT true::int, 1::boolean, '1'::int + 1, 1::text || 'a';
SELECT true::date;
SELECT 1::date;
SELECT ROW(1, 'a', 'ok')::address, ('a', 1, 'ok')::address;
SELECT ROW(1, 2)::address;
SELECT name COLLATE "C", id COLLATE "C" FROM users;
SELECT xmlelement(name a, b), xmlparse(document '<a/>'), g IS DOCUMENT FROM parts;
SELECT h * 2, h + h, h / h, i & i, f || 'a', d + 1, e || 'x' FROM parts;
SELECT c + d FROM parts;
SELECT ranges @> 3, ranges * ranges, wide * wide, lower(wide) FROM orders;
WITH t AS (SELECT id, name FROM users) SELECT t.id, t.nothing FROM t;
WITH t AS (SELECT id, name FROM users) SELECT t.id, upper(t.name) FROM t;
WITH t(a, b) AS (SELECT id, name FROM users) SELECT a + 1, b FROM t;
WITH t(a, b, c) AS (SELECT id, name FROM users) SELECT a FROM t;
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT n FROM t;
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1.5 FROM t) SELECT n FROM t;
WITH RECURSIVE t(n) AS (SELECT n + 1 FROM t) SELECT n FROM t;
WITH RECURSIVE t(n) AS (SELECT n FROM t UNION ALL SELECT 1) SELECT n FROM t;
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT a.n FROM t a JOIN t b ON true) SELECT n FROM t;
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 WHERE 1 IN (SELECT n FROM t)) SELECT n FROM t;
WITH gone AS (DELETE FROM orders WHERE id = 1 RETURNING id, total) SELECT id, total * 2 FROM gone;
WITH added AS (INSERT INTO orders (id, total) VALUES (1, 2) RETURNING *) SELECT added.nothing FROM added;
VALUES (1, 'a'), (2, 'b');
VALUES (1, 'a'), (2);
VALUES (1), ('a'::text);
SELECT column1 + 1 FROM (VALUES (1), (2)) v;
SELECT v.a FROM (VALUES (1, 2)) v(a, b);
SELECT v.c FROM (VALUES (1, 2)) v(a, b);
INSERT INTO orders (id, total, note) VALUES (1, 2, 'x');
INSERT INTO orders (id, total, note) VALUES (1, 'x', 'y');
INSERT INTO orders (id, total, nothing) VALUES (1, 2, 3);
INSERT INTO orders (id, total) VALUES (1, 2, 3);
INSERT INTO orders (id, total, note) VALUES (1, 2);
INSERT INTO orders (id, id) VALUES (1, 2);
INSERT INTO orders (id, total) SELECT id, balance FROM users;
INSERT INTO orders (id, total) SELECT name, balance FROM users;
INSERT INTO orders (id, note) SELECT 1, 'x' UNION SELECT 2, 'y';
INSERT INTO orders (id, total, double_total) VALUES (1, 2, 4);
INSERT INTO orders (id, total, double_total) VALUES (1, 2, DEFAULT);
INSERT INTO users (id, name) VALUES (1, 'a');
INSERT INTO users (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'a');
INSERT INTO users (name, mood, tags, data, home) VALUES ('a', 'happy', '{a,b}', '{}', ROW('s', 1, 'ok'));
INSERT INTO users (name, mood) VALUES ('a', 'angry');
INSERT INTO users (name, numbers) VALUES ('a', ARRAY['1']);
INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET total = excluded.total + orders.total RETURNING id, total;
INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT (user_id, placed) DO NOTHING;
INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT (total) DO NOTHING;
INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT (nothing) DO NOTHING;
INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT DO UPDATE SET total = 1;
INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET total = excluded.nothing;
INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT ON CONSTRAINT orders_pkey DO NOTHING;
INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT ON CONSTRAINT no_such DO NOTHING;
INSERT INTO users (name) VALUES ('a') ON CONFLICT (name) DO NOTHING;
INSERT INTO orders VALUES (1, 2, 3, 4);
INSERT INTO nowhere (a) VALUES (1);
UPDATE users SET name = 'a', score = score + 1 WHERE id = 1 RETURNING id, name, score;
UPDATE users SET nothing = 1;
UPDATE users SET score = name;
UPDATE users SET score = 'x';
UPDATE users SET name = lower(nothing);
UPDATE users SET id = 5;
UPDATE orders SET double_total = 5;
UPDATE orders SET double_total = DEFAULT;
UPDATE users SET (name, score) = ('a', 1);
UPDATE users SET (name, score) = (SELECT note, quantity FROM orders LIMIT 1);
UPDATE users SET (name, score) = (SELECT note FROM orders LIMIT 1);
UPDATE users SET name = o.note FROM orders o WHERE o.user_id = users.id;
UPDATE users SET name = o.nothing FROM orders o WHERE o.user_id = users.id;
UPDATE users u SET name = 'a' WHERE users.id = 1;
UPDATE users SET home.street = 'a', tags[1] = 'b';
UPDATE users SET score = count(*);
DELETE FROM users WHERE nothing = 1;
DELETE FROM users USING orders o WHERE o.user_id = users.id AND o.total > 5 RETURNING users.name, o.id;
DELETE FROM users WHERE id = 'x';
-- since 15
MERGE INTO orders o USING users u ON o.user_id = u.id WHEN MATCHED THEN UPDATE SET note = u.name WHEN NOT MATCHED THEN INSERT (id, total) VALUES (1, 2);
-- since 15
MERGE INTO orders o USING users u ON o.user_id = u.id WHEN MATCHED THEN UPDATE SET nothing = u.name;
-- since 15
MERGE INTO orders o USING users u ON o.user_id = u.nothing WHEN MATCHED THEN DELETE;
-- since 15
MERGE INTO orders o USING users u ON o.user_id = u.id WHEN NOT MATCHED THEN INSERT (id, total) VALUES (1, 'x');
SELECT $1 + 1, $2 || 'a', lower($3), $4::date, id FROM users WHERE id = $5 AND name = $6 AND mood = $7;
INSERT INTO orders (id, total, placed, note) VALUES ($1, $2, $3, $4);
UPDATE users SET name = $1, data = $2, tags = $3 WHERE id = $4;
SELECT * FROM users WHERE id = ANY ($1) AND created_at > now() - $2::interval LIMIT $3;
SELECT id FROM users JOIN orders USING (id) WHERE users.id = 1;
SELECT * FROM users JOIN orders USING (nothing);
SELECT * FROM users JOIN orders USING (name);
SELECT * FROM parts JOIN orders ON parts.a = orders.id AND orders.nothing = 1;
SELECT a.id FROM users a NATURAL JOIN orders b;
SELECT count(*) FROM users FULL JOIN orders USING (id) GROUP BY id;
SELECT name FROM users FOR UPDATE OF users;
SELECT name FROM users FOR UPDATE OF orders;
SELECT tableoid, ctid, xmin, users FROM users;
SELECT jsonb_agg(u), row_to_json(u), to_jsonb(u.*), u.home FROM users u GROUP BY u.id;
SELECT jsonb_build_object('a', id, 'b', name), jsonb_set(data, '{a}', '1'), jsonb_array_elements(data) FROM users;
SELECT jsonb_set(data, 'a', '1') FROM users;
SELECT array_agg(id), array_agg(tags), array_length(tags, 1), cardinality(numbers), array_append(numbers, 1), array_append(numbers, 'x') FROM users;
SELECT array_append(tags, 1) FROM users;
SELECT round(balance, 2), round(ratio), round(ratio, 2) FROM users;
SELECT regexp_replace(name, 'a', 'b', 'g'), split_part(name, ',', 1), position('a' IN name), substring(name FROM 1 FOR 2), trim(both ' ' FROM name), overlay(name PLACING 'x' FROM 1) FROM users;
SELECT to_tsvector('english', name) @@ to_tsquery('a & b'), ts_rank(search, to_tsquery('a')), search @@ name FROM users;
SELECT bits & B'10101010', bits | bits, length(bits), bin || '\x00', encode(bin, 'hex'), ip << '10.0.0.0/8', host(ip) FROM users;
SELECT grouping(name), name, count(*) FROM users GROUP BY ROLLUP (name);
SELECT nothing.* FROM users;
SELECT users.*, orders.* FROM users;
SELECT current_setting('a.b', true), set_config('a.b', 'c', false), pg_typeof(1), version();
SELECT 'a' 'b';
SELECT lower('a'), 'a' || 1, 1 || 'a', 'a' || 'b', NULL || 'a';
SELECT 'abc' + 1;
SELECT 'abc' + 'def';
SELECT -name FROM users;
SELECT - id, + score, @ score, |/ ratio, ~ age FROM users;
SELECT ! active FROM users;
SELECT NOT name FROM users;
SELECT active AND id FROM users;
SELECT name IS TRUE FROM users;
SELECT interval '1 day' * 2, interval '1 day' / 2, 2 * interval '1 day', interval '1 day' + interval '1 hour';
SELECT interval '1 day' * interval '1 day';
SELECT DATE '2024-13-01';
SELECT TIMESTAMP 'nonsense';
SELECT lower(name) AS l FROM users WHERE l = 'a';
SELECT name AS n FROM users GROUP BY n HAVING n = 'a';
SELECT id, name FROM users ORDER BY CASE WHEN active THEN 1 ELSE 'x' END;
SELECT DISTINCT ON (name) name, id FROM users ORDER BY name, id;
CREATE TABLE made (a int DEFAULT 'x');
CREATE TABLE made (a int DEFAULT now());
CREATE TABLE made (a int, b int DEFAULT a);
CREATE TABLE made (a int CHECK (a > 0), b text CHECK (length(b) > a), CHECK (a < 5 AND b <> ''));
CREATE TABLE made (a int CHECK (nothing > 0));
CREATE TABLE made (a int CHECK (a));
CREATE TABLE made (a int CHECK (a IN (SELECT id FROM orders)));
CREATE TABLE made (a int, CHECK (lower(a) = ''));
CREATE TABLE made (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE made (a int, b text GENERATED ALWAYS AS (now()::text) STORED);
CREATE TABLE made (a int, b int GENERATED ALWAYS AS (a || 'x') STORED);
CREATE TABLE made (a timestamptz, b date GENERATED ALWAYS AS (a::date) STORED);
CREATE TABLE made (a text, b tsvector GENERATED ALWAYS AS (to_tsvector('english', a)) STORED);
CREATE TABLE made (a text, b tsvector GENERATED ALWAYS AS (to_tsvector(a)) STORED);
CREATE TABLE made (a int DEFAULT 1 DEFAULT 2);
CREATE TABLE made (a int DEFAULT 1 GENERATED ALWAYS AS IDENTITY);
CREATE TABLE made (a nothing);
CREATE TABLE made (a mood DEFAULT 'happy', b address, c positive, d users, e serial);
CREATE TABLE made (a mood DEFAULT 'glad');
CREATE TABLE made (a date) PARTITION BY RANGE (nothing);
CREATE TABLE made (a timestamptz) PARTITION BY RANGE (date_trunc('day', a));
ALTER TABLE users ADD COLUMN extra int DEFAULT 'x';
ALTER TABLE users ADD COLUMN extra int NOT NULL DEFAULT 0, ADD CHECK (extra > 0);
ALTER TABLE users ADD CONSTRAINT c CHECK (nothing > 0);
ALTER TABLE users ALTER COLUMN name TYPE int;
ALTER TABLE orders ALTER COLUMN note TYPE int USING note::int;
ALTER TABLE orders ALTER COLUMN note TYPE int USING nothing::int;
ALTER TABLE orders ALTER COLUMN quantity TYPE bigint;
ALTER TABLE users ALTER COLUMN balance SET DEFAULT 'x';
ALTER TABLE users ALTER COLUMN balance SET DEFAULT 1.5;
CREATE INDEX ON users (lower(name), (data ->> 'a'));
CREATE INDEX ON users (nothing);
CREATE INDEX ON users (lower(nothing));
CREATE INDEX ON users (date_trunc('day', created_at));
CREATE INDEX ON users (date_trunc('day', seen));
CREATE INDEX ON users ((created_at::date));
CREATE INDEX ON users (name) WHERE active AND deleted;
CREATE INDEX ON users (name) WHERE created_at > now();
CREATE INDEX ON users (name) WHERE age;
CREATE VIEW made AS SELECT id, nothing FROM users;
CREATE VIEW made AS SELECT id, lower(id) FROM users;
CREATE VIEW made AS SELECT id, lower(name) AS low FROM users WHERE active;
CREATE MATERIALIZED VIEW made AS SELECT count(*), name FROM users;
CREATE TABLE made AS SELECT id, name FROM users WHERE nothing;
CREATE POLICY p ON users USING (name = current_user);
CREATE POLICY p ON users USING (nothing = current_user);
CREATE POLICY p ON users USING (id);
CREATE DOMAIN made AS int CHECK (VALUE > 0) DEFAULT 1;
CREATE DOMAIN made AS int CHECK (VALUE > 'x');
CREATE DOMAIN made AS int DEFAULT 'x';
CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1';
CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql AS 'SELECT b + 1';
CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2';
CREATE FUNCTION made(a int) RETURNS text LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql AS 'SELECT a::text';
CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql AS 'SELECT a, a';
CREATE FUNCTION made() RETURNS SETOF users LANGUAGE sql AS 'SELECT * FROM users';
CREATE FUNCTION made() RETURNS SETOF users LANGUAGE sql AS 'SELECT id FROM users';
CREATE FUNCTION made() RETURNS TABLE (a int, b text) LANGUAGE sql AS 'SELECT id, note FROM orders';
CREATE FUNCTION made() RETURNS TABLE (a int, b text) LANGUAGE sql AS 'SELECT note, id FROM orders';
CREATE FUNCTION made() RETURNS void LANGUAGE sql AS 'DELETE FROM orders; SELECT 1';
CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'DELETE FROM orders';
CREATE FUNCTION made(a int, a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION made(a int DEFAULT 1, b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION made(a int DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION made(a int) RETURNS anyelement LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION made(OUT a int, OUT b text) LANGUAGE sql AS 'SELECT 1, ''x''::text';
CREATE FUNCTION made(OUT a int) RETURNS text LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION made(u users) RETURNS text LANGUAGE sql AS 'SELECT u.name || made.u.mail';
CREATE FUNCTION made(u users) RETURNS text LANGUAGE sql AS 'SELECT u.nothing';
-- since 14
CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql RETURN a + 1;
-- since 14
CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql RETURN nothing + 1;
-- since 14
CREATE FUNCTION made(a date) RETURNS boolean LANGUAGE sql RETURN a > 1;
-- since 14
CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC INSERT INTO orders (id, total) VALUES (a, 1); SELECT id FROM orders; END;
CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW WHEN (old.name <> new.name) EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW WHEN (old.nothing <> new.name) EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE IF NOT EXISTS users (a int CHECK (nothing > 0));
CREATE TABLE IF NOT EXISTS made (a int CHECK (nothing > 0));
ALTER TABLE users ADD COLUMN IF NOT EXISTS name int DEFAULT 'x';
CREATE INDEX IF NOT EXISTS users_pkey ON users (lower(nothing));
CREATE VIEW made (a, b, c) AS SELECT id, name FROM users;
CREATE VIEW made (a, b) AS SELECT id, name FROM users;
CREATE MATERIALIZED VIEW made (a, b, c) AS SELECT id, name FROM users;
CREATE TABLE made (a, b, c) AS SELECT id, name FROM users;
CREATE TABLE made (a int GENERATED ALWAYS AS IDENTITY NULL);
CREATE TABLE made (a int NULL GENERATED ALWAYS AS IDENTITY);
CREATE TABLE made (a int, b int, PRIMARY KEY (a)) PARTITION BY RANGE (b);
CREATE TABLE made (a int, b int, PRIMARY KEY (a, b)) PARTITION BY RANGE (b);
CREATE TABLE made (a int UNIQUE, b int) PARTITION BY LIST (a);
CREATE TABLE made (a int, b int UNIQUE) PARTITION BY RANGE (lower(a::text));
DROP TYPE mood;
DROP TYPE address;
DROP TYPE span;
DROP DOMAIN positive;
DROP TYPE mood CASCADE;
DROP TYPE address, mood CASCADE;
DROP TYPE users;
-- since 14
CREATE TYPE made AS RANGE (subtype = int, multirange_type_name = address);
SELECT DISTINCT name FROM users ORDER BY id;
SELECT DISTINCT name, id FROM users ORDER BY id, users.name;
SELECT DISTINCT lower(name) AS l FROM users ORDER BY lower(name), l, 1;
SELECT DISTINCT lower(name) FROM users ORDER BY name;
SELECT DISTINCT ON (name) name, id FROM users ORDER BY id;
SELECT DISTINCT ON (name) name, id FROM users ORDER BY id, name;
SELECT DISTINCT ON (name, mood) name, id FROM users ORDER BY mood, name, id;
SELECT DISTINCT ON (lower(name)) id FROM users ORDER BY lower(name), id;
SELECT DISTINCT ON (1) name, id FROM users ORDER BY name, id;
SELECT DISTINCT ON (name) name FROM users;
SELECT DISTINCT u.id FROM users u ORDER BY id;
SELECT id, b.note, c.total FROM users a JOIN orders b USING (id) JOIN orders c USING (id) LEFT JOIN active_users d USING (id) WHERE id > 1;
SELECT * FROM orders a JOIN orders b USING (id, note) JOIN orders c USING (note) JOIN users d ON d.id = a.id;
SELECT note FROM orders a JOIN orders b USING (id) JOIN orders c USING (id);
SELECT id FROM (orders a JOIN orders b USING (id)) JOIN (orders c JOIN orders d USING (id)) USING (id) ORDER BY id;
SELECT id, name FROM users a NATURAL JOIN active_users b NATURAL LEFT JOIN active_users c;
SELECT * FROM users a FULL JOIN orders b USING (id) RIGHT JOIN active_users c USING (id);
SELECT count(*) FROM users a LEFT JOIN orders b USING (id) LEFT JOIN orders c USING (id) GROUP BY id;
SELECT j.id, j.* FROM (users a JOIN orders b USING (id)) j JOIN active_users c USING (id, name);
SELECT u.name, u.id FROM orders o JOIN users u USING (id) GROUP BY id;
SELECT u.name, o.note FROM orders o JOIN users u USING (id) GROUP BY u.id, o.id;
SELECT users.code || users.labels, ARRAY[code], ARRAY[bits] FROM users;
SELECT NULLIF(home, ROW('a', 1, 'ok')::address), NULLIF(nick, name), NULLIF(age, 5.5) FROM users;
SELECT '' COLLATE "C" EXCEPT SELECT false;
SELECT 'f' COLLATE "C" EXCEPT SELECT false;
SELECT lower('a' COLLATE "C"), 'a' COLLATE "C" || 'b', 'a' COLLATE "C" = name FROM users;
SELECT count(*) AS name FROM users ORDER BY name;
SELECT raw::text AS raw FROM users ORDER BY raw;
SELECT DISTINCT ON (name) lower(name) AS name FROM users ORDER BY name;
SELECT DISTINCT ON (raw) raw::text AS raw FROM users;
SELECT lower(name) AS name, count(*) FROM users GROUP BY lower(name) ORDER BY name;
SELECT raw::text AS raw FROM users ORDER BY raw, users.raw;
SELECT '[]'::jsonb -> -2147483648, -2147483648, -2147483649, -9223372036854775808, -9223372036854775809;
SELECT '$.a ? (@ > 1)'::jsonpath, jsonb_path_query(data, '$.a[*]') FROM users;
SELECT jsonb_path_query(data, '$.a[') FROM users;
-- since 17
SELECT JSON_OBJECT('a': 1, 'b': js) FROM docs;
-- since 17
SELECT JSON_OBJECT('a': 1, 'b': j RETURNING text) FROM docs;
-- since 17
SELECT JSON_OBJECT('a': 1 RETURNING int);
-- since 17
SELECT JSON_OBJECT('a': 1 RETURNING jsonb);
-- since 17
SELECT JSON_OBJECT('a': NULL::int FORMAT JSON);
-- since 17
SELECT JSON_OBJECT('a': a FORMAT JSON) FROM docs;
-- since 17
SELECT JSON_OBJECT('a': a FORMAT JSON ENCODING UTF8) FROM docs;
-- since 17
SELECT JSON_OBJECT('a': bin FORMAT JSON ENCODING UTF8) FROM docs;
-- since 17
SELECT JSON_OBJECT('a': bin FORMAT JSON ENCODING UTF16) FROM docs;
-- since 17
SELECT JSON_ARRAY(1, 'a', NULL, js) FROM docs;
-- since 17
SELECT JSON_ARRAY(SELECT id FROM docs);
-- since 17
SELECT JSON_ARRAY(SELECT id, a FROM docs);
-- since 17
SELECT JSON_ARRAY(SELECT nothing FROM docs);
-- since 17
SELECT a, JSON_ARRAYAGG(b) FROM docs GROUP BY a;
-- since 17
SELECT a, JSON_ARRAYAGG(b ORDER BY id) FILTER (WHERE id > 1) FROM docs GROUP BY a;
-- since 17
SELECT a, JSON_ARRAYAGG(b) FROM docs;
-- since 17
SELECT JSON_OBJECTAGG(a: b), count(*) FROM docs;
-- since 17
SELECT JSON_OBJECTAGG(a: b), id FROM docs;
-- since 17
SELECT JSON_OBJECTAGG(a: b RETURNING jsonb), id FROM docs GROUP BY id;
-- since 17
SELECT id FROM docs WHERE JSON_ARRAYAGG(a) IS NULL;
-- since 17
SELECT JSON_ARRAYAGG(b) OVER (PARTITION BY a) FROM docs;
-- since 17
SELECT JSON('{}'), JSON(a), JSON(js), JSON_SCALAR(1), JSON_SCALAR('x'), JSON_SERIALIZE(js), JSON_SERIALIZE('{}' RETURNING bytea) FROM docs;
-- since 17
SELECT JSON(123);
-- since 17
SELECT JSON('{}' FORMAT JSON ENCODING UTF8);
-- since 17
SELECT JSON(j WITH UNIQUE KEYS) FROM docs;
-- since 17
SELECT JSON(a WITH UNIQUE KEYS) FROM docs;
-- since 17
SELECT JSON_SERIALIZE('{}' RETURNING jsonb);
-- since 17
SELECT JSON_SERIALIZE(n) FROM docs;
-- since 17
SELECT a IS JSON, js IS JSON OBJECT, bin IS JSON, '1' IS JSON SCALAR FROM docs;
-- since 17
SELECT id IS JSON FROM docs;
-- since 17
SELECT NULL::int IS JSON;
-- since 17
SELECT JSON_EXISTS(js, '$.a'), JSON_VALUE(js, '$.a'), JSON_QUERY(js, '$.a') FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT 1 ON EMPTY NULL ON ERROR) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT 'x' ON EMPTY) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT id ON EMPTY) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT id + 1 ON EMPTY) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT (SELECT 1) ON EMPTY) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT sets() ON EMPTY) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT lower('1')::int ON EMPTY) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT sum(1) OVER () ON EMPTY) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int DEFAULT count(*) ON EMPTY) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING int FORMAT JSON) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' EMPTY ON ERROR) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING date DEFAULT 1 ON ERROR) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING bit(3) DEFAULT 1 ON ERROR) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING varchar(3) DEFAULT 1 ON ERROR) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING positive DEFAULT -1 ON ERROR) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING address) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING nothing) FROM docs;
-- since 17
SELECT JSON_VALUE(js, '$.a' RETURNING record) FROM docs;
-- since 17
SELECT JSON_EXISTS(js, '$' DEFAULT 1 ON ERROR) FROM docs;
-- since 17
SELECT JSON_EXISTS(js, '$' UNKNOWN ON ERROR) FROM docs;
-- since 17
SELECT JSON_QUERY(js, '$' TRUE ON ERROR) FROM docs;
-- since 17
SELECT JSON_QUERY(js, '$' WITH WRAPPER OMIT QUOTES) FROM docs;
-- since 17
SELECT JSON_QUERY(js, '$' WITH WRAPPER KEEP QUOTES) FROM docs;
-- since 17
SELECT JSON_QUERY(js, '$' RETURNING text FORMAT JSON) FROM docs;
-- since 17
SELECT JSON_QUERY(js, '$' RETURNING int FORMAT JSON) FROM docs;
-- since 17
SELECT JSON_QUERY(js, '$' RETURNING text FORMAT JSON ENCODING UTF8) FROM docs;
-- since 17
SELECT JSON_QUERY(js, '$[' ) FROM docs;
-- since 17
SELECT JSON_QUERY(js, a) FROM docs;
-- since 17
SELECT JSON_QUERY(js, d) FROM docs;
-- since 17
SELECT JSON_QUERY(js, '$ ? (@ > $x)' PASSING d AS x, js AS y) FROM docs;
-- since 17
SELECT JSON_QUERY(id, '$') FROM docs;
-- since 17
SELECT JSON_QUERY(a, '$') FROM docs;
-- since 17
SELECT JSON_QUERY(bin FORMAT JSON, '$') FROM docs;
-- since 17
SELECT JSON_QUERY(n FORMAT JSON, '$') FROM docs;
-- since 17
SELECT x + 1, y || 'a', z FROM docs, JSON_TABLE(js, '$.a[*]' COLUMNS (x int, y text PATH '$.b', z json, o FOR ORDINALITY, e boolean EXISTS PATH '$.e')) jt;
-- since 17
SELECT x + 1, o + 1 FROM JSON_TABLE(jsonb '[]', '$[*]' COLUMNS (x text, o FOR ORDINALITY)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$[*]' COLUMNS (x int, NESTED PATH '$.b' COLUMNS (y int, NESTED '$.c' AS p COLUMNS (z int)), w text)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$[*]' COLUMNS (x int, x int)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$[*]' AS p COLUMNS (x int, NESTED PATH '$.b' AS p COLUMNS (y int))) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$[*]' COLUMNS (a FOR ORDINALITY, b FOR ORDINALITY)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$[*]' COLUMNS (a nothing)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$[' COLUMNS (a int)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$' COLUMNS (a int PATH '$[')) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$' COLUMNS (a int DEFAULT 'x' ON EMPTY)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$' COLUMNS (a int EMPTY ON EMPTY)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$' COLUMNS (a int[] EMPTY ON EMPTY)) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$' COLUMNS (a int) NULL ON ERROR) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$' COLUMNS (a int) EMPTY ON ERROR) jt;
-- since 17
SELECT * FROM JSON_TABLE(jsonb '[]', '$' COLUMNS (a int)) jt(p, q);
-- since 17
SELECT * FROM JSON_TABLE(id, '$' COLUMNS (a int)) jt, docs;
-- since 17
SELECT jt.* FROM docs, JSON_TABLE(docs.id, '$' COLUMNS (a int)) jt;
-- since 17
SELECT jt.a || 1 FROM docs, JSON_TABLE(docs.js, '$' COLUMNS (a text WITH WRAPPER)) jt;
-- since 17
SELECT jt.a FROM docs, JSON_TABLE(docs.js, '$' COLUMNS (a text FORMAT JSON WITH WRAPPER OMIT QUOTES)) jt;
-- since 17
SELECT jt.a FROM docs, JSON_TABLE(docs.js, '$' COLUMNS (a int EXISTS PATH '$.x' DEFAULT 1 ON ERROR)) jt;
-- since 17
CREATE INDEX ON docs (JSON_VALUE(js, '$.a'));
-- since 17
CREATE INDEX ON docs (JSON_QUERY(js, '$.date()'));
-- since 17
CREATE INDEX ON docs (JSON_QUERY(js, '$.a ? (@.datetime() < $.datetime())'));
-- since 17
CREATE INDEX ON docs (JSON_QUERY(js, '$.a ? (@.datetime("HH:MI TZH") < $x)' PASSING '12:34'::timetz AS x));
-- since 17
CREATE INDEX ON docs (JSON_QUERY(js, '$.datetime() < $x' PASSING '12:34'::timetz AS x));
-- since 17
CREATE INDEX ON docs (JSON_VALUE(js, '$' DEFAULT random()::int ON ERROR));
-- since 17
SELECT JSON_ARRAYAGG(JSON_ARRAYAGG(a)) FROM docs;
-- since 17
SELECT JSON_OBJECT(KEY 'a' VALUE 1, 'b' VALUE nothing);
SELECT * FROM recs();
SELECT * FROM recs();
SELECT a + 1 FROM recs() AS (a int, b int);
SELECT * FROM split('a') AS t(a int, b text);
SELECT * FROM users_named('x') AS t(a int, b text);
SELECT * FROM sin(3) AS t(a int, b text);
SELECT * FROM split('a') o, users_named('x') c, nothing_back() n;
SELECT * FROM recs() AS (a int, a int);
SELECT * FROM recs() AS (a nothing);
SELECT * FROM ROWS FROM (recs() AS (a int, b int), split('a')) AS x;
SELECT * FROM ROWS FROM (recs(), split('a')) AS x;
SELECT * FROM coalesce(row(1, 2));
SELECT * FROM coalesce(row(1, 2)) AS (a int, b int);
SELECT * FROM json_to_record('{}');
SELECT * FROM json_to_record('{}') AS x(a int);
SELECT * FROM json_populate_record(NULL::address, '{}');
SELECT * FROM json_populate_record(NULL::address, '{}') AS x(a int, b text);
SELECT * FROM unnest(ARRAY[row(1,2)]);
SELECT * FROM unnest(ARRAY[row(1,2)]) AS x(a int, b int);
SELECT * FROM unnest(ARRAY[1,2]) AS x(a, b);
SELECT * FROM generate_series(1, 2) WITH ORDINALITY AS x(a, b, c);
SELECT * FROM pg_get_keywords() AS t(f1 int8,f2 int8);
SELECT * FROM current_date AS d(a, b);
SELECT xmlconcat(1, 2);
SELECT xmlconcat('<a/>', NULL);
SELECT xmlelement(name e, xmlattributes('unnamed'));
SELECT xmlelement(name e, xmlattributes(1 as a, 2 as b, 3 as a));
SELECT xmlelement(name e, xmlattributes(id, a), b) FROM docs;
SELECT xmlforest(id, a as x, id + 1) FROM docs;
SELECT xmlpi(name foo, 1);
SELECT xmlroot(a, version '1.0') FROM docs;
SELECT a IS DOCUMENT FROM docs;
SELECT xmlserialize(content a AS text) FROM docs;
SELECT xmlserialize(content NULL AS int);
SELECT * FROM XMLTABLE (ROW () PASSING null COLUMNS v1 timestamp) AS f (v1, v2);
SELECT x.a + 1, x.o + 1, x.b || 'a' FROM XMLTABLE('/r' PASSING NULL COLUMNS a int PATH 'x' DEFAULT 1, b text, o FOR ORDINALITY) x;
SELECT * FROM XMLTABLE('/r' PASSING 1 COLUMNS a int) x;
SELECT * FROM XMLTABLE(1 PASSING NULL COLUMNS a int) x;
SELECT * FROM XMLTABLE('/r' PASSING NULL COLUMNS a int, a int) x;
SELECT * FROM XMLTABLE('/r' PASSING NULL COLUMNS a int DEFAULT 'x') x;
SELECT * FROM XMLTABLE('/r' PASSING NULL COLUMNS a int DEFAULT now()) x;
SELECT * FROM XMLTABLE('/r' PASSING NULL COLUMNS a FOR ORDINALITY, b FOR ORDINALITY) x;
SELECT * FROM XMLTABLE(XMLNAMESPACES('a' AS x, 'b' AS x), '/r' PASSING NULL COLUMNS a int) x;
SELECT * FROM XMLTABLE(XMLNAMESPACES(1 AS x), '/r' PASSING NULL COLUMNS a int) x;
SELECT * FROM docs x CROSS JOIN XMLTABLE('/r' PASSING x.bin COLUMNS a int);
SELECT * FROM (orders x CROSS JOIN parts y) ss(a, b);
SELECT * FROM (SELECT 1) ss(a, b);
SELECT * FROM parts ss(a, b, c, d, e, f, g, h, i, j);
SELECT * FROM (parts x CROSS JOIN parts y) ss(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s);
SELECT * FROM int2vectorout('1') AS s (a, b);
SELECT * FROM docs, docs;
SELECT * FROM docs a, single a;
SELECT * FROM single JOIN single ON true;
SELECT * FROM docs a JOIN single b ON true JOIN graph a ON true;
SELECT * FROM (SELECT 1) a, (SELECT 2) a;
SELECT * FROM (SELECT 1) a, LATERAL (SELECT 1 FROM docs a) b;
SELECT * FROM generate_series(1,2), generate_series(3,4);
SELECT * FROM generate_series(1,2) a, generate_series(3,4) b;
SELECT * FROM current_date, current_time;
-- since 14
SELECT * FROM single x JOIN single y USING (x) AS x;
-- since 14
SELECT * FROM single p JOIN single q USING (x) AS r;
SELECT * FROM (single p JOIN single q USING (x)) r, single p;
UPDATE single SET x = 1 FROM single;
UPDATE single SET x = 1 FROM single v WHERE single.x = v.x;
DELETE FROM single USING single;
-- since 15
MERGE INTO single USING single ON true WHEN MATCHED THEN DELETE;
UPDATE docs SET a = 'x', a = 'y';
UPDATE docs SET (a, b) = ('x', 'y'), b = 'z';
SELECT * FROM single a RIGHT JOIN LATERAL generate_series(0, a.x) g ON true;
SELECT * FROM single a FULL JOIN LATERAL generate_series(0, x) g ON true;
SELECT * FROM single a LEFT JOIN LATERAL generate_series(0, a.x) g ON true;
SELECT * FROM single a RIGHT JOIN LATERAL (SELECT a.x) g ON true;
SELECT * FROM single a RIGHT JOIN LATERAL (SELECT x.x FROM single x) g ON a.x = g.x;
SELECT 1 FROM docs a, LATERAL (SELECT max(a.id) FROM single b) ss;
SELECT 1 FROM docs a, LATERAL (SELECT max(b.x) FROM single b) ss;
SELECT string_agg(DISTINCT a, ',' ORDER BY a) FROM docs;
SELECT string_agg(DISTINCT a, ',' ORDER BY b) FROM docs;
SELECT string_agg(DISTINCT a::text, ',' ORDER BY a) FROM docs;
SELECT string_agg(DISTINCT n::text, ',' ORDER BY n::text) FROM docs;
SELECT array_agg(DISTINCT id ORDER BY id DESC) FROM docs;
SELECT count(DISTINCT a ORDER BY id) FROM docs;
SELECT rank(3) WITHIN GROUP (ORDER BY a) FROM docs;
SELECT rank(3) WITHIN GROUP (ORDER BY id, n) FROM docs;
SELECT rank('x') WITHIN GROUP (ORDER BY a) FROM docs;
SELECT rank(id) WITHIN GROUP (ORDER BY id) FROM docs;
SELECT percentile_cont(n::float8) WITHIN GROUP (ORDER BY id) FROM docs GROUP BY n;
SELECT percentile_cont(n::float8) WITHIN GROUP (ORDER BY id) FROM docs;
SELECT (SELECT max(id) FILTER (WHERE sum(id) > 0) FROM single) FROM docs;
SELECT (SELECT max(docs.id) FILTER (WHERE sum(docs.n) > 0) FROM single) FROM docs;
SELECT max(id) FILTER (WHERE sum(id) > 0) FROM docs;
SELECT sum(count(*)) FROM docs;
SELECT sum(count(*)) OVER () FROM docs;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) SEARCH DEPTH FIRST BY f, t SET seq SELECT *, seq FROM sg ORDER BY seq;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) SEARCH BREADTH FIRST BY foo, t SET seq SELECT * FROM sg ORDER BY seq;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) SEARCH DEPTH FIRST BY f, f SET seq SELECT * FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) SEARCH DEPTH FIRST BY f SET label SELECT * FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) CYCLE f, t SET is_cycle USING path SELECT is_cycle AND true, path, nothing FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) CYCLE f, t SET is_cycle TO 1 DEFAULT false USING path SELECT * FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) CYCLE f, t SET is_cycle TO 'Y' DEFAULT 'N' USING path SELECT is_cycle || 'x' FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) CYCLE f, t SET is_cycle TO point '(1,1)' DEFAULT point '(0,0)' USING path SELECT * FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) CYCLE f SET label USING path SELECT * FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) CYCLE f SET foo USING foo SELECT * FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) SEARCH DEPTH FIRST BY f SET foo CYCLE f SET foo USING path SELECT * FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph) SEARCH DEPTH FIRST BY f SET seq SELECT * FROM sg;
-- since 14
WITH RECURSIVE sg(f, t, label) AS (SELECT * FROM graph UNION ALL (SELECT * FROM graph UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t)) SEARCH DEPTH FIRST BY f SET seq SELECT * FROM sg;
WITH RECURSIVE x(n) AS (WITH s AS (SELECT * FROM x) DELETE FROM graph RETURNING f) SELECT * FROM x;
-- since 15
WITH RECURSIVE x AS (SELECT 1) MERGE INTO single USING x ON true WHEN MATCHED THEN DELETE;
-- since 17
WITH RECURSIVE x(a) AS (MERGE INTO single USING (VALUES (1)) v(a) ON single.x = v.a WHEN NOT MATCHED THEN INSERT VALUES (v.a) RETURNING single.x) SELECT * FROM x;
INSERT INTO single AS x VALUES (1) RETURNING x.x;
WITH single AS (SELECT 1 AS x) SELECT * FROM single, single;
SELECT a FROM docs GROUP BY a::text;
SELECT a::text FROM docs GROUP BY a;
SELECT id::text FROM docs GROUP BY n, id::text;
SELECT a FROM docs GROUP BY a::varchar;
SELECT DISTINCT a FROM docs ORDER BY a::text;
-- since 14
WITH RECURSIVE sg(f, t, label) AS ((SELECT * FROM graph UNION ALL SELECT * FROM graph) UNION ALL SELECT graph.* FROM graph, sg WHERE graph.f = sg.t) SEARCH DEPTH FIRST BY f SET seq SELECT * FROM sg;
SELECT '{"1"L2}'::int[];
SELECT '{{1,2},{3}}'::int[];
SELECT '{1,{2}}'::int[];
SELECT '[1,x)'::int4range;
SELECT '[5,1'::int4range;
SELECT '(a,x,ok)'::address;
SELECT '(a,1)'::address;
SELECT '(a,1,angry)'::address;
SELECT '(a,1,ok)'::address, '[1,)'::int4range, '{{1,2},{3,4}}'::int[];
SELECT * FROM users ORDER BY home;
SELECT DISTINCT home FROM users;
SELECT count(*) FROM docs GROUP BY docs;
SELECT text(ROW('a', 'b'));
SELECT twice(1);
SELECT twice(1, 2), twice(1, b => 2);
-- Parts of columns, and rows as values.
INSERT INTO users (name, home.street, home.number) VALUES ('a', 'b', 1);
INSERT INTO users (name, home.number) VALUES ('a', true);
INSERT INTO users (name, home.nothing) VALUES ('a', 1);
INSERT INTO users (name, age.x) VALUES ('a', 1);
INSERT INTO users (name, numbers[1]) VALUES ('a', 'x');
INSERT INTO users (name, numbers[1], tags[2]) VALUES ('a', $1, $2);
UPDATE users SET home.street = $1, home.number = $2, numbers[1] = $3, numbers[2:3] = $4;
UPDATE users SET numbers[$1] = $2, tags[1] = 'x';
UPDATE users SET numbers[1] = true;
UPDATE users SET home.number = now();
UPDATE users SET home.nothing = 1;
SELECT (home).*, id FROM users;
SELECT (split('a')).*, (split('a')).rest + 1;
SELECT (split('a')).nothing;
SELECT (users_named('a')).*, (users_named('a')).name;
SELECT u, (u).name FROM users_named('a') u;
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT rank($1) WITHIN GROUP (ORDER BY n) FROM t;
-- since 14
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) CYCLE n SET c USING p SELECT *, c AND true FROM t;
-- since 14
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SEARCH DEPTH FIRST BY n SET o CYCLE n SET c TO 'y' DEFAULT 'n' USING p SELECT n, o, c, p FROM t;
SELECT id FROM users WHERE created_at >= $1 AND created_at < $1 + interval '1 month';
SELECT id FROM users TABLESAMPLE SYSTEM ($1) REPEATABLE ($2);
SELECT checkpoints_nowhere FROM pg_stat_bgwriter;
SELECT attstattarget, attinhcount FROM pg_attribute;
