//! What psql's commands mean for the history: files that they include, other databases, parts that run on a condition.

use std::sync::Arc;

use super::Means;
use super::include::{Found, Lookup, Reader};
use super::moment::{Condition, Moment};
use crate::analysis::Diagnostic;
use crate::syntax::psql::{self, Command, Effect};
use crate::syntax::{Commands, Placed, Script};
use crate::text::Span;

/// The code of a diagnostic that is psql's, which has no SQLSTATE.
pub const PSQL: &str = "psql";

/// How many scripts may include each other, and the largest file that is read for one that includes it, in bytes.
const DEEPEST: usize = 30;
const LARGEST: usize = 16 << 20;

/// What the commands in and behind a statement come to.
#[derive(Default)]
pub(super) struct Outcome {
    /// In the statement's code, or behind it.
    pub diagnostics: Vec<Diagnostic>,
    pub lookups: Vec<Lookup>,
    /// The moment behind them, where they may change what comes after.
    pub exit: Option<Moment>,
}

/// Follows the commands of a statement, behind which it is `entry` so far.
pub(super) fn follow(placed: &Placed, script: &Script, entry: &Moment, means: &Means) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(found) = script.commands(placed) else { return outcome };
    let shift = found.start - placed.code().start;
    let mut moment = entry.clone();
    let mut changes = false;
    for command in &found.commands {
        let mut walk = Walk { found: &found, shift, means, outcome: &mut outcome, moment: &mut moment };
        changes |= walk.command(command);
    }
    outcome.exit = changes.then_some(moment);
    outcome
}

struct Walk<'a> {
    found: &'a Commands,
    /// Where the commands' text begins in the statement's code.
    shift: usize,
    means: &'a Means<'a>,
    outcome: &'a mut Outcome,
    moment: &'a mut Moment,
}

impl Walk<'_> {
    /// Follows a command; whether what comes after depends on it.
    fn command(&mut self, command: &Command) -> bool {
        let name = &self.found.text[command.name.range()];
        let is_skipped = self.moment.conditions.as_ref().is_some_and(|condition| condition.is_skipped);
        match name {
            "if" | "elif" | "else" | "endif" => return self.condition(name, command),
            _ if is_skipped => return false,
            // What the database is that psql connects to, nothing tells.
            "c" | "connect" => {
                let same = command
                    .arguments
                    .first()
                    .is_none_or(|database| database.value(&self.found.text).is_some_and(|name| name == "-"));
                // Before anything was made it may just as well be the one that is meant all along.
                if !same && !self.moment.catalog.is_blank() {
                    self.moment.catalog = Arc::new(crate::catalog::model::Catalog::unknown());
                    self.moment.transaction = None;
                }
                return !same;
            }
            _ => {}
        }
        match command.effect() {
            Some(Effect::Includes | Effect::IncludesRelative) => self.include(command),
            Some(_) => return false,
            // Of an empty one, and of one within a part that may not run, psql says nothing.
            None if name.is_empty() || self.moment.conditions.is_some() => return false,
            None => {
                let span = Span::new(command.start, command.name.end);
                self.say(span, format!("invalid command \\{name}"));
                return false;
            }
        }
        true
    }

    fn say(&mut self, span: Span, message: String) {
        self.outcome.diagnostics.push(Diagnostic::new(span.shift(self.shift), PSQL, message));
    }

    fn condition(&mut self, name: &str, command: &Command) -> bool {
        let text = &self.found.text;
        // Of a variable's or a program's value nothing is known; what is plainly false never runs.
        let is_false = |command: &Command| {
            let value = command.arguments.first().and_then(|argument| argument.value(text));
            value.is_some_and(|value| {
                matches!(&*value.to_lowercase(), "false" | "off" | "no" | "0" | "f" | "n")
            })
        };
        let catalog = self.moment.catalog.clone();
        let Some(open) = self.moment.conditions.clone() else {
            if name == "if" {
                let condition = Condition::new(catalog, is_false(command), None);
                self.moment.conditions = Some(Arc::new(condition));
            }
            return true;
        };
        match name {
            "if" => {
                let is_skipped = open.is_skipped || is_false(command);
                let condition = Condition::new(catalog, is_skipped, Some(open));
                self.moment.conditions = Some(Arc::new(condition));
            }
            "endif" => {
                let ends = open.ends_with(&catalog);
                self.moment.catalog = match open.has_else {
                    true => ends,
                    false => Arc::new(ends.agreed(&open.entry)),
                };
                self.moment.conditions = open.outer.clone();
            }
            _ => {
                let is_skipped = open.outer.as_ref().is_some_and(|outer| outer.is_skipped)
                    || name == "elif" && is_false(command);
                let next = Condition {
                    ends: Some(open.ends_with(&catalog)),
                    has_else: name == "else",
                    is_skipped,
                    ..Condition::clone(&open)
                };
                self.moment.catalog = open.entry.clone();
                self.moment.conditions = Some(Arc::new(next));
            }
        }
        true
    }

    /// Goes through the file that a command names as if it stood in the command's place.
    fn include(&mut self, command: &Command) {
        let include = psql::include(&self.found.text, command);
        // A variable's value, or a program's output.
        let Some((include, reader)) = include.zip(self.means.reader) else { return self.forget() };
        let found = reader.files.find(reader.path, &include);
        self.outcome.lookups.push(Lookup {
            from: reader.path.into(),
            include: include.clone(),
            seen: found.seen(),
        });
        match found {
            Found::Unknown => self.forget(),
            Found::Refused(reason) => {
                // Where it is not there psql may not come here.
                if self.moment.conditions.is_none() {
                    self.say(include.span, format!("{}: {reason}", include.path));
                }
                self.forget();
            }
            Found::File(path, _) if reader.is_in(&path) => {
                self.say(include.span, format!("{}: includes itself without end", include.path));
                self.forget();
            }
            Found::File(_, script) if script.document().len() > LARGEST || reader.depth() > DEEPEST => {
                self.forget();
            }
            Found::File(path, script) => {
                let reader = Reader { path: &path, by: Some(&reader), ..reader };
                let means = Means { reader: Some(reader), ..*self.means };
                if let Some((moment, lookups)) = super::walk(&script, self.moment, &means) {
                    *self.moment = moment;
                    self.outcome.lookups.extend(lookups);
                }
            }
        }
    }

    fn forget(&mut self) {
        let mut catalog = (*self.moment.catalog).clone();
        catalog.forget();
        self.moment.catalog = Arc::new(catalog);
    }
}
