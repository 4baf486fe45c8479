//! What a database has otherwise than the migrations that ran there, in words.

use std::sync::Arc;

use super::bookkeeping;
use super::framework::Framework;
use crate::catalog::TypeRef;
use crate::catalog::diff::diff;
use crate::catalog::model::{Catalog, Column, Extension, Name, QualifiedName};

/// What this goes by in the configuration.
pub const CODE: &str = "schema-drift";

/// One thing that is otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub line: String,
    /// The relation that it is about, where it is about one.
    pub relation: Option<QualifiedName>,
}

/// How `database` differs from what `migrations` come to. What cannot be known of these makes no difference.
pub fn compare(migrations: &Catalog, database: &Catalog, framework: Framework) -> Vec<Difference> {
    let expected = bookkeeping::without(migrations, framework);
    let found = known_part(&expected, &bookkeeping::without(database, framework));
    let expected = known_part(&found, &expected);
    // Of an extension that both have, what it brings is its version's, which the server chose.
    let shared = |name: &str| expected.extensions.contains_key(name) && found.extensions.contains_key(name);
    let (expected, found) = (plain(expected.without_members(shared)), plain(found.without_members(shared)));
    let lines = diff(&expected, &found);
    lines
        .into_iter()
        .filter(|line| !(migrations.unknown_names && line.ends_with(" is new")))
        // What the role may not see need not be missing.
        .filter(|line| !(database.unknown_names && line.ends_with(" is missing")))
        .map(|line| Difference { relation: relation_of(&line, &expected, &found), line: words(&line) })
        .collect()
}

/// `catalog` with its extensions as any version of them is, and without the modifiers that only they know how to read.
fn plain(mut catalog: Catalog) -> Catalog {
    let extensions = catalog.extensions.values().map(|extension| Extension {
        version: None,
        comment: None,
        ..Extension::clone(extension)
    });
    catalog.extensions = extensions.map(|extension| (extension.name.clone(), extension.into())).collect();
    let is_modified = |column: &Column| match &column.ty {
        TypeRef::Named { schema, typmod, .. } => &**schema != "pg_catalog" && *typmod >= 0,
        TypeRef::Unknown => false,
    };
    let modified =
        catalog.relations().filter(|relation| relation.columns.iter().any(|column| is_modified(column)));
    for name in modified.map(|relation| relation.qualified_name()).collect::<Vec<_>>() {
        let Some(relation) = catalog.relation_mut(&name) else { continue };
        for column in relation.columns.iter_mut().filter(|column| is_modified(column)) {
            let ty = column.ty.without_modifier();
            Arc::make_mut(column).ty = ty;
        }
    }
    catalog
}

/// `catalog` without the relations whose columns `other` does not know.
fn known_part(other: &Catalog, catalog: &Catalog) -> Catalog {
    let mut part = catalog.clone();
    let unknown: Vec<QualifiedName> = (other.relations().chain(catalog.relations()))
        .filter(|relation| relation.unknown_columns)
        .map(|relation| relation.qualified_name())
        .collect();
    for name in unknown {
        if let Some(schema) = part.schema_mut(&name.schema) {
            schema.remove_relation(&name.name);
        }
    }
    part
}

/// The relation that a line names.
fn relation_of(line: &str, expected: &Catalog, found: &Catalog) -> Option<QualifiedName> {
    let names = |catalog: &Catalog| -> Vec<QualifiedName> {
        let relations = catalog.relations().filter(|relation| {
            let same = |other: &Catalog| {
                other
                    .relation(Some(&relation.schema), &relation.name)
                    .is_some_and(|other| *other == **relation)
            };
            !(same(expected) && same(found))
        });
        relations
            .map(|relation| QualifiedName::new(relation.schema.clone(), relation.name.clone()))
            .collect::<Vec<_>>()
    };
    let is_named = |name: &QualifiedName| {
        let full = name.to_string();
        line.match_indices(&full).any(|(at, _)| {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            !line[at + full.len()..].starts_with(is_word) && !line[..at].ends_with(|c| is_word(c) || c == '.')
        })
    };
    let mut named: Vec<QualifiedName> = names(expected);
    named.extend(names(found));
    named.retain(is_named);
    // `public.users_log` names `public.users` only if it is a word of its own; of several the longest is meant.
    named.into_iter().max_by_key(|name| name.to_string().len())
}

fn words(line: &str) -> String {
    if line.ends_with(" is missing") {
        return format!("{line} in the database");
    }
    if let Some(object) = line.strip_suffix(" is new") {
        return format!("{object} is in the database only, and no migration makes it");
    }
    match line.rsplit_once(" instead of ") {
        Some((found, expected)) => format!("{found} in the database instead of {expected}"),
        None => format!("{line} in the database"),
    }
}

/// The place in `catalogs` (each the one behind a file) of the file that made `relation`, or was the last to change it.
pub fn maker<'a>(relation: &QualifiedName, catalogs: impl Iterator<Item = &'a Catalog>) -> Option<usize> {
    let of = |catalog: &'a Catalog| catalog.relation(Some(&relation.schema), &relation.name);
    let mut last = None;
    let mut before: Option<&Name> = None;
    for (n, catalog) in catalogs.enumerate() {
        let now = of(catalog).map(|relation| &relation.name);
        if now.is_some() && before.is_none() {
            last = Some(n);
        }
        before = now;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::apply;
    use crate::syntax::{Parse, Script};

    fn catalog(text: &str) -> Catalog {
        let mut catalog = Catalog::default();
        let script = Script::from(text);
        for placed in script.statements() {
            let code = script.code(&placed);
            apply::apply(&mut catalog, Parse::plain(&code).node().unwrap(), &code);
        }
        catalog
    }

    fn lines(migrations: &str, database: &str) -> Vec<String> {
        let found = compare(&catalog(migrations), &catalog(database), Framework::Dbmate);
        found.into_iter().map(|difference| difference.line).collect()
    }

    #[test]
    fn differences_are_said_in_words() {
        assert_eq!(
            lines("create table t (a int, b int);", "create table t (a bigint); create table u ();"),
            [
                "column public.t.a: type is bigint in the database instead of integer",
                "column public.t.b is missing in the database",
                "relation public.u is in the database only, and no migration makes it",
            ]
        );
    }

    #[test]
    fn a_frameworks_own_table_is_no_difference() {
        let table = "create table schema_migrations (version varchar primary key);";
        assert_eq!(lines("", table), Vec::<String>::new());
        assert_eq!(lines(table, ""), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_known_is_no_difference() {
        let mut unknown = catalog("create table t (a int);");
        unknown.forget();
        let database = catalog("create table t (b int); create table u ();");
        assert_eq!(compare(&unknown, &database, Framework::Plain), []);
    }

    #[test]
    fn the_relation_is_found() {
        let found = compare(
            &catalog("create table users (a int); create table users_log (a int);"),
            &catalog("create table users (a int); create table users_log (a text);"),
            Framework::Plain,
        );
        assert_eq!(found[0].relation, Some(QualifiedName::new("public", "users_log")));
    }
}
