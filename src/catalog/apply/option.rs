//! Options of a definition: `(name = value, …)`, `WITH (…)`, `OPTIONS (…)`.

use crate::syntax::ast::{AConst, DefElem, DefElemAction, Node, NodeEnum, a_const::Val};
use crate::syntax::literal::unsigned;

use super::super::model::{Name, Options};
use super::{Fold, Result, offset, string, strings};

impl Fold<'_> {
    /// The options in parentheses behind a command: those that are true or false, and others.
    pub(super) fn has_options(
        &self,
        command: &str,
        options: &[Node],
        truths: &[&str],
        others: &[&str],
    ) -> Result {
        for element in elements(options) {
            let name = element.defname.as_str();
            let at = offset(element.location);
            if truths.contains(&name) {
                self.truth_of(element)?;
            } else if !others.contains(&name) {
                return self.fail("42601", format!("unrecognized {command} option \"{name}\""), at);
            }
        }
        Ok(())
    }

    /// A value as a truth, or PostgreSQL's error for one that is none (`defGetBoolean`).
    pub(super) fn truth_of(&self, element: &DefElem) -> Result<bool> {
        match boolean(element) {
            Some(truth) => Ok(truth),
            None => {
                let message = format!("{} requires a Boolean value", element.defname);
                self.refuse("42601", message, offset(element.location))
            }
        }
    }

    /// A value as text, or PostgreSQL's error for an option without one (`defGetString`).
    pub(super) fn text_of(&self, element: &DefElem) -> Result<String> {
        if element.arg.is_none() {
            let message = format!("{} requires a parameter", element.defname);
            return self.refuse("42601", message, offset(element.location));
        }
        Ok(text(element))
    }

    /// PostgreSQL's error for a value that is no name (`defGetQualifiedName`).
    pub(super) fn is_qualified_name(&self, element: &DefElem) -> Result {
        self.is_value(element, "must be a name", |node| {
            matches!(node, NodeEnum::TypeName(_) | NodeEnum::List(_) | NodeEnum::String(_))
        })
    }

    /// PostgreSQL's error for a value that is no type (`defGetTypeName`).
    pub(super) fn is_type_name(&self, element: &DefElem) -> Result {
        self.is_value(element, "must be a type name", |node| {
            matches!(node, NodeEnum::TypeName(_) | NodeEnum::String(_))
        })
    }

    fn is_value(&self, element: &DefElem, what: &str, is_it: impl Fn(&NodeEnum) -> bool) -> Result {
        let name = &element.defname;
        let at = offset(element.location);
        match element.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
            None => self.refuse("42601", format!("{name} requires a parameter"), at),
            Some(node) if is_it(node) => Ok(()),
            Some(_) => self.refuse("42601", format!("argument of {name} {what}"), at),
        }
    }

    /// The same of all of a list.
    pub(super) fn are_given_once(&self, options: &[Node]) -> Result {
        let mut given = Vec::new();
        elements(options).try_for_each(|element| self.is_given_once(&mut given, element))
    }

    /// PostgreSQL's error for an option that was given before (`errorConflictingDefElem`).
    pub(super) fn is_given_once<'n>(&self, given: &mut Vec<&'n str>, element: &'n DefElem) -> Result {
        if given.contains(&element.defname.as_str()) {
            let message = "conflicting or redundant options";
            return self.refuse("42601", message.into(), offset(element.location));
        }
        given.push(&element.defname);
        Ok(())
    }
}

pub fn elements(nodes: &[Node]) -> impl Iterator<Item = &DefElem> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::DefElem(element)) => Some(element.as_ref()),
        _ => None,
    })
}

/// The option of a name; of several the last.
pub fn option<'n>(nodes: &'n [Node], name: &str) -> Option<&'n DefElem> {
    elements(nodes).filter(|element| element.defname.eq_ignore_ascii_case(name)).last()
}

/// A value as text (`defGetString`); an option without one is `true`.
pub fn text(element: &DefElem) -> String {
    element.arg.as_deref().map_or_else(|| "true".to_owned(), node_text)
}

pub(super) fn node_text(node: &Node) -> String {
    match &node.node {
        Some(NodeEnum::String(value)) => value.sval.clone(),
        Some(NodeEnum::Integer(value)) => value.ival.to_string(),
        Some(NodeEnum::Float(value)) => value.fval.clone(),
        Some(NodeEnum::Boolean(value)) => value.boolval.to_string(),
        Some(NodeEnum::TypeName(name)) => strings(&name.names).join("."),
        Some(NodeEnum::List(list)) => strings(&list.items).join("."),
        Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().map_or_else(String::new, node_text),
        Some(NodeEnum::AStar(_)) => "*".to_owned(),
        Some(NodeEnum::AConst(AConst { val: Some(value), .. })) => match value {
            Val::Ival(value) => value.ival.to_string(),
            Val::Fval(value) => value.fval.clone(),
            Val::Boolval(value) => value.boolval.to_string(),
            Val::Sval(value) => value.sval.clone(),
            Val::Bsval(value) => value.bsval.clone(),
        },
        _ => String::new(),
    }
}

/// A value as a whole number.
pub(super) fn number(element: &DefElem) -> Option<i64> {
    let text = text(element);
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    let value = unsigned(digits)??;
    i64::try_from(if is_negative { -value } else { value }).ok()
}

/// A value as a truth, where it is one (`defGetBoolean`).
pub fn boolean(element: &DefElem) -> Option<bool> {
    truth_of_text(&text(element))
}

pub(super) fn truth_of_text(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "on" | "1" => Some(true),
        "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A list of identifiers in a text (`SplitIdentifierString`); `None` where it is none.
pub fn identifiers(text: &str, separator: char) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = text.trim();
    if rest.is_empty() {
        return Some(names);
    }
    loop {
        let name = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut name = String::new();
                let mut characters = quoted.char_indices();
                loop {
                    match characters.next()? {
                        (at, '"') if quoted[at + 1..].starts_with('"') => {
                            name.push('"');
                            characters.next();
                        }
                        (at, '"') => {
                            rest = &quoted[at + 1..];
                            break name;
                        }
                        (_, c) => name.push(c),
                    }
                }
            }
            None => {
                let end = rest.find(|c: char| c == separator || c.is_whitespace()).unwrap_or(rest.len());
                let name = rest[..end].to_ascii_lowercase();
                rest = &rest[end..];
                name
            }
        };
        if name.is_empty() {
            return None;
        }
        names.push(name);
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(names);
        }
        rest = rest.strip_prefix(separator)?.trim_start();
    }
}

/// A value as a truth; what is none is taken for one that holds.
pub(super) fn truth(element: &DefElem) -> bool {
    !matches!(text(element).to_ascii_lowercase().as_str(), "false" | "off" | "0")
}

/// The parts of a value that is a name: `schema.name`.
pub(super) fn name_parts(element: &DefElem) -> Vec<&str> {
    match element.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
        Some(NodeEnum::TypeName(name)) => strings(&name.names),
        Some(NodeEnum::List(list)) => strings(&list.items),
        Some(NodeEnum::String(text)) => vec![&text.sval],
        _ => Vec::new(),
    }
}

/// The options by name, those of `old` that are not given anew among them.
pub(super) fn set(old: &Options, nodes: &[Node]) -> Options {
    let mut options = old.clone();
    for element in elements(nodes) {
        let name: Name = match element.defnamespace.as_str() {
            "" => element.defname.as_str().into(),
            namespace => format!("{namespace}.{}", element.defname).into(),
        };
        options.retain(|(other, _)| *other != name);
        if element.defaction() != DefElemAction::DefelemDrop {
            options.push((name, text(element).into()));
        }
    }
    options.sort();
    options
}

/// The options without those that RESET names.
pub(super) fn reset(old: &Options, nodes: &[Node]) -> Options {
    let mut options = old.clone();
    for element in elements(nodes) {
        options.retain(|(name, _)| **name != *element.defname);
    }
    options
}

/// The texts of a value that is a list: `= (a, b)`.
pub(super) fn texts(element: &DefElem) -> Vec<Name> {
    match element.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
        Some(NodeEnum::List(list)) => list.items.iter().map(|item| string(item).into()).collect(),
        _ => vec![text(element).into()],
    }
}
