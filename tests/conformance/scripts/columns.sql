-- Types and their modifiers.
CREATE TABLE t (
    a int, b bigint NOT NULL, c smallint NULL, d numeric, e numeric(10), f numeric(10, 2), g real, h double precision,
    i float(20), j float(30), k varchar, l varchar(20), m char, n char(5), o character varying(7), p text, q "char", r name,
    s boolean, t date, u time, v time(3), w time with time zone, x timestamp, y timestamp(0), z timestamptz,
    aa timestamp(6) with time zone, bb interval, cc interval(3), dd interval day to second, ee interval day to second(2),
    ff interval year, gg bit, hh bit(8), ii bit varying, jj bit varying(9), kk json, ll jsonb, mm uuid, nn bytea,
    oo inet, pp cidr, qq macaddr, rr point, ss polygon, tt tsvector, uu tsquery, vv xml, ww money, xx oid, yy regclass,
    zz int[], ab text[][], ac varchar(3)[], ad numeric(5,1)[3], ae int4range, af tstzrange, ah bpchar,
    ai decimal(4), aj int2, ak int8, al float8, am pg_catalog.int4, an dec, ao national character varying(4)
);
-- since 14
CREATE TABLE multirange (a int8multirange);
-- since 15
CREATE TABLE scale (a numeric(3,-2));
