//! Scripts with psql's commands, and what is said of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::analysis::timeline::{Files, Lacks, MOST_FILES, Work};
use crate::catalog::model::Catalog;
use crate::syntax::{Dialect, ParseCache, Script};
use crate::text::Edit;

/// Files by name, all in one folder.
struct Folder(Vec<(&'static str, Script)>);

impl Folder {
    fn of(files: &[(&'static str, &str)]) -> Folder {
        Folder(files.iter().map(|(name, text)| (*name, Script::from(*text))).collect())
    }
}

impl Files for Folder {
    fn find(&self, _: &Path, include: &Include) -> Found {
        match self.0.iter().find(|(name, _)| *name == include.path) {
            Some((name, script)) => Found::File(Path::new(name).into(), script.clone()),
            None => Found::Refused("No such file or directory"),
        }
    }
}

#[derive(Default)]
struct World {
    cache: ParseCache,
    work: Work,
    base: Arc<Catalog>,
}

impl World {
    fn update(&self, old: Option<&Timeline>, script: &Script, files: &Folder, budget: usize) -> Timeline {
        let cancelled = AtomicBool::new(false);
        let means = Means {
            cache: &self.cache,
            work: &self.work,
            cancelled: &cancelled,
            dialect: Dialect::UNKNOWN,
            reader: Some(Reader { files, path: Path::new("main.sql"), by: None }),
        };
        let mut made = Timeline::update_within(old, script, &self.base, None, &means, budget).unwrap();
        while made.lacks() == Lacks::Statements {
            made = Timeline::update_within(Some(&made), script, &self.base, None, &means, budget).unwrap();
        }
        made
    }
}

/// What is said of `text`, and whether anything may exist behind it.
fn said(text: &str, files: &[(&'static str, &str)]) -> (Vec<String>, bool) {
    let timeline = World::default().update(None, &Script::from(text), &Folder::of(files), usize::MAX);
    let found = timeline.diagnostics();
    let said = found.iter().map(|found| format!("{}: {}", &text[found.span.range()], found.message));
    (said.collect(), timeline.head.unknown_names)
}

#[test]
fn an_included_file_is_part_of_the_script() {
    let files = &[
        ("a.sql", "create table a (x int);\n\\i b.sql\n"),
        ("b.sql", "begin;\ncreate table b (y int);\n"),
        ("main.sql", ""),
        ("again.sql", "\\i again.sql\n"),
        ("circle.sql", "\\i main.sql\n"),
        ("set.sql", "\\set x 1\n\\echo :x\n"),
        ("open.sql", "\\if :x\ndrop table a;\n"),
        ("quits.sql", "create table q (z int);\n\\q\ncreate table r (z int);\n"),
    ];
    for (text, says) in [
        (
            "\\i a.sql\nselect x from a; select y from b; select z from a;",
            &["z: column \"z\" does not exist"][..],
        ),
        ("select x from a;\n\\i a.sql\n", &["a: relation \"a\" does not exist"]),
        // The transaction that the file began is the script's.
        ("\\i a.sql\nrollback; select x from a; select y from b;", &["b: relation \"b\" does not exist"]),
        ("select 1 \\i a.sql\n, x from a;", &[]),
        ("create table c (z int) \\i a.sql\n; select x from a, c;", &[]),
        ("\\i a.sql\n\\i a.sql\n", &[]),
        ("\\i set.sql\nselect nothing.x;", &["nothing: missing FROM-clause entry for table \"nothing\""]),
        ("\\i quits.sql\nselect z from q; select z from r;", &["r: relation \"r\" does not exist"]),
        // psql closes at a file's end what the file left open.
        ("\\i a.sql\n\\i open.sql\nselect x from a;", &[]),
        ("\\i open.sql\n\\endif\n", &["\\endif: \\endif: no matching \\if"]),
        ("\\i nope.sql\nselect x from a;", &["nope.sql: nope.sql: No such file or directory"]),
        ("\\i 'no pe.sql';\n", &["'no pe.sql': no pe.sql: No such file or directory"]),
        (
            "\\i main.sql\nselect x from a;",
            &["main.sql: main.sql is this file: it includes itself without end"],
        ),
        ("\\i circle.sql\n", &["circle.sql: circle.sql includes this file again: both go on without end"]),
        // It is said in that file.
        ("\\i again.sql\nselect x from a;", &[]),
        ("\\i :file\nselect x from a;", &[]),
        ("\\i `ls`\nselect x from a;", &[]),
        ("\\i\n", &["\\i: \\i: missing required argument"]),
        ("\\cd sub\n\\i a.sql\n", &["a.sql: a.sql: No such file or directory"]),
        ("\\cd :sub\n\\i a.sql\nselect x from nothing;", &[]),
        ("\\cd sub\n\\ir a.sql\nselect x from a;", &[]),
    ] {
        assert_eq!(said(text, files).0, says, "{text}");
    }
}

#[test]
fn a_part_that_the_file_leaves_open_is_not_certain() {
    let text = "create table t (a int);\n\\if :x\ndrop table t;\n";
    let timeline = World::default().update(None, &Script::from(text), &Folder::of(&[]), usize::MAX);
    assert!(timeline.head.relation(None, "t").is_some());
}

#[test]
fn what_may_not_run_is_no_error() {
    let nothing: &[(&str, &str)] = &[];
    for (text, says, unknown) in [
        // Both ways lead to the same.
        (
            "\\if :x\ncreate table t (a int);\n\\else\ncreate table t (a int);\n\\endif\nselect b from t;",
            &["b: column \"b\" does not exist"][..],
            false,
        ),
        (
            "\\if :x\ncreate table t (a int);\n\\else\ncreate table t (b int);\n\\endif\nselect c from t; select 1 from u;",
            &["u: relation \"u\" does not exist"],
            false,
        ),
        (
            "\\if :x\ncreate table t (a int);\n\\endif\nselect 1 from t; create table t (); select 1 from u;",
            &["u: relation \"u\" does not exist"],
            true,
        ),
        (
            "create table t (a int);\n\\if :x\nalter table t add column b int;\n\\endif\nselect b from t;",
            &[],
            false,
        ),
        // What the condition asks cannot be known.
        ("create table t (a int);\n\\if :has_u\nselect b from t, u; drop table u;\n\\endif\n", &[], true),
        ("\\if :x\nselec;\n\\endif\n", &["selec: syntax error at or near \"selec\""], false),
        (
            "\\if :x\nselect 1;\n\\elif :y\nselect 2;\n\\else\nselect 3;\n\\endif\nselect 1 from t;",
            &["t: relation \"t\" does not exist"],
            false,
        ),
        // What can be known.
        (
            "\\if false\nselec;\nselect 1 from t;\n\\foo\n\\i nope.sql\n\\else\nselect 1 from u;\n\\endif\n",
            &["\\foo: invalid command \\foo", "u: relation \"u\" does not exist"],
            false,
        ),
        (
            "\\if true\ncreate table t (a int);\n\\else\ncreate table t (b int);\n\\endif\nselect b from t;",
            &["b: column \"b\" does not exist"],
            false,
        ),
        (
            "\\if 0\n\\elif on\ncreate table t (a int);\n\\elif :x\nselec;\n\\endif\nselect b from t;",
            &["b: column \"b\" does not exist"],
            false,
        ),
        (
            "\\if :x\n\\elif yes\ncreate table t (a int);\n\\else\nselec;\n\\endif\nselect b from t;",
            &[],
            true,
        ),
        (
            "\\if false\n\\if :x\ncreate table t ();\n\\else\n\\endif\nselec;\n\\endif\nselect 1 from t;",
            &["t: relation \"t\" does not exist"],
            false,
        ),
        // A script that ends early.
        (
            "\\if :done\n\\echo done\n\\q\n\\endif\nselect 1 from t;",
            &["t: relation \"t\" does not exist"],
            false,
        ),
        ("create table t ();\n\\q\nselec;\n\\if :x\n\\endif\n", &[], false),
        // Within a query.
        ("select 1 \\if :x\n, 2 \\else\n, 3 \\endif\n;", &[], false),
        ("create table t (a int \\if :x\n, b int \\endif\n); select c from t;", &[], true),
        ("select 1 \\if :x\n;\n\\else\n, 2;\n\\endif\nselect 1 from t;", &[], true),
        (
            "\\endif\n\\else\n\\elif x\n",
            &[
                "\\endif: \\endif: no matching \\if",
                "\\else: \\else: no matching \\if",
                "\\elif: \\elif: no matching \\if",
            ],
            false,
        ),
        (
            "begin;\ncreate table t (a int);\n\\if :dry\nrollback;\n\\else\ncommit;\n\\endif\nselect b from u;",
            &["u: relation \"u\" does not exist"],
            true,
        ),
    ] {
        assert_eq!(
            said(text, nothing),
            (says.iter().map(|it| (*it).to_owned()).collect(), unknown),
            "{text}"
        );
    }
}

#[test]
fn another_database_has_another_catalog() {
    let nothing: &[(&str, &str)] = &[];
    for (text, says) in [
        (
            "create table t (a int);\n\\c other\nselect b from t; create table t (b int); select b from t;",
            &[][..],
        ),
        ("create table u ();\n\\c :db\nselect b from t;", &[]),
        // What psql connects to before anything is made is what the script is for.
        ("\\c app\ncreate table t (a int);\nselect b from t;", &["b: column \"b\" does not exist"]),
        ("create table u ();\n\\connect \"dbname=x\"\nselect b from t;", &[]),
        ("create database x;\n\\c x\nselect b from t;", &["t: relation \"t\" does not exist"]),
        (
            "create table t ();\ncreate database \"X y\" template template0;\n\\connect \"X y\"\ncreate table t (a int);\nselect b from t;",
            &["b: column \"b\" does not exist"],
        ),
        ("create table u ();\ncreate database x template y;\n\\c x\nselect b from t;", &[]),
        (
            "create database x;\n\\c x\ncreate table t (a int);\n\\c y\nselect b from t;\n\\c x\nselect b from t;",
            &["b: column \"b\" does not exist"],
        ),
        ("create table u ();\ncreate database x;\n\\c x - otherhost\nselect b from t;", &[]),
        (
            "create table t (a int); create temp table s (); set search_path = u;\n\\c -\nselect b from t;",
            &[],
        ),
        (
            "create table t (a int); create temp table s ();\n\\c - somebody\nselect b from t; select 1 from s;",
            &["b: column \"b\" does not exist", "s: relation \"s\" does not exist"],
        ),
    ] {
        assert_eq!(said(text, nothing).0, says, "{text}");
    }
    // The head of a history is the one database that something is in.
    let head = |text: &str| {
        let timeline = World::default().update(None, &Script::from(text), &Folder::of(&[]), usize::MAX);
        (timeline.head.relation(None, "t").is_some(), timeline.head.unknown_names)
    };
    assert_eq!(
        head("\\c template1\ncreate database x;\n\\c x\ncreate table t ();\n\\c postgres\n"),
        (true, false)
    );
    assert_eq!(head("create table u ();\ncreate database x;\n\\c x\ncreate table t ();\n"), (false, true));
}

#[test]
fn commands_are_known_or_told() {
    let nothing: &[(&str, &str)] = &[];
    for (text, says) in [
        ("\\foo bar\nselect 1;", &["\\foo: invalid command \\foo"][..]),
        ("select 1 \\foo ; \n, 2;", &["\\foo: invalid command \\foo"]),
        (
            "select 1; \\nosuchcommandofpsql\n",
            &["\\nosuchcommandofpsql: invalid command \\nosuchcommandofpsql"],
        ),
        ("\\dt* x\n\\d+\n\\gx\n\\df+ f\n\\pset pager off\n\\! ls\n\\? options\n", &[]),
        (
            "select 1 \\bind 1 \\g\nselect 1 \\parse s\n\\bind_named s 1 \\g\n\\close_prepared s\n\\startpipeline\nselect 1 \\bind \\sendpipeline\n\\flushrequest\n\\flush\n\\syncpipeline\n\\getresults\n\\endpipeline\n\\restrict x\n\\unrestrict x\n\\getenv a B\nselect 1 \\watch 1\n",
            &[],
        ),
        ("select 'create table t ()' \\gexec\nselect 1 from t;", &[]),
        (
            "select format('grant select on %I to x', 'y') \\gexec\nselect 1 from t;",
            &["t: relation \"t\" does not exist"],
        ),
        ("create table t (a int) \\gdesc\ncreate table t (b int); select b from t;", &[]),
        (
            "\\set AUTOCOMMIT off\ncreate table t (); rollback; create table t (); commit; rollback; select 1 from t;",
            &[],
        ),
        (
            "\\set t x\nselect * from :t where :'a' = :\"b\" and :{?c} and a = :d;\ncreate table :t ();\nalter table :\"s\".:t add b int;",
            &[],
        ),
        ("create table k (a int);\nalter table :t add column b int;\nselect b from k;", &[]),
    ] {
        assert_eq!(said(text, nothing).0, says, "{text}");
    }
}

#[test]
fn an_edit_of_an_included_file_costs_what_it_changes() {
    let world = World::default();
    let queries = "select a from t;\n".repeat(500);
    let mut files =
        Folder::of(&[("a.sql", "create table t (a int);\ncreate table u ();\n"), ("q.sql", &queries)]);
    let script = Script::from(format!("\\i a.sql\n{queries}\\i q.sql\n").as_str());
    let analyzed = |old: Option<&Timeline>, files: &Folder, budget| {
        let before = world.work.analyzed.load(Ordering::Relaxed);
        let made = world.update(old, &script, files, budget);
        (made, world.work.analyzed.load(Ordering::Relaxed) - before)
    };
    // In steps it comes to the same.
    let (stepwise, cost) = analyzed(None, &files, 2000);
    assert_eq!((stepwise.diagnostics(), cost), (vec![], 1002));
    let (made, cost) = analyzed(Some(&stepwise), &files, usize::MAX);
    assert_eq!((made.diagnostics(), cost), (vec![], 0));
    // A table that nothing reads.
    let mut edit = |at: usize, text: &str| {
        files.0[0].1.apply(&Edit { span: Span::new(at, at + text.len()), text: text.into() }).unwrap();
        analyzed(Some(&made), &files, usize::MAX)
    };
    let (changed, cost) = edit("create table t (a int);\ncreate table ".len(), "v");
    assert!(changed.head.relation(None, "v").is_some());
    assert_eq!((changed.diagnostics(), cost), (vec![], 1));
    let (changed, cost) = edit("create table t (".len(), "b");
    assert_eq!(changed.diagnostics().len(), 500);
    assert!(cost >= 1001, "{cost}");
    assert_eq!(changed.parts().len(), 2);
}

/// Each file includes the next one twice: a million of them in all, were they all read.
#[test]
fn what_is_included_over_and_over_is_bounded() {
    let names: Vec<&'static str> = (0..=20).map(|n| &*format!("f{n}.sql").leak()).collect();
    let text = |n: usize| match names.get(n + 1) {
        Some(next) => format!("\\i {next}\n\\i {next}\n"),
        None => "create table if not exists t (a int);\n".to_owned(),
    };
    let texts: Vec<String> = (0..names.len()).map(text).collect();
    let files: Vec<_> = names.iter().copied().zip(texts.iter().map(String::as_str)).collect();
    let (folder, script) = (Folder::of(&files), Script::from("\\i f0.sql\nselect * from t, u;\n"));
    let whole = World::default().update(None, &script, &folder, usize::MAX);
    assert_eq!((whole.files, whole.diagnostics(), whole.head.unknown_names), (MOST_FILES, vec![], true));
    // A script that is read step by step, and one that is read again, come to the same.
    let world = World::default();
    let mut timeline = world.update(None, &script, &folder, 4000);
    assert_eq!((timeline.files, timeline.head.unknown_names), (MOST_FILES, true));
    timeline = world.update(Some(&timeline), &script, &folder, usize::MAX);
    assert_eq!((timeline.files, timeline.head.unknown_names), (MOST_FILES, true));
}
