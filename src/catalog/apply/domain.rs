//! CREATE and ALTER DOMAIN.

use std::sync::Arc;

use crate::syntax::ast::{AlterDomainStmt, ConstrType, CreateDomainStmt, Node, NodeEnum};

use super::super::deparse;
use super::super::model::*;
use super::super::typing::{Class, Types};
use super::{Fold, Result, Stop, names, offset, split_name, string, strings};

impl Fold<'_> {
    pub(super) fn create_domain(&mut self, s: &CreateDomainStmt) -> Result {
        let name = self.new_type(&strings(&s.domainname))?;
        let Some(type_name) = &s.type_name else { return Ok(()) };
        let base = self.type_ref(type_name)?;
        let written = strings(&type_name.names);
        if type_name.array_bounds.is_empty() && Types::new(&self.catalog).class(&base) == Class::Pseudo {
            let message = format!("\"{}\" is not a valid base type for a domain", written.join("."));
            return self.fail("42804", message, offset(type_name.location));
        }
        if let Some(clause) = &s.coll_clause {
            self.has_collation(&clause.collname, super::offset(clause.location))?;
        }
        let collation = s.coll_clause.as_ref().and_then(|clause| clause.collname.last()).map(string);
        let collation = collation.filter(|name| *name != "default").map(Name::from);
        let kind = TypeKind::Domain { base, not_null: false, default: None, collation, checks: Vec::new() };
        self.put_type(name.clone(), kind)?;
        self.domain_constraints(&s.constraints)?;
        for node in &s.constraints {
            if let Some(NodeEnum::Constraint(constraint)) = &node.node {
                self.domain_constraint(&name, constraint)?;
            }
        }
        Ok(())
    }

    fn domain_constraint(
        &mut self,
        name: &QualifiedName,
        constraint: &crate::syntax::ast::Constraint,
    ) -> Result {
        let ty = self.catalog.user_type(Some(&name.schema), &name.name).ok_or(Stop::Unsure)?;
        let mut ty = Type::clone(ty);
        let TypeKind::Domain { base, not_null, default, checks, .. } = &mut ty.kind else { return Ok(()) };
        match constraint.contype() {
            ConstrType::ConstrNotnull => *not_null = true,
            ConstrType::ConstrNull => *not_null = false,
            ConstrType::ConstrDefault => {
                *default = constraint
                    .raw_expr
                    .as_ref()
                    .map(|node| deparse::expression(&self.catalog, &[], node, Some(base)).text.into());
            }
            ConstrType::ConstrCheck => {
                let Some(node) = constraint.raw_expr.as_deref() else { return Ok(()) };
                // In a domain's check, VALUE is a column of the domain's base type.
                let value = [Arc::new(Column::new("value", base.clone()))];
                let mut text = deparse::domain_check(&self.catalog, &value, node).text;
                text = format!("CHECK ({text})");
                if constraint.skip_validation {
                    text += " NOT VALID";
                }
                if checks.iter().any(|check| *check.name == *constraint.conname) {
                    let message = format!(
                        "constraint \"{}\" for domain \"{}\" already exists",
                        constraint.conname, name.name
                    );
                    return self.fail("42710", message, offset(constraint.location));
                }
                let chosen = match constraint.conname.as_str() {
                    "" => names::constraint_name(&self.catalog, &name.schema, &name.name, None, "check", &[]),
                    given => given.into(),
                };
                checks.push(Arc::new(Constraint {
                    name: chosen,
                    kind: ConstraintKind::Check,
                    columns: Vec::new(),
                    foreign: None,
                    validated: !constraint.skip_validation,
                    enforced: true,
                    deferrable: false,
                    initially_deferred: false,
                    local: true,
                    definition: text.into(),
                    comment: None,
                }));
                checks.sort_by(|a, b| a.name.cmp(&b.name));
            }
            _ => {}
        }
        self.schema(&name.schema)?.types.insert(name.name.clone(), Arc::new(ty));
        Ok(())
    }

    pub(super) fn alter_domain(&mut self, s: &AlterDomainStmt) -> Result {
        let parts = strings(&s.type_name);
        let mut ty = self.domain_named(&parts)?;
        let found = QualifiedName { schema: ty.schema.clone(), name: ty.name.clone() };
        let name = &*found.name;
        let TypeKind::Domain { base, not_null, default, checks, .. } = &mut ty.kind else { return Ok(()) };
        match s.subtype.as_str() {
            "T" => {
                *default = s
                    .def
                    .as_ref()
                    .map(|node| deparse::expression(&self.catalog, &[], node, Some(base)).text.into());
            }
            "N" => *not_null = false,
            "O" => *not_null = true,
            "C" => {
                if let Some(NodeEnum::Constraint(constraint)) =
                    s.def.as_ref().and_then(|def| def.node.as_ref())
                {
                    return self.domain_constraint(&found, constraint);
                }
            }
            "X" => {
                if !checks.iter().any(|check| *check.name == *s.name) {
                    if s.missing_ok || *not_null {
                        return Ok(());
                    }
                    let message = format!("constraint \"{}\" of domain \"{name}\" does not exist", s.name);
                    return self.fail("42704", message, self.token(&s.name));
                }
                checks.retain(|check| *check.name != *s.name);
            }
            "V" => {
                let is_there = checks.iter().any(|check| *check.name == *s.name);
                // Its NOT NULL may go by that name.
                if !(is_there || *not_null && self.version() >= 17) {
                    let message = format!("constraint \"{}\" of domain \"{name}\" does not exist", s.name);
                    return self.fail("42704", message, self.token(&s.name));
                }
                for check in checks.iter_mut().filter(|check| *check.name == *s.name) {
                    let check = Arc::make_mut(check);
                    check.validated = true;
                    check.definition = check.definition.trim_end_matches(" NOT VALID").into();
                }
            }
            _ => {}
        }
        self.schema(&found.schema)?.types.insert(found.name, Arc::new(ty));
        Ok(())
    }

    pub(super) fn change_domain(
        &mut self,
        parts: &[&str],
        change: impl FnOnce(&mut Vec<Arc<Constraint>>),
    ) -> Result {
        let mut ty = self.domain_named(parts)?;
        if let TypeKind::Domain { checks, .. } = &mut ty.kind {
            change(checks);
            checks.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self.schema(&ty.schema.clone())?.types.insert(ty.name.clone(), Arc::new(ty));
        Ok(())
    }

    /// ALTER DOMAIN … RENAME CONSTRAINT
    pub(super) fn rename_domain_constraint(&mut self, parts: &[&str], old: &str, new: Name) -> Result {
        let ty = self.domain_named(parts)?;
        let TypeKind::Domain { checks, not_null, .. } = &ty.kind else { return Ok(()) };
        let is_there = checks.iter().any(|check| *check.name == *old);
        // Its NOT NULL may go by that name.
        if !(is_there || *not_null && self.version() >= 17) {
            let text = deparse::relation_text(&ty.schema, &ty.name);
            let message = format!("constraint \"{old}\" for domain {text} does not exist");
            return self.fail("42704", message, self.token(old));
        }
        if checks.iter().any(|check| check.name == new) {
            let text = deparse::relation_text(&ty.schema, &ty.name);
            let message = format!("constraint \"{new}\" for domain {text} already exists");
            return self.fail("42710", message, self.token(&new));
        }
        self.change_domain(parts, |checks| {
            if let Some(check) = checks.iter_mut().find(|check| *check.name == *old) {
                Arc::make_mut(check).name = new;
            }
        })
    }

    /// The domain of a name, or PostgreSQL's error for what is none.
    pub(super) fn domain_named(&self, parts: &[&str]) -> Result<Type> {
        let (schema, name) = split_name(parts);
        let found = match self.catalog.user_type(schema, name) {
            Some(ty) if matches!(ty.kind, TypeKind::Domain { .. }) => return Ok(Type::clone(ty)),
            Some(ty) => (ty.schema.clone(), ty.name.clone()),
            None => match self.catalog.relation(schema, name) {
                Some(relation) if relation.kind != RelationKind::Sequence => {
                    (relation.schema.clone(), relation.name.clone())
                }
                _ => {
                    return match self.type_text(parts) {
                        Some(text) => self.fail("42809", format!("{text} is not a domain"), self.token(name)),
                        None => self.missing_type(parts),
                    };
                }
            },
        };
        let message = format!("{} is not a domain", deparse::relation_text(&found.0, &found.1));
        self.fail("42809", message, self.token(name))
    }

    /// What a domain can be restricted by, each once (DefineDomain).
    fn domain_constraints(&self, constraints: &[Node]) -> Result {
        let mut not_null = None;
        let mut has_default = false;
        for node in constraints {
            let Some(NodeEnum::Constraint(constraint)) = &node.node else { continue };
            let fail =
                |sqlstate, message: &str| self.refuse(sqlstate, message.into(), offset(constraint.location));
            let is_no_inherit = constraint.is_no_inherit;
            match constraint.contype() {
                ConstrType::ConstrDefault if has_default => {
                    return fail("42601", "multiple default expressions");
                }
                ConstrType::ConstrDefault => has_default = true,
                ConstrType::ConstrNotnull | ConstrType::ConstrNull => {
                    let is_not_null = constraint.contype() == ConstrType::ConstrNotnull;
                    match not_null {
                        Some(known) if known != is_not_null => {
                            return fail("42601", "conflicting NULL/NOT NULL constraints");
                        }
                        Some(true) if self.version() >= 18 => {
                            return fail("42P17", "redundant NOT NULL constraint definition");
                        }
                        _ => not_null = Some(is_not_null),
                    }
                }
                ConstrType::ConstrCheck if is_no_inherit => {
                    return fail("42P17", "check constraints for domains cannot be marked NO INHERIT");
                }
                ConstrType::ConstrUnique => {
                    return fail("42601", "unique constraints not possible for domains");
                }
                ConstrType::ConstrPrimary => {
                    return fail("42601", "primary key constraints not possible for domains");
                }
                ConstrType::ConstrExclusion => {
                    return fail("42601", "exclusion constraints not possible for domains");
                }
                ConstrType::ConstrForeign => {
                    return fail("42601", "foreign key constraints not possible for domains");
                }
                ConstrType::ConstrAttrDeferrable
                | ConstrType::ConstrAttrNotDeferrable
                | ConstrType::ConstrAttrDeferred
                | ConstrType::ConstrAttrImmediate => {
                    return fail("0A000", "specifying constraint deferrability not supported for domains");
                }
                ConstrType::ConstrGenerated | ConstrType::ConstrIdentity if self.version() >= 18 => {
                    return fail("0A000", "specifying GENERATED not supported for domains");
                }
                ConstrType::ConstrAttrEnforced | ConstrType::ConstrAttrNotEnforced => {
                    return fail("42P17", "specifying constraint enforceability not supported for domains");
                }
                _ => {}
            }
        }
        Ok(())
    }
}
