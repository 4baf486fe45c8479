//! The parts of an expression or query, for whoever looks for something inside.

use crate::syntax::ast::{Node, NodeEnum};

/// The nodes directly below `node`, in the order of the text as far as it matters. A query's CTEs come first.
pub(crate) fn parts(node: &NodeEnum) -> Vec<&Node> {
    let mut found = Vec::new();
    collect(node, &mut found);
    found
}

fn collect<'n>(node: &'n NodeEnum, out: &mut Vec<&'n Node>) {
    use NodeEnum::*;
    match node {
        SelectStmt(s) => select(s, out),
        InsertStmt(s) => {
            with(&s.with_clause, out);
            out.extend(s.select_stmt.as_deref());
            if let Some(conflict) = &s.on_conflict_clause {
                if let Some(infer) = &conflict.infer {
                    out.extend(&infer.index_elems);
                    out.extend(infer.where_clause.as_deref());
                }
                out.extend(&conflict.target_list);
                out.extend(conflict.where_clause.as_deref());
            }
            out.extend(s.returning_clause.iter().flat_map(|returning| &returning.exprs));
        }
        UpdateStmt(s) => {
            with(&s.with_clause, out);
            out.extend(&s.target_list);
            out.extend(&s.from_clause);
            out.extend(s.where_clause.as_deref());
            out.extend(s.returning_clause.iter().flat_map(|returning| &returning.exprs));
        }
        DeleteStmt(s) => {
            with(&s.with_clause, out);
            out.extend(&s.using_clause);
            out.extend(s.where_clause.as_deref());
            out.extend(s.returning_clause.iter().flat_map(|returning| &returning.exprs));
        }
        MergeStmt(s) => {
            with(&s.with_clause, out);
            out.extend(s.source_relation.as_deref());
            out.extend(s.join_condition.as_deref());
            out.extend(&s.merge_when_clauses);
            out.extend(s.returning_clause.iter().flat_map(|returning| &returning.exprs));
        }
        MergeWhenClause(c) => {
            out.extend(c.condition.as_deref());
            out.extend(&c.target_list);
            out.extend(&c.values);
        }
        CommonTableExpr(cte) => out.extend(cte.ctequery.as_deref()),
        RangeSubselect(r) => out.extend(r.subquery.as_deref()),
        RangeFunction(r) => out.extend(&r.functions),
        RangeTableSample(r) => {
            out.extend(r.relation.as_deref());
            out.extend(&r.args);
            out.extend(r.repeatable.as_deref());
        }
        RangeTableFunc(r) => {
            out.extend(r.docexpr.as_deref());
            out.extend(r.rowexpr.as_deref());
        }
        JoinExpr(j) => {
            out.extend(j.larg.as_deref());
            out.extend(j.rarg.as_deref());
            out.extend(j.quals.as_deref());
        }
        List(l) => out.extend(&l.items),
        ResTarget(r) => {
            out.extend(&r.indirection);
            out.extend(r.val.as_deref());
        }
        MultiAssignRef(r) => out.extend(r.source.as_deref()),
        SortBy(s) => out.extend(s.node.as_deref()),
        GroupingSet(g) => out.extend(&g.content),
        WindowDef(w) => window(w, out),
        IndexElem(e) => out.extend(e.expr.as_deref()),
        _ => expression(node, out),
    }
}

fn expression<'n>(node: &'n NodeEnum, out: &mut Vec<&'n Node>) {
    use NodeEnum::*;
    match node {
        AExpr(e) => {
            out.extend(e.lexpr.as_deref());
            out.extend(e.rexpr.as_deref());
        }
        BoolExpr(e) => out.extend(&e.args),
        FuncCall(f) => {
            out.extend(&f.args);
            out.extend(&f.agg_order);
            out.extend(f.agg_filter.as_deref());
            if let Some(over) = &f.over {
                window(over, out);
            }
        }
        TypeCast(c) => out.extend(c.arg.as_deref()),
        CollateClause(c) => out.extend(c.arg.as_deref()),
        CoalesceExpr(e) => out.extend(&e.args),
        MinMaxExpr(e) => out.extend(&e.args),
        CaseExpr(e) => {
            out.extend(e.arg.as_deref());
            out.extend(&e.args);
            out.extend(e.defresult.as_deref());
        }
        CaseWhen(e) => {
            out.extend(e.expr.as_deref());
            out.extend(e.result.as_deref());
        }
        NullTest(e) => out.extend(e.arg.as_deref()),
        BooleanTest(e) => out.extend(e.arg.as_deref()),
        SubLink(e) => {
            out.extend(e.testexpr.as_deref());
            out.extend(e.subselect.as_deref());
        }
        AArrayExpr(e) => out.extend(&e.elements),
        RowExpr(e) => out.extend(&e.args),
        AIndirection(e) => {
            out.extend(e.arg.as_deref());
            out.extend(&e.indirection);
        }
        AIndices(e) => {
            out.extend(e.lidx.as_deref());
            out.extend(e.uidx.as_deref());
        }
        NamedArgExpr(e) => out.extend(e.arg.as_deref()),
        GroupingFunc(e) => out.extend(&e.args),
        XmlExpr(e) => {
            out.extend(&e.named_args);
            out.extend(&e.args);
        }
        XmlSerialize(e) => out.extend(e.expr.as_deref()),
        JsonValueExpr(e) => out.extend(e.raw_expr.as_deref()),
        JsonFuncExpr(e) => {
            out.extend(e.context_item.iter().filter_map(|item| item.raw_expr.as_deref()));
            out.extend(e.pathspec.as_deref());
            out.extend(&e.passing);
        }
        JsonArgument(e) => out.extend(e.val.iter().filter_map(|item| item.raw_expr.as_deref())),
        JsonTable(e) => {
            out.extend(e.context_item.iter().filter_map(|item| item.raw_expr.as_deref()));
            out.extend(&e.passing);
        }
        JsonKeyValue(e) => {
            out.extend(e.key.as_deref());
            out.extend(e.value.iter().filter_map(|item| item.raw_expr.as_deref()));
        }
        JsonObjectConstructor(e) => out.extend(&e.exprs),
        JsonArrayConstructor(e) => out.extend(&e.exprs),
        JsonArrayQueryConstructor(e) => out.extend(e.query.as_deref()),
        JsonIsPredicate(e) => out.extend(e.expr.as_deref()),
        JsonParseExpr(e) => out.extend(e.expr.iter().filter_map(|item| item.raw_expr.as_deref())),
        JsonScalarExpr(e) => out.extend(e.expr.as_deref()),
        JsonSerializeExpr(e) => out.extend(e.expr.iter().filter_map(|item| item.raw_expr.as_deref())),
        JsonArrayAgg(e) => out.extend(e.arg.iter().filter_map(|item| item.raw_expr.as_deref())),
        JsonObjectAgg(e) => {
            if let Some(pair) = &e.arg {
                out.extend(pair.key.as_deref());
                out.extend(pair.value.iter().filter_map(|item| item.raw_expr.as_deref()));
            }
        }
        _ => {}
    }
}

fn select<'n>(s: &'n crate::syntax::ast::SelectStmt, out: &mut Vec<&'n Node>) {
    // The branches of a set operation are statements without a node of their own: their parts stand here, and a
    // branch's own CTEs among them. A long UNION nests as deep as it is long, so there is no recursion.
    let mut open = vec![s];
    while let Some(s) = open.pop() {
        with(&s.with_clause, out);
        open.extend([&s.rarg, &s.larg].into_iter().flatten().map(|branch| &**branch));
        out.extend(&s.from_clause);
        out.extend(&s.distinct_clause);
        out.extend(&s.target_list);
        out.extend(s.where_clause.as_deref());
        out.extend(&s.group_clause);
        out.extend(s.having_clause.as_deref());
        out.extend(&s.window_clause);
        out.extend(&s.values_lists);
        out.extend(&s.sort_clause);
        out.extend(s.limit_offset.as_deref());
        out.extend(s.limit_count.as_deref());
    }
}

fn with<'n>(clause: &'n Option<crate::syntax::ast::WithClause>, out: &mut Vec<&'n Node>) {
    out.extend(clause.iter().flat_map(|clause| &clause.ctes));
}

fn window<'n>(window: &'n crate::syntax::ast::WindowDef, out: &mut Vec<&'n Node>) {
    out.extend(&window.partition_clause);
    out.extend(&window.order_clause);
    out.extend(window.start_offset.as_deref());
    out.extend(window.end_offset.as_deref());
}

/// Calls `see` for `node` and everything below it; what it returns `false` for is not entered.
pub(crate) fn visit<'n>(node: &'n Node, see: &mut dyn FnMut(&'n NodeEnum) -> bool) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let Some(node) = node.node.as_ref() else { continue };
        if see(node) {
            open.extend(parts(node).into_iter().rev());
        }
    }
}

/// The queries and relations below some nodes, themselves not entered; expressions are searched however deep they are.
pub(crate) fn queries<'n>(parts: impl IntoIterator<Item = &'n Node>) -> Vec<&'n NodeEnum> {
    use NodeEnum::*;
    let mut found = Vec::new();
    let mut open: Vec<&Node> = parts.into_iter().collect();
    open.reverse();
    while let Some(node) = open.pop() {
        match node.node.as_ref() {
            None => {}
            Some(
                node @ (RangeVar(_) | SelectStmt(_) | InsertStmt(_) | UpdateStmt(_) | DeleteStmt(_)
                | MergeStmt(_) | CommonTableExpr(_)),
            ) => found.push(node),
            Some(node) => open.extend(parts_of(node)),
        }
    }
    found
}

fn parts_of(node: &NodeEnum) -> impl Iterator<Item = &Node> {
    parts(node).into_iter().rev()
}
