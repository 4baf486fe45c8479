-- Bodies that PostgreSQL rejects, as in accepted.sql.

----
select 1
----
begin
----
begin null
----
begin null end
----
begin end; end
----
begin end x
----
<<a>> begin end b
----
declare x begin end
----
declare x; begin end
----
declare x int y; begin end
----
declare x int; x text; begin end
----
declare x int not null; begin end
----
declare x int := ; begin end
----
declare x int := 1 2; begin end
----
declare x constant := 1; begin end
----
declare x numeric(; begin end
----
declare x numeric(1,; begin end
----
declare x alias for nobody; begin end
----
declare x alias a; begin end
----
declare <<l>> x int; begin end
----
declare x cursor select 1; begin end
----
declare x cursor for; begin end
----
declare x cursor for selec 1; begin end
----
declare x cursor (a) for select 1; begin end
----
declare x cursor (a int, a int) for select 1; begin end
----
declare x no cursor for select 1; begin end
----
declare begin int; begin end
----
declare x setof int; begin end
----
#option begin end
----
#print_strict_params maybe
begin end
----
#variable_conflict whatever
begin end
----
begin x := 1; end
----
begin x.y := 1; end
----
begin a.b := 1; end
----
begin a := 1 + ; end
----
begin a = 1 2; end
----
begin a := (1; end
----
begin a := 1); end
----
declare k constant int := 1; begin k := 2; end
----
declare k constant record := row(1); begin k.a := 2; end
----
begin if a > 1 null; end if; end
----
begin if then null; end if; end
----
begin if a > then null; end if; end
----
begin if a > 1 then null; end; end
----
begin if a > 1 then null; end if end
----
begin if a > 1 then null; else null; elsif true then null; end if; end
----
begin else null; end
----
begin elsif true then null; end
----
begin case a null; end case; end
----
begin case a end case; end
----
begin case a when then null; end case; end
----
begin case a when 1 then null; end if; end
----
begin case a when 1 then null; end; end
----
begin loop null; end; end
----
begin loop null; end loop x; end
----
begin <<x>> loop null; end loop y; end
----
begin <<x loop null; end loop; end
----
begin <<x>> null; end
----
begin while a > 1 null; end loop; end
----
begin for i in 1..10 null; end loop; end
----
begin for i in 1..; loop null; end loop; end
----
begin for i in 1.. loop null; end loop; end
----
begin for i in .. 2 loop null; end loop; end
----
begin for i in select 1 loop null; end loop; end
----
begin for r in execute 'x' loop null; end loop; end
----
begin for x, y in select 1 loop null; end loop; end
----
begin for a, x in select 1 loop null; end loop; end
----
begin for a, b in 1..2 loop null; end loop; end
----
begin for in 1..2 loop null; end loop; end
----
begin for i of 1..2 loop null; end loop; end
----
declare r record; begin for r in reverse select 1 loop null; end loop; end
----
declare r record; begin for r in selec 1 loop null; end loop; end
----
declare r record; begin for r in loop null; end loop; end
----
declare r record; begin for r, a in select 1 loop null; end loop; end
----
declare r record; begin for a, r in select 1 loop null; end loop; end
----
declare c refcursor; begin for r in c loop null; end loop; end
----
declare c cursor (x int) for select x; begin for r in c loop null; end loop; end
----
declare c cursor (x int) for select x; begin for r in c() loop null; end loop; end
----
declare c cursor (x int) for select x; begin open c(1, 2); end
----
declare c cursor (x int, y int) for select x; begin open c(1); end
----
declare c cursor (x int, y int) for select x; begin open c(x := 1, x := 2); end
----
declare c cursor (x int, y int) for select x; begin open c(x := 1, z := 2); end
----
declare c cursor for select 1; begin open c(1); end
----
declare c cursor for select 1; begin open c for select 1; end
----
declare c refcursor; begin open c; end
----
declare c refcursor; begin open c for execute; end
----
begin open a for select 1; end
----
begin open nothing for select 1; end
----
declare r record; begin open r for select 1; end
----
declare c refcursor; begin fetch c; end
----
declare c refcursor; begin fetch all from c into a; end
----
declare c refcursor; begin fetch 2 from c into a; end
----
declare c refcursor; begin fetch forward c into a; end
----
declare c refcursor; begin fetch next c into a; end
----
declare c refcursor; begin fetch c into nobody; end
----
declare c refcursor; begin fetch c into strict a; end
----
declare c refcursor; begin close; close c, c; end
----
begin foreach x in array array[1] loop null; end loop; end
----
begin foreach a slice b in array array[1] loop null; end loop; end
----
begin foreach a in array loop null; end loop; end
----
begin foreach a in array[1] loop null; end loop; end
----
begin exit; end
----
begin continue; end
----
begin loop exit nowhere; end loop; end
----
<<l>> begin loop continue l; end loop; end
----
begin loop exit when; end loop; end
----
begin loop exit a b; end loop; end
----
begin return 1; end
----
begin return next 1; end
----
begin return query select 1; end
----
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$begin return; end$f$
----
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$begin return 1 2; end$f$
----
CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS $f$begin return 1; end$f$
----
CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS $f$begin return next; end$f$
----
CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS $f$begin return query; end$f$
----
CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS $f$begin return query execute; end$f$
----
CREATE FUNCTION f(OUT x int) LANGUAGE plpgsql AS $f$begin return 1; end$f$
----
CREATE FUNCTION f() RETURNS TABLE (x int) LANGUAGE plpgsql AS $f$begin return next 1; end$f$
----
CREATE PROCEDURE f() LANGUAGE plpgsql AS 'begin return 1; end'
----
CREATE PROCEDURE f(INOUT x int) LANGUAGE plpgsql AS 'begin return 1; end'
----
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$begin neu.a := 1; return new; end$f$
----
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin new.a := ''x'' ''y''; return new; end'
----
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS E'begin\n  return tg_tag;\nend'
----
begin raise notice; end
----
begin raise notice 'a %'; end
----
begin raise notice 'a', a; end
----
begin raise notice 'a %', ; end
----
begin raise notice 'a' a; end
----
begin raise no_such_condition; end
----
begin raise sqlstate 22012; end
----
begin raise sqlstate '2201'; end
----
begin raise sqlstate 'abcde'; end
----
begin raise exception 'x' using; end
----
begin raise exception 'x' using nothing = 1; end
----
begin raise exception 'x' using hint 'y'; end
----
begin raise exception 'x' using hint = ; end
----
begin raise 1; end
----
begin assert; end
----
begin assert a >; end
----
begin perform 1 +; end
----
begin perform 1 1; end
----
begin call; end
----
begin call 1; end
----
begin do; end
----
begin get diagnostics a = nothing; end
----
begin get diagnostics a row_count; end
----
begin get diagnostics x = row_count; end
----
begin get diagnostics a = message_text; end
----
begin get stacked diagnostics a = row_count; end
----
declare r record; begin get diagnostics r = row_count; end
----
begin get a = row_count; end
----
begin execute; end
----
begin execute 'x' into; end
----
begin execute 'x' into a into b; end
----
begin execute 'x' using; end
----
begin execute 'x' using a using b; end
----
begin execute 'x' into nobody; end
----
begin execute 'x' 'y'; end
----
begin select 1 into; end
----
begin select 1 into x; end
----
begin select 1 into a into b; end
----
begin select 1 into a, ; end
----
begin select 1 into strict; end
----
declare r record; begin select 1 into r, a; end
----
declare r record; begin select 1 into a, r; end
----
begin selec 1; end
----
begin select frm where; end
----
begin insert t values (1); end
----
begin update t where a = 1; end
----
begin select (1; end
----
begin select 1 end
----
begin foo; end
----
begin foo.bar; end
----
begin null null; end
----
begin commit and; end
----
begin rollback now; end
----
begin exception end
----
begin exception when then null; end
----
begin exception when others null; end
----
begin exception when no_such_thing then null; end
----
begin exception when others or then null; end
----
begin exception when sqlstate then null; end
----
begin exception when others then sqlstate := 'x'; end
----
begin sqlerrm := 'x'; end
----
begin null; exception when others then null; exception when others then null; end
----
begin when others then null; end
----
begin a := 'x; end
----
begin a := "x; end
----
begin a := 1; /* end
----
begin a := 1a; end
----
begin a := U&'\00'; end
----
begin select 'é' where é é é; end
----
begin raise notice 'naïve', 'é'; é := 1; end
----
begin type := 1; end
----
begin query; end
----
begin type int; end
----
begin strict := 1; end
----
begin $1 := 1; $3 := 2; end
----
begin ; end
----
begin begin end end
----
begin begin end a; end
----
declare declare; begin end
----
declare type; begin end
----
begin create function g() returns int language sql begin atomic select 1; end
----
begin a := 1; b := 'x'; c := 2; end
----
begin table t; end
----
begin a.b c; end
----
declare x record; begin x.f y; end
----
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$<<outer>> declare a int; begin return outer.a + 1; end$f$
----
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$<<outer>> declare r record; begin select 1 as x into r; return outer.r.x; end$f$
