//! Constraints, triggers, rules and policies of relations, and the checks of domains.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;

use super::relations::Builder;
use super::{Names, USER_SCHEMA, letter, optional, text};
use crate::catalog::model::{
    Constraint, ConstraintKind, Enabled, Event, ForeignAction, ForeignKey, Name, Policy, QualifiedName, Rule,
    Trigger, ViewQuery,
};
use crate::catalog::quote;

/// Constraint triggers are triggers. NOT NULL, and a key that is nothing but its columns, have definitions that need no
/// printing. A foreign key to a partitioned table has further
/// rows, one for each partition that it refers to, which nobody made.
pub fn query(version: u32) -> String {
    let enforced = if version >= 180_000 { "k.conenforced" } else { "true" };
    let period = if version >= 180_000 { "k.conperiod" } else { "false" };
    let nulls_not_distinct = if version >= 150_000 { "i.indnullsnotdistinct" } else { "false" };
    format!(
        "SELECT k.conname::text, k.contype, k.conrelid, k.contypid, k.conkey, k.confrelid, k.confkey, \
           k.confupdtype, k.confdeltype, k.convalidated, {enforced}, k.condeferrable, k.condeferred, \
           CASE WHEN k.contype = 'n' THEN NULL \
                WHEN k.contype IN ('p', 'u') AND NOT k.condeferrable AND NOT {period} \
                  AND i.indnatts = i.indnkeyatts AND NOT {nulls_not_distinct} THEN NULL \
                WHEN k.conrelid <> ALL ($1) THEN pg_catalog.pg_get_constraintdef(k.oid) ELSE '' END, d.description, \
           k.connoinherit, k.contype NOT IN ('c', 'n') OR k.conislocal \
         FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace \
         LEFT JOIN pg_catalog.pg_constraint p ON p.oid = k.conparentid \
         LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid \
         LEFT JOIN pg_catalog.pg_description d \
           ON d.objoid = k.oid AND d.classoid = 'pg_catalog.pg_constraint'::regclass \
         WHERE {USER_SCHEMA} AND k.contype IN ('p', 'u', 'c', 'f', 'x', 'n') AND NOT (k.contype = 'n' AND k.contypid <> 0) \
           AND NOT (k.contype = 'f' AND p.oid IS NOT NULL AND p.conrelid = k.conrelid)"
    )
}

/// The checks of domains, which are their types'.
pub type Domains = HashMap<u32, Vec<Arc<Constraint>>>;

/// Puts a constraint into its relation or into `domains`.
pub fn constraint(row: &Row, builder: &mut Builder, domains: &mut Domains, names: &mut Names) {
    let (relation, domain): (u32, u32) = (row.get(2), row.get(3));
    let numbers = |column: usize| row.get::<_, Option<Vec<i16>>>(column).unwrap_or_default();
    let kind = match letter(row, 1) {
        'p' => ConstraintKind::PrimaryKey,
        'u' => ConstraintKind::Unique,
        'f' => ConstraintKind::ForeignKey,
        'x' => ConstraintKind::Exclusion,
        'n' => ConstraintKind::NotNull,
        _ => ConstraintKind::Check,
    };
    let referenced: u32 = row.get(5);
    let foreign =
        builder.get(referenced).filter(|_| kind == ConstraintKind::ForeignKey).map(|table| ForeignKey {
            table: table.qualified_name(),
            columns: builder.column_names(referenced, &numbers(6)),
            on_update: action(letter(row, 7)),
            on_delete: action(letter(row, 8)),
        });
    let columns = builder.column_names(relation, &numbers(4));
    let validated: bool = row.get(9);
    let definition = match (row.get::<_, Option<&str>>(13), kind) {
        (Some(printed), _) => printed.into(),
        (None, ConstraintKind::NotNull) => not_null_definition(&columns, row.get(15), validated),
        (None, _) => key_definition(kind, &columns),
    };
    let constraint = Constraint {
        name: names.intern(row.get(0)),
        kind,
        columns,
        foreign,
        validated,
        enforced: row.get(10),
        deferrable: row.get(11),
        initially_deferred: row.get(12),
        local: row.get(16),
        definition,
        comment: optional(row, 14),
    };
    if domain != 0 {
        domains.entry(domain).or_default().push(Arc::new(constraint));
    } else if let Some(relation) = builder.get_mut(relation) {
        relation.constraints.push(Arc::new(constraint));
    }
}

fn key_definition(kind: ConstraintKind, columns: &[Name]) -> Name {
    let columns: Vec<String> = columns.iter().map(|name| quote::identifier(name)).collect();
    let word = if kind == ConstraintKind::PrimaryKey { "PRIMARY KEY" } else { "UNIQUE" };
    format!("{word} ({})", columns.join(", ")).into()
}

fn not_null_definition(columns: &[Name], no_inherit: bool, validated: bool) -> Name {
    let columns: Vec<String> = columns.iter().map(|name| quote::identifier(name)).collect();
    let no_inherit = if no_inherit { " NO INHERIT" } else { "" };
    let not_valid = if validated { "" } else { " NOT VALID" };
    format!("NOT NULL {}{no_inherit}{not_valid}", columns.join(", ")).into()
}

fn action(letter: char) -> ForeignAction {
    match letter {
        'r' => ForeignAction::Restrict,
        'c' => ForeignAction::Cascade,
        'n' => ForeignAction::SetNull,
        'd' => ForeignAction::SetDefault,
        _ => ForeignAction::NoAction,
    }
}

pub fn triggers_query(version: u32) -> String {
    // Before 14 the copies that partitions have of their parent's triggers count as internal.
    let internal =
        if version >= 140_000 { "t.tgisinternal" } else { "(t.tgisinternal AND t.tgparentid = 0)" };
    format!(
        "SELECT t.tgrelid, t.tgname::text, pn.nspname::text, p.proname::text, \
          CASE WHEN t.tgrelid <> ALL ($1) THEN pg_catalog.pg_get_triggerdef(t.oid) END, t.tgenabled, d.description \
        FROM pg_catalog.pg_trigger t \
        LEFT JOIN pg_catalog.pg_description d \
          ON d.objoid = t.oid AND d.classoid = 'pg_catalog.pg_trigger'::regclass \
        JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid \
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace \
        WHERE NOT {internal}"
    )
}

pub fn triggers(rows: &[Row], builder: &mut Builder, names: &mut Names) {
    for row in rows {
        let function = QualifiedName::new(names.intern(row.get(2)), names.intern(row.get(3)));
        let name: Name = names.intern(row.get(1));
        if let Some(relation) = builder.get_mut(row.get(0)) {
            relation.triggers.push(Arc::new(Trigger {
                name,
                function,
                enabled: Enabled::of_letter(letter(row, 5)),
                definition: text(row, 4),
                comment: optional(row, 6),
            }));
        }
    }
}

/// The rule `_RETURN` makes a view what it is.
pub const RULES: &str = "SELECT r.ev_class, r.rulename::text, r.ev_type, r.is_instead, r.ev_enabled, \
      CASE WHEN r.ev_class <> ALL ($1) THEN pg_catalog.pg_get_ruledef(r.oid) END, d.description \
    FROM pg_catalog.pg_rewrite r \
    LEFT JOIN pg_catalog.pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_catalog.pg_rewrite'::regclass \
    WHERE r.rulename <> '_RETURN' AND r.oid >= 16384";

pub fn rules(rows: &[Row], builder: &mut Builder, names: &mut Names) {
    for row in rows {
        let name: Name = names.intern(row.get(1));
        let Some(relation) = builder.get_mut(row.get(0)) else { continue };
        relation.rules.push(Arc::new(Rule {
            name,
            event: match letter(row, 2) {
                '2' => Event::Update,
                '3' => Event::Insert,
                '4' => Event::Delete,
                _ => Event::Select,
            },
            instead: row.get(3),
            enabled: Enabled::of_letter(letter(row, 4)),
            definition: ViewQuery::new(optional(row, 5)),
            comment: optional(row, 6),
        }));
    }
}

pub const POLICIES: &str = "SELECT p.polrelid, p.polname::text, p.polcmd, p.polpermissive, \
      ARRAY (SELECT r.rolname::text FROM pg_catalog.pg_roles r WHERE r.oid = ANY (p.polroles) ORDER BY 1), \
      CASE WHEN p.polrelid <> ALL ($1) THEN pg_catalog.pg_get_expr(p.polqual, p.polrelid) END, \
      CASE WHEN p.polrelid <> ALL ($1) THEN pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) END, d.description \
    FROM pg_catalog.pg_policy p \
    LEFT JOIN pg_catalog.pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_policy'::regclass";

pub fn policies(rows: &[Row], builder: &mut Builder, names: &mut Names) {
    for row in rows {
        let name: Name = names.intern(row.get(1));
        let roles: Vec<&str> = row.get(4);
        let roles = roles.into_iter().map(|role| names.intern(role)).collect();
        let Some(relation) = builder.get_mut(row.get(0)) else { continue };
        relation.policies.push(Arc::new(Policy {
            name,
            event: match letter(row, 2) {
                'r' => Event::Select,
                'a' => Event::Insert,
                'w' => Event::Update,
                'd' => Event::Delete,
                _ => Event::All,
            },
            permissive: row.get(3),
            roles,
            using: optional(row, 5),
            check: optional(row, 6),
            comment: optional(row, 7),
        }));
    }
}
