//! Bodies of PL/pgSQL functions as they are judged without a server, compared with what plpgsql_check says of them in
//! the same schema.

#[path = "../support/postgres.rs"]
mod postgres;

use std::collections::BTreeMap;

use pgwright::analysis::{Diagnostic, Weight, plpgsql};
use pgwright::catalog::{Catalog, apply};
use pgwright::syntax::ast::NodeEnum;
use pgwright::syntax::{Parse, Script};

const SCHEMA: &str = include_str!("schema.sql");
const FUNCTIONS: &str = include_str!("functions.sql");

/// One finding of plpgsql_check.
#[derive(Clone, Debug)]
struct Told {
    sqlstate: String,
    level: String,
    message: String,
}

impl Told {
    fn is_error(&self) -> bool {
        self.level == "error"
    }

    /// What pgwright calls it: errors by their SQLSTATE, warnings by a name of its own.
    fn code(&self) -> &str {
        if self.is_error() || self.sqlstate == "2F005" {
            return &self.sqlstate;
        }
        let names = [
            ("unused variable", "unused-variable"),
            ("never read variable", "never-read-variable"),
            ("unused parameters of function", "unused-format-argument"),
            ("unused parameter", "unused-parameter"),
            ("unmodified OUT", "unmodified-out"),
            ("OUT variable", "unmodified-out"),
            ("composite OUT", "composite-out"),
            ("unreachable code", "unreachable-code"),
            ("too few attributes", "into-arity"),
            ("too many attributes", "into-arity"),
            ("text type variable", "sql-injection"),
            ("routine is marked", "wide-volatility"),
            ("implicit cast", "implicit-cast-in-where"),
            ("name of variable", "reserved-name"),
            ("immutable expression", "unneeded-execute"),
            ("variable ", "shadowed-variable"),
        ];
        let is_of = |text: &str| self.message.starts_with(text);
        match () {
            () if is_of("parameter") && self.message.ends_with("overlapped") => "shadowed-parameter",
            () if is_of("parameter") => "never-read-parameter",
            () if is_of("target type") && self.level == "performance" => "hidden-cast",
            () if is_of("target type") => "assignment-cast",
            () => names.iter().find(|(text, _)| is_of(text)).map_or("?", |(_, name)| name),
        }
    }

    /// Whether a finding of pgwright's is this one.
    fn is(&self, own: &Diagnostic) -> bool {
        let is_named = match self.code() {
            // Whether a cursor's declaration gives it a value is a matter of words.
            "never-read-variable" | "unused-variable" => {
                matches!(own.sqlstate, "never-read-variable" | "unused-variable")
                    && own.message.split('"').nth(1) == self.message.split('"').nth(1)
            }
            code => own.sqlstate == code,
        };
        // It has words of its own for what PostgreSQL does not support.
        is_named && (!self.is_error() || self.sqlstate == "0A000" || own.message == self.message)
    }
}

fn statements(text: &str) -> Vec<String> {
    let script = Script::from(text);
    script.statements().map(|placed| script.code(&placed)).filter(|code| !code.is_empty()).collect()
}

/// The names of the functions in PL/pgSQL, each with its statement, and the catalog behind all.
fn folded() -> (Vec<(String, Parse)>, Catalog) {
    let mut catalog = Catalog::default();
    catalog.server_version = Some(150_000);
    let mut functions = Vec::new();
    for (text, is_corpus) in [(SCHEMA, false), (FUNCTIONS, true)] {
        for statement in statements(text) {
            let parse = Parse::plain(&statement);
            assert_eq!(parse.errors, [], "{statement}");
            assert_eq!(parse.body_errors(), [], "{statement}");
            for node in parse.nodes() {
                let outcome = apply::apply(&mut catalog, node, &parse.sql);
                assert!(outcome.errors.is_empty(), "{:?} in {statement}", outcome.errors);
            }
            let name = match parse.nodes().next() {
                Some(NodeEnum::CreateFunctionStmt(create)) if is_corpus => {
                    match &create.funcname.last().unwrap().node {
                        Some(NodeEnum::String(name)) => Some(name.sval.clone()),
                        _ => None,
                    }
                }
                _ => None,
            };
            functions.extend(name.map(|name| (name, parse)));
        }
    }
    (functions, catalog)
}

/// What plpgsql_check says of each function.
fn told() -> BTreeMap<String, Vec<Told>> {
    let server = postgres::shared(15);
    let db = server.fresh_database();
    server
        .try_query_in(&db, "CREATE EXTENSION plpgsql_check")
        .expect("plpgsql_check is missing; `.ci/install.sh postgres` installs it");
    server.execute_in(&db, SCHEMA);
    server.execute_in(&db, FUNCTIONS);
    let rows = server.query_in(
        &db,
        "SELECT p.proname, f.sqlstate, f.level, f.message FROM pg_proc p
         LEFT JOIN LATERAL (SELECT tgrelid FROM pg_trigger WHERE tgfoid = p.oid LIMIT 1) t ON true
         CROSS JOIN LATERAL plpgsql_check_function_tb(p.oid::regprocedure, relid := coalesce(t.tgrelid, 0),
             fatal_errors := false, all_warnings := true) f
         WHERE p.pronamespace = 'public'::regnamespace
           AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
           AND p.proname NOT LIKE 'plpgsql_check%'
           AND (p.prorettype <> 'trigger'::regtype OR t.tgrelid IS NOT NULL)",
    );
    let mut found: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for row in rows {
        let cell = |n: usize| row[n].clone().unwrap_or_default();
        let told = Told { sqlstate: cell(1), level: cell(2), message: cell(3) };
        found.entry(cell(0)).or_default().push(told);
    }
    found
}

#[test]
fn bodies_are_judged_as_plpgsql_check_judges_them() {
    let (functions, catalog) = folded();
    assert!(functions.len() >= 120, "{} functions", functions.len());
    let told = told();
    let (mut all, mut found) = (BTreeMap::new(), 0);
    let (mut missed, mut wrong) = (Vec::new(), Vec::new());
    for (name, parse) in &functions {
        let own = plpgsql::check(parse, &catalog);
        let mut left = own.clone();
        let told = told.get(name).map_or(&[][..], |told| &told[..]);
        let has_errors = told.iter().any(Told::is_error);
        for one in told {
            // Behind an error it knows the rest of the statement no more: neither what that reads nor what it takes.
            let is_guess = matches!(
                one.code(),
                "wide-volatility" | "unused-variable" | "never-read-variable" | "unused-parameter"
            );
            if one.sqlstate == "XX000" || has_errors && is_guess {
                continue;
            }
            let count: &mut (usize, usize) = all.entry(one.level.clone()).or_default();
            count.1 += 1;
            match left.iter().position(|own| one.is(own)) {
                Some(at) => {
                    left.remove(at);
                    count.0 += 1;
                    found += 1;
                }
                None => missed.push(format!("{name}: {} {} {}", one.level, one.sqlstate, one.message)),
            }
        }
        for own in left {
            let is_error = own.sqlstate.len() == 5 && own.weight <= Weight::Warning;
            // PostgreSQL stops at the first of several.
            let is_again = told.iter().any(|one| one.is(&own));
            if is_error && !is_again {
                wrong.push(format!(
                    "{name}: {} {} at {:?}",
                    own.sqlstate,
                    own.message,
                    &parse.sql[own.span.range()]
                ));
            }
        }
    }
    let total: usize = all.values().map(|(_, all)| all).sum();
    println!("{} functions, {found} of {total} findings: {all:?}\n{}", functions.len(), missed.join("\n"));
    assert!(wrong.is_empty(), "errors that plpgsql_check does not have:\n{}", wrong.join("\n"));
    assert!(found * 100 >= total * 90, "{found} of {total} found; missed:\n{}", missed.join("\n"));
}
