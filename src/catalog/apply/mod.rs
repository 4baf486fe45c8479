//! A DDL statement's effect on a catalog.
//!
//! What PostgreSQL does to its own catalogs is done here to ours, a file per kind of object. A statement that
//! PostgreSQL would reject changes nothing, as there; an error is given only where it is certain.

mod absent;
mod aggregate;
mod allowed;
mod alter_column;
mod alter_index;
mod alter_table;
mod base_type;
mod beginning;
mod block;
mod calls;
mod cast_rules;
mod check;
mod collation;
mod comment;
mod constant;
mod constraint;
mod conversion;
mod depends;
mod domain;
mod drop;
mod elements;
mod entity;
mod entity_moved;
mod event_tags;
mod exact;
mod existence;
mod extension;
mod extension_drop;
mod find;
mod foreign;
mod foreign_key;
mod foreign_key_rules;
mod grant;
mod grant_rules;
mod index;
mod inherit;
mod language;
mod like;
mod membership;
mod moved;
pub mod names;
mod not_null;
mod operator;
mod operator_class;
mod operator_class_rules;
mod operator_rules;
pub mod option;
mod owner;
mod partition;
mod partition_keys;
mod pinned;
mod policy;
mod property;
mod publication;
mod range;
mod rename;
mod rewrite;
mod rights;
mod role;
mod role_rules;
mod routine;
mod routine_option;
mod routine_rules;
mod routine_uses;
mod row_uses;
mod schema;
mod sequence;
mod sequence_rules;
mod set_constraints;
mod setting;
mod setting_value;
mod statistics;
mod storage;
mod subscription;
mod table;
mod tablespaces;
mod text_search;
mod text_search_rules;
mod trigger;
mod trigger_rules;
mod type_lookup;
mod type_modifier;
pub mod type_name;
mod type_uses;
mod typed;
mod types;
mod variables;
mod view;

use std::sync::Arc;

use crate::syntax::ast::{self, Node, NodeEnum};

use super::entity::EntityKind;
use super::model::{Catalog, Name, QualifiedName, Relation, Schema};

pub use absent::is_builtin;
pub use beginning::begins_harmless;
pub use block::{Moment, moments};
pub use calls::{call_functions, may_define};
pub use extension::may_have_more;
pub(in crate::catalog) use find::is_system_schema;
pub(in crate::catalog) use routine::print as print_routine;
pub use setting::constant as setting_text;
pub use setting_value::is_no_setting;
pub use storage::class_option_error;
pub use table::serial_type;
pub use type_name::resolve as resolve_type;

/// What a statement did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub changed: bool,
    /// Why PostgreSQL would reject it; no object was made or changed then.
    pub errors: Vec<ApplyError>,
}

/// An error as PostgreSQL words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyError {
    pub sqlstate: &'static str,
    pub message: String,
    /// In bytes, into the statement's text.
    pub offset: Option<usize>,
}

/// Applies `statement`, whose text is `sql` (locations of nodes count from its start), to `catalog`.
pub fn apply(catalog: &mut Catalog, statement: &NodeEnum, sql: &str) -> Outcome {
    if !may_change(statement) {
        return Outcome::default();
    }
    let mut fold = Fold::new(catalog, sql);
    match fold.statement(statement) {
        // Unsure is something that cannot be known: what was done until then is no less true.
        Ok(()) | Err(Stop::Unsure) => Outcome { changed: fold.take_effect(catalog), errors: Vec::new() },
        Err(Stop::Error(error)) => {
            let changed = role::was_not_made(catalog, statement, &error);
            Outcome { changed, errors: vec![error] }
        }
    }
}

impl Fold<'_> {
    /// Puts what was done in the place of `catalog`. Whether anything was.
    fn take_effect(mut self, catalog: &mut Catalog) -> bool {
        if self.changed {
            let before = catalog.schemas.unrecorded();
            let mut changed: Vec<Name> = Vec::new();
            for (name, schema) in self.catalog.schemas.unrecorded() {
                if before.get(name).is_none_or(|old| !Arc::ptr_eq(old, schema)) {
                    changed.push(name.clone());
                }
            }
            for name in changed {
                if let Some(schema) = self.catalog.schemas.get_mut(&name) {
                    Arc::make_mut(schema).index_relations();
                }
            }
            *catalog = self.catalog;
            catalog.touch();
        }
        self.changed
    }
}

/// Why a statement's fold ended early.
enum Stop {
    Error(ApplyError),
    /// It concerns something that is not known here.
    Unsure,
}

type Result<T = ()> = std::result::Result<T, Stop>;

/// One statement being applied, to a copy that takes the catalog's place when all went well.
struct Fold<'a> {
    catalog: Catalog,
    sql: &'a str,
    changed: bool,
    /// In how many functions that call each other it is.
    depth: u8,
}

impl<'a> Fold<'a> {
    fn new(catalog: &Catalog, sql: &'a str) -> Fold<'a> {
        Fold { catalog: catalog.clone(), sql, changed: false, depth: 0 }
    }
}

/// The kinds of statement that `Fold::statement` knows, to be told apart from queries at no cost.
fn may_change(statement: &NodeEnum) -> bool {
    use NodeEnum::*;
    match statement {
        SelectStmt(select) => select.into_clause.is_some() || setting::may_set_config(select),
        InsertStmt(_) | UpdateStmt(_) | DeleteStmt(_) | MergeStmt(_) | TransactionStmt(_) => false,
        _ => true,
    }
}

impl Fold<'_> {
    fn statement(&mut self, statement: &NodeEnum) -> Result {
        let result = self.run(statement);
        if self.changed && self.is_in_limited_role() && !self.is_certainly_permitted(statement) {
            self.doubt_roles(statement);
        }
        result
    }

    fn run(&mut self, statement: &NodeEnum) -> Result {
        use NodeEnum::*;
        if self.is_denied(statement) {
            return Err(Stop::Unsure);
        }
        match statement {
            CreateSchemaStmt(s) => self.create_schema(s),
            CreateStmt(s) => self.create_table(s),
            CreateForeignTableStmt(s) => self.create_foreign_table(s),
            CreateTableAsStmt(s) => self.create_table_as(s),
            SelectStmt(s) => self.select(s),
            AlterTableStmt(s) => self.alter_table(s),
            IndexStmt(s) => self.create_index(s),
            ViewStmt(s) => self.create_view(s),
            CreateSeqStmt(s) => self.create_sequence(s),
            AlterSeqStmt(s) => self.alter_sequence(s),
            CreateEnumStmt(s) => self.create_enum(s),
            AlterEnumStmt(s) => self.alter_enum(s),
            AlterCollationStmt(s) => self.refresh_collation(s),
            CompositeTypeStmt(s) => self.create_composite(s),
            CreateRangeStmt(s) => self.create_range(s),
            CreateDomainStmt(s) => self.create_domain(s),
            AlterDomainStmt(s) => self.alter_domain(s),
            DefineStmt(s) => self.define(s),
            CreateFunctionStmt(s) => self.create_function(s),
            AlterFunctionStmt(s) => self.alter_function(s),
            CreateTrigStmt(s) => self.create_trigger(s),
            CreateExtensionStmt(s) => self.create_extension(s),
            AlterExtensionStmt(s) => self.alter_extension(s),
            AlterExtensionContentsStmt(s) => self.alter_members(s),
            RenameStmt(s) => self.rename(s),
            AlterObjectSchemaStmt(s) => self.set_schema(s),
            DropStmt(s) => self.drop_statement(s),
            CommentStmt(s) => self.comment(s),
            VariableSetStmt(s) => self.set_variable(s),
            DoStmt(s) => self.do_block(s),
            AlterTypeStmt(s) => self.alter_base_type(s),
            AlterOwnerStmt(s) => self.alter_owner(s),
            AlterOperatorStmt(s) => self.alter_operator(s),
            CreateOpClassStmt(s) => self.create_operator_class(s),
            CreateOpFamilyStmt(s) => self.create_operator_family(s),
            AlterOpFamilyStmt(s) => self.alter_operator_family(s),
            CreateCastStmt(s) => self.create_cast(s),
            CreateConversionStmt(s) => self.create_conversion(s),
            CreateTransformStmt(s) => self.create_transform(s),
            CreatePlangStmt(s) => self.create_language(s),
            CreateAmStmt(s) => self.create_access_method(s),
            CreateEventTrigStmt(s) => self.create_event_trigger(s),
            AlterEventTrigStmt(s) => self.alter_event_trigger(&s.trigname, &s.tgenabled),
            AlterTsdictionaryStmt(s) => self.alter_dictionary(s),
            AlterTsconfigurationStmt(s) => self.alter_configuration(s),
            CreateFdwStmt(s) => self.create_wrapper(s),
            AlterFdwStmt(s) => self.alter_wrapper(s),
            CreateForeignServerStmt(s) => self.create_server(s),
            AlterForeignServerStmt(s) => self.alter_server(s),
            CreateUserMappingStmt(s) => self.create_user_mapping(s),
            AlterUserMappingStmt(s) => self.alter_user_mapping(s),
            DropUserMappingStmt(s) => self.drop_user_mapping(s),
            CreatePublicationStmt(s) => self.create_publication(s),
            AlterPublicationStmt(s) => self.alter_publication(s),
            CreateSubscriptionStmt(s) => self.create_subscription(s),
            AlterSubscriptionStmt(s) => self.alter_subscription(s),
            DropSubscriptionStmt(s) => self.drop_entity(
                EntityKind::Subscription,
                &operator::name_node(&s.subname),
                s.missing_ok,
                false,
            ),
            CreateRoleStmt(s) => self.create_role(s),
            AlterRoleStmt(s) => self.alter_role(s),
            AlterRoleSetStmt(s) => self.alter_role_set(s),
            DropRoleStmt(s) => self.drop_role(s),
            GrantRoleStmt(s) => self.grant_role(s),
            GrantStmt(s) => self.grant(s),
            AlterDefaultPrivilegesStmt(s) => self.default_privileges(s),
            ReassignOwnedStmt(s) => self.reassign_owned(s),
            DropOwnedStmt(s) => self.drop_owned(s),
            CreatePolicyStmt(s) => self.create_policy(s),
            AlterPolicyStmt(s) => self.alter_policy(s),
            RuleStmt(s) => self.create_rule(s),
            CreateStatsStmt(s) => self.create_statistics(s),
            AlterStatsStmt(s) => self.alter_statistics(s),
            ClusterStmt(s) => self.cluster(s),
            ConstraintsSetStmt(s) => self.set_constraints(s),
            AlterObjectDependsStmt(s) => self.depends_on_extension(s),
            CallStmt(_) => Ok(()),
            ReindexStmt(s) => self.reindex(s),
            RefreshMatViewStmt(s) if s.concurrent && s.skip_data => {
                let message = "CONCURRENTLY and WITH NO DATA options cannot be used together";
                self.refuse("42601", message.into(), self.token("concurrently"))
            }
            RefreshMatViewStmt(s) => self.can_be_refreshed(s),
            // It runs what it explains.
            ExplainStmt(s) if option::option(&s.options, "analyze").is_some_and(option::truth) => {
                match s.query.as_ref().and_then(|query| query.node.as_ref()) {
                    Some(CreateTableAsStmt(create)) => self.create_table_as(create),
                    _ => Ok(()),
                }
            }
            CreateTableSpaceStmt(s) => self.create_tablespace(s),
            DropTableSpaceStmt(s) => self.drop_tablespace(s),
            AlterTableSpaceOptionsStmt(s) => self.alter_tablespace(s),
            ImportForeignSchemaStmt(s) => self.import_foreign_schema(s),
            AlterSystemStmt(s) => self.check_kept_setting(s.setstmt.as_ref()),
            AlterDatabaseSetStmt(s) => self.check_kept_setting(s.setstmt.as_ref()),
            _ => Ok(()),
        }
    }

    /// What follows may meet names that this statement made, or made vanish, unseen.
    fn unknown(&mut self) -> Result {
        self.changed |= self.catalog.forget_names();
        Ok(())
    }

    /// The schema to be changed.
    fn schema(&mut self, name: &str) -> Result<&mut Schema> {
        self.changed = true;
        self.catalog.schema_mut(name).ok_or(Stop::Unsure)
    }

    /// The relation to be changed.
    fn relation(&mut self, name: &QualifiedName) -> Result<&mut Relation> {
        self.changed = true;
        self.catalog.relation_mut(name).ok_or(Stop::Unsure)
    }

    /// An error, unless something unseen may make the statement right.
    fn fail<T>(&self, sqlstate: &'static str, message: String, offset: Option<usize>) -> Result<T> {
        if self.catalog.unknown_names {
            return Err(Stop::Unsure);
        }
        self.refuse(sqlstate, message, offset)
    }

    /// An error of the statement's own text, which is one whatever there is.
    fn refuse<T>(&self, sqlstate: &'static str, message: String, offset: Option<usize>) -> Result<T> {
        Err(Stop::Error(ApplyError { sqlstate, message, offset }))
    }

    /// The version of PostgreSQL that the statement is for; the newest where nothing tells it.
    fn version(&self) -> u32 {
        self.catalog.major()
    }

    /// Where `name` stands in the statement as a token, for names whose nodes have no location.
    fn token(&self, name: &str) -> Option<usize> {
        self.token_behind(0, name)
    }

    /// The same, not before `start`.
    fn token_behind(&self, start: usize, name: &str) -> Option<usize> {
        let (tokens, _) = crate::syntax::grammar::scan(self.sql);
        tokens
            .iter()
            .filter(|token| token.span.start >= start)
            .find(|token| {
                let text = &self.sql[token.span.start..token.span.end];
                text == name || text.eq_ignore_ascii_case(name) || text.trim_matches('"') == name
            })
            .map(|token| token.span.start)
    }

    /// Where a string stands whose text that is.
    fn string_token(&self, text: &str) -> Option<usize> {
        let (tokens, _) = crate::syntax::grammar::scan(self.sql);
        let is_it = |token: &&crate::syntax::grammar::Token| {
            token.kind == ast::Token::Sconst && self.sql[token.span.range()].contains(text)
        };
        tokens.iter().find(is_it).map(|token| token.span.start)
    }
}

/// A node's location as an offset.
fn offset(location: i32) -> Option<usize> {
    usize::try_from(location).ok()
}

/// The text of a String node.
fn string(node: &Node) -> &str {
    match &node.node {
        Some(NodeEnum::String(string)) => &string.sval,
        _ => "",
    }
}

/// The texts of a list of String nodes: a name in parts, or a list of columns.
fn strings(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().map(string).collect()
}

/// A name in parts as schema and name; a database's name in front is left out.
fn split_name<'n>(parts: &[&'n str]) -> (Option<&'n str>, &'n str) {
    match parts {
        [] => (None, ""),
        [name] => (None, name),
        [.., schema, name] => (Some(schema), name),
    }
}

/// The schema that is written before a relation's name.
pub fn schema_of(range: &ast::RangeVar) -> Option<&str> {
    (!range.schemaname.is_empty()).then_some(range.schemaname.as_str())
}

fn list(node: &Node) -> &[Node] {
    match &node.node {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

fn intern(names: &[&str]) -> Vec<Name> {
    names.iter().map(|name| Name::from(*name)).collect()
}

#[cfg(test)]
mod tests;
