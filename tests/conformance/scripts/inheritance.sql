CREATE TABLE a (x int NOT NULL DEFAULT 1, y text CHECK (y <> ''));
CREATE TABLE b (z int) INHERITS (a);
CREATE TABLE c (x int, w int) INHERITS (b);
ALTER TABLE a ADD COLUMN v int DEFAULT 2;
ALTER TABLE a RENAME x TO xx;
ALTER TABLE a ALTER y TYPE varchar(5);
ALTER TABLE a ADD CONSTRAINT more CHECK (v > 0);
ALTER TABLE a ALTER v SET NOT NULL;
CREATE TABLE d (xx int NOT NULL, y varchar(5), v int NOT NULL, q int, CONSTRAINT a_y_check CHECK (y::text <> ''), CONSTRAINT more CHECK (v > 0));
ALTER TABLE d INHERIT a;
ALTER TABLE d NO INHERIT a;
ALTER TABLE a DROP CONSTRAINT more;
ALTER TABLE a ALTER v DROP NOT NULL;
ALTER TABLE a DROP COLUMN y;
-- since 18
CREATE TABLE lax (a int, CONSTRAINT small CHECK (a < 10) NOT ENFORCED);
-- since 18
CREATE TABLE strict (a int, CONSTRAINT small CHECK (a < 10));
-- since 18
CREATE TABLE of_both () INHERITS (lax, strict);
-- since 18
CREATE TABLE of_both_otherwise () INHERITS (strict, lax);
-- since 18
CREATE TABLE lax_child () INHERITS (lax);
-- since 18
ALTER TABLE lax_child ADD CONSTRAINT small CHECK (a < 10);
