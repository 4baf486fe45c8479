//! Names, scopes and what they mean: PostgreSQL's parse analysis.
//!
//! One walk over a statement (`analyze`) gives everything that others read: diagnostics, references, output columns,
//! and, where a marker stands in the text, the scope at that place. Files are named after PostgreSQL's own.

mod agg;
mod arbiter;
mod basis;
mod breaks;
mod called;
mod coerce;
mod collate;
mod column_ref;
mod composed;
mod constant;
mod copy;
mod cte;
mod date_fields;
mod datetime;
mod definition;
mod dependents;
mod distinct;
mod explain;
mod expr;
mod from_clause;
mod func;
mod generated;
mod geometry;
mod index;
mod interval;
mod json_expr;
mod json_table;
mod modify;
mod nullability;
mod object_names;
mod oper;
mod partition;
mod place;
pub mod plpgsql;
mod range_function;
mod recursion;
mod relation;
mod replica;
mod retyped;
mod routine;
mod row;
mod rule;
mod rule_recursion;
mod runs;
mod scalar;
mod scope;
mod search_cycle;
mod select;
pub mod session;
mod statement;
mod suggest;
mod target;
mod text_search;
pub mod timeline;
mod tokens;
mod trigger;
mod typed;
mod utility;
mod vacuum;
mod version;
mod view_update;
mod volatility;
mod window;
mod xml;

use std::sync::Arc;

use crate::catalog::model::{Catalog, Column, Name, QualifiedName, Relation, Routine};
use crate::catalog::types::TypeRef;
use crate::syntax::{Fix, Parse, SyntaxError};
use crate::text::Span;

pub use basis::Basis;
pub use collate::Collation;
pub use row::RecordShape;
pub use scope::{RangeItem, Scope, ScopeColumn};
pub use session::Session;
pub use statement::Analyzer;
pub use suggest::closest;

/// How much something that is said of a statement weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// PostgreSQL refuses the statement.
    #[default]
    Error,
    /// PostgreSQL takes it, and what is in it fails when it runs, or does not do what it seems to.
    Warning,
    /// It may be meant.
    Information,
    /// What can be done better.
    Hint,
    /// Told to those who ask for it.
    Silent,
}

/// What PostgreSQL would say against a statement. Spans are in the statement's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub span: Span,
    pub weight: Weight,
    /// The SQLSTATE, or the name of what PostgreSQL has no SQLSTATE for.
    pub sqlstate: &'static str,
    pub message: String,
    pub hint: Option<String>,
    /// What the hint is about: an opening bracket. Its line is told where the document is known.
    pub related: Option<Span>,
    /// Changes that mend it, the likeliest first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    pub fn new(span: Span, sqlstate: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            span,
            weight: Weight::Error,
            sqlstate,
            message: message.into(),
            hint: None,
            related: None,
            fixes: Vec::new(),
        }
    }

    fn hinting(self, hint: Option<String>) -> Diagnostic {
        Diagnostic { hint, ..self }
    }

    /// With fixes that put other texts in the place of `span`, the likeliest first.
    fn suggesting(self, texts: impl IntoIterator<Item = String>) -> Diagnostic {
        let fixes = texts.into_iter().map(|text| Fix::replacement(self.span, text)).collect();
        Diagnostic { fixes, ..self }
    }

    /// The same with its spans where they are in a text around it.
    fn placed(&self, place: impl Fn(Span) -> Span) -> Diagnostic {
        let fixes = self.fixes.iter().map(|fix| fix.placed(&place)).collect();
        Diagnostic { span: place(self.span), related: self.related.map(&place), fixes, ..self.clone() }
    }

    /// The same in a text in which the statement's code begins at `start`.
    fn shift(&self, start: usize) -> Diagnostic {
        self.placed(|span| span.shift(start))
    }
}

impl From<&SyntaxError> for Diagnostic {
    fn from(error: &SyntaxError) -> Diagnostic {
        Diagnostic {
            span: error.span,
            weight: Weight::Error,
            sqlstate: error.sqlstate,
            message: error.message.clone(),
            hint: error.hint.clone(),
            related: error.related,
            fixes: error.fixes.clone(),
        }
    }
}

/// What a name in a statement means.
#[derive(Clone, Debug)]
pub enum Symbol {
    Relation(Arc<Relation>),
    Column {
        relation: Arc<Relation>,
        column: Arc<Column>,
    },
    /// A column of a subquery, a CTE, a function's result.
    Derived {
        name: Name,
        ty: TypeRef,
    },
    Routines(Vec<Arc<Routine>>),
    /// A built-in function, by name.
    BuiltinRoutine(Name),
    Cte(Name),
    /// An alias in FROM, of a relation or of something derived.
    Alias {
        name: Name,
        relation: Option<Arc<Relation>>,
    },
}

/// A name in the statement's code.
#[derive(Clone, Debug)]
pub struct Reference {
    pub span: Span,
    pub symbol: Symbol,
}

/// A column that a query gives.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    pub name: Name,
    pub ty: TypeRef,
    /// The column of a relation that it is, unchanged.
    pub source: Option<(Arc<Relation>, Arc<Column>)>,
    /// Whether it is never NULL, as far as that can be told for sure.
    pub not_null: bool,
    pub collation: Collation,
    /// Of a record, its columns.
    pub shape: RecordShape,
}

/// What stands at the marker of a text that has one (see [`Analyzer::with_marker`]).
#[derive(Clone, Debug)]
pub struct Marked {
    pub slot: Slot,
    /// The scopes that are visible there, innermost first.
    pub scopes: Vec<Arc<Scope>>,
    /// The names of the CTEs that are visible there.
    pub ctes: Vec<Name>,
}

/// The kind of name that may stand at a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    /// A column, or anything else that can begin an expression; behind `qualifier.` only what is in it.
    Expression {
        qualifier: Vec<Name>,
    },
    /// A relation to read, in `schema` where one is written.
    Relation {
        schema: Option<Name>,
        purpose: Purpose,
    },
    /// A column of the statement's target, without a qualifier: INSERT's list, SET's left side.
    TargetColumn {
        relation: Option<Arc<Relation>>,
    },
    /// A column that both sides of a join have.
    JoinColumn,
    Type,
    Routine {
        schema: Option<Name>,
    },
    Schema,
    /// A name to be made up.
    NewName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Read,
    Write,
    /// DDL: ALTER TABLE, DROP, REFERENCES …
    Define,
}

/// All that one walk over a statement found.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    pub diagnostics: Vec<Diagnostic>,
    /// What PostgreSQL takes and what plainly fails when it runs.
    pub warnings: Vec<Diagnostic>,
    pub references: Vec<Reference>,
    pub outputs: Vec<OutputColumn>,
    /// The columns that USING and NATURAL compare.
    pub joined: Vec<(Arc<Relation>, Arc<Column>)>,
    /// Whether `outputs` are all that the query of a view or a table has.
    pub has_all_outputs: bool,
    /// The primary keys, each a constraint of a table, by which columns follow from those that are grouped.
    pub grouped_by: Vec<(QualifiedName, Name)>,
    /// It calls a function that may define objects.
    pub defines: bool,
    /// The types of `$1`, `$2` …, where what they are used for says so.
    pub parameters: Vec<TypeRef>,
    pub marked: Option<Marked>,
}

impl Analysis {
    /// The reference at `offset` of the code; the shortest one where several touch it.
    pub fn reference_at(&self, offset: usize) -> Option<&Reference> {
        self.references
            .iter()
            .filter(|reference| reference.span.touches(offset))
            .min_by_key(|reference| (!reference.span.contains(offset), reference.span.len()))
    }
}

/// Analyzes a parsed statement against the catalog as it is before it.
pub fn analyze(parse: &Parse, catalog: &Catalog) -> Analysis {
    Analyzer::new(parse, catalog).run()
}

#[cfg(test)]
mod tests;
