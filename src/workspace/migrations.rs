//! The order of a folder of migrations, as the framework that runs them has it.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// A file of a history that is to be folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    pub path: PathBuf,
    order: Key,
}

/// What migrations are sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// With a version in front: its numbers, then the name.
    Versioned(Vec<u128>, String),
    /// Without one, in the natural order of names.
    Named(Vec<Part>),
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

/// The files of the folder `root` that make up its history, in the order in which they run. `files` are all its SQL
/// files. A `sqitch.plan` in or above the folder says the order itself; `read` gives a file's text.
pub fn order(root: &Path, files: &[PathBuf], read: impl Fn(&Path) -> Option<String>) -> Vec<PathBuf> {
    if let Some(plan) = sqitch(root, files, &read) {
        return plan;
    }
    let mut migrations: Vec<Migration> = files.iter().filter_map(|path| migration(root, path)).collect();
    migrations.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.path.cmp(&b.path)));
    migrations.into_iter().map(|migration| migration.path).collect()
}

/// Whether a plan says which files run.
pub fn is_planned(root: &Path) -> bool {
    plans(root).any(|plan| plan.is_file())
}

fn plans(root: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    [Some(root), root.parent()].into_iter().flatten().map(|top| top.join("sqitch.plan"))
}

/// Whether a file's name says by a version that it runs by itself.
pub fn is_versioned(root: &Path, path: &Path) -> bool {
    migration(root, path).is_some_and(|migration| !matches!(migration.order, Key::Named(_)))
}

/// The migration that a file is; `None` for what takes one back.
fn migration(root: &Path, path: &Path) -> Option<Migration> {
    let file = path.file_name()?.to_str()?;
    let stem = file.strip_suffix(".sql")?;
    if stem == "down" || stem.ends_with(".down") || stem.ends_with("_down") && has_up(path, stem) {
        return None;
    }
    // Flyway: V1_2__name, U1_2__name (undo), R__name.
    if let Some((version, name)) = stem.split_once("__") {
        if let Some(numbers) = version.strip_prefix('V').and_then(dotted) {
            return Some(Migration { path: path.into(), order: Key::Versioned(numbers, name.into()) });
        }
        if version.strip_prefix('U').and_then(dotted).is_some() {
            return None;
        }
        if version == "R" {
            return Some(Migration { path: path.into(), order: Key::Repeatable(name.into()) });
        }
    }
    // Diesel (`2024-01-01-000000_name/up.sql`) and Prisma (`20240101000000_name/migration.sql`): the folder's name.
    let stem = stem.strip_suffix(".up").unwrap_or(stem);
    let name = match stem {
        "up" | "migration" => path.parent()?.file_name()?.to_str()?.to_owned(),
        _ => match path.parent().and_then(|parent| parent.strip_prefix(root).ok()) {
            Some(below) if below.components().next().is_some() => format!("{}/{stem}", below.to_str()?),
            _ => stem.to_owned(),
        },
    };
    let (numbers, rest) = leading_version(&name);
    let order = if numbers.is_empty() { Key::Named(natural(&name)) } else { Key::Versioned(numbers, rest) };
    Some(Migration { path: path.into(), order })
}

fn has_up(path: &Path, stem: &str) -> bool {
    let up = format!("{}_up.sql", stem.trim_end_matches("_down"));
    path.with_file_name(up).exists()
}

fn dotted(text: &str) -> Option<Vec<u128>> {
    text.split(['.', '_']).map(|part| part.parse().ok()).collect()
}

/// `2024-01-01-000000_name` → `[20240101000000]`; `0012_name` → `[12]`; `1.10_name` → `[1, 10]`.
fn leading_version(name: &str) -> (Vec<u128>, String) {
    let mut numbers = Vec::new();
    let mut rest = name;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            break;
        }
        let Ok(number) = rest[..digits].parse() else { break };
        numbers.push(number);
        rest = &rest[digits..];
        let more = rest.as_bytes();
        if more.len() > 1 && matches!(more[0], b'.' | b'-') && more[1].is_ascii_digit() {
            rest = &rest[1..];
        } else {
            break;
        }
    }
    (numbers, rest.to_owned())
}

fn natural(name: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let take =
            if digits > 0 { digits } else { rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()) };
        parts.push(match rest[..take].parse() {
            Ok(number) if digits > 0 => Part::Number(number),
            _ => Part::Text(rest[..take].to_owned()),
        });
        rest = &rest[take..];
    }
    parts
}

/// The deploy scripts in the order of a Sqitch plan.
fn sqitch(root: &Path, files: &[PathBuf], read: &impl Fn(&Path) -> Option<String>) -> Option<Vec<PathBuf>> {
    let (plan, top) = plans(root).find_map(|plan| {
        let text = plan.is_file().then(|| read(&plan)).flatten()?;
        Some((text, plan.parent()?.to_owned()))
    })?;
    let mut ordered = Vec::new();
    for line in plan.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['%', '#', '@']) {
            continue;
        }
        let Some(name) = line.split_whitespace().next() else { continue };
        let path = top.join("deploy").join(format!("{name}.sql"));
        if files.contains(&path) || path.is_file() {
            ordered.push(path);
        }
    }
    (!ordered.is_empty()).then_some(ordered)
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
mod tests {
    use super::*;

    fn ordered(names: &[&str]) -> Vec<String> {
        let root = Path::new("/m");
        let files: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
        let ordered = order(root, &files, |_| None);
        ordered.iter().map(|path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn frameworks_have_their_orders() {
        for (given, expected) in [
            (&["10_b.sql", "9_a.sql", "1_x.sql"][..], &["1_x.sql", "9_a.sql", "10_b.sql"][..]),
            (
                &["V1_10__b.sql", "R__z.sql", "V1_1__a.sql", "V2__c.sql", "U2__c.sql"],
                &["V1_1__a.sql", "V1_10__b.sql", "V2__c.sql", "R__z.sql"],
            ),
            (
                &["000002_b.up.sql", "000001_a.up.sql", "000001_a.down.sql"],
                &["000001_a.up.sql", "000002_b.up.sql"],
            ),
            (
                &["2024-02-01-000000_b/up.sql", "2024-01-01-000000_a/up.sql", "2024-01-01-000000_a/down.sql"],
                &["2024-01-01-000000_a/up.sql", "2024-02-01-000000_b/up.sql"],
            ),
            (
                &["20240201_b/migration.sql", "20240101_a/migration.sql"],
                &["20240101_a/migration.sql", "20240201_b/migration.sql"],
            ),
            (&["b10.sql", "b9.sql", "a.sql"], &["a.sql", "b9.sql", "b10.sql"]),
        ] {
            assert_eq!(ordered(given), expected);
        }
    }

    #[test]
    fn the_down_part_is_found() {
        assert_eq!(down_part("-- +goose Up\ncreate table t ();\n-- +goose Down\ndrop table t;"), Some(32));
        assert_eq!(down_part("create table t ();"), None);
    }
}
