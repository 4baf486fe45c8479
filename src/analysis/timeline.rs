//! A script along its statements: the catalog before each of them, and what is wrong with each.
//!
//! Made from the timeline of the script before the edit: nodes of statements that the edit left alone, at a catalog
//! that did not change, are taken over whole; a statement is analyzed again only if something that it looked up has
//! changed. What is known of statements that an opened quote swallowed is kept for when it is closed.
//!
//! The statements of a file that `\i` includes are folded where that stands, as a timeline of their own.

mod branch;
mod carry;
mod command;
mod databases;
mod doubted;
mod failed;
mod in_block;
mod include;
mod kind;
mod moment;
mod read_only;
mod state;
mod statement;
mod tree;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use self::carry::Carry;
use self::include::Lookup;
pub use self::include::{Files, Found, Reader};
pub use self::moment::Moment;
use self::state::Interned;
pub use self::state::StatementState;
use self::statement::state_at;
use self::tree::{Gathered, Items, Known, NodeState};
use super::Diagnostic;
use crate::catalog::model::Catalog;
use crate::syntax::head::{HEAD, LONG};
use crate::syntax::sequence::{self, Node};
use crate::syntax::{Dialect, ParseCache, Placed, Script};
use crate::text::Span;

/// The code of what psql says, which has no SQLSTATEs.
pub const PSQL: &str = "psql";

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
    /// Where it is, where files tell what it includes.
    path: Option<Arc<Path>>,
    entry: Moment,
    exit: Moment,
    root: Option<Arc<NodeState>>,
    /// What is known of statements that are not in the script now, but may be again.
    kept: Vec<Arc<NodeState>>,
    kept_statements: Vec<(u64, Arc<StatementState>, bool)>,
    interned: Arc<Mutex<Interned>>,
    down_part: Option<FindDownPart>,
    /// The files that were looked up, also by those that it includes.
    lookups: Vec<Lookup>,
    /// How many files it includes, those that they include among them.
    files: usize,
    /// The scripts around this one, or this one, that it includes again.
    recurring: Vec<Arc<Path>>,
    /// The catalog behind the last statement that counts (see `Timeline::update`).
    pub head: Arc<Catalog>,
    /// What a setting says of the placeholders, or `Dialect::UNKNOWN`.
    pub dialect: Dialect,
}

/// What making a timeline needs beside the script.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub cache: &'a ParseCache,
    pub work: &'a Work,
    /// Set when nobody waits for the answer any more.
    pub cancelled: &'a AtomicBool,
    /// What a setting says of the placeholders, or `Dialect::UNKNOWN`.
    pub dialect: Dialect,
    /// What tells the files that the script includes; without it they are unknown.
    pub reader: Option<Reader<'a>>,
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

/// How many files a script may include in all, those that they include among them. psql has no such limit, so what is
/// behind it is unknown.
const MOST_FILES: usize = 2000;

/// How many bytes of statements may be read.
struct Budget {
    whole: usize,
    left: usize,
    /// How many files may still be included.
    files: usize,
}

impl Budget {
    fn is_large(&self, placed: &Placed) -> bool {
        placed.statement.code.len() > self.whole
    }

    /// Whether somebody waits, and what is wrong with it would take long to be told whole.
    fn is_long(&self, placed: &Placed) -> bool {
        self.whole != usize::MAX && (LONG + 1..=HEAD).contains(&placed.statement.code.len())
    }

    fn take(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }

    fn take_files(&mut self, files: usize) {
        self.files = self.files.saturating_sub(files);
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
        Timeline::update_at(old, script, &Moment::new(base.clone()), down_part, means, budget)
    }

    /// The same of a script that begins at `entry`: one that another includes there.
    pub fn update_at(
        old: Option<&Timeline>,
        script: &Script,
        entry: &Moment,
        down_part: Option<FindDownPart>,
        means: &Means,
        budget: usize,
    ) -> Option<Timeline> {
        let mut budget = Budget { whole: budget, left: budget, files: MOST_FILES };
        Timeline::fold(old, script, entry, down_part, means, &mut budget)
    }

    /// The timeline of a script that begins at `entry`.
    fn fold(
        old: Option<&Timeline>,
        script: &Script,
        entry: &Moment,
        down_part: Option<FindDownPart>,
        means: &Means,
        budget: &mut Budget,
    ) -> Option<Timeline> {
        // States say whether their statements have the mark of a down part only if somebody asked, and another setting
        // reads their placeholders in another way.
        let old =
            old.filter(|old| old.down_part.is_some() == down_part.is_some() && old.dialect == means.dialect);
        let path = means.reader.map(|reader| reader.path);
        let old = old.filter(|old| old.path.as_deref() == path);
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
            budget,
            index: 0,
            start: 0,
            moment: entry.clone(),
            carry: Carry::default(),
            cancelled: false,
        };
        let root = script.sequence().root().map(|root| update.node(root, None));
        if update.cancelled {
            return None;
        }
        let mut exit = update.moment;
        exit.end_file();
        let marked = root.as_ref().and_then(|root| Some(root.before(root.marked()?).clone()));
        let head = marked.map_or_else(
            || exit.head(),
            |mut marked| {
                marked.end_file();
                marked.head()
            },
        );
        let (mut lookups, mut recurring) = (Vec::new(), Vec::new());
        for effects in root.iter().flat_map(|root| root.commands()) {
            lookups.extend(effects.lookups.iter().cloned());
            recurring.extend(effects.recurring.iter().cloned());
        }
        let files = root.as_ref().map_or(0, |root| root.files());
        let (mut kept, mut kept_statements) = (Vec::new(), Vec::new());
        for shadow in script.shadows().filter_map(|shadow| shadow.root()) {
            known.keep(shadow, &mut kept, &mut kept_statements);
        }
        Some(Timeline {
            revision: script.revision(),
            path: path.map(Arc::from),
            entry: entry.clone(),
            exit,
            root,
            kept,
            kept_statements,
            interned: interned.clone(),
            down_part,
            lookups,
            files,
            recurring,
            head,
            dialect: means.dialect,
        })
    }

    /// Whether it is the timeline of `script` from `entry` on, as far as it goes.
    pub fn is_of(&self, script: &Script, entry: &Moment, means: &Means) -> bool {
        self.revision == script.revision()
            && self.entry.is(entry)
            && self.dialect == means.dialect
            && self.path.as_deref() == means.reader.map(|reader| reader.path)
            && means.reader.is_none_or(|reader| self.rests_on(reader.files))
    }

    /// Whether it is all that there is to say of `script` where it begins at `entry`.
    fn is_at(&self, script: &Script, entry: &Moment, means: &Means) -> bool {
        self.lacks() == Lacks::Nothing && self.is_of(script, entry, means)
    }

    /// Whether the files that it looked up are as they were.
    pub fn rests_on(&self, files: &dyn Files) -> bool {
        self.lookups.iter().all(|lookup| lookup.holds(files))
    }

    /// What tells one state of the files that it looks up from another.
    pub fn files_key(&self, files: &dyn Files) -> u64 {
        let mut hasher = DefaultHasher::new();
        for lookup in &self.lookups {
            files.find(&lookup.from, &lookup.include).seen().hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The files that are included, also by one another, in their order, each with the moment before it.
    pub fn parts(&self) -> Vec<(Arc<Path>, Moment)> {
        let mut parts = Vec::new();
        self.add_parts(&mut parts);
        parts
    }

    fn add_parts(&self, parts: &mut Vec<(Arc<Path>, Moment)>) {
        let commands = self.root.iter().flat_map(|root| root.commands());
        for part in commands.flat_map(|effects| &effects.timelines) {
            parts.extend(part.path.clone().map(|path| (path, part.entry.clone())));
            part.add_parts(parts);
        }
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
        self.root.as_ref().map_or(&self.entry.catalog, |root| &root.before(index).catalog)
    }

    /// All diagnostics, with their spans in the document.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.gather(false).diagnostics
    }

    /// The same for somebody who waits, and whether there may be more: of a large statement that does not parse only
    /// PostgreSQL's own error is told, until all were asked for.
    pub fn diagnostics_soon(&self) -> (Vec<Diagnostic>, bool) {
        let found = self.gather(true);
        (found.diagnostics, found.lacks_errors)
    }

    fn gather(&self, soon: bool) -> Gathered {
        let mut found = Gathered { soon, ..Gathered::default() };
        self.root.iter().for_each(|root| root.diagnostics(0, &mut found));
        found
    }

    /// Whether some statement has a body in PL/pgSQL, of which `in_bodies` may have something to say.
    pub fn has_bodies(&self) -> bool {
        self.root.as_ref().is_some_and(|root| root.has_bodies)
    }

    /// What is wrong in the bodies of functions and blocks in PL/pgSQL, where the script or its history ends with `head`.
    /// Nothing while not all of the script is known: what is missing may be made behind.
    pub fn in_bodies(&self, script: &Script, cache: &ParseCache, head: &Arc<Catalog>) -> Vec<Diagnostic> {
        if !self.has_bodies() || self.lacks() != Lacks::Nothing || !script.is_settled() {
            return Vec::new();
        }
        let mut statements = Vec::new();
        self.root.iter().for_each(|root| root.bodies(0, 0, &mut statements));
        let mut found = Vec::new();
        for (placed, state) in statements {
            let parse = || cache.parse(&script.code(&placed), script.dialect(&placed, self.dialect));
            let start = placed.code().start;
            found.extend(state.in_body(parse, head).iter().map(|diagnostic| diagnostic.shift(start)));
        }
        found
    }

    /// The statements that change the catalog or the database beyond its rows, where they stand.
    pub fn ddl(&self) -> Vec<(Placed, Arc<StatementState>)> {
        let mut found = Vec::new();
        self.root.iter().for_each(|root| root.ddl(0, 0, &mut found));
        found
    }
}

/// A walk over a script's nodes.
struct Update<'a> {
    script: &'a Script,
    down_part: Option<FindDownPart>,
    means: &'a Means<'a>,
    known: &'a Known<'a>,
    interned: &'a mut Interned,
    budget: &'a mut Budget,
    /// Where the walk is: the statement's place, its first byte, and the moment before it.
    index: usize,
    start: usize,
    moment: Moment,
    carry: Carry,
    cancelled: bool,
}

impl Update<'_> {
    /// Whether the walk ends here.
    fn is_over(&self) -> bool {
        self.cancelled || self.budget.left == 0
    }

    /// Whether the files that a node's commands looked up are as they were.
    fn holds(&self, node: &NodeState) -> bool {
        let Some(reader) = self.means.reader else { return true };
        node.commands().all(|effects| effects.lookups.iter().all(|lookup| lookup.holds(reader.files)))
    }

    /// The state of `node`; `old` is what was known of it.
    fn node(&mut self, node: &Arc<Node>, old: Option<&Arc<NodeState>>) -> Arc<NodeState> {
        let old = old.or_else(|| self.known.node(node));
        if let Some(old) = old
            && old.complete
            && old.entry.is(&self.moment)
            && self.holds(old)
        {
            self.budget.take_files(old.files());
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
                        &mut self.carry,
                        self.interned,
                        self.budget,
                        self.means,
                    );
                    // What an included file lacks is made up for before all that is behind it.
                    let unfinished = state.is_unfinished();
                    self.cancelled |= unfinished && self.means.cancelled.load(Ordering::Relaxed);
                    if known.map_or_else(|| self.has_mark(&placed), |(_, mark)| mark) {
                        marks.push(n as u8);
                    }
                    if let Some(exit) = state.exit() {
                        self.moment = exit.clone();
                    }
                    self.index += 1;
                    self.start += statement.len;
                    states.push(state);
                    if unfinished {
                        self.budget.left = 0;
                    }
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
    fn bodies_are_judged_by_what_is_there_in_the_end() {
        let (cache, base) = (ParseCache::default(), Arc::new(Catalog::default()));
        let f = |name: &str, query: &str| {
            format!(
                "create function {name}() returns int language plpgsql stable as $$ begin return ({query}); end $$;\n"
            )
        };
        let t = "create table t (a int);\n";
        let (good, bad, late) =
            (f("f", "select a from t"), f("f", "select b from t"), f("f", "select a from u"));
        for (text, found) in [
            (format!("{t}{good}"), &[][..]),
            (format!("{good}{t}"), &[]),
            (format!("{t}{bad}"), &["42703 b"]),
            (format!("{t}{bad}alter table t add b int;"), &[]),
            (format!("{t}{good}alter table t rename a to c;"), &["42703 a"]),
            (format!("{t}{bad}drop function f;"), &[]),
            (format!("{t}{bad}{}", good.replace("create", "create or replace")), &[]),
            (late.clone(), &["42P01 u"]),
            (format!("{late}create schema s; create table s.u (a int);"), &[]),
            (format!("create schema s; create table s.t (b int); {t}{bad}"), &[]),
            (format!("{t}do $$ begin alter table t add b int; update t set b = 1; end $$;"), &[]),
            (format!("{t}do $$ begin if now() > '2026-01-01' then update t set b = 1; end if; end $$;"), &["42703 b"]),
            (
                format!(
                    "{late}create function g() returns void language plpgsql as $$ begin create temp table u (a int); end $$;"
                ),
                &[],
            ),
            (
                format!(
                    "{t}create function g() returns trigger language plpgsql as $$ begin new.x := 1; return new; end $$;
                     create trigger g before insert on t for each row execute function g();"
                ),
                &["42703 x"],
            ),
        ] {
            let script = Script::from(text.as_str());
            let (timeline, _) = update(None, &script, &base, &cache);
            assert_eq!(timeline.diagnostics(), [], "{text}");
            let told = timeline.in_bodies(&script, &cache, &timeline.head);
            let told = told.iter().filter(|told| told.sqlstate.len() == 5);
            let told: Vec<String> =
                told.map(|told| format!("{} {}", told.sqlstate, &text[told.span.range()])).collect();
            assert_eq!(told, found, "{text}");
        }
    }

    #[test]
    fn what_is_deeply_nested_is_not_judged() {
        let (cache, base) = (ParseCache::default(), Arc::new(Catalog::default()));
        for depth in [3, 2000] {
            let body = format!("{}perform x;{}", "if true then ".repeat(depth), "end if; ".repeat(depth));
            let text =
                format!("create function f() returns void language plpgsql as $$ begin {body} end $$;");
            let script = Script::from(text.as_str());
            let (timeline, _) = update(None, &script, &base, &cache);
            let told = timeline.in_bodies(&script, &cache, &timeline.head);
            assert_eq!(told.iter().any(|told| told.sqlstate == "42703"), depth == 3);
        }
    }

    #[test]
    fn what_does_not_parse_is_unknown() {
        let (cache, base) = (ParseCache::default(), Arc::new(Catalog::default()));
        let script = Script::from(
            "create table t (a int);\nalter table t add column b\nselect b from t;\ncreate tabl u ();\nselect * from u;",
        );
        let (timeline, _) = update(None, &script, &base, &cache);
        let codes: Vec<_> = timeline.diagnostics().iter().map(|diagnostic| diagnostic.sqlstate).collect();
        assert_eq!(codes, ["42601", "42601"]);
    }

    #[test]
    fn all_errors_of_a_large_statement_come_later() {
        let (cache, base) = (ParseCache::default(), Arc::new(Catalog::default()));
        let list = "1, ".repeat(5000);
        let script = Script::from(format!("select 1, , 2 from t where a in ({list} 1) ordr by 1;").as_str());
        let (timeline, _) = update(None, &script, &base, &cache);
        let (soon, lacks) = timeline.diagnostics_soon();
        assert_eq!((soon.len(), soon[0].fixes.len(), lacks), (1, 0, true));
        let all = timeline.diagnostics();
        assert_eq!((all.len(), all[0].fixes.is_empty()), (2, false));
        assert_eq!(timeline.diagnostics_soon(), (all, false));
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
