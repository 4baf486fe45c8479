//! Semantic tokens: each word coloured by what it is where it stands, which the concrete tree tells.

mod body;
mod names;

use super::written::Written;
use crate::syntax::StatementKind;
use crate::syntax::ast::Token as TokenKind;
use crate::syntax::cst::NodeId;
use crate::syntax::grammar::Token;
use crate::text::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Keyword,
    Comment,
    String,
    Number,
    Operator,
    Schema,
    Relation,
    Cte,
    Alias,
    Column,
    Type,
    EnumLabel,
    Function,
    Procedure,
    Parameter,
    Trigger,
    /// A cursor, a savepoint, a window, a setting; a variable of PL/pgSQL.
    Variable,
    /// Of a block or a loop of PL/pgSQL.
    Label,
    /// Any other object: an index, a constraint, a role.
    Object,
    /// psql's own commands.
    Command,
}

/// Sets of modifiers; a token may have several.
pub mod modifier {
    pub const DECLARATION: u8 = 1;
    pub const DEFINITION: u8 = 2;
    pub const READONLY: u8 = 4;
    pub const DEFAULT_LIBRARY: u8 = 8;
    pub const MODIFICATION: u8 = 16;
}

/// A piece of text and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemanticToken {
    /// From the statement's first byte. It may have several lines.
    pub span: Span,
    pub kind: Kind,
    /// Of `modifier`.
    pub modifiers: u8,
}

impl SemanticToken {
    fn new(span: Span, kind: Kind) -> SemanticToken {
        SemanticToken { span, kind, modifiers: 0 }
    }
}

/// How deep bodies within bodies are coloured.
const DEPTH: usize = 3;

/// The tokens of a statement, in the order of the text; none overlap.
pub fn tokens(written: &Written) -> Vec<SemanticToken> {
    in_statement(written, DEPTH)
}

fn in_statement(written: &Written, depth: usize) -> Vec<SemanticToken> {
    let names = names::Names::new(written);
    let mut found: Vec<SemanticToken> = Vec::with_capacity(written.tokens.len());
    let mut terminal = 0u32;
    let terminals = written.tree.terminals();
    let mut end = 0;
    for token in &written.tokens {
        // What a placeholder or an escape clause has taken in already.
        if token.span.start < end {
            continue;
        }
        if let Some(span) = written.placeholder_at(token.span.start) {
            found.push(SemanticToken::new(span, Kind::Parameter));
            end = span.end;
            continue;
        }
        while terminals
            .get(terminal as usize)
            .is_some_and(|other| other.span.start < token.span.start || other.span.is_empty())
        {
            terminal += 1;
        }
        let here = terminals
            .get(terminal as usize)
            .filter(|other| other.span.start == token.span.start)
            .map(|_| terminal);
        if is_string(token)
            && depth > 0
            && let Some(code) = written.bodies().iter().find(|body| body.literal.start == token.span.start)
        {
            body::tokens(code, token.span, depth - 1, &mut found);
            continue;
        }
        found.extend(one(written, &names, token, here));
    }
    if let Some(open) = written.unclosed {
        match written.bodies().iter().find(|body| depth > 0 && body.literal == open) {
            Some(code) => body::tokens(code, open, depth - 1, &mut found),
            None => found.push(unclosed(written.slice(open), open)),
        }
    }
    found.extend(command(written));
    found
}

/// A quote or a comment that never ends.
fn unclosed(text: &str, span: Span) -> SemanticToken {
    let kind = match text {
        text if text.starts_with("/*") => Kind::Comment,
        text if text.starts_with('"') => Kind::Object,
        _ => Kind::String,
    };
    SemanticToken::new(span, kind)
}

/// The psql command that the statement is, or that ends it.
fn command(written: &Written) -> Option<SemanticToken> {
    let start = match written.kind {
        StatementKind::Psql => written.code.start,
        _ => written.code.end,
    };
    let text = written.text[start..].trim_end();
    let len = text.find(char::is_whitespace).unwrap_or(text.len());
    text.starts_with('\\').then(|| SemanticToken::new(Span::new(start, start + len), Kind::Command))
}

fn is_string(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Sconst | TokenKind::Usconst)
}

/// What a token is that is no word; `None` for what needs no colour.
fn lexical(token: &Token, text: &str) -> Option<SemanticToken> {
    let kind = match token.kind {
        _ if token.is_comment() => Kind::Comment,
        TokenKind::Sconst | TokenKind::Usconst | TokenKind::Bconst | TokenKind::Xconst => Kind::String,
        TokenKind::Iconst | TokenKind::Fconst => Kind::Number,
        TokenKind::Param => Kind::Parameter,
        TokenKind::Ident | TokenKind::Uident => return None,
        _ if matches!(text, "(" | ")" | "[" | "]" | "," | ";" | "." | ":") => return None,
        _ => Kind::Operator,
    };
    Some(SemanticToken::new(token.span, kind))
}

/// What one token is; `None` for what needs no colour.
fn one(
    written: &Written,
    names: &names::Names,
    token: &Token,
    terminal: Option<u32>,
) -> Option<SemanticToken> {
    let is = |kind| Some(SemanticToken::new(token.span, kind));
    match token.kind {
        TokenKind::Sconst | TokenKind::Usconst if terminal.is_some_and(|n| is_label(written, n)) => {
            return Some(SemanticToken {
                span: token.span,
                kind: Kind::EnumLabel,
                modifiers: modifier::DECLARATION | modifier::READONLY,
            });
        }
        TokenKind::Ident | TokenKind::Uident => {}
        _ if token.is_keyword() => {}
        _ => return lexical(token, written.slice(token.span)),
    }
    let Some(n) = terminal else {
        return if token.is_keyword() { is(Kind::Keyword) } else { None };
    };
    let Some(owner) = written.tree.owner(n) else {
        return if token.is_keyword() { is(Kind::Keyword) } else { None };
    };
    if token.is_keyword() && !is_word_class(written.tree.name(owner)) {
        if in_type(written, owner) {
            return Some(SemanticToken {
                span: token.span,
                kind: Kind::Type,
                modifiers: modifier::DEFAULT_LIBRARY,
            });
        }
        return is(Kind::Keyword);
    }
    names.token(n)
}

/// The nonterminals under which a keyword is a name.
fn is_word_class(name: &str) -> bool {
    matches!(
        name,
        "unreserved_keyword"
            | "col_name_keyword"
            | "type_func_name_keyword"
            | "reserved_keyword"
            | "bare_label_keyword"
    )
}

/// Whether a keyword's node is part of a type that the grammar knows: `double precision`, `timestamp with time zone`.
fn in_type(written: &Written, owner: NodeId) -> bool {
    let mut node = Some(owner);
    for _ in 0..6 {
        let Some(at) = node else { return false };
        match written.tree.name(at) {
            "Numeric" | "Bit" | "ConstBit" | "Character" | "ConstCharacter" | "ConstDatetime"
            | "ConstInterval" | "JsonType" => return true,
            "opt_float"
            | "opt_varying"
            | "opt_timezone"
            | "opt_interval"
            | "interval_second"
            | "character"
            | "BitWithLength"
            | "BitWithoutLength"
            | "CharacterWithLength"
            | "CharacterWithoutLength" => {
                if written.tree.name(at) == "opt_interval" {
                    return true;
                }
                node = written.tree.parent(at);
            }
            _ => return false,
        }
    }
    false
}

/// Whether a string is a label of an enum type that is made or gets one.
fn is_label(written: &Written, terminal: u32) -> bool {
    written
        .tree
        .ancestors(terminal)
        .take(3)
        .any(|node| matches!(written.tree.name(node), "enum_val_list" | "AlterEnumStmt"))
}

#[cfg(test)]
mod tests;
