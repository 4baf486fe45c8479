//! pgwright: a language server for PostgreSQL SQL.
//!
//! The modules in reading order; each uses only those above it (`tests/layers.rs` checks that):

pub mod text;

pub mod syntax;

pub mod catalog;

pub mod analysis;

pub mod effects;

pub mod plan;

pub mod lint;

pub mod ide;

pub mod workspace;

pub mod database;

pub mod lsp;

pub mod cli;
