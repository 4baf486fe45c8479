-- since 18
create table nn (a serial constraint foo not null constraint bar not null);
-- since 18
create table nn (a int constraint foo not null constraint bar not null);
-- since 18
create table nn (a int constraint foo not null constraint foo not null);
drop foreign table no_table;
drop foreign table if exists no_table;
create table t1 (two int, f1 int);
create table t2 (two int, x1 int);
select ctid from t1 join t2 on t1.two = t2.two;
select ctid from t1, t2;
select ctid from t1 join t2 using (two);
select ctid from t1 join t2 on true, t1 as t3;
select t1.ctid from t1 join t2 on t1.ctid = t2.ctid;
select 1 from t1 join t2 on ctid is null;
select 1 from t1 join t2 on true join t1 as t3 on ctid is null;
select ctid from (t1 join t2 using (two)) as j;
select tableoid from t1 left join t2 on true;
create table xx1 (x1 int, x2 int);
update xx1 set x2 = f1 from lateral (select * from t1 where f1 = x1) ss;
update xx1 set x2 = f1 from lateral (select * from t1 where f1 = xx1.x1) ss;
update xx1 set x2 = f1 from (select * from t1 where f1 = x1) ss;
update xx1 set x2 = f1 from (select * from t1 where f1 = xx1.x1) ss;
update xx1 set x2 = f1 from t1 join t2 on f1 = xx1.x1;
update xx1 set x2 = f1 from t1, generate_series(1, x1);
update xx1 set x2 = f1 from t1, generate_series(1, xx1.x1);
update xx1 set x2 = f1 from t1, generate_series(1, t1.f1);
update xx1 set x2 = 1 from xx1;
update xx1 set x2 = 1 from xx1 as other where other.x1 = xx1.x2;
delete from xx1 using lateral (select * from t1 where f1 = x1) ss;
delete from xx1 using (select * from t1 where f1 = x1) ss;
-- since 15
merge into xx1 using lateral (select * from t1 where f1 = x1) ss on true when matched then delete;
-- since 15
merge into xx1 using xx1 on true when matched then delete;
create schema s1;
-- since 15
create publication p for table t1 (a), t1;
-- since 15
create publication p for table t1 (two), t1 (two);
create publication p2 for table t1;
alter publication p2 add table t1;
-- since 15
alter publication p2 add table t1 (two);
-- since 15
alter publication p2 set table t1 (two), t1;
-- since 15
create publication p3 for table t1 where (two > 1), t1;
-- since 15
create publication p3 for table t1, t1 where (two > 1);
create table part (a int) inherits (some_table) partition by list (a);
create table part (a int) inherits (t1) partition by list (a);
with recursive x(n) as (select 1::bigint union all select count(*) from x) select * from x;
with recursive x(n) as (select 1::bigint union all select sum(n)::bigint from x) select * from x;
with recursive x(n) as (select 1::bigint union all select (select count(*) from t1) from x where false) select * from x;
with recursive x(n) as (select 1::bigint union all select (select sum(n) from x)::bigint where false) select * from x;
with recursive x(n) as (select count(*) from t1 union all select n from x where n < 0) select sum(n) from x;
update t1 set f1 = v.* from (values(100, 20)) as v(i, j);
update t1 set f1 = v.* from t2 as v;
