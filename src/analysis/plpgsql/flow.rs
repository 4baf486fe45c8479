//! Which statements can be come to, and what is known of records where ways meet.

use super::statement::MOST_NESTED;
use super::variables::{Shape, Variable};
use super::{Checker, Weight, setup};
use crate::syntax::plpgsql::ast::{
    Block, LoopHead, OpenSource, Statement, StatementKind, Target as Assigned,
};
use crate::syntax::plpgsql::{Node, children};

/// A block or a loop that EXIT can leave.
#[derive(Debug)]
pub struct Target {
    label: Option<String>,
    is_loop: bool,
    pub is_left: bool,
}

impl Target {
    pub fn new(label: Option<&str>, is_loop: bool) -> Target {
        Target { label: label.map(str::to_owned), is_loop, is_left: false }
    }
}

impl Checker<'_> {
    /// EXIT leaves a loop, or what has the label.
    pub(super) fn exit(&mut self, label: Option<&str>) {
        let target = self.targets.iter_mut().rev().find(|target| match label {
            Some(label) => target.label.as_deref() == Some(label),
            None => target.is_loop,
        });
        if let Some(target) = target {
            target.is_left = true;
        }
    }

    /// A function that must give a value ends with RETURN.
    pub(super) fn check_end(&mut self, block: &Block, falls: bool) {
        let wants = !self.routine.is_procedure && !self.routine.returns_set;
        let has_value = match &self.routine.result {
            setup::Result::Void | setup::Result::Columns(_) => false,
            setup::Result::EventTrigger => false,
            setup::Result::Value(_) => !self.routine.arguments.iter().any(|argument| argument.is_output),
            setup::Result::Trigger | setup::Result::Unknown => true,
        };
        let (true, true, true, Some(end)) = (wants, has_value, falls, block.end) else { return };
        // With a RETURN on some way, whether the end is come to depends on what is given.
        let weight = if self.has_return(block) { Weight::Information } else { Weight::Warning };
        self.say(end, weight, "2F005", "control reached end of function without RETURN");
    }

    fn has_return(&self, block: &Block) -> bool {
        let mut found = false;
        each_statement(&Node::Block(block), &mut |statement| {
            found |= matches!(statement.kind, StatementKind::Return { .. });
        });
        found
    }

    /// Puts back what was known of variables; what was read and written stays so.
    pub(super) fn restore(&self, before: &[Variable]) {
        for (id, old) in before.iter().enumerate() {
            self.variables.change(id, |variable| {
                variable.shape = old.shape.clone();
                variable.is_tainted = old.is_tainted;
                variable.cursor = old.cursor.clone();
            });
        }
    }

    /// What is known where this way and others meet.
    pub(super) fn join(&self, others: &[Vec<Variable>]) {
        for other in others {
            for (id, other) in other.iter().enumerate() {
                self.variables.change(id, |variable| {
                    variable.is_tainted |= other.is_tainted;
                    if variable.is_record {
                        variable.shape = joined(&variable.shape, &other.shape);
                    }
                    let fields =
                        |variable: &Variable| variable.cursor.as_ref().map(|cursor| cursor.fields.clone());
                    if fields(variable) != fields(other)
                        && let Some(cursor) = variable.cursor.as_mut()
                    {
                        cursor.fields = None;
                    }
                });
            }
        }
    }

    /// Of records that these statements assign to, it is not known what they hold.
    pub(super) fn forget_records_in(&self, statements: &[Statement]) {
        for statement in statements {
            each_statement(&Node::Statement(statement), &mut |statement| {
                let targets: Vec<&Assigned> = match &statement.kind {
                    StatementKind::Assign { target, .. } => vec![target],
                    StatementKind::Sql(sql) => sql.into.iter().flat_map(|into| &into.targets).collect(),
                    StatementKind::Execute { into, .. } | StatementKind::Fetch { into, .. } => {
                        into.iter().flat_map(|into| &into.targets).collect()
                    }
                    StatementKind::Loop(body) => match &body.head {
                        LoopHead::Query { targets, .. }
                        | LoopHead::Execute { targets, .. }
                        | LoopHead::ForEach { targets, .. } => targets.iter().collect(),
                        _ => Vec::new(),
                    },
                    // A bound one is always opened for its own query.
                    StatementKind::Open { cursor: Some(cursor), source, .. }
                        if !matches!(source, OpenSource::Bound(_)) =>
                    {
                        vec![cursor]
                    }
                    _ => Vec::new(),
                };
                for target in targets {
                    let names: Vec<_> = target.names.iter().map(|name| name.text.as_str().into()).collect();
                    let Some((id, parts)) = self.variables.find(self.types, &names) else { continue };
                    self.variables.change(id, |variable| {
                        if variable.is_record && parts == names.len() {
                            variable.shape = Shape::Unknown;
                        }
                        if let Some(cursor) = variable.cursor.as_mut()
                            && matches!(statement.kind, StatementKind::Open { .. })
                        {
                            cursor.fields = None;
                        }
                    });
                }
            });
        }
    }
}

/// What a record holds if it is one or the other.
fn joined(one: &Shape, other: &Shape) -> Shape {
    match (one, other) {
        (Shape::Unassigned, shape) | (shape, Shape::Unassigned) => shape.clone(),
        (Shape::Fields(one), Shape::Fields(other)) if one == other => Shape::Fields(one.clone()),
        (Shape::Of(one), Shape::Of(other)) if one == other => Shape::Of(one.clone()),
        _ => Shape::Unknown,
    }
}

/// The statements within a node, itself among them.
fn each_statement(node: &Node, act: &mut dyn FnMut(&Statement)) {
    each_within(node, 4 * MOST_NESTED, act);
}

/// The same, so many nodes deep at most: what is deeper is not judged at all.
fn each_within(node: &Node, depth: usize, act: &mut dyn FnMut(&Statement)) {
    let Some(depth) = depth.checked_sub(1) else { return };
    if let Node::Statement(statement) = node {
        act(statement);
    }
    for child in children(*node) {
        each_within(&child, depth, act);
    }
}
