//! A text in a rope, changed by edits.

use ropey::Rope;

use super::{Position, PositionEncoding, PositionRange, Span, position};

/// One change of a text: the bytes of `span` become `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// Why an edit was not applied; the text is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditError {
    /// The range ends before it starts.
    Reversed,
    /// A byte range that is out of the text or cuts a character.
    OutOfBounds,
}

impl std::fmt::Display for EditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            EditError::Reversed => "the range ends before it starts",
            EditError::OutOfBounds => "the range is not in the text",
        })
    }
}

/// A text. Copies are cheap and share what they have in common.
#[derive(Clone, Debug, Default)]
pub struct Document {
    rope: Rope,
}

impl From<&str> for Document {
    fn from(text: &str) -> Document {
        Document { rope: Rope::from_str(text) }
    }
}

impl Document {
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.rope.len_bytes()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn text(&self) -> String {
        self.rope.to_string()
    }

    /// The text of `span`, whose ends must be character boundaries.
    pub fn slice(&self, span: Span) -> String {
        self.rope.byte_slice(span.range()).to_string()
    }

    pub fn offset(&self, position: Position, encoding: PositionEncoding) -> usize {
        position::to_offset(&self.rope, position, encoding)
    }

    pub fn position(&self, offset: usize, encoding: PositionEncoding) -> Position {
        position::from_offset(&self.rope, offset, encoding)
    }

    pub fn range(&self, span: Span, encoding: PositionEncoding) -> PositionRange {
        position::to_range(&self.rope, span, encoding)
    }

    /// The bytes of `range`.
    pub fn span(&self, range: PositionRange, encoding: PositionEncoding) -> Result<Span, EditError> {
        if range.start > range.end {
            return Err(EditError::Reversed);
        }
        let (start, end) = (self.offset(range.start, encoding), self.offset(range.end, encoding));
        Ok(Span::new(start, end.max(start)))
    }

    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        let Span { start, end } = edit.span;
        if end < start {
            return Err(EditError::Reversed);
        }
        let (Some(from), Some(to)) = (self.boundary(start), self.boundary(end)) else {
            return Err(EditError::OutOfBounds);
        };
        self.rope.remove(from..to);
        self.rope.insert(from, &edit.text);
        Ok(())
    }

    /// The index of the character that starts at byte `offset`, if one does (or the text ends there).
    fn boundary(&self, offset: usize) -> Option<usize> {
        let char = self.rope.try_byte_to_char(offset).ok()?;
        (self.rope.char_to_byte(char) == offset).then_some(char)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn positions_count_in_the_negotiated_encoding() {
        let document = Document::from("é😀x\r\nb\rc\u{2028}d");
        for (encoding, character) in
            [(PositionEncoding::Utf8, 6), (PositionEncoding::Utf16, 3), (PositionEncoding::Utf32, 2)]
        {
            assert_eq!(document.position(6, encoding), at(0, character));
            assert_eq!(document.offset(at(0, character), encoding), 6);
            assert_eq!(document.offset(at(0, 99), encoding), 7, "a line's end is before its break");
            assert_eq!(document.offset(at(1, 0), encoding), 9);
            assert_eq!(document.offset(at(2, 1), encoding), 12, "U+2028 is not a line break here");
            assert_eq!(document.offset(at(9, 0), encoding), document.len());
        }
        assert_eq!(
            document.offset(at(0, 2), PositionEncoding::Utf16),
            2,
            "inside a surrogate pair: its start"
        );
    }

    #[test]
    fn an_edit_out_of_bounds_changes_nothing() {
        let mut document = Document::from("é");
        for (start, end) in [(0, 9), (1, 2), (0, 1)] {
            let edit = Edit { span: Span { start, end }, text: "x".into() };
            assert_eq!(document.apply(&edit), Err(EditError::OutOfBounds));
        }
        assert_eq!(document.text(), "é");
    }
}
