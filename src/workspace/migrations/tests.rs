//! Each framework's order, on names alone and on folders.

use super::checks::check;
use super::*;
use crate::ide::Severity;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn sql_files(root: &Path) -> Vec<PathBuf> {
    crate::workspace::folder::sql_files(root)
}

fn names(root: &Path, ordered: &Ordered) -> Vec<String> {
    let paths = ordered.migrations.iter().map(|migration| &migration.path);
    paths.map(|path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()).collect()
}

fn ordered(framework: Framework, given: &[&str]) -> (Vec<String>, Ordered) {
    let root = Path::new("/m");
    let mut files: Vec<PathBuf> = given.iter().map(|name| root.join(name)).collect();
    files.sort();
    let ordered = order(root, &files, framework, &|_| None);
    (names(root, &ordered), ordered)
}

#[test]
fn frameworks_have_their_orders() {
    use Framework::*;
    for (framework, given, expected) in [
        (Plain, &["10_b.sql", "9_a.sql", "1_x.sql"][..], &["1_x.sql", "9_a.sql", "10_b.sql"][..]),
        (
            Plain,
            &["V1_10__b.sql", "R__z.sql", "V1_1__a.sql", "V2__c.sql", "U2__c.sql"],
            &["V1_1__a.sql", "V1_10__b.sql", "V2__c.sql", "R__z.sql"],
        ),
        (
            Plain,
            &["000002_b.up.sql", "000001_a.up.sql", "000001_a.down.sql"],
            &["000001_a.up.sql", "000002_b.up.sql"],
        ),
        (
            Plain,
            &["2024-02-01-000000_b/up.sql", "2024-01-01-000000_a/up.sql", "2024-01-01-000000_a/down.sql"],
            &["2024-01-01-000000_a/up.sql", "2024-02-01-000000_b/up.sql"],
        ),
        (Plain, &["b10.sql", "b9.sql", "a.sql"], &["a.sql", "b9.sql", "b10.sql"]),
        (
            GolangMigrate,
            &["10_b.up.sql", "9_a.up.sql", "9_a.down.sql", "notes.sql", "sub/1_x.up.sql"],
            &["9_a.up.sql", "10_b.up.sql"],
        ),
        (Goose, &["00010_b.sql", "9_a.sql", "x_y.sql", "12.sql"], &["9_a.sql", "00010_b.sql"]),
        (Tern, &["002_b.sql", "001_a.sql", "shared/f.sql"], &["001_a.sql", "002_b.sql"]),
        (Dbmate, &["9_a.sql", "10_b.sql", "seed.sql"], &["10_b.sql", "9_a.sql"]),
        (SqlMigrate, &["b.sql", "10_b.sql", "9_a.sql", "a.sql"], &["9_a.sql", "10_b.sql", "a.sql", "b.sql"]),
        (
            Flyway,
            &[
                "V1_10__b.sql",
                "V1.1__a.sql",
                "sub/V2__c.sql",
                "R__b.sql",
                "R__a.sql",
                "U2__c.sql",
                "afterMigrate.sql",
            ],
            &["V1.1__a.sql", "V1_10__b.sql", "sub/V2__c.sql", "R__a.sql", "R__b.sql"],
        ),
        (
            Flyway,
            &["V1__a.sql", "V2__b.sql", "B2__base.sql", "B1__old.sql", "V2_1__c.sql"],
            &["B2__base.sql", "V2_1__c.sql"],
        ),
        (
            Refinery,
            &["V1__a.sql", "U3__c.sql", "V10__d.sql", "V2__b.sql"],
            &["V1__a.sql", "V2__b.sql", "U3__c.sql", "V10__d.sql"],
        ),
        (
            Diesel,
            &["2024-02-01-000000_b/up.sql", "20240101000000_a/up.sql", "2024-02-01-000000_b/down.sql"],
            &["20240101000000_a/up.sql", "2024-02-01-000000_b/up.sql"],
        ),
        (
            Sqlx,
            &["2_b.up.sql", "2_b.down.sql", "10_c.sql", "1_a.sql", "x.sql"],
            &["1_a.sql", "2_b.up.sql", "10_c.sql"],
        ),
        (
            Prisma,
            &["20240201_b/migration.sql", "20240101_a/migration.sql", "20240101_a/notes.sql"],
            &["20240101_a/migration.sql", "20240201_b/migration.sql"],
        ),
        (
            Drizzle,
            &["20240201_b/migration.sql", "20240101_a/migration.sql"],
            &["20240101_a/migration.sql", "20240201_b/migration.sql"],
        ),
        (Supabase, &["20240201_b.sql", "20240101_a.sql", "seed.sql"], &["20240101_a.sql", "20240201_b.sql"]),
        (
            Hasura,
            &["1700000000001_b/up.sql", "1700000000000_a/up.sql", "1700000000000_a/down.sql"],
            &["1700000000000_a/up.sql", "1700000000001_b/up.sql"],
        ),
        (Atlas, &["20240201.sql", "20240101_a.sql"], &["20240101_a.sql", "20240201.sql"]),
    ] {
        assert_eq!(ordered(framework, given).0, expected, "{framework:?}");
    }
}

#[test]
fn what_takes_a_migration_back_stands_beside_it() {
    let (_, flyway) = ordered(Framework::Flyway, &["V1__a.sql", "U1__a.sql", "U7__x.sql"]);
    assert_eq!(flyway.beside.get(Path::new("/m/U1__a.sql")), Some(&PathBuf::from("/m/V1__a.sql")));
    assert_eq!(flyway.apart, [PathBuf::from("/m/U7__x.sql")]);
    let (_, diesel) = ordered(Framework::Diesel, &["1_a/up.sql", "1_a/down.sql"]);
    assert_eq!(diesel.beside.get(Path::new("/m/1_a/down.sql")), Some(&PathBuf::from("/m/1_a/up.sql")));
    let (_, migrate) = ordered(Framework::GolangMigrate, &["1_a.up.sql", "1_a.down.sql"]);
    assert_eq!(migrate.beside.len(), 1);
}

#[test]
fn a_sqitch_plan_says_the_order_and_what_was_reworked() {
    let dir = folder(&[
        ("sqitch.conf", "[core]\n\tengine = pg\n\ttop_dir = db\n[engine \"pg\"]\n\ttarget = db:pg:x\n"),
        (
            "db/sqitch.plan",
            "%syntax-version=1.0.0\n%project=shop\n\nusers 2024-01-01T00:00:00Z me <me@x> # Users\n\
             @v1 2024-01-02T00:00:00Z me <me@x>\n+api/total [users] 2024-01-03T00:00:00Z me <me@x>\n\
             @v2 2024-01-04T00:00:00Z me <me@x> # two\n@v2.1 2024-01-04T00:00:00Z me <me@x>\n\
             api/total [api/total@v2] 2024-01-05T00:00:00Z me <me@x>\ngone 2024-01-05T00:00:00Z me <me@x>\n",
        ),
        ("db/deploy/users.sql", ""),
        ("db/deploy/api/total.sql", ""),
        ("db/deploy/api/total@v2.sql", ""),
        ("db/deploy/stray.sql", ""),
        ("db/revert/users.sql", ""),
    ]);
    let root = dir.path().join("db/deploy");
    let files = sql_files(&root);
    let framework = Framework::detect(&root, dir.path(), &files, &read);
    assert_eq!(framework, Framework::Sqitch);
    let ordered = order(&root, &files, framework, &read);
    assert_eq!(names(&root, &ordered), ["users.sql", "api/total@v2.sql", "api/total.sql"]);
    assert_eq!(ordered.apart, [root.join("stray.sql")]);
    assert_eq!(ordered.beside.get(&dir.path().join("db/revert/users.sql")), Some(&root.join("users.sql")));
}

#[test]
fn journals_and_changelogs_say_the_order() {
    let journal = r#"{"version": "7", "entries": [{"idx": 1, "when": 20, "tag": "0001_a"}, {"idx": 0, "when": 10, "tag": "0002_z"}]}"#;
    let dir =
        folder(&[("meta/_journal.json", journal), ("0001_a.sql", ""), ("0002_z.sql", ""), ("x.sql", "")]);
    let files = sql_files(dir.path());
    let drizzle = order(dir.path(), &files, Framework::detect(dir.path(), dir.path(), &files, &read), &read);
    assert_eq!(names(dir.path(), &drizzle), ["0002_z.sql", "0001_a.sql"]);
    assert_eq!((drizzle.apart.len(), drizzle.migrations[1].version.as_str()), (1, "20"));

    let sql = "--liquibase formatted sql\n--changeset me:1\ncreate table t ();\n--rollback drop table t;\n";
    let master = "databaseChangeLog:\n- include:\n    file: z.sql\n    relativeToChangelogFile: true\n- includeAll:\n    path: db/changelog/more/\n";
    let dir = folder(&[
        ("db/changelog/db.changelog-master.yaml", master),
        ("db/changelog/a.sql", sql),
        ("db/changelog/z.sql", sql),
        ("db/changelog/more/2.sql", sql),
        ("db/changelog/more/1.sql", sql),
    ]);
    let root = dir.path().join("db/changelog");
    let files = sql_files(&root);
    let framework = Framework::detect(&root, dir.path(), &files, &read);
    let ordered = order(&root, &files, framework, &read);
    assert_eq!((framework, ordered.opaque), (Framework::Liquibase, false));
    assert_eq!(names(&root, &ordered), ["z.sql", "more/1.sql", "more/2.sql"]);
    assert_eq!(ordered.apart, [root.join("a.sql")]);
}

#[test]
fn a_checkpoint_is_where_a_new_database_begins() {
    let dir = folder(&[
        ("atlas.sum", ""),
        ("1_a.sql", "create table a ();"),
        ("2_all.sql", "-- atlas:checkpoint\n\ncreate table a ();"),
        ("3_b.sql", ""),
    ]);
    let files = sql_files(dir.path());
    let framework = Framework::detect(dir.path(), dir.path(), &files, &read);
    let ordered = order(dir.path(), &files, framework, &read);
    assert_eq!((framework, names(dir.path(), &ordered).len()), (Framework::Atlas, 2));
    assert_eq!(ordered.apart, [dir.path().join("1_a.sql")]);
}

#[test]
fn frameworks_are_found_by_their_marks() {
    use Framework::*;
    for (files, root, expected) in [
        (&[("m/1_a.sql", "-- +goose Up\nselect 1;")][..], "m", Goose),
        (&[("m/1_a.sql", "-- migrate:up\nselect 1;")], "m", Dbmate),
        (&[("m/1_a.sql", "-- +migrate Up\nselect 1;")], "m", SqlMigrate),
        (&[("m/001_a.sql", "create table t ();\n---- create above / drop below ----\n")], "m", Tern),
        (&[("m/1_a.up.sql", ""), ("m/1_a.down.sql", "")], "m", GolangMigrate),
        (&[("m/1_a.up.sql", ""), ("Cargo.toml", "[dependencies]\nsqlx = \"0.8\"")], "m", Sqlx),
        (&[("m/V1__a.sql", "")], "m", Flyway),
        (&[("m/V1__a.sql", ""), ("Cargo.toml", "[dependencies]\nrefinery = \"0.8\"")], "m", Refinery),
        (&[("m/2024-01-01-000000_a/up.sql", "")], "m", Diesel),
        (&[("m/1700000000000_a/up.sql", "")], "m", Hasura),
        (&[("m/2024_a/migration.sql", ""), ("m/migration_lock.toml", "")], "m", Prisma),
        (&[("m/2024_a/migration.sql", ""), ("m/2024_a/snapshot.json", "{}")], "m", Drizzle),
        (&[("supabase/migrations/2024_a.sql", "")], "supabase/migrations", Supabase),
        (&[("m/1_a.sql", ""), ("dbconfig.yml", "")], "m", SqlMigrate),
        (&[("m/1_a.sql", "create table t ();")], "m", Plain),
    ] {
        let dir = folder(files);
        let root = dir.path().join(root);
        assert_eq!(Framework::detect(&root, dir.path(), &sql_files(&root), &read), expected, "{files:?}");
    }
}

#[test]
fn odd_names_are_noted() {
    use Framework::*;
    let said = |framework: Framework, given: &[&str]| -> Vec<(String, Severity, String)> {
        let (_, ordered) = ordered(framework, given);
        let notes = check(Path::new("/m"), framework, &ordered);
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        notes.into_iter().map(|(path, note)| (name(&path), note.severity, note.message)).collect()
    };
    let twice = said(Goose, &["1_a.sql", "2_b.sql", "02_c.sql", "3_d.sql"]);
    assert_eq!(twice.len(), 2);
    assert_eq!(
        twice[0],
        (
            "2_b.sql".into(),
            Severity::Warning,
            "two migrations have the version 2: also 02_c.sql; goose runs one migration a version".into()
        )
    );
    let gap = said(GolangMigrate, &["1_a.up.sql", "2_b.up.sql", "4_c.up.sql"]);
    let expected = "there is no migration 3 between 2_b.up.sql and this one";
    assert_eq!(gap, [("4_c.up.sql".into(), Severity::Hint, expected.into())]);
    assert_eq!(said(Tern, &["001_a.sql", "002_b.sql", "005_c.sql"])[0].1, Severity::Warning);
    let text = said(Dbmate, &["9_a.sql", "10_b.sql"]);
    let expected = "dbmate compares names as text, so this one runs before 9_a.sql";
    assert_eq!(text, [("10_b.sql".into(), Severity::Warning, expected.into())]);
    assert_eq!(said(Plain, &["8_z.sql", "9_a.sql", "10_b.sql"])[0].1, Severity::Hint);
    // What is no mistake.
    for (framework, given) in [
        (Plain, &["20240101_a.sql", "20240101_b.sql", "20240109_c.sql"][..]),
        (Plain, &["10_a.sql", "20_b.sql", "30_c.sql"]),
        (Plain, &["2024/001_a.sql", "2024/002_b.sql"]),
        (Sqlx, &["20240101000000_a.sql", "20240201000000_b.sql", "20240201000005_c.sql"]),
        (Flyway, &["V1__a.sql", "V1_1__b.sql", "V2__c.sql", "U2__c.sql", "B1__x.sql"]),
        (Prisma, &["20240101_a/migration.sql", "20240101_b/migration.sql"]),
    ] {
        assert_eq!(said(framework, given), [], "{framework:?} {given:?}");
    }
    assert_eq!(said(Flyway, &["V1.0__a.sql", "V1__b.sql"]).len(), 2);
}
