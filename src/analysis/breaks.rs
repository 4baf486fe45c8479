//! What PostgreSQL takes and what fails when it runs: values that a column's constraints plainly refuse, and divisions
//! by zero. They are warnings, as the statement may never run, or have no row.

use std::sync::Arc;

use super::scope::RangeItem;
use super::statement::Analyzer;
use super::typed::{Form, Typed};
use super::{Diagnostic, Weight};
use crate::catalog::model::{Column, Relation, RelationKind};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Class, builtin_name};
use crate::syntax::ast::{Node, NodeEnum, a_const};

impl Analyzer<'_> {
    pub(super) fn warn_at(&mut self, location: i32, sqlstate: &'static str, message: String) {
        if let Some(span) = self.token_span(location) {
            let warning = Diagnostic { weight: Weight::Warning, ..Diagnostic::new(span, sqlstate, message) };
            if !self.out.warnings.contains(&warning) {
                self.out.warnings.push(warning);
            }
        }
    }

    /// A value that is written out and that its column refuses.
    pub(super) fn breaks(&mut self, value: &Typed, relation: &Arc<Relation>, column: &Column, event: &str) {
        let is_null = matches!(value.form, Form::Literal(None)) && value.is_untyped();
        let is_default = matches!(value.form, Form::Default);
        let becomes_null = is_null && column.not_null || is_default && self.lacks_default(column);
        if becomes_null && self.takes_as_it_is(relation, event) {
            self.null_into(relation, column, value.location);
        }
        if let Form::Literal(Some(text)) = &value.form
            && value.is_untyped()
            && let Some((sqlstate, message)) = too_long(&column.ty, text)
        {
            self.warn_at(value.location, sqlstate, message);
        }
    }

    /// The columns that INSERT leaves out: they are NULL.
    pub(super) fn leaves_out(&mut self, target: &RangeItem, is_given: impl Fn(&str) -> bool, location: i32) {
        let Some(relation) = target.relation.clone().filter(|_| !target.unknown_columns) else { return };
        let missing =
            relation.columns.iter().find(|column| !is_given(&column.name) && self.lacks_default(column));
        if let Some(column) = missing.filter(|_| self.takes_as_it_is(&relation, "INSERT")) {
            self.null_into(&relation, column, location);
        }
    }

    fn null_into(&mut self, relation: &Relation, column: &Column, location: i32) {
        let message = format!(
            "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
            column.name, relation.name
        );
        self.warn_at(location, "23502", message);
    }

    /// Whether a column that is given no value becomes NULL, and may not be.
    fn lacks_default(&self, column: &Column) -> bool {
        let is_made = column.default.is_some() || column.identity.is_some() || column.generated.is_some();
        // A domain may have a default of its own.
        let may_be_made = match self.types.class(&column.ty) {
            Class::Domain => true,
            _ => column.ty == TypeRef::Unknown || self.types.is_opaque(&column.ty),
        };
        column.not_null && !is_made && !may_be_made
    }

    /// Whether rows come into a table as a statement gives them: no trigger before it and no rule makes others of them.
    fn takes_as_it_is(&self, relation: &Relation, event: &str) -> bool {
        let changes =
            |relation: &Relation| relation.triggers.iter().any(|trigger| trigger.fires(" BEFORE ", event));
        let is_plain =
            relation.kind == RelationKind::Table && relation.rules.is_empty() && !changes(relation);
        is_plain && !self.types.is_unsure
    }

    /// A division by a zero that is written out; it keeps from being made what is filled with it for certain.
    pub(super) fn divides(&mut self, operator: &str, left: &Typed, right: &Node, at: i32) {
        if !matches!(operator, "/" | "%") {
            return;
        }
        let Some(NodeEnum::AConst(constant)) = &right.node else { return };
        let is_zero = match &constant.val {
            Some(a_const::Val::Ival(value)) => value.ival == 0,
            Some(a_const::Val::Fval(value)) => value.fval.parse::<f64>() == Ok(0.0),
            _ => false,
        };
        let is_number = matches!(
            builtin_name(&self.types.base(&left.ty)),
            Some("int2" | "int4" | "int8" | "numeric" | "float4" | "float8")
        );
        if is_zero && is_number && constant.location >= 0 {
            let fills = matches!(self.planned, Some(NodeEnum::CreateTableAsStmt(_)));
            if fills && self.certain.contains(&at) {
                self.report_at(constant.location, "22012", "division by zero");
            } else {
                self.warn_at(constant.location, "22012", "division by zero".into());
            }
        }
    }
}

/// Why a text does not fit into a type with that modifier.
fn too_long(ty: &TypeRef, text: &str) -> Option<(&'static str, String)> {
    let typmod = ty.typmod();
    if typmod < 4 || ty.element().is_some() {
        return None;
    }
    let length = usize::try_from(typmod - 4).ok()?;
    let name = match builtin_name(ty)? {
        "varchar" => "character varying",
        "bpchar" => "character",
        _ => return None,
    };
    // Spaces at the end are cut off without a word.
    let kept = text.trim_end_matches(' ').chars().count();
    (kept > length).then(|| ("22001", format!("value too long for type {name}({length})")))
}
