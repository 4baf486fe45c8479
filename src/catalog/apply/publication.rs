//! Publications and subscriptions.

use crate::syntax::ast::{
    AlterPublicationAction, AlterPublicationStmt, AlterSubscriptionStmt, AlterSubscriptionType,
    CreatePublicationStmt, CreateSubscriptionStmt, Node, NodeEnum, PublicationObjSpecType, PublicationTable,
};

use super::super::deparse;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::operator::name_node;
use super::{Fold, Result, option, strings};

/// Options of a publication that hold where none is given.
const PUBLISHED: [&str; 4] = ["insert", "update", "delete", "truncate"];

impl Fold<'_> {
    pub(super) fn create_publication(&mut self, s: &CreatePublicationStmt) -> Result {
        self.is_taken_in_database(EntityKind::Publication, &s.pubname, false)?;
        let mut publication = self.new_entity(EntityKind::Publication, None, &s.pubname);
        publication.set("all tables", s.for_all_tables.then_some(Value::Flag));
        publication.set("publish", Some(Value::Texts(PUBLISHED.iter().map(|name| (*name).into()).collect())));
        publication_options(&mut publication, &s.options);
        self.put_entity(publication);
        self.publish(&s.pubname, &s.pubobjects)
    }

    pub(super) fn alter_publication(&mut self, s: &AlterPublicationStmt) -> Result {
        let Some(found) = self.find_entity(EntityKind::Publication, &name_node(&s.pubname), false)? else {
            return Ok(());
        };
        if !s.options.is_empty() {
            let mut publication = Entity::clone(&found);
            publication_options(&mut publication, &s.options);
            self.put_entity(publication);
            return Ok(());
        }
        match s.action() {
            AlterPublicationAction::ApDropObjects => {
                for part in self.published(&s.pubname, &s.pubobjects)? {
                    self.changed = true;
                    self.catalog.remove_entity(&part);
                }
                Ok(())
            }
            AlterPublicationAction::ApSetObjects => {
                let parts: Vec<_> = (self.catalog.entities())
                    .filter(|part| part.name == found.name)
                    .filter(|part| {
                        matches!(part.kind, EntityKind::PublicationTable | EntityKind::PublicationSchema)
                    })
                    .cloned()
                    .collect();
                for part in parts {
                    self.catalog.remove_entity(&part);
                }
                self.publish(&s.pubname, &s.pubobjects)
            }
            _ => self.publish(&s.pubname, &s.pubobjects),
        }
    }

    fn publish(&mut self, publication: &str, objects: &[Node]) -> Result {
        for part in self.published(publication, objects)? {
            self.put_entity(part);
        }
        Ok(())
    }

    /// The tables and schemas that are listed, as parts of the publication.
    fn published(&self, publication: &str, objects: &[Node]) -> Result<Vec<Entity>> {
        let mut parts = Vec::new();
        let mut of_schemas = false;
        for node in objects {
            let Some(NodeEnum::PublicationObjSpec(object)) = &node.node else { continue };
            // A name behind a comma goes on with what was listed before.
            of_schemas = match object.pubobjtype() {
                PublicationObjSpecType::PublicationobjTable => false,
                PublicationObjSpecType::PublicationobjContinuation => of_schemas,
                _ => true,
            };
            match &object.pubtable {
                Some(table) if !of_schemas => parts.extend(self.published_table(publication, table)?),
                _ => {
                    let schema = match (object.pubobjtype(), &object.pubtable) {
                        (PublicationObjSpecType::PublicationobjTablesInCurSchema, _) => {
                            self.catalog.creation_schema().unwrap_or_default()
                        }
                        (_, Some(table)) => {
                            table.relation.as_ref().map_or("", |range| range.relname.as_str()).into()
                        }
                        _ => object.name.as_str().into(),
                    };
                    parts.push(
                        Entity::new(EntityKind::PublicationSchema, None, publication)
                            .with("schema", Value::Schema(schema)),
                    );
                }
            }
        }
        Ok(parts)
    }

    fn published_table(&self, publication: &str, table: &PublicationTable) -> Result<Vec<Entity>> {
        let Some(range) = &table.relation else { return Ok(Vec::new()) };
        let name = self.find(range)?;
        let Some(relation) = self.catalog.relation(Some(&name.schema), &name.name).cloned() else {
            return Ok(Vec::new());
        };
        let condition = table.where_clause.as_deref().map(|node| {
            let truth = TypeRef::builtin("bool");
            deparse::expression(&self.catalog, &relation.columns, node, Some(&truth)).text
        });
        // The attribute numbers are kept in order, whatever the order in the list.
        let listed = strings(&table.columns);
        let columns: Vec<Name> = (relation.columns.iter())
            .filter(|column| listed.contains(&&*column.name))
            .map(|column| column.name.clone())
            .collect();
        let mut parts = Vec::new();
        let mut todo = vec![name];
        while let Some(name) = todo.pop() {
            let is_partitioned = self
                .catalog
                .relation(Some(&name.schema), &name.name)
                .is_some_and(|relation| relation.kind == RelationKind::PartitionedTable);
            // Children by INHERITS are listed too, partitions are not.
            if range.inh && !is_partitioned {
                todo.extend(self.children(&name));
            }
            let mut part = Entity::new(EntityKind::PublicationTable, None, publication)
                .with("table", Value::Relation(name));
            part.set("columns", (!columns.is_empty()).then(|| Value::Texts(columns.clone())));
            part.set("condition", condition.clone().map(|text| Value::Text(text.into())));
            parts.push(part);
        }
        Ok(parts)
    }

    pub(super) fn create_subscription(&mut self, s: &CreateSubscriptionStmt) -> Result {
        self.is_taken_in_database(EntityKind::Subscription, &s.subname, false)?;
        let publications = s.publication.iter().map(|node| super::string(node).into()).collect();
        let mut subscription = self
            .new_entity(EntityKind::Subscription, None, &s.subname)
            .with("publications", Value::Texts(publications));
        // The connection may hold a password and is not kept.
        let connects = option::option(&s.options, "connect").is_none_or(option::truth);
        let enabled = option::option(&s.options, "enabled").map_or(connects, option::truth);
        subscription.set("enabled", enabled.then_some(Value::Flag));
        self.put_entity(subscription);
        Ok(())
    }

    pub(super) fn alter_subscription(&mut self, s: &AlterSubscriptionStmt) -> Result {
        let Some(found) = self.find_entity(EntityKind::Subscription, &name_node(&s.subname), false)? else {
            return Ok(());
        };
        let mut subscription = Entity::clone(&found);
        let named: Vec<Name> = s.publication.iter().map(|node| super::string(node).into()).collect();
        let mut publications = match subscription.get("publications") {
            Some(Value::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        };
        match s.kind() {
            AlterSubscriptionType::AlterSubscriptionSetPublication => publications = named,
            AlterSubscriptionType::AlterSubscriptionAddPublication => publications.extend(named),
            AlterSubscriptionType::AlterSubscriptionDropPublication => {
                publications.retain(|name| !named.contains(name));
            }
            AlterSubscriptionType::AlterSubscriptionEnabled => {
                let enabled = option::option(&s.options, "enabled").is_none_or(option::truth);
                subscription.set("enabled", enabled.then_some(Value::Flag));
            }
            _ => {}
        }
        subscription.set("publications", Some(Value::Texts(publications)));
        self.put_entity(subscription);
        Ok(())
    }
}

fn publication_options(publication: &mut Entity, options: &[Node]) {
    for element in option::elements(options) {
        match element.defname.as_str() {
            "publish" => {
                let text = option::text(element);
                let given: Vec<&str> = text.split(',').map(str::trim).collect();
                let published = PUBLISHED.iter().filter(|name| given.contains(name));
                publication
                    .set("publish", Some(Value::Texts(published.map(|name| (*name).into()).collect())));
            }
            "publish_via_partition_root" => {
                publication.set("via partition root", option::truth(element).then_some(Value::Flag));
            }
            "publish_generated_columns" => {
                let text = option::text(element);
                publication.set("generated columns", (text != "none").then(|| Value::Text(text.into())));
            }
            _ => {}
        }
    }
}
