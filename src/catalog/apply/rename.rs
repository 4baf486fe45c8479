//! ALTER … RENAME and ALTER … SET SCHEMA.

use std::sync::Arc;

use crate::syntax::ast::{AlterObjectSchemaStmt, NodeEnum, ObjectType, RangeVar, RenameStmt};

use super::super::model::*;
use super::super::types::TypeRef;
use super::super::{deparse, quote};
use super::{Fold, Result, Stop, index, rewrite, schema_of, split_name, strings};

impl Fold<'_> {
    pub(super) fn rename(&mut self, s: &RenameStmt) -> Result {
        let object = s.object.as_ref().and_then(|object| object.node.as_ref());
        let new: Name = s.newname.as_str().into();
        match s.rename_type() {
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectSequence
            | ObjectType::ObjectIndex => {
                let Some(range) = &s.relation else { return Ok(()) };
                self.rename_relation(range, &new, s.missing_ok)
            }
            ObjectType::ObjectColumn | ObjectType::ObjectAttribute => {
                let Some(range) = &s.relation else { return Ok(()) };
                let Some(table) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
                self.rename_column(&table, &s.subname, &new)
            }
            ObjectType::ObjectTabconstraint => {
                let Some(range) = &s.relation else { return Ok(()) };
                let Some(table) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
                self.rename_constraint(&table, &s.subname, &new)
            }
            ObjectType::ObjectTrigger => {
                let Some(range) = &s.relation else { return Ok(()) };
                let table = self.find(range)?;
                for trigger in &mut self.relation(&table)?.triggers {
                    if *trigger.name == *s.subname {
                        Arc::make_mut(trigger).name = new.clone();
                    }
                }
                Ok(())
            }
            ObjectType::ObjectSchema => self.rename_schema(&s.subname, &new),
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let Some(NodeEnum::List(parts)) = object else { return Ok(()) };
                let parts = strings(&parts.items);
                self.rename_type(&parts, &new)
            }
            ObjectType::ObjectDomconstraint => {
                let Some(NodeEnum::List(parts)) = object else { return Ok(()) };
                let parts = strings(&parts.items);
                let old = s.subname.clone();
                self.change_domain(&parts, |checks| {
                    if let Some(check) = checks.iter_mut().find(|check| *check.name == *old) {
                        Arc::make_mut(check).name = new;
                    }
                })
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let Some(NodeEnum::ObjectWithArgs(object)) = object else { return Ok(()) };
                self.move_routine(object, s.rename_type(), None, Some(new))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn set_schema(&mut self, s: &AlterObjectSchemaStmt) -> Result {
        let object = s.object.as_ref().and_then(|object| object.node.as_ref());
        let at = self.token(&s.newschema);
        match s.object_type() {
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectSequence => {
                let Some(range) = &s.relation else { return Ok(()) };
                let Some(old) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
                let schema = self.target_schema(Some(&s.newschema), at)?;
                self.move_relation(&old, &QualifiedName { schema: schema.clone(), name: old.name.clone() })?;
                // Owned sequences move with their table.
                let new = QualifiedName { schema: schema.clone(), name: old.name.clone() };
                let owned: Vec<_> = (self.catalog.relations())
                    .filter(|other| other.owned_by.as_ref().is_some_and(|owner| owner.table == new))
                    .map(|other| other.qualified_name())
                    .collect();
                for sequence in owned {
                    let to = QualifiedName { schema: schema.clone(), name: sequence.name.clone() };
                    self.move_relation(&sequence, &to)?;
                }
                Ok(())
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let parts = match object {
                    Some(NodeEnum::List(parts)) => strings(&parts.items),
                    Some(NodeEnum::TypeName(name)) => strings(&name.names),
                    _ => return Ok(()),
                };
                let schema = self.target_schema(Some(&s.newschema), at)?;
                let old = self.find_type(&parts)?;
                self.move_type(&old, &QualifiedName { schema, name: old.name.clone() })
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let Some(NodeEnum::ObjectWithArgs(object)) = object else { return Ok(()) };
                let schema = self.target_schema(Some(&s.newschema), at)?;
                self.move_routine(object, s.object_type(), Some(schema), None)
            }
            ObjectType::ObjectExtension => self.unknown(),
            _ => Ok(()),
        }
    }

    fn rename_relation(&mut self, range: &RangeVar, new: &Name, missing_ok: bool) -> Result {
        let at = self.token(new);
        // An index can be renamed by ALTER TABLE too.
        let found = self.catalog.index(schema_of(range), &range.relname);
        if let Some((table, index)) = found.map(|(table, index)| (table.qualified_name(), index.clone())) {
            self.taken(&table.schema, new, false, at)?;
            let old = index.name.clone();
            let mut index = Index::clone(&index);
            self.schema(&table.schema)?.remove_index(&old);
            index::rename(&mut index, new);
            self.schema(&table.schema)?.put_index(&table.name, index);
            let relation = self.relation(&table)?;
            if let Some(mut constraint) = relation.constraint(&old).map(|c| Constraint::clone(c)) {
                relation.constraints.retain(|other| other.name != old);
                constraint.name = new.clone();
                relation.put_constraint(constraint);
            }
            return Ok(());
        }
        let Some(old) = self.find_if(range, missing_ok)? else { return Ok(()) };
        self.taken(&old.schema, new, false, at)?;
        self.move_relation(&old, &QualifiedName { schema: old.schema.clone(), name: new.clone() })
    }

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
        let kind = relation.kind;
        self.schema(&new.schema)?.put_relation(relation);
        let old_text = deparse::relation_text(&old.schema, &old.name);
        let new_text = deparse::relation_text(&new.schema, &new.name);
        if kind == RelationKind::CompositeType {
            if let Some(ty) = self.schema(&old.schema)?.types.remove(&old.name) {
                let mut ty = Type::clone(&ty);
                (ty.schema, ty.name) = (new.schema.clone(), new.name.clone());
                self.schema(&new.schema)?.types.insert(new.name.clone(), Arc::new(ty));
            }
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
                other.reads.insert(new.clone());
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

    /// Lets every relation refer to something by its new name; only those that do are copied.
    pub(super) fn each_relation(&mut self, change: impl Fn(&mut Relation)) {
        let mut changed = Vec::new();
        for relation in self.catalog.relations() {
            let mut copy = Relation::clone(relation);
            change(&mut copy);
            if copy != **relation {
                changed.push(copy);
            }
        }
        for relation in changed {
            if let Some(schema) = self.catalog.schema_mut(&relation.schema.clone()) {
                schema.put_relation(relation);
                self.changed = true;
            }
        }
    }

    fn rename_column(&mut self, table: &QualifiedName, old: &str, new: &Name) -> Result {
        let old = self.existing_column(table, old)?;
        if self.is_inherited_column(table, &old) {
            return self.fail("42P16", format!("cannot rename inherited column \"{old}\""), self.token(&old));
        }
        let mut todo = vec![table.clone()];
        while let Some(name) = todo.pop() {
            let relation = self.relation(&name)?;
            // By two ways from one parent, a child is met twice.
            if relation.column(&old).is_none() {
                continue;
            }
            if relation.column(new).is_some() {
                let message = format!("column \"{new}\" of relation \"{}\" already exists", relation.name);
                return self.fail("42701", message, self.token(new));
            }
            rename_in_relation(relation, &old, new);
            todo.extend(self.children(&name));
            self.each_relation(|other| {
                for constraint in &mut other.constraints {
                    let refers = constraint
                        .foreign
                        .as_ref()
                        .is_some_and(|foreign| foreign.table == name && foreign.columns.contains(&old));
                    if refers {
                        let constraint = Arc::make_mut(constraint);
                        constraint.definition =
                            rewrite::rename_key_column(&constraint.definition, true, &old, new).into();
                        for column in constraint.foreign.iter_mut().flat_map(|foreign| &mut foreign.columns) {
                            if *column == old {
                                *column = new.clone();
                            }
                        }
                    }
                }
                if let Some(owner) = &mut other.owned_by
                    && owner.table == name
                    && owner.column == old
                {
                    owner.column = new.clone();
                }
            });
        }
        Ok(())
    }

    fn rename_constraint(&mut self, table: &QualifiedName, old: &str, new: &Name) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let Some(constraint) = relation.constraint(old) else {
            return self.missing_constraint(&relation, old);
        };
        if relation.constraint(new).is_some() {
            let message = format!("constraint \"{new}\" for relation \"{}\" already exists", relation.name);
            return self.fail("42710", message, self.token(new));
        }
        let mut constraint = Constraint::clone(constraint);
        if let Some(index) = relation.indexes.iter().find(|index| index.is_constraint && *index.name == *old)
        {
            let mut index = Index::clone(index);
            self.schema(&table.schema)?.remove_index(old);
            index::rename(&mut index, new);
            self.schema(&table.schema)?.put_index(&table.name, index);
        }
        constraint.name = new.clone();
        let check = constraint.kind == ConstraintKind::Check;
        self.relation(table)?.constraints.retain(|other| &*other.name != old);
        self.relation(table)?.put_constraint(constraint);
        if check {
            for child in self.children(table) {
                let inherited = self.catalog.relation(Some(&child.schema), &child.name);
                if inherited.is_some_and(|relation| relation.constraint(old).is_some()) {
                    self.rename_constraint(&child, old, new)?;
                }
            }
        }
        Ok(())
    }

    fn rename_type(&mut self, parts: &[&str], new: &Name) -> Result {
        let old = self.find_type(parts)?;
        let schema = self.catalog.schema(&old.schema).ok_or(Stop::Unsure)?;
        if schema.types.contains_key(new) || schema.relations.contains_key(new) {
            return self.fail("42710", format!("type \"{new}\" already exists"), self.token(new));
        }
        self.move_type(&old, &QualifiedName { schema: old.schema.clone(), name: new.clone() })
    }

    fn move_type(&mut self, old: &QualifiedName, new: &QualifiedName) -> Result {
        let ty = self.catalog.user_type(Some(&old.schema), &old.name).ok_or(Stop::Unsure)?.clone();
        if ty.kind == TypeKind::Composite {
            return self.move_relation(old, new);
        }
        self.schema(&old.schema)?.types.remove(&old.name);
        let mut ty = Type::clone(&ty);
        (ty.schema, ty.name) = (new.schema.clone(), new.name.clone());
        self.schema(&new.schema)?.types.insert(new.name.clone(), Arc::new(ty));
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
                        super::routine::print(&mut copy);
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

    fn rename_schema(&mut self, old: &str, new: &Name) -> Result {
        if !self.catalog.schemas.contains_key(old) {
            return match super::find::sure_of(&self.catalog, Some(old), "") {
                true => self.fail("3F000", format!("schema \"{old}\" does not exist"), self.token(old)),
                false => Err(Stop::Unsure),
            };
        }
        if self.catalog.schemas.contains_key(new) {
            return self.fail("42P06", format!("schema \"{new}\" already exists"), self.token(new));
        }
        self.changed = true;
        let schema = self.catalog.schemas.get(old).ok_or(Stop::Unsure)?.clone();
        let mut empty = Schema::new(new.clone());
        empty.comment = schema.comment.clone();
        self.catalog.schemas.insert(new.clone(), Arc::new(empty));
        for name in schema.relations.keys() {
            self.move_relation(
                &QualifiedName::new(old, name.clone()),
                &QualifiedName::new(new.clone(), name.clone()),
            )?;
        }
        for (name, ty) in &schema.types {
            if ty.kind != TypeKind::Composite {
                self.move_type(
                    &QualifiedName::new(old, name.clone()),
                    &QualifiedName::new(new.clone(), name.clone()),
                )?;
            }
        }
        for (name, overloads) in &schema.routines {
            let overloads = overloads.iter().map(|routine| {
                let mut routine = Routine::clone(routine);
                routine.schema = new.clone();
                Arc::new(routine)
            });
            let overloads = overloads.collect();
            self.schema(new)?.routines.insert(name.clone(), overloads);
        }
        self.catalog.schemas.remove(old);
        Ok(())
    }

    fn find_type(&self, parts: &[&str]) -> Result<QualifiedName> {
        let (schema, name) = split_name(parts);
        match self.catalog.user_type(schema, name) {
            Some(ty) => Ok(QualifiedName { schema: ty.schema.clone(), name: ty.name.clone() }),
            None => self.missing_type(parts),
        }
    }

    pub(super) fn missing_type<T>(&self, parts: &[&str]) -> Result<T> {
        let (schema, name) = split_name(parts);
        let known = super::super::builtin::facts().types.contains_key(name);
        let relation = self.catalog.relation(schema, name).is_some();
        if known || relation || !super::find::sure_of(&self.catalog, schema, name) {
            return Err(Stop::Unsure);
        }
        self.fail("42704", format!("type \"{}\" does not exist", parts.join(".")), self.token(name))
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

/// A column's new name in its own relation: constraints, indexes, generated columns, the partition key.
fn rename_in_relation(relation: &mut Relation, old: &Name, new: &Name) {
    let rename = |text: &Name| -> Name { rewrite::rename_column(text, old, new).into() };
    for column in &mut relation.columns {
        let generated = column.generated.is_some()
            && column.default.as_ref().is_some_and(|text| rewrite::mentions(text, old));
        if column.name == *old || generated {
            let column = Arc::make_mut(column);
            if column.name == *old {
                column.name = new.clone();
            }
            if generated {
                column.default = column.default.as_ref().map(rename);
            }
        }
    }
    for constraint in &mut relation.constraints {
        if !constraint.columns.contains(old) && constraint.kind != ConstraintKind::Exclusion {
            continue;
        }
        let constraint = Arc::make_mut(constraint);
        for column in &mut constraint.columns {
            if column == old {
                *column = new.clone();
            }
        }
        constraint.definition = match constraint.kind {
            ConstraintKind::ForeignKey => {
                rewrite::rename_key_column(&constraint.definition, false, old, new).into()
            }
            _ => rename(&constraint.definition),
        };
    }
    for index in &mut relation.indexes {
        let index = Arc::make_mut(index);
        let rest = index::after_using(&index.definition).to_owned();
        let head = index.definition[..index.definition.len() - rest.len()].to_owned();
        index.definition = format!("{head}{}", rewrite::rename_column(&rest, old, new)).into();
        for key in &mut index.keys {
            match &mut key.target {
                IndexTarget::Column(name) if name == old => *name = new.clone(),
                IndexTarget::Expression(text) => *text = rename(text),
                IndexTarget::Column(_) => {}
            }
        }
        for name in &mut index.include {
            if name == old {
                *name = new.clone();
            }
        }
        index.predicate = index.predicate.as_ref().map(rename);
    }
    relation.partition_key = relation.partition_key.as_ref().map(rename);
}
