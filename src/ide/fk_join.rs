//! Join conditions from foreign keys.

use std::sync::Arc;

use crate::analysis::{RangeItem, Scope};
use crate::catalog::model::{ForeignKey, Name};
use crate::catalog::quote;

/// The conditions that foreign keys give between the last entry of FROM and those before it: `o.user_id = u.id`.
pub fn conditions(scope: &Scope) -> Vec<String> {
    let Some((last, others)) = scope.items.split_last() else { return Vec::new() };
    let mut found = Vec::new();
    for other in others.iter().rev() {
        found.extend(between(last, other));
        found.extend(between(other, last));
    }
    found.dedup();
    found
}

/// The conditions of the foreign keys of `from` that refer to `to`.
fn between(from: &Arc<RangeItem>, to: &Arc<RangeItem>) -> Vec<String> {
    let (Some(table), Some(referenced)) = (&from.relation, &to.relation) else { return Vec::new() };
    let keys =
        table.constraints.iter().filter_map(|constraint| Some((constraint, constraint.foreign.as_ref()?)));
    keys.filter(|(_, key)| key.table == referenced.qualified_name())
        .map(|(constraint, key)| condition(from, &constraint.columns, to, key))
        .collect()
}

fn condition(from: &RangeItem, columns: &[Name], to: &RangeItem, key: &ForeignKey) -> String {
    let side = |item: &RangeItem, column: &str| {
        format!("{}.{}", quote::identifier(&item.alias), quote::identifier(column))
    };
    let pairs = columns.iter().zip(&key.columns);
    pairs.map(|(a, b)| format!("{} = {}", side(from, a), side(to, b))).collect::<Vec<_>>().join(" AND ")
}
