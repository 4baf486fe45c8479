//! What a framework wrote into a database of the migrations that ran there, and which files these are.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha384};

use super::framework::Framework;
use super::migrations::Migration;

/// What a note on a migration that is not what ran goes by in the configuration.
pub const CHANGED: &str = "migration-changed";

/// The contents of a framework's table in a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    pub framework: Framework,
    /// In the order in which they were written.
    pub records: Vec<Record>,
}

/// A migration that ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    pub version: String,
    /// Its file, or what it is about.
    pub name: String,
    pub checksum: Option<String>,
    /// When it ran, in words.
    pub at: Option<String>,
    /// It failed, or was taken back.
    pub undone: bool,
    /// The database was taken as it was at this version, without running anything.
    pub is_baseline: bool,
}

/// Which files of a history ran, by their places in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The record of each that did; some frameworks have none for each file.
    pub files: Vec<Option<Option<Record>>>,
}

impl Progress {
    pub fn ran(&self, index: usize) -> bool {
        self.files.get(index).is_some_and(Option::is_some)
    }

    /// How many files ran, where no file did that stands behind one that did not.
    pub fn count(&self) -> Option<usize> {
        let count = self.files.iter().take_while(|file| file.is_some()).count();
        self.files[count..].iter().all(Option::is_none).then_some(count)
    }
}

/// Which of `migrations` ran; `None` where the tables do not tell. `read` gives a file's text.
pub fn progress(
    framework: Framework,
    migrations: &[Migration],
    tables: &[Ran],
    read: &dyn Fn(&Path) -> Option<String>,
) -> Option<Progress> {
    let records = &tables.iter().find(|ran| ran.framework == framework)?.records;
    let of = Table { framework, records };
    if of.is_unsure() {
        return None;
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut files = Vec::with_capacity(migrations.len());
    for migration in migrations {
        let nth = seen.entry(&migration.version).or_default();
        *nth += 1;
        files.push(match migration.version.as_str() {
            "" if framework != Framework::Liquibase => Some(None),
            "" => of.changesets(&migration.path, &read(&migration.path)?),
            _ => of.file(migration, *nth)?,
        });
    }
    Some(Progress { files })
}

struct Table<'a> {
    framework: Framework,
    records: &'a [Record],
}

type Found = Option<Option<Record>>;

impl Table<'_> {
    /// golang-migrate leaves the mark of a migration that failed half way.
    fn is_unsure(&self) -> bool {
        match self.framework {
            Framework::GolangMigrate => self.records.iter().any(|record| record.undone),
            Framework::Plain | Framework::Rails | Framework::Hasura => true,
            _ => false,
        }
    }

    /// Whether a file ran; `None` where it cannot be told. `nth` counts the files of its version.
    fn file(&self, migration: &Migration, nth: usize) -> Option<Found> {
        let done = || self.records.iter().filter(|record| !record.undone);
        let by_version = || done().find(|record| record.version == migration.version).cloned().map(Some);
        Some(match self.framework {
            // One number stands for all up to it.
            Framework::GolangMigrate | Framework::Tern => {
                let number: u128 = migration.version.parse().ok()?;
                let last = done().filter_map(|record| record.version.parse::<u128>().ok()).max();
                last.filter(|last| number <= *last).map(|_| None)
            }
            // Taking one back is a record too.
            Framework::Goose => {
                let mut records = self.records.iter().rev();
                let last = records.find(|record| record.version == migration.version);
                last.filter(|record| !record.undone).cloned().map(Some)
            }
            Framework::Flyway => self.flyway(migration),
            // Whatever is not newer than the newest that ran counts as run.
            Framework::Drizzle => {
                let when: u128 = migration.version.parse().ok()?;
                let last = done().filter_map(|record| record.version.parse::<u128>().ok()).max();
                let own = by_version();
                last.filter(|last| when <= *last).map(|_| own.flatten())
            }
            // A change that was reworked has a record for each time.
            Framework::Sqitch => {
                done().filter(|record| record.version == migration.version).nth(nth - 1).cloned().map(Some)
            }
            _ => by_version(),
        })
    }

    fn flyway(&self, migration: &Migration) -> Found {
        let numbers = |version: &str| -> Option<Vec<u128>> {
            let mut numbers: Vec<u128> =
                version.split(['.', '_']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
            while numbers.len() > 1 && numbers.last() == Some(&0) {
                numbers.pop();
            }
            Some(numbers)
        };
        let done = || self.records.iter().filter(|record| !record.undone);
        let Some(own) = migration.numbers() else {
            let is_it = |record: &&Record| record.version.is_empty() && record.name == migration.version;
            return done().rfind(is_it).cloned().map(Some);
        };
        // A base is not run where there is something already.
        if migration.is_base() && !self.records.is_empty() {
            return Some(None);
        }
        let is = |record: &Record| numbers(&record.version).is_some_and(|numbers| numbers == own);
        if let Some(record) = done().find(|record| !record.is_baseline && is(record)) {
            return Some(Some(record.clone()));
        }
        let is_before = |record: &&Record| numbers(&record.version).is_some_and(|numbers| *own <= *numbers);
        done().filter(|record| record.is_baseline).find(is_before).map(|_| None)
    }

    /// A file of changesets ran when all of them did.
    fn changesets(&self, path: &Path, text: &str) -> Found {
        let file = path.file_name()?.to_str()?;
        let mut records = Vec::new();
        for line in text.lines() {
            let Some(comment) = line.trim().strip_prefix("--") else { continue };
            let comment = comment.trim_start();
            let Some((word, rest)) = comment.split_once(char::is_whitespace) else { continue };
            if !word.eq_ignore_ascii_case("changeset") {
                continue;
            }
            let (author, id) = rest.split_whitespace().next()?.split_once(':')?;
            let version = format!("{author}:{id}");
            let mut done = self.records.iter().filter(|record| record.name.ends_with(file));
            records.push(done.find(|record| record.version == version)?.clone());
        }
        if records.is_empty() {
            // Without changesets of its own, a file is one of the changelog that names it.
            return self.records.iter().find(|record| record.name.ends_with(file)).cloned().map(Some);
        }
        records.pop().map(Some)
    }
}

/// Whether a file's text is not what ran; only where the framework keeps a checksum.
pub fn is_changed(framework: Framework, migration: &Migration, record: &Record, text: &str) -> bool {
    let Some(checksum) = record.checksum.as_deref().filter(|checksum| !checksum.is_empty()) else {
        return false;
    };
    match framework {
        // A repeatable one that changed is to run again, and that is what it is for.
        Framework::Flyway if migration.numbers().is_some() => {
            checksum.parse::<i32>().is_ok_and(|checksum| checksum != flyway_checksum(text))
        }
        Framework::Sqlx => checksum != hex(&Sha384::digest(text)),
        Framework::Prisma | Framework::Drizzle | Framework::SqlMigrate => {
            checksum.len() == 64 && !checksum.eq_ignore_ascii_case(&hex(&Sha256::digest(text)))
        }
        _ => false,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// CRC-32 of the lines without their ends and without a mark of byte order.
fn flyway_checksum(text: &str) -> i32 {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut crc = u32::MAX;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    (!crc).cast_signed()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::workspace::migrations::order;

    fn record(version: &str) -> Record {
        Record { version: version.to_owned(), ..Record::default() }
    }

    fn ran(framework: Framework, files: &[&str], records: Vec<Record>) -> Option<Vec<bool>> {
        let root = Path::new("/m");
        let files: Vec<PathBuf> = files.iter().map(|file| root.join(file)).collect();
        let ordered = order(root, &files, framework, &|_| None);
        let tables = [Ran { framework, records }];
        let progress = progress(framework, &ordered.migrations, &tables, &|_| None)?;
        Some(progress.files.iter().map(Option::is_some).collect())
    }

    #[test]
    fn a_table_tells_which_files_ran() {
        use Framework::*;
        let undone = |version: &str| Record { undone: true, ..record(version) };
        let files = ["1_a.sql", "2_b.sql", "3_c.sql"];
        let ups = ["1_a.up.sql", "2_b.up.sql", "3_c.up.sql"];
        assert_eq!(ran(GolangMigrate, &ups, vec![record("2")]), Some(vec![true, true, false]));
        assert_eq!(ran(GolangMigrate, &ups, vec![undone("2")]), None);
        assert_eq!(ran(Tern, &files, vec![record("1")]), Some(vec![true, false, false]));
        let goose = vec![record("0"), record("1"), record("2"), undone("2"), record("3")];
        assert_eq!(ran(Goose, &files, goose), Some(vec![true, false, true]));
        assert_eq!(ran(Dbmate, &files, vec![record("1"), record("3")]), Some(vec![true, false, true]));
        assert_eq!(ran(SqlMigrate, &files, vec![record("1_a.sql")]), Some(vec![true, false, false]));
        let flyway = ["R__v.sql", "V1_0__a.sql", "V1_1__b.sql", "V2__c.sql"];
        let base = Record { is_baseline: true, ..record("1") };
        let repeatable = Record { name: "v".into(), ..record("") };
        let records = vec![base, record("1.1"), repeatable];
        assert_eq!(ran(Flyway, &flyway, records), Some(vec![true, true, false, true]));
        assert_eq!(
            ran(Flyway, &flyway, vec![record("1"), undone("1.1")]),
            Some(vec![true, false, false, false])
        );
        assert_eq!(ran(Plain, &files, vec![record("1")]), None);
    }

    #[test]
    fn checksums_are_those_of_the_frameworks() {
        // The check values of the algorithms.
        assert_eq!(flyway_checksum("1234\r\n56789\n"), 0xcbf4_3926_u32.cast_signed());
        assert_eq!(
            hex(&Sha256::digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let root = Path::new("/m");
        let ordered = order(root, &[root.join("V1__a.sql")], Framework::Flyway, &|_| None);
        let checksum = Some(0xcbf4_3926_u32.cast_signed().to_string());
        let record = Record { checksum, ..record("1") };
        assert!(!is_changed(Framework::Flyway, &ordered.migrations[0], &record, "123456789"));
        assert!(is_changed(Framework::Flyway, &ordered.migrations[0], &record, "12345678"));
    }
}
