//! The simulated cluster on a port, until somebody ends it.

use super::cli::DemoArgs;
use super::clock::{Clock, SystemClock};
use crate::demo::{Demo, DemoOptions, Life};
use std::io::{self, Write};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// Serves, says where, and ends with a signal.
///
/// # Errors
/// A sentence.
pub fn run(args: &DemoArgs) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime can be started ({error})"))?;
    let defaults = DemoOptions::default();
    let options = DemoOptions {
        seed: args.seed.unwrap_or(defaults.seed),
        pods: args.pods,
        churn: args.churn,
        log_lines: args.log_lines,
        life: if args.still { Life::Still } else { defaults.life },
        start: SystemClock::start().wall() / 1_000,
        ..defaults
    };
    let kubeconfig = args.kubeconfig_out.clone().unwrap_or_else(temporary_file);
    let done = runtime.block_on(async {
        let demo = Demo::new(options);
        let (address, serving) = demo.listen(args.listen, &kubeconfig).await.map_err(|error| {
            format!(
                "{} cannot be served, or {} not be written ({error})",
                args.listen,
                kubeconfig.display()
            )
        })?;
        let life = demo.live();
        let mut out = io::stdout();
        // Scripts read the first line; the second is for people.
        let said = writeln!(out, "{}", kubeconfig.display())
            .and_then(|()| {
                writeln!(
                    out,
                    "serving https://{address}; try: kubectl --kubeconfig {} get pods -A",
                    kubeconfig.display()
                )
            })
            .and_then(|()| out.flush());
        said.map_err(|error| format!("standard output fails ({error})"))?;
        let signals = |error: io::Error| format!("signals cannot be taken ({error})");
        let mut terminate = signal(SignalKind::terminate()).map_err(signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(signals)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(signals)?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
        life.abort();
        serving.abort();
        Ok(())
    });
    runtime.shutdown_background();
    if args.kubeconfig_out.is_none() {
        // It names a server that is gone.
        let _ = std::fs::remove_file(&kubeconfig);
    }
    done
}

fn temporary_file() -> PathBuf {
    std::env::temp_dir().join(format!("portolan-demo-{}.kubeconfig", std::process::id()))
}
