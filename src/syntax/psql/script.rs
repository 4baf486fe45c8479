//! What psql's commands mean for a script: the variables they set and the files they include.

use std::collections::HashMap;
use std::sync::Arc;

use super::catalog::Effect;
use super::lex::{Command, PieceKind};
use crate::syntax::sequence::{Items, Node};
use crate::syntax::{Placed, Script};
use crate::text::Span;

/// A variable that a command sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// Where its name stands; of `\gset`, where the prefix or else the command does.
    pub span: Span,
    /// The name is only what the names of the query's columns are put behind.
    pub is_prefix: bool,
}

/// A file that a command includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// As psql reads it: without quotes.
    pub path: String,
    /// Where it stands, with its quotes.
    pub span: Span,
    /// The path is relative to the script's folder, not to the folder psql was started in.
    pub is_relative: bool,
}

/// The files that a script includes, with their places in the document, as far as their paths are known.
pub fn includes(script: &Script) -> Arc<[Include]> {
    Includes::default().of(script)
}

/// What is known of the files that a script includes, so that after an edit only what changed is read.
#[derive(Debug, Default)]
pub struct Includes {
    last: Option<(u64, Arc<[Include]>)>,
    /// By the node's address; spans count from the node's first byte.
    nodes: HashMap<usize, (Arc<Node>, Arc<[Include]>)>,
    /// How many nodes were read.
    pub read: usize,
}

impl Includes {
    /// Of nodes that are in no script any more, so many are kept.
    const MOST: usize = 2000;

    /// The same as `includes`.
    pub fn of(&mut self, script: &Script) -> Arc<[Include]> {
        if let Some((revision, known)) = &self.last
            && *revision == script.revision()
        {
            return known.clone();
        }
        if self.nodes.len() > Includes::MOST + script.sequence().count() / 8 {
            self.nodes.clear();
        }
        let found = match script.sequence().root() {
            Some(root) => self.of_node(root, script, 0),
            None => Arc::new([]),
        };
        self.last = Some((script.revision(), found.clone()));
        found
    }

    fn of_node(&mut self, node: &Arc<Node>, script: &Script, start: usize) -> Arc<[Include]> {
        let key = Arc::as_ptr(node) as usize;
        if let Some((_, known)) = self.nodes.get(&key) {
            return known.clone();
        }
        self.read += 1;
        let mut found = Vec::new();
        let mut at = start;
        match &node.items {
            Items::Nodes(nodes) => {
                for node in nodes {
                    let inner = self.of_node(node, script, at);
                    found.extend(inner.iter().map(|include| include.shift(at - start)));
                    at += node.bytes();
                }
            }
            Items::Statements(statements) => {
                for statement in statements {
                    let placed = Placed { index: 0, start: at, statement: *statement };
                    if let Some(inner) = script.commands(&placed) {
                        let includes = inner.commands.iter().filter_map(|it| include(&inner.text, it));
                        found.extend(includes.map(|include| include.shift(inner.start - start)));
                    }
                    at += statement.len;
                }
            }
        }
        let found: Arc<[Include]> = found.into();
        self.nodes.insert(key, (node.clone(), found.clone()));
        found
    }
}

impl Include {
    fn shift(&self, by: usize) -> Include {
        Include { span: self.span.shift(by), ..self.clone() }
    }
}

/// The variable that `command` of `text` sets, if its name can be known.
pub fn variables(text: &str, command: &Command) -> Option<Variable> {
    let argument = match command.name() {
        "set" | "getenv" => command.arguments.first()?,
        "prompt" => command.arguments.last()?,
        "gset" => {
            let prefix = command.arguments.first();
            let span = prefix.map_or(Span::new(command.start, command.name.end), |prefix| prefix.span);
            let name = prefix.map_or(Some(String::new()), |prefix| prefix.value(text))?;
            return Some(Variable { name, span, is_prefix: true });
        }
        _ => return None,
    };
    Some(Variable { name: argument.value(text)?, span: argument.span, is_prefix: false })
}

/// The file that `command` of `text` includes, if its path can be known.
pub fn include(text: &str, command: &Command) -> Option<Include> {
    let is_relative = match command.effect()? {
        Effect::Includes => false,
        Effect::IncludesRelative => true,
        _ => return None,
    };
    let argument = command.arguments.first()?;
    let mut path = argument.value(text)?;
    let mut span = argument.span;
    // psql takes semicolons off a path's end, where they are not quoted.
    if argument.pieces.last()?.kind == PieceKind::Plain {
        let without = path.trim_end_matches(';').len();
        span.end -= path.len() - without;
        path.truncate(without);
    }
    (!path.is_empty()).then_some(Include { path, span, is_relative })
}

#[cfg(test)]
mod tests {
    use super::super::lex::command;
    use super::*;
    use crate::text::Edit;

    #[test]
    fn includes_are_found_wherever_psql_takes_commands() {
        let text = "\\i a.sql\n\\ir 'é b''s.sql' x\r\n\\include sub/c.sql \\i d.sql\n\\i :file\n\\i\n\\echo x\n\
                    select '\\i x'; select 1 \\i e.sql\n, 2 \\g \\include_relative f.sql;\nselect $$\n\\i x\n$$;\n\\i '";
        let found = includes(&Script::from(text));
        let shown: Vec<_> =
            found.iter().map(|it| (&text[it.span.range()], it.path.as_str(), it.is_relative)).collect();
        assert_eq!(
            shown,
            [
                ("a.sql", "a.sql", false),
                ("'é b''s.sql'", "é b's.sql", true),
                ("sub/c.sql", "sub/c.sql", false),
                ("d.sql", "d.sql", false),
                ("e.sql", "e.sql", false),
                ("f.sql", "f.sql", true),
            ]
        );
    }

    #[test]
    fn an_edit_reads_its_own_part_anew() {
        let mut script =
            Script::from(format!("\\i a.sql\n{}\\ir b.sql\n", "select 1;\n".repeat(10_000)).as_str());
        let mut kept = Includes::default();
        assert_eq!(kept.of(&script).len(), 2);
        let read = kept.read;
        for (at, text) in [(9, "\n"), (50_000, "\\i c.sql\n"), (0, "select 2;")] {
            // At a statement's start.
            let at = script.at(at).unwrap().start;
            script.apply(&Edit { span: Span::at(at), text: text.into() }).unwrap();
            let found = kept.of(&script);
            assert_eq!(found, includes(&script));
            let written = script.document().text();
            assert!(found.iter().all(|include| written[include.span.range()] == include.path));
        }
        assert_eq!(kept.of(&script).len(), 3);
        assert!(read > 300 && kept.read - read < 20, "{}", kept.read - read);
    }

    #[test]
    fn a_script_s_files_and_variables_are_known() {
        let read = |mut text: &str| {
            let whole = text;
            command(&mut text, whole.find('\\').unwrap())
        };
        for (text, path, written) in [
            ("\\i a.sql", "a.sql", "a.sql"),
            ("x \\ir 'b c'.sql; \\echo", "b c.sql", "'b c'.sql"),
            ("\\include_relative ../x.sql;;\n", "../x.sql", "../x.sql"),
        ] {
            let include = include(text, &read(text)).unwrap();
            assert_eq!((include.path.as_str(), &text[include.span.range()]), (path, written));
            assert_eq!(include.is_relative, !text.starts_with("\\i "));
        }
        for text in ["\\i :file", "\\i", "\\echo a.sql", "\\i `x`", "\\i ;"] {
            assert_eq!(include(text, &read(text)), None, "{text}");
        }
        for (text, name, written) in [
            ("\\set x 1", "x", "x"),
            ("\\getenv home HOME", "home", "home"),
            ("\\prompt 'who? ' who", "who", "who"),
            ("select 1 as a \\gset p_", "p_", "p_"),
            ("select 1 as a \\gset", "", "\\gset"),
        ] {
            let variable = variables(text, &read(text)).unwrap();
            assert_eq!((variable.name.as_str(), &text[variable.span.range()]), (name, written));
            assert_eq!(variable.is_prefix, text.contains("gset"));
        }
        assert_eq!(variables("\\set", &read("\\set")), None);
        assert_eq!(variables("\\set :x 1", &read("\\set :x 1")), None);
    }
}
