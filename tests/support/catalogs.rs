//! The catalog of a test's schema, by both ways that there are: read from a server, and folded from the statements.

use pgwright::catalog::Catalog;
use pgwright::catalog::apply;
use pgwright::database::{Environment, Sources, connect, introspect, resolve};
use pgwright::syntax::grammar::{self, ParseMode};

use crate::postgres::Postgres;

pub fn read(server: &Postgres, database: &str) -> Catalog {
    let sources = Sources { cli_url: Some(server.url(database)), ..Sources::default() };
    let settings = resolve(&sources, &Environment::of(&[])).expect("settings").expect("a database is named");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let connection = connect(&settings).await.expect("the server answers");
        introspect(&connection, |_| {}).await.expect("the catalog can be read").0
    })
}

pub fn fold(schema: &str) -> Catalog {
    let mut catalog = Catalog::default();
    let tree = grammar::parse(schema, ParseMode::Statements).expect("the schema parses");
    for statement in tree.stmts {
        let start = statement.stmt_location as usize;
        let end = match statement.stmt_len {
            0 => schema.len(),
            length => start + length as usize,
        };
        let sql = &schema[start..end];
        // Locations are to count from the statement's start.
        let alone = grammar::parse(sql, ParseMode::Statements).expect("a statement parses");
        let node = alone.stmts[0].stmt.as_ref().unwrap().node.as_ref().unwrap();
        let outcome = apply::apply(&mut catalog, node, sql);
        assert!(outcome.errors.is_empty(), "{sql}: {:?}", outcome.errors);
    }
    catalog
}
