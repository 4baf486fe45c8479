//! What PostgreSQL itself brings: the facts about pg_catalog and the contrib extensions.

pub mod reference;
