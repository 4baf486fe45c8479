//! Views that read a column, or group by a key, which keep it from being dropped or given another type.

use std::sync::Arc;

use super::statement::Analyzer;
use super::{Analysis, Diagnostic, Symbol};
use crate::catalog::deparse::relation_text;
use crate::catalog::model::{ConstraintKind, Name, QualifiedName, Relation, RelationKind};
use crate::syntax::Parse;
use crate::syntax::ast::{AlterTableCmd, AlterTableType, DropBehavior};

const CASCADE: &str = "Use DROP ... CASCADE to drop the dependent objects too.";

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
        let text = relation_text(&table.schema, &table.name);
        let viewed = format!("{} {}", view.kind.word(), relation_text(&view.schema, &view.name));
        let (sqlstate, message, hint) = match is_dropped {
            true => (
                "2BP01",
                format!("cannot drop column {name} of table {text} because other objects depend on it"),
                format!("{viewed} depends on column {name} of table {text}. {CASCADE}"),
            ),
            false => (
                "0A000",
                "cannot alter type of a column used by a view or rule".to_owned(),
                format!("rule _RETURN on {viewed} depends on column \"{name}\""),
            ),
        };
        self.report(Diagnostic::new(span, sqlstate, message).hinting(Some(hint)));
    }

    /// PostgreSQL's error for a primary key without which a view's GROUP BY would leave columns out.
    pub(super) fn is_grouped_by_no_view(&mut self, table: &Arc<Relation>, command: &AlterTableCmd) {
        let name = &command.name;
        let is_key = table.constraint(name).is_some_and(|known| known.kind == ConstraintKind::PrimaryKey);
        if command.behavior() == DropBehavior::DropCascade || !is_key {
            return;
        }
        let key = (table.qualified_name(), Name::from(name.as_str()));
        let groups = |query: &str| has_word(query, "group");
        let is_so =
            |view: &Relation| self.query_of(view).is_some_and(|query| query.grouped_by.contains(&key));
        let Some(view) = self.view_that(&key.0, groups, is_so) else { return };
        let Some(span) = self.tokens.find_name(self.sql, 0, name) else { return };
        let text = relation_text(&table.schema, &table.name);
        let viewed = format!("{} {}", view.kind.word(), relation_text(&view.schema, &view.name));
        let message =
            format!("cannot drop constraint {name} on table {text} because other objects depend on it");
        let hint = format!("{viewed} depends on constraint {name} on table {text}. {CASCADE}");
        self.report(Diagnostic::new(span, "2BP01", message).hinting(Some(hint)));
    }

    /// A view whose query reads that column of a table, as far as its text is known and means now what it meant.
    fn view_of_column(&self, table: &Relation, column: &str) -> Option<Arc<Relation>> {
        let name = table.qualified_name();
        let reads_it = |view: &Relation| {
            let columns = &view.query.1;
            if columns.get().is_none() {
                columns.set(self.query_of(view)?.columns_read().into_iter());
            }
            Some(columns.get()?.iter().any(|(table, own)| *table == name && **own == *column))
        };
        self.view_that(&name, |query| may_read(query, column), |view| reads_it(view) == Some(true))
    }

    /// A view that reads a table and of which something is true; `may_be` tells by its query's text that it is not.
    fn view_that(
        &self,
        name: &QualifiedName,
        may_be: impl Fn(&str) -> bool,
        is_so: impl Fn(&Relation) -> bool,
    ) -> Option<Arc<Relation>> {
        let is_it = |view: &&Arc<Relation>| {
            let is_view = matches!(view.kind, RelationKind::View | RelationKind::MaterializedView);
            // What a name in its text means must be what it meant.
            let is_plain = !view.query_is_stale
                && view.reads.contains(name)
                && view.reads.iter().filter(|read| read.name == name.name).count() == 1;
            let query = view.query.0.as_ref().filter(|_| is_view && is_plain);
            query.is_some_and(|query| may_be(query)) && is_so(view)
        };
        self.catalog.mentioning(name).into_iter().find(is_it).cloned()
    }

    /// What the query of a view comes to; `None` where that is not known.
    fn query_of(&self, view: &Relation) -> Option<Analysis> {
        let parse = Parse::plain(view.query.0.as_deref()?);
        if !parse.errors.is_empty() || parse.nodes().count() != 1 {
            return None;
        }
        Some(Analyzer::new(&parse, self.catalog).run()).filter(|analysis| analysis.diagnostics.is_empty())
    }
}

impl Analysis {
    /// The columns of relations that a query reads, each once.
    pub(super) fn columns_read(&self) -> Vec<(QualifiedName, Name)> {
        let named = self.references.iter().filter_map(|reference| match &reference.symbol {
            Symbol::Column { relation, column } => Some((relation, column)),
            _ => None,
        });
        let outputs = self.outputs.iter().filter_map(|output| output.source.as_ref());
        let others = outputs.chain(&self.joined).map(|(relation, column)| (relation, column));
        let all = named.chain(others);
        let mut columns: Vec<_> =
            all.map(|(relation, column)| (relation.qualified_name(), column.name.clone())).collect();
        columns.sort();
        columns.dedup();
        columns
    }
}

/// Whether a text names a column, or has what stands for columns without naming them.
fn may_read(query: &str, column: &str) -> bool {
    // Quotes within a name are doubled, and `U&"…"` may have escapes.
    query.contains(['*', '\\'])
        || column.contains('"')
        || has_word(query, "natural")
        || has_word(query, column)
}

/// Whether a text has a word, in any case.
fn has_word(text: &str, word: &str) -> bool {
    let text = text.as_bytes();
    let is_part = |at: Option<usize>| {
        let byte = at.and_then(|at| text.get(at));
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii())
    };
    let is_it = |(at, part): (usize, &[u8])| {
        part.eq_ignore_ascii_case(word.as_bytes())
            && !is_part(at.checked_sub(1))
            && !is_part(Some(at + word.len()))
    };
    !word.is_empty() && text.windows(word.len()).enumerate().any(is_it)
}
