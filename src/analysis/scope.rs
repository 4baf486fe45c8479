//! What names mean in a part of a query: PostgreSQL's namespaces (parse_relation.c).

use std::sync::Arc;

use crate::catalog::model::{Column, Name, Relation};
use crate::catalog::types::TypeRef;

/// A column of something in FROM.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopeColumn {
    pub name: Name,
    pub ty: TypeRef,
    pub source: Option<(Arc<Relation>, Arc<Column>)>,
    /// Merged by USING or NATURAL into another item's column, so that the name alone means that one.
    pub merged: bool,
}

/// One entry of a namespace: a table, a subquery, a join with an alias …
#[derive(Clone, Debug, Default)]
pub struct RangeItem {
    /// The name it goes by.
    pub alias: Name,
    /// Whether the name is the relation's own, and its schema may stand before it.
    pub schema: Option<Name>,
    pub relation: Option<Arc<Relation>>,
    pub columns: Vec<ScopeColumn>,
    /// There may be other columns.
    pub unknown_columns: bool,
    /// Its columns need its name before them (EXCLUDED, OLD, NEW, a USING alias).
    pub qualified_only: bool,
    /// It has no name to put before its columns (columns merged by a join, a set operation's).
    pub unnamed: bool,
}

impl RangeItem {
    pub fn column(&self, name: &str) -> Option<&ScopeColumn> {
        self.columns.iter().find(|column| &*column.name == name)
    }
}

/// The columns that every table has beside its own.
const SYSTEM_COLUMNS: &[(&str, &str)] = &[
    ("tableoid", "oid"),
    ("xmin", "xid"),
    ("cmin", "cid"),
    ("xmax", "xid"),
    ("cmax", "cid"),
    ("ctid", "tid"),
];

/// The type of a system column.
pub fn system_column(name: &str) -> Option<TypeRef> {
    SYSTEM_COLUMNS.iter().find(|(column, _)| *column == name).map(|(_, ty)| TypeRef::builtin(ty))
}

/// A query level's namespace.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub items: Vec<Arc<RangeItem>>,
    /// Output names, which ORDER BY and GROUP BY may use.
    pub outputs: Vec<Name>,
}

/// What an unqualified column name was found to be.
pub enum Found {
    Column(Arc<RangeItem>, ScopeColumn),
    Ambiguous,
    /// It may exist in something whose columns are not known.
    Unknown,
    Nothing,
}

impl Scope {
    pub fn find_column(&self, name: &str) -> Found {
        let mut found: Option<(&Arc<RangeItem>, ScopeColumn)> = None;
        let mut unknown = false;
        for item in self.items.iter().filter(|item| !item.qualified_only) {
            unknown |= item.unknown_columns;
            let column = match item.column(name) {
                Some(column) if column.merged => continue,
                Some(column) => column.clone(),
                None => match (system_column(name), &item.relation) {
                    (Some(ty), Some(_)) => ScopeColumn { name: name.into(), ty, source: None, merged: false },
                    _ => continue,
                },
            };
            if item.columns.iter().filter(|other| *other.name == *name && !other.merged).count() > 1 {
                return Found::Ambiguous;
            }
            if found.is_some() {
                return Found::Ambiguous;
            }
            found = Some((item, column));
        }
        match found {
            Some(_) if unknown && self.items.len() > 1 => Found::Unknown,
            Some((item, column)) => Found::Column(item.clone(), column),
            None if unknown => Found::Unknown,
            None => Found::Nothing,
        }
    }

    /// The item that goes by `name`.
    pub fn find_item(&self, schema: Option<&str>, name: &str) -> Option<&Arc<RangeItem>> {
        self.items.iter().find(|item| {
            !item.unnamed && *item.alias == *name && (schema.is_none() || item.schema.as_deref() == schema)
        })
    }
}
