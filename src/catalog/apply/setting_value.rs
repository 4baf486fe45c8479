//! Configuration parameters that a statement sets: whether there are such, and whether they take the value.

use crate::syntax::ast::{VariableSetKind, VariableSetStmt};

use super::super::builtin::{self, BuiltinSetting};
use super::super::types::parse_bool;
use super::{Fold, Result, option};

/// Parameters that `pg_settings` does not show.
const HIDDEN: [&str; 4] = ["role", "session_authorization", "is_superuser", "seed"];

/// How the names of parameters begin that only a build for developers has.
const OF_DEVELOPERS: [&str; 6] = ["trace_", "debug_", "log_btree_", "wal_debug", "optimize_", "lock_debug"];

/// Whether there is certainly no parameter of a name: what has a dot may be anybody's.
pub fn is_no_setting(name: &str, major: u32) -> bool {
    let lower = name.to_ascii_lowercase();
    !name.contains('.')
        && !matches!(lower.as_str(), "" | "all")
        && !HIDDEN.contains(&lower.as_str())
        && !OF_DEVELOPERS.iter().any(|begin| lower.starts_with(begin))
        && builtin::facts().setting(name, major).is_none()
}

impl Fold<'_> {
    /// PostgreSQL's error for a parameter that is not there or does not take the value.
    pub(super) fn check_setting(&self, set: &VariableSetStmt) -> Result {
        let name = set.name.as_str();
        let is_whole = matches!(set.kind(), VariableSetKind::VarResetAll | VariableSetKind::VarSetMulti);
        if is_whole || name.is_empty() || HIDDEN.iter().any(|hidden| hidden.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        let at = self.token(name);
        if name.contains('.') {
            let is_word = |part: &str| {
                let mut bytes = part.bytes();
                let starts = |c: u8| c.is_ascii_alphabetic() || c == b'_' || c >= 0x80;
                bytes.next().is_some_and(starts)
                    && bytes.all(|c| starts(c) || c.is_ascii_digit() || c == b'$')
            };
            // What has a name of its own is taken from 14 on only where the name is one.
            if self.version() >= 14 && !name.split('.').all(is_word) {
                return self.fail("42602", format!("invalid configuration parameter name \"{name}\""), at);
            }
            return Ok(());
        }
        let Some(setting) = builtin::facts().setting(name, self.version()) else {
            if !is_no_setting(name, self.version()) {
                return Ok(());
            }
            return self.fail("42704", format!("unrecognized configuration parameter \"{name}\""), at);
        };
        let [value] = set.args.as_slice() else { return Ok(()) };
        if set.kind() != VariableSetKind::VarSetValue || !setting.versions.contain(self.version()) {
            return Ok(());
        }
        self.check_value(setting, &option::node_text(value), at)
    }

    /// The same of what is kept for later, of which anything may be taken away.
    pub(super) fn check_kept_setting(&self, set: Option<&VariableSetStmt>) -> Result {
        match set {
            Some(set) if set.kind() == VariableSetKind::VarSetValue => self.check_setting(set),
            _ => Ok(()),
        }
    }

    fn check_value(&self, setting: &BuiltinSetting, value: &str, at: Option<usize>) -> Result {
        let name = setting.name;
        match setting.ty {
            "bool" if parse_bool(value.trim()).is_none() => {
                self.fail("22023", format!("parameter \"{name}\" requires a Boolean value"), at)
            }
            // Words that are taken without being shown are those of truth values, and levels of messages.
            "enum" => {
                let is_level = setting.values.contains("debug5");
                let is_taken = setting.values.split(',').any(|own| own.eq_ignore_ascii_case(value))
                    || parse_bool(value).is_some()
                    || is_level
                        && matches!(&*value.to_ascii_lowercase(), "debug" | "info" | "fatal" | "panic");
                // What a build was made with decides of the methods of compression and of writing.
                let is_of_build = ["compression", "method", "wal_sync", "dynamic_shared"];
                if is_taken || is_of_build.iter().any(|part| name.contains(part)) {
                    return Ok(());
                }
                self.fail("22023", format!("invalid value for parameter \"{name}\": \"{value}\""), at)
            }
            "integer" | "real" if is_of_radix(value) => Ok(()),
            "integer" | "real" => match number(value, setting.unit) {
                None => {
                    self.fail("22023", format!("invalid value for parameter \"{name}\": \"{value}\""), at)
                }
                Some(number) if setting.ty == "integer" => {
                    self.check_range(setting, number.round_ties_even(), at)
                }
                Some(_) => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn check_range(&self, setting: &BuiltinSetting, number: f64, at: Option<usize>) -> Result {
        let (Ok(min), Ok(max)) = (setting.min.parse::<f64>(), setting.max.parse::<f64>()) else {
            return Ok(());
        };
        if (min..=max).contains(&number) {
            return Ok(());
        }
        let name = setting.name;
        if !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number) {
            return Ok(());
        }
        let unit = if setting.unit.is_empty() { String::new() } else { format!(" {}", setting.unit) };
        let (min, max) = match self.version() {
            ..17 => (min.to_string(), max.to_string()),
            17.. => (format!("{min}{unit}"), format!("{max}{unit}")),
        };
        let message =
            format!("{number}{unit} is outside the valid range for parameter \"{name}\" ({min} .. {max})");
        self.fail("22023", message, at)
    }
}

/// Whether a number is hexadecimal or octal perhaps, which only the server reads.
fn is_of_radix(text: &str) -> bool {
    let mut digits = text.trim().trim_start_matches(['+', '-']).bytes();
    digits.next() == Some(b'0') && digits.next().is_some_and(|next| next != b'.')
}

/// A number with a unit perhaps, in the unit of a parameter (`parse_int`, `parse_real`).
fn number(text: &str, unit: &str) -> Option<f64> {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|(at, c)| {
            let is_exponent = matches!(c, 'e' | 'E')
                && text[at + 1..]
                    .starts_with(|next: char| next.is_ascii_digit() || matches!(next, '+' | '-'));
            let after_exponent = *at > 0 && matches!(text.as_bytes()[at - 1], b'e' | b'E');
            !(c.is_ascii_digit()
                || *c == '.'
                || is_exponent
                || matches!(c, '+' | '-') && (*at == 0 || after_exponent))
        })
        .map_or(text.len(), |(at, _)| at);
    let number: f64 = text[..end].parse().ok()?;
    let given = text[end..].trim();
    if given.is_empty() {
        return Some(number);
    }
    // A unit of memory in bytes, one of time in microseconds.
    let size = |unit: &str| {
        Some(match unit {
            "B" => (false, 1.0),
            "kB" => (false, 1024.0),
            "8kB" => (false, 8192.0),
            "16MB" => (false, 16.0 * 1024.0 * 1024.0),
            "MB" => (false, 1024.0 * 1024.0),
            "GB" => (false, 1024.0 * 1024.0 * 1024.0),
            "TB" => (false, 1024.0 * 1024.0 * 1024.0 * 1024.0),
            "us" => (true, 1.0),
            "ms" => (true, 1e3),
            "s" => (true, 1e6),
            "min" => (true, 60e6),
            "h" => (true, 3600e6),
            "d" => (true, 86400e6),
            _ => return None,
        })
    };
    let ((own_is_time, own), (is_time, factor)) = (size(unit)?, size(given)?);
    (own_is_time == is_time).then_some(number * factor / own)
}
