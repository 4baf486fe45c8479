//! PostgreSQL's errors for objects that statements name and that are certainly not there.

use super::super::builtin::{self, Fact};
use super::super::entity::{EntityKind, Value};
use super::super::model::{Name, Routine, RoutineKind, TEMPORARY};
use super::super::types::TypeRef;
use super::entity::Wanted;
use super::type_name::missing_collation;
use super::{Fold, Result, Stop, find, split_name, strings};
use crate::syntax::ast::Node;

impl Fold<'_> {
    /// PostgreSQL's error for an access method that it does not have.
    pub(super) fn has_access_method(&self, name: &str) -> Result {
        let kind = EntityKind::AccessMethod;
        let is_there = self.catalog.entity(kind, None, name).is_some() || is_builtin(kind.word(), name);
        if is_there || self.may_have_more_types() {
            return Ok(());
        }
        self.fail("42704", format!("access method \"{name}\" does not exist"), self.token(name))
    }

    /// PostgreSQL's error for an access method that holds no tables, or that is certainly not there.
    pub(super) fn can_hold_tables(&self, name: &str) -> Result {
        if name.is_empty() {
            return Ok(());
        }
        self.has_access_method(name)?;
        let kind = EntityKind::AccessMethod;
        let named = builtin::facts().objects.named_in_any(name).iter();
        let is_for_indexes =
            named.filter(|object| object.kind == kind.word()).any(|object| object.of == "index")
                || self
                    .catalog
                    .entity(kind, None, name)
                    .is_some_and(|method| method.text("type").is_some_and(|ty| **ty == *"index"));
        if is_for_indexes {
            let message = format!("access method \"{name}\" is not of type TABLE");
            return self.fail("55000", message, self.token(name));
        }
        Ok(())
    }

    /// PostgreSQL's error for a collation that is certainly not there.
    pub(super) fn has_collation(&self, name: &[Node], at: Option<usize>) -> Result {
        match missing_collation(&self.catalog, &strings(name)) {
            Some(missing) => self.fail(missing.sqlstate, missing.message, at),
            None => Ok(()),
        }
    }

    /// What a function that a trigger calls must be: without arguments, and of the type `trigger` or `event_trigger`.
    /// Its name is looked for behind `start`.
    pub(super) fn is_trigger_function(&self, parts: &[&str], ty: &str, start: usize) -> Result {
        let (schema, name) = split_name(parts);
        let own = self.catalog.routines(schema, name);
        let inputs = |routine: &Routine| routine.input_types().count();
        let result = match own.iter().find(|routine| inputs(routine) == 0) {
            Some(routine) if routine.kind == RoutineKind::Procedure => return Ok(()),
            Some(routine) => routine.result.clone(),
            None => {
                let builtin = builtin::facts().functions.named_in_any(name).iter();
                let of_system = schema.is_none_or(find::is_system_schema);
                let mut builtin = builtin.filter(|function| of_system && function.arguments.is_empty());
                builtin.next().map(|function| function.result.clone())
            }
        };
        let at = || self.token_behind(start, name);
        let written = parts.join(".");
        match result {
            Some(TypeRef::Unknown) => Ok(()),
            Some(result) if result.is_builtin(ty) => Ok(()),
            Some(_) => self.fail("42P17", format!("function {written} must return type {ty}"), at()),
            None if self.may_have_more_types() || !find::sure_of(&self.catalog, schema, name) => Ok(()),
            None => {
                if let Some(schema) = schema.filter(|schema| !self.catalog.schemas.contains_key(schema)) {
                    let at = self.token_behind(start, schema);
                    return self.fail("3F000", format!("schema \"{schema}\" does not exist"), at);
                }
                self.fail("42883", format!("function {written}() does not exist"), at())
            }
        }
    }

    /// PostgreSQL's error for an object that is certainly not there.
    pub(super) fn missing_entity(&self, kind: EntityKind, wanted: &Wanted) -> Result {
        let Wanted { schema, name, written, .. } = wanted;
        if kind == EntityKind::Collation {
            return self.is_collation(*schema, name).and(Err(Stop::Unsure));
        }
        let of_system = schema.is_none_or(find::is_system_schema);
        if of_system && self.may_be_elsewhere(kind, wanted)
            || *schema == Some(TEMPORARY)
            || self.may_have_more_types()
            || !find::sure_of(&self.catalog, *schema, name)
        {
            return Err(Stop::Unsure);
        }
        let missing = schema.filter(|schema| !self.catalog.schemas.contains_key(schema));
        // Of an operator PostgreSQL does not tell which part of its name is not there.
        if let Some(schema) = missing.filter(|_| kind != EntityKind::Operator) {
            return self.fail("3F000", format!("schema \"{schema}\" does not exist"), self.token(schema));
        }
        let side = |n: usize| match &wanted.key[n].1 {
            Some(Value::Type(TypeRef::Unknown)) => Err(Stop::Unsure),
            Some(Value::Type(ty)) => Ok(Some(ty.to_string())),
            _ => Ok(None),
        };
        match kind {
            EntityKind::Operator => {
                let text = match (side(0)?, side(1)?) {
                    (Some(left), Some(right)) => format!("{left} {written} {right}"),
                    (None, Some(right)) => format!("{written} {right}"),
                    (Some(_), None) if self.version() >= 14 => {
                        let message = "postfix operators are not supported";
                        return self.fail("42601", message.into(), self.token(name));
                    }
                    (Some(left), None) => format!("{left} {written}"),
                    (None, None) => return Err(Stop::Unsure),
                };
                self.fail("42883", format!("operator does not exist: {text}"), self.token(name))
            }
            EntityKind::OperatorClass | EntityKind::OperatorFamily => {
                let method = wanted.text("method").unwrap_or_default();
                let message =
                    format!("{} \"{written}\" does not exist for access method \"{method}\"", kind.word());
                self.fail("42704", message, self.token(name))
            }
            EntityKind::Transform => {
                let (Some(ty), Some(language)) = (side(0)?, wanted.value("language")) else {
                    return Err(Stop::Unsure);
                };
                let message = format!("transform for type {ty} language \"{language}\" does not exist");
                self.fail("42704", message, None)
            }
            EntityKind::Cast => {
                let (Some(source), Some(target)) = (side(0)?, side(1)?) else { return Err(Stop::Unsure) };
                let message = format!("cast from type {source} to type {target} does not exist");
                self.fail("42704", message, None)
            }
            _ => {
                let message = format!("{} \"{written}\" does not exist", kind.word());
                self.fail("42704", message, self.token(name))
            }
        }
    }

    /// Whether PostgreSQL, the operating system or another database may have such an object, which is not seen here.
    fn may_be_elsewhere(&self, kind: EntityKind, wanted: &Wanted) -> bool {
        let name = wanted.name;
        match kind {
            EntityKind::EventTrigger
            | EntityKind::ForeignDataWrapper
            | EntityKind::Publication
            | EntityKind::Server
            | EntityKind::Statistics
            | EntityKind::Subscription
            | EntityKind::Transform => false,
            EntityKind::AccessMethod
            | EntityKind::Language
            | EntityKind::TextSearchConfiguration
            | EntityKind::TextSearchDictionary
            | EntityKind::TextSearchParser
            | EntityKind::TextSearchTemplate => is_builtin(kind.word(), name),
            EntityKind::OperatorClass => {
                let method = wanted.text("method").unwrap_or_default();
                let classes = builtin::facts().classes.named_in_any(name);
                classes.iter().any(|class| *class.method == *method)
            }
            EntityKind::OperatorFamily => {
                let method = wanted.text("method").unwrap_or_default();
                let named = builtin::facts().objects.named_in_any(name).iter();
                named.into_iter().any(|family| family.kind == kind.word() && *family.of == *method)
            }
            EntityKind::Operator => {
                let side = |n: usize| match &wanted.key[n].1 {
                    Some(Value::Type(ty)) => Some(ty),
                    _ => None,
                };
                let (left, right) = (side(0), side(1));
                let operators = builtin::facts().operators.named_in_any(name);
                let is_unknown = |ty: Option<&TypeRef>| ty == Some(&TypeRef::Unknown);
                is_unknown(left)
                    || is_unknown(right)
                    || operators.iter().any(|own| own.left.as_ref() == left && own.right.as_ref() == right)
            }
            EntityKind::Cast => {
                let side = |n: usize| match &wanted.key[n].1 {
                    Some(Value::Type(ty)) if *ty != TypeRef::Unknown => Some(ty),
                    _ => None,
                };
                let (Some(source), Some(target)) = (side(0), side(1)) else { return true };
                let casts = builtin::facts().casts.all();
                casts.iter().any(|cast| source.is_builtin(cast.source) && target.is_builtin(cast.target))
            }
            // Those of PostgreSQL are all named so.
            EntityKind::Conversion => name.contains("_to_"),
            _ => true,
        }
    }
}

/// Whether PostgreSQL has an object of its own of a kind, in words, and a name.
pub fn is_builtin(word: &str, name: &str) -> bool {
    let named = builtin::facts().objects.named_in_any(name);
    named.iter().any(|object| object.kind == word && object.name() == name)
}

impl Wanted<'_> {
    /// What must be so besides, where it is a text.
    fn text(&self, key: &str) -> Option<Name> {
        match self.value(key)? {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// What must be so besides.
    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.key.iter().find(|(own, _)| *own == key)?.1.as_ref()
    }
}
