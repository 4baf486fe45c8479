//! Expressions in definitions: defaults, checks, generated columns, indexes, policies, triggers, partition keys.

use std::sync::Arc;

use super::Purpose;
use super::collate::{self, Collation};
use super::generated::GeneratedColumns;
use super::partition::names_type_of;
use super::place::Place;
use super::relation::{Opened, derived, item, unknown_item};
use super::scope::{RangeItem, ScopeColumn};
use super::statement::{Analyzer, strings};
use super::typed::Typed;
use crate::catalog::apply::serial_type;
use crate::catalog::model::{Relation, RelationKind};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Context, Types};
use crate::syntax::ast::{
    AlterTableStmt, AlterTableType, ColumnDef, ConstrType, Constraint, CreateStatsStmt, CreateStmt, Node,
    NodeEnum, RangeVar,
};

/// What an expression in a definition is for.
#[derive(Clone, Copy)]
pub(super) struct Purposed {
    /// As aggregates are refused: `check constraints`.
    pub(super) words: &'static str,
    /// As subqueries are refused.
    pub(super) subquery: &'static str,
    /// What is said where it may give something else for the same.
    pub(super) mutable: Option<&'static str>,
}

pub(super) const CHECK: Purposed = Purposed {
    words: "check constraints",
    subquery: "cannot use subquery in check constraint",
    mutable: None,
};
const DEFAULT: Purposed = Purposed {
    words: "DEFAULT expressions",
    subquery: "cannot use subquery in DEFAULT expression",
    mutable: None,
};
const GENERATED: Purposed = Purposed {
    words: "column generation expressions",
    subquery: "cannot use subquery in column generation expression",
    mutable: Some("generation expression is not immutable"),
};
pub(super) const INDEX: Purposed = Purposed {
    words: "index expressions",
    subquery: "cannot use subquery in index expression",
    mutable: Some("functions in index expression must be marked IMMUTABLE"),
};
pub(super) const PREDICATE: Purposed = Purposed {
    words: "index predicates",
    subquery: "cannot use subquery in index predicate",
    mutable: Some("functions in index predicate must be marked IMMUTABLE"),
};
pub(super) const PARTITION: Purposed = Purposed {
    words: "partition key expressions",
    subquery: "cannot use subquery in partition key expression",
    mutable: Some("functions in partition key expression must be marked IMMUTABLE"),
};
const STATISTICS: Purposed = Purposed {
    words: "statistics expressions",
    subquery: "cannot use subquery in statistics expression",
    mutable: None,
};
pub(super) const EXECUTE: Purposed = Purposed {
    words: "EXECUTE parameters",
    subquery: "cannot use subquery in EXECUTE parameter",
    mutable: None,
};
pub(super) const USING: Purposed = Purposed {
    words: "transform expressions",
    subquery: "cannot use subquery in transform expression",
    mutable: None,
};

impl Analyzer<'_> {
    /// An expression that sees these entries, and nothing else.
    pub(super) fn defined(&mut self, node: &Node, items: Vec<Arc<RangeItem>>, purpose: Purposed) -> Typed {
        let mut scope = self.query_scope(items);
        scope.place = Place::plain(purpose.words);
        self.scopes.push(scope);
        let before = self.begin_mutable();
        let queries = self.queries;
        let reported = self.out.diagnostics.len();
        let value = self.expr(node);
        self.defined_own = self.own_part();
        let mutable = self.end_mutable(before);
        if self.queries > queries
            && let Some(at) = first_query(node)
        {
            self.out.diagnostics.truncate(reported);
            self.report_at(at, "0A000", purpose.subquery);
        } else if let (Some(at), Some(message)) = (mutable, purpose.mutable)
            && self.out.diagnostics.len() == reported
        {
            self.report_at(at, "42P17", message);
        }
        self.scopes.pop();
        value
    }

    pub(super) fn create_table(&mut self, create: &CreateStmt) {
        // Of a table that is there already nothing is looked at.
        if let (Some(range), true) = (&create.relation, create.if_not_exists) {
            let schema = (!range.schemaname.is_empty()).then_some(range.schemaname.as_str());
            if self.catalog.relation(schema, &range.relname).is_some() || self.types.is_unsure {
                return;
            }
        }
        // What a parent lacks is said elsewhere, and before anything is said of expressions.
        let mut parents = create.inh_relations.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::RangeVar(range)) => Some(range),
            _ => None,
        });
        if parents.any(|range| {
            !matches!(self.quietly(|this| this.open(range, Purpose::Define)), Opened::Relation(_))
        }) {
            return;
        }
        let row = Arc::new(self.row_of(create));
        let generated = GeneratedColumns::of_new(create);
        let name = create.relation.as_ref().map_or("", |range| range.relname.as_str());
        for node in &create.table_elts {
            match &node.node {
                Some(NodeEnum::ColumnDef(column)) => self.column_definition(column, name, &row, &generated),
                // The type of its rows is there only when the table is.
                Some(NodeEnum::Constraint(constraint))
                    if constraint.raw_expr.as_deref().is_some_and(|raw| names_type_of(raw, create)) => {}
                Some(NodeEnum::Constraint(constraint)) => self.table_constraint(constraint, &row),
                _ => {}
            }
        }
        self.keys_of_table(create, &row);
        if let Some(spec) = &create.partspec {
            self.partition_key(spec, create, &row);
        }
        if let (Some(bound), Some(NodeEnum::RangeVar(parent))) =
            (&create.partbound, create.inh_relations.first().and_then(|node| node.node.as_ref()))
            && let Opened::Relation(parent) = self.quietly(|this| this.open(parent, Purpose::Define))
        {
            self.partition_bound(bound, &parent);
        }
    }

    /// The indexes that the keys of a new table need.
    fn keys_of_table(&mut self, create: &CreateStmt, row: &Arc<RangeItem>) {
        if !self.out.diagnostics.is_empty() {
            return;
        }
        for node in &create.table_elts {
            match &node.node {
                Some(NodeEnum::ColumnDef(column)) => {
                    for constraint in constraints(&column.constraints) {
                        self.constraint_index(constraint, &column.colname, row);
                    }
                }
                Some(NodeEnum::Constraint(constraint)) => self.constraint_index(constraint, "", row),
                _ => {}
            }
        }
    }

    /// The row of a table that is being made.
    fn row_of(&mut self, create: &CreateStmt) -> RangeItem {
        let name = create.relation.as_ref().map_or("", |range| range.relname.as_str());
        let schema = create.relation.as_ref().and_then(|range| self.schema_of_new(range));
        let mut row = RangeItem { alias: name.into(), schema, is_new_table: true, ..RangeItem::default() };
        let mut inherited: Vec<Arc<Relation>> = Vec::new();
        let mut add = |this: &mut Self, range: &RangeVar, row: &mut RangeItem| {
            let opened = this.quietly(|this| this.open(range, Purpose::Define));
            match opened {
                Opened::Relation(relation) => inherited.push(relation),
                _ => row.unknown_columns = true,
            }
        };
        for node in &create.inh_relations {
            if let Some(NodeEnum::RangeVar(range)) = &node.node {
                add(self, range, &mut row);
            }
        }
        for node in &create.table_elts {
            if let Some(NodeEnum::TableLikeClause(like)) = &node.node
                && let Some(range) = &like.relation
            {
                add(self, range, &mut row);
            }
        }
        // The columns of a type are not looked for here.
        row.unknown_columns |= create.of_typename.is_some();
        for relation in inherited {
            row.unknown_columns |= relation.unknown_columns;
            for column in item(self.types, &relation, None).columns {
                if row.column(&column.name).is_none() {
                    row.columns.push(column);
                }
            }
        }
        for node in &create.table_elts {
            let Some(NodeEnum::ColumnDef(column)) = &node.node else { continue };
            let ty = self.quietly(|this| this.column_type(column.type_name.as_ref()));
            let made = own_column(self.types, column, ty);
            match row.columns.iter_mut().find(|known| known.name == made.name) {
                // One that is there already, in a partition: only some of it is given anew. Two types are an error that
                // comes before any in an expression.
                Some(known) if column.type_name.is_some() && known.ty != made.ty => {
                    known.ty = TypeRef::Unknown;
                }
                Some(_) => {}
                None => row.columns.push(made),
            }
        }
        row
    }

    /// A column with its default, its checks and what it is computed of.
    fn column_definition(
        &mut self,
        column: &ColumnDef,
        table: &str,
        row: &Arc<RangeItem>,
        generated: &GeneratedColumns,
    ) {
        let ty = row.column(&column.colname).map_or(TypeRef::Unknown, |column| column.ty.clone());
        if let Some(name) = column.type_name.as_ref().filter(|name| name.setof) {
            let message = format!("column \"{}\" cannot be declared SETOF", column.colname);
            return self.report_at(name.location, "42P16", message);
        }
        self.collate_clause(column.coll_clause.as_deref(), &ty);
        // A serial brings a default of its own.
        let is_serial = column.type_name.as_ref().and_then(serial_type).is_some();
        let mut kinds: Vec<ConstrType> = if is_serial { vec![ConstrType::ConstrDefault] } else { Vec::new() };
        let mut not_null: Option<&str> = None;
        for node in &column.constraints {
            let Some(NodeEnum::Constraint(constraint)) = &node.node else { continue };
            let kind = constraint.contype();
            if kind == ConstrType::ConstrNotnull && !constraint.conname.is_empty() && self.types.major >= 18 {
                let first = *not_null.get_or_insert(&constraint.conname);
                if first != constraint.conname {
                    let message = format!(
                        "conflicting not-null constraint names \"{first}\" and \"{}\"",
                        constraint.conname
                    );
                    self.report_at(constraint.location, "XX000", message);
                }
            }
            self.check_repeated(kind, &kinds, column, table, constraint.location);
            kinds.push(kind);
            let Some(raw) = constraint.raw_expr.as_deref() else { continue };
            match kind {
                ConstrType::ConstrCheck => self.check(raw, row),
                ConstrType::ConstrDefault => self.default(raw, &column.colname, &ty),
                ConstrType::ConstrGenerated => {
                    let is_virtual = constraint.generated_kind == "v";
                    self.generated(raw, column, &ty, row, generated, is_virtual);
                }
                _ => {}
            }
        }
    }

    /// Clauses of a column that exclude each other (transformColumnDefinition).
    fn check_repeated(
        &mut self,
        kind: ConstrType,
        seen: &[ConstrType],
        column: &ColumnDef,
        table: &str,
        at: i32,
    ) {
        use ConstrType::*;
        let has = |kind: ConstrType| seen.contains(&kind);
        let name = &column.colname;
        let of = format!("for column \"{name}\" of table \"{table}\"");
        let message = match kind {
            ConstrDefault if has(ConstrDefault) => format!("multiple default values specified {of}"),
            ConstrIdentity if has(ConstrIdentity) => format!("multiple identity specifications {of}"),
            ConstrGenerated if has(ConstrGenerated) => format!("multiple generation clauses specified {of}"),
            ConstrNull if has(ConstrNotnull) || has(ConstrIdentity) => {
                format!("conflicting NULL/NOT NULL declarations {of}")
            }
            ConstrNotnull | ConstrIdentity if has(ConstrNull) => {
                format!("conflicting NULL/NOT NULL declarations {of}")
            }
            ConstrDefault | ConstrIdentity
                if has(ConstrDefault) || kind == ConstrDefault && has(ConstrIdentity) =>
            {
                format!("both default and identity specified {of}")
            }
            ConstrDefault | ConstrGenerated
                if has(ConstrDefault) || kind == ConstrDefault && has(ConstrGenerated) =>
            {
                format!("both default and generation expression specified {of}")
            }
            ConstrIdentity | ConstrGenerated
                if kind == ConstrGenerated && has(ConstrIdentity)
                    || kind == ConstrIdentity && has(ConstrGenerated) =>
            {
                format!("both identity and generation expression specified {of}")
            }
            _ => return,
        };
        self.report_at(at, "42601", message);
    }

    fn table_constraint(&mut self, constraint: &Constraint, row: &Arc<RangeItem>) {
        match (constraint.contype(), constraint.raw_expr.as_deref()) {
            (ConstrType::ConstrCheck, Some(raw)) => self.check(raw, row),
            (ConstrType::ConstrExclusion, _) => {
                if let Some(condition) = constraint.where_clause.as_deref() {
                    let value = self.defined(condition, vec![row.clone()], PREDICATE);
                    self.be_boolean(&value, "WHERE");
                }
            }
            _ => {}
        }
    }

    pub(super) fn default(&mut self, raw: &Node, column: &str, ty: &TypeRef) {
        let reported = self.out.diagnostics.len();
        // No column can be named: that is said in other words.
        if let Some(at) = first_column(raw) {
            self.report_at(at, "0A000", "cannot use column reference in DEFAULT expression");
            return;
        }
        let value = self.defined(raw, Vec::new(), DEFAULT);
        if self.out.diagnostics.len() == reported {
            self.default_of_type(&value, column, ty);
        }
    }

    fn check(&mut self, raw: &Node, row: &Arc<RangeItem>) {
        let reported = self.out.diagnostics.len();
        let value = self.defined(raw, vec![row.clone()], CHECK);
        self.be_boolean(&value, "CHECK");
        if self.out.diagnostics.len() == reported {
            self.names_of_check(raw, row);
        }
    }

    fn generated(
        &mut self,
        raw: &Node,
        column: &ColumnDef,
        ty: &TypeRef,
        row: &Arc<RangeItem>,
        generated: &GeneratedColumns,
        is_virtual: bool,
    ) {
        let reported = self.out.diagnostics.len();
        let value = self.defined(raw, vec![row.clone()], GENERATED);
        let own = self.defined_own;
        if self.out.diagnostics.len() == reported {
            self.names_of_generated(raw, row, generated);
        }
        if self.out.diagnostics.len() == reported {
            self.default_of_type(&value, &column.colname, ty);
        }
        if self.out.diagnostics.len() == reported && is_virtual {
            self.can_be_virtual(raw, column, ty, row, own);
        }
    }

    /// `cookDefault`
    fn default_of_type(&mut self, value: &Typed, column: &str, ty: &TypeRef) {
        if self.becomes(value, ty, Context::Assignment) == Answer::No {
            let (wanted, is) = (self.types.print(ty), self.types.print(&value.ty));
            let message =
                format!("column \"{column}\" is of type {wanted} but default expression is of type {is}");
            let hint = "You will need to rewrite or cast the expression.";
            self.report_hinting(value.location, "42804", message, Some(hint));
        }
    }

    pub(super) fn alter_table(&mut self, alter: &AlterTableStmt) {
        let Some(range) = &alter.relation else { return };
        let opened = self.quietly(|this| this.open(range, Purpose::Define));
        // What one command adds the next can name.
        let mut row = match &opened {
            Opened::Relation(relation) => item(self.types, relation, None),
            _ => unknown_item(&range.relname),
        };
        let mut generated = match &opened {
            Opened::Relation(relation) => GeneratedColumns::of(relation),
            _ => GeneratedColumns::default(),
        };
        let before = self.out.diagnostics.len();
        let mut retyped: Vec<(&ColumnDef, &str)> = Vec::new();
        for node in &alter.cmds {
            let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { continue };
            let def = command.def.as_ref().and_then(|def| def.node.as_ref());
            let is_of_column =
                matches!(command.subtype(), AlterTableType::AtDropColumn | AlterTableType::AtAlterColumnType);
            let reported = self.out.diagnostics.len();
            match (command.subtype(), def) {
                (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(column)))
                    if command.missing_ok
                        && (row.column(&column.colname).is_some() || row.unknown_columns) => {}
                (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(column))) => {
                    let ty = self.quietly(|this| this.column_type(column.type_name.as_ref()));
                    if row.column(&column.colname).is_none() {
                        row.columns.push(own_column(self.types, column, ty));
                    }
                    let row = Arc::new(row.clone());
                    generated.add(column);
                    self.column_definition(column, &range.relname, &row, &generated);
                    for constraint in constraints(&column.constraints) {
                        self.constraint_index(constraint, &column.colname, &row);
                    }
                }
                (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(constraint))) => {
                    let row = Arc::new(row.clone());
                    self.table_constraint(constraint, &row);
                    self.constraint_index(constraint, "", &row);
                }
                (AlterTableType::AtAttachPartition, Some(NodeEnum::PartitionCmd(partition))) => {
                    if let (Some(bound), Opened::Relation(parent)) = (&partition.bound, &opened) {
                        self.partition_bound(bound, parent);
                    }
                }
                (AlterTableType::AtColumnDefault, Some(_)) => {
                    let ty = row.column(&command.name).map(|column| column.ty.clone());
                    if let (Some(raw), Some(ty)) = (command.def.as_deref(), ty) {
                        self.default(raw, &command.name, &ty);
                    }
                }
                (AlterTableType::AtSetExpression, Some(_)) => {
                    if let (Some(raw), Opened::Relation(relation)) = (command.def.as_deref(), &opened)
                        && let Some(known) = relation.column(&command.name)
                        && known.generated.is_some()
                    {
                        let column = ColumnDef { colname: command.name.clone(), ..ColumnDef::default() };
                        let row = Arc::new(row.clone());
                        self.generated(raw, &column, &known.ty, &row, &generated, known.is_virtual());
                    }
                }
                (AlterTableType::AtAlterColumnType, Some(NodeEnum::ColumnDef(column))) => {
                    let ty = self.quietly(|this| this.column_type(column.type_name.as_ref()));
                    // Only rows that are there are changed.
                    let has_rows = match &opened {
                        Opened::Relation(relation) => {
                            matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable)
                        }
                        _ => true,
                    };
                    match has_rows {
                        true => self.change_of_type(&command.name, column, &ty, &row),
                        false => self.collate_clause(column.coll_clause.as_deref(), &ty),
                    }
                    if let Some(known) = row.columns.iter_mut().find(|known| *known.name == *command.name) {
                        known.collation = own_column(self.types, column, ty.clone()).collation;
                        known.ty = ty;
                    }
                    retyped.push((column, command.name.as_str()));
                }
                _ => {}
            }
            if let (Opened::Relation(relation), AlterTableType::AtDropConstraint) =
                (&opened, command.subtype())
            {
                self.is_grouped_by_no_view(relation, command);
            }
            if let (Opened::Relation(relation), true) = (&opened, is_of_column)
                && self.out.diagnostics.len() == reported
            {
                self.is_free_of_views(relation, command);
            }
        }
        if let (Opened::Relation(relation), true) = (&opened, self.out.diagnostics.len() == before) {
            for (column, name) in retyped {
                self.checks_take(relation, &row, column, name, alter);
            }
        }
    }

    /// A policy's USING and WITH CHECK.
    pub(super) fn policy(&mut self, table: Option<&RangeVar>, using: Option<&Node>, check: Option<&Node>) {
        let Some(range) = table else { return };
        let opened = self.quietly(|this| this.open(range, Purpose::Define));
        let Opened::Relation(relation) = opened else { return };
        for node in [using, check].into_iter().flatten() {
            let mut scope = self.query_scope(vec![Arc::new(item(self.types, &relation, None))]);
            scope.place = Place::plain("policy expressions");
            self.scopes.push(scope);
            let value = self.expr(node);
            self.be_boolean(&value, "POLICY");
            self.scopes.pop();
        }
    }

    /// What statistics are kept of; columns are looked at where they are made.
    pub(super) fn statistics(&mut self, create: &CreateStatsStmt) {
        let [Node { node: Some(NodeEnum::RangeVar(range)) }] = create.relations.as_slice() else { return };
        let opened = self.quietly(|this| this.open(range, Purpose::Define));
        let Opened::Relation(relation) = opened else { return };
        let row = Arc::new(item(self.types, &relation, None));
        for node in &create.exprs {
            if let Some(NodeEnum::StatsElem(element)) = &node.node
                && let Some(expression) = element.expr.as_deref()
                && !matches!(expression.node, Some(NodeEnum::ColumnRef(_)))
            {
                self.defined(expression, vec![row.clone()], STATISTICS);
            }
        }
    }

    /// A domain's default and checks, which know its value.
    pub(super) fn domain(&mut self, ty: TypeRef, constraints: &[Node], name: &str) {
        for node in constraints {
            let Some(NodeEnum::Constraint(constraint)) = &node.node else { continue };
            let Some(raw) = constraint.raw_expr.as_deref() else { continue };
            match constraint.contype() {
                ConstrType::ConstrCheck => {
                    let column = derived("value".into(), ty.clone());
                    let row = RangeItem { unnamed: true, columns: vec![column], ..RangeItem::default() };
                    let value = self.defined(raw, vec![Arc::new(row)], CHECK);
                    self.be_boolean(&value, "CHECK");
                }
                ConstrType::ConstrDefault => self.default(raw, name, &ty),
                _ => {}
            }
        }
    }
}

fn constraints(nodes: &[Node]) -> impl Iterator<Item = &Constraint> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::Constraint(constraint)) => Some(&**constraint),
        _ => None,
    })
}

fn own_column(types: Types, column: &ColumnDef, ty: TypeRef) -> ScopeColumn {
    let collation = column.coll_clause.as_ref().and_then(|clause| strings(&clause.collname).pop());
    let own = match collation {
        Some(name) => Collation::implicit(name, -1),
        None => collate::of_type(types, &ty),
    };
    ScopeColumn { collation: own, ..derived(column.colname.as_str().into(), ty) }
}

/// Where the first query within an expression stands.
pub(super) fn first_query(node: &Node) -> Option<i32> {
    find(node, &mut |node| match node {
        NodeEnum::SubLink(link) => Some(link.location),
        _ => None,
    })
}

/// Where the first column that an expression names stands.
pub(super) fn first_column(node: &Node) -> Option<i32> {
    find(node, &mut |node| match node {
        NodeEnum::ColumnRef(column) if !strings(&column.fields).is_empty() => Some(column.location),
        _ => None,
    })
}

pub(super) fn find(node: &Node, is: &mut dyn FnMut(&NodeEnum) -> Option<i32>) -> Option<i32> {
    let inner = node.node.as_ref()?;
    if let Some(found) = is(inner) {
        return Some(found);
    }
    if matches!(inner, NodeEnum::SubLink(_)) {
        return None;
    }
    let mut below = Vec::new();
    crate::syntax::children::children(inner, &mut |child| below.push(child));
    below.into_iter().find_map(|child| find(child, is))
}
