//! Definitions behind an edit: what is carried over them comes to what a fold from the start comes to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pgwright::analysis::timeline::{Means, Moment, Timeline, Work};
use pgwright::catalog::Catalog;
use pgwright::catalog::diff::diff;
use pgwright::syntax::{Dialect, ParseCache, Script};
use pgwright::text::{Edit, Span};
use proptest::prelude::*;

/// Statements about a few names, so that they meet.
const STATEMENTS: &[&str] = &[
    "create table a (id int primary key, b text not null, c int check (c > 0), unique (b))",
    "create table a (id bigint primary key, d mood, e positive)",
    "create table if not exists b (id serial, a int references a, b text)",
    "create table b (id int, foreign key (id) references a (id) on delete cascade)",
    "create table c (like a including all, x int)",
    "create table d () inherits (a)",
    "create table p (k int, v text) partition by list (k)",
    "create table p1 partition of p for values in (1)",
    "create table s.a (id int, check (id > 1))",
    "create temp table b (t int)",
    "create table e as select * from a",
    "create view v as select id, b from a",
    "create or replace view v as select id, b, c from a",
    "create view w as select * from v",
    "create materialized view m as select * from b",
    "alter table a add column f text default 'x'",
    "alter table a add check (id > 2)",
    "alter table a drop column if exists b cascade",
    "alter table a rename column c to g",
    "alter table a rename to b",
    "alter table if exists b rename to a",
    "alter table b add unique (b)",
    "alter table b add foreign key (id) references a",
    "alter table only p add primary key (k)",
    "alter table a set schema s",
    "alter table a alter column id type text",
    "alter table d no inherit a",
    "create index on a (b)",
    "create index i on b (id)",
    "create unique index concurrently i on a (b)",
    "create index on p (v)",
    "drop index i",
    "alter index i rename to j",
    "drop table a",
    "drop table if exists a, b cascade",
    "drop view v",
    "create view w as select * from rows from (generate_series(1, 2)) as r(n)",
    "create or replace view w as select (x).* from (select a as x from a) y",
    "select n, nosuch from w",
    "drop view w",
    "create type mood as enum ('sad', 'ok')",
    "alter type mood add value 'happy'",
    "alter type mood rename to humour",
    "drop type if exists mood cascade",
    "create type pair as (x int, y mood)",
    "create domain positive as int check (value > 0)",
    "create domain a_check as int constraint a_c_check check (value > 1)",
    "drop domain positive",
    "create function f(a) returns int language sql as 'select 1'",
    "create function f(x mood) returns setof a language sql as 'select * from a'",
    "create or replace function f(int) returns int language sql as 'select 1'",
    "drop function f",
    "create function g() returns int language plpgsql as 'declare x mood; y a%rowtype; z b.id%type; begin return 1; end'",
    "do 'declare x mood; y a%rowtype; begin null; end'",
    "set constraints a_b_key deferred",
    "create rule r as on insert to a do also insert into a values (1, 'x')",
    "insert into a (id, b) values (1, 'x')",
    "create type extent as range (subtype = int)",
    "create operator class k for type mood using btree as function 1 enum_cmp(mood, mood)",
    "create trigger t before insert on a for each row execute function f()",
    "create sequence q owned by a.id",
    "alter sequence q owned by none",
    "create schema s",
    "create schema s create table b (id int) create view v as select * from b",
    "drop schema s cascade",
    "alter schema s rename to r",
    "comment on schema s is 'other'",
    "comment on table a is 'a table'",
    "comment on column a.b is 'a column'",
    "set search_path to s, public",
    "set local search_path = public",
    "reset search_path",
    "select set_config('search_path', '', false)",
    "create extension if not exists citext",
    "create extension hstore schema s",
    "drop extension citext",
    "begin",
    "commit",
    "rollback",
    "savepoint x",
    "rollback to x",
    "do $$ begin create table a (id int); end $$",
    "do $$ begin execute 'drop table b'; end $$",
    "select id, b from a",
    "select * from b join v using (id)",
    "insert into a (id, b) values (1, 'x')",
    "creat table x ()",
    "alter table a ad column b int",
    "select into e from a",
    "\\connect other",
    "\\if :x\ndrop table a;\n\\endif",
    "drop owned by me",
    "do $$ begin perform id from a; end $$",
    "do $$ begin alter table b add z int; insert into b (z) values (1); drop view v; end $$",
    "set work_mem = '4MB'",
    "set default_transaction_read_only = on",
    "set transaction read only",
    "reset all",
    "select set_config('transaction_read_only', 'off', true) from a",
    "prepare one as select id from a",
    "execute one",
    "create table e as execute one",
    "deallocate all",
    "declare x cursor with hold for select id from a",
    "close x",
    "vacuum",
];

fn timeline(old: Option<&Timeline>, script: &Script, base: &Moment, work: &Work) -> Timeline {
    let (cache, cancelled) = (ParseCache::default(), AtomicBool::new(false));
    let means = Means { cache: &cache, work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    Timeline::update_at(old, script, base, None, &means, usize::MAX).unwrap()
}

fn text(statements: &[usize]) -> String {
    statements.iter().map(|n| format!("{};\n", STATEMENTS[*n])).collect()
}

/// What is otherwise in one than in the other, in all that follows from it.
fn difference(one: &Catalog, other: &Catalog) -> Vec<String> {
    let mut found = diff(one, other);
    let mut check = |what: &str, is_same: bool| {
        if !is_same {
            found.push(what.to_owned());
        }
    };
    check("equality", one == other);
    check("search path", one.search_path == other.search_path);
    check("unknown names", one.unknown_names == other.unknown_names);
    for (schema, other) in one.schemas.values().zip(other.schemas.values()) {
        for relation in schema.relations.values() {
            for constraint in &relation.constraints {
                check("constraints' names", other.has_constraint_name(&constraint.name));
            }
            let name = relation.qualified_name();
            check("children", schema.children(&name) == other.children(&name));
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edited_script_comes_to_what_a_new_one_does(
        mut statements in prop::collection::vec(0..STATEMENTS.len(), 1..30),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..STATEMENTS.len(), 0..3u8), 1..8),
        in_history in any::<bool>(),
    ) {
        let base = Arc::new(Catalog::default());
        let base = if in_history { Moment::of_history(base) } else { Moment::new(base) };
        let work = Work::default();
        let mut script = Script::from(text(&statements).as_str());
        let mut edited = timeline(None, &script, &base, &work);
        for (at, statement, kind) in edits {
            let at = at.index(statements.len());
            let start = text(&statements[..at]).len();
            let end = text(&statements[..=at]).len();
            let (end, new) = match kind {
                0 => (end, text(&[statement])),
                1 => (start, text(&[statement])),
                _ => (end, String::new()),
            };
            match kind {
                0 => statements[at] = statement,
                1 => statements.insert(at, statement),
                _ if statements.len() > 1 => { statements.remove(at); }
                _ => continue,
            }
            script.apply(&Edit { span: Span::new(start, end), text: new }).unwrap();
            edited = timeline(Some(&edited), &script, &base, &work);
            let fresh = Script::from(text(&statements).as_str());
            let fresh = timeline(None, &fresh, &base, &work);
            prop_assert_eq!(edited.diagnostics(), fresh.diagnostics(), "{}", text(&statements));
            for index in 0..=script.sequence().count() {
                let found = difference(fresh.before(index), edited.before(index));
                prop_assert_eq!(found, Vec::<String>::new(), "before {} of\n{}", index, text(&statements));
            }
        }
    }
}

#[test]
fn a_definition_is_applied_again_only_if_it_looked_up_what_changed() {
    let mut lines: Vec<String> = (0..1000)
        .map(|n| format!("create table t{n} (id int primary key, a text not null, b int check (b > 0));\n"))
        .collect();
    lines[500] = "create table child (id int primary key references t0, c int);\n".into();
    lines[600] = "alter table t0 add column c text;\n".into();
    lines[700] = "set work_mem = '4MB';\n".into();
    lines[701] = "do $$ begin perform id from t1; end $$;\n".into();
    let (base, work) = (Moment::new(Arc::new(Catalog::default())), Work::default());
    let mut script = Script::from(lines.concat().as_str());
    let mut edited = timeline(None, &script, &base, &work);
    let mut applied = |at: &str, new: &str| {
        let before = work.applied.load(Ordering::Relaxed);
        let at = script.document().text().find(at).unwrap();
        script.apply(&Edit { span: Span::at(at), text: new.into() }).unwrap();
        edited = timeline(Some(&edited), &script, &base, &work);
        (work.applied.load(Ordering::Relaxed) - before, edited.before(1001).clone())
    };

    // The edited one, and the two that are about the table.
    let (count, after) = applied("a text not null", "x");
    assert_eq!(count, 3);
    let table = after.relation(None, "t0").unwrap();
    assert!(table.column("xa").is_some() && table.column("c").is_some());
    // A comment changes nothing that anybody looked up.
    assert_eq!(applied("create table t10 ", "/**/").0, 1);
    // A name that another definition chose is taken now: the two that the edit makes of one, and that one.
    let (count, after) = applied("create table t3 ", "create table t5_pkey (x int);\n");
    assert_eq!(count, 3);
    assert_eq!(&*after.relation(None, "t5").unwrap().indexes[0].name, "t5_pkey1");
}
