//! Where a statement ends, as psql sees it: the scanner that cuts a text into statements.
//!
//! It starts afresh at every statement, so a re-scan can begin at any boundary. It follows psql's lexer and not the
//! grammar: quotes, dollar quotes, nested comments, parentheses, SQL-standard bodies (`BEGIN ATOMIC … END`), psql's
//! own commands, and the data behind `COPY … FROM STDIN`.
//!
//! A psql command within a query does not end it unless it sends it (`\g`) or throws it away (`\r`). The data of COPY
//! begins on the next line, so what else stands on COPY's line is one statement with it.

mod bytes;
mod parts;
mod words;

use ropey::Rope;

use self::bytes::Bytes;
pub use self::parts::{Part, parts, without_commands};
use self::words::{Word, Words};
use super::psql::{self, Command, Effect};
use crate::text::Span;

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
    /// The end of what PostgreSQL is sent: behind the semicolon, or before a psql command. Of a psql command alone, its
    /// own end.
    pub end: usize,
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
    /// What was found besides SQL, where that is asked for.
    parts: Option<Vec<Part>>,
}

impl<'a> BoundaryScanner<'a> {
    /// A scanner that begins at byte `at`, which must be where a statement begins.
    pub fn new(rope: &'a Rope, at: usize) -> BoundaryScanner<'a> {
        BoundaryScanner { bytes: Bytes::new(rope), at, open: false, parts: None }
    }

    /// The byte at which the next statement begins.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next statement, or the end of the text, if no byte at `limit` or behind it has to be read to know it.
    pub fn next_within(&mut self, limit: usize) -> Scanned {
        let at = self.at;
        self.bytes.set_limit(limit);
        let boundary = self.next_boundary();
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
    fn next_boundary(&mut self) -> Option<Boundary> {
        let first = self.at;
        self.bytes.get(first)?;
        let mut words = Words::default();
        let mut parentheses = 0usize;
        let mut kind = StatementKind::Blank;
        let mut start = None;
        // Behind the last query that is complete.
        let mut end = None;
        // Whether nothing of a further query has come yet.
        let mut empty = true;
        self.bytes.data = None;
        let mut at = first;
        while let Some(byte) = self.bytes.get(at) {
            match byte {
                b'\n' if self.bytes.data.is_some_and(|data| data.start == at + 1) => {
                    at = self.bytes.data.map_or(at, |data| data.end);
                    if empty {
                        break;
                    }
                    continue;
                }
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
                    let begin = at;
                    at = self.comment_end(at);
                    if self.open && empty {
                        // psql sends it, and PostgreSQL has something to say of it.
                        start.get_or_insert(begin);
                        (kind, empty) = (StatementKind::Sql, false);
                    }
                    continue;
                }
                b'\\' if !matches!(self.bytes.get(at + 1), Some(b';' | b':')) => {
                    let command = psql::command(&mut self.bytes, at);
                    let (before, behind) = (at, command.end);
                    let effect = command.effect().unwrap_or(Effect::None);
                    if effect == Effect::Copies && is_copy_from_script(&mut self.bytes, &command) {
                        self.expect_data(behind, 1);
                    }
                    self.push(Part::Command(command));
                    at = behind;
                    match effect {
                        Effect::Sends if !empty => {
                            self.expect_data(behind, words.copies());
                            end = Some(before);
                        }
                        Effect::Discards if !empty => {
                            if end.is_none() {
                                (kind, start) = (StatementKind::Psql, Some(before));
                            }
                            end = Some(behind);
                        }
                        _ if !empty => continue,
                        _ if start.is_none() => {
                            (kind, start, end) = (StatementKind::Psql, Some(before), Some(behind));
                        }
                        _ => {}
                    }
                    (words, parentheses, empty) = (Words::default(), 0, true);
                    if !self.expects_data(at) {
                        if self.bytes.get(at) == Some(b'\n') {
                            at += 1;
                        }
                        break;
                    }
                    continue;
                }
                _ => {}
            }
            if empty {
                start.get_or_insert(at);
            }
            if byte == b';' && parentheses == 0 && words.atomic_depth == 0 {
                if !empty {
                    kind = StatementKind::Sql;
                }
                self.push(Part::Semicolon(Span::new(at, at + 1)));
                at += 1;
                self.expect_data(at, words.copies());
                (words, empty, end) = (Words::default(), true, Some(at));
                if !self.expects_data(at) {
                    break;
                }
                continue;
            }
            empty = false;
            kind = StatementKind::Sql;
            at = match byte {
                b'\\' => {
                    self.push(Part::Escape(Span::new(at, at + 1)));
                    match self.bytes.get(at + 1) {
                        Some(b';') => words.next_statement(),
                        _ => words.token(),
                    }
                    at + 2
                }
                b'(' => {
                    words.token();
                    parentheses += 1;
                    at + 1
                }
                b')' => {
                    words.token();
                    parentheses = parentheses.saturating_sub(1);
                    at + 1
                }
                byte if is_word_start(byte) => self.word_or_quoted(at, &mut words, parentheses),
                byte => {
                    words.token();
                    match byte {
                        b'\'' | b'"' => self.quoted_end(at, byte, false),
                        b'$' => self.dollar_end(at),
                        b'0'..=b'9' => self.number_end(at),
                        b'.' if self.bytes.get(at + 1).is_some_and(|byte| byte.is_ascii_digit()) => {
                            self.number_end(at + 1)
                        }
                        b':' if self.bytes.get(at + 1) == Some(b':') => at + 2,
                        b':' => psql::variable_end(&mut self.bytes, at).unwrap_or(at + 1),
                        _ => at + 1,
                    }
                }
            };
        }
        self.at = at;
        self.push_data();
        let end = if empty { end.unwrap_or(at) } else { at };
        Some(Boundary { kind, len: at - first, start: start.unwrap_or(end) - first, end: end - first })
    }

    fn push(&mut self, part: Part) {
        if let Some(parts) = &mut self.parts {
            parts.push(part);
        }
    }

    /// Where a `--` comment ends.
    fn line_end(&mut self, at: usize) -> usize {
        self.bytes.find(at, |text| memchr::memchr2(b'\n', b'\r', text))
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

    /// Behind the dollar-quoted string or parameter at `at`, or behind the `$` where none begins.
    fn dollar_end(&mut self, at: usize) -> usize {
        if self.bytes.get(at + 1).is_some_and(|byte| byte.is_ascii_digit()) {
            return self.number_end(at + 1);
        }
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

    /// Behind the number whose digits begin at `at`. A word that follows at once is one token with it, an error to
    /// PostgreSQL, in which no dollar quote begins.
    fn number_end(&mut self, mut at: usize) -> usize {
        at = self.digits_end(at);
        if self.bytes.get(at) == Some(b'.') && self.bytes.get(at + 1) != Some(b'.') {
            at = self.digits_end(at + 1);
        }
        match self.bytes.get(at) {
            Some(byte) if is_word_start(byte) => self.word(at).0,
            _ => at,
        }
    }

    fn digits_end(&mut self, mut at: usize) -> usize {
        while self.bytes.get(at).is_some_and(|byte| byte.is_ascii_digit()) {
            at += 1;
        }
        at
    }

    /// Behind the word at `at`, or behind the quote that it is the prefix of.
    fn word_or_quoted(&mut self, at: usize, words: &mut Words, parentheses: usize) -> usize {
        let (end, word) = self.word(at);
        let quote = match (word.as_bytes(), self.bytes.get(end)) {
            (b"e" | b"b" | b"x" | b"n", Some(b'\'')) => end,
            (b"u", Some(b'&')) if matches!(self.bytes.get(end + 1), Some(b'\'' | b'"')) => end + 1,
            _ => {
                words.push(word.as_bytes(), parentheses);
                return end;
            }
        };
        words.token();
        let byte = self.bytes.get(quote).unwrap_or(b'\'');
        self.quoted_end(quote, byte, word.as_bytes() == b"e")
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

    /// Finds so many blocks of COPY's data, which begin on the line behind `at` or behind the data that does so already.
    fn expect_data(&mut self, at: usize, blocks: usize) {
        if blocks == 0 {
            return;
        }
        if !self.expects_data(at) {
            self.push_data();
            let end = self.bytes.find(at, |text| memchr::memchr(b'\n', text));
            self.bytes.data = Some(Span::at(if self.bytes.get(end).is_some() { end + 1 } else { end }));
        }
        let Some(mut data) = self.bytes.data.take() else { return };
        for _ in 0..blocks {
            data.end = self.block_end(data.end);
        }
        self.bytes.data = Some(data);
    }

    /// Whether data is to come behind the line that `at` is in.
    fn expects_data(&self, at: usize) -> bool {
        self.bytes.data.is_some_and(|data| data.start >= at)
    }

    fn push_data(&mut self) {
        if let Some(data) = self.bytes.data.take() {
            self.push(Part::Data(data));
        }
    }

    fn block_end(&mut self, first: usize) -> usize {
        let mut at = first;
        loop {
            at = self.bytes.find(at, |text| memchr::memchr(b'\\', text));
            if self.bytes.get(at).is_none() {
                return at;
            }
            if self.bytes.get(at + 1) == Some(b'.') && (at == first || self.bytes.get(at - 1) == Some(b'\n'))
            {
                match (self.bytes.get(at + 2), self.bytes.get(at + 3)) {
                    (Some(b'\n'), _) => return at + 3,
                    (Some(b'\r'), Some(b'\n')) => return at + 4,
                    (None, _) => return at + 2,
                    _ => {}
                }
            }
            at += 1;
        }
    }
}

/// Whether this `\copy` reads its data from the script.
fn is_copy_from_script(bytes: &mut Bytes, command: &Command) -> bool {
    let Some(line) = command.arguments.first() else { return false };
    let mut words = Words::default();
    words.push(b"copy", 0);
    let mut parentheses = 0usize;
    let mut at = line.span.start;
    while at < line.span.end {
        let Some(byte) = bytes.get(at) else { break };
        let mut scanner = BoundaryScanner { bytes: Bytes::new(bytes.rope), at, open: false, parts: None };
        match byte {
            b'(' => parentheses += 1,
            b')' => parentheses = parentheses.saturating_sub(1),
            b'\'' | b'"' => {
                at = scanner.quoted_end(at, byte, false);
                words.token();
                continue;
            }
            byte if is_word_start(byte) => {
                let (end, word) = scanner.word(at);
                words.push(word.as_bytes(), parentheses);
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    words.copies() > 0
}

impl Iterator for BoundaryScanner<'_> {
    type Item = Boundary;

    fn next(&mut self) -> Option<Boundary> {
        self.next_boundary()
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_tag_byte(byte: u8, first: bool) -> bool {
    is_word_start(byte) || (!first && byte.is_ascii_digit())
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
            &["select 'a''b;';", " "],
            &["select 1;", "\n/* a; /* b */ select 2;"],
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
            assert_eq!(cut(&text), parts, "{text}");
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
