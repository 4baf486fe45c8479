//! Index advice on running servers: what is advised, the planner uses for that very query, on PostgreSQL 15 and 18.

#[path = "support/catalogs.rs"]
mod catalogs;
#[path = "support/postgres.rs"]
mod postgres;

use std::collections::HashMap;

use pgwright::catalog::statistics::ColumnStatistics;
use pgwright::catalog::{Catalog, QualifiedName};
use pgwright::plan::advice::{PartialIndexAdvice, partial_index};
use pgwright::syntax::grammar::{self, ParseMode};

const SCHEMA: &str = "
CREATE TYPE state AS ENUM ('queued', 'running', 'done');
CREATE DOMAIN flag AS boolean;
CREATE SCHEMA shop;
CREATE TABLE customers (id bigint PRIMARY KEY, name text, mail text UNIQUE, active boolean NOT NULL, deleted_at timestamptz,
  country char(2), \"Group\" text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), status text NOT NULL,
  created_at timestamptz NOT NULL, shipped_at timestamptz, total numeric(10, 2), kind varchar(10), priority int, region text,
  number int, series text, UNIQUE (series, number));
CREATE TABLE jobs (id bigint PRIMARY KEY, state state NOT NULL, run_at timestamptz, queue text, attempts int, locked flag,
  payload jsonb, archived boolean);
CREATE INDEX jobs_queue_idx ON jobs (queue);
CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id), sku text, cancelled boolean NOT NULL,
  returned_at date, quantity int);
CREATE TABLE shop.visits (id bigint PRIMARY KEY, visitor text, source text, at timestamptz);
CREATE TABLE covered (id bigint PRIMARY KEY, owner int, status text, at timestamptz, deleted_at timestamptz);
CREATE INDEX covered_owner_at_idx ON covered (owner, at);
CREATE INDEX covered_open_idx ON covered (at) WHERE status = 'open';
CREATE INDEX covered_kinds_idx ON covered (id, at) WHERE status IN ('a', 'b') AND deleted_at IS NULL;
CREATE TABLE parts (id bigint, at date, status text, owner int) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
CREATE VIEW open_orders AS SELECT * FROM orders WHERE status = 'open';
INSERT INTO customers SELECT g, 'n' || g, 'm' || g, g % 20 = 0, CASE WHEN g % 10 > 0 THEN now() END, 'de', 'g' || g % 9
  FROM generate_series(1, 4000) g;
INSERT INTO orders SELECT g, g % 4000 + 1, CASE WHEN g % 25 = 0 THEN 'pending' ELSE 'done' END, now() - g * interval '1 minute',
  CASE WHEN g % 30 > 0 THEN now() END, g, 'k' || g % 9, g % 10, 'r' || g, g FROM generate_series(1, 8000) g;
INSERT INTO jobs SELECT g, (CASE WHEN g % 40 = 0 THEN 'queued' ELSE 'done' END)::state, now(), 'q' || g % 7, g % 6, g % 50 = 0, '{}',
  g % 9 > 0 FROM generate_series(1, 6000) g;
INSERT INTO items SELECT g, g % 8000 + 1, 's' || g, g % 20 = 0, CASE WHEN g % 50 = 0 THEN date '2024-01-01' END, g
  FROM generate_series(1, 9000) g;
INSERT INTO shop.visits SELECT g, 'v' || g % 99, 's' || g % 30, now() FROM generate_series(1, 5000) g;
INSERT INTO covered SELECT g, g, 'done', now(), now() FROM generate_series(1, 3000) g;
ANALYZE;
";

/// Query, and the key and condition of each index that is offered.
const OFFERED: &[(&str, &str)] = &[
    (
        "SELECT * FROM orders WHERE customer_id = $1 AND status = 'pending' ORDER BY created_at",
        "orders (customer_id, created_at) WHERE status = 'pending'",
    ),
    (
        "SELECT * FROM orders WHERE status = 'pending' ORDER BY created_at DESC LIMIT 10",
        "orders (created_at DESC) WHERE status = 'pending'",
    ),
    (
        "SELECT id FROM orders o WHERE o.status = 'pending' AND o.created_at > now() - interval '1 hour'",
        "orders (created_at) WHERE status = 'pending'",
    ),
    (
        "SELECT id FROM orders WHERE customer_id = 5 AND status = 'pending'",
        "orders (customer_id) WHERE status = 'pending'",
    ),
    (
        "SELECT id FROM orders WHERE 'pending' = status AND $1 <= created_at",
        "orders (created_at) WHERE status = 'pending'",
    ),
    (
        "SELECT count(*) FROM orders WHERE shipped_at IS NULL AND region = $1",
        "orders (region) WHERE shipped_at IS NULL",
    ),
    (
        "SELECT * FROM customers WHERE deleted_at IS NULL AND name = $1",
        "customers (name) WHERE deleted_at IS NULL",
    ),
    ("SELECT * FROM customers WHERE active AND name = $1", "customers (name) WHERE active"),
    ("SELECT * FROM customers WHERE active = true AND name = $1", "customers (name) WHERE active"),
    ("SELECT * FROM customers WHERE active IS TRUE AND name = $1", "customers (name) WHERE active IS TRUE"),
    (
        "SELECT * FROM customers WHERE NOT active AND deleted_at IS NOT NULL AND \"Group\" = $1",
        "customers (\"Group\") WHERE NOT active AND deleted_at IS NOT NULL",
    ),
    (
        "SELECT * FROM jobs WHERE state = 'queued' AND queue = $1 ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED",
        "jobs (queue, run_at) WHERE state = 'queued'",
    ),
    (
        "UPDATE jobs SET state = 'running' WHERE state = 'queued' AND run_at < now()",
        "jobs (run_at) WHERE state = 'queued'",
    ),
    ("DELETE FROM jobs WHERE state = 'done' AND run_at < $1", "jobs (run_at) WHERE state = 'done'"),
    ("SELECT * FROM jobs WHERE locked AND run_at > $1", "jobs (run_at) WHERE locked"),
    (
        "SELECT * FROM jobs WHERE archived IS NOT TRUE AND run_at > $1",
        "jobs (run_at) WHERE archived IS NOT TRUE",
    ),
    ("SELECT * FROM jobs WHERE attempts > 3 ORDER BY run_at", "jobs (run_at) WHERE attempts > 3"),
    (
        "SELECT * FROM orders WHERE kind IN ('k1', 'k2') AND region = $1",
        "orders (region) WHERE kind IN ('k1', 'k2')",
    ),
    (
        "SELECT * FROM orders WHERE kind = ANY (ARRAY['k1', 'k2']) AND total > $1",
        "orders (total) WHERE kind IN ('k1', 'k2')",
    ),
    (
        "SELECT * FROM orders WHERE status <> 'done' AND created_at BETWEEN $1 AND $2",
        "orders (created_at) WHERE status <> 'done'",
    ),
    ("SELECT * FROM orders WHERE priority = 1 AND region = $1", "orders (region) WHERE priority = 1"),
    (
        "SELECT * FROM orders WHERE status = 'pending' AND priority = 1 ORDER BY created_at NULLS FIRST",
        "orders (priority, created_at NULLS FIRST) WHERE status = 'pending'",
    ),
    (
        "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'pending' AND c.mail = $1",
        "orders (customer_id) WHERE status = 'pending'",
    ),
    (
        "SELECT o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.active AND c.name = $1",
        "customers (name) WHERE active",
    ),
    (
        "SELECT id FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.status = 'pending')",
        "orders (customer_id) WHERE status = 'pending'",
    ),
    (
        "WITH open AS (SELECT * FROM orders WHERE status = 'pending' AND region = $1) SELECT * FROM open",
        "orders (region) WHERE status = 'pending'",
    ),
    (
        "SELECT * FROM (SELECT * FROM items WHERE NOT cancelled AND sku = $1) i",
        "items (sku) WHERE NOT cancelled",
    ),
    (
        "SELECT visitor FROM shop.visits WHERE source = 's1' AND at > $1",
        "shop.visits (at) WHERE source = 's1'",
    ),
    (
        "SELECT sku AS s, quantity FROM items WHERE cancelled ORDER BY s, 2 DESC",
        "items (sku, quantity DESC) WHERE cancelled",
    ),
    (
        "SELECT id FROM items WHERE returned_at IS NOT NULL AND quantity = $1 UNION ALL SELECT id FROM orders",
        "items (quantity) WHERE returned_at IS NOT NULL",
    ),
    (
        "SELECT * FROM orders WHERE status = 'pending' AND customer_id IN (1, 2, 3)",
        "orders (customer_id) WHERE status = 'pending'",
    ),
    (
        "SELECT * FROM orders WHERE status = 'pending' AND customer_id = ANY ($1)",
        "orders (customer_id) WHERE status = 'pending'",
    ),
    (
        "SELECT * FROM jobs WHERE state = 'queued'::state AND run_at IS NOT NULL AND attempts = $1",
        "jobs (attempts) WHERE state = 'queued' AND run_at IS NOT NULL",
    ),
    (
        "SELECT * FROM covered WHERE deleted_at IS NULL AND status = $1",
        "covered (status) WHERE deleted_at IS NULL",
    ),
    (
        "SELECT c.id FROM orders o JOIN customers c USING (id) WHERE c.active AND c.country = $1",
        "customers (country) WHERE active",
    ),
    (
        "SELECT * FROM jobs WHERE attempts < 5 AND attempts > 1 AND locked IS NOT TRUE AND payload IS NULL ORDER BY run_at",
        "jobs (attempts) WHERE locked IS NOT TRUE AND payload IS NULL",
    ),
    (
        "SELECT * FROM orders WHERE kind NOT IN ('k1') AND shipped_at IS NULL AND total >= 10 ORDER BY total DESC NULLS LAST LIMIT 5",
        "orders (total DESC NULLS LAST) WHERE kind NOT IN ('k1') AND shipped_at IS NULL",
    ),
];

/// Queries that no partial index is offered for, and why.
const NOT_OFFERED: &[(&str, &str)] = &[
    ("SELECT * FROM orders WHERE status = 'pending'", "nothing else is asked"),
    ("SELECT * FROM orders WHERE status = $1 AND region = $2", "no literal"),
    ("SELECT * FROM orders WHERE region = $1 ORDER BY created_at", "no literal"),
    ("SELECT * FROM orders WHERE status = 'pending' AND id = $1", "the primary key"),
    ("SELECT * FROM customers WHERE active AND mail = $1", "a unique column"),
    ("SELECT * FROM orders WHERE status = 'pending' AND series = $1 AND number = $2", "a unique pair"),
    ("SELECT * FROM open_orders WHERE kind = 'k1' AND region = $1", "a view"),
    ("WITH o AS (SELECT * FROM orders) SELECT * FROM o WHERE status = 'pending' AND region = $1", "a CTE"),
    (
        "WITH orders AS (SELECT 1 AS region, 'x' AS status) SELECT * FROM orders WHERE status = 'x' AND region = $1",
        "a CTE",
    ),
    ("SELECT * FROM nowhere WHERE status = 'pending' AND region = $1", "unknown"),
    (
        "SELECT * FROM (SELECT * FROM orders) o WHERE status = 'pending' AND region = $1",
        "a subquery's column",
    ),
    ("SELECT * FROM parts WHERE status = 'x' AND owner = $1", "a partitioned table"),
    ("SELECT * FROM orders WHERE status = lower('PENDING') AND region = random()::text", "volatile"),
    ("SELECT * FROM orders WHERE created_at > '2024-01-01' AND region = $1", "a time is not fixed"),
    ("SELECT * FROM orders WHERE created_at < now() AND region = $1", "stable"),
    ("SELECT * FROM orders WHERE status = 'pending' OR region = $1", "OR"),
    ("SELECT * FROM orders WHERE (status = 'pending' OR kind = 'k1') AND region = $1", "OR"),
    ("SELECT * FROM orders WHERE lower(status) = 'pending' AND region = $1", "an expression"),
    ("SELECT * FROM orders WHERE status::varchar(3) = 'pen' AND region = $1", "a cast column"),
    ("SELECT * FROM jobs WHERE state::text = 'queued' AND run_at > $1", "a cast that is not immutable"),
    ("SELECT * FROM jobs WHERE payload IS NOT NULL AND payload = $1 AND id = 1", "the primary key"),
    (
        "SELECT * FROM orders o LEFT JOIN items i ON i.order_id = o.id WHERE i.returned_at IS NULL AND i.sku = $1",
        "an outer join's other side",
    ),
    (
        "SELECT * FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'pending'",
        "an outer join's condition",
    ),
    (
        "SELECT * FROM items FULL JOIN orders ON order_id = orders.id WHERE cancelled AND sku = $1",
        "a full join",
    ),
    (
        "SELECT * FROM covered WHERE status = 'done' AND owner = $1 ORDER BY at",
        "an index without condition serves",
    ),
    (
        "SELECT * FROM covered WHERE status = 'open' ORDER BY at DESC",
        "an index with this condition serves, backward",
    ),
    (
        "SELECT * FROM covered WHERE status = 'open' AND deleted_at IS NULL AND at > $1",
        "a weaker condition serves",
    ),
    (
        "SELECT * FROM covered WHERE deleted_at IS NULL AND status IN ('a', 'b') AND id = $1",
        "the primary key",
    ),
    ("SELECT * FROM orders a, orders b WHERE status = 'pending' AND region = $1", "ambiguous columns"),
    (
        "SELECT c.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.active",
        "joined by the primary key",
    ),
    ("SELECT * FROM orders WHERE status = 'pending' AND status = $1", "the same column"),
    ("SELECT * FROM orders WHERE region = $1 AND kind LIKE 'a%'", "LIKE"),
    (
        "SELECT count(*) FROM orders WHERE status = 'pending' GROUP BY created_at ORDER BY created_at",
        "grouped",
    ),
    (
        "SELECT * FROM covered WHERE status = 'open' AND owner > $1 ORDER BY owner",
        "an index without condition serves",
    ),
    (
        "SELECT * FROM orders WHERE created_at IS NOT NULL AND region = $1",
        "true of every row, and dropped by the planner",
    ),
    ("SELECT * FROM orders WHERE status IS NULL AND region = $1", "true of no row"),
    ("SELECT * FROM customers WHERE name = 'Bob' AND id = 4", "the primary key"),
    ("SELECT * FROM orders WHERE total > 100 ORDER BY total", "the order's own column"),
    ("SELECT * FROM jobs WHERE attempts < 3 ORDER BY attempts, run_at", "the order's own column"),
    ("INSERT INTO orders (id) VALUES (1)", "no condition"),
    ("SELECT * FROM orders WHERE status = 'pending' AND region = kind", "compared with itself"),
];

fn advise(catalog: &Catalog, query: &str) -> Vec<PartialIndexAdvice> {
    let tree = grammar::parse(query, ParseMode::Statements).unwrap_or_else(|e| panic!("{query}: {e:?}"));
    partial_index(tree.stmts[0].stmt.as_ref().unwrap().node.as_ref().unwrap(), catalog, None)
}

fn describe(advice: &PartialIndexAdvice) -> String {
    let title = advice.title();
    title.strip_prefix("Add partial index on ").unwrap().to_owned()
}

fn verify(major: u32) {
    let server = postgres::shared(major);
    let database = server.fresh_database();
    server.execute_in(&database, SCHEMA);
    let catalog = catalogs::read(server, &database);
    let folded = catalogs::fold(SCHEMA);
    let mut report = String::new();
    for (query, expected) in OFFERED {
        let offered = advise(&catalog, query);
        assert_eq!(offered, advise(&folded, query), "{query}");
        let texts: Vec<String> = offered.iter().map(describe).collect();
        if texts != [*expected] {
            report.push_str(&format!("{query}\n    expected {expected}\n    offered  {texts:?}\n"));
            continue;
        }
        let advice = &offered[0];
        let first = &query[advice.span.start..];
        let starts = advice
            .condition_columns
            .iter()
            .any(|column| first.trim_start_matches("o.").trim_start_matches("c.").starts_with(&**column));
        assert!(starts || first.starts_with("NOT") || first.starts_with('\''), "{query}: {first}");
        let create = advice.sql.replace(" CONCURRENTLY", "");
        let parameters =
            (1..=9).filter(|n| query.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>();
        let arguments =
            if parameters.is_empty() { String::new() } else { format!("({})", parameters.join(", ")) };
        let rows = server.query_in(
            &database,
            &format!(
                "BEGIN; {create} ANALYZE {}.{}; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; \
                 PREPARE q AS {query}; EXPLAIN EXECUTE q{arguments}; DEALLOCATE q; ROLLBACK",
                advice.table.schema, advice.table.name
            ),
        );
        let plan: Vec<&str> = rows.iter().filter_map(|row| row[0].as_deref()).collect();
        if !plan.iter().any(|line| line.contains(&*advice.index_name)) {
            report.push_str(&format!("{query}\n    {create}\n    is not used:\n{}\n", plan.join("\n")));
        }
    }
    for (query, why) in NOT_OFFERED {
        let offered = advise(&catalog, query);
        assert_eq!(offered, advise(&folded, query), "{query}");
        if !offered.is_empty() {
            let texts: Vec<String> = offered.iter().map(describe).collect();
            report.push_str(&format!("{query}\n    offered {texts:?}\n    but: {why}\n"));
        }
    }
    assert!(report.is_empty(), "PostgreSQL {major}:\n{report}");
}

#[test]
fn advised_indexes_are_used_by_postgresql_15() {
    verify(15);
}

#[test]
fn advised_indexes_are_used_by_postgresql_18() {
    verify(18);
}

#[test]
fn what_matches_most_rows_is_not_offered() {
    let server = postgres::shared(18);
    let database = server.fresh_database();
    server.execute_in(&database, SCHEMA);
    let catalog = catalogs::read(server, &database);
    let mut known = HashMap::new();
    for row in server.query_in(
        &database,
        "SELECT tablename, attname, null_frac, n_distinct, most_common_vals::text::text[]::text, most_common_freqs::text \
         FROM pg_stats WHERE schemaname = 'public' AND tablename = 'orders' AND attname = 'status'",
    ) {
        let list = |n: usize| -> Vec<String> {
            let text = row[n].as_deref().unwrap_or("{}").trim_matches(['{', '}']);
            text.split(',').map(str::to_owned).collect()
        };
        let statistics = ColumnStatistics {
            null_fraction: row[2].as_deref().unwrap().parse().unwrap(),
            distinct: row[3].as_deref().unwrap().parse().unwrap(),
            common_values: list(4),
            common_fractions: list(5).iter().map(|text| text.parse().unwrap()).collect(),
            correlation: None,
        };
        let table = QualifiedName::new("public", row[0].as_deref().unwrap());
        known.insert((table, row[1].as_deref().unwrap().into()), statistics);
    }
    let with = |query: &str| {
        let tree = grammar::parse(query, ParseMode::Statements).unwrap();
        partial_index(tree.stmts[0].stmt.as_ref().unwrap().node.as_ref().unwrap(), &catalog, Some(&known))
    };
    let rare = with("SELECT * FROM orders WHERE status = 'pending' AND region = $1");
    assert_eq!(
        rare[0].title(),
        "Add partial index on orders (region) WHERE status = 'pending' — 4 % of rows"
    );
    assert_eq!(with("SELECT * FROM orders WHERE status = 'done' AND region = $1"), []);
    assert_eq!(
        rare[0].sql,
        "CREATE INDEX CONCURRENTLY orders_region_pending_idx ON public.orders (region) WHERE status = 'pending';"
    );
}

/// Queries put together at random: whatever is offered for them, the planner uses.
#[test]
fn advice_for_random_queries_is_used() {
    const FIXED: &[&str] = &[
        "status = 'pending'",
        "'done' <> status",
        "shipped_at IS NULL",
        "shipped_at IS NOT NULL",
        "kind IN ('k1', 'k2')",
        "kind NOT IN ('k3', 'k4')",
        "priority = 3",
        "priority >= 7",
        "priority <> 2",
        "NOT (priority = 1)",
        "kind = 'k5'::varchar(10)",
        "total > 5000.5",
        "status = ANY ('{pending,done}')",
        "(status = 'pending') IS TRUE",
        "kind BETWEEN 'k1' AND 'k2'",
    ];
    const ASKED: &[&str] = &[
        "customer_id = $1",
        "region = $1",
        "created_at > now() - interval '1 day'",
        "region IN ($1, 'r7')",
        "total BETWEEN 1 AND $1",
        "number = (SELECT max(quantity) FROM items)",
        "customer_id IN (SELECT id FROM customers WHERE active)",
        "$1 < number",
        "total = 7.5",
        "customer_id = 12",
    ];
    const ORDERS: &[&str] = &[
        "",
        " ORDER BY created_at",
        " ORDER BY created_at DESC LIMIT 5",
        " ORDER BY region, created_at DESC",
        " ORDER BY total NULLS FIRST LIMIT 3",
        " ORDER BY lower(region)",
        " ORDER BY 1, number DESC NULLS LAST",
    ];
    let server = postgres::shared(18);
    let database = server.fresh_database();
    server.execute_in(&database, SCHEMA);
    let catalog = catalogs::read(server, &database);
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut pick = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let mut offered = Vec::new();
    for _ in 0..400 {
        let mut conditions = vec![FIXED[pick(FIXED.len())]];
        if pick(2) == 0 {
            conditions.push(FIXED[pick(FIXED.len())]);
        }
        for _ in 0..pick(3) {
            let asked = ASKED[pick(ASKED.len())];
            // One parameter has one type.
            if !(asked.contains("$1") && conditions.iter().any(|other| other.contains("$1"))) {
                conditions.push(asked);
            }
        }
        let order = ORDERS[pick(ORDERS.len())];
        let query = format!("SELECT region, id FROM orders WHERE {}{order}", conditions.join(" AND "));
        for advice in advise(&catalog, &query) {
            if *advice.table.name == *"orders" {
                offered.push((query.clone(), advice));
            }
        }
    }
    assert!(offered.len() > 150, "{}", offered.len());
    // The other indexes would serve some queries as well; the question here is whether the new one can.
    server.execute_in(&database, "ALTER TABLE orders DROP CONSTRAINT orders_series_number_key");
    for (query, advice) in &offered {
        let create = advice.sql.replace(" CONCURRENTLY", "");
        let arguments = if query.contains("$1") { "(NULL)" } else { "" };
        let rows = server.query_in(
            &database,
            &format!(
                "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; {create} \
                 PREPARE q AS {query}; EXPLAIN EXECUTE q{arguments}; ROLLBACK"
            ),
        );
        let plan: Vec<&str> = rows.iter().filter_map(|row| row[0].as_deref()).collect();
        let used = plan.iter().any(|line| line.contains(&*advice.index_name));
        assert!(used, "{query}\n{}\n{}", advice.sql, plan.join("\n"));
    }
}
