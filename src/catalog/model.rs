//! The catalog: one type, whether it was folded from DDL or read from a database.
//!
//! Copies are cheap and share: every map is persistent and every object sits behind an `Arc`, so the catalog before
//! each statement of a history can be kept. Two catalogs with the same objects are equal, whatever made them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imbl::ordmap::DiffItem;
use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use super::types::TypeRef;

/// An identifier as the catalog stores it (folded to lower case unless it was quoted).
pub type Name = Arc<str>;

/// An object's name with its schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QualifiedName {
    pub schema: Name,
    pub name: Name,
}

impl QualifiedName {
    pub fn new(schema: impl Into<Name>, name: impl Into<Name>) -> QualifiedName {
        QualifiedName { schema: schema.into(), name: name.into() }
    }
}

impl std::fmt::Display for QualifiedName {
    /// `schema.name`, without quotes: for messages. SQL text takes `super::quote`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// The schema of temporary objects, by the name that SQL gives it.
pub const TEMPORARY: &str = "pg_temp";

/// Which state of a catalog this is: equal numbers are the same state, so what was found in it still holds.
/// Different numbers say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(u64);

impl Revision {
    pub fn new() -> Revision {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Revision(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for Revision {
    fn default() -> Revision {
        Revision::new()
    }
}

/// Everything that exists at a moment, pg_catalog and information_schema aside (those are `builtin`).
#[derive(Clone, Debug)]
pub struct Catalog {
    revision: Revision,
    pub schemas: OrdMap<Name, Arc<Schema>>,
    pub extensions: OrdMap<Name, Arc<Extension>>,
    /// The schemas in which an unqualified name is looked up, after pg_temp and pg_catalog; `$user` left out.
    pub search_path: Arc<[Name]>,
    /// Something changed the schema in a way that cannot be known (dynamic SQL, a statement that does not parse,
    /// an extension without facts): a name that is not found may exist all the same.
    pub unknown_names: bool,
    /// The server's version as `server_version_num` has it, of a catalog read from a database.
    pub server_version: Option<u32>,
}

impl Default for Catalog {
    /// A new database: an empty schema `public`, which is the search path.
    fn default() -> Catalog {
        let public: Name = "public".into();
        Catalog {
            revision: Revision::new(),
            schemas: OrdMap::unit(public.clone(), Arc::new(Schema::new(public.clone()))),
            extensions: OrdMap::new(),
            search_path: Arc::new([public]),
            unknown_names: false,
            server_version: None,
        }
    }
}

impl PartialEq for Catalog {
    fn eq(&self, other: &Catalog) -> bool {
        self.schemas == other.schemas && self.extensions == other.extensions
    }
}

impl Catalog {
    /// A catalog without any schema.
    pub fn empty() -> Catalog {
        Catalog { schemas: OrdMap::new(), ..Catalog::default() }
    }

    /// A database of which nothing is known: any name may exist.
    pub fn unknown() -> Catalog {
        Catalog { revision: Revision::new(), unknown_names: true, ..Catalog::default() }
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// To be called after any change, so that what was derived from the state before is known to be stale.
    pub fn touch(&mut self) {
        self.revision = Revision::new();
    }

    pub fn schema(&self, name: &str) -> Option<&Arc<Schema>> {
        self.schemas.get(name)
    }

    /// The schema to be changed, with a new revision for the catalog.
    pub fn schema_mut(&mut self, name: &str) -> Option<&mut Schema> {
        self.touch();
        self.schemas.get_mut(name).map(Arc::make_mut)
    }

    /// The relation of that name: in `schema`, or else in the first schema of the search path that has one.
    pub fn relation(&self, schema: Option<&str>, name: &str) -> Option<&Arc<Relation>> {
        self.find(schema, |schema| schema.relations.get(name))
    }

    /// The type of that name, found like a relation. A relation's row type is not among them.
    pub fn user_type(&self, schema: Option<&str>, name: &str) -> Option<&Arc<Type>> {
        self.find(schema, |schema| schema.types.get(name))
    }

    /// The overloads of that name in the first schema that has any.
    pub fn routines(&self, schema: Option<&str>, name: &str) -> &[Arc<Routine>] {
        self.find(schema, |schema| schema.routines.get(name)).map_or(&[], |overloads| &overloads[..])
    }

    /// The table that an index of that name belongs to, and the index.
    pub fn index(&self, schema: Option<&str>, name: &str) -> Option<(&Arc<Relation>, &Arc<Index>)> {
        let table = self.find(schema, |schema| {
            schema.index_tables.get(name).and_then(|table| schema.relations.get(table))
        })?;
        let index = table.indexes.iter().find(|index| &*index.name == name)?;
        Some((table, index))
    }

    /// The schema that an unqualified CREATE puts its object in: the first one of the search path that exists.
    pub fn creation_schema(&self) -> Option<Name> {
        self.search_path.iter().find(|name| self.schemas.contains_key(*name)).cloned()
    }

    pub fn relation_mut(&mut self, name: &QualifiedName) -> Option<&mut Relation> {
        self.schema_mut(&name.schema)?.relations.get_mut(&name.name).map(Arc::make_mut)
    }

    /// All relations, by schema and name.
    pub fn relations(&self) -> impl Iterator<Item = &Arc<Relation>> {
        self.schemas.values().flat_map(|schema| schema.relations.values())
    }

    fn find<'a, T>(
        &'a self,
        schema: Option<&str>,
        get: impl Fn(&'a Schema) -> Option<&'a T>,
    ) -> Option<&'a T> {
        match schema {
            Some(schema) => self.schemas.get(schema).and_then(|schema| get(schema)),
            // Temporary objects stand in a schema of their own, which comes first.
            None => (self.schemas.get(TEMPORARY).and_then(|schema| get(schema)))
                .or_else(|| self.search_path.iter().find_map(|schema| get(self.schemas.get(schema)?))),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub name: Name,
    pub comment: Option<Name>,
    pub relations: OrdMap<Name, Arc<Relation>>,
    /// The table of each index. Indexes share the name space of relations.
    pub index_tables: OrdMap<Name, Name>,
    pub types: OrdMap<Name, Arc<Type>>,
    pub routines: OrdMap<Name, Vec<Arc<Routine>>>,
    index: RelationIndex,
}

/// Which relations have a constraint of a name, and which a parent, so that finding them costs no look at every table.
///
/// Relations are changed in many ways, so this does not follow each change: it remembers the relations that it was made
/// of, and a look-up goes through those that have changed since (a persistent map tells them without looking at the
/// others). It says nothing that the relations do not, so it is no part of equality.
#[derive(Clone, Debug, Default)]
struct RelationIndex {
    /// The constraint's and the relation's name. Some may be gone by now.
    constraints: OrdSet<(Name, Name)>,
    /// The parent, and the name of the relation that has it.
    children: OrdSet<(QualifiedName, Name)>,
    relations: OrdMap<Name, Arc<Relation>>,
}

impl PartialEq for RelationIndex {
    fn eq(&self, _: &RelationIndex) -> bool {
        true
    }
}

impl Schema {
    pub fn new(name: Name) -> Schema {
        Schema { name, ..Schema::default() }
    }

    /// Whether a constraint of one of its relations has that name.
    pub fn has_constraint_name(&self, name: &str) -> bool {
        let has = |owner: &str| {
            self.relations.get(owner).is_some_and(|relation| relation.constraint(name).is_some())
        };
        let from: (Name, Name) = (name.into(), "".into());
        let mut owners =
            self.index.constraints.range(from..).take_while(|(constraint, _)| &**constraint == name);
        owners.any(|(_, owner)| has(owner))
            || self.changed_relations().any(|relation| relation.constraint(name).is_some())
    }

    /// The relations that have `parent`, by name.
    pub fn children(&self, parent: &QualifiedName) -> Vec<Name> {
        let from = (parent.clone(), Name::from(""));
        let known = self
            .index
            .children
            .range(from..)
            .take_while(|(of, _)| of == parent)
            .map(|(_, child)| child.clone());
        let mut children: Vec<Name> = known
            .filter(|child| {
                self.relations.get(child).is_some_and(|relation| relation.parents.contains(parent))
            })
            .collect();
        let changed = self.changed_relations().filter(|relation| relation.parents.contains(parent));
        children.extend(changed.map(|relation| relation.name.clone()));
        children.sort();
        children.dedup();
        children
    }

    /// The relations that are not as they were when the index was made.
    fn changed_relations(&self) -> impl Iterator<Item = &Arc<Relation>> {
        self.index.relations.diff(&self.relations).filter_map(|change| match change {
            DiffItem::Add(_, relation) | DiffItem::Update { new: (_, relation), .. } => Some(relation),
            DiffItem::Remove(..) => None,
        })
    }

    /// Brings the index up to date with the relations.
    pub fn index_relations(&mut self) {
        let known = std::mem::take(&mut self.index.relations);
        for change in known.diff(&self.relations) {
            let (old, new) = match change {
                DiffItem::Add(_, relation) => (None, Some(relation)),
                DiffItem::Update { old: (_, old), new: (_, new) } => (Some(old), Some(new)),
                DiffItem::Remove(_, relation) => (Some(relation), None),
            };
            if let Some(relation) = old {
                for constraint in &relation.constraints {
                    self.index.constraints.remove(&(constraint.name.clone(), relation.name.clone()));
                }
                for parent in &relation.parents {
                    self.index.children.remove(&(parent.clone(), relation.name.clone()));
                }
            }
            if let Some(relation) = new {
                for constraint in &relation.constraints {
                    self.index.constraints.insert((constraint.name.clone(), relation.name.clone()));
                }
                for parent in &relation.parents {
                    self.index.children.insert((parent.clone(), relation.name.clone()));
                }
            }
        }
        self.index.relations = self.relations.clone();
    }

    /// Adds `relation`, or puts it in the place of the one of that name, and its indexes with it.
    pub fn put_relation(&mut self, relation: Relation) {
        self.remove_relation(&relation.name.clone());
        for index in &relation.indexes {
            self.index_tables.insert(index.name.clone(), relation.name.clone());
        }
        self.relations.insert(relation.name.clone(), Arc::new(relation));
    }

    /// Removes a relation and its indexes.
    pub fn remove_relation(&mut self, name: &str) -> Option<Arc<Relation>> {
        let relation = self.relations.remove(name)?;
        for index in &relation.indexes {
            self.index_tables.remove(&index.name);
        }
        Some(relation)
    }

    /// Adds an index to its table.
    pub fn put_index(&mut self, table: &str, index: Index) {
        let Some(relation) = self.relations.get_mut(table) else { return };
        let relation = Arc::make_mut(relation);
        self.index_tables.insert(index.name.clone(), relation.name.clone());
        relation.indexes.retain(|other| other.name != index.name);
        relation.indexes.push(Arc::new(index));
        relation.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    }

    pub fn remove_index(&mut self, name: &str) -> Option<Arc<Index>> {
        let table = self.index_tables.remove(name)?;
        let relation = Arc::make_mut(self.relations.get_mut(&table)?);
        let at = relation.indexes.iter().position(|index| &*index.name == name)?;
        Some(relation.indexes.remove(at))
    }

    /// Whether a relation or an index has that name.
    pub fn has_relation_name(&self, name: &str) -> bool {
        self.relations.contains_key(name) || self.index_tables.contains_key(name)
    }
}

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
#[derive(Clone, Debug, PartialEq)]
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

/// A view's text. Two catalogs are not told apart by it, as PostgreSQL prints a view its own way.
#[derive(Clone, Debug)]
pub struct ViewQuery(pub Option<Name>);

impl PartialEq for ViewQuery {
    fn eq(&self, _: &ViewQuery) -> bool {
        true
    }
}

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    pub schema: Name,
    pub name: Name,
    pub kind: TypeKind,
    pub comment: Option<Name>,
}

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    pub name: Name,
    pub schema: Name,
}
