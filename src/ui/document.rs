//! A document to be read: lines of spans, scrolled, with a search whose finds stand out.

use super::prompt::skip;
use super::{Look, put, scrollbar};
use crate::text::{clean, width};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::ops::Range;

/// How many columns one step sideways goes.
const SIDE_STEP: usize = 8;

/// More finds than this in one line are not shown.
const MOST_FINDS: usize = 100;

/// A line: texts, each in its role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextLine {
    /// The pieces, left to right.
    pub spans: Vec<(String, Role)>,
}

impl TextLine {
    /// A line of one piece.
    pub fn new(text: impl Into<String>, role: Role) -> TextLine {
        TextLine {
            spans: vec![(text.into(), role)],
        }
    }

    /// The same line with a piece more.
    pub fn and(mut self, text: impl Into<String>, role: Role) -> TextLine {
        self.spans.push((text.into(), role));
        self
    }

    /// Its text, clean.
    pub fn text(&self) -> String {
        self.spans.iter().map(|(text, _)| clean(text)).collect()
    }
}

/// Where in a document one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pager {
    /// The first line that is seen.
    pub top: usize,
    /// The first column that is seen.
    pub left: usize,
    page: usize,
    /// What is searched for; empty is nothing. One upper-case letter makes case count.
    pub search: String,
    /// The line of the find one stands on.
    pub found: Option<usize>,
}

impl Pager {
    /// Brings the window to where it belongs in `count` lines of which `page` are seen.
    pub fn fit(&mut self, count: usize, page: usize) {
        self.page = page;
        self.top = self.top.min(count.saturating_sub(page.max(1)));
    }

    /// Whether the last line is seen.
    pub fn at_end(&self, count: usize) -> bool {
        self.top + self.page.max(1) >= count
    }

    /// Runs a command that moves; says whether it was one.
    pub fn run(&mut self, command: &str, count: usize) -> bool {
        let page = self.page.max(1);
        self.top = match command {
            "move_down" => self.top.saturating_add(1),
            "move_up" => self.top.saturating_sub(1),
            "page_down" => self.top.saturating_add(page),
            "page_up" => self.top.saturating_sub(page),
            "half_page_down" => self.top.saturating_add(page.div_ceil(2)),
            "half_page_up" => self.top.saturating_sub(page.div_ceil(2)),
            "move_top" => 0,
            "move_bottom" => count,
            "scroll_left" => {
                self.left = self.left.saturating_sub(SIDE_STEP);
                self.top
            }
            "scroll_right" => {
                self.left = self.left.saturating_add(SIDE_STEP).min(crate::text::CELL_LIMIT);
                self.top
            }
            _ => return false,
        };
        self.fit(count, self.page);
        true
    }

    /// Goes to the next find, round the end; backwards when `back`. Says whether there is one.
    pub fn find(&mut self, lines: &[TextLine], back: bool) -> bool {
        let count = lines.len();
        let from = self.found.unwrap_or(if back {
            self.top + count
        } else {
            (self.top + count).saturating_sub(1)
        });
        let at = (1..=count)
            .map(|step| {
                if back {
                    (from + count * 2 - step) % count
                } else {
                    (from + step) % count
                }
            })
            .find(|line| {
                lines
                    .get(*line)
                    .is_some_and(|line| !finds(&line.text(), &self.search).is_empty())
            });
        let Some(at) = at else { return false };
        self.found = Some(at);
        if at < self.top || at >= self.top + self.page {
            self.top = at.saturating_sub(self.page / 3);
            self.fit(count, self.page);
        }
        true
    }

    /// Draws the lines that are seen.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, look: Look<'_>, lines: &[TextLine]) {
        let area = area.intersection(buffer.area);
        let room = area.width.saturating_sub(1);
        for (line, y) in lines.iter().skip(self.top).zip(area.top()..area.bottom()) {
            draw_line(buffer, area.x, y, room, look, line, self.left, &self.search);
        }
        scrollbar(buffer, area, look, lines.len(), self.top);
    }
}

/// Draws one line from column `left` on, what `search` finds in it standing out.
#[allow(clippy::too_many_arguments)]
pub fn draw_line(
    buffer: &mut Buffer,
    x: u16,
    y: u16,
    room: u16,
    look: Look<'_>,
    line: &TextLine,
    left: usize,
    search: &str,
) {
    let found = finds(&line.text(), search);
    let (end, mut x, mut hidden, mut at) = (x.saturating_add(room), x, left, 0);
    for (text, role) in &line.spans {
        let text = clean(text);
        for (piece, is_find) in pieces(&text, at, &found) {
            let wide = width(piece);
            let seen = skip(piece, hidden);
            hidden = hidden.saturating_sub(wide);
            let style = look.style(*role);
            let style = if is_find {
                style.patch(look.style(Role::Match))
            } else {
                style
            };
            x += put(buffer, x, y, end.saturating_sub(x), seen, style);
        }
        at += text.len();
    }
}

/// A text that begins at `at` of its line, parted where finds begin and end.
fn pieces<'a>(text: &'a str, at: usize, found: &[Range<usize>]) -> Vec<(&'a str, bool)> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for range in found {
        let start = range.start.saturating_sub(at).clamp(done, text.len());
        let end = range.end.saturating_sub(at).clamp(start, text.len());
        pieces.push((&text[done..start], false));
        pieces.push((&text[start..end], true));
        done = end;
    }
    pieces.push((&text[done..], false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// Where `search` is found in a text, in bytes.
pub fn finds(text: &str, search: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if search.is_empty() {
        return found;
    }
    let exact = search.bytes().any(|byte| byte.is_ascii_uppercase());
    let (bytes, wanted) = (text.as_bytes(), search.as_bytes());
    let mut at = 0;
    while at + wanted.len() <= bytes.len() && found.len() < MOST_FINDS {
        let here = &bytes[at..at + wanted.len()];
        let hit = if exact {
            here == wanted
        } else {
            here.eq_ignore_ascii_case(wanted)
        };
        if hit && text.is_char_boundary(at) && text.is_char_boundary(at + wanted.len()) {
            found.push(at..at + wanted.len());
            at += wanted.len();
        } else {
            at += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Theme;

    fn lines(texts: &[&str]) -> Vec<TextLine> {
        texts.iter().map(|text| TextLine::new(*text, Role::Text)).collect()
    }

    #[test]
    fn finding() {
        let rows = [
            ("Pod pod", "pod", vec![(0, 3), (4, 7)]),
            ("Pod pod", "Pod", vec![(0, 3)]),
            ("größe", "öß", vec![(2, 6)]),
            ("aaa", "aa", vec![(0, 2)]),
            ("x", "", vec![]),
        ];
        for (text, search, expected) in rows {
            let found: Vec<(usize, usize)> = finds(text, search).iter().map(|find| (find.start, find.end)).collect();
            assert_eq!(found, expected, "{search} in {text}");
        }
    }

    #[test]
    fn the_next_find_goes_round() {
        let lines = lines(&["one", "two", "three", "two"]);
        let mut pager = Pager {
            search: "two".to_owned(),
            ..Pager::default()
        };
        pager.fit(lines.len(), 2);
        let found: Vec<Option<usize>> = (0..3)
            .map(|_| {
                pager.find(&lines, false);
                pager.found
            })
            .collect();
        assert_eq!(found, [Some(1), Some(3), Some(1)]);
        assert!(pager.find(&lines, true));
        assert_eq!(pager.found, Some(3));
        pager.search = "none".to_owned();
        assert!(!pager.find(&lines, false));
        assert!(!pager.find(&[], true));
    }

    #[test]
    fn a_line_scrolls_sideways_with_its_finds() {
        let theme = Theme::default();
        let look = Look::new(&theme, false);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        let line = TextLine::new("ab", Role::Muted).and("cdefgh", Role::Text);
        draw_line(&mut buffer, 0, 0, 6, look, &line, 1, "bc");
        let text: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
        assert_eq!(text, "bcdef…");
        assert_eq!(buffer.content()[1].style().fg, look.style(Role::Match).fg);
    }
}
