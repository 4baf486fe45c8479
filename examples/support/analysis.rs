//! What the analysis of a statement takes beyond its parse: of the queries in tests/describe, over their schemas.

use std::path::Path;
use std::time::{Duration, Instant};

use pgwright::analysis;
use pgwright::catalog::{Catalog, apply};
use pgwright::syntax::grammar::{self, ParseMode};
use pgwright::syntax::{Parse, Script};

/// How often all of them are measured; the fastest time of each counts, when nothing disturbed it.
const ROUNDS: usize = 15;

pub struct Part {
    pub statements: usize,
    pub bytes: usize,
    /// What libpg_query alone takes for all of them, and what the analysis takes for the parsed statements.
    pub floor: Duration,
    pub analysis: Duration,
    /// Of each statement.
    pub times: Vec<Duration>,
}

pub fn measure() -> Part {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/describe");
    let entries = std::fs::read_dir(folder).expect("the tests are there");
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    let mut part =
        Part { statements: 0, bytes: 0, floor: Duration::ZERO, analysis: Duration::ZERO, times: Vec::new() };
    for folder in folders {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a schema and its queries");
        let catalog = folded(&read("schema.sql"));
        let queries = statements(&read("queries.sql"));
        let parses: Vec<Parse> = queries.iter().map(|query| Parse::plain(query)).collect();
        for (query, parse) in queries.iter().zip(&parses) {
            let floor = fastest(|| {
                let _ = std::hint::black_box(grammar::parse(query, ParseMode::Statements));
            });
            let time = fastest(|| {
                std::hint::black_box(analysis::analyze(parse, &catalog));
            });
            part.statements += 1;
            part.bytes += query.len();
            part.floor += floor;
            part.analysis += time;
            part.times.push(time);
        }
    }
    part
}

fn fastest(run: impl Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| time()).min().unwrap_or_default()
}

fn statements(text: &str) -> Vec<String> {
    let script = Script::from(text);
    let placed = script.statements().filter(|placed| !placed.code().is_empty());
    placed.map(|placed| script.code(&placed)).collect()
}

fn folded(schema: &str) -> Catalog {
    let mut catalog = Catalog::default();
    for statement in statements(schema) {
        let parse = Parse::plain(&statement);
        for node in parse.nodes() {
            apply::apply(&mut catalog, node, &parse.sql);
        }
    }
    catalog
}
