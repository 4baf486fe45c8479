//! Text search objects.

use crate::syntax::ast::{
    AlterTsConfigType, AlterTsConfigurationStmt, AlterTsDictionaryStmt, DefElem, DefElemAction, DefineStmt,
    Node, NodeEnum,
};

use super::super::builtin;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::{Fold, Result, list, option, strings};

impl Fold<'_> {
    /// PostgreSQL's error for what a definition names and is not there.
    fn is_there(&self, kind: EntityKind, element: &DefElem) -> Result {
        let parts = option::name_parts(element);
        let names: Vec<Node> = (parts.iter())
            .map(|part| Node {
                node: Some(NodeEnum::String(crate::syntax::ast::String { sval: (*part).to_owned() })),
            })
            .collect();
        self.find_entity(kind, &list_node(&names), false).map(drop)
    }

    pub(super) fn create_text_search(&mut self, kind: EntityKind, s: &DefineStmt) -> Result {
        let parts = strings(&s.defnames);
        let (schema, name) = super::split_name(&parts);
        let schema = self.target_schema(schema, self.token(schema.unwrap_or(name)))?;
        let mut entity = self.new_entity(kind, Some(schema.clone()), name);
        let mut options = Options::new();
        for element in option::elements(&s.definition) {
            self.is_text_search_option(kind, element)?;
            let parts = option::name_parts(element);
            match (kind, element.defname.as_str()) {
                (EntityKind::TextSearchConfiguration, "parser") => {
                    self.is_there(EntityKind::TextSearchParser, element)?;
                    entity.set("parser", Some(self.entity_value(EntityKind::TextSearchParser, &parts)));
                }
                (EntityKind::TextSearchConfiguration, _) => {
                    self.is_there(kind, element)?;
                    let (schema, name) = super::split_name(&parts);
                    match self.catalog.entity(kind, schema, name) {
                        Some(copied) => entity.attributes = copied.attributes.clone(),
                        None => copy_of_builtin(&mut entity, name),
                    }
                }
                (EntityKind::TextSearchDictionary, "template") => {
                    self.is_there(EntityKind::TextSearchTemplate, element)?;
                    entity.set("template", Some(self.entity_value(EntityKind::TextSearchTemplate, &parts)));
                }
                (EntityKind::TextSearchDictionary, other) => {
                    options.push((other.into(), option::text(element).into()))
                }
                (_, function) => {
                    self.is_text_search_function(kind, element)?;
                    entity.set(function, Some(self.routine_value(&parts)));
                }
            }
        }
        self.is_whole(&entity, &s.definition)?;
        self.are_dictionary_options(&entity, &options)?;
        set_options(&mut entity, &options);
        // A parser and a template are the server's, not a role's.
        if matches!(kind, EntityKind::TextSearchParser | EntityKind::TextSearchTemplate) {
            entity.owner = None;
        }
        self.is_new_text_search(&entity)?;
        self.put_entity(entity);
        Ok(())
    }

    pub(super) fn alter_dictionary(&mut self, s: &AlterTsDictionaryStmt) -> Result {
        let node = list_node(&s.dictname);
        let Some(found) = self.find_entity(EntityKind::TextSearchDictionary, &node, false)? else {
            return Ok(());
        };
        let mut dictionary = Entity::clone(&found);
        let mut options = get_options(&dictionary);
        for element in option::elements(&s.options) {
            let name: Name = element.defname.to_ascii_lowercase().into();
            options.retain(|(other, _)| *other != name);
            if element.arg.is_some() && element.defaction() != DefElemAction::DefelemDrop {
                options.push((name, option::text(element).into()));
            }
        }
        self.are_dictionary_options(&dictionary, &options)?;
        set_options(&mut dictionary, &options);
        self.put_entity(dictionary);
        Ok(())
    }

    pub(super) fn alter_configuration(&mut self, s: &AlterTsConfigurationStmt) -> Result {
        let node = list_node(&s.cfgname);
        let kind = EntityKind::TextSearchConfiguration;
        let Some(found) = self.find_entity(kind, &node, false)? else { return Ok(()) };
        let mut configuration = Entity::clone(&found);
        let tokens = strings(&s.tokentype);
        self.are_tokens(&configuration, &tokens)?;
        let mut dictionaries: Vec<Name> = Vec::new();
        for parts in &s.dicts {
            self.find_entity(EntityKind::TextSearchDictionary, &list_node(list(parts)), false)?;
            let value = self.entity_value(EntityKind::TextSearchDictionary, &strings(list(parts)));
            dictionaries.push(dictionary_text(&value));
        }
        let is_mapping = |name: &Name| -> bool {
            name.strip_prefix(MAPPING).is_some_and(|token| tokens.is_empty() || tokens.contains(&token))
        };
        match s.kind() {
            AlterTsConfigType::AlterTsconfigDropMapping => {
                if !s.missing_ok {
                    self.are_mapped(&configuration, &tokens)?;
                }
                configuration.attributes.retain(|name, _| !is_mapping(name));
            }
            AlterTsConfigType::AlterTsconfigReplaceDict
            | AlterTsConfigType::AlterTsconfigReplaceDictForToken => {
                let [old, new] = dictionaries.as_slice() else { return Ok(()) };
                for (name, value) in &mut configuration.attributes {
                    if let Value::Texts(texts) = value
                        && is_mapping(name)
                    {
                        texts.iter_mut().filter(|text| *text == old).for_each(|text| *text = new.clone());
                    }
                }
            }
            kind @ (AlterTsConfigType::AlterTsconfigAddMapping
            | AlterTsConfigType::AlterTsconfigAlterMappingForToken) => {
                for (n, token) in tokens.iter().enumerate() {
                    // One that is named twice is meant once.
                    if tokens[..n].contains(token) {
                        continue;
                    }
                    let mapping = format!("{MAPPING}{token}");
                    if kind == AlterTsConfigType::AlterTsconfigAddMapping
                        && configuration.get(&mapping).is_some()
                    {
                        let index = "pg_ts_config_map_index";
                        let message = format!("duplicate key value violates unique constraint \"{index}\"");
                        return self.fail("23505", message, self.token(token));
                    }
                    configuration.set(&mapping, Some(Value::Texts(dictionaries.clone())));
                }
            }
            AlterTsConfigType::AlterTsconfigTypeUndefined => {}
        }
        self.put_entity(configuration);
        Ok(())
    }
}

pub(super) const MAPPING: &str = "mapping ";

/// A configuration of PostgreSQL's own.
fn copy_of_builtin(entity: &mut Entity, name: &str) {
    let parser = QualifiedName::new("pg_catalog", "default");
    entity.set("parser", Some(Value::Entity(EntityKind::TextSearchParser, parser)));
    let kind = EntityKind::TextSearchConfiguration.word();
    let found = builtin::facts().objects.named(name).iter().find(|object| object.kind == kind);
    for mapping in found.map_or("", |found| found.of).split(',') {
        let Some((token, dictionaries)) = mapping.split_once('=') else { continue };
        let dictionaries = dictionaries.split(' ').map(Name::from).collect();
        entity.set(&format!("{MAPPING}{token}"), Some(Value::Texts(dictionaries)));
    }
}

/// A dictionary as a configuration lists it: by its name, with its schema unless that is always on the path.
pub(super) fn dictionary_text(value: &Value) -> Name {
    match value {
        Value::Entity(_, name) if &*name.schema == "pg_catalog" => name.name.clone(),
        other => other.to_string().into(),
    }
}

const OPTION: &str = "option ";

/// Keeps options as attributes, each by its name.
pub(super) fn set_options(entity: &mut Entity, options: &Options) {
    entity.attributes.retain(|name, _| !name.starts_with(OPTION));
    for (name, value) in options {
        entity.set(&format!("{OPTION}{name}"), Some(Value::Text(value.clone())));
    }
}

pub(super) fn get_options(entity: &Entity) -> Options {
    let options = entity.attributes.iter().filter_map(|(name, value)| match value {
        Value::Text(text) => Some((name.strip_prefix(OPTION)?.into(), text.clone())),
        _ => None,
    });
    options.collect()
}

pub(super) fn list_node(items: &[Node]) -> Node {
    Node { node: Some(NodeEnum::List(crate::syntax::ast::List { items: items.to_vec() })) }
}
