//! What SQL does of which only the beginning is known.

use super::super::doubt::ANY_REST;
use super::super::model::Name;
use crate::syntax::grammar;

/// Whether SQL that begins so leaves relations, types and routines alone.
pub fn begins_harmless(sql: &str) -> bool {
    let lower = sql.trim_start().to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().take(2).collect();
    match words.as_slice() {
        [first, ..]
            if matches!(
                *first,
                "grant" | "revoke" | "insert" | "update" | "delete" | "select" | "notify"
            ) =>
        {
            true
        }
        [first, ..]
            if matches!(
                *first,
                "comment" | "analyze" | "vacuum" | "refresh" | "reindex" | "lock" | "truncate"
            ) =>
        {
            true
        }
        [
            "create" | "alter" | "drop",
            "role" | "user" | "group" | "policy" | "publication" | "default" | "database",
        ] => true,
        _ => false,
    }
}

/// Whether it begins like a statement about rights, or about something that `diff` would compare.
pub(super) fn begins_with_rights(sql: &str) -> bool {
    let lower = sql.trim_start().to_ascii_lowercase();
    ["grant", "revoke", "create", "alter", "drop", "comment"].iter().any(|word| lower.starts_with(word))
}

/// Whether it makes, changes or drops a role.
pub(super) fn begins_role(sql: &str) -> bool {
    let mut words = sql.split_whitespace().map(str::to_ascii_lowercase);
    matches!(words.next().as_deref(), Some("create" | "alter" | "drop"))
        && matches!(words.next().as_deref(), Some("role" | "user" | "group"))
}

/// Whether it begins like the definition of a collation.
pub(super) fn begins_collation(sql: &str) -> bool {
    let mut words = sql.split_whitespace().map(str::to_ascii_lowercase);
    words.next().as_deref() == Some("create") && words.next().as_deref() == Some("collation")
}

/// The name of what `sql` makes, as a doubt: with [`ANY_REST`] behind it where the name itself may go on.
pub(super) fn made(sql: &str) -> Option<Name> {
    const BEFORE_KIND: [&str; 9] =
        ["or", "replace", "global", "local", "temp", "temporary", "unlogged", "unique", "materialized"];
    const KINDS: [&str; 9] =
        ["table", "view", "index", "sequence", "function", "procedure", "collation", "trigger", "statistics"];
    // With too few letters it could be nearly anything.
    const FEWEST: usize = 3;
    let (tokens, _) = grammar::scan(sql);
    let mut tokens = tokens.into_iter().filter(|token| !token.is_comment()).peekable();
    let is_any = |token: &grammar::Token, words: &[&str]| {
        let text = &sql[token.span.range()];
        words.iter().any(|word| text.eq_ignore_ascii_case(word))
    };
    tokens.next().filter(|token| is_any(token, &["create"]))?;
    while tokens.next_if(|token| is_any(token, &BEFORE_KIND)).is_some() {}
    let kind = tokens.next().filter(|token| is_any(token, &KINDS))?;
    while tokens.next_if(|token| is_any(token, &["concurrently", "if", "not", "exists"])).is_some() {}
    // An index without a name has one that begins with its table's.
    let is_of_table = is_any(&kind, &["index"]) && tokens.next_if(|token| is_any(token, &["on"])).is_some();
    while tokens.next_if(|token| is_of_table && is_any(token, &["only"])).is_some() {}
    let mut name = tokens.next().filter(|token| token.is_name())?;
    while tokens.next_if(|token| token.is_char(b'.')).is_some() {
        name = tokens.next().filter(|token| token.is_name())?;
    }
    let text = grammar::folded(&sql[name.span.range()]);
    match name.span.end == sql.len() {
        true if text.len() >= FEWEST => Some(format!("{text}{ANY_REST}").into()),
        true => None,
        false if is_of_table => Some(format!("{text}_{ANY_REST}").into()),
        false => Some(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::made;

    #[test]
    fn what_is_made_has_a_name_that_may_go_on() {
        for (sql, expected) in [
            ("CREATE TABLE IF NOT EXISTS events_", Some("events_*")),
            ("create unlogged table app.\"Log\" (", Some("Log")),
            ("CREATE UNIQUE INDEX CONCURRENTLY idx_events_", Some("idx_events_*")),
            ("create table e_2020 partition of e for values from (", Some("e_2020")),
            ("CREATE COLLATION test0 (provider = icu, locale = ", Some("test0")),
            ("create index on app.events_", Some("events_*")),
            ("create index on only events (", Some("events_*")),
            ("create table ", None),
            ("create table t", None),
            ("create table app.", None),
            ("create type mood_", None),
            ("alter table events_", None),
            ("drop table events_", None),
        ] {
            assert_eq!(made(sql).as_deref(), expected, "{sql}");
        }
    }
}
