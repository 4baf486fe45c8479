//! Files, configuration, the order of migrations.

pub mod config;
pub mod folder;
pub mod include;
pub mod migrations;
pub mod naming;
pub mod snapshot;
pub mod source;

pub use config::{Config, ConfigProblem};
pub use folder::{Folder, HistoryKind};
