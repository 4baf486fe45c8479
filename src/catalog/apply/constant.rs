//! Expressions in DO blocks that have the same value whatever is in the tables.

use std::collections::HashMap;

use crate::syntax::ast::{
    self, AConst, AExprKind, BoolExprType, BoolTestType, Node, NodeEnum, NodeRef, NullTestType, SubLinkType,
    a_const::Val,
};

use super::super::model::Catalog;
use super::super::quote;
use super::{string, strings};

/// A value, if it is known.
pub(super) type Known = Option<Constant>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    Null,
    /// In a type's text form; numbers too.
    Text(String),
    Truth(bool),
    List(Vec<Constant>),
}

impl Constant {
    pub fn of_number(number: i64) -> Constant {
        Constant::Text(number.to_string())
    }

    pub fn number(&self) -> Option<i64> {
        match self {
            Constant::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// As a condition; `None` of NULL.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Constant::Truth(truth) => Some(*truth),
            Constant::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "t" | "true" | "on" | "yes" | "y" | "1" => Some(true),
                _ => Some(false),
            },
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Constant::Text(text) => text.clone(),
            Constant::Truth(true) => "t".to_owned(),
            Constant::Truth(false) => "f".to_owned(),
            Constant::Null | Constant::List(_) => String::new(),
        }
    }
}

type Variables = HashMap<String, Known>;

/// What an expression is worked out in.
pub(super) struct Scope<'a> {
    pub catalog: &'a Catalog,
    pub variables: &'a Variables,
}

/// The value of an expression as PL/pgSQL keeps it: a SELECT without FROM, or an assignment.
pub(super) fn of_statement(catalog: &Catalog, variables: &Variables, node: &NodeEnum) -> Known {
    Scope { catalog, variables }.value(expression(node)?)
}

/// The text that a value certainly begins with.
pub(super) fn beginning(catalog: &Catalog, variables: &Variables, node: &NodeEnum) -> Option<String> {
    Scope { catalog, variables }.beginning(expression(node)?)
}

/// Whether an expression asks for rows that exist.
pub(super) fn asks_for_existence(node: &NodeEnum) -> bool {
    let is_exists = |node: &NodeRef| matches!(node, NodeRef::SubLink(link) if link.sub_link_type() == SubLinkType::ExistsSublink);
    node.nodes().iter().any(|(node, ..)| is_exists(node))
}

fn expression(node: &NodeEnum) -> Option<&Node> {
    let select = match node {
        NodeEnum::SelectStmt(select) => select,
        NodeEnum::PlassignStmt(assign) => assign.val.as_ref()?,
        _ => return None,
    };
    let is_plain =
        select.from_clause.is_empty() && select.where_clause.is_none() && select.values_lists.is_empty();
    match select.target_list.as_slice() {
        [only] if is_plain => match &only.node {
            Some(NodeEnum::ResTarget(target)) => target.val.as_deref(),
            _ => None,
        },
        _ => None,
    }
}

impl Scope<'_> {
    pub fn value(&self, node: &Node) -> Known {
        match node.node.as_ref()? {
            NodeEnum::AConst(constant) => literal(constant),
            NodeEnum::ColumnRef(column) => match column.fields.as_slice() {
                [only] => self.variables.get(string(only)).cloned().flatten(),
                _ => None,
            },
            NodeEnum::TypeCast(cast) => self.cast(cast),
            NodeEnum::CoalesceExpr(list) => {
                for argument in &list.args {
                    match self.value(argument)? {
                        Constant::Null => {}
                        value => return Some(value),
                    }
                }
                Some(Constant::Null)
            }
            NodeEnum::FuncCall(call) => self.call(call),
            NodeEnum::AExpr(operation) => self.operation(operation),
            NodeEnum::BoolExpr(expression) => self.boolean(expression),
            NodeEnum::NullTest(test) => {
                let is_null = self.value(test.arg.as_deref()?)? == Constant::Null;
                Some(Constant::Truth(is_null == (test.nulltesttype() == NullTestType::IsNull)))
            }
            NodeEnum::BooleanTest(test) => {
                let truth = self.value(test.arg.as_deref()?)?.truth();
                Some(Constant::Truth(match test.booltesttype() {
                    BoolTestType::IsTrue => truth == Some(true),
                    BoolTestType::IsNotTrue => truth != Some(true),
                    BoolTestType::IsFalse => truth == Some(false),
                    BoolTestType::IsNotFalse => truth != Some(false),
                    BoolTestType::IsUnknown => truth.is_none(),
                    _ => truth.is_some(),
                }))
            }
            NodeEnum::SubLink(link) if link.sub_link_type() == SubLinkType::ExistsSublink => {
                match link.subselect.as_deref()?.node.as_ref()? {
                    NodeEnum::SelectStmt(select) => {
                        super::existence::has_rows(self, select).map(Constant::Truth)
                    }
                    _ => None,
                }
            }
            // `(SELECT …)` of an expression.
            NodeEnum::SubLink(link) if link.sub_link_type() == SubLinkType::ExprSublink => {
                self.value(expression(link.subselect.as_deref()?.node.as_ref()?)?)
            }
            NodeEnum::AArrayExpr(array) => {
                let items: Option<Vec<Constant>> =
                    array.elements.iter().map(|element| self.value(element)).collect();
                items.map(Constant::List)
            }
            _ => None,
        }
    }

    fn cast(&self, cast: &ast::TypeCast) -> Known {
        let value = self.value(cast.arg.as_deref()?)?;
        let name = cast.type_name.as_ref()?;
        let is_bool = strings(&name.names).last().is_some_and(|name| matches!(*name, "bool" | "boolean"));
        Some(match value {
            Constant::Text(_) if is_bool => Constant::Truth(value.truth()?),
            // `'{a,b}'::text[]`, of plain words.
            Constant::Text(text) if !name.array_bounds.is_empty() => {
                let inner = text.strip_prefix('{')?.strip_suffix('}')?;
                if inner.contains(['"', '\\', '{']) {
                    return None;
                }
                let items = inner.split(',').filter(|item| !item.is_empty());
                Constant::List(items.map(|item| Constant::Text(item.trim().to_owned())).collect())
            }
            other => other,
        })
    }

    fn call(&self, call: &ast::FuncCall) -> Known {
        let parts = strings(&call.funcname);
        let (schema, name) = super::split_name(&parts);
        if schema.is_some_and(|schema| schema != "pg_catalog") || call.func_variadic {
            return None;
        }
        let arguments: Vec<Known> = call.args.iter().map(|argument| self.value(argument)).collect();
        let first = || arguments.first().cloned().flatten();
        match name {
            // A setting of one's own that nobody has set is NULL. The script's own SETs are known; what a role or a
            // database has, or the session had before, is not looked at.
            "current_setting" => match (first()?, arguments.get(1).cloned().flatten()?) {
                (Constant::Text(setting), Constant::Truth(true)) if setting.contains('.') => {
                    let is_set = self.catalog.custom_settings.iter().any(|set| **set == *setting);
                    (!is_set).then_some(Constant::Null)
                }
                _ => None,
            },
            "to_regclass" => {
                let Constant::Text(text) = first()? else { return None };
                if self.catalog.unknown_names {
                    return None;
                }
                let (tokens, _) = crate::syntax::grammar::scan(&text);
                // A name that is no name, as one with a comment in it, is no relation either.
                let plain = tokens.iter().all(|token| !token.is_comment());
                let parts: Vec<&str> = text.split('.').map(|part| part.trim().trim_matches('"')).collect();
                let (schema, relation) = super::split_name(&parts);
                let exists = plain
                    && (self.catalog.relation(schema, relation).is_some()
                        || self.catalog.index(schema, relation).is_some());
                Some(if exists { Constant::Text(text) } else { Constant::Null })
            }
            "current_schema" if arguments.is_empty() => {
                self.catalog.creation_schema().map(|name| Constant::Text(name.to_string()))
            }
            "concat" => {
                let all: Option<Vec<Constant>> = arguments.into_iter().collect();
                Some(Constant::Text(all?.iter().map(Constant::text).collect()))
            }
            "format" => {
                let all: Option<Vec<Constant>> = arguments.into_iter().collect();
                format(&all?)
            }
            "quote_ident" | "quote_literal" | "lower" | "upper" | "trim" | "btrim" => match first()? {
                Constant::Text(text) if arguments.len() == 1 => Some(Constant::Text(match name {
                    "quote_ident" => quote::identifier(&text),
                    "quote_literal" => quote::literal(&text),
                    "lower" => text.to_lowercase(),
                    "upper" => text.to_uppercase(),
                    _ => text.trim_matches(' ').to_owned(),
                })),
                Constant::Null => Some(Constant::Null),
                _ => None,
            },
            _ => None,
        }
    }

    fn operation(&self, operation: &ast::AExpr) -> Known {
        let name = strings(&operation.name);
        let (left, right) = (operation.lexpr.as_deref()?, operation.rexpr.as_deref()?);
        let equals = |one: &Constant, other: &Constant| match (one, other) {
            (Constant::Null, _) | (_, Constant::Null) => None,
            (Constant::Truth(one), other) | (other, Constant::Truth(one)) => {
                Some(other.truth() == Some(*one))
            }
            _ => Some(one == other),
        };
        let of = |truth: Option<bool>| truth.map_or(Constant::Null, Constant::Truth);
        match (operation.kind(), name.as_slice()) {
            (AExprKind::AexprOp, ["||"]) => match (self.value(left)?, self.value(right)?) {
                (Constant::Null, _) | (_, Constant::Null) => Some(Constant::Null),
                (Constant::List(_), _) | (_, Constant::List(_)) => None,
                (one, other) => Some(Constant::Text(one.text() + &other.text())),
            },
            (AExprKind::AexprOp, ["="]) => Some(of(equals(&self.value(left)?, &self.value(right)?))),
            (AExprKind::AexprOp, ["<>" | "!="]) => {
                Some(of(equals(&self.value(left)?, &self.value(right)?).map(|truth| !truth)))
            }
            (AExprKind::AexprIn, [operator]) => {
                let value = self.value(left)?;
                let mut found = Some(false);
                for item in super::list(right) {
                    match equals(&value, &self.value(item)?) {
                        Some(true) => {
                            found = Some(true);
                            break;
                        }
                        None => found = None,
                        Some(false) => {}
                    }
                }
                Some(of(if *operator == "=" { found } else { found.map(|truth| !truth) }))
            }
            _ => None,
        }
    }

    fn boolean(&self, expression: &ast::BoolExpr) -> Known {
        let values: Vec<Known> = expression.args.iter().map(|argument| self.value(argument)).collect();
        let decides = match expression.boolop() {
            BoolExprType::NotExpr => {
                return Some(match values.into_iter().next()??.truth() {
                    Some(truth) => Constant::Truth(!truth),
                    None => Constant::Null,
                });
            }
            BoolExprType::OrExpr => true,
            _ => false,
        };
        let truths: Vec<Option<Option<bool>>> =
            values.iter().map(|value| value.as_ref().map(Constant::truth)).collect();
        if truths.contains(&Some(Some(decides))) {
            return Some(Constant::Truth(decides));
        }
        let all: Option<Vec<Option<bool>>> = truths.into_iter().collect();
        Some(if all?.contains(&None) { Constant::Null } else { Constant::Truth(!decides) })
    }

    fn beginning(&self, node: &Node) -> Option<String> {
        if let Some(Constant::Text(text)) = self.value(node) {
            return Some(text);
        }
        match node.node.as_ref()? {
            NodeEnum::AExpr(operation) if strings(&operation.name) == ["||"] => {
                self.beginning(operation.lexpr.as_deref()?)
            }
            NodeEnum::FuncCall(call)
                if matches!(strings(&call.funcname).last(), Some(&("format" | "concat"))) =>
            {
                self.beginning(call.args.first()?)
            }
            NodeEnum::TypeCast(cast) => self.beginning(cast.arg.as_deref()?),
            _ => None,
        }
    }
}

fn literal(constant: &AConst) -> Known {
    if constant.isnull {
        return Some(Constant::Null);
    }
    Some(match constant.val.as_ref()? {
        Val::Ival(value) => Constant::of_number(value.ival.into()),
        Val::Fval(value) => Constant::Text(value.fval.clone()),
        Val::Boolval(value) => Constant::Truth(value.boolval),
        Val::Sval(value) => Constant::Text(value.sval.clone()),
        Val::Bsval(_) => return None,
    })
}

/// `format('… %I … %2$L', …)`; widths are not followed.
fn format(arguments: &[Constant]) -> Known {
    let Some(Constant::Text(pattern)) = arguments.first() else { return None };
    let mut out = String::new();
    let mut next = 1;
    let mut rest = pattern.as_str();
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && rest[digits..].starts_with('$') {
            next = rest[..digits].parse().ok()?;
            rest = &rest[digits + 1..];
        }
        let value = arguments.get(next)?;
        next += 1;
        match (rest.chars().next()?, value) {
            ('s', value) => out += &value.text(),
            ('I', Constant::Text(text)) => out += &quote::identifier(text),
            ('L', Constant::Null) => out += "NULL",
            ('L', value) => out += &quote::literal(&value.text()),
            _ => return None,
        }
        rest = &rest[1..];
    }
    Some(Constant::Text(out + rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::grammar::{self, ParseMode};

    fn value(expression: &str) -> Known {
        let tree = grammar::parse(&format!("SELECT {expression}"), ParseMode::Statements).unwrap();
        let node = tree.stmts[0].stmt.as_ref().unwrap().node.as_ref().unwrap();
        let variables = HashMap::from([
            ("name".to_owned(), Some(Constant::Text("a b".into()))),
            ("gone".to_owned(), None),
        ]);
        of_statement(&Catalog::default(), &variables, node)
    }

    #[test]
    fn constants_have_the_values_that_they_have_on_a_server() {
        let text = |text: &str| Some(Constant::Text(text.into()));
        for (expression, expected) in [
            ("'a' || name || 1", text("aa b1")),
            ("format('%I.%s %L %%', name, 1, 'it''s')", text("\"a b\".1 'it''s' %")),
            ("format('%2$s%1$s', 'a', 'b')", text("ba")),
            ("coalesce(current_setting('app.x', true), 'false')::boolean", Some(Constant::Truth(false))),
            ("current_setting('work_mem')", None),
            ("gone", None),
            ("gone = 'x' AND 1 = 2", Some(Constant::Truth(false))),
            ("gone IS NULL OR true", Some(Constant::Truth(true))),
            ("NOT (name = 'a b')", Some(Constant::Truth(false))),
            ("name IN ('x', 'a b')", Some(Constant::Truth(true))),
            ("name NOT IN ('x', NULL)", Some(Constant::Null)),
            ("NULL || 'a'", Some(Constant::Null)),
            ("to_regclass('public.t') IS NULL", Some(Constant::Truth(true))),
            ("(SELECT to_regclass('/* */t') IS NOT NULL)", Some(Constant::Truth(false))),
            ("(SELECT count(*) FROM pg_class)", None),
            ("now()", None),
        ] {
            assert_eq!(value(expression), expected, "{expression}");
        }
        let list = |items: &[&str]| {
            Some(Constant::List(items.iter().map(|item| Constant::Text((*item).into())).collect()))
        };
        assert_eq!(value("ARRAY['a', 'b']"), list(&["a", "b"]));
        assert_eq!(value("'{a,b}'::text[]"), list(&["a", "b"]));
    }
}
