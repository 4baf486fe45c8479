//! What may stand at a place, compared with what does stand there in statements that PostgreSQL accepts.

#[path = "expect/truth.rs"]
mod truth;

use pgwright::syntax::expect;
use pgwright::syntax::{Script, StatementKind, grammar};
use pgwright::text::Document;
use truth::Count;

const STATEMENTS: &str = include_str!("expect/statements.sql");

/// The statements of a script, without psql's lines.
fn statements(text: &str) -> Vec<String> {
    let script = Script::new(Document::from(text));
    script
        .statements()
        .filter(|placed| placed.statement.kind != StatementKind::Psql)
        .map(|placed| script.code(&placed).trim_end().trim_end_matches(';').to_owned())
        .filter(|code| !code.is_empty())
        .collect()
}

/// All statements of the repository's scripts that PostgreSQL's grammar accepts.
fn corpus() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = vec![root.join("effects/statements.sql"), root.join("effects/schema.sql")];
    let mut folders = vec![root.join("conformance/scripts"), root.join("demo")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                files.push(path);
            }
        }
    }
    files.sort();
    let texts = files.iter().map(|path| std::fs::read_to_string(path).expect("a script"));
    let mut all: Vec<String> = texts.flat_map(|text| statements(&text)).collect();
    all.retain(|statement| grammar::check(statement).is_ok());
    assert!(all.len() > 800, "{}", all.len());
    all
}

fn report(name: &str, count: &Count) {
    println!(
        "{name}: {:.2} % of {} tokens ({} keywords, {} names, {} constants) are expected; {} names are not judged",
        count.share() * 100.0,
        count.tokens(),
        count.keywords,
        count.names,
        count.constants,
        count.unjudged
    );
    for missed in count.missed.iter().take(60) {
        println!("  not expected: {missed}");
    }
    for unknown in count.unknown.iter().take(60) {
        println!("  not judged: {unknown}");
    }
}

#[test]
fn what_stands_there_is_expected_in_every_kind_of_statement() {
    let all = statements(STATEMENTS);
    assert!(all.len() > 550, "{}", all.len());
    let mut count = Count::default();
    let refused: Vec<_> = all.iter().filter_map(|text| Some((text, grammar::check(text).err()?))).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    for statement in &all {
        truth::compare(statement, &mut count);
    }
    report("every kind of statement", &count);
    assert!(count.share() >= 0.999, "{:.4}", count.share());
    assert!(count.unjudged * 100 < count.names, "{} of {}", count.unjudged, count.names);
}

#[test]
fn what_stands_there_is_expected_in_the_scripts() {
    let mut count = Count::default();
    for statement in corpus() {
        truth::compare(&statement, &mut count);
    }
    report("the repository's scripts", &count);
    assert!(count.share() >= 0.999, "{:.4}", count.share());
    assert!(count.unjudged * 100 < count.names, "{} of {}", count.unjudged, count.names);
}

/// Whether PostgreSQL's parser could go on behind `text`.
fn is_viable(text: &str) -> bool {
    let goes_on = |text: &str| match grammar::check(text) {
        Ok(()) => true,
        Err(error) => error.message.ends_with("at end of input"),
    };
    // What these words are to the parser depends on the word that follows.
    const WORDS: [&str; 8] =
        ["not", "nulls", "with", "without", "format", "current_user", "current_role", "session_user"];
    const NEXT: [&str; 6] = ["in", "first", "time", "ordinality", "json", "add"];
    goes_on(text)
        || WORDS.iter().any(|word| text.ends_with(&format!(" {word}")))
            && NEXT.iter().any(|next| goes_on(&format!("{text} {next}")))
}

#[test]
fn every_run_that_is_offered_is_accepted() {
    let mut offers = 0;
    let mut refused = Vec::new();
    for (n, statement) in statements(STATEMENTS).iter().enumerate() {
        let (tokens, _) = grammar::scan(statement);
        for (m, token) in tokens.iter().enumerate() {
            // Each seventh place is a sample of every part of every statement.
            if (n + m) % 7 != 0 {
                continue;
            }
            let prefix = &statement[..token.span.start];
            let found = expect::expect(prefix, prefix.len());
            // What touches the cursor is the word that is being written.
            let prefix = &prefix[..found.word.start];
            for run in found.keywords {
                let text = format!("{prefix} {}", run.text(false));
                if !is_viable(&text) {
                    refused.push((text.clone(), grammar::check(&text).unwrap_err().message));
                }
                offers += 1;
            }
        }
    }
    // A few are refused by the actions of the grammar, which know what the tables do not: NOT VALID of a foreign key,
    // but not of a primary key.
    let by_actions = refused.iter().filter(|(_, message)| !message.starts_with("syntax error")).count();
    println!(
        "{} of {offers} offers are refused, {by_actions} of them by the grammar's actions",
        refused.len()
    );
    for (text, message) in refused.iter().take(60) {
        println!("  {message}: {text}");
    }
    assert_eq!(refused.len(), by_actions, "{:#?}", &refused[..refused.len().min(40)]);
    assert!(by_actions * 1900 < offers, "{by_actions} of {offers}");
    assert!(offers > 20_000, "{offers}");
}

#[test]
fn nothing_is_parsed() {
    let before = grammar::calls();
    for statement in statements(STATEMENTS).iter().take(100) {
        expect::expect(statement, statement.len() / 2);
    }
    let after = grammar::calls();
    assert_eq!(after.parses, before.parses);
    assert!(after.scans - before.scans <= 200, "{before:?} {after:?}");
}
