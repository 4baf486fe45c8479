//! What a framework makes for itself is there before the first migration, unless the migrations make it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::folder::HistoryKind;
use super::framework::Framework;
use super::snapshot::{FolderState, Slot, empty_catalog, lock};
use crate::catalog::apply;
use crate::catalog::model::{Catalog, Name};
use crate::syntax::ast::NodeEnum;
use crate::syntax::{Parse, Script, StatementKind};

/// The catalog before the first file of a history, of the PostgreSQL that the folder's SQL is for.
pub(super) fn start(state: &FolderState, texts: &[(&Script, &Slot)]) -> Arc<Catalog> {
    let framework = state.folder.framework;
    let major = state.major();
    if state.folder.ordered.opaque {
        return empty_catalog(HistoryKind::None, major);
    }
    let makes_own = || texts.iter().any(|(script, slot)| slot.makes_own(script, framework));
    if framework.bookkeeping().is_empty() || makes_own() {
        return empty_catalog(state.folder.kind, major);
    }
    type Known = HashMap<(Framework, Option<u32>), Arc<Catalog>>;
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    let mut known = lock(KNOWN.get_or_init(Default::default));
    known.entry((framework, major)).or_insert_with(|| Arc::new(make(framework, major))).clone()
}

fn make(framework: Framework, major: Option<u32>) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.server_version = major.map(|major| major * 10_000);
    let script = Script::from(framework.bookkeeping());
    for placed in script.statements().filter(|placed| placed.statement.kind == StatementKind::Sql) {
        let code = script.code(&placed);
        if let Some(node) = Parse::plain(&code).node() {
            apply::apply(&mut catalog, node, &code);
        }
    }
    if framework.varies() {
        let schemas: Vec<Name> = catalog.schemas.keys().cloned().collect();
        for schema in schemas {
            let Some(schema) = catalog.schema_mut(&schema) else { continue };
            let names: Vec<Name> = schema.relations.keys().cloned().collect();
            for name in names {
                if let Some(relation) = schema.relations.get_mut(&name) {
                    Arc::make_mut(relation).unknown_columns = true;
                }
            }
        }
    }
    catalog
}

/// Whether a script makes the framework's own tables or schemas.
pub(super) fn makes_own(script: &Script, framework: Framework) -> bool {
    let own = || framework.own_tables().iter().chain(framework.own_schemas());
    let text = script.document().text().to_ascii_lowercase();
    if !own().any(|name| text.contains(name)) {
        return false;
    }
    script.statements().filter(|placed| placed.statement.kind == StatementKind::Sql).any(|placed| {
        let code = script.code(&placed);
        let lower = code.to_ascii_lowercase();
        if !lower.contains("create") || !own().any(|name| lower.contains(name)) {
            return false;
        }
        let parse = Parse::plain(&code);
        let name = match parse.node() {
            Some(NodeEnum::CreateStmt(create)) if !create.if_not_exists => {
                create.relation.as_ref().map(|relation| relation.relname.clone())
            }
            Some(NodeEnum::CreateSchemaStmt(create)) if !create.if_not_exists => {
                Some(create.schemaname.clone())
            }
            _ => None,
        };
        name.is_some_and(|name| own().any(|own| *own == name))
    })
}

/// The catalog without what the framework makes for itself.
pub fn without(catalog: &Catalog, framework: Framework) -> Catalog {
    let mut without = catalog.clone();
    for schema in framework.own_schemas() {
        without.schemas.remove(schema);
    }
    let schemas: Vec<Name> = without.schemas.keys().cloned().collect();
    for name in schemas {
        let Some(known) = without.schemas.get(&name) else { continue };
        let own: Vec<&str> = framework
            .own_tables()
            .iter()
            .copied()
            .filter(|table| known.relations.contains_key(table))
            .collect();
        if own.is_empty() {
            continue;
        }
        let Some(schema) = without.schema_mut(&name) else { continue };
        for table in own {
            let sequences: Vec<Name> = schema
                .relations
                .values()
                .filter(|relation| {
                    relation
                        .owned_by
                        .as_ref()
                        .is_some_and(|owner| owner.table.schema == name && *owner.table.name == *table)
                })
                .map(|relation| relation.name.clone())
                .collect();
            sequences.iter().for_each(|sequence| drop(schema.remove_relation(sequence)));
            schema.remove_relation(table);
        }
    }
    without.touch();
    without
}
