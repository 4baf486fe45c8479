//! What the kind of a new table allows of its columns and constraints (transformColumnDefinition,
//! transformTableConstraint), and what a column can be of (CheckAttributeType).

use crate::syntax::ast::{ColumnDef, ConstrType, Constraint, CreateStmt, IndexStmt, Node, NodeEnum};

use super::super::deparse;
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Class, Types};
use super::{Fold, Result, offset};

impl Fold<'_> {
    /// PostgreSQL's errors for what a typed table, a partition or a foreign table cannot have.
    pub(super) fn can_have_elements(&self, s: &CreateStmt, kind: RelationKind) -> Result {
        let is_foreign = kind == RelationKind::ForeignTable;
        for node in &s.table_elts {
            match &node.node {
                Some(NodeEnum::ColumnDef(column)) => {
                    self.can_have_column(s, column)?;
                    for constraint in constraints(&column.constraints).filter(|_| is_foreign) {
                        self.is_not_on_foreign(constraint)?;
                    }
                }
                Some(NodeEnum::Constraint(constraint)) if is_foreign => self.is_not_on_foreign(constraint)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn can_have_column(&self, s: &CreateStmt, column: &ColumnDef) -> Result {
        for constraint in constraints(&column.constraints) {
            let what = match constraint.contype() {
                ConstrType::ConstrIdentity if s.of_typename.is_some() => {
                    "identity columns are not supported on typed tables"
                }
                ConstrType::ConstrIdentity if s.partbound.is_some() => {
                    "identity columns are not supported on partitions"
                }
                ConstrType::ConstrGenerated if s.of_typename.is_some() => {
                    "generated columns are not supported on typed tables"
                }
                ConstrType::ConstrGenerated if s.partbound.is_some() && self.version() < 16 => {
                    "generated columns are not supported on partitions"
                }
                _ => continue,
            };
            return self.fail("0A000", what.into(), offset(constraint.location));
        }
        Ok(())
    }

    /// PostgreSQL's error for a constraint that no foreign table has.
    pub(super) fn is_not_on_foreign(&self, constraint: &Constraint) -> Result {
        let what = match constraint.contype() {
            ConstrType::ConstrPrimary => "primary key",
            ConstrType::ConstrUnique => "unique",
            ConstrType::ConstrExclusion => "exclusion",
            ConstrType::ConstrForeign => "foreign key",
            _ => return Ok(()),
        };
        let message = format!("{what} constraints are not supported on foreign tables");
        self.fail("0A000", message, offset(constraint.location))
    }

    /// PostgreSQL's error for a unique index of a table that has foreign tables among its partitions.
    pub(super) fn has_no_foreign_partition(&self, table: &QualifiedName, is_key: bool) -> Result {
        let Some(relation) = self.catalog.relation(Some(&table.schema), &table.name) else { return Ok(()) };
        if relation.kind != RelationKind::PartitionedTable {
            return Ok(());
        }
        let kind = |name: &QualifiedName| {
            self.catalog.relation(Some(&name.schema), &name.name).map(|relation| relation.kind)
        };
        let foreign =
            self.heirs(table).into_iter().find(|name| kind(name) == Some(RelationKind::ForeignTable));
        let Some(foreign) = foreign else { return Ok(()) };
        // An index is looked at as a whole, a key at each level.
        let of = self.parents(&foreign)?.first().filter(|_| is_key).map(|parent| parent.name.clone());
        let of = of.unwrap_or(relation.name.clone());
        let message = format!("cannot create unique index on partitioned table \"{of}\"");
        self.fail("42809", message, self.token(&relation.name))
    }

    /// PostgreSQL's error for a foreign table as a partition of one that has unique indexes.
    pub(super) fn takes_foreign_partition(&self, parent: &Relation, attached: Option<&str>) -> Result {
        if !parent.indexes.iter().any(|index| index.unique) {
            return Ok(());
        }
        let of = format!("partition of partitioned table \"{}\"", parent.name);
        let message = match attached {
            Some(name) => format!("cannot attach foreign table \"{name}\" as {of}"),
            None => format!("cannot create foreign {of}"),
        };
        self.fail("42809", message, self.token(attached.unwrap_or(&parent.name)))
    }

    /// No column is named as those that every table has, no two have the same name, and there are values of all their
    /// types (CheckAttributeNamesTypes).
    pub(super) fn has_proper_columns(&self, relation: &Relation) -> Result {
        let columns = &relation.columns;
        let has_system_columns = !matches!(relation.kind, RelationKind::View | RelationKind::CompositeType);
        let taken = columns.iter().find(|column| deparse::is_system_column(&column.name));
        if let Some(column) = taken.filter(|_| has_system_columns) {
            let message = format!("column name \"{}\" conflicts with a system column name", column.name);
            return self.fail("42701", message, self.token(&column.name));
        }
        for (n, column) in columns.iter().enumerate() {
            if columns[..n].iter().any(|other| other.name == column.name) {
                let message = format!("column \"{}\" specified more than once", column.name);
                return self.fail("42701", message, self.token(&column.name));
            }
        }
        columns.iter().try_for_each(|column| self.can_be_of_type(&column.name, &column.ty))
    }

    pub(super) fn can_be_of_type(&self, column: &str, ty: &TypeRef) -> Result {
        let types = Types::new(&self.catalog);
        let element = ty.element();
        if types.class(element.as_ref().unwrap_or(ty)) != Class::Pseudo {
            return Ok(());
        }
        let message = format!("column \"{column}\" has pseudo-type {}", types.print(&ty.without_modifier()));
        self.fail("42P16", message, self.token(column))
    }

    /// PostgreSQL's error for an index of a column that is computed whenever it is read.
    pub(super) fn has_no_virtual_key(&self, relation: &Relation, s: &IndexStmt) -> Result {
        let computed = |name: &str| relation.column(name).is_some_and(|column| column.is_virtual());
        let mut elements = s.index_params.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::IndexElem(element)) => Some(element),
            _ => None,
        });
        let mentions = |node: &Node| {
            let printed = super::super::deparse::expression(&self.catalog, &relation.columns, node, None);
            printed.columns.iter().any(|column| computed(column))
        };
        let found = elements.any(|element| match element.expr.as_deref() {
            Some(node) => mentions(node),
            None => computed(&element.name),
        }) || s.where_clause.as_deref().is_some_and(mentions);
        if !found {
            return Ok(());
        }
        let message = "indexes on virtual generated columns are not supported";
        self.fail("0A000", message.into(), self.token(&relation.name))
    }

    /// The same for a key.
    pub(super) fn is_no_virtual_key(
        &self,
        relation: &Relation,
        columns: &[Name],
        is_primary: bool,
    ) -> Result {
        let is_virtual = |name: &Name| relation.column(name).is_some_and(|column| column.is_virtual());
        let Some(column) = columns.iter().find(|name| is_virtual(name)) else { return Ok(()) };
        let what = if is_primary { "primary keys" } else { "unique constraints" };
        let message = format!("{what} on virtual generated columns are not supported");
        self.fail("0A000", message, self.token(column))
    }

    /// Whether values of a type can be kept outside of their row (`TypeIsToastable`), where that is known.
    fn is_toastable(&self, ty: &TypeRef) -> Option<bool> {
        super::property::usual_storage(self, ty).map(|usual| usual != "plain")
    }

    /// PostgreSQL's errors for COMPRESSION (`GetAttributeCompression`).
    pub(super) fn can_be_compressed(&self, ty: &TypeRef, method: &str, at: Option<usize>) -> Result {
        if method.is_empty() || method.eq_ignore_ascii_case("default") {
            return Ok(());
        }
        if self.is_toastable(ty) == Some(false) {
            let ty = ty.without_modifier();
            return self.fail("0A000", format!("column data type {ty} does not support compression"), at);
        }
        if ["pglz", "lz4"].contains(&method) {
            return Ok(());
        }
        self.fail("22023", format!("invalid compression method \"{method}\""), at)
    }

    /// PostgreSQL's errors for STORAGE (`GetAttributeStorage`).
    pub(super) fn can_be_stored(&self, ty: &TypeRef, storage: &str, at: Option<usize>) -> Result {
        let storage = storage.to_ascii_lowercase();
        match storage.as_str() {
            "" | "default" | "plain" => Ok(()),
            "external" | "extended" | "main" if self.is_toastable(ty) == Some(false) => {
                let ty = ty.without_modifier();
                let message = format!("column data type {ty} can only have storage PLAIN");
                self.fail("0A000", message, at)
            }
            "external" | "extended" | "main" => Ok(()),
            _ => self.fail("22023", format!("invalid storage type \"{storage}\""), at),
        }
    }

    /// PostgreSQL's error for a column by which a row type would contain itself.
    pub(super) fn is_no_part_of_itself(&self, relation: &Relation, column: &str, ty: &TypeRef) -> Result {
        if !self.contains_row(ty, &relation.qualified_name(), 0) {
            return Ok(());
        }
        let text = TypeRef::named(relation.schema.clone(), relation.name.clone());
        let message = format!("composite type {text} cannot be made a member of itself");
        self.fail("42P16", message, self.token(column))
    }

    fn contains_row(&self, ty: &TypeRef, row: &QualifiedName, depth: usize) -> bool {
        let TypeRef::Named { schema, name, .. } = ty else { return false };
        if depth > 16 || &**schema == "pg_catalog" {
            return false;
        }
        if *schema == row.schema && *name == row.name {
            return true;
        }
        if let Some(relation) = self.catalog.relation(Some(schema), name) {
            return relation.columns.iter().any(|column| self.contains_row(&column.ty, row, depth + 1));
        }
        match self.catalog.user_type(Some(schema), name).map(|ty| &ty.kind) {
            Some(TypeKind::Domain { base, .. }) => self.contains_row(base, row, depth + 1),
            Some(TypeKind::Range { subtype, .. }) => self.contains_row(subtype, row, depth + 1),
            Some(TypeKind::Multirange { range }) => {
                let range = TypeRef::named(range.schema.clone(), range.name.clone());
                self.contains_row(&range, row, depth + 1)
            }
            _ => false,
        }
    }
}

fn constraints(nodes: &[Node]) -> impl Iterator<Item = &Constraint> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::Constraint(constraint)) => Some(&**constraint),
        _ => None,
    })
}
