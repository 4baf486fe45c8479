//! The task that keeps a session: its events, its answers, and what a lost database costs.

use std::sync::Arc;
use std::time::Duration;

use pgwright::catalog::{Catalog, statistics::Statistics};
use pgwright::database::{Database, Event, ExplainErrorKind, Options};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::timeout;

use crate::postgres::{self, Postgres};
use crate::settings;

/// Long enough that only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

fn quick() -> Options {
    Options {
        poll: Duration::from_millis(50),
        first_retry: Duration::from_millis(20),
        last_retry: Duration::from_millis(50),
        ..Options::default()
    }
}

pub fn start(url: &str) -> (Database, UnboundedReceiver<Event>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Database::spawn(settings(url), quick(), sender), receiver)
}

pub async fn next(events: &mut UnboundedReceiver<Event>) -> Event {
    timeout(PATIENCE, events.recv()).await.expect("an event comes").expect("the task lives")
}

/// The next catalog, and the events before it by name; progress is left out.
pub async fn next_catalog(
    events: &mut UnboundedReceiver<Event>,
) -> (Arc<Catalog>, Arc<Statistics>, Vec<&'static str>) {
    let mut before = Vec::new();
    loop {
        match next(events).await {
            Event::Catalog(catalog, statistics) => return (catalog, statistics, before),
            Event::Progress { .. } | Event::Outline(_) | Event::Ran(_) | Event::Unseen(_) => {}
            Event::Connecting => before.push("connecting"),
            Event::Connected { .. } => before.push("connected"),
            Event::Failed { .. } => before.push("failed"),
            Event::Unreachable { .. } => before.push("unreachable"),
            Event::Disconnected => before.push("disconnected"),
        }
    }
}

#[tokio::test]
async fn a_session_tells_the_schema_and_its_changes() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        server.execute_in(&database, "CREATE TABLE a (id int)");
        let (handle, mut events) = start(&server.url(&database));

        assert!(matches!(next(&mut events).await, Event::Connecting));
        let Event::Connected { server_version, version, replica: false } = next(&mut events).await else {
            panic!("connected")
        };
        assert!(server_version.starts_with(&major.to_string()));
        assert_eq!(version / 10_000, major);
        let (mut percents, mut outlines) = (Vec::new(), Vec::new());
        let first = loop {
            match next(&mut events).await {
                Event::Progress { percent, .. } => percents.push(percent),
                Event::Outline(outline) => outlines.push(outline),
                Event::Catalog(catalog, _) => break catalog,
                other => panic!("{other:?}"),
            }
        };
        assert!(percents.is_sorted() && percents.first() == Some(&0) && percents.last() == Some(&100));
        assert!(first.relation(None, "a").is_some());
        // Relations and columns came first, once, and certain of nothing.
        let [outline] = &outlines[..] else { panic!("{} outlines", outlines.len()) };
        let a = outline.relation(None, "a").expect("a relation of the outline");
        assert_eq!((a.columns.len(), a.unknown_columns, outline.unknown_names), (1, true, true));

        server.execute_in(&database, "CREATE TABLE b (id int)");
        let (second, _, before) = next_catalog(&mut events).await;
        assert!(second.relation(None, "b").is_some() && before.is_empty());

        // A refresh without a change gives the same state, and newer sizes.
        server.execute_in(&database, "INSERT INTO a SELECT generate_series(1, 1000); ANALYZE a");
        handle.refresh();
        let (third, statistics, _) = next_catalog(&mut events).await;
        assert!(Arc::ptr_eq(&second, &third));
        assert_eq!(
            statistics.relations.iter().find(|(name, _)| &*name.name == "a").unwrap().1.rows,
            Some(1000.0)
        );
    }
}

#[tokio::test]
async fn a_replica_is_read_and_told_apart() {
    let server = Postgres::start(15);
    server.execute("CREATE TABLE a (id int); CREATE VIEW v AS SELECT id FROM a");
    server.halt();
    server.demote();
    server.resume();
    let (handle, mut events) = start(&server.url("postgres"));
    assert!(matches!(next(&mut events).await, Event::Connecting));
    assert!(matches!(next(&mut events).await, Event::Connected { replica: true, .. }));
    let (catalog, _, before) = next_catalog(&mut events).await;
    assert!(catalog.relation(None, "v").unwrap().query.0.is_some() && before.is_empty());
    assert!(handle.explain("SELECT * FROM v").await.is_ok());
}

#[tokio::test]
async fn questions_are_answered() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        server.execute_in(
            &database,
            "CREATE TABLE t (status text, n int, tags text[] DEFAULT '{a,NULL,b c}'); INSERT INTO t (status, n) SELECT CASE WHEN n % 10 = 0 THEN 'open' ELSE 'it''s, \
             \"done\"' END, CASE WHEN n % 4 = 0 THEN NULL ELSE n END FROM generate_series(1, 1000) n; ANALYZE t;",
        );
        let (handle, mut events) = start(&server.url(&database));
        next_catalog(&mut events).await;
        assert_eq!(handle.explain("SELECT * FROM t WHERE n = $1").await.unwrap().root.kind, "Seq Scan");
        assert_eq!(
            handle.explain("SELECT 1; SELECT 2").await.unwrap_err().kind,
            ExplainErrorKind::NotExplainable
        );
        let status = handle.column_statistics("public", "t", "status").await.unwrap();
        assert_eq!(status.common_values, ["it's, \"done\"", "open"]);
        assert!((status.selectivity_of_eq("open", Some(1000.0)) - 0.1).abs() < 0.001);
        let n = handle.column_statistics("public", "t", "n").await.unwrap();
        assert!((n.selectivity_of_null() - 0.25).abs() < 0.001);
        assert_eq!(handle.column_statistics("public", "t", "none").await, None);
        // Arrays, and values with every kind of quote, are text like others.
        let tags = handle.column_statistics("public", "t", "tags").await.unwrap();
        assert_eq!(tags.common_values, ["{a,NULL,\"b c\"}"]);
    }
}

#[tokio::test]
async fn a_session_shows_its_name_and_cannot_write() {
    let server = postgres::shared(18);
    let database = server.fresh_database();
    let connection = crate::connection(&server.url(&database)).await;
    let rows =
        server.query(&format!("SELECT application_name FROM pg_stat_activity WHERE datname = '{database}'"));
    assert_eq!(rows, [[Some("pgwright".to_owned())]]);
    let error = connection.client.batch_execute("CREATE TABLE t (a int)").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "25006");
    // The user's own start options hold beside it.
    let url = format!(
        "{}&options=-c%20search_path=pg_catalog%20-c%20default_transaction_read_only=off",
        server.url(&database)
    );
    let connection = crate::connection(&url).await;
    let row = connection.client.query_typed("SELECT current_setting('search_path')", &[]).await.unwrap();
    assert_eq!(row[0].get::<_, &str>(0), "pg_catalog");
    assert!(connection.client.batch_execute("CREATE TABLE public.t (a int)").await.is_err());
}

#[tokio::test]
async fn a_lost_database_comes_back() {
    let server = Postgres::start(15);
    server.execute("CREATE TABLE a (id int)");
    let (handle, mut events) = start(&server.url("postgres"));
    next_catalog(&mut events).await;

    server.halt();
    while !matches!(next(&mut events).await, Event::Disconnected) {}
    assert!(matches!(next(&mut events).await, Event::Connecting));
    let Event::Unreachable { message } = next(&mut events).await else { panic!("it cannot be reached") };
    assert!(message.contains(".s.PGSQL.") && message.contains("is PostgreSQL running?"), "{message}");
    // Meanwhile every question has its answer.
    assert_eq!(handle.explain("SELECT 1").await.unwrap_err().kind, ExplainErrorKind::Unavailable);
    assert_eq!(handle.column_statistics("public", "a", "id").await, None);

    server.resume();
    server.execute("CREATE TABLE b (id int)");
    // It is said once that it was away, however often it was tried. The change may be in the first reading or the next.
    let (mut catalog, _, before) = next_catalog(&mut events).await;
    assert_eq!(before, ["connected"]);
    while catalog.relation(None, "b").is_none() {
        catalog = next_catalog(&mut events).await.0;
    }
    assert!(handle.explain("SELECT * FROM b").await.is_ok());
}

#[tokio::test]
async fn an_ended_session_is_made_again() {
    let server = postgres::shared(18);
    let database = server.fresh_database();
    let (_handle, mut events) = start(&server.url(&database));
    next_catalog(&mut events).await;
    server.execute(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    ));
    let (_, _, before) = next_catalog(&mut events).await;
    assert_eq!(before, ["disconnected", "connecting", "connected"]);
}

#[tokio::test]
async fn the_task_ends_with_its_last_handle() {
    let server = postgres::shared(18);
    let database = server.fresh_database();
    let (handle, mut events) = start(&server.url(&database));
    let other = handle.clone();
    next_catalog(&mut events).await;
    drop(handle);
    assert!(other.explain("SELECT 1").await.is_ok());
    drop(other);
    timeout(PATIENCE, async { while events.recv().await.is_some() {} }).await.expect("the task ends");
    // Without a database it ends as well.
    let (handle, mut events) = start("postgresql://me@/d?host=/nonexistent");
    while !matches!(next(&mut events).await, Event::Unreachable { .. }) {}
    drop(handle);
    timeout(PATIENCE, async { while events.recv().await.is_some() {} }).await.expect("the task ends");
}

#[tokio::test]
async fn errors_are_sentences_to_act_on() {
    let server = postgres::shared(18);
    let error = async |url: &str| match pgwright::database::connect(&settings(url)).await {
        Ok(_) => panic!("{url} connects"),
        Err(error) => error.message,
    };
    let url = server.url("nowhere");
    assert!(error(&url).await.ends_with(" has no database \"nowhere\""));
    assert_eq!(
        error("postgresql://me@/d?host=/nonexistent").await,
        "there is no socket /nonexistent/.s.PGSQL.5432: is PostgreSQL running?"
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(
        error(&format!("postgresql://me@127.0.0.1:{free}/d")).await,
        format!(
            "127.0.0.1:{free} refuses connections: is PostgreSQL running there, and listening on that port?"
        )
    );
    assert!(
        error("postgresql://me@no-such-host.invalid/d")
            .await
            .starts_with("the host name no-such-host.invalid cannot")
    );
    let url = server.url("postgres").replace("postgres@", "stranger@");
    assert!(error(&url).await.contains("role \"stranger\" does not exist"));

    // Somebody who takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url =
        format!("postgresql://me@127.0.0.1:{}/d?connect_timeout=1", silent.local_addr().unwrap().port());
    assert!(error(&url).await.ends_with("did not answer within 1 s"));

    // Of several hosts the first that answers is taken, and all of them are named when none does.
    let dir = server.socket_dir().display();
    let both = format!("postgresql://postgres@/postgres?host=/nonexistent,{dir}&port=5432,{}", server.port());
    assert!(pgwright::database::connect(&settings(&both)).await.is_ok());
    let message = error("postgresql://me@/d?host=/nonexistent,/missing").await;
    assert!(message.contains("/nonexistent/") && message.contains("/missing/"), "{message}");
}
