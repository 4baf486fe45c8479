//! EXPLAIN output as a tree, how it reads, and index advice. No connection here.
