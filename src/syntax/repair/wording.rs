//! What to say of an error: what was expected, and what its fix is called.

use super::completion::kernel;
use super::search::{Change, Edit, is_name};
use super::stacks::{Stack, Stacks};
use super::text::written;
use crate::syntax::automaton::{END, Symbol, Terminal, automaton};
use crate::text::Span;

/// The most alternatives that are worth naming.
const MOST: usize = 4;

/// What may stand behind `stack` where that is little: `expected BY`, `expected a table name`.
pub fn expected(stacks: &mut Stacks, stack: Stack) -> Option<String> {
    let automaton = automaton();
    let all = stacks.expected(stack);
    let names = all.iter().any(|(symbol, _)| automaton.name(*symbol) == "IDENT");
    let mut words: Vec<String> = all
        .iter()
        .filter(|(symbol, state)| match automaton.keyword(*symbol) {
            Some(_) => !is_name(*state) || !names,
            None => automaton.name(*symbol) != "IDENT",
        })
        .map(|(symbol, _)| in_words(*symbol))
        .collect();
    words.dedup();
    // Behind a name its parts may always follow, which helps nobody beside a word.
    if words.iter().any(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '=')) {
        words.retain(|word| !matches!(word.as_str(), "." | "[" | ","));
    }
    if names {
        let kind = name_kind(stacks, stack)?;
        return Some(format!("expected {kind}"));
    }
    if words.is_empty() || words.len() > MOST || stacks.accepts(stack, END) && words != [";"] {
        return None;
    }
    let last = words.pop()?;
    Some(match words.is_empty() {
        true => format!("expected {last}"),
        false => format!("expected {} or {last}", words.join(", ")),
    })
}

fn in_words(symbol: Symbol) -> String {
    match automaton().name(symbol) {
        "ICONST" | "FCONST" => "a number".into(),
        "SCONST" | "USCONST" => "a string".into(),
        "BCONST" | "XCONST" => "a bit string".into(),
        "PARAM" => "a parameter".into(),
        "Op" => "an operator".into(),
        _ => written(symbol, "X"),
    }
}

/// The kind of name that a production wants next; `None` where there are several.
fn name_kind(stacks: &Stacks, stack: Stack) -> Option<&'static str> {
    let automaton = automaton();
    let mut kind = None;
    for item in kernel(stacks, stack) {
        let next = automaton.rule_symbols(item.rule).nth(usize::from(item.dot));
        let found = match automaton.name(next?) {
            "relation_expr"
            | "relation_expr_list"
            | "relation_expr_opt_alias"
            | "qualified_name"
            | "qualified_name_list"
            | "insert_target"
            | "from_list"
            | "table_ref" => "a table name",
            "Typename" | "SimpleTypename" | "func_type" => "a type name",
            "RoleSpec" | "RoleId" | "role_list" | "grantee_list" => "a role name",
            "columnList" | "columnElem" | "insert_column_list" | "insert_column_item" | "set_clause_list"
            | "set_clause" | "set_target" => "a column name",
            "a_expr" | "b_expr" | "c_expr" | "expr_list" | "sortby_list" | "sortby" | "group_by_list"
            | "group_by_item" | "select_limit_value" | "when_clause_list" => "an expression",
            "func_name" | "func_application" => "a function name",
            "name" | "ColId" | "any_name" | "any_name_list" | "name_list" => "a name",
            _ => return None,
        };
        if kind.is_some_and(|kind| kind != found) {
            return None;
        }
        kind = Some(found);
    }
    kind
}

/// The opening bracket that is not closed before the token at `at`.
pub fn unclosed(terminals: &[Terminal], at: usize) -> Option<Span> {
    let mut open = Vec::new();
    for terminal in &terminals[..at.min(terminals.len())] {
        match automaton().name(terminal.symbol) {
            "'('" | "'['" => open.push(terminal.span),
            "')'" | "']'" => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// What is said of the changes that mend an error: in plain words, and the bracket that it is about.
pub fn hint(
    text: &str,
    terminals: &[Terminal],
    edits: &[Edit],
    stuck: usize,
) -> Option<(String, Option<Span>)> {
    let automaton = automaton();
    let edit = match edits {
        [edit] | [edit @ Edit { change: Change::Insert(_), .. }, _] => edit,
        _ => return None,
    };
    let old = terminals.get(edit.at).map_or("", |terminal| &text[terminal.span.range()]);
    match &edit.change {
        Change::Insert(symbols) if matches!(automaton.name(symbols[0]), "')'" | "']'") => {
            let close = in_words(symbols[0]);
            let bracket = unclosed(terminals, edit.at)?;
            Some((format!("expected {close} to close {}", &text[bracket.range()]), Some(bracket)))
        }
        Change::Insert(symbols) if automaton.name(symbols[0]) == "';'" => {
            Some(("a semicolon is missing before this line".into(), None))
        }
        Change::Insert(symbols) if automaton.name(symbols[0]) == "','" => {
            let place = match automaton.name(terminals.get(edit.at)?.symbol) {
                _ if edit.at == stuck => "this".to_owned(),
                // It stands for something else that the user wrote.
                "PARAM" => "the placeholder".to_owned(),
                _ => format!("\"{old}\""),
            };
            Some((format!("a comma is missing before {place}"), None))
        }
        Change::Replace(symbols) if symbols.iter().all(|symbol| automaton.keyword(*symbol).is_some()) => {
            let words: Vec<String> = symbols.iter().map(|symbol| in_words(*symbol)).collect();
            let near = strsim::osa_distance(&words.join(" "), &old.to_uppercase()) <= 2;
            near.then(|| (format!("perhaps {} was meant by \"{old}\"", words.join(" ")), None))
        }
        Change::Quote => {
            Some((format!("\"{old}\" is a reserved word; as a name it stands in double quotes"), None))
        }
        Change::Delete if matches!(old, "," | ")" | "]") => {
            let which = match old {
                "," => "comma",
                _ => "closing bracket",
            };
            Some((format!("one {which} too many"), None))
        }
        _ => None,
    }
}

/// What the fix that makes `edits` is called; `None` where it would write what only the user can know, or drops
/// what was written without knowing what was meant.
pub fn title(text: &str, terminals: &[Terminal], edits: &[Edit]) -> Option<String> {
    let automaton = automaton();
    let known = |symbol: &Symbol| match automaton.keyword(*symbol) {
        Some(_) => true,
        None => matches!(automaton.name(*symbol), "','" | "')'" | "'('" | "'['" | "']'" | "';'" | "'='"),
    };
    let old = |at: usize| &text[terminals[at].span.range()];
    let all_known = edits.iter().all(|edit| match &edit.change {
        Change::Insert(symbols) | Change::Replace(symbols) => symbols.iter().all(known),
        Change::Quote => true,
        Change::Skip(_) => false,
        Change::Delete => {
            matches!(old(edit.at), "," | ")" | "]" | ";" | "(")
                || edit.at > 0 && old(edit.at).eq_ignore_ascii_case(old(edit.at - 1))
        }
    });
    if !all_known || edits.len() > 2 {
        return None;
    }
    let titles = edits.iter().map(|edit| {
        let changes = super::text::changes(text, terminals, std::slice::from_ref(edit));
        let new = changes.first().map_or("", |change| change.text.trim());
        match &edit.change {
            Change::Insert(_) => format!("Insert `{new}`"),
            Change::Delete | Change::Skip(_) => format!("Remove `{}`", old(edit.at)),
            Change::Replace(_) | Change::Quote if edits.len() > 1 => {
                format!("Change `{}` to `{new}`", old(edit.at))
            }
            Change::Replace(_) | Change::Quote => format!("Change to `{new}`"),
        }
    });
    let titles: Vec<String> = titles.collect();
    match &titles[..] {
        [one] => Some(one.clone()),
        [one, two] => Some(format!("{one}, {}{}", two[..1].to_lowercase(), &two[1..])),
        _ => None,
    }
}
