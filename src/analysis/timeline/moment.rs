//! The catalog between two statements, with the transaction that is open there.

use std::sync::Arc;

use crate::catalog::model::Catalog;
use crate::syntax::ast::{self, TransactionStmtKind};

/// The catalog between two statements, with what a ROLLBACK would bring back.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub catalog: Arc<Catalog>,
    pub transaction: Option<Arc<Transaction>>,
    /// The innermost `\if` of psql's that is open.
    pub conditions: Option<Arc<Condition>>,
}

/// A part of a script that psql runs on a condition.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// The catalog before it.
    pub entry: Arc<Catalog>,
    /// What is certain behind each of the parts that ended.
    pub ends: Option<Arc<Catalog>>,
    pub has_else: bool,
    /// psql never runs the part that is open.
    pub is_skipped: bool,
    pub outer: Option<Arc<Condition>>,
}

impl Condition {
    pub fn new(entry: Arc<Catalog>, is_skipped: bool, outer: Option<Arc<Condition>>) -> Condition {
        Condition { entry, ends: None, has_else: false, is_skipped, outer }
    }

    /// What is certain behind all parts so far, where `catalog` is behind the one that is open.
    pub fn ends_with(&self, catalog: &Arc<Catalog>) -> Arc<Catalog> {
        match &self.ends {
            Some(ends) => Arc::new(ends.agreed(catalog)),
            None => catalog.clone(),
        }
    }
}

/// An open transaction block.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    start: Arc<Catalog>,
    savepoints: Vec<(String, Arc<Catalog>)>,
}

impl Moment {
    pub fn new(catalog: Arc<Catalog>) -> Moment {
        Moment { catalog, transaction: None, conditions: None }
    }

    /// Whether what follows would come to the same.
    pub fn is(&self, other: &Moment) -> bool {
        fn same<T>(one: &Option<Arc<T>>, other: &Option<Arc<T>>) -> bool {
            match (one, other) {
                (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                (one, other) => one.is_none() && other.is_none(),
            }
        }
        same(&self.transaction, &other.transaction)
            && same(&self.conditions, &other.conditions)
            && self.catalog.revision() == other.catalog.revision()
    }

    /// The moment behind BEGIN, COMMIT, ROLLBACK or a savepoint's statement.
    pub fn after(&self, statement: &ast::TransactionStmt) -> Moment {
        let Ok(kind) = TransactionStmtKind::try_from(statement.kind) else { return self.clone() };
        let open = |transaction: Transaction, catalog: &Arc<Catalog>| Moment {
            catalog: catalog.clone(),
            transaction: Some(Arc::new(transaction)),
            conditions: self.conditions.clone(),
        };
        match (kind, &self.transaction) {
            (TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart, None) => {
                open(Transaction { start: self.catalog.clone(), savepoints: Vec::new() }, &self.catalog)
            }
            (TransactionStmtKind::TransStmtRollback, Some(transaction)) => {
                let catalog = transaction.start.clone();
                // AND CHAIN begins another transaction at once.
                let transaction = statement
                    .chain
                    .then(|| Arc::new(Transaction { start: catalog.clone(), savepoints: Vec::new() }));
                Moment { catalog, transaction, ..self.clone() }
            }
            (TransactionStmtKind::TransStmtCommit | TransactionStmtKind::TransStmtPrepare, Some(_)) => {
                let start = self.catalog.clone();
                let transaction =
                    statement.chain.then(|| Arc::new(Transaction { start, savepoints: Vec::new() }));
                Moment { transaction, ..self.clone() }
            }
            (TransactionStmtKind::TransStmtSavepoint, Some(transaction)) => {
                let mut transaction = Transaction::clone(transaction);
                transaction.savepoints.push((statement.savepoint_name.clone(), self.catalog.clone()));
                open(transaction, &self.catalog)
            }
            (TransactionStmtKind::TransStmtRollbackTo, Some(transaction)) => {
                let mut transaction = Transaction::clone(transaction);
                let Some(at) = transaction.savepoint(&statement.savepoint_name) else { return self.clone() };
                transaction.savepoints.truncate(at + 1);
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

impl Transaction {
    /// The newest savepoint of that name.
    fn savepoint(&self, name: &str) -> Option<usize> {
        self.savepoints.iter().rposition(|(other, _)| other == name)
    }
}
