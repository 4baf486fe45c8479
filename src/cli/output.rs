//! Standard output that may be closed by its reader, as `head` does.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

/// What a shell reports of a program that a closed pipe ended.
const ENDED_BY_PIPE: i32 = 128 + 13;

/// Prints, or ends the process quietly where nobody reads any more.
pub fn print(text: Arguments) {
    match io::stdout().lock().write_fmt(text) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(ENDED_BY_PIPE),
        Err(error) => {
            eprintln!("pgwright: the report could not be written: {error}");
            std::process::exit(2);
        }
        Ok(()) => {}
    }
}

/// `print!`
macro_rules! out {
    ($($text:tt)*) => { $crate::cli::output::print(format_args!($($text)*)) };
}

/// `println!`
macro_rules! outln {
    () => { $crate::cli::output::print(format_args!("\n")) };
    ($($text:tt)*) => { $crate::cli::output::print(format_args!("{}\n", format_args!($($text)*))) };
}

pub(super) use {out, outln};
