//! GROUP BY: columns that are neither grouped nor in an aggregate (parse_agg.c: check_ungrouped_columns).

use super::column_ref::Var;
use super::expr::is_star;
use super::scope::Star;
use super::statement::Analyzer;
use crate::catalog::model::{ConstraintKind, Name};
use crate::syntax::ast::{
    FuncCall, GroupingSet, GroupingSetKind, JsonAggConstructor, Node, NodeEnum, NodeRef, SelectStmt, SubLink,
    a_const,
};
use crate::syntax::children::children;

impl Analyzer<'_> {
    /// Checks a query that groups, or has an aggregate.
    pub(super) fn check_grouping(&mut self, select: &SelectStmt) {
        self.check_groups(select);
        let scope = self.scope();
        if scope.reads_itself
            && let Some(at) = scope.aggregates.iter().copied().min()
        {
            let message = "aggregate functions are not allowed in a recursive query's recursive term";
            self.report_at(at, "42P19", message);
        }
    }

    fn check_groups(&mut self, select: &SelectStmt) {
        let scope = self.scope();
        let groups = !select.group_clause.is_empty() || scope.has_grouping;
        if !groups && scope.aggregates.is_empty() && select.having_clause.is_none() {
            return;
        }
        // What is grouped by is not known for sure where a grouping set may leave something out, or DISTINCT stands
        // before it; and nothing is known of entries whose columns are not.
        if scope.items.iter().any(|item| item.unknown_columns) || select.group_distinct {
            return;
        }
        let Some(grouped) = self.grouped(select) else { return };
        let query = scope.query;
        let mut grouped_vars: Vec<Var> = Vec::new();
        for node in &grouped {
            if let Some(var) = self.var_of(node) {
                grouped_vars.push(var.clone());
            }
        }
        let canonical = grouped
            .iter()
            .filter(|node| self.var_of(node).is_none())
            .map(|node| self.canonical(node))
            .collect();
        let common = match common(&select.group_clause) {
            Some(nodes) => nodes.iter().filter_map(|node| self.var_of(node)).cloned().collect(),
            None => grouped_vars.clone(),
        };
        let aggregates = scope.aggregates.clone();
        let check = Check { query, grouped, grouped_vars, common, canonical, aggregates };
        if scope.has_grouping
            && let Some(at) = self.misplaced_grouping(select, &check)
        {
            let message = "arguments to GROUPING must be grouping expressions of the associated query level";
            self.report_at(at, "42803", message);
            return;
        }
        let mut found = None;
        for node in &select.target_list {
            if let Some(NodeEnum::ResTarget(target)) = &node.node
                && let Some(value) = &target.val
            {
                found = found.or_else(|| self.ungrouped(value, &check));
            }
        }
        if let Some(having) = &select.having_clause {
            found = found.or_else(|| self.ungrouped(having, &check));
        }
        for node in &select.sort_clause {
            if let Some(NodeEnum::SortBy(sort)) = &node.node
                && let Some(value) = &sort.node
            {
                found = found.or_else(|| self.ungrouped(value, &check));
            }
        }
        if found.is_none()
            && let Some((location, var)) = self.ungrouped_below(select, &check)
        {
            let name = format!("{}.{}", var.item, var.column);
            let message = format!("subquery uses ungrouped column \"{name}\" from outer query");
            self.report_at(location, "42803", message);
            return;
        }
        if let Some((location, var)) = found {
            let name = match &*var.column {
                "*" => var.item.to_string(),
                column => format!("{}.{column}", var.item),
            };
            let message = format!(
                "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function"
            );
            self.report_at(location, "42803", message);
        }
    }

    /// The expressions that a query groups by; `None` where they cannot be told.
    fn grouped<'n>(&self, select: &'n SelectStmt) -> Option<Vec<&'n Node>> {
        let mut grouped = Vec::new();
        let mut todo: Vec<&Node> = select.group_clause.iter().collect();
        while let Some(node) = todo.pop() {
            match &node.node {
                // An output by its place.
                Some(NodeEnum::AConst(constant)) => {
                    let Some(a_const::Val::Ival(number)) = &constant.val else {
                        return None;
                    };
                    // A star before it moves the places.
                    let at = usize::try_from(number.ival).ok()?.checked_sub(1)?;
                    for target in select.target_list.iter().take(at + 1) {
                        match &target.node {
                            Some(NodeEnum::ResTarget(target))
                                if !target.val.as_deref().is_some_and(is_star) => {}
                            _ => return None,
                        }
                    }
                    let Some(NodeEnum::ResTarget(target)) = &select.target_list.get(at)?.node else {
                        return None;
                    };
                    grouped.push(target.val.as_deref()?);
                }
                Some(NodeEnum::ColumnRef(column)) => match self.vars.get(&column.location) {
                    Some(_) => grouped.push(node),
                    // An output by its name.
                    None => {
                        let names = super::statement::strings(&column.fields);
                        let [name] = &names[..] else { return None };
                        let mut targets = select.target_list.iter().filter_map(|target| match &target.node {
                            Some(NodeEnum::ResTarget(target)) => Some(target),
                            _ => None,
                        });
                        let value = targets.find_map(|target| {
                            let value = target.val.as_deref()?;
                            let is_it = match target.name.is_empty() {
                                true => super::target::figure_name(value).is_some_and(|own| own == *name),
                                false => *target.name == **name,
                            };
                            is_it.then_some(value)
                        });
                        grouped.push(value?);
                    }
                },
                Some(NodeEnum::GroupingSet(set)) => todo.extend(&set.content),
                Some(NodeEnum::RowExpr(row)) => todo.extend(&row.args),
                Some(NodeEnum::List(list)) => todo.extend(&list.items),
                Some(NodeEnum::TypeCast(cast)) if self.idle_casts.contains(&cast.location) => {
                    todo.extend(cast.arg.as_deref());
                }
                _ => grouped.push(node),
            }
        }
        Some(grouped)
    }

    fn var_of(&self, node: &Node) -> Option<&Var> {
        match &node.node {
            Some(NodeEnum::ColumnRef(column)) => self.vars.get(&column.location),
            _ => None,
        }
    }

    /// The first column below that is neither grouped nor in an aggregate.
    fn ungrouped(&self, node: &Node, check: &Check) -> Option<(i32, Var)> {
        let inner = node.node.as_ref()?;
        if check.grouped.iter().any(|grouped| std::ptr::eq(*grouped, node)) {
            return None;
        }
        let is_alike = check.grouped.iter().any(|grouped| is_alike(grouped, inner));
        if is_alike {
            // Of what cannot be compared it is not known whether it is grouped.
            let own = self.canonical(node)?;
            if check.canonical.contains(&None) || check.canonical.contains(&Some(own)) {
                return None;
            }
        }
        match inner {
            NodeEnum::ColumnRef(column) if is_star(node) => {
                let names = super::statement::strings(&column.fields);
                let items =
                    self.scope().items.iter().filter(|item| item.star != Star::Join && !item.qualified_only);
                let mut items = items.filter(|item| names.last().is_none_or(|name| *name == item.alias));
                items.find_map(|item| {
                    let vars = item.columns.iter().filter(|column| !column.merged).map(|column| Var {
                        query: check.query,
                        item: item.alias.clone(),
                        column: column.name.clone(),
                    });
                    let found = vars.into_iter().find(|var| !self.is_grouped(var, check))?;
                    Some((column.location, found))
                })
            }
            NodeEnum::ColumnRef(column) => {
                let var = self.vars.get(&column.location).filter(|var| var.query == check.query)?;
                (!self.is_grouped(var, check)).then(|| (column.location, var.clone()))
            }
            NodeEnum::FuncCall(call) if check.aggregates.contains(&call.location) && call.over.is_none() => {
                // What stands before WITHIN GROUP is one value for all rows.
                let direct = call.args.iter().filter(|_| call.agg_within_group);
                direct.into_iter().find_map(|argument| self.ungrouped(argument, check))
            }
            // What is called is not known, and may be an aggregate.
            NodeEnum::FuncCall(call) if self.unsettled.contains(&call.location) => None,
            NodeEnum::JsonObjectAgg(call) if is_aggregate(call.constructor.as_deref(), check) => None,
            NodeEnum::JsonArrayAgg(call) if is_aggregate(call.constructor.as_deref(), check) => None,
            // GROUPING's arguments, and a query's own columns.
            NodeEnum::GroupingFunc(_) | NodeEnum::SubLink(_) => None,
            inner => {
                let mut below = Vec::new();
                children(inner, &mut |child| below.push(child));
                below.into_iter().find_map(|child| self.ungrouped(child, check))
            }
        }
    }

    /// Where an argument of GROUPING stands that is not grouped by.
    fn misplaced_grouping(&self, select: &SelectStmt, check: &Check) -> Option<i32> {
        let is_wrong = |argument: &&Node| match self.var_of(argument) {
            // One of an outer query is that one's.
            Some(var) if var.query != check.query => false,
            Some(var) => !check.grouped_vars.contains(var) && !self.is_merged(var, check),
            None => match self.canonical(argument) {
                Some(own) => !check.canonical.contains(&None) && !check.canonical.contains(&Some(own)),
                None => false,
            },
        };
        first_below(select, |_, inner| match inner {
            NodeEnum::SubLink(_) => Walk::Past,
            NodeEnum::GroupingFunc(grouping) => match grouping.args.iter().find(is_wrong) {
                Some(argument) => Walk::Found(self.first_location(argument)),
                None => Walk::Past,
            },
            _ => Walk::Into,
        })
    }

    fn ungrouped_below(&self, select: &SelectStmt, check: &Check) -> Option<(i32, Var)> {
        first_below(select, |node, inner| match inner {
            // What is grouped as a whole, or is counted as a whole, is read once.
            _ if check.grouped.iter().any(|grouped| std::ptr::eq(*grouped, node)) => Walk::Past,
            NodeEnum::SubLink(link) => match self.read_below(link, check) {
                Some(found) if !check.grouped.iter().any(|grouped| is_alike(grouped, inner)) => {
                    Walk::Found(found)
                }
                _ => Walk::Past,
            },
            NodeEnum::FuncCall(call) if check.aggregates.contains(&call.location) => Walk::Past,
            _ => Walk::Into,
        })
    }

    /// A column of this query, neither grouped nor in an aggregate, that a query within it reads.
    fn read_below(&self, link: &SubLink, check: &Check) -> Option<(i32, Var)> {
        let nodes = link.subselect.as_ref()?.node.as_ref()?.nodes();
        let is_aggregate = |call: &FuncCall| check.aggregates.contains(&call.location);
        if nodes.iter().any(|(node, ..)| matches!(node, NodeRef::FuncCall(call) if is_aggregate(call))) {
            return None;
        }
        let columns = nodes.iter().filter_map(|(node, ..)| match node {
            NodeRef::ColumnRef(column) => Some(column.location),
            _ => None,
        });
        columns
            .filter_map(|at| Some((at, self.vars.get(&at).filter(|var| var.query == check.query)?)))
            .find(|(_, var)| &*var.column != "*" && !self.is_grouped(var, check))
            .map(|(at, var)| (at, var.clone()))
    }

    fn is_grouped(&self, var: &Var, check: &Check) -> bool {
        check.grouped_vars.contains(var) || self.is_merged(var, check) || self.depends(var, check)
    }

    /// Whether a column was merged by USING into one that is grouped: which of the two the name means depends on the
    /// join and on their types.
    fn is_merged(&self, var: &Var, check: &Check) -> bool {
        let is_merged = |item: &Name, column: &Name| {
            let items = self.scope().items.iter().filter(|own| own.alias == *item);
            items.into_iter().any(|own| own.column(column).is_some_and(|column| column.merged))
        };
        is_merged(&var.item, &var.column) && check.grouped_vars.iter().any(|other| other.column == var.column)
    }

    /// Whether a column follows from those that are grouped: all of its table's primary key are.
    fn depends(&self, var: &Var, check: &Check) -> bool {
        let item = self.scope().items.iter().find(|item| item.alias == var.item);
        let Some(relation) = item.and_then(|item| item.relation.as_ref()) else { return false };
        let key =
            relation.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
        let is_grouped = |column: &Name| {
            let own = Var { column: column.clone(), ..var.clone() };
            check.common.contains(&own) || self.is_merged(&own, check)
        };
        let Some(key) = key.filter(|key| key.columns.iter().all(is_grouped)) else { return false };
        let used = (relation.qualified_name(), key.name.clone());
        let mut grouped_by = self.grouped_by.borrow_mut();
        if !grouped_by.contains(&used) {
            grouped_by.push(used);
        }
        true
    }

    /// A text that two expressions have in common only if PostgreSQL takes them for one, and always if it does; `None`
    /// where that cannot be told.
    pub(super) fn canonical(&self, node: &Node) -> Option<std::string::String> {
        use NodeEnum::*;
        let list = |nodes: &[Node]| -> Option<std::string::String> {
            let parts: Option<Vec<std::string::String>> =
                nodes.iter().map(|node| self.canonical(node)).collect();
            Some(parts?.join(","))
        };
        let one = |node: &Option<Box<Node>>| match node {
            Some(node) => self.canonical(node),
            None => Some(std::string::String::new()),
        };
        let name = |nodes: &[Node]| {
            let names = super::statement::strings(nodes);
            let names: Vec<&str> =
                names.iter().map(|name| &**name).filter(|name| *name != "pg_catalog").collect();
            names.join(".")
        };
        Some(match node.node.as_ref()? {
            ColumnRef(column) => format!("{:?}", self.vars.get(&column.location)?),
            // A literal is a value of its type, however it is written.
            AConst(constant) => match constant.val.as_ref() {
                None => "null".into(),
                Some(a_const::Val::Ival(value)) => value.ival.to_string(),
                Some(a_const::Val::Fval(value)) => value.fval.clone(),
                Some(a_const::Val::Boolval(value)) => value.boolval.to_string(),
                Some(a_const::Val::Sval(value)) => value.sval.clone(),
                Some(a_const::Val::Bsval(value)) => value.bsval.clone(),
            },
            TypeCast(cast) if self.idle_casts.contains(&cast.location) => one(&cast.arg)?,
            TypeCast(cast) => match cast.arg.as_deref()?.node.as_ref()? {
                AConst(_) => one(&cast.arg)?,
                _ => {
                    let ty = cast.type_name.as_ref()?;
                    let bounds = ty.array_bounds.len();
                    format!("{}::{}({}){bounds}", one(&cast.arg)?, name(&ty.names), list(&ty.typmods)?)
                }
            },
            FuncCall(call)
                if call.agg_order.is_empty()
                    && call.agg_filter.is_none()
                    && call.over.is_none()
                    && !call.agg_distinct =>
            {
                format!("{}({})", name(&call.funcname), list(&call.args)?)
            }
            AExpr(e) => format!("({} {:?} {} {})", one(&e.lexpr)?, e.kind, name(&e.name), one(&e.rexpr)?),
            BoolExpr(e) => format!("bool{}({})", e.boolop, list(&e.args)?),
            NullTest(e) => format!("null{}({})", e.nulltesttype, one(&e.arg)?),
            BooleanTest(e) => format!("is{}({})", e.booltesttype, one(&e.arg)?),
            CoalesceExpr(e) => format!("coalesce({})", list(&e.args)?),
            MinMaxExpr(e) => format!("minmax{}({})", e.op, list(&e.args)?),
            CaseExpr(e) => format!("case {} {} {}", one(&e.arg)?, list(&e.args)?, one(&e.defresult)?),
            CaseWhen(e) => format!("when {} {}", one(&e.expr)?, one(&e.result)?),
            RowExpr(e) => format!("row({})", list(&e.args)?),
            AArrayExpr(e) => format!("array[{}]", list(&e.elements)?),
            AIndirection(e) => format!("({})#{}", one(&e.arg)?, list(&e.indirection)?),
            AIndices(e) => format!("[{}:{}{}]", one(&e.lidx)?, one(&e.uidx)?, e.is_slice),
            String(text) => text.sval.clone(),
            Integer(value) => value.ival.to_string(),
            List(items) => list(&items.items)?,
            SqlvalueFunction(e) => format!("value{}({})", e.op, e.typmod),
            CollateClause(e) => format!("{} collate {}", one(&e.arg)?, name(&e.collname)),
            ParamRef(e) => format!("${}", e.number),
            _ => return None,
        })
    }
}

struct Check<'n> {
    query: usize,
    grouped: Vec<&'n Node>,
    grouped_vars: Vec<Var>,
    /// Those that are in every grouping set.
    common: Vec<Var>,
    /// What is grouped by and is no column, to be compared.
    canonical: Vec<Option<String>>,
    aggregates: Vec<i32>,
}

/// What a walk does at a node.
enum Walk<T> {
    Found(T),
    Into,
    Past,
}

/// The first that is found among the expressions that a grouped query gives, in the order of the tree.
fn first_below<'n, T>(select: &'n SelectStmt, look: impl Fn(&'n Node, &'n NodeEnum) -> Walk<T>) -> Option<T> {
    let mut todo: Vec<&Node> = select.target_list.iter().chain(&select.sort_clause).rev().collect();
    todo.extend(select.having_clause.as_deref());
    while let Some(node) = todo.pop() {
        let Some(inner) = &node.node else { continue };
        match look(node, inner) {
            Walk::Found(found) => return Some(found),
            Walk::Past => {}
            Walk::Into => {
                let from = todo.len();
                children(inner, &mut |child| todo.push(child));
                todo[from..].reverse();
            }
        }
    }
    None
}

/// Whether one of SQL/JSON's aggregates is one of the query at hand.
fn is_aggregate(call: Option<&JsonAggConstructor>, check: &Check) -> bool {
    call.is_some_and(|call| call.over.is_none() && check.aggregates.contains(&call.location))
}

/// Whether an expression is of the same kind as one that is grouped by, and may well be it.
fn is_alike(grouped: &Node, inner: &NodeEnum) -> bool {
    match &grouped.node {
        Some(NodeEnum::ColumnRef(_)) | None => false,
        Some(grouped) => std::mem::discriminant(grouped) == std::mem::discriminant(inner),
    }
}

/// What every grouping set of a GROUP BY has, where one of them has less than all; `None` where that cannot be told.
fn common(clause: &[Node]) -> Option<Vec<&Node>> {
    let has_empty_set = |set: &GroupingSet| {
        match set.kind() {
        GroupingSetKind::GroupingSetRollup
        | GroupingSetKind::GroupingSetCube
        | GroupingSetKind::GroupingSetEmpty => true,
        // Of those that are within it, one is enough.
        _ => set.content.iter().any(|node| {
            matches!(&node.node, Some(NodeEnum::GroupingSet(set)) if set.kind() != GroupingSetKind::GroupingSetSets)
        }),
    }
    };
    let sets = || clause.iter().filter_map(grouping_set);
    let is_told = sets().next().is_some() && sets().all(has_empty_set);
    is_told.then(|| clause.iter().filter(|node| grouping_set(node).is_none()).collect())
}

fn grouping_set(node: &Node) -> Option<&GroupingSet> {
    match &node.node {
        Some(NodeEnum::GroupingSet(set)) => Some(set),
        _ => None,
    }
}
