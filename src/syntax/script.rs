//! A document as a sequence of statements, kept up to date edit by edit.
//!
//! Statements hold lengths, not offsets, in a balanced tree: an edit re-scans from the statement it touches until the
//! boundaries agree with the old ones again, and everything else is shared with the script before.
//!
//! An opened quote swallows what follows. The statements that an edit takes out of the script so are kept as a
//! *shadow*: once the scan comes to one of their boundaries again, they are the script's again, the same objects.
//! A scan that goes too far for a key's time leaves the rest as one *unsettled* statement, for `settle` to finish.

use std::sync::atomic::{AtomicU64, Ordering};

use super::boundary::{Boundary, BoundaryScanner, Scanned, StatementKind};
use super::sequence::{Found, Sequence};
use crate::text::{Document, Edit, EditError, Span};

/// How many bytes behind an edit are scanned before the rest is left unsettled: some tenths of a millisecond.
const REACH: usize = 256 * 1024;
/// How many series of statements that are not in the script now are kept.
const SHADOWS: usize = 4;

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

/// Statements of the end of a text. Each begins where one began when it was scanned, so what follows such a place is
/// known as soon as a scan comes to it again.
#[derive(Clone, Debug, Default)]
struct Tail {
    statements: Sequence,
    /// The last one of them is unsettled.
    unsettled: bool,
}

impl Tail {
    /// Without the statements that begin before byte `from` of its text, which is `text` bytes long.
    fn cut(&self, text: usize, from: usize) -> Tail {
        let start = text - self.statements.bytes();
        let Some(from) = from.checked_sub(start) else { return self.clone() };
        match self.statements.first_from(from) {
            Some(found) => Tail { statements: self.statements.split(found.index).1, unsettled: self.unsettled },
            None => Tail::default(),
        }
    }

    /// The part of it that begins at byte `at` of a text of `text` bytes, if a statement begins there.
    fn part(&self, text: usize, at: usize) -> Option<Tail> {
        let at = at.checked_sub(text - self.statements.bytes())?;
        let found = self.statements.first_from(at).filter(|found| found.start == at)?;
        Some(Tail { statements: self.statements.split(found.index).1, unsettled: self.unsettled })
    }
}

/// A document and its statements.
#[derive(Clone, Debug)]
pub struct Script {
    document: Document,
    statements: Sequence,
    unsettled: bool,
    /// Statements that were in the script and may be again, the newest first.
    shadows: Vec<Tail>,
    work: Work,
    revision: u64,
    reach: usize,
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

    /// Applies `edit` to the text and brings the statements up to date. On an error nothing has changed.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        let mut first = self.statements.at_byte(edit.span.start);
        // A psql command that ended with a carriage return ends behind the line feed that may now follow it.
        if let Some(found) = first
            && found.start > 0
            && found.start == edit.span.start
            && self.document.rope().byte(found.start - 1) == b'\r'
        {
            first = self.statements.at_byte(found.start - 1);
        }
        let old_len = self.document.len();
        self.document.apply(edit)?;
        self.revision = next_revision();
        let Some(first) = first else {
            let fresh = Script::new(std::mem::take(&mut self.document)).with_reach(self.reach);
            *self = fresh;
            return Ok(());
        };
        // Only what begins behind the edit is as it was. (What began the text is not: a byte order mark is skipped
        // there and nowhere else.)
        let cut = |tail: &Tail| tail.cut(old_len, edit.span.end.max(1));
        let behind = cut(&Tail { statements: self.statements.clone(), unsettled: self.unsettled });
        let mut known = vec![behind];
        known.extend(self.shadows.iter().map(cut));

        let edited_to = edit.span.start + edit.text.len();
        // An edit deep in a statement that is larger than that is not reached, nor is the end of a text put in.
        let limit = edited_to.min(first.start + 4 * self.reach) + self.reach;
        let before = self.statements.split(first.index).0;
        self.scan(before, first.start, edited_to, limit, known);
        Ok(())
    }

    /// Finds the ends of all statements. It can take some milliseconds for each 10 MB of the text behind an opened
    /// quote; whether it came to the end before `is_cancelled` said that nobody waits any more. If not, nothing has
    /// changed.
    pub fn settle(&mut self, is_cancelled: &dyn Fn() -> bool) -> bool {
        let mut reach = 1 << 20;
        while let Some(rest) = self.unsettled() {
            if is_cancelled() {
                return false;
            }
            let (before, _) = self.statements.split(rest.index);
            let known = std::iter::once(Tail::default()).chain(self.shadows.iter().cloned()).collect();
            self.scan(before, rest.start, rest.start, rest.start.saturating_add(reach), known);
            self.revision = next_revision();
            reach *= 4;
        }
        true
    }

    /// Scans on behind the statements `before`, which end at byte `at`, until a statement begins that is known: in
    /// `known`, whose first are the script's own so far and the others its shadows. Only bytes before `limit` are read.
    fn scan(
        &mut self,
        before: Sequence,
        at: usize,
        edited_to: usize,
        limit: usize,
        mut known: Vec<Tail>,
    ) {
        let text = self.document.len();
        let mut scanner = BoundaryScanner::new(self.document.rope(), at);
        let mut fresh = Vec::new();
        // The next statement of each series, looked up anew only when the scan has passed it.
        let mut next: Vec<Option<usize>> = vec![Some(0); known.len()];
        let (agreed, unsettled) = loop {
            let at = scanner.offset();
            if at >= edited_to && at > 0 {
                let agreed = known.iter().zip(&mut next).position(|(tail, next)| {
                    let start = text - tail.statements.bytes();
                    if next.is_some_and(|next| next < at) {
                        let found = tail.statements.first_from(at.saturating_sub(start));
                        *next = found.map(|found| start + found.start);
                    }
                    *next == Some(at) && at < text
                });
                if agreed.is_some() {
                    break (agreed, false);
                }
            }
            match scanner.next_within(limit) {
                Scanned::Statement(boundary) => fresh.push(Statement::new(boundary)),
                Scanned::End => break (None, false),
                Scanned::RanOut => break (None, true),
            }
        };
        let end = scanner.offset();
        self.work = Work { scanned_statements: fresh.len(), scanned_bytes: end - at };
        if unsettled {
            // What was read of the last one counts too.
            self.work.scanned_bytes = limit.min(text).saturating_sub(at).max(end - at);
            fresh.push(Statement::unsettled(text - end));
        }
        let tail = agreed.and_then(|n| known[n].part(text, end)).unwrap_or_default();
        self.statements = before.concat(&fresh.into_iter().collect()).concat(&tail.statements);
        self.unsettled = unsettled || tail.unsettled;
        // Series before the one that goes on have no more to say. The script's own statements so far become a shadow
        // where some of them are in it no more.
        if let Some(n) = agreed.filter(|n| *n > 0) {
            known.drain(..=n);
        }
        // A series whose first statement is in the script is in it whole.
        known.retain(|tail| !tail.statements.is_empty() && !self.begins_at(text - tail.statements.bytes()));
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
        let ids = |script: &Script| script.statements().map(|placed| placed.statement.id).collect::<Vec<_>>();
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
    fn a_carriage_return_and_a_line_feed_may_meet() {
        let mut script = Script::from("\\set a b\r'x\nselect 1;");
        edit(&mut script, 9, 11, "");
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

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
        #[test]
        fn edits_come_to_the_same_as_a_new_scan(
            start in "[a;'\"$\\\\(\\)\n\r é]{0,40}",
            edits in prop::collection::vec((0usize..60, 0usize..20,
                "(;|'|\\$\\$|\\$x\\$|/\\*|\\*/|--|\\(|\\)|\\\\g\n|\r\n|a|é|copy t from stdin;\n|\\\\\\.\n|create function f begin|end;|E'){0,3}"), 1..12),
        ) {
            let mut script = Script::from(start.as_str());
            for (at, len, text) in edits {
                let whole = script.document().text();
                let boundary = |offset: usize| (0..=offset.min(whole.len())).rev().find(|&n| whole.is_char_boundary(n)).unwrap_or(0);
                let (from, to) = (boundary(at), boundary(at + len));
                script.apply(&Edit { span: Span::new(from, to), text }).unwrap();
                let fresh = Script::from(script.document().text().as_str());
                prop_assert_eq!(shape(&script), shape(&fresh));
            }
        }
    }
}
