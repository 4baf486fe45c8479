//! The files that psql's `\i` and `\ir` name: where they are looked for, and their texts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use crate::syntax::Script;
use crate::syntax::psql::Include;

/// Where the file may be that a script in the workspace folder `root` includes, the likeliest first. psql counts `\i`
/// from where it was started: most often the workspace's folder, or one between it and the script's.
pub fn candidates(include: &Include, script: &Path, root: Option<&Path>) -> Vec<PathBuf> {
    let Some(folder) = script.parent() else { return Vec::new() };
    if include.is_relative || Path::new(&include.path).is_absolute() {
        return vec![clean(&folder.join(&include.path))];
    }
    let mut folders: Vec<&Path> = root.into_iter().collect();
    folders.extend(folder.ancestors().take_while(|folder| root.is_some_and(|root| *folder != root)));
    if root.is_none() {
        folders.push(folder);
    }
    folders.iter().map(|folder| clean(&folder.join(&include.path))).collect()
}

/// Without `.` and `..`, as far as a path can tell.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if cleaned.file_name().is_some() => {
                cleaned.pop();
            }
            part => cleaned.push(part),
        }
    }
    cleaned
}

/// Texts of files that are in no history and not open, as they were when they were read.
#[derive(Debug, Default)]
pub struct Texts(Mutex<HashMap<PathBuf, Text>>);

#[derive(Debug)]
struct Text {
    changed: Option<SystemTime>,
    len: u64,
    /// `None` of what is no text.
    script: Option<Script>,
}

/// What a path leads to.
pub enum Read {
    Nothing,
    Folder,
    /// It is there, but it is no text or cannot be read.
    Unreadable,
    File(Script),
}

impl Texts {
    /// The file at `path`, read again if it has changed.
    pub fn read(&self, path: &Path) -> Read {
        let Ok(metadata) = path.metadata() else { return Read::Nothing };
        if metadata.is_dir() {
            return Read::Folder;
        }
        // A pipe or a device may never end, and standard input is the protocol's.
        if !metadata.is_file() {
            return Read::Unreadable;
        }
        let (changed, len) = (metadata.modified().ok(), metadata.len());
        let mut texts = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = texts.get(path).filter(|text| text.changed == changed && text.len == len);
        let script = match known {
            Some(known) => known.script.clone(),
            None => {
                let script = super::source::read(path).ok().map(|text| Script::from(text.as_str()));
                texts.insert(path.to_owned(), Text { changed, len, script: script.clone() });
                script
            }
        };
        script.map_or(Read::Unreadable, Read::File)
    }
}

/// The files that the scripts of a history include: they are no steps of their own.
pub fn included(scripts: &[(&Path, &Script)], root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (path, script) in scripts {
        for include in crate::syntax::psql::includes(script) {
            let names = candidates(&include, path, Some(root));
            let there = names.into_iter().find(|name| name.exists());
            found.extend(there.filter(|name| name != path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_looked_for_where_psql_may_have_been_started() {
        let named = |path: &str, is_relative| Include {
            path: path.into(),
            span: crate::text::Span::at(0),
            is_relative,
        };
        let found = |include: Include, root: Option<&str>| {
            let found = candidates(&include, Path::new("/w/db/sql/all.sql"), root.map(Path::new));
            found.iter().map(|path| path.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found(named("a.sql", false), Some("/w")), ["/w/a.sql", "/w/db/sql/a.sql", "/w/db/a.sql"]);
        assert_eq!(found(named("../a.sql", true), Some("/w")), ["/w/db/a.sql"]);
        assert_eq!(found(named("./a.sql", false), None), ["/w/db/sql/a.sql"]);
        assert_eq!(found(named("/a.sql", false), Some("/w")), ["/a.sql"]);
    }
}
