-- What columns and constraints of a table may say.
create table k (a int deferrable);
create table k (a int initially deferred);
create table k (a int not deferrable);
create table k (a int check (a > 0) deferrable);
create table k (a int primary key deferrable deferrable);
create table k (a int primary key deferrable not deferrable);
create table k (a int primary key initially deferred not deferrable);
create table k (a int primary key not deferrable initially deferred);
create table k (a int unique initially deferred initially immediate);
create table k (a int default 1 deferrable);
create table k (a int primary key not null deferrable);
create table k (tableoid int);
create table k (a int, ctid text);
create table k (a int primary key deferrable initially deferred, b int unique not deferrable initially immediate);
alter table k add column c int check (c > 0) deferrable;
alter table k add column c int unique deferrable;
create table am (a int) using nope;
create table am (a int) using btree;
create table am (a int) using heap;
create table am2 using nope as select 1 as a;
create table gg (a int, b int generated always as (a * 2) stored);
-- since 17
alter table gg alter b set expression as (nope);
-- since 17
alter table gg alter b set expression as (b);
-- since 17
alter table gg alter b set expression as (random());
-- since 17
alter table gg alter a set expression as (1);
-- since 17
alter table gg alter b set expression as (a * 3);
alter table gg alter b drop default;
alter table gg alter b set default 1;
create table ex (a int, exclude (a with &&));
create table ex (a int, exclude (a with =));
create table i2 (a int);
create index i2i on i2 (a);
insert into i2i values (1);
update i2i set a = 1;
delete from i2i;
-- since 18
create table g2 (a int, b int generated always as (a * 2) virtual, c text);
-- since 18
alter table g2 alter column b drop expression;
-- since 18
alter table g2 alter column b set expression as (a * 3);
create table gp (a int, b int generated always as (a) stored) partition by range (a);
create table gp1 partition of gp for values from (1) to (2);
-- since 15
alter table only gp alter column b drop expression;
alter table gp alter column b drop expression;
