CREATE TYPE shell;
CREATE TYPE box2;
CREATE FUNCTION box2_in(cstring) RETURNS box2 LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION box2_out(box2) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE box2 (INPUT = box2_in, OUTPUT = box2_out, LIKE = text);
CREATE TABLE t (a box2, b box2[]);
DROP TYPE shell;
COMMENT ON TYPE box2 IS 'not a box';
