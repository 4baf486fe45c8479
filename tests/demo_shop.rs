//! The demo's shop is real: its migrations apply, and its queries run, but for the one with the typo.

#[path = "support/postgres.rs"]
mod postgres;

use std::fs;
use std::path::{Path, PathBuf};

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demo/shop");

fn sql_files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new(SHOP).join(folder))
        .expect("the shop's folder")
        .map(|entry| entry.expect("its entry").path())
        .collect();
    files.sort();
    assert!(files.iter().all(|path| path.extension().is_some_and(|extension| extension == "sql")));
    files
}

/// `:name` as `$1`, the way a driver with named parameters would; casts (`::`) stay.
fn numbered(sql: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut out = String::new();
    let mut rest = sql;
    while let Some(colon) = rest.find(':') {
        out.push_str(&rest[..colon]);
        rest = &rest[colon + 1..];
        if let Some(after) = rest.strip_prefix(':') {
            out.push_str("::");
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let number = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        out.push_str(&format!("${}", number + 1));
        rest = after;
    }
    out + rest
}

fn without_comments(sql: &str) -> String {
    sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n")
}

fn applies_and_runs(major: u32) {
    let server = postgres::shared(major);
    let db = server.fresh_database();
    let migrations = sql_files("db/migrations");
    assert_eq!(migrations.len(), 12);
    for path in &migrations {
        server.execute_in(&db, &fs::read_to_string(path).expect("UTF-8"));
    }
    server.execute_in(&db, &fs::read_to_string(Path::new(SHOP).join("db/seed.sql")).expect("UTF-8"));

    let mut failures = Vec::new();
    for path in sql_files("queries") {
        let text = without_comments(&fs::read_to_string(&path).expect("UTF-8"));
        for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            // PREPARE analyses and plans nothing but reads as the server would: names, types, parameters.
            if let Err(error) =
                server.try_query_in(&db, &format!("PREPARE statement AS {}", numbered(statement)))
            {
                let error = error.as_db_error().expect("an error of the server's");
                let file = path.file_name().expect("a name").to_string_lossy().into_owned();
                failures.push(format!("{file}: {} {}", error.code().code(), error.message()));
            }
        }
    }
    assert_eq!(failures, ["orders_by_customer.sql: 42703 column o.totl_cents does not exist"]);
}

#[test]
fn on_postgresql_15() {
    applies_and_runs(15);
}

#[test]
fn on_postgresql_18() {
    applies_and_runs(18);
}
