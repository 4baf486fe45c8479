//! Symbols as indented lines: kind, name and detail.

use super::super::written::written;
use super::*;

fn show(symbol: &Symbol, text: &str, depth: usize, out: &mut String) {
    let detail = symbol.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    out.push_str(&format!("{}{:?} {}{detail}\n", "  ".repeat(depth), symbol.kind, symbol.name));
    assert!(symbol.span.start <= symbol.name_span.start && symbol.name_span.end <= symbol.span.end);
    assert!(text.is_char_boundary(symbol.span.start) && text.is_char_boundary(symbol.span.end));
    for child in &symbol.children {
        show(child, text, depth + 1, out);
    }
}

fn shown(text: &str) -> String {
    let mut out = String::new();
    if let Some(symbol) = symbol(&written(text)) {
        show(&symbol, text, 0, &mut out);
    }
    out
}

#[test]
fn what_is_made_has_its_parts() {
    let table = shown(
        "-- é😀\ncreate table if not exists shop.\"Örder\" (id int primary key, \"a b\" numeric(10, 2),
             constraint k check (id > 0), unique (id, \"a b\"), like other including all);",
    );
    assert_eq!(
        table,
        "Table shop.\"Örder\" (table)\n  Column id (int)\n  Column \"a b\" (numeric(10, 2))\n  \
             Constraint k (check (id > 0))\n  Constraint unique (id, \"a b\")\n  Column like other including all\n"
    );
    assert_eq!(
        shown("create type e as enum ('a', 'é b');"),
        "Enum e (type)\n  EnumLabel a\n  EnumLabel é b\n"
    );
    assert_eq!(
        shown("create type c as (a int, b text);"),
        "Type c (type)\n  Column a (int)\n  Column b (text)\n"
    );
    assert_eq!(
        shown(
            "create or replace function s.f(a int, out b text default 'x', int) returns void language sql as $$ select 1 $$;"
        ),
        "Function s.f (function)\n  Parameter a (int)\n  Parameter b (text)\n  Parameter int\n  Statement SELECT\n"
    );
    assert_eq!(shown("create procedure p() begin atomic select 1; end;"), "Procedure p (procedure)\n");
    assert_eq!(shown("create view v (a, b) as select 1, 2;"), "View v (view)\n  Column a\n  Column b\n");
    assert_eq!(
        shown("create materialized view m as with c as (select 1) select * from c;"),
        "View m (materialized view)\n  Cte c\n"
    );
    assert_eq!(shown("create unique index concurrently i on only t (a);"), "Index i (unique index on t)\n");
    assert_eq!(shown("create index on t (a);"), "Index index on t\n");
    assert_eq!(
        shown("create trigger x before insert on s.t for each row execute function f();"),
        "Trigger x (trigger on s.t)\n"
    );
    assert_eq!(shown("create policy p on t using (true);"), "Policy p (policy on t)\n");
    assert_eq!(shown("create temp sequence q;"), "Sequence q (temp sequence)\n");
    assert_eq!(
        shown("create schema x create table t (a int) create view v as select 1;"),
        "Schema x (schema)\n  Table t (table)\n    Column a (int)\n  View v (view)\n"
    );
    assert_eq!(shown("create extension if not exists pgcrypto;"), "Extension pgcrypto (extension)\n");
    assert_eq!(shown("create table t as select 1;"), "Table t (table)\n");
    assert_eq!(shown("create table p partition of t for values in (1);"), "Table p (table)\n");
}

#[test]
fn bodies_have_their_declarations_and_statements() {
    let head = "create function f(a int) returns void language plpgsql as ";
    let body =
        "declare x int := 1; C constant s.t%rowtype; \"É q\" alias for a; k cursor (p text) for select 1;
            begin if true then <<b>> declare y int[]; begin null; end b; end if; begin begin null; end; end;
            <<l>> while true loop declare z int; begin null; end; end loop;
            create table u (v int); perform 1; end";
    let expected = "Function f (function)\n  Parameter a (int)\n  Variable x (int)\n  Constant c (s.t%rowtype)\n  \
             Variable É q (alias for a)\n  Variable k (cursor)\n    Parameter p (text)\n  Block b (block)\n    \
             Variable y (int[])\n  Block l (loop)\n    Block BEGIN\n      Variable z (int)\n  \
             Table u (table)\n    Column v (int)\n";
    assert_eq!(shown(&format!("{head}$x${body}$x$")), expected);
    assert_eq!(shown(&format!("{head}'{body}'")), expected);
    assert_eq!(
        shown(&format!("{head}$x${}", &body[..19])),
        "Function f (function)\n  Parameter a (int)\n  Variable x (int)\n"
    );
    assert_eq!(shown("do $$<<a>> begin end$$"), "Statement DO\n  Block a (block)\n");
    assert_eq!(
        shown(
            "create function f() returns int language sql as 'insert into t values (1); -- x\n select ''a'' from u; '"
        ),
        "Function f (function)\n  Statement INSERT INTO t\n  Statement SELECT … FROM u\n"
    );
    let deep = format!("do $$ {} {} $$", "<<a>> begin ".repeat(3000), "end; ".repeat(3000));
    assert_eq!(shown(&deep).lines().count(), 2 + BODIES);
}

#[test]
fn broken_bodies_have_symbols() {
    let corpus = include_str!("../../../tests/plpgsql/accepted.sql");
    for body in corpus.split("\n----\n").skip(1).filter(|body| !body.starts_with("CREATE")).step_by(3) {
        for (n, _) in body.char_indices().step_by(29) {
            assert!(shown(&format!("do $é${}$é$", &body[..n])).starts_with("Statement DO"));
            shown(&format!("do '{}", body[..n].replace('\'', "''")));
        }
    }
}

#[test]
fn other_statements_have_short_names() {
    for (text, name) in [
        ("alter table if exists only s.t add column a int", "ALTER TABLE s.t"),
        ("insert into t as x values (1);", "INSERT INTO t"),
        ("update only t set a = 1", "UPDATE t"),
        ("delete from t where a", "DELETE FROM t"),
        ("select a, (select 1 from x) from s.t join u on true order by 1;", "SELECT … FROM s.t"),
        ("select 1;", "SELECT"),
        ("(select 1 from t) union select 2", "SELECT … FROM t"),
        ("with a as (select 1 from b) select * from a", "SELECT … FROM a"),
        ("with a as (select 1) insert into t select * from a", "INSERT INTO t"),
        ("explain (analyze) select * from t", "EXPLAIN SELECT … FROM t"),
        ("drop table if exists a, b;", "DROP TABLE a"),
        ("comment on column t.a is 'x';", "COMMENT ON COLUMN t.a"),
        ("grant select on t to r;", "GRANT SELECT ON t"),
        ("begin;", "BEGIN"),
        ("set search_path to x;", "SET search_path"),
        ("truncate t;", "TRUNCATE t"),
        ("do $$ begin end $$;", "DO"),
        ("copy t (a) from stdin;\n1\n\\.\n", "COPY t"),
        ("refresh materialized view concurrently v;", "REFRESH MATERIALIZED VIEW v"),
        ("values (1)", "VALUES"),
        ("table t", "TABLE t"),
        ("call p(1);", "CALL p"),
        ("prepare q as select 1;", "PREPARE q"),
        ("select * from :t where a = :x", "SELECT … FROM :t"),
        ("\\i other.sql\n", "\\i other.sql"),
        ("selec 1 from t;", "selec 1 from t"),
        ("create table t (a int, b", "t"),
        ("create", "create"),
        ("select a from t where", "SELECT … FROM t"),
        ("select 1 from;", "SELECT"),
    ] {
        assert_eq!(symbol(&written(text)).unwrap().name, name, "{text}");
    }
    for text in ["-- only a comment", ";", " "] {
        assert_eq!(symbol(&written(text)), None, "{text}");
    }
    assert_eq!(
        shown("with a as (with b as (select 1) select * from b) select 1;"),
        "Statement SELECT\n  Cte a\n    Cte b\n"
    );
    assert!(shown("create table t (a int, b text,, c int").contains("Column b"));
    let deep = format!("select {}1{}", "(select ".repeat(20_000), ")".repeat(20_000));
    assert_eq!(symbol(&written(&deep)).unwrap().name, "SELECT");
}
