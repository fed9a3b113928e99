//! From changed cells to bytes, as few as a plain terminal understands, into a buffer that somebody else sends.
//!
//! The terminal library's own backend writes to the terminal while it draws, asks it for its size and repeats colours; this one
//! does none of that: a frame is finished bytes, or nothing when nothing visible has changed.

use crate::text::width;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::{Color, Modifier};
use std::convert::Infallible;
use std::io::Write;

/// Larger than this nobody's screen is; a terminal that says so is not believed. Columns and rows.
pub const LARGEST: (u16, u16) = (1_000, 500);

/// Begin and end of a synchronized update: terminals that know it show a frame whole, the others ignore it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// A frame this small is written and read in one piece anyway; a cursor move must stay cheap over a slow line.
const SMALL_FRAME: usize = 1_024;

/// What colours and marks the terminal writes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    pub(super) fg: Color,
    pub(super) bg: Color,
    pub(super) underline: Color,
    pub(super) marks: Modifier,
}

impl Pen {
    pub(super) fn of(cell: &Cell) -> Pen {
        Pen {
            fg: cell.fg,
            bg: cell.bg,
            underline: cell.underline_color,
            marks: cell.modifier,
        }
    }

    /// Adds the sequence that turns this pen into the other.
    pub(super) fn change(self, next: Pen, out: &mut Vec<u8>) {
        if self == next {
            return;
        }
        if next == Pen::default() {
            out.extend_from_slice(b"\x1b[m");
            return;
        }
        let mut numbers: Vec<u16> = Vec::new();
        let gone = self.marks - next.marks;
        let mut new = next.marks - self.marks;
        let weights = Modifier::BOLD | Modifier::DIM;
        if gone.intersects(weights) {
            // One number ends both.
            numbers.push(22);
            new |= next.marks & weights;
        }
        for (mark, begin, end) in [
            (Modifier::BOLD, 1, 0),
            (Modifier::DIM, 2, 0),
            (Modifier::ITALIC, 3, 23),
            (Modifier::UNDERLINED, 4, 24),
            (Modifier::SLOW_BLINK, 5, 25),
            (Modifier::RAPID_BLINK, 6, 25),
            (Modifier::REVERSED, 7, 27),
            (Modifier::HIDDEN, 8, 28),
            (Modifier::CROSSED_OUT, 9, 29),
        ] {
            if gone.contains(mark) && end != 0 {
                numbers.push(end);
            }
            if new.contains(mark) {
                numbers.push(begin);
            }
        }
        if self.fg != next.fg {
            colour(next.fg, 30, &mut numbers);
        }
        if self.bg != next.bg {
            colour(next.bg, 40, &mut numbers);
        }
        if self.underline != next.underline {
            underline(next.underline, &mut numbers);
        }
        out.extend_from_slice(b"\x1b[");
        for (at, number) in numbers.iter().enumerate() {
            if at > 0 {
                out.push(b';');
            }
            write(out, format_args!("{number}"));
        }
        out.push(b'm');
    }
}

/// Adds the numbers of a colour: `base` is 30 for text and 40 for the background.
fn colour(colour: Color, base: u16, numbers: &mut Vec<u16>) {
    match colour {
        Color::Reset => numbers.push(base + 9),
        Color::Indexed(index) => numbers.extend([base + 8, 5, u16::from(index)]),
        Color::Rgb(red, green, blue) => {
            numbers.extend([base + 8, 2, u16::from(red), u16::from(green), u16::from(blue)])
        }
        named => match ansi_index(named) {
            Some(index @ 0..=7) => numbers.push(base + u16::from(index)),
            Some(index) => numbers.push(base + 52 + u16::from(index)),
            None => {}
        },
    }
}

fn underline(colour: Color, numbers: &mut Vec<u16>) {
    match colour {
        Color::Reset => numbers.push(59),
        Color::Rgb(red, green, blue) => numbers.extend([58, 2, u16::from(red), u16::from(green), u16::from(blue)]),
        Color::Indexed(index) => numbers.extend([58, 5, u16::from(index)]),
        named => {
            if let Some(index) = ansi_index(named) {
                numbers.extend([58, 5, u16::from(index)]);
            }
        }
    }
}

/// The place of a named colour among the sixteen.
pub(super) fn ansi_index(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

/// Writing into memory does not fail.
fn write(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(arguments);
}

/// Terminals disagree on how wide this is: after it the cursor is put where it belongs.
fn is_risky(symbol: &str) -> bool {
    let mut letters = symbol.chars();
    let first = letters.next().unwrap_or(' ');
    letters.next().is_some() || u32::from(first) >= 0x1_f000 || ('\u{2600}'..='\u{27bf}').contains(&first)
}

/// Collects a frame. `take_frame` hands it over.
#[derive(Debug)]
pub struct FrameBackend {
    size: Size,
    out: Vec<u8>,
    /// What is on the screen.
    seen: Buffer,
    /// Where the terminal's cursor is, when that is known.
    at: Option<Position>,
    /// Where the cursor is shown; nothing when it is hidden.
    shown: Option<Position>,
    wanted: Option<Position>,
}

impl FrameBackend {
    /// A backend for a screen of this size whose cursor is hidden.
    pub fn new(columns: u16, rows: u16) -> FrameBackend {
        let size = believable(columns, rows);
        FrameBackend {
            size,
            seen: Buffer::empty(Rect::from(size)),
            out: Vec::new(),
            at: None,
            shown: None,
            wanted: None,
        }
    }

    /// The screen has this size now.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = believable(columns, rows);
        self.seen = Buffer::empty(Rect::from(self.size));
        self.at = None;
    }

    /// Forgets where the cursor is: it is hidden, as after entering.
    pub fn forget(&mut self) {
        self.at = None;
        self.shown = None;
        self.out.clear();
        self.seen.reset();
    }

    /// The bytes of the frame, within a synchronized update; nothing when the screen is right already.
    pub fn take_frame(&mut self) -> Option<Vec<u8>> {
        if self.shown != self.wanted || (self.wanted.is_some() && self.at != self.wanted) {
            match self.wanted {
                Some(position) => {
                    self.move_to(position);
                    if self.shown.is_none() {
                        self.out.extend_from_slice(b"\x1b[?25h");
                    }
                }
                None => self.out.extend_from_slice(b"\x1b[?25l"),
            }
            self.shown = self.wanted;
        }
        if self.out.is_empty() {
            return None;
        }
        if self.out.len() < SMALL_FRAME {
            return Some(std::mem::take(&mut self.out));
        }
        let mut frame = Vec::with_capacity(self.out.len() + BEGIN.len() + END.len());
        frame.extend_from_slice(BEGIN);
        frame.append(&mut self.out);
        frame.extend_from_slice(END);
        Some(frame)
    }

    fn move_to(&mut self, to: Position) {
        match self.at {
            Some(at) if at == to => {}
            Some(at) if at.y == to.y && at.x < to.x && at.x < self.size.width => match to.x - at.x {
                1 => self.out.extend_from_slice(b"\x1b[C"),
                columns => write(&mut self.out, format_args!("\x1b[{columns}C")),
            },
            _ if to.x == 0 => write(&mut self.out, format_args!("\x1b[{}H", to.y + 1)),
            _ => write(&mut self.out, format_args!("\x1b[{};{}H", to.y + 1, to.x + 1)),
        }
        self.at = Some(to);
    }
}

impl FrameBackend {
    /// Writes what lies between the cursor and a cell a few columns on once more, when that is shorter than stepping over it.
    fn write_over_gap(&mut self, to: Position, pen: Pen) {
        let Some(at) = self.at.filter(|at| at.y == to.y && at.x < to.x && to.x - at.x <= 3) else {
            return;
        };
        let between = || (at.x..to.x).filter_map(|x| self.seen.cell(Position { x, y: at.y }));
        let plain = |cell: &Cell| cell.symbol().len() == 1 && Pen::of(cell) == pen;
        if between().all(plain) && between().count() == usize::from(to.x - at.x) {
            let bytes: Vec<u8> = between().flat_map(|cell| cell.symbol().bytes()).collect();
            self.out.extend_from_slice(&bytes);
            self.at = Some(to);
        }
    }
}

fn believable(columns: u16, rows: u16) -> Size {
    Size::new(columns.min(LARGEST.0), rows.min(LARGEST.1))
}

impl Backend for FrameBackend {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut pen = Pen::default();
        for (x, y, cell) in content {
            self.write_over_gap(Position { x, y }, pen);
            self.move_to(Position { x, y });
            let next = Pen::of(cell);
            pen.change(next, &mut self.out);
            pen = next;
            let symbol = cell.symbol();
            self.out.extend_from_slice(symbol.as_bytes());
            if let Some(seen) = self.seen.cell_mut(Position { x, y }) {
                seen.clone_from(cell);
            }
            let after = x.saturating_add(u16::try_from(width(symbol)).unwrap_or(1).max(1));
            // In the last column terminals wait with wrapping; where the cursor is then is anybody's guess.
            self.at = (after < self.size.width && !is_risky(symbol)).then_some(Position { x: after, y });
        }
        pen.change(Pen::default(), &mut self.out);
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.wanted = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        // The position follows at once.
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.wanted.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.wanted = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, _clear_type: ClearType) -> Result<(), Infallible> {
        // A full screen is only ever cleared whole. Without homing, some terminals clear with what was the colour there.
        self.out.extend_from_slice(b"\x1b[m\x1b[2J");
        self.seen.reset();
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::default(),
        })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::style::{Style, Stylize};
    use ratatui::text::Line;

    fn frame(terminal: &mut Terminal<FrameBackend>, lines: &[Line<'_>], cursor: Option<(u16, u16)>) -> Option<String> {
        terminal
            .draw(|frame| {
                for (row, line) in lines.iter().enumerate() {
                    let area = frame.area();
                    frame
                        .buffer_mut()
                        .set_line(0, u16::try_from(row).unwrap(), line, area.width);
                }
                if let Some(cursor) = cursor {
                    frame.set_cursor_position(cursor);
                }
            })
            .unwrap();
        let bytes = terminal.backend_mut().take_frame()?;
        let text = String::from_utf8(bytes).unwrap();
        Some(text)
    }

    #[test]
    fn frames_are_the_changes_alone() {
        let mut terminal = Terminal::new(FrameBackend::new(10, 2)).unwrap();
        let mut draw = |lines: &[Line<'_>], cursor| frame(&mut terminal, lines, cursor);
        assert_eq!(draw(&["ab".into()], None).as_deref(), Some("\x1b[1Hab"));
        assert_eq!(draw(&["ab".into()], None), None);
        assert_eq!(
            draw(&["aX".red().bold().into()], None).as_deref(),
            Some("\x1b[1H\x1b[1;31maX\x1b[m")
        );
        // A short way to the next change is written over, a long one stepped over.
        assert_eq!(draw(&["bX   c".into()], None).as_deref(), Some("\x1b[1HbX   c"));
        assert_eq!(draw(&["cX   c  d".into()], None).as_deref(), Some("\x1b[1Hc\x1b[7Cd"));
        assert_eq!(draw(&["bX   c".into()], None).as_deref(), Some("\x1b[1Hb\x1b[7C "));
        assert_eq!(
            draw(&["bX   c".into()], Some((3, 1))).as_deref(),
            Some("\x1b[2;4H\x1b[?25h")
        );
        assert_eq!(draw(&["bX   c".into()], Some((3, 1))), None);
        assert_eq!(draw(&["bX   c".into()], Some((4, 1))).as_deref(), Some("\x1b[C"));
        assert_eq!(draw(&["bX   c".into()], None).as_deref(), Some("\x1b[?25l"));
    }

    #[test]
    fn only_a_large_frame_is_a_synchronized_update() {
        let mut terminal = Terminal::new(FrameBackend::new(200, 20)).unwrap();
        let large: Vec<Line<'_>> = (0..20).map(|_| "x".repeat(200).into()).collect();
        let text = frame(&mut terminal, &large, None).unwrap();
        assert!(text.starts_with("\x1b[?2026h") && text.ends_with("\x1b[?2026l"));
        let mut small = large.clone();
        small[7] = "y".into();
        let text = frame(&mut terminal, &small, None).unwrap();
        assert!(!text.contains("\x1b[?2026"));
    }

    #[test]
    fn after_a_doubtful_width_the_cursor_is_put_right() {
        let mut terminal = Terminal::new(FrameBackend::new(12, 1)).unwrap();
        let text = frame(&mut terminal, &["界a🙂be\u{301}c".into()], None).unwrap();
        assert_eq!(text, "\x1b[1H界a🙂\x1b[1;6Hbe\u{301}\x1b[1;8Hc");
    }

    #[test]
    fn pens_change_with_the_least() {
        let plain = Style::new();
        for (from, to, wanted) in [
            (plain, plain, ""),
            (plain, plain.bold().red(), "1;31"),
            (plain.bold().red(), plain, ""),
            (plain.bold().dim().red(), plain.dim().red(), "22;2"),
            (plain.red().underlined(), plain.red(), "24"),
            (plain.red(), plain.light_blue().on_dark_gray(), "94;100"),
            (plain.red(), plain.reversed(), "7;39"),
            (
                plain,
                plain.fg(Color::Indexed(200)).bg(Color::Rgb(1, 2, 3)),
                "38;5;200;48;2;1;2;3",
            ),
            (plain, plain.underline_color(Color::Rgb(9, 8, 7)), "58;2;9;8;7"),
        ] {
            let pen = |style| {
                let mut cell = Cell::default();
                cell.set_style(style);
                Pen::of(&cell)
            };
            let mut out = Vec::new();
            pen(from).change(pen(to), &mut out);
            let reset = to == plain && from != plain;
            let wanted = if wanted.is_empty() && !reset {
                String::new()
            } else {
                format!("\x1b[{wanted}m")
            };
            assert_eq!(String::from_utf8(out).unwrap(), wanted);
        }
    }

    #[test]
    fn unbelievable_sizes_are_not_believed() {
        for (said, believed) in [
            ((0, 0), (0, 0)),
            ((1, 1), (1, 1)),
            ((65_535, 1), (1_000, 1)),
            ((500, 2), (500, 2)),
        ] {
            let backend = FrameBackend::new(said.0, said.1);
            assert_eq!(backend.size().unwrap(), Size::new(believed.0, believed.1));
        }
    }
}
