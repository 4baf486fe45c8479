//! The order of a folder of migrations, as the framework that runs them has it.

pub mod checks;
mod liquibase;
mod named;
mod sqitch;

pub use liquibase::named_in as changelog_in;
pub use sqitch::deploy_folder as sqitch_deploy_folder;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::framework::Framework;

/// A file of a history that is to be folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    pub path: PathBuf,
    /// As the framework writes it down once it ran; empty where it has none.
    pub version: String,
    order: Key,
}

/// The files of a folder, as its framework sees them.
#[derive(Clone, Debug, Default)]
pub struct Ordered {
    /// What runs, in the order in which it does.
    pub migrations: Vec<Migration>,
    /// What takes a migration back, or tests it, with the migration.
    pub beside: HashMap<PathBuf, PathBuf>,
    /// What the framework does not run.
    pub apart: Vec<PathBuf>,
    /// A plan or a journal says what runs.
    pub planned: bool,
    /// Some of the history is no SQL, so what it makes is not known.
    pub opaque: bool,
}

/// What migrations are sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// The place in a plan.
    Place(usize),
    /// What stands for all versions up to its own.
    Base(Vec<u128>),
    /// With a version in front: its numbers, then the name.
    Versioned(Vec<u128>, String),
    /// Without one, in the natural order of names.
    Named(Vec<Part>),
    /// By the name's bytes.
    Text(String),
    /// Flyway's repeatable ones come behind all others.
    Repeatable(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Number(u128),
    Text(String),
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Part) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Part {
    fn cmp(&self, other: &Part) -> Ordering {
        match (self, other) {
            (Part::Number(a), Part::Number(b)) => a.cmp(b),
            (Part::Text(a), Part::Text(b)) => a.cmp(b),
            (Part::Number(_), Part::Text(_)) => Ordering::Less,
            (Part::Text(_), Part::Number(_)) => Ordering::Greater,
        }
    }
}

impl Migration {
    fn planned(path: PathBuf, place: usize, version: String) -> Migration {
        Migration { path, version, order: Key::Place(place) }
    }

    /// A file that runs before all others.
    pub fn base(path: PathBuf) -> Migration {
        Migration::planned(path, 0, String::new())
    }

    /// It stands for what older files of its framework came to.
    pub fn is_base(&self) -> bool {
        matches!(self.order, Key::Base(_))
    }

    /// The numbers of its version, where it has one.
    pub fn numbers(&self) -> Option<&[u128]> {
        match &self.order {
            Key::Versioned(numbers, _) | Key::Base(numbers) => Some(numbers),
            _ => None,
        }
    }
}

/// The files of the folder `root` in the order in which they run. `files` are all its SQL files, sorted; `read` gives a
/// file's text.
pub fn order(
    root: &Path,
    files: &[PathBuf],
    framework: Framework,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Ordered {
    let planned = match framework {
        Framework::Sqitch => sqitch::order(root, files, read),
        Framework::Drizzle => journal(root, files, read),
        Framework::Liquibase => liquibase::order(root, files, read),
        _ => None,
    };
    if let Some(mut planned) = planned {
        planned.planned = true;
        return planned;
    }
    let mut ordered = Ordered { opaque: has_code(root, framework), ..Ordered::default() };
    let mut undone = Vec::new();
    for path in files {
        match named::class(framework, root, path) {
            named::Class::Runs(order, version) => {
                ordered.migrations.push(Migration { path: path.clone(), version, order })
            }
            named::Class::Undoes(migration) => undone.push((path.clone(), migration)),
            named::Class::Undone(version) => {
                let is_it = |other: &&PathBuf| matches!(named::class(framework, root, other), named::Class::Runs(Key::Versioned(numbers, _), _) if numbers == version);
                match files.iter().find(is_it) {
                    Some(migration) => undone.push((path.clone(), migration.clone())),
                    None => ordered.apart.push(path.clone()),
                }
            }
            named::Class::Apart => ordered.apart.push(path.clone()),
        }
    }
    ordered.migrations.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.path.cmp(&b.path)));
    for (path, migration) in undone {
        match files.contains(&migration) {
            true => drop(ordered.beside.insert(path, migration)),
            false => ordered.apart.push(path),
        }
    }
    begin_at_base(&mut ordered, framework, read);
    ordered
}

/// A file that stands for all before it: a new database begins with the last one.
/// https://documentation.red-gate.com/fd/baseline-migrations-273973336.html
fn begin_at_base(ordered: &mut Ordered, framework: Framework, read: &dyn Fn(&Path) -> Option<String>) {
    match framework {
        Framework::Flyway => {
            let bases = ordered.migrations.iter().filter_map(|migration| match &migration.order {
                Key::Base(version) => Some(version.clone()),
                _ => None,
            });
            let Some(base) = bases.max() else { return };
            let (stays, goes) =
                std::mem::take(&mut ordered.migrations).into_iter().partition(|migration: &Migration| {
                    match &migration.order {
                        Key::Base(version) => *version == base,
                        Key::Versioned(version, _) => *version > base,
                        _ => true,
                    }
                });
            ordered.migrations = stays;
            ordered.apart.extend(goes.into_iter().map(|migration: Migration| migration.path));
        }
        Framework::Atlas => {
            let is_checkpoint = |migration: &Migration| {
                let text = read(&migration.path).unwrap_or_default();
                let mut comments = text.lines().take_while(|line| line.starts_with("--"));
                comments.any(|line| line.starts_with("-- atlas:checkpoint"))
            };
            if let Some(at) = ordered.migrations.iter().rposition(is_checkpoint) {
                let goes = ordered.migrations.drain(..at);
                ordered.apart.extend(goes.map(|migration| migration.path));
            }
        }
        _ => {}
    }
}

/// Whether the folder has migrations that are programs.
fn has_code(root: &Path, framework: Framework) -> bool {
    if !matches!(framework, Framework::Goose | Framework::Refinery) {
        return false;
    }
    let entries = std::fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.any(|name| match framework {
        Framework::Goose => {
            name.starts_with(|c: char| c.is_ascii_digit())
                && name.ends_with(".go")
                && !name.ends_with("_test.go")
        }
        _ => name.contains("__") && name.ends_with(".rs"),
    })
}

/// What Drizzle's journal names, in its order.
fn journal(root: &Path, files: &[PathBuf], read: &dyn Fn(&Path) -> Option<String>) -> Option<Ordered> {
    let path = root.join("meta/_journal.json");
    let text = path.is_file().then(|| read(&path)).flatten()?;
    let journal: serde_json::Value = serde_json::from_str(&text).ok()?;
    let mut entries: Vec<&serde_json::Value> = journal["entries"].as_array()?.iter().collect();
    entries.sort_by_key(|entry| entry["idx"].as_u64());
    let mut ordered = Ordered::default();
    for (place, entry) in entries.into_iter().enumerate() {
        let Some(tag) = entry["tag"].as_str() else { continue };
        let path = root.join(format!("{tag}.sql"));
        if files.contains(&path) {
            ordered.migrations.push(Migration::planned(path, place, entry["when"].to_string()));
        }
    }
    ordered.apart = left_over(files, &ordered.migrations);
    Some(ordered)
}

/// Which of `files` do not run.
fn left_over(files: &[PathBuf], migrations: &[Migration]) -> Vec<PathBuf> {
    let runs = |file: &&PathBuf| migrations.iter().any(|migration| migration.path == **file);
    files.iter().filter(|file| !runs(file)).cloned().collect()
}

/// Whether a file's name says by a version that it runs by itself.
pub fn is_versioned(root: &Path, path: &Path) -> bool {
    match named::class(Framework::Plain, root, path) {
        named::Class::Runs(order, _) => !matches!(order, Key::Named(_)),
        _ => false,
    }
}

/// Where the part of a migration begins that takes it back: the byte of the line that says so.
pub fn down_part(text: &str) -> Option<usize> {
    const MARKS: [&str; 4] =
        ["-- +goose down", "-- migrate:down", "-- +migrate down", "---- create above / drop below ----"];
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with("--") {
            let lower = trimmed.to_lowercase();
            if MARKS.iter().any(|mark| lower.starts_with(mark)) {
                return Some(start);
            }
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests;
