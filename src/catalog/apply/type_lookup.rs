//! Types by the names that ALTER, DROP and COMMENT give them.

use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::Types;
use super::{Fold, Result, Stop, split_name};

impl Fold<'_> {
    pub(super) fn find_type(&self, parts: &[&str]) -> Result<QualifiedName> {
        let (schema, name) = split_name(parts);
        match self.catalog.user_type(schema, name) {
            Some(ty) => Ok(QualifiedName { schema: ty.schema.clone(), name: ty.name.clone() }),
            None => {
                self.is_altered_by_itself(parts)?;
                self.missing_type(parts)
            }
        }
    }

    /// PostgreSQL's error for a type that changes with something else only: a relation's rows, an array.
    pub(super) fn is_altered_by_itself(&self, parts: &[&str]) -> Result {
        let (schema, name) = split_name(parts);
        if let Some(relation) = self.catalog.relation(schema, name)
            && !matches!(relation.kind, RelationKind::Sequence | RelationKind::CompositeType)
        {
            let text = super::super::deparse::relation_text(&relation.schema, &relation.name);
            return self.fail("42809", format!("{text} is a table's row type"), self.token(name));
        }
        if let Some(array) = self.array_of(parts) {
            return self.fail("42809", format!("cannot alter array type {array}"), self.token(name));
        }
        Ok(())
    }

    /// The array of one of the catalog's types, where it is named as PostgreSQL stores it: `_name`.
    fn array_of(&self, parts: &[&str]) -> Option<String> {
        let (schema, name) = split_name(parts);
        let element = self.catalog.user_type(schema, name.strip_prefix('_')?)?;
        let ty = TypeRef::named(element.schema.clone(), element.name.clone()).array_of();
        Some(Types::new(&self.catalog).print(&ty))
    }

    /// How PostgreSQL calls a type that is there, whatever it is of.
    pub(super) fn type_text(&self, parts: &[&str]) -> Option<String> {
        let (schema, name) = split_name(parts);
        if let Some(relation) = self.catalog.relation(schema, name) {
            let text = super::super::deparse::relation_text(&relation.schema, &relation.name);
            return (relation.kind != RelationKind::Sequence).then_some(text);
        }
        let of_system = schema.is_none_or(|schema| schema == "pg_catalog");
        let builtin = super::super::builtin::facts().ty(name).filter(|_| of_system);
        builtin.map(|ty| ty.text.to_owned()).or_else(|| self.array_of(parts))
    }

    pub(super) fn missing_type<T>(&self, parts: &[&str]) -> Result<T> {
        let (schema, name) = split_name(parts);
        let is_there = |name: &str| {
            super::super::builtin::facts().ty(name).is_some()
                || self.catalog.relation(schema, name).is_some()
                || self.catalog.user_type(schema, name).is_some()
        };
        // The types of arrays have names, too.
        if is_there(name)
            || name.strip_prefix('_').is_some_and(is_there)
            || self.may_have_more_types()
            || !super::find::sure_of(&self.catalog, schema, name)
        {
            return Err(Stop::Unsure);
        }
        if let Some(schema) = schema.filter(|schema| self.catalog.schema(schema).is_none()) {
            return self.fail("3F000", format!("schema \"{schema}\" does not exist"), self.token(schema));
        }
        self.fail("42704", format!("type \"{}\" does not exist", parts.join(".")), self.token(name))
    }
}
