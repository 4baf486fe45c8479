//! What was looked up in a catalog while something was worked out of it.
//!
//! Enough to tell that it would come to the same in another catalog; not what was found.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

/// A kind of name in a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Whether a schema exists; what is in it are other kinds.
    Schema,
    Extension,
    Relation,
    /// The table of an index.
    Index,
    Type,
    Routine,
    /// Operators, statistics objects and other objects of a name that are none of the others.
    Entity,
    /// Whether a relation or a domain of a schema has a constraint of a name.
    Constraint,
    /// The relations that have a relation of a name for a parent.
    Children,
    /// The relations with a foreign key to a relation of a name, with a column of a type of that name, or with a query
    /// that reads it.
    Mention,
}

/// A kind and a name, as a number. The schema is left out, so that it is the same name in any; two names may also
/// come to one number, and are then taken for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(u64);

impl Key {
    pub fn new(kind: Kind, name: &str) -> Key {
        let mut hasher = FxHasher::default();
        (kind, name).hash(&mut hasher);
        Key(hasher.finish())
    }
}

/// The names that were looked up, and the kinds of which all were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reads {
    /// In order, each once.
    keys: Box<[Key]>,
    /// A bit for each kind.
    all: u16,
}

impl Reads {
    pub fn has(&self, key: Key) -> bool {
        self.keys.binary_search(&key).is_ok()
    }

    pub fn has_all(&self, kind: Kind) -> bool {
        self.all & bit(kind) != 0
    }
}

fn bit(kind: Kind) -> u16 {
    1 << kind as u8
}

/// A record that is being made.
#[derive(Default)]
struct Record {
    keys: Vec<Key>,
    all: u16,
}

thread_local! {
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
    static RECORD: RefCell<Record> = RefCell::default();
}

/// What `act` comes to, with all that it looked up on this thread. One within another is part of it.
pub fn recording<T>(act: impl FnOnce() -> T) -> (T, Reads) {
    /// Brings back the record that was being made before, also when `act` panics.
    struct Outer(Option<Record>);

    impl Drop for Outer {
        fn drop(&mut self) {
            IS_RECORDING.set(self.0.is_some());
            let mut inner = RECORD.take();
            if let Some(mut outer) = self.0.take() {
                outer.keys.append(&mut inner.keys);
                outer.all |= inner.all;
                RECORD.set(outer);
            }
        }
    }

    let before = RECORD.take();
    let _outer = Outer(IS_RECORDING.replace(true).then_some(before));
    let result = act();
    let reads = RECORD.with_borrow_mut(|record| {
        record.keys.sort_unstable();
        record.keys.dedup();
        Reads { keys: record.keys.as_slice().into(), all: record.all }
    });
    (result, reads)
}

/// Notes that a name was looked up.
pub(super) fn one(kind: Kind, name: &str) {
    if IS_RECORDING.get() {
        RECORD.with_borrow_mut(|record| record.keys.push(Key::new(kind, name)));
    }
}

/// Notes that all objects of a kind were looked at, or counted.
pub(super) fn all(kind: Kind) {
    if IS_RECORDING.get() {
        RECORD.with_borrow_mut(|record| record.all |= bit(kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_within_another_is_part_of_it() {
        let ((_, inner), outer) = recording(|| {
            one(Kind::Relation, "t");
            recording(|| all(Kind::Type))
        });
        let t = Key::new(Kind::Relation, "t");
        assert!(!inner.has(t) && inner.has_all(Kind::Type));
        assert!(outer.has(t) && outer.has_all(Kind::Type) && !outer.has(Key::new(Kind::Type, "t")));
        one(Kind::Relation, "t");
        assert_eq!(recording(|| ()).1, Reads::default());
    }

    #[test]
    fn a_panic_ends_a_record() {
        let caught = std::panic::catch_unwind(|| recording(|| panic!("in the record")));
        assert!(caught.is_err() && !IS_RECORDING.get());
    }
}
