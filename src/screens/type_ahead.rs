//! A popup whose list is narrowed by typing: a line, a rule, and the choices below it. Help and menu, pickers and the
//! palette are made of it.

use crate::screens::Shared;
use crate::screens::common::{look, say_empty};
use crate::theme::Role;
use crate::ui::{self, Choice, ChoiceWidths, LineEdit, ListState, inside};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Stands before the line of a type-ahead.
const SIGN: &str = " > ";

/// What is typed and what there is to choose from.
#[derive(Debug, Default)]
pub struct TypeAhead {
    /// What is typed.
    pub line: LineEdit,
    /// The choices that are left.
    pub items: Vec<Choice>,
    /// How wide their parts are.
    pub widths: ChoiceWidths,
    /// The cursor among them.
    pub list: ListState,
    /// What the choices were made of: the text, how many commands, and how keys are written.
    basis: Option<(String, usize, bool)>,
}

/// What a popup says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// In the frame above.
    pub title: &'a str,
    /// In the frame below: its keys.
    pub foot: &'a str,
    /// In the line while nothing is typed.
    pub placeholder: &'a str,
    /// Where nothing is left.
    pub empty: &'a str,
}

impl TypeAhead {
    /// Whether choices made of the commands that can be run must be made anew.
    pub fn has_changed(&mut self, shared: &Shared) -> bool {
        let basis = (
            self.line.text().to_owned(),
            shared.commands.len(),
            shared.settings.ascii,
        );
        let changed = self.basis.as_ref() != Some(&basis);
        self.basis = Some(basis);
        changed
    }

    /// Runs a command of the line: whether the text is another one, or None if it is no such command.
    pub fn run(&mut self, command: &str) -> Option<bool> {
        self.line.run(command, std::iter::empty())
    }

    /// Moves the cursor.
    pub fn moves(&mut self, command: &str) {
        self.list.run(command, self.items.len());
    }

    /// Fits the list into a popup at this place.
    pub fn fit(&mut self, place: Rect) {
        self.list.fit(self.items.len(), rows_below(inside(place)));
    }

    /// Draws the popup at this place.
    pub fn draw(&self, buffer: &mut Buffer, place: Rect, shared: &Shared, words: Words<'_>) {
        let look = look(shared);
        let inside = ui::popup(buffer, place, look, words.title, words.foot);
        let body = draw_line(buffer, inside, shared, &self.line, words.placeholder);
        if inside.height < 2 {
            return;
        }
        let item = |index: usize| self.items.get(index);
        ui::choices(buffer, body, look, self.widths, &self.list, self.items.len(), item);
        if self.items.is_empty() {
            say_empty(buffer, body, shared, words.empty);
        }
    }

    /// Where the text cursor stands in a popup at this place.
    pub fn cursor(&self, place: Rect) -> Option<Position> {
        line_cursor(inside(place), &self.line)
    }
}

/// Brings a cursor off a heading: onwards in its direction, else back.
pub fn skip_headings(list: &mut ListState, items: &[Choice], down: bool) {
    let is_row = |place: &usize| items.get(*place).is_some_and(|item| !item.heading);
    let after = || (list.cursor..items.len()).find(is_row);
    let before = || (0..=list.cursor.min(items.len())).rev().find(is_row);
    let to = if down {
        after().or_else(before)
    } else {
        before().or_else(after)
    };
    list.cursor = to.unwrap_or(0);
}

/// Draws the line of a popup's type-ahead with a rule below it; answers the area below.
pub fn draw_line(buffer: &mut Buffer, area: Rect, shared: &Shared, line: &LineEdit, placeholder: &str) -> Rect {
    let area = area.intersection(buffer.area);
    if area.height < 2 {
        return area;
    }
    let look = look(shared);
    ui::prompt(buffer, Rect { height: 1, ..area }, look, SIGN, line, placeholder);
    let taken = if area.height > 4 { 2 } else { 1 };
    if taken == 2 {
        for x in area.left()..area.right() {
            ui::put(buffer, x, area.y + 1, 1, look.pick("─", "-"), look.style(Role::Border));
        }
    }
    Rect {
        y: area.y + taken,
        height: area.height - taken,
        ..area
    }
}

/// Where the text cursor stands in what [`draw_line`] draws.
pub fn line_cursor(area: Rect, line: &LineEdit) -> Option<Position> {
    if area.height < 2 {
        None
    } else {
        ui::prompt_cursor(area, SIGN, line)
    }
}

/// How many lines of a popup's inside are left for its list.
pub fn rows_below(area: Rect) -> usize {
    usize::from(match area.height {
        0..2 => area.height,
        2..5 => area.height - 1,
        _ => area.height - 2,
    })
}
