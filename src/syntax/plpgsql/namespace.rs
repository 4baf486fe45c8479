//! The names that a place in a PL/pgSQL body can see: variables by block, and labels. They are kept with where they can
//! be seen when the body has been read.

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

/// Where a variable comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An argument of the function.
    Argument,
    /// PL/pgSQL's own: `found`, `new`, `sqlstate`.
    Special,
    /// Declared in the body: in a block, by a loop or as a cursor's argument.
    Body,
}

/// A variable as it can be seen at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visible<'a> {
    /// The name that it is seen under: its own or an alias.
    pub name: &'a str,
    pub kind: Kind,
    pub origin: Origin,
    pub constant: bool,
    /// How many parts of the name that was looked up it took: 2 with a label before it.
    pub parts: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub name: String,
    pub kind: Kind,
    pub origin: Origin,
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

#[derive(Clone, Debug)]
struct Level {
    label: Option<String>,
    is_loop: bool,
    items: Vec<Item>,
    /// The text that sees it; to the end of all while it is open.
    within: (usize, usize),
}

#[derive(Clone, Debug)]
struct Item {
    name: String,
    id: Id,
    from: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Namespace {
    /// All that there were, in the order of their beginnings.
    levels: Vec<Level>,
    /// Those that the parser is in, by their numbers, the innermost last.
    open: Vec<usize>,
    variables: Vec<Variable>,
    /// Whether a declaration could not be read, so that a name that is not found may be its.
    pub incomplete: bool,
    /// Where the last token that was read ends.
    pub here: usize,
}

impl Namespace {
    pub fn push(&mut self, label: Option<&str>, is_loop: bool) {
        let within = (self.here, usize::MAX);
        self.open.push(self.levels.len());
        self.levels.push(Level { label: label.map(str::to_owned), is_loop, items: Vec::new(), within });
    }

    pub fn pop(&mut self) {
        self.pop_at(self.here);
    }

    /// Ends the innermost level at `end`.
    pub fn pop_at(&mut self, end: usize) {
        if let Some(level) = self.open.pop() {
            self.levels[level].within.1 = end;
        }
    }

    fn innermost(&mut self) -> Option<&mut Level> {
        self.open.last().map(|level| &mut self.levels[*level])
    }

    /// The levels that the parser is in, the innermost first.
    fn around(&self) -> impl Iterator<Item = &Level> {
        self.open.iter().rev().map(|level| &self.levels[*level])
    }

    /// The levels around a place of the text, the innermost first.
    fn around_offset(&self, offset: usize) -> impl Iterator<Item = &Level> {
        self.levels.iter().rev().filter(move |level| level.within.0 <= offset && offset < level.within.1)
    }

    /// Adds a variable to the innermost level.
    pub fn declare(&mut self, name: &str, kind: Kind, constant: bool) -> Id {
        let origin = Origin::Body;
        self.variables.push(Variable { name: name.to_owned(), kind, origin, constant, cursor: None });
        let id = self.variables.len() - 1;
        self.alias(name, id);
        id
    }

    /// Adds one of PL/pgSQL's own.
    pub fn declare_special(&mut self, name: &str, kind: Kind, constant: bool) {
        let id = self.declare(name, kind, constant);
        self.variables[id].origin = Origin::Special;
    }

    /// Adds another name of a variable to the innermost level.
    pub fn alias(&mut self, name: &str, id: Id) {
        let from = self.here;
        if let Some(level) = self.innermost() {
            level.items.push(Item { name: name.to_owned(), id, from });
        }
    }

    pub fn variable(&self, id: Id) -> &Variable {
        &self.variables[id]
    }

    pub fn variable_mut(&mut self, id: Id) -> &mut Variable {
        &mut self.variables[id]
    }

    pub fn is_declared_here(&self, name: &str) -> bool {
        self.around().next().is_some_and(|level| level.items.iter().any(|item| item.name == name))
    }

    /// Looks up a dotted name of one to three parts where the parser is.
    pub fn find(&self, names: &[&str]) -> Option<Found> {
        self.find_in(self.around(), usize::MAX, names).map(|(found, _)| found)
    }

    /// The same for a place of the text.
    pub fn find_at(&self, names: &[&str], offset: usize) -> Option<Visible<'_>> {
        let (found, item) = self.find_in(self.around_offset(offset), offset, names)?;
        Some(Visible { parts: found.parts, ..self.visible(item) })
    }

    fn visible<'a>(&'a self, item: &'a Item) -> Visible<'a> {
        let Variable { kind, origin, constant, .. } = self.variables[item.id];
        Visible { name: &item.name, kind, origin, constant, parts: 1 }
    }

    /// All variables that can be seen where the parser is under a single name, the innermost first.
    pub fn all(&self) -> Vec<Visible<'_>> {
        let mut known = std::collections::HashSet::new();
        let items = self.around().flat_map(|level| level.items.iter().rev());
        items.filter(|item| known.insert(item.name.as_str())).map(|item| self.visible(item)).collect()
    }

    /// The labels around the place where the parser is, the innermost first; with each whether it is a loop's.
    pub fn labels(&self) -> impl Iterator<Item = (&str, bool)> {
        self.around().filter_map(|level| Some((level.label.as_deref()?, level.is_loop)))
    }

    /// A level's own variables go before the variables behind its label.
    fn find_in<'a>(
        &'a self,
        levels: impl Iterator<Item = &'a Level>,
        offset: usize,
        names: &[&str],
    ) -> Option<(Found, &'a Item)> {
        let mut uncertain = None;
        let mut take = |item: &'a Item, parts: usize, fields: bool| -> Option<(Found, &'a Item)> {
            let found = Found { id: item.id, parts, certain: uncertain.is_none() };
            match self.variables[item.id].kind {
                _ if !fields => Some((found, item)),
                Kind::Record => Some((found, item)),
                Kind::Unknown => {
                    uncertain.get_or_insert((Found { certain: false, ..found }, item));
                    None
                }
                _ => None,
            }
        };
        let mut result = None;
        'levels: for level in levels {
            let items = || level.items.iter().rev().filter(|item| item.from <= offset);
            for item in items().filter(|item| item.name == names[0]) {
                result = take(item, 1, names.len() > 1);
                if result.is_some() {
                    break 'levels;
                }
            }
            if names.len() > 1 && level.label.as_deref() == Some(names[0]) {
                for item in items().filter(|item| item.name == names[1]) {
                    result = take(item, 2, names.len() > 2);
                    if result.is_some() {
                        break 'levels;
                    }
                }
            }
        }
        uncertain.or(result)
    }

    /// Whether a label encloses the place, and if so whether it is a loop's.
    pub fn label(&self, name: &str) -> Option<bool> {
        self.around().find(|level| level.label.as_deref() == Some(name)).map(|level| level.is_loop)
    }

    pub fn in_loop(&self) -> bool {
        self.around().any(|level| level.is_loop)
    }
}
