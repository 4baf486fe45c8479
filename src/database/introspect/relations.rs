//! Tables, views, sequences and composite types.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use imbl::OrdSet;
use tokio_postgres::{Client, Error, Row};

use super::columns::Attribute;
use super::rights::{extension, owner, privileges, read_privileges};
use super::{LIMITS, Names, USER_SCHEMA, in_transaction, letter, oid_array, optional};
use crate::catalog::model::{
    Catalog, Column, ForeignTable, Grantable, Name, Options, OwnedBy, Persistence, QualifiedName, Relation,
    RelationKind, ReplicaIdentity, RowSecurity, Schema, SequenceParameters, ViewQuery,
};
use crate::catalog::types::TypeRef;

pub fn query() -> String {
    let (owner, privileges) = (owner("c.relowner"), privileges("c.relacl", "c.relowner"));
    // Of a composite type the type is the member.
    let (own, of_type) = (extension("pg_class", "c.oid"), extension("pg_type", "c.reltype"));
    let toast_options = options("tc.reloptions");
    let (options, foreign_options) = (options("c.reloptions"), options("f.ftoptions"));
    format!(
        "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind, c.relpersistence, d.description, \
           pg_catalog.pg_get_expr(c.relpartbound, 0), \
           CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END, \
           c.reltuples::float8, c.relpages, {owner}, {privileges}, {options}, \
           CASE WHEN am.amname <> 'heap' THEN am.amname::text END, ts.spcname::text, c.relreplident, \
           CASE WHEN c.relreplident = 'i' THEN (SELECT ic.relname::text FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident) END, \
           c.relrowsecurity, c.relforcerowsecurity, fs.srvname::text, {foreign_options}, \
           pg_catalog.format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle, \
           c.reloftype, {toast_options}, tc.relpages, coalesce({own}, {of_type}) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_class tc ON tc.oid = c.reltoastrelid \
         LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam \
         LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace \
         LEFT JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid \
         LEFT JOIN pg_catalog.pg_foreign_server fs ON fs.oid = f.ftserver \
         LEFT JOIN pg_catalog.pg_sequence q ON q.seqrelid = c.oid \
         LEFT JOIN pg_catalog.pg_description d \
           ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0 \
         WHERE {USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')"
    )
}

pub const PARENTS: &str = "SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i \
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p', 'f') \
    ORDER BY i.inhrelid, i.inhseqno";

/// What views' rules depend on. PostgreSQL does not record dependencies on its own catalogs.
pub fn reads_query() -> String {
    format!(
        "SELECT DISTINCT r.ev_class, tn.nspname::text, t.relname::text \
         FROM pg_catalog.pg_rewrite r \
         JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm') \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid \
           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class \
         JOIN pg_catalog.pg_class t ON t.oid = d.refobjid \
         JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace \
         WHERE {USER_SCHEMA} AND r.rulename = '_RETURN'"
    )
}

/// The columns that sequences belong to: by OWNED BY or serial (`a`), by identity (`i`).
pub const OWNERS: &str = "SELECT d.objid, d.refobjid, d.refobjsubid::int2 FROM pg_catalog.pg_depend d \
    JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind = 'S' \
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass \
      AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0";

/// Relations by their object identifiers, while their parts come in.
#[derive(Default)]
pub struct Builder {
    relations: HashMap<u32, Relation>,
    /// In the order of the relation's columns.
    pub attributes: HashMap<u32, Vec<Attribute>>,
    pub parent_oids: Vec<(u32, u32)>,
    /// Indexes whose operator classes have parameters.
    pub class_parameters: HashSet<u32>,
}

/// What later queries need: the relations' identifiers, and those of indexes.
pub struct Oids {
    pub relations: Vec<(u32, QualifiedName, RelationKind)>,
    pub parents: Vec<(u32, u32)>,
    /// Those that could not be read whole, as somebody holds them locked.
    pub locked: OrdSet<QualifiedName>,
}

impl Builder {
    pub fn relation(&mut self, row: &Row, names: &mut Names) {
        let kind = match letter(row, 3) {
            'p' => RelationKind::PartitionedTable,
            'v' => RelationKind::View,
            'm' => RelationKind::MaterializedView,
            'f' => RelationKind::ForeignTable,
            'S' => RelationKind::Sequence,
            'c' => RelationKind::CompositeType,
            _ => RelationKind::Table,
        };
        let mut relation = Relation::new(names.intern(row.get(1)), names.intern(row.get(2)), kind);
        relation.persistence = match letter(row, 4) {
            'u' => Persistence::Unlogged,
            't' => Persistence::Temporary,
            _ => Persistence::Permanent,
        };
        relation.comment = optional(row, 5);
        relation.partition_bound = optional(row, 6);
        relation.partition_key = optional(row, 7);
        relation.owner = optional(row, 10).map(|owner| names.intern(&owner));
        let kind = if kind == RelationKind::Sequence { Grantable::Sequence } else { Grantable::Relation };
        relation.privileges = read_privileges(kind, row.get(11), names);
        relation.options = read_options(row.get(12), names);
        // A table's `toast.…` are those of the table beside it.
        for (name, value) in read_options(row.get(29), names) {
            relation.options.push((names.intern(&format!("toast.{name}")), value));
        }
        relation.options.sort();
        relation.access_method = optional(row, 13);
        relation.tablespace = optional(row, 14);
        relation.replica_identity = match letter(row, 15) {
            'f' => ReplicaIdentity::Full,
            'i' => optional(row, 16).map_or(ReplicaIdentity::Nothing, ReplicaIdentity::Index),
            // A kind without rows to identify has none.
            'n' if kind == Grantable::Relation && relation.kind.has_storage() => ReplicaIdentity::Nothing,
            _ => ReplicaIdentity::Default,
        };
        relation.row_security = RowSecurity { enabled: row.get(17), forced: row.get(18) };
        relation.foreign = optional(row, 19)
            .map(|server| ForeignTable { server, options: read_options(row.get(20), names) });
        relation.sequence = optional(row, 21).map(|data_type| SequenceParameters {
            data_type: names.intern(&data_type),
            start: row.get(22),
            increment: row.get(23),
            minimum: row.get(24),
            maximum: row.get(25),
            cache: row.get(26),
            cycle: row.get(27),
        });
        relation.of_type = match names.ty(row.get(28), -1) {
            TypeRef::Named { schema, name, .. } => Some(QualifiedName { schema, name }),
            TypeRef::Unknown => None,
        };
        relation.extension = optional(row, 31).map(|extension| names.intern(&extension));
        self.relations.insert(row.get(0), relation);
    }

    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.values()
    }

    pub fn parents(&mut self, rows: &[Row]) {
        for row in rows {
            let (child, parent): (u32, u32) = (row.get(0), row.get(1));
            let Some(name) = self.relations.get(&parent).map(Relation::qualified_name) else { continue };
            if let Some(relation) = self.relations.get_mut(&child) {
                relation.parents.push(name);
                self.parent_oids.push((child, parent));
            }
        }
    }

    pub fn reads(&mut self, rows: &[Row], names: &mut Names) {
        for row in rows {
            if let Some(view) = self.relations.get_mut(&row.get(0)) {
                view.reads.insert(QualifiedName::new(names.intern(row.get(1)), names.intern(row.get(2))));
            }
        }
    }

    pub fn owners(&mut self, rows: &[Row]) {
        for row in rows {
            let (sequence, owner): (u32, u32) = (row.get(0), row.get(1));
            let Some(table) = self.relations.get(&owner).map(Relation::qualified_name) else { continue };
            let Some(column) = self.column_names(owner, &[row.get(2)]).pop() else { continue };
            if let Some(sequence) = self.relations.get_mut(&sequence) {
                sequence.owned_by = Some(OwnedBy { table, column });
            }
        }
    }

    pub fn get(&self, oid: u32) -> Option<&Relation> {
        self.relations.get(&oid)
    }

    pub fn get_mut(&mut self, oid: u32) -> Option<&mut Relation> {
        self.relations.get_mut(&oid)
    }

    /// Where among a relation's columns the one with this number is; what is not a column (an expression has 0) is
    /// nowhere.
    fn position(&self, oid: u32, number: i16) -> Option<usize> {
        self.attributes.get(&oid)?.binary_search_by_key(&number, |attribute| attribute.number).ok()
    }

    pub fn attribute(&self, oid: u32, number: i16) -> Option<Attribute> {
        self.attributes.get(&oid)?.get(self.position(oid, number)?).copied()
    }

    pub fn column_name(&self, oid: u32, number: i16) -> Option<&Name> {
        let column = self.relations.get(&oid)?.columns.get(self.position(oid, number)?)?;
        Some(&column.name)
    }

    pub fn column_mut(&mut self, oid: u32, number: i16) -> Option<&mut Column> {
        let position = self.position(oid, number)?;
        self.relations.get_mut(&oid)?.columns.get_mut(position).map(Arc::make_mut)
    }

    /// The names of columns by their numbers; what is not a column is left out.
    pub fn column_names(&self, oid: u32, numbers: &[i16]) -> Vec<Name> {
        numbers.iter().filter_map(|number| self.column_name(oid, *number).cloned()).collect()
    }

    pub fn finish(self, locked: &[u32], schemas: &mut HashMap<Name, Schema>) -> Oids {
        let locked =
            locked.iter().filter_map(|oid| self.relations.get(oid)).map(Relation::qualified_name).collect();
        let relations = Vec::with_capacity(self.relations.len());
        let mut oids = Oids { relations, parents: self.parent_oids, locked };
        for (oid, mut relation) in self.relations {
            relation.constraints.sort_by(|a, b| a.name.cmp(&b.name));
            relation.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            relation.triggers.sort_by(|a, b| a.name.cmp(&b.name));
            relation.rules.sort_by(|a, b| a.name.cmp(&b.name));
            relation.policies.sort_by(|a, b| a.name.cmp(&b.name));
            oids.relations.push((oid, relation.qualified_name(), relation.kind));
            if let Some(schema) = schemas.get_mut(&relation.schema) {
                schema.put_relation(relation);
            }
        }
        oids
    }
}

/// `key=value` items of an array, as a query's column: an array in JSON, NULL where there are none.
pub(super) fn options(array: &str) -> String {
    format!("CASE WHEN {array} IS NOT NULL THEN pg_catalog.to_json({array})::text END")
}

pub(super) fn read_options(json: Option<&str>, names: &mut Names) -> Options {
    let items: Vec<String> = json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let mut options: Options = (items.iter())
        .map(|item| {
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            (names.intern(name), names.intern(value))
        })
        .collect();
    options.sort();
    options
}

/// Views' texts, in lots: see the module's page on locks.
pub async fn view_texts(client: &Client, catalog: &mut Catalog, oids: &Oids) -> Result<(), Error> {
    const LOT: usize = 200;
    let views: HashMap<u32, &QualifiedName> = oids
        .relations
        .iter()
        .filter(|(_, _, kind)| matches!(kind, RelationKind::View | RelationKind::MaterializedView))
        .filter(|(_, name, _)| {
            let view = catalog.relation(Some(&name.schema), &name.name);
            !oids.locked.contains(name)
                && view.is_some_and(|view| view.reads.iter().all(|read| !oids.locked.contains(read)))
        })
        .map(|(oid, name, _)| (*oid, name))
        .collect();
    let all: Vec<u32> = views.keys().copied().collect();
    for lot in all.chunks(LOT) {
        let lot = lot.to_vec();
        let parameters = [oid_array(&lot)];
        let query = client.query_typed(
            "SELECT c.oid, pg_catalog.pg_get_viewdef(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1)",
            &parameters,
        );
        let rows = match in_transaction(client, LIMITS, query).await {
            Ok(rows) => rows,
            // A table that was locked in between keeps a text from being read; it is not worth the rest.
            Err(error) if error.as_db_error().is_some() => continue,
            Err(error) => return Err(error),
        };
        for row in rows {
            let Some(name) = views.get(&row.get(0)) else { continue };
            if let Some(view) = catalog.relation_mut(name) {
                view.query = ViewQuery::new(optional(&row, 1));
            }
        }
    }
    Ok(())
}
