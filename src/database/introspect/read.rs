//! All queries in their order, and what their rows become.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::{Client, Row};

use super::answers::{Answers, Query, Refused};
use super::columns::{self, Columns};
use super::constraints::{self, Domains};
use super::indexes::{self, Indexes};
use super::relations::{self, Builder, Oids};
use super::{
    Hears, LeftOut, Names, USER_SCHEMA, entities, entity_query, optional, rights, routines, sizes, types,
};
use crate::catalog::model::{Catalog, Extension, Grantable, Name, Privileges, Schema};
use crate::catalog::statistics::Statistics;

/// What one transaction gives.
pub struct Read {
    pub catalog: Catalog,
    pub statistics: Statistics,
    pub oids: Oids,
    /// What kept a role from seeing it all, in words.
    pub unseen: Vec<String>,
}

/// Without these there is no catalog.
const NEEDED: [&str; 4] = ["schemas", "names of types", "relations", "columns"];

/// Without these less is known of relations than what could be relied on.
const OF_RELATIONS: [&str; 9] = [
    "collations",
    "details of columns",
    "defaults",
    "comments on columns",
    "inheritance",
    "constraints",
    "operator classes",
    "expressions of indexes",
    "indexes",
];

pub fn is_needed(what: &str) -> bool {
    NEEDED.contains(&what)
}

pub async fn read(
    client: &Client,
    version: u32,
    left_out: &[LeftOut],
    hears: Hears<'_>,
) -> Result<Read, Refused> {
    // A lock that is waited for holds up those who come later just as well.
    let locked = client
        .query_typed(
            "SELECT DISTINCT l.relation FROM pg_catalog.pg_locks l \
             WHERE l.relation IS NOT NULL AND l.mode = 'AccessExclusiveLock'",
            &[],
        )
        .await?;
    let locked: Vec<u32> = locked.iter().map(|row| row.get(0)).collect();
    let mut queries = queries(version);
    queries.retain(|query| left_out.iter().all(|left_out| left_out.what != query.what));
    let mut answers = Answers::ask(client, queries, &locked, hears).await;

    let mut catalog = Catalog::empty();
    let mut names = Names::default();
    let mut schemas: HashMap<Name, Schema> = HashMap::new();
    let mut builder = Builder::default();
    let mut statistics = Statistics::default();

    catalog.server_version = Some(version);
    let mut search_path = Vec::new();
    answers.each("search path", |row| search_path.push(names.intern(row.get(0)))).await?;
    catalog.search_path = search_path.into_iter().filter(|schema| !schema.starts_with("pg_")).collect();
    answers.each("owner", |row| catalog.owner = optional(row, 0)).await?;
    answers.each("extensions", |row| extension(row, &mut catalog, &mut names)).await?;
    answers.each("schemas", |row| schema(row, version, &mut schemas, &mut names)).await?;
    answers.each("names of types", |row| names.read_type(row)).await?;
    answers
        .each("relations", |row| {
            builder.relation(row, &mut names);
            sizes::count(row, version, &builder, &mut statistics);
        })
        .await?;
    let mut columns = Columns::default();
    answers
        .each("collations", |row| {
            columns.collations.insert(row.get(0), names.intern(row.get(1)));
        })
        .await?;
    answers.each("columns", |row| columns.add(row, &mut names)).await?;
    columns.finish(&mut builder);
    if let Some(hear) = hears.outline {
        hear(outline(&catalog, &schemas, &builder));
    }

    answers.each("details of columns", |row| columns::details(row, &mut builder, &mut names)).await?;
    answers.each("defaults", |row| columns::default(row, &mut builder, &mut names)).await?;
    answers.each("comments on columns", |row| columns::comment(row, &mut builder)).await?;
    builder.parents(&answers.rows("inheritance").await?);
    builder.owners(&answers.rows("owners of sequences").await?);
    builder.reads(&answers.rows("dependencies of views").await?, &mut names);
    let mut domains = Domains::new();
    answers
        .each("constraints", |row| constraints::constraint(row, &mut builder, &mut domains, &mut names))
        .await?;
    let mut indexes = Indexes::default();
    answers.each("operator classes", |row| indexes.class(row, &mut names)).await?;
    answers.each("expressions of indexes", |row| indexes.expression(row)).await?;
    answers.each("indexes", |row| indexes.add(row, &mut builder, &mut statistics, &mut names)).await?;
    constraints::triggers(&answers.rows("triggers").await?, &mut builder, &mut names);
    constraints::rules(&answers.rows("rules").await?, &mut builder, &mut names);
    constraints::policies(&answers.rows("policies").await?, &mut builder, &mut names);
    types::types(&answers.rows("types").await?, &mut domains, &mut schemas, &mut names);
    routines::routines(&answers.rows("routines").await?, &mut schemas, &mut names);
    for query in entity_query::queries(version) {
        let rows = answers.rows(query.what).await?;
        entities::entities(&rows, &mut catalog, &mut schemas, &mut names);
    }
    let unseen = answers.rows("rights").await?.iter().flat_map(rights::unseen).collect();
    drop(answers);
    indexes.finish(client, &locked, &mut builder).await?;

    let oids = builder.finish(&locked, &mut schemas);
    catalog.schemas = schemas.into_iter().map(|(name, schema)| (name, Arc::new(schema))).collect();
    catalog.touch();
    // What was not read may exist all the same, and nothing that rests on its absence holds.
    if left_out.iter().any(|left_out| OF_RELATIONS.contains(&left_out.what)) {
        catalog.forget();
    } else if !left_out.is_empty() {
        catalog.unknown_names = true;
    }
    Ok(Read { catalog, statistics, oids, unseen })
}

fn queries(version: u32) -> Vec<Query> {
    let query = |what: &'static str, sql: String| Query { what, sql };
    let mut queries = vec![
        query("search path", "SELECT unnest(current_schemas(false))::text".to_owned()),
        query("owner", rights::DATABASE_OWNER.to_owned()),
        query("extensions", EXTENSIONS.to_owned()),
        query("schemas", schemas_query()),
        query("names of types", types::NAMES.to_owned()),
        query("relations", relations::query()),
        query("collations", columns::COLLATIONS.to_owned()),
        query("columns", columns::query()),
        query("details of columns", columns::details_query(version)),
        query("defaults", columns::defaults_query()),
        query("comments on columns", columns::comments_query()),
        query("inheritance", relations::PARENTS.to_owned()),
        query("owners of sequences", relations::OWNERS.to_owned()),
        query("dependencies of views", relations::reads_query()),
        query("constraints", constraints::query(version)),
        query("operator classes", indexes::CLASSES.to_owned()),
        query("expressions of indexes", indexes::expressions_query()),
        query("indexes", indexes::query(version)),
        query("triggers", constraints::triggers_query(version)),
        query("rules", constraints::RULES.to_owned()),
        query("policies", constraints::POLICIES.to_owned()),
        query("types", types::query(version)),
        query("routines", routines::query(version)),
    ];
    queries.extend(entity_query::queries(version));
    queries.push(query("rights", rights::unseen_query()));
    queries
}

fn schemas_query() -> String {
    let (owner, privileges) = (rights::owner("n.nspowner"), rights::privileges("n.nspacl", "n.nspowner"));
    let extension = rights::extension("pg_namespace", "n.oid");
    // The comment that every new database has on its schema public says nothing.
    format!(
        "SELECT n.nspname::text, nullif(d.description, 'standard public schema'), {owner}, {privileges}, {extension} \
         FROM pg_catalog.pg_namespace n \
         LEFT JOIN pg_catalog.pg_description d \
           ON d.objoid = n.oid AND d.classoid = 'pg_catalog.pg_namespace'::regclass AND d.objsubid = 0 \
         WHERE {USER_SCHEMA}"
    )
}

/// Every database has plpgsql; as an extension it says nothing.
const EXTENSIONS: &str = "SELECT e.extname::text, n.nspname::text, e.extversion, \
      pg_catalog.obj_description(e.oid, 'pg_extension') \
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
    WHERE e.extname <> 'plpgsql'";

fn extension(row: &Row, catalog: &mut Catalog, names: &mut Names) {
    let (name, schema) = (names.intern(row.get(0)), names.intern(row.get(1)));
    let extension =
        Extension { name: name.clone(), schema, version: optional(row, 2), comment: optional(row, 3) };
    catalog.extensions.insert(name, Arc::new(extension));
}

fn schema(row: &Row, version: u32, schemas: &mut HashMap<Name, Schema>, names: &mut Names) {
    let mut schema = Schema::new(names.intern(row.get(0)));
    schema.comment = optional(row, 1);
    schema.owner = optional(row, 2).map(|owner| names.intern(&owner));
    schema.privileges = rights::read_privileges(Grantable::Schema, row.get(3), names);
    schema.extension = optional(row, 4).map(|extension| names.intern(&extension));
    if version < 150_000 && &*schema.name == "public" {
        schema.privileges = without_create_of_public(&schema.privileges);
    }
    schemas.insert(schema.name.clone(), schema);
}

/// Until 14 everybody could create in a new database's schema public, which says nothing about that schema.
fn without_create_of_public(privileges: &Privileges) -> Privileges {
    let mut grants = privileges.grants(Grantable::Schema);
    grants.retain(|grant| grant.grantee.is_some() || &*grant.privilege != "CREATE");
    Privileges::new(Grantable::Schema, grants)
}

/// Relations with their columns, and nothing that could be held against what is written.
fn outline(catalog: &Catalog, schemas: &HashMap<Name, Schema>, builder: &Builder) -> Catalog {
    let mut outline = catalog.clone();
    let mut schemas = schemas.clone();
    for relation in builder.relations() {
        if let Some(schema) = schemas.get_mut(&relation.schema) {
            schema.put_relation(relation.clone());
        }
    }
    outline.schemas = schemas.into_iter().map(|(name, schema)| (name, Arc::new(schema))).collect();
    outline.touch();
    outline.forget();
    outline
}
