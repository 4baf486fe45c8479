//! SET search_path, also as pg_dump writes it: `SELECT pg_catalog.set_config('search_path', '', false)`.

use std::sync::Arc;

use crate::syntax::ast::{
    AConst, Node, NodeEnum, SelectStmt, VariableSetKind, VariableSetStmt, a_const::Val,
};

use super::super::model::{Catalog, Name};
use super::{Fold, Result, string};

/// Whether a query is a call of `set_config`, told without walking it.
pub(super) fn may_set_config(select: &SelectStmt) -> bool {
    select.target_list.iter().any(|target| set_config(target).is_some())
}

/// The arguments of `set_config(…)` in a select list.
fn set_config(target: &Node) -> Option<&[Node]> {
    let Some(NodeEnum::ResTarget(target)) = &target.node else { return None };
    let Some(NodeEnum::FuncCall(call)) = &target.val.as_ref()?.node else { return None };
    (string(call.funcname.last()?) == "set_config").then_some(&call.args)
}

impl Fold<'_> {
    pub(super) fn select(&mut self, s: &SelectStmt) -> Result {
        if s.into_clause.is_some() {
            return self.select_into(s);
        }
        for target in &s.target_list {
            let Some([name, value, rest @ ..]) = set_config(target) else { continue };
            let is_local = rest.first().map(super::option::node_text);
            let is_local = matches!(is_local.as_deref(), Some("t" | "true" | "on" | "1"));
            match constant(name) {
                Some(name) => {
                    self.custom_setting(&name);
                    if let Some(value) = constant(value) {
                        self.note_settings(&name, Some(&value));
                    }
                }
                // It may be any.
                None => return self.unknown(),
            }
            if constant(name).as_deref() == Some("search_path") {
                if is_local {
                    self.catalog.keep_settings();
                }
                match constant(value) {
                    Some(value) => self.set_path(value.split(',').map(unquote)),
                    None => return self.unknown(),
                }
                if !is_local {
                    self.catalog.settle_settings(true);
                }
            }
        }
        Ok(())
    }

    fn self_grant(&mut self, s: &VariableSetStmt) {
        let resets_it =
            s.kind() == VariableSetKind::VarResetAll && !self.catalog.known_roles.self_grant.is_empty();
        if s.name != "createrole_self_grant" && !resets_it {
            return;
        }
        let value = s.args.first().and_then(constant).unwrap_or_default();
        let options = value.split(',').map(|word| Name::from(word.trim().to_ascii_lowercase()));
        let options = options.filter(|word| !word.is_empty()).collect();
        self.changed = true;
        Arc::make_mut(&mut self.catalog.known_roles).self_grant = options;
    }

    pub(super) fn set_variable(&mut self, s: &VariableSetStmt) -> Result {
        let is_path = s.name == "search_path";
        if !is_path && !matches!(s.name.as_str(), "role" | "session_authorization") {
            return self.set(s);
        }
        if s.is_local {
            self.catalog.keep_settings();
        }
        let result = self.set(s);
        if !s.is_local {
            self.catalog.settle_settings(is_path);
        }
        result
    }

    fn set(&mut self, s: &VariableSetStmt) -> Result {
        if matches!(s.name.as_str(), "role" | "session_authorization") {
            // SET SESSION AUTHORIZATION DEFAULT and RESET ROLE lead back to the role that connected.
            let role = match s.kind() {
                VariableSetKind::VarSetValue => {
                    s.args.first().and_then(constant).filter(|name| name != "none")
                }
                VariableSetKind::VarSetDefault | VariableSetKind::VarReset => None,
                _ => return Ok(()),
            };
            let role = role.map(Name::from);
            if let Some(role) = &role {
                self.role_is_there(role, "22023")?;
                // A schema of its name comes first in the path, unless that was set otherwise.
                if self.catalog.schema(role).is_some() {
                    self.changed |= self.catalog.forget_names();
                }
            }
            let (role, session) = match s.name.as_str() {
                "role" => {
                    (role.or_else(|| self.catalog.session_role.clone()), self.catalog.session_role.clone())
                }
                _ => (role.clone(), role),
            };
            self.changed |= self.catalog.current_role != role || self.catalog.session_role != session;
            self.catalog.current_role = role;
            self.catalog.session_role = session;
            return Ok(());
        }
        self.check_setting(s)?;
        self.custom_setting(&s.name);
        self.self_grant(s);
        let value = s.args.first().and_then(constant).unwrap_or_default();
        let value = (s.kind() == VariableSetKind::VarSetValue).then_some(&*value);
        match s.kind() {
            VariableSetKind::VarResetAll => self.note_settings("", None),
            _ => self.note_settings(&s.name, value),
        }
        self.default_tablespace(s);
        if s.name != "search_path" && s.kind() != VariableSetKind::VarResetAll {
            return Ok(());
        }
        match s.kind() {
            VariableSetKind::VarSetValue => {
                let names: Vec<_> = s.args.iter().filter_map(constant).collect();
                self.set_path(names.into_iter());
            }
            VariableSetKind::VarSetDefault | VariableSetKind::VarReset | VariableSetKind::VarResetAll => {
                let path = Catalog::default().search_path;
                self.changed |= self.catalog.search_path != path;
                self.catalog.search_path = path;
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes the settings that change what is looked at when something is made, while they do so.
    fn note_settings(&mut self, name: &str, value: Option<&str>) {
        let is_false = |value: &str| crate::catalog::types::parse_bool(value) == Some(false);
        self.note_setting(name, value, "check_function_bodies", is_false);
        let is_true = |value: &str| crate::catalog::types::parse_bool(value) == Some(true);
        self.note_setting(name, value, "allow_in_place_tablespaces", is_true);
        self.note_setting(name, value, "session_replication_role", |value| {
            !value.eq_ignore_ascii_case("origin")
        });
        self.note_setting(name, value, "icu_validation_level", |value| value.eq_ignore_ascii_case("error"));
    }

    /// `name` is which of them is set, or empty for all of them, and `value` what to; nothing where it is set back.
    fn note_setting(&mut self, set: &str, value: Option<&str>, name: &str, counts: impl Fn(&str) -> bool) {
        if set != name && !set.is_empty() {
            return;
        }
        let mut settings: Vec<Name> = self.catalog.custom_settings.to_vec();
        settings.retain(|set| **set != *name);
        if value.is_some_and(counts) {
            settings.push(name.into());
        }
        if *self.catalog.custom_settings != *settings {
            self.catalog.custom_settings = settings.into();
            self.changed = true;
        }
    }

    /// Notes where tables are kept that do not say it.
    fn default_tablespace(&mut self, s: &VariableSetStmt) {
        let all = matches!(s.kind(), VariableSetKind::VarResetAll);
        if s.name != "default_tablespace" && !all {
            return;
        }
        let given = s.args.first().filter(|_| s.kind() == VariableSetKind::VarSetValue).and_then(constant);
        let given = given.filter(|name| !name.is_empty()).map(Name::from);
        self.changed |= self.catalog.default_tablespace != given;
        self.catalog.default_tablespace = given;
    }

    /// Notes that a setting with a name of its own was set: what it is now is not followed.
    fn custom_setting(&mut self, name: &str) {
        if name.contains('.') && !self.catalog.is_set(name) {
            let all = self.catalog.custom_settings.iter().cloned().chain([Name::from(name)]);
            self.catalog.custom_settings = all.collect();
            self.changed = true;
        }
    }

    fn set_path(&mut self, names: impl Iterator<Item = String>) {
        let path: Vec<Name> = names
            .filter(|name| !matches!(name.as_str(), "" | "$user" | "pg_catalog" | "pg_temp"))
            .map(Name::from)
            .collect();
        if *self.catalog.search_path != *path {
            self.catalog.search_path = path.into();
            self.changed = true;
        }
    }
}

/// A string constant's text.
pub fn constant(node: &Node) -> Option<String> {
    match &node.node {
        Some(NodeEnum::AConst(AConst { val: Some(Val::Sval(text)), .. })) => Some(text.sval.clone()),
        Some(NodeEnum::TypeCast(cast)) => constant(cast.arg.as_ref()?),
        _ => None,
    }
}

/// An element of a list of identifiers in a string.
fn unquote(name: &str) -> String {
    let name = name.trim();
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_ascii_lowercase(),
    }
}

/// The value of SET as PostgreSQL keeps it for a function or a role (`proconfig`).
pub(super) fn value_text(set: &VariableSetStmt) -> String {
    let texts = set.args.iter().map(super::option::node_text);
    // The names in a list that is one are quoted where they have to be.
    let is_list = matches!(
        set.name.as_str(),
        "search_path"
            | "temp_tablespaces"
            | "session_preload_libraries"
            | "local_preload_libraries"
            | "shared_preload_libraries"
    );
    let texts: Vec<String> =
        texts.map(|text| if is_list { super::super::quote::identifier(&text) } else { text }).collect();
    texts.join(", ")
}
