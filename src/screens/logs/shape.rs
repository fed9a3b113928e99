//! The shape of one line on the screen: what stands before it (level, time, source), its text, how pieces of it look, and
//! where it breaks when long lines are wrapped. Everything here is clean: raw bytes come in, safe text goes out.

use crate::store::logs::{Level, LineKind, LogLineRef, Structured, structure};
use crate::text::{Colour, clean, human_duration, log_spans, pad_left, pad_right, width};
use crate::theme::{Role, Theme};
use crate::ui::Look;
use ratatui::style::{Color, Modifier, Style};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Of a wrapped line so many bytes are shown; the rest is said in a word, and seen when the line is opened.
const WRAPPED: usize = 16 << 10;
/// A structured line longer than this is shown as it is.
const STRUCTURED: usize = 64 << 10;

/// Which time stands before a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stamps {
    /// None.
    #[default]
    Off,
    /// As the server says: UTC.
    Server,
    /// By this machine's clock face.
    Local,
    /// How long ago.
    Ago,
}

impl Stamps {
    pub(super) fn next(self) -> Stamps {
        match self {
            Stamps::Off => Stamps::Server,
            Stamps::Server => Stamps::Local,
            Stamps::Local => Stamps::Ago,
            Stamps::Ago => Stamps::Off,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Stamps::Off => "no times",
            Stamps::Server => "times in UTC",
            Stamps::Local => "local times",
            Stamps::Ago => "times as ages",
        }
    }
}

/// How lines are shown.
#[derive(Clone, Copy)]
pub(super) struct Shaping<'a> {
    pub look: Look<'a>,
    pub stamps: Stamps,
    /// Unix seconds by the server's clock.
    pub now: i64,
    /// Seconds that this machine's clock face is ahead of UTC.
    pub offset: i64,
    /// How wide the names of sources are; zero hides them.
    pub label: usize,
    /// Whether structured lines are taken apart.
    pub structured: bool,
    /// Whether the colours of the lines are shown.
    pub colours: bool,
    /// Cells of a row in all.
    pub width: usize,
    /// Cells to the left of what is seen.
    pub left: usize,
    pub wrap: bool,
    /// The most rows a wrapped line takes.
    pub tallest: usize,
}

/// One line, ready to be drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Shaped {
    /// What stands before the text.
    pub head: Vec<(String, Style)>,
    /// Cells of the head.
    pub wide: usize,
    /// The text.
    pub text: String,
    /// How pieces of it look, in order.
    pub looks: Vec<(Range<usize>, Style)>,
    /// The rows it takes, as parts of the text.
    pub rows: Vec<Range<usize>>,
    /// What is said behind the last row.
    pub rest: String,
}

/// The role of a level: what is ordinary has that of ordinary text.
pub(super) fn role_of(level: Level) -> Role {
    match level {
        Level::None | Level::Info => Role::Text,
        Level::Trace | Level::Debug => Role::Muted,
        Level::Warn => Role::Warn,
        Level::Error | Level::Fatal => Role::Error,
    }
}

/// The letter that says the level without colour.
fn letter(level: Level) -> &'static str {
    match level {
        Level::None | Level::Info | Level::Trace | Level::Debug => " ",
        Level::Warn => "W",
        Level::Error => "E",
        Level::Fatal => "F",
    }
}

impl Shaping<'_> {
    /// Shapes a line. `source` is the name and the role of who wrote it.
    pub(super) fn shape(&self, line: &LogLineRef<'_>, source: (&str, Role), context: bool) -> Shaped {
        let mut shaped = Shaped::default();
        if line.kind.is_mark() {
            self.mark(line, source, &mut shaped);
            return shaped;
        }
        let mut head = |text: String, role: Role| {
            shaped.wide += width(&text);
            shaped.head.push((text, self.look.style(role)));
        };
        let level = if line.continuation { " " } else { letter(line.level) };
        head(format!("{level} "), role_of(line.level));
        if self.stamps != Stamps::Off {
            head(self.stamp(line.time) + " ", Role::Faint);
        }
        if self.label > 0 {
            let name = pad_right(source.0, self.label).into_owned();
            head(name + " ", source.1);
        }
        let room = self.width.saturating_sub(shaped.wide).max(1);
        // A column takes one byte at least, and escapes take none: four times the columns is plenty for all but art.
        let wide = if self.wrap {
            WRAPPED
        } else {
            (self.left + room) * 8 + 256
        };
        let base = if context { Role::Faint } else { role_of(line.level) };
        let taken = (self.structured && line.bytes.len() <= STRUCTURED && !line.continuation)
            .then(|| structure(line.bytes))
            .flatten();
        match taken {
            Some(taken) => self.fields(&taken, context, &mut shaped),
            None => self.plain(line.bytes, wide, base, &mut shaped),
        }
        if self.wrap {
            break_rows(&mut shaped, room, self.tallest);
            let shown = shaped.rows.last().map_or(0, |row| row.end);
            if shown < shaped.text.len() || line.bytes.len() > wide {
                shaped.rest = format!(" {} {}", self.look.pick("…", "..."), bytes_text(line.bytes.len()));
            }
        } else {
            shaped.rows.push(0..shaped.text.len());
        }
        shaped
    }

    fn mark(&self, line: &LogLineRef<'_>, source: (&str, Role), shaped: &mut Shaped) {
        let (word, role) = match line.kind {
            LineKind::Gap => ("lines may be missing", Role::Warn),
            LineKind::Restarted => ("restarted", Role::Progress),
            _ => ("", Role::Muted),
        };
        let rule = self.look.pick("──", "--");
        let said = clean(&String::from_utf8_lossy(line.bytes)).into_owned();
        let colon = if said.is_empty() || word.is_empty() { "" } else { ": " };
        let time = if line.time > 0 {
            self.clock(line.time)
        } else {
            String::new()
        };
        shaped.text = format!("{rule} {} {word}{colon}{said} {rule} {time}", source.0);
        shaped.looks.push((0..shaped.text.len(), self.look.style(role)));
        shaped.rows.push(0..shaped.text.len());
    }

    fn plain(&self, bytes: &[u8], wide: usize, base: Role, shaped: &mut Shaped) {
        let base = self.look.style(base);
        let spans = log_spans(bytes, wide);
        shaped.text = spans.text;
        if self.colours {
            shaped.looks = spans
                .looks
                .into_iter()
                .map(|(range, look)| (range, base.patch(style_of(&look, self.look.theme))))
                .collect();
        } else {
            shaped.looks.push((0..shaped.text.len(), base));
        }
    }

    /// The message first, the fields faint behind it.
    fn fields(&self, taken: &Structured, context: bool, shaped: &mut Shaped) {
        let role = if context { Role::Faint } else { role_of(taken.level) };
        let push = |shaped: &mut Shaped, text: &str, role: Role| {
            let from = shaped.text.len();
            shaped.text.push_str(text);
            shaped.looks.push((from..shaped.text.len(), self.look.style(role)));
        };
        let (message, fields) = (log_spans(taken.message.as_bytes(), STRUCTURED).text, &taken.fields);
        push(shaped, &message, role);
        for (index, (name, value)) in fields.iter().enumerate() {
            let gap = match (index, message.is_empty()) {
                (0, true) => "",
                (0, false) => "  ",
                _ => " ",
            };
            push(shaped, &format!("{gap}{}=", clean(name)), Role::Comment);
            let value = log_spans(value.as_bytes(), STRUCTURED).text;
            push(shaped, &value, Role::Muted);
        }
    }

    /// The time of a line, always equally wide.
    fn stamp(&self, time: i64) -> String {
        match self.stamps {
            Stamps::Off => String::new(),
            Stamps::Ago if time == 0 => pad_left("", 5).into_owned(),
            Stamps::Ago => {
                pad_left(&human_duration((self.now - time.div_euclid(1_000_000_000)).max(0)), 5).into_owned()
            }
            Stamps::Server | Stamps::Local if time == 0 => pad_left("", 12).into_owned(),
            Stamps::Server => clock(time, 0),
            Stamps::Local => clock(time, self.offset),
        }
    }

    /// The time of day, in the form in which stamps are shown.
    pub(super) fn clock(&self, time: i64) -> String {
        let offset = if self.stamps == Stamps::Local { self.offset } else { 0 };
        clock(time, offset)
    }
}

/// `15:04:05.678`
pub(super) fn clock(time: i64, offset: i64) -> String {
    let seconds = time.div_euclid(1_000_000_000) + offset;
    let day = seconds.rem_euclid(86_400);
    let millis = time.rem_euclid(1_000_000_000) / 1_000_000;
    format!("{:02}:{:02}:{:02}.{millis:03}", day / 3600, day / 60 % 60, day % 60)
}

/// A number of bytes in a word.
pub(super) fn bytes_text(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Breaks a text into rows; the first stands behind the head, the others below it.
fn break_rows(shaped: &mut Shaped, room: usize, tallest: usize) {
    let (mut from, mut used) = (0, 0);
    for (at, cluster) in shaped.text.grapheme_indices(true) {
        let wide = width(cluster);
        if used + wide > room && used > 0 {
            shaped.rows.push(from..at);
            if shaped.rows.len() >= tallest.max(1) {
                return;
            }
            (from, used) = (at, 0);
        }
        used += wide;
    }
    shaped.rows.push(from..shaped.text.len());
}

/// The look a program asked for, as far as this terminal can show it.
fn style_of(look: &crate::text::Look, theme: &Theme) -> Style {
    let mut style = Style {
        fg: look.foreground.and_then(|colour| colour_of(colour, theme)),
        bg: look.background.and_then(|colour| colour_of(colour, theme)),
        ..Style::default()
    };
    let modifiers = [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.italic, Modifier::ITALIC),
        (look.underlined, Modifier::UNDERLINED),
        (look.reversed, Modifier::REVERSED),
        (look.crossed_out, Modifier::CROSSED_OUT),
    ];
    for (on, modifier) in modifiers {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// A colour as this theme's terminal has it: a theme without colours shows none.
fn colour_of(colour: Colour, theme: &Theme) -> Option<Color> {
    let mine = theme.style(Role::Error).fg?;
    Some(match (colour, mine) {
        (_, Color::Reset) => return None,
        (Colour::Index(index), Color::Rgb(..) | Color::Indexed(_)) => Color::Indexed(index),
        (Colour::Rgb(r, g, b), Color::Rgb(..)) => Color::Rgb(r, g, b),
        (Colour::Rgb(r, g, b), Color::Indexed(_)) => Color::Indexed(cube(r, g, b)),
        // Sixteen colours: the terminal's own, by number.
        (Colour::Index(index @ 0..16), _) => Color::Indexed(index),
        _ => return None,
    })
}

/// The nearest of the 216 colours of the cube.
fn cube(r: u8, g: u8, b: u8) -> u8 {
    let step = |value: u8| {
        if value < 48 {
            0
        } else if value < 115 {
            1
        } else {
            (value - 35) / 40
        }
    };
    16 + 36 * step(r) + 6 * step(g) + step(b)
}
