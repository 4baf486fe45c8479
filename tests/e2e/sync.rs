//! Documents: opened, changed in parts or whole, closed, lost and found again.

use serde_json::{Value, json};

use super::client::{Client, capabilities, uri};
use super::files::folder;

#[tokio::test]
async fn a_document_is_followed_from_open_to_close() {
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let client = Client::start(dir.path()).await;
    client.open(&path, "selec 1;").await;
    let diagnostics = client.diagnostics(&path, 1).await;
    let message = "syntax error at or near \"selec\"\nHINT: perhaps SELECT was meant by \"selec\"";
    assert_eq!(diagnostics[0]["message"], message);
    assert_eq!(diagnostics[0]["code"], "42601");
    assert_eq!(
        diagnostics[0]["range"],
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 5}})
    );

    // Two changes in one notification: the second counts from the first.
    let at = |line: u32, character: u32| json!({"line": line, "character": character});
    client
        .change(
            &path,
            2,
            json!([
                {"range": {"start": at(0, 5), "end": at(0, 5)}, "text": "t"},
                {"range": {"start": at(0, 8), "end": at(0, 8)}, "text": " +"},
            ]),
        )
        .await;
    let diagnostics = client.diagnostics(&path, 2).await;
    assert_eq!(diagnostics[0]["message"], "syntax error at or near \";\"");
    client.change(&path, 3, json!([{"text": "select 1;\r\nselect 2 fro;\r\nselect x y z;"}])).await;
    let diagnostics = client.diagnostics(&path, 3).await;
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    assert_eq!(diagnostics[0]["range"]["start"], at(2, 11));

    client.forget();
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri(&path)}})).await;
    client.diagnostics_where(&path, |diagnostics| diagnostics.is_empty()).await;
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn positions_out_of_the_text_are_its_nearest_ends() {
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let mut client = Client::start(dir.path()).await;
    client.open(&path, "select 1").await;
    let range = json!({"start": {"line": 0, "character": 99}, "end": {"line": 7, "character": 0}});
    client.change(&path, 2, json!([{"range": range, "text": " frm x y"}])).await;
    let message = "syntax error at or near \"x\"\nHINT: perhaps FROM was meant by \"frm\"";
    assert_eq!(client.diagnostics(&path, 2).await[0]["message"], message);
    assert!(client.position("textDocument/hover", &path, 50, 50).await.is_null());
    assert_eq!(client.stop().await, 0);
}

/// A range that ends before it starts cannot be applied: the text is asked for again, not guessed.
#[tokio::test]
async fn an_impossible_edit_asks_for_the_whole_text() {
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let range = json!({"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": 2}});

    let mut able = capabilities();
    able["experimental"] = json!({"pgwright": {"documentText": true}});
    let client = Client::start_with(&[dir.path()], able, Value::Null).await;
    client.answer_with("pgwright/documentText", json!({"version": 2, "text": "select 1 fom x y"}));
    client.open(&path, "select 1").await;
    client.diagnostics(&path, 1).await;
    client.change(&path, 2, json!([{"range": range, "text": "x"}])).await;
    client
        .diagnostics_where(&path, |found| {
            let message = "syntax error at or near \"x\"";
            found.iter().any(|d| d["message"].as_str().unwrap().starts_with(message))
        })
        .await;
    assert_eq!(client.stop().await, 0);

    // A client that cannot give it: the user is told, and a full change mends it.
    let client = Client::start(dir.path()).await;
    client.open(&path, "select 1 x y").await;
    client.diagnostics_where(&path, |found| found.len() == 1).await;
    client.change(&path, 2, json!([{"range": range, "text": "x"}])).await;
    client
        .notification("window/showMessage", |params| {
            params["message"].as_str().unwrap().contains("q.sql could not be applied").then_some(())
        })
        .await;
    client.diagnostics_where(&path, |found| found.is_empty()).await;
    client.change(&path, 3, json!([{"text": "select 1 x y z"}])).await;
    client.diagnostics_where(&path, |found| found.len() == 1).await;
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn diagnostics_can_be_pulled() {
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let mut pulling = capabilities();
    pulling["textDocument"]["diagnostic"] = json!({});
    let mut client = Client::start_with(&[dir.path()], pulling, Value::Null).await;
    client.open(&path, "selec 1").await;
    let document = json!({"uri": uri(&path)});
    let report = client.request("textDocument/diagnostic", json!({"textDocument": document})).await;
    assert_eq!((report["kind"].as_str(), report["items"].as_array().unwrap().len()), (Some("full"), 1));
    let id = report["resultId"].clone();
    let params = json!({"textDocument": document, "previousResultId": id});
    assert_eq!(client.request("textDocument/diagnostic", params).await["kind"], "unchanged");
    // What is pulled is not pushed too.
    assert!(client.received("textDocument/publishDiagnostics").is_empty());
    assert_eq!(client.stop().await, 0);
}
