//! ALTER … RENAME and ALTER … SET SCHEMA.

use std::sync::Arc;

use crate::syntax::ast::{AlterObjectSchemaStmt, DropBehavior, NodeEnum, ObjectType, RangeVar, RenameStmt};

use super::super::entity::{Entity, Value};
use super::super::model::*;
use super::super::quote;
use super::{Fold, Result, Stop, entity, index, rewrite, schema_of, string, strings};

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
                self.alters_its_kind(range, s.rename_type())?;
                self.rename_relation(range, &new, s.missing_ok)
            }
            ObjectType::ObjectColumn | ObjectType::ObjectAttribute => {
                let Some(range) = &s.relation else { return Ok(()) };
                let Some(table) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
                self.is_type_of_tables(&table, s.behavior() == DropBehavior::DropCascade)?;
                self.can_rename_column(&table, &s.subname, range.inh)?;
                self.rename_column(&table, &s.subname, &new)
            }
            ObjectType::ObjectTabconstraint => {
                let Some(range) = &s.relation else { return Ok(()) };
                let Some(table) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
                self.can_rename_constraint(&table, &s.subname, range.inh)?;
                self.rename_constraint(&table, &s.subname, &new)
            }
            ObjectType::ObjectTrigger => {
                let Some(range) = &s.relation else { return Ok(()) };
                let table = self.find(range)?;
                self.rename_trigger(&table, &s.subname, &new)
            }
            ObjectType::ObjectSchema => self.rename_schema(&s.subname, &new),
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let Some(NodeEnum::List(parts)) = object else { return Ok(()) };
                let parts = strings(&parts.items);
                if s.rename_type() == ObjectType::ObjectDomain {
                    self.domain_named(&parts)?;
                }
                self.rename_type(&parts, &new)
            }
            ObjectType::ObjectDomconstraint => {
                let Some(NodeEnum::List(parts)) = object else { return Ok(()) };
                let parts = strings(&parts.items);
                self.rename_domain_constraint(&parts, &s.subname, new)
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let Some(NodeEnum::ObjectWithArgs(object)) = object else { return Ok(()) };
                self.move_routine(object, s.rename_type(), None, Some(new))
            }
            ObjectType::ObjectPolicy | ObjectType::ObjectRule => {
                let Some(range) = &s.relation else { return Ok(()) };
                let Some(table) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
                self.rename_part(s.rename_type() == ObjectType::ObjectPolicy, &table, &s.subname, new)
            }
            ObjectType::ObjectRole => self.rename_role(&s.subname, &new),
            other => match (entity::kind_of(other), &s.object) {
                (Some(kind), Some(object)) => self.rename_entity(kind, object, &new),
                _ => Ok(()),
            },
        }
    }

    fn rename_trigger(&mut self, table: &QualifiedName, old: &str, new: &Name) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        // Since PostgreSQL 15 a trigger may be given the name that it has.
        let is_same = *old == **new && self.version() >= 15;
        if !is_same && relation.triggers.iter().any(|trigger| trigger.name == *new) {
            let message = format!("trigger \"{new}\" for relation \"{}\" already exists", relation.name);
            return self.fail("42710", message, self.token(new));
        }
        if !relation.triggers.iter().any(|trigger| &*trigger.name == old) {
            return self.missing_part("trigger", old, "table", relation);
        }
        if self.version() >= 16 && self.parent_with_trigger(relation, old).is_some() {
            let message = format!("cannot rename trigger \"{old}\" on table \"{}\"", relation.name);
            return self.fail("0A000", message, self.token(old));
        }
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            let relation = self.relation(&table)?;
            for trigger in relation.triggers.iter_mut().filter(|trigger| &*trigger.name == old) {
                let trigger = Arc::make_mut(trigger);
                trigger.name = new.clone();
                let from = format!("TRIGGER {} ", quote::identifier(old));
                let to = format!("TRIGGER {} ", quote::identifier(new));
                trigger.definition = trigger.definition.replacen(&from, &to, 1).into();
            }
            relation.triggers.sort_by(|a, b| a.name.cmp(&b.name));
            // A partition's row triggers are its table's.
            if relation.kind == RelationKind::PartitionedTable {
                todo.extend(self.children(&table));
            }
        }
        Ok(())
    }

    fn rename_part(&mut self, is_policy: bool, table: &QualifiedName, old: &str, new: Name) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let (word, of) = if is_policy { ("policy", "table") } else { ("rule", "relation") };
        if !is_policy && old == "_RETURN" && relation.kind == RelationKind::View {
            return self.fail("42P17", "renaming an ON SELECT rule is not allowed".into(), self.token(old));
        }
        let names: Vec<&Name> = match is_policy {
            true => relation.policies.iter().map(|policy| &policy.name).collect(),
            false => relation.rules.iter().map(|rule| &rule.name).collect(),
        };
        if !names.iter().any(|name| ***name == *old) {
            return self.missing_part(word, old, of, relation);
        }
        if names.contains(&&new) {
            let message = format!("{word} \"{new}\" for {of} \"{}\" already exists", relation.name);
            return self.fail("42710", message, self.token(&new));
        }
        let relation = self.relation(table)?;
        for policy in relation.policies.iter_mut().filter(|policy| is_policy && *policy.name == *old) {
            Arc::make_mut(policy).name = new.clone();
        }
        for rule in relation.rules.iter_mut().filter(|rule| !is_policy && *rule.name == *old) {
            Arc::make_mut(rule).name = new.clone();
        }
        relation.policies.sort_by(|a, b| a.name.cmp(&b.name));
        relation.rules.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(())
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
                if s.object_type() == ObjectType::ObjectTable
                    && self.catalog.relation(super::schema_of(range), &range.relname).is_none()
                    && self.catalog.index(super::schema_of(range), &range.relname).is_some()
                {
                    let name = &range.relname;
                    let message = match self.version() {
                        ..15 => format!(
                            "\"{name}\" is not a table, view, materialized view, sequence, or foreign table"
                        ),
                        15.. => format!("cannot change schema of index \"{name}\""),
                    };
                    return self.fail("42809", message, self.token(&range.relname));
                }
                let Some(old) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
                self.alters_its_kind(range, s.object_type())?;
                self.moves_by_itself(&old, "cannot move an owned sequence into another schema")?;
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
                if s.object_type() == ObjectType::ObjectDomain {
                    self.domain_named(&parts)?;
                }
                let old = self.find_type(&parts)?;
                let schema = self.target_schema(Some(&s.newschema), at)?;
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
            ObjectType::ObjectExtension => {
                let name = s.object.as_deref().map(string).unwrap_or_default();
                let schema = self.target_schema(Some(&s.newschema), at)?;
                self.move_extension(name, schema)
            }
            other => match (entity::kind_of(other), &s.object) {
                (Some(kind), Some(object)) => self.set_entity_schema(kind, object, &s.newschema),
                _ => Ok(()),
            },
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

    /// A name that every table has for one of its system columns is no other column's.
    pub(super) fn is_no_system_column(&self, table: &QualifiedName, name: &str) -> Result {
        let has_them =
            |relation: &Relation| !matches!(relation.kind, RelationKind::View | RelationKind::CompositeType);
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        if relation.is_some_and(|relation| has_them(relation))
            && super::super::deparse::is_system_column(name)
        {
            let message = format!("column name \"{name}\" conflicts with a system column name");
            return self.fail("42701", message, self.token(name));
        }
        Ok(())
    }

    fn rename_column(&mut self, table: &QualifiedName, old: &str, new: &Name) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let is_known = !relation.unknown_columns && !super::super::deparse::is_system_column(old);
        if is_known && relation.column(old).is_none() {
            return self.fail("42703", format!("column \"{old}\" does not exist"), self.token(old));
        }
        let old = self.existing_column(table, old)?;
        self.is_no_typed_column(table, &old)?;
        self.is_no_system_column(table, new)?;
        // Children are renamed in first, so it is their errors that are told.
        for relation in self.children(table).iter().chain([table]) {
            let relation =
                self.catalog.relation(Some(&relation.schema), &relation.name).ok_or(Stop::Unsure)?;
            if relation.column(new).is_some() {
                if relation.unknown_columns {
                    return Err(Stop::Unsure);
                }
                let message = format!("column \"{new}\" of relation \"{}\" already exists", relation.name);
                return self.fail("42701", message, self.token(new));
            }
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
            self.statistics_of_column(&name, &old, Some(new))?;
            todo.extend(self.children(&name));
            self.each_relation(|other| {
                other.query_is_stale |= other.reads.contains(&name);
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

    /// PostgreSQL's error for a column that others inherit, or that is inherited from others (`renameatt_internal`).
    fn can_rename_column(&self, table: &QualifiedName, name: &str, recurse: bool) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.kind == RelationKind::Sequence && self.version() >= 15 {
            let message = format!("cannot rename columns of relation \"{}\"", relation.name);
            return self.fail("42809", message, self.token(&relation.name));
        }
        if relation.column(name).is_none() || relation.kind == RelationKind::CompositeType {
            return Ok(());
        }
        self.can_rename_inherited("column", table, name, recurse, &|relation| relation.column(name).is_some())
    }

    fn can_rename_constraint(&self, table: &QualifiedName, name: &str, recurse: bool) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let Some(known) = relation.constraint(name).filter(|known| known.is_inheritable()) else {
            return Ok(());
        };
        self.can_rename_inherited("constraint", table, name, recurse, &|relation| match known.kind {
            ConstraintKind::NotNull => relation.not_null(&known.columns[0]).is_some(),
            _ => relation.constraint(name).is_some_and(|other| other.kind == known.kind),
        })
    }

    fn can_rename_inherited(
        &self,
        word: &str,
        table: &QualifiedName,
        name: &str,
        recurse: bool,
        has: &dyn Fn(&Relation) -> bool,
    ) -> Result {
        let heirs = self.heirs(table);
        if !recurse && heirs.len() > 1 {
            let message = format!("inherited {word} \"{name}\" must be renamed in child tables too");
            return self.fail("42P16", message, self.token(name));
        }
        for heir in &heirs {
            let relation = self.catalog.relation(Some(&heir.schema), &heir.name).ok_or(Stop::Unsure)?;
            let mut others =
                relation.parents.iter().filter(|parent| heir == table || !heirs.contains(parent));
            let is_inherited = others.any(|parent| {
                self.catalog.relation(Some(&parent.schema), &parent.name).is_some_and(|parent| has(parent))
            });
            if is_inherited && has(relation) {
                let message = format!("cannot rename inherited {word} \"{name}\"");
                return self.fail("42P16", message, self.token(name));
            }
        }
        Ok(())
    }

    fn rename_constraint(&mut self, table: &QualifiedName, old: &str, new: &Name) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let Some(constraint) = relation.constraint(old) else {
            let message = format!("constraint \"{old}\" for table \"{}\" does not exist", relation.name);
            return self.missing_constraint_as(&relation, old, message);
        };
        let is_key = relation.indexes.iter().any(|index| index.is_constraint && *index.name == *old);
        if is_key && self.taken(&table.schema, new, false, self.token(new))? {
            return Ok(());
        }
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
        let is_inheritable = constraint.is_inheritable();
        self.relation(table)?.constraints.retain(|other| &*other.name != old);
        self.relation(table)?.put_constraint(constraint);
        for child in if is_inheritable { self.children(table) } else { Vec::new() } {
            let inherited = self.catalog.relation(Some(&child.schema), &child.name);
            if inherited.is_some_and(|relation| relation.constraint(old).is_some()) {
                self.rename_constraint(&child, old, new)?;
            }
        }
        Ok(())
    }

    fn rename_type(&mut self, parts: &[&str], new: &Name) -> Result {
        let old = self.find_type(parts)?;
        // A composite type is a relation first.
        if self.catalog.relation(Some(&old.schema), &old.name).is_some() {
            self.taken(&old.schema, new, false, self.token(new))?;
        }
        let schema = self.catalog.schema(&old.schema).ok_or(Stop::Unsure)?;
        if schema.types.contains_key(new) || schema.relations.contains_key(new) {
            return self.fail("42710", format!("type \"{new}\" already exists"), self.token(new));
        }
        self.move_type(&old, &QualifiedName { schema: old.schema.clone(), name: new.clone() })
    }

    fn rename_schema(&mut self, old: &str, new: &Name) -> Result {
        if !self.has_schema(old)? {
            return Err(Stop::Unsure);
        }
        self.may_create_in_database()?;
        if new.starts_with("pg_") {
            return self.fail("42939", format!("unacceptable schema name \"{new}\""), self.token(new));
        }
        if self.catalog.schemas.contains_key(new) {
            return self.fail("42P06", format!("schema \"{new}\" already exists"), self.token(new));
        }
        self.changed = true;
        let schema = self.catalog.schemas.get(old).ok_or(Stop::Unsure)?.clone();
        let mut empty = Schema::new(new.clone());
        empty.comment = schema.comment.clone();
        empty.owner = schema.owner.clone();
        empty.privileges = schema.privileges.clone();
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
        for entity in schema.entities.values().flatten() {
            self.catalog.put_entity(Entity { schema: Some(new.clone()), ..Entity::clone(entity) });
        }
        self.each_reference(|value| match value {
            Value::Schema(name) if &**name == old => *name = new.clone(),
            Value::Entity(_, name) | Value::Routine(name) if &*name.schema == old => {
                name.schema = new.clone();
            }
            _ => {}
        });
        self.catalog.schemas.remove(old);
        Ok(())
    }
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
    for policy in &mut relation.policies {
        let policy = Arc::make_mut(policy);
        policy.using = policy.using.as_ref().map(rename);
        policy.check = policy.check.as_ref().map(rename);
    }
    for trigger in &mut relation.triggers {
        let trigger = Arc::make_mut(trigger);
        trigger.definition = rewrite::rename_trigger_column(&trigger.definition, old, new).into();
    }
    relation.partition_key = relation.partition_key.as_ref().map(rename);
}
