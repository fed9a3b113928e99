//! What happens when the program has a fault: the terminal is given back first, then the fault is told, then the program ends.

use super::terminal;
use crate::text::clean;
use std::backtrace::Backtrace;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The exit code of a program that had a fault: what Rust itself uses.
pub const FAULT: i32 = 101;

/// From now on a panic, in whatever thread or task, gives the terminal back, tells what happened, leaves a report in `folder`
/// and ends the program at once: a program whose state may be broken must not go on acting on a cluster.
pub fn install(folder: Option<PathBuf>) {
    static FIRST: AtomicBool = AtomicBool::new(true);
    std::panic::set_hook(Box::new(move |fault| {
        terminal::give_back();
        // Panics in other threads while this one tells of the first, and a panic in here, add nothing.
        if FIRST.swap(false, Ordering::AcqRel) {
            tell(fault, folder.as_deref());
        }
        std::process::exit(FAULT);
    }));
}

fn tell(fault: &PanicHookInfo<'_>, folder: Option<&Path>) {
    let place = fault
        .location()
        .map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    let mut said = io::stderr().lock();
    let fixed = fault.payload().downcast_ref::<&'static str>().copied();
    let composed = fault.payload().downcast_ref::<String>().map(String::as_str);
    let message = fixed.or(composed).unwrap_or("no message");
    let _ = writeln!(said, "portolan has a fault and had to stop: {}{place}", clean(message));
    let Some(folder) = folder else { return };
    let report = report(fixed, &place);
    match write_report(folder, &report) {
        Ok(file) => {
            let _ = writeln!(said, "a report without any of your data is in {}", file.display());
        }
        Err(error) => {
            let _ = writeln!(said, "no report could be written to {} ({error})", folder.display());
        }
    }
}

/// What the report says. A message that was put together at run time may hold data of the cluster, so only fixed ones are told.
fn report(message: Option<&'static str>, place: &str) -> String {
    let thread = std::thread::current();
    format!(
        "portolan {}\nsystem {} {}\nthread {}\nfault{place}: {}\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        thread.name().unwrap_or("without a name"),
        message.unwrap_or("(the message is left out: it may hold data)"),
        Backtrace::force_capture(),
    )
}

fn write_report(folder: &Path, report: &str) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let file = folder.join(format!("fault-{now}-{}.txt", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&file)?.write_all(report.as_bytes())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_holds_fixed_messages_alone() {
        assert!(
            report(Some("index out of range"), " at src/x.rs:1").contains("fault at src/x.rs:1: index out of range")
        );
        assert!(report(None, "").contains("left out"));
    }
}
