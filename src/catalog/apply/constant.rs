//! Expressions in DO blocks that have the same value whatever is in the tables.

use crate::syntax::ast::{
    self, AConst, AExprKind, BoolExprType, BoolTestType, Node, NodeEnum, NodeRef, NullTestType, SubLinkType,
    a_const::Val,
};

use super::super::model::Catalog;
use super::super::quote;
use super::variables::{Form, Variables};
use super::{string, strings};

/// A value, if it is known.
pub(super) type Known = Option<Constant>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    Null,
    /// In a type's text form; numbers too.
    Text(String),
    /// A text of which only the beginning is known. Of expressions only those have one that put texts together.
    Begins(String),
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

    /// As a condition: within, `None` of NULL; without, of what is no truth, which is an error.
    pub fn truth(&self) -> Option<Option<bool>> {
        match self {
            Constant::Null => Some(None),
            Constant::Truth(truth) => Some(Some(*truth)),
            Constant::Text(text) => crate::catalog::types::parse_bool(text.trim()).map(Some),
            Constant::List(_) | Constant::Begins(_) => None,
        }
    }

    /// What a type's output function prints, as `concat` and `format` have it; of NULL nothing.
    fn output(&self) -> Option<String> {
        match self {
            Constant::Text(text) => Some(text.clone()),
            Constant::Truth(truth) => Some(if *truth { "t" } else { "f" }.to_owned()),
            Constant::Null => Some(String::new()),
            Constant::List(_) | Constant::Begins(_) => None,
        }
    }

    /// As the cast to text has it, which `||` uses too: the words for a truth are whole there.
    pub fn cast_to_text(&self) -> Option<String> {
        match self {
            Constant::Truth(truth) => Some(truth.to_string()),
            Constant::Text(text) => Some(text.clone()),
            Constant::Null | Constant::List(_) | Constant::Begins(_) => None,
        }
    }

    /// Whether `=` holds: within, `None` of NULL; without, where the types decide, which are not kept.
    fn equals(&self, other: &Constant) -> Option<Option<bool>> {
        match (self, other) {
            (Constant::Null, _) | (_, Constant::Null) => Some(None),
            (Constant::List(_) | Constant::Begins(_), _) | (_, Constant::List(_) | Constant::Begins(_)) => {
                None
            }
            (Constant::Truth(one), other) | (other, Constant::Truth(one)) => {
                Some(Some(other.truth()?? == *one))
            }
            (Constant::Text(one), Constant::Text(other)) if one == other => Some(Some(true)),
            (Constant::Text(one), Constant::Text(other)) => {
                let number = |text: &str| text.trim().parse::<f64>().ok();
                let may_be_equal = number(one).is_some() && number(one) == number(other);
                (!may_be_equal).then_some(Some(false))
            }
        }
    }
}

/// What an expression is worked out in.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub catalog: &'a Catalog,
    pub variables: &'a Variables,
    /// The columns of a view's row, by name.
    pub row: &'a [(&'a str, &'a str)],
    /// Whether [`ANY`] stands for what is not known where it is quoted as a literal.
    pub fills: bool,
}

/// Stands for a literal that is not known.
const ANY: &str = "any";

impl<'a> Scope<'a> {
    fn new(catalog: &'a Catalog, variables: &'a Variables) -> Scope<'a> {
        Scope { catalog, variables, row: &[], fills: false }
    }
}

/// The value of an expression as PL/pgSQL keeps it: a SELECT without FROM, or an assignment.
pub(super) fn of_statement(catalog: &Catalog, variables: &Variables, node: &NodeEnum) -> Known {
    Scope::new(catalog, variables).value(expression(node)?)
}

/// The same of what is run or kept, where the beginning of a text tells something too.
pub(super) fn of_text(catalog: &Catalog, variables: &Variables, node: &NodeEnum) -> Known {
    Scope::new(catalog, variables).text(expression(node)?)
}

/// The same with any text in the place of literals that are not known: what a statement is and names.
pub(super) fn of_text_with_any_literals(
    catalog: &Catalog,
    variables: &Variables,
    node: &NodeEnum,
) -> Option<String> {
    match (Scope { fills: true, ..Scope::new(catalog, variables) }).value(expression(node)?)? {
        Constant::Text(text) => Some(text),
        _ => None,
    }
}

/// The same of an expression by itself.
pub(super) fn of_expression(catalog: &Catalog, variables: &Variables, node: &Node) -> Known {
    Scope::new(catalog, variables).text(node)
}

/// The value that a query of a system view gives to the one variable behind INTO.
pub(super) fn of_query(catalog: &Catalog, variables: &Variables, node: &NodeEnum) -> Known {
    let NodeEnum::SelectStmt(select) = node else { return None };
    let scope = Scope::new(catalog, variables);
    match select.from_clause.is_empty() {
        true => scope.value(expression(node)?),
        false => super::existence::value(&scope, select),
    }
}

/// Whether an expression asks for rows that exist.
pub(super) fn asks_for_existence(node: &NodeEnum) -> bool {
    let is_exists = |node: &NodeRef| matches!(node, NodeRef::SubLink(link) if link.sub_link_type() == SubLinkType::ExistsSublink);
    node.nodes().iter().any(|(node, ..)| is_exists(node))
}

fn expression(node: &NodeEnum) -> Option<&Node> {
    let select = match node {
        NodeEnum::SelectStmt(select) => select,
        // Of `variable[1] := …` only a part is given.
        NodeEnum::PlassignStmt(assign) if assign.indirection.is_empty() => assign.val.as_ref()?,
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
        self.text(node).filter(|value| !matches!(value, Constant::Begins(_)))
    }

    /// The value, or how a text begins whose rest is not known.
    fn text(&self, node: &Node) -> Known {
        match node.node.as_ref()? {
            NodeEnum::AConst(constant) => literal(constant),
            NodeEnum::ColumnRef(column) => match column.fields.as_slice() {
                [only] => match self.row.iter().find(|(name, _)| *name == string(only)) {
                    Some((_, value)) => Some(Constant::Text((*value).to_owned())),
                    None => self.variables.get(string(only)),
                },
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
                let truth = self.value(test.arg.as_deref()?)?.truth()?;
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
        let value = self.text(cast.arg.as_deref()?)?;
        let name = cast.type_name.as_ref()?;
        let named = strings(&name.names).last().copied().unwrap_or_default();
        let form = match (named, name.array_bounds.len()) {
            _ if !name.typmods.is_empty() => Form::Other,
            ("text" | "varchar", 0) => Form::Text,
            ("text" | "varchar", 1) => Form::Texts,
            ("int2" | "int4" | "int8", 0) => Form::Whole,
            ("bool", 0) => Form::Truth,
            // A name of an object means the same as before.
            ("regclass" | "regtype" | "regnamespace" | "regproc" | "regprocedure", 0) => {
                return Some(value).filter(|value| !matches!(value, Constant::Begins(_)));
            }
            _ => Form::Other,
        };
        form.fit(value)
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
                    (!self.catalog.is_set(&setting)).then_some(Constant::Null)
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
                let mut out = String::new();
                for argument in &call.args {
                    match self.text(argument) {
                        Some(Constant::Begins(text)) => return begins(out + &text),
                        value => match value.as_ref().and_then(Constant::output) {
                            Some(text) => out += &text,
                            None => return begins(out),
                        },
                    }
                }
                Some(Constant::Text(out))
            }
            "quote_literal" | "quote_nullable" if self.fills && first().is_none() => {
                Some(Constant::Text(quote::literal(ANY)))
            }
            "format" => {
                self.format(&call.args.iter().map(|argument| self.text(argument)).collect::<Vec<_>>())
            }
            // Whether the whole needs quotes does not matter to how it begins.
            "quote_ident" if matches!(self.text(call.args.first()?), Some(Constant::Begins(_))) => {
                self.text(call.args.first()?)
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
        let of = |truth: Option<bool>| truth.map_or(Constant::Null, Constant::Truth);
        match (operation.kind(), name.as_slice()) {
            (AExprKind::AexprOp, ["||"]) => match (self.text(left)?, self.text(right)) {
                (Constant::Null, Some(_)) | (_, Some(Constant::Null)) => Some(Constant::Null),
                // With NULL it would be nothing.
                (Constant::Begins(one), _) => begins(one),
                (one, Some(Constant::Begins(other))) => begins(one.cast_to_text()? + &other),
                (one, Some(other)) => Some(Constant::Text(one.cast_to_text()? + &other.cast_to_text()?)),
                (one, None) => begins(one.cast_to_text()?),
            },
            (AExprKind::AexprOp, ["="]) => Some(of(self.value(left)?.equals(&self.value(right)?)?)),
            (AExprKind::AexprOp, ["<>" | "!="]) => {
                Some(of(self.value(left)?.equals(&self.value(right)?)?.map(|truth| !truth)))
            }
            (AExprKind::AexprIn, [operator]) => {
                let value = self.value(left)?;
                let mut found = Some(false);
                for item in super::list(right) {
                    match value.equals(&self.value(item)?)? {
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
                return Some(match values.into_iter().next()??.truth()? {
                    Some(truth) => Constant::Truth(!truth),
                    None => Constant::Null,
                });
            }
            BoolExprType::OrExpr => true,
            _ => false,
        };
        let truths: Vec<Option<Option<bool>>> =
            values.iter().map(|value| value.as_ref().and_then(Constant::truth)).collect();
        if truths.contains(&Some(Some(decides))) {
            return Some(Constant::Truth(decides));
        }
        let all: Option<Vec<Option<bool>>> = truths.into_iter().collect();
        Some(if all?.contains(&None) { Constant::Null } else { Constant::Truth(!decides) })
    }
}

fn begins(text: String) -> Known {
    (!text.is_empty()).then_some(Constant::Begins(text))
}

fn literal(constant: &AConst) -> Known {
    if constant.isnull {
        return Some(Constant::Null);
    }
    Some(match constant.val.as_ref()? {
        Val::Ival(value) => Constant::of_number(value.ival.into()),
        Val::Fval(value) => Constant::Text(plain_number(&value.fval)?),
        Val::Boolval(value) => Constant::Truth(value.boolval),
        Val::Sval(value) => Constant::Text(value.sval.clone()),
        Val::Bsval(_) => return None,
    })
}

/// A number that PostgreSQL prints as it is written.
fn plain_number(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_plain = [whole, part]
        .iter()
        .all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    (is_plain && (whole == "0" || !whole.starts_with('0'))).then(|| text.to_owned())
}

impl Scope<'_> {
    /// `format('… %I … %2$L', …)`; widths are not followed.
    fn format(&self, arguments: &[Known]) -> Known {
        let Some(Some(Constant::Text(pattern))) = arguments.first() else { return None };
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
                ('s' | 'I', Some(Constant::Begins(text))) => return begins(out + text),
                ('L', None | Some(Constant::Begins(_))) if self.fills => out += &quote::literal(ANY),
                (_, None | Some(Constant::Begins(_))) => return begins(out),
                ('s', Some(value)) => out += &value.output()?,
                ('I', Some(Constant::Text(text))) => out += &quote::identifier(text),
                ('L', Some(Constant::Null)) => out += "NULL",
                ('L', Some(value)) => out += &quote::literal(&value.output()?),
                _ => return None,
            }
            rest = &rest[1..];
        }
        Some(Constant::Text(out + rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::grammar::{self, ParseMode};

    fn value(expression: &str) -> Known {
        let tree = grammar::parse(&format!("SELECT {expression}"), ParseMode::Statements).unwrap();
        let node = tree.stmts[0].stmt.as_ref().unwrap().node.as_ref().unwrap();
        let mut variables = Variables::default();
        variables.declare("name", Form::Text, Some(Constant::Text("a b".into())));
        variables.declare("gone", Form::Text, None);
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
            ("'a' || true", text("atrue")),
            ("concat('a', true, NULL)", text("at")),
            ("format('%s %L', false, true)", text("f 't'")),
            ("1.0 = 1", None),
            ("1.50 || 'x'", text("1.50x")),
            ("1e3 || 'x'", None),
            ("'05'::int", text("5")),
            ("'abc'::varchar(2)", None),
            ("'2026-1-2'::date", None),
            ("'tru'::bool", Some(Constant::Truth(true))),
            ("'x'::bool", None),
            ("'ye' = true", Some(Constant::Truth(true))),
            ("concat('a', ARRAY['b'])", None),
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
