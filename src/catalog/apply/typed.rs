//! Typed tables (`OF type`), and which index can tell a table's rows apart (REPLICA IDENTITY).

use crate::syntax::ast::{CreateStmt, NodeEnum, TypeName};

use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, Stop, find, offset};

impl Fold<'_> {
    /// PostgreSQL's error for a type that no table can be of (`check_of_type`).
    pub(super) fn can_type_tables(&self, name: &TypeName, of: &TypeRef) -> Result {
        let TypeRef::Named { schema, name: type_name, array, .. } = of else { return Ok(()) };
        let at = offset(name.location);
        let text = of.without_modifier();
        let relation = self.catalog.relation(Some(schema), type_name);
        let is_composite = relation.is_some_and(|relation| relation.kind == RelationKind::CompositeType);
        if is_composite && !array {
            return Ok(());
        }
        let message = match relation {
            Some(_) if !array => format!("type {text} is the row type of another table"),
            _ => format!("type {text} is not a composite type"),
        };
        self.fail("42809", message, at)
    }

    /// PostgreSQL's errors for what a typed table's definition names: columns of the type, each once.
    pub(super) fn typed_elements(&self, s: &CreateStmt, relation: &Relation) -> Result {
        let mut seen: Vec<&str> = Vec::new();
        for node in &s.table_elts {
            let Some(NodeEnum::ColumnDef(column)) = &node.node else { continue };
            let name = column.colname.as_str();
            let at = self.token_behind(offset(column.location).unwrap_or_default(), name);
            if relation.column(name).is_none() && !relation.unknown_columns {
                return self.fail("42703", format!("column \"{name}\" does not exist"), at);
            }
            if seen.contains(&name) {
                return self.specified_twice(name, at);
            }
            seen.push(name);
        }
        Ok(())
    }

    /// ALTER TABLE … OF: the table's columns are the type's, in their order (`ATExecAddOf`).
    pub(super) fn fits_type(&self, table: &QualifiedName, of: &QualifiedName) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let ty = self.catalog.relation(Some(&of.schema), &of.name).ok_or(Stop::Unsure)?;
        if relation.unknown_columns || ty.unknown_columns {
            return Ok(());
        }
        let at = self.token(&of.name);
        let mut own = relation.columns.iter();
        for wanted in &ty.columns {
            let message = match own.next() {
                None => format!("table is missing column \"{}\"", wanted.name),
                Some(column) if column.name != wanted.name => {
                    format!("table has column \"{}\" where type requires \"{}\"", column.name, wanted.name)
                }
                Some(column) if column.ty != wanted.ty => {
                    format!("table \"{}\" has different type for column \"{}\"", table.name, wanted.name)
                }
                Some(_) => continue,
            };
            return self.fail("42804", message, at);
        }
        match own.next() {
            Some(column) => self.fail("42804", format!("table has extra column \"{}\"", column.name), at),
            None => Ok(()),
        }
    }

    /// PostgreSQL's errors for an index that cannot tell rows apart (`ATExecReplicaIdentity`).
    pub(super) fn can_identify(&self, table: &QualifiedName, name: &str) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let at = self.token(name);
        let Some(index) = relation.indexes.iter().find(|index| *index.name == *name) else {
            let schema = self.catalog.schema(&table.schema);
            if schema.is_some_and(|schema| schema.has_relation_name(name)) {
                let message = format!("\"{name}\" is not an index for table \"{}\"", table.name);
                return self.fail("42809", message, at);
            }
            if relation.unknown_columns || !find::sure_of(&self.catalog, None, name) {
                return Err(Stop::Unsure);
            }
            let message = format!("index \"{name}\" for table \"{}\" does not exist", table.name);
            return self.fail("42704", message, at);
        };
        let columns = index.keys.iter().map(|key| match &key.target {
            IndexTarget::Column(column) => relation.column(column),
            IndexTarget::Expression(_) => None,
        });
        let nullable = columns.flatten().find(|column| !column.not_null);
        let is_expression = |key: &IndexKey| matches!(key.target, IndexTarget::Expression(_));
        let is_deferrable = relation.constraint(name).is_some_and(|constraint| constraint.deferrable);
        let (code, message) = if !index.unique {
            ("42809", format!("cannot use non-unique index \"{name}\" as replica identity"))
        } else if is_deferrable {
            ("0A000", format!("cannot use non-immediate index \"{name}\" as replica identity"))
        } else if index.keys.iter().any(is_expression) {
            ("0A000", format!("cannot use expression index \"{name}\" as replica identity"))
        } else if index.predicate.is_some() {
            ("0A000", format!("cannot use partial index \"{name}\" as replica identity"))
        } else if let Some(column) = nullable {
            let what = format!("index \"{name}\" cannot be used as replica identity");
            ("42809", format!("{what} because column \"{}\" is nullable", column.name))
        } else {
            return Ok(());
        };
        self.fail(code, message, at)
    }

    /// PostgreSQL's error for the name of a column that a typed table has of its type.
    pub(super) fn is_no_typed_column(&self, table: &QualifiedName, column: &str) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.of_type.is_none() {
            return Ok(());
        }
        self.fail("42809", "cannot rename column of typed table".into(), self.token(column))
    }

    /// PostgreSQL's error for ENFORCED where nothing is to be enforced, or was said before
    /// (`transformConstraintAttrs`).
    pub(super) fn enforces_something(&self, nodes: &[crate::syntax::ast::Node]) -> Result {
        use crate::syntax::ast::ConstrType::*;
        let (mut before, mut is_said) = (None, false);
        for node in nodes {
            let Some(NodeEnum::Constraint(constraint)) = &node.node else { continue };
            let kind = constraint.contype();
            let word = match kind {
                ConstrAttrEnforced => "ENFORCED",
                ConstrAttrNotEnforced => "NOT ENFORCED",
                ConstrAttrDeferrable | ConstrAttrNotDeferrable | ConstrAttrDeferred | ConstrAttrImmediate => {
                    continue;
                }
                _ => {
                    (before, is_said) = (Some(kind), false);
                    continue;
                }
            };
            let message = if !matches!(before, Some(ConstrCheck | ConstrForeign)) {
                format!("misplaced {word} clause")
            } else if is_said {
                "multiple ENFORCED/NOT ENFORCED clauses not allowed".to_owned()
            } else {
                is_said = true;
                continue;
            };
            return self.refuse("42601", message, offset(constraint.location));
        }
        Ok(())
    }

    /// Multiple ranges are their range's in all.
    pub(super) fn is_no_multirange(&self, parts: &[&str]) -> Result {
        let (schema, name) = super::split_name(parts);
        let ty = self.catalog.user_type(schema, name);
        if ty.is_some_and(|ty| matches!(ty.kind, TypeKind::Multirange { .. })) {
            let message = format!("cannot alter multirange type {}", parts.join("."));
            return self.fail("42809", message, self.token(name));
        }
        Ok(())
    }
}
