//! Files that psql's `\i` and `\ir` include, as part of the history.

use serde_json::json;

use super::client::Client;
use super::files::folder;

#[tokio::test]
async fn what_an_included_file_makes_is_there_behind_it() {
    let dir = folder(&[
        ("db/migrations/001_all.sql", "\\i db/tables/a.sql\n\\ir ../tables/b.sql\n"),
        ("db/tables/a.sql", "create table a (x int primary key);\n"),
        ("db/tables/b.sql", "create table b (y int references a);\n\\ir c.sql\n"),
        ("db/tables/c.sql", "create view c as select y from b;\n"),
    ]);
    let client = Client::start(dir.path()).await;
    let query = dir.path().join("q.sql");
    client.open(&query, "select x, y, z from a, c").await;
    let said = |found: &[serde_json::Value]| -> Vec<String> {
        found.iter().map(|it| it["message"].as_str().unwrap().to_owned()).collect()
    };
    let found = client.diagnostics(&query, 1).await;
    assert_eq!(said(&found), ["column \"z\" does not exist"]);

    // Included files are no steps of their own: what they make is not there before them.
    let nested = dir.path().join("db/tables/c.sql");
    client.open(&nested, "create view c as select y from b;\nselect 1 from b, nowhere;\n").await;
    let found = client.diagnostics(&nested, 1).await;
    assert_eq!(said(&found), ["relation \"nowhere\" does not exist"]);

    // What is typed in one counts for all that comes behind.
    let a = dir.path().join("db/tables/a.sql");
    client.open(&a, "create table a (x int primary key);\n").await;
    assert_eq!(client.diagnostics(&a, 1).await.len(), 0);
    let changes = json!([{"text": "create table a (x int primary key, z int);\n"}]);
    client.change(&a, 2, changes).await;
    client.diagnostics_where(&query, |found| found.is_empty()).await;
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_said_and_leaves_names_unknown() {
    let dir = folder(&[("migrations/001_all.sql", "create table t (a int);\n")]);
    let client = Client::start(dir.path()).await;
    let path = dir.path().join("migrations/001_all.sql");
    let text = "create table t (a int);\n\\i nowhere.sql\nselect b from t, u;\n\\foo\n\\i :file\n\\i /of/another/machine.sql\n\\dt+ *.*\n";
    client.open(&path, text).await;
    let found = client.diagnostics(&path, 1).await;
    let said: Vec<_> = found.iter().map(|it| (it["message"].as_str().unwrap(), &it["severity"])).collect();
    assert_eq!(
        said,
        [("nowhere.sql: No such file or directory", &json!(2)), ("invalid command \\foo", &json!(2))]
    );
    assert_eq!(found[0]["range"]["start"], json!({"line": 1, "character": 3}));
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn parts_that_may_not_run_are_no_false_alarm() {
    let dir = folder(&[("migrations/001_all.sql", "create table t (a int);\n")]);
    let client = Client::start(dir.path()).await;
    let path = dir.path().join("migrations/001_all.sql");
    let text = "create table t (a int);\n\
                \\if :new\ncreate table u (a int);\nalter table t add b int;\n\
                \\elif :old\ncreate table u (b int);\ndrop table t;\n\
                \\else\nselect * from not_for_this_server;\n\\i nowhere.sql\n\\endif\n\
                select b, c from u;\ncreate table t (c int);\n\
                \\if false\nnot sql at all;\n\\i nowhere.sql\n\\endif\n\
                create table v (a int);\n\\if :x\ncreate table v2 (a int);\n\\endif\nselect b from v;\n\
                \\c another\nselect * from of_another;\ncreate table t (a int);\n";
    client.open(&path, text).await;
    let found = client.diagnostics(&path, 1).await;
    let said: Vec<_> = found.iter().map(|it| it["message"].as_str().unwrap()).collect();
    assert_eq!(said, ["column \"b\" does not exist"]);
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn files_that_include_each_other_without_end_are_said_once() {
    let dir = folder(&[
        ("migrations/001_all.sql", "\\ir ../a.sql\nselect * from t;\n"),
        ("a.sql", "\\ir b.sql\n"),
        ("b.sql", "\\ir a.sql\n"),
    ]);
    let client = Client::start(dir.path()).await;
    let path = dir.path().join("b.sql");
    client.open(&path, "\\ir a.sql\n").await;
    let found = client.diagnostics(&path, 1).await;
    let said: Vec<_> = found.iter().map(|it| it["message"].as_str().unwrap()).collect();
    assert_eq!(said, ["a.sql includes this file again: both go on without end"]);
    let path = dir.path().join("migrations/001_all.sql");
    client.open(&path, "\\ir ../a.sql\nselect * from t;\n").await;
    assert_eq!(client.diagnostics(&path, 1).await.len(), 0);
    assert_eq!(client.stop().await, 0);
}
