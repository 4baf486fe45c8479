//! DO blocks: what the fold is sure of is what a server has made of them.

use std::collections::BTreeSet;

use pgwright::catalog::{Catalog, apply};
use pgwright::syntax::grammar::{self, ParseMode};

use super::verdict::Server;

/// Blocks of which all is followed.
const FOLLOWED: &[&str] = &[
    "DECLARE x text := 'd1'; BEGIN DECLARE x text := 'd2'; BEGIN NULL; END; EXECUTE 'create table ' || x || '(a int)'; END",
    "DECLARE i int := 7; BEGIN FOR i IN 1..2 LOOP NULL; END LOOP; EXECUTE 'create table f' || i || '(a int)'; END",
    "BEGIN EXECUTE 'create table h' || true || '(a int)'; END",
    "BEGIN EXECUTE format('create table h_%s (a int)', true); END",
    "DECLARE n int := '05'; BEGIN EXECUTE 'create table n' || n || '(a int)'; END",
    "DECLARE b boolean := 'tru'; BEGIN IF b THEN CREATE TABLE b (a int); ELSE CREATE TABLE c (a int); END IF; END",
    "DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['a', 'b', 'c'] LOOP IF t = 'b' THEN CONTINUE; END IF; \
     EXECUTE 'create table ' || t || '(a int)'; END LOOP; CREATE TABLE z (a int); END",
    "DECLARE t text; BEGIN FOREACH t IN ARRAY '{a,b,c}'::text[] LOOP IF t = 'b' THEN EXIT; END IF; \
     EXECUTE 'create table ' || t || '(a int)'; END LOOP; EXECUTE 'create table z' || t || '(a int)'; END",
    "DECLARE v text := 'x'; BEGIN IF v = 'x' THEN v := 'y'; ELSE v := 'z'; END IF; EXECUTE 'create table ' || v || '(a int)'; END",
    "BEGIN FOR i IN 1..3 LOOP IF i = 2 THEN RETURN; END IF; EXECUTE 'create table r' || i || '(a int)'; END LOOP; \
     CREATE TABLE never (a int); END",
    "BEGIN BEGIN CREATE TABLE a (a int); CREATE TABLE a (a int); EXCEPTION WHEN duplicate_table THEN NULL; END; \
     CREATE TABLE b (a int); END",
    "BEGIN BEGIN CREATE TABLE a (a int); RAISE EXCEPTION 'no'; EXCEPTION WHEN others THEN NULL; END; CREATE TABLE b (a int); END",
    "BEGIN IF current_user = '' THEN RAISE EXCEPTION 'no'; END IF; CREATE TABLE a (a int); RETURN; END",
    "BEGIN CREATE TABLE a (a int); RAISE EXCEPTION 'no'; END",
    "BEGIN CREATE TABLE a (a int); CREATE TABLE a (a int); END",
    "DECLARE v text; BEGIN v := concat('a', 1, NULL, true); EXECUTE format('create table %I (a int)', v); END",
    "BEGIN IF EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'nothing') THEN CREATE TABLE a (a int); ELSE CREATE TABLE b (a int); END IF; END",
];

/// Blocks of which something is not followed.
const DOUBTFUL: &[&str] = &[
    "DECLARE t text; BEGIN FOR t IN SELECT schemaname || 'x' FROM pg_tables LOOP EXECUTE 'create table if not exists ' || t || '(a int)'; END LOOP; END",
    "DECLARE n int; BEGIN GET DIAGNOSTICS n = ROW_COUNT; IF n = 0 THEN CREATE TABLE b (a int); END IF; END",
    "BEGIN PERFORM 1 / 0; EXCEPTION WHEN others THEN CREATE TABLE c (a int); END",
    "BEGIN IF 1.0 = 1 THEN CREATE TABLE e (a int); END IF; END",
    "DECLARE c CURSOR FOR SELECT 'g'::text; v text; BEGIN OPEN c; FETCH c INTO v; EXECUTE 'create table ' || v || '(a int)'; END",
    "DECLARE v text := 'i0'; BEGIN IF NOT EXISTS (SELECT 1 FROM pg_class WHERE oid = 1) THEN v := 'i1'; END IF; \
     EXECUTE 'create table ' || v || '(a int)'; END",
    "DECLARE v varchar(2) := 'jkl'; BEGIN EXECUTE 'create table ' || v || '(a int)'; END",
    "DECLARE v char(3) := 'k'; BEGIN IF v = 'k  ' THEN CREATE TABLE k (a int); END IF; END",
    "DECLARE v text[]; t text; BEGIN SELECT array['l'] INTO v; FOREACH t IN ARRAY v LOOP EXECUTE 'create table ' || t || '(a int)'; END LOOP; END",
    "DECLARE v text; BEGIN WHILE v IS NULL LOOP v := 'm'; EXECUTE 'create table ' || v || '(a int)'; END LOOP; END",
    "BEGIN CASE WHEN true THEN CREATE TABLE n (a int); END CASE; END",
    "<<b>> DECLARE v text := 'o'; BEGIN b.v := 'p'; EXECUTE 'create table ' || v || '(a int)'; END",
    "DECLARE v text := 'o'; w ALIAS FOR v; BEGIN w := 'p'; EXECUTE 'create table ' || v || '(a int)'; END",
    "DECLARE v text := 'q'; BEGIN BEGIN PERFORM 1 / 0; v := 'r'; EXCEPTION WHEN others THEN v := 's'; END; \
     EXECUTE 'create table ' || v || '(a int)'; END",
    "BEGIN <<b>> BEGIN EXIT b; END; CREATE TABLE s (a int); END",
    "BEGIN FOR r IN SELECT 1 LOOP RETURN; END LOOP; CREATE TABLE t (a int); END",
    "BEGIN CASE current_user WHEN 'nobody at all' THEN NULL; ELSE RETURN; END CASE; CREATE TABLE u (a int); END",
    "BEGIN FOR i IN 1..2 LOOP BEGIN IF i = 1 THEN RAISE EXCEPTION 'no'; END IF; EXECUTE 'create table w' || i || '(a int)'; \
     EXCEPTION WHEN others THEN NULL; END; END LOOP; END",
    "DECLARE v text[] := '{a}'; BEGIN v[1] := 'x'; EXECUTE 'create table ' || v[1] || '(a int)'; END",
    "BEGIN IF EXISTS (SELECT count(*) FROM pg_class WHERE relname = 'nothing') THEN NULL; ELSE CREATE TABLE y (a int); END IF; END",
    "BEGIN IF EXISTS (SELECT 1 FROM information_schema.routines WHERE routine_name = 'lower') THEN NULL; ELSE CREATE TABLE x (a int); END IF; END",
    "BEGIN IF EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = 'domains') THEN NULL; ELSE CREATE TABLE x (a int); END IF; END",
    "BEGIN IF EXISTS (SELECT 1 FROM information_schema.columns WHERE column_name = 'relname') THEN NULL; ELSE CREATE TABLE x (a int); END IF; END",
    "BEGIN IF EXISTS (SELECT 1 FROM pg_class WHERE oid = 1247) THEN NULL; ELSE CREATE TABLE x (a int); END IF; END",
    "BEGIN CREATE TABLE x (a int NOT NULL); IF EXISTS (SELECT 1 FROM information_schema.table_constraints \
     WHERE table_name = 'x' AND constraint_type = 'CHECK') THEN NULL; ELSE DROP TABLE x; END IF; END",
    "BEGIN CREATE DOMAIN d AS int CONSTRAINT positive CHECK (value > 0); IF EXISTS (SELECT 1 FROM pg_constraint \
     WHERE conname = 'positive') THEN NULL; ELSE CREATE TABLE x (a int); END IF; END",
    "BEGIN CREATE TYPE c AS (a int); IF EXISTS (SELECT 1 FROM pg_class WHERE relname = 'c') THEN NULL; ELSE CREATE TABLE x (a int); END IF; END",
    "DECLARE n numeric := 1e3; BEGIN EXECUTE 'create table z' || n || '(a int)'; END",
    "BEGIN CREATE TABLE za (a int); ROLLBACK; CREATE TABLE zb (a int); END",
];

/// What there is in the schema by name, and how the block ended.
type Seen = (BTreeSet<String>, Option<String>);

fn folded(block: &str) -> (Catalog, Seen) {
    let tree = grammar::parse(block, ParseMode::Statements).unwrap();
    let node = tree.stmts[0].stmt.as_ref().and_then(|node| node.node.as_ref()).unwrap();
    let mut catalog = Catalog::default();
    let outcome = apply::apply(&mut catalog, node, block);
    let names = catalog.schema("public").unwrap().relations.keys().map(|name| name.to_string()).collect();
    let error =
        outcome.errors.into_iter().next().map(|error| format!("{} {}", error.sqlstate, error.message));
    (catalog, (names, error))
}

fn on_server(server: &Server, block: &str) -> Seen {
    assert_eq!(server.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public"), None);
    let error = server.run(block).map(|verdict| format!("{} {}", verdict.sqlstate, verdict.message));
    let names = server.names("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace");
    (names, error)
}

fn compare(major: u32) {
    let server = Server::start(major);
    let mut problems = Vec::new();
    for (bodies, is_followed) in [(FOLLOWED, true), (DOUBTFUL, false)] {
        for body in bodies {
            let block = format!("DO $$ {body} $$");
            let (catalog, own) = folded(&block);
            let real = on_server(&server, &block);
            let is_true = match is_followed {
                // That a block raises is not an error that is told.
                true => !catalog.unknown_names && own.0 == real.0 && (own.1.is_none() || own.1 == real.1),
                false => own.1.is_none() && (catalog.unknown_names || own.0 == real.0),
            };
            if !is_true {
                problems.push(format!(
                    "{block}\n  own {own:?}, unknown {}\n  real {real:?}",
                    catalog.unknown_names
                ));
            }
        }
    }
    assert!(problems.is_empty(), "on PostgreSQL {major}:\n{}", problems.join("\n"));
}

#[test]
fn blocks_on_postgresql_13() {
    compare(13);
}

#[test]
fn blocks_on_postgresql_18() {
    compare(18);
}
