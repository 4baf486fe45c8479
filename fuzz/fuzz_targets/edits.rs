//! Any series of edits leaves a script as a new scan of its text would have it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pgwright::syntax::Script;
use pgwright::text::{Edit, Span};

/// What makes and breaks statements.
const PIECES: [&str; 32] = [
    ";", "'", "\"", "$$", "$a$", "$é$", "/*", "*/", "--", "(", ")", "\\", "\\.", "\n", "\r", "\r\n", "E'", "U&'", "a",
    "é", "😀", "copy t from stdin;\n", "copy t to stdout;", "create function f() begin atomic ", "case ", "end;",
    "\\gx\n", "\\;", "\\set a b\n", "create or replace procedure p", "\u{feff}", "create schema s create table t ",
];

fuzz_target!(|data: &[u8]| {
    let mut bytes = data.iter().copied();
    let mut text = String::new();
    for _ in 0..bytes.next().unwrap_or(0) % 32 {
        text.push_str(PIECES[usize::from(bytes.next().unwrap_or(0)) % PIECES.len()]);
    }
    let mut script = Script::from(text.as_str());
    while let (Some(at), Some(len), Some(count)) = (bytes.next(), bytes.next(), bytes.next()) {
        let boundary =
            |offset: usize| (0..=offset.min(text.len())).rev().find(|&n| text.is_char_boundary(n)).unwrap_or(0);
        let span = Span::new(boundary(at.into()), boundary(usize::from(at) + usize::from(len % 16)));
        let pieces = (0..count % 4).map(|_| PIECES[usize::from(bytes.next().unwrap_or(0)) % PIECES.len()]);
        let edit = Edit { span, text: pieces.collect() };
        script.apply(&edit).expect("the span is in the text, on characters");
        text.replace_range(span.range(), &edit.text);
        assert_eq!(script.document().text(), text);
        // An opened quote is followed to the end of the text, but the next edit comes before that.
        let mut settled = script.clone();
        assert!(settled.settle(&|| false));
        let mut fresh = Script::from(text.as_str());
        assert!(fresh.settle(&|| false));
        let shape = |script: &Script| -> Vec<_> {
            let statements = script.statements();
            statements.map(|placed| (placed.statement.kind, placed.statement.len, placed.statement.code)).collect()
        };
        assert_eq!(shape(&settled), shape(&fresh), "{text:?}");
    }
});
