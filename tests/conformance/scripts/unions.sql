-- Output columns of set operations, joins and subqueries.
CREATE TABLE a (id int, n numeric(5,1), v varchar(5), t text); CREATE TABLE b (id bigint, n int, v varchar(9), extra jsonb);
CREATE VIEW v1 AS SELECT id, n, v FROM a UNION SELECT id, n, v FROM b;
CREATE VIEW v2 AS SELECT NULL AS x, 'y' AS y UNION SELECT 1, NULL;
CREATE VIEW v3 AS SELECT a.*, b.extra FROM a JOIN b USING (id, n);
CREATE VIEW v4 AS SELECT * FROM a NATURAL JOIN b;
CREATE VIEW v5 AS SELECT x.* FROM (SELECT id AS i, v || 'x' AS w FROM a) x (j);
CREATE VIEW v6 AS SELECT e.key, e.value FROM b, jsonb_each(b.extra) e;
CREATE VIEW v7 AS SELECT (SELECT count(*) FROM b WHERE b.id = a.id) AS c, ARRAY(SELECT v FROM b) AS vs, id IN (SELECT id FROM b) AS has FROM a;
CREATE VIEW v8 AS SELECT d::date AS day, o FROM generate_series('2020-01-01'::timestamp, '2020-02-01', '1 day') WITH ORDINALITY AS g (d, o);
CREATE VIEW v9 AS WITH x AS (SELECT id, n FROM a), y (p, q) AS (SELECT * FROM x) SELECT q, p FROM y;
CREATE VIEW v10 AS SELECT sum(id) AS si, sum(n) AS sn, avg(n) AS an, count(DISTINCT v) AS cv, min(v) AS mv, max(t) AS mt, bool_or(id > 1) AS bo, array_agg(v ORDER BY v) AS av, jsonb_agg(t) AS jt FROM a;
CREATE VIEW v11 AS SELECT first_value(v) OVER (ORDER BY id) AS f, ntile(4) OVER () AS nt, sum(n) FILTER (WHERE id > 1) OVER () AS s FROM a;
CREATE VIEW v13 AS SELECT DISTINCT ON (id) id, lower(v) AS lv, upper(t), length(t), now() AS at, current_user AS who, v = t AS same, id % 2 AS m, -n AS neg, n / 3 AS third, id::float8 AS fl FROM a;
