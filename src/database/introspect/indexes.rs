//! Indexes of relations.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::{Client, Row};

use super::answers::Refused;
use super::relations::Builder;
use super::{BLOCK, Names, USER_SCHEMA, oid_array, optional};
use crate::catalog::model::{Index, IndexKey, IndexTarget, Name, QualifiedName, Relation};
use crate::catalog::quote;
use crate::catalog::statistics::Statistics;
use crate::catalog::types::TypeRef;
use crate::syntax::ast::Token;
use crate::syntax::grammar;

pub fn query(version: u32) -> String {
    let nulls_not_distinct = if version >= 150_000 { "i.indnullsnotdistinct" } else { "false" };
    format!(
        "SELECT i.indrelid, i.indexrelid, c.relname::text, am.amname::text, i.indisunique, {nulls_not_distinct}, \
           i.indpred IS NOT NULL, i.indisvalid, k.oid IS NOT NULL, i.indisclustered, ts.spcname::text, d.description, \
           i.indkey::int2[], i.indclass::oid[], i.indoption::int2[], i.indcollation::oid[], c.relkind = 'I', \
           c.reloptions IS NOT NULL, c.relpages \
         FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_am am ON am.oid = c.relam \
         LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') \
         LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace \
         LEFT JOIN pg_catalog.pg_description d \
           ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0 \
         WHERE {USER_SCHEMA}"
    )
}

pub const CLASSES: &str =
    "SELECT o.oid, o.opcname::text, o.opcdefault, o.opcintype FROM pg_catalog.pg_opclass o";

/// The keys that are expressions.
pub fn expressions_query() -> String {
    format!(
        "SELECT i.indexrelid, k.n, pg_catalog.pg_get_indexdef(i.indexrelid, k.n, false) \
         FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts) AS k (n) \
         WHERE {USER_SCHEMA} AND i.indexprs IS NOT NULL AND i.indkey[k.n - 1] = 0 AND i.indrelid <> ALL ($1)"
    )
}

struct Class {
    name: Name,
    is_default: bool,
    ty: u32,
}

/// Indexes as they come, and what it takes to make them.
#[derive(Default)]
pub struct Indexes {
    classes: HashMap<u32, Class>,
    expressions: HashMap<(u32, i32), Name>,
    /// Those whose definitions PostgreSQL is to print, by their identifiers, with their tables'.
    printed: HashMap<u32, (u32, Index)>,
}

impl Indexes {
    pub fn class(&mut self, row: &Row, names: &mut Names) {
        let class = Class { name: names.intern(row.get(1)), is_default: row.get(2), ty: row.get(3) };
        self.classes.insert(row.get(0), class);
    }

    pub fn expression(&mut self, row: &Row) {
        if let Some(text) = optional(row, 2) {
            self.expressions.insert((row.get(0), row.get(1)), text);
        }
    }

    pub fn add(&mut self, row: &Row, builder: &mut Builder, statistics: &mut Statistics, names: &mut Names) {
        let (table, oid): (u32, u32) = (row.get(0), row.get(1));
        let numbers: Vec<i16> = row.get(12);
        let classes: Vec<u32> = row.get(13);
        let options: Vec<i16> = row.get(14);
        let collations: Vec<u32> = row.get(15);
        let (mut keys, mut include) = (Vec::with_capacity(classes.len()), Vec::new());
        // Whether there is nothing in the definition but what is known here.
        let mut plain = !row.get::<_, bool>(6) && !row.get::<_, bool>(17);
        plain &= !builder.class_parameters.contains(&oid);
        for (n, number) in numbers.iter().enumerate() {
            let column = builder.column_name(table, *number).cloned();
            let Some(class) = classes.get(n) else {
                include.extend(column);
                continue;
            };
            let class = self.classes.get(class);
            let option = options.get(n).copied().unwrap_or_default();
            plain &= is_usual(builder, table, *number, class, collations.get(n).copied(), names);
            keys.push(IndexKey {
                target: match column {
                    Some(column) => IndexTarget::Column(column),
                    None => IndexTarget::Expression(
                        self.expressions.remove(&(oid, n as i32 + 1)).unwrap_or_default(),
                    ),
                },
                opclass: class.filter(|class| !class.is_default).map(|class| class.name.clone()),
                descending: option & 1 != 0,
                nulls_first: option & 2 != 0,
            });
        }
        let mut index = Index {
            name: names.intern(row.get(2)),
            method: names.intern(row.get(3)),
            keys,
            include,
            unique: row.get(4),
            nulls_not_distinct: row.get(5),
            // Of a locked table's index it is known that there is one.
            predicate: row.get::<_, bool>(6).then(Name::default),
            valid: row.get(7),
            is_constraint: row.get(8),
            clustered: row.get(9),
            tablespace: optional(row, 10),
            definition: Name::default(),
            comment: optional(row, 11),
        };
        let Some(relation) = builder.get_mut(table) else { return };
        count(&index, relation, row.get(18), statistics);
        if plain {
            index.definition = definition(&index, relation, row.get(16));
            relation.indexes.push(Arc::new(index));
        } else {
            self.printed.insert(oid, (table, index));
        }
    }

    /// Asks for the definitions that are left, but for those of locked tables.
    pub async fn finish(
        mut self,
        client: &Client,
        locked: &[u32],
        builder: &mut Builder,
    ) -> Result<(), Refused> {
        let oids: Vec<u32> = self
            .printed
            .iter()
            .filter(|(_, (table, _))| !locked.contains(table))
            .map(|(oid, _)| *oid)
            .collect();
        if !oids.is_empty() {
            let parameters = [oid_array(&oids)];
            let query = client.query_typed(
                "SELECT i.indexrelid, pg_catalog.pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i \
                 WHERE i.indexrelid = ANY ($1)",
                &parameters,
            );
            for row in query.await? {
                let Some((_, index)) = self.printed.get_mut(&row.get(0)) else { continue };
                index.definition = optional(&row, 1).unwrap_or_default();
                if index.predicate.is_some() {
                    index.predicate = Some(predicate(&index.definition).unwrap_or_default());
                }
            }
        }
        for (table, index) in self.printed.into_values() {
            if let Some(relation) = builder.get_mut(table) {
                relation.indexes.push(Arc::new(index));
            }
        }
        Ok(())
    }
}

/// Whether a key is a column with the class and the collation that an index on it has by itself, as far as can be said
/// without asking: then neither is part of the definition.
fn is_usual(
    builder: &Builder,
    table: u32,
    number: i16,
    class: Option<&Class>,
    collation: Option<u32>,
    names: &Names,
) -> bool {
    let (Some(attribute), Some(class)) = (builder.attribute(table, number), class) else { return false };
    let of_text =
        |class: &Class| matches!(&*class.name, "text_ops") && names.ty(class.ty, -1).is_builtin("text");
    let is_default = class.is_default
        && (class.ty == attribute.ty
            || names.ty(attribute.ty, -1).is_builtin("varchar") && of_text(class)
            || names.enums.contains(&attribute.ty) && names.ty(class.ty, -1).is_builtin("anyenum")
            || matches!(names.ty(attribute.ty, -1), TypeRef::Named { array: true, .. })
                && names.ty(class.ty, -1).is_builtin("anyarray"));
    // A class whose keys have no collation ignores the column's.
    is_default && collation.is_none_or(|collation| collation == 0 || collation == attribute.collation)
}

/// As `pg_get_indexdef` prints an index that has nothing unusual.
fn definition(index: &Index, relation: &Relation, partitioned: bool) -> Name {
    let keys: Vec<String> = (index.keys.iter())
        .map(|key| {
            let mut text = match &key.target {
                IndexTarget::Column(column) => quote::identifier(column),
                IndexTarget::Expression(expression) => expression.to_string(),
            };
            text += match (key.descending, key.nulls_first) {
                (true, true) => " DESC",
                (true, false) => " DESC NULLS LAST",
                (false, true) => " NULLS FIRST",
                (false, false) => "",
            };
            text
        })
        .collect();
    let mut text = format!(
        "CREATE {}INDEX {} ON {}{} USING {} ({})",
        if index.unique { "UNIQUE " } else { "" },
        quote::identifier(&index.name),
        if partitioned { "ONLY " } else { "" },
        quote::qualified(&relation.schema, &relation.name),
        quote::identifier(&index.method),
        keys.join(", "),
    );
    if !index.include.is_empty() {
        let include: Vec<String> = index.include.iter().map(|name| quote::identifier(name)).collect();
        text += &format!(" INCLUDE ({})", include.join(", "));
    }
    if index.nulls_not_distinct {
        text += " NULLS NOT DISTINCT";
    }
    text.into()
}

/// The sizes as the planner has them, until better ones are known.
fn count(index: &Index, relation: &Relation, pages: i32, statistics: &mut Statistics) {
    let bytes = pages.max(0) as u64 * BLOCK;
    let name = QualifiedName { schema: relation.schema.clone(), name: index.name.clone() };
    statistics.indexes.insert(name, bytes);
    if bytes > 0
        && let Some(of_table) = statistics.relations.get_mut(&relation.qualified_name())
    {
        of_table.bytes += bytes;
    }
}

/// The condition of a partial index: what follows the last WHERE of its definition, which has room for no other
/// after it.
fn predicate(definition: &str) -> Option<Name> {
    let (tokens, _) = grammar::scan(definition);
    let last = tokens.iter().rev().find(|token| token.kind == Token::Where)?;
    definition.get(last.span.end..).map(|text| text.trim().into())
}
