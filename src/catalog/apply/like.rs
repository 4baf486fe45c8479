//! CREATE TABLE (LIKE …).

use std::sync::Arc;

use crate::syntax::ast::{RangeVar, TableLikeClause};

use super::super::model::*;
use super::{Fold, Result, Stop, offset, schema_of};

const CONSTRAINTS: u32 = 1 << 2;
const DEFAULTS: u32 = 1 << 3;
const GENERATED: u32 = 1 << 4;
const IDENTITY: u32 = 1 << 5;
const INDEXES: u32 = 1 << 6;
const COMMENTS: u32 = 1;

/// A table whose parts LIKE asks for.
pub(super) struct Like {
    pub source: Arc<Relation>,
    options: u32,
}

impl Fold<'_> {
    fn cannot_be_like<T>(&self, range: &RangeVar) -> Result<T> {
        let name = &range.relname;
        let message = match self.version() {
            ..15 => {
                format!(
                    "\"{name}\" is not a table, view, materialized view, composite type, or foreign table"
                )
            }
            15.. => format!("relation \"{name}\" is invalid in LIKE clause"),
        };
        self.fail("42809", message, offset(range.location))
    }

    /// Copies the columns; constraints and indexes come when the table is there.
    pub(super) fn like_columns(
        &mut self,
        table: &QualifiedName,
        relation: &mut Relation,
        like: &TableLikeClause,
    ) -> Result<Option<Like>> {
        let Some(range) = &like.relation else { return Ok(None) };
        let source = match self.catalog.relation(schema_of(range), &range.relname) {
            Some(source) => source.clone(),
            None if self.catalog.index(schema_of(range), &range.relname).is_some() => {
                return self.cannot_be_like(range);
            }
            None => match self.missing_relation::<()>(range) {
                Err(Stop::Error(error)) => return Err(Stop::Error(error)),
                _ => {
                    relation.unknown_columns = true;
                    return Ok(None);
                }
            },
        };
        if source.kind == RelationKind::Sequence {
            return self.cannot_be_like(range);
        }
        relation.unknown_columns |= source.unknown_columns;
        for column in &source.columns {
            if relation.column(&column.name).is_some() {
                return self.specified_twice(&column.name, offset(range.location));
            }
            let mut copy = Column::new(column.name.clone(), column.ty.clone());
            copy.collation = column.collation.clone();
            copy.not_null = column.not_null;
            if column.generated.is_some() {
                if like.options & GENERATED != 0 {
                    copy.generated = column.generated;
                    copy.default = column.default.clone();
                }
            } else if like.options & DEFAULTS != 0 {
                copy.default = column.default.clone();
            }
            if like.options & IDENTITY != 0 && column.identity.is_some() {
                copy.identity = column.identity;
                let made = self.implicit_sequence(table, &column.name, &column.ty, Some(&[]))?;
                self.like_sequence(&made, &source, &column.name)?;
            }
            if like.options & COMMENTS != 0 {
                copy.comment = column.comment.clone();
            }
            relation.columns.push(Arc::new(copy));
        }
        Ok(Some(Like { source, options: like.options }))
    }

    /// A copied identity counts as its model does; the sequence's own type is that of any sequence.
    fn like_sequence(&mut self, made: &QualifiedName, source: &Relation, column: &Name) -> Result {
        let owned = OwnedBy { table: source.qualified_name(), column: column.clone() };
        let model = self.catalog.relations().find(|other| other.owned_by.as_ref() == Some(&owned));
        let Some(parameters) = model.and_then(|model| model.sequence.clone()) else { return Ok(()) };
        self.relation(made)?.sequence = Some(SequenceParameters { data_type: "bigint".into(), ..parameters });
        Ok(())
    }

    pub(super) fn like_constraints(&mut self, table: &QualifiedName, like: &Like) -> Result {
        if like.options & CONSTRAINTS == 0 {
            return Ok(());
        }
        let checks =
            like.source.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::Check);
        for check in checks {
            self.relation(table)?.put_constraint(Constraint::clone(check));
        }
        Ok(())
    }

    pub(super) fn like_indexes(&mut self, table: &QualifiedName, like: &Like) -> Result {
        if like.options & INDEXES == 0 {
            return Ok(());
        }
        self.copy_indexes(&like.source.clone(), table)
    }
}
