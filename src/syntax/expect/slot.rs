//! The kinds of names and constants that may stand at a place, and the productions that say which.

use crate::syntax::automaton::{Rule, automaton};
use std::sync::OnceLock;

/// What a name or a constant stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// What can be read like a table: FROM, TRUNCATE … say which kinds of relations they take.
    Relation,
    /// A relation whose rows INSERT, UPDATE, DELETE or MERGE change.
    Target,
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Sequence,
    Index,
    /// A column of what the query reads.
    Column,
    /// A column of the statement's own relation, without a qualifier.
    TargetColumn,
    /// A column that both sides of a join have.
    JoinColumn,
    /// A column with its relation before it: COMMENT ON COLUMN, OWNED BY.
    QualifiedColumn,
    /// A field of a composite value, or a part of what EXTRACT takes.
    Field,
    /// A table's name or alias before one of its columns.
    Range,
    /// An alias to be given.
    Alias,
    /// A name to be given to a result's column, or to an XML or JSON part.
    Label,
    /// A common table expression.
    Cte,
    Function,
    /// A function or a procedure.
    Routine,
    Procedure,
    Aggregate,
    /// A parameter of a function, by name.
    Argument,
    Type,
    Domain,
    Schema,
    Role,
    Privilege,
    Database,
    Tablespace,
    Constraint,
    Trigger,
    EventTrigger,
    /// What an event trigger is for: `ddl_command_end`.
    Event,
    Rule,
    Policy,
    Extension,
    Collation,
    Conversion,
    Language,
    AccessMethod,
    OperatorClass,
    OperatorFamily,
    Statistics,
    Publication,
    Subscription,
    Server,
    ForeignDataWrapper,
    TextSearchParser,
    TextSearchDictionary,
    TextSearchTemplate,
    TextSearchConfiguration,
    /// A kind of token of a text search parser.
    TokenType,
    SamplingMethod,
    PartitionStrategy,
    /// A configuration parameter.
    Setting,
    SettingValue,
    /// The name of an option or of an attribute: `fillfactor`, `FORMAT`, `SUPERUSER`.
    Option,
    OptionValue,
    Cursor,
    PreparedStatement,
    Savepoint,
    Channel,
    Window,
    /// A transition table of a trigger.
    TransitionTable,
    /// A variable of PL/pgSQL.
    Variable,
    EnumLabel,
    /// A string constant.
    String,
    Number,
    /// `$1`.
    Parameter,
}

/// What a production says of the symbol at one of its places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is what the production itself is.
    Up,
    /// One of these; the second is whether it is a name to be made up.
    Is(&'static [(Kind, bool)]),
    /// What the words before it in the production say.
    Words {
        new: bool,
    },
    /// A function's name in a call, or a procedure's behind CALL.
    Call,
    Nothing,
}

/// What `rule` says of its symbol number `place`.
pub fn place(rule: Rule, place: usize) -> Place {
    static PLACES: OnceLock<Vec<Vec<Place>>> = OnceLock::new();
    let places = PLACES.get_or_init(|| {
        let automaton = automaton();
        let mut all = vec![Vec::new()];
        for rule in automaton.rules() {
            let right: Vec<_> = automaton.rule_symbols(rule).map(|symbol| automaton.name(symbol)).collect();
            let left = automaton.name(automaton.rule_symbol(rule));
            all.push((0..right.len()).map(|n| decide(left, &right, n)).collect());
        }
        all
    });
    places[rule as usize].get(place).copied().unwrap_or(Place::Nothing)
}

/// A nonterminal that is a relation's name, with what may be written around it.
pub fn is_relation(symbol: &str) -> bool {
    matches!(
        symbol,
        "qualified_name"
            | "relation_expr"
            | "extended_relation_expr"
            | "relation_expr_opt_alias"
            | "insert_target"
            | "any_name"
    )
}

/// A nonterminal that is written with keywords alone and says which kind of object a statement is about.
pub fn says_kind(symbol: &str) -> bool {
    symbol.starts_with("object_type")
        || symbol.starts_with("drop_type")
        || symbol.starts_with("reindex_target")
}

/// A nonterminal that is or holds the name of an object.
fn names_something(symbol: &str) -> bool {
    matches!(
        symbol,
        "qualified_name"
            | "relation_expr"
            | "any_name"
            | "name"
            | "func_name"
            | "ColId"
            | "RoleId"
            | "RoleSpec"
            | "auth_ident"
            | "Typename"
            | "opt_single_name"
            | "opt_qualified_name"
            | "function_with_argtypes"
            | "aggregate_with_argtypes"
            | "cursor_name"
    )
}

macro_rules! is {
    ($($kind:ident),*) => { Place::Is(&[$((Kind::$kind, false)),*]) };
}
macro_rules! new {
    ($($kind:ident),*) => { Place::Is(&[$((Kind::$kind, true)),*]) };
}

fn decide(left: &str, right: &[&str], at: usize) -> Place {
    let symbol = right[at];
    let before = at.checked_sub(1).map_or("", |n| right[n]);
    let behind = right.get(at + 1).copied().unwrap_or("");
    let has = |word: &str| right[..at].contains(&word);
    match (left, symbol) {
        // What only carries a name, or lists names.
        (
            "name"
            | "attr_name"
            | "attrs"
            | "indirection_el"
            | "indirection"
            | "opt_indirection"
            | "columnElem"
            | "name_list"
            | "any_name_list"
            | "qualified_name_list"
            | "relation_expr_list"
            | "columnList"
            | "role_list"
            | "type_list"
            | "type_name_list"
            | "function_with_argtypes_list"
            | "aggregate_with_argtypes_list"
            | "aggregate_with_argtypes"
            | "opt_single_name"
            | "opt_qualified_name"
            | "extended_relation_expr"
            | "relation_expr"
            | "opt_column_list"
            | "opt_column_and_period_list"
            | "optionalPeriodName"
            | "opt_name_list"
            | "cursor_name"
            | "dotted_colid_list"
            | "NonReservedWord_or_Sconst"
            | "opt_boolean_or_string"
            | "SimpleTypename"
            | "Typename"
            | "ColId"
            | "type_function_name"
            | "NonReservedWord"
            | "ColLabel"
            | "BareColLabel"
            | "param_name"
            | "var_name"
            | "parameter_name"
            | "Sconst"
            | "RoleId",
            _,
        ) => Place::Up,
        ("qualified_name" | "any_name" | "func_name", "ColId") if at == 0 && right.len() > 1 => is!(Schema),
        ("GenericType", "type_function_name") if right.contains(&"attrs") => is!(Schema),
        ("qualified_name" | "any_name" | "func_name" | "GenericType", _) => Place::Up,
        ("handler_name", "name") if right.len() > 1 => is!(Schema),
        ("function_with_argtypes", "ColId") if right.len() > 1 => is!(Schema),
        ("function_with_argtypes", "func_args") => Place::Nothing,
        ("function_with_argtypes" | "handler_name", _) => Place::Up,
        ("any_operator", "ColId") => is!(Schema),

        // Expressions.
        ("columnref", "ColId") if right.len() > 1 => is!(Range, Schema),
        ("columnref", _) => is!(Column),
        ("func_application", "func_name") => Place::Call,
        ("AexprConst", "func_name") => is!(Type),
        ("AexprConst", _) => is!(String),
        ("func_arg_expr", "param_name") => is!(Argument),
        ("over_clause" | "opt_existing_window_name", "ColId") => is!(Window),
        ("window_definition", "ColId") => new!(Window),
        ("extract_arg", _) => is!(Field),
        ("plassign_target", _) => is!(Variable),
        ("tablesample_clause", "func_name") => is!(SamplingMethod),
        ("c_expr" | "plassign_equals", _) => is!(Field),

        // Types.
        ("func_type", "type_function_name") if right.contains(&"TYPE_P") => is!(Relation, Schema),
        ("func_type", "attrs") => is!(QualifiedColumn, Relation),
        ("func_type" | "func_return", _) => Place::Up,
        ("def_arg" | "operator_def_arg", "Sconst") => is!(OptionValue, String),
        ("def_arg" | "operator_def_arg", _) => is!(OptionValue),
        (_, "Typename") if before == "DOMAIN_P" => is!(Domain),
        ("DropStmt", "type_name_list") if has("DOMAIN_P") => is!(Domain),
        (_, "Typename" | "func_type" | "type_list" | "type_name_list" | "func_return" | "SimpleTypename") => {
            is!(Type)
        }
        ("ConstTypename", _) => is!(Type),

        // Names to be made up inside queries.
        ("alias_clause" | "func_alias_clause", "ColId") => new!(Alias),
        ("alias_clause" | "func_alias_clause", _) => new!(Column),
        ("opt_alias_clause_for_join_using" | "returning_option", "ColId") => new!(Alias),
        ("relation_expr_opt_alias" | "insert_target", "ColId") => new!(Alias),
        ("relation_expr_opt_alias", _) => is!(Target),
        ("insert_target", _) => is!(Target),
        ("common_table_expr", "name") => new!(Cte),
        ("common_table_expr", _) => new!(Column),
        ("opt_search_clause" | "opt_cycle_clause", "columnList") => is!(Column),
        ("opt_search_clause" | "opt_cycle_clause", "ColId") => new!(Column),
        (
            "target_el"
            | "xml_attribute_el"
            | "xml_namespace_el"
            | "json_argument"
            | "json_table_path_name_opt"
            | "json_table_column_definition"
            | "func_expr_common_subexpr",
            "ColLabel" | "BareColLabel" | "name",
        ) => new!(Label),
        ("join_qual", "name_list") => is!(JoinColumn),
        (
            "TableFuncElement" | "xmltable_column_el" | "json_table_column_definition" | "columnDef",
            "ColId",
        ) => new!(Column),
        ("func_arg" | "table_func_column", "param_name") => new!(Argument),
        ("TransitionRelName", _) => new!(TransitionTable),
        ("OptTempTableName", _) => new!(Table),

        // Columns of the statement's relation.
        (
            "insert_column_item" | "set_target" | "index_elem" | "part_elem" | "columnOptions"
            | "alter_table_cmd" | "alter_type_cmd" | "ConstraintElem",
            "ColId",
        ) => is!(TargetColumn),
        ("insert_column_item" | "set_target", _) => is!(Field),
        ("stats_param", _) => is!(Column),
        ("ViewStmt" | "create_as_target" | "create_mv_target", "opt_column_list" | "columnList") => {
            new!(Column)
        }
        (_, "columnList" | "opt_column_list" | "opt_column_and_period_list" | "optionalPeriodName") => {
            is!(TargetColumn)
        }
        ("vacuum_relation", "opt_name_list") => is!(TargetColumn),

        // Relations.
        ("ViewStmt", "qualified_name") => new!(View),
        ("create_mv_target", "qualified_name") => new!(MaterializedView),
        ("create_as_target", "qualified_name") => new!(Table),
        ("table_ref" | "simple_select" | "vacuum_relation" | "IndexStmt" | "TableLikeClause", _)
            if is_relation(symbol) =>
        {
            is!(Relation)
        }
        ("locked_rels_list", _) => is!(Range, Relation),
        ("constraints_set_list", _) => is!(Constraint),
        ("CopyStmt" | "LockStmt" | "OptConstrFromTable", _)
            if is_relation(symbol) || symbol == "relation_expr_list" =>
        {
            is!(Relation)
        }
        ("TruncateStmt" | "import_qualification", _) => is!(Table),
        ("PublicationObjSpec", "ColId") if before == "SCHEMA" => is!(Schema),
        ("PublicationObjSpec", "ColId") if behind == "indirection" => is!(Schema),
        ("PublicationObjSpec", _) => is!(Table, Schema),
        ("RefreshMatViewStmt", _) => is!(MaterializedView),
        ("index_partition_cmd", _) => is!(Index),
        ("ClusterStmt", "name")
        | ("cluster_index_specification" | "ExistingIndex" | "replica_identity", _) => {
            is!(Index)
        }
        ("alter_table_cmd", "name") if before == "ON" => is!(Index),
        ("ClusterStmt", _) => is!(Table, MaterializedView),
        ("alter_table_cmd" | "CreateStmt", "any_name") if before == "OF" => is!(Type),
        ("CreateStmt" | "CreateForeignTableStmt", "qualified_name") if before == "OF" => is!(Table),
        ("OptInherit" | "partition_cmd" | "ColConstraintElem", _) => is!(Table),
        ("ConstraintElem" | "alter_table_cmd", "qualified_name") => is!(Table),
        ("privilege_target", "qualified_name_list") if before.is_empty() => {
            is!(Table, View, MaterializedView, ForeignTable, Relation)
        }
        ("privilege_target", "qualified_name_list") if before == "TABLE" => {
            is!(Table, View, MaterializedView, ForeignTable, Relation)
        }
        ("CommentStmt" | "SecLabelStmt", "any_name") if before == "COLUMN" => is!(QualifiedColumn, Relation),
        ("SeqOptElem", "any_name") if before == "BY" => is!(QualifiedColumn, Relation),
        ("SeqOptElem", "any_name") => is!(Sequence),

        // Roles and rights.
        ("RoleSpec", _) => Place::Up,
        ("CreateRoleStmt" | "CreateUserStmt" | "CreateGroupStmt", "RoleId") => new!(Role),
        ("RenameStmt", "RoleId") if before == "TO" => new!(Role),
        (_, "RoleSpec" | "RoleId" | "role_list") => is!(Role),
        ("set_rest_more", "NonReservedWord_or_Sconst") => is!(Role),
        ("privilege", "ColId") => is!(Privilege, Role),
        ("RevokeRoleStmt" | "grant_role_opt", "ColId" | "ColLabel") => is!(Option),

        // Settings and options.
        ("generic_set" | "generic_reset" | "VariableShowStmt" | "set_rest_more", "var_name") => is!(Setting),
        ("parameter_name_list", _) => is!(Setting),
        ("var_value" | "zone_value", _) => is!(SettingValue),
        (_, "NonReservedWord_or_Sconst" | "opt_boolean_or_string") => is!(OptionValue),
        (
            "reloption_elem"
            | "def_elem"
            | "operator_def_elem"
            | "copy_generic_opt_elem"
            | "generic_option_name"
            | "utility_option_name"
            | "AlterOptRoleElem"
            | "createdb_opt_name"
            | "old_aggr_elem"
            | "RowSecurityDefaultPermissive"
            | "xmltable_column_option_el"
            | "hash_partbound_elem"
            | "event_trigger_when_item",
            "ColLabel" | "IDENT" | "NonReservedWord" | "ColId",
        ) => is!(Option),
        ("column_compression" | "column_storage" | "json_format_clause", _) => is!(OptionValue),
        ("common_func_opt_item", "ColId") => is!(OptionValue),
        ("CreateStatsStmt", "opt_name_list") => is!(OptionValue),
        ("PartitionSpec", "ColId") => is!(PartitionStrategy),
        ("CreateEventTrigStmt", "ColLabel") => is!(Event),
        ("TriggerFuncArg", "ColLabel") => new!(Label),

        // Routines.
        ("CreateFunctionStmt", "func_name") if has("PROCEDURE") => new!(Procedure),
        ("CreateFunctionStmt", "func_name") => new!(Function),
        ("DefineStmt", "func_name") => new!(Aggregate),
        (_, "func_name" | "handler_name") => is!(Function),
        ("common_func_opt_item", "any_name") => is!(Function),
        ("CreateConversionStmt", "any_name") if before == "FROM" => is!(Function),
        ("createfunc_opt_item" | "dostmt_opt_item", "NonReservedWord") => is!(Language),
        ("opclass_item" | "transform_element_list" | "CreateCastStmt", "function_with_argtypes") => {
            is!(Function)
        }

        // Statements of a session.
        ("DeclareCursorStmt", "cursor_name") => new!(Cursor),
        (_, "cursor_name") => is!(Cursor),
        ("PrepareStmt", "name") => new!(PreparedStatement),
        ("ExecuteStmt" | "DeallocateStmt", "name") => is!(PreparedStatement),
        ("TransactionStmt", "ColId") if right == ["SAVEPOINT", "ColId"] => new!(Savepoint),
        ("TransactionStmt", "ColId") => is!(Savepoint),
        ("NotifyStmt" | "ListenStmt" | "UnlistenStmt", "ColId") => is!(Channel),

        // Objects of other kinds.
        ("set_access_method_name" | "access_method_clause" | "table_access_method_clause", _) => {
            is!(AccessMethod)
        }
        ("index_elem_options" | "part_elem", "opt_qualified_name" | "any_name") => is!(OperatorClass),
        ("opt_collate" | "opt_collate_clause" | "ColConstraint" | "a_expr", "any_name") => {
            is!(Collation)
        }
        ("DefineStmt", "any_name") if before == "FROM" => is!(Collation),
        ("opclass_purpose" | "opt_opfamily", _) => is!(OperatorFamily),
        ("opt_conf_expr", "name") => is!(Constraint),
        ("ColConstraint" | "TableConstraint" | "DomainConstraint", "name") => new!(Constraint),
        ("AlterDomainStmt", "any_name") => is!(Domain),
        ("ReindexStmt", "opt_single_name") => is!(Database),
        ("CreateExtensionStmt", "name") => is!(Extension),
        // Without a handler it creates the extension of that name.
        ("CreatePLangStmt", "name") => Place::Is(&[(Kind::Language, true), (Kind::Extension, false)]),
        ("ImportForeignSchemaStmt", "name") if before == "INTO" || before == "SCHEMA" => is!(Schema),
        ("AlterTSConfigurationStmt", "name_list") => is!(TokenType),
        ("AlterTSConfigurationStmt", _) if before != "CONFIGURATION" => is!(TextSearchDictionary),

        // Constants with a meaning.
        ("enum_val_list", "Sconst") => new!(EnumLabel),
        ("AlterEnumStmt", "Sconst") if matches!(before, "opt_if_not_exists" | "TO") => new!(EnumLabel),
        ("AlterEnumStmt", "Sconst") => is!(EnumLabel),
        (_, "SCONST" | "Sconst") => is!(String),

        // What the statement's own words say.
        ("RenameStmt", "name") if before == "TO" => Place::Words { new: true },
        (_, _) if right[0] == "CREATE" && !right[..at].iter().any(|symbol| names_something(symbol)) => {
            Place::Words { new: true }
        }
        _ => Place::Words { new: false },
    }
}

/// The kind of object that the words before a name say, the last one first.
pub fn kind_of_words(words: &[&str], new: bool) -> Option<Kind> {
    for (n, word) in words.iter().enumerate().rev() {
        let before = n.checked_sub(1).map_or("", |n| words[n]);
        return Some(match *word {
            // The relation that the object belongs to.
            "on" if !new => Kind::Relation,
            "using" if !new => Kind::AccessMethod,
            "to" if !new => Kind::Relation,
            "table" if before == "foreign" => Kind::ForeignTable,
            "table" | "inherit" => Kind::Table,
            "view" if before == "materialized" => Kind::MaterializedView,
            "view" => Kind::View,
            "index" => Kind::Index,
            "sequence" => Kind::Sequence,
            "column" | "attribute" => Kind::TargetColumn,
            "schema" => Kind::Schema,
            "database" => Kind::Database,
            "tablespace" => Kind::Tablespace,
            "role" | "user" | "group" => Kind::Role,
            "extension" => Kind::Extension,
            "language" => Kind::Language,
            "server" => Kind::Server,
            "publication" => Kind::Publication,
            "subscription" => Kind::Subscription,
            "policy" => Kind::Policy,
            "rule" => Kind::Rule,
            "trigger" if before == "event" => Kind::EventTrigger,
            "trigger" => Kind::Trigger,
            "constraint" | "assertion" => Kind::Constraint,
            "collation" => Kind::Collation,
            "conversion" => Kind::Conversion,
            "statistics" => Kind::Statistics,
            "domain" => Kind::Domain,
            "type" => Kind::Type,
            "aggregate" => Kind::Aggregate,
            "function" => Kind::Function,
            "procedure" => Kind::Procedure,
            "routine" => Kind::Routine,
            "method" => Kind::AccessMethod,
            "wrapper" => Kind::ForeignDataWrapper,
            "class" => Kind::OperatorClass,
            "family" => Kind::OperatorFamily,
            "parser" => Kind::TextSearchParser,
            "dictionary" => Kind::TextSearchDictionary,
            "template" => Kind::TextSearchTemplate,
            "configuration" => Kind::TextSearchConfiguration,
            _ => continue,
        });
    }
    None
}
