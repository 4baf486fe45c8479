create table t (a int, b text, c xid);
create table u (a int);
create table gen (a int, b int generated always as (a * 2) stored);
create view cv as select count(*) from t with check option;
create view cv as select a from t group by a with local check option;
create view cv as select t.a from t, u with check option;
create view cv with (check_option = local) as select distinct a from t;
create view cv as with q as (select 1) select a from t with check option;
create view cv as select upper(b) as ub, a from t where a > 0 with check option;
create view cv1 as select distinct a from t;
create or replace view cv1 as select distinct a from t with check option;
create or replace view cv1 as select a from t with check option;
create view si as select 1 into foo;
create view wd as with x as (delete from t returning a) select * from x;
create view wd as with x as (select a from t) select * from x;
create unlogged view uv as select 1;
create temp table tt (a int);
create materialized view mv1 as select * from tt;
create materialized view mv2 as with x as (delete from t returning a) select * from x;
create unlogged materialized view mv3 as select 1 as x;
create materialized view mv4 as with tt as (select a from t) select * from tt;
create view cc as select a, upper(b) as ub, a + 1 as a1, int4(a) as cast, text(t) as row from t;
update cc set ub = 'x';
update cc set a = 1;
insert into cc (a, ub) values (1, 'x');
insert into cc (a) values (1);
create function tf() returns trigger language plpgsql as $$begin return new; end$$;
create trigger g1 before update on t for each row when (a > 1) execute function tf();
create trigger g1 before insert on t for each row when (nosuch > 1) execute function tf();
create trigger g1 before insert on t for each row when (new.a > 1) execute function tf();
create trigger g2 before insert on gen for each row when (new.b > 1) execute function tf();
create trigger g2 before insert on gen for each row when (new.* is not null) execute function tf();
create trigger g2 before insert on gen for each row when (new.ctid is not null) execute function tf();
create trigger g2 after insert on gen for each row when (new.b > 1) execute function tf();
create domain d as int;
alter domain d add check (nosuch > 0);
alter domain d add check (value);
alter domain d add check (sum(value) > 0);
alter domain d add constraint c1 check (value > 0);
alter domain d set not null;
alter domain d drop not null;
create policy p1 on t for select using (a > 0);
alter policy p1 on t with check (true);
alter policy p1 on t using (a > 1);
create policy p2 on t for insert with check (true);
alter policy p2 on t using (true);
alter policy p2 on t with check (a > 1);
create policy p3 on t using (true);
alter policy p3 on t using (a > 1) with check (a > 2);
-- since 15
create statistics st on (nosuch + 1), a from t;
-- since 15
create statistics st on (nofn(a)), a from t;
-- since 15
create statistics st on (sum(a)), a from t;
-- since 15
create statistics st on (row_number() over ()), a from t;
-- since 15
create statistics st on ((select 1)), a from t;
-- since 15
create statistics st on (generate_series(1, a)), a from t;
-- since 15
create statistics st1 on (a + 1), (upper(b)), a from t;
-- since 15
create statistics st2 on (a), (b) from t;
create schema s1;
create schema s4 create table s1.a (x int);
create schema s4 create view s1.a as select 1;
create schema s4 create index on s1.a (x);
create schema s4 create sequence s1.a;
create schema s4 create trigger a before insert on s1.a for each row execute function tf();
create schema s4 create table a (x int) create sequence s4.b create view s4.v as select x from a;
