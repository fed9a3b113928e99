//! The measuring process: the real loop, model and engine with a screen of memory and keys from a script. It prints bare
//! figures, one a line; who started it makes the table.

use super::BudgetsArgs;
use crate::app::Model;
use crate::cluster::exec::PluginPolicy;
use crate::demo::DemoOptions;
use crate::effect::Effect;
use crate::keys::{Chord, parse_keys};
use crate::msg::{ClusterEvent, ContextsEvent, Msg, TableEvent};
use crate::runtime::MESSAGES_WAITING;
use crate::runtime::clipboard::Way as CopyWay;
use crate::runtime::clock::{Clock, SystemClock};
use crate::runtime::frame::FrameBackend;
use crate::runtime::hub::{Hub, HubSettings};
use crate::runtime::run_loop::{self, App, FRAME_PAUSE, Input, Surface, Surroundings};
use crate::runtime::setup::{self, Ground};
use crate::want::{ListWant, Want};
use ratatui::{Frame, Terminal};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{mpsc, watch};

/// The size of the screen in the budgets.
const SIZE: (u16, u16) = (120, 36);

/// How long the list, and the list again, may take.
const LONGEST: Duration = Duration::from_secs(180);

/// How long a key may take until it is given up.
const LONGEST_KEY: Duration = Duration::from_secs(10);

/// Between two keys: a quick hand's pace, shortened.
const BETWEEN_KEYS: Duration = Duration::from_millis(5);

/// What the model has seen.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// How often the list of pods was complete, and when it was last.
    complete: u32,
    at: Option<Instant>,
    rows: usize,
    failure: Option<String>,
}

/// What was drawn.
#[derive(Clone, Copy, Debug, Default)]
struct Drawn {
    frames: u64,
    bytes: u64,
    /// Bytes of the last frame.
    last: usize,
    /// Keys taken in before it.
    keys: u64,
    at: Option<Instant>,
}

/// The model, watched.
struct Watched {
    model: Model,
    seen: watch::Sender<Seen>,
    keys: Arc<AtomicU64>,
    /// While set, nobody wants pods: the list stops, and begins anew when it is wanted again.
    without_pods: Arc<AtomicBool>,
}

fn is_pods(list: &ListWant) -> bool {
    list.resource.group.is_empty() && list.resource.resource == "pods"
}

impl App for Watched {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let completes = matches!(&msg, Msg::Table(list, _, TableEvent::End { .. }) if is_pods(list));
        let is_key = matches!(msg, Msg::Key(_));
        let failure = match &msg {
            Msg::Cluster(_, ClusterEvent::Failed { failure, .. }) => Some(failure.message.to_string()),
            Msg::Contexts(ContextsEvent::Nothing(failure)) => Some(failure.message.to_string()),
            _ => None,
        };
        let effects = self.model.update(msg);
        if is_key {
            self.keys.fetch_add(1, Ordering::Relaxed);
        }
        if completes || failure.is_some() {
            let tables = &self.model.shared().tables;
            let rows = tables
                .iter()
                .filter(|(list, _)| is_pods(list))
                .map(|(_, table)| table.counts().rows)
                .sum();
            self.seen.send_modify(|seen| {
                seen.rows = rows;
                seen.complete += u32::from(completes);
                seen.at = Some(Instant::now());
                seen.failure = failure;
            });
        }
        // Nothing is remembered, copied or written here.
        effects
            .into_iter()
            .filter(|effect| {
                !matches!(
                    effect,
                    Effect::Remember(_) | Effect::Copy { .. } | Effect::WriteFile { .. }
                )
            })
            .collect()
    }

    fn wants(&self) -> BTreeSet<Want> {
        let mut wants = App::wants(&self.model);
        if self.without_pods.load(Ordering::Relaxed) {
            wants.retain(|want| !matches!(want, Want::List(list) if is_pods(list)));
        }
        wants
    }

    fn draw(&self, frame: &mut Frame) {
        App::draw(&self.model, frame);
    }

    fn revision(&self) -> u64 {
        App::revision(&self.model)
    }

    fn next_change(&self) -> Option<Duration> {
        App::next_change(&self.model)
    }
}

/// A screen of memory: frames become the bytes that a terminal would get, and are counted.
struct Counted {
    terminal: Terminal<FrameBackend>,
    drawn: watch::Sender<Drawn>,
    keys: Arc<AtomicU64>,
}

impl Surface for Counted {
    fn is_free(&self) -> bool {
        true
    }

    async fn freed(&self) {}

    fn draw(&mut self, render: &mut dyn FnMut(&mut Frame)) -> io::Result<()> {
        let keys = self.keys.load(Ordering::Relaxed);
        let Ok(_) = self.terminal.draw(|frame| render(frame));
        let bytes = self.terminal.backend_mut().take_frame().map_or(0, |frame| frame.len());
        self.drawn.send_modify(|drawn| {
            *drawn = Drawn {
                frames: drawn.frames + u64::from(bytes > 0),
                bytes: drawn.bytes + bytes as u64,
                last: bytes,
                keys,
                at: Some(Instant::now()),
            };
        });
        Ok(())
    }

    fn resize(&mut self, _columns: u16, _rows: u16) {}

    fn forget(&mut self) {}

    fn leave(&mut self) {}

    fn enter(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn stop_process(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keys from the script.
struct Script(mpsc::Receiver<Vec<Msg>>);

impl Input for Script {
    async fn next(&mut self) -> Option<Vec<Msg>> {
        self.0.recv().await
    }

    fn close(&mut self) {}

    fn open(&mut self) {}
}

/// Measures, and gives the figures a line each.
///
/// # Errors
/// A sentence.
pub(super) fn run(args: &BudgetsArgs) -> Result<String, String> {
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime can be started ({error})"))?;
    let figures = runtime.block_on(measure(args, began));
    runtime.shutdown_background();
    figures
}

async fn measure(args: &BudgetsArgs, began: Instant) -> Result<String, String> {
    let view = args.view();
    let ground = Ground::find(&view, false);
    let clock = SystemClock::start();
    let source = setup::source(&view, DemoOptions::default());
    let setup = setup::build_setup(&view, &ground, &setup::context_names(&source), SIZE, clock.wall());
    let (outbox, messages) = mpsc::channel(MESSAGES_WAITING);
    let settings = HubSettings {
        production: std::sync::Arc::new(|_| false),
        plugins: PluginPolicy::Allow,
        clock: SystemTime::now,
        copy: CopyWay::Nowhere("this is a measurement"),
        terminal: None,
        copy_file: None,
        state_file: None,
    };
    let engine = Hub::start(source, settings, outbox);
    let keys = Arc::new(AtomicU64::new(0));
    let without_pods = Arc::new(AtomicBool::new(false));
    let (seen_sender, seen) = watch::channel(Seen::default());
    let (drawn_sender, drawn) = watch::channel(Drawn::default());
    let (input, script) = mpsc::channel(16);
    // Signals end the process as they do by default; the sender only keeps the line open.
    let (_signals, signals) = mpsc::channel(1);
    let Ok(terminal) = Terminal::new(FrameBackend::new(SIZE.0, SIZE.1));
    let around = Surroundings {
        input: Script(script),
        surface: Counted {
            terminal,
            drawn: drawn_sender,
            keys: keys.clone(),
        },
        engine,
        clock,
        messages,
        signals,
        linger: Duration::ZERO,
        frame_pause: FRAME_PAUSE,
    };
    let mut app = Watched {
        model: Model::new(setup),
        seen: seen_sender,
        keys,
        without_pods: without_pods.clone(),
    };
    let director = Director {
        input,
        seen,
        drawn,
        keys: 0,
        without_pods,
        began,
        out: String::new(),
    };
    let mut directing = tokio::spawn(director.direct(args.idle));
    let found = tokio::select! {
        found = &mut directing => found,
        // No more keys come once all is measured; then the loop may be the first to end.
        _ = run_loop::run(&mut app, around) => directing.await,
    };
    found.unwrap_or_else(|error| Err(format!("the measuring task failed ({error})")))
}

/// Presses the keys and takes the times.
struct Director {
    input: mpsc::Sender<Vec<Msg>>,
    seen: watch::Receiver<Seen>,
    drawn: watch::Receiver<Drawn>,
    keys: u64,
    without_pods: Arc<AtomicBool>,
    began: Instant,
    out: String,
}

impl Director {
    async fn direct(mut self, idle: u64) -> Result<String, String> {
        let first = self.drawn_when(|drawn| drawn.frames > 0).await?;
        self.say("first_frame_ms", milliseconds(first.at, self.began));
        let seen = self.complete(1).await?;
        self.say("full_ms", milliseconds(seen.at, self.began));
        self.say("rows", seen.rows as f64);
        // What is drawn of it counts.
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.say("list_mib", status_mib("VmHWM:"));
        self.say("resident_mib", status_mib("VmRSS:"));

        let before = self.seen.borrow().complete;
        let again = Instant::now();
        self.without_pods.store(true, Ordering::Relaxed);
        self.wake().await?;
        self.without_pods.store(false, Ordering::Relaxed);
        self.wake().await?;
        let seen = self.complete(before + 1).await?;
        self.say("again_ms", milliseconds(seen.at, again));
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.say("again_mib", status_mib("VmHWM:"));

        let down_and_up = format!("{}{}", "j".repeat(25), "k".repeat(25)).repeat(4);
        self.press_all("cursor", &down_and_up).await?;
        self.press_all("page", &"<pagedown><pagedown><pagedown><pageup>".repeat(20))
            .await?;
        self.press_all(
            "filter",
            &"/crash<esc>/service-00<esc>/restarts>5<esc>/!running<esc>/zzz<esc>".repeat(2),
        )
        .await?;
        self.press_all("sort", &format!("{}=={}==N", ">".repeat(8), "<lt>".repeat(4)))
            .await?;
        // Old rows: the ages of young ones turn every second, and that is not idling.
        self.press("AG").await?;

        tokio::time::sleep(Duration::from_secs(2)).await;
        let (used, drawn, at) = (processor_time(), *self.drawn.borrow(), Instant::now());
        tokio::time::sleep(Duration::from_secs(idle)).await;
        let seconds = at.elapsed().as_secs_f64();
        let after = *self.drawn.borrow();
        if let Some((used, now)) = used.zip(processor_time()) {
            self.say("idle_percent", 100.0 * (now - used).as_secs_f64() / seconds);
        }
        self.say("idle_bytes", (after.bytes - drawn.bytes) as f64 / seconds);
        self.say("idle_frames", (after.frames - drawn.frames) as f64 / seconds);
        Ok(self.out)
    }

    fn say(&mut self, name: &str, value: f64) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{name} {value:.4}");
    }

    async fn complete(&mut self, times: u32) -> Result<Seen, String> {
        let done = self
            .seen
            .wait_for(|seen| seen.complete >= times || seen.failure.is_some());
        match tokio::time::timeout(LONGEST, done).await {
            Ok(Ok(seen)) => match &seen.failure {
                Some(failure) => Err(failure.clone()),
                None => Ok(seen.clone()),
            },
            Ok(Err(_)) => Err("the program ended before the list was complete".into()),
            Err(_) => Err(format!("the list was not complete after {} s", LONGEST.as_secs())),
        }
    }

    async fn drawn_when(&mut self, is_so: impl FnMut(&Drawn) -> bool) -> Result<Drawn, String> {
        match tokio::time::timeout(LONGEST_KEY, self.drawn.wait_for(is_so)).await {
            Ok(Ok(drawn)) => Ok(*drawn),
            Ok(Err(_)) => Err("the program ended before all was measured".into()),
            Err(_) => Err(format!("no frame came within {} s", LONGEST_KEY.as_secs())),
        }
    }

    /// Makes the loop take a turn, and waits until it has.
    async fn wake(&mut self) -> Result<(), String> {
        let before = self.drawn.borrow().at;
        let gone = |_| "the program ended before all was measured".to_owned();
        self.input.send(vec![Msg::Resize(SIZE.0, SIZE.1)]).await.map_err(gone)?;
        self.drawn_when(|drawn| drawn.at != before).await.map(drop)
    }

    /// Presses one key; how long until its frame was there, and how many bytes that had.
    async fn key(&mut self, chord: Chord) -> Result<(Duration, usize), String> {
        self.keys += 1;
        let keys = self.keys;
        let pressed = Instant::now();
        let gone = |_| "the program ended before all was measured".to_owned();
        self.input.send(vec![Msg::Key(chord)]).await.map_err(gone)?;
        let drawn = self.drawn_when(|drawn| drawn.keys >= keys).await?;
        let took = drawn.at.map_or(Duration::ZERO, |at| at.duration_since(pressed));
        Ok((took, drawn.last))
    }

    async fn press(&mut self, keys: &str) -> Result<Vec<(Duration, usize)>, String> {
        let chords = parse_keys(keys).map_err(|error| error.to_string())?;
        let mut found = Vec::new();
        for chord in chords {
            found.push(self.key(chord).await?);
            tokio::time::sleep(BETWEEN_KEYS).await;
        }
        Ok(found)
    }

    async fn press_all(&mut self, name: &str, keys: &str) -> Result<(), String> {
        let found = self.press(keys).await?;
        let (mut times, mut bytes): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        times.sort_unstable();
        bytes.sort_unstable();
        let share = |count: usize, share: usize| (count * share / 100).min(count.saturating_sub(1));
        for percent in [50, 99] {
            let time = times.get(share(times.len(), percent)).copied().unwrap_or_default();
            self.say(&format!("{name}_p{percent}_ms"), time.as_secs_f64() * 1e3);
        }
        let bytes = bytes.get(share(bytes.len(), 99)).copied().unwrap_or_default();
        self.say(&format!("{name}_bytes"), bytes as f64);
        Ok(())
    }
}

fn milliseconds(at: Option<Instant>, from: Instant) -> f64 {
    at.map_or(0.0, |at| at.duration_since(from).as_secs_f64() * 1e3)
}

/// A size from what the system says of this process, in MiB.
pub(super) fn status_mib(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}

/// The time that all threads of this process have run.
fn processor_time() -> Option<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let spent = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += spent.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}
