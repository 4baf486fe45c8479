//! NOT NULL of columns: since PostgreSQL 18 a constraint with a name, before only the column's own.

use crate::syntax::ast::{self, ConstrType};

use super::super::model::*;
use super::check::validated;
use super::constraint::Pending;
use super::{Fold, Result, Stop, names, offset, string};

/// A NOT NULL that a statement asks for, or that something in it needs.
#[derive(Clone)]
pub(super) struct NotNull {
    pub column: Name,
    pub name: Option<Name>,
    pub no_inherit: bool,
    pub not_valid: bool,
    pub at: Option<usize>,
    /// Whether SET NOT NULL asks for it, which takes what tables below have in another way than ADD does.
    pub by_set: bool,
}

impl NotNull {
    /// One that a primary key, a serial or an identity needs.
    pub fn needed(column: &str) -> NotNull {
        NotNull {
            column: column.into(),
            name: None,
            no_inherit: false,
            not_valid: false,
            at: None,
            by_set: false,
        }
    }

    pub fn written(constraint: &ast::Constraint, column: &str) -> NotNull {
        NotNull {
            column: column.into(),
            name: (!constraint.conname.is_empty()).then(|| constraint.conname.as_str().into()),
            no_inherit: constraint.is_no_inherit,
            not_valid: constraint.skip_validation,
            at: offset(constraint.location),
            by_set: false,
        }
    }

    /// That of another table, as LIKE copies it.
    pub fn copied(constraint: &Constraint) -> Option<NotNull> {
        let column = constraint.columns.first().filter(|_| constraint.kind == ConstraintKind::NotNull)?;
        Some(NotNull {
            name: Some(constraint.name.clone()),
            no_inherit: !constraint.is_inheritable(),
            ..NotNull::needed(column)
        })
    }

    fn constraint(&self, name: Name) -> Constraint {
        let mut made = Constraint::not_null(name, self.column.clone());
        if self.no_inherit {
            made.definition = format!("{} NO INHERIT", made.definition).into();
        }
        if self.not_valid {
            made.validated = false;
            made.definition = format!("{} NOT VALID", made.definition).into();
        }
        made
    }
}

impl Fold<'_> {
    /// Whether NOT NULL is a constraint here, as it is in what has no known version.
    pub(super) fn has_not_nulls(&self) -> bool {
        !self.catalog.is_older_than(18)
    }

    /// What the constraints of a column's definition say of NOT NULL (`transformColumnDefinition`).
    pub(super) fn column_not_null(&self, def: &ast::ColumnDef, is_serial: bool) -> Result<Option<NotNull>> {
        let constraints = || def.constraints.iter().filter_map(as_constraint);
        let needs = |kind: ConstrType| matches!(kind, ConstrType::ConstrPrimary | ConstrType::ConstrIdentity);
        let needed = is_serial || constraints().any(|constraint| needs(constraint.contype()));
        let mut wish: Option<NotNull> = None;
        for constraint in constraints().filter(|c| c.contype() == ConstrType::ConstrNotnull) {
            let written = NotNull::written(constraint, &def.colname);
            let differs = wish.as_ref().is_some_and(|wish| wish.no_inherit != written.no_inherit);
            if self.has_not_nulls() && (differs || needed && written.no_inherit) {
                let message = format!(
                    "conflicting NO INHERIT declarations for not-null constraints on column \"{}\"",
                    def.colname
                );
                return self.refuse("42601", message, written.at);
            }
            match &mut wish {
                Some(wish) => wish.name = wish.name.take().or(written.name),
                None => wish = Some(written),
            }
        }
        Ok(wish.or_else(|| needed.then(|| NotNull::needed(&def.colname))))
    }

    /// PostgreSQL's error for a column of a new table's primary key whose own NOT NULL is not inherited.
    pub(super) fn check_key_not_nulls(&self, wishes: &[NotNull], pending: &[Pending]) -> Result {
        let keys = pending.iter().filter(|key| key.constraint.contype() == ConstrType::ConstrPrimary);
        for column in keys.flat_map(|key| super::strings(&key.constraint.keys)) {
            let of_column = |wish: &&NotNull| *wish.column == *column;
            let Some(wish) = wishes.iter().find(of_column).filter(|wish| wish.no_inherit) else { continue };
            return self.conflicting_no_inherit(column, wish.at);
        }
        Ok(())
    }

    fn conflicting_no_inherit(&self, column: &str, at: Option<usize>) -> Result {
        let what = "conflicting NO INHERIT declaration for not-null constraint";
        self.fail("42601", format!("{what} on column \"{column}\""), at)
    }

    /// The NOT NULLs of a new table, its own and then those of its parents (`AddRelationNotNullConstraints`). `others`
    /// are the names that its statement gives to other constraints.
    pub(super) fn new_not_nulls(
        &mut self,
        table: &QualifiedName,
        wishes: Vec<NotNull>,
        others: &[Name],
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        for wish in &wishes {
            self.can_be_not_null(&relation, wish)?;
            if let Some(column) = self.relation(table)?.column_mut(&wish.column) {
                column.not_null = true;
            }
        }
        if !self.has_not_nulls() {
            return Ok(());
        }
        let mut inherited = self.inherited_not_nulls(&relation);
        let mut merged: Vec<NotNull> = Vec::new();
        for wish in wishes {
            match merged.iter_mut().find(|known| known.column == wish.column) {
                Some(known) => self.merge_not_null(known, wish)?,
                None => merged.push(wish),
            }
        }
        let mut given: Vec<Name> = Vec::new();
        for wish in merged {
            let before = inherited.len();
            inherited.retain(|(column, _)| *column != wish.column);
            let is_inherited = inherited.len() < before;
            if is_inherited && wish.no_inherit {
                let message = format!(
                    "cannot define not-null constraint with NO INHERIT on column \"{}\"",
                    wish.column
                );
                return self.fail("42804", message, wish.at);
            }
            let is_taken = |name: &Name| {
                let known = self.catalog.relation(Some(&table.schema), &table.name);
                known.is_some_and(|relation| has_other(relation, name))
            };
            let name = match &wish.name {
                Some(name) if given.contains(name) => {
                    return self.taken_constraint(&table.name, name, wish.at);
                }
                Some(name) if is_taken(name) => {
                    let index = "pg_constraint_conrelid_contypid_conname_index";
                    let message = format!("duplicate key value violates unique constraint \"{index}\"");
                    return self.fail("23505", message, wish.at);
                }
                Some(name) => {
                    given.push(name.clone());
                    name.clone()
                }
                None => self.not_null_name(table, &wish.column, others),
            };
            let is_partition = relation.partition_bound.is_some() && is_inherited;
            let made = Constraint { local: !is_partition, ..wish.constraint(name) };
            self.relation(table)?.put_constraint(Constraint { validated: true, ..made });
        }
        while let Some((column, name)) = inherited.first().cloned() {
            inherited.retain(|(other, _)| *other != column);
            let known = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
            let name = match known.constraint(&name) {
                Some(_) => self.not_null_name(table, &column, others),
                None => name,
            };
            let made = Constraint { local: false, ..Constraint::not_null(name, column) };
            self.relation(table)?.put_constraint(made);
        }
        Ok(())
    }

    fn can_be_not_null(&self, relation: &Relation, wish: &NotNull) -> Result {
        if wish.no_inherit && relation.kind == RelationKind::PartitionedTable {
            let message = "not-null constraints on partitioned tables cannot be NO INHERIT".to_owned();
            return self.fail("0A000", message, wish.at);
        }
        if relation.column(&wish.column).is_some() || relation.unknown_columns {
            return Ok(());
        }
        if super::super::deparse::is_system_column(&wish.column) {
            let message = format!("cannot add not-null constraint on system column \"{}\"", wish.column);
            return self.fail("0A000", message, self.token(&wish.column));
        }
        let message = format!("column \"{}\" of relation \"{}\" does not exist", wish.column, relation.name);
        self.fail("42703", message, self.token(&wish.column))
    }

    /// Two NOT NULLs of one column are one, where they do not contradict each other.
    fn merge_not_null(&self, known: &mut NotNull, other: NotNull) -> Result {
        if known.no_inherit != other.no_inherit {
            return self.conflicting_no_inherit(&known.column, other.at.or(known.at));
        }
        match (&known.name, &other.name) {
            (Some(one), Some(two)) if one != two => {
                let message = format!("conflicting not-null constraint names \"{one}\" and \"{two}\"");
                self.fail("42601", message, other.at.or(known.at))
            }
            (None, Some(_)) => {
                known.name = other.name;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The columns that parents hand on as NOT NULL, with the names of their constraints.
    fn inherited_not_nulls(&self, relation: &Relation) -> Vec<(Name, Name)> {
        let parents = relation.parents.iter();
        let parents = parents.filter_map(|parent| self.catalog.relation(Some(&parent.schema), &parent.name));
        let all = parents.flat_map(|parent| &parent.constraints);
        let not_nulls = all.filter(|c| c.kind == ConstraintKind::NotNull && c.is_inheritable());
        not_nulls.filter_map(|c| Some((c.columns.first()?.clone(), c.name.clone()))).collect()
    }

    /// Whether a column of a parent is NOT NULL in those that inherit from it too.
    pub(super) fn hands_on_not_null(&self, parent: &Relation, column: &Column) -> bool {
        column.not_null && parent.not_null(&column.name).is_none_or(|constraint| constraint.is_inheritable())
    }

    fn not_null_name(&self, table: &QualifiedName, column: &str, others: &[Name]) -> Name {
        names::constraint_name(&self.catalog, &table.schema, &table.name, Some(column), "not_null", others)
    }

    pub(super) fn taken_constraint<T>(&self, table: &str, name: &str, at: Option<usize>) -> Result<T> {
        self.fail("42710", format!("constraint \"{name}\" for relation \"{table}\" already exists"), at)
    }

    /// ALTER COLUMN SET NOT NULL (`ATExecSetNotNull`), and what a primary key needs of its columns.
    pub(super) fn set_not_null(&mut self, table: &QualifiedName, column: &str, recurse: bool) -> Result {
        if !self.has_not_nulls() {
            return self.set_not_null_flag(table, column, true, recurse);
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let Some(known) = relation.not_null(column) else {
            let has_children = !recurse && !self.children(table).is_empty();
            if has_children && relation.kind == RelationKind::PartitionedTable {
                return self.only_parent();
            }
            let wish = NotNull { no_inherit: has_children, by_set: true, ..NotNull::needed(column) };
            return self.put_not_null(table, &wish, true, recurse);
        };
        if !known.is_inheritable() && recurse {
            let message = format!(
                "cannot change NO INHERIT status of NOT NULL constraint \"{}\" on relation \"{}\"",
                known.name, relation.name
            );
            return self.fail("0A000", message, self.token(column));
        }
        let mut own = Constraint { local: true, ..Constraint::clone(known) };
        // An inherited one becomes the table's own first, and is not looked at then.
        if known.local && !known.validated {
            self.validate_not_null(table, column)?;
            own = validated(&own);
        }
        let relation = self.relation(table)?;
        relation.put_constraint(own);
        if let Some(column) = relation.column_mut(column) {
            column.not_null = true;
        }
        Ok(())
    }

    /// A checked NOT NULL is checked below too.
    pub(super) fn validate_not_null(&mut self, table: &QualifiedName, column: &str) -> Result {
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            let relation = self.relation(&table)?;
            if let Some(known) = relation.not_null(column) {
                let known = validated(known);
                relation.put_constraint(known);
            }
            todo.extend(self.children(&table));
        }
        Ok(())
    }

    pub(super) fn only_parent(&self) -> Result {
        self.fail("42P16", "constraint must be added to child tables too".into(), self.token("only"))
    }

    /// ADD CONSTRAINT … NOT NULL, and that of an added column.
    pub(super) fn add_not_null(&mut self, table: &QualifiedName, wish: &NotNull, recurse: bool) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        self.can_be_not_null(&relation, wish)?;
        if !self.has_not_nulls() {
            return self.set_not_null_flag(table, &wish.column, true, recurse);
        }
        self.put_not_null(table, wish, true, recurse)
    }

    /// Adds a NOT NULL to a table, and with its name to those that inherit from it (`AddRelationNewConstraints`).
    fn put_not_null(&mut self, table: &QualifiedName, wish: &NotNull, is_top: bool, recurse: bool) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let at = wish.at.or_else(|| self.token(&wish.column));
        if let Some(known) = relation.not_null(&wish.column) {
            let (name, of) = (&known.name, &relation.name);
            if wish.no_inherit == known.is_inheritable() {
                let message = format!(
                    "cannot change NO INHERIT status of NOT NULL constraint \"{name}\" on relation \"{of}\""
                );
                return self.fail(if wish.by_set { "0A000" } else { "55000" }, message, at);
            }
            if !wish.not_valid && !known.validated && !wish.by_set {
                let message = format!("incompatible NOT VALID constraint \"{name}\" on relation \"{of}\"");
                return self.fail("55000", message, at);
            }
            if is_top && let Some(wanted) = wish.name.as_ref().filter(|wanted| *wanted != name) {
                let message = format!(
                    "cannot create not-null constraint \"{wanted}\" on column \"{}\" of table \"{of}\"",
                    wish.column
                );
                return self.fail("55000", message, at);
            }
            let mut merged = Constraint::clone(known);
            merged.local |= is_top;
            self.relation(table)?.put_constraint(merged);
            return Ok(());
        }
        if relation.column(&wish.column).is_none() {
            return Ok(());
        }
        let name = match &wish.name {
            Some(name) if relation.constraint(name).is_some() => {
                return self.taken_constraint(&relation.name, name, at);
            }
            Some(name) => name.clone(),
            None => self.not_null_name(table, &wish.column, &[]),
        };
        let made = wish.constraint(name.clone());
        let changed = self.relation(table)?;
        changed.put_constraint(Constraint { local: is_top, ..made });
        if let Some(column) = changed.column_mut(&wish.column) {
            column.not_null = true;
        }
        if wish.no_inherit {
            return Ok(());
        }
        let below = NotNull { name: Some(name), ..wish.clone() };
        let children = self.children(table);
        if !recurse && !children.is_empty() {
            return self.only_parent();
        }
        for child in children {
            self.put_not_null(&child, &below, false, true)?;
        }
        Ok(())
    }

    /// ALTER COLUMN DROP NOT NULL (`ATExecDropNotNull`).
    pub(super) fn drop_not_null(&mut self, table: &QualifiedName, column: &Name, recurse: bool) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let is_set = relation.column(column).is_some_and(|column| column.not_null);
        if !is_set && self.has_not_nulls() {
            return Ok(());
        }
        self.is_no_identity_column(table, column)?;
        if !self.has_not_nulls() {
            self.is_in_no_key(&relation, column)?;
        }
        let is_partition = relation.partition_bound.is_some();
        let of_parent = |parent: &Relation| parent.column(column).is_some_and(|column| column.not_null);
        if is_partition && self.any_parent(table, of_parent) {
            let message = format!("column \"{column}\" is marked NOT NULL in parent table");
            return self.fail("42P16", message, self.token(column));
        }
        match relation.not_null(column) {
            Some(known) if self.has_not_nulls() => {
                if self.is_inherited_constraint(table, known) {
                    return self.inherited_constraint(table, &known.name, column);
                }
                self.remove_not_null(table, &known.clone(), recurse)
            }
            _ => {
                self.only_of_partitioned(&relation, recurse)?;
                self.set_not_null_flag(table, column, false, recurse)
            }
        }
    }

    /// Drops a NOT NULL, and what was inherited of it (`dropconstraint_internal`).
    pub(super) fn remove_not_null(
        &mut self,
        table: &QualifiedName,
        constraint: &Constraint,
        recurse: bool,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let Some(column) = constraint.columns.first() else { return Ok(()) };
        self.is_in_no_key(&relation, column)?;
        self.is_no_identity_column(table, column)?;
        let changed = self.relation(table)?;
        changed.constraints.retain(|other| other.name != constraint.name);
        if let Some(column) = changed.column_mut(column) {
            column.not_null = false;
        }
        let children = if constraint.is_inheritable() { self.children(table) } else { Vec::new() };
        for child in children {
            let below = self.catalog.relation(Some(&child.schema), &child.name).ok_or(Stop::Unsure)?;
            let Some(own) = below.not_null(column).cloned() else { continue };
            if !recurse {
                self.relation(&child)?.put_constraint(Constraint { local: true, ..Constraint::clone(&own) });
            } else if !own.local && !self.is_inherited_constraint(&child, &own) {
                self.remove_not_null(&child, &own, true)?;
            }
        }
        Ok(())
    }

    /// Whether a parent has a check or NOT NULL that the table's is inherited from.
    pub(super) fn is_inherited_constraint(&self, table: &QualifiedName, constraint: &Constraint) -> bool {
        self.any_parent(table, |parent| {
            let theirs = match (constraint.kind, constraint.columns.first()) {
                (ConstraintKind::NotNull, Some(column)) => parent.not_null(column),
                _ => parent.constraint(&constraint.name).filter(|theirs| theirs.kind == constraint.kind),
            };
            theirs.is_some_and(|theirs| theirs.is_inheritable())
        })
    }

    pub(super) fn inherited_constraint(&self, table: &QualifiedName, name: &str, token: &str) -> Result {
        let message = format!("cannot drop inherited constraint \"{name}\" of relation \"{}\"", table.name);
        self.fail("42P16", message, self.token(token))
    }

    fn is_in_no_key(&self, relation: &Relation, column: &Name) -> Result {
        if relation.primary_key().is_some_and(|key| key.columns.contains(column)) {
            let message = format!("column \"{column}\" is in a primary key");
            return self.fail("42P16", message, self.token(column));
        }
        if let ReplicaIdentity::Index(name) = &relation.replica_identity
            && let Some(index) = relation.indexes.iter().find(|index| index.name == *name)
            && index.keys.iter().any(|key| key.target == IndexTarget::Column(column.clone()))
        {
            let message = format!("column \"{column}\" is in index used as replica identity");
            return self.fail("42P16", message, self.token(column));
        }
        Ok(())
    }

    /// The column's own flag alone, as it was before PostgreSQL 18.
    fn set_not_null_flag(
        &mut self,
        table: &QualifiedName,
        column: &str,
        not_null: bool,
        recurse: bool,
    ) -> Result {
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            if let Some(column) = self.relation(&table)?.column_mut(column) {
                column.not_null = not_null;
            }
            if recurse {
                todo.extend(self.children(&table));
            }
        }
        Ok(())
    }

    /// ALTER CONSTRAINT … [NO] INHERIT, which is for NOT NULL alone (`ATExecAlterConstrInheritability`).
    pub(super) fn alter_inheritability(
        &mut self,
        table: &QualifiedName,
        name: &str,
        no_inherit: bool,
    ) -> Result {
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        let Some(known) = relation.constraint(name) else { return self.missing_constraint(&relation, name) };
        let (ConstraintKind::NotNull, Some(column)) = (known.kind, known.columns.first()) else {
            let message = format!(
                "constraint \"{name}\" of relation \"{}\" is not a not-null constraint",
                relation.name
            );
            return self.fail("42809", message, self.token(name));
        };
        if known.is_inheritable() != no_inherit {
            return Ok(());
        }
        let mut own = NotNull { no_inherit, not_valid: !known.validated, ..NotNull::needed(column) }
            .constraint(known.name.clone());
        own.local = known.local;
        own.comment = known.comment.clone();
        self.relation(table)?.put_constraint(own);
        let below = NotNull {
            name: Some(known.name.clone()),
            not_valid: !known.validated,
            ..NotNull::needed(column)
        };
        for child in self.children(table) {
            match no_inherit {
                // What is not inherited any more is the child's own.
                true => {
                    let relation = self.relation(&child)?;
                    if let Some(left) = relation.not_null(column).cloned() {
                        relation.put_constraint(Constraint { local: true, ..Constraint::clone(&left) });
                    }
                }
                false => self.put_not_null(&child, &below, false, true)?,
            }
        }
        Ok(())
    }

    /// What ADD PRIMARY KEY asks of NOT NULLs that are there (`ATPrepAddPrimaryKey`).
    pub(super) fn key_not_null(&mut self, table: &QualifiedName, column: &str, recurse: bool) -> Result {
        if !self.has_not_nulls() {
            return self.set_not_null_flag(table, column, true, recurse);
        }
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
        if let Some(known) = relation.not_null(column) {
            return self.fits_key(known, column);
        }
        if relation.column(column).is_none_or(|column| column.not_null) {
            return Ok(());
        }
        for child in if recurse { Vec::new() } else { self.children(table) } {
            let below = self.catalog.relation(Some(&child.schema), &child.name).ok_or(Stop::Unsure)?;
            match below.not_null(column) {
                Some(known) => self.fits_key(known, column)?,
                None if below.column(column).is_none_or(|column| column.not_null) => {}
                None => {
                    let message =
                        format!("column \"{column}\" of table \"{}\" is not marked NOT NULL", below.name);
                    return self.fail("XX000", message, self.token(column));
                }
            }
        }
        self.put_not_null(table, &NotNull::needed(column), true, true)
    }

    /// A key that a table takes over from another makes its columns NOT NULL by itself; where NOT NULL is a constraint,
    /// it came before the key.
    pub(super) fn set_not_null_of_key(&mut self, table: &QualifiedName, column: &str) -> Result {
        match self.has_not_nulls() {
            true => Ok(()),
            false => self.set_not_null_flag(table, column, true, true),
        }
    }

    fn fits_key(&self, known: &Constraint, column: &str) -> Result {
        if known.is_inheritable() && known.validated {
            return Ok(());
        }
        self.fail("55000", format!("cannot create primary key on column \"{column}\""), self.token(column))
    }
}

fn as_constraint(node: &ast::Node) -> Option<&ast::Constraint> {
    match &node.node {
        Some(ast::NodeEnum::Constraint(constraint)) => Some(constraint),
        _ => None,
    }
}

/// The column of a table's own `NOT NULL a`.
pub(super) fn column_of(constraint: &ast::Constraint) -> Option<&str> {
    constraint.keys.first().map(string)
}

/// Whether a constraint of that name is another than a NOT NULL, which are looked at by themselves.
fn has_other(relation: &Relation, name: &str) -> bool {
    relation.constraint(name).is_some_and(|constraint| constraint.kind != ConstraintKind::NotNull)
}
