//! What a role may not see costs nothing else, and is said.

use pgwright::catalog::entity::EntityKind;
use pgwright::database::{Event, introspect_all};

use crate::connection;
use crate::postgres::Postgres;
use crate::session::{next, start};

/// A database in which the role `reader` of its own may connect, and the URL for that role.
fn narrow(server: &Postgres, further: &str) -> (String, String) {
    let database = server.fresh_database();
    let role = format!("reader_{database}");
    server.execute_in(
        &database,
        &format!(
            "CREATE SCHEMA app; REVOKE ALL ON SCHEMA app FROM PUBLIC; CREATE ROLE {role} LOGIN;
             CREATE TABLE app.t (id int PRIMARY KEY, n int DEFAULT 1, CHECK (n > 0)); CREATE TABLE open (id int);
             GRANT SELECT ON open TO {role};
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin end';
             CREATE TRIGGER g BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION f();
             CREATE PUBLICATION p FOR TABLE app.t;
             CREATE SUBSCRIPTION s CONNECTION 'host=secret.invalid password=hidden' PUBLICATION p
               WITH (connect = false, slot_name = NONE);
             CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
             CREATE USER MAPPING FOR postgres SERVER s OPTIONS (password 'hidden');
             {further}"
        ),
    );
    let url = server.url(&database).replace("postgres@", &format!("{role}@"));
    (database, url)
}

#[tokio::test]
async fn what_a_reader_cannot_see_is_said_and_the_rest_is_read() {
    for major in [13, 15, 18] {
        let server = &Postgres::start(major);
        let (database, url) = narrow(server, "");
        let read = introspect_all(&connection(&url).await, |_| ()).await.unwrap();
        let mut unseen = read.unseen;
        if major == 13 {
            // Which may be read column by column, but not the identifier before 14.
            let subscriptions = unseen.remove(0);
            assert_eq!(subscriptions, "pg_subscription (permission denied for table pg_subscription)");
        }
        assert_eq!(
            unseen,
            [
                format!(
                    "plans and column statistics of 1 relation that role \"reader_{database}\" may not read"
                ),
                "options of 1 other roles' user mapping, if they have any".to_owned()
            ]
        );
        let t = read.catalog.relation(Some("app"), "t").unwrap();
        // 18 has a constraint for NOT NULL, too.
        let constraints = if major == 18 { 3 } else { 2 };
        assert_eq!((t.constraints.len(), t.indexes.len(), t.triggers.len()), (constraints, 1, 1));
        assert_eq!((read.catalog.unknown_names, t.unknown_columns), (major == 13, false));
        assert_eq!(kinds(&read.catalog, "s"), servers_and_subscriptions(major));
        assert!(!format!("{:?}", read.catalog).contains("hidden"));
        // A superuser is told of nothing.
        let read = introspect_all(&connection(&server.url(&database)).await, |_| ()).await.unwrap();
        assert!(read.unseen.is_empty());
    }
}

/// The kinds of what has a name and no schema, without user mappings, which have their servers' names.
fn kinds(catalog: &pgwright::catalog::Catalog, name: &str) -> Vec<EntityKind> {
    let mut kinds: Vec<EntityKind> =
        catalog.entities.get(name).into_iter().flatten().map(|entity| entity.kind).collect();
    kinds.retain(|kind| *kind != EntityKind::UserMapping);
    kinds.sort();
    kinds
}

fn servers_and_subscriptions(major: u32) -> &'static [EntityKind] {
    match major {
        13 => &[EntityKind::Server],
        _ => &[EntityKind::Server, EntityKind::Subscription],
    }
}

#[tokio::test]
async fn a_catalog_that_may_not_be_read_is_left_out_and_named() {
    for major in [13, 15, 18] {
        let server = &Postgres::start(major);
        let (_, url) = narrow(
            server,
            "REVOKE ALL ON pg_catalog.pg_publication, pg_catalog.pg_trigger FROM PUBLIC;
             REVOKE ALL ON pg_catalog.pg_user_mappings FROM PUBLIC;",
        );
        let read = introspect_all(&connection(&url).await, |_| ()).await.unwrap();
        let t = read.catalog.relation(Some("app"), "t").unwrap();
        // 18 has a constraint for NOT NULL, too.
        let constraints = if major == 18 { 3 } else { 2 };
        assert_eq!((t.constraints.len(), t.indexes.len(), t.triggers.len()), (constraints, 1, 0));
        assert!(kinds(&read.catalog, "p").is_empty());
        assert_eq!(kinds(&read.catalog, "s"), servers_and_subscriptions(major));
        let named: Vec<&str> =
            read.unseen.iter().map(|unseen| unseen.split(" (").next().unwrap_or_default()).collect();
        let publications: &[&str] = match major {
            13 => &["pg_subscription", "pg_publication", "pg_publication_rel"],
            _ => &["pg_publication", "pg_publication_rel", "pg_publication_namespace"],
        };
        let expected = [&["triggers", "pg_user_mapping"], publications, &["rights"]].concat();
        assert_eq!(named, expected, "{:?}", read.unseen);
        assert!(read.unseen[0].ends_with(" (permission denied for table pg_trigger)"), "{}", read.unseen[0]);
        // What is not there may exist.
        assert!(read.catalog.unknown_names && !t.unknown_columns);
    }
}

#[tokio::test]
async fn without_constraints_nothing_is_certain_of_a_table() {
    let server = &Postgres::start(18);
    let (_, url) = narrow(server, "REVOKE ALL ON pg_catalog.pg_constraint FROM PUBLIC");
    let read = introspect_all(&connection(&url).await, |_| ()).await.unwrap();
    let t = read.catalog.relation(Some("app"), "t").unwrap();
    assert!(t.unknown_columns && read.catalog.unknown_names);
    assert_eq!(t.columns.len(), 2);
}

#[tokio::test]
async fn a_session_says_once_what_it_cannot_see() {
    let server = &Postgres::start(15);
    // Nor can it see whether anything changed.
    let (_, url) = narrow(server, "REVOKE ALL ON pg_catalog.pg_trigger FROM PUBLIC");
    let (handle, mut events) = start(&url);
    let (mut said, mut catalogs) = (Vec::new(), 0);
    while catalogs < 3 {
        match next(&mut events).await {
            Event::Unseen(unseen) => said.push(unseen.len()),
            Event::Catalog(..) => {
                catalogs += 1;
                handle.refresh();
            }
            Event::Failed { message } => panic!("{message}"),
            _ => {}
        }
    }
    assert_eq!(said, [3]);
}
