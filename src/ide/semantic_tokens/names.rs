//! What a name stands for, by the production that took it.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::{Kind, SemanticToken, is_word_class, modifier};
use crate::catalog::builtin;
use crate::ide::written::Written;
use crate::syntax::automaton;
use crate::syntax::cst::{Element, NodeId};
use crate::syntax::grammar::ParseMode;
use crate::syntax::grammar::folded;
use crate::text::Span;

/// What a production makes of the name in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Around a name, saying nothing of it.
    Wrapper,
    /// `.name` behind another.
    Part,
    /// The keyword before it says what it is.
    ByKeyword,
    Is(Kind, u8),
    Relation,
    Function,
    Type,
    /// A column that may stand behind its relation.
    Column(u8),
    /// `alias` behind what it is for.
    Alias,
    Keyword,
    /// `columnDef` and the like: the first name is a column that is made.
    NewColumn,
}

/// The nonterminals that have a name in them, by what it is there.
const ROLES: &[(Role, &[&str])] = &[
    (
        Role::Wrapper,
        &[
            "unreserved_keyword",
            "col_name_keyword",
            "type_func_name_keyword",
            "reserved_keyword",
            "bare_label_keyword",
            "ColId",
            "ColLabel",
            "BareColLabel",
            "type_function_name",
            "NonReservedWord",
            "NonReservedWord_or_Sconst",
            "attr_name",
            "opt_single_name",
            "param_name",
            "cursor_name",
            "handler_name",
        ],
    ),
    (Role::Part, &["attrs", "indirection_el", "indirection", "opt_indirection", "dotted_colid_list"]),
    (Role::ByKeyword, &["name", "any_name", "privilege_target", "object_type_name"]),
    (Role::Relation, &["qualified_name"]),
    // `func_type` is `t.a%TYPE` where it is not a type.
    (
        Role::Column(0),
        &[
            "columnref",
            "columnElem",
            "index_elem",
            "part_elem",
            "stats_param",
            "alter_table_cmd",
            "alter_type_cmd",
            "ConstraintElem",
            "c_expr",
            "func_type",
        ],
    ),
    (Role::Column(modifier::MODIFICATION), &["insert_column_item", "set_target"]),
    (
        Role::NewColumn,
        &[
            "columnDef",
            "columnOptions",
            "TableFuncElement",
            "table_func_column",
            "xmltable_column_el",
            "json_table_column_definition",
            "opt_search_clause",
            "opt_cycle_clause",
        ],
    ),
    (Role::Is(Kind::Column, modifier::DECLARATION), &["target_el"]),
    (
        Role::Alias,
        &[
            "alias_clause",
            "func_alias_clause",
            "relation_expr_opt_alias",
            "insert_target",
            "TransitionRelName",
            "opt_alias_clause_for_join_using",
        ],
    ),
    (Role::Is(Kind::Cte, modifier::DECLARATION), &["common_table_expr"]),
    (Role::Function, &["func_name", "function_with_argtypes"]),
    (Role::Is(Kind::Parameter, modifier::DECLARATION), &["func_arg", "func_arg_expr"]),
    (Role::Type, &["GenericType"]),
    (Role::Is(Kind::Object, 0), &["RoleSpec", "createfunc_opt_item", "dostmt_opt_item", "set_rest_more"]),
    (
        Role::Is(Kind::Variable, 0),
        &[
            "var_name",
            "generic_option_name",
            "def_elem",
            "reloption_elem",
            "parameter_name",
            "zone_value",
            "over_clause",
            "opt_existing_window_name",
            "NotifyStmt",
            "ListenStmt",
            "UnlistenStmt",
            "TransactionStmt",
            "PrepareStmt",
            "ExecuteStmt",
            "DeallocateStmt",
            "event_trigger_when_item",
            "CreateEventTrigStmt",
            "old_aggr_elem",
            "createdb_opt_name",
            "json_argument",
            "func_expr_common_subexpr",
            "TriggerFuncArg",
        ],
    ),
    (Role::Is(Kind::Variable, modifier::DECLARATION), &["window_definition"]),
    (Role::Is(Kind::Schema, 0), &["CreateSchemaStmt", "any_operator"]),
    (Role::Is(Kind::Object, 0), &["IndexStmt"]),
    (
        Role::Keyword,
        &[
            "extract_arg",
            "utility_option_name",
            "copy_generic_opt_elem",
            "copy_generic_opt_arg",
            "opt_boolean_or_string",
            "privilege",
            "PartitionSpec",
            "hash_partbound_elem",
            "AlterOptRoleElem",
            "RowSecurityDefaultPermissive",
            "common_func_opt_item",
            "SignedIconst",
        ],
    ),
];

/// The roles of all nonterminals, by symbol.
fn roles() -> &'static [Option<Role>] {
    static BY_SYMBOL: OnceLock<Vec<Option<Role>>> = OnceLock::new();
    BY_SYMBOL.get_or_init(|| {
        let automaton = automaton::automaton();
        let last = automaton.rules().map(|rule| automaton.rule_symbol(rule)).max().unwrap_or(0);
        let mut roles = vec![None; usize::from(last) + 1];
        for (role, names) in ROLES {
            for symbol in names.iter().filter_map(|name| automaton.symbol(name)) {
                roles[usize::from(symbol)] = Some(*role);
            }
        }
        roles
    })
}

/// Lists and other nonterminals between a generic name and the keyword that says what it is.
fn is_list(name: &str) -> bool {
    name.ends_with("_list")
        || matches!(
            name,
            "relation_expr" | "extended_relation_expr" | "relation_expr_opt_alias" | "insert_target"
        )
        || matches!(name, "vacuum_relation" | "create_as_target" | "create_mv_target" | "any_name" | "name")
        || matches!(name, "privilege_target" | "opt_qualified_name" | "handler_name" | "cursor_name")
}

/// The kind of object that a keyword before a name announces.
fn announced(word: &str) -> Option<Kind> {
    Some(match word {
        "table" | "view" | "from" | "join" | "into" | "update" | "references" | "inherits" | "inherit"
        | "copy" | "truncate" | "lock" | "cluster" | "vacuum" | "analyze" | "like" | "of" | "except" => {
            Kind::Relation
        }
        "schema" => Kind::Schema,
        "type" | "domain" => Kind::Type,
        "function" | "routine" | "aggregate" | "handler" | "validator" | "inline" => Kind::Function,
        "procedure" => Kind::Procedure,
        "column" | "attribute" => Kind::Column,
        "trigger" | "rule" => Kind::Trigger,
        "cursor" | "declare" | "fetch" | "move" | "close" | "savepoint" | "release" | "prepare"
        | "execute" | "deallocate" | "portal" => Kind::Variable,
        _ => return None,
    })
}

/// A common table expression and where its name counts.
struct Cte {
    name: String,
    scope: Span,
    /// Where its own text ends: before that the name counts in WITH RECURSIVE alone.
    end: usize,
    recursive: bool,
}

/// The names of a statement.
pub struct Names<'a> {
    written: &'a Written,
    ctes: Vec<Cte>,
    aliases: HashSet<String>,
    /// The statement's first word, in lower case.
    first: String,
    /// The first name behind it: what is made, changed or dropped.
    object: Option<u32>,
}

impl<'a> Names<'a> {
    pub fn new(written: &'a Written) -> Names<'a> {
        let tree = &written.tree;
        let mut names =
            Names { written, ctes: Vec::new(), aliases: HashSet::new(), first: String::new(), object: None };
        for node in tree.nodes() {
            match tree.name(node) {
                "common_table_expr" => names.cte(node),
                "alias_clause" | "func_alias_clause" => {
                    let alias = tree.children(node).iter().find(|child| is_named(written, **child, "ColId"));
                    names.aliases.extend(alias.map(|alias| folded(written.slice(tree.span(*alias)))));
                }
                "relation_expr_opt_alias" | "insert_target" => {
                    let alias =
                        tree.children(node).iter().skip(1).find(|child| is_named(written, **child, "ColId"));
                    names.aliases.extend(alias.map(|alias| folded(written.slice(tree.span(*alias)))));
                }
                _ => {}
            }
        }
        if written.mode != ParseMode::Statements {
            return names;
        }
        if let Some(first) = tree.terminals().first() {
            names.first = written.slice(first.span).to_ascii_lowercase();
        }
        names.object = (1..tree.terminals().len() as u32).take(12).find(|n| {
            let terminal = tree.terminal(*n);
            let named = !terminal.token.is_keyword()
                || tree.owner(*n).is_some_and(|owner| is_word_class(tree.name(owner)));
            named && terminal.token.is_name() && names.after(*n) == 0
        });
        names
    }

    fn cte(&mut self, node: NodeId) {
        let tree = &self.written.tree;
        let Some(name) = self.written.find(Element::Node(node), &["name"]) else { return };
        let with = std::iter::successors(tree.parent(node), |node| tree.parent(*node))
            .find(|node| tree.name(*node) == "with_clause");
        let Some(with) = with else { return };
        let mut scope = tree.parent(with);
        if scope.is_some_and(|node| tree.name(node) == "opt_with_clause") {
            scope = scope.and_then(|node| tree.parent(node));
        }
        let recursive = tree.children(with).len() == 3;
        self.ctes.push(Cte {
            name: folded(self.written.slice(tree.span(Element::Node(name)))),
            scope: scope.map_or(tree.span(Element::Node(with)), |node| tree.span(Element::Node(node))),
            end: tree.span(Element::Node(node)).end,
            recursive,
        });
    }

    /// What the name at terminal `n` is.
    pub fn token(&self, n: u32) -> Option<SemanticToken> {
        let tree = &self.written.tree;
        let span = tree.terminal(n).span;
        let owner = tree.owner(n)?;
        let mut at = Some(owner);
        let mut in_list = false;
        let mut by_keyword = None;
        while let Some(node) = at {
            let role = roles().get(tree.symbol(node) as usize).copied().flatten();
            match role {
                Some(Role::Wrapper | Role::Part) => {}
                Some(Role::ByKeyword) => by_keyword = by_keyword.or(Some(node)),
                // The list of names behind an alias or a common table expression.
                None if matches!(
                    tree.name(node),
                    "name_list" | "opt_name_list" | "qualified_name_list" | "any_name_list"
                ) =>
                {
                    in_list |= tree.name(node) == "name_list";
                }
                _ => break,
            }
            at = tree.parent(node);
        }
        let node = at?;
        let role = roles().get(tree.symbol(node) as usize).copied().flatten();
        let (kind, modifiers) = match (role, by_keyword) {
            (Some(Role::Alias | Role::Is(Kind::Cte, _)), _) if in_list => {
                (Kind::Column, modifier::DECLARATION)
            }
            (Some(Role::Is(Kind::Cte, modifiers)), _) => (Kind::Cte, modifiers),
            (Some(Role::Relation), _) => self.relation(n, node)?,
            (Some(Role::Is(kind @ Kind::Variable, modifiers)), Some(_)) => (kind, modifiers),
            (Some(Role::Alias), None) => (Kind::Alias, modifier::DECLARATION),
            // `USING (a)`
            (_, Some(_)) if tree.name(node) == "join_qual" => (Kind::Column, 0),
            // Without a keyword: an operator class behind a column.
            (_, Some(generic)) => self.by_keyword(n, generic).unwrap_or((Kind::Object, 0)),
            (Some(Role::Is(kind, modifiers)), None) => (kind, modifiers),
            (Some(Role::NewColumn), None) => (Kind::Column, modifier::DECLARATION),
            (Some(Role::Column(modifiers)), None) => self.column(n, modifiers),
            (Some(Role::Function), None) => self.function(n, node),
            (Some(Role::Type), None) => self.type_name(n),
            (Some(Role::Keyword), None) => (Kind::Keyword, 0),
            (Some(Role::Wrapper | Role::Part | Role::ByKeyword) | None, None) => self.by_keyword(n, node)?,
        };
        // `=>` and `:=` name an argument, they do not make one.
        let modifiers = match tree.name(node) {
            "func_arg_expr" => 0,
            _ => modifiers,
        };
        Some(SemanticToken { span, kind, modifiers: modifiers | self.of_object(n, kind) })
    }

    /// What a statement does to the object that it is about.
    fn of_object(&self, n: u32, kind: Kind) -> u8 {
        if self.object != Some(n) || matches!(kind, Kind::Keyword | Kind::Schema) && self.first != "create" {
            return 0;
        }
        match self.first.as_str() {
            "create" if kind != Kind::Keyword => modifier::DECLARATION | modifier::DEFINITION,
            "alter" | "drop" | "truncate" => modifier::MODIFICATION,
            _ => 0,
        }
    }

    /// How many parts of a dotted name are behind this one.
    fn after(&self, n: u32) -> usize {
        let tree = &self.written.tree;
        let terminals = tree.terminals();
        let mut count = 0;
        let mut at = n as usize;
        while terminals.get(at + 1).is_some_and(|dot| dot.token.is_char(b'.') && !dot.span.is_empty())
            && terminals.get(at + 2).is_some()
        {
            count += 1;
            at += 2;
        }
        count
    }

    fn has_before(&self, n: u32) -> bool {
        n > 0 && self.written.tree.terminal(n - 1).token.is_char(b'.')
    }

    fn relation(&self, n: u32, node: NodeId) -> Option<(Kind, u8)> {
        if self.after(n) > 0 {
            return Some((Kind::Schema, 0));
        }
        let tree = &self.written.tree;
        // A relation, but where a keyword before it says another thing: `CREATE SEQUENCE`, `ALTER INDEX`.
        let (kind, word) = match self.keyword_before(node) {
            Some(word) => (announced(&word).filter(|kind| *kind != Kind::Variable), word),
            None => (None, String::new()),
        };
        let kind = match word.as_str() {
            "sequence" | "index" | "statistics" => Kind::Object,
            "to" => self.renamed(n).unwrap_or(Kind::Relation),
            _ => kind.unwrap_or(Kind::Relation),
        };
        let text = folded(self.written.slice(tree.terminal(n).span));
        let start = tree.terminal(n).span.start;
        if kind == Kind::Relation && !self.has_before(n) {
            let visible = |cte: &&Cte| {
                cte.name == text && cte.scope.contains(start) && (cte.recursive || cte.end <= start)
            };
            if self.ctes.iter().any(|cte| visible(&cte)) && !self.is_target(node) {
                return Some((Kind::Cte, 0));
            }
            if word == "of" && self.aliases.contains(&text) {
                return Some((Kind::Alias, 0));
            }
        }
        let modifiers = if self.is_target(node) { modifier::MODIFICATION } else { 0 };
        Some((kind, modifiers))
    }

    /// Whether a relation is what INSERT, UPDATE, DELETE or MERGE changes.
    fn is_target(&self, node: NodeId) -> bool {
        let tree = &self.written.tree;
        std::iter::successors(tree.parent(node), |node| tree.parent(*node))
            .take(3)
            .any(|node| matches!(tree.name(node), "insert_target" | "relation_expr_opt_alias"))
    }

    fn column(&self, n: u32, modifiers: u8) -> (Kind, u8) {
        match self.after(n) {
            0 => (Kind::Column, modifiers),
            1 => {
                let text = folded(self.written.slice(self.written.tree.terminal(n).span));
                let kind = if self.has_before(n) {
                    Kind::Relation
                } else if self.aliases.contains(&text) {
                    Kind::Alias
                } else if self.ctes.iter().any(|cte| cte.name == text) {
                    Kind::Cte
                } else {
                    Kind::Relation
                };
                (kind, 0)
            }
            _ => (Kind::Schema, 0),
        }
    }

    fn function(&self, n: u32, node: NodeId) -> (Kind, u8) {
        if self.after(n) > 0 {
            return (Kind::Schema, 0);
        }
        let tree = &self.written.tree;
        let text = folded(self.written.slice(tree.terminal(n).span));
        // `jsonb '{}'`
        if tree.parent(node).is_some_and(|parent| tree.name(parent) == "AexprConst") {
            return self.type_name(n);
        }
        if self.object == Some(n) && self.first != "select" {
            let procedure = self.first == "call"
                || tree.terminals()[..n as usize]
                    .iter()
                    .any(|terminal| self.written.slice(terminal.span).eq_ignore_ascii_case("procedure"));
            return (if procedure { Kind::Procedure } else { Kind::Function }, 0);
        }
        let of_catalog = !self.has_before(n) || self.is_before(n, "pg_catalog");
        let builtin = of_catalog && builtin::facts().is_callable(&text);
        (Kind::Function, if builtin { modifier::DEFAULT_LIBRARY } else { 0 })
    }

    fn type_name(&self, n: u32) -> (Kind, u8) {
        if self.after(n) > 0 {
            return (Kind::Schema, 0);
        }
        let text = folded(self.written.slice(self.written.tree.terminal(n).span));
        let of_catalog = !self.has_before(n) || self.is_before(n, "pg_catalog");
        let builtin =
            of_catalog && builtin::facts().catalog_types().any(|ty| ty.name == text || ty.text == text);
        (Kind::Type, if builtin { modifier::DEFAULT_LIBRARY } else { 0 })
    }

    fn is_before(&self, n: u32, schema: &str) -> bool {
        n >= 2 && folded(self.written.slice(self.written.tree.terminal(n - 2).span)) == schema
    }

    /// A name whose production is the same for all kinds of objects.
    fn by_keyword(&self, n: u32, node: NodeId) -> Option<(Kind, u8)> {
        let word = self.keyword_before(node)?;
        let kind = match word.as_str() {
            "to" => self.renamed(n),
            // `CREATE TABLE t OF type`
            "of" => Some(Kind::Type),
            // `COMMENT ON TRIGGER x ON t`
            "on" => Some(Kind::Relation),
            // `OWNED BY t.a`
            "by" => Some(Kind::Column),
            // `ALTER TABLE t RENAME a TO b`
            "rename" => Some(Kind::Column),
            word => announced(word),
        };
        let kind = kind.unwrap_or(Kind::Object);
        Some(match (kind, self.after(n)) {
            (Kind::Column, after) if after > 0 => self.column(n, 0),
            (_, after) if after > 0 => (Kind::Schema, 0),
            _ => (kind, 0),
        })
    }

    /// The kind of what gets the name at `n`: of the last name before it.
    fn renamed(&self, n: u32) -> Option<Kind> {
        let tree = &self.written.tree;
        let within = (0..n).rev().find(|before| {
            tree.owner(*before).is_some_and(|owner| {
                tree.terminal(*before).token.is_name()
                    && (!tree.terminal(*before).token.is_keyword() || is_word_class(tree.name(owner)))
            })
        })?;
        // What it is on comes last: `ALTER TRIGGER x ON t RENAME TO y`.
        let word =
            tree.terminals().get(1).map(|terminal| self.written.slice(terminal.span).to_ascii_lowercase());
        match word.as_deref() {
            Some("trigger" | "rule") => Some(Kind::Trigger),
            Some("policy") => Some(Kind::Object),
            _ => self.token(within).map(|token| token.kind),
        }
    }

    /// The keyword before a name, or before the list that it is in; in lower case.
    fn keyword_before(&self, node: NodeId) -> Option<String> {
        let tree = &self.written.tree;
        let mut top = node;
        while let Some(parent) = tree.parent(top)
            && is_list(tree.name(parent))
        {
            top = parent;
        }
        let start = tree.span(Element::Node(top)).start;
        let mut n = tree.terminals().partition_point(|terminal| terminal.span.start < start);
        while let Some(before) = n.checked_sub(1) {
            n = before;
            let terminal = tree.terminal(before as u32);
            let word = self.written.slice(terminal.span).to_ascii_lowercase();
            let passed =
                matches!(word.as_str(), "if" | "not" | "exists" | "concurrently" | "only" | "(" | "");
            if passed {
                continue;
            }
            return terminal.token.is_keyword().then_some(word);
        }
        None
    }
}

fn is_named(written: &Written, element: Element, name: &str) -> bool {
    matches!(element, Element::Node(node) if written.tree.name(node) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_nonterminals_are_the_grammars() {
        let automaton = automaton::automaton();
        for name in ROLES.iter().flat_map(|(_, names)| *names) {
            let symbol = automaton.symbol(name);
            assert!(symbol.is_some_and(|symbol| symbol >= automaton.terminals()), "{name}");
        }
    }
}
