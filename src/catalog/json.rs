//! The catalog as `pgwright schema` prints it: JSON, and text in the manner of psql's `\d`.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::apply::names::object_name;
use super::entity::Entity;
use super::model::{
    Catalog, Constraint, ConstraintKind, Enabled, Relation, RelationKind, Schema, TEMPORARY, Type, TypeKind,
};

/// Everything in the catalog, in an order that only depends on names.
pub fn to_json(catalog: &Catalog) -> Value {
    let own = own(catalog);
    let schemas: Vec<Value> = schemas(&own).map(schema).collect();
    let mut value = json!({ "schemas": schemas });
    let extensions: Vec<Value> = (catalog.extensions.values())
        .map(|extension| json!({ "name": &*extension.name, "schema": &*extension.schema }))
        .collect();
    if !extensions.is_empty() {
        value["extensions"] = extensions.into();
    }
    let objects: Vec<Value> = database_objects(&own).map(|entity| object(entity)).collect();
    if !objects.is_empty() {
        value["objects"] = objects.into();
    }
    value
}

/// Of an extension it is enough to know that it is there.
fn own(catalog: &Catalog) -> Catalog {
    catalog.without_members(|_| true)
}

fn schemas(catalog: &Catalog) -> impl Iterator<Item = &Schema> {
    catalog.schemas.values().map(AsRef::as_ref).filter(|schema| &*schema.name != TEMPORARY)
}

/// The types that say something by themselves.
fn types(schema: &Schema) -> impl Iterator<Item = &Type> {
    schema
        .types
        .values()
        .map(AsRef::as_ref)
        .filter(|ty| !matches!(ty.kind, TypeKind::Base | TypeKind::Shell | TypeKind::Multirange { .. }))
}

fn schema(schema: &Schema) -> Value {
    let relations = schema.relations.values().filter(|relation| relation.kind != RelationKind::CompositeType);
    let relations: Vec<Value> = relations.map(|found| relation(found)).collect();
    let mut routines: Vec<_> = schema.routines.values().flatten().collect();
    routines.sort_by(|a, b| (&a.name, &a.arguments_text).cmp(&(&b.name, &b.arguments_text)));
    let routines: Vec<Value> = (routines.iter())
        .map(|routine| {
            json!({
                "name": &*routine.name,
                "arguments": &*routine.arguments_text,
                "result": routine.result_text.as_deref(),
            })
        })
        .collect();
    let types: Vec<Value> = (types(schema))
        .map(|ty| {
            let mut value = json!({ "name": &*ty.name, "kind": ty.kind.word() });
            if let TypeKind::Enum { labels } = &ty.kind {
                value["labels"] = labels.iter().map(|label| &**label).collect();
            }
            value
        })
        .collect();
    let mut value =
        json!({ "name": &*schema.name, "relations": relations, "routines": routines, "types": types });
    let objects = schema.entities.values().flatten();
    let objects: Vec<Value> = objects.map(|entity| object(entity)).collect();
    if !objects.is_empty() {
        value["objects"] = objects.into();
    }
    value
}

/// An operator, a publication or the like.
fn object(entity: &Entity) -> Value {
    let attributes: serde_json::Map<String, Value> =
        entity.attributes.iter().map(|(name, value)| (name.to_string(), value.to_string().into())).collect();
    json!({ "kind": entity.kind.word(), "name": &*entity.name, "attributes": attributes })
}

/// The objects that belong to no schema; those of the server are not the database's.
fn database_objects(catalog: &Catalog) -> impl Iterator<Item = &Arc<Entity>> {
    catalog.entities.values().flatten().filter(|entity| !entity.kind.is_of_server())
}

fn relation(relation: &Relation) -> Value {
    let columns: Vec<Value> = (relation.columns.iter())
        .map(|column| {
            json!({
                "name": &*column.name,
                "type": column.ty.to_string(),
                "not_null": column.not_null,
                "default": column.default.as_deref(),
            })
        })
        .collect();
    let constraints: Vec<Value> = (relation.constraints.iter())
        .map(|constraint| json!({ "name": &*constraint.name, "kind": constraint.kind.word() }))
        .collect();
    let indexes: Vec<Value> = (relation.indexes.iter())
        .map(|index| json!({ "name": &*index.name, "definition": &*index.definition }))
        .collect();
    let mut value = json!({
        "name": &*relation.name,
        "kind": relation.kind.word(),
        "columns": columns,
        "constraints": constraints,
        "indexes": indexes,
    });
    // What few have is only there where it is had.
    let triggers = relation.triggers.iter().map(|trigger| {
        json!({ "name": &*trigger.name, "enabled": trigger.enabled.word(), "definition": &*trigger.definition })
    });
    let policies = relation.policies.iter().map(|policy| {
        json!({
            "name": &*policy.name,
            "command": policy.event.word(),
            "permissive": policy.permissive,
            "roles": policy.roles.iter().map(|role| &**role).collect::<Vec<_>>(),
        })
    });
    let rules = relation
        .rules
        .iter()
        .map(|rule| json!({ "name": &*rule.name, "event": rule.event.word(), "instead": rule.instead }));
    for (name, items) in [
        ("triggers", triggers.collect::<Vec<Value>>()),
        ("policies", policies.collect()),
        ("rules", rules.collect()),
    ] {
        if !items.is_empty() {
            value[name] = items.into();
        }
    }
    if let Some(comment) = &relation.comment {
        value["comment"] = (&**comment).into();
    }
    if relation.row_security.enabled {
        value["row_security"] = true.into();
    }
    value
}

/// The same for people.
pub fn to_text(catalog: &Catalog) -> String {
    let mut out = String::new();
    for extension in catalog.extensions.values() {
        let _ = writeln!(out, "extension {} in {}\n", extension.name, extension.schema);
    }
    let own = own(catalog);
    for schema in schemas(&own) {
        for relation in schema.relations.values() {
            if relation.kind != RelationKind::Sequence {
                relation_text(&mut out, relation);
            }
        }
        for ty in types(schema) {
            match &ty.kind {
                TypeKind::Enum { labels } => {
                    let _ = writeln!(out, "enum {}.{} ({})\n", ty.schema, ty.name, labels.join(", "));
                }
                TypeKind::Domain { base, not_null, default, checks, .. } => {
                    let null = if *not_null { " not null" } else { "" };
                    let default = default.as_ref().map_or(String::new(), |text| format!(" default {text}"));
                    let _ = writeln!(out, "domain {}.{} as {base}{null}{default}", ty.schema, ty.name);
                    for check in checks {
                        let _ = writeln!(out, "    {} {}", check.name, check.definition);
                    }
                    out.push('\n');
                }
                TypeKind::Range { subtype, .. } => {
                    let _ = writeln!(out, "range {}.{} of {subtype}\n", ty.schema, ty.name);
                }
                // A composite type is among the relations.
                _ => {}
            }
        }
        for routine in schema.routines.values().flatten() {
            let kind = format!("{:?}", routine.kind).to_ascii_lowercase();
            let result =
                routine.result_text.as_ref().map_or(String::new(), |text| format!(" returns {text}"));
            let _ = writeln!(
                out,
                "{kind} {}.{}({}){result}",
                routine.schema, routine.name, routine.arguments_text
            );
        }
        if !schema.routines.is_empty() {
            out.push('\n');
        }
        objects_text(&mut out, schema.entities.values().flatten());
    }
    objects_text(&mut out, database_objects(&own));
    out
}

/// A line for each, as `operator public.=== (integer, integer) function public.eq result boolean`.
fn objects_text<'a>(out: &mut String, objects: impl Iterator<Item = &'a Arc<Entity>>) {
    let before = out.len();
    for entity in objects {
        out.push_str(&entity.title());
        for (name, value) in &entity.attributes {
            let _ = match value {
                super::entity::Value::Flag => write!(out, " {name}"),
                value => write!(out, " {name} {value}"),
            };
        }
        out.push('\n');
    }
    if out.len() > before {
        out.push('\n');
    }
}

/// Whether a constraint is a NOT NULL of which nothing is to be told but the column's own `not null`.
fn is_told_by_column(relation: &Relation, constraint: &Constraint) -> bool {
    let [column] = constraint.columns.as_slice() else { return false };
    constraint.kind == ConstraintKind::NotNull
        && constraint.validated
        && constraint.is_inheritable()
        && *constraint.name == *object_name(&relation.name, Some(column), "not_null")
}

fn relation_text(out: &mut String, relation: &Relation) {
    let _ = writeln!(out, "{} {}.{}", relation.kind.word(), relation.schema, relation.name);
    let width = relation.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
    let rows: Vec<(&str, String, String)> = (relation.columns.iter())
        .map(|column| {
            let mut rest = String::new();
            if column.not_null {
                rest += " not null";
            }
            match (&column.default, column.generated, column.identity) {
                (Some(text), Some(_), _) => rest += &format!(" generated always as ({text})"),
                (Some(text), None, _) => rest += &format!(" default {text}"),
                (None, _, Some(super::model::Identity::Always)) => rest += " generated always as identity",
                (None, _, Some(super::model::Identity::ByDefault)) => {
                    rest += " generated by default as identity"
                }
                _ => {}
            }
            (&*column.name, column.ty.to_string(), rest)
        })
        .collect();
    let type_width = rows.iter().map(|(_, ty, _)| ty.len()).max().unwrap_or(0);
    for (name, ty, rest) in &rows {
        let line = format!("    {name:width$}  {ty:type_width$} {rest}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if relation.unknown_columns {
        let _ = writeln!(out, "    (and columns that cannot be known)");
    }
    if let Some(key) = &relation.partition_key {
        let _ = writeln!(out, "  partition by {key}");
    }
    for parent in &relation.parents {
        let bound = relation.partition_bound.as_ref().map_or(String::new(), |bound| format!(" {bound}"));
        let word = if relation.partition_bound.is_some() { "partition of" } else { "inherits" };
        let _ = writeln!(out, "  {word} {parent}{bound}");
    }
    for index in &relation.indexes {
        let _ = writeln!(out, "  index {}", index.definition);
    }
    for constraint in
        relation.constraints.iter().filter(|constraint| !is_told_by_column(relation, constraint))
    {
        let _ = writeln!(out, "  constraint {} {}", constraint.name, constraint.definition);
    }
    for trigger in &relation.triggers {
        let state = match trigger.enabled {
            Enabled::Origin => String::new(),
            other => format!(" ({})", other.word()),
        };
        let _ = writeln!(out, "  trigger {}{state}", trigger.definition);
    }
    for rule in &relation.rules {
        let _ = writeln!(out, "  rule {} on {}", rule.name, rule.event.word().to_ascii_lowercase());
    }
    if relation.row_security.enabled {
        let forced = if relation.row_security.forced { ", for the owner too" } else { "" };
        let _ = writeln!(out, "  row security{forced}");
    }
    for policy in &relation.policies {
        let kind = if policy.permissive { "" } else { "restrictive " };
        let roles = if policy.roles.is_empty() { "public".to_owned() } else { policy.roles.join(", ") };
        let event = policy.event.word().to_ascii_lowercase();
        let _ = writeln!(out, "  {kind}policy {} for {event} to {roles}", policy.name);
    }
    for (name, value) in &relation.options {
        let _ = writeln!(out, "  with {name} = {value}");
    }
    out.push('\n');
}
