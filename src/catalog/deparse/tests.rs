//! Expressions as a running server printed them.
