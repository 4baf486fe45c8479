//! A DDL statement's effect on a catalog.
