//! What a relation may have beside columns, constraints and indexes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::model::{Name, QualifiedName};
use super::relation::{Options, ViewQuery, is_default, is_false};

/// When a trigger or a rule fires (`session_replication_role`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enabled {
    #[default]
    Origin,
    Always,
    Replica,
    Disabled,
}

impl Enabled {
    /// By `tgenabled`, `ev_enabled` or `evtenabled`.
    pub fn of_letter(letter: char) -> Enabled {
        match letter {
            'A' => Enabled::Always,
            'R' => Enabled::Replica,
            'D' => Enabled::Disabled,
            _ => Enabled::Origin,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Enabled::Origin => "origin",
            Enabled::Always => "always",
            Enabled::Replica => "replica",
            Enabled::Disabled => "disabled",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub name: Name,
    /// The function it calls.
    pub function: QualifiedName,
    #[serde(default, skip_serializing_if = "is_default")]
    pub enabled: Enabled,
    /// As `pg_get_triggerdef` prints it.
    pub definition: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

impl Trigger {
    /// Whether it fires at that time (` BEFORE `, ` INSTEAD OF `) of an event; also where its name has ` ON ` in it, and
    /// that cannot be told.
    pub fn fires(&self, time: &str, event: &str) -> bool {
        let named = super::quote::identifier(&self.name);
        let Some((_, rest)) = self.definition.split_once(&*named) else { return true };
        let timing = rest.split(" ON ").next().unwrap_or_default();
        timing.contains(time) && timing.contains(event)
    }

    /// Whether it fires for each row.
    pub fn is_for_rows(&self) -> bool {
        self.definition.contains(" FOR EACH ROW ")
    }
}

impl Policy {
    /// Stands among the roles for CURRENT_USER and its like, where nothing tells who ran the script.
    pub const WHOEVER_RAN: &str = "CURRENT_USER";
}

/// CREATE RULE
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub name: Name,
    pub event: Event,
    #[serde(default, skip_serializing_if = "is_false")]
    pub instead: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub enabled: Enabled,
    /// As `pg_get_ruledef` prints it when read from a database, as written when folded.
    pub definition: ViewQuery,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

impl Event {
    pub fn word(self) -> &'static str {
        match self {
            Event::All => "ALL",
            Event::Select => "SELECT",
            Event::Insert => "INSERT",
            Event::Update => "UPDATE",
            Event::Delete => "DELETE",
        }
    }
}

/// CREATE POLICY
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub name: Name,
    pub event: Event,
    pub permissive: bool,
    /// In order; none is PUBLIC.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Name>,
    /// USING, as `pg_get_expr` prints it, unless a query stands in it, which is as written when folded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<Name>,
    /// WITH CHECK, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSecurity {
    pub enabled: bool,
    /// For the owner too.
    pub forced: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaIdentity {
    #[default]
    Default,
    Full,
    Nothing,
    Index(Name),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceParameters {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: Name,
    pub start: i64,
    pub increment: i64,
    pub minimum: i64,
    pub maximum: i64,
    pub cache: i64,
    pub cycle: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignTable {
    pub server: Name,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
}

/// Puts an item in its place by name.
pub(super) fn put<T>(items: &mut Vec<Arc<T>>, item: T, name: impl Fn(&T) -> &Name) {
    items.retain(|other| name(other) != name(&item));
    items.push(Arc::new(item));
    items.sort_by(|a, b| name(a).cmp(name(b)));
}
