//! Two catalogs compared, object by object, in words.

use imbl::OrdMap;

use super::model::*;
use super::types::TypeRef;

/// What `right` has otherwise than `left`; a line for each difference, none when they are equal.
pub fn diff(left: &Catalog, right: &Catalog) -> Vec<String> {
    let mut out = Vec::new();
    both(&mut out, "schema", "", left.schemas.unrecorded(), right.schemas.unrecorded(), |out, _, a, b| {
        schemas(out, a, b)
    });
    both(
        &mut out,
        "extension",
        "",
        left.extensions.unrecorded(),
        right.extensions.unrecorded(),
        |out, name, a, b| {
            value(out, &format!("extension {name}"), "schema", &a.schema, &b.schema);
        },
    );
    out
}

/// Compares what both have by name, and says what only one of them has.
fn both<T: PartialEq>(
    out: &mut Vec<String>,
    kind: &str,
    prefix: &str,
    left: &OrdMap<Name, T>,
    right: &OrdMap<Name, T>,
    mut compare: impl FnMut(&mut Vec<String>, &Name, &T, &T),
) {
    for (name, a) in left {
        match right.get(name) {
            None => out.push(format!("{kind} {prefix}{name} is missing")),
            Some(b) if a != b => compare(out, name, a, b),
            Some(_) => {}
        }
    }
    for name in right.keys().filter(|name| !left.contains_key(*name)) {
        out.push(format!("{kind} {prefix}{name} is new"));
    }
}

fn value<T: PartialEq + std::fmt::Debug>(out: &mut Vec<String>, object: &str, what: &str, a: &T, b: &T) {
    if a != b {
        out.push(format!("{object}: {what} is {b:?} instead of {a:?}"));
    }
}

fn text(out: &mut Vec<String>, object: &str, what: &str, a: Option<&Name>, b: Option<&Name>) {
    if a != b {
        let word = |name: Option<&Name>| name.map_or("none".to_owned(), |name| format!("\"{name}\""));
        out.push(format!("{object}: {what} is {} instead of {}", word(b), word(a)));
    }
}

fn types(out: &mut Vec<String>, object: &str, what: &str, a: &TypeRef, b: &TypeRef) {
    if a != b {
        out.push(format!("{object}: {what} is {b} instead of {a}"));
    }
}

/// Lists of named objects.
fn named<T>(items: &[T], name: impl Fn(&T) -> &Name) -> OrdMap<Name, &T> {
    items.iter().map(|item| (name(item).clone(), item)).collect()
}

fn schemas(out: &mut Vec<String>, a: &Schema, b: &Schema) {
    let prefix = format!("{}.", a.name);
    text(out, &format!("schema {}", a.name), "comment", a.comment.as_ref(), b.comment.as_ref());
    both(out, "relation", &prefix, a.relations.unrecorded(), b.relations.unrecorded(), |out, _, a, b| {
        relations(out, a, b)
    });
    both(out, "type", &prefix, a.types.unrecorded(), b.types.unrecorded(), |out, name, a, b| {
        let object = format!("type {prefix}{name}");
        value(out, &object, "definition", &a.kind, &b.kind);
        text(out, &object, "comment", a.comment.as_ref(), b.comment.as_ref());
    });
    let by_arguments = |schema: &Schema| -> OrdMap<Name, std::sync::Arc<Routine>> {
        (schema.routines.values().flatten())
            .map(|routine| {
                (Name::from(format!("{}({})", routine.name, routine.arguments_text)), routine.clone())
            })
            .collect()
    };
    both(out, "routine", &prefix, &by_arguments(a), &by_arguments(b), |out, name, a, b| {
        let object = format!("routine {prefix}{name}");
        value(out, &object, "kind", &a.kind, &b.kind);
        text(out, &object, "result", a.result_text.as_ref(), b.result_text.as_ref());
        text(out, &object, "language", Some(&a.language), Some(&b.language));
        value(out, &object, "volatility", &a.volatility, &b.volatility);
        value(out, &object, "strict", &a.strict, &b.strict);
        value(out, &object, "security definer", &a.security_definer, &b.security_definer);
        text(out, &object, "comment", a.comment.as_ref(), b.comment.as_ref());
        if a.body != b.body {
            out.push(format!("{object}: the body differs"));
        }
        value(out, &object, "arguments", &a.arguments, &b.arguments);
    });
}

fn relations(out: &mut Vec<String>, a: &Relation, b: &Relation) {
    let object = format!("{} {}.{}", a.kind.word(), a.schema, a.name);
    if a.kind != b.kind {
        out.push(format!("{object} is a {}", b.kind.word()));
    }
    value(out, &object, "persistence", &a.persistence, &b.persistence);
    text(out, &object, "comment", a.comment.as_ref(), b.comment.as_ref());
    text(out, &object, "partition key", a.partition_key.as_ref(), b.partition_key.as_ref());
    text(out, &object, "partition bound", a.partition_bound.as_ref(), b.partition_bound.as_ref());
    value(out, &object, "parents", &a.parents, &b.parents);
    value(out, &object, "owner column", &a.owned_by, &b.owned_by);
    value(out, &object, "what it reads", &a.reads, &b.reads);
    let order =
        |relation: &Relation| -> Vec<Name> { relation.columns.iter().map(|c| c.name.clone()).collect() };
    let (left, right) = (named(&a.columns, |c| &c.name), named(&b.columns, |c| &c.name));
    let prefix = format!("{}.{}.", a.schema, a.name);
    both(out, "column", &prefix, &left, &right, |out, name, a, b| {
        columns(out, &format!("column {prefix}{name}"), a, b)
    });
    if left.len() == right.len() && left.keys().eq(right.keys()) {
        value(out, &object, "order of columns", &order(a), &order(b));
    }
    let in_table = |name: &Name, what: &str| format!("{what} {name} of {}.{}", a.schema, a.name);
    // NOT NULL has a name only since PostgreSQL 18; the columns tell it in any version.
    let kept = |relation: &Relation| -> Vec<std::sync::Arc<Constraint>> {
        let all = relation.constraints.iter();
        all.filter(|constraint| constraint.kind != ConstraintKind::NotNull).cloned().collect()
    };
    let (left, right) = (kept(a), kept(b));
    let (left, right) = (named(&left, |c| &c.name), named(&right, |c| &c.name));
    both(out, "constraint", &prefix, &left, &right, |out, name, a, b| {
        let object = in_table(name, "constraint");
        text(out, &object, "definition", Some(&a.definition), Some(&b.definition));
        value(out, &object, "columns", &a.columns, &b.columns);
        value(out, &object, "validated", &a.validated, &b.validated);
        value(out, &object, "foreign key", &a.foreign, &b.foreign);
    });
    let (left, right) = (named(&a.indexes, |i| &i.name), named(&b.indexes, |i| &i.name));
    both(out, "index", &prefix, &left, &right, |out, name, a, b| {
        let object = in_table(name, "index");
        text(out, &object, "definition", Some(&a.definition), Some(&b.definition));
        value(out, &object, "validity", &a.valid, &b.valid);
        value(out, &object, "keys", &a.keys, &b.keys);
        text(out, &object, "condition", a.predicate.as_ref(), b.predicate.as_ref());
        value(out, &object, "service to a constraint", &a.is_constraint, &b.is_constraint);
    });
    let (left, right) = (named(&a.triggers, |t| &t.name), named(&b.triggers, |t| &t.name));
    both(out, "trigger", &prefix, &left, &right, |out, name, a, b| {
        value(out, &in_table(name, "trigger"), "function", &a.function, &b.function);
    });
}

fn columns(out: &mut Vec<String>, object: &str, a: &Column, b: &Column) {
    types(out, object, "type", &a.ty, &b.ty);
    value(out, object, "not null", &a.not_null, &b.not_null);
    text(out, object, "default", a.default.as_ref(), b.default.as_ref());
    value(out, object, "identity", &a.identity, &b.identity);
    value(out, object, "generated", &a.generated, &b.generated);
    text(out, object, "collation", a.collation.as_ref(), b.collation.as_ref());
    text(out, object, "comment", a.comment.as_ref(), b.comment.as_ref());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn differences_are_said_by_name() {
        let mut left = Catalog::default();
        let mut table = Relation::new("public".into(), "t".into(), RelationKind::Table);
        table.columns.push(Arc::new(Column::new("a", TypeRef::builtin("int4"))));
        left.schema_mut("public").unwrap().put_relation(table.clone());
        let mut right = left.clone();
        assert!(diff(&left, &right).is_empty());
        table.column_mut("a").unwrap().ty = TypeRef::builtin("int8");
        table.columns.push(Arc::new(Column::new("b", TypeRef::builtin("text"))));
        right.schema_mut("public").unwrap().put_relation(table);
        assert_eq!(
            diff(&left, &right),
            ["column public.t.a: type is bigint instead of integer", "column public.t.b is new"]
        );
        assert_eq!(diff(&left, &Catalog::empty()), ["schema public is missing"]);
    }
}
