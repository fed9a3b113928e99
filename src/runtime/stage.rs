//! The program without a terminal: the same model, engine and plans, driven step by step until the picture is complete.
//!
//! On the simulated cluster and a paused clock the same script gives the same frame, whenever and wherever it is run.

use super::clock::Clock;
use super::hub::Hub;
use super::run_loop::{App, Engine};
use super::wants::{LINGER, Planner, Step};
use crate::app::Model;
use crate::effect::Effect;
use crate::keys::Chord;
use crate::msg::Msg;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::time::Duration;
use tokio::sync::mpsc;

/// A picture is complete when nothing was said for this long and the model says so itself.
const QUIET: Duration = Duration::from_millis(300);

/// So many effects that are not done are kept to look at.
const ASKED: usize = 1_000;

/// The program on a stage.
pub struct Stage<C> {
    model: Model,
    hub: Hub,
    planner: Planner,
    messages: mpsc::Receiver<Msg>,
    clock: C,
    /// What was asked for and is not done on a stage.
    asked: Vec<Effect>,
    /// The time the model was told last.
    told: Option<Duration>,
}

impl<C: Clock> Stage<C> {
    /// Puts the program on the stage; nothing has happened yet.
    pub fn new(model: Model, hub: Hub, messages: mpsc::Receiver<Msg>, clock: C) -> Stage<C> {
        Stage {
            model,
            hub,
            planner: Planner::new(LINGER),
            messages,
            clock,
            asked: Vec::new(),
            told: None,
        }
    }

    /// The model, to look at.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What was asked for since the last look and is not done on a stage: copies, files, memories, and the end.
    pub fn asked(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.asked)
    }

    /// Hands the model a message, as the loop would.
    pub fn tell(&mut self, message: Msg) {
        self.tick();
        self.apply(message);
        self.start_and_stop();
    }

    /// Takes the next message, and waits for it no longer than this. Says whether there was one.
    pub async fn step(&mut self, longest: Duration) -> bool {
        self.start_and_stop();
        let message = tokio::time::timeout(longest, self.messages.recv()).await;
        self.tick();
        let Ok(Some(message)) = message else { return false };
        self.apply(message);
        true
    }

    /// Goes on for this long, whatever happens.
    pub async fn run(&mut self, time: Duration) {
        let end = self.clock.mono() + time;
        loop {
            let left = end.saturating_sub(self.clock.mono());
            if left.is_zero() {
                return self.start_and_stop();
            }
            let change = self.model.next_change().unwrap_or(left).max(Duration::from_millis(1));
            self.step(left.min(change)).await;
        }
    }

    /// Takes messages until the picture is complete, or this much time has passed. Says whether it is complete.
    pub async fn settle(&mut self, longest: Duration) -> bool {
        let end = self.clock.mono() + longest;
        loop {
            self.start_and_stop();
            match tokio::time::timeout(QUIET, self.messages.recv()).await {
                Ok(Some(message)) => {
                    self.apply(message);
                    while let Ok(message) = self.messages.try_recv() {
                        self.apply(message);
                    }
                }
                Ok(None) => return self.model.is_settled(),
                Err(_) if self.model.is_settled() => return true,
                Err(_) => {}
            }
            self.tick();
            if self.clock.mono() >= end {
                return self.model.is_settled();
            }
        }
    }

    /// Presses a key.
    pub fn press(&mut self, chord: Chord) {
        self.tell(Msg::Key(chord));
    }

    /// The frame at this size.
    pub fn frame(&mut self, columns: u16, rows: u16) -> Buffer {
        self.apply(Msg::Resize(columns, rows));
        self.tick();
        let Ok(mut terminal) = Terminal::new(TestBackend::new(columns, rows));
        let model = &self.model;
        let Ok(frame) = terminal.draw(|frame| App::draw(model, frame));
        frame.buffer.clone()
    }

    /// Ends it.
    pub fn finish(self) {
        self.hub.finish();
    }

    /// Tells the time, when it is another than the last one told.
    fn tick(&mut self) {
        let now = self.clock.mono();
        if self.told.replace(now) == Some(now) {
            return;
        }
        let tick = self.clock.tick();
        self.apply(tick);
    }

    fn apply(&mut self, msg: Msg) {
        for effect in self.model.update(msg) {
            match effect {
                // A picture neither writes nor ends anything.
                Effect::Quit
                | Effect::Suspend
                | Effect::Redraw
                | Effect::RunPluginInTerminal(_)
                | Effect::WriteFile { .. }
                | Effect::Remember(_)
                | Effect::Copy { .. } => {
                    self.asked.push(effect);
                    let extra = self.asked.len().saturating_sub(ASKED);
                    self.asked.drain(..extra);
                }
                other => self.hub.perform(other),
            }
        }
    }

    fn start_and_stop(&mut self) {
        for step in self.planner.plan(&self.model.wants(), self.clock.mono()) {
            match step {
                Step::Start(want, generation) => self.hub.start(&want, generation),
                Step::Stop(want) => self.hub.stop(&want),
            }
        }
    }
}
