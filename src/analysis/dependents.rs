//! Views that read a column, which keep it from being dropped or given another type.

use std::sync::Arc;

use super::statement::Analyzer;
use super::{Diagnostic, Symbol};
use crate::catalog::model::{Relation, RelationKind};
use crate::syntax::Parse;
use crate::syntax::ast::{AlterTableCmd, AlterTableType, DropBehavior};

impl Analyzer<'_> {
    /// PostgreSQL's error for a column that a view reads.
    pub(super) fn is_free_of_views(&mut self, table: &Arc<Relation>, command: &AlterTableCmd) {
        let is_dropped = command.subtype() == AlterTableType::AtDropColumn;
        let is_cascaded = command.behavior() == DropBehavior::DropCascade;
        if is_dropped && is_cascaded || table.column(&command.name).is_none() {
            return;
        }
        let Some(view) = self.view_of_column(table, &command.name) else { return };
        let Some(span) = self.tokens.find_name(self.sql, 0, &command.name) else { return };
        let name = &command.name;
        let text = crate::catalog::deparse::relation_text(&table.schema, &table.name);
        let viewed = crate::catalog::deparse::relation_text(&view.schema, &view.name);
        let word = match view.kind {
            RelationKind::MaterializedView => "materialized view",
            _ => "view",
        };
        let (sqlstate, message, hint) = match is_dropped {
            true => (
                "2BP01",
                format!("cannot drop column {name} of table {text} because other objects depend on it"),
                format!(
                    "{word} {viewed} depends on column {name} of table {text}. Use DROP ... CASCADE to drop the \
                     dependent objects too."
                ),
            ),
            false => (
                "0A000",
                "cannot alter type of a column used by a view or rule".to_owned(),
                format!("rule _RETURN on {word} {viewed} depends on column \"{name}\""),
            ),
        };
        self.report(Diagnostic::new(span, sqlstate, message).hinting(Some(hint)));
    }

    /// A view whose query reads that column of a table, as far as its text is known and means now what it meant.
    fn view_of_column(&self, table: &Relation, column: &str) -> Option<Arc<Relation>> {
        let name = table.qualified_name();
        let reads_it = |view: &&Arc<Relation>| {
            let is_view = matches!(view.kind, RelationKind::View | RelationKind::MaterializedView);
            let Some(query) = view.query.0.as_ref().filter(|_| is_view && view.reads.contains(&name)) else {
                return false;
            };
            if !may_read(query, column) {
                return false;
            }
            let parse = Parse::plain(query);
            if !parse.errors.is_empty() || parse.nodes().count() != 1 {
                return false;
            }
            let analysis = Analyzer::new(&parse, self.catalog).run();
            let is_it = |relation: &Relation, own: &str| {
                relation.name == table.name && relation.schema == table.schema && own == column
            };
            let is_named = analysis.references.iter().any(|reference| match &reference.symbol {
                Symbol::Column { relation, column } => is_it(relation, &column.name),
                _ => false,
            });
            let is_output = analysis.outputs.iter().any(|output| {
                output.source.as_ref().is_some_and(|(relation, column)| is_it(relation, &column.name))
            });
            let is_joined = analysis.joined.iter().any(|(relation, column)| is_it(relation, &column.name));
            analysis.diagnostics.is_empty() && (is_named || is_output || is_joined)
        };
        self.catalog.mentioning(&name).into_iter().find(reads_it).cloned()
    }
}

/// Whether a text names a column, or has what stands for columns without naming them.
fn may_read(query: &str, column: &str) -> bool {
    let has = |name: &str| {
        query.as_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()))
    };
    // Quotes within a name are doubled, and `U&"…"` may have escapes.
    query.contains(['*', '\\']) || column.contains('"') || has("natural") || has(column)
}
