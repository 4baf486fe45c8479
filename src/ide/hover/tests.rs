//! What is said of operators, types and settings.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::analysis::timeline::{Means, Timeline, Work};
use crate::catalog::model::Catalog;
use crate::syntax::{Dialect, ParseCache, Script};

/// What is said at `|`, of a server of that version.
fn said(text: &str, major: u32) -> Option<(String, String)> {
    let offset = text.find('|').unwrap();
    let text = text.replacen('|', "", 1);
    let script = Script::from(text.as_str());
    let (cache, cancelled) = (ParseCache::default(), AtomicBool::new(false));
    let work = Work::default();
    let means =
        Means { cache: &cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    let timeline = Timeline::update(None, &script, &Arc::new(Catalog::default()), None, &means).unwrap();
    let version = major * 10_000;
    let view = View {
        script: &script,
        timeline: &timeline,
        cache: &cache,
        statistics: None,
        version,
        end: None,
        notes: Vec::new(),
    };
    hover(&view, offset).map(|found| (text[found.span.range()].to_owned(), found.markdown))
}

fn text(text: &str) -> String {
    said(text, 18).unwrap_or_else(|| panic!("nothing is said: {text}")).1
}

#[test]
fn an_operator_tells_its_overloads() {
    let (span, arrow) = said("create table t (j jsonb);\nselect j |->> 'a' from t", 18).unwrap();
    assert_eq!(span, "->>");
    assert!(arrow.contains("jsonb ->> text → text"), "{arrow}");
    assert!(arrow.contains("get jsonb object field as text"), "{arrow}");
    let contains = text("select 1 where '[1,2)'::int4range @|> 1");
    assert!(contains.contains("anyrange @> anyelement → boolean"), "{contains}");
    // The tree tells prefix operators, and what is no operator.
    assert!(text("select |- 1").contains("```sql\n- "));
    assert!(text("select 2 |- 1").contains("integer - integer → integer"));
    assert!(text("select 1 |!= 2").contains("integer <> integer → boolean"));
    assert!(text("select 1 operator(pg_catalog.|+) 2").contains("integer + integer → integer"));
    for nothing in ["select |* from pg_class", "select count(|*)", "update t set a |= 1", "select '1'|::int"]
    {
        let found = said(nothing, 18).map(|(span, _)| span);
        assert!(found.is_none_or(|span| !matches!(&*span, "*" | "=" | "::")), "{nothing}");
    }
}

#[test]
fn names_beside_an_operator_are_still_names() {
    let (span, _) = said("create table t (a int, b int);\nselect a+|b from t", 18).unwrap();
    assert_eq!(span, "b");
}

#[test]
fn a_setting_tells_what_it_takes() {
    for statement in [
        "set work|_mem = '1MB'",
        "reset WORK|_MEM",
        "show work_mem|",
        "alter role r set work|_mem = 1",
        "alter database d reset work|_mem",
        "alter system set work|_mem = 1",
        "create function f() returns int language sql set work|_mem = '1MB' return 1",
    ] {
        let (span, markdown) = said(statement, 18).unwrap_or_else(|| panic!("{statement}"));
        assert_eq!(span.to_lowercase(), "work_mem");
        assert!(markdown.contains("maximum memory"), "{markdown}");
        assert!(markdown.contains("integer, in kB") && markdown.contains("default: `4MB`"), "{markdown}");
        assert!(!markdown.contains("restart"), "{markdown}");
    }
    assert!(text("alter system set shared_|buffers = '1GB'").contains("restart"));
    assert!(text("show shared_|buffers").contains("from 128kB to 8589934584kB"));
    assert!(text("set wal_|level = minimal").contains("`minimal`, `replica`, `logical`"));
    assert!(text("set date|style = iso").contains("default: `ISO, MDY`"));
    assert!(text("set plpgsql.check|_asserts = on").contains("ASSERT"));
    assert_eq!(said("set my.|own = 1", 18), None);
}

#[test]
fn the_servers_version_counts() {
    assert!(text("select date_|bin(null, null, null)").contains("since PostgreSQL 14"));
    assert!(said("select to_|char(1, '')", 13).unwrap().1.contains("format int4 to text"));
    assert!(
        said("select array_a|ppend(null, 1)", 13).unwrap().1.contains("array_append(anyarray, anyelement)")
    );
    assert!(text("select array_a|ppend(null, 1)").contains("anycompatiblearray"));
    assert!(said("set password_|encryption = x", 13).unwrap().1.contains("default: `md5`"));
    assert!(said("set password_|encryption = x", 14).unwrap().1.contains("default: `scram-sha-256`"));
    assert!(text("show old_snapshot|_threshold").contains("until PostgreSQL 16"));
    assert!(text("show io_me|thod").contains("since PostgreSQL 18"));
    assert!(said("select '{}'::jsonb |@? 'x'", 13).is_some());
    let below = "select point '(1,2)' |<<| point '(1,2)'";
    assert!(!said(below, 13).unwrap().1.contains("point"));
    assert!(text(below).contains("point <<| point → boolean"), "{}", text(below));
    assert!(text(below).contains("since PostgreSQL 14"));
    assert!(said("select 5 |!= 6", 13).is_some_and(|(span, _)| span == "!="));
}

#[test]
fn a_type_tells_what_it_is() {
    assert!(text("create table t (a j|sonb)").contains("Binary JSON"));
    assert!(text("create table t (a double| precision)").contains("double-precision"));
    assert!(text("select 1::in|t").contains("4-byte storage"));
    assert!(text("select 1::pg_catalog.in|t4").contains("4-byte storage"));
    assert_eq!(said("select 1::x.in|t4", 18), None);
}
