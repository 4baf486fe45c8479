//! One identifier misspelt in a history that is right: what a server then rejects first is found, and nothing is an
//! error that it takes.
//!
//! Another history, such as a project's migrations, is tried by hand:
//!
//! ```sh
//! PGWRIGHT_MISSPELT=/path/to/migrations PGWRIGHT_SEED=1 PGWRIGHT_COUNT=3000 \
//!     cargo test --test misspelt given -- --nocapture
//! ```
//!
//! `PGWRIGHT_MISSPELT` is a file, or a folder whose files are run in the order of their names.

#[path = "../support/postgres.rs"]
mod postgres;
mod server;
mod spelling;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pgwright::analysis::timeline::{Means, Moment, Timeline, Work};
use pgwright::analysis::{Diagnostic, Weight};
use pgwright::catalog::Catalog;
use pgwright::syntax::ast::NodeEnum;
use pgwright::syntax::{Dialect, Parse, ParseCache, Script};
use pgwright::text::{Edit, Span};
use server::{Server, Verdict};
use spelling::{Identifier, Random};

/// How many statements are still run behind the one that is rejected first, to see whether the server takes some of
/// them that are then refused.
const BEHIND: usize = 30;

/// Statements, one after the other, that a server takes.
struct History {
    name: String,
    script: Script,
    statements: Vec<Statement>,
    /// It is migrations, behind whose errors nothing is told that may follow from these.
    is_migrations: bool,
}

#[derive(Clone)]
struct Statement {
    /// Where its code begins in the history.
    start: usize,
    text: String,
    /// It is a query of an application: it is not run, but prepared.
    is_query: bool,
}

/// What a statement with a misspelt identifier was, and what came of the history.
struct Try {
    statement: usize,
    identifier: Identifier,
    edit: Edit,
    statements: Vec<String>,
    script: Script,
}

#[derive(Default)]
struct Score {
    tries: usize,
    /// Tries after which the server takes all statements, and those of which it rejects one, not for what it is run on.
    accepted: usize,
    rejected: usize,
    /// Of these, those of which the same SQLSTATE was told, and also the same message at the same place.
    found: usize,
    exact: usize,
    /// Tries that fail within a function in PL/pgSQL that runs, which nothing is told of where it is called.
    in_functions: usize,
    wrong: Vec<String>,
    missed: Vec<String>,
    inexact: Vec<String>,
}

impl Score {
    fn summary(&self) -> String {
        format!(
            "{} tries, {} accepted, {} rejected ({} found, {} with message and place), {} fail in functions, {} wrong",
            self.tries,
            self.accepted,
            self.rejected,
            self.found,
            self.exact,
            self.in_functions,
            self.wrong.len()
        )
    }

    fn add(&mut self, other: Score) {
        self.tries += other.tries;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.found += other.found;
        self.exact += other.exact;
        self.in_functions += other.in_functions;
        self.wrong.extend(other.wrong);
        self.missed.extend(other.missed);
        self.inexact.extend(other.inexact);
    }
}

impl History {
    /// The statements of `texts` that the server takes, each text with whether it is of queries that are prepared.
    fn of(name: &str, texts: &[(String, bool)], is_migrations: bool, server: &Server) -> History {
        let mut session = server.session();
        let mut whole = String::new();
        let mut are_queries = Vec::new();
        for (text, is_application) in texts {
            let script = Script::from(text.as_str());
            for placed in script.statements().filter(|placed| !placed.code().is_empty()) {
                let text = script.document().slice(placed.code()).trim_end_matches(';').to_owned();
                let is_query = *is_application && Parse::plain(&text).nodes().any(is_query);
                let mut verdict = session.run(&text, is_query);
                // Of a query that can run as it is the server says more when it does: of SQL in a text, say.
                let runs = is_query
                    && !text.contains('$')
                    && Parse::plain(&text).nodes().all(|node| matches!(node, NodeEnum::SelectStmt(_)));
                if verdict.is_none() && runs {
                    verdict = session.run(&text, false);
                }
                if let Some(verdict) = verdict
                    && verdict.is_static()
                {
                    println!("{name}: left out: {} {}: {}", verdict.sqlstate, verdict.message, start(&text));
                    continue;
                }
                whole += &text;
                whole += ";\n";
                are_queries.push(is_query);
            }
        }
        server.end(session);
        let script = Script::from(whole.as_str());
        let statements: Vec<Statement> = (script.statements().filter(|placed| !placed.code().is_empty()))
            .zip(are_queries)
            .map(|(placed, is_query)| Statement {
                start: placed.code().start,
                text: script.document().slice(placed.code()).trim_end_matches(';').to_owned(),
                is_query,
            })
            .collect();
        History { name: name.to_owned(), script, statements, is_migrations }
    }

    /// Statements with one identifier that is misspelt, in the order of the statements.
    fn tries(&self, count: usize, random: &mut Random) -> Vec<Try> {
        let mut places: Vec<(usize, Identifier)> = (self.statements.iter().enumerate())
            .flat_map(|(n, statement)| {
                spelling::identifiers(&statement.text).into_iter().map(move |identifier| (n, identifier))
            })
            .collect();
        random.shuffle(&mut places);
        let mut tries = Vec::new();
        for (n, identifier) in places.iter().cycle().take(count) {
            let statement = &self.statements[*n];
            let written = &statement.text[identifier.span.range()];
            let misspelt = spelling::misspell(written, random);
            let mut text = statement.text.clone();
            text.replace_range(identifier.span.range(), &misspelt);
            let edit = Edit { span: identifier.span.shift(statement.start), text: misspelt };
            let mut script = self.script.clone();
            script.apply(&edit).expect("it is in the text");
            // A name that became something like a quote is another matter.
            if script.sequence().count() != self.script.sequence().count() {
                continue;
            }
            let mut statements: Vec<String> = Vec::new();
            statements.push(text);
            statements.extend(self.statements[n + 1..].iter().map(|statement| statement.text.clone()));
            tries.push(Try { statement: *n, identifier: identifier.clone(), edit, statements, script });
        }
        tries.sort_by_key(|one| one.statement);
        tries
    }
}

/// The beginning of a statement, on one line.
fn start(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = words.join(" ");
    if line.len() > 300 {
        line = line.chars().take(300).collect::<String>() + " …";
    }
    line
}

fn is_query(node: &NodeEnum) -> bool {
    use NodeEnum::*;
    matches!(node, SelectStmt(_) | InsertStmt(_) | UpdateStmt(_) | DeleteStmt(_) | MergeStmt(_))
}

fn is_of_transaction(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::TransactionStmt(_))
}

/// What is told of the statements of one script after the other.
struct Own {
    cache: ParseCache,
    base: Timeline,
    entry: Moment,
}

fn fold(old: Option<&Timeline>, script: &Script, entry: &Moment, cache: &ParseCache) -> Timeline {
    let (work, cancelled) = (Work::default(), AtomicBool::new(false));
    let means = Means { cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    Timeline::update_at(old, script, entry, None, &means, usize::MAX).expect("nobody cancels")
}

impl Own {
    fn new(history: &History, major: u32) -> Own {
        let mut catalog = Catalog::default();
        catalog.server_version = Some(major * 10_000);
        let catalog = Arc::new(catalog);
        let entry = match history.is_migrations {
            true => Moment::of_history(catalog),
            false => Moment::new(catalog),
        };
        let cache = ParseCache::default();
        let base = fold(None, &history.script, &entry, &cache);
        Own { cache, base, entry }
    }

    /// What is told of a script that was edited, by its statements; what is told of bodies in PL/pgSQL, too.
    fn told(&self, script: &Script, with_bodies: bool) -> BTreeMap<usize, Vec<Diagnostic>> {
        let timeline = fold(Some(&self.base), script, &self.entry, &self.cache);
        let mut found = timeline.diagnostics();
        // That a value breaks a constraint is no matter of names, and comes when the statement runs.
        found.retain(|found| !found.sqlstate.starts_with("23"));
        if with_bodies {
            found.extend(timeline.in_bodies(script, &self.cache, &timeline.head));
        }
        let starts: Vec<usize> = script.statements().map(|placed| placed.code().start).collect();
        let mut told: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
        for mut diagnostic in found {
            let span = diagnostic.span;
            let n = starts.partition_point(|start| *start <= span.start) - 1;
            diagnostic.span = Span::new(span.start - starts[n], span.end - starts[n]);
            told.entry(n).or_default().push(diagnostic);
        }
        told
    }
}

/// Tries `count` misspelt identifiers of a history.
fn try_history(history: &History, server: &Server, count: usize, random: &mut Random) -> Score {
    let own = Own::new(history, server.major());
    let mut score = Score::default();
    // Where it is not known what is there, little can be found.
    let unknown = (0..history.statements.len()).find(|n| own.base.before(*n).unknown_names);
    if let Some(n) = unknown {
        println!(
            "{}: unknown names from statement {n} on: {}",
            history.name,
            start(&history.statements[n - 1].text)
        );
    }
    for (n, told) in own.told(&history.script, false) {
        let text = &history.statements[n].text;
        score.wrong.push(format!("{}: {} {}", start(text), told[0].sqlstate, told[0].message));
    }
    let mut session = server.session();
    let has_transactions = (history.statements.iter())
        .any(|statement| Parse::plain(&statement.text).nodes().any(is_of_transaction));
    let mut at = 0;
    for one in history.tries(count, random) {
        // All before it is run for good, all from it on is taken back.
        while at < one.statement {
            let statement = &history.statements[at];
            session.run(&statement.text, statement.is_query);
            at += 1;
        }
        let rest = || {
            let queries = history.statements[one.statement..].iter().map(|statement| statement.is_query);
            one.statements.iter().map(String::as_str).zip(queries)
        };
        let taken_back = if has_transactions { None } else { session.run_and_take_back(rest()) };
        let verdicts = match taken_back {
            Some(verdicts) => verdicts,
            // Something in it cannot run in a transaction.
            None => {
                let mut other = server.session();
                for statement in &history.statements[..one.statement] {
                    other.run(&statement.text, statement.is_query);
                }
                let verdicts = other.run_all(rest());
                server.end(other);
                verdicts
            }
        };
        judge(history, &one, &verdicts, &own, &mut score);
    }
    server.end(session);
    score
}

/// Compares what the server said of the statements from the misspelt one on with what is told of them.
fn judge(history: &History, one: &Try, verdicts: &[Option<Verdict>], own: &Own, score: &mut Score) {
    score.tries += 1;
    let statement = &history.statements[one.statement];
    let written = &statement.text[one.identifier.span.range()];
    let what = |n: usize| {
        let text = &one.statements[n];
        let shown = match n {
            0 => start(&text[..one.identifier.span.start.min(text.len())])
                .chars()
                .rev()
                .take(60)
                .collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let before: String = shown.into_iter().rev().collect();
        let behind: String = match n {
            0 => start(&text[one.identifier.span.start..]).chars().take(80).collect(),
            _ => start(text),
        };
        let place = if n == 0 { "itself" } else { "behind it" };
        format!(
            "{}: {written} → {} in {}\n    {place}: {before}«{behind}",
            history.name,
            one.edit.text,
            start(&statement.text).chars().take(60).collect::<String>()
        )
    };
    let first = verdicts.iter().position(|verdict| verdict.is_some());
    let in_block = first.is_some_and(|n| one.statements[n].trim_start()[..2].eq_ignore_ascii_case("do"));
    let told = own.told(&one.script, in_block);
    let of = |n: usize| told.get(&(one.statement + n)).map_or(&[][..], |told| &told[..]);
    for (n, verdict) in verdicts.iter().enumerate() {
        let error = of(n).iter().find(|told| told.weight == Weight::Error);
        match (verdict, error) {
            (None, Some(error)) => {
                score.wrong.push(format!("{}\n    false: {} {}", what(n), error.sqlstate, error.message))
            }
            (Some(verdict), _) if first == Some(n) => {
                if !verdict.is_static() {
                    score.accepted += 1;
                    return;
                }
                // What is called fails where it is called, and is told where it is written.
                if !in_block && verdict.is_in_function {
                    score.in_functions += 1;
                    return;
                }
                score.rejected += 1;
                let told = of(n).iter().find(|told| told.sqlstate == verdict.sqlstate);
                let Some(told) = told else {
                    let other = of(n).first().map(|told| format!("{} {}", told.sqlstate, told.message));
                    score.missed.push(format!(
                        "{}\n    is:    {} {}\n    found: {}",
                        what(n),
                        verdict.sqlstate,
                        verdict.message,
                        other.unwrap_or_default()
                    ));
                    return;
                };
                score.found += 1;
                // Of a dotted name the part is told that is misspelt.
                let text = &one.statements[n];
                let is_dotted = |between: &str| {
                    between.ends_with('.')
                        && !between.contains(|c: char| !c.is_alphanumeric() && !"_.\"".contains(c))
                };
                let is_there = verdict.position.is_none_or(|position| {
                    position == told.span.start || text.get(position..told.span.start).is_some_and(is_dotted)
                });
                match told.message == verdict.message && is_there {
                    true => score.exact += 1,
                    false => score.inexact.push(format!(
                        "{}\n    is:    {} {} at {:?}\n    found: {} at {}",
                        what(n),
                        verdict.sqlstate,
                        verdict.message,
                        verdict.position,
                        told.message,
                        told.span.start
                    )),
                }
            }
            // What fails when it runs leaves behind what nobody can tell.
            (Some(verdict), _) if !verdict.is_static() => return,
            _ => {}
        }
    }
    score.accepted += usize::from(first.is_none());
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{}", path.display()))
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|_| panic!("{}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The SQL files of a folder, or a file.
fn files(path: &Path) -> Vec<PathBuf> {
    match path.is_dir() {
        true => {
            let mut files = entries(path);
            files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
            files
        }
        false => vec![path.to_owned()],
    }
}

/// The project's own histories: the demo's migrations, and the schemas that applications ask, with what these ask.
fn histories(server: &Server) -> Vec<History> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let shop = tests.join("demo/shop");
    let migrations = files(&shop.join("db/migrations")).into_iter().map(|file| (read(&file), false));
    let queries = files(&shop.join("queries")).into_iter().map(|file| (read(&file), true));
    let texts: Vec<(String, bool)> = migrations.chain(queries).collect();
    let mut histories = vec![History::of("demo", &texts, true, server)];
    for folder in entries(&tests.join("describe")).into_iter().filter(|path| path.is_dir()) {
        let texts = [(read(&folder.join("schema.sql")), false), (read(&folder.join("queries.sql")), true)];
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        histories.push(History::of(&name, &texts, false, server));
    }
    histories
}

/// Tries identifiers of all of the project's histories.
fn compare(major: u32, count: usize) {
    let server = Server::start(major);
    let mut random = Random::new(number("PGWRIGHT_SEED").unwrap_or(1));
    let mut score = Score::default();
    let histories = histories(&server);
    let identifiers = |history: &History| {
        history.statements.iter().map(|statement| spelling::identifiers(&statement.text).len()).sum::<usize>()
    };
    let all: usize = histories.iter().map(identifiers).sum();
    let count = number("PGWRIGHT_COUNT").map_or(count, |count| count as usize);
    for history in &histories {
        let count = (identifiers(history) * count).div_ceil(all);
        let own = try_history(history, &server, count, &mut random);
        println!("{}: {}", history.name, own.summary());
        score.add(own);
    }
    println!("PostgreSQL {major}: {}", score.summary());
    check(&score);
}

fn check(score: &Score) {
    let show = |title: &str, lines: &[String]| {
        if !lines.is_empty() {
            println!("{} {title}:\n{}\n", lines.len(), lines.join("\n"));
        }
    };
    show("told otherwise", &score.inexact);
    show("missed", &score.missed);
    show("wrong", &score.wrong);
    assert!(score.wrong.is_empty(), "{}", score.summary());
    assert!(score.found * 100 >= score.rejected * 97, "{}", score.summary());
}

#[test]
fn own_histories_on_postgresql_13() {
    compare(13, 120);
}

#[test]
fn own_histories_on_postgresql_18() {
    compare(18, 500);
}

/// The history that `PGWRIGHT_MISSPELT` names, on PostgreSQL 18.
#[test]
fn the_given_history() {
    let Some(path) = std::env::var_os("PGWRIGHT_MISSPELT").map(PathBuf::from) else { return };
    let server = Server::start(18);
    let mut random = Random::new(number("PGWRIGHT_SEED").unwrap_or(1));
    let texts: Vec<(String, bool)> = files(&path).iter().map(|file| (read(file), false)).collect();
    let history = History::of(&path.display().to_string(), &texts, true, &server);
    let count = number("PGWRIGHT_COUNT").unwrap_or(1000) as usize;
    let score = try_history(&history, &server, count, &mut random);
    println!("{}", score.summary());
    check(&score);
}
