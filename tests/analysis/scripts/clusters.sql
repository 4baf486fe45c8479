create table p (a int, b int) partition by list (a);
create table p1 partition of p for values in (1);
create index pi on only p (a);
create index p1i on p1 (b);
-- since 15
cluster p using pi;
-- since 15
cluster p;
alter table p set without cluster;
alter table p cluster on pi;
alter table p1 cluster on p1i;
alter table p1 cluster on nosuch;
cluster p1 using nosuch;
cluster p1 using pi;
create table t (a int primary key, b int);
create unique index ti on t(b) where b > 1;
cluster t;
cluster t using ti;
alter table t cluster on ti;
cluster t;
create index th on t using hash (a);
cluster t using th;
