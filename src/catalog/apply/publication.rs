//! Publications: what they publish, and of which tables and schemas.

use crate::syntax::ast::{
    AlterPublicationAction, AlterPublicationStmt, CreatePublicationStmt, Node, NodeEnum,
    PublicationObjSpecType, PublicationTable, RangeVar,
};

use super::super::deparse;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::operator::name_node;
use super::{Fold, Result, Stop, offset, option, strings};

/// Options of a publication that hold where none is given.
const PUBLISHED: [&str; 4] = ["insert", "update", "delete", "truncate"];

impl Fold<'_> {
    pub(super) fn create_publication(&mut self, s: &CreatePublicationStmt) -> Result {
        self.may_create_in_database()?;
        self.is_taken_in_database(EntityKind::Publication, &s.pubname, false)?;
        let mut publication = self.new_entity(EntityKind::Publication, None, &s.pubname);
        publication.set("all tables", s.for_all_tables.then_some(Value::Flag));
        publication.set("publish", Some(Value::Texts(PUBLISHED.iter().map(|name| (*name).into()).collect())));
        self.publication_options(&mut publication, &s.options)?;
        self.put_entity(publication);
        self.publish(&s.pubname, &s.pubobjects)
    }

    pub(super) fn alter_publication(&mut self, s: &AlterPublicationStmt) -> Result {
        let Some(found) = self.find_entity(EntityKind::Publication, &name_node(&s.pubname), false)? else {
            return Ok(());
        };
        if !s.options.is_empty() {
            let mut publication = Entity::clone(&found);
            self.publication_options(&mut publication, &s.options)?;
            self.put_entity(publication);
            return Ok(());
        }
        if found.get("all tables").is_some() {
            let message = format!("publication \"{}\" is defined as FOR ALL TABLES", s.pubname);
            return self.fail("55000", message, self.token(&s.pubname));
        }
        match s.action() {
            AlterPublicationAction::ApDropObjects => self.unpublish(&s.pubname, &s.pubobjects),
            AlterPublicationAction::ApSetObjects => {
                let parts: Vec<_> = (self.catalog.entities())
                    .filter(|part| part.name == found.name)
                    .filter(|part| {
                        matches!(part.kind, EntityKind::PublicationTable | EntityKind::PublicationSchema)
                    })
                    .cloned()
                    .collect();
                for part in parts {
                    self.changed = true;
                    self.catalog.remove_entity(&part);
                }
                self.publish(&s.pubname, &s.pubobjects)
            }
            _ => self.publish(&s.pubname, &s.pubobjects),
        }
    }

    fn publish(&mut self, publication: &str, objects: &[Node]) -> Result {
        let parts = self.published(publication, objects, true)?;
        self.columns_stand_alone(publication, &parts)?;
        for part in parts {
            if self.is_published(&part) {
                let (what, name) = match part.get("table") {
                    Some(Value::Relation(table)) => ("relation", table.name.clone()),
                    _ => ("schema", part.get("schema").map_or("".into(), |schema| schema.to_string().into())),
                };
                let message = format!("{what} \"{name}\" is already member of publication \"{publication}\"");
                return self.fail("42710", message, self.token(&name));
            }
            self.put_entity(part);
        }
        Ok(())
    }

    /// Whole schemas and lists of columns do not go together in a publication.
    fn columns_stand_alone(&self, publication: &str, parts: &[Entity]) -> Result {
        let known = |kind: EntityKind| {
            let named = self.catalog.entities_named(kind, None, publication);
            named.into_iter().map(|part| &**part).collect::<Vec<_>>()
        };
        let (schemas, tables): (Vec<&Entity>, Vec<&Entity>) =
            parts.iter().partition(|part| part.kind == EntityKind::PublicationSchema);
        let has_columns = |part: &&Entity| part.get("columns").is_some();
        if !schemas.is_empty() && known(EntityKind::PublicationTable).iter().any(has_columns) {
            let message = format!("cannot add schema to publication \"{publication}\"");
            return self.fail("22023", message, self.token(publication));
        }
        let has_schemas = !schemas.is_empty() || !known(EntityKind::PublicationSchema).is_empty();
        if let Some(Value::Relation(table)) =
            tables.into_iter().find(has_columns).filter(|_| has_schemas).and_then(|part| part.get("table"))
        {
            let message =
                format!("cannot use column list for relation \"{table}\" in publication \"{publication}\"");
            return self.fail("22023", message, self.token(&table.name));
        }
        Ok(())
    }

    fn is_published(&self, part: &Entity) -> bool {
        let named = self.catalog.entities_named(part.kind, None, &part.name);
        named.iter().any(|other| other.is_same(part))
    }

    fn unpublish(&mut self, publication: &str, objects: &[Node]) -> Result {
        for (object, _) in listed(objects) {
            let Listed::Table(table) = object else { continue };
            let at = table.relation.as_ref().and_then(|range| offset(range.location));
            if !table.columns.is_empty() {
                let message = "column list must not be specified in ALTER PUBLICATION ... DROP";
                return self.refuse("42601", message.into(), at);
            }
            if table.where_clause.is_some() {
                let message = "cannot use a WHERE clause when removing a table from a publication";
                return self.refuse("42601", message.into(), at);
            }
        }
        for part in self.published(publication, objects, false)? {
            if !self.is_published(&part) {
                let (name, message) = match part.get("table") {
                    Some(Value::Relation(table)) => (
                        table.name.clone(),
                        format!("relation \"{}\" is not part of the publication", table.name),
                    ),
                    _ => {
                        let schema = part.get("schema").map(ToString::to_string).unwrap_or_default();
                        let message =
                            format!("tables from schema \"{schema}\" are not part of the publication");
                        (schema.into(), message)
                    }
                };
                return self.fail("42704", message, self.token(&name));
            }
            self.changed = true;
            self.catalog.remove_entity(&part);
        }
        Ok(())
    }

    /// The tables and schemas that are listed, as parts of the publication; `is_new` if they are to become such.
    fn published(&self, publication: &str, objects: &[Node], is_new: bool) -> Result<Vec<Entity>> {
        if is_new && self.version() >= 15 {
            self.is_listed_once(objects)?;
        }
        let mut parts: Vec<Entity> = Vec::new();
        for (object, place) in listed(objects) {
            match object {
                Listed::Table(table) => self.published_table(publication, table, is_new, &mut parts)?,
                Listed::Schema(name) => {
                    let schema = match name {
                        Some(name) if self.has_schema(name)? => Name::from(name),
                        Some(name) => name.into(),
                        None => match self.catalog.creation_schema() {
                            Some(schema) => schema,
                            None => {
                                let message = "no schema has been selected for CURRENT_SCHEMA";
                                return self.fail("3F000", message.into(), place);
                            }
                        },
                    };
                    let part = Entity::new(EntityKind::PublicationSchema, None, publication)
                        .with("schema", Value::Schema(schema));
                    if !parts.iter().any(|other| other.is_same(&part)) {
                        parts.push(part);
                    }
                }
            }
        }
        Ok(parts)
    }

    /// A table that is listed twice is listed without conditions and columns (OpenTableList).
    fn is_listed_once(&self, objects: &[Node]) -> Result {
        let mut seen: Vec<(QualifiedName, &PublicationTable)> = Vec::new();
        for (object, _) in listed(objects) {
            let Listed::Table(table) = object else { continue };
            let Some(range) = &table.relation else { continue };
            let name = self.find(range)?;
            if let Some((_, known)) = seen.iter().find(|(known, _)| *known == name) {
                let either = |has: fn(&PublicationTable) -> bool| has(known) || has(table);
                let what = if either(|table| table.where_clause.is_some()) {
                    "WHERE clauses"
                } else if either(|table| !table.columns.is_empty()) {
                    "column lists"
                } else {
                    continue;
                };
                let message = format!("conflicting or redundant {what} for table \"{}\"", range.relname);
                return self.fail("42710", message, offset(range.location));
            }
            seen.push((name, table));
        }
        Ok(())
    }

    fn published_table(
        &self,
        publication: &str,
        table: &PublicationTable,
        is_new: bool,
        parts: &mut Vec<Entity>,
    ) -> Result {
        let Some(range) = &table.relation else { return Ok(()) };
        let name = self.find(range)?;
        let Some(relation) = self.catalog.relation(Some(&name.schema), &name.name).cloned() else {
            return Ok(());
        };
        let listed = strings(&table.columns);
        if is_new {
            self.is_publishable(range, &relation)?;
            self.is_whole_or_by_root(publication, table, &relation)?;
            self.check_published_columns(range, &relation, &listed)?;
        }
        let condition = table.where_clause.as_deref().map(|node| {
            let truth = TypeRef::builtin("bool");
            deparse::expression(&self.catalog, &relation.columns, node, Some(&truth)).text
        });
        // The attribute numbers are kept in order, whatever the order in the list.
        let columns: Vec<Name> = (relation.columns.iter())
            .filter(|column| listed.contains(&&*column.name))
            .map(|column| column.name.clone())
            .collect();
        let named = name.clone();
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
            let is_named = name == named;
            let table_name = name.name.clone();
            let mut part = Entity::new(EntityKind::PublicationTable, None, publication)
                .with("table", Value::Relation(name));
            part.set("columns", (!columns.is_empty()).then(|| Value::Texts(columns.clone())));
            part.set("condition", condition.clone().map(|text| Value::Text(text.into())));
            let Some(known) = parts.iter_mut().find(|other| other.is_same(&part)) else {
                parts.push(part);
                continue;
            };
            // A child that is listed itself, too.
            let either = |attribute: &str| known.get(attribute).is_some() || part.get(attribute).is_some();
            if is_named && self.version() >= 15 {
                for (attribute, what) in [("condition", "WHERE clauses"), ("columns", "column lists")] {
                    if either(attribute) {
                        let message = format!("conflicting or redundant {what} for table \"{table_name}\"");
                        return self.fail("42710", message, offset(range.location));
                    }
                }
            }
        }
        Ok(())
    }

    /// `check_publication_add_relation`
    fn is_publishable(&self, range: &RangeVar, relation: &Relation) -> Result {
        let name = &relation.name;
        let is_table = matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable);
        let is_kept = relation.persistence == Persistence::Permanent && *relation.schema != *TEMPORARY;
        let message = match self.version() {
            15.. if !is_table || !is_kept => format!("cannot add relation \"{name}\" to publication"),
            _ if !is_table => format!("\"{name}\" is not a table"),
            _ if !is_kept => format!("table \"{name}\" cannot be replicated"),
            _ => return Ok(()),
        };
        self.fail("22023", message, offset(range.location))
    }

    /// Rows and columns of a partitioned table can be chosen only where they are told as that table's.
    fn is_whole_or_by_root(
        &self,
        publication: &str,
        table: &PublicationTable,
        relation: &Relation,
    ) -> Result {
        let found = self.catalog.entity(EntityKind::Publication, None, publication);
        let by_root = found.is_some_and(|found| found.get("via partition root").is_some());
        if relation.kind != RelationKind::PartitionedTable || by_root {
            return Ok(());
        }
        let at = self.token(&relation.name);
        if table.where_clause.is_some() {
            let message = format!("cannot use publication WHERE clause for relation \"{}\"", relation.name);
            return self.fail("22023", message, at);
        }
        if !table.columns.is_empty() {
            let name = relation.qualified_name();
            let message =
                format!("cannot use column list for relation \"{name}\" in publication \"{publication}\"");
            return self.fail("22023", message, at);
        }
        Ok(())
    }

    /// `pub_collist_validate`
    fn check_published_columns(&self, range: &RangeVar, relation: &Relation, listed: &[&str]) -> Result {
        let start = offset(range.location).unwrap_or(0);
        for (n, name) in listed.iter().enumerate() {
            let at = self.token_behind(start + 1, name);
            if deparse::is_system_column(name) {
                let message = format!("cannot use system column \"{name}\" in publication column list");
                return self.fail("42P10", message, at);
            }
            let Some(column) = relation.column(name) else {
                if relation.unknown_columns {
                    return Err(Stop::Unsure);
                }
                let message = format!("column \"{name}\" of relation \"{}\" does not exist", relation.name);
                return self.fail("42703", message, at);
            };
            let refused = match (&column.generated, self.version()) {
                (Some(_), ..18) => Some("generated"),
                (Some(Generated::Virtual), _) => Some("virtual generated"),
                _ => None,
            };
            if let Some(refused) = refused {
                let message = format!("cannot use {refused} column \"{name}\" in publication column list");
                return self.fail("42P10", message, at);
            }
            if listed[..n].contains(name) {
                let message = format!("duplicate column \"{name}\" in publication column list");
                return self.fail("42710", message, at);
            }
        }
        Ok(())
    }

    /// The tables of publications that name a column go with it, where they may.
    pub(super) fn drop_published_column(
        &mut self,
        table: &QualifiedName,
        name: &str,
        cascade: bool,
    ) -> Result {
        let names_it = |part: &Entity| {
            part.kind == EntityKind::PublicationTable
                && part.get("table") == Some(&Value::Relation(table.clone()))
                && (matches!(part.get("columns"), Some(Value::Texts(columns)) if columns.iter().any(|c| **c == *name))
                    || part.text("condition").is_some_and(|text| super::rewrite::mentions(text, name)))
        };
        let parts: Vec<_> =
            (self.catalog.entities.values().flatten()).filter(|part| names_it(part)).cloned().collect();
        if !cascade && !parts.is_empty() {
            let text = deparse::relation_text(&table.schema, &table.name);
            let message =
                format!("cannot drop column {name} of table {text} because other objects depend on it");
            return self.fail("2BP01", message, self.token(name));
        }
        for part in parts {
            self.catalog.remove_entity(&part);
        }
        Ok(())
    }

    /// `parse_publication_options`
    fn publication_options(&self, publication: &mut Entity, options: &[Node]) -> Result {
        let mut given = Vec::new();
        for element in option::elements(options) {
            let name = element.defname.as_str();
            let is_known = match name {
                "publish" | "publish_via_partition_root" => true,
                "publish_generated_columns" => self.version() >= 18,
                _ => false,
            };
            let at = offset(element.location);
            if !is_known {
                return self.refuse("42601", format!("unrecognized publication parameter: \"{name}\""), at);
            }
            self.is_given_once(&mut given, element)?;
            match name {
                "publish" => self.published_actions(publication, element)?,
                "publish_via_partition_root" => {
                    publication.set("via partition root", self.truth_of(element)?.then_some(Value::Flag));
                }
                _ => {
                    let text = element.arg.as_deref().map_or_else(String::new, option::node_text);
                    let kind = match text.to_ascii_lowercase().as_str() {
                        "none" => None,
                        "stored" => Some("stored"),
                        _ => {
                            let message = format!(
                                "invalid value for publication parameter \"publish_generated_columns\": \"{text}\""
                            );
                            return self.refuse("42601", message, at);
                        }
                    };
                    publication.set("generated columns", kind.map(|kind| Value::Text(kind.into())));
                }
            }
        }
        Ok(())
    }

    fn published_actions(&self, publication: &mut Entity, element: &crate::syntax::ast::DefElem) -> Result {
        let at = offset(element.location);
        let Some(given) = option::identifiers(&option::text(element), ',') else {
            let message = match self.version() {
                ..15 => "invalid list syntax for \"publish\" option",
                15.. => "invalid list syntax in parameter \"publish\"",
            };
            return self.refuse("42601", message.into(), at);
        };
        if let Some(other) = given.iter().find(|name| !PUBLISHED.contains(&name.as_str())) {
            let message = match self.version() {
                ..15 => format!("unrecognized \"publish\" value: \"{other}\""),
                15.. => format!("unrecognized value for publication option \"publish\": \"{other}\""),
            };
            return self.refuse("42601", message, at);
        }
        let published = PUBLISHED.iter().filter(|name| given.iter().any(|given| given == *name));
        publication.set("publish", Some(Value::Texts(published.map(|name| (*name).into()).collect())));
        Ok(())
    }
}

/// What a publication's definition lists.
enum Listed<'n> {
    Table(&'n PublicationTable),
    /// A schema, or the current one.
    Schema(Option<&'n str>),
}

/// The listed objects with their places. A name behind a comma goes on with what was listed before.
fn listed(objects: &[Node]) -> Vec<(Listed<'_>, Option<usize>)> {
    let mut all = Vec::new();
    let mut of_schemas = false;
    for node in objects {
        let Some(NodeEnum::PublicationObjSpec(object)) = &node.node else { continue };
        of_schemas = match object.pubobjtype() {
            PublicationObjSpecType::PublicationobjTable => false,
            PublicationObjSpecType::PublicationobjContinuation => of_schemas,
            _ => true,
        };
        let listed = match &object.pubtable {
            Some(table) if !of_schemas => Listed::Table(table),
            _ if object.pubobjtype() == PublicationObjSpecType::PublicationobjTablesInCurSchema => {
                Listed::Schema(None)
            }
            Some(table) => {
                let range = table.relation.as_ref();
                Listed::Schema(Some(range.map_or("", |range| range.relname.as_str())))
            }
            None => Listed::Schema(Some(&object.name)),
        };
        all.push((listed, offset(object.location)));
    }
    all
}
