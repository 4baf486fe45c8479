//! A throwaway PostgreSQL for tests: its own cluster in /tmp, a Unix socket, gone when the test is.
//!
//! ```ignore
//! #[path = "support/postgres.rs"]
//! mod postgres;
//!
//! let server = postgres::shared(18);               // one server for the whole test process …
//! let db = server.fresh_database();                // … and a database for this test
//! server.execute_in(&db, "CREATE TABLE t (id int)");
//! let url = server.url(&db);
//! ```
//!
//! `Postgres::start(15)` starts a server of one's own, `Postgres::options(18)…start()` one with TCP, TLS, `pg_hba.conf`
//! lines or settings. The binaries come from `.ci/install.sh`, or from `PGWRIGHT_PG13_BIN` (`PG15`, `PG18`).
//!
//! Nothing is left behind, however the test process ends: a small shell holds the server and reads a pipe that only the
//! test process holds open. When that pipe closes (drop, exit, panic, `kill -9`) the shell stops the server and removes
//! the directory.

#![allow(dead_code)]

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, OnceLock};
use std::time::{Duration, Instant};

use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The certificate of the authority that signed the test server's; the server's own is for `localhost` alone, so that
/// `127.0.0.1` fails `sslmode=verify-full`.
pub const CA_CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls/ca.crt");

const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// The shell that holds a server. It takes commands a line each and ends, with everything, at the end of its input.
const KEEPER: &str = r#"
bin=$1 dir=$2 pid=
start() { "$bin/postgres" -D "$dir/data" >>"$dir/log" 2>&1 </dev/null & pid=$!; }
halt() { [ -z "$pid" ] || { kill -INT "$pid" && wait "$pid"; pid=; } 2>/dev/null; }
discard() { [ -z "$pid" ] || { kill -QUIT "$pid" && wait "$pid"; pid=; } 2>/dev/null; }
trap '' INT TERM HUP
start
while read -r command; do "$command"; done
discard
cd / && rm -rf "$dir"
"#;

/// A running server. Dropping it stops it and removes its directory.
pub struct Postgres {
    major: u32,
    dir: PathBuf,
    port: u16,
    tcp: bool,
    keeper: Mutex<Option<(Child, ChildStdin)>>,
}

/// How a server is to be started.
pub struct Options {
    major: u32,
    tcp: bool,
    ssl: bool,
    hba: Vec<String>,
    settings: Vec<(String, String)>,
}

/// The server of this process for a major version; started at the first call, stopped when the process ends.
pub fn shared(major: u32) -> &'static Postgres {
    static V13: OnceLock<Postgres> = OnceLock::new();
    static V15: OnceLock<Postgres> = OnceLock::new();
    static V18: OnceLock<Postgres> = OnceLock::new();
    static AT_EXIT: Once = Once::new();

    // Statics are never dropped. The keeper would notice the end of the process by itself; waiting for it here means
    // that nothing runs any more when the test command returns.
    extern "C" fn stop_shared() {
        for server in [&V13, &V15, &V18] {
            if let Some(server) = server.get() {
                server.stop();
            }
        }
    }
    AT_EXIT.call_once(|| {
        // SAFETY: the callback takes no argument, does not unwind, and touches only statics.
        unsafe { libc::atexit(stop_shared) };
    });

    match major {
        13 => V13.get_or_init(|| Postgres::start(13)),
        15 => V15.get_or_init(|| Postgres::start(15)),
        18 => V18.get_or_init(|| Postgres::start(18)),
        _ => panic!("no PostgreSQL {major} is installed for tests; 13, 15 and 18 are"),
    }
}

/// Where the binaries of a major version are, if they are installed.
pub fn find_binaries(major: u32) -> Option<PathBuf> {
    let from_environment = std::env::var_os(format!("PGWRIGHT_PG{major}_BIN")).map(PathBuf::from);
    let installed = [
        PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")),
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!(".tools/pg{major}/bin")),
    ];
    from_environment
        .into_iter()
        .chain(installed)
        .find(|bin| bin.join("postgres").is_file() && bin.join("initdb").is_file())
}

impl Options {
    /// Also listen on 127.0.0.1, at a free port.
    pub fn tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// Speak TLS, with the certificate of `tests/support/tls`; only useful with [`Options::tcp`].
    pub fn ssl(mut self) -> Self {
        self.ssl = true;
        self
    }

    /// A line of `pg_hba.conf`, before the default ones, which trust everybody.
    pub fn hba(mut self, line: &str) -> Self {
        self.hba.push(line.to_owned());
        self
    }

    /// A line of `postgresql.conf`; the value is quoted here.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Creates the cluster, starts the server and waits until it answers.
    pub fn start(self) -> Postgres {
        let major = self.major;
        let installed = find_binaries(major)
            .unwrap_or_else(|| panic!("PostgreSQL {major} is not installed; run .ci/install.sh postgres"));
        let user = User::for_servers();

        // A socket's path has little more than a hundred bytes, and TMPDIR may be long or private: /tmp it is.
        let dir = tempfile::Builder::new()
            .prefix("pgw-")
            .tempdir_in("/tmp")
            .expect("a directory in /tmp for PostgreSQL");
        user.own(dir.path());
        let bin = user.reachable(&installed, dir.path());
        let data = dir.path().join("data");

        let initdb = user
            .command(&bin.join("initdb"), dir.path())
            .args(["--pgdata", &utf8(&data), "--username=postgres", "--auth=trust"])
            .args(["--encoding=UTF8", "--no-locale", "--no-sync"])
            .stdin(Stdio::null())
            .output()
            .expect("initdb can be started");
        assert!(
            initdb.status.success(),
            "initdb of PostgreSQL {major} failed:\n{}{}",
            String::from_utf8_lossy(&initdb.stdout),
            String::from_utf8_lossy(&initdb.stderr)
        );

        let port = if self.tcp { free_port() } else { 5432 };
        self.configure(&user, dir.path(), &data, port);

        let mut keeper = user
            .command(Path::new("/bin/sh"), dir.path())
            .args(["-c", KEEPER, "keeper", &utf8(&bin), &utf8(dir.path())])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own: Ctrl-C and a test runner's kill must not reach it before it has cleaned up.
            .process_group(0)
            .spawn()
            .expect("a shell can be started");
        let pipe = keeper.stdin.take().expect("the keeper's input is a pipe");
        // From here on the keeper removes the directory.
        let server = Postgres {
            major,
            dir: dir.keep(),
            port,
            tcp: self.tcp,
            keeper: Mutex::new(Some((keeper, pipe))),
        };
        server.await_answer();
        server
    }

    fn configure(&self, user: &User, dir: &Path, data: &Path, port: u16) {
        let mut conf = fs::OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.conf"))
            .expect("initdb wrote postgresql.conf");
        let mut set = |name: &str, value: &str| {
            writeln!(conf, "{name} = '{}'", value.replace('\'', "''")).expect("postgresql.conf takes a line");
        };
        set("listen_addresses", if self.tcp { "127.0.0.1" } else { "" });
        set("port", &port.to_string());
        set("unix_socket_directories", &utf8(dir));
        for (name, value) in [
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("shared_buffers", "32MB"),
            ("max_connections", "60"),
            // In the data directory, not in /dev/shm: a killed server then leaves nothing outside it.
            ("dynamic_shared_memory_type", "mmap"),
            ("log_min_messages", "warning"),
        ] {
            set(name, value);
        }
        if self.ssl {
            for name in ["server.crt", "server.key", "other-ca.crt"] {
                let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls").join(name);
                let target = data.join(name);
                fs::copy(source, &target).expect("the test certificate can be copied");
                fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).expect("its mode can be set");
                user.own(&target);
            }
            set("ssl", "on");
        }
        for (name, value) in &self.settings {
            set(name, value);
        }
        if !self.hba.is_empty() {
            let path = data.join("pg_hba.conf");
            let default = fs::read_to_string(&path).expect("initdb wrote pg_hba.conf");
            fs::write(&path, format!("{}\n{default}", self.hba.join("\n")))
                .expect("pg_hba.conf can be written");
        }
    }
}

impl Postgres {
    /// A server of this major version (13, 15 or 18), reachable by its Unix socket alone.
    pub fn start(major: u32) -> Self {
        Self::options(major).start()
    }

    pub fn options(major: u32) -> Options {
        Options { major, tcp: false, ssl: false, hba: Vec::new(), settings: Vec::new() }
    }

    pub fn major(&self) -> u32 {
        self.major
    }

    /// The directory with the socket (and everything else of this server).
    pub fn socket_dir(&self) -> &Path {
        &self.dir
    }

    /// The port: of TCP when that was asked for, and part of the socket's name in any case.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A URL through the Unix socket, as the superuser, without a password.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@/{database}?host={}&port={}", self.dir.display(), self.port)
    }

    /// A URL through TCP, for `127.0.0.1` or `localhost`.
    pub fn tcp_url(&self, host: &str, database: &str) -> String {
        assert!(self.tcp, "this server does not listen on TCP; start it with Options::tcp");
        format!("postgresql://postgres@{host}:{}/{database}", self.port)
    }

    /// Runs SQL in the database `postgres`; panics with the server's message when it fails.
    pub fn execute(&self, sql: &str) {
        self.execute_in("postgres", sql);
    }

    /// Runs SQL in a database; panics with the server's message when it fails.
    pub fn execute_in(&self, database: &str, sql: &str) {
        self.query_in(database, sql);
    }

    /// The rows of SQL run in the database `postgres`, as text.
    pub fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.query_in("postgres", sql)
    }

    /// The rows of SQL run in a database, as text.
    pub fn query_in(&self, database: &str, sql: &str) -> Vec<Vec<Option<String>>> {
        self.try_query_in(database, sql).unwrap_or_else(|error| {
            panic!("PostgreSQL {} on {database}: {}\n{sql}", self.major, describe(&error))
        })
    }

    /// Like [`Postgres::query_in`], for statements that are meant to fail.
    pub fn try_query_in(
        &self,
        database: &str,
        sql: &str,
    ) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
        let url = self.url(database);
        // On a thread of its own, so that asynchronous tests can call it too.
        std::thread::scope(|scope| scope.spawn(|| simple_query(&url, sql)).join().expect("the query thread"))
    }

    pub fn create_database(&self, name: &str) {
        self.execute(&format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\"")));
    }

    /// Creates an empty database with a name that no other test has.
    pub fn fresh_database(&self) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.create_database(&name);
        name
    }

    /// Stops the server but keeps its data, as when a database is restarted under its clients.
    pub fn halt(&self) {
        self.tell("halt");
        let socket = self.dir.join(format!(".s.PGSQL.{}", self.port));
        let deadline = Instant::now() + STOP_TIMEOUT;
        while socket.exists() {
            assert!(Instant::now() < deadline, "PostgreSQL does not stop:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts a halted server again, on the same data, socket and port.
    pub fn resume(&self) {
        self.tell("start");
        self.await_answer();
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    /// Makes a halted server a standby, which stays in recovery with nobody to follow.
    pub fn demote(&self) {
        let signal = self.dir.join("data/standby.signal");
        fs::write(&signal, "").expect("the data directory can be written");
        User::for_servers().own(&signal);
    }

    fn tell(&self, command: &str) {
        let mut keeper = self.keeper.lock().expect("the keeper is not poisoned");
        let (_, pipe) = keeper.as_mut().expect("the server was not stopped for good");
        writeln!(pipe, "{command}").expect("the keeper takes commands");
    }

    fn await_answer(&self) {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let Err(error) = self.try_query_in("postgres", "SELECT 1") else { return };
            assert!(
                Instant::now() < deadline && !self.log().contains("FATAL:  could not"),
                "PostgreSQL {} does not start: {}\n{}",
                self.major,
                describe(&error),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(&self) {
        let Some((mut keeper, pipe)) = self.keeper.lock().ok().and_then(|mut keeper| keeper.take()) else {
            return;
        };
        drop(pipe);
        let deadline = Instant::now() + STOP_TIMEOUT;
        while let Ok(None) = keeper.try_wait() {
            if Instant::now() > deadline {
                eprintln!("PostgreSQL {} in {} does not stop", self.major, self.dir.display());
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn simple_query(url: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await?;
        drop(client);
        let _ = connection.await;
        Ok(messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => {
                    Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
                }
                _ => None,
            })
            .collect())
    })
}

fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} {}", db.code().code(), db.message()),
        None => error.to_string(),
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn utf8(path: &Path) -> String {
    path.to_str().expect("test paths are UTF-8").to_owned()
}

/// Who runs the servers. PostgreSQL refuses to run as root, so root's tests use another account.
pub struct User {
    switch_to: Option<(u32, u32)>,
}

impl User {
    pub fn for_servers() -> Self {
        let me = fs::metadata("/proc/self").expect("/proc is mounted").uid();
        if me != 0 {
            return Self { switch_to: None };
        }
        let accounts = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
        let ids = |line: &str| {
            let fields: Vec<&str> = line.split(':').collect();
            Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
        };
        let account = accounts
            .lines()
            .find(|line| line.starts_with("nobody:"))
            .and_then(ids)
            .or_else(|| accounts.lines().filter_map(ids).find(|&(uid, _)| uid != 0));
        Self { switch_to: Some(account.expect("root needs another account to run PostgreSQL with")) }
    }

    pub fn own(&self, path: &Path) {
        if let Some((uid, gid)) = self.switch_to {
            chown(path, Some(uid), Some(gid)).expect("root may give files away");
        }
    }

    /// A command as this user, in `dir`, with nothing in its environment that changes what PostgreSQL does.
    pub fn command(&self, program: &Path, dir: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(dir).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", dir).env("LC_ALL", "C");
        if let Some((uid, gid)) = self.switch_to {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// The binaries where this user can run them: as installed, or a copy when the checkout lies in a private
    /// directory such as /root.
    fn reachable(&self, bin: &Path, dir: &Path) -> PathBuf {
        let mut probe = self.command(&bin.join("postgres"), dir);
        probe.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if probe.status().is_ok_and(|status| status.success()) {
            return bin.to_owned();
        }
        let prefix = bin.parent().expect("the binaries lie in a folder bin of their installation");
        let copy = dir.join("pg");
        let status = Command::new("cp")
            .args(["-a", "--no-preserve=ownership", &utf8(prefix), &utf8(&copy)])
            .status()
            .expect("cp can be started");
        assert!(status.success(), "cannot copy {} for the user that runs PostgreSQL", prefix.display());
        if self.switch_to.is_some() {
            give_away(&copy, self);
        }
        copy.join(bin.file_name().expect("a folder's name"))
    }
}

fn give_away(path: &Path, user: &User) {
    let metadata = fs::symlink_metadata(path).expect("what was copied is there");
    if metadata.is_symlink() {
        return;
    }
    user.own(path);
    if metadata.is_dir() {
        for entry in fs::read_dir(path).expect("a copied folder can be read") {
            give_away(&entry.expect("its entries too").path(), user);
        }
    }
}
