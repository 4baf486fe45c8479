//! Which function a call means (parse_func.c: func_get_detail; namespace.c: FuncnameGetCandidates).

use std::borrow::Cow;
use std::sync::Arc;

use super::candidates::{Candidate, Choice};
use super::casts::{Context, Pathway};
use super::{Types, builtin_name, is_unknown_literal, same};
use crate::catalog::builtin::{self, BuiltinFunction};
use crate::catalog::model::{ArgumentMode, Name, Routine, RoutineKind};
use crate::catalog::types::TypeRef;

/// The arguments of a call, those with a name last.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub types: Vec<TypeRef>,
    /// The names of the last arguments.
    pub names: Vec<Name>,
    /// Whether the last one is marked VARIADIC.
    pub variadic: bool,
    /// Whether this is CALL, to which OUT arguments are given, too.
    pub is_call: bool,
}

/// An argument's name as it was given.
pub type NamedArgument = Name;

/// What kind of routine is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    Function,
    Procedure,
    Aggregate,
    Window,
}

/// Whose a function is.
#[derive(Clone, Debug)]
pub enum Source {
    Builtin(&'static BuiltinFunction),
    Routine(Arc<Routine>),
}

/// A function that a call means.
#[derive(Clone, Debug)]
pub struct Function<'a> {
    inputs: Vec<Cow<'a, TypeRef>>,
    pub source: Source,
    pub variant: Variant,
    pub result: TypeRef,
    pub returns_set: bool,
    /// Which parameter each argument is for, where names say so.
    pub order: Option<Vec<usize>>,
    /// How many arguments the call gives beyond the variadic parameter's own place, if that was spread.
    spread: usize,
    defaulted: usize,
    /// Its place in the search path.
    place: usize,
    /// Another with the same arguments is as good.
    is_ambiguous: bool,
}

impl Candidate for Function<'_> {
    fn inputs(&self) -> &[Cow<'_, TypeRef>] {
        &self.inputs
    }
}

impl Function<'_> {
    /// The types of the parameters that the arguments are for, in the order of the arguments, as declared.
    pub fn inputs(&self) -> Vec<TypeRef> {
        self.inputs.iter().map(|ty| ty.clone().into_owned()).collect()
    }

    /// Whether a variadic parameter takes several arguments one by one.
    pub fn is_spread(&self) -> bool {
        self.spread > 0
    }

    /// Whether it tells where a row would stand among others: each of its direct arguments is for one of these columns.
    pub fn is_hypothetical(&self) -> bool {
        match &self.source {
            Source::Builtin(function) => {
                function.variadic && function.direct() == Some(function.arguments.len())
            }
            Source::Routine(_) => false,
        }
    }

    /// How many arguments of an ordered-set aggregate are direct; `None` of any other function.
    pub fn direct(&self) -> Option<usize> {
        match &self.source {
            Source::Builtin(function) => function.direct(),
            Source::Routine(_) => None,
        }
    }
}

/// Why there is no function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFunction {
    /// There is none of that name, or none for such arguments.
    Missing,
    Ambiguous,
    /// It is a cast to this type, written like a call.
    Cast(TypeRef),
    Unknown,
}

/// What a candidate is before it is known whether it fits a call.
struct Declared<'a> {
    inputs: Vec<&'a TypeRef>,
    names: Vec<Option<&'a str>>,
    /// Which of the inputs may be left out.
    defaults: usize,
    is_variadic: bool,
    source: Source,
    variant: Variant,
    result: TypeRef,
    returns_set: bool,
    place: usize,
}

impl<'a> Types<'a> {
    pub fn function(self, schema: Option<&str>, name: &str, call: &Call) -> Result<Function<'a>, NoFunction> {
        let declared = self.declared(schema, name, call.is_call);
        let mut candidates: Vec<Function<'a>> = Vec::new();
        for function in declared.into_iter().filter_map(|declared| self.fitted(declared, call)) {
            put(&mut candidates, function);
        }
        let inputs: Vec<TypeRef> = call.types.iter().map(TypeRef::without_modifier).collect();
        if inputs.iter().any(|ty| self.is_opaque(ty)) {
            // What is not known can only be for the one that there is.
            return match candidates.pop() {
                Some(only) if candidates.is_empty() && !self.is_unsure => Ok(only),
                _ => Err(NoFunction::Unknown),
            };
        }
        // The functions of PostgreSQL's other schemas are not among the facts.
        let is_elsewhere =
            schema.is_some_and(|schema| schema != "pg_catalog" && builtin::is_system_schema(schema));
        let missing = || match self.is_unsure || is_elsewhere {
            true => NoFunction::Unknown,
            false => NoFunction::Missing,
        };
        if let Some(found) = self.exact(&candidates, &inputs) {
            return if found.is_ambiguous { Err(NoFunction::Ambiguous) } else { Ok(found.clone()) };
        }
        if let ([from], true) = (inputs.as_slice(), call.names.is_empty())
            && let Some(to) = self.type_named(schema, name)
        {
            let is_cast = is_unknown_literal(from)
                || match self.pathway(from, &to, Context::Explicit) {
                    Pathway::Relabel => true,
                    Pathway::Text => {
                        !((from.is_builtin("record") || self.is_complex(from))
                            && self.category(&to) == Some('S'))
                    }
                    _ => false,
                };
            if is_cast {
                return Err(NoFunction::Cast(to));
            }
        }
        match self.choose(candidates, &inputs) {
            Choice::One(found) if found.is_ambiguous => Err(NoFunction::Ambiguous),
            Choice::One(found) => Ok(found),
            Choice::None => Err(missing()),
            Choice::Several if self.is_unsure => Err(NoFunction::Unknown),
            Choice::Several => Err(NoFunction::Ambiguous),
            Choice::Unknown => Err(NoFunction::Unknown),
        }
    }

    /// Whether there is a function of that name, whatever its arguments.
    pub fn has_function(self, schema: Option<&str>, name: &str) -> bool {
        let is_builtin = schema.is_none_or(|schema| schema == "pg_catalog")
            && self.facts_named(&builtin::facts().functions, name).next().is_some();
        is_builtin || !self.catalog.routines(schema, name).is_empty()
    }

    /// What the functions of a name take, whatever kind of function each is; of two that take the same, one.
    pub fn overloads(self, schema: Option<&str>, name: &str) -> Vec<Vec<TypeRef>> {
        let mut found: Vec<Vec<TypeRef>> = Vec::new();
        for declared in self.declared(schema, name, false) {
            let is_same = |other: &Vec<TypeRef>| {
                other.len() == declared.inputs.len()
                    && other.iter().zip(&declared.inputs).all(|(one, other)| same(one, other))
            };
            if !found.iter().any(is_same) {
                found.push(declared.inputs.into_iter().cloned().collect());
            }
        }
        found
    }

    /// The type that a function's name means, as `text(x)`.
    fn type_named(self, schema: Option<&str>, name: &str) -> Option<TypeRef> {
        let facts = builtin::facts();
        if schema.is_none_or(|schema| schema == "pg_catalog")
            && facts.ty(name).is_some_and(|fact| fact.kind != 'p')
        {
            return Some(TypeRef::builtin(name));
        }
        if let Some(found) = self.catalog.user_type(schema, name) {
            return Some(TypeRef::named(found.schema.clone(), found.name.clone()));
        }
        let relation = self.catalog.relation(schema, name)?;
        Some(TypeRef::named(relation.schema.clone(), relation.name.clone()))
    }

    /// All functions of the name that are found, in the order of the path.
    fn declared(self, schema: Option<&str>, name: &str, is_call: bool) -> Vec<Declared<'a>> {
        let mut found = Vec::new();
        if schema.is_none_or(|schema| schema == "pg_catalog") {
            for function in self.facts_named(&builtin::facts().functions, name) {
                found.push(Declared {
                    inputs: function.arguments.iter().collect(),
                    names: function.input_names().map(|name| (!name.is_empty()).then_some(name)).collect(),
                    defaults: function.defaults,
                    is_variadic: function.variadic,
                    source: Source::Builtin(function),
                    variant: match function.kind {
                        'p' => Variant::Procedure,
                        'a' => Variant::Aggregate,
                        'w' => Variant::Window,
                        _ => Variant::Function,
                    },
                    result: function.result.clone(),
                    returns_set: function.returns_set,
                    place: 0,
                });
            }
        }
        let schemas: Vec<&str> = match schema {
            Some(schema) => vec![schema],
            None => self.catalog.search_path.iter().map(|name| &**name).collect(),
        };
        for (place, schema) in schemas.into_iter().enumerate() {
            let Some(own) = self.catalog.schema(schema) else { continue };
            for routine in own.routines.get(name).into_iter().flatten() {
                // A procedure's OUT arguments are part of what it is called with.
                let is_input = |mode: ArgumentMode| {
                    mode.is_input()
                        || is_call && routine.kind == RoutineKind::Procedure && mode == ArgumentMode::Out
                };
                let inputs: Vec<_> =
                    routine.arguments.iter().filter(|argument| is_input(argument.mode)).collect();
                found.push(Declared {
                    names: inputs.iter().map(|argument| argument.name.as_deref()).collect(),
                    defaults: inputs.iter().filter(|argument| argument.default.is_some()).count(),
                    is_variadic: inputs
                        .last()
                        .is_some_and(|argument| argument.mode == ArgumentMode::Variadic),
                    inputs: inputs.iter().map(|argument| &argument.ty).collect(),
                    source: Source::Routine(routine.clone()),
                    variant: match routine.kind {
                        RoutineKind::Function => Variant::Function,
                        RoutineKind::Procedure => Variant::Procedure,
                        RoutineKind::Aggregate => Variant::Aggregate,
                        RoutineKind::Window => Variant::Window,
                    },
                    result: routine.result.clone().unwrap_or_else(|| TypeRef::builtin("void")),
                    returns_set: routine.returns_set,
                    place: place + 1,
                });
            }
        }
        found
    }

    /// The function for that many arguments with these names: defaults left out, a variadic one repeated.
    fn fitted(self, declared: Declared<'a>, call: &Call) -> Option<Function<'a>> {
        let count = call.types.len();
        let own = declared.inputs.len();
        let mut function = Function {
            inputs: Vec::with_capacity(count),
            source: declared.source,
            variant: declared.variant,
            result: declared.result,
            returns_set: declared.returns_set,
            order: None,
            spread: 0,
            defaulted: 0,
            place: declared.place,
            is_ambiguous: false,
        };
        if !call.names.is_empty() {
            // A variadic parameter takes a name only as a whole.
            if declared.is_variadic && !call.variadic || count > own {
                return None;
            }
            let positional = count - call.names.len();
            let mut order: Vec<usize> = (0..positional).collect();
            for name in &call.names {
                let at = declared.names.iter().position(|own| *own == Some(&**name))?;
                if order.contains(&at) {
                    return None;
                }
                order.push(at);
            }
            let missing = (0..own).filter(|at| !order.contains(at));
            if missing.into_iter().any(|at| at + declared.defaults < own) {
                return None;
            }
            function.inputs = order.iter().map(|&at| Cow::Borrowed(declared.inputs[at])).collect();
            function.defaulted = own - count;
            function.order = Some(order);
            return Some(function);
        }
        let spreads = declared.is_variadic && !call.variadic;
        if own > count {
            if count + declared.defaults < own {
                return None;
            }
            function.defaulted = own - count;
        } else if own != count && !spreads {
            return None;
        }
        let borrowed = declared.inputs.iter().take(count).map(|ty| Cow::Borrowed(*ty));
        function.inputs = borrowed.collect();
        if spreads && count >= own {
            let last = function.inputs.pop()?;
            let element = match builtin_name(&last) {
                Some("anyarray") => TypeRef::builtin("anyelement"),
                Some("anycompatiblearray") => TypeRef::builtin("anycompatible"),
                Some("any") => TypeRef::builtin("any"),
                _ => last.element()?.without_modifier(),
            };
            function.spread = count + 1 - own;
            function.inputs.resize(count, Cow::Owned(element));
        }
        Some(function)
    }
}

/// Puts a candidate to the others, of which one with the same arguments may be better or worse.
fn put<'a>(candidates: &mut Vec<Function<'a>>, function: Function<'a>) {
    let is_same = |other: &Function| {
        other.inputs.len() == function.inputs.len()
            && other.inputs.iter().zip(&function.inputs).all(|(a, b)| same(a, b))
    };
    let Some(at) = candidates.iter().position(is_same) else {
        candidates.push(function);
        return;
    };
    let other = &mut candidates[at];
    // Nearer in the path, then what needs no spreading; how many defaults are left out tells nothing.
    let rank = |function: &Function| (function.place, function.spread > 0);
    match rank(&function).cmp(&rank(other)) {
        std::cmp::Ordering::Less => *other = function,
        std::cmp::Ordering::Equal => other.is_ambiguous = true,
        std::cmp::Ordering::Greater => {}
    }
}
