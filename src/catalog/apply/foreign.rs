//! Foreign-data wrappers, servers and user mappings.

use crate::syntax::ast::{
    AlterFdwStmt, AlterForeignServerStmt, AlterUserMappingStmt, CreateFdwStmt, CreateForeignServerStmt,
    CreateUserMappingStmt, DropUserMappingStmt, Node, RoleSpec, RoleSpecType,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::operator::name_node;
use super::text_search::{get_options, set_options};
use super::{Fold, Result, Stop, option};

impl Fold<'_> {
    pub(super) fn create_wrapper(&mut self, s: &CreateFdwStmt) -> Result {
        self.is_taken_in_database(EntityKind::ForeignDataWrapper, &s.fdwname, false)?;
        let mut wrapper = self.new_entity(EntityKind::ForeignDataWrapper, None, &s.fdwname);
        self.wrapper_functions(&mut wrapper, &s.func_options);
        set_options(&mut wrapper, &option::set(&Options::new(), &s.options));
        self.put_entity(wrapper);
        Ok(())
    }

    pub(super) fn alter_wrapper(&mut self, s: &AlterFdwStmt) -> Result {
        let kind = EntityKind::ForeignDataWrapper;
        let Some(found) = self.find_entity(kind, &name_node(&s.fdwname), false)? else { return Ok(()) };
        let mut wrapper = Entity::clone(&found);
        self.wrapper_functions(&mut wrapper, &s.func_options);
        let options = option::set(&get_options(&wrapper), &s.options);
        set_options(&mut wrapper, &options);
        self.put_entity(wrapper);
        Ok(())
    }

    fn wrapper_functions(&self, wrapper: &mut Entity, options: &[Node]) {
        for element in option::elements(options) {
            let parts = option::name_parts(element);
            // NO HANDLER and NO VALIDATOR come without a name.
            let function = (!parts.is_empty()).then(|| self.routine_value(&parts));
            wrapper.set(&element.defname, function);
        }
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
        set_options(&mut server, &option::set(&Options::new(), &s.options));
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
        let options = option::set(&get_options(&server), &s.options);
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
        set_options(&mut mapping, &option::set(&Options::new(), &s.options));
        self.put_entity(mapping);
        Ok(())
    }

    pub(super) fn alter_user_mapping(&mut self, s: &AlterUserMappingStmt) -> Result {
        let wanted = self.mapping(&s.servername, s.user.as_ref())?;
        let existing = self.catalog.entities_named(EntityKind::UserMapping, None, &s.servername);
        let Some(found) = existing.into_iter().find(|other| other.is_same(&wanted)) else { return Ok(()) };
        let mut mapping = Entity::clone(found);
        let options = option::set(&get_options(&mapping), &s.options);
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
