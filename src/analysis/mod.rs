//! Names, scopes and what they mean: PostgreSQL's parse analysis.
