//! The keywords that the grammar accepts at the cursor: each is tried.

use crate::syntax::ast::KeywordKind;
use crate::syntax::grammar::{self, Keyword};

/// Statements longer than this before the cursor are not tried with every keyword: each try reads them whole.
const LONGEST: usize = 16 << 10;

/// The keywords that may follow `prefix`, in upper case. Those that are only names there are left out.
pub fn keywords(prefix: &str) -> Vec<String> {
    if prefix.len() > LONGEST {
        return Vec::new();
    }
    let mut text = String::with_capacity(prefix.len() + 32);
    let mut viable = |word: &str| {
        text.clear();
        text.push_str(prefix);
        text.push(' ');
        text.push_str(word);
        match grammar::check(&text) {
            Ok(()) => true,
            Err(error) => error.message.ends_with("at end of input"),
        }
    };
    let name = viable(super::marker::MARKER);
    let type_name = name && viable("\"x\" (");
    let is_wanted = |keyword: &&Keyword| match keyword.kind {
        KeywordKind::ReservedKeyword => true,
        // Where a name may stand these pass as names.
        KeywordKind::UnreservedKeyword => !name,
        KeywordKind::ColNameKeyword => !name || type_name,
        KeywordKind::TypeFuncNameKeyword => true,
        KeywordKind::NoKeyword => false,
    };
    grammar::keywords()
        .iter()
        .filter(is_wanted)
        .filter(|keyword| viable(keyword.text))
        .map(|keyword| keyword.text.to_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_says_which() {
        let has = |prefix: &str, word: &str| keywords(prefix).iter().any(|keyword| keyword == word);
        assert!(has("", "SELECT") && has("", "ALTER") && !has("", "WHERE"));
        assert!(
            has("select * from t", "WHERE")
                && has("select * from t", "LEFT")
                && !has("select * from t", "TABLE")
        );
        assert!(has("alter table t", "ADD") && has("alter table t add", "CONSTRAINT"));
        assert!(has("select 1 order", "BY") && !has("select 1 order", "FROM"));
        assert!(has("select", "DISTINCT") && has("select", "CASE") && !has("select", "ABORT"));
    }
}
