//! Relations with their columns, constraints and indexes.

use std::sync::{Arc, OnceLock};

use imbl::OrdSet;
use serde::{Deserialize, Serialize};

use super::model::{Name, QualifiedName};
use super::privileges::Privileges;
use super::quote;
use super::table_parts::{
    ForeignTable, Policy, ReplicaIdentity, RowSecurity, Rule, SequenceParameters, Trigger,
};
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

    /// Whether its rows are stored in it, or in its partitions.
    pub fn has_storage(self) -> bool {
        matches!(self, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView)
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    pub schema: Name,
    pub name: Name,
    pub kind: RelationKind,
    #[serde(default, skip_serializing_if = "is_default")]
    pub persistence: Persistence,
    /// In attribute order, without dropped ones. Shared: a sequence of copies of a wide table costs little.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Arc<Column>>,
    /// By name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Arc<Constraint>>,
    /// By name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Arc<Index>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Arc<Trigger>>,
    /// Without the rule that makes a view one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Arc<Rule>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Arc<Policy>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub row_security: RowSecurity,
    /// `None` is the owner of the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    #[serde(default, skip_serializing_if = "Privileges::is_default")]
    pub privileges: Privileges,
    /// Storage parameters, `security_barrier` and the like, as in `reloptions`; by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
    /// Of a table, where it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<Name>,
    /// Where it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub replica_identity: ReplicaIdentity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<SequenceParameters>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<ForeignTable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
    /// Parents by INHERITS, or the partitioned table of a partition; in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<QualifiedName>,
    /// A partition's bound as `pg_get_expr(relpartbound)` prints it: `FOR VALUES FROM (1) TO (10)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_bound: Option<Name>,
    /// A partitioned table's key as `pg_get_partkeydef` prints it: `RANGE (created_at)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_key: Option<Name>,
    /// A view's query, as `pg_get_viewdef` prints it when read from a database, as written when folded.
    #[serde(default, skip_serializing_if = "ViewQuery::is_none")]
    pub query: ViewQuery,
    /// Something that a query reads has another name now, so that its text may mean something else.
    #[serde(default, skip_serializing_if = "is_false")]
    pub query_is_stale: bool,
    /// Relations that a view's query reads.
    #[serde(default, skip_serializing_if = "OrdSet::is_empty")]
    pub reads: OrdSet<QualifiedName>,
    /// The column that a sequence belongs to, and goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<OwnedBy>,
    /// The composite type of CREATE TABLE … OF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<QualifiedName>,
    /// The extension that it is part of, and comes and goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Name>,
    /// Whether it is there depends on what it was made in (ON COMMIT DROP), or on rows that its bound may have taken from
    /// a default partition.
    #[serde(default, skip_serializing_if = "is_false")]
    pub may_be_gone: bool,
    /// The columns could not be worked out: any column name may exist.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unknown_columns: bool,
}

impl Relation {
    /// What its foreign keys refer to, what its query reads, and the types of its columns that are not PostgreSQL's own.
    pub fn mentions(&self) -> impl Iterator<Item = QualifiedName> {
        let foreign = self.constraints.iter().filter_map(|constraint| constraint.foreign.as_ref());
        let types = self.columns.iter().filter_map(|column| match &column.ty {
            TypeRef::Named { schema, name, .. } if &**schema != "pg_catalog" => {
                Some(QualifiedName { schema: schema.clone(), name: name.clone() })
            }
            _ => None,
        });
        foreign.map(|foreign| foreign.table.clone()).chain(types).chain(self.reads.iter().cloned())
    }

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
            rules: Vec::new(),
            policies: Vec::new(),
            row_security: RowSecurity::default(),
            owner: None,
            privileges: Privileges::default(),
            options: Options::new(),
            access_method: None,
            tablespace: None,
            replica_identity: ReplicaIdentity::Default,
            sequence: None,
            foreign: None,
            comment: None,
            parents: Vec::new(),
            partition_bound: None,
            partition_key: None,
            query: ViewQuery::default(),
            may_be_gone: false,
            query_is_stale: false,
            reads: OrdSet::new(),
            owned_by: None,
            of_type: None,
            extension: None,
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

    /// The constraint that a column is not NULL.
    pub fn not_null(&self, column: &str) -> Option<&Arc<Constraint>> {
        self.constraints.iter().find(|constraint| {
            constraint.kind == ConstraintKind::NotNull && constraint.columns.iter().any(|c| &**c == column)
        })
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedBy {
    pub table: QualifiedName,
    pub column: Name,
}

/// A view's text. `diff` does not tell two catalogs apart by it, as PostgreSQL prints a view its own way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ViewQuery(pub Option<Name>, #[serde(skip)] pub ReadColumns);

/// The columns that a view's query reads, once somebody has found out. No two catalogs are told apart by it, as it
/// follows from the rest.
#[derive(Clone, Debug, Default)]
pub struct ReadColumns(Arc<OnceLock<Box<[(QualifiedName, Name)]>>>);

impl ReadColumns {
    pub fn get(&self) -> Option<&[(QualifiedName, Name)]> {
        self.0.get().map(|columns| &**columns)
    }

    pub fn set(&self, columns: impl Iterator<Item = (QualifiedName, Name)>) {
        let _ = self.0.get_or_init(|| columns.collect());
    }
}

impl PartialEq for ReadColumns {
    fn eq(&self, _: &ReadColumns) -> bool {
        true
    }
}

impl Eq for ReadColumns {}

impl ViewQuery {
    pub fn new(text: Option<Name>) -> ViewQuery {
        ViewQuery(text, ReadColumns::default())
    }

    fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

/// Names with values, by name.
pub type Options = Vec<(Name, Name)>;

pub(super) fn is_false(value: &bool) -> bool {
    !value
}

pub(super) fn is_true(value: &bool) -> bool {
    *value
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: Name,
    pub ty: TypeRef,
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_null: bool,
    /// As `pg_get_expr` prints it: `nextval('t_id_seq'::regclass)`, `'open'::text`, `now()`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The expression is in `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// Only where it differs from the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<Name>,
    /// Only where it differs from the type's: `plain`, `external`, `extended`, `main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Name>,
    /// Whether the table has it of its own, whatever its parents have.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub local: bool,
    /// `pglz` or `lz4`, where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Name>,
    /// `ALTER COLUMN … SET STATISTICS`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    /// `n_distinct` and the like, or a foreign table's column's; by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
    /// What was granted on the column, beside what was on its table.
    #[serde(default, skip_serializing_if = "Privileges::is_default")]
    pub privileges: Privileges,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

impl Column {
    /// Whether it is computed whenever it is read.
    pub fn is_virtual(&self) -> bool {
        self.generated == Some(Generated::Virtual)
    }

    pub fn new(name: impl Into<Name>, ty: TypeRef) -> Column {
        Column {
            name: name.into(),
            ty,
            not_null: false,
            default: None,
            identity: None,
            generated: None,
            collation: None,
            storage: None,
            local: true,
            compression: None,
            statistics: None,
            options: Options::new(),
            privileges: Privileges::default(),
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
    /// They exist since PostgreSQL 18; before, only the column knows. Not compared between versions.
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    pub name: Name,
    pub kind: ConstraintKind,
    /// Of a check constraint: those its expression uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<ForeignKey>,
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub validated: bool,
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enforced: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub deferrable: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub initially_deferred: bool,
    /// Of a check or NOT NULL: whether the table has it of its own, whatever its parents have.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub local: bool,
    /// As `pg_get_constraintdef` prints it: `FOREIGN KEY (user_id) REFERENCES users(id)`.
    pub definition: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

impl Constraint {
    /// Whether it is a key WITHOUT OVERLAPS.
    pub fn has_no_overlaps(&self) -> bool {
        self.definition.contains(" WITHOUT OVERLAPS")
    }

    /// Whether tables that inherit have it too, of a check or NOT NULL.
    pub fn is_inheritable(&self) -> bool {
        matches!(self.kind, ConstraintKind::Check | ConstraintKind::NotNull)
            && !self.definition.contains(" NO INHERIT")
    }

    /// That a column is not NULL, as PostgreSQL 18 keeps it.
    pub fn not_null(name: Name, column: Name) -> Constraint {
        Constraint {
            name,
            kind: ConstraintKind::NotNull,
            definition: format!("NOT NULL {}", quote::identifier(&column)).into(),
            columns: vec![column],
            foreign: None,
            validated: true,
            enforced: true,
            deferrable: false,
            initially_deferred: false,
            local: true,
            comment: None,
        }
    }
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub table: QualifiedName,
    pub columns: Vec<Name>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_delete: ForeignAction,
    #[serde(default, skip_serializing_if = "is_default")]
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub name: Name,
    /// The access method: `btree`, `gin` …
    pub method: Name,
    pub keys: Vec<IndexKey>,
    /// Columns of INCLUDE.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Name>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub nulls_not_distinct: bool,
    /// The condition of a partial index as `pg_get_expr` prints it, with its outer parentheses: `(deleted_at IS NULL)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Name>,
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub valid: bool,
    /// The constraint of the same name that it serves, if any.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_constraint: bool,
    /// `CLUSTER … USING` or `ALTER TABLE … CLUSTER ON`
    #[serde(default, skip_serializing_if = "is_false")]
    pub clustered: bool,
    /// Where it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<Name>,
    /// As `pg_get_indexdef` prints it.
    pub definition: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexKey {
    pub target: IndexTarget,
    /// Only where it is not the default for the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opclass: Option<Name>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub descending: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub nulls_first: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexTarget {
    Column(Name),
    /// As `pg_get_indexdef(index, n, false)` prints it: `lower(email)`, `((a + b))`.
    Expression(Name),
}
