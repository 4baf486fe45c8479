//! Names as PostgreSQL resolves them: the same statements given to a running server and to the analysis.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pgwright::analysis::timeline::{Means, Timeline, Work};
use pgwright::catalog::Catalog;
use pgwright::syntax::{Dialect, ParseCache, Script};

#[path = "support/postgres.rs"]
mod postgres;

const SCHEMA: &str = "
CREATE SCHEMA app;
CREATE TYPE status AS ENUM ('open', 'done');
CREATE TYPE pair AS (x int, y text);
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name varchar(40), point pair, created_at timestamptz);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, status status, total numeric(10,2), \"Note\" text);
CREATE TABLE app.events (id bigint, user_id bigint, payload jsonb, at timestamptz);
CREATE VIEW open_orders AS SELECT o.id, o.user_id, u.email FROM orders o JOIN users u ON u.id = o.user_id WHERE o.status = 'open';
CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts DEFAULT;
CREATE FUNCTION totals(who bigint) RETURNS TABLE (day date, amount numeric) LANGUAGE sql AS 'SELECT NULL::date, NULL::numeric';
CREATE FUNCTION display(u users) RETURNS text LANGUAGE sql AS 'SELECT $1.email';
";

/// Statements that a server accepts with this schema. Each name in them is also misspelt, one at a time.
const ACCEPTED: &[&str] = &[
    "SELECT id, email FROM users",
    "SELECT u.id, u.email AS mail FROM users u ORDER BY mail",
    "SELECT users.id FROM public.users",
    "SELECT public.users.id FROM public.users",
    "SELECT o.id, u.email FROM orders o JOIN users u ON u.id = o.user_id WHERE o.total > 10",
    "SELECT o.id FROM orders o LEFT JOIN users u ON u.id = o.user_id AND u.email IS NOT NULL",
    "SELECT user_id, sum(total) AS sum FROM orders GROUP BY user_id HAVING sum(total) > 1 ORDER BY sum",
    "SELECT user_id AS who, count(*) FROM orders GROUP BY who",
    "SELECT 1 AS one FROM users GROUP BY ROLLUP (one)",
    "SELECT e.payload ->> 'a' FROM app.events e",
    "SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE orders.user_id = users.id)",
    "SELECT id FROM users WHERE id IN (SELECT user_id FROM orders WHERE email = 'x')",
    "SELECT u.id, l.total FROM users u, LATERAL (SELECT total FROM orders WHERE user_id = u.id LIMIT 1) l",
    "SELECT s.n FROM (SELECT count(*) AS n FROM users) s",
    "SELECT a, b FROM (VALUES (1, 2)) v (a, b)",
    "SELECT v.column1 FROM (VALUES (1, 2)) v",
    "WITH recent AS (SELECT id, total FROM orders) SELECT total FROM recent WHERE id = 1",
    "WITH RECURSIVE tree (n, m) AS (SELECT 1, 2 UNION ALL SELECT n + 1, m FROM tree WHERE n < 3) SELECT n, m FROM tree",
    "WITH RECURSIVE t AS (SELECT id FROM users UNION SELECT o.user_id FROM orders o JOIN t ON t.id = o.id) SELECT id FROM t",
    "WITH gone AS (DELETE FROM orders WHERE total = 0 RETURNING id, user_id) SELECT user_id FROM gone",
    "SELECT id FROM users JOIN (SELECT user_id AS id FROM orders) o USING (id)",
    "SELECT id, email FROM users NATURAL JOIN (SELECT id, total FROM orders) o",
    "SELECT j.email FROM (users u JOIN orders o ON o.user_id = u.id) AS j (a, email)",
    "SELECT x.id FROM users JOIN (SELECT id FROM orders) o USING (id) AS x",
    "SELECT u.display, display(u) FROM users u",
    "SELECT (u.point).x, (point).y FROM users u",
    "SELECT u FROM users u",
    "SELECT count(u) FROM users u",
    "SELECT ctid, xmin, tableoid FROM users",
    "SELECT t.day, t.amount FROM totals(1) t",
    "SELECT d FROM totals(1) AS t (d, a)",
    "SELECT g FROM generate_series(1, 3) g",
    "SELECT g.n FROM generate_series(1, 3) AS g (n)",
    "SELECT k.key FROM app.events, jsonb_each(payload) k",
    "SELECT r.a FROM jsonb_to_record('{}') AS r (a int)",
    "SELECT v, o FROM unnest(ARRAY[1]) WITH ORDINALITY AS u (v, o)",
    "SELECT sum(total) OVER w FROM orders WINDOW w AS (PARTITION BY user_id ORDER BY id)",
    "SELECT DISTINCT ON (user_id) user_id, total FROM orders ORDER BY user_id, id DESC",
    "SELECT id FROM users UNION SELECT user_id FROM orders ORDER BY id",
    "SELECT \"Note\" FROM orders",
    "SELECT o.\"Note\" FROM orders AS o",
    "SELECT id FROM open_orders WHERE email LIKE 'a%'",
    "SELECT * FROM users u, orders o WHERE u.id = o.user_id FOR UPDATE OF o",
    "INSERT INTO users (id, email) VALUES (1, 'a')",
    "INSERT INTO orders (id, user_id) SELECT id, id FROM users ON CONFLICT (id) DO UPDATE SET total = excluded.total WHERE orders.total IS NULL RETURNING id, total",
    "UPDATE users SET email = 'x', name = email WHERE id = 1 RETURNING name",
    "UPDATE orders SET total = u.id FROM users u WHERE u.id = orders.user_id",
    "UPDATE orders o SET (total, user_id) = (SELECT 1, u.id FROM users u WHERE u.id = o.user_id)",
    "DELETE FROM orders USING users u WHERE u.id = user_id AND u.email = 'x'",
    "MERGE INTO orders o USING users u ON o.user_id = u.id WHEN MATCHED THEN UPDATE SET total = u.id WHEN NOT MATCHED THEN INSERT (id, user_id) VALUES (u.id, u.id)",
    "SELECT day FROM parts",
    "SELECT relname FROM pg_class WHERE relkind = 'r'",
    "SELECT table_name FROM information_schema.tables",
    "SELECT CASE WHEN total > 1 THEN status END FROM orders",
    "SELECT array_agg(total ORDER BY id) FILTER (WHERE user_id = 1) FROM orders",
    "SELECT (SELECT max(total) FROM orders WHERE user_id = u.id) FROM users u",
    "SELECT u.* FROM users u JOIN orders USING (id)",
    "SELECT total FROM ONLY orders TABLESAMPLE system (10)",
    "TABLE users",
    "SELECT id FROM (SELECT o.* FROM orders o) s WHERE s.total > 1",
];

struct Verdict {
    sqlstate: String,
    message: String,
    /// In bytes.
    position: Option<usize>,
}

/// What the server says of a statement: it is prepared, not run.
fn server(client: &mut postgres_client::Client, sql: &str) -> Option<Verdict> {
    client.prepare(sql).map(|(sqlstate, message, position)| Verdict {
        sqlstate,
        message,
        position: position.map(|characters| {
            sql.char_indices().nth(characters as usize - 1).map_or(sql.len(), |(offset, _)| offset)
        }),
    })
}

/// What the analysis says of it.
fn analysis(catalog: &Arc<Catalog>, sql: &str) -> Option<Verdict> {
    let (cache, work, cancelled) = (ParseCache::default(), Work::default(), AtomicBool::new(false));
    let means =
        Means { cache: &cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    let timeline = Timeline::update(None, &Script::from(sql), catalog, None, &means).unwrap();
    timeline.diagnostics().into_iter().next().map(|diagnostic| Verdict {
        sqlstate: diagnostic.sqlstate.to_owned(),
        message: diagnostic.message,
        position: Some(diagnostic.span.start),
    })
}

/// Preparing statements through the driver, blocking.
mod postgres_client {
    pub struct Client {
        runtime: tokio::runtime::Runtime,
        client: tokio_postgres::Client,
    }

    impl Client {
        pub fn connect(url: &str) -> Client {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let (client, connection) =
                runtime.block_on(tokio_postgres::connect(url, tokio_postgres::NoTls)).unwrap();
            runtime.spawn(connection);
            Client { runtime, client }
        }

        /// The error of a statement: SQLSTATE, message, position in characters from 1.
        pub fn prepare(&mut self, sql: &str) -> Option<(String, String, Option<u32>)> {
            let error = self.runtime.block_on(self.client.prepare(sql)).err()?;
            let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}"));
            let position = match error.position() {
                Some(tokio_postgres::error::ErrorPosition::Original(position)) => Some(*position),
                _ => None,
            };
            Some((error.code().code().to_owned(), error.message().to_owned(), position))
        }
    }
}

/// The schema folded offline.
fn folded() -> Arc<Catalog> {
    let (cache, work, cancelled) = (ParseCache::default(), Work::default(), AtomicBool::new(false));
    let means =
        Means { cache: &cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    let timeline =
        Timeline::update(None, &Script::from(SCHEMA), &Arc::new(Catalog::default()), None, &means).unwrap();
    assert_eq!(timeline.diagnostics(), []);
    timeline.head.clone()
}

/// Each way to misspell one word of `sql` that could be a name: a letter more.
fn misspellings(sql: &str) -> Vec<String> {
    let (tokens, _) = pgwright::syntax::grammar::scan(sql);
    tokens
        .iter()
        .filter(|token| token.kind == pgwright::syntax::ast::Token::Ident)
        .map(|token| {
            let at = if sql[..token.span.end].ends_with('"') { token.span.end - 1 } else { token.span.end };
            format!("{}q{}", &sql[..at], &sql[at..])
        })
        .collect()
}

#[test]
fn names_resolve_as_on_a_server() {
    let catalog = folded();
    for major in [15, 18] {
        let database = {
            let server = postgres::shared(major);
            let database = server.fresh_database();
            server.execute_in(&database, SCHEMA);
            server.url(&database)
        };
        let mut client = postgres_client::Client::connect(&database);
        let (mut rejected, mut found, mut exact, mut wrong) = (0, 0, 0, Vec::new());
        for sql in ACCEPTED {
            if let Some(verdict) = server(&mut client, sql) {
                // Syntax that only the newer version has.
                assert!(major == 15, "{sql}: {}", verdict.message);
                continue;
            }
            for sql in misspellings(sql).into_iter().chain([(*sql).to_owned()]) {
                let (truth, said) = (server(&mut client, &sql), analysis(&catalog, &sql));
                match (truth, said) {
                    (None, Some(said)) => wrong.push(format!("false alarm: {sql}: {}", said.message)),
                    (Some(truth), said) if matches!(truth.sqlstate.as_str(), "42P01" | "42703" | "42702") => {
                        rejected += 1;
                        let Some(said) = said else { continue };
                        found += 1;
                        let same = said.sqlstate == truth.sqlstate && said.message == truth.message;
                        // PostgreSQL points at a qualified name's first part, and at no more than the statement in
                        // some places; the token at fault is at or behind it.
                        let placed =
                            truth.position.is_none_or(|at| said.position.is_some_and(|here| here >= at));
                        if same && placed {
                            exact += 1;
                        } else {
                            wrong.push(format!(
                                "{sql}\n  server: {} {} at {:?}\n  here:   {} {} at {:?}",
                                truth.sqlstate,
                                truth.message,
                                truth.position,
                                said.sqlstate,
                                said.message,
                                said.position
                            ));
                        }
                    }
                    _ => {}
                }
            }
        }
        println!(
            "PostgreSQL {major}: {rejected} misspellings rejected for their names, {found} found, {exact} in its words"
        );
        assert!(wrong.is_empty(), "{major}:\n{}", wrong.join("\n"));
        assert!(rejected > 200 && found * 100 >= rejected * 95, "{found} of {rejected} found");
    }
}
