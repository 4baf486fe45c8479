//! Parses the files of a history on a thread of its own while the catalogs of those before them are folded.
//!
//! Parsing needs no catalog and is about half of what a history takes that nobody has looked at yet. Each file is parsed
//! by one of both threads, so nothing is parsed twice.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread::Scope;

use super::snapshot::{Slot, lock};
use crate::syntax::head::{self, HEAD};
use crate::syntax::{Dialect, ParseCache, STACK, Script, StatementKind};

/// From how many bytes on a thread is worth its while.
const WORTH: usize = 32 * 1024;

/// How many bytes the parser may be ahead: fewer than the cache keeps.
const WINDOW: usize = 96 * 1024;

/// A text that will be read.
#[derive(Clone, Copy)]
struct Text<'a> {
    script: &'a Script,
    dialect: Dialect,
    /// Where it ends if all of them are one after the other, in bytes.
    end: usize,
    /// Whether there is anything to parse in it, as far as is known.
    is_new: bool,
}

impl Text<'_> {
    fn len(&self) -> usize {
        self.script.document().len()
    }

    fn is_wanted(&self) -> bool {
        self.is_new && self.len() <= WINDOW
    }
}

/// Texts in the order in which they will be read.
pub(super) struct Ahead<'a> {
    texts: Vec<Text<'a>>,
    cache: &'a ParseCache,
    place: Mutex<Place>,
    moved: Condvar,
}

/// Where both threads are. No text is taken by both.
#[derive(Default)]
struct Place {
    /// The first text that nobody has taken.
    next: usize,
    /// The one that is being parsed ahead.
    parsing: Option<usize>,
    /// The one that is being read.
    reading: usize,
}

impl<'a> Ahead<'a> {
    pub fn new(
        texts: impl Iterator<Item = (&'a Script, &'a Slot, Dialect)>,
        cache: &'a ParseCache,
    ) -> Ahead<'a> {
        let mut end = 0;
        let text = |(script, slot, dialect): (&'a Script, &Slot, _)| {
            end += script.document().len();
            Text { script, dialect, end, is_new: slot.is_new() }
        };
        Ahead { texts: texts.map(text).collect(), cache, place: Mutex::default(), moved: Condvar::new() }
    }

    /// Lets a thread parse what comes, until all is read, if there is enough.
    pub fn start<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let wanted = self.texts.iter().filter(|text| text.is_wanted());
        if wanted.map(Text::len).sum::<usize>() < WORTH {
            return;
        }
        let thread = std::thread::Builder::new().name("ahead".into()).stack_size(STACK);
        // Without a thread the texts are parsed when they are read.
        let _ = thread.spawn_scoped(scope, || {
            // A text that makes the parser panic does so again for the one who reads it, who knows what to do then.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.run()));
        });
    }

    /// The text `n` is going to be read: waits until it is parsed, if it is being.
    pub fn reach(&self, n: usize) {
        let mut place = lock(&self.place);
        place.reading = n;
        place.next = place.next.max(n + 1);
        self.moved.notify_all();
        while place.parsing == Some(n) {
            place = self.wait(place);
        }
    }

    /// What says, when it goes, that nothing more will be read.
    pub fn stop_at_end(&self) -> impl Drop {
        struct Stop<'a, 'b>(&'a Ahead<'b>);

        impl Drop for Stop<'_, '_> {
            fn drop(&mut self) {
                lock(&self.0.place).next = usize::MAX;
                self.0.moved.notify_all();
            }
        }

        Stop(self)
    }

    fn wait<'g>(&self, place: MutexGuard<'g, Place>) -> MutexGuard<'g, Place> {
        self.moved.wait(place).unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn run(&self) {
        /// Says also when the parser panics that the text is not being parsed any more.
        struct Parsing<'a, 'b>(&'a Ahead<'b>);

        impl Drop for Parsing<'_, '_> {
            fn drop(&mut self) {
                lock(&self.0.place).parsing = None;
                self.0.moved.notify_all();
            }
        }

        while let Some(n) = self.take() {
            let _parsing = Parsing(self);
            let Text { script, dialect, .. } = self.texts[n];
            for placed in script.statements() {
                if placed.statement.kind == StatementKind::Sql && placed.statement.code.len() <= HEAD {
                    let dialect = script.dialect(&placed, dialect);
                    head::parse_whole(self.cache, script.document(), placed.code(), dialect);
                }
            }
        }
    }

    /// The next text to be parsed, once there is room for it.
    fn take(&self) -> Option<usize> {
        let mut place = lock(&self.place);
        loop {
            let n = place.next;
            let text = self.texts.get(n)?;
            if !text.is_wanted() {
                place.next += 1;
            } else if text.end - self.texts[place.reading].end <= WINDOW || n == place.reading + 1 {
                place.next += 1;
                place.parsing = Some(n);
                return Some(n);
            } else {
                place = self.wait(place);
            }
        }
    }
}
