-- Operators and casts in checks.
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (
    i int, s smallint, b bigint, n numeric(8, 2), r real, d double precision, t text, v varchar(9), c char(4), dt date, ts timestamp, tz timestamptz,
    tm time, iv interval, j json, jb jsonb, u uuid, ip inet, ar text[], ia int[], m mood, bo bool, by bytea, rg int4range, tsv tsvector, mo money, nm name, va varchar(5)[],
    CHECK (i + s > b), CHECK (n * i > 0), CHECK (r > 0.5), CHECK (d >= 0), CHECK (r = d), CHECK (i / 2 * 3.5 < n), CHECK (b > 5000000000), CHECK (s = 1),
    CHECK (t = v), CHECK (v = c), CHECK (c = 'abc'), CHECK (t = c), CHECK (v LIKE t), CHECK (c LIKE 'a%'), CHECK (v || t <> t), CHECK (v > 'a' AND t < 'b'),
    CHECK (dt > '2020-01-01'), CHECK (ts > dt), CHECK (tz > ts), CHECK (dt + 1 > dt), CHECK (dt - dt > 5), CHECK (ts - ts > '1 day'), CHECK (tz + '1 hour'::interval > tz),
    CHECK (dt + interval '1 month' > ts), CHECK (tm < '12:00'), CHECK (iv > '00:00:01'), CHECK (age(ts) > iv), CHECK (ts >= now()), CHECK (dt <= current_date),
    CHECK (j ->> 'a' IS NOT NULL), CHECK (jb -> 'a' -> 0 ->> 'b' = 'x'), CHECK (jb #> '{a,b}' IS NULL), CHECK (jb ?| ARRAY['a', 'b']), CHECK (jb = '{}'), CHECK (jsonb_array_length(jb) > 1),
    CHECK (u <> '00000000-0000-0000-0000-000000000000'), CHECK (ip << '10.0.0.0/8'), CHECK (ar @> ARRAY['x']), CHECK (ar && '{a,b}'), CHECK ('x' = ANY (ar)), CHECK (5 = ANY (ia)),
    CHECK (cardinality(ar) = 1), CHECK (m = 'a'), CHECK (m IN ('a', 'b')), CHECK (m::text = 'a'), CHECK (m > 'a'), CHECK (bo = true), CHECK (NOT bo OR i > 1), CHECK (bo <> (i > 2)),
    CHECK (octet_length(by) < 10), CHECK (lower(rg) > 1), CHECK (rg @> 5), CHECK (rg && int4range(1, 5)), CHECK (tsv @@ to_tsquery('english', 'a')), CHECK (nm = 'x'), CHECK ('a' = ANY (va)),
    CHECK (i::bigint = b), CHECK (b::int = i), CHECK (n::int = 1), CHECK ('5'::int = i), CHECK (i = '7'), CHECK (t::int > 0), CHECK (i::text LIKE '1%'), CHECK (t::varchar(3) = v), CHECK (v::text = t),
    CHECK (abs(i) > 1), CHECK (round(n, 1) = n), CHECK (round(d) = 1), CHECK (power(i, 2) > 1), CHECK (mod(i, 2) = 0), CHECK (length(v) > 0), CHECK (char_length(c) = 4), CHECK (substr(t, 1, 2) = 'ab'),
    CHECK (substring(t FROM '^a') IS NOT NULL), CHECK (t ~* 'x' AND v !~ 'y'), CHECK (regexp_replace(t, 'a', 'b') = t), CHECK (split_part(t, ',', 1) <> ''), CHECK (concat(t, v) <> ''), CHECK (format('%s', t) = t),
    CHECK (left(v, 1) = 'a'), CHECK (right(t, 1) = 'b'), CHECK (replace(v, 'a', 'b') = 'c'), CHECK (trim(t) <> ''), CHECK (btrim(v, ' x') = v), CHECK (strpos(v, 'a') = 0), CHECK (starts_with(t, 'a')),
    CHECK (coalesce(i, b, 0) > 0), CHECK (coalesce(n, 0) > 0), CHECK (coalesce(v, 'none') = 'x'), CHECK (nullif(i, 0) > 1), CHECK (greatest(i, b) > 5), CHECK (i & 1 = 1), CHECK (i << 2 > 8), CHECK (~i = 5),
    CHECK (date_part('year', ts) > 2000), CHECK (extract(dow FROM dt) IN (0, 6)), CHECK (to_char(ts, 'YYYY') = '2020'), CHECK (date_trunc('month', dt) = dt), CHECK (dt::timestamp = ts), CHECK (ts::date = dt),
    CHECK ((i IS NULL) <> (b IS NULL)), CHECK (i IS NULL OR i BETWEEN 1 AND 5), CHECK (i NOT IN (1, 2)), CHECK (t NOT IN ('a')), CHECK (b IN (1, 2)), CHECK (n IN (1, 2.5)), CHECK (i IN (s, b, 3)), CHECK (i = 1 OR (i = 2 AND s = 3)),
    CHECK ((i, s) IN ((1, 2), (3, 4))), CHECK (i IS NOT DISTINCT FROM s), CHECK (-i > -5), CHECK (- (i + 1) > 0), CHECK (+i > 0), CHECK (jb @> '{"b": {"c": [1, 2]}, "a": null}'), CHECK (mo > 5::money)
);
