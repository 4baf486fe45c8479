-- Triggers of views, inherited expressions, untrusted languages, indexes that keys need, rows as keys, VACUUM's options.
create table t(a int primary key, b text);
create view cv as select a, b from t;
-- since 15
alter table cv disable trigger y;
-- since 15
alter table cv enable always trigger y;
create table gp (a int, b int generated always as (a + 1) stored);
create table gc () inherits (gp);
alter table gc alter b drop expression;
alter table only gc alter b drop expression;
create sequence s;
-- since 15
alter table s rename column last_value to x;
grant usage on language c to public;
grant usage on language internal to public;
grant usage on language plpgsql to public;
create table u (a int, b int, c int);
create unique index ui on u (a);
create unique index uj on u (a, b);
create unique index uk on u (c);
create unique index ul on u (c);
create table f1 (a int references u (a), b int, c int references u (c), foreign key (a, b) references u (b, a));
drop index ui;
drop index uj;
drop index uj, uk;
drop index uj cascade;
drop index ui cascade;
create index on t ((row(a,b)));
create index on t ((a, b));
create type ct as (x int, y text);
create index on t ((row(a,b)::ct));
create index on t ((row(a,b)::t));
vacuum (full 5) t;
vacuum (full) t;
vacuum (full true) t;
vacuum (parallel x) t;
vacuum (parallel) t;
vacuum (index_cleanup foo) t;
vacuum (index_cleanup auto) t;
vacuum (index_cleanup off, truncate false) t;
analyze (verbose off) t;
analyze (verbose x) t;
create function tf() returns trigger language plpgsql as 'begin return null; end';
create trigger tg before insert on t for each statement execute function tf();
alter trigger tg on t rename to tg;
create recursive view rv3 (n) as select n + 1 from rv3;
