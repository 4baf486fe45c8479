//! What one statement says and does at a moment.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::branch::Certainty;
use super::carry::{Applied, Carry};
use super::command::{self, Effects};
use super::doubted;
use super::failed::{doubt, is_made};
use super::in_block;
use super::kind::{is_data, only_makes};
use super::moment::Moment;
use super::read_only;
use super::state::{Interned, Late, StatementState};
use super::{Means, Timeline};
use crate::analysis::{Analysis, Analyzer, Basis, Diagnostic, Session, Weight, plpgsql, session};
use crate::catalog::apply;
use crate::catalog::model::{Catalog, Column};
use crate::catalog::reads;
use crate::catalog::types::TypeRef;
use crate::syntax::ast::NodeEnum;
use crate::syntax::grammar;
use crate::syntax::head::{self, HEAD};
use crate::syntax::psql::Command;
use crate::syntax::{Commands, Parse, Placed, Script, StatementKind};
use crate::text::{Span, clip};

/// What it costs to see whether an analysis holds, beside reading so many bytes anew.
const CHECK: usize = 8;

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
    let is_certain = doubts.is_empty() || doubted::is_what_it_makes(before, parse, &doubts);
    let certain = match before.doubted.is_some() && is_certain {
        true => Arc::new(before.without_doubt()),
        false => before.clone(),
    };
    let read_only = entry.is_read_only();
    let session = entry.session.as_deref();
    let is_of_session = parse.nodes().any(|node| session::is_of_session(parse, node, session));
    // Of a history that fails it is not known how it goes on.
    let ends_block = entry.is_in_block() && !entry.in_history && certainty == Certainty::Runs;
    let mut state = StatementState { certainty, read_only, ..StatementState::nothing() };
    match is_whole {
        true => state.broken = (!parse.errors.is_empty()).then(|| parse.clone()),
        false => state.diagnostics.extend(parse.errors.iter().map(Diagnostic::from)),
    }
    state.diagnostics.extend(parse.body_errors().iter().map(Diagnostic::from));
    if parse.node().is_none() {
        let after = doubted::behind(parse, before, entry.in_history);
        let is_other = !Arc::ptr_eq(&after, before);
        let mut exit = Moment { catalog: after, ..entry.clone() };
        let fails = ends_block && !parse.errors.is_empty();
        if fails {
            exit.fail();
        }
        if is_other || fails {
            state.change = Some((entry.clone(), exit));
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
        if parse.nodes().any(|node| !is_data(node) && !is_of_database(node)) {
            let mut exit = entry.clone();
            if parse.nodes().all(only_makes) {
                let mut after = (**before).clone();
                after.forget_names();
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
        && !is_wrong(&state.diagnostics)
        && let Some(command) = parse.node().and_then(|node| in_block::refused(node, &certain))
    {
        let message = format!("{command} cannot run inside a transaction block");
        state.diagnostics.push(Diagnostic::new(Span::at(0), "25001", message));
    }
    // What was found wrong keeps the statement from having an effect, whatever it would be.
    let is_rejected = is_wrong(&state.diagnostics);
    if !is_rejected && certainty == Certainty::Runs && is_whole && plpgsql::has_body(parse) {
        let is_block = matches!(parse.node(), Some(NodeEnum::DoStmt(_)));
        state.body = Some(Arc::new(Late::new(is_block)));
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
        let ((outcome, failing), read) = reads::recording(|| {
            let outcome = apply::apply(&mut after, node, &parse.sql);
            let before = before_block.filter(|_| outcome.errors.is_empty());
            let failing = before.map_or_else(Vec::new, |before| plpgsql::check_block(parse, &before));
            (outcome, failing)
        });
        after.unite_names(&exit.catalog);
        if certainty != Certainty::Runs && !outcome.errors.is_empty() {
            exit.forget();
            continue;
        }
        let fails = !failing.is_empty();
        // What is suggested for a name may be another one elsewhere.
        reads = (!fails).then_some(read);
        state.diagnostics.extend(failing);
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
            doubt(&mut after, node, &parse.sql);
        } else if !doubts.is_empty() {
            doubted::settle(&mut after, &doubts, outcome.changed, node, &parse.sql);
        }
        if !failed && outcome.changed && !is_rejected {
            let analyze = || Analyzer::new(parse, &certain).in_session(session).run();
            keep_what_was_found(&mut after, node, &parse.sql, &analysis, analyze);
        }
        if failed || outcome.changed && !is_rejected && !fails {
            exit.catalog = Arc::new(after);
        }
    }
    if defines && !is_rejected {
        let mut after = (*exit.catalog).clone();
        let runs = certainty == Certainty::Runs;
        for node in parse.nodes() {
            apply::call_functions(&mut after, node, &parse.sql, runs);
        }
        exit.catalog = Arc::new(after);
        is_ddl = true;
        reads = None;
    }
    if ends_block && is_wrong(&state.diagnostics) {
        exit.fail();
        is_ddl = true;
    }
    // Of a statement by itself SET LOCAL lasts as long as that does.
    if exit.transaction.is_none() && !exit.in_history {
        exit.end_local_settings();
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

/// Keeps what the analysis of a view's query found out: the columns that it reads, which its tables' changes will ask for,
/// and its own, where the definition alone did not tell them. `analyze` is for an analysis that was taken over.
fn keep_what_was_found(
    after: &mut Catalog,
    node: &NodeEnum,
    sql: &str,
    found: &Analysis,
    analyze: impl FnOnce() -> Analysis,
) {
    let NodeEnum::ViewStmt(view) = node else { return };
    let Some(range) = &view.view else { return };
    let Some(relation) = after.relation(apply::schema_of(range), &range.relname).cloned() else { return };
    if relation.query.0.as_ref().is_none_or(|query| !sql.contains(&**query)) {
        return;
    }
    let was_taken_over = found.references.is_empty() && found.outputs.is_empty();
    let anew = (was_taken_over && relation.unknown_columns).then(analyze);
    let found = anew.as_ref().unwrap_or(found);
    if !found.references.is_empty() {
        relation.query.1.set(found.columns_read().into_iter());
    }
    let is_told = found.has_all_outputs && found.outputs.iter().all(|output| output.ty != TypeRef::Unknown);
    if !relation.unknown_columns || !is_told {
        return;
    }
    let columns = found.outputs.iter().enumerate().map(|(n, output)| {
        let name = match view.aliases.get(n).map(|alias| &alias.node) {
            Some(Some(NodeEnum::String(alias))) => alias.sval.as_str().into(),
            _ => output.name.clone(),
        };
        let is_literal = output.ty.is_builtin("unknown");
        Arc::new(Column::new(name, if is_literal { TypeRef::builtin("text") } else { output.ty.clone() }))
    });
    if let Some(relation) = after.relation_mut(&relation.qualified_name()) {
        relation.columns = columns.collect();
        relation.unknown_columns = false;
    }
}

/// Whether it changes nothing that a catalog has, whatever it names.
fn is_of_database(node: &NodeEnum) -> bool {
    matches!(
        node,
        NodeEnum::AlterDatabaseStmt(_)
            | NodeEnum::AlterDatabaseSetStmt(_)
            | NodeEnum::AlterDatabaseRefreshCollStmt(_)
            | NodeEnum::AlterSystemStmt(_)
            | NodeEnum::CreatedbStmt(_)
            | NodeEnum::DropdbStmt(_)
    )
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
