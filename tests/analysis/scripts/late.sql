create table anchor (a int);
create materialized view m as select 1 as a;
-- since 14
create materialized view m as select 1 / 0;
-- since 14
explain create materialized view m as select 1;
-- since 14
explain create table anchor as select 1;
-- since 14
explain create table if not exists anchor as select 1;
explain create table another as select 1;
explain create temp table anchor as select 1;
select * from m for share;
select * from m for update of m;
select * from m, anchor for update of anchor;
select * from m, anchor for update;
explain select * from m for update;
select * from m as other for update of other;
create view mv as select * from m for update;
create function lockers() returns int language sql as 'select a from m for update';
prepare lockers as select * from m for update;
select (select a from m limit 1) from anchor for update;
create sequence sq;
select * from sq for update;
create function test1 (int) returns int language sql as 'a', 'b';
create function test2 (int) returns int language sql as '';
create function test3 (int) returns void language sql as '';
create function test4 (int) returns int language sql as '  -- nothing';
create table circles (c1 circle, c2 text, exclude using gist (c1 with &&));
insert into circles values ('<(20,20), 10>', 'x') on conflict on constraint circles_c1_excl do update set c2 = 'y';
insert into circles values ('<(20,20), 10>', 'x') on conflict on constraint circles_c1_excl do nothing;
-- since 17
with recursive t(action, a) as (merge into anchor using (values (11)) v(a) on anchor.a = v.a when not matched then insert values (v.a) returning merge_action(), (select a from t)) select 1;
with recursive t(a) as (insert into anchor values (1) returning (select a from t)) select 1;
with recursive t(a) as (update anchor set a = 1 returning (select a from t)) select 1;
with recursive t(a) as (delete from anchor returning (select a from t)) select 1;
-- since 17
select json_query(jsonb 'null', '$xyz' passing 1 as xy);
-- since 17
select json_query(jsonb 'null', '$xyz' passing 1 as xyz);
-- since 17
select json_query(jsonb 'null', '$Xyz' passing 1 as Xyz);
-- since 17
select json_query(jsonb 'null', '$Xyz' passing 1 as "Xyz");
-- since 17
select json_query(jsonb 'null', '$.a ? (@ == $xyz)' passing 1 as xy);
-- since 17
select json_exists(jsonb 'null', '$xyz');
-- since 17
select json_exists(jsonb 'null', 'strict $xyz');
-- since 17
select json_query(null::jsonb, '$xyz' passing 1 as xy);
-- since 17
select json_value(jsonb '1', '$xyz[1]' passing 1 as xy);
-- since 17
select json_query(to_jsonb(a), '$xyz' passing 1 as xy) from anchor;
-- since 17
alter operator & (bit, bit) set ("Restrict" = contsel);
alter operator & (bit, bit) set (nosuch = contsel);
explain select ts_rewrite('moscow', 'select nosuch from tt');
create materialized view md as select 1 / 0 as x;
create materialized view md as select 1 / 0 as x with no data;
create table td as select 1 % 0 as x;
create table td as select 1 / 0 as x with no data;
create table te as select a / 0 as x from anchor;
create table tf as select case when false then 1 / 0 end as x;
create table th as select x / 0 as y from (values (1)) v(x);
