//! Unique keys of partitioned tables, which must have all columns that say in which partition a row is.

use super::super::model::{Name, QualifiedName};
use super::{Fold, Result};
use crate::syntax::ast;
use crate::syntax::grammar;

/// What a partition key is made of.
struct PartitionKey {
    columns: Vec<Name>,
    has_expressions: bool,
}

impl Fold<'_> {
    /// PostgreSQL's error for a unique key without a column of the partition key. `kind` is PRIMARY KEY or UNIQUE.
    pub(super) fn has_partition_columns(
        &self,
        table: &QualifiedName,
        kind: &str,
        columns: &[Name],
        at: Option<usize>,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name);
        let Some(key) = relation.and_then(|relation| relation.partition_key.as_ref()) else { return Ok(()) };
        let key = read(key);
        if key.has_expressions {
            let message = format!("unsupported {kind} constraint with partition key definition");
            return self.fail("0A000", message, at);
        }
        if key.columns.iter().any(|column| !columns.contains(column)) {
            let message = "unique constraint on partitioned table must include all partitioning columns";
            return self.fail("0A000", message.into(), at);
        }
        Ok(())
    }
}

/// Reads `RANGE (created_at, lower(name))`.
fn read(text: &str) -> PartitionKey {
    let (tokens, _) = grammar::scan(text);
    let mut key = PartitionKey { columns: Vec::new(), has_expressions: false };
    let mut depth = 0;
    let mut element: Vec<&str> = Vec::new();
    for token in &tokens {
        let word = &text[token.span.range()];
        match word {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        let is_end = depth == 1 && word == "," || depth == 0 && word == ")";
        if is_end {
            close(&mut key, &element);
            element.clear();
        } else if depth > 1 || depth == 1 && word != "(" || depth == 1 && !element.is_empty() {
            element.push(word);
        }
    }
    key
}

/// A column with its collation and operator class, or an expression.
fn close(key: &mut PartitionKey, element: &[&str]) {
    let Some(first) = element.first() else { return };
    if *first == "(" || element.get(1) == Some(&"(") {
        key.has_expressions = true;
        return;
    }
    let name = match first.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => (*first).to_owned(),
    };
    key.columns.push(name.into());
}

/// What a constraint is called in messages.
pub(super) fn word(constraint: &ast::Constraint) -> &'static str {
    match constraint.contype() {
        ast::ConstrType::ConstrPrimary => "PRIMARY KEY",
        _ => "UNIQUE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_keys_are_read_as_they_are_printed() {
        let read = |text: &str| {
            let key = read(text);
            (key.columns.iter().map(|name| name.to_string()).collect::<Vec<_>>(), key.has_expressions)
        };
        assert_eq!(read("RANGE (a, \"B c\")"), (vec!["a".to_owned(), "B c".to_owned()], false));
        assert_eq!(read("LIST (a COLLATE \"C\" text_ops)"), (vec!["a".to_owned()], false));
        assert_eq!(read("HASH (a, ((b + 1)))"), (vec!["a".to_owned()], true));
        assert_eq!(read("RANGE (lower(a), date_trunc('day'::text, b))"), (vec![], true));
    }
}
