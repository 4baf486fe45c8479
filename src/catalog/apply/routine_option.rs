//! What a function's or an aggregate's definition says of it beside its arguments and its result.

use crate::syntax::ast::{DefElem, Node, NodeEnum, VariableSetKind};

use super::super::deparse;
use super::super::model::*;
use super::option::elements;
use super::{Fold, list, option, string};

/// The texts of an aggregate's definition that are kept as they are: what PostgreSQL calls and starts with.
const AGGREGATE_FUNCTIONS: [(&str, &str); 10] = [
    ("sfunc", "sfunc"),
    ("sfunc1", "sfunc"),
    ("finalfunc", "finalfunc"),
    ("ffunc", "finalfunc"),
    ("combinefunc", "combinefunc"),
    ("serialfunc", "serialfunc"),
    ("deserialfunc", "deserialfunc"),
    ("msfunc", "msfunc"),
    ("minvfunc", "minvfunc"),
    ("mfinalfunc", "mfinalfunc"),
];

impl Fold<'_> {
    pub(super) fn aggregate_options(&self, routine: &mut Routine, definition: &[Node]) {
        let mut options = Options::new();
        for element in elements(definition) {
            let name = element.defname.to_ascii_lowercase();
            if let Some((_, key)) = AGGREGATE_FUNCTIONS.iter().find(|(given, _)| *given == name) {
                let function = self.routine_name(&option::name_parts(element));
                options
                    .push(((*key).into(), deparse::relation_text(&function.schema, &function.name).into()));
            }
            match name.as_str() {
                "stype" | "stype1" => {
                    let ty = self.type_of(element).map_or(String::new(), |ty| ty.to_string());
                    options.push(("stype".into(), ty.into()));
                }
                "initcond" | "initcond1" => options.push(("initcond".into(), option::text(element).into())),
                "parallel" => routine.parallel = parallel(&option::text(element)),
                _ => {}
            }
        }
        options.sort();
        routine.options = options;
    }

    pub(super) fn function_option(&self, routine: &mut Routine, option: &DefElem) {
        set(routine, option, self.support_function(std::slice::from_ref(&node_of(option))).as_ref());
    }

    pub(super) fn support_function(&self, options: &[Node]) -> Option<QualifiedName> {
        let element = option::option(options, "support")?;
        Some(self.routine_name(&option::name_parts(element)))
    }
}

/// Leaves out what would hold without being said.
pub(super) fn without_defaults(routine: &mut Routine) {
    let cost = if matches!(&*routine.language, "c" | "internal") { "1" } else { "100" };
    let returns_set = routine.returns_set;
    routine.options.retain(|(name, value)| match &**name {
        "cost" => &**value != cost,
        "rows" => returns_set && &**value != "1000",
        _ => true,
    });
}

fn node_of(element: &DefElem) -> Node {
    Node { node: Some(NodeEnum::DefElem(Box::new(element.clone()))) }
}

fn parallel(word: &str) -> Parallel {
    match word.to_ascii_lowercase().as_str() {
        "safe" => Parallel::Safe,
        "restricted" => Parallel::Restricted,
        _ => Parallel::Unsafe,
    }
}

pub(super) fn set(routine: &mut Routine, option: &DefElem, support: Option<&QualifiedName>) {
    let arg = option.arg.as_deref();
    let text = || arg.map_or("", string);
    let mut keep = |name: &str, value: Option<String>| {
        routine.options.retain(|(other, _)| &**other != name);
        if let Some(value) = value {
            routine.options.push((name.into(), value.into()));
            routine.options.sort();
        }
    };
    match option.defname.as_str() {
        "language" => routine.language = text().to_ascii_lowercase().into(),
        "volatility" => {
            routine.volatility = match text() {
                "immutable" => Volatility::Immutable,
                "stable" => Volatility::Stable,
                _ => Volatility::Volatile,
            }
        }
        "strict" => routine.strict = option::truth(option),
        "security" => routine.security_definer = option::truth(option),
        "leakproof" => routine.leakproof = option::truth(option),
        "parallel" => routine.parallel = parallel(text()),
        "cost" | "rows" => keep(&option.defname, Some(option::text(option))),
        "support" => {
            keep("support", support.map(|name| deparse::relation_text(&name.schema, &name.name)));
        }
        "set" => {
            if let Some(NodeEnum::VariableSetStmt(setting)) = arg.and_then(|arg| arg.node.as_ref()) {
                let name: Name = setting.name.as_str().into();
                match setting.kind() {
                    VariableSetKind::VarResetAll => routine.settings.clear(),
                    kind => {
                        routine.settings.retain(|(other, _)| *other != name);
                        if kind == VariableSetKind::VarSetValue {
                            routine.settings.push((name, super::setting::value_text(setting).into()));
                            routine.settings.sort();
                        }
                    }
                }
            }
        }
        "window" if option::truth(option) => routine.kind = RoutineKind::Window,
        "as" => routine.body = arg.and_then(|arg| list(arg).last()).map(|body| string(body).into()),
        _ => {}
    }
}
