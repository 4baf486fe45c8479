# `make test` and `make demo` work in a fresh clone on Debian with Rust; they install what is missing first.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
# Where rustup puts cargo, for shells that never read its environment file.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# The extension's tools want a recent Node.js; .ci/install.sh puts one here when the system's is older.
NODE_PATH_PREFIX := $(CURDIR)/.tools/node/bin
WITH_NODE := PATH="$(NODE_PATH_PREFIX):$$PATH"

.DEFAULT_GOAL := help

# What PostgreSQL itself brings, as data in src/catalog/builtin/facts, read from running servers of 13 to 18.
# PGWRIGHT_FACTS_URLS='postgres://…/DATABASE …' names servers that have further extensions, such as PostGIS.
facts:
	@.ci/install.sh build facts </dev/null
	PGWRIGHT_PG15_BIN=$(CURDIR)/.tools/pg15/bin cargo run --example facts </dev/null

.PHONY: facts fuzz help build test test-rust test-vscode test-in-vscode demo bench vsix install clean tools

help:
	@echo 'make build    the server, target/release/pgwright'
	@echo 'make test     install what is missing, check and test everything'
	@echo 'make demo     what an editor shows for the small shop in tests/demo'
	@echo 'make bench    times and memory, beside the time that parsing alone takes'
	@echo 'make fuzz     random edits and bodies, MINUTES=30 for each of the two'
	@echo 'make vsix     the VS Code extension with the server inside, editors/vscode/pgwright-*.vsix'
	@echo 'make install  the server into ~/.cargo/bin'
	@echo 'make clean    remove what was built'

tools:
	@.ci/install.sh </dev/null

build:
	@.ci/install.sh build </dev/null
	cargo build --release

test: tools
	@$(MAKE) test-rust
	@$(MAKE) test-vscode
	@$(MAKE) test-in-vscode

test-rust:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo test </dev/null

# The extension is packaged with the server that the Rust tests built: another optimised build adds nothing here.
# (Asked for as the tests ask for it: `cargo build` would compile the dependencies again, with other features.)
test-vscode:
	@.ci/install.sh build vscode </dev/null
	cargo test --no-run --test cli
	cd editors/vscode && $(WITH_NODE) PGWRIGHT_BINARY="$(TARGET)/debug/pgwright" npm test </dev/null

# The packaged extension in a real VS Code, in a headless browser.
test-in-vscode:
	@.ci/install.sh build vscode-test </dev/null
	cargo test --no-run --test cli
	cd editors/vscode && $(WITH_NODE) PGWRIGHT_BINARY="$(TARGET)/debug/pgwright" npm run test-in-vscode </dev/null

demo:
	@.ci/install.sh build </dev/null
	cargo build --release --bin pgwright --example demo
	cargo run --release --example demo </dev/null

bench:
	@.ci/install.sh build </dev/null
	cargo build --release --bin pgwright --example bench
	cargo run --release --example bench </dev/null

vsix:
	@.ci/install.sh build vscode </dev/null
	cargo build --release
	cd editors/vscode && $(WITH_NODE) PGWRIGHT_BINARY="$(TARGET)/release/pgwright" npm run package </dev/null

# Each target of fuzz/ for that long; a finding ends it and stays in fuzz/artifacts. libFuzzer wants the coverage that
# LLVM counts, which needs no nightly compiler this way.
MINUTES ?= 30
FUZZ_FLAGS := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
	-Ccodegen-units=1 --cfg fuzzing
HOST := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')

fuzz:
	@.ci/install.sh build </dev/null
	RUSTC_BOOTSTRAP=1 RUSTFLAGS="$(FUZZ_FLAGS)" cargo build --release --manifest-path fuzz/Cargo.toml --target $(HOST)
	for name in edits bodies; do \
		mkdir -p fuzz/corpus/$$name fuzz/artifacts/$$name; \
		$(or $(CARGO_TARGET_DIR),fuzz/target)/$(HOST)/release/$$name fuzz/corpus/$$name \
			-artifact_prefix=fuzz/artifacts/$$name/ -max_total_time=$$(($(MINUTES) * 60)) -timeout=30 -rss_limit_mb=4096; \
	done

install:
	@.ci/install.sh build </dev/null
	cargo install --path . --locked

clean:
	cargo clean
	rm -rf fuzz/target editors/vscode/dist editors/vscode/server editors/vscode/out editors/vscode/*.vsix
