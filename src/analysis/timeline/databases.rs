//! The databases that a script connects to: `\connect` leads to another catalog.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::moment::Moment;
use crate::catalog::model::{Catalog, TEMPORARY};
use crate::syntax::ast::{self, NodeEnum};

/// What is known of the databases that a script makes and connects to.
#[derive(Clone, Debug, Default)]
pub(super) struct Databases {
    /// The one that psql was started with, once it was left.
    first: Option<Arc<Catalog>>,
    /// The name of the one that psql is connected to, if another than the first.
    current: Option<String>,
    known: BTreeMap<String, Arc<Catalog>>,
}

impl Databases {
    /// The catalog of the one database that has anything in it; where there are several, they may all be meant.
    pub fn head<'a>(&'a self, current: &'a Arc<Catalog>) -> &'a Arc<Catalog> {
        static ANY: OnceLock<Arc<Catalog>> = OnceLock::new();
        let others = self.known.iter().filter(|(name, _)| Some(*name) != self.current.as_ref());
        let all = self.first.iter().chain(others.map(|(_, catalog)| catalog)).chain([current]);
        let mut filled = all.filter(|catalog| !catalog.is_blank());
        match (filled.next(), filled.next()) {
            (None, _) => current,
            (Some(only), None) => only,
            (Some(_), Some(_)) => ANY.get_or_init(|| Arc::new(Catalog::unknown())),
        }
    }
}

impl Moment {
    /// Behind `\connect`: to the database `name`; to the same one, by another user or anew, where there is none.
    /// `is_known` says that the command tells which.
    pub fn connect(&mut self, name: Option<&str>, is_known: bool) {
        (self.transaction, self.session) = (None, None);
        let mut databases = self.databases.as_deref().cloned().unwrap_or_default();
        let is_same = name.is_none() || name == databases.current.as_deref();
        // Before anything was made it may just as well be the one that is meant all along.
        let is_first = databases.first.is_none() && databases.current.is_none() && self.catalog.is_blank();
        let is_first = is_first && name.is_none_or(|name| !databases.known.contains_key(name));
        if is_known && is_same {
            self.catalog = new_session(&self.catalog);
        } else if is_first {
            databases.current = name.filter(|_| is_known).map(str::to_owned);
            self.databases = Some(Arc::new(databases));
        } else {
            let left = self.catalog.clone();
            match databases.current.take() {
                Some(name) => {
                    databases.known.insert(name, left);
                }
                None if databases.first.is_none() => databases.first = Some(left),
                None => {}
            }
            databases.current = name.filter(|_| is_known).map(str::to_owned);
            let known = databases.current.as_ref().and_then(|name| databases.known.get(name));
            self.catalog = known.map_or_else(|| Arc::new(Catalog::unknown()), new_session);
            self.databases = Some(Arc::new(databases));
        }
        if self.manual_commit {
            self.begin();
        }
    }

    /// Behind what makes, drops or renames a database; `is_certain` says that it runs.
    pub fn change_databases(&mut self, statement: &NodeEnum, is_certain: bool) {
        let mut databases = self.databases.as_deref().cloned().unwrap_or_default();
        match statement {
            NodeEnum::CreatedbStmt(create) => {
                let made = template(create).and_then(|template| match template {
                    "" | "template0" | "template1" => Some(Arc::new(Catalog::default())),
                    other => databases.known.get(other).cloned(),
                });
                match made.filter(|_| is_certain) {
                    Some(made) => databases.known.insert(create.dbname.clone(), made),
                    None => databases.known.remove(&create.dbname),
                };
            }
            NodeEnum::DropdbStmt(drop) => {
                databases.known.remove(&drop.dbname);
            }
            NodeEnum::RenameStmt(rename) if rename.rename_type == ast::ObjectType::ObjectDatabase as i32 => {
                databases.known.remove(&rename.subname);
                databases.known.remove(&rename.newname);
            }
            _ => return,
        }
        self.databases = Some(Arc::new(databases));
    }
}

/// The database that CREATE DATABASE copies, empty for the default; `None` where it cannot be told.
fn template(create: &ast::CreatedbStmt) -> Option<&str> {
    let mut elements = create.options.iter().filter_map(|option| match &option.node {
        Some(NodeEnum::DefElem(element)) => Some(element),
        _ => None,
    });
    let Some(element) = elements.rfind(|element| element.defname == "template") else {
        return Some("");
    };
    match element.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
        Some(NodeEnum::String(name)) => Some(&name.sval),
        // DEFAULT.
        None => Some(""),
        Some(_) => None,
    }
}

/// The catalog as a new session has it: without temporary objects, and with the search path it began with.
fn new_session(catalog: &Arc<Catalog>) -> Arc<Catalog> {
    let path = Catalog::default().search_path;
    let moved = catalog.search_path != path;
    if !moved && !catalog.schemas.contains_key(TEMPORARY) {
        return catalog.clone();
    }
    let mut fresh = (**catalog).clone();
    fresh.schemas.remove(TEMPORARY);
    fresh.touch();
    if moved {
        // It was set in the session, or for the role or the database.
        fresh.search_path = path;
        fresh.forget();
    }
    Arc::new(fresh)
}
