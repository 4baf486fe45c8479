-- The types that PL/pgSQL declares, and its parameters.
create table t(a int, b text);
create view v as select * from t;
create type ct as (x int, y text);
create type en as enum ('a');
create function f1() returns int language plpgsql as $$ declare x nosuch; begin return 1; end $$;
-- since 17
create function f2() returns int language plpgsql as $$ declare x t.nosuch%type; begin return 1; end $$;
create function f3() returns int language plpgsql as $$ declare x nosuch%rowtype; begin return 1; end $$;
-- since 17
create function f4() returns int language plpgsql as $$ declare x nosuch.a%type; begin return 1; end $$;
create function f5() returns int language plpgsql as $$ declare x anyelement; begin return 1; end $$;
create function f6() returns int language plpgsql as $$ declare x void; begin return 1; end $$;
create function f7() returns int language plpgsql as $$ declare x trigger; begin return 1; end $$;
create function f8() returns int language plpgsql as $$ declare x cstring; begin return 1; end $$;
create function f9() returns int language plpgsql as $$ declare x record; y refcursor; begin return 1; end $$;
create function f13(a int, out a int) language plpgsql as $$ begin a := 1; end $$;
create function f76() returns internal language plpgsql as $$ begin return 1; end $$;
create function f78(p int) returns int language plpgsql as $$ declare x p%type; y f78.p%type; z p%rowtype; begin return 1; end $$;
create function f79() returns int language plpgsql as $$ declare x en%rowtype; begin return 1; end $$;
create function f80() returns int language plpgsql as $$ declare x ct%rowtype; y v%rowtype; begin return 1; end $$;
create function f83() returns int language plpgsql as $$ declare x int collate "C"; begin return 1; end $$;
create function f84() returns int language plpgsql as $$ declare x text collate nosuch; begin return 1; end $$;
create function f85() returns int language plpgsql as $$ declare x varchar(0); begin return 1; end $$;
create function g1() returns int language plpgsql as $$ declare x pg_class%rowtype; y pg_class.relname%type; z pg_catalog.pg_class; w t; q t[]; r _t; s int[][]; u numeric(10,2)[]; v ct; begin return 1; end $$;
-- since 17
create function g2() returns int language plpgsql as $$ declare x t%rowtype; y x%type; z t.a%type; begin return 1; end $$;
create function g3(p anyelement) returns anyelement language plpgsql as $$ declare x p%type; y g3.p%type; z text collate "C"; begin return p; end $$;
create function g4(p anyelement) returns int language plpgsql as $$ declare x nosuch; begin return 1; end $$;
create function g6(a int, inout b int, out c int) language plpgsql as $$ begin c := 1; end $$;
create function g7(a int, variadic a int[]) returns int language plpgsql as $$ begin return 1; end $$;
create function g8() returns int language plpgsql as $$ declare x en; y en[]; z public.en; w nosuch.en; begin return 1; end $$;
create type shl;
create function g9() returns int language plpgsql as $$ declare x shl; begin return 1; end $$;
create function g10() returns int language plpgsql as $$ declare c cursor (p nosuch) for select 1; begin return 1; end $$;
create function g11() returns int language plpgsql as $$ begin declare x nosuch; begin return 1; end; end $$;
set check_function_bodies = off;
create function h1() returns int language plpgsql as $$ declare x nosuch; begin return 1; end $$;
create function h2(a int, out a int) language plpgsql as $$ begin a := 1; end $$;
do $$ declare x nosuch; begin null; end $$;
do $$ declare x nosuch%rowtype; begin null; end $$;
do $$ begin declare x nosuch; begin null; end; end $$;
do $$ begin null; end $$ $$ begin null; end $$;
do language plpgsql $$ begin null; end $$ language plpgsql;
do language plpgsql;
create table later(a int);
do $$ declare x later%rowtype; y later.a%type; z later; begin null; end $$;
do $$ begin create type tl as (a int); end $$;
do $$ declare x tl; begin null; end $$;
