//! The text of a path in tokens (jsonpath_scan.l), with what PostgreSQL's scanner took last when it gives one.

use super::Error;

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A name that is no keyword of this version.
    Name,
    /// A keyword in small letters, which is the token's text, too.
    Keyword(&'static str),
    String,
    Variable,
    Integer,
    Numeric,
    /// `&&`, `==` …; `<>` is `!=`.
    Sign(&'static str),
    End,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    /// What the scanner took last by the time that it gave the token: what errors at it quote.
    pub seen: String,
}

const SPECIAL: &str = "?%$.[]{}()|&!=<>@#,*:-+/";
const SINGLE: [&str; 24] = [
    "?", "%", "$", ".", "[", "]", "{", "}", "(", ")", "|", "&", "!", "=", "<", ">", "@", "#", ",", "*", ":",
    "-", "+", "/",
];
const DOUBLE: [&str; 8] = ["&&", "||", "**", "<=", "==", "!=", ">=", "<>"];

/// The keywords, and the version that they are of.
const KEYWORDS: [(&str, u32); 33] = [
    ("is", 12),
    ("to", 12),
    ("abs", 12),
    ("lax", 12),
    ("date", 17),
    ("flag", 12),
    ("last", 12),
    ("null", 12),
    ("size", 12),
    ("time", 17),
    ("true", 12),
    ("type", 12),
    ("with", 12),
    ("false", 12),
    ("floor", 12),
    ("bigint", 17),
    ("double", 12),
    ("exists", 12),
    ("number", 17),
    ("starts", 12),
    ("strict", 12),
    ("string", 17),
    ("boolean", 17),
    ("ceiling", 12),
    ("decimal", 17),
    ("integer", 17),
    ("time_tz", 17),
    ("unknown", 12),
    ("datetime", 13),
    ("keyvalue", 12),
    ("timestamp", 17),
    ("like_regex", 12),
    ("timestamp_tz", 17),
];

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

/// What a name may be made of.
fn is_other(c: char) -> bool {
    !is_blank(c) && !SPECIAL.contains(c) && c != '\\' && c != '"'
}

pub struct Scanner<'t> {
    text: &'t str,
    at: usize,
    major: u32,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str, major: u32) -> Scanner<'t> {
        Scanner { text, at: 0, major }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, length: usize) -> &'t str {
        let taken = &self.rest()[..length];
        self.at += length;
        taken
    }

    fn run(&self, is: impl Fn(char) -> bool) -> usize {
        let rest = self.rest();
        rest.find(|c| !is(c)).unwrap_or(rest.len())
    }

    pub fn next(&mut self) -> Result<Token, Error> {
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                return Ok(Token { kind: Kind::End, text: String::new(), seen: String::new() });
            };
            if is_blank(first) {
                self.at += self.run(is_blank);
            } else if rest.starts_with("/*") {
                self.comment()?;
            } else if first == '"' {
                self.at += 1;
                return self.quoted(Kind::String);
            } else if rest.starts_with("$\"") {
                self.at += 2;
                return self.quoted(Kind::Variable);
            } else if first == '\\' || is_other(first) || rest.starts_with('.') {
                if let Some(token) = self.number()? {
                    return Ok(token);
                }
                if first == '.' {
                    return Ok(self.sign("."));
                }
                if let Some(token) = self.name()? {
                    return Ok(token);
                }
            } else if first == '$' && rest[1..].starts_with(is_other) {
                self.at += 1;
                let length = self.run(is_other);
                let name = self.take(length);
                return Ok(Token { kind: Kind::Variable, text: name.into(), seen: format!("${name}") });
            } else {
                let sign = DOUBLE.iter().chain(&SINGLE).find(|sign| rest.starts_with(**sign));
                return Ok(self.sign(sign.copied().unwrap_or("?")));
            }
        }
    }

    /// What is wrong in the words that version 16 brought, or in those before.
    fn wrong(&self, words: &str, before: &str, seen: &str) -> Error {
        Error::at(if self.major < 16 { before } else { words }, seen)
    }

    fn sign(&mut self, sign: &'static str) -> Token {
        self.at += sign.len();
        let kind = Kind::Sign(if sign == "<>" { "!=" } else { sign });
        Token { kind, text: sign.into(), seen: sign.into() }
    }

    fn comment(&mut self) -> Result<(), Error> {
        match self.rest()[2..].find("*/") {
            Some(length) => {
                self.at += length + 4;
                Ok(())
            }
            None => Err(Error::at("unexpected end of comment", "")),
        }
    }

    /// A name, up to what cannot be of one.
    fn name(&mut self) -> Result<Option<Token>, Error> {
        let mut text = String::new();
        loop {
            let length = self.run(is_other);
            text += self.take(length);
            let rest = self.rest();
            let seen = match rest.chars().next() {
                Some('\\') => {
                    self.escape(&mut text)?;
                    continue;
                }
                // PostgreSQL forgets a name that a comment follows.
                _ if rest.starts_with("/*") => {
                    self.comment()?;
                    return Ok(None);
                }
                Some(c) if is_blank(c) => {
                    let length = self.run(is_blank);
                    self.take(length)
                }
                _ => "",
            };
            let keyword = KEYWORDS.iter().find(|(keyword, since)| {
                let is_it = match *keyword {
                    "null" | "true" | "false" => text == *keyword,
                    keyword => text.eq_ignore_ascii_case(keyword),
                };
                is_it && *since <= self.major
            });
            let kind = keyword.map_or(Kind::Name, |(keyword, _)| Kind::Keyword(keyword));
            return Ok(Some(Token { kind, text, seen: seen.into() }));
        }
    }

    fn quoted(&mut self, kind: Kind) -> Result<Token, Error> {
        let mut text = String::new();
        loop {
            let length = self.run(|c| c != '\\' && c != '"');
            text += self.take(length);
            match self.rest().chars().next() {
                None => {
                    let before = "unexpected end of quoted string";
                    return Err(self.wrong("unterminated quoted string", before, ""));
                }
                Some('"') => {
                    self.at += 1;
                    return Ok(Token { kind, text, seen: "\"".into() });
                }
                Some(_) => self.escape(&mut text)?,
            }
        }
    }

    /// A backslash and what it makes of what follows.
    fn escape(&mut self, text: &mut String) -> Result<(), Error> {
        let rest = self.rest();
        let Some(next) = rest[1..].chars().next().filter(|next| *next != '\n') else {
            return Err(Error::at("unexpected end after backslash", "\\"));
        };
        let hex = |text: &str| text.chars().take_while(char::is_ascii_hexdigit).count();
        match next {
            'u' => return self.unicode(text),
            'x' => {
                let digits = hex(&rest[2..]).min(2);
                if digits < 2 {
                    let seen = &rest[..2 + digits];
                    let before = "invalid hex character sequence";
                    return Err(self.wrong("invalid hexadecimal character sequence", before, seen));
                }
                self.at += 4;
                return add(text, u32::from_str_radix(&rest[2..4], 16).unwrap_or(0));
            }
            'b' => text.push('\x08'),
            'f' => text.push('\x0c'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'v' => text.push('\x0b'),
            other => text.push(other),
        }
        self.at += 1 + next.len_utf8();
        Ok(())
    }

    /// Escapes of the form `\u`, as many as there are: two may make one character.
    fn unicode(&mut self, text: &mut String) -> Result<(), Error> {
        let start = self.at;
        let mut codes: Vec<u32> = Vec::new();
        while self.rest().starts_with("\\u") {
            let digits = &self.rest()[2..];
            let (inner, is_braced) = match digits.strip_prefix('{') {
                Some(inner) => (inner, true),
                None => (digits, false),
            };
            let most = if is_braced { 6 } else { 4 };
            let count = inner.chars().take_while(char::is_ascii_hexdigit).count().min(most);
            let is_whole = match is_braced {
                true => count > 0 && inner[count..].starts_with('}'),
                false => count == 4,
            };
            if !is_whole {
                let end = self.at + 2 + usize::from(is_braced) + count;
                let seen = &self.text[start..end];
                return Err(self.wrong("invalid Unicode escape sequence", "invalid unicode sequence", seen));
            }
            codes.push(u32::from_str_radix(&inner[..count], 16).unwrap_or(0));
            self.at += 2 + count + if is_braced { 2 } else { 0 };
        }
        let wrong = || Err(Error::new("22P02", "invalid input syntax for type jsonpath"));
        let mut high: Option<u32> = None;
        for code in codes {
            let code = match (code, high.take()) {
                (0xD800..=0xDBFF, None) => {
                    high = Some(code);
                    continue;
                }
                (0xDC00..=0xDFFF, Some(high)) => 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00),
                (0xD800..=0xDFFF, _) | (_, Some(_)) => return wrong(),
                (code, None) => code,
            };
            add(text, code)?;
        }
        if high.is_some() { wrong() } else { Ok(()) }
    }

    /// The number that begins here, if the longest that the scanner's rules match is one.
    fn number(&mut self) -> Result<Option<Token>, Error> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let is_new = self.major >= 15;
        // Digits with single underscores between them, which newer versions read.
        let digits = |from: usize, is: &dyn Fn(u8) -> bool| {
            let mut at = from;
            loop {
                match bytes.get(at) {
                    Some(byte) if is(*byte) => at += 1,
                    Some(b'_')
                        if self.major >= 16
                            && at > from
                            && bytes.get(at + 1).is_some_and(|byte| is(*byte)) =>
                    {
                        at += 1
                    }
                    _ => return at,
                }
            }
        };
        let is_digit = |byte: u8| byte.is_ascii_digit();
        let whole = match bytes.first() {
            Some(b'0') => 1,
            _ => digits(0, &is_digit),
        };
        let mut best: (usize, Option<Kind>) = (0, None);
        let mut offer = |length: usize, kind: Option<Kind>| {
            if length > best.0 {
                best = (length, kind);
            }
        };
        let mut decimal = 0;
        if bytes.get(whole) == Some(&b'.') {
            let end = digits(whole + 1, &is_digit);
            // Newer versions read it with digits on one side alone.
            let (has_fraction, has_whole) = (end > whole + 1, whole > 0);
            if has_fraction && has_whole || is_new && (has_fraction || has_whole) {
                decimal = end;
            }
        }
        let exponent = |from: usize| {
            let sign = from + 1 + usize::from(matches!(bytes.get(from + 1), Some(b'-' | b'+')));
            let is_exponent = from > 0 && matches!(bytes.get(from), Some(b'e' | b'E'));
            (is_exponent, sign, if is_exponent { digits(sign, &is_digit) } else { 0 })
        };
        for from in [decimal, whole] {
            let (is_exponent, sign, end) = exponent(from);
            if is_exponent && end > sign {
                offer(end, Some(Kind::Numeric));
            }
        }
        offer(decimal, Some(Kind::Numeric));
        if whole > 0 {
            offer(whole, Some(Kind::Integer));
        }
        if self.major >= 16 && whole == 1 && bytes[0] == b'0' {
            let radix = match bytes.get(1) {
                Some(b'x' | b'X') => 16,
                Some(b'o' | b'O') => 8,
                Some(b'b' | b'B') => 2,
                _ => 0,
            };
            let end = digits(2, &|byte| radix > 0 && char::from(byte).is_digit(radix.max(2)));
            if radix > 0 && end > 2 {
                offer(end, Some(Kind::Integer));
            }
        }
        let name = self.run(is_other);
        if is_new {
            // A sign of an exponent without digits, and what may not follow a number.
            let mut failed: Option<(usize, &str)> = None;
            let mut fail = |length: usize, what: &'static str| {
                if length > best.0 && failed.is_none_or(|(other, _)| length > other) {
                    failed = Some((length, what));
                }
            };
            for from in [decimal, whole] {
                let (is_exponent, sign, _) = exponent(from);
                if is_exponent && sign > from + 1 {
                    fail(sign, "invalid numeric literal");
                }
            }
            for from in [whole, decimal].into_iter().filter(|from| *from > 0) {
                let mut ends = vec![from];
                let (is_exponent, sign, end) = exponent(from);
                if is_exponent && end > sign {
                    ends.push(end);
                }
                for end in ends {
                    if let Some(other) = rest[end..].chars().next().filter(|c| is_other(*c)) {
                        fail(end + other.len_utf8(), "trailing junk after numeric literal");
                    }
                }
            }
            if let Some((length, what)) = failed.filter(|(length, _)| *length >= name) {
                return Err(Error::at(what, &rest[..length]));
            }
        } else {
            for from in [decimal, whole] {
                let (is_exponent, sign, end) = exponent(from);
                if is_exponent && end <= sign && sign > best.0 && sign >= name {
                    return Err(Error::at("invalid floating point number", &rest[..sign]));
                }
            }
            // A point that no digit follows is left.
            if whole > 0 && decimal == 0 && bytes.get(whole) == Some(&b'.') && whole + 1 >= name {
                let text = self.take(whole);
                return Ok(Some(Token { kind: Kind::Integer, text: text.into(), seen: text.into() }));
            }
        }
        match best {
            (length, Some(kind)) if length >= name => {
                let text = self.take(length);
                Ok(Some(Token { kind, text: text.into(), seen: text.into() }))
            }
            _ => Ok(None),
        }
    }
}

fn add(text: &mut String, code: u32) -> Result<(), Error> {
    match char::from_u32(code) {
        Some('\0') => Err(Error::new("22P05", "unsupported Unicode escape sequence")),
        Some(c) => {
            text.push(c);
            Ok(())
        }
        None => Err(Error::new("42601", "invalid Unicode code point")),
    }
}
