create table a (a int) with (fillfactor = 5);
create table a (a int) with (nosuch = 5);
create table a (a int) with ("Fillfactor" = 50);
create table a (a int) with (toast.nosuch = 5);
create table a (a int) with (toast.fillfactor = 50);
create table a (a int) with (toast.autovacuum_enabled = maybe);
create table a (a int) with (foo.autovacuum_enabled = off);
create table a (a int) with (autovacuum_enabled = off, toast.autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.1);
create table b (a int) with (parallel_workers = 1025);
create table b (a int) with (toast_tuple_target = 127);
create table b (a int) with (toast_tuple_target = 8161);
-- since 15
create table b (a int) with (vacuum_index_cleanup = auto, vacuum_truncate = off);
-- since 15
create table c (a int) with (vacuum_index_cleanup = maybe);
create table c (a int) with (vacuum_index_cleanup = on, user_catalog_table);
-- since 18
create table d (a int) with (autovacuum_vacuum_max_threshold = 1);
-- since 18
create table e (a int) with (vacuum_max_eager_freeze_failure_rate = 0.5);
create table f (a int) with (autovacuum_vacuum_cost_delay = 101);
create table f (a int) with (autovacuum_vacuum_cost_delay = abc);
create table f (a int) with (autovacuum_vacuum_cost_delay = 0.5);
create table g (a int) with (fillfactor = 50.4);
create table h (a int) with (fillfactor = '50');
create table h2 (a int) with (fillfactor = 'x');
create table h3 (a int) with (security_barrier = on);
-- since 18
create table p (a int) partition by list (a) with (fillfactor = 50);
create table p (a int) partition by list (a);
-- since 18
alter table p set (fillfactor = 50);
alter table p reset (fillfactor);
create table tas with ("Fillfactor" = 10) as select 1 a;
create table tas2 with (fillfactor = 10, oids = false) as select 1 a;
create materialized view mv with (fillfactor = 5) as select 1 a;
create materialized view mv with (autovacuum_enabled = off) as select 1 a;
create view v with (nosuch) as select 1 a;
create view v with (security_barrier) as select 1 a;
create view v2 with (security_barrier = maybe) as select 1 a;
-- since 15
create view v4 with (security_invoker) as select 1 a;
create view v5 with (fillfactor = 50) as select 1 a;
alter view v set (nosuch = 1);
alter view v set (security_barrier = foo);
alter view v reset (nosuch);
alter table a set (fillfactor = 1);
alter table a set (nosuch = 1);
alter table a set (fillfactor = 20, fillfactor = 30);
alter table a reset (fillfactor = 20);
alter table a reset (nosuch, toast.nosuch);
alter table a reset (foo.nosuch);
alter table a alter a set (n_distinct = -2);
alter table a alter a set (nosuch = -2);
alter table a alter a set (n_distinct = -1, n_distinct_inherited = 4);
alter table a alter a reset (nosuch);
alter table a alter a reset (n_distinct = 3);
alter table a set (oids = false);
alter materialized view mv set (nosuch = 1);
create index i on a (a) with (vacuum_cleanup_index_scale_factor = 0.1);
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table ft (a int) server s;
create sequence sq;
create table x1 (a int) with (fillfactor);
create table x1 (a int, primary key (a) with (fillfactor = 5));
create table x1 (a int unique with (nosuch = 5));
create table x1 (a int unique with (fillfactor = 50));
create table x2 (a int) with (log_autovacuum_min_duration = -2);
create table x2 (a int) with (fillfactor = '0x20');
create table x3 (a int) with (fillfactor = ' 20 ');
create table x4 (a int) with (autovacuum_enabled = 'of');
create table x5 (a int) with (autovacuum_enabled = 'o');
