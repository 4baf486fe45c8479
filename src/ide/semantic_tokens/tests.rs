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
