//! COMMENT, RENAME, SET SCHEMA, GRANT, ALTER DOMAIN.

use crate::catalog::model::TypeKind;
use crate::catalog::{QualifiedName, RelationKind, TypeRef};
use crate::syntax::ast::{self, GrantTargetType, Node, NodeEnum, ObjectType};

use super::builder::{Builder, list, name_parts};
use super::query::ranges;
use super::{LockMode, Role, ScanReason};

impl<'a> Builder<'a> {
    pub fn comment(&mut self, s: &ast::CommentStmt) {
        let Ok(kind) = ObjectType::try_from(s.objtype) else { return };
        let parts = list(s.object.as_deref());
        self.label(kind, parts);
    }

    pub fn security_label(&mut self, s: &ast::SecLabelStmt) {
        let Ok(kind) = ObjectType::try_from(s.objtype) else { return };
        let parts = list(s.object.as_deref());
        self.label(kind, parts);
    }

    /// get_object_address with SHARE UPDATE EXCLUSIVE; of what a table has, the table is only opened.
    fn label(&mut self, kind: ObjectType, parts: &[Node]) {
        let (target, mode) = match kind {
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectSequence
            | ObjectType::ObjectForeignTable => (self.named(parts), LockMode::ShareUpdateExclusive),
            ObjectType::ObjectColumn => (self.named_with_tail(parts), LockMode::ShareUpdateExclusive),
            ObjectType::ObjectTabconstraint
            | ObjectType::ObjectTrigger
            | ObjectType::ObjectRule
            | ObjectType::ObjectPolicy => (self.named_with_tail(parts), LockMode::AccessShare),
            ObjectType::ObjectIndex => {
                let Some((schema, name)) = name_parts(parts) else { return };
                let name = match self.index(schema, name) {
                    Some((table, index)) => QualifiedName::new(table.name.schema, index.name.clone()),
                    None => self.find(schema, name).name,
                };
                return self.lock_name(&name, LockMode::ShareUpdateExclusive, Role::Index);
            }
            _ => return,
        };
        if let Some(target) = target
            && target.kind() != Some(RelationKind::CompositeType)
        {
            self.lock(&target, mode, Role::Subject);
        }
    }

    pub fn rename(&mut self, s: &ast::RenameStmt) {
        let Some(range) = &s.relation else { return };
        let Ok(kind) = ObjectType::try_from(s.rename_type) else { return };
        let target = self.target(range);
        match kind {
            ObjectType::ObjectIndex => return self.rename_index(range, s.missing_ok),
            ObjectType::ObjectAttribute | ObjectType::ObjectType => return,
            _ => {}
        }
        if target.relation.is_none() && self.index_of(range).is_some() {
            // ALTER TABLE … RENAME of an index is taken for what it is.
            return self.rename_index(range, s.missing_ok);
        }
        if s.missing_ok && self.surely_missing(&target) {
            return;
        }
        // A column or constraint has the same name in partitions and children.
        let partitioned = target.kind() == Some(RelationKind::PartitionedTable);
        let recurse = range.inh
            && match kind {
                ObjectType::ObjectColumn | ObjectType::ObjectTabconstraint => true,
                ObjectType::ObjectTrigger => partitioned,
                _ => false,
            };
        self.lock_family(&target, LockMode::AccessExclusive, recurse);
    }

    fn rename_index(&mut self, range: &ast::RangeVar, missing_ok: bool) {
        let name = match self.index_of(range) {
            Some((table, index)) => QualifiedName::new(table.name.schema, index.name.clone()),
            None if missing_ok && !self.before.unknown_names => return,
            None => self.target(range).name,
        };
        self.lock_name(&name, LockMode::ShareUpdateExclusive, Role::Index);
    }

    pub fn set_schema(&mut self, s: &ast::AlterObjectSchemaStmt) {
        let Some(range) = &s.relation else { return };
        let target = self.target(range);
        if !(s.missing_ok && self.surely_missing(&target))
            && target.kind() != Some(RelationKind::CompositeType)
        {
            self.lock(&target, LockMode::AccessExclusive, Role::Subject);
        }
    }

    /// GRANT and REVOKE on tables: no lock before 18, since then one that keeps the table from being dropped.
    pub fn grant(&mut self, s: &ast::GrantStmt) {
        let table = s.objtype == ObjectType::ObjectTable as i32
            && s.targtype == GrantTargetType::AclTargetObject as i32;
        if table && self.version >= 180000 {
            for range in ranges(&s.objects) {
                let target = self.target(range);
                self.lock(&target, LockMode::AccessShare, Role::Subject);
            }
        }
    }

    /// A domain's new constraint is checked in every table that uses the domain (validateDomainCheckConstraint).
    pub fn alter_domain(&mut self, s: &ast::AlterDomainStmt) {
        let Some((schema, name)) = name_parts(&s.type_name) else { return };
        let Some(domain) = self.before.user_type(schema, name) else { return };
        let checks = match s.subtype.as_str() {
            "C" => match s.def.as_ref().and_then(|def| def.node.as_ref()) {
                Some(NodeEnum::Constraint(constraint)) => !constraint.skip_validation,
                _ => false,
            },
            "V" => true,
            "O" => matches!(&domain.kind, TypeKind::Domain { not_null: false, .. }),
            _ => false,
        };
        if !checks {
            return;
        }
        let ty = TypeRef::named(domain.schema.clone(), domain.name.clone());
        for table in self.tables_with_type(&ty) {
            self.lock(&table, LockMode::Share, Role::Dependent);
            self.scan(&table, ScanReason::Domain);
        }
        if s.subtype == "C" {
            self.safer(
                "Add the constraint with `NOT VALID`, then `ALTER DOMAIN … VALIDATE CONSTRAINT`: new values are \
                 checked at once, and the old ones when it suits.",
            );
        }
    }
}
