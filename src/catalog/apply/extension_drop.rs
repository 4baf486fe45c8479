//! DROP EXTENSION, what goes with an extension's objects, and what keeps these from going by themselves.

use std::sync::Arc;

use super::super::entity::Value;
use super::super::extension::Member;
use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, Stop};

impl Fold<'_> {
    pub(super) fn drop_extension(&mut self, name: &str, missing_ok: bool, cascade: bool) -> Result {
        let Some(extension) = self.catalog.extensions.get(name).cloned() else {
            if missing_ok || self.catalog.unknown_names || name == "plpgsql" {
                return Ok(());
            }
            return self.fail("42704", format!("extension \"{name}\" does not exist"), self.token(name));
        };
        let members = self.catalog.members(name);
        if !cascade && let Some(message) = self.needed(&extension, &members) {
            return self.fail("2BP01", message, self.token(name));
        }
        self.remove_members(name, &members)
    }

    /// PostgreSQL's error where something else needs an extension or an object of it.
    fn needed(&self, extension: &Extension, members: &[Member]) -> Option<String> {
        let is_member = |of: &Option<Name>| of.as_deref() == Some(&*extension.name);
        let requires = self.requiring(&extension.name).next().is_some();
        let types: Vec<QualifiedName> = members.iter().filter_map(type_name).collect();
        let is_type = |ty: &TypeRef| match ty {
            TypeRef::Named { schema, name, .. } => {
                types.iter().any(|ty| ty.schema == *schema && ty.name == *name)
            }
            _ => false,
        };
        let column = self.catalog.relations().any(|relation| {
            !is_member(&relation.extension) && relation.columns.iter().any(|column| is_type(&column.ty))
        });
        let routine = || {
            let routines =
                self.catalog.schemas.values().flat_map(|schema| schema.routines.values().flatten());
            let mut own = routines.filter(|routine| !is_member(&routine.extension));
            own.any(|routine| {
                routine.arguments.iter().any(|argument| is_type(&argument.ty))
                    || routine.result.as_ref().is_some_and(is_type)
            })
        };
        let reads = || {
            let relations: Vec<QualifiedName> = members
                .iter()
                .filter_map(|member| match member {
                    Member::Relation(relation) => Some(relation.qualified_name()),
                    _ => None,
                })
                .collect();
            self.catalog.relations().any(|relation| {
                !is_member(&relation.extension) && relations.iter().any(|name| relation.reads.contains(name))
            })
        };
        let calls_routine = || {
            let calls_any = |text: &str| {
                members
                    .iter()
                    .any(|member| matches!(member, Member::Routine(routine) if calls(text, &routine.name)))
            };
            self.catalog.relations().filter(|relation| !is_member(&relation.extension)).any(|relation| {
                relation.columns.iter().any(|column| column.default.as_deref().is_some_and(calls_any))
            })
        };
        let used_entity = || {
            members.iter().any(|member| {
                let Member::Entity(entity) = member else { return false };
                let named = |value: &Value| matches!(value, Value::Named(of, name) if *of == entity.kind && *name == entity.name);
                let is_own = |other: &Entity| !is_member(&other.extension);
                !self.indexes_of_class(entity).is_empty()
                    || entity.schema.is_none()
                        && self.catalog.entities().any(|other| is_own(other) && other.refers(named))
            })
        };
        (requires || column || routine() || reads() || calls_routine() || used_entity())
            .then(|| format!("cannot drop extension {} because other objects depend on it", extension.name))
    }

    /// Takes an extension away with its objects, and with what cannot be without these.
    pub(super) fn remove_members(&mut self, name: &str, members: &[Member]) -> Result {
        self.changed = true;
        let gone: Name = name.into();
        // The objects go all at once, so that none is looked for as another's.
        self.catalog = self.catalog.without_members(|extension| *extension == *gone);
        self.catalog.extensions.remove(name);
        for member in members {
            match member {
                Member::Type(_) | Member::Relation(_) => {
                    if let Member::Relation(relation) = member {
                        let gone = relation.qualified_name();
                        let readers = self.catalog.relations().filter(|other| other.reads.contains(&gone));
                        for reader in readers.map(|other| other.qualified_name()).collect::<Vec<_>>() {
                            self.remove(&reader, true)?;
                        }
                    }
                    if let Some(ty) = type_name(member) {
                        self.drop_uses_of_type(&ty)?;
                    }
                }
                Member::Routine(routine) => {
                    let function = QualifiedName::new(routine.schema.clone(), routine.name.clone());
                    if self.catalog.routines(Some(&function.schema), &function.name).is_empty() {
                        self.drop_triggers_of(&function)?;
                        self.drop_uses_of_function(&function)?;
                    }
                }
                Member::Entity(entity) => self.drop_uses_of_entity(entity)?,
                Member::Schema(..) => {}
            }
        }
        let needing: Vec<Name> = self.requiring(name).map(|other| other.name.clone()).collect();
        for other in needing {
            let members = self.catalog.members(&other);
            self.remove_members(&other, &members)?;
        }
        Ok(())
    }

    /// Defaults, checks and indexes that call a function that is gone.
    fn drop_uses_of_function(&mut self, function: &QualifiedName) -> Result {
        let call = |text: &str| calls(text, &function.name);
        self.each_relation(|relation| {
            for column in &mut relation.columns {
                if column.default.as_deref().is_some_and(call) {
                    Arc::make_mut(column).default = None;
                }
            }
            let is_check = |constraint: &Constraint| constraint.kind == ConstraintKind::Check;
            relation.constraints.retain(|constraint| !is_check(constraint) || !call(&constraint.definition));
        });
        Ok(())
    }

    /// Indexes by an operator class that is gone, servers of a wrapper, and the like.
    fn drop_uses_of_entity(&mut self, entity: &Entity) -> Result {
        for (table, index) in self.indexes_of_class(entity) {
            self.drop_index_named(&table.schema, &index)?;
            self.relation(&table)?.constraints.retain(|constraint| constraint.name != index);
        }
        let (kind, name) = (entity.kind, entity.name.clone());
        match &entity.schema {
            None => self.drop_entities_of(
                true,
                |value| matches!(value, Value::Named(of, named) if *of == kind && *named == name),
            ),
            Some(schema)
                if !matches!(
                    kind,
                    EntityKind::Operator | EntityKind::OperatorClass | EntityKind::OperatorFamily
                ) =>
            {
                let gone = Value::Entity(kind, QualifiedName::new(schema.clone(), name));
                self.drop_entities_of(true, |value| *value == gone)
            }
            Some(_) => Ok(()),
        }
    }

    /// The indexes by an operator class, with their tables: it is named, or the default of a column's type.
    fn indexes_of_class(&self, class: &Entity) -> Vec<(QualifiedName, Name)> {
        if class.kind != EntityKind::OperatorClass {
            return Vec::new();
        }
        let is_by_default = |relation: &Relation, key: &IndexKey| {
            let IndexTarget::Column(column) = &key.target else { return false };
            let ty = relation.column(column).map(|column| Value::Type(column.ty.without_modifier()));
            class.get("default").is_some() && ty.is_some() && class.get("type") == ty.as_ref()
        };
        let uses = |relation: &Relation, index: &Index| {
            class.text("method") == Some(&index.method)
                && index.keys.iter().any(|key| match &key.opclass {
                    Some(name) => *name == class.name,
                    None => is_by_default(relation, key),
                })
        };
        let mut found = Vec::new();
        for relation in self.catalog.relations() {
            let used = relation.indexes.iter().filter(|index| uses(relation, index));
            found.extend(used.map(|index| (relation.qualified_name(), index.name.clone())));
        }
        found
    }

    /// PostgreSQL's error for the drop of an object that an extension needs.
    pub(super) fn is_no_member(&self, of: &Option<Name>, title: impl Fn() -> String, name: &str) -> Result {
        match of {
            Some(extension) if self.catalog.extensions.contains_key(extension) => {
                let message = format!("cannot drop {} because extension {extension} requires it", title());
                self.fail("2BP01", message, self.token(name))
            }
            _ => Ok(()),
        }
    }

    /// The same for one that is neither a relation, a type nor a routine.
    pub(super) fn is_no_member_entity(&self, entity: &Entity) -> Result {
        if entity.extension.is_none() {
            return Ok(());
        }
        // Its schema is told where the name alone does not find it.
        let is_seen = |schema: &Name| self.catalog.search_path.contains(schema);
        if entity.schema.as_ref().is_some_and(|schema| !is_seen(schema)) {
            return Err(Stop::Unsure);
        }
        let of = |attribute: &str| match entity.get(attribute) {
            Some(Value::Type(ty)) => Some(ty.in_signature()),
            Some(Value::Text(text)) => Some(text.to_string()),
            _ => None,
        };
        let title = match entity.kind {
            EntityKind::Operator => match (of("left"), of("right")) {
                (Some(left), Some(right)) => format!("operator {}({left},{right})", entity.name),
                _ => return Err(Stop::Unsure),
            },
            EntityKind::OperatorClass | EntityKind::OperatorFamily => match of("method") {
                Some(method) => format!("{} {} for access method {method}", entity.kind.word(), entity.name),
                None => return Err(Stop::Unsure),
            },
            EntityKind::Cast => match (of("source"), of("target")) {
                (Some(source), Some(target)) => format!("cast from {source} to {target}"),
                _ => return Err(Stop::Unsure),
            },
            kind => format!("{} {}", kind.word(), entity.name),
        };
        let at = if entity.name.is_empty() { "cast" } else { &entity.name };
        self.is_no_member(&entity.extension, || title.clone(), at)
    }
}

/// The type that a type or a relation is.
fn type_name(member: &Member) -> Option<QualifiedName> {
    match member {
        Member::Type(ty) => Some(QualifiedName::new(ty.schema.clone(), ty.name.clone())),
        Member::Relation(relation) => Some(relation.qualified_name()),
        _ => None,
    }
}

/// Whether an expression calls a function of that name.
fn calls(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let rest = &text[at + name.len()..];
        let before = text[..at].chars().next_back();
        rest.starts_with('(') && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}
