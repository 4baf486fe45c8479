//! What repairing a statement takes, and telling what may stand at a place of it: within the process, since an editor's
//! question has many other parts.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use pgwright::syntax::grammar::{self, ParseMode};
use pgwright::syntax::{Dialect, Parse, Script, StatementKind, expect};

/// As many kinds of statements as the grammar has.
const STATEMENTS: &str = include_str!("../../tests/expect/statements.sql");
/// How long a long statement is, in bytes.
const LONG: usize = 10_000;
const TRIES: usize = 400;

pub struct Part {
    pub what: &'static str,
    pub statement: &'static str,
    /// What libpg_query takes for one statement as it is, at best.
    pub floor: Duration,
    pub times: Vec<Duration>,
}

pub fn measure() -> Vec<Part> {
    let kinds = kinds();
    let long = [("10 kB of VALUES", values()), ("10 kB of a query", query())];
    let mut parts = Vec::new();
    let times = kinds.iter().flat_map(|text| repairs(text, 3)).collect();
    let floor = middle(&kinds);
    parts.push(Part { what: "repair", statement: "of every kind", floor, times });
    for (statement, text) in &long {
        parts.push(Part { what: "repair", statement, floor: parse(text), times: repairs(text, TRIES) });
    }
    let times = kinds.iter().flat_map(|text| expectations(text, 5)).collect();
    parts.push(Part { what: "what may stand there", statement: "of every kind", floor, times });
    for (statement, text) in &long {
        let times = expectations(text, TRIES);
        parts.push(Part { what: "what may stand there", statement, floor: parse(text), times });
    }
    parts
}

fn kinds() -> Vec<String> {
    let script = Script::from(STATEMENTS);
    let statements = script.statements().filter(|placed| placed.statement.kind == StatementKind::Sql);
    statements.map(|placed| script.code(&placed)).collect()
}

fn values() -> String {
    let mut text = String::from("INSERT INTO account (id, owner, status, total, note) VALUES\n");
    let mut n = 0;
    while text.len() < LONG {
        let _ = writeln!(text, "    ({n}, 'Ann', 'new', {n} * 1.25, coalesce(NULL, 'a note')),");
        n += 1;
    }
    text + "    (0, 'Bob', 'open', 1, NULL)"
}

fn query() -> String {
    let mut text = String::from("SELECT a.id");
    let mut n = 0;
    while text.len() < LONG {
        let _ = write!(
            text,
            ",\n    CASE WHEN a.total > {n} AND a.status IN ('new', 'open') THEN (SELECT max(o.total) FROM orders o \
             WHERE o.account_id = a.id GROUP BY o.kind ORDER BY 1 LIMIT {n}) ELSE 0 END AS total_{n}"
        );
        n += 1;
    }
    text + "\nFROM account a\nWHERE a.created_at > now()"
}

fn parse(text: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        let _ = black_box(grammar::parse(text, ParseMode::Statements));
        start.elapsed()
    };
    (0..5).map(|_| once()).min().unwrap_or_default()
}

fn middle(texts: &[String]) -> Duration {
    let mut times: Vec<Duration> = texts.iter().map(|text| parse(text)).collect();
    times.sort();
    times[times.len() / 2]
}

/// About `tries` of a text's tokens.
fn some_tokens(text: &str, tries: usize) -> Vec<grammar::Token> {
    let (tokens, _) = grammar::scan(text);
    let every = tokens.len().div_ceil(tries).max(1);
    tokens.into_iter().step_by(every).collect()
}

/// The times that a text's errors and fixes take where one token is missing, and where two letters of it changed
/// places.
fn repairs(text: &str, tries: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for token in some_tokens(text, tries) {
        let written = &text[token.span.range()];
        let mut letters: Vec<char> = written.chars().collect();
        if let Some(pair) = letters.get_mut(1..3) {
            pair.swap(0, 1);
        }
        for instead in [String::new(), letters.into_iter().collect()] {
            let broken = format!("{}{instead}{}", &text[..token.span.start], &text[token.span.end..]);
            let parse = Parse::new(&broken, Dialect::UNKNOWN);
            let start = Instant::now();
            if !black_box(parse.syntax_errors()).is_empty() {
                times.push(start.elapsed());
            }
        }
    }
    times
}

fn expectations(text: &str, tries: usize) -> Vec<Duration> {
    let at = some_tokens(text, tries).into_iter();
    at.map(|token| {
        let start = Instant::now();
        let _ = black_box(expect::expect(text, token.span.start));
        start.elapsed()
    })
    .collect()
}
