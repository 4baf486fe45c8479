//! A workspace folder: its configuration, and the files that make up its schema's history.

use std::path::{Path, PathBuf};

use super::config::{Config, ConfigProblem, FILE_NAME};
use super::{migrations, source};
use crate::syntax::ast::NodeEnum;
use crate::syntax::{Parse, Placed, Script, StatementKind, psql};

/// Where migrations usually are, the likeliest first.
const USUAL_FOLDERS: [&str; 14] = [
    "db/migrations",
    "supabase/migrations",
    "prisma/migrations",
    "database/migrations",
    "src/main/resources/db/migration",
    "migrations",
    "migration",
    "sql/migrations",
    "db/migrate",
    "schema/migrations",
    "drizzle",
    "deploy",
    "sql",
    "db",
];

/// Where a schema in one file usually is, when there are no migrations.
const USUAL_FILES: [&str; 6] = [
    "schema.sql",
    "db/schema.sql",
    "db/structure.sql",
    "sql/schema.sql",
    "database/schema.sql",
    "structure.sql",
];

/// Where a script usually is that includes the files of a schema, when there is no other source of one.
const USUAL_SCRIPTS: [&str; 4] = ["all.sql", "main.sql", "master.sql", "install.sql"];
const USUAL_PLACES: [&str; 5] = ["", "db", "sql", "database", "schema"];

/// What a history was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryKind {
    /// There is no source of a schema.
    #[default]
    None,
    Migrations,
    Files,
}

impl HistoryKind {
    pub fn word(self) -> &'static str {
        match self {
            HistoryKind::None => "none",
            HistoryKind::Migrations => "migrations",
            HistoryKind::Files => "files",
        }
    }
}

/// A folder that is open in the editor, or that the command line was given.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    pub root: PathBuf,
    /// The file's configuration with the editor's settings over it.
    pub config: Config,
    /// What the workspace's own file says of the database, which is trusted less than the user's settings.
    pub file_database_url: Option<String>,
    pub problems: Vec<ConfigProblem>,
    pub kind: HistoryKind,
    /// The folder of the migrations, or the first file's.
    pub history_root: PathBuf,
    /// The files of the history, in order.
    pub history: Vec<PathBuf>,
    /// What is wrong with the sources of the schema, in words for the user.
    pub complaints: Vec<String>,
}

impl Folder {
    /// Reads a folder's configuration and finds its history.
    pub fn open(root: &Path, settings: &Config) -> Folder {
        let mut folder = Folder { root: root.to_owned(), ..Folder::default() };
        let path = root.join(FILE_NAME);
        let mut file = Config::default();
        if path.is_file() {
            match source::read(&path) {
                Ok(text) => (file, folder.problems) = Config::parse(&text),
                Err(reason) => folder.complaints.push(format!("{}: {reason}", path.display())),
            }
        }
        folder.file_database_url = file.database.url.clone();
        folder.config = file.overlaid(settings);
        folder.find_history();
        folder
    }

    /// Puts migrations that are open in the editor and not yet on disk in their places.
    pub fn add_unsaved(&mut self, unsaved: &[PathBuf]) {
        if self.kind != HistoryKind::Migrations {
            return;
        }
        let mut files = self.history.clone();
        files.extend(
            unsaved
                .iter()
                .filter(|path| path.starts_with(&self.history_root))
                .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
                .filter(|path| !path.exists())
                .cloned(),
        );
        if files.len() > self.history.len() {
            files.sort();
            self.history = migrations::order(&self.history_root, &files, |path| source::read(path).ok());
        }
    }

    /// The configuration file's path, whether it exists or not.
    pub fn config_path(&self) -> PathBuf {
        self.root.join(FILE_NAME)
    }

    fn find_history(&mut self) {
        if let Some(files) = self.config.files.clone() {
            self.kind = HistoryKind::Files;
            for file in files {
                let path = self.root.join(&file);
                if path.is_dir() {
                    self.history.extend(folder_history(&path));
                } else if path.is_file() {
                    self.history.push(path);
                } else {
                    self.complaints.push(format!("schema.files: {} does not exist", path.display()));
                }
            }
            self.history_root =
                self.history.first().and_then(|file| file.parent()).unwrap_or(&self.root).to_owned();
            return;
        }
        if let Some(migrations) = self.config.migrations.clone() {
            let path = self.root.join(&migrations);
            self.history_root = path.clone();
            if path.is_dir() {
                self.kind = HistoryKind::Migrations;
                self.history = folder_history(&path);
            } else if path.is_file() {
                self.kind = HistoryKind::Files;
                self.history = vec![path];
            } else {
                self.complaints.push(format!("schema.migrations: {} does not exist", path.display()));
            }
            return;
        }
        for usual in USUAL_FOLDERS {
            let path = self.root.join(usual);
            if !path.is_dir() {
                continue;
            }
            let history = folder_history(&path);
            // A folder of queries is no history: `sql` and `db` are only one if their files are numbered.
            let named = usual.contains("migrat") || usual == "deploy";
            if !history.is_empty() && (named || is_history(&path, &history)) {
                self.kind = HistoryKind::Migrations;
                self.history_root = path;
                self.history = history;
                return;
            }
        }
        let root = &self.root;
        let usual = USUAL_FILES.iter().map(|file| root.join(file)).filter(|file| file.is_file());
        let scripts = USUAL_PLACES
            .iter()
            .flat_map(|place| USUAL_SCRIPTS.iter().map(move |script| root.join(place).join(script)))
            .filter(|file| only_includes(file));
        let found = usual.chain(scripts).next();
        if let Some(file) = found {
            self.kind = HistoryKind::Files;
            self.history_root = file.parent().unwrap_or(&self.root).to_owned();
            self.history = vec![file];
        }
    }
}

/// Whether a file is a script that includes others and does nothing else but in psql and with transactions.
fn only_includes(file: &Path) -> bool {
    let Some(text) = file.is_file().then(|| source::read(file).ok()).flatten() else { return false };
    let script = Script::from(text.as_str());
    let is_beside = |placed: &Placed| {
        let parse = || Parse::plain(&script.code(placed));
        placed.statement.kind != StatementKind::Sql
            || placed.code().len() < 100 && matches!(parse().node(), Some(NodeEnum::TransactionStmt(_)))
    };
    !psql::includes(&script).is_empty() && script.statements().all(|placed| is_beside(&placed))
}

/// The SQL files of a folder that make up a history, in order.
pub fn folder_history(root: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .hidden(true)
        .max_depth(Some(4))
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql")))
        .collect();
    files.sort();
    migrations::order(root, &files, |path| source::read(path).ok())
}

/// Whether the files of a folder look like a history: each of them is numbered.
pub fn is_history(root: &Path, files: &[PathBuf]) -> bool {
    !files.is_empty() && files.iter().all(|file| is_numbered(root, file))
}

fn is_numbered(root: &Path, file: &Path) -> bool {
    let first = file.strip_prefix(root).ok().and_then(|path| path.components().next());
    let name = first.and_then(|name| name.as_os_str().to_str()).unwrap_or("");
    let name = name.strip_prefix(['V', 'R']).filter(|rest| rest.contains("__")).unwrap_or(name);
    name.starts_with(|c: char| c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let folder = Folder::open(dir.path(), &Config::default());
        (dir, folder)
    }

    #[test]
    fn a_usual_folder_is_found_without_a_config() {
        let (_dir, found) =
            folder(&[("db/migrations/2_b.sql", ""), ("db/migrations/1_a.sql", ""), ("q.sql", "")]);
        assert_eq!((found.kind, found.history.len()), (HistoryKind::Migrations, 2));
        assert!(found.history[0].ends_with("1_a.sql"));
        assert_eq!(folder(&[("sql/report.sql", ""), ("sql/users.sql", "")]).1.kind, HistoryKind::None);
        assert_eq!(folder(&[("sql/001.sql", "")]).1.kind, HistoryKind::Migrations);
        assert_eq!(folder(&[("schema.sql", "")]).1.kind, HistoryKind::Files);
        let script = "-- all\n\\set ON_ERROR_STOP on\nbegin;\n\\i tables.sql\ncommit;\n";
        let (_dir, found) = folder(&[("sql/all.sql", script), ("sql/tables.sql", "")]);
        assert!(found.kind == HistoryKind::Files && found.history[0].ends_with("sql/all.sql"));
        assert_eq!(folder(&[("all.sql", "\\i a.sql\nselect 1;")]).1.kind, HistoryKind::None);
    }

    #[test]
    fn a_migration_that_was_never_saved_has_its_place() {
        let (dir, mut found) = folder(&[("migrations/1.sql", ""), ("migrations/3.sql", "")]);
        let unsaved = ["migrations/2.sql", "migrations/2.down.sql", "migrations/3.sql", "queries/4.sql"];
        found.add_unsaved(&unsaved.map(|path| dir.path().join(path)));
        let names: Vec<_> = found.history.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(names, ["1.sql", "2.sql", "3.sql"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let (_dir, found) =
            folder(&[("pgwright.toml", "[schema]\nmigrations = \"nope\""), ("migrations/1.sql", "")]);
        assert_eq!((found.kind, found.complaints.len()), (HistoryKind::None, 1));
    }
}
