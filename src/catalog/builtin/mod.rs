//! What PostgreSQL itself brings: the facts about pg_catalog, information_schema, settings and extensions.
//!
//! The tables in `facts/` are written by `make facts` from running servers of PostgreSQL 13 to 18, so that nothing in
//! them is remembered or guessed. Each is read when it is first asked for. A row says which versions have it; unless
//! asked otherwise, look-ups answer for the newest.

pub mod compact;
mod extension;
mod object;
mod relation;
mod routine;
mod setting;
mod table;

use std::sync::{Arc, LazyLock};

pub use extension::{BuiltinExtension, Release, brings as is_of_extension, names as extension_names};
pub use object::{BuiltinCast, BuiltinClass, BuiltinObject, BuiltinType};
pub use relation::{BuiltinColumn, BuiltinRelation};
pub use routine::{BuiltinFunction, BuiltinOperator};
pub use setting::BuiltinSetting;
pub use table::{Fact, Table, Versions};

use super::model::{Name, Relation};
use super::types::TypeRef;

type Lazy<T> = LazyLock<Table<T>>;

/// The versions of PostgreSQL that the facts are about.
pub const OLDEST: u32 = 13;
pub const NEWEST: u32 = 18;

/// What is known of PostgreSQL.
pub struct Facts {
    /// Types by name; a name of information_schema is none of pg_catalog.
    pub types: Lazy<BuiltinType>,
    pub casts: Lazy<BuiltinCast>,
    pub functions: Lazy<BuiltinFunction>,
    pub operators: Lazy<BuiltinOperator>,
    pub classes: Lazy<BuiltinClass>,
    pub objects: Lazy<BuiltinObject>,
    pub relations: Lazy<BuiltinRelation>,
    pub settings: Lazy<BuiltinSetting>,
}

static FACTS: Facts = Facts {
    types: LazyLock::new(|| Table::read(include_str!("facts/types.tsv"))),
    casts: LazyLock::new(|| Table::read(include_str!("facts/casts.tsv"))),
    functions: LazyLock::new(|| Table::read(include_str!("facts/functions.tsv"))),
    operators: LazyLock::new(|| Table::read(include_str!("facts/operators.tsv"))),
    classes: LazyLock::new(|| Table::read(include_str!("facts/opclasses.tsv"))),
    objects: LazyLock::new(|| Table::read(include_str!("facts/objects.tsv"))),
    relations: LazyLock::new(|| Table::read(include_str!("facts/relations.tsv"))),
    settings: LazyLock::new(|| Table::read(include_str!("facts/settings.tsv"))),
};

/// The facts; nothing is read before it is looked up.
pub fn facts() -> &'static Facts {
    &FACTS
}

impl Facts {
    /// A type of pg_catalog.
    pub fn ty(&self, name: &str) -> Option<&BuiltinType> {
        self.types.named(name).iter().find(|ty| ty.is_of_pg_catalog())
    }

    /// The types of pg_catalog.
    pub fn catalog_types(&self) -> impl Iterator<Item = &BuiltinType> {
        self.types.current().filter(|ty| ty.is_of_pg_catalog())
    }

    pub fn cast(&self, from: &str, to: &str) -> Option<&BuiltinCast> {
        self.casts.named(from).iter().find(|cast| cast.target == to)
    }

    /// The overloads of a function that SQL can call.
    pub fn callable(&self, name: &str) -> impl Iterator<Item = &BuiltinFunction> {
        self.functions.named(name).iter().filter(|function| function.is_callable())
    }

    pub fn is_callable(&self, name: &str) -> bool {
        self.callable(name).next().is_some()
    }

    /// The columns of the rows that a function returns, when its name and number of arguments tell.
    pub fn output_columns(&self, name: &str, arguments: usize) -> Option<Vec<(&'static str, TypeRef)>> {
        let mut fitting = (self.functions.named(name).iter())
            .filter(|function| function.kind == 'f' && function.returns_set)
            .filter(|function| function.arguments.len() == arguments)
            .map(BuiltinFunction::outputs)
            .filter(|outputs| outputs.len() > 1);
        let columns = fitting.next()?;
        fitting.all(|other| other == columns).then_some(columns)
    }

    /// The type of a function's result where all its overloads have the same one, which is no array and no set.
    pub fn result_type(&self, name: &str) -> Option<TypeRef> {
        let mut results = self.callable(name).map(|function| (&function.result, function.returns_set));
        let (first, set) = results.next()?;
        let TypeRef::Named { name, array: false, .. } = first else { return None };
        let one = !set && self.ty(name).is_some() && !name.starts_with("any");
        (one && results.all(|other| other == (first, false))).then(|| first.clone())
    }

    /// Whether `row.name` can mean `name(row)`.
    pub fn takes_row(&self, name: &str) -> bool {
        const ANY: [&str; 5] = ["record", "anyelement", "any", "anycompatible", "anynonarray"];
        self.callable(name)
            .filter_map(|function| function.arguments.first())
            .any(|first| ANY.iter().any(|any| first.is_builtin(any)))
    }

    /// The relation of that name; without a schema only those of pg_catalog, which is always on the path.
    pub fn relation(&self, major: u32, schema: Option<&str>, name: &str) -> Option<Arc<Relation>> {
        let mut rows = self.relation_in_any(schema, name);
        let found = rows.find(|relation| relation.versions.contain(major.clamp(OLDEST, NEWEST)));
        found.map(|found| found.relation(major).clone())
    }

    /// The relation of that name as any version has it.
    pub fn relation_in_any(
        &self,
        schema: Option<&str>,
        name: &str,
    ) -> impl Iterator<Item = &BuiltinRelation> {
        let schema = schema.unwrap_or("pg_catalog");
        self.relations.named_in_any(name).iter().filter(move |relation| relation.schema == schema)
    }

    /// Whether `schema` (pg_catalog or information_schema) has a relation of that name.
    pub fn has_relation(&self, schema: &str, name: &str) -> bool {
        self.relations.named(name).iter().any(|relation| relation.schema == schema)
    }

    /// The names of the relations of pg_catalog or information_schema.
    pub fn relation_names(&self, schema: &str) -> Vec<Name> {
        let of_schema = self.relations.current().filter(|relation| relation.schema == schema);
        of_schema.map(|relation| relation.name.into()).collect()
    }

    /// Whether an operator class is the default of the type that it is for.
    pub fn is_default_class(&self, method: &str, name: &str) -> bool {
        self.classes.named(name).iter().any(|class| class.method == method && class.is_default)
    }

    /// A setting as a version has it; as the newest has it that has it, where that version has not. Names are taken
    /// in whatever case they are written.
    pub fn setting(&self, name: &str, major: u32) -> Option<&BuiltinSetting> {
        let mut rows = self.settings.all().iter().filter(|setting| setting.name.eq_ignore_ascii_case(name));
        let newest = rows.next()?;
        Some(std::iter::once(newest).chain(rows).find(|row| row.versions.contain(major)).unwrap_or(newest))
    }

    /// What is known of an extension.
    pub fn extension(&self, name: &str) -> Option<BuiltinExtension> {
        extension::named(name)
    }
}

/// Whether PostgreSQL makes a schema of that name itself. Nobody else can make one whose name begins with `pg_`.
pub fn is_system_schema(name: &str) -> bool {
    matches!(name, "pg_catalog" | "information_schema" | "pg_toast" | "pg_temp")
        || name.starts_with("pg_temp_")
        || name.starts_with("pg_toast_temp_")
}

/// A type by `pg_type.typname`, in which an array's begins with an underscore.
pub fn type_by_name(name: &str) -> TypeRef {
    match name.strip_prefix('_') {
        Some(element) => TypeRef::builtin(element).array_of(),
        None => TypeRef::builtin(name),
    }
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
        let text = facts.ty("text").unwrap();
        assert!(text.category == 'S' && text.preferred);
        assert_eq!(facts.ty("int4range").unwrap().of, Some("int4"));
        assert_eq!(facts.ty("int4multirange").unwrap().of, Some("int4range"));
        assert!(facts.ty("sql_identifier").is_none() && facts.types.has("sql_identifier"));
        assert_eq!(facts.operators.named("~~").len(), 4);
        assert!(
            facts.functions.named("now").iter().any(|function| function.result.is_builtin("timestamptz"))
        );
        let cast = facts.cast("varchar", "text").unwrap();
        assert_eq!((cast.context, cast.method), ('i', 'b'));
        assert!(
            facts.is_default_class("btree", "int4_ops")
                && !facts.is_default_class("btree", "text_pattern_ops")
        );
        assert!(facts.has_relation("pg_catalog", "pg_class"));
        assert!(
            facts.objects.named("german").iter().any(|object| object.kind == "text search configuration")
        );
        assert!(facts.extension("nosuch").is_none());
        let citext = facts.extension("citext").unwrap();
        assert!(citext.release(Some(18)).unwrap().relocatable);
    }

    #[test]
    fn relations_and_results_are_those_of_a_version() {
        let facts = facts();
        let class = facts.relation(18, None, "pg_class").unwrap();
        assert!(class.column("relname").is_some());
        let columns = facts.relation(18, Some("information_schema"), "columns").unwrap();
        assert_eq!(
            columns.column("column_name").unwrap().ty.to_string(),
            "information_schema.sql_identifier"
        );
        assert!(facts.relation(18, None, "columns").is_none());
        assert!(facts.relation(18, None, "pg_stat_io").is_some());
        assert!(facts.relation(15, None, "pg_stat_io").is_none());
        let counted = |major: u32| facts.relation(major, None, "pg_stat_bgwriter").unwrap().columns.len();
        assert_eq!((counted(16), counted(17)), (11, 4));
        assert_eq!(facts.result_type("now").unwrap().to_string(), "timestamp with time zone");
        assert_eq!(facts.result_type("count").unwrap().to_string(), "bigint");
        assert_eq!(facts.result_type("generate_series"), None);
        assert!(facts.takes_row("to_jsonb") && !facts.takes_row("lower"));
    }

    #[test]
    fn what_an_older_version_has_otherwise_is_a_row_of_its_own() {
        let facts = facts();
        let columns = |major: u32| {
            let relation = &facts.relations.named("pg_stat_bgwriter")[0];
            relation.columns().filter(|column| column.versions.contain(major)).count()
        };
        assert_eq!((columns(16), columns(17)), (11, 4));
        assert!(facts.functions.named("uuidv7").iter().all(|function| function.versions.since == Some(18)));
        // EXTRACT's function gave double precision until 13, under another name.
        assert!(facts.functions.named("extract").iter().all(|function| function.versions.since == Some(14)));
        let factorial = facts.operators.named_in_any("!");
        assert_eq!(factorial.len(), 1);
        assert!(factorial[0].right.is_none() && factorial[0].versions.until == Some(13));
        assert!(facts.operators.named("!").is_empty());
        let defaults: Vec<_> = facts
            .settings
            .named_in_any("password_encryption")
            .iter()
            .map(|setting| setting.default)
            .collect();
        assert_eq!(defaults, ["scram-sha-256", "md5"]);
        assert_eq!(facts.setting("Password_Encryption", 13).unwrap().default, "md5");
        assert_eq!(facts.setting("old_snapshot_threshold", 18).unwrap().versions.until, Some(16));
        assert!(facts.setting("datestyle", 18).is_some() && facts.setting("no_such", 18).is_none());
    }

    #[test]
    fn functions_are_printed_as_postgresql_prints_them() {
        let printed = |name: &str| {
            let function = &facts().functions.named(name)[0];
            format!("{}({}) → {}", function.name, function.arguments_text(), function.result_text())
        };
        assert_eq!(
            printed("make_interval"),
            "make_interval(years integer DEFAULT 0, months integer DEFAULT 0, weeks integer DEFAULT 0, days integer \
             DEFAULT 0, hours integer DEFAULT 0, mins integer DEFAULT 0, secs double precision DEFAULT 0.0) → interval"
        );
        assert_eq!(
            printed("json_each"),
            "json_each(from_json json, OUT key text, OUT value json) → SETOF record"
        );
        assert_eq!(printed("rank"), "rank(VARIADIC \"any\" ORDER BY VARIADIC \"any\") → bigint");
        assert_eq!(printed("concat"), "concat(VARIADIC \"any\") → text");
    }
}
