//! EXPLAIN output as a tree, how it reads, and index advice. No connection here.

pub mod advice;
mod render;
mod tree;

pub use render::render;
pub use tree::{Node, Plan, PlanError};
