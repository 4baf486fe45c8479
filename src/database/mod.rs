//! The live database: connect, read the catalog, explain, statistics.
