//! The command line: reports, exit codes, bad input.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

#[path = "support/files.rs"]
mod files;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/verdict.rs"]
mod verdict;

use files::folder;

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
fn the_configured_version_decides_what_there_is() {
    let merge = "create table users (id int);\nmerge into users using (select 1) n(id) on n.id = users.id when matched then delete;\n";
    for (version, code) in [("14", 1), ("15", 0)] {
        let config = format!("postgres_version = {version}\n");
        let dir = folder(&[("pgwright.toml", config.as_str()), ("migrations/1_users.sql", merge)]);
        let output = pgwright(dir.path(), &["check", "migrations/1_users.sql"]);
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{shown}");
        assert_eq!(
            shown.contains("error[42601]: MERGE needs PostgreSQL 15, this is 14"),
            code == 1,
            "{shown}"
        );
    }
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
fn depth_and_size_are_no_danger() {
    let nested = |open: &str, inner: &str, close: &str, n: usize| {
        format!("select {}{inner}{};", open.repeat(n), close.repeat(n))
    };
    let chain = |first: &str, more: &str, n: usize| format!("select {first}{};", more.repeat(n));
    let listed = |n: usize, item: &dyn Fn(usize) -> String| (0..n).map(item).collect::<Vec<_>>().join(",");
    let columns = listed(1600, &|n| format!("c{n} int"));
    let numbers = listed(100_000, &|n| n.to_string());
    let rows = listed(100_000, &|n| format!("({n})"));
    let accepted = [
        nested("(", "1", ")", 9000),
        nested("(", "?", ")", 9000),
        nested("(select ", "1", ")", 2400),
        nested("case when true then ", "1", " end", 1000),
        nested("abs(", "1", ")", 2500),
        chain("1", "+1", 4000),
        chain("'a'", "||'a'", 3000),
        chain("1 where true", " and true", 100_000),
        chain("1 where true", " or true", 20_000),
        chain("1", " union all select 1", 8000),
        chain("1", "::int", 4900),
        chain("1", "::int", 12_000),
        chain("true", " is true", 9000),
        chain("'a'", " collate \"C\"", 6000),
        format!("select {}true;", "not ".repeat(9000)),
        format!("select * from {}(select 1) x{};", "(select * from ".repeat(1000), ") x".repeat(1000)),
        format!("create view v as select 1 as a{};", " union all select 1".repeat(5000)),
        format!("create table t ({columns}); select c1599 from t;"),
        format!("select 1 where 1 in ({numbers});"),
        format!("create table t (a int); insert into t (a) values {rows};"),
        format!("select '{}';", "x".repeat(10_000_000)),
    ];
    let refused = [
        (nested("(", "1", ")", 20_000), "42601"),
        (nested("(select ", "1", ")", 20_000), "42601"),
        (nested("case when true then ", "1", " end", 20_000), "42601"),
        (nested("abs(", "1", ")", 20_000), "42601"),
        (chain("1", "+1", 20_000), "54001"),
        (chain("'a'", "||'a'", 20_000), "54001"),
        (chain("1", " union all select 1", 20_000), "54001"),
        (chain("1", "::int", 20_000), "54001"),
    ];
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let server = verdict::Server::start(18);
    for (text, code) in
        accepted.iter().map(|text| (text, None)).chain(refused.iter().map(|(text, code)| (text, Some(*code))))
    {
        let said = server.verdict(&text.replace('?', "1")).map(|said| said.sqlstate);
        assert_eq!(said.as_deref(), code, "PostgreSQL of {}", &text[..40]);
        // What comes behind is looked at too.
        fs::write(&path, format!("{text}\nselec 1;")).unwrap();
        let output = pgwright(dir.path(), &["check", "--format", "json", "q.sql"]);
        let report = report(&output);
        let diagnostics = report["files"][0]["diagnostics"].as_array().unwrap();
        let shown: String = text.chars().take(40).collect();
        assert_eq!(diagnostics.len(), 1 + usize::from(code.is_some()), "{shown}: {diagnostics:?}");
        if let Some(code) = code {
            assert_eq!(diagnostics[0]["code"], code, "{shown}");
            let message = diagnostics[0]["message"].as_str().unwrap();
            assert!(message.ends_with("nested too deeply"), "{shown}: {message}");
        }
    }
}

#[test]
fn a_byte_order_mark_moves_no_column() {
    let dir = folder(&[("schema.sql", USERS), ("q.sql", "\u{feff}select nme from users;")]);
    let output = pgwright(dir.path(), &["check", "--format", "json", "q.sql"]);
    let found = &report(&output)["files"][0]["diagnostics"][0];
    // The mark has three bytes, and one UTF-16 unit, as editors that keep it count.
    assert_eq!((found["start"].as_u64(), found["code"].as_str()), (Some(10), Some("42703")));
    let output = pgwright(dir.path(), &["check", "q.sql"]);
    assert!(text(&output.stdout).contains("select nme from users;"), "{output:?}");
}

#[test]
fn what_is_no_text_is_said_and_the_rest_is_used() {
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain("create table u (a int);".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let dir = folder(&[
        ("m/1.sql", "create table t (a int);\nselect c from t;"),
        ("m/4.sql", "select b from t;"),
        ("q.sql", "select b from t;"),
    ]);
    fs::write(dir.path().join("m/2.sql"), &utf16).unwrap();
    fs::write(dir.path().join("m/3.sql"), b"-- \xff\n").unwrap();
    let output = pgwright(
        dir.path(),
        &["check", "--schema", "m", "m/1.sql", "m/2.sql", "m/3.sql", "q.sql", "m/4.sql"],
    );
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    for line in [
        "2.sql is not part of the schema: it is in UTF-16; save it as UTF-8",
        "3.sql is not part of the schema: it is not UTF-8 (line 1, byte 3)",
        "m/2.sql is skipped: it is in UTF-16; save it as UTF-8",
        "m/3.sql is skipped: it is not UTF-8 (line 1, byte 3)",
    ] {
        assert_eq!(said.matches(line).count(), 1, "{line}: {said}");
    }
    // The schema is what the others make.
    let errors: Vec<&str> = text(&output.stdout)
        .lines()
        .filter(|line| line.starts_with("error") || line.contains(" --> "))
        .collect();
    assert_eq!(
        errors,
        [
            "error[42703]: column \"c\" does not exist",
            " --> m/1.sql:2:8",
            "error[42703]: column \"b\" does not exist",
            " --> q.sql:1:8",
            "error[42703]: column \"b\" does not exist",
            " --> m/4.sql:1:8",
        ]
    );
}

#[test]
fn the_schema_of_a_history_is_that_of_the_database_it_makes() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        // What NOT NULL makes depends on the version.
        let config = format!("postgres_version = {major}\n[schema]\nmigrations = \"migrations\"\n");
        let shop = folder(&[("pgwright.toml", &config)]);
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/demo/shop/db/migrations");
        let mut migrations: Vec<_> =
            fs::read_dir(migrations).unwrap().map(|entry| entry.unwrap().path()).collect();
        migrations.sort();
        fs::create_dir(shop.path().join("migrations")).unwrap();
        for migration in migrations {
            // One at a time, as CREATE INDEX CONCURRENTLY wants no transaction around it.
            server.execute_in(&database, &fs::read_to_string(&migration).unwrap());
            let copy = shop.path().join("migrations").join(migration.file_name().unwrap());
            fs::copy(migration, copy).unwrap();
        }
        for format in ["json", "text"] {
            let folded = pgwright(shop.path(), &["schema", "--format", format]);
            let url = server.url(&database);
            let live = pgwright(shop.path(), &["schema", "--format", format, "--database", &url]);
            assert_eq!(live.status.code(), Some(0), "{live:?}");
            assert_eq!(text(&folded.stdout), text(&live.stdout), "{major}");
            assert!(folded.stdout.len() > 1000);
        }
    }
}

#[test]
fn a_stored_schema_stands_for_the_database() {
    let server = postgres::shared(15);
    let database = server.fresh_database();
    server.execute_in(
        &database,
        "CREATE TABLE users (id bigint PRIMARY KEY, name text);
         CREATE VIEW names AS SELECT name FROM users;
         CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now());
         INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, true)",
    );
    let url = server.url(&database);
    let dir = folder(&[
        ("pgwright.toml", "[schema]\nsnapshot = \"schema.json\"\n"),
        ("a.sql", "SELECT nme FROM names;\n"),
        ("broken.json", "{\"pgwright\": 99}"),
    ]);
    // Before there is one, that is said, and nothing is known.
    let without = pgwright(dir.path(), &["check", "a.sql"]);
    assert!(text(&without.stderr).contains("schema.snapshot: "), "{without:?}");
    assert_eq!(without.status.code(), Some(0));
    let written = pgwright(dir.path(), &["schema", "--database", &url, "--out", "schema.json"]);
    assert_eq!((written.status.code(), text(&written.stdout)), (Some(0), ""), "{written:?}");
    assert_eq!(said(dir.path(), &["a.sql"]), ["a.sql: nme: error: column \"nme\" does not exist"]);
    // It is the schema of the database, whatever prints it.
    for format in ["text", "json"] {
        let live = pgwright(dir.path(), &["schema", "--database", &url, "--format", format]);
        for stored in
            [&["schema", "--format", format][..], &["schema", "--schema", "schema.json", "--format", format]]
        {
            assert_eq!(text(&pgwright(dir.path(), stored).stdout), text(&live.stdout));
        }
    }
    let stored: Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("schema.json")).unwrap()).unwrap();
    assert_eq!(stored["ran"][0]["records"][0]["version"], json!("1"));
    // What was written of the same database is the same text.
    pgwright(dir.path(), &["schema", "--database", &url, "--out", "again.json"]);
    assert_eq!(
        fs::read(dir.path().join("again.json")).unwrap(),
        fs::read(dir.path().join("schema.json")).unwrap()
    );
    let broken = pgwright(dir.path(), &["schema", "--schema", "broken.json"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(
        text(&broken.stderr).contains("broken.json: written by another version of pgwright"),
        "{broken:?}"
    );
}

#[test]
fn a_block_that_certainly_fails_is_marked_where_it_does() {
    let dir = folder(&[
        (
            "migrations/1_a.sql",
            "DO $$\nDECLARE is_on bool := coalesce(current_setting('app.flag', true), 'false')::bool;\nBEGIN\n  \
             IF is_on THEN RETURN; END IF;\n  ALTER TABLE nothing ADD COLUMN é int;\nEND $$;\n",
        ),
        (
            "migrations/2_b.sql",
            "SET app.flag = 'true';\nDO $$ BEGIN IF current_setting('app.flag', true) = 'true' THEN RETURN; END IF; \
             DROP TABLE nothing; END $$;\nDO $$ BEGIN DROP TABLE nothing; EXCEPTION WHEN others THEN NULL; END $$;\n",
        ),
    ]);
    assert_eq!(
        said(dir.path(), &["--schema", "migrations", "migrations"]),
        ["migrations/1_a.sql: nothing: error: relation \"nothing\" does not exist"]
    );
}

/// What `pgwright check` says, a line each: file, text, message.
fn said(dir: &Path, arguments: &[&str]) -> Vec<String> {
    let output = pgwright(dir, &[&["check", "--format", "json"], arguments].concat());
    let mut said = Vec::new();
    for file in report(&output)["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        let written = fs::read_to_string(dir.join(path)).unwrap();
        for found in file["diagnostics"].as_array().unwrap() {
            let at = |key: &str| found[key].as_u64().unwrap() as usize;
            let (severity, message) =
                (found["severity"].as_str().unwrap(), found["message"].as_str().unwrap());
            let path = path.strip_prefix("./").unwrap_or(path);
            said.push(format!("{path}: {}: {severity}: {message}", &written[at("start")..at("end")]));
        }
    }
    said
}

#[test]
fn included_files_are_part_of_the_schema() {
    let nothing: &[&str] = &[];
    for (files, says) in [
        // A script of `\i` lines is the schema, whatever the order of names.
        (
            &[
                ("schema.sql", "\\i tables/users.sql\n\\ir views/active.sql\n"),
                ("tables/users.sql", "create table users (id int, name text);\n"),
                ("views/active.sql", "create view active as select id from users;\ncreate table nme ();\n"),
                ("q.sql", "select id from active; select nme from users;"),
            ][..],
            &["q.sql: nme: error: column \"nme\" does not exist"][..],
        ),
        // In a folder of migrations: those that another one includes do not run by themselves.
        (
            &[
                ("migrations/all.sql", "\\i tables/b.sql\n\\i tables/a.sql\n\\i more.sql\n"),
                ("migrations/more.sql", "create table more (z int);\n"),
                ("migrations/tables/a.sql", "create table a (b int, foreign key (b) references b);\n"),
                ("migrations/tables/b.sql", "create table b (id int primary key);\n"),
                ("q.sql", "select b, z from a, more; select y from b;"),
            ],
            &["q.sql: y: error: column \"y\" does not exist"],
        ),
        // With versions they do, unless they come first in another.
        (
            &[
                ("migrations/0_all.sql", "\\i 1_a.sql\n"),
                ("migrations/1_a.sql", "create table a (b int);\n"),
                (
                    "migrations/2_f.sql",
                    "create or replace function f() returns int language sql as 'select 1';\n",
                ),
                ("migrations/3_t.sql", "create table t (a int default f());\n"),
                (
                    "migrations/4_again.sql",
                    "\\ir 2_f.sql\n\\i ../functions/g.sql\nselect 1 from t, nothing;\n",
                ),
                (
                    "functions/g.sql",
                    "create or replace function g() returns int language sql as 'select 1';\n",
                ),
            ],
            &["migrations/4_again.sql: nothing: error: relation \"nothing\" does not exist"],
        ),
        // Files outside of the history are checked where another one includes them.
        (
            &[
                ("migrations/1.sql", "create table users (id int);\n"),
                ("tests/run.sql", "create temp table seen (n int);\n\\i helper.sql\nselect m from made;\n"),
                ("tests/helper.sql", "create table made (m int); select n from seen; select o from users;\n"),
            ],
            &["tests/helper.sql: o: error: column \"o\" does not exist"],
        ),
        // What a plan names runs by itself.
        (
            &[
                (
                    "sqitch.plan",
                    "%syntax-version=1.0.0\n%project=p\n\na 2024-01-01T00:00:00Z x <x> # a\nb 2024-01-01T00:00:00Z x <x> # b\n",
                ),
                ("deploy/a.sql", "create table if not exists a (x int);\n"),
                ("deploy/b.sql", "\\ir a.sql\nalter table a add column y int;\n"),
                ("q.sql", "select x, y from a; select z from a;"),
            ],
            &["q.sql: z: error: column \"z\" does not exist"],
        ),
        (
            &[
                ("migrations/1.sql", "\\i :file\n\\i /opt/schema.sql\n\\i `echo x`\nselect 1 from t;\n"),
                ("q.sql", "select 1 from t;"),
            ],
            nothing,
        ),
        (
            &[("migrations/1.sql", "\\i nope.sql\n\\foo\n"), ("q.sql", "select 1 from t;")],
            &[
                "migrations/1.sql: nope.sql: warning: nope.sql: No such file or directory",
                "migrations/1.sql: \\foo: warning: invalid command \\foo",
            ],
        ),
    ] {
        let dir = folder(files);
        assert_eq!(said(dir.path(), &[]), says, "{files:?}");
    }
}

#[test]
fn the_schema_of_included_files_is_printed() {
    let dir = folder(&[
        ("all.sql", "\\i a.sql\n\\if :x\n\\else\n\\endif\n"),
        ("a.sql", "create table a (b int);\n"),
    ]);
    let output = pgwright(dir.path(), &["schema", "--schema", "all.sql"]);
    assert!(text(&output.stdout).contains("b  integer"), "{output:?}");
    // psql's warnings are none of those that end a run.
    fs::write(dir.path().join("w.sql"), "\\foo\n").unwrap();
    assert_eq!(pgwright(dir.path(), &["check", "w.sql"]).status.code(), Some(0));
}

#[test]
fn queries_are_described() {
    let dir = folder(&[
        (
            "migrations/1_users.sql",
            "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20), home int[]);",
        ),
        (
            "q.sql",
            "SELECT id, name, count(*) FROM users WHERE name = $1 GROUP BY 1, 2;\n\nUPDATE users SET name = :name WHERE \
             id = :id RETURNING home;\nSELECT lower(id) FROM users;\nVACUUM;\n",
        ),
    ]);
    let output = pgwright(dir.path(), &["describe", "q.sql"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        text(&output.stdout),
        "q.sql:1 SELECT\n  $1 text\n  → id bigint NOT NULL\n  → name character varying(20)\n  → count bigint NOT NULL\n\
         q.sql:3 UPDATE\n  :name character varying\n  :id bigint\n  → home integer[]\n\
         q.sql:4 SELECT\n  → lower unknown\n  error[42883]: function lower(bigint) does not exist\n"
    );
    let output = pgwright(dir.path(), &["describe", "q.sql", "--format", "json"]);
    let json: Value = report(&output);
    let first = &json["files"][0]["statements"][0];
    assert_eq!(
        first["columns"][1],
        json!({ "name": "name", "type": "character varying(20)", "nullable": true })
    );
    assert_eq!(first["parameters"][0]["type"], "text");
    assert_eq!(json["files"][0]["statements"][2]["columns"][0]["type"], Value::Null);
    let output = pgwright(dir.path(), &["describe", "nothing.sql"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    use std::io::Read;
    // More than a pipe holds.
    let tables: String =
        (0..3000).map(|n| format!("create table a_table_with_a_long_name_{n} (id int);\n")).collect();
    let dir = folder(&[("schema.sql", &tables)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_pgwright"))
        .args(["schema", "--schema", "schema.sql"])
        .current_dir(dir.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(141), ""));
}
