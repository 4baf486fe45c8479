//! Identifiers and literals as SQL text.

use crate::syntax::ast::KeywordKind;
use crate::syntax::grammar;

/// `name` as it must be written: quoted where PostgreSQL's `quote_identifier` quotes it.
pub fn identifier(name: &str) -> String {
    let safe = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && grammar::keyword(name).is_none_or(|keyword| keyword.kind == KeywordKind::UnreservedKeyword);
    if safe { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// `schema.name`, each quoted where needed.
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", identifier(schema), identifier(name))
}

/// A string literal as PostgreSQL's `quote_literal` writes it.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_where_needed() {
        for (name, text) in [
            ("users", "users"),
            ("User", "\"User\""),
            ("order", "\"order\""),
            ("name", "name"),
            ("a b", "\"a b\""),
            ("é", "\"é\""),
            ("1a", "\"1a\""),
            ("a\"b", "\"a\"\"b\""),
            ("int", "\"int\""),
            ("_x1", "_x1"),
        ] {
            assert_eq!(identifier(name), text);
        }
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b"), "E'a\\\\b'");
    }
}
