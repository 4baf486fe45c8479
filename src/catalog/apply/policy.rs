//! Policies, rules and statistics objects: what belongs to a table and is made by a statement of its own.

use std::sync::Arc;

use crate::syntax::ast::{
    AlterPolicyStmt, AlterStatsStmt, CmdType, CreatePolicyStmt, CreateStatsStmt, Node, NodeEnum, NodeRef,
    RoleSpecType, RuleStmt,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::{deparse, quote};
use super::text_search::list_node;
use super::{Fold, Result, Stop, find, names, offset, option, split_name, strings};

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
                _ => roles.push(self.role(role).ok_or(Stop::Unsure)?),
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
            definition: ViewQuery(Some(self.sql.trim().trim_end_matches(';').into())),
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

    pub(super) fn create_statistics(&mut self, s: &CreateStatsStmt) -> Result {
        let Some(NodeEnum::RangeVar(range)) = s.relations.first().and_then(|node| node.node.as_ref()) else {
            return Ok(());
        };
        let has_none = |kind: RelationKind| {
            matches!(kind, RelationKind::View | RelationKind::Sequence | RelationKind::CompositeType)
        };
        let is_other = match self.catalog.relation(super::schema_of(range), &range.relname) {
            Some(relation) => has_none(relation.kind),
            None => self.catalog.index(super::schema_of(range), &range.relname).is_some(),
        };
        if is_other {
            let message = match self.version() {
                ..15 => {
                    format!(
                        "relation \"{}\" is not a table, foreign table, or materialized view",
                        range.relname
                    )
                }
                15.. => format!("cannot define statistics for relation \"{}\"", range.relname),
            };
            return self.fail("42809", message, super::offset(range.location));
        }
        let table = self.find(range)?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let mut columns: Vec<Name> = Vec::new();
        let mut expressions = Vec::new();
        for node in &s.exprs {
            let Some(NodeEnum::StatsElem(element)) = &node.node else { continue };
            match &element.expr {
                None => match relation.column(&element.name) {
                    Some(column) => columns.push(column.name.clone()),
                    None if relation.unknown_columns || deparse::is_system_column(&element.name) => {
                        return Err(Stop::Unsure);
                    }
                    None => {
                        let message = format!("column \"{}\" does not exist", element.name);
                        return self.fail("42703", message, self.token(&element.name));
                    }
                },
                Some(node) => {
                    let printed = deparse::expression(&self.catalog, &relation.columns, node, None);
                    expressions.push(Name::from(printed.text));
                }
            }
        }
        self.statistics_differ(s, &columns, &expressions)?;
        let name = if s.defnames.is_empty() {
            let named: Vec<String> = (s.exprs.iter())
                .filter_map(|node| match &node.node {
                    Some(NodeEnum::StatsElem(element)) if element.expr.is_none() => {
                        Some(element.name.clone())
                    }
                    Some(NodeEnum::StatsElem(_)) => Some("expr".to_owned()),
                    _ => None,
                })
                .collect();
            self.statistics_name(&table, &named)
        } else {
            let parts = strings(&s.defnames);
            match self.new_entity_name(EntityKind::Statistics, &parts, s.if_not_exists)? {
                Some(name) => name,
                None => return Ok(()),
            }
        };
        let mut statistics = self
            .new_entity(EntityKind::Statistics, Some(name.schema), &name.name)
            .with("table", Value::Relation(table));
        // By attribute number, whatever the order in the list.
        let ordered = relation.columns.iter().map(|column| column.name.clone());
        let columns: Vec<Name> = ordered.filter(|name| columns.contains(name)).collect();
        let is_of_one_expression = columns.is_empty() && expressions.len() == 1;
        statistics.set("columns", (!columns.is_empty()).then_some(Value::Texts(columns)));
        statistics.set("expressions", (!expressions.is_empty()).then_some(Value::Texts(expressions)));
        let kinds: Vec<Name> = match strings(&s.stat_types) {
            _ if is_of_one_expression => Vec::new(),
            given if given.is_empty() => vec!["dependencies".into(), "mcv".into(), "ndistinct".into()],
            given => given.into_iter().map(Name::from).collect(),
        };
        let mut kinds = kinds;
        kinds.sort();
        statistics.set("kinds", (!kinds.is_empty()).then_some(Value::Texts(kinds)));
        self.put_entity(statistics);
        Ok(())
    }

    /// What statistics are of must be several things, of the kinds that there are.
    fn statistics_differ(&self, s: &CreateStatsStmt, columns: &[Name], expressions: &[Name]) -> Result {
        // What is there by that name already is said first.
        let parts = strings(&s.defnames);
        if !parts.is_empty()
            && self.new_entity_name(EntityKind::Statistics, &parts, s.if_not_exists)?.is_none()
        {
            return Ok(());
        }
        let kinds = strings(&s.stat_types);
        let is_known = |kind: &&str| matches!(*kind, "ndistinct" | "dependencies" | "mcv");
        if let Some(kind) = kinds.iter().find(|kind| !is_known(kind)) {
            let message = format!("unrecognized statistics kind \"{kind}\"");
            return self.fail("42601", message, self.token(kind));
        }
        let is_of_one_expression = columns.is_empty() && expressions.len() == 1;
        if is_of_one_expression && !kinds.is_empty() {
            let message =
                "when building statistics on a single expression, statistics kinds may not be specified";
            return self.fail("0A000", message.into(), self.token(kinds[0]));
        }
        if columns.len() + expressions.len() < 2 && !is_of_one_expression {
            return self.fail("42P17", "extended statistics require at least 2 columns".into(), None);
        }
        let repeated = |names: &[Name]| (1..names.len()).find(|n| names[..*n].contains(&names[*n]));
        if let Some(n) = repeated(columns) {
            let message = "duplicate column name in statistics definition";
            return self.fail("42701", message.into(), self.token(&columns[n]));
        }
        if repeated(expressions).is_some() {
            return self.fail("42701", "duplicate expression in statistics definition".into(), None);
        }
        Ok(())
    }

    /// The name that PostgreSQL chooses for statistics (`ChooseExtendedStatisticName`).
    fn statistics_name(&self, table: &QualifiedName, columns: &[String]) -> QualifiedName {
        let part = names::columns_part(columns);
        for n in 0.. {
            let label = if n == 0 { "stat".to_owned() } else { format!("stat{n}") };
            let name = names::object_name(&table.name, Some(&part), &label);
            if self.catalog.entity(EntityKind::Statistics, Some(&table.schema), &name).is_none() {
                return QualifiedName { schema: table.schema.clone(), name: name.into() };
            }
        }
        table.clone()
    }

    pub(super) fn alter_statistics(&mut self, s: &AlterStatsStmt) -> Result {
        let node = list_node(&s.defnames);
        let Some(found) = self.find_entity(EntityKind::Statistics, &node, s.missing_ok)? else {
            return Ok(());
        };
        let mut statistics = Entity::clone(&found);
        let target = s.stxstattarget.as_deref().map(option::node_text).filter(|text| text != "-1");
        statistics.set("target", target.map(|text| Value::Text(text.into())));
        self.put_entity(statistics);
        Ok(())
    }

    /// Statistics of a column go with it; of a renamed one they know the new name.
    pub(super) fn statistics_of_column(
        &mut self,
        table: &QualifiedName,
        column: &str,
        new: Option<&Name>,
    ) -> Result {
        let of_column: Vec<Arc<Entity>> = (self.catalog.entities())
            .filter(|entity| matches!(entity.kind, EntityKind::Statistics | EntityKind::PublicationTable))
            .filter(|entity| entity.get("table") == Some(&Value::Relation(table.clone())))
            .cloned()
            .collect();
        for entity in of_column {
            let texts = |name: &str| match entity.get(name) {
                Some(Value::Texts(texts)) => texts.clone(),
                Some(Value::Text(text)) => vec![text.clone()],
                _ => Vec::new(),
            };
            let mentions = |text: &Name| super::rewrite::mentions(text, column);
            let is_named = texts("columns").iter().any(|name| **name == *column);
            let is_used = texts("expressions").iter().chain(&texts("condition")).any(mentions);
            if !is_named && !is_used {
                continue;
            }
            let Some(new) = new else {
                if entity.kind == EntityKind::Statistics {
                    self.changed = true;
                    self.catalog.remove_entity(&entity);
                }
                continue;
            };
            let mut copy = Entity::clone(&entity);
            if is_named {
                let renamed = texts("columns")
                    .into_iter()
                    .map(|name| if *name == *column { new.clone() } else { name });
                copy.set("columns", Some(Value::Texts(renamed.collect())));
            }
            let rename = |text: &Name| -> Name { super::rewrite::rename_column(text, column, new).into() };
            for attribute in ["expressions", "condition"] {
                let value = match copy.get(attribute) {
                    Some(Value::Texts(texts)) => Value::Texts(texts.iter().map(rename).collect()),
                    Some(Value::Text(text)) => Value::Text(rename(text)),
                    _ => continue,
                };
                copy.set(attribute, Some(value));
            }
            self.put_entity(copy);
        }
        Ok(())
    }
}

/// A name in a definition, as `pg_get_triggerdef` and its like print it.
pub(super) fn quoted_list(names: &[Name]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quote::identifier(name)).collect();
    quoted.join(", ")
}
