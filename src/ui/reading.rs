//! Reading a long text: a cursor, a window, folds by indentation, and a search, over lines that are made when they are
//! seen. The text itself may be a description, a YAML document of megabytes, a tree or a list of changes.

use super::document::{TextLine, draw_line, finds};
use super::{Look, put, scrollbar};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many columns one step sideways goes.
const SIDE_STEP: usize = 8;

/// A text line by line. Nothing but `len` and what is seen or searched is asked for.
pub trait Lines {
    /// How many lines there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A line as it is drawn, without its indentation.
    fn line(&self, index: usize) -> TextLine;

    /// A line's words alone, without its indentation, for the search. Raw: it is only compared.
    fn words(&self, index: usize) -> Cow<'_, str>;

    /// How many columns a line stands to the right. Lines below that stand further right belong to it.
    fn indent(&self, index: usize) -> usize;

    /// The column in which a line is drawn, where that is not its indentation.
    fn column(&self, index: usize) -> usize {
        self.indent(index)
    }

    /// The next line that a search finds, from one on; backwards, up to it. Long texts know a quicker way.
    fn find(&self, search: &str, from: usize, back: bool) -> Option<usize> {
        let hit = |index: &usize| !finds(&self.words(*index), search).is_empty();
        if back {
            (0..(from + 1).min(self.len())).rev().find(hit)
        } else {
            (from..self.len()).find(hit)
        }
    }

    /// A number that stands for the name, where it can be had for less.
    fn mark(&self, index: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.name(index).hash(&mut hasher);
        hasher.finish()
    }

    /// What a line is called in the set of folds: folds stay when the text is made anew.
    fn name(&self, index: usize) -> String;

    /// Whether what belongs to a line begins folded.
    fn begins_folded(&self, _index: usize) -> bool {
        false
    }
}

/// Where in a text one is, what is folded and what is searched for.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The line under the cursor, as an index of the whole text.
    pub cursor: usize,
    /// The first line that is seen, as an index of the lines that are not folded away.
    top: usize,
    left: usize,
    page: usize,
    /// Lines whose fold was changed by the user, by mark: true is folded.
    folds: HashMap<u64, bool>,
    /// The lines that are not folded away, in order.
    visible: Vec<u32>,
    /// What is searched for; empty is nothing.
    pub search: String,
}

impl Reading {
    /// The lines that are seen, as indexes of the whole text, in order.
    pub fn seen(&self) -> &[u32] {
        let end = self.visible.len().min(self.top.saturating_add(self.page));
        self.visible.get(self.top..end).unwrap_or(&[])
    }

    /// How many lines are seen.
    pub fn page(&self) -> usize {
        self.page
    }

    /// Takes a text that is new or has changed, and the height it is seen in. The cursor stays on its line, by name.
    pub fn set(&mut self, lines: &dyn Lines, old_name: Option<&str>, page: usize) {
        self.page = page.max(1);
        if let Some(name) = old_name
            && (self.cursor >= lines.len() || lines.name(self.cursor) != name)
        {
            let near = |step: usize| {
                let below = self.cursor.checked_add(step).filter(|index| *index < lines.len());
                let above = self.cursor.checked_sub(step);
                [below, above]
                    .into_iter()
                    .flatten()
                    .find(|index| lines.name(*index) == name)
            };
            if let Some(found) = (0..lines.len().clamp(1, 500)).find_map(near) {
                self.cursor = found;
            }
        }
        self.unfold(lines);
    }

    /// Computes what is visible anew.
    fn unfold(&mut self, lines: &dyn Lines) {
        self.visible.clear();
        let mut folded_at: Option<usize> = None;
        let any = !self.folds.is_empty();
        for index in 0..lines.len() {
            let indent = lines.indent(index);
            if folded_at.is_some_and(|limit| indent > limit) {
                continue;
            }
            folded_at = None;
            self.visible.push(u32::try_from(index).unwrap_or(u32::MAX));
            let begins = lines.begins_folded(index);
            if (begins || (any && self.has_children(lines, index))) && self.is_folded(lines, index) {
                folded_at = Some(indent);
            }
        }
        self.cursor = self.cursor.min(lines.len().saturating_sub(1));
        self.settle();
    }

    fn is_folded(&self, lines: &dyn Lines, index: usize) -> bool {
        let begins = lines.begins_folded(index);
        if self.folds.is_empty() {
            return begins;
        }
        self.folds.get(&lines.mark(index)).copied().unwrap_or(begins)
    }

    /// Whether lines belong to this one.
    pub fn has_children(&self, lines: &dyn Lines, index: usize) -> bool {
        index + 1 < lines.len() && lines.indent(index + 1) > lines.indent(index)
    }

    /// The place of the cursor among the visible lines: its own, or that of the fold it is hidden in.
    fn place(&self) -> usize {
        let cursor = u32::try_from(self.cursor).unwrap_or(u32::MAX);
        self.visible.partition_point(|index| *index <= cursor).saturating_sub(1)
    }

    /// Brings cursor and window to where they belong.
    fn settle(&mut self) {
        let place = self.place();
        self.cursor = self.visible.get(place).map_or(0, |index| *index as usize);
        if place < self.top {
            self.top = place;
        } else if place >= self.top + self.page {
            self.top = place + 1 - self.page;
        }
        self.top = self.top.min(self.visible.len().saturating_sub(self.page));
    }

    fn go(&mut self, place: usize) {
        let last = self.visible.len().saturating_sub(1);
        self.cursor = self.visible.get(place.min(last)).map_or(0, |index| *index as usize);
        self.settle();
    }

    /// Puts the cursor on a line of the whole text, opening the folds it is hidden in.
    pub fn go_to(&mut self, lines: &dyn Lines, index: usize) {
        let mut indent = lines.indent(index.min(lines.len().saturating_sub(1)));
        for above in (0..index.min(lines.len())).rev() {
            if indent == 0 {
                break;
            }
            if lines.indent(above) < indent {
                indent = lines.indent(above);
                if self.is_folded(lines, above) {
                    self.folds.insert(lines.mark(above), false);
                }
            }
        }
        self.cursor = index;
        self.unfold(lines);
        let place = self.place();
        if place + 1 == self.top + self.page || place == self.top {
            self.top = place.saturating_sub(self.page / 3);
            self.settle();
        }
    }

    /// Runs a command that moves or folds; says whether it was one.
    pub fn run(&mut self, command: &str, lines: &dyn Lines) -> bool {
        let (place, page) = (self.place(), self.page);
        match command {
            "move_down" => self.go(place.saturating_add(1)),
            "move_up" => self.go(place.saturating_sub(1)),
            "page_down" => self.scroll(page as isize),
            "page_up" => self.scroll(-(page as isize)),
            "half_page_down" => self.scroll(page.div_ceil(2) as isize),
            "half_page_up" => self.scroll(-(page.div_ceil(2) as isize)),
            "move_top" => self.go(0),
            "move_bottom" => self.go(usize::MAX),
            "scroll_left" => self.left = self.left.saturating_sub(SIDE_STEP),
            "scroll_right" => self.left = (self.left + SIDE_STEP).min(crate::text::CELL_LIMIT),
            "toggle_fold" => self.toggle(lines),
            "fold_all" => self.fold_all(lines, true),
            "unfold_all" => self.fold_all(lines, false),
            _ => return false,
        }
        true
    }

    fn scroll(&mut self, rows: isize) {
        let place = self.place().saturating_add_signed(rows);
        self.top = self.top.saturating_add_signed(rows);
        self.go(place);
    }

    /// Folds or unfolds the line under the cursor, or the one it belongs to.
    fn toggle(&mut self, lines: &dyn Lines) {
        if lines.is_empty() {
            return;
        }
        let mut head = self.cursor;
        if !self.has_children(lines, head) {
            let indent = lines.indent(head);
            let Some(above) = (0..head).rev().find(|index| lines.indent(*index) < indent) else {
                return;
            };
            head = above;
        }
        let folded = self.is_folded(lines, head);
        self.folds.insert(lines.mark(head), !folded);
        self.cursor = head;
        self.unfold(lines);
    }

    fn fold_all(&mut self, lines: &dyn Lines, folded: bool) {
        let heads = (0..lines.len()).filter(|index| self.has_children(lines, *index));
        self.folds = heads.map(|index| (lines.mark(index), folded)).collect();
        self.unfold(lines);
    }

    /// Goes to the next find, round the end; backwards when `back`. `here` counts the line under the cursor too.
    pub fn find(&mut self, lines: &dyn Lines, back: bool, here: bool) -> bool {
        let count = lines.len();
        if count == 0 || self.search.is_empty() {
            return false;
        }
        let last = count - 1;
        let cursor = self.cursor.min(last);
        let at = match (back, here) {
            (false, true) => lines.find(&self.search, cursor, false),
            (false, false) => (cursor < last)
                .then(|| lines.find(&self.search, cursor + 1, false))
                .flatten(),
            (true, true) => lines.find(&self.search, cursor, true),
            (true, false) => cursor
                .checked_sub(1)
                .and_then(|before| lines.find(&self.search, before, true)),
        };
        let at = at.or_else(|| {
            if back {
                lines.find(&self.search, last, true)
            } else {
                lines.find(&self.search, 0, false)
            }
        });
        let Some(at) = at else { return false };
        self.go_to(lines, at);
        true
    }

    /// Draws what is seen; the line under the cursor stands out when the reader has the keys.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: Look<'_>, lines: &dyn Lines, focused: bool) {
        let area = area.intersection(buffer.area);
        if area.width < 3 {
            return;
        }
        let room = area.width.saturating_sub(3);
        for (index, y) in self.visible.iter().skip(self.top).zip(area.top()..area.bottom()) {
            let index = *index as usize;
            if index >= lines.len() {
                break;
            }
            let indent = lines.indent(index);
            let mut line = TextLine::new(" ".repeat(lines.column(index)), Role::Text);
            line.spans.extend(lines.line(index).spans);
            if self.has_children(lines, index) && self.is_folded(lines, index) {
                line = line.and(look.pick(" ⋯", " ..."), Role::Faint);
            }
            draw_line(buffer, area.x + 1, y, room, look, &line, self.left, &self.search);
            let at_cursor = index == self.cursor;
            if self.has_children(lines, index) && self.left == 0 && indent == 0 && !at_cursor {
                let sign = if self.is_folded(lines, index) {
                    look.pick("▸", "+")
                } else {
                    look.pick("▾", "-")
                };
                put(buffer, area.x, y, 1, sign, look.style(Role::Faint));
            }
            if at_cursor {
                let role = if focused {
                    Role::Selection
                } else {
                    Role::SelectionUnfocused
                };
                let style = look.style(role);
                for x in area.x..area.right().saturating_sub(1) {
                    if let Some(cell) = buffer.cell_mut((x, y)) {
                        cell.set_style(cell.style().patch(style));
                    }
                }
                put(buffer, area.x, y, 1, look.cursor(), look.style(Role::CursorBar));
            }
        }
        scrollbar(buffer, area, look, self.visible.len(), self.top);
    }

    /// The part of the visible lines that is seen, as `(first, last, all)`, one-based; for saying where one is.
    pub fn part(&self) -> (usize, usize, usize) {
        let last = (self.top + self.page).min(self.visible.len());
        (self.top + 1, last, self.visible.len())
    }
}
