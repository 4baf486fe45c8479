//! What a statement does to a running database: locks, rewrites, scans, index builds.
//!
//! The answer is worked out from the tree and from the catalog as it is before the statement; `tests/effects.rs`
//! compares it with what running servers do. What cannot be known is left out, or said as a "may".

mod alter_column;
mod alter_table;
mod builder;
mod constraints;
mod create;
mod dispatch;
mod drop;
mod explain;
mod lock_mode;
mod maintenance;
mod misc;
mod partitions;
mod query;
mod type_change;
pub(crate) mod volatility;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::catalog::{Catalog, Name, QualifiedName};
use crate::syntax::ast::NodeEnum;

pub use explain::{explain, summary};
pub use lock_mode::LockMode;

/// What running a statement takes and does. Empty for what touches no relation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effects {
    /// The strongest lock on each relation, the strongest first; held until the transaction ends.
    pub locks: Vec<RelationLock>,
    /// Tables whose rows are all written anew, their indexes with them.
    pub rewrites: Vec<QualifiedName>,
    /// Tables that are rewritten or not, by something that the statement and the catalog do not tell.
    pub may_rewrite: Vec<MayRewrite>,
    /// Tables that are read from end to end to check something.
    pub scans: Vec<Scan>,
    /// Indexes that are built on tables that exist already.
    pub index_builds: Vec<IndexBuild>,
    /// Further facts worth knowing, as sentences.
    pub notes: Vec<String>,
    /// How the same is done with less waiting, as sentences in Markdown.
    pub safer: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelationLock {
    pub relation: QualifiedName,
    pub mode: LockMode,
    pub role: Role,
}

/// What a locked relation has to do with the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The statement names it as what it acts on.
    Subject,
    /// An index that the statement acts on; the lock is on the index itself.
    Index,
    /// A partition of a subject, or about to be one.
    Partition,
    /// A child by inheritance.
    Child,
    /// The parent of a subject.
    Parent,
    /// The default partition, whose bounds change with its siblings'.
    DefaultPartition,
    /// The table that a foreign key refers to.
    Referenced,
    /// A table whose foreign key refers to a subject.
    Referencing,
    /// It depends on a subject: a view over it, or a table that uses the type or function.
    Dependent,
    /// It is only read.
    Read,
    /// The statement makes it, or only this session can see it: nobody waits for it.
    Private,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MayRewrite {
    pub relation: QualifiedName,
    /// What it depends on, as the end of a sentence that starts with "it is rewritten ".
    pub unless: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scan {
    pub relation: QualifiedName,
    pub why: ScanReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScanReason {
    Check,
    NotNull,
    /// Every row's reference is looked up.
    ForeignKey,
    /// The table that a foreign key refers to: its keys are read for the comparison.
    ReferencedKeys,
    /// A table becomes a partition: every row must be within the bounds.
    PartitionBound,
    /// The default partition: no row may belong to the new one.
    DefaultPartition,
    /// A domain's new constraint.
    Domain,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IndexBuild {
    pub table: QualifiedName,
    /// `None` where PostgreSQL picks a name that cannot be told from here.
    pub index: Option<Name>,
    /// The key: column names, and `(…)` for an expression.
    pub columns: Vec<Name>,
    pub concurrently: bool,
}

impl Effects {
    pub fn is_empty(&self) -> bool {
        *self == Effects::default()
    }

    /// The strongest lock that somebody else could wait for.
    pub fn strongest(&self) -> Option<&RelationLock> {
        self.locks.iter().find(|lock| lock.role != Role::Private)
    }

    /// What is left when relations that the same transaction or file created are of no interest: nobody else
    /// uses them yet.
    pub fn ignoring(&self, created: &BTreeSet<QualifiedName>) -> Effects {
        let mut left = self.clone();
        left.locks.retain(|lock| !created.contains(&lock.relation));
        left.rewrites.retain(|relation| !created.contains(relation));
        left.may_rewrite.retain(|may| !created.contains(&may.relation));
        left.scans.retain(|scan| !created.contains(&scan.relation));
        // Keys are read for the sake of the references to them.
        if left.scans.iter().all(|scan| scan.why == ScanReason::ReferencedKeys) {
            left.scans.clear();
        }
        left.index_builds.retain(|build| !created.contains(&build.table));
        if left.strongest().is_none() {
            left.notes.clear();
            left.safer.clear();
        }
        left
    }
}

/// The effects of one statement, run by a server of `version` (`server_version_num`) on the catalog `before`.
pub fn effects(statement: &NodeEnum, before: &Catalog, version: u32) -> Effects {
    let mut builder = builder::Builder::new(before, version);
    builder.statement(statement);
    builder.finish()
}
