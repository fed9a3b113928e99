//! The whole app without a terminal: a filled model that takes keys and draws into memory.

use portolan::app::{Model, Setup, command_names, draw, update, wants};
use portolan::keys::{Chord, load as load_keymap, parse_keys};
use portolan::kinds::Row;
use portolan::msg::{ContextInfo, ContextsEvent, Delta, Generation, Msg, Phase, TableEvent};
use portolan::text::Clean;
use portolan::theme::load as load_theme;
use portolan::want::{ClusterId, ListWant, Want};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

/// Counts what a terminal would get.
#[derive(Clone, Default)]
struct Counter(Rc<Cell<usize>>);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A model with a screen of its own.
pub struct Stage {
    model: Model,
    list: ListWant,
    terminal: Terminal<CrosstermBackend<Counter>>,
    written: Counter,
}

impl Stage {
    /// A model that shows these pods on a screen of this size.
    pub fn with_pods(rows: Vec<Row>, size: (u16, u16)) -> Stage {
        let (keymap, _) = load_keymap("default", &|_| None, &[], &command_names());
        let (theme, _) = load_theme("dark", &|_| None);
        let mut model = Model::new(Setup {
            theme,
            keymap,
            size,
            wall: super::world::NOW * 1000,
            all_namespaces: true,
            first: Some("pods".to_owned()),
            ..Setup::default()
        });
        let id = ClusterId(0);
        let context = ContextInfo {
            id,
            name: "bench".to_owned(),
            cluster: Clean::new("bench"),
            user: Clean::new("bench"),
            namespace: Clean::new("default"),
            server: Clean::new("https://bench"),
            file: Clean::new("config"),
            insecure: false,
            auth: Clean::new("none"),
            problem: None,
            acting_as: None,
            production: false,
        };
        update(
            &mut model,
            Msg::Contexts(ContextsEvent::Loaded {
                contexts: vec![context],
                current: Some(id),
                warnings: Vec::new(),
            }),
        );
        let list = wants(&model)
            .into_iter()
            .find_map(|want| match want {
                Want::List(list) if list.resource.resource.as_str() == "pods" => Some(list),
                _ => None,
            })
            .unwrap();
        let viewport = ratatui::TerminalOptions {
            viewport: ratatui::Viewport::Fixed(ratatui::layout::Rect::new(0, 0, size.0, size.1)),
        };
        let written = Counter::default();
        let terminal = Terminal::with_options(CrosstermBackend::new(written.clone()), viewport).unwrap();
        let mut stage = Stage {
            model,
            list,
            terminal,
            written,
        };
        stage.event(TableEvent::Begin { source: 0, epoch: 1 });
        let mut rows = rows.into_iter();
        loop {
            let deltas: Vec<Delta> = rows.by_ref().take(256).map(Delta::Upsert).collect();
            if deltas.is_empty() {
                break;
            }
            stage.event(TableEvent::Deltas { source: 0, deltas });
        }
        stage.event(TableEvent::End { source: 0, epoch: 1 });
        let phase = Phase::Watching;
        stage.event(TableEvent::Phase { source: 0, phase });
        stage.frame();
        stage
    }

    /// Something happens to the list.
    pub fn event(&mut self, event: TableEvent) {
        update(
            &mut self.model,
            Msg::Table(Box::new(self.list.clone()), Generation(1), event),
        );
    }

    /// Draws a frame; says how many bytes a terminal would get.
    pub fn frame(&mut self) -> usize {
        let model = &self.model;
        self.terminal.draw(|frame| draw(model, frame)).unwrap();
        self.written.0.take()
    }

    /// From a key to the finished frame: how long.
    pub fn press(&mut self, chord: Chord) -> Duration {
        super::harness::timed(|| {
            update(&mut self.model, Msg::Key(chord));
            self.frame()
        })
    }

    /// Presses keys as they are written in a keymap; the time of each.
    pub fn type_keys(&mut self, keys: &str) -> Vec<Duration> {
        parse_keys(keys)
            .unwrap()
            .into_iter()
            .map(|chord| self.press(chord))
            .collect()
    }
}
