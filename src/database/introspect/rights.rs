//! Owners, privileges, and the extensions that objects are part of.

use super::Names;
use crate::catalog::model::{Grant, Grantable, Privileges};

pub const DATABASE_OWNER: &str = "SELECT pg_catalog.pg_get_userbyid(d.datdba)::text FROM pg_catalog.pg_database d \
    WHERE d.datname = pg_catalog.current_database()";

/// The owner's name; NULL for the owner of the database, whose most objects are. As an expression of a query.
pub fn owner(column: &str) -> String {
    format!(
        "CASE WHEN {column} <> ALL (ARRAY (SELECT db.datdba FROM pg_catalog.pg_database db \
           WHERE db.datname = pg_catalog.current_database() \
           UNION ALL SELECT pr.oid FROM pg_catalog.pg_roles pr WHERE pr.rolname = 'pg_database_owner')) \
         THEN pg_catalog.pg_get_userbyid({column})::text END"
    )
}

/// The privileges of all but the owner, as a list of lists in JSON; NULL where they are the default. Likewise.
pub fn privileges(acl: &str, owner: &str) -> String {
    format!(
        "CASE WHEN {acl} IS NOT NULL THEN (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array( \
             CASE WHEN g.grantee <> 0 THEN pg_catalog.pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable)), \
             '[]') FROM pg_catalog.aclexplode({acl}) g WHERE g.grantee <> {owner})::text END"
    )
}

/// The extension that an object of a catalog is part of. Likewise.
pub fn extension(class: &str, oid: &str) -> String {
    format!(
        "(SELECT ex.extname::text FROM pg_catalog.pg_depend ed JOIN pg_catalog.pg_extension ex ON ex.oid = ed.refobjid \
          WHERE ed.classid = 'pg_catalog.{class}'::regclass AND ed.objid = {oid} AND ed.objsubid = 0 \
            AND ed.refclassid = 'pg_catalog.pg_extension'::regclass AND ed.deptype = 'e')"
    )
}

pub fn read_privileges(kind: Grantable, json: Option<&str>, names: &mut Names) -> Privileges {
    let Some(json) = json else { return Privileges::default() };
    let grants: Vec<(Option<String>, String, bool)> = serde_json::from_str(json).unwrap_or_default();
    let grants = grants
        .into_iter()
        .map(|(grantee, privilege, grantable)| Grant {
            grantee: grantee.map(|name| names.intern(&name)),
            privilege: names.intern(&privilege),
            grantable,
        })
        .collect();
    Privileges::new(kind, grants)
}
