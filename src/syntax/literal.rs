//! String literals: what they stand for, and which byte of it came from where.

use crate::text::Span;

/// A literal's content with its way back to the literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    pub text: String,
    runs: Vec<Run>,
}

/// Bytes of the content that came from bytes of the literal: one by one where the lengths are equal, otherwise all of
/// them from an escape as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    inner: Span,
    outer: Span,
}

impl Run {
    fn is_exact(&self) -> bool {
        self.inner.len() == self.outer.len()
    }
}

impl Literal {
    /// Reads a literal as PostgreSQL's scanner does: `'…'`, `E'…'`, `U&'…'` (with its `UESCAPE '…'` behind), dollar
    /// quotes, and several parts on lines of their own. `None` if it is none of these, or holds what cannot be text.
    pub fn read(written: &str) -> Option<Literal> {
        let mut reader = Reader { written, at: 0, bytes: Vec::new(), runs: Vec::new() };
        let first = written.as_bytes().first()?;
        match first {
            b'$' => reader.dollar()?,
            b'\'' | b'n' | b'N' => {
                reader.at = usize::from(*first != b'\'');
                reader.parts(Escapes::None)?;
            }
            b'e' | b'E' => {
                reader.at = 1;
                reader.parts(Escapes::Backslash)?;
            }
            b'u' | b'U' if written[1..].starts_with('&') => {
                reader.at = 2;
                let escape = reader.uescape();
                reader.parts(Escapes::Unicode(escape))?;
            }
            _ => return None,
        }
        // An expression that begins with a literal is none.
        let rest = reader.rest().trim_start();
        let is_uescape = matches!(first, b'u' | b'U')
            && rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("uescape"));
        if !rest.is_empty() && !is_uescape {
            return None;
        }
        Some(Literal { text: String::from_utf8(reader.bytes).ok()?, runs: reader.runs })
    }

    /// The same of a literal that has no end: all of it is content.
    pub fn read_open(written: &str) -> Option<Literal> {
        let quote = match written.strip_prefix('$') {
            Some(rest) => &written[..rest.find('$')? + 2],
            None => "'",
        };
        Literal::read(&format!("{written}{quote}"))
    }

    /// All of the content.
    pub fn content(&self) -> Span {
        self.to_outer(Span::new(0, self.text.len()))
    }

    /// Where a range of the content stands in the literal, without what is between the literal's parts.
    pub fn pieces(&self, inner: Span) -> Vec<Span> {
        let first = self.runs.partition_point(|run| run.inner.end <= inner.start);
        let mut pieces: Vec<Span> = Vec::new();
        for run in self.runs[first..].iter().take_while(|run| run.inner.start < inner.end) {
            let (start, end) = (inner.start.max(run.inner.start), inner.end.min(run.inner.end));
            let outer = match run.is_exact() {
                true => Span::new(start - run.inner.start, end - run.inner.start).shift(run.outer.start),
                false => run.outer,
            };
            match pieces.last_mut() {
                Some(last) if last.end == outer.start => last.end = outer.end,
                _ if outer.is_empty() => {}
                _ => pieces.push(outer),
            }
        }
        pieces
    }

    /// Where a range of the content stands in the literal. An escape belongs to it as a whole.
    pub fn to_outer(&self, inner: Span) -> Span {
        let start = self.outer_start(inner.start);
        let end = if inner.is_empty() { start } else { self.outer_end(inner.end) };
        Span::new(start, end.max(start))
    }

    fn outer_start(&self, offset: usize) -> usize {
        let n = self.runs.partition_point(|run| run.inner.end <= offset);
        match self.runs.get(n) {
            Some(run) if run.is_exact() => run.outer.start + offset.saturating_sub(run.inner.start),
            Some(run) => run.outer.start,
            // At the end of the content: where its last byte ends.
            None => self.runs.last().map_or(0, |run| run.outer.end),
        }
    }

    fn outer_end(&self, offset: usize) -> usize {
        let n = self.runs.partition_point(|run| run.inner.end < offset);
        match self.runs.get(n) {
            Some(run) if run.is_exact() => run.outer.start + offset.saturating_sub(run.inner.start),
            Some(run) => run.outer.end,
            None => self.runs.last().map_or(0, |run| run.outer.end),
        }
    }

    /// The place in the content that an offset in the literal is at; `None` in its quotes and between its parts.
    pub fn to_inner(&self, outer: usize) -> Option<usize> {
        let n = self.runs.partition_point(|run| run.outer.end < outer);
        let run = self.runs.get(n).filter(|run| run.outer.start <= outer)?;
        Some(match run.is_exact() {
            true => run.inner.start + (outer - run.outer.start),
            false if outer == run.outer.end => run.inner.end,
            false => run.inner.start,
        })
    }
}

#[derive(Clone, Copy)]
enum Escapes {
    None,
    Backslash,
    Unicode(char),
}

struct Reader<'a> {
    written: &'a str,
    at: usize,
    bytes: Vec<u8>,
    runs: Vec<Run>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.written[self.at..]
    }

    /// Adds content that stands for the next `len` bytes.
    fn put(&mut self, content: &[u8], len: usize) {
        let inner = Span::new(self.bytes.len(), self.bytes.len() + content.len());
        let outer = Span::new(self.at, self.at + len);
        self.bytes.extend_from_slice(content);
        self.at += len;
        let run = Run { inner, outer };
        match self.runs.last_mut() {
            Some(last) if last.is_exact() && run.is_exact() && last.outer.end == outer.start => {
                last.inner.end = inner.end;
                last.outer.end = outer.end;
            }
            _ => self.runs.push(run),
        }
    }

    fn copy(&mut self, len: usize) {
        let content = self.rest().as_bytes()[..len].to_vec();
        self.put(&content, len);
    }

    fn dollar(&mut self) -> Option<()> {
        let tag_end = self.written[1..].find('$')? + 2;
        let tag = &self.written[..tag_end];
        let content = self.written[tag_end..].strip_suffix(tag)?;
        if content.contains(tag) {
            return None;
        }
        let len = content.len();
        self.at = tag_end;
        self.copy(len);
        self.at = self.written.len();
        Some(())
    }

    /// Quoted parts, which white space with a line end joins.
    fn parts(&mut self, escapes: Escapes) -> Option<()> {
        loop {
            if !self.rest().starts_with('\'') {
                return None;
            }
            self.at += 1;
            // So that a cursor between empty quotes is in the content.
            self.put(&[], 0);
            self.quoted(escapes)?;
            let Some(next) = self.next_part() else { return Some(()) };
            self.at = next;
        }
    }

    fn quoted(&mut self, escapes: Escapes) -> Option<()> {
        let mut pending: Option<(u32, usize)> = None;
        loop {
            let special = match escapes {
                Escapes::None => self.rest().find('\'')?,
                Escapes::Backslash => self.rest().find(['\'', '\\'])?,
                Escapes::Unicode(escape) => self.rest().find(['\'', escape])?,
            };
            if special > 0 {
                self.copy(special);
            }
            let rest = self.rest();
            if rest.starts_with("''") {
                self.put(b"'", 2);
            } else if rest.starts_with('\'') {
                self.at += 1;
                return pending.is_none().then_some(());
            } else {
                let (content, len) = match escapes {
                    Escapes::Backslash => backslash(rest)?,
                    Escapes::Unicode(escape) => unicode(rest, escape)?,
                    Escapes::None => return None,
                };
                match (pending.take(), content) {
                    (None, Escape::Bytes(bytes)) => self.put(&bytes, len),
                    (None, Escape::HighSurrogate(high)) => {
                        pending = Some((high, self.at));
                        self.at += len;
                    }
                    (Some((high, start)), Escape::LowSurrogate(low)) => {
                        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        let whole = self.at + len - start;
                        self.at = start;
                        self.put(char::from_u32(code)?.to_string().as_bytes(), whole);
                    }
                    _ => return None,
                }
            }
        }
    }

    /// Where the next part begins, behind white space with a line end, and comments of one line.
    fn next_part(&self) -> Option<usize> {
        let mut at = self.at;
        let mut new_line = false;
        let bytes = self.written.as_bytes();
        loop {
            match bytes.get(at)? {
                b'\n' | b'\r' => {
                    new_line = true;
                    at += 1;
                }
                b' ' | b'\t' | 0x0b | 0x0c => at += 1,
                b'-' if bytes.get(at + 1) == Some(&b'-') => {
                    at += self.written[at..].find(['\n', '\r'])?;
                }
                b'\'' if new_line => return Some(at),
                _ => return None,
            }
        }
    }

    /// The character behind UESCAPE.
    fn uescape(&self) -> char {
        let lower = self.written.to_ascii_lowercase();
        let Some(word) = lower.rfind("uescape") else { return '\\' };
        let behind = self.written[word + "uescape".len()..].trim_start();
        match behind.strip_prefix('\'').map(|rest| (rest.chars().next(), rest.ends_with('\''))) {
            Some((Some(c), true)) if behind.chars().count() == 3 => c,
            _ => '\\',
        }
    }
}

enum Escape {
    Bytes(Vec<u8>),
    HighSurrogate(u32),
    LowSurrogate(u32),
}

fn code_point(code: u32) -> Option<Escape> {
    Some(match code {
        0xd800..0xdc00 => Escape::HighSurrogate(code),
        0xdc00..0xe000 => Escape::LowSurrogate(code),
        _ => Escape::Bytes(char::from_u32(code).filter(|c| *c != '\0')?.to_string().into_bytes()),
    })
}

/// An escape of `E'…'` and its length.
fn backslash(rest: &str) -> Option<(Escape, usize)> {
    let c = rest[1..].chars().next()?;
    let digits = |from: usize, most: usize, radix: u32| {
        let count = rest[from..].chars().take(most).take_while(|c| c.is_digit(radix)).count();
        (u32::from_str_radix(&rest[from..from + count], radix).ok(), count)
    };
    let byte = |byte: u8| Some((Escape::Bytes(vec![byte]), 2));
    match c {
        'b' => byte(8),
        'f' => byte(12),
        'n' => byte(b'\n'),
        'r' => byte(b'\r'),
        't' => byte(b'\t'),
        'v' => byte(11),
        '0'..='7' => {
            let (value, count) = digits(1, 3, 8);
            Some((Escape::Bytes(vec![(value? & 0xff) as u8]), 1 + count))
        }
        'x' if digits(2, 2, 16).1 > 0 => {
            let (value, count) = digits(2, 2, 16);
            Some((Escape::Bytes(vec![value? as u8]), 2 + count))
        }
        'u' | 'U' => {
            let most = if c == 'u' { 4 } else { 8 };
            let (value, count) = digits(2, most, 16);
            (count == most).then_some(())?;
            Some((code_point(value?)?, 2 + count))
        }
        c => Some((Escape::Bytes(c.to_string().into_bytes()), 1 + c.len_utf8())),
    }
}

/// An escape of `U&'…'` and its length.
fn unicode(rest: &str, escape: char) -> Option<(Escape, usize)> {
    let start = escape.len_utf8();
    let behind = &rest[start..];
    if behind.starts_with(escape) {
        return Some((Escape::Bytes(escape.to_string().into_bytes()), 2 * start));
    }
    let (digits, plus) = match behind.strip_prefix('+') {
        Some(digits) => (digits.get(..6)?, 1),
        None => (behind.get(..4)?, 0),
    };
    Some((code_point(u32::from_str_radix(digits, 16).ok()?)?, start + plus + digits.len()))
}

/// Digits with a radix and underscores; `Some(None)` is too large for any type.
pub fn unsigned(digits: &str) -> Option<Option<i128>> {
    let (digits, radix) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (digits[2..].strip_prefix('_').unwrap_or(&digits[2..]), 16),
        Some("0o") => (digits[2..].strip_prefix('_').unwrap_or(&digits[2..]), 8),
        Some("0b") => (digits[2..].strip_prefix('_').unwrap_or(&digits[2..]), 2),
        _ => (digits, 10),
    };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    if !digits.chars().all(|c| c == '_' || c.is_digit(radix)) {
        return None;
    }
    Some(i128::from_str_radix(&digits.replace('_', ""), radix).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::ast::{NodeEnum, a_const};
    use crate::syntax::grammar::{self, ParseMode};

    /// What PostgreSQL's own scanner makes of it.
    fn scanned(written: &str) -> Option<String> {
        let tree = grammar::parse(&format!("select {written}"), ParseMode::Statements).ok()?;
        let Some(NodeEnum::SelectStmt(select)) = tree.stmts[0].stmt.as_ref()?.node.as_ref() else {
            return None;
        };
        let Some(NodeEnum::ResTarget(target)) = &select.target_list[0].node else { return None };
        match target.val.as_ref()?.node.as_ref()? {
            NodeEnum::AConst(constant) => match constant.val.as_ref()? {
                a_const::Val::Sval(string) => Some(string.sval.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    #[test]
    fn literals_stand_for_what_the_scanner_says() {
        for written in [
            "''",
            "'a''b'",
            "$$a'b$$",
            "$é$x$$y$é$",
            r"E'a\n\t\\\'\x41\101\u00e9\U0001F600 é'",
            r"E'\ud83d\ude00 x'",
            r"E'\xc3\xa9'",
            r"U&'\00e9\+01F600 \\ x'",
            "U&'!00e9 \\x' UESCAPE '!'",
            "'a'\n  'b'",
            "'a' -- not b\n 'c'''",
            "E'\\n'\n'\\t'",
            "'é\\n'",
            r"E'\q\8'",
        ] {
            let literal = Literal::read(written).unwrap_or_else(|| panic!("{written}"));
            assert_eq!(Some(&literal.text), scanned(written).as_ref(), "{written}");
            // The way there and back is the same, and lies within the literal.
            for (inner, c) in literal.text.char_indices() {
                let outer = literal.to_outer(Span::new(inner, inner + c.len_utf8()));
                assert!(written.get(outer.range()).is_some_and(|text| !text.is_empty()), "{written} {inner}");
                assert_eq!(literal.to_inner(outer.start), Some(inner), "{written} {inner}");
            }
        }
        for written in [
            "'a",
            "$$a$b$",
            r"E'\u12'",
            r"U&'\d83d'",
            "x",
            "1",
            r"E'\xff'",
            "u",
            "uč",
            "u('x')",
            "'a' || 'b'",
            "$$a$$ || $$b$$",
            "e",
            "n",
            "$",
        ] {
            assert_eq!(Literal::read(written), None, "{written}");
        }
    }

    #[test]
    fn quotes_and_gaps_are_outside() {
        let literal = Literal::read("'a''b'\n'c'").unwrap();
        assert_eq!(literal.text, "a'bc");
        let inner: Vec<_> = (0..=10).map(|outer| literal.to_inner(outer)).collect();
        let expected =
            [None, Some(0), Some(1), Some(1), Some(2), Some(3), None, None, Some(3), Some(4), None];
        assert_eq!(inner, expected);
        assert_eq!(literal.to_outer(Span::new(1, 2)), Span::new(2, 4));
        assert_eq!(literal.to_outer(Span::at(4)), Span::at(9));
        assert_eq!(Literal::read("$x$$x$").unwrap().to_inner(3), Some(0));
        assert_eq!(literal.pieces(Span::new(1, 4)), [Span::new(2, 5), Span::new(8, 9)]);
        assert_eq!(literal.pieces(Span::new(1, 2)), [Span::new(2, 4)]);
        assert_eq!(literal.pieces(Span::at(1)), []);
        let escapes = Literal::read(r"E'a\n\nb'").unwrap();
        assert_eq!(escapes.pieces(Span::new(1, 3)), [Span::new(3, 7)]);
    }

    #[test]
    fn a_literal_without_an_end() {
        for (written, text) in [("$a$x $$", "x $$"), ("'a''b", "a'b"), ("E'\\n", "\n"), ("$$", "")] {
            let literal = Literal::read_open(written).unwrap();
            assert_eq!(literal.text, text, "{written}");
            assert_eq!(literal.content().end, written.len(), "{written}");
        }
        assert_eq!(Literal::read_open("$a"), None);
    }
}
