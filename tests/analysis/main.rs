//! Queries analyzed without a server, compared with what real servers say of them: their errors, or the types of what
//! they give and take.

mod generate;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/verdict.rs"]
mod verdict;

use pgwright::analysis::{self, Analysis};
use pgwright::catalog::typing::Types;
use pgwright::catalog::{Catalog, TypeRef, apply};
use pgwright::syntax::{Parse, Script};
use verdict::{Described, Server, Verdict};

const SCHEMA: &str = include_str!("schema.sql");

/// How the two compare over many statements.
#[derive(Debug, Default)]
struct Score {
    accepted: usize,
    rejected: usize,
    /// Rejected statements of which something was said.
    found: usize,
    /// Of these, those of which just that was said.
    exact: usize,
    /// Output columns and parameters, and those whose type was not known.
    types: usize,
    unknown: usize,
    /// What must not be: an error that the server has not, a type that is another one.
    wrong: Vec<String>,
    /// Errors that were not found, or told otherwise.
    missed: Vec<String>,
}

impl Score {
    fn add(&mut self, statement: &str, real: &Result<Described, Verdict>, own: &Analysis, types: Types) {
        let diagnostic = own.diagnostics.first();
        match real {
            Ok(described) => {
                self.accepted += 1;
                if let Some(diagnostic) = diagnostic {
                    self.wrong.push(format!(
                        "{statement}\n    false: {} {}",
                        diagnostic.sqlstate, diagnostic.message
                    ));
                    return;
                }
                let mut check = |what: &str, real: &str, own: Option<&TypeRef>| {
                    self.types += 1;
                    match own {
                        None | Some(TypeRef::Unknown) => self.unknown += 1,
                        Some(ty) => {
                            // The protocol tells a domain's base type.
                            let own = types.print(&types.base(ty));
                            if own != real {
                                self.wrong.push(format!("{statement}\n    {what}: {own}, and not {real}"));
                            }
                        }
                    }
                };
                for (n, real) in described.parameters.iter().enumerate() {
                    check(&format!("${}", n + 1), real, own.parameters.get(n));
                }
                // What is behind a star that is not known cannot be told.
                for (n, (name, real)) in described.columns.iter().enumerate() {
                    check(name, real, own.outputs.get(n).map(|column| &column.ty));
                }
                for (n, (name, _)) in described.columns.iter().enumerate() {
                    if let Some(column) = own.outputs.get(n).filter(|column| *column.name != **name) {
                        self.wrong
                            .push(format!("{statement}\n    column {n}: {}, and not {name}", column.name));
                    }
                }
            }
            Err(real) => {
                self.rejected += 1;
                let Some(own) = diagnostic else {
                    self.missed.push(format!("{statement}\n    missed: {} {}", real.sqlstate, real.message));
                    return;
                };
                self.found += 1;
                if own.sqlstate == real.sqlstate && own.message == real.message {
                    self.exact += 1;
                } else {
                    self.missed.push(format!(
                        "{statement}\n    is:    {} {}\n    found: {} {}",
                        real.sqlstate, real.message, own.sqlstate, own.message
                    ));
                }
            }
        }
    }

    fn summary(&self) -> String {
        format!(
            "{} accepted, {} rejected ({} found, {} with code and message), {} types ({} unknown), {} wrong",
            self.accepted,
            self.rejected,
            self.found,
            self.exact,
            self.types,
            self.unknown,
            self.wrong.len()
        )
    }
}

/// The schema as a version can have it.
fn schema(major: u32) -> String {
    match major {
        ..14 => SCHEMA.replace("    ranges int4multirange,\n", ""),
        _ => SCHEMA.to_owned(),
    }
}

/// The schema's catalog, as it is folded without a server.
fn catalog(major: u32) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.server_version = Some(major * 10_000);
    for statement in statements(&schema(major)) {
        let parse = Parse::plain(&statement);
        for node in parse.nodes() {
            let outcome = apply::apply(&mut catalog, node, &parse.sql);
            assert!(outcome.errors.is_empty(), "{:?} in {statement}", outcome.errors);
        }
    }
    catalog
}

fn statements(text: &str) -> Vec<String> {
    let script = Script::from(text);
    script.statements().map(|placed| script.document().slice(placed.code())).collect()
}

/// A server that has the schema.
fn server(major: u32) -> Server {
    let server = Server::start(major);
    assert_eq!(server.run(&schema(major)), None);
    server
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Compares as many random queries as `PGWRIGHT_QUERIES` says, by the seed of `PGWRIGHT_SEED`.
fn compare_random(major: u32) {
    let (server, catalog) = (server(major), catalog(major));
    let types = Types::new(&catalog);
    let mut score = Score::default();
    let mut generator = generate::Generator::new(number("PGWRIGHT_SEED").unwrap_or(1));
    for _ in 0..number("PGWRIGHT_QUERIES").unwrap_or(4000) {
        let statement = generator.query();
        let parse = Parse::plain(&statement);
        if parse.node().is_none() {
            continue;
        }
        let real = server.describe(&statement);
        score.add(&statement, &real, &analysis::analyze(&parse, &catalog), types);
    }
    println!("PostgreSQL {major}: {}", score.summary());
    score.missed.iter().take(100).for_each(|line| println!("{line}"));
    assert!(score.wrong.is_empty(), "{}\n{}", score.summary(), score.wrong.join("\n"));
    assert!(score.unknown * 100 <= score.types, "{}", score.summary());
    assert!(score.found * 100 >= score.rejected * 98, "{}", score.summary());
    assert!(score.exact * 100 >= score.rejected * 96, "{}", score.summary());
}

#[test]
fn random_queries_on_postgresql_13() {
    compare_random(13);
}

#[test]
fn random_queries_on_postgresql_15() {
    compare_random(15);
}

#[test]
fn random_queries_on_postgresql_18() {
    compare_random(18);
}
