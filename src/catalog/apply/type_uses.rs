//! What holds a type: DROP TYPE without CASCADE fails while anything is of it.

use super::super::entity::Value;
use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, split_name};

impl Fold<'_> {
    /// The same for a type by its name, where there is one.
    pub(super) fn restrict_named_type(&self, parts: &[&str]) -> Result {
        let (schema, name) = split_name(parts);
        let Some(found) = self.catalog.user_type(schema, name).cloned() else {
            // A row type goes with its relation only.
            let Some(relation) = self.catalog.relation(schema, name) else { return Ok(()) };
            if relation.kind == RelationKind::Sequence {
                return Ok(());
            }
            let word = match relation.kind {
                RelationKind::PartitionedTable => "table",
                kind => kind.word(),
            };
            let text = super::super::deparse::relation_text(&relation.schema, &relation.name);
            let message = format!("cannot drop type {text} because {word} {text} requires it");
            return self.fail("2BP01", message, self.token(name));
        };
        // That an extension holds it is said in other words.
        match (&found.extension, &found.kind) {
            (Some(_), _) => Ok(()),
            (None, TypeKind::Multirange { range }) => {
                let text = super::super::deparse::relation_text(&found.schema, &found.name);
                let range = super::super::deparse::relation_text(&range.schema, &range.name);
                let message = format!("cannot drop type {text} because type {range} requires it");
                self.fail("2BP01", message, self.token(name))
            }
            (None, _) => {
                self.restrict_type(&QualifiedName::new(found.schema.clone(), found.name.clone()), &found.kind)
            }
        }
    }

    /// PostgreSQL's error where something is of the type.
    fn restrict_type(&self, name: &QualifiedName, kind: &TypeKind) -> Result {
        // What a range's type brings goes with it.
        let multirange = match kind {
            TypeKind::Range { multirange, .. } => multirange.clone(),
            _ => None,
        };
        let own = [Some(name), multirange.as_ref()];
        let is = |ty: &TypeRef| match ty {
            TypeRef::Named { schema, name, .. } => {
                own.iter().flatten().any(|own| own.schema == *schema && own.name == *name)
            }
            TypeRef::Unknown => false,
        };
        let is_own = |other: &QualifiedName| own.iter().flatten().any(|own| *own == other);
        let relations = self.catalog.relations().any(|relation| {
            !is_own(&relation.qualified_name())
                && (relation.of_type.as_ref() == Some(name)
                    || relation.columns.iter().any(|column| is(&column.ty)))
        });
        let schemas = || self.catalog.schemas.values();
        let types = || {
            schemas().flat_map(|schema| schema.types.values()).any(|other| {
                let other_name = QualifiedName::new(other.schema.clone(), other.name.clone());
                !is_own(&other_name)
                    && match &other.kind {
                        TypeKind::Domain { base, .. } => is(base),
                        TypeKind::Range { subtype, .. } => is(subtype),
                        _ => false,
                    }
            })
        };
        let routines = || {
            schemas().flat_map(|schema| schema.routines.values()).flatten().any(|routine| {
                let is_constructor = &*routine.language == "internal"
                    && is_own(&QualifiedName::new(routine.schema.clone(), routine.name.clone()));
                !is_constructor
                    && (routine.arguments.iter().any(|argument| is(&argument.ty))
                        || routine.result.as_ref().is_some_and(is))
            })
        };
        let entities = || {
            let refers = |entity: &Entity| entity.refers(|value| matches!(value, Value::Type(ty) if is(ty)));
            multirange.is_none() && self.catalog.entities().any(|entity| refers(entity))
        };
        if relations || types() || routines() || entities() {
            let text = TypeRef::named(name.schema.clone(), name.name.clone());
            let message = format!("cannot drop type {text} because other objects depend on it");
            return self.fail("2BP01", message, self.token(&name.name));
        }
        Ok(())
    }
}
