//! Symbols, folding, selection, highlights, colours, links over the wire.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Client, capabilities, uri};
use super::files::folder;

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

#[tokio::test]
async fn words_and_names_are_highlighted() {
    let dir = folder(&[("migrations/1.sql", "create table t (id int, é text);")]);
    let text = "/* 😀 */ select x.id, case when x.id = 1 then 2 end from t x;\r\nupdate t set é = 'é';\nselect from (";
    let (mut client, path) = with(dir.path(), json!({}), text).await;
    let mut at = async |line: u32, character: u32| {
        let found = client.position("textDocument/documentHighlight", &path, line, character).await;
        let found = found.as_array().unwrap().iter();
        found.map(|it| format!("{} {}", range(&it["range"]), it["kind"])).collect::<Vec<_>>()
    };
    assert_eq!(at(0, 22).await, ["0:22-0:26 1", "0:27-0:31 1", "0:41-0:45 1", "0:48-0:51 1"]);
    assert_eq!(at(0, 10).await, ["0:9-0:15 1", "0:52-0:56 1"]);
    assert_eq!(at(0, 18).await.len(), 2, "both places of the column");
    assert_eq!(at(0, 59).await, ["0:16-0:17 2", "0:32-0:33 2", "0:59-0:60 3"], "the alias");
    assert_eq!(at(1, 7).await, ["1:7-1:8 3"], "what is changed is written");
    assert_eq!(at(2, 12).await, Vec::<String>::new());
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn words_are_coloured_by_what_they_are() {
    let dir = folder(&[]);
    let colours =
        json!({"semanticTokens": {"requests": {}, "tokenTypes": [], "tokenModifiers": [], "formats": []}});
    let text = "-- é😀\r\nselect 'é😀\r\nx', date from t;\nselect 1, from\n";
    let (mut client, path) = with(dir.path(), colours, text).await;
    let legend = client.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"].clone();
    let named = |data: &Value| {
        let data: Vec<u64> = data.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
        let (mut line, mut start) = (0, 0);
        let (tokens, rest) = data.as_chunks::<5>();
        assert!(rest.is_empty());
        tokens
            .iter()
            .map(|token| {
                line += token[0];
                start = if token[0] == 0 { start + token[1] } else { token[1] };
                format!("{line}:{start}+{} {}", token[2], legend[token[3] as usize].as_str().unwrap())
            })
            .collect::<Vec<_>>()
    };
    let full = ask(&mut client, &path, "textDocument/semanticTokens/full").await;
    let expected = [
        "0:0+6 comment",
        "1:0+6 keyword",
        "1:7+4 string",
        "2:0+2 string",
        "2:4+4 property",
        "2:9+4 keyword",
        "2:14+1 class",
        "3:0+6 keyword",
        "3:7+1 number",
        "3:10+4 keyword",
    ];
    assert_eq!(named(&full["data"]), expected);
    let range = json!({"start": {"line": 3, "character": 0}, "end": {"line": 4, "character": 0}});
    let params = json!({"textDocument": {"uri": uri(&path)}, "range": range});
    let found = client.request("textDocument/semanticTokens/range", params).await;
    assert_eq!(named(&found["data"]), expected[7..]);

    // A change of one statement is told as a change of its tokens.
    let at = json!({"line": 2, "character": 15});
    client.change(&path, 2, json!([{"range": {"start": at, "end": at}, "text": ", u"}])).await;
    let params = json!({"textDocument": {"uri": uri(&path)}, "previousResultId": full["resultId"]});
    let delta = client.request("textDocument/semanticTokens/full/delta", params).await;
    let edits = delta["edits"].as_array().unwrap();
    assert_eq!(edits.len(), 1);
    let mut data = full["data"].as_array().unwrap().clone();
    let (start, count) =
        (edits[0]["start"].as_u64().unwrap() as usize, edits[0]["deleteCount"].as_u64().unwrap() as usize);
    data.splice(start..start + count, edits[0]["data"].as_array().unwrap().clone());
    let fresh = ask(&mut client, &path, "textDocument/semanticTokens/full").await;
    assert_eq!(Value::Array(data), fresh["data"]);
    assert_eq!(fresh["data"].as_array().unwrap().len(), full["data"].as_array().unwrap().len() + 5);
    // With an id that is not known any more all are told.
    let params = json!({"textDocument": {"uri": uri(&path)}, "previousResultId": "x"});
    let whole = client.request("textDocument/semanticTokens/full/delta", params).await;
    assert_eq!(whole["data"], fresh["data"]);
    client.change(&path, 3, json!([{ "text": "" }])).await;
    let empty = ask(&mut client, &path, "textDocument/semanticTokens/full").await;
    assert_eq!(empty["data"], json!([]));
    assert_eq!(client.stop().await, 0);

    let (client, _) = with(dir.path(), json!({}), "").await;
    assert!(client.capabilities.get("semanticTokensProvider").is_none());
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn bodies_are_no_mere_strings() {
    let dir = folder(&[]);
    let text = "create function é(a int) returns void language plpgsql as '\r\n\
        declare \"é😀\" text := ''😀''; n int;\r\nbegin\r\n  if a = n then\r\n    null;\r\n  else\r\n    \
        perform ''é😀'', n from t;\r\n  end if;\r\nend\r\n';\r\ndo $x$ begin\n";
    let mut kinds = nested();
    kinds["semanticTokens"] = json!({"requests": {}, "tokenTypes": [], "tokenModifiers": [], "formats": []});
    let (mut client, path) = with(dir.path(), kinds, text).await;
    let found = ask(&mut client, &path, "textDocument/documentSymbol").await;
    let names: Vec<&str> =
        found[0]["children"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "é😀", "n"]);
    assert_eq!(range(&found[0]["children"][2]["range"]), "1:30-1:36");
    let found = ask(&mut client, &path, "textDocument/foldingRange").await;
    let lines: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|fold| (fold["startLine"].as_u64().unwrap(), fold["endLine"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [(0, 9), (2, 7), (3, 4), (5, 6)]);
    let found = client.position("textDocument/documentHighlight", &path, 5, 3).await;
    let words: Vec<String> = found.as_array().unwrap().iter().map(|it| range(&it["range"])).collect();
    assert_eq!(words, ["3:2-3:4", "3:11-3:15", "5:2-5:6", "7:2-7:5", "7:6-7:8"]);
    let positions = json!([{"line": 6, "character": 22}]);
    let params = json!({"textDocument": {"uri": uri(&path)}, "positions": positions});
    let found = client.request("textDocument/selectionRange", params).await;
    assert_eq!(range(&found[0]["range"]), "6:21-6:22");
    let full = ask(&mut client, &path, "textDocument/semanticTokens/full").await;
    let legend = client.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"].clone();
    let data: Vec<u64> = full["data"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    let (mut line, mut start) = (0, 0);
    let mut shown = Vec::new();
    for token in data.as_chunks::<5>().0 {
        line += token[0];
        start = if token[0] == 0 { start + token[1] } else { token[1] };
        shown.push(format!("{line}:{start}+{} {}", token[2], legend[token[3] as usize].as_str().unwrap()));
    }
    for token in [
        "1:8+5 variable",
        "1:22+6 string",
        "6:12+7 string",
        "6:21+1 variable",
        "6:28+1 class",
        "10:7+5 keyword",
    ] {
        assert!(shown.iter().any(|other| other == token), "{token} in {shown:?}");
    }
    let params = json!({
        "textDocument": {"uri": uri(&path)}, "position": {"line": 11, "character": 0},
        "ch": "\n", "options": {"tabSize": 2, "insertSpaces": true}
    });
    let edit = client.request("textDocument/onTypeFormatting", params).await;
    assert_eq!(edit[0]["newText"], "\nend;");
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn included_files_are_linked() {
    let dir = folder(&[("a.sql", "")]);
    let text = "select '😀';\r\n\\ir 'é.sql'\r\n\\i a.sql\n\\i :x\n";
    let (mut client, path) = with(dir.path(), json!({}), text).await;
    let found = ask(&mut client, &path, "textDocument/documentLink").await;
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(range(&found[0]["range"]), "1:4-1:11");
    assert!(found[0]["target"].as_str().unwrap().ends_with("/%C3%A9.sql"), "{}", found[0]);
    assert_eq!(found[1]["target"], uri(&dir.path().join("a.sql")));
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn what_was_opened_is_closed() {
    let dir = folder(&[]);
    let text = "select 'é😀';\r\ndo $$\n";
    let (mut client, path) = with(dir.path(), json!({}), text).await;
    let mut typed = async |line: u32, character: u32, typed: &str| {
        let params = json!({
            "textDocument": {"uri": uri(&path)}, "position": {"line": line, "character": character},
            "ch": typed, "options": {"tabSize": 2, "insertSpaces": true}
        });
        client.request("textDocument/onTypeFormatting", params).await
    };
    let edit = typed(1, 5, "$").await;
    assert_eq!((&edit[0]["newText"], range(&edit[0]["range"])), (&json!("$$"), "1:5-1:5".into()));
    assert_eq!(typed(0, 4, "$").await, json!([]));
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn the_trees_are_shown() {
    let dir = folder(&[]);
    let (mut client, path) = with(dir.path(), json!({}), "select 1;\nselect 'é' from t;").await;
    let document = json!({"uri": uri(&path)});
    let params = json!({"textDocument": document, "position": {"line": 1, "character": 3}});
    let shown = client.request("pgwright/syntaxTree", params).await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("RangeVar") && shown.contains("from_clause 12..18"), "{shown}");
    let all = client.request("pgwright/syntaxTree", json!({"textDocument": document})).await;
    assert!(all.as_str().unwrap().matches("stmt 0..").count() >= 2);
    assert_eq!(client.stop().await, 0);
}
