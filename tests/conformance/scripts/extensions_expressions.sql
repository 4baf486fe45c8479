CREATE SCHEMA ext;
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION cube SCHEMA ext;
CREATE TABLE t (
    a citext CHECK (a <> 'x' AND a ~ '^[a-z]'),
    b hstore DEFAULT hstore('a', 'b') CHECK (b ? 'a'),
    c ltree CHECK (c <@ 'top.science' AND nlevel(c) < 5),
    d text CHECK (similarity(d, 'y') < 0.5 OR d % 'z'),
    e ext.cube,
    CHECK (lower(a) = a::text),
    CHECK ((b -> 'k') = 'v' AND a = d)
);
CREATE INDEX ON t ((b -> 'a'));
CREATE INDEX ON t (lower(a)) WHERE b ? 'x';
CREATE INDEX ON t USING gist (c, d gist_trgm_ops);
CREATE INDEX ON t USING gin (b);
