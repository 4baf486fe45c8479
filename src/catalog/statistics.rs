//! What the planner knows about the sizes and values of tables: data read from a database, and estimates from it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::model::QualifiedName;

/// Rows and sizes of what is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    pub relations: HashMap<QualifiedName, RelationStatistics>,
    /// Bytes of each index.
    pub indexes: HashMap<QualifiedName, u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RelationStatistics {
    /// The planner's estimate; `None` before the first VACUUM or ANALYZE.
    pub rows: Option<f64>,
    /// With indexes and large values.
    pub bytes: u64,
}

/// A column's row of `pg_stats`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnStatistics {
    pub null_fraction: f64,
    /// How many distinct values there are; as a negative fraction of the rows where they grow with them.
    pub distinct: f64,
    /// The most common values, as text, and the fraction of the rows that has each.
    pub common_values: Vec<String>,
    pub common_fractions: Vec<f64>,
    /// How far the order on disk follows the values' order, from -1 to 1.
    pub correlation: Option<f64>,
}

impl ColumnStatistics {
    /// The fraction of rows where the column is this constant: as PostgreSQL's `var_eq_const` has it. `rows` is the
    /// table's count, where it is known.
    pub fn selectivity_of_eq(&self, value: &str, rows: Option<f64>) -> f64 {
        if let Some(n) = self.common_values.iter().position(|common| common == value) {
            return self.common_fractions.get(n).copied().unwrap_or(0.0).clamp(0.0, 1.0);
        }
        // Neither null nor common: an equal share of what is left for each of the values that are left.
        let common: f64 = self.common_fractions.iter().sum();
        let rest = (1.0 - common - self.null_fraction).clamp(0.0, 1.0);
        let others = self.distinct_values(rows) - self.common_fractions.len() as f64;
        let share = if others > 1.0 { rest / others } else { rest };
        // It would be among the common ones if it were as frequent as the last of them.
        match self.common_fractions.last() {
            Some(least) => share.min(*least),
            None => share,
        }
    }

    pub fn selectivity_of_null(&self) -> f64 {
        self.null_fraction.clamp(0.0, 1.0)
    }

    /// How many distinct values there are; 200 is PostgreSQL's guess when neither they nor the rows are known.
    pub fn distinct_values(&self, rows: Option<f64>) -> f64 {
        match (self.distinct, rows) {
            (distinct, _) if distinct > 0.0 => distinct,
            (distinct, Some(rows)) if distinct < 0.0 && rows > 0.0 => (-distinct * rows).round().max(1.0),
            _ => 200.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_follows_the_planner() {
        let status = ColumnStatistics {
            null_fraction: 0.1,
            distinct: 4.0,
            common_values: vec!["done".into(), "open".into()],
            common_fractions: vec![0.7, 0.1],
            correlation: None,
        };
        assert_eq!(status.selectivity_of_eq("done", None), 0.7);
        assert_eq!(status.selectivity_of_eq("open", None), 0.1);
        // 10 % of the rows are left for two values.
        assert!((status.selectivity_of_eq("held", None) - 0.05).abs() < 1e-9);
        assert_eq!(status.selectivity_of_null(), 0.1);

        let unique = ColumnStatistics { distinct: -1.0, ..ColumnStatistics::default() };
        assert_eq!(unique.selectivity_of_eq("7", Some(1000.0)), 0.001);
        assert_eq!(unique.selectivity_of_eq("7", None), 0.005);

        // All values are known, and it is none of them.
        let whole = ColumnStatistics {
            distinct: 2.0,
            common_values: vec!["t".into(), "f".into()],
            common_fractions: vec![0.9, 0.1],
            ..ColumnStatistics::default()
        };
        assert!(whole.selectivity_of_eq("x", None).abs() < 1e-9);
    }
}
