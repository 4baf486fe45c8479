//! Input of `tsvector` and `tsquery` (tsvector_parser.c, tsquery.c).

use super::constant::{Read, Wrong, is_space, wrong};

/// What a phrase operator spans at most (`MAXENTRYPOS`).
const FARTHEST: u32 = 16_384;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Vector,
    Query,
}

/// A text that is being read.
struct Input<'a> {
    text: &'a str,
    at: usize,
    kind: Kind,
}

/// `'fat':2,4 cat:3A`
pub(super) fn vector(text: &str) -> Read {
    let mut input = Input { text, at: 0, kind: Kind::Vector };
    while input.word()? {}
    Ok(())
}

/// `fat & (rat | !cat:*)`
pub(super) fn query(text: &str) -> Read {
    let mut input = Input { text, at: 0, kind: Kind::Query };
    let (mut is_first, mut wants_operand, mut open) = (true, true, 0_u32);
    loop {
        let next = input.peek();
        if next.is_some_and(is_space) {
            input.skip();
            continue;
        }
        match (wants_operand, next) {
            (true, Some('!')) => input.skip(),
            (true, Some('(')) => {
                input.skip();
                open += 1;
            }
            (true, Some(':')) => return input.syntax(),
            (true, _) => {
                if !input.word()? {
                    if is_first {
                        return Ok(());
                    }
                    return wrong("42601", format!("no operand in tsquery: \"{text}\""));
                }
                input.modifiers();
                wants_operand = false;
            }
            (false, Some('&' | '|')) => {
                input.skip();
                wants_operand = true;
            }
            (false, Some('<')) if input.phrase()? => wants_operand = true,
            (false, Some(')')) if open > 0 => {
                input.skip();
                open -= 1;
            }
            (false, None) if open == 0 => return Ok(()),
            (false, _) => return input.syntax(),
        }
        is_first = false;
    }
}

impl Input<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn syntax<T>(&self) -> Result<T, Wrong> {
        let what = if self.kind == Kind::Vector { "tsvector" } else { "tsquery" };
        Err(Wrong { sqlstate: "42601", message: format!("syntax error in {what}: \"{}\"", self.text) })
    }

    fn is_operator(&self, c: char) -> bool {
        self.kind == Kind::Query && matches!(c, '!' | '&' | '|' | '(' | ')' | '<')
    }

    /// Reads a word, with its positions in a vector. Whether there is one (`gettoken_tsvector`).
    fn word(&mut self) -> Result<bool, Wrong> {
        while self.peek().is_some_and(is_space) {
            self.skip();
        }
        let Some(first) = self.peek() else { return Ok(false) };
        if first == '\'' {
            return self.quoted().map(|()| true);
        }
        if self.is_operator(first) {
            return self.syntax();
        }
        let mut is_empty = true;
        loop {
            match self.peek() {
                Some('\\') => {
                    self.escaped()?;
                    is_empty = false;
                }
                Some(':') if !is_empty => {
                    if self.kind == Kind::Vector {
                        self.positions()?;
                    }
                    return Ok(true);
                }
                None => return Ok(true),
                Some(c) if is_space(c) || self.is_operator(c) => return Ok(true),
                Some(_) => {
                    self.skip();
                    is_empty = false;
                }
            }
        }
    }

    fn escaped(&mut self) -> Read {
        self.skip();
        if self.peek().is_none() {
            return wrong("42601", format!("there is no escaped character: \"{}\"", self.text));
        }
        self.skip();
        Ok(())
    }

    fn quoted(&mut self) -> Read {
        self.skip();
        let mut is_empty = true;
        loop {
            match self.peek() {
                None => return self.syntax(),
                Some('\\') => self.escaped()?,
                Some('\'') => {
                    self.skip();
                    if self.peek() != Some('\'') {
                        break;
                    }
                    self.skip();
                }
                Some(_) => self.skip(),
            }
            is_empty = false;
        }
        if is_empty {
            return self.syntax();
        }
        match self.kind == Kind::Vector && self.peek() == Some(':') {
            true => self.positions(),
            false => Ok(()),
        }
    }

    /// `:1A,2`
    fn positions(&mut self) -> Read {
        self.skip();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                self.skip();
            }
            let digits = &self.text[start..self.at];
            if digits.is_empty() {
                return self.syntax();
            }
            if digits.bytes().all(|byte| byte == b'0') {
                return wrong("42601", format!("wrong position info in tsvector: \"{}\"", self.text));
            }
            let mut has_weight = false;
            loop {
                match self.peek() {
                    Some('a'..='c' | 'A'..='C' | '*') if !has_weight => {
                        has_weight = true;
                        self.skip();
                    }
                    // It is the weight of what has none.
                    Some('d' | 'D') if !has_weight => self.skip(),
                    Some(c) if c.is_ascii_digit() => self.skip(),
                    Some(',') => break,
                    None => return Ok(()),
                    Some(c) if is_space(c) => return Ok(()),
                    Some(_) => return self.syntax(),
                }
            }
            self.skip();
        }
    }

    /// `:*AB` behind a query's word; what is no modifier is what comes next.
    fn modifiers(&mut self) {
        if self.peek() == Some(':') {
            self.skip();
            while matches!(self.peek(), Some('a'..='d' | 'A'..='D' | '*')) {
                self.skip();
            }
        }
    }

    /// `<->` or `<2>`. Whether it is one.
    fn phrase(&mut self) -> Result<bool, Wrong> {
        let rest = &self.text[self.at + 1..];
        let Some((inner, behind)) = rest.split_once('>') else { return Ok(false) };
        // At the very end it is not taken for one.
        if behind.is_empty() {
            return Ok(false);
        }
        let is_number = !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_digit());
        if inner != "-" && !is_number {
            return Ok(false);
        }
        if is_number && inner.parse::<u32>().map_or(true, |distance| distance > FARTHEST) {
            let message = format!(
                "distance in phrase operator must be an integer value between zero and {FARTHEST} inclusive"
            );
            return Err(Wrong { sqlstate: "22023", message });
        }
        self.at += inner.len() + 2;
        Ok(true)
    }
}
