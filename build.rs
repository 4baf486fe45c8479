//! Reads the tables of PostgreSQL's own parser out of the source of the pinned `pg_query` crate.
//!
//! libpg_query compiles Bison's tables in as constants that nothing outside can reach. They say exactly which token
//! may follow which text, so `syntax::automaton` wants them. They are taken from the dependency's source at each
//! build: no copy of the grammar is kept here, so there is none that could differ from the parser that is linked.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tables, in the order in which `automaton.rs` reads them.
const TABLES: [&str; 12] = [
    "yytranslate",
    "yyprhs",
    "yyrhs",
    "yyr1",
    "yyr2",
    "yydefact",
    "yydefgoto",
    "yypact",
    "yypgoto",
    "yytable",
    "yycheck",
    "yystos",
];

/// The numbers that go with them.
const NUMBERS: [&str; 4] = ["YYFINAL", "YYNTOKENS", "YYPACT_NINF", "YYTABLE_NINF"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.lock");
    let source = parser_source();
    println!("cargo:rerun-if-changed={}", source.display());
    let text = fs::read_to_string(&source)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", source.display()));

    let mut bytes: Vec<u8> = Vec::new();
    let mut put = |number: i32| bytes.extend_from_slice(&number.to_le_bytes());
    for name in NUMBERS {
        put(number(&text, name));
    }
    for name in TABLES {
        let table = table(&text, name);
        put(table.len() as i32);
        table.into_iter().for_each(&mut put);
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    fs::write(out.join("grammar_tables.bin"), bytes).expect("OUT_DIR can be written");
    fs::write(out.join("grammar_symbols.txt"), symbols(&text).join("\n")).expect("OUT_DIR can be written");
}

/// Where Cargo keeps the generated parser of the `pg_query` that this package is built with.
fn parser_source() -> PathBuf {
    let root = env::var_os("CARGO_MANIFEST_DIR").expect("Cargo sets it");
    let target = env::var("TARGET").expect("Cargo sets it");
    let metadata = |offline: bool| {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&root).args(["metadata", "--format-version", "1", "--filter-platform", &target]);
        // What is being built has been downloaded; asking the network would only cost time.
        command.args(offline.then_some("--offline"));
        command.output().ok().filter(|output| output.status.success()).map(|output| output.stdout)
    };
    let output = metadata(true).or_else(|| metadata(false)).expect("cargo metadata");
    let metadata: serde_json::Value = serde_json::from_slice(&output).expect("cargo metadata prints JSON");
    let package = metadata["packages"]
        .as_array()
        .and_then(|packages| packages.iter().find(|package| package["name"] == "pg_query"))
        .expect("pg_query is a dependency");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a package has a manifest"));
    manifest.with_file_name("libpg_query/src/postgres/src_backend_parser_gram.c")
}

/// The value of `#define NAME number`.
fn number(text: &str, name: &str) -> i32 {
    let define = format!("#define {name} ");
    text.lines()
        .find_map(|line| line.strip_prefix(&define)?.trim().parse().ok())
        .unwrap_or_else(|| panic!("the parser's source has no {name}"))
}

/// What stands between the braces of a constant's definition.
fn braced<'a>(text: &'a str, name: &str) -> &'a str {
    text.split_once(&format!(" {name}[] =\n{{"))
        .and_then(|(_, behind)| behind.split_once("\n}"))
        .unwrap_or_else(|| panic!("the parser's source has no table {name}"))
        .0
}

fn table(text: &str, name: &str) -> Vec<i32> {
    braced(text, name)
        .split(',')
        .map(|number| number.trim().parse().unwrap_or_else(|_| panic!("{name} holds {number:?}")))
        .collect()
}

/// The symbols' names as the grammar has them: `SELECT`, `'('`, `a_expr`.
fn symbols(text: &str) -> Vec<String> {
    let names = braced(text, "yytname");
    let mut found = Vec::new();
    let mut rest = names;
    while let Some((_, behind)) = rest.split_once('"') {
        let (name, behind) = behind.split_once('"').expect("a name's quotes are closed");
        found.push(name.to_owned());
        rest = behind;
    }
    found
}
