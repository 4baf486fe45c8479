//! Code actions: fixes of what is wrong, and what would make a query faster.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::SystemTime;

use super::diagnostics::Finding;
use super::{Change, TextEdit, View};
use crate::catalog::model::{Name, QualifiedName};
use crate::catalog::statistics::ColumnStatistics;
use crate::plan::advice::{self, PartialIndexAdvice};
use crate::text::{Edit, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    QuickFix,
    Refactor,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub title: String,
    pub kind: ActionKind,
    pub change: Change,
    /// What it fixes, by its place among the findings that were given.
    pub fixes: Option<usize>,
    pub preferred: bool,
}

/// A migration to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    pub path: PathBuf,
    /// What the framework wants before a statement that must not run in a transaction.
    pub header: String,
}

/// Where a new migration goes: given by the workspace, which knows the names of the others.
pub type NewMigration<'a> = &'a dyn Fn(&str, SystemTime) -> Option<NewFile>;

/// The fixes of the findings that touch `span`.
pub fn fixes(findings: &[Finding], span: Span) -> Vec<Action> {
    let mut actions = Vec::new();
    for (n, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.span.intersects(span)) {
        for fix in &finding.fixes {
            let edit = |edit: &Edit| TextEdit { span: edit.span, text: edit.text.clone() };
            actions.push(Action {
                title: fix.title.clone(),
                kind: ActionKind::QuickFix,
                change: Change::Edit(fix.edits.iter().map(edit).collect()),
                fixes: Some(n),
                preferred: finding.fixes.len() == 1,
            });
        }
    }
    actions
}

/// What `pg_stats` says of the columns in question, read before the advice is given.
#[derive(Clone, Debug, Default)]
pub struct KnownColumns {
    pub columns: HashMap<(QualifiedName, Name), ColumnStatistics>,
    /// Rows by table.
    pub rows: HashMap<QualifiedName, f64>,
}

impl advice::StatisticsSource for KnownColumns {
    fn column(&self, table: &QualifiedName, column: &str) -> Option<&ColumnStatistics> {
        self.columns.get(&(table.clone(), column.into()))
    }

    fn rows(&self, table: &QualifiedName) -> Option<f64> {
        self.rows.get(table).copied()
    }
}

/// The indexes that would serve the query at `span`, without regard to how many rows their conditions match.
pub fn candidates(view: &View, span: Span) -> Vec<PartialIndexAdvice> {
    advise(view, span, None).map(|(_, advice)| advice).unwrap_or_default()
}

fn advise(view: &View, span: Span, known: Option<&KnownColumns>) -> Option<(usize, Vec<PartialIndexAdvice>)> {
    let at = view.at(span.start)?;
    if !at.placed.code().intersects(span) {
        return None;
    }
    let node = at.parse.node()?;
    let start = at.placed.code().start;
    Some((start, advice::partial_index(node, &at.catalog, known.map(|known| known as _))))
}

/// The partial indexes that would serve the query at `span`.
pub fn partial_indexes(
    view: &View,
    span: Span,
    known: Option<&KnownColumns>,
    new_migration: NewMigration,
    now: SystemTime,
) -> Vec<Action> {
    let Some((start, advice)) = advise(view, span, known) else { return Vec::new() };
    advice
        .into_iter()
        .map(|advice| Action {
            title: advice.title(),
            kind: ActionKind::Refactor,
            change: index_change(&advice, new_migration(&slug(&advice), now), start),
            fixes: None,
            preferred: false,
        })
        .collect()
}

fn slug(advice: &PartialIndexAdvice) -> String {
    let name: String =
        advice.index_name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("add_{name}")
}

fn index_change(advice: &PartialIndexAdvice, file: Option<NewFile>, before: usize) -> Change {
    match file {
        Some(file) => {
            Change::CreateFile { text: format!("{}{}\n", file.header, advice.sql), path: file.path }
        }
        None => Change::Edit(vec![TextEdit { span: Span::at(before), text: format!("{}\n\n", advice.sql) }]),
    }
}
