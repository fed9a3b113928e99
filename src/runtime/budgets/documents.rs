//! Long documents and long logs: five megabytes of YAML and a million lines in the real model, each key timed from its
//! update to the bytes of its frame. No cluster is needed: the lists come from the simulated one, the big object and the
//! lines from here. What goes on in steps after a key is driven as the loop does, with its pauses.

use super::probe::status_mib;
use crate::app::Model;
use crate::cluster::exec::PluginPolicy;
use crate::demo::{DemoOptions, Life};
use crate::keys::parse_keys;
use crate::kinds::{Health, Row, Uid, Whole};
use crate::msg::{Delta, Generation, LogBatch, LogEvent, LogLine, LogPhase, Msg, Phase, TableEvent};
use crate::runtime::MESSAGES_WAITING;
use crate::runtime::cli::ViewArgs;
use crate::runtime::clipboard::Way as CopyWay;
use crate::runtime::clock::{Clock, SystemClock};
use crate::runtime::frame::FrameBackend;
use crate::runtime::hub::{Hub, HubSettings};
use crate::runtime::run_loop::{App, Engine, FRAME_PAUSE};
use crate::runtime::setup::{self, Ground};
use crate::runtime::wants::{LINGER, Planner, Step};
use crate::want::{ListWant, LogWant, Shape, Want};
use ratatui::Terminal;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;

/// The size of the screen in the budgets.
const SIZE: (u16, u16) = (120, 36);
/// How many lines are read, and in how much room.
const LINES: usize = 1_000_000;
const RING_MIB: u32 = 160;
/// Nothing was said for this long: the lists are there.
const QUIET: Duration = Duration::from_millis(400);
/// What goes on for longer than this after a key is given up.
const LONGEST: Duration = Duration::from_secs(30);

/// Measures, and gives the figures a line each.
///
/// # Errors
/// A sentence.
pub(super) fn run() -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime can be started ({error})"))?;
    let figures = runtime.block_on(async {
        let mut out = String::new();
        document(&mut out).await?;
        logs(&mut out).await?;
        Ok(out)
    });
    runtime.shutdown_background();
    figures
}

/// The model with its engine; big objects and logs are kept from the engine and come from here.
struct Desk {
    model: Model,
    hub: Hub,
    planner: Planner,
    messages: mpsc::Receiver<Msg>,
    clock: SystemClock,
    terminal: Terminal<FrameBackend>,
    /// The longest single step after a key.
    longest_step: Duration,
}

fn is_held(want: &Want) -> bool {
    match want {
        Want::Log(_) => true,
        Want::List(list) => list.shape == Shape::Whole && list.resource.resource.as_str() == "websites",
        Want::Cluster(_) | Want::Schema(_) => false,
    }
}

impl Desk {
    fn open(kind: &str) -> Desk {
        let view = ViewArgs {
            demo: true,
            kind: Some(kind.into()),
            ..ViewArgs::default()
        };
        let ground = Ground::find(&view, true);
        let clock = SystemClock::start();
        let options = DemoOptions {
            life: Life::Still,
            start: clock.wall() / 1_000,
            ..DemoOptions::default()
        };
        let names = [crate::runtime::hub::DEMO.1.to_owned()];
        let mut setup = setup::build_setup(&view, &ground, &names, SIZE, clock.wall());
        setup.settings.log_ring_mib = RING_MIB;
        let (outbox, messages) = mpsc::channel(MESSAGES_WAITING);
        let settings = HubSettings {
            production: Arc::new(|_| false),
            plugins: PluginPolicy::Allow,
            clock: SystemTime::now,
            copy: CopyWay::Nowhere("this is a measurement"),
            terminal: None,
            copy_file: None,
            state_file: None,
        };
        let Ok(terminal) = Terminal::new(FrameBackend::new(SIZE.0, SIZE.1));
        Desk {
            hub: Hub::start(setup::source(&view, options), settings, outbox),
            model: Model::new(setup),
            planner: Planner::new(LINGER),
            messages,
            clock,
            terminal,
            longest_step: Duration::ZERO,
        }
    }

    /// Hands the model a message; what it asks for outside is left undone.
    fn tell(&mut self, message: Msg) {
        drop(App::update(&mut self.model, message));
    }

    fn draw(&mut self) {
        let model = &self.model;
        let Ok(_) = self.terminal.draw(|frame| App::draw(model, frame));
        drop(self.terminal.backend_mut().take_frame());
    }

    /// Takes what the simulated cluster says until it says nothing more.
    async fn settle(&mut self) {
        loop {
            let mut wants = App::wants(&self.model);
            wants.retain(|want| !is_held(want));
            for step in self.planner.plan(&wants, self.clock.mono()) {
                match step {
                    Step::Start(want, generation) => self.hub.start(&want, generation),
                    Step::Stop(want) => self.hub.stop(&want),
                }
            }
            match tokio::time::timeout(QUIET, self.messages.recv()).await {
                Ok(Some(message)) => self.tell(message),
                Ok(None) => return,
                Err(_) => {
                    let tick = self.clock.tick();
                    self.tell(tick);
                    self.draw();
                    if self.model.next_change().is_none_or(|change| change > QUIET) {
                        return;
                    }
                }
            }
        }
    }

    /// How long an update and its frame take.
    fn timed(&mut self, message: Msg) -> Duration {
        let began = Instant::now();
        let tick = self.clock.tick();
        self.tell(tick);
        self.tell(message);
        self.draw();
        began.elapsed()
    }

    /// Presses keys; how long each took to its frame, and how long until all that it began was done.
    async fn press(&mut self, keys: &str) -> Result<Vec<(Duration, Duration)>, String> {
        let mut found = Vec::new();
        for chord in parse_keys(keys).map_err(|error| error.to_string())? {
            found.push(self.done(Msg::Key(chord)).await);
        }
        Ok(found)
    }

    /// A message to its frame, and then as the loop does until nothing is left to do by itself.
    async fn done(&mut self, message: Msg) -> (Duration, Duration) {
        let began = Instant::now();
        let took = self.timed(message);
        let mut frame = Instant::now();
        while began.elapsed() < LONGEST {
            match self.model.next_change() {
                Some(change) if change <= Duration::from_millis(1) => {}
                _ => break,
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            let step = Instant::now();
            let tick = self.clock.tick();
            self.tell(tick);
            if frame.elapsed() >= FRAME_PAUSE {
                self.draw();
                frame = Instant::now();
            }
            self.longest_step = self.longest_step.max(step.elapsed());
        }
        (took, began.elapsed())
    }

    /// Presses keys and says what they took. The longest time until all was done goes with them.
    async fn measure(&mut self, out: &mut String, name: &str, keys: &str) -> Result<(), String> {
        let (times, done): (Vec<_>, Vec<_>) = self.press(keys).await?.into_iter().unzip();
        say_times(out, name, times);
        say(out, &format!("{name}_done_ms"), in_ms(done.into_iter().max().unwrap_or_default()));
        Ok(())
    }

    fn log_want(&self) -> Option<Arc<LogWant>> {
        App::wants(&self.model).into_iter().find_map(|want| match want {
            Want::Log(log) => Some(Arc::new(log)),
            _ => None,
        })
    }

    fn big_list(&self) -> Option<ListWant> {
        App::wants(&self.model).into_iter().find_map(|want| match want {
            Want::List(list) if is_held(&Want::List(list.clone())) => Some(list),
            _ => None,
        })
    }
}

fn in_ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn say(out: &mut String, name: &str, value: f64) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{name} {value:.4}");
}

fn say_times(out: &mut String, name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    for (word, percent) in [("p50", 50), ("p99", 99), ("max", 100)] {
        say(out, &format!("{name}_{word}_ms"), in_ms(at(percent).copied().unwrap_or_default()));
    }
}

/// A custom resource of five megabytes: as a template of a workload, again and again.
fn big_object() -> Value {
    let item = |number: usize| {
        json!({"metadata": {"name": format!("cart-{number}"), "namespace": "shop", "labels": {"app.kubernetes.io/name": "cart"},
                "annotations": {"note": "a long text that is broken at its blanks ".repeat(5)}},
            "spec": {"nodeName": "node-1", "restartPolicy": "Always", "containers": [{"name": "app",
                "image": "registry.example.com/shop/cart:1.2.3", "args": ["--port=8080", "0644", "one\ntwo\nthree\n"],
                "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
                "resources": {"limits": {"cpu": "100m", "memory": "128Mi"}}}]},
            "status": {"phase": "Running", "podIP": "10.1.2.3", "conditions": [{"type": "Ready", "status": "True"}]}})
    };
    json!({"apiVersion": "example.portolan.dev/v1", "kind": "Website",
        "metadata": {"name": "status-page", "namespace": "shop", "uid": "big", "resourceVersion": "7"},
        "spec": {"replicas": 2, "items": (0..6_200).map(item).collect::<Vec<Value>>()}})
}

fn big_row(whole: Arc<Whole>, version: u64) -> Row {
    let text = |path: &str| whole.value.pointer(path).and_then(Value::as_str).unwrap_or_default();
    Row {
        uid: Uid::parse(text("/metadata/uid")),
        namespace: text("/metadata/namespace").into(),
        name: text("/metadata/name").into(),
        version,
        created: None,
        deleting: None,
        labels: Vec::new().into(),
        owner: None,
        health: Health::Good,
        cells: Box::default(),
        facts: Box::default(),
        whole: Some(whole.clone()),
    }
}

async fn document(out: &mut String) -> Result<(), String> {
    let mut desk = Desk::open("websites");
    desk.settle().await;
    desk.press("y").await?;
    desk.settle().await;
    let list = desk.big_list().ok_or("the object's own list is not wanted")?;
    let before = status_mib("VmRSS:");
    let value = big_object();
    let bytes = value.to_string().len();
    say(out, "yaml_mb", bytes as f64 / 1e6);
    let whole = Arc::new(Whole { value, bytes });
    let generation = Generation(1_000);
    let tell = |desk: &mut Desk, event| desk.timed(Msg::Table(Box::new(list.clone()), generation, event));
    tell(&mut desk, TableEvent::Begin { source: 0, epoch: 1 });
    let deltas = vec![Delta::Upsert(big_row(whole.clone(), 7))];
    let opened = tell(&mut desk, TableEvent::Deltas { source: 0, deltas });
    say(out, "yaml_open_ms", in_ms(opened));
    tell(&mut desk, TableEvent::End { source: 0, epoch: 1 });
    let phase = Phase::Watching;
    tell(&mut desk, TableEvent::Phase { source: 0, phase });
    desk.settle().await;
    say(out, "yaml_mib", status_mib("VmRSS:") - before);
    desk.measure(out, "yaml_cursor", &format!("{}{}", "j".repeat(150), "k".repeat(50))).await?;
    desk.measure(out, "yaml_page", &"<pagedown><pagedown><pagedown><pageup>".repeat(50)).await?;
    desk.measure(out, "yaml_ends", &"Ggg".repeat(67)).await?;
    let typed = "/cart-6199<enter>nNgg/zzz-not-there<enter>gg/image: reg<enter>nnnn<esc>gg";
    desk.measure(out, "yaml_search", &typed.repeat(6)).await?;
    desk.measure(out, "yaml_fold", &"zMjzajzazRgg".repeat(20)).await?;
    let mut changed = whole.value.clone();
    if let Some(replicas) = changed.pointer_mut("/spec/replicas") {
        *replicas = 3.into();
    }
    let whole = Arc::new(Whole { value: changed, bytes });
    let deltas = vec![Delta::Upsert(big_row(whole, 8))];
    let took = tell(&mut desk, TableEvent::Deltas { source: 0, deltas });
    say(out, "yaml_change_ms", in_ms(took));
    desk.hub.finish();
    Ok(())
}

/// Lines as services write them, some 110 bytes each.
fn line(number: usize) -> String {
    let request = number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff;
    match number % 10 {
        0 | 5 => format!(
            r#"{{"level":"info","ts":"2026-11-20T10:00:00.000Z","msg":"request served","path":"/api/v1/carts/{request:08x}","status":200}}"#
        ),
        1 | 6 => format!(
            r#"time="2026-11-20T10:00:00Z" level=info msg="reconciled cart" cart={request:08x} took=12ms component=controller"#
        ),
        2 => format!(
            "I1120 10:00:00.000000       1 controller.go:{number}] \"Synced\" cart=\"shop/{request:08x}\" took=\"3ms\" generation=4"
        ),
        3 if number % 1000 == 3 => format!(
            "2026-11-20 10:00:00,000 ERROR checkout - could not charge card {request:08x}: connection refused by peer"
        ),
        4 if number % 1000 == 4 => "\tat com.example.checkout.Charge.run(Charge.java:120)".to_owned(),
        _ => format!(
            "10.0.{}.{} - - [20/Nov/2026:10:00:00 +0000] \"GET /healthz/{request:08x} HTTP/1.1\" 200 {number} \"-\" \"probe/1.0\"",
            number % 256,
            number % 200
        ),
    }
}

/// The next batch from this line on, as large as the stream sends them.
fn batch(from: usize, begin: i64) -> (LogEvent, usize) {
    let (mut bytes, mut lines) = (Vec::new(), Vec::new());
    let mut number = from;
    while number < LINES && bytes.len() < crate::cluster::logs::task::BATCH_BYTES {
        bytes.extend_from_slice(line(number).as_bytes());
        lines.push(LogLine {
            end: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            time: begin + number as i64 * 1_000_000,
            cut: false,
        });
        number += 1;
    }
    let batch = LogBatch {
        bytes: bytes.into(),
        lines: lines.into(),
    };
    (LogEvent::Lines(batch), number)
}

async fn logs(out: &mut String) -> Result<(), String> {
    let mut desk = Desk::open("pods");
    desk.settle().await;
    desk.press("l").await?;
    desk.settle().await;
    let want = desk.log_want().ok_or("no log is wanted")?;
    let generation = Generation(1_000);
    desk.timed(Msg::Log(want.clone(), generation, LogEvent::Phase(LogPhase::Streaming)));
    let before = status_mib("VmRSS:");
    let begin = (desk.clock.wall() - LINES as i64) * 1_000_000;
    let (mut taking, mut drawing, mut next) = (Duration::ZERO, Duration::ZERO, 0);
    let (mut undrawn, mut longest) = (Duration::ZERO, Duration::ZERO);
    let (mut count, mut frames) = (0_u32, 0_u32);
    while next < LINES {
        let (event, then) = batch(next, begin);
        next = then;
        let began = Instant::now();
        desk.tell(Msg::Log(want.clone(), generation, event));
        let took = began.elapsed();
        taking += took;
        undrawn += took;
        count += 1;
        longest = longest.max(took);
        if undrawn >= FRAME_PAUSE {
            let began = Instant::now();
            desk.draw();
            drawing += began.elapsed();
            undrawn = Duration::ZERO;
            frames += 1;
        }
    }
    say(out, "ring_lines_per_second", LINES as f64 / (taking + drawing).as_secs_f64());
    say(out, "ring_batch_max_ms", in_ms(longest));
    say(out, "ring_batches", f64::from(count));
    say(out, "ring_frames", f64::from(frames));
    say(out, "ring_mib", status_mib("VmRSS:") - before);
    desk.settle().await;

    desk.measure(out, "log_cursor", &format!("{}{}", "k".repeat(120), "j".repeat(80))).await?;
    desk.measure(out, "log_page", &"<pageup><pageup><pageup><pagedown>".repeat(50)).await?;
    desk.measure(out, "log_ends", &"ggG".repeat(67)).await?;
    desk.measure(out, "log_jump", &"gg}}}{".repeat(40)).await?;
    desk.press("gg").await?;
    // At once, as it is pasted: what a search of the whole costs.
    for (name, text) in [("log_literal", "Charge.java"), ("log_absent", "zzz-not-there"), ("log_common", "healthz")] {
        desk.press("gg/").await?;
        let paste = Msg::Paste {
            text: text.replace('.', ""),
            cut: false,
        };
        let (took, done) = desk.done(paste).await;
        say(out, &format!("{name}_key_ms"), in_ms(took));
        say(out, &format!("{name}_done_ms"), in_ms(done));
        desk.press("<esc>").await?;
    }
    desk.measure(out, "log_typed", &"gg/charge card<enter>nnN<esc>G/zzz-not-there<enter>nN<esc>".repeat(4)).await?;
    desk.measure(out, "log_regex", &"gg/card [0-9a-f]+: conn<enter>nn<esc>".repeat(4)).await?;
    desk.measure(out, "log_filter", "gg&charge<enter>jG\\&!healthz<enter>\\&level<gt>=error<enter>kgg\\&status=200<enter>\\").await?;
    say(out, "log_step_max_ms", in_ms(desk.longest_step));
    say(out, "log_mib", status_mib("VmRSS:") - before);
    desk.hub.finish();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_as_long_and_as_many_as_is_said() {
        let (mut next, mut bytes) = (0, 0);
        while next < LINES / 100 {
            let (LogEvent::Lines(batch), then) = batch(next, 0) else { panic!("no lines") };
            assert_eq!(batch.lines.len(), then - next);
            (next, bytes) = (then, bytes + batch.bytes.len());
        }
        assert!((90..130).contains(&(bytes / next)), "{}", bytes / next);
    }
}
