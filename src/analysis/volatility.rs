//! Whether an expression gives the same for the same, always: what indexes, generated columns and partition keys want.

use super::statement::Analyzer;
use crate::catalog::builtin;
use crate::catalog::model::Volatility;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{
    Class, Context, Function, Operator, Pathway, Source, builtin_name, is_unknown_literal, same,
};

/// The first part of an expression that may change what it gives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mutable {
    at: Option<i32>,
    /// Where the first function or operator stands that is not PostgreSQL's.
    pub own: Option<i32>,
}

impl Analyzer<'_> {
    pub(super) fn begin_mutable(&mut self) -> Mutable {
        std::mem::take(&mut self.mutable)
    }

    /// Where the first mutable part stands of what was analyzed since.
    pub(super) fn end_mutable(&mut self, before: Mutable) -> Option<i32> {
        std::mem::replace(&mut self.mutable, before).at
    }

    /// Where that stands which is not PostgreSQL's of what was analyzed since the last beginning.
    pub(super) fn own_part(&self) -> Option<i32> {
        self.mutable.own
    }

    pub(super) fn note_mutable(&mut self, at: i32) {
        self.mutable.at.get_or_insert(at);
    }

    /// Notes that it takes that much to run it.
    pub(super) fn takes(&mut self, volatility: Volatility) {
        self.volatility = match (self.volatility, volatility) {
            (Volatility::Volatile, _) | (_, Volatility::Volatile) => Volatility::Volatile,
            (Volatility::Stable, _) | (_, Volatility::Stable) => Volatility::Stable,
            _ => Volatility::Immutable,
        };
    }

    fn takes_function(&mut self, marked: char) {
        match marked {
            'v' => self.takes(Volatility::Volatile),
            's' => self.takes(Volatility::Stable),
            _ => {}
        }
    }

    pub(super) fn note_function(&mut self, function: &Function, at: i32) {
        match &function.source {
            Source::Builtin(function) => self.takes_function(function.volatility),
            Source::Routine(routine) => {
                self.mutable.own.get_or_insert(at);
                self.takes(routine.volatility);
            }
        }
        let is_mutable = match &function.source {
            Source::Builtin(function) => function.volatility != 'i',
            // One in SQL may be put in the place of its call, and what counts is its body then.
            Source::Routine(routine) if &*routine.language == "sql" => {
                routine.volatility != Volatility::Immutable
                    && routine.body.as_deref().is_some_and(calls_volatile)
            }
            Source::Routine(routine) => routine.volatility != Volatility::Immutable,
        };
        if is_mutable {
            self.note_mutable(at);
        }
    }

    pub(super) fn note_operator(&mut self, operator: &Operator, operands: &[TypeRef], at: i32) {
        let inputs = &operator.inputs();
        if let Some(function) = operator.function {
            self.takes_function(marked(function, inputs).unwrap_or('v'));
        } else {
            self.mutable.own.get_or_insert(at);
            self.takes(Volatility::Volatile);
        }
        let is_mutable = match operator.function {
            // `text || anything` is the other's text, whatever its function is marked to be.
            Some("textanycat" | "anytextcat") => operands.iter().any(|ty| self.is_text_mutable(ty, "out")),
            Some(function) => is_mutable(function, inputs),
            None => false,
        };
        if is_mutable {
            self.note_mutable(at);
        }
    }

    /// A cast between two types, which a function or their texts may make.
    pub(super) fn note_cast(&mut self, from: &TypeRef, to: &TypeRef, at: i32) {
        if same(from, to) || is_unknown_literal(from) {
            return;
        }
        let (from, to) = (self.types.base(from), self.types.base(to));
        let is_mutable = match self.types.pathway(&from, &to, Context::Explicit) {
            Pathway::Function => {
                builtin_name(&to).is_some_and(|name| is_mutable(name, std::slice::from_ref(&from)))
            }
            Pathway::Elements => {
                if let (Some(from), Some(to)) = (from.element(), to.element()) {
                    self.note_cast(&from, &to, at);
                }
                false
            }
            // One type's output function, and the other's input function.
            Pathway::Text => self.is_text_mutable(&from, "out") || self.is_text_mutable(&to, "in"),
            _ => false,
        };
        if is_mutable {
            self.takes(Volatility::Stable);
            self.note_mutable(at);
        }
    }

    /// Whether a type's function for its text depends on settings, as those of dates do, or on what is in a catalog.
    fn is_text_mutable(&self, ty: &TypeRef, direction: &str) -> bool {
        let Some(name) = builtin_name(ty) else {
            let class = self.types.class(ty);
            return matches!(
                class,
                Class::Array | Class::Composite | Class::Enum | Class::Range | Class::Multirange
            );
        };
        let functions = &builtin::facts().functions;
        let find = |name: &str| functions.named(name).first().map(|function| function.volatility != 'i');
        find(&format!("{name}{direction}")).or_else(|| find(&format!("{name}_{direction}"))).unwrap_or(false)
    }
}

/// Whether a body in SQL calls a function of PostgreSQL's that may give something else at any time.
fn calls_volatile(body: &str) -> bool {
    let (tokens, _) = crate::syntax::grammar::scan(body);
    tokens.windows(2).any(|pair| {
        let name = crate::syntax::grammar::folded(&body[pair[0].span.range()]);
        let mut named = crate::catalog::builtin::facts().callable(&name).peekable();
        pair[0].is_name()
            && pair[1].is_char(b'(')
            && named.peek().is_some()
            && named.all(|function| function.volatility == 'v')
    })
}

/// Whether the function of PostgreSQL's for these types may change what it gives.
fn is_mutable(name: &str, inputs: &[TypeRef]) -> bool {
    marked(name, inputs).is_some_and(|volatility| volatility != 'i')
}

/// What the function of PostgreSQL's for these types is marked to be.
fn marked(name: &str, inputs: &[TypeRef]) -> Option<char> {
    let functions = builtin::facts().functions.named(name).iter();
    let mut fitting = functions.filter(|function| {
        // A cast's function may take a modifier, too.
        function.arguments.len() >= inputs.len()
            && function.arguments.iter().zip(inputs).all(|(own, input)| same(own, input))
    });
    fitting.next().map(|function| function.volatility)
}
