//! What is expected at some places that people write at.

use super::*;

/// What is expected where `|` stands.
fn at(text: &str) -> Expectation {
    let offset = text.find('|').expect("a cursor");
    expect(&text.replacen('|', "", 1), offset)
}

fn runs(text: &str) -> Vec<String> {
    at(text).keywords.iter().map(|run| run.text(true)).collect()
}

fn kinds(text: &str) -> Vec<Kind> {
    at(text).slots.iter().map(|slot| slot.kind).collect()
}

#[test]
fn keywords_come_in_runs() {
    for (text, wanted, unwanted) in [
        (
            "|",
            &["SELECT", "CREATE OR REPLACE FUNCTION", "ALTER TABLE", "DROP TABLE IF EXISTS"][..],
            &["WHERE"][..],
        ),
        (
            "select * from t |",
            &["WHERE", "ORDER BY", "GROUP BY", "LEFT JOIN", "UNION ALL"],
            &["ABORT", "TABLE"],
        ),
        ("select a from t where a |", &["IS NOT NULL", "IS NOT DISTINCT FROM", "NOT IN", "LIKE"], &["ABORT"]),
        (
            "insert into t values (1) |",
            &["ON CONFLICT DO NOTHING", "ON CONFLICT DO UPDATE SET", "RETURNING"],
            &[],
        ),
        (
            "create table t (a int |",
            &["PRIMARY KEY", "NOT NULL", "GENERATED ALWAYS AS IDENTITY", "REFERENCES"],
            &[],
        ),
        ("create table |", &["IF NOT EXISTS"], &["ABORT"]),
        ("create trigger x before update on t |", &["FOR EACH ROW", "EXECUTE FUNCTION"], &[]),
        ("create table t (a int) |", &["PARTITION BY", "INHERITS"], &[]),
        ("select a not |", &["IN", "LIKE", "BETWEEN"], &["NULL"]),
        ("select a order |", &["BY"], &["FROM"]),
        ("select a from t whe|", &["WHERE"], &[]),
        ("alter table t |", &["ADD COLUMN", "ADD CONSTRAINT", "DROP COLUMN", "ALTER COLUMN"], &[]),
        ("create table t (a timestamp |", &["WITH TIME ZONE", "NOT NULL"], &[]),
    ] {
        let found = runs(text);
        for run in wanted {
            assert!(
                found.iter().any(|other| other == run),
                "{text}: no {run} in {} runs, {:?}",
                found.len(),
                found.iter().filter(|other| other.starts_with(&run[..3])).take(40).collect::<Vec<_>>()
            );
        }
        for run in unwanted {
            assert!(!found.iter().any(|other| other == run), "{text}: {run}");
        }
    }
}

#[test]
fn slots_are_known_by_their_productions() {
    for (text, wanted, unwanted) in [
        ("select |", &[Kind::Column, Kind::Function, Kind::String, Kind::Number][..], &[Kind::Relation][..]),
        ("select a.|", &[Kind::Column, Kind::Function], &[Kind::Relation]),
        ("select * from |", &[Kind::Relation, Kind::Function], &[Kind::Column]),
        ("select * from t |", &[Kind::Alias], &[Kind::Column]),
        ("insert into |", &[Kind::Target], &[]),
        ("insert into t (|", &[Kind::TargetColumn], &[]),
        ("alter table t drop constraint |", &[Kind::Constraint], &[Kind::Column]),
        ("alter table t rename constraint a to |", &[Kind::Constraint], &[]),
        ("drop index |", &[Kind::Index], &[Kind::Table]),
        ("drop role |", &[Kind::Role], &[]),
        ("comment on column |", &[Kind::QualifiedColumn], &[]),
        ("drop trigger x on |", &[Kind::Relation], &[Kind::Trigger]),
        ("alter type e add value 'a' before |", &[Kind::EnumLabel, Kind::String], &[]),
        ("select a::|", &[Kind::Type], &[Kind::Column]),
        ("set |", &[Kind::Setting], &[]),
        ("set x = |", &[Kind::SettingValue], &[]),
        ("call |", &[Kind::Procedure], &[Kind::Function]),
        ("create index i on t using |", &[Kind::AccessMethod], &[]),
        ("select a collate |", &[Kind::Collation], &[]),
        ("create function f(a int) returns int language |", &[Kind::Language], &[]),
        ("grant select on t to |", &[Kind::Role], &[]),
        ("create extension |", &[Kind::Extension], &[]),
    ] {
        let found = kinds(text);
        for kind in wanted {
            assert!(found.contains(kind), "{text}: no {kind:?} in {found:?}");
        }
        for kind in unwanted {
            assert!(!found.contains(kind), "{text}: {kind:?}");
        }
    }
}

#[test]
fn a_column_has_its_relation() {
    for text in [
        "alter table s.t alter column |",
        "insert into s.t (a, |",
        "update only s.t as x set |",
        "insert into s.t values (1) on conflict (|",
        "create table u (a int references s.t (|",
        "create index i on only s.t (|",
        "copy s.t (|",
        "alter table if exists s.t drop constraint |",
        "vacuum s.t (|",
    ] {
        let found = at(text);
        assert!(found.slots.iter().any(|slot| slot.relation == ["s", "t"]), "{text}: {:?}", found.slots);
    }
}

#[test]
fn nothing_is_expected_inside_other_tokens() {
    for text in
        ["select 'a|", "select 1|", "-- a|", "/* a|", "select $1|", "\\d |", "select \"a\"|", "select 'a'|"]
    {
        let found = at(text);
        assert!(found.keywords.is_empty(), "{text}");
        assert!(found.slots.iter().all(|slot| slot.kind == Kind::String), "{text}: {:?}", found.slots);
    }
    assert!(kinds("select \"a|").contains(&Kind::Column));
}

#[test]
fn broken_text_has_expectations_too() {
    for (text, kind) in [
        ("select , from |", Kind::Relation),
        ("select a b c from t where |", Kind::Column),
        ("select * from where x = |", Kind::Column),
        ("select (a from t where |", Kind::Column),
        ("select 1a, 2b from |", Kind::Relation),
        ("insert into t (a,) values (|", Kind::Column),
        ("select * from :t where a = |", Kind::Column),
        ("select * from t where a = @x and |", Kind::Column),
    ] {
        assert!(kinds(text).contains(&kind), "{text}: {:?}", at(text));
    }
}
