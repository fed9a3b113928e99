//! The loop on a paused clock, with a small model, a scripted keyboard and a screen in memory.
//! One file: the first half is that stage, and nothing else uses it.

use super::*;
use crate::keys::{Chord, Key};
use crate::kinds::ResourceName;
use crate::msg::Ticket;
use crate::text::Clean;
use crate::want::{ListWant, Scope, Shape};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A model that counts what it is told, and does what some keys say.
#[derive(Default)]
struct Counter {
    revision: u64,
    keys: String,
    ticks: Vec<u64>,
    answers: u64,
    resumed: u32,
    changes_after: Option<Duration>,
    wants: BTreeSet<Want>,
    /// What is told, in order, for all to see.
    log: Rc<RefCell<Vec<String>>>,
    /// How long an update takes, on the clock of `Hands`.
    costs: Option<(Arc<AtomicU64>, u64)>,
    /// Somebody presses a key while the five hundredth answer is being taken.
    press_after_500: Rc<RefCell<Option<mpsc::Sender<Vec<Msg>>>>>,
}

impl App for Counter {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        if let Some((hands, cost)) = &self.costs {
            hands.fetch_add(*cost, Ordering::Relaxed);
        }
        match msg {
            Msg::Key(chord) => {
                self.revision += 1;
                self.log.borrow_mut().push(format!("key {chord}"));
                self.keys.push_str(&chord.to_string());
                match chord.typed() {
                    Some('q') => return vec![Effect::Quit],
                    Some('z') => return vec![Effect::Suspend],
                    Some('p') => return vec![Effect::RunPluginInTerminal(ClusterId(0))],
                    Some('P') => {
                        return vec![Effect::Page {
                            ticket: Ticket(2),
                            content: vec![b"one ".as_slice().into(), b"two".as_slice().into()],
                        }];
                    }
                    Some('r') => return vec![Effect::Redraw],
                    Some('c') => {
                        return vec![Effect::Copy {
                            ticket: Ticket(1),
                            text: "x".into(),
                            what: Clean::new("name"),
                        }];
                    }
                    Some('w') => {
                        self.wants.insert(Want::List(pods()));
                    }
                    Some('W') => self.wants.clear(),
                    // A key that changes nothing visible.
                    Some('n') => self.revision -= 1,
                    _ => {}
                }
            }
            Msg::Tick { mono, .. } => {
                self.ticks.push(mono);
                if self.changes_after.is_some() {
                    self.revision += 1;
                }
            }
            Msg::Done(..) => {
                self.answers += 1;
                self.revision += 1;
                self.log.borrow_mut().push("answer".into());
                if self.answers == 500
                    && let Some(keys) = self.press_after_500.take()
                {
                    keys.try_send(pressed("a")).unwrap();
                }
            }
            Msg::Resumed => self.resumed += 1,
            Msg::Resize(..) => self.revision += 1,
            _ => {}
        }
        Vec::new()
    }

    fn wants(&self) -> BTreeSet<Want> {
        self.wants.clone()
    }

    fn draw(&self, frame: &mut Frame) {
        let line = format!("{} {}", self.keys, self.answers);
        let area = frame.area();
        frame.buffer_mut().set_string(0, 0, line, ratatui::style::Style::new());
        assert!(area.width > 0);
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn next_change(&self) -> Option<Duration> {
        self.changes_after
    }
}

fn pods() -> ListWant {
    ListWant {
        cluster: ClusterId(0),
        resource: ResourceName::new("", "pods"),
        scope: Scope::All,
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    }
}

struct Script(mpsc::Receiver<Vec<Msg>>, Rc<RefCell<Vec<String>>>);

impl Input for Script {
    async fn next(&mut self) -> Option<Vec<Msg>> {
        self.0.recv().await
    }
    fn close(&mut self) {
        self.1.borrow_mut().push("input closed".into());
    }
    fn open(&mut self) {
        self.1.borrow_mut().push("input open".into());
    }
}

/// A screen that remembers when it was drawn and what it showed.
#[derive(Clone)]
struct Screen(Rc<Shown>);

struct Shown {
    terminal: RefCell<Terminal<TestBackend>>,
    frames: RefCell<Vec<(u64, String)>>,
    began: Instant,
    slow: Cell<bool>,
    freed: Notify,
    log: Rc<RefCell<Vec<String>>>,
}

impl Screen {
    fn free(&self) {
        self.0.slow.set(false);
        self.0.freed.notify_one();
    }
    fn frames(&self) -> Vec<(u64, String)> {
        self.0.frames.borrow().clone()
    }
    fn last(&self) -> String {
        self.0
            .frames
            .borrow()
            .last()
            .map_or_else(String::new, |frame| frame.1.clone())
    }
    fn count(&self) -> usize {
        self.0.frames.borrow().len()
    }
}

impl Surface for Screen {
    fn is_free(&self) -> bool {
        !self.0.slow.get()
    }
    async fn freed(&self) {
        while self.0.slow.get() {
            self.0.freed.notified().await;
        }
    }
    fn draw(&mut self, render: &mut dyn FnMut(&mut Frame)) -> io::Result<()> {
        assert!(self.is_free(), "a frame was begun before the last was sent");
        let mut terminal = self.0.terminal.borrow_mut();
        terminal.draw(|frame| render(frame)).map_err(io::Error::other)?;
        let line: String = terminal.backend().buffer().content()[..40]
            .iter()
            .map(|cell| cell.symbol())
            .collect();
        let at = u64::try_from(self.0.began.elapsed().as_millis()).unwrap();
        self.0.frames.borrow_mut().push((at, line.trim_end().to_owned()));
        Ok(())
    }
    fn resize(&mut self, columns: u16, rows: u16) {
        self.0.terminal.borrow_mut().backend_mut().resize(columns, rows);
    }
    fn forget(&mut self) {
        self.0.log.borrow_mut().push("forget".into());
    }
    fn leave(&mut self) {
        self.0.log.borrow_mut().push("leave".into());
    }
    fn enter(&mut self) -> io::Result<()> {
        self.0.log.borrow_mut().push("enter".into());
        Ok(())
    }
    fn stop_process(&mut self) -> io::Result<()> {
        self.0.log.borrow_mut().push("stopped".into());
        Ok(())
    }
}

struct Workshop {
    log: Rc<RefCell<Vec<String>>>,
    child: Arc<Notify>,
}

impl Engine for Workshop {
    fn start(&mut self, want: &Want, generation: Generation) {
        let what = match want {
            Want::Cluster(id) => id.0.to_string(),
            Want::List(list) => list.resource.to_string(),
            other => format!("{other:?}"),
        };
        self.log.borrow_mut().push(format!("start {what}@{}", generation.0));
    }
    fn stop(&mut self, want: &Want) {
        let what = match want {
            Want::Cluster(id) => id.0.to_string(),
            Want::List(list) => list.resource.to_string(),
            other => format!("{other:?}"),
        };
        self.log.borrow_mut().push(format!("stop {what}"));
    }
    fn perform(&mut self, effect: Effect) {
        let name = format!("{effect:?}");
        self.log
            .borrow_mut()
            .push(format!("perform {}", name.split_whitespace().next().unwrap_or("")));
    }
    fn run_in_terminal(&mut self, _cluster: ClusterId) -> BoxFuture<'static, ()> {
        let child = self.child.clone();
        Box::pin(async move { child.notified().await })
    }
    fn page(&mut self, ticket: Ticket, content: Vec<Arc<[u8]>>) -> BoxFuture<'static, ()> {
        let text: Vec<u8> = content.iter().flat_map(|piece| piece.iter().copied()).collect();
        let text = String::from_utf8_lossy(&text).into_owned();
        self.log.borrow_mut().push(format!("page {} {text}", ticket.0));
        let child = self.child.clone();
        Box::pin(async move { child.notified().await })
    }
    fn slept(&mut self, away: Duration) {
        self.log.borrow_mut().push(format!("slept {}", away.as_secs()));
    }
}

/// A clock that tokio moves, and a test as well.
#[derive(Clone)]
struct Hands {
    began: Instant,
    more: Arc<AtomicU64>,
    slept: Arc<AtomicU64>,
}

impl Clock for Hands {
    fn mono(&self) -> Duration {
        self.began.elapsed() + Duration::from_millis(self.more.load(Ordering::Relaxed))
    }
    fn wall(&self) -> i64 {
        let slept = i64::try_from(self.slept.load(Ordering::Relaxed)).unwrap();
        slept + i64::try_from(self.mono().as_millis()).unwrap()
    }
}

/// What a test holds in its hands while the loop runs.
struct Hold {
    keys: RefCell<Option<mpsc::Sender<Vec<Msg>>>>,
    messages: mpsc::Sender<Msg>,
    signals: mpsc::Sender<Signal>,
    screen: Screen,
    log: Rc<RefCell<Vec<String>>>,
    hands: Hands,
    child: Arc<Notify>,
}

impl Hold {
    async fn press(&self, text: &str) {
        self.keys().send(pressed(text)).await.unwrap();
    }
    fn keys(&self) -> mpsc::Sender<Vec<Msg>> {
        self.keys.borrow().clone().unwrap()
    }
    async fn answer(&self) {
        self.messages.send(answer()).await.unwrap();
    }
    fn log(&self) -> Vec<String> {
        self.log.borrow().clone()
    }
}

fn pressed(text: &str) -> Vec<Msg> {
    text.chars()
        .map(|letter| Msg::Key(Chord::plain(Key::Char(letter))))
        .collect()
}

fn answer() -> Msg {
    Msg::Done(Ticket(1), crate::msg::Outcome::Done(Clean::new("ok")))
}

async fn pass(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Runs the loop beside the test until the test ends.
async fn with_loop<F: Future<Output = ()>>(mut app: Counter, test: impl FnOnce(Rc<Hold>) -> F) -> Exit {
    let log = app.log.clone();
    let began = Instant::now();
    let (keys, script) = mpsc::channel(64);
    let (message_sender, messages) = mpsc::channel(4096);
    let (signal_sender, signals) = mpsc::channel(4096);
    let more = app.costs.as_ref().map(|(hands, _)| hands.clone()).unwrap_or_default();
    let hands = Hands {
        began,
        more,
        slept: Arc::default(),
    };
    let child = Arc::new(Notify::new());
    let screen = Screen(Rc::new(Shown {
        terminal: RefCell::new(Terminal::new(TestBackend::new(40, 5)).unwrap()),
        frames: RefCell::default(),
        began,
        slow: Cell::new(false),
        freed: Notify::new(),
        log: log.clone(),
    }));
    let around = Surroundings {
        input: Script(script, log.clone()),
        surface: screen.clone(),
        engine: Workshop {
            log: log.clone(),
            child: child.clone(),
        },
        clock: hands.clone(),
        messages,
        signals,
        linger: Duration::from_secs(60),
        frame_pause: FRAME_PAUSE,
    };
    let hold = Hold {
        keys: RefCell::new(Some(keys)),
        messages: message_sender,
        signals: signal_sender.clone(),
        screen,
        log,
        hands,
        child,
    };
    let mut test = Box::pin(test(Rc::new(hold)));
    let mut running = Box::pin(run(&mut app, around));
    tokio::select! {
        biased;
        (exit, _) = &mut running => {
            // The test looks at what is left.
            test.await;
            exit
        }
        () = &mut test => {
            signal_sender.try_send(Signal::Leave(0)).unwrap();
            running.await.0
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_on_the_screen_at_once() {
    with_loop(Counter::default(), |hold| async move {
        pass(1).await;
        assert_eq!(hold.screen.frames(), [(0, " 0".to_owned())]);
        for _ in 0..3 {
            hold.press("a").await;
            tokio::task::yield_now().await;
        }
        pass(1).await;
        // No thirtieth of a second lies between them: a millisecond has passed in all.
        assert_eq!(hold.screen.last(), "aaa 0");
        assert!(hold.screen.frames().iter().all(|frame| frame.0 <= 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn waiting_keys_share_a_frame() {
    with_loop(Counter::default(), |hold| async move {
        pass(100).await;
        hold.press(&"a".repeat(30)).await;
        pass(1).await;
        assert_eq!(hold.screen.count(), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_messages_a_second_are_thirty_frames() {
    with_loop(Counter::default(), |hold| async move {
        for _ in 0..1_000 {
            hold.answer().await;
            pass(1).await;
        }
        pass(100).await;
        let count = hold.screen.count();
        assert!((25..=32).contains(&count), "{count} frames");
        assert_eq!(hold.screen.last(), " 1000");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_drawn_while_nothing_visible_changes() {
    with_loop(Counter::default(), |hold| async move {
        pass(100).await;
        hold.press("n").await;
        hold.messages.send(Msg::Quit).await.unwrap();
        pass(10_000).await;
        assert_eq!(hold.screen.count(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn idle_the_loop_wakes_when_something_visible_changes_by_time() {
    let app = Counter {
        changes_after: Some(Duration::from_secs(7)),
        ..Counter::default()
    };
    with_loop(app, |hold| async move {
        pass(22_000).await;
        let times: Vec<u64> = hold.screen.frames().iter().map(|frame| frame.0 / 1_000).collect();
        assert_eq!(times, [0, 7, 14, 21]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_model_knows_the_time_when_a_key_comes() {
    let mut app = Counter::default();
    let log = app.log.clone();
    app.changes_after = None;
    with_loop(app, |hold| async move {
        pass(5_000).await;
        hold.press("q").await;
        pass(1).await;
    })
    .await;
    assert_eq!(*log.borrow(), ["key q"]);
}

#[tokio::test(start_paused = true)]
async fn input_is_looked_at_after_four_milliseconds_of_messages() {
    let app = Counter {
        costs: Some((Arc::default(), 1)),
        ..Counter::default()
    };
    let press = app.press_after_500.clone();
    with_loop(app, |hold| async move {
        press.replace(Some(hold.keys()));
        for _ in 0..1_000 {
            hold.messages.try_send(answer()).unwrap();
        }
        pass(100).await;
        let log = hold.log();
        let key = log.iter().position(|line| line == "key a").unwrap();
        assert!((500..=504).contains(&key), "the key waited for {} messages", key - 500);
        assert_eq!(log.len(), 1_001);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn keys_do_not_keep_messages_out() {
    let hands = Arc::new(AtomicU64::new(0));
    let app = Counter {
        costs: Some((hands, 1)),
        ..Counter::default()
    };
    with_loop(app, |hold| async move {
        for _ in 0..64 {
            hold.keys().try_send(pressed(&"a".repeat(10))).unwrap();
        }
        for _ in 0..10 {
            hold.messages.try_send(answer()).unwrap();
        }
        pass(10).await;
        let log = hold.log();
        let first = log.iter().position(|line| line == "answer").unwrap();
        assert!(first < 100, "the first answer came after {first} keys");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_terminal_gets_the_latest_picture_and_no_backlog() {
    with_loop(Counter::default(), |hold| async move {
        pass(100).await;
        hold.screen.0.slow.set(true);
        for _ in 0..5 {
            hold.press("a").await;
            pass(50).await;
        }
        assert_eq!(hold.screen.count(), 1);
        hold.screen.free();
        pass(1).await;
        assert_eq!(hold.screen.count(), 2);
        assert_eq!(hold.screen.last(), "aaaaa 0");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn quit_is_at_once_whatever_waits() {
    let exit = with_loop(Counter::default(), |hold| async move {
        hold.screen.0.slow.set(true);
        for _ in 0..4_000 {
            hold.messages.try_send(answer()).unwrap();
        }
        hold.press("q").await;
        pass(50).await;
    })
    .await;
    assert!(matches!(exit, Exit::Quit));
}

#[tokio::test(start_paused = true)]
async fn signals_and_the_end_of_the_terminal_end_it() {
    let exit = with_loop(Counter::default(), |hold| async move {
        hold.signals.send(Signal::Leave(15)).await.unwrap();
        pass(50).await;
    })
    .await;
    assert!(matches!(exit, Exit::Signal(15)));
    let exit = with_loop(Counter::default(), |hold| async move {
        hold.signals.send(Signal::TerminalGone).await.unwrap();
        pass(50).await;
    })
    .await;
    assert!(matches!(exit, Exit::TerminalGone));
    let exit = with_loop(Counter::default(), |hold| async move {
        drop(hold.keys.take());
        pass(50).await;
    })
    .await;
    assert!(matches!(exit, Exit::TerminalGone));
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_sizes_is_a_few_frames() {
    with_loop(Counter::default(), |hold| async move {
        pass(100).await;
        for step in 0..2_000u16 {
            let (columns, rows) = [(41, 5), (0, 0), (1, 1), (500, 2)][usize::from(step % 4)];
            hold.signals
                .send(Signal::Resized(columns.max(40), rows.max(1)))
                .await
                .unwrap();
            if step % 4 == 0 {
                pass(1).await;
            }
        }
        pass(100).await;
        let count = hold.screen.count();
        assert!((2..=20).contains(&count), "{count} frames in half a second");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn wants_are_started_once_and_stopped_after_a_minute() {
    with_loop(Counter::default(), |hold| async move {
        hold.press("w").await;
        pass(10).await;
        hold.press("ww").await;
        pass(10).await;
        hold.press("W").await;
        pass(59_000).await;
        assert_eq!(hold.log().iter().filter(|line| !line.starts_with("key")).count(), 2);
        pass(2_000).await;
        let log: Vec<String> = hold.log().into_iter().filter(|line| !line.starts_with("key")).collect();
        assert_eq!(log, ["start 0@1", "start pods@2", "stop pods", "stop 0"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn effects_go_where_they_belong() {
    with_loop(Counter::default(), |hold| async move {
        hold.press("cr").await;
        pass(1).await;
        assert_eq!(hold.log(), ["key c", "perform Copy", "key r", "forget"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn suspended_the_input_is_closed_first_and_all_is_drawn_anew() {
    with_loop(Counter::default(), |hold| async move {
        pass(100).await;
        hold.press("z").await;
        pass(1).await;
        assert_eq!(hold.log(), ["key z", "input closed", "stopped", "input open"]);
        assert_eq!(hold.screen.count(), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_pager_has_the_terminal_and_its_interrupts_until_it_ends() {
    let exit = with_loop(Counter::default(), |hold| async move {
        pass(50).await;
        hold.press("P").await;
        pass(50).await;
        assert!(hold.log.borrow().iter().any(|line| line == "page 2 one two"), "{:?}", hold.log);
        let drawn = hold.screen.count();
        hold.signals.send(Signal::Leave(2)).await.unwrap();
        pass(500).await;
        assert_eq!(hold.screen.count(), drawn);
        hold.child.notify_one();
        pass(50).await;
        assert!(hold.screen.count() > drawn, "it is drawn anew");
        hold.signals.send(Signal::Leave(2)).await.unwrap();
        pass(50).await;
    })
    .await;
    assert!(matches!(exit, Exit::Signal(2)), "{exit:?}");
}

#[tokio::test(start_paused = true)]
async fn while_a_child_has_the_terminal_nothing_is_drawn_and_no_key_is_taken() {
    with_loop(Counter::default(), |hold| async move {
        pass(100).await;
        hold.press("pa").await;
        pass(1).await;
        hold.answer().await;
        hold.press("b").await;
        pass(1_000).await;
        assert_eq!(hold.log(), ["key p", "input closed", "leave", "answer"]);
        assert_eq!(hold.screen.count(), 1);
        hold.child.notify_one();
        pass(1).await;
        assert_eq!(hold.log()[4..], ["enter", "input open", "key b"]);
        assert_eq!(hold.screen.last(), "pb 1");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_engine_is_told_when_the_machine_has_slept() {
    with_loop(Counter::default(), |hold| async move {
        pass(100).await;
        hold.hands.slept.store(3_600_000, Ordering::Relaxed);
        hold.press("a").await;
        pass(1).await;
        assert_eq!(hold.log(), ["slept 3600", "key a"]);
    })
    .await;
}
