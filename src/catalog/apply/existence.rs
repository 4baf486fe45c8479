//! `EXISTS (SELECT … FROM information_schema.columns WHERE table_name = '…')` and its like, answered by the catalog.

use crate::syntax::ast::{AExprKind, BoolExprType, Node, NodeEnum, SelectStmt};

use super::super::builtin;
use super::super::entity::EntityKind;
use super::super::model::*;
use super::constant::{Constant, Scope};
use super::{schema_of, split_name, string};

/// A row of a system view: the columns of it that are known here.
type Row = Vec<(&'static str, String)>;

/// Whether a query gives a row, if the catalog can tell.
pub(super) fn has_rows(scope: &Scope, select: &SelectStmt) -> Option<bool> {
    let [from] = select.from_clause.as_slice() else { return None };
    let Some(NodeEnum::RangeVar(range)) = &from.node else { return None };
    let is_plain = select.group_clause.is_empty()
        && select.having_clause.is_none()
        && select.limit_offset.is_none()
        && select.with_clause.is_none()
        && select.larg.is_none();
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
    // PostgreSQL has types, functions and so on of its own, and the server's roles are not all a script's.
    let of_others = |column: &str, is_there: &dyn Fn(&str) -> bool| {
        wanted.iter().any(|(name, value)| name == column && is_there(value))
    };
    let facts = builtin::facts();
    let found = rows(catalog, &view)?;
    let mut matches = false;
    for row in &found {
        let mut all = true;
        for (column, value) in &wanted {
            let (_, own) = row.iter().find(|(name, _)| name == column)?;
            // An object by its identifier is written as a name, with or without a schema.
            all &= match column.as_str() {
                "conrelid" | "tgrelid" | "polrelid" | "indrelid" => {
                    let parts: Vec<&str> = value.split('.').map(|part| part.trim_matches('"')).collect();
                    let (schema, name) = split_name(&parts);
                    let relation = catalog.relation(schema, name)?;
                    *own == relation.qualified_name().to_string()
                }
                _ => own == value,
            };
        }
        matches |= all;
    }
    if matches {
        return Some(true);
    }
    // Of an empty view it is not known whether the columns exist, and it matters not.
    match view.as_str() {
        "pg_type" if of_others("typname", &|name| facts.types.has(name) || name.starts_with('_')) => None,
        "pg_proc" if of_others("proname", &|name| facts.functions.has(name)) => None,
        "pg_roles" | "pg_user" | "pg_authid" => None,
        // The names of NOT NULL, which PostgreSQL chooses since 18, are not all kept.
        "pg_constraint" | "information_schema.table_constraints"
            if wanted.iter().any(|(_, value)| value.contains("not_null")) =>
        {
            None
        }
        "pg_class" | "pg_tables" | "information_schema.tables" | "information_schema.columns"
            if wanted.iter().any(|(_, value)| value.starts_with("pg_") || value == "information_schema") =>
        {
            None
        }
        "information_schema.columns" => {
            let of_unknown = wanted.iter().filter(|(name, _)| name == "table_name").any(|(_, table)| {
                catalog.relations().any(|relation| *relation.name == **table && relation.unknown_columns)
            });
            (!of_unknown).then_some(false)
        }
        _ => Some(false),
    }
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

fn rows(catalog: &Catalog, view: &str) -> Option<Vec<Row>> {
    let relations = || catalog.relations().filter(|relation| relation.kind != RelationKind::CompositeType);
    let of_kind = |kinds: &'static [RelationKind], schema: &'static str, name: &'static str| -> Vec<Row> {
        let all = catalog.relations().filter(|relation| kinds.contains(&relation.kind));
        all.map(|r| vec![(schema, r.schema.to_string()), (name, r.name.to_string())]).collect()
    };
    let named = |kind: EntityKind, column: &'static str| -> Vec<Row> {
        let all = catalog.entities.values().flatten().filter(|entity| entity.kind == kind);
        all.map(|entity| vec![(column, entity.name.to_string())]).collect()
    };
    const TABLES: &[RelationKind] = &[RelationKind::Table, RelationKind::PartitionedTable];
    Some(match view {
        "information_schema.tables" => of_kind(
            &[
                RelationKind::Table,
                RelationKind::PartitionedTable,
                RelationKind::View,
                RelationKind::ForeignTable,
            ],
            "table_schema",
            "table_name",
        ),
        "information_schema.views" => of_kind(&[RelationKind::View], "table_schema", "table_name"),
        "pg_tables" => of_kind(TABLES, "schemaname", "tablename"),
        "pg_views" => of_kind(&[RelationKind::View], "schemaname", "viewname"),
        "pg_matviews" => of_kind(&[RelationKind::MaterializedView], "schemaname", "matviewname"),
        "pg_sequences" => of_kind(&[RelationKind::Sequence], "schemaname", "sequencename"),
        "information_schema.sequences" => {
            of_kind(&[RelationKind::Sequence], "sequence_schema", "sequence_name")
        }
        "information_schema.columns" => relations()
            .filter(|relation| {
                !matches!(relation.kind, RelationKind::Sequence | RelationKind::MaterializedView)
            })
            .flat_map(|relation| {
                relation.columns.iter().map(|column| {
                    vec![
                        ("table_schema", relation.schema.to_string()),
                        ("table_name", relation.name.to_string()),
                        ("column_name", column.name.to_string()),
                    ]
                })
            })
            .collect(),
        "information_schema.schemata" => schemas(catalog, "schema_name"),
        "pg_namespace" => schemas(catalog, "nspname"),
        "pg_indexes" => relations()
            .flat_map(|relation| {
                relation.indexes.iter().map(|index| {
                    vec![
                        ("schemaname", relation.schema.to_string()),
                        ("tablename", relation.name.to_string()),
                        ("indexname", index.name.to_string()),
                    ]
                })
            })
            .collect(),
        "pg_class" => {
            let own = relations().map(|relation| vec![("relname", relation.name.to_string())]);
            let indexes = relations().flat_map(|relation| &relation.indexes);
            own.chain(indexes.map(|index| vec![("relname", index.name.to_string())])).collect()
        }
        "pg_type" => {
            let types = catalog.schemas.values().flat_map(|schema| schema.types.keys());
            let rows = catalog.relations().map(|relation| &relation.name);
            types.chain(rows).map(|name| vec![("typname", name.to_string())]).collect()
        }
        "pg_proc" => {
            let names = catalog.schemas.values().flat_map(|schema| schema.routines.keys());
            names.map(|name| vec![("proname", name.to_string())]).collect()
        }
        "information_schema.routines" => catalog
            .schemas
            .values()
            .flat_map(|schema| {
                schema.routines.keys().map(|name| {
                    vec![("routine_schema", schema.name.to_string()), ("routine_name", name.to_string())]
                })
            })
            .collect(),
        "information_schema.table_constraints" | "pg_constraint" => constraints(catalog),
        "pg_trigger" => relations()
            .flat_map(|relation| {
                relation.triggers.iter().map(|trigger| {
                    vec![
                        ("tgname", trigger.name.to_string()),
                        ("tgrelid", relation.qualified_name().to_string()),
                    ]
                })
            })
            .collect(),
        "pg_policies" => relations()
            .flat_map(|relation| {
                relation.policies.iter().map(|policy| {
                    vec![
                        ("schemaname", relation.schema.to_string()),
                        ("tablename", relation.name.to_string()),
                        ("policyname", policy.name.to_string()),
                    ]
                })
            })
            .collect(),
        "pg_extension" => {
            let own = catalog.extensions.keys().map(|name| vec![("extname", name.to_string())]);
            own.chain([vec![("extname", "plpgsql".to_owned())]]).collect()
        }
        "pg_publication" => named(EntityKind::Publication, "pubname"),
        "pg_event_trigger" => named(EntityKind::EventTrigger, "evtname"),
        "pg_foreign_server" => named(EntityKind::Server, "srvname"),
        "pg_roles" => named(EntityKind::Role, "rolname"),
        _ => return None,
    })
}

fn schemas(catalog: &Catalog, column: &'static str) -> Vec<Row> {
    let own = catalog.schemas.keys().map(|name| name.to_string());
    let all = own.chain(["pg_catalog", "information_schema", "pg_toast"].map(str::to_owned));
    all.map(|name| vec![(column, name)]).collect()
}

fn constraints(catalog: &Catalog) -> Vec<Row> {
    let of = |relation: &Relation, constraint: &Constraint| {
        let kind = match constraint.kind {
            ConstraintKind::PrimaryKey => ("PRIMARY KEY", "p"),
            ConstraintKind::Unique => ("UNIQUE", "u"),
            ConstraintKind::ForeignKey => ("FOREIGN KEY", "f"),
            ConstraintKind::Exclusion => ("EXCLUDE", "x"),
            ConstraintKind::Check => ("CHECK", "c"),
            ConstraintKind::NotNull => ("CHECK", "n"),
        };
        vec![
            ("constraint_schema", relation.schema.to_string()),
            ("table_schema", relation.schema.to_string()),
            ("table_name", relation.name.to_string()),
            ("constraint_name", constraint.name.to_string()),
            ("constraint_type", kind.0.to_owned()),
            ("conname", constraint.name.to_string()),
            ("contype", kind.1.to_owned()),
            ("conrelid", relation.qualified_name().to_string()),
        ]
    };
    let relations = catalog.relations();
    relations
        .flat_map(|relation| relation.constraints.iter().map(move |constraint| of(relation, constraint)))
        .collect()
}
