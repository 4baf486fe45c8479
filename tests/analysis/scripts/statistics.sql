create table t (x int, y int, z text);
create index ti on t (x);
create view tv as select * from t;
create sequence ts;
create type ty as (a int, b int);
create statistics s on x, y from nosuch;
create statistics s on x, y from ti;
create statistics s on x, y from tv;
create statistics s on x, y from ts;
create statistics s on x, y from ty;
create statistics s on x, nosuch from t;
create statistics s on x, x, y from t;
create statistics s on x from t;
create statistics s (nosuch) on x, y from t;
-- since 15
create statistics s on (x + y), (x + y), x from t;
-- since 15
create statistics s (mcv) on (x + y) from t;
create statistics s on x, y from t;
create statistics s on x, y from t;
create statistics if not exists s on x, x from t;
alter statistics nosuch set statistics 1;
drop statistics s;
drop statistics s;
vacuum (nosuch) t;
analyze (nosuch) t;
vacuum (parallel -1) t;
vacuum (parallel) t;
vacuum (analyze) t (x, y);
vacuum t (x);
analyze t (x, nosuch);
analyze t (x, x);
analyze nosuch;
create table parted (a int) partition by list (a);
truncate only parted;
truncate parted;
truncate tv;
truncate ts;
cluster t;
cluster t using ti;
cluster t;
cluster t using nosuch;
create table owned (id serial);
drop sequence owned_id_seq;
create table using_it (id int default nextval('ts'));
drop sequence ts;
drop sequence ts cascade;
-- since 18
create table tg (x int, y int, g int generated always as (x) virtual);
create function tf(int) returns setof t language sql as 'select * from t';
create statistics s9 on x, y from t, t;
create statistics s9 on a from (values (x)) as foo;
create statistics s9 on a from foo natural join bar;
create statistics s9 on a from (select * from t) as foo;
create statistics s9 on a from t s tablesample system (x);
create statistics s9 on a from xmltable('foo' passing 'bar' columns a text);
-- since 17
create statistics s9 on a from json_table(jsonb '123', '$' columns (item int));
create statistics s9 on a from tf(1);
-- since 18
create statistics s9 on g from tg;
-- since 18
create statistics s9 on g, x from tg;
create statistics s9 on tableoid from t;
-- since 15
create statistics s9 on (xmin) from t;
-- since 18
create statistics s9 on (g+1) from tg;
-- since 15
create statistics s9 (ndistinct) on xmin from t;
-- since 15
create statistics s9 (ndistinct) on (x+1) from t;
-- since 15
create statistics s9 (ndistinct) on (x), (y) from t;
-- since 15
create statistics s9 on (y) from t;
-- since 15
create statistics s9 (mcv) on (y) from t;
create statistics s9 on nosuch from t;
-- since 15
create statistics s10 on (nosuch) from t;
create statistics pg_catalog.s on x, y from t;
