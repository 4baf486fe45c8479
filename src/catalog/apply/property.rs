//! ALTER TABLE's commands for what a table has beside columns and constraints, and for properties of columns.

use std::sync::Arc;

use crate::syntax::ast::{AlterTableCmd, AlterTableType as Type, ClusterStmt, Node, NodeEnum};

use super::super::builtin;
use super::super::model::*;
use super::super::types::TypeRef;
use super::storage::Holder;
use super::{Fold, Result, Stop, option, string};

impl Fold<'_> {
    pub(super) fn property(
        &mut self,
        table: &QualifiedName,
        command: &AlterTableCmd,
        def: Option<&NodeEnum>,
        recurse: bool,
    ) -> Result {
        let items: &[Node] = match def {
            Some(NodeEnum::List(list)) => &list.items,
            _ => &[],
        };
        match command.subtype() {
            Type::AtSetStatistics
            | Type::AtSetStorage
            | Type::AtSetCompression
            | Type::AtSetOptions
            | Type::AtResetOptions
            | Type::AtAlterColumnGenericOptions => self.column_property(table, command, items, recurse)?,
            Type::AtChangeOwner => {
                let owner = command.newowner.as_ref().map(|role| self.one_role(role)).transpose()?.flatten();
                self.relation_owner(table, owner)?;
            }
            Type::AtSetRelOptions | Type::AtReplaceRelOptions => {
                let known = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
                self.check_table_storage(known, items, false)?;
                let relation = self.relation(table)?;
                relation.options = option::set(&relation.options, items);
            }
            Type::AtResetRelOptions => {
                self.check_reset(items)?;
                let relation = self.relation(table)?;
                relation.options = option::reset(&relation.options, items);
            }
            Type::AtGenericOptions => {
                let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
                let Some(foreign) = relation.foreign.clone() else { return Ok(()) };
                let options = self.foreign_options(&foreign.options, items)?;
                self.check_options_at(&foreign.server, &[], items)?;
                self.relation(table)?.foreign = Some(ForeignTable { options, ..foreign });
            }
            Type::AtSetTableSpace => {
                if command.name == "pg_global" {
                    self.can_be_kept_in(&command.name, false)?;
                }
                self.relation(table)?.tablespace = tablespace(&command.name);
            }
            Type::AtSetAccessMethod => {
                self.can_hold_tables(&command.name)?;
                self.relation(table)?.access_method = access_method(&command.name);
            }
            Type::AtEnableRowSecurity => self.relation(table)?.row_security.enabled = true,
            Type::AtDisableRowSecurity => self.relation(table)?.row_security.enabled = false,
            Type::AtForceRowSecurity => self.relation(table)?.row_security.forced = true,
            Type::AtNoForceRowSecurity => self.relation(table)?.row_security.forced = false,
            Type::AtReplicaIdentity => {
                if let Some(NodeEnum::ReplicaIdentityStmt(identity)) = def {
                    if identity.identity_type == "i" {
                        self.can_identify(table, &identity.name)?;
                    }
                    self.relation(table)?.replica_identity = match identity.identity_type.as_str() {
                        "f" => ReplicaIdentity::Full,
                        "n" => ReplicaIdentity::Nothing,
                        "i" => ReplicaIdentity::Index(identity.name.as_str().into()),
                        _ => ReplicaIdentity::Default,
                    };
                }
            }
            Type::AtClusterOn => self.cluster_on(table, Some(&command.name))?,
            Type::AtDropCluster => self.cluster_on(table, None)?,
            Type::AtAddOf => {
                if let Some(NodeEnum::TypeName(name)) = def {
                    let of = self.type_ref(name)?;
                    self.can_type_tables(name, &of)?;
                    let relation = self.catalog.relation(Some(&table.schema), &table.name);
                    if relation.is_some_and(|relation| !relation.parents.is_empty()) {
                        let message = "typed tables cannot inherit";
                        return self.fail("42809", message.into(), self.token(&table.name));
                    }
                    if let TypeRef::Named { schema, name, .. } = of {
                        let of = QualifiedName { schema, name };
                        self.fits_type(table, &of)?;
                        self.relation(table)?.of_type = Some(of);
                    }
                }
            }
            Type::AtDropOf => {
                if self.relation(table)?.of_type.take().is_none() {
                    let message = format!("\"{}\" is not a typed table", table.name);
                    return self.fail("42809", message, self.token(&table.name));
                }
            }
            other => self.enable(table, other, &command.name, recurse)?,
        }
        Ok(())
    }

    /// ENABLE and DISABLE TRIGGER and RULE.
    fn enable(&mut self, table: &QualifiedName, command: Type, name: &str, recurse: bool) -> Result {
        let enabled = match command {
            Type::AtEnableTrig | Type::AtEnableTrigAll | Type::AtEnableTrigUser | Type::AtEnableRule => {
                Enabled::Origin
            }
            Type::AtEnableAlwaysTrig | Type::AtEnableAlwaysRule => Enabled::Always,
            Type::AtEnableReplicaTrig | Type::AtEnableReplicaRule => Enabled::Replica,
            Type::AtDisableTrig | Type::AtDisableTrigAll | Type::AtDisableTrigUser | Type::AtDisableRule => {
                Enabled::Disabled
            }
            _ => return Ok(()),
        };
        let is_rule = matches!(
            command,
            Type::AtEnableRule | Type::AtEnableAlwaysRule | Type::AtEnableReplicaRule | Type::AtDisableRule
        );
        let is_all = matches!(
            command,
            Type::AtEnableTrigAll | Type::AtEnableTrigUser | Type::AtDisableTrigAll | Type::AtDisableTrigUser
        );
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if is_rule && !relation.rules.iter().any(|rule| &*rule.name == name) {
            return self.missing_part("rule", name, "relation", relation);
        }
        if !is_rule && !is_all && !relation.triggers.iter().any(|trigger| &*trigger.name == name) {
            return self.missing_part("trigger", name, "table", relation);
        }
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            let relation = self.relation(&table)?;
            for rule in relation.rules.iter_mut().filter(|rule| is_rule && &*rule.name == name) {
                Arc::make_mut(rule).enabled = enabled;
            }
            for trigger in &mut relation.triggers {
                if !is_rule && (is_all || &*trigger.name == name) {
                    Arc::make_mut(trigger).enabled = enabled;
                }
            }
            // A partition's row triggers are its table's.
            if recurse && !is_rule && relation.kind == RelationKind::PartitionedTable {
                todo.extend(self.children(&table));
            }
        }
        Ok(())
    }

    fn column_property(
        &mut self,
        table: &QualifiedName,
        command: &AlterTableCmd,
        items: &[Node],
        recurse: bool,
    ) -> Result {
        // An index's columns have statistics by number.
        if command.name.is_empty() {
            return Ok(());
        }
        let name = self.existing_column(table, &command.name)?;
        let def = command.def.as_deref();
        let text = || def.map(option::node_text).unwrap_or_default().to_ascii_lowercase();
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let Some(column) = relation.column(&name) else { return Ok(()) };
        let mut column = Column::clone(column);
        let mut is_inherited = false;
        match command.subtype() {
            Type::AtSetStatistics => {
                if let Ok(target) = text().parse::<i64>()
                    && target < -1
                {
                    let message = format!("statistics target {target} is too low");
                    return self.fail("22023", message, self.token("statistics"));
                }
                column.statistics = text().parse().ok().filter(|target| *target >= 0);
                is_inherited = true;
            }
            Type::AtSetStorage => {
                let wanted = def.map(string).unwrap_or_default().to_ascii_lowercase();
                self.can_be_stored(&column.ty, &wanted, self.token(&name))?;
                let usual = usual_storage(self, &column.ty);
                column.storage = (wanted != "default" && usual.is_some_and(|usual| usual != wanted))
                    .then(|| wanted.as_str().into());
                is_inherited = true;
            }
            Type::AtSetCompression => {
                let wanted = def.map(string).unwrap_or_default().to_ascii_lowercase();
                self.can_be_compressed(&column.ty, &wanted, self.token(&name))?;
                column.compression = (wanted != "default").then(|| wanted.as_str().into());
            }
            Type::AtSetOptions => {
                self.check_storage(Holder::Column, items, false)?;
                column.options = option::set(&column.options, items);
            }
            Type::AtAlterColumnGenericOptions => {
                if let Some(foreign) = &relation.foreign {
                    self.check_options_at(&foreign.server, &[], items)?;
                }
                column.options = self.foreign_options(&column.options, items)?;
            }
            _ => {
                self.check_reset(items)?;
                column.options = option::reset(&column.options, items);
            }
        }
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            if let Some(own) = self.relation(&table)?.column_mut(&name) {
                own.statistics = column.statistics;
                own.storage.clone_from(&column.storage);
                own.compression.clone_from(&column.compression);
                own.options.clone_from(&column.options);
            }
            if recurse && is_inherited {
                todo.extend(self.children(&table));
            }
        }
        Ok(())
    }

    /// CLUSTER … USING
    pub(super) fn cluster(&mut self, s: &ClusterStmt) -> Result {
        self.has_options("CLUSTER", &s.params, &["verbose"], &[])?;
        let Some(range) = &s.relation else { return Ok(()) };
        let table = self.find(range)?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if !matches!(
            relation.kind,
            RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView
        ) {
            let message = format!("\"{}\" is not a table or materialized view", table.name);
            return self.fail("42809", message, super::offset(range.location));
        }
        if s.indexname.is_empty() {
            let is_table = matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable);
            if is_table && !relation.unknown_columns && !relation.indexes.iter().any(|index| index.clustered)
            {
                let message = format!("there is no previously clustered index for table \"{}\"", table.name);
                return self.fail("42704", message, super::offset(range.location));
            }
            return Ok(());
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.kind == RelationKind::PartitionedTable {
            // Of its partitions each is put in order; nothing is kept of that.
            return self.can_cluster(relation, &s.indexname);
        }
        self.cluster_on(&table, Some(&s.indexname))
    }

    /// PostgreSQL's errors for an index in whose order a table cannot be (check_index_is_clusterable).
    fn can_cluster(&self, relation: &Relation, name: &str) -> Result {
        let at = self.token(name);
        let Some(index) = relation.indexes.iter().find(|index| *index.name == *name) else {
            if relation.unknown_columns {
                return Ok(());
            }
            let is_of_other = self.catalog.index(Some(&relation.schema), name).is_some();
            let (sqlstate, message) = match is_of_other {
                true => ("42809", format!("\"{name}\" is not an index for table \"{}\"", relation.name)),
                false => {
                    ("42704", format!("index \"{name}\" for table \"{}\" does not exist", relation.name))
                }
            };
            return self.fail(sqlstate, message, at);
        };
        let method = builtin::facts().objects.named_in_any(&index.method);
        let is_builtin = method.iter().any(|object| object.kind == "access method");
        let message = if is_builtin && !matches!(&*index.method, "btree" | "gist") {
            format!("cannot cluster on index \"{name}\" because access method does not support clustering")
        } else if index.predicate.is_some() {
            format!("cannot cluster on partial index \"{name}\"")
        } else if !index.valid {
            format!("cannot cluster on invalid index \"{name}\"")
        } else {
            return Ok(());
        };
        self.fail("0A000", message, at)
    }

    fn cluster_on(&mut self, table: &QualifiedName, name: Option<&str>) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if let Some(name) = name {
            self.can_cluster(relation, name)?;
        }
        if relation.kind == RelationKind::PartitionedTable {
            let message = "cannot mark index clustered in partitioned table";
            return self.fail("0A000", message.into(), self.token("cluster"));
        }
        for index in &mut self.relation(table)?.indexes {
            let is_it = name.is_some_and(|name| *index.name == *name);
            if index.clustered != is_it {
                Arc::make_mut(index).clustered = is_it;
            }
        }
        Ok(())
    }
}

/// How values of a type are stored where nothing else is said (`pg_type.typstorage`); `None` where it is not known.
pub(super) fn usual_storage(fold: &Fold, ty: &TypeRef) -> Option<&'static str> {
    let base = super::super::deparse::coerce::base_type(&fold.catalog, ty);
    let TypeRef::Named { schema, name, array, .. } = &base else { return None };
    if *array {
        return Some("extended");
    }
    if &**schema != "pg_catalog" {
        let found = fold.catalog.user_type(Some(schema), name);
        return match found.map(|ty| &ty.kind) {
            Some(TypeKind::Composite | TypeKind::Range { .. } | TypeKind::Multirange { .. }) => {
                Some("extended")
            }
            Some(TypeKind::Enum { .. }) => Some("plain"),
            _ => None,
        };
    }
    Some(match builtin::facts().ty(name)?.storage {
        'p' => "plain",
        'e' => "external",
        'm' => "main",
        _ => "extended",
    })
}

/// The default tablespace is written as no other.
pub(super) fn tablespace(name: &str) -> Option<Name> {
    (!name.is_empty() && name != "pg_default").then(|| name.into())
}

pub(super) fn access_method(name: &str) -> Option<Name> {
    (!name.is_empty() && name != "heap" && name != "default").then(|| name.into())
}
