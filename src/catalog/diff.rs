//! Two catalogs compared, object by object, in words.

use std::sync::Arc;

use imbl::OrdMap;

use super::entity::Entity;
use super::model::*;
use super::moment;
use super::types::TypeRef;

/// What `right` has otherwise than `left`; a line for each difference, none when they are equal.
pub fn diff(left: &Catalog, right: &Catalog) -> Vec<String> {
    let versions = [left, right].map(|catalog| catalog.server_version);
    let owner = left.owner.clone().or_else(|| right.owner.clone());
    let knows_rights = !left.unknown_rights && !right.unknown_rights;
    let mut comparison = Comparison { owner, versions, knows_rights, out: Vec::new() };
    comparison.catalogs(left, right);
    comparison.out
}

struct Comparison {
    /// The owner of the database, whose objects have no owner.
    owner: Option<Name>,
    /// Of those that are read from a server.
    versions: [Option<u32>; 2],
    /// Whether owners, privileges and roles are known of both.
    knows_rights: bool,
    out: Vec<String>,
}

/// Calls `compare` with what both have by name, and says what only one of them has.
fn both<T: PartialEq>(
    comparison: &mut Comparison,
    kind: &str,
    prefix: &str,
    left: &OrdMap<Name, T>,
    right: &OrdMap<Name, T>,
    mut compare: impl FnMut(&mut Comparison, &Name, &T, &T),
) {
    let kind = if kind.is_empty() { String::new() } else { format!("{kind} ") };
    for (name, a) in left {
        match right.get(name) {
            None => comparison.out.push(format!("{kind}{prefix}{name} is missing")),
            Some(b) if a != b => compare(comparison, name, a, b),
            Some(_) => {}
        }
    }
    for name in right.keys().filter(|name| !left.contains_key(*name)) {
        comparison.out.push(format!("{kind}{prefix}{name} is new"));
    }
}

/// Lists of named objects.
fn named<T>(items: &[T], name: impl Fn(&T) -> &Name) -> OrdMap<Name, &T> {
    items.iter().map(|item| (name(item).clone(), item)).collect()
}

impl Comparison {
    fn value<T: PartialEq + std::fmt::Debug>(&mut self, object: &str, what: &str, a: &T, b: &T) {
        if a != b {
            self.out.push(format!("{object}: {what} is {b:?} instead of {a:?}"));
        }
    }

    fn text(&mut self, object: &str, what: &str, a: Option<&Name>, b: Option<&Name>) {
        let is_same = match (a, b) {
            (Some(a), Some(b)) => a == b || moment::is_same_text(a, b),
            _ => a == b,
        };
        if !is_same {
            let word = |name: Option<&Name>| name.map_or("none".to_owned(), |name| format!("\"{name}\""));
            self.out.push(format!("{object}: {what} is {} instead of {}", word(b), word(a)));
        }
    }

    fn types(&mut self, object: &str, what: &str, a: &TypeRef, b: &TypeRef) {
        if a != b {
            self.out.push(format!("{object}: {what} is {b} instead of {a}"));
        }
    }

    fn options(&mut self, object: &str, what: &str, a: &Options, b: &Options) {
        let map = |options: &Options| -> OrdMap<Name, Name> { options.iter().cloned().collect() };
        let prefix = format!("{what} ");
        both(self, object, &prefix, &map(a), &map(b), |comparison, name, a, b| {
            comparison.text(object, &format!("{what} {name}"), Some(a), Some(b));
        });
    }

    fn owners(&mut self, object: &str, a: Option<&Name>, b: Option<&Name>) {
        let known = |owner: Option<&Name>| owner.filter(|owner| Some(*owner) != self.owner.as_ref()).cloned();
        let (a, b) = (known(a), known(b));
        if a != b && self.knows_rights {
            let word =
                |name: Option<Name>| name.map_or("the database's".to_owned(), |name| format!("\"{name}\""));
            self.out.push(format!("{object}: the owner is {} instead of {}", word(b), word(a)));
        }
    }

    /// What is PostgreSQL 17's is left out where one is older.
    fn rights(&mut self, object: &str, kind: Grantable, a: &Privileges, b: &Privileges) {
        let is_old = self.versions.iter().flatten().any(|version| *version < 170_000);
        let known = |privileges: &Privileges| {
            let mut grants = privileges.grants(kind);
            grants.retain(|grant| {
                (grant.grantee.is_none() || grant.grantee != self.owner)
                    && !(is_old && &*grant.privilege == "MAINTAIN")
            });
            Privileges::new(kind, grants)
        };
        let (a, b) = (known(a), known(b));
        if a != b && self.knows_rights {
            self.out.push(format!("{object}: the privileges are {b} instead of {a}"));
        }
    }

    fn catalogs(&mut self, left: &Catalog, right: &Catalog) {
        let (a, b) = (left.schemas.unrecorded(), right.schemas.unrecorded());
        both(self, "schema", "", a, b, |comparison, _, a, b| comparison.schemas(a, b));
        let (a, b) = (left.extensions.unrecorded(), right.extensions.unrecorded());
        both(self, "extension", "", a, b, |comparison, name, a, b| {
            let object = format!("extension {name}");
            comparison.value(&object, "schema", &a.schema, &b.schema);
            comparison.text(&object, "comment", a.comment.as_ref(), b.comment.as_ref());
            if a.version.is_some() && b.version.is_some() {
                comparison.text(&object, "version", a.version.as_ref(), b.version.as_ref());
            }
        });
        // A server has roles that no script made; which of them are a script's, only the script knows.
        let is_read = |catalog: &Catalog| catalog.server_version.is_some() && catalog.owner.is_some();
        let of = |catalog: &Catalog, other: &Catalog| -> Vec<Arc<Entity>> {
            let all = catalog.entities.unrecorded().values().flatten();
            let counts = |entity: &Arc<Entity>| match entity.kind.is_of_server() {
                true if !self.knows_rights => false,
                true if is_read(catalog) && !is_read(other) => {
                    let named = other.entities.unrecorded().get(&entity.name);
                    named.into_iter().flatten().any(|known| known.is_same(entity))
                }
                _ => self.knows_rights || entity.kind != EntityKind::DefaultPrivileges,
            };
            all.filter(|entity| counts(entity)).cloned().collect()
        };
        let (a, b) = (of(left, right), of(right, left));
        self.entities(&a, &b);
    }

    fn entities(&mut self, left: &[Arc<Entity>], right: &[Arc<Entity>]) {
        let by_title = |entities: &[Arc<Entity>]| -> OrdMap<Name, Arc<Entity>> {
            entities.iter().map(|entity| (Name::from(entity.title()), entity.clone())).collect()
        };
        both(self, "", "", &by_title(left), &by_title(right), |comparison, title, a, b| {
            for name in
                a.attributes.keys().chain(b.attributes.keys().filter(|n| !a.attributes.contains_key(*n)))
            {
                let (one, other) = (a.attributes.get(name), b.attributes.get(name));
                if one != other {
                    let word =
                        |value: Option<&Value>| value.map_or("none".to_owned(), |v| format!("\"{v}\""));
                    comparison.out.push(format!(
                        "{title}: {name} is {} instead of {}",
                        word(other),
                        word(one)
                    ));
                }
            }
            comparison.text(title, "extension", a.extension.as_ref(), b.extension.as_ref());
            comparison.owners(title, a.owner.as_ref(), b.owner.as_ref());
            comparison.text(title, "comment", a.comment.as_ref(), b.comment.as_ref());
            if let Some(kind) = a.grantable() {
                comparison.rights(title, kind, &a.privileges, &b.privileges);
            }
        });
    }

    fn schemas(&mut self, a: &Schema, b: &Schema) {
        let prefix = format!("{}.", a.name);
        let object = format!("schema {}", a.name);
        self.text(&object, "comment", a.comment.as_ref(), b.comment.as_ref());
        self.text(&object, "extension", a.extension.as_ref(), b.extension.as_ref());
        self.owners(&object, a.owner.as_ref(), b.owner.as_ref());
        self.rights(&object, Grantable::Schema, &a.privileges, &b.privileges);
        let (left, right) = (a.relations.unrecorded(), b.relations.unrecorded());
        both(self, "relation", &prefix, left, right, |comparison, _, a, b| comparison.relations(a, b));
        let (left, right) = (a.types.unrecorded(), b.types.unrecorded());
        both(self, "type", &prefix, left, right, |comparison, name, a, b| {
            let object = format!("type {prefix}{name}");
            comparison.value(&object, "definition", &a.kind, &b.kind);
            comparison.text(&object, "comment", a.comment.as_ref(), b.comment.as_ref());
            comparison.text(&object, "extension", a.extension.as_ref(), b.extension.as_ref());
            comparison.owners(&object, a.owner.as_ref(), b.owner.as_ref());
            comparison.rights(&object, Grantable::Type, &a.privileges, &b.privileges);
        });
        let by_arguments = |schema: &Schema| -> OrdMap<Name, Arc<Routine>> {
            (schema.routines.unrecorded().values().flatten())
                .map(|routine| {
                    (Name::from(format!("{}({})", routine.name, routine.arguments_text)), routine.clone())
                })
                .collect()
        };
        both(self, "routine", &prefix, &by_arguments(a), &by_arguments(b), |comparison, name, a, b| {
            comparison.routines(&format!("routine {prefix}{name}"), a, b);
        });
        let entities = |schema: &Schema| -> Vec<Arc<Entity>> {
            schema.entities.unrecorded().values().flatten().cloned().collect()
        };
        self.entities(&entities(a), &entities(b));
    }

    fn routines(&mut self, object: &str, a: &Routine, b: &Routine) {
        self.value(object, "kind", &a.kind, &b.kind);
        self.text(object, "extension", a.extension.as_ref(), b.extension.as_ref());
        self.text(object, "result", a.result_text.as_ref(), b.result_text.as_ref());
        self.text(object, "language", Some(&a.language), Some(&b.language));
        self.value(object, "volatility", &a.volatility, &b.volatility);
        self.value(object, "strict", &a.strict, &b.strict);
        self.value(object, "security definer", &a.security_definer, &b.security_definer);
        self.value(object, "leakproof", &a.leakproof, &b.leakproof);
        self.value(object, "parallel", &a.parallel, &b.parallel);
        self.options(object, "option", &a.options, &b.options);
        self.options(object, "setting", &a.settings, &b.settings);
        self.text(object, "comment", a.comment.as_ref(), b.comment.as_ref());
        self.owners(object, a.owner.as_ref(), b.owner.as_ref());
        self.rights(object, Grantable::Routine, &a.privileges, &b.privileges);
        if a.body != b.body {
            self.out.push(format!("{object}: the body differs"));
        }
        self.value(object, "arguments", &a.arguments, &b.arguments);
    }

    fn relations(&mut self, a: &Relation, b: &Relation) {
        let object = format!("{} {}.{}", a.kind.word(), a.schema, a.name);
        if a.kind != b.kind {
            self.out.push(format!("{object} is a {}", b.kind.word()));
        }
        self.text(&object, "extension", a.extension.as_ref(), b.extension.as_ref());
        self.value(&object, "persistence", &a.persistence, &b.persistence);
        self.text(&object, "comment", a.comment.as_ref(), b.comment.as_ref());
        self.text(&object, "partition key", a.partition_key.as_ref(), b.partition_key.as_ref());
        self.text(&object, "partition bound", a.partition_bound.as_ref(), b.partition_bound.as_ref());
        self.value(&object, "parents", &a.parents, &b.parents);
        self.value(&object, "owner column", &a.owned_by, &b.owned_by);
        self.value(&object, "type", &a.of_type, &b.of_type);
        self.value(&object, "what it reads", &a.reads, &b.reads);
        self.owners(&object, a.owner.as_ref(), b.owner.as_ref());
        let kind = if a.kind == RelationKind::Sequence { Grantable::Sequence } else { Grantable::Relation };
        self.rights(&object, kind, &a.privileges, &b.privileges);
        self.options(&object, "option", &a.options, &b.options);
        self.text(&object, "access method", a.access_method.as_ref(), b.access_method.as_ref());
        self.text(&object, "tablespace", a.tablespace.as_ref(), b.tablespace.as_ref());
        self.value(&object, "replica identity", &a.replica_identity, &b.replica_identity);
        self.value(&object, "row security", &a.row_security, &b.row_security);
        self.value(&object, "parameters", &a.sequence, &b.sequence);
        self.value(&object, "server", &a.foreign, &b.foreign);
        self.columns_of(&object, a, b);
        self.constraints(a, b);
        self.indexes(a, b);
        self.parts(a, b);
    }

    fn columns_of(&mut self, object: &str, a: &Relation, b: &Relation) {
        let order =
            |relation: &Relation| -> Vec<Name> { relation.columns.iter().map(|c| c.name.clone()).collect() };
        let (left, right) = (named(&a.columns, |c| &c.name), named(&b.columns, |c| &c.name));
        let prefix = format!("{}.{}.", a.schema, a.name);
        both(self, "column", &prefix, &left, &right, |comparison, name, a, b| {
            comparison.columns(&format!("column {prefix}{name}"), a, b);
        });
        if left.len() == right.len() && left.keys().eq(right.keys()) {
            self.value(object, "order of columns", &order(a), &order(b));
        }
    }

    fn columns(&mut self, object: &str, a: &Column, b: &Column) {
        self.types(object, "type", &a.ty, &b.ty);
        self.value(object, "not null", &a.not_null, &b.not_null);
        self.value(object, "being its own", &a.local, &b.local);
        self.text(object, "default", a.default.as_ref(), b.default.as_ref());
        self.value(object, "identity", &a.identity, &b.identity);
        self.value(object, "generated", &a.generated, &b.generated);
        self.text(object, "collation", a.collation.as_ref(), b.collation.as_ref());
        self.text(object, "storage", a.storage.as_ref(), b.storage.as_ref());
        self.text(object, "compression", a.compression.as_ref(), b.compression.as_ref());
        self.value(object, "statistics target", &a.statistics, &b.statistics);
        self.options(object, "option", &a.options, &b.options);
        self.text(object, "comment", a.comment.as_ref(), b.comment.as_ref());
        self.rights(object, Grantable::Column, &a.privileges, &b.privileges);
    }

    fn constraints(&mut self, a: &Relation, b: &Relation) {
        // NOT NULL is a constraint only since PostgreSQL 18; the columns tell it in any version.
        let has_not_null = !self.versions.iter().flatten().any(|version| *version < 180_000);
        let kept = |relation: &Relation| -> Vec<Arc<Constraint>> {
            let all = relation.constraints.iter();
            let kept = |constraint: &Constraint| has_not_null || constraint.kind != ConstraintKind::NotNull;
            all.filter(|constraint| kept(constraint)).cloned().collect()
        };
        let (left, right) = (kept(a), kept(b));
        let (left, right) = (named(&left, |c| &c.name), named(&right, |c| &c.name));
        let prefix = format!("{}.{}.", a.schema, a.name);
        both(self, "constraint", &prefix, &left, &right, |comparison, name, one, other| {
            let object = format!("constraint {name} of {}.{}", a.schema, a.name);
            comparison.text(&object, "definition", Some(&one.definition), Some(&other.definition));
            comparison.value(&object, "columns", &one.columns, &other.columns);
            comparison.value(&object, "validated", &one.validated, &other.validated);
            comparison.value(&object, "foreign key", &one.foreign, &other.foreign);
            comparison.value(&object, "being its own", &one.local, &other.local);
            comparison.text(&object, "comment", one.comment.as_ref(), other.comment.as_ref());
        });
    }

    fn indexes(&mut self, a: &Relation, b: &Relation) {
        let (left, right) = (named(&a.indexes, |i| &i.name), named(&b.indexes, |i| &i.name));
        let prefix = format!("{}.{}.", a.schema, a.name);
        both(self, "index", &prefix, &left, &right, |comparison, name, one, other| {
            let object = format!("index {name} of {}.{}", a.schema, a.name);
            comparison.text(&object, "definition", Some(&one.definition), Some(&other.definition));
            comparison.value(&object, "validity", &one.valid, &other.valid);
            comparison.value(&object, "keys", &one.keys, &other.keys);
            comparison.text(&object, "condition", one.predicate.as_ref(), other.predicate.as_ref());
            comparison.value(&object, "service to a constraint", &one.is_constraint, &other.is_constraint);
            comparison.value(&object, "clustering", &one.clustered, &other.clustered);
            comparison.text(&object, "tablespace", one.tablespace.as_ref(), other.tablespace.as_ref());
            comparison.text(&object, "comment", one.comment.as_ref(), other.comment.as_ref());
        });
    }

    /// Triggers, rules and policies.
    fn parts(&mut self, a: &Relation, b: &Relation) {
        let prefix = format!("{}.{}.", a.schema, a.name);
        let of = format!("{}.{}", a.schema, a.name);
        let (left, right) = (named(&a.triggers, |t| &t.name), named(&b.triggers, |t| &t.name));
        both(self, "trigger", &prefix, &left, &right, |comparison, name, a, b| {
            let object = format!("trigger {name} of {of}");
            comparison.value(&object, "function", &a.function, &b.function);
            comparison.value(&object, "state", &a.enabled, &b.enabled);
            comparison.text(&object, "definition", Some(&a.definition), Some(&b.definition));
            comparison.text(&object, "comment", a.comment.as_ref(), b.comment.as_ref());
        });
        let (left, right) = (named(&a.rules, |r| &r.name), named(&b.rules, |r| &r.name));
        both(self, "rule", &prefix, &left, &right, |comparison, name, a, b| {
            let object = format!("rule {name} of {of}");
            comparison.value(&object, "event", &a.event, &b.event);
            comparison.value(&object, "instead", &a.instead, &b.instead);
            comparison.value(&object, "state", &a.enabled, &b.enabled);
            comparison.text(&object, "comment", a.comment.as_ref(), b.comment.as_ref());
        });
        let (left, right) = (named(&a.policies, |p| &p.name), named(&b.policies, |p| &p.name));
        both(self, "policy", &prefix, &left, &right, |comparison, name, a, b| {
            let object = format!("policy {name} of {of}");
            comparison.value(&object, "event", &a.event, &b.event);
            comparison.value(&object, "permissive", &a.permissive, &b.permissive);
            if ![a, b].iter().any(|policy| policy.roles.iter().any(|role| **role == *Policy::WHOEVER_RAN)) {
                comparison.value(&object, "roles", &a.roles, &b.roles);
            }
            comparison.condition(&object, "USING", a.using.as_ref(), b.using.as_ref());
            comparison.condition(&object, "WITH CHECK", a.check.as_ref(), b.check.as_ref());
            comparison.text(&object, "comment", a.comment.as_ref(), b.comment.as_ref());
        });
    }

    /// A query within a condition is printed by PostgreSQL in its own way, so that it says nothing that it differs.
    fn condition(&mut self, object: &str, what: &str, a: Option<&Name>, b: Option<&Name>) {
        if let (Some(a), Some(b)) = (a, b)
            && a.contains("SELECT ")
            && b.contains("SELECT ")
        {
            return;
        }
        self.text(object, what, a, b);
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn what_is_the_owners_of_the_database_is_no_difference() {
        let mut left = Catalog::default();
        let mut table = Relation::new("public".into(), "t".into(), RelationKind::Table);
        let grant = |grantee: &str| Grant {
            grantee: Some(grantee.into()),
            privilege: "SELECT".into(),
            grantable: false,
        };
        table.owner = Some("boss".into());
        table.privileges = Privileges::new(Grantable::Relation, vec![grant("boss"), grant("reader")]);
        left.schema_mut("public").unwrap().put_relation(table.clone());
        let mut right = left.clone();
        table.owner = None;
        table.privileges = Privileges::new(Grantable::Relation, vec![grant("reader")]);
        right.schema_mut("public").unwrap().put_relation(table);
        assert_eq!(diff(&left, &right).len(), 2);
        right.owner = Some("boss".into());
        assert_eq!(diff(&left, &right), Vec::<String>::new());
    }
}
