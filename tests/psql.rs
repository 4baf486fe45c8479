//! Statements are cut where psql cuts them: real psql sends its queries to a server that writes them down.

#[path = "support/psql.rs"]
mod psql;

use std::cell::RefCell;

use pgwright::syntax::boundary::{self, Part};
use pgwright::syntax::psql::Effect;
use pgwright::syntax::{Script, StatementKind, grammar};
use proptest::prelude::*;
use psql::{Sent, Server};

/// How many COPYs of a query read from the client, as the server's own grammar has it.
fn copies(query: &str) -> usize {
    let (tokens, _) = grammar::scan(query);
    let words: Vec<String> = tokens
        .iter()
        .filter(|token| !token.is_comment())
        .map(|token| query[token.span.range()].to_lowercase())
        .collect();
    let mut depth = 0usize;
    let mut count = 0;
    for statement in words.split(|word| {
        depth = match word.as_str() {
            "(" => depth + 1,
            ")" => depth.saturating_sub(1),
            _ => depth,
        };
        word == ";" && depth == 0
    }) {
        let from_client = statement.windows(2).enumerate().any(|(n, pair)| {
            let before = &statement[..n];
            let open = before.iter().filter(|word| *word == "(").count();
            let closed = before.iter().filter(|word| *word == ")").count();
            open <= closed && pair[0] == "from" && matches!(pair[1].as_str(), "stdin" | "stdout")
        });
        count += usize::from(from_client && statement[0] == "copy");
    }
    count
}

/// What psql is to send of `text`, by our statements: its queries, and the data of all its COPYs.
fn by_our_statements(text: &str) -> (Vec<String>, String) {
    let script = Script::from(text);
    let mut queries = Vec::new();
    let mut data = String::new();
    let mut query = String::new();
    let mut previous = String::new();
    let mut send = |query: &mut String, previous: &mut String| {
        if !visible(query).is_empty() {
            *previous = visible(query);
        }
        query.clear();
        queries.push(previous.clone());
    };
    for placed in script.statements() {
        let text = script.document().slice(placed.span());
        let mut at = 0;
        for part in boundary::parts(&text) {
            match part {
                Part::Escape(span) => {
                    query += &text[at..span.start];
                    at = span.end;
                }
                Part::Semicolon(span) => {
                    query += &text[at..span.end];
                    at = span.end;
                    send(&mut query, &mut previous);
                }
                Part::Data(span) => {
                    query += &text[at..span.start];
                    at = span.end;
                    data += &text[span.range()];
                }
                Part::Command(command) => {
                    query += &text[at..command.start];
                    at = command.end;
                    match command.effect() {
                        Some(Effect::Sends) => send(&mut query, &mut previous),
                        Some(Effect::Discards) => query.clear(),
                        Some(Effect::Copies) => {
                            let line = command.arguments.first().map_or("", |line| &text[line.span.range()]);
                            let mut copy = format!("copy {line}").replace("stdout", "stdin");
                            send(&mut copy, &mut String::new());
                        }
                        _ => {}
                    }
                }
            }
        }
        query += &text[at..];
    }
    if !visible(&query).is_empty() {
        send(&mut query, &mut previous);
    }
    (queries, without_end_marks(&data))
}

/// A query as psql sends it, without its white space: what is there of it depends on where its lines were.
fn visible(query: &str) -> String {
    let mut rest = query.trim_start_matches('\u{feff}').trim_start();
    while rest.starts_with("--") {
        rest = rest.find(['\n', '\r']).map_or("", |end| rest[end..].trim_start());
    }
    // What it asks of a variable that is not set, psql answers.
    let rest = rest.replace(":{?x}", "FALSE").replace(":{?begin}", "FALSE");
    rest.chars().filter(|c| !c.is_ascii_whitespace() && *c != '\u{b}').collect::<String>().to_lowercase()
}

/// psql of some versions sends the line `\.` too.
fn without_end_marks(data: &str) -> String {
    data.split_inclusive('\n').filter(|line| !matches!(line.trim_end(), "\\.")).collect()
}

fn by_psql(server: &Server, text: &str) -> (Vec<String>, String) {
    let mut queries = Vec::new();
    let mut data = String::new();
    for sent in server.run(text.as_bytes()) {
        match sent {
            Sent::Query(query) => queries.push(visible(&query)),
            Sent::Data(more) => data += &more,
        }
    }
    (queries, without_end_marks(&data))
}

#[test]
fn tricky_scripts_are_cut_as_psql_cuts_them() {
    let server = Server::start(copies);
    for (text, queries) in [
        ("select 1;select 2; select 3", 3),
        ("select ';', \";\", E'\\';', $a$;$a$, $$;$$, $1;x", 2),
        ("select 'a''b;', U&'\\', b';', n';'; x", 2),
        // An escape string does not go on as one on the next line.
        ("select e'a'\n'b\\';'\n;", 2),
        ("select e'a''\\'';';", 2),
        ("copy a from stdin; select 'a\n1'\n\\.\n'; /* b\n */ x", 3),
        ("/* ; /* ; */ ; */ select 1 -- ;\n;\n", 1),
        ("-- c\rselect 1;-- d\nselect 2;", 2),
        ("create rule r as on insert to t do (select 1; select 2); x", 2),
        ("create function f() begin atomic select case when a then 1 end; end; x", 2),
        ("create or replace procedure f() begin atomic; case; end; end; x", 2),
        ("create function \"begin\"() begin; end; x", 2),
        ("create e'' function f() begin; end;", 1),
        ("create function f(a begin) x; y;", 2),
        ("select 1\\; create function f() begin; end; x;", 2),
        ("create function :begin f() :'begin' :\"begin\" :{?begin} a::int; x;", 2),
        ("create function f() a::begin; end; x;", 2),
        ("select 1a$$;\nselect $1a$$;\nselect 2$$; $$;\nselect 1.5a$$; select .5a$$; select 1..e'\\';", 6),
        ("select a$b$c; x; select $é$;$é$; select $1$; $", 5),
        ("select 1 \\g\nselect 2 \\gx \\echo a\nselect 3 \\gset p_\nselect 4 \\gdesc\nselect 5 \\gexec\n", 5),
        ("select 1 \\set x 1\n, 2;", 1),
        ("select 1 \\echo a \\\\ , 2;", 1),
        ("select 1\n\\echo a \\echo b\n, 2;", 1),
        ("select 1 \\unknown a \\\\ ;\n, 2;", 1),
        ("select 1 \\echo 'a;\n, 2;", 1),
        ("select 1 \\! true ; \\g\n, 2;", 1),
        ("select 1 \\g |cat ; \\echo a\nselect 2;", 2),
        ("select 1 \\g (format=csv) |cat > /dev/null ; \\echo a\nselect 2;", 2),
        ("select 1 \\o |cat ; \\g\n;", 1),
        ("select 1 \\r\nselect 2;", 1),
        ("select (1 \\r\nselect 2; select (1 \\g\nselect 2;", 3),
        ("select (1\\; 2); select 3 \\; select 4\\; \\: x;", 2),
        ("\\set a 1 \\\\ select 1;\n\\echo b \\echo c\n\\echo ;\nselect 2;", 2),
        ("\\set a 1\rselect 1;\nselect 2;", 1),
        ("\\set a 1\r\nselect 1 \\g\r\nselect 2;\r\n", 2),
        ("/* c */ \\echo\nselect 1; /* d */ \\g\nselect 2;", 3),
        ("select 1; \\g\n\\g\n", 3),
        (";; ;", 3),
        ("select 1 \\q\nselect", 2),
        ("copy t (a) from stdin;\n1;\n\\N\n\\.\nselect 1;", 2),
        ("copy t from stdout;\r\n1\r\n\\.\r\nselect 1;", 2),
        ("copy t from stdin;\n1\n\\. \n \\.\n\\.x\n\\.\nselect 1;", 2),
        ("copy t from stdin -- c\n; -- d\n1\n\\.\nselect 1;", 2),
        ("copy t from stdin \\g\n1;\n\\.\nselect 1;", 2),
        ("copy t from stdin;\n1\n\\.", 1),
        ("copy a from stdin; copy b from stdin;\n1;\n\\.\n2;\n\\.\nselect 1;", 3),
        ("copy a from stdin\\; select 1\\; copy b from stdin;\n1;\n\\.\n2;\n\\.\nselect 1;", 2),
        ("copy a from stdin; select\n1;\n\\.\n 1;\nselect 2;", 3),
        ("copy a from stdin; \\echo a\n1;\n\\.\nselect 2;", 2),
        ("copy t to stdout; select 1;", 2),
        ("copy (select 1 from stdin) to stdout; select 1;", 2),
        ("\\copy t from stdin\n1;\n\\.\nselect 2;", 2),
        ("select 1 \\copy t (a) from stdin with (format csv)\n1;\n\\.\n, 2;", 2),
        ("\u{feff}select 1; select '😀;é';", 2),
        ("begin; case; end; commit;", 4),
        ("create schema s create table t (a int) create view v as select 1; x", 2),
    ] {
        let cut = by_psql(&server, text);
        // `\q` ends psql, and not the text.
        let ours = by_our_statements(text);
        let ours = (ours.0[..ours.0.len() - usize::from(text.contains("\\q"))].to_vec(), ours.1);
        assert_eq!(ours, cut, "{text}");
        assert_eq!(cut.0.len() + usize::from(text.contains("\\q")), queries, "{text}: {cut:?}");
    }
    assert!(server.folder().join("script.sql").exists());
}

#[test]
fn what_is_valid_is_one_statement() {
    let server = Server::start(copies);
    for text in [
        "select 1\n\n\n, 2;",
        "with a as (select 1)\n\nselect * from a;",
        "insert into t\nwith a as (select 1)\nselect * from a;",
        "explain\nselect 1;",
        "explain (analyze)\ninsert into t\nselect 1;",
        "create table t as\nwith a as (select 1)\nselect * from a;",
        "create view v as\nselect 1\nintersect\nselect 2\nunion all\nvalues (3);",
        "select a.update, a.delete\nfrom a;",
        "create schema s\ncreate table t (a int)\ncreate view v as select 1;",
        "insert into t select 1\non conflict do nothing\nreturning *;",
        "create function f() returns int\nlanguage sql\nbegin atomic\nselect 1;\nselect case when true then 1 end;\nend;",
        "create rule r as on insert to t do also (delete from u; update u set a = 1);",
        "grant select\non t\nto u;",
        "merge into t using u on true\nwhen matched then update set a = 1\nwhen not matched then insert values (1);",
    ] {
        assert!(grammar::check(text).is_ok(), "{text}");
        let script = Script::from(text);
        let kinds: Vec<_> = script.statements().map(|placed| placed.statement.kind).collect();
        assert_eq!(kinds, [StatementKind::Sql], "{text}");
        assert_eq!(by_psql(&server, text).0.len(), 1, "{text}");
    }
}

/// Pieces of which none, in any order, makes psql touch anything: no `\i`, no `\g` with a file, no shell.
const PIECES: &[&str] = &[
    "'",
    "'",
    "\"",
    "e'",
    "U&'",
    "u&\"",
    "b'",
    "n'",
    "$$",
    "$a$",
    "$é$",
    "$1",
    "$",
    "--",
    "/*",
    "*/",
    "-",
    "/",
    "*",
    "(",
    ")",
    ";",
    ";",
    ";\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    " ",
    "begin ",
    "begin atomic ",
    "end ",
    "end;",
    "case ",
    "create ",
    "create function f() ",
    "create or replace procedure p ",
    "or ",
    "function ",
    "select ",
    "1",
    "1.5",
    "a",
    "é",
    "😀",
    ":x",
    ":'x'",
    ":\"",
    ":{?x}",
    "::",
    ":",
    "\\",
    "\\\\",
    "\\;",
    "\\:",
    "\\g\n",
    "\\gx \n",
    "\\gdesc\n",
    "\\r ",
    "\\set v 'b'",
    "\\set v 'b' \\\\",
    "\\echo q",
    "\\warn \"",
    "\\unknown ",
    "copy t from stdin;",
    "copy t from stdin;\n1\t;'\n\\.\n",
    "copy t from stdin \\g\n2\n\\.\n",
    "\\copy t from stdin\n3\n\\.\n",
    "\n\\.\n",
];

#[test]
fn random_texts_are_cut_as_psql_cuts_them() {
    let server = RefCell::new(Server::start(copies));
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 1..24);
    // It fails without a file of its own beside the sources.
    let config = ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(pieces in pieces)| {
        let text = pieces.concat();
        let ours = by_our_statements(&text);
        // A command that sends the query before it again: which one that is, no statement knows of another.
        let again = |pair: &[String]| pair[0] == pair[1] && pair[0].starts_with("copy");
        prop_assume!(!text.contains("\\g") || !ours.0.windows(2).any(again));
        prop_assert_eq!(ours, by_psql(&server.borrow(), &text), "{:?}", text);
    });
}
