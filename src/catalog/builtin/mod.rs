//! What PostgreSQL itself brings: the facts about pg_catalog and the contrib extensions.
//!
//! The tables are written by `facts/facts.sh` from a running server, so that nothing in them is remembered or guessed.

pub mod reference;

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::types::TypeRef;

/// A type of pg_catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinType {
    pub name: &'static str,
    /// `pg_type.typcategory`
    pub category: char,
    pub preferred: bool,
    /// `pg_type.typtype`: base, pseudo, range, multirange …
    pub kind: char,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinOperator {
    /// `None` of a prefix operator.
    pub left: Option<TypeRef>,
    pub right: TypeRef,
    pub result: TypeRef,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinFunction {
    pub name: &'static str,
    /// `pg_proc.prokind`: function, aggregate, window, procedure.
    pub kind: char,
    pub arguments: Vec<TypeRef>,
    pub result: TypeRef,
    pub returns_set: bool,
    pub defaults: usize,
    pub variadic: bool,
    /// `pg_proc.provolatile`
    pub volatility: char,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinCast {
    /// `pg_cast.castcontext`: implicit, assignment, explicit.
    pub context: char,
    /// `pg_cast.castmethod`: function, binary, inout.
    pub method: char,
}

/// What is known of pg_catalog.
pub struct Facts {
    pub types: HashMap<&'static str, BuiltinType>,
    pub operators: HashMap<&'static str, Vec<BuiltinOperator>>,
    pub functions: HashMap<&'static str, Vec<BuiltinFunction>>,
    /// By name: the number of arguments, and the columns of the rows that the function returns.
    outputs: HashMap<&'static str, Vec<(usize, &'static str)>>,
    casts: HashMap<(&'static str, &'static str), BuiltinCast>,
    /// Access method and name of each operator class that is the default of its type.
    default_classes: HashSet<(&'static str, &'static str)>,
    relations: HashSet<(&'static str, &'static str)>,
    /// By extension: kind and name of each relation and type that it creates.
    extensions: HashMap<&'static str, Vec<(&'static str, &'static str)>>,
}

impl Facts {
    pub fn cast(&self, from: &str, to: &str) -> Option<BuiltinCast> {
        // The map's keys live as long as the program; a lookup may take any text.
        let from = self.types.get(from)?.name;
        let to = self.types.get(to)?.name;
        self.casts.get(&(from, to)).copied()
    }

    /// The columns of the rows that a function returns, when its name and number of arguments tell.
    pub fn output_columns(&self, name: &str, arguments: usize) -> Option<Vec<(&'static str, TypeRef)>> {
        let mut fitting = self.outputs.get(name)?.iter().filter(|(count, _)| *count == arguments);
        let (_, columns) = fitting.next()?;
        if fitting.any(|(_, other)| other != columns) {
            return None;
        }
        let split = columns.split(',').filter_map(|column| column.split_once(' '));
        Some(split.map(|(name, ty)| (name, type_by_name(ty))).collect())
    }

    /// Whether `schema` (pg_catalog or information_schema) has a relation of that name.
    pub fn has_relation(&self, schema: &str, name: &str) -> bool {
        self.relations.iter().any(|(s, n)| *s == schema && *n == name)
    }

    /// Whether an operator class is the default of the type that it is for.
    pub fn is_default_class(&self, method: &str, name: &str) -> bool {
        self.default_classes.iter().any(|(m, n)| *m == method && *n == name)
    }

    /// Relations and types that an extension creates; `None` when nothing is known of it.
    pub fn extension(&self, name: &str) -> Option<&[(&'static str, &'static str)]> {
        self.extensions.get(name).map(Vec::as_slice)
    }
}

/// A type by `pg_type.typname`, in which an array's begins with an underscore.
pub fn type_by_name(name: &str) -> TypeRef {
    match name.strip_prefix('_') {
        Some(element) => TypeRef::builtin(element).array_of(),
        None => TypeRef::builtin(name),
    }
}

/// The facts, read at the first call.
pub fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| Facts {
        types: rows(include_str!("facts/types.tsv"))
            .map(|row| {
                let fact = BuiltinType {
                    name: row[0],
                    category: first(row[1]),
                    preferred: row[2] == "t",
                    kind: first(row[3]),
                };
                (row[0], fact)
            })
            .collect(),
        operators: grouped(include_str!("facts/operators.tsv"), |row| BuiltinOperator {
            left: (!row[1].is_empty()).then(|| type_by_name(row[1])),
            right: type_by_name(row[2]),
            result: type_by_name(row[3]),
        }),
        functions: grouped(include_str!("facts/functions.tsv"), |row| BuiltinFunction {
            name: row[0],
            kind: first(row[1]),
            arguments: row[2].split(' ').filter(|name| !name.is_empty()).map(type_by_name).collect(),
            result: type_by_name(row[3]),
            returns_set: row[4] == "t",
            defaults: row[5].parse().unwrap_or(0),
            variadic: row[6] == "t",
            volatility: first(row[7]),
        }),
        outputs: grouped(include_str!("facts/outputs.tsv"), |row| (row[1].parse().unwrap_or(0), row[2])),
        casts: rows(include_str!("facts/casts.tsv"))
            .map(|row| ((row[0], row[1]), BuiltinCast { context: first(row[2]), method: first(row[3]) }))
            .collect(),
        default_classes: rows(include_str!("facts/opclasses.tsv"))
            .filter(|row| row[3] == "t")
            .map(|row| (row[0], row[1]))
            .collect(),
        relations: rows(include_str!("facts/relations.tsv")).map(|row| (row[0], row[1])).collect(),
        extensions: grouped(include_str!("facts/extensions.tsv"), |row| (row[1], row[2])),
    })
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().map(|line| line.split('\t').collect())
}

fn grouped<T>(text: &'static str, make: impl Fn(&[&'static str]) -> T) -> HashMap<&'static str, Vec<T>> {
    let mut map: HashMap<&'static str, Vec<T>> = HashMap::new();
    for row in rows(text) {
        map.entry(row[0]).or_default().push(make(&row));
    }
    map
}

fn first(text: &str) -> char {
    text.chars().next().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_read_whole() {
        let facts = facts();
        assert_eq!(facts.types["text"].category, 'S');
        assert!(facts.types["text"].preferred);
        assert_eq!(facts.operators["~~"].len(), 4);
        assert!(facts.functions["now"].iter().any(|function| function.result.is_builtin("timestamptz")));
        assert_eq!(facts.cast("varchar", "text"), Some(BuiltinCast { context: 'i', method: 'b' }));
        assert!(facts.has_relation("pg_catalog", "pg_class"));
        assert_eq!(facts.extension("pgcrypto"), Some(&[("extension", "")][..]));
        assert_eq!(facts.extension("nosuch"), None);
        assert!(facts.extension("citext").unwrap().contains(&("type", "citext")));
    }
}
