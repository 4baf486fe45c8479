//! What CREATE FUNCTION and ALTER FUNCTION must be (functioncmds.c), in PostgreSQL's order, and which routine a statement
//! names (LookupFuncWithArgs).

use crate::syntax::ast::{
    AlterFunctionStmt, CreateFunctionStmt, FunctionParameter, FunctionParameterMode as Mode, Node, NodeEnum,
    ObjectType, ObjectWithArgs, TypeName,
};

use super::super::builtin;
use super::super::entity::EntityKind;
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Class, Types, builtin_name, is_polymorphic};
use super::absent::is_builtin;
use super::option::elements;
use super::{Fold, Result, find, offset, option, split_name, string, strings, type_name};

/// Options that a procedure has none of.
const OF_FUNCTIONS: [&str; 8] =
    ["window", "volatility", "strict", "leakproof", "cost", "rows", "support", "parallel"];

impl Fold<'_> {
    /// The options of a function, each once (compute_function_attributes).
    fn routine_options(&self, options: &[Node], is_procedure: bool) -> Result {
        let mut given = Vec::new();
        for option in elements(options) {
            let name = option.defname.as_str();
            if is_procedure && OF_FUNCTIONS.contains(&name) {
                let message = "invalid attribute in procedure definition";
                return self.fail("42P13", message.into(), offset(option.location));
            }
            if name != "set" {
                self.is_given_once(&mut given, option)?;
            }
        }
        for option in elements(options) {
            let value = option.arg.as_deref().and_then(|arg| arg.node.as_ref());
            if option.defname == "set"
                && let Some(NodeEnum::VariableSetStmt(set)) = value
            {
                self.check_setting(set)?;
            }
        }
        for name in ["cost", "rows"] {
            let value =
                option::option(options, name).and_then(|option| option::text(option).parse::<f64>().ok());
            if value.is_some_and(|value| value <= 0.0) {
                let message = format!("{} must be positive", name.to_ascii_uppercase());
                return self.fail("22023", message, self.token(name));
            }
        }
        if let Some(option) = option::option(options, "parallel")
            && !matches!(option.arg.as_deref().map_or("", string), "safe" | "restricted" | "unsafe")
        {
            let message = "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE";
            return self.fail("42601", message.into(), self.token("parallel"));
        }
        Ok(())
    }

    /// What is looked at before the types of a routine.
    pub(super) fn begins_well(&self, s: &CreateFunctionStmt) -> Result {
        self.routine_options(&s.options, s.is_procedure)?;
        let language = elements(&s.options).find(|option| option.defname == "language");
        let Some(language) = language else {
            return match &s.sql_body {
                Some(_) => Ok(()),
                None => {
                    let at = strings(&s.funcname).last().and_then(|name| self.token(name));
                    self.fail("42P13", "no language specified".into(), at)
                }
            };
        };
        let name = language.arg.as_deref().map_or("", string);
        self.has_language(name)
    }

    pub(super) fn has_language(&self, name: &str) -> Result {
        // PL/pgSQL is an extension that every database begins with.
        let is_there = name == "plpgsql"
            || is_builtin("language", name)
            || self.catalog.entity(EntityKind::Language, None, name).is_some()
            // An extension may have made it, or be about to.
            || !self.catalog.extensions.is_empty() && self.may_have_more_types();
        if is_there {
            return Ok(());
        }
        self.fail("42704", format!("language \"{name}\" does not exist"), self.token(name))
    }

    /// The types of a routine's arguments and of its result.
    pub(super) fn routine_types(&self, s: &CreateFunctionStmt, language: &str) -> Result {
        let parameters: Vec<&FunctionParameter> = (s.parameters.iter())
            .filter_map(|node| match &node.node {
                Some(NodeEnum::FunctionParameter(parameter)) => Some(&**parameter),
                _ => None,
            })
            .collect();
        let (mut variadic, mut has_default) = (false, false);
        for parameter in &parameters {
            if let Some(ty) = &parameter.arg_type {
                self.argument_type(ty)?;
                self.is_no_shell(ty, language, "accept")?;
            }
            let at = offset(parameter.location);
            if s.is_procedure && self.version() < 14 && parameter.mode() == Mode::FuncParamOut {
                return self.fail("0A000", "procedures cannot have OUT arguments".into(), at);
            }
            if s.is_procedure && self.version() >= 14 && parameter.mode() == Mode::FuncParamOut {
                if variadic {
                    return self.fail("42P13", "VARIADIC parameter must be the last parameter".into(), at);
                }
                if has_default {
                    let message = "procedure OUT parameters cannot appear after one with a default value";
                    return self.fail("42P13", message.into(), at);
                }
            }
            variadic |= parameter.mode() == Mode::FuncParamVariadic;
            has_default |= parameter.defexpr.is_some();
        }
        // A type may be made by its functions, as a shell.
        let result = s.return_type.as_ref().filter(|_| !matches!(language, "c" | "internal"));
        match result.map(|ty| (ty, type_name::found(&self.catalog, ty))) {
            Some((ty, Err(Some(missing)))) => {
                self.fail(missing.sqlstate, missing.message, offset(ty.location))
            }
            Some((ty, Ok(_))) => self.is_no_shell(ty, language, "return"),
            _ => Ok(()),
        }
    }

    /// PostgreSQL's error for a type of which nothing is known yet, where the body is in SQL.
    fn is_no_shell(&self, ty: &TypeName, language: &str, what: &str) -> Result {
        let found = type_name::resolve(&self.catalog, ty);
        if language != "sql" || Types::new(&self.catalog).class(&found) != Class::Shell {
            return Ok(());
        }
        let message = format!("SQL function cannot {what} shell type {}", strings(&ty.names).join("."));
        self.fail("42P13", message, offset(ty.location))
    }

    /// The type of an argument, whose name PostgreSQL does not quote where there is none.
    fn argument_type(&self, ty: &TypeName) -> Result {
        match type_name::found(&self.catalog, ty) {
            Err(Some(missing)) if missing.sqlstate == "42704" => {
                let array = if ty.array_bounds.is_empty() { "" } else { "[]" };
                let name = strings(&ty.names).join(".");
                self.fail("42704", format!("type {name}{array} does not exist"), offset(ty.location))
            }
            Err(Some(missing)) => self.fail(missing.sqlstate, missing.message, offset(ty.location)),
            _ => Ok(()),
        }
    }

    /// What a function without a body lacks, and the pseudo-types that its language does not take.
    pub(super) fn ends_well(&self, s: &CreateFunctionStmt, routine: &Routine) -> Result {
        let at = self.token(&routine.name);
        let has_body = elements(&s.options).any(|option| option.defname == "as");
        if !has_body && s.sql_body.is_none() {
            return self.fail("42P13", "no function body specified".into(), at);
        }
        if s.sql_body.is_some() && &*routine.language != "sql" {
            return self.fail("42P13", "inline SQL function body only valid for language SQL".into(), at);
        }
        Ok(())
    }

    /// The pseudo-types that a routine's language does not take (its validator).
    pub(super) fn takes_types(&self, routine: &Routine) -> Result {
        let at = self.token(&routine.name);
        let pseudo = |ty: &TypeRef| -> Option<String> {
            let is_pseudo = Types::new(&self.catalog).class(ty) == Class::Pseudo;
            builtin_name(ty).filter(|_| is_pseudo && !is_polymorphic(ty)).map(str::to_owned)
        };
        let result = routine.result.as_ref().and_then(pseudo);
        let mut inputs = routine.input_types().filter_map(pseudo);
        if result.as_deref() == Some("internal") && inputs.all(|name| name != "internal") {
            return self.fail("42P13", "unsafe use of pseudo-type \"internal\"".into(), at);
        }
        let mut inputs = routine.input_types().filter_map(pseudo);
        match &*routine.language {
            "sql" => {
                if let Some(name) = result.filter(|name| !matches!(name.as_str(), "record" | "void")) {
                    return self.fail("42P13", format!("SQL functions cannot return type {name}"), at);
                }
                if let Some(name) = inputs.find(|name| name != "record" || self.version() < 18) {
                    let message = format!("SQL functions cannot have arguments of type {name}");
                    return self.fail("42P13", message, at);
                }
            }
            "plpgsql" => {
                let is_taken =
                    |name: &String| matches!(name.as_str(), "record" | "void" | "trigger" | "event_trigger");
                if let Some(name) = result.as_ref().filter(|name| !is_taken(name)) {
                    return self.fail("0A000", format!("PL/pgSQL functions cannot return type {name}"), at);
                }
                if let Some(name) = inputs.find(|name| name != "record") {
                    return self.fail("0A000", format!("PL/pgSQL functions cannot accept type {name}"), at);
                }
                let of = match result.as_deref() {
                    Some("trigger") => "trigger",
                    Some("event_trigger") => "event trigger",
                    _ => return Ok(()),
                };
                if !self.catalog.is_set("check_function_bodies") && routine.input_types().next().is_some() {
                    let message = format!("{of} functions cannot have declared arguments");
                    return self.fail("42P13", message, at);
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn alters_well(&self, s: &AlterFunctionStmt, routine: &Routine) -> Result {
        let name = &routine.name;
        if routine.kind == RoutineKind::Aggregate {
            return self.fail("42809", format!("\"{name}\" is an aggregate function"), self.token(name));
        }
        self.routine_options(&s.actions, routine.kind == RoutineKind::Procedure)?;
        self.has_rows(&s.actions, routine)
    }

    /// Only what returns a set is said to return so many rows.
    pub(super) fn has_rows(&self, options: &[Node], routine: &Routine) -> Result {
        let has_rows = elements(options).any(|option| option.defname == "rows");
        if has_rows && !routine.returns_set {
            let message = "ROWS is not applicable when function does not return a set";
            return self.fail("22023", message.into(), self.token("rows"));
        }
        Ok(())
    }

    /// PostgreSQL's error for a routine of another kind than a statement names.
    pub(super) fn is_other_kind<T>(
        &self,
        object: &ObjectWithArgs,
        wanted: ObjectType,
        inputs: &[String],
    ) -> Result<T> {
        let parts = strings(&object.objname);
        let at = parts.last().and_then(|name| self.token(name));
        let signature = format!("{}({})", parts.join("."), inputs.join(", "));
        let message = match wanted {
            ObjectType::ObjectAggregate => format!("function {signature} is not an aggregate"),
            ObjectType::ObjectProcedure => format!("{signature} is not a procedure"),
            _ => format!("{signature} is not a function"),
        };
        self.fail("42809", message, at)
    }

    /// The kind of a function of PostgreSQL's own (`prokind`) that takes just these types.
    pub(super) fn builtin_kind(&self, schema: Option<&str>, name: &str, types: &[TypeRef]) -> Option<char> {
        if schema.is_some_and(|schema| schema != "pg_catalog") {
            return None;
        }
        let version = self.version();
        let named = builtin::facts().functions.named_in_any(name).iter();
        let mut own = named.filter(|function| function.versions.contain(version));
        own.find(|function| function.arguments == types).map(|function| function.kind)
    }

    /// Whether functions of a name may be there that are not seen: an extension's, a system schema's.
    pub(super) fn may_be_function(&self, schema: Option<&str>, name: &str) -> bool {
        !self.catalog.extensions.is_empty() || !find::sure_of(&self.catalog, schema, name)
    }

    /// The types that a statement names a routine by, unless one of them is not known.
    pub(super) fn named_types(&self, object: &ObjectWithArgs) -> Result<Option<Vec<TypeRef>>> {
        let mut types = Vec::new();
        for node in &object.objargs {
            let Some(NodeEnum::TypeName(ty)) = &node.node else { return Ok(None) };
            match self.named_type(ty)? {
                TypeRef::Unknown => return Ok(None),
                ty => types.push(ty.without_modifier()),
            }
        }
        Ok(Some(types))
    }

    /// The routine's schema and name, where it is one of a schema that exists.
    pub(super) fn routine_schema_is_there(&self, object: &ObjectWithArgs) -> Result {
        let parts = strings(&object.objname);
        match split_name(&parts) {
            (Some(schema), _) if self.catalog.schema(schema).is_none() => {
                self.fail("3F000", format!("schema \"{schema}\" does not exist"), self.token(schema))
            }
            _ => Ok(()),
        }
    }
}
