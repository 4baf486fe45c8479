create table t (a int primary key, b int, g int generated always as (a + 1) stored);
create table plain (a int, b int);
create view v as select 1 as x;
create publication p with (foo);
create publication p with (publish = 'insert, bogus');
create publication p with (publish = 'insert', publish = 'update');
create publication p with (publish = 'insert "');
create publication p with (publish = '');
drop publication p;
create publication p with (publish_via_partition_root = 'bar');
-- since 18
create publication p with (publish_generated_columns = foo);
-- since 18
create publication p with (publish_generated_columns);
-- until 15
create publication p with (publish_generated_columns = stored);
create publication p for table t, v;
create publication p for table nope;
create publication p for table nos.nope;
-- since 15
create publication p for table t where (a = 1), t;
-- since 15
create publication p for table t (a), t;
-- since 15
create publication p for table t (a, x);
-- since 15
create publication p for table t (a, ctid);
-- since 15
create publication p for table t (a, a);
-- since 15
create publication p for table t where (1234);
-- since 15
create publication p for table t where (sum(a) > 1);
-- since 15
create publication p for tables in schema nope;
create temp table tt (a int);
create publication p for table tt;
create unlogged table ut (a int);
create publication p for table ut;
create publication p for table t;
create publication pa for all tables with (publish = 'insert');
alter publication p add table t;
alter publication pa add table t;
alter publication p drop table v;
-- since 15
alter publication p drop table t (a);
-- since 15
alter publication p drop table t where (a = 1);
-- since 15
alter publication p add tables in schema public;
-- since 15
alter publication p add tables in schema public;
-- since 15
alter publication p set table t;
-- since 15
alter publication p drop tables in schema pg_toast;
alter publication p set (foo);
-- since 15
alter publication p drop tables in schema nope;
create publication p;
alter publication p rename to pa;
alter publication p set (publish = 'x');
alter publication nope add table t;
drop publication nope;
update t set b = 1;
delete from t where a = 2;
create publication q for table plain with (publish = 'update');
update plain set b = 1;
delete from plain;
alter table plain replica identity full;
update plain set b = 1;
alter table plain replica identity nothing;
update plain set b = 1;
explain update plain set b = 1;
drop publication q;
update plain set b = 1;
-- since 15
create publication q for table t (b);
-- since 15
update t set b = 1;
-- since 15
alter table t drop column b;
-- since 15
alter publication q set table t (a, b);
-- since 15
update t set b = 1;
-- since 15
alter publication q set table t where (b > 1);
-- since 15
delete from t;
-- since 15
alter table t drop column b cascade;
-- since 15
delete from t;
create table parted (a int primary key, b int) partition by range (a);
create table parted_low partition of parted for values from (0) to (10);
-- since 15
create publication r for table parted where (b > 1);
-- since 15
create publication r for table parted (a);
-- since 15
create publication r for table parted where (b > 1) with (publish_via_partition_root = true);
-- since 15
update parted set b = 1;
