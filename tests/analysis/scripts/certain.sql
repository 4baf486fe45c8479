create type tt1 as (a int, b int);
create type tt3 as (a int, b text);
create type tt5 as (a int);
create type tt6 as (a int, b point);
create table rows (one tt1, three tt3, t text);
select row(1, 2)::tt1 < row(1, 'abc')::tt3;
select row(1, 2)::tt1 < row(2, 'abc')::tt3;
select row(1, 2)::tt1 <> row(1, 'abc')::tt3;
select row(1, 2)::tt1 < row(1)::tt5;
select row(3, 2)::tt1 < row(1)::tt5;
select row(1, 2)::tt1 <> row(1)::tt5;
select row(1, 2)::tt1 *< row(1, 'abc')::tt3;
select row(1, 2)::tt1 *<> row(1, 'abc')::tt3;
select row(1, 2)::tt1 *< row(1)::tt5;
select row(1, '(1,2)')::tt6 < row(1, '(1,3)')::tt6;
select row(1, '(1,2)')::tt6 = row(1, '(1,3)')::tt6;
select row(1, '(1,2)')::tt6 *= row(1, '(1,3)')::tt6;
select row(1, 2)::tt1 = null;
select row(1, 2)::tt1 = row(1, 2)::tt1;
select one < three from rows;
select one = one from rows;
select case when false then row(1, 2)::tt1 < row(1, 'abc')::tt3 end;
select row(1, 2)::tt1 < row(1, 'abc')::tt3 where false;
select row(1, 2)::tt1 < row(1, 'abc')::tt3 limit 0;
select * from json_populate_recordset(row(0::int),'[{"a":"1","b":"2"},{"a":"3"}]') q (a text, b text);
select * from json_populate_recordset(row(0::int),'[]') q (a text, b text);
select * from json_populate_recordset(row(0::int),null) q (a text, b text);
select * from json_populate_recordset(row(0::int,0::int),'[{"a":"1","b":"2"},{"a":"3"}]') q (a text, b text);
select * from json_populate_record(row(0::int,0::int),'{"a":"1","b":"2"}') q (a text, b text);
select * from jsonb_populate_record(row(0::int,0::int),'{"a":"1","b":"2"}') q (a text, b text);
select * from jsonb_populate_record(null::record,'{"a":"1","b":"2"}') q (a text, b text);
select * from jsonb_populate_record(row(0::int,0::int),'{"a":"1","b":"2"}') q (a int, b int);
select * from jsonb_populate_record(row('x','y'),'{"a":"1","b":"2"}') q (a text, b text);
select * from jsonb_populate_record(row('x'::varchar(3)),'{"a":"1","b":"2"}') q (a varchar(5));
select * from coalesce(row(1,2)) as (a int, b int);
select * from coalesce(row(1,2)) as (a int, b float);
select * from coalesce(row(1)) as (a int, b int);
select * from coalesce(row(1)) as (a int, b int) where false;
select * from coalesce(row(1)) as (a int, b int) limit 0;
select ts_rewrite('moscow', 'select nosuch from rows');
select ts_rewrite('moscow', 'select nosuch from tt'::text);
select ts_rewrite('moscow', 'selct 1');
select ts_rewrite(null, 'select nosuch from tt');
select ts_rewrite('moscow', 'select nosuch from tt') from rows;
select ts_rewrite('moscow', 'a', 'b');
select ts_stat('select nosuch from rows');
select query_to_xml('select nosuch from rows', true, true, '');
-- since 15
select ('[1, "2", null]'::jsonb)[1.0];
-- since 15
select ('[1, "2", null]'::jsonb)['a'];
-- since 15
select ('[1, "2", null]'::jsonb)[1::bigint];
-- since 15
select ('[1, "2", null]'::jsonb)[1::smallint];
-- since 15
select ('[1, "2", null]'::jsonb)[now()];
-- since 15
select ('[1, "2", null]'::jsonb)['a'::varchar];
-- since 15
select ('[1, "2", null]'::jsonb)['a'::name];
create type hashed as (c1 varbit, c2 text);
-- since 15
select hash_array(array['101'::varbit]);
-- since 15
select v, hash_array(v)::bit(32) from (values ('{101}'::varbit[])) x(v);
-- since 15
select v, hash_array_extended(v, 0) from (values ('{101}'::varbit[])) x(v);
-- since 15
select v, hash_record(v) from (values (row('10'::varbit, 'aaa')::hashed)) x(v);
-- since 15
select v, hash_record_extended(v, 0) from (values (row('11'::varbit, 'aaa')::hashed)) x(v);
-- since 15
select v, hash_record(v) from (values (null::hashed)) x(v);
select hash_array(array[1, 2]);
select ts_rewrite(query, 'select nosuch from tt') from to_tsquery('english', 'moscow') as query;
select ts_rewrite(query, 'select nosuch from tt') from to_tsquery('english', null) as query;
select ts_rewrite(query, 'select nosuch from tt') from to_tsquery('english', 'moscow') as query where false;
