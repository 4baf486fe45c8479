//! Types that were created: enums, domains, ranges, composite and base types.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::model::{Name, QualifiedName};
use super::privileges::Privileges;
use super::relation::Constraint;
use super::types::TypeRef;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Type {
    pub schema: Name,
    pub name: Name,
    pub kind: TypeKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    #[serde(default, skip_serializing_if = "Privileges::is_default")]
    pub privileges: Privileges,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
    /// The extension that it is part of, and comes and goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Name>,
}

impl Type {
    pub fn new(name: QualifiedName, kind: TypeKind) -> Type {
        let (schema, name) = (name.schema, name.name);
        Type {
            schema,
            name,
            kind,
            owner: None,
            privileges: Privileges::default(),
            comment: None,
            extension: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TypeKind {
    Enum {
        labels: Vec<Name>,
    },
    Domain {
        base: TypeRef,
        not_null: bool,
        default: Option<Name>,
        /// Only where it differs from the base type's.
        collation: Option<Name>,
        checks: Vec<Arc<Constraint>>,
    },
    Range {
        subtype: TypeRef,
        /// Its multirange, which PostgreSQL makes along with it since 14.
        multirange: Option<QualifiedName>,
        /// Only where it is not the default of the subtype.
        opclass: Option<Name>,
        collation: Option<Name>,
        canonical: Option<QualifiedName>,
        difference: Option<QualifiedName>,
    },
    /// A set of ranges.
    Multirange {
        range: QualifiedName,
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
            TypeKind::Multirange { .. } => "multirange",
            TypeKind::Composite => "composite",
            TypeKind::Base => "base",
            TypeKind::Shell => "shell",
        }
    }
}
