//! A document as a sequence of statements, kept up to date edit by edit.
//!
//! Statements hold lengths, not offsets, and sit in blocks: an edit re-scans from the statement it touches until the
//! boundaries agree with the old ones again, and replaces the blocks it touched; all others are shared with the
//! script before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::boundary::{Boundary, BoundaryScanner, StatementKind};
use super::dialect::Dialect;
use super::params;
use crate::text::{Document, Edit, EditError, Span};

/// The most statements in a block. A block is what an edit copies, and a file of 100,000 statements has under 1,000.
const BLOCK: usize = 128;

/// One statement's place in its script. The same object stays while edits leave it alone.
#[derive(Debug)]
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
}

/// Some statements in a row.
#[derive(Debug)]
pub struct Block {
    pub len: usize,
    pub statements: Vec<Arc<Statement>>,
}

impl Block {
    fn new(statements: Vec<Arc<Statement>>) -> Block {
        Block { len: statements.iter().map(|statement| statement.len).sum(), statements }
    }
}

/// What the last edit cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    pub scanned_statements: usize,
    pub scanned_bytes: usize,
}

/// A document and its statements.
#[derive(Clone, Debug, Default)]
pub struct Script {
    document: Document,
    blocks: Vec<Arc<Block>>,
    work: Work,
    revision: u64,
}

/// A statement where it stands.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its place among all statements.
    pub index: usize,
    /// Its first byte in the document.
    pub start: usize,
    pub statement: Arc<Statement>,
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

/// Where a statement sits in the blocks.
#[derive(Clone, Copy)]
struct Place {
    block: usize,
    index: usize,
    /// Its first byte.
    start: usize,
}

impl From<&str> for Script {
    fn from(text: &str) -> Script {
        Script::new(Document::from(text))
    }
}

impl Script {
    pub fn new(document: Document) -> Script {
        let mut statements = Vec::new();
        for boundary in BoundaryScanner::new(document.rope(), 0) {
            statements.push(Arc::new(Statement::new(boundary)));
        }
        let work = Work { scanned_statements: statements.len(), scanned_bytes: document.len() };
        Script { blocks: blocks(statements), document, work, revision: next_revision() }
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Unique in the process for each state of a text: equal numbers are the same text.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The cost of the last edit, or of making the script.
    pub fn work(&self) -> Work {
        self.work
    }

    pub fn blocks(&self) -> &[Arc<Block>] {
        &self.blocks
    }

    pub fn statements(&self) -> impl Iterator<Item = Placed> + '_ {
        let mut start = 0;
        self.blocks.iter().flat_map(|block| &block.statements).enumerate().map(move |(index, statement)| {
            let placed = Placed { index, start, statement: statement.clone() };
            start += statement.len;
            placed
        })
    }

    /// The statement that `offset` is in. Between two statements it is the later one, unless the text between
    /// `offset` and the earlier one's semicolon says otherwise: right behind a semicolon is still that statement.
    pub fn at(&self, offset: usize) -> Option<Placed> {
        let place = self.place(offset)?;
        let mut placed = self.placed(place);
        if offset == placed.start && offset > 0 {
            let before = self.placed(self.place(offset - 1)?);
            if before.code().end == offset {
                placed = before;
            }
        }
        Some(placed)
    }

    /// The statements that touch `span`.
    pub fn in_span(&self, span: Span) -> Vec<Placed> {
        let Some(first) = self.place(span.start) else { return Vec::new() };
        let before: usize = self.blocks[..first.block].iter().map(|block| block.statements.len()).sum();
        let mut start = first.start;
        let mut found = Vec::new();
        let here = &self.blocks[first.block].statements[first.index..];
        let behind = self.blocks[first.block + 1..].iter().flat_map(|block| &block.statements);
        for (index, statement) in (before + first.index..).zip(here.iter().chain(behind)) {
            if start > span.end {
                break;
            }
            found.push(Placed { index, start, statement: statement.clone() });
            start += statement.len;
        }
        found
    }

    /// The text that PostgreSQL is sent for `placed`.
    pub fn code(&self, placed: &Placed) -> String {
        self.document.slice(placed.code())
    }

    /// The styles of a statement's placeholders: those that a setting names, or that its comments tell of.
    pub fn dialect(&self, placed: &Placed, set: Dialect) -> Dialect {
        let leading = Span::new(placed.start, placed.code().start);
        if leading.is_empty() { set } else { set.or_told(params::told(&self.document.slice(leading))) }
    }

    fn placed(&self, place: Place) -> Placed {
        let before: usize = self.blocks[..place.block].iter().map(|block| block.statements.len()).sum();
        Placed {
            index: before + place.index,
            start: place.start,
            statement: self.blocks[place.block].statements[place.index].clone(),
        }
    }

    /// The statement that holds the byte at `offset`; the last one for any offset behind it.
    fn place(&self, offset: usize) -> Option<Place> {
        let mut start = 0;
        let last = self.blocks.len().checked_sub(1)?;
        for (n, block) in self.blocks.iter().enumerate() {
            if offset < start + block.len || n == last {
                let count = block.statements.len();
                for (index, statement) in block.statements.iter().enumerate() {
                    if offset < start + statement.len || index == count - 1 {
                        return Some(Place { block: n, index, start });
                    }
                    start += statement.len;
                }
            }
            start += block.len;
        }
        None
    }

    /// Applies `edit` to the text and brings the statements up to date. On an error nothing has changed.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        let mut first = self.place(edit.span.start);
        // A psql command that ended with a carriage return ends behind the line feed that may now follow it.
        if let Some(place) = first
            && place.start > 0
            && place.start == edit.span.start
            && self.document.rope().byte(place.start - 1) == b'\r'
        {
            first = self.place(place.start - 1);
        }
        self.document.apply(edit)?;
        let Some(first) = first else {
            *self = Script::new(std::mem::take(&mut self.document));
            return Ok(());
        };
        let edited_to = edit.span.start + edit.text.len();
        let mut scanner = BoundaryScanner::new(self.document.rope(), first.start);
        let mut fresh = Vec::new();
        // The old statement whose first byte is the next old boundary, and that boundary in the new text's offsets.
        let mut old = first;
        let mut old_start = Some(first.start);
        let (removed, added) = (edit.span.len(), edit.text.len());
        let agreed = loop {
            let at = scanner.offset();
            if at >= edited_to && !fresh.is_empty() {
                // Boundaries inside the replaced text are gone; later ones have moved.
                while let Some(start) = old_start
                    && (start < edit.span.end || start - removed + added < at)
                {
                    old_start = self.advance(&mut old);
                }
                if old_start.is_some_and(|start| start - removed + added == at) {
                    break Some(old);
                }
            }
            match scanner.next() {
                Some(boundary) => fresh.push(Arc::new(Statement::new(boundary))),
                None => break None,
            }
        };
        self.work = Work { scanned_statements: fresh.len(), scanned_bytes: scanner.offset() - first.start };

        let mut statements = self.blocks[first.block].statements[..first.index].to_vec();
        statements.append(&mut fresh);
        let mut replaced = self.blocks.len();
        if let Some(agreed) = agreed {
            statements.extend_from_slice(&self.blocks[agreed.block].statements[agreed.index..]);
            replaced = agreed.block + 1;
        }
        // A small block next to the change is taken in, so that many edits do not leave many small blocks.
        if statements.len() < BLOCK / 4 && replaced < self.blocks.len() {
            statements.extend_from_slice(&self.blocks[replaced].statements);
            replaced += 1;
        }
        self.blocks.splice(first.block..replaced, blocks(statements));
        self.revision = next_revision();
        Ok(())
    }

    /// Moves to the next old statement and gives its first byte in the old text.
    fn advance(&self, place: &mut Place) -> Option<usize> {
        let block = &self.blocks[place.block];
        place.start += block.statements[place.index].len;
        place.index += 1;
        if place.index == block.statements.len() {
            place.block += 1;
            place.index = 0;
        }
        (place.block < self.blocks.len()).then_some(place.start)
    }
}

fn next_revision() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn blocks(statements: Vec<Arc<Statement>>) -> Vec<Arc<Block>> {
    let count = statements.len().div_ceil(BLOCK).max(1);
    let size = statements.len().div_ceil(count).max(1);
    statements.chunks(size).map(|chunk| Arc::new(Block::new(chunk.to_vec()))).collect()
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
