//! Where a workspace's histories are: where a framework's own configuration says, or in the usual places.

use std::path::{Path, PathBuf};

use super::source;
use crate::syntax::ast::NodeEnum;
use crate::syntax::{Parse, Placed, Script, StatementKind, psql};

/// Where migrations usually are, the likeliest first.
const USUAL_FOLDERS: [&str; 17] = [
    "db/migrations",
    "supabase/migrations",
    "prisma/migrations",
    "database/migrations",
    "src/main/resources/db/migration",
    "src/main/resources/db/changelog",
    "migrations",
    "migration",
    "sql/migrations",
    "db/migrate",
    "db/changelog",
    "schema/migrations",
    "drizzle",
    "deploy",
    "changelog",
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

/// What the frameworks' own configuration files say of the folder: the file, the key before the value, what stands in
/// front of the path in the value.
const CONFIGURED: [(&str, &str, &str); 10] = [
    ("dbconfig.yml", "dir", ""),
    ("diesel.toml", "dir", ""),
    ("flyway.toml", "locations", "filesystem:"),
    ("flyway.conf", "flyway.locations", "filesystem:"),
    ("conf/flyway.conf", "flyway.locations", "filesystem:"),
    ("atlas.hcl", "dir", "file://"),
    ("drizzle.config.ts", "out", ""),
    ("drizzle.config.js", "out", ""),
    ("drizzle.config.json", "\"out\"", ""),
    ("tern.conf", "migrations", ""),
];

/// How deep below a workspace's folder other histories are looked for, and in how many files and folders at most.
const DEEPEST: usize = 7;
const MOST_ENTRIES: usize = 20_000;

/// Folders of what others wrote, or a build did.
const FOREIGN: [&str; 8] =
    ["node_modules", "target", "vendor", "dist", "build", "venv", "__pycache__", "third_party"];

/// The SQL files of a folder and of those in it.
pub fn sql_files(root: &Path) -> Vec<PathBuf> {
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
    files
}

/// The folder of migrations below `root` that a framework's configuration names, or that is a usual one.
pub fn migrations_in(root: &Path) -> Option<PathBuf> {
    configured(root).or_else(|| usual(root))
}

fn configured(root: &Path) -> Option<PathBuf> {
    let read = |path: &Path| path.is_file().then(|| source::read(path).ok()).flatten();
    if let Some(deploy) =
        super::migrations::sqitch_deploy_folder(root, &read).filter(|folder| folder.is_dir())
    {
        return Some(deploy);
    }
    if let Some(folder) = changelog_folder(root, &read) {
        return Some(folder);
    }
    CONFIGURED.iter().find_map(|(file, key, prefix)| {
        let text = read(&root.join(file))?;
        let value = text.lines().find_map(|line| value_of(line, key))?;
        let path = value.split([',', '?']).next()?.trim().trim_matches(['"', '\'', '[', ']', ' ']);
        let path = path.strip_prefix(prefix).unwrap_or(path).trim_start_matches("./");
        let folder = root.join(path);
        (!path.is_empty() && folder.is_dir() && !sql_files(&folder).is_empty()).then_some(folder)
    })
}

/// The folder of the changelog that Liquibase's properties name, if it is one of its own.
fn changelog_folder(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Option<PathBuf> {
    let changelog = super::migrations::changelog_in(root, read)?;
    changelog.parent().filter(|folder| *folder != root && folder.starts_with(root)).map(Path::to_owned)
}

/// The value in a line `key = value` or `key: value`.
fn value_of<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let value = line.trim().strip_prefix(key)?.trim_start().strip_prefix(['=', ':'])?;
    Some(value.trim().trim_end_matches(','))
}

fn usual(root: &Path) -> Option<PathBuf> {
    USUAL_FOLDERS.iter().find_map(|usual| {
        let path = root.join(usual);
        if !path.is_dir() {
            return None;
        }
        let files = sql_files(&path);
        // A folder of queries is no history: `sql` and `db` are only one if their files are numbered.
        let found = !files.is_empty() && (is_named(usual) || is_history(&path, &files));
        found.then_some(path)
    })
}

/// Whether a folder of this name holds migrations, whatever its files are called.
fn is_named(folder: &str) -> bool {
    folder.contains("migrat")
        || matches!(folder, "deploy" | "changelog" | "db/changelog")
        || folder.ends_with("/changelog")
}

/// Whether the files of a folder look like a history: each of them is numbered.
pub fn is_history(root: &Path, files: &[PathBuf]) -> bool {
    !files.is_empty() && files.iter().all(|file| is_numbered(root, file))
}

fn is_numbered(root: &Path, file: &Path) -> bool {
    let first = file.strip_prefix(root).ok().and_then(|path| path.components().next());
    let name = first.and_then(|name| name.as_os_str().to_str()).unwrap_or("");
    let name = name.strip_prefix(['V', 'R', 'U', 'B']).filter(|rest| rest.contains("__")).unwrap_or(name);
    name.starts_with(|c: char| c.is_ascii_digit() || c == '_')
}

/// The histories of the databases in one folder, as Hasura has them: `migrations/<database>/<version>_name/up.sql`.
pub fn databases(root: &Path, files: &[PathBuf]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for file in files {
        let Ok(below) = file.strip_prefix(root) else { return Vec::new() };
        let parts: Vec<&str> = below.iter().filter_map(|part| part.to_str()).collect();
        match parts[..] {
            [database, version, "up.sql" | "down.sql"]
                if version.starts_with(|c: char| c.is_ascii_digit())
                    && !database.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                let database = root.join(database);
                if !found.contains(&database) {
                    found.push(database);
                }
            }
            _ => return Vec::new(),
        }
    }
    found
}

/// The file with the schema, or the script that includes its files.
pub fn schema_file(root: &Path) -> Option<PathBuf> {
    let scripts = USUAL_PLACES
        .iter()
        .flat_map(|place| USUAL_SCRIPTS.iter().map(move |script| root.join(place).join(script)))
        .filter(|file| only_includes(file));
    dumps(root).chain(scripts).next()
}

/// The files that hold a whole schema: what the migrations come to, where there are any.
pub fn dumps(root: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    USUAL_FILES.iter().map(|file| root.join(file)).filter(|file| file.is_file())
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

/// The other folders of migrations in a workspace whose own is `known`: `services/a/migrations`.
pub fn nested(root: &Path, known: Option<&Path>) -> Vec<PathBuf> {
    let walk = ignore::WalkBuilder::new(root)
        .require_git(false)
        .max_depth(Some(DEEPEST))
        .sort_by_file_name(std::cmp::Ord::cmp)
        .filter_entry(|entry| !FOREIGN.iter().any(|foreign| entry.file_name() == *foreign))
        .build();
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in walk.take(MOST_ENTRIES).filter_map(Result::ok) {
        let path = entry.path();
        let is_likely = entry.file_type().is_some_and(|kind| kind.is_dir())
            && path != root
            && path.file_name().and_then(|name| name.to_str()).is_some_and(|name| match name {
                "deploy" => path.parent().is_some_and(|folder| folder.join("sqitch.plan").is_file()),
                name => matches!(name, "migrations" | "migration" | "migrate" | "changelog"),
            });
        let is_within = |other: &Path| path.starts_with(other);
        if !is_likely || known.is_some_and(is_within) || found.iter().any(|other| is_within(other)) {
            continue;
        }
        let files = sql_files(path);
        if !files.is_empty() {
            found.push(path.to_owned());
        }
    }
    found
}

/// The folder whose files belong to the history in `history`: that in which it is a usual folder.
pub fn owner(root: &Path, history: &Path) -> PathBuf {
    let usual = USUAL_FOLDERS.iter().filter(|usual| history.ends_with(usual));
    let depth = usual.map(|usual| Path::new(usual).components().count()).max().unwrap_or(1);
    let owner = history.ancestors().nth(depth).unwrap_or(history);
    if owner.starts_with(root) { owner.to_owned() } else { root.to_owned() }
}
