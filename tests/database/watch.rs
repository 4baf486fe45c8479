//! Which changes of a database change the fingerprint of its schema.

use pgwright::database::watch::{Watch, fingerprint};

use crate::{connection, postgres};

async fn the_fingerprint_follows_the_schema(major: u32) {
    // Of its own: roles are the server's, and other tests make some.
    let server = postgres::Postgres::start(major);
    let database = server.fresh_database();
    server.execute_in(
        &database,
        "CREATE SCHEMA s; CREATE TABLE t (a int, b text); CREATE TABLE big AS SELECT n FROM generate_series(1, 1000) n; \
         CREATE TYPE e AS ENUM ('x'); CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; \
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin end'",
    );
    let connection = connection(&server.url(&database)).await;
    let mut last = fingerprint(&connection).await.unwrap();
    for sql in [
        "CREATE TABLE u (a int)",
        "ALTER TABLE u RENAME TO w",
        "ALTER TABLE t ADD COLUMN c int",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 2",
        "ALTER TABLE t ALTER COLUMN a TYPE bigint",
        "ALTER TABLE t RENAME COLUMN b TO d",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID",
        "ALTER TABLE t VALIDATE CONSTRAINT k",
        "ALTER TABLE t DROP CONSTRAINT k",
        "CREATE INDEX i ON t (a)",
        "ALTER INDEX i RENAME TO j",
        "DROP INDEX j",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "DROP TRIGGER g ON t",
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'",
        "ALTER FUNCTION f() RENAME TO h",
        "ALTER TYPE e ADD VALUE 'y'",
        "ALTER TYPE e RENAME VALUE 'y' TO 'z'",
        "CREATE DOMAIN d AS int",
        "ALTER DOMAIN d SET NOT NULL",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a > 1",
        "COMMENT ON TABLE t IS 'x'",
        "COMMENT ON SCHEMA public IS 'x'",
        "ALTER TABLE t SET SCHEMA s",
        "ALTER SCHEMA s RENAME TO s2",
        "ALTER TABLE w SET UNLOGGED",
        "ALTER TABLE w SET (fillfactor = 50)",
        "ALTER TABLE w ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON w USING (true)",
        "ALTER POLICY p ON w USING (false)",
        "CREATE ROLE r",
        "ALTER ROLE r CREATEDB",
        "ALTER ROLE r SET work_mem = '1MB'",
        "CREATE ROLE o; GRANT r TO o",
        "GRANT SELECT ON w TO r",
        "GRANT UPDATE (a) ON w TO r",
        "ALTER TABLE w OWNER TO r",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r",
        "CREATE SEQUENCE q",
        "ALTER SEQUENCE q INCREMENT 5",
        "CREATE STATISTICS st ON a, c FROM s2.t",
        "CREATE COLLATION co FROM \"C\"",
        "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
        "CREATE TYPE pair AS (a int); CREATE CAST (pair AS text) WITH INOUT",
        "CREATE TEXT SEARCH CONFIGURATION ts (COPY = simple)",
        "ALTER TEXT SEARCH CONFIGURATION ts DROP MAPPING FOR word",
        "CREATE FOREIGN DATA WRAPPER fw",
        "CREATE SERVER se FOREIGN DATA WRAPPER fw",
        "CREATE USER MAPPING FOR r SERVER se",
        "ALTER USER MAPPING FOR r SERVER se OPTIONS (x '1')",
        "CREATE PUBLICATION pu",
        "ALTER PUBLICATION pu ADD TABLE s2.t",
        "CREATE SUBSCRIPTION su CONNECTION '' PUBLICATION pu WITH (connect = false, slot_name = NONE)",
        "DROP SUBSCRIPTION su",
        "CREATE RULE ru AS ON INSERT TO w DO NOTHING",
        "DROP TABLE w CASCADE",
    ] {
        server.execute_in(&database, sql);
        let now = fingerprint(&connection).await.unwrap();
        assert_ne!(now, last, "{sql}");
        last = now;
    }
    for sql in [
        "INSERT INTO s2.t (a) VALUES (1)",
        "ANALYZE",
        "VACUUM",
        "VACUUM FULL big",
        "TRUNCATE big",
        "REFRESH MATERIALIZED VIEW m",
        "SELECT nextval('q')",
        "CREATE TEMPORARY TABLE x (a int PRIMARY KEY DEFAULT 1, b serial)",
        "BEGIN; CREATE TABLE y (a int); ROLLBACK",
    ] {
        server.execute_in(&database, sql);
        assert_eq!(fingerprint(&connection).await.unwrap(), last, "{sql}");
    }
}

#[tokio::test]
async fn the_fingerprint_follows_the_schema_on_13() {
    the_fingerprint_follows_the_schema(13).await;
}

#[tokio::test]
async fn the_fingerprint_follows_the_schema_on_15() {
    the_fingerprint_follows_the_schema(15).await;
}

#[tokio::test]
async fn the_fingerprint_follows_the_schema_on_18() {
    the_fingerprint_follows_the_schema(18).await;
}

#[tokio::test]
async fn a_watch_sees_a_change_at_the_twelfth_look_without_counters() {
    for major in [15, 18] {
        let server = postgres::Postgres::start(major);
        let database = server.fresh_database();
        let connection = connection(&server.url(&database)).await;
        let mut watch = Watch::mark(&connection).await.unwrap();
        for _ in 0..30 {
            assert!(!watch.changed(&connection).await.unwrap());
        }
        // A session that does not count what it writes.
        server.execute_in(&database, "SET track_counts = off; CREATE TABLE t (a int)");
        let mut seen = false;
        for _ in 0..12 {
            seen |= watch.changed(&connection).await.unwrap();
        }
        assert!(seen);
        // It stays changed until it is marked again, and what was never marked counts as changed.
        assert!(watch.changed(&connection).await.unwrap());
        assert!(Watch::default().changed(&connection).await.unwrap());
        let mut watch = Watch::mark(&connection).await.unwrap();
        assert!(!watch.changed(&connection).await.unwrap());
    }
}

#[tokio::test]
async fn a_watch_looks_closer_when_it_cannot_count() {
    let server = postgres::Postgres::start(18);
    let database = server.fresh_database();
    server.execute(&format!("ALTER DATABASE {database} SET track_counts = off"));
    let connection = connection(&server.url(&database)).await;
    let mut watch = Watch::mark(&connection).await.unwrap();
    assert!(!watch.changed(&connection).await.unwrap());
    server.execute_in(&database, "CREATE TABLE t (a int)");
    assert!(watch.changed(&connection).await.unwrap());
}
