//! What applications ask of several schemas: the parameters and columns that are told of each query without a server,
//! compared with what servers answer to Parse and Describe.

#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/verdict.rs"]
mod verdict;

use std::path::{Path, PathBuf};

use pgwright::analysis;
use pgwright::catalog::typing::Types;
use pgwright::catalog::{Catalog, TypeRef, apply};
use pgwright::syntax::{Parse, Script};
use pgwright::text::Span;
use verdict::{Described, Server};

/// A schema with what is asked of it.
struct Corpus {
    name: String,
    schema: String,
    queries: Vec<Query>,
}

struct Query {
    text: String,
    /// The first version that has all of its syntax and functions.
    since: u32,
}

fn corpora() -> Vec<Corpus> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/describe");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
    let corpus = |folder: PathBuf| Corpus {
        name: folder.file_name().unwrap().to_string_lossy().into_owned(),
        schema: read(folder.join("schema.sql")),
        queries: queries(&read(folder.join("queries.sql"))),
    };
    folders.into_iter().map(corpus).collect()
}

/// The statements of a text; `-- since 18` right before one names the version that it needs.
fn queries(text: &str) -> Vec<Query> {
    let script = Script::from(text);
    let mut behind = 0;
    script
        .statements()
        .filter(|placed| !placed.code().is_empty())
        .map(|placed| {
            let code = placed.code();
            let between = script.document().slice(Span::new(behind, code.start));
            behind = code.end;
            let mark = between.lines().find_map(|line| line.trim().strip_prefix("-- since "));
            let text = script.document().slice(code);
            let text = text.trim_end().trim_end_matches(';').to_owned();
            Query { text, since: mark.map_or(0, |major| major.trim().parse().unwrap()) }
        })
        .collect()
}

/// The schema's catalog, as it is folded without a server.
fn folded(corpus: &Corpus, major: u32) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.server_version = Some(major * 10_000);
    for statement in queries(&corpus.schema) {
        let parse = Parse::plain(&statement.text);
        assert!(parse.errors.is_empty(), "{:?} in {}", parse.errors, statement.text);
        for node in parse.nodes() {
            let outcome = apply::apply(&mut catalog, node, &parse.sql);
            assert!(outcome.errors.is_empty(), "{:?} in {}", outcome.errors, statement.text);
        }
    }
    catalog
}

/// What is told of a query; an error instead where there is one.
fn described(query: &str, catalog: &Catalog) -> Result<Described, String> {
    let parse = Parse::plain(query);
    if let Some(error) = parse.errors.first() {
        return Err(format!("{} {}", error.sqlstate, error.message));
    }
    let analysis = analysis::analyze(&parse, catalog);
    if let Some(diagnostic) = analysis.diagnostics.first() {
        return Err(format!("{} {}", diagnostic.sqlstate, diagnostic.message));
    }
    let types = Types::new(catalog);
    let print = |ty: &TypeRef| match ty {
        TypeRef::Unknown => "?".to_owned(),
        ty => types.print_with_modifier(ty),
    };
    Ok(Described {
        parameters: analysis.parameters.iter().map(print).collect(),
        // Of a column the protocol tells a domain's base type, of a parameter the domain.
        columns: (analysis.outputs.iter())
            .map(|column| (column.name.to_string(), print(&types.base(&column.ty))))
            .collect(),
    })
}

/// Asks a server and the library the same; at least 99 of 100 answers are the same, and nothing is an error that the
/// server takes.
fn compare(major: u32) {
    let (mut asked, mut same, mut differs, mut refused) = (0, 0, Vec::new(), Vec::new());
    let mut seen = std::collections::HashSet::new();
    for corpus in corpora() {
        let server = Server::start(major);
        if let Some(verdict) = server.run(&corpus.schema) {
            panic!("{}: {verdict:?}", corpus.name);
        }
        let catalog = folded(&corpus, major);
        for query in &corpus.queries {
            let text = &query.text;
            if query.since > major {
                continue;
            }
            assert!(seen.insert(text.clone()), "{}: twice: {text}", corpus.name);
            let real = match server.describe(text) {
                Ok(real) => real,
                Err(verdict) => {
                    refused.push(format!("{}: {text}\n    {verdict:?}", corpus.name));
                    continue;
                }
            };
            asked += 1;
            match described(text, &catalog) {
                Ok(own) if own == real => same += 1,
                Ok(own) => differs.push(format!("{}: {text}\n    {}", corpus.name, difference(&own, &real))),
                Err(error) => refused.push(format!("{}: {text}\n    false: {error}", corpus.name)),
            }
        }
    }
    println!("PostgreSQL {major}: {same} of {asked} queries are described as the server does");
    println!("{}", differs.join("\n"));
    assert!(refused.is_empty(), "{} are refused:\n{}", refused.len(), refused.join("\n"));
    assert!(asked >= if major < 18 { 1400 } else { 1500 }, "{asked} queries");
    assert!(same * 100 >= asked * 99, "{same} of {asked}");
}

fn difference(own: &Described, real: &Described) -> String {
    let mut parts = Vec::new();
    if own.parameters != real.parameters {
        parts.push(format!("takes {:?}, and not {:?}", real.parameters, own.parameters));
    }
    if own.columns.len() != real.columns.len() {
        parts.push(format!("gives {} columns, and not {}", real.columns.len(), own.columns.len()));
    }
    for (own, real) in own.columns.iter().zip(&real.columns).filter(|(own, real)| own != real) {
        parts.push(format!("gives {} {}, and not {} {}", real.0, real.1, own.0, own.1));
    }
    parts.join("; ")
}

#[test]
fn queries_on_postgresql_15() {
    compare(15);
}

#[test]
fn queries_on_postgresql_18() {
    compare(18);
}
