//! Statements applied, and what is there then.
