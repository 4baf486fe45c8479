//! What psql's commands mean for a script: the variables they set and the files they include.

use super::catalog::Effect;
use super::lex::{Command, PieceKind};
use crate::syntax::Script;
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
pub fn includes(script: &Script) -> impl Iterator<Item = Include> + '_ {
    let found = script.statements().filter_map(|placed| script.commands(&placed));
    found.flat_map(|found| {
        let includes = found.commands.iter().filter_map(|command| include(&found.text, command));
        let placed = includes.map(|include| Include { span: include.span.shift(found.start), ..include });
        placed.collect::<Vec<_>>()
    })
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
