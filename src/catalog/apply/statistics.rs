//! Statistics objects (CreateStatistics).

use std::sync::Arc;

use crate::syntax::ast::{AlterStatsStmt, CreateStatsStmt, Node, NodeEnum, RangeVar};

use super::super::deparse;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::typing::{Answer, Types};
use super::text_search::list_node;
use super::{Fold, Result, Stop, names, offset, option, strings};

impl Fold<'_> {
    pub(super) fn create_statistics(&mut self, s: &CreateStatsStmt) -> Result {
        let range = match s.relations.as_slice() {
            [Node { node: Some(NodeEnum::RangeVar(range)) }] => range,
            [_] if self.version() >= 14 => {
                let message = "CREATE STATISTICS only supports relation names in the FROM clause";
                return self.fail("0A000", message.into(), self.token("from"));
            }
            _ => {
                let message = "only a single relation is allowed in CREATE STATISTICS";
                return self.fail("0A000", message.into(), self.token("from"));
            }
        };
        self.can_have_statistics(range)?;
        let table = self.find(range)?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let elements = s.exprs.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::StatsElem(element)) => Some(element),
            _ => None,
        });
        // A column in parentheses is one too.
        let parts: Vec<(Option<&str>, Option<&Node>)> = elements
            .map(|element| match element.expr.as_deref() {
                None => (Some(element.name.as_str()), None),
                Some(node) => match &node.node {
                    Some(NodeEnum::ColumnRef(column)) if self.version() >= 15 => {
                        (strings(&column.fields).last().copied(), Some(node))
                    }
                    _ => (None, Some(node)),
                },
            })
            .collect();
        let name = if s.defnames.is_empty() {
            let named: Vec<String> =
                parts.iter().map(|(name, _)| name.unwrap_or("expr").to_owned()).collect();
            self.statistics_name(&table, &named)
        } else {
            match self.new_entity_name(EntityKind::Statistics, &strings(&s.defnames), s.if_not_exists)? {
                Some(name) => name,
                None => return Ok(()),
            }
        };
        if parts.len() > 8 {
            return self.fail("54011", "cannot have more than 8 columns in statistics".into(), None);
        }
        let mut columns: Vec<Name> = Vec::new();
        let mut expressions = Vec::new();
        for part in parts {
            match part {
                (Some(name), _) => columns.push(self.column_of_statistics(&relation, name)?),
                (None, Some(node)) => {
                    let printed = deparse::expression(&self.catalog, &relation.columns, node, None);
                    self.expression_of_statistics(&relation, &printed.columns)?;
                    expressions.push(Name::from(printed.text));
                }
                (None, None) => {}
            }
        }
        self.statistics_differ(s, &columns, &expressions)?;
        let mut statistics = self
            .new_entity(EntityKind::Statistics, Some(name.schema), &name.name)
            .with("table", Value::Relation(table));
        // By attribute number, whatever the order in the list.
        let ordered = relation.columns.iter().map(|column| column.name.clone());
        let columns: Vec<Name> = ordered.filter(|name| columns.contains(name)).collect();
        let is_of_one_expression = columns.is_empty() && expressions.len() == 1;
        statistics.set("columns", (!columns.is_empty()).then_some(Value::Texts(columns)));
        statistics.set("expressions", (!expressions.is_empty()).then_some(Value::Texts(expressions)));
        let mut kinds: Vec<Name> = match strings(&s.stat_types) {
            _ if is_of_one_expression => Vec::new(),
            given if given.is_empty() => vec!["dependencies".into(), "mcv".into(), "ndistinct".into()],
            given => given.into_iter().map(Name::from).collect(),
        };
        kinds.sort();
        statistics.set("kinds", (!kinds.is_empty()).then_some(Value::Texts(kinds)));
        self.put_entity(statistics);
        Ok(())
    }

    /// PostgreSQL's error for what no statistics are kept of.
    fn can_have_statistics(&self, range: &RangeVar) -> Result {
        let has_none = |kind: RelationKind| {
            matches!(kind, RelationKind::View | RelationKind::Sequence | RelationKind::CompositeType)
        };
        let is_other = match self.catalog.relation(super::schema_of(range), &range.relname) {
            Some(relation) => has_none(relation.kind),
            None => self.catalog.index(super::schema_of(range), &range.relname).is_some(),
        };
        if !is_other {
            return Ok(());
        }
        let message = match self.version() {
            ..15 => {
                format!("relation \"{}\" is not a table, foreign table, or materialized view", range.relname)
            }
            15.. => format!("cannot define statistics for relation \"{}\"", range.relname),
        };
        self.fail("42809", message, offset(range.location))
    }

    fn column_of_statistics(&self, relation: &Relation, name: &str) -> Result<Name> {
        let at = self.token(name);
        match relation.column(name) {
            Some(column) if column.is_virtual() => {
                let message = "statistics creation on virtual generated columns is not supported";
                self.fail("0A000", message.into(), at)
            }
            Some(column) => {
                let types = Types::new(&self.catalog);
                if types.has_default_class(&column.ty, "btree") != Answer::No {
                    return Ok(column.name.clone());
                }
                let message = format!(
                    "column \"{name}\" cannot be used in statistics because its type {} has no default btree \
                     operator class",
                    column.ty.without_modifier()
                );
                self.fail("0A000", message, at)
            }
            None if deparse::is_system_column(name) => {
                self.fail("0A000", "statistics creation on system columns is not supported".into(), at)
            }
            None if relation.unknown_columns => Err(Stop::Unsure),
            None => self.fail("42703", format!("column \"{name}\" does not exist"), at),
        }
    }

    /// The same of the columns in an expression.
    fn expression_of_statistics(&self, relation: &Relation, columns: &[Name]) -> Result {
        let is_kept = |name: &Name| relation.column(name).is_some_and(|column| !column.is_virtual());
        for name in columns.iter().filter(|name| !is_kept(name)) {
            self.column_of_statistics(relation, name)?;
        }
        Ok(())
    }

    /// What statistics are of must be several things, of the kinds that there are.
    fn statistics_differ(&self, s: &CreateStatsStmt, columns: &[Name], expressions: &[Name]) -> Result {
        let kinds = strings(&s.stat_types);
        let is_known = |kind: &&str| matches!(*kind, "ndistinct" | "dependencies" | "mcv");
        if let Some(kind) = kinds.iter().find(|kind| !is_known(kind)) {
            let message = format!("unrecognized statistics kind \"{kind}\"");
            return self.refuse("42601", message, self.token(kind));
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
