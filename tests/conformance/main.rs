//! A schema folded from scripts, compared with what a real server made of them.

mod blocks;
mod histories;
mod kin;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/verdict.rs"]
mod verdict;

use std::path::{Path, PathBuf};

use pgwright::catalog::model::{Column, EntityKind, Value};
use pgwright::catalog::{Catalog, apply, diff, json, stored};
use pgwright::database::settings::{Environment, Sources, resolve};
use pgwright::database::{Connection, connection, introspect};
use pgwright::syntax::grammar::{self, ParseMode};

#[test]
fn scripts_on_postgresql_13() {
    compare_all(13);
}

#[test]
fn scripts_on_postgresql_15() {
    compare_all(15);
}

#[test]
fn scripts_on_postgresql_18() {
    compare_all(18);
}

fn compare_all(major: u32) {
    let server = postgres::shared(major);
    let only = std::env::var("PGWRIGHT_SCRIPT").ok();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in scripts() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        count += 1;
        let sql = known_to(major, &std::fs::read_to_string(&path).unwrap());
        let database = server.fresh_database();
        server.execute_in(&database, &sql);
        let mut real = comparable(Reader::new(&server.url(&database)).read());
        let folded = comparable(fold(major, &sql, &name));
        only_roles_of(&mut real, &folded, &name);
        let mut differences = diff::diff(&folded, &real);
        // Roles and the like are the server's, and not stored.
        let read_back = stored::from_json(stored::to_json(&real)).unwrap();
        let of_server: Vec<_> =
            real.entities().filter(|entity| entity.kind.is_of_server()).cloned().collect();
        of_server.iter().for_each(|entity| real.remove_entity(entity));
        differences.extend(diff::diff(&real, &read_back).into_iter().map(|line| format!("stored: {line}")));
        if read_back != real {
            differences.push("what is stored is not what was read".into());
        }
        if differences.is_empty() && json::to_json(&folded) != json::to_json(&real) {
            differences.push("the JSON differs".into());
        }
        if differences.is_empty() && json::to_text(&folded) != json::to_text(&real) {
            differences.push("the text differs".into());
        }
        failures.extend(differences.into_iter().map(|line| format!("{name}: {line}")));
    }
    assert!(count > 0);
    assert!(
        failures.is_empty(),
        "{} differences in {count} scripts on PostgreSQL {major}; what the server has comes first:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/scripts");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The script without the statements that need a newer server: those with a line `-- since 15` directly above.
fn known_to(major: u32, sql: &str) -> String {
    let tree = grammar::parse(sql, ParseMode::Statements).unwrap();
    let mut known = String::new();
    let mut start = 0;
    for raw in &tree.stmts {
        let own_end = (raw.stmt_location + raw.stmt_len) as usize;
        let end = if raw.stmt_len == 0 {
            sql.len()
        } else {
            sql[own_end..].find(';').map_or(sql.len(), |at| own_end + at + 1)
        };
        let text = &sql[start..end];
        let above = text.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("--"));
        let since = above.last().and_then(|line| line.strip_prefix("-- since "));
        if since.is_none_or(|since| since.parse::<u32>().expect("a major version") <= major) {
            known.push_str(text);
        }
        start = end;
    }
    known + &sql[start..]
}

fn fold(major: u32, sql: &str, name: &str) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.server_version = Some(major * 10_000);
    let tree = grammar::parse(sql, ParseMode::Statements).unwrap();
    for raw in &tree.stmts {
        let start = raw.stmt_location as usize;
        let end = if raw.stmt_len == 0 { sql.len() } else { start + raw.stmt_len as usize };
        let text = &sql[start..end];
        let own = grammar::parse(text, ParseMode::Statements).unwrap();
        let node = own.stmts[0].stmt.as_ref().and_then(|node| node.node.as_ref()).unwrap();
        let outcome = apply::apply(&mut catalog, node, text);
        assert!(outcome.errors.is_empty(), "{name}: {:?} in {text}", outcome.errors);
    }
    catalog
}

/// Reads a database's schema, as often as one likes.
struct Reader {
    runtime: tokio::runtime::Runtime,
    connection: Connection,
}

impl Reader {
    fn new(url: &str) -> Reader {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sources = Sources { cli_url: Some(url.to_owned()), ..Sources::default() };
        let settings = resolve(&sources, &Environment::of(&[])).unwrap().unwrap();
        let connection = runtime.block_on(connection::connect(&settings)).unwrap();
        Reader { runtime, connection }
    }

    fn read(&self) -> Catalog {
        self.runtime.block_on(introspect(&self.connection, |_| {})).unwrap().0
    }
}

/// Roles are the server's, and other scripts have some: those that the script made, or has in its name, are kept.
fn only_roles_of(real: &mut Catalog, folded: &Catalog, script: &str) {
    let is_mine =
        |name: &str| name.starts_with(script) || folded.entity(EntityKind::Role, None, name).is_some();
    let others: Vec<_> = (real.entities())
        .filter(|entity| match entity.kind {
            EntityKind::Role | EntityKind::RoleMember => {
                !is_mine(&entity.name)
                    || matches!(entity.get("member"), Some(Value::Role(member)) if !is_mine(member))
            }
            kind => kind.is_of_server() && folded.entity(kind, None, &entity.name).is_none(),
        })
        .cloned()
        .collect();
    for entity in others {
        real.remove_entity(&entity);
    }
}

/// What both can know: temporary objects go with their session, and partitions have their parent's identity since 17.
fn comparable(mut catalog: Catalog) -> Catalog {
    catalog.schemas.remove("pg_temp");
    let names: Vec<_> = catalog.schemas.keys().cloned().collect();
    for name in names {
        let schema = catalog.schema_mut(&name).unwrap();
        let relations: Vec<_> = schema.relations.values().cloned().collect();
        for relation in relations {
            let mut relation = (*relation).clone();
            relation.owned_by = None;
            if relation.partition_bound.is_some() {
                relation.columns = (relation.columns.iter())
                    .map(|column| Column { identity: None, ..Column::clone(column) }.into())
                    .collect();
            }
            schema.put_relation(relation);
        }
    }
    catalog
}
