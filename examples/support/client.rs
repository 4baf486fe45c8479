//! A small language client for the examples: it starts the built server and talks with it over its pipes.

#![allow(dead_code, reason = "each example uses a part of it")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// No answer takes longer than this, on however slow a machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Variables that would lead the server to a database of the user's.
pub fn is_of_databases(name: &str) -> bool {
    name.starts_with("PG") || name == "DATABASE_URL"
}

/// The server's program, which cargo puts beside the folder of this example's.
pub fn server_program() -> PathBuf {
    let me = std::env::current_exe().expect("this program's path");
    let profile = me.parent().and_then(Path::parent).expect("it is in target/<profile>/examples");
    let program = profile.join(format!("pgwright{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is missing; run cargo build --release first", program.display());
    program
}

pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// A session with a server of its own.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<(Instant, Value)>,
    next_id: i64,
    /// The newest diagnostics by URI, with their version and when they came.
    pub diagnostics: HashMap<String, (Instant, Option<i64>, Value)>,
    /// What `pgwright/status` said last.
    pub status: Value,
    /// What `window/showMessage` said.
    pub messages: Vec<String>,
}

impl Client {
    /// Starts the server on `root`, with the section `pgwright` of an editor's settings.
    pub fn start(root: &Path, settings: Value) -> Client {
        let mut command = Command::new(server_program());
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_of_databases) {
                command.env_remove(name);
            }
        }
        let mut child = command
            .arg("lsp")
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server can be started");
        let input = child.stdin.take();
        let mut reader =
            BufReader::with_capacity(1 << 16, child.stdout.take().expect("its output is a pipe"));
        let (sender, output) = channel();
        std::thread::spawn(move || {
            while let Some((at, body)) = read_message(&mut reader) {
                let message = serde_json::from_slice(&body).expect("the server writes JSON");
                if sender.send((at, message)).is_err() {
                    break;
                }
            }
        });
        let mut client = Client {
            child,
            input,
            output,
            next_id: 0,
            diagnostics: HashMap::new(),
            status: Value::Null,
            messages: Vec::new(),
        };
        client.request(
            "initialize",
            json!({
                "processId": std::process::id(),
                "rootUri": uri(root),
                "workspaceFolders": [{ "uri": uri(root), "name": "shop" }],
                "initializationOptions": settings,
                "capabilities": {
                    "general": { "positionEncodings": ["utf-16"] },
                    "workspace": {
                        "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create"] },
                    },
                    "textDocument": {
                        "publishDiagnostics": { "versionSupport": true },
                        "hover": { "contentFormat": ["markdown"] },
                        "codeAction": {
                            "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix", "refactor"] } },
                        },
                    },
                },
            }),
        );
        client.notify("initialized", json!({}));
        client
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and waits for its answer.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Some((_, message)) = self.receive(deadline) else { panic!("{method} is not answered") };
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
        }
    }

    /// Takes messages until `done` holds; whether it did in time.
    pub fn wait_for(&mut self, done: impl Fn(&Client) -> bool) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            if self.receive(deadline).is_none() {
                return false;
            }
        }
        true
    }

    /// Opens a document and waits for its diagnostics.
    pub fn open(&mut self, path: &Path, text: &str) -> Value {
        self.open_timed(path, text);
        self.diagnostics.get(&uri(path)).map(|(_, _, list)| list.clone()).unwrap_or_default()
    }

    /// The same; the time from the message's first byte to the first diagnostics.
    pub fn open_timed(&mut self, path: &Path, text: &str) -> Duration {
        let uri = uri(path);
        let document = json!({ "uri": uri, "languageId": "sql", "version": 1, "text": text });
        let message = frame(
            &json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": document } }),
        );
        let start = Instant::now();
        self.write(&message);
        self.wait_for(|client| client.diagnostics.contains_key(&uri));
        self.diagnostics.get(&uri).map_or(PATIENCE, |(at, ..)| at.saturating_duration_since(start))
    }

    /// Asks something about a position: line and UTF-16 character, both from 0.
    pub fn at(&mut self, method: &str, path: &Path, (line, character): (usize, usize)) -> Value {
        let position = json!({ "line": line, "character": character });
        self.request(
            method,
            json!({ "textDocument": { "uri": uri(path) }, "position": position, "context": { "triggerKind": 1 } }),
        )
    }

    /// Shuts the server down; whether it ended by the book.
    pub fn stop(mut self) -> bool {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.input = None;
        self.child.wait().is_ok_and(|status| status.success())
    }

    pub fn send(&mut self, message: &Value) {
        self.write(&frame(message));
    }

    fn write(&mut self, frame: &[u8]) {
        let input = self.input.as_mut().expect("the session is open");
        input.write_all(frame).and_then(|()| input.flush()).expect("the server reads its input");
    }

    fn receive(&mut self, deadline: Instant) -> Option<(Instant, Value)> {
        let left = deadline.saturating_duration_since(Instant::now());
        let (at, message) = match self.output.recv_timeout(left) {
            Ok(received) => received,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => panic!("the server ended"),
        };
        let params = &message["params"];
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let uri = params["uri"].as_str().unwrap_or_default().to_owned();
                self.diagnostics.insert(uri, (at, params["version"].as_i64(), params["diagnostics"].clone()));
            }
            Some("pgwright/status") => self.status = params.clone(),
            Some("window/showMessage") => {
                self.messages.push(params["message"].as_str().unwrap_or_default().to_owned());
            }
            _ => {}
        }
        // The server asks for nothing that these examples have to say.
        if message.get("method").is_some() && message.get("id").is_some() {
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
        }
        Some((at, message))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn frame(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A message's body, and when its first byte was there.
fn read_message(reader: &mut impl BufRead) -> Option<(Instant, Vec<u8>)> {
    let mut length = 0;
    let mut first = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        first.get_or_insert_with(Instant::now);
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first?, body))
}
