//! How many rows and bytes relations have.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::{Client, Error, Row};

use super::relations::{Builder, Oids};
use super::{BLOCK, in_transaction, oid_array};
use crate::catalog::model::{QualifiedName, RelationKind};
use crate::catalog::statistics::{RelationStatistics, Statistics};
use crate::database::connection::Limits;

/// A table that is being altered makes its size wait; sizes are not worth waiting for.
const LIMITS: Limits = Limits { statement: Duration::from_secs(20), lock: Duration::from_millis(200) };

/// A size on disk is a look at several files: of how many tables they are looked at. Of the others, which are smaller,
/// the planner's page counts say enough.
const MEASURED: usize = 1000;

/// The planner's row count, which comes with a relation, and its size by the planner's page counts.
pub fn count(row: &Row, version: u32, builder: &Builder, statistics: &mut Statistics) {
    let Some(relation) = builder.get(row.get(0)) else { return };
    if !has_storage(relation.kind) && relation.kind != RelationKind::PartitionedTable {
        return;
    }
    let (count, pages): (f64, i32) = (row.get(8), row.get(9));
    let toast: i32 = row.get::<_, Option<i32>>(30).unwrap_or_default();
    // Before 14 a table that was never looked at had 0 rows in 0 pages.
    let known = if version >= 140_000 { count >= 0.0 } else { count > 0.0 || pages > 0 };
    let bytes = (pages.max(0) as u64 + toast.max(0) as u64) * BLOCK;
    let entry = RelationStatistics { rows: known.then_some(count), bytes };
    statistics.relations.insert(relation.qualified_name(), entry);
}

/// The sizes on disk of the largest tables, indexes and large values included, where they can be had; a partitioned table
/// has its partitions' together.
pub async fn fill(client: &Client, oids: &Oids, statistics: &mut Statistics) -> Result<(), Error> {
    let tables = measured(oids, statistics);
    let query = async {
        let of_tables = [oid_array(&tables)];
        let sizes = client.query_typed(
            "SELECT c.oid, pg_catalog.pg_total_relation_size(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1)",
            &of_tables,
        );
        let indexes = client.query_typed(
            "SELECT n.nspname::text, c.relname::text, pg_catalog.pg_relation_size(c.oid) \
             FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.indrelid = ANY ($1)",
            &of_tables,
        );
        tokio::try_join!(sizes, indexes)
    };
    let names: HashMap<u32, &QualifiedName> =
        oids.relations.iter().map(|(oid, name, _)| (*oid, name)).collect();
    match in_transaction(client, LIMITS, query).await {
        Ok((sizes, indexes)) => {
            for row in sizes {
                // The size of a table that was dropped meanwhile is NULL.
                if let (Some(name), Some(bytes)) = (names.get(&row.get(0)), row.get::<_, Option<i64>>(1))
                    && let Some(relation) = statistics.relations.get_mut(*name)
                {
                    relation.bytes = bytes.max(0) as u64;
                }
            }
            for row in indexes {
                if let Some(bytes) = row.get::<_, Option<i64>>(2) {
                    let name = QualifiedName::new(row.get::<_, &str>(0), row.get::<_, &str>(1));
                    statistics.indexes.insert(name, bytes.max(0) as u64);
                }
            }
        }
        Err(error) if error.as_db_error().is_some() => {}
        Err(error) => return Err(error),
    }
    add_partitions(oids, &names, statistics);
    Ok(())
}

fn measured(oids: &Oids, statistics: &Statistics) -> Vec<u32> {
    let mut tables: Vec<(u64, u32)> = (oids.relations.iter())
        .filter(|(_, _, kind)| has_storage(*kind))
        .map(|(oid, name, _)| (statistics.relations.get(name).map_or(0, |entry| entry.bytes), *oid))
        .collect();
    if tables.len() > MEASURED {
        tables.sort_unstable_by_key(|(bytes, oid)| (std::cmp::Reverse(*bytes), *oid));
        tables.truncate(MEASURED);
    }
    tables.into_iter().map(|(_, oid)| oid).collect()
}

/// Partitioned tables have no storage of their own, and before an ANALYZE of their own no row count either.
fn add_partitions(oids: &Oids, names: &HashMap<u32, &QualifiedName>, statistics: &mut Statistics) {
    let kinds: HashMap<u32, RelationKind> =
        oids.relations.iter().map(|(oid, _, kind)| (*oid, *kind)).collect();
    let parent_of: HashMap<u32, u32> = oids.parents.iter().copied().collect();
    let mut sums: HashMap<u32, (Option<f64>, u64)> = HashMap::new();
    for (oid, name, kind) in &oids.relations {
        if !has_storage(*kind) {
            continue;
        }
        let Some(own) = statistics.relations.get(name).cloned() else { continue };
        let mut above = *oid;
        while let Some(parent) = parent_of.get(&above).copied() {
            if kinds.get(&parent) != Some(&RelationKind::PartitionedTable) {
                break;
            }
            let sum = sums.entry(parent).or_insert((Some(0.0), 0));
            sum.0 = sum.0.zip(own.rows).map(|(a, b)| a + b);
            sum.1 += own.bytes;
            above = parent;
        }
    }
    for (oid, (rows, bytes)) in sums {
        if let Some(relation) = names.get(&oid).and_then(|name| statistics.relations.get_mut(*name)) {
            relation.bytes = bytes;
            relation.rows = relation.rows.or(rows);
        }
    }
}

fn has_storage(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::Table | RelationKind::MaterializedView)
}
