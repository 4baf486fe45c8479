//! The catalog of a test's schema, by both ways that there are: read from a server, and folded from the statements.

#![allow(dead_code)]

use pgwright::catalog::Catalog;
use pgwright::catalog::apply;
use pgwright::database::{Environment, Sources, connect, introspect, resolve};
use pgwright::syntax::ast::NodeEnum;
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

/// The statements of a text, each with its tree; locations count from the statement's start.
pub fn statements(text: &str) -> Vec<(&str, NodeEnum)> {
    let tree = grammar::parse(text, ParseMode::Statements).expect("the text parses");
    let spans = tree.stmts.iter().map(|statement| {
        let start = statement.stmt_location as usize;
        match statement.stmt_len {
            0 => &text[start..],
            length => &text[start..start + length as usize],
        }
    });
    spans
        .map(|sql| {
            let alone = grammar::parse(sql, ParseMode::Statements).expect("a statement parses");
            (sql, alone.stmts.into_iter().next().unwrap().stmt.unwrap().node.unwrap())
        })
        .collect()
}

pub fn fold(schema: &str) -> Catalog {
    let mut catalog = Catalog::default();
    for (sql, node) in statements(schema) {
        let outcome = apply::apply(&mut catalog, &node, sql);
        assert!(outcome.errors.is_empty(), "{sql}: {:?}", outcome.errors);
    }
    catalog
}
