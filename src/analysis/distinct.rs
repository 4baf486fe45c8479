//! What DISTINCT wants of ORDER BY (transformDistinctClause, transformDistinctOnClause).

use super::expr::is_star;
use super::statement::{Analyzer, strings};
use crate::syntax::ast::{Node, NodeEnum, ResTarget, SelectStmt, a_const};

impl Analyzer<'_> {
    /// Checks a query whose clauses have been analyzed. What cannot be compared for sure is taken to be right.
    pub(super) fn check_distinct_order(&mut self, select: &SelectStmt) {
        if select.distinct_clause.is_empty() || select.sort_clause.is_empty() {
            return;
        }
        let targets: Option<Vec<&ResTarget>> = (select.target_list.iter())
            .map(|node| match &node.node {
                Some(NodeEnum::ResTarget(target)) if !target.val.as_deref().is_some_and(is_star) => {
                    Some(&**target)
                }
                _ => None,
            })
            .collect();
        let Some(targets) = targets else { return };
        let sorted = select.sort_clause.iter().map(|node| match &node.node {
            Some(NodeEnum::SortBy(sort)) => sort.node.as_deref(),
            _ => None,
        });
        let Some(sorted) = sorted.collect::<Option<Vec<&Node>>>() else { return };
        let text = |node: &Node| self.listed(node, &targets);
        let Some(order) = sorted.iter().map(|node| text(node)).collect::<Option<Vec<String>>>() else {
            return;
        };
        let is_on = !matches!(&select.distinct_clause[..], [Node { node: None }]);
        let wanted: Option<Vec<String>> = match is_on {
            true => select.distinct_clause.iter().map(text).collect(),
            false => targets.iter().map(|target| self.canonical(target.val.as_deref()?)).collect(),
        };
        let Some(wanted) = wanted else { return };
        if !is_on {
            if let Some(at) = order.iter().position(|item| !wanted.contains(item)) {
                let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                let location = self.first_location(sorted[at]);
                self.report_at(location, "42P10", message);
            }
            return;
        }
        // What is sorted by otherwise comes behind all that is to be distinct.
        let Some(other) = order.iter().position(|item| !wanted.contains(item)) else { return };
        let missing = wanted.iter().any(|item| !order[..other].contains(item));
        if missing {
            let message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
            // PostgreSQL points at the first that comes too late.
            let late =
                order[other..].iter().position(|item| wanted.contains(item)).map(|n| sorted[other + n]);
            let first = select
                .distinct_clause
                .iter()
                .find(|node| self.listed(node, &targets).is_some_and(|item| !order[..other].contains(&item)));
            let location = late.or(first).map_or(-1, |node| self.first_location(node));
            self.report_at(location, "42P10", message);
        }
    }

    /// An item of ORDER BY or DISTINCT ON as a text to be compared: an output by its place or name is that output.
    fn listed(&self, node: &Node, targets: &[&ResTarget]) -> Option<String> {
        match node.node.as_ref()? {
            NodeEnum::AConst(constant) => match &constant.val {
                Some(a_const::Val::Ival(number)) => {
                    let at = usize::try_from(number.ival).ok()?.checked_sub(1)?;
                    self.canonical(targets.get(at)?.val.as_deref()?)
                }
                _ => None,
            },
            NodeEnum::ColumnRef(column) => {
                // An output's name comes before a column's.
                let names = strings(&column.fields);
                let own = match &names[..] {
                    [name] => targets.iter().find(|target| match target.name.as_str() {
                        "" => target
                            .val
                            .as_deref()
                            .and_then(super::target::figure_name)
                            .is_some_and(|own| own == *name),
                        given => *given == **name,
                    }),
                    _ => None,
                };
                match own {
                    Some(target) => self.canonical(target.val.as_deref()?),
                    None => self.canonical(node),
                }
            }
            _ => self.canonical(node),
        }
    }
}
