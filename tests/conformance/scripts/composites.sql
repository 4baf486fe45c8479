CREATE TYPE address AS (street text, city varchar(20), n int);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE u (r span);
ALTER TYPE address ADD ATTRIBUTE zip text;
ALTER TYPE address DROP ATTRIBUTE n;
ALTER TYPE address RENAME ATTRIBUTE city TO town;
CREATE TABLE t (a address, b address[]);
CREATE TABLE typed OF address;
CREATE TYPE addr2 AS (a address);
