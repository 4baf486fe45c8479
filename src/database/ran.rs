//! Reads what a framework wrote into its own table of the migrations that ran.
//!
//! Each table is read as JSON, as releases of a framework differ in the columns that they have. What is not there, or
//! may not be read, is not known.

use serde_json::Value;

use super::connection::{Connection, Limits};
use super::introspect::in_transaction;
use crate::catalog::model::{Catalog, Relation};
use crate::catalog::quote;
use crate::workspace::framework::Framework;
use crate::workspace::ran::{Ran, Record};

const LIMITS: Limits =
    Limits { statement: std::time::Duration::from_secs(5), lock: std::time::Duration::from_millis(500) };

/// How many migrations are read of a table.
const MOST_RECORDS: usize = 100_000;

/// The tables of frameworks: the name, the schema where it has one of its own, a column that tells it from others of that
/// name, the column that its rows are in the order of.
const TABLES: [(Framework, Option<&str>, &str, &str, &str); 15] = [
    (Framework::GolangMigrate, None, "schema_migrations", "dirty", "version"),
    (Framework::Goose, None, "goose_db_version", "version_id", "id"),
    (Framework::Dbmate, None, "schema_migrations", "version", "version"),
    (Framework::Tern, None, "schema_version", "version", "version"),
    (Framework::SqlMigrate, None, "gorp_migrations", "id", "id"),
    (Framework::Flyway, None, "flyway_schema_history", "installed_rank", "installed_rank"),
    (Framework::Liquibase, None, "databasechangelog", "orderexecuted", "orderexecuted"),
    (Framework::Diesel, None, "__diesel_schema_migrations", "version", "version"),
    (Framework::Sqlx, None, "_sqlx_migrations", "version", "version"),
    (Framework::Refinery, None, "refinery_schema_history", "version", "version"),
    (Framework::Prisma, None, "_prisma_migrations", "migration_name", "started_at"),
    (Framework::Drizzle, Some("drizzle"), "__drizzle_migrations", "hash", "id"),
    (Framework::Supabase, Some("supabase_migrations"), "schema_migrations", "version", "version"),
    (Framework::Sqitch, Some("sqitch"), "changes", "change_id", "committed_at"),
    (Framework::Atlas, None, "atlas_schema_revisions", "version", "version"),
];

/// What the frameworks' tables in the database say; `catalog` is its schema.
pub async fn read(connection: &Connection, catalog: &Catalog) -> Vec<Ran> {
    let mut found: Vec<Ran> = Vec::new();
    for (framework, schema, name, mark, order) in TABLES {
        let Some(table) = table(catalog, schema, name).filter(|table| has_column(table, mark)) else {
            continue;
        };
        let is_other = found.iter().any(|ran| ran.framework == Framework::GolangMigrate);
        if framework == Framework::Dbmate && is_other {
            continue;
        }
        let sql = format!(
            "SELECT (pg_catalog.to_jsonb(t) - 'logs' - 'statements' - 'partial_hashes')::text FROM {} t ORDER BY t.{} LIMIT {MOST_RECORDS}",
            quote::qualified(&table.schema, &table.name),
            quote::identifier(order),
        );
        let rows = in_transaction(&connection.client, LIMITS, connection.client.query_typed(&sql, &[])).await;
        let Ok(rows) = rows else { continue };
        let records = rows.iter().filter_map(|row| {
            let row: Value = serde_json::from_str(row.try_get(0).ok()?).ok()?;
            Some(record(framework, &row))
        });
        found.push(Ran { framework, records: records.collect() });
    }
    found
}

fn table<'a>(catalog: &'a Catalog, schema: Option<&str>, name: &str) -> Option<&'a Relation> {
    if schema.is_some() {
        return catalog.relation(schema, name).map(|table| &**table);
    }
    // Not every framework's table stands in the search path.
    let elsewhere = || {
        let mut named = catalog.relations().filter(|relation| {
            *relation.name == *name
                && !matches!(&*relation.schema, "auth" | "supabase_migrations" | "hdb_catalog")
        });
        named.next().filter(|_| named.next().is_none())
    };
    catalog.relation(None, name).or_else(elsewhere).map(|table| &**table)
}

fn has_column(table: &Relation, name: &str) -> bool {
    table.column(name).is_some()
}

fn record(framework: Framework, row: &Value) -> Record {
    let text = |key: &str| match &row[key] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let is = |key: &str| row[key] == Value::Bool(true);
    let version = |key: &str| text(key).unwrap_or_default();
    let mut record = Record { version: version("version"), ..Record::default() };
    match framework {
        Framework::GolangMigrate => record.undone = is("dirty"),
        Framework::Goose => {
            record.version = version("version_id");
            record.undone = !is("is_applied");
            record.at = text("tstamp");
        }
        Framework::SqlMigrate => {
            record.version = version("id");
            record.checksum = text("checksum");
            record.at = text("applied_at");
        }
        Framework::Flyway => {
            let kind = version("type");
            record.name = version("description");
            record.is_baseline = kind == "BASELINE";
            record.undone = !is("success") || kind.starts_with("UNDO") || kind == "DELETE";
            // A repeatable migration or a script has a checksum; what a program did has another.
            record.checksum = text("checksum").filter(|_| kind == "SQL");
            record.at = text("installed_on");
        }
        Framework::Liquibase => {
            record.version = format!("{}:{}", version("author"), version("id"));
            record.name = version("filename");
            record.at = text("dateexecuted");
        }
        Framework::Diesel => record.at = text("run_on"),
        Framework::Sqlx => {
            record.checksum = text("checksum").map(|hex| hex.trim_start_matches("\\x").to_owned());
            record.undone = !is("success");
            record.at = text("installed_on");
        }
        Framework::Refinery => record.at = text("applied_on"),
        Framework::Prisma => {
            record.version = version("migration_name");
            record.checksum = text("checksum");
            record.undone = row["finished_at"].is_null() || !row["rolled_back_at"].is_null();
            record.at = text("finished_at");
        }
        Framework::Drizzle => {
            record.version = version("created_at");
            record.checksum = text("hash");
        }
        Framework::Sqitch => {
            record.version = version("change");
            record.at = text("committed_at");
        }
        Framework::Atlas => {
            record.undone = row["applied"] != row["total"];
            record.at = text("executed_at");
        }
        _ => {}
    }
    // To the second, as people say it.
    record.at = record.at.map(|at| at.split('.').next().unwrap_or(&at).replace('T', " "));
    record
}
