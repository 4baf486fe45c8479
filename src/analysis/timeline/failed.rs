//! What a statement that failed would have made. A framework stops at it, so what stands behind it was written for a
//! database in which it did not fail: there it exists, in a way that cannot be known.

use std::sync::Arc;

use super::doubted;
use crate::catalog::apply::schema_of;
use crate::catalog::model::{Catalog, Name, QualifiedName, Relation, RelationKind, Schema, TEMPORARY};
use crate::syntax::ast::{AlterTableType, NodeEnum, ObjectType, RangeVar};

/// Makes unknown in `catalog`, which is the one behind `node`, what that would have made or changed; `sql` is its text.
pub(super) fn doubt(catalog: &mut Catalog, node: &NodeEnum, sql: &str) {
    match node {
        NodeEnum::CreateStmt(create) => stand_in(catalog, create.relation.as_ref(), RelationKind::Table),
        NodeEnum::CreateForeignTableStmt(create) => {
            let table = create.base_stmt.as_ref().and_then(|base| base.relation.as_ref());
            stand_in(catalog, table, RelationKind::ForeignTable);
        }
        NodeEnum::ViewStmt(view) => stand_in(catalog, view.view.as_ref(), RelationKind::View),
        NodeEnum::CreateSeqStmt(create) => {
            stand_in(catalog, create.sequence.as_ref(), RelationKind::Sequence);
        }
        NodeEnum::CreateTableAsStmt(create) => {
            let kind = match ObjectType::try_from(create.objtype) {
                Ok(ObjectType::ObjectMatview) => RelationKind::MaterializedView,
                _ => RelationKind::Table,
            };
            stand_in(catalog, create.into.as_ref().and_then(|into| into.rel.as_ref()), kind);
        }
        NodeEnum::SelectStmt(select) => {
            let table = select.into_clause.as_ref().and_then(|into| into.rel.as_ref());
            stand_in(catalog, table, RelationKind::Table);
        }
        NodeEnum::AlterTableStmt(alter) => {
            forget(catalog, alter.relation.as_ref());
            let commands = alter.cmds.iter().filter_map(|command| match command.node.as_ref()? {
                NodeEnum::AlterTableCmd(command) => Some(command.subtype),
                _ => None,
            });
            // Constraints have names of their own.
            let constrains = [AlterTableType::AtAddConstraint as i32, AlterTableType::AtAddIndex as i32];
            if commands.into_iter().any(|command| constrains.contains(&command)) {
                doubted::doubt(catalog, sql);
            }
        }
        NodeEnum::RenameStmt(rename) => match ObjectType::try_from(rename.rename_type) {
            Ok(ObjectType::ObjectColumn) => forget(catalog, rename.relation.as_ref()),
            Ok(kind) if rename.relation.is_some() => {
                let kind = match kind {
                    ObjectType::ObjectView => RelationKind::View,
                    ObjectType::ObjectMatview => RelationKind::MaterializedView,
                    ObjectType::ObjectSequence => RelationKind::Sequence,
                    ObjectType::ObjectTable => RelationKind::Table,
                    _ => return doubted::doubt(catalog, sql),
                };
                let renamed =
                    rename.relation.clone().map(|old| RangeVar { relname: rename.newname.clone(), ..old });
                stand_in(catalog, renamed.as_ref(), kind);
            }
            _ => doubted::doubt(catalog, sql),
        },
        NodeEnum::AlterObjectSchemaStmt(moved) if moved.relation.is_some() => {
            let moved_to =
                moved.relation.clone().map(|old| RangeVar { schemaname: moved.newschema.clone(), ..old });
            stand_in(catalog, moved_to.as_ref(), RelationKind::Table);
        }
        // What was to go is gone, or was never there.
        NodeEnum::DropStmt(_)
        | NodeEnum::CommentStmt(_)
        | NodeEnum::GrantStmt(_)
        | NodeEnum::TruncateStmt(_)
        | NodeEnum::RefreshMatViewStmt(_)
        | NodeEnum::CreateTrigStmt(_) => {}
        _ => doubted::doubt(catalog, sql),
    }
}

/// Whether the relation that a statement makes is there behind it. What cannot be worked out may not be.
pub(super) fn is_made(catalog: &Catalog, node: &NodeEnum) -> bool {
    let made = match node {
        NodeEnum::CreateStmt(create) => create.relation.as_ref(),
        NodeEnum::ViewStmt(view) => view.view.as_ref(),
        NodeEnum::CreateSeqStmt(create) => create.sequence.as_ref(),
        NodeEnum::CreateTableAsStmt(create) => create.into.as_ref().and_then(|into| into.rel.as_ref()),
        NodeEnum::CreateForeignTableStmt(create) => {
            create.base_stmt.as_ref().and_then(|base| base.relation.as_ref())
        }
        _ => None,
    };
    made.is_none_or(|range| catalog.relation(schema_of(range), &range.relname).is_some())
}

/// The relation has any column, if it is there.
fn forget(catalog: &mut Catalog, range: Option<&RangeVar>) {
    let Some(range) = range else { return };
    let found = catalog.relation(schema_of(range), &range.relname).map(|relation| relation.qualified_name());
    if let Some(relation) = found.and_then(|name| catalog.relation_mut(&name)) {
        relation.unknown_columns = true;
    }
}

/// The relation is there, with any column.
fn stand_in(catalog: &mut Catalog, range: Option<&RangeVar>, kind: RelationKind) {
    let Some(range) = range else { return };
    let schema: Option<Name> = match schema_of(range) {
        Some(schema) => Some(schema.into()),
        None if range.relpersistence == "t" => Some(TEMPORARY.into()),
        None => catalog.creation_schema(),
    };
    let Some(schema) = schema else {
        catalog.forget_names();
        return;
    };
    let name = QualifiedName::new(schema, range.relname.as_str());
    if let Some(relation) = catalog.relation_mut(&name) {
        relation.unknown_columns = true;
        return;
    }
    if catalog.schema(&name.schema).is_none() {
        catalog.schemas.insert(name.schema.clone(), Arc::new(Schema::new(name.schema.clone())));
    }
    if let Some(schema) = catalog.schema_mut(&name.schema) {
        let mut relation = Relation::new(name.schema.clone(), name.name, kind);
        relation.unknown_columns = true;
        schema.put_relation(relation);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use crate::analysis::timeline::{Means, Moment, Timeline, Work};
    use crate::catalog::model::Catalog;
    use crate::syntax::{Dialect, ParseCache, Script};

    /// What is said of a script in a history, by the statements' numbers.
    fn said(text: &str, in_history: bool) -> Vec<usize> {
        let (cache, work, cancelled) = (ParseCache::default(), Work::default(), AtomicBool::new(false));
        let means = Means {
            cache: &cache,
            work: &work,
            cancelled: &cancelled,
            dialect: Dialect::UNKNOWN,
            reader: None,
        };
        let script = Script::from(text);
        let catalog = std::sync::Arc::new(Catalog::default());
        let before = if in_history { Moment::of_history(catalog) } else { Moment::new(catalog) };
        let timeline = Timeline::update_at(None, &script, &before, None, &means, usize::MAX).unwrap();
        let diagnostics = timeline.diagnostics();
        diagnostics.iter().map(|found| script.at(found.span.start).unwrap().index).collect()
    }

    #[test]
    fn what_a_failed_statement_of_a_history_would_have_made_is_unknown() {
        for (failed, behind) in [
            ("create table b (id int, name txt)", "select x from b; alter table b add y int; drop table b"),
            ("alter table users add age integr", "select age from users"),
            ("alter table users add a text, add b nosuch", "select a, b from users"),
            ("create view v as select nosuch from users", "select nosuch, x from v; drop view v"),
            ("create index i on users (nosuch)", "drop index i"),
            ("create type c as (a nosuch)", "create table m (x c); drop type c"),
            ("create domain d as nosuch", "create table m (x d); drop domain d"),
            ("alter table users rename nosuch to other", "select other from users"),
            ("alter table nowhere rename to there", "select a from there"),
            ("create materialized view mv as select nosuch from users", "select z from mv"),
            ("create table child (id int references nowhere (id))", "select x from child"),
            ("create table part partition of nowhere for values in (1)", "select y from part"),
            ("create sequence users", "select extra from users"),
            ("create temp table tt (a nosuch)", "select b from tt"),
            (
                "alter table users add constraint ck check (nosuch > 0)",
                "alter table users drop constraint ck",
            ),
            ("create table users (extra int)", "select extra from users"),
            ("create table nos.t (a int)", "select a from nos.t"),
            ("create table k as select nosuch from users", "select z from k"),
            ("create table i2 (b int) inherits (nowhere)", "select a, b from i2"),
            ("create table lk (like nowhere)", "select a from lk"),
            ("alter table users set schema nosuch", "select id from nosuch.users"),
        ] {
            let text = format!("create table users (id int primary key, name text); {failed}; {behind};");
            let mut marked = said(&text, true);
            marked.dedup();
            assert_eq!(marked, [1], "{text}");
            // psql goes on, and what stands behind fails as well.
            assert!(said(&text, false).iter().any(|marked| *marked > 1), "{text}");
        }
    }

    #[test]
    fn what_does_not_parse_makes_doubtful_what_it_names() {
        let start = "create table users (id int primary key, name text);";
        for (broken, silent, marked) in [
            ("create table a (b int c int)", "select x from a; drop table a; drop index a_pkey", "select y"),
            (
                "create table a (b int c int)",
                "create table a (b int); select b from a; drop table a",
                "drop table a",
            ),
            ("create function f() returnz int", "select f(1), name from users", "select g(1)"),
            (
                "create function f() returnz int",
                "create view v as select f(1) as c; select c from v",
                "select nosuch from users",
            ),
            (
                "alter table users add constraint ck chek",
                "alter table users drop constraint ck; select a from users",
                "alter table users2 drop constraint c",
            ),
            (
                "create unique index on users (name))",
                "insert into users values (1) on conflict (name) do nothing",
                "insert into nowhere values (1)",
            ),
            (
                "create view v as select from where",
                "select a, b from v; create table t as select a from v; select a from t",
                "select a from w",
            ),
        ] {
            for in_history in [false, true] {
                let text = format!("{start} {broken}; {silent}; {marked};");
                let last = Script::from(text.as_str()).sequence().count() - 1;
                let mut said = said(&text, in_history);
                said.dedup();
                assert_eq!(said, [1, last], "{text}");
            }
        }
        // psql goes on, and has changed nothing.
        for broken in ["alter table users add constraint ck chek (id)", "alter table users ad column x int"] {
            let text =
                format!("{start} {broken}; select x from users; alter table users drop constraint ck;");
            assert_eq!((said(&text, true), said(&text, false)), (vec![1], vec![1, 2, 3]));
        }
        // It is still being written.
        for broken in ["alter table users add", "alter table users add column x int,"] {
            let text = format!("{start} {broken}\nselect x from users; select y from users;");
            assert_eq!(said(&text, false), [1]);
        }
        let text = format!("{start} drop tabel users; select x from users; create table users (id int);");
        assert_eq!((said(&text, true), said(&text, false)), (vec![1], vec![1, 2, 3]));
        // Whatever it may have made.
        assert_eq!(said("create extension e e; select f(1) from t;", false), [0]);
    }

    #[test]
    fn what_a_statement_made_in_a_way_that_is_not_known_is_there() {
        assert_eq!(said("create extension e; create sequence s as nosuch; drop sequence s;", true), [0; 0]);
    }

    #[test]
    fn what_it_would_not_have_made_is_still_missing() {
        let text = "create table users (id int); create table b (id txt); select id from c; select nosuch from users;";
        assert_eq!(said(text, true), [1, 2, 3]);
        let text = "create table t (id int); create table u (id int); alter table t add constraint ck check (nosuch > 0);
            create function f() returns nosuch language sql as 'select 1'; alter table t drop constraint ck;
            select f(), id from t; alter table u drop constraint other; select g(1); select id from nowhere;";
        assert_eq!(said(text, true), [2, 3, 6, 7, 8]);
        let text = "drop table nowhere; select id from nowhere;";
        assert_eq!(said(text, true), [0, 1]);
    }
}
