//! Reads a database's schema into a [`Catalog`], with the sizes of its tables.
//!
//! One read-only transaction with one snapshot, one query for each kind of object, all sent at once, their rows taken as
//! they come. PostgreSQL's own functions print the definitions, with the session's own search path, so that they read as
//! in `psql`; but what every large schema has by the ten thousand, plain keys and indexes, is put together here, as they
//! take most of the time. Two things come in transactions of their own: views' texts, as `pg_get_viewdef` keeps every
//! table that it reads locked (harmlessly, but a thousand at once fill the lock table), and sizes, as they wait for
//! tables that are being altered.
//!
//! A query that the role may not ask, or the server does not understand, is left out and named, and the rest is read.

mod answers;
mod columns;
mod constraints;
mod entities;
mod entity_query;
mod indexes;
mod read;
mod relations;
mod rights;
mod routines;
mod sizes;
mod types;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio_postgres::types::Type as SqlType;
use tokio_postgres::{Client, Error, Row};

use self::answers::Refused;
use super::connection::{self, Connection, Limits};
use crate::catalog::model::{Catalog, Name};
use crate::catalog::statistics::Statistics;
use crate::catalog::types::TypeRef;

const LIMITS: Limits = Limits { statement: Duration::from_secs(60), lock: Duration::from_secs(2) };

/// Which schemas are the user's: not PostgreSQL's own, and nobody's temporary one.
const USER_SCHEMA: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// PostgreSQL's usual block.
const BLOCK: u64 = 8192;

/// What was read.
#[derive(Debug)]
pub struct Introspection {
    pub catalog: Catalog,
    pub statistics: Statistics,
    /// Not so where expressions and definitions are missing of a table that somebody holds locked (ALTER TABLE, VACUUM
    /// FULL, for hours perhaps): they cannot be printed before it is free again.
    pub whole: bool,
    /// What the role may not see, in words.
    pub unseen: Vec<String>,
}

/// Who wants to hear of what is read while it is.
#[derive(Clone, Copy)]
pub(super) struct Hears<'a> {
    /// A percentage, as it grows.
    pub progress: &'a (dyn Fn(u8) + Sync),
    /// Relations and columns, as soon as these are known: a catalog of which nothing is certain.
    pub outline: Option<&'a (dyn Fn(Catalog) + Sync)>,
}

/// A query that fails, and why.
struct LeftOut {
    what: &'static str,
    reason: String,
}

/// The catalog and the statistics as they are now. `progress` hears a percentage as it grows.
pub async fn introspect(
    connection: &Connection,
    progress: impl Fn(u8) + Sync,
) -> Result<(Catalog, Statistics), Error> {
    let read = introspect_all(connection, progress).await?;
    Ok((read.catalog, read.statistics))
}

/// The same with all that there is to say about it.
pub async fn introspect_all(
    connection: &Connection,
    progress: impl Fn(u8) + Sync,
) -> Result<Introspection, Error> {
    introspect_now(connection, Hears { progress: &progress, outline: None }).await
}

pub(super) async fn introspect_now(
    connection: &Connection,
    hears: Hears<'_>,
) -> Result<Introspection, Error> {
    let client = &connection.client;
    let reached = AtomicU8::new(0);
    // A second attempt begins where the first came to.
    let progress = |percent| (hears.progress)(reached.fetch_max(percent, Ordering::Relaxed).max(percent));
    let hears = Hears { progress: &progress, ..hears };
    progress(0);
    let mut left_out: Vec<LeftOut> = Vec::new();
    let mut read = loop {
        let work = read::read(client, connection.version, &left_out, hears);
        match in_transaction(client, LIMITS, work).await {
            Ok(read) => break read,
            Err(refused) => left_out.push(may_be_left_out(refused)?),
        }
    };
    relations::view_texts(client, &mut read.catalog, &read.oids).await?;
    progress(95);
    sizes::fill(client, &read.oids, &mut read.statistics).await?;
    progress(100);
    let mut unseen: Vec<String> =
        left_out.iter().map(|left| format!("{} ({})", left.what, left.reason)).collect();
    unseen.extend(read.unseen);
    let whole = read.oids.locked.is_empty();
    Ok(Introspection { catalog: read.catalog, statistics: read.statistics, whole, unseen })
}

/// Whether the rest can be read without the query, as the role may not ask it or the server does not know what it asks for.
fn may_be_left_out(refused: Refused) -> Result<LeftOut, Error> {
    let Refused { what, error } = refused;
    match what {
        Some(what)
            if !read::is_needed(what) && error.code().is_some_and(|code| code.code().starts_with("42")) =>
        {
            Ok(LeftOut { what, reason: connection::describe(&error) })
        }
        _ => Err(error),
    }
}

/// Runs `work` in a transaction that cannot change anything and is rolled back.
pub(super) async fn in_transaction<T, E: From<Error>>(
    client: &Client,
    limits: Limits,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    connection::begin_printing(client, limits).await?;
    let outcome = work.await;
    // Of two errors the first says why.
    let ended = connection::rollback(client).await;
    let value = outcome?;
    ended?;
    Ok(value)
}

/// Names that are shared, and the types by their object identifiers.
#[derive(Default)]
struct Names {
    all: HashSet<Name>,
    types: HashMap<u32, TypeRef>,
    usual: HashMap<u32, Usual>,
    enums: HashSet<u32>,
}

/// What a column of a type has where nothing else is said.
struct Usual {
    collation: u32,
    storage: char,
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

    fn read_type(&mut self, row: &Row) {
        let (schema, name) = (self.intern(row.get(1)), self.intern(row.get(2)));
        let oid: u32 = row.get(0);
        self.types.insert(oid, TypeRef::Named { schema, name, typmod: -1, array: row.get(3) });
        self.usual.insert(oid, Usual { collation: row.get(4), storage: letter(row, 5) });
        if letter(row, 6) == 'e' {
            self.enums.insert(oid);
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
