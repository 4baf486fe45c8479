//! The harness that other tests get their PostgreSQL from: it starts, answers, and leaves nothing behind.

#[path = "support/postgres.rs"]
mod postgres;

use std::path::{Path, PathBuf};

use postgres::Postgres;

fn cell(rows: &[Vec<Option<String>>]) -> &str {
    rows[0][0].as_deref().expect("a value")
}

/// The processes that have a path below `dir` among their arguments.
fn processes_of(dir: &Path) -> Vec<String> {
    let needle = dir.to_str().expect("UTF-8");
    std::fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|arguments| String::from_utf8_lossy(&arguments).replace('\0', " "))
        .filter(|arguments| arguments.contains(needle))
        .collect()
}

fn starts_answers_and_goes(major: u32) {
    let dir: PathBuf;
    {
        let server = Postgres::start(major);
        dir = server.socket_dir().to_owned();
        assert_eq!(server.major(), major);
        let version = server.query("SHOW server_version");
        assert!(cell(&version).starts_with(&format!("{major}.")), "{version:?}");

        let db = server.fresh_database();
        server
            .execute_in(&db, "CREATE TABLE t (id int, name text); INSERT INTO t VALUES (1, NULL), (2, 'b')");
        let rows = server.query_in(&db, "SELECT id, name FROM t ORDER BY id");
        assert_eq!(rows, [vec![Some("1".into()), None], vec![Some("2".into()), Some("b".into())]]);
        let error = server.try_query_in(&db, "SELECT nme FROM t").expect_err("no such column");
        assert_eq!(error.code().map(|code| code.code()), Some("42703"));

        assert_eq!(cell(&server.query("SHOW listen_addresses")), "");
        assert!(server.url(&db).contains(dir.to_str().expect("UTF-8")));
        assert!(!processes_of(&dir).is_empty());
    }
    assert!(!dir.exists(), "{} is left", dir.display());
    assert_eq!(processes_of(&dir), [""; 0]);
}

#[test]
fn version_13() {
    starts_answers_and_goes(13);
}

#[test]
fn version_15() {
    starts_answers_and_goes(15);
}

#[test]
fn version_18() {
    starts_answers_and_goes(18);
}

#[test]
fn data_survives_a_halt() {
    let server = Postgres::start(18);
    server.execute("CREATE TABLE kept (id int)");
    server.halt();
    assert!(server.try_query_in("postgres", "SELECT 1").is_err());
    server.resume();
    assert_eq!(cell(&server.query("SELECT count(*) FROM kept")), "0");
}

#[test]
fn tcp_with_tls_and_a_password() {
    let server = Postgres::options(15)
        .tcp()
        .ssl()
        .setting("password_encryption", "scram-sha-256")
        .hba("hostssl all app 127.0.0.1/32 scram-sha-256")
        .hba("host all all 127.0.0.1/32 reject")
        .start();
    server.execute("CREATE ROLE app LOGIN PASSWORD 'it''s secret'");
    assert_eq!(cell(&server.query("SHOW ssl")), "on");
    assert!(
        server.tcp_url("localhost", "postgres").ends_with(&format!("@localhost:{}/postgres", server.port()))
    );
    // Without TLS the first line does not match and the second rejects: the lines stand before the default ones.
    let url = format!("postgresql://app:it's%20secret@127.0.0.1:{}/postgres", server.port());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let refused = runtime.block_on(tokio_postgres::connect(&url, tokio_postgres::NoTls)).map(|_| ());
    let refused = refused.expect_err("pg_hba.conf rejects connections without TLS");
    assert_eq!(refused.code().map(|code| code.code()), Some("28000"), "{refused}");
}

#[test]
fn one_shared_server_for_many_tests() {
    let server = postgres::shared(18);
    assert!(std::ptr::eq(server, postgres::shared(18)));
    assert_ne!(server.fresh_database(), server.fresh_database());
}

/// A process that is killed cannot clean up; what it started does.
#[test]
fn nothing_is_left_of_a_killed_process() {
    const ROLE: &str = "PGWRIGHT_HARNESS_VICTIM";
    if std::env::var_os(ROLE).is_some() {
        let server = postgres::shared(18);
        println!("dir={}=", server.socket_dir().display());
        std::thread::sleep(std::time::Duration::from_secs(60));
        return;
    }
    use std::io::{BufRead, BufReader};
    let mut victim = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "nothing_is_left_of_a_killed_process", "--nocapture"])
        .env(ROLE, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("this test can be started again");
    let output = BufReader::new(victim.stdout.take().expect("a pipe"));
    let dir = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| Some(PathBuf::from(line.split_once("dir=")?.1.split_once('=')?.0)))
        .expect("the other process says where its server is");
    assert!(dir.exists());
    victim.kill().expect("it can be killed");
    victim.wait().expect("it ends");
    for _ in 0..500 {
        if !dir.exists() && processes_of(&dir).is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("left in {}: {:?}", dir.display(), processes_of(&dir));
}
