//! What holds a routine: DROP FUNCTION without CASCADE fails while anything calls it, and with CASCADE that goes, too.

use std::sync::Arc;

use super::super::builtin;
use super::super::entity::Value;
use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result};
use crate::syntax::grammar;

/// What in a relation calls a routine.
#[derive(Default)]
struct Uses {
    /// The relation itself: a view's query, a partition key.
    whole: bool,
    triggers: Vec<Name>,
    defaults: Vec<Name>,
    checks: Vec<Name>,
    indexes: Vec<Name>,
    policies: Vec<Name>,
}

impl Uses {
    fn is_empty(&self) -> bool {
        !self.whole
            && self.triggers.is_empty()
            && self.defaults.is_empty()
            && self.checks.is_empty()
            && self.indexes.is_empty()
            && self.policies.is_empty()
    }
}

impl Fold<'_> {
    /// PostgreSQL's error where something calls the routine, as far as that is certain.
    pub(super) fn restrict_routine(&self, routine: &Routine) -> Result {
        let name = QualifiedName { schema: routine.schema.clone(), name: routine.name.clone() };
        let is_only = self.is_only_of_its_name(&name);
        let is_used = self.catalog.relations().any(|relation| {
            let uses = uses_of(relation, &name);
            !uses.triggers.is_empty() && routine.arguments.is_empty() || is_only && !uses.is_empty()
        });
        let is_named = || {
            let named = Value::Routine(name.clone());
            self.catalog.entities().any(|entity| entity.refers(|value| *value == named))
        };
        let is_of_aggregate = || {
            let own = super::super::deparse::relation_text(&name.schema, &name.name);
            let schemas = self.catalog.schemas.values();
            let mut routines = schemas.flat_map(|schema| schema.routines.values()).flatten();
            routines.any(|routine| {
                let is_part = |(key, text): &(Name, Name)| key.ends_with("func") && **text == *own;
                routine.kind == RoutineKind::Aggregate && routine.options.iter().any(is_part)
            })
        };
        if !(is_used
            || is_only && is_of_aggregate()
            || self.is_of_base_type(routine)
            || is_only && is_named())
        {
            return Ok(());
        }
        let types: Vec<String> = routine.input_types().map(TypeRef::in_signature).collect();
        let text = super::super::deparse::relation_text(&name.schema, &name.name);
        let word = match routine.kind {
            RoutineKind::Procedure => "procedure",
            _ => "function",
        };
        let message =
            format!("cannot drop {word} {text}({}) because other objects depend on it", types.join(","));
        self.fail("2BP01", message, self.token(&name.name))
    }

    /// Whether no other routine has the name, so that a call of it means this one.
    fn is_only_of_its_name(&self, name: &QualifiedName) -> bool {
        let schemas = self.catalog.schemas.values();
        let count: usize = schemas.filter_map(|schema| schema.routines.get(&name.name)).map(Vec::len).sum();
        count == 1 && !builtin::facts().functions.has(&name.name)
    }

    /// Whether it is the one function that can be a base type's input or output.
    fn is_of_base_type(&self, routine: &Routine) -> bool {
        let Some((ty, is_input)) = self.base_type_of(routine) else { return false };
        let all = self.catalog.schemas.values().flat_map(|schema| schema.routines.values()).flatten();
        all.filter(|other| self.base_type_of(other) == Some((ty.clone(), is_input))).count() == 1
    }

    /// The base type whose values a function reads from text, or writes.
    fn base_type_of(&self, routine: &Routine) -> Option<(TypeRef, bool)> {
        let is_base = |ty: &TypeRef| match ty {
            TypeRef::Named { schema, name, array: false, .. } => (self.catalog)
                .user_type(Some(schema), name)
                .is_some_and(|ty| ty.kind == TypeKind::Base && ty.extension.is_none()),
            _ => false,
        };
        let inputs: Vec<TypeRef> = routine.input_types().cloned().collect();
        let result = routine.result.as_ref()?;
        if !matches!(&*routine.language, "c" | "internal") {
            return None;
        }
        match inputs.as_slice() {
            [first, ..] if first.is_builtin("cstring") && is_base(result) => Some((result.clone(), true)),
            [first] if result.is_builtin("cstring") && is_base(first) => Some((first.clone(), false)),
            _ => None,
        }
    }

    /// Takes away what calls a routine that has gone.
    pub(super) fn drop_uses_of_routine(&mut self, name: &QualifiedName) -> Result {
        let found: Vec<(QualifiedName, Uses)> = (self.catalog.relations())
            .map(|relation| (relation.qualified_name(), uses_of(relation, name)))
            .filter(|(_, uses)| !uses.is_empty())
            .collect();
        for (table, uses) in found {
            if uses.whole {
                self.remove(&table, true)?;
                continue;
            }
            for index in &uses.indexes {
                self.drop_index_named(&table.schema, index)?;
            }
            if self.catalog.relation(Some(&table.schema), &table.name).is_none() {
                continue;
            }
            let relation = self.relation(&table)?;
            relation.constraints.retain(|constraint| !uses.checks.contains(&constraint.name));
            for column in &uses.defaults {
                if let Some(column) = relation.column_mut(column) {
                    column.default = None;
                }
            }
            relation.policies.retain(|policy| !uses.policies.contains(&policy.name));
        }
        Ok(())
    }
}

fn uses_of(relation: &Arc<Relation>, name: &QualifiedName) -> Uses {
    let mut uses = Uses::default();
    let triggers = relation.triggers.iter().filter(|trigger| trigger.function == *name);
    uses.triggers.extend(triggers.map(|trigger| trigger.name.clone()));
    let texts = [&relation.partition_key, &relation.query.0];
    uses.whole = texts.into_iter().flatten().any(|text| calls(text, name));
    for column in &relation.columns {
        if column.default.as_ref().is_some_and(|text| calls(text, name)) {
            uses.defaults.push(column.name.clone());
        }
    }
    for constraint in &relation.constraints {
        if constraint.kind == ConstraintKind::Check && calls(&constraint.definition, name) {
            uses.checks.push(constraint.name.clone());
        }
    }
    for policy in &relation.policies {
        if [&policy.using, &policy.check].into_iter().flatten().any(|text| calls(text, name)) {
            uses.policies.push(policy.name.clone());
        }
    }
    for index in &relation.indexes {
        let expressions = index.keys.iter().filter_map(|key| match &key.target {
            IndexTarget::Expression(text) => Some(text),
            IndexTarget::Column(_) => None,
        });
        if expressions.chain(&index.predicate).any(|text| calls(text, name)) {
            uses.indexes.push(index.name.clone());
        }
    }
    uses
}

/// Whether an expression calls a function of that name.
fn calls(text: &str, name: &QualifiedName) -> bool {
    if !text.contains(&*name.name) {
        return false;
    }
    let (tokens, _) = grammar::scan(text);
    let tokens: Vec<_> = tokens.into_iter().filter(|token| !token.is_comment()).collect();
    let word = |n: usize| grammar::folded(&text[tokens[n].span.range()]);
    (0..tokens.len().saturating_sub(1)).any(|n| {
        tokens[n].is_name()
            && tokens[n + 1].is_char(b'(')
            && word(n) == *name.name
            && (n < 2 || !tokens[n - 1].is_char(b'.') || word(n - 2) == *name.schema)
    })
}
