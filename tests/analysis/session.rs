//! Scripts in one session, statement by statement, on a server and as a whole without one: prepared statements,
//! cursors, transactions that may only read.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pgwright::analysis::timeline::{Means, Moment, Timeline, Work};
use pgwright::catalog::Catalog;
use pgwright::syntax::{Dialect, ParseCache, Script};

use super::statements;
use super::verdict::Server;

/// The statements of a script of which something is said, by their numbers, each with the first that is.
fn said(text: &str, major: u32) -> Vec<(usize, String, String)> {
    let (cache, work, cancelled) = (ParseCache::default(), Work::default(), AtomicBool::new(false));
    let means =
        Means { cache: &cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    let mut catalog = Catalog::default();
    catalog.server_version = Some(major * 10_000);
    let script = Script::from(text);
    let before = Moment::new(Arc::new(catalog));
    let timeline = Timeline::update_at(None, &script, &before, None, &means, usize::MAX).unwrap();
    let mut said: Vec<_> = timeline
        .diagnostics()
        .into_iter()
        .map(|found| {
            let index = script.at(found.span.start).unwrap().index;
            (index, found.sqlstate.to_owned(), found.message)
        })
        .collect();
    said.dedup_by_key(|(index, ..)| *index);
    said
}

fn compare(major: u32) {
    let newer = SINCE_14.iter().filter(|_| major >= 14).chain(SINCE_15.iter().filter(|_| major >= 15));
    for text in SCRIPTS.iter().chain(newer) {
        let server = Server::start(major);
        let real: Vec<_> = statements(text)
            .iter()
            .enumerate()
            .filter_map(|(n, statement)| {
                let verdict = server.run(statement)?;
                Some((n, verdict.sqlstate, verdict.message))
            })
            .collect();
        assert_eq!(said(text, major), real, "PostgreSQL {major}: {text}");
    }
}

#[test]
fn sessions_on_postgresql_13() {
    compare(13);
}

#[test]
fn sessions_on_postgresql_15() {
    compare(15);
}

#[test]
fn sessions_on_postgresql_18() {
    compare(18);
}

/// What is written with words that PostgreSQL 13 does not have.
const SINCE_14: [&str; 1] = ["create table p (a int) partition by range (a);
    create table q partition of p for values from (0) to (10);
    begin;
    alter table p detach partition q concurrently;
    rollback;
    begin;
    reindex (concurrently, verbose) table p;
    rollback;
    begin;
    reindex (concurrently off) table q;
    alter table p detach partition q;
    commit;
    alter table p attach partition q for values from (0) to (10);
    begin;
    reindex (verbose) table p;
    rollback;
    create index i on p (a);
    begin;
    reindex index i;
    rollback;
    begin;
    reindex index q_a_idx;
    reindex table q;
    rollback"];

/// CLUSTER of a partitioned table.
const SINCE_15: [&str; 1] = ["create table p (a int) partition by range (a);
    create table q partition of p for values from (0) to (10);
    create index i on p (a);
    begin;
    cluster p using i;
    rollback;
    begin;
    cluster q using q_a_idx;
    rollback"];

const SCRIPTS: [&str; 14] = [
    "create table j1 (i int, j int, t text);
    create view xv as select * from xmltable('/a' passing xml '<a/>' columns a int path 'b', n for ordinality) x;
    select d from xv;
    select a, n from xv;
    create view rv as select * from rows from (generate_series(1,2), generate_series(1,3)) as r(a, b);
    select d from rv;
    select a, b from rv;
    create view comp (x, y) as select (x).* from (select j1 as x from j1) y;
    select e from comp;
    select x, y, t from comp;
    create view jr as select * from json_to_record('{}') as r(a int, b text);
    select d from jr;
    alter table j1 drop column t;
    drop view comp;
    alter table j1 drop column t;",
    "create table rt (a int); create policy p2 on rt to current_user; alter policy p2 on rt to session_user, public;
    drop policy p2 on rt;
    begin; create table x (a int); select nope from x; commit; create table x (a int);
    begin; create table y (a int); savepoint s; select nope from y; rollback to s; commit; create table y (a int);
    create table tt (a int);
    create function tf() returns trigger language plpgsql as $$ begin return new; end $$;
    create constraint trigger ct after insert on tt for each row execute function tf();
    alter table tt rename constraint ct to ct9;
    drop trigger ct on tt;
    create table x2 (a int, b int check (public.x2.b > 0), check (x2.a > nosuch.b));
    create table x2 (a int, b int check (public.x2.b > 0));
    alter table x2 add check (public.x2.a > 0);
    create table gp (a int, c int) partition by range (c);
    create table gp1 partition of gp for values from (0) to (9) partition by list (a);
    create table g2 partition of gp1 for values in (1);
    create unique index gpu on gp (a, c);
    alter table gp add constraint k primary key (a, c);
    alter table gp detach partition gp1;
    alter table gp attach partition gp1 for values from (0) to (9);
    create view v1 as select a from x; create or replace view v1 as select a, 1 as b from v1; drop view v1;",
    "create schema s1; create schema s2; create table public.q (a int); create role kept_one superuser;
    begin; set local search_path = s1; set role kept_one; commit;
    select a from q;
    reset role;
    begin; set local search_path = s1; set search_path = s2; create table t (a int); commit;
    select a from t;
    select a from s2.t;
    select a from s1.t;
    begin; set local search_path = s1; select set_config('search_path', 'public', false); commit;
    select a from q;
    select a from t;
    drop role kept_one;",
    "CREATE SCHEMA s1; CREATE TABLE public.q(a int);
    BEGIN; SET LOCAL search_path = s1; COMMIT;
    SELECT a FROM q;
    BEGIN; SET LOCAL search_path = s1; CREATE TABLE t(a int); COMMIT;
    CREATE TABLE t(b int);
    SELECT b FROM t;
    drop table t;
    DO $$ BEGIN SET LOCAL search_path = s1; CREATE TABLE t2(a int); END $$;
    CREATE TABLE t2(b int);
    SELECT b FROM public.t2;
    SELECT set_config('search_path','s1',true);
    CREATE TABLE t3(b int);
    SELECT b FROM public.t3;
    CREATE FUNCTION ex(q text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN EXECUTE q; RETURN true; END $$;
    CREATE TABLE empty1(id int); CREATE TABLE one(id int); INSERT INTO one VALUES (1);
    DO $$ DECLARE x bool; BEGIN x := ex('CREATE TABLE t5(a int)'); END $$;
    select a from t5;
    DO $$ DECLARE x bool := ex('CREATE TABLE t6(a int)'); BEGIN NULL; END $$;
    select a from t6;
    DO $$ BEGIN CREATE TABLE t7(a int); PERFORM 1/0; EXCEPTION WHEN others THEN NULL; END $$;
    create table t7(b int);
    select b from t7;
    DO $$ BEGIN CREATE TABLE t8(a int); IF (SELECT count(*) FROM empty1) = 0 THEN RETURN; END IF; ALTER TABLE t8 ADD b int; END $$;
    ALTER TABLE t8 ADD b text;
    CREATE FUNCTION strictf(q text) RETURNS int LANGUAGE plpgsql STRICT AS $$ BEGIN EXECUTE 'CREATE TABLE strictt(a int)'; RETURN 1; END $$;
    SELECT strictf(NULL);
    CREATE TABLE strictt(b int);
    SELECT b FROM strictt;
    VALUES (ex('CREATE TABLE t9(a int)'));
    select a from t9;",
    "CREATE TABLE c1(id int, updated_at timestamptz);
    DO $$ DECLARE t text; BEGIN
     FOR t IN SELECT table_name FROM information_schema.columns WHERE column_name='updated_at' AND table_schema='public' LOOP
       EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now()', t);
     END LOOP; END $$;
    SELECT created_at FROM c1;",
    "CREATE ROLE fa_api;
    CREATE SCHEMA AUTHORIZATION fa_api;
    SET ROLE fa_api;
    CREATE TABLE q2(id int);
    SELECT * FROM q2;
    RESET ROLE;
    SELECT * FROM fa_api.q2;
    drop owned by fa_api;
    drop role fa_api;
    CREATE ROLE fa_t1; CREATE ROLE fa_t3; CREATE TABLE own(c int);
    GRANT SELECT ON own TO fa_t3 WITH GRANT OPTION;
    SET ROLE fa_t3; GRANT SELECT ON own TO fa_t1; RESET ROLE;
    REVOKE SELECT ON own FROM fa_t3 CASCADE;
    DROP ROLE fa_t3;
    DROP ROLE fa_t1;
    CREATE ROLE fa_x;
    DO $$ DECLARE r record; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'fa\\_%' LOOP EXECUTE format('DROP ROLE %I', r.rolname); END LOOP; END $$;
    CREATE ROLE fa_x;
    grant create on schema public to public;
    CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN CREATE TABLE public.tt(a int); GRANT SELECT ON public.tt TO PUBLIC; END $$;
    revoke create on schema public from public;
    SET ROLE fa_x;
    SELECT f();
    SELECT a FROM tt;
    reset role;
    drop role fa_x;",
    "create function mk(n text) returns void language plpgsql as $$ begin execute format('create table %I (a int)', n); end $$;
    do $$ begin perform mk('zz'); end $$;
    select * from zz;
    select mk('yy');
    select b from yy;
    select * from xx;
    create function mk2() returns void language sql as $$ create table ww (a int); create table vv (b int) $$;
    select mk2();
    select b from ww;
    select b from vv;
    create procedure mk3() language plpgsql as $$ begin perform mk('uu'); create table tt (a int); end $$;
    call mk3();
    select a from uu, tt;
    select b from tt;
    do $$ begin call mk3(); exception when others then null; end $$;
    select b from tt;
    create table base (a int);
    do $$ begin if random() > 2 then alter table base add column b int; create function mf() returns int language sql as 'select 1'; create table nb (a int); end if; end $$;
    select * from nothing;
    select mg();
    select a from base;
    create function looped(n int) returns void language plpgsql as $$ begin if n > 0 then perform looped(n - 1); end if; end $$;
    select looped(3);
    select mk(n) from (values ('ss'), ('rr')) v(n);
    select * from ss;",
    "create table events (id bigint, at timestamptz not null, kind text) partition by range (at);
    do $$
    declare
      d date := date '2024-01-01';
      part text;
    begin
      for i in 0..2 loop
        part := 'events_' || to_char(d, 'YYYY_MM');
        execute format('create table if not exists %I partition of events for values from (%L) to (%L)', part, d, d + interval '1 month');
        execute 'create index on ' || quote_ident(part) || ' (kind)';
        d := (d + interval '1 month')::date;
      end loop;
    end $$;
    select nothing from events;
    select * from event;
    select id from events_2024_01;
    select foo(1);
    create table events_2024_01_copy (like events_2024_01);
    do $$ begin execute 'create collation known (provider = libc, locale = ' || quote_literal((select 'C'::text from pg_database limit 1)) || ')'; end $$;
    create collation known from \"C\";
    create table with_known (a text collate known, b text collate neither);
    create table with_known (a text collate known);
    drop collation known;
    alter database missing_one resett all;
    select * from neither;
    alter table events;
    select * from neither;
    create role current_user;
    select * from neither;",
    "create table t (a int, b text);
    prepare one as select 1;
    prepare one as select 2;
    prepare many(text, int, float, boolean, smallint) as select $1, $2, $3, $4, $5;
    execute many('bool');
    execute many(5::smallint, 10.5::float, 1.5, false, 'bytea');
    execute many('a', 1, 1.5, true, '4');
    prepare none(nosuch) as select $1;
    prepare row as insert into t values ($1, $2) returning a;
    execute row(1, 'x');
    execute row(1, (select 'x'));
    execute row(count(1), 'x');
    execute row(generate_series(1, 2), 'x');
    execute row(row_number() over (), 'x');
    execute row(a, 'x');
    execute row('x', 'y');
    explain execute row(true, 'y');
    create table made as execute row(1);
    drop table t;
    execute row(1, 'x');
    create table t (a int, b int);
    execute row(1, 2);
    deallocate one;
    prepare one as select 3;
    deallocate all;
    prepare one as select 4;
    discard all;
    prepare one as select 5",
    "begin;
    prepare kept as select 1;
    rollback;
    prepare kept as select 2;
    begin;
    prepare lost as select 1;
    deallocate lost;
    rollback;
    prepare lost as select 1;
    execute lost(1)",
    "create table t (a int);
    begin transaction read only;
    select * from t;
    commit;
    begin read only;
    insert into t values (1);
    rollback;
    start transaction read only, isolation level serializable;
    create temp table u (a int);
    rollback;
    begin;
    set transaction read only;
    with gone as (delete from t returning a) select * from gone;
    rollback;
    begin;
    set transaction_read_only = on;
    update t set a = 1;
    rollback;
    create temp table own (a int);
    set session characteristics as transaction read only;
    drop table t;
    insert into own values (1);
    truncate own;
    comment on table t is 'x';
    select a from own;
    explain select 1;
    analyze t;
    prepare change as insert into t values (1);
    deallocate change;
    begin read write;
    insert into t values (2);
    commit;
    insert into t values (2);
    set default_transaction_read_only = off;
    insert into t values (2);
    begin;
    set default_transaction_read_only to true;
    insert into t values (2);
    commit;
    delete from t;
    reset default_transaction_read_only;
    delete from t;
    begin;
    set default_transaction_read_only = on;
    rollback;
    drop table t",
    "begin;
    declare c cursor for select 1;
    fetch c;
    close c;
    declare c cursor for select 2;
    commit;
    begin;
    declare c cursor with hold for select 1;
    commit;
    fetch c;
    declare c cursor with hold for select 1;
    close c;
    fetch c;
    move c;
    close c;
    declare c cursor with hold for select 3;
    close all;
    close c",
    "set default_transaction_read_only = on;
    select set_config('default_transaction_read_only', 'off', false);
    create table a (b int);
    begin;
    savepoint s;
    set transaction read only;
    rollback to s;
    create table c (b int);
    commit and chain;
    insert into a values (1);
    rollback",
    "create table t (a int);
    create subscription s connection 'dbname=nosuch' publication p with (connect = false);
    create subscription u connection 'dbname=nosuch' publication p with (connect = false, slot_name = none);
    begin;
    vacuum;
    rollback;
    begin;
    analyze;
    create index i on t (a);
    reindex table t;
    reindex index i;
    drop index i;
    discard plans;
    cluster t;
    rollback;
    begin;
    create index concurrently i on t (a);
    rollback;
    create index i on t (a);
    begin;
    reindex table concurrently t;
    rollback;
    begin;
    reindex schema public;
    rollback;
    begin;
    drop index concurrently i;
    rollback;
    begin;
    discard all;
    rollback;
    begin;
    cluster;
    rollback;
    begin;
    alter system set work_mem = '5MB';
    rollback;
    begin;
    create database nosuch;
    rollback;
    begin;
    drop database nosuch;
    rollback;
    begin;
    create tablespace nosuch location '/nosuch';
    rollback;
    begin;
    drop tablespace nosuch;
    rollback;
    begin;
    create subscription v connection 'dbname=nosuch' publication p;
    rollback;
    begin;
    create subscription v connection 'dbname=nosuch' publication p with (connect = false);
    alter subscription v set (slot_name = none);
    alter subscription u set publication q with (refresh = false);
    drop subscription v;
    drop subscription u;
    rollback;
    begin;
    drop subscription s;
    rollback;
    alter subscription s set (slot_name = none);
    drop subscription s;
    drop subscription u",
];
