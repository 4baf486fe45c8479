//! The names that PostgreSQL chooses for what a statement leaves unnamed.

use crate::syntax::ast::{Node, NodeEnum};
use crate::syntax::grammar::LONGEST_NAME;
use crate::text::clip;

use super::super::model::{Catalog, Name};

/// How many bytes a name may have.
pub const MAX_LENGTH: usize = LONGEST_NAME;

/// `first_second_label`, the longer of the first two parts shortened until all fits (makeObjectName).
pub fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + usize::from(!label.is_empty()) + usize::from(second.is_some());
    let room = MAX_LENGTH.saturating_sub(overhead);
    let (mut one, mut two) = (first.len(), second.map_or(0, str::len));
    while one + two > room {
        if one > two { one -= 1 } else { two -= 1 }
    }
    let mut name = clip(first, one).to_owned();
    if let Some(second) = second {
        name.push('_');
        name.push_str(clip(second, two));
    }
    if !label.is_empty() {
        name.push('_');
        name.push_str(label);
    }
    name
}

fn choose(first: &str, second: Option<&str>, label: &str, taken: impl Fn(&str) -> bool) -> Name {
    let mut pass = 0;
    loop {
        let numbered = if pass == 0 { label.to_owned() } else { format!("{label}{pass}") };
        let name = object_name(first, second, &numbered);
        if !taken(&name) {
            return name.into();
        }
        pass += 1;
    }
}

/// A name for a relation or an index (ChooseRelationName); of a constraint's index, no constraint may have it either.
pub fn relation_name(
    catalog: &Catalog,
    schema: &str,
    first: &str,
    second: Option<&str>,
    label: &str,
    constraint: bool,
) -> Name {
    let Some(schema) = catalog.schema(schema) else {
        return object_name(first, second, label).into();
    };
    choose(first, second, label, |name| {
        schema.has_relation_name(name) || constraint && schema.has_constraint_name(name)
    })
}

/// A name for a constraint without an index (ChooseConstraintName).
pub fn constraint_name(
    catalog: &Catalog,
    schema: &str,
    first: &str,
    second: Option<&str>,
    label: &str,
    others: &[Name],
) -> Name {
    let schema = catalog.schema(schema);
    choose(first, second, label, |name| {
        others.iter().any(|other| &**other == name)
            || schema.is_some_and(|schema| schema.has_constraint_name(name))
    })
}

/// The middle part of an index's or foreign key's name: its columns, until there is no room for more.
pub fn columns_part(columns: &[String]) -> String {
    let mut part = String::new();
    for column in columns {
        if !part.is_empty() {
            part.push('_');
        }
        part.push_str(clip(column, MAX_LENGTH));
        if part.len() > MAX_LENGTH {
            break;
        }
    }
    part
}

/// Index columns told apart by numbers (ChooseIndexColumnNames).
pub fn index_columns(names: &[String]) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    for name in names {
        let mut candidate = name.clone();
        let mut number = 1;
        while chosen.contains(&candidate) {
            let suffix = number.to_string();
            candidate = format!("{}{suffix}", clip(name, MAX_LENGTH - suffix.len()));
            number += 1;
        }
        chosen.push(candidate);
    }
    chosen
}

/// The name of an expression's output column (FigureColname); `None` is `?column?`.
pub fn expression_name(node: &Node) -> Option<String> {
    figure(node).map(|(name, _)| name)
}

/// The name and how good it is: 2 is as good as it gets, 1 is a cast's type or the like.
fn figure(node: &Node) -> Option<(String, u8)> {
    use NodeEnum::*;
    let strong = |name: &str| Some((name.to_owned(), 2));
    let last = |names: &[Node]| names.last().map(|name| (super::string(name).to_owned(), 2));
    match node.node.as_ref()? {
        ColumnRef(column) => {
            column.fields.iter().rev().find(|field| matches!(field.node, Some(String(_)))).and_then(|field| {
                match &column.fields.last()?.node {
                    Some(String(_)) => Some((super::string(field).to_owned(), 2)),
                    _ => None,
                }
            })
        }
        AIndirection(access) => {
            let field = access.indirection.iter().rev().find(|part| matches!(part.node, Some(String(_))));
            match field {
                Some(field) => Some((super::string(field).to_owned(), 2)),
                None => figure(access.arg.as_ref()?),
            }
        }
        FuncCall(call) => last(&call.funcname),
        AExpr(expression) if expression.kind() == crate::syntax::ast::AExprKind::AexprNullif => {
            strong("nullif")
        }
        TypeCast(cast) => match cast.arg.as_ref().and_then(|arg| figure(arg)) {
            Some(found) if found.1 == 2 => Some(found),
            _ => {
                let names = &cast.type_name.as_ref()?.names;
                names.last().map(|name| (super::string(name).to_owned(), 1))
            }
        },
        CollateClause(collate) => figure(collate.arg.as_ref()?),
        GroupingFunc(_) => strong("grouping"),
        MergeSupportFunc(_) => strong("merge_action"),
        SubLink(link) => {
            use crate::syntax::ast::SubLinkType;
            match link.sub_link_type() {
                SubLinkType::ExistsSublink => strong("exists"),
                SubLinkType::ArraySublink => strong("array"),
                SubLinkType::ExprSublink => {
                    let Some(SelectStmt(select)) = &link.subselect.as_ref()?.node else { return None };
                    let mut select = select;
                    while let Some(left) = &select.larg {
                        select = left;
                    }
                    let Some(ResTarget(target)) = &select.target_list.first()?.node else { return None };
                    if target.name.is_empty() { figure(target.val.as_ref()?) } else { strong(&target.name) }
                }
                _ => None,
            }
        }
        CaseExpr(case) => match case.defresult.as_ref().and_then(|result| figure(result)) {
            Some(found) if found.1 > 0 => Some(found),
            _ => Some(("case".into(), 1)),
        },
        AArrayExpr(_) => strong("array"),
        RowExpr(_) => strong("row"),
        CoalesceExpr(_) => strong("coalesce"),
        MinMaxExpr(expression) => strong(if expression.op() == crate::syntax::ast::MinMaxOp::IsGreatest {
            "greatest"
        } else {
            "least"
        }),
        SqlvalueFunction(function) => {
            use crate::syntax::ast::SqlValueFunctionOp::*;
            strong(match function.op() {
                SvfopCurrentDate => "current_date",
                SvfopCurrentTime | SvfopCurrentTimeN => "current_time",
                SvfopCurrentTimestamp | SvfopCurrentTimestampN => "current_timestamp",
                SvfopLocaltime | SvfopLocaltimeN => "localtime",
                SvfopLocaltimestamp | SvfopLocaltimestampN => "localtimestamp",
                SvfopCurrentRole => "current_role",
                SvfopCurrentUser => "current_user",
                SvfopUser => "user",
                SvfopSessionUser => "session_user",
                SvfopCurrentCatalog => "current_catalog",
                SvfopCurrentSchema => "current_schema",
                SqlvalueFunctionOpUndefined => return None,
            })
        }
        XmlExpr(expression) => {
            use crate::syntax::ast::XmlExprOp::*;
            strong(match expression.op() {
                IsXmlconcat => "xmlconcat",
                IsXmlelement => "xmlelement",
                IsXmlforest => "xmlforest",
                IsXmlparse => "xmlparse",
                IsXmlpi => "xmlpi",
                IsXmlroot => "xmlroot",
                IsXmlserialize => "xmlserialize",
                _ => return None,
            })
        }
        XmlSerialize(_) => strong("xmlserialize"),
        JsonObjectConstructor(_) => strong("json_object"),
        JsonArrayConstructor(_) | JsonArrayQueryConstructor(_) => strong("json_array"),
        JsonObjectAgg(_) => strong("json_objectagg"),
        JsonArrayAgg(_) => strong("json_arrayagg"),
        JsonParseExpr(_) => strong("json"),
        JsonScalarExpr(_) => strong("json_scalar"),
        JsonSerializeExpr(_) => strong("json_serialize"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_as_postgresql_cuts_them() {
        assert_eq!(object_name("t", Some("a"), "key"), "t_a_key");
        assert_eq!(object_name("t", None, "pkey"), "t_pkey");
        let name = object_name(&"t".repeat(60), Some(&"c".repeat(40)), "fkey");
        assert_eq!(name.len(), 63);
        assert_eq!(name, format!("{}_{}_fkey", "t".repeat(29), "c".repeat(28)));
        let name = object_name(&"é".repeat(31), Some("ab"), "seq");
        assert_eq!(name, format!("{}_ab_seq", "é".repeat(28)));
    }

    #[test]
    fn index_columns_differ() {
        let names = ["a", "expr", "a", "expr", "a"].map(str::to_owned);
        assert_eq!(index_columns(&names), ["a", "expr", "a1", "expr1", "a2"]);
        assert_eq!(columns_part(&names), "a_expr_a_expr_a");
    }
}
