//! What an aggregate is made of, as CREATE AGGREGATE checks it (pg_aggregate.c).

use crate::syntax::ast::{DefElem, DefineStmt, NodeEnum};

use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{
    Answer, Call, Context, NoFunction, Types, Variant, is_polymorphic, polymorphic_name, same,
};
use super::option::{self, elements};
use super::{Fold, Result, split_name, strings, type_name};

impl Fold<'_> {
    /// PostgreSQL's error for an aggregate of these arguments, if there is one. What its result is, if that is known.
    pub(super) fn check_aggregate(&self, s: &DefineStmt, arguments: &[Argument]) -> Result<Option<TypeRef>> {
        let at = self.token(strings(&s.defnames).last().copied().unwrap_or_default());
        let given = |names: &[&str]| {
            elements(&s.definition).filter(|element| names.contains(&element.defname.as_str())).last()
        };
        let Some(state) = given(&["stype", "stype1"]) else {
            return self.fail("42P13", "aggregate stype must be specified".into(), at);
        };
        let Some(transition) = given(&["sfunc", "sfunc1"]) else {
            return self.fail("42P13", "aggregate sfunc must be specified".into(), at);
        };
        self.moving_parts_are_whole(s, at)?;
        if s.oldstyle && given(&["basetype"]).is_none() {
            return self.fail("42P13", "aggregate input type must be specified".into(), at);
        }
        let base = given(&["basetype"]).and_then(|base| base.arg.as_deref()?.node.as_ref());
        if let Some(NodeEnum::TypeName(name)) = base
            && s.oldstyle
            && !strings(&name.names).iter().any(|name| name.eq_ignore_ascii_case("any"))
        {
            self.type_ref(name)?;
        }
        self.argument_types_exist(s)?;
        let state = match state.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
            Some(NodeEnum::TypeName(name)) if self.type_ref(name)? == TypeRef::Unknown => TypeRef::Unknown,
            Some(NodeEnum::TypeName(name)) => type_name::resolve(&self.catalog, name).without_modifier(),
            _ => TypeRef::Unknown,
        };
        let (writes, reads) = (given(&["serialfunc"]).is_some(), given(&["deserialfunc"]).is_some());
        if writes && reads && state != TypeRef::Unknown && !state.is_builtin("internal") {
            let message = "serialization functions may be specified only when the aggregate transition data type is internal";
            return self.fail("42P13", message.into(), at);
        }
        if writes != reads {
            let message = "must specify both or neither of serialization and deserialization functions";
            return self.fail("42P13", message.into(), at);
        }
        for name in ["finalfunc_modify", "mfinalfunc_modify"] {
            let Some(modify) = given(&[name]) else { continue };
            if !matches!(option::text(modify).as_str(), "read_only" | "shareable" | "read_write") {
                let message = format!("parameter \"{name}\" must be READ_ONLY, SHAREABLE, or READ_WRITE");
                return self.fail("42601", message, at);
            }
        }
        let takes_several = |ty: &TypeRef| {
            let any = ["any", "anyarray", "anycompatiblearray"];
            *ty == TypeRef::Unknown || ty.element().is_some() || any.iter().any(|name| ty.is_builtin(name))
        };
        let mut variadic = arguments.iter().filter(|argument| argument.mode == ArgumentMode::Variadic);
        if variadic.any(|argument| !takes_several(&argument.ty)) {
            return self.fail("42P13", "VARIADIC parameter must be an array".into(), at);
        }
        if let Some(parallel) = given(&["parallel"]) {
            let text = option::text(parallel);
            if !matches!(text.as_str(), "safe" | "restricted" | "unsafe") {
                let message = "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE";
                return self.fail("42601", message.into(), at);
            }
        }
        let inputs: Vec<TypeRef> = arguments.iter().map(|argument| argument.ty.without_modifier()).collect();
        if state == TypeRef::Unknown || inputs.contains(&TypeRef::Unknown) {
            return Ok(None);
        }
        if !is_told(&state, &inputs) {
            return self.fail("42P13", "cannot determine transition data type".into(), at);
        }
        // The arguments of an ordered-set aggregate go other ways.
        let is_plain = arguments.iter().all(|argument| argument.mode == ArgumentMode::In)
            && s.args.get(1).is_none_or(|node| super::type_modifier::integer(node) == Some(-1));
        if !is_plain {
            return Ok(None);
        }
        let taken: Vec<TypeRef> = [state.clone()].into_iter().chain(inputs.iter().cloned()).collect();
        let parts = option::name_parts(transition);
        let Some(result) = self.aggregate_function(&parts, &taken)? else { return Ok(None) };
        if !same(&result, &state) && result != TypeRef::Unknown {
            let message = format!("return type of transition function {} is not {state}", parts.join("."));
            return self.fail("42804", message, self.token(parts.last().copied().unwrap_or_default()));
        }
        let Some(last) = given(&["finalfunc"]) else {
            self.combines(given(&["combinefunc"]), &state)?;
            return Ok(Some(state));
        };
        let has_extra = given(&["finalfunc_extra"]).map_or(Ok(false), |element| self.truth_of(element))?;
        let taken = if has_extra { &taken[..] } else { &taken[..1] };
        let Some(result) = self.aggregate_function(&option::name_parts(last), taken)? else {
            return Ok(None);
        };
        if result != TypeRef::Unknown && !is_told(&result, &inputs) {
            return self.fail("42P13", "cannot determine result data type".into(), at);
        }
        self.combines(given(&["combinefunc"]), &state)?;
        Ok(Some(result).filter(|result| *result != TypeRef::Unknown))
    }

    /// A combine function makes one state of two.
    fn combines(&self, combine: Option<&DefElem>, state: &TypeRef) -> Result {
        let Some(combine) = combine else { return Ok(()) };
        let parts = option::name_parts(combine);
        let Some(result) = self.aggregate_function(&parts, &[state.clone(), state.clone()])? else {
            return Ok(());
        };
        if !same(&result, state) && result != TypeRef::Unknown {
            let message = format!("return type of combine function {} is not {state}", parts.join("."));
            return self.fail("42804", message, self.token(parts.last().copied().unwrap_or_default()));
        }
        Ok(())
    }

    /// What an aggregate needs for moving windows, or has for nothing (DefineAggregate).
    fn moving_parts_are_whole(&self, s: &DefineStmt, at: Option<usize>) -> Result {
        let has = |name: &str| elements(&s.definition).any(|element| element.defname == name);
        let is_moving = has("mstype");
        let (names, word): (&[&str], _) = match is_moving {
            true => (&["msfunc", "minvfunc"], "must be specified when mstype is specified"),
            false => (
                &["msfunc", "minvfunc", "mfinalfunc", "msspace", "minitcond"],
                "must not be specified without mstype",
            ),
        };
        match names.iter().find(|name| has(name) != is_moving) {
            Some(name) => self.fail("42P13", format!("aggregate {name} {word}"), at),
            None => Ok(()),
        }
    }

    /// The types of an aggregate's arguments, which are not made as shells.
    fn argument_types_exist(&self, s: &DefineStmt) -> Result {
        for node in s.args.first().map(super::list).unwrap_or_default() {
            let Some(NodeEnum::FunctionParameter(parameter)) = &node.node else { continue };
            let Some(ty) = &parameter.arg_type else { continue };
            if let Err(Some(missing)) = type_name::found(&self.catalog, ty)
                && missing.sqlstate == "42704"
            {
                let message = format!("type {} does not exist", strings(&ty.names).join("."));
                return self.fail("42704", message, super::offset(ty.location));
            }
        }
        Ok(())
    }

    /// What a function gives for these types (`lookup_agg_function`); `None` where that cannot be known.
    fn aggregate_function(&self, parts: &[&str], taken: &[TypeRef]) -> Result<Option<TypeRef>> {
        let (schema, name) = split_name(parts);
        let types = Types::new(&self.catalog);
        let at = self.token(name);
        let call = Call { types: taken.to_vec(), ..Call::default() };
        let written = format!("{}({})", parts.join("."), types.print_list(taken));
        let function = match types.function(schema, name, &call) {
            Ok(function) if function.variant == Variant::Function => function,
            Err(NoFunction::Unknown) => return Ok(None),
            _ => return self.fail("42883", format!("function {written} does not exist"), at),
        };
        if function.returns_set {
            return self.fail("42804", format!("function {written} returns a set"), at);
        }
        let declared = function.inputs();
        for (own, wanted) in taken.iter().zip(&declared) {
            if polymorphic_name(wanted).is_none()
                && !same(own, wanted)
                && types.can_coerce_one(own, wanted, Context::Implicit) == Answer::Unknown
            {
                return Ok(None);
            }
        }
        // Of arguments that are polymorphic themselves the result is, too.
        if taken.iter().any(is_polymorphic) {
            let is_as_declared =
                |(own, wanted): (&TypeRef, &TypeRef)| !is_polymorphic(wanted) || same(own, wanted);
            let result = function.result.clone();
            return Ok(taken.iter().zip(&declared).all(is_as_declared).then_some(result));
        }
        Ok(types.concrete(taken, &declared, &function.result).ok().map(|concrete| concrete.result))
    }
}

/// Whether the arguments tell what a polymorphic type is (`check_valid_polymorphic_signature`).
fn is_told(ty: &TypeRef, inputs: &[TypeRef]) -> bool {
    let has = |names: &[&str]| {
        inputs.iter().any(|input| polymorphic_name(input).is_some_and(|name| names.contains(&name)))
    };
    match polymorphic_name(ty) {
        None => true,
        Some("anyrange" | "anymultirange") => has(&["anyrange", "anymultirange"]),
        Some("anycompatiblerange" | "anycompatiblemultirange") => {
            has(&["anycompatiblerange", "anycompatiblemultirange"])
        }
        Some(name) => {
            let is_compatible = name.starts_with("anycompatible");
            inputs
                .iter()
                .filter_map(polymorphic_name)
                .any(|own| own.starts_with("anycompatible") == is_compatible)
        }
    }
}
