//! Edits and requests in one burst: each answer is that of a model which takes them one after the other.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pgwright::analysis::timeline::{Means, Timeline, Work};
use pgwright::catalog::Catalog;
use pgwright::syntax::{Dialect, ParseCache, Script};
use serde_json::{Value, json};

use super::client::{Client, capabilities, uri};
use super::files::folder;

const TABLE: &str = "create table t (alpha int, beta int);\n";

/// What is wrong in `text`, as the wire has it: made from nothing, without the server.
fn model(text: &str) -> Vec<(u64, u64, String)> {
    let script = Script::from(text);
    let (cache, work, cancelled) = (ParseCache::default(), Work::default(), AtomicBool::new(false));
    let means =
        Means { cache: &cache, work: &work, cancelled: &cancelled, dialect: Dialect::UNKNOWN, reader: None };
    let base = Arc::new(Catalog::unknown());
    let timeline = Timeline::update(None, &script, &base, None, &means).unwrap();
    let diagnostics = timeline.diagnostics().into_iter();
    diagnostics
        .map(|diagnostic| {
            let position =
                script.document().position(diagnostic.span.start, pgwright::text::PositionEncoding::Utf16);
            let message = diagnostic.message.lines().next().unwrap_or_default().to_owned();
            (position.line.into(), position.character.into(), message)
        })
        .collect()
}

fn answer(result: &Value) -> Vec<(u64, u64, String)> {
    let items = result["items"].as_array().unwrap_or_else(|| panic!("{result}"));
    items
        .iter()
        .map(|item| {
            let start = &item["range"]["start"];
            let message = item["message"].as_str().unwrap().lines().next().unwrap().to_owned();
            (start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap(), message)
        })
        .collect()
}

/// A small generator, so that a run can be told again.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Sends 500 edits, each followed at once by a request, and counts the answers that differ from the model's. With
/// `delayed`, every tenth edit goes out behind the request that should see it.
async fn burst(delayed: bool) -> usize {
    let dir = folder(&[]);
    let path = dir.path().join("q.sql");
    let mut pulling = capabilities();
    pulling["textDocument"]["diagnostic"] = json!({});
    let mut client = Client::start_with(&[dir.path()], pulling, Value::Null).await;
    let mut text = format!("{TABLE}select alpha from t;\n-- é😀\nselect beta from t;\n");
    client.open(&path, &text).await;

    let pieces =
        ["alpha", "gamma", ";", "\n", "é", "😀", "select beta from t;", " from ", "'", "beta", ",", "(", ")"];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut waiting = Vec::new();
    for n in 0..500 {
        // Positions count from the table on, so that it stays.
        let boundaries: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .filter(|at| *at >= TABLE.len())
            .collect();
        let from = random.below(boundaries.len());
        let to = (from + random.below(4)).min(boundaries.len() - 1);
        let (start, end) = (boundaries[from], boundaries[to]);
        let piece = pieces[random.below(pieces.len())];
        let document = pgwright::text::Document::from(text.as_str());
        let range =
            document.range(pgwright::text::Span::new(start, end), pgwright::text::PositionEncoding::Utf16);
        let change = json!([{"range": range, "text": piece}]);
        text.replace_range(start..end, piece);
        let params = json!({"textDocument": {"uri": uri(&path)}});
        if delayed && n % 10 == 0 {
            let (_, receiver) = client.begin("textDocument/diagnostic", params).await;
            client.change(&path, n + 2, change).await;
            waiting.push((model(&text), receiver));
        } else {
            client.change(&path, n + 2, change).await;
            let (_, receiver) = client.begin("textDocument/diagnostic", params).await;
            waiting.push((model(&text), receiver));
        }
        // Long texts only make the model slow.
        if text.len() > 2000 {
            let document = pgwright::text::Document::from(text.as_str());
            let whole = pgwright::text::Span::new(TABLE.len(), text.len());
            let range = document.range(whole, pgwright::text::PositionEncoding::Utf16);
            client.change(&path, n + 2, json!([{"range": range, "text": ""}])).await;
            text.truncate(TABLE.len());
        }
    }
    let mut wrong = 0;
    for (expected, receiver) in waiting {
        let message = receiver.await.unwrap();
        if answer(&message["result"]) != expected {
            wrong += 1;
        }
    }
    assert_eq!(client.stop().await, 0);
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_that_of_the_text_at_its_arrival() {
    assert_eq!(burst(false).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_comes_late_is_noticed() {
    assert_ne!(burst(true).await, 0, "the comparison above would not notice an edit out of order");
}
