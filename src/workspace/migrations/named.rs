//! What a file's name says of it, by framework.

use std::path::{Path, PathBuf};

use super::{Key, Part};
use crate::workspace::framework::Framework;

/// What a file is to its framework.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// It runs at this place; with its version as the framework writes it down.
    Runs(Key, String),
    /// It takes back the migration at this path, if there is one.
    Undoes(PathBuf),
    /// It takes back the migration of this version.
    Undone(Vec<u128>),
    /// The framework does not look at it.
    Apart,
}

pub(super) fn class(framework: Framework, root: &Path, path: &Path) -> Class {
    let Some(file) = path.file_name().and_then(|name| name.to_str()) else { return Class::Apart };
    let Some(stem) = file.strip_suffix(".sql").or_else(|| file.strip_suffix(".SQL")) else {
        return Class::Apart;
    };
    // Most frameworks read one folder, and not those in it.
    let is_direct = path.parent() == Some(root);
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("");
    match framework {
        Framework::Plain | Framework::Rails | Framework::Sqitch => plain(root, path, stem),
        // Without a journal.
        Framework::Drizzle if is_direct => plain(root, path, stem),
        Framework::GolangMigrate if is_direct => up_or_down(path, stem, true),
        Framework::Sqlx if is_direct => up_or_down(path, stem, false),
        Framework::Hasura if matches!(stem, "up" | "down") => in_folder(path, stem, |folder| {
            let (version, name) = folder.split_once('_')?;
            numbered(version, name)
        }),
        Framework::Hasura if is_direct => up_or_down(path, stem, true),
        // The dashes of `2024-01-31-120000_name` are no part of the version.
        Framework::Diesel => in_folder(path, stem, |folder| {
            let version = folder.split_once('_').map_or(folder, |(version, _)| version).replace('-', "");
            let number = version.parse().ok();
            let key = number.map_or_else(
                || Key::Text(version.clone()),
                |number| Key::Versioned(vec![number], String::new()),
            );
            Some(Class::Runs(key, version))
        }),
        Framework::Prisma | Framework::Drizzle if stem == "migration" => {
            Class::Runs(Key::Text(folder.to_owned()), folder.to_owned())
        }
        Framework::Goose | Framework::Tern if is_direct => {
            let of_stem = stem.split_once('_').and_then(|(version, name)| numbered(version, name));
            of_stem.unwrap_or(Class::Apart)
        }
        // Sorted as text, so `10_b.sql` runs before `9_a.sql`.
        // https://github.com/amacneil/dbmate/blob/main/pkg/dbmate/db.go
        Framework::Dbmate if is_direct => match leading_digits(stem) {
            "" => Class::Apart,
            version => Class::Runs(Key::Text(file.to_owned()), version.to_owned()),
        },
        Framework::Supabase if is_direct => match stem.split_once('_') {
            Some((version, _)) if is_number(version) => {
                Class::Runs(Key::Text(file.to_owned()), version.to_owned())
            }
            _ => Class::Apart,
        },
        Framework::Atlas if is_direct => {
            let version = stem.split_once('_').map_or(stem, |(version, _)| version);
            Class::Runs(Key::Text(file.to_owned()), version.to_owned())
        }
        Framework::SqlMigrate if is_direct => {
            let key = match leading_digits(stem).parse() {
                Ok(number) => Key::Versioned(vec![number], file.to_owned()),
                Err(_) => Key::Text(file.to_owned()),
            };
            Class::Runs(key, file.to_owned())
        }
        Framework::Flyway => flyway(stem).unwrap_or(Class::Apart),
        Framework::Refinery => stem
            .split_once("__")
            .and_then(|(version, name)| {
                let number: u128 = version.strip_prefix(['V', 'U'])?.parse().ok()?;
                Some(Class::Runs(Key::Versioned(vec![number], name.to_owned()), number.to_string()))
            })
            .unwrap_or(Class::Apart),
        // Without a changelog that includes others, by name.
        Framework::Liquibase => {
            let below = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
            Class::Runs(Key::Named(natural(&below)), String::new())
        }
        _ => Class::Apart,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn leading_digits(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_digit).count()]
}

fn numbered(version: &str, name: &str) -> Option<Class> {
    let number: u128 = is_number(version).then(|| version.parse().ok()).flatten()?;
    Some(Class::Runs(Key::Versioned(vec![number], name.to_owned()), number.to_string()))
}

/// `1_name.up.sql` and `1_name.down.sql`; with `pairs_only` there is no `1_name.sql`.
fn up_or_down(path: &Path, stem: &str, pairs_only: bool) -> Class {
    if let Some(name) = stem.strip_suffix(".down") {
        return Class::Undoes(path.with_file_name(format!("{name}.up.sql")));
    }
    let name = match stem.strip_suffix(".up") {
        Some(name) => name,
        None if pairs_only => return Class::Apart,
        None => stem,
    };
    name.split_once('_').and_then(|(version, name)| numbered(version, name)).unwrap_or(Class::Apart)
}

/// `folder/up.sql` and `folder/down.sql`.
fn in_folder(path: &Path, stem: &str, of: impl Fn(&str) -> Option<Class>) -> Class {
    match stem {
        "up" => {
            let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
            folder.and_then(of).unwrap_or(Class::Apart)
        }
        "down" => Class::Undoes(path.with_file_name("up.sql")),
        _ => Class::Apart,
    }
}

/// `V1_2__name`, `U1_2__name` (undo), `B5__name` (baseline), `R__name`. Dots and underscores separate a version's
/// numbers alike, and zeros at its end count for nothing.
fn flyway(stem: &str) -> Option<Class> {
    let (version, name) = stem.split_once("__")?;
    if version == "R" {
        return Some(Class::Runs(Key::Repeatable(name.to_owned()), name.replace('_', " ")));
    }
    let numbers = |letter: char| -> Option<Vec<u128>> {
        let mut numbers = dotted(version.strip_prefix(letter)?)?;
        while numbers.len() > 1 && numbers.last() == Some(&0) {
            numbers.pop();
        }
        Some(numbers)
    };
    let written = |numbers: &[u128]| {
        let words: Vec<String> = numbers.iter().map(u128::to_string).collect();
        words.join(".")
    };
    if let Some(numbers) = numbers('V') {
        let version = written(&numbers);
        return Some(Class::Runs(Key::Versioned(numbers, name.to_owned()), version));
    }
    if let Some(numbers) = numbers('B') {
        let version = written(&numbers);
        return Some(Class::Runs(Key::Base(numbers), version));
    }
    numbers('U').map(Class::Undone)
}

/// The order of a folder that no framework is known for: whatever the usual ones have in common.
fn plain(root: &Path, path: &Path, stem: &str) -> Class {
    for (back, forth) in [(".down", ".up"), ("_down", "_up"), ("down", "up")] {
        let Some(name) = stem.strip_suffix(back) else { continue };
        if back == "down" && !name.is_empty() {
            continue;
        }
        let up = path.with_file_name(format!("{name}{forth}.sql"));
        if back == "_down" && !up.exists() {
            continue;
        }
        let alone = path.with_file_name(format!("{name}.sql"));
        return Class::Undoes(if back == ".down" && alone.exists() { alone } else { up });
    }
    if let Some((version, _)) = stem.split_once("__")
        && (version == "R" || version.starts_with(['V', 'U', 'B']))
        && let Some(class) = flyway(stem)
    {
        return class;
    }
    // Diesel (`2024-01-01-000000_name/up.sql`) and Prisma (`20240101000000_name/migration.sql`): the folder's name.
    let stem = stem.strip_suffix(".up").unwrap_or(stem);
    let parent = path.parent();
    let text = |path: &Path| path.to_str().map(str::to_owned);
    let name = match stem {
        "up" | "migration" => parent.and_then(Path::file_name).and_then(|name| text(Path::new(name))),
        _ => match parent.and_then(|parent| parent.strip_prefix(root).ok()) {
            Some(below) if below.components().next().is_some() => {
                text(below).map(|below| format!("{below}/{stem}"))
            }
            _ => Some(stem.to_owned()),
        },
    };
    let Some(name) = name else { return Class::Apart };
    let (numbers, rest) = leading_version(&name);
    let version = leading_digits(&name).to_owned();
    let key = if numbers.is_empty() { Key::Named(natural(&name)) } else { Key::Versioned(numbers, rest) };
    Class::Runs(key, version)
}

fn dotted(text: &str) -> Option<Vec<u128>> {
    text.split(['.', '_']).map(|part| part.parse().ok()).collect()
}

/// `2024-01-01-000000_name` → `[2024, 1, 1, 0]`; `0012_name` → `[12]`; `1.10_name` → `[1, 10]`.
fn leading_version(name: &str) -> (Vec<u128>, String) {
    let mut numbers = Vec::new();
    let mut rest = name;
    loop {
        let digits = leading_digits(rest).len();
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

pub(super) fn natural(name: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = leading_digits(rest).len();
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
