//! `cargo run --example plpgsql_compare FOLDER`: every PL/pgSQL body of a folder's scripts, judged here, by
//! libpg_query's own PL/pgSQL parser and, where the two differ, by a running PostgreSQL 18.

use std::path::{Path, PathBuf};

use pgwright::syntax::body::Language;
use pgwright::syntax::{Dialect, Parse, Script, StatementKind};

#[path = "../tests/support/postgres.rs"]
mod postgres;

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| {
        eprintln!("usage: plpgsql_compare FOLDER");
        std::process::exit(2);
    });
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    let server = postgres::Postgres::start(18);
    let (mut bodies, mut accepted, mut rejected, mut differ) = (0, 0, 0, 0);
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let script = Script::from(text.as_str());
        for placed in script.statements().filter(|placed| placed.statement.kind == StatementKind::Sql) {
            let code = &text[placed.code().range()];
            let parse = Parse::new(code, Dialect::UNKNOWN);
            for body in parse.bodies().iter().filter(|body| body.language == Language::Plpgsql) {
                bodies += 1;
                let here = body.errors().first();
                // Where only its JSON cannot be read (every trigger function's) it has accepted the body.
                let there = pg_query::parse_plpgsql(&parse.sql)
                    .err()
                    .filter(|error| !matches!(error, pg_query::Error::InvalidJson(_)));
                match (here, &there) {
                    (None, None) => accepted += 1,
                    (Some(_), Some(_)) => rejected += 1,
                    _ => differ += 1,
                }
                let there = there.map(|error| error.to_string());
                let message = here.map(|error| error.message.clone());
                if message.is_some() == there.is_some() {
                    continue;
                }
                println!("{}:{}", file.display(), line(&text, placed.start));
                println!("  here:        {}", message.as_deref().unwrap_or("accepted"));
                println!("  libpg_query: {}", there.as_deref().unwrap_or("accepted"));
                println!("  PostgreSQL:  {}", verdict(&server, code));
            }
        }
    }
    println!(
        "{} files, {bodies} bodies in PL/pgSQL: both accept {accepted}, both reject {rejected}, differ {differ}",
        files.len()
    );
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), files);
        }
    } else if path.extension().is_some_and(|extension| extension == "sql") {
        files.push(path.to_owned());
    }
}

fn line(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

fn verdict(server: &postgres::Postgres, code: &str) -> String {
    match server.try_query_in("postgres", &format!("BEGIN; {code}; ROLLBACK")) {
        Ok(_) => "accepted".into(),
        Err(error) => match error.as_db_error() {
            Some(error) => format!("{} {}", error.code().code(), error.message()),
            None => error.to_string(),
        },
    }
}
