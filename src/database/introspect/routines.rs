//! Functions, procedures, aggregates and window functions.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;

use super::relations::read_options;
use super::rights::{extension, owner, privileges, read_privileges};
use super::{Names, USER_SCHEMA, letter, optional, text};
use crate::catalog::deparse::relation_text;
use crate::catalog::model::{
    Argument, ArgumentMode, Grantable, Name, Options, Parallel, Routine, RoutineKind, Schema, Volatility,
    sort_overloads,
};

/// The source is given for languages that have one: a C function's is the name of its symbol. A body written as
/// `BEGIN ATOMIC` is a tree there, without a text between quotes.
pub fn query(version: u32) -> String {
    let atomic = if version >= 140_000 { "p.prosqlbody IS NULL" } else { "true" };
    let (owner, privileges) = (owner("p.proowner"), privileges("p.proacl", "p.proowner"));
    let function = |word: &str, column: &str| {
        format!(
            "(SELECT pg_catalog.json_build_array('{word}', fn.nspname, f.proname) FROM pg_catalog.pg_proc f \
              JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = {column}::oid)"
        )
    };
    let functions: Vec<String> = [
        ("sfunc", "ag.aggtransfn"),
        ("finalfunc", "ag.aggfinalfn"),
        ("combinefunc", "ag.aggcombinefn"),
        ("serialfunc", "ag.aggserialfn"),
        ("deserialfunc", "ag.aggdeserialfn"),
        ("msfunc", "ag.aggmtransfn"),
        ("minvfunc", "ag.aggminvtransfn"),
        ("mfinalfunc", "ag.aggmfinalfn"),
        ("support", "p.prosupport"),
    ]
    .iter()
    .map(|(word, column)| function(word, column))
    .collect();
    let functions = functions.join(", ");
    let extension = extension("pg_proc", "p.oid");
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
           CASE WHEN p.prokind <> 'a' AND l.lanname NOT IN ('c', 'internal') AND {atomic} THEN p.prosrc END, \
           {owner}, {privileges}, p.proleakproof, p.proparallel, \
           CASE WHEN p.procost <> CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END THEN p.procost::text END, \
           CASE WHEN p.proretset AND p.prorows <> 1000 THEN p.prorows::text END, \
           CASE WHEN p.prokind = 'a' OR p.prosupport <> 0 THEN pg_catalog.json_build_array({functions})::text END, \
           pg_catalog.format_type(ag.aggtranstype, NULL), ag.agginitval, pg_catalog.to_json(p.proconfig)::text, {extension} \
         FROM pg_catalog.pg_proc p \
         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
         JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
         LEFT JOIN pg_catalog.pg_aggregate ag ON ag.aggfnoid = p.oid \
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
        let extension = optional(row, 27).map(|extension| names.intern(&extension));
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
            owner: optional(row, 17).map(|owner| names.intern(&owner)),
            privileges: read_privileges(Grantable::Routine, row.get(18), names),
            leakproof: row.get(19),
            parallel: match letter(row, 20) {
                's' => Parallel::Safe,
                'r' => Parallel::Restricted,
                _ => Parallel::Unsafe,
            },
            options: options(row, names),
            settings: read_options(row.get(26), names),
            comment: optional(row, 15),
            // An extension's source is nobody's to read or to change here.
            body: optional(row, 16).filter(|_| extension.is_none()),
            extension,
        };
        if let Some(schema) = schemas.get_mut(&routine.schema) {
            schema.routines.entry(routine.name.clone()).or_default().push(Arc::new(routine));
        }
    }
    for schema in schemas.values_mut() {
        let overloaded: Vec<Name> = schema
            .routines
            .iter()
            .filter(|(_, overloads)| overloads.len() > 1)
            .map(|(name, _)| name.clone())
            .collect();
        for name in overloaded {
            if let Some(overloads) = schema.routines.get_mut(&name) {
                sort_overloads(overloads);
            }
        }
    }
}

/// What was given where something else holds by default, and an aggregate's functions.
fn options(row: &Row, names: &mut Names) -> Options {
    let mut options = Options::new();
    let functions: Vec<Option<(String, String, String)>> =
        row.get::<_, Option<&str>>(23).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    for (word, schema, name) in functions.into_iter().flatten() {
        options.push((names.intern(&word), relation_text(&schema, &name).into()));
    }
    for (word, column) in [("cost", 21), ("rows", 22), ("initcond", 25)] {
        options.extend(optional(row, column).map(|text| (names.intern(word), text)));
    }
    if letter(row, 2) == 'a' {
        options.extend(optional(row, 24).map(|text| (names.intern("stype"), text)));
    }
    options.sort();
    options
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
