//! What is offered in bodies.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::analysis::timeline::{Means, Timeline, Work};
use crate::syntax::{ParseCache, Script};

const SCHEMA: &str = "create type mood as enum ('sad', 'ok');\n\
    create table orders (id int, total int, feeling mood);\n\
    create table customers (email text);\n\
    create function stamp() returns trigger language plpgsql as 'begin return new; end';\n\
    create trigger t before insert on orders for each row execute function stamp();\n";

fn offered(text: &str) -> (String, Completions) {
    let offset = SCHEMA.len() + text.find('|').unwrap();
    let text = format!("{SCHEMA}{}", text.replacen('|', "", 1));
    let script = Script::from(text.as_str());
    let (cache, cancelled) = (ParseCache::default(), AtomicBool::new(false));
    let work = Work::default();
    let means =
        Means { cache: &cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    let timeline = Timeline::update(None, &script, &Arc::new(Catalog::default()), None, &means).unwrap();
    let view = View {
        script: &script,
        timeline: &timeline,
        cache: &cache,
        statistics: None,
        version: 180000,
        end: None,
        notes: Vec::new(),
    };
    let found = completion(&view, offset);
    assert!(found.span.touches(offset) && text.is_char_boundary(found.span.start), "{text}");
    (text, found)
}

/// Checks what is among the offers, and what is not, in a body of `f(amount int, out res text)`.
fn check(body: &str, some: &[&str], none: &[&str]) {
    for text in [
        format!("create function f(amount int, out res text) language plpgsql as $é${body}$é$;"),
        format!(
            "create function f(amount int, out res text) language plpgsql as '{}'",
            body.replace('\'', "''")
        ),
        // Before the end is written.
        format!(
            "create function f(amount int, out res text) language plpgsql as $${}|",
            body.split('|').next().unwrap()
        ),
    ] {
        let (_, found) = offered(&text);
        let labels: Vec<&str> = found.items.iter().map(|item| item.label.as_str()).collect();
        // Before FROM is written nothing is known of what it says.
        let has_from = text.ends_with(';') || text.ends_with('\'') || !body.contains("| from");
        for label in some.iter().filter(|_| has_from) {
            assert!(labels.contains(label), "{label} in {text}: {labels:?}");
        }
        for label in none {
            assert!(!labels.contains(label), "{label} in {text}: {labels:?}");
        }
    }
}

#[test]
fn plpgsql_is_completed() {
    check("|", &["DECLARE", "BEGIN"], &["END", "SELECT"]);
    check(
        "begin\n  | end",
        &["IF", "RAISE", "PERFORM", "EXCEPTION", "END", "amount", "SELECT"],
        &["END IF", "ELSE", "id"],
    );
    check("begin if amount = 1 then | end", &["ELSIF", "ELSE", "END IF", "SELECT"], &["END", "EXCEPTION"]);
    check("begin while true loop ex| end", &["exit", "execute"], &["if"]);
    check("begin if am| then end if; end", &["amount"], &["then", "THEN"]);
    check("begin if amount | then end if; end", &["THEN", "IS NULL"], &["amount"]);
    check("begin if amount = | then end if; end", &["amount", "res"], &["THEN"]);
    // Its result is the value of its output argument.
    check("begin return | ; end", &[], &["amount", "QUERY", "NEXT"]);
    check("declare n int; c constant text := ''; begin n := | ; end", &["n", "c", "amount", "CASE"], &["id"]);
    check(
        "declare n int; c constant text := ''; begin select 1 into | ; end",
        &["STRICT", "n", "res"],
        &["c"],
    );
    check("begin select id, | from orders; end", &["total", "amount"], &["email"]);
    check("begin perform | from orders; end", &["total", "amount"], &["email"]);
    check("begin perform 1 from |; end", &["orders", "customers"], &["amount"]);
    check("begin update orders set | ; end", &["total"], &["amount"]);
    check("declare n | begin end", &["CONSTANT", "CURSOR", "mood", "integer"], &["amount", "BEGIN"]);
    check("declare n int |; begin end", &["NOT NULL", "DEFAULT", "COLLATE"], &["amount"]);
    check("declare r orders%|; begin end", &["ROWTYPE", "TYPE"], &["orders"]);
    check("declare r orders%rowtype; begin r.| := 1; end", &["id", "total"], &["email", "amount", "IF"]);
    check("declare r orders%rowtype; begin res := r.|; end", &["id", "total"], &["email", "amount"]);
    check("<<o>> begin <<l>> loop exit | ; end loop; end", &["WHEN", "l", "o"], &["f", "amount"]);
    check("declare c cursor for select 1; begin open |; end", &["c"], &["amount"]);
    check("begin raise | ; end", &["NOTICE", "EXCEPTION", "SQLSTATE", "division_by_zero"], &["amount"]);
    check("begin raise notice '%', |; end", &["amount"], &["NOTICE"]);
    check("begin null; exception when un| end", &["unique_violation"], &["amount"]);
    check("begin get diagnostics amount = | end", &["ROW_COUNT"], &["CONSTRAINT_NAME"]);
    check("begin for i in | loop end loop; end", &["REVERSE", "EXECUTE", "SELECT", "amount"], &["LOOP"]);
    check("begin for i in 1 .. | loop end loop; end", &["amount"], &["LOOP"]);
    check("begin for i in 1 .. amount | loop end loop; end", &["LOOP", "BY"], &["amount"]);
    check("begin raise notice 'x|'; -- y\n end", &[], &["IF", "amount"]);
    check("begin -- am|\n end", &[], &["IF", "amount"]);
    check("begin selec 1; if = then | end if; end", &["RAISE", "END IF"], &[]);
}

#[test]
fn fields_of_triggers_and_bodies_in_bodies() {
    let labels =
        |text: &str| -> Vec<String> { offered(text).1.items.into_iter().map(|item| item.label).collect() };
    let found = labels(
        "create or replace function stamp() returns trigger language plpgsql as $$begin new.| := 1; end$$",
    );
    assert_eq!(found, ["id", "total", "feeling"]);
    let found =
        labels("create function g(a int) returns int language sql as 'select 1; select | from orders; '");
    assert!(found.contains(&"total".to_owned()) && found.contains(&"a".to_owned()), "{found:?}");
    assert!(!found.contains(&"email".to_owned()));
    let found = labels("do $a$ begin execute 'select | from customers'; end $a$");
    assert!(found.contains(&"email".to_owned()) && !found.contains(&"id".to_owned()), "{found:?}");
    let found = labels("create function g() returns int language sql as $$select 1;|$$");
    assert!(found.contains(&"SELECT".to_owned()), "{found:?}");
}

#[test]
fn quotes_are_doubled_in_a_string() {
    let text = "do 'begin alter type mood rename value |'";
    let (text, found) = offered(text);
    let item = found.items.iter().find(|item| item.label == "sad").unwrap();
    assert_eq!(item.insert, "''sad''");
    assert_eq!(&text[found.span.range()], "");
    let (text, found) = offered("do 'begin perform ''x'', to|tal from orders; end'");
    assert_eq!(&text[found.span.range()], "to");
    assert!(found.items.iter().any(|item| item.label == "total"));
}

/// Anywhere in any body, as it is written and cut off there, in both quotings.
#[test]
fn broken_bodies_are_completed() {
    let corpus = include_str!("../../../tests/plpgsql/accepted.sql");
    let mut offers = 0;
    for body in corpus.split("\n----\n").skip(1).filter(|body| !body.starts_with("CREATE")).step_by(4) {
        for (n, _) in body.char_indices().step_by(37) {
            let (before, behind) = body.split_at(n);
            offers += offered(&format!("do $é${before}|{behind}$é$")).1.items.len();
            offers += offered(&format!("do '{}|", before.replace('\'', "''"))).1.items.len();
        }
    }
    assert!(offers > 1000, "{offers}");
}

#[test]
fn settings_are_completed() {
    let labels =
        |text: &str| -> Vec<String> { offered(text).1.items.into_iter().map(|item| item.label).collect() };
    for text in ["set work|", "set local work|", "reset work|", "show work|", "alter role r set work|"] {
        assert_eq!(labels(text)[0], "work_mem", "{text}");
    }
    let found = offered("alter system set shared_b|").1;
    let item = found.items.iter().find(|item| item.label == "shared_buffers").unwrap();
    assert_eq!(item.detail.as_deref(), Some("integer, 128MB by default"));
    assert!(item.documentation.as_deref().unwrap().contains("shared memory buffers"));
    // Without the quotes that a name with capitals would have elsewhere.
    let found = offered("set datest|").1;
    assert_eq!(found.items[0].insert, "DateStyle");
    assert!(labels("set plpgsql.|").contains(&"extra_warnings".to_owned()));
    // What is gone from the newest version is not offered.
    assert!(!labels("set vacuum_defer|").contains(&"vacuum_defer_cleanup_age".to_owned()));
}
