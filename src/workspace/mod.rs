//! Files, configuration, the order of migrations.
