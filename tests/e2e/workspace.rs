//! Folders, configuration, files that change beside the editor.

use std::fs;

use serde_json::{Value, json};

use super::client::{Client, capabilities, uri};
use super::files::folder;

const USERS: (&str, &str) = ("db/migrations/0001_users.sql", "create table users (id int, name text);\n");
const QUERY: &str = "select nme from users;";

#[tokio::test]
async fn names_resolve_to_the_history_at_their_place() {
    let dir = folder(&[
        USERS,
        (
            "db/migrations/0002_rename.sql",
            "select name from users;\nalter table users rename name to title;\nselect name from users;\n",
        ),
        ("db/migrations/0003_later.sql", "select title from users;\n"),
    ]);
    let client = Client::start(dir.path()).await;
    let path = dir.path().join("db/migrations/0002_rename.sql");
    client.open(&path, &fs::read_to_string(&path).unwrap()).await;
    let diagnostics = client.diagnostics_where(&path, |found| !found.is_empty()).await;
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0]["range"]["start"], json!({"line": 2, "character": 7}));
    assert_eq!(diagnostics[0]["code"], "42703");

    // The rename edited away: what stands in the later migration is wrong now, and what stood here is right.
    let later = dir.path().join("db/migrations/0003_later.sql");
    client.open(&later, &fs::read_to_string(&later).unwrap()).await;
    client.diagnostics_where(&later, |found| found.is_empty()).await;
    client.change(&path, 2, json!([{"text": "select name from users;\n"}])).await;
    client.diagnostics_where(&later, |found| found.iter().any(|d| d["code"] == "42703")).await;
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn without_a_schema_unknown_names_are_no_errors() {
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let client = Client::start(dir.path()).await;
    client.open(&path, "select nme from users; create table t (a int); select b from t;").await;
    let diagnostics = client.diagnostics_where(&path, |found| !found.is_empty()).await;
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0]["message"], "column \"b\" does not exist");
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn a_changed_file_is_read_again() {
    let dir = folder(&[USERS]);
    let path = dir.path().join("q.sql");
    let client = Client::start(dir.path()).await;
    client.open(&path, QUERY).await;
    let diagnostics = client.diagnostics_where(&path, |found| !found.is_empty()).await;
    assert!(diagnostics[0]["message"].as_str().unwrap().starts_with("column \"nme\" does not exist"));
    let added = dir.path().join("db/migrations/0002_nme.sql");
    fs::write(&added, "alter table users add column nme text;").unwrap();
    client
        .notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri(&added), "type": 1}]}))
        .await;
    client.diagnostics_where(&path, |found| found.is_empty()).await;
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn a_config_with_a_typo_is_named_and_the_rest_holds() {
    let dir = folder(&[
        ("pgwright.toml", "[schema]\nmigrations = \"history\"\n\n[rules]\n42703 = \"warnin\"\n"),
        ("history/1.sql", USERS.1),
        ("history/2.sql", "\u{0}"),
    ]);
    fs::write(dir.path().join("history/3.sql"), b"select '\xff';").unwrap();
    let path = dir.path().join("q.sql");
    let client = Client::start(dir.path()).await;
    let said = |part: &'static str| {
        move |params: &Value| params["message"].as_str().filter(|said| said.contains(part)).map(str::to_owned)
    };
    let message = client.notification("window/showMessage", said("pgwright.toml")).await;
    assert!(message.contains("line 5: rules.42703: expected"), "{message}");
    let message = client.notification("window/showMessage", said("3.sql")).await;
    assert!(message.contains("it is not UTF-8 (line 1, byte 8)"), "{message}");
    client.open(&path, QUERY).await;
    client.diagnostics_where(&path, |found| found.iter().any(|d| d["code"] == "42703")).await;

    let config = dir.path().join("pgwright.toml");
    client.open(&config, &fs::read_to_string(&config).unwrap()).await;
    let diagnostics = client.diagnostics_where(&config, |found| !found.is_empty()).await;
    assert_eq!(diagnostics[0]["range"]["start"]["line"], 4);
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn settings_change_what_is_shown() {
    let dir = folder(&[USERS]);
    let path = dir.path().join("q.sql");
    let options = json!({"rules": {"42703": "hint"}});
    let client = Client::start_with(&[dir.path()], capabilities(), options).await;
    client.open(&path, QUERY).await;
    let diagnostics = client.diagnostics_where(&path, |found| !found.is_empty()).await;
    assert_eq!(diagnostics[0]["severity"], 4);
    let settings = json!({"settings": {"pgwright": {"rules": {"42703": "off"}}}});
    client.notify("workspace/didChangeConfiguration", settings).await;
    client.change(&path, 2, json!([{"text": QUERY}])).await;
    client.diagnostics_where(&path, |found| found.is_empty()).await;
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn each_folder_has_its_own_schema() {
    let one = folder(&[USERS]);
    let two = folder(&[("migrations/1.sql", "create table users (nme int);")]);
    let client = Client::start_with(&[one.path(), two.path()], capabilities(), Value::Null).await;
    let (first, second) = (one.path().join("q.sql"), two.path().join("q.sql"));
    client.open(&first, QUERY).await;
    client.open(&second, QUERY).await;
    client.diagnostics_where(&first, |found| found.len() == 1).await;
    client.diagnostics_where(&second, |found| found.is_empty()).await;

    // A folder that goes takes its schema with it; one that comes brings it.
    let event = json!({"removed": [{"uri": uri(one.path()), "name": "one"}], "added": []});
    client.notify("workspace/didChangeWorkspaceFolders", json!({"event": event})).await;
    client.diagnostics_where(&first, |found| found.is_empty()).await;
    client.forget();
    let event = json!({"removed": [], "added": [{"uri": uri(one.path()), "name": "one"}]});
    client.notify("workspace/didChangeWorkspaceFolders", json!({"event": event})).await;
    client.diagnostics_where(&first, |found| found.len() == 1).await;
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn a_migration_that_does_not_parse_does_not_stop_the_next() {
    let dir = folder(&[
        ("migrations/1.sql", "create tabl broken (a int);"),
        ("migrations/2.sql", "create table users (name text);"),
    ]);
    let path = dir.path().join("q.sql");
    let client = Client::start(dir.path()).await;
    client.open(&path, "select nme from users; select a from broken;").await;
    let diagnostics = client.diagnostics_where(&path, |found| !found.is_empty()).await;
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0]["code"], "42703");
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn an_included_file_counts_as_it_is_in_the_editor() {
    let dir = folder(&[
        ("schema.sql", "\\i tables/users.sql\n"),
        ("tables/users.sql", USERS.1),
        ("tests/run.sql", "\\i tests/made.sql\nselect nme from made;\n"),
        ("tests/made.sql", "create temp table made (name text);\n"),
    ]);
    let client = Client::start(dir.path()).await;
    let (query, users) = (dir.path().join("q.sql"), dir.path().join("tables/users.sql"));
    client.open(&query, QUERY).await;
    client.diagnostics_where(&query, |found| found.iter().any(|d| d["code"] == "42703")).await;
    // It stands at its place in the script that includes it, so what it makes is not there yet.
    client.open(&users, USERS.1).await;
    client.diagnostics_where(&users, |found| found.is_empty()).await;
    client.change(&users, 2, json!([{"text": "create table users (nme text);\n"}])).await;
    client.diagnostics_where(&query, |found| found.is_empty()).await;
    client.change(&users, 3, json!([{"text": "create table users (nam text);\n"}])).await;
    client.diagnostics_where(&query, |found| found.iter().any(|d| d["code"] == "42703")).await;

    // A document that is no part of the schema includes files too, which change on disk.
    let (run, made) = (dir.path().join("tests/run.sql"), dir.path().join("tests/made.sql"));
    client.open(&run, &fs::read_to_string(&run).unwrap()).await;
    let found = client.diagnostics_where(&run, |found| !found.is_empty()).await;
    assert_eq!(found[0]["code"], "42703");
    let changed = |kind: u32| json!({"changes": [{"uri": uri(&made), "type": kind}]});
    fs::write(&made, "create temp table made (nme text);\n").unwrap();
    client.notify("workspace/didChangeWatchedFiles", changed(2)).await;
    client.diagnostics_where(&run, |found| found.is_empty()).await;
    fs::remove_file(&made).unwrap();
    client.notify("workspace/didChangeWatchedFiles", changed(3)).await;
    let is_missing = |d: &Value| d["message"] == "tests/made.sql: No such file or directory";
    let found = client.diagnostics_where(&run, |found| found.iter().any(is_missing)).await;
    assert_eq!((found.len(), &found[0]["severity"], &found[0]["code"]), (1, &json!(2), &json!("psql")));
    // One that is not saved yet is there for the editor.
    client.open(&made, "create temp table made (nme text);\nselect 1 from run;\n").await;
    client.diagnostics_where(&run, |found| found.is_empty()).await;
    client.diagnostics_where(&made, |found| found.iter().any(|d| d["code"] == "42P01")).await;
    client.change(&run, 2, json!([{"text": "create temp table run ();\n\\i tests/made.sql\n"}])).await;
    client.diagnostics_where(&made, |found| found.is_empty()).await;
    assert_eq!(client.stop().await, 0);
}
