//! Narrowing a table by typing: a line below it, whose words rows must have.

use crate::keys::Layer;
use crate::screens::Shared;
use crate::screens::common::look;
use crate::theme::Role;
use crate::ui::{self, LineEdit};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What became of a command in a filter's prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is another one.
    Changed,
    /// Nothing that matters to the list.
    Same,
    /// The prompt is closed, the filter stays.
    Accepted,
}

/// Narrowing a list by typing: words that must all be there, `!word` that must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// What is typed.
    pub line: LineEdit,
    /// Whether it is being typed now.
    pub open: bool,
}

impl ListFilter {
    /// The layer of a table, or of the prompt while it is open.
    pub fn layers(&self) -> &'static [Layer] {
        if self.open { &[Layer::Prompt] } else { &[Layer::Table] }
    }

    /// Runs a command of the prompt while it is open; None if it is none.
    pub fn run(&mut self, command: &str, shared: &Shared) -> Option<Typed> {
        if !self.open {
            return None;
        }
        match command {
            "prompt_accept" => {
                self.open = false;
                Some(Typed::Accepted)
            }
            "prompt_cancel" => {
                self.open = false;
                self.line.set("");
                Some(Typed::Changed)
            }
            "prompt_complete" => Some(Typed::Same),
            _ => {
                let lines = shared.lines.get("filter").into_iter().flatten().map(String::as_str);
                let changed = self.line.run(command, lines)?;
                Some(if changed { Typed::Changed } else { Typed::Same })
            }
        }
    }

    /// Takes the filter away; says whether there was one.
    pub fn clear(&mut self) -> bool {
        let was = self.is_active();
        self.line.set("");
        self.open = false;
        was
    }

    /// Whether something is typed or may be.
    pub fn is_active(&self) -> bool {
        self.open || !self.line.text().is_empty()
    }

    /// The words, lower case; made once for a whole list.
    pub fn words(&self) -> Vec<String> {
        self.line.text().split_whitespace().map(str::to_lowercase).collect()
    }

    /// Draws it into the last line of `area`.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared, placeholder: &str) {
        let area = area.intersection(buffer.area);
        if self.is_active() && !area.is_empty() {
            ui::fill(buffer, self.line_of(area), shared.theme.style(Role::Base));
            ui::prompt(buffer, self.line_of(area), look(shared), " / ", &self.line, placeholder);
        }
    }

    /// The area without the prompt's line.
    pub fn above(&self, area: Rect) -> Rect {
        Rect {
            height: area.height.saturating_sub(u16::from(self.is_active())),
            ..area
        }
    }

    /// Where the text cursor stands while it is open.
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        if self.open {
            ui::prompt_cursor(self.line_of(area), " / ", &self.line)
        } else {
            None
        }
    }

    fn line_of(&self, area: Rect) -> Rect {
        Rect {
            y: area.bottom().saturating_sub(1).max(area.y),
            height: area.height.min(1),
            ..area
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::common::passes;

    #[test]
    fn words_of_a_filter() {
        let rows = [
            ("", true),
            ("pro", true),
            ("PRO eu", true),
            ("pro us", false),
            ("!us", true),
            ("pro !eu", false),
        ];
        for (text, expected) in rows {
            let filter = ListFilter {
                line: LineEdit::new(text),
                open: false,
            };
            assert_eq!(passes(&filter.words(), &["Prod-EU", "aws"]), expected, "{text}");
        }
    }
}
