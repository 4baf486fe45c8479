//! The arguments of `format()` and RAISE, and the comparisons in WHERE.

use super::super::statement::strings;
use super::{Checker, Weight};
use crate::syntax::ast::{FuncCall, Node, NodeEnum, SelectStmt, a_const};
use crate::syntax::walk::parts;
use crate::syntax::{Parse, grammar};
use crate::text::Span;

/// A place of an argument in a format's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Which argument it takes, from 0.
    pub argument: usize,
    /// 's', 'I' or 'L'.
    pub kind: char,
}

/// What a format's text takes, or PostgreSQL's error (varlena.c: text_format).
pub fn conversions(text: &str) -> Result<Vec<Conversion>, (&'static str, String)> {
    let mut found = Vec::new();
    let mut next = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            continue;
        }
        let mut number = String::new();
        let mut take_number = |chars: &mut std::iter::Peekable<std::str::Chars>| {
            number.clear();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                number.push(digit);
            }
            number.parse::<usize>().ok()
        };
        let first = take_number(&mut chars);
        let mut own = None;
        if first.is_some() && chars.next_if_eq(&'$').is_some() {
            own = first;
            if own == Some(0) {
                return Err((
                    "22023",
                    "format specifies argument 0, but arguments are numbered from 1".into(),
                ));
            }
            while chars.next_if_eq(&'-').is_some() {}
            take_number(&mut chars);
        }
        while chars.next_if_eq(&'-').is_some() {
            take_number(&mut chars);
        }
        if chars.next_if_eq(&'*').is_some() {
            match take_number(&mut chars) {
                Some(_) if chars.next_if_eq(&'$').is_some() => {}
                _ => next += 1,
            }
        }
        let Some(kind) = chars.next() else {
            return Err(("22023", "unterminated format() type specifier".into()));
        };
        if !matches!(kind, 's' | 'I' | 'L') {
            return Err(("22023", format!("unrecognized format() type specifier \"{kind}\"")));
        }
        let argument = match own {
            Some(own) => {
                next = own;
                own - 1
            }
            None => {
                next += 1;
                next - 1
            }
        };
        found.push(Conversion { argument, kind });
    }
    Ok(found)
}

/// A call of `format` with a literal for its text: that, and the arguments behind it.
pub fn format_call(call: &FuncCall) -> Option<(&str, &[Node])> {
    let names = strings(&call.funcname);
    let is_format = match &names[..] {
        [name] => &**name == "format",
        [schema, name] => &**schema == "pg_catalog" && &**name == "format",
        _ => false,
    };
    if !is_format || call.func_variadic {
        return None;
    }
    Some((literal(call.args.first()?)?, &call.args[1..]))
}

/// The text of a literal.
pub fn literal(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Sval(text) => Some(&text.sval),
            _ => None,
        },
        NodeEnum::TypeCast(cast) => {
            let name = strings(&cast.type_name.as_ref()?.names);
            let is_text = name.last().is_some_and(|name| matches!(&**name, "text" | "varchar"));
            is_text.then(|| literal(cast.arg.as_deref()?))?
        }
        _ => None,
    }
}

impl Checker<'_> {
    /// The calls of `format` in a piece that begins at `start` of the body.
    pub(super) fn formats(&mut self, parse: &Parse, start: isize) {
        let mut todo: Vec<&NodeEnum> = parse.nodes().collect();
        while let Some(node) = todo.pop() {
            todo.extend(parts(node).into_iter().filter_map(|child| child.node.as_ref()));
            let NodeEnum::FuncCall(call) = node else { continue };
            let Some((text, arguments)) = format_call(call) else { continue };
            let span = self.token_at(usize::try_from(call.location as isize + start).unwrap_or(0));
            match conversions(text) {
                Err((code, message)) => self.fails(span, code, message),
                Ok(found) => {
                    let wanted = found.iter().map(|conversion| conversion.argument + 1).max().unwrap_or(0);
                    // A width from an argument takes one, too.
                    let widths = text.matches('*').count();
                    if wanted > arguments.len() {
                        self.fails(span, "22023", "too few arguments for format()");
                    } else if wanted + widths < arguments.len() {
                        let message = "format() is given more arguments than its text has places for";
                        self.say(span, Weight::Warning, "unused-format-argument", message);
                    }
                }
            }
        }
    }
}

/// The tables of a query, as schema, name and alias.
type Tables = [(Option<String>, String, String)];

/// Tells each comparison in the WHERE of a statement, with the tables of its FROM and where its operator stands.
pub fn each_condition(node: &NodeEnum, tell: &mut dyn FnMut(&Tables, &Node, &Node, i32)) {
    let mut todo: Vec<&NodeEnum> = vec![node];
    while let Some(node) = todo.pop() {
        let (condition, tables) = match node {
            NodeEnum::SelectStmt(select) => (select.where_clause.as_deref(), from(select)),
            NodeEnum::UpdateStmt(update) => {
                (update.where_clause.as_deref(), update.relation.iter().map(named).collect())
            }
            NodeEnum::DeleteStmt(delete) => {
                (delete.where_clause.as_deref(), delete.relation.iter().map(named).collect())
            }
            _ => (None, Vec::new()),
        };
        todo.extend(parts(node).into_iter().filter_map(|child| child.node.as_ref()));
        let mut conditions: Vec<&Node> = condition.into_iter().collect();
        while let Some(part) = conditions.pop() {
            match &part.node {
                Some(NodeEnum::BoolExpr(e)) => conditions.extend(&e.args),
                Some(NodeEnum::AExpr(e)) => {
                    let is_comparison = strings(&e.name)
                        .last()
                        .is_some_and(|name| matches!(&**name, "=" | "<" | ">" | "<=" | ">="));
                    if let (true, Some(left), Some(right)) = (is_comparison, &e.lexpr, &e.rexpr) {
                        tell(&tables, left, right, e.location);
                    }
                }
                _ => {}
            }
        }
    }
}

fn from(select: &SelectStmt) -> Vec<(Option<String>, String, String)> {
    let mut found = Vec::new();
    let mut todo: Vec<&Node> = select.from_clause.iter().collect();
    while let Some(node) = todo.pop() {
        match &node.node {
            Some(NodeEnum::RangeVar(range)) => found.push(named(range)),
            Some(NodeEnum::JoinExpr(join)) => {
                todo.extend(join.larg.as_deref().into_iter().chain(join.rarg.as_deref()))
            }
            _ => {}
        }
    }
    found
}

fn named(range: &crate::syntax::ast::RangeVar) -> (Option<String>, String, String) {
    let alias = range.alias.as_ref().map_or(&range.relname, |alias| &alias.aliasname);
    let schema = (!range.schemaname.is_empty()).then(|| range.schemaname.clone());
    (schema, range.relname.clone(), alias.clone())
}

/// The first token of a text, where it stands in it.
pub fn first_token(text: &str) -> Option<Span> {
    let (tokens, _) = grammar::scan(text);
    tokens.iter().find(|token| !token.is_comment()).map(|token| token.span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(usize, char)> {
        conversions(text).unwrap().iter().map(|found| (found.argument, found.kind)).collect()
    }

    #[test]
    fn conversions_take_arguments_in_their_order() {
        assert_eq!(kinds("a %s %% %I"), [(0, 's'), (1, 'I')]);
        assert_eq!(kinds("%2$L %s %1$s %s"), [(1, 'L'), (2, 's'), (0, 's'), (1, 's')]);
        assert_eq!(kinds("%-10s %*s"), [(0, 's'), (2, 's')]);
        assert!(conversions("%x").is_err() && conversions("a %").is_err() && conversions("%0$s").is_err());
    }
}
