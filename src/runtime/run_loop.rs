//! The loop: takes input, messages and time; updates the model; starts, stops and performs what it asks for; draws.
//!
//! Nothing waits in here. Input is looked at before anything else and between batches of messages, which are taken for at most
//! 4 ms a turn. A frame is drawn at once after a key, otherwise at most thirty times a second, never while the last one is still
//! on its way to a slow terminal, and not at all while nothing visible changes. Idle, the loop sleeps until the model says
//! that something visible will change by time alone.
//!
//! Its surroundings are arguments, so that tests drive it without a terminal, a network or a clock.

use super::clock::{Clock, SleepWatch};
use super::wants::{Planner, Step};
use crate::effect::Effect;
use crate::msg::{Generation, Msg, Ticket};
use crate::want::{ClusterId, Want};
use futures::future::BoxFuture;
use ratatui::Frame;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long messages are taken before input is looked at again.
pub const MESSAGE_BUDGET: Duration = Duration::from_millis(4);

/// The shortest time between two frames that no key asked for, unless the configuration wants a longer one.
pub const FRAME_PAUSE: Duration = Duration::from_millis(33);

/// While keys flood in, messages are taken at least this often all the same.
const LONGEST_WITHOUT_MESSAGES: Duration = Duration::from_millis(50);

/// The time the model knows is never older than this when it is given something to do.
const STALE_TICK: Duration = Duration::from_millis(10);

/// The model with the functions that belong to it, so that tests can put a small one in its place.
pub trait App {
    /// Changes the model; says what is to be done.
    fn update(&mut self, msg: Msg) -> Vec<Effect>;
    /// What should be running.
    fn wants(&self) -> BTreeSet<Want>;
    /// Draws the whole screen; changes nothing.
    fn draw(&self, frame: &mut Frame);
    /// Rises when anything visible may have changed.
    fn revision(&self) -> u64;
    /// When something visible changes by time alone, counted from the last tick.
    fn next_change(&self) -> Option<Duration>;
}

/// Where keys come from.
pub trait Input {
    /// Waits for input and gives all of it that is there; nothing once there never will be any more.
    /// Cancel safe: what has been read is not lost when the future is dropped.
    fn next(&mut self) -> impl Future<Output = Option<Vec<Msg>>>;
    /// Stops reading: the terminal belongs to somebody else now.
    fn close(&mut self);
    /// Reads again, but nothing that was there before or comes within the next moment.
    fn open(&mut self);
}

/// Where frames go.
pub trait Surface {
    /// Whether the last frame has gone out whole.
    fn is_free(&self) -> bool;
    /// Waits until the last frame has gone out whole.
    fn freed(&self) -> impl Future<Output = ()>;
    /// Draws a frame; called only while free.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn draw(&mut self, render: &mut dyn FnMut(&mut Frame)) -> io::Result<()>;
    /// The terminal has this size now. The next frame is whole.
    fn resize(&mut self, columns: u16, rows: u16);
    /// Forgets what is on the screen: the next frame is whole.
    fn forget(&mut self);
    /// Gives the terminal back as it was found.
    fn leave(&mut self);
    /// Takes the terminal again; the next frame is whole.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn enter(&mut self) -> io::Result<()>;
    /// Stops this process as Ctrl-Z does, the terminal given back meanwhile, and comes back when it runs in the foreground.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn stop_process(&mut self) -> io::Result<()>;
}

/// What starts and stops wants and performs effects. Nothing here may wait.
pub trait Engine {
    /// Starts something; its messages carry this generation.
    fn start(&mut self, want: &Want, generation: Generation);
    /// Stops something.
    fn stop(&mut self, want: &Want);
    /// Performs an effect that needs neither the loop nor the terminal.
    fn perform(&mut self, effect: Effect);
    /// What runs in the terminal that was given up for it.
    fn run_in_terminal(&mut self, cluster: ClusterId) -> BoxFuture<'static, ()>;
    /// The user's pager with this text, in the terminal that was given up for it. The ticket is answered if it cannot run.
    fn page(&mut self, ticket: Ticket, content: Vec<Arc<[u8]>>) -> BoxFuture<'static, ()>;
    /// The machine has slept for about this long: connections are dead, the offset of the clocks has changed.
    fn slept(&mut self, away: Duration);
}

/// What the operating system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Leave at once; the number of the signal.
    Leave(i32),
    /// The terminal is gone.
    TerminalGone,
    /// Somebody asks to stop as Ctrl-Z does.
    Stop,
    /// Runs again after somebody stopped it.
    Continued,
    /// The terminal has this size now.
    Resized(u16, u16),
}

/// Why the loop ended.
#[derive(Debug)]
pub enum Exit {
    /// The user quits.
    Quit,
    /// A signal of this number.
    Signal(i32),
    /// The terminal is gone.
    TerminalGone,
}

/// Everything around the loop.
#[derive(Debug)]
pub struct Surroundings<I, S, E, C> {
    /// Keys.
    pub input: I,
    /// Frames.
    pub surface: S,
    /// Wants and effects.
    pub engine: E,
    /// Time.
    pub clock: C,
    /// What tasks say.
    pub messages: mpsc::Receiver<Msg>,
    /// What the system says.
    pub signals: mpsc::Receiver<Signal>,
    /// How long something runs on that nobody wants any more.
    pub linger: Duration,
    /// The shortest time between two frames that no key asked for.
    pub frame_pause: Duration,
}

/// Runs until the user quits, a signal says so, or the terminal is gone. The surroundings come back for the tidying up.
pub async fn run<A, I, S, E, C>(app: &mut A, around: Surroundings<I, S, E, C>) -> (Exit, Surroundings<I, S, E, C>)
where
    A: App,
    I: Input,
    S: Surface,
    E: Engine,
    C: Clock,
{
    let linger = around.linger;
    let mut turn = Turn {
        app,
        planner: Planner::new(linger),
        sleep: SleepWatch::default(),
        last_tick: None,
        last_frame: None,
        last_messages: Duration::ZERO,
        drawn: None,
        draw_now: true,
        lent: None,
        around,
    };
    turn.sleep.look(&turn.around.clock);
    let exit = loop {
        match turn.take().await {
            Ok(()) => {}
            Err(exit) => break exit,
        }
    };
    (exit, turn.around)
}

/// The state of the loop between its turns.
struct Turn<'a, A, I, S, E, C> {
    app: &'a mut A,
    around: Surroundings<I, S, E, C>,
    planner: Planner,
    sleep: SleepWatch,
    last_tick: Option<Duration>,
    last_frame: Option<Duration>,
    last_messages: Duration,
    /// The revision on the screen.
    drawn: Option<u64>,
    /// A key was pressed since the last frame.
    draw_now: bool,
    /// What has the terminal instead of us.
    lent: Option<BoxFuture<'static, ()>>,
}

/// What ended the wait of a turn.
enum Woken {
    Signal(Option<Signal>),
    Input(Option<Vec<Msg>>),
    Returned,
    Message(Option<Msg>),
    /// Time has come for something, or a frame has gone out.
    Time,
}

impl<A, I, S, E, C> Turn<'_, A, I, S, E, C>
where
    A: App,
    I: Input,
    S: Surface,
    E: Engine,
    C: Clock,
{
    /// One turn: brings the screen and what runs up to date, waits for something, takes it.
    async fn take(&mut self) -> Result<(), Exit> {
        if self.last_tick.is_none() {
            self.give_time()?;
        }
        self.start_and_stop();
        self.draw()?;
        let woken = self.wait().await;
        if let Some(away) = self.sleep.look(&self.around.clock) {
            self.around.engine.slept(away);
            self.tick()?;
        }
        match woken {
            Woken::Signal(signal) => self.take_signal(signal),
            Woken::Input(Some(messages)) => self.take_input(messages),
            Woken::Input(None) => Err(Exit::TerminalGone),
            Woken::Returned => self.returned(),
            Woken::Message(Some(first)) => self.take_messages(Some(first)),
            // Nobody can say anything any more; keys still work.
            Woken::Message(None) => Ok(()),
            Woken::Time => self.give_time(),
        }
    }

    fn is_dirty(&self) -> bool {
        self.drawn != Some(self.app.revision())
    }

    /// When a frame is due, if one is.
    fn frame_at(&self) -> Option<Duration> {
        if self.lent.is_some() || !self.is_dirty() {
            return None;
        }
        match self.last_frame {
            Some(last) if !self.draw_now => Some(last + self.around.frame_pause),
            _ => Some(Duration::ZERO),
        }
    }

    async fn wait(&mut self) -> Woken {
        let now = self.around.clock.mono();
        let frame = self.frame_at();
        let is_blocked = frame.is_some() && !self.around.surface.is_free();
        let change = self
            .app
            .next_change()
            .map(|change| self.last_tick.unwrap_or_default() + change);
        let wake = [frame.filter(|_| !is_blocked), change, self.planner.next_stop()]
            .into_iter()
            .flatten()
            .min();
        let sleep = async {
            match wake {
                // A millisecond at least, so that nothing that is due and cannot be done makes the loop spin.
                Some(then) => tokio::time::sleep(then.saturating_sub(now).max(Duration::from_millis(1))).await,
                None => std::future::pending().await,
            }
        };
        let is_lent = self.lent.is_some();
        let lent = async {
            match &mut self.lent {
                Some(lent) => lent.await,
                None => std::future::pending().await,
            }
        };
        let around = &mut self.around;
        tokio::select! {
            biased;
            signal = around.signals.recv() => Woken::Signal(signal),
            messages = around.input.next(), if !is_lent => Woken::Input(messages),
            () = lent => Woken::Returned,
            () = around.surface.freed(), if is_blocked => Woken::Time,
            message = around.messages.recv(), if !around.messages.is_closed() || !around.messages.is_empty() => Woken::Message(message),
            () = sleep => Woken::Time,
        }
    }

    fn tick(&mut self) -> Result<(), Exit> {
        self.last_tick = Some(self.around.clock.mono());
        let tick = self.around.clock.tick();
        self.apply(tick)
    }

    /// Tells the model the time when what it knows is old.
    fn give_time(&mut self) -> Result<(), Exit> {
        let now = self.around.clock.mono();
        match self.last_tick {
            Some(last)
                if now < last + STALE_TICK && self.app.next_change().is_none_or(|change| now < last + change) =>
            {
                Ok(())
            }
            _ => self.tick(),
        }
    }

    fn take_signal(&mut self, signal: Option<Signal>) -> Result<(), Exit> {
        match signal {
            // Ctrl-C and Ctrl-\ belong to what has the terminal; they reach the whole group.
            Some(Signal::Leave(2 | 3)) if self.lent.is_some() => Ok(()),
            Some(Signal::Leave(number)) => Err(Exit::Signal(number)),
            Some(Signal::TerminalGone) | None => Err(Exit::TerminalGone),
            Some(Signal::Stop) => self.suspend(),
            Some(Signal::Continued) if self.lent.is_none() => {
                self.around.surface.enter().map_err(|_| Exit::TerminalGone)?;
                self.resumed()
            }
            Some(Signal::Continued) => Ok(()),
            Some(Signal::Resized(columns, rows)) => self.resize(columns, rows),
        }
    }

    /// Takes the new size. Drawing waits for its turn, so that a storm of sizes is a few frames.
    fn resize(&mut self, columns: u16, rows: u16) -> Result<(), Exit> {
        self.around.surface.resize(columns, rows);
        self.drawn = None;
        self.give_time()?;
        self.apply(Msg::Resize(columns, rows))
    }

    fn take_input(&mut self, messages: Vec<Msg>) -> Result<(), Exit> {
        if messages.is_empty() {
            return Ok(());
        }
        self.give_time()?;
        self.draw_now = true;
        for message in messages {
            self.apply(message)?;
            // Keys typed before the terminal changed hands were not meant for what comes after.
            if self.lent.is_some() {
                break;
            }
        }
        if self.around.clock.mono() >= self.last_messages + LONGEST_WITHOUT_MESSAGES {
            self.take_messages(None)?;
        }
        Ok(())
    }

    fn take_messages(&mut self, first: Option<Msg>) -> Result<(), Exit> {
        self.give_time()?;
        let began = self.around.clock.mono();
        let mut next = first;
        while let Some(message) = next.take().or_else(|| self.around.messages.try_recv().ok()) {
            self.apply(message)?;
            self.last_messages = self.around.clock.mono();
            if self.last_messages >= began + MESSAGE_BUDGET {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, msg: Msg) -> Result<(), Exit> {
        for effect in self.app.update(msg) {
            match effect {
                Effect::Quit => return Err(Exit::Quit),
                Effect::Redraw => {
                    self.around.surface.forget();
                    self.drawn = None;
                    self.draw_now = true;
                }
                Effect::Suspend => self.suspend()?,
                Effect::RunPluginInTerminal(cluster) => self.lend(|engine| engine.run_in_terminal(cluster)),
                Effect::Page { ticket, content } => self.lend(|engine| engine.page(ticket, content)),
                other => self.around.engine.perform(other),
            }
        }
        Ok(())
    }

    fn start_and_stop(&mut self) {
        let wanted = self.app.wants();
        for step in self.planner.plan(&wanted, self.around.clock.mono()) {
            match step {
                Step::Start(want, generation) => self.around.engine.start(&want, generation),
                Step::Stop(want) => self.around.engine.stop(&want),
            }
        }
    }

    fn draw(&mut self) -> Result<(), Exit> {
        let now = self.around.clock.mono();
        if self.frame_at().is_none_or(|due| now < due) || !self.around.surface.is_free() {
            return Ok(());
        }
        let revision = self.app.revision();
        let app = &*self.app;
        self.around
            .surface
            .draw(&mut |frame| app.draw(frame))
            .map_err(|_| Exit::TerminalGone)?;
        self.drawn = Some(revision);
        self.draw_now = false;
        self.last_frame = Some(now);
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), Exit> {
        if self.lent.is_some() {
            return Ok(());
        }
        self.around.input.close();
        self.around.surface.stop_process().map_err(|_| Exit::TerminalGone)?;
        self.around.input.open();
        self.resumed()
    }

    fn lend(&mut self, run: impl FnOnce(&mut E) -> BoxFuture<'static, ()>) {
        if self.lent.is_none() {
            self.around.input.close();
            self.around.surface.leave();
            self.lent = Some(run(&mut self.around.engine));
        }
    }

    fn returned(&mut self) -> Result<(), Exit> {
        self.lent = None;
        self.around.surface.enter().map_err(|_| Exit::TerminalGone)?;
        self.around.input.open();
        self.resumed()
    }

    /// The terminal is ours again.
    fn resumed(&mut self) -> Result<(), Exit> {
        self.drawn = None;
        self.draw_now = true;
        self.tick()?;
        self.apply(Msg::Resumed)
    }
}

#[cfg(test)]
mod tests;
