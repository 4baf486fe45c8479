CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, a int, b text);
CREATE TABLE app.u (id int PRIMARY KEY);
CREATE TABLE plain (a int);
CREATE PUBLICATION nothing;
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE PUBLICATION few FOR TABLE app.t, app.u WITH (publish = 'insert, update');
-- since 15
CREATE PUBLICATION part FOR TABLE app.t (id, a) WHERE (id > 10), plain;
-- since 15
CREATE PUBLICATION schemas FOR TABLES IN SCHEMA app, TABLE plain;
CREATE PUBLICATION via WITH (publish_via_partition_root = true);
ALTER PUBLICATION nothing ADD TABLE plain, app.u;
ALTER PUBLICATION nothing DROP TABLE plain;
ALTER PUBLICATION few SET TABLE app.u;
ALTER PUBLICATION few SET (publish = 'delete');
ALTER PUBLICATION via RENAME TO through;
CREATE PUBLICATION gone FOR TABLE plain;
DROP PUBLICATION gone;
DROP PUBLICATION IF EXISTS gone;
ALTER TABLE app.u RENAME TO w;
CREATE TABLE away (a int);
ALTER PUBLICATION nothing ADD TABLE away;
DROP TABLE away;
COMMENT ON PUBLICATION everything IS 'all of it';
