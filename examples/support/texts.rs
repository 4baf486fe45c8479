//! The texts that are measured: scripts of any size, as people and as pg_dump write them.

use std::fmt::Write as _;

/// How many tables a large file is about.
const TABLES: usize = 250;

/// A script of `size` bytes: tables with what belongs to them, and queries over them.
pub fn generate(size: usize) -> String {
    let mut text = String::with_capacity(size + 4000);
    let mut n = 0;
    while text.len() < size {
        group(&mut text, n);
        n += 1;
    }
    text
}

fn table(text: &mut String, n: usize) {
    let parent = match n {
        0 => String::new(),
        n => format!(" REFERENCES account_{} (id)", n - 1),
    };
    let _ = write!(
        text,
        "-- Accounts of region {n}.
CREATE TABLE account_{n} (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id   bigint{parent},
    owner       text NOT NULL CHECK (owner <> ''),
    status      text NOT NULL DEFAULT 'new',
    total       numeric(12, 2) NOT NULL DEFAULT 0,
    note        text,
    tags        text[] NOT NULL DEFAULT '{{}}',
    details     jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (owner, created_at)
);

CREATE INDEX account_{n}_created_at_idx ON account_{n} (created_at DESC) WHERE status = 'new';

"
    );
}

fn group(text: &mut String, n: usize) {
    let constant = n;
    if n < TABLES {
        table(text, n);
    }
    let n = n % TABLES;
    let other = n.saturating_sub(1);
    let _ = write!(
        text,
        "INSERT INTO account_{n} (owner, status, total, note) VALUES
    ('Ann', 'new', 12.50, NULL),
    ('Bob', 'open', 99.00, 'a ''quoted'' note'),
    ('Cleo', 'closed', {constant}.25, $$dollars$$);

SELECT a.id, a.owner, b.owner AS parent, coalesce(a.total, 0) + b.total AS sum
FROM account_{n} a
LEFT JOIN account_{other} b ON b.id = a.parent_id AND b.status <> 'closed'
WHERE a.created_at >= now() - interval '{constant} days'
  AND (a.details ->> 'colour' = 'red' OR 'vip' = ANY (a.tags))
ORDER BY a.created_at DESC
LIMIT 50;

WITH recent AS (
    SELECT owner, count(*) AS pieces, sum(total) AS total
    FROM account_{n}
    WHERE status IN ('new', 'open')
    GROUP BY owner
    HAVING count(*) > {constant}
)
SELECT r.owner, r.pieces, CASE WHEN r.total > 1000 THEN 'large' ELSE 'small' END AS size,
       rank() OVER (ORDER BY r.total DESC) AS place
FROM recent r
JOIN account_{other} x ON x.owner = r.owner;

UPDATE account_{n} a
SET total = a.total + b.total, note = 'merged {constant}'
FROM account_{other} b
WHERE b.id = a.parent_id AND a.status = 'open';

SELECT id, status, total
FROM account_{n}
WHERE owner LIKE 'A{constant}%'
  AND EXISTS (SELECT FROM account_{other} o WHERE o.id = account_{n}.parent_id);

"
    );
}

/// A script of `size` bytes as pg_dump writes one: definitions, data by COPY, some of it by INSERT, and behind them what
/// is made once the rows are there.
pub fn dump(size: usize) -> String {
    let mut text = String::from(
        "--
-- PostgreSQL database dump
--

\\restrict abcdefghijklmnopqrstuvwxyz

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

",
    );
    let heading = |text: &mut String, name: &str, kind: &str| {
        let _ = write!(text, "--\n-- Name: {name}; Type: {kind}; Schema: public; Owner: ann\n--\n\n");
    };
    for n in 0..TABLES {
        heading(&mut text, &format!("event_{n}"), "TABLE");
        let _ = write!(
            text,
            "CREATE TABLE public.event_{n} (
    id bigint NOT NULL,
    kind text DEFAULT 'new'::text NOT NULL,
    amount numeric(12,2),
    payload jsonb,
    at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.event_{n} OWNER TO ann;

"
        );
    }
    let mut rows = 0;
    for n in 0..TABLES {
        heading(&mut text, &format!("event_{n}"), "TABLE DATA");
        let end = text.len() + size / TABLES;
        // Three of four are written as pg_dump does by itself, the others as it does with --inserts.
        let copies = n % 4 != 3;
        if copies {
            let _ = writeln!(text, "COPY public.event_{n} (id, kind, amount, payload, at) FROM stdin;");
        }
        while text.len() < end {
            rows += 1;
            let _ = match copies {
                true => writeln!(
                    text,
                    "{rows}\topen\t{}.25\t{{\"a\": \"it's {rows}\"}}\t2026-01-02 03:04:05.678+00\t\\N",
                    rows % 977
                ),
                false => writeln!(
                    text,
                    "INSERT INTO public.event_{n} VALUES ({rows}, 'open; {rows}', {}.25, '{{\"a\": \"it''s\"}}', '2026-01-02 03:04:05.678+00');",
                    rows % 977
                ),
            };
        }
        text.push_str(if copies { "\\.\n\n\n" } else { "\n\n" });
    }
    for n in 0..TABLES {
        heading(&mut text, &format!("event_{n} event_{n}_pkey"), "CONSTRAINT");
        let _ = write!(
            text,
            "ALTER TABLE ONLY public.event_{n}
    ADD CONSTRAINT event_{n}_pkey PRIMARY KEY (id);


CREATE INDEX event_{n}_at_idx ON public.event_{n} USING btree (at);


"
        );
    }
    text.push_str(
        "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abcdefghijklmnopqrstuvwxyz\n",
    );
    text
}

/// The `n`th migration of a history that makes tables and changes those of before.
pub fn migration(n: usize) -> String {
    let mut text = String::new();
    table(&mut text, n);
    if n > 0 {
        let before = n - 1;
        let _ = write!(
            text,
            "ALTER TABLE account_{before} ADD COLUMN closed_at timestamptz;
ALTER TABLE account_{before} ALTER COLUMN total TYPE numeric(14, 2);
UPDATE account_{before} SET closed_at = created_at WHERE status = 'closed';
CREATE VIEW open_{before} AS
SELECT a.id, a.owner, a.total, p.owner AS parent
FROM account_{before} a
LEFT JOIN account_{n} p ON p.parent_id = a.id
WHERE a.closed_at IS NULL;
COMMENT ON TABLE account_{before} IS 'Accounts, as of migration {n}';
"
        );
    }
    text
}
