//! Semantic tokens over the protocol: whole documents, what changed since the last answer, ranges.
//!
//! A statement's tokens are kept by lines and characters that count from where it begins, so that a document's are put
//! together by additions alone, and two answers are compared statement by statement.

use std::sync::{Arc, Mutex, OnceLock};

use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types::*;

use super::backend::Backend;
use super::convert;
use crate::ide::semantic_tokens::{self as tokens, Kind, modifier};
use crate::ide::written::{Kept, Written};
use crate::text::PositionEncoding;

/// The token types of the legend, in the order of their numbers.
const TYPES: [(Kind, SemanticTokenType); 20] = [
    (Kind::Keyword, SemanticTokenType::KEYWORD),
    (Kind::Comment, SemanticTokenType::COMMENT),
    (Kind::String, SemanticTokenType::STRING),
    (Kind::Number, SemanticTokenType::NUMBER),
    (Kind::Operator, SemanticTokenType::OPERATOR),
    (Kind::Schema, SemanticTokenType::NAMESPACE),
    (Kind::Relation, SemanticTokenType::CLASS),
    (Kind::Cte, SemanticTokenType::INTERFACE),
    (Kind::Alias, SemanticTokenType::VARIABLE),
    (Kind::Column, SemanticTokenType::PROPERTY),
    (Kind::Type, SemanticTokenType::TYPE),
    (Kind::EnumLabel, SemanticTokenType::ENUM_MEMBER),
    (Kind::Function, SemanticTokenType::FUNCTION),
    (Kind::Procedure, SemanticTokenType::METHOD),
    (Kind::Parameter, SemanticTokenType::PARAMETER),
    (Kind::Trigger, SemanticTokenType::EVENT),
    (Kind::Variable, SemanticTokenType::VARIABLE),
    (Kind::Label, SemanticTokenType::new("label")),
    (Kind::Object, SemanticTokenType::STRUCT),
    (Kind::Command, SemanticTokenType::MACRO),
];

/// The modifiers of the legend, in the order of their bits.
const MODIFIERS: [(u8, SemanticTokenModifier); 5] = [
    (modifier::DECLARATION, SemanticTokenModifier::DECLARATION),
    (modifier::DEFINITION, SemanticTokenModifier::DEFINITION),
    (modifier::READONLY, SemanticTokenModifier::READONLY),
    (modifier::DEFAULT_LIBRARY, SemanticTokenModifier::DEFAULT_LIBRARY),
    (modifier::MODIFICATION, SemanticTokenModifier::MODIFICATION),
];

pub fn legend() -> SemanticTokensLegend {
    let mut token_types: Vec<SemanticTokenType> = Vec::new();
    for (_, name) in TYPES {
        if !token_types.contains(&name) {
            token_types.push(name);
        }
    }
    SemanticTokensLegend { token_types, token_modifiers: MODIFIERS.map(|(_, name)| name).to_vec() }
}

/// The numbers of the kinds in the legend, by their order in `TYPES`.
fn number(kind: Kind) -> u32 {
    let name = TYPES.into_iter().find(|(other, _)| *other == kind).map(|(_, name)| name);
    let position = legend().token_types.iter().position(|other| Some(other) == name.as_ref());
    position.unwrap_or(0) as u32
}

/// A token on one line of its statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OnLine {
    /// From the statement's first line.
    line: u32,
    /// From the line's start; on the first line from the statement's start. In the client's units, as `length`.
    start: u32,
    length: u32,
    kind: u32,
    modifiers: u32,
}

/// A statement's tokens, and how far it moves what is behind it.
#[derive(Debug, Default)]
pub struct Lines {
    tokens: Vec<OnLine>,
    /// How many line breaks it has.
    breaks: u32,
    /// The characters behind its last line break; all where it has none.
    rest: u32,
}

impl Lines {
    fn new(written: &Written, encoding: PositionEncoding) -> Lines {
        static NUMBERS: OnceLock<Vec<u32>> = OnceLock::new();
        let numbers = NUMBERS.get_or_init(|| TYPES.iter().map(|(kind, _)| number(*kind)).collect());
        let text = &written.text;
        let mut lines = Lines::default();
        let width = |text: &str| match encoding {
            PositionEncoding::Utf8 => text.len(),
            PositionEncoding::Utf16 => text.encode_utf16().count(),
            PositionEncoding::Utf32 => text.chars().count(),
        } as u32;
        // Where the current line begins, and how far its characters have been counted.
        let (mut line_start, mut column) = (0, 0);
        let mut pieces: Vec<(usize, usize, u32, u32)> = Vec::new();
        for token in tokens::tokens(written) {
            let kind = numbers[token.kind as usize];
            for (start, end) in line_pieces(text, token.span.start, token.span.end) {
                pieces.push((start, end, kind, u32::from(token.modifiers)));
            }
        }
        let mut at = 0;
        let go = |to: usize, lines: &mut Lines, at: &mut usize, column: &mut u32, line_start: &mut usize| {
            let (count, last) = breaks(&text[*at..to]);
            if count > 0 {
                lines.breaks += count;
                *line_start = *at + last;
                *at = *line_start;
                *column = 0;
            }
            *column += width(&text[*at..to]);
            *at = to;
        };
        for (start, end, kind, modifiers) in pieces {
            go(start, &mut lines, &mut at, &mut column, &mut line_start);
            let length = width(&text[start..end]);
            lines.tokens.push(OnLine { line: lines.breaks, start: column, length, kind, modifiers });
        }
        go(text.len(), &mut lines, &mut at, &mut column, &mut line_start);
        lines.rest = column;
        lines
    }
}

/// The parts of a range that are on one line each, without line breaks.
fn line_pieces(text: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let mut from = start;
    for (n, byte) in text.as_bytes()[start..end].iter().enumerate() {
        if matches!(byte, b'\n' | b'\r') {
            if start + n > from {
                pieces.push((from, start + n));
            }
            from = start + n + 1;
        }
    }
    if end > from {
        pieces.push((from, end));
    }
    pieces
}

/// How many line breaks a text has, and where its last line begins.
fn breaks(text: &str) -> (u32, usize) {
    let bytes = text.as_bytes();
    let (mut count, mut last) = (0, 0);
    for (n, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || *byte == b'\r' && bytes.get(n + 1) != Some(&b'\n') {
            count += 1;
            last = n + 1;
        }
    }
    (count, last)
}

/// Puts statements' tokens together, each relative to the one before it, as the protocol has them.
#[derive(Default)]
struct Writer {
    /// Where the next statement begins.
    line: u32,
    column: u32,
    /// Where the last token begins.
    last: (u32, u32),
    data: Vec<SemanticToken>,
}

impl Writer {
    fn put(&mut self, token: &OnLine) {
        let line = self.line + token.line;
        let start = if token.line == 0 { self.column + token.start } else { token.start };
        let delta_line = line - self.last.0;
        self.data.push(SemanticToken {
            delta_line,
            delta_start: if delta_line == 0 { start - self.last.1 } else { start },
            length: token.length,
            token_type: token.kind,
            token_modifiers_bitset: token.modifiers,
        });
        self.last = (line, start);
    }

    fn pass(&mut self, lines: &Lines) {
        self.column = if lines.breaks == 0 { self.column + lines.rest } else { lines.rest };
        self.line += lines.breaks;
    }

    /// Passes a statement without writing its tokens.
    fn skip(&mut self, lines: &Lines) {
        if let Some(token) = lines.tokens.last() {
            let start = if token.line == 0 { self.column + token.start } else { token.start };
            self.last = (self.line + token.line, start);
        }
        self.pass(lines);
    }

    fn statement(&mut self, lines: &Lines) {
        lines.tokens.iter().for_each(|token| self.put(token));
        self.pass(lines);
    }
}

fn data(all: &[Arc<Lines>]) -> Vec<SemanticToken> {
    let mut writer = Writer::default();
    all.iter().for_each(|lines| writer.statement(lines));
    writer.data
}

/// What to change in the tokens of `old` to get those of `new`: one edit, or none.
fn difference(old: &[Arc<Lines>], new: &[Arc<Lines>]) -> Vec<SemanticTokensEdit> {
    let same = old.iter().zip(new).take_while(|(old, new)| Arc::ptr_eq(old, new)).count();
    let rest = old.len().min(new.len()) - same;
    let behind = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(old, new)| Arc::ptr_eq(old, new))
        .count();
    let count = |lines: &[Arc<Lines>]| lines.iter().map(|lines| lines.tokens.len()).sum::<usize>();
    let mut writer = Writer::default();
    new[..same].iter().for_each(|lines| writer.skip(lines));
    new[same..new.len() - behind].iter().for_each(|lines| writer.statement(lines));
    let mut deleted = count(&old[same..old.len() - behind]);
    // The first token behind the change is relative to one that is another now.
    let first = new[new.len() - behind..].iter().find_map(|lines| match lines.tokens.first() {
        Some(first) => Some(*first),
        None => {
            writer.pass(lines);
            None
        }
    });
    if let Some(first) = first {
        writer.put(&first);
        deleted += 1;
    }
    if old.len() == new.len() && same == new.len() {
        return Vec::new();
    }
    vec![SemanticTokensEdit {
        start: 5 * count(&new[..same]) as u32,
        delete_count: 5 * deleted as u32,
        data: Some(writer.data),
    }]
}

/// What is kept of a document's tokens.
#[derive(Debug, Default)]
pub struct Tokens {
    statements: Kept<Lines>,
    /// The last whole answer, under its id.
    answered: Mutex<Option<(String, Vec<Arc<Lines>>)>>,
}

impl Backend {
    pub(super) async fn all_tokens(
        &self,
        uri: Uri,
        previous: Option<String>,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        let state = self.state.clone();
        self.answer(&uri, move |snapshot, document, encoding| {
            let kept = state.structures.of(snapshot, &document.uri);
            let make = |written: &Written| Lines::new(written, encoding);
            let statements = kept.tokens.statements.of(&document.script, &snapshot.cancelled, make)?;
            let all: Vec<Arc<Lines>> = statements.into_iter().map(|(_, lines)| lines).collect();
            let id = document.script.revision().to_string();
            let mut answered = kept.tokens.answered.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let edits = answered
                .as_ref()
                .filter(|(last, _)| previous.as_ref() == Some(last))
                .map(|(_, old)| difference(old, &all));
            let result = match edits {
                Some(edits) => SemanticTokensFullDeltaResult::TokensDelta(SemanticTokensDelta {
                    result_id: Some(id.clone()),
                    edits,
                }),
                None => SemanticTokensFullDeltaResult::Tokens(SemanticTokens {
                    result_id: Some(id.clone()),
                    data: data(&all),
                }),
            };
            *answered = Some((id, all));
            Some(result)
        })
        .await
    }

    pub(super) async fn tokens_in(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let state = self.state.clone();
        self.answer(&params.text_document.uri, move |snapshot, document, encoding| {
            let kept = state.structures.of(snapshot, &document.uri);
            let text = document.script.document();
            let span = text.span(convert::from_range(params.range), encoding).ok()?;
            let mut writer = Writer::default();
            for (n, placed) in document.script.in_span(span).iter().enumerate() {
                if n == 0 {
                    let start = text.position(placed.start, encoding);
                    (writer.line, writer.column) = (start.line, start.character);
                }
                let lines = kept
                    .tokens
                    .statements
                    .one(&document.script, placed, |written| Lines::new(written, encoding));
                let (first, last) = (params.range.start.line, params.range.end.line);
                for token in &lines.tokens {
                    if (first..=last).contains(&(writer.line + token.line)) {
                        writer.put(token);
                    }
                }
                writer.pass(&lines);
            }
            Some(SemanticTokensRangeResult::Tokens(SemanticTokens { result_id: None, data: writer.data }))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use proptest::prelude::*;

    use super::*;
    use crate::syntax::Script;
    use crate::text::{Edit, Span};

    fn lines(kept: &Kept<Lines>, script: &Script, encoding: PositionEncoding) -> Vec<Arc<Lines>> {
        let make = |written: &Written| Lines::new(written, encoding);
        let all = kept.of(script, &AtomicBool::new(false), make).unwrap();
        all.into_iter().map(|(_, lines)| lines).collect()
    }

    #[test]
    fn kinds_have_their_numbers() {
        for (n, (kind, name)) in TYPES.iter().enumerate() {
            assert_eq!(*kind as usize, n);
            assert_eq!(legend().token_types[number(*kind) as usize], *name);
        }
        for (n, (bit, _)) in MODIFIERS.iter().enumerate() {
            assert_eq!(*bit, 1 << n);
        }
    }

    #[test]
    fn tokens_are_where_the_document_says() {
        let text = "/* é😀\r\n 😀 */ select 'é😀\rb', a;select 1; -- x\n\n\\i f\n";
        let script = Script::from(text);
        for encoding in [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32] {
            let all = data(&lines(&Kept::default(), &script, encoding));
            let (mut line, mut start) = (0, 0);
            let mut words = Vec::new();
            for token in all {
                line += token.delta_line;
                start = if token.delta_line == 0 { start + token.delta_start } else { token.delta_start };
                let at =
                    |character| script.document().offset(crate::text::Position { line, character }, encoding);
                words.push(text[at(start)..at(start + token.length)].to_owned());
            }
            assert_eq!(
                words,
                ["/* é😀", " 😀 */", "select", "'é😀", "b'", "a", "select", "1", "-- x", "\\i"]
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
        #[test]
        fn a_difference_comes_to_the_same(
            start in "[a;'\n é(]{0,40}",
            edits in prop::collection::vec((0usize..60, 0usize..9, "(;|'|\n|select 1;|a|😀|--){0,3}"), 1..8),
        ) {
            let kept = Kept::default();
            let mut script = Script::from(start.as_str());
            let mut old = lines(&kept, &script, PositionEncoding::Utf16);
            for (at, len, text) in edits {
                let whole = script.document().text();
                let boundary = |offset: usize| (0..=offset.min(whole.len())).rev().find(|&n| whole.is_char_boundary(n)).unwrap_or(0);
                script.apply(&Edit { span: Span::new(boundary(at), boundary(at + len)), text }).unwrap();
                let new = lines(&kept, &script, PositionEncoding::Utf16);
                let mut changed = data(&old);
                for edit in difference(&old, &new) {
                    let (from, count) = (edit.start as usize / 5, edit.delete_count as usize / 5);
                    changed.splice(from..from + count, edit.data.unwrap());
                }
                prop_assert_eq!(changed, data(&new));
                let fresh = Script::from(script.document().text().as_str());
                prop_assert_eq!(data(&new), data(&lines(&Kept::default(), &fresh, PositionEncoding::Utf16)));
                old = new;
            }
        }
    }
}
