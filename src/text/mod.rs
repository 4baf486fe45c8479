//! Documents as ropes, byte spans, positions at the edge, edits. Knows nothing of SQL.

mod document;
mod position;
mod span;

pub use document::{Document, Edit, EditError};
pub use position::{Position, PositionEncoding, PositionRange};
pub use span::Span;

/// `text` without the bytes behind `limit`, cut between characters.
pub fn clip(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
