//! Completion where the grammar alone says what kind of name may stand: objects of the catalog by the slots of `expect`.

use super::completion::{self, Item, schemas, simple, types};
use super::describe;
use crate::catalog::builtin::facts;
use crate::catalog::model::{Catalog, Relation, RelationKind, RoutineKind, TypeKind};
use crate::catalog::quote;
use crate::syntax::expect::{Expectation, Kind, Slot};

/// Whether the slots say more exactly than a name in the cursor's place could what kind of object may stand there.
pub fn are_exact(expected: &Expectation) -> bool {
    let mut named = expected.slots.iter().filter(|slot| !slot.new && slot.kind != Kind::Schema).peekable();
    named.peek().is_some() && named.all(|slot| !is_of_queries(slot.kind))
}

/// Whether a name of this kind is looked up in what the statement reads or changes.
fn is_of_queries(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Relation
            | Kind::Target
            | Kind::Column
            | Kind::TargetColumn
            | Kind::JoinColumn
            | Kind::QualifiedColumn
            | Kind::Field
            | Kind::Range
            | Kind::Function
            | Kind::Argument
            | Kind::Type
            | Kind::String
            | Kind::Number
            | Kind::Parameter
    )
}

/// The objects that fit the slots.
pub fn names(expected: &Expectation, catalog: &Catalog, items: &mut Vec<Item>) {
    let schema = expected.qualifier.last().map(String::as_str);
    for slot in expected.slots.iter().filter(|slot| !slot.new) {
        match slot.kind {
            Kind::Relation | Kind::Target => relations(catalog, schema, items, |kind| {
                slot.kind == Kind::Relation
                    || !matches!(kind, RelationKind::Sequence | RelationKind::MaterializedView)
            }),
            Kind::Table => relations(catalog, schema, items, |kind| {
                matches!(kind, RelationKind::Table | RelationKind::PartitionedTable)
            }),
            Kind::View => relations(catalog, schema, items, |kind| kind == RelationKind::View),
            Kind::MaterializedView => {
                relations(catalog, schema, items, |kind| kind == RelationKind::MaterializedView);
            }
            Kind::ForeignTable => {
                relations(catalog, schema, items, |kind| kind == RelationKind::ForeignTable)
            }
            Kind::Sequence => relations(catalog, schema, items, |kind| kind == RelationKind::Sequence),
            Kind::Index => {
                for relation in catalog
                    .relations()
                    .filter(|relation| schema.is_none_or(|schema| schema == &*relation.schema))
                {
                    let indexes = relation.indexes.iter();
                    items.extend(
                        indexes.map(|index| object(catalog, schema, &relation.schema, &index.name, "index")),
                    );
                }
            }
            Kind::Constraint => {
                let constraints = owner(catalog, slot).into_iter().flat_map(|relation| &relation.constraints);
                items.extend(constraints.map(|constraint| {
                    let mut item = simple(&constraint.name, completion::Kind::Object, "constraint", 100);
                    item.detail = Some(constraint.definition.to_string());
                    item
                }));
            }
            Kind::Trigger => {
                let triggers = owner(catalog, slot).into_iter().flat_map(|relation| &relation.triggers);
                items.extend(
                    triggers.map(|trigger| simple(&trigger.name, completion::Kind::Object, "trigger", 100)),
                );
            }
            Kind::TargetColumn => {
                let columns = owner(catalog, slot).into_iter().flat_map(|relation| &relation.columns);
                items.extend(columns.enumerate().map(|(n, column)| {
                    let mut item = simple(&column.name, completion::Kind::Column, "", 100 + n as u32);
                    item.detail = Some(describe::column_type(column));
                    item
                }));
            }
            Kind::EnumLabel => {
                let [before @ .., name] = &slot.relation[..] else { continue };
                let ty = catalog.user_type(before.last().map(String::as_str), name);
                let Some(TypeKind::Enum { labels }) = ty.map(|ty| &ty.kind) else { continue };
                items.extend(labels.iter().enumerate().map(|(n, label)| Item {
                    insert: quote::literal(label),
                    ..simple(label, completion::Kind::Label, "enum label", 100 + n as u32)
                }));
            }
            Kind::Domain => {
                let types = catalog.schemas.values().flat_map(|schema| schema.types.values());
                let domains = types.filter(|ty| matches!(ty.kind, TypeKind::Domain { .. }));
                let domains = domains.filter(|ty| schema.is_none_or(|schema| schema == &*ty.schema));
                items.extend(domains.map(|ty| Item {
                    kind: completion::Kind::Type,
                    ..object(catalog, schema, &ty.schema, &ty.name, "domain")
                }));
            }
            Kind::Type if schema.is_none() => types(catalog, items),
            Kind::Procedure => routines(catalog, schema, items, |kind| kind == RoutineKind::Procedure),
            Kind::Aggregate => routines(catalog, schema, items, |kind| kind == RoutineKind::Aggregate),
            Kind::Function => routines(catalog, schema, items, |kind| kind != RoutineKind::Procedure),
            Kind::Routine => routines(catalog, schema, items, |_| true),
            Kind::Extension => {
                items.extend(
                    catalog
                        .extensions
                        .keys()
                        .map(|name| simple(name, completion::Kind::Object, "extension", 100)),
                );
            }
            Kind::Setting => {
                let before = schema.map_or(String::new(), |schema| format!("{schema}."));
                let named = facts().settings.current().filter_map(|setting| {
                    Some((setting, setting.name.strip_prefix(&*before)?)).filter(|(_, rest)| !rest.is_empty())
                });
                items.extend(named.map(|(setting, name)| Item {
                    detail: Some(describe::setting_summary(setting)),
                    documentation: Some(setting.description.to_owned()),
                    insert: name.to_owned(),
                    // What only shows something about the server is not to be set.
                    ..simple(
                        name,
                        completion::Kind::Object,
                        "",
                        if setting.context == "internal" { 300 } else { 100 },
                    )
                }));
            }
            Kind::Schema if schema.is_none() => schemas(catalog, items),
            _ => {}
        }
    }
}

/// The relation that what is named belongs to.
fn owner<'a>(catalog: &'a Catalog, slot: &Slot) -> Option<&'a Relation> {
    let [before @ .., name] = &slot.relation[..] else { return None };
    catalog.relation(before.last().map(String::as_str), name).map(|relation| &**relation)
}

fn relations(
    catalog: &Catalog,
    schema: Option<&str>,
    items: &mut Vec<Item>,
    wanted: impl Fn(RelationKind) -> bool,
) {
    let found = catalog.relations().filter(|relation| {
        wanted(relation.kind)
            && relation.kind != RelationKind::CompositeType
            && schema.is_none_or(|schema| schema == &*relation.schema)
    });
    items.extend(found.map(|relation| Item {
        kind: if matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView) {
            completion::Kind::View
        } else {
            completion::Kind::Table
        },
        documentation: Some(describe::relation_summary(relation)),
        ..object(catalog, schema, &relation.schema, &relation.name, relation.kind.word())
    }));
}

fn routines(
    catalog: &Catalog,
    written: Option<&str>,
    items: &mut Vec<Item>,
    wanted: impl Fn(RoutineKind) -> bool,
) {
    for routines in catalog.schemas.values().flat_map(|schema| schema.routines.values()) {
        let Some(routine) = routines.iter().find(|routine| wanted(routine.kind)) else { continue };
        if written.is_some_and(|schema| schema != &*routine.schema) {
            continue;
        }
        let item = object(catalog, written, &routine.schema, &routine.name, "");
        items.push(Item {
            label: format!("{}()", item.label),
            kind: completion::Kind::Function,
            detail: Some(describe::routine_signature(routine)),
            documentation: routine.comment.as_deref().map(str::to_owned),
            insert: format!("{}(", item.insert),
            rank: item.rank,
        });
    }
}

/// An object that has a schema; `written` is the schema that stands before the cursor.
fn object(catalog: &Catalog, written: Option<&str>, schema: &str, name: &str, detail: &str) -> Item {
    let mut item = simple(name, completion::Kind::Object, detail, 100);
    if written.is_none() && !catalog.search_path.iter().any(|visible| &**visible == schema) {
        item.label = format!("{schema}.{name}");
        item.insert = quote::qualified(schema, name);
        item.rank += 50;
    }
    item
}
