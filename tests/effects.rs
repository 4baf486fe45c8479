//! The effects of statements, compared with what running servers do: locks, rewrites, scans, index builds.
//!
//! Each statement of `effects/statements.sql` runs in a transaction of its own over the schema of
//! `effects/schema.sql`, on PostgreSQL 15 and 18. `pg_locks` tells the locks, a changed file node a rewrite or an index
//! build, the server's DEBUG1 messages what was scanned and why; then everything is rolled back.

#[path = "support/catalogs.rs"]
mod catalogs;
#[path = "support/postgres.rs"]
mod postgres;

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};
use pgwright::catalog::Catalog;
use pgwright::effects::{self, Effects, LockMode, Role};
use pgwright::syntax::ast::NodeEnum;
use pgwright::syntax::grammar::{self, ParseMode};
use tokio_postgres::{AsyncMessage, NoTls, SimpleQueryMessage};

const SCHEMA: &str = include_str!("effects/schema.sql");
const STATEMENTS: &str = include_str!("effects/statements.sql");

/// What was there before, to be compared with. Oids from 16384 on are the user's.
const BEFORE: &str = "CREATE SCHEMA probe; CREATE TABLE probe.before AS \
     SELECT c.oid, nspname || '.' || relname AS name, relkind AS kind, pg_relation_filenode(c.oid) AS node \
     FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid >= 16384 AND nspname !~ '^(pg_|probe)'";

/// `kind, relation, detail` of everything observed.
const OBSERVE: &str = "
     SELECT 'lock', b.name, l.mode FROM pg_locks l JOIN probe.before b ON b.oid = l.relation
      WHERE pid = pg_backend_pid() AND locktype = 'relation' AND b.kind NOT IN ('i', 'I', 'S', 'c')
     UNION ALL SELECT 'rewrite', b.name, '' FROM probe.before b JOIN pg_class c ON c.oid = b.oid
      WHERE b.kind IN ('r', 'm') AND b.node IS DISTINCT FROM pg_relation_filenode(b.oid)
     UNION ALL SELECT 'index', t.name, c.relname FROM pg_index i JOIN pg_class c ON c.oid = indexrelid
      JOIN probe.before t ON t.oid = indrelid LEFT JOIN probe.before b ON b.node = pg_relation_filenode(c.oid)
      WHERE c.relkind = 'i' AND b.oid IS NULL
     UNION ALL SELECT 'read', b.name, '' FROM pg_stat_xact_user_tables s JOIN probe.before b ON b.oid = relid
      WHERE seq_scan > 0
     UNION ALL SELECT 'foreign', conname, c.name || ' ' || f.name FROM pg_constraint
      JOIN probe.before c ON c.oid = conrelid JOIN probe.before f ON f.oid = confrelid";

/// All that is compared, as sorted lines.
type Facts = BTreeSet<String>;

struct Observed {
    facts: Facts,
    error: Option<String>,
}

/// Runs one statement in a transaction and tells what it did.
async fn observe(url: &str, statement: &str) -> Observed {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await.expect("the server answers");
    let (sender, messages) = std::sync::mpsc::channel();
    let driver = tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notice(notice) = message {
                let _ = sender.send(notice.message().to_owned());
            }
        }
    });
    let run = format!("SET LOCAL client_min_messages = debug1; {statement}");
    client.batch_execute("BEGIN").await.expect("BEGIN");
    let error = client.batch_execute(&run).await.err().map(|error| {
        error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
    });
    let mut facts = Facts::new();
    if error.is_none() {
        client.batch_execute("SET LOCAL client_min_messages = warning").await.expect("SET");
        let rows: Vec<[String; 3]> = (client.simple_query(OBSERVE).await.expect("the observation").iter())
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some([0, 1, 2].map(|n| row.get(n).unwrap_or("").to_owned())),
                _ => None,
            })
            .collect();
        client.batch_execute("ROLLBACK").await.expect("ROLLBACK");
        drop(client);
        let _ = driver.await;
        let messages: Vec<String> = messages.try_iter().collect();
        facts = collect(statement, &rows, &messages);
    }
    Observed { facts, error }
}

fn collect(statement: &str, rows: &[[String; 3]], messages: &[String]) -> Facts {
    let mut facts = Facts::new();
    let mut strongest: std::collections::BTreeMap<&str, LockMode> = Default::default();
    for [_, relation, mode] in rows.iter().filter(|row| row[0] == "lock") {
        let mode = LockMode::from_pg_locks(mode).expect("a mode");
        let held = strongest.entry(relation).or_insert(mode);
        *held = mode.max(*held);
    }
    facts.extend(strongest.iter().map(|(relation, mode)| format!("lock {relation} {mode}")));
    // TRUNCATE and WITH NO DATA put empty files in the place of the old ones; that is no work.
    let empties = statement.starts_with("TRUNCATE") || statement.contains("WITH NO DATA");
    let is = |kind: &str, relation: &str| rows.iter().any(|row| row[0] == kind && row[1] == relation);
    for [kind, relation, detail] in rows.iter().filter(|_| !empties) {
        match kind.as_str() {
            "rewrite" => facts.extend([format!("rewrite {relation}")]),
            "index" => facts.extend([format!("index {relation} {detail}")]),
            _ => {}
        }
    }
    let named = |message: &str, before: &str| -> Option<String> {
        Some(message.strip_prefix(before)?.strip_suffix('"')?.to_owned())
    };
    for message in messages {
        if let Some(table) = named(message, "verifying table \"") {
            facts.insert(format!("scan public.{table}"));
        }
        if let Some(constraint) = named(message, "validating foreign key constraint \"") {
            for [_, _, tables] in rows.iter().filter(|row| row[0] == "foreign" && row[1] == constraint) {
                let (table, referenced) = tables.split_once(' ').expect("two tables");
                // Each partition has a constraint of that name; which was meant, its reads tell.
                if is("read", table) {
                    facts.insert(format!("scan {referenced}"));
                    facts.insert(format!("scan {table}"));
                }
            }
        }
    }
    // Reads that no message announces: a domain's constraint, the default partition of a new one.
    let utility = statement.starts_with("ALTER DOMAIN") || statement.contains("PARTITION OF");
    for [_, relation, _] in rows.iter().filter(|row| utility && row[0] == "read") {
        if !is("rewrite", relation) {
            facts.insert(format!("scan {relation}"));
        }
    }
    facts
}

/// The same lines from what `effects` claims.
fn claimed(effects: &Effects, before: &Catalog) -> Facts {
    let mut facts = Facts::new();
    for lock in &effects.locks {
        let relation = before.relation(Some(&lock.relation.schema), &lock.relation.name);
        let sequence = relation.is_some_and(|r| r.kind == pgwright::catalog::RelationKind::Sequence);
        if lock.role != Role::Index && relation.is_some() && !sequence {
            facts.insert(format!("lock {} {}", lock.relation, lock.mode));
        }
    }
    facts.extend(effects.rewrites.iter().map(|relation| format!("rewrite {relation}")));
    facts.extend(
        effects
            .index_builds
            .iter()
            .map(|build| format!("index {} {}", build.table, build.index.as_deref().unwrap_or("?"))),
    );
    facts.extend(effects.scans.iter().map(|scan| format!("scan {}", scan.relation)));
    facts
}

fn parse(statement: &str) -> NodeEnum {
    let tree =
        grammar::parse(statement, ParseMode::Statements).unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    tree.stmts.into_iter().next().unwrap().stmt.unwrap().node.unwrap()
}

fn statements(major: u32) -> Vec<&'static str> {
    let mut wanted = true;
    (STATEMENTS.lines())
        .filter(|line| {
            if let Some(version) = line.strip_prefix("-- @") {
                wanted = version.trim().parse::<u32>().is_ok_and(|version| version <= major);
            }
            wanted && !line.is_empty() && !line.starts_with("--")
        })
        .collect()
}

fn compare(major: u32) {
    let server = postgres::shared(major);
    let database = server.fresh_database();
    server.execute_in(&database, SCHEMA);
    server.execute_in(&database, BEFORE);
    // Offline, from the same statements, the answers must be no other.
    let catalogs = [("read", catalogs::read(server, &database)), ("folded", catalogs::fold(SCHEMA))];
    let version = major * 10_000 + 4;
    let url = server.url(&database);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut report = String::new();
    let statements = statements(major);
    for statement in &statements {
        let observed = runtime.block_on(observe(&url, statement));
        if let Some(error) = observed.error {
            report.push_str(&format!("{statement}\n    fails: {error}\n"));
            continue;
        }
        for (way, before) in &catalogs {
            let claims = effects::effects(&parse(statement), before, version);
            for difference in differences(&observed.facts, &claims, before) {
                report.push_str(&format!("{statement}\n    {way}, {difference}\n"));
            }
        }
    }
    assert!(report.is_empty(), "PostgreSQL {major}, {} statements:\n{report}", statements.len());
}

fn differences(observed: &Facts, effects: &Effects, before: &Catalog) -> Vec<String> {
    // What may happen is not compared with what did.
    let may: Vec<String> = effects.may_rewrite.iter().map(|may| may.relation.to_string()).collect();
    let unsure = |fact: &&String| {
        let mut words = fact.split(' ');
        matches!(words.next(), Some("rewrite" | "index" | "scan"))
            && words.next().is_some_and(|relation| may.iter().any(|may| may == relation))
    };
    let claims = claimed(effects, before);
    let missed = observed.difference(&claims).filter(|fact| !unsure(fact));
    let invented = claims.difference(observed).filter(|fact| !unsure(fact));
    missed
        .map(|fact| format!("not claimed: {fact}"))
        .chain(invented.map(|fact| format!("false claim: {fact}")))
        .collect()
}

#[test]
fn effects_are_those_of_postgresql_15() {
    compare(15);
}

#[test]
fn effects_are_those_of_postgresql_18() {
    compare(18);
}

fn summarize(statement: &str) -> String {
    let effects = effects::effects(&parse(statement), &catalogs::fold(SCHEMA), 180_004);
    format!("{statement}\n    {}\n", effects::summary(&effects).unwrap_or_else(|| "-".into()))
}

#[test]
fn a_line_says_what_matters() {
    let lines: String = [
        "ALTER TABLE customers ALTER COLUMN code TYPE varchar(5)",
        "ALTER TABLE customers ALTER COLUMN code TYPE text",
        "ALTER TABLE customers ALTER COLUMN seen_at TYPE timestamptz",
        "ALTER TABLE orders ADD COLUMN extra int",
        "ALTER TABLE orders ADD COLUMN extra bigint DEFAULT 1 REFERENCES customers (id)",
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0)",
        "ALTER TABLE order_lines ADD FOREIGN KEY (line) REFERENCES orders (id)",
        "ALTER TABLE order_lines VALIDATE CONSTRAINT lines_amount_fk",
        "ALTER TABLE events ADD COLUMN extra float DEFAULT random()",
        "ALTER TABLE events ATTACH PARTITION events_2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        "CREATE INDEX ON orders (total)",
        "CREATE INDEX CONCURRENTLY ON orders (total)",
        "CREATE INDEX ON events (customer_id)",
        "DROP INDEX orders_status_idx",
        "DROP INDEX CONCURRENTLY orders_status_idx",
        "DROP TABLE orders CASCADE",
        "VACUUM FULL orders",
        "REINDEX TABLE CONCURRENTLY orders",
        "ALTER INDEX orders_status_idx RENAME TO x",
        "COMMENT ON TABLE orders IS 'x'",
        "ALTER DOMAIN email ADD CHECK (length(VALUE) < 100)",
        "CREATE TABLE fresh (id int PRIMARY KEY)",
        "CREATE TABLE fresh (id int REFERENCES orders)",
        "CREATE VIEW fresh AS SELECT * FROM orders",
        "GRANT SELECT ON orders TO PUBLIC",
        "UPDATE orders SET total = 1",
        "ALTER TABLE archive.unknown ADD COLUMN a int DEFAULT 1",
        "ALTER TABLE unknown ALTER COLUMN a TYPE text",
    ]
    .map(summarize)
    .concat();
    expect_test::expect_file!["effects/summaries.txt"].assert_eq(&lines);
}

#[test]
fn a_page_says_what_is_blocked_and_what_to_do() {
    let pages: String = [
        "ALTER TABLE orders ADD COLUMN extra uuid REFERENCES customers DEFAULT gen_random_uuid()",
        "CREATE INDEX ON orders (total)",
        "ALTER TABLE events ATTACH PARTITION events_2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        "ALTER TABLE customers ALTER COLUMN seen_at TYPE timestamptz",
        "ALTER TABLE orders ALTER COLUMN note SET NOT NULL",
    ]
    .map(|statement| {
        let effects = effects::effects(&parse(statement), &catalogs::fold(SCHEMA), 180_004);
        format!("# {statement}\n\n{}\n", effects::explain(&effects))
    })
    .concat();
    expect_test::expect_file!["effects/pages.md"].assert_eq(&pages);
}

/// What the same file made before is of no interest to anybody else.
#[test]
fn relations_made_just_before_are_left_out() {
    let mut before = catalogs::fold(SCHEMA);
    let create = "CREATE TABLE fresh (id int, order_id int)";
    pgwright::catalog::apply::apply(&mut before, &parse(create), create);
    let created = BTreeSet::from([pgwright::catalog::QualifiedName::new("public", "fresh")]);
    let line = |statement: &str| {
        effects::summary(&effects::effects(&parse(statement), &before, 180_004).ignoring(&created))
    };
    assert_eq!(line("CREATE INDEX ON fresh (order_id)"), None);
    assert_eq!(line("ALTER TABLE fresh ADD PRIMARY KEY (id)"), None);
    assert_eq!(
        line("ALTER TABLE fresh ADD FOREIGN KEY (order_id) REFERENCES orders"),
        Some("SHARE ROW EXCLUSIVE on orders".into())
    );
}

/// A real history, statement by statement: each is compared, then run for good.
#[test]
fn the_demo_is_told_right() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/demo/shop/db/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut report = String::new();
    let mut compared = 0;
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        let mut catalog = Catalog::default();
        for file in &files {
            let text = std::fs::read_to_string(file).unwrap();
            for (sql, node) in catalogs::statements(&text) {
                let effects = effects::effects(&node, &catalog, major * 10_000);
                let query = matches!(
                    node,
                    NodeEnum::SelectStmt(_)
                        | NodeEnum::InsertStmt(_)
                        | NodeEnum::UpdateStmt(_)
                        | NodeEnum::DeleteStmt(_)
                );
                if !sql.contains("CONCURRENTLY") && !query && !matches!(node, NodeEnum::TransactionStmt(_)) {
                    server.execute_in(&database, &format!("DROP SCHEMA IF EXISTS probe CASCADE; {BEFORE}"));
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    let observed = runtime.block_on(observe(&server.url(&database), sql));
                    assert_eq!(observed.error, None, "{sql}");
                    for difference in differences(&observed.facts, &effects, &catalog) {
                        report.push_str(&format!("{major}: {sql}\n    {difference}\n"));
                    }
                    compared += 1;
                }
                server.execute_in(&database, sql);
                pgwright::catalog::apply::apply(&mut catalog, &node, sql);
            }
        }
    }
    assert!(report.is_empty() && compared > 60, "{compared} statements:\n{report}");
}

/// What is generated may be deep; it is walked on a small stack all the same.
#[test]
fn deep_and_long_queries_are_walked() {
    let sum = format!("SELECT {}1 FROM loose", "1 + ".repeat(3_000));
    let union = vec!["SELECT id FROM loose WHERE b = 'x' AND a = $1"; 1_000].join(" UNION ALL ");
    let nested = format!("SELECT id FROM tight WHERE {}a = 1{}", "a = 1 AND (".repeat(400), ")".repeat(400));
    let walk = move || {
        let catalog = catalogs::fold(SCHEMA);
        for query in [sum, union, nested] {
            let tree = grammar::parse(&query, ParseMode::Statements).expect("it parses");
            let node = tree.stmts[0].stmt.as_ref().unwrap().node.as_ref().unwrap();
            std::thread::scope(|scope| {
                let small = std::thread::Builder::new().stack_size(256 << 10);
                let work = || {
                    assert_eq!(effects::effects(node, &catalog, 180_004).locks.len(), 1);
                    pgwright::plan::advice::partial_index(node, &catalog, None).len()
                };
                small.spawn_scoped(scope, work).unwrap().join().unwrap();
            });
        }
    };
    std::thread::Builder::new().stack_size(1 << 30).spawn(walk).unwrap().join().unwrap();
}

/// The statements that cannot run in a transaction block: their lock is seen from another session, while they wait for
/// one that the test holds. (What they do is in the manual's pages of the commands, under "Building Indexes
/// Concurrently" and "Rebuilding Indexes Concurrently".)
#[test]
fn statements_outside_transactions_lock_as_told() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        server.execute_in(&database, SCHEMA);
        let before = catalogs::fold(SCHEMA);
        let url = server.url(&database);
        for statement in [
            "CREATE INDEX CONCURRENTLY fresh_idx ON loose (a)",
            "CREATE UNIQUE INDEX CONCURRENTLY other_idx ON tight (a)",
            "DROP INDEX CONCURRENTLY loose_b_idx",
            "REINDEX INDEX CONCURRENTLY loose_id_idx",
            "REINDEX TABLE CONCURRENTLY tight",
            "VACUUM loose",
            "VACUUM (FULL) loose",
            "VACUUM ANALYZE tight",
        ] {
            let effects = effects::effects(&parse(statement), &before, major * 10_000);
            let lock = effects.locks.iter().find(|lock| lock.role == Role::Subject).expect(statement);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let seen = runtime.block_on(wait_for_lock(&url, statement, &lock.relation.name));
            assert_eq!(seen, Some(lock.mode), "{statement} on {major}");
        }
    }
}

/// The mode that `statement` asks of `table`, while another session's lock makes it wait.
async fn wait_for_lock(url: &str, statement: &str, table: &str) -> Option<LockMode> {
    let session = async || {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the server answers");
        tokio::spawn(connection);
        client
    };
    let (holder, worker, watcher) = (session().await, session().await, session().await);
    holder.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE")).await.unwrap();
    let running = {
        let statement = statement.to_owned();
        tokio::spawn(async move { worker.batch_execute(&statement).await })
    };
    let ask = format!(
        "SELECT mode FROM pg_locks WHERE relation = '{table}'::regclass AND NOT granted AND locktype = 'relation'"
    );
    let mut seen = None;
    for _ in 0..500 {
        let rows = watcher.simple_query(&ask).await.unwrap();
        seen = rows.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => LockMode::from_pg_locks(row.get(0)?),
            _ => None,
        });
        if seen.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
    running.await.unwrap().unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    seen
}

#[test]
fn a_view_may_read_itself() {
    // PostgreSQL makes it, and refuses to read it.
    let schema = "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; \
                  CREATE OR REPLACE VIEW v AS SELECT a, 1 AS b FROM v;";
    let before = catalogs::fold(schema);
    for statement in ["SELECT a FROM v", "UPDATE v SET a = 1", "DELETE FROM v", "DROP VIEW v"] {
        assert!(!effects::effects(&parse(statement), &before, 180_004).locks.is_empty(), "{statement}");
    }
}
