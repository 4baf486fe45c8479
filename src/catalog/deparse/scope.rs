//! What an expression's names can mean.

use std::cell::RefCell;
use std::sync::Arc;

use super::super::model::{Catalog, Column, Name};
use super::super::types::TypeRef;
use super::query::Output;

/// A table, subquery or function in FROM.
#[derive(Clone, Debug, Default)]
pub struct Item {
    pub name: Name,
    pub columns: Vec<(Name, TypeRef)>,
    /// There may be other columns.
    pub unknown: bool,
    /// Columns that a join has merged, so that `*` does not show them here.
    pub merged: Vec<Name>,
}

pub struct Scope<'a> {
    pub catalog: &'a Catalog,
    pub items: Vec<Item>,
    pub ctes: Vec<(Name, Output)>,
    pub outer: Option<&'a Scope<'a>>,
    /// `VALUE` is a domain's value.
    pub value: bool,
    /// Columns are printed with the name of their table, as in a trigger's condition.
    pub qualified: bool,
    /// The columns that were looked up.
    pub used: RefCell<Vec<Name>>,
    /// The names without a qualifier that are no column, with where they stand.
    pub missing: RefCell<Vec<(Name, i32)>>,
}

impl<'a> Scope<'a> {
    pub fn new(catalog: &'a Catalog) -> Scope<'a> {
        Scope {
            catalog,
            items: Vec::new(),
            ctes: Vec::new(),
            outer: None,
            value: false,
            qualified: false,
            used: RefCell::default(),
            missing: RefCell::default(),
        }
    }

    pub fn of_columns(catalog: &'a Catalog, columns: &[Arc<Column>]) -> Scope<'a> {
        let columns = columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
        Scope { items: vec![Item { columns, ..Item::default() }], ..Scope::new(catalog) }
    }

    /// A scope for a query inside this one.
    pub fn inner(&'a self) -> Scope<'a> {
        Scope { outer: Some(self), ..Scope::new(self.catalog) }
    }

    pub fn cte(&self, name: &str) -> Option<&Output> {
        let own = self.ctes.iter().rev().find(|(cte, _)| &**cte == name).map(|(_, output)| output);
        own.or_else(|| self.outer?.cte(name))
    }

    /// The type of a column, by table where one is given.
    pub fn column(&self, table: Option<&str>, name: &str) -> Option<TypeRef> {
        let items = self.items.iter().filter(|item| {
            table.is_none_or(|table| &*item.name == table || item.name.is_empty() && self.outer.is_none())
        });
        let mut unknown = false;
        for item in items {
            if let Some((_, ty)) = item.columns.iter().find(|(column, _)| &**column == name) {
                self.used(name);
                return Some(ty.clone());
            }
            unknown |= item.unknown;
        }
        if unknown {
            return None;
        }
        self.outer?.column(table, name)
    }

    fn used(&self, name: &str) {
        let mut used = self.used.borrow_mut();
        if !used.iter().any(|other| &**other == name) {
            used.push(name.into());
        }
    }
}
