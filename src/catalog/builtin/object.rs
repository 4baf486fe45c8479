//! Types, casts, operator classes and other objects of pg_catalog.

use super::first;
use super::table::{Fact, Types, Versions};
use crate::catalog::model::Name;

/// A type of pg_catalog or information_schema that is neither an array nor a relation's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinType {
    /// `pg_type.typname`
    pub name: &'static str,
    /// Nothing for pg_catalog.
    schema: &'static str,
    /// As `format_type` prints it.
    pub text: &'static str,
    /// `pg_type.typtype`: base, domain, pseudo, range, multirange.
    pub kind: char,
    /// `pg_type.typcategory`
    pub category: char,
    pub preferred: bool,
    /// What a range ranges over, the range of a multirange, a domain's base, the parts of what can be subscripted.
    pub of: Option<&'static str>,
    /// `pg_type.typstorage`: plain, external, main, extended.
    pub storage: char,
    /// Its collation: `default`, that of an identifier (`C`), or none.
    pub collation: Option<Name>,
    pub description: &'static str,
    pub versions: Versions,
}

impl BuiltinType {
    /// Whether it is found without its schema.
    pub fn is_of_pg_catalog(&self) -> bool {
        self.schema.is_empty()
    }
}

impl Fact for BuiltinType {
    fn read(versions: Versions, cells: &[&'static str], _: &mut Types) -> BuiltinType {
        let [name, schema, text, kind, category, preferred, of, storage, collation, description] = cells
        else {
            panic!("{cells:?}")
        };
        BuiltinType {
            name,
            schema,
            text: if text.is_empty() { name } else { text },
            kind: first(kind),
            category: first(category),
            preferred: *preferred == "t",
            of: (!of.is_empty()).then_some(of),
            storage: first(storage),
            collation: (!collation.is_empty()).then(|| Name::from(*collation)),
            description,
            versions,
        }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinCast {
    pub source: &'static str,
    pub target: &'static str,
    /// `pg_cast.castcontext`: implicit, assignment, explicit.
    pub context: char,
    /// `pg_cast.castmethod`: function, binary, inout.
    pub method: char,
    pub versions: Versions,
}

impl Fact for BuiltinCast {
    fn read(versions: Versions, cells: &[&'static str], _: &mut Types) -> BuiltinCast {
        let [source, target, context, method] = cells else { panic!("{cells:?}") };
        BuiltinCast { source, target, context: first(context), method: first(method), versions }
    }

    /// Casts are found by the type that they begin with.
    fn name(&self) -> &'static str {
        self.source
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinClass {
    pub name: &'static str,
    pub method: &'static str,
    pub family: &'static str,
    /// The type that it is for.
    pub ty: &'static str,
    /// Whether it is that type's default.
    pub is_default: bool,
    pub versions: Versions,
}

impl Fact for BuiltinClass {
    fn read(versions: Versions, cells: &[&'static str], _: &mut Types) -> BuiltinClass {
        let [name, method, family, ty, default] = cells else { panic!("{cells:?}") };
        BuiltinClass { name, method, family, ty, is_default: *default == "t", versions }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}

/// An object of which little more is known than that it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinObject {
    pub name: &'static str,
    /// In words: `access method`, `operator family`, `collation`, `language`, `text search configuration` …
    pub kind: &'static str,
    /// The access method of a family; whether an access method is for an `index` or a `table`; of a text search
    /// configuration what it does with a token, `asciiword=english_stem,…`.
    pub of: &'static str,
    pub description: &'static str,
    pub versions: Versions,
}

impl Fact for BuiltinObject {
    fn read(versions: Versions, cells: &[&'static str], _: &mut Types) -> BuiltinObject {
        let [name, kind, of, description] = cells else { panic!("{cells:?}") };
        BuiltinObject { name, kind, of, description, versions }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}
