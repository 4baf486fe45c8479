//! What psql's commands do: the files they include, the conditions they set, the databases they lead to.

use std::path::Path;
use std::sync::Arc;

use super::branch::Certainty;
use super::include::{Found, Lookup, Reader};
use super::moment::{Folder, Moment};
use super::{Budget, Means, PSQL, Timeline};
use crate::analysis::Diagnostic;
use crate::catalog::apply;
use crate::syntax::psql::{self, Command, Include};
use crate::syntax::{ast, grammar};
use crate::text::Span;

/// How many files may include each other. psql has no such limit, so what is behind it is unknown.
const DEEPEST: usize = 50;

/// What a statement's commands came to, beside the moment behind them.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Spans are in the text of the commands.
    pub diagnostics: Vec<Diagnostic>,
    /// All that was looked up, also by the files that were found.
    pub lookups: Vec<Lookup>,
    /// Of the included files, in their order.
    pub timelines: Vec<Arc<Timeline>>,
    /// The files that include themselves through these commands.
    pub recurring: Vec<Arc<Path>>,
    /// The last of the timelines lacks something.
    pub unfinished: bool,
}

/// Where commands stand.
pub(super) struct Place<'a> {
    /// The text that they are in.
    pub text: &'a str,
    /// The timelines that their files had before.
    pub known: &'a [Arc<Timeline>],
    pub means: &'a Means<'a>,
    pub budget: &'a mut Budget,
}

/// Goes past `command`; `is_within` says that it stands in a query. Whether it could come to something else at another
/// moment.
pub(super) fn apply(
    command: &Command,
    is_within: bool,
    moment: &mut Moment,
    place: &mut Place,
    effects: &mut Effects,
) -> bool {
    let certainty = moment.certainty();
    let span = Span::new(command.start, command.name.end);
    let name = &place.text[command.name.range()];
    let mut say = |span: Span, message: String| {
        effects.diagnostics.push(Diagnostic::new(span, PSQL, message));
    };
    if psql::lookup(name).is_none() {
        // psql says so of commands that it skips too.
        if certainty < Certainty::Ended {
            say(span, format!("invalid command \\{name}"));
        }
        return false;
    }
    match name {
        "if" => moment.enter_if(condition(command, place.text), is_within),
        "elif" | "else" | "endif" => {
            let is_taken = match name {
                "elif" => moment.next_branch(condition(command, place.text), false),
                "else" => moment.next_branch(Some(true), true),
                _ => moment.leave_if(is_within),
            };
            if !is_taken && certainty < Certainty::Skips {
                say(span, format!("\\{name}: no matching \\if"));
            }
        }
        _ if certainty >= Certainty::Skips => return false,
        // What it stands in may be text that psql never sees as a command.
        _ if certainty == Certainty::Torn => moment.forget(),
        "i" | "include" | "ir" | "include_relative" => match psql::include(place.text, command) {
            Some(include) => effects.include(include, moment, place),
            None if command.arguments.is_empty() => {
                say(span, format!("\\{name}: missing required argument"));
            }
            None => moment.forget(),
        },
        "gexec" if is_harmless(&place.text[..command.start]) => return false,
        "gexec" => moment.forget(),
        "c" | "connect" => {
            let (name, is_known) = database(command, place.text);
            moment.connect(name.as_deref(), is_known);
        }
        "cd" => {
            let to = command.arguments.first().and_then(|argument| argument.value(place.text));
            moment.folder = match (certainty, to, &moment.folder) {
                (Certainty::Runs, Some(to), Folder::Start) => Folder::Below(to.into()),
                (Certainty::Runs, Some(to), _) if Path::new(&to).is_absolute() => Folder::Below(to.into()),
                (Certainty::Runs, Some(to), Folder::Below(from)) => {
                    Folder::Below(format!("{from}/{to}").into())
                }
                _ => Folder::Unknown,
            };
        }
        "set" => {
            let [variable, values @ ..] = &command.arguments[..] else { return false };
            if variable.value(place.text).as_deref() != Some("AUTOCOMMIT") {
                return false;
            }
            let value = match values {
                [] => Some(true),
                [value, ..] => value.value(place.text).and_then(|value| boolean(&value)),
            };
            moment.manual_commit = value.map_or(moment.manual_commit, |value| !value);
            if moment.manual_commit {
                moment.begin();
            }
        }
        "q" | "quit" => moment.quit(),
        _ => return false,
    }
    true
}

impl Effects {
    /// How many files were included, those that they include among them.
    pub fn files(&self) -> usize {
        self.timelines.iter().map(|part| 1 + part.files).sum()
    }

    /// Reads a file where it is included.
    fn include(&mut self, mut include: Include, moment: &mut Moment, place: &mut Place) {
        let is_certain = moment.certainty() == Certainty::Runs;
        let name = include.path.clone();
        if !include.is_relative && !Path::new(&include.path).is_absolute() && !include.path.starts_with('~') {
            match &moment.folder {
                Folder::Start => {}
                Folder::Below(folder) => include.path = format!("{folder}/{}", include.path),
                Folder::Unknown => return moment.forget(),
            }
        }
        let Some(reader) = place.means.reader.filter(|_| place.budget.files > 0) else {
            return moment.forget();
        };
        let span = include.span;
        let found = reader.files.find(reader.path, &include);
        self.lookups.push(Lookup { from: reader.path.into(), include: include.clone(), seen: found.seen() });
        let (path, script) = match found {
            Found::File(path, script) => (path, script),
            Found::Refused(reason) => {
                if is_certain {
                    let message = format!("{name}: {reason}");
                    self.diagnostics.push(Diagnostic::new(span, PSQL, message));
                }
                return moment.forget();
            }
            Found::Unknown => return moment.forget(),
        };
        if reader.is_in(&path) || reader.depth() >= DEEPEST {
            // A script that may end its recursion is not told of it.
            if is_certain && reader.is_in(&path) {
                self.recur(path, &reader, &include, true);
            }
            return moment.forget();
        }
        place.budget.take_files(1);
        let known = place.known.get(self.timelines.len());
        let inner = Reader { files: reader.files, path: &path, by: Some(&reader) };
        let means = Means { reader: Some(inner), ..*place.means };
        let mut entry = moment.clone();
        entry.enter_file();
        let made = match known.filter(|known| known.is_at(&script, &entry, &means)) {
            Some(known) => {
                place.budget.take_files(known.files);
                Some(known.clone())
            }
            None => {
                let known = known.map(|known| &**known);
                Timeline::fold(known, &script, &entry, None, &means, place.budget).map(Arc::new)
            }
        };
        let Some(made) = made else {
            // It was cancelled.
            self.unfinished = true;
            return;
        };
        self.unfinished |= made.lacks() == super::Lacks::Statements;
        self.lookups.extend(made.lookups.iter().cloned());
        for recurring in &made.recurring {
            self.recur(recurring.clone(), &reader, &include, false);
        }
        *moment = made.exit.leave_file(moment);
        self.timelines.push(made);
    }

    /// Notes that the file that `include` names leads back to the script at `path`.
    fn recur(&mut self, path: Arc<Path>, reader: &Reader, include: &Include, is_itself: bool) {
        if *path != *reader.path {
            self.recurring.push(path);
        } else if !self.diagnostics.iter().any(|known| known.span == include.span) {
            let name = &include.path;
            let message = match is_itself {
                true => format!("{name} is this file: it includes itself without end"),
                false => format!("{name} includes this file again: both go on without end"),
            };
            self.diagnostics.push(Diagnostic::new(include.span, PSQL, message));
        }
    }
}

/// What the condition of `\if` comes to, where it has no variable in it.
fn condition(command: &Command, text: &str) -> Option<bool> {
    let values: Option<Vec<String>> = command.arguments.iter().map(|argument| argument.value(text)).collect();
    boolean(&values?.join(" "))
}

/// A boolean as psql reads it.
fn boolean(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let begins = |word: &str, least: usize| lower.len() >= least && word.starts_with(&lower);
    match () {
        () if lower == "1" || begins("true", 1) || begins("yes", 1) || lower == "on" => Some(true),
        () if lower == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2) => Some(false),
        () => None,
    }
}

/// The database that `\connect` names, if it names another one, and whether that can be told.
fn database(command: &Command, text: &str) -> (Option<String>, bool) {
    let Some(first) = command.arguments.first() else { return (None, true) };
    match first.name(text) {
        Some(name) if name == "-" => (None, true),
        // A connection string, or an option.
        Some(name) if name.contains('=') || name.contains("://") => (None, false),
        name => {
            // On another host it is another database of that name.
            let elsewhere = command
                .arguments
                .iter()
                .skip(2)
                .any(|argument| argument.value(text).is_none_or(|host| host != "-"));
            (name.clone().filter(|_| !elsewhere), name.is_some() && !elsewhere)
        }
    }
}

/// Whether the statements that a query for `\gexec` makes change no schema, as far as the text that they begin with
/// tells.
fn is_harmless(query: &str) -> bool {
    let (tokens, _) = grammar::scan(query);
    let first = tokens.iter().find(|token| token.kind == ast::Token::Sconst);
    first.is_some_and(|token| apply::begins_harmless(query[token.span.range()].trim_matches('\'')))
}

#[cfg(test)]
mod tests;
