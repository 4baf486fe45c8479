//! Operators, casts, and other objects that DDL makes of functions.

use crate::syntax::ast::{
    AlterOperatorStmt, CoercionContext, CreateAmStmt, CreateCastStmt, CreateEventTrigStmt, DefElem,
    DefineStmt, Node, NodeEnum,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, absent, event_tags, option, strings, type_name};

impl Fold<'_> {
    pub(super) fn create_operator(&mut self, s: &DefineStmt) -> Result {
        let parts = strings(&s.defnames);
        let Some(name) = self.new_entity_name(EntityKind::Operator, &parts, false)? else { return Ok(()) };
        let mut operator = self.new_entity(EntityKind::Operator, Some(name.schema), &name.name);
        self.check_operator(&s.definition)?;
        self.operator_options(&mut operator, &s.definition);
        let result = match operator.get("function") {
            Some(Value::Routine(function)) => {
                let operands: Vec<TypeRef> = (["left", "right"].iter())
                    .filter_map(|side| match operator.get(side) {
                        Some(Value::Type(ty)) => Some(ty.clone()),
                        _ => None,
                    })
                    .collect();
                self.result_of(function, &operands)
            }
            _ => TypeRef::Unknown,
        };
        operator.set("result", Some(Value::Type(result)));
        let same =
            self.catalog.entities_named(EntityKind::Operator, operator.schema.as_deref(), &operator.name);
        if same.iter().any(|other| other.is_same(&operator) && other.get("function").is_some()) {
            let message = format!("operator {} already exists", operator.name);
            return self.fail("42723", message, self.token(&operator.name));
        }
        self.is_not_its_negator(&operator, &s.definition)?;
        let linked = self.linked_operators(&operator, &s.definition)?;
        self.put_entity(operator);
        linked.into_iter().for_each(|other| self.put_entity(other));
        Ok(())
    }

    /// What a function that takes these types returns.
    fn result_of(&self, function: &QualifiedName, operands: &[TypeRef]) -> TypeRef {
        super::super::deparse::call_result(&self.catalog, Some(&function.schema), &function.name, operands)
    }

    fn operator_options(&self, operator: &mut Entity, options: &[Node]) {
        for element in option::elements(options) {
            let parts = option::name_parts(element);
            let is_none = element.arg.is_none() || parts == ["none"];
            match element.defname.as_str() {
                "leftarg" | "rightarg" => {
                    let side = if element.defname == "leftarg" { "left" } else { "right" };
                    operator.set(side, self.type_of(element).map(Value::Type).filter(|_| !is_none));
                }
                "function" | "procedure" => operator.set("function", Some(self.routine_value(&parts))),
                "commutator" | "negator" => {
                    let name = element.defname.to_ascii_lowercase();
                    operator.set(&name, parts.last().map(|name| Value::Text((*name).into())));
                }
                "restrict" | "join" => {
                    let name = element.defname.to_ascii_lowercase();
                    operator.set(&name, (!is_none).then(|| self.routine_value(&parts)));
                }
                "hashes" | "merges" => {
                    let name = element.defname.to_ascii_lowercase();
                    operator.set(&name, option::truth(element).then_some(Value::Flag));
                }
                _ => {}
            }
        }
    }

    pub(super) fn type_of(&self, element: &DefElem) -> Option<TypeRef> {
        match element.arg.as_ref()?.node.as_ref()? {
            NodeEnum::TypeName(name) => Some(type_name::resolve(&self.catalog, name).without_modifier()),
            NodeEnum::String(name) => Some(super::super::builtin::type_by_name(
                super::super::builtin::facts().types.get(&name.sval)?.name,
            )),
            _ => None,
        }
    }

    pub(super) fn alter_operator(&mut self, s: &AlterOperatorStmt) -> Result {
        let Some(object) = &s.opername else { return Ok(()) };
        let node = Node { node: Some(NodeEnum::ObjectWithArgs(object.clone())) };
        let Some(found) = self.find_entity(EntityKind::Operator, &node, false)? else {
            return self.has_operator_attributes(&s.options);
        };
        self.check_operator_change(&found, &s.options)?;
        let mut operator = Entity::clone(&found);
        self.operator_options(&mut operator, &s.options);
        let linked = self.linked_operators(&operator, &s.options)?;
        self.put_entity(operator);
        linked.into_iter().for_each(|other| self.put_entity(other));
        Ok(())
    }

    pub(super) fn create_cast(&mut self, s: &CreateCastStmt) -> Result {
        let ty = |name: &Option<crate::syntax::ast::TypeName>| match name {
            Some(name) => Ok(self.type_ref(name)?.without_modifier()),
            None => Ok(TypeRef::Unknown),
        };
        let (source, target) = (ty(&s.sourcetype)?, ty(&s.targettype)?);
        self.can_be_cast(s, &source, &target)?;
        let mut cast = Entity::new(EntityKind::Cast, None, "")
            .with("source", Value::Type(source.clone()))
            .with("target", Value::Type(target.clone()));
        let context = match s.context() {
            CoercionContext::CoercionImplicit => "implicit",
            CoercionContext::CoercionAssignment => "assignment",
            _ => "explicit",
        };
        cast.set_text("context", context);
        match &s.func {
            Some(function) => cast.set("function", Some(self.routine_value(&strings(&function.objname)))),
            None if s.inout => cast.set_text("method", "inout"),
            None => cast.set_text("method", "binary"),
        }
        if self.catalog.entities_named(EntityKind::Cast, None, "").iter().any(|other| other.is_same(&cast)) {
            return self.has_cast(&source, &target);
        }
        if self.is_builtin_cast(&source, &target) {
            return self.has_cast(&source, &target);
        }
        self.put_entity(cast);
        Ok(())
    }

    pub(super) fn create_access_method(&mut self, s: &CreateAmStmt) -> Result {
        let kind = EntityKind::AccessMethod;
        self.is_taken_in_database(kind, &s.amname, false)?;
        if absent::is_builtin(kind.word(), &s.amname) {
            let message = format!("access method \"{}\" already exists", s.amname);
            return self.fail("42710", message, self.token(&s.amname));
        }
        let ty = if s.amtype == "t" { "table" } else { "index" };
        let result = format!("{ty}_am_handler");
        self.has_function(&strings(&s.handler_name), &[TypeRef::builtin("internal")], Some(&result))?;
        let mut method = Entity::new(EntityKind::AccessMethod, None, s.amname.as_str())
            .with("handler", self.routine_value(&strings(&s.handler_name)));
        method.set_text("type", ty);
        self.put_entity(method);
        Ok(())
    }

    /// PostgreSQL's errors for what an event trigger is to fire at.
    fn is_event(&self, s: &CreateEventTrigStmt) -> Result {
        let mut events = vec!["ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite"];
        if self.version() >= 17 {
            events.push("login");
        }
        if !events.contains(&s.eventname.as_str()) {
            let message = format!("unrecognized event name \"{}\"", s.eventname);
            return self.refuse("42601", message, self.token(&s.eventname));
        }
        let mut seen = Vec::new();
        for element in option::elements(&s.whenclause) {
            let name = element.defname.as_str();
            let message = match name {
                "tag" if seen.contains(&name) => {
                    format!("filter variable \"{name}\" specified more than once")
                }
                "tag" => {
                    seen.push(name);
                    let refused = option::texts(element).iter().find_map(|tag| event_tags::refused(tag));
                    if let Some((sqlstate, message)) = refused {
                        return self.refuse(sqlstate, message, super::offset(element.location));
                    }
                    continue;
                }
                _ => format!("unrecognized filter variable \"{name}\""),
            };
            return self.refuse("42601", message, super::offset(element.location));
        }
        Ok(())
    }

    pub(super) fn create_event_trigger(&mut self, s: &CreateEventTrigStmt) -> Result {
        self.is_event(s)?;
        self.is_taken_in_database(EntityKind::EventTrigger, &s.trigname, false)?;
        self.is_trigger_function(&strings(&s.funcname), "event_trigger", 0)?;
        let mut trigger = self
            .new_entity(EntityKind::EventTrigger, None, &s.trigname)
            .with("event", Value::Text(s.eventname.as_str().into()))
            .with("function", self.routine_value(&strings(&s.funcname)));
        for element in option::elements(&s.whenclause) {
            let mut tags = option::texts(element);
            if element.defname == "tag" {
                tags = tags.iter().map(|tag| tag.to_ascii_uppercase().into()).collect();
            }
            trigger.set(&element.defname, Some(Value::Texts(tags)));
        }
        self.put_entity(trigger);
        Ok(())
    }

    pub(super) fn alter_event_trigger(&mut self, name: &str, enabled: &str) -> Result {
        let node =
            Node { node: Some(NodeEnum::String(crate::syntax::ast::String { sval: name.to_owned() })) };
        let Some(found) = self.find_entity(EntityKind::EventTrigger, &node, false)? else { return Ok(()) };
        let mut trigger = Entity::clone(&found);
        let enabled = Enabled::of_letter(enabled.chars().next().unwrap_or('O'));
        trigger.set("enabled", (enabled != Enabled::Origin).then(|| Value::Text(enabled.word().into())));
        self.put_entity(trigger);
        Ok(())
    }
}

/// A String node's text, of the many statements that name something so.
pub(super) fn name_node(name: &str) -> Node {
    Node { node: Some(NodeEnum::String(crate::syntax::ast::String { sval: name.to_owned() })) }
}
