//! What a server takes and then fails at when it runs: told as warnings, with the server's own words.

use super::verdict::Server;
use super::{analysis, apply};
use pgwright::catalog::Catalog;
use pgwright::syntax::Parse;

const TABLES: [&str; 9] = [
    "create table t (a int not null, b varchar(3), c char(2) not null default 'x', d numeric(4,1), e serial, f text not null)",
    "create domain filled as text default 'x'",
    "create table u (a int primary key, b filled not null, c bigint generated always as identity)",
    "create table triggered (a int not null, b varchar(2))",
    "create function fill() returns trigger language plpgsql as 'begin new.a := 1; return new; end'",
    "create trigger fills before insert or update on triggered for each row execute function fill()",
    "create table ruled (a int not null)",
    "create rule r as on insert to ruled do instead nothing",
    "create view v as select b from t",
];

const BREAKING: [&str; 18] = [
    "insert into t (a) values (1)",
    "insert into t (a, f) values (null, 'x')",
    "insert into t (a, b, f) values (1, 'abcd', 'x')",
    "insert into t (a, f) values (1, 'x'), (2, default)",
    "insert into t (a, c, f) values (1, 'abc', 'x')",
    "insert into t default values",
    "insert into t values (1)",
    "insert into t (a) select 1",
    "insert into t (a, b, f) values (1, 'éàüx', 'x')",
    "update t set a = null",
    "update t set b = 'long'",
    "update t set (a, b) = (1, 'long')",
    "insert into u (b) values ('x')",
    "insert into u default values",
    "insert into triggered (b) values ('abc')",
    "update t set a = a / 0",
    "select a % 0 from t",
    "select 1.5 / 0.0",
];

const FINE: [&str; 16] = [
    "insert into t (a, f) values (1, 'x')",
    "insert into t (a, b, f) values (1, 'abc   ', '')",
    "insert into t (a, b, f) values (1, 'abcd'::varchar(2), 'x')",
    "insert into t (a, b, f) values (1, null, 'x')",
    "insert into t values (1, 'x', default, 1, default, 'x')",
    "insert into t (a, b, f) values (1, 'éàü', 'x')",
    "insert into u (a) values (1)",
    "insert into u values (2)",
    "insert into triggered (b) values ('ab')",
    "insert into triggered values (null)",
    "update triggered set a = null",
    "insert into ruled values (null)",
    "insert into ruled default values",
    "update t set f = 'y', a = 0 / 1",
    "update v set b = 'xyz'",
    "select 0 / 1, 5 % 2, 0.0 * 1",
];

fn compare(major: u32) {
    let server = Server::start(major);
    let mut catalog = Catalog::default();
    catalog.server_version = Some(major * 10_000);
    for definition in TABLES {
        assert_eq!(server.run(definition), None, "{definition}");
        let parse = Parse::plain(definition);
        parse
            .nodes()
            .for_each(|node| assert!(apply::apply(&mut catalog, node, &parse.sql).errors.is_empty()));
    }
    assert_eq!(server.run("insert into t (a, f) values (1, 'x')"), None);
    let warned = |statement: &str| {
        let found = analysis::analyze(&Parse::plain(statement), &catalog);
        assert!(found.diagnostics.is_empty(), "{statement}: {:?}", found.diagnostics);
        found.warnings.first().map(|warning| (warning.sqlstate.to_owned(), warning.message.clone()))
    };
    for statement in BREAKING {
        let real = server.verdict(statement).map(|verdict| (verdict.sqlstate, verdict.message));
        assert!(real.is_some(), "{statement}");
        assert_eq!(warned(statement), real, "PostgreSQL {major}: {statement}");
    }
    for statement in FINE {
        assert_eq!(server.verdict(statement), None, "{statement}");
        assert_eq!(warned(statement), None, "PostgreSQL {major}: {statement}");
    }
}

#[test]
fn what_breaks_on_postgresql_13() {
    compare(13);
}

#[test]
fn what_breaks_on_postgresql_18() {
    compare(18);
}
