create table r1 (a int, b text, c int4range, d json);
create type en as enum ('a','b');
create table r2 (id int, status en);
create function f1() returns int language sql immutable as 'select 1';
create function f2(int, int) returns bool language sql immutable as 'select $1 > $2';
create operator =#> (procedure = f2, leftarg = int, rightarg = int);
create collation cc from "C";
-- since 15
create publication p1 for table r1 where (a =#> 27);
-- since 15
create publication p1 for table r1 where (a >= f1());
-- since 15
create publication p1 for table r1 where (a < random());
-- since 15
create publication p1 for table r2 where (status = 'a');
-- since 15
create publication p1 for table r1 where (a in (select generate_series(1,5)));
-- since 15
create publication p1 for table r1 where ('(0,1)'::tid = ctid);
-- since 15
create publication p1 for table r1 where (b < now()::text);
-- since 15
create publication p1 for table r1 where (sum(a) > 1);
-- since 15
create publication p1 for table r1 where (a + 1);
-- since 15
create publication p1 for table r1 where (r1 is not null);
-- since 15
create publication p1 for table r2 where (status is null);
-- since 15
create publication p1 for table r1 where (a > 1 and length(b) > 2 and a between 3 and 4 and a = any(array[1,2]));
-- since 15
create publication p2 for table r1 where (case a when 1 then true else false end);
-- since 15
create publication p3 for table r1 where (b collate "C" > 'a');
-- since 15
create publication p4 for table r1 where (b::varchar like 'a%' or b ~ 'x' or coalesce(a, 1) > 2 or nullif(a, 1) = 2 or a is distinct from 3);
-- since 15
create publication p5 for table r1 where (tableoid = 1);
-- since 15
alter publication p4 set table r1 where (a >= f1());
-- since 15
alter publication p4 add table r2 where (status = 'a');
-- since 18
create table g1 (a int, b int generated always as (f1() + a) virtual);
-- since 18
create table g2 (a int, b int generated always as (a * 2) virtual, c int generated always as (b * 2) virtual);
-- since 18
create table g3 (a int, b en generated always as ('a'::en) virtual);
-- since 18
create table g4 (a en, b int generated always as (case when a = 'a' then 1 else 2 end) virtual);
-- since 18
create table g5 (a int, b int generated always as (b + 1) virtual);
-- since 18
create table g5 (a int, b int generated always as (num_nulls(g5)) virtual);
-- since 18
create table g5 (a int, b bool generated always as (xmin = '1') virtual);
-- since 18
create table g5 (a int, b oid generated always as (tableoid) virtual);
create table g6 (a int, b int generated always as (b + 1) stored);
create table g6 (a int, b int generated always as (num_nulls(g6)) stored);
create table g6 (a int, b bool generated always as (xmin = '1') stored);
create table g6 (a int, b oid generated always as (tableoid) stored);
create table g7 (a int, b int generated always as (a * 2) stored, c int generated always as (b + 1) stored);
alter table g6 add c int generated always as (b + 1) stored;
-- since 18
alter table g6 alter b set expression as (a);
create table g8 (a int, b int generated always as (f1() + a) stored);
-- since 18
create table g9 (a int, b dom_x generated always as (a) virtual);
create domain dx as int;
-- since 18
create table g9 (a int, b dx generated always as (a) virtual);
-- since 18
create table g9 (a int, b int generated always as (a::dx) virtual);
-- since 18
create table g10 (a int primary key, b int generated always as (a) virtual unique);
-- since 18
create table g10 (a int, b int generated always as (a) virtual, primary key (b));
-- since 18
create table g10 (a int, b int generated always as (a) virtual not null);
-- since 18
create index on g10 (b);
-- since 18
create index on g10 ((b + 1));
-- since 18
create index on g10 (a) where b > 1;
-- since 18
create table g11 (a int, b int generated always as (a) virtual references r1 (a));
-- since 18
create table g11 (a int, b int generated always as (a) virtual) partition by range (b);
create table merged (a int generated always as identity, b int);
-- since 15
merge into merged t using (select 1 as s) s on t.a = s.s when not matched then insert (a, b) values (1, 2);
-- since 15
merge into merged t using (select 1 as s) s on t.a = s.s when not matched then insert (a, b) overriding system value values (1, 2);
-- since 15
merge into merged t using (select 1 as s) s on t.a = s.s when not matched then insert (a, b) values (default, 2);
