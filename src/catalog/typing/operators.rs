//! Which operator is meant (parse_oper.c).

use std::borrow::Cow;
use std::sync::Arc;

use super::candidates::{Candidate, Choice};
use super::{Types, is_unknown_literal, same};
use crate::catalog::builtin::{self, BuiltinOperator};
use crate::catalog::model::{Entity, EntityKind, Name, Value};
use crate::catalog::types::TypeRef;

/// An operator as it is declared.
#[derive(Clone, Debug)]
pub struct Operator<'a> {
    inputs: Vec<Cow<'a, TypeRef>>,
    pub result: Cow<'a, TypeRef>,
    /// The function that it calls, where that is one of pg_catalog.
    pub function: Option<&'static str>,
    /// Of one that was created.
    pub entity: Option<Arc<Entity>>,
    schema: Option<Name>,
}

impl Candidate for Operator<'_> {
    fn inputs(&self) -> &[Cow<'_, TypeRef>] {
        &self.inputs
    }
}

impl Operator<'_> {
    /// The operands' types as declared: polymorphic ones stand for themselves.
    pub fn inputs(&self) -> Vec<TypeRef> {
        self.inputs.iter().map(|ty| ty.clone().into_owned()).collect()
    }
}

/// Why there is no operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoOperator {
    Missing,
    Ambiguous,
    Unknown,
}

impl<'a> Types<'a> {
    /// The operator for operands of these types; `left` is `None` of a prefix operator.
    pub fn operator(
        self,
        schema: Option<&str>,
        name: &str,
        left: Option<&TypeRef>,
        right: &TypeRef,
    ) -> Result<Operator<'a>, NoOperator> {
        let inputs: Vec<TypeRef> = left.into_iter().chain([right]).map(TypeRef::without_modifier).collect();
        if inputs.iter().any(|ty| self.is_opaque(ty)) {
            return Err(NoOperator::Unknown);
        }
        // A literal is first taken to be of the other operand's type.
        let guessed = match inputs.as_slice() {
            [one, two] => match (is_unknown_literal(one), is_unknown_literal(two)) {
                (true, false) => vec![two.clone(), two.clone()],
                (false, true) => vec![one.clone(), one.clone()],
                _ => inputs.clone(),
            },
            _ => inputs.clone(),
        };
        // PostgreSQL's own come first, and mostly one of them is just it.
        if schema.is_none_or(|schema| schema == "pg_catalog")
            && let Some(found) = self.builtin_exactly(name, &guessed)
        {
            return Ok(found);
        }
        let candidates = self.operators(schema, name, left.is_some());
        if let [one, two] = inputs.as_slice() {
            if let Some(found) = self.exact(&candidates, &guessed) {
                return Ok(found.clone());
            }
            if is_unknown_literal(one) != is_unknown_literal(two) {
                let base = self.base(&guessed[0]).without_modifier();
                if !same(&base, &guessed[0])
                    && let Some(found) = self.exact(&candidates, &[base.clone(), base])
                {
                    return Ok(found.clone());
                }
            }
        } else if let Some(found) = self.exact(&candidates, &inputs) {
            return Ok(found.clone());
        }
        match self.choose(candidates, &inputs) {
            Choice::One(found) => Ok(found),
            _ if self.is_unsure => Err(NoOperator::Unknown),
            Choice::None => Err(NoOperator::Missing),
            Choice::Several => Err(NoOperator::Ambiguous),
            Choice::Unknown => Err(NoOperator::Unknown),
        }
    }

    /// What the operators of a name take, on the left and on the right; of two that take the same, one.
    pub fn operator_overloads(
        self,
        schema: Option<&str>,
        name: &str,
    ) -> Vec<(Option<TypeRef>, Option<TypeRef>)> {
        let sides = |operator: Operator| match &operator.inputs[..] {
            [left, right] => (Some(left.clone().into_owned()), Some(right.clone().into_owned())),
            [right] => (None, Some(right.clone().into_owned())),
            _ => (None, None),
        };
        let both = [true, false].into_iter().flat_map(|is_infix| self.operators(schema, name, is_infix));
        both.map(sides).collect()
    }

    /// Whether the path has an operator of that name that is not PostgreSQL's own, or may have.
    pub fn has_own_operator(self, name: &str) -> bool {
        let path = self.catalog.search_path.iter().filter_map(|schema| self.catalog.schema(schema));
        let mut entities = path.flat_map(|schema| schema.entities.get(name).into_iter().flatten());
        self.is_unsure || entities.any(|entity| entity.kind == EntityKind::Operator)
    }

    fn builtin_exactly(self, name: &str, inputs: &[TypeRef]) -> Option<Operator<'a>> {
        let mut builtins = self.facts_named(&builtin::facts().operators, name);
        let found = builtins.find(|operator| match (inputs, &operator.left, &operator.right) {
            ([one, two], Some(left), Some(right)) => same(left, one) && same(right, two),
            ([one], None, Some(right)) => same(right, one),
            _ => false,
        })?;
        Some(of_builtin(found))
    }

    /// The operators of a name that the path, or the schema, has; of two with the same operands the first.
    pub fn operators(self, schema: Option<&str>, name: &str, is_infix: bool) -> Vec<Operator<'a>> {
        let mut found: Vec<Operator<'a>> = Vec::new();
        if schema.is_none_or(|schema| schema == "pg_catalog") {
            let builtins = self.facts_named(&builtin::facts().operators, name);
            let wanted =
                |operator: &&BuiltinOperator| operator.left.is_some() == is_infix && operator.right.is_some();
            found.extend(builtins.filter(wanted).map(of_builtin));
        }
        let path: Vec<&str> = match schema {
            Some(schema) => vec![schema],
            None => self.catalog.search_path.iter().map(|name| &**name).collect(),
        };
        for own in path.into_iter().filter_map(|schema| self.catalog.schema(schema)) {
            for entity in own.entities.get(name).into_iter().flatten() {
                if entity.kind != EntityKind::Operator || (operand(entity, "left").is_some() != is_infix) {
                    continue;
                }
                let Some(result) = operand(entity, "result") else { continue };
                let inputs: Vec<Cow<'a, TypeRef>> = (operand(entity, "left").into_iter())
                    .chain(operand(entity, "right"))
                    .map(Cow::Owned)
                    .collect();
                let is_hidden = |other: &Operator| {
                    other.schema.as_ref() != Some(&own.name)
                        && other.inputs.len() == inputs.len()
                        && other.inputs.iter().zip(&inputs).all(|(a, b)| same(a, b))
                };
                if !found.iter().any(is_hidden) {
                    found.push(Operator {
                        inputs,
                        result: Cow::Owned(result),
                        function: None,
                        entity: Some(entity.clone()),
                        schema: Some(own.name.clone()),
                    });
                }
            }
        }
        found
    }
}

fn of_builtin<'a>(operator: &'static BuiltinOperator) -> Operator<'a> {
    Operator {
        inputs: operator.left.iter().chain(&operator.right).map(Cow::Borrowed).collect(),
        result: Cow::Borrowed(&operator.result),
        function: Some(operator.function),
        entity: None,
        schema: None,
    }
}

fn operand(entity: &Entity, side: &str) -> Option<TypeRef> {
    match entity.get(side) {
        Some(Value::Type(ty)) => Some(ty.clone()),
        _ => None,
    }
}
