//! Document links: the files that psql's `\i` and `\ir` read.

use std::path::{Path, PathBuf};

use crate::syntax::{Script, StatementKind};
use crate::text::Span;

/// A file's name in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// With its quotes.
    pub span: Span,
    /// As it is meant: without quotes.
    pub file: String,
    /// Counted from the folder of the file that names it, not from where psql was started.
    pub from_file: bool,
}

/// The links of a document.
pub fn links(script: &Script) -> Vec<Link> {
    let commands = script.statements().filter(|placed| placed.statement.kind == StatementKind::Psql);
    commands.filter_map(|placed| Some(shift(link(&script.code(&placed))?, placed.code().start))).collect()
}

fn shift(link: Link, by: usize) -> Link {
    Link { span: link.span.shift(by), ..link }
}

fn link(command: &str) -> Option<Link> {
    let word = command.split(char::is_whitespace).next()?;
    let from_file = match word {
        "\\i" | "\\include" => false,
        "\\ir" | "\\include_relative" => true,
        _ => return None,
    };
    let rest = &command[word.len()..];
    let start = word.len() + (rest.len() - rest.trim_start().len());
    let argument = command[start..].trim_end();
    let (len, file) = match argument.strip_prefix('\'') {
        Some(quoted) => {
            // A doubled quote is one.
            let mut end = None;
            let mut at = 0;
            while let Some(next) = quoted[at..].find('\'') {
                if quoted[at + next + 1..].starts_with('\'') {
                    at += next + 2;
                    continue;
                }
                end = Some(at + next);
                break;
            }
            let end = end?;
            (end + 2, quoted[..end].replace("''", "'"))
        }
        None => {
            let file = argument.split(char::is_whitespace).next()?;
            (file.len(), file.to_owned())
        }
    };
    // A variable's value and a program's output are known to psql alone.
    let unknown = file.is_empty() || argument.starts_with([':', '`', '|']) || file.contains('`');
    (!unknown).then_some(Link { span: Span::new(start, start + len), file, from_file })
}

/// Where a link leads. psql counts `\i` from where it was started, which is most often the workspace's folder.
pub fn target(link: &Link, document: &Path, root: Option<&Path>) -> Option<PathBuf> {
    let folder = document.parent()?;
    let from_file = folder.join(&link.file);
    match root.map(|root| root.join(&link.file)) {
        Some(from_root) if !link.from_file && from_root.exists() => Some(from_root),
        _ => Some(from_file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_linked() {
        let text = "\\i a.sql\n\\ir 'é b''s.sql' x\r\n\\include sub/c.sql\n\\i :file\n\\i\n\\echo x\nselect '\\i x';\n\\i '";
        let found = links(&Script::from(text));
        let shown: Vec<_> =
            found.iter().map(|it| (&text[it.span.range()], it.file.as_str(), it.from_file)).collect();
        assert_eq!(
            shown,
            [
                ("a.sql", "a.sql", false),
                ("'é b''s.sql'", "é b's.sql", true),
                ("sub/c.sql", "sub/c.sql", false)
            ]
        );
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.sql"), "").unwrap();
        let document = dir.path().join("sub/x.sql");
        assert_eq!(target(&found[0], &document, Some(dir.path())), Some(dir.path().join("a.sql")));
        assert_eq!(target(&found[0], &document, None), Some(dir.path().join("sub/a.sql")));
    }
}
