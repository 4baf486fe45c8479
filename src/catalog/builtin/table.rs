//! Tables of facts: rows sorted by name, each with the versions of PostgreSQL that have it.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::type_by_name;
use crate::catalog::types::TypeRef;

/// The major versions of PostgreSQL that have something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// `None` where the oldest version that is known here has it.
    pub since: Option<u8>,
    /// The last version that had it; `None` where the newest one still has.
    pub until: Option<u8>,
}

impl Versions {
    /// As the tables have it: `14-16`, `14-`, `-16` or nothing.
    pub(super) fn read(text: &str) -> Versions {
        let (since, until) = text.split_once('-').unwrap_or_default();
        Versions { since: since.parse().ok(), until: until.parse().ok() }
    }

    pub fn contain(self, major: u32) -> bool {
        self.since.is_none_or(|since| u32::from(since) <= major)
            && self.until.is_none_or(|until| major <= u32::from(until))
    }

    /// Whether the newest version has it.
    pub fn are_current(self) -> bool {
        self.until.is_none()
    }
}

/// A row of a table.
pub trait Fact: Sized {
    fn read(versions: Versions, cells: &[&'static str], types: &mut Types) -> Self;
    fn name(&self) -> &'static str;
    fn versions(&self) -> Versions;
}

/// Facts of one kind, found by name.
pub struct Table<T> {
    rows: Vec<T>,
    /// Which rows have a name: from the first on, and how many.
    places: FxHashMap<&'static str, (u32, u32)>,
}

impl<T: Fact> Table<T> {
    /// The rows of a text that is sorted by name, and of each name has first what the newest version has.
    pub(super) fn read(text: &'static str) -> Table<T> {
        let mut types = Types::default();
        let row = |line: &'static str| {
            let cells: Vec<&str> = line.split('\t').collect();
            T::read(Versions::read(cells[0]), &cells[1..], &mut types)
        };
        let rows: Vec<T> = text.lines().map(row).collect();
        let mut places = FxHashMap::default();
        let mut start = 0;
        for same in rows.chunk_by(|one, next| one.name() == next.name()) {
            places.insert(same[0].name(), (start, same.len() as u32));
            start += same.len() as u32;
        }
        Table { rows, places }
    }

    /// What any version has.
    pub fn all(&self) -> &[T] {
        &self.rows
    }

    /// What the newest version has.
    pub fn current(&self) -> impl Iterator<Item = &T> {
        self.rows.iter().filter(|row| row.versions().are_current())
    }

    /// What any version has under a name; what the newest one has comes first.
    pub fn named_in_any(&self, name: &str) -> &[T] {
        let Some((start, len)) = self.places.get(name) else { return &[] };
        &self.rows[*start as usize..][..*len as usize]
    }

    /// What the newest version has under a name.
    pub fn named(&self, name: &str) -> &[T] {
        let all = self.named_in_any(name);
        &all[..all.partition_point(|row| row.versions().are_current())]
    }

    /// Where names are unique: what the newest version has under this one.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.named(name).first()
    }

    /// Whether the newest version has something of that name.
    pub fn has(&self, name: &str) -> bool {
        !self.named(name).is_empty()
    }
}

/// The types that rows name, each made once.
#[derive(Default)]
pub struct Types(HashMap<&'static str, TypeRef>);

impl Types {
    pub(super) fn get(&mut self, name: &'static str) -> TypeRef {
        self.0.entry(name).or_insert_with(|| type_by_name(name)).clone()
    }

    pub(super) fn optional(&mut self, name: &'static str) -> Option<TypeRef> {
        (!name.is_empty()).then(|| self.get(name))
    }
}
