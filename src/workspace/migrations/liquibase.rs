//! Liquibase: a root changelog includes others in their order, SQL files among them.
//! https://docs.liquibase.com/concepts/changelogs/home.html

use std::path::{Path, PathBuf};

use super::{Migration, Ordered, left_over};

/// How many folders above the changelogs a path may count from, and the properties may be in.
const ABOVE: usize = 7;
/// Changelogs may include each other by mistake.
const MOST_FILES: usize = 10_000;

/// What a changelog includes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Include {
    /// All of a folder.
    all: bool,
    path: String,
    is_relative: bool,
}

pub(super) fn order(
    root: &Path,
    files: &[PathBuf],
    read: &dyn Fn(&Path) -> Option<String>,
) -> Option<Ordered> {
    let changelog = root_changelog(root, read)?;
    let mut walk = Walk { root, read, found: Vec::new(), seen: Vec::new(), opaque: false };
    walk.changelog(&changelog);
    let migrations = walk.found.into_iter().enumerate();
    let migrations: Vec<Migration> =
        migrations.map(|(place, path)| Migration::planned(path, place, String::new())).collect();
    let apart = left_over(files, &migrations);
    Some(Ordered { migrations, apart, opaque: walk.opaque, ..Ordered::default() })
}

fn is_changelog(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "xml" || kind == "yaml" || kind == "yml" || kind == "json")
}

/// The changelog that the properties in `folder` name.
pub fn named_in(folder: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Option<PathBuf> {
    let text = read(&folder.join("liquibase.properties"))?;
    let named = text.lines().find_map(|line| {
        let (key, value) = line.split_once(['=', ':'])?;
        let key = key.trim().to_lowercase().replace(['-', '.'], "");
        matches!(key.as_str(), "changelogfile" | "liquibasecommandchangelogfile").then(|| value.trim())
    })?;
    Some(folder.join(named)).filter(|path| path.is_file())
}

/// The changelog that the properties name, or that has a root's usual name.
fn root_changelog(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Option<PathBuf> {
    if let Some(path) = root.ancestors().take(ABOVE).find_map(|folder| named_in(folder, read)) {
        return is_changelog(&path).then_some(path);
    }
    let likely = |name: &str| {
        let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
        name.contains("master")
            || name.contains("root")
            || matches!(stem, "changelog" | "db" | "index" | "main")
    };
    root.ancestors().take(2).find_map(|folder| {
        let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
        let mut changelogs: Vec<PathBuf> = entries
            .filter(|path| path.is_file() && is_changelog(path))
            .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(likely))
            .filter(|path| read(path).is_some_and(|text| text.contains("databaseChangeLog")))
            .collect();
        changelogs.sort();
        changelogs.into_iter().next()
    })
}

struct Walk<'a> {
    root: &'a Path,
    read: &'a dyn Fn(&Path) -> Option<String>,
    found: Vec<PathBuf>,
    seen: Vec<PathBuf>,
    opaque: bool,
}

impl Walk<'_> {
    fn changelog(&mut self, path: &Path) {
        if self.seen.iter().any(|seen| seen == path) || self.seen.len() + self.found.len() > MOST_FILES {
            return;
        }
        self.seen.push(path.to_owned());
        let Some(text) = (self.read)(path) else {
            self.opaque = true;
            return;
        };
        let (includes, opaque) = match path.extension().and_then(|kind| kind.to_str()) {
            Some("xml") => in_xml(&text),
            Some("json") => in_json(&text),
            _ => in_yaml(&text),
        };
        self.opaque |= opaque;
        for include in includes {
            match self.target(path, &include) {
                Some(target) if include.all => self.folder(&target),
                Some(target) => self.file(target),
                None => self.opaque = true,
            }
        }
    }

    fn file(&mut self, path: PathBuf) {
        if is_changelog(&path) {
            self.changelog(&path);
        } else if path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("sql"))
            && !self.found.contains(&path)
        {
            self.found.push(path);
        }
    }

    /// All files of a folder and of those in it, in alphabetical order.
    fn folder(&mut self, folder: &Path) {
        let walk = ignore::WalkBuilder::new(folder).standard_filters(false).max_depth(Some(8)).build();
        let mut files: Vec<PathBuf> = walk
            .filter_map(Result::ok)
            .map(ignore::DirEntry::into_path)
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        files.into_iter().for_each(|file| self.file(file));
    }

    fn target(&self, from: &Path, include: &Include) -> Option<PathBuf> {
        let path = include.path.strip_prefix("classpath:").unwrap_or(&include.path).trim_start_matches('/');
        let exists = |path: &PathBuf| if include.all { path.is_dir() } else { path.is_file() };
        let beside = from.parent()?.join(path);
        if include.is_relative {
            return Some(beside).filter(exists);
        }
        // Otherwise a path counts from one of the search paths, which are most often a folder above.
        let above = self.root.ancestors().take(ABOVE).map(|folder| folder.join(path));
        above.chain([beside]).find(exists)
    }
}

/// Elements of a changelog that change nothing in the schema, or are looked at themselves.
const HARMLESS: [&str; 12] = [
    "databaseChangeLog",
    "include",
    "includeAll",
    "changeSet",
    "changes",
    "sqlFile",
    "tagDatabase",
    "property",
    "comment",
    "validCheckSum",
    "rollback",
    "logicalFilePath",
];

/// What a changelog includes, and whether it has changes of its own.
fn in_xml(text: &str) -> (Vec<Include>, bool) {
    let mut includes = Vec::new();
    let mut opaque = false;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end..]);
            continue;
        }
        if rest.starts_with(['/', '?', '!']) {
            continue;
        }
        let end = rest.find('>').unwrap_or(rest.len());
        let (tag, after) = rest.split_at(end);
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or("");
        let value = |key: &str| {
            let at = tag.find(&format!("{key}="))? + key.len() + 1;
            let quote = tag[at..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
            tag[at + 1..].split(quote).next().map(str::to_owned)
        };
        match name {
            "include" | "includeAll" | "sqlFile" => {
                if let Some(path) = value("file").or_else(|| value("path")) {
                    let is_relative = value("relativeToChangelogFile").is_some_and(|value| value == "true");
                    includes.push(Include { all: name == "includeAll", path, is_relative });
                }
            }
            name => opaque |= !HARMLESS.contains(&name),
        }
        rest = after;
    }
    (includes, opaque)
}

fn in_json(text: &str) -> (Vec<Include>, bool) {
    fn walk(value: &serde_json::Value, includes: &mut Vec<Include>, opaque: &mut bool) {
        match value {
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, includes, opaque)),
            serde_json::Value::Object(entries) => {
                for (key, value) in entries {
                    match key.as_str() {
                        "include" | "includeAll" | "sqlFile" => {
                            let path = value["file"].as_str().or(value["path"].as_str());
                            let is_relative = value["relativeToChangelogFile"].as_bool() == Some(true);
                            let all = key == "includeAll";
                            includes.extend(path.map(|path| Include { all, path: path.into(), is_relative }));
                        }
                        "id" | "author" | "context" | "labels" | "splitStatements" | "runOnChange" => {}
                        key if HARMLESS.contains(&key) => walk(value, includes, opaque),
                        _ => *opaque = true,
                    }
                }
            }
            _ => {}
        }
    }
    let (mut includes, mut opaque) = (Vec::new(), false);
    match serde_json::from_str(text) {
        Ok(value) => walk(&value, &mut includes, &mut opaque),
        Err(_) => opaque = true,
    }
    (includes, opaque)
}

/// The same of the block style that changelogs are written in: keys line by line.
fn in_yaml(text: &str) -> (Vec<Include>, bool) {
    let mut includes: Vec<Include> = Vec::new();
    let mut opaque = false;
    let mut is_open = false;
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or("").trim();
        let is_item = line.starts_with('-');
        let line = line.trim_start_matches(['-', ' ']);
        let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        match key.trim() {
            key @ ("include" | "includeAll" | "sqlFile") => {
                includes.push(Include { all: key == "includeAll", ..Include::default() });
                is_open = true;
                // `- include: { file: a.sql }` is not looked into.
                opaque |= !value.is_empty();
            }
            "file" | "path" if is_open => {
                includes.last_mut().into_iter().for_each(|last| last.path = value.into())
            }
            "relativeToChangelogFile" if is_open => {
                includes.last_mut().into_iter().for_each(|last| last.is_relative = value == "true");
            }
            "changeSet" => is_open = false,
            key => opaque |= is_item && !is_open && value.is_empty() && !HARMLESS.contains(&key),
        }
    }
    includes.retain(|include| !include.path.is_empty());
    (includes, opaque)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_found_in_every_format() {
        let include = |all, path: &str, is_relative| Include { all, path: path.into(), is_relative };
        let expected = vec![include(false, "a.sql", true), include(true, "changes/", false)];
        let xml = "<?xml version=\"1.0\"?><databaseChangeLog xmlns='x'><!-- <include file='no'/> -->\n\
            <include file=\"a.sql\" relativeToChangelogFile=\"true\"/><includeAll path='changes/'/></databaseChangeLog>";
        assert_eq!(in_xml(xml), (expected, false));
        let expected = vec![include(false, "a.sql", true), include(true, "changes/", false)];
        let yaml = "databaseChangeLog:\n  # - include:\n  - include:\n      file: a.sql\n      relativeToChangelogFile: true\n  - includeAll:\n      path: \"changes/\"\n";
        assert_eq!(in_yaml(yaml), (expected, false));
        let expected = vec![include(false, "a.sql", true), include(true, "changes/", false)];
        let json = r#"{"databaseChangeLog": [{"include": {"file": "a.sql", "relativeToChangelogFile": true}}, {"includeAll": {"path": "changes/"}}]}"#;
        assert_eq!(in_json(json), (expected, false));
    }

    #[test]
    fn changes_that_are_no_sql_are_noticed() {
        assert!(in_xml("<databaseChangeLog><changeSet id='1'><createTable tableName='t'/></changeSet></databaseChangeLog>").1);
        let yaml = "databaseChangeLog:\n- changeSet:\n    id: 1\n    changes:\n    - createTable:\n        tableName: t\n";
        assert!(in_yaml(yaml).1);
        let yaml = "databaseChangeLog:\n- changeSet:\n    id: 1\n    author: me\n    changes:\n    - sqlFile:\n        path: a.sql\n";
        assert_eq!(
            in_yaml(yaml),
            (vec![Include { all: false, path: "a.sql".into(), is_relative: false }], false)
        );
        assert!(
            in_json(
                r#"{"databaseChangeLog": [{"changeSet": {"id": "1", "changes": [{"sql": {"sql": "x"}}]}}]}"#
            )
            .1
        );
    }
}
