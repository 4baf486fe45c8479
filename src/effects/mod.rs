//! What a statement does to a running database: locks, rewrites, scans, index builds.
