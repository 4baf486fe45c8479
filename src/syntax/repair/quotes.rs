//! Where a quote or a comment that never ends was meant to end, and names in another system's quotes.

use super::text::Changed;
use crate::syntax::ast::Token as TokenKind;
use crate::syntax::automaton::{self, END, Terminal, automaton};
use crate::syntax::grammar::{self, GrammarError};
use crate::text::{self, Span};

use super::stacks::Stacks;

/// The most bytes behind an opened quote that are looked at for its end.
const WINDOW: usize = 16 << 10;

/// A text whose tokens can all be told.
#[derive(Debug)]
pub struct Closed {
    pub changes: Vec<text::Edit>,
    /// Up to the end of its statement: a quote may have swallowed others.
    pub changed: Changed,
    pub title: String,
    pub hint: &'static str,
}

/// The likeliest end of what `error` found without one.
pub fn close(text: &str, error: &GrammarError) -> Option<Closed> {
    let start = error.offset?;
    let rest = text.get(start..)?;
    let quoted = |quote: char| {
        // The quote may have letters before it: E'…', U&"…".
        let body = rest.find(quote)? + quote.len_utf8();
        Some(quote_ends(text, start, start + body, quote))
    };
    let (ends, closer, hint) = if error.message.starts_with("unterminated quoted identifier") {
        (quoted('"')?, "\"".to_owned(), "the quoted name has no end")
    } else if error.message.starts_with("unterminated /* comment") {
        (vec![line_end(text, start), text.trim_end().len()], " */".to_owned(), "the comment has no end")
    } else if error.message.starts_with("unterminated dollar-quoted string") {
        let tag = rest.get(..=rest.get(1..)?.find('$')? + 1)?.to_owned();
        (vec![text.trim_end().len()], tag, "the quoted string has no end")
    } else if error.message.starts_with("unterminated") {
        (quoted('\'')?, "'".to_owned(), "the quoted string has no end")
    } else if error.message.starts_with("trailing junk after numeric literal") {
        return junk(text, start, error);
    } else {
        return None;
    };
    let whole = text.len() <= start + WINDOW;
    let mut candidates: Vec<Vec<text::Edit>> = Vec::new();
    for end in ends {
        let edit = text::Edit { span: Span::at(end), text: closer.clone() };
        if (whole || end < start + WINDOW) && !candidates.contains(&vec![edit.clone()]) {
            candidates.push(vec![edit]);
        }
    }
    if rest.starts_with(['\'', '"']) {
        candidates.push(vec![text::Edit { span: Span::new(start, start + 1), text: String::new() }]);
    }
    let window = text::clip(text, start + WINDOW);
    let mut best: Option<(usize, Closed)> = None;
    for changes in candidates {
        let at = changes[0].span.end;
        let Some((score, changed)) = judged(window, &changes, at.max(start)) else { continue };
        if best.as_ref().is_none_or(|(other, _)| score > *other) {
            let title = match changes[0].text.trim() {
                "" => format!("Remove `{}`", &text[changes[0].span.range()]),
                closer => format!("Insert `{closer}`"),
            };
            best = Some((score, Closed { changes, changed, title, hint }));
            if score == usize::MAX {
                break;
            }
        }
    }
    best.map(|(_, closed)| closed)
}

fn line_end(text: &str, start: usize) -> usize {
    let line = text[start..].split(['\n', '\r']).next().unwrap_or("");
    start + line.trim_end().len()
}

/// Where a quote that was opened at `start`, with its text from `body` on, may end, the likeliest first.
fn quote_ends(text: &str, start: usize, body: usize, quote: char) -> Vec<usize> {
    let end = line_end(text, start).max(body);
    let line = &text[body..end];
    let word = |from: &str| from.find(|c: char| c.is_whitespace() || matches!(c, ',' | ')' | ';'));
    let mut ends = vec![body + line.trim_end_matches([';', ',', ')', ' ', '\t']).len()];
    ends.extend([
        body + line.trim_end_matches([';', ' ']).len(),
        body + line.trim_end_matches([',']).len(),
        end,
    ]);
    // A name is a word, a string seldom is.
    match word(line) {
        Some(n) if quote == '"' => ends.insert(0, body + n),
        n => ends.extend(n.map(|n| body + n)),
    }
    ends.extend(line.find([',', ')', ';']).map(|n| body + n));
    // An odd quote at the end of a line closes what an earlier one should have.
    let (tokens, _) = grammar::scan(&text[..start]);
    let of_quote = |kind| matches!((kind, quote), (TokenKind::Sconst, '\'') | (TokenKind::Ident, '"'));
    if let Some(last) = tokens.iter().rev().find(|token| of_quote(token.kind))
        && text[last.span.range()].starts_with(quote)
        && let Some(n) = word(&text[last.span.start + 1..last.span.end])
    {
        ends.insert(0, last.span.start + 1 + n);
    }
    ends.push(text.trim_end_matches(|c: char| c.is_whitespace() || c == ';').len().max(body));
    ends
}

/// How far the parser comes in the changed text up to the end of its statement; `usize::MAX` where it accepts it.
fn judged(text: &str, changes: &[text::Edit], behind: usize) -> Option<(usize, Changed)> {
    let changed = Changed::new(text, changes);
    let (terminals, error) = automaton::terminals(&changed.text);
    let mut depth = 0i32;
    let mut end = None;
    for terminal in &terminals {
        match automaton().name(terminal.symbol) {
            "'('" => depth += 1,
            "')'" => depth -= 1,
            "';'" if depth <= 0 && changed.to_source(terminal.span.start) >= behind => {
                end = Some(terminal.span.end);
                break;
            }
            _ => {}
        }
    }
    // What is open behind the statement's end is another one's concern.
    if end.is_none() && error.is_some() {
        return None;
    }
    let end = end.unwrap_or(changed.text.len());
    let changed = changed.until(end);
    let symbols: Vec<_> = terminals
        .iter()
        .take_while(|terminal| terminal.span.end <= end)
        .map(|terminal| terminal.symbol)
        .collect();
    let mut stacks = Stacks::new();
    let (stack, taken) = stacks.follow(Stacks::BOTTOM, &symbols, symbols.len());
    let accepted = taken == symbols.len() && stacks.accepts(stack, END);
    Some((if accepted { usize::MAX } else { taken }, changed))
}

/// A name that begins with a digit: `2fa_codes`.
fn junk(text: &str, start: usize, error: &GrammarError) -> Option<Closed> {
    let rest = &text[start..];
    let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    if len == 0 || text.len() > WINDOW || error.message.is_empty() {
        return None;
    }
    let span = Span::new(start, start + len);
    let changes = vec![text::Edit { span, text: format!("\"{}\"", &text[span.range()]) }];
    let (_, changed) = judged(text, &changes, text.len())?;
    let title = format!("Change to `{}`", changes[0].text);
    Some(Closed { changes, changed, title, hint: "a name that begins with a digit stands in double quotes" })
}

/// Names in backquotes, which PostgreSQL reads as operators, in double quotes.
pub fn backquotes(text: &str, terminals: &[Terminal]) -> Option<Closed> {
    let is_quote = |terminal: &Terminal| &text[terminal.span.range()] == "`";
    let mut changes = Vec::new();
    let mut n = 0;
    while let Some([open, name, close, ..]) = terminals.get(n..) {
        let adjoin = open.span.end == name.span.start && name.span.end == close.span.start;
        if adjoin && is_quote(open) && is_quote(close) && !text[name.span.range()].contains('"') {
            changes.extend([open, close].map(|at| text::Edit { span: at.span, text: "\"".into() }));
            n += 2;
        }
        n += 1;
    }
    if changes.is_empty() {
        return None;
    }
    let changed = Changed::new(text, &changes);
    let title = "Change the backquotes to double quotes".to_owned();
    Some(Closed { changes, changed, title, hint: "names are quoted with double quotes" })
}
