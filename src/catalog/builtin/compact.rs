//! Objects of extensions as short JSON, and back.
//!
//! It is the JSON of the objects themselves, but that types and qualified names are texts, that names of properties are
//! short, and that what most functions are goes without saying.

use serde_json::{Map, Value as Json, json};

use crate::catalog::apply::print_routine;
use crate::catalog::extension::Member;
use crate::catalog::model::{Catalog, Entity, Name, Relation, Routine, Type};
use crate::catalog::quote;

/// Names of properties that occur often.
const SHORT: [(&str, &str); 26] = [
    ("n", "name"),
    ("s", "schema"),
    ("k", "kind"),
    ("a", "arguments"),
    ("r", "result"),
    ("S", "returns_set"),
    ("l", "language"),
    ("v", "volatility"),
    ("t", "strict"),
    ("p", "parallel"),
    ("o", "options"),
    ("c", "comment"),
    ("A", "attributes"),
    ("m", "mode"),
    ("y", "ty"),
    ("d", "default"),
    ("C", "columns"),
    ("e", "type"),
    ("x", "text"),
    ("u", "routine"),
    ("L", "left"),
    ("R", "right"),
    ("f", "function"),
    ("j", "join"),
    ("i", "restrict"),
    ("E", "entity"),
];

/// What a function of an extension is where nothing else is said.
fn usual() -> [(&'static str, Json); 5] {
    [
        ("kind", json!("function")),
        ("language", json!("c")),
        ("volatility", json!("immutable")),
        ("strict", json!(true)),
        ("parallel", json!("safe")),
    ]
}

const ROUTINE: &str = "f";

/// The kind of an object, and the object, for a line of the facts. Schemas are as the object names them.
pub fn write(member: &Member) -> Option<(&'static str, String)> {
    let (kind, json) = match member {
        Member::Schema(name, _) => ("s", Ok(json!({ "name": name }))),
        Member::Relation(relation) => {
            let mut relation = Relation::clone(relation);
            relation.extension = None;
            // A view's text is the extension's own affair.
            relation.query = Default::default();
            ("r", serde_json::to_value(relation))
        }
        Member::Type(ty) => ("t", serde_json::to_value(Type { extension: None, ..Type::clone(ty) })),
        Member::Routine(routine) => {
            (ROUTINE, serde_json::to_value(Routine { extension: None, ..Routine::clone(routine) }))
        }
        Member::Entity(entity) => {
            ("e", serde_json::to_value(Entity { extension: None, ..Entity::clone(entity) }))
        }
    };
    let mut json = json.ok()?;
    if kind == ROUTINE
        && let Json::Object(routine) = &mut json
    {
        routine.remove("arguments_text");
        routine.remove("result_text");
        for (name, value) in usual() {
            match routine.get(name) {
                Some(own) if *own == value => drop(routine.remove(name)),
                Some(_) => {}
                None => drop(routine.insert(name.into(), Json::Null)),
            }
        }
    }
    Some((kind, shorten(json).to_string()))
}

fn shorten(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(shorten).collect(),
        Json::Object(object) => {
            if let Some(text) = type_text(&object).or_else(|| name_text(&object)) {
                return Json::String(text);
            }
            let short = |name: String| match SHORT.iter().find(|(_, long)| *long == name) {
                Some((short, _)) => (*short).to_owned(),
                None => name,
            };
            let object: Map<String, Json> =
                object.into_iter().map(|(name, value)| (short(name), shorten(value))).collect();
            match (object.len(), object.get("m").and_then(Json::as_str), object.get("y")) {
                // An argument without a name.
                (2, Some("in"), Some(ty)) => ty.clone(),
                _ => Json::Object(object),
            }
        }
        other => other,
    }
}

/// `¤int4`, `¤§;.cube[]`, `¤varchar(14)`: no operator's name begins so.
fn type_text(object: &Map<String, Json>) -> Option<String> {
    let ty = object.get("Named").filter(|_| object.len() == 1)?.as_object()?;
    let (schema, name) = (ty.get("schema")?.as_str()?, ty.get("name")?.as_str()?);
    if schema.contains('.') || name.contains(['.', '(', '[']) {
        return None;
    }
    let schema = if schema == "pg_catalog" { String::new() } else { format!("{schema}.") };
    let modifier = match ty.get("typmod")?.as_i64()? {
        -1 => String::new(),
        modifier => format!("({modifier})"),
    };
    let array = if ty.get("array")?.as_bool()? { "[]" } else { "" };
    Some(format!("¤{schema}{name}{modifier}{array}"))
}

fn type_of(text: &str) -> Json {
    let (text, array) = match text.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (text, false),
    };
    let (text, typmod) = match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        Some((text, modifier)) => (text, modifier.parse().unwrap_or(-1)),
        None => (text, -1),
    };
    let (schema, name) = text.split_once('.').unwrap_or(("pg_catalog", text));
    json!({ "Named": { "schema": schema, "name": name, "typmod": typmod, "array": array } })
}

/// `¶§;.cube_in`
fn name_text(object: &Map<String, Json>) -> Option<String> {
    let (schema, name) = (object.get("schema")?.as_str()?, object.get("name")?.as_str()?);
    (object.len() == 2 && !schema.contains('.')).then(|| format!("¶{schema}.{name}"))
}

/// Reads the objects of an extension.
pub struct Reader {
    extension: Name,
    /// What stands for a schema, and the schema.
    schemas: Vec<(String, Name)>,
    /// As the routines' arguments are printed.
    catalog: Catalog,
}

impl Reader {
    /// For an extension that is in the first of these schemas, each with the extension that is there.
    pub fn new(extension: &str, major: Option<u32>, schemas: &[(Name, Name)]) -> Reader {
        let mark = |name: &str| if name == extension { "§;".to_owned() } else { format!("§{name};") };
        let schemas = schemas.iter().map(|(name, schema)| (mark(name), schema.clone())).collect();
        let mut catalog = Catalog::empty();
        catalog.server_version = major.map(|major| major * 10_000);
        Reader { extension: extension.into(), schemas, catalog }
    }

    pub fn member(&self, kind: &str, text: &str) -> Option<Member> {
        let mut json = self.lengthen(serde_json::from_str(text).ok()?);
        let extension = Some(self.extension.clone());
        let read = match kind {
            "s" => Ok(Member::Schema(json["name"].as_str()?.into(), self.extension.clone())),
            "r" => serde_json::from_value(json)
                .map(|relation: Relation| Member::Relation(Relation { extension, ..relation }.into())),
            "t" => serde_json::from_value(json).map(|ty: Type| Member::Type(Type { extension, ..ty }.into())),
            ROUTINE => {
                let object = json.as_object_mut()?;
                for (name, value) in usual() {
                    match object.get(name) {
                        None => drop(object.insert(name.into(), value)),
                        Some(Json::Null) => drop(object.remove(name)),
                        Some(_) => {}
                    }
                }
                object.insert("arguments_text".into(), "".into());
                serde_json::from_value(json).map(|routine: Routine| {
                    let mut routine = Routine { extension, ..routine };
                    print_routine(&mut routine, &self.catalog);
                    Member::Routine(routine.into())
                })
            }
            _ => serde_json::from_value(json)
                .map(|entity: Entity| Member::Entity(Entity { extension, ..entity }.into())),
        };
        read.ok()
    }

    fn lengthen(&self, json: Json) -> Json {
        match json {
            Json::String(text) => match text.chars().next() {
                Some('¤') => self.lengthen(type_of(&text['¤'.len_utf8()..])),
                Some('¶') => {
                    let (schema, name) = text['¶'.len_utf8()..].split_once('.').unwrap_or_default();
                    self.lengthen(json!({ "schema": schema, "name": name }))
                }
                _ => Json::String(self.in_schemas(text)),
            },
            Json::Array(items) => items.into_iter().map(|item| self.lengthen(item)).collect(),
            Json::Object(object) => {
                let long = |name: String| match SHORT.iter().find(|(short, _)| *short == name) {
                    Some((_, long)) => (*long).to_owned(),
                    None => self.in_schemas(name),
                };
                let lengthened = object.into_iter().map(|(name, value)| {
                    let value = match (&*name, value) {
                        ("a", Json::Array(arguments)) => arguments
                            .into_iter()
                            .map(|argument| match argument {
                                Json::String(ty) => json!({ "m": "in", "y": ty }),
                                other => other,
                            })
                            .collect(),
                        (_, value) => value,
                    };
                    (long(name), self.lengthen(value))
                });
                Json::Object(lengthened.collect())
            }
            other => other,
        }
    }

    /// A name as it is, or SQL with names in it.
    fn in_schemas(&self, text: String) -> String {
        if !text.contains('§') {
            return text;
        }
        if let Some((_, schema)) = self.schemas.iter().find(|(mark, _)| *mark == text) {
            return schema.to_string();
        }
        self.schemas.iter().fold(text, |text, (mark, schema)| {
            let before = if &**schema == "public" { String::new() } else { quote::identifier(schema) + "." };
            text.replace(&format!("{mark}."), &before).replace(mark, &quote::identifier(schema))
        })
    }
}
