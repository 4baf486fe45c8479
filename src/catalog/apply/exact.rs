//! Functions and operators that definitions name by what they take exactly (`LookupFuncName`, `LookupOperName`).

use std::sync::Arc;

use crate::syntax::ast::{Node, NodeEnum, ObjectWithArgs};

use super::super::builtin::{self, BuiltinFunction, Fact};
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Types, same};
use super::{Fold, Result, find, split_name, strings};

/// A function as far as definitions ask.
pub(super) struct ExactFunction {
    pub kind: RoutineKind,
    pub inputs: Vec<TypeRef>,
    pub result: TypeRef,
    pub returns_set: bool,
    pub volatility: Volatility,
}

impl ExactFunction {
    /// Of which no more is known than what it takes.
    pub(super) fn unknown(inputs: Vec<TypeRef>) -> ExactFunction {
        ExactFunction {
            kind: RoutineKind::Function,
            inputs,
            result: TypeRef::Unknown,
            returns_set: false,
            volatility: Volatility::Immutable,
        }
    }

    fn of_builtin(function: &BuiltinFunction) -> ExactFunction {
        ExactFunction {
            kind: match function.kind {
                'a' => RoutineKind::Aggregate,
                'w' => RoutineKind::Window,
                'p' => RoutineKind::Procedure,
                _ => RoutineKind::Function,
            },
            inputs: function.arguments.clone(),
            result: function.result.clone(),
            returns_set: function.returns_set,
            volatility: match function.volatility {
                'i' => Volatility::Immutable,
                's' => Volatility::Stable,
                _ => Volatility::Volatile,
            },
        }
    }

    fn of_routine(routine: &Routine) -> ExactFunction {
        ExactFunction {
            kind: routine.kind,
            inputs: routine.input_types().map(TypeRef::without_modifier).collect(),
            result: routine.result.as_ref().map_or(TypeRef::Unknown, TypeRef::without_modifier),
            returns_set: routine.returns_set,
            volatility: routine.volatility,
        }
    }

    fn takes(&self, types: &[TypeRef]) -> bool {
        self.inputs.len() == types.len() && self.inputs.iter().zip(types).all(|(own, given)| same(own, given))
    }

    /// Whether it returns a type, or may.
    pub(super) fn returns(&self, name: &str) -> bool {
        self.result == TypeRef::Unknown || self.result.is_builtin(name)
    }

    pub(super) fn takes_only_internal(&self) -> bool {
        matches!(self.inputs.as_slice(), [only] if only.is_builtin("internal"))
    }
}

/// `name(integer, text)`, as PostgreSQL names a function that it looks for.
pub(super) fn signature(parts: &[&str], types: &[TypeRef]) -> String {
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    format!("{}({})", parts.join("."), types.join(", "))
}

impl Fold<'_> {
    /// The schemas in which a name may be, with PostgreSQL's own objects aside.
    pub(super) fn looked_through(&self, schema: Option<&str>) -> Vec<&Arc<Schema>> {
        match schema {
            Some(schema) => self.catalog.schema(schema).into_iter().collect(),
            None => self.catalog.search_path.iter().filter_map(|name| self.catalog.schema(name)).collect(),
        }
    }

    /// The functions and procedures of a name, and whether there may be more.
    fn functions_named(&self, schema: Option<&str>, name: &str) -> (Vec<ExactFunction>, bool) {
        let of_system = schema.is_none_or(find::is_system_schema);
        let (current, others): (Vec<_>, Vec<_>) = (builtin::facts().functions.named_in_any(name).iter())
            .filter(|_| of_system)
            .partition(|function| function.versions().contain(self.version()));
        let mut found: Vec<ExactFunction> = current.into_iter().map(ExactFunction::of_builtin).collect();
        // What is in one schema hides what takes the same in those behind it.
        for own in self.looked_through(schema) {
            for routine in own.routines.get(name).into_iter().flatten() {
                let routine = ExactFunction::of_routine(routine);
                if !found.iter().any(|known| known.takes(&routine.inputs)) {
                    found.push(routine);
                }
            }
        }
        let is_unclear = |function: &ExactFunction| function.inputs.contains(&TypeRef::Unknown);
        let may_be_more = !others.is_empty()
            || found.iter().any(is_unclear)
            || self.may_have_more_types()
            || !find::sure_of(&self.catalog, schema, name)
            || schema == Some(TEMPORARY)
            // The extensions of procedural languages bring them, into pg_catalog.
            || name.starts_with("pl") && (name.ends_with("_handler") || name.ends_with("_validator"));
        (found, may_be_more)
    }

    /// The function of that name which takes just these types, or PostgreSQL's error where there is certainly none;
    /// `None` where it cannot be known.
    pub(super) fn exact_function(&self, parts: &[&str], taken: &[TypeRef]) -> Result<Option<ExactFunction>> {
        let (schema, name) = split_name(parts);
        if taken.contains(&TypeRef::Unknown) {
            return Ok(None);
        }
        let (all, may_be_more) = self.functions_named(schema, name);
        if let Some(found) = all.into_iter().find(|function| function.takes(taken)) {
            return Ok(Some(found));
        }
        if may_be_more {
            return Ok(None);
        }
        let at = self.token(name);
        if let Some(schema) = schema.filter(|schema| self.catalog.schema(schema).is_none()) {
            return self.fail("3F000", format!("schema \"{schema}\" does not exist"), self.token(schema));
        }
        self.fail("42883", format!("function {} does not exist", signature(parts, taken)), at)
    }

    /// The function that a statement names with its arguments, or without them where it is the only one of its name
    /// (`LookupFuncWithArgs`).
    pub(super) fn function_of(&self, object: &ObjectWithArgs) -> Result<Option<ExactFunction>> {
        let parts = strings(&object.objname);
        let (schema, name) = split_name(&parts);
        let found = if object.args_unspecified {
            let (mut all, may_be_more) = self.functions_named(schema, name);
            match (all.len(), may_be_more) {
                (1, false) => all.pop(),
                (0, false) => {
                    let message = format!("could not find a function named \"{}\"", parts.join("."));
                    return self.fail("42883", message, self.token(name));
                }
                (2.., _) => {
                    let message = format!("function name \"{}\" is not unique", parts.join("."));
                    return self.fail("42725", message, self.token(name));
                }
                _ => None,
            }
        } else {
            let taken = self.argument_types(&object.objargs)?;
            self.exact_function(&parts, &taken)?
        };
        match found {
            Some(found) if found.kind == RoutineKind::Procedure => {
                let message = format!("{} is not a function", signature(&parts, &found.inputs));
                self.fail("42809", message, self.token(name))
            }
            found => Ok(found),
        }
    }

    /// What an operator of two sides returns which takes just these, or PostgreSQL's error where there is certainly none;
    /// `None` where it cannot be known.
    pub(super) fn exact_operator(
        &self,
        parts: &[&str],
        left: Option<&TypeRef>,
        right: &TypeRef,
    ) -> Result<Option<TypeRef>> {
        let (schema, name) = split_name(parts);
        let taken: Vec<&TypeRef> = left.into_iter().chain([right]).collect();
        if taken.contains(&&TypeRef::Unknown) {
            return Ok(None);
        }
        let types = Types::new(&self.catalog);
        let found = types.operators(schema, name, left.is_some()).into_iter().find(|operator| {
            let inputs = operator.inputs();
            inputs.len() == taken.len() && inputs.iter().zip(&taken).all(|(own, given)| same(own, given))
        });
        if let Some(found) = found {
            return Ok(Some(found.result.into_owned()));
        }
        let may_be_of_other_version = builtin::facts()
            .operators
            .named_in_any(name)
            .iter()
            .any(|operator| operator.left.as_ref() == left && operator.right.as_ref() == Some(right));
        if may_be_of_other_version && schema.is_none_or(find::is_system_schema)
            || self.may_have_more_types()
            || !find::sure_of(&self.catalog, schema, name)
            || schema == Some(TEMPORARY)
        {
            return Ok(None);
        }
        let left = left.map(|left| format!("{left} ")).unwrap_or_default();
        let message = format!("operator does not exist: {left}{} {right}", parts.join("."));
        self.fail("42883", message, self.token(name))
    }

    /// The types of a list of arguments, or PostgreSQL's error for one that there is certainly not.
    pub(super) fn argument_types(&self, nodes: &[Node]) -> Result<Vec<TypeRef>> {
        let types = nodes.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::TypeName(name)) => Some(self.named_type(name).map(|ty| ty.without_modifier())),
            _ => None,
        });
        types.collect()
    }
}
