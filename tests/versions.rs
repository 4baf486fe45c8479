//! What older versions of PostgreSQL do not have: servers of several versions are asked whether they take each
//! statement, and the library says of which version it is.

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/verdict.rs"]
mod verdict;

use pgwright::analysis;
use pgwright::catalog::{Catalog, apply};
use pgwright::syntax::{Parse, Script};
use verdict::Server;

const SCHEMA: &str = "
CREATE TABLE t (a int PRIMARY KEY, b int, v text, j jsonb, at timestamptz);
CREATE TABLE u (a int PRIMARY KEY, b int REFERENCES t);
CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a) STORED);
CREATE TABLE p (a int) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);
CREATE TABLE r (a int, d daterange);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
";

/// Statements, each with the first version that takes it.
const NEWER: &[(u32, &str)] = &[
    (
        14,
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x WHERE n < 3) SEARCH DEPTH FIRST BY n SET o SELECT * FROM x",
    ),
    (
        14,
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x WHERE n < 3) CYCLE n SET c USING p SELECT * FROM x",
    ),
    (14, "SELECT a FROM t GROUP BY DISTINCT ROLLUP (a), ROLLUP (a)"),
    (14, "SELECT x.a FROM t JOIN u USING (a) AS x"),
    (14, "CREATE FUNCTION n() RETURNS int LANGUAGE sql RETURN 1"),
    (14, "CREATE FUNCTION n() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END"),
    (14, "CREATE TABLE n (a text COMPRESSION pglz)"),
    (14, "ALTER TABLE t ALTER COLUMN v SET COMPRESSION pglz"),
    (14, "CREATE OR REPLACE TRIGGER n BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"),
    (14, "CREATE STATISTICS n ON (a + b), v FROM t"),
    (14, "GRANT SELECT ON t TO CURRENT_USER GRANTED BY CURRENT_USER"),
    (14, "VACUUM (PROCESS_TOAST) t"),
    (14, "SELECT '{}'::int4multirange"),
    (14, "SELECT bit_count('a'::bytea), date_bin('1 day', now(), now())"),
    (14, "SELECT * FROM pg_stat_wal"),
    (15, "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE"),
    (15, "CREATE TABLE n (a int UNIQUE NULLS NOT DISTINCT)"),
    (15, "CREATE UNIQUE INDEX n ON t (b) NULLS NOT DISTINCT"),
    (15, "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (b)"),
    (15, "CREATE TABLE n (a int, b int, FOREIGN KEY (a) REFERENCES t ON DELETE SET NULL (a))"),
    (15, "ALTER TABLE t SET ACCESS METHOD heap"),
    (15, "CREATE PUBLICATION n FOR TABLES IN SCHEMA public"),
    (15, "CREATE PUBLICATION n FOR TABLE t (a, b)"),
    (15, "CREATE PUBLICATION n FOR TABLE t WHERE (a > 1)"),
    (15, "GRANT SET ON PARAMETER work_mem TO CURRENT_USER"),
    (15, "SELECT regexp_count('a', 'b')"),
    (16, "SELECT * FROM (SELECT 1 AS a)"),
    (16, "SELECT a FROM t, (VALUES (1))"),
    (16, "CREATE TABLE n (a text STORAGE external)"),
    (16, "CREATE STATISTICS ON a, b FROM t"),
    (16, "SELECT JSON_OBJECT('a': 1)"),
    (16, "SELECT JSON_ARRAY(SELECT a FROM t)"),
    (16, "SELECT JSON_OBJECTAGG(v: a) FROM t"),
    (16, "SELECT JSON_ARRAYAGG(a ORDER BY a NULL ON NULL) FROM t"),
    (16, "SELECT v IS JSON OBJECT FROM t"),
    (16, "VACUUM (PROCESS_MAIN false) t"),
    (16, "VACUUM (SKIP_DATABASE_STATS) t"),
    (16, "VACUUM (BUFFER_USAGE_LIMIT '1 MB') t"),
    (16, "ANALYZE (BUFFER_USAGE_LIMIT '1 MB') t"),
    (16, "EXPLAIN (GENERIC_PLAN) SELECT 1"),
    (16, "SELECT any_value(a) FROM t"),
    (16, "SELECT * FROM pg_stat_io"),
    (17, "MERGE INTO t USING u ON t.a = u.a WHEN NOT MATCHED BY SOURCE THEN DELETE"),
    (17, "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE RETURNING t.a"),
    (17, "SELECT at AT LOCAL FROM t"),
    (17, "SELECT JSON_VALUE(j, '$.a' RETURNING int) FROM t"),
    (17, "SELECT JSON_QUERY(j, '$.a' WITH WRAPPER) FROM t"),
    (17, "SELECT JSON_EXISTS(j, '$.a' ERROR ON ERROR) FROM t"),
    (17, "SELECT JSON('{}' WITH UNIQUE KEYS)"),
    (17, "SELECT JSON_SERIALIZE('{}' RETURNING text)"),
    (17, "SELECT x.a FROM t, JSON_TABLE(j, '$' COLUMNS (a int)) x"),
    (17, "ALTER TABLE g ALTER COLUMN b SET EXPRESSION AS (a + 1)"),
    (17, "EXPLAIN (MEMORY) SELECT 1"),
    (17, "EXPLAIN (ANALYZE, SERIALIZE) SELECT 1"),
    (17, "SELECT uuid_extract_version(gen_random_uuid())"),
    (18, "CREATE TABLE n (a int, b int GENERATED ALWAYS AS (a) VIRTUAL)"),
    (18, "CREATE TABLE n (a int, b int GENERATED ALWAYS AS (a))"),
    (18, "CREATE TABLE n (a int CHECK (a > 0) NOT ENFORCED)"),
    (18, "CREATE TABLE n (a int, CHECK (a > 0) NOT ENFORCED)"),
    (18, "ALTER TABLE u ADD FOREIGN KEY (a) REFERENCES t NOT ENFORCED"),
    (18, "CREATE TABLE n (e int4range, d daterange, UNIQUE (e, d WITHOUT OVERLAPS))"),
    (18, "CREATE TABLE n (a int, NOT NULL a)"),
    (18, "ALTER TABLE r ADD CONSTRAINT n NOT NULL a"),
    (18, "ALTER TABLE r ADD CONSTRAINT n NOT NULL a NOT VALID"),
    (18, "UPDATE t SET b = 1 RETURNING old.b, new.b"),
    (18, "DELETE FROM t RETURNING WITH (OLD AS o) o.a"),
    (18, "ALTER TABLE u ALTER CONSTRAINT u_b_fkey NOT ENFORCED"),
    (18, "SELECT uuidv7()"),
];

fn folded(major: u32) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.server_version = Some(major * 10_000);
    let script = Script::from(SCHEMA);
    for placed in script.statements() {
        let parse = Parse::plain(&script.document().slice(placed.code()));
        for node in parse.nodes() {
            let outcome = apply::apply(&mut catalog, node, &parse.sql);
            assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
        }
    }
    catalog
}

fn compare(major: u32) {
    let server = Server::start(major);
    assert_eq!(server.run(SCHEMA), None);
    let catalog = folded(major);
    let mut wrong = Vec::new();
    for (since, statement) in NEWER {
        // VACUUM runs in no transaction; EXPLAIN tells of its options before that.
        let verdict = match statement.starts_with("VACUUM") {
            true => server.run(statement),
            false => server.verdict(statement),
        };
        let parse = Parse::plain(statement);
        assert!(parse.errors.is_empty(), "{statement}: {:?}", parse.errors);
        let said = analysis::analyze(&parse, &catalog).diagnostics;
        // Of several things that are newer the first is told.
        let tells = |said: &analysis::Diagnostic| {
            let hint = said.hint.clone().unwrap_or_default();
            (major + 1..=*since).any(|since| {
                let versions = [
                    format!("PostgreSQL {since}, this is {major}"),
                    format!("version {since}, this is {major}"),
                ];
                versions.iter().any(|text| said.message.contains(text) || hint.contains(text))
            })
        };
        // What an older grammar takes for a function's name is where the library points at.
        let is_json = statement.contains("JSON");
        let known = match (&verdict, said.first(), *since <= major) {
            (None, None, true) => true,
            (Some(verdict), Some(first), false) => {
                let is_placed = verdict
                    .position
                    .is_none_or(|at| at == first.span.start || is_json && first.span.start <= at);
                first.sqlstate == verdict.sqlstate
                    && (tells(first) || first.message == verdict.message)
                    && is_placed
            }
            _ => false,
        };
        if !known {
            wrong.push(format!("{statement}\n    is: {verdict:?}\n    said: {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "PostgreSQL {major}: {} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn on_postgresql_13() {
    compare(13);
}

#[test]
fn on_postgresql_15() {
    compare(15);
}

#[test]
fn on_postgresql_18() {
    compare(18);
}
