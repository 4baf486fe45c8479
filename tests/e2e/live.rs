//! A live database behind the server: connected in the background, told once when it is away, never in the way.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Client, capabilities, uri};
use super::files::folder;
use super::postgres::{self, Postgres};

const SCHEMA: &str = "
    CREATE TYPE status AS ENUM ('open', 'done');
    CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
    CREATE TABLE tasks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint REFERENCES users, status status NOT NULL, at timestamptz NOT NULL DEFAULT now());
    INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 100) n;
    INSERT INTO tasks (user_id, status) SELECT 1 + n % 100, CASE WHEN n % 50 = 0 THEN 'open' ELSE 'done' END::status FROM generate_series(1, 20000) n;
    ANALYZE;";

async fn connected(dir: &Path, url: &str) -> Client {
    let options = json!({"database": {"url": url}});
    let client = Client::start_with(&[dir], capabilities(), options).await;
    client
        .notification("pgwright/status", |status| (status["database"]["state"] == "connected").then_some(()))
        .await;
    client
        .notification("pgwright/status", |status| (status["schema"]["relations"].as_u64()? > 1).then_some(()))
        .await;
    client
}

async fn hover(client: &mut Client, path: &Path, text: &str, version: i32, at: &str) -> String {
    client.change(path, version, json!([{"text": text}])).await;
    let character = text.find(at).unwrap() as u32;
    let found = client.position("textDocument/hover", path, 0, character).await;
    found["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

fn shared(major: u32) -> (&'static Postgres, String) {
    let server = postgres::shared(major);
    let database = server.fresh_database();
    server.execute_in(&database, SCHEMA);
    (server, database)
}

#[test]
fn a_query_shows_its_plan_and_a_table_its_size() {
    for major in [15, 18] {
        let (server, database) = shared(major);
        let url = server.url(&database);
        run(async move {
            let dir = folder(&[]);
            let path = dir.path().join("q.sql");
            let mut client = connected(dir.path(), &url).await;
            client.open(&path, "").await;
            let table = hover(&mut client, &path, "select * from tasks", 2, "tasks").await;
            assert!(table.contains("about 20,000 rows"), "{table}");
            let plan = hover(&mut client, &path, "select * from tasks where at > now()", 3, "select").await;
            assert!(
                plan.contains("Plan estimate") && plan.contains("Seq Scan on tasks") && plan.contains('◀'),
                "{plan}"
            );
            for query in [
                "select * from tasks where id = $1",
                "update tasks set at = now() where id = $1",
                "select * from tasks where id = :task",
                "delete from tasks where id = :task and status = :'status'",
            ] {
                let word = query.split(' ').next().unwrap();
                let plan = hover(&mut client, &path, query, 4, word).await;
                assert!(plan.contains("generic") && plan.contains("tasks_pkey"), "{major}: {query}: {plan}");
            }
            let failed = hover(&mut client, &path, "select nothing(1)", 5, "select").await;
            assert!(
                failed.contains("No plan") && failed.contains("nothing(integer) does not exist"),
                "{failed}"
            );
            assert_eq!(client.stop().await, 0);
        });
        // Nothing was changed, and nothing was left behind.
        let left = server
            .query_in(&database, "SELECT count(*) FROM tasks; SELECT count(*) FROM pg_prepared_statements");
        assert_eq!(left[0][0].as_deref(), Some("20000"));
    }
}

#[test]
fn the_selectivity_decides_on_a_partial_index() {
    let (server, database) = shared(18);
    let url = server.url(&database);
    run(async move {
        let dir = folder(&[]);
        let path = dir.path().join("q.sql");
        let mut client = connected(dir.path(), &url).await;
        for (status, offered) in [("open", true), ("done", false)] {
            let text = format!("select id from tasks where status = '{status}' and user_id = $1");
            client.open(&path, &text).await;
            let position = json!({"line": 0, "character": 28});
            let params = json!({
                "textDocument": {"uri": uri(&path)}, "range": {"start": position, "end": position},
                "context": {"diagnostics": []}
            });
            let found = client.request("textDocument/codeAction", params).await;
            let titles: Vec<&str> =
                found.as_array().unwrap().iter().map(|action| action["title"].as_str().unwrap()).collect();
            assert_eq!(
                titles.iter().any(|title| title.contains("2 % of rows")),
                offered,
                "{status}: {titles:?}"
            );
            assert_eq!(titles.is_empty(), !offered, "{status}: {titles:?}");
        }
        assert_eq!(client.stop().await, 0);
    });
}

/// A change of the schema is seen by itself, and at once by command.
#[test]
fn the_schema_is_read_again_when_it_changes() {
    let (server, database) = shared(15);
    let url = server.url(&database);
    let altered = database.clone();
    run(async move {
        let dir = folder(&[("pgwright.toml", "[database]\npoll_interval = 3600\n")]);
        let path = dir.path().join("q.sql");
        let mut client = connected(dir.path(), &url).await;
        client.open(&path, "select fresh from users").await;
        client.diagnostics_where(&path, |found| found.len() == 1).await;
        server_execute(server, &altered, "ALTER TABLE users ADD COLUMN fresh int").await;
        client.request("workspace/executeCommand", json!({"command": "pgwright.refreshSchema"})).await;
        client.diagnostics_where(&path, |found| found.is_empty()).await;
        assert_eq!(client.stop().await, 0);

        let dir = folder(&[("pgwright.toml", "[database]\npoll_interval = 1\n")]);
        let path = dir.path().join("q.sql");
        let client = connected(dir.path(), &url).await;
        client.open(&path, "select later from users").await;
        client.diagnostics_where(&path, |found| found.len() == 1).await;
        server_execute(server, &altered, "ALTER TABLE users ADD COLUMN later int").await;
        client.diagnostics_where(&path, |found| found.is_empty()).await;
        // What was read showed its progress.
        assert!(client.received("$/progress").iter().any(|params| params["value"]["kind"] == "begin"));
        assert!(client.received("$/progress").iter().any(|params| params["value"]["kind"] == "end"));
        assert_eq!(client.stop().await, 0);
    });
}

async fn server_execute(server: &'static Postgres, database: &str, sql: &'static str) {
    let database = database.to_owned();
    tokio::task::spawn_blocking(move || server.execute_in(&database, sql)).await.unwrap();
}

/// With a live database migrations still resolve to their history, and everything else to the database.
#[test]
fn migrations_and_queries_have_their_own_schemas() {
    let (server, database) = shared(18);
    let url = server.url(&database);
    run(async move {
        let dir = folder(&[("migrations/1.sql", "create table users (id int);\nselect email from users;\n")]);
        let (migration, query): (PathBuf, PathBuf) =
            (dir.path().join("migrations/1.sql"), dir.path().join("q.sql"));
        let client = connected(dir.path(), &url).await;
        client.open(&migration, &std::fs::read_to_string(&migration).unwrap()).await;
        client.open(&query, "select email from users; select id from nothing;").await;
        client.diagnostics_where(&migration, |found| found.len() == 1 && found[0]["code"] == "42703").await;
        client.diagnostics_where(&query, |found| found.len() == 1 && found[0]["code"] == "42P01").await;
        assert_eq!(client.stop().await, 0);
    });
}

#[test]
fn a_database_that_cannot_be_reached_is_said_once() {
    run(async {
        let dir = folder(&[("migrations/1.sql", "create table users (id int);")]);
        let path = dir.path().join("q.sql");
        let options = json!({"database": {"url": "postgresql://postgres@127.0.0.1:1/nowhere"}});
        let mut client = Client::start_with(&[dir.path()], capabilities(), options).await;
        let message = client
            .notification("window/showMessage", |params| {
                params["message"].as_str().filter(|text| text.contains("127.0.0.1")).map(str::to_owned)
            })
            .await;
        assert!(message.contains("127.0.0.1:1 refuses connections"), "{message}");
        client
            .notification("pgwright/status", |status| {
                (status["database"]["state"] == "unreachable").then_some(())
            })
            .await;
        // Everything else works, and trying again says nothing more.
        client.open(&path, "select idd from users").await;
        client.diagnostics_where(&path, |found| found.len() == 1).await;
        tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
        assert!(
            client.position("textDocument/hover", &path, 0, 1).await["contents"]["value"]
                .as_str()
                .unwrap()
                .contains("No plan")
        );
        let said: Vec<Value> = client.received("window/showMessage");
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(client.stop().await, 0);
    });
}

/// A server that goes away costs plans alone, and comes back by itself.
#[test]
fn a_lost_database_comes_back() {
    let server = Postgres::start(15);
    server.execute(SCHEMA);
    let url = server.url("postgres");
    run(async move {
        let dir = folder(&[]);
        let path = dir.path().join("q.sql");
        let mut client = connected(dir.path(), &url).await;
        client.open(&path, "select email from users").await;
        let server = tokio::task::spawn_blocking(move || {
            server.halt();
            server
        })
        .await
        .unwrap();
        client
            .notification("pgwright/status", |status| {
                (status["database"]["state"] == "unreachable").then_some(())
            })
            .await;
        // What was read still holds.
        let text = hover(&mut client, &path, "select email from users", 2, "users").await;
        assert!(text.contains("email"), "{text}");
        client.forget();
        let _server = tokio::task::spawn_blocking(move || {
            server.resume();
            server
        })
        .await
        .unwrap();
        client
            .notification("pgwright/status", |status| {
                (status["database"]["state"] == "connected").then_some(())
            })
            .await;
        let plan = hover(&mut client, &path, "select email from users", 3, "select").await;
        assert!(plan.contains("Seq Scan on users"), "{plan}");
        assert_eq!(client.stop().await, 0);
    });
}

/// The harness blocks, so each test makes its own runtime.
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

#[test]
fn what_ran_and_what_did_not_meet_in_the_editor() {
    let server = postgres::shared(18);
    let database = server.fresh_database();
    server.execute_in(
        &database,
        "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); \
         INSERT INTO schema_migrations VALUES (1, false); \
         CREATE TABLE users (id int, name text, extra int)",
    );
    let url = server.url(&database);
    run(async move {
        let dir = folder(&[
            ("migrations/1_users.up.sql", "create table users (id int, name text);\n"),
            (
                "migrations/2_age.up.sql",
                "alter table users add column age int;\nselect extra, nosuch from users;\n",
            ),
        ]);
        let client = connected(dir.path(), &url).await;
        // The migration that made the table says what the database has otherwise.
        let first = dir.path().join("migrations/1_users.up.sql");
        client.open(&first, "create table users (id int, name text);\n").await;
        let found = client
            .diagnostics_where(&first, |found| found.iter().any(|found| found["code"] == "schema-drift"))
            .await;
        let message = "the database differs from the migrations: column public.users.extra is in the database only, and no migration makes it";
        assert_eq!(
            (found.len(), found[0]["message"].as_str(), &found[0]["severity"]),
            (1, Some(message), &json!(3))
        );
        // One that did not run begins with the database, and queries end with it.
        let second = dir.path().join("migrations/2_age.up.sql");
        client
            .open(&second, "alter table users add column age int;\nselect extra, nosuch from users;\n")
            .await;
        let found = client.diagnostics_where(&second, |found| !found.is_empty()).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0]["range"]["start"], json!({"line": 1, "character": 14}));
        let query = dir.path().join("q.sql");
        client.open(&query, "select extra, age from users; select nosuch from users;").await;
        let found = client.diagnostics_where(&query, |found| !found.is_empty()).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(client.stop().await, 0);
    });
}
