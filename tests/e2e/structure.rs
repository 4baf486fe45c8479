//! Symbols, folding, selection over the wire.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Client, capabilities, folder, uri};

/// A server whose client says `text_document` of itself, with one file open.
async fn with(dir: &Path, text_document: Value, text: &str) -> (Client, PathBuf) {
    let mut capabilities = capabilities();
    for (key, value) in text_document.as_object().unwrap() {
        capabilities["textDocument"][key] = value.clone();
    }
    let client = Client::start_with(&[dir], capabilities, Value::Null).await;
    let path = dir.join("scratch.sql");
    client.open(&path, text).await;
    (client, path)
}

async fn ask(client: &mut Client, path: &Path, method: &str) -> Value {
    client.request(method, json!({"textDocument": {"uri": uri(path)}})).await
}

fn nested() -> Value {
    json!({"documentSymbol": {"hierarchicalDocumentSymbolSupport": true}})
}

/// `line:character-line:character`
fn range(range: &Value) -> String {
    let at = |end: &str| format!("{}:{}", range[end]["line"], range[end]["character"]);
    format!("{}-{}", at("start"), at("end"))
}

#[tokio::test]
async fn symbols_are_in_each_other() {
    let dir = folder(&[]);
    let text =
        "/* é😀 */ create table \"é😀\" (id int,\r\n  b text);\r\n\r\nselect 1 from;\nupdate t set a = 1;\n";
    let (mut client, path) = with(dir.path(), nested(), text).await;
    let found = ask(&mut client, &path, "textDocument/documentSymbol").await;
    let names: Vec<&str> = found.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["\"é😀\"", "SELECT", "UPDATE t"]);
    assert_eq!(range(&found[0]["range"]), "0:10-1:10");
    assert_eq!(range(&found[0]["selectionRange"]), "0:23-0:28");
    assert_eq!(range(&found[0]["children"][1]["range"]), "1:2-1:8");
    assert_eq!(found[0]["children"][1]["detail"], "text");
    // An edit of one statement moves the others.
    let changes = json!([{"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "text": "\n"}]);
    client.change(&path, 2, changes).await;
    let found = ask(&mut client, &path, "textDocument/documentSymbol").await;
    assert_eq!(range(&found[2]["selectionRange"]), "5:7-5:8");
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn a_client_that_knows_no_hierarchy_gets_a_list() {
    let dir = folder(&[]);
    let (mut client, path) = with(dir.path(), json!({}), "create type é as enum ('a');").await;
    let found = ask(&mut client, &path, "textDocument/documentSymbol").await;
    assert_eq!(found.as_array().unwrap().len(), 2);
    assert_eq!((&found[1]["name"], &found[1]["containerName"]), (&json!("a"), &json!("é")));
    assert_eq!(range(&found[1]["location"]["range"]), "0:23-0:26");
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn empty_files_and_large_ones() {
    let dir = folder(&[]);
    let (mut client, path) = with(dir.path(), nested(), "").await;
    for method in ["documentSymbol", "foldingRange"] {
        assert_eq!(ask(&mut client, &path, &format!("textDocument/{method}")).await, json!([]), "{method}");
    }
    let many = "select\n 1;\n".repeat(3000);
    client.change(&path, 2, json!([{ "text": many }])).await;
    let symbols = ask(&mut client, &path, "textDocument/documentSymbol").await;
    let folds = ask(&mut client, &path, "textDocument/foldingRange").await;
    assert_eq!((symbols.as_array().unwrap().len(), folds.as_array().unwrap().len()), (3000, 3000));
    assert_eq!(range(&symbols[2999]["range"]), "5998:0-5999:3");
    assert_eq!((&folds[2999]["startLine"], &folds[2999]["endLine"]), (&json!(5998), &json!(5999)));
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn folds_as_the_client_takes_them() {
    let dir = folder(&[]);
    let text = "-- é😀\r\n-- b\r\nselect 'é😀' || (\r\n  a\r\n), (\r\n  1";
    let lines = json!({"foldingRange": {"lineFoldingOnly": true, "rangeLimit": 2}});
    let (mut client, path) = with(dir.path(), lines, text).await;
    let found = ask(&mut client, &path, "textDocument/foldingRange").await;
    assert_eq!(
        found,
        json!([{"startLine": 0, "endLine": 1, "kind": "comment"}, {"startLine": 2, "endLine": 5}])
    );
    assert_eq!(client.stop().await, 0);

    let text = "select 'é😀',\n  (\n  a\n), b;\n-- region é\nselect 1;\n-- endregion\n";
    let (mut client, path) = with(dir.path(), json!({"foldingRange": {}}), text).await;
    let found = ask(&mut client, &path, "textDocument/foldingRange").await;
    assert_eq!(
        found,
        json!([
            {"startLine": 0, "endLine": 3},
            {"startLine": 1, "startCharacter": 3, "endLine": 3, "endCharacter": 0},
            {"startLine": 4, "endLine": 6, "kind": "region"},
        ])
    );
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn a_selection_grows_at_each_position() {
    let dir = folder(&[]);
    let text = "select 'é😀', a + bc;\r\nselect (";
    let (mut client, path) = with(dir.path(), json!({}), text).await;
    let positions =
        json!([{"line": 0, "character": 19}, {"line": 1, "character": 8}, {"line": 9, "character": 9}]);
    let found = client
        .request(
            "textDocument/selectionRange",
            json!({"textDocument": {"uri": uri(&path)}, "positions": positions}),
        )
        .await;
    assert_eq!(found.as_array().unwrap().len(), 3);
    let mut steps = Vec::new();
    let mut at = &found[0];
    while !at.is_null() {
        steps.push(range(&at["range"]));
        at = &at["parent"];
    }
    assert_eq!(steps, ["0:18-0:20", "0:14-0:20", "0:7-0:20", "0:0-0:20", "0:0-0:21", "0:0-1:8"]);
    assert_eq!(client.stop().await, 0);
}
