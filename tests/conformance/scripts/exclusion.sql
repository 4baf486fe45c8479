CREATE TABLE t (
    a int4range, b tsrange, c box, EXCLUDE USING gist (a WITH &&), CONSTRAINT named EXCLUDE USING gist (b WITH &&, a WITH =) WHERE (a IS NOT NULL),
    EXCLUDE (lower(a) WITH =) DEFERRABLE
);
ALTER TABLE t ADD EXCLUDE USING gist (c WITH &&);
