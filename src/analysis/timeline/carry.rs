//! Definitions behind an edit: what one did is done again to the catalog that is now before it, without a look at its
//! text, where nothing that it looked up has changed.

use std::sync::{Arc, OnceLock};

use crate::catalog::change::{Changed, Effect};
use crate::catalog::model::{Catalog, Revision};
use crate::catalog::reads::Reads;

/// What a definition did, and what that rests on.
#[derive(Debug)]
pub(super) struct Applied {
    reads: Reads,
    /// Found when it is first asked for: of most definitions nobody ever asks.
    effect: OnceLock<Effect>,
}

impl Applied {
    pub fn new(reads: Reads) -> Applied {
        Applied { reads, effect: OnceLock::new() }
    }

    /// What it did, between any two catalogs before and behind it.
    fn effect(&self, before: &Catalog, after: &Catalog) -> &Effect {
        self.effect.get_or_init(|| Effect::between(before, after))
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
        let effect = applied.effect(old, old_exit);
        let exit = match effect.is_empty() {
            true => new.clone(),
            false => {
                let mut exit = (**new).clone();
                effect.apply(&mut exit).then(|| Arc::new(exit))?
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
        let (was, is) = (was.effect(old, old_exit), is.effect(new, exit));
        self.changed(old, new).after(old_exit, was, &mut settled, is);
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
