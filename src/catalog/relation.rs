//! What is in a schema: relations with their columns, constraints, indexes and triggers; types; routines.

use std::sync::Arc;

use imbl::OrdSet;
use serde::{Deserialize, Serialize};

use super::model::{Name, QualifiedName};
use super::types::TypeRef;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    Table,
    PartitionedTable,
    View,
    MaterializedView,
    ForeignTable,
    Sequence,
    CompositeType,
}

impl RelationKind {
    /// The word for it in messages and reports.
    pub fn word(self) -> &'static str {
        match self {
            RelationKind::Table => "table",
            RelationKind::PartitionedTable => "partitioned table",
            RelationKind::View => "view",
            RelationKind::MaterializedView => "materialized view",
            RelationKind::ForeignTable => "foreign table",
            RelationKind::Sequence => "sequence",
            RelationKind::CompositeType => "composite type",
        }
    }

    /// Whether rows can be read from it.
    pub fn has_rows(self) -> bool {
        self != RelationKind::CompositeType
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Persistence {
    #[default]
    Permanent,
    Unlogged,
    Temporary,
}

/// A table, view, sequence or composite type.
///
/// It is `Eq`, as is all in it, for shared ones to be found equal by their address: the standard library compares an
/// `Arc`'s content where equality might not be reflexive, and a look for what changed would read every column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    pub schema: Name,
    pub name: Name,
    pub kind: RelationKind,
    pub persistence: Persistence,
    /// In attribute order, without dropped ones. Shared: a sequence of copies of a wide table costs little.
    pub columns: Vec<Arc<Column>>,
    /// By name.
    pub constraints: Vec<Arc<Constraint>>,
    /// By name.
    pub indexes: Vec<Arc<Index>>,
    pub triggers: Vec<Arc<Trigger>>,
    pub comment: Option<Name>,
    /// Parents by INHERITS, or the partitioned table of a partition; in order.
    pub parents: Vec<QualifiedName>,
    /// A partition's bound as `pg_get_expr(relpartbound)` prints it: `FOR VALUES FROM (1) TO (10)`.
    pub partition_bound: Option<Name>,
    /// A partitioned table's key as `pg_get_partkeydef` prints it: `RANGE (created_at)`.
    pub partition_key: Option<Name>,
    /// A view's query, as `pg_get_viewdef` prints it when read from a database, as written when folded.
    pub query: ViewQuery,
    /// Relations that a view's query reads.
    pub reads: OrdSet<QualifiedName>,
    /// The column that a sequence belongs to, and goes with.
    pub owned_by: Option<OwnedBy>,
    /// The composite type of CREATE TABLE … OF.
    pub of_type: Option<QualifiedName>,
    /// The columns could not be worked out: any column name may exist.
    pub unknown_columns: bool,
}

impl Relation {
    pub fn new(schema: Name, name: Name, kind: RelationKind) -> Relation {
        Relation {
            schema,
            name,
            kind,
            persistence: Persistence::Permanent,
            columns: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            triggers: Vec::new(),
            comment: None,
            parents: Vec::new(),
            partition_bound: None,
            partition_key: None,
            query: ViewQuery(None),
            reads: OrdSet::new(),
            owned_by: None,
            of_type: None,
            unknown_columns: false,
        }
    }

    pub fn qualified_name(&self) -> QualifiedName {
        QualifiedName { schema: self.schema.clone(), name: self.name.clone() }
    }

    pub fn column(&self, name: &str) -> Option<&Arc<Column>> {
        self.columns.iter().find(|column| &*column.name == name)
    }

    pub fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| &*column.name == name).map(Arc::make_mut)
    }

    pub fn constraint(&self, name: &str) -> Option<&Arc<Constraint>> {
        self.constraints.iter().find(|constraint| &*constraint.name == name)
    }

    /// Adds a constraint in its place by name.
    pub fn put_constraint(&mut self, constraint: Constraint) {
        self.constraints.retain(|other| other.name != constraint.name);
        self.constraints.push(Arc::new(constraint));
        self.constraints.sort_by(|a, b| a.name.cmp(&b.name));
    }

    pub fn primary_key(&self) -> Option<&Arc<Constraint>> {
        self.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::PrimaryKey)
    }
}

/// A sequence's column: `OWNED BY`, serial, identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedBy {
    pub table: QualifiedName,
    pub column: Name,
}

/// A view's text. `diff` does not tell two catalogs apart by it, as PostgreSQL prints a view its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewQuery(pub Option<Name>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: Name,
    pub ty: TypeRef,
    pub not_null: bool,
    /// As `pg_get_expr` prints it: `nextval('t_id_seq'::regclass)`, `'open'::text`, `now()`.
    pub default: Option<Name>,
    pub identity: Option<Identity>,
    /// The expression is in `default`.
    pub generated: Option<Generated>,
    /// Only where it differs from the type's.
    pub collation: Option<Name>,
    pub comment: Option<Name>,
}

impl Column {
    pub fn new(name: impl Into<Name>, ty: TypeRef) -> Column {
        Column {
            name: name.into(),
            ty,
            not_null: false,
            default: None,
            identity: None,
            generated: None,
            collation: None,
            comment: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    Always,
    ByDefault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generated {
    Stored,
    Virtual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    /// Named ones exist since PostgreSQL 18; before, only the column knows. Not compared between versions.
    NotNull,
    ForeignKey,
    Exclusion,
}

impl ConstraintKind {
    pub fn word(self) -> &'static str {
        match self {
            ConstraintKind::PrimaryKey => "primary key",
            ConstraintKind::Unique => "unique",
            ConstraintKind::Check => "check",
            ConstraintKind::NotNull => "not null",
            ConstraintKind::ForeignKey => "foreign key",
            ConstraintKind::Exclusion => "exclusion",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    pub name: Name,
    pub kind: ConstraintKind,
    /// Of a check constraint: those its expression uses.
    pub columns: Vec<Name>,
    pub foreign: Option<ForeignKey>,
    pub validated: bool,
    pub enforced: bool,
    pub deferrable: bool,
    pub initially_deferred: bool,
    /// As `pg_get_constraintdef` prints it: `FOREIGN KEY (user_id) REFERENCES users(id)`.
    pub definition: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    pub table: QualifiedName,
    pub columns: Vec<Name>,
    pub on_delete: ForeignAction,
    pub on_update: ForeignAction,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForeignAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub name: Name,
    /// The access method: `btree`, `gin` …
    pub method: Name,
    pub keys: Vec<IndexKey>,
    /// Columns of INCLUDE.
    pub include: Vec<Name>,
    pub unique: bool,
    pub nulls_not_distinct: bool,
    /// The condition of a partial index as `pg_get_expr` prints it, with its outer parentheses: `(deleted_at IS NULL)`.
    pub predicate: Option<Name>,
    pub valid: bool,
    /// The constraint of the same name that it serves, if any.
    pub is_constraint: bool,
    /// As `pg_get_indexdef` prints it.
    pub definition: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexKey {
    pub target: IndexTarget,
    /// Only where it is not the default for the type.
    pub opclass: Option<Name>,
    pub descending: bool,
    pub nulls_first: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexTarget {
    Column(Name),
    /// As `pg_get_indexdef(index, n, false)` prints it: `lower(email)`, `((a + b))`.
    Expression(Name),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    pub name: Name,
    /// The function it calls.
    pub function: QualifiedName,
    /// As `pg_get_triggerdef` prints it when read from a database, as written when folded.
    pub definition: ViewQuery,
}

impl Trigger {
    /// Whether it fires for each row, by its definition: FOR EACH STATEMENT may be left out, FOR EACH ROW not.
    pub fn is_for_rows(&self) -> bool {
        let text = self.definition.0.as_deref().unwrap_or("").to_ascii_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        words.windows(2).any(|pair| matches!(pair, ["for" | "each", "row"]))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    pub schema: Name,
    pub name: Name,
    pub kind: TypeKind,
    pub comment: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    Enum {
        labels: Vec<Name>,
    },
    Domain {
        base: TypeRef,
        not_null: bool,
        default: Option<Name>,
        checks: Vec<Arc<Constraint>>,
    },
    Range {
        subtype: TypeRef,
    },
    /// CREATE TYPE AS; its attributes are the columns of the relation of the same name.
    Composite,
    Base,
    /// CREATE TYPE name; without a definition.
    Shell,
}

impl TypeKind {
    pub fn word(&self) -> &'static str {
        match self {
            TypeKind::Enum { .. } => "enum",
            TypeKind::Domain { .. } => "domain",
            TypeKind::Range { .. } => "range",
            TypeKind::Composite => "composite",
            TypeKind::Base => "base",
            TypeKind::Shell => "shell",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoutineKind {
    Function,
    Procedure,
    Aggregate,
    Window,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routine {
    pub schema: Name,
    pub name: Name,
    pub kind: RoutineKind,
    /// As declared, OUT and TABLE columns included.
    pub arguments: Vec<Argument>,
    /// `None` for a procedure without OUT arguments.
    pub result: Option<TypeRef>,
    pub returns_set: bool,
    /// As `pg_get_function_arguments` prints them: `a integer, b text DEFAULT 'x'::text`.
    pub arguments_text: Name,
    /// As `pg_get_function_result` prints it: `SETOF users`, `TABLE(a integer)`.
    pub result_text: Option<Name>,
    pub language: Name,
    pub volatility: Volatility,
    pub strict: bool,
    pub security_definer: bool,
    pub comment: Option<Name>,
    /// The source text between its quotes.
    pub body: Option<Name>,
}

impl Routine {
    /// The types that tell overloads apart: IN, INOUT and VARIADIC.
    pub fn input_types(&self) -> impl Iterator<Item = &TypeRef> {
        self.arguments.iter().filter(|argument| argument.mode.is_input()).map(|argument| &argument.ty)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volatility {
    Immutable,
    Stable,
    #[default]
    Volatile,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub name: Option<Name>,
    pub mode: ArgumentMode,
    pub ty: TypeRef,
    pub default: Option<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArgumentMode {
    In,
    Out,
    InOut,
    Variadic,
    Table,
}

impl ArgumentMode {
    pub fn is_input(self) -> bool {
        matches!(self, ArgumentMode::In | ArgumentMode::InOut | ArgumentMode::Variadic)
    }
}
