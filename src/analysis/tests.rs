//! Statements against a small schema. (The comparison with running servers is in tests/.)
