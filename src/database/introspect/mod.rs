//! Reads a database's schema into a [`Catalog`], with the sizes of its tables.
//!
//! One read-only transaction with one snapshot, one query for each kind of object, all sent at once. PostgreSQL's own
//! functions print the definitions, with the session's own search path, so that they read as in `psql`. Two things come
//! in transactions of their own: views' texts, as `pg_get_viewdef` keeps every table that it reads locked (harmlessly,
//! but a thousand at once fill the lock table), and sizes, as they wait for tables that are being altered.

mod constraints;
mod entities;
mod entity_query;
mod relations;
mod rights;
mod routines;
mod sizes;
mod types;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio_postgres::types::Type as SqlType;
use tokio_postgres::{Client, Error, Row};

use super::connection::{self, Connection, Limits};
use crate::catalog::model::{Catalog, Extension, Grantable, Name, Privileges, Schema};
use crate::catalog::statistics::Statistics;
use crate::catalog::types::TypeRef;

const LIMITS: Limits = Limits { statement: Duration::from_secs(60), lock: Duration::from_secs(2) };

/// Which schemas are the user's: not PostgreSQL's own, and nobody's temporary one.
const USER_SCHEMA: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// The catalog and the statistics as they are now. `progress` hears a percentage as it grows.
pub async fn introspect(
    connection: &Connection,
    progress: impl Fn(u8),
) -> Result<(Catalog, Statistics), Error> {
    introspect_now(connection, progress).await.map(|(catalog, statistics, _)| (catalog, statistics))
}

/// The same, and whether it is whole: the expressions and definitions of a table that somebody holds locked (ALTER
/// TABLE, VACUUM FULL, for hours perhaps) cannot be printed before it is free again, and are left empty.
pub(super) async fn introspect_now(
    connection: &Connection,
    progress: impl Fn(u8),
) -> Result<(Catalog, Statistics, bool), Error> {
    let client = &connection.client;
    progress(0);
    let read = in_transaction(client, LIMITS, read(client, connection.version, &progress)).await?;
    let (mut catalog, relations, mut statistics) = build(read, connection.version);
    relations::view_texts(client, &mut catalog, &relations).await?;
    progress(95);
    sizes::fill(client, &relations, &mut statistics).await?;
    progress(100);
    Ok((catalog, statistics, relations.locked.is_empty()))
}

/// Runs `work` in a transaction that cannot change anything and is rolled back.
pub(super) async fn in_transaction<T>(
    client: &Client,
    limits: Limits,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    connection::begin(client, limits).await?;
    let outcome = work.await;
    // Of two errors the first says why.
    let ended = connection::rollback(client).await;
    let value = outcome?;
    ended?;
    Ok(value)
}

/// The rows of every query.
struct Read {
    locked: Vec<u32>,
    search_path: Vec<Row>,
    schemas: Vec<Row>,
    extensions: Vec<Row>,
    type_names: Vec<Row>,
    types: Vec<Row>,
    routines: Vec<Row>,
    relations: Vec<Row>,
    columns: Vec<Row>,
    parents: Vec<Row>,
    owners: Vec<Row>,
    reads: Vec<Row>,
    constraints: Vec<Row>,
    indexes: Vec<Row>,
    index_keys: Vec<Row>,
    triggers: Vec<Row>,
    rules: Vec<Row>,
    policies: Vec<Row>,
    entities: Vec<Row>,
    owner: Vec<Row>,
}

async fn read(client: &Client, version: u32, progress: &impl Fn(u8)) -> Result<Read, Error> {
    const QUERIES: usize = 19;
    let done = AtomicUsize::new(0);
    // A lock that is waited for holds up those who come later just as well.
    let locked = client
        .query_typed(
            "SELECT DISTINCT l.relation FROM pg_catalog.pg_locks l \
             WHERE l.relation IS NOT NULL AND l.mode = 'AccessExclusiveLock'",
            &[],
        )
        .await?;
    let locked: Vec<u32> = locked.iter().map(|row| row.get(0)).collect();
    let query = |sql: String| {
        let (done, locked) = (&done, &locked);
        async move {
            let parameters = [oid_array(locked)];
            let parameters = if sql.contains("$1") { &parameters[..] } else { &[] };
            let rows = client.query_typed(&sql, parameters).await;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress((done * 80 / QUERIES) as u8);
            rows
        }
    };
    let (
        search_path,
        schemas,
        extensions,
        type_names,
        types,
        routines,
        relations,
        columns,
        parents,
        owners,
        reads,
        constraints,
        indexes,
        index_keys,
        triggers,
        rules,
        policies,
        entities,
        owner,
    ) = tokio::try_join!(
        query("SELECT unnest(current_schemas(false))::text".to_owned()),
        query(schemas_query()),
        query(EXTENSIONS.to_owned()),
        query(types::NAMES.to_owned()),
        query(types::query(version)),
        query(routines::query(version)),
        query(relations::query()),
        query(relations::columns_query(version)),
        query(relations::PARENTS.to_owned()),
        query(relations::OWNERS.to_owned()),
        query(relations::reads_query()),
        query(constraints::query(version)),
        query(constraints::indexes_query(version)),
        query(constraints::INDEX_KEYS.to_owned()),
        query(constraints::triggers_query(version)),
        query(constraints::RULES.to_owned()),
        query(constraints::POLICIES.to_owned()),
        query(entity_query::query(version)),
        query(rights::DATABASE_OWNER.to_owned()),
    )?;
    Ok(Read {
        locked,
        search_path,
        schemas,
        extensions,
        type_names,
        types,
        routines,
        relations,
        columns,
        parents,
        owners,
        reads,
        constraints,
        indexes,
        index_keys,
        triggers,
        rules,
        policies,
        entities,
        owner,
    })
}

fn schemas_query() -> String {
    let (owner, privileges) = (rights::owner("n.nspowner"), rights::privileges("n.nspacl", "n.nspowner"));
    let extension = rights::extension("pg_namespace", "n.oid");
    // The comment that every new database has on its schema public says nothing.
    format!(
        "SELECT n.nspname::text, nullif(d.description, 'standard public schema'), {owner}, {privileges}, {extension} \
         FROM pg_catalog.pg_namespace n \
         LEFT JOIN pg_catalog.pg_description d \
           ON d.objoid = n.oid AND d.classoid = 'pg_catalog.pg_namespace'::regclass AND d.objsubid = 0 \
         WHERE {USER_SCHEMA}"
    )
}

/// Every database has plpgsql; as an extension it says nothing.
const EXTENSIONS: &str = "SELECT e.extname::text, n.nspname::text, e.extversion, \
      pg_catalog.obj_description(e.oid, 'pg_extension') \
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
    WHERE e.extname <> 'plpgsql'";

fn build(read: Read, version: u32) -> (Catalog, relations::Oids, Statistics) {
    let mut catalog = Catalog::empty();
    let mut names = Names::default();
    catalog.server_version = Some(version);
    catalog.owner = read.owner.first().and_then(|row| optional(row, 0));
    catalog.search_path = read
        .search_path
        .iter()
        .map(|row| row.get::<_, &str>(0))
        .filter(|schema| !schema.starts_with("pg_"))
        .map(|schema| names.intern(schema))
        .collect();
    for row in &read.extensions {
        let (name, schema) = (names.intern(row.get(0)), names.intern(row.get(1)));
        let extension =
            Extension { name: name.clone(), schema, version: optional(row, 2), comment: optional(row, 3) };
        catalog.extensions.insert(name, Arc::new(extension));
    }
    names.read_types(&read.type_names);

    let mut schemas: HashMap<Name, Schema> = HashMap::new();
    for row in &read.schemas {
        let mut schema = Schema::new(names.intern(row.get(0)));
        schema.comment = optional(row, 1);
        schema.owner = optional(row, 2).map(|owner| names.intern(&owner));
        schema.privileges = rights::read_privileges(Grantable::Schema, row.get(3), &mut names);
        schema.extension = optional(row, 4).map(|extension| names.intern(&extension));
        if version < 150_000 && &*schema.name == "public" {
            schema.privileges = without_create_of_public(&schema.privileges);
        }
        schemas.insert(schema.name.clone(), schema);
    }
    let mut builder = relations::Builder::new(&read.relations, &mut names);
    builder.columns(&read.columns, &mut names);
    builder.parents(&read.parents);
    builder.owners(&read.owners);
    builder.reads(&read.reads, &mut names);
    let mut domains = constraints::constraints(&read.constraints, &mut builder, &mut names);
    constraints::indexes(&read.indexes, &read.index_keys, &mut builder, &mut names);
    constraints::triggers(&read.triggers, &mut builder, &mut names);
    constraints::rules(&read.rules, &mut builder, &mut names);
    constraints::policies(&read.policies, &mut builder, &mut names);
    entities::entities(&read.entities, &mut catalog, &mut schemas, &mut names);
    types::types(&read.types, &mut domains, &mut schemas, &mut names);
    routines::routines(&read.routines, &mut schemas, &mut names);
    let statistics = sizes::rows(&read.relations, version, &builder);
    let oids = builder.finish(&read.locked, &mut schemas);
    catalog.schemas = schemas.into_iter().map(|(name, schema)| (name, Arc::new(schema))).collect();
    catalog.touch();
    (catalog, oids, statistics)
}

/// Until 14 everybody could create in a new database's schema public, which says nothing about that schema.
fn without_create_of_public(privileges: &Privileges) -> Privileges {
    let mut grants = privileges.grants(Grantable::Schema);
    grants.retain(|grant| grant.grantee.is_some() || &*grant.privilege != "CREATE");
    Privileges::new(Grantable::Schema, grants)
}

/// Names that are shared, and the types by their object identifiers.
#[derive(Default)]
struct Names {
    all: HashSet<Name>,
    types: HashMap<u32, TypeRef>,
}

impl Names {
    fn intern(&mut self, text: &str) -> Name {
        match self.all.get(text) {
            Some(name) => name.clone(),
            None => {
                let name: Name = text.into();
                self.all.insert(name.clone());
                name
            }
        }
    }

    fn read_types(&mut self, rows: &[Row]) {
        for row in rows {
            let (schema, name) = (self.intern(row.get(1)), self.intern(row.get(2)));
            let ty = TypeRef::Named { schema, name, typmod: -1, array: row.get(3) };
            self.types.insert(row.get(0), ty);
        }
    }

    fn ty(&self, oid: u32, modifier: i32) -> TypeRef {
        match self.types.get(&oid) {
            Some(TypeRef::Named { schema, name, array, .. }) => {
                TypeRef::Named { schema: schema.clone(), name: name.clone(), typmod: modifier, array: *array }
            }
            _ => TypeRef::Unknown,
        }
    }
}

/// A text that may be NULL: also where PostgreSQL found that an object is gone meanwhile.
fn optional(row: &Row, column: usize) -> Option<Name> {
    row.get::<_, Option<&str>>(column).map(Name::from)
}

fn text(row: &Row, column: usize) -> Name {
    optional(row, column).unwrap_or_default()
}

/// A column of PostgreSQL's type `"char"`.
fn letter(row: &Row, column: usize) -> char {
    char::from(row.get::<_, i8>(column) as u8)
}

/// Object identifiers as a query's parameter.
fn oid_array(oids: &Vec<u32>) -> (&(dyn tokio_postgres::types::ToSql + Sync), SqlType) {
    (oids, SqlType::OID_ARRAY)
}
