//! A script along its statements: the catalog before each of them, and what is wrong with each.
//!
//! Made from the timeline of the script before the edit: nodes of statements that the edit left alone, at a catalog
//! that did not change, are taken over whole; a statement is analyzed again only if something that it looked up has
//! changed. What is known of statements that an opened quote swallowed is kept for when it is closed.

mod commands;
mod include;
mod moment;
mod state;
mod tree;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

pub use self::commands::PSQL;
pub use self::include::{Files, Found, Lookup, Reader, Seen};
use self::moment::Moment;
pub use self::state::StatementState;
use self::state::{Interned, state_at};
use self::tree::{Items, Known, NodeState};
use super::Diagnostic;
use crate::catalog::model::Catalog;
use crate::syntax::sequence::{self, Node};
use crate::syntax::{Dialect, ParseCache, Placed, Script};
use crate::text::Span;

/// How much was done anew.
#[derive(Debug, Default)]
pub struct Work {
    pub analyzed: AtomicU64,
    pub applied: AtomicU64,
}

/// Where the part of a migration begins that takes it back, in a piece of its text that begins with a line.
pub type FindDownPart = fn(&str) -> Option<usize>;

/// A script's statements and the catalogs between them.
#[derive(Debug)]
pub struct Timeline {
    /// The script's revision that it was made for.
    pub revision: u64,
    base: Arc<Catalog>,
    root: Option<Arc<NodeState>>,
    /// What is known of statements that are not in the script now, but may be again.
    kept: Vec<Arc<NodeState>>,
    kept_statements: Vec<(u64, Arc<StatementState>, bool)>,
    interned: Arc<Mutex<Interned>>,
    down_part: Option<FindDownPart>,
    /// The catalog behind the last statement that counts (see `Timeline::update`).
    pub head: Arc<Catalog>,
    /// What a setting says of the placeholders, or `Dialect::UNKNOWN`.
    pub dialect: Dialect,
    /// The files that it rests on beside the script's own: those that are included, and those that were not found.
    pub lookups: Vec<Lookup>,
}

/// What making a timeline needs beside the script.
pub struct Means<'a> {
    pub cache: &'a ParseCache,
    pub work: &'a Work,
    /// Set when nobody waits for the answer any more.
    pub cancelled: &'a AtomicBool,
    /// What a setting says of the placeholders, or `Dialect::UNKNOWN`.
    pub dialect: Dialect,
    /// Where the script is, and what tells the files that it includes; without it those are unknown.
    pub reader: Option<Reader<'a>>,
}

impl Means<'_> {
    /// Whether the files are still what they were.
    fn hold(&self, lookups: &[Lookup]) -> bool {
        let Some(reader) = self.reader else { return lookups.is_empty() };
        lookups.iter().all(|lookup| lookup.holds(reader.files))
    }
}

/// How much a timeline that is not complete lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacks {
    Nothing,
    /// A statement that is too large to be read whole while somebody waits.
    LargeStatements,
    /// The statements from some place on.
    Statements,
}

/// How many bytes of statements may be read.
struct Budget {
    whole: usize,
    left: usize,
}

impl Budget {
    fn is_large(&self, placed: &Placed) -> bool {
        placed.statement.code.len() > self.whole
    }

    fn take(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }
}

impl Timeline {
    /// The timeline of `script` on top of `base`; `None` if it was cancelled. Statements from the first one on in
    /// which `down_part` finds something are not part of the history: they are analyzed, but `head` is before them.
    pub fn update(
        old: Option<&Timeline>,
        script: &Script,
        base: &Arc<Catalog>,
        down_part: Option<FindDownPart>,
        means: &Means,
    ) -> Option<Timeline> {
        Timeline::update_within(old, script, base, down_part, means, usize::MAX)
    }

    /// The same, but reading about `budget` bytes of statements, those aside of which enough is known. The timeline
    /// may then lack something, and is to be made again from itself. Of a statement larger than that only the first
    /// part is read.
    pub fn update_within(
        old: Option<&Timeline>,
        script: &Script,
        base: &Arc<Catalog>,
        down_part: Option<FindDownPart>,
        means: &Means,
        budget: usize,
    ) -> Option<Timeline> {
        // States say whether their statements have the mark of a down part only if somebody asked, and another setting
        // reads their placeholders in another way.
        let old =
            old.filter(|old| old.down_part.is_some() == down_part.is_some() && old.dialect == means.dialect);
        // A file that is included is part of the history at one place; what comes behind is not told apart.
        let old = old.filter(|old| means.hold(&old.lookups));
        let interned = old.map(|old| old.interned.clone()).unwrap_or_default();
        let (olds, loose) = match old {
            Some(old) => (old.root.iter().chain(&old.kept), &old.kept_statements[..]),
            None => (None.iter().chain(&[]), &[][..]),
        };
        let roots = script.sequence().root().into_iter();
        let known = Known::new(olds, loose, roots.chain(script.shadows().filter_map(|shadow| shadow.root())));
        let mut update = Update {
            script,
            down_part,
            means,
            known: &known,
            interned: &mut interned.lock().unwrap_or_else(|poisoned| poisoned.into_inner()),
            budget: Budget { whole: budget, left: budget },
            index: 0,
            start: 0,
            moment: Moment::new(base.clone()),
            cancelled: false,
        };
        let root = script.sequence().root().map(|root| update.node(root, None));
        let mut lookups = Vec::new();
        root.iter().for_each(|root| root.lookups(&mut lookups));
        // What is known of an included file may be cut off where it was cancelled.
        if update.cancelled || !lookups.is_empty() && means.cancelled.load(Ordering::Relaxed) {
            return None;
        }
        let last = &update.moment.catalog;
        let marked = root.as_ref().and_then(|root| Some(&root.before(root.marked()?).catalog));
        let head = marked.unwrap_or(last).clone();
        let (mut kept, mut kept_statements) = (Vec::new(), Vec::new());
        for shadow in script.shadows().filter_map(|shadow| shadow.root()) {
            known.keep(shadow, &mut kept, &mut kept_statements);
        }
        Some(Timeline {
            revision: script.revision(),
            base: base.clone(),
            root,
            kept,
            kept_statements,
            interned: interned.clone(),
            down_part,
            head,
            dialect: means.dialect,
            lookups,
        })
    }

    /// Whether it is the timeline of `script` on top of `base`, as far as it goes, by these means.
    pub fn is_of(&self, script: &Script, base: &Catalog, means: &Means) -> bool {
        self.revision == script.revision()
            && self.base.revision() == base.revision()
            && self.dialect == means.dialect
            && means.hold(&self.lookups)
    }

    /// What is missing for it to be all that there is to say of its script.
    pub fn lacks(&self) -> Lacks {
        match &self.root {
            Some(root) if !root.reached_end => Lacks::Statements,
            Some(root) if !root.complete => Lacks::LargeStatements,
            _ => Lacks::Nothing,
        }
    }

    /// Whether the catalog is known before the statement at `index`.
    pub fn reaches(&self, index: usize) -> bool {
        self.root.as_ref().is_none_or(|root| root.reached_end || root.reached() >= index)
    }

    /// The catalog before the statement at `index`; behind the last one, the last.
    pub fn before(&self, index: usize) -> &Arc<Catalog> {
        self.root.as_ref().map_or(&self.base, |root| &root.before(index).catalog)
    }

    /// The catalog before the statement at `index` for what another file says there: where psql may not run it, a name
    /// that is not found may exist.
    pub fn before_certain(&self, index: usize) -> Arc<Catalog> {
        match self.root.as_ref().map(|root| root.before(index)) {
            Some(moment) if moment.conditions.is_some() => {
                let mut catalog = (*moment.catalog).clone();
                catalog.forget();
                Arc::new(catalog)
            }
            Some(moment) => moment.catalog.clone(),
            None => self.base.clone(),
        }
    }

    /// All diagnostics, with their spans in the document.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        self.root.iter().for_each(|root| root.diagnostics(0, &mut 0, &mut found));
        found
    }

    /// The statements that change the catalog or the database beyond its rows, where they stand.
    pub fn ddl(&self) -> Vec<(Placed, Arc<StatementState>)> {
        let mut found = Vec::new();
        self.root.iter().for_each(|root| root.ddl(0, 0, &mut found));
        found
    }
}

/// The moment behind a script that begins at `entry`, and the files that it rests on; `None` if it was cancelled.
fn walk(script: &Script, entry: &Moment, means: &Means) -> Option<(Moment, Vec<Lookup>)> {
    let mut update = Update {
        script,
        down_part: None,
        means,
        known: &Known::new(None.iter(), &[], None.into_iter()),
        interned: &mut Interned::default(),
        budget: Budget { whole: usize::MAX, left: usize::MAX },
        index: 0,
        start: 0,
        moment: entry.clone(),
        cancelled: false,
    };
    let mut lookups = Vec::new();
    if let Some(root) = script.sequence().root() {
        update.node(root, None).lookups(&mut lookups);
    }
    // What an included file leaves open is closed there: psql says so, and goes on.
    let moment = Moment { conditions: entry.conditions.clone(), ..update.moment };
    (!update.cancelled).then_some((moment, lookups))
}

/// A walk over a script's nodes.
struct Update<'a> {
    script: &'a Script,
    down_part: Option<FindDownPart>,
    means: &'a Means<'a>,
    known: &'a Known<'a>,
    interned: &'a mut Interned,
    budget: Budget,
    /// Where the walk is: the statement's place, its first byte, and the moment before it.
    index: usize,
    start: usize,
    moment: Moment,
    cancelled: bool,
}

impl Update<'_> {
    /// Whether the walk ends here.
    fn is_over(&self) -> bool {
        self.cancelled || self.budget.left == 0
    }

    /// The state of `node`; `old` is what was known of it.
    fn node(&mut self, node: &Arc<Node>, old: Option<&Arc<NodeState>>) -> Arc<NodeState> {
        let old = old.or_else(|| self.known.node(node));
        if let Some(old) = old
            && old.complete
            && old.entry.is(&self.moment)
        {
            self.moment = old.exit.clone();
            self.index += node.count();
            self.start += node.bytes();
            return old.clone();
        }
        self.cancelled |= self.means.cancelled.load(Ordering::Relaxed);
        let entry = self.moment.clone();
        let state = match &node.items {
            sequence::Items::Nodes(children) => {
                let olds = old.map_or(&[][..], |old| old.nodes());
                let mut states = Vec::with_capacity(children.len());
                for (n, child) in children.iter().enumerate() {
                    if self.is_over() {
                        break;
                    }
                    states.push(self.node(child, olds.get(n)));
                }
                NodeState::of_nodes(node, entry, self.moment.clone(), states)
            }
            sequence::Items::Statements(statements) => {
                let (olds, old_marks) = match old.map(|old| &old.items) {
                    Some(Items::Statements(olds, marks)) => (&olds[..], &marks[..]),
                    _ => (&[][..], &[][..]),
                };
                let mut states = Vec::with_capacity(statements.len());
                let mut marks = Vec::new();
                for (n, statement) in statements.iter().enumerate() {
                    if self.is_over() {
                        break;
                    }
                    // In a node that is the same, the old state is at the same place.
                    let known = match olds.get(n) {
                        Some(old) => Some((old, old_marks.contains(&(n as u8)))),
                        None => self.known.statement(statement.id),
                    };
                    let placed = Placed { index: self.index, start: self.start, statement: *statement };
                    let state = state_at(
                        &placed,
                        self.script,
                        &self.moment,
                        known.map(|(state, _)| state),
                        self.interned,
                        &mut self.budget,
                        self.means,
                    );
                    if known.map_or_else(|| self.has_mark(&placed), |(_, mark)| mark) {
                        marks.push(n as u8);
                    }
                    if let Some(exit) = state.exit() {
                        self.moment = exit.clone();
                    }
                    self.index += 1;
                    self.start += statement.len;
                    states.push(state);
                }
                NodeState::of_statements(node, entry, self.moment.clone(), states, marks)
            }
        };
        Arc::new(state)
    }

    /// Whether the down part of a migration begins in a statement or before its first token.
    fn has_mark(&self, placed: &Placed) -> bool {
        let Some(down_part) = self.down_part else { return false };
        // The mark is a comment on a line of its own. What is larger than this is data or does not parse.
        const LARGEST: usize = 256 * 1024;
        let rope = self.script.document().rope();
        let end = (placed.start + LARGEST).min(placed.span().end);
        let end = rope.char_to_byte(rope.byte_to_char(end));
        let text = self.script.document().slice(Span::new(placed.start, end));
        let begins_line = placed.start == 0 || matches!(rope.byte(placed.start - 1), b'\n' | b'\r');
        let lines = match begins_line {
            true => &text[..],
            false => text.split_once('\n').map_or("", |(_, lines)| lines),
        };
        down_part(lines).is_some()
    }
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
        let means =
            Means { cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
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
