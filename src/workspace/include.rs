//! The files that `\i` and `\ir` name: where they are, and what is in them.
//!
//! psql counts `\i` from the folder it was started in, which no file says. The workspace's folder is the likeliest,
//! then the folders from the script's own upwards.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::snapshot::{Snapshot, lock};
use super::source;
use crate::analysis::timeline::{Files, Found};
use crate::syntax::Script;
use crate::syntax::psql::{self, Include};

/// Files as they were on disk when they were first asked for.
#[derive(Debug, Default)]
pub struct Disk {
    known: Mutex<HashMap<PathBuf, OnDisk>>,
}

#[derive(Clone, Debug)]
enum OnDisk {
    File(Arc<File>),
    Folder,
    Missing,
    /// It is there, and psql may be able to read it.
    Unreadable,
}

#[derive(Debug)]
struct File {
    script: Script,
    includes: OnceLock<Arc<[Include]>>,
}

impl Disk {
    /// The same files as they are now. Those whose texts are as they were stay the same.
    pub fn again(&self) -> Disk {
        let known = lock(&self.known).clone();
        let fresh = known.into_iter().map(|(path, known)| {
            let now = match (read(&path), known) {
                (OnDisk::File(now), OnDisk::File(known))
                    if now.script.document().rope() == known.script.document().rope() =>
                {
                    OnDisk::File(known)
                }
                (now, _) => now,
            };
            (path, now)
        });
        Disk { known: Mutex::new(fresh.collect()) }
    }

    fn get(&self, path: &Path) -> OnDisk {
        if let Some(known) = lock(&self.known).get(path) {
            return known.clone();
        }
        let found = read(path);
        lock(&self.known).entry(path.to_owned()).or_insert(found).clone()
    }
}

fn read(path: &Path) -> OnDisk {
    if path.is_dir() {
        return OnDisk::Folder;
    }
    let Ok(metadata) = path.metadata() else { return OnDisk::Missing };
    // A pipe or a device may never end, and standard input is the protocol's.
    if !metadata.is_file() {
        return OnDisk::Unreadable;
    }
    match source::read(path) {
        Ok(text) => {
            OnDisk::File(Arc::new(File { script: Script::from(text.as_str()), includes: OnceLock::new() }))
        }
        Err(_) => OnDisk::Unreadable,
    }
}

/// Finds files for the scripts of a workspace's folder.
pub struct Resolver<'a> {
    pub snapshot: &'a Snapshot,
    /// The workspace's folder, where there is one.
    pub root: Option<&'a Path>,
}

impl Files for Resolver<'_> {
    fn find(&self, path: &Path, include: &Include) -> Found {
        let Some(places) = places(path, include, self.root) else { return Found::Unknown };
        for place in places {
            if let Some(open) = self.snapshot.open_at(&place) {
                return match open.lost {
                    true => Found::Unknown,
                    false => Found::File(place.into(), open.script.clone()),
                };
            }
            match self.snapshot.disk.get(&place) {
                OnDisk::File(file) => return Found::File(place.into(), file.script.clone()),
                OnDisk::Folder => return Found::Refused("could not read from input file: Is a directory"),
                OnDisk::Unreadable => return Found::Unknown,
                OnDisk::Missing => {}
            }
        }
        // A place that a script counts from the root is one of the machine that it is for.
        match expanded(&include.path).is_none_or(|path| path.is_absolute()) {
            true => Found::Unknown,
            false => Found::Refused("No such file or directory"),
        }
    }
}

impl Resolver<'_> {
    /// The file that a link in the script at `path` leads to: where it is, or where it would be looked for.
    pub fn target(&self, path: &Path, include: &Include) -> Option<PathBuf> {
        match self.find(path, include) {
            Found::File(found, _) => Some(found.to_path_buf()),
            _ => {
                let beside = path.parent()?.join(expanded(&include.path)?);
                Some(normal(&beside))
            }
        }
    }

    /// The files that the script at `path` includes, and those in turn, without regard to conditions.
    pub fn reach(&self, path: &Path, includes: &[Include], found: &mut Vec<Arc<Path>>) {
        for include in includes {
            let Found::File(next, script) = self.find(path, include) else { continue };
            if found.contains(&next) {
                continue;
            }
            found.push(next.clone());
            let inner: Arc<[Include]> = match (self.snapshot.open_at(&next), self.snapshot.disk.get(&next)) {
                (None, OnDisk::File(file)) => {
                    file.includes.get_or_init(|| psql::includes(&file.script)).clone()
                }
                (Some(open), _) => open.includes(),
                _ => psql::includes(&script),
            };
            self.reach(&next, &inner, found);
        }
    }
}

/// Where psql may find the file; `None` where that cannot be told.
fn places(path: &Path, include: &Include, root: Option<&Path>) -> Option<Vec<PathBuf>> {
    // psql reads its input.
    if include.path == "-" {
        return None;
    }
    let named = expanded(&include.path)?;
    let folder = path.parent()?;
    if named.is_absolute() || include.is_relative {
        return Some(vec![normal(&folder.join(named))]);
    }
    let upwards = folder.ancestors().take_while(|above| root.is_none_or(|root| above.starts_with(root)));
    let mut places: Vec<PathBuf> =
        root.into_iter().chain(upwards).map(|from| normal(&from.join(&named))).collect();
    let mut seen = Vec::new();
    places.retain(|place| {
        !seen.contains(place) && {
            seen.push(place.clone());
            true
        }
    });
    Some(places)
}

/// The path with the user's home folder in the place of `~`; `None` for that of another user.
fn expanded(path: &str) -> Option<PathBuf> {
    match path.strip_prefix('~') {
        None => Some(path.into()),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
            Some(Path::new(&home).join(rest.trim_start_matches('/')))
        }
        Some(_) => None,
    }
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if normal.file_name().is_some() => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    #[test]
    fn a_file_is_looked_for_where_psql_may_have_been_started() {
        let include = |path: &str, is_relative| Include { path: path.into(), span: Span::at(0), is_relative };
        let at = |path: &str, is_relative, root: Option<&str>| {
            let places =
                places(Path::new("/w/db/sub/x.sql"), &include(path, is_relative), root.map(Path::new));
            places.map(|places| places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>())
        };
        let is = |places: &[&str]| Some(places.iter().map(|place| (*place).to_owned()).collect::<Vec<_>>());
        assert_eq!(at("a.sql", false, Some("/w")), is(&["/w/a.sql", "/w/db/sub/a.sql", "/w/db/a.sql"]));
        assert_eq!(at("../a.sql", true, Some("/w")), is(&["/w/db/a.sql"]));
        assert_eq!(at("/a.sql", false, Some("/w")), is(&["/a.sql"]));
        assert_eq!(at("./a.sql", false, None).unwrap().len(), 4);
        assert_eq!(at("-", false, None), None);
        assert_eq!(at("~other/a.sql", false, None), None);
    }
}
