//! Owners, privileges, and the extensions that objects are part of.

use tokio_postgres::Row;

use super::{Names, USER_SCHEMA};
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

/// What the catalog's own rights and views keep from the role without an error. A superuser sees everything.
pub fn unseen_query() -> String {
    format!(
        "SELECT current_user::text, \
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c \
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
            WHERE {USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
              AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
                       AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))), \
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_user_mappings m \
            WHERE m.umoptions IS NULL AND m.usename IS DISTINCT FROM current_user) \
         WHERE pg_catalog.current_setting('is_superuser') <> 'on'"
    )
}

pub fn unseen(row: &Row) -> Vec<String> {
    let (role, relations, mappings): (&str, i64, i64) = (row.get(0), row.get(1), row.get(2));
    let plural = |count: i64, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let mut unseen = Vec::new();
    if relations > 0 {
        let relations = plural(relations, "relation");
        unseen.push(format!("plans and column statistics of {relations} that role \"{role}\" may not read"));
    }
    if mappings > 0 {
        unseen
            .push(format!("options of {}, if they have any", plural(mappings, "other roles' user mapping")));
    }
    unseen
}
