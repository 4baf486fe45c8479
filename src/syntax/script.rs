//! A document as a sequence of statements, kept up to date edit by edit.
//!
//! Statements hold lengths, not offsets, in a balanced tree: an edit re-scans from the statement it touches until the
//! boundaries agree with the old ones again, and everything else is shared with the script before.
//!
//! An opened quote swallows what follows. The statements that an edit takes out of the script so are kept as a
//! *shadow*: once the scan comes to one of their boundaries again, they are the script's again, the same objects.
//! A scan that goes too far for a key's time leaves the rest as one *unsettled* statement, for `settle` to finish.

use std::sync::atomic::{AtomicU64, Ordering};

use super::boundary::{self, Boundary, BoundaryScanner, Scanned, StatementKind};
use super::dialect::Dialect;
use super::head::HEAD;
use super::params;
use super::psql::Command;
use super::sequence::{Found, Sequence};
use crate::text::{Document, Edit, EditError, Span};

/// How many bytes behind an edit are scanned before the rest is left unsettled: some tenths of a millisecond.
const REACH: usize = 256 * 1024;
/// How many series of statements that are not in the script now are kept.
const SHADOWS: usize = 8;

/// One statement's place in its script. It stays the same, with its id, while edits leave it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Unique in the process: what is known of a statement can be kept under it.
    pub id: u64,
    pub kind: StatementKind,
    /// All its bytes, from the end of the statement before.
    pub len: usize,
    /// What PostgreSQL is sent, from the first token up to and with the semicolon; from the statement's first byte.
    pub code: Span,
}

impl Statement {
    fn new(boundary: Boundary) -> Statement {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Statement {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            kind: boundary.kind,
            len: boundary.len,
            code: Span::new(boundary.start.min(boundary.end), boundary.end),
        }
    }

    /// The rest of a text, of which it is not known yet where its first statement ends.
    fn unsettled(len: usize) -> Statement {
        Statement::new(Boundary { kind: StatementKind::Sql, len, start: 0, end: len })
    }
}

/// What the last edit cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    pub scanned_statements: usize,
    pub scanned_bytes: usize,
}

/// Statements in a row of a text. They begin where one began when it was scanned, so they are what a scan comes to that
/// begins there.
#[derive(Clone, Debug, Default)]
struct Series {
    statements: Sequence,
    /// The bytes of the text behind them: an edit before them shifts nothing.
    behind: usize,
    /// The last one of them is unsettled.
    unsettled: bool,
}

impl Series {
    /// Where it begins in a text of `text` bytes.
    fn start(&self, text: usize) -> usize {
        text - self.behind - self.statements.bytes()
    }

    /// The part of it that begins at byte `at` of a text of `text` bytes or behind it.
    fn part(&self, text: usize, at: usize) -> Series {
        let Some(at) = at.checked_sub(self.start(text)) else { return self.clone() };
        let from = self.statements.first_from(at).map_or(usize::MAX, |found| found.index);
        Series { statements: self.statements.split(from).1, ..*self }
    }

    /// Leaves out the statement whose end is not known.
    fn drop_unsettled(&mut self) {
        if std::mem::take(&mut self.unsettled) && !self.statements.is_empty() {
            let bytes = self.statements.bytes();
            self.statements = self.statements.split(self.statements.count() - 1).0;
            self.behind += bytes - self.statements.bytes();
        }
    }

    /// What an edit of a text of `text` bytes leaves of it: the parts before and behind what changed, `behind` as it will be.
    fn split(&self, text: usize, edit: &Edit) -> [Series; 2] {
        if self.statements.is_empty() {
            return [Series::default(), Series::default()];
        }
        let start = self.start(text);
        // What began the text does not hold elsewhere: a byte order mark is skipped there and nowhere else.
        let behind = self.part(text, edit.span.end.max(1));
        // A statement's end can depend on two bytes behind it.
        let before = match edit.span.start.checked_sub(start + 2).and_then(|end| self.statements.at_byte(end))
        {
            Some(last) if edit.span.start > start + last.start + last.statement.len + 1 => self.clone(),
            Some(last) => {
                let statements = self.statements.split(last.index).0;
                let end = start + statements.bytes();
                Series {
                    statements,
                    behind: text - edit.span.len() + edit.text.len() - end,
                    unsettled: false,
                }
            }
            None => Series::default(),
        };
        match before.statements.count() == self.statements.count() {
            // The edit is behind all of it.
            true => {
                let shifted = self.behind - edit.span.len() + edit.text.len();
                [Series { behind: shifted, ..before }, Series::default()]
            }
            false => [behind, before],
        }
    }
}

/// A document and its statements.
#[derive(Clone, Debug)]
pub struct Script {
    document: Document,
    statements: Sequence,
    unsettled: bool,
    /// Statements that were in the script and may be again, the newest first.
    shadows: Vec<Series>,
    work: Work,
    revision: u64,
    reach: usize,
}

/// psql's commands in and behind a statement.
#[derive(Clone, Debug)]
pub struct Commands {
    /// Where `text` begins in the document.
    pub start: usize,
    /// The statement's code, with the rest of the line that it ends on.
    pub text: String,
    /// Their spans are in `text`.
    pub commands: Vec<Command>,
}

/// A statement where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Its place among all statements.
    pub index: usize,
    /// Its first byte in the document.
    pub start: usize,
    pub statement: Statement,
}

impl Placed {
    /// All of it in the document.
    pub fn span(&self) -> Span {
        Span::new(self.start, self.start + self.statement.len)
    }

    /// Its code in the document.
    pub fn code(&self) -> Span {
        self.statement.code.shift(self.start)
    }
}

impl From<Found> for Placed {
    fn from(found: Found) -> Placed {
        Placed { index: found.index, start: found.start, statement: found.statement }
    }
}

impl From<&str> for Script {
    fn from(text: &str) -> Script {
        Script::new(Document::from(text))
    }
}

impl Default for Script {
    fn default() -> Script {
        Script::new(Document::default())
    }
}

impl Script {
    pub fn new(document: Document) -> Script {
        let scanner = BoundaryScanner::new(document.rope(), 0);
        let statements: Sequence = scanner.map(Statement::new).collect();
        Script {
            work: Work { scanned_statements: statements.count(), scanned_bytes: document.len() },
            statements,
            document,
            unsettled: false,
            shadows: Vec::new(),
            revision: next_revision(),
            reach: REACH,
        }
    }

    /// The same script with another number of bytes that an edit scans behind itself before the rest is left
    /// unsettled.
    pub fn with_reach(self, reach: usize) -> Script {
        Script { reach, ..self }
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Unique in the process for each state of a text and its statements.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The cost of the last edit, or of making the script.
    pub fn work(&self) -> Work {
        self.work
    }

    pub fn sequence(&self) -> &Sequence {
        &self.statements
    }

    /// The series of statements that are not in the script now but may be again. What is known of them is of use then.
    pub fn shadows(&self) -> impl Iterator<Item = &Sequence> {
        self.shadows.iter().map(|shadow| &shadow.statements)
    }

    /// Whether the ends of all statements are known. If not, the last one is the rest of the text from where its first
    /// statement begins.
    pub fn is_settled(&self) -> bool {
        !self.unsettled
    }

    /// The place of the statement whose end is not known.
    pub fn unsettled(&self) -> Option<Placed> {
        self.unsettled.then(|| self.statements.at_index(usize::MAX).map(Placed::from)).flatten()
    }

    pub fn statements(&self) -> impl Iterator<Item = Placed> + '_ {
        self.statements.iter().map(Placed::from)
    }

    /// The statement that `offset` is in. Between two statements it is the later one, unless the text between
    /// `offset` and the earlier one's semicolon says otherwise: right behind a semicolon is still that statement.
    pub fn at(&self, offset: usize) -> Option<Placed> {
        let placed = Placed::from(self.statements.at_byte(offset)?);
        if offset == placed.start && offset > 0 {
            let before = Placed::from(self.statements.at_byte(offset - 1)?);
            if before.code().end == offset {
                return Some(before);
            }
        }
        Some(placed)
    }

    /// The statements that touch `span`.
    pub fn in_span(&self, span: Span) -> Vec<Placed> {
        let Some(first) = self.statements.at_byte(span.start) else { return Vec::new() };
        let from_first = self.statements.iter_from(first.index);
        from_first.take_while(|found| found.start <= span.end).map(Placed::from).collect()
    }

    /// The text that PostgreSQL is sent for `placed`.
    pub fn code(&self, placed: &Placed) -> String {
        self.document.slice(placed.code())
    }

    /// psql's commands in the code of `placed` or behind it on its line; `None` where there are none. In the code of a
    /// statement that is larger than what is read at once they are not looked for.
    pub fn commands(&self, placed: &Placed) -> Option<Commands> {
        let (code, rope) = (placed.code(), self.document.rope());
        let start = match placed.statement.kind {
            StatementKind::Blank => return None,
            StatementKind::Sql if code.len() > HEAD => code.end,
            StatementKind::Sql | StatementKind::Psql => code.start,
        };
        // Behind COPY's line is its data.
        let mut end = code.end;
        let has = |span: Span, byte| {
            let mut chunks = rope.byte_slice(span.range()).chunks();
            chunks.any(|chunk| memchr::memchr(byte, chunk.as_bytes()).is_some())
        };
        if placed.statement.kind == StatementKind::Sql {
            let rest = rope.byte_slice(code.end..placed.span().end);
            end += rest.bytes().take_while(|byte| *byte != b'\n').count();
        }
        if !has(Span::new(start, end), b'\\') {
            return None;
        }
        let text = self.document.slice(Span::new(start, end));
        let commands = boundary::parts(&text).into_iter().filter_map(|part| match part {
            boundary::Part::Command(command) => Some(command),
            _ => None,
        });
        let commands: Vec<Command> = commands.collect();
        (!commands.is_empty()).then_some(Commands { start, text, commands })
    }

    /// The styles of a statement's placeholders: those that a setting names, or that its comments tell of.
    pub fn dialect(&self, placed: &Placed, set: Dialect) -> Dialect {
        let leading = Span::new(placed.start, placed.code().start);
        if leading.is_empty() { set } else { set.or_told(params::told(&self.document.slice(leading))) }
    }

    /// Applies `edit` to the text and brings the statements up to date. On an error nothing has changed.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        let mut first = self.statements.at_byte(edit.span.start);
        // A psql command that ends before another on its line goes on where that becomes `\\`.
        if let Some(found) = first
            && found.start > 0
            && edit.span.start <= found.start + 1
            && let Some(before) = self.statements.at_byte(found.start - 1)
            && (before.statement.kind == StatementKind::Psql
                || before.statement.code.end < before.statement.len)
            && self.document.rope().byte(found.start - 1) != b'\n'
        {
            first = Some(before);
        }
        let old_len = self.document.len();
        self.document.apply(edit)?;
        self.revision = next_revision();
        let Some(first) = first else {
            let fresh = Script::new(std::mem::take(&mut self.document)).with_reach(self.reach);
            *self = fresh;
            return Ok(());
        };
        let own = Series { statements: self.statements.clone(), behind: 0, unsettled: self.unsettled };
        let [own, _] = own.split(old_len, edit);
        let shadows = self.shadows.iter().flat_map(|shadow| shadow.split(old_len, edit));
        let shadows = shadows.filter(|shadow| !shadow.statements.is_empty());
        let known = std::iter::once(own).chain(shadows).collect();

        let edited_to = edit.span.start + edit.text.len();
        // An edit deep in a statement that is larger than that is not reached, nor is the end of a text put in.
        let limit = edited_to.min(first.start + 4 * self.reach) + self.reach;
        let before = self.statements.split(first.index).0;
        self.scan(before, first.start, edited_to, limit, known);
        Ok(())
    }

    /// Finds the ends of all statements. It can take some milliseconds for each 10 MB of the text behind an opened
    /// quote; whether it came to the end before `is_cancelled` said that nobody waits any more. If not, it has come
    /// some of the way.
    pub fn settle(&mut self, is_cancelled: &dyn Fn() -> bool) -> bool {
        let mut reach = self.reach.max(1).saturating_mul(4);
        while let Some(rest) = self.unsettled() {
            if is_cancelled() {
                return false;
            }
            let (before, _) = self.statements.split(rest.index);
            let known = std::iter::once(Series::default()).chain(self.shadows.iter().cloned()).collect();
            self.scan(before, rest.start, rest.start, rest.start.saturating_add(reach), known);
            self.revision = next_revision();
            // A statement that goes on behind it is scanned from its start again, so it grows.
            reach = reach.saturating_mul(4);
        }
        true
    }

    /// Scans on behind the statements `before`, which end at byte `at`. Where a statement begins that is known, it and
    /// those behind it are taken over: from `known`, whose first are the script's own so far and the others its
    /// shadows. Only bytes before `limit` are read.
    fn scan(&mut self, before: Sequence, at: usize, edited_to: usize, limit: usize, mut known: Vec<Series>) {
        let text = self.document.len();
        let mut scanner = BoundaryScanner::new(self.document.rope(), at);
        let mut statements = before;
        let mut fresh = Vec::new();
        self.work = Work::default();
        self.unsettled = false;
        // Where each series has its next statement, looked up anew only when the scan has passed it.
        let mut next: Vec<Option<usize>> = known.iter().map(|series| Some(series.start(text))).collect();
        while scanner.offset() < text {
            let at = scanner.offset();
            // What began the text may be something else now, and so may what began elsewhere and begins it now.
            let agreed = (at >= edited_to && at > 0).then(|| {
                known.iter().zip(&mut next).find_map(|(series, next)| {
                    if next.is_some_and(|next| next < at) {
                        let part = series.part(text, at);
                        *next = (!part.statements.is_empty()).then(|| part.start(text));
                    }
                    (*next == Some(at))
                        .then(|| series.part(text, at))
                        .filter(|part| !part.statements.is_empty())
                })
            });
            if let Some(part) = agreed.flatten() {
                statements = statements.concat(&fresh.drain(..).collect()).concat(&part.statements);
                self.unsettled = part.unsettled;
                scanner = BoundaryScanner::new(self.document.rope(), text - part.behind);
                continue;
            }
            match scanner.next_within(limit) {
                Scanned::Statement(boundary) => {
                    self.work.scanned_bytes += boundary.len;
                    fresh.push(Statement::new(boundary));
                }
                Scanned::End => break,
                Scanned::RanOut => {
                    self.work.scanned_bytes += limit.saturating_sub(at);
                    fresh.push(Statement::unsettled(text - at));
                    self.unsettled = true;
                    break;
                }
            }
            self.work.scanned_statements += 1;
        }
        self.statements = statements.concat(&fresh.into_iter().collect());
        // A series whose first statement is in the script is in it whole. The script's own statements so far become a
        // shadow where some of them are in it no more.
        known.iter_mut().for_each(Series::drop_unsettled);
        known.retain(|series| !series.statements.is_empty() && !self.begins_at(series.start(text)));
        known.truncate(SHADOWS);
        self.shadows = known;
    }

    /// Whether a statement begins at byte `at`, as far as the ends of the statements are known.
    fn begins_at(&self, at: usize) -> bool {
        self.statements.at_byte(at).is_some_and(|found| found.start == at)
    }
}

fn next_revision() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(script: &Script) -> Vec<(StatementKind, usize, Span)> {
        script
            .statements()
            .map(|placed| (placed.statement.kind, placed.statement.len, placed.statement.code))
            .collect()
    }

    fn edit(script: &mut Script, start: usize, end: usize, text: &str) {
        script.apply(&Edit { span: Span::new(start, end), text: text.into() }).unwrap();
        let fresh = Script::from(script.document().text().as_str());
        assert_eq!(shape(script), shape(&fresh), "{:?}", script.document().text());
    }

    #[test]
    fn statements_that_an_edit_leaves_alone_stay_the_same() {
        let mut script = Script::from("select 1;\nselect 2;\nselect 3;");
        let before = ids(&script);
        edit(&mut script, 17, 17, "2");
        let after = ids(&script);
        assert_eq!((before[0], before[2]), (after[0], after[2]));
        assert_ne!(before[1], after[1]);
        assert_eq!(script.work().scanned_statements, 1);
        edit(&mut script, 0, 0, "'");
        edit(&mut script, 0, 1, "");
        let len = script.document().len();
        edit(&mut script, 0, len, "");
        edit(&mut script, 0, 0, "select 1");
    }

    #[test]
    fn a_command_may_end_where_another_begins() {
        let mut script = Script::from("\\set a b \\c\nselect 1;");
        assert_eq!(script.statements().count(), 3);
        edit(&mut script, 10, 11, "\\");
        assert_eq!(script.statements().count(), 2);
        edit(&mut script, 10, 11, "");
        edit(&mut script, 9, 9, "\\");
        edit(&mut script, 9, 10, "");
    }

    #[test]
    fn a_cursor_belongs_to_the_statement_it_ends() {
        let script = Script::from("select 1;select 2; ");
        assert_eq!(script.at(9).unwrap().start, 0);
        assert_eq!(script.at(10).unwrap().start, 9);
        assert_eq!(script.at(0).unwrap().index, 0);
        assert!(Script::from("").at(0).is_none());
        assert_eq!(script.in_span(Span::new(3, 12)).len(), 2);
    }

    /// Statements that a script has, by their ids.
    fn ids(script: &Script) -> Vec<u64> {
        script.statements().map(|placed| placed.statement.id).collect()
    }

    #[test]
    fn a_closed_quote_gives_the_statements_back() {
        let text = "select 1;\n".repeat(1000);
        for (open, close) in
            [("'", "'"), ("$$", "$$"), ("$a$", "$a$"), ("/*", "*/"), ("\"", "\""), ("(", ")")]
        {
            let mut script = Script::from(text.as_str());
            let before = ids(&script);
            edit(&mut script, 5000, 5000, open);
            assert!(script.statements().count() <= 502);
            for n in 0..10 {
                edit(&mut script, 5000 + open.len() + n, 5000 + open.len() + n, "x");
            }
            // An edit in what was swallowed costs its own statements alone.
            edit(&mut script, 8000, 8001, "y");
            let at = 5000 + open.len() + 10;
            edit(&mut script, at, at, close);
            // Its own statement, and the one that the edit behind it was in with its neighbour.
            assert!(script.work().scanned_statements <= 3, "{open}: {:?}", script.work());
            let after = ids(&script);
            let same = before.iter().filter(|id| after.contains(id)).count();
            assert!(same >= 996, "{open}: {same}");
        }
    }

    #[test]
    fn a_statement_cut_in_two_and_joined_again_leaves_the_others() {
        let mut script = Script::from("select 1;\n".repeat(100).as_str());
        let before = ids(&script);
        edit(&mut script, 498, 499, "");
        edit(&mut script, 498, 498, ";");
        let after = ids(&script);
        assert_eq!(before.iter().filter(|id| !after.contains(id)).count(), 1);
    }

    #[test]
    fn what_is_behind_a_long_scan_is_settled_later() {
        let text = "select 1;\n".repeat(1000);
        let mut script = Script::from(text.as_str()).with_reach(100);
        let before = ids(&script);
        script.apply(&Edit { span: Span::at(5000), text: "'".into() }).unwrap();
        assert!(!script.is_settled() && script.work().scanned_bytes < 200);
        let rest = script.unsettled().unwrap();
        assert_eq!((rest.index, rest.span().end), (500, script.document().len()));
        // Far from it, it stays as it is.
        edit_unsettled(&mut script, 10, "1");
        assert_eq!(script.unsettled().unwrap().statement, rest.statement);
        // Deep in it, only its beginning is read.
        edit_unsettled(&mut script, 9000, "1");
        assert!(!script.is_settled() && script.work().scanned_bytes <= 500);
        assert!(!script.clone().settle(&|| true));
        let mut settled = script.clone();
        assert!(settled.settle(&|| false));
        assert_eq!(settled.statements().count(), 501);
        for script in [&mut script, &mut settled] {
            let quote = script.document().text().find('\'').unwrap();
            script.apply(&Edit { span: Span::new(quote, quote + 1), text: String::new() }).unwrap();
            script.settle(&|| false);
            assert_eq!(shape(script), shape(&Script::from(script.document().text().as_str())));
            let after = ids(script);
            let same = before.iter().filter(|id| after.contains(id)).count();
            assert!(same >= 996, "{same}");
        }
    }

    fn edit_unsettled(script: &mut Script, at: usize, text: &str) {
        script.apply(&Edit { span: Span::at(at), text: text.into() }).unwrap();
        let fresh = Script::from(script.document().text().as_str());
        let (known, truth) = (shape(script), shape(&fresh));
        assert_eq!(known[..known.len() - 1], truth[..known.len() - 1]);
        assert!(script.unsettled().is_none_or(|rest| rest.span().end == script.document().len()));
    }

    const PIECES: &str = "(;|'|\\$\\$|\\$x\\$|\\$é\\$|/\\*|\\*/|--|\\(|\\)|\\\\g\n|\\\\set a b\r|\\\\set x |\\\\echo a\\\\|\\\\r|\\\\copy t from stdin|\\\\;|\r\n|\n|\r|a|é|😀|\u{feff}|copy t from stdin;\n|1\t2\n|\\\\\\.\n|create function f begin atomic |end;|E'|\"|begin|select 1;\n){0,4}";

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]
        #[test]
        fn edits_come_to_the_same_as_a_new_scan(
            start in prop::collection::vec(PIECES, 0..12),
            edits in prop::collection::vec((0usize..120, 0usize..20, PIECES, any::<bool>()), 1..16),
            reach in prop::sample::select(vec![0usize, 1, 5, 30, 200, 1 << 20]),
        ) {
            let mut script = Script::from(start.concat().as_str()).with_reach(reach);
            for (at, len, text, settles) in edits {
                let whole = script.document().text();
                let boundary = |offset: usize| (0..=offset.min(whole.len())).rev().find(|&n| whole.is_char_boundary(n)).unwrap_or(0);
                let (from, to) = (boundary(at), boundary(at + len));
                script.apply(&Edit { span: Span::new(from, to), text }).unwrap();
                let truth = shape(&Script::from(script.document().text().as_str()));
                if let Some(rest) = script.unsettled() {
                    // All before it is right, and it is the rest.
                    let known = shape(&script);
                    prop_assert_eq!(rest.index + 1, known.len());
                    prop_assert_eq!(rest.span().end, script.document().len());
                    prop_assert_eq!(&known[..rest.index], &truth[..rest.index]);
                }
                let mut settled = script.clone();
                prop_assert!(settled.settle(&|| false));
                prop_assert_eq!(shape(&settled), truth);
                if settles {
                    script = settled;
                }
            }
        }
    }
}
