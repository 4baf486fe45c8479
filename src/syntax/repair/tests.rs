//! What is said of statements that do not parse, and what is offered.

use proptest::prelude::*;

use super::*;
use crate::syntax::{Dialect, Parse, Script, StatementKind};

/// The text with a fix made.
fn fixed(text: &str, fix: &Fix) -> String {
    Changed::new(text, &fix.edits).text
}

/// The token of each error, where the text ends `""`.
fn tokens(parse: &Parse) -> Vec<&str> {
    parse.syntax_errors().iter().map(|error| &parse.text[error.span.range()]).collect()
}

#[test]
fn an_error_has_the_fix_that_was_meant() {
    let mut wrong = Vec::new();
    for (text, token, meant) in [
        // Misspelt keywords, in the user's case.
        ("selct 1", "selct", "select 1"),
        ("SELCT a FROM t", "SELCT", "SELECT a FROM t"),
        ("Selct a from t", "Selct", "Select a from t"),
        ("select a form t where a = 1", "t", "select a from t where a = 1"),
        ("select * from t wehre a = 1", "a", "select * from t where a = 1"),
        ("select * from t where a = 1 oder by a", "oder", "select * from t where a = 1 order by a"),
        ("select a, count(*) from t group bye a", "bye", "select a, count(*) from t group by a"),
        ("create tabel t (a int)", "tabel", "create table t (a int)"),
        ("insert into t vlaues (1)", "vlaues", "insert into t values (1)"),
        ("udpate t set a = 1", "udpate", "update t set a = 1"),
        ("delete form t", "form", "delete from t"),
        ("select * from t groupby a", "a", "select * from t group by a"),
        // Commas.
        ("select a, b, from t", "from", "select a, b from t"),
        ("insert into t (a, b,) values (1, 2)", ")", "insert into t (a, b) values (1, 2)"),
        ("create table t (\n  a int,\n  b int,\n)", ")", "create table t (\n  a int,\n  b int\n)"),
        ("create table t (\n  a int\n  b int\n)", "b", "create table t (\n  a int,\n  b int\n)"),
        ("insert into t values (1, 2) (3, 4)", "(", "insert into t values (1, 2), (3, 4)"),
        ("select a,, b from t", ",", "select a, b from t"),
        // Brackets.
        ("select count(* from t", "from", "select count(*) from t"),
        ("select (1 + 2;", ";", "select (1 + 2);"),
        ("select count(*)) from t", ")", "select count(*) from t"),
        ("insert into t values (1, 2", "", "insert into t values (1, 2)"),
        ("select a[1 from t", "from", "select a[1] from t"),
        // A bracket and a keyword at one token.
        ("select a from t where (b = 1 oder by a", "oder", "select a from t where (b = 1) order by a"),
        ("insert into t (a, b valeus (1, 2)", "valeus", "insert into t (a, b) values (1, 2)"),
        // Quotes.
        ("select 'abc", "'abc", "select 'abc'"),
        ("select \"a from t", "\"a from t", "select \"a\" from t"),
        ("select `a` from t", "from", "select \"a\" from t"),
        ("select `a`, `b` from `t` where `c` = 1", ",", "select \"a\", \"b\" from \"t\" where \"c\" = 1"),
        // Reserved words as names.
        ("create table user (a int)", "user", "create table \"user\" (a int)"),
        ("create table t (order int, b int)", "order", "create table t (\"order\" int, b int)"),
        // Other systems' SQL.
        ("update t set a == 1 where b = 2", "==", "update t set a = 1 where b = 2"),
        ("select * from t limit 10, 20", "limit", "select * from t limit 20 offset 10"),
        ("SELECT a FROM t LIMIT 5, 7;", "LIMIT", "SELECT a FROM t LIMIT 7 OFFSET 5;"),
        // Two statements without a semicolon between.
        ("select a from t\nselect b from u", "select", "select a from t;\nselect b from u"),
        (
            "insert into t values (1)\nupdate t set a = 2;",
            "update",
            "insert into t values (1);\nupdate t set a = 2;",
        ),
    ] {
        let parse = Parse::new(text, Dialect::UNKNOWN);
        let fixes = &parse.syntax_errors()[0].fixes;
        let results: Vec<String> = fixes.iter().map(|fix| fixed(text, fix)).collect();
        if tokens(&parse) != [token] || results.first().is_none_or(|first| first != meant) {
            wrong.push(format!("{text}: at {:?}, {results:?}", tokens(&parse)));
        }
        for result in &results {
            assert!(grammar::check(result).is_ok(), "{text}: {result}");
        }
        assert!(parse.node().is_none(), "{text} is parsed as it was written");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn several_errors_are_each_on_their_token() {
    for (text, expected) in [
        ("selct a, b from t where a = 1 oder by b", &["selct", "oder"][..]),
        ("select a,, b from t where (a = 1 order by b", &[",", "order"]),
        ("create table t (a int, b int primry key, c text not nul, d int)", &["primry", "nul"]),
        ("insert into t (a, b,) values (1, 2, 3,), (4, 5, 6)", &[")", ")"]),
        ("select count(* from t where a = 1 and b = 2 group bye a having count(*) > 1", &["from", "bye"]),
    ] {
        let parse = Parse::new(text, Dialect::UNKNOWN);
        assert_eq!(tokens(&parse), expected, "{text}");
        let errors = parse.syntax_errors();
        for (error, token) in errors.iter().zip(expected) {
            assert_eq!(error.message, format!("syntax error at or near \"{token}\""), "{text}");
            assert_eq!(error.sqlstate, "42601");
        }
        let edits: Vec<TextEdit> = errors.iter().flat_map(|error| error.fixes[0].edits.clone()).collect();
        let all = Changed::new(text, &edits).text;
        assert!(grammar::check(&all).is_ok(), "{text}: {all}");
    }
}

#[test]
fn hints_say_what_was_expected() {
    for (text, hint, related) in [
        ("select a from t group a", "expected BY", None),
        ("select count(* from t", "expected ) to close (", Some(12)),
        ("select (\n1 + (2\n from t", "expected ) to close (", Some(13)),
        (
            "create table user (a int)",
            "\"user\" is a reserved word; as a name it stands in double quotes",
            None,
        ),
        ("select a from t\nselect b from u", "a semicolon is missing before this line", None),
        ("create table t (a int b int)", "a comma is missing before this", None),
        ("insert into t (a,) values (1)", "one comma too many", None),
        ("selct 1", "perhaps SELECT was meant by \"selct\"", None),
        ("select 'abc", "the quoted string has no end", None),
        ("select * from", "expected a table name", None),
    ] {
        let parse = Parse::new(text, Dialect::UNKNOWN);
        let error = &parse.syntax_errors()[0];
        let related_start = error.related.map(|span| span.start);
        assert_eq!((error.hint.as_deref(), related_start), (Some(hint), related), "{text}");
    }
}

#[test]
fn what_cannot_be_known_has_no_fix() {
    for text in ["select * from", "insert into t values (", "update t set a = where b = 1", "{}[]#", "("] {
        let parse = Parse::new(text, Dialect::UNKNOWN);
        for error in parse.syntax_errors() {
            for fix in &error.fixes {
                let result = fixed(text, fix);
                assert!(!result.contains(MISSING) && grammar::check(&result).is_ok(), "{text}: {result}");
            }
        }
    }
}

#[test]
fn placeholders_are_never_changed() {
    for text in [
        "selct * from t where a = :a and b = :b",
        "select * from t where a = $1 $2 and b = :'x' :y",
        "select * from :table wehre a in (:list) oder by :column",
        "select * from t where a = %(name)s and (b = %s",
        "select :a :b :c from t",
        "select * from t wehre a in %s and b in %s",
        "select * from t where (a=? and b=?",
        "selct a, ? from t where a=? oder by ?",
        "select * from t limit %s, %s",
        "select a sqlc.embed(t) form t wehre a = sqlc.arg(x)",
        "select sqlc.embed(t) b c, from t",
        "select a from t wehre a = 'x :b",
        "select a from t wehre a = @b or @c) \\gx",
    ] {
        let parse = Parse::new(text, Dialect::UNKNOWN);
        assert!(!parse.syntax_errors().is_empty(), "{text}");
        let all = parse.syntax_errors().iter().flat_map(|error| &error.fixes).flat_map(|fix| &fix.edits);
        for whole in ["sqlc.embed(t)", "\\gx"] {
            let Some(at) = text.find(whole) else { continue };
            for edit in all.clone() {
                assert!(!cuts(edit, Span::new(at, at + whole.len())), "{text}: {edit:?}");
            }
        }
        for edit in parse.syntax_errors().iter().flat_map(|error| &error.fixes).flat_map(|fix| &fix.edits) {
            for parameter in &parse.parameters {
                let apart = edit.span.end <= parameter.span.start || parameter.span.end <= edit.span.start;
                assert!(apart, "{text}: {edit:?} changes {}", parameter.text);
            }
        }
    }
}

#[test]
fn a_repaired_statement_leads_back_to_what_was_written() {
    let text = "select a, b, from orders o wehre o.total > 5 and (o.id = 7";
    let parse = Parse::new(text, Dialect::UNKNOWN);
    let (repaired, way) = parse.repaired().expect("it can be repaired");
    assert!(repaired.node().is_some());
    for word in ["select", "orders", "total", "id", "7"] {
        let at = way.sql.find(word).unwrap();
        assert_eq!(way.to_source(at), text.find(word).unwrap(), "{word} in {}", way.sql);
    }
    assert!(Parse::new("select 1", Dialect::UNKNOWN).repaired().is_none());
}

#[test]
fn placeholders_of_a_repaired_statement_are_parameters() {
    for text in [
        "select a form t where a=? and b=? or c=?",
        "select %s,%s form t where a =%s",
        "select :a, :b form t where a= :c",
    ] {
        let parse = Parse::new(text, Dialect::UNKNOWN);
        let (repaired, _) =
            parse.repaired().unwrap_or_else(|| panic!("{text}: {} {:?}", parse.sql, parse.syntax_errors()));
        let tree = format!("{:?}", repaired.node());
        for number in 1..=3 {
            assert!(tree.contains(&format!("ParamRef {{ number: {number},")), "{text}: {tree}");
        }
    }
}

#[test]
fn a_swallowed_placeholder_is_quoted_as_it_is_written() {
    let parse = Parse::new("select a from t where b = \"x and c = :y :z", Dialect::UNKNOWN);
    for error in parse.syntax_errors() {
        assert!(!error.message.contains("$"), "{error:?}");
    }
}

/// Statements end at semicolons; a script's are as many as it was written with.
#[test]
fn a_semicolon_is_missing_only_where_both_halves_parse() {
    for text in [
        "select a\nfrom t\nwhere a = 1 and\nselect b",
        "with a as (select 1)\ninsert into t select * form a",
        "explain\nselect 1 1 1",
    ] {
        let parse = Parse::new(text, Dialect::UNKNOWN);
        for error in parse.syntax_errors() {
            let titles: Vec<&str> = error.fixes.iter().map(|fix| fix.title.as_str()).collect();
            assert!(!titles.contains(&"Insert `;`"), "{text}: {titles:?}");
        }
    }
    let script = Script::from("select a from t\nselect b from u;\nselect c from v;");
    let statements = script.statements().filter(|placed| placed.statement.kind == StatementKind::Sql);
    assert_eq!(statements.count(), 2);
}

/// What a text of up to 10 kB may cost at most. The parser's own way through the text comes to it,
/// and what it takes once more where placeholders may be what is in the way.
const MOST_STEPS: u64 = STEPS + STEPS_AN_ERROR + STEPS / 2;

fn check_bounds(text: &str) {
    let parse = Parse::new(text, Dialect::UNKNOWN);
    let errors = parse.syntax_errors();
    let Some(first) = errors.first() else { return };
    assert_eq!(
        (first.span, &first.message, first.sqlstate),
        (parse.errors[0].span, &parse.errors[0].message, parse.errors[0].sqlstate),
        "{text}"
    );
    for error in errors {
        assert!(error.span.end <= text.len(), "{text}: {error:?}");
        assert!(text.is_char_boundary(error.span.start) && text.is_char_boundary(error.span.end));
        for edit in error.fixes.iter().flat_map(|fix| &fix.edits) {
            assert!(edit.span.end <= text.len(), "{text}: {edit:?}");
            assert!(text.is_char_boundary(edit.span.start) && text.is_char_boundary(edit.span.end));
        }
        if let [error] = errors
            && parse.parameters.is_empty()
        {
            for fix in &error.fixes {
                // An open quote may have swallowed other statements; theirs is another matter.
                let result = Script::from(&*fixed(text, fix));
                let code = result.at(fix.edits[0].span.start).map(|placed| result.code(&placed));
                let errors = code.map(|code| Parse::new(&code, Dialect::UNKNOWN).errors);
                assert!(errors.unwrap_or_default().is_empty(), "{text}: {fix:?}");
            }
        }
    }
    assert!(
        errors[1..].windows(2).all(|pair| pair[0].span.start <= pair[1].span.start),
        "{text}: {errors:?}"
    );
    if let Some((_, way)) = parse.repaired() {
        assert!(grammar::check(&way.sql).is_ok(), "{text}: {}", way.sql);
        assert!((0..=way.sql.len()).all(|offset| way.to_source(offset) <= text.len()));
    }
    let own = text.len() as u64 * 40;
    assert!(parse.repair_steps() <= MOST_STEPS + own, "{} steps for {text}", parse.repair_steps());
}

#[test]
fn the_worst_texts_are_bounded() {
    for text in [
        format!("select {}", "(".repeat(3000)),
        format!("select {}1 from{}", "(".repeat(1000), ")".repeat(1000)),
        "{}[]`\\;,.#".repeat(1000),
        "x ".repeat(5000),
        ",".repeat(10_000),
        "select ".repeat(1428),
        format!("select {}", "case when ".repeat(999)),
        format!("select 'abc\n{}", "where x = 'y' and \n".repeat(500)),
        format!("insert into t values {}", "(1, 'a' 2), ".repeat(800)),
        format!("select {}", "a b c, ) from ( ".repeat(600)),
    ] {
        check_bounds(&text);
    }
}

fn soup() -> impl Strategy<Value = String> {
    let words = [
        "select", "from", "where", "a", "b", "t", "(", ")", ",", ";", "'x'", "1", "+", "=", "==", "create",
        "table", "int", "insert", "into", "values", "update", "set", "group", "by", "oder", "slect", "case",
        "when", "then", "end", "[", "]", ".", ":x", "$1", "`", "é", "\"q\"", "'", "\"", "/*", "$$", "\n",
        "begin", "atomic", "not", "in", "null", "as", "with", "limit", "{", "\\", "user", "2fa", "::", "*",
        "?", "@a", "%s", "{x}",
    ];
    prop::collection::vec((prop::sample::select(words.to_vec()), any::<bool>()), 0..40).prop_map(|words| {
        words.iter().fold(String::new(), |text, (word, space)| text + word + if *space { "" } else { " " })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_is_written_has_a_bounded_answer(text in soup()) {
        check_bounds(&text);
    }
}
