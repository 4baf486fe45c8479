//! What the extensions of some servers bring, as src/catalog/builtin/extension.rs reads it.
//!
//! Each is created in a database of its own, in a schema whose name stands for any, and read as pgwright reads any
//! database. Those of no server at hand stay as they are in the facts.

use std::collections::{BTreeMap, BTreeSet};

use pgwright::catalog::Member;
use pgwright::catalog::builtin::compact::{self, Reader};
use pgwright::catalog::model::Name;
use pgwright::database::settings::{Environment, Sources, resolve};
use pgwright::database::{connection, introspect};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// A server by the URL of its databases, to which a database's name is put.
pub struct Server {
    pub major: u32,
    pub url: Box<dyn Fn(&str) -> String>,
    /// Whether its extensions are PostgreSQL's own; of others those that PostgreSQL has too are passed over.
    pub is_plain: bool,
}

/// What a server says of an extension.
struct Available {
    version: String,
    schema: Option<String>,
    relocatable: bool,
    requires: Vec<String>,
    comment: String,
}

const AVAILABLE: &str = "SELECT e.name, v.version, v.schema, v.relocatable, array_to_string(v.requires, ','), v.comment \
    FROM pg_available_extensions e JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version \
    WHERE e.name <> 'plpgsql' ORDER BY 1";

/// The versions that have a line, by the line.
pub type Lines = BTreeMap<Vec<String>, BTreeSet<u32>>;

/// The lines of each extension that could be created.
pub fn read(servers: &[Server]) -> BTreeMap<String, Lines> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut sections: BTreeMap<String, Lines> = BTreeMap::new();
    let mut plain: BTreeSet<String> = BTreeSet::new();
    for server in servers {
        let available = available(&runtime, server);
        for (name, own) in &available {
            if !server.is_plain && plain.contains(name) {
                continue;
            }
            let Some(lines) = runtime.block_on(lines(server, name, &available)) else {
                println!("PostgreSQL {}: {name} cannot be created", server.major);
                continue;
            };
            if server.is_plain {
                plain.insert(name.clone());
            }
            let release = vec![
                "+".to_owned(),
                own.version.clone(),
                own.schema.clone().unwrap_or_default(),
                if own.relocatable { "t" } else { "" }.to_owned(),
                own.requires.join(","),
                if server.is_plain { "" } else { "t" }.to_owned(),
                own.comment.replace(['\t', '\n'], " "),
            ];
            let section = sections.entry(name.clone()).or_default();
            for line in lines.into_iter().chain([release]) {
                section.entry(line).or_default().insert(server.major);
            }
        }
    }
    sections
}

fn available(runtime: &tokio::runtime::Runtime, server: &Server) -> BTreeMap<String, Available> {
    let rows = runtime.block_on(query(&(server.url)("postgres"), AVAILABLE)).unwrap();
    let read = |row: Vec<Option<String>>| {
        let [name, version, schema, relocatable, requires, comment] = row.try_into().unwrap();
        let requires = requires.unwrap_or_default();
        let available = Available {
            version: version.unwrap(),
            schema,
            relocatable: relocatable.as_deref() == Some("t"),
            requires: requires.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            comment: comment.unwrap_or_default(),
        };
        (name.unwrap(), available)
    };
    rows.into_iter().map(read).collect()
}

/// The schema that stands for an extension's.
fn schema(name: &str) -> String {
    format!("pgx_{}_x", name.replace(|c: char| !c.is_ascii_alphanumeric(), "_").to_lowercase())
}

async fn lines(
    server: &Server,
    name: &str,
    available: &BTreeMap<String, Available>,
) -> Option<Vec<Vec<String>>> {
    const DATABASE: &str = "pgwright_extension";
    let postgres = (server.url)("postgres");
    query(&postgres, &format!("CREATE DATABASE {DATABASE}")).await.unwrap();
    let url = (server.url)(DATABASE);
    let mut order = Vec::new();
    with_required(name, available, &mut order);
    let mut created = true;
    let mut schemas: Vec<(Name, Name)> = Vec::new();
    for name in &order {
        // PL/pgSQL is there, and some have their own place.
        let Some(own) = available.get(*name) else { continue };
        let schema = schema(name);
        query(&url, &format!("CREATE SCHEMA {schema}")).await.unwrap();
        let sql = match &own.schema {
            None => format!("CREATE EXTENSION \"{name}\" SCHEMA {schema}"),
            Some(_) => format!("CREATE EXTENSION \"{name}\""),
        };
        let mut outcome = query(&url, &sql).await;
        schemas.insert(0, ((*name).into(), schema.into()));
        // Some must stand beside the one that they extend.
        if outcome.is_err()
            && let Some((_, beside)) =
                schemas.iter().find(|(other, _)| Some(&**other) == own.requires.first().map(String::as_str))
        {
            let beside = beside.clone();
            outcome = query(&url, &format!("CREATE EXTENSION \"{name}\" SCHEMA {beside}")).await;
            schemas[0].1 = beside;
        }
        created &= outcome.map_err(|error| println!("{name}: {error}")).is_ok();
    }
    // PostGIS's topology puts itself in the database's search path.
    query(&url, &format!("ALTER DATABASE {DATABASE} RESET ALL")).await.unwrap();
    let members = match created {
        true => Some(members(&url, name).await),
        false => None,
    };
    // TimescaleDB's workers come and go.
    query(&postgres, &format!("DROP DATABASE {DATABASE} WITH (FORCE)")).await.unwrap();
    let reader = Reader::new(name, Some(server.major), &schemas);
    let line = |member: Member| {
        let (kind, mut text) = compact::write(&member)?;
        for (other, schema) in &schemas {
            let mark = if **other == *name { "§;".to_owned() } else { format!("§{other};") };
            text = text.replace(&**schema, &mark);
        }
        let again = reader.member(kind, &text);
        if again.as_ref() != Some(&without_query(&member)) {
            println!("not the same when read: {text}\n  {again:?}\n  {member:?}");
        }
        Some(vec![kind.to_owned(), text])
    };
    Some(members?.into_iter().filter_map(line).collect())
}

/// A view as the facts have it.
fn without_query(member: &Member) -> Member {
    match member {
        Member::Relation(relation) => {
            let mut relation = (**relation).clone();
            relation.query = Default::default();
            Member::Relation(relation.into())
        }
        other => other.clone(),
    }
}

/// An extension behind those that it requires.
fn with_required<'a>(name: &'a str, available: &'a BTreeMap<String, Available>, order: &mut Vec<&'a str>) {
    if let Some(own) = available.get(name) {
        own.requires.iter().for_each(|required| with_required(required, available, order));
    }
    if !order.contains(&name) {
        order.push(name);
    }
}

async fn members(url: &str, name: &str) -> Vec<Member> {
    let sources = Sources { cli_url: Some(url.to_owned()), ..Sources::default() };
    let settings = resolve(&sources, &Environment::of(&[])).unwrap().unwrap();
    let connection = connection::connect(&settings).await.unwrap();
    introspect(&connection, |_| {}).await.unwrap().0.members(name)
}

async fn query(url: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let driver = tokio::spawn(connection);
    let messages = client.simple_query(sql).await;
    drop(client);
    let _ = driver.await;
    let rows = messages?.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|n| row.get(n).map(str::to_owned)).collect::<Vec<_>>())
        }
        _ => None,
    });
    Ok(rows.collect())
}
