//! A condition on one column: fixed by literals (an index's predicate) or asked by something that varies (its key).

use crate::catalog::model::{ConstraintKind, Generated, Relation};
use crate::catalog::{Catalog, Name, TypeRef, quote};
use crate::effects::volatility::{Evaluated, evaluated};
use crate::syntax::ast::{
    self, AExprKind, BoolExprType, BoolTestType, Node, NodeEnum, NullTestType, a_const::Val,
};
use crate::syntax::walk;
use crate::text::Span;

use super::class::{Class, class, class_name, is_text};
use super::scope::{Conjunct, Meaning, Scope, string};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub column: Name,
    pub test: Test,
    /// From its first token to the start of its last.
    pub span: Span,
    /// The column's type is one of few values: text, an enum, a boolean; a number only if nothing better is there.
    categorical: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// `=`, `<>`, `<` … a literal.
    Compare(&'static str, Literal),
    OneOf(Vec<Literal>),
    NoneOf(Vec<Literal>),
    Null,
    NotNull,
    /// The column is the condition, or its opposite.
    Is(bool),
    /// `IS TRUE`, `IS NOT FALSE` …
    Truth(&'static str),
    /// Equal to something that is known when the query runs; `join` where it is a column of another source.
    Asked {
        join: bool,
    },
    /// Within limits that are known when the query runs.
    Within,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(String),
    Bool(bool),
}

impl Literal {
    fn sql(&self) -> String {
        match self {
            Literal::Text(text) => quote::literal(text),
            Literal::Number(text) => text.clone(),
            Literal::Bool(value) => value.to_string(),
        }
    }

    /// As `pg_stats` prints a value.
    pub fn plain(&self) -> String {
        match self {
            Literal::Text(text) | Literal::Number(text) => text.clone(),
            Literal::Bool(value) => (if *value { "t" } else { "f" }).into(),
        }
    }
}

impl Condition {
    pub fn sql(&self) -> String {
        let column = quote::identifier(&self.column);
        let list = |values: &[Literal]| values.iter().map(Literal::sql).collect::<Vec<_>>().join(", ");
        match &self.test {
            Test::Compare(operator, value) => format!("{column} {operator} {}", value.sql()),
            Test::OneOf(values) => format!("{column} IN ({})", list(values)),
            Test::NoneOf(values) => format!("{column} NOT IN ({})", list(values)),
            Test::Null => format!("{column} IS NULL"),
            Test::NotNull => format!("{column} IS NOT NULL"),
            Test::Is(true) => column,
            Test::Is(false) => format!("NOT {column}"),
            Test::Truth(test) => format!("{column} {test}"),
            Test::Asked { .. } | Test::Within => String::new(),
        }
    }

    /// What the condition picks out, for a name: `pending`, `not_deleted_at`.
    pub fn word(&self) -> String {
        let plain = |values: &[Literal]| {
            values
                .iter()
                .map(|value| word(&value.plain()))
                .filter(|w| !w.is_empty())
                .collect::<Vec<_>>()
                .join("_")
        };
        match &self.test {
            Test::Compare("=", Literal::Text(text)) => word(text),
            Test::Compare("<>", Literal::Text(text)) => format!("not_{}", word(text)),
            Test::Compare("=", value) => format!("{}_{}", self.column, word(&value.plain())),
            Test::Compare(_, _) => self.column.to_string(),
            Test::OneOf(values) => plain(values),
            Test::NoneOf(values) => format!("not_{}", plain(values)),
            Test::Null => format!("{}_null", self.column),
            Test::NotNull => format!("{}_not_null", self.column),
            Test::Is(true) => self.column.to_string(),
            Test::Is(false) => format!("not_{}", self.column),
            Test::Truth(test) => format!("{}_{}", self.column, word(test.trim_start_matches("IS "))),
            Test::Asked { .. } | Test::Within => String::new(),
        }
    }

    /// Whether a literal fixes the column to one value, so that it may stand in a key without disturbing the order.
    pub fn fixes_value(&self) -> bool {
        matches!(
            self.test,
            Test::Compare("=", _) | Test::Null | Test::Is(_) | Test::Truth("IS TRUE" | "IS FALSE")
        )
    }
}

/// Letters and digits, for a name.
fn word(text: &str) -> String {
    let mut word = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else if !word.ends_with('_') && !word.is_empty() {
            word.push('_');
        }
    }
    word.trim_end_matches('_').to_owned()
}

/// The condition that a conjunct puts on a column of source `n`, if it is one that an index can serve.
pub(super) fn of(
    catalog: &Catalog,
    scope: &Scope<'_>,
    n: usize,
    relation: &Relation,
    conjunct: &Conjunct<'_>,
) -> Option<Condition> {
    let node = match conjunct {
        Conjunct::Expression(node) => node,
        Conjunct::Using(column, sources) => {
            relation.column(column).filter(|_| sources.contains(&n))?;
            let test = Test::Asked { join: true };
            return Some(Condition { column: column.clone(), test, span: Span::at(0), categorical: false });
        }
    };
    let reader = Reader { catalog, scope, n, relation };
    let (column, test) = reader.read(node)?;
    let told = relation.column(&column)?;
    // No index can have a virtual column; and what is known of a NOT NULL column the planner leaves out of the query, so
    // that it cannot be matched with an index's condition.
    if told.generated == Some(Generated::Virtual)
        || told.not_null && matches!(test, Test::Null | Test::NotNull)
    {
        return None;
    }
    let ty = &told.ty;
    let class = class(catalog, ty);
    let fits = match &test {
        // Times and the like depend on settings, or move; they are asked, not fixed.
        Test::Compare(_, _) | Test::OneOf(_) | Test::NoneOf(_) => class != Class::Other,
        _ => true,
    };
    let test = match (fits, test) {
        (true, test) => test,
        (false, Test::Compare("=", _) | Test::OneOf(_)) => Test::Asked { join: false },
        (false, Test::Compare("<" | "<=" | ">" | ">=", _)) => Test::Within,
        (false, _) => return None,
    };
    // Text is rarely cut by < and >; as a key it can be.
    let test = match test {
        Test::Compare("<" | "<=" | ">" | ">=", _) if class == Class::Few => Test::Within,
        test => test,
    };
    let categorical = class == Class::Few || matches!(test, Test::Null | Test::NotNull);
    Some(Condition { column, test, span: span(node), categorical })
}

/// Which conditions make the predicate and which the key. Text, enums, booleans and nulls are fixed; a number is, when
/// it is not a key of the table and something else is asked for.
pub(super) fn divide(
    relation: &Relation,
    conditions: Vec<Condition>,
    ordered: &[Name],
) -> (Vec<Condition>, Vec<Condition>) {
    let is_key = |column: &Name| {
        relation.constraints.iter().any(|constraint| {
            matches!(
                constraint.kind,
                ConstraintKind::PrimaryKey | ConstraintKind::ForeignKey | ConstraintKind::Unique
            ) && constraint.columns.contains(column)
        })
    };
    let is_asked = |condition: &Condition| matches!(condition.test, Test::Asked { .. } | Test::Within);
    let has_better = conditions.iter().any(|condition| condition.categorical && !is_asked(condition));
    let (mut fixed, mut asked) = (Vec::new(), Vec::new());
    for mut condition in conditions {
        let null = matches!(condition.test, Test::Null | Test::NotNull);
        let key = is_key(&condition.column) && !null;
        // Limits of the very column that is ordered by are the order's, not a choice of rows.
        let limit = matches!(condition.test, Test::Compare("<" | "<=" | ">" | ">=", _));
        if limit && ordered.contains(&condition.column) {
            condition.test = Test::Within;
        }
        if is_asked(&condition) {
            asked.push(condition);
        } else if !key && (condition.categorical || !has_better) {
            fixed.push(condition);
        } else {
            match &condition.test {
                Test::Compare("=", _) | Test::OneOf(_) => condition.test = Test::Asked { join: false },
                Test::Compare("<>", _) | Test::NoneOf(_) | Test::Is(_) | Test::Truth(_) => {
                    if !key {
                        fixed.push(condition);
                    }
                    continue;
                }
                _ => condition.test = Test::Within,
            }
            asked.push(condition);
        }
    }
    // What is fixed need not be told twice, and a column that is asked as well is better a key.
    fixed.retain(|condition| {
        !asked.iter().any(|other| other.column == condition.column)
            || matches!(condition.test, Test::Null | Test::NotNull)
    });
    let mut seen: Vec<String> = Vec::new();
    fixed.retain(|condition| {
        let sql = condition.sql();
        let new = !seen.contains(&sql);
        seen.push(sql);
        new
    });
    (fixed, asked)
}

struct Reader<'r, 'c> {
    catalog: &'r Catalog,
    scope: &'r Scope<'c>,
    n: usize,
    relation: &'r Relation,
}

impl Reader<'_, '_> {
    fn read(&self, node: &Node) -> Option<(Name, Test)> {
        match node.node.as_ref()? {
            NodeEnum::ColumnRef(_) => self.boolean(node, true),
            NodeEnum::BoolExpr(e) if e.boolop == BoolExprType::NotExpr as i32 => {
                self.boolean(e.args.first()?, false)
            }
            NodeEnum::NullTest(test) => {
                let column = self.column(test.arg.as_deref()?)?;
                let null = test.nulltesttype == NullTestType::IsNull as i32;
                Some((column, if null { Test::Null } else { Test::NotNull }))
            }
            NodeEnum::BooleanTest(test) => {
                let (column, _) = self.boolean(test.arg.as_deref()?, true)?;
                let text = match BoolTestType::try_from(test.booltesttype).ok()? {
                    BoolTestType::IsTrue => "IS TRUE",
                    BoolTestType::IsNotTrue => "IS NOT TRUE",
                    BoolTestType::IsFalse => "IS FALSE",
                    BoolTestType::IsNotFalse => "IS NOT FALSE",
                    BoolTestType::IsUnknown => return Some((column, Test::Null)),
                    BoolTestType::IsNotUnknown => return Some((column, Test::NotNull)),
                    BoolTestType::Undefined => return None,
                };
                Some((column, Test::Truth(text)))
            }
            NodeEnum::AExpr(expression) => self.operator(expression),
            NodeEnum::SubLink(link) => {
                // column IN (SELECT …), when the subquery does not depend on this table.
                let any =
                    link.sub_link_type == ast::SubLinkType::AnySublink as i32 && link.oper_name.is_empty();
                let column = self.column(link.testexpr.as_deref()?)?;
                (any && self.varies_elsewhere(link.subselect.as_deref()?)?.is_some())
                    .then_some((column, Test::Asked { join: true }))
            }
            _ => None,
        }
    }

    fn boolean(&self, node: &Node, value: bool) -> Option<(Name, Test)> {
        let column = self.column(node)?;
        (class_name(self.catalog, &self.relation.column(&column)?.ty).as_deref() == Some("bool"))
            .then_some((column, Test::Is(value)))
    }

    fn operator(&self, e: &ast::AExpr) -> Option<(Name, Test)> {
        let name = match &e.name[..] {
            [name] => string(name)?,
            _ => return None,
        };
        let (left, right) = (e.lexpr.as_deref()?, e.rexpr.as_deref()?);
        match AExprKind::try_from(e.kind).ok()? {
            AExprKind::AexprOp => {
                if let Some(column) = self.column(left) {
                    return self.compare(column, operator(name)?, right);
                }
                let column = self.column(right)?;
                self.compare(column, flipped(operator(name)?), left)
            }
            AExprKind::AexprIn => {
                let column = self.column(left)?;
                let Some(NodeEnum::List(list)) = &right.node else { return None };
                let values: Option<Vec<Literal>> =
                    list.items.iter().map(|item| self.literal(&column, item)).collect();
                match (values, name) {
                    (Some(values), "=") => Some((column, Test::OneOf(values))),
                    (Some(values), "<>") => Some((column, Test::NoneOf(values))),
                    (None, "=") => {
                        for item in &list.items {
                            self.varies_elsewhere(item)?;
                        }
                        Some((column, Test::Asked { join: false }))
                    }
                    _ => None,
                }
            }
            AExprKind::AexprOpAny if name == "=" => {
                let column = self.column(left)?;
                if let Some(NodeEnum::AArrayExpr(array)) = &right.node
                    && let Some(values) = array
                        .elements
                        .iter()
                        .map(|item| self.literal(&column, item))
                        .collect::<Option<Vec<_>>>()
                {
                    return Some((column, Test::OneOf(values)));
                }
                self.varies_elsewhere(right)?;
                Some((column, Test::Asked { join: false }))
            }
            AExprKind::AexprBetween => {
                let column = self.column(left)?;
                let Some(NodeEnum::List(list)) = &right.node else { return None };
                for bound in &list.items {
                    self.varies_elsewhere(bound)?;
                }
                Some((column, Test::Within))
            }
            _ => None,
        }
    }

    fn compare(&self, column: Name, operator: &'static str, other: &Node) -> Option<(Name, Test)> {
        if let Some(value) = self.literal(&column, other) {
            return Some(match (operator, value) {
                // The planner makes `active = true` the column itself.
                ("=", Literal::Bool(value)) => (column, Test::Is(value)),
                ("<>", Literal::Bool(value)) => (column, Test::Is(!value)),
                (operator, value) => (column, Test::Compare(operator, value)),
            });
        }
        let join = self.varies_elsewhere(other)??;
        match operator {
            "=" => Some((column, Test::Asked { join })),
            "<>" => None,
            _ => Some((column, Test::Within)),
        }
    }

    /// A column of this source, without anything around it.
    fn column(&self, node: &Node) -> Option<Name> {
        let NodeEnum::ColumnRef(reference) = node.node.as_ref()? else { return None };
        match self.scope.meaning(reference) {
            Meaning::Column(n, column) if n == self.n => Some(column),
            _ => None,
        }
    }

    /// A literal of the column's type: as it stands, or with a cast that says no more than the column does.
    fn literal(&self, column: &Name, node: &Node) -> Option<Literal> {
        match node.node.as_ref()? {
            NodeEnum::AConst(constant) => match constant.val.as_ref()? {
                Val::Ival(value) => Some(Literal::Number(value.ival.to_string())),
                Val::Fval(value) => Some(Literal::Number(value.fval.clone())),
                Val::Boolval(value) => Some(Literal::Bool(value.boolval)),
                Val::Sval(value) => {
                    let text = Literal::Text(value.sval.clone());
                    let ty = &self.relation.column(column)?.ty;
                    match class_name(self.catalog, ty).as_deref() {
                        Some("bool") => match value.sval.to_ascii_lowercase().as_str() {
                            "t" | "true" | "yes" | "on" | "1" => Some(Literal::Bool(true)),
                            "f" | "false" | "no" | "off" | "0" => Some(Literal::Bool(false)),
                            _ => None,
                        },
                        _ => Some(text),
                    }
                }
                Val::Bsval(_) => None,
            },
            NodeEnum::AExpr(e) if e.lexpr.is_none() && e.name.last().and_then(string) == Some("-") => {
                match self.literal(column, e.rexpr.as_deref()?)? {
                    Literal::Number(text) if !text.starts_with('-') => {
                        Some(Literal::Number(format!("-{text}")))
                    }
                    _ => None,
                }
            }
            NodeEnum::TypeCast(cast) => {
                let to = crate::catalog::apply::type_name::resolve(self.catalog, cast.type_name.as_ref()?);
                let own = &self.relation.column(column)?.ty;
                let same = to != TypeRef::Unknown
                    && (to.without_modifier() == own.without_modifier() && to.typmod() < 0
                        || is_text(&to) && is_text(own));
                if same { self.literal(column, cast.arg.as_deref()?) } else { None }
            }
            _ => None,
        }
    }

    /// Of an expression on the other side: `None` where it cannot be asked by (it reads this table, or differs at every
    /// call); `Some(Some(join))` where it can, and whether it is a column of another source.
    fn varies_elsewhere(&self, node: &Node) -> Option<Option<bool>> {
        let (mut usable, mut join) = (true, false);
        walk::visit(node, &mut |part| {
            if let NodeEnum::ColumnRef(reference) = part {
                match self.scope.meaning(reference) {
                    Meaning::Column(n, _) if n == self.n => usable = false,
                    Meaning::Column(..) | Meaning::Unknown => join = true,
                    // An outer query's row is at hand when this one runs; as a join, it is found by the same key.
                    Meaning::Outside => {}
                }
            }
            // A subquery has names of its own; only what it asks of this table's alias matters, which the same walk sees.
            usable
        });
        let constant = evaluated(node, self.catalog) == Evaluated::Once;
        (usable && constant).then_some(Some(join))
    }
}

fn operator(name: &str) -> Option<&'static str> {
    ["=", "<>", "<", "<=", ">", ">="]
        .into_iter()
        .find(|known| *known == name || name == "!=" && *known == "<>")
}

fn flipped(operator: &'static str) -> &'static str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// From the first to the last location in an expression.
fn span(node: &Node) -> Span {
    let mut places: Vec<usize> = Vec::new();
    walk::visit(node, &mut |part| {
        let location = match part {
            NodeEnum::ColumnRef(n) => n.location,
            NodeEnum::AConst(n) => n.location,
            NodeEnum::AExpr(n) => n.location,
            NodeEnum::BoolExpr(n) => n.location,
            NodeEnum::NullTest(n) => n.location,
            NodeEnum::BooleanTest(n) => n.location,
            NodeEnum::TypeCast(n) => n.location,
            NodeEnum::ParamRef(n) => n.location,
            _ => -1,
        };
        places.extend(usize::try_from(location));
        true
    });
    let start = places.iter().min().copied().unwrap_or(0);
    Span::new(start, places.iter().max().copied().unwrap_or(start))
}
