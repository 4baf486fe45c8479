//! The effects of statements, compared with what running servers do: locks, rewrites, scans, index builds.
//!
//! Each statement of `effects/statements.sql` runs in a transaction of its own over the schema of
//! `effects/schema.sql`, on PostgreSQL 15 and 18. `pg_locks` tells the locks, a changed file node a rewrite or an index
//! build, the server's DEBUG1 messages what was scanned and why; then everything is rolled back.

#[path = "effects/catalog.rs"]
mod catalog;
#[path = "support/postgres.rs"]
mod postgres;

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};
use pgwright::catalog::Catalog;
use pgwright::effects::{self, Effects, LockMode, Role, ScanReason};
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
    let before = catalog::read(server, &database);
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
        let claims = effects::effects(&parse(statement), &before, version);
        // What may happen is not compared with what did.
        let may: Vec<String> = claims.may_rewrite.iter().map(|may| may.relation.to_string()).collect();
        let unsure = |fact: &&String| {
            fact.split_once(' ').is_some_and(|(kind, rest)| {
                matches!(kind, "rewrite" | "index" | "scan")
                    && may.iter().any(|relation| rest.split(' ').next() == Some(relation))
            })
        };
        let claims = claimed(&claims, &before);
        for fact in observed.facts.difference(&claims).filter(|fact| !unsure(fact)) {
            report.push_str(&format!("{statement}\n    not claimed: {fact}\n"));
        }
        for fact in claims.difference(&observed.facts).filter(|fact| !unsure(fact)) {
            report.push_str(&format!("{statement}\n    false claim: {fact}\n"));
        }
    }
    assert!(report.is_empty(), "PostgreSQL {major}, {} statements:\n{report}", statements.len());
}

#[test]
fn effects_are_those_of_postgresql_15() {
    compare(15);
}

#[test]
fn effects_are_those_of_postgresql_18() {
    compare(18);
}

/// A reason is given for every scan, so that the tooltip can say it.
#[test]
fn scans_have_their_reason() {
    let statement = parse("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)");
    let effects = effects::effects(&statement, &Catalog::default(), 180_004);
    assert_eq!(effects.scans[0].why, ScanReason::Check);
}
