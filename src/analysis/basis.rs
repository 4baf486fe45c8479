//! What an analysis rests on: enough to tell whether it would come to the same elsewhere.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Analysis;
use crate::catalog::change::Changed;
use crate::catalog::model::{Catalog, Revision};
use crate::catalog::reads::Reads;

/// The catalog that a statement was analyzed against, and what of it was looked up.
#[derive(Clone, Debug)]
pub struct Basis {
    catalog: Arc<Catalog>,
    reads: Reads,
    /// Something was found wrong, so that any change of the catalog could matter.
    pub is_wrong: bool,
    /// It calls what may define objects.
    pub defines: bool,
}

impl Basis {
    pub fn new(catalog: Arc<Catalog>, reads: Reads, analysis: &Analysis) -> Basis {
        let is_wrong = !analysis.diagnostics.is_empty() || !analysis.warnings.is_empty();
        Basis { catalog, reads, is_wrong, defines: analysis.defines }
    }

    /// Whether analyzing against `catalog` would give the same: everything that was looked up is as it was.
    pub fn holds_in(&self, catalog: &Catalog) -> bool {
        if self.catalog.revision() == catalog.revision() {
            return true;
        }
        !self.is_wrong && !changed(&self.catalog, catalog, |changed| changed.concerns(&self.reads))
    }

    /// Whether it was made of that catalog.
    pub fn is_of(&self, catalog: &Catalog) -> bool {
        self.catalog.revision() == catalog.revision()
    }

    /// Whether it says the same as another one, everywhere.
    pub fn is_same(&self, other: &Basis) -> bool {
        self.catalog.revision() == other.catalog.revision()
            && self.is_wrong == other.is_wrong
            && self.defines == other.defines
            && self.reads == other.reads
    }
}

impl Hash for Basis {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.catalog.revision(), self.is_wrong).hash(state);
        self.reads.hash(state);
    }
}

/// Asks what is different between two catalogs. Statements that follow one another mostly have to do with the same two,
/// so the last answer is kept.
fn changed<T>(old: &Catalog, new: &Catalog, ask: impl FnOnce(&Changed) -> T) -> T {
    type Kept = Option<((Revision, Revision), Changed)>;
    thread_local! {
        static LAST: RefCell<Kept> = const { RefCell::new(None) };
    }
    let between = (old.revision(), new.revision());
    LAST.with_borrow_mut(|last| {
        if last.as_ref().is_none_or(|(known, _)| *known != between) {
            *last = Some((between, Changed::between(old, new)));
        }
        let (_, changed) = last.get_or_insert_with(|| (between, Changed::between(old, new)));
        ask(changed)
    })
}
