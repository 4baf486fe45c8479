//! The target list (parse_target.c): output columns, their names and types.

use super::OutputColumn;
use super::cte::Outputs;
use super::scope::{Found, star_columns};
use super::statement::{Analyzer, strings};
use super::typed::Typed;
use crate::catalog::model::Name;
use crate::syntax::ast::{Node, NodeEnum, SubLinkType, a_const};

impl Analyzer<'_> {
    pub(super) fn target_list(&mut self, targets: &[Node]) -> Outputs {
        let mut outputs = Outputs::default();
        for node in targets {
            let Some(NodeEnum::ResTarget(target)) = &node.node else { continue };
            let Some(value) = target.val.as_deref() else { continue };
            let expr = self.expr(value);
            if let Some(NodeEnum::ColumnRef(column)) = &value.node
                && matches!(column.fields.last().map(|node| &node.node), Some(Some(NodeEnum::AStar(_))))
            {
                self.expand_star(&strings(&column.fields), column.location, &mut outputs);
                continue;
            }
            // The columns of `(row).*`.
            if let Some(NodeEnum::AIndirection(indirection)) = &value.node
                && matches!(
                    indirection.indirection.last().map(|node| &node.node),
                    Some(Some(NodeEnum::AStar(_)))
                )
            {
                self.reads_fields(&expr.ty, |_| true);
                match self.row_columns(&expr) {
                    Some(columns) => {
                        for (name, ty) in columns {
                            outputs.exprs.push(Typed::new(ty.clone(), expr.location));
                            let column = OutputColumn::derived(name, ty);
                            outputs.columns.push(column);
                        }
                    }
                    None => outputs.unknown = true,
                }
                continue;
            }
            let name = match target.name.as_str() {
                "" => self.output_name(value),
                given => given.into(),
            };
            let source = self.source(value);
            let not_null = self.is_never_null(value);
            let collation = self.collation_of(&expr).of_output();
            let shape = self.record_shape(&expr);
            outputs.columns.push(OutputColumn {
                name,
                ty: expr.ty.clone(),
                source,
                not_null,
                collation,
                shape,
            });
            outputs.exprs.push(expr);
        }
        outputs
    }

    /// The name of an output that is given none, as the version at hand makes it.
    fn output_name(&self, value: &Node) -> Name {
        let major = self.types.major;
        match &value.node {
            // EXTRACT's function is another one before PostgreSQL 14.
            Some(NodeEnum::FuncCall(call))
                if major < 14 && function_name(value) == Some("extract") && call.funcname.len() == 2 =>
            {
                "date_part".into()
            }
            // A truth value is a cast before PostgreSQL 15.
            Some(NodeEnum::AConst(constant))
                if major < 15 && matches!(constant.val, Some(a_const::Val::Boolval(_))) =>
            {
                "bool".into()
            }
            _ => figure_name(value).unwrap_or_else(|| "?column?".into()),
        }
    }

    pub(super) fn expand_star(&mut self, names: &[Name], location: i32, outputs: &mut Outputs) {
        let current = self.scopes.len().saturating_sub(1);
        let (level, items): (usize, Vec<_>) = match names {
            [] => (current, self.scope().items.clone()),
            [.., name] => (0..self.scopes.len())
                .rev()
                .find_map(|level| {
                    self.scopes[level].find_item(None, name).map(|item| (level, vec![item.clone()]))
                })
                .unwrap_or((current, Vec::new())),
        };
        // `r.*` of a variable.
        if items.is_empty()
            && let Some(variables) = self.variables
            && let Some((id, parts)) = variables.find(self.types, names)
            && parts == names.len()
        {
            match variables.fields(self.types, &variables.get(id).shape) {
                Some(fields) => {
                    for (name, ty) in fields {
                        outputs.exprs.push(Typed::new(ty.clone(), location));
                        let column = OutputColumn::derived(name, ty);
                        outputs.columns.push(column);
                    }
                }
                None => outputs.unknown = true,
            }
            return;
        }
        if names.is_empty() && items.is_empty() && self.scope().is_query && self.hidden.is_empty() {
            self.report_at(location, "42601", "SELECT * with no tables specified is not valid");
        }
        self.read_column_of(level);
        outputs.unknown |= items.is_empty();
        outputs.unknown |= items.iter().any(|item| item.unknown_columns);
        let columns = match (names, items.first()) {
            ([..], Some(item)) if !names.is_empty() => item.columns.clone(),
            _ => star_columns(&items),
        };
        for column in columns {
            let collation = column.collation.read_at(location);
            outputs.exprs.push(Typed::new(column.ty.clone(), location).with(collation));
            outputs.columns.push(OutputColumn {
                name: column.name,
                ty: column.ty,
                source: column.source,
                not_null: column.not_null,
                collation: column.collation.of_output(),
                shape: column.shape,
            });
        }
    }

    fn found(&self, value: &Node) -> Option<super::ScopeColumn> {
        let Some(NodeEnum::ColumnRef(column)) = &value.node else { return None };
        match &strings(&column.fields)[..] {
            [name] => self.scopes.iter().rev().find_map(|scope| match scope.find_column(name) {
                Found::Column(_, column) => Some(column),
                _ => None,
            }),
            [item, name] => self
                .scopes
                .iter()
                .rev()
                .find_map(|scope| scope.find_item(None, item))
                .and_then(|item| item.column(name).cloned()),
            _ => None,
        }
    }

    fn source(
        &self,
        value: &Node,
    ) -> Option<(std::sync::Arc<crate::catalog::Relation>, std::sync::Arc<crate::catalog::model::Column>)>
    {
        self.found(value)?.source
    }
}

/// The name that PostgreSQL gives an output without one (FigureColname).
pub(crate) fn figure_name(value: &Node) -> Option<Name> {
    figure(value).map(|(name, _)| name)
}

/// The name and how good it is: 2 a name, 1 a type's or a construct's, which a better one may replace.
fn figure(value: &Node) -> Option<(Name, u8)> {
    let strong = |name: &str| Some((Name::from(name), 2));
    match value.node.as_ref()? {
        NodeEnum::ColumnRef(column) => strings(&column.fields).last().map(|name| (name.clone(), 2)),
        NodeEnum::AIndirection(indirection) => match strings(&indirection.indirection).last() {
            Some(name) => Some((name.clone(), 2)),
            None => figure(indirection.arg.as_deref()?),
        },
        NodeEnum::FuncCall(call) => strings(&call.funcname).last().map(|name| (name.clone(), 2)),
        NodeEnum::AExpr(e) if e.kind == crate::syntax::ast::AExprKind::AexprNullif as i32 => strong("nullif"),
        NodeEnum::TypeCast(cast) => match cast.arg.as_deref().and_then(figure) {
            Some((name, 2)) => Some((name, 2)),
            weak => strings(&cast.type_name.as_ref()?.names).last().map(|name| (name.clone(), 1)).or(weak),
        },
        NodeEnum::CollateClause(collate) => figure(collate.arg.as_deref()?),
        NodeEnum::GroupingFunc(_) => strong("grouping"),
        NodeEnum::MergeSupportFunc(_) => strong("merge_action"),
        NodeEnum::SubLink(link) => match SubLinkType::try_from(link.sub_link_type) {
            Ok(SubLinkType::ExistsSublink) => strong("exists"),
            Ok(SubLinkType::ArraySublink) => strong("array"),
            Ok(SubLinkType::ExprSublink) => match link.subselect.as_ref()?.node.as_ref()? {
                NodeEnum::SelectStmt(select) => {
                    let mut select = &**select;
                    while let Some(left) = &select.larg {
                        select = left;
                    }
                    match &select.target_list.first()?.node {
                        Some(NodeEnum::ResTarget(target)) if !target.name.is_empty() => strong(&target.name),
                        Some(NodeEnum::ResTarget(target)) => figure(target.val.as_deref()?),
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => None,
        },
        NodeEnum::CaseExpr(case) => match case.defresult.as_deref().and_then(figure) {
            Some((name, 2)) => Some((name, 2)),
            _ => Some(("case".into(), 1)),
        },
        NodeEnum::AArrayExpr(_) => strong("array"),
        NodeEnum::RowExpr(_) => strong("row"),
        NodeEnum::CoalesceExpr(_) => strong("coalesce"),
        NodeEnum::MinMaxExpr(e) => {
            strong(if e.op == crate::syntax::ast::MinMaxOp::IsGreatest as i32 { "greatest" } else { "least" })
        }
        NodeEnum::SqlvalueFunction(f) => {
            let op = crate::syntax::ast::SqlValueFunctionOp::try_from(f.op).ok()?;
            // SVFOP_CURRENT_TIMESTAMP_N → current_timestamp
            let name = op.as_str_name().strip_prefix("SVFOP_")?.to_lowercase();
            strong(name.strip_suffix("_n").unwrap_or(&name))
        }
        NodeEnum::XmlExpr(e) => {
            let op = crate::syntax::ast::XmlExprOp::try_from(e.op).ok()?;
            let name = op.as_str_name().strip_prefix("IS_")?.to_lowercase();
            (name != "document").then(|| (Name::from(name.as_str()), 2))
        }
        NodeEnum::XmlSerialize(_) => strong("xmlserialize"),
        NodeEnum::JsonObjectConstructor(_) => strong("json_object"),
        NodeEnum::JsonArrayConstructor(_) | NodeEnum::JsonArrayQueryConstructor(_) => strong("json_array"),
        NodeEnum::JsonObjectAgg(_) => strong("json_objectagg"),
        NodeEnum::JsonArrayAgg(_) => strong("json_arrayagg"),
        NodeEnum::JsonParseExpr(_) => strong("json"),
        NodeEnum::JsonScalarExpr(_) => strong("json_scalar"),
        NodeEnum::JsonSerializeExpr(_) => strong("json_serialize"),
        NodeEnum::JsonFuncExpr(e) => strong(match crate::syntax::ast::JsonExprOp::try_from(e.op).ok()? {
            crate::syntax::ast::JsonExprOp::JsonExistsOp => "json_exists",
            crate::syntax::ast::JsonExprOp::JsonQueryOp => "json_query",
            crate::syntax::ast::JsonExprOp::JsonValueOp => "json_value",
            _ => return None,
        }),
        _ => None,
    }
}

/// The name of the function that a call calls.
pub(super) fn function_name(call: &Node) -> Option<&str> {
    match &call.node {
        Some(NodeEnum::FuncCall(call)) => match &call.funcname.last()?.node {
            Some(NodeEnum::String(name)) => Some(&name.sval),
            _ => None,
        },
        Some(NodeEnum::CoalesceExpr(_)) => Some("coalesce"),
        _ => None,
    }
}
