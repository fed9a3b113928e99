//! The explorer itself, from the command line to the exit code.

use super::cli::{FaultPlace, ViewArgs};
use super::clipboard;
use super::clock::{Clock, SystemClock};
use super::hub::{Hub, HubSettings, Source};
use super::run_loop::{self, App, Exit, FRAME_PAUSE, Surroundings};
use super::setup::{self, Ground};
use super::terminal::{self, TerminalSurface};
use super::tty::{GONE, TerminalInput};
use super::{FAILED, MESSAGES_WAITING, UNUSABLE, crash, fail, put, signals};
use crate::app::{self, Model};
use crate::cluster::exec::PluginPolicy;
use crate::config::{self, ExecPolicy};
use crate::demo::DemoOptions;
use crate::effect::Effect;
use crate::msg::Msg;
use crate::want::Want;
use ratatui::Frame;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;

/// Opens the explorer, or prints what was asked for instead.
pub fn run(args: &ViewArgs) -> i32 {
    let ground = Ground::find(args, false);
    let printed = if args.print_config {
        Some(config::default_text())
    } else if args.print_paths {
        Some(ground.paths.print())
    } else if args.print_keys {
        Some(
            config::load_keymap(&ground.config, &ground.paths, &app::command_names())
                .0
                .to_toml(),
        )
    } else {
        None
    };
    if let Some(text) = printed {
        return put(text.as_bytes(), None).map_or_else(|why| fail(&why, FAILED), |()| 0);
    }
    if ground.traits.dumb {
        return fail(
            "this terminal says that it cannot move its cursor (TERM=dumb), so nothing can be drawn on it; \
             set TERM to what it is, or use `portolan snapshot`",
            UNUSABLE,
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no runtime can be started ({error})"), FAILED),
    };
    let ended = runtime.block_on(explore(args, &ground));
    // Whatever still waits for a network or a disk is left behind.
    runtime.shutdown_background();
    match ended {
        Ok(Exit::Quit) => 0,
        Ok(Exit::Signal(number)) => 128 + number,
        Ok(Exit::TerminalGone) => GONE,
        Err((why, code)) => fail(&why, code),
    }
}

async fn explore(args: &ViewArgs, ground: &Ground) -> Result<Exit, (String, i32)> {
    let failed = |error: std::io::Error| (format!("the terminal cannot be used ({error})"), FAILED);
    crash::install(ground.paths.state.clone());
    let (signal_sender, signal_receiver) = mpsc::channel(64);
    signals::listen(signal_sender.clone()).map_err(failed)?;
    let clock = SystemClock::start();
    // Drawing comes before any answer, so only names are read before it, and those not for long.
    // The stage shows the same time as the clock on the wall.
    let source = setup::source(
        args,
        DemoOptions {
            start: clock.wall() / 1_000,
            ..DemoOptions::default()
        },
    );
    let contexts = match &source {
        Source::Demo(_) => vec![super::hub::DEMO.1.to_owned()],
        Source::Demos(_) | Source::Kubeconfig(_) => setup::context_names(&source),
    };
    let setup = setup::build_setup(args, ground, &contexts, terminal::size(), clock.wall());
    let surface = TerminalSurface::take().map_err(|why| (why, UNUSABLE))?;
    let input = surface.input().map_err(failed)?;
    let input = TerminalInput::start(input, clock, signal_sender.clone()).map_err(failed)?;
    let (outbox, messages) = mpsc::channel(MESSAGES_WAITING);
    let env = |name: &str| std::env::var(name).ok();
    let config = ground.config.clone();
    let settings = HubSettings {
        production: Arc::new(move |name| config.for_context(name).production),
        plugins: match ground.config.exec_plugins {
            ExecPolicy::Ask => PluginPolicy::Ask,
            ExecPolicy::Allow => PluginPolicy::Allow,
            ExecPolicy::Deny => PluginPolicy::Deny,
        },
        clock: SystemTime::now,
        copy: clipboard::choose(ground.config.clipboard, &ground.traits, &env),
        terminal: Some(surface.writer()),
        copy_file: ground.paths.state.as_ref().map(|folder| folder.join("clipboard.txt")),
        // What happens on the stage need not be remembered.
        state_file: ground.paths.state_file().filter(|_| !args.demo),
    };
    let engine = Hub::start(source, settings, outbox);
    let around = Surroundings {
        input,
        surface,
        engine,
        clock,
        messages,
        signals: signal_receiver,
        linger: Duration::from_secs(ground.config.lists.warm_seconds),
        frame_pause: Duration::from_millis(1_000 / u64::from(ground.config.frames_per_second.max(1))).max(FRAME_PAUSE),
    };
    let mut model = Faulty {
        model: Model::new(setup),
        fault: args.fault,
    };
    if args.fault == Some(FaultPlace::Task) {
        tokio::spawn(async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            fault("in a task");
        });
    }
    let (exit, around) = run_loop::run(&mut model, around).await;
    // The terminal first: whoever waits for the prompt gets it at once.
    drop(around.surface);
    around.engine.finish();
    drop(signal_sender);
    Ok(exit)
}

/// The model, with a fault on purpose where a test asked for one.
struct Faulty {
    model: Model,
    fault: Option<FaultPlace>,
}

impl App for Faulty {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        self.model.update(msg)
    }

    fn wants(&self) -> BTreeSet<Want> {
        self.model.wants()
    }

    fn draw(&self, frame: &mut Frame) {
        self.model.draw(frame);
        match self.fault {
            Some(FaultPlace::Draw) if frame.count() > 0 => fault("while drawing"),
            Some(FaultPlace::Twice) if frame.count() > 0 => {
                let _again = FaultyDrop;
                fault("while drawing");
            }
            _ => {}
        }
    }

    fn revision(&self) -> u64 {
        App::revision(&self.model)
    }

    fn next_change(&self) -> Option<Duration> {
        App::next_change(&self.model)
    }
}

struct FaultyDrop;

impl Drop for FaultyDrop {
    fn drop(&mut self) {
        fault("in a drop");
    }
}

/// The fault that a test asked for.
#[expect(clippy::panic, reason = "this is what it is for")]
fn fault(place: &str) {
    panic!("a fault on purpose {place}");
}
