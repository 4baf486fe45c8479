//! The command line: a language server (the default), `check` for CI, `schema`, `drift`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pgwright::cli::{check, describe, drift, schema};
use pgwright::syntax::STACK;

/// Trees are made and dropped in great numbers beside what stays, for which the system's allocator looks longer and
/// longer the more there is.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// PostgreSQL's verdict on SQL, from migrations alone or a live database: a language server and a checker.
#[derive(Parser)]
#[command(name = "pgwright", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Speak the Language Server Protocol over standard input and output (the default, and the only way).
    #[arg(long)]
    stdio: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Speak the Language Server Protocol over standard input and output.
    Lsp {
        /// Accepted, as some editors pass it.
        #[arg(long)]
        stdio: bool,
    },
    /// Check SQL files. Exit code 0: no errors; 1: errors; 2: a usage or input error.
    Check(check::Arguments),
    /// Print what each query of a file takes and gives: its parameters and columns with their types.
    Describe(describe::Arguments),
    /// Print the schema that migrations or a live database make.
    Schema(schema::Arguments),
    /// Compare a live database with the migrations that ran there. Exit code 0: no differences; 1: some; 2: an error.
    Drift(drift::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if matches!(arguments.command, None | Some(Command::Lsp { .. })) {
        pgwright::lsp::memory::share_one_arena();
    }
    let run = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(16)
            .thread_stack_size(STACK)
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                eprintln!("pgwright: the runtime could not be started: {error}");
                return 2;
            }
        };
        match arguments.command {
            None | Some(Command::Lsp { .. }) => {
                let code = runtime.block_on(pgwright::lsp::serve_stdio());
                // A thread may still be reading standard input, which the client need not close.
                std::process::exit(code);
            }
            Some(Command::Check(arguments)) => check::run(&arguments, &runtime),
            Some(Command::Describe(arguments)) => describe::run(&arguments, &runtime),
            Some(Command::Schema(arguments)) => schema::run(&arguments, &runtime),
            Some(Command::Drift(arguments)) => drift::run(&arguments, &runtime),
        }
    };
    let thread = std::thread::Builder::new().name("main".into()).stack_size(STACK).spawn(run);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => ExitCode::from(code as u8),
        _ => ExitCode::from(101),
    }
}
