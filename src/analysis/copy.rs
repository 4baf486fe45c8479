//! COPY: its options, what it may read and write, its columns and its condition (copy.c, copyto.c, copyfrom.c).

use super::definition::Purposed;
use super::relation::{Opened, item};
use super::statement::{Analyzer, strings};
use super::{Diagnostic, Purpose};
use crate::catalog::apply::option;
use crate::catalog::model::{Name, Relation, RelationKind};
use crate::syntax::ast::{CopyStmt, DefElem, Node, NodeEnum};
use crate::text::Span;

const WHERE: Purposed = Purposed {
    words: "COPY FROM WHERE conditions",
    subquery: "cannot use subquery in COPY FROM WHERE condition",
    mutable: None,
};

/// The options; which versions have the newer ones is told by `version`.
const OPTIONS: [&str; 15] = [
    "format",
    "freeze",
    "delimiter",
    "null",
    "default",
    "header",
    "quote",
    "escape",
    "force_quote",
    "force_not_null",
    "force_null",
    "convert_selectively",
    "encoding",
    "on_error",
    "log_verbosity",
];

impl Analyzer<'_> {
    pub(super) fn copy_command(&mut self, copy: &CopyStmt) {
        let reported = self.out.diagnostics.len();
        let purpose = if copy.is_from { Purpose::Write } else { Purpose::Read };
        self.named(copy.relation.as_ref(), purpose);
        let opened = copy.relation.as_ref().map(|range| self.quietly(|this| this.open(range, purpose)));
        let relation = match opened {
            Some(Opened::Relation(relation)) => Some(relation),
            _ => None,
        };
        if let (Some(condition), Some(relation)) = (copy.where_clause.as_deref(), &relation) {
            let row = item(self.types, relation, None);
            let value = self.defined(condition, vec![row.into()], WHERE);
            self.be_boolean(&value, "WHERE");
        }
        if self.out.diagnostics.len() == reported {
            self.copy_options(&copy.options);
        }
        if let Some(NodeEnum::SelectStmt(select)) =
            copy.query.as_deref().and_then(|query| query.node.as_ref())
        {
            if select.into_clause.is_some() {
                return self.report_whole(Diagnostic::new(
                    Span::at(0),
                    "0A000",
                    "COPY (SELECT INTO) is not supported",
                ));
            }
            let outputs = copy.query.as_deref().map(|query| self.query(query)).unwrap_or_default();
            if self.out.diagnostics.len() == reported && !outputs.unknown {
                let names: Vec<Name> = outputs.columns.into_iter().map(|column| column.name).collect();
                self.forced_columns(copy, &names, &names, None);
            }
            return;
        }
        self.inner(copy.query.as_deref());
        if let (Some(relation), true) = (relation, self.out.diagnostics.len() == reported) {
            self.copied(copy, &relation);
        }
    }

    fn copy_options(&mut self, options: &[Node]) {
        let all: Vec<&DefElem> = option::elements(options).collect();
        for (n, given) in all.iter().enumerate() {
            let name = given.defname.as_str();
            if all[..n].iter().any(|other| other.defname == name) {
                return self.report_at(given.location, "42601", "conflicting or redundant options");
            }
            if name == "freeze" && option::boolean(given).is_none() {
                return self.report_at(given.location, "42601", "freeze requires a Boolean value");
            }
            if name == "header" && option::boolean(given).is_none() {
                let takes_match = self.types.major >= 15;
                if takes_match && option::text(given).eq_ignore_ascii_case("match") {
                    continue;
                }
                let message = match takes_match {
                    true => "header requires a Boolean value or \"match\"",
                    false => "header requires a Boolean value",
                };
                return self.report_at(given.location, "42601", message);
            }
            if name == "format" {
                let format = option::text(given);
                if !matches!(format.as_str(), "text" | "csv" | "binary") {
                    let message = format!("COPY format \"{format}\" not recognized");
                    return self.report_at(given.location, "22023", message);
                }
            }
            if !OPTIONS.contains(&name) && name != "reject_limit" {
                let message = format!("option \"{name}\" not recognized");
                return self.report_at(given.location, "42601", message);
            }
        }
        let given = |name: &str| all.iter().find(|given| given.defname == name);
        let is_binary = given("format").is_some_and(|format| option::text(format) == "binary");
        if let Some((word, option)) = ["DELIMITER", "NULL", "DEFAULT"]
            .into_iter()
            .find_map(|word| Some((word, given(&word.to_ascii_lowercase())?)))
            .filter(|_| is_binary)
        {
            let message = format!("cannot specify {word} in BINARY mode");
            return self.report_at(option.location, "42601", message);
        }
        if let Some(option) = given("on_error").filter(|given| is_binary && option::text(given) == "ignore")
            && self.types.major >= 17
        {
            self.report_at(option.location, "42601", "only ON_ERROR STOP is allowed in BINARY mode");
        }
    }

    /// A relation and the columns of it that are listed.
    fn copied(&mut self, copy: &CopyStmt, relation: &Relation) {
        let Some(range) = &copy.relation else { return };
        let direction = if copy.is_from { "to" } else { "from" };
        let is_triggered = relation.triggers.iter().any(|trigger| trigger.fires(" INSTEAD OF ", "INSERT"));
        let what = match relation.kind {
            RelationKind::View if copy.is_from && is_triggered => None,
            RelationKind::View => Some("view"),
            RelationKind::MaterializedView if copy.is_from || self.types.major < 18 => {
                Some("materialized view")
            }
            RelationKind::Sequence => Some("sequence"),
            RelationKind::ForeignTable if !copy.is_from => Some("foreign table"),
            RelationKind::PartitionedTable if !copy.is_from => Some("partitioned table"),
            RelationKind::CompositeType => return,
            _ => None,
        };
        if let Some(what) = what {
            let message = format!("cannot copy {direction} {what} \"{}\"", relation.name);
            return self.report_at(range.location, "42809", message);
        }
        let names: Vec<Name> = relation.columns.iter().map(|column| column.name.clone()).collect();
        let listed = strings(&copy.attlist);
        let reported = self.out.diagnostics.len();
        self.listed_columns(range, &listed, |n, column| match column.generated {
            Some(_) => Some(("42P10", format!("column \"{}\" is a generated column", column.name))),
            None if listed[..n].contains(&column.name) => {
                Some(("42701", format!("column \"{}\" specified more than once", column.name)))
            }
            None => None,
        });
        if !relation.unknown_columns && self.out.diagnostics.len() == reported {
            let copied = if listed.is_empty() { &names } else { &listed };
            self.forced_columns(copy, &names, copied, Some(relation));
        }
    }

    /// The columns in FORCE_QUOTE and its like, of which `copied` are copied.
    fn forced_columns(&mut self, copy: &CopyStmt, all: &[Name], copied: &[Name], of: Option<&Relation>) {
        for given in option::elements(&copy.options) {
            let word = match given.defname.as_str() {
                "force_quote" => "FORCE_QUOTE",
                "force_not_null" => "FORCE_NOT_NULL",
                "force_null" => "FORCE_NULL",
                _ => continue,
            };
            let Some(NodeEnum::List(list)) = given.arg.as_deref().and_then(|arg| arg.node.as_ref()) else {
                continue;
            };
            let listed = strings(&list.items);
            for (n, name) in listed.iter().enumerate() {
                let (sqlstate, message) = if !all.contains(name) {
                    match of {
                        Some(relation) => (
                            "42703",
                            format!("column \"{name}\" of relation \"{}\" does not exist", relation.name),
                        ),
                        None => ("42703", format!("column \"{name}\" does not exist")),
                    }
                } else if listed[..n].contains(name) {
                    ("42701", format!("column \"{name}\" specified more than once"))
                } else if !copied.contains(name) {
                    ("42P10", format!("{word} column \"{name}\" not referenced by COPY"))
                } else {
                    continue;
                };
                let start = usize::try_from(given.location).unwrap_or_default();
                match self.tokens.find_name(self.sql, start, name) {
                    Some(span) => self.report(Diagnostic::new(span, sqlstate, message)),
                    None => self.report_at(given.location, sqlstate, message),
                }
                return;
            }
        }
    }
}
