//! `pgwright/status`: what the server's answers rest on, for a status bar.

use serde::{Deserialize, Serialize};
use tower_lsp_server::ls_types::notification::Notification;

/// The notification.
#[derive(Debug)]
pub enum Status {}

impl Notification for Status {
    type Params = StatusParams;
    const METHOD: &'static str = "pgwright/status";
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusParams {
    pub schema: SchemaStatus,
    pub database: DatabaseStatus,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaStatus {
    /// `migrations`, `files`, `database` or `none`.
    pub source: String,
    pub relations: usize,
    pub migrations: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseStatus {
    /// `none`, `connecting`, `connected` or `unreachable`.
    pub state: String,
    /// `PostgreSQL 18.4`
    pub server: Option<String>,
    pub message: Option<String>,
}
