//! Parses by content, shared by all documents and bounded: each text is parsed at most once while it is kept.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use dashmap::DashMap;

use super::dialect::Dialect;
use super::statement::Parse;

/// How many bytes of statement text the cache keeps the trees of. A tree takes about 150 times its text.
const BOUND: usize = 384 << 10;

/// The parses of statements, found by their text.
#[derive(Debug)]
pub struct ParseCache {
    /// By text; nearly always in one dialect.
    parses: DashMap<Arc<str>, Vec<Arc<Parse>>>,
    /// The texts in the order they came, for the oldest to go first, and their bytes together.
    order: Mutex<(VecDeque<Arc<str>>, usize)>,
    bound: usize,
    /// The newest text that is too large for the others' company: a quote that is being typed swallows the rest of its
    /// file for a moment, and must not take the trees of all statements with it.
    large: Mutex<Option<Arc<Parse>>>,
    parsed: AtomicU64,
}

impl Default for ParseCache {
    fn default() -> ParseCache {
        ParseCache::with_bound(BOUND)
    }
}

impl ParseCache {
    pub fn with_bound(bytes: usize) -> ParseCache {
        ParseCache {
            parses: DashMap::new(),
            order: Mutex::default(),
            bound: bytes,
            large: Mutex::default(),
            parsed: AtomicU64::new(0),
        }
    }

    pub fn parse(&self, text: &str, dialect: Dialect) -> Arc<Parse> {
        if text.len() > self.bound / 4 {
            return self.parse_large(text, dialect);
        }
        if let Some(parses) = self.parses.get(text)
            && let Some(parse) = parses.iter().find(|parse| parse.dialect == dialect)
        {
            return parse.clone();
        }
        let parse = Arc::new(Parse::new(text, dialect));
        self.parsed.fetch_add(1, Ordering::Relaxed);
        let mut order = self.order.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let is_new = {
            let mut parses = self.parses.entry(parse.text.clone()).or_default();
            let is_new = parses.is_empty();
            parses.retain(|other| other.dialect != dialect);
            parses.push(parse.clone());
            is_new
        };
        if is_new {
            order.0.push_back(parse.text.clone());
            order.1 += text.len();
            while order.1 > self.bound {
                let Some(oldest) = order.0.pop_front() else { break };
                order.1 -= oldest.len();
                self.parses.remove(&oldest);
            }
        }
        parse
    }

    fn parse_large(&self, text: &str, dialect: Dialect) -> Arc<Parse> {
        let lock = || self.large.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let is_it = |parse: &&Arc<Parse>| parse.dialect == dialect && *parse.text == *text;
        if let Some(parse) = lock().as_ref().filter(is_it) {
            return parse.clone();
        }
        let parse = Arc::new(Parse::new(text, dialect));
        self.parsed.fetch_add(1, Ordering::Relaxed);
        *lock() = Some(parse.clone());
        parse
    }

    /// How many texts were parsed so far.
    pub fn parsed(&self) -> u64 {
        self.parsed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_once_and_the_oldest_goes() {
        let cache = ParseCache::with_bound(40);
        let first = cache.parse("select 1", Dialect::UNKNOWN);
        assert!(Arc::ptr_eq(&first, &cache.parse("select 1", Dialect::UNKNOWN)));
        assert_eq!(cache.parsed(), 1);
        for text in ["select 2", "select 3", "select 4", "select 5"] {
            cache.parse(text, Dialect::UNKNOWN);
        }
        assert_eq!((cache.parses.len(), cache.parsed()), (5, 5));
        cache.parse("select 6", Dialect::UNKNOWN);
        cache.parse("select 1", Dialect::UNKNOWN);
        assert_eq!((cache.parses.len(), cache.parsed()), (5, 7));
        // A large one drives no other out.
        let large = "select 1234567";
        cache.parse(large, Dialect::UNKNOWN);
        cache.parse(large, Dialect::UNKNOWN);
        assert_eq!((cache.parses.len(), cache.parsed()), (5, 8));
    }
}
