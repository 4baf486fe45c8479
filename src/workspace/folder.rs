//! A workspace folder: its configuration, and the files that make up its schema's history.

use std::path::{Path, PathBuf};

use super::config::{Config, ConfigProblem, FILE_NAME};
use super::framework::Framework;
use super::migrations::{self, Migration, Ordered, checks};
use super::{find, source};
use crate::ide::diagnostics::Note;

pub use super::find::{is_history, sql_files};

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
    /// What runs them.
    pub framework: Framework,
    /// The same files as their framework sees them, and what stands beside them.
    pub ordered: Ordered,
    /// What is odd about them.
    pub notes: Vec<(PathBuf, Note)>,
    /// What is wrong with the sources of the schema, in words for the user.
    pub complaints: Vec<String>,
    /// The workspace's folder, where this is a part of it with a history of its own.
    pub within: Option<PathBuf>,
    /// The database of the workspace's folder is this history's.
    pub shares_database: bool,
}

impl Folder {
    /// Reads a folder's configuration and finds its history.
    pub fn open(root: &Path, settings: &Config) -> Folder {
        Folder::open_all(root, settings).swap_remove(0)
    }

    /// The same, and behind it the folders in it that have histories of their own.
    pub fn open_all(root: &Path, settings: &Config) -> Vec<Folder> {
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
        let others = folder.find_history();
        let owners: Vec<PathBuf> = others.iter().map(|history| find::owner(root, history)).collect();
        let mut folders = vec![folder];
        for (history, owner) in others.iter().zip(&owners) {
            // Histories side by side are of their own folders alone.
            let is_taken = owner == root || owners.iter().filter(|other| *other == owner).count() > 1;
            let part = folders[0].part(history, if is_taken { history } else { owner });
            folders.push(part);
        }
        // Of several histories it cannot be told which one made the database.
        if let [whole, part] = &mut folders[..] {
            part.shares_database = whole.kind == HistoryKind::None;
        }
        folders
    }

    /// A folder whose migrations are in `history`; `top` is that of its workspace.
    pub fn of_migrations(root: &Path, history: &Path, top: &Path) -> Folder {
        let mut folder = Folder { root: root.to_owned(), ..Folder::default() };
        folder.take_migrations(history, top);
        folder
    }

    /// The part of this workspace's folder in `owner`, which the history in `history` is of.
    fn part(&self, history: &Path, owner: &Path) -> Folder {
        let mut part = Folder {
            root: owner.to_owned(),
            config: Config { migrations: None, files: None, base: None, ..self.config.clone() },
            within: Some(self.root.clone()),
            ..Folder::default()
        };
        part.take_migrations(history, &self.root);
        part
    }

    /// The folder that paths count from.
    pub fn top(&self) -> &Path {
        self.within.as_deref().unwrap_or(&self.root)
    }

    /// Puts migrations that are open in the editor and not yet on disk in their places.
    pub fn add_unsaved(&mut self, unsaved: &[PathBuf]) {
        if self.kind != HistoryKind::Migrations {
            return;
        }
        let mut files = sql_files(&self.history_root);
        let known = files.len();
        files.extend(
            unsaved
                .iter()
                .filter(|path| path.starts_with(&self.history_root))
                .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
                .filter(|path| !path.exists())
                .cloned(),
        );
        if files.len() > known {
            files.sort();
            let framework = self.framework;
            let ordered =
                migrations::order(&self.history_root, &files, framework, &|path| source::read(path).ok());
            self.take_order(ordered);
        }
    }

    /// The configuration file's path, whether it exists or not.
    pub fn config_path(&self) -> PathBuf {
        self.top().join(FILE_NAME)
    }

    /// Finds the folder's history, and gives those of its parts.
    fn find_history(&mut self) -> Vec<PathBuf> {
        if let Some(files) = self.config.files.clone() {
            self.take_files(&files);
            return Vec::new();
        }
        if let Some(folders) = self.config.migrations.clone() {
            return self.take_named(&folders);
        }
        let root = self.root.clone();
        let found = find::migrations_in(&root);
        let databases =
            found.as_deref().map(|found| find::databases(found, &sql_files(found))).unwrap_or_default();
        let mut others = find::nested(&root, found.as_deref());
        match (&found, &databases[..]) {
            (Some(_), [only]) => self.take_migrations(only, &root),
            (Some(_), [_, ..]) => others.extend(databases),
            (Some(found), []) => self.take_migrations(found, &root),
            (None, _) => {
                if let Some(file) = find::schema_file(&root) {
                    self.take_file(file);
                }
            }
        }
        others.into_iter().flat_map(|other| split(&other)).collect()
    }

    fn take_files(&mut self, files: &[String]) {
        self.kind = HistoryKind::Files;
        self.framework = self.config.framework.unwrap_or_default();
        for file in files {
            let path = self.root.join(file);
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
    }

    fn take_file(&mut self, file: PathBuf) {
        self.kind = HistoryKind::Files;
        let is_rails = file.ends_with("structure.sql") && file.with_file_name("migrate").is_dir();
        let usual = if is_rails { Framework::Rails } else { Framework::Plain };
        self.framework = self.config.framework.unwrap_or(usual);
        self.history_root = file.parent().unwrap_or(&self.root).to_owned();
        self.history = vec![file];
    }

    /// The folders that the configuration names: one is this folder's, of several each is its part's.
    fn take_named(&mut self, folders: &[String]) -> Vec<PathBuf> {
        let root = self.root.clone();
        let mut histories = Vec::new();
        for folder in folders {
            let path = root.join(folder);
            if path.is_dir() {
                histories.extend(split(&path));
            } else if path.is_file() {
                self.take_file(path);
            } else {
                self.complaints.push(format!("schema.migrations: {} does not exist", path.display()));
                self.history_root = path;
            }
        }
        let own = match &histories[..] {
            [only] => Some(only.clone()),
            several => several.iter().find(|history| find::owner(&root, history) == root).cloned(),
        };
        if let Some(own) = own.filter(|_| self.kind == HistoryKind::None) {
            self.take_migrations(&own, &root);
            histories.retain(|history| *history != own);
        }
        histories
    }

    fn take_migrations(&mut self, history: &Path, top: &Path) {
        let read = |path: &Path| source::read(path).ok();
        let files = sql_files(history);
        self.kind = HistoryKind::Migrations;
        self.history_root = history.to_owned();
        if let Some(framework) = self.config.framework {
            self.framework = framework;
            return self.take_order(migrations::order(history, &files, framework, &read));
        }
        self.framework = Framework::detect(history, top, &files, &read);
        let mut ordered = migrations::order(history, &files, self.framework, &read);
        // The marks misled: files that the framework would not run at all are somebody else's.
        if ordered.migrations.is_empty() && !files.is_empty() && !ordered.planned {
            self.framework = Framework::Plain;
            ordered = migrations::order(history, &files, Framework::Plain, &read);
        }
        self.take_order(ordered);
    }

    fn take_order(&mut self, mut ordered: Ordered) {
        self.notes = checks::check(&self.history_root, self.framework, &ordered);
        let base = self.config.base.as_ref().map(|base| self.root.join(base));
        match base {
            Some(base) if base.is_file() => {
                ordered.migrations.retain(|migration| migration.path != base);
                ordered.apart.retain(|path| *path != base);
                ordered.migrations.insert(0, Migration::base(base));
            }
            Some(base) => self.complaints.push(format!("schema.base: {} does not exist", base.display())),
            None => {}
        }
        let runs = |path: &PathBuf| ordered.migrations.iter().any(|migration| migration.path == *path);
        let dumps: Vec<PathBuf> = find::dumps(&self.root).filter(|path| !runs(path)).collect();
        ordered.apart.extend(dumps);
        self.history = ordered.migrations.iter().map(|migration| migration.path.clone()).collect();
        self.ordered = ordered;
    }
}

/// A folder's histories: one, or one a database.
fn split(folder: &Path) -> Vec<PathBuf> {
    let databases = find::databases(folder, &sql_files(folder));
    if databases.is_empty() { vec![folder.to_owned()] } else { databases }
}

/// The SQL files of a folder that make up a history, in order.
pub fn folder_history(root: &Path) -> Vec<PathBuf> {
    let read = |path: &Path| source::read(path).ok();
    let files = sql_files(root);
    let framework = Framework::detect(root, root, &files, &read);
    let ordered = migrations::order(root, &files, framework, &read);
    ordered.migrations.into_iter().map(|migration| migration.path).collect()
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
    fn each_history_of_a_workspace_has_its_part_of_it() {
        let open = |files: &[(&str, &str)]| {
            let (dir, _) = folder(files);
            let folders = Folder::open_all(dir.path(), &Config::default());
            let below = |path: &Path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
            folders
                .iter()
                .map(|folder| (below(&folder.root), folder.history.len(), folder.shares_database))
                .collect::<Vec<_>>()
        };
        let part = |root: &str, files: usize| (root.to_owned(), files, false);
        let services = [
            ("services/a/migrations/1.sql", ""),
            ("services/a/migrations/2.sql", ""),
            ("services/b/db/migrations/1.sql", ""),
            ("node_modules/x/migrations/1.sql", ""),
        ];
        assert_eq!(open(&services), [part("", 0), part("services/a", 2), part("services/b", 1)]);
        let both =
            [("migrations/1.sql", ""), ("migrations/x/migrations/2.sql", ""), ("b/migrations/1.sql", "")];
        assert_eq!(open(&both), [part("", 2), part("b", 1)]);
        assert_eq!(open(&[("backend/migrations/1.sql", "")])[1], ("backend".to_owned(), 1, true));
        let hasura = [
            ("migrations/one/1700000000000_a/up.sql", ""),
            ("migrations/two/1700000000000_a/up.sql", ""),
            ("migrations/two/1700000000000_a/down.sql", ""),
        ];
        assert_eq!(open(&hasura), [part("", 0), part("migrations/one", 1), part("migrations/two", 1)]);
        assert_eq!(open(&hasura[..1]), [part("", 1)]);
        let named = [
            ("pgwright.toml", "[schema]\nmigrations = [\"x/one\", \"y/two\", \"top\"]\n"),
            ("x/one/1.sql", ""),
            ("y/two/1.sql", ""),
            ("y/two/2.sql", ""),
            ("top/1.sql", ""),
        ];
        assert_eq!(open(&named), [part("", 1), part("x", 1), part("y", 2)]);
    }

    #[test]
    fn a_base_runs_first_and_a_dump_not_at_all() {
        let (_dir, found) = folder(&[
            ("pgwright.toml", "[schema]\nmigrations = \"db/migrations\"\nbase = \"db/base.sql\"\n"),
            ("db/base.sql", "create table t (a int);"),
            ("db/schema.sql", "create table t (a int, b int);"),
            ("db/migrations/1_b.sql", "-- migrate:up\nalter table t add b int;"),
        ]);
        assert_eq!(found.framework, Framework::Dbmate);
        assert!(found.history[0].ends_with("db/base.sql") && found.history.len() == 2);
        assert!(found.ordered.apart[0].ends_with("db/schema.sql"));
        let (_dir, found) =
            folder(&[("pgwright.toml", "[schema]\nbase = \"x.sql\""), ("migrations/1.sql", "")]);
        assert_eq!(found.complaints.len(), 1);
    }

    #[test]
    fn a_frameworks_configuration_names_the_folder() {
        for (file, text, folder_name) in [
            ("dbconfig.yml", "development:\n  dialect: postgres\n  dir: schema/changes\n", "schema/changes"),
            ("flyway.toml", "[flyway]\nlocations = [\"filesystem:./changes\"]\n", "changes"),
            ("flyway.conf", "flyway.locations=filesystem:changes,classpath:x\n", "changes"),
            (
                "atlas.hcl",
                "env \"x\" {\n  migration {\n    dir = \"file://changes?format=goose\"\n  }\n}\n",
                "changes",
            ),
            ("drizzle.config.ts", "export default defineConfig({\n  out: './changes',\n})\n", "changes"),
            (
                "liquibase.properties",
                "url=jdbc:postgresql://x\nchangeLogFile: changes/root.yaml\n",
                "changes",
            ),
            ("diesel.toml", "[migrations_directory]\ndir = \"changes\"\n", "changes"),
        ] {
            let (_dir, found) = folder(&[
                (file, text),
                (&format!("{folder_name}/V1__a.sql"), ""),
                (&format!("{folder_name}/root.yaml"), "databaseChangeLog:\n"),
            ]);
            assert!(found.history_root.ends_with(folder_name), "{file}: {found:?}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let (_dir, found) =
            folder(&[("pgwright.toml", "[schema]\nmigrations = \"nope\""), ("migrations/1.sql", "")]);
        assert_eq!((found.kind, found.complaints.len()), (HistoryKind::None, 1));
    }
}
