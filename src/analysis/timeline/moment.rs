//! The catalog between two statements, with the transaction that is open there.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::branch::{Branch, Certainty};
use super::databases::Databases;
use crate::analysis::Session;
use crate::catalog::model::Catalog;
use crate::syntax::ast::{self, TransactionStmtKind};

/// The catalog between two statements, with what a ROLLBACK would bring back and what psql knows there.
#[derive(Clone, Debug)]
pub struct Moment {
    pub catalog: Arc<Catalog>,
    pub(super) transaction: Option<Arc<Transaction>>,
    /// What the script has prepared, opened and set in the session, if anything.
    pub(super) session: Option<Arc<Session>>,
    /// `\set AUTOCOMMIT off`: every statement is in a transaction.
    pub(super) manual_commit: bool,
    /// The branch of `\if` that this is in, or the file that is included within one.
    pub(super) branch: Option<Arc<Branch>>,
    /// What is known of other databases, once one was made or connected to.
    pub(super) databases: Option<Arc<Databases>>,
    pub(super) folder: Folder,
    /// What fails here stops a framework, so what is behind it was written for where it did not.
    pub(super) in_history: bool,
}

/// Where `\cd` led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Folder {
    /// Where psql was started.
    #[default]
    Start,
    /// A folder counted from there.
    Below(Arc<str>),
    Unknown,
}

/// An open transaction block.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    start: Arc<Catalog>,
    savepoints: Vec<(String, Arc<Catalog>)>,
    /// Something has failed in it, so that what follows does nothing, and COMMIT takes all back.
    failed: bool,
}

impl Moment {
    pub fn new(catalog: Arc<Catalog>) -> Moment {
        Moment {
            catalog,
            transaction: None,
            session: None,
            manual_commit: false,
            branch: None,
            databases: None,
            folder: Folder::Start,
            in_history: false,
        }
    }

    /// Before a file of a history, which frameworks run in a transaction of its own.
    pub fn of_history(catalog: Arc<Catalog>) -> Moment {
        let mut moment = Moment { in_history: true, ..Moment::new(catalog) };
        moment.end_local_settings();
        moment
    }

    /// What SET LOCAL set is gone.
    pub(super) fn end_local_settings(&mut self) {
        if self.catalog.kept.is_some() {
            let mut after = (*self.catalog).clone();
            after.end_local_settings();
            self.catalog = Arc::new(after);
        }
    }

    /// What tells it from another, as far as it matters to what is said of statements.
    pub fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.catalog.revision().hash(&mut hasher);
        (self.manual_commit, self.in_history, self.certainty() as u8).hash(&mut hasher);
        if let Some(transaction) = &self.transaction {
            transaction.start.revision().hash(&mut hasher);
            for (name, catalog) in &transaction.savepoints {
                (name, catalog.revision()).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Whether what follows would come to the same.
    pub(super) fn is(&self, other: &Moment) -> bool {
        self.catalog.revision() == other.catalog.revision() && self.is_only_another_catalog(other)
    }

    /// Whether they differ in the catalog at most.
    pub(super) fn is_only_another_catalog(&self, other: &Moment) -> bool {
        is_same(&self.transaction, &other.transaction)
            && is_same(&self.databases, &other.databases)
            && self.session == other.session
            && self.manual_commit == other.manual_commit
            && self.in_history == other.in_history
            && self.folder == other.folder
            && Branch::is_same(self.branch.as_ref(), other.branch.as_ref())
    }

    /// Whether what stands here is in a transaction block that the script has begun.
    pub(super) fn is_in_block(&self) -> bool {
        self.transaction.is_some() && !self.manual_commit
    }

    /// Whether what stands here may not write.
    pub(super) fn is_read_only(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_read_only(self.transaction.is_some()))
    }

    /// Behind a statement of a transaction block that fails.
    pub(super) fn fail(&mut self) {
        if let Some(transaction) = self.transaction.as_ref().filter(|_| self.is_in_block())
            && !transaction.failed
        {
            self.transaction =
                Some(Arc::new(Transaction { failed: true, ..Transaction::clone(transaction) }));
        }
    }

    /// What changes the session.
    pub(super) fn change_session(&mut self, change: impl FnOnce(&mut Session)) {
        let mut session = self.session.as_deref().cloned().unwrap_or_default();
        change(&mut session);
        let is_something = session != *Session::nothing();
        self.session = is_something.then(|| Arc::new(session));
    }

    /// Whether what stands here runs.
    pub(super) fn certainty(&self) -> Certainty {
        self.branch.as_ref().map_or(Certainty::Runs, |branch| branch.certainty())
    }

    /// Behind what may have changed anything.
    pub(super) fn forget(&mut self) {
        let mut after = (*self.catalog).clone();
        if after.forget() {
            self.catalog = Arc::new(after);
        }
    }

    /// What a history that ends here leaves: the one database that something was made in.
    pub(super) fn head(&self) -> Arc<Catalog> {
        self.databases.as_ref().map_or(&self.catalog, |databases| databases.head(&self.catalog)).clone()
    }

    /// A transaction begins, if none is open.
    pub(super) fn begin(&mut self) {
        self.transaction.get_or_insert_with(|| Arc::new(Transaction::new(self.catalog.clone())));
    }

    /// The moment behind BEGIN, COMMIT, ROLLBACK or a savepoint's statement.
    pub(super) fn after(&self, statement: &ast::TransactionStmt) -> Moment {
        let mut after = self.behind(statement);
        after.change_session(|session| session.transact(statement, self.transaction.is_some()));
        if after.manual_commit {
            after.begin();
        }
        after
    }

    fn behind(&self, statement: &ast::TransactionStmt) -> Moment {
        let Ok(kind) = TransactionStmtKind::try_from(statement.kind) else { return self.clone() };
        let open = |transaction: Transaction, catalog: &Arc<Catalog>| Moment {
            catalog: catalog.clone(),
            transaction: Some(Arc::new(transaction)),
            ..self.clone()
        };
        match (kind, &self.transaction) {
            (TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart, None) => {
                open(Transaction::new(self.catalog.clone()), &self.catalog)
            }
            (TransactionStmtKind::TransStmtRollback, Some(transaction)) => {
                let catalog = transaction.start.clone();
                // AND CHAIN begins another transaction at once.
                let transaction = statement.chain.then(|| Arc::new(Transaction::new(catalog.clone())));
                Moment { catalog, transaction, ..self.clone() }
            }
            (
                TransactionStmtKind::TransStmtCommit | TransactionStmtKind::TransStmtPrepare,
                Some(transaction),
            ) => {
                let mut after = self.clone();
                // The catalog is as it was at first now. What failed is going to be mended, though, and what is behind
                // it is not to be wrong because of it.
                if transaction.failed && transaction.start.revision() != self.catalog.revision() {
                    after.catalog = Arc::new(transaction.start.or(&self.catalog));
                }
                after.end_local_settings();
                let start = after.catalog.clone();
                after.transaction = statement.chain.then(|| Arc::new(Transaction::new(start)));
                after
            }
            // What has failed takes nothing but its end, and the way back.
            (
                TransactionStmtKind::TransStmtSavepoint | TransactionStmtKind::TransStmtRelease,
                Some(transaction),
            ) if transaction.failed => self.clone(),
            (TransactionStmtKind::TransStmtSavepoint, Some(transaction)) => {
                let mut transaction = Transaction::clone(transaction);
                transaction.savepoints.push((statement.savepoint_name.clone(), self.catalog.clone()));
                open(transaction, &self.catalog)
            }
            (TransactionStmtKind::TransStmtRollbackTo, Some(transaction)) => {
                let mut transaction = Transaction::clone(transaction);
                let Some(at) = transaction.savepoint(&statement.savepoint_name) else { return self.clone() };
                transaction.savepoints.truncate(at + 1);
                transaction.failed = false;
                let catalog = transaction.savepoints[at].1.clone();
                open(transaction, &catalog)
            }
            (TransactionStmtKind::TransStmtRelease, Some(transaction)) => {
                let mut transaction = Transaction::clone(transaction);
                let Some(at) = transaction.savepoint(&statement.savepoint_name) else { return self.clone() };
                transaction.savepoints.truncate(at);
                open(transaction, &self.catalog)
            }
            _ => self.clone(),
        }
    }
}

/// Whether both are the same object, or nothing.
pub(super) fn is_same<T>(one: &Option<Arc<T>>, other: &Option<Arc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

impl Transaction {
    fn new(start: Arc<Catalog>) -> Transaction {
        Transaction { start, savepoints: Vec::new(), failed: false }
    }

    /// The newest savepoint of that name.
    fn savepoint(&self, name: &str) -> Option<usize> {
        self.savepoints.iter().rposition(|(other, _)| other == name)
    }
}
