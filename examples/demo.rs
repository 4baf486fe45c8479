//! What an editor shows for the small shop in tests/demo: a real session with the real server, printed as text.
//!
//! Everything that is shown is checked as well; what is missing ends the demo with an error.

#[path = "support/client.rs"]
mod client;
#[path = "../tests/support/postgres.rs"]
mod postgres;

#[path = "../tests/support/files.rs"]
mod files;

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use client::{Client, uri};
use serde_json::{Value, json};

const CURSOR: char = '▏';

fn main() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let shop = temp.path().canonicalize().expect("it exists").join("shop");
    files::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/demo/shop"), &shop);
    let mut show = Show { color: std::io::stdout().is_terminal(), missing: Vec::new() };

    show.title("Without a database: the schema is what the migrations make of it");
    let mut client = Client::start(&shop, json!({ "database": { "enabled": false } }));
    show.migration(&mut client, &shop, "0006_order_numbers.sql", &["ACCESS EXCLUSIVE on orders · rewrites"]);
    show.migration(&mut client, &shop, "0008_large_amounts.sql", &["ACCESS EXCLUSIVE on payments"]);
    show.diagnostics(&mut client, &shop);
    show.completions(&mut client, &shop);
    show.hovers(&mut client, &shop);
    show.action(&mut client, &shop, false);
    show.check(client.stop(), "the server ends by the book");

    match [18, 17, 16, 15].into_iter().find(|major| postgres::find_binaries(*major).is_some()) {
        Some(major) => show.live(major, &shop),
        None => show
            .title("No PostgreSQL is installed here: .ci/install.sh postgres would show plan estimates too"),
    }

    if !show.missing.is_empty() {
        eprintln!("\nThe demo misses something:");
        for what in &show.missing {
            eprintln!("  {what}");
        }
        std::process::exit(1);
    }
}

/// Line and UTF-16 character of a place in a text.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    (text[..offset].matches('\n').count(), text[start..offset].encode_utf16().count())
}

fn find(text: &str, needle: &str) -> (usize, usize) {
    position(text, text.find(needle).unwrap_or_else(|| panic!("the demo has no {needle}")))
}

fn strings<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().into_iter().flatten().filter_map(|item| item[key].as_str()).collect()
}

/// What is printed, and what was to be seen and was not.
struct Show {
    color: bool,
    missing: Vec<String>,
}

impl Show {
    fn check(&mut self, found: bool, what: &str) {
        if !found {
            self.missing.push(what.to_owned());
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn title(&self, text: &str) {
        println!("\n{}", self.paint("1;4", text));
    }

    fn heading(&self, what: &str, file: &str) {
        println!("\n{} {}", self.paint("1", what), self.dim(file));
    }

    fn source(&self, number: usize, line: &str) {
        println!("{} {line}", self.dim(&format!("{number:>3} │")));
    }

    fn note(&self, column: usize, text: &str) {
        println!("{} {}{text}", self.dim("    │"), " ".repeat(column));
    }

    fn boxed(&self, markdown: &str) {
        for line in markdown.trim().lines().filter(|line| !line.trim().is_empty()) {
            println!("      {} {line}", self.paint("36", "┃"));
        }
    }

    fn migration(&mut self, client: &mut Client, shop: &Path, name: &str, expected: &[&str]) {
        let file = format!("db/migrations/{name}");
        self.heading("Inlay hints", &file);
        let path = shop.join(&file);
        let text = fs::read_to_string(&path).expect("a migration of the demo");
        client.open(&path, &text);
        let hints = self.hints(client, &path, &text);
        for (n, line) in text.lines().enumerate() {
            let labels: Vec<&str> =
                hints.iter().filter(|(line, _)| *line == n).map(|(_, label)| label.as_str()).collect();
            let hint = match labels.is_empty() {
                true => String::new(),
                false => self.paint("33", &format!("  ⟨{}⟩", labels.join(", "))),
            };
            self.source(n + 1, &format!("{line}{hint}"));
        }
        for label in expected {
            let seen = hints.iter().any(|(_, seen)| seen.starts_with(label));
            self.check(seen, &format!("the hint {label} in {name}, where there is {hints:?}"));
        }
    }

    fn hints(&self, client: &mut Client, path: &Path, text: &str) -> Vec<(usize, String)> {
        let end = json!({ "line": text.lines().count(), "character": 0 });
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": end });
        let hints = client.request(
            "textDocument/inlayHint",
            json!({ "textDocument": { "uri": uri(path) }, "range": range }),
        );
        let line = |hint: &Value| hint["position"]["line"].as_u64().unwrap_or(0) as usize;
        let label = |hint: &Value| hint["label"].as_str().unwrap_or_default().to_owned();
        hints.as_array().into_iter().flatten().map(|hint| (line(hint), label(hint))).collect()
    }

    fn diagnostics(&mut self, client: &mut Client, shop: &Path) {
        let file = "queries/orders_by_customer.sql";
        self.heading("Diagnostics and their fixes", file);
        let path = shop.join(file);
        let text = fs::read_to_string(&path).expect("a query of the demo");
        let found = client.open(&path, &text);
        let found = found.as_array().cloned().unwrap_or_default();
        let mut seen = Vec::new();
        for (n, line) in text.lines().enumerate() {
            self.source(n + 1, line);
            for diagnostic in found.iter().filter(|it| it["range"]["start"]["line"] == n) {
                let range = &diagnostic["range"];
                let start = range["start"]["character"].as_u64().unwrap_or(0) as usize;
                let end = range["end"]["character"].as_u64().unwrap_or(0) as usize;
                let code = diagnostic["code"].as_str().unwrap_or_default();
                let message = diagnostic["message"].as_str().unwrap_or_default();
                let carets = "^".repeat(end.saturating_sub(start).max(1));
                let mut lines = message.lines();
                let first = format!("{carets} {code}: {}", lines.next().unwrap_or_default());
                self.note(start, &self.paint("31", &first));
                for line in lines {
                    self.note(start, &self.paint("31", line));
                }
                let actions = self.actions(client, &path, range.clone());
                for title in strings(&actions, "title") {
                    self.note(start, &self.paint("32", &format!("fix: {title}")));
                    seen.push(format!("{code} {title}"));
                }
            }
        }
        self.check(
            seen == ["42703 Change to `total_cents`"],
            &format!("the one typo with its fix, where there is {seen:?}"),
        );
    }

    fn actions(&self, client: &mut Client, path: &Path, range: Value) -> Value {
        client.request(
            "textDocument/codeAction",
            json!({ "textDocument": { "uri": uri(path) }, "range": range, "context": { "diagnostics": [] } }),
        )
    }

    fn completions(&mut self, client: &mut Client, shop: &Path) {
        let cases = [
            ("SELECT o.▏ FROM orders o;", "total_cents"),
            ("SELECT * FROM orders o JOIN order_items i ON ▏", "i.order_id = o.id"),
            ("SELECT * FROM warehouse.▏", "inventory"),
            ("UPDATE products SET pri▏", "price_cents"),
        ];
        self.heading(&format!("Completion at {CURSOR}"), "");
        for (n, (marked, expected)) in cases.into_iter().enumerate() {
            let path = shop.join(format!("queries/scratch_{n}.sql"));
            let at = marked.find(CURSOR).expect("a cursor");
            let text = marked.replace(CURSOR, "");
            client.open(&path, &text);
            let answer = client.at("textDocument/completion", &path, position(&text, at));
            let items = answer.get("items").unwrap_or(&answer).as_array().cloned().unwrap_or_default();
            self.source(1, &marked.replace(CURSOR, &self.paint("1;35", &CURSOR.to_string())));
            let column = marked[..at].chars().count();
            for item in items.iter().take(5) {
                let label = item["label"].as_str().unwrap_or_default();
                let detail = item["detail"].as_str().unwrap_or_default();
                let detail = detail.lines().next().unwrap_or_default();
                self.note(column, format!("{label:<22} {}", self.dim(detail)).trim_end());
            }
            if items.len() > 5 {
                self.note(column, &self.dim(&format!("… {} more", items.len() - 5)));
            }
            let seen = items.iter().any(|item| item["label"] == expected);
            self.check(seen, &format!("{expected} in the list for {marked}"));
        }
    }

    fn hovers(&mut self, client: &mut Client, shop: &Path) {
        let file = "queries/open_orders.sql";
        let path = shop.join(file);
        let text = fs::read_to_string(&path).expect("a query of the demo");
        client.open(&path, &text);
        self.heading("Hover on the table orders", file);
        self.hover(client, &path, find(&text, "orders\nWHERE"), &["total_cents", "One row per checkout"]);
        self.heading("Hover on the column total_cents", file);
        self.hover(client, &path, find(&text, "total_cents"), &["bigint", "Sum of the items"]);
    }

    fn hover(&mut self, client: &mut Client, path: &Path, at: (usize, usize), expected: &[&str]) {
        let answer = client.at("textDocument/hover", path, at);
        let markdown = answer["contents"]["value"].as_str().unwrap_or_default();
        self.boxed(markdown);
        for part in expected {
            self.check(markdown.contains(part), &format!("“{part}” in the hover {markdown:?}"));
        }
    }

    fn action(&mut self, client: &mut Client, shop: &Path, live: bool) {
        let file = "queries/open_orders.sql";
        let path = shop.join(file);
        let text = fs::read_to_string(&path).expect("a query of the demo");
        let (line, character) = find(&text, "status = 'pending'");
        let at = json!({ "line": line, "character": character });
        self.heading(
            "Code action",
            &format!("{file}, on the condition {}", text.lines().nth(line).unwrap_or("")),
        );
        let actions = self.actions(client, &path, json!({ "start": at, "end": at }));
        let actions = actions.as_array().cloned().unwrap_or_default();
        let title = |action: &Value| action["title"].as_str().unwrap_or_default().to_owned();
        let advice = actions.iter().find(|action| title(action).starts_with("Add partial index"));
        self.check(advice.is_some(), "the partial index for open_orders.sql");
        let Some(advice) = advice else { return };
        println!("      {}", self.paint("32", &format!("“{}”", title(advice))));
        if live {
            let shown = title(advice);
            self.check(shown.contains("% of rows"), &format!("the selectivity in the title {shown}"));
            return;
        }
        let changes = &advice["edit"]["documentChanges"];
        let created = changes[0]["uri"].as_str().unwrap_or_default();
        let created = created.strip_prefix(&format!("{}/", uri(shop))).unwrap_or(created);
        let sql = changes[1]["edits"][0]["newText"].as_str().unwrap_or_default();
        println!("      {}", self.dim(&format!("a new file {created}:")));
        for (n, line) in sql.lines().enumerate() {
            self.source(n + 1, line);
        }
        self.check(created.starts_with("db/migrations/0013_"), "the next migration's name");
        self.check(
            sql.contains("(customer_id, created_at) WHERE status = 'pending';"),
            &format!("the index in {sql}"),
        );
    }

    /// The same with a server of its own that the migrations ran on.
    fn live(&mut self, major: u32, shop: &Path) {
        self.title(&format!("With a database: a throwaway PostgreSQL {major} that the migrations ran on"));
        let server = postgres::Postgres::start(major);
        server.create_database("shop");
        let folder = shop.join("db/migrations");
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .expect("migrations")
            .map(|entry| entry.expect("a migration").path())
            .collect();
        files.sort();
        files.push(shop.join("db/seed.sql"));
        for file in files {
            server.execute_in("shop", &fs::read_to_string(&file).expect("a migration"));
        }
        server.execute_in("shop", "VACUUM ANALYZE");

        let mut client = Client::start(shop, json!({ "database": { "url": server.url("shop") } }));
        let file = "queries/open_orders.sql";
        let path = shop.join(file);
        let text = fs::read_to_string(&path).expect("a query of the demo");
        client.open(&path, &text);
        let read = client.wait_for(|client| client.status["database"]["state"] == "connected");
        self.check(read, &format!("a connection, where there is {} {:?}", client.status, client.messages));
        // The schema is there a moment after the connection.
        let start = std::time::Instant::now();
        let orders = find(&text, "orders\nWHERE");
        while start.elapsed().as_secs() < 30 {
            let hover = client.at("textDocument/hover", &path, orders);
            if hover["contents"]["value"].as_str().is_some_and(|markdown| markdown.contains("rows")) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        self.heading("Hover on SELECT: what the planner expects", file);
        for (n, line) in text.lines().enumerate() {
            self.source(n + 1, line);
        }
        self.hover(&mut client, &path, find(&text, "SELECT"), &["Plan estimate", "cost", "orders", "◀"]);
        self.heading("Hover on the table orders, the first lines", file);
        let answer = client.at("textDocument/hover", &path, orders);
        let markdown = answer["contents"]["value"].as_str().unwrap_or_default();
        let lines: Vec<&str> = markdown.lines().filter(|line| !line.trim().is_empty()).collect();
        let sizes = lines.iter().find(|line| line.contains("rows")).copied().unwrap_or_default();
        self.boxed(sizes);
        self.check(sizes.contains("40,000 rows"), &format!("rows and size in the hover {markdown:?}"));
        self.migration(
            &mut client,
            shop,
            "0006_order_numbers.sql",
            &["ACCESS EXCLUSIVE on orders · rewrites · about 40,000 rows"],
        );
        self.action(&mut client, shop, true);
        self.check(client.stop(), "the server ends by the book");
    }
}
