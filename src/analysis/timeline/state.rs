//! What is kept of one statement: its diagnostics, what it changed, and what tells whether both still hold.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::branch::Certainty;
use super::carry::{Applied, Carry};
use super::command::{self, Effects};
use super::doubted;
use super::failed::{doubt, is_made};
use super::in_block;
use super::moment::Moment;
use super::read_only;
use super::{Means, Timeline};
use crate::analysis::{Analysis, Analyzer, Basis, Diagnostic, Session, Weight, plpgsql, session};
use crate::catalog::apply;
use crate::catalog::model::{Catalog, Name, Relation};
use crate::catalog::reads;
use crate::syntax::ast::{self, NodeEnum};
use crate::syntax::grammar;
use crate::syntax::head::{self, HEAD};
use crate::syntax::psql::Command;
use crate::syntax::{Commands, Parse, Placed, Script, StatementKind};
use crate::text::{Span, clip};

/// What it costs to see whether an analysis holds, beside reading so many bytes anew.
const CHECK: usize = 8;

/// What is kept of a statement. Spans are in its code. Statements of which it is the same share it.
#[derive(Debug)]
pub struct StatementState {
    pub diagnostics: Vec<Diagnostic>,
    /// It does not parse: its syntax errors are worked out when they are asked for.
    pub(super) broken: Option<Arc<Parse>>,
    /// What its analysis rests on; `None` where that is its text alone.
    basis: Option<Basis>,
    /// The moments before and behind it, where it may change what comes after it.
    change: Option<(Moment, Moment)>,
    /// How it changed the catalog, where it is one definition that runs.
    applied: Option<Arc<Applied>>,
    /// It is too large to be read whole while somebody waits: only its first part was.
    pub(super) provisional: bool,
    /// Whether it runs; it says other things of what may only run.
    certainty: Certainty,
    /// Whether the transaction it stands in may only read.
    read_only: bool,
    /// What psql's commands in it came to, where they looked up files.
    commands: Option<Box<Effects>>,
    /// It makes a function in PL/pgSQL or runs a block: what is wrong in its body is worked out when it is asked for.
    body: Option<Arc<Late>>,
}

/// What is wrong in the body of a statement, as it was when it was last asked for.
#[derive(Debug)]
struct Late {
    is_block: bool,
    known: Mutex<Option<(Basis, Arc<[Diagnostic]>)>>,
}

impl StatementState {
    fn nothing() -> StatementState {
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

    /// The same at `entry`, where all names in it mean what they meant, if what it does there is the same too.
    fn carried(&self, entry: &Moment, carry: &mut Carry) -> Option<StatementState> {
        let (applied, (old, old_exit)) = (self.applied.as_ref()?, self.change.as_ref()?);
        let is_there_too = self.certainty == entry.certainty() && self.read_only == entry.is_read_only();
        // In a transaction block it may be refused that it runs at all.
        if !is_there_too || old.is_in_block() != entry.is_in_block() {
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
    fn settle(&mut self, known: &StatementState, carry: &mut Carry) {
        if let (Some(was), Some((old, old_exit))) = (&known.applied, &known.change)
            && let (Some(is), Some((new, exit))) = (&self.applied, &mut self.change)
        {
            let was = (&**was, &*old.catalog, &*old_exit.catalog);
            exit.catalog = carry.past(was, (is, &new.catalog, &exit.catalog));
        }
    }

    /// Whether it would be the same at another moment.
    fn holds_at(&self, moment: &Moment, means: &Means) -> bool {
        let is_there_too = self.certainty == moment.certainty() && self.read_only == moment.is_read_only();
        if !is_there_too || self.is_unfinished() {
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
    fn share(&mut self, state: StatementState) -> Arc<StatementState> {
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

/// The state of the statement `placed`, entered at `entry`. `known` is what was kept of it, wherever it was, and `carry`
/// what has changed since. A statement that is read anew is taken from `budget`, in bytes; one larger than what `budget`
/// was at first is read in part.
pub(super) fn state_at(
    placed: &Placed,
    script: &Script,
    entry: &Moment,
    known: Option<&Arc<StatementState>>,
    carry: &mut Carry,
    interned: &mut Interned,
    budget: &mut super::Budget,
    means: &Means,
) -> Arc<StatementState> {
    let mut names_hold = None;
    if let Some(known) = known
        && (!known.provisional || budget.is_large(placed) || budget.is_long(placed))
    {
        budget.take(CHECK);
        if known.holds_at(entry, means) {
            budget.take_files(known.commands().map_or(0, |effects| effects.files()));
            return known.clone();
        }
        // Its names mean what they meant, so only its effect is worked out again.
        // What was found wrong is not kept with it.
        let found_nothing = |basis: &&Basis| !basis.is_wrong && basis.holds_in(&entry.catalog);
        names_hold = known.basis.as_ref().filter(found_nothing);
        if names_hold.is_some()
            && let Some(state) = known.carried(entry, carry)
        {
            return Arc::new(state);
        }
    }
    if let Some(commands) = script.commands(placed) {
        let known = known.and_then(|known| known.commands()).map_or(&[][..], |effects| &effects.timelines);
        return with_commands(placed, script, entry, &commands, known, budget, means);
    }
    if placed.statement.kind != StatementKind::Sql {
        return interned.share(StatementState::nothing());
    }
    let mut state = query(placed, script, entry, names_hold, budget, means);
    if let Some(known) = known {
        state.settle(known, carry);
    }
    interned.share(state)
}

/// The state of a statement with psql's commands in it, of which `known` are the files of before.
fn with_commands(
    placed: &Placed,
    script: &Script,
    entry: &Moment,
    commands: &Commands,
    known: &[Arc<Timeline>],
    budget: &mut super::Budget,
    means: &Means,
) -> Arc<StatementState> {
    let code = placed.code();
    let mut moment = entry.clone();
    let mut effects = Effects::default();
    let mut state = StatementState::nothing();
    // Whether it is to be made again wherever what is before it changes.
    let mut depends = false;
    let mut query_is_made = placed.statement.kind != StatementKind::Sql;
    let is_within = |command: &Command| !is_command(placed) && commands.start + command.start < code.end;
    // A query of which psql takes out parts is not known as it is sent.
    let is_cut = commands
        .commands
        .iter()
        .any(|command| is_within(command) && matches!(command.name(), "if" | "elif" | "else" | "endif"));
    for command in commands.commands.iter().map(Some).chain([None]) {
        let comes_behind = command.is_none_or(|command| !is_within(command));
        if comes_behind && !query_is_made {
            query_is_made = true;
            let before = moment.clone();
            state = query(placed, script, &moment, None, budget, means);
            if let Some(exit) = state.exit() {
                moment = exit.clone();
            }
            if is_cut {
                let changes = !moment.is(&before) || state.broken.is_some();
                state = StatementState { basis: None, ..StatementState::nothing() };
                if changes {
                    moment.forget();
                }
            }
            // It is described, and runs only if another command sends it again.
            if command.is_some_and(|command| command.name() == "gdesc") && !moment.is(&before) {
                moment = before;
                moment.forget();
            }
        }
        if let Some(command) = command {
            let mut place = command::Place { text: &commands.text, known, means, budget: &mut *budget };
            depends |= command::apply(command, is_within(command), &mut moment, &mut place, &mut effects);
        }
    }
    let start = commands.start - code.start;
    state.diagnostics.extend(effects.diagnostics.drain(..).map(|diagnostic| diagnostic.shift(start)));
    state.certainty = entry.certainty();
    let looked_up = !effects.lookups.is_empty();
    state.change = (depends || state.change.is_some()).then(|| (entry.clone(), moment));
    state.applied = None;
    state.commands = looked_up.then(|| Box::new(effects));
    Arc::new(state)
}

/// Whether a statement is commands alone.
fn is_command(placed: &Placed) -> bool {
    placed.statement.kind != StatementKind::Sql
}

/// The state of a query.
fn query(
    placed: &Placed,
    script: &Script,
    entry: &Moment,
    known: Option<&Basis>,
    budget: &mut super::Budget,
    means: &Means,
) -> StatementState {
    let certainty = entry.certainty();
    if certainty >= Certainty::Torn {
        let mut state = StatementState { certainty, ..StatementState::nothing() };
        if certainty == Certainty::Torn {
            let mut exit = entry.clone();
            exit.forget();
            state.change = Some((entry.clone(), exit));
        }
        return state;
    }
    let dialect = script.dialect(placed, means.dialect);
    let unsettled = !script.is_settled() && placed.index + 1 == script.sequence().count();
    if !unsettled
        && budget.is_long(placed)
        && let Some(parse) = head::parse_hastily(means.cache, script.document(), placed.code(), dialect)
    {
        budget.take(HEAD);
        return StatementState { provisional: true, ..state_of(&parse, false, entry, known, means) };
    }
    let parse = match unsettled || budget.is_large(placed) {
        true => {
            budget.take(HEAD);
            head::parse(means.cache, script.document(), placed.code(), !unsettled, dialect)
        }
        false => {
            budget.take(placed.statement.code.len());
            Some(head::parse_whole(means.cache, script.document(), placed.code(), dialect))
        }
    };
    let Some(parse) = parse else {
        // What only a whole look at it could tell is not known for now. It is looked at whole once nobody waits, or
        // once its end is known.
        return StatementState { provisional: !unsettled, certainty, ..StatementState::nothing() };
    };
    let is_whole = parse.text.len() == placed.statement.code.len();
    state_of(&parse, is_whole, entry, known, means)
}

/// `is_whole` says that `parse` is not only of the statement's first part, in which all that is cut off is missing.
fn state_of(
    parse: &Arc<Parse>,
    is_whole: bool,
    entry: &Moment,
    known: Option<&Basis>,
    means: &Means,
) -> StatementState {
    let before = &entry.catalog;
    let certainty = entry.certainty();
    let doubts = doubted::occurring(before, parse);
    // Where no name is doubted that occurs in it, or only that of what it makes, the catalog is certain for it.
    let is_certain = doubts.is_empty() || makes_doubted(before, parse, &doubts);
    let certain = match before.doubted.is_some() && is_certain {
        true => Arc::new(before.without_doubt()),
        false => before.clone(),
    };
    let read_only = entry.is_read_only();
    let is_of_session = parse.nodes().any(|node| session::is_of_session(parse, node));
    let mut state = StatementState { certainty, read_only, ..StatementState::nothing() };
    match is_whole {
        true => state.broken = (!parse.errors.is_empty()).then(|| parse.clone()),
        false => state.diagnostics.extend(parse.errors.iter().map(Diagnostic::from)),
    }
    state.diagnostics.extend(parse.body_errors().iter().map(Diagnostic::from));
    if parse.node().is_none() {
        let after = after_unknown(parse, before);
        if !Arc::ptr_eq(&after, before) {
            state.change = Some((entry.clone(), Moment { catalog: after, ..entry.clone() }));
        }
        return state;
    }
    let mut analysis = Analysis::default();
    let basis = match known {
        // What only may run may ask first whether what it names is there.
        _ if certainty != Certainty::Runs => None,
        // An analysis that holds elsewhere found nothing wrong.
        Some(known) if !is_of_session => Some(known.clone()),
        _ => {
            means.work.analyzed.fetch_add(1, Ordering::Relaxed);
            let session = entry.session.as_deref();
            let reads;
            (analysis, reads) = reads::recording(|| Analyzer::new(parse, &certain).in_session(session).run());
            Some(Basis::new(before.clone(), reads, &analysis))
        }
    };
    let mut diagnostics = std::mem::take(&mut analysis.diagnostics);
    if diagnostics.is_empty() {
        diagnostics.append(&mut analysis.warnings);
        diagnostics.sort_by_key(|warning| warning.span.start);
    }
    let defines = basis.as_ref().is_some_and(|basis| basis.defines);
    state.basis = basis;
    if parse.has_unknown_names() {
        if parse.nodes().any(|node| !is_data(node)) {
            let mut exit = entry.clone();
            if parse.nodes().all(only_makes) {
                let mut after = (**before).clone();
                after.forget_names();
                after.touch();
                exit.catalog = Arc::new(after);
            } else {
                exit.forget();
            }
            state.change = Some((entry.clone(), exit));
        }
        return state;
    }
    state.diagnostics.append(&mut diagnostics);
    let is_wrong = |found: &[Diagnostic]| found.iter().any(|found| found.weight == Weight::Error);
    if read_only
        && !is_wrong(&state.diagnostics)
        && let Some(command) = parse.nodes().find_map(|node| read_only::refused(node, &certain))
    {
        let message = format!("cannot execute {command} in a read-only transaction");
        state.diagnostics.push(Diagnostic::new(Span::at(0), "25006", message));
        state.change = parse.nodes().any(|node| !is_data(node)).then(|| (entry.clone(), entry.clone()));
        return state;
    }
    if entry.is_in_block()
        && state.diagnostics.is_empty()
        && let Some(command) = parse.node().and_then(|node| in_block::refused(node, &certain))
    {
        let message = format!("{command} cannot run inside a transaction block");
        state.diagnostics.push(Diagnostic::new(Span::at(0), "25001", message));
    }
    // What was found wrong keeps the statement from having an effect, whatever it would be.
    let is_rejected = is_wrong(&state.diagnostics);
    if !is_rejected && certainty == Certainty::Runs && is_whole && plpgsql::has_body(parse) {
        let is_block = matches!(parse.node(), Some(NodeEnum::DoStmt(_)));
        state.body = Some(Arc::new(Late { is_block, known: Mutex::default() }));
    }
    let mut exit = entry.clone();
    let mut is_ddl = is_of_session;
    let mut reads = None;
    for node in parse.nodes() {
        if is_of_session && !is_rejected {
            let in_transaction = exit.transaction.is_some();
            exit.change_session(|session| match certainty {
                Certainty::Runs => session.run(parse, node, &analysis, in_transaction),
                _ => *session = Session::default(),
            });
        }
        if let NodeEnum::TransactionStmt(transaction) = node {
            // What comes after depends on it, so it is walked anew whenever what is before it changes.
            is_ddl = true;
            exit = exit.after(transaction);
            continue;
        }
        if is_data(node) {
            continue;
        }
        is_ddl = true;
        exit.change_databases(node, certainty == Certainty::Runs);
        means.work.applied.fetch_add(1, Ordering::Relaxed);
        let mut after = match is_certain {
            true => exit.catalog.without_doubt(),
            false => (*exit.catalog).clone(),
        };
        let is_block = matches!(node, NodeEnum::DoStmt(_)) && certainty == Certainty::Runs && is_whole;
        let before_block = (is_block && !is_rejected).then(|| after.clone());
        let outcome = apply::apply(&mut after, node, &parse.sql);
        after.unite_names(&exit.catalog);
        if certainty != Certainty::Runs && !outcome.errors.is_empty() {
            exit.forget();
            continue;
        }
        reads = Some(outcome.reads);
        let mut fails = false;
        if let Some(before) = before_block.filter(|_| outcome.errors.is_empty()) {
            let found = plpgsql::check_block(parse, &before);
            fails = !found.is_empty();
            state.diagnostics.extend(found);
            // What that looked up is not noted.
            reads = None;
        }
        // What a definition says itself comes before the expressions in it, but behind a query that it is made of, and
        // behind what an index is made of.
        let is_of_query = matches!(
            node,
            NodeEnum::ViewStmt(_)
                | NodeEnum::CreateTableAsStmt(_)
                | NodeEnum::SelectStmt(_)
                | NodeEnum::IndexStmt(_)
        );
        let mut own = if is_of_query { state.diagnostics.len() } else { 0 };
        for error in outcome.errors {
            let span = error.offset.map_or(Span::at(0), |offset| token_at(parse, offset));
            // The analysis may have said the same.
            if state.diagnostics.iter().any(|known| known.sqlstate == error.sqlstate && known.span == span) {
                continue;
            }
            state.diagnostics.insert(own, Diagnostic::new(span, error.sqlstate, error.message));
            own += 1;
        }
        let failed = entry.in_history && (is_wrong(&state.diagnostics) || !is_made(&after, node));
        if failed {
            doubt(&mut after, node);
        } else if !doubts.is_empty() {
            settle_doubts(&mut after, &doubts, outcome.changed, node, &parse.sql);
        }
        if failed || outcome.changed && !is_rejected && !fails {
            exit.catalog = Arc::new(after);
        }
    }
    if defines && !is_rejected {
        // What it makes is not known, and neither is what it changes.
        exit.forget();
        is_ddl = true;
        reads = None;
    }
    if let Some(reads) = reads
        && certainty == Certainty::Runs
        && exit.is_only_another_catalog(entry)
        && parse.nodes().count() == 1
        && doubts.is_empty()
        && !is_of_session
        && (state.diagnostics.is_empty() || !entry.in_history)
    {
        state.applied = Some(Arc::new(Applied::new(reads)));
    }
    state.change = is_ddl.then(|| (entry.clone(), exit));
    state
}

/// The token that begins at `offset`, with the parts of a dotted name behind it.
fn token_at(parse: &Parse, offset: usize) -> Span {
    let tokens: Vec<_> = parse.tokens().into_iter().filter(|token| !token.is_comment()).collect();
    let Ok(mut n) = tokens.binary_search_by_key(&offset, |token| token.span.start) else {
        return token_in_body(&parse.sql, offset);
    };
    while tokens.get(n + 1).is_some_and(|dot| dot.is_char(b'.')) && tokens.get(n + 2).is_some() {
        n += 2;
    }
    Span::new(offset, tokens[n].span.end)
}

/// The same within a string, whose code has tokens of its own.
fn token_in_body(sql: &str, offset: usize) -> Span {
    // No name is longer.
    const LONGEST: usize = 512;
    let Some(code) = sql.get(offset..) else { return Span::at(offset) };
    let (tokens, _) = grammar::scan(clip(code, LONGEST));
    let mut n = 0;
    while tokens.get(n + 1).is_some_and(|dot| dot.is_char(b'.')) && tokens.get(n + 2).is_some() {
        n += 2;
    }
    tokens.get(n).map_or(Span::at(offset), |token| Span::new(offset, offset + token.span.end))
}

/// Whether the statement only reads or changes rows, so that no catalog changes.
fn is_data(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::SelectStmt(select) => {
            // SELECT … INTO makes a table; set_config can change the search path.
            select.into_clause.is_none() && !select.from_clause.is_empty() || is_plain_values(select)
        }
        NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_)
        | NodeEnum::ExplainStmt(_)
        | NodeEnum::CopyStmt(_)
        | NodeEnum::VariableShowStmt(_)
        | NodeEnum::FetchStmt(_)
        | NodeEnum::ClosePortalStmt(_)
        | NodeEnum::DeclareCursorStmt(_)
        | NodeEnum::NotifyStmt(_)
        | NodeEnum::ListenStmt(_)
        | NodeEnum::UnlistenStmt(_)
        | NodeEnum::CheckPointStmt(_)
        | NodeEnum::PrepareStmt(_)
        | NodeEnum::ExecuteStmt(_)
        | NodeEnum::DeallocateStmt(_) => true,
        _ => false,
    }
}

/// Whether the statement changes no relation that is there.
fn only_makes(node: &NodeEnum) -> bool {
    is_data(node)
        || matches!(
            node,
            NodeEnum::CreateStmt(_)
                | NodeEnum::CreateTableAsStmt(_)
                | NodeEnum::CreateSchemaStmt(_)
                | NodeEnum::CreateFunctionStmt(_)
                | NodeEnum::CreateEnumStmt(_)
                | NodeEnum::CreateDomainStmt(_)
                | NodeEnum::CreateSeqStmt(_)
                | NodeEnum::IndexStmt(_)
                | NodeEnum::CreateTrigStmt(_)
                | NodeEnum::CommentStmt(_)
                | NodeEnum::GrantStmt(_)
                | NodeEnum::GrantRoleStmt(_)
                | NodeEnum::CreateRoleStmt(_)
                | NodeEnum::AlterRoleStmt(_)
                | NodeEnum::AlterRoleSetStmt(_)
                | NodeEnum::AlterDatabaseSetStmt(_)
                | NodeEnum::AlterOwnerStmt(_)
                | NodeEnum::CreatedbStmt(_)
        )
}

/// Whether the statement makes an object of a name of its own.
fn makes(node: &NodeEnum) -> bool {
    matches!(
        node,
        NodeEnum::CreateStmt(_)
            | NodeEnum::ViewStmt(_)
            | NodeEnum::CreateTableAsStmt(_)
            | NodeEnum::CreateSeqStmt(_)
            | NodeEnum::CreateForeignTableStmt(_)
            | NodeEnum::CreateFunctionStmt(_)
            | NodeEnum::CreatePublicationStmt(_)
            | NodeEnum::CreateSubscriptionStmt(_)
            | NodeEnum::CreateStatsStmt(_)
            | NodeEnum::CreateFdwStmt(_)
            | NodeEnum::CreateForeignServerStmt(_)
            | NodeEnum::CreateEnumStmt(_)
            | NodeEnum::CreateDomainStmt(_)
            | NodeEnum::CreateRangeStmt(_)
            | NodeEnum::CompositeTypeStmt(_)
    )
}

/// Whether a statement makes what is doubted, where the catalog has none of that name: what is wrong with it otherwise
/// is wrong whether there is one or not.
fn makes_doubted(catalog: &Catalog, parse: &Parse, doubts: &[Name]) -> bool {
    let ([name], Some(node)) = (doubts, parse.node()) else { return false };
    let replaces = match node {
        NodeEnum::CreateFunctionStmt(_) => true,
        NodeEnum::ViewStmt(view) => view.replace,
        _ => false,
    };
    let is_named_once = || {
        let named = |token: &&grammar::Token| {
            parse.sql[token.span.range()].to_lowercase().contains(&**name) && !token.is_comment()
        };
        parse.tokens().iter().filter(named).count() == 1
    };
    let is_there = catalog.relation(None, name).is_some()
        || catalog.user_type(None, name).is_some()
        || catalog.index(None, name).is_some()
        || catalog.entities().any(|entity| entity.name == *name);
    makes(node)
        && !replaces
        && !is_there
        && doubted::names_of(&parse.sql).is_some_and(|names| names.contains(name))
        && is_named_once()
}

/// What a definition in which doubted names occur leaves of doubt: what it makes is certain if that was all that was
/// doubted in it, and else doubted as well.
fn settle_doubts(after: &mut Catalog, doubts: &[Name], changed: bool, node: &NodeEnum, sql: &str) {
    let Some(names) = doubted::names_given(sql) else {
        after.forget_names();
        after.touch();
        return;
    };
    // What is dropped with all that needs it is gone, whatever it was.
    let drops = matches!(node, NodeEnum::DropStmt(drop) if drop.behavior() == ast::DropBehavior::DropCascade);
    let is_settled = makes(node) && changed || drops;
    match is_settled && doubts.iter().all(|name| names.contains(name)) {
        true => after.trust_names(&names),
        false => after.doubt_names(names),
    }
}

fn is_plain_values(select: &ast::SelectStmt) -> bool {
    !select.values_lists.is_empty() || select.op != ast::SetOperation::SetopNone as i32
}

/// The catalog behind a statement that does not parse: what it may have made or changed is unknown.
fn after_unknown(parse: &Parse, before: &Arc<Catalog>) -> Arc<Catalog> {
    // Behind a quote that never ends there are no tokens, only the rest of the file.
    let known = match parse.errors.first() {
        Some(error) if error.message.starts_with("unterminated") => &parse.sql[..error.span.start],
        _ => &parse.sql[..],
    };
    let (tokens, _) = grammar::scan(known);
    let tokens: Vec<_> = tokens.into_iter().filter(|token| !token.is_comment()).collect();
    let defines = tokens.first().is_some_and(|token| {
        matches!(token.kind, ast::Token::Create | ast::Token::Alter | ast::Token::Drop | ast::Token::Do)
    });
    if !defines {
        return before.clone();
    }
    let mut after = (**before).clone();
    match doubted::names_of(known) {
        Some(names) => after.doubt_names(names),
        None => {
            after.forget_names();
        }
    }
    after.touch();
    if tokens[0].kind != ast::Token::Create {
        for token in tokens.iter().filter(|token| token.is_name()) {
            let name = parse.sql[token.span.range()].trim_matches('"').to_lowercase();
            if let Some(relation) = before.relation(None, &name).map(|relation| relation.qualified_name())
                && let Some(relation) = after.relation_mut(&relation)
            {
                forget(relation);
            }
        }
    }
    Arc::new(after)
}

fn forget(relation: &mut Relation) {
    relation.unknown_columns = true;
}
