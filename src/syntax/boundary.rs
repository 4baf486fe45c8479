//! Where a statement ends, as psql sees it: the scanner that cuts a text into statements.
//!
//! It starts afresh at every statement, so a re-scan can begin at any boundary. It follows psql's lexer and not the
//! grammar: quotes, dollar quotes, nested comments, parentheses, SQL-standard bodies (`BEGIN ATOMIC … END`), psql's
//! own commands, and the data behind `COPY … FROM STDIN`.

use ropey::Rope;

/// What a statement is, as far as its boundaries tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementKind {
    Sql,
    /// A psql command alone: `\set x 1`.
    Psql,
    /// White space and comments before the end of the text, or a semicolon alone.
    Blank,
}

/// One statement's extent; all offsets count from its first byte, which follows the statement before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    pub kind: StatementKind,
    /// All of it, with its semicolon, psql command or COPY data.
    pub len: usize,
    /// Where its first token is (behind white space and comments).
    pub start: usize,
    /// The end of what PostgreSQL is sent: behind the semicolon, or before a psql command.
    pub end: usize,
}

/// Random access to a rope's bytes, quick where they are near each other.
struct Bytes<'a> {
    rope: &'a Rope,
    chunk: &'a [u8],
    chunk_start: usize,
    /// Where the text is to end for now.
    limit: usize,
    /// Whether bytes behind `limit` were asked for, so that what was read says nothing of the whole text.
    ran_out: bool,
}

impl<'a> Bytes<'a> {
    fn new(rope: &'a Rope) -> Bytes<'a> {
        Bytes { rope, chunk: &[], chunk_start: 0, limit: rope.len_bytes(), ran_out: false }
    }

    fn set_limit(&mut self, limit: usize) {
        self.ran_out = false;
        if limit.min(self.rope.len_bytes()) != self.limit {
            self.limit = limit.min(self.rope.len_bytes());
            // The chunk at hand may be cut by the limit of before, or reach behind this one.
            self.chunk = &[];
        }
    }

    #[inline]
    fn get(&mut self, at: usize) -> Option<u8> {
        match at.checked_sub(self.chunk_start).and_then(|at| self.chunk.get(at)) {
            Some(byte) => Some(*byte),
            None => self.get_elsewhere(at),
        }
    }

    #[cold]
    fn get_elsewhere(&mut self, at: usize) -> Option<u8> {
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
    fn find(&mut self, mut at: usize, find: impl Fn(&[u8]) -> Option<usize>) -> usize {
        while self.get(at).is_some() {
            let rest = &self.chunk[at - self.chunk_start..];
            if let Some(found) = find(rest) {
                return at + found;
            }
            at += rest.len();
        }
        at
    }
}

/// What a bounded scan came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    Statement(Boundary),
    /// The text has no more.
    End,
    /// The statement goes on behind the limit.
    RanOut,
}

/// Cuts a rope into statements, one a call.
pub struct BoundaryScanner<'a> {
    bytes: Bytes<'a>,
    at: usize,
    /// The text ended in a quote or comment.
    open: bool,
}

impl<'a> BoundaryScanner<'a> {
    /// A scanner that begins at byte `at`, which must be where a statement begins.
    pub fn new(rope: &'a Rope, at: usize) -> BoundaryScanner<'a> {
        BoundaryScanner { bytes: Bytes::new(rope), at, open: false }
    }

    /// The byte at which the next statement begins.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next statement, or the end of the text, if no byte at `limit` or behind it has to be read to know it.
    pub fn next_within(&mut self, limit: usize) -> Scanned {
        let at = self.at;
        self.bytes.set_limit(limit);
        let boundary = self.scan();
        if self.bytes.ran_out {
            self.at = at;
            return Scanned::RanOut;
        }
        boundary.map_or(Scanned::End, Scanned::Statement)
    }

    /// Whether the quoted string, name or comment that begins at `at` never ends.
    pub fn is_open(rope: &Rope, at: usize) -> bool {
        let mut scanner = BoundaryScanner::new(rope, at);
        let bytes = &mut scanner.bytes;
        let (prefix, escapes) = match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'/'), Some(b'*')) => {
                scanner.comment_end(at);
                return scanner.open;
            }
            (Some(b'$'), _) => {
                scanner.dollar_end(at);
                return scanner.open;
            }
            (Some(b'\'' | b'"'), _) => (0, false),
            (Some(b'e' | b'E'), _) => (1, true),
            (Some(b'u' | b'U'), Some(b'&')) => (2, false),
            _ => (1, false),
        };
        let Some(quote @ (b'\'' | b'"')) = bytes.get(at + prefix) else { return false };
        let mut end = scanner.quoted_end(at + prefix, quote, escapes);
        while !scanner.open && scanner.bytes.get(end) == Some(quote) {
            end = scanner.quoted_end(end, quote, escapes);
        }
        scanner.open
    }

    /// The next statement, or `None` at the end of the text.
    fn scan(&mut self) -> Option<Boundary> {
        let first = self.at;
        self.bytes.get(first)?;
        let mut words = Words::default();
        let mut parentheses = 0usize;
        let mut start = None;
        let mut at = first;
        let (kind, end, len) = loop {
            let Some(byte) = self.bytes.get(at) else {
                let kind = if start.is_some() { StatementKind::Sql } else { StatementKind::Blank };
                break (kind, at, at);
            };
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {
                    at += 1;
                    continue;
                }
                // A byte order mark at the start of a file, which psql skips.
                0xef if at == 0 && self.bytes.get(1) == Some(0xbb) && self.bytes.get(2) == Some(0xbf) => {
                    at += 3;
                    continue;
                }
                b'-' if self.bytes.get(at + 1) == Some(b'-') => {
                    at = self.line_end(at);
                    continue;
                }
                b'/' if self.bytes.get(at + 1) == Some(b'*') => {
                    at = self.comment_end(at);
                    continue;
                }
                b'\\' => {
                    let Some(_) = start else {
                        start = Some(at);
                        let end = self.command_end(at);
                        break (StatementKind::Psql, end, end);
                    };
                    break (StatementKind::Sql, at, self.command_end(at));
                }
                _ => {}
            }
            if byte == b';' && parentheses == 0 && words.atomic_depth == 0 {
                let end = at + 1;
                if start.is_none() {
                    start = Some(at);
                    break (StatementKind::Blank, end, end);
                }
                let len = if words.copy_from_stdin { self.copy_data_end(end) } else { end };
                break (StatementKind::Sql, end, len);
            }
            start.get_or_insert(at);
            at = match byte {
                b'\'' => self.quoted_end(at, b'\'', false),
                b'"' => self.quoted_end(at, b'"', false),
                b'(' => {
                    parentheses += 1;
                    at + 1
                }
                b')' => {
                    parentheses = parentheses.saturating_sub(1);
                    at + 1
                }
                b'$' => self.dollar_end(at),
                byte if is_word_start(byte) => {
                    let (end, word) = self.word(at);
                    let text = word.as_bytes();
                    words.push(text, parentheses);
                    if text == b"e" && self.bytes.get(end) == Some(b'\'') {
                        self.quoted_end(end, b'\'', true)
                    } else {
                        end
                    }
                }
                _ => at + 1,
            };
        };
        self.at = len;
        Some(Boundary { kind, len: len - first, start: start.unwrap_or(end) - first, end: end - first })
    }

    fn line_end(&mut self, at: usize) -> usize {
        self.bytes.find(at, |text| memchr::memchr2(b'\n', b'\r', text))
    }

    /// Behind a psql command: behind its line's break, or behind `\;`, which separates statements itself.
    fn command_end(&mut self, at: usize) -> usize {
        if self.bytes.get(at + 1) == Some(b';') {
            return at + 2;
        }
        let end = self.line_end(at);
        match (self.bytes.get(end), self.bytes.get(end + 1)) {
            (Some(b'\r'), Some(b'\n')) => end + 2,
            (Some(_), _) => end + 1,
            (None, _) => end,
        }
    }

    fn comment_end(&mut self, mut at: usize) -> usize {
        let mut depth = 0usize;
        loop {
            at = self.bytes.find(at, |text| memchr::memchr2(b'*', b'/', text));
            match (self.bytes.get(at), self.bytes.get(at + 1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        return at;
                    }
                }
                (Some(_), _) => at += 1,
                (None, _) => {
                    self.open = true;
                    return at;
                }
            }
        }
    }

    /// Behind the quote that closes the one at `at`. A doubled quote closes and opens again, which comes to the same.
    fn quoted_end(&mut self, at: usize, quote: u8, escapes: bool) -> usize {
        let mut at = at + 1;
        loop {
            at = match escapes {
                true => self.bytes.find(at, |text| memchr::memchr2(quote, b'\\', text)),
                false => self.bytes.find(at, |text| memchr::memchr(quote, text)),
            };
            let Some(byte) = self.bytes.get(at) else {
                self.open = true;
                return at;
            };
            at += 1;
            if byte == quote {
                // In an escape string a doubled quote must not end the escapes' rule.
                if escapes && self.bytes.get(at) == Some(quote) {
                    at += 1;
                    continue;
                }
                return at;
            }
            if self.bytes.get(at).is_some() {
                at += 1;
            }
        }
    }

    /// Behind the dollar-quoted string at `at`, or behind the `$` where none begins.
    fn dollar_end(&mut self, at: usize) -> usize {
        let mut tag = vec![b'$'];
        let mut open = at + 1;
        loop {
            match self.bytes.get(open) {
                Some(b'$') => break,
                Some(byte) if is_tag_byte(byte, tag.len() == 1) => tag.push(byte),
                _ => return at + 1,
            }
            open += 1;
        }
        tag.push(b'$');
        let mut at = open + 1;
        loop {
            at = self.bytes.find(at, |text| memchr::memchr(b'$', text));
            if self.bytes.get(at).is_none() {
                self.open = true;
                return at;
            }
            if (0..tag.len()).all(|n| self.bytes.get(at + n) == Some(tag[n])) {
                return at + tag.len();
            }
            at += 1;
        }
    }

    /// The end of the word at `at`, and the word.
    fn word(&mut self, at: usize) -> (usize, Word) {
        let mut word = Word::default();
        let mut end = at;
        while let Some(byte) = self.bytes.get(end) {
            if !(is_word_start(byte) || byte.is_ascii_digit() || byte == b'$') {
                break;
            }
            word.push(byte.to_ascii_lowercase());
            end += 1;
        }
        (end, word)
    }

    /// Behind the data of COPY, whose statement ended at `at`: behind the line `\.`, or at the end of the text.
    fn copy_data_end(&mut self, at: usize) -> usize {
        let first = self.command_end_of_line(at);
        let mut at = first;
        loop {
            at = self.bytes.find(at, |text| memchr::memchr(b'\\', text));
            if self.bytes.get(at).is_none() {
                return at;
            }
            if self.bytes.get(at + 1) == Some(b'.')
                && self.bytes.get(at + 2).is_none_or(|byte| byte == b'\n' || byte == b'\r')
                && (at == first || matches!(self.bytes.get(at - 1), Some(b'\n' | b'\r')))
            {
                return self.command_end_of_line(at);
            }
            at += 1;
        }
    }

    fn command_end_of_line(&mut self, at: usize) -> usize {
        let end = self.line_end(at);
        match (self.bytes.get(end), self.bytes.get(end + 1)) {
            (Some(b'\r'), Some(b'\n')) => end + 2,
            (Some(_), _) => end + 1,
            (None, _) => end,
        }
    }
}

impl Iterator for BoundaryScanner<'_> {
    type Item = Boundary;

    fn next(&mut self) -> Option<Boundary> {
        self.scan()
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_tag_byte(byte: u8, first: bool) -> bool {
    is_word_start(byte) || (!first && byte.is_ascii_digit())
}

/// The first bytes of a word in lower case; enough to tell the words that matter here.
#[derive(Default)]
struct Word {
    bytes: [u8; 12],
    len: usize,
}

impl Word {
    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
        }
        self.len += 1;
    }

    fn as_bytes(&self) -> &[u8] {
        if self.len <= self.bytes.len() { &self.bytes[..self.len] } else { &[] }
    }
}

/// What the words so far say about the statement's end.
#[derive(Default)]
struct Words {
    seen: usize,
    /// The first letters of the words at the start that could begin CREATE [OR REPLACE] FUNCTION or PROCEDURE.
    head: [u8; 4],
    /// How deep in `BEGIN … END` of a routine's body.
    atomic_depth: usize,
    copy: bool,
    after_from: bool,
    copy_from_stdin: bool,
}

impl Words {
    fn push(&mut self, word: &[u8], parentheses: usize) {
        if self.seen < self.head.len() {
            if matches!(word, b"create" | b"or" | b"replace" | b"function" | b"procedure") {
                self.head[self.seen] = word[0];
            }
            self.copy |= self.seen == 0 && word == b"copy";
        }
        self.seen += 1;
        let routine = matches!(self.head, [b'c', b'f' | b'p', ..] | [b'c', b'o', b'r', b'f' | b'p']);
        if routine && parentheses == 0 {
            match word {
                b"begin" => self.atomic_depth += 1,
                b"case" if self.atomic_depth > 0 => self.atomic_depth += 1,
                b"end" => self.atomic_depth = self.atomic_depth.saturating_sub(1),
                _ => {}
            }
        }
        if self.copy && parentheses == 0 {
            self.copy_from_stdin |= self.after_from && word == b"stdin";
            self.after_from = word == b"from";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let rope = Rope::from_str(text);
        let mut parts = Vec::new();
        let mut at = 0;
        for boundary in BoundaryScanner::new(&rope, 0) {
            parts.push(text[at..at + boundary.len].to_owned());
            at += boundary.len;
        }
        assert_eq!(at, text.len());
        parts
    }

    #[test]
    fn cuts_where_psql_does() {
        for parts in [
            &["select 1;", " select 2"][..],
            &["select ';', \";\", E'\\';', $a$;$a$, $$;$$, $1;", "x"],
            &["select 'a''b;'; ", ""][..1],
            &["/* ; /* ; */ ; */ select 1 -- ;\n;", "\n"],
            &["create rule r as on insert to t do (select 1; select 2);", " x"],
            &[
                "create or replace function f() returns int begin atomic select case when true then 1 end; end;",
                "x",
            ],
            &["create function f() returns int as $f$ begin; end; $f$ language sql;", "x"],
            &["select 1\n\n, 2;", "\n\\set a 'b;c'\n", "select :'a' \\gset\n", "select 3;"],
            &["copy t (a) from stdin;\n1;\n\\N\n\\.\n", "select 1;"],
            &["copy t from stdin;\r\n1\r\n\\.\r\n", "select 1;"],
            &["copy t to stdout;", "select 1;"],
            &[";", ";", " ;"],
            &["begin;", "case;", "end;"],
            &["select a$b$c;", "x;"],
            &["select $é$;$é$;", "x"],
        ] {
            let text = parts.concat();
            let cuts = cut(&text);
            if parts.len() > 1 {
                assert_eq!(cuts, parts, "{text}");
            }
        }
    }

    #[test]
    fn says_where_the_code_is() {
        let rope = Rope::from_str("-- c\n select 1 \\gx\nselect 2;");
        let mut scanner = BoundaryScanner::new(&rope, 0);
        let first = scanner.next().unwrap();
        assert_eq!((first.kind, first.start, first.end, first.len), (StatementKind::Sql, 6, 15, 19));
        assert_eq!(scanner.offset(), 19);
        assert_eq!(scanner.next().unwrap().kind, StatementKind::Sql);
        assert_eq!(scanner.next(), None);
    }
}
