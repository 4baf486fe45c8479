//! Foreign-data wrappers, servers and user mappings.

use crate::syntax::ast::{
    AlterFdwStmt, AlterForeignServerStmt, AlterUserMappingStmt, CreateFdwStmt, CreateForeignServerStmt,
    CreateUserMappingStmt, DefElemAction, DropUserMappingStmt, Node, RoleSpec, RoleSpecType,
};

use super::super::builtin;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::operator::name_node;
use super::text_search::{get_options, set_options};
use super::{Fold, Result, Stop, find, option, split_name};

impl Fold<'_> {
    pub(super) fn create_wrapper(&mut self, s: &CreateFdwStmt) -> Result {
        // Only a superuser makes one; whether another role is one is not known.
        if self.catalog.current_role.is_some() {
            return Err(Stop::Unsure);
        }
        self.is_taken_in_database(EntityKind::ForeignDataWrapper, &s.fdwname, false)?;
        let mut wrapper = self.new_entity(EntityKind::ForeignDataWrapper, None, &s.fdwname);
        self.wrapper_functions(&mut wrapper, &s.func_options)?;
        let options = self.foreign_options(&Options::new(), &s.options)?;
        set_options(&mut wrapper, &options);
        self.put_entity(wrapper);
        Ok(())
    }

    pub(super) fn alter_wrapper(&mut self, s: &AlterFdwStmt) -> Result {
        let kind = EntityKind::ForeignDataWrapper;
        let Some(found) = self.find_entity(kind, &name_node(&s.fdwname), false)? else { return Ok(()) };
        let mut wrapper = Entity::clone(&found);
        self.wrapper_functions(&mut wrapper, &s.func_options)?;
        let options = self.foreign_options(&get_options(&wrapper), &s.options)?;
        set_options(&mut wrapper, &options);
        self.put_entity(wrapper);
        Ok(())
    }

    fn wrapper_functions(&self, wrapper: &mut Entity, options: &[Node]) -> Result {
        for element in option::elements(options) {
            let parts = option::name_parts(element);
            let (schema, name) = split_name(&parts);
            let is_there = parts.is_empty()
                || !self.catalog.routines(schema, name).is_empty()
                || builtin::facts().functions.has(name);
            if !is_there && self.catalog.extensions.is_empty() && find::sure_of(&self.catalog, schema, name) {
                let arguments = if element.defname == "validator" { "text[], oid" } else { "" };
                let message = format!("function {}({arguments}) does not exist", parts.join("."));
                return self.fail("42883", message, self.token(name));
            }
            // NO HANDLER and NO VALIDATOR come without a name.
            let function = (!parts.is_empty()).then(|| self.routine_value(&parts));
            wrapper.set(&element.defname, function);
        }
        Ok(())
    }

    /// Options as they are when these are added, set and dropped (`transformGenericOptions`).
    pub(super) fn foreign_options(&self, old: &Options, nodes: &[Node]) -> Result<Options> {
        let mut options = old.clone();
        for element in option::elements(nodes) {
            let name: Name = element.defname.as_str().into();
            let is_there = options.iter().any(|(other, _)| *other == name);
            match element.defaction() {
                DefElemAction::DefelemSet | DefElemAction::DefelemDrop if !is_there => {
                    return self.fail("42704", format!("option \"{name}\" not found"), self.token(&name));
                }
                DefElemAction::DefelemUnspec | DefElemAction::DefelemAdd if is_there => {
                    let message = format!("option \"{name}\" provided more than once");
                    return self.fail("42710", message, self.token(&name));
                }
                _ => {}
            }
            options.retain(|(other, _)| *other != name);
            if element.defaction() != DefElemAction::DefelemDrop {
                options.push((name, option::text(element).into()));
            }
        }
        options.sort();
        Ok(options)
    }

    pub(super) fn create_server(&mut self, s: &CreateForeignServerStmt) -> Result {
        if self.is_taken_in_database(EntityKind::Server, &s.servername, s.if_not_exists)? {
            return Ok(());
        }
        self.find_entity(EntityKind::ForeignDataWrapper, &name_node(&s.fdwname), false)?;
        let mut server = self.new_entity(EntityKind::Server, None, &s.servername);
        server.set("wrapper", Some(Value::Named(EntityKind::ForeignDataWrapper, s.fdwname.as_str().into())));
        for (name, text) in [("type", &s.servertype), ("version", &s.version)] {
            server.set(name, (!text.is_empty()).then(|| Value::Text(text.as_str().into())));
        }
        let options = self.foreign_options(&Options::new(), &s.options)?;
        set_options(&mut server, &options);
        self.put_entity(server);
        Ok(())
    }

    pub(super) fn alter_server(&mut self, s: &AlterForeignServerStmt) -> Result {
        let Some(found) = self.find_entity(EntityKind::Server, &name_node(&s.servername), false)? else {
            return Ok(());
        };
        let mut server = Entity::clone(&found);
        if s.has_version {
            server.set("version", (!s.version.is_empty()).then(|| Value::Text(s.version.as_str().into())));
        }
        let options = self.foreign_options(&get_options(&server), &s.options)?;
        set_options(&mut server, &options);
        self.put_entity(server);
        Ok(())
    }

    pub(super) fn create_user_mapping(&mut self, s: &CreateUserMappingStmt) -> Result {
        self.find_entity(EntityKind::Server, &name_node(&s.servername), false)?;
        let mut mapping = self.mapping(&s.servername, s.user.as_ref())?;
        let existing = self.catalog.entities_named(EntityKind::UserMapping, None, &s.servername);
        if existing.iter().any(|other| other.is_same(&mapping)) {
            if s.if_not_exists {
                return Ok(());
            }
            let user = mapping.get("user").map(ToString::to_string).unwrap_or_default();
            let user = if user == "public" { "PUBLIC".to_owned() } else { user };
            let message =
                format!("user mapping for \"{user}\" already exists for server \"{}\"", s.servername);
            return self.fail("42710", message, None);
        }
        let options = self.foreign_options(&Options::new(), &s.options)?;
        set_options(&mut mapping, &options);
        self.put_entity(mapping);
        Ok(())
    }

    pub(super) fn alter_user_mapping(&mut self, s: &AlterUserMappingStmt) -> Result {
        let wanted = self.mapping(&s.servername, s.user.as_ref())?;
        let existing = self.catalog.entities_named(EntityKind::UserMapping, None, &s.servername);
        let Some(found) = existing.into_iter().find(|other| other.is_same(&wanted)) else { return Ok(()) };
        let mut mapping = Entity::clone(found);
        let options = self.foreign_options(&get_options(&mapping), &s.options)?;
        set_options(&mut mapping, &options);
        self.put_entity(mapping);
        Ok(())
    }

    pub(super) fn drop_user_mapping(&mut self, s: &DropUserMappingStmt) -> Result {
        let mapping = self.mapping(&s.servername, s.user.as_ref())?;
        self.changed = true;
        self.catalog.remove_entity(&mapping);
        Ok(())
    }

    fn mapping(&self, server: &str, user: Option<&RoleSpec>) -> Result<Entity> {
        let user: Name = match user {
            Some(role) if role.roletype() == RoleSpecType::RolespecPublic => "public".into(),
            // Of the role that connects the name is not known.
            Some(role) => self.role(role).ok_or(Stop::Unsure)?,
            None => return Err(Stop::Unsure),
        };
        Ok(Entity::new(EntityKind::UserMapping, None, server)
            .with("user", Value::Role(user))
            .with("server", Value::Named(EntityKind::Server, server.into())))
    }
}
