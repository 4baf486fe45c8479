-- What a query's clauses and a command's options may be.
create table j1 (i int, j int, t text);
create table j2 (i int, k int);
create table k (i int);
create unique index on k (i);
create table ar (a int[], j jsonb, js json);
create table g (a int primary key, b int);
create sequence sq;
create materialized view mv as select 1 as a;
select interval '1 2' day to hour;
select row(j1.*) = row(1,2,'x') from j1;
select row(j1.*, 1) = row(1,2,'x',1) from j1;
select row(j1.*) = row(1,2) from j1;
select row(j1.*) is distinct from row(1,2,'x') from j1;
insert into k values (1) on conflict (i) where i do nothing;
insert into k values (1) on conflict (i asc) do nothing;
insert into k values (1) on conflict (i nulls first) do nothing;
insert into k values (1) on conflict (ctid) do nothing;
explain (foo) select 1;
explain (costs foo) select 1;
explain (format) select 1;
explain (format foo) select 1;
explain (costs 5) select 1;
explain (verbose off, costs on, summary, settings, format json) select 1;
show nosuch;
show work_mem;
show all;
show time zone;
show session authorization;
select current_setting('nosuch');
select set_config('nosuch', '1', false);
select current_setting('nosuch', true);
select (select 1 into x);
select exists(select i into foo from j1);
update j1 set i[1] = 5;
update j1 set t[1] = 'x';
update ar set a[2] = 5, a = '{1}';
update ar set a[2] = 5, a[3] = 6;
-- since 14
update ar set j['a'] = '1', j = '{}';
-- since 14
update ar set js['a'] = '1';
-- since 14
update ar set j['a':] = '1';
insert into ar (a[1:3], a) values ('{1,2,3}', '{}');
insert into ar (a[1:3]) values ('{1,2,3}');
select * from j1 join j2 using (i, i);
select *;
select i, grouping(i) from j1 group by rollup(i) having grouping(i) = 0;
select i from j1 where grouping(i) = 0 group by i;
select i, sum(grouping(i)) from j1 group by i;
select grouping(sum(i)) from j1 group by i;
select i from j1 group by grouping(i);
select i, grouping(i) from j1 group by rollup(i) order by grouping(i);
select (select grouping(j1.i)) from j1 group by i;
select a, b from g group by rollup(a);
select a, b from g group by cube(a);
select a, b from g group by a;
select a, b from g group by grouping sets ((a));
select a, b from g group by grouping sets ((a), (a, b));
select a, b from g group by a, rollup(b);
select a, b from g group by a, grouping sets ((), (b));
begin;
declare c scroll no scroll cursor for select 1;
rollback;
-- since 14
begin;
-- since 14
declare c asensitive insensitive cursor for select 1;
-- since 14
rollback;
begin;
declare c insensitive cursor for select * from j1 for update;
rollback;
begin;
lock table sq;
rollback;
begin;
lock table mv;
rollback;
-- since 15
merge into j1 using j2 on j1.i = j2.i when matched and 5 then do nothing;
insert into j2 (i) select default;
insert into j2 (i) values (coalesce(default, 1));
insert into j2 (i) values (default);
update j2 set i = default;
values (default);
with a as (select 1 into b) select * from a;
select i from j1 order by i using !!!;
select i from j1 order by i using <;
select i from j1 order by i using >;
select i from j1 order by i using =;
select i as z from j1 order by z using >;
insert into k values (1) on conflict (i) do update set i = excluded.i;
select count(distinct point '(1,1)');
select count(distinct i), count(distinct (i, j)), string_agg(distinct t, ',') from j1;
create table ss (w setof int);
-- since 18
insert into j1 (i) values (1) returning with (new as j1) j1.*;
-- since 18
insert into j1 (i) values (1) returning with (old as x, new as x) x.*;
-- since 18
insert into j1 as o (i) values (1) returning with (old as o) o.i;
-- since 18
insert into j1 as o (i) values (1) returning with (old as p, new as q) o.i, p.i, q.i;
-- since 18
insert into j1 (i) values (1) returning old.i, new.i;
create function rf(in f1 int, out f2 int, out text) as $$ select $1-1, $1::text $$ language sql;
drop function rf(int, int, text);
drop function rf(int, out int, out text);
insert into j2 (i) table j1;
insert into j2 table j1;
select i from j1 for update of public.j1;
select i from j1 a for update of a;
select * from unnest(1, 2);
select * from unnest(array[1], array['x']);
select * from unnest(array[1], 'x');
select t as i from j1 order by i using ~<~;
select i as t from j1 order by t using ~<~;
select exists(select * from j1), row(j1.*) from j1;
update j1 set (i, j) = row(default, 1);
update j1 set (i, j) = (default, default);
update j1 set i = default + 1;
select default;
select i from j1 where default;
select * from (select generate_series(1, 0) as n) s, lateral coalesce(row(s.n)) as c(a int, b int);
copy (select 1 into x) to '/dev/null';
create view iv as select 1 into x;
create table it as select 1 into x;
