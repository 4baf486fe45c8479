//! A script along its statements: the catalog before each of them, and what is wrong with each.
//!
//! Made from the timeline of the script before the edit: blocks that the edit left alone, at a catalog that did not
//! change, are taken over whole; a statement is analyzed again only if something that it looked up has changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Analysis, Analyzer, Diagnostic};
use crate::catalog::apply;
use crate::catalog::model::{Catalog, Relation};
use crate::syntax::ast::{self, NodeEnum, TransactionStmtKind};
use crate::syntax::grammar;
use crate::syntax::script::Block;
use crate::syntax::{Dialect, Parse, ParseCache, Placed, Script, Statement, StatementKind};
use crate::text::Span;

/// The catalog between two statements, with what a ROLLBACK would bring back.
#[derive(Clone, Debug)]
struct Moment {
    catalog: Arc<Catalog>,
    transaction: Option<Arc<Transaction>>,
}

/// An open transaction block.
#[derive(Clone, Debug)]
struct Transaction {
    start: Arc<Catalog>,
    savepoints: Vec<(String, Arc<Catalog>)>,
}

impl Moment {
    fn new(catalog: Arc<Catalog>) -> Moment {
        Moment { catalog, transaction: None }
    }

    /// Whether what follows would come to the same.
    fn is(&self, other: &Moment) -> bool {
        let same = match (&self.transaction, &other.transaction) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        same && self.catalog.revision() == other.catalog.revision()
    }

    /// The moment behind BEGIN, COMMIT, ROLLBACK or a savepoint's statement.
    fn after(&self, statement: &ast::TransactionStmt) -> Moment {
        let Ok(kind) = TransactionStmtKind::try_from(statement.kind) else { return self.clone() };
        let open = |transaction: Transaction, catalog: &Arc<Catalog>| Moment {
            catalog: catalog.clone(),
            transaction: Some(Arc::new(transaction)),
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
                Moment { catalog, transaction }
            }
            (TransactionStmtKind::TransStmtCommit | TransactionStmtKind::TransStmtPrepare, Some(_)) => {
                let start = self.catalog.clone();
                let transaction =
                    statement.chain.then(|| Arc::new(Transaction { start, savepoints: Vec::new() }));
                Moment { catalog: self.catalog.clone(), transaction }
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

/// What is kept of each statement. Spans are in its code.
#[derive(Debug)]
pub struct StatementState {
    statement: Arc<Statement>,
    entry: Moment,
    exit: Moment,
    pub diagnostics: Vec<Diagnostic>,
    /// The analysis without what can be had again: only what tells whether it still holds.
    basis: Analysis,
    is_ddl: bool,
}

impl StatementState {
    /// The catalog before the statement.
    pub fn before(&self) -> &Arc<Catalog> {
        &self.entry.catalog
    }

    /// The catalog behind it.
    pub fn after(&self) -> &Arc<Catalog> {
        &self.exit.catalog
    }
}

#[derive(Debug)]
struct BlockState {
    block: Arc<Block>,
    entry: Moment,
    exit: Moment,
    statements: Vec<Arc<StatementState>>,
    has_diagnostics: bool,
}

/// How much was done anew.
#[derive(Debug, Default)]
pub struct Work {
    pub analyzed: AtomicU64,
    pub applied: AtomicU64,
}

/// A script's statements and the catalogs between them.
#[derive(Debug)]
pub struct Timeline {
    /// The script's revision that it was made for.
    pub revision: u64,
    base: Arc<Catalog>,
    blocks: Vec<Arc<BlockState>>,
    /// The catalog behind the last statement that counts (see `Timeline::update`).
    pub head: Arc<Catalog>,
    /// What a setting says of the placeholders, or `Dialect::UNKNOWN`.
    pub dialect: Dialect,
}

/// What making a timeline needs beside the script.
pub struct Means<'a> {
    pub cache: &'a ParseCache,
    pub work: &'a Work,
    /// Set when nobody waits for the answer any more.
    pub cancelled: &'a AtomicBool,
    /// What a setting says of the placeholders, or `Dialect::UNKNOWN`.
    pub dialect: Dialect,
}

impl Timeline {
    /// The timeline of `script` on top of `base`; `None` if it was cancelled. Statements that begin at `end` or
    /// behind it are not part of the history (a migration's down part): they are analyzed, but `head` is before them.
    pub fn update(
        old: Option<&Timeline>,
        script: &Script,
        base: &Arc<Catalog>,
        end: Option<usize>,
        means: &Means,
    ) -> Option<Timeline> {
        let blocks = script.blocks();
        let old_blocks = old.map_or(&[][..], |old| &old.blocks);
        let same = |new: &Arc<Block>, old: &Arc<BlockState>| Arc::ptr_eq(new, &old.block);
        let prefix = blocks.iter().zip(old_blocks).take_while(|(new, old)| same(new, old)).count();
        let limit = blocks.len().min(old_blocks.len()) - prefix;
        let suffix = blocks
            .iter()
            .rev()
            .zip(old_blocks.iter().rev())
            .take(limit)
            .take_while(|(new, old)| same(new, old))
            .count();
        let changed = &old_blocks[prefix..old_blocks.len() - suffix];
        let mut known: Vec<&Arc<StatementState>> =
            changed.iter().flat_map(|block| &block.statements).collect();
        known.sort_by_key(|state| state.statement.id);

        let mut states = Vec::with_capacity(blocks.len());
        let mut moment = Moment::new(base.clone());
        let mut start = 0;
        let mut head = None;
        for (n, block) in blocks.iter().enumerate() {
            if means.cancelled.load(Ordering::Relaxed) {
                return None;
            }
            let old_block = if n < prefix {
                Some(&old_blocks[n])
            } else if n >= blocks.len() - suffix {
                Some(&old_blocks[old_blocks.len() - (blocks.len() - n)])
            } else {
                None
            };
            let state = match old_block {
                Some(old) if old.entry.is(&moment) => old.clone(),
                _ => {
                    let find = |id: u64| match old_block {
                        Some(old) => old.statements.iter().find(|state| state.statement.id == id),
                        None => {
                            known.binary_search_by_key(&id, |state| state.statement.id).ok().map(|n| known[n])
                        }
                    };
                    Arc::new(block_state(block, old_block, &find, script, start, &moment, means))
                }
            };
            moment = state.exit.clone();
            if let Some(end) = end
                && head.is_none()
                && end < start + block.len
            {
                let mut at = start;
                let state_at_end = state.statements.iter().find(|state| {
                    at += state.statement.len;
                    at > end
                });
                head = state_at_end.map(|state| state.before().clone());
            }
            start += block.len;
            states.push(state);
        }
        Some(Timeline {
            revision: script.revision(),
            base: base.clone(),
            blocks: states,
            head: head.unwrap_or(moment.catalog),
            dialect: means.dialect,
        })
    }

    /// Whether it is the timeline of `script` on top of `base`, where a setting says `dialect`.
    pub fn is_of(&self, script: &Script, base: &Catalog, dialect: Dialect) -> bool {
        self.revision == script.revision()
            && self.base.revision() == base.revision()
            && self.dialect == dialect
    }

    /// What is kept of the statement at `index`.
    pub fn statement(&self, mut index: usize) -> Option<&Arc<StatementState>> {
        for block in &self.blocks {
            match block.statements.get(index) {
                Some(state) => return Some(state),
                None => index -= block.statements.len(),
            }
        }
        None
    }

    /// The catalog before the statement at `index`; behind the last one, the last.
    pub fn before(&self, index: usize) -> &Arc<Catalog> {
        match self.statement(index) {
            Some(state) => state.before(),
            None => self.blocks.last().map_or(&self.base, |block| &block.exit.catalog),
        }
    }

    /// All diagnostics, with their spans in the document.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut start = 0;
        for block in &self.blocks {
            if block.has_diagnostics {
                let mut at = start;
                for state in &block.statements {
                    let code = at + state.statement.code.start;
                    found.extend(state.diagnostics.iter().map(|diagnostic| Diagnostic {
                        span: diagnostic.span.shift(code),
                        ..diagnostic.clone()
                    }));
                    at += state.statement.len;
                }
            }
            start += block.block.len;
        }
        found
    }

    /// The statements that change the catalog or the database beyond its rows, where they stand.
    pub fn ddl(&self) -> Vec<(Placed, Arc<StatementState>)> {
        let mut found = Vec::new();
        let (mut start, mut index) = (0, 0);
        for state in self.blocks.iter().flat_map(|block| &block.statements) {
            if state.is_ddl {
                let placed = Placed { index, start, statement: state.statement.clone() };
                found.push((placed, state.clone()));
            }
            start += state.statement.len;
            index += 1;
        }
        found
    }
}

fn block_state<'a>(
    block: &Arc<Block>,
    old: Option<&Arc<BlockState>>,
    find: &dyn Fn(u64) -> Option<&'a Arc<StatementState>>,
    script: &Script,
    mut start: usize,
    entry: &Moment,
    means: &Means,
) -> BlockState {
    let mut moment = entry.clone();
    let mut statements = Vec::with_capacity(block.statements.len());
    for (n, statement) in block.statements.iter().enumerate() {
        // In a block that is the same, the old state is at the same place.
        let known = old
            .and_then(|old| old.statements.get(n))
            .filter(|state| state.statement.id == statement.id)
            .or_else(|| find(statement.id));
        let state = match known {
            Some(known) if known.entry.is(&moment) => known.clone(),
            // Nothing that it looked up has changed, and it changes nothing itself.
            Some(known) if !known.is_ddl && known.basis.holds_in(&moment.catalog) => {
                Arc::new(StatementState {
                    statement: statement.clone(),
                    entry: moment.clone(),
                    exit: moment.clone(),
                    diagnostics: known.diagnostics.clone(),
                    basis: known.basis.clone(),
                    is_ddl: false,
                })
            }
            // Its names mean what they meant, so only its effect is worked out again.
            Some(known) if known.basis.holds_in(&moment.catalog) => {
                Arc::new(statement_state(statement, script, start, &moment, Some(&known.basis), means))
            }
            _ => Arc::new(statement_state(statement, script, start, &moment, None, means)),
        };
        moment = state.exit.clone();
        start += statement.len;
        statements.push(state);
    }
    let has_diagnostics = statements.iter().any(|state| !state.diagnostics.is_empty());
    BlockState { block: block.clone(), entry: entry.clone(), exit: moment, statements, has_diagnostics }
}

fn statement_state(
    statement: &Arc<Statement>,
    script: &Script,
    start: usize,
    entry: &Moment,
    known: Option<&Analysis>,
    means: &Means,
) -> StatementState {
    let mut state = StatementState {
        statement: statement.clone(),
        entry: entry.clone(),
        exit: entry.clone(),
        diagnostics: Vec::new(),
        basis: Analysis::default(),
        is_ddl: false,
    };
    if statement.kind != StatementKind::Sql {
        return state;
    }
    let before = &entry.catalog;
    let placed = Placed { index: 0, start, statement: statement.clone() };
    let parse = means.cache.parse(&script.code(&placed), script.dialect(&placed, means.dialect));
    state.diagnostics.extend(parse.errors.iter().map(|error| Diagnostic {
        span: error.span,
        sqlstate: error.sqlstate,
        message: error.message.clone(),
        hint: None,
        suggestions: Vec::new(),
    }));
    if parse.node().is_none() {
        state.exit.catalog = after_unknown(&parse, before);
        state.is_ddl = !Arc::ptr_eq(&state.exit.catalog, before);
        return state;
    }
    let mut analysis = match known {
        // An analysis that holds elsewhere found nothing wrong.
        Some(known) => known.clone(),
        None => {
            means.work.analyzed.fetch_add(1, Ordering::Relaxed);
            Analyzer::new(&parse, before).run()
        }
    };
    if parse.has_unknown_names() {
        if parse.nodes().any(|node| !is_data(node)) {
            let mut after = (**before).clone();
            after.unknown_names = true;
            after.touch();
            state.exit.catalog = Arc::new(after);
            state.is_ddl = true;
        }
        state.basis = analysis.basis();
        return state;
    }
    state.diagnostics.append(&mut analysis.diagnostics);
    for node in parse.nodes() {
        if let NodeEnum::TransactionStmt(transaction) = node {
            // What comes after depends on it, so it is walked anew whenever what is before it changes.
            state.is_ddl = true;
            state.exit = state.exit.after(transaction);
            continue;
        }
        if is_data(node) {
            continue;
        }
        state.is_ddl = true;
        means.work.applied.fetch_add(1, Ordering::Relaxed);
        let mut after = (*state.exit.catalog).clone();
        let outcome = apply::apply(&mut after, node, &parse.sql);
        for error in outcome.errors {
            let span = error.offset.map_or(Span::at(0), |offset| token_at(&parse, offset));
            // The analysis may have said the same.
            if state.diagnostics.iter().any(|known| known.sqlstate == error.sqlstate && known.span == span) {
                continue;
            }
            state.diagnostics.push(Diagnostic {
                span,
                sqlstate: error.sqlstate,
                message: error.message,
                hint: None,
                suggestions: Vec::new(),
            });
        }
        if outcome.changed {
            state.exit.catalog = Arc::new(after);
        }
    }
    // References and outputs can be had again; what is kept of 100,000 statements must be small.
    state.basis = analysis.basis();
    state
}

/// The token that begins at `offset`, with the parts of a dotted name behind it.
fn token_at(parse: &Parse, offset: usize) -> Span {
    let tokens: Vec<_> = parse.tokens().into_iter().filter(|token| !token.is_comment()).collect();
    let Ok(mut n) = tokens.binary_search_by_key(&offset, |token| token.span.start) else {
        return Span::at(offset);
    };
    while tokens.get(n + 1).is_some_and(|dot| dot.is_char(b'.')) && tokens.get(n + 2).is_some() {
        n += 2;
    }
    Span::new(offset, tokens[n].span.end)
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
    after.unknown_names = true;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Edit;

    fn update(
        old: Option<&Timeline>,
        script: &Script,
        base: &Arc<Catalog>,
        cache: &ParseCache,
    ) -> (Timeline, u64) {
        let work = Work::default();
        let cancelled = AtomicBool::new(false);
        let means = Means { cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN };
        let timeline = Timeline::update(old, script, base, None, &means).unwrap();
        (timeline, work.analyzed.load(Ordering::Relaxed))
    }

    #[test]
    fn an_edit_costs_its_statement() {
        let mut text = "create table t (a int, b int);\ncreate table u (c int);\n".to_owned();
        for n in 0..3000 {
            text.push_str(&format!("select a, b from t where a = {n};\n"));
        }
        let (cache, base) = (ParseCache::default(), Arc::new(Catalog::default()));
        let mut script = Script::from(text.as_str());
        let (timeline, analyzed) = update(None, &script, &base, &cache);
        assert_eq!((analyzed, timeline.diagnostics()), (3002, vec![]));

        let at = text.rfind("a = 7;").unwrap();
        script.apply(&Edit { span: Span::new(at, at + 1), text: "x".into() }).unwrap();
        let (timeline, analyzed) = update(Some(&timeline), &script, &base, &cache);
        assert_eq!(analyzed, 1);
        let diagnostics = timeline.diagnostics();
        assert_eq!(diagnostics.len(), 1);
        assert_eq!((diagnostics[0].span, diagnostics[0].sqlstate), (Span::new(at, at + 1), "42703"));

        // A change of a table that no query reads costs its statement, and those with errors.
        let at = text.find("c int").unwrap();
        script.apply(&Edit { span: Span::new(at, at + 1), text: "d".into() }).unwrap();
        let (timeline, analyzed) = update(Some(&timeline), &script, &base, &cache);
        assert_eq!(analyzed, 2);

        let at = text.find("b int").unwrap();
        script.apply(&Edit { span: Span::new(at, at + 1), text: "d".into() }).unwrap();
        let (timeline, analyzed) = update(Some(&timeline), &script, &base, &cache);
        assert!(analyzed > 3000);
        assert_eq!(timeline.diagnostics().len(), 3001);
    }

    #[test]
    fn a_rollback_takes_back_what_was_defined() {
        let (cache, base) = (ParseCache::default(), Arc::new(Catalog::default()));
        for (text, errors) in [
            ("begin; create table t (a int); rollback; select a from t;", 1),
            ("begin; create table t (a int); commit; select a from t;", 0),
            ("begin; savepoint s; create table t (a int); rollback to s; select a from t; commit;", 1),
            ("begin; savepoint s; create table t (a int); release s; rollback; select a from t;", 1),
            ("create table t (a int); rollback; select a from t;", 0),
        ] {
            let (timeline, _) = update(None, &Script::from(text), &base, &cache);
            assert_eq!(timeline.diagnostics().len(), errors, "{text}");
        }
    }

    #[test]
    fn what_does_not_parse_is_unknown() {
        let (cache, base) = (ParseCache::default(), Arc::new(Catalog::default()));
        let script = Script::from(
            "create table t (a int);\nalter table t ad column b int;\nselect b from t;\ncreate tabl u ();\nselect * from u;",
        );
        let (timeline, _) = update(None, &script, &base, &cache);
        let codes: Vec<_> = timeline.diagnostics().iter().map(|diagnostic| diagnostic.sqlstate).collect();
        assert_eq!(codes, ["42601", "42601"]);
    }

    #[test]
    fn psql_variables_are_no_errors() {
        let (cache, base) = (ParseCache::default(), Arc::new(Catalog::default()));
        let script = Script::from(
            "select * from :table; create function f() returns int as :'lib', 'f' language c; select a from :\"t\";\ncreate table t (a int); select a from t where a = :a; select :b from t where a = :'a';",
        );
        assert_eq!(update(None, &script, &base, &cache).0.diagnostics(), []);
    }
}
