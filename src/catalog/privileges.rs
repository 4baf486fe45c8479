//! Who may do what with an object, beside its owner.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::model::Name;

/// One right of one role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// `None` is PUBLIC.
    pub grantee: Option<Name>,
    /// As `aclexplode` has it: `SELECT`, `EXECUTE` …
    pub privilege: Name,
    /// WITH GRANT OPTION
    pub grantable: bool,
}

/// The rights of all roles but the owner, who may do anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Privileges {
    /// In order; `None` where they are as PostgreSQL has them on a new object of the kind.
    grants: Option<Arc<[Grant]>>,
}

/// Kinds of objects that have privileges, as `acldefault` tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantable {
    Relation,
    Sequence,
    Schema,
    Routine,
    Type,
    Language,
    ForeignDataWrapper,
    Server,
    Tablespace,
    Column,
}

impl Grantable {
    /// What ALL stands for. The right to MAINTAIN exists since PostgreSQL 17.
    pub fn all(self, has_maintain: bool) -> &'static [&'static str] {
        match self {
            Grantable::Relation if has_maintain => {
                &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"]
            }
            Grantable::Relation => {
                &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]
            }
            Grantable::Column => &["SELECT", "INSERT", "UPDATE", "REFERENCES"],
            Grantable::Sequence => &["USAGE", "SELECT", "UPDATE"],
            Grantable::Schema => &["USAGE", "CREATE"],
            Grantable::Routine => &["EXECUTE"],
            Grantable::Type | Grantable::Language | Grantable::ForeignDataWrapper | Grantable::Server => {
                &["USAGE"]
            }
            Grantable::Tablespace => &["CREATE"],
        }
    }

    /// What PUBLIC may do with a new object (`acldefault`).
    fn of_public(self) -> &'static [&'static str] {
        match self {
            Grantable::Routine => &["EXECUTE"],
            Grantable::Type | Grantable::Language => &["USAGE"],
            _ => &[],
        }
    }

    fn default_grants(self) -> Vec<Grant> {
        let of_public = self.of_public().iter();
        of_public
            .map(|privilege| Grant { grantee: None, privilege: (*privilege).into(), grantable: false })
            .collect()
    }
}

impl Privileges {
    /// These grants on an object of that kind.
    pub fn new(kind: Grantable, mut grants: Vec<Grant>) -> Privileges {
        grants.sort();
        grants.dedup();
        // The right with its grant option says all that the right alone does.
        let with_option: Vec<Grant> = grants.iter().filter(|grant| grant.grantable).cloned().collect();
        grants.retain(|grant| {
            grant.grantable
                || !with_option
                    .iter()
                    .any(|other| other.grantee == grant.grantee && other.privilege == grant.privilege)
        });
        let grants = (grants != kind.default_grants()).then(|| grants.into());
        Privileges { grants }
    }

    pub fn is_default(&self) -> bool {
        self.grants.is_none()
    }

    /// The grants, those that PostgreSQL makes by itself included.
    pub fn grants(&self, kind: Grantable) -> Vec<Grant> {
        match &self.grants {
            Some(grants) => grants.to_vec(),
            None => kind.default_grants(),
        }
    }

    /// The grants that are not PostgreSQL's own.
    pub fn explicit(&self) -> &[Grant] {
        self.grants.as_deref().unwrap_or_default()
    }

    /// What is left when a role has become the owner, or is gone.
    pub fn without(&self, kind: Grantable, role: &str) -> Privileges {
        if self.grants.is_none() {
            return self.clone();
        }
        let mut grants = self.grants(kind);
        grants.retain(|grant| grant.grantee.as_deref() != Some(role));
        Privileges::new(kind, grants)
    }

    /// The same with a role's new name.
    pub fn renamed(&self, kind: Grantable, old: &str, new: &Name) -> Privileges {
        if !self.explicit().iter().any(|grant| grant.grantee.as_deref() == Some(old)) {
            return self.clone();
        }
        let mut grants = self.grants(kind);
        for grant in &mut grants {
            if grant.grantee.as_deref() == Some(old) {
                grant.grantee = Some(new.clone());
            }
        }
        Privileges::new(kind, grants)
    }
}

/// As `aclitem`s are read: `SELECT of reader`, with a star for the grant option.
impl std::fmt::Display for Privileges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(grants) = &self.grants else { return f.write_str("the default") };
        if grants.is_empty() {
            return f.write_str("nobody else's");
        }
        for (n, grant) in grants.iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            let star = if grant.grantable { "*" } else { "" };
            let grantee = grant.grantee.as_deref().unwrap_or("PUBLIC");
            write!(f, "{comma}{}{star} of {grantee}", grant.privilege)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_grants_are_no_grants() {
        let execute = Grant { grantee: None, privilege: "EXECUTE".into(), grantable: false };
        assert!(Privileges::new(Grantable::Routine, vec![execute.clone()]).is_default());
        let none = Privileges::new(Grantable::Routine, vec![]);
        assert!(!none.is_default() && none.grants(Grantable::Routine).is_empty());
        assert_eq!(Privileges::default().grants(Grantable::Routine), std::slice::from_ref(&execute));
        let of_reader = Grant { grantee: Some("reader".into()), grantable: true, ..execute.clone() };
        let both = Privileges::new(
            Grantable::Routine,
            vec![execute, of_reader.clone(), Grant { grantable: false, ..of_reader }],
        );
        assert_eq!(both.to_string(), "EXECUTE of PUBLIC, EXECUTE* of reader");
        assert!(both.without(Grantable::Routine, "reader").is_default());
    }
}
