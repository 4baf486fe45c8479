-- The same names in two schemas, and what the search path makes of them.
CREATE SCHEMA one; CREATE SCHEMA two;
CREATE TABLE one.t (a int PRIMARY KEY); CREATE TABLE two.t (a text PRIMARY KEY); CREATE TABLE t (a date PRIMARY KEY);
SET search_path = two, one;
CREATE TABLE r (a text REFERENCES t); CREATE INDEX ON t (lower(a)); CREATE VIEW v AS SELECT * FROM t;
SET search_path = "$user", public;
CREATE TABLE r (a date REFERENCES t, b int REFERENCES one.t); CREATE VIEW v AS SELECT a FROM t UNION SELECT current_date;
ALTER TABLE one.t RENAME TO u;
DROP TABLE t CASCADE;
RESET search_path;
