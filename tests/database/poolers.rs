//! The real pgbouncer and pgpool between us and a server: all that is asked of a server must work through them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use pgwright::database::introspect;

use crate::connection;
use crate::postgres::{Postgres, User, free_port};
use crate::session::{next_catalog, start};

/// Holds a pooler and ends it, with its directory, at the end of its own input: also when the test is killed.
const KEEPER: &str = r#"
dir=$1
shift
trap '' INT TERM HUP
"$@" >"$dir/log" 2>&1 </dev/null &
pid=$!
while read -r _; do :; done
kill -INT "$pid" 2>/dev/null
wait "$pid"
cd / && rm -rf "$dir"
"#;

/// A running pooler.
struct Pooler {
    dir: PathBuf,
    port: u16,
    keeper: Option<(Child, ChildStdin)>,
}

impl Pooler {
    /// `program` with a configuration of that name and text, where `{dir}`, `{port}` and the server's are filled in.
    fn start(program: &str, server: &Postgres, configuration: &str, arguments: &[&str]) -> Pooler {
        let user = User::for_servers();
        let dir = tempfile::Builder::new().prefix("pgw-").tempdir_in("/tmp").expect("a directory in /tmp");
        user.own(dir.path());
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/poolers").join(program);
        // The checkout may lie where the pooler's user cannot go.
        let binary = dir.path().join(program);
        fs::copy(&installed, &binary)
            .unwrap_or_else(|_| panic!("{program} is not installed; run .ci/install.sh poolers"));
        let port = free_port();
        let text = (configuration.replace("{dir}", dir.path().to_str().expect("UTF-8")))
            .replace("{port}", &port.to_string())
            .replace("{server}", server.socket_dir().to_str().expect("UTF-8"))
            .replace("{server_port}", &server.port().to_string());
        fs::write(dir.path().join("conf"), text).expect("the configuration can be written");
        fs::write(dir.path().join("empty"), "").expect("an empty file can be written");
        let mut keeper = user
            .command(Path::new("/bin/sh"), dir.path())
            .args(["-c", KEEPER, "keeper"])
            .arg(dir.path())
            .arg(&binary)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell can be started");
        let pipe = keeper.stdin.take().expect("the keeper's input is a pipe");
        let pooler = Pooler { dir: dir.keep(), port, keeper: Some((keeper, pipe)) };
        let socket = pooler.dir.join(format!(".s.PGSQL.{port}"));
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            let log = fs::read_to_string(pooler.dir.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "{program} does not start:\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
        pooler
    }

    fn pgbouncer(server: &Postgres) -> Pooler {
        let configuration = "[databases]\n* = host={server} port={server_port} user=postgres\n\
             [pgbouncer]\nlisten_port = {port}\nunix_socket_dir = {dir}\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 2\n";
        Pooler::start("pgbouncer", server, configuration, &["conf"])
    }

    fn pgpool(server: &Postgres) -> Pooler {
        let configuration = "listen_addresses = ''\nport = {port}\nsocket_dir = '{dir}'\nunix_socket_directories = '{dir}'\n\
             pcp_listen_addresses = ''\npcp_socket_dir = '{dir}'\nwd_ipc_socket_dir = '{dir}'\n\
             pid_file_name = '{dir}/pid'\nlogdir = '{dir}'\nwork_dir = '{dir}'\n\
             backend_clustering_mode = 'streaming_replication'\nsr_check_period = 0\n\
             backend_hostname0 = '{server}'\nbackend_port0 = {server_port}\nbackend_weight0 = 1\n\
             num_init_children = 4\nmax_pool = 1\nenable_pool_hba = off\n";
        Pooler::start("pgpool", server, configuration, &["-n", "-f", "conf", "-F", "empty", "-a", "empty"])
    }

    fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@/{database}?host={}&port={}", self.dir.display(), self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        if let Some((mut keeper, pipe)) = self.keeper.take() {
            drop(pipe);
            let _ = keeper.wait();
        }
    }
}

/// What is read, explained and noticed through the pooler is as without it.
async fn everything_works(server: &Postgres, pooler: &Pooler) {
    let database = server.fresh_database();
    server.execute_in(
        &database,
        "CREATE TYPE mood AS ENUM ('sad', 'ok');
         CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL UNIQUE, mood mood DEFAULT 'ok');
         CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, CHECK (id > 0));
         CREATE INDEX ON orders (user_id) WHERE id > 5;
         CREATE VIEW v AS SELECT email FROM users;
         CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE PUBLICATION p FOR TABLE users;
         INSERT INTO users SELECT n, n::text FROM generate_series(1, 100) n; ANALYZE users",
    );
    let direct = introspect(&connection(&server.url(&database)).await, |_| ()).await.unwrap();
    let through = introspect(&connection(&pooler.url(&database)).await, |_| ()).await.unwrap();
    assert!(direct.0 == through.0);
    assert!(direct.0.relation(None, "v").unwrap().query.0.is_some());

    let (handle, mut events) = start(&pooler.url(&database));
    let (catalog, _, before) = next_catalog(&mut events).await;
    assert!(*catalog == direct.0, "{before:?}");
    assert_eq!(before, ["connecting", "connected"]);
    assert_eq!(handle.explain("SELECT * FROM users WHERE mood = $1").await.unwrap().root.kind, "Seq Scan");
    assert!(handle.explain("SELECT * FROM nothing").await.is_err());
    assert!(handle.column_statistics("public", "users", "email").await.is_some());
    for table in ["b", "c", "d"] {
        server.execute_in(&database, &format!("CREATE TABLE {table} (id int)"));
        let (catalog, _, before) = next_catalog(&mut events).await;
        assert!(catalog.relation(None, table).is_some() && before.is_empty(), "{before:?}");
        // Each may be another of the pooler's connections.
        assert!(handle.explain(format!("SELECT * FROM {table}")).await.is_ok());
    }
}

#[tokio::test]
async fn everything_works_through_pgbouncer() {
    for major in [13, 18] {
        let server = Postgres::start(major);
        everything_works(&server, &Pooler::pgbouncer(&server)).await;
    }
}

#[tokio::test]
async fn everything_works_through_pgpool() {
    let server = Postgres::start(15);
    everything_works(&server, &Pooler::pgpool(&server)).await;
}
