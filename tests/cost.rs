//! What an edit costs, counted: statements scanned, parsed and analyzed in a file of 100,000 of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pgwright::analysis::timeline::{Lacks, Means, Timeline, Work};
use pgwright::catalog::Catalog;
use pgwright::syntax::{Dialect, ParseCache, Script};
use pgwright::text::{Edit, Span};
use pgwright::workspace::Config;
use pgwright::workspace::snapshot::{FolderState, Snapshot};

/// A script with what is known of it, brought up to date as the server does it.
struct Session {
    script: Script,
    timeline: Timeline,
    base: Arc<Catalog>,
    cache: ParseCache,
    work: Work,
}

/// What one step cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    scanned: usize,
    bytes: usize,
    parsed: u64,
    analyzed: u64,
}

impl Session {
    fn new(text: &str) -> Session {
        let (cache, work, base) = (ParseCache::default(), Work::default(), Arc::new(Catalog::default()));
        let script = Script::from(text);
        let cancelled = AtomicBool::new(false);
        let means = Means {
            cache: &cache,
            work: &work,
            cancelled: &cancelled,
            dialect: Dialect::UNKNOWN,
            reader: None,
        };
        let timeline = Timeline::update(None, &script, &base, None, &means).unwrap();
        Session { script, timeline, base, cache, work }
    }

    fn counts(&self) -> (u64, u64) {
        (self.cache.parsed(), self.work.analyzed.load(Ordering::Relaxed))
    }

    /// The diagnostics of the text as it is now, made within `budget`.
    fn look(&mut self, budget: usize) -> (u64, u64) {
        let before = self.counts();
        let cancelled = AtomicBool::new(false);
        let means = Means {
            cache: &self.cache,
            work: &self.work,
            cancelled: &cancelled,
            dialect: Dialect::UNKNOWN,
            reader: None,
        };
        let (old, script) = (Some(&self.timeline), &self.script);
        self.timeline = Timeline::update_within(old, script, &self.base, None, &means, budget).unwrap();
        let after = self.counts();
        (after.0 - before.0, after.1 - before.1)
    }

    fn edit(&mut self, start: usize, end: usize, text: &str) -> Cost {
        self.script.apply(&Edit { span: Span::new(start, end), text: text.into() }).unwrap();
        let work = self.script.work();
        let (parsed, analyzed) = self.look(usize::MAX);
        Cost { scanned: work.scanned_statements, bytes: work.scanned_bytes, parsed, analyzed }
    }
}

const STATEMENTS: usize = 100_000;

/// A table and queries over it that are all different.
fn queries() -> String {
    let mut text = String::from("create table t (a int, b text);\n");
    for n in 1..STATEMENTS {
        text.push_str(&format!("select a, b from t where a = {n};\n"));
    }
    text
}

#[test]
fn a_typed_character_costs_its_statement() {
    let mut session = Session::new(&queries());
    assert_eq!(session.script.sequence().count(), STATEMENTS + 1);
    assert_eq!(session.timeline.diagnostics(), []);
    for (before, what) in [
        ("a = 5", "1"),
        ("where ", "x"),
        ("select a, b from t where a = 70000;", " "),
        ("a = 99999", "7"),
        ("from t", "\n"),
    ] {
        let text = session.script.document().text();
        let at = text.rfind(before).unwrap() + before.len();
        let cost = session.edit(at, at, what);
        assert!(cost.scanned <= 2 && cost.bytes < 200 && cost.parsed <= 2 && cost.analyzed <= 2, "{cost:?}");
    }
    // A semicolon taken away and given back: two statements become one and two again.
    let at = session.script.document().text().find("20000;").unwrap() + 5;
    for (end, text) in [(at + 1, ""), (at, ";")] {
        let cost = session.edit(at, end, text);
        assert!(cost.scanned <= 2 && cost.parsed <= 2, "{cost:?}");
    }
    assert_eq!(session.timeline.diagnostics().len(), 1);
}

#[test]
fn a_quote_opened_and_closed_costs_nothing_of_what_is_behind_it() {
    let mut session = Session::new(&queries());
    for (open, close) in [("'", "'"), ("/*", "*/"), ("$$", "$$"), ("\"", "\"")] {
        let at = session.script.document().text().find("a = 50000").unwrap() + 4;
        let mut typed = at;
        let mut keys: Vec<&str> = vec![open];
        keys.extend(["n", "e", "w"]);
        for key in keys {
            let cost = session.edit(typed, typed, key);
            typed += key.len();
            // Half of the file is in the quote; none of it is read beyond some kilobytes.
            assert!(cost.scanned <= 2 && cost.bytes < 300_000, "{open} {cost:?}");
            assert!(cost.parsed <= 3 && cost.analyzed <= 1, "{open} {cost:?}");
            assert_eq!(session.timeline.lacks(), Lacks::Nothing);
        }
        // Whether or not there was time to find out where it ends.
        assert!(!session.script.is_settled());
        for settles in [false, true] {
            if settles {
                assert!(session.script.settle(&|| false));
                let (parsed, analyzed) = session.look(usize::MAX);
                assert!(parsed <= 3 && analyzed <= 1, "{open} {parsed} {analyzed}");
                let diagnostics = session.timeline.diagnostics();
                assert!(
                    diagnostics.len() == 1 && diagnostics[0].message.starts_with("unterminated"),
                    "{open}"
                );
            }
            let cost = session.edit(typed, typed, close);
            assert!(
                cost.scanned <= 2 && cost.bytes < 200 && cost.parsed <= 1 && cost.analyzed <= 1,
                "{open} {cost:?}"
            );
            assert_eq!(session.script.sequence().count(), STATEMENTS + 1);
            assert!(session.script.is_settled());
            let reopened = session.edit(typed, typed + close.len(), "");
            assert!(reopened.parsed <= 3 && reopened.analyzed <= 1, "{open} {reopened:?}");
        }
        let cost = session.edit(at, typed, "");
        assert!(
            cost.scanned <= 2 && cost.bytes < 200 && cost.parsed <= 1 && cost.analyzed <= 1,
            "{open} {cost:?}"
        );
        assert_eq!(
            (session.script.sequence().count(), session.timeline.diagnostics()),
            (STATEMENTS + 1, vec![])
        );
    }
}

#[test]
fn an_edit_shares_all_but_a_path_of_the_tree() {
    use std::collections::HashSet;

    use pgwright::syntax::sequence::Node;

    fn add(node: &Arc<Node>, all: &mut HashSet<*const Node>) {
        all.insert(Arc::as_ptr(node));
        node.nodes().iter().for_each(|node| add(node, all));
    }
    let nodes = |script: &Script| {
        let mut all = HashSet::new();
        add(script.sequence().root().unwrap(), &mut all);
        all
    };
    let script = Script::from(queries().as_str());
    let before = nodes(&script);
    let mut edited = script.clone();
    let at = edited.document().text().find("a = 50000").unwrap();
    edited.apply(&Edit { span: Span::at(at), text: "x".into() }).unwrap();
    let fresh = nodes(&edited).difference(&before).count();
    assert!(fresh <= 20 && before.len() > 3000, "{fresh} of {} nodes are new", before.len());
}

#[test]
fn a_large_statement_is_read_in_part_while_somebody_waits() {
    let values = "(1, 'one'),\n".repeat(200_000);
    let text = format!(
        "create table t (a int, b text);\ninsert into t values {values}(2, 'two');\nselect a from t;\n"
    );
    let mut session = Session::new(&text);
    let at = text.find("(1, 'one')").unwrap() + 1_200_000;
    session.script.apply(&Edit { span: Span::at(at), text: " ".into() }).unwrap();
    // The scan did not come to the edit, so the rest from this statement on is not settled.
    assert!(!session.script.is_settled() && session.script.work().scanned_bytes <= 2_000_000);
    let (parsed, _) = session.look(256 * 1024);
    assert!(parsed <= 2 && session.timeline.diagnostics().is_empty());
    session.script.settle(&|| false);
    session.look(256 * 1024);
    assert_eq!(session.timeline.lacks(), Lacks::LargeStatements);
    session.look(usize::MAX);
    assert_eq!((session.timeline.lacks(), session.timeline.diagnostics()), (Lacks::Nothing, vec![]));
    // A mistake in its first part is known at once.
    let at = text.find("values").unwrap();
    session.script.apply(&Edit { span: Span::new(at, at + 1), text: "w".into() }).unwrap();
    session.look(256 * 1024);
    let diagnostics = session.timeline.diagnostics();
    assert_eq!((diagnostics.len(), diagnostics[0].sqlstate), (1, "42601"));
}

#[test]
fn a_timeline_is_made_in_steps() {
    let mut text = queries();
    text.push_str("select c from t;\n");
    let whole = Session::new(&text);
    let (cache, work, base) = (ParseCache::default(), Work::default(), Arc::new(Catalog::default()));
    let (script, cancelled) = (Script::from(text.as_str()), AtomicBool::new(false));
    let means =
        Means { cache: &cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    let mut timeline: Option<Timeline> = None;
    let mut steps = 0;
    while timeline.as_ref().is_none_or(|timeline| timeline.lacks() != Lacks::Nothing) {
        let before = cache.parsed();
        let old = timeline.as_ref();
        timeline = Timeline::update_within(old, &script, &base, None, &means, 256 * 1024);
        let parsed = cache.parsed() - before;
        assert!(parsed * 30 < 300 * 1024, "{parsed}");
        steps += 1;
    }
    assert!(steps > 10);
    assert_eq!(cache.parsed(), whole.cache.parsed());
    assert_eq!(timeline.unwrap().diagnostics(), whole.timeline.diagnostics());
}

#[test]
fn a_history_that_two_threads_read_is_parsed_once() {
    const FILES: u64 = 200;
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations).unwrap();
    let mut statements = 0;
    for n in 0..FILES {
        let note = "long ".repeat(50);
        let mut text = format!(
            "CREATE TABLE t{n} (id int PRIMARY KEY, note text DEFAULT '{note}{n}');\n\
             ALTER TABLE t{n} ADD COLUMN parent int REFERENCES t{} (id);\n",
            n.saturating_sub(1)
        );
        // Some are too large to be parsed ahead.
        let comments = if n % 50 == 7 { 500 } else { 0 };
        for k in 0..comments {
            text += &format!("COMMENT ON COLUMN t{n}.note IS '{note}{k}';\n");
        }
        statements += 2 + comments;
        std::fs::write(migrations.join(format!("{n:04}_step.sql")), text).unwrap();
    }
    let folders = FolderState::load(folder.path(), &Config::default(), &[], &[]);
    let snapshot = Snapshot { folders, ..Snapshot::default() };
    let fold = snapshot.fold(&snapshot.folders[0]).unwrap();
    assert_eq!(snapshot.shared.cache.parsed(), statements);
    assert!((0..FILES).all(|n| fold.head.relation(None, &format!("t{n}")).is_some()));
    assert_eq!(snapshot.shared.work.analyzed.load(Ordering::Relaxed), statements);
}
