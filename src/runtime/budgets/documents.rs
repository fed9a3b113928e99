//! Long documents and long logs: five megabytes of YAML and a million lines in the real model, each key timed from its
//! update to the bytes of its frame. No cluster is needed: the lists come from the simulated one, the big object and the
//! lines from here. What goes on in steps after a key is driven as the loop does, with its pauses.

use super::BudgetsArgs;
use super::probe::status_mib;
use crate::app::Model;
use crate::cluster::exec::PluginPolicy;
use crate::demo::{DemoOptions, Life};
use crate::keys::parse_keys;
use crate::kinds::{Row, Whole};
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
use ratatui::backend::TestBackend;
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
pub(super) fn run(args: &BudgetsArgs) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime can be started ({error})"))?;
    let figures = runtime.block_on(async {
        let mut out = String::new();
        match all(&mut out, args).await {
            Ok(()) => Ok(out),
            // What was found until then is worth a look.
            Err(why) => Err(format!("{why}\nuntil then:\n{out}")),
        }
    });
    runtime.shutdown_background();
    figures
}

async fn all(out: &mut String, args: &BudgetsArgs) -> Result<(), String> {
    // Logs first: what the document leaves behind in the allocator would hide their memory.
    logs(out).await?;
    document(out).await?;
    if args.kubeconfig.is_some() {
        socket(out, args).await?;
    }
    Ok(())
}

/// The model with its engine; big objects and logs are kept from the engine and come from here.
struct Desk {
    model: Model,
    hub: Hub,
    planner: Planner,
    messages: mpsc::Receiver<Msg>,
    clock: SystemClock,
    terminal: Terminal<FrameBackend>,
    /// What single steps took that went on after a key.
    steps: Vec<Duration>,
    /// Whether big objects and logs come from here.
    holds: bool,
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
        Desk::open_on(&ViewArgs {
            demo: true,
            kind: Some(kind.into()),
            ..ViewArgs::default()
        })
    }

    fn open_on(view: &ViewArgs) -> Desk {
        let ground = Ground::find(view, true);
        let clock = SystemClock::start();
        let options = DemoOptions {
            life: Life::Still,
            start: clock.wall() / 1_000,
            ..DemoOptions::default()
        };
        let source = setup::source(view, options);
        let names = [crate::runtime::hub::DEMO.1.to_owned()];
        let mut setup = setup::build_setup(view, &ground, &names, SIZE, clock.wall());
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
            hub: Hub::start(source, settings, outbox),
            model: Model::new(setup),
            planner: Planner::new(LINGER),
            messages,
            clock,
            terminal,
            steps: Vec::new(),
            holds: true,
        }
    }

    /// Starts and stops what the model wants and the engine may do.
    fn plan(&mut self) {
        let mut wants = App::wants(&self.model);
        wants.retain(|want| !self.holds || !is_held(want));
        for step in self.planner.plan(&wants, self.clock.mono()) {
            match step {
                Step::Start(want, generation) => self.hub.start(&want, generation),
                Step::Stop(want) => self.hub.stop(&want),
            }
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

    /// Fails with what is seen when this text is not on the screen: what is not there must not be measured.
    fn expect(&self, text: &str) -> Result<(), String> {
        let Ok(mut terminal) = Terminal::new(TestBackend::new(SIZE.0, SIZE.1));
        let Ok(frame) = terminal.draw(|frame| App::draw(&self.model, frame));
        let seen: String = frame
            .buffer
            .content()
            .chunks(usize::from(SIZE.0))
            .flat_map(|row| row.iter().map(|cell| cell.symbol()).chain(["\n"]))
            .collect();
        if seen.contains(text) {
            Ok(())
        } else {
            Err(format!("`{text}` is not on the screen:\n{seen}"))
        }
    }

    /// Takes what the simulated cluster says until it says nothing more.
    async fn settle(&mut self) {
        loop {
            self.plan();
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
            self.steps.push(step.elapsed());
        }
        (took, began.elapsed())
    }

    /// Presses keys and says what they took. The longest time until all was done goes with them.
    async fn measure(&mut self, out: &mut String, name: &str, keys: &str) -> Result<(), String> {
        let (times, done): (Vec<_>, Vec<_>) = self.press(keys).await?.into_iter().unzip();
        say_times(out, name, times);
        say(
            out,
            &format!("{name}_done_ms"),
            in_ms(done.into_iter().max().unwrap_or_default()),
        );
        Ok(())
    }

    fn log_want(&self) -> Option<Arc<LogWant>> {
        App::wants(&self.model).into_iter().find_map(|want| match want {
            Want::Log(log) => Some(Arc::new(log)),
            _ => None,
        })
    }

    /// The row of this list's only object in the list of all.
    fn row_of(&self, one: &ListWant) -> Option<Row> {
        let name = one.fields.as_str().strip_prefix("metadata.name=")?;
        let tables = &self.model.shared().tables;
        let of_kind = tables
            .iter()
            .filter(|(list, _)| list.resource == one.resource && list.shape == Shape::Objects);
        of_kind
            .flat_map(|(_, table)| table.ids().filter_map(|id| table.row(id)))
            .find(|row| row.name.as_str() == name)
            .cloned()
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
        say(
            out,
            &format!("{name}_{word}_ms"),
            in_ms(at(percent).copied().unwrap_or_default()),
        );
    }
}

/// A custom resource of five megabytes: as a template of a workload, again and again.
fn big_object(known: &Row) -> Value {
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
        "metadata": {"name": known.name.as_str(), "namespace": known.namespace.as_str(), "resourceVersion": "7"},
        "spec": {"replicas": 2, "items": (0..6_200).map(item).collect::<Vec<Value>>()}})
}

fn big_row(known: &Row, whole: Arc<Whole>, version: u64) -> Row {
    Row {
        version,
        whole: Some(whole),
        ..known.clone()
    }
}

async fn document(out: &mut String) -> Result<(), String> {
    let mut desk = Desk::open("websites");
    desk.settle().await;
    desk.press("y").await?;
    desk.settle().await;
    let list = desk.big_list().ok_or("the object's own list is not wanted")?;
    let before = status_mib("VmRSS:");
    let known = desk
        .row_of(&list)
        .ok_or("the object is not in the list it was opened from")?;
    let value = big_object(&known);
    let bytes = value.to_string().len();
    say(out, "yaml_mb", bytes as f64 / 1e6);
    let whole = Arc::new(Whole { value, bytes });
    let generation = Generation(1_000);
    let tell = |desk: &mut Desk, event| desk.timed(Msg::Table(Box::new(list.clone()), generation, event));
    tell(&mut desk, TableEvent::Begin { source: 0, epoch: 1 });
    let deltas = vec![Delta::Upsert(big_row(&known, whole.clone(), 7))];
    let opened = tell(&mut desk, TableEvent::Deltas { source: 0, deltas });
    say(out, "yaml_open_ms", in_ms(opened));
    tell(&mut desk, TableEvent::End { source: 0, epoch: 1 });
    let phase = Phase::Watching;
    tell(&mut desk, TableEvent::Phase { source: 0, phase });
    desk.settle().await;
    desk.expect("items:")?;
    say(out, "yaml_mib", status_mib("VmRSS:") - before);
    desk.measure(out, "yaml_cursor", &format!("{}{}", "j".repeat(150), "k".repeat(50)))
        .await?;
    desk.measure(out, "yaml_page", &"<pagedown><pagedown><pagedown><pageup>".repeat(50))
        .await?;
    desk.measure(out, "yaml_ends", &"Ggg".repeat(67)).await?;
    let typed = "/cart-6199<enter>nNgg/zzz-not-there<enter>gg/image: reg<enter>nnnn<esc>gg";
    desk.measure(out, "yaml_search", &typed.repeat(6)).await?;
    desk.measure(out, "yaml_fold", &"zMjzajzazRgg".repeat(20)).await?;
    let mut changed = whole.value.clone();
    if let Some(replicas) = changed.pointer_mut("/spec/replicas") {
        *replicas = 3.into();
    }
    let whole = Arc::new(Whole { value: changed, bytes });
    let deltas = vec![Delta::Upsert(big_row(&known, whole, 8))];
    let took = tell(&mut desk, TableEvent::Deltas { source: 0, deltas });
    say(out, "yaml_change_ms", in_ms(took));
    // Names are sorted: it stands in the last lines.
    desk.press("G").await?;
    desk.expect("replicas: 3")?;
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
    say(
        out,
        "ring_lines_per_second",
        LINES as f64 / (taking + drawing).as_secs_f64(),
    );
    say(out, "ring_batch_max_ms", in_ms(longest));
    say(out, "ring_batches", f64::from(count));
    say(out, "ring_frames", f64::from(frames));
    say(out, "ring_mib", status_mib("VmRSS:") - before);
    desk.settle().await;
    // Every line is held.
    desk.expect(" 1,000,000 ")?;

    desk.measure(out, "log_cursor", &format!("{}{}", "k".repeat(120), "j".repeat(80)))
        .await?;
    desk.measure(out, "log_page", &"<pageup><pageup><pageup><pagedown>".repeat(50))
        .await?;
    desk.measure(out, "log_ends", &"ggG".repeat(67)).await?;
    desk.measure(out, "log_jump", &"gg}}}{".repeat(40)).await?;
    desk.press("gg").await?;
    // At once, as it is pasted: what a search of the whole costs.
    for (name, text) in [
        ("log_literal", "charge card"),
        ("log_absent", "zzz-not-there"),
        ("log_common", "healthz"),
    ] {
        desk.press("gg/").await?;
        let paste = Msg::Paste {
            text: text.to_owned(),
            cut: false,
        };
        let (took, done) = desk.done(paste).await;
        say(out, &format!("{name}_key_ms"), in_ms(took));
        say(out, &format!("{name}_done_ms"), in_ms(done));
        desk.press("<esc>").await?;
    }
    desk.measure(
        out,
        "log_typed",
        &"gg/charge card<enter>nnN<esc>G/zzz-not-there<enter>nN<esc>".repeat(4),
    )
    .await?;
    desk.measure(out, "log_regex", &"gg/card [0-9a-f]+: conn<enter>nn<esc>".repeat(4))
        .await?;
    desk.measure(
        out,
        "log_filter",
        "gg&charge<enter>jG\\&!healthz<enter>\\&level>=error<enter>kgg\\&status=200<enter>\\",
    )
    .await?;
    say_times(out, "log_step", std::mem::take(&mut desk.steps));
    say(out, "log_mib", status_mib("VmRSS:") - before);
    desk.hub.finish();
    Ok(())
}

/// What came through the socket.
#[derive(Default)]
struct Came {
    lines: u64,
    /// Numbers that did not follow on the one before.
    wrong: u64,
    last: Option<u64>,
}

impl Came {
    fn take(&mut self, message: &Msg) {
        let Msg::Log(_, _, LogEvent::Lines(batch)) = message else {
            return;
        };
        let mut from = 0;
        for line in &batch.lines {
            let end = line.end as usize;
            let number = batch.bytes.get(from..end).and_then(|text| text.get(..16));
            let number = number.and_then(|text| std::str::from_utf8(text).ok()?.parse::<u64>().ok());
            from = end;
            self.lines += 1;
            self.wrong += u64::from(number.is_none() || self.last.is_some_and(|last| number != Some(last + 1)));
            self.last = number;
        }
    }
}

/// Lines of a server on the loopback, as many as it sends, while keys are pressed: messages a few milliseconds at a time,
/// then keys that are due, then a frame, as the loop does.
async fn socket(out: &mut String, args: &BudgetsArgs) -> Result<(), String> {
    const TIME: Duration = Duration::from_secs(10);
    const BETWEEN: Duration = Duration::from_millis(47);
    const MESSAGES: Duration = Duration::from_millis(4);
    let mut desk = Desk::open_on(&ViewArgs {
        kind: Some("pods".into()),
        kubeconfig: args.kubeconfig.clone(),
        ..ViewArgs::default()
    });
    desk.settle().await;
    desk.holds = false;
    desk.press("l").await?;
    let keys = parse_keys("kkj<pageup>Gk<pagedown>G").map_err(|error| error.to_string())?;
    let mut keys = keys.into_iter().cycle();
    // The tail comes first; what is measured begins after it.
    let warm = Instant::now() + Duration::from_secs(4);
    let (mut came, mut times, mut began) = (Came::default(), Vec::new(), None);
    let (mut due, mut frame) = (warm, Instant::now());
    loop {
        desk.plan();
        let now = Instant::now();
        if began.is_none() && now >= warm {
            began = Some((now, came.lines));
        }
        if began.is_some_and(|(began, _)| now >= began + TIME) {
            break;
        }
        if now >= due
            && let Some(key) = keys.next()
        {
            desk.timed(Msg::Key(key));
            frame = Instant::now();
            times.push(due.elapsed());
            due = Instant::now() + BETWEEN;
        }
        let wait = (frame + FRAME_PAUSE).min(due.max(now)).saturating_duration_since(now);
        let mut next = tokio::time::timeout(wait.max(Duration::from_millis(1)), desk.messages.recv())
            .await
            .ok()
            .flatten();
        let tick = desk.clock.tick();
        desk.tell(tick);
        let taking = Instant::now();
        while let Some(message) = next.take().or_else(|| desk.messages.try_recv().ok()) {
            came.take(&message);
            desk.tell(message);
            if taking.elapsed() >= MESSAGES {
                break;
            }
        }
        if frame.elapsed() >= FRAME_PAUSE {
            desk.draw();
            frame = Instant::now();
        }
    }
    if let Some((began, before)) = began {
        let lines = came.lines - before;
        say(
            out,
            "socket_lines_per_second",
            lines as f64 / began.elapsed().as_secs_f64(),
        );
    }
    say(out, "socket_wrong", came.wrong as f64);
    say_times(out, "socket", times);
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
            let (LogEvent::Lines(batch), then) = batch(next, 0) else {
                panic!("no lines")
            };
            assert_eq!(batch.lines.len(), then - next);
            (next, bytes) = (then, bytes + batch.bytes.len());
        }
        assert!((90..130).contains(&(bytes / next)), "{}", bytes / next);
    }
}
