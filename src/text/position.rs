//! Line and character positions in the encodings that the protocol knows, and their bytes.

use ropey::Rope;
use serde::{Deserialize, Serialize};

use super::Span;

/// What a position's `character` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PositionEncoding {
    Utf8,
    /// The protocol's default.
    #[default]
    Utf16,
    Utf32,
}

/// A zero-based line, and a zero-based character on it in some [`PositionEncoding`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    pub line: u32,
    pub character: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PositionRange {
    pub start: Position,
    pub end: Position,
}

/// The byte offset of `position`. As the protocol says, a character beyond its line's end means the
/// line's end (before its line break) and a line beyond the last one means the end of the text; a
/// position inside a character goes to that character's start.
pub(super) fn to_offset(rope: &Rope, position: Position, encoding: PositionEncoding) -> usize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return rope.len_bytes();
    }
    let start = rope.line_to_byte(line);
    let text = rope.line(line);
    let mut left = position.character as usize;
    let mut offset = 0;
    for c in text.chars() {
        let width = match encoding {
            PositionEncoding::Utf8 => c.len_utf8(),
            PositionEncoding::Utf16 => c.len_utf16(),
            PositionEncoding::Utf32 => 1,
        };
        if left < width || c == '\n' || c == '\r' {
            break;
        }
        left -= width;
        offset += c.len_utf8();
    }
    start + offset
}

/// The position of byte `offset`; offsets past the end count as the end, and one inside a character as its start.
pub(super) fn from_offset(rope: &Rope, offset: usize, encoding: PositionEncoding) -> Position {
    let offset = offset.min(rope.len_bytes());
    let char = rope.byte_to_char(offset);
    let line = rope.char_to_line(char);
    let first = rope.line_to_char(line);
    let character = match encoding {
        PositionEncoding::Utf8 => rope.char_to_byte(char) - rope.char_to_byte(first),
        PositionEncoding::Utf16 => rope.char_to_utf16_cu(char) - rope.char_to_utf16_cu(first),
        PositionEncoding::Utf32 => char - first,
    };
    Position { line: line as u32, character: character as u32 }
}

pub(super) fn to_range(rope: &Rope, span: Span, encoding: PositionEncoding) -> PositionRange {
    PositionRange {
        start: from_offset(rope, span.start, encoding),
        end: from_offset(rope, span.end, encoding),
    }
}
