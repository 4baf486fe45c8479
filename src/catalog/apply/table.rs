//! CREATE TABLE, and the columns of any statement that defines some.

use std::sync::Arc;

use crate::syntax::ast::{
    self, ColumnDef, ConstrType, CreateForeignTableStmt, CreateStmt, NodeEnum, PartitionStrategy,
};

use super::super::deparse;
use super::super::entity::EntityKind;
use super::super::model::*;
use super::super::quote;
use super::super::types::TypeRef;
use super::constraint::Pending;
use super::not_null::{self, NotNull};
use super::operator::name_node;
use super::property::{access_method, tablespace, usual_storage};
use super::{Fold, Result, Stop, names, offset, option, string};

/// A column that is being made, with what can only be worked out when all columns are known.
pub(super) struct NewColumn<'n> {
    pub column: Column,
    pub default: Option<&'n ast::Node>,
    pub constraints: Vec<Pending<'n>>,
    pub not_null: Option<NotNull>,
}

impl Fold<'_> {
    pub(super) fn create_foreign_table(&mut self, s: &CreateForeignTableStmt) -> Result {
        match &s.base_stmt {
            Some(base) => {
                let foreign = ForeignTable {
                    server: s.servername.as_str().into(),
                    options: self.foreign_options(&Options::new(), &s.options)?,
                };
                self.find_entity(EntityKind::Server, &name_node(&s.servername), false)?;
                for node in &base.table_elts {
                    if let Some(NodeEnum::ColumnDef(column)) = &node.node {
                        self.check_options_at(&s.servername, &[], &column.fdwoptions)?;
                    }
                }
                self.check_options_at(&s.servername, &[], &s.options)?;
                self.create_relation(base, RelationKind::ForeignTable, Some(foreign))
            }
            None => Ok(()),
        }
    }

    pub(super) fn create_table(&mut self, s: &CreateStmt) -> Result {
        let kind = if s.partspec.is_some() { RelationKind::PartitionedTable } else { RelationKind::Table };
        self.create_relation(s, kind, None)
    }

    fn create_relation(
        &mut self,
        s: &CreateStmt,
        kind: RelationKind,
        foreign: Option<ForeignTable>,
    ) -> Result {
        let Some(range) = &s.relation else { return Ok(()) };
        let (schema, temporary) = self.target_schema_of(range)?;
        let at = offset(range.location);
        if s.if_not_exists && self.taken(&schema, &range.relname, true, at)? {
            return Ok(());
        }
        let table = QualifiedName::new(schema.clone(), range.relname.as_str());
        let may_be_gone = self.may_go_on_commit(s.oncommit(), temporary)?;
        if s.partspec.is_some() && s.partbound.is_none() && !s.inh_relations.is_empty() {
            let message = "cannot create partitioned table as inheritance child";
            return self.fail("42P17", message.into(), offset(range.location));
        }
        let mut relation = Relation::new(schema, table.name.clone(), kind);
        relation.persistence = match (temporary, range.relpersistence.as_str()) {
            (true, _) => Persistence::Temporary,
            (_, "u") => Persistence::Unlogged,
            _ => Persistence::Permanent,
        };
        relation.may_be_gone = may_be_gone;
        relation.foreign = foreign;
        relation.options = option::set(&Options::new(), &s.options);
        relation.tablespace = tablespace(&s.tablespacename);
        self.can_hold_tables(&s.access_method)?;
        relation.access_method = access_method(&s.access_method);
        self.claim(&mut relation);
        if let Some(of) = &s.of_typename {
            let name = of;
            let of = self.type_ref(name)?;
            self.can_type_tables(name, &of)?;
            self.typed_columns(&mut relation, &of);
            self.typed_elements(s, &relation)?;
        }

        let mut defaults: Vec<(Name, &ast::Node)> = Vec::new();
        let mut pending: Vec<Pending> = Vec::new();
        let mut likes = Vec::new();
        let mut not_nulls: Vec<NotNull> = Vec::new();
        // The columns of a type are there already: a definition adds to them.
        let typed = relation.columns.len();
        for element in &s.table_elts {
            match &element.node {
                Some(NodeEnum::ColumnDef(def)) => {
                    let merges = relation.columns[..typed].iter().any(|c| *c.name == *def.colname);
                    if !merges && relation.column(&def.colname).is_some() {
                        return self.specified_twice(&def.colname, offset(def.location));
                    }
                    let new = self.new_column(&table, def)?;
                    if let Some(default) = new.default {
                        defaults.push((new.column.name.clone(), default));
                    }
                    pending.extend(new.constraints);
                    not_nulls.extend(new.not_null);
                    match relation.column_mut(&def.colname) {
                        Some(column) => merge_column(column, new.column),
                        None => relation.columns.push(Arc::new(new.column)),
                    }
                }
                Some(NodeEnum::Constraint(constraint))
                    if constraint.contype() == ConstrType::ConstrNotnull =>
                {
                    let column = not_null::column_of(constraint);
                    not_nulls.extend(column.map(|column| NotNull::written(constraint, column)));
                }
                Some(NodeEnum::Constraint(constraint)) => pending.push(Pending { constraint, column: None }),
                Some(NodeEnum::TableLikeClause(like)) => {
                    let like = self.like_columns(&table, &mut relation, like)?;
                    if let Some(like) = &like {
                        not_nulls.extend(like.source.constraints.iter().filter_map(|c| NotNull::copied(c)));
                    }
                    likes.extend(like);
                }
                _ => {}
            }
        }
        self.check_key_not_nulls(&not_nulls, &pending)?;
        self.can_have_elements(s, kind)?;
        if !temporary && kind != RelationKind::ForeignTable {
            let is_partitioned = kind == RelationKind::PartitionedTable;
            let of_parent = s.partbound.is_some().then(|| self.tablespace_of_parent(s)).flatten();
            let given = if s.tablespacename.is_empty() { of_parent } else { None };
            self.can_be_kept_in(given.as_deref().unwrap_or(&s.tablespacename), is_partitioned)?;
            for Pending { constraint, .. } in &pending {
                if matches!(constraint.contype(), ConstrType::ConstrPrimary | ConstrType::ConstrUnique) {
                    self.can_be_kept_in(&constraint.indexspace, is_partitioned)?;
                }
            }
        }
        self.check_table_storage(&relation, &s.options, true)?;
        let has_default: Vec<Name> = defaults.iter().map(|(column, _)| column.clone()).collect();
        let parent = self.inherit_columns(&mut relation, s, &has_default)?;
        if let Some(spec) = &s.partspec {
            self.can_be_partitioned(&relation, spec, at)?;
        }
        self.has_proper_columns(&relation)?;
        // PostgreSQL looks at the definitions before it makes the table, and at conditions and foreign keys after.
        self.check_keys(&relation, &pending)?;
        self.taken(&table.schema, &table.name, false, at)?;
        if let (Some(spec), Some(parent)) = (&s.partbound, parent) {
            if parent.partition_key.is_none() {
                return self.fail("42P17", format!("\"{}\" is not partitioned", parent.name), None);
            }
            let bound = self.new_bound(&parent, spec)?;
            self.has_room(&parent, &table.name, &bound)?;
            relation.partition_bound = Some(bound.text.into());
            relation.may_be_gone |= self.has_default_partition(&parent);
        }
        for key in pending.iter().filter(|p| p.constraint.contype() == ConstrType::ConstrPrimary) {
            for column in super::strings(&key.constraint.keys) {
                not_nulls.push(NotNull::needed(column));
            }
        }
        // LIKE and INHERITS can both bring a column that the statement has too.
        self.schema(&table.schema)?.put_relation(relation);
        for (column, node) in defaults {
            self.set_default(&table, &column, Some(node))?;
        }
        if let Some(spec) = &s.partspec {
            let key = self.partition_key(&table, spec);
            self.relation(&table)?.partition_key = Some(key.into());
        }
        self.inherited_constraints(&table)?;
        let given = pending.iter().map(|pending| &pending.constraint.conname);
        let given: Vec<Name> =
            given.filter(|name| !name.is_empty()).map(|name| name.as_str().into()).collect();
        self.new_not_nulls(&table, not_nulls, &given)?;
        for like in &likes {
            self.like_constraints(&table, like)?;
        }
        self.add_constraints(&table, &pending)?;
        if s.partbound.is_some() && kind == RelationKind::ForeignTable {
            for parent in self.parents(&table)? {
                self.takes_foreign_partition(&parent, None)?;
            }
        }
        if s.partbound.is_some() {
            self.inherited_indexes(&table)?;
        }
        for like in &likes {
            self.like_indexes(&table, like)?;
        }
        if s.relation.as_ref().is_some_and(|range| range.relpersistence == "u") {
            self.spread_persistence(&table)?;
        }
        Ok(())
    }

    /// A partition is kept where its table is, if that is said.
    fn tablespace_of_parent(&self, s: &CreateStmt) -> Option<Name> {
        let Some(NodeEnum::RangeVar(parent)) = &s.inh_relations.first()?.node else { return None };
        let parent = self.catalog.relation(super::schema_of(parent), &parent.relname)?;
        parent.tablespace.clone()
    }

    pub(super) fn specified_twice<T>(&self, column: &str, at: Option<usize>) -> Result<T> {
        self.fail("42701", format!("column \"{column}\" specified more than once"), at)
    }

    /// A table's sequences are logged or not as the table is.
    pub(super) fn spread_persistence(&mut self, table: &QualifiedName) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let persistence = relation.persistence;
        self.each_relation(|other| {
            if other.owned_by.as_ref().is_some_and(|owner| owner.table == *table) {
                other.persistence = persistence;
            }
        });
        Ok(())
    }

    /// A column from its definition; a serial's or identity's sequence is made at once, as PostgreSQL does.
    pub(super) fn new_column<'n>(
        &mut self,
        table: &QualifiedName,
        def: &'n ColumnDef,
    ) -> Result<NewColumn<'n>> {
        let (ty, serial) = match &def.type_name {
            Some(name) => match serial_type(name) {
                Some(ty) => (ty, true),
                None => (self.type_ref(name)?, false),
            },
            None => (TypeRef::Unknown, false),
        };
        self.may_use_type(&ty)?;
        self.attributes_fit(&def.constraints)?;
        let mut column = Column::new(def.colname.as_str(), ty);
        let mut new_default = def.raw_default.as_deref();
        let mut constraints = Vec::new();
        if let Some(collate) = &def.coll_clause {
            self.has_collation(&collate.collname, offset(collate.location))?;
            let own = super::super::typing::Types::new(&self.catalog).collation(&column.ty).flatten();
            let own = own.unwrap_or_else(|| "default".into());
            column.collation =
                collate.collname.last().map(|name| string(name).into()).filter(|name| *name != own);
        }
        column.options = self.foreign_options(&Options::new(), &def.fdwoptions)?;
        self.can_be_compressed(&column.ty, &def.compression, offset(def.location))?;
        self.can_be_stored(&column.ty, &def.storage_name, offset(def.location))?;
        if !def.compression.is_empty() && def.compression != "default" {
            column.compression = Some(def.compression.to_ascii_lowercase().into());
        }
        if !def.storage_name.is_empty() && def.storage_name != "default" {
            let wanted = def.storage_name.to_ascii_lowercase();
            let usual = usual_storage(self, &column.ty);
            column.storage = usual.is_some_and(|usual| usual != wanted).then(|| wanted.as_str().into());
        }
        if serial {
            let sequence = self.implicit_sequence(table, &column.name, &column.ty, None)?;
            column.default = Some(nextval(&sequence).into());
        }
        for node in &def.constraints {
            let Some(NodeEnum::Constraint(constraint)) = &node.node else { continue };
            match constraint.contype() {
                // Said by `column_not_null`.
                ConstrType::ConstrNotnull => {}
                ConstrType::ConstrNull => {}
                ConstrType::ConstrDefault => new_default = constraint.raw_expr.as_deref(),
                ConstrType::ConstrGenerated => {
                    new_default = constraint.raw_expr.as_deref();
                    let stored = constraint.generated_kind != "v";
                    column.generated = Some(if stored { Generated::Stored } else { Generated::Virtual });
                }
                ConstrType::ConstrIdentity if serial => {
                    let of = format!("column \"{}\" of table \"{}\"", def.colname, table.name);
                    let message = format!("both default and identity specified for {of}");
                    return self.fail("42601", message, offset(constraint.location));
                }
                ConstrType::ConstrIdentity => {
                    self.is_identity_type(&column.ty, offset(def.location))?;
                    self.implicit_sequence(table, &column.name, &column.ty, Some(&constraint.options))?;
                    column.identity = Some(identity(&constraint.generated_when));
                }
                ConstrType::ConstrPrimary
                | ConstrType::ConstrUnique
                | ConstrType::ConstrCheck
                | ConstrType::ConstrForeign => {
                    constraints.push(Pending { constraint, column: Some(column.name.clone()) });
                }
                // DEFERRABLE and its like, written behind the constraint that they belong to.
                ConstrType::ConstrAttrDeferrable
                | ConstrType::ConstrAttrNotDeferrable
                | ConstrType::ConstrAttrDeferred
                | ConstrType::ConstrAttrImmediate
                | ConstrType::ConstrAttrEnforced
                | ConstrType::ConstrAttrNotEnforced => {
                    constraints.push(Pending { constraint, column: Some(column.name.clone()) });
                }
                _ => {}
            }
        }
        self.enforces_something(&def.constraints)?;
        let not_null = self.column_not_null(def, serial)?;
        Ok(NewColumn { column, default: new_default, constraints, not_null })
    }

    pub(super) fn is_identity_type(&self, ty: &TypeRef, at: Option<usize>) -> Result {
        let fits = ["int2", "int4", "int8"].iter().any(|name| ty.is_builtin(name));
        if fits || *ty == TypeRef::Unknown {
            return Ok(());
        }
        self.fail("22023", "identity column type must be smallint, integer, or bigint".into(), at)
    }

    /// Sets a column's default (or generation expression) as PostgreSQL prints it.
    pub(super) fn set_default(
        &mut self,
        table: &QualifiedName,
        name: &str,
        node: Option<&ast::Node>,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let Some(column) = relation.column(name) else { return Ok(()) };
        let text = node.and_then(|node| {
            let printed = deparse::expression(&self.catalog, &relation.columns, node, Some(&column.ty));
            // DEFAULT NULL is no default, unless the column has a domain's to override, or a modifier that is applied
            // to it.
            let plain = !matches!(column.ty, TypeRef::Named { typmod, .. } if typmod != -1);
            let null = printed.text == "NULL" || printed.text.starts_with("NULL::") && is_null(node) && plain;
            let base = deparse::coerce::base_type(&self.catalog, &column.ty);
            if is_null(node) && base != column.ty {
                return Some(format!("NULL::{}", base.without_modifier()).into());
            }
            (!null).then(|| Name::from(printed.text))
        });
        if let Some(column) = self.relation(table)?.column_mut(name) {
            column.default = text;
        }
        Ok(())
    }

    fn partition_key(&self, table: &QualifiedName, spec: &ast::PartitionSpec) -> String {
        let columns = self.catalog.relation(Some(&table.schema), &table.name).map(|r| r.columns.clone());
        let columns = columns.unwrap_or_default();
        let strategy = match spec.strategy() {
            PartitionStrategy::List => "LIST",
            PartitionStrategy::Hash => "HASH",
            _ => "RANGE",
        };
        let keys: Vec<String> = spec
            .part_params
            .iter()
            .filter_map(|node| match &node.node {
                Some(NodeEnum::PartitionElem(element)) => Some(element),
                _ => None,
            })
            .map(|element| {
                let mut key = match &element.expr {
                    None => quote::identifier(&element.name),
                    Some(node) => deparse::expression(&self.catalog, &columns, node, None)
                        .in_parentheses_unless_function(),
                };
                if let Some(collation) = element.collation.last() {
                    key += &format!(" COLLATE {}", quote::identifier(string(collation)));
                }
                if let Some(opclass) = element.opclass.last() {
                    key += &format!(" {}", quote::identifier(string(opclass)));
                }
                key
            })
            .collect();
        format!("{strategy} ({})", keys.join(", "))
    }

    fn typed_columns(&self, relation: &mut Relation, of: &TypeRef) {
        let composite = match of {
            TypeRef::Named { schema, name, .. } => self.catalog.relation(Some(schema), name),
            TypeRef::Unknown => None,
        };
        match composite {
            Some(composite) => {
                relation.of_type = Some(composite.qualified_name());
                relation.columns = (composite.columns.iter())
                    .map(|column| {
                        let mut copy = Column::new(column.name.clone(), column.ty.clone());
                        copy.collation = column.collation.clone();
                        Arc::new(copy)
                    })
                    .collect();
            }
            None => relation.unknown_columns = true,
        }
    }
}

/// What a column's own definition adds to the inherited one of that name.
pub(super) fn merge_column(column: &mut Column, own: Column) {
    if own.default.is_some() {
        column.default = own.default;
    }
    column.identity = own.identity.or(column.identity);
    column.generated = own.generated.or(column.generated);
}

pub(super) fn is_null(node: &ast::Node) -> bool {
    match &node.node {
        Some(NodeEnum::AConst(constant)) => constant.isnull,
        Some(NodeEnum::TypeCast(cast)) => cast.arg.as_ref().is_some_and(|arg| is_null(arg)),
        _ => false,
    }
}

/// The integer type behind `serial` and its like, which are no types but notations.
pub fn serial_type(name: &ast::TypeName) -> Option<TypeRef> {
    let [name_node] = name.names.as_slice() else { return None };
    if !name.array_bounds.is_empty() {
        return None;
    }
    Some(TypeRef::builtin(match string(name_node) {
        "serial" | "serial4" => "int4",
        "bigserial" | "serial8" => "int8",
        "smallserial" | "serial2" => "int2",
        _ => return None,
    }))
}

pub(super) fn identity(when: &str) -> Identity {
    if when == "a" { Identity::Always } else { Identity::ByDefault }
}

/// `nextval('t_id_seq'::regclass)`
pub(super) fn nextval(sequence: &QualifiedName) -> String {
    format!(
        "nextval({}::regclass)",
        quote::literal(&deparse::relation_text(&sequence.schema, &sequence.name))
    )
}

impl Fold<'_> {
    /// The sequence of a serial or identity column.
    pub(super) fn implicit_sequence(
        &mut self,
        table: &QualifiedName,
        column: &Name,
        ty: &TypeRef,
        options: Option<&[ast::Node]>,
    ) -> Result<QualifiedName> {
        if let Some(options) = options {
            self.identity_options(ty, options)?;
        }
        // An identity's options may name the sequence.
        let given = options.unwrap_or_default().iter().find_map(|option| match &option.node {
            Some(NodeEnum::DefElem(element)) if element.defname == "sequence_name" => {
                element.arg.as_ref().map(|arg| super::list(arg)).and_then(|parts| parts.last()).map(string)
            }
            _ => None,
        });
        let name = match given {
            Some(name) => {
                self.taken(&table.schema, name, false, self.token(name))?;
                name.into()
            }
            None => {
                names::relation_name(&self.catalog, &table.schema, &table.name, Some(column), "seq", false)
            }
        };
        let mut sequence = super::sequence::relation(table.schema.clone(), name);
        sequence.owned_by = Some(OwnedBy { table: table.clone(), column: column.clone() });
        if let Some(relation) = self.catalog.relation(Some(&table.schema), &table.name) {
            sequence.persistence = relation.persistence;
        }
        let data_type = super::sequence::type_of(ty);
        sequence.sequence = Some(super::sequence::parameters_of(data_type, options.unwrap_or_default()));
        self.claim(&mut sequence);
        if let Some(relation) = self.catalog.relation(Some(&table.schema), &table.name) {
            sequence.owner = relation.owner.clone();
        }
        let found = sequence.qualified_name();
        self.schema(&table.schema)?.put_relation(sequence);
        Ok(found)
    }
}
