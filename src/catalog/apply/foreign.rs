//! Foreign-data wrappers, servers and user mappings.

use crate::syntax::ast::{
    AlterFdwStmt, AlterForeignServerStmt, AlterUserMappingStmt, CreateFdwStmt, CreateForeignServerStmt,
    CreateUserMappingStmt, DefElemAction, DropUserMappingStmt, ImportForeignSchemaStmt, Node, RoleSpec,
    RoleSpecType,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::operator::name_node;
use super::text_search::{get_options, set_options};
use super::{Fold, Result, Stop, option, split_name};

/// What `postgresql_fdw_validator` takes of a server.
const SERVER_OPTIONS: [&str; 12] = [
    "authtype",
    "service",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "tty",
    "options",
    "requiressl",
    "sslmode",
    "gsslib",
];

/// The same of a user mapping.
const MAPPING_OPTIONS: [&str; 2] = ["user", "password"];

impl Fold<'_> {
    pub(super) fn create_wrapper(&mut self, s: &CreateFdwStmt) -> Result {
        // Only a superuser makes one.
        if self.limited_role().is_some() {
            return Err(Stop::Unsure);
        }
        self.is_taken_in_database(EntityKind::ForeignDataWrapper, &s.fdwname, false)?;
        let mut wrapper = self.new_entity(EntityKind::ForeignDataWrapper, None, &s.fdwname);
        self.wrapper_functions(&mut wrapper, &s.func_options)?;
        let options = self.foreign_options(&Options::new(), &s.options)?;
        self.are_options_of(&wrapper, &[], &s.options)?;
        set_options(&mut wrapper, &options);
        self.put_entity(wrapper);
        Ok(())
    }

    pub(super) fn alter_wrapper(&mut self, s: &AlterFdwStmt) -> Result {
        // Only a superuser changes one, whosever it is.
        if self.limited_role().is_some() {
            return Err(Stop::Unsure);
        }
        let kind = EntityKind::ForeignDataWrapper;
        let Some(found) = self.find_entity(kind, &name_node(&s.fdwname), false)? else { return Ok(()) };
        let mut wrapper = Entity::clone(&found);
        self.wrapper_functions(&mut wrapper, &s.func_options)?;
        let options = self.foreign_options(&get_options(&wrapper), &s.options)?;
        self.are_options_of(&wrapper, &[], &s.options)?;
        set_options(&mut wrapper, &options);
        self.put_entity(wrapper);
        Ok(())
    }

    fn wrapper_functions(&self, wrapper: &mut Entity, options: &[Node]) -> Result {
        let mut given = Vec::new();
        for element in option::elements(options) {
            self.is_given_once(&mut given, element)?;
            let parts = option::name_parts(element);
            if element.defname == "handler" && !parts.is_empty() {
                self.has_function(&parts, &[], Some("fdw_handler"))?;
            } else if !parts.is_empty() {
                let taken = [TypeRef::builtin("text").array_of(), TypeRef::builtin("oid")];
                self.has_function(&parts, &taken, None)?;
            }
            // NO HANDLER and NO VALIDATOR come without a name.
            let function = (!parts.is_empty()).then(|| self.routine_value(&parts));
            wrapper.set(&element.defname, function);
        }
        Ok(())
    }

    /// PostgreSQL's error for a function of just these arguments that is not there, or gives something else than it
    /// must.
    pub(super) fn has_function(&self, parts: &[&str], taken: &[TypeRef], result: Option<&str>) -> Result {
        let Some(found) = self.exact_function(parts, taken)? else { return Ok(()) };
        let at = self.token(split_name(parts).1);
        match result.filter(|wanted| !found.returns(wanted)) {
            Some(wanted) => {
                let message = format!("function {} must return type {wanted}", parts.join("."));
                self.fail("42809", message, at)
            }
            None => Ok(()),
        }
    }

    /// What is imported is not known; a wrapper without a handler imports nothing.
    pub(super) fn import_foreign_schema(&mut self, s: &ImportForeignSchemaStmt) -> Result {
        let server = self.find_entity(EntityKind::Server, &name_node(&s.server_name), false)?;
        self.has_schema(&s.local_schema)?;
        if let Some(Value::Named(kind, name)) = server.as_ref().and_then(|server| server.get("wrapper"))
            && let Some(wrapper) = self.catalog.entity(*kind, None, name)
            && wrapper.get("handler").is_none()
        {
            let message = format!("foreign-data wrapper \"{name}\" has no handler");
            return self.fail("55000", message, self.token(&s.server_name));
        }
        self.unknown()
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
        let wrapper = self.find_entity(EntityKind::ForeignDataWrapper, &name_node(&s.fdwname), false)?;
        if wrapper.is_some_and(|wrapper| !self.may_use(&wrapper)) {
            return Err(Stop::Unsure);
        }
        self.check_options(&s.fdwname, &SERVER_OPTIONS, &s.options)?;
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
        if let Some(Value::Named(_, wrapper)) = found.get("wrapper") {
            self.check_options(wrapper, &SERVER_OPTIONS, &s.options)?;
        }
        let options = self.foreign_options(&get_options(&server), &s.options)?;
        set_options(&mut server, &options);
        self.put_entity(server);
        Ok(())
    }

    /// PostgreSQL's error for an option that a wrapper's validator does not know, where that is PostgreSQL's own.
    fn check_options(&self, wrapper: &str, known: &[&str], options: &[Node]) -> Result {
        match self.catalog.entity(EntityKind::ForeignDataWrapper, None, wrapper) {
            Some(wrapper) => self.are_options_of(wrapper, known, options),
            None => Ok(()),
        }
    }

    fn are_options_of(&self, wrapper: &Entity, known: &[&str], options: &[Node]) -> Result {
        let own = QualifiedName::new("pg_catalog", "postgresql_fdw_validator");
        if wrapper.get("validator") != Some(&Value::Routine(own)) {
            return Ok(());
        }
        let mut names = option::elements(options).filter(|option| {
            option.defaction() != DefElemAction::DefelemDrop && !known.contains(&option.defname.as_str())
        });
        match names.next() {
            Some(option) => {
                let name = &option.defname;
                self.fail("42601", format!("invalid option \"{name}\""), self.token(name))
            }
            None => Ok(()),
        }
    }

    /// The options of a mapping on a server, or of a foreign table on it or of such a table's column.
    pub(super) fn check_options_at(&self, server: &str, known: &[&str], options: &[Node]) -> Result {
        let server = self.catalog.entity(EntityKind::Server, None, server);
        match server.and_then(|server| server.get("wrapper")) {
            Some(Value::Named(_, wrapper)) => self.check_options(wrapper, known, options),
            _ => Ok(()),
        }
    }

    pub(super) fn create_user_mapping(&mut self, s: &CreateUserMappingStmt) -> Result {
        self.find_entity(EntityKind::Server, &name_node(&s.servername), false)?;
        self.check_options_at(&s.servername, &MAPPING_OPTIONS, &s.options)?;
        self.may_map(&s.servername, s.user.as_ref())?;
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
        let found = self.found_mapping(&s.servername, s.user.as_ref());
        if !matches!(found, Err(Stop::Error(_))) {
            self.check_options_at(&s.servername, &MAPPING_OPTIONS, &s.options)?;
        }
        let Some(mut mapping) = found? else { return Ok(()) };
        self.may_map(&s.servername, s.user.as_ref())?;
        let options = self.foreign_options(&get_options(&mapping), &s.options)?;
        set_options(&mut mapping, &options);
        self.put_entity(mapping);
        Ok(())
    }

    pub(super) fn drop_user_mapping(&mut self, s: &DropUserMappingStmt) -> Result {
        let found = match s.missing_ok {
            false => self.found_mapping(&s.servername, s.user.as_ref())?,
            true => Some(self.mapping(&s.servername, s.user.as_ref())?),
        };
        if let Some(mapping) = found {
            self.may_map(&s.servername, s.user.as_ref())?;
            self.changed = true;
            self.catalog.remove_entity(&mapping);
        }
        Ok(())
    }

    /// A role changes its own mapping where it may use the server, and others' where it owns that; what it may not has
    /// no effect.
    fn may_map(&self, server: &str, user: Option<&RoleSpec>) -> Result {
        let (Some(role), Some(server)) =
            (self.limited_role(), self.catalog.entity(EntityKind::Server, None, server))
        else {
            return Ok(());
        };
        let user = user.map(|user| self.role(user)).transpose()?.flatten();
        let is_own = user.as_ref() == Some(&role);
        let may = self.has_rights_of(&role, server.owner.as_ref())
            || is_own && self.is_granted(&role, "USAGE", server.privileges.explicit());
        if may { Ok(()) } else { Err(Stop::Unsure) }
    }

    /// The mapping that is named, or PostgreSQL's error for one that is certainly not there.
    fn found_mapping(&self, server: &str, user: Option<&RoleSpec>) -> Result<Option<Entity>> {
        if self.find_entity(EntityKind::Server, &name_node(server), false)?.is_none() {
            return Ok(None);
        }
        let wanted = self.mapping(server, user)?;
        let existing = self.catalog.entities_named(EntityKind::UserMapping, None, server);
        if let Some(found) = existing.into_iter().find(|other| other.is_same(&wanted)) {
            return Ok(Some(Entity::clone(found)));
        }
        // One that was made for the role that connected is not known by that role's name.
        let is_public = wanted.get("user") == Some(&Value::Role("public".into()));
        if !is_public {
            return Ok(None);
        }
        let message = format!("user mapping for \"public\" does not exist for server \"{server}\"");
        self.fail("42704", message, self.token(server))
    }

    fn mapping(&self, server: &str, user: Option<&RoleSpec>) -> Result<Entity> {
        let user: Name = match user {
            Some(role) if role.roletype() == RoleSpecType::RolespecPublic => "public".into(),
            // Of the role that connects the name is not known.
            Some(role) => self.role(role)?.ok_or(Stop::Unsure)?,
            None => return Err(Stop::Unsure),
        };
        Ok(Entity::new(EntityKind::UserMapping, None, server)
            .with("user", Value::Role(user))
            .with("server", Value::Named(EntityKind::Server, server.into())))
    }
}
