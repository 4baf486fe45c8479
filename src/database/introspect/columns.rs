//! Columns of relations. What most columns do not have comes by queries of its own, and columns that are equal are one.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;

use super::relations::{Builder, options, read_options};
use super::rights::{privileges, read_privileges};
use super::{Names, USER_SCHEMA, letter, optional};
use crate::catalog::model::{Column, Generated, Grantable, Identity, Name};

const KINDS: &str = "('r', 'p', 'v', 'm', 'f', 'S', 'c')";

/// What every column has. Collations and storage are compared with the type's here and not there: a join with 200,000
/// rows costs more.
pub fn query() -> String {
    format!(
        "SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, a.attgenerated, \
           a.attcollation, a.attstorage, a.attislocal \
         FROM pg_catalog.pg_attribute a \
         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE {USER_SCHEMA} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN {KINDS}"
    )
}

pub const COLLATIONS: &str = "SELECT co.oid, co.collname::text FROM pg_catalog.pg_collation co";

/// A default has no columns in it, so that it can be printed without its table.
pub fn defaults_query() -> String {
    format!(
        "SELECT a.attrelid, a.attnum, \
           CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(ad.adbin, 0) \
                WHEN a.attrelid <> ALL ($1) THEN pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) END \
         FROM pg_catalog.pg_attrdef ad \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum \
         JOIN pg_catalog.pg_class c ON c.oid = ad.adrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE {USER_SCHEMA}"
    )
}

pub fn comments_query() -> String {
    format!(
        "SELECT d.objoid, d.objsubid::int2, d.description FROM pg_catalog.pg_description d \
         JOIN pg_catalog.pg_class c ON c.oid = d.objoid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE {USER_SCHEMA} AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid > 0"
    )
}

/// What few columns have. An index's column has only the parameters of its operator class here.
pub fn details_query(version: u32) -> String {
    let (compression, compressed) = match version {
        140_000.. => ("nullif(a.attcompression::text, '')", "OR a.attcompression <> ''"),
        _ => ("NULL::text", ""),
    };
    let (options, foreign_options) = (options("a.attoptions"), options("a.attfdwoptions"));
    let privileges = privileges("a.attacl", "c.relowner");
    format!(
        "SELECT a.attrelid, a.attnum, {compression}, nullif(a.attstattarget, -1)::int4, \
           coalesce({options}, {foreign_options}), {privileges} \
         FROM pg_catalog.pg_attribute a \
         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE {USER_SCHEMA} AND a.attnum > 0 AND NOT a.attisdropped \
           AND (a.attoptions IS NOT NULL OR a.attfdwoptions IS NOT NULL OR a.attacl IS NOT NULL \
                OR a.attstattarget <> -1 {compressed}) \
           AND (c.relkind IN {KINDS} OR a.attoptions IS NOT NULL)"
    )
}

/// What constraints and indexes ask of the columns that they name by number.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    pub number: i16,
    pub ty: u32,
    pub collation: u32,
}

/// All that the first query tells of a column.
#[derive(PartialEq, Eq, Hash)]
struct Plain {
    name: Name,
    ty: u32,
    modifier: i32,
    not_null: bool,
    local: bool,
    letters: [char; 3],
    collation: u32,
}

/// The columns as they come, in no order.
#[derive(Default)]
pub struct Columns {
    shared: HashMap<Plain, Arc<Column>>,
    of: HashMap<u32, Vec<(Attribute, Arc<Column>)>>,
    pub collations: HashMap<u32, Name>,
}

impl Columns {
    pub fn add(&mut self, row: &Row, names: &mut Names) {
        let plain = Plain {
            name: names.intern(row.get(2)),
            ty: row.get(3),
            modifier: row.get(4),
            not_null: row.get(5),
            local: row.get(10),
            letters: [letter(row, 6), letter(row, 7), letter(row, 9)],
            collation: row.get(8),
        };
        let attribute = Attribute { number: row.get(1), ty: plain.ty, collation: plain.collation };
        let column = match self.shared.get(&plain) {
            Some(column) => column.clone(),
            None => {
                let column = Arc::new(self.make(&plain, names));
                self.shared.insert(plain, column.clone());
                column
            }
        };
        self.of.entry(row.get(0)).or_default().push((attribute, column));
    }

    fn make(&self, plain: &Plain, names: &mut Names) -> Column {
        let mut column = Column::new(plain.name.clone(), names.ty(plain.ty, plain.modifier));
        let [identity, generated, storage] = plain.letters;
        column.not_null = plain.not_null;
        column.local = plain.local;
        column.identity = match identity {
            'a' => Some(Identity::Always),
            'd' => Some(Identity::ByDefault),
            _ => None,
        };
        column.generated = match generated {
            's' => Some(Generated::Stored),
            'v' => Some(Generated::Virtual),
            _ => None,
        };
        // Of a type that is gone meanwhile nothing differs.
        let (usual_collation, usual_storage) = match names.usual.get(&plain.ty) {
            Some(usual) => (usual.collation, usual.storage),
            None => (plain.collation, storage),
        };
        if plain.collation != usual_collation {
            column.collation = self.collations.get(&plain.collation).cloned();
        }
        if storage != usual_storage {
            column.storage = Some(names.intern(match storage {
                'p' => "plain",
                'e' => "external",
                'm' => "main",
                _ => "extended",
            }));
        }
        column
    }

    /// Gives the relations their columns, in order.
    pub fn finish(self, builder: &mut Builder) {
        for (oid, mut columns) in self.of {
            let Some(relation) = builder.get_mut(oid) else { continue };
            columns.sort_by_key(|(attribute, _)| attribute.number);
            let mut attributes = Vec::with_capacity(columns.len());
            relation.columns.reserve_exact(columns.len());
            for (attribute, column) in columns {
                attributes.push(attribute);
                relation.columns.push(column);
            }
            builder.attributes.insert(oid, attributes);
        }
    }
}

pub fn default(row: &Row, builder: &mut Builder, names: &mut Names) {
    let Some(text) = row.get::<_, Option<&str>>(2) else { return };
    let text = names.intern(text);
    if let Some(column) = builder.column_mut(row.get(0), row.get(1)) {
        column.default = Some(text);
    }
}

pub fn comment(row: &Row, builder: &mut Builder) {
    if let Some(column) = builder.column_mut(row.get(0), row.get(1)) {
        column.comment = optional(row, 2);
    }
}

pub fn details(row: &Row, builder: &mut Builder, names: &mut Names) {
    let oid: u32 = row.get(0);
    if builder.get(oid).is_none() {
        builder.class_parameters.insert(oid);
        return;
    }
    let Some(column) = builder.column_mut(oid, row.get(1)) else { return };
    column.compression =
        row.get::<_, Option<&str>>(2).map(|letter| names.intern(if letter == "l" { "lz4" } else { "pglz" }));
    column.statistics = row.get(3);
    column.options = read_options(row.get(4), names);
    column.privileges = read_privileges(Grantable::Column, row.get(5), names);
}
