create table t (a int); create view v as select 1 a; create sequence sq; create materialized view mv as select 1 a; create type ct as (a int);
create table p (a int) partition by list (a);
-- since 15
alter view v set tablespace pg_default;
-- since 15
alter sequence sq set tablespace pg_default;
alter materialized view mv set tablespace pg_default;
-- since 15
alter table v set tablespace pg_default;
-- since 15
alter view v cluster on x;
alter materialized view mv cluster on x;
alter table p cluster on x;
-- since 15
alter view v set without cluster;
-- since 15
alter sequence sq set without cluster;
-- since 15
alter sequence sq set (a = 1);
-- since 15
alter view v set logged;
alter view v owner to postgres;
-- since 15
alter table v add column x int;
-- since 15
alter table sq add column x int;
-- since 15
alter table mv add column x int;
-- since 15
alter table mv alter a set default 1;
alter table v alter a set default 1;
-- since 15
alter table sq alter last_value set default 1;
alter materialized view mv alter a set statistics 10;
-- since 15
alter table v alter a set statistics 10;
-- since 15
alter table mv alter a type text;
-- since 15
alter table v alter a type text;
-- since 15
alter table v add check (a > 1);
-- since 15
alter table v enable row level security;
-- since 15
alter table mv enable trigger all;
-- since 15
alter table v enable trigger all;
-- since 15
alter table v disable rule r;
-- since 15
alter table v inherit t;
-- since 15
alter table v replica identity full;
-- since 15
alter table v set access method heap;
-- since 15
alter table mv set access method heap;
-- since 15
alter table v attach partition t default;
-- since 18
alter table t detach partition p;
alter table v set with oids;
-- since 15
alter table t options (a '1');
-- since 15
alter table t alter a options (x '1');
alter type ct set schema public;
alter table ct add column x int;
alter table ct drop column a;
alter view t rename to t2;
alter sequence t rename to t2;
alter index t rename to t2;
alter view mv set schema public;
alter table v set schema public;
alter foreign table t rename to t3;
alter type t rename to t4;
alter sequence t restart;
alter view t alter a set default 1;
alter materialized view t set (fillfactor = 50);
drop view t;
drop sequence t;
drop type t;
drop index t;
