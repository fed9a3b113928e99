//! What was said since the start: toasts, warnings, failures; the newest last. While the end is in sight it stays in sight.

#[cfg(test)]
mod tests;

use crate::keys::Layer;
use crate::screens::common::{Moves, document_commands, look};
use crate::screens::reader::{Reader, Reads};
use crate::screens::{Command, CommandRow, Ctx, Note, Place, Screen, Shared, Title, Tone, dispatch, rows};
use crate::text::{Clean, format_time};
use crate::theme::Role;
use crate::ui::{TextLine, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Columns before the text: time, mark, word.
const LEAD: usize = 18;

/// The commands of the messages screen.
pub const COMMANDS: &[Command<Messages>] = document_commands![];

/// The messages screen.
#[derive(Debug)]
pub struct Messages {
    reader: Reader,
    /// Whether the end stays in sight.
    follow: bool,
    /// What the text was made of: how many notes, the newest of them, and how wide they are written.
    basis: Option<(usize, Option<Note>, u16, bool)>,
    area: Rect,
}

impl Default for Messages {
    fn default() -> Messages {
        Messages::new()
    }
}

impl Messages {
    /// At the newest.
    pub fn new() -> Messages {
        Messages {
            reader: Reader::default(),
            follow: true,
            basis: None,
            area: Rect::ZERO,
        }
    }
}

impl Moves for Messages {
    fn moves(&mut self, command: &str) {
        self.reader.moves(command);
        self.follow = self.reader.pager.at_end(self.reader.lines.len());
    }
}

impl Reads for Messages {
    fn reader(&mut self) -> &mut Reader {
        // Whoever searches looks at what is found, not at what comes.
        self.follow = false;
        &mut self.reader
    }
}

impl Screen for Messages {
    fn place(&self) -> Option<Place> {
        Some(Place::Messages)
    }

    fn layers(&self) -> &'static [Layer] {
        self.reader.layers()
    }

    fn takes_text(&self) -> bool {
        self.reader.is_typing()
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        self.reader.run(name, ctx) || dispatch(COMMANDS, self, name, ctx)
    }

    fn typed(&mut self, character: char, _ctx: &mut Ctx<'_>) {
        self.reader.typed(character);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx<'_>) {
        self.reader.pasted(text);
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        let basis = (
            shared.notes.len(),
            shared.notes.back().cloned(),
            area.width,
            shared.settings.ascii,
        );
        if self.basis.as_ref() != Some(&basis) || self.area != area {
            self.basis = Some(basis);
            self.area = area;
            self.reader
                .set(lines(shared, usize::from(area.width)), area, self.follow);
        } else {
            let lines = std::mem::take(&mut self.reader.lines);
            self.reader.set(lines, area, self.follow);
        }
    }

    fn title(&self, shared: &Shared) -> Title {
        let faults = shared.notes.iter().filter(|note| note.tone == Tone::Error).count();
        let count = shared.notes.len();
        Title {
            name: Clean::new("messages"),
            counts: Some((count, count)),
            faults,
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.reader.draw(buffer, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.reader.cursor(area)
    }
}

fn lines(shared: &Shared, width: usize) -> Vec<TextLine> {
    let look = look(shared);
    if shared.notes.is_empty() {
        return vec![TextLine::new("Nothing has been said yet.", Role::Muted)];
    }
    let mut lines = Vec::new();
    let mut day = String::new();
    for note in &shared.notes {
        let time = format_time(note.at);
        let (date, clock) = time.split_once('T').unwrap_or(("", &time));
        if date != day {
            lines.push(TextLine::new(format!("{date} UTC"), Role::Faint));
            day = date.to_owned();
        }
        let (mark, word, role) = match note.tone {
            Tone::Info => (" ", "info ", Role::Muted),
            Tone::Warn => (look.caution(), "warn ", Role::Warn),
            Tone::Error => (look.cross(), "error", Role::Error),
        };
        let text_role = if note.tone == Tone::Info { Role::Text } else { role };
        // On a narrow screen the text goes below its time.
        let narrow = width < LEAD + 20;
        let room = if narrow {
            width.saturating_sub(4)
        } else {
            width.saturating_sub(LEAD + 2)
        };
        let head = TextLine::new(format!("{}  ", clock.trim_end_matches('Z')), Role::Faint)
            .and(format!("{mark} {word}"), role);
        let mut wrapped = wrap(note.text.as_str(), room.max(8)).into_iter();
        if narrow {
            lines.push(head);
            lines.extend(wrapped.map(|line| TextLine::new("  ", Role::Text).and(line, text_role)));
        } else {
            lines.push(
                head.and("  ", Role::Text)
                    .and(wrapped.next().unwrap_or_default(), text_role),
            );
            lines.extend(wrapped.map(|line| TextLine::new(" ".repeat(LEAD + 1), Role::Text).and(line, text_role)));
        }
    }
    lines
}
