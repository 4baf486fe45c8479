//! Statements are cut where psql cuts them: real psql sends its queries to a server that writes them down.

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/psql.rs"]
mod psql;

use std::cell::RefCell;
use std::path::Path;
use std::process::Command;

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
        ("/* a", 1),
        ("select 1;\n/* a; /* b */\nselect 2;", 2),
        ("-- a\n/* b", 1),
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
        // Its COPY may stand behind a `\;`.
        let again = |pair: &[String]| pair[0] == pair[1] && pair[0].contains("copytfromstd");
        prop_assume!(!text.contains("\\g") || !ours.0.windows(2).any(again));
        // A query that the server cannot read copies nothing, and what stands behind it is no data.
        let is_refused = |query: &String| query.contains("copytfromstd") && grammar::scan(query).1.is_some();
        prop_assume!(!ours.0.iter().any(is_refused));
        prop_assert_eq!(ours, by_psql(&server.borrow(), &text), "{:?}", text);
    });
}

#[test]
fn a_dump_is_an_ordinary_file() {
    let database = postgres::Postgres::start(15);
    database.execute(
        r#"
        create schema "odd;schema";
        create type mood as enum ('sad', 'it''s;ok');
        create table "odd;schema"."t;\" (id bigint generated always as identity, "a\;b" text, m mood);
        insert into "odd;schema"."t;\" ("a\;b") values
            (E'\\.'), (E'\n\\.\n'), (E'a\rb\r\n'), (''), (null), (E'\x01\x7f'), ('é😀;'), (E'\\g\n\\set x'), (''';');
        create table parts (a int, b text default ';') partition by range (a);
        create table parts_1 partition of parts for values from (0) to (10);
        insert into parts values (1, 'x');
        create function atomic(a int) returns int begin atomic; select case when a > 0 then 1 else 2 end; end;
        create procedure p(inout x int) language plpgsql as $f$ begin x := 1; perform $$;$$; end; $f$;
        create view v as with x as (select 1 as n) select n, 'a\;' as s from x;
        create rule r as on delete to parts do also (select 1; select 2);
        create function fires() returns trigger language plpgsql as 'begin return new; end';
        create trigger fires before update on parts for each row when (new.a > 0) execute function fires();
        alter table parts enable row level security;
        create policy own on parts using (b = current_user);
        comment on table parts is 'a;
        \. ''b''';
        "#,
    );
    let server = Server::start(copies);
    for options in
        [&["--create", "--clean"][..], &["--inserts"], &["--schema-only", "--quote-all-identifiers"]]
    {
        let dump = Command::new("pg_dump")
            .args(options)
            .arg(database.url("postgres"))
            .output()
            .expect("pg_dump is there (.ci/install.sh postgres)");
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let text = String::from_utf8(dump.stdout).expect("a dump in UTF-8");
        let ours = by_our_statements(&text);
        assert!(ours.0.len() > 30);
        // The server here is too little for `\connect`, and behind `\restrict` psql takes no stand-in for it.
        let free = text.replace("\\restrict", "\\echo").replace("\\unrestrict", "\\echo");
        assert_eq!(ours, by_psql(&server, &free.replace("\\connect", "\\echo")));

        no_findings(server.folder(), &text);
    }
    // All databases of a server, one behind the other: tables of the same names are not the same.
    database.execute("create database second");
    database.execute_in("second", "create table parts (x int); create view v as select x from parts");
    let dump = Command::new("pg_dumpall")
        .args(["-d", &database.url("postgres")])
        .output()
        .expect("pg_dumpall is there (.ci/install.sh postgres)");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let text = String::from_utf8(dump.stdout).expect("a dump in UTF-8");
    assert!(text.matches("\\connect").count() >= 3);
    no_findings(server.folder(), &text);
    // Behind it nobody knows which of them is meant.
    std::fs::write(server.folder().join("all.sql"), &text).expect("the dump can be written");
    let query = "select x, b from parts; select nothing from nowhere;";
    let found = findings(server.folder(), query, &["--schema", "all.sql"]);
    assert!(found.is_empty(), "{found:#?}");
}

fn no_findings(folder: &Path, text: &str) {
    let found = findings(folder, text, &[]);
    assert!(found.is_empty(), "{found:#?}");
}

/// What `pgwright check` finds in a text.
fn findings(folder: &Path, text: &str, arguments: &[&str]) -> Vec<serde_json::Value> {
    let file = folder.join("checked.sql");
    std::fs::write(&file, text).expect("the file can be written");
    let check = Command::new(env!("CARGO_BIN_EXE_pgwright"))
        .args(["check", "--format", "json"])
        .args(arguments)
        .arg(&file)
        .current_dir(folder)
        .output()
        .expect("pgwright can be started");
    let report: serde_json::Value = serde_json::from_slice(&check.stdout).expect("JSON");
    report["files"][0]["diagnostics"].as_array().expect("a list").clone()
}

/// What real psql says when it runs a file of a folder: the file, and the message.
fn psql_says(database: &postgres::Postgres, name: &str, folder: &Path, file: &str) -> Vec<String> {
    let output = Command::new("psql")
        .args(["-X", "-q", "-d", &database.url(name), "-f", file])
        .current_dir(folder)
        .env("PGOPTIONS", "-c client_min_messages=error")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("psql is there (.ci/install.sh postgres)");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = said.lines().filter_map(|line| line.strip_prefix("psql:"));
    lines
        .map(|line| {
            let (place, message) = line.split_once(": ").expect("a place and a message");
            let message = message.trim_start_matches("error: ").trim_start_matches("ERROR:  ");
            let file = place.split(':').next().unwrap_or(place);
            format!("{}: {message}", file.rsplit('/').next().unwrap_or(file))
        })
        .collect()
}

#[test]
fn included_files_say_what_psql_says() {
    let database = postgres::Postgres::start(15);
    for (n, files) in [
        &[
            ("main.sql", "create table t (a int);\n\\i sub/a.sql\nselect c from t;\nselect b from u; select a from u;\n"),
            ("sub/a.sql", "alter table t add column b int;\n\\ir b.sql\n\\i sub/b.sql\nselect a, b from t;\n"),
            ("sub/b.sql", "create table if not exists u (b int);\n"),
        ][..],
        &[
            ("main.sql", "begin;\n\\i a.sql\n\\i nope.sql\n\\ir 'sub'/nope.sql\n"),
            ("a.sql", "create table t (a int);\nsavepoint s;\nalter table t drop column a;\nrollback to s;\nselect a from t;\ncommit;\n"),
        ],
        &[
            ("main.sql", "select 1 \\i a.sql\n as one, a from t;\n\\if false\nselect x from nothing;\n\\i nope.sql\n\\nonsense\n\\elif true\n\\i b.sql\n\\else\nselec;\n\\endif\nselect b, c from t;\n"),
            ("a.sql", "create table t (a int);\n"),
            ("b.sql", "alter table t add column b int;\n\\if off\n\\q\n\\endif\nalter table t add column c int;\n\\q\nselec;\n"),
        ],
        &[
            ("main.sql", "create table t (a int);\ncreate temp table s (a int);\n\\c -\nselect a from t;\nselect a from s;\n\\foo\n\\i\n\\endif\n\\else\n\\dt* nothing.nothing\n"),
        ],
        &[
            ("main.sql", "create database other_db;\ncreate table t (a int);\n\\c other_db\nselect a from t;\ncreate table t (b int);\nselect b from t;\nselect a from t;\n"),
        ],
        &[
            ("main.sql", "\\set AUTOCOMMIT off\ncreate table t (a int);\nrollback;\nselect a from t;\nrollback;\ncreate table t (b int);\ncommit;\n\\set AUTOCOMMIT on\nrollback;\nselect b from t;\n"),
        ],
        &[
            ("main.sql", "\\cd sub\n\\i a.sql\n\\i sub/a.sql\nselect a from t;\n"),
            ("sub/a.sql", "create table if not exists t (a int);\nselect b from t;\n"),
        ],
    ]
    .iter()
    .enumerate()
    {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files.iter() {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("the file can be written");
        }
        let name = format!("included_{n}");
        database.execute(&format!("create database {name}"));
        let mut theirs = psql_says(&database, &name, folder.path(), "main.sql");
        let check = Command::new(env!("CARGO_BIN_EXE_pgwright"))
            .args(["check", "--format", "json", "--schema", "main.sql", "."])
            .current_dir(folder.path())
            .output()
            .expect("pgwright can be started");
        let report: serde_json::Value = serde_json::from_slice(&check.stdout).expect("JSON");
        let mut ours = Vec::new();
        for file in report["files"].as_array().expect("a list") {
            let path = file["path"].as_str().expect("a path").rsplit('/').next().expect("a name");
            for found in file["diagnostics"].as_array().expect("a list") {
                ours.push(format!("{path}: {}", found["message"].as_str().expect("a message")));
            }
        }
        // What psql says of no table to list, and what a server does not say of a ROLLBACK.
        theirs.retain(|said| !said.contains("Did not find any"));
        for says in [&mut theirs, &mut ours] {
            says.sort();
        }
        assert_eq!(ours, theirs, "{files:?}");
    }
}

/// What psql 15 does not know and psql 16 to 18 do.
const NEWER: [&str; 21] = [
    "bind", "dAx", "dFx", "dPx", "dfx", "drg", "drg*", "drg+", "drg+q", "drg7", "drg;", "drgS", "drgS+",
    "drgq", "drgt", "drgx", "listx", "lo_listx", "lx", "zS", "zx",
];

#[test]
fn commands_that_psql_knows_are_known() {
    let database = postgres::Postgres::start(15);
    let folder = tempfile::tempdir().expect("a folder");
    // Commands that ask nothing of a terminal, with letters that mean something and with others.
    let stems = [
        "d",
        "dA",
        "dAc",
        "da",
        "db",
        "dc",
        "dconfig",
        "dC",
        "dd",
        "dD",
        "ddp",
        "dE",
        "de",
        "des",
        "det",
        "deu",
        "dew",
        "df",
        "dF",
        "dFd",
        "dFp",
        "dFt",
        "dg",
        "di",
        "dl",
        "dL",
        "dm",
        "dn",
        "do",
        "dO",
        "dp",
        "dP",
        "dr",
        "drds",
        "drg",
        "dR",
        "dRp",
        "dRs",
        "ds",
        "dt",
        "dT",
        "du",
        "dv",
        "dx",
        "dX",
        "dy",
        "dq",
        "dQ",
        "l",
        "list",
        "z",
        "sf",
        "sv",
        "g",
        "gx",
        "set",
        "echo",
        "lo_list",
        "conninfo",
        "p",
        "r",
        "timing",
        "encoding",
        "qecho",
        "warn",
        "unset",
        "foo",
        "html",
        "H",
        "if",
        "i",
        "ir",
        "include",
        "errverbose",
        "copyright",
        "pset",
        "watch",
        "bind",
        "gdesc",
        "gset",
    ];
    let endings = ["", "+", "S", "x", "S+", "t", "*", "q", "+q", "7", ";"];
    let names: Vec<String> =
        stems.iter().flat_map(|stem| endings.iter().map(move |ending| format!("{stem}{ending}"))).collect();
    let script: String = names.iter().map(|name| format!("\\{name}\n\\r\n")).collect();
    std::fs::write(folder.path().join("main.sql"), script).expect("the script can be written");
    let said = psql_says(&database, "postgres", folder.path(), "main.sql");
    let invalid: Vec<&str> =
        said.iter().filter_map(|said| said.split_once("invalid command \\")).map(|(_, name)| name).collect();
    assert!(invalid.len() > 100, "{said:?}");
    for name in &names {
        let is_known = pgwright::syntax::psql::lookup(name).is_some();
        let is_invalid = invalid.contains(&name.as_str());
        assert_eq!(is_known, !is_invalid || NEWER.contains(&name.as_str()), "\\{name}");
    }
}
