//! What screens that are read have in common: a document, a window on it, and a search. It is no screen and knows none.

use crate::effect::Effect;
use crate::keys::Layer;
use crate::msg::Ticket;
use crate::screens::common::look;
use crate::screens::{Ctx, Request, Shared, Tone};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{LineEdit, Pager, TextLine, fill, prompt, prompt_cursor};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// A screen that is read.
pub trait Reads {
    /// Its reader.
    fn reader(&mut self) -> &mut Reader;
}

/// A document, a window on it, and a search.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The text.
    pub lines: Vec<TextLine>,
    /// Where in it one is.
    pub pager: Pager,
    line: LineEdit,
    typing: bool,
}

impl Reader {
    /// The layers of keys.
    pub fn layers(&self) -> &'static [Layer] {
        if self.typing {
            &[Layer::Prompt]
        } else {
            &[Layer::Document]
        }
    }

    /// Whether the search is being typed.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// Takes a new text and brings the window to where it belongs. `follow` keeps the end in sight.
    pub fn set(&mut self, lines: Vec<TextLine>, area: Rect, follow: bool) {
        self.lines = lines;
        if follow {
            self.pager.top = self.lines.len();
        }
        self.pager.fit(self.lines.len(), usize::from(self.above(area).height));
    }

    /// Runs `move_down` and its kin.
    pub fn moves(&mut self, command: &str) {
        self.pager.run(command, self.lines.len());
    }

    /// Runs a command of the prompt while it is open; says whether it was one. Escape on a find takes the find away.
    pub fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        if name == "go_back_step" && !self.pager.search.is_empty() {
            self.clear();
            return true;
        }
        if !self.typing {
            return false;
        }
        match name {
            "prompt_accept" => {
                self.typing = false;
                self.say_missing(ctx);
            }
            "prompt_cancel" => self.clear(),
            "prompt_complete" => {}
            _ => match self.line.run(name, std::iter::empty()) {
                Some(true) => self.search(),
                Some(false) => {}
                None => return false,
            },
        }
        true
    }

    /// A typed character.
    pub fn typed(&mut self, character: char) {
        self.line.insert(character);
        self.search();
    }

    /// Pasted text.
    pub fn pasted(&mut self, text: &str) {
        if self.typing {
            self.line.paste(text);
            self.search();
        }
    }

    /// Opens the search.
    pub fn open(&mut self) {
        self.clear();
        self.typing = true;
    }

    /// Goes to the next find, or the one before.
    pub fn step(&mut self, back: bool, ctx: &mut Ctx<'_>) {
        if self.pager.search.is_empty() {
            ctx.toast(Tone::Info, "Nothing is searched for.");
        } else if !self.pager.find(&self.lines, back) {
            self.say_missing(ctx);
        }
    }

    /// Copies all of it.
    pub fn copy(&mut self, ctx: &mut Ctx<'_>) {
        let text: Vec<String> = self
            .lines
            .iter()
            .map(|line| line.text().trim_end().to_owned())
            .collect();
        ctx.ask(Request::Effect(Effect::Copy {
            ticket: Ticket(0),
            text: text.join("\n") + "\n",
            what: Clean::new("text"),
        }));
    }

    /// Draws text and prompt.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let area = area.intersection(buffer.area);
        let above = self.above(area);
        let text = Rect {
            x: area.x + u16::from(area.width > 4),
            width: area.width - u16::from(area.width > 4),
            ..above
        };
        self.pager.draw(buffer, text, look(shared), &self.lines);
        if above.height < area.height {
            fill(buffer, self.prompt_area(area), shared.theme.style(Role::Base));
            prompt(
                buffer,
                self.prompt_area(area),
                look(shared),
                " / ",
                &self.line,
                "search",
            );
        }
    }

    /// Where the text cursor stands while a search is typed.
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        if self.typing {
            prompt_cursor(self.prompt_area(area), " / ", &self.line)
        } else {
            None
        }
    }

    fn clear(&mut self) {
        self.typing = false;
        self.line.set("");
        self.pager.search.clear();
        self.pager.found = None;
    }

    fn search(&mut self) {
        self.pager.search = self.line.text().to_owned();
        self.pager.found = None;
        self.pager.find(&self.lines, false);
    }

    fn say_missing(&self, ctx: &mut Ctx<'_>) {
        if self.pager.found.is_none() && !self.pager.search.is_empty() {
            ctx.toast(Tone::Info, &format!("`{}` is not in this text.", self.pager.search));
        }
    }

    fn above(&self, area: Rect) -> Rect {
        let prompt = self.typing || !self.pager.search.is_empty();
        Rect {
            height: area.height.saturating_sub(u16::from(prompt)),
            ..area
        }
    }

    fn prompt_area(&self, area: Rect) -> Rect {
        Rect {
            y: area.bottom().saturating_sub(1).max(area.y),
            height: area.height.min(1),
            ..area
        }
    }
}
