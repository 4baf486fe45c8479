-- Bodies that PostgreSQL accepts, divided by lines of dashes. A body alone is one of f(a int, b text) RETURNS void.
begin end
----
begin null; end;
----
<<outer>> declare x int; begin <<inner>> begin x := 1; end inner; end outer
----
#variable_conflict use_column
#print_strict_params on
#option dump
begin end
----
declare
  n constant integer not null := 1;
  t text default 'a';
  d date = current_date;
  v varchar(10)[];
  m numeric(10, 2) := 1.5;
  z timestamp with time zone;
  c text collate "C" := 'x';
  r record;
  al alias for a;
  al2 alias for $2;
  w pg_catalog.int4;
  q double precision;
begin
  t := 'b'; v[1] := 'x'; r.f := 1; al := 2; z = now();
end
----
declare x pg_class%rowtype; y pg_class.relname%type; z y%type; u pg_catalog.pg_class.relname%type;
begin x.relname := 'a'; x := null; end
----
declare
  c1 cursor for select 1;
  c2 no scroll cursor (n int, m text) is select n;
  c3 scroll cursor for select 1;
  c4 cursor (k integer, l numeric(3,1)) for select k where true;
  c5 refcursor;
begin
  open c1; open c4(1, 2.0); open c4(l := 1, k := 2); close c1;
  open c5 for select 1; open c5 scroll for select 2; open c5 no scroll for select 3;
  open c5 for execute 'select 1'; open c5 for execute 'select $1' using a, b;
end
----
declare c cursor for select 1; c4 cursor (k int) for select k; r record; x int; y int;
begin
  fetch c into x; fetch next from c into r; fetch prior from c into x; fetch first in c into x; fetch last from c into x;
  fetch absolute 2 from c into x; fetch relative -1 from c into x; fetch forward from c into x;
  fetch backward from c into x, y; move c; move next from c; move forward 2 from c; move backward all in c;
  move all from c; move absolute a + 1 from c; move 3 from c;
  for r in c loop x := r.a; end loop;
  for q in c4(1) loop x := q.k; end loop;
  for q in c4(k => 1) loop null; end loop;
  close c;
end
----
begin
  if a > 1 then null; elsif a = 1 then null; elseif a is null then null; else null; end if;
  if true then end if;
end
----
begin
  case a when 1, 2 then null; when 3 then null; else null; end case;
  case when a > 1 then null; when b is null then end case;
  case a when 1 then null; else end case;
end
----
declare i int; r record; x int; y text;
begin
  loop exit; end loop;
  <<l>> loop exit l when a > 1; continue l; end loop l;
  while a < 10 loop a := a + 1; continue when a = 3; end loop;
  for i in 1..10 loop null; end loop;
  for i in reverse 10 .. 1 by 2 loop null; end loop;
  for r in select * from pg_class loop null; end loop;
  for x, y in select 1, 'a' loop null; end loop;
  for r in execute 'select 1' loop null; end loop;
  for r in execute 'select $1' using a, b loop null; end loop;
  for x in values (1), (2) loop null; end loop;
  for r in (select 1) loop null; end loop;
  for r in with q as (select 1) select * from q loop null; end loop;
  for r in insert into t values (1) returning * loop null; end loop;
  foreach x in array array[1, 2] loop null; end loop;
  foreach x slice 1 in array array[[1], [2]] loop null; end loop;
  <<blk>> begin exit blk; end;
end
----
declare x int; y text; r record; rel pg_class;
begin
  select 1 into x; select 1, 'a' into x, y; select into x 1; select into strict r * from pg_class;
  select relname from pg_class into strict y where true; select 1 as a into r; select * into rel from pg_class;
  insert into t values (1) returning id into x; update t set a = 1 returning * into r; delete from t where a = 1;
  insert into t select 1 into x; with q as (select 1) select * into x from q;
  merge into t using s on true when matched then delete; truncate t; create temp table n (a int);
  import foreign schema s from server v into p; lock table t; set local search_path to x; copy t to stdout;
  values (1) into x; analyze; comment on table t is 'x'; grant select on t to public;
end
----
begin
  create rule r as on insert to t do (select 1; select 2);
  create function g() returns int language sql begin atomic select case when true then 1 else 2 end; select 3; end;
  create or replace procedure h() begin atomic insert into t values (1); end;
  create function k() returns int language sql as 'select 1; select 2';
end
----
declare x int; y int; r record;
begin
  execute 'select 1'; execute 'select 1' into x; execute 'select $1' using a; execute 'select $1' into x using a, b;
  execute 'select $1' using a, b into x, y; execute format('select %s', a) into strict r; execute b || 'x' into r using 1;
end
----
begin
  raise; raise notice 'x'; raise notice 'a % b %', a, b; raise 'x'; raise exception 'x' using errcode = '22012', hint = 'h';
  raise info 'x'; raise log 'x'; raise debug 'x'; raise warning '100%% %', a;
  raise division_by_zero; raise sqlstate '22012'; raise exception using message = 'm', detail := 'd';
  raise exception division_by_zero using column = 'a', constraint = 'b', datatype = 'c', table = 'd', schema = 'e';
  raise notice E'x\n%', a using errcode := 'x';
  raise using message = b;
end
----
begin
  assert a > 1; assert a > 1, 'message' || b;
  perform 1; perform g(a, b) from pg_class where true; call p(1, a); do $x$ begin end $x$;
  commit; rollback; commit and chain; rollback and no chain; return;
end
----
declare n bigint; t text; c text;
begin
  get diagnostics n = row_count; get current diagnostics n := row_count, c = pg_context;
exception
  when division_by_zero then get stacked diagnostics t = message_text, c = pg_exception_detail;
  when unique_violation or foreign_key_violation or sqlstate '12345' then raise; null;
  when others then t := sqlerrm || sqlstate;
end
----
CREATE FUNCTION f(a int, OUT b int, INOUT c text) LANGUAGE plpgsql AS $f$begin b := a; c := $1; return; end$f$
----
CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $f$begin return a + 1; end$f$
----
CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $f$begin return a; end$f$
----
CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $f$begin return (select a); end$f$
----
CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS $f$declare i int; begin return next 1; return next i; return query select 1; return query execute 'select 1'; return query execute 'select $1' using i, 2; return; end$f$
----
CREATE FUNCTION f() RETURNS TABLE (x int, y text) LANGUAGE plpgsql AS $f$begin x := 1; return next; return query select 1, 'a'; end$f$
----
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$begin new.a := 1; old.b = tg_op; if tg_op = 'INSERT' then return new; end if; tg_argv := null; return null; end$f$
----
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $f$begin raise notice '% %', tg_event, tg_tag; return; end$f$
----
CREATE PROCEDURE f(a int, INOUT b int) LANGUAGE plpgsql AS 'begin b := a; commit; return; end'
----
CREATE PROCEDURE f() LANGUAGE plpgsql AS 'begin raise notice ''x''; return; end'
----
CREATE FUNCTION f(anyelement, VARIADIC v anyarray) RETURNS anyelement LANGUAGE plpgsql AS $f$declare x $0%type; y $1%type; begin x := $1; f.v := null; return x; end$f$
----
CREATE FUNCTION f(r pg_class) RETURNS pg_class LANGUAGE plpgsql AS $f$begin r.relname := 'x'; f.r.relkind := 'r'; return r; end$f$
----
declare found_it boolean; "Quoted Name" int; type text; query int; notice int;
begin
  found_it := found; "Quoted Name" := 1; type := 'x'; query = 2; notice := 3; raise notice '%', notice;
  select 1 into type;
end
----
declare comment text; return text;
begin comment := 'x'; comment on table t is 'y'; return := 1; return; end
----
declare é int := 1; "Ünï" text := 'ß';
begin é := é + 1; raise notice 'naïve %', "Ünï"; select 'ü' where é = 1 into b; end
----
/* a comment */ declare -- another
  x /* in */ int := /* the */ 1; -- here
begin -- there
  x := x /* + 2 */ + 1 -- behind
  ; /* end */
end -- really
----
declare a int[]; r record;
begin a[1] := 2; a[1:2] := array[1, 2]; a[1][2] = 3; r.x.y := 1; r.x[1] := 2; end
----
declare x int;
begin
  x := case when a > 1 then 2 else 3 end;
  x := (select count(*) from pg_class where relname = b and (relkind = 'r' or relkind in ('v', 'm')));
  if (case when a > 1 then true end) then null; end if;
  x := a between 1 and 2; x := extract(year from now()); x := interval '1 day' > '1h'; x := b like 'a%' escape 'x';
end
----
begin
  begin
    begin null; exception when others then begin null; end; end;
  exception when sqlstate 'P0001' or no_data_found then null;
  end;
end
----
CREATE FUNCTION f(a refcursor) RETURNS refcursor LANGUAGE plpgsql AS $f$begin open a for select 1; return a; end$f$
----
declare c refcursor; v record; strict_ int;
begin open c for execute format('select %L', b) using a; move forward from c; fetch c into v; end
----
declare x int; begin for x in 1..2 loop for x in 3..4 loop null; end loop; end loop; <<a>> for a in 1 .. 2 loop exit a; end loop a; end
----
declare x int; y int := x; declare z int; begin end
----
begin a := ; end
----
declare c refcursor; begin open c no for select 1; end
----
begin perform; end
----
begin select into a; end
----
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$<<outer>> declare a int; r record; begin if a > 1 then return outer.a; end if; select 1 as x into r; return r.x; end$f$
----
CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS $f$<<outer>> declare a int; begin return next outer.a; end$f$
