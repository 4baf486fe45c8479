//! Which outputs are never NULL, as far as the schema, the joins and the expressions tell for sure.

use super::scope::ScopeColumn;
use super::statement::{Analyzer, strings};
use crate::catalog::builtin;
use crate::catalog::model::Name;
use crate::syntax::ast::{AExprKind, FuncCall, Node, NodeEnum, SubLinkType};

/// Functions that give a value whatever they are given.
const NEVER: [&str; 24] = [
    "count",
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "clock_timestamp",
    "timeofday",
    "random",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "version",
    "pg_typeof",
    "concat",
    "json_build_object",
    "json_build_array",
    "jsonb_build_object",
    "jsonb_build_array",
    "num_nulls",
    "num_nonnulls",
];

/// Functions that give NULL for NULL only.
const STRICT: [&str; 40] = [
    "lower",
    "upper",
    "initcap",
    "length",
    "char_length",
    "octet_length",
    "abs",
    "round",
    "ceil",
    "ceiling",
    "floor",
    "trunc",
    "sign",
    "sqrt",
    "power",
    "mod",
    "exp",
    "ln",
    "btrim",
    "ltrim",
    "rtrim",
    "substr",
    "replace",
    "repeat",
    "reverse",
    "left",
    "right",
    "lpad",
    "rpad",
    "md5",
    "date_trunc",
    "quote_literal",
    "quote_ident",
    "encode",
    "strpos",
    "to_tsvector",
    "to_tsquery",
    "plainto_tsquery",
    "phraseto_tsquery",
    "websearch_to_tsquery",
];

/// Operators that give NULL for NULL only, of PostgreSQL's own types.
const OPERATORS: [&str; 22] = [
    "=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "^", "||", "~~", "!~~", "~~*", "!~~*", "~",
    "!~", "~*", "@>", "<@",
];

impl Analyzer<'_> {
    /// The name of a function that can only be one of PostgreSQL's own.
    pub(super) fn own_function(&self, call: &FuncCall) -> Option<Name> {
        let names = strings(&call.funcname);
        let name = match &names[..] {
            [name] if self.catalog.routines(None, name).is_empty() => name,
            [schema, name] if &**schema == "pg_catalog" => name,
            _ => return None,
        };
        (!self.types.is_unsure && builtin::facts().is_callable(name)).then(|| name.clone())
    }

    /// Whether an expression that has been analyzed is never NULL.
    pub(super) fn is_never_null(&self, node: &Node) -> bool {
        let Some(inner) = &node.node else { return false };
        let all = |nodes: &[Node]| nodes.iter().all(|node| self.is_never_null(node));
        let any = |nodes: &[Node]| nodes.iter().any(|node| self.is_never_null(node));
        let one = |node: &Option<Box<Node>>| node.as_deref().is_some_and(|node| self.is_never_null(node));
        // Rows are compared field by field.
        let operand = |node: &Option<Box<Node>>| node.as_deref().is_some_and(|node| self.has_no_null(node));
        match inner {
            NodeEnum::AConst(constant) => constant.val.is_some(),
            NodeEnum::ColumnRef(column) => {
                self.column_at(column.location).is_some_and(|column| column.not_null)
            }
            NodeEnum::TypeCast(cast) => one(&cast.arg),
            NodeEnum::CollateClause(collate) => one(&collate.arg),
            NodeEnum::FuncCall(call) => self.own_function(call).is_some_and(|name| {
                NEVER.contains(&&*name) || STRICT.contains(&&*name) && call.over.is_none() && all(&call.args)
            }),
            NodeEnum::AExpr(e) => {
                let names = strings(&e.name);
                let operands = || operand(&e.rexpr) && (e.lexpr.is_none() || operand(&e.lexpr));
                match e.kind() {
                    AExprKind::AexprDistinct | AExprKind::AexprNotDistinct => true,
                    AExprKind::AexprOp | AExprKind::AexprLike | AExprKind::AexprIlike => {
                        let [name] = &names[..] else { return false };
                        // One of the user's of that name may be meant, and may give what it likes.
                        OPERATORS.contains(&&**name) && !self.types.has_own_operator(name) && operands()
                    }
                    AExprKind::AexprIn | AExprKind::AexprBetween | AExprKind::AexprNotBetween => operands(),
                    _ => false,
                }
            }
            NodeEnum::List(list) => all(&list.items),
            NodeEnum::BoolExpr(e) => all(&e.args),
            NodeEnum::NullTest(_)
            | NodeEnum::BooleanTest(_)
            | NodeEnum::AArrayExpr(_)
            | NodeEnum::RowExpr(_)
            | NodeEnum::SqlvalueFunction(_)
            | NodeEnum::GroupingFunc(_)
            | NodeEnum::MergeSupportFunc(_)
            | NodeEnum::JsonObjectConstructor(_)
            | NodeEnum::JsonArrayConstructor(_)
            | NodeEnum::JsonIsPredicate(_) => true,
            NodeEnum::CoalesceExpr(e) => any(&e.args),
            NodeEnum::MinMaxExpr(e) => any(&e.args),
            NodeEnum::CaseExpr(case) => {
                one(&case.defresult)
                    && case.args.iter().all(|node| match &node.node {
                        Some(NodeEnum::CaseWhen(when)) => one(&when.result),
                        _ => false,
                    })
            }
            NodeEnum::SubLink(link) => {
                matches!(link.sub_link_type(), SubLinkType::ExistsSublink | SubLinkType::ArraySublink)
            }
            _ => false,
        }
    }

    /// The same, and neither is a field of a row that is written out.
    fn has_no_null(&self, node: &Node) -> bool {
        match &node.node {
            Some(NodeEnum::RowExpr(row)) => row.args.iter().all(|field| self.has_no_null(field)),
            Some(NodeEnum::List(list)) => list.items.iter().all(|item| self.has_no_null(item)),
            _ => self.is_never_null(node),
        }
    }

    /// The column that the name at a place means.
    fn column_at(&self, location: i32) -> Option<&ScopeColumn> {
        let var = self.vars.get(&location)?;
        let scope = self.scopes.iter().rev().find(|scope| scope.query == var.query)?;
        scope.items.iter().find(|item| item.alias == var.item && !item.unnamed)?.column(&var.column)
    }
}
