//! EXPLAIN's options (ExplainQuery); the parameters that SHOW and functions name.

use super::statement::Analyzer;
use crate::catalog::apply::{is_no_setting, option};
use crate::syntax::ast::{FuncCall, Node, VariableShowStmt};

/// Options that are truth values; which versions have them is told by `version`.
const TRUTHS: [&str; 10] = [
    "analyze",
    "verbose",
    "costs",
    "buffers",
    "wal",
    "settings",
    "generic_plan",
    "timing",
    "summary",
    "memory",
];

impl Analyzer<'_> {
    pub(super) fn explain_options(&mut self, options: &[Node]) {
        for given in option::elements(options) {
            let name = given.defname.as_str();
            let values: &[&str] = match name {
                "format" => &["text", "xml", "json", "yaml"],
                "serialize" => &["off", "none", "text", "binary"],
                _ if TRUTHS.contains(&name) => {
                    if option::boolean(given).is_none() {
                        let message = format!("{name} requires a Boolean value");
                        return self.report_at(given.location, "42601", message);
                    }
                    continue;
                }
                // From 18 on an extension that the server loads may have some of its own, as pg_overexplain has.
                "debug" | "range_table" if self.types.major >= 18 => continue,
                _ if self.types.major >= 18 && self.types.is_unsure => continue,
                _ => {
                    let message = format!("unrecognized EXPLAIN option \"{name}\"");
                    return self.report_at(given.location, "42601", message);
                }
            };
            if given.arg.is_none() && name == "format" {
                return self.report_at(given.location, "42601", "format requires a parameter");
            }
            let value = option::text(given);
            if given.arg.is_some() && !values.contains(&value.as_str()) {
                let message = format!("unrecognized value for EXPLAIN option \"{name}\": \"{value}\"");
                return self.report_at(given.location, "22023", message);
            }
        }
    }

    pub(super) fn show(&mut self, show: &VariableShowStmt) {
        if is_no_setting(&show.name, self.types.major) {
            let message = format!("unrecognized configuration parameter \"{}\"", show.name);
            let span = self.tokens.find_name(self.sql, 0, &show.name);
            if let Some(span) = span {
                self.report(super::Diagnostic::new(span, "42704", message));
            }
        }
    }

    /// A parameter that `current_setting` or `set_config` is told by name.
    pub(super) fn reads_setting(&mut self, name: &str, call: &FuncCall) {
        let is_it = name == "set_config" || name == "current_setting" && call.args.len() == 1;
        let Some((setting, at)) = call.args.first().filter(|_| is_it).and_then(super::runs::literal) else {
            return;
        };
        if is_no_setting(setting, self.types.major) {
            let message = format!("unrecognized configuration parameter \"{setting}\"");
            self.fails((call.location, call.args.iter()), at, "42704", message);
        }
    }
}
