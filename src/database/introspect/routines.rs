//! Functions, procedures, aggregates and window functions.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;

use super::{Names, USER_SCHEMA, letter, optional, text};
use crate::catalog::model::{Argument, ArgumentMode, Name, Routine, RoutineKind, Schema, Volatility};

/// The source is given for languages that have one: a C function's is the name of its symbol. A body written as
/// `BEGIN ATOMIC` is a tree there, without a text between quotes.
pub fn query(version: u32) -> String {
    let atomic = if version >= 140_000 { "p.prosqlbody IS NULL" } else { "true" };
    format!(
        "SELECT n.nspname::text, p.proname::text, p.prokind, \
           coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes::text[], p.proargnames, \
           CASE WHEN p.pronargdefaults > 0 THEN ARRAY ( \
             SELECT pg_catalog.pg_get_function_arg_default(p.oid, a.n) \
             FROM pg_catalog.generate_series(1, pg_catalog.cardinality(coalesce(p.proallargtypes, p.proargtypes::oid[]))) \
               AS a (n) ORDER BY a.n) END, \
           p.prorettype, p.proretset, pg_catalog.pg_get_function_arguments(p.oid), \
           pg_catalog.pg_get_function_result(p.oid), l.lanname::text, p.provolatile, p.proisstrict, p.prosecdef, \
           d.description, \
           CASE WHEN p.prokind <> 'a' AND l.lanname NOT IN ('c', 'internal') AND {atomic} THEN p.prosrc END \
         FROM pg_catalog.pg_proc p \
         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
         JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
         LEFT JOIN pg_catalog.pg_description d \
           ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_proc'::regclass AND d.objsubid = 0 \
         WHERE {USER_SCHEMA}"
    )
}

pub fn routines(rows: &[Row], schemas: &mut HashMap<Name, Schema>, names: &mut Names) {
    for row in rows {
        let kind = match letter(row, 2) {
            'p' => RoutineKind::Procedure,
            'a' => RoutineKind::Aggregate,
            'w' => RoutineKind::Window,
            _ => RoutineKind::Function,
        };
        let result = names.ty(row.get(7), -1);
        let nothing = kind == RoutineKind::Procedure && result.is_builtin("void");
        let routine = Routine {
            schema: names.intern(row.get(0)),
            name: names.intern(row.get(1)),
            kind,
            arguments: arguments(row, names),
            result: (!nothing).then_some(result),
            returns_set: row.get(8),
            arguments_text: text(row, 9),
            result_text: optional(row, 10),
            language: names.intern(row.get(11)),
            volatility: match letter(row, 12) {
                'i' => Volatility::Immutable,
                's' => Volatility::Stable,
                _ => Volatility::Volatile,
            },
            strict: row.get(13),
            security_definer: row.get(14),
            comment: optional(row, 15),
            body: optional(row, 16),
        };
        if let Some(schema) = schemas.get_mut(&routine.schema) {
            schema.routines.entry(routine.name.clone()).or_default().push(Arc::new(routine));
        }
    }
    for schema in schemas.values_mut() {
        // As a fold has them. No two have the same input types, so that the order is the same at each reading.
        let overloaded: Vec<Name> = schema
            .routines
            .iter()
            .filter(|(_, overloads)| overloads.len() > 1)
            .map(|(name, _)| name.clone())
            .collect();
        for name in overloaded {
            if let Some(overloads) = schema.routines.get_mut(&name) {
                overloads.sort_by_cached_key(|routine| {
                    let inputs: Vec<_> = routine.input_types().map(ToString::to_string).collect();
                    (routine.arguments_text.clone(), inputs)
                });
            }
        }
    }
}

fn arguments(row: &Row, names: &mut Names) -> Vec<Argument> {
    let types: Vec<u32> = row.get(3);
    let modes: Vec<&str> = row.get::<_, Option<_>>(4).unwrap_or_default();
    let argument_names: Vec<&str> = row.get::<_, Option<_>>(5).unwrap_or_default();
    let defaults: Vec<Option<&str>> = row.get::<_, Option<_>>(6).unwrap_or_default();
    types
        .iter()
        .enumerate()
        .map(|(n, oid)| Argument {
            name: argument_names.get(n).filter(|name| !name.is_empty()).map(|name| names.intern(name)),
            mode: match modes.get(n) {
                Some(&"o") => ArgumentMode::Out,
                Some(&"b") => ArgumentMode::InOut,
                Some(&"v") => ArgumentMode::Variadic,
                Some(&"t") => ArgumentMode::Table,
                _ => ArgumentMode::In,
            },
            ty: names.ty(*oid, -1),
            default: defaults.get(n).copied().flatten().map(Name::from),
        })
        .collect()
}
