//! ALTER TABLE's commands for columns: add, drop, type, default, identity.

use std::sync::Arc;

use crate::syntax::ast::{AlterTableCmd, AlterTableType as Type, ConstrType, Node, NodeEnum};

use super::super::deparse;
use super::super::model::*;
use super::super::quote;
use super::super::types::TypeRef;
use super::constraint::Pending;
use super::not_null::NotNull;
use super::{Fold, Result, Stop, offset, rewrite, table};

/// A new column's constraints, which are added when all columns are there.
pub(super) struct Later<'n> {
    constraints: Vec<Pending<'n>>,
    not_null: Option<NotNull>,
    recurse: bool,
}

impl Fold<'_> {
    pub(super) fn add_column<'n>(
        &mut self,
        table: &QualifiedName,
        command: &'n AlterTableCmd,
        recurse: bool,
    ) -> Result<Option<Later<'n>>> {
        let Some(NodeEnum::ColumnDef(def)) = command.def.as_ref().and_then(|def| def.node.as_ref()) else {
            return Ok(None);
        };
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        self.can_add_column(relation, &def.colname, true)?;
        if relation.column(&def.colname).is_some() {
            if command.missing_ok {
                return Ok(None);
            }
            if relation.unknown_columns {
                return Err(Stop::Unsure);
            }
            let message =
                format!("column \"{}\" of relation \"{}\" already exists", def.colname, relation.name);
            return self.fail("42701", message, offset(def.location));
        }
        self.can_add_column(relation, &def.colname, recurse)?;
        self.is_no_system_column(table, &def.colname)?;
        let is_identity = |node: &Node| matches!(&node.node, Some(NodeEnum::Constraint(c)) if c.contype() == ConstrType::ConstrIdentity);
        if def.constraints.iter().any(is_identity)
            && relation.kind != RelationKind::PartitionedTable
            && !self.children(table).is_empty()
        {
            let message = "cannot recursively add identity column to table that has child tables";
            return self.fail("42P16", message.into(), self.token(&def.colname));
        }
        let mut new = self.new_column(table, def)?;
        let name = new.column.name.clone();
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        self.can_be_of_type(&name, &new.column.ty)?;
        self.is_no_part_of_itself(relation, &name, &new.column.ty)?;
        if relation.kind == RelationKind::ForeignTable {
            for pending in &new.constraints {
                self.is_not_on_foreign(pending.constraint)?;
            }
        }
        // Where NOT NULL is no constraint, those that have such a column already do not get it.
        new.column.not_null = new.not_null.is_some() && !self.has_not_nulls();
        self.relation(table)?.columns.push(Arc::new(new.column));
        if let Some(default) = new.default {
            self.set_default(table, &name, Some(default))?;
            if !table::is_null(default) {
                self.has_no_kept_rows(table)?;
            }
        }
        if recurse {
            self.add_column_below(table, &name)?;
        }
        let not_null = new.not_null.filter(|_| self.has_not_nulls());
        Ok(Some(Later { constraints: new.constraints, not_null, recurse }))
    }

    /// Children get the column too, unless they have it.
    fn add_column_below(&mut self, table: &QualifiedName, name: &str) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let Some(column) = relation.column(name).cloned() else { return Ok(()) };
        let is_type = relation.kind == RelationKind::CompositeType;
        for child in self.children(table) {
            let relation = self.relation(&child)?;
            let mut copy = Column::clone(&column);
            if relation.partition_bound.is_none() {
                copy.identity = None;
            }
            copy.local = is_type;
            match relation.column(name) {
                None => relation.columns.push(Arc::new(copy)),
                Some(own)
                    if own.ty != column.ty && own.ty != TypeRef::Unknown && column.ty != TypeRef::Unknown =>
                {
                    let message =
                        format!("child table \"{}\" has different type for column \"{name}\"", child.name);
                    return self.fail("42804", message, self.token(name));
                }
                Some(_) => {}
            }
            self.add_column_below(&child, name)?;
        }
        Ok(())
    }

    pub(super) fn added_column_constraints(&mut self, table: &QualifiedName, later: Later) -> Result {
        if let Some(wish) = &later.not_null {
            self.add_not_null(table, wish, later.recurse)?;
        }
        self.add_constraints(table, &later.constraints)
    }

    pub(super) fn drop_column(
        &mut self,
        table: &QualifiedName,
        name: &str,
        missing_ok: bool,
        cascade: bool,
        recurse: bool,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        if relation.column(name).is_none() {
            if missing_ok {
                return Ok(());
            }
            self.existing_column(table, name)?;
        }
        if self.is_partition_key(table, name) {
            let message = format!(
                "cannot drop column \"{name}\" because it is part of the partition key of relation \"{}\"",
                table.name
            );
            return self.fail("42P16", message, self.token(name));
        }
        if !cascade {
            self.is_in_no_referenced_key(table, name)?;
            self.generates_none(&relation, name)?;
        }
        self.drop_published_column(table, name, cascade)?;
        self.parts_of_dropped_column(&relation, name, cascade)?;
        if cascade {
            self.drop_views_of_column(table, name)?;
        }
        let uses = |constraint: &Constraint| {
            constraint.columns.iter().any(|column| &**column == name)
                || constraint.kind == ConstraintKind::Exclusion
                    && super::rewrite::mentions(&constraint.definition, name)
        };
        for constraint in relation.constraints.iter().filter(|constraint| uses(constraint)) {
            self.remove_constraint(table, constraint, cascade)?;
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        for index in relation.indexes.iter().filter(|index| index_uses(index, name)) {
            self.drop_index_named(&table.schema, &index.name)?;
        }
        let owned: Vec<QualifiedName> = (self.catalog.relations())
            .filter(|other| {
                other.owned_by.as_ref().is_some_and(|owner| owner.table == *table && &*owner.column == name)
            })
            .map(|other| other.qualified_name())
            .collect();
        for sequence in owned {
            self.schema(&sequence.schema)?.remove_relation(&sequence.name);
        }
        if cascade {
            self.drop_foreign_keys_to(table, Some(&[name.into()]))?;
            // Columns that are generated from this one go with it.
            let generated: Vec<Name> = (relation.columns.iter())
                .filter(|column| column.generated.is_some() && &*column.name != name)
                .filter(|column| {
                    column.default.as_ref().is_some_and(|text| super::rewrite::mentions(text, name))
                })
                .map(|column| column.name.clone())
                .collect();
            for column in generated {
                self.drop_column(table, &column, true, cascade, recurse)?;
            }
        }
        self.relation(table)?.columns.retain(|column| &*column.name != name);
        self.statistics_of_column(table, name, None)?;
        let is_type = relation.kind == RelationKind::CompositeType;
        let is_partitioned = relation.kind == RelationKind::PartitionedTable;
        for child in self.children(table) {
            if !recurse && is_partitioned {
                let message = "cannot drop column from only the partitioned table when partitions exist";
                return self.fail("42P16", message.into(), self.token("only"));
            }
            let below = self.catalog.relation(Some(&child.schema), &child.name).ok_or(Stop::Unsure)?;
            let Some(own) = below.column(name) else { continue };
            if is_type || recurse && !own.local && !self.is_inherited_column(&child, name) {
                self.drop_column(&child, name, true, cascade, true)?;
            } else if !recurse && let Some(own) = self.relation(&child)?.column_mut(name) {
                own.local = true;
            }
        }
        Ok(())
    }

    /// Columns that are generated from a column only go with it by CASCADE.
    fn generates_none(&self, relation: &Relation, name: &str) -> Result {
        if !generates(relation, name) {
            return Ok(());
        }
        let text = deparse::relation_text(&relation.schema, &relation.name);
        let message = format!("cannot drop column {name} of table {text} because other objects depend on it");
        self.fail("2BP01", message, self.token(name))
    }

    /// A key that foreign keys refer to only goes, with its columns, by CASCADE.
    fn is_in_no_referenced_key(&self, table: &QualifiedName, name: &str) -> Result {
        let has = |columns: &[Name]| columns.iter().any(|column| **column == *name);
        let refers = |relation: &Relation, constraint: &Constraint| {
            constraint.foreign.as_ref().is_some_and(|foreign| {
                // A foreign key of the column itself goes with it.
                let goes_too = relation.qualified_name() == *table && has(&constraint.columns);
                foreign.table == *table && has(&foreign.columns) && !goes_too
            })
        };
        let is_referred = self
            .catalog
            .relations()
            .any(|relation| relation.constraints.iter().any(|constraint| refers(relation, constraint)));
        if !is_referred {
            return Ok(());
        }
        let text = deparse::relation_text(&table.schema, &table.name);
        let message = format!("cannot drop column {name} of table {text} because other objects depend on it");
        self.fail("2BP01", message, self.token(name))
    }

    /// Triggers and policies that name a column only go with it by CASCADE.
    fn parts_of_dropped_column(&mut self, relation: &Relation, name: &str, cascade: bool) -> Result {
        let (triggers, policies) = parts_that_use(relation, name);
        if triggers.is_empty() && policies.is_empty() {
            return Ok(());
        }
        if !cascade {
            let table = deparse::relation_text(&relation.schema, &relation.name);
            let message =
                format!("cannot drop column {name} of table {table} because other objects depend on it");
            return self.fail("2BP01", message, self.token(name));
        }
        let relation = self.relation(&relation.qualified_name())?;
        relation.triggers.retain(|trigger| !triggers.contains(&trigger.name));
        relation.policies.retain(|policy| !policies.contains(&policy.name));
        Ok(())
    }

    /// PostgreSQL's error for another type of a column that a trigger or a policy names.
    fn can_have_another_type(&self, relation: &Relation, name: &str) -> Result {
        if generates(relation, name) {
            let message = "cannot alter type of a column used by a generated column";
            let sqlstate = if self.version() < 14 { "42601" } else { "0A000" };
            return self.fail(sqlstate, message.into(), self.token(name));
        }
        let (triggers, policies) = parts_that_use(relation, name);
        let word = match (triggers.is_empty(), policies.is_empty()) {
            (false, _) => "trigger",
            (true, false) => "policy",
            (true, true) => return Ok(()),
        };
        let message = format!("cannot alter type of a column used in a {word} definition");
        self.fail("0A000", message, self.token(name))
    }

    pub(super) fn column_default(&mut self, table: &QualifiedName, command: &AlterTableCmd) -> Result {
        let name = self.existing_column(table, &command.name)?;
        self.is_no_identity_column(table, &name)?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.column(&name).is_some_and(|column| column.generated.is_some()) {
            let message =
                format!("column \"{name}\" of relation \"{}\" is a generated column", relation.name);
            return self.fail("42601", message, self.token(&name));
        }
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            self.set_default(&table, &name, command.def.as_deref())?;
            todo.extend(self.children(&table));
        }
        Ok(())
    }

    pub(super) fn column_type(
        &mut self,
        table: &QualifiedName,
        command: &AlterTableCmd,
        recurse: bool,
    ) -> Result {
        let name = self.existing_column(table, &command.name)?;
        let Some(NodeEnum::ColumnDef(def)) = command.def.as_ref().and_then(|def| def.node.as_ref()) else {
            return Ok(());
        };
        self.can_have_own_type(table, &name, recurse, def.raw_default.is_some())?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.kind == RelationKind::ForeignTable && def.raw_default.is_some() {
            let message = format!("\"{}\" is not a table", table.name);
            return self.fail("42809", message, self.token(&table.name));
        }
        if def.raw_default.is_some()
            && relation.column(&name).is_some_and(|column| column.generated.is_some())
        {
            let message = "cannot specify USING when altering type of generated column";
            return self.fail("42611", message.into(), self.token(&name));
        }
        let Some(type_name) = &def.type_name else { return Ok(()) };
        let ty = self.type_ref(type_name)?;
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        self.can_be_of_type(&name, &ty)?;
        self.is_no_part_of_itself(&relation, &name, &ty)?;
        let is_integer = ["int2", "int4", "int8"].iter().any(|name| ty.is_builtin(name));
        if !is_integer
            && ty != TypeRef::Unknown
            && relation.column(&name).is_some_and(|column| column.identity.is_some())
        {
            let message = "identity column type must be smallint, integer, or bigint";
            return self.fail("22023", message.into(), offset(type_name.location));
        }
        self.can_have_another_type(&relation, &name)?;
        self.has_no_kept_rows(table)?;
        let own = super::super::typing::Types::new(&self.catalog).collation(&ty).flatten();
        let own = own.unwrap_or_else(|| "default".into());
        let given: Option<Name> =
            def.coll_clause.as_ref().and_then(|c| c.collname.last()).map(|n| super::string(n).into());
        let collation = given.filter(|name| *name != own);
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            if let Some(column) = self.relation(&table)?.column_mut(&name) {
                column.ty = ty.clone();
                column.collation = collation.clone();
            }
            self.reprint(&table, &name)?;
            self.foreign_keys_compare_still(&table, &name)?;
            self.type_of_identity(&table, &name, &ty)?;
            todo.extend(self.children(&table));
        }
        Ok(())
    }

    /// The sequence that a column owns; which of several is its identity's is not known.
    fn only_sequence_of(&self, table: &QualifiedName, column: &Name) -> Option<Arc<Relation>> {
        let owned = OwnedBy { table: table.clone(), column: column.clone() };
        let mut sequences = self.catalog.relations().filter(|other| other.owned_by.as_ref() == Some(&owned));
        let only = sequences.next()?.clone();
        sequences.next().is_none().then_some(only)
    }

    /// The sequence of an identity column has its type.
    fn type_of_identity(&mut self, table: &QualifiedName, name: &Name, ty: &TypeRef) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        if relation.column(name).is_none_or(|column| column.identity.is_none()) {
            return Ok(());
        }
        let found = self.only_sequence_of(table, name).map(|sequence| sequence.qualified_name());
        if let Some(found) = found {
            let sequence = self.relation(&found)?;
            if let Some(old) = &sequence.sequence {
                let ty = super::sequence::type_of(ty).into();
                sequence.sequence = Some(super::sequence::with_type(Some(old), Some(ty), &[]));
            }
        }
        Ok(())
    }

    /// Prints again what depends on a column's type.
    fn reprint(&mut self, table: &QualifiedName, name: &str) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let quoted = quote::identifier(name);
        let may_name = |text: &str| text.contains(&quoted);
        let mut new = Relation::clone(&relation);
        for column in &mut new.columns {
            let Some(text) = column.default.clone() else { continue };
            if &*column.name == name && column.generated.is_none() {
                let printed = deparse::reprint_default(&self.catalog, &relation.columns, &text, &column.ty);
                Arc::make_mut(column).default = printed.map(Name::from).or(Some(text));
            }
        }
        for constraint in &mut new.constraints {
            if constraint.kind == ConstraintKind::Check && constraint.columns.iter().any(|c| &**c == name) {
                let printed =
                    deparse::reprint_check(&self.catalog, &relation.columns, &constraint.definition);
                if let Some(printed) = printed {
                    Arc::make_mut(constraint).definition = printed.into();
                }
            }
        }
        for index in &mut new.indexes {
            for at in 0..index.keys.len() {
                let IndexTarget::Expression(text) = index.keys[at].target.clone() else { continue };
                if may_name(&text)
                    && let Some(printed) = deparse::reprint_key(&self.catalog, &relation.columns, &text)
                    && *printed != *text
                {
                    let index = Arc::make_mut(index);
                    index.definition = index.definition.replace(&*text, &printed).into();
                    index.keys[at].target = IndexTarget::Expression(printed.into());
                }
            }
            let Some(predicate) = index.predicate.clone().filter(|predicate| may_name(predicate)) else {
                continue;
            };
            if let Some(printed) = deparse::reprint(&self.catalog, &relation.columns, &predicate) {
                let index = Arc::make_mut(index);
                let old = format!(" WHERE {predicate}");
                index.definition = index.definition.replace(&old, &format!(" WHERE {printed}")).into();
                index.predicate = Some(printed.into());
            }
        }
        *self.relation(table)? = new;
        Ok(())
    }

    pub(super) fn column_identity(
        &mut self,
        table: &QualifiedName,
        command: &AlterTableCmd,
        recurse: bool,
    ) -> Result {
        let name = self.existing_column(table, &command.name)?;
        self.can_change_identity(table, &name, command.subtype(), recurse, command.missing_ok)?;
        let def = command.def.as_ref().and_then(|def| def.node.as_ref());
        match command.subtype() {
            Type::AtAddIdentity => {
                if let Some(NodeEnum::Constraint(constraint)) = def
                    && constraint.contype() == ConstrType::ConstrIdentity
                {
                    self.can_be_identity(table, &name)?;
                    let relation = self.catalog.relation(Some(&table.schema), &table.name);
                    let column = relation.and_then(|relation| relation.column(&name));
                    let ty = column.map_or(TypeRef::Unknown, |column| column.ty.clone());
                    self.implicit_sequence(table, &name, &ty, Some(&constraint.options))?;
                    let identity = table::identity(&constraint.generated_when);
                    self.set_identity(table, &name, Some(identity))?;
                }
            }
            Type::AtSetIdentity => {
                let Some(NodeEnum::List(options)) = def else { return Ok(()) };
                if let Some(identity) = options.items.iter().find_map(generated_option) {
                    self.set_identity(table, &name, Some(identity))?;
                }
                self.has_no_name_of_its_own(&options.items)?;
                self.set_sequence_of(table, &name, &options.items)?;
            }
            _ => {
                self.set_identity(table, &name, None)?;
                let sequence = (self.catalog.relations())
                    .find(|other| {
                        let owner = other.owned_by.as_ref();
                        owner.is_some_and(|owner| owner.table == *table && owner.column == name)
                    })
                    .map(|sequence| sequence.qualified_name());
                if let Some(sequence) = sequence {
                    self.schema(&sequence.schema)?.remove_relation(&sequence.name);
                }
            }
        }
        Ok(())
    }

    /// The parameters of an identity's sequence.
    fn set_sequence_of(&mut self, table: &QualifiedName, column: &Name, options: &[Node]) -> Result {
        if let Some(found) = self.only_sequence_of(table, column) {
            let name = found.qualified_name();
            // What the sequence itself takes: the others are of the column.
            self.sequence_options(found.sequence.as_ref(), options, true)?;
            let sequence = self.relation(&name)?;
            if let Some(old) = &sequence.sequence {
                sequence.sequence = Some(super::sequence::parameters(Some(old), options));
            }
        }
        Ok(())
    }

    /// PostgreSQL's errors for a column that ADD GENERATED … AS IDENTITY names.
    fn can_be_identity(&self, table: &QualifiedName, name: &str) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let Some(column) = relation.column(name) else { return Ok(()) };
        self.is_identity_type(&column.ty, None)?;
        let of = format!("column \"{name}\" of relation \"{}\"", relation.name);
        let waiting = relation.not_null(name).filter(|known| !known.validated && self.has_not_nulls());
        let message = if let Some(known) = waiting {
            let what = "incompatible NOT VALID constraint";
            format!("{what} \"{}\" on relation \"{}\"", known.name, relation.name)
        } else if !column.not_null {
            format!("{of} must be declared NOT NULL before identity can be added")
        } else if column.identity.is_some() {
            format!("{of} is already an identity column")
        } else if column.default.is_some() {
            format!("{of} already has a default value")
        } else {
            return Ok(());
        };
        self.fail("55000", message, self.token(name))
    }

    fn set_identity(&mut self, table: &QualifiedName, name: &str, identity: Option<Identity>) -> Result {
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            let relation = self.relation(&table)?;
            if let Some(column) = relation.column_mut(name) {
                column.identity = identity;
            }
            if relation.kind == RelationKind::PartitionedTable {
                todo.extend(self.children(&table));
            }
        }
        Ok(())
    }
}

fn generated_option(node: &Node) -> Option<Identity> {
    match &node.node {
        Some(NodeEnum::DefElem(element)) if element.defname == "generated" => {
            match element.arg.as_ref()?.node.as_ref()? {
                NodeEnum::Integer(when) => {
                    Some(if when.ival == i32::from(b'a') { Identity::Always } else { Identity::ByDefault })
                }
                NodeEnum::String(when) => Some(table::identity(&when.sval)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The triggers and the policies of a relation whose definitions name a column.
fn parts_that_use(relation: &Relation, column: &str) -> (Vec<Name>, Vec<Name>) {
    let triggers = relation.triggers.iter().filter(|trigger| {
        rewrite::rename_trigger_column(&trigger.definition, column, "") != *trigger.definition
    });
    let policies = relation.policies.iter().filter(|policy| {
        policy.using.iter().chain(&policy.check).any(|text| rewrite::mentions(text, column))
    });
    (
        triggers.map(|trigger| trigger.name.clone()).collect(),
        policies.map(|policy| policy.name.clone()).collect(),
    )
}

/// Whether another column is generated from one.
fn generates(relation: &Relation, name: &str) -> bool {
    let call = format!("{name}(");
    let is_made_of_it = |text: &Name| rewrite::mentions(text, name) && !text.contains(&call);
    let others = relation.columns.iter().filter(|column| column.generated.is_some() && *column.name != *name);
    others.filter_map(|column| column.default.as_ref()).any(is_made_of_it)
}

fn index_uses(index: &Index, column: &str) -> bool {
    index.include.iter().any(|name| &**name == column)
        || index.predicate.as_ref().is_some_and(|text| super::rewrite::mentions(text, column))
        || index.keys.iter().any(|key| match &key.target {
            IndexTarget::Column(name) => &**name == column,
            IndexTarget::Expression(text) => super::rewrite::mentions(text, column),
        })
}
