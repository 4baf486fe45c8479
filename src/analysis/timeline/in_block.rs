//! What PostgreSQL refuses within a transaction block (PreventInTransactionBlock).

use crate::catalog::apply::option::{boolean, option, text};
use crate::catalog::apply::schema_of;
use crate::catalog::model::{Catalog, EntityKind, RelationKind};
use crate::syntax::ast::{
    AlterSubscriptionType, AlterTableType, DiscardMode, Node, NodeEnum, RangeVar, ReindexObjectType,
};

/// The command as the error names it, if it is one that a transaction block refuses.
pub(super) fn refused(node: &NodeEnum, catalog: &Catalog) -> Option<&'static str> {
    // Of a partitioned table the partitions are done one after the other, each in a transaction of its own.
    let goes_on = |since: u32, range: Option<&RangeVar>| {
        !catalog.is_older_than(since) && range.is_some_and(|range| is_partitioned(range, catalog))
    };
    Some(match node {
        NodeEnum::CreatedbStmt(_) => "CREATE DATABASE",
        NodeEnum::DropdbStmt(_) => "DROP DATABASE",
        NodeEnum::CreateTableSpaceStmt(_) => "CREATE TABLESPACE",
        NodeEnum::DropTableSpaceStmt(_) => "DROP TABLESPACE",
        NodeEnum::AlterSystemStmt(_) => "ALTER SYSTEM",
        NodeEnum::VacuumStmt(vacuum) if vacuum.is_vacuumcmd => "VACUUM",
        NodeEnum::IndexStmt(index) if index.concurrent => "CREATE INDEX CONCURRENTLY",
        NodeEnum::DropStmt(drop) if drop.concurrent => "DROP INDEX CONCURRENTLY",
        NodeEnum::ClusterStmt(cluster)
            if cluster.relation.is_none() || goes_on(15, cluster.relation.as_ref()) =>
        {
            "CLUSTER"
        }
        NodeEnum::DiscardStmt(discard) if discard.target() == DiscardMode::DiscardAll => "DISCARD ALL",
        NodeEnum::ReindexStmt(reindex) => match reindex.kind() {
            _ if is_on(&reindex.params, "concurrently") == Some(true) => "REINDEX CONCURRENTLY",
            ReindexObjectType::ReindexObjectSchema => "REINDEX SCHEMA",
            ReindexObjectType::ReindexObjectSystem => "REINDEX SYSTEM",
            ReindexObjectType::ReindexObjectDatabase => "REINDEX DATABASE",
            ReindexObjectType::ReindexObjectIndex if goes_on(14, reindex.relation.as_ref()) => {
                "REINDEX INDEX"
            }
            ReindexObjectType::ReindexObjectTable if goes_on(14, reindex.relation.as_ref()) => {
                "REINDEX TABLE"
            }
            _ => return None,
        },
        NodeEnum::AlterTableStmt(alter) => {
            let detaches = alter.cmds.iter().any(|node| match &node.node {
                Some(NodeEnum::AlterTableCmd(command)) => {
                    let is_concurrent = matches!(
                        command.def.as_ref().and_then(|def| def.node.as_ref()),
                        Some(NodeEnum::PartitionCmd(partition)) if partition.concurrent
                    );
                    command.subtype() == AlterTableType::AtDetachPartition && is_concurrent
                }
                _ => false,
            });
            return detaches.then_some("ALTER TABLE ... DETACH CONCURRENTLY");
        }
        NodeEnum::CreateSubscriptionStmt(create) => {
            let connects = is_on(&create.options, "connect").unwrap_or(true);
            let has_slot = option(&create.options, "slot_name").is_none_or(|slot| text(slot) != "none");
            let makes_slot = is_on(&create.options, "create_slot").unwrap_or(connects && has_slot);
            return makes_slot.then_some("CREATE SUBSCRIPTION ... WITH (create_slot = true)");
        }
        NodeEnum::DropSubscriptionStmt(drop) => {
            let found = catalog.entity(EntityKind::Subscription, None, &drop.subname)?;
            // One without a slot leaves nothing behind elsewhere.
            return found.get("no slot").is_none().then_some("DROP SUBSCRIPTION");
        }
        NodeEnum::AlterSubscriptionStmt(alter) => {
            let found = catalog.entity(EntityKind::Subscription, None, &alter.subname)?;
            let refreshes = is_on(&alter.options, "refresh").unwrap_or(true);
            match alter.kind() {
                _ if found.get("enabled").is_none() => return None,
                AlterSubscriptionType::AlterSubscriptionRefresh => "ALTER SUBSCRIPTION ... REFRESH",
                AlterSubscriptionType::AlterSubscriptionSetPublication
                | AlterSubscriptionType::AlterSubscriptionAddPublication
                | AlterSubscriptionType::AlterSubscriptionDropPublication
                    if refreshes =>
                {
                    "ALTER SUBSCRIPTION with refresh"
                }
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// Whether it is a partitioned table or an index of one.
fn is_partitioned(range: &RangeVar, catalog: &Catalog) -> bool {
    let table = catalog.relation(schema_of(range), &range.relname);
    let table = table.or_else(|| catalog.index(schema_of(range), &range.relname).map(|(table, _)| table));
    table.is_some_and(|table| table.kind == RelationKind::PartitionedTable)
}

/// Whether an option holds that may be written without a value.
fn is_on(nodes: &[Node], name: &str) -> Option<bool> {
    option(nodes, name).and_then(boolean)
}
