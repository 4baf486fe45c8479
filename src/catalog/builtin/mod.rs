//! What PostgreSQL itself brings.
