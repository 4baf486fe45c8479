//! `EXISTS (SELECT … FROM information_schema.columns WHERE table_name = '…')` and its like, answered by the catalog, and
//! what a query of such a view gives.

use crate::syntax::ast::{AExprKind, BoolExprType, FuncCall, Node, NodeEnum, NodeRef, SelectStmt};

use super::super::builtin;
use super::super::entity::EntityKind;
use super::super::model::*;
use super::constant::{Constant, Scope};
use super::{find, schema_of, split_name, string, strings};

/// A system view: the columns of it that are known here, and the rows that are not PostgreSQL's own.
struct Rows {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

/// Whether a query gives a row, if the catalog can tell.
pub(super) fn has_rows(scope: &Scope, select: &SelectStmt) -> Option<bool> {
    let found = found(scope, select)?;
    match found.rows.is_empty() {
        false => Some(true),
        true => (!found.may_be_more).then_some(false),
    }
}

/// The value that a query of one column gives, whichever of its rows is taken; NULL if it gives none.
pub(super) fn value(scope: &Scope, select: &SelectStmt) -> Option<Constant> {
    let [target] = select.target_list.as_slice() else { return None };
    let Some(NodeEnum::ResTarget(target)) = &target.node else { return None };
    // An aggregate gives a row whatever there is.
    let may_aggregate = |(node, ..): &(NodeRef, _, _, _)| match node {
        NodeRef::FuncCall(call) => !is_plain_function(call),
        _ => false,
    };
    if target.val.as_deref()?.node.as_ref()?.nodes().iter().any(may_aggregate) {
        return None;
    }
    let found = found(scope, select)?;
    if found.may_be_more {
        return None;
    }
    let mut only = None;
    for row in &found.rows {
        let row: Vec<(&str, &str)> =
            found.columns.iter().copied().zip(row.iter().map(String::as_str)).collect();
        let value = Scope { row: &row, ..*scope }.value(target.val.as_deref()?)?;
        if only.as_ref().is_some_and(|only| *only != value) {
            return None;
        }
        only = Some(value);
    }
    Some(only.unwrap_or(Constant::Null))
}

/// Whether a function is one that gives a value for each row.
fn is_plain_function(call: &FuncCall) -> bool {
    matches!(strings(&call.funcname).last(), Some(&("concat" | "format" | "quote_ident" | "lower" | "upper")))
}

/// What a query finds in a view.
struct Found {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
    /// Whether it may find others, which are not known here.
    may_be_more: bool,
}

fn found(scope: &Scope, select: &SelectStmt) -> Option<Found> {
    let [from] = select.from_clause.as_slice() else { return None };
    let Some(NodeEnum::RangeVar(range)) = &from.node else { return None };
    let is_plain = select.group_clause.is_empty()
        && select.having_clause.is_none()
        && select.limit_offset.is_none()
        && select.with_clause.is_none()
        && select.larg.is_none();
    // An aggregate gives a row whatever there is.
    let calls = |node: &Node| {
        matches!(&node.node, Some(NodeEnum::ResTarget(target))
            if matches!(target.val.as_deref().and_then(|value| value.node.as_ref()), Some(NodeEnum::FuncCall(call))
                if !is_plain_function(call)))
    };
    let is_plain = is_plain && !select.target_list.iter().any(calls);
    let catalog = scope.catalog;
    if !is_plain || catalog.unknown_names {
        return None;
    }
    let view = match schema_of(range) {
        Some("information_schema") => format!("information_schema.{}", range.relname),
        Some("pg_catalog") | None => range.relname.clone(),
        Some(_) => return None,
    };
    let mut wanted = Vec::new();
    conditions(scope, select.where_clause.as_deref()?, &mut wanted)?;
    let Rows { columns, rows } = rows(catalog, &view)?;
    let mut places = Vec::new();
    for (column, value) in &wanted {
        let place = columns.iter().position(|name| name == column)?;
        // An object by its identifier is written as a name, with or without a schema.
        let value = match column.as_str() {
            "conrelid" | "tgrelid" => {
                let parts: Vec<&str> = value.split('.').map(|part| part.trim_matches('"')).collect();
                let (schema, name) = split_name(&parts);
                catalog.relation(schema, name)?.qualified_name().to_string()
            }
            _ => value.clone(),
        };
        places.push((place, value));
    }
    let may_be_more = may_be_of_system(catalog, &view, &wanted);
    let is_it = |row: &Vec<String>| places.iter().all(|(place, value)| row[*place] == *value);
    Some(Found { columns, rows: rows.into_iter().filter(is_it).collect(), may_be_more })
}

/// Whether what is looked for may be there without being among the rows: PostgreSQL's own, the server's, or what is not
/// kept here.
fn may_be_of_system(catalog: &Catalog, view: &str, wanted: &[(String, String)]) -> bool {
    let value = |names: &[&str]| {
        wanted.iter().find(|(column, _)| names.contains(&column.as_str())).map(|(_, value)| value.as_str())
    };
    let facts = builtin::facts();
    // By the schema, or else by the name.
    let is_system = |schema: &str, name: &str, is_own: &dyn Fn(&str) -> bool| match value(&[schema]) {
        Some(schema) => find::is_system_schema(schema),
        None => value(&[name]).is_none_or(is_own),
    };
    let is_relation = |name: &str| name.starts_with("pg_") || facts.relations.has(name);
    let is_function = |name: &str| name.starts_with("_pg_") || facts.functions.has(name);
    match view {
        "pg_class" => is_system("", "relname", &is_relation),
        "pg_tables" | "pg_indexes" => is_system("schemaname", "tablename", &is_relation),
        "pg_views" => is_system("schemaname", "viewname", &is_relation),
        "information_schema.tables" | "information_schema.views" => {
            is_system("table_schema", "table_name", &is_relation)
        }
        "information_schema.columns" => {
            let is_unknown = |relation: &Relation| {
                relation.unknown_columns && value(&["table_name"]).is_none_or(|name| *relation.name == *name)
            };
            is_system("table_schema", "table_name", &is_relation)
                || catalog.relations().any(|r| is_unknown(r))
        }
        "pg_type" => is_system("", "typname", &|name| {
            name.starts_with('_') || facts.types.has(name) || is_relation(name)
        }),
        "pg_proc" => is_system("", "proname", &is_function),
        "information_schema.routines" => is_system("routine_schema", "routine_name", &is_function),
        "pg_namespace" | "information_schema.schemata" => {
            value(&["nspname", "schema_name"]).is_none_or(|name| name.starts_with("pg_"))
        }
        "pg_roles" => true,
        "pg_constraint" | "information_schema.table_constraints" => may_be_unlisted(catalog, &value),
        _ => false,
    }
}

/// Whether a constraint that is looked for may be one that `constraints` does not list: a domain's, a trigger's, or that
/// a column is not NULL.
fn may_be_unlisted<'v>(catalog: &Catalog, value: &dyn Fn(&[&str]) -> Option<&'v str>) -> bool {
    let Some(name) = value(&["conname", "constraint_name"]) else {
        let kind = value(&["contype", "constraint_type"]);
        let is_listed =
            |kind: &str| matches!(kind, "PRIMARY KEY" | "UNIQUE" | "FOREIGN KEY" | "p" | "u" | "f" | "x");
        return value(&["conrelid", "table_name"]).is_none() || !kind.is_some_and(is_listed);
    };
    let is_of_domain = |ty: &Type| match &ty.kind {
        TypeKind::Domain { checks, .. } => checks.iter().any(|check| *check.name == *name),
        _ => false,
    };
    name.contains("not_null")
        || name.starts_with("pg_")
        || catalog.schemas.values().any(|schema| schema.types.values().any(|ty| is_of_domain(ty)))
        || catalog.relations().any(|relation| relation.triggers.iter().any(|trigger| *trigger.name == *name))
}

/// `a = 'x' AND b = 'y'` as pairs; `None` for anything else.
fn conditions(scope: &Scope, node: &Node, out: &mut Vec<(String, String)>) -> Option<()> {
    match node.node.as_ref()? {
        NodeEnum::BoolExpr(all) if all.boolop() == BoolExprType::AndExpr => {
            all.args.iter().try_for_each(|node| conditions(scope, node, out))
        }
        NodeEnum::AExpr(equals)
            if equals.kind() == AExprKind::AexprOp && string(equals.name.first()?) == "=" =>
        {
            let (left, right) = (equals.lexpr.as_deref()?, equals.rexpr.as_deref()?);
            let (column, value) = match (column_of(left), column_of(right)) {
                (Some(column), _) => (column, scope.value(right)?),
                (None, Some(column)) => (column, scope.value(left)?),
                (None, None) => return None,
            };
            let Constant::Text(value) = value else { return None };
            out.push((column.to_owned(), value));
            Some(())
        }
        _ => None,
    }
}

fn column_of(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::ColumnRef(column) => Some(string(column.fields.last()?)),
        NodeEnum::TypeCast(cast) => column_of(cast.arg.as_deref()?),
        _ => None,
    }
}

fn rows(catalog: &Catalog, view: &str) -> Option<Rows> {
    let relations = || catalog.relations().filter(|relation| relation.kind != RelationKind::CompositeType);
    let schemas = || catalog.schemas.values();
    let of_relations = |columns: &'static [&'static str], kinds: &[RelationKind]| {
        let all = catalog.relations().filter(|relation| kinds.contains(&relation.kind));
        Rows { columns, rows: all.map(|r| vec![r.schema.to_string(), r.name.to_string()]).collect() }
    };
    let of_names = |column: &'static [&'static str], names: Vec<String>| Rows {
        columns: column,
        rows: names.into_iter().map(|name| vec![name]).collect(),
    };
    let entities = |kind: EntityKind, column: &'static [&'static str]| {
        let all = catalog.entities.values().flatten().filter(|entity| entity.kind == kind);
        of_names(column, all.map(|entity| entity.name.to_string()).collect())
    };
    let schema_names = || {
        let own = catalog.schemas.keys().map(|name| name.to_string());
        own.chain(["pg_catalog", "information_schema", "pg_toast"].map(str::to_owned)).collect()
    };
    // For each relation the parts of it, behind its own names.
    let parts = |columns: &'static [&'static str], of: &dyn Fn(&Relation) -> Vec<Vec<String>>| Rows {
        columns,
        rows: relations().flat_map(|relation| of(relation)).collect(),
    };
    let named = |relation: &Relation, part: &Name| {
        vec![relation.schema.to_string(), relation.name.to_string(), part.to_string()]
    };
    use RelationKind::*;
    Some(match view {
        "information_schema.tables" => {
            of_relations(&["table_schema", "table_name"], &[Table, PartitionedTable, View, ForeignTable])
        }
        "information_schema.views" => of_relations(&["table_schema", "table_name"], &[View]),
        "pg_tables" => of_relations(&["schemaname", "tablename"], &[Table, PartitionedTable]),
        "pg_views" => of_relations(&["schemaname", "viewname"], &[View]),
        "pg_matviews" => of_relations(&["schemaname", "matviewname"], &[MaterializedView]),
        "pg_sequences" => of_relations(&["schemaname", "sequencename"], &[Sequence]),
        "information_schema.sequences" => of_relations(&["sequence_schema", "sequence_name"], &[Sequence]),
        "information_schema.columns" => {
            parts(&["table_schema", "table_name", "column_name"], &|relation| match relation.kind {
                Sequence | MaterializedView => Vec::new(),
                _ => relation.columns.iter().map(|column| named(relation, &column.name)).collect(),
            })
        }
        "pg_indexes" => parts(&["schemaname", "tablename", "indexname"], &|relation| {
            relation.indexes.iter().map(|index| named(relation, &index.name)).collect()
        }),
        "pg_policies" => parts(&["schemaname", "tablename", "policyname"], &|relation| {
            relation.policies.iter().map(|policy| named(relation, &policy.name)).collect()
        }),
        "pg_trigger" => parts(&["tgrelid", "tgname"], &|relation| {
            let triggers = relation.triggers.iter();
            triggers.map(|t| vec![relation.qualified_name().to_string(), t.name.to_string()]).collect()
        }),
        "pg_constraint" => parts(&["conrelid", "conname", "contype"], &|relation| {
            let row = |constraint: &Constraint| {
                let (_, letter) = kind_of(constraint);
                vec![relation.qualified_name().to_string(), constraint.name.to_string(), letter.to_owned()]
            };
            relation.constraints.iter().map(|constraint| row(constraint)).collect()
        }),
        "information_schema.table_constraints" => parts(
            &["table_schema", "table_name", "constraint_name", "constraint_schema", "constraint_type"],
            &|relation| {
                let row = |constraint: &Constraint| {
                    let (kind, _) = kind_of(constraint);
                    let more = [relation.schema.to_string(), kind.to_owned()];
                    named(relation, &constraint.name).into_iter().chain(more).collect()
                };
                relation.constraints.iter().map(|constraint| row(constraint)).collect()
            },
        ),
        "information_schema.schemata" => of_names(&["schema_name"], schema_names()),
        "pg_namespace" => of_names(&["nspname"], schema_names()),
        "pg_class" => {
            // Composite types too.
            let own = catalog.relations().map(|relation| &relation.name);
            let indexes = relations().flat_map(|relation| &relation.indexes).map(|index| &index.name);
            of_names(&["relname"], own.chain(indexes).map(|name| name.to_string()).collect())
        }
        "pg_type" => {
            let rows = catalog.relations().map(|relation| &relation.name);
            let all = schemas().flat_map(|schema| schema.types.keys()).chain(rows);
            of_names(&["typname"], all.map(|name| name.to_string()).collect())
        }
        "pg_proc" => {
            let all = schemas().flat_map(|schema| schema.routines.keys());
            of_names(&["proname"], all.map(|name| name.to_string()).collect())
        }
        "information_schema.routines" => {
            let row = |schema: &Schema, name: &Name| vec![schema.name.to_string(), name.to_string()];
            let all = schemas().flat_map(|schema| schema.routines.keys().map(move |name| row(schema, name)));
            Rows { columns: &["routine_schema", "routine_name"], rows: all.collect() }
        }
        "pg_extension" => {
            let own = catalog.extensions.keys().map(|name| name.to_string());
            of_names(&["extname"], own.chain(["plpgsql".to_owned()]).collect())
        }
        "pg_publication" => entities(EntityKind::Publication, &["pubname"]),
        "pg_event_trigger" => entities(EntityKind::EventTrigger, &["evtname"]),
        "pg_foreign_server" => entities(EntityKind::Server, &["srvname"]),
        "pg_roles" => entities(EntityKind::Role, &["rolname"]),
        _ => return None,
    })
}

/// A constraint's kind as information_schema has it, and as pg_constraint does.
fn kind_of(constraint: &Constraint) -> (&'static str, &'static str) {
    match constraint.kind {
        ConstraintKind::PrimaryKey => ("PRIMARY KEY", "p"),
        ConstraintKind::Unique => ("UNIQUE", "u"),
        ConstraintKind::ForeignKey => ("FOREIGN KEY", "f"),
        ConstraintKind::Exclusion => ("EXCLUDE", "x"),
        ConstraintKind::Check => ("CHECK", "c"),
        ConstraintKind::NotNull => ("CHECK", "n"),
    }
}
