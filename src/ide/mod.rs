//! The features of an editor, one file each, without protocol types.

mod body;
pub mod code_actions;
pub mod completion;
pub mod describe;
pub mod diagnostics;
mod fk_join;
pub mod folding;
pub mod highlight;
pub mod hover;
pub mod inlay_hints;
mod marker;
pub mod on_type;
pub mod selection;
pub mod semantic_tokens;
mod slots;
pub mod symbols;
pub mod syntax_tree;
pub mod written;

use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::timeline::Timeline;
use crate::catalog::model::Catalog;
use crate::catalog::statistics::Statistics;
use crate::syntax::{Parse, ParseCache, Placed, Script};
use crate::text::Span;

/// How a finding is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
    Information,
    Hint,
    Off,
}

impl Severity {
    pub fn parse(text: &str) -> Option<Severity> {
        Some(match text {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            "information" | "info" => Severity::Information,
            "hint" => Severity::Hint,
            "off" => Severity::Off,
            _ => return None,
        })
    }

    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
            Severity::Hint => "hint",
            Severity::Off => "off",
        }
    }
}

/// What a feature may read of one document.
pub struct View<'a> {
    pub script: &'a Script,
    pub timeline: &'a Timeline,
    pub cache: &'a ParseCache,
    /// Of the live database, where there is one.
    pub statistics: Option<&'a Statistics>,
    /// The server's version as `server_version_num` has it.
    pub version: u32,
    /// The catalog at the end of the file's history, or of the file; `None` where it is not known.
    pub end: Option<Arc<Catalog>>,
    /// What is to be said of the file as a whole.
    pub notes: Vec<diagnostics::Note>,
}

/// A statement with its parse, where it stands.
pub struct At {
    pub placed: Placed,
    pub parse: Arc<Parse>,
    pub catalog: Arc<Catalog>,
}

impl At {
    /// Where the code begins in the document.
    pub fn start(&self) -> usize {
        self.placed.code().start
    }
}

impl View<'_> {
    /// The statement at `offset`.
    pub fn at(&self, offset: usize) -> Option<At> {
        let placed = self.script.at(offset)?;
        Some(self.open(placed))
    }

    pub fn open(&self, placed: Placed) -> At {
        let dialect = self.script.dialect(&placed, self.timeline.dialect);
        let parse = self.cache.parse(&self.script.code(&placed), dialect);
        let catalog = self.timeline.before(placed.index).clone();
        At { placed, parse, catalog }
    }
}

/// A change of one document, for an action to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    pub span: Span,
    pub text: String,
}

/// What an action changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The document that the action was asked for in.
    Edit(Vec<TextEdit>),
    /// A new file with this text.
    CreateFile { path: PathBuf, text: String },
}
