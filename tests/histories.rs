//! Frameworks' histories from the command line: their order, what they make for themselves, what ran, drift.

use std::path::Path;
use std::process::{Command, Output};

use pgwright::catalog::diff;
use pgwright::workspace::framework::Framework;
use serde_json::Value;

#[path = "support/catalogs.rs"]
mod catalogs;
#[path = "support/files.rs"]
mod files;
#[path = "support/postgres.rs"]
mod postgres;

use files::folder;

fn pgwright(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pgwright")).args(arguments).current_dir(dir).output().unwrap()
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The codes and messages of a check, file by file.
fn check(dir: &Path, paths: &[&str]) -> Vec<(String, Vec<(String, String)>)> {
    let output = pgwright(dir, &[&["check", "--format", "json"], paths].concat());
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let files = report["files"].as_array().unwrap().iter();
    files
        .map(|file| {
            let found = file["diagnostics"].as_array().unwrap().iter();
            (
                word(&file["path"]),
                found.map(|found| (word(&found["code"]), word(&found["message"]))).collect(),
            )
        })
        .collect()
}

fn codes(dir: &Path, path: &str) -> Vec<String> {
    check(dir, &[path]).into_iter().flat_map(|(_, found)| found).map(|(code, _)| code).collect()
}

#[test]
fn odd_names_of_migrations_are_said_and_can_be_switched_off() {
    let files = [
        ("migrations/1_a.sql", "-- +goose Up\ncreate table a (id int);\n"),
        ("migrations/2_b.sql", "-- +goose Up\nselect id from a;\n"),
        ("migrations/2_c.sql", "-- +goose Up\nselect id from a;\n"),
        ("migrations/3_d.sql", "-- +goose Up\nselect id from a;\n"),
        ("migrations/5_e.sql", "-- +goose Up\nselect id from a;\n"),
    ];
    let dir = folder(&files);
    let output = pgwright(dir.path(), &["check", "migrations"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = text(&output);
    assert!(
        shown.contains("warning[migration-order]: two migrations have the version 2: also 2_c.sql"),
        "{shown}"
    );
    assert!(shown.contains("there is no migration 4 between 3_d.sql and this one"), "{shown}");
    assert!(shown.contains("1 | -- +goose Up\n  | ^^^^^^^^^^^^"), "{shown}");
    let dir = folder(&[&files[..], &[("pgwright.toml", "[rules]\nmigration-order = \"off\"\n")]].concat());
    assert_eq!(text(&pgwright(dir.path(), &["check", "migrations"])), "");
}

#[test]
fn histories_side_by_side_are_apart() {
    let dir = folder(&[
        ("services/a/migrations/1.sql", "create table users (a int);"),
        ("services/a/queries/q.sql", "select a from users; select b from users;"),
        ("services/b/db/migrations/1.sql", "create table users (b int);"),
        ("services/b/q.sql", "select a from users; select b from users;"),
        ("q.sql", "select c from users;"),
    ]);
    let found = check(dir.path(), &["."]);
    let of = |path: &str| {
        let (_, found) = found.iter().find(|(file, _)| file.ends_with(path)).unwrap();
        found.iter().map(|(_, message)| message.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of("services/a/queries/q.sql"), ["column \"b\" does not exist"]);
    assert_eq!(of("services/b/q.sql"), ["column \"a\" does not exist"]);
    // Nothing is known of what no history is above.
    assert_eq!(of("./q.sql"), [""; 0]);
    assert_eq!(of("services/b/db/migrations/1.sql"), [""; 0]);
    assert_eq!(codes(&dir.path().join("services"), "b/q.sql"), ["42703"]);
    let output = pgwright(dir.path(), &["schema"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("several histories"), "{output:?}");
}

#[test]
fn what_a_framework_makes_for_itself_is_there_but_no_part_of_the_schema() {
    let dir = folder(&[
        ("migrations/V1__a.sql", "create table a (id int);"),
        ("q.sql", "select script from flyway_schema_history; select nosuch from flyway_schema_history;"),
    ]);
    assert_eq!(codes(dir.path(), "q.sql"), ["42703"]);
    let shown = pgwright(dir.path(), &["schema"]);
    assert!(text(&shown).contains("public.a") && !text(&shown).contains("flyway"), "{shown:?}");
    // Where the migrations make it, theirs is the one.
    let dir = folder(&[
        ("migrations/V1__a.sql", "create table flyway_schema_history (id int);"),
        ("q.sql", "select id from flyway_schema_history;"),
    ]);
    assert_eq!(check(dir.path(), &["."]).iter().map(|(_, found)| found.len()).sum::<usize>(), 0);
    // Supabase has more, and its migrations lean on it.
    let dir = folder(&[(
        "supabase/migrations/20240101000000_a.sql",
        "create table profiles (id uuid primary key references auth.users (id) on delete cascade);\n\
         create policy p on storage.objects for select using (bucket_id = 'x');\n",
    )]);
    assert_eq!(codes(dir.path(), "supabase/migrations"), [""; 0]);
}

#[test]
fn what_takes_a_migration_back_and_what_does_not_run_is_no_error() {
    let dir = folder(&[
        ("migrations/1_a.up.sql", "create table a (id int);"),
        ("migrations/1_a.down.sql", "drop table a;"),
        ("migrations/2_b.up.sql", "alter table a rename to b; create table c ();"),
        ("migrations/2_b.down.sql", "drop table c; alter table b rename to a; drop table nosuch;"),
        ("migrations/helpers.sql", "create table a (id int); create table b (id int); select x from y;"),
        ("db/schema.sql", "create table b (id int); create table c ();"),
    ]);
    assert_eq!(codes(dir.path(), "migrations/1_a.down.sql"), [""; 0]);
    assert_eq!(codes(dir.path(), "migrations/2_b.down.sql"), ["42P01"]);
    assert_eq!(codes(dir.path(), "migrations/helpers.sql"), [""; 0]);
    assert_eq!(codes(dir.path(), "db/schema.sql"), [""; 0]);
}

#[test]
fn behind_a_migration_that_fails_the_history_goes_on() {
    let dir = folder(&[
        ("m/001_a.sql", "create table users (id int primary key);\ncreate table broken (id txt);\n"),
        ("m/002_b.sql", "alter table broken add name text;\nalter table users add age integr;\n"),
        ("m/003_c.sql", "select name, id from broken; select age from users; select id from nosuch;"),
        ("m/004_d.sql", "create tabel t (a int);"),
        ("m/005_e.sql", "select a from t;"),
    ]);
    let found = check(dir.path(), &["--schema", "m", "m"]);
    let codes: Vec<Vec<&str>> =
        found.iter().map(|(_, found)| found.iter().map(|(code, _)| code.as_str()).collect()).collect();
    assert_eq!(codes, [vec!["42704"], vec!["42704"], vec!["42P01"], vec!["42601"], vec![]]);
}

#[test]
fn the_frameworks_tables_are_as_a_server_has_them() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        for framework in Framework::ALL {
            let database = server.fresh_database();
            let sql = framework.bookkeeping();
            server.execute_in(&database, sql);
            let found = diff::diff(&catalogs::fold(sql), &catalogs::read(server, &database));
            assert_eq!(found, [""; 0], "{major}: {framework:?}");
        }
    }
}

const FIRST: &str = "create table a (id int primary key);\n";
const SECOND: &str = "alter table a add column name text;\n";

/// Two migrations of each framework whose table tells what ran: the files, and what it writes for the first.
fn frameworks() -> Vec<(Framework, [&'static str; 2], &'static str)> {
    vec![
        (
            Framework::GolangMigrate,
            ["1_a.up.sql", "2_b.up.sql"],
            "insert into schema_migrations values (1, false)",
        ),
        (
            Framework::Goose,
            ["1_a.sql", "2_b.sql"],
            "insert into goose_db_version (version_id, is_applied) values (0, true), (1, true), (2, true), (2, false)",
        ),
        (Framework::Dbmate, ["01_a.sql", "02_b.sql"], "insert into schema_migrations values ('01')"),
        (Framework::Tern, ["001_a.sql", "002_b.sql"], "insert into public.schema_version values (1)"),
        (
            Framework::SqlMigrate,
            ["1_a.sql", "2_b.sql"],
            "insert into gorp_migrations values ('1_a.sql', now())",
        ),
        (
            Framework::Flyway,
            ["V1_0__a.sql", "V1_1__b.sql"],
            "insert into flyway_schema_history values (1, '1.0', 'a', 'SQL', 'V1_0__a.sql', null, 'me', now(), 1, true)",
        ),
        (
            Framework::Liquibase,
            ["1.sql", "2.sql"],
            "insert into databasechangelog (id, author, filename, dateexecuted, orderexecuted, exectype) values ('1', 'me', 'db/1.sql', now(), 1, 'EXECUTED')",
        ),
        (
            Framework::Diesel,
            ["2024-01-01-000000_a/up.sql", "2024-01-02-000000_b/up.sql"],
            "insert into __diesel_schema_migrations values ('20240101000000')",
        ),
        (
            Framework::Sqlx,
            ["1_a.sql", "2_b.sql"],
            "insert into _sqlx_migrations values (1, 'a', now(), true, sha384(convert_to($$FIRST$$, 'UTF8')), 1)",
        ),
        (
            Framework::Refinery,
            ["V1__a.sql", "V2__b.sql"],
            "insert into refinery_schema_history values (1, 'a', '2024', '1')",
        ),
        (
            Framework::Prisma,
            ["20240101_a/migration.sql", "20240102_b/migration.sql"],
            "insert into _prisma_migrations (id, checksum, finished_at, migration_name) values ('x', encode(sha256(convert_to($$FIRST$$, 'UTF8')), 'hex'), now(), '20240101_a')",
        ),
        (
            Framework::Drizzle,
            ["0000_a.sql", "0001_b.sql"],
            "insert into drizzle.__drizzle_migrations (hash, created_at) values (encode(sha256(convert_to($$FIRST$$, 'UTF8')), 'hex'), 10)",
        ),
        (
            Framework::Supabase,
            ["20240101_a.sql", "20240102_b.sql"],
            "insert into supabase_migrations.schema_migrations values ('20240101', null, 'a')",
        ),
        (
            Framework::Sqitch,
            ["deploy/a.sql", "deploy/b.sql"],
            "insert into sqitch.projects values ('p', null, now(), 'me', 'me'); insert into sqitch.changes values ('1', '1', 'a', 'p', '', now(), 'me', 'me', now(), 'me', 'me')",
        ),
        (
            Framework::Atlas,
            ["1_a.sql", "2_b.sql"],
            "insert into atlas_schema_revisions.atlas_schema_revisions values ('1', 'a', 2, 1, 1, now(), 1, null, null, 'h', '[]', 'v')",
        ),
    ]
}

fn framework_folder(framework: Framework, names: [&str; 2], first: &str) -> tempfile::TempDir {
    let config = format!("[schema]\nmigrations = \"m\"\nframework = \"{}\"\n", framework.word());
    let (one, two) = (format!("m/{}", names[0]), format!("m/{}", names[1]));
    let head = |id: u32, text: &str| match framework {
        Framework::Liquibase => format!("--liquibase formatted sql\n--changeset me:{id}\n{text}"),
        _ => text.to_owned(),
    };
    let mut files = vec![("pgwright.toml".to_owned(), config), (one, head(1, first)), (two, head(2, SECOND))];
    if framework == Framework::Drizzle {
        let journal = r#"{"entries": [{"idx": 0, "when": 10, "tag": "0000_a"}, {"idx": 1, "when": 20, "tag": "0001_b"}]}"#;
        files.push(("m/meta/_journal.json".into(), journal.into()));
    }
    if framework == Framework::Sqitch {
        files.push(("m/sqitch.plan".into(), "%project=p\n\na 2024 me <me>\nb 2024 me <me>\n".into()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    folder(&files)
}

fn drift(dir: &Path, url: &str) -> (Option<i32>, Value) {
    let output = pgwright(dir, &["drift", "--database", url, "--format", "json"]);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code(), report)
}

#[test]
fn a_database_is_compared_with_the_migrations_that_ran_there() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        for (framework, names, ran) in frameworks() {
            let database = server.fresh_database();
            let url = server.url(&database);
            server.execute_in(&database, framework.bookkeeping());
            server.execute_in(&database, FIRST);
            server.execute_in(&database, &ran.replace("FIRST", FIRST).replace("$$", "$x$"));
            let dir = framework_folder(framework, names, FIRST);
            let (code, report) = drift(dir.path(), &url);
            let name = |n: usize| names[n].trim_start_matches("deploy/");
            let base = |value: &Value| -> Vec<String> {
                let names = value.as_array().unwrap().iter();
                names.map(|name| name.as_str().unwrap().trim_start_matches("deploy/").to_owned()).collect()
            };
            assert_eq!(base(&report["ran"]), [name(0)], "{major} {framework:?}: {report:#}");
            assert_eq!(base(&report["pending"]), [name(1)], "{major} {framework:?}: {report:#}");
            assert_eq!(code, Some(0), "{major} {framework:?}: {report:#}");

            server.execute_in(&database, "alter table a add column extra int; drop index if exists nothing");
            let (code, report) = drift(dir.path(), &url);
            let message = "column public.a.extra is in the database only, and no migration makes it";
            assert_eq!(report["differences"][0]["message"], message, "{framework:?}: {report:#}");
            assert_eq!((code, &report["differences"][0]["relation"]), (Some(1), &Value::from("public.a")));
        }
    }
}

#[test]
fn a_file_that_changed_after_it_ran_is_found_by_its_checksum() {
    let server = postgres::shared(18);
    for (framework, names, ran) in frameworks() {
        let keeps = matches!(framework, Framework::Sqlx | Framework::Prisma | Framework::Drizzle);
        if !keeps && framework != Framework::Flyway {
            continue;
        }
        let database = server.fresh_database();
        server.execute_in(&database, framework.bookkeeping());
        server.execute_in(&database, FIRST);
        // The check value of the algorithm, as no server computes it: what has another text has another checksum.
        let ran = ran.replace("FIRST", FIRST).replace("$$", "$x$").replace("null, 'me'", "-873187034, 'me'");
        server.execute_in(&database, &ran);
        let dir = framework_folder(framework, names, &format!("{FIRST}-- changed\n"));
        let (code, report) = drift(dir.path(), &server.url(&database));
        assert_eq!(
            (code, report["changed"][0].as_str()),
            (Some(1), Some(names[0])),
            "{framework:?}: {report:#}"
        );
        let url = server.url(&database);
        let output = pgwright(dir.path(), &["check", "--database", &url, "m"]);
        let shown = text(&output);
        assert!(shown.contains("warning[migration-changed]: this migration ran in the database"), "{shown}");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn a_migration_that_was_left_out_is_said() {
    let server = postgres::shared(18);
    let database = server.fresh_database();
    server.execute_in(&database, Framework::Dbmate.bookkeeping());
    server.execute_in(
        &database,
        "insert into schema_migrations values ('01'), ('03'); create table a (); create table c ()",
    );
    let dir = folder(&[
        ("db/migrations/01_a.sql", "-- migrate:up\ncreate table a ();\n"),
        ("db/migrations/02_b.sql", "-- migrate:up\ncreate table b ();\n"),
        ("db/migrations/03_c.sql", "-- migrate:up\ncreate table c ();\n"),
    ]);
    let url = server.url(&database);
    let output = pgwright(dir.path(), &["check", "--database", &url]);
    let message = "warning[migration-order]: this migration did not run in the database, though 03_c.sql did, which comes later";
    assert!(text(&output).contains(message), "{output:?}");
    let output = pgwright(dir.path(), &["drift", "--database", &url]);
    assert_eq!(
        (text(&output), output.status.code()),
        ("No differences (2 migrations ran, 1 did not yet).\n", Some(0))
    );
}

#[test]
fn drift_says_what_cannot_be_compared() {
    let server = postgres::shared(18);
    let database = server.fresh_database();
    server.execute_in(&database, FIRST);
    let url = server.url(&database);
    let dir = framework_folder(Framework::Dbmate, ["1_a.sql", "2_b.sql"], FIRST);
    let output = pgwright(dir.path(), &["drift", "--database", &url]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("does not tell which migrations ran"),
        "{output:?}"
    );
    assert_eq!(
        text(&output),
        "column public.a.name is missing in the database\n1 difference (which migrations ran is not known).\n"
    );
    assert_eq!(output.status.code(), Some(1));
    // A table that may not be read tells nothing.
    server.execute_in(
        &database,
        "create table schema_migrations (version varchar primary key); insert into schema_migrations values ('1'); \
         do $$ begin create role only_reads; exception when duplicate_object then null; end $$; \
         grant select on a to only_reads",
    );
    let limited = format!("{url}{}options=-c%20role%3Donly_reads", if url.contains('?') { "&" } else { "?" });
    let output = pgwright(dir.path(), &["drift", "--database", &limited]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("does not tell which migrations ran"),
        "{output:?}"
    );
    // What was granted there and by no migration is a difference.
    let output = pgwright(dir.path(), &["drift", "--database", &url]);
    let granted = "table public.a: the privileges are SELECT of only_reads in the database instead of the default\n\
                   1 difference (1 migrations ran, 1 did not yet).\n";
    assert_eq!(text(&output), granted);
    server.execute_in(&database, "revoke all on a from only_reads");
    let output = pgwright(dir.path(), &["drift", "--database", &url]);
    assert_eq!(text(&output), "No differences (1 migrations ran, 1 did not yet).\n");
    let empty = folder(&[]);
    assert_eq!(pgwright(empty.path(), &["drift", "--database", &url]).status.code(), Some(2));
    let output = pgwright(dir.path(), &["drift", "--database", "postgresql://127.0.0.1:1/x"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
