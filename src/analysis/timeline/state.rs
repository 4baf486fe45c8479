//! What is kept of one statement: its diagnostics, what it changed, and what tells whether both still hold.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use super::Means;
use super::branch::Certainty;
use super::carry::{Applied, Carry};
use super::command::Effects;
use super::moment::Moment;
use crate::analysis::{Analysis, Basis, Diagnostic, plpgsql};
use crate::catalog::model::Catalog;
use crate::catalog::reads;
use crate::syntax::Parse;

/// What is kept of a statement. Spans are in its code. Statements of which it is the same share it.
#[derive(Debug)]
pub struct StatementState {
    pub diagnostics: Vec<Diagnostic>,
    /// It does not parse: its syntax errors are worked out when they are asked for.
    pub(super) broken: Option<Arc<Parse>>,
    /// What its analysis rests on; `None` where that is its text alone.
    pub(super) basis: Option<Basis>,
    /// The moments before and behind it, where it may change what comes after it.
    pub(super) change: Option<(Moment, Moment)>,
    /// How it changed the catalog, where it is one definition that runs.
    pub(super) applied: Option<Arc<Applied>>,
    /// It is too large to be read whole while somebody waits: only its first part was.
    pub(super) provisional: bool,
    /// Whether it runs; it says other things of what may only run.
    pub(super) certainty: Certainty,
    /// Whether the transaction it stands in may only read.
    pub(super) read_only: bool,
    /// What psql's commands in it came to, where they looked up files.
    pub(super) commands: Option<Box<Effects>>,
    /// It makes a function in PL/pgSQL or runs a block: what is wrong in its body is worked out when it is asked for.
    pub(super) body: Option<Arc<Late>>,
}

/// What is wrong in the body of a statement, as it was when it was last asked for.
#[derive(Debug)]
pub(super) struct Late {
    is_block: bool,
    known: Mutex<Option<(Basis, Arc<[Diagnostic]>)>>,
}

impl Late {
    pub fn new(is_block: bool) -> Late {
        Late { is_block, known: Mutex::default() }
    }
}

impl StatementState {
    pub(super) fn nothing() -> StatementState {
        StatementState {
            certainty: Certainty::Runs,
            read_only: false,
            commands: None,
            body: None,
            diagnostics: Vec::new(),
            broken: None,
            basis: None,
            change: None,
            applied: None,
            provisional: false,
        }
    }

    /// Whether something is wrong with it.
    pub(super) fn has_diagnostics(&self) -> bool {
        self.broken.is_some() || !self.diagnostics.is_empty()
    }

    /// Whether it may change what comes after it: the catalog, the search path, the transaction.
    pub(super) fn is_ddl(&self) -> bool {
        self.change.is_some()
    }

    /// The moment behind it, if it is another one.
    pub(super) fn exit(&self) -> Option<&Moment> {
        self.change.as_ref().map(|(_, exit)| exit)
    }

    /// Whether it has a body that may have something wrong in it.
    pub(super) fn has_body(&self) -> bool {
        self.body.is_some()
    }

    /// What is wrong in the statement's body where the script or the history ends with `head`. A function is judged by
    /// what is there in the end, since it may be made before what it names; a block by what is there when it runs.
    pub(super) fn in_body(
        &self,
        parse: impl FnOnce() -> Arc<Parse>,
        head: &Arc<Catalog>,
    ) -> Arc<[Diagnostic]> {
        let Some(late) = &self.body else { return Arc::default() };
        let mut known = late.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let at = match &self.change {
            Some((entry, _)) if late.is_block => &entry.catalog,
            _ => head,
        };
        if let Some((basis, found)) = &*known
            && basis.holds_in(at)
            // What it suggests may be another name by now.
            && (basis.is_of(at) || found.iter().all(|found| found.fixes.is_empty()))
        {
            return found.clone();
        }
        let parse = parse();
        let (found, reads) = reads::recording(|| {
            if !late.is_block && !plpgsql::is_current(&parse, head) {
                return Vec::new();
            }
            let mut found = plpgsql::check(&parse, at);
            if let (Some((_, exit)), true, false) = (&self.change, late.is_block, found.is_empty()) {
                // What the block makes itself is there for what comes behind it.
                let behind = plpgsql::check(&parse, &exit.catalog);
                found.retain(|found| behind.contains(found));
            }
            let is_said = |found: &Diagnostic| {
                let mut said = self.diagnostics.iter();
                said.any(|said| said.span == found.span && said.sqlstate == found.sqlstate)
            };
            found.retain(|found| !is_said(found));
            found
        });
        let found: Arc<[Diagnostic]> = found.into();
        *known = Some((Basis::new(at.clone(), reads, &Analysis::default()), found.clone()));
        found
    }

    /// The catalog before a statement that may change it.
    pub fn before(&self) -> Option<&Arc<Catalog>> {
        self.change.as_ref().map(|(entry, _)| &entry.catalog)
    }

    /// The catalog behind a statement that may change it.
    pub fn after(&self) -> Option<&Arc<Catalog>> {
        self.change.as_ref().map(|(_, exit)| &exit.catalog)
    }

    /// What its commands came to, if they looked up files.
    pub(super) fn commands(&self) -> Option<&Effects> {
        self.commands.as_deref()
    }

    /// Whether it is to be made again from itself.
    pub(super) fn is_unfinished(&self) -> bool {
        self.commands().is_some_and(|effects| effects.unfinished)
    }

    /// Whether as much is certain of it at `moment`, and it may write there as it might.
    fn runs_as_at(&self, moment: &Moment) -> bool {
        self.certainty == moment.certainty() && self.read_only == moment.is_read_only()
    }

    /// The same at `entry`, where all names in it mean what they meant, if what it does there is the same too.
    pub(super) fn carried(&self, entry: &Moment, carry: &mut Carry) -> Option<StatementState> {
        let (applied, (old, old_exit)) = (self.applied.as_ref()?, self.change.as_ref()?);
        // In a transaction block it may be refused that it runs at all; what it does to the session is not kept.
        let is_there_too = self.runs_as_at(entry)
            && old.is_in_block() == entry.is_in_block()
            && old.session == entry.session;
        if !is_there_too {
            return None;
        }
        let catalog = carry.over(applied, &old.catalog, &old_exit.catalog, &entry.catalog)?;
        Some(StatementState {
            diagnostics: self.diagnostics.clone(),
            broken: self.broken.clone(),
            basis: self.basis.clone(),
            change: Some((entry.clone(), Moment { catalog, ..entry.clone() })),
            applied: Some(applied.clone()),
            provisional: self.provisional,
            certainty: self.certainty,
            read_only: self.read_only,
            commands: None,
            // What it was at another end is compared when it is asked for.
            body: self.body.clone(),
        })
    }

    /// Takes over from what it was before what is equal, and tells `carry` what is not.
    pub(super) fn settle(&mut self, known: &StatementState, carry: &mut Carry) {
        if let (Some(was), Some((old, old_exit))) = (&known.applied, &known.change)
            && let (Some(is), Some((new, exit))) = (&self.applied, &mut self.change)
        {
            let was = (&**was, &*old.catalog, &*old_exit.catalog);
            exit.catalog = carry.past(was, (is, &new.catalog, &exit.catalog));
        }
    }

    /// Whether it would be the same at another moment.
    pub(super) fn holds_at(&self, moment: &Moment, means: &Means) -> bool {
        if !self.runs_as_at(moment) || self.is_unfinished() {
            return false;
        }
        if let (Some(effects), Some(reader)) = (&self.commands, means.reader)
            && !effects.lookups.iter().all(|lookup| lookup.holds(reader.files))
        {
            return false;
        }
        match &self.change {
            Some((entry, _)) => entry.is(moment),
            None => self.basis.as_ref().is_none_or(|basis| basis.holds_in(&moment.catalog)),
        }
    }
}

/// States that many statements share: those that find nothing wrong and change nothing differ only in what they
/// looked up.
#[derive(Debug, Default)]
pub(super) struct Interned {
    states: HashMap<u64, Arc<StatementState>>,
    /// When to look for states that nobody has any more.
    sweep_at: usize,
}

impl Interned {
    pub(super) fn share(&mut self, state: StatementState) -> Arc<StatementState> {
        let is_plain = state.certainty == Certainty::Runs && !state.read_only && state.commands.is_none();
        if !is_plain || state.has_diagnostics() || state.change.is_some() || state.provisional {
            return Arc::new(state);
        }
        let mut hasher = DefaultHasher::new();
        state.basis.hash(&mut hasher);
        let key = hasher.finish();
        if let Some(known) = self.states.get(&key)
            && is_same(&known.basis, &state.basis)
        {
            return known.clone();
        }
        if self.states.len() >= self.sweep_at {
            self.states.retain(|_, state| Arc::strong_count(state) > 1);
            self.sweep_at = 2 * self.states.len() + 1000;
        }
        let state = Arc::new(state);
        self.states.insert(key, state.clone());
        state
    }
}

fn is_same(one: &Option<Basis>, other: &Option<Basis>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}
