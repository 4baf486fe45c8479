//! The key of an index: what the query asks by equality, then its order or a range.

use crate::catalog::model::{Generated, Relation};
use crate::catalog::{Name, TypeRef, quote};
use crate::syntax::ast::{Node, NodeEnum, SortByDir, SortByNulls, a_const::Val};

use super::condition::{Condition, Test};
use super::scope::{Clauses, Meaning, Scope, string};

/// More columns make an index wide and rarely any sharper.
const LONGEST: usize = 4;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub columns: Vec<KeyColumn>,
    /// How many of the columns, from the first, are asked by equality; their order among themselves is free.
    pub equal: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeyColumn {
    pub name: Name,
    pub descending: bool,
    pub nulls_first: bool,
}

impl KeyColumn {
    fn plain(name: Name) -> KeyColumn {
        KeyColumn { name, descending: false, nulls_first: false }
    }

    pub fn sql(&self) -> String {
        let mut sql = quote::identifier(&self.name);
        if self.descending {
            sql.push_str(" DESC");
        }
        if self.nulls_first != self.descending {
            sql.push_str(if self.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
        }
        sql
    }
}

/// The key for source `n`, if the query asks for anything that a key can serve.
pub(super) fn of(
    scope: &Scope<'_>,
    n: usize,
    relation: &Relation,
    fixed: &[Condition],
    asked: Vec<Condition>,
    clauses: &Clauses<'_>,
) -> Option<Key> {
    let is_fixed =
        |name: &Name| fixed.iter().any(|condition| condition.fixes_value() && condition.column == *name);
    let usable = |name: &Name| has_order(relation, name) && !is_fixed(name);
    let collect = |wanted: &dyn Fn(&Test) -> bool| {
        let mut names: Vec<Name> = Vec::new();
        for condition in asked.iter().filter(|condition| wanted(&condition.test)) {
            if usable(&condition.column) && !names.contains(&condition.column) {
                names.push(condition.column.clone());
            }
        }
        names
    };
    let mut equal = collect(&|test| matches!(test, Test::Asked { join: false }));
    let joined = collect(&|test| matches!(test, Test::Asked { join: true }));
    let mut ranges = collect(&|test| matches!(test, Test::Within));
    ranges.retain(|name| !equal.contains(name));
    let order: Vec<KeyColumn> = (order(scope, n, clauses).unwrap_or_default().into_iter())
        .filter(|column| !equal.contains(&column.name) && !is_fixed(&column.name))
        .collect();
    let order = if order.iter().all(|column| has_order(relation, &column.name)) { order } else { Vec::new() };
    // A table that is only joined to is found by the join's columns.
    if equal.is_empty() && order.is_empty() && ranges.is_empty() {
        equal = joined;
    }
    equal.truncate(LONGEST);
    let mut columns: Vec<KeyColumn> = equal.iter().cloned().map(KeyColumn::plain).collect();
    let range_leads_order = order.first().is_some_and(|first| ranges.contains(&first.name));
    if !order.is_empty() && (ranges.is_empty() || range_leads_order || clauses.limited) {
        columns.extend(order);
    } else if let Some(range) = ranges.first() {
        columns.push(KeyColumn::plain(range.clone()));
    }
    columns.truncate(LONGEST.max(equal.len()));
    (!columns.is_empty()).then_some(Key { equal: equal.len(), columns })
}

/// Whether a B-tree can hold the column's type, as far as that is known.
fn has_order(relation: &Relation, name: &Name) -> bool {
    let column = relation.column(name).filter(|column| column.generated != Some(Generated::Virtual));
    match column.map(|column| &column.ty) {
        Some(TypeRef::Named { schema, name, .. }) => {
            &**schema != "pg_catalog"
                || !matches!(
                    &**name,
                    "json"
                        | "xml"
                        | "xid"
                        | "cid"
                        | "jsonpath"
                        | "point"
                        | "box"
                        | "polygon"
                        | "line"
                        | "lseg"
                        | "path"
                        | "circle"
                )
        }
        _ => false,
    }
}

/// The columns of source `n` that ORDER BY names, if it names nothing else.
pub(super) fn ordered(scope: &Scope<'_>, n: usize, clauses: &Clauses<'_>) -> Vec<Name> {
    order(scope, n, clauses).unwrap_or_default().into_iter().map(|column| column.name).collect()
}

/// ORDER BY as columns of source `n`; `None` where it is anything else.
fn order(scope: &Scope<'_>, n: usize, clauses: &Clauses<'_>) -> Option<Vec<KeyColumn>> {
    if !clauses.plain {
        return None;
    }
    let mut columns: Vec<KeyColumn> = Vec::new();
    for item in clauses.order {
        let NodeEnum::SortBy(sort) = item.node.as_ref()? else { return None };
        let descending = match SortByDir::try_from(sort.sortby_dir).ok()? {
            SortByDir::SortbyDefault | SortByDir::SortbyAsc => false,
            SortByDir::SortbyDesc => true,
            _ => return None,
        };
        let nulls_first = match SortByNulls::try_from(sort.sortby_nulls).ok()? {
            SortByNulls::SortbyNullsFirst => true,
            SortByNulls::SortbyNullsLast => false,
            _ => descending,
        };
        let name = sorted_column(scope, n, clauses, sort.node.as_deref()?)?;
        if !columns.iter().any(|column| column.name == name) {
            columns.push(KeyColumn { name, descending, nulls_first });
        }
    }
    Some(columns)
}

/// A sort key as a column: by name, by an output column's name or number.
fn sorted_column(scope: &Scope<'_>, n: usize, clauses: &Clauses<'_>, node: &Node) -> Option<Name> {
    let reference = match node.node.as_ref()? {
        NodeEnum::AConst(constant) => {
            let Some(Val::Ival(position)) = &constant.val else { return None };
            let position = usize::try_from(position.ival).ok()?.checked_sub(1)?;
            // A star before it would shift the count.
            if clauses
                .output
                .iter()
                .take(position + 1)
                .any(|target| output(target).is_none_or(|(_, v)| is_star(v)))
            {
                return None;
            }
            output(clauses.output.get(position)?)?.1
        }
        NodeEnum::ColumnRef(reference) => match &reference.fields[..] {
            [name] => {
                let name = string(name)?;
                let named = clauses.output.iter().filter_map(output).find(|(alias, _)| *alias == Some(name));
                named.map_or(node, |(_, value)| value)
            }
            _ => node,
        },
        _ => return None,
    };
    let NodeEnum::ColumnRef(reference) = reference.node.as_ref()? else { return None };
    match scope.meaning(reference) {
        Meaning::Column(source, name) if source == n => Some(name),
        _ => None,
    }
}

/// An output column's alias, if it has one, and its expression.
fn output(target: &Node) -> Option<(Option<&str>, &Node)> {
    let NodeEnum::ResTarget(target) = target.node.as_ref()? else { return None };
    let alias = (!target.name.is_empty()).then_some(target.name.as_str());
    Some((alias, target.val.as_deref()?))
}

fn is_star(node: &Node) -> bool {
    matches!(&node.node, Some(NodeEnum::ColumnRef(reference))
        if reference.fields.last().is_some_and(|last| matches!(last.node, Some(NodeEnum::AStar(_)))))
}
