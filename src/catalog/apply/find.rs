//! Looking up what a statement names, with PostgreSQL's errors for what is certainly not there.

use std::sync::Arc;

use crate::syntax::ast::{ObjectType, RangeVar};

use super::super::builtin;
use super::super::model::{Catalog, Name, QualifiedName, Relation, RelationKind, Schema, TEMPORARY};
use super::{Fold, Result, Stop, offset, schema_of};

/// Whether the contents of a schema are PostgreSQL's own, and not kept here.
pub(in crate::catalog) fn is_system_schema(name: &str) -> bool {
    builtin::is_system_schema(name) && name != TEMPORARY
}

/// Whether a relation of that name, with no schema given, may come from elsewhere than the search path.
fn may_be_system(name: &str) -> bool {
    name.starts_with("pg_")
}

/// Whether names of which nothing is known may exist in the catalog.
pub(super) fn sure_of(catalog: &Catalog, schema: Option<&str>, name: &str) -> bool {
    if catalog.unknown_names {
        return false;
    }
    match schema {
        Some(schema) => !is_system_schema(schema),
        None => !may_be_system(name) && catalog.search_path.iter().all(|schema| !is_system_schema(schema)),
    }
}

/// Whether a relation is of the kind that a statement names.
pub(super) fn is_a(kind: RelationKind, wanted: ObjectType) -> bool {
    match wanted {
        ObjectType::ObjectView => kind == RelationKind::View,
        ObjectType::ObjectMatview => kind == RelationKind::MaterializedView,
        ObjectType::ObjectForeignTable => kind == RelationKind::ForeignTable,
        ObjectType::ObjectSequence => kind == RelationKind::Sequence,
        _ => matches!(kind, RelationKind::Table | RelationKind::PartitionedTable),
    }
}

impl Fold<'_> {
    /// PostgreSQL's error for ALTER of another kind than the relation is (`RangeVarCallbackForAlterRelation`): ALTER TABLE
    /// takes nearly all.
    pub(super) fn alters_its_kind(&self, range: &RangeVar, wanted: ObjectType) -> Result {
        let Some(relation) = self.catalog.relation(schema_of(range), &range.relname) else {
            let is_index = self.catalog.index(schema_of(range), &range.relname).is_some();
            return match wanted {
                ObjectType::ObjectView
                | ObjectType::ObjectMatview
                | ObjectType::ObjectForeignTable
                | ObjectType::ObjectSequence
                    if is_index =>
                {
                    self.is_not_a(&range.relname, wanted)
                }
                _ => Ok(()),
            };
        };
        let name = &relation.name;
        match wanted {
            ObjectType::ObjectType if relation.kind != RelationKind::CompositeType => {
                let message = format!("\"{name}\" is not a composite type");
                self.fail("42809", message, offset(range.location))
            }
            ObjectType::ObjectTable if relation.kind == RelationKind::CompositeType => {
                self.fail("42809", format!("\"{name}\" is a composite type"), offset(range.location))
            }
            ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectSequence
                if !is_a(relation.kind, wanted) =>
            {
                self.is_not_a(name, wanted)
            }
            _ => Ok(()),
        }
    }

    /// PostgreSQL's error for a relation of another kind than a statement names.
    pub(super) fn is_not_a<T>(&self, name: &str, wanted: ObjectType) -> Result<T> {
        let word = match wanted {
            ObjectType::ObjectView => "a view",
            ObjectType::ObjectMatview => "a materialized view",
            ObjectType::ObjectForeignTable => "a foreign table",
            ObjectType::ObjectSequence => "a sequence",
            ObjectType::ObjectTable => "a table",
            ObjectType::ObjectIndex => "an index",
            _ => return Err(Stop::Unsure),
        };
        self.fail("42809", format!("\"{name}\" is not {word}"), self.token(name))
    }

    /// The relation that `range` names, or PostgreSQL's error for ALTER and the like.
    fn lookup(&self, range: &RangeVar) -> Option<&Arc<Relation>> {
        self.catalog.relation(schema_of(range), &range.relname)
    }

    pub(super) fn find(&self, range: &RangeVar) -> Result<QualifiedName> {
        match self.lookup(range) {
            Some(relation) => Ok(relation.qualified_name()),
            None => self.missing_relation(range),
        }
    }

    /// As `find`, of what is opened as a table: an index is none.
    pub(super) fn find_table(&self, range: &RangeVar) -> Result<QualifiedName> {
        let schema = schema_of(range);
        let is_index =
            || self.lookup(range).is_none() && self.catalog.index(schema, &range.relname).is_some();
        if sure_of(&self.catalog, schema, &range.relname) && is_index() {
            let name = &range.relname;
            let message = match self.version() {
                ..16 => format!("\"{name}\" is an index"),
                16.. => format!("cannot open relation \"{name}\""),
            };
            return self.fail("42809", message, offset(range.location));
        }
        self.find(range)
    }

    /// As `find`, and `None` for a relation that IF EXISTS allows to be missing.
    pub(super) fn find_if(&self, range: &RangeVar, missing_ok: bool) -> Result<Option<QualifiedName>> {
        match self.lookup(range) {
            Some(relation) => Ok(Some(relation.qualified_name())),
            None if missing_ok => Ok(None),
            None => self.missing_relation(range),
        }
    }

    pub(super) fn missing_relation<T>(&self, range: &RangeVar) -> Result<T> {
        let schema = schema_of(range);
        if !sure_of(&self.catalog, schema, &range.relname)
            || self.catalog.index(schema, &range.relname).is_some()
        {
            return Err(Stop::Unsure);
        }
        let at = offset(range.location);
        match schema {
            Some(schema) if schema == TEMPORARY => Err(Stop::Unsure),
            Some(schema) if self.catalog.schema(schema).is_none() => {
                self.fail("3F000", format!("schema \"{schema}\" does not exist"), at)
            }
            Some(schema) => {
                self.fail("42P01", format!("relation \"{schema}.{}\" does not exist", range.relname), at)
            }
            None => self.fail("42P01", format!("relation \"{}\" does not exist", range.relname), at),
        }
    }

    /// Whether there is a schema of that name, where PostgreSQL's error is not certain.
    pub(super) fn has_schema(&self, name: &str) -> Result<bool> {
        if self.catalog.schemas.contains_key(name) {
            return Ok(true);
        }
        match sure_of(&self.catalog, Some(name), "") {
            true => self.fail("3F000", format!("schema \"{name}\" does not exist"), self.token(name)),
            false => Ok(false),
        }
    }

    /// The schema in which CREATE puts an object of a qualified or plain name.
    pub(super) fn target_schema(&self, schema: Option<&str>, at: Option<usize>) -> Result<Name> {
        match schema {
            Some(schema) => {
                if self.catalog.schemas.contains_key(schema) {
                    self.may_create_in(schema)?;
                    Ok(schema.into())
                } else if sure_of(&self.catalog, Some(schema), "") && schema != TEMPORARY {
                    self.fail("3F000", format!("schema \"{schema}\" does not exist"), at)
                } else {
                    Err(Stop::Unsure)
                }
            }
            None => {
                let Some(schema) = self.catalog.creation_schema() else {
                    let is_certain =
                        self.catalog.search_path.iter().all(|name| sure_of(&self.catalog, Some(name), ""));
                    if !is_certain {
                        return Err(Stop::Unsure);
                    }
                    return self.fail("3F000", "no schema has been selected to create in".into(), at);
                };
                self.may_create_in(&schema)?;
                Ok(schema)
            }
        }
    }

    /// The same for a relation, which may be temporary.
    pub(super) fn target_schema_of(&mut self, range: &RangeVar) -> Result<(Name, bool)> {
        let schema = schema_of(range);
        if range.relpersistence == "t" && schema.is_some_and(|schema| schema != TEMPORARY) {
            let message = "cannot create temporary relation in non-temporary schema";
            return self.fail("42P16", message.into(), schema.and_then(|schema| self.token(schema)));
        }
        if range.relpersistence == "u" && schema == Some(TEMPORARY) {
            let message = "only temporary relations may be created in temporary schemas";
            return self.fail("42P16", message.into(), offset(range.location));
        }
        if range.relpersistence == "t" || schema == Some(TEMPORARY) {
            if !self.catalog.schemas.contains_key(TEMPORARY) {
                let name: Name = TEMPORARY.into();
                let schema = super::Schema::new(name.clone());
                self.catalog.schemas.insert(name, Arc::new(schema));
            }
            return Ok((TEMPORARY.into(), true));
        }
        Ok((self.target_schema(schema, offset(range.location))?, false))
    }

    /// PostgreSQL's error for a name that a relation or an index has already; `true` where IF NOT EXISTS allows it.
    pub(super) fn taken(
        &self,
        schema: &str,
        name: &str,
        if_not_exists: bool,
        at: Option<usize>,
    ) -> Result<bool> {
        let taken = self.catalog.schema(schema).is_some_and(|schema| {
            let known = schema.relations.get(name);
            schema.has_relation_name(name) && known.is_none_or(|relation| !relation.may_be_gone)
        });
        match taken {
            false => Ok(false),
            true if if_not_exists => Ok(true),
            true => self.fail("42P07", format!("relation \"{name}\" already exists"), at),
        }
    }

    /// Relations that inherit from `name` directly, or are partitions of it; of a composite type its typed tables.
    pub(super) fn children(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        let relation = self.catalog.relation(Some(&name.schema), &name.name);
        if relation.is_some_and(|relation| relation.kind == RelationKind::CompositeType) {
            let typed = self.catalog.relations().filter(|other| other.of_type.as_ref() == Some(name));
            return typed.map(|other| other.qualified_name()).collect();
        }
        let of = |schema: &Schema| {
            let children = schema.children(name).into_iter();
            children
                .map(|child| QualifiedName { schema: schema.name.clone(), name: child })
                .collect::<Vec<_>>()
        };
        self.catalog.schemas.values().flat_map(|schema| of(schema)).collect()
    }
}
