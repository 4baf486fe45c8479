//! VACUUM and ANALYZE: their options and lists of columns; what TRUNCATE empties.

use std::sync::Arc;

use super::relation::Opened;
use super::statement::Analyzer;
use super::{Diagnostic, Purpose};
use crate::catalog::apply::option;
use crate::catalog::model::{Column, Name, QualifiedName, Relation, RelationKind};
use crate::syntax::ast::{DefElem, DropBehavior, NodeEnum, RangeVar, TruncateStmt, VacuumStmt};

impl Analyzer<'_> {
    pub(super) fn vacuum(&mut self, vacuum: &VacuumStmt) {
        let reported = self.out.diagnostics.len();
        let mut is_analyze = !vacuum.is_vacuumcmd;
        for node in &vacuum.options {
            let Some(NodeEnum::DefElem(option)) = &node.node else { continue };
            is_analyze |= option.defname == "analyze";
            self.vacuum_option(option, vacuum.is_vacuumcmd);
        }
        if self.out.diagnostics.len() > reported {
            return;
        }
        for node in &vacuum.rels {
            let Some(NodeEnum::VacuumRelation(relation)) = &node.node else { continue };
            self.named(relation.relation.as_ref(), Purpose::Define);
            if !is_analyze && !relation.va_cols.is_empty() {
                let message = "ANALYZE option must be specified when a column list is provided";
                let at = relation.relation.as_ref().map_or(-1, |range| range.location);
                self.report_at(at, "0A000", message);
            } else if let Some(range) = &relation.relation {
                let names = super::statement::strings(&relation.va_cols);
                self.listed_columns(range, &names, |n, column| {
                    names[..n].contains(&column.name).then(|| {
                        let of = &range.relname;
                        let message =
                            format!("column \"{}\" of relation \"{of}\" appears more than once", column.name);
                        ("42701", message)
                    })
                });
            }
        }
    }

    fn vacuum_option(&mut self, option: &DefElem, is_vacuum: bool) {
        let name = option.defname.as_str();
        // Which versions have them is told by `version`.
        let is_known = match name {
            "verbose" | "skip_locked" | "buffer_usage_limit" => true,
            "analyze"
            | "freeze"
            | "full"
            | "disable_page_skipping"
            | "index_cleanup"
            | "truncate"
            | "parallel"
            | "process_toast"
            | "process_main"
            | "skip_database_stats"
            | "only_database_stats" => is_vacuum,
            _ => false,
        };
        if !is_known {
            let command = if is_vacuum { "VACUUM" } else { "ANALYZE" };
            let message = format!("unrecognized {command} option \"{name}\"");
            self.report_at(option.location, "42601", message);
        } else if name == "parallel" {
            let number = option.arg.as_ref().and_then(|arg| match arg.node.as_ref()? {
                NodeEnum::Integer(number) => Some(number.ival),
                _ => None,
            });
            match (number, &option.arg) {
                (None, None) => {
                    let message = "parallel option requires a value between 0 and 1024";
                    self.report_at(option.location, "42601", message);
                }
                (Some(number), _) if !(0..=1024).contains(&number) => {
                    let message = "parallel workers for vacuum must be between 0 and 1024";
                    self.report_at(option.location, "42601", message);
                }
                (None, Some(_)) => {
                    self.report_at(option.location, "42601", "parallel requires an integer value");
                }
                _ => {}
            }
        } else if name == "buffer_usage_limit" && option.arg.is_none() {
            self.report_at(option.location, "42601", "buffer_usage_limit requires a parameter");
        } else if !matches!(name, "buffer_usage_limit" | "parallel") {
            let is_auto = || {
                name == "index_cleanup"
                    && self.types.major >= 14
                    && option::text(option).eq_ignore_ascii_case("auto")
            };
            if option::boolean(option).is_none() && !is_auto() {
                self.report_at(option.location, "42601", format!("{name} requires a Boolean value"));
            }
        }
    }

    /// Columns that are listed behind a relation, of which `wrong` tells by their place in the list what is wrong with
    /// one that there is; the tree does not say where they stand.
    pub(super) fn listed_columns(
        &mut self,
        range: &RangeVar,
        names: &[Name],
        wrong: impl Fn(usize, &Column) -> Option<(&'static str, String)>,
    ) {
        let opened = self.quietly(|this| this.open(range, Purpose::Define));
        let Opened::Relation(relation) = opened else { return };
        let mut start = range.location.max(0) as usize + 1;
        for (n, name) in names.iter().enumerate() {
            let Some(span) = self.tokens.find_name(self.sql, start, name) else { return };
            start = span.end;
            let found = match relation.column(name) {
                None if relation.unknown_columns => None,
                None => {
                    let of = &relation.name;
                    Some(("42703", format!("column \"{name}\" of relation \"{of}\" does not exist")))
                }
                Some(column) => wrong(n, column),
            };
            if let Some((sqlstate, message)) = found {
                return self.report(Diagnostic::new(span, sqlstate, message));
            }
        }
    }

    /// What LOCK cannot lock.
    pub(super) fn locked(&mut self, range: &RangeVar) {
        let opened = self.quietly(|this| this.open(range, Purpose::Write));
        let Opened::Relation(relation) = opened else { return };
        let is_other = matches!(
            relation.kind,
            RelationKind::MaterializedView
                | RelationKind::Sequence
                | RelationKind::ForeignTable
                | RelationKind::CompositeType
        );
        if is_other {
            let message = match self.types.major {
                ..15 => format!("\"{}\" is not a table or view", relation.name),
                _ => format!("cannot lock relation \"{}\"", relation.name),
            };
            self.report_at(range.location, "42809", message);
        }
    }

    /// What TRUNCATE cannot empty.
    pub(super) fn truncated(&mut self, range: &RangeVar) {
        let opened = self.quietly(|this| this.open(range, Purpose::Write));
        let Opened::Relation(relation) = opened else { return };
        let message = match relation.kind {
            RelationKind::PartitionedTable if !range.inh => {
                "cannot truncate only a partitioned table".to_owned()
            }
            RelationKind::View
            | RelationKind::MaterializedView
            | RelationKind::Sequence
            | RelationKind::CompositeType => format!("\"{}\" is not a table", relation.name),
            _ => return,
        };
        self.report_at(range.location, "42809", message);
    }

    /// Tables that foreign keys of others refer to are emptied with these only (heap_truncate_check_FKs).
    pub(super) fn truncated_keys(&mut self, truncate: &TruncateStmt) {
        if truncate.behavior() == DropBehavior::DropCascade || !self.out.diagnostics.is_empty() {
            return;
        }
        let ranges = truncate.relations.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::RangeVar(range)) => Some(range),
            _ => None,
        });
        let mut tables: Vec<Arc<Relation>> = Vec::new();
        let mut at = -1;
        for range in ranges {
            if at < 0 {
                at = range.location;
            }
            match self.quietly(|this| this.open(range, Purpose::Write)) {
                Opened::Relation(relation) => tables.push(relation),
                _ => return,
            }
        }
        // With a table go its partitions and children.
        let mut n = 0;
        while n < tables.len() {
            let name = tables[n].qualified_name();
            let below: Vec<_> = self
                .catalog
                .relations()
                .filter(|relation| relation.parents.contains(&name))
                .filter(|relation| {
                    !tables.iter().any(|table| table.qualified_name() == relation.qualified_name())
                })
                .cloned()
                .collect();
            tables.extend(below);
            n += 1;
        }
        let is_emptied = |name: &QualifiedName| {
            tables.iter().any(|table| table.schema == name.schema && table.name == name.name)
        };
        let referring = self.catalog.relations().find_map(|relation| {
            let refers = relation.constraints.iter().find_map(|constraint| {
                constraint.foreign.as_ref().filter(|foreign| is_emptied(&foreign.table))
            })?;
            (!is_emptied(&relation.qualified_name()))
                .then(|| (relation.name.clone(), refers.table.name.clone()))
        });
        if let Some((relation, referenced)) = referring {
            let hint = format!(
                "Table \"{relation}\" references \"{referenced}\". Truncate table \"{relation}\" at the same time, or \
                 use TRUNCATE ... CASCADE."
            );
            let message = "cannot truncate a table referenced in a foreign key constraint";
            self.report_hinting(at, "0A000", message, Some(&hint));
        }
    }
}
