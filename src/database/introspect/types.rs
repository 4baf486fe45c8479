//! Enums, domains, ranges, composite and base types.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;

use super::constraints::Domains;
use super::rights::{extension, owner, privileges, read_privileges};
use super::{Names, USER_SCHEMA, letter, optional};
use crate::catalog::model::{Constraint, Grantable, Name, QualifiedName, Schema, Type, TypeKind};
use crate::catalog::types::TypeRef;

/// Every type by its identifier, and what its columns usually have; an array as its element's: the array of a type is the one that the type names.
pub const NAMES: &str = "SELECT t.oid, n.nspname::text, coalesce(e.typname, t.typname)::text, e.oid IS NOT NULL, \
      t.typcollation, t.typstorage, t.typtype \
    FROM pg_catalog.pg_type t \
    LEFT JOIN pg_catalog.pg_type e ON e.typarray = t.oid \
    JOIN pg_catalog.pg_namespace n ON n.oid = coalesce(e.typnamespace, t.typnamespace)";

/// The user's own: without arrays, and without the row types of tables.
pub fn query(version: u32) -> String {
    let (owner, privileges) = (owner("t.typowner"), privileges("t.typacl", "t.typowner"));
    let extension = extension("pg_type", "t.oid");
    // A multirange is known by its range.
    let (multirange, of_multirange) = match version {
        140_000.. => (
            "r.rngmultitypid",
            "(SELECT m.rngtypid FROM pg_catalog.pg_range m WHERE m.rngmultitypid = t.oid)",
        ),
        _ => ("NULL::oid", "NULL::oid"),
    };
    format!(
        "SELECT t.oid, n.nspname::text, t.typname::text, t.typtype, t.typisdefined, d.description, \
           t.typbasetype, t.typtypmod, t.typnotnull, t.typdefault, r.rngsubtype, \
           CASE WHEN t.typtype = 'e' THEN ARRAY (SELECT l.enumlabel::text FROM pg_catalog.pg_enum l \
                                                 WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder) END, \
           {owner}, {privileges}, {multirange}, {of_multirange}, \
           (SELECT o.opcname::text FROM pg_catalog.pg_opclass o WHERE o.oid = r.rngsubopc AND NOT o.opcdefault), \
           (SELECT co.collname::text FROM pg_catalog.pg_collation co, pg_catalog.pg_type b \
            WHERE co.oid = coalesce(r.rngcollation, t.typcollation) AND b.oid = coalesce(r.rngsubtype, nullif(t.typbasetype, 0)) \
              AND co.oid <> b.typcollation), \
           (SELECT ARRAY [pn.nspname::text, p.proname::text] FROM pg_catalog.pg_proc p \
            JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace WHERE p.oid = r.rngcanonical::oid), \
           (SELECT ARRAY [pn.nspname::text, p.proname::text] FROM pg_catalog.pg_proc p \
            JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace WHERE p.oid = r.rngsubdiff::oid), \
           {extension} \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid \
         LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid \
         LEFT JOIN pg_catalog.pg_description d \
           ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_type'::regclass AND d.objsubid = 0 \
         WHERE {USER_SCHEMA} AND (c.oid IS NULL OR c.relkind = 'c') \
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)"
    )
}

pub fn types(rows: &[Row], domains: &mut Domains, schemas: &mut HashMap<Name, Schema>, names: &mut Names) {
    for row in rows {
        let kind = match (letter(row, 3), row.get::<_, bool>(4)) {
            (_, false) => TypeKind::Shell,
            ('e', _) => {
                let labels: Option<Vec<&str>> = row.get(11);
                TypeKind::Enum { labels: labels.unwrap_or_default().into_iter().map(Name::from).collect() }
            }
            ('d', _) => TypeKind::Domain {
                base: names.ty(row.get(6), row.get(7)),
                not_null: row.get(8),
                default: optional(row, 9),
                collation: optional(row, 17),
                checks: checks_of(row.get(0), domains),
            },
            ('r', _) => TypeKind::Range {
                subtype: names.ty(row.get::<_, Option<u32>>(10).unwrap_or_default(), -1),
                multirange: row.get::<_, Option<u32>>(14).and_then(|oid| name_of(oid, names)),
                opclass: optional(row, 16),
                collation: optional(row, 17),
                canonical: function(row, 18, names),
                difference: function(row, 19, names),
            },
            ('c', _) => TypeKind::Composite,
            _ => match row.get::<_, Option<u32>>(15).and_then(|oid| name_of(oid, names)) {
                Some(range) => TypeKind::Multirange { range },
                None => TypeKind::Base,
            },
        };
        let (schema, name) = (names.intern(row.get(1)), names.intern(row.get(2)));
        if let Some(owner) = schemas.get_mut(&schema) {
            let ty = Type {
                schema,
                name: name.clone(),
                kind,
                owner: optional(row, 12).map(|owner| names.intern(&owner)),
                privileges: read_privileges(Grantable::Type, row.get(13), names),
                comment: optional(row, 5),
                extension: optional(row, 20).map(|extension| names.intern(&extension)),
            };
            owner.types.insert(name, Arc::new(ty));
        }
    }
}

fn checks_of(oid: u32, domains: &mut Domains) -> Vec<Arc<Constraint>> {
    let mut checks = domains.remove(&oid).unwrap_or_default();
    checks.sort_by(|a, b| a.name.cmp(&b.name));
    checks
}

fn name_of(oid: u32, names: &Names) -> Option<QualifiedName> {
    match names.ty(oid, -1) {
        TypeRef::Named { schema, name, .. } => Some(QualifiedName { schema, name }),
        TypeRef::Unknown => None,
    }
}

/// A function's schema and name.
fn function(row: &Row, column: usize, names: &mut Names) -> Option<QualifiedName> {
    let parts: Vec<&str> = row.get::<_, Option<_>>(column)?;
    let [schema, name] = parts.as_slice() else { return None };
    Some(QualifiedName { schema: names.intern(schema), name: names.intern(name) })
}
