//! What is wrong in the bodies of PL/pgSQL functions, of which PostgreSQL checks no more than the syntax when they are
//! made: it tells the rest when they run, and plpgsql_check before.
//!
//! A body is judged by the catalog at the end of the script or of the history, since a function may name what is made
//! after it. What may be there when it runs without being there now is unknown: relations that some function makes, what
//! another search path leads to, what is not known of a record.

mod assign;
mod cursor;
mod declare;
mod declared;
mod dynamic;
mod expression;
mod flow;
mod format;
mod pragma;
mod returns;
mod setup;
mod statement;
mod unused;
mod variables;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Diagnostic, Weight};
use crate::catalog::apply;
use crate::catalog::model::{Catalog, Name, Volatility};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::Types;
use crate::syntax::Parse;
use crate::syntax::ast::NodeEnum;
use crate::syntax::body::{Body, Content, Language};
use crate::syntax::plpgsql::Function;
use crate::text::Span;

pub(super) use variables::{Conflict, Meaning, Variables};

/// What is wrong in the bodies of a statement, each with its place in the statement's code.
pub fn check(parse: &Parse, catalog: &Catalog) -> Vec<Diagnostic> {
    check_at(parse, catalog, &[])
}

/// What makes a DO block fail, of what certainly runs in it: each part is judged by what is there when it runs.
pub fn check_block(parse: &Parse, catalog: &Catalog) -> Vec<Diagnostic> {
    let [NodeEnum::DoStmt(block)] = parse.nodes().collect::<Vec<_>>()[..] else { return Vec::new() };
    if catalog.unknown_names || body_of(parse).is_none() {
        return Vec::new();
    }
    let moments = apply::moments(catalog, block, &parse.sql);
    let mut found = check_at(parse, catalog, &moments);
    let is_static = |code: &str| code.starts_with("42") || matches!(code, "3F000" | "2BP01");
    found.retain(|found| found.weight == Weight::Error && is_static(found.sqlstate));
    found
}

/// The same; what is found at `moments` is an error.
fn check_at(parse: &Parse, catalog: &Catalog, moments: &[apply::Moment]) -> Vec<Diagnostic> {
    if !parse.errors.is_empty() || parse.has_unknown_names() {
        return Vec::new();
    }
    let nodes: Vec<&NodeEnum> = parse.nodes().collect();
    let ([node], Some(body)) = (&nodes[..], body_of(parse)) else { return Vec::new() };
    if !body.errors().is_empty() {
        return Vec::new();
    }
    let Content::Plpgsql(function) = body.content() else { return Vec::new() };
    let path = match node {
        NodeEnum::CreateFunctionStmt(create) => setup::search_path(create),
        NodeEnum::DoStmt(_) => setup::Path::Session,
        _ => return Vec::new(),
    };
    let Some(catalog) = setup::late(catalog, &path) else { return Vec::new() };
    let catalog = setup::doubted(catalog, function);
    let routine = match node {
        NodeEnum::CreateFunctionStmt(create) => setup::Routine::of(create, parse, &catalog),
        _ => setup::Routine::block(),
    };
    let variables = Variables::new(setup::conflict(function, node, &catalog));
    let checker = Checker {
        function,
        text: &function.text,
        catalog: &catalog,
        types: Types::new(&catalog),
        any_schema: path == setup::Path::Session,
        routine,
        variables: &variables,
        inside: Vec::new(),
        around: Vec::new(),
        takes: Some(Volatility::Immutable),
        is_off: false,
        made: HashSet::new(),
        returns_query: false,
        targets: Vec::new(),
        depth: 0,
        is_too_deep: false,
        handlers: 0,
        body,
        created: HashMap::new(),
        last: RefCell::default(),
        usual: &catalog,
        is_of_session: path == setup::Path::Session,
        moments,
        is_certain: false,
        may_define: false,
    };
    let (inside, mut found) = checker.run();
    found.extend(inside.iter().map(|diagnostic| diagnostic.placed(|span| body.to_outer(span))));
    found.sort_by_key(|diagnostic| diagnostic.span.start);
    found
}

/// Whether a routine with this body is there at the end, so that what is said of it is of use to somebody.
pub fn is_current(parse: &Parse, catalog: &Catalog) -> bool {
    let Some(body) = body_of(parse) else { return false };
    match parse.node() {
        Some(NodeEnum::CreateFunctionStmt(create)) => {
            let names = super::statement::strings(&create.funcname);
            let Some(name) = names.last() else { return false };
            catalog.schemas.values().any(|schema| {
                let overloads = schema.routines.get(name).map_or(&[][..], |list| &list[..]);
                overloads.iter().any(|routine| routine.body.as_deref() == Some(&*body.text))
            })
        }
        _ => false,
    }
}

/// Whether a statement has a body that `check` looks at.
pub fn has_body(parse: &Parse) -> bool {
    body_of(parse).is_some()
}

/// The body that `check` looks at, where a statement has one.
fn body_of(parse: &Parse) -> Option<&Body> {
    match parse.bodies() {
        [body] if body.language == Language::Plpgsql => Some(body),
        _ => None,
    }
}

/// Whether a body has the name of what is created in it: a temporary table, mostly.
fn creates(body: &str, name: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    lower.contains("create") && lower.contains(name)
}

/// A walk over one body. Spans are in its text.
struct Checker<'a> {
    body: &'a Body,
    function: &'a Function,
    text: &'a str,
    catalog: &'a Catalog,
    types: Types<'a>,
    /// Whether names are looked up where the session says that calls it.
    any_schema: bool,
    routine: setup::Routine,
    variables: &'a Variables,
    /// What is to be said of the body, and of the statement around it.
    inside: Vec<Diagnostic>,
    around: Vec<Diagnostic>,
    /// How much it takes to run it; `None` where that is not known.
    takes: Option<Volatility>,
    /// Pragmas that put off checks.
    is_off: bool,
    /// Tables that pragmas or the body itself make.
    made: HashSet<Name>,
    /// It has RETURN QUERY, so that the arguments need not be given values.
    returns_query: bool,
    /// The blocks and loops that the walk is in.
    targets: Vec<flow::Target>,
    /// How many lists of statements the walk is in, and whether there were too many.
    depth: usize,
    is_too_deep: bool,
    /// How many blocks with handlers the walk is in.
    handlers: usize,
    /// What was found out of names that are missing: whether some routine creates them.
    created: HashMap<Name, bool>,
    /// The text that was parsed last.
    last: RefCell<Option<Arc<Parse>>>,
    /// The catalog for what is not known to run at a moment, and whether names are looked up there as the session does.
    usual: &'a Catalog,
    is_of_session: bool,
    /// What certainly runs, and whether what is looked at is of that.
    moments: &'a [apply::Moment],
    is_certain: bool,
    /// What came before may have defined anything.
    may_define: bool,
}

impl<'a> Checker<'a> {
    /// What it found in the body, and in the statement around it.
    fn run(mut self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        if let Some(block) = &self.function.block {
            self.declare_arguments();
            self.variables.enter(None);
            let falls = self.block(block);
            self.variables.leave();
            self.check_end(block, falls);
            self.unused();
            self.volatility();
        }
        match self.is_too_deep {
            true => (Vec::new(), Vec::new()),
            false => (self.inside, self.around),
        }
    }

    /// What is looked at from here on begins at that place of the body.
    fn enter(&mut self, at: usize) {
        let moments = self.moments;
        let moment = moments.iter().rev().find(|moment| moment.span.start <= at && at < moment.span.end);
        let moment = moment.filter(|moment| !self.may_define && !moment.catalog.unknown_names);
        self.is_certain = moment.is_some();
        self.catalog = moment.map_or(self.usual, |moment| &moment.catalog);
        self.types = Types::new(self.catalog);
        self.any_schema = moment.is_none() && self.is_of_session;
    }

    fn say(&mut self, span: Span, weight: Weight, code: &'static str, message: impl Into<String>) {
        self.say_hinting(span, weight, code, message, None);
    }

    fn say_hinting(
        &mut self,
        span: Span,
        weight: Weight,
        code: &'static str,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        if self.is_off {
            return;
        }
        let weight = if weight == Weight::Warning && self.is_certain { Weight::Error } else { weight };
        let diagnostic = Diagnostic { weight, hint, ..Diagnostic::new(span, code, message) };
        if !self.inside.contains(&diagnostic) {
            self.inside.push(diagnostic);
        }
    }

    /// What fails when the statement runs.
    fn fails(&mut self, span: Span, code: &'static str, message: impl Into<String>) {
        self.say(span, Weight::Warning, code, message);
    }

    fn written(&self, span: Span) -> &'a str {
        &self.text[span.range()]
    }

    /// What the function is declared to be is more than what its body needs (or less, which fails when it runs).
    fn volatility(&mut self) {
        let (Some(takes), Some((declared, span))) = (self.takes, self.routine.volatility) else { return };
        let is_error = |found: &Diagnostic| found.sqlstate.len() == 5 && found.weight <= Weight::Warning;
        let has_errors = self.inside.iter().any(is_error);
        let is_void = matches!(&self.routine.result, setup::Result::Void | setup::Result::Trigger);
        let wanted = match (declared, takes) {
            (Volatility::Volatile | Volatility::Stable, Volatility::Immutable) => "IMMUTABLE",
            (Volatility::Volatile, Volatility::Stable) => "STABLE",
            _ => return,
        };
        if has_errors || is_void {
            return;
        }
        let word = if declared == Volatility::Volatile { "VOLATILE" } else { "STABLE" };
        let message = format!("the function is {word}, and its body needs no more than {wanted}");
        let diagnostic =
            Diagnostic { weight: Weight::Hint, ..Diagnostic::new(span, "wide-volatility", message) };
        self.around.push(diagnostic);
    }

    /// Notes how much it takes to run a part of the body.
    fn take(&mut self, volatility: Option<Volatility>) {
        self.takes = match (self.takes, volatility) {
            (None, _) | (_, None) => None,
            (Some(Volatility::Volatile), _) | (_, Some(Volatility::Volatile)) => Some(Volatility::Volatile),
            (Some(Volatility::Stable), _) | (_, Some(Volatility::Stable)) => Some(Volatility::Stable),
            _ => Some(Volatility::Immutable),
        };
    }

    /// Whether a relation that is missing may be there when the function runs: its body or another makes one of that name.
    fn may_be_made(&mut self, name: &str) -> bool {
        if self.made.contains(name) || creates(self.text, name) {
            return true;
        }
        let catalog = self.catalog;
        *self.created.entry(name.into()).or_insert_with(|| {
            catalog.schemas.values().any(|schema| {
                let routines = schema.routines.values().flatten();
                let mut bodies = routines.filter_map(|routine| routine.body.as_deref());
                bodies.any(|body| creates(body, name))
            })
        })
    }

    /// A text as a whole statement. The last one is kept: a piece is looked at from several sides.
    fn parsed(&self, text: &str) -> Option<Arc<Parse>> {
        let mut last = self.last.borrow_mut();
        if last.as_ref().is_none_or(|last| *last.text != *text) {
            *last = Some(Arc::new(Parse::plain(text)));
        }
        last.clone().filter(|parse| parse.errors.is_empty() && parse.node().is_some())
    }

    fn ty(&self, name: &str) -> TypeRef {
        TypeRef::builtin(name)
    }
}
