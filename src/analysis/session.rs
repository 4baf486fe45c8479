//! What a session holds beside the catalog: prepared statements and open cursors, as far as the script itself makes
//! them, and whether its transactions may write. Another script of the session may have made more, so a name that is
//! not known here is none that is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use super::definition::EXECUTE;
use super::statement::Analyzer;
use super::{Analysis, Diagnostic};
use crate::catalog::apply::setting_text;
use crate::catalog::model::Name;
use crate::catalog::types::{TypeRef, parse_bool};
use crate::catalog::typing::{Answer, Context};
use crate::syntax::Parse;
use crate::syntax::ast::{
    DeclareCursorStmt, DiscardMode, ExecuteStmt, FetchStmt, Node, NodeEnum, PrepareStmt, TransactionStmt,
    TransactionStmtKind, VariableSetKind, VariableSetStmt, a_const::Val,
};
use crate::text::Span;

/// CURSOR_OPT_HOLD (parsenodes.h).
const HOLD: i32 = 0x0020;

/// The others (parsenodes.h).
const SCROLL: i32 = 0x0002;
const NO_SCROLL: i32 = 0x0004;
const INSENSITIVE: i32 = 0x0008;
const ASENSITIVE: i32 = 0x0010;

/// What options of a cursor do not go together (transformDeclareCursorStmt).
fn cursor_options(options: i32, query: &NodeEnum, major: u32) -> Option<(&'static str, &'static str)> {
    let has = |option: i32| options & option != 0;
    let locks = matches!(query, NodeEnum::SelectStmt(select) if !select.locking_clause.is_empty());
    match () {
        () if has(SCROLL) && has(NO_SCROLL) => Some(("42P11", "cannot specify both SCROLL and NO SCROLL")),
        () if has(ASENSITIVE) && has(INSENSITIVE) => {
            Some(("42P11", "cannot specify both ASENSITIVE and INSENSITIVE"))
        }
        () if locks && has(INSENSITIVE) && !has(HOLD) && !has(SCROLL) => Some(match major {
            ..14 => ("0A000", "DECLARE INSENSITIVE CURSOR ... FOR UPDATE is not supported"),
            _ => ("42P11", "DECLARE INSENSITIVE CURSOR ... FOR UPDATE is not valid"),
        }),
        () => None,
    }
}

/// What SET says of whether transactions may write.
const OF_TRANSACTIONS: [&str; 4] =
    ["default_transaction_read_only", "transaction_read_only", "TRANSACTION", "SESSION CHARACTERISTICS"];

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    prepared: BTreeMap<Name, Prepared>,
    /// The cursors that are open, each with whether it outlives its transaction.
    cursors: BTreeMap<Name, bool>,
    /// The cursors that were open and are not any more.
    closed: BTreeSet<Name>,
    /// `default_transaction_read_only`, and what it was when the open transaction began.
    default_read_only: bool,
    default_before: bool,
    /// Of the open transaction.
    read_only: bool,
}

/// A prepared statement.
#[derive(Clone, Debug)]
struct Prepared {
    parse: Arc<Parse>,
    parameters: Vec<TypeRef>,
}

impl PartialEq for Prepared {
    fn eq(&self, other: &Prepared) -> bool {
        self.parse.sql == other.parse.sql && self.parameters == other.parameters
    }
}

/// Whether a statement reads or changes what the session holds, which is `None` where nothing is known of it.
pub fn is_of_session(parse: &Parse, node: &NodeEnum, session: Option<&Session>) -> bool {
    match node {
        // Behind it nothing is known.
        NodeEnum::DoStmt(_) => session.is_some(),
        NodeEnum::VariableSetStmt(set) => {
            set.kind() == VariableSetKind::VarResetAll || OF_TRANSACTIONS.contains(&set.name.as_str())
        }
        NodeEnum::SelectStmt(_) => parse.sql.contains("transaction_read_only"),
        NodeEnum::PrepareStmt(_)
        | NodeEnum::ExecuteStmt(_)
        | NodeEnum::DeallocateStmt(_)
        | NodeEnum::DeclareCursorStmt(_)
        | NodeEnum::FetchStmt(_)
        | NodeEnum::ClosePortalStmt(_)
        | NodeEnum::DiscardStmt(_) => true,
        NodeEnum::ExplainStmt(explain) => is_execute(explain.query.as_deref()),
        NodeEnum::CreateTableAsStmt(create) => is_execute(create.query.as_deref()),
        _ => false,
    }
}

fn is_execute(query: Option<&Node>) -> bool {
    matches!(query.and_then(|query| query.node.as_ref()), Some(NodeEnum::ExecuteStmt(_)))
}

impl Session {
    /// A session of which nothing is known.
    pub fn nothing() -> &'static Session {
        static NOTHING: LazyLock<Session> = LazyLock::new(Session::default);
        &NOTHING
    }

    pub fn is_read_only(&self, in_transaction: bool) -> bool {
        if in_transaction { self.read_only } else { self.default_read_only }
    }

    /// Behind a statement that PostgreSQL takes.
    pub fn run(&mut self, parse: &Arc<Parse>, node: &NodeEnum, analysis: &Analysis, in_transaction: bool) {
        match node {
            NodeEnum::PrepareStmt(prepare) => {
                // A placeholder of another tool may be anything.
                let is_plain = parse.parameters.iter().all(|parameter| parameter.text.starts_with('$'));
                if is_plain && parse.nodes().count() == 1 {
                    let parameters = parameters(parse, prepare, analysis);
                    let prepared = Prepared { parse: parse.clone(), parameters };
                    self.prepared.insert(prepare.name.as_str().into(), prepared);
                } else {
                    self.prepared.remove(prepare.name.as_str());
                }
            }
            NodeEnum::DeallocateStmt(deallocate) => match deallocate.name.as_str() {
                "" => self.prepared.clear(),
                name => {
                    self.prepared.remove(name);
                }
            },
            NodeEnum::DeclareCursorStmt(cursor) => {
                let holds = cursor.options & HOLD != 0;
                if holds || in_transaction {
                    self.closed.remove(cursor.portalname.as_str());
                    self.cursors.insert(cursor.portalname.as_str().into(), holds);
                }
            }
            NodeEnum::ClosePortalStmt(close) => match close.portalname.as_str() {
                "" => self.close(|_| false),
                name => self.close(|(known, _)| **known != *name),
            },
            NodeEnum::DiscardStmt(discard) if discard.target() == DiscardMode::DiscardAll => {
                *self = Session::default();
            }
            // What is in its body may do any of it.
            NodeEnum::DoStmt(_) => {
                self.prepared.clear();
                self.cursors.clear();
                self.closed.clear();
                self.allow_writes();
            }
            NodeEnum::VariableSetStmt(set) => self.set(set, in_transaction),
            // `set_config('transaction_read_only', …)`.
            NodeEnum::SelectStmt(_) if parse.sql.contains("transaction_read_only") => self.allow_writes(),
            _ => {}
        }
    }

    fn close(&mut self, stays: impl Fn((&Name, &bool)) -> bool) {
        let (open, closed): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.cursors).into_iter().partition(|(name, holds)| stays((name, holds)));
        self.cursors = open;
        self.closed.extend(closed.into_keys());
    }

    /// Nothing is known of whether it may write, so it may.
    pub fn allow_writes(&mut self) {
        (self.default_read_only, self.default_before, self.read_only) = (false, false, false);
    }

    /// SET of what transactions may do.
    fn set(&mut self, set: &VariableSetStmt, in_transaction: bool) {
        let value = match set.kind() {
            VariableSetKind::VarSetValue => set.args.first().and_then(setting_text),
            VariableSetKind::VarResetAll => {
                self.default_read_only = false;
                return;
            }
            _ => None,
        };
        let is_on = value.as_deref().and_then(parse_bool) == Some(true);
        match (set.name.as_str(), set.kind()) {
            ("default_transaction_read_only", _) => self.default_read_only = is_on,
            ("transaction_read_only", _) if in_transaction => self.read_only = is_on,
            ("TRANSACTION", VariableSetKind::VarSetMulti) if in_transaction => {
                self.read_only = read_only(&set.args).unwrap_or(self.read_only);
            }
            ("SESSION CHARACTERISTICS", VariableSetKind::VarSetMulti) => {
                self.default_read_only = read_only(&set.args).unwrap_or(self.default_read_only);
            }
            _ => {}
        }
    }

    /// Behind BEGIN, COMMIT, ROLLBACK and those of savepoints, of which `in_transaction` says whether one was open.
    pub fn transact(&mut self, statement: &TransactionStmt, in_transaction: bool) {
        match TransactionStmtKind::try_from(statement.kind) {
            Ok(TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart)
                if !in_transaction =>
            {
                self.read_only = read_only(&statement.options).unwrap_or(self.default_read_only);
                self.default_before = self.default_read_only;
            }
            Ok(TransactionStmtKind::TransStmtCommit | TransactionStmtKind::TransStmtPrepare) => {
                self.close(|(_, holds)| *holds);
                self.read_only &= statement.chain;
                self.default_before = self.default_read_only;
            }
            Ok(TransactionStmtKind::TransStmtRollback) => {
                // Which of them were there before it is not kept.
                self.cursors.clear();
                self.read_only &= statement.chain;
                self.default_read_only = self.default_before;
            }
            // What was set since the savepoint is undone.
            Ok(TransactionStmtKind::TransStmtRollbackTo | TransactionStmtKind::TransStmtRelease) => {
                self.cursors.clear();
                self.closed.clear();
                self.allow_writes();
            }
            _ => {}
        }
    }
}

/// The READ ONLY or READ WRITE of a transaction's modes.
fn read_only(modes: &[Node]) -> Option<bool> {
    modes.iter().rev().find_map(|mode| match &mode.node {
        Some(NodeEnum::DefElem(mode)) if mode.defname == "transaction_read_only" => {
            match mode.arg.as_deref().and_then(|arg| arg.node.as_ref()) {
                Some(NodeEnum::AConst(value)) => match &value.val {
                    Some(Val::Ival(value)) => Some(value.ival != 0),
                    Some(Val::Boolval(value)) => Some(value.boolval),
                    // Zero is left out of the tree.
                    _ => Some(false),
                },
                _ => None,
            }
        }
        _ => None,
    })
}

/// The types of all parameters that a PREPARE has, unknown where its query has not told them.
fn parameters(parse: &Parse, prepare: &PrepareStmt, analysis: &Analysis) -> Vec<TypeRef> {
    let highest = parse.parameters.iter().map(|parameter| parameter.number as usize).max().unwrap_or(0);
    let count = highest.max(prepare.argtypes.len()).max(analysis.parameters.len());
    let mut parameters = analysis.parameters.clone();
    parameters.resize(count, TypeRef::Unknown);
    parameters
}

impl Analyzer<'_> {
    /// A statement that has no place of its own in the tree: the error stands for all of it.
    pub(super) fn report_whole(&mut self, diagnostic: Diagnostic) {
        let span = self.tokens.get(0).map_or(Span::at(0), |token| token.span);
        self.report(Diagnostic { span, ..diagnostic });
    }

    pub(super) fn prepare(&mut self, prepare: &PrepareStmt) {
        let types: Vec<TypeRef> = prepare
            .argtypes
            .iter()
            .map(|node| match &node.node {
                Some(NodeEnum::TypeName(name)) => self.type_name(Some(name)),
                _ => TypeRef::Unknown,
            })
            .collect();
        let declared = types.len();
        self.given = types.clone();
        if let Some(node) = prepare.query.as_ref().and_then(|query| query.node.as_ref()) {
            self.statement(node);
        }
        let known = &mut self.out.parameters;
        known.resize(known.len().max(declared), TypeRef::Unknown);
        known[..declared].clone_from_slice(&types);
        // It is kept under its name last.
        if self.out.diagnostics.is_empty() && self.session.prepared.contains_key(prepare.name.as_str()) {
            let message = format!("prepared statement \"{}\" already exists", prepare.name);
            self.report_whole(Diagnostic::new(Span::at(0), "42P05", message));
        }
    }

    pub(super) fn execute(&mut self, execute: &ExecuteStmt) {
        let prepared = self.session.prepared.get(execute.name.as_str()).cloned();
        // One that takes none does not look at what it is given (ExecuteQuery).
        if let Some(prepared) = &prepared
            && prepared.parameters.is_empty()
        {
            self.planned(prepared);
            return;
        }
        if let Some(prepared) = &prepared
            && prepared.parameters.len() != execute.params.len()
        {
            let message = format!("wrong number of parameters for prepared statement \"{}\"", execute.name);
            let detail = format!(
                "Expected {} parameters but got {}.",
                prepared.parameters.len(),
                execute.params.len()
            );
            self.report_whole(Diagnostic::new(Span::at(0), "42601", message).hinting(Some(detail)));
            return;
        }
        let values: Vec<_> =
            execute.params.iter().map(|node| self.defined(node, Vec::new(), EXECUTE)).collect();
        let Some(prepared) = prepared else { return };
        for (n, (value, wanted)) in values.iter().zip(&prepared.parameters).enumerate() {
            if self.becomes(value, wanted, Context::Assignment) == Answer::No {
                let (is, wanted) = (self.types.print(&value.ty), self.types.print(wanted));
                let message = format!(
                    "parameter ${} of type {is} cannot be coerced to the expected type {wanted}",
                    n + 1
                );
                let hint = "You will need to rewrite or cast the expression.";
                self.report_hinting(value.location, "42804", message, Some(hint));
            }
        }
        if self.out.diagnostics.is_empty() {
            self.planned(&prepared);
        }
    }

    /// PostgreSQL plans a prepared statement anew where what it names has changed.
    fn planned(&mut self, prepared: &Prepared) {
        let Some(NodeEnum::PrepareStmt(prepare)) = prepared.parse.node() else { return };
        let Some(query) = prepare.query.as_ref().and_then(|query| query.node.as_ref()) else { return };
        let mut inner = Analyzer::new(&prepared.parse, self.catalog);
        inner.given = prepared.parameters.clone();
        inner.statement(query);
        self.out.defines |= inner.out.defines;
        match inner.out.diagnostics.into_iter().find(|found| found.weight == super::Weight::Error) {
            // Its places are in the other statement.
            Some(found) => self.report_whole(Diagnostic { related: None, fixes: Vec::new(), ..found }),
            None => self.out.outputs = inner.out.outputs,
        }
    }

    pub(super) fn declare_cursor(&mut self, cursor: &DeclareCursorStmt) {
        if let Some(node) = cursor.query.as_ref().and_then(|query| query.node.as_ref()) {
            let wrong = cursor_options(cursor.options, node, self.types.major);
            if let Some((sqlstate, message)) = wrong {
                return self.report_whole(Diagnostic::new(Span::at(0), sqlstate, message));
            }
            if let NodeEnum::SelectStmt(select) = node {
                self.makes_no_table(select);
            }
            self.statement(node);
        }
        if self.out.diagnostics.is_empty() && self.session.cursors.contains_key(cursor.portalname.as_str()) {
            let message = format!("cursor \"{}\" already exists", cursor.portalname);
            self.report_whole(Diagnostic::new(Span::at(0), "42P03", message));
        }
    }

    pub(super) fn fetch(&mut self, fetch: &FetchStmt) {
        self.be_open(&fetch.portalname);
    }

    /// A cursor that the script itself has closed is certainly not open.
    pub(super) fn be_open(&mut self, name: &str) {
        if self.session.closed.contains(name) {
            self.report_whole(Diagnostic::new(
                Span::at(0),
                "34000",
                format!("cursor \"{name}\" does not exist"),
            ));
        }
    }
}
