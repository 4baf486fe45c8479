-- Defaults as pg_get_expr prints them.
CREATE TABLE t (
    a int DEFAULT 0, b int DEFAULT -1, c bigint DEFAULT 0, d numeric DEFAULT 0, e numeric(10,2) DEFAULT 0.00,
    f text DEFAULT 'x', g varchar DEFAULT 'x', h varchar(10) DEFAULT 'x', i char(3) DEFAULT 'ab', j boolean DEFAULT false,
    k boolean DEFAULT 't', l timestamptz DEFAULT now(), m timestamptz DEFAULT CURRENT_TIMESTAMP, n timestamp DEFAULT now(),
    o date DEFAULT CURRENT_DATE, p timestamp DEFAULT (now() AT TIME ZONE 'utc'), q uuid DEFAULT gen_random_uuid(),
    r jsonb DEFAULT '{}', s jsonb DEFAULT '{"b":1,"a":[1, 2]}'::jsonb, t text[] DEFAULT '{}', u text[] DEFAULT ARRAY[]::text[],
    v text[] DEFAULT ARRAY['a', 'b'], w interval DEFAULT '1 day', x interval DEFAULT interval '30 minutes', y text DEFAULT NULL,
    z text DEFAULT 'it''s', aa text DEFAULT E'a\\b', bb int DEFAULT (1 + 2) * 3, cc text DEFAULT 'a' || 'b',
    dd double precision DEFAULT 1.5, ee double precision DEFAULT '1.0', ff bigint DEFAULT 10000000000, gg smallint DEFAULT 1,
    hh numeric DEFAULT 1.50, ii text DEFAULT current_user, jj text DEFAULT lower('ABC'), kk int DEFAULT length('abc'::text),
    ll timestamptz DEFAULT now() + interval '7 days', mm int DEFAULT extract(year FROM now()), nn text DEFAULT upper(substring('abc' from 1 for 2)),
    oo numeric DEFAULT random() * 100, pp text DEFAULT md5(random()::text), qq int DEFAULT floor(random() * 10)::int,
    rr date DEFAULT '2020-01-01', ss time DEFAULT '10:00', tt text DEFAULT coalesce(NULL, 'x'), uu int DEFAULT '5'::int,
    vv varchar(10) DEFAULT 'abc'::varchar(5), ww numeric(6,2) DEFAULT 5::numeric, xx json DEFAULT '[]'::json, yy timestamp DEFAULT LOCALTIMESTAMP(0),
    zz text DEFAULT CASE WHEN true THEN 'a' ELSE 'b' END, ab integer DEFAULT greatest(1, 2), ac text DEFAULT concat('a', 1),
    ad bytea DEFAULT '\x00', ae inet DEFAULT '127.0.0.1', ag money DEFAULT 0, ah int[] DEFAULT ARRAY[1,2,3],
    ai text DEFAULT to_char(now(), 'YYYY'), aj bigint DEFAULT (extract(epoch FROM now()) * 1000)::bigint, ak "char" DEFAULT 'x',
    al text DEFAULT jsonb_build_object('a', 1) ->> 'a', am boolean DEFAULT 1 = 1, an text DEFAULT trim(both ' ' from ' x '), ao name DEFAULT 'n',
    ap text DEFAULT timezone('utc', now())::text, aq text DEFAULT left('abc', 2), ar float DEFAULT 0, at real DEFAULT 0.5, au oid DEFAULT 1
);
