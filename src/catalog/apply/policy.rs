//! Policies and rules: what belongs to a table and is made by a statement of its own.

use crate::syntax::ast::{
    AlterPolicyStmt, CmdType, CreatePolicyStmt, Node, NodeEnum, NodeRef, RoleSpecType, RuleStmt,
};

use super::super::model::*;
use super::super::types::TypeRef;
use super::super::{deparse, quote};
use super::{Fold, Result, Stop, find, offset, split_name};

impl Fold<'_> {
    pub(super) fn create_policy(&mut self, s: &CreatePolicyStmt) -> Result {
        let Some(range) = &s.table else { return Ok(()) };
        let at = self.token(&s.policy_name);
        if matches!(s.cmd_name.as_str(), "select" | "delete") && s.with_check.is_some() {
            return self.fail("42601", "WITH CHECK cannot be applied to SELECT or DELETE".into(), at);
        }
        if s.cmd_name == "insert" && s.qual.is_some() {
            return self.fail("42601", "only WITH CHECK expression allowed for INSERT".into(), at);
        }
        let table = self.find(range)?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if !matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable) {
            let message = format!("\"{}\" is not a table", relation.name);
            return self.fail("42809", message, offset(range.location));
        }
        if relation.policies.iter().any(|policy| *policy.name == *s.policy_name) {
            let message = format!("policy \"{}\" for table \"{}\" already exists", s.policy_name, table.name);
            return self.fail("42710", message, self.token(&s.policy_name));
        }
        let policy = Policy {
            name: s.policy_name.as_str().into(),
            event: match s.cmd_name.as_str() {
                "select" => Event::Select,
                "insert" => Event::Insert,
                "update" => Event::Update,
                "delete" => Event::Delete,
                _ => Event::All,
            },
            permissive: s.permissive,
            roles: self.policy_roles(&s.roles)?,
            using: self.condition(&table, s.qual.as_deref()),
            check: self.condition(&table, s.with_check.as_deref()),
            comment: None,
        };
        super::super::table_parts::put(&mut self.relation(&table)?.policies, policy, |policy| &policy.name);
        Ok(())
    }

    pub(super) fn alter_policy(&mut self, s: &AlterPolicyStmt) -> Result {
        let Some(range) = &s.table else { return Ok(()) };
        let table = self.find(range)?;
        let roles = self.policy_roles(&s.roles)?;
        let using = self.condition(&table, s.qual.as_deref());
        let check = self.condition(&table, s.with_check.as_deref());
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let Some(policy) = relation.policies.iter().find(|policy| *policy.name == *s.policy_name) else {
            return self.missing_part("policy", &s.policy_name, "table", relation);
        };
        let message = match policy.event {
            Event::Select | Event::Delete if s.with_check.is_some() => {
                Some("only USING expression allowed for SELECT, DELETE")
            }
            Event::Insert if s.qual.is_some() => Some("only WITH CHECK expression allowed for INSERT"),
            _ => None,
        };
        if let Some(message) = message {
            return self.fail("42601", message.into(), self.token(&s.policy_name));
        }
        let mut policy = Policy::clone(policy);
        if !s.roles.is_empty() {
            policy.roles = roles;
        }
        policy.using = using.or(policy.using);
        policy.check = check.or(policy.check);
        super::super::table_parts::put(&mut self.relation(&table)?.policies, policy, |policy| &policy.name);
        Ok(())
    }

    fn policy_roles(&self, nodes: &[Node]) -> Result<Vec<Name>> {
        let mut roles = Vec::new();
        for node in nodes {
            let Some(NodeEnum::RoleSpec(role)) = &node.node else { continue };
            match role.roletype() {
                RoleSpecType::RolespecPublic => return Ok(Vec::new()),
                // Whoever runs it, of whom the text may tell no name.
                _ => roles.push(self.role(role)?.unwrap_or_else(|| Policy::WHOEVER_RAN.into())),
            }
        }
        roles.sort();
        roles.dedup();
        Ok(roles)
    }

    /// A condition over a table's columns. A query within is left as it is written: PostgreSQL prints it in its own way.
    fn condition(&self, table: &QualifiedName, node: Option<&Node>) -> Option<Name> {
        let node = node?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name)?;
        let has_query = node.node.as_ref().is_some_and(|node| {
            matches!(node, NodeEnum::SubLink(_))
                || node.nodes().iter().any(|(node, ..)| matches!(node, NodeRef::SubLink(_)))
        });
        let truth = TypeRef::builtin("bool");
        let printed = deparse::expression(&self.catalog, &relation.columns, node, Some(&truth)).text;
        Some(if has_query { format!("(SELECT {printed})").into() } else { printed.into() })
    }

    pub(super) fn create_rule(&mut self, s: &RuleStmt) -> Result {
        let Some(range) = &s.relation else { return Ok(()) };
        let table = self.find(range)?;
        let event = match s.event() {
            CmdType::CmdSelect => Event::Select,
            CmdType::CmdInsert => Event::Insert,
            CmdType::CmdUpdate => Event::Update,
            CmdType::CmdDelete => Event::Delete,
            _ => Event::All,
        };
        // ON SELECT makes a view what it is.
        if s.rulename == "_RETURN" {
            return Ok(());
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if !s.replace && relation.rules.iter().any(|rule| *rule.name == *s.rulename) {
            let message = format!("rule \"{}\" for relation \"{}\" already exists", s.rulename, table.name);
            return self.fail("42710", message, self.token(&s.rulename));
        }
        let rule = Rule {
            name: s.rulename.as_str().into(),
            event,
            instead: s.instead,
            enabled: Enabled::Origin,
            definition: ViewQuery::new(Some(self.sql.trim().trim_end_matches(';').into())),
            comment: None,
        };
        super::super::table_parts::put(&mut self.relation(&table)?.rules, rule, |rule| &rule.name);
        Ok(())
    }

    /// DROP POLICY or RULE name ON table, by its parts in that order: table, then name.
    pub(super) fn drop_part(&mut self, word: &'static str, parts: &[&str], missing_ok: bool) -> Result {
        let [table @ .., part] = parts else { return Ok(()) };
        let Some(table) = self.table_of_part(table, missing_ok)? else { return Ok(()) };
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if word == "rule" && *part == "_RETURN" && relation.kind == RelationKind::View {
            let name = &relation.name;
            let message = format!("cannot drop rule _RETURN on view {name} because view {name} requires it");
            return self.fail("2BP01", message, self.token(part));
        }
        let relation = self.relation(&table)?;
        let (policies, rules) = (relation.policies.len(), relation.rules.len());
        match word {
            "policy" => relation.policies.retain(|policy| &*policy.name != *part),
            _ => relation.rules.retain(|rule| &*rule.name != *part),
        }
        if missing_ok || (relation.policies.len(), relation.rules.len()) != (policies, rules) {
            return Ok(());
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let of = if word == "policy" { "table" } else { "relation" };
        self.missing_part(word, part, of, relation)
    }

    /// The table of a policy, rule, trigger or constraint that a statement names by parts.
    pub(super) fn table_of_part(&self, table: &[&str], missing_ok: bool) -> Result<Option<QualifiedName>> {
        let (schema, name) = split_name(table);
        if let Some(relation) = self.catalog.relation(schema, name) {
            return Ok(Some(relation.qualified_name()));
        }
        if missing_ok || !find::sure_of(&self.catalog, schema, name) {
            return Ok(None);
        }
        if let Some(missing) = schema.filter(|schema| !self.catalog.schemas.contains_key(schema)) {
            return self.fail("3F000", format!("schema \"{missing}\" does not exist"), self.token(missing));
        }
        self.fail("42P01", format!("relation \"{}\" does not exist", table.join(".")), self.token(name))
    }

    pub(super) fn missing_part<T>(&self, word: &str, part: &str, of: &str, relation: &Relation) -> Result<T> {
        if relation.unknown_columns {
            return Err(Stop::Unsure);
        }
        let message = format!("{word} \"{part}\" for {of} \"{}\" does not exist", relation.name);
        self.fail("42704", message, self.token(part))
    }
}

/// A name in a definition, as `pg_get_triggerdef` and its like print it.
pub(super) fn quoted_list(names: &[Name]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quote::identifier(name)).collect();
    quoted.join(", ")
}
