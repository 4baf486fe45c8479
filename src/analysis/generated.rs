//! Expressions that only know a row: what generated columns, checks and a publication's conditions may name
//! (check_nested_generated, checkExprHasUserDefined…, check_simple_rowfilter_expr).

use std::sync::Arc;

use super::definition::find;
use super::scope::{RangeItem, system_column};
use super::statement::{Analyzer, strings};
use crate::catalog::model::Relation;
use crate::catalog::types::TypeRef;
use crate::syntax::ast::{ColumnDef, ConstrType, CreateStmt, Node, NodeEnum};

/// The generated columns that an expression may see.
#[derive(Clone, Debug, Default)]
pub(super) struct GeneratedColumns {
    all: Vec<String>,
}

impl GeneratedColumns {
    pub fn of_new(create: &CreateStmt) -> GeneratedColumns {
        let mut columns = GeneratedColumns::default();
        for node in &create.table_elts {
            if let Some(NodeEnum::ColumnDef(column)) = &node.node {
                columns.add(column);
            }
        }
        columns
    }

    pub fn of(relation: &Relation) -> GeneratedColumns {
        let mut columns = GeneratedColumns::default();
        for column in relation.columns.iter().filter(|column| column.generated.is_some()) {
            columns.all.push(column.name.to_string());
        }
        columns
    }

    pub fn add(&mut self, column: &ColumnDef) {
        for node in &column.constraints {
            if let Some(NodeEnum::Constraint(constraint)) = &node.node
                && constraint.contype() == ConstrType::ConstrGenerated
            {
                self.all.push(column.colname.clone());
            }
        }
    }

    pub fn contain(&self, name: &str) -> bool {
        self.all.iter().any(|column| column == name)
    }
}

/// The first column that an expression names of which `is` says so, by the last part of its name.
pub(super) fn named_column(raw: &Node, is: &dyn Fn(&str) -> bool) -> Option<(String, i32)> {
    let mut named = None;
    find(raw, &mut |node| match node {
        NodeEnum::ColumnRef(column) => {
            let name = strings(&column.fields).last().filter(|name| is(name)).cloned()?;
            named = Some((name.to_string(), column.location));
            Some(column.location)
        }
        _ => None,
    });
    named
}

/// Where an expression begins.
fn location(node: &Node) -> Option<i32> {
    match node.node.as_ref()? {
        NodeEnum::ColumnRef(column) => Some(column.location),
        NodeEnum::AConst(constant) => Some(constant.location),
        NodeEnum::FuncCall(call) => Some(call.location),
        NodeEnum::TypeCast(cast) => cast.arg.as_deref().and_then(location),
        NodeEnum::AExpr(expression) => {
            expression.lexpr.as_deref().and_then(location).or(Some(expression.location))
        }
        _ => None,
    }
}

/// Where that begins whose operator stands at a place.
fn start_of(raw: &Node, at: i32) -> i32 {
    let mut start = None;
    find(raw, &mut |node| match node {
        NodeEnum::AExpr(expression) if expression.location == at => {
            start = expression.lexpr.as_deref().and_then(location);
            Some(at)
        }
        _ => None,
    });
    start.unwrap_or(at)
}

fn is_of_user(ty: &TypeRef) -> bool {
    matches!(ty, TypeRef::Named { schema, .. } if &**schema != "pg_catalog")
}

impl Analyzer<'_> {
    /// What a generated column's expression may not name. `own` is where it calls something that is not PostgreSQL's.
    pub(super) fn names_of_generated(
        &mut self,
        raw: &Node,
        row: &Arc<RangeItem>,
        generated: &GeneratedColumns,
    ) {
        let is_column = |name: &str| row.column(name).is_some();
        let is_row = |name: &str| *name == *row.alias && !is_column(name);
        let is_system = |name: &str| name != "tableoid" && system_column(name).is_some() && !is_column(name);
        let what = "in column generation expression";
        if let Some((name, at)) = named_column(raw, &is_system) {
            self.report_at(at, "42P10", format!("cannot use system column \"{name}\" {what}"));
        } else if let Some((name, at)) =
            named_column(raw, &|name| generated.contain(name) || is_row(name) && !row.unknown_columns)
        {
            match generated.contain(&name) {
                true => self.report_at(at, "42P17", format!("cannot use generated column \"{name}\" {what}")),
                false => self.report_at(at, "42P17", format!("cannot use whole-row variable {what}")),
            }
        }
    }

    /// What only a column may not be that is computed whenever it is read.
    pub(super) fn can_be_virtual(
        &mut self,
        raw: &Node,
        column: &ColumnDef,
        ty: &TypeRef,
        row: &Arc<RangeItem>,
        own: Option<i32>,
    ) {
        let name = &column.colname;
        let types = self.types;
        if is_of_user(ty) {
            let is_domain = types.base(ty) != *ty;
            let what = if is_domain { "a domain type" } else { "a user-defined type" };
            let message = format!("virtual generated column \"{name}\" cannot have {what}");
            self.report_at(column.location, "0A000", message);
            return;
        }
        if let Some(at) = own {
            let at = start_of(raw, at);
            self.report_at(at, "0A000", "generation expression uses user-defined function");
            return;
        }
        if let Some(at) = self.user_type_in(raw, row) {
            self.report_at(at, "0A000", "generation expression uses user-defined type");
        }
    }

    /// Where a value stands whose type is not PostgreSQL's: a column, or a cast.
    fn user_type_in(&mut self, raw: &Node, row: &Arc<RangeItem>) -> Option<i32> {
        let named = named_column(raw, &|name| row.column(name).is_some_and(|column| is_of_user(&column.ty)));
        if let Some((_, at)) = named {
            return Some(at);
        }
        let mut casts = Vec::new();
        find(raw, &mut |node| {
            if let NodeEnum::TypeCast(cast) = node {
                casts.push(cast.clone());
            }
            None
        });
        casts.iter().find_map(|cast| {
            let ty = self.quietly(|this| this.type_ref(cast.type_name.as_ref()));
            let start = cast.arg.as_deref().and_then(location);
            is_of_user(&ty).then_some(start.unwrap_or(cast.location))
        })
    }

    /// What a check may not name.
    pub(super) fn names_of_check(&mut self, raw: &Node, row: &RangeItem) {
        let is_system =
            |name: &str| name != "tableoid" && system_column(name).is_some() && row.column(name).is_none();
        if let Some((name, at)) = named_column(raw, &is_system) {
            let message = format!("system column \"{name}\" reference in check constraint is invalid");
            self.report_at(at, "42P10", message);
        }
    }

    /// What a publication's condition may not be made of: it is looked at where nothing of the session is there.
    pub(super) fn simple_condition(
        &mut self,
        raw: &Node,
        row: &Arc<RangeItem>,
        mutable: Option<i32>,
        own: Option<i32>,
    ) {
        let is_row = |name: &str| *name == *row.alias && row.column(name).is_none();
        let is_other =
            |name: &str| row.column(name).is_none() && (system_column(name).is_some() || is_row(name));
        let query = find(raw, &mut |node| match node {
            NodeEnum::SubLink(link) => {
                let test = link.testexpr.as_deref().and_then(|test| {
                    find(test, &mut |node| match node {
                        NodeEnum::ColumnRef(column) => Some(column.location),
                        _ => None,
                    })
                });
                Some(test.unwrap_or(link.location))
            }
            _ => None,
        });
        let collated = find(raw, &mut |node| match node {
            NodeEnum::CollateClause(collate) => {
                let names = strings(&collate.collname);
                let name = names.last()?;
                let is_own = self.catalog.entity(crate::catalog::model::EntityKind::Collation, None, name);
                is_own.map(|_| collate.location)
            }
            _ => None,
        });
        let wrong = query
            .or(own.map(|at| start_of(raw, at)))
            .or(mutable)
            .or_else(|| named_column(raw, &is_other).map(|(_, at)| at))
            .or_else(|| self.user_type_in(raw, row))
            .or(collated);
        if let Some(at) = wrong {
            self.report_at(at, "0A000", "invalid publication WHERE expression");
        }
    }
}
