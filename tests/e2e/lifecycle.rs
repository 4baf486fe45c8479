//! Beginnings and ends: encodings, shutdown and exit, panics, cancelling.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

#[path = "../../examples/support/client.rs"]
mod process;

use super::client::{Client, capabilities, uri};
use super::files::folder;

#[tokio::test]
async fn positions_are_in_the_negotiated_encoding() {
    for (offered, chosen, character) in [
        (json!(["utf-8", "utf-16"]), "utf-8", 23),
        (json!(["utf-16", "utf-32"]), "utf-16", 20),
        (json!(["utf-32"]), "utf-32", 19),
        (json!(null), "utf-16", 20),
    ] {
        let dir = folder(&[]);
        let path = dir.path().join("q.sql");
        let mut able = capabilities();
        able["general"]["positionEncodings"] = offered;
        let client = Client::start_with(&[dir.path()], able, Value::Null).await;
        assert_eq!(client.capabilities["positionEncoding"], chosen);
        client.open(&path, "select 'é😀', frm x y").await;
        let diagnostics = client.diagnostics(&path, 1).await;
        // frm x is a column with its alias, so y is the token that cannot stand there.
        let start = &diagnostics[0]["range"]["start"];
        assert_eq!(start["character"], character, "{chosen}: {diagnostics:?}");
        assert_eq!(client.stop().await, 0);
    }
}

#[tokio::test]
async fn leaving_without_shutdown_is_an_error() {
    let dir = folder(&[]);
    assert_eq!(Client::start(dir.path()).await.leave().await, 1);
}

/// The real binary, whose standard input stays open.
#[test]
fn the_process_ends_on_exit() {
    for (shut_down, code) in [(true, 0), (false, 1)] {
        let mut server = Command::new(env!("CARGO_BIN_EXE_pgwright"))
            .args(if shut_down { &["--stdio"][..] } else { &["lsp", "--stdio"] })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = server.stdin.take().unwrap();
        let mut output = server.stdout.take().unwrap();
        let mut send = |message: Value| {
            let body = message.to_string();
            write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            input.flush().unwrap();
        };
        let mut answered = |id: &str| {
            let (mut seen, mut chunk) = (String::new(), [0; 4096]);
            while !seen.contains(id) {
                let count = output.read(&mut chunk).unwrap();
                assert!(count > 0, "{seen}");
                seen.push_str(&String::from_utf8_lossy(&chunk[..count]));
            }
        };
        let params = json!({"processId": null, "rootUri": null, "capabilities": {}});
        send(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}));
        answered("\"id\":1");
        send(json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
        if shut_down {
            send(json!({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}));
            answered("\"id\":2");
        }
        send(json!({"jsonrpc": "2.0", "method": "exit"}));
        assert_eq!(server.wait().unwrap().code(), Some(code));
        drop(input);
    }
}

#[tokio::test]
async fn a_panic_costs_one_answer() {
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let mut client = Client::start(dir.path()).await;
    client.open(&path, "create table t (a int);\nselect a from t;").await;
    client.diagnostics(&path, 1).await;
    let answer = client.try_request("pgwright/panic", Value::Null).await;
    assert_eq!(answer["error"]["code"], -32603, "{answer}");
    let hover = client.position("textDocument/hover", &path, 1, 7).await;
    assert!(hover["contents"]["value"].as_str().unwrap().contains("t.a integer"), "{hover}");
    assert_eq!(client.stop().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_request_is_answered_as_such() {
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let mut pulling = capabilities();
    pulling["textDocument"]["diagnostic"] = json!({});
    let mut client = Client::start_with(&[dir.path()], pulling, Value::Null).await;
    let text: String = (0..20_000).map(|n| format!("select a{n} from t{n} where b = {n};\n")).collect();
    client.open(&path, &text).await;
    let (id, answer) =
        client.begin("textDocument/diagnostic", json!({"textDocument": {"uri": uri(&path)}})).await;
    client.notify("$/cancelRequest", json!({"id": id})).await;
    let answer = answer.await.unwrap();
    assert_eq!(answer["error"]["code"], -32800, "{answer}");
    // Another one is answered.
    let hover = client.position("textDocument/hover", &path, 0, 0).await;
    assert!(hover.is_null(), "{hover}");
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn unknown_methods_are_said_to_be_unknown() {
    let dir = folder(&[]);
    let mut client = Client::start(dir.path()).await;
    let answer = client.try_request("textDocument/nothing", json!({})).await;
    assert_eq!(answer["error"]["code"], -32601);
    let answer = client.try_request("workspace/executeCommand", json!({"command": "nothing"})).await;
    assert_eq!(answer["error"]["code"], -32602);
    assert_eq!(client.stop().await, 0);
}

/// In a process of its own, as the stacks are those of its threads.
#[test]
fn deep_text_does_not_end_the_server() {
    let dir = folder(&[]);
    let mut client = process::Client::start(dir.path(), json!({}));
    let texts = [
        format!("select {}1{};", "(".repeat(20_000), ")".repeat(20_000)),
        format!("select 1{};", "+1".repeat(20_000)),
        format!("select 1{};", "+1".repeat(4900)),
        format!("select {}1{};", "(select ".repeat(1600), ")".repeat(1600)),
        format!("create view v as select 1 as a{}; select a from v;", " union all select 1".repeat(9900)),
        format!("select 1{};", "::int".repeat(4900)),
    ];
    for (n, text) in texts.iter().enumerate() {
        let uri = format!("file:///deep{n}.sql");
        let document = json!({"uri": uri});
        client.notify(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": "sql", "version": 1, "text": text}}),
        );
        let position = json!({"line": 0, "character": 8});
        let range = json!({"start": position, "end": {"line": 1, "character": 0}});
        for (method, params) in [
            ("textDocument/diagnostic", json!({"textDocument": document})),
            ("textDocument/hover", json!({"textDocument": document, "position": position})),
            ("textDocument/inlayHint", json!({"textDocument": document, "range": range})),
            (
                "textDocument/codeAction",
                json!({"textDocument": document, "context": {"diagnostics": []}, "range": range}),
            ),
        ] {
            client.request(method, params);
        }
        // A change throws the old tree away.
        client.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "select 1;"}]}),
        );
        let report = client.request("textDocument/diagnostic", json!({"textDocument": document}));
        assert_eq!(report["items"], json!([]), "{n}");
    }
    assert!(client.stop());
}
