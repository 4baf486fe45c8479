//! Whether the rows that UPDATE and DELETE change can be told to subscribers (`CheckCmdReplicaIdentity`), and the
//! conditions by which a publication picks rows.

use std::sync::Arc;

use super::place::Place;
use super::relation::{Opened, item};
use super::statement::Analyzer;
use super::{Diagnostic, Purpose};
use crate::catalog::model::{
    ConstraintKind, Entity, EntityKind, Generated, IndexTarget, Name, Persistence, QualifiedName, Relation,
    RelationKind, ReplicaIdentity, Value,
};
use crate::syntax::ast::{Node, NodeEnum, RangeVar};
use crate::syntax::{ast, grammar};

/// What is done to rows that are there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Update,
    Delete,
}

impl Change {
    fn word(self) -> &'static str {
        match self {
            Change::Update => "update",
            Change::Delete => "delete",
        }
    }
}

/// A publication that has a table, and under which of its names: its own, or the one of a table that it is a part of.
struct Published<'a> {
    publication: &'a Entity,
    part: Option<Arc<Entity>>,
}

impl Analyzer<'_> {
    /// The conditions of a publication's tables.
    pub(super) fn publication(&mut self, objects: &[Node]) {
        for node in objects {
            let Some(NodeEnum::PublicationObjSpec(object)) = &node.node else { continue };
            let Some(table) = &object.pubtable else { continue };
            let (Some(range), Some(condition)) = (&table.relation, table.where_clause.as_deref()) else {
                continue;
            };
            let opened = self.quietly(|this| this.open(range, Purpose::Define));
            let Opened::Relation(relation) = opened else { continue };
            let row = Arc::new(item(self.types, &relation, None));
            let mut scope = self.query_scope(vec![row.clone()]);
            scope.place = Place::plain("WHERE");
            self.scopes.push(scope);
            let reported = self.out.diagnostics.len();
            let before = self.begin_mutable();
            let value = self.expr(condition);
            self.be_boolean(&value, "PUBLICATION WHERE");
            let own = self.own_part();
            let mutable = self.end_mutable(before);
            if self.out.diagnostics.len() == reported {
                self.simple_condition(condition, &row, mutable, own);
            }
            self.scopes.pop();
        }
    }

    /// PostgreSQL's error where a publication's subscribers could not find the rows that are changed. It comes when the
    /// statement runs, after all others.
    pub(super) fn check_replica_identity(&mut self, range: Option<&RangeVar>, change: Change, picks: bool) {
        let Some(range) = range.filter(|_| !self.catalog.unknown_names && self.out.diagnostics.is_empty())
        else {
            return;
        };
        let publications: Vec<Arc<Entity>> = (self.catalog.entities.values().flatten())
            .filter(|entity| entity.kind == EntityKind::Publication)
            .cloned()
            .collect();
        if publications.is_empty() {
            return;
        }
        let Opened::Relation(relation) = self.quietly(|this| this.open(range, Purpose::Write)) else {
            return;
        };
        let failing = self.changed_tables(&relation, picks).into_iter().find_map(|table| {
            let message = self.cannot_replicate(&table, &publications, change)?;
            Some((message, table))
        });
        let Some(((sqlstate, message), _)) = failing else { return };
        let parts = 1 + usize::from(!range.schemaname.is_empty());
        if let Some(span) = self.tokens.part(range.location, parts - 1) {
            self.report(Diagnostic::new(span, sqlstate, message));
        }
    }

    /// The tables whose rows are certainly looked at: of a partitioned one its partitions, unless a condition may
    /// leave some of them out.
    fn changed_tables(&self, relation: &Arc<Relation>, picks: bool) -> Vec<Arc<Relation>> {
        match relation.kind {
            RelationKind::Table => vec![relation.clone()],
            RelationKind::PartitionedTable if !picks => {
                let name = relation.qualified_name();
                let schemas = self.catalog.schemas.values();
                let children = schemas.flat_map(|schema| {
                    let names = schema.children(&name).into_iter();
                    names.filter_map(|child| schema.relations.get(&child).cloned()).collect::<Vec<_>>()
                });
                children.flat_map(|child| self.changed_tables(&child, picks)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn cannot_replicate(
        &self,
        table: &Arc<Relation>,
        publications: &[Arc<Entity>],
        change: Change,
    ) -> Option<(&'static str, String)> {
        if table.unknown_columns || table.persistence != Persistence::Permanent {
            return None;
        }
        let word = change.word();
        let preposition = if change == Change::Update { "" } else { "from " };
        let publishes = |publication: &&Arc<Entity>| match publication.get("publish") {
            Some(Value::Texts(actions)) => actions.iter().any(|action| **action == *word),
            _ => false,
        };
        let published: Vec<Published> = (publications.iter())
            .filter(publishes)
            .filter_map(|publication| self.published(table, publication))
            .collect();
        if published.is_empty() {
            return None;
        }
        let identity = identity(table)?;
        let is_full = table.replica_identity == ReplicaIdentity::Full;
        if published.iter().any(|published| self.is_short(table, published, &identity, is_full)) {
            return Some(("42P10", format!("cannot {word} {preposition}table \"{}\"", table.name)));
        }
        if identity.is_empty() && !is_full {
            let message = format!(
                "cannot {word} {preposition}table \"{}\" because it does not have a replica identity and publishes {word}s",
                table.name
            );
            return Some(("55000", message));
        }
        None
    }

    /// How a publication has a table, if it has it.
    fn published<'e>(&self, table: &Arc<Relation>, publication: &'e Entity) -> Option<Published<'e>> {
        let has_schema = |schema: &Name| {
            let named = self.catalog.entities_named(EntityKind::PublicationSchema, None, &publication.name);
            named.iter().any(|part| part.get("schema") == Some(&Value::Schema(schema.clone())))
        };
        let part_of = |name: &QualifiedName| {
            let named = self.catalog.entities_named(EntityKind::PublicationTable, None, &publication.name);
            named.into_iter().find(|part| part.get("table") == Some(&Value::Relation(name.clone()))).cloned()
        };
        let mut name = table.qualified_name();
        let mut own = part_of(&name);
        let mut is_published =
            own.is_some() || has_schema(&name.schema) || publication.get("all tables").is_some();
        let by_root = publication.get("via partition root").is_some();
        while let Some(above) = self.partitioned(&name) {
            let part = part_of(&above);
            let has = part.is_some() || has_schema(&above.schema);
            if has && by_root {
                own = part;
            }
            is_published |= has;
            name = above;
        }
        let part = own.filter(|_| publication.get("all tables").is_none());
        is_published.then_some(Published { publication, part })
    }

    /// The table that a table is a partition of.
    fn partitioned(&self, name: &QualifiedName) -> Option<QualifiedName> {
        let relation = self.catalog.relation(Some(&name.schema), &name.name)?;
        relation.partition_bound.as_ref()?;
        relation.parents.first().cloned()
    }

    /// Whether the identity lacks a column that the publication's condition needs, or the publication one that the
    /// identity has.
    fn is_short(&self, table: &Relation, published: &Published, identity: &[Name], is_full: bool) -> bool {
        // Publications have neither columns nor conditions before.
        if self.types.major < 15 {
            return false;
        }
        let part = published.part.as_deref();
        let condition = part.and_then(|part| part.text("condition"));
        if !is_full
            && let Some(condition) = condition
            && columns_in(condition, table).iter().any(|column| !identity.contains(column))
        {
            return true;
        }
        if let Some(Value::Texts(columns)) = part.and_then(|part| part.get("columns")) {
            return is_full || identity.iter().any(|column| !columns.contains(column));
        }
        // All columns are told but those that are computed, from the version on that can tell those.
        let tells_stored = published.publication.get("generated columns").is_some();
        let is_untold = |name: &Name| match table.column(name).and_then(|column| column.generated) {
            Some(Generated::Stored) => !tells_stored,
            Some(Generated::Virtual) => true,
            None => false,
        };
        let all: Vec<Name> = match is_full {
            true => table.columns.iter().map(|column| column.name.clone()).collect(),
            false => identity.to_vec(),
        };
        self.types.major >= 18 && all.iter().any(is_untold)
    }
}

/// The columns by which a row is told; none of them where it is told whole. `None` if that cannot be known.
fn identity(table: &Relation) -> Option<Vec<Name>> {
    match &table.replica_identity {
        ReplicaIdentity::Full | ReplicaIdentity::Nothing => Some(Vec::new()),
        ReplicaIdentity::Default => {
            let mut keys = table.constraints.iter().filter(|key| key.kind == ConstraintKind::PrimaryKey);
            Some(keys.find(|key| !key.deferrable).map(|key| key.columns.clone()).unwrap_or_default())
        }
        ReplicaIdentity::Index(name) => {
            let Some(index) = table.indexes.iter().find(|index| index.name == *name) else {
                return Some(Vec::new());
            };
            let columns = index.keys.iter().map(|key| match &key.target {
                IndexTarget::Column(name) => Some(name.clone()),
                IndexTarget::Expression(_) => None,
            });
            columns.collect()
        }
    }
}

/// The table's columns that a condition, as PostgreSQL prints it, has in it.
fn columns_in(condition: &str, table: &Relation) -> Vec<Name> {
    let (tokens, _) = grammar::scan(condition);
    let text = |token: &grammar::Token| grammar::folded(&condition[token.span.range()]);
    let is_column = |n: usize| {
        let is_type = n > 0 && tokens[n - 1].kind == ast::Token::Typecast;
        let is_call = tokens.get(n + 1).is_some_and(|next| next.is_char(b'('));
        tokens[n].is_name() && !is_type && !is_call
    };
    let names = (0..tokens.len()).filter(|n| is_column(*n)).map(|n| text(&tokens[n]));
    names.filter_map(|name| table.column(&name).map(|column| column.name.clone())).collect()
}
