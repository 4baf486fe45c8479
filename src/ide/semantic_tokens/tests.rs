//! What words are, shown as `word:Kind+modifiers`.

use super::super::written::written;
use super::*;

/// Keywords, strings, numbers, operators and comments are left out.
fn shown(text: &str) -> String {
    let written = written(text);
    let tokens = tokens(&written);
    let mut end = 0;
    let mut words = Vec::new();
    for token in tokens {
        assert!(token.span.start >= end && !token.span.is_empty(), "{text}: {token:?}");
        end = token.span.end;
        let word = &text[token.span.range()];
        if matches!(token.kind, Kind::Keyword | Kind::String | Kind::Number | Kind::Operator | Kind::Comment)
        {
            continue;
        }
        let modifiers: String = [
            (modifier::DECLARATION, '+'),
            (modifier::READONLY, '='),
            (modifier::DEFAULT_LIBRARY, '*'),
            (modifier::MODIFICATION, '!'),
        ]
        .iter()
        .filter(|(modifier, _)| token.modifiers & modifier != 0)
        .map(|(_, sign)| *sign)
        .collect();
        words.push(format!("{word}:{:?}{modifiers}", token.kind));
    }
    words.join(" ")
}

fn kinds(text: &str) -> String {
    let all = tokens(&written(text));
    all.iter()
        .map(|token| format!("{}:{:?}", &text[token.span.range()], token.kind))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_word_is_what_it_is_where_it_stands() {
    let mut wrong = String::new();
    for (text, expected) in [
        (
            "select o.name, \"É\" as value, count(*) from s.orders as o join type t on o.date = t.date",
            "o:Alias name:Column \"É\":Column value:Column+ count:Function* s:Schema orders:Relation o:Alias+ \
             type:Relation t:Alias+ o:Alias date:Column t:Alias date:Column",
        ),
        (
            "select s.t.a, t.b, f(x) from t",
            "s:Schema t:Relation a:Column t:Relation b:Column f:Function x:Column t:Relation",
        ),
        (
            "with c (k) as (select 1 from c) select k, c.k from c, d",
            "c:Cte+ k:Column+ c:Relation k:Column c:Cte k:Column c:Cte d:Relation",
        ),
        ("with recursive c as (select 1 from c) select * from c", "c:Cte+ c:Cte c:Cte"),
        ("select * from (with c as (select 1) select * from c) x, c", "c:Cte+ c:Cte x:Alias+ c:Relation"),
        (
            "insert into s.t as x (a, b[1]) values (1, 2) on conflict (a) do update set b = excluded.b returning a",
            "s:Schema t:Relation! x:Alias+ a:Column! b:Column! a:Column b:Column! excluded:Relation b:Column a:Column",
        ),
        (
            "update t u set a = 1, (b, c) = (2, 3) from v where u.a = v.a",
            "t:Relation! u:Alias+ a:Column! b:Column! c:Column! v:Relation u:Alias a:Column v:Relation a:Column",
        ),
        (
            "delete from only t using v where t.a = v.a",
            "t:Relation! v:Relation t:Relation a:Column v:Relation a:Column",
        ),
        (
            "create table s.t (id bigint primary key, at timestamp with time zone default now(), e my.enum, constraint k unique (id), foreign key (id) references u (x))",
            "s:Schema t:Relation+ id:Column+ bigint:Type* at:Column+ timestamp:Type* with:Type* time:Type* zone:Type* \
             now:Function* e:Column+ my:Schema enum:Type k:Object id:Column id:Column u:Relation x:Column",
        ),
        ("create type e as enum ('a', 'b')", "e:Type+ 'a':EnumLabel+= 'b':EnumLabel+="),
        ("alter type e add value 'c' before 'd'", "e:Type! 'c':EnumLabel+= 'd':EnumLabel+="),
        (
            "create function s.f(a int, b text default 'x') returns setof t language sql as $$ select a.x from t a $$",
            "s:Schema f:Function+ a:Parameter+ int:Type* b:Parameter+ text:Type* t:Type sql:Object a:Alias x:Column t:Relation a:Alias+",
        ),
        ("create procedure p() language plpgsql as 'x'", "p:Procedure+ plpgsql:Object"),
        ("call s.p(a => 1)", "s:Schema p:Procedure a:Parameter"),
        (
            "select f(a => 1), pg_catalog.lower(x), my.lower(x)",
            "f:Function a:Parameter pg_catalog:Schema lower:Function* x:Column my:Schema lower:Function x:Column",
        ),
        (
            "create index concurrently if not exists i on s.t using gin (a, lower(b) text_pattern_ops)",
            "i:Object+ s:Schema t:Relation gin:Object a:Column lower:Function* b:Column text_pattern_ops:Object",
        ),
        (
            "create trigger x after update of a on t for each row execute function s.f()",
            "x:Trigger+ a:Column t:Relation s:Schema f:Function",
        ),
        ("create policy p on t to r using (a = current_user)", "p:Object+ t:Relation r:Object a:Column"),
        ("create sequence s.q owned by t.a", "s:Schema q:Object+ t:Relation a:Column"),
        ("create schema if not exists x authorization r", "x:Schema+ r:Object"),
        (
            "alter table s.t add a int, drop column b, drop constraint k",
            "s:Schema t:Relation! a:Column+ int:Type* b:Column k:Object",
        ),
        ("alter table t rename to u", "t:Relation! u:Relation"),
        ("alter table t rename a to b", "t:Relation! a:Column b:Column"),
        ("alter index i rename to j", "i:Object! j:Object"),
        ("drop view if exists a, s.b cascade", "a:Relation! s:Schema b:Relation"),
        ("drop function f(int)", "f:Function! int:Type*"),
        ("comment on column s.t.a is 'x'", "s:Schema t:Relation a:Column"),
        ("grant select on t, s.u to r", "t:Relation s:Schema u:Relation r:Object"),
        ("set search_path to a, b", "search_path:Variable"),
        (
            "select x::double precision, y::character varying(3), jsonb '{}', date '2020-01-01'",
            "x:Column double:Type* precision:Type* y:Column character:Type* varying:Type* jsonb:Type* date:Type*",
        ),
        (
            "select sum(a) over w from t window w as (partition by b)",
            "sum:Function* a:Column w:Variable t:Relation w:Variable+ b:Column",
        ),
        ("select * from t join u using (a)", "t:Relation u:Relation a:Column"),
        ("select (r).x, t.* from t", "r:Column x:Column t:Relation t:Relation"),
        (
            "select * from f(1) as x (a int, b text)",
            "f:Function x:Alias+ a:Column+ int:Type* b:Column+ text:Type*",
        ),
        ("select $1, :name, :'é' from :tab", "$1:Parameter :name:Parameter :'é':Parameter :tab:Parameter"),
        ("declare c cursor for select 1", "c:Variable"),
        ("create table t (a int) partition by list (a)", "t:Relation+ a:Column+ int:Type* a:Column"),
        ("savepoint a", "a:Variable"),
        ("select a, from t where b =", "a:Column t:Relation b:Column"),
        ("select extract(year from a), explain from t", "a:Column explain:Column t:Relation"),
        ("\\i file.sql\n", "\\i:Command"),
        ("select 1 \\gset x\n", "\\gset:Command"),
        ("do $x$ $x$", ""),
    ] {
        let shown = shown(text);
        if shown != expected {
            wrong.push_str(&format!("{text}\n  is  {shown}\n  not {expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn literals_operators_and_comments() {
    assert_eq!(
        kinds("-- é\nselect 'a' || 1.5, b'1' /* c */ ;"),
        "-- é:Comment select:Keyword 'a':String ||:Operator 1.5:Number b'1':String /* c */:Comment"
    );
    assert_eq!(kinds("select 'a\nb"), "select:Keyword 'a\nb:String");
    assert_eq!(kinds("do $a$ select 1 $a$"), "do:Keyword $a$:String select:Keyword 1:Number $a$:String");
    assert_eq!(kinds("copy t from stdin;\n1\n\\.\n"), "copy:Keyword t:Relation from:Keyword stdin:Keyword");
}

#[test]
fn deep_text_is_no_danger() {
    let text = format!("select {}a{}", "(select ".repeat(5_000), ")".repeat(5_000));
    assert_eq!(tokens(&written(&text)).len(), 5_002);
}

#[test]
fn words_of_plpgsql() {
    let head = "create function f(a int) returns void language plpgsql as ";
    let mut wrong = String::new();
    for (body, expected) in [
        (
            "$$declare n constant int := a + 1; r s.t%rowtype; x t.y%type; z n%type; c cursor (k int) for select * \
             from t where y = k; begin null; end$$",
            "n:Variable+= int:Type* a:Parameter r:Variable+ s:Schema t:Relation x:Variable+ t:Relation y:Column \
             z:Variable+ n:Variable= c:Variable+ k:Parameter+ int:Type* t:Relation y:Column k:Variable",
        ),
        (
            "$$<<b>> declare v text collate s.\"C\"; begin v := lower(v) || b.v || f.a; exit b; end b$$",
            "b:Label+ v:Variable+ text:Type* s:Schema \"C\":Object v:Variable! lower:Function* v:Variable b:Label \
             v:Variable f:Label a:Parameter b:Label b:Label",
        ),
        (
            "$$declare v int; begin select t.v, v.x, w into strict v, a from t v where w = v; insert into t (v) values (v) \
             returning v into v; update t set v = v; end$$",
            "v:Variable+ int:Type* t:Relation v:Column v:Alias x:Column w:Column v:Variable! a:Parameter! t:Relation \
             v:Alias+ w:Column v:Variable t:Relation! v:Column! v:Variable v:Variable v:Variable! t:Relation! \
             v:Column! v:Variable",
        ),
        (
            "$$declare v int; begin perform 1 as v from t order by v, a; end$$",
            "v:Variable+ int:Type* v:Column+ t:Relation v:Column a:Parameter",
        ),
        (
            "$$#variable_conflict use_column\ndeclare v int; begin v := (select v from t); v := v; end$$",
            "v:Variable+ int:Type* v:Variable! v:Column t:Relation v:Variable! v:Variable",
        ),
        (
            "$$declare r record; i text; begin for i in 1 .. a loop raise notice '%', i; end loop; for r in select 1 from t loop \
             continue when r.x; end loop; end$$",
            "r:Variable+ record:Type* i:Variable+ text:Type* i:Variable+ a:Parameter i:Variable r:Variable! t:Relation r:Variable x:Column",
        ),
        (
            "$$declare c refcursor; n int; begin open c for execute 'select x from t' using a; fetch c into n; close c; \
             get diagnostics n = row_count; return; exception when division_by_zero or sqlstate '22012' then raise; \
             when others then n := sqlstate; end$$",
            "c:Variable+ refcursor:Type* n:Variable+ int:Type* c:Variable! x:Column t:Relation a:Parameter c:Variable \
             n:Variable! c:Variable n:Variable! division_by_zero:EnumLabel=* n:Variable! sqlstate:Variable=",
        ),
        ("$$begin selec x from t; a = = 1; update t set x = 1 end$$", "a:Parameter! t:Relation! x:Column!"),
        ("'begin perform ''x'', g(a); end'", "g:Function a:Parameter"),
        ("$$begin a := ", "a:Parameter!"),
    ] {
        let found = shown(&format!("{head}{body}"));
        let rest = found.strip_prefix("f:Function+ a:Parameter+ int:Type* void:Type* plpgsql:Object ");
        if rest != Some(expected) {
            wrong.push_str(&format!("{body}\n  is  {found}\n  not {expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(
        kinds("do $$ -- é\nbegin <<l>> loop exit l when 1 = 2; end loop; raise notice 'x'; end $$"),
        "do:Keyword $$:String -- é:Comment begin:Keyword <<:Operator l:Label >>:Operator loop:Keyword exit:Keyword l:Label \
         when:Keyword 1:Number =:Operator 2:Number end:Keyword loop:Keyword raise:Keyword notice:Keyword 'x':String \
         end:Keyword $$:String"
    );
    assert_eq!(
        kinds("do 'begin perform ''é' -- x\n '1'' || 1;' \n ' end'"),
        "do:Keyword ':String begin:Keyword perform:Keyword ''é:String 1'':String ||:Operator 1:Number end:Keyword ':String"
    );
    assert_eq!(
        kinds("do E'begin\\nperform \\'a\\';'\n'end'"),
        "do:Keyword E':String begin:Keyword perform:Keyword \\'a\\':String end:Keyword ':String"
    );
}

#[test]
fn trigger_variables_are_known() {
    assert_eq!(
        shown(
            "create function f() returns trigger language plpgsql as $$begin new.x := old.y || tg_op; return new; end$$"
        ),
        "f:Function+ trigger:Type* plpgsql:Object new:Variable x:Column! old:Variable y:Column tg_op:Variable new:Variable"
    );
}

/// Every body of the corpus in every quoting, cut and broken everywhere: `shown` checks that no token overlaps another.
#[test]
fn broken_bodies_are_coloured() {
    let corpus = include_str!("../../../tests/plpgsql/accepted.sql");
    let mut tokens = 0;
    for body in corpus.split("\n----\n").skip(1).filter(|body| !body.starts_with("CREATE")).step_by(3) {
        for (n, _) in body.char_indices().step_by(23) {
            let cut = &body[..n];
            let quoted = cut.replace('\'', "''");
            for text in [
                format!("do $é${cut}$é$"),
                format!("do '{quoted}'"),
                format!("do E'{}", quoted.replace('\\', "\\\\")),
            ] {
                tokens += shown(&text).len();
            }
        }
    }
    assert!(tokens > 10_000, "{tokens}");
}
