//! What older versions of PostgreSQL do not have in their grammar: the one that reads here is the newest's.

use super::Diagnostic;
use super::statement::Analyzer;
use crate::catalog::builtin::Versions;
use crate::syntax::ast::{
    AlterTableCmd, AlterTableType, ColumnDef, CommonTableExpr, ConstrType, Constraint, CopyStmt, DefElem,
    FuncCall, GrantStmt, IndexStmt, JsonExprOp, MergeMatchKind, MergeStmt, Node, NodeEnum, ObjectType,
    PublicationObjSpec, PublicationObjSpecType, RangeSubselect,
};

/// Something that was not always in the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Feature {
    name: &'static str,
    /// The first version that has it.
    since: u32,
    /// The words by which it is found in the text, from where its node stands.
    words: &'static [&'static str],
    /// The word at which an older grammar stops.
    at: usize,
}

const fn feature(name: &'static str, since: u32, words: &'static [&'static str]) -> Feature {
    Feature { name, since, words, at: 0 }
}

const SEARCH: Feature = feature("SEARCH", 14, &["search"]);
const CYCLE: Feature = feature("CYCLE", 14, &["cycle"]);
const GROUP_BY_DISTINCT: Feature =
    Feature { at: 2, ..feature("GROUP BY DISTINCT", 14, &["group", "by", "distinct"]) };
const JOIN_ALIAS: Feature = feature("an alias for the columns of USING", 14, &["as"]);
const SQL_BODY: Feature = feature("a function's body without quotes", 14, &["begin", "atomic"]);
const RETURN_BODY: Feature = feature("a function's body without quotes", 14, &["return"]);
const COMPRESSION: Feature = feature("COMPRESSION", 14, &["compression"]);
const REPLACE_TRIGGER: Feature =
    Feature { at: 3, ..feature("CREATE OR REPLACE TRIGGER", 14, &["create", "or", "replace", "trigger"]) };
const DETACH_CONCURRENTLY: Feature = feature("DETACH PARTITION CONCURRENTLY", 14, &["concurrently"]);
const DETACH_FINALIZE: Feature = feature("DETACH PARTITION FINALIZE", 14, &["finalize"]);
const GRANTED_BY: Feature = feature("GRANTED BY", 14, &["granted", "by"]);
const MERGE: Feature = feature("MERGE", 15, &["merge"]);
const NULLS_NOT_DISTINCT: Feature = feature("NULLS NOT DISTINCT", 15, &["nulls", "not", "distinct"]);
const SET_SOME_COLUMNS: Feature =
    feature("ON DELETE SET NULL or DEFAULT for some of the columns", 15, &["("]);
const SET_ACCESS_METHOD: Feature = feature("SET ACCESS METHOD", 15, &["access", "method"]);
const PUBLISHED_SCHEMA: Feature = feature("FOR TABLES IN SCHEMA", 15, &["tables", "in", "schema"]);
const PUBLISHED_COLUMNS: Feature = feature("a publication of some columns", 15, &["("]);
const PUBLISHED_ROWS: Feature = feature("a publication of some rows", 15, &["where"]);
const GRANT_ON_PARAMETER: Feature = Feature { at: 1, ..feature("GRANT ON PARAMETER", 15, &["parameter"]) };
const STORAGE: Feature = feature("STORAGE in a column's definition", 16, &["storage"]);
const UNNAMED_STATISTICS: Feature = feature("statistics without a name", 16, &["on"]);
const JSON_CONSTRUCTOR: Feature = feature("SQL/JSON's constructors", 16, &[]);
const IS_JSON: Feature = feature("IS JSON", 16, &["json"]);
const JSON_FUNCTION: Feature = feature("SQL/JSON's query functions", 17, &[]);
const JSON_TABLE: Feature = feature("JSON_TABLE", 17, &["json_table"]);
const MERGE_BY_SOURCE: Feature = feature("WHEN NOT MATCHED BY SOURCE", 17, &["by", "source"]);
const MERGE_RETURNING: Feature = feature("RETURNING of MERGE", 17, &["returning"]);
const AT_LOCAL: Feature = feature("AT LOCAL", 17, &["local"]);
const SET_EXPRESSION: Feature = feature("SET EXPRESSION", 17, &["expression"]);
const VIRTUAL: Feature = feature("a virtual generated column", 18, &["virtual"]);
const VIRTUAL_BY_DEFAULT: Feature = feature("a virtual generated column", 18, &[]);
const NOT_ENFORCED: Feature = feature("NOT ENFORCED", 18, &["enforced"]);
const WITHOUT_OVERLAPS: Feature = feature("WITHOUT OVERLAPS", 18, &["without", "overlaps"]);
const PERIOD: Feature = feature("PERIOD in a foreign key", 18, &["period"]);
const NOT_NULL_OF_TABLE: Feature = feature("NOT NULL as a constraint of a table", 18, &["not", "null"]);
const RETURNING_WITH: Feature = feature("RETURNING WITH", 18, &["with"]);
const ALTER_ENFORCED: Feature = feature("ALTER CONSTRAINT … ENFORCED", 18, &["enforced"]);
const ALTER_INHERIT: Feature = feature("ALTER CONSTRAINT … INHERIT", 18, &["inherit"]);

/// Options of commands that take them by name: the command, the option, the first version that has it.
const OPTIONS: &[(&str, &str, u32)] = &[
    ("VACUUM", "process_toast", 14),
    ("VACUUM", "process_main", 16),
    ("VACUUM", "skip_database_stats", 16),
    ("VACUUM", "only_database_stats", 16),
    ("VACUUM", "buffer_usage_limit", 16),
    ("ANALYZE", "buffer_usage_limit", 16),
    ("EXPLAIN", "generic_plan", 16),
    ("EXPLAIN", "memory", 17),
    ("EXPLAIN", "serialize", 17),
    ("COPY", "default", 16),
    ("COPY", "on_error", 17),
    ("COPY", "log_verbosity", 17),
    ("COPY", "reject_limit", 18),
];

impl Analyzer<'_> {
    /// Notes what the version at hand does not have of a statement, a query, an expression or a part of FROM. What is
    /// below is noted when it is walked.
    pub(super) fn note_version(&mut self, node: &NodeEnum) {
        // The newest one has all of it.
        if self.types.major >= crate::catalog::builtin::NEWEST {
            return;
        }
        match node {
            NodeEnum::SelectStmt(select) if select.group_distinct => self.needs(GROUP_BY_DISTINCT, -1),
            NodeEnum::MergeStmt(merge) => self.merge_version(merge),
            NodeEnum::InsertStmt(e) => self.returning_version(e.returning_clause.as_ref()),
            NodeEnum::UpdateStmt(e) => self.returning_version(e.returning_clause.as_ref()),
            NodeEnum::DeleteStmt(e) => self.returning_version(e.returning_clause.as_ref()),
            NodeEnum::CommonTableExpr(cte) => self.cte_version(cte),
            NodeEnum::RangeSubselect(sub) => self.subselect_version(sub),
            NodeEnum::JoinExpr(join) if join.join_using_alias.is_some() => {
                let from = join.larg.as_deref().map_or(-1, |left| self.first_location(left));
                // The alias stands behind the list of USING.
                let using = self.word(from, &["using", "("]).unwrap_or(from);
                self.needs(JOIN_ALIAS, self.word(using, &[")", "as"]).unwrap_or(using));
            }
            NodeEnum::JsonTable(table) => self.needs(JSON_TABLE, table.location),
            NodeEnum::FuncCall(call) => self.call_version(call),
            NodeEnum::JsonIsPredicate(e) => self.needs(IS_JSON, e.location),
            NodeEnum::JsonObjectConstructor(e) => {
                self.needs_function(JSON_CONSTRUCTOR, "json_object", e.location)
            }
            NodeEnum::JsonArrayConstructor(e) => {
                self.needs_function(JSON_CONSTRUCTOR, "json_array", e.location)
            }
            NodeEnum::JsonArrayQueryConstructor(e) => self.needs(JSON_CONSTRUCTOR, e.location),
            NodeEnum::JsonObjectAgg(e) => {
                let at = e.constructor.as_ref().map_or(-1, |constructor| constructor.location);
                self.needs(JSON_CONSTRUCTOR, at);
            }
            NodeEnum::JsonArrayAgg(e) => {
                let at = e.constructor.as_ref().map_or(-1, |constructor| constructor.location);
                self.needs_function(JSON_CONSTRUCTOR, "json_arrayagg", at);
            }
            NodeEnum::JsonParseExpr(e) => self.needs_function(JSON_FUNCTION, "json", e.location),
            NodeEnum::JsonScalarExpr(e) => self.needs_function(JSON_FUNCTION, "json_scalar", e.location),
            NodeEnum::JsonSerializeExpr(e) => {
                self.needs_function(JSON_FUNCTION, "json_serialize", e.location)
            }
            NodeEnum::JsonFuncExpr(e) => {
                let name = match e.op() {
                    JsonExprOp::JsonExistsOp => "json_exists",
                    JsonExprOp::JsonQueryOp => "json_query",
                    _ => "json_value",
                };
                self.needs_function(JSON_FUNCTION, name, e.location);
            }
            other => self.command_version(other),
        }
    }

    fn command_version(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::CreateStmt(create) => {
                create.table_elts.iter().for_each(|element| self.element_version(element))
            }
            NodeEnum::AlterTableStmt(alter) => {
                for node in &alter.cmds {
                    if let Some(NodeEnum::AlterTableCmd(command)) = &node.node {
                        self.alter_version(command);
                    }
                }
            }
            NodeEnum::IndexStmt(index) => self.index_version(index),
            NodeEnum::CreateFunctionStmt(create) => {
                if let Some(body) = &create.sql_body {
                    let is_return = matches!(body.node, Some(NodeEnum::ReturnStmt(_)));
                    self.needs(if is_return { RETURN_BODY } else { SQL_BODY }, -1);
                }
            }
            NodeEnum::CreateTrigStmt(create) if create.replace => self.needs(REPLACE_TRIGGER, -1),
            NodeEnum::CreateStatsStmt(create) => {
                let has_expression = create.exprs.iter().any(
                    |node| matches!(&node.node, Some(NodeEnum::StatsElem(element)) if element.expr.is_some()),
                );
                // What the older grammar takes, and the command does not.
                let on = self.tokens.find_words(self.sql, 0, &["on"]).and_then(|on| self.tokens.get(on));
                if has_expression
                    && self.types.major < 14
                    && let Some(on) = on
                {
                    let message = "only simple column references are allowed in CREATE STATISTICS";
                    let hint = self.too_old("an expression here", 14);
                    self.add_newer(Diagnostic::new(on.span, "0A000", message).hinting(Some(hint)));
                }
                if create.defnames.is_empty() {
                    self.needs(UNNAMED_STATISTICS, -1);
                }
            }
            NodeEnum::CreatePublicationStmt(create) => {
                create.pubobjects.iter().for_each(|object| self.published_version(object));
            }
            NodeEnum::AlterPublicationStmt(alter) => {
                alter.pubobjects.iter().for_each(|object| self.published_version(object));
            }
            NodeEnum::GrantStmt(grant) => self.grant_version(grant),
            NodeEnum::VacuumStmt(vacuum) => {
                let command = if vacuum.is_vacuumcmd { "VACUUM" } else { "ANALYZE" };
                self.options_version(command, &vacuum.options);
            }
            NodeEnum::ExplainStmt(explain) => self.options_version("EXPLAIN", &explain.options),
            NodeEnum::CopyStmt(copy) => self.copy_version(copy),
            _ => {}
        }
    }

    fn merge_version(&mut self, merge: &MergeStmt) {
        self.needs(MERGE, -1);
        let by_source = merge.merge_when_clauses.iter().any(|node| {
            matches!(&node.node, Some(NodeEnum::MergeWhenClause(clause))
                if clause.match_kind() == MergeMatchKind::MergeWhenNotMatchedBySource)
        });
        if by_source {
            self.needs(MERGE_BY_SOURCE, -1);
        }
        if merge.returning_clause.is_some() {
            self.needs(MERGE_RETURNING, -1);
        }
        self.returning_version(merge.returning_clause.as_ref());
    }

    fn returning_version(&mut self, returning: Option<&crate::syntax::ast::ReturningClause>) {
        if returning.is_some_and(|returning| !returning.options.is_empty()) {
            let at = self.word(-1, &["returning", "with"]).unwrap_or(-1);
            self.needs(RETURNING_WITH, at);
        }
    }

    pub(super) fn cte_version(&mut self, cte: &CommonTableExpr) {
        if let Some(search) = &cte.search_clause {
            self.needs(SEARCH, search.location);
        }
        if let Some(cycle) = &cte.cycle_clause {
            self.needs(CYCLE, cycle.location);
        }
    }

    /// A subquery in FROM has a name until PostgreSQL 15: the grammar itself says so there.
    fn subselect_version(&mut self, sub: &RangeSubselect) {
        if self.types.major >= 16 || sub.alias.is_some() {
            return;
        }
        let Some(NodeEnum::SelectStmt(select)) = sub.subquery.as_ref().and_then(|query| query.node.as_ref())
        else {
            return;
        };
        let (what, example) = match select.values_lists.is_empty() {
            true => ("subquery", "For example, FROM (SELECT ...) [AS] foo."),
            false => ("VALUES", "For example, FROM (VALUES ...) [AS] foo."),
        };
        // The tree has no place for it: what is known is what stands first in it.
        let first = select.target_list.first().or(select.values_lists.first());
        let at = match first.and_then(|first| first.node.as_ref()) {
            Some(NodeEnum::ResTarget(target)) => target.location,
            Some(NodeEnum::List(list)) => list.items.first().map_or(-1, |item| self.first_location(item)),
            _ => -1,
        };
        let before = |at: usize| self.tokens.last_char_before(at, b'(');
        let span = usize::try_from(at).ok().and_then(before);
        // A row of VALUES has parentheses of its own.
        let span = match what {
            "VALUES" => span.and_then(|span| before(span.start)),
            _ => span,
        };
        if let Some(span) = span {
            let diagnostic = Diagnostic::new(span, "42601", format!("{what} in FROM must have an alias"));
            self.add_newer(diagnostic.hinting(Some(example.to_owned())));
        }
    }

    fn call_version(&mut self, call: &FuncCall) {
        let names = super::statement::strings(&call.funcname);
        let is_at_local = matches!(&names[..], [schema, name]
            if &**schema == "pg_catalog" && &**name == "timezone" && call.args.len() == 1);
        if is_at_local && call.funcformat() == crate::syntax::ast::CoercionForm::CoerceSqlSyntax {
            self.needs(AT_LOCAL, call.location);
        }
    }

    fn element_version(&mut self, node: &Node) {
        match &node.node {
            Some(NodeEnum::ColumnDef(column)) => self.column_version(column),
            Some(NodeEnum::Constraint(constraint)) => self.constraint_version(constraint, true),
            _ => {}
        }
    }

    fn column_version(&mut self, column: &ColumnDef) {
        if !column.compression.is_empty() {
            self.needs(COMPRESSION, column.location);
        }
        if !column.storage_name.is_empty() {
            self.needs(STORAGE, column.location);
        }
        for node in &column.constraints {
            if let Some(NodeEnum::Constraint(constraint)) = &node.node {
                self.constraint_version(constraint, false);
            }
        }
    }

    fn constraint_version(&mut self, constraint: &Constraint, is_of_table: bool) {
        let at = constraint.location;
        match constraint.contype() {
            ConstrType::ConstrNotnull if is_of_table => self.needs(NOT_NULL_OF_TABLE, at),
            ConstrType::ConstrGenerated if constraint.generated_kind == "v" => {
                let written = self.word(at, &["virtual"]).is_some();
                let end =
                    self.tokens.behind_parentheses(at.max(0) as usize).and_then(|end| self.tokens.get(end));
                match end.map(|end| end.span.start as i32) {
                    Some(end) if !written => self.needs(VIRTUAL_BY_DEFAULT, end),
                    _ => self.needs(VIRTUAL, at),
                }
            }
            ConstrType::ConstrAttrNotEnforced => self.needs(NOT_ENFORCED, at),
            ConstrType::ConstrCheck | ConstrType::ConstrForeign if !constraint.is_enforced => {
                self.needs(NOT_ENFORCED, at);
            }
            _ => {}
        }
        if constraint.nulls_not_distinct {
            self.needs(NULLS_NOT_DISTINCT, at);
        }
        if constraint.without_overlaps {
            self.needs(WITHOUT_OVERLAPS, at);
        }
        if constraint.fk_with_period || constraint.pk_with_period {
            self.needs(PERIOD, at);
        }
        if !constraint.fk_del_set_cols.is_empty() {
            let set = self.word(at, &["delete", "set"]).unwrap_or(at);
            self.needs(SET_SOME_COLUMNS, set);
        }
    }

    fn index_version(&mut self, index: &IndexStmt) {
        if index.nulls_not_distinct {
            self.needs(NULLS_NOT_DISTINCT, -1);
        }
    }

    fn alter_version(&mut self, command: &AlterTableCmd) {
        let def = command.def.as_ref().and_then(|def| def.node.as_ref());
        match (command.subtype(), def) {
            (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(column))) => self.column_version(column),
            (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(constraint))) => {
                self.constraint_version(constraint, true);
            }
            (AlterTableType::AtSetCompression, _) => self.needs(COMPRESSION, -1),
            (AlterTableType::AtSetAccessMethod, _) => self.needs(SET_ACCESS_METHOD, -1),
            (AlterTableType::AtSetExpression, _) => self.needs(SET_EXPRESSION, -1),
            (AlterTableType::AtDetachPartition, Some(NodeEnum::PartitionCmd(part))) if part.concurrent => {
                self.needs(DETACH_CONCURRENTLY, -1);
            }
            (AlterTableType::AtDetachPartitionFinalize, _) => self.needs(DETACH_FINALIZE, -1),
            (AlterTableType::AtAlterConstraint, Some(NodeEnum::AtalterConstraint(alter))) => {
                if alter.alter_enforceability {
                    self.needs(ALTER_ENFORCED, -1);
                }
                if alter.alter_inheritability {
                    self.needs(ALTER_INHERIT, -1);
                }
            }
            _ => {}
        }
    }

    fn published_version(&mut self, node: &Node) {
        let Some(NodeEnum::PublicationObjSpec(object)) = &node.node else { return };
        let PublicationObjSpec { pubtable, location, .. } = &**object;
        match object.pubobjtype() {
            PublicationObjSpecType::PublicationobjTablesInSchema
            | PublicationObjSpecType::PublicationobjTablesInCurSchema => self.needs(PUBLISHED_SCHEMA, -1),
            _ => {}
        }
        if let Some(table) = pubtable {
            if !table.columns.is_empty() {
                self.needs(PUBLISHED_COLUMNS, *location);
            }
            if table.where_clause.is_some() {
                self.needs(PUBLISHED_ROWS, *location);
            }
        }
    }

    fn grant_version(&mut self, grant: &GrantStmt) {
        if grant.grantor.is_some() {
            self.needs(GRANTED_BY, -1);
        }
        if grant.objtype() == ObjectType::ObjectParameterAcl {
            self.needs(GRANT_ON_PARAMETER, -1);
        }
    }

    fn copy_version(&mut self, copy: &CopyStmt) {
        self.options_version("COPY", &copy.options);
    }

    /// Options that a version does not know: these are errors of the command, and no longer of the grammar.
    fn options_version(&mut self, command: &str, options: &[Node]) {
        for node in options {
            let Some(NodeEnum::DefElem(option)) = &node.node else { continue };
            let DefElem { defname, location, .. } = &**option;
            let known = OPTIONS.iter().find(|(of, name, _)| *of == command && name == defname);
            if let Some((_, name, since)) = known.filter(|(.., since)| self.types.major < *since)
                && let Some(span) = self.token_span(*location)
            {
                let name = name.to_uppercase();
                self.add_newer(Diagnostic::new(
                    span,
                    "42601",
                    self.too_old(&format!("{command}'s option {name}"), *since),
                ));
            }
        }
    }

    /// What an older version may have a function of one's own for.
    fn needs_function(&mut self, feature: Feature, name: &str, location: i32) {
        if self.catalog.routines(None, name).is_empty() && !self.types.is_unsure {
            self.needs(feature, location);
        }
    }

    /// Reports a feature that the version at hand does not have, at its words behind `location`.
    fn needs(&mut self, feature: Feature, location: i32) {
        if self.types.major >= feature.since {
            return;
        }
        let first = self.tokens.find_words(self.sql, location.max(0) as usize, feature.words);
        let span = match (first, feature.words.is_empty()) {
            (Some(first), false) => self.tokens.get(first + feature.at).map(|token| token.span),
            _ => self.token_span(location.max(0)).or_else(|| self.tokens.get(0).map(|token| token.span)),
        };
        if let Some(span) = span {
            self.add_newer(Diagnostic::new(span, "42601", self.too_old(feature.name, feature.since)));
        }
    }

    /// Which versions have something that is PostgreSQL's own and that this one has not.
    pub(super) fn other_versions(&self, versions: impl Iterator<Item = Versions>) -> Option<String> {
        let major = self.types.major;
        let all: Vec<Versions> = versions.collect();
        if all.iter().any(|versions| versions.contain(major)) {
            return None;
        }
        let older =
            all.iter().filter_map(|versions| versions.until).filter(|until| u32::from(*until) < major).max();
        let newer =
            all.iter().filter_map(|versions| versions.since).filter(|since| u32::from(*since) > major).min();
        match (newer, older) {
            (Some(since), _) => Some(format!("PostgreSQL has it since version {since}, this is {major}.")),
            (None, Some(until)) => Some(format!("PostgreSQL had it until version {until}, this is {major}.")),
            (None, None) => None,
        }
    }

    fn too_old(&self, name: &str, since: u32) -> String {
        format!("{name} needs PostgreSQL {since}, this is {}", self.types.major)
    }

    fn add_newer(&mut self, diagnostic: Diagnostic) {
        if !self.newer.contains(&diagnostic) {
            self.newer.push(diagnostic);
        }
    }

    /// Where these words stand from a place on.
    fn word(&self, from: i32, words: &[&str]) -> Option<i32> {
        let first = self.tokens.find_words(self.sql, from.max(0) as usize, words)?;
        let token = self.tokens.get(first + words.len() - 1)?;
        i32::try_from(token.span.start).ok()
    }
}
