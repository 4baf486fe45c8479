//! A plan in a few lines, with the node that costs the most marked.

use super::tree::{Node, Plan};

/// The marked node's sign.
const MARK: &str = "◀";

/// The plan as an indented tree of at most `max_lines` lines. The marked node is always among them.
pub fn render(plan: &Plan, max_lines: usize) -> Vec<String> {
    let (hot, own) = plan.hot_spot();
    let mut lines = Vec::new();
    // Where one node is the plan there is nothing to point out but a table that is read as a whole.
    let node = plan.node(&hot);
    let worth = !plan.root.children.is_empty() || node.is_some_and(|node| node.kind == "Seq Scan");
    let why = node.filter(|_| worth && own > 0.0).map(|node| reason(node, own, plan.total_cost()));
    write(&plan.root, "", "", &mut Vec::new(), &hot, why.as_deref(), &mut lines);
    shorten(lines, max_lines.max(1))
}

/// A line, and whether it is the marked node's.
type Line = (String, bool);

fn write(
    node: &Node,
    indent: &str,
    bullet: &str,
    path: &mut Vec<usize>,
    hot: &[usize],
    why: Option<&str>,
    lines: &mut Vec<Line>,
) {
    let marked = why.is_some() && path.as_slice() == hot;
    let mut line = format!(
        "{indent}{bullet}{}  cost {}, {}",
        title(node),
        number(node.total_cost),
        counted(node.rows, "row")
    );
    if let (true, Some(why)) = (marked, why) {
        line.push_str(&format!("  {MARK} {why}"));
    }
    lines.push((line, marked));
    let below = if bullet.is_empty() { indent.to_owned() } else { format!("{indent}   ") };
    for (n, child) in node.children.iter().enumerate() {
        path.push(n);
        write(child, &below, "└─ ", path, hot, why, lines);
        path.pop();
    }
}

/// What a node does, and to what: `Index Scan users_pkey on users u (id = 1)`.
fn title(node: &Node) -> String {
    let mut text = String::new();
    if let Some(subplan) = &node.subplan {
        text.push_str(&format!("{subplan}: "));
    }
    if node.parallel {
        text.push_str("Parallel ");
    }
    match (node.kind.as_str(), &node.operation, &node.join, &node.strategy) {
        ("ModifyTable", Some(operation), _, _) => text.push_str(operation),
        ("Aggregate", _, _, Some(strategy)) => text.push_str(match strategy.as_str() {
            "Sorted" => "Group Aggregate",
            "Hashed" => "Hash Aggregate",
            "Mixed" => "Mixed Aggregate",
            _ => "Aggregate",
        }),
        (kind, _, Some(join), _) if join != "Inner" => match kind.strip_suffix(" Join") {
            Some(kind) => text.push_str(&format!("{kind} {join} Join")),
            None => text.push_str(&format!("{kind} {join} Join")),
        },
        (kind, ..) => text.push_str(kind),
    }
    if let Some(index) = &node.index {
        text.push_str(&format!(" {index}"));
    }
    if let Some(name) = node.relation.as_ref().or(node.cte.as_ref()).or(node.function.as_ref()) {
        text.push_str(&format!(" on {name}"));
        if let Some(alias) = node.alias.as_ref().filter(|alias| *alias != name) {
            text.push_str(&format!(" {alias}"));
        }
    }
    let conditions =
        [&node.index_condition, &node.hash_condition, &node.merge_condition, &node.join_filter, &node.filter];
    for condition in conditions.into_iter().flatten() {
        text.push_str(&format!(" {}", clip(condition)));
    }
    for keys in [&node.sort_key, &node.group_key] {
        if !keys.is_empty() {
            text.push_str(&format!(" by {}", clip(&keys.join(", "))));
        }
    }
    text
}

/// Why the marked node is the one to look at.
fn reason(node: &Node, own: f64, total: f64) -> String {
    let share = if total > 0.0 {
        format!("{:.0} % of the cost", (own / total * 100.0).min(100.0))
    } else {
        String::new()
    };
    match (node.kind.as_str(), &node.filter) {
        ("Seq Scan", Some(_)) => {
            format!("reads the whole table to keep {}: {share}", counted(node.rows, "row"))
        }
        ("Seq Scan", None) => format!("reads the whole table: {share}"),
        ("Sort" | "Incremental Sort", _) => format!("sorts {}: {share}", counted(node.rows, "row")),
        _ => share,
    }
}

fn clip(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn counted(n: f64, word: &str) -> String {
    if n.round() == 1.0 { format!("1 {word}") } else { format!("{} {word}s", number(n)) }
}

/// Digits in threes where there are many, and two decimals where there are few.
fn number(n: f64) -> String {
    if n.abs() < 100.0 && n.fract() != 0.0 {
        return format!("{n:.2}");
    }
    let digits = format!("{n:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digits.is_ascii() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Cuts from the end, and keeps the marked line.
fn shorten(lines: Vec<Line>, max_lines: usize) -> Vec<String> {
    if lines.len() <= max_lines {
        return lines.into_iter().map(|(line, _)| line).collect();
    }
    let marked = lines.iter().position(|(_, marked)| *marked);
    let mut shown: Vec<usize> = (0..max_lines.saturating_sub(1)).collect();
    if let Some(marked) = marked.filter(|marked| !shown.contains(marked)) {
        if shown.len() > 1 {
            shown.pop();
        }
        shown.push(marked);
    }
    let hidden = lines.len() - shown.len();
    let mut text: Vec<String> = shown.iter().map(|n| lines[*n].0.clone()).collect();
    if text.len() < max_lines {
        text.push(format!("… {hidden} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::json;

    fn check(root: serde_json::Value, max_lines: usize, expected: Expect) {
        let plan = Plan::from_json(json!([{ "Plan": root }])).unwrap();
        expected.assert_eq(&render(&plan, max_lines).join("\n"));
    }

    /// As PostgreSQL 18 gave it.
    fn join() -> serde_json::Value {
        json!({
            "Node Type": "Sort", "Parallel Aware": false, "Async Capable": false, "Disabled": false,
            "Startup Cost": 2233.67, "Total Cost": 2234.92, "Plan Rows": 500, "Plan Width": 48,
            "Sort Key": ["o.created_at DESC"],
            "Plans": [{
                "Node Type": "Hash Join", "Parent Relationship": "Outer", "Parallel Aware": false,
                "Join Type": "Left", "Startup Cost": 30.5, "Total Cost": 2211.26, "Plan Rows": 500, "Plan Width": 48,
                "Inner Unique": true, "Hash Cond": "(o.customer_id = c.id)",
                "Plans": [
                    {
                        "Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "orders", "Alias": "o",
                        "Startup Cost": 0.0, "Total Cost": 2179.0, "Plan Rows": 500, "Plan Width": 24,
                        "Filter": "(status = 'open'::text)"
                    },
                    {
                        "Node Type": "Hash", "Parent Relationship": "Inner", "Startup Cost": 18.0, "Total Cost": 18.0,
                        "Plan Rows": 1000, "Plan Width": 24,
                        "Plans": [{
                            "Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "customers",
                            "Alias": "c", "Startup Cost": 0.0, "Total Cost": 18.0, "Plan Rows": 1000, "Plan Width": 24
                        }]
                    }
                ]
            }]
        })
    }

    #[test]
    fn the_costly_node_is_marked() {
        check(
            join(),
            9,
            expect![[r#"
                Sort by o.created_at DESC  cost 2,235, 500 rows
                └─ Hash Left Join (o.customer_id = c.id)  cost 2,211, 500 rows
                   └─ Seq Scan on orders o (status = 'open'::text)  cost 2,179, 500 rows  ◀ reads the whole table to keep 500 rows: 97 % of the cost
                   └─ Hash  cost 18, 1,000 rows
                      └─ Seq Scan on customers c  cost 18, 1,000 rows"#]],
        );
    }

    #[test]
    fn a_long_plan_is_cut_but_keeps_its_mark() {
        check(
            join(),
            2,
            expect![[r#"
                Sort by o.created_at DESC  cost 2,235, 500 rows
                   └─ Seq Scan on orders o (status = 'open'::text)  cost 2,179, 500 rows  ◀ reads the whole table to keep 500 rows: 97 % of the cost"#]],
        );
        check(
            join(),
            4,
            expect![[r#"
                Sort by o.created_at DESC  cost 2,235, 500 rows
                └─ Hash Left Join (o.customer_id = c.id)  cost 2,211, 500 rows
                   └─ Seq Scan on orders o (status = 'open'::text)  cost 2,179, 500 rows  ◀ reads the whole table to keep 500 rows: 97 % of the cost
                … 2 more"#]],
        );
    }

    #[test]
    fn one_node_alone_is_marked_only_when_it_reads_everything() {
        check(
            json!({
                "Node Type": "Index Scan", "Scan Direction": "Forward", "Index Name": "users_pkey",
                "Relation Name": "users", "Alias": "users", "Startup Cost": 0.28, "Total Cost": 8.29, "Plan Rows": 1,
                "Plan Width": 36, "Index Cond": "(id = 1)"
            }),
            5,
            expect!["Index Scan users_pkey on users (id = 1)  cost 8.29, 1 row"],
        );
        check(
            json!({
                "Node Type": "ModifyTable", "Operation": "Insert", "Relation Name": "t", "Alias": "t",
                "Startup Cost": 0.0, "Total Cost": 0.01, "Plan Rows": 0, "Plan Width": 0,
                "Plans": [{
                    "Node Type": "Result", "Parent Relationship": "Outer", "Startup Cost": 0.0, "Total Cost": 0.01,
                    "Plan Rows": 1, "Plan Width": 4
                }]
            }),
            5,
            expect![[r#"
                Insert on t  cost 0.01, 0 rows
                └─ Result  cost 0.01, 1 row  ◀ 100 % of the cost"#]],
        );
    }
}
