//! Tells whether the schema changed, with one query that changes nothing and locks nothing.
//!
//! The fingerprint sums a hash of each row of PostgreSQL's catalogs that belongs to a user's schema: which row it is
//! and which transaction wrote it (`xmin`), so any DDL changes it. Temporary tables do not, as their schemas are not
//! the user's. Of `pg_class` the contents are hashed instead: TRUNCATE, VACUUM, ANALYZE and REFRESH write there without
//! changing the schema.

use std::time::Duration;

use tokio_postgres::Error;

use super::connection::{Connection, Limits};
use super::introspect::in_transaction;

const LIMITS: Limits = Limits { statement: Duration::from_secs(10), lock: Duration::from_secs(1) };

/// Equal fingerprints: nothing changed in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

const QUERY: &str = "\
WITH n AS MATERIALIZED ( \
  SELECT oid, nspname, xmin FROM pg_catalog.pg_namespace \
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' \
), c AS MATERIALIZED ( \
  SELECT c.oid, c.relkind, pg_catalog.hashtext(pg_catalog.concat_ws('.', c.oid, c.relname, c.relnamespace, c.relkind, \
           c.relpersistence, c.relpartbound)) AS hash \
  FROM pg_catalog.pg_class c JOIN n ON n.oid = c.relnamespace \
) \
SELECT pg_catalog.concat_ws(',', \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(n.nspname || n.xmin::text)) FROM n), \
  (SELECT pg_catalog.sum(c.hash) FROM c), \
  (SELECT pg_catalog.count(*) || ':' || pg_catalog.sum(pg_catalog.hashtext(a.xmin::text) # pg_catalog.hashoid(a.attrelid)) \
     FROM pg_catalog.pg_attribute a JOIN c ON c.oid = a.attrelid WHERE a.attnum > 0 AND c.relkind NOT IN ('i', 'I', 'S')), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(d.xmin::text) # pg_catalog.hashoid(d.oid)) \
     FROM pg_catalog.pg_attrdef d JOIN c ON c.oid = d.adrelid), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(k.xmin::text) # pg_catalog.hashoid(k.oid)) \
     FROM pg_catalog.pg_constraint k JOIN n ON n.oid = k.connamespace), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(concat(i.indisvalid, i.xmin)) # pg_catalog.hashoid(i.indexrelid)) \
     FROM pg_catalog.pg_index i JOIN c ON c.oid = i.indexrelid), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(t.xmin::text) # pg_catalog.hashoid(t.oid)) \
     FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(i.xmin::text) # pg_catalog.hashoid(i.inhrelid)) \
     FROM pg_catalog.pg_inherits i JOIN c ON c.oid = i.inhrelid), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(r.xmin::text) # pg_catalog.hashoid(r.oid)) \
     FROM pg_catalog.pg_rewrite r JOIN c ON c.oid = r.ev_class), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(p.xmin::text) # pg_catalog.hashoid(p.oid)) \
     FROM pg_catalog.pg_proc p JOIN n ON n.oid = p.pronamespace), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(t.xmin::text) # pg_catalog.hashoid(t.oid)) \
     FROM pg_catalog.pg_type t JOIN n ON n.oid = t.typnamespace WHERE t.typelem = 0 AND t.typtype <> 'c'), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(e.xmin::text) # pg_catalog.hashoid(e.oid)) FROM pg_catalog.pg_enum e), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(e.xmin::text) # pg_catalog.hashoid(e.oid)) FROM pg_catalog.pg_extension e), \
  (SELECT pg_catalog.sum(pg_catalog.hashtext(d.xmin::text) # pg_catalog.hashoid(d.objoid) # d.objsubid) \
     FROM pg_catalog.pg_description d WHERE d.objoid >= 16384 OR d.objoid = 2200), \
  pg_catalog.array_to_string(pg_catalog.current_schemas(false), '.'))";

/// The schema as it is now, in a word.
pub async fn fingerprint(connection: &Connection) -> Result<Fingerprint, Error> {
    let query = connection.client.query_typed(QUERY, &[]);
    let rows = in_transaction(&connection.client, LIMITS, query).await?;
    Ok(Fingerprint(rows.first().map(|row| row.get(0)).unwrap_or_default()))
}
