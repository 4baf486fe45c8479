//! The command line: reports, exit codes, bad input.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

#[path = "support/postgres.rs"]
mod postgres;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn pgwright(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pgwright")).args(arguments).current_dir(dir).output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const USERS: &str = "create table users (id bigint primary key, name text, é text);\n";

#[test]
fn the_json_report_has_its_documented_shape() {
    let dir = folder(&[
        ("schema.sql", USERS),
        ("a.sql", "/* é */ select nme from users;\nalter table users alter id type int;\n"),
    ]);
    let output = pgwright(dir.path(), &["check", "--format", "json", "--schema", "schema.sql", "a.sql"]);
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    let expected = json!({"version": 1, "files": [{
        "path": "a.sql",
        "diagnostics": [{
            "start": 16, "end": 19,
            "range": {"start": {"line": 0, "character": 15}, "end": {"line": 0, "character": 18}},
            "severity": "error", "code": "42703", "message": "column \"nme\" does not exist",
            "hint": "Perhaps you meant to reference the column \"users.name\".",
            "fixes": [{"title": "Change to `name`", "edits": [{"start": 16, "end": 19, "text": "name"}]}],
        }],
        "statements": [
            {"start": 9, "end": 31, "tag": "SELECT", "effects": {
                "locks": [{"relation": "public.users", "mode": "ACCESS SHARE"}],
                "rewrites": [], "scans": [], "index_builds": []}},
            {"start": 32, "end": 68, "tag": "ALTER TABLE", "effects": {
                "locks": [{"relation": "public.users", "mode": "ACCESS EXCLUSIVE"}],
                "rewrites": ["public.users"], "scans": [], "index_builds": ["public.users"]}},
        ],
    }]});
    let mut found = report.clone();
    // The statement's first byte is that of its first token; the error of the second is another test's.
    found["files"][0]["diagnostics"].as_array_mut().unwrap().truncate(1);
    assert_eq!(found, expected, "{report:#}");
}

#[test]
fn the_text_report_shows_the_line_and_a_caret() {
    let dir = folder(&[("schema.sql", USERS), ("a.sql", "-- é\nselect\n  nme\nfrom users;\n")]);
    let output = pgwright(dir.path(), &["check", "--schema", "schema.sql", "a.sql"]);
    let shown = text(&output.stdout);
    assert!(shown.contains("error[42703]: column \"nme\" does not exist"), "{shown}");
    assert!(shown.contains("a.sql:3:3"), "{shown}");
    assert!(shown.contains("3 |   nme\n  |   ^^^"), "{shown}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn exit_codes_tell_errors_from_failures() {
    let dir = folder(&[("schema.sql", USERS), ("good.sql", "select name from users;"), ("bad.sql", "selec")]);
    fs::write(dir.path().join("latin1.sql"), b"select '\xe9';").unwrap();
    for (arguments, code, said) in [
        (&["check", "good.sql"][..], 0, ""),
        (&["check", "bad.sql"], 1, ""),
        (&["check", "nothing.sql"], 2, "nothing.sql is skipped: there is no such file"),
        (&["check", "latin1.sql", "bad.sql"], 2, "latin1.sql is skipped: it is not UTF-8 (line 1, byte 8)"),
        (&["check", "--schema", "nothing", "good.sql"], 2, "--schema"),
        (&["check", "--fromat", "json"], 2, "--fromat"),
        (&["check", "--database", "postgresql://127.0.0.1:1/x", "good.sql"], 2, "127.0.0.1"),
        (&["schema", "--format", "json"], 0, ""),
        (&["nonsense"], 2, "nonsense"),
        (&["--version"], 0, ""),
    ] {
        let output = pgwright(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {output:?}");
    }
    // A file that cannot be read does not stop the others.
    let output = pgwright(dir.path(), &["check", "--format", "json", "latin1.sql", "bad.sql"]);
    assert_eq!(report(&output)["files"][0]["path"], "bad.sql");
}

#[test]
fn a_migration_is_checked_at_its_place() {
    let dir = folder(&[
        ("m/1_a.sql", "create table t (a int);"),
        ("m/2_b.sql", "select a from t;\nalter table t rename a to b;\nselect a from t;"),
        ("m/10_c.sql", "select b from t;"),
        ("q.sql", "select b from t; select a from t;"),
    ]);
    let output = pgwright(dir.path(), &["check", "--format", "json", "--schema", "m", "m/2_b.sql", "q.sql"]);
    let report = report(&output);
    let starts = |n: usize| -> Vec<u64> {
        let diagnostics = report["files"][n]["diagnostics"].as_array().unwrap();
        diagnostics.iter().map(|diagnostic| diagnostic["start"].as_u64().unwrap()).collect()
    };
    assert_eq!((starts(0), starts(1)), (vec![53], vec![24]), "{report:#}");
    // A folder alone is its own history.
    let output = pgwright(dir.path(), &["check", "--format", "json", "m"]);
    let paths: Vec<_> =
        self::report(&output)["files"].as_array().unwrap().iter().map(|file| file["path"].clone()).collect();
    assert_eq!(paths, ["m/1_a.sql", "m/2_b.sql", "m/10_c.sql"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn odd_files_are_checked_too() {
    let dir = folder(&[
        ("empty.sql", ""),
        ("crlf.sql", "select 1;\r\nselect x y z;\r\n"),
        ("open.sql", "select 'never closed\nselect 1;"),
        ("bom.sql", "\u{feff}select 1;"),
        ("nul.sql", "select 1;\nselect \u{0};"),
        ("deep.sql", &format!("select {}1{};", "(".repeat(4000), ")".repeat(4000))),
        ("wide.sql", &format!("select 1{};", " + 1".repeat(2_000))),
        ("unfinished.sql", "select 1 +"),
    ]);
    for (name, codes) in [
        ("empty.sql", &[][..]),
        ("crlf.sql", &["42601"]),
        ("open.sql", &["42601"]),
        ("bom.sql", &[]),
        ("nul.sql", &["22021"]),
        ("deep.sql", &[]),
        ("wide.sql", &[]),
        ("unfinished.sql", &["42601"]),
    ] {
        let output = pgwright(dir.path(), &["check", "--format", "json", name]);
        let report = report(&output);
        let found: Vec<&str> = report["files"][0]["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|diagnostic| diagnostic["code"].as_str().unwrap())
            .collect();
        assert_eq!(found, codes, "{name}");
    }
}

#[test]
fn the_schema_of_a_history_is_that_of_the_database_it_makes() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/demo/shop");
        let mut migrations: Vec<_> =
            fs::read_dir(shop.join("db/migrations")).unwrap().map(|entry| entry.unwrap().path()).collect();
        migrations.sort();
        for migration in migrations {
            // One at a time, as CREATE INDEX CONCURRENTLY wants no transaction around it.
            server.execute_in(&database, &fs::read_to_string(migration).unwrap());
        }
        for format in ["json", "text"] {
            let folded = pgwright(&shop, &["schema", "--format", format]);
            let live = pgwright(&shop, &["schema", "--format", format, "--database", &server.url(&database)]);
            assert_eq!(live.status.code(), Some(0), "{live:?}");
            assert_eq!(text(&folded.stdout), text(&live.stdout), "{major}");
            assert!(folded.stdout.len() > 1000);
        }
    }
}
