-- Roles: names, options, memberships and what keeps a role from being dropped. They are a server's, so that all of
-- them are gone at the end.
drop role if exists zr1, zr2, zr3, zr4;
drop role zr1;
create role zr1;
create role zr1;
create user zr1;
create role pg_foo;
alter role zr1 rename to zr2;
alter role zr1 createdb;
drop role zr1;
alter role zr2 rename to zr2;
alter role zr2 rename to pg_zr2;
grant zr1 to zr2;
grant zr2 to zr1;
grant zr2 to zr2;
create table t(a int);
grant select on t to zr1;
grant select on t to zr2, zr1;
grant select on t to zr2;
drop role zr2;
revoke all on t from zr2;
alter table t owner to zr1;
alter table t owner to zr2;
drop role zr2;
alter table t owner to current_user;
drop role zr2, zr1;
drop role zr2, zr2;
drop user zr2;
drop group zr2;
create role zr3 in role zr1;
create role zr3 role zr1;
create role zr3 admin zr1;
create role zr3 role zr3;
create schema authorization zr3;
create schema s authorization zr3;
create role zr3;
create schema authorization zr3;
drop role zr3;
drop schema zr3;
create policy p on t to zr1;
create policy p on t to zr3;
drop role zr3;
drop policy p on t;
drop role zr3;
comment on role zr3 is 'x';
reassign owned by zr3 to current_user;
reassign owned by current_user to zr3;
drop owned by zr3;
create role zr1;
create role zr2;
grant zr1 to zr2 with admin option;
create role zr3 in role zr2;
grant zr2 to zr1;
alter default privileges for role zr4 grant select on tables to zr1;
alter default privileges for role zr1 grant select on tables to zr4;
alter default privileges for role zr1 grant select on tables to zr3;
drop role zr3;
drop role zr1;
drop owned by zr3;
drop role zr3;
-- since 16
grant zr1 to zr4 granted by zr2;
create role zr3;
-- since 16
grant zr1 to zr3 granted by zr2;
-- since 16
revoke admin option for zr1 from zr2;
-- since 16
revoke zr1 from zr2;
-- since 16
drop role zr2;
-- since 16
grant zr1 to zr2 with admin option granted by zr3;
-- since 16
reassign owned by zr2 to zr3;
-- since 16
drop role zr2;
drop owned by zr2;
drop role zr2;
create role zr2;
grant zr1 to zr2 with admin option;
-- since 16
grant zr1 to zr3 with admin option granted by zr2;
-- since 16
grant zr1 to zr2 with admin option granted by zr3;
-- since 16
revoke zr1 from zr2;
-- since 16
revoke zr1 from zr2 cascade;
revoke zr1 from zr2;
drop role zr2;
drop role zr2;
drop role zr1, zr3;
set role zr1;
set session authorization zr1;
create role zr1 superuser nosuperuser;
create role zr1 superuser superuser;
create role zr1 connection limit -2;
create role zr1 password 'a' password 'b';
create role zr1 login nologin;
create role zr1 sysid 5 bypassrls connection limit 3;
alter role zr1 connection limit -5;
alter role zr1 createdb nocreatedb;
-- Under a role that may not do all.
create role zr2 createrole;
set role zr2;
create role zr3;
reset role;
alter role zr3 createdb;
drop role zr2, zr2;
drop role zr1;
drop role zr3;
create group zr1 user zr2;
alter group zr1 add user zr2;
