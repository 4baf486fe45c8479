create table d (x varchar(0));
create table d (x varchar(10485761));
create table d (x char(0));
create table d (x char(10485761));
create table d (x bpchar(0));
create table d (x bit(0));
create table d (x bit varying(0));
create table d (x varbit(83886081));
create table d (x numeric(0));
create table d (x numeric(1001));
-- since 15
create table d (x numeric(5,-1001));
-- since 15
create table d (x numeric(5,1001));
-- since 15
create table dn (x numeric(5,6));
create table d (x numeric(1,2,3));
create table d (x decimal(1001,2));
create table d (x text(5));
create table d (x date(5));
create table d (x uuid(1));
select 'x'::varchar(0);
select cast(1 as numeric(0));
create function f(x varchar(0)) returns int language sql as 'select 1';
create domain dm as varchar(0);
create type en as enum ('a');
create table d (x en(1));
create table dd (x int);
alter table dd add column y numeric(0);
select cast('1' as bit(0));
select '2020-01-01'::timestamp(7);
select null::varchar(0)[];
-- until 14
create table d13 (x numeric(5,6));
create table ok (a varchar(1), b char, c bit, d numeric(1000), e numeric(5,5), f timestamp(6), g interval(3), h interval day to second(2), i varchar(10)[], j "char");
