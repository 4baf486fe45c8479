//! DROP, and what goes with what is dropped.

use std::sync::Arc;

use crate::syntax::ast::{DropBehavior, DropStmt, Node, NodeEnum, ObjectType};

use super::super::entity::Value;
use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, Stop, entity, find, list, rewrite, split_name, string, strings};

impl Fold<'_> {
    pub(super) fn drop_statement(&mut self, s: &DropStmt) -> Result {
        let cascade = s.behavior() == DropBehavior::DropCascade;
        if s.concurrent {
            self.can_drop_concurrently(s)?;
        }
        let before = self.catalog.clone();
        let dropped: Vec<QualifiedName> = (s.objects.iter())
            .filter_map(|object| {
                let parts = strings(list(object));
                let (schema, name) = split_name(&parts);
                Some(before.relation(schema, name)?.qualified_name())
            })
            .collect();
        for (n, object) in s.objects.iter().enumerate() {
            match self.drop_object(s, object, cascade, &dropped) {
                // Of several, the others are no less gone.
                Ok(()) | Err(Stop::Unsure) => {}
                // One may have gone with another, as a partition does with its table.
                Err(Stop::Error(error))
                    if s.objects.len() > 1
                        && existed(&before, object)
                        && matches!(error.sqlstate, "42P01" | "42704") => {}
                // PostgreSQL says then of none by itself that others depend on it.
                Err(Stop::Error(error))
                    if s.objects.len() > 1 && error.message.ends_with("other objects depend on it") =>
                {
                    // All are looked for before any is dropped.
                    for other in &s.objects[n + 1..] {
                        let found = self.drop_object(s, other, cascade, &dropped);
                        if let Err(Stop::Error(missing)) = found
                            && !existed(&before, other)
                            && missing.sqlstate != "2BP01"
                        {
                            return Err(Stop::Error(missing));
                        }
                    }
                    let message = "cannot drop desired object(s) because other objects depend on them";
                    return self.refuse("2BP01", message.to_owned(), error.offset);
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    fn drop_object(
        &mut self,
        s: &DropStmt,
        object: &Node,
        cascade: bool,
        dropped: &[QualifiedName],
    ) -> Result {
        let missing_ok = s.missing_ok;
        match s.remove_type() {
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectSequence => {
                self.drop_relation(s.remove_type(), object, missing_ok, cascade, dropped)
            }
            ObjectType::ObjectIndex => self.drop_index(object, missing_ok, cascade, s.objects.len() > 1),
            ObjectType::ObjectSchema => self.drop_schema(string(object), missing_ok, cascade),
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let Some(NodeEnum::TypeName(name)) = &object.node else { return Ok(()) };
                // Of several one may use another that goes, too.
                let is_held = !cascade && s.objects.len() == 1;
                if s.remove_type() == ObjectType::ObjectDomain {
                    let parts = strings(&name.names);
                    let (schema, of) = split_name(&parts);
                    let found = self.catalog.user_type(schema, of);
                    let found = found.map(|ty| matches!(ty.kind, TypeKind::Domain { .. }));
                    self.is_domain(&parts, found)?;
                }
                self.is_droppable_type(name)?;
                if is_held {
                    self.restrict_named_type(&strings(&name.names))?;
                }
                self.drop_type(&strings(&name.names), missing_ok, cascade)
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let Some(NodeEnum::ObjectWithArgs(object)) = &object.node else { return Ok(()) };
                // Of several one may call another that goes, too.
                let is_held = !cascade && s.objects.len() == 1;
                self.drop_routine(object, s.remove_type(), missing_ok, cascade, is_held)
            }
            ObjectType::ObjectTrigger => self.drop_trigger(&strings(list(object)), missing_ok),
            ObjectType::ObjectExtension => self.drop_extension(string(object), missing_ok, cascade),
            ObjectType::ObjectPolicy => self.drop_part("policy", &strings(list(object)), missing_ok),
            ObjectType::ObjectRule => self.drop_part("rule", &strings(list(object)), missing_ok),
            other => match entity::kind_of(other) {
                Some(kind) => self.drop_entity(kind, object, missing_ok, cascade),
                None => Ok(()),
            },
        }
    }

    fn drop_relation(
        &mut self,
        wanted: ObjectType,
        object: &Node,
        missing_ok: bool,
        cascade: bool,
        dropped: &[QualifiedName],
    ) -> Result {
        let parts = strings(list(object));
        let (schema, name) = split_name(&parts);
        let found =
            self.catalog.relation(schema, name).map(|relation| (relation.qualified_name(), relation.kind));
        let Some((found, kind)) = found else {
            if self.catalog.index(schema, name).is_some() {
                return self.is_not_a(name, wanted);
            }
            if missing_ok {
                return Ok(());
            }
            if !find::sure_of(&self.catalog, schema, name) {
                return Err(Stop::Unsure);
            }
            let at = self.token(name);
            if let Some(schema) = schema
                && !self.catalog.schemas.contains_key(schema)
            {
                return self.fail("3F000", format!("schema \"{schema}\" does not exist"), at);
            }
            let word = match wanted {
                ObjectType::ObjectView => "view",
                ObjectType::ObjectMatview => "materialized view",
                ObjectType::ObjectForeignTable => "foreign table",
                ObjectType::ObjectSequence => "sequence",
                _ => "table",
            };
            // DropErrorMsgNonExistent knows none of its own for these.
            let sqlstate = if wanted == ObjectType::ObjectForeignTable { "42704" } else { "42P01" };
            return self.fail(sqlstate, format!("{word} \"{name}\" does not exist"), at);
        };
        if !find::is_a(kind, wanted) {
            return self.is_not_a(name, wanted);
        }
        let relation = self.catalog.relation(Some(&found.schema), &found.name).ok_or(Stop::Unsure)?;
        let word = if kind == RelationKind::PartitionedTable { "table" } else { kind.word() };
        let text = super::super::deparse::relation_text(&found.schema, &found.name);
        self.is_no_member(&relation.extension, || format!("{word} {text}"), name)?;
        if kind == RelationKind::Sequence {
            self.is_no_identity(&found, dropped)?;
            if !cascade {
                self.is_in_no_default(&found, dropped)?;
            }
        }
        if !cascade {
            self.restrict(&found, kind, dropped)?;
        }
        self.remove(&found, cascade)
    }

    /// PostgreSQL's error for the sequence of an identity column, which only goes with that.
    fn is_no_identity(&self, name: &QualifiedName, dropped: &[QualifiedName]) -> Result {
        let sequence = self.catalog.relation(Some(&name.schema), &name.name);
        let Some(owner) = sequence.and_then(|sequence| sequence.owned_by.as_ref()) else { return Ok(()) };
        let table = self.catalog.relation(Some(&owner.table.schema), &owner.table.name);
        let column = table.and_then(|table| table.column(&owner.column));
        if dropped.contains(&owner.table) || column.is_none_or(|column| column.identity.is_none()) {
            return Ok(());
        }
        let text = |name: &QualifiedName| super::super::deparse::relation_text(&name.schema, &name.name);
        let message = format!(
            "cannot drop sequence {} because column {} of table {} requires it",
            text(name),
            owner.column,
            text(&owner.table)
        );
        self.fail("2BP01", message, self.token(&name.name))
    }

    /// PostgreSQL's error for a sequence that gives a column its default.
    fn is_in_no_default(&self, name: &QualifiedName, dropped: &[QualifiedName]) -> Result {
        let text = super::table::nextval(name);
        let takes =
            |column: &Arc<Column>| column.default.as_ref().is_some_and(|default| default.contains(&text));
        let needs = |other: &Arc<Relation>| {
            !dropped.contains(&other.qualified_name()) && other.columns.iter().any(takes)
        };
        if self.catalog.relations().any(needs) {
            let text = super::super::deparse::relation_text(&name.schema, &name.name);
            let message = format!("cannot drop sequence {text} because other objects depend on it");
            return self.fail("2BP01", message, self.token(&name.name));
        }
        Ok(())
    }

    /// PostgreSQL's error where something else still needs the relation.
    pub(super) fn restrict(
        &self,
        name: &QualifiedName,
        kind: RelationKind,
        dropped: &[QualifiedName],
    ) -> Result {
        let above = self.tables_of_partition(name);
        // What refers to a partitioned table refers to its partitions. How it is where that is the table itself is not
        // looked at.
        let is_of_whole = |other: &Relation| {
            let name = other.qualified_name();
            above.contains(&name) || self.tables_of_partition(&name).iter().any(|one| above.contains(one))
        };
        let refers = |other: &Relation, key: &ForeignKey| {
            key.table == *name || above.contains(&key.table) && !is_of_whole(other)
        };
        let needs = |other: &Relation| {
            other.reads.contains(name)
                || other.parents.contains(name) && other.partition_bound.is_none()
                || other.constraints.iter().any(|c| c.foreign.as_ref().is_some_and(|key| refers(other, key)))
        };
        // What goes with it, or in the same statement, does not hold it.
        let goes = |other: &Relation| {
            let other_name = other.qualified_name();
            other_name == *name
                || dropped.contains(&other_name)
                || self.is_partition_below(other, name, dropped)
        };
        if self.catalog.relations().any(|other| needs(other) && !goes(other)) {
            let text = super::super::deparse::relation_text(&name.schema, &name.name);
            let word = if kind == RelationKind::PartitionedTable { "table" } else { kind.word() };
            let message = format!("cannot drop {word} {text} because other objects depend on it");
            return self.fail("2BP01", message, self.token(&name.name));
        }
        Ok(())
    }

    /// The partitioned tables that a partition is in, from the nearest on.
    fn tables_of_partition(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        let mut above = Vec::new();
        let mut at = name.clone();
        while let Some(relation) = self.catalog.relation(Some(&at.schema), &at.name)
            && relation.partition_bound.is_some()
            && let Some(parent) = relation.parents.first()
            && !above.contains(parent)
        {
            above.push(parent.clone());
            at = parent.clone();
        }
        above
    }

    fn is_partition_below(
        &self,
        relation: &Relation,
        name: &QualifiedName,
        dropped: &[QualifiedName],
    ) -> bool {
        relation.partition_bound.is_some()
            && relation.parents.iter().any(|parent| {
                let above = self.catalog.relation(Some(&parent.schema), &parent.name);
                parent == name
                    || dropped.contains(parent)
                    || above.is_some_and(|above| self.is_partition_below(above, name, dropped))
            })
    }

    /// Takes a relation away, with what belongs to it; `cascade` also what merely uses it.
    pub(super) fn remove(&mut self, name: &QualifiedName, cascade: bool) -> Result {
        let Some(relation) = self.schema(&name.schema)?.remove_relation(&name.name) else { return Ok(()) };
        if relation.kind == RelationKind::CompositeType {
            self.schema(&name.schema)?.types.remove(&name.name);
        }
        self.drop_entities_of(cascade, |value| *value == Value::Relation(name.clone()))?;
        // Partitions and owned sequences belong to the table; children of INHERITS only go with CASCADE.
        let belongs = |other: &Relation| {
            other.owned_by.as_ref().is_some_and(|owner| owner.table == *name)
                || other.parents.contains(name) && (cascade || other.partition_bound.is_some())
                || cascade && other.reads.contains(name)
        };
        let gone: Vec<_> = self
            .catalog
            .relations()
            .filter(|other| belongs(other))
            .map(|other| other.qualified_name())
            .collect();
        for other in gone {
            self.remove(&other, cascade)?;
        }
        if relation.kind == RelationKind::Sequence {
            if cascade {
                let text = super::table::nextval(name);
                self.each_relation(|other| {
                    for column in &mut other.columns {
                        if column.default.as_ref().is_some_and(|default| default.contains(&text)) {
                            Arc::make_mut(column).default = None;
                        }
                    }
                });
            }
            return Ok(());
        }
        if cascade {
            self.drop_foreign_keys_to(name, None)?;
            self.drop_uses_of_type(name)?;
        }
        Ok(())
    }

    /// Foreign keys that refer to the table, or to a key of exactly these columns.
    pub(super) fn drop_foreign_keys_to(&mut self, table: &QualifiedName, columns: Option<&[Name]>) -> Result {
        self.each_relation(|other| {
            other.constraints.retain(|constraint| {
                !constraint.foreign.as_ref().is_some_and(|foreign| {
                    foreign.table == *table
                        && columns.is_none_or(|columns| {
                            columns.iter().any(|column| foreign.columns.contains(column))
                        })
                })
            });
        });
        Ok(())
    }

    /// Views whose query mentions the column.
    pub(super) fn drop_views_of_column(&mut self, table: &QualifiedName, column: &str) -> Result {
        let uses = |view: &Relation| {
            view.reads.contains(table)
                && (view.column(column).is_some()
                    || view.query.0.as_ref().is_some_and(|query| mentions_word(query, column)))
        };
        let views: Vec<_> =
            self.catalog.relations().filter(|view| uses(view)).map(|view| view.qualified_name()).collect();
        for view in views {
            self.remove(&view, true)?;
        }
        Ok(())
    }

    fn drop_index(&mut self, object: &Node, missing_ok: bool, cascade: bool, is_of_several: bool) -> Result {
        let parts = strings(list(object));
        let (schema, name) = split_name(&parts);
        let found =
            self.catalog.index(schema, name).map(|(table, index)| (table.qualified_name(), index.clone()));
        let Some((table, index)) = found else {
            if self
                .catalog
                .relation(schema, name)
                .is_some_and(|found| found.kind != RelationKind::CompositeType)
            {
                return self.is_not_a(name, ObjectType::ObjectIndex);
            }
            if missing_ok {
                return Ok(());
            }
            if !find::sure_of(&self.catalog, schema, name) || self.catalog.relation(schema, name).is_some() {
                return Err(Stop::Unsure);
            }
            let at = self.token(name);
            if let Some(schema) = schema
                && !self.catalog.schemas.contains_key(schema)
            {
                return self.fail("3F000", format!("schema \"{schema}\" does not exist"), at);
            }
            return self.fail("42704", format!("index \"{name}\" does not exist"), at);
        };
        if index.is_constraint {
            let message = format!(
                "cannot drop index {name} because constraint {name} on table {} requires it",
                super::super::deparse::relation_text(&table.schema, &table.name)
            );
            return self.fail("2BP01", message, self.token(name));
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let columns = super::constraint::index_columns(&index);
        if index.unique
            && !cascade
            && columns.len() == index.keys.len()
            && self.is_referred_to(relation, &columns)
        {
            let message = format!("cannot drop index {name} because other objects depend on it");
            return self.fail("2BP01", message, self.token(name));
        }
        // The whole may be dropped with its part.
        if !is_of_several {
            self.is_part_of_index(&table, &index)?;
        }
        self.drop_index_with_children(&table, &index)
    }

    fn drop_index_with_children(&mut self, table: &QualifiedName, index: &Index) -> Result {
        self.schema(&table.schema)?.remove_index(&index.name);
        for child in self.children(table) {
            let relation = self.catalog.relation(Some(&child.schema), &child.name);
            let below = relation.filter(|relation| relation.partition_bound.is_some()).and_then(|relation| {
                let same = |own: &&Arc<Index>| {
                    own.keys == index.keys && own.method == index.method && own.predicate == index.predicate
                };
                relation.indexes.iter().find(same).cloned()
            });
            if let Some(below) = below {
                self.drop_index_with_children(&child, &below)?;
            }
        }
        Ok(())
    }

    pub(super) fn drop_index_named(&mut self, schema: &str, name: &str) -> Result {
        self.schema(schema)?.remove_index(name);
        Ok(())
    }

    /// PostgreSQL's error for a type that is no domain where one is wanted; `known` says whether a type of the catalog's
    /// own is one.
    pub(super) fn is_domain(&self, parts: &[&str], known: Option<bool>) -> Result {
        let (schema, name) = split_name(parts);
        let is_builtin = || {
            schema.is_none_or(|schema| schema == "pg_catalog")
                && super::super::builtin::facts().ty(name).is_some_and(|ty| ty.kind != 'd')
        };
        let is_relation = || self.catalog.relation(schema, name).is_some();
        if known == Some(false) || known.is_none() && (is_builtin() || is_relation()) {
            return self.fail("42809", format!("\"{}\" is not a domain", parts.join(".")), self.token(name));
        }
        Ok(())
    }

    pub(super) fn drop_type(&mut self, parts: &[&str], missing_ok: bool, cascade: bool) -> Result {
        let (schema, name) = split_name(parts);
        let found = self.catalog.user_type(schema, name);
        if let Some(ty) = found {
            let text = TypeRef::named(ty.schema.clone(), ty.name.clone());
            self.is_no_member(&ty.extension, || format!("type {text}"), name)?;
        }
        let Some(found) = found.map(|ty| QualifiedName { schema: ty.schema.clone(), name: ty.name.clone() })
        else {
            return if missing_ok { Ok(()) } else { self.missing_type(parts) };
        };
        let removed = self.schema(&found.schema)?.types.remove(&found.name);
        match removed.map(|ty| ty.kind.clone()) {
            Some(TypeKind::Composite) => {
                self.schema(&found.schema)?.remove_relation(&found.name);
                if cascade {
                    let typed = self.catalog.relations().filter(|r| r.of_type.as_ref() == Some(&found));
                    for table in typed.map(|relation| relation.qualified_name()).collect::<Vec<_>>() {
                        self.remove(&table, true)?;
                    }
                }
            }
            Some(TypeKind::Range { multirange, .. }) => self.remove_multirange(&found, multirange)?,
            _ => {}
        }
        if cascade { self.drop_uses_of_type(&found) } else { Ok(()) }
    }

    /// What was made with a range type goes with it: its multirange, and the constructors of both.
    fn remove_multirange(&mut self, range: &QualifiedName, multirange: Option<QualifiedName>) -> Result {
        if let Some(multirange) = &multirange {
            self.catalog.remove_entity(&super::range::multirange_cast(range, multirange));
        }
        for made in multirange.iter().chain([range]) {
            let schema = self.schema(&made.schema)?;
            if let Some(overloads) = schema.routines.get_mut(&made.name) {
                overloads.retain(|routine| &*routine.language != "internal");
                if overloads.is_empty() {
                    schema.routines.remove(&made.name);
                }
            }
            schema.types.remove(&made.name);
        }
        Ok(())
    }

    pub(super) fn is_partition_key(&self, table: &QualifiedName, column: &str) -> bool {
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        let key = relation.and_then(|relation| relation.partition_key.as_ref());
        key.is_some_and(|key| rewrite::mentions(key, column))
    }

    /// Columns and routines of a type that CASCADE takes away.
    pub(super) fn drop_uses_of_type(&mut self, ty: &QualifiedName) -> Result {
        let is = |other: &TypeRef| matches!(other, TypeRef::Named { schema, name, .. } if *schema == ty.schema && *name == ty.name);
        let columns: Vec<(QualifiedName, Name)> = (self.catalog.relations())
            .flat_map(|relation| {
                (relation.columns.iter())
                    .filter(|column| is(&column.ty))
                    .map(|column| (relation.qualified_name(), column.name.clone()))
            })
            .collect();
        for (table, column) in columns {
            match self.catalog.relation(Some(&table.schema), &table.name).map(|relation| relation.kind) {
                Some(RelationKind::View | RelationKind::MaterializedView) => self.remove(&table, true)?,
                // Without its key a partitioned table cannot be.
                Some(_) if self.is_partition_key(&table, &column) => self.remove(&table, true)?,
                Some(_) => self.drop_column(&table, &column, true, true, true)?,
                None => {}
            }
        }
        let names: Vec<Name> = self.catalog.schemas.keys().cloned().collect();
        let types = self.catalog.schemas.values().flat_map(|schema| schema.types.values());
        let built_on = types.filter(|other| match &other.kind {
            TypeKind::Domain { base, .. } => is(base),
            TypeKind::Range { subtype, .. } => is(subtype),
            _ => false,
        });
        let built_on: Vec<_> = built_on.map(|ty| (ty.schema.clone(), ty.name.clone())).collect();
        for (schema, name) in built_on {
            self.drop_type(&[&schema, &name], true, true)?;
        }
        self.drop_entities_of(true, |value| matches!(value, Value::Type(ty) if is(ty)))?;
        for schema in names {
            let uses = |routine: &Arc<Routine>| {
                routine.arguments.iter().any(|argument| is(&argument.ty))
                    || routine.result.as_ref().is_some_and(is)
            };
            let touched: Vec<Name> = (self.catalog.schema(&schema).into_iter())
                .flat_map(|schema| schema.routines.iter())
                .filter(|(_, overloads)| overloads.iter().any(uses))
                .map(|(name, _)| name.clone())
                .collect();
            for name in touched {
                let routines = &mut self.schema(&schema)?.routines;
                if let Some(overloads) = routines.get_mut(&name) {
                    overloads.retain(|routine| !uses(routine));
                    if overloads.is_empty() {
                        routines.remove(&name);
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn drop_schema(&mut self, name: &str, missing_ok: bool, cascade: bool) -> Result {
        let Some(schema) = self.catalog.schema(name).cloned() else {
            if missing_ok {
                return Ok(());
            }
            if !find::sure_of(&self.catalog, Some(name), "") {
                return Err(Stop::Unsure);
            }
            return self.fail("3F000", format!("schema \"{name}\" does not exist"), self.token(name));
        };
        if !schema.is_empty() && !cascade {
            let message = format!("cannot drop schema {name} because other objects depend on it");
            return self.fail("2BP01", message, self.token(name));
        }
        let extensions: Vec<Name> = (self.catalog.extensions.values())
            .filter(|extension| &*extension.schema == name)
            .map(|extension| extension.name.clone())
            .collect();
        for extension in extensions {
            let members = self.catalog.members(&extension);
            self.remove_members(&extension, &members)?;
        }
        let schema = self.catalog.schema(name).cloned().unwrap_or(schema);
        for relation in schema.relations.values() {
            self.remove(&relation.qualified_name(), true)?;
        }
        for ty in schema.types.values() {
            let name = QualifiedName { schema: ty.schema.clone(), name: ty.name.clone() };
            self.drop_uses_of_type(&name)?;
        }
        for routine in schema.routines.values().flatten() {
            self.drop_triggers_of(&QualifiedName {
                schema: routine.schema.clone(),
                name: routine.name.clone(),
            })?;
        }
        for entity in schema.entities.values().flatten() {
            self.drop_one_entity(entity, true)?;
        }
        self.drop_entities_of(true, |value| *value == Value::Schema(name.into()))?;
        self.changed = true;
        self.catalog.schemas.remove(name);
        Ok(())
    }

    pub(super) fn drop_triggers_of(&mut self, function: &QualifiedName) -> Result {
        self.each_relation(|relation| relation.triggers.retain(|trigger| trigger.function != *function));
        self.drop_entities_of(true, |value| *value == Value::Routine(function.clone()))
    }
}

/// Whether what is to be dropped was there when the statement began.
fn existed(before: &Catalog, object: &Node) -> bool {
    let parts = match &object.node {
        Some(NodeEnum::List(parts)) => strings(&parts.items),
        Some(NodeEnum::TypeName(name)) => strings(&name.names),
        _ => return false,
    };
    let (schema, name) = split_name(&parts);
    before.relation(schema, name).is_some()
        || before.index(schema, name).is_some()
        || before.user_type(schema, name).is_some()
}

/// Whether a query mentions a name anywhere.
pub(super) fn mentions_word(query: &str, name: &str) -> bool {
    let (tokens, _) = crate::syntax::grammar::scan(query);
    rewrite::mentions(query, name)
        || tokens.iter().any(|token| {
            let text = &query[token.span.start..token.span.end];
            text.eq_ignore_ascii_case(name) || text.trim_matches('"') == name
        })
}
