//! How fast the server answers and how much memory it takes, beside the time that PostgreSQL's parser alone needs for
//! the same text.
//!
//! Everything is measured from outside, on the built program and over its pipes, as an editor would see it, but for what
//! a single statement takes. Arguments name the parts to measure (facts, introspection, history, analysis, keys, opening,
//! answers, statements, check, demo); without one, all are.

#[path = "support/analysis.rs"]
mod analysis;
#[path = "support/client.rs"]
mod client;
#[path = "support/history.rs"]
mod history;
#[path = "support/introspection.rs"]
mod introspection;
#[path = "../tests/support/postgres.rs"]
mod postgres;
#[path = "support/syntax.rs"]
mod syntax;
#[path = "support/texts.rs"]
mod texts;

#[path = "../tests/support/files.rs"]
mod files;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use client::{Client, is_of_databases, server_program, uri};
use pgwright::syntax::Script;
use pgwright::syntax::grammar::{self, ParseMode};
use serde_json::{Value, json};
use texts::{dump, generate, migration};

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEYSTROKES: usize = 120;
/// The pause between two keys: of a key that is held down, and of a good typist.
const FAST: Duration = Duration::from_millis(15);
const SLOW: Duration = Duration::from_millis(150);
/// Where is typed: what is there, and what that is called.
const QUERY: (&str, &str) = ("WHERE a.created_at", "a query");
const DEFINITION: (&str, &str) = ("WHERE status = 'new'", "a CREATE INDEX");
const QUESTIONS: usize = 120;
const MIGRATIONS: usize = 300;
const HISTORY: usize = 350;

fn main() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let root = temp.path().canonicalize().expect("it exists");

    let parts: Vec<String> = std::env::args().skip(1).collect();
    let measures = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    // First, while nothing else has touched the memory of this process.
    if measures("facts") {
        facts();
    }
    if measures("introspection") {
        introspected();
    }
    if measures("history") {
        folded(&root);
    }
    if measures("analysis") {
        analyzed();
    }
    if measures("keys") {
        all_keystrokes(&root);
    }
    if measures("opening") {
        all_openings(&root);
    }
    if measures("answers") {
        println!("Answers in the 600 kB file ({QUESTIONS} questions each)\n");
        println!("| request | p50 | p95 | p95 ÷ floor |");
        println!("|---|---|---|---|");
        questions(&root);
    }
    if measures("statements") {
        statements();
    }
    if measures("check") {
        println!("\n`pgwright check` on a folder of {MIGRATIONS} migrations\n");
        println!("| text | floor¹ | time | ÷ floor | peak memory |");
        println!("|---|---|---|---|---|");
        check(&root);
    }
    if measures("demo") {
        println!("\nThe demo's shop\n");
        println!("| start-up² p50 | p95 | memory when idle |");
        println!("|---|---|---|");
        demo(&root);
        println!("\n² from starting the process to the first diagnostics of a file");
    }
}

/// What this process has in memory, in kB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the memory is told");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("in kB")
}

/// Reads every table of what PostgreSQL itself brings, and makes all its relations.
fn facts() {
    let (before, start) = (resident(), Instant::now());
    let facts = pgwright::catalog::builtin::facts();
    let rows = [
        facts.types.all().len(),
        facts.casts.all().len(),
        facts.functions.all().len(),
        facts.operators.all().len(),
        facts.classes.all().len(),
        facts.objects.all().len(),
        facts.settings.all().len(),
        facts.relations.all().iter().map(|relation| relation.relation(18).columns.len()).sum(),
    ];
    assert!(facts.extension("hstore").is_some());
    let (time, after) = (start.elapsed(), resident());
    println!(
        "All facts about PostgreSQL: {} rows in {:.1} ms, {:.1} MB\n",
        rows.iter().sum::<usize>(),
        time.as_secs_f64() * 1e3,
        (after - before) as f64 / 1024.0
    );
    let (before, start) = (resident(), Instant::now());
    let postgis = facts.extension("postgis").expect("it is known");
    let members = postgis.members(None, &[("postgis".into(), "public".into())]);
    let (time, after) = (start.elapsed(), resident());
    println!(
        "The largest extension, PostGIS: {} objects in {:.1} ms, {:.1} MB\n",
        members.len(),
        time.as_secs_f64() * 1e3,
        (after - before) as f64 / 1024.0
    );
}

/// The history that `PGWRIGHT_BENCH_HISTORY` names, or one of generated migrations.
fn folded(root: &Path) {
    let folder = match std::env::var_os("PGWRIGHT_BENCH_HISTORY") {
        Some(folder) => folder.into(),
        None => {
            let folder = root.join("history");
            let migrations = folder.join("migrations");
            fs::create_dir_all(&migrations).expect("a folder");
            for n in 0..HISTORY {
                fs::write(migrations.join(format!("{:04}_step.sql", n + 1)), migration(n))
                    .expect("a migration");
            }
            folder
        }
    };
    let mut part = history::measure(&folder, floor, resident);
    println!("Folding a history, within the process\n");
    println!(
        "| files | statements | parses | text | floor¹ | at first | ÷ floor | trees at hand | after an edit in the last file p50 | p95 | memory | without trees |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    println!(
        "| {} | {} | {} | {:.0} kB | {} | {} | {} | {} | {} | {} | {:.1} MB | {:.1} MB |\n",
        part.files,
        part.statements,
        part.parses,
        part.bytes as f64 / 1e3,
        milliseconds(part.floor),
        milliseconds(part.first),
        ratio(part.first, part.floor),
        milliseconds(part.alone),
        milliseconds(percentile(&mut part.again, 50)),
        milliseconds(percentile(&mut part.again, 95)),
        part.memory as f64 / 1024.0,
        part.checkpoints as f64 / 1024.0,
    );
    println!("¹ what libpg_query alone takes for all of its statements\n");
}

/// The queries of tests/describe, analyzed.
fn analyzed() {
    let mut part = analysis::measure();
    let microseconds = |time: Duration| format!("{:.1} µs", time.as_secs_f64() * 1e6);
    let each = |time: Duration| microseconds(time / part.statements as u32);
    println!("The analysis of queries beyond their parse, within the process\n");
    println!("| statements | text | floor¹ of each | analysis of each | ÷ floor | p50 | p95 | at most |");
    println!("|---|---|---|---|---|---|---|---|");
    println!(
        "| {} | {:.0} kB | {} | {} | {} | {} | {} | {} |\n",
        part.statements,
        part.bytes as f64 / 1e3,
        each(part.floor),
        each(part.analysis),
        ratio(part.analysis, part.floor),
        microseconds(percentile(&mut part.times, 50)),
        microseconds(percentile(&mut part.times, 95)),
        microseconds(percentile(&mut part.times, 100)),
    );
    println!("¹ what libpg_query alone takes for them\n");
}

/// A process' peak of memory only grows, so that this comes before what takes more.
fn introspected() {
    let part = introspection::measure();
    println!("Reading the schema of a database with PostgreSQL 18\n");
    println!("| relations | columns | floor¹ | time | ÷ floor | peak memory | of that for the schema |");
    println!("|---|---|---|---|---|---|---|");
    println!(
        "| {} | {} | {} | {} | {} | {:.0} MB | {:.0} MB |",
        part.tables,
        part.columns,
        milliseconds(part.floor),
        milliseconds(part.time),
        ratio(part.time, part.floor),
        part.memory as f64 / 1e6,
        (part.memory - part.memory_before) as f64 / 1e6,
    );
    println!("\n¹ the columns of `pg_attribute` over the same connection, the rows thrown away\n");
}

fn all_keystrokes(root: &Path) {
    println!("From a keystroke to fresh diagnostics, typed in the middle of a file\n");
    println!(
        "| file | typed in | keys | floor¹ | p50 | p95 | p95 ÷ floor | with an open quote² | memory after |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    keystrokes(root, "60 kB", 60_000, QUERY, FAST);
    keystrokes(root, "600 kB", 600_000, QUERY, FAST);
    keystrokes(root, "6 MB", 6_000_000, QUERY, FAST);
    keystrokes(root, "60 MB", 60_000_000, QUERY, FAST);
    keystrokes(root, "60 MB", 60_000_000, QUERY, SLOW);
    keystrokes(root, "60 kB", 60_000, DEFINITION, FAST);
    keystrokes(root, "600 kB", 600_000, DEFINITION, FAST);
    println!("\n¹ what libpg_query alone takes for all statements of the file, one after the other");
    println!(
        "² the slowest key that opened a quote, was typed in one, or closed it: the text behind it changes its"
    );
    println!("  meaning; these keys are part of p95 too\n");
}

fn all_openings(root: &Path) {
    println!("Opening a large file\n");
    println!(
        "| file | statements | to the first diagnostics | to all that is known of it | memory ÷ text | at most |"
    );
    println!("|---|---|---|---|---|---|");
    opening(root, "60 MB of queries", &generate(60_000_000));
    opening(root, "60 MB as pg_dump writes", &dump(60_000_000));
    println!();
}

fn statements() {
    println!("\nOne statement, within the process\n");
    println!("| what | statement | tries | floor³ | p50 | p95 | p95 ÷ floor | at most |");
    println!("|---|---|---|---|---|---|---|---|");
    for part in syntax::measure() {
        let mut times = part.times;
        let p95 = percentile(&mut times, 95);
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            part.what,
            part.statement,
            times.len(),
            milliseconds(part.floor),
            milliseconds(percentile(&mut times, 50)),
            milliseconds(p95),
            ratio(p95, part.floor),
            milliseconds(percentile(&mut times, 100)),
        );
    }
    println!("\n³ what libpg_query alone takes for the whole statement; of many, for the one in the middle");
}

// --- Measuring -----------------------------------------------------------------------------------------------------

/// The fastest of a few runs: what the parser needs when nothing disturbs it.
fn floor(text: &str) -> Duration {
    let script = Script::from(text);
    let statements: Vec<String> =
        script.statements().map(|placed| script.document().slice(placed.span())).collect();
    let run = || {
        let start = Instant::now();
        for statement in &statements {
            let _ = std::hint::black_box(grammar::parse(statement, ParseMode::Statements));
        }
        start.elapsed()
    };
    let runs = if text.len() > 1_000_000 { 1 } else { 3 };
    (0..runs).map(|_| run()).min().unwrap_or_default()
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent).div_ceil(100).clamp(1, times.len()) - 1]
}

fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 100.0 => format!("{ms:.1} ms"),
        ms => format!("{ms:.0} ms"),
    }
}

fn ratio(time: Duration, floor: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() / floor.as_secs_f64())
}

/// A field of `/proc/<pid>/status`, in MB.
fn memory(process: u32, field: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? / 1024.0)
}

fn megabytes(value: Option<f64>) -> String {
    value.map_or("unknown".into(), |value| format!("{value:.0} MB"))
}

/// Opens a text and waits for all that is to be known of it.
fn opening(root: &Path, name: &str, text: &str) {
    let folder = root.join(name.replace(' ', ""));
    fs::create_dir_all(&folder).expect("a folder");
    let mut client = Client::start(&folder, json!({ "database": { "enabled": false } }));
    let path = folder.join("large.sql");
    let start = Instant::now();
    let first = client.open_timed(&path, text);
    client.at("textDocument/hover", &path, (0, 1));
    let whole = start.elapsed();
    std::thread::sleep(Duration::from_millis(500));
    let share = |field| {
        let memory = memory(client.process_id(), field).map(|memory| memory * 1024.0 * 1024.0);
        memory.map_or("unknown".into(), |memory| format!("{:.1}", memory / text.len() as f64))
    };
    println!(
        "| {name} | {} | {} | {} | {} | {} |",
        Script::from(text).sequence().count(),
        milliseconds(first),
        milliseconds(whole),
        share("VmRSS"),
        share("VmHWM")
    );
    client.stop();
}

fn keystrokes(root: &Path, name: &str, size: usize, place: (&str, &str), pause: Duration) {
    let keys = KEYSTROKES;
    let text = generate(size);
    let floor = floor(&text);
    let folder = root.join(name.replace(' ', ""));
    fs::create_dir_all(&folder).expect("a folder");
    let mut client = Client::start(&folder, json!({ "database": { "enabled": false } }));
    let path = folder.join("large.sql");
    client.open(&path, &text);
    // Its answer needs all that is to be known of the file, so none of it is left to be found out while keys are timed.
    client.at("textDocument/hover", &path, (0, 1));
    std::thread::sleep(Duration::from_millis(500));

    let mut typist = Typist::new(&path, &text, place.0);
    let mut times = Vec::new();
    let mut quoted = Duration::ZERO;
    for _ in 0..keys {
        let was_open = typist.in_quote;
        let time = typist.key(&mut client);
        if was_open || typist.in_quote {
            quoted = quoted.max(time);
        }
        times.push(time);
        // Without a pause, edits would be measured together.
        std::thread::sleep(pause);
    }
    let p95 = percentile(&mut times, 95);
    println!(
        "| {name} | {}, a key each {} ms | {keys} | {} | {} | {} | {} | {} | {} |",
        place.1,
        pause.as_millis(),
        milliseconds(floor),
        milliseconds(percentile(&mut times, 50)),
        milliseconds(p95),
        ratio(p95, floor),
        milliseconds(quoted),
        megabytes(memory(client.process_id(), "VmRSS")),
    );
    client.stop();
}

/// Types words into the first such WHERE clause behind the middle of a file, letter by letter.
struct Typist {
    uri: String,
    line: usize,
    character: usize,
    version: i64,
    typed: std::iter::Cycle<std::str::Chars<'static>>,
    in_quote: bool,
}

impl Typist {
    fn new(path: &Path, text: &str, clause: &str) -> Typist {
        let half = text.len() / 2;
        let middle = text[half..].find(clause).expect("one in the second half") + half;
        let at = middle + "WHERE ".len();
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = text[..at].matches('\n').count();
        let typed = "note IS NOT NULL AND total > 100 OR status <> 'new' AND ".chars().cycle();
        Typist { uri: uri(path), line, character: at - start, version: 1, typed, in_quote: false }
    }

    /// The time from the key to the diagnostics of the text with it.
    fn key(&mut self, client: &mut Client) -> Duration {
        self.version += 1;
        let place = json!({ "line": self.line, "character": self.character });
        let letter = self.typed.next().expect("it never ends");
        self.in_quote ^= letter == '\'';
        let (uri, version) = (self.uri.clone(), self.version);
        let start = Instant::now();
        client.notify(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": uri, "version": version },
                "contentChanges": [{ "range": { "start": place, "end": place }, "text": letter.to_string() }],
            }),
        );
        let fresh =
            |client: &Client| client.diagnostics.get(&uri).is_some_and(|(_, seen, _)| *seen == Some(version));
        assert!(client.wait_for(fresh), "no diagnostics for version {version}");
        self.character += 1;
        client.diagnostics[&uri].0.saturating_duration_since(start)
    }
}

fn questions(root: &Path) {
    let text = generate(600_000);
    let floor = floor(&text);
    let folder = root.join("questions");
    fs::create_dir_all(&folder).expect("a folder");
    let mut client = Client::start(&folder, json!({ "database": { "enabled": false } }));
    let path = folder.join("large.sql");
    client.open(&path, &text);
    let mut typist = Typist::new(&path, &text, QUERY.0);
    for (request, name) in [("textDocument/completion", "completion"), ("textDocument/hover", "hover")] {
        let mut times = Vec::new();
        let mut answered = 0;
        for n in 0..QUESTIONS {
            // After a key, as in an editor: nothing that was known of the statement is of use.
            if name == "completion" {
                typist.key(&mut client);
            }
            let (line, character) = match name {
                "completion" => (typist.line, typist.character),
                _ => table_name(&text, n),
            };
            let start = Instant::now();
            let answer = client.at(request, &path, (line, character));
            times.push(start.elapsed());
            answered += usize::from(!answer.is_null());
        }
        assert!(answered * 2 > QUESTIONS, "only {answered} answers to {request}");
        let p95 = percentile(&mut times, 95);
        println!(
            "| {name} | {} | {} | {} |",
            milliseconds(percentile(&mut times, 50)),
            milliseconds(p95),
            ratio(p95, floor)
        );
    }
    client.stop();
}

/// The place of some table's name after FROM, another one for each `n`.
fn table_name(text: &str, n: usize) -> (usize, usize) {
    let from = text.len() / QUESTIONS * n;
    let from = (from..).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let at = text[from..].find("FROM ").map(|at| from + at).or_else(|| text.find("FROM ")).expect("a FROM");
    let at = at + "FROM ".len() + 1;
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    (text[..at].matches('\n').count(), at - start)
}

fn check(root: &Path) {
    let folder = root.join("check");
    let migrations = folder.join("migrations");
    fs::create_dir_all(&migrations).expect("a folder");
    let mut all = String::new();
    for n in 0..MIGRATIONS {
        let text = migration(n);
        fs::write(migrations.join(format!("{:04}_step.sql", n + 1)), &text).expect("a migration");
        all.push_str(&text);
    }
    let floor = floor(&all);
    let mut best = None;
    for _ in 0..3 {
        let mut command = Command::new("/bin/sh");
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_of_databases) {
                command.env_remove(name);
            }
        }
        // The shell keeps the process's entry in /proc until its peak was read.
        let mut child = command
            .args(["-c", "exec \"$0\" check migrations"])
            .arg(server_program())
            .current_dir(&folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("check can be started");
        let start = Instant::now();
        let mut peak: Option<f64> = None;
        let status = loop {
            if let Some(now) = memory(child.id(), "VmHWM") {
                peak = Some(peak.map_or(now, |peak| peak.max(now)));
            }
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                break status;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let time = start.elapsed();
        assert!(status.success(), "pgwright check found errors in the generated migrations");
        if best.is_none_or(|(best, _)| time < best) {
            best = Some((time, peak));
        }
    }
    let (time, peak) = best.expect("it ran");
    println!(
        "| {} kB | {} | {} | {} | {} |",
        all.len() / 1000,
        milliseconds(floor),
        milliseconds(time),
        ratio(time, floor),
        megabytes(peak)
    );
}

fn demo(root: &Path) {
    let shop = root.join("shop");
    files::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/demo/shop"), &shop);
    let path = shop.join("queries/orders_by_customer.sql");
    let text = fs::read_to_string(&path).expect("a query of the demo");
    let mut times = Vec::new();
    let mut idle = None;
    for n in 0..20 {
        let start = Instant::now();
        let mut client = Client::start(&shop, json!({ "database": { "enabled": false } }));
        let found = client.open(&path, &text);
        times.push(start.elapsed());
        assert_eq!(found.as_array().map(Vec::len), Some(1), "the demo's typo");
        if n == 0 {
            for folder in ["queries", "db/migrations"] {
                for entry in fs::read_dir(shop.join(folder)).expect("the demo's files") {
                    let path = entry.expect("a file").path();
                    client.open(&path, &fs::read_to_string(&path).expect("a file of the demo"));
                    let at =
                        |client: &mut Client, method: &str| -> Value { client.at(method, &path, (1, 3)) };
                    at(&mut client, "textDocument/hover");
                    at(&mut client, "textDocument/completion");
                }
            }
            std::thread::sleep(Duration::from_secs(1));
            idle = memory(client.process_id(), "VmRSS");
        }
        client.stop();
    }
    println!(
        "| {} | {} | {} |",
        milliseconds(percentile(&mut times, 50)),
        milliseconds(percentile(&mut times, 95)),
        megabytes(idle)
    );
}
