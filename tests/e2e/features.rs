//! Completion, hover, hints and actions over the wire, on the demo's shop.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Client, uri};
use super::files::folder;

/// A copy of the demo's shop, so that nothing that a test writes stays.
fn shop() -> tempfile::TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/demo/shop");
    let dir = folder(&[]);
    super::files::copy(&from, dir.path());
    dir
}

async fn with(dir: &Path, text: &str) -> (Client, PathBuf) {
    let client = Client::start(dir).await;
    let path = dir.join("queries/scratch.sql");
    client.open(&path, text).await;
    (client, path)
}

/// The labels that completion offers where `|` stands.
async fn labels(dir: &Path, text: &str) -> Vec<String> {
    let at = text.find('|').unwrap();
    let (mut client, path) = with(dir, &text.replacen('|', "", 1)).await;
    let line = text[..at].matches('\n').count() as u32;
    let character = (at - text[..at].rfind('\n').map_or(0, |n| n + 1)) as u32;
    let found = client.position("textDocument/completion", &path, line, character).await;
    assert_eq!(client.stop().await, 0);
    let items = found["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn completion_offers_what_may_stand_there() {
    let shop = shop();
    let dir = shop.path();
    for (text, some, none) in [
        ("select o.| from orders o;", &["customer_id", "total_cents"][..], &["email", "FROM"][..]),
        ("select | from orders o", &["customer_id", "o", "CASE"], &["email"]),
        ("select * from |", &["orders", "customers", "public"], &["customer_id"]),
        ("select * from ord|", &["orders", "order_items"], &["customers"]),
        ("select * from orders o where o.customer_id = 1 and |", &["status", "NOT"], &["orders"]),
        ("select * from orders o join customers c on |", &["o.customer_id = c.id"], &[]),
        ("with open as (select id from orders) select | from open", &["id"], &["status"]),
        ("with open as (select id from orders) select * from op|", &["open"], &[]),
        ("insert into orders (|", &["customer_id", "status"], &[]),
        ("update orders set |", &["status"], &[]),
        ("update orders set status = 'paid' where |", &["customer_id"], &[]),
        ("select * from orders order by |", &["created_at"], &[]),
        ("alter table |", &["orders"], &[]),
        ("|", &["SELECT", "ALTER"], &["WHERE"]),
        ("select 1;\n|", &["SELECT"], &["FROM"]),
        ("select * from orders |", &["WHERE", "LEFT JOIN", "ORDER BY", "UNION ALL"], &["TABLE", "ORDER"]),
        ("select * from orders where status is |", &["NOT NULL", "DISTINCT FROM"], &["SELECT"]),
        ("insert into orders values (1) on conflict |", &["DO NOTHING", "DO UPDATE SET"], &["orders"]),
        ("select * from orders o w|", &["where"], &["status"]),
        ("create table |", &["IF NOT EXISTS"], &["orders", "SELECT", "ABORT"]),
        ("create table nov|", &[], &["orders"]),
        ("drop table |", &["orders", "IF EXISTS"], &["customer_id"]),
        ("drop index |", &["IF EXISTS", "CONCURRENTLY"], &["orders"]),
        ("alter table orders drop constraint |", &["orders_pkey"], &["orders", "status"]),
        ("alter type order_status rename value |", &["paid"], &["orders"]),
        ("select , , from where id = (select * from |", &["orders"], &["customer_id"]),
        ("select 'or|' from orders", &[], &["orders", "o"]),
        ("-- or|\nselect 1", &[], &["orders"]),
        ("select o.id, 'é|", &[], &["orders"]),
        ("select * from orders where status = 'é😀' and cust|", &["customer_id"], &[]),
        (
            "create function f(amount int) returns int language plpgsql as $$\ndeclare é int;\nbegin\n  |\nend $$;",
            &["RETURN", "IF", "END", "é"],
            &["END IF", "customer_id"],
        ),
        (
            "create function f(amount int) returns int language plpgsql as '\nbegin\n  perform ''x'', | from orders;\nend';",
            &["customer_id", "amount"],
            &["email", "RETURN"],
        ),
        ("do $$ begin perform 1 from |", &["orders"], &["IF"]),
        ("create function f(x int) returns int language sql as $$ select |", &["x"], &["BEGIN"]),
    ] {
        let found = labels(dir, text).await;
        for label in some {
            assert!(found.iter().any(|found| found == label), "{text}: no {label} in {found:?}");
        }
        for label in none {
            assert!(!found.iter().any(|found| found == label), "{text}: {label} in {found:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_needs_quotes_gets_them() {
    let dir = folder(&[(
        "migrations/1.sql",
        "create table \"Order\" (\"User Id\" int, \"select\" int, plain int);",
    )]);
    let (mut client, path) = with(dir.path(), "select  from \"Order\"").await;
    let found = client.position("textDocument/completion", &path, 0, 7).await;
    let inserts: Vec<&str> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["textEdit"]["newText"].as_str().unwrap())
        .collect();
    for insert in ["\"User Id\"", "\"select\"", "plain", "\"Order\""] {
        assert!(inserts.contains(&insert), "{inserts:?}");
    }
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn hover_says_what_a_name_is() {
    let shop = shop();
    let (mut client, path) = with(shop.path(), "select o.status, count(*) from orders o group by 1;").await;
    let mut text = async |character: u32| {
        let found = client.position("textDocument/hover", &path, 0, character).await;
        found["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    assert!(text(10).await.contains("orders.status order_status not null"));
    let table = text(33).await;
    assert!(table.contains("**table** `public.orders`") && table.contains("total_cents"), "{table}");
    assert!(text(18).await.contains("count("));
    // Without a database a query has no plan.
    assert_eq!(text(2).await, "");
    assert_eq!(client.stop().await, 0);
}

async fn actions(client: &mut Client, path: &Path, line: u32, character: u32) -> Vec<Value> {
    let position = json!({"line": line, "character": character});
    let params = json!({
        "textDocument": {"uri": uri(path)}, "range": {"start": position, "end": position},
        "context": {"diagnostics": []}
    });
    client.request("textDocument/codeAction", params).await.as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_misspelt_column_has_its_fix() {
    let shop = shop();
    let (mut client, path) = with(shop.path(), "select totl_cents from orders;").await;
    let found = actions(&mut client, &path, 0, 9).await;
    assert_eq!(found[0]["title"], "Change to `total_cents`");
    assert_eq!(found[0]["kind"], "quickfix");
    let edit = &found[0]["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!((&edit["newText"], &edit["range"]["start"]["character"]), (&json!("total_cents"), &json!(7)));
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn a_partial_index_becomes_a_migration() {
    let shop = shop();
    let query = "select id from orders where status = 'pending' and customer_id = $1 order by created_at;";
    let (mut client, path) = with(shop.path(), query).await;
    let found = actions(&mut client, &path, 0, 30).await;
    let action =
        found.iter().find(|action| action["title"].as_str().unwrap().starts_with("Add partial index"));
    let action = action.unwrap_or_else(|| panic!("{found:?}"));
    let changes = &action["edit"]["documentChanges"];
    assert_eq!(changes[0]["kind"], "create");
    let created = changes[0]["uri"].as_str().unwrap();
    assert!(created.contains("/db/migrations/0013_add_"), "{created}");
    let text = changes[1]["edits"][0]["newText"].as_str().unwrap();
    assert!(
        text.starts_with("CREATE INDEX CONCURRENTLY") && text.contains("WHERE status = 'pending'"),
        "{text}"
    );

    // With the index there is nothing more to offer.
    let migration = PathBuf::from(created.strip_prefix("file://").unwrap());
    fs::write(&migration, text).unwrap();
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": created, "type": 1}]})).await;
    client.forget();
    client.change(&path, 2, json!([{"text": format!("{query} selec")}])).await;
    client.diagnostics(&path, 2).await;
    for _ in 0..100 {
        let found = actions(&mut client, &path, 0, 30).await;
        if !found.iter().any(|action| action["title"].as_str().unwrap().starts_with("Add partial index")) {
            assert_eq!(client.stop().await, 0);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the index is offered although it exists");
}

#[tokio::test]
async fn hints_tell_locks_and_work() {
    let dir = folder(&[
        ("migrations/1.sql", "create table users (id int, name text);\n"),
        (
            "migrations/2.sql",
            "alter table users alter column id type bigint;\ncreate table fresh (a int);\nalter table fresh add b int;\n",
        ),
    ]);
    let mut client = Client::start(dir.path()).await;
    let path = dir.path().join("migrations/2.sql");
    client.open(&path, &fs::read_to_string(&path).unwrap()).await;
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    let hints = client
        .request("textDocument/inlayHint", json!({"textDocument": {"uri": uri(&path)}, "range": range}))
        .await;
    let hints = hints.as_array().unwrap();
    assert_eq!(hints.len(), 1, "{hints:?}");
    assert_eq!(hints[0]["label"], "ACCESS EXCLUSIVE on users · rewrites");
    assert_eq!(hints[0]["position"], json!({"line": 0, "character": 46}));
    assert!(hints[0]["tooltip"]["value"].as_str().unwrap().len() > 40);
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn two_mistakes_are_on_their_two_tokens_and_their_fixes_mend_them() {
    let shop = shop();
    let lines =
        ["select id, total_cents,", "from orders", "where (customer_id = 1", "oder by id;", "select 1;"];
    let mut text = lines.join("\n");
    let (mut client, path) = with(shop.path(), &text).await;
    let found = client.diagnostics_where(&path, |found| found.len() == 2).await;
    let place = |n: usize| (&found[n]["range"]["start"]["line"], &found[n]["message"]);
    let message = json!("syntax error at or near \"from\"\nHINT: one comma too many");
    assert_eq!(place(0), (&json!(1), &message));
    assert_eq!(found[1]["range"]["start"], json!({"line": 3, "character": 0}));
    assert_eq!(found[1]["range"]["end"], json!({"line": 3, "character": 4}));

    let mut edits = Vec::new();
    for diagnostic in &found {
        let start = &diagnostic["range"]["start"];
        let (line, character) = (start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap());
        let actions = actions(&mut client, &path, line as u32, character as u32 + 1).await;
        let action = actions.iter().find(|action| action["kind"] == "quickfix").unwrap();
        assert_eq!(action["diagnostics"], json!([diagnostic]));
        edits.extend(action["edit"]["documentChanges"][0]["edits"].as_array().unwrap().clone());
    }
    for edit in edits.iter().rev() {
        let at = |place: &Value| {
            let line = place["line"].as_u64().unwrap() as usize;
            text.split_inclusive('\n').take(line).map(str::len).sum::<usize>()
                + place["character"].as_u64().unwrap() as usize
        };
        let range = at(&edit["range"]["start"])..at(&edit["range"]["end"]);
        text.replace_range(range, edit["newText"].as_str().unwrap());
    }
    client.change(&path, 2, json!([{"text": text}])).await;
    assert_eq!(client.diagnostics(&path, 2).await, Vec::<Value>::new(), "{text}");
    assert_eq!(client.stop().await, 0);
}

#[tokio::test]
async fn a_bracket_that_is_not_closed_is_told_with_its_line() {
    let shop = shop();
    let (client, path) = with(shop.path(), "select 1;\n\nselect (\n  1 + 2\nfrom orders;").await;
    let found = client.diagnostics_where(&path, |found| found.len() == 1).await;
    let message = "syntax error at or near \"from\"\nHINT: expected ) to close ( at line 3";
    assert_eq!(found[0]["message"], message);
    let related = &found[0]["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], uri(&path));
    assert_eq!(related["location"]["range"]["start"], json!({"line": 2, "character": 7}));
    assert_eq!(client.stop().await, 0);
}
