//! Document highlights: the words that belong together in one production, the statements of one transaction, the
//! places of a name.

mod body;

use std::sync::{Arc, OnceLock};

use super::semantic_tokens::{self, Kind as TokenKind, modifier};
use super::written::Written;
use super::{At, View};
use crate::analysis::{Symbol, analyze};
use crate::syntax::ast::Token as Scanned;
use crate::syntax::automaton::{self, Symbol as AutomatonSymbol};
use crate::syntax::cst::{Element, NodeId};
use crate::syntax::grammar::folded;
use crate::syntax::{Placed, Script, StatementKind};
use crate::text::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Read,
    Write,
}

/// Spans in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Highlight {
    pub span: Span,
    pub kind: Kind,
}

/// The parts of a query of one level: what is not one of these begins another.
const CLAUSES: [&str; 36] = [
    "SelectStmt",
    "select_no_parens",
    "select_clause",
    "simple_select",
    "with_clause",
    "opt_with_clause",
    "distinct_clause",
    "opt_all_clause",
    "into_clause",
    "from_clause",
    "where_clause",
    "group_clause",
    "having_clause",
    "window_clause",
    "values_clause",
    "sort_clause",
    "opt_sort_clause",
    "select_limit",
    "opt_select_limit",
    "limit_clause",
    "offset_clause",
    "for_locking_clause",
    "opt_for_locking_clause",
    "for_locking_items",
    "for_locking_item",
    "for_locking_strength",
    "set_quantifier",
    "InsertStmt",
    "UpdateStmt",
    "DeleteStmt",
    "MergeStmt",
    "insert_rest",
    "returning_clause",
    "using_clause",
    "where_or_current_clause",
    "opt_on_conflict",
];
const CASE: [&str; 5] = ["case_expr", "when_clause_list", "when_clause", "case_default", "case_arg"];
const JOIN: [&str; 4] = ["joined_table", "join_type", "opt_outer", "join_qual"];

/// What belongs to what stands at `offset` by its form alone; empty on a name.
pub fn words(script: &Script, offset: usize) -> Vec<Highlight> {
    let Some(placed) = script.at(offset) else { return Vec::new() };
    let written = Written::new(script, &placed);
    let spans = match written.kind {
        StatementKind::Psql => conditions(script, &placed, offset),
        _ => {
            let local = offset - placed.start;
            let found = in_statement(&written, local);
            match transaction_word(&written).filter(|word| word.touches(local)) {
                Some(_) => transaction(script, &placed),
                None => found.into_iter().map(|span| span.shift(placed.start)).collect(),
            }
        }
    };
    spans.into_iter().map(|span| Highlight { span, kind: Kind::Text }).collect()
}

fn in_statement(written: &Written, offset: usize) -> Vec<Span> {
    // The token behind the cursor, or the word or bracket before it.
    let before = offset.checked_sub(1).and_then(|before| written.token_at(before));
    let at = written.token_at(offset).filter(|token| token.span.contains(offset));
    let tokens = [at, before.filter(|token| token.span.end == offset)];
    for token in tokens.into_iter().flatten() {
        let found = if "()[]".bytes().any(|c| token.is_char(c)) {
            brackets(written, token.span)
        } else if matches!(token.kind, Scanned::Sconst | Scanned::Usconst) {
            tags(written, token.span, offset).unwrap_or_else(|| in_body(written, offset))
        } else if token.is_keyword() {
            keywords(written, token.span)
        } else {
            Vec::new()
        };
        if !found.is_empty() {
            return found;
        }
    }
    // A string that never ends is no token.
    if written.unclosed.is_some_and(|open| open.touches(offset)) {
        in_body(written, offset)
    } else {
        Vec::new()
    }
}

/// What a body says, where the cursor is in one.
fn in_body(written: &Written, offset: usize) -> Vec<Span> {
    let Some((body, inner)) = written.body_at(offset) else { return Vec::new() };
    body::words(body, inner).into_iter().flat_map(|span| body.pieces(span).collect::<Vec<_>>()).collect()
}

/// A bracket and the one that it belongs to.
fn brackets(written: &Written, span: Span) -> Vec<Span> {
    let mut open: Vec<Span> = Vec::new();
    for token in &written.tokens {
        if token.is_char(b'(') || token.is_char(b'[') {
            open.push(token.span);
        } else if (token.is_char(b')') || token.is_char(b']'))
            && let Some(start) = open.pop()
            && (start == span || token.span == span)
        {
            return vec![start, token.span];
        }
    }
    Vec::new()
}

/// The two tags of a dollar-quoted string where the cursor is on one.
fn tags(written: &Written, span: Span, offset: usize) -> Option<Vec<Span>> {
    let text = written.slice(span);
    let len = text.strip_prefix('$')?.find('$')? + 2;
    if text.len() < 2 * len {
        return None;
    }
    let (open, close) = (Span::new(span.start, span.start + len), Span::new(span.end - len, span.end));
    (open.touches(offset) || close.touches(offset)).then(|| vec![open, close])
}

/// The keywords of the production that the keyword at `span` is of.
fn keywords(written: &Written, span: Span) -> Vec<Span> {
    let tree = &written.tree;
    let Some(n) = tree.terminal_at(span.start).filter(|n| tree.terminal(*n).span == span) else {
        return Vec::new();
    };
    let Some(owner) = tree.owner(n) else { return Vec::new() };
    // A keyword that is a name belongs to nothing.
    if tree.name(owner).ends_with("_keyword") {
        return Vec::new();
    }
    let group: &[&str] = [&CASE[..], &JOIN[..], &CLAUSES[..]]
        .into_iter()
        .find(|group| group.contains(&tree.name(owner)))
        .unwrap_or(&[]);
    let mut top = owner;
    while let Some(parent) = tree.parent(top)
        && group.contains(&tree.name(parent))
        && !is_set_operation(written, parent)
        && !matches!(tree.name(top), "case_expr" | "joined_table" | "SelectStmt")
    {
        top = parent;
    }
    let mut found = Vec::new();
    written.walk(Element::Node(top), |node| {
        let inside = node == top
            || group.contains(&tree.name(node))
                && !matches!(tree.name(node), "case_expr" | "joined_table")
                && !tree.parent(node).is_some_and(|parent| is_set_operation(written, parent));
        if inside {
            let own = tree.children(node).iter().filter_map(|child| match child {
                Element::Terminal(n) => Some(tree.terminal(*n)),
                Element::Node(_) => None,
            });
            let own = own.filter(|terminal| terminal.token.is_keyword() && !terminal.span.is_empty());
            found.extend(own.map(|terminal| terminal.span));
        }
        inside
    });
    found.sort_unstable();
    found
}

/// `UNION` and the like, whose sides are queries of their own.
fn is_set_operation(written: &Written, node: NodeId) -> bool {
    written.tree.name(node) == "simple_select"
        && written.tree.children(node).len() == 4
        && matches!(written.tree.children(node)[0], Element::Node(_))
}

/// The first word of a statement that begins, ends or marks a transaction.
fn transaction_word(written: &Written) -> Option<Span> {
    let Element::Terminal(first) = *written.parts().first()? else { return None };
    let owner = written.tree.owner(first)?;
    matches!(written.tree.name(owner), "TransactionStmt" | "TransactionStmtLegacy")
        .then(|| written.tree.terminal(first).span)
}

/// Whether a statement's first token can begin one of transactions; cheap, as a file may have very many statements.
fn may_be_of_transaction(code: &str) -> bool {
    static FIRST: OnceLock<Vec<AutomatonSymbol>> = OnceLock::new();
    let first = FIRST.get_or_init(|| {
        let automaton = automaton::automaton();
        let rules = automaton.rules().filter(|rule| {
            matches!(
                automaton.name(automaton.rule_symbol(*rule)),
                "TransactionStmt" | "TransactionStmtLegacy"
            )
        });
        rules.filter_map(|rule| automaton.rule_symbols(rule).next()).collect()
    });
    let end = code.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(code.len());
    let (terminals, _) = automaton::terminals(&code[..end]);
    terminals.first().is_some_and(|terminal| first.contains(&terminal.symbol))
}

/// The longest statement that is looked at for whether it is a transaction's, in bytes.
const LONGEST: usize = 400;

/// The first words of all statements of the transaction that `at` is a statement of.
fn transaction(script: &Script, at: &Placed) -> Vec<Span> {
    let mut current: Vec<Span> = Vec::new();
    let mut holds = false;
    for placed in script.statements() {
        if placed.statement.code.len() > LONGEST || !may_be_of_transaction(&script.code(&placed)) {
            continue;
        }
        let written = Written::new(script, &placed);
        let Some(word) = transaction_word(&written) else { continue };
        let name = written.slice(word).to_ascii_lowercase();
        // ROLLBACK TO and PREPARED leave the transaction as it is.
        let second = written.tokens.iter().filter(|token| !token.is_comment()).nth(1);
        let second = second.map(|token| written.slice(token.span).to_ascii_lowercase());
        let ends = matches!(name.as_str(), "commit" | "end" | "abort" | "rollback")
            && !matches!(second.as_deref(), Some("to" | "prepared"))
            || name == "prepare";
        if matches!(name.as_str(), "begin" | "start") && !holds {
            current.clear();
        }
        current.push(word.shift(placed.start));
        holds |= placed.start == at.start;
        if ends {
            if holds {
                return current;
            }
            current.clear();
        }
    }
    if holds { current } else { Vec::new() }
}

/// The `\if`, `\elif`, `\else` and `\endif` that belong to the one at `offset`.
fn conditions(script: &Script, at: &Placed, offset: usize) -> Vec<Span> {
    let mut open: Vec<Vec<Span>> = Vec::new();
    for placed in script.statements().filter(|placed| placed.statement.kind == StatementKind::Psql) {
        let code = script.code(&placed);
        let word = code.split_whitespace().next().unwrap_or("");
        let span = Span::new(placed.code().start, placed.code().start + word.len());
        if placed.start == at.start && !span.touches(offset) {
            return Vec::new();
        }
        match word {
            "\\if" => open.push(vec![span]),
            "\\elif" | "\\else" => {
                if let Some(last) = open.last_mut() {
                    last.push(span);
                }
            }
            "\\endif" => {
                let mut group = open.pop().unwrap_or_default();
                group.push(span);
                if group.iter().any(|span| span.touches(offset)) {
                    return group;
                }
            }
            _ => {}
        }
    }
    open.into_iter().find(|group| group.iter().any(|span| span.touches(offset))).unwrap_or_default()
}

/// The places of the name at `offset` in its statement.
pub fn names(view: &View, offset: usize) -> Vec<Highlight> {
    let Some(at) = view.at(offset) else { return Vec::new() };
    let written = Written::new(view.script, &at.placed);
    let tokens = semantic_tokens::tokens(&written);
    let local = offset - at.placed.start;
    let mut spans = references(&at, offset);
    let here = tokens.iter().find(|token| token.span.touches(local) && is_name(token.kind));
    if let Some(here) = here {
        // What no catalog knows is known by its kind; aliases are never more than that.
        let by_kind = spans.is_empty()
            || matches!(
                here.kind,
                TokenKind::Alias | TokenKind::Cte | TokenKind::Variable | TokenKind::Parameter
            );
        if by_kind {
            let name = folded(written.slice(here.span));
            let same = tokens
                .iter()
                .filter(|token| token.kind == here.kind && folded(written.slice(token.span)) == name);
            spans.extend(same.map(|token| token.span.shift(at.placed.start)));
        }
    }
    spans.sort_unstable();
    spans.dedup();
    let changed = |span: Span| {
        tokens.iter().any(|token| {
            token.span.shift(at.placed.start).end == span.end
                && token.modifiers & (modifier::MODIFICATION | modifier::DECLARATION) != 0
        })
    };
    spans
        .into_iter()
        .map(|span| Highlight { span, kind: if changed(span) { Kind::Write } else { Kind::Read } })
        .collect()
}

fn is_name(kind: TokenKind) -> bool {
    !matches!(
        kind,
        TokenKind::Keyword
            | TokenKind::Comment
            | TokenKind::String
            | TokenKind::Number
            | TokenKind::Operator
            | TokenKind::Command
    )
}

/// The references to what the one at `offset` means, in the document.
fn references(at: &At, offset: usize) -> Vec<Span> {
    let Some(local) = offset.checked_sub(at.start()) else { return Vec::new() };
    let analysis = analyze(&at.parse, &at.catalog);
    let Some(here) = analysis.reference_at(local) else { return Vec::new() };
    let same = analysis.references.iter().filter(|other| is_same(&here.symbol, &other.symbol));
    same.map(|reference| reference.span.shift(at.start())).collect()
}

fn is_same(one: &Symbol, other: &Symbol) -> bool {
    match (one, other) {
        (Symbol::Relation(one), Symbol::Relation(other)) => one.qualified_name() == other.qualified_name(),
        (
            Symbol::Column { relation, column },
            Symbol::Column { relation: other_relation, column: other_column },
        ) => relation.qualified_name() == other_relation.qualified_name() && column.name == other_column.name,
        (Symbol::Derived { name, .. }, Symbol::Derived { name: other, .. }) => name == other,
        (Symbol::Routines(one), Symbol::Routines(other)) => {
            one.first().zip(other.first()).is_some_and(|(one, other)| Arc::ptr_eq(one, other))
        }
        (Symbol::BuiltinRoutine(one), Symbol::BuiltinRoutine(other)) => one == other,
        (Symbol::Cte(one), Symbol::Cte(other)) => one == other,
        (Symbol::Alias { name, .. }, Symbol::Alias { name: other, .. }) => name == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is highlighted with `|` in the text, as `word@offset`.
    fn shown(text: &str) -> String {
        let offset = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        let found = words(&Script::from(text.as_str()), offset);
        found.iter().map(|it| text[it.span.range()].to_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keywords_of_one_production() {
        for (text, expected) in [
            ("select c|ase when a then case when b then 1 end else 2 end", "case when then else end"),
            ("select case when a then ca|se b when c then 1 end else 2 end", "case when then end"),
            (
                "select 'é' from t wh|ere a in (select 1 from u where b) group by a order by a",
                "select from where group by order by",
            ),
            ("select a from t where a in (sel|ect 1 from u where b)", "select from where"),
            ("sel|ect 1 from a union select 2 from b order by 1", "select from"),
            ("select 1 from a un|ion select 2 from b order by 1", "union order by"),
            ("ins|ert into t select a from b", "insert into select from"),
            ("upd|ate t set a = 1 from b where c", "update set from where"),
            ("select f|(a, (b))", "( )"),
            ("select a[(1)]|", "[ ]"),
            ("do $é|$ begin end $é$", "$é$ $é$"),
            (
                "create function f() returns int as $$ select ca|se when 1 then 2 end; $$ language sql",
                "case when then end",
            ),
            ("do $$ begin x := ca|se when 1 then (2) end; end $$", "case when then end"),
            ("do $$ begin x := case when 1 then (|2) end; end $$", "( )"),
            (
                "do $$ declare begi|n null; exception when others then null; end; $$",
                "declare begin exception when then end",
            ),
            (
                "do 'begin if true then null; els|if ''a'' then null; else null; end if; end'",
                "if then elsif then else end if",
            ),
            (
                "do $$ begin case a when 1 then null; else if b then null; end if; end ca|se; end $$",
                "case when then else end case",
            ),
            (
                "do $$ begin while true loop loop exit; end loop; conti|nue when a; end loop; end $$",
                "while loop continue end loop",
            ),
            ("do $$ begin <<a>> loop loop exi|t a; end loop; end loop a; end $$", "loop exit end loop"),
            ("do $$ begin <<a>> loop loop exit |a; end loop; end loop a; end $$", "a a a"),
            ("do $$ <<b>> begin null; end |b $$", "b b"),
            ("do $$ begin perform 1 fr|om t where a; end $$", "from where"),
            ("do $$ begin execute 'select ''x'' fr|om t'; end $$", "select from"),
            ("do $$ begin if a th|en", "if then"),
            ("create function f() returns int begin atomic select 1; en|d", "begin atomic end"),
            ("begin; savepoint a; roll|back to a; commit; begin;", "begin savepoint rollback commit"),
            ("begin; select 1; commit; beg|in; rollback;", "begin rollback"),
            ("select a is n|ot null", "is not null"),
            ("select * from a le|ft join b on true", "left join on"),
            ("\\if a\nselect 1;\n\\if b\n\\endif\n\\el|se\n\\endif\n", "\\if \\else \\endif"),
            ("\\echo |x\n", ""),
            ("select na|me from t", ""),
            ("select (|", ""),
            ("|", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
