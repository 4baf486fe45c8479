//! Storage parameters (reloptions.c): which there are for what, and what values they take.

use crate::syntax::ast::{DefElem, DefElemAction, Node};

use super::super::model::{Relation, RelationKind};
use super::super::types::parse_bool;
use super::{Fold, Result, offset, option};

/// What parameters are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Table,
    Toast,
    View,
    /// An index of one of PostgreSQL's access methods.
    Index(&'static str),
    Column,
    Tablespace,
    PartitionedTable,
}

enum Values {
    Truth,
    Whole(i64, i64),
    Decimal(f64, f64),
    Words(&'static [&'static str]),
}

struct Parameter {
    name: &'static str,
    holders: &'static [Holder],
    values: Values,
    /// The first version that has it.
    since: u32,
}

const fn parameter(name: &'static str, holders: &'static [Holder], values: Values) -> Parameter {
    Parameter { name, holders, values, since: 13 }
}

const fn since(since: u32, parameter: Parameter) -> Parameter {
    Parameter { since, ..parameter }
}

const TABLE: &[Holder] = &[Holder::Table];
const BOTH: &[Holder] = &[Holder::Table, Holder::Toast];
const VIEW: &[Holder] = &[Holder::View];
const COLUMN: &[Holder] = &[Holder::Column];
const TABLESPACE: &[Holder] = &[Holder::Tablespace];
const FILLED: &[Holder] = &[
    Holder::Table,
    Holder::Index("btree"),
    Holder::Index("hash"),
    Holder::Index("gist"),
    Holder::Index("spgist"),
];
const INT_MAX: i64 = 2_147_483_647;
const CLEANUP: &[&str] = &["auto", "on", "off", "true", "false", "yes", "no", "1", "0"];

const PARAMETERS: &[Parameter] = &[
    parameter("autosummarize", &[Holder::Index("brin")], Values::Truth),
    parameter("autovacuum_enabled", BOTH, Values::Truth),
    parameter("user_catalog_table", TABLE, Values::Truth),
    parameter("fastupdate", &[Holder::Index("gin")], Values::Truth),
    parameter("security_barrier", VIEW, Values::Truth),
    since(15, parameter("security_invoker", VIEW, Values::Truth)),
    parameter("vacuum_truncate", BOTH, Values::Truth),
    parameter("deduplicate_items", &[Holder::Index("btree")], Values::Truth),
    parameter("fillfactor", FILLED, Values::Whole(10, 100)),
    parameter("autovacuum_vacuum_threshold", BOTH, Values::Whole(0, INT_MAX)),
    since(18, parameter("autovacuum_vacuum_max_threshold", BOTH, Values::Whole(-1, INT_MAX))),
    parameter("autovacuum_vacuum_insert_threshold", BOTH, Values::Whole(-1, INT_MAX)),
    parameter("autovacuum_analyze_threshold", TABLE, Values::Whole(0, INT_MAX)),
    parameter("autovacuum_vacuum_cost_limit", BOTH, Values::Whole(1, 10_000)),
    parameter("autovacuum_freeze_min_age", BOTH, Values::Whole(0, 1_000_000_000)),
    parameter("autovacuum_multixact_freeze_min_age", BOTH, Values::Whole(0, 1_000_000_000)),
    parameter("autovacuum_freeze_max_age", BOTH, Values::Whole(100_000, 2_000_000_000)),
    parameter("autovacuum_multixact_freeze_max_age", BOTH, Values::Whole(10_000, 2_000_000_000)),
    parameter("autovacuum_freeze_table_age", BOTH, Values::Whole(0, 2_000_000_000)),
    parameter("autovacuum_multixact_freeze_table_age", BOTH, Values::Whole(0, 2_000_000_000)),
    parameter("log_autovacuum_min_duration", BOTH, Values::Whole(-1, INT_MAX)),
    parameter("toast_tuple_target", TABLE, Values::Whole(128, 8160)),
    parameter("pages_per_range", &[Holder::Index("brin")], Values::Whole(1, 131_072)),
    parameter("gin_pending_list_limit", &[Holder::Index("gin")], Values::Whole(64, INT_MAX)),
    parameter("effective_io_concurrency", TABLESPACE, Values::Whole(0, 1000)),
    parameter("maintenance_io_concurrency", TABLESPACE, Values::Whole(0, 1000)),
    parameter("parallel_workers", TABLE, Values::Whole(0, 1024)),
    parameter("autovacuum_vacuum_cost_delay", BOTH, Values::Decimal(0.0, 100.0)),
    parameter("autovacuum_vacuum_scale_factor", BOTH, Values::Decimal(0.0, 100.0)),
    parameter("autovacuum_vacuum_insert_scale_factor", BOTH, Values::Decimal(0.0, 100.0)),
    parameter("autovacuum_analyze_scale_factor", TABLE, Values::Decimal(0.0, 100.0)),
    since(18, parameter("vacuum_max_eager_freeze_failure_rate", BOTH, Values::Decimal(0.0, 1.0))),
    parameter("seq_page_cost", TABLESPACE, Values::Decimal(0.0, f64::MAX)),
    parameter("random_page_cost", TABLESPACE, Values::Decimal(0.0, f64::MAX)),
    parameter("n_distinct", COLUMN, Values::Decimal(-1.0, f64::MAX)),
    parameter("n_distinct_inherited", COLUMN, Values::Decimal(-1.0, f64::MAX)),
    parameter("vacuum_cleanup_index_scale_factor", &[Holder::Index("btree")], Values::Decimal(0.0, 1e10)),
    since(14, parameter("vacuum_index_cleanup", BOTH, Values::Words(CLEANUP))),
    parameter("buffering", &[Holder::Index("gist")], Values::Words(&["on", "off", "auto"])),
    parameter("check_option", VIEW, Values::Words(&["local", "cascaded"])),
];

/// The options that an operator class of PostgreSQL's has.
const CLASS_OPTIONS: &[(&str, &str, &[Parameter])] = &[
    (
        "brin",
        "_bloom_ops",
        &[
            parameter("n_distinct_per_range", &[], Values::Decimal(-1.0, INT_MAX as f64)),
            parameter("false_positive_rate", &[], Values::Decimal(0.0001, 0.25)),
        ],
    ),
    ("brin", "_minmax_multi_ops", &[parameter("values_per_range", &[], Values::Whole(8, 256))]),
    ("gist", "tsvector_ops", &[parameter("siglen", &[], Values::Whole(1, 2024))]),
];

/// What is wrong with the options of an operator class of PostgreSQL's.
pub fn class_option_error(method: &str, class: &str, nodes: &[Node]) -> Option<String> {
    let found = CLASS_OPTIONS.iter().find(|(of, name, _)| *of == method && class.ends_with(name));
    let Some((.., parameters)) = found else { return Some(format!("operator class {class} has no options")) };
    let known = |name: &str| parameters.iter().find(|parameter| parameter.name == name);
    option::elements(nodes).find_map(|element| match known(&element.defname) {
        None => Some(format!("unrecognized parameter \"{}\"", element.defname)),
        Some(parameter) => wrong_value(parameter, &option::text(element)),
    })
}

fn wrong_value(parameter: &Parameter, text: &str) -> Option<String> {
    let name = parameter.name;
    let invalid = |kind: &str| Some(format!("invalid value for {kind} option \"{name}\": {text}"));
    let is_in = match parameter.values {
        Values::Truth => return if parse_bool(text).is_some() { None } else { invalid("boolean") },
        Values::Words(words) => {
            let is_word = words.iter().any(|word| word.eq_ignore_ascii_case(text));
            return if is_word { None } else { invalid("enum") };
        }
        // Such are read in other bases, too.
        Values::Whole(..)
            if text.trim_start_matches(['+', '-', ' ']).starts_with('0') && text.trim().len() > 1 =>
        {
            return None;
        }
        Values::Whole(least, most) => match text.trim().parse::<f64>() {
            Ok(value) => (least as f64..=most as f64).contains(&value.round_ties_even()),
            Err(_) => return invalid("integer"),
        },
        Values::Decimal(least, most) => match text.trim().parse::<f64>() {
            Ok(value) => (least..=most).contains(&value),
            Err(_) => return invalid("floating point"),
        },
    };
    (!is_in).then(|| format!("value {text} out of bounds for option \"{name}\""))
}

impl Fold<'_> {
    /// PostgreSQL's errors for the parameters that a definition gives.
    pub(super) fn check_storage(&self, holder: Holder, nodes: &[Node], is_new_table: bool) -> Result {
        let is_drop = |element: &DefElem| element.defaction() == DefElemAction::DefelemDrop;
        let has_toast = holder == Holder::Table;
        let at = |element: &DefElem| offset(element.location);
        let mut given: Vec<(&str, &str)> = Vec::new();
        let is_oids =
            |element: &DefElem| is_new_table && element.defnamespace.is_empty() && element.defname == "oids";
        let elements = || option::elements(nodes).filter(|element| !is_drop(element));
        for element in elements() {
            let space = &element.defnamespace;
            if !(space.is_empty() || has_toast && space == "toast") {
                let message = format!("unrecognized parameter namespace \"{space}\"");
                return self.fail("22023", message, at(element));
            }
            if is_oids(element) && self.truth_of(element)? {
                let message = "tables declared WITH OIDS are not supported";
                return self.fail("0A000", message.into(), at(element));
            }
        }
        let of_space = |space: &'static str| elements().filter(move |element| element.defnamespace == space);
        for element in of_space("").chain(of_space("toast")).filter(|element| !is_oids(element)) {
            let holder = if element.defnamespace.is_empty() { holder } else { Holder::Toast };
            let name = element.defname.as_str();
            let mut fitting = PARAMETERS.iter().filter(|parameter| {
                parameter.name == name
                    && parameter.holders.contains(&holder)
                    && parameter.since <= self.version()
            });
            // It was a Boolean before.
            if name == "vacuum_index_cleanup" && self.version() < 14 {
                continue;
            }
            let Some(parameter) = fitting.next() else {
                return self.fail("22023", format!("unrecognized parameter \"{name}\""), at(element));
            };
            if given.contains(&(element.defnamespace.as_str(), name)) {
                let message = format!("parameter \"{name}\" specified more than once");
                return self.fail("22023", message, at(element));
            }
            given.push((&element.defnamespace, name));
            if let Some(message) = wrong_value(parameter, &option::text(element)) {
                return self.fail("22023", message, at(element));
            }
        }
        Ok(())
    }

    /// RESET names parameters, and nothing else.
    pub(super) fn check_reset(&self, nodes: &[Node]) -> Result {
        match option::elements(nodes).find(|element| element.arg.is_some()) {
            Some(element) => {
                let message = "RESET must not include values for parameters";
                self.refuse("42601", message.into(), offset(element.location))
            }
            None => Ok(()),
        }
    }

    /// Those of a new table, or of one that is there.
    pub(super) fn check_table_storage(&self, relation: &Relation, nodes: &[Node], is_new: bool) -> Result {
        // Another access method has parameters of its own.
        if relation.access_method.as_deref().is_some_and(|method| method != "heap") {
            return Ok(());
        }
        let holder = match relation.kind {
            RelationKind::Table | RelationKind::MaterializedView => Holder::Table,
            RelationKind::View => Holder::View,
            // What is said of them is another since.
            RelationKind::PartitionedTable if self.version() < 16 => Holder::PartitionedTable,
            RelationKind::PartitionedTable if self.version() < 18 => return Ok(()),
            RelationKind::PartitionedTable => {
                let mut given =
                    option::elements(nodes).filter(|element| !is_new || element.defname != "oids");
                let Some(first) = given.next() else {
                    return self.check_storage(Holder::Table, nodes, is_new);
                };
                let message = "cannot specify storage parameters for a partitioned table";
                return self.fail("42809", message.into(), offset(first.location));
            }
            _ => return Ok(()),
        };
        self.check_storage(holder, nodes, is_new)
    }

    pub(super) fn check_index_storage(&self, method: &str, nodes: &[Node]) -> Result {
        let known = ["btree", "hash", "gist", "gin", "spgist", "brin"];
        match known.into_iter().find(|known| *known == method) {
            Some(method) => self.check_storage(Holder::Index(method), nodes, false),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_postgresql_reads_them() {
        let wrong = |name: &str, text: &str| {
            let parameter = PARAMETERS.iter().find(|parameter| parameter.name == name).unwrap();
            wrong_value(parameter, text)
        };
        assert_eq!(wrong("fillfactor", "50.4"), None);
        assert_eq!(wrong("fillfactor", " 20 "), None);
        assert_eq!(wrong("fillfactor", "0x20"), None);
        assert_eq!(wrong("fillfactor", "9").unwrap(), "value 9 out of bounds for option \"fillfactor\"");
        assert_eq!(wrong("fillfactor", "x").unwrap(), "invalid value for integer option \"fillfactor\": x");
        assert_eq!(wrong("autovacuum_enabled", "of"), None);
        assert!(wrong("buffering", "maybe").unwrap().contains("enum option"));
        assert!(wrong("n_distinct", "-1.1").unwrap().contains("out of bounds"));
    }
}
