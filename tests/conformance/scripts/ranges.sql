CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE textrange AS RANGE (subtype = text, collation = "C");
CREATE TYPE patterns AS RANGE (subtype = text, subtype_opclass = text_pattern_ops);
-- since 14
CREATE TYPE named AS RANGE (subtype = int, multirange_type_name = many_named);
CREATE FUNCTION diff(date, date) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT ($1 - $2)::float8';
CREATE TYPE days AS RANGE (subtype = date, subtype_diff = diff);
CREATE TABLE t (a floats, b textrange[], c days);
ALTER TYPE floats RENAME TO doubles;
CREATE SCHEMA other;
ALTER TYPE days SET SCHEMA other;
CREATE TYPE gone AS RANGE (subtype = int);
DROP TYPE gone;
COMMENT ON TYPE doubles IS 'between two';
