//! CREATE: tables, views, indexes, sequences, triggers, rules, policies, statistics.

use crate::catalog::apply::names;
use crate::catalog::{Name, QualifiedName};
use crate::syntax::ast::{self, ConstrType, Node, NodeEnum};

use super::alter_column::is_partitioned;
use super::builder::{Builder, Target, list, name_parts};
use super::query::ranges;
use super::{LockMode, Role};

impl<'a> Builder<'a> {
    pub fn create_table(&mut self, s: &ast::CreateStmt) {
        let Some(range) = &s.relation else { return };
        if s.if_not_exists && self.target(range).relation.is_some() && range.relpersistence != "t" {
            return;
        }
        let name = self.new_name(range);
        self.created(&name);
        for parent in ranges(&s.inh_relations) {
            match &s.partbound {
                Some(bound) => self.new_partition(parent, bound),
                None => {
                    let parent = self.target(parent);
                    self.lock(&parent, LockMode::ShareUpdateExclusive, Role::Parent);
                }
            }
        }
        for element in &s.table_elts {
            match element.node.as_ref() {
                Some(NodeEnum::TableLikeClause(like)) => {
                    if let Some(source) = &like.relation {
                        let source = self.target(source);
                        self.lock(&source, LockMode::AccessShare, Role::Read);
                    }
                }
                Some(NodeEnum::ColumnDef(column)) => self.new_references(&column.constraints, &name),
                Some(NodeEnum::Constraint(_)) => {
                    self.new_references(std::slice::from_ref(element), &name);
                }
                _ => {}
            }
        }
        self.new_references(&s.constraints, &name);
    }

    /// The foreign keys of a new table: it is empty, so nothing is looked up.
    fn new_references(&mut self, constraints: &[Node], new: &QualifiedName) {
        for node in constraints {
            if let Some(NodeEnum::Constraint(constraint)) = &node.node
                && constraint.contype == ConstrType::ConstrForeign as i32
                && let Some(range) = &constraint.pktable
                && self.target(range).name != *new
            {
                self.reference(constraint, &[], false);
            }
        }
    }

    /// CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW.
    pub fn create_as(&mut self, into: &ast::IntoClause, query: Option<&NodeEnum>, if_not_exists: bool) {
        let Some(range) = &into.rel else { return };
        if if_not_exists && self.target(range).relation.is_some() {
            return;
        }
        let name = self.new_name(range);
        if let Some(query) = query {
            if into.skip_data {
                self.kept_query(query);
            } else {
                self.query(query);
            }
        }
        self.created(&name);
    }

    pub fn create_view(&mut self, s: &ast::ViewStmt) {
        let Some(range) = &s.view else { return };
        if let Some(query) = s.query.as_ref().and_then(|query| query.node.as_ref()) {
            self.kept_query(query);
        }
        let view = self.target(range);
        if s.replace && view.relation.is_some() {
            self.lock(&view, LockMode::AccessExclusive, Role::Subject);
        } else {
            let name = self.new_name(range);
            self.created(&name);
        }
    }

    pub fn create_index(&mut self, s: &ast::IndexStmt) {
        let Some(range) = &s.relation else { return };
        let table = self.target(range);
        let mode = if s.concurrent { LockMode::ShareUpdateExclusive } else { LockMode::Share };
        let tables = self.family(&table, range.inh && is_partitioned(&table));
        for (n, table) in tables.iter().enumerate() {
            self.lock(table, mode, if n == 0 { Role::Subject } else { Role::Child });
        }
        let schema = &table.name.schema;
        if s.if_not_exists
            && !s.idxname.is_empty()
            && self.before.schema(schema).is_some_and(|schema| schema.has_relation_name(&s.idxname))
        {
            return;
        }
        let keys: Vec<Option<String>> = (s.index_params.iter())
            .map(|node| match &node.node {
                Some(NodeEnum::IndexElem(element)) if !element.name.is_empty() => Some(element.name.clone()),
                _ => None,
            })
            .collect();
        let columns: Vec<Name> =
            keys.iter().map(|key| key.as_deref().map_or_else(|| "(…)".into(), Name::from)).collect();
        // An expression is named after its function, as an output column would be.
        let named: Vec<String> = (s.index_params.iter().chain(&s.index_including_params))
            .map(|node| match &node.node {
                Some(NodeEnum::IndexElem(element)) if element.name.is_empty() => {
                    element.expr.as_deref().and_then(names::expression_name).unwrap_or_else(|| "expr".into())
                }
                Some(NodeEnum::IndexElem(element)) => element.name.clone(),
                _ => String::new(),
            })
            .collect();
        let part = names::columns_part(&names::index_columns(&named));
        for (n, table) in tables.iter().enumerate() {
            let name: Name = if n == 0 && !s.idxname.is_empty() {
                s.idxname.as_str().into()
            } else {
                let (schema, name) = (&table.name.schema, &table.name.name);
                names::relation_name(self.before, schema, name, Some(&part), "idx", false)
            };
            // On a partition, an index of the same form would be taken instead; one that is not built is not claimed.
            let existing = n > 0
                && table.relation.is_some_and(|relation| {
                    relation.indexes.iter().any(|index| super::builder::index_columns(index) == columns)
                });
            if existing {
                self.note(format!("{} has an index on these columns, which may serve.", table.name));
            } else {
                self.build_index(table, Some(name), columns.clone(), s.concurrent);
            }
        }
        if s.concurrent {
            self.note(
                "It reads the table twice and waits in between for every transaction that could still write or use \
                 the table; if it fails, an invalid index is left, to be dropped.",
            );
        } else if is_partitioned(&table) {
            self.safer(
                "`CREATE INDEX ON ONLY` the parent, `CREATE INDEX CONCURRENTLY` on each partition, then \
                 `ALTER INDEX … ATTACH PARTITION`.",
            );
        } else if !self.is_private(&table.name) {
            self.safer(
                "`CREATE INDEX CONCURRENTLY` lets writes go on; it cannot run in a transaction block.",
            );
        }
    }

    pub fn create_sequence(&mut self, s: &ast::CreateSeqStmt) {
        let Some(range) = &s.sequence else { return };
        if s.if_not_exists && self.target(range).relation.is_some() {
            return;
        }
        let name = self.new_name(range);
        self.created(&name);
        self.owner_of_sequence(&s.options);
    }

    pub fn alter_sequence(&mut self, s: &ast::AlterSeqStmt) {
        let Some(range) = &s.sequence else { return };
        let sequence = self.target(range);
        if s.missing_ok && self.surely_missing(&sequence) {
            return;
        }
        self.lock(&sequence, LockMode::ShareRowExclusive, Role::Subject);
        self.owner_of_sequence(&s.options);
    }

    /// OWNED BY table.column
    fn owner_of_sequence(&mut self, options: &[Node]) {
        for option in options {
            let Some(NodeEnum::DefElem(option)) = &option.node else { continue };
            if option.defname != "owned_by" {
                continue;
            }
            let path = list(option.arg.as_deref());
            if let [table @ .., _] = path
                && let Some(table) = self.named(table)
            {
                self.lock(&table, LockMode::AccessShare, Role::Read);
            }
        }
    }

    pub fn create_trigger(&mut self, s: &ast::CreateTrigStmt) {
        let Some(range) = &s.relation else { return };
        let table = self.target(range);
        // A row trigger of a partitioned table is made on each partition too.
        let recurse = s.row && is_partitioned(&table);
        self.lock_family(&table, LockMode::ShareRowExclusive, recurse);
        if let Some(other) = &s.constrrel {
            let other = self.target(other);
            self.lock(&other, LockMode::AccessShare, Role::Referenced);
        }
        self.kept_expression(s.when_clause.as_deref());
    }

    pub fn create_rule(&mut self, s: &ast::RuleStmt) {
        let Some(range) = &s.relation else { return };
        let table = self.target(range);
        for action in &s.actions {
            self.kept_expression(Some(action));
        }
        self.kept_expression(s.where_clause.as_deref());
        self.lock(&table, LockMode::AccessExclusive, Role::Subject);
    }

    pub fn policy(&mut self, range: Option<&ast::RangeVar>, expressions: [Option<&Node>; 2]) {
        let Some(range) = range else { return };
        let table = self.target(range);
        for expression in expressions {
            self.kept_expression(expression);
        }
        self.lock(&table, LockMode::AccessExclusive, Role::Subject);
    }

    pub fn create_statistics(&mut self, s: &ast::CreateStatsStmt) {
        for range in ranges(&s.relations) {
            let table = self.target(range);
            self.lock(&table, LockMode::ShareUpdateExclusive, Role::Subject);
        }
    }

    /// CREATE and ALTER PUBLICATION lock the tables that they name.
    pub fn publication(&mut self, objects: &[Node]) {
        for object in objects {
            let Some(NodeEnum::PublicationObjSpec(object)) = &object.node else { continue };
            let Some(range) = object.pubtable.as_ref().and_then(|table| table.relation.as_ref()) else {
                continue;
            };
            let table = self.target(range);
            self.lock_family(&table, LockMode::ShareUpdateExclusive, range.inh && !is_partitioned(&table));
        }
    }

    /// The relation of a name in a list, with a column after it where `column`.
    pub fn named_with_tail(&self, parts: &[Node]) -> Option<Target<'a>> {
        let [relation @ .., _] = parts else { return None };
        name_parts(relation)?;
        self.named(relation)
    }
}
