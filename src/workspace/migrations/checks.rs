//! What is odd in the names of migrations: one version twice, a gap, an order that is not the numbers'.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Migration, Ordered};
use crate::ide::Severity;
use crate::ide::diagnostics::Note;
use crate::workspace::framework::Framework;

/// What these notes go by in the configuration.
pub const CODE: &str = "migration-order";

/// Versions from here on are dates and times, which have gaps.
const FIRST_DATE: u128 = 10_000_000;
/// A gap of more is no forgotten file.
const WIDEST_GAP: u128 = 3;

/// What is to be said of the files of a history.
pub fn check(root: &Path, framework: Framework, ordered: &Ordered) -> Vec<(PathBuf, Note)> {
    let history = History { root, framework, migrations: &ordered.migrations };
    let mut notes = Vec::new();
    history.twice(&mut notes);
    history.gaps(&mut notes);
    history.text_order(&mut notes);
    notes
}

struct History<'a> {
    root: &'a Path,
    framework: Framework,
    migrations: &'a [Migration],
}

type Notes = Vec<(PathBuf, Note)>;

impl History<'_> {
    fn name(&self, migration: &Migration) -> String {
        migration.path.strip_prefix(self.root).unwrap_or(&migration.path).to_string_lossy().into_owned()
    }

    fn say(&self, notes: &mut Notes, migration: &Migration, severity: Severity, message: String) {
        notes.push((migration.path.clone(), Note { code: CODE, severity, message }));
    }

    /// What two migrations must not have in common.
    fn identity(&self, migration: &Migration) -> Option<String> {
        match self.framework {
            Framework::Plain => {
                let name = migration.path.file_name()?.to_str()?;
                let is_alone = matches!(name, "up.sql" | "migration.sql")
                    || migration.path.parent().is_some_and(|folder| folder == self.root);
                let [number] = migration.numbers().filter(|_| is_alone)? else { return None };
                // Two of one day are no mistake.
                let is_day = (FIRST_DATE..FIRST_DATE * 10_000).contains(number);
                (!is_day).then(|| number.to_string())
            }
            Framework::Flyway => {
                let is_base = migration.is_base();
                let kind = if migration.numbers().is_some() { "" } else { "repeatable " };
                (!is_base).then(|| format!("{kind}{}", migration.version))
            }
            Framework::GolangMigrate
            | Framework::Goose
            | Framework::Dbmate
            | Framework::Tern
            | Framework::Diesel
            | Framework::Sqlx
            | Framework::Refinery
            | Framework::Supabase
            | Framework::Hasura
            | Framework::Atlas => Some(migration.version.clone()),
            _ => None,
        }
    }

    fn twice(&self, notes: &mut Notes) {
        let mut by_version: BTreeMap<String, Vec<&Migration>> = BTreeMap::new();
        for migration in self.migrations {
            if let Some(identity) = self.identity(migration).filter(|identity| !identity.is_empty()) {
                by_version.entry(identity).or_default().push(migration);
            }
        }
        for (version, same) in by_version.into_iter().filter(|(_, same)| same.len() > 1) {
            for migration in &same {
                let other = same.iter().find(|other| other.path != migration.path);
                let other = other.map(|other| self.name(other)).unwrap_or_default();
                let (severity, end) = match self.framework {
                    Framework::Plain => (
                        Severity::Information,
                        "which of them runs first depends on the framework".to_owned(),
                    ),
                    framework => {
                        (Severity::Warning, format!("{} runs one migration a version", framework.word()))
                    }
                };
                let message = format!("two migrations have the version {version}: also {other}; {end}");
                self.say(notes, migration, severity, message);
            }
        }
    }

    /// The number that a migration counts by; none for a date.
    fn number(&self, migration: &Migration) -> Option<u128> {
        let number = match (migration.numbers(), self.framework) {
            (Some([number]), _) => Some(*number),
            (None, Framework::Dbmate | Framework::Supabase | Framework::Atlas | Framework::Prisma) => {
                let version = &migration.version;
                let digits = version.bytes().take_while(u8::is_ascii_digit).count();
                version[..digits].parse().ok()
            }
            _ => None,
        };
        number.filter(|number| *number < FIRST_DATE)
    }

    fn gaps(&self, notes: &mut Notes) {
        let mut numbered: Vec<(u128, &Migration)> = self
            .migrations
            .iter()
            .filter_map(|migration| Some((self.number(migration)?, migration)))
            .collect();
        let all_are = numbered.len() == self.migrations.len();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.dedup_by_key(|(number, _)| *number);
        let steps = || numbered.windows(2).map(|pair| pair[1].0 - pair[0].0);
        let dense = steps().filter(|step| *step == 1).count() * 2 >= steps().count();
        if !dense || !all_are || numbered.len() < 3 {
            return;
        }
        for pair in numbered.windows(2) {
            let ((before, former), (after, migration)) = (pair[0], pair[1]);
            let missing = after - before - 1;
            if missing == 0 || missing > WIDEST_GAP {
                continue;
            }
            let what = match missing {
                1 => format!("there is no migration {}", before + 1),
                _ => format!("there are no migrations {} to {}", before + 1, after - 1),
            };
            let (severity, end) = match self.framework {
                // https://github.com/jackc/tern#migrations
                Framework::Tern => (Severity::Warning, "; tern runs none behind a gap"),
                _ => (Severity::Hint, ""),
            };
            let message = format!("{what} between {} and this one{end}", self.name(former));
            self.say(notes, migration, severity, message);
        }
    }

    /// Numbers that are compared as text, or may be.
    fn text_order(&self, notes: &mut Notes) {
        match self.framework {
            Framework::Dbmate | Framework::Supabase | Framework::Atlas | Framework::Prisma => {
                for pair in self.migrations.windows(2) {
                    let numbers = self.number(&pair[0]).zip(self.number(&pair[1]));
                    if numbers.is_none_or(|(one, other)| one <= other) {
                        continue;
                    }
                    let message = format!(
                        "{} compares names as text, so this one runs before {}",
                        self.framework.word(),
                        self.name(&pair[1])
                    );
                    self.say(notes, &pair[0], Severity::Warning, message);
                }
            }
            // An entry that is older than the last one that ran never runs.
            Framework::Drizzle => {
                for pair in self.migrations.windows(2) {
                    let times =
                        pair[0].version.parse::<u128>().ok().zip(pair[1].version.parse::<u128>().ok());
                    if times.is_some_and(|(one, other)| one >= other) {
                        let message = format!(
                            "meta/_journal.json has an earlier time for this migration than for {}, so drizzle skips it where that has run",
                            self.name(&pair[0])
                        );
                        self.say(notes, &pair[1], Severity::Warning, message);
                    }
                }
            }
            Framework::Plain => {
                let found = self.migrations.windows(2).find(|pair| {
                    let both = self.number(&pair[0]).zip(self.number(&pair[1]));
                    both.is_some_and(|(one, other)| one < other) && self.name(&pair[0]) > self.name(&pair[1])
                });
                if let Some([former, migration]) = found {
                    let message = format!(
                        "as text this name comes before {}, and some frameworks compare names as text",
                        self.name(former)
                    );
                    self.say(notes, migration, Severity::Hint, message);
                }
            }
            _ => {}
        }
    }
}
