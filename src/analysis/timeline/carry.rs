//! Definitions behind an edit: what one did is done again to the catalog that is now before it, without a look at its
//! text, where nothing that it looked up has changed.

use std::sync::Arc;

use crate::catalog::change::{Changed, Effect};
use crate::catalog::model::{Catalog, Revision};
use crate::catalog::reads::Reads;

/// What a definition did, and what that rests on.
#[derive(Debug)]
pub(super) struct Applied {
    reads: Reads,
    effect: Effect,
}

impl Applied {
    pub fn new(reads: Reads, before: &Catalog, after: &Catalog) -> Applied {
        Applied { reads, effect: Effect::between(before, after) }
    }
}

/// Goes along the definitions, and knows at each what is otherwise than it was before the edit.
#[derive(Debug, Default)]
pub(super) struct Carry {
    /// The catalogs that `changed` tells apart: as it was, as it is.
    between: Option<(Revision, Revision)>,
    changed: Option<Changed>,
}

impl Carry {
    /// The catalog behind a definition that stood before `old` and now stands before `new`, if it does there what it
    /// did; `old_exit` is the catalog that was behind it.
    pub fn over(
        &mut self,
        applied: &Applied,
        old: &Catalog,
        old_exit: &Catalog,
        new: &Arc<Catalog>,
    ) -> Option<Arc<Catalog>> {
        if self.changed(old, new).concerns(&applied.reads) {
            return None;
        }
        let exit = match applied.effect.is_empty() {
            true => new.clone(),
            false => {
                let mut exit = (**new).clone();
                applied.effect.apply(&mut exit).then(|| Arc::new(exit))?
            }
        };
        self.between = Some((old_exit.revision(), exit.revision()));
        Some(exit)
    }

    /// Goes past a definition that was applied again: between `old` and `old_exit` it was what `was` says, and now it
    /// made `exit` of `new`. The catalog behind it, which shares with `old_exit` what is equal.
    pub fn past(
        &mut self,
        (was, old, old_exit): (&Applied, &Catalog, &Catalog),
        (is, new, exit): (&Applied, &Catalog, &Arc<Catalog>),
    ) -> Arc<Catalog> {
        let mut settled = (**exit).clone();
        self.changed(old, new).after(old_exit, &was.effect, &mut settled, &is.effect);
        self.between = Some((old_exit.revision(), exit.revision()));
        Arc::new(settled)
    }

    fn changed(&mut self, old: &Catalog, new: &Catalog) -> &mut Changed {
        let between = Some((old.revision(), new.revision()));
        if self.between != between {
            self.between = between;
            self.changed = None;
        }
        self.changed.get_or_insert_with(|| Changed::between(old, new))
    }
}
