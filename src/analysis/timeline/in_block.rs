//! What PostgreSQL refuses within a transaction block (PreventInTransactionBlock).

use crate::catalog::model::{Catalog, EntityKind};
use crate::syntax::ast::{
    AlterSubscriptionType, AlterTableType, DefElem, DiscardMode, Node, NodeEnum, ReindexObjectType,
};

/// The command as the error names it, if it is one that a transaction block refuses.
pub(super) fn refused(node: &NodeEnum, catalog: &Catalog) -> Option<&'static str> {
    Some(match node {
        NodeEnum::CreatedbStmt(_) => "CREATE DATABASE",
        NodeEnum::DropdbStmt(_) => "DROP DATABASE",
        NodeEnum::CreateTableSpaceStmt(_) => "CREATE TABLESPACE",
        NodeEnum::DropTableSpaceStmt(_) => "DROP TABLESPACE",
        NodeEnum::AlterSystemStmt(_) => "ALTER SYSTEM",
        NodeEnum::VacuumStmt(vacuum) if vacuum.is_vacuumcmd => "VACUUM",
        NodeEnum::IndexStmt(index) if index.concurrent => "CREATE INDEX CONCURRENTLY",
        NodeEnum::DropStmt(drop) if drop.concurrent => "DROP INDEX CONCURRENTLY",
        NodeEnum::ClusterStmt(cluster) if cluster.relation.is_none() => "CLUSTER",
        NodeEnum::DiscardStmt(discard) if discard.target() == DiscardMode::DiscardAll => "DISCARD ALL",
        NodeEnum::ReindexStmt(reindex) => match reindex.kind() {
            _ if is_on(&reindex.params, "concurrently") == Some(true) => "REINDEX CONCURRENTLY",
            ReindexObjectType::ReindexObjectSchema => "REINDEX SCHEMA",
            ReindexObjectType::ReindexObjectSystem => "REINDEX SYSTEM",
            ReindexObjectType::ReindexObjectDatabase => "REINDEX DATABASE",
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
            let has_slot = has_no_slot(&create.options) != Some(true);
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

fn option<'n>(nodes: &'n [Node], name: &str) -> Option<&'n DefElem> {
    nodes.iter().find_map(|node| match &node.node {
        Some(NodeEnum::DefElem(element)) if element.defname == name => Some(element.as_ref()),
        _ => None,
    })
}

fn text(element: &DefElem) -> Option<String> {
    match element.arg.as_ref()?.node.as_ref()? {
        NodeEnum::String(text) => Some(text.sval.clone()),
        NodeEnum::Boolean(truth) => Some(truth.boolval.to_string()),
        NodeEnum::Integer(number) => Some(number.ival.to_string()),
        NodeEnum::TypeName(name) => match name.names.last()?.node.as_ref()? {
            NodeEnum::String(text) => Some(text.sval.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an option holds that may be written without a value.
fn is_on(nodes: &[Node], name: &str) -> Option<bool> {
    let element = option(nodes, name)?;
    match text(element) {
        None => Some(element.arg.is_none()),
        Some(text) => Some(matches!(text.to_ascii_lowercase().as_str(), "true" | "on" | "1" | "yes")),
    }
}

fn has_no_slot(nodes: &[Node]) -> Option<bool> {
    Some(text(option(nodes, "slot_name")?)? == "none")
}

#[cfg(test)]
mod tests {
    use super::refused;
    use crate::catalog::{Catalog, apply};
    use crate::syntax::Parse;

    #[test]
    fn what_a_block_refuses_is_named() {
        let mut catalog = Catalog::default();
        for sql in [
            "CREATE SUBSCRIPTION s CONNECTION 'dbname=d' PUBLICATION p WITH (connect = false)",
            "CREATE SUBSCRIPTION t CONNECTION 'dbname=d' PUBLICATION p WITH (connect = false, slot_name = NONE)",
        ] {
            let outcome = apply::apply(&mut catalog, Parse::plain(sql).node().unwrap(), sql);
            assert_eq!(outcome.errors, [], "{sql}");
        }
        for (sql, command) in [
            ("VACUUM", Some("VACUUM")),
            ("ANALYZE", None),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", Some("CREATE INDEX CONCURRENTLY")),
            ("CREATE INDEX i ON t (a)", None),
            ("REINDEX (CONCURRENTLY) TABLE t", Some("REINDEX CONCURRENTLY")),
            ("REINDEX TABLE t", None),
            ("ALTER TABLE p DETACH PARTITION q CONCURRENTLY", Some("ALTER TABLE ... DETACH CONCURRENTLY")),
            ("DROP SUBSCRIPTION s", Some("DROP SUBSCRIPTION")),
            ("DROP SUBSCRIPTION t", None),
            (
                "CREATE SUBSCRIPTION u CONNECTION 'dbname=d' PUBLICATION p",
                Some("CREATE SUBSCRIPTION ... WITH (create_slot = true)"),
            ),
            ("CREATE SUBSCRIPTION u CONNECTION 'dbname=d' PUBLICATION p WITH (connect = false)", None),
        ] {
            let parse = Parse::plain(sql);
            assert_eq!(refused(parse.node().unwrap(), &catalog), command, "{sql}");
        }
    }
}
