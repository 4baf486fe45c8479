//! Any text, alone and as a function's body, is parsed and analyzed without a panic, and no byte of it moves.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pgwright::analysis;
use pgwright::catalog::model::Catalog;
use pgwright::syntax::body::Body;
use pgwright::syntax::plpgsql;
use pgwright::syntax::{Dialect, Parse, Style};

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let dialect = match usize::from(*first) % (Style::ALL.len() + 2) {
        0 => Dialect::UNKNOWN,
        1 => Dialect::set(&Style::ALL),
        n => Dialect::set(&[Style::ALL[n - 2]]),
    };
    parse(text, dialect);
    for language in ["sql", "plpgsql"] {
        parse(&format!("create function f() returns int language {language} as $f${text}$f$"), dialect);
        let quoted = text.replace('\'', "''");
        parse(&format!("create function f() returns int language {language} as '{quoted}'"), dialect);
    }
    parse(&format!("create function f() returns int begin atomic {text}; end"), dialect);
});

fn parse(text: &str, dialect: Dialect) {
    let parse = Parse::new(text, dialect);
    assert_eq!(parse.sql.len(), text.len());
    let mut end = 0;
    for parameter in &parse.parameters {
        assert!(parameter.span.start >= end && text.get(parameter.span.range()).is_some(), "{parameter:?} in {text:?}");
        end = parameter.span.end;
    }
    let errors = parse.body_errors();
    for error in errors.iter().chain(&parse.errors).chain(parse.syntax_errors()) {
        assert!(text.get(error.span.range()).is_some(), "{error:?} in {text:?}");
    }
    bodies(text, parse.bodies());
    let _ = parse.executable();
    analysis::analyze(&parse, &Catalog::default());
}

/// Bodies, with those in them: every error stands in the text, and maps to the text around.
fn bodies(around: &str, found: &[Body]) {
    for body in found {
        for error in body.errors() {
            assert!(body.text.get(error.span.range()).is_some(), "{error:?} in {:?}", body.text);
            let outer = body.to_outer(error.span);
            assert!(around.get(outer.range()).is_some(), "{error:?} at {outer:?} of {around:?}");
        }
        // What may stand there is told anywhere.
        for (offset, _) in body.text.char_indices().step_by(13) {
            let expected = plpgsql::expect::expect(&body.text, offset, body.signature());
            if let Some(piece) = expected.and_then(|expected| expected.piece) {
                piece.expected(&body.text);
            }
        }
        bodies(&body.text, body.bodies());
    }
}
