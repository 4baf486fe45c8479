//! The tree of `EXPLAIN (FORMAT JSON)`, and which of its nodes costs the most by itself.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// A plan with the planner's estimates.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub root: Node,
}

/// One node of a plan, under the names that EXPLAIN gives to its parts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Node {
    /// `Seq Scan`, `Nested Loop` …
    #[serde(rename = "Node Type")]
    pub kind: String,
    /// `Insert`, `Update`, `Delete`, `Merge` of a `ModifyTable`.
    #[serde(rename = "Operation")]
    pub operation: Option<String>,
    /// `Outer`, `Inner`, `Subquery`, `InitPlan`, `SubPlan`, `Member`.
    #[serde(rename = "Parent Relationship")]
    pub relationship: Option<String>,
    #[serde(rename = "Subplan Name")]
    pub subplan: Option<String>,
    #[serde(rename = "Relation Name")]
    pub relation: Option<String>,
    #[serde(rename = "Schema")]
    pub schema: Option<String>,
    #[serde(rename = "Alias")]
    pub alias: Option<String>,
    #[serde(rename = "Index Name")]
    pub index: Option<String>,
    #[serde(rename = "CTE Name")]
    pub cte: Option<String>,
    #[serde(rename = "Function Name")]
    pub function: Option<String>,
    /// `Inner`, `Left` …
    #[serde(rename = "Join Type")]
    pub join: Option<String>,
    /// `Plain`, `Sorted`, `Hashed` of an aggregate.
    #[serde(rename = "Strategy")]
    pub strategy: Option<String>,
    #[serde(rename = "Scan Direction")]
    pub direction: Option<String>,
    #[serde(rename = "Parallel Aware")]
    pub parallel: bool,
    #[serde(rename = "Startup Cost")]
    pub startup_cost: f64,
    #[serde(rename = "Total Cost")]
    pub total_cost: f64,
    #[serde(rename = "Plan Rows")]
    pub rows: f64,
    #[serde(rename = "Plan Width")]
    pub width: u64,
    #[serde(rename = "Filter")]
    pub filter: Option<String>,
    #[serde(rename = "Index Cond")]
    pub index_condition: Option<String>,
    #[serde(rename = "Recheck Cond")]
    pub recheck_condition: Option<String>,
    #[serde(rename = "Hash Cond")]
    pub hash_condition: Option<String>,
    #[serde(rename = "Merge Cond")]
    pub merge_condition: Option<String>,
    #[serde(rename = "Join Filter")]
    pub join_filter: Option<String>,
    #[serde(rename = "Sort Key")]
    pub sort_key: Vec<String>,
    #[serde(rename = "Group Key")]
    pub group_key: Vec<String>,
    #[serde(rename = "Plans")]
    pub children: Vec<Node>,
}

/// What was read is not a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError(String);

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plan cannot be read: {}", self.0)
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// Reads `[{"Plan": {…}}]`, as EXPLAIN gives it.
    pub fn from_json(mut value: Value) -> Result<Plan, PlanError> {
        // A statement with rewrite rules has several plans; the first is its own. One that a rule turned into a
        // utility statement has none.
        match value.pointer_mut("/0/Plan").map(Value::take) {
            Some(plan) if plan.is_object() => serde_json::from_value(plan)
                .map(|root| Plan { root })
                .map_err(|error| PlanError(error.to_string())),
            _ => Err(PlanError("there is no plan in it".to_owned())),
        }
    }

    pub fn total_cost(&self) -> f64 {
        self.root.total_cost
    }

    /// How many rows the statement gives, or writes. A write without RETURNING gives none: what is below it counts.
    pub fn rows(&self) -> f64 {
        match self.root.children.first() {
            Some(child) if self.root.kind == "ModifyTable" => child.rows,
            _ => self.root.rows,
        }
    }

    /// The node that costs the most by itself, by its way from the root, with that cost. The first one of equals.
    pub fn hot_spot(&self) -> (Vec<usize>, f64) {
        let mut best = (Vec::new(), -1.0);
        self.root.hottest(self.root.total_cost, &mut Vec::new(), &mut best);
        best
    }

    pub fn node(&self, path: &[usize]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, n| node.children.get(*n))
    }
}

impl Node {
    /// Walks with what of a node's cost is really paid: under a LIMIT a part, inside a loop a multiple.
    fn hottest(&self, paid: f64, path: &mut Vec<usize>, best: &mut (Vec<usize>, f64)) {
        let mut shares: Vec<f64> = self.children.iter().map(|child| child.total_cost).collect();
        if self.kind == "Nested Loop" && shares.len() >= 2 {
            let outer = &self.children[0];
            let inner_runs =
                (shares[1] * outer.rows.max(1.0)).min((self.total_cost - shares[0]).max(shares[1]));
            // What repeats from memory is not paid again.
            if !matches!(self.children[1].kind.as_str(), "Materialize" | "Memoize") {
                shares[1] = inner_runs;
            }
        }
        let below: f64 = shares.iter().sum();
        let scale = if self.total_cost > 0.0 { paid / self.total_cost } else { 0.0 };
        let fit = if below > self.total_cost && below > 0.0 { self.total_cost / below } else { 1.0 };
        let own = ((self.total_cost - below * fit) * scale).max(0.0);
        if own > best.1 {
            *best = (path.clone(), own);
        }
        for (n, child) in self.children.iter().enumerate() {
            path.push(n);
            child.hottest(shares[n] * fit * scale, path, best);
            path.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(root: Value) -> Plan {
        Plan::from_json(json!([{ "Plan": root }])).unwrap()
    }

    #[test]
    fn what_is_not_a_plan_is_said() {
        for wrong in [json!(null), json!([]), json!([{"Plan": 1}]), json!(["Utility Statement"]), json!([{}])]
        {
            assert!(Plan::from_json(wrong).is_err());
        }
        assert!(Plan::from_json(json!([{"Plan": {"Total Cost": "x"}}])).is_err());
    }

    #[test]
    fn a_limit_pays_a_part_of_what_is_below() {
        let plan = plan(json!({
            "Node Type": "Limit", "Total Cost": 1.0, "Plan Rows": 1,
            "Plans": [{ "Node Type": "Seq Scan", "Total Cost": 1000.0, "Plan Rows": 1000 }]
        }));
        let (path, own) = plan.hot_spot();
        assert_eq!((plan.node(&path).unwrap().kind.as_str(), own), ("Seq Scan", 1.0));
    }

    #[test]
    fn a_loop_pays_its_inner_side_each_time() {
        let plan = plan(json!({
            "Node Type": "Nested Loop", "Total Cost": 900.0, "Plan Rows": 1,
            "Plans": [
                { "Node Type": "Seq Scan", "Total Cost": 40.0, "Plan Rows": 100 },
                { "Node Type": "Index Scan", "Total Cost": 8.5, "Plan Rows": 1 }
            ]
        }));
        let (path, own) = plan.hot_spot();
        assert_eq!((plan.node(&path).unwrap().kind.as_str(), own), ("Index Scan", 850.0));
    }
}
