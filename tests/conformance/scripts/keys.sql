-- Primary keys and unique constraints, and their indexes.
CREATE TABLE a (id int PRIMARY KEY, code text UNIQUE, x int, y int, UNIQUE (x, y), UNIQUE (y, x));
CREATE TABLE b (x int, y int, CONSTRAINT b_key PRIMARY KEY (x, y), z int CONSTRAINT z_unique UNIQUE);
CREATE TABLE c (x int, y int, UNIQUE (y) INCLUDE (x), UNIQUE (x, y) DEFERRABLE INITIALLY DEFERRED);
-- since 15
CREATE TABLE alike (x int, UNIQUE NULLS NOT DISTINCT (x));
CREATE TABLE d (x int UNIQUE PRIMARY KEY, y int UNIQUE WITH (fillfactor = 70));
CREATE TABLE "Quoted Name" ("Id" int PRIMARY KEY, "order" int UNIQUE, "select" text);
CREATE TABLE e (x int);
ALTER TABLE e ADD PRIMARY KEY (x);
ALTER TABLE e ADD COLUMN y int UNIQUE;
ALTER TABLE e ADD UNIQUE (x, y), ADD CONSTRAINT other UNIQUE (y, x);
CREATE UNIQUE INDEX e_by_y ON e (y);
ALTER TABLE e ADD CONSTRAINT e_y_const UNIQUE USING INDEX e_by_y;
CREATE TABLE a_code_key1 (a_code_key int UNIQUE, a_code_key1 int UNIQUE);
