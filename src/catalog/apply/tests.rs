//! Statements applied, and what is there then.

use super::*;
use crate::catalog::model::ConstraintKind;
use crate::syntax::grammar::{self, ParseMode};

/// Applies a script to `catalog`; gives the errors with the text that each points at.
fn run(catalog: &mut Catalog, script: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let tree = grammar::parse(script, ParseMode::Statements).unwrap();
    for raw in &tree.stmts {
        let start = raw.stmt_location as usize;
        let end = if raw.stmt_len == 0 { script.len() } else { start + raw.stmt_len as usize };
        let sql = &script[start..end];
        let own = grammar::parse(sql, ParseMode::Statements).unwrap();
        let node = own.stmts[0].stmt.as_ref().and_then(|node| node.node.as_ref()).unwrap();
        let before = catalog.clone();
        let outcome = apply(catalog, node, sql);
        assert_eq!(outcome.changed, before.revision() != catalog.revision(), "{sql}");
        if !outcome.errors.is_empty() {
            assert!(*catalog == before, "a rejected statement changes nothing: {sql}");
        }
        for error in outcome.errors {
            let at: String = error.offset.map_or(String::new(), |at| {
                sql[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
            });
            errors.push(format!("{} {} @{at}", error.sqlstate, error.message));
        }
    }
    errors
}

fn folded(script: &str) -> Catalog {
    let mut catalog = Catalog::default();
    let errors = run(&mut catalog, script);
    assert!(errors.is_empty(), "{errors:?}");
    catalog
}

fn errors(script: &str) -> Vec<String> {
    run(&mut Catalog::default(), script)
}

#[test]
fn a_table_brings_its_key_its_index_and_its_sequence() {
    let catalog = folded("CREATE TABLE t (id serial PRIMARY KEY, email text UNIQUE CHECK (email <> ''))");
    let table = catalog.relation(None, "t").unwrap();
    let names: Vec<_> = table.constraints.iter().map(|constraint| &*constraint.name).collect();
    assert_eq!(names, ["t_email_check", "t_email_key", "t_id_not_null", "t_pkey"]);
    assert_eq!(table.primary_key().unwrap().kind, ConstraintKind::PrimaryKey);
    assert_eq!(table.column("id").unwrap().default.as_deref(), Some("nextval('t_id_seq'::regclass)"));
    assert!(catalog.relation(None, "t_id_seq").unwrap().owned_by.is_some());
    assert_eq!(
        &*catalog.index(None, "t_email_key").unwrap().1.definition,
        "CREATE UNIQUE INDEX t_email_key ON public.t USING btree (email)"
    );
}

#[test]
fn errors_are_postgresqls_own_and_stand_on_their_token() {
    assert_eq!(
        errors("CREATE TABLE t (a int); CREATE TABLE t (b int); CREATE TABLE IF NOT EXISTS t (b int)"),
        ["42P07 relation \"t\" already exists @t"]
    );
    assert_eq!(errors("CREATE TABLE t (a int, a text)"), ["42701 column \"a\" specified more than once @a"]);
    assert_eq!(
        errors("ALTER TABLE nothing ADD a int; ALTER TABLE IF EXISTS nothing ADD a int"),
        ["42P01 relation \"nothing\" does not exist @nothing"]
    );
    assert_eq!(
        errors("CREATE TABLE t (a int); ALTER TABLE t DROP COLUMN b; ALTER TABLE t DROP COLUMN IF EXISTS b"),
        ["42703 column \"b\" of relation \"t\" does not exist @b"]
    );
    assert_eq!(
        errors("CREATE TABLE nowhere.t (a int)"),
        ["3F000 schema \"nowhere\" does not exist @nowhere"]
    );
    assert_eq!(errors("CREATE TABLE t (a nonsense)"), ["42704 type \"nonsense\" does not exist @nonsense"]);
    assert_eq!(
        errors("CREATE TABLE t (a int); CREATE TABLE u (a int REFERENCES t (a))"),
        ["42830 there is no unique constraint matching given keys for referenced table \"t\" @t"]
    );
    assert_eq!(
        errors("CREATE TYPE e AS ENUM ('a'); CREATE TYPE e AS ENUM ('b')"),
        ["42710 type \"e\" already exists @e"]
    );
    assert_eq!(errors("DROP TABLE a"), ["42P01 table \"a\" does not exist @a"]);
    assert_eq!(
        errors("CREATE TABLE t (a int); CREATE INDEX ON t (b)"),
        ["42703 column \"b\" does not exist @b"]
    );
}

#[test]
fn nothing_is_an_error_where_something_is_not_known() {
    let unknown = "DO $$ BEGIN EXECUTE format('create %s', 'x'); END $$;";
    assert_eq!(errors(&format!("{unknown} ALTER TABLE nothing ADD a int; DROP TYPE e")), [""; 0]);
    assert_eq!(errors("CREATE EXTENSION postgis; CREATE TABLE t (g geometry(Point, 4326))"), [""; 0]);
    assert_eq!(errors("CREATE EXTENSION citext; CREATE TABLE t (e citext, v vector(3))").len(), 1);
    assert_eq!(errors("ALTER TABLE pg_class ADD a int; COMMENT ON TABLE pg_catalog.pg_proc IS 'x'"), [""; 0]);
    assert_eq!(errors("CREATE VIEW v AS SELECT * FROM nothing; ALTER VIEW v RENAME COLUMN a TO b"), [""; 0]);
}

#[test]
fn a_statement_that_is_no_ddl_leaves_the_revision() {
    let mut catalog = folded("CREATE TABLE t (a int)");
    let before = catalog.revision();
    run(&mut catalog, "SELECT 1; INSERT INTO t VALUES (1); BEGIN; COMMIT; ANALYZE t");
    assert_eq!(catalog.revision(), before);
}

#[test]
fn only_a_do_block_that_may_hold_unseen_ddl_hides_names() {
    let unknown = |body: &str| folded(&format!("DO $$ {body} $$")).unknown_names;
    assert!(!unknown("BEGIN PERFORM 1; RAISE NOTICE 'create table'; END"));
    assert!(!unknown("BEGIN CREATE TABLE t (a int); EXCEPTION WHEN OTHERS THEN NULL; END"));
    assert!(!unknown("BEGIN EXECUTE 'GRANT ALL ON x TO ' || (SELECT y FROM z); END"));
    assert!(!unknown("BEGIN IF true OR random() > 0.5 THEN CREATE TABLE t (a int); END IF; END"));
    assert!(!unknown("BEGIN IF random() > 0.5 THEN GRANT SELECT ON pg_class TO PUBLIC; END IF; END"));
    assert!(unknown("BEGIN IF random() > 0.5 THEN RETURN; END IF; CREATE TABLE t (a int); END"));
    assert!(unknown("BEGIN FOR r IN SELECT 1 LOOP DROP TABLE IF EXISTS t; END LOOP; END"));
    assert!(unknown("BEGIN IF random() > 0.5 THEN DROP SCHEMA public; END IF; END"));
    assert!(unknown("DECLARE s text := random(); BEGIN EXECUTE s; END"));
    assert!(unknown("DECLARE s text; BEGIN SELECT x INTO s FROM y; EXECUTE s; END"));
}

#[test]
fn a_block_fails_where_a_statement_of_it_certainly_does() {
    let block = |body: &str| errors(&format!("DO $$ {body} $$"));
    let missing = ["42P01 table \"t\" does not exist @t"];
    assert_eq!(block("BEGIN DROP TABLE t; END"), missing);
    assert_eq!(block("BEGIN EXECUTE 'DROP TABLE ' || 't'; END").len(), 1);
    for silent in [
        "BEGIN IF random() > 0.5 THEN DROP TABLE t; END IF; END",
        "BEGIN IF random() > 0.5 THEN RETURN; END IF; DROP TABLE t; END",
        "BEGIN DROP TABLE t; EXCEPTION WHEN undefined_table THEN NULL; END",
        "BEGIN IF EXISTS (SELECT 1 FROM pg_class WHERE oid = 1) THEN DROP TABLE t; END IF; END",
        "BEGIN WHILE false LOOP DROP TABLE t; END LOOP; END",
        "BEGIN RETURN; DROP TABLE t; END",
        "DECLARE s text := 't'; BEGIN FOR i IN 1..2 LOOP s := s || i; END LOOP; IF s = 't' THEN DROP TABLE t; END IF; END",
    ] {
        assert_eq!(block(silent), [""; 0], "{silent}");
    }
    let script = "CREATE TABLE t (a int); DO $$ BEGIN DROP TABLE t; RAISE EXCEPTION 'no'; END $$";
    assert!(folded(script).relation(None, "t").is_some());
}

#[test]
fn set_config_as_pg_dump_writes_it_empties_the_path() {
    let mut catalog = folded("SELECT pg_catalog.set_config('search_path', '', false)");
    assert!(catalog.search_path.is_empty());
    run(&mut catalog, "SET search_path = \"$user\", app, \"Mixed\"");
    assert_eq!(catalog.search_path.iter().map(|name| &**name).collect::<Vec<_>>(), ["app", "Mixed"]);
    run(&mut catalog, "RESET search_path");
    assert_eq!(&*catalog.search_path[0], "public");
}

#[test]
fn an_extension_brings_its_objects() {
    let fold = |sql: &str| {
        let mut catalog = Catalog::default();
        catalog.server_version = Some(180_000);
        let script = crate::syntax::Script::from(sql);
        let mut errors = Vec::new();
        for placed in script.statements() {
            let code = script.code(&placed);
            let outcome = apply(&mut catalog, crate::syntax::Parse::plain(&code).node().unwrap(), &code);
            errors.extend(
                outcome.errors.into_iter().map(|error| format!("{} {}", error.sqlstate, error.message)),
            );
        }
        (catalog, errors)
    };
    let (catalog, none) = fold("create schema s; create extension earthdistance schema s cascade;");
    assert_eq!((none, catalog.unknown_names), (vec![], false));
    assert_eq!(&*catalog.extensions["cube"].schema, "s");
    assert_eq!(catalog.routines(Some("s"), "ll_to_earth").len(), 1);
    assert!(catalog.user_type(Some("s"), "cube").is_some());
    let (catalog, _) = fold("create extension hstore; drop extension hstore;");
    assert_eq!(catalog, Catalog::default());
    assert!(fold("create extension citext; create extension vector;").1.is_empty());

    let error = |sql: &str| fold(sql).1.join("; ");
    assert_eq!(
        error("create extension citext; create extension citext;"),
        "42710 extension \"citext\" already exists"
    );
    assert_eq!(
        error("create extension earthdistance;"),
        "42704 required extension \"cube\" is not installed"
    );
    assert_eq!(error("drop extension citext;"), "42704 extension \"citext\" does not exist");
    assert_eq!(error("comment on extension citext is 'x';"), "42704 extension \"citext\" does not exist");
    assert_eq!(
        error("create extension citext; create table t (a citext); drop extension citext;"),
        "2BP01 cannot drop extension citext because other objects depend on it"
    );
    assert_eq!(
        error("create extension cube; create extension earthdistance; drop extension cube;"),
        "2BP01 cannot drop extension cube because other objects depend on it"
    );
    assert_eq!(
        error("create extension citext; drop function citextin(cstring);"),
        "2BP01 cannot drop function citextin(cstring) because extension citext requires it"
    );
    assert_eq!(
        error("create extension hstore; drop type hstore cascade;"),
        "2BP01 cannot drop type hstore because extension hstore requires it"
    );
    assert_eq!(
        error("create extension pg_stat_statements; drop view pg_stat_statements;"),
        "2BP01 cannot drop view pg_stat_statements because extension pg_stat_statements requires it"
    );
    assert_eq!(
        error("create extension postgres_fdw; drop foreign data wrapper postgres_fdw;"),
        "2BP01 cannot drop foreign-data wrapper postgres_fdw because extension postgres_fdw requires it"
    );
    assert_eq!(
        error("create extension hstore; drop operator @> (hstore, hstore);"),
        "2BP01 cannot drop operator @>(hstore,hstore) because extension hstore requires it"
    );
    assert_eq!(
        error("create extension pg_trgm; drop operator class gin_trgm_ops using gin;"),
        "2BP01 cannot drop operator class gin_trgm_ops for access method gin because extension pg_trgm requires it"
    );
    assert_eq!(
        error("create extension citext; drop cast (citext as text);"),
        "2BP01 cannot drop cast from citext to text because extension citext requires it"
    );
    let table = "create extension btree_gist; create table t (x int, exclude using gist (x with =));";
    assert_eq!(
        error(&format!("{table} drop extension btree_gist;")),
        "2BP01 cannot drop extension btree_gist because other objects depend on it"
    );
    let (catalog, none) = fold(&format!("{table} drop extension btree_gist cascade;"));
    let t = catalog.relation(None, "t").unwrap();
    assert_eq!((none, t.indexes.len(), t.constraints.len()), (vec![], 0, 0));
    assert_eq!(
        error("create schema s; create extension postgis; alter extension postgis set schema s;"),
        "0A000 extension \"postgis\" does not support SET SCHEMA"
    );
    // Of what is not known nothing is wrong.
    assert_eq!(error("create extension nosuch; drop function f(); create table t (a some_type);"), "");
    assert_eq!(
        error("create extension postgis; create table t (g geometry(Point, 4326), h newer_type);"),
        ""
    );
}

#[test]
fn all_rights_are_those_of_the_version() {
    let granted = |version: u32| {
        let mut catalog = Catalog::default();
        catalog.server_version = Some(version);
        let errors = run(&mut catalog, "CREATE TABLE t (a int); GRANT ALL ON t TO PUBLIC");
        assert!(errors.is_empty(), "{errors:?}");
        catalog.relation(None, "t").unwrap().privileges.to_string()
    };
    assert!(!granted(160_000).contains("MAINTAIN"), "{}", granted(160_000));
    assert!(granted(170_000).contains("MAINTAIN"), "{}", granted(170_000));
}

#[test]
fn an_extension_may_be_among_what_is_not_known() {
    let script = "CREATE EXTENSION earthdistance; COMMENT ON EXTENSION hstore IS 'x'; \
                  ALTER EXTENSION hstore SET SCHEMA public";
    assert_eq!(errors(script).len(), 3);
    let mut catalog = Catalog::default();
    catalog.unknown_names = true;
    assert_eq!(run(&mut catalog, script), Vec::<String>::new());
    assert!(catalog.extensions.contains_key("earthdistance"));
}
