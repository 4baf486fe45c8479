//! Reads out of the source of the pinned `pg_query` crate what PostgreSQL knows and the crate keeps to itself: the
//! tables of its parser, the messages of its errors, the words of PL/pgSQL, and the types of its trees.
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

/// Where the parser reports errors, beside the grammar itself.
const REPORTERS: [&str; 4] = [
    "src_backend_parser_scan.c",
    "src_backend_parser_parser.c",
    "src_backend_utils_mb_mbutils.c",
    "src_backend_utils_misc_stack_depth.c",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.lock");
    let folder = parser_folder();
    let read = |file: &str| {
        let path = folder.join(file);
        println!("cargo:rerun-if-changed={}", path.display());
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
    };
    let text = read("src_backend_parser_gram.c");

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
    let mut errors = errors(&text, "src_backend_parser_gram.c");
    for file in REPORTERS {
        errors.extend(self::errors(&read(file), file));
    }
    errors.sort();
    errors.dedup();
    let codes = error_codes(&read("include/utils/errcodes.h"));
    let lines: Vec<String> = errors
        .iter()
        .filter_map(|(name, file, message)| {
            let (_, code) = codes.iter().find(|(other, _)| other == name)?;
            Some(format!("{code} {file} {message}"))
        })
        .collect();
    fs::write(out.join("grammar_errors.txt"), lines.join("\n")).expect("OUT_DIR can be written");
    let types = read("../../../src/protobuf.rs");
    fs::write(out.join("nodes.rs"), visitors(&types)).expect("OUT_DIR can be written");

    // PL/pgSQL's keywords, the reserved ones in the first line, and the names of its conditions with their SQLSTATEs.
    let words = |file: &str| {
        let text = read(file);
        let words = text.split("PG_KEYWORD(\"").skip(1).filter_map(|rest| rest.split_once('"'));
        words.map(|(word, _)| word.to_owned()).collect::<Vec<_>>().join(" ")
    };
    let (reserved, unreserved) =
        (words("include/pl_reserved_kwlist.h"), words("include/pl_unreserved_kwlist.h"));
    fs::write(out.join("plpgsql_keywords.txt"), format!("{reserved}\n{unreserved}\n"))
        .expect("OUT_DIR can be written");
    let mut conditions: Vec<String> = read("include/plerrcodes.h")
        .split('{')
        .skip(1)
        .filter_map(|entry| entry.split('"').nth(1).map(str::to_owned))
        .collect();
    conditions.sort();
    fs::write(out.join("plpgsql_conditions.txt"), conditions.join("\n")).expect("OUT_DIR can be written");
}

/// An implementation of `syntax::nodes::Nodes` for each of the tree's types, out of their definitions.
fn visitors(text: &str) -> String {
    // A long type is broken behind its bracket.
    let joined = ["<", "("].iter().fold(text.to_owned(), |text, bracket| {
        let end = format!("{bracket}\n");
        let pieces = text.split(&end).enumerate();
        pieces
            .map(|(n, piece)| if n == 0 { piece } else { piece.trim_start() })
            .collect::<Vec<_>>()
            .join(bracket)
    });
    let lines: Vec<&str> = joined.lines().collect();
    let name = |line: &str| {
        let rest = line.strip_prefix("pub struct ")?;
        rest.strip_suffix(" {").or(rest.strip_suffix(" {}")).map(str::to_owned)
    };
    let structs: Vec<String> =
        lines.iter().filter_map(|line| name(line)).filter(|name| name != "Node").collect();
    let mut made = String::new();
    let mut fields = String::new();
    let mut open: Option<String> = None;
    for line in &lines {
        if let Some(name) = name(line) {
            open = Some(name);
            fields.clear();
        } else if let Some(rest) = line.strip_prefix("    pub ")
            && open.is_some()
            && let Some((field, of)) = rest.trim_end_matches(',').split_once(": ")
        {
            let inner = of.rsplit('<').next().unwrap_or(of).trim_end_matches('>');
            if inner == "Node" || structs.iter().any(|name| name == inner) {
                fields.push_str(&format!("        self.{field}.nodes(visit);\n"));
            }
        }
        let ends = *line == "}" || line.ends_with(" {}");
        if ends && let Some(name) = open.take().filter(|name| name != "Node") {
            let visit = if fields.is_empty() { "_" } else { "visit" };
            made.push_str(&format!(
                "impl Nodes for ast::{name} {{\n    fn nodes(&mut self, {visit}: Visit) {{\n{fields}    }}\n}}\n"
            ));
        }
    }
    // The variants of a node are those of its `oneof`, the first one in the file.
    let variants = lines
        .iter()
        .skip_while(|line| line.trim() != "pub enum Node {")
        .skip(1)
        .take_while(|line| line.trim() != "}")
        .filter_map(|line| line.trim().split_once('('))
        .filter(|(variant, _)| !variant.starts_with('#'))
        .map(|(variant, _)| format!("            ast::NodeEnum::{variant}(node) => node.nodes(visit),\n"));
    let variants: String = variants.collect();
    made.push_str(&format!(
        "impl Nodes for ast::NodeEnum {{\n    fn nodes(&mut self, visit: Visit) {{\n        match self {{\n{variants}        }}\n    }}\n}}\n"
    ));
    made
}

/// Where Cargo keeps PostgreSQL's files of the `pg_query` that this package is built with.
fn parser_folder() -> PathBuf {
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
    manifest.with_file_name("libpg_query/src/postgres")
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

/// The errors that a C file reports: the name of each one's code, the file, and the format of its message.
fn errors<'a>(text: &str, file: &'a str) -> Vec<(String, &'a str, String)> {
    let mut found = Vec::new();
    for behind in text.split("errcode(ERRCODE_").skip(1) {
        let Some((name, rest)) = behind.split_once(')') else { continue };
        // The message belongs to the code if no other statement comes between.
        let report = rest.split(';').next().unwrap_or("");
        let Some((_, message)) = report.split_once("errmsg(\"") else { continue };
        found.push((name.to_owned(), file, c_string(message)));
    }
    found
}

/// A C string constant, behind its first quote.
fn c_string(text: &str) -> String {
    let mut string = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => string.extend(chars.next()),
            c => string.push(c),
        }
    }
    string
}

/// PostgreSQL's names of SQLSTATEs, and those.
fn error_codes(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("#define ERRCODE_")?.split_once(" MAKE_SQLSTATE(")?;
            Some((name.to_owned(), value.chars().filter(char::is_ascii_alphanumeric).collect()))
        })
        .collect()
}
