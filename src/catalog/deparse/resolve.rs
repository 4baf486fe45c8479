//! Which operator or function a call means, by PostgreSQL's own procedure (parse_oper.c, parse_func.c).

use super::super::builtin;
use super::super::model::{Argument, Catalog, Entity, EntityKind, RoutineKind, TypeKind, Value};
use super::super::types::TypeRef;
use super::super::typing::Types;
use super::coerce::{
    base_type, builtin_name, can_coerce, category, is_polymorphic, is_unknown_literal, preferred, same,
};

/// The operand types that an operator takes, and its result's.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Signature {
    pub inputs: Vec<TypeRef>,
    pub result: TypeRef,
    /// The last input repeats.
    pub variadic: bool,
    /// `schema.name` of a function that is not of pg_catalog.
    pub name: Option<String>,
}

/// The operator for operands of these types; `left` is `None` of a prefix operator.
pub(super) fn operator(
    catalog: &Catalog,
    name: &str,
    left: Option<&TypeRef>,
    right: &TypeRef,
) -> Option<Signature> {
    let all = builtin::facts().operators.named(name);
    let inputs: Vec<TypeRef> = left.into_iter().chain([right]).map(TypeRef::without_modifier).collect();
    // The operators of a type that came with something unknown are not known either.
    let is_opaque =
        |ty: &TypeRef| *ty == TypeRef::Unknown || catalog.unknown_names && is_base_type(catalog, ty);
    if inputs.iter().any(is_opaque) {
        return None;
    }
    // PostgreSQL's own come first, and mostly one of them is just it.
    let guessed = match inputs.as_slice() {
        [one, two] if is_unknown_literal(one) && !is_unknown_literal(two) => [two, two],
        [one, two] if is_unknown_literal(two) && !is_unknown_literal(one) => [one, one],
        [one, two] => [one, two],
        _ => [right, right],
    };
    let exactly = all.iter().find(|operator| match (&operator.left, &operator.right) {
        (Some(one), Some(two)) => left.is_some() && same(one, guessed[0]) && same(two, guessed[1]),
        (None, Some(one)) => left.is_none() && same(one, guessed[1]),
        _ => false,
    });
    if let Some(operator) = exactly {
        return Some(Signature {
            inputs: operator.left.iter().chain(&operator.right).cloned().collect(),
            result: operator.result.clone(),
            variadic: false,
            name: None,
        });
    }
    let mut candidates: Vec<Signature> = (all.iter())
        .filter(|operator| operator.left.is_some() == left.is_some())
        .map(|operator| Signature {
            inputs: operator.left.iter().chain(&operator.right).cloned().collect(),
            result: operator.result.clone(),
            variadic: false,
            name: None,
        })
        .collect();
    for own in own_operators(catalog, name, left.is_some()) {
        // Of two with the same operands the first in the search path is meant.
        let is_hidden = |other: &Signature| {
            other.inputs.len() == own.inputs.len()
                && other.inputs.iter().zip(&own.inputs).all(|(a, b)| same(a, b))
        };
        if !candidates.iter().any(is_hidden) {
            candidates.push(own);
        }
    }
    let exact = |inputs: &[TypeRef]| {
        candidates.iter().find(|c| c.inputs.iter().zip(inputs).all(|(a, b)| same(a, b))).cloned()
    };
    // A literal is first taken to be of the other operand's type.
    if let [one, two] = inputs.as_slice() {
        let guessed = match (is_unknown_literal(one), is_unknown_literal(two)) {
            (true, false) => [two.clone(), two.clone()],
            (false, true) => [one.clone(), one.clone()],
            _ => [one.clone(), two.clone()],
        };
        if let Some(found) = exact(&guessed) {
            return Some(found);
        }
        if is_unknown_literal(one) != is_unknown_literal(two) {
            let base = base_type(catalog, &guessed[0]).without_modifier();
            if !same(&base, &guessed[0])
                && let Some(found) = exact(&[base.clone(), base])
            {
                return Some(found);
            }
        }
    } else if let Some(found) = exact(&inputs) {
        return Some(found);
    }
    choose(catalog, candidates, &inputs).map(|found| concrete(catalog, found, &inputs))
}

fn is_base_type(catalog: &Catalog, ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Named { schema, name, array: false, .. } => {
            (catalog.user_type(Some(schema), name)).is_some_and(|found| found.kind == TypeKind::Base)
        }
        _ => false,
    }
}

/// The operators of a name that were made in schemas of the search path, those of extensions among them.
fn own_operators(catalog: &Catalog, name: &str, is_infix: bool) -> Vec<Signature> {
    let schemas = catalog.search_path.iter().filter_map(|schema| catalog.schema(schema));
    let all = schemas.flat_map(|schema| schema.entities.get(name).into_iter().flatten());
    let operand = |entity: &Entity, side: &str| match entity.get(side) {
        Some(Value::Type(ty)) => Some(ty.clone()),
        _ => None,
    };
    all.filter(|entity| entity.kind == EntityKind::Operator)
        .filter(|entity| operand(entity, "left").is_some() == is_infix)
        .filter_map(|entity| {
            let inputs = operand(entity, "left").into_iter().chain(operand(entity, "right")).collect();
            let schema = entity.schema.as_deref().filter(|schema| *schema != "public");
            let name =
                schema.map(|schema| format!("OPERATOR({}.{name})", super::super::quote::identifier(schema)));
            Some(Signature { inputs, result: operand(entity, "result")?, variadic: false, name })
        })
        .collect()
}

/// The function for arguments of these types, among the user's and PostgreSQL's own.
pub(super) fn function(
    catalog: &Catalog,
    schema: Option<&str>,
    name: &str,
    arguments: &[TypeRef],
) -> Option<Signature> {
    let mut candidates: Vec<Signature> = Vec::new();
    if schema.is_none_or(|schema| schema == "pg_catalog") {
        for function in builtin::facts().functions.named(name) {
            let signature = Signature {
                inputs: function.arguments.clone(),
                result: function.result.clone(),
                variadic: function.variadic,
                name: None,
            };
            candidates.extend(fitted(signature, function.defaults, arguments.len()));
        }
    }
    for routine in catalog.routines(schema, name) {
        if routine.kind == RoutineKind::Procedure {
            continue;
        }
        let inputs: Vec<&Argument> = routine.arguments.iter().filter(|a| a.mode.is_input()).collect();
        let signature = Signature {
            inputs: inputs.iter().map(|argument| argument.ty.clone()).collect(),
            result: routine.result.clone().unwrap_or(TypeRef::Unknown),
            variadic: inputs.last().is_some_and(|a| a.mode == super::super::model::ArgumentMode::Variadic),
            name: Some(super::relation_text(&routine.schema, &routine.name)),
        };
        let defaults = inputs.iter().filter(|argument| argument.default.is_some()).count();
        candidates.extend(fitted(signature, defaults, arguments.len()));
    }
    let inputs: Vec<TypeRef> = arguments.iter().map(TypeRef::without_modifier).collect();
    let exact = candidates.iter().find(|c| c.inputs.iter().zip(&inputs).all(|(a, b)| same(a, b))).cloned();
    let found = exact.or_else(|| choose(catalog, candidates, &inputs))?;
    Some(concrete(catalog, found, &inputs))
}

/// A signature for that many arguments: defaults left out, a variadic one repeated.
fn fitted(mut signature: Signature, defaults: usize, count: usize) -> Option<Signature> {
    let declared = signature.inputs.len();
    if declared == count && !signature.variadic {
        return Some(signature);
    }
    if signature.variadic && count + 1 >= declared && count > 0 {
        let last = signature.inputs.pop()?;
        let element = match builtin_name(&last) {
            Some("anyarray") => TypeRef::builtin("anyelement"),
            Some("anycompatiblearray") => TypeRef::builtin("anycompatible"),
            _ => last.element().unwrap_or(last),
        };
        while signature.inputs.len() < count {
            signature.inputs.push(element.clone());
        }
        return Some(signature);
    }
    if count < declared && count + defaults >= declared {
        signature.inputs.truncate(count);
        return Some(signature);
    }
    None
}

/// func_match_argtypes, then func_select_candidate.
fn choose(catalog: &Catalog, candidates: Vec<Signature>, inputs: &[TypeRef]) -> Option<Signature> {
    let mut left: Vec<Signature> = candidates
        .into_iter()
        .filter(|candidate| {
            candidate.inputs.len() == inputs.len()
                && inputs.iter().zip(&candidate.inputs).all(|(from, to)| can_coerce(catalog, from, to))
        })
        .collect();
    if left.len() <= 1 {
        return left.pop();
    }
    let bases: Vec<TypeRef> = inputs.iter().map(|ty| base_type(catalog, ty).without_modifier()).collect();
    let known = |n: usize| !is_unknown_literal(&bases[n]);
    keep_best(&mut left, |candidate| {
        (0..bases.len()).filter(|&n| known(n) && same(&candidate.inputs[n], &bases[n])).count()
    });
    if left.len() == 1 {
        return left.pop();
    }
    keep_best(&mut left, |candidate| {
        (0..bases.len())
            .filter(|&n| {
                let ty = &candidate.inputs[n];
                known(n)
                    && (same(ty, &bases[n])
                        || preferred(ty) && category(catalog, ty) == category(catalog, &bases[n]))
            })
            .count()
    });
    if left.len() == 1 {
        return left.pop();
    }
    if (0..bases.len()).all(known) {
        return None;
    }
    // What the candidates agree on for each literal; a string is always possible.
    let mut slots = Vec::new();
    let mut resolved = true;
    for n in (0..bases.len()).filter(|&n| !known(n)) {
        let mut slot: Option<(char, bool)> = None;
        let mut conflict = false;
        for candidate in &left {
            let ty = &candidate.inputs[n];
            let (own, is_preferred) = (category(catalog, ty), preferred(ty));
            match &mut slot {
                None => slot = Some((own, is_preferred)),
                Some((seen, any)) if *seen == own => *any |= is_preferred,
                Some(slot) if own == 'S' => *slot = (own, is_preferred),
                Some(_) => conflict = true,
            }
        }
        let slot = slot?;
        if conflict && slot.0 != 'S' {
            resolved = false;
            break;
        }
        slots.push((n, slot));
    }
    if resolved {
        let fits = |candidate: &Signature| {
            slots.iter().all(|&(n, (wanted, any_preferred))| {
                let ty = &candidate.inputs[n];
                category(catalog, ty) == wanted && (!any_preferred || preferred(ty))
            })
        };
        let fitting: Vec<Signature> = left.iter().filter(|candidate| fits(candidate)).cloned().collect();
        if !fitting.is_empty() {
            left = fitting;
        }
        if left.len() == 1 {
            return left.pop();
        }
    }
    // At last, literals are taken to be what all the other arguments are.
    let mut others = (0..bases.len()).filter(|&n| known(n)).map(|n| &bases[n]);
    let first = others.next()?;
    if !others.all(|ty| same(ty, first)) {
        return None;
    }
    left.retain(|candidate| candidate.inputs.iter().all(|to| can_coerce(catalog, first, to)));
    if left.len() == 1 { left.pop() } else { None }
}

fn keep_best(candidates: &mut Vec<Signature>, score: impl Fn(&Signature) -> usize) {
    let best = candidates.iter().map(&score).max().unwrap_or(0);
    candidates.retain(|candidate| score(candidate) == best);
}

/// Polymorphic types replaced by what the arguments make of them.
fn concrete(catalog: &Catalog, mut signature: Signature, inputs: &[TypeRef]) -> Signature {
    if !signature.inputs.iter().any(is_polymorphic) {
        return signature;
    }
    // Only where all is known: what an argument's type is not is no reason to know nothing of the others.
    if !inputs.contains(&TypeRef::Unknown)
        && let Ok(found) = Types::new(catalog).concrete(inputs, &signature.inputs, &signature.result)
    {
        signature.inputs = found.arguments;
        signature.result = found.result;
        return signature;
    }
    let mut elements = Vec::new();
    let mut range = None;
    for (formal, actual) in signature.inputs.iter().zip(inputs) {
        if is_unknown_literal(actual) || *actual == TypeRef::Unknown {
            continue;
        }
        match builtin_name(formal) {
            Some("anyarray" | "anycompatiblearray") => elements.extend(base_type(catalog, actual).element()),
            Some("anyelement" | "anynonarray" | "anyenum" | "anycompatible" | "anycompatiblenonarray") => {
                elements.push(actual.clone());
            }
            Some("anyrange" | "anycompatiblerange" | "anymultirange") => range = Some(actual.clone()),
            _ => {}
        }
    }
    let element = super::coerce::common_type(catalog, &elements).map(|ty| ty.without_modifier());
    let substitute = |ty: &TypeRef| -> TypeRef {
        match builtin_name(ty) {
            Some("anyarray" | "anycompatiblearray") => {
                element.as_ref().map_or(TypeRef::Unknown, TypeRef::array_of)
            }
            Some("anyelement" | "anynonarray" | "anyenum" | "anycompatible" | "anycompatiblenonarray") => {
                element.clone().unwrap_or(TypeRef::Unknown)
            }
            Some("anyrange" | "anycompatiblerange") => range.clone().unwrap_or(TypeRef::Unknown),
            Some("anymultirange") => TypeRef::Unknown,
            _ => ty.clone(),
        }
    };
    signature.inputs = signature.inputs.iter().map(substitute).collect();
    signature.result = substitute(&signature.result);
    signature
}

/// What all functions of a name return, when they agree: enough where the arguments are not known.
pub(super) fn only_result(catalog: &Catalog, schema: Option<&str>, name: &str) -> Option<TypeRef> {
    declared_result(catalog, schema, name).filter(|result| !is_polymorphic(result))
}

/// The same as declared: a polymorphic type stands for itself.
pub(super) fn declared_result(catalog: &Catalog, schema: Option<&str>, name: &str) -> Option<TypeRef> {
    let builtins = builtin::facts().functions.named(name).iter();
    let builtins = builtins.filter(|_| schema.is_none_or(|schema| schema == "pg_catalog"));
    let mut results = (builtins.map(|function| function.result.clone()))
        .chain(catalog.routines(schema, name).iter().map(|r| r.result.clone().unwrap_or(TypeRef::Unknown)));
    let first = results.next()?;
    results.all(|other| same(&other, &first)).then_some(first)
}
