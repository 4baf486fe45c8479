//! What CREATE OPERATOR and ALTER OPERATOR refuse (operatorcmds.c, pg_operator.c).

use crate::syntax::ast::{DefElem, Node, NodeEnum};

use super::super::builtin::facts;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::RoutineKind;
use super::super::types::TypeRef;
use super::super::typing::builtin_name;
use super::exact::signature;
use super::{Fold, Result, offset, option, split_name};

impl Fold<'_> {
    /// PostgreSQL's error for what an operator is to be made of.
    pub(super) fn check_operator(&self, options: &[Node]) -> Result {
        let mut operands: [Option<TypeRef>; 2] = [None, None];
        for element in option::elements(options) {
            let side = match element.defname.as_str() {
                "leftarg" => 0,
                "rightarg" => 1,
                "function" | "procedure" | "commutator" | "negator" | "restrict" | "join" => {
                    self.is_qualified_name(element)?;
                    continue;
                }
                "hashes" | "merges" => {
                    self.truth_of(element)?;
                    continue;
                }
                _ => continue,
            };
            let is_set = matches!(
                element.arg.as_ref().and_then(|arg| arg.node.as_ref()),
                Some(NodeEnum::TypeName(ty)) if ty.setof
            );
            if is_set {
                let message = "SETOF type not allowed for operator argument";
                return self.fail("42P13", message.into(), offset(element.location));
            }
            self.is_type_name(element)?;
            // Until 13 NONE says that there is none; since then it is left out.
            if option::name_parts(element) != ["none"] {
                operands[side] = Some(self.type_of(element).unwrap_or(TypeRef::Unknown));
            }
        }
        let at = None;
        let named = |names: &[&str]| {
            option::elements(options).filter(|element| names.contains(&element.defname.as_str())).last()
        };
        let Some(function) = named(&["function", "procedure"]) else {
            return self.fail("42P13", "operator function must be specified".into(), at);
        };
        match &operands {
            [None, None] => {
                let message = match self.version() {
                    ..14 => "at least one of leftarg or rightarg must be specified",
                    14.. => "operator argument types must be specified",
                };
                return self.fail("42P13", message.into(), at);
            }
            [Some(_), None] if self.version() >= 14 => {
                return self.fail("42P13", "operator right argument type must be specified".into(), at);
            }
            _ => {}
        }
        for element in ["leftarg", "rightarg"].iter().filter_map(|side| named(&[side])) {
            if let Some(NodeEnum::TypeName(ty)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref())
                && option::name_parts(element) != ["none"]
            {
                self.type_ref(ty)?;
            }
        }
        let taken: Vec<TypeRef> = operands.iter().flatten().cloned().collect();
        let parts = option::name_parts(function);
        let function = self.exact_function(&parts, &taken)?;
        if function.as_ref().is_some_and(|function| function.kind == RoutineKind::Procedure)
            && self.version() >= 14
        {
            let message = format!("function {} does not exist", signature(&parts, &taken));
            return self.fail("42883", message, self.token(parts.last().unwrap_or(&"")));
        }
        self.has_estimators(options)?;
        self.suits_operator(
            &given(options),
            taken.len() == 2,
            function.is_none_or(|function| function.returns("bool")),
        )
    }

    /// What only operators of two operands can have, and what only those that give a truth (`OperatorValidateParams`).
    fn suits_operator(&self, given: &[&str], is_binary: bool, is_boolean: bool) -> Result {
        // What an old dump says of sorting means that it can be merged.
        let merges = ["merges", "sort1", "sort2", "ltcmp", "gtcmp"];
        let rules: [(&[&str], Option<&str>, Option<&str>); 5] = [
            (&["commutator"], Some("have commutators"), None),
            (&["negator"], None, Some("have negators")),
            (&["restrict"], None, Some("have restriction selectivity")),
            (&["join"], Some("have join selectivity"), Some("have join selectivity")),
            (&merges, Some("merge join"), Some("merge join")),
        ];
        let hashes: (&[&str], _, _) = (&["hashes"], Some("hash"), Some("hash"));
        let rules = || {
            rules.iter().chain([&hashes]).filter(|(names, ..)| names.iter().any(|name| given.contains(name)))
        };
        if let Some(what) = rules().find_map(|(_, of_binary, _)| *of_binary).filter(|_| !is_binary) {
            return self.fail("42P13", format!("only binary operators can {what}"), None);
        }
        if let Some(what) = rules().find_map(|(.., of_boolean)| *of_boolean).filter(|_| !is_boolean) {
            return self.fail("42P13", format!("only boolean operators can {what}"), None);
        }
        Ok(())
    }

    pub(super) fn is_not_its_negator(&self, operator: &Entity, options: &[Node]) -> Result {
        let Some(negator) = option::elements(options).filter(|element| element.defname == "negator").last()
        else {
            return Ok(());
        };
        if option::name_parts(negator) != [&*operator.name] {
            return Ok(());
        }
        // Another schema may have one of the same name for the same types.
        if let (left, Some(Value::Type(right))) = (operator.get("left"), operator.get("right")) {
            let left = match left {
                Some(Value::Type(left)) => Some(left),
                _ => None,
            };
            if matches!(self.exact_operator(&[&*operator.name], left, right), Ok(Some(_))) {
                return Ok(());
            }
        }
        let message = match self.version() {
            ..17 => "operator cannot be its own negator or sort operator",
            17.. => "operator cannot be its own negator",
        };
        self.fail("42P13", message.into(), self.token(&operator.name))
    }

    /// The functions that estimate how many rows an operator leaves.
    fn has_estimators(&self, options: &[Node]) -> Result {
        let of = |name: &str| TypeRef::builtin(name);
        for element in option::elements(options) {
            let parts = option::name_parts(element);
            if parts.is_empty() || parts == ["none"] {
                continue;
            }
            let long = [of("internal"), of("oid"), of("internal"), of("int2"), of("internal")];
            let (word, found) = match element.defname.as_str() {
                "restrict" => {
                    let taken = [of("internal"), of("oid"), of("internal"), of("int4")];
                    ("restriction", self.exact_function(&parts, &taken)?)
                }
                // The one without the last argument will do as well.
                "join" => match self.exact_function(&parts, &long[..4]) {
                    Ok(found) => ("join", found),
                    Err(_) => ("join", self.exact_function(&parts, &long)?),
                },
                _ => continue,
            };
            if found.is_some_and(|found| !found.returns("float8")) {
                let message =
                    format!("{word} estimator function {} must return type float8", parts.join("."));
                return self.fail("42P17", message, self.token(parts.last().unwrap_or(&"")));
            }
        }
        Ok(())
    }

    /// PostgreSQL's error for what no operator has, or what cannot be changed of any.
    pub(super) fn has_operator_attributes(&self, options: &[Node]) -> Result {
        let is_new = self.version() >= 17;
        for element in option::elements(options) {
            let name = element.defname.as_str();
            let at = offset(element.location);
            // NONE takes away what there was.
            if element.arg.is_some() {
                self.is_qualified_name(element)?;
            }
            match name {
                "restrict" | "join" => {}
                "commutator" | "negator" | "merges" | "hashes" if is_new => {}
                "leftarg" | "rightarg" | "function" | "procedure" | "commutator" | "negator" | "merges"
                | "hashes" => {
                    return self.refuse(
                        "42601",
                        format!("operator attribute \"{name}\" cannot be changed"),
                        at,
                    );
                }
                _ => {
                    return self.refuse("42601", format!("operator attribute \"{name}\" not recognized"), at);
                }
            }
        }
        Ok(())
    }

    /// PostgreSQL's error for what of an operator is to be changed.
    pub(super) fn check_operator_change(&self, operator: &Entity, options: &[Node]) -> Result {
        self.has_operator_attributes(options)?;
        self.has_estimators(options)?;
        let is_new = self.version() >= 17;
        for element in option::elements(options).filter(|_| is_new) {
            match element.defname.as_str() {
                "commutator" | "negator" => self.is_qualified_name(element)?,
                "merges" | "hashes" => drop(self.truth_of(element)?),
                _ => {}
            }
        }
        let result = operator.get("result");
        let is_boolean =
            matches!(result, Some(Value::Type(ty)) if *ty == TypeRef::Unknown || ty.is_builtin("bool"));
        let is_binary = operator.get("left").is_some() && operator.get("right").is_some();
        self.suits_operator(&given(options), is_binary, is_boolean || result.is_none())?;
        option::elements(options)
            .filter(|_| is_new)
            .try_for_each(|element| self.may_be_set(operator, element))
    }

    /// What an operator has once it has for good.
    fn may_be_set(&self, operator: &Entity, element: &DefElem) -> Result {
        let name = element.defname.as_str();
        let is_other = match name {
            "commutator" | "negator" => {
                let parts = option::name_parts(element);
                let given = parts.last().copied().unwrap_or_default();
                let side = |side: &str| match operator.get(side) {
                    Some(Value::Type(ty)) => Some(ty),
                    _ => None,
                };
                let (left, right) = match name {
                    "commutator" => (side("right"), side("left")),
                    _ => (side("left"), side("right")),
                };
                if let Some(right) = right {
                    self.exact_operator(&parts, left, right)?;
                }
                if name == "negator" && parts == [&*operator.name] {
                    let message = "operator cannot be its own negator";
                    return self.fail("42P13", message.into(), offset(element.location));
                }
                matches!(operator.get(name), Some(Value::Text(text)) if **text != *given)
            }
            "merges" | "hashes" => operator.get(name).is_some() && !self.truth_of(element)?,
            _ => false,
        };
        if is_other {
            let message =
                format!("operator attribute \"{name}\" cannot be changed if it has already been set");
            return self.fail("42P13", message, offset(element.location));
        }
        Ok(())
    }

    /// The operators that an operator's options name as its commutator and negator, with it as theirs, or PostgreSQL's
    /// error for one that is another operator's already (`OperatorUpd`).
    pub(super) fn linked_operators(&self, operator: &Entity, options: &[Node]) -> Result<Vec<Entity>> {
        let mut linked = Vec::new();
        for element in option::elements(options) {
            let kind = element.defname.as_str();
            if !matches!(kind, "commutator" | "negator") {
                continue;
            }
            let parts = option::name_parts(element);
            let (schema, name) = split_name(&parts);
            if let Some(schema) = schema {
                self.has_schema(schema)?;
            }
            let (left, right) = match kind {
                "commutator" => ("right", "left"),
                _ => ("left", "right"),
            };
            let is_it = |other: &&std::sync::Arc<Entity>| {
                other.get("left") == operator.get(left) && other.get("right") == operator.get(right)
            };
            let named = self.catalog.entities_named(EntityKind::Operator, schema, name);
            let taken_by = match named.into_iter().find(is_it) {
                Some(other) if other.is_same(operator) => continue,
                Some(other) => match other.get(kind) {
                    Some(Value::Text(of)) if **of != *operator.name => of.to_string(),
                    _ => {
                        let mut other = Entity::clone(other);
                        other.set_text(kind, operator.name.clone());
                        linked.push(other);
                        continue;
                    }
                },
                // PostgreSQL's own operators that compare have each other.
                None => match (standard(kind, name), operator.get("left"), operator.get("right")) {
                    (Some(of), Some(Value::Type(one)), Some(Value::Type(two)))
                        if one == two && compares(name, one, kind) =>
                    {
                        of.to_owned()
                    }
                    _ => continue,
                },
            };
            if self.version() >= 17 {
                let message = format!("{kind} operator {name} is already the {kind} of operator {taken_by}");
                return self.fail("42P13", message, offset(element.location));
            }
        }
        Ok(linked)
    }
}

/// What an operator is to have, of its options.
fn given(options: &[Node]) -> Vec<&str> {
    let has = |element: &&DefElem| match element.defname.as_str() {
        "hashes" | "merges" => option::truth(element),
        // NONE takes it away.
        "restrict" | "join" => element.arg.is_some() && option::name_parts(element) != ["none"],
        _ => true,
    };
    option::elements(options).filter(has).map(|element| element.defname.as_str()).collect()
}

/// Whether PostgreSQL has that operator for two values of a type, with what is asked for.
fn compares(operator: &str, ty: &TypeRef, kind: &str) -> bool {
    let Some(name) = builtin_name(ty) else { return false };
    // These compare without negating.
    let is_complete = !matches!(name, "cid" | "box" | "path" | "line" | "aclitem");
    (kind == "commutator" || is_complete)
        && facts()
            .operators
            .named(operator)
            .iter()
            .any(|fact| fact.left.as_ref() == Some(ty) && fact.right.as_ref() == Some(ty))
}

/// What a comparison of PostgreSQL's has as its commutator or negator.
fn standard(kind: &str, operator: &str) -> Option<&'static str> {
    const PAIRS: [(&str, &str, &str); 6] = [
        ("=", "=", "<>"),
        ("<>", "<>", "="),
        ("<", ">", ">="),
        (">", "<", "<="),
        ("<=", ">=", ">"),
        (">=", "<=", "<"),
    ];
    let (_, commutator, negator) = PAIRS.into_iter().find(|(name, ..)| *name == operator)?;
    Some(if kind == "commutator" { commutator } else { negator })
}
