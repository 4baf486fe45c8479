//! The files that scripts include: who tells them, and which of them a timeline rests on.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use crate::syntax::Script;
use crate::syntax::psql::Include;

/// What tells the files that scripts include.
pub trait Files: Debug {
    /// What `include` names in the script at `path`.
    fn find(&self, path: &Path, include: &Include) -> Found;
}

/// What the name of a file leads to.
#[derive(Clone, Debug)]
pub enum Found {
    File(Arc<Path>, Script),
    /// psql cannot read it, for this reason.
    Refused(&'static str),
    /// psql may find it, but here it cannot be told.
    Unknown,
}

/// A script among those that include each other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub files: &'a dyn Files,
    /// Where it is.
    pub path: &'a Path,
    /// The script that includes it.
    pub by: Option<&'a Reader<'a>>,
}

impl<'a> Reader<'a> {
    /// How many scripts include each other down to this one.
    pub(super) fn depth(&self) -> usize {
        1 + self.by.map_or(0, Reader::depth)
    }

    /// Whether the script at `path` is this one or one that includes it.
    pub(super) fn is_in(&self, path: &Path) -> bool {
        self.path == path || self.by.is_some_and(|by| by.is_in(path))
    }
}

/// A file as it was when it was looked up.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The script that includes it.
    pub from: Arc<Path>,
    pub include: Include,
    pub seen: Seen,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// With its script's revision.
    File(Arc<Path>, u64),
    Refused(&'static str),
    Unknown,
}

impl Found {
    pub fn seen(&self) -> Seen {
        match self {
            Found::File(path, script) => Seen::File(path.clone(), script.revision()),
            Found::Refused(reason) => Seen::Refused(reason),
            Found::Unknown => Seen::Unknown,
        }
    }
}

impl Lookup {
    pub fn holds(&self, files: &dyn Files) -> bool {
        files.find(&self.from, &self.include).seen() == self.seen
    }
}
