//! Names changed in text that PostgreSQL's printer made: a definition keeps its form when something is renamed.

use crate::syntax::ast::Token as Kind;
use crate::syntax::grammar::{self, Token};

use super::super::quote;

/// The places in `text` where the identifier `name` stands as a column.
fn columns<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = Token> + 't {
    let quoted = quote::identifier(name);
    let (tokens, _) = grammar::scan(text);
    let list = tokens.clone();
    tokens.into_iter().enumerate().filter_map(move |(n, token)| {
        let before = n.checked_sub(1).map(|n| list[n]);
        let after = list.get(n + 1);
        let called = after.is_some_and(|token| token.is_char(b'('));
        // An argument's name, a schema's, or a part of a time.
        let of_other = after.is_some_and(|token| {
            let text = &text[token.span.range()];
            matches!(text, "=>" | ":=") || token.is_char(b'.')
        });
        let of_time = n >= 2
            && before.is_some_and(|token| token.is_char(b'('))
            && text[list[n - 2].span.range()].eq_ignore_ascii_case("extract")
            && after.is_some_and(|token| text[token.span.range()].eq_ignore_ascii_case("from"));
        let of_type = before
            .is_some_and(|token| matches!(token.kind, Kind::Typecast | Kind::Collate) || token.is_char(b'.'));
        // A word behind a name, with nothing between, is an operator class.
        let class = before.is_some_and(|token| token.is_name() || token.is_char(b')'));
        (text[token.span.start..token.span.end] == quoted
            && !called
            && !of_other
            && !of_time
            && !of_type
            && !class)
            .then_some(token)
    })
}

pub(super) fn mentions(text: &str, column: &str) -> bool {
    columns(text, column).next().is_some()
}

/// `text` with the column `old` called `new`.
pub(super) fn rename_column(text: &str, old: &str, new: &str) -> String {
    let new = quote::identifier(new);
    let spans: Vec<_> = columns(text, old).map(|token| token.span).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        out.push_str(&text[at..span.start]);
        out.push_str(&new);
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A trigger's text: its columns stand behind UPDATE OF, and in its condition behind `old.` and `new.`.
pub(super) fn rename_trigger_column(definition: &str, old: &str, new: &str) -> String {
    let (head, rest) = definition.split_at(definition.find(" ON ").unwrap_or(definition.len()));
    let (head, listed) = head.split_at(head.find(" OF ").map_or(head.len(), |at| at + 4));
    let (condition, call) = rest.split_at(rest.rfind(" EXECUTE FUNCTION ").unwrap_or(0));
    let (quoted, renamed) = (quote::identifier(old), quote::identifier(new));
    let (tokens, _) = grammar::scan(condition);
    let mut out = format!("{head}{}", rename_column(listed, old, new));
    let mut at = 0;
    for window in tokens.windows(3) {
        let [row, dot, name] = window else { continue };
        let text = |token: &Token| &condition[token.span.start..token.span.end];
        if matches!(text(row), "old" | "new") && dot.is_char(b'.') && text(name) == quoted {
            out += &condition[at..name.span.start];
            out += &renamed;
            at = name.span.end;
        }
    }
    out + &condition[at..] + call
}

/// A foreign key's text, with a column renamed on one of its sides.
pub(super) fn rename_key_column(definition: &str, referenced: bool, old: &str, new: &str) -> String {
    let Some(at) = definition.find(" REFERENCES ") else { return rename_column(definition, old, new) };
    let (own, other) = definition.split_at(at);
    if !referenced {
        // SET NULL (columns) names the own columns again, behind.
        let (other, set) = match other.find(" SET ") {
            Some(at) => other.split_at(at),
            None => (other, ""),
        };
        return format!("{}{other}{}", rename_column(own, old, new), rename_column(set, old, new));
    }
    let open = other.find('(').unwrap_or(other.len());
    let close = other.find(')').unwrap_or(other.len());
    let (table, rest) = other.split_at(open);
    let (list, rest) = rest.split_at(close.saturating_sub(open));
    format!("{own}{table}{}{rest}", rename_column(list, old, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_are_renamed() {
        let text = "((a = 'a'::a) AND (a(b) > 1) AND (\"A\" IS NULL))";
        assert_eq!(rename_column(text, "a", "c"), "((c = 'a'::a) AND (a(b) > 1) AND (\"A\" IS NULL))");
        assert!(mentions(text, "A") && mentions(text, "b") && !mentions(text, "c"));
        let trigger = "CREATE TRIGGER a BEFORE UPDATE OF a, b ON public.a FOR EACH ROW \
            WHEN ((old.a <> new.a)) EXECUTE FUNCTION a('a')";
        assert_eq!(
            rename_trigger_column(trigger, "a", "x"),
            "CREATE TRIGGER a BEFORE UPDATE OF x, b ON public.a FOR EACH ROW \
             WHEN ((old.x <> new.x)) EXECUTE FUNCTION a('a')"
        );
        let key = "FOREIGN KEY (a) REFERENCES a(a) ON DELETE SET NULL (a)";
        assert_eq!(
            rename_key_column(key, false, "a", "x"),
            "FOREIGN KEY (x) REFERENCES a(a) ON DELETE SET NULL (x)"
        );
        assert_eq!(
            rename_key_column(key, true, "a", "x"),
            "FOREIGN KEY (a) REFERENCES a(x) ON DELETE SET NULL (a)"
        );
    }
}
