//! What follows when a relation or a type has another name or schema: all that refers to it does so anew.

use std::sync::Arc;

use super::super::entity::Value;
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::{deparse, quote};
use super::{Fold, Result, Stop};

impl Fold<'_> {
    /// Gives a relation another name or schema, and tells all that refer to it.
    pub(super) fn move_relation(&mut self, old: &QualifiedName, new: &QualifiedName) -> Result {
        if old == new {
            return Ok(());
        }
        let relation = self.schema(&old.schema)?.remove_relation(&old.name).ok_or(Stop::Unsure)?;
        let mut relation = Relation::clone(&relation);
        relation.schema = new.schema.clone();
        relation.name = new.name.clone();
        let old_table = format!(" {} USING ", quote::qualified(&old.schema, &old.name));
        let new_table = format!(" {} USING ", quote::qualified(&new.schema, &new.name));
        for index in &mut relation.indexes {
            let index = Arc::make_mut(index);
            index.definition = index.definition.replacen(&old_table, &new_table, 1).into();
        }
        let old_on = format!(" ON {} ", quote::qualified(&old.schema, &old.name));
        let new_on = format!(" ON {} ", quote::qualified(&new.schema, &new.name));
        for trigger in &mut relation.triggers {
            let trigger = Arc::make_mut(trigger);
            trigger.definition = trigger.definition.replacen(&old_on, &new_on, 1).into();
        }
        let kind = relation.kind;
        self.schema(&new.schema)?.put_relation(relation);
        self.each_reference(|value| match value {
            Value::Relation(name) if name == old => *name = new.clone(),
            _ => {}
        });
        let old_text = deparse::relation_text(&old.schema, &old.name);
        let new_text = deparse::relation_text(&new.schema, &new.name);
        if kind == RelationKind::CompositeType
            && let Some(ty) = self.schema(&old.schema)?.types.remove(&old.name)
        {
            let mut ty = Type::clone(&ty);
            (ty.schema, ty.name) = (new.schema.clone(), new.name.clone());
            self.schema(&new.schema)?.types.insert(new.name.clone(), Arc::new(ty));
        }
        let old_literal = format!("nextval({}::regclass)", quote::literal(&old_text));
        let new_literal = format!("nextval({}::regclass)", quote::literal(&new_text));
        self.each_relation(|other| {
            for parent in &mut other.parents {
                if parent == old {
                    *parent = new.clone();
                }
            }
            if other.reads.remove(old).is_some() {
                other.query_is_stale = true;
                other.reads.insert(new.clone());
            }
            if other.of_type.as_ref() == Some(old) {
                other.of_type = Some(new.clone());
            }
            if let Some(owner) = &mut other.owned_by
                && owner.table == *old
            {
                owner.table = new.clone();
            }
            for constraint in &mut other.constraints {
                if constraint.foreign.as_ref().is_some_and(|foreign| foreign.table == *old) {
                    let constraint = Arc::make_mut(constraint);
                    let from = format!(" REFERENCES {old_text}(");
                    let to = format!(" REFERENCES {new_text}(");
                    constraint.definition = constraint.definition.replacen(&from, &to, 1).into();
                    if let Some(foreign) = &mut constraint.foreign {
                        foreign.table = new.clone();
                    }
                }
            }
            for column in &mut other.columns {
                if kind == RelationKind::Sequence
                    && column.default.as_ref().is_some_and(|text| text.contains(&old_literal))
                {
                    let column = Arc::make_mut(column);
                    column.default =
                        column.default.as_ref().map(|text| text.replace(&old_literal, &new_literal).into());
                }
            }
        });
        self.retype(old, new)
    }

    pub(super) fn move_type(&mut self, old: &QualifiedName, new: &QualifiedName) -> Result {
        let ty = self.catalog.user_type(Some(&old.schema), &old.name).ok_or(Stop::Unsure)?.clone();
        if ty.kind == TypeKind::Composite {
            return self.move_relation(old, new);
        }
        self.schema(&old.schema)?.types.remove(&old.name);
        let mut ty = Type::clone(&ty);
        (ty.schema, ty.name) = (new.schema.clone(), new.name.clone());
        let other = match &ty.kind {
            TypeKind::Range { multirange, .. } => multirange.clone(),
            TypeKind::Multirange { range } => Some(range.clone()),
            _ => None,
        };
        self.schema(&new.schema)?.types.insert(new.name.clone(), Arc::new(ty));
        // A range and its multirange know each other.
        if let Some(other) = other
            && let Some(schema) = self.catalog.schema_mut(&other.schema)
            && let Some(ty) = schema.types.get_mut(&other.name)
        {
            match &mut Arc::make_mut(ty).kind {
                TypeKind::Range { multirange, .. } => *multirange = Some(new.clone()),
                TypeKind::Multirange { range } => *range = new.clone(),
                _ => {}
            }
        }
        self.retype(old, new)
    }

    /// Everything that has the type `old` has `new` instead.
    fn retype(&mut self, old: &QualifiedName, new: &QualifiedName) -> Result {
        let old_cast = format!("::{}", TypeRef::named(old.schema.clone(), old.name.clone()));
        let new_cast = format!("::{}", TypeRef::named(new.schema.clone(), new.name.clone()));
        let text = |text: &Name| -> Option<Name> {
            text.contains(&old_cast).then(|| replace_word(text, &old_cast, &new_cast).into())
        };
        self.each_relation(|relation| {
            for column in &mut relation.columns {
                let is_old = retyped(&column.ty, old, new);
                let default = column.default.as_ref().and_then(text);
                if is_old.is_some() || default.is_some() {
                    let column = Arc::make_mut(column);
                    column.ty = is_old.unwrap_or_else(|| column.ty.clone());
                    column.default = default.or(column.default.take());
                }
            }
            for constraint in &mut relation.constraints {
                if let Some(definition) = text(&constraint.definition) {
                    Arc::make_mut(constraint).definition = definition;
                }
            }
            for index in &mut relation.indexes {
                if let Some(definition) = text(&index.definition) {
                    let index = Arc::make_mut(index);
                    index.definition = definition;
                    index.predicate = index.predicate.as_ref().map(|p| text(p).unwrap_or_else(|| p.clone()));
                }
            }
        });
        self.retype_routines(old, new);
        self.each_reference(|value| {
            if let Value::Type(ty) = value
                && let Some(ty_now) = retyped(ty, old, new)
            {
                *ty = ty_now;
            }
        });
        Ok(())
    }

    fn retype_routines(&mut self, old: &QualifiedName, new: &QualifiedName) {
        let mut changed = Vec::new();
        for schema in self.catalog.schemas.values() {
            for (name, overloads) in &schema.routines {
                for (n, routine) in overloads.iter().enumerate() {
                    let mut copy = Routine::clone(routine);
                    for argument in &mut copy.arguments {
                        if let Some(ty) = retyped(&argument.ty, old, new) {
                            argument.ty = ty;
                        }
                    }
                    if let Some(ty) = copy.result.as_ref().and_then(|ty| retyped(ty, old, new)) {
                        copy.result = Some(ty);
                    }
                    if copy != **routine {
                        super::routine::print(&mut copy, &self.catalog);
                        changed.push((schema.name.clone(), name.clone(), n, copy));
                    }
                }
            }
        }
        for (schema, name, n, routine) in changed {
            if let Some(overloads) = self.catalog.schema_mut(&schema).and_then(|s| s.routines.get_mut(&name))
            {
                overloads[n] = Arc::new(routine);
                self.changed = true;
            }
        }
    }
}

/// `ty` under its new name, if it is `old` or an array of it.
fn retyped(ty: &TypeRef, old: &QualifiedName, new: &QualifiedName) -> Option<TypeRef> {
    match ty {
        TypeRef::Named { schema, name, typmod, array } if *schema == old.schema && *name == old.name => {
            Some(TypeRef::Named {
                schema: new.schema.clone(),
                name: new.name.clone(),
                typmod: *typmod,
                array: *array,
            })
        }
        _ => None,
    }
}

/// Replaces `old` where no longer name begins with it.
fn replace_word(text: &str, old: &str, new: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let end = at + old.len();
        let whole =
            !rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '.');
        out.push_str(&rest[..at]);
        out.push_str(if whole { new } else { old });
        rest = &rest[end..];
    }
    out + rest
}
