//! Functions, procedures and aggregates.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterFunctionStmt, CreateFunctionStmt, DefElem, DefineStmt, FunctionParameter,
    FunctionParameterMode as Mode, Node, NodeEnum, ObjectType, ObjectWithArgs,
};

use super::super::entity::Value;
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::{deparse, quote};
use super::option::elements;
use super::{Fold, Result, list, routine_option, split_name, strings, type_name};

impl Fold<'_> {
    pub(super) fn create_function(&mut self, s: &CreateFunctionStmt) -> Result {
        let parts = strings(&s.funcname);
        let (schema, name) = split_name(&parts);
        let at = self.token(schema.unwrap_or(name));
        let schema = self.target_schema(schema, at)?;
        self.begins_well(s)?;
        let arguments = self.arguments(&s.parameters)?;
        let table: Vec<&Argument> =
            arguments.iter().filter(|argument| argument.mode == ArgumentMode::Table).collect();
        let outputs: Vec<&Argument> = (arguments.iter())
            .filter(|argument| matches!(argument.mode, ArgumentMode::Out | ArgumentMode::InOut))
            .collect();
        let record = || Some(TypeRef::builtin("record"));
        let result = match (&s.return_type, table.as_slice(), outputs.as_slice()) {
            (_, [column], _) => Some(column.ty.clone()),
            (_, [_, ..], _) => record(),
            (Some(ty), ..) => Some(type_name::resolve(&self.catalog, ty).without_modifier()),
            (None, _, []) => None,
            (None, _, [one]) if !s.is_procedure => Some(one.ty.clone()),
            (None, _, _) => record(),
        };
        let kind = if s.is_procedure { RoutineKind::Procedure } else { RoutineKind::Function };
        let mut routine = Routine {
            returns_set: s.return_type.as_ref().is_some_and(|ty| ty.setof) || !table.is_empty(),
            arguments,
            result,
            ..Routine::new(QualifiedName { schema: schema.clone(), name: name.into() }, kind)
        };
        let is_window = |option: &DefElem| option.defname == "window" && super::option::truth(option);
        if elements(&s.options).any(is_window) {
            routine.kind = RoutineKind::Window;
        }
        for option in elements(&s.options) {
            self.function_option(&mut routine, option);
        }
        self.routine_types(s, &routine.language)?;
        self.has_rows(&s.options, &routine)?;
        self.ends_well(s, &routine)?;
        self.is_well_made(s, &routine)?;
        if matches!(&*routine.language, "c" | "internal") {
            // The name of a symbol is no source text.
            routine.body = None;
            if routine.result == Some(TypeRef::Unknown) {
                routine.result = s.return_type.as_ref().and_then(|ty| self.shell_type(ty)).or(routine.result);
            }
        }
        print(&mut routine, &self.catalog);
        self.put_routine(routine.clone(), s.replace)?;
        self.takes_types(&routine)
    }

    /// What the options of a function and its body must be.
    fn is_well_made(&self, s: &CreateFunctionStmt, routine: &Routine) -> Result {
        let body = elements(&s.options).find(|option| option.defname == "as");
        let at = body.and_then(|option| super::offset(option.location));
        let language = &routine.language;
        if body.is_some() && s.sql_body.is_some() {
            return self.fail("42P13", "duplicate function body specified".into(), at);
        }
        if let Some(body) = body
            && !matches!(&**language, "c" | "internal")
            && super::option::texts(body).len() > 1
        {
            return self.fail("42P13", format!("only one AS item needed for language \"{language}\""), at);
        }
        let is_polymorphic = |argument: &Argument| super::super::typing::is_polymorphic(&argument.ty);
        if s.sql_body.is_some() && routine.arguments.iter().any(|a| a.mode.is_input() && is_polymorphic(a)) {
            let message = "SQL function with unquoted function body cannot have polymorphic arguments";
            return self.fail("42P13", message.into(), self.token(&routine.name));
        }
        Ok(())
    }

    /// A base type's input function comes before the type, which it makes as a shell.
    fn shell_type(&mut self, ty: &crate::syntax::ast::TypeName) -> Option<TypeRef> {
        let parts = strings(&ty.names);
        let (schema, name) = split_name(&parts);
        let schema = self.target_schema(schema, None).ok()?;
        let mut shell =
            Type::new(QualifiedName { schema: schema.clone(), name: name.into() }, TypeKind::Shell);
        shell.owner = self.catalog.current_role.clone();
        self.schema(&schema).ok()?.types.insert(name.into(), Arc::new(shell));
        Some(TypeRef::named(schema, name))
    }

    pub(super) fn create_aggregate(&mut self, s: &DefineStmt) -> Result {
        let parts = strings(&s.defnames);
        let (schema, name) = split_name(&parts);
        let schema = self.target_schema(schema, self.token(name))?;
        let mut arguments = Vec::new();
        let mut result = TypeRef::Unknown;
        // The arguments are a list, behind it the number of those before ORDER BY; in the old form they are options.
        for node in s.args.first().map(list).unwrap_or_default() {
            if let Some(NodeEnum::FunctionParameter(parameter)) = &node.node {
                arguments.push(self.argument(parameter)?);
            }
        }
        for option in elements(&s.definition) {
            let Some(NodeEnum::TypeName(ty)) = option.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
                continue;
            };
            match option.defname.as_str() {
                "basetype" if strings(&ty.names) != ["any"] => arguments.push(Argument {
                    name: None,
                    mode: ArgumentMode::In,
                    ty: type_name::resolve(&self.catalog, ty),
                    default: None,
                }),
                "stype" | "stype1" if result == TypeRef::Unknown => {
                    result = type_name::resolve(&self.catalog, ty);
                }
                _ => {}
            }
        }
        // Its result is that of the final function, if there is one.
        for option in elements(&s.definition) {
            if matches!(option.defname.as_str(), "finalfunc" | "ffunc") {
                result = match option.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
                    Some(NodeEnum::TypeName(name)) => self.final_result(&strings(&name.names), &result),
                    _ => TypeRef::Unknown,
                };
            }
        }
        if let Some(checked) = self.check_aggregate(s, &arguments)? {
            result = checked;
        }
        let mut routine = Routine {
            arguments,
            result: Some(result),
            language: "internal".into(),
            volatility: Volatility::Immutable,
            ..Routine::new(QualifiedName { schema, name: name.into() }, RoutineKind::Aggregate)
        };
        self.aggregate_options(&mut routine, &s.definition);
        print(&mut routine, &self.catalog);
        self.put_routine(routine, s.replace)
    }

    fn final_result(&self, parts: &[&str], state: &TypeRef) -> TypeRef {
        let (schema, name) = split_name(parts);
        deparse::call_result(&self.catalog, schema, name, std::slice::from_ref(state))
    }

    pub(super) fn put_routine(&mut self, mut routine: Routine, replace: bool) -> Result {
        routine_option::without_defaults(&mut routine);
        let inputs: Vec<TypeRef> = routine.input_types().map(TypeRef::without_modifier).collect();
        let name = routine.name.clone();
        let sure = !inputs.contains(&TypeRef::Unknown);
        let existing = self.schema(&routine.schema)?.routines.get(&name).cloned().unwrap_or_default();
        let same = existing
            .iter()
            .position(|other| other.input_types().map(TypeRef::without_modifier).eq(inputs.iter().cloned()));
        let mut overloads = existing;
        match same {
            Some(at) if replace => {
                self.is_replaceable(&overloads[at], &routine)?;
                routine.comment = overloads[at].comment.clone();
                routine.owner = overloads[at].owner.clone();
                routine.privileges = overloads[at].privileges.clone();
                overloads[at] = Arc::new(routine.clone());
            }
            Some(_) if sure => {
                let message = format!("function \"{name}\" already exists with same argument types");
                return self.fail("42723", message, self.token(&name));
            }
            _ => {
                routine.owner.clone_from(&self.catalog.current_role);
                routine.privileges = self.privileges_of_new(Grantable::Routine, Some(&routine.schema));
                overloads.push(Arc::new(routine.clone()));
            }
        }
        sort_overloads(&mut overloads);
        self.schema(&routine.schema)?.routines.insert(name, overloads);
        Ok(())
    }

    /// What CREATE OR REPLACE may not change of a routine (`ProcedureCreate`).
    fn is_replaceable(&self, old: &Routine, new: &Routine) -> Result {
        let at = self.token(&new.name);
        if old.kind != new.kind {
            return self.fail("42809", "cannot change routine kind".into(), at);
        }
        let types = |routine: &Routine| {
            let outputs = routine.arguments.iter().filter(|argument| argument.mode != ArgumentMode::In);
            let outputs = outputs.filter(|argument| argument.mode != ArgumentMode::Variadic);
            outputs.map(|argument| argument.ty.without_modifier()).collect::<Vec<_>>()
        };
        let plain = |ty: &Option<TypeRef>| ty.as_ref().map(TypeRef::without_modifier);
        let is_known = |routine: &Routine| {
            routine.result != Some(TypeRef::Unknown) && !types(routine).contains(&TypeRef::Unknown)
        };
        if !is_known(old) || !is_known(new) {
            return Ok(());
        }
        if new.kind == RoutineKind::Procedure {
            if plain(&old.result) != plain(&new.result) {
                let message = "cannot change whether a procedure has output parameters";
                return self.fail("42P13", message.into(), at);
            }
        } else if plain(&old.result) != plain(&new.result) || old.returns_set != new.returns_set {
            return self.fail("42P13", "cannot change return type of existing function".into(), at);
        }
        let is_record = new.result.as_ref().is_some_and(|ty| ty.is_builtin("record"));
        let names = |routine: &Routine| {
            let outputs = routine.arguments.iter().filter(|argument| {
                matches!(argument.mode, ArgumentMode::Out | ArgumentMode::InOut | ArgumentMode::Table)
            });
            outputs.map(|argument| argument.name.clone()).collect::<Vec<_>>()
        };
        if is_record && (types(old) != types(new) || names(old) != names(new)) {
            return self.fail("42P13", "cannot change return type of existing function".into(), at);
        }
        let inputs = |routine: &Routine| {
            let inputs = routine.arguments.iter().filter(|argument| argument.mode.is_input());
            inputs.cloned().collect::<Vec<_>>()
        };
        let (old, new) = (inputs(old), inputs(new));
        for (was, is) in old.iter().zip(&new) {
            if let Some(name) = was.name.as_ref().filter(|name| is.name.as_ref() != Some(name)) {
                return self.fail("42P13", format!("cannot change name of input parameter \"{name}\""), at);
            }
        }
        if old.iter().zip(&new).any(|(was, is)| was.default.is_some() && is.default.is_none()) {
            let message = "cannot remove parameter defaults from existing function";
            return self.fail("42P13", message.into(), at);
        }
        Ok(())
    }

    fn arguments(&self, parameters: &[Node]) -> Result<Vec<Argument>> {
        let parameters = parameters.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::FunctionParameter(parameter)) => Some(parameter.as_ref()),
            _ => None,
        });
        parameters.map(|parameter| self.argument(parameter)).collect()
    }

    fn argument(&self, parameter: &FunctionParameter) -> Result<Argument> {
        let ty =
            parameter.arg_type.as_ref().map_or(TypeRef::Unknown, |ty| type_name::resolve(&self.catalog, ty));
        let ty = ty.without_modifier();
        let default = parameter
            .defexpr
            .as_ref()
            .map(|node| deparse::expression(&self.catalog, &[], node, Some(&ty)).text.into());
        Ok(Argument {
            name: (!parameter.name.is_empty()).then(|| parameter.name.as_str().into()),
            mode: match parameter.mode() {
                Mode::FuncParamOut => ArgumentMode::Out,
                Mode::FuncParamInout => ArgumentMode::InOut,
                Mode::FuncParamVariadic => ArgumentMode::Variadic,
                Mode::FuncParamTable => ArgumentMode::Table,
                _ => ArgumentMode::In,
            },
            ty,
            default,
        })
    }

    pub(super) fn alter_function(&mut self, s: &AlterFunctionStmt) -> Result {
        let Some(object) = &s.func else { return Ok(()) };
        let Some((schema, name, at)) = self.find_routine(object, s.objtype())? else {
            return self.missing_routine(object, s.objtype());
        };
        if let Some(routine) = self.catalog.routines(Some(&schema), &name).get(at).cloned() {
            self.alters_well(s, &routine)?;
        }
        let supports = self.support_function(&s.actions);
        if let Some(overloads) = self.schema(&schema)?.routines.get_mut(&name) {
            let routine = Arc::make_mut(&mut overloads[at]);
            for option in elements(&s.actions) {
                routine_option::set(routine, option, supports.as_ref());
            }
            routine_option::without_defaults(routine);
        }
        Ok(())
    }

    /// The overload that `object` names: its schema, its name, and its place among the overloads.
    pub(super) fn find_routine(
        &self,
        object: &ObjectWithArgs,
        wanted: ObjectType,
    ) -> Result<Option<(Name, Name, usize)>> {
        let parts = strings(&object.objname);
        let (schema, name) = split_name(&parts);
        let types: Vec<TypeRef> = (object.objargs.iter())
            .map(|node| match &node.node {
                Some(NodeEnum::TypeName(ty)) => type_name::resolve(&self.catalog, ty).without_modifier(),
                _ => TypeRef::Unknown,
            })
            .collect();
        let is_meant = |routine: &Routine| {
            let inputs = || routine.input_types().map(TypeRef::without_modifier);
            // A procedure's OUT arguments may be written too, and its modes with them.
            let all = || routine.arguments.iter().map(|argument| argument.ty.without_modifier());
            object.args_unspecified
                || inputs().eq(types.iter().cloned())
                || routine.kind == RoutineKind::Procedure && all().eq(types.iter().cloned())
        };
        let is_it = |routine: &Arc<Routine>| fits(routine, wanted) && is_meant(routine);
        // What it takes tells also whether a schema behind the first is meant.
        let schemas = self.looked_through(schema).into_iter();
        let overloads = (schemas.filter_map(|schema| schema.routines.get(name)))
            .find(|overloads| overloads.iter().any(is_it))
            .map_or_else(|| self.catalog.routines(schema, name), |overloads| &overloads[..]);
        let found = overloads.iter().position(is_it);
        if object.args_unspecified && overloads.iter().filter(|routine| fits(routine, wanted)).count() > 1 {
            let message = format!("{} name \"{}\" is not unique", routine_word(wanted), parts.join("."));
            return self.fail("42725", message, self.token(name));
        }
        if found.is_none()
            && !object.args_unspecified
            && let Some(other) = overloads.iter().find(|routine| is_meant(routine))
        {
            let inputs: Vec<String> = other.input_types().map(TypeRef::in_signature).collect();
            return self.is_other_kind(object, wanted, &inputs);
        }
        Ok(found.map(|at| (overloads[at].schema.clone(), overloads[at].name.clone(), at)))
    }

    /// PostgreSQL's error for a routine that is certainly not there, or is one of its own of another kind.
    pub(super) fn missing_routine(&self, object: &ObjectWithArgs, wanted: ObjectType) -> Result {
        let parts = strings(&object.objname);
        let (schema, name) = split_name(&parts);
        let is_own = super::super::builtin::facts().functions.has(name);
        if object.args_unspecified {
            if is_own || self.may_be_function(schema, name) || !self.catalog.routines(schema, name).is_empty()
            {
                return Ok(());
            }
            self.routine_schema_is_there(object)?;
            // Of ROUTINE it says so, too.
            let word = if wanted == ObjectType::ObjectRoutine { "function" } else { routine_word(wanted) };
            let message = format!("could not find a {word} named \"{}\"", parts.join("."));
            return self.fail("42883", message, self.token(name));
        }
        let Some(types) = self.named_types(object)? else { return Ok(()) };
        let inputs: Vec<String> = types.iter().map(TypeRef::in_signature).collect();
        if let Some(kind) = self.builtin_kind(schema, name, &types) {
            let is_meant = match wanted {
                ObjectType::ObjectProcedure => kind == 'p',
                ObjectType::ObjectAggregate => kind == 'a',
                _ => true,
            };
            return if is_meant { Ok(()) } else { self.is_other_kind(object, wanted, &inputs) };
        }
        // Of those that PostgreSQL has since a version that is not known some may be meant.
        if self.may_be_function(schema, name) {
            return Ok(());
        }
        self.routine_schema_is_there(object)?;
        let word = match wanted {
            ObjectType::ObjectProcedure => "procedure",
            ObjectType::ObjectAggregate => "aggregate",
            _ => "function",
        };
        let inputs = match (wanted, &inputs[..]) {
            (ObjectType::ObjectAggregate, []) => "*".to_owned(),
            _ => inputs.join(", "),
        };
        let signature = format!("{}({inputs})", parts.join("."));
        self.fail("42883", format!("{word} {signature} does not exist"), self.token(name))
    }

    /// The same for DROP FUNCTION, which takes no aggregate.
    fn missing_dropped_routine(&self, object: &ObjectWithArgs, wanted: ObjectType) -> Result {
        let parts = strings(&object.objname);
        let (schema, name) = split_name(&parts);
        if wanted == ObjectType::ObjectFunction
            && !object.args_unspecified
            && let Some(types) = self.named_types(object)?
            && self.builtin_kind(schema, name, &types) == Some('a')
        {
            let message = format!("\"{}\" is an aggregate function", parts.join("."));
            return self.fail("42809", message, self.token(name));
        }
        self.missing_routine(object, wanted)
    }

    pub(super) fn drop_routine(
        &mut self,
        object: &ObjectWithArgs,
        wanted: ObjectType,
        missing_ok: bool,
        cascade: bool,
        is_held: bool,
    ) -> Result {
        let Some((in_schema, name, at)) = self.find_routine(object, wanted)? else {
            return if missing_ok { Ok(()) } else { self.missing_dropped_routine(object, wanted) };
        };
        if let Some(routine) = self.catalog.routines(Some(&in_schema), &name).get(at) {
            let types: Vec<String> = routine.input_types().map(TypeRef::in_signature).collect();
            let text = super::super::deparse::relation_text(&in_schema, &name);
            let title = || format!("function {text}({})", types.join(","));
            if wanted == ObjectType::ObjectFunction && routine.kind == RoutineKind::Aggregate {
                let message = format!("\"{}\" is an aggregate function", strings(&object.objname).join("."));
                return self.fail("42809", message, self.token(&name));
            }
            self.is_no_member(&routine.extension, title, &name)?;
            if is_held {
                self.restrict_routine(routine)?;
            }
        }
        let is_last = self.catalog.routines(None, &name).len() == 1;
        let routines = &mut self.schema(&in_schema)?.routines;
        if let Some(overloads) = routines.get_mut(&name) {
            overloads.remove(at);
            if overloads.is_empty() {
                routines.remove(&name);
            }
        }
        if cascade {
            let dropped = QualifiedName { schema: in_schema, name };
            if is_last {
                self.drop_uses_of_routine(&dropped)?;
            }
            self.drop_triggers_of(&dropped)?;
        }
        Ok(())
    }

    /// No routine of its types has the name that one is to get (IsThereFunctionInNamespace).
    fn is_free_for_routine(
        &self,
        schema: &Name,
        name: &Name,
        at: usize,
        new_schema: Option<&Name>,
        new_name: Option<&Name>,
    ) -> Result {
        let (to, new) = (new_schema.unwrap_or(schema), new_name.unwrap_or(name));
        let Some(routine) = self.catalog.routines(Some(schema), name).get(at) else { return Ok(()) };
        let inputs =
            |routine: &Routine| routine.input_types().map(TypeRef::without_modifier).collect::<Vec<_>>();
        let wanted = inputs(routine);
        let is_same = (to, new) == (schema, name);
        let taken = self.catalog.routines(Some(to), new).iter().any(|other| inputs(other) == wanted);
        if is_same || !taken || wanted.contains(&TypeRef::Unknown) {
            return Ok(());
        }
        let types: Vec<String> = routine.input_types().map(TypeRef::in_signature).collect();
        let message = format!("function {new}({}) already exists in schema \"{to}\"", types.join(", "));
        self.fail("42723", message, self.token(new))
    }

    /// Gives a routine another schema, or another name.
    pub(super) fn move_routine(
        &mut self,
        object: &ObjectWithArgs,
        wanted: ObjectType,
        new_schema: Option<Name>,
        new_name: Option<Name>,
    ) -> Result {
        let Some((schema, name, at)) = self.find_routine(object, wanted)? else {
            return self.missing_routine(object, wanted);
        };
        self.is_free_for_routine(&schema, &name, at, new_schema.as_ref(), new_name.as_ref())?;
        let routines = &mut self.schema(&schema)?.routines;
        let Some(overloads) = routines.get_mut(&name) else { return Ok(()) };
        let mut routine = Routine::clone(&overloads.remove(at));
        if overloads.is_empty() {
            routines.remove(&name);
        }
        let old = QualifiedName { schema, name };
        let is_last = self.catalog.routines(Some(&old.schema), &old.name).is_empty();
        routine.schema = new_schema.unwrap_or_else(|| old.schema.clone());
        routine.name = new_name.unwrap_or_else(|| old.name.clone());
        let new = QualifiedName { schema: routine.schema.clone(), name: routine.name.clone() };
        self.put_routine(routine, false)?;
        // Which of several functions of one name an object means is not kept.
        if is_last {
            self.each_reference(|value| match value {
                Value::Routine(name) if *name == old => *name = new.clone(),
                _ => {}
            });
        }
        self.each_relation(|relation| {
            for trigger in &mut relation.triggers {
                if trigger.function == old {
                    Arc::make_mut(trigger).function = new.clone();
                }
            }
        });
        Ok(())
    }
}

/// Whether a routine is of the kind that a statement names.
fn fits(routine: &Routine, wanted: ObjectType) -> bool {
    match wanted {
        ObjectType::ObjectProcedure => routine.kind == RoutineKind::Procedure,
        ObjectType::ObjectAggregate => routine.kind == RoutineKind::Aggregate,
        ObjectType::ObjectFunction => routine.kind != RoutineKind::Procedure,
        _ => true,
    }
}

fn routine_word(kind: ObjectType) -> &'static str {
    match kind {
        ObjectType::ObjectProcedure => "procedure",
        ObjectType::ObjectAggregate => "aggregate",
        ObjectType::ObjectRoutine => "routine",
        _ => "function",
    }
}

/// Writes a routine's arguments and result as PostgreSQL prints them.
pub(in crate::catalog) fn print(routine: &mut Routine, catalog: &Catalog) {
    let modes = routine.kind == RoutineKind::Procedure && !catalog.is_older_than(14);
    let mut inputs = Vec::new();
    let mut columns = Vec::new();
    for argument in &routine.arguments {
        let mut text = String::new();
        match argument.mode {
            ArgumentMode::Out => text += "OUT ",
            ArgumentMode::InOut => text += "INOUT ",
            ArgumentMode::Variadic => text += "VARIADIC ",
            // A procedure's modes are all printed, as it is called with its OUT arguments.
            ArgumentMode::In if modes => text += "IN ",
            ArgumentMode::In | ArgumentMode::Table => {}
        }
        if let Some(name) = &argument.name {
            text += &quote::identifier(name);
            text.push(' ');
        }
        text += &argument.ty.in_signature();
        if argument.mode == ArgumentMode::Table {
            columns.push(text);
            continue;
        }
        if let Some(default) = &argument.default {
            text += &format!(" DEFAULT {default}");
        }
        inputs.push(text);
    }
    routine.arguments_text = inputs.join(", ").into();
    routine.result_text = if columns.is_empty() {
        let set = if routine.returns_set { "SETOF " } else { "" };
        routine.result.as_ref().map(|ty| format!("{set}{}", ty.in_signature()).into())
    } else {
        Some(format!("TABLE({})", columns.join(", ")).into())
    };
    if routine.kind == RoutineKind::Procedure {
        routine.result_text = None;
    }
}
