//! One psql command and its arguments, split as psql splits them.

use super::catalog::{self, Effect, Form};
use crate::text::Span;

/// Text by bytes.
pub trait Source {
    /// The byte at `at`, or `None` behind the end.
    fn get(&mut self, at: usize) -> Option<u8>;
}

impl Source for &str {
    fn get(&mut self, at: usize) -> Option<u8> {
        self.as_bytes().get(at).copied()
    }
}

/// A command; all spans are bytes of its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Where its backslash is.
    pub start: usize,
    /// Behind the backslash; empty where another follows at once.
    pub name: Span,
    pub arguments: Vec<Argument>,
    /// Behind all that psql reads of it: at the line's end, before the next command's backslash, or behind the `\\`
    /// that leads back to SQL.
    pub end: usize,
    /// The name in the source, up to 16 bytes; what is longer is no command.
    text: ([u8; 16], u8),
}

impl Command {
    /// The name; empty if it is longer than that of any command.
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.text.0[..self.text.1 as usize]).unwrap_or_default()
    }

    /// What it does with the query before it; `None` where psql knows no such command.
    pub fn effect(&self) -> Option<Effect> {
        catalog::lookup(self.name()).map(|command| command.effect)
    }
}

/// An argument of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub span: Span,
    /// What it is made of, without gaps.
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// With its quotes.
    pub span: Span,
    pub kind: PieceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    Plain,
    /// `'…'`, with `''` and backslash escapes in it.
    Quoted,
    /// `"…"`: psql keeps the quotes unless the command wants a name.
    DoubleQuoted,
    /// `` `…` ``: what a shell command prints.
    Backquoted,
    /// `:name`, `:'name'`, `:"name"`, `:{?name}`.
    Variable,
    /// The rest of the line as it stands: `| command`, or what a command such as `\!` takes.
    Line,
    /// A quote that the line does not close.
    Unclosed,
}

impl Argument {
    /// What psql takes it for in `text`, where no variable and no shell command is in it.
    pub fn value(&self, text: &str) -> Option<String> {
        self.read(text, false)
    }

    /// The same where the command wants a name as it is spelt, such as that of a database.
    pub fn name(&self, text: &str) -> Option<String> {
        self.read(text, true)
    }

    fn read(&self, text: &str, is_name: bool) -> Option<String> {
        let mut value = String::new();
        for piece in &self.pieces {
            let written = text.get(piece.span.range())?;
            match piece.kind {
                PieceKind::DoubleQuoted if is_name => {
                    value.push_str(&written.strip_prefix('"')?.strip_suffix('"')?.replace("\"\"", "\""));
                }
                PieceKind::Plain | PieceKind::DoubleQuoted | PieceKind::Line => value.push_str(written),
                PieceKind::Quoted => value.push_str(&unquoted(written)?),
                PieceKind::Backquoted | PieceKind::Variable | PieceKind::Unclosed => return None,
            }
        }
        Some(value)
    }
}

/// The text that a quoted piece stands for.
fn unquoted(written: &str) -> Option<String> {
    let inner = written.strip_prefix('\'')?.strip_suffix('\'')?.as_bytes();
    let mut value = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(&byte) = inner.get(at) {
        at += 1;
        if byte == b'\'' {
            at += 1;
        }
        if byte != b'\\' {
            value.push(byte);
            continue;
        }
        let escape = *inner.get(at)?;
        at += 1;
        value.push(match escape {
            b'n' => b'\n',
            b't' => b'\t',
            b'b' => 8,
            b'r' => b'\r',
            b'f' => 12,
            b'0'..=b'7' => {
                at -= 1;
                number(inner, &mut at, 8, 3)?
            }
            b'x' => number(inner, &mut at, 16, 2).unwrap_or(b'x'),
            other => other,
        });
    }
    String::from_utf8(value).ok()
}

/// The byte that up to `longest` digits at `at` stand for.
fn number(inner: &[u8], at: &mut usize, radix: u32, longest: usize) -> Option<u8> {
    let digits = inner[*at..].iter().take(longest);
    let len = digits.take_while(|digit| (**digit as char).is_digit(radix)).count();
    let text = std::str::from_utf8(&inner[*at..*at + len]).ok()?;
    let number = u32::from_str_radix(text, radix).ok()?;
    *at += len;
    Some(number as u8)
}

/// The command whose backslash is at `at`.
pub fn command(source: &mut impl Source, at: usize) -> Command {
    let mut end = at + 1;
    let mut text = ([0; 16], 0u8);
    while let Some(byte) = source.get(end).filter(|byte| !is_space(*byte) && *byte != b'\\') {
        if let Some(slot) = text.0.get_mut(text.1 as usize) {
            *slot = byte;
        }
        // A longer name is no command; it must not be cut to one.
        text.1 = text.1.saturating_add(1);
        end += 1;
    }
    if text.1 as usize > text.0.len() {
        text.1 = 0;
    }
    let name = Span::new(at + 1, end);
    let mut command = Command { start: at, name, arguments: Vec::new(), end, text };
    let Some(known) = catalog::lookup(command.name()) else {
        command.push_line(source);
        return command;
    };
    let mut pipe = known.form == Form::Pipe;
    // `\g (format=csv) file` has settings before what can be a pipe.
    let mut settings = false;
    loop {
        command.skip_spaces(source);
        let Some(byte) = source.get(command.end).filter(|byte| !matches!(byte, b'\n' | b'\\')) else { break };
        if known.form == Form::Line || pipe && byte == b'|' {
            command.push_line(source);
            break;
        }
        let argument = argument(source, command.end);
        command.end = argument.span.end;
        if pipe && matches!(known.effect, Effect::Sends) && !settings && command.arguments.is_empty() {
            settings = byte == b'(';
            pipe = settings;
        }
        if settings && source.get(command.end - 1) == Some(b')') {
            (settings, pipe) = (false, true);
        } else if !settings {
            pipe = false;
        }
        command.arguments.push(argument);
    }
    if source.get(command.end) == Some(b'\\') && source.get(command.end + 1) == Some(b'\\') {
        command.end += 2;
    }
    command
}

impl Command {
    fn skip_spaces(&mut self, source: &mut impl Source) {
        while source.get(self.end).is_some_and(|byte| byte != b'\n' && is_space(byte)) {
            self.end += 1;
        }
    }

    /// Takes the rest of the line as one argument, if there is any.
    fn push_line(&mut self, source: &mut impl Source) {
        self.skip_spaces(source);
        let start = self.end;
        let mut last = start;
        while let Some(byte) = source.get(self.end).filter(|byte| *byte != b'\n') {
            self.end += 1;
            if !is_space(byte) {
                last = self.end;
            }
        }
        if last > start {
            let span = Span::new(start, last);
            self.arguments.push(Argument { span, pieces: vec![Piece { span, kind: PieceKind::Line }] });
        }
    }
}

/// The argument that begins at `at`, which is neither white space nor a backslash.
fn argument(source: &mut impl Source, at: usize) -> Argument {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut end = at;
    while let Some(byte) = source.get(end).filter(|byte| !is_space(*byte) && *byte != b'\\') {
        let start = end;
        let quoted = match byte {
            b'\'' => Some(PieceKind::Quoted),
            b'"' => Some(PieceKind::DoubleQuoted),
            b'`' => Some(PieceKind::Backquoted),
            _ => None,
        };
        let kind = match quoted {
            Some(kind) => {
                let (behind, closed) = quoted_end(source, start, byte);
                end = behind;
                if closed { kind } else { PieceKind::Unclosed }
            }
            None => match (byte == b':').then(|| variable_end(source, start)).flatten() {
                Some(behind) => {
                    end = behind;
                    PieceKind::Variable
                }
                None => {
                    end += 1;
                    PieceKind::Plain
                }
            },
        };
        match pieces.last_mut() {
            Some(last) if last.kind == PieceKind::Plain && kind == PieceKind::Plain => last.span.end = end,
            _ => pieces.push(Piece { span: Span::new(start, end), kind }),
        }
    }
    Argument { span: Span::new(at, end), pieces }
}

/// Behind the quote that closes the one at `at`, or the line's end, and which of the two.
fn quoted_end(source: &mut impl Source, at: usize, quote: u8) -> (usize, bool) {
    let mut at = at + 1;
    while let Some(byte) = source.get(at).filter(|byte| *byte != b'\n') {
        at += 1;
        if byte == quote {
            if quote != b'\'' || source.get(at) != Some(quote) {
                return (at, true);
            }
            at += 1;
        } else if byte == b'\\' && quote == b'\'' && source.get(at).is_some_and(|byte| byte != b'\n') {
            at += 1;
        }
    }
    (at, false)
}

/// Behind the variable whose colon is at `at`: `:name`, `:'name'`, `:"name"`, `:{?name}`.
pub fn variable_end(source: &mut impl Source, at: usize) -> Option<usize> {
    let (first, close) = match source.get(at + 1)? {
        quote @ (b'\'' | b'"') => (at + 2, Some(quote)),
        b'{' if source.get(at + 2) == Some(b'?') => (at + 3, Some(b'}')),
        _ => (at + 1, None),
    };
    let mut end = first;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    while source.get(end).is_some_and(is_name) {
        end += 1;
    }
    if end == first {
        return None;
    }
    match close {
        None => Some(end),
        Some(close) => (source.get(end) == Some(close)).then_some(end + 1),
    }
}

/// White space to psql.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(mut text: &str) -> (String, Vec<&str>, &str) {
        let whole = text;
        let command = command(&mut text, 0);
        let arguments = command.arguments.iter().map(|argument| &whole[argument.span.range()]).collect();
        (command.name().to_owned(), arguments, &whole[command.end..])
    }

    #[test]
    fn arguments_are_split_as_psql_splits_them() {
        for (text, name, arguments, rest) in [
            ("\\set x 1 \n", "set", &["x", "1"][..], "\n"),
            ("\\set x 'a b'':'c:d\"e f\" `g h`\r\n", "set", &["x", "'a b'':'c:d\"e f\"", "`g h`"], "\n"),
            ("\\echo a\\echo b", "echo", &["a"], "\\echo b"),
            ("\\echo a \\\\ select 1;", "echo", &["a"], " select 1;"),
            ("\\echo '\\'a' b", "echo", &["'\\'a'", "b"], ""),
            ("\\echo 'a \\\\ b\n;", "echo", &["'a \\\\ b"], "\n;"),
            ("\\nonsense a \\\\ b \n", "", &["a \\\\ b"], "\n"),
            ("\\! ls \\\\ -l", "!", &["ls \\\\ -l"], ""),
            ("\\g |cat \\\\ x", "g", &["|cat \\\\ x"], ""),
            ("\\g (format=csv a=b) |cat \\\\ x", "g", &["(format=csv", "a=b)", "|cat \\\\ x"], ""),
            ("\\g a|b |c \\x", "g", &["a|b", "|c"], "\\x"),
            ("\\o |x y", "o", &["|x y"], ""),
            ("\\echo |x \\\\y", "echo", &["|x"], "y"),
        ] {
            let (found, split, behind) = split(text);
            // An unknown name is given by its span alone.
            let found = if found == "nonsense" { "" } else { &found };
            assert_eq!((found, split.as_slice(), behind), (name, arguments, rest), "{text}");
        }
    }

    #[test]
    fn an_argument_has_its_value_where_it_can_be_known() {
        for (text, value) in [
            ("\\echo a'b'\"c\"", Some("ab\"c\"")),
            ("\\echo 'it''s\\n\\101\\x42\\q'", Some("it's\nABq")),
            ("\\echo a:b", None),
            ("\\echo `x`", None),
            ("\\echo a:", Some("a:")),
            ("\\echo 'x", None),
        ] {
            let mut source = text;
            assert_eq!(command(&mut source, 0).arguments[0].value(text).as_deref(), value, "{text}");
        }
    }
}
