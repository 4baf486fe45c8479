//! Reading a large schema from a server: time and memory, beside what the server takes for the columns alone.

use std::time::{Duration, Instant};

use pgwright::database::{Environment, Sources, connect, introspect, resolve};

use crate::postgres::Postgres;

/// What one reading takes.
pub struct Part {
    pub tables: usize,
    pub columns: usize,
    /// `SELECT * FROM pg_attribute`, its rows thrown away.
    pub floor: Duration,
    pub time: Duration,
    pub memory_before: u64,
    pub memory: u64,
}

const TABLES: usize = 10_000;

/// Each with twenty columns, a primary key, an index, defaults, and some with a foreign key, a check and comments.
fn schema() -> String {
    let types = [
        "text",
        "bigint",
        "timestamptz",
        "numeric(12, 2)",
        "boolean",
        "jsonb",
        "uuid",
        "date",
        "varchar(100)",
    ];
    let mut sql = String::from("BEGIN;");
    for table in 0..TABLES {
        sql += &format!("CREATE TABLE table_{table} (id bigint PRIMARY KEY");
        for column in 1..20 {
            let default = if column == 4 { " NOT NULL DEFAULT true" } else { "" };
            sql += &format!(", column_{column} {}{default}", types[column % types.len()]);
        }
        if table % 2 == 1 {
            sql += ", FOREIGN KEY (column_1) REFERENCES table_0, CHECK (column_3 > 0)";
        }
        sql += &format!("); CREATE INDEX ON table_{table} (column_2);");
        if table % 3 == 0 {
            sql += &format!("COMMENT ON COLUMN table_{table}.column_7 IS 'the day of table {table}';");
        }
        // Many tables in one transaction fill the lock table.
        if table % 100 == 99 {
            sql += "COMMIT; BEGIN;";
        }
    }
    sql + "COMMIT; ANALYZE pg_catalog.pg_class; ANALYZE pg_catalog.pg_attribute;"
}

/// The most memory that this process has had.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("the memory is told");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("in kB") * 1024
}

/// As much as a reader of all columns has to be told, but for what has no binary form.
const FLOOR: &str = "SELECT attrelid, attname, atttypid, atttypmod, attnum, attnotnull, atthasdef, attidentity, attgenerated, \
                     attcollation, attstorage, attcompression, attislocal, attinhcount FROM pg_catalog.pg_attribute";

pub fn measure() -> Part {
    let server = Postgres::options(18).setting("shared_buffers", "256MB").start();
    for lot in schema().split_inclusive("COMMIT; ") {
        server.execute(lot);
    }
    let sources = Sources { cli_url: Some(server.url("postgres")), ..Sources::default() };
    let settings = resolve(&sources, &Environment::of(&[])).expect("settings").expect("a database is named");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let connection = connect(&settings).await.expect("the server answers");
        let mut floor = Duration::MAX;
        for _ in 0..3 {
            let start = Instant::now();
            let rows = connection.client.query_typed_raw::<i32, _>(FLOOR, []);
            let rows =
                futures::TryStreamExt::try_fold(rows.await.expect("an answer"), 0, |n, _| async move {
                    Ok(n + 1)
                });
            assert!(rows.await.expect("rows") > TABLES * 20);
            floor = floor.min(start.elapsed());
        }
        let (memory_before, start) = (peak(), Instant::now());
        let (catalog, _) = introspect(&connection, |_| ()).await.expect("the schema can be read");
        let time = start.elapsed();
        let columns = catalog.relations().map(|relation| relation.columns.len()).sum();
        Part { tables: catalog.relations().count(), columns, floor, time, memory_before, memory: peak() }
    })
}
