//! A catalog read from a test server: as much of it as effects and advice look at.

use std::sync::Arc;

use pgwright::catalog::model::*;
use pgwright::catalog::{Name, TypeRef};

use crate::postgres::Postgres;

type Row = Vec<Option<String>>;

pub fn read(server: &Postgres, database: &str) -> Catalog {
    let rows = |sql: &str| -> Vec<Row> { server.query_in(database, sql) };
    let mut catalog = Catalog::default();
    for row in rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|information_schema'") {
        let name = text(&row, 0);
        catalog.schemas.insert(name.clone(), Arc::new(Schema::new(name)));
    }
    for row in rows(RELATIONS) {
        let kind = match &*text(&row, 3) {
            "r" => RelationKind::Table,
            "p" => RelationKind::PartitionedTable,
            "v" => RelationKind::View,
            "m" => RelationKind::MaterializedView,
            "f" => RelationKind::ForeignTable,
            "S" => RelationKind::Sequence,
            _ => RelationKind::CompositeType,
        };
        let mut relation = Relation::new(text(&row, 1), text(&row, 2), kind);
        relation.persistence = match &*text(&row, 4) {
            "u" => Persistence::Unlogged,
            "t" => Persistence::Temporary,
            _ => Persistence::Permanent,
        };
        relation.partition_bound = row[5].as_deref().map(Name::from);
        relation.partition_key = row[6].as_deref().map(Name::from);
        relation.query = ViewQuery(row[7].as_deref().map(Name::from));
        let oid = text(&row, 0);
        for parent in rows(&format!(
            "SELECT n.nspname, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = inhparent \
             JOIN pg_namespace n ON n.oid = relnamespace WHERE inhrelid = {oid} ORDER BY inhseqno"
        )) {
            relation.parents.push(QualifiedName::new(text(&parent, 0), text(&parent, 1)));
        }
        for source in rows(&format!(
            "SELECT DISTINCT n.nspname, c.relname FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid \
             JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = relnamespace \
             WHERE ev_class = {oid} AND classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass \
             AND refobjid <> ev_class AND rulename = '_RETURN'"
        )) {
            relation.reads.insert(QualifiedName::new(text(&source, 0), text(&source, 1)));
        }
        for column in rows(&format!(
            "SELECT attname, n.nspname, coalesce(e.typname, t.typname), atttypmod, (e.oid IS NOT NULL)::text, \
             attnotnull::text FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid \
             LEFT JOIN pg_type e ON e.typarray = t.oid JOIN pg_namespace n ON n.oid = t.typnamespace \
             WHERE attrelid = {oid} AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )) {
            let ty = TypeRef::Named {
                schema: text(&column, 1),
                name: text(&column, 2),
                typmod: text(&column, 3).parse().unwrap(),
                array: is(&column, 4),
            };
            let mut made = Column::new(text(&column, 0), ty);
            made.not_null = is(&column, 5);
            relation.columns.push(Arc::new(made));
        }
        for constraint in rows(&constraints_of(&oid, server.major())) {
            relation.put_constraint(read_constraint(&constraint));
        }
        for index in rows(&indexes_of(&oid)) {
            relation.indexes.push(Arc::new(read_index(&index, &relation)));
        }
        for trigger in rows(&format!(
            "SELECT tgname, n.nspname, proname FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid \
             JOIN pg_namespace n ON n.oid = pronamespace WHERE tgrelid = {oid} AND NOT tgisinternal"
        )) {
            relation.triggers.push(Arc::new(Trigger {
                name: text(&trigger, 0),
                function: QualifiedName::new(text(&trigger, 1), text(&trigger, 2)),
                definition: ViewQuery(None),
            }));
        }
        let schema = relation.schema.clone();
        catalog.schema_mut(&schema).unwrap().put_relation(relation);
    }
    for row in rows(
        "SELECT n.nspname, t.typname, t.typtype, b.typname, bn.nspname, t.typtypmod, t.typnotnull::text, \
         (SELECT count(*) FROM pg_constraint WHERE contypid = t.oid AND contype = 'c') FROM pg_type t \
         JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_type b ON b.oid = t.typbasetype \
         LEFT JOIN pg_namespace bn ON bn.oid = b.typnamespace \
         WHERE t.typtype IN ('d', 'e') AND n.nspname !~ '^pg_|information_schema'",
    ) {
        let kind = if &*text(&row, 2) == "e" {
            TypeKind::Enum { labels: Vec::new() }
        } else {
            let base = TypeRef::Named {
                schema: text(&row, 4),
                name: text(&row, 3),
                typmod: text(&row, 5).parse().unwrap(),
                array: false,
            };
            let check = Arc::new(plain_check());
            let checks = vec![check; text(&row, 7).parse().unwrap()];
            TypeKind::Domain { base, not_null: is(&row, 6), default: None, checks }
        };
        let (schema, name) = (text(&row, 0), text(&row, 1));
        let made = Type { schema: schema.clone(), name: name.clone(), kind, comment: None };
        catalog.schema_mut(&schema).unwrap().types.insert(name, Arc::new(made));
    }
    for row in rows(
        "SELECT n.nspname, proname, provolatile, lanname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace \
         JOIN pg_language l ON l.oid = prolang WHERE n.nspname !~ '^pg_|information_schema'",
    ) {
        let routine = Routine {
            schema: text(&row, 0),
            name: text(&row, 1),
            kind: RoutineKind::Function,
            arguments: Vec::new(),
            result: None,
            returns_set: false,
            arguments_text: "".into(),
            result_text: None,
            language: text(&row, 3),
            volatility: match &*text(&row, 2) {
                "i" => Volatility::Immutable,
                "s" => Volatility::Stable,
                _ => Volatility::Volatile,
            },
            strict: false,
            security_definer: false,
            comment: None,
            body: None,
        };
        let schema = catalog.schema_mut(&routine.schema.clone()).unwrap();
        schema.routines.entry(routine.name.clone()).or_default().push(Arc::new(routine));
    }
    catalog
}

const RELATIONS: &str = "SELECT c.oid, nspname, relname, relkind, relpersistence, pg_get_expr(relpartbound, c.oid), \
     pg_get_partkeydef(c.oid), CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END FROM pg_class c \
     JOIN pg_namespace n ON n.oid = relnamespace \
     WHERE nspname !~ '^pg_|information_schema' AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') ORDER BY c.oid";

fn constraints_of(oid: &str, major: u32) -> String {
    let enforced = if major >= 18 { "conenforced" } else { "true" };
    format!(
        "SELECT conname, contype, convalidated::text, {enforced}::text, pg_get_constraintdef(k.oid), \
         (SELECT string_agg(attname, ',' ORDER BY o) FROM unnest(conkey) WITH ORDINALITY u(n, o) \
          JOIN pg_attribute ON attrelid = conrelid AND attnum = n), \
         fn.nspname, f.relname, (SELECT string_agg(attname, ',' ORDER BY o) FROM unnest(confkey) WITH ORDINALITY u(n, o) \
          JOIN pg_attribute ON attrelid = confrelid AND attnum = n) \
         FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace \
         WHERE conrelid = {oid} AND contype IN ('p', 'u', 'c', 'n', 'f', 'x')"
    )
}

fn read_constraint(row: &Row) -> Constraint {
    let names = |n: usize| -> Vec<Name> {
        row[n].as_deref().map_or(Vec::new(), |list| list.split(',').map(Name::from).collect())
    };
    Constraint {
        name: text(row, 0),
        kind: match &*text(row, 1) {
            "p" => ConstraintKind::PrimaryKey,
            "u" => ConstraintKind::Unique,
            "c" => ConstraintKind::Check,
            "n" => ConstraintKind::NotNull,
            "f" => ConstraintKind::ForeignKey,
            _ => ConstraintKind::Exclusion,
        },
        columns: names(5),
        foreign: row[7].as_deref().map(|table| ForeignKey {
            table: QualifiedName::new(text(row, 6), table),
            columns: names(8),
            on_delete: ForeignAction::NoAction,
            on_update: ForeignAction::NoAction,
        }),
        validated: is(row, 2),
        enforced: is(row, 3),
        deferrable: false,
        initially_deferred: false,
        definition: text(row, 4),
    }
}

fn plain_check() -> Constraint {
    let row = ["c", "c", "true", "true", "CHECK (true)"];
    let mut row: Row = row.iter().map(|text| Some((*text).to_owned())).collect();
    row.extend([None, None, None, None]);
    read_constraint(&row)
}

fn indexes_of(oid: &str) -> String {
    format!(
        "SELECT c.relname, amname, indisunique::text, pg_get_expr(indpred, indrelid), indisvalid::text, \
         EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid AND contype IN ('p', 'u', 'x'))::text, \
         pg_get_indexdef(c.oid), \
         (SELECT string_agg(coalesce(attname, '') || '|' || coalesce(pg_get_indexdef(c.oid, o::int, false), '') || '|' || \
            option::text, chr(1) ORDER BY o) \
          FROM unnest(indkey::int[], indoption::int[]) WITH ORDINALITY u(n, option, o) \
          LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = n AND n > 0 WHERE o <= indnkeyatts) \
         FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_am a ON a.oid = relam \
         WHERE indrelid = {oid} ORDER BY c.relname"
    )
}

fn read_index(row: &Row, _table: &Relation) -> Index {
    let keys = text(row, 7)
        .split('\u{1}')
        .map(|key| {
            let parts: Vec<&str> = key.split('|').collect();
            let options: u32 = parts.last().unwrap().parse().unwrap();
            IndexKey {
                target: if parts[0].is_empty() {
                    IndexTarget::Expression(parts[1].into())
                } else {
                    IndexTarget::Column(parts[0].into())
                },
                opclass: None,
                descending: options & 1 != 0,
                nulls_first: options & 2 != 0,
            }
        })
        .collect();
    Index {
        name: text(row, 0),
        method: text(row, 1),
        keys,
        include: Vec::new(),
        unique: is(row, 2),
        nulls_not_distinct: false,
        predicate: row[3].as_deref().map(Name::from),
        valid: is(row, 4),
        is_constraint: is(row, 5),
        definition: text(row, 6),
    }
}

fn text(row: &Row, n: usize) -> Name {
    row[n].as_deref().unwrap_or("").into()
}

fn is(row: &Row, n: usize) -> bool {
    matches!(row[n].as_deref(), Some("true" | "t"))
}
