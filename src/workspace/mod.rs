//! Files, configuration, the order of migrations.

mod ahead;
pub mod bookkeeping;
pub mod config;
pub mod drift;
pub mod find;
pub mod folder;
pub mod framework;
pub mod history;
pub mod include;
pub mod migrations;
pub mod naming;
mod notes;
pub mod ran;
pub mod snapshot;
pub mod source;
pub mod stored;

pub use config::{Config, ConfigProblem};
pub use folder::{Folder, HistoryKind};
