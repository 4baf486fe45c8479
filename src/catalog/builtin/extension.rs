//! What extensions bring: a section of the facts for each, read when the extension is created.
//!
//! A section begins with `=` and the extension's name. Each line of it is for some versions of PostgreSQL: one with `+`
//! is the release that they have, the others are its objects, each its kind and the object as JSON (see `compact`). In
//! that `§;` stands for the schema of the extension, and `§cube;` for that of one that it requires.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use super::compact;
use super::table::Versions;
use crate::catalog::extension::Member;
use crate::catalog::model::Name;

/// The newest version of PostgreSQL that there are facts about.
const NEWEST: u32 = 18;

/// Where each extension's section is.
static SECTIONS: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let sections = include_str!("facts/extensions.tsv").split("\n=").filter_map(|section| {
        let section = section.trim_start_matches('=');
        section.split_once('\n')
    });
    sections.collect()
});

/// A release of an extension, which some versions of PostgreSQL create where none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub versions: Versions,
    pub version: &'static str,
    /// Where it has to be.
    pub schema: Option<&'static str>,
    pub relocatable: bool,
    pub requires: Vec<&'static str>,
    /// It is no part of PostgreSQL, so that a server may have another release.
    pub apart: bool,
    pub comment: &'static str,
}

/// What is known of an extension.
#[derive(Clone, Copy)]
pub struct BuiltinExtension {
    name: &'static str,
    section: &'static str,
}

/// The extension of that name.
pub(super) fn named(name: &str) -> Option<BuiltinExtension> {
    let (name, section) = SECTIONS.get_key_value(name)?;
    Some(BuiltinExtension { name, section })
}

/// The names of all that are known.
pub fn names() -> impl Iterator<Item = &'static str> {
    SECTIONS.keys().copied()
}

/// Whether any of them brings an object of that name.
pub fn brings(name: &str) -> bool {
    let member = format!("\"n\":\"{name}\"");
    SECTIONS.values().any(|section| section.contains(&member))
}

impl BuiltinExtension {
    fn lines(self) -> impl Iterator<Item = (Versions, &'static str, &'static str)> {
        self.section.lines().filter_map(|line| {
            let mut cells = line.splitn(3, '\t');
            Some((Versions::read(cells.next()?), cells.next()?, cells.next()?))
        })
    }

    /// The release that a version of PostgreSQL comes with, or else the newest.
    pub fn release(self, major: Option<u32>) -> Option<Release> {
        let releases = self.releases();
        let wanted = major.unwrap_or(NEWEST);
        let found = releases.iter().find(|release| release.versions.contain(wanted));
        found.or_else(|| releases.iter().max_by_key(|release| release.versions.until)).cloned()
    }

    /// All releases; read once, as every analysis asks for them.
    fn releases(self) -> Arc<[Release]> {
        static KNOWN: LazyLock<Mutex<HashMap<&'static str, Arc<[Release]>>>> = LazyLock::new(Mutex::default);
        if let Some(known) = KNOWN.lock().ok().and_then(|map| map.get(self.name).cloned()) {
            return known;
        }
        let releases = self.lines().filter(|(_, kind, _)| *kind == "+").map(|(versions, _, rest)| {
            let cells: Vec<&str> = rest.split('\t').collect();
            let [version, schema, relocatable, requires, apart, comment] = cells[..] else {
                panic!("{rest}")
            };
            Release {
                versions,
                version,
                schema: (!schema.is_empty()).then_some(schema),
                relocatable: relocatable == "t",
                requires: requires.split(',').filter(|name| !name.is_empty()).collect(),
                apart: apart == "t",
                comment,
            }
        });
        let releases: Arc<[Release]> = releases.collect();
        if let Ok(mut map) = KNOWN.lock() {
            map.insert(self.name, releases.clone());
        }
        releases
    }

    /// Its objects where the extensions that `schemas` names are in those schemas, it first. Without a version those of
    /// the newest, and what only older ones have; of a relation that is not the same in all, the columns are unknown.
    pub fn members(self, major: Option<u32>, schemas: &[(Name, Name)]) -> Arc<[Member]> {
        type Key = (&'static str, Option<u32>, Vec<(Name, Name)>);
        static KNOWN: LazyLock<Mutex<HashMap<Key, Arc<[Member]>>>> = LazyLock::new(Mutex::default);
        const MOST: usize = 64;
        let key = (self.name, major, schemas.to_vec());
        let known = |map: &HashMap<Key, Arc<[Member]>>| map.get(&key).cloned();
        if let Some(members) = KNOWN.lock().ok().and_then(|map| known(&map)) {
            return members;
        }
        let members = self.read(major, schemas);
        if let Ok(mut map) = KNOWN.lock() {
            if map.len() >= MOST {
                map.clear();
            }
            map.insert(key, members.clone());
        }
        members
    }

    fn read(self, major: Option<u32>, schemas: &[(Name, Name)]) -> Arc<[Member]> {
        let own = |kind: &&str| *kind != "+";
        let apart = self.release(major).is_some_and(|release| release.apart);
        let is_exact = |major: u32| !apart && self.lines().any(|(versions, _, _)| versions.contain(major));
        let reader = compact::Reader::new(self.name, major, schemas);
        if let Some(major) = major.filter(|major| is_exact(*major)) {
            let lines = self.lines().filter(|(versions, kind, _)| own(kind) && versions.contain(major));
            return lines.filter_map(|(_, kind, text)| reader.member(kind, text)).collect();
        }
        let mut newest: BTreeMap<String, (Versions, Member)> = BTreeMap::new();
        for (versions, kind, text) in self.lines().filter(|(_, kind, _)| own(kind)) {
            let Some(mut member) = reader.member(kind, text) else { continue };
            let title = member.title();
            let other = newest.get(&title);
            let is_newer = other.is_none_or(|(other, _)| {
                versions.until.is_none() || other.until.is_some() && other.until < versions.until
            });
            if let Member::Relation(relation) = &mut member
                && (apart || other.is_some())
            {
                Arc::make_mut(relation).unknown_columns = true;
            }
            if is_newer {
                newest.insert(title, (versions, member));
            }
        }
        newest.into_values().map(|(_, member)| member).collect()
    }
}
