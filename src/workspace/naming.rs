//! The name of a new migration, in the manner of those that are there.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The path of a new migration behind `files` (in order) in the folder `root`, for what `slug` says
/// (`add_orders_status_idx`).
pub fn next_migration(root: &Path, files: &[PathBuf], slug: &str, now: SystemTime) -> PathBuf {
    let Some(last) = files.last() else { return root.join(format!("0001_{slug}.sql")) };
    let file = last.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let folder = last.parent().unwrap_or(root);
    // Diesel and Prisma: a folder for each.
    if matches!(file, "up.sql" | "migration.sql") {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let parent = folder.parent().unwrap_or(root);
        return parent.join(next_name(name, slug, "_", now)).join(file);
    }
    if let Some(version) = file.strip_prefix('V')
        && file.contains("__")
    {
        let (version, _) = version.split_once("__").unwrap_or((version, ""));
        return folder.join(format!("V{}__{slug}.sql", bumped(version, now)));
    }
    let suffix = if file.ends_with(".up.sql") { ".up.sql" } else { ".sql" };
    let separator =
        file.trim_start_matches(|c: char| c.is_ascii_digit()).chars().next().filter(|c| "_-".contains(*c));
    let separator = separator.map_or_else(|| "_".to_owned(), String::from);
    folder.join(format!("{}{suffix}", next_name(file, slug, &separator, now)))
}

/// What a migration that must not run in a transaction begins with, in the framework that `last`, another migration's
/// text, was written for. CREATE INDEX CONCURRENTLY is such a one.
pub fn no_transaction_header(last: &str) -> &'static str {
    let has = |mark: &str| last.lines().any(|line| line.trim().to_lowercase().starts_with(mark));
    if has("-- +goose up") {
        "-- +goose NO TRANSACTION\n-- +goose Up\n"
    } else if has("-- migrate:up") {
        "-- migrate:up transaction:false\n"
    } else if has("-- +migrate up") {
        "-- +migrate Up notransaction\n"
    } else {
        ""
    }
}

fn next_name(last: &str, slug: &str, separator: &str, now: SystemTime) -> String {
    let version: String = last.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    let version = version.trim_end_matches('-');
    if version.is_empty() { slug.to_owned() } else { format!("{}{separator}{slug}", bumped(version, now)) }
}

/// The version behind `last`: the time for a time, the next number otherwise, as wide as it was.
fn bumped(last: &str, now: SystemTime) -> String {
    let digits: String = last.chars().filter(char::is_ascii_digit).collect();
    let time = timestamp(now);
    if digits.len() >= 12 {
        let time = &time[..digits.len().min(time.len())];
        // A clock behind the last migration's must not put the new one before it.
        let time = if *time > *digits { time.to_owned() } else { plus_one(&digits) };
        return shaped(last, &time);
    }
    let head = last.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |n| n + 1);
    format!("{}{}", &last[..head], plus_one(&last[head..]))
}

fn plus_one(digits: &str) -> String {
    let number: u128 = digits.parse().unwrap_or(0);
    format!("{:0width$}", number + 1, width = digits.len())
}

/// The digits of `time` with the separators that `like` has between its own.
fn shaped(like: &str, time: &str) -> String {
    let mut digits = time.chars();
    like.chars().map(|c| if c.is_ascii_digit() { digits.next().unwrap_or('0') } else { c }).collect()
}

/// `YYYYMMDDHHMMSS` in UTC.
fn timestamp(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01 in the Gregorian calendar, in eras of 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", time / 3600, time / 60 % 60, time % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_new_migration_is_named_like_the_others() {
        let now = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        for (last, next) in [
            ("m/0012_x.sql", "m/0013_add.sql"),
            ("m/000009_x.up.sql", "m/000010_add.up.sql"),
            ("m/20250102030405_x.sql", "m/20260102030405_add.sql"),
            ("m/20990102030405_x.sql", "m/20990102030406_add.sql"),
            ("m/2025-01-02-030405_x/up.sql", "m/2026-01-02-030405_add/up.sql"),
            ("m/20250102030405_x/migration.sql", "m/20260102030405_add/migration.sql"),
            ("m/V1_9__x.sql", "m/V1_10__add.sql"),
            ("m/7-x.sql", "m/8-add.sql"),
        ] {
            assert_eq!(next_migration(Path::new("m"), &[last.into()], "add", now), Path::new(next));
        }
        assert_eq!(next_migration(Path::new("m"), &[], "add", now), Path::new("m/0001_add.sql"));
    }
}
