//! Plans from real servers, and what cannot happen while one is made.

use std::time::Duration;

use pgwright::database::explain::{LIMITS, explain};
use pgwright::database::{Connection, ExplainErrorKind, Limits};
use pgwright::plan::{Plan, render};

use crate::{connection, postgres};

const SCHEMA: &str = "
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL, at date, mood mood);
INSERT INTO orders SELECT n, CASE WHEN n % 100 = 0 THEN 'open' ELSE 'done' END, '2024-01-01'::date + n % 365
  FROM generate_series(1, 20000) n;
CREATE TABLE log (at date, what text) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
ANALYZE orders;
";

async fn ask(connection: &Connection, sql: &str) -> Result<Plan, pgwright::database::ExplainError> {
    explain(connection, sql, LIMITS).await
}

async fn every_kind_of_statement_has_a_plan(major: u32) {
    let server = postgres::shared(major);
    let database = server.fresh_database();
    server.execute_in(&database, SCHEMA);
    let connection = connection(&server.url(&database)).await;

    for sql in [
        "SELECT * FROM orders WHERE status = 'open'",
        "SELECT 1;",
        "VALUES (1), (2)",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "SELECT * FROM orders WHERE id = 1 FOR UPDATE",
        "INSERT INTO orders (id, status) VALUES (-1, 'x') RETURNING id",
        "INSERT INTO orders (id, status) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET status = 'y'",
        "UPDATE orders SET status = 'x' WHERE id = 1",
        "DELETE FROM orders WHERE at < now()",
        "MERGE INTO orders o USING (VALUES (1)) v (id) ON v.id = o.id WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM gone",
        // Parameters of every kind of type, of none that can be told, repeated, and with gaps filled.
        "SELECT * FROM orders WHERE id = $1",
        "SELECT * FROM orders WHERE status = $1 AND at > $2 AND mood = $3 AND status <> $1",
        "SELECT $1",
        "INSERT INTO orders VALUES ($1, $2, $3, $4)",
        "UPDATE orders SET status = $2 WHERE id = $1",
        "DELETE FROM orders WHERE id = ANY ($1)",
        "SELECT * FROM orders LIMIT $1 OFFSET $2",
        "MERGE INTO orders o USING (VALUES ($1::int)) v (id) ON v.id = o.id WHEN MATCHED THEN DELETE",
    ] {
        let plan = ask(&connection, sql).await.unwrap_or_else(|error| panic!("{major}: {sql}: {error}"));
        assert!(plan.root.total_cost > 0.0 || sql.starts_with("SELECT $1"), "{sql}: {plan:?}");
        assert!(!render(&plan, 8).is_empty());
    }
    // Nothing was executed, and no prepared statement is left.
    let rows = server.query_in(&database, "SELECT count(*) FROM orders");
    assert_eq!(rows[0][0].as_deref(), Some("20000"));
    let left = connection.client.query_typed("SELECT name FROM pg_prepared_statements", &[]).await.unwrap();
    assert!(left.is_empty());

    let plan = ask(&connection, "SELECT * FROM orders WHERE status = 'open' ORDER BY at").await.unwrap();
    let lines = render(&plan, 5);
    assert!(lines[0].starts_with("Sort by at  cost "), "{lines:?}");
    assert!(
        lines[1].contains("Seq Scan on orders (status = 'open'::text)") && lines[1].contains('◀'),
        "{lines:?}"
    );

    // A plan for any value keeps the parameter, and all partitions that some value may need.
    let plan = ask(&connection, "SELECT * FROM orders WHERE id = $1").await.unwrap();
    assert_eq!(plan.root.index_condition.as_deref(), Some("(id = $1)"));
    let plan = ask(&connection, "SELECT * FROM log WHERE at = $1").await.unwrap();
    if major >= 16 {
        assert_eq!(plan.root.children.len(), 2, "{plan:?}");
    }
}

#[tokio::test]
async fn every_kind_of_statement_has_a_plan_on_15() {
    every_kind_of_statement_has_a_plan(15).await;
}

#[tokio::test]
async fn every_kind_of_statement_has_a_plan_on_18() {
    every_kind_of_statement_has_a_plan(18).await;
}

#[tokio::test]
async fn nothing_but_one_statement_ever_reaches_the_server() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        server.execute_in(&database, "CREATE TABLE x (a int)");
        // A server that reads backslashes otherwise than our parser: it is told not to.
        server.execute_in(
            &database,
            &format!("ALTER DATABASE {database} SET standard_conforming_strings = off"),
        );
        server.execute_in(
            &database,
            &format!("ALTER DATABASE {database} SET default_transaction_read_only = off"),
        );
        let connection = connection(&server.url(&database)).await;
        for sql in [
            "SELECT 1; DROP TABLE x",
            "SELECT $1; DROP TABLE x",
            "SELECT '\\', $1, '; COMMIT; DROP TABLE x; --'",
            "SELECT '\\' , '; COMMIT; DROP TABLE x; --'",
            "SELECT $1, '\\'';', $2 /* '; COMMIT; DROP TABLE x; -- */",
            "SELECT 1; COMMIT; DROP TABLE x; --",
            "COMMIT",
            "DROP TABLE x",
            "SELECT * INTO y FROM x",
            "CREATE TABLE y AS SELECT 1",
            "EXPLAIN ANALYZE DELETE FROM x",
            "ANALYZE x",
            "DO 'begin drop table x; end'",
        ] {
            let _ = ask(&connection, sql).await;
        }
        let tables = server
            .query_in(&database, "SELECT string_agg(relname, ',') FROM pg_class WHERE relname IN ('x', 'y')");
        assert_eq!(tables[0][0].as_deref(), Some("x"), "on {major}");
        // And the session is fit for more.
        assert!(ask(&connection, "SELECT * FROM x WHERE a = $1").await.is_ok());
    }
}

#[tokio::test]
async fn an_error_points_into_the_statement() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        server.execute_in(&database, "CREATE TABLE t (a int)");
        let connection = connection(&server.url(&database)).await;
        for sql in ["SELECT 'é', b FROM t", "SELECT 'é', b FROM t WHERE a = $1"] {
            let error = ask(&connection, sql).await.unwrap_err();
            assert_eq!((error.kind, error.sqlstate.as_deref()), (ExplainErrorKind::Rejected, Some("42703")));
            assert_eq!(error.offset, Some("SELECT 'é', ".len()), "{sql} on {major}");
            assert_eq!(error.message, "column \"b\" does not exist");
        }
        let error = ask(&connection, "SELECT FROM WHERE").await.unwrap_err();
        assert_eq!((error.kind, error.offset), (ExplainErrorKind::Rejected, Some(12)));
    }
}

#[tokio::test]
async fn a_function_that_sleeps_or_writes_while_planning_is_stopped() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        server.execute_in(
            &database,
            "CREATE TABLE t (a int);
             CREATE FUNCTION slow() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'begin perform pg_sleep(600); return 1; end';
             CREATE FUNCTION write() RETURNS int VOLATILE LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING 1';
             CREATE FUNCTION writes() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'begin return write(); end';",
        );
        let connection = connection(&server.url(&database)).await;
        let limits = Limits { statement: Duration::from_millis(200), lock: Duration::from_millis(100) };
        for sql in ["SELECT slow()", "SELECT * FROM t WHERE a = slow() AND a > $1"] {
            let error = explain(&connection, sql, limits).await.unwrap_err();
            assert_eq!(error.kind, ExplainErrorKind::TimedOut, "{sql} on {major}: {error}");
        }
        for sql in ["SELECT * FROM t WHERE a = writes()", "SELECT * FROM t WHERE a = writes() AND a > $1"] {
            let error = explain(&connection, sql, limits).await.unwrap_err();
            assert_eq!(error.sqlstate.as_deref(), Some("25006"), "{sql} on {major}: {error}");
        }
        let left =
            connection.client.query_typed("SELECT name FROM pg_prepared_statements", &[]).await.unwrap();
        assert!(left.is_empty());
        assert_eq!(server.query_in(&database, "SELECT count(*) FROM t")[0][0].as_deref(), Some("0"));

        // Nor does a table that is being altered hold it up.
        let holder = crate::connection(&server.url(&database)).await;
        holder.client.batch_execute("BEGIN READ WRITE; LOCK TABLE t").await.unwrap();
        let error = explain(&connection, "SELECT * FROM t", limits).await.unwrap_err();
        assert_eq!(error.kind, ExplainErrorKind::TimedOut, "on {major}: {error}");
    }
}
