//! Queries analyzed without a server, compared with what real servers say of them: their errors, or the types of what
//! they give and take.

mod breaks;
mod generate;
mod literals;
#[path = "../support/postgres.rs"]
mod postgres;
mod scripts;
mod seeds;
mod session;
#[path = "../support/verdict.rs"]
mod verdict;

use pgwright::analysis::{self, Analysis};
use pgwright::catalog::typing::Types;
use pgwright::catalog::{Catalog, TypeRef, apply};
use pgwright::syntax::ast::NodeEnum;
use pgwright::syntax::{Parse, Script};
use pgwright::text::Span;
use verdict::{Described, Server, Verdict};

const SCHEMA: &str = include_str!("schema.sql");

/// Rows with and without values where there may be none.
const ROWS: &str = "
    INSERT INTO users (name) VALUES ('Ann'), ('Bob'), ('');
    INSERT INTO users (name, mail, mood, age, score, balance, ratio, code, nick, born, seen, at, pause, data, tags, numbers)
        VALUES ('Cleo', 'c@d', NULL, 3, 4, 5.5, 6.5, 'c', 'cl', '2024-02-01', '2024-02-01', '10:00', '1 day', '{}', '{a}', '{1}');
    INSERT INTO orders (id, total) VALUES (1, 2), (7, 3);
    INSERT INTO orders (id, user_id, total, quantity, note) VALUES (2, 1, 2, 3, 'x');
    INSERT INTO parts (a, b) VALUES (1, 'b'), (2, '');
    SET statement_timeout = '5s'";

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
                            let own = types.print_with_modifier(&types.base(ty));
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

/// What is said of a statement without a server: by its analysis, then by what it defines.
fn analyzed(statement: &str, catalog: &Catalog) -> Analysis {
    let parse = Parse::plain(statement);
    let mut own = analysis::analyze(&parse, catalog);
    own.diagnostics.splice(0..0, parse.errors.iter().map(analysis::Diagnostic::from));
    own.diagnostics.extend(parse.body_errors().iter().map(analysis::Diagnostic::from));
    for node in parse.nodes() {
        let outcome = apply::apply(&mut catalog.clone(), node, &parse.sql);
        if outcome.errors.is_empty() {
            own.diagnostics.extend(analysis::plpgsql::check_block(&parse, catalog));
        }
        let errors = outcome.errors.into_iter();
        own.diagnostics.extend(errors.map(|error| {
            analysis::Diagnostic::new(Span::at(error.offset.unwrap_or(0)), error.sqlstate, error.message)
        }));
    }
    own
}

/// Compares statements of all kinds, each of which is right or wrong in one way.
fn compare_statements(major: u32) {
    let (server, catalog) = (server(major), catalog(major));
    let types = Types::new(&catalog);
    let mut score = Score::default();
    let text = include_str!("statements.sql");
    let mut since = 0;
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("--") {
            since = comment.trim().strip_prefix("since ").map_or(0, |major| major.parse().unwrap());
            continue;
        }
        if std::mem::take(&mut since) > major || major < 14 && line.contains("ranges") {
            continue;
        }
        let statement = line.trim_end_matches(';');
        let is_query = Parse::plain(statement).nodes().any(is_query);
        let real = match is_query {
            // What only the planner finds.
            true => server.describe(statement).and_then(|described| {
                let planned =
                    described.parameters.is_empty().then(|| server.verdict(&format!("EXPLAIN {statement}")));
                planned.flatten().filter(|verdict| verdict.sqlstate == "42P10").map_or(Ok(described), Err)
            }),
            false => match server.verdict(statement) {
                Some(verdict) => Err(verdict),
                None => Ok(Described { parameters: Vec::new(), columns: Vec::new() }),
            },
        };
        score.add(statement, &real, &analyzed(statement, &catalog), types);
    }
    println!("PostgreSQL {major}: {}", score.summary());
    assert!(score.wrong.is_empty(), "{}\n{}", score.summary(), score.wrong.join("\n"));
    assert!(score.missed.is_empty(), "{}\n{}", score.summary(), score.missed.join("\n"));
    assert_eq!(score.unknown, 0, "{}", score.summary());
}

fn is_query(node: &NodeEnum) -> bool {
    use NodeEnum::*;
    matches!(node, SelectStmt(_) | InsertStmt(_) | UpdateStmt(_) | DeleteStmt(_) | MergeStmt(_))
}

#[test]
fn statements_on_postgresql_13() {
    compare_statements(13);
}

#[test]
fn statements_on_postgresql_15() {
    compare_statements(15);
}

#[test]
fn statements_on_postgresql_18() {
    compare_statements(18);
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
    let mut nulls = 0;
    assert_eq!(server.run(ROWS), None);
    for _ in 0..number("PGWRIGHT_QUERIES").unwrap_or(4000) {
        let statement = generator.query();
        let parse = Parse::plain(&statement);
        if parse.node().is_none() {
            continue;
        }
        let real = server.describe(&statement);
        let own = analysis::analyze(&parse, &catalog);
        if real.is_ok() && statement.starts_with("SELECT") {
            // What is said never to be NULL is NULL in no row.
            for (n, is_null) in server.nulls(&statement).into_iter().flatten().enumerate() {
                nulls += usize::from(own.outputs.get(n).is_some_and(|output| output.not_null));
                if is_null && own.outputs.get(n).is_some_and(|output| output.not_null) {
                    score.wrong.push(format!("{statement}\n    column {n} is NULL"));
                }
            }
        }
        score.add(&statement, &real, &own, types);
    }
    assert!(nulls > 100, "{nulls} columns that are never NULL");
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

fn compare_literals(major: u32) {
    literals::compare(major, seeds::SEEDS, &schema(major), &catalog(major));
}

#[test]
fn literals_on_postgresql_13() {
    compare_literals(13);
}

#[test]
fn literals_on_postgresql_15() {
    compare_literals(15);
}

#[test]
fn literals_on_postgresql_18() {
    compare_literals(18);
}
