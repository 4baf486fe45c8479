create type pt as (id int, name text);
create type en as enum ('a');
create table stuff (id int);
create table e1 of en;
-- since 18
create table e2 of stuff;
-- since 18
create table e3 of int;
-- since 18
create table e4 of nosuch;
create table e5 of pt (nosuch with options not null);
create table e6 of pt (name with options not null, name with options default '');
create table e7 of pt (name with options unique, check (id > 0));
create table persons of pt (name with options not null);
alter table persons rename column id to num;
alter table persons add column x int;
alter table persons drop column name;
-- since 18
alter table persons alter column name type varchar;
alter table persons inherit stuff;
create table pre (id int, name text);
create table pre2 (id int, name varchar);
create table pre3 (id int);
create table pre4 (id int, name text, more int);
create table pre5 (id int, nam text);
alter table pre of pt;
alter table pre2 of pt;
alter table pre3 of pt;
alter table pre4 of pt;
alter table pre5 of pt;
alter table pre of en;
-- since 18
alter table pre of stuff;
alter table pre not of;
alter table pre not of;
create table ri (a int not null, b int, c int not null unique, d int, e int not null);
create unique index ri_nullable on ri (b);
create index ri_plain on ri (a);
create unique index ri_part on ri (a) where a > 1;
create unique index ri_expr on ri ((a + 1));
create unique index ri_ok on ri (a, e);
create index ri_hash on ri using hash (a);
create table ri2 (a int primary key deferrable);
alter table ri replica identity using index ri_nullable;
alter table ri replica identity using index ri_plain;
alter table ri replica identity using index ri_part;
alter table ri replica identity using index ri_expr;
alter table ri replica identity using index ri_hash;
alter table ri replica identity using index nosuch;
alter table ri replica identity using index ri2_pkey;
alter table ri2 replica identity using index ri2_pkey;
alter table ri replica identity using index ri_ok;
alter table ri replica identity full;
-- since 18
create table ue (i int unique enforced);
-- since 18
create table ue (i int unique not enforced);
-- since 18
create table ue (i int primary key not enforced);
-- since 18
create table ue (i int not null not enforced);
-- since 18
create table ue (i int default 1 not enforced);
-- since 18
create table ue (i int not enforced);
-- since 18
create table ue (i int enforced);
-- since 18
create table ue (i int check (i > 0) not enforced enforced);
-- since 18
create table ue (i int check (i > 0) not enforced not enforced);
-- since 18
create table ue (i int, unique (i) not enforced);
-- since 18
create table ue (i int, check (i > 0) not enforced);
create table uq (i int constraint uqk unique, j int constraint ck check (j > 0), k int constraint fk references uq (i));
-- since 18
alter table uq alter constraint uqk not enforced;
-- since 18
alter table uq alter constraint uqk enforced;
-- since 18
alter table uq alter constraint ck not enforced;
alter table uq alter constraint ck deferrable;
-- since 18
alter table uq alter constraint fk not enforced;
-- since 18
alter table uq alter constraint fk enforced;
alter table uq alter constraint uqk deferrable;
alter table uq alter constraint fk deferrable initially deferred;
alter table uq alter constraint nosuch deferrable;
create table np1 (f1 int);
create table np1c () inherits (np1);
-- since 18
alter table np1c add constraint k7 check (f1 < 10) not enforced;
-- since 18
alter table np1 add constraint k7 check (f1 < 10) enforced;
-- since 18
alter table np1 add constraint k8 check (f1 < 10) enforced;
-- since 18
alter table np1c add constraint k8 check (f1 < 10) not enforced;
-- since 18
create table npf (f1 int constraint k8 check (f1 < 10) not enforced) inherits (np1);
create table npg (f1 int constraint k8 check (f1 < 10)) inherits (np1);
create materialized view mv as select 1 a;
refresh materialized view concurrently mv with no data;
create table pk (a int, b int) partition by range (a);
alter table pk add primary key (a);
create table pk1 (a int not null, b int primary key);
alter table pk attach partition pk1 for values from (0) to (10);
create table pk2 partition of pk (b primary key) for values from (0) to (10);
create domain dd as int constraint k check (value > 0);
comment on constraint nosuch on domain dd is 'x';
comment on constraint k on domain dd is 'x';
comment on constraint k on domain nosuch is 'x';
comment on constraint nosuch on ri is 'x';
create table it7 (a int);
create table it7c () inherits (it7);
alter table it7 add column b int generated always as identity;
alter table only it7 add column b int generated always as identity;
create table par1 (f1 int);
create table par2 (f1 int);
create table chi () inherits (par1, par2);
create type unk as (u unknown);
create type unk as (u anyelement);
create unlogged table pg_temp.ul (a int);
create type rg as range (subtype = int);
create role r_owner_of_types;
-- since 18
alter type rg_multirange owner to r_owner_of_types;
alter type multirg owner to r_owner_of_types;
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table ft (a int) server s;
alter foreign table ft alter a type text using a::text;
-- since 15
alter foreign table ft set tablespace x;
-- since 15
alter foreign table ft cluster on x;
