//! What GRANT and REVOKE cannot name (aclchk.c: ExecuteGrantStmt, ExecAlterDefaultPrivilegesStmt).

use crate::syntax::ast::{
    AccessPriv, AlterDefaultPrivilegesStmt, GrantStmt, GrantTargetType, Node, NodeEnum, ObjectType,
};

use super::super::model::*;
use super::option::elements;
use super::{Fold, Result, schema_of};

/// Kinds that have all rights that there are among them.
const ALL: [ObjectType; 4] = [
    ObjectType::ObjectTable,
    ObjectType::ObjectDatabase,
    ObjectType::ObjectRoutine,
    ObjectType::ObjectParameterAcl,
];

impl Fold<'_> {
    /// PostgreSQL's error for a right that does not exist, or that what it is granted on has not.
    pub(super) fn has_privileges(&self, s: &GrantStmt) -> Result {
        self.are_privileges(&s.privileges, s.objtype())?;
        if s.objtype() != ObjectType::ObjectTable || s.targtype() != GrantTargetType::AclTargetObject {
            return Ok(());
        }
        // A sequence can be meant by ON TABLE, which is why USAGE can be written there.
        let is_sequence = |node: &Node| match &node.node {
            Some(NodeEnum::RangeVar(range)) => {
                let relation = self.catalog.relation(schema_of(range), &range.relname);
                relation.is_none_or(|relation| relation.kind == RelationKind::Sequence)
            }
            _ => true,
        };
        let names_usage = privileges(&s.privileges).any(|privilege| privilege.priv_name == "usage");
        if names_usage && !s.objects.iter().all(is_sequence) {
            let message = "invalid privilege type USAGE for table";
            return self.fail("0LP01", message.into(), self.token("usage"));
        }
        Ok(())
    }

    /// The same for the rights on what is made later.
    pub(super) fn has_default_privileges(&self, s: &AlterDefaultPrivilegesStmt) -> Result {
        let Some(action) = &s.action else { return Ok(()) };
        self.are_privileges(&action.privileges, action.objtype())?;
        let in_schemas = elements(&s.options).any(|element| element.defname == "schemas");
        if in_schemas && action.objtype() == ObjectType::ObjectSchema {
            let message = "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS";
            return self.fail("0LP01", message.into(), self.token("schemas"));
        }
        Ok(())
    }

    fn are_privileges(&self, given: &[Node], on: ObjectType) -> Result {
        let version = self.version();
        let Some((word, rights)) = rights_on(on, version) else { return Ok(()) };
        for privilege in privileges(given) {
            let written = privilege.priv_name.as_str();
            let at = self.token(written);
            if written.is_empty() {
                continue;
            }
            if !privilege.cols.is_empty() && on != ObjectType::ObjectTable {
                return self.fail("0LP01", "column privileges are only valid for relations".into(), at);
            }
            let name = match written.to_ascii_uppercase().as_str() {
                "TEMP" => "TEMPORARY".to_owned(),
                name => name.to_owned(),
            };
            let has = |kind: ObjectType| {
                rights_on(kind, version).is_some_and(|(_, rights)| rights.contains(&name.as_str()))
            };
            if !ALL.into_iter().any(has) {
                return self.refuse("42601", format!("unrecognized privilege type \"{written}\""), at);
            }
            let (word, rights): (&str, &[&str]) = match privilege.cols.is_empty() {
                true => (word, &rights),
                false => ("column", Grantable::Column.all(false)),
            };
            if !rights.contains(&name.as_str()) {
                return self.fail("0LP01", format!("invalid privilege type {name} for {word}"), at);
            }
        }
        Ok(())
    }
}

fn privileges(nodes: &[Node]) -> impl Iterator<Item = &AccessPriv> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::AccessPriv(privilege)) => Some(privilege),
        _ => None,
    })
}

/// What a kind of object is called, and the rights on it; nothing of a kind that is not known here.
fn rights_on(kind: ObjectType, version: u32) -> Option<(&'static str, Vec<&'static str>)> {
    let of = |word: &'static str, kind: Grantable| Some((word, kind.all(version >= 17).to_vec()));
    match kind {
        ObjectType::ObjectTable => {
            let mut rights = Grantable::Relation.all(version >= 17).to_vec();
            rights.push("USAGE");
            Some(("relation", rights))
        }
        ObjectType::ObjectSequence => of("sequence", Grantable::Sequence),
        ObjectType::ObjectDatabase => Some(("database", vec!["CREATE", "TEMPORARY", "CONNECT"])),
        ObjectType::ObjectDomain => of("domain", Grantable::Type),
        ObjectType::ObjectFunction => of("function", Grantable::Routine),
        ObjectType::ObjectProcedure => of("procedure", Grantable::Routine),
        ObjectType::ObjectRoutine => of("routine", Grantable::Routine),
        ObjectType::ObjectLanguage => of("language", Grantable::Language),
        ObjectType::ObjectLargeobject => Some(("large object", vec!["SELECT", "UPDATE"])),
        ObjectType::ObjectSchema => of("schema", Grantable::Schema),
        ObjectType::ObjectTablespace => of("tablespace", Grantable::Tablespace),
        ObjectType::ObjectType => of("type", Grantable::Type),
        ObjectType::ObjectFdw => of("foreign-data wrapper", Grantable::ForeignDataWrapper),
        ObjectType::ObjectForeignServer => of("foreign server", Grantable::Server),
        ObjectType::ObjectParameterAcl if version >= 15 => Some(("parameter", vec!["SET", "ALTER SYSTEM"])),
        _ => None,
    }
}
