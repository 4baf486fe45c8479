//! What a recursive query must look like (parse_cte.c: checkWellFormedRecursion).

use super::statement::Analyzer;
use crate::syntax::ast::{
    CommonTableExpr, JoinType, Node, NodeEnum, RangeVar, ReturningClause, SelectStmt, SetOperation,
    WithClause,
};
use crate::syntax::children::children;

/// Where a query refers to itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where it may.
    Recursive,
    NonRecursive,
    Subquery,
    OuterJoin,
    Intersect,
    Except,
}

impl Place {
    fn words(self) -> &'static str {
        match self {
            Place::Recursive => "more than once",
            Place::NonRecursive => "within its non-recursive term",
            Place::Subquery => "within a subquery",
            Place::OuterJoin => "within an outer join",
            Place::Intersect => "within INTERSECT",
            Place::Except => "within EXCEPT",
        }
    }
}

/// The references of a query to itself, in the order of the text.
struct Walk<'n> {
    name: &'n str,
    found: Vec<(i32, Place)>,
}

impl Analyzer<'_> {
    /// Checks a query of WITH RECURSIVE.
    pub(super) fn check_recursion(&mut self, cte: &CommonTableExpr) {
        let Some(body) = cte.ctequery.as_deref() else { return };
        let mut walk = Walk { name: &cte.ctename, found: Vec::new() };
        let name = &cte.ctename;
        let select = match &body.node {
            Some(NodeEnum::SelectStmt(select)) => select,
            _ => {
                walk.node(body, Place::Recursive);
                if !walk.found.is_empty() {
                    let message =
                        format!("recursive query \"{name}\" must not contain data-modifying statements");
                    self.report_cte(cte, "42P19", message);
                }
                return;
            }
        };
        let is_union = select.op() == SetOperation::SetopUnion;
        if !is_union {
            walk.node(body, Place::Recursive);
            if !walk.found.is_empty() {
                let message = format!(
                    "recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term"
                );
                self.report_cte(cte, "42P19", message);
            }
            return;
        }
        if let Some(with) = &select.with_clause {
            // Before both arms it counts as a subquery.
            walk.with(with, Place::Subquery);
        }
        if let Some(left) = &select.larg {
            walk.select(left, Place::NonRecursive);
        }
        if let Some(right) = &select.rarg {
            walk.select(right, Place::Recursive);
        }
        let mut proper = 0;
        for (at, place) in &walk.found {
            proper += usize::from(*place == Place::Recursive);
            if *place != Place::Recursive || proper > 1 {
                let words = place.words();
                let message = format!("recursive reference to query \"{name}\" must not appear {words}");
                self.report_at(*at, "42P19", message);
                return;
            }
        }
        if walk.found.is_empty() {
            return;
        }
        let clauses = [
            (select.sort_clause.first(), "ORDER BY"),
            (select.limit_offset.as_deref(), "OFFSET"),
            (select.limit_count.as_deref(), "LIMIT"),
        ];
        for (node, words) in clauses {
            let Some(node) = node else { continue };
            let node = match &node.node {
                Some(NodeEnum::SortBy(sort)) => sort.node.as_deref(),
                _ => Some(node),
            };
            let at = node.map_or(-1, |node| self.first_location(node));
            self.report_at(at, "0A000", format!("{words} in a recursive query is not implemented"));
        }
    }
}

/// Whether a query of WITH names itself.
pub(super) fn refers_to_itself(cte: &CommonTableExpr) -> bool {
    let mut walk = Walk { name: &cte.ctename, found: Vec::new() };
    if let Some(body) = cte.ctequery.as_deref() {
        walk.node(body, Place::Recursive);
    }
    !walk.found.is_empty()
}

impl Walk<'_> {
    fn range(&mut self, range: &RangeVar, place: Place) {
        if range.schemaname.is_empty() && range.relname == self.name {
            self.found.push((range.location, place));
        }
    }

    /// The queries of a WITH within.
    fn with(&mut self, with: &WithClause, place: Place) {
        for node in &with.ctes {
            if let Some(NodeEnum::CommonTableExpr(cte)) = &node.node
                && let Some(query) = cte.ctequery.as_deref()
            {
                self.node(query, place);
            }
        }
    }

    /// Walks a WITH; whether one of its queries has the same name, which hides this one.
    fn is_hidden(&mut self, with: Option<&WithClause>, place: Place) -> bool {
        let Some(with) = with else { return false };
        let hides = with.ctes.iter().any(
            |node| matches!(&node.node, Some(NodeEnum::CommonTableExpr(cte)) if cte.ctename == self.name),
        );
        if !hides {
            self.with(with, place);
        }
        hides
    }

    fn select(&mut self, select: &SelectStmt, place: Place) {
        if self.is_hidden(select.with_clause.as_ref(), place) {
            return;
        }
        if let (Some(left), Some(right)) = (&select.larg, &select.rarg) {
            let (one, two) = match select.op() {
                SetOperation::SetopIntersect if select.all => (Place::Intersect, Place::Intersect),
                SetOperation::SetopExcept if select.all => (Place::Except, Place::Except),
                SetOperation::SetopExcept => (place, Place::Except),
                _ => (place, place),
            };
            let narrower = |inner: Place| if place == Place::Recursive { inner } else { place };
            self.select(left, narrower(one));
            self.select(right, narrower(two));
        }
        let lists = [&select.target_list, &select.from_clause, &select.group_clause, &select.window_clause];
        for node in lists.into_iter().flatten().chain(&select.values_lists).chain(&select.sort_clause) {
            self.node(node, place);
        }
        let ones = [&select.where_clause, &select.having_clause, &select.limit_count, &select.limit_offset];
        for node in ones.into_iter().flatten() {
            self.node(node, place);
        }
    }

    fn returning(&mut self, clause: Option<&ReturningClause>, place: Place) {
        for node in clause.into_iter().flat_map(|clause| &clause.exprs) {
            self.node(node, place);
        }
    }

    fn node(&mut self, node: &Node, place: Place) {
        match node.node.as_ref() {
            None => {}
            Some(NodeEnum::RangeVar(range)) => self.range(range, place),
            Some(NodeEnum::SelectStmt(select)) => self.select(select, place),
            Some(NodeEnum::RangeSubselect(sub)) => {
                if let Some(query) = sub.subquery.as_deref() {
                    self.node(query, place);
                }
            }
            Some(NodeEnum::SubLink(link)) => {
                let inner = if place == Place::Recursive { Place::Subquery } else { place };
                for node in [&link.testexpr, &link.subselect].into_iter().flatten() {
                    self.node(
                        node,
                        if matches!(node.node, Some(NodeEnum::SelectStmt(_))) { inner } else { place },
                    );
                }
            }
            Some(NodeEnum::JoinExpr(join)) => {
                let outer = if place == Place::Recursive { Place::OuterJoin } else { place };
                let (left, right) = match join.jointype() {
                    JoinType::JoinLeft => (place, outer),
                    JoinType::JoinRight => (outer, place),
                    JoinType::JoinFull => (outer, outer),
                    _ => (place, place),
                };
                for (node, place) in [(&join.larg, left), (&join.rarg, right), (&join.quals, place)] {
                    if let Some(node) = node {
                        self.node(node, place);
                    }
                }
            }
            Some(NodeEnum::RangeTableSample(sample)) => {
                if let Some(relation) = sample.relation.as_deref() {
                    self.node(relation, place);
                }
            }
            Some(NodeEnum::InsertStmt(insert)) => {
                if self.is_hidden(insert.with_clause.as_ref(), place) {
                    return;
                }
                if let Some(query) = insert.select_stmt.as_deref() {
                    self.node(query, place);
                }
                self.returning(insert.returning_clause.as_ref(), place);
            }
            Some(NodeEnum::UpdateStmt(update)) => {
                if self.is_hidden(update.with_clause.as_ref(), place) {
                    return;
                }
                for node in update.from_clause.iter().chain(update.where_clause.as_deref()) {
                    self.node(node, place);
                }
                self.returning(update.returning_clause.as_ref(), place);
            }
            Some(NodeEnum::MergeStmt(merge)) => {
                if self.is_hidden(merge.with_clause.as_ref(), place) {
                    return;
                }
                let whens = merge.merge_when_clauses.iter().filter_map(|node| match &node.node {
                    Some(NodeEnum::MergeWhenClause(when)) => Some(when),
                    _ => None,
                });
                let whens = whens.flat_map(|when| {
                    when.condition.as_deref().into_iter().chain(&when.target_list).chain(&when.values)
                });
                let parts = [&merge.source_relation, &merge.join_condition];
                for node in parts.into_iter().flatten().map(|node| &**node).chain(whens) {
                    self.node(node, place);
                }
                self.returning(merge.returning_clause.as_ref(), place);
            }
            Some(NodeEnum::DeleteStmt(delete)) => {
                if self.is_hidden(delete.with_clause.as_ref(), place) {
                    return;
                }
                for node in delete.using_clause.iter().chain(delete.where_clause.as_deref()) {
                    self.node(node, place);
                }
                self.returning(delete.returning_clause.as_ref(), place);
            }
            Some(inner) => {
                let mut below = Vec::new();
                children(inner, &mut |child| below.push(child));
                for child in below {
                    self.node(child, place);
                }
            }
        }
    }
}
