//! The names that a place in a PL/pgSQL body can see: variables by block, and labels.

/// What is known of a variable's type, as far as the syntax depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Scalar,
    /// A cursor, or a variable of type refcursor.
    Cursor,
    /// A record or a row.
    Record,
    /// A variable that the trigger's call fills in.
    Promise,
    /// Of a type that only the catalog knows.
    Unknown,
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub name: String,
    pub kind: Kind,
    pub constant: bool,
    /// The arguments of a bound cursor.
    pub cursor: Option<Vec<String>>,
}

/// A variable's number.
pub(super) type Id = usize;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub id: Id,
    /// How many parts of the name it took: 2 with a block's label before it.
    pub parts: usize,
    /// Whether it stands for that for sure; a variable of an unknown type may or may not have fields.
    pub certain: bool,
}

#[derive(Debug)]
struct Level {
    label: Option<String>,
    is_loop: bool,
    items: Vec<(String, Id)>,
}

#[derive(Debug, Default)]
pub(super) struct Namespace {
    levels: Vec<Level>,
    variables: Vec<Variable>,
    /// Whether a declaration could not be read, so that a name that is not found may be its.
    pub incomplete: bool,
}

impl Namespace {
    pub fn push(&mut self, label: Option<&str>, is_loop: bool) {
        self.levels.push(Level { label: label.map(str::to_owned), is_loop, items: Vec::new() });
    }

    pub fn pop(&mut self) {
        self.levels.pop();
    }

    /// Adds a variable to the innermost level.
    pub fn declare(&mut self, name: &str, kind: Kind, constant: bool) -> Id {
        self.variables.push(Variable { name: name.to_owned(), kind, constant, cursor: None });
        let id = self.variables.len() - 1;
        self.alias(name, id);
        id
    }

    /// Adds another name of a variable to the innermost level.
    pub fn alias(&mut self, name: &str, id: Id) {
        if let Some(level) = self.levels.last_mut() {
            level.items.push((name.to_owned(), id));
        }
    }

    pub fn variable(&self, id: Id) -> &Variable {
        &self.variables[id]
    }

    pub fn variable_mut(&mut self, id: Id) -> &mut Variable {
        &mut self.variables[id]
    }

    pub fn is_declared_here(&self, name: &str) -> bool {
        self.levels.last().is_some_and(|level| level.items.iter().any(|(other, _)| other == name))
    }

    /// Looks up a dotted name of one to three parts. A level's own variables go before the variables behind its label.
    pub fn find(&self, names: &[&str]) -> Option<Found> {
        let mut uncertain = None;
        let mut take = |id: Id, parts: usize, fields: bool| -> Option<Found> {
            let found = Found { id, parts, certain: uncertain.is_none() };
            match self.variables[id].kind {
                _ if !fields => Some(found),
                Kind::Record => Some(found),
                Kind::Unknown => {
                    uncertain.get_or_insert(Found { certain: false, ..found });
                    None
                }
                _ => None,
            }
        };
        let mut result = None;
        'levels: for level in self.levels.iter().rev() {
            for (name, id) in level.items.iter().rev() {
                if name == names[0] {
                    result = take(*id, 1, names.len() > 1);
                    if result.is_some() {
                        break 'levels;
                    }
                }
            }
            if names.len() > 1 && level.label.as_deref() == Some(names[0]) {
                for (name, id) in level.items.iter().rev() {
                    if name == names[1] {
                        result = take(*id, 2, names.len() > 2);
                        if result.is_some() {
                            break 'levels;
                        }
                    }
                }
            }
        }
        match (result, uncertain) {
            (_, Some(uncertain)) => Some(uncertain),
            (result, None) => result,
        }
    }

    /// Whether a label encloses the place, and if so whether it is a loop's.
    pub fn label(&self, name: &str) -> Option<bool> {
        self.levels.iter().rev().find(|level| level.label.as_deref() == Some(name)).map(|level| level.is_loop)
    }

    pub fn in_loop(&self) -> bool {
        self.levels.iter().any(|level| level.is_loop)
    }
}
