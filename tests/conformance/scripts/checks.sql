-- Check constraints: names, operators, casts.
CREATE TABLE t (
    a int CHECK (a > 0), b varchar(20) CHECK (b IN ('x', 'y')), c text CHECK (c = ANY (ARRAY['a', 'b'])), d numeric CHECK (d >= 0),
    e text CONSTRAINT named CHECK (char_length(e) BETWEEN 1 AND 10), f timestamptz, g date CHECK (g > '2000-01-01'),
    h bigint CHECK (h <> 0), i text CHECK (i LIKE 'a%' AND i NOT LIKE '%b'), j text CHECK (j ~ '^[a-z]+$'), k jsonb CHECK (jsonb_typeof(k) = 'object'),
    l int[] CHECK (array_length(l, 1) > 0), m boolean CHECK (m), n text CHECK (n IS NOT NULL OR a IS NULL), o smallint CHECK (o IN (1, 2, 3)),
    CHECK (a < h), CHECK (a > 1 AND a < 100), CHECK (b IS NOT NULL), CONSTRAINT multi CHECK ((a IS NULL) = (h IS NULL)),
    CHECK (NOT (a = 5)), CHECK (a IN (1)), CHECK (b NOT IN ('q', 'r')), CHECK (c ILIKE 'x'), CHECK (f > now() - interval '1 year') NO INHERIT,
    CHECK (length(b) <= 10), CHECK (d::int > 0), CHECK (coalesce(c, '') <> ''), CHECK (num_nonnulls(a, b, c) = 1), CHECK (k ? 'x'),
    CHECK (k @> '{"a": 1}'), CHECK (k ->> 'a' = 'b'), CHECK ((k -> 'a' ->> 'b')::int > 0), CHECK (c IS DISTINCT FROM 'z'), CHECK (lower(b) = b),
    CHECK (a + h * 2 - 1 > 0), CHECK (a % 2 = 0), CHECK (-a < 0), CHECK (d > 0.5), CHECK (d > a), CHECK (true), CHECK (b || c <> ''),
    CHECK (CASE WHEN a > 1 THEN c = 'a' ELSE true END), CHECK (CASE b WHEN 'a' THEN 1 ELSE 2 END > 0), CHECK (m IS TRUE), CHECK (m IS NOT FALSE),
    CHECK (g NOT BETWEEN '2000-01-01' AND '2001-01-01'), CHECK (b COLLATE "C" > 'a'), CHECK (c SIMILAR TO 'a%'), CHECK (l[1] > 0), CHECK (a = ANY (l)),
    CHECK (position('a' in c) > 0), CHECK (extract(hour FROM f) < 12), CHECK (c::varchar(3) = 'abc'), CHECK ((a, h) = (1, 2)), CHECK (a::text = c),
    CHECK (b = c), CHECK (date_trunc('day', f) = f), CHECK (nullif(c, '') IS NOT NULL), CHECK (c !~ 'x'), CHECK (h = a), CHECK (o > a), CHECK (d = 1)
);
