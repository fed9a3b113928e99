//! The whole program in a test: model, engine and simulated clusters on a paused clock, driven by keys and looked at as text.
//! Helpers of a test are all used, but not all of them by each test.
#![allow(dead_code)]

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use portolan::app::Model;
use portolan::cluster::exec::PluginPolicy;
use portolan::config::ColorDepth;
use portolan::demo::{Demo, DemoOptions, Life};
use portolan::effect::Effect;
use portolan::keys::parse_keys;
use portolan::runtime::MESSAGES_WAITING;
use portolan::runtime::cli::ViewArgs;
use portolan::runtime::clipboard::Way as CopyWay;
use portolan::runtime::clock::{Clock, StageClock};
use portolan::runtime::hub::{Hub, HubSettings, Source};
use portolan::runtime::setup::{self, Ground};
use portolan::runtime::stage::Stage;
use ratatui::buffer::Buffer;
use serde_json::Value;
use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

/// How long a picture may take to be complete, on the paused clock.
pub const SETTLE: Duration = Duration::from_secs(20);

thread_local! {
    static CLOCK: Cell<Option<StageClock>> = const { Cell::new(None) };
}

/// The date of this machine, for what asks by a plain function.
pub fn now() -> SystemTime {
    let wall = CLOCK.get().map_or(0, |clock| clock.wall());
    UNIX_EPOCH + Duration::from_millis(u64::try_from(wall).unwrap_or(0))
}

/// What a show begins with.
#[derive(Clone, Default)]
pub struct Opening {
    /// As typed into the palette: `pods -A`, `deploy -n data`. Empty opens what the program opens by itself.
    pub line: String,
    /// Columns and rows; 0 is 140×40.
    pub size: (u16, u16),
    /// Theme; empty is the program's own choice.
    pub theme: &'static str,
    /// Keymap; empty is the program's own choice.
    pub keymap: &'static str,
    /// Seconds by which this machine's clock is ahead of the servers'.
    pub ahead: i64,
    /// As if the terminal had neither Unicode nor colours.
    pub plain: bool,
}

impl Opening {
    /// Opened with this line.
    pub fn at(line: &str) -> Opening {
        Opening {
            line: line.to_owned(),
            ..Opening::default()
        }
    }
}

/// The program, on.
pub struct Show {
    stage: Stage<StageClock>,
    /// The world of the first context.
    pub demo: Option<Demo>,
    size: (u16, u16),
}

/// A world in which nothing happens by itself.
pub fn still() -> Demo {
    Demo::new(DemoOptions {
        life: Life::Still,
        ..DemoOptions::default()
    })
}

/// Runs a test on one thread and a paused clock.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(test)
}

/// What the model begins with, and the clock it begins by.
pub fn setting(opening: &Opening, source: &Source) -> (portolan::app::Setup, StageClock) {
    let mut view = ViewArgs {
        demo: true,
        ..ViewArgs::default()
    };
    let mut words = opening.line.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "-A" => view.all_namespaces = true,
            "-n" => view.namespace.push(words.next().unwrap().to_owned()),
            "-l" => view.selector = words.next().map(str::to_owned),
            kind => view.kind = Some(kind.to_owned()),
        }
    }
    view.theme = (!opening.theme.is_empty()).then(|| opening.theme.to_owned());
    view.keymap = (!opening.keymap.is_empty()).then(|| opening.keymap.to_owned());
    let mut ground = Ground::find(&view, true);
    ground.traits.depth = if opening.plain {
        ColorDepth::None
    } else {
        ColorDepth::True
    };
    ground.traits.unicode = !opening.plain;
    let clock = StageClock::start_at((DemoOptions::default().start + opening.ahead) * 1_000);
    CLOCK.set(Some(clock));
    let names = match source {
        Source::Demo(_) => vec!["demo".to_owned()],
        Source::Demos(demos) => demos.iter().map(|(name, _)| name.clone()).collect(),
        Source::Kubeconfig(_) => Vec::new(),
    };
    let setup = setup::build_setup(&view, &ground, &names, size_of(opening), clock.wall());
    (setup, clock)
}

fn size_of(opening: &Opening) -> (u16, u16) {
    match opening.size {
        (0, _) => (140, 40),
        size => size,
    }
}

/// An engine without a terminal and without files.
pub fn hub(source: Source) -> (Hub, mpsc::Receiver<portolan::msg::Msg>) {
    let (outbox, messages) = mpsc::channel(MESSAGES_WAITING);
    let settings = HubSettings {
        production: std::sync::Arc::new(|_| false),
        plugins: PluginPolicy::Allow,
        clock: now,
        copy: CopyWay::Nowhere("this is a test"),
        terminal: None,
        copy_file: None,
        state_file: None,
    };
    (Hub::start(source, settings, outbox), messages)
}

impl Show {
    /// Opens the program on these clusters, and waits until the picture is complete.
    pub async fn of(source: Source, opening: &Opening) -> Show {
        let mut show = Show::begin(source, opening);
        show.settle().await;
        show
    }

    /// Opens the program on these clusters; nothing has happened yet.
    pub fn begin(source: Source, opening: &Opening) -> Show {
        let demo = match &source {
            Source::Demo(demo) => Some(demo.clone()),
            Source::Demos(demos) => demos.first().map(|(_, demo)| demo.clone()),
            Source::Kubeconfig(_) => None,
        };
        let (setup, clock) = setting(opening, &source);
        let (hub, messages) = hub(source);
        Show {
            stage: Stage::new(Model::new(setup), hub, messages, clock),
            demo,
            size: size_of(opening),
        }
    }

    /// Opens the program on the still world of the demo.
    pub async fn open(line: &str) -> Show {
        Show::of(Source::Demo(still()), &Opening::at(line)).await
    }

    /// The world of the first context.
    pub fn world(&self) -> &Demo {
        self.demo.as_ref().unwrap()
    }

    /// Waits until nothing happens any more. Says whether the picture is complete.
    pub async fn settle(&mut self) -> bool {
        self.stage.settle(SETTLE).await
    }

    /// Presses keys, and waits after each of them until the picture is complete.
    pub async fn keys(&mut self, keys: &str) -> &mut Show {
        for key in parse_keys(keys).unwrap() {
            self.stage.press(key);
            self.settle().await;
        }
        self
    }

    /// Presses keys without waiting.
    pub fn press(&mut self, keys: &str) {
        for key in parse_keys(keys).unwrap() {
            self.stage.press(key);
        }
    }

    /// Presses a key without waiting.
    pub fn press_chord(&mut self, chord: portolan::keys::Chord) {
        self.stage.press(chord);
    }

    /// Pastes.
    pub fn paste(&mut self, text: &str) {
        self.stage.tell(portolan::msg::Msg::Paste {
            text: text.to_owned(),
            cut: false,
        });
    }

    /// Says something to the program that no engine has said.
    pub fn tell(&mut self, message: portolan::msg::Msg) {
        self.stage.tell(message);
    }

    /// Takes one message, waiting no longer than this for it.
    pub async fn step(&mut self, longest: Duration) -> bool {
        self.stage.step(longest).await
    }

    /// Lets so much time pass.
    pub async fn wait(&mut self, time: Duration) {
        self.stage.run(time).await;
    }

    /// Lets so many seconds pass.
    pub async fn seconds(&mut self, seconds: u64) {
        self.wait(Duration::from_secs(seconds)).await;
    }

    /// The world and the clock go on by so many seconds, with all that happens in them.
    pub async fn live(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.world().step(Duration::from_secs(1));
            self.seconds(1).await;
        }
    }

    /// Waits until the screen holds this text; the time it took.
    pub async fn until(&mut self, text: &str, longest: Duration) -> Duration {
        let began = tokio::time::Instant::now();
        while !self.has(text) {
            assert!(
                began.elapsed() < longest,
                "no {text:?} within {longest:?}:\n{}",
                self.text()
            );
            self.wait(Duration::from_millis(100)).await;
        }
        began.elapsed()
    }

    /// The model, to look at.
    pub fn model(&self) -> &Model {
        self.stage.model()
    }

    /// What was asked for since the last look: copies, files, memories, the end.
    pub fn asked(&mut self) -> Vec<Effect> {
        self.stage.asked()
    }

    /// The frame.
    pub fn frame(&mut self) -> Buffer {
        self.stage.frame(self.size.0, self.size.1)
    }

    /// The frame at another size, which it keeps.
    pub fn resize(&mut self, columns: u16, rows: u16) -> Buffer {
        self.size = (columns, rows);
        self.frame()
    }

    /// The lines of the screen without blanks at their end.
    pub fn lines(&mut self) -> Vec<String> {
        text_of(&self.frame())
    }

    /// The screen as text.
    pub fn text(&mut self) -> String {
        self.lines().join("\n")
    }

    /// Whether a line of the screen holds this text; runs of blanks count as one.
    pub fn has(&mut self, text: &str) -> bool {
        let lines = self.lines();
        lines.iter().any(|line| squeezed(line).contains(text))
    }

    /// Whether any row stands under the header of a table.
    pub fn has_rows(&mut self) -> bool {
        self.column("NAME").iter().any(|name| !name.is_empty())
    }

    /// The cells of a column, top to bottom, found by its header. Empty when no such column is on the screen.
    pub fn column(&mut self, header: &str) -> Vec<String> {
        let frame = self.frame();
        let lines = text_of(&frame);
        // The first two cells of a line hold marks.
        let lines: Vec<String> = lines.iter().map(|line| line.chars().skip(2).collect()).collect();
        let Some(head) = lines.get(1) else { return Vec::new() };
        let letters: Vec<char> = head.chars().collect();
        let starts: Vec<usize> = (0..letters.len())
            .filter(|at| letters[*at] != ' ' && (*at < 2 || (letters[at - 1] == ' ' && letters[at - 2] == ' ')))
            .collect();
        let word = |start: usize| -> String {
            let rest: String = letters[start..].iter().collect();
            let end = rest.find("  ").unwrap_or(rest.len());
            rest[..end].to_owned()
        };
        let is_it = |start: &usize| word(*start).trim_end_matches(['↑', '↓', '›', ' ']) == header;
        let Some(place) = starts.iter().position(is_it) else {
            return Vec::new();
        };
        let begin = starts[place];
        // The arrow of the sorted column belongs to its place.
        let end = begin + word(begin).chars().count();
        let last = lines.len().saturating_sub(1);
        let cells = lines[2..last].iter().map(|line| {
            let letters: Vec<char> = line.chars().collect();
            // A cell is the run of text that touches the place of its header; two blanks part cells.
            let filled = |at: usize| letters.get(at).is_some_and(|letter| *letter != ' ');
            let Some(inside) = (begin..end).find(|at| filled(*at)) else {
                return String::new();
            };
            let parted = |at: usize| !filled(at) && !filled(at + 1);
            let mut from = inside;
            while from > 0 && (filled(from - 1) || (from > 1 && filled(from - 2))) {
                from -= 1;
            }
            let mut to = inside;
            while to < letters.len() && !parted(to) {
                to += 1;
            }
            letters[from..to.min(letters.len())]
                .iter()
                .collect::<String>()
                .trim()
                .to_owned()
        });
        cells.collect()
    }

    /// Asks the world of the first context for something; the code and the answer.
    pub async fn request(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        request(self.world(), method, path, body).await
    }

    /// Creates an object.
    pub async fn create(&self, path: &str, body: Value) {
        let (code, answer) = self.request("POST", path, Some(body)).await;
        assert_eq!(code, 201, "{answer}");
    }

    /// Deletes an object.
    pub async fn delete(&self, path: &str) {
        let (code, answer) = self.request("DELETE", path, None).await;
        assert!(code == 200 || code == 202, "{answer}");
    }
}

/// One request to a world, over a connection of its own.
pub async fn request(demo: &Demo, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(demo.serve()))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let kind = if method == "PATCH" {
        "application/merge-patch+json"
    } else {
        "application/json"
    };
    let request = hyper::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "demo")
        .header("accept", "application/json")
        .header("content-type", kind)
        .body(Full::new(Bytes::from(
            body.map_or_else(String::new, |body| body.to_string()),
        )))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let code = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    connection.abort();
    (code, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// The lines of a frame without blanks at their end.
pub fn text_of(frame: &Buffer) -> Vec<String> {
    let area = frame.area;
    let line = |row: u16| {
        let mut line = String::new();
        let mut skip = 0;
        for column in 0..area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = frame[(column, row)].symbol();
            skip = portolan::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        line.trim_end().to_owned()
    };
    (0..area.height).map(line).collect()
}

/// The text with each run of blanks as one.
pub fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
