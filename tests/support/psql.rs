//! Real psql, and a server of the least that it talks to, which tells what psql sends.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// What psql sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    Query(String),
    /// The bytes of one COPY.
    Data(String),
}

/// A server that says yes to all and wants data for as many COPYs as `copies` finds in a query.
pub struct Server {
    folder: tempfile::TempDir,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Server {
    pub fn start(copies: fn(&str) -> usize) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let sent = Arc::new(Mutex::new(Vec::new()));
        let log = sent.clone();
        // It ends with the test's process; psql has one connection at a time.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // psql hangs up in the midst of a message where it is told to quit.
                let _ = serve(stream, &log, copies);
            }
        });
        Server { folder, sent }
    }

    /// What psql sends when it runs `script`.
    pub fn run(&self, script: &[u8]) -> Vec<Sent> {
        self.sent.lock().expect("not poisoned").clear();
        let file = self.folder.path().join("script.sql");
        std::fs::write(&file, script).expect("the script can be written");
        let output = Command::new("psql")
            .args(["-X", "-q", "-d", "x", "-U", "x", "-f"])
            .arg(&file)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PGHOST", self.folder.path())
            .env("PGCLIENTENCODING", "UTF8")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .expect("psql is there (.ci/install.sh postgres)");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!errors.contains("connection"), "psql lost the server: {errors}");
        self.sent.lock().expect("not poisoned").clone()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend(((body.len() + 4) as u32).to_be_bytes());
    message.extend(body);
    message
}

const IDLE: (u8, &[u8]) = (b'Z', b"I");
const COMPLETE: (u8, &[u8]) = (b'C', b"OK\0");
/// Text, of no columns.
const COPY_IN: (u8, &[u8]) = (b'G', &[0, 0, 0]);

fn serve(stream: UnixStream, log: &Mutex<Vec<Sent>>, copies: fn(&str) -> usize) -> io::Result<()> {
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream;
    let body = |input: &mut BufReader<UnixStream>| -> io::Result<Vec<u8>> {
        let mut len = [0; 4];
        input.read_exact(&mut len)?;
        let mut body = vec![0; u32::from_be_bytes(len) as usize - 4];
        input.read_exact(&mut body)?;
        Ok(body)
    };
    // It asks for TLS or GSSAPI before it starts.
    while body(&mut input)?[..4] != 196_608u32.to_be_bytes() {
        output.write_all(b"N")?;
    }
    let mut greeting = message(b'R', &[0; 4]);
    for (name, value) in [
        ("server_version", "18.4"),
        ("server_encoding", "UTF8"),
        ("client_encoding", "UTF8"),
        ("standard_conforming_strings", "on"),
    ] {
        greeting.extend(message(b'S', format!("{name}\0{value}\0").as_bytes()));
    }
    greeting.extend(message(b'K', &[0; 8]));
    greeting.extend(message(IDLE.0, IDLE.1));
    output.write_all(&greeting)?;

    // The COPYs of the query at hand that wait for their data, and what came of the first one's.
    let mut waiting = 0;
    let mut data = Vec::new();
    loop {
        let mut kind = [0];
        input.read_exact(&mut kind)?;
        let body = body(&mut input)?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8 comes as UTF-8");
        let answers: Vec<(u8, &[u8])> = match kind[0] {
            b'Q' => {
                let query = text(&body[..body.len() - 1]);
                waiting = copies(&query);
                log.lock().expect("not poisoned").push(Sent::Query(query));
                if waiting > 0 { vec![COPY_IN] } else { vec![COMPLETE, IDLE] }
            }
            b'd' => {
                data.extend(body);
                vec![]
            }
            b'c' | b'f' => {
                log.lock().expect("not poisoned").push(Sent::Data(text(&std::mem::take(&mut data))));
                waiting -= 1;
                vec![COMPLETE, if waiting > 0 { COPY_IN } else { IDLE }]
            }
            b'P' => {
                let query = body.split(|byte| *byte == 0).nth(1).expect("a query behind a name");
                log.lock().expect("not poisoned").push(Sent::Query(text(query)));
                vec![(b'1', &[])]
            }
            b'B' => vec![(b'2', &[])],
            b'D' if body[0] == b'S' => vec![(b't', &[0, 0]), (b'n', &[])],
            b'D' => vec![(b'n', &[])],
            b'E' => vec![COMPLETE],
            b'S' => vec![IDLE],
            b'X' => return Ok(()),
            _ => vec![],
        };
        for (kind, body) in answers {
            output.write_all(&message(kind, body))?;
        }
    }
}
