//! What CREATE OPERATOR and ALTER OPERATOR refuse (operatorcmds.c, pg_operator.c).

use crate::syntax::ast::{DefElem, Node, NodeEnum};

use super::super::builtin::facts;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::types::TypeRef;
use super::super::typing::builtin_name;
use super::{Fold, Result, offset, option, split_name};

impl Fold<'_> {
    /// PostgreSQL's error for what an operator is to be made of.
    pub(super) fn check_operator(&self, name: &str, options: &[Node]) -> Result {
        let at = self.token(name);
        let mut operands: [Option<TypeRef>; 2] = [None, None];
        for element in option::elements(options) {
            let side = match element.defname.as_str() {
                "leftarg" => 0,
                "rightarg" => 1,
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
            let is_none = element.arg.is_none() || option::name_parts(element) == ["none"];
            if !is_none {
                operands[side] = Some(self.type_of(element).unwrap_or(TypeRef::Unknown));
            }
        }
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
        let taken: Vec<TypeRef> = operands.iter().flatten().cloned().collect();
        self.has_function(&option::name_parts(function), &taken, None)?;
        self.has_estimators(options)?;
        if let Some(negator) = named(&["negator"])
            && option::name_parts(negator).last() == Some(&name)
            && option::name_parts(negator).len() == 1
        {
            let message = match self.version() {
                ..17 => "operator cannot be its own negator or sort operator",
                17.. => "operator cannot be its own negator",
            };
            return self.fail("42P13", message.into(), at);
        }
        Ok(())
    }

    /// The functions that estimate how many rows an operator leaves.
    fn has_estimators(&self, options: &[Node]) -> Result {
        let of = |name: &str| TypeRef::builtin(name);
        for element in option::elements(options) {
            let parts = option::name_parts(element);
            if parts.is_empty() || parts == ["none"] {
                continue;
            }
            match element.defname.as_str() {
                "restrict" => {
                    self.has_function(
                        &parts,
                        &[of("internal"), of("oid"), of("internal"), of("int4")],
                        None,
                    )?;
                }
                "join" => {
                    let long = [of("internal"), of("oid"), of("internal"), of("int2"), of("internal")];
                    // The one without the last argument will do as well.
                    if self.has_function(&parts, &long[..4], None).is_err() {
                        self.has_function(&parts, &long, None)?;
                    }
                }
                _ => {}
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
        for element in option::elements(options).filter(|_| self.version() >= 17) {
            self.may_be_set(operator, element)?;
        }
        Ok(())
    }

    /// What an operator has once it has for good.
    fn may_be_set(&self, operator: &Entity, element: &DefElem) -> Result {
        let name = element.defname.as_str();
        let is_other = match name {
            "commutator" | "negator" => {
                let parts = option::name_parts(element);
                let given = parts.last().copied().unwrap_or_default();
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
