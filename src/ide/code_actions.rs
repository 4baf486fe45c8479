//! Code actions: fixes of what is wrong, and what would make a query faster.

use std::path::PathBuf;
use std::time::SystemTime;

use super::diagnostics::Finding;
use super::{Change, TextEdit, View};
use crate::plan::advice::{self, PartialIndexAdvice};
use crate::text::Span;

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
        for (rank, suggestion) in finding.suggestions.iter().enumerate() {
            actions.push(Action {
                title: fix_title(suggestion),
                kind: ActionKind::QuickFix,
                change: Change::Edit(vec![TextEdit { span: finding.span, text: suggestion.clone() }]),
                fixes: Some(n),
                preferred: rank == 0 && finding.suggestions.len() == 1,
            });
        }
    }
    actions
}

/// What the fix that puts `suggestion` in is called.
pub fn fix_title(suggestion: &str) -> String {
    format!("Change to `{suggestion}`")
}

/// The partial indexes that would serve the query at `span`.
pub fn partial_indexes(view: &View, span: Span, new_migration: NewMigration, now: SystemTime) -> Vec<Action> {
    let Some(at) = view.at(span.start) else { return Vec::new() };
    if !at.placed.code().intersects(span) {
        return Vec::new();
    }
    let Some(node) = at.parse.node() else { return Vec::new() };
    // The index is built on the schema as it is in the end, not as it was at this line.
    let advice = advice::partial_index(node, &at.catalog, view.statistics.map(|statistics| statistics as _));
    advice
        .into_iter()
        .map(|advice| Action {
            title: advice.title(),
            kind: ActionKind::Refactor,
            change: index_change(&advice, new_migration(&slug(&advice), now), at.placed.code().start),
            fixes: None,
            preferred: false,
        })
        .collect()
}

fn slug(advice: &PartialIndexAdvice) -> String {
    let name: String = advice.index_name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("add_{name}")
}

fn index_change(advice: &PartialIndexAdvice, file: Option<NewFile>, before: usize) -> Change {
    match file {
        Some(file) => Change::CreateFile { text: format!("{}{}\n", file.header, advice.sql), path: file.path },
        None => Change::Edit(vec![TextEdit { span: Span::at(before), text: format!("{}\n\n", advice.sql) }]),
    }
}
