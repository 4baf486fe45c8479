//! EXPLAIN's options (ExplainQuery), and SHOW.

use super::copy::{is_truth, text};
use super::statement::Analyzer;
use crate::catalog::apply::is_no_setting;
use crate::syntax::ast::{FuncCall, Node, NodeEnum, VariableShowStmt};

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
        for node in options {
            let Some(NodeEnum::DefElem(option)) = &node.node else { continue };
            let name = option.defname.as_str();
            let values: &[&str] = match name {
                "format" => &["text", "xml", "json", "yaml"],
                "serialize" => &["off", "none", "text", "binary"],
                _ if TRUTHS.contains(&name) => {
                    if !is_truth(option) {
                        let message = format!("{name} requires a Boolean value");
                        return self.report_at(option.location, "42601", message);
                    }
                    continue;
                }
                // From 18 on an extension may have some of its own.
                _ if self.types.major >= 18 && self.types.is_unsure => continue,
                _ => {
                    let message = format!("unrecognized EXPLAIN option \"{name}\"");
                    return self.report_at(option.location, "42601", message);
                }
            };
            match text(option) {
                None if option.arg.is_none() && name == "format" => {
                    return self.report_at(option.location, "42601", "format requires a parameter");
                }
                Some(value) if !values.contains(&value) => {
                    let message = format!("unrecognized value for EXPLAIN option \"{name}\": \"{value}\"");
                    return self.report_at(option.location, "22023", message);
                }
                _ => {}
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
