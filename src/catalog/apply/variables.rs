//! The variables of a DO block, with the values that they certainly have.

use std::collections::{HashMap, HashSet};

use crate::syntax::plpgsql::ast::{DeclarationKind, Function, Name, StatementKind, Target};
use crate::syntax::plpgsql::{Node, children};

use super::constant::{Constant, Known};

/// What a variable makes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Whole,
    Truth,
    /// An array of texts.
    Texts,
    /// A type whose values are not followed, beside NULL.
    Other,
}

impl Form {
    /// Of a type as it is written, which has nothing behind its name.
    pub fn of(written: &str) -> Form {
        let words: Vec<String> = written.split_whitespace().map(str::to_ascii_lowercase).collect();
        match words.join(" ").as_str() {
            "text" | "varchar" | "character varying" => Form::Text,
            "int" | "integer" | "bigint" | "smallint" | "int2" | "int4" | "int8" => Form::Whole,
            "bool" | "boolean" => Form::Truth,
            "text[]" | "varchar[]" | "text []" | "text array" => Form::Texts,
            _ => Form::Other,
        }
    }

    /// The value as the type has it, if that is known.
    pub fn fit(self, value: Constant) -> Known {
        Some(match (self, value) {
            (_, Constant::Null) => Constant::Null,
            (Form::Text, Constant::Begins(text)) => Constant::Begins(text),
            (Form::Text, value) => Constant::Text(value.cast_to_text()?),
            (Form::Whole, Constant::Text(text)) => Constant::of_number(text.trim().parse().ok()?),
            (Form::Truth, value) => Constant::Truth(value.truth()??),
            (Form::Texts, Constant::Text(text)) => Constant::List(list(&text)?),
            (Form::Texts, Constant::List(items)) => Constant::List(items),
            _ => return None,
        })
    }
}

/// `{a,b}` of plain words.
fn list(text: &str) -> Option<Vec<Constant>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    if inner.contains(['"', '\\', '{', '}']) {
        return None;
    }
    let items = inner.split(',').map(str::trim);
    let items: Vec<&str> = items.filter(|item| !item.is_empty()).collect();
    let has_null = items.iter().any(|item| item.eq_ignore_ascii_case("null"));
    (!has_null).then(|| items.into_iter().map(|item| Constant::Text(item.to_owned())).collect())
}

#[derive(Clone, Debug)]
struct Variable {
    form: Form,
    value: Known,
}

#[derive(Default)]
pub(super) struct Variables {
    named: HashMap<String, Variable>,
    /// Those that may change under another name than their own: `label.name := …`, an alias.
    of_other_names: HashSet<String>,
}

/// What names meant outside of where they mean something else.
pub(super) struct Outer(Vec<(String, Option<Variable>)>);

impl Variables {
    pub fn of(function: &Function) -> Variables {
        let mut of_other_names = HashSet::new();
        let mut add =
            |target: &Target| of_other_names.extend(target.names.iter().map(|name| name.text.clone()));
        function.walk(&mut |node| match node {
            Node::Target(target) if target.names.len() > 1 => add(target),
            Node::Statement(statement) => match &statement.kind {
                StatementKind::Assign { target, .. } if target.names.len() > 1 => add(target),
                _ => {}
            },
            Node::Declaration(declaration) => {
                if let DeclarationKind::Alias { of: Some(of), .. } = &declaration.kind {
                    add(of);
                }
            }
            _ => {}
        });
        Variables { named: HashMap::new(), of_other_names }
    }

    pub fn get(&self, name: &str) -> Known {
        self.named.get(name)?.value.clone()
    }

    pub fn declare(&mut self, name: &str, form: Form, value: Known) {
        let value = value.and_then(|value| form.fit(value)).filter(|_| !self.of_other_names.contains(name));
        self.named.insert(name.to_owned(), Variable { form, value });
    }

    /// What these names mean now, for `leave`.
    pub fn enter<'n>(&self, names: impl Iterator<Item = &'n Name>) -> Outer {
        Outer(names.map(|name| (name.text.clone(), self.named.get(&name.text).cloned())).collect())
    }

    pub fn leave(&mut self, outer: Outer) {
        for (name, variable) in outer.0 {
            match variable {
                Some(variable) => self.named.insert(name, variable),
                None => self.named.remove(&name),
            };
        }
    }

    pub fn assign(&mut self, target: &Target, value: Known) {
        let [name] = target.names.as_slice() else { return self.forget(target) };
        if let Some(variable) = self.named.get_mut(&name.text) {
            let is_own = !self.of_other_names.contains(&name.text);
            variable.value = value.and_then(|value| variable.form.fit(value)).filter(|_| is_own);
        }
    }

    fn forget(&mut self, target: &Target) {
        for name in &target.names {
            if let Some(variable) = self.named.get_mut(&name.text) {
                variable.value = None;
            }
        }
    }

    /// Forgets what may be given a value anywhere in a part of a body whose text that is.
    pub fn forget_assigned(&mut self, text: &str, within: Node) {
        let mut todo = vec![within];
        while let Some(node) = todo.pop() {
            match node {
                Node::Target(target) => self.forget(target),
                Node::Statement(statement) => match &statement.kind {
                    StatementKind::Assign { target, .. } => self.forget(target),
                    // An argument may be one that the procedure sets.
                    StatementKind::Call { .. } => {
                        let code = &text[statement.span.range()];
                        let mentioned =
                            self.named.iter_mut().filter(|(name, _)| code.contains(name.as_str()));
                        mentioned.for_each(|(_, variable)| variable.value = None);
                    }
                    _ => {}
                },
                _ => {}
            }
            todo.extend(children(node));
        }
    }
}
