//! The bytes of a rope as the scanner reads them: one after the other, up to a limit, without the lines of COPY's data.

use ropey::Rope;

use crate::syntax::psql;
use crate::text::Span;

/// Random access to a rope's bytes, quick where they are near each other.
pub(super) struct Bytes<'a> {
    pub(super) rope: &'a Rope,
    chunk: &'a [u8],
    chunk_start: usize,
    /// Where the text is to end for now.
    limit: usize,
    /// Whether bytes behind `limit` were asked for, so that what was read says nothing of the whole text.
    pub(super) ran_out: bool,
    /// Lines of COPY's data, which no quote and no comment around them has in it.
    pub(super) data: Option<Span>,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(rope: &'a Rope) -> Bytes<'a> {
        Bytes { rope, chunk: &[], chunk_start: 0, limit: rope.len_bytes(), ran_out: false, data: None }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.ran_out = false;
        if limit.min(self.rope.len_bytes()) != self.limit {
            self.limit = limit.min(self.rope.len_bytes());
            // The chunk at hand may be cut by the limit of before, or reach behind this one.
            self.chunk = &[];
        }
    }

    #[inline]
    pub(super) fn get(&mut self, at: usize) -> Option<u8> {
        match at.checked_sub(self.chunk_start).and_then(|at| self.chunk.get(at)) {
            Some(byte) => Some(*byte),
            None => self.get_elsewhere(at),
        }
    }

    #[cold]
    pub(super) fn get_elsewhere(&mut self, at: usize) -> Option<u8> {
        if at >= self.limit {
            self.ran_out |= self.limit < self.rope.len_bytes();
            return None;
        }
        let (chunk, start, _, _) = self.rope.chunk_at_byte(at);
        self.chunk = &chunk.as_bytes()[..chunk.len().min(self.limit - start)];
        self.chunk_start = start;
        self.chunk.get(at - start).copied()
    }

    /// The first byte at `at` or behind it that `find` finds in a piece of text, or the end of the text.
    #[inline]
    pub(super) fn find(&mut self, mut at: usize, find: impl Fn(&[u8]) -> Option<usize>) -> usize {
        while self.get(at).is_some() {
            let mut rest = &self.chunk[at - self.chunk_start..];
            if let Some(data) = self.data {
                if data.start == at && !data.is_empty() {
                    at = data.end;
                    continue;
                }
                if data.start > at {
                    rest = &rest[..rest.len().min(data.start - at)];
                }
            }
            if let Some(found) = find(rest) {
                return at + found;
            }
            at += rest.len();
        }
        at
    }
}

impl psql::Source for Bytes<'_> {
    fn get(&mut self, at: usize) -> Option<u8> {
        Bytes::get(self, at)
    }
}
