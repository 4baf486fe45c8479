//! Documents as ropes, byte spans, positions at the edge, edits. Knows nothing of SQL.

mod document;
mod position;
mod span;

pub use document::{Document, Edit, EditError};
pub use position::{Position, PositionEncoding, PositionRange};
pub use span::Span;
