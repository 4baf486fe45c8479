//! The plugin in editors/neovim, in a real Neovim with the real server, on a copy of the demo's shop.
//!
//! What Neovim does is in `neovim.lua`; here it is started, bounded in time, and its report read.

#[path = "../support/files.rs"]
mod files;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TIMEOUT: Duration = Duration::from_secs(180);

fn nvim() -> PathBuf {
    let path = std::env::var_os("PGWRIGHT_NVIM")
        .map_or_else(|| Path::new(ROOT).join(".tools/nvim/bin/nvim"), PathBuf::from);
    assert!(path.is_file(), "Neovim is not installed at {}; run .ci/install.sh nvim", path.display());
    path
}

/// Runs the steps with a client started in one way; `steps` must all report success.
fn run(way: &str, steps: &[&str]) {
    let temp = tempfile::tempdir().expect("a temporary directory");
    // Neovim names buffers by their real path.
    let home = temp.path().canonicalize().expect("it exists");
    let shop = home.join("shop");
    files::copy(&Path::new(ROOT).join("tests/demo/shop"), &shop);

    let stdout = home.join("stdout");
    let stderr = home.join("stderr");
    let mut nvim = Command::new(nvim())
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-S"])
        .arg(Path::new(ROOT).join("tests/editors/neovim.lua"))
        .current_dir(&shop)
        // Nothing of the user's: no configuration, no database.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_STATE_HOME", home.join("state"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_RUNTIME_DIR", &home)
        .env("LANG", "C.UTF-8")
        .env("RUST_BACKTRACE", "1")
        .env("PGWRIGHT_TEST_SHOP", &shop)
        .env("PGWRIGHT_TEST_SERVER", env!("CARGO_BIN_EXE_pgwright"))
        .env("PGWRIGHT_TEST_PLUGIN", Path::new(ROOT).join("editors/neovim"))
        .env("PGWRIGHT_TEST_WAY", way)
        .stdin(Stdio::null())
        .stdout(fs::File::create(&stdout).expect("a file for the output"))
        .stderr(fs::File::create(&stderr).expect("a file for the errors"))
        .spawn()
        .expect("Neovim can be started");

    let deadline = Instant::now() + TIMEOUT;
    let status = loop {
        if let Some(status) = nvim.try_wait().expect("Neovim can be waited for") {
            break Some(status);
        }
        if Instant::now() > deadline {
            let _ = nvim.kill();
            let _ = nvim.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };

    let output = lossy(&stdout);
    let mut expected: String = steps.iter().map(|step| format!("ok {step}\n")).collect();
    expected.push_str("done\n");
    if output != expected || !status.is_some_and(|status| status.success()) {
        let ended = status.map_or("did not end in time".to_owned(), |status| format!("ended with {status}"));
        panic!(
            "Neovim (client by {way}) {ended}\n--- its report ---\n{output}\n--- its messages ---\n{}\n--- the end of its \
             LSP log ---\n{}",
            lossy(&stderr),
            tail(&lossy(&home.join("state/nvim/lsp.log")), 12_000)
        );
    }
}

fn lossy(path: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = fs::File::open(path) {
        let _ = file.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn tail(text: &str, length: usize) -> &str {
    let start = (text.len().saturating_sub(length)..=text.len()).find(|&at| text.is_char_boundary(at));
    &text[start.unwrap_or(0)..]
}

#[test]
fn everything_with_vim_lsp_enable() {
    run(
        "enable",
        &[
            "diagnostic",
            "completion",
            "hover",
            "fix",
            "two syntax errors",
            "inlay hint",
            "structure",
            "code action",
            "status",
            "document text",
            "exit",
        ],
    );
}

#[test]
fn setup_on_this_version() {
    run("setup", &["diagnostic", "status", "document text", "exit"]);
}

/// As on 0.8 to 0.10, which have no `vim.lsp.config`.
#[test]
fn setup_with_vim_lsp_start() {
    run("start", &["diagnostic", "status", "document text", "exit"]);
}

/// As on 0.7, which has no `vim.lsp.start` either.
#[test]
fn setup_with_vim_lsp_start_client() {
    run("start_client", &["diagnostic", "status", "document text", "exit"]);
}
