//! The variables of a PL/pgSQL function: what they hold, which of them a name means, and which are read and written.

use std::cell::RefCell;

use crate::catalog::model::Name;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Class, Types};
use crate::text::Span;

/// A field of a row.
pub type Field = (Name, TypeRef);

/// What a variable can hold.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A value of a type, which may be a row's.
    Of(TypeRef),
    /// `record` before anything was assigned to it.
    Unassigned,
    /// `record` with these fields.
    Fields(Vec<Field>),
    /// A record of which nothing is known; or what has no known type.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Argument,
    /// An argument that is a part of the result alone.
    Output,
    /// PL/pgSQL's own: `found`, `new`, a loop's integer.
    Automatic,
    Declared,
}

/// A variable's number.
pub type Id = usize;

#[derive(Clone, Debug)]
pub struct Variable {
    pub name: Name,
    /// Where the body declares it.
    pub span: Option<Span>,
    pub shape: Shape,
    pub origin: Origin,
    /// Of type `record`, whatever it holds now.
    pub is_record: bool,
    pub is_constant: bool,
    pub is_read: bool,
    pub is_written: bool,
    /// What a text in it was put together from without being quoted.
    pub is_tainted: bool,
    /// The query of a cursor, and its arguments, by their numbers.
    pub cursor: Option<Cursor>,
}

#[derive(Clone, Debug)]
pub struct Cursor {
    pub arguments: Vec<Id>,
    pub fields: Option<Vec<Field>>,
}

/// What wins where a name may be a variable or a column (`plpgsql.variable_conflict`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflict {
    #[default]
    Error,
    Variable,
    Column,
}

/// What a dotted name means as a variable.
#[derive(Clone, Debug)]
pub enum Meaning {
    Value(TypeRef),
    NoField { record: Name, field: Name },
    Unassigned(Name),
    Unknown,
}

#[derive(Clone, Debug, Default)]
struct Level {
    label: Option<Name>,
    items: Vec<(Name, Id)>,
}

/// All variables of a function, and those that can be seen where the walk is.
#[derive(Debug, Default)]
pub struct Variables {
    list: RefCell<Vec<Variable>>,
    levels: RefCell<Vec<Level>>,
    /// By place: `$1` …
    numbered: RefCell<Vec<Id>>,
    pub conflict: Conflict,
}

impl Variables {
    pub fn new(conflict: Conflict) -> Variables {
        Variables { conflict, ..Variables::default() }
    }

    pub fn enter(&self, label: Option<&str>) {
        self.levels.borrow_mut().push(Level { label: label.map(Name::from), items: Vec::new() });
    }

    pub fn leave(&self) {
        self.levels.borrow_mut().pop();
    }

    pub fn declare(&self, name: &str, span: Option<Span>, shape: Shape, origin: Origin) -> Id {
        let mut list = self.list.borrow_mut();
        let id = list.len();
        list.push(Variable {
            name: name.into(),
            span,
            is_record: matches!(shape, Shape::Unassigned | Shape::Fields(_)),
            shape,
            origin,
            is_constant: false,
            is_read: false,
            is_written: false,
            is_tainted: false,
            cursor: None,
        });
        drop(list);
        self.alias(name, id);
        id
    }

    /// Gives a variable another name.
    pub fn alias(&self, name: &str, id: Id) {
        if let Some(level) = self.levels.borrow_mut().last_mut() {
            level.items.push((name.into(), id));
        }
    }

    /// The next of `$1`, `$2` … is this one.
    pub fn number(&self, id: Id) {
        self.numbered.borrow_mut().push(id);
    }

    pub fn numbered(&self, number: usize) -> Option<Id> {
        self.numbered.borrow().get(number.checked_sub(1)?).copied()
    }

    pub fn get(&self, id: Id) -> Variable {
        self.list.borrow()[id].clone()
    }

    pub fn change(&self, id: Id, change: impl FnOnce(&mut Variable)) {
        change(&mut self.list.borrow_mut()[id]);
    }

    pub fn read(&self, id: Id) {
        self.list.borrow_mut()[id].is_read = true;
    }

    pub fn all(&self) -> Vec<Variable> {
        self.list.borrow().clone()
    }

    /// The variable of that name in an outer level than the innermost.
    pub fn shadowed_by(&self, name: &str) -> Option<Id> {
        let levels = self.levels.borrow();
        let outer = levels.iter().rev().skip(1);
        outer.flat_map(|level| &level.items).find(|(own, _)| **own == *name).map(|(_, id)| *id)
    }

    /// The variable that a dotted name begins with, and how many parts that takes (`plpgsql_ns_lookup`).
    pub fn find(&self, types: Types, names: &[Name]) -> Option<(Id, usize)> {
        let first = names.first()?;
        for level in self.levels.borrow().iter().rev() {
            let named =
                |name: &Name| level.items.iter().rev().find(|(own, _)| own == name).map(|(_, id)| *id);
            if let Some(id) = named(first)
                && (names.len() == 1 || self.may_have_fields(types, id))
            {
                return Some((id, 1));
            }
            if names.len() > 1
                && level.label.as_ref() == Some(first)
                && let Some(id) = named(&names[1])
                && (names.len() == 2 || self.may_have_fields(types, id))
            {
                return Some((id, 2));
            }
        }
        None
    }

    fn may_have_fields(&self, types: Types, id: Id) -> bool {
        match &self.list.borrow()[id].shape {
            Shape::Of(ty) => types.is_complex(ty) || types.class(ty) == Class::Opaque,
            _ => true,
        }
    }

    /// What a dotted name means as a variable, if it means one; with the variable.
    pub fn lookup(&self, types: Types, names: &[Name]) -> Option<(Id, Meaning)> {
        let (id, parts) = self.find(types, names)?;
        let variable = self.get(id);
        let meaning = match (&names[parts..], &variable.shape) {
            ([], Shape::Of(ty)) => Meaning::Value(ty.clone()),
            ([], Shape::Unassigned) => Meaning::Unassigned(variable.name),
            ([], Shape::Fields(_)) => Meaning::Value(TypeRef::builtin("record")),
            ([field], shape) => match self.fields(types, shape) {
                _ if matches!(shape, Shape::Unassigned) => Meaning::Unassigned(variable.name),
                Some(fields) => match fields.iter().find(|(name, _)| name == field) {
                    Some((_, ty)) => Meaning::Value(ty.clone()),
                    None => Meaning::NoField { record: variable.name, field: field.clone() },
                },
                None => Meaning::Unknown,
            },
            ([], Shape::Unknown) => Meaning::Unknown,
            // More parts than a variable takes: no variable's name.
            _ => return None,
        };
        Some((id, meaning))
    }

    /// The fields of what is a row.
    pub fn fields(&self, types: Types, shape: &Shape) -> Option<Vec<Field>> {
        match shape {
            Shape::Fields(fields) => Some(fields.clone()),
            Shape::Of(ty) => fields_of(types, ty),
            Shape::Unassigned | Shape::Unknown => None,
        }
    }
}

/// The fields of a row type; `None` where they are not known, or it is none.
pub fn fields_of(types: Types, ty: &TypeRef) -> Option<Vec<Field>> {
    let relation = types.row_relation(&types.base(ty)).filter(|relation| !relation.unknown_columns)?;
    Some(relation.columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect())
}
