//! The command tags that an event trigger can be told to fire for (cmdtaglist.h).

use crate::syntax::grammar;

/// What CREATE, ALTER and DROP can be followed by.
const OBJECTS: [&str; 37] = [
    "ACCESS METHOD",
    "AGGREGATE",
    "CAST",
    "COLLATION",
    "CONSTRAINT",
    "CONVERSION",
    "DOMAIN",
    "EXTENSION",
    "FOREIGN DATA WRAPPER",
    "FOREIGN TABLE",
    "FUNCTION",
    "INDEX",
    "LANGUAGE",
    "MATERIALIZED VIEW",
    "OPERATOR",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "POLICY",
    "PROCEDURE",
    "PUBLICATION",
    "ROUTINE",
    "RULE",
    "SCHEMA",
    "SEQUENCE",
    "SERVER",
    "STATISTICS",
    "SUBSCRIPTION",
    "TABLE",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "TRANSFORM",
    "TRIGGER",
    "TYPE",
    "USER MAPPING",
    "VIEW",
];

/// Other commands that event triggers fire for.
const OTHERS: [&str; 13] = [
    "ALTER DEFAULT PRIVILEGES",
    "ALTER LARGE OBJECT",
    "COMMENT",
    "CREATE TABLE AS",
    "DROP OWNED",
    "GRANT",
    "IMPORT FOREIGN SCHEMA",
    "LOGIN",
    "REFRESH MATERIALIZED VIEW",
    "REINDEX",
    "REVOKE",
    "SECURITY LABEL",
    "SELECT INTO",
];

/// Objects whose commands no event trigger fires for: they are not of one database, or are event triggers themselves.
const UNSUPPORTED: [&str; 4] = ["DATABASE", "EVENT TRIGGER", "ROLE", "TABLESPACE"];

/// Whether a tag's first word is one that a command may begin with.
fn begins_command(tag: &str) -> bool {
    let first = tag.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    grammar::keywords().iter().any(|keyword| keyword.text == first)
}

/// Why an event trigger cannot be told to fire for a tag. Of a command that is no definition nothing is said.
pub(super) fn refused(tag: &str) -> Option<(&'static str, String)> {
    let upper = tag.to_ascii_uppercase();
    let object = ["CREATE ", "ALTER ", "DROP "].iter().find_map(|verb| upper.strip_prefix(verb));
    if OTHERS.contains(&upper.as_str()) || object == Some("SYSTEM") {
        return None;
    }
    let unsupported = || Some(("0A000", format!("event triggers are not supported for {upper}")));
    let unknown =
        || Some(("42601", format!("filter value \"{tag}\" not recognized for filter variable \"tag\"")));
    match object {
        Some(object) if UNSUPPORTED.contains(&object) => unsupported(),
        Some(object) if OBJECTS.contains(&object) => None,
        Some(_) => unknown(),
        None if begins_command(tag) => None,
        None => unknown(),
    }
}
