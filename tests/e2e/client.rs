//! A language client in the test's own process: it speaks the wire protocol with `lsp::serve` over a pipe.

#![allow(dead_code)]

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, split,
};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// Longer than anything here takes; it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Inbox {
    waiting: HashMap<i64, oneshot::Sender<Value>>,
    notifications: Vec<(String, Value)>,
    /// Requests of the server, which are answered at once.
    requests: Vec<(String, Value)>,
    /// What to answer the server's requests with, by method; null for others.
    answers: HashMap<String, Value>,
}

pub struct Client {
    writer: Arc<tokio::sync::Mutex<WriteHalf<DuplexStream>>>,
    inbox: Arc<Mutex<Inbox>>,
    arrived: Arc<Notify>,
    next: i64,
    server: JoinHandle<i32>,
    pub capabilities: Value,
}

/// A client's capabilities: everything on, diagnostics pushed.
pub fn capabilities() -> Value {
    json!({
        "general": {"positionEncodings": ["utf-16"]},
        "workspace": {
            "configuration": false,
            "didChangeWatchedFiles": {"dynamicRegistration": true},
            "workspaceEdit": {"documentChanges": true, "resourceOperations": ["create", "rename", "delete"]},
            "workspaceFolders": true,
            "inlayHint": {"refreshSupport": true},
            "diagnostics": {"refreshSupport": true}
        },
        "textDocument": {
            "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}}},
            "publishDiagnostics": {"relatedInformation": true}
        },
        "window": {"workDoneProgress": true}
    })
}

impl Client {
    /// A server whose session has not begun.
    pub fn connect() -> Client {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (input, output) = split(theirs);
        let server = tokio::spawn(pgwright::lsp::serve(input, output));
        let (reader, writer) = split(ours);
        let writer = Arc::new(tokio::sync::Mutex::new(writer));
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let arrived = Arc::new(Notify::new());
        tokio::spawn(read(reader, writer.clone(), inbox.clone(), arrived.clone()));
        Client { writer, inbox, arrived, next: 0, server, capabilities: Value::Null }
    }

    /// A server with a session on `folder`.
    pub async fn start(folder: &Path) -> Client {
        Client::start_with(&[folder], capabilities(), Value::Null).await
    }

    pub async fn start_with(folders: &[&Path], capabilities: Value, options: Value) -> Client {
        let mut client = Client::connect();
        let folders: Vec<Value> =
            folders.iter().map(|folder| json!({"uri": uri(folder), "name": "folder"})).collect();
        let answer = client
            .request(
                "initialize",
                json!({
                    "processId": null, "rootUri": null, "capabilities": capabilities,
                    "workspaceFolders": folders, "initializationOptions": options
                }),
            )
            .await;
        client.capabilities = answer["capabilities"].clone();
        client.notify("initialized", json!({})).await;
        client
    }

    /// What the server's requests of a method are answered with from now on.
    pub fn answer_with(&self, method: &str, answer: Value) {
        self.inbox.lock().unwrap().answers.insert(method.into(), answer);
    }

    async fn send(&self, message: Value) {
        write(&self.writer, &message).await;
    }

    pub async fn notify(&self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    /// Sends a request and gives what waits for its answer (the whole message).
    pub async fn begin(&mut self, method: &str, params: Value) -> (i64, oneshot::Receiver<Value>) {
        self.next += 1;
        let id = self.next;
        let (sender, receiver) = oneshot::channel();
        self.inbox.lock().unwrap().waiting.insert(id, sender);
        let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(message).await;
        (id, receiver)
    }

    /// The result of a request, which must not fail.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let answer = self.try_request(method, params).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The whole answer to a request.
    pub async fn try_request(&mut self, method: &str, params: Value) -> Value {
        let (_, answer) = self.begin(method, params).await;
        tokio::time::timeout(PATIENCE, answer)
            .await
            .unwrap_or_else(|_| panic!("{method}: no answer"))
            .unwrap()
    }

    pub async fn open(&self, path: &Path, text: &str) {
        let document = json!({"uri": uri(path), "languageId": "sql", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document})).await;
    }

    pub async fn change(&self, path: &Path, version: i32, changes: Value) {
        let document = json!({"uri": uri(path), "version": version});
        self.notify("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}))
            .await;
    }

    pub async fn position(&mut self, method: &str, path: &Path, line: u32, character: u32) -> Value {
        let position = json!({"line": line, "character": character});
        self.request(method, json!({"textDocument": {"uri": uri(path)}, "position": position})).await
    }

    /// Waits for a notification that `wanted` takes something from.
    pub async fn notification<T>(&self, method: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let search = async {
            loop {
                let arrived = self.arrived.notified();
                tokio::pin!(arrived);
                arrived.as_mut().enable();
                let found = {
                    let inbox = self.inbox.lock().unwrap();
                    inbox
                        .notifications
                        .iter()
                        .rev()
                        .filter(|(name, _)| name == method)
                        .find_map(|(_, params)| wanted(params))
                };
                if let Some(found) = found {
                    return found;
                }
                arrived.await;
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => panic!("{method} did not come; came: {:#?}", self.inbox.lock().unwrap().notifications),
        }
    }

    /// The diagnostics pushed for a version of a document.
    pub async fn diagnostics(&self, path: &Path, version: i32) -> Vec<Value> {
        let uri = uri(path);
        self.notification("textDocument/publishDiagnostics", |params| {
            (params["uri"] == uri && params["version"] == version)
                .then(|| params["diagnostics"].as_array().unwrap().clone())
        })
        .await
    }

    /// Waits until pushed diagnostics of a document satisfy `wanted`.
    pub async fn diagnostics_where(&self, path: &Path, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = uri(path);
        self.notification("textDocument/publishDiagnostics", |params| {
            let diagnostics = params["diagnostics"].as_array().unwrap();
            (params["uri"] == uri && wanted(diagnostics)).then(|| diagnostics.clone())
        })
        .await
    }

    /// All notifications of a method so far.
    pub fn received(&self, method: &str) -> Vec<Value> {
        let inbox = self.inbox.lock().unwrap();
        inbox
            .notifications
            .iter()
            .filter(|(name, _)| name == method)
            .map(|(_, params)| params.clone())
            .collect()
    }

    /// Forgets the notifications so far.
    pub fn forget(&self) {
        self.inbox.lock().unwrap().notifications.clear();
    }

    /// Ends the session by the book; the exit code.
    pub async fn stop(mut self) -> i32 {
        self.request("shutdown", Value::Null).await;
        self.notify("exit", Value::Null).await;
        tokio::time::timeout(PATIENCE, self.server).await.expect("the server did not end").unwrap()
    }

    /// Leaves without shutting down; the exit code.
    pub async fn leave(self) -> i32 {
        self.notify("exit", Value::Null).await;
        tokio::time::timeout(PATIENCE, self.server).await.expect("the server did not end").unwrap()
    }
}

async fn write(writer: &tokio::sync::Mutex<WriteHalf<DuplexStream>>, message: &Value) {
    let body = message.to_string();
    let mut writer = writer.lock().await;
    let head = format!("Content-Length: {}\r\n\r\n", body.len());
    // A server that has ended reads no more; what waits for its answer says so.
    let _ = writer.write_all(head.as_bytes()).await;
    let _ = writer.write_all(body.as_bytes()).await;
}

async fn read(
    reader: ReadHalf<DuplexStream>,
    writer: Arc<tokio::sync::Mutex<WriteHalf<DuplexStream>>>,
    inbox: Arc<Mutex<Inbox>>,
    arrived: Arc<Notify>,
) {
    let mut reader = BufReader::new(reader);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            match line.trim().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).await.unwrap();
        let message: Value = serde_json::from_slice(&body).unwrap();
        let reply = {
            let mut inbox = inbox.lock().unwrap();
            match (message.get("method").and_then(Value::as_str), message.get("id")) {
                (Some(method), Some(id)) => {
                    inbox.requests.push((method.into(), message["params"].clone()));
                    let answer = inbox.answers.get(method).cloned().unwrap_or(Value::Null);
                    Some(json!({"jsonrpc": "2.0", "id": id, "result": answer}))
                }
                (Some(method), None) => {
                    inbox.notifications.push((method.into(), message["params"].clone()));
                    None
                }
                (None, Some(id)) => {
                    if let Some(waiting) = id.as_i64().and_then(|id| inbox.waiting.remove(&id)) {
                        let _ = waiting.send(message);
                    }
                    None
                }
                (None, None) => None,
            }
        };
        arrived.notify_waiters();
        if let Some(reply) = reply {
            write(&writer, &reply).await;
        }
    }
}

/// A path as a `file:` URI.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
