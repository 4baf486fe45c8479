//! A module uses only what stands above it in `src/lib.rs`. Read from the source, so that no build is needed to tell.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// The layers, lowest level of knowledge first; each may use those before it.
const LAYERS: [&str; 12] = [
    "text",
    "syntax",
    "catalog",
    "analysis",
    "effects",
    "plan",
    "lint",
    "ide",
    "workspace",
    "database",
    "lsp",
    "cli",
];

/// What a file may not do: `(line, what)`.
type Breaches = Vec<(usize, String)>;

/// The paths `crate::…` of a file.
struct Uses {
    found: Vec<(usize, Vec<String>)>,
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(path.segments.first().map_or(0, |first| first.ident.span().start().line), segments);
        syn::visit::visit_path(self, path);
    }
}

impl Uses {
    fn tree(&mut self, prefix: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                let line = path.ident.span().start().line;
                self.note(line, prefix.clone());
                self.tree(prefix, &path.tree);
                prefix.pop();
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(prefix, tree);
                }
            }
            syn::UseTree::Name(name) => {
                prefix.push(name.ident.to_string());
                self.note(name.ident.span().start().line, prefix.clone());
                prefix.pop();
            }
            syn::UseTree::Rename(name) => {
                prefix.push(name.ident.to_string());
                self.note(name.ident.span().start().line, prefix.clone());
                prefix.pop();
            }
            syn::UseTree::Glob(_) => {}
        }
    }

    fn note(&mut self, line: usize, segments: Vec<String>) {
        self.found.push((line, segments));
    }
}

/// What the file of `layer` does that it may not.
fn breaches(layer: &str, source: &str) -> Breaches {
    let file = syn::parse_file(source).expect("the source parses");
    let mut uses = Uses { found: Vec::new() };
    uses.visit_file(&file);
    let level = LAYERS.iter().position(|name| *name == layer).expect("a known layer");
    let mut breaches = Breaches::new();
    for (line, segments) in uses.found {
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        if let ["crate", other, ..] = path[..]
            && let Some(used) = LAYERS.iter().position(|name| *name == other)
            && used > level
        {
            breaches.push((line, format!("{layer} uses {other}, which stands below it")));
        }
        let outside = path.first().copied().unwrap_or("");
        if outside == "pg_query" && layer != "syntax" {
            breaches.push((line, format!("{layer} uses pg_query; only syntax may")));
        }
        if outside == "tower_lsp_server" && layer != "lsp" {
            breaches.push((line, format!("{layer} uses the protocol's types; only lsp may")));
        }
        if matches!(outside, "tokio_postgres" | "rustls") && layer != "database" {
            breaches.push((line, format!("{layer} uses the database's driver; only database may")));
        }
    }
    breaches.sort();
    breaches.dedup();
    breaches
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_layer_reaches_up() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut said = Vec::new();
    let mut seen = 0;
    for layer in LAYERS {
        let mut found = Vec::new();
        files(&src.join(layer), &mut found);
        for path in found {
            seen += 1;
            let source = fs::read_to_string(&path).expect("readable");
            for (line, what) in breaches(layer, &source) {
                said.push(format!("{}:{line}: {what}", path.strip_prefix(&src).unwrap().display()));
            }
        }
    }
    assert!(seen > LAYERS.len(), "the layers' folders are not where they were");
    assert!(said.is_empty(), "\n{}\n(the order stands in src/lib.rs)", said.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&src, &mut found);
    let silent: Vec<_> = found
        .iter()
        .filter(|path| !fs::read_to_string(path).expect("readable").starts_with("//! "))
        .collect();
    assert!(silent.is_empty(), "no first sentence: {silent:?}");
}

#[test]
fn the_order_is_that_of_the_library() {
    let source =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("readable");
    let named: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "))
        .map(|name| name.trim_end_matches(';'))
        .collect();
    assert_eq!(named, LAYERS);
}

#[test]
fn what_reaches_up_is_found() {
    for (layer, source, expected) in [
        ("text", "use crate::syntax::Script;", "text uses syntax"),
        ("ide", "use crate::{text::Span, lsp::server};", "ide uses lsp"),
        ("catalog", "fn f() { crate::analysis::analyze() }", "catalog uses analysis"),
        ("catalog", "use pg_query::protobuf;", "only syntax may"),
        ("ide", "fn f(x: tower_lsp_server::ls_types::Range) {}", "only lsp may"),
        ("workspace", "use tokio_postgres::Client;", "only database may"),
        ("syntax", "mod m { use crate::ide as other; }", "syntax uses ide"),
    ] {
        let found = breaches(layer, source);
        assert!(found.iter().any(|(_, what)| what.contains(expected)), "{source}: {found:?}");
    }
    assert!(breaches("lsp", "use crate::ide::hover; use tower_lsp_server::Client;").is_empty());
}
