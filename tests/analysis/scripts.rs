//! Scripts of definitions that are run statement by statement, on a server and without one: what each says of a
//! statement is compared, and what the statement made is there for those behind it.

use std::path::Path;

use pgwright::catalog::{Catalog, apply};
use pgwright::syntax::Parse;

use super::{analyzed, statements, verdict::Server};

/// The versions from which and up to which a statement is to be run, as the comment above it says.
fn known_to(major: u32, comment: &str) -> bool {
    let bound = |word: &str| {
        let bound = comment.trim_start_matches("--").trim().strip_prefix(word)?;
        bound.trim().parse::<u32>().ok()
    };
    bound("since").is_none_or(|since| since <= major) && bound("until").is_none_or(|until| until >= major)
}

fn compare_scripts(major: u32) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/analysis/scripts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        let server = Server::start(major);
        let mut catalog = Catalog::default();
        catalog.server_version = Some(major * 10_000);
        let mut comment = String::new();
        let mut kept = String::new();
        for line in text.lines() {
            match line.starts_with("--") {
                true => comment = line.to_owned(),
                false => {
                    if known_to(major, &std::mem::take(&mut comment)) {
                        kept.push_str(line);
                        kept.push('\n');
                    }
                }
            }
        }
        for statement in statements(&kept) {
            count += 1;
            let own = analyzed(&statement, &catalog);
            let own = own.diagnostics.first();
            let real = server.run(&statement);
            let is_same = match (&real, own) {
                (None, None) => true,
                (Some(real), Some(own)) => {
                    let is_there = real.position.is_none_or(|position| own.span.start == position);
                    real.sqlstate == own.sqlstate && real.message.trim_end() == own.message && is_there
                }
                _ => false,
            };
            if !is_same {
                let real = real.as_ref().map(|real| (&real.sqlstate, &real.message, real.position));
                let own = own.map(|own| (own.sqlstate, &own.message, own.span));
                wrong.push(format!("{statement}\n    is:    {real:?}\n    found: {own:?}"));
            }
            if real.is_none() {
                let parse = Parse::plain(&statement);
                for node in parse.nodes() {
                    apply::apply(&mut catalog, node, &parse.sql);
                }
            }
        }
    }
    assert!(count > 0);
    assert!(wrong.is_empty(), "PostgreSQL {major}: {} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn scripts_on_postgresql_13() {
    compare_scripts(13);
}

#[test]
fn scripts_on_postgresql_15() {
    compare_scripts(15);
}

#[test]
fn scripts_on_postgresql_18() {
    compare_scripts(18);
}
