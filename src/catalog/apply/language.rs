//! Languages, and transforms between a type and what functions in a language see of it.

use crate::syntax::ast::{CreatePLangStmt, CreateTransformStmt, ObjectWithArgs};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Class, Types, same};
use super::{Fold, Result, absent, strings};

impl Fold<'_> {
    pub(super) fn create_language(&mut self, s: &CreatePLangStmt) -> Result {
        // Without a handler it is an extension by another name.
        if s.plhandler.is_empty() || s.plname == "plpgsql" {
            return Ok(());
        }
        let of = TypeRef::builtin;
        self.has_function(&strings(&s.plhandler), &[], Some("language_handler"))?;
        for (function, takes) in [(&s.plinline, "internal"), (&s.plvalidator, "oid")] {
            if !function.is_empty() {
                self.has_function(&strings(function), &[of(takes)], None)?;
            }
        }
        if !s.replace {
            self.is_free_language(&s.plname)?;
        }
        let mut language = self.new_entity(EntityKind::Language, None, &s.plname);
        language.set("trusted", s.pltrusted.then_some(Value::Flag));
        for (name, parts) in
            [("handler", &s.plhandler), ("inline", &s.plinline), ("validator", &s.plvalidator)]
        {
            language.set(name, (!parts.is_empty()).then(|| self.routine_value(&strings(parts))));
        }
        self.put_entity(language);
        Ok(())
    }

    /// PostgreSQL's error for a language's name that another has.
    pub(super) fn is_free_language(&self, name: &str) -> Result {
        self.is_taken_in_database(EntityKind::Language, name, false)?;
        if absent::is_builtin(EntityKind::Language.word(), name) {
            return self.fail("42710", format!("language \"{name}\" already exists"), self.token(name));
        }
        Ok(())
    }

    pub(super) fn create_transform(&mut self, s: &CreateTransformStmt) -> Result {
        let Some(name) = &s.type_name else { return Ok(()) };
        let ty = self.type_ref(name)?.without_modifier();
        let at = super::offset(name.location);
        match Types::new(&self.catalog).class(&ty) {
            Class::Pseudo => {
                let message = format!("data type {ty} is a pseudo-type");
                return self.fail("42809", message, at);
            }
            Class::Domain => {
                let message = format!("data type {} is a domain", strings(&name.names).join("."));
                return self.fail("42809", message, at);
            }
            _ => {}
        }
        self.has_language(&s.lang)?;
        if let Some(function) = &s.fromsql {
            self.can_transform(
                function,
                &TypeRef::builtin("internal"),
                "FROM SQL function must be internal",
            )?;
        }
        if let Some(function) = &s.tosql {
            self.can_transform(function, &ty, "TO SQL function must be the transform data type")?;
        }
        let mut transform = Entity::new(EntityKind::Transform, None, "")
            .with("type", Value::Type(ty.clone()))
            .with("language", Value::Named(EntityKind::Language, s.lang.as_str().into()));
        let known = self.catalog.entities_named(EntityKind::Transform, None, "");
        if !s.replace && ty != TypeRef::Unknown && known.iter().any(|other| other.is_same(&transform)) {
            let message = format!("transform for type {ty} language \"{}\" already exists", s.lang);
            return self.fail("42710", message, at);
        }
        for (name, function) in [("from sql", &s.fromsql), ("to sql", &s.tosql)] {
            let function = function.as_ref().map(|function| self.routine_value(&strings(&function.objname)));
            transform.set(name, function);
        }
        self.put_entity(transform);
        Ok(())
    }

    /// What a transform's function must be (`check_transform_function`).
    fn can_transform(&self, function: &ObjectWithArgs, result: &TypeRef, of: &str) -> Result {
        let Some(found) = self.function_of(function)? else { return Ok(()) };
        let parts = strings(&function.objname);
        let at = self.token(parts.last().unwrap_or(&""));
        let wrong = |message: &str| self.fail("42P17", message.to_owned(), at);
        if ![&found.result, result].contains(&&TypeRef::Unknown) && !same(&found.result, result) {
            return wrong(&format!("return data type of {of}"));
        }
        if found.volatility == Volatility::Volatile {
            return wrong("transform function must not be volatile");
        }
        if found.kind != RoutineKind::Function {
            return wrong("transform function must be a normal function");
        }
        if found.returns_set {
            return wrong("transform function must not return a set");
        }
        match found.inputs.as_slice() {
            [only] if only.is_builtin("internal") => Ok(()),
            [_] => wrong("first argument of transform function must be type internal"),
            _ => wrong("transform function must take one argument"),
        }
    }
}
