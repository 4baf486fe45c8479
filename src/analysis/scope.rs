//! What names mean in a part of a query: PostgreSQL's namespaces (parse_relation.c).

use std::sync::Arc;

use super::collate::Collation;
use super::place::Place;
use super::row::RecordShape;
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
    /// Another's type was merged into it: what the name alone has.
    pub joined: Option<TypeRef>,
    /// Whether it is never NULL: so the table says, and no outer join makes rows without it.
    pub not_null: bool,
    pub collation: Collation,
    /// Of a record, its columns.
    pub shape: RecordShape,
}

/// Which part an entry has in what `*` stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Star {
    /// Its columns are, in its place.
    #[default]
    Own,
    /// A join with USING is, in which it is.
    InJoin,
    /// It stands for such a join, and is there for nothing else.
    Join,
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
    /// It is what a function returns.
    pub is_function: bool,
    /// The row type that a function returns rows of.
    pub row: Option<TypeRef>,
    /// It is a table that is being made, and has the columns that every table has.
    pub is_new_table: bool,
    pub star: Star,
    /// It goes by the name of a relation of which nothing else is known.
    pub is_unseen: bool,
    /// It is the side of a join that the other side may not read, or what a statement changes, which its FROM may not.
    pub is_forbidden: bool,
    /// It is in a join, which has none of the columns that every table has.
    pub is_joined: bool,
    /// It is a row of a table that is no row yet, and has none of these either.
    pub has_no_system_columns: bool,
}

/// The columns that `*` stands for.
pub fn star_columns(items: &[Arc<RangeItem>]) -> Vec<ScopeColumn> {
    let listed = items.iter().filter(|item| !item.qualified_only && item.star != Star::InJoin);
    let columns = listed.flat_map(|item| item.columns.iter().filter(|column| !column.merged));
    columns.map(|column| column.clone().alone()).collect()
}

impl ScopeColumn {
    /// The column as its name alone means it.
    pub fn alone(mut self) -> ScopeColumn {
        if let Some(joined) = self.joined.take() {
            self.source = None;
            self.ty = joined;
            self.collation = Collation::Unknown;
        }
        self
    }
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
    /// Which query of the statement it is of; no two have the same number.
    pub query: usize,
    /// Whether it is a query's, and not one that DDL gives an expression.
    pub is_query: bool,
    /// The clause that is being analyzed.
    pub place: Place,
    /// Where its aggregates stand.
    pub aggregates: Vec<i32>,
    /// Whether GROUPING is called in it.
    pub has_grouping: bool,
    /// What its WINDOW clause defines.
    pub windows: Vec<Window>,
    /// Whether its FROM has the query of WITH RECURSIVE that it is a part of.
    pub reads_itself: bool,
}

/// A window that has a name.
#[derive(Clone, Debug)]
pub struct Window {
    pub name: Name,
    /// By how many expressions it is ordered.
    pub orders: usize,
    pub has_frame: bool,
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
    pub const EMPTY: Scope = Scope {
        items: Vec::new(),
        outputs: Vec::new(),
        query: 0,
        is_query: false,
        place: Place::TARGET,
        aggregates: Vec::new(),
        has_grouping: false,
        windows: Vec::new(),
        reads_itself: false,
    };

    /// The same query's, without entries.
    pub fn bare(&self) -> Scope {
        Scope { query: self.query, is_query: self.is_query, ..Scope::default() }
    }

    /// One that has these entries, and nothing else.
    pub fn of(items: Vec<Arc<RangeItem>>) -> Scope {
        Scope { items, ..Scope::default() }
    }

    pub fn find_column(&self, name: &str) -> Found {
        let mut found: Option<(&Arc<RangeItem>, ScopeColumn)> = None;
        let mut unknown = false;
        for item in self.items.iter().filter(|item| !item.qualified_only && item.star != Star::Join) {
            unknown |= item.unknown_columns;
            let column = match item.column(name) {
                Some(column) if column.merged => continue,
                Some(column) => column.clone(),
                None if item.is_joined || item.has_no_system_columns => continue,
                None => match (system_column(name), item.relation.is_some() || item.is_new_table) {
                    (Some(ty), true) => ScopeColumn {
                        name: name.into(),
                        ty,
                        source: None,
                        merged: false,
                        joined: None,
                        not_null: true,
                        collation: Collation::None,
                        shape: RecordShape::Unknown,
                    },
                    _ => continue,
                },
            };
            // One that may not be read is told before another of that name is found.
            if item.is_forbidden && found.is_none() {
                return Found::Column(item.clone(), column);
            }
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
            Some((item, column)) => Found::Column(item.clone(), column.alone()),
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
