//! Random histories of DDL, run on a real server and folded: what each statement comes to, and what is there in the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pgwright::analysis::timeline::{Means, Timeline, Work};
use pgwright::catalog::{Catalog, diff};
use pgwright::syntax::{Dialect, ParseCache, Script};

use super::{Reader, comparable, verdict};

const STATEMENTS: usize = 14;

#[test]
fn random_histories_on_postgresql_15() {
    compare(15, 1..401, Random::history);
}

#[test]
fn random_histories_on_postgresql_18() {
    compare(18, 1000..1000 + number(), Random::history);
}

/// How many histories are made; more of them on demand.
fn number() -> u64 {
    std::env::var("PGWRIGHT_HISTORIES").ok().and_then(|number| number.parse().ok()).unwrap_or(2000)
}

/// Runs histories that `make` makes of each seed for a version.
pub fn compare(major: u32, seeds: std::ops::Range<u64>, make: fn(&mut Random, u32) -> Vec<String>) {
    let server = Server::start(major);
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    let (mut rejected, mut found, mut unsure, mut failed) = (0, 0, 0, 0);
    let mut missed: BTreeMap<String, String> = BTreeMap::new();
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let history = make(&mut Random::new(seed), major);
        let seen = server.run(&history);
        rejected += seen.rejected;
        found += seen.found;
        unsure += usize::from(seen.unsure);
        missed.extend(seen.missed.iter().map(|one| (kind(one), one.clone())));
        let Some(kind) = seen.problems.first().map(|problem| kind(problem)) else { continue };
        failed += 1;
        // One of a kind is enough to be shown.
        if failures.len() < MOST_SHOWN && !failures.contains_key(&kind) {
            let smaller = shrink(&server, history);
            // What is not to be seen again has to do with what was there before.
            let again = server.run(&smaller).problems;
            let problems = if again.is_empty() { seen.problems } else { again };
            failures.insert(kind, format!("{}\n  {}", smaller.join(";\n") + ";", problems.join("\n  ")));
        }
    }
    assert!(
        found * 100 >= rejected * 99,
        "{found} of {rejected} rejected statements were found:\n{}",
        missed.into_values().take(MOST_SHOWN).collect::<Vec<_>>().join("\n")
    );
    assert_eq!(unsure, 0, "histories in which the fold does not know what is there");
    println!("PostgreSQL {major}: {found} of {rejected} rejected statements of {count} histories found");
    let shown: Vec<String> = failures.into_values().collect();
    assert!(
        failed == 0,
        "{failed} of {count} histories differ on PostgreSQL {major}:\n{}",
        shown.join("\n\n")
    );
}

/// How many failures are shown, each of another kind.
const MOST_SHOWN: usize = 30;

/// A problem without the names in it.
fn kind(problem: &str) -> String {
    let words = problem.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| word.len() > 2).collect::<Vec<_>>().join(" ")
}

/// Leaves out what is not needed for a history to have problems.
fn shrink(server: &Server, mut history: Vec<String>) -> Vec<String> {
    let mut at = history.len();
    while at > 0 {
        at -= 1;
        let removed = history.remove(at);
        if server.run(&history).problems.is_empty() {
            history.insert(at, removed);
        }
    }
    history
}

/// What came of a history.
#[derive(Default)]
struct Seen {
    problems: Vec<String>,
    /// Errors that were not found, or told in other words.
    missed: Vec<String>,
    rejected: usize,
    found: usize,
    /// The fold does not know all that is there.
    unsure: bool,
}

struct Server {
    major: u32,
    server: verdict::Server,
    reader: Reader,
}

impl Server {
    fn start(major: u32) -> Server {
        let server = verdict::Server::start(major);
        let reader = Reader::new(server.url());
        // Tests of one version share its server, and roles are the server's.
        let made = server.run("CREATE ROLE reader");
        assert!(made.is_none_or(|verdict| ["42710", "23505"].contains(&verdict.sqlstate.as_str())));
        Server { major, server, reader }
    }

    fn run(&self, history: &[String]) -> Seen {
        let afresh = "SET client_min_messages = error; DROP SCHEMA IF EXISTS public, s, r CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC";
        assert_eq!(self.server.run(afresh), None);
        let mut start = Catalog::default();
        start.server_version = Some(self.major * 10_000);
        let (mut catalog, mut seen) = (Arc::new(start), Seen::default());
        for statement in history {
            let (own, after) = own_verdict(statement, &catalog);
            let theirs = self.server.run(statement).map(|verdict| (verdict.sqlstate, verdict.message));
            seen.rejected += usize::from(theirs.is_some());
            seen.found += usize::from(theirs.is_some() && own == theirs);
            if theirs.is_some() && own != theirs {
                seen.missed.push(format!("{statement}: {own:?} instead of {theirs:?}"));
            }
            // What is not found costs a user little; what is said must be right. Messages are those of PostgreSQL 18.
            let is_wrong = match (&own, &theirs) {
                (Some(own), Some(theirs)) => own.0 != theirs.0 || self.major == 18 && own != theirs,
                (own, _) => own.is_some(),
            };
            if is_wrong {
                seen.problems.push(format!("{statement}: {own:?} instead of {theirs:?}"));
            }
            // What a rejected statement would have made is unknown in a history, and not there on a server.
            if theirs.is_none() {
                catalog = after;
            }
        }
        // A statement's error is told before its locks are gone, and nobody reads what is locked.
        assert_eq!(self.server.run("SELECT"), None);
        seen.unsure = catalog.unknown_names;
        if !seen.unsure {
            let real = comparable(self.reader.read());
            seen.problems.extend(diff::diff(&comparable((*catalog).clone()), &real));
        }
        seen
    }
}

/// What is said of a statement, and the catalog behind it.
fn own_verdict(statement: &str, catalog: &Arc<Catalog>) -> (Option<(String, String)>, Arc<Catalog>) {
    let (cache, work, cancelled) = (ParseCache::default(), Work::default(), AtomicBool::new(false));
    let means =
        Means { cache: &cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    let timeline = Timeline::update(None, &Script::from(statement), catalog, None, &means).unwrap();
    let first = timeline.diagnostics().into_iter().next();
    (first.map(|first| (first.sqlstate.to_owned(), first.message)), timeline.head.clone())
}

/// A generator of numbers, the same for the same seed (SplitMix64).
pub struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    pub fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    pub fn maybe(&mut self, text: &str) -> String {
        if self.below(3) == 0 { text.to_owned() } else { String::new() }
    }

    fn history(&mut self, _: u32) -> Vec<String> {
        let function = "CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'";
        let mut history = vec![function.to_owned(), self.create_table(), self.create_table()];
        while history.len() < STATEMENTS {
            let statement = self.statement();
            history.push(statement);
        }
        history
    }

    fn table(&mut self) -> &'static str {
        self.of(&["a", "b", "c", "a", "b", "s.a"])
    }

    fn view(&mut self) -> &'static str {
        self.of(&["v", "w"])
    }

    fn column(&mut self) -> &'static str {
        self.of(&["id", "x", "y", "z"])
    }

    fn type_name(&mut self) -> &'static str {
        self.of(&[
            "int",
            "text",
            "bigint",
            "numeric(10, 2)",
            "mood",
            "positive",
            "varchar(20)",
            "int[]",
            "timestamptz",
        ])
    }

    fn constraint(&mut self) -> String {
        let column = self.column();
        let name = match self.below(3) {
            0 => format!("CONSTRAINT {} ", self.of(&["k1", "k2", "a_x_check"])),
            _ => String::new(),
        };
        let rest = match self.below(5) {
            0 => format!("UNIQUE ({column})"),
            1 => format!("CHECK ({column} IS NOT NULL)"),
            2 => format!("PRIMARY KEY ({column})"),
            3 => format!(
                "FOREIGN KEY ({column}) REFERENCES {} {}",
                self.table(),
                self.of(&["", "(id)", "ON DELETE CASCADE"])
            ),
            _ => format!("UNIQUE ({column}, {})", self.of(&["id", "z"])),
        };
        format!("{name}{rest}")
    }

    fn column_definition(&mut self, name: &str) -> String {
        let ty = self.type_name();
        let rest = self.of(&["", "", "NOT NULL", "UNIQUE", "CHECK (true)", "DEFAULT NULL", "PRIMARY KEY"]);
        format!("{name} {ty} {rest}").trim_end().to_owned()
    }

    fn create_table(&mut self) -> String {
        let table = self.table();
        if self.below(8) == 0 {
            let parent = self.table();
            return match self.below(3) {
                0 => format!("CREATE TABLE {table} () INHERITS ({parent})"),
                1 => format!("CREATE TABLE {table} (LIKE {parent} INCLUDING ALL)"),
                _ => format!("CREATE TABLE {table} AS SELECT * FROM {parent}"),
            };
        }
        let mut parts = vec![match self.below(3) {
            0 => "id bigserial PRIMARY KEY".to_owned(),
            1 => "id int GENERATED ALWAYS AS IDENTITY".to_owned(),
            _ => "id int".to_owned(),
        }];
        for name in ["x", "y"] {
            if self.below(4) > 0 {
                parts.push(self.column_definition(name));
            }
        }
        if self.below(3) == 0 {
            parts.push(self.constraint());
        }
        format!("CREATE TABLE {}{table} ({})", self.maybe("IF NOT EXISTS "), parts.join(", "))
    }

    fn alter_table(&mut self) -> String {
        let table = self.table();
        let (column, other) = (self.column(), self.column());
        let action = match self.below(16) {
            0 | 1 => format!("ADD COLUMN {}{}", self.maybe("IF NOT EXISTS "), self.column_definition(column)),
            2 => format!("DROP COLUMN {column}{}", self.maybe(" CASCADE")),
            3 => format!("DROP COLUMN IF EXISTS {column} CASCADE"),
            4 | 5 => format!("RENAME COLUMN {column} TO {other}"),
            6 => format!("ADD {}", self.constraint()),
            7 => format!(
                "DROP CONSTRAINT {}{}",
                self.maybe("IF EXISTS "),
                self.of(&["k1", "a_pkey", "a_x_check", "b_x_key"])
            ),
            8 => format!("ALTER COLUMN {column} SET NOT NULL"),
            9 => format!("ALTER COLUMN {column} DROP NOT NULL"),
            10 => format!("ALTER COLUMN {column} SET DEFAULT NULL"),
            11 => format!("ALTER COLUMN {column} DROP DEFAULT"),
            12 => format!("RENAME TO {}", self.of(&["a", "b", "c", "d"])),
            13 => format!("SET SCHEMA {}", self.of(&["s", "public"])),
            14 if self.below(2) == 0 => format!("ALTER COLUMN {column} ADD GENERATED ALWAYS AS IDENTITY"),
            14 => format!("ALTER COLUMN {column} TYPE text"),
            _ => format!(
                "RENAME CONSTRAINT {} TO {}",
                self.of(&["k1", "a_pkey", "a_x_check"]),
                self.of(&["k2", "a_pkey"])
            ),
        };
        format!("ALTER TABLE {}{table} {action}", self.maybe("IF EXISTS "))
    }

    /// A statement about what belongs to a table and is made by itself.
    fn part(&mut self) -> String {
        let (table, column) = (self.table(), self.column());
        match self.below(20) {
            0 | 1 => format!(
                "CREATE POLICY {} ON {table} {} USING ({column} IS NOT NULL)",
                self.of(&["l", "m"]),
                self.of(&["", "FOR SELECT", "TO reader"])
            ),
            2 => format!("DROP POLICY {}{} ON {table}", self.maybe("IF EXISTS "), self.of(&["l", "m"])),
            3 => format!("ALTER POLICY l ON {table} RENAME TO m"),
            4 => {
                format!("ALTER TABLE {table} {} ROW LEVEL SECURITY", self.of(&["ENABLE", "DISABLE", "FORCE"]))
            }
            5 | 6 => format!("CREATE STATISTICS {} ON {column}, id FROM {table}", self.of(&["n", "o"])),
            7 => self
                .of(&[
                    "DROP STATISTICS n",
                    "ALTER STATISTICS n RENAME TO o",
                    "ALTER STATISTICS o SET STATISTICS 5",
                ])
                .to_owned(),
            8 | 9 => format!(
                "CREATE TRIGGER {} {} UPDATE{} ON {table} FOR EACH ROW EXECUTE FUNCTION fires()",
                self.of(&["t", "u"]),
                self.of(&["BEFORE", "AFTER"]),
                self.of(&["", " OF x", " OF id"]),
            ),
            10 => format!("DROP TRIGGER {}t ON {table}", self.maybe("IF EXISTS ")),
            11 => format!("ALTER TRIGGER t ON {table} RENAME TO u"),
            12 => {
                format!("ALTER TABLE {table} {} TRIGGER t", self.of(&["DISABLE", "ENABLE", "ENABLE ALWAYS"]))
            }
            13 | 14 => format!(
                "GRANT {} ON {table} TO reader",
                self.of(&["SELECT", "ALL", "UPDATE (x)", "INSERT, DELETE"])
            ),
            15 => format!("REVOKE {} ON {table} FROM reader", self.of(&["SELECT", "ALL", "UPDATE (x)"])),
            16 => format!(
                "COMMENT ON {} IS 'a comment'",
                match self.below(3) {
                    0 => format!("CONSTRAINT k1 ON {table}"),
                    1 => format!("TRIGGER t ON {table}"),
                    _ => "INDEX i".to_owned(),
                }
            ),
            17 => format!(
                "ALTER TABLE {table} {}",
                self.of(&[
                    "REPLICA IDENTITY FULL",
                    "SET (fillfactor = 70)",
                    "RESET (fillfactor)",
                    "CLUSTER ON i",
                    "SET WITHOUT CLUSTER",
                ])
            ),
            18 => format!("ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 10"),
            _ => self
                .of(&[
                    "CREATE RULE g AS ON DELETE TO a DO ALSO NOTHING",
                    "CREATE OR REPLACE RULE g AS ON DELETE TO a DO INSTEAD NOTHING",
                    "DROP RULE g ON a",
                    "ALTER RULE g ON a RENAME TO h",
                    "ALTER TABLE a DISABLE RULE g",
                ])
                .to_owned(),
        }
    }

    fn statement(&mut self) -> String {
        match self.below(29) {
            24.. => self.part(),
            0..=3 => self.create_table(),
            4..=10 => self.alter_table(),
            11 => {
                format!("DROP TABLE {}{}{}", self.maybe("IF EXISTS "), self.table(), self.maybe(" CASCADE"))
            }
            12 => format!(
                "CREATE {}INDEX {}ON {} ({})",
                self.maybe("UNIQUE "),
                self.of(&["", "i ", "j "]),
                self.table(),
                self.of(&["id", "x", "y", "id, x", "lower(x::text)"])
            ),
            13 => match self.below(2) {
                0 => {
                    format!("DROP INDEX {}{}", self.maybe("IF EXISTS "), self.of(&["i", "a_pkey", "b_x_idx"]))
                }
                _ => format!(
                    "ALTER INDEX {} RENAME TO {}",
                    self.of(&["i", "j", "a_pkey"]),
                    self.of(&["i", "j", "a"])
                ),
            },
            14 => format!(
                "CREATE {}VIEW {} AS SELECT {} FROM {}",
                self.maybe("OR REPLACE "),
                self.view(),
                self.of(&["*", "id", "id, x", "x AS id"]),
                self.of(&["a", "b", "v", "s.a"])
            ),
            15 => match self.below(2) {
                0 => format!("DROP VIEW {}{}", self.view(), self.maybe(" CASCADE")),
                _ => format!("ALTER VIEW {} RENAME TO {}", self.view(), self.of(&["w", "v", "a"])),
            },
            16 => self
                .of(&[
                    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
                    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
                    "ALTER TYPE mood ADD VALUE 'happy'",
                    "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok'",
                    "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
                    "ALTER TYPE mood RENAME TO a",
                    "DROP TYPE mood",
                    "DROP TYPE IF EXISTS mood CASCADE",
                ])
                .to_owned(),
            17 => self
                .of(&[
                    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
                    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
                    "ALTER DOMAIN positive SET NOT NULL",
                    "ALTER DOMAIN positive ADD CHECK (VALUE < 9)",
                    "ALTER DOMAIN positive DROP CONSTRAINT positive_check",
                    "DROP DOMAIN positive",
                    "DROP DOMAIN IF EXISTS positive CASCADE",
                ])
                .to_owned(),
            18 => self
                .of(&[
                    "CREATE SCHEMA s",
                    "CREATE SCHEMA s",
                    "CREATE SCHEMA IF NOT EXISTS s",
                    "DROP SCHEMA s",
                    "DROP SCHEMA IF EXISTS s CASCADE",
                    "ALTER SCHEMA s RENAME TO r",
                ])
                .to_owned(),
            19 => self
                .of(&[
                    "CREATE SEQUENCE q",
                    "CREATE SEQUENCE IF NOT EXISTS q",
                    "DROP SEQUENCE q",
                    "ALTER SEQUENCE q RENAME TO a_id_seq",
                    "ALTER SEQUENCE q OWNED BY a.id",
                    "DROP SEQUENCE a_id_seq CASCADE",
                ])
                .to_owned(),
            20 => self
                .of(&[
                    "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                    "CREATE OR REPLACE FUNCTION f(int) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$",
                    "CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                    "DROP FUNCTION f",
                    "DROP FUNCTION f(int)",
                    "DROP FUNCTION IF EXISTS f(text)",
                    "ALTER FUNCTION f STABLE",
                    "ALTER FUNCTION f(int) RENAME TO g",
                    "ALTER FUNCTION f(int) STABLE",
                ])
                .to_owned(),
            21 => format!(
                "COMMENT ON {} IS {}",
                match self.below(3) {
                    0 => format!("TABLE {}", self.table()),
                    1 => format!("COLUMN {}.{}", self.table(), self.column()),
                    _ => format!("VIEW {}", self.view()),
                },
                self.of(&["'a comment'", "NULL"])
            ),
            22 => format!("CREATE TABLE p{} PARTITION OF p FOR VALUES IN ({})", self.below(2), self.below(3)),
            _ => self
                .of(&[
                    "CREATE TABLE p (k int, v text) PARTITION BY LIST (k)",
                    "CREATE TABLE p (k int PRIMARY KEY, v text) PARTITION BY LIST (k)",
                    "ALTER TABLE p ADD COLUMN x int DEFAULT 1",
                    "ALTER TABLE p DETACH PARTITION p0",
                    "CREATE INDEX ON p (v)",
                    "ALTER TABLE p ADD UNIQUE (k)",
                    "DROP TABLE p",
                    "ALTER TABLE p RENAME COLUMN v TO w",
                ])
                .to_owned(),
        }
    }
}
