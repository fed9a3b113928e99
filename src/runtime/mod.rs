//! The runtime: where the pure rooms meet the world. It reads the command line and the configuration, takes the terminal, runs
//! the loop, starts and stops what is wanted, performs effects, and gives the terminal back whatever happens.
//!
//! Reading order: `run_loop` (the loop and what it asks of its surroundings), `wants` (what should run against what runs), `hub`
//! (starting and performing), then the surroundings: `terminal`, `writer` and `frame` for pictures; `tty`, `decode` and `input`
//! for keys; `signals`, `crash` and `clock`. `cli`, `setup`, `stage`, `snapshot`, `picture` and `budgets` serve the command line.
//!
//! It refuses to decide what is shown, and to wait in the loop.

mod app_loop;
pub mod budgets;
pub mod cli;
pub mod clipboard;
pub mod clock;
pub mod crash;
pub mod decode;
pub mod explore;
pub mod files;
pub mod frame;
pub mod hub;
pub mod input;
pub mod memory;
pub mod page;
pub mod picture;
pub mod run_loop;
pub mod serve;
pub mod setup;
pub mod signals;
pub mod snapshot;
pub mod stage;
pub mod terminal;
pub mod tty;
pub mod wants;
pub mod writer;

use clap::Parser;
use cli::{Cli, Command};
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// So many messages may wait for the loop; then their senders wait or coalesce.
pub const MESSAGES_WAITING: usize = 1_024;

/// The exit code when something failed.
const FAILED: i32 = 1;

/// The exit code when the program cannot be used like this.
const UNUSABLE: i32 = 2;

/// Runs the program for this command line and gives its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(wrong) => {
            // Help and version come this way too, with their own exit code.
            let _ = wrong.print();
            return wrong.exit_code();
        }
    };
    let done = match &cli.command {
        None => return explore::run(&cli.view),
        Some(Command::Demo(args)) => serve::run(args),
        Some(Command::Snapshot(args)) => {
            snapshot::snapshot(args).and_then(|frame| put(frame.as_bytes(), args.output.as_deref()))
        }
        Some(Command::Completions { shell }) => {
            let mut out = Vec::new();
            cli::write_completions(*shell, &mut out);
            put(&out, None)
        }
        Some(Command::Man) => {
            let mut out = Vec::new();
            cli::write_man_page(&mut out)
                .map_err(|error| format!("the man page cannot be written ({error})"))
                .and_then(|()| put(&out, None))
        }
        Some(Command::Budgets(args)) => budgets::run(args).and_then(|table| put(table.as_bytes(), None)),
        Some(Command::Screenshots { directory, check }) => {
            snapshot::screenshots(directory, *check).and_then(|said| put(said.as_bytes(), None))
        }
    };
    match done {
        Ok(()) => 0,
        Err(why) => fail(&why, FAILED),
    }
}

/// Says why and gives the exit code.
fn fail(why: &str, code: i32) -> i32 {
    let _ = writeln!(io::stderr(), "portolan: {why}");
    code
}

/// Writes to a file or to standard output. A reader that has seen enough is no failure.
fn put(bytes: &[u8], file: Option<&Path>) -> Result<(), String> {
    let Some(file) = file else {
        let mut out = io::stdout().lock();
        return match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output fails ({error})")),
            _ => Ok(()),
        };
    };
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .open(file)
        .and_then(|mut open| open.write_all(bytes))
        .map_err(|error| format!("{} cannot be written ({error})", file.display()))
}
