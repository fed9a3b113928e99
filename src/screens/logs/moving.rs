//! Where one is in the lines: the window, the cursor, following the end, and what lets go of it.

use super::shape::{Shaped, Shaping};
use super::{Label, Logs, Names, draw};
use crate::screens::Shared;
use crate::screens::common::look;
use crate::store::logs::LogLineRef;
use crate::theme::Role;

/// How many columns one step sideways goes.
const SIDE_STEP: usize = 8;
/// Names of sources take at most this part of the width.
const LABEL_PART: usize = 3;

impl Logs {
    /// How lines are shaped in this width.
    pub(super) fn shaping<'a>(&self, shared: &'a Shared, width: u16, height: u16) -> Shaping<'a> {
        let width = usize::from(width);
        let names = self.names();
        let longest = self
            .labels
            .iter()
            .map(|label| label.name(names).len())
            .max()
            .unwrap_or_default();
        Shaping {
            look: look(shared),
            stamps: self.stamps,
            now: shared.now(self.place.cluster),
            offset: shared.settings.utc_offset,
            label: longest.min(width / LABEL_PART),
            structured: self.structured,
            colours: self.colours,
            width,
            left: self.left,
            wrap: self.wrap,
            tallest: (usize::from(height) / 2).max(4),
        }
    }

    /// The name and the role of who wrote a line.
    pub(super) fn who(&self, line: &LogLineRef<'_>, cells: usize) -> (String, Role) {
        let label = self.labels.get(usize::from(line.source.0));
        label.map_or_else(
            || (String::new(), Role::Muted),
            |label| {
                let names = match self.names() {
                    Names::Off if line.kind.is_mark() => Names::Short,
                    names => names,
                };
                let name = label.name(names);
                let cells = if line.kind.is_mark() { cells.max(40) } else { cells };
                (crate::text::cut_middle(name, cells).into_owned(), label.role)
            },
        )
    }

    /// The line at a place, shaped.
    pub(super) fn shaped(&self, at: usize, shaping: &Shaping<'_>) -> Option<Shaped> {
        let line = self.view.line_at(&self.book, at)?;
        let (name, role) = self.who(&line, shaping.label);
        let context = self.view.is_context(&self.book, line.id);
        Some(shaping.shape(&line, (&name, role), context))
    }

    /// How many rows the line at a place takes.
    fn height(&self, at: usize, shaping: &Shaping<'_>) -> usize {
        if !self.wrap {
            return 1;
        }
        self.shaped(at, shaping).map_or(1, |shaped| shaped.rows.len().max(1))
    }

    /// The first line of a window of `page` rows that ends with the line at `last`.
    fn top_for(&self, last: usize, page: usize, shaping: &Shaping<'_>) -> usize {
        let mut rows = 0;
        let mut top = last;
        for at in (0..=last).rev() {
            rows += self.height(at, shaping);
            if rows > page {
                break;
            }
            top = at;
        }
        top
    }

    /// Brings window and cursor to where they belong after anything has changed.
    pub(super) fn settle(&mut self, shared: &Shared) {
        let count = self.count();
        let text = draw::Regions::of(self, self.area).text;
        let page = usize::from(text.height).max(1);
        if count == 0 {
            (self.cursor, self.top, self.cursor_at, self.top_at, self.seen) = (None, None, 0, 0, 0);
            return;
        }
        let last = count - 1;
        let shaping = self.shaping(shared, text.width.saturating_sub(2), text.height);
        let held = shared.paused && self.top.is_some();
        if self.follow && !held {
            self.cursor_at = last;
            self.top_at = self.top_for(last, page, &shaping);
        } else {
            let near = |id| self.view.position_near(&self.book, id).min(last);
            self.cursor_at = self.cursor.map_or(last, near);
            self.top_at = self.top.map_or(self.cursor_at, near).min(self.cursor_at);
            if self.cursor_at - self.top_at >= page {
                self.top_at = self.cursor_at + 1 - page;
            }
            let lowest = self.top_for(self.cursor_at, page, &shaping);
            self.top_at = self.top_at.max(lowest);
            // No blank rows below the last line while there are lines above.
            if self.top_at + page > last {
                self.top_at = self.top_at.min(self.top_for(last, page, &shaping));
            }
        }
        self.keep();
        self.seen = self.count_seen(page, &shaping);
    }

    fn count_seen(&self, page: usize, shaping: &Shaping<'_>) -> usize {
        let count = self.count();
        if !self.wrap {
            return page.min(count - self.top_at.min(count));
        }
        let mut rows = 0;
        let mut seen = 0;
        for at in self.top_at..count {
            rows += self.height(at, shaping);
            if rows > page {
                break;
            }
            seen += 1;
        }
        seen.max(1)
    }

    /// Remembers by number what is at the places of window and cursor.
    fn keep(&mut self) {
        let id = |at| self.view.line_at(&self.book, at).map(|line| line.id);
        let (cursor, top) = (id(self.cursor_at), id(self.top_at));
        (self.cursor, self.top) = (cursor, top);
    }

    /// Looks up the places again: lines may have come and gone since the last refresh.
    pub(super) fn locate(&mut self) {
        if let Some(id) = self.cursor {
            self.cursor_at = self.view.position_near(&self.book, id);
        }
        if let Some(id) = self.top {
            self.top_at = self.view.position_near(&self.book, id);
        }
    }

    /// Puts the cursor on a line and the line into the window, with some lines before it when it was not seen.
    pub(super) fn jump(&mut self, at: usize) {
        let at = at.min(self.count().saturating_sub(1));
        let seen = self.top_at..self.top_at + self.seen.max(1);
        if !seen.contains(&at) {
            self.top_at = at.saturating_sub(self.seen / 3);
        }
        self.cursor_at = at;
        self.keep();
    }

    fn step(&mut self, rows: isize) {
        let last = self.count().saturating_sub(1);
        if rows > 0 && self.follow {
            return;
        }
        if rows < 0 {
            self.let_go();
            if self.cursor_at == 0 {
                self.ask_older();
                return;
            }
        }
        self.cursor_at = self.cursor_at.saturating_add_signed(rows).min(last);
        self.top_at = self.top_at.min(self.cursor_at);
        self.keep();
    }

    fn scroll(&mut self, rows: isize) {
        let last = self.count().saturating_sub(1);
        if rows > 0 {
            if self.follow {
                return;
            }
            // At the end paging down follows again, as one expects of a tail.
            if self.cursor_at >= last {
                self.follow = true;
                return;
            }
        } else {
            self.let_go();
            if self.cursor_at == 0 || self.top_at == 0 {
                self.cursor_at = 0;
                self.keep();
                self.ask_older();
                return;
            }
        }
        self.top_at = self.top_at.saturating_add_signed(rows).min(last);
        self.cursor_at = self.cursor_at.saturating_add_signed(rows).min(last);
        self.keep();
    }

    /// Scrolling away lets go of the end.
    pub(super) fn let_go(&mut self) {
        self.follow = false;
    }

    /// Runs `move_down` and its kin.
    pub(super) fn moves(&mut self, command: &str) {
        self.locate();
        let page = self.seen.max(1) as isize;
        match command {
            "move_down" => self.step(1),
            "move_up" => self.step(-1),
            "page_down" => self.scroll(page),
            "page_up" => self.scroll(-page),
            "half_page_down" => self.scroll((page + 1) / 2),
            "half_page_up" => self.scroll(-((page + 1) / 2)),
            "move_top" => {
                self.let_go();
                if self.cursor_at == 0 && self.count() > 0 {
                    self.ask_older();
                }
                (self.cursor_at, self.top_at) = (0, 0);
                self.keep();
            }
            "move_bottom" => self.follow = true,
            "scroll_left" => self.left = self.left.saturating_sub(SIDE_STEP),
            "scroll_right" if !self.wrap => self.left = (self.left + SIDE_STEP).min(1 << 20),
            _ => {}
        }
    }

    /// How many lines are below what is seen.
    pub(super) fn below(&self) -> usize {
        self.count().saturating_sub(self.top_at + self.seen)
    }

    /// The places that are selected, or the one under the cursor.
    pub(super) fn selected(&self) -> std::ops::Range<usize> {
        let anchor = self
            .anchor
            .map_or(self.cursor_at, |id| self.view.position_near(&self.book, id));
        anchor.min(self.cursor_at)..anchor.max(self.cursor_at) + 1
    }
}

impl Label {
    pub(super) fn name(&self, names: Names) -> &str {
        match names {
            Names::Off => "",
            Names::Short => &self.short,
            Names::Long => &self.long,
        }
    }
}
