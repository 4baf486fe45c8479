//! A repair as changes of the text, and the way back from the repaired text to the one that was written.

use super::search::{Change, Edit};
use super::words::cased;
use crate::syntax::automaton::{Symbol, Terminal, automaton};
use crate::text::{self, Span};

/// The name that stands in a repaired text where one is missing.
pub const MISSING: &str = "pgwright_missing";

/// The changes of `text` that `edits` of its terminals come to: in order, apart from each other.
pub fn changes(text: &str, terminals: &[Terminal], edits: &[Edit]) -> Vec<text::Edit> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.at, !matches!(edit.change, Change::Insert(_))));
    let like = terminals.first().map_or("", |first| &text[first.span.range()]);
    let changes = edits.iter().map(|edit| {
        let token = terminals.get(edit.at).map(|terminal| terminal.span);
        match (&edit.change, token) {
            (Change::Insert(symbols), _) => {
                let before = edit.at.checked_sub(1).map_or(0, |n| terminals[n].span.end);
                insertion(text, before, token.map(|token| token.start), symbols, like)
            }
            (_, None) => text::Edit { span: Span::at(text.len()), text: String::new() },
            (Change::Delete, Some(span)) => deletion(text, span),
            (Change::Skip(until), Some(span)) => {
                deletion(text, Span::new(span.start, terminals[until - 1].span.end))
            }
            (Change::Replace(symbols), Some(span)) => {
                let old = &text[span.range()];
                let like = if old.starts_with(char::is_alphabetic) { old } else { like };
                let mut new = joined(symbols, like);
                let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                if word(text[..span.start].chars().next_back()) && word(new.chars().next()) {
                    new.insert(0, ' ');
                }
                if word(text[span.end..].chars().next()) && word(new.chars().next_back()) {
                    new.push(' ');
                }
                text::Edit { span, text: new }
            }
            (Change::Quote, Some(span)) => {
                text::Edit { span, text: format!("\"{}\"", text[span.range()].to_lowercase()) }
            }
        }
    });
    merged(text, changes.collect())
}

fn insertion(text: &str, before: usize, token: Option<usize>, symbols: &[Symbol], like: &str) -> text::Edit {
    let new = joined(symbols, like);
    if new.starts_with([')', ']', ',', ';', '.']) || token.is_none() {
        let first = if before > 0 && !new.starts_with([')', ']', ',', ';', '.']) { " " } else { "" };
        let glued = token == Some(before) && new.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let last = if glued { " " } else { "" };
        return text::Edit { span: Span::at(before), text: format!("{first}{new}{last}") };
    }
    let at = token.unwrap_or(before);
    let apart = text[..at].ends_with(|c: char| c.is_whitespace() || c == '(') || at == 0;
    let first = if apart { "" } else { " " };
    let last = if new.ends_with(['(', '[', '.']) { "" } else { " " };
    text::Edit { span: Span::at(at), text: format!("{first}{new}{last}") }
}

/// What stands at `span` goes, with the blanks behind a word, and what is left does not run together.
fn deletion(text: &str, mut span: Span) -> text::Edit {
    let is_word = text[span.range()].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    if is_word {
        let rest = &text[span.end..];
        span.end += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }
    let apart = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'));
    let glued = !apart(text[..span.start].chars().next_back()) && !apart(text[span.end..].chars().next());
    text::Edit { span, text: if glued { " ".into() } else { String::new() } }
}

/// Changes that touch each other as one.
pub fn merged(text: &str, mut changes: Vec<text::Edit>) -> Vec<text::Edit> {
    changes.sort_by_key(|change| (change.span.start, change.span.end));
    let mut merged: Vec<text::Edit> = Vec::new();
    for change in changes {
        match merged.last_mut() {
            Some(last) if last.span.end >= change.span.start => {
                let kept = &text[last.span.end.min(change.span.start)..change.span.start];
                last.text.push_str(kept);
                last.text.push_str(&change.text);
                last.span.end = last.span.end.max(change.span.end);
            }
            _ => merged.push(change),
        }
    }
    merged
}

fn joined(symbols: &[Symbol], like: &str) -> String {
    let mut new = String::new();
    for symbol in symbols {
        let piece = written(*symbol, like);
        let tight =
            new.is_empty() || new.ends_with(['(', '.', '[']) || piece.starts_with([')', ',', ';', '.', ']']);
        if !tight {
            new.push(' ');
        }
        new.push_str(&piece);
    }
    new
}

/// A terminal as SQL; keywords in the case of `like`.
pub fn written(symbol: Symbol, like: &str) -> String {
    if let Some(keyword) = automaton().keyword(symbol) {
        return cased(keyword.text, like);
    }
    match automaton().name(symbol) {
        "IDENT" | "UIDENT" => MISSING,
        "ICONST" => "0",
        "FCONST" => "0.0",
        "SCONST" | "USCONST" => "''",
        "BCONST" => "B'0'",
        "XCONST" => "X'0'",
        "PARAM" => "$1",
        "Op" => "||",
        "TYPECAST" => "::",
        "DOT_DOT" => "..",
        "COLON_EQUALS" => ":=",
        "EQUALS_GREATER" => "=>",
        "LESS_EQUALS" => "<=",
        "GREATER_EQUALS" => ">=",
        "NOT_EQUALS" => "<>",
        name => name.trim_matches('\''),
    }
    .to_owned()
}

/// A changed text, and where its parts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub text: String,
    /// Where each kept part begins in the changed text and in the other, and its length; in order.
    kept: Vec<(usize, usize, usize)>,
}

impl Changed {
    /// `text` with `changes` made, which are in order and apart.
    pub fn new(text: &str, changes: &[text::Edit]) -> Changed {
        let mut changed = Changed { text: String::with_capacity(text.len() + 16), kept: Vec::new() };
        let mut at = 0;
        for change in changes {
            changed.keep(text, Span::new(at, change.span.start.max(at)));
            changed.text.push_str(&change.text);
            at = change.span.end.max(at);
        }
        changed.keep(text, Span::new(at, text.len()));
        changed
    }

    /// Only what is before `end`.
    pub fn until(mut self, end: usize) -> Changed {
        self.text.truncate(end);
        self.kept.retain(|(start, ..)| *start <= end);
        if let Some((start, _, len)) = self.kept.last_mut() {
            *len = (*len).min(end - *start);
        }
        self
    }

    fn keep(&mut self, text: &str, span: Span) {
        self.kept.push((self.text.len(), span.start, span.len()));
        self.text.push_str(&text[span.range()]);
    }

    /// Where an offset of the changed text is in the other: what was put in is where it was put.
    pub fn to_source(&self, offset: usize) -> usize {
        let n = self.kept.partition_point(|(start, ..)| *start <= offset);
        let Some((start, source, len)) = n.checked_sub(1).map(|n| self.kept[n]) else { return 0 };
        source + (offset - start).min(len)
    }

    /// Where a span of the changed text is in the other; `None` where some of it was not there.
    pub fn span_to_source(&self, span: Span) -> Option<Span> {
        let n = self.kept.partition_point(|(start, ..)| *start <= span.start);
        // An empty span at the end of one part stays with it.
        let part = |n: usize| {
            let (start, source, len) = *self.kept.get(n)?;
            (start <= span.start && span.end <= start + len)
                .then(|| Span::new(source + span.start - start, source + span.end - start))
        };
        n.checked_sub(1).and_then(part).or_else(|| n.checked_sub(2).and_then(part))
    }

    /// Where a span of the other text is in the changed one; `None` where some of it is not there any more.
    pub fn span_from_source(&self, span: Span) -> Option<Span> {
        let n = self.kept.partition_point(|(_, source, _)| *source <= span.start);
        let (start, source, len) = *self.kept.get(n.checked_sub(1)?)?;
        let moved = |offset: usize| start + offset - source;
        (span.end <= source + len).then(|| Span::new(moved(span.start), moved(span.end)))
    }
}
