//! A frame as text, as text with colours, and as a picture whose columns are exact whatever font draws it.
//!
//! The same frame gives the same bytes, so that pictures can lie beside the source and be compared.

use super::cli::PictureFormat;
use super::frame::Pen;
use crate::text::width;
use crate::theme::colour::rgb;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// The size of a cell in the picture. The font size makes most monospaced fonts just that wide.
const CELL: (u32, u32) = (9, 19);
const FONT_SIZE: u32 = 15;
/// From the top of a cell to the line that letters stand on.
const BASELINE: u32 = 14;
/// Space around the cells.
const MARGIN: u32 = 12;
const FONTS: &str = "'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,'Noto Sans Mono','Noto Sans Mono CJK SC','Noto Sans CJK SC',monospace";

/// The colours of a terminal that no theme has painted.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// Text.
    pub text: [u8; 3],
    /// Background.
    pub background: [u8; 3],
}

/// Writes the frame in this format.
pub fn picture(buffer: &Buffer, format: PictureFormat, ground: Ground) -> String {
    match format {
        PictureFormat::Text => text(buffer),
        PictureFormat::Ansi => ansi(buffer),
        PictureFormat::Svg => svg(buffer, ground),
    }
}

/// The cells of a row with their columns, without those that lie under a wide one.
fn row_cells(buffer: &Buffer, row: u16) -> Vec<(u16, u16, &Cell)> {
    let mut cells = Vec::new();
    let mut column = 0;
    while column < buffer.area.width {
        let cell = &buffer[(buffer.area.x + column, buffer.area.y + row)];
        let wide = u16::try_from(width(cell.symbol())).unwrap_or(1).max(1);
        cells.push((column, wide, cell));
        column += wide;
    }
    cells
}

fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in 0..buffer.area.height {
        let line: String = row_cells(buffer, row)
            .iter()
            .map(|(_, _, cell)| cell.symbol())
            .collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn ansi(buffer: &Buffer) -> String {
    let mut out = Vec::new();
    for row in 0..buffer.area.height {
        let mut pen = Pen::default();
        let mut cells = row_cells(buffer, row);
        while cells
            .last()
            .is_some_and(|(_, _, cell)| cell.symbol() == " " && Pen::of(cell) == Pen::default())
        {
            cells.pop();
        }
        for (_, _, cell) in cells {
            pen.change(Pen::of(cell), &mut out);
            pen = Pen::of(cell);
            out.extend_from_slice(cell.symbol().as_bytes());
        }
        pen.change(Pen::default(), &mut out);
        out.push(b'\n');
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How a cell looks in the end.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ink {
    text: [u8; 3],
    background: [u8; 3],
    marks: Modifier,
}

impl Ink {
    /// Whether letters of both look the same, whatever is behind them.
    fn writes_like(self, other: Ink) -> bool {
        (self.text, self.marks) == (other.text, other.marks)
    }
}

fn ink(cell: &Cell, ground: Ground) -> Ink {
    let seen = |colour: Color, otherwise| {
        if colour == Color::Reset {
            otherwise
        } else {
            rgb(colour).unwrap_or(otherwise)
        }
    };
    let (mut text, mut background) = (seen(cell.fg, ground.text), seen(cell.bg, ground.background));
    if cell.modifier.contains(Modifier::REVERSED) {
        (text, background) = (background, text);
    }
    if cell.modifier.contains(Modifier::DIM) {
        for (text, background) in text.iter_mut().zip(background) {
            *text = ((u16::from(*text) * 3 + u16::from(background) * 2) / 5) as u8;
        }
    }
    if cell.modifier.contains(Modifier::HIDDEN) {
        text = background;
    }
    let visible = Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    Ink {
        text,
        background,
        marks: cell.modifier & visible,
    }
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn svg(buffer: &Buffer, ground: Ground) -> String {
    let (columns, rows) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (total_width, total_height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{total_width}\" height=\"{total_height}\" viewBox=\"0 0 {total_width} {total_height}\">\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{}\" stroke=\"#808080\" stroke-opacity=\"0.5\"/>\n\
         <g font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\" xml:space=\"preserve\">",
        total_width - 1,
        total_height - 1,
        hex(ground.background),
    );
    for row in 0..buffer.area.height {
        let cells = row_cells(buffer, row);
        let top = MARGIN + u32::from(row) * CELL.1;
        backgrounds(&cells, top, ground, &mut out);
        runs(&cells, top, ground, &mut out);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// A rectangle for each stretch of cells with a background of its own.
fn backgrounds(cells: &[(u16, u16, &Cell)], top: u32, ground: Ground, out: &mut String) {
    let mut at = 0;
    while at < cells.len() {
        let colour = ink(cells[at].2, ground).background;
        let end = cells[at..]
            .iter()
            .take_while(|(_, _, cell)| ink(cell, ground).background == colour)
            .count()
            + at;
        if colour != ground.background {
            let from = u32::from(cells[at].0);
            let to = u32::from(cells[end - 1].0 + cells[end - 1].1);
            rectangle(MARGIN + from * CELL.0, top, (to - from) * CELL.0, CELL.1, colour, out);
        }
        at = end;
    }
}

fn rectangle(x: u32, y: u32, wide: u32, high: u32, colour: [u8; 3], out: &mut String) {
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" fill=\"{}\"/>",
        hex(colour)
    );
}

/// Text in stretches of one look. A stretch ends at two spaces and around every glyph whose width a font may get wrong.
fn runs(cells: &[(u16, u16, &Cell)], top: u32, ground: Ground, out: &mut String) {
    let mut at = 0;
    while at < cells.len() {
        let (column, wide, cell) = cells[at];
        let look = ink(cell, ground);
        let symbol = cell.symbol();
        let x = MARGIN + u32::from(column) * CELL.0;
        if symbol == " " && !look.marks.intersects(Modifier::UNDERLINED | Modifier::CROSSED_OUT) {
            at += 1;
            continue;
        }
        if drawn(symbol, x, top, look.text, out) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        let mut run = symbol.to_owned();
        if wide == 1 && symbol.is_ascii() {
            while let Some((_, 1, next)) = cells.get(end) {
                let space =
                    next.symbol() == " " && cells.get(end + 1).is_none_or(|(_, _, after)| after.symbol() == " ");
                if !next.symbol().is_ascii() || space || !ink(next, ground).writes_like(look) {
                    break;
                }
                run.push_str(next.symbol());
                end += 1;
            }
            while run.ends_with(' ') && run.len() > 1 {
                run.pop();
            }
        }
        let length = if symbol.is_ascii() {
            u32::try_from(run.len()).unwrap_or(1)
        } else {
            u32::from(wide)
        };
        let _ = write!(
            out,
            "<text x=\"{x}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"",
            top + BASELINE,
            length * CELL.0,
            hex(look.text),
        );
        if look.marks.contains(Modifier::BOLD) {
            out.push_str(" font-weight=\"bold\"");
        }
        if look.marks.contains(Modifier::ITALIC) {
            out.push_str(" font-style=\"italic\"");
        }
        match (
            look.marks.contains(Modifier::UNDERLINED),
            look.marks.contains(Modifier::CROSSED_OUT),
        ) {
            (true, true) => out.push_str(" text-decoration=\"underline line-through\""),
            (true, false) => out.push_str(" text-decoration=\"underline\""),
            (false, true) => out.push_str(" text-decoration=\"line-through\""),
            (false, false) => {}
        }
        out.push('>');
        for letter in run.chars() {
            match letter {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                letter if letter.is_control() => out.push('\u{fffd}'),
                letter => out.push(letter),
            }
        }
        out.push_str("</text>\n");
        at = end;
    }
}

/// Blocks and lines are drawn, not written: fonts leave gaps between them. Says whether this was one.
fn drawn(symbol: &str, x: u32, y: u32, colour: [u8; 3], out: &mut String) -> bool {
    let mut letters = symbol.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        return false;
    };
    let (wide, high) = CELL;
    let code = u32::from(letter);
    match letter {
        '▀' => rectangle(x, y, wide, high / 2, colour, out),
        '▁'..='█' => {
            let part = (high * (code - 0x2580) + 4) / 8;
            rectangle(x, y + high - part, wide, part, colour, out);
        }
        '▉'..='▏' => {
            let part = ((wide * (0x2590 - code)) + 4) / 8;
            rectangle(x, y, part.max(1), high, colour, out);
        }
        '▐' => rectangle(x + wide / 2, y, wide - wide / 2, high, colour, out),
        _ => {
            let Some((up, down, left, right)) = lines(letter) else {
                return false;
            };
            let (middle_x, middle_y) = (x + wide / 2, y + high / 2);
            if up || down {
                let from = if up { y } else { middle_y };
                let to = if down { y + high } else { middle_y + 1 };
                rectangle(middle_x, from, 1, to - from, colour, out);
            }
            if left || right {
                let from = if left { x } else { middle_x };
                let to = if right { x + wide } else { middle_x + 1 };
                rectangle(from, middle_y, to - from, 1, colour, out);
            }
        }
    }
    true
}

/// Where a line goes from the middle of its cell: up, down, left, right.
fn lines(letter: char) -> Option<(bool, bool, bool, bool)> {
    Some(match letter {
        '─' => (false, false, true, true),
        '│' => (true, true, false, false),
        '┌' | '╭' => (false, true, false, true),
        '┐' | '╮' => (false, true, true, false),
        '└' | '╰' => (true, false, false, true),
        '┘' | '╯' => (true, false, true, false),
        '├' => (true, true, false, true),
        '┤' => (true, true, true, false),
        '┬' => (false, true, true, true),
        '┴' => (true, false, true, true),
        '┼' => (true, true, true, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    const GROUND: Ground = Ground {
        text: [0xdd, 0xdd, 0xdd],
        background: [0x11, 0x11, 0x11],
    };

    fn frame() -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
        buffer.set_string(0, 0, "a<b  界x █", Style::new());
        buffer.set_string(0, 1, "on & off", Style::new().red().bold());
        buffer.set_style(Rect::new(0, 1, 12, 1), Style::new().bg(Color::Rgb(1, 2, 3)));
        buffer
    }

    #[test]
    fn text_is_trimmed_lines() {
        assert_eq!(picture(&frame(), PictureFormat::Text, GROUND), "a<b  界x █\non & off\n");
    }

    #[test]
    fn colours_end_with_their_line() {
        assert_eq!(
            picture(&frame(), PictureFormat::Ansi, GROUND),
            "a<b  界x █\n\x1b[1;31;48;2;1;2;3mon & off\x1b[22;39m    \x1b[m\n"
        );
    }

    #[test]
    fn a_picture_puts_every_stretch_into_its_column() {
        let red = hex(rgb(Color::Red).unwrap());
        let wanted = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"132\" height=\"62\" viewBox=\"0 0 132 62\">\n\
             <rect x=\"0.5\" y=\"0.5\" width=\"131\" height=\"61\" rx=\"8\" fill=\"#111111\" stroke=\"#808080\" stroke-opacity=\"0.5\"/>\n\
             <g font-family=\"{FONTS}\" font-size=\"15\" xml:space=\"preserve\">\n\
             <text x=\"12\" y=\"26\" textLength=\"27\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#dddddd\">a&lt;b</text>\n\
             <text x=\"57\" y=\"26\" textLength=\"18\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#dddddd\">界</text>\n\
             <text x=\"75\" y=\"26\" textLength=\"9\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#dddddd\">x</text>\n\
             <rect x=\"93\" y=\"12\" width=\"9\" height=\"19\" fill=\"#dddddd\"/>\n\
             <rect x=\"12\" y=\"31\" width=\"108\" height=\"19\" fill=\"#010203\"/>\n\
             <text x=\"12\" y=\"45\" textLength=\"72\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{red}\" font-weight=\"bold\">on &amp; off</text>\n\
             </g>\n</svg>\n"
        );
        assert_eq!(picture(&frame(), PictureFormat::Svg, GROUND), wanted);
    }

    #[test]
    fn lines_and_blocks_reach_the_edges_of_their_cells() {
        for (symbol, wanted) in [
            (
                "│",
                "<rect x=\"4\" y=\"0\" width=\"1\" height=\"19\" fill=\"#000000\"/>\n",
            ),
            (
                "─",
                "<rect x=\"0\" y=\"9\" width=\"9\" height=\"1\" fill=\"#000000\"/>\n",
            ),
            (
                "▌",
                "<rect x=\"0\" y=\"0\" width=\"5\" height=\"19\" fill=\"#000000\"/>\n",
            ),
            (
                "▏",
                "<rect x=\"0\" y=\"0\" width=\"1\" height=\"19\" fill=\"#000000\"/>\n",
            ),
            (
                "▄",
                "<rect x=\"0\" y=\"9\" width=\"9\" height=\"10\" fill=\"#000000\"/>\n",
            ),
        ] {
            let mut out = String::new();
            assert!(drawn(symbol, 0, 0, [0; 3], &mut out));
            assert_eq!(out, wanted, "{symbol}");
        }
        assert!(!drawn("x", 0, 0, [0; 3], &mut String::new()));
    }
}
