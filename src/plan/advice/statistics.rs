//! How many of a table's rows a condition picks, from what `pg_stats` knows of its columns (as selfuncs.c does).

use std::collections::HashMap;

use crate::catalog::statistics::ColumnStatistics;
use crate::catalog::{Name, QualifiedName};

use super::condition::{Condition, Test};

/// Where statistics come from: what was read from a database for the columns that advice named.
pub trait StatisticsSource {
    fn column(&self, table: &QualifiedName, column: &str) -> Option<&ColumnStatistics>;

    /// The table's rows, as the planner estimates them.
    fn rows(&self, table: &QualifiedName) -> Option<f64>;
}

impl StatisticsSource for HashMap<(QualifiedName, Name), ColumnStatistics> {
    fn column(&self, table: &QualifiedName, column: &str) -> Option<&ColumnStatistics> {
        self.get(&(table.clone(), column.into()))
    }

    fn rows(&self, _: &QualifiedName) -> Option<f64> {
        None
    }
}

/// The part of the rows that all conditions hold for, taken as independent of each other; `None` when one is not known.
pub(super) fn selectivity(
    all: &dyn StatisticsSource,
    table: &QualifiedName,
    conditions: &[Condition],
) -> Option<f64> {
    conditions
        .iter()
        .map(|condition| {
            let statistics = all.column(table, &condition.column)?;
            Some(of(statistics, all.rows(table), &condition.test)?.clamp(0.0, 1.0))
        })
        .product()
}

fn of(s: &ColumnStatistics, rows: Option<f64>, test: &Test) -> Option<f64> {
    let known = 1.0 - s.selectivity_of_null();
    let equal = |value: &str| s.selectivity_of_eq(value, rows);
    let any = |values: &[super::condition::Literal]| -> f64 {
        values.iter().map(|value| equal(&value.plain())).sum::<f64>().min(known)
    };
    Some(match test {
        Test::Null => s.selectivity_of_null(),
        Test::NotNull => known,
        Test::Is(value) => equal(if *value { "t" } else { "f" }),
        Test::Truth("IS TRUE") => equal("t"),
        Test::Truth("IS FALSE") => equal("f"),
        Test::Truth("IS NOT TRUE") => 1.0 - equal("t"),
        Test::Truth("IS NOT FALSE") => 1.0 - equal("f"),
        Test::Compare("=", value) => equal(&value.plain()),
        Test::Compare("<>", value) => known - equal(&value.plain()),
        Test::OneOf(values) => any(values),
        Test::NoneOf(values) => known - any(values),
        Test::Compare(operator, value) => common_share(s, operator, value.plain().parse().ok()?)?,
        _ => return None,
    })
}

/// A comparison, where the common values are nearly all there are: the share of those that pass it.
fn common_share(s: &ColumnStatistics, operator: &str, limit: f64) -> Option<f64> {
    let covered: f64 = s.common_fractions.iter().sum::<f64>() + s.selectivity_of_null();
    if covered < 0.9 {
        return None;
    }
    let mut share = 0.0;
    for (text, fraction) in s.common_values.iter().zip(&s.common_fractions) {
        let value: f64 = text.parse().ok()?;
        let passes = match operator {
            "<" => value < limit,
            "<=" => value <= limit,
            ">" => value > limit,
            _ => value >= limit,
        };
        if passes {
            share += fraction;
        }
    }
    Some(share)
}

#[cfg(test)]
mod tests {
    use super::super::condition::Literal;
    use super::*;

    fn statistics(common: &[(&str, f64)]) -> ColumnStatistics {
        ColumnStatistics {
            null_fraction: 0.1,
            distinct: common.len() as f64,
            common_values: common.iter().map(|(value, _)| (*value).to_owned()).collect(),
            common_fractions: common.iter().map(|(_, fraction)| *fraction).collect(),
            correlation: None,
        }
    }

    #[test]
    fn values_have_their_share() {
        let s = statistics(&[("done", 0.8), ("open", 0.06), ("held", 0.04)]);
        let text = |value: &str| Literal::Text(value.into());
        let share = |test| (of(&s, None, &test).unwrap() * 1000.0).round() / 1000.0;
        assert_eq!(share(Test::Compare("=", text("open"))), 0.06);
        assert_eq!(share(Test::Compare("<>", text("done"))), 0.1);
        assert_eq!(share(Test::OneOf(vec![text("open"), text("held")])), 0.1);
        assert_eq!(share(Test::Null), 0.1);
        assert_eq!(share(Test::NotNull), 0.9);
        let n = statistics(&[("0", 0.7), ("1", 0.15), ("2", 0.05)]);
        let above = of(&n, None, &Test::Compare(">", Literal::Number("0".into()))).unwrap();
        assert!((above - 0.2).abs() < 1e-9, "{above}");
    }
}
