create table t (a int);
create domain x as int primary key;
create domain x as int unique;
create domain x as int references t;
create domain x as int check (value > 0) deferrable;
create domain x as int check (value > 0) not deferrable;
create domain x as int check (value > 0) initially deferred;
-- since 18
create domain x as int generated always as (1) stored;
-- since 18
create domain x as int generated always as identity;
create domain x as int default 1 default 2;
create domain x as int null not null;
create domain x as int not null null;
-- since 18
create domain x as int not null not null;
create domain x as int check (value > 0) no inherit;
-- since 18
create domain x as int check (value > 0) not enforced;
create domain x as int check (value > 0) not valid;
create domain x as int default value;
create domain x as int constraint a check (value > 0) constraint a check (value > 1);
create domain x as int;
alter domain x add check (value > 0) no inherit;
alter domain x add check (value > 0) not valid;
-- since 17
alter domain x add constraint y not null;
-- since 17
alter domain x add not null;
-- until 16
alter domain x rename constraint nosuch to y;
alter domain x rename constraint x_check to x_not_null;
-- until 16
alter domain x rename constraint x_check to z;
-- until 16
alter domain x validate constraint nosuch;
-- until 16
alter domain x validate constraint z;
alter domain t set not null;
alter domain t drop not null;
alter domain t add check (value > 0);
alter domain t rename constraint a to b;
alter domain t rename to b;
alter domain t drop constraint a;
alter domain t set default 1;
create type e as enum ('a', 'b', 'a');
create type e as enum ();
alter domain e set not null;
alter type x add value 'b';
alter domain x set default 'abc';
alter domain x set default now();
alter domain x set default null;
alter domain x set default (select 1);
drop domain t;
drop domain e;
create type e3 as enum ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
create type e4 as enum ('x');
alter type e4 add value 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
