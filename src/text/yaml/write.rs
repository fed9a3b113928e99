//! Writing a value as YAML, byte for byte as kubectl does, in one pass that also makes the index. Nothing recurses.

use super::document::{Document, Kind, Step};
use super::numbers;
use super::order::sort;
use super::scalar::{Style, has_breaks, is_break, is_printable, style};
use super::{Seen, Shown};
use serde_json::Value;

/// How far each level is indented.
const STEP: usize = 2;

/// Lines of text are broken at a space after this column.
const WIDTH: usize = 80;

/// A key longer than this stands on a line of its own after a `?`.
const LONGEST_KEY: usize = 128;

enum Within<'v> {
    Map(std::vec::IntoIter<(&'v str, &'v Value)>),
    List(std::iter::Enumerate<std::slice::Iter<'v, Value>>),
}

struct Frame<'v> {
    within: Within<'v>,
    indent: usize,
    node: Option<u32>,
}

/// Writes a value.
pub(super) fn write(root: &Value, shown: &Shown<'_>) -> Document {
    let mut writer = Writer {
        document: Document::default(),
        column: 0,
        whitespace: true,
        indention: true,
        open_ended: false,
        node: None,
    };
    writer.document.begin_line(None, 0);
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut keys: Vec<&str> = Vec::new();
    writer.value(root, None, false, &mut frames);
    while let Some(frame) = frames.last_mut() {
        let (indent, node) = (frame.indent, frame.node);
        match &mut frame.within {
            Within::Map(entries) => {
                let Some((key, value)) = entries.next() else {
                    frames.pop();
                    keys.pop();
                    continue;
                };
                keys.push(key);
                let seen = shown.seen(&keys, value);
                if matches!(seen, Seen::Not) {
                    keys.pop();
                    continue;
                }
                writer.write_indent(indent, node);
                let kind = if matches!(seen, Seen::Instead(_)) {
                    Kind::Hidden
                } else {
                    kind(value)
                };
                let own = writer.document.begin_node(node, Step::Key(key), kind);
                writer.node = Some(own);
                writer.key(key, indent);
                match seen {
                    Seen::Instead(text) => writer.put_after_space(&text),
                    _ => writer.value(value, Some(indent), true, &mut frames),
                }
            }
            Within::List(values) => {
                let Some((place, value)) = values.next() else {
                    frames.pop();
                    keys.pop();
                    continue;
                };
                keys.push("");
                writer.write_indent(indent, node);
                let own = writer.document.begin_node(node, Step::Index(place), kind(value));
                writer.node = Some(own);
                writer.indicator("-", true, true);
                writer.value(value, Some(indent), false, &mut frames);
            }
        }
        // What has no entries of its own is done with its key; `value` has pushed a frame for what has some.
        if frames.len() < keys.len() + 1 {
            keys.pop();
        }
    }
    writer.write_indent(0, None);
    if writer.open_ended {
        writer.indicator("...", true, false);
        writer.write_indent(0, None);
    }
    // The last line is empty: it only ends the one before.
    writer.document.lines.pop();
    writer.document.finish()
}

/// What a value is.
pub(super) fn kind(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Truth,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::Text,
        Value::Array(_) => Kind::List,
        Value::Object(_) => Kind::Map,
    }
}

struct Writer {
    document: Document,
    column: usize,
    /// Whether the last character was a space or began a line.
    whitespace: bool,
    /// Whether there is only indentation, and what counts as such, on this line so far.
    indention: bool,
    /// Whether the end of the last text cannot be seen without a mark.
    open_ended: bool,
    /// The field that is written.
    node: Option<u32>,
}

impl Writer {
    fn put(&mut self, character: char) {
        self.document.text.push(character);
        self.column += 1;
    }

    fn put_str(&mut self, text: &str) {
        self.document.text.push_str(text);
        self.column += if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
    }

    fn put_break(&mut self, column: usize) {
        self.document.text.push('\n');
        self.column = 0;
        self.document.begin_line(self.node, column);
    }

    fn write_indent(&mut self, indent: usize, node: Option<u32>) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            let before = self.node;
            self.node = node.or(before);
            self.put_break(indent);
            self.node = before;
        } else if self.column == 0
            && let Some(line) = self.document.lines.last_mut()
        {
            // A line that a break of a text has begun turns out to be indented otherwise.
            line.column = u16::try_from(indent).unwrap_or(u16::MAX);
        }
        while self.column < indent {
            self.put(' ');
        }
        (self.whitespace, self.indention) = (true, true);
    }

    fn indicator(&mut self, indicator: &str, need_space: bool, is_indention: bool) {
        if need_space && !self.whitespace {
            self.put(' ');
        }
        self.put_str(indicator);
        self.whitespace = false;
        self.indention = self.indention && is_indention;
        self.open_ended = false;
    }

    fn put_after_space(&mut self, text: &str) {
        if !self.whitespace {
            self.put(' ');
        }
        self.put_str(text);
        (self.whitespace, self.indention) = (false, false);
    }

    fn key(&mut self, key: &str, indent: usize) {
        if key.len() <= LONGEST_KEY && !has_breaks(key) {
            self.text(key, indent + STEP, true);
            self.indicator(":", false, false);
        } else {
            self.indicator("?", true, true);
            self.text(key, indent + STEP, false);
            self.write_indent(indent, None);
            self.indicator(":", true, true);
        }
    }

    fn value<'v>(&mut self, value: &'v Value, above: Option<usize>, of_key: bool, frames: &mut Vec<Frame<'v>>) {
        let deeper = above.map_or(0, |above| above + STEP);
        match value {
            Value::Null => self.put_after_space("null"),
            Value::Bool(truth) => self.put_after_space(if *truth { "true" } else { "false" }),
            Value::Number(number) => {
                let number = numbers::yaml(number);
                self.put_after_space(&number);
            }
            Value::String(text) => self.text(text, above.map_or(STEP, |above| above + STEP), false),
            Value::Object(map) if map.is_empty() => self.put_after_space("{}"),
            Value::Array(list) if list.is_empty() => self.put_after_space("[]"),
            Value::Object(map) => {
                let mut entries: Vec<(&str, &Value)> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
                sort(&mut entries);
                frames.push(Frame {
                    within: Within::Map(entries.into_iter()),
                    indent: deeper,
                    node: self.node,
                });
            }
            Value::Array(list) => frames.push(Frame {
                within: Within::List(list.iter().enumerate()),
                // A list stands flush with its key, unless something else stands before it on the line.
                indent: if of_key && !self.indention {
                    above.unwrap_or(0)
                } else {
                    deeper
                },
                node: self.node,
            }),
        }
    }

    fn text(&mut self, text: &str, indent: usize, key: bool) {
        match style(text, key) {
            Style::Plain if key || text.len() + self.column <= WIDTH || !text.contains(' ') => {
                self.put_after_space(text)
            }
            Style::Plain => self.plain(text, indent),
            Style::Single => self.single(text, indent, key),
            Style::Double => self.double(text, indent, key),
            Style::Literal => self.literal(text, indent),
        }
    }

    fn plain(&mut self, text: &str, indent: usize) {
        if !self.whitespace {
            self.put(' ');
        }
        let mut spaces = false;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let is_space = character == ' ';
            if is_space && !spaces && self.column > WIDTH && characters.peek() != Some(&' ') {
                self.write_indent(indent, None);
            } else {
                self.put(character);
                self.indention &= is_space;
            }
            spaces = is_space;
        }
        (self.whitespace, self.indention) = (false, false);
    }

    fn single(&mut self, text: &str, indent: usize, key: bool) {
        self.indicator("'", true, false);
        let (mut spaces, mut breaks, mut first) = (false, false, true);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let next = characters.peek();
            if character == ' ' {
                let fold = !key && !spaces && self.column > WIDTH && !first;
                if fold && next.is_some_and(|next| *next != ' ') {
                    self.write_indent(indent, None);
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else if is_break(character) {
                self.write_break(character, indent);
                (self.indention, breaks) = (true, true);
            } else {
                if breaks {
                    self.write_indent(indent, None);
                }
                if character == '\'' {
                    self.put('\'');
                }
                self.put(character);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
            first = false;
        }
        self.indicator("'", false, false);
        (self.whitespace, self.indention) = (false, false);
    }

    /// A break inside a text: a line of its own for `\n` only; the others stand as they are.
    fn write_break(&mut self, character: char, indent: usize) {
        if character == '\n' {
            self.put_break(indent);
        } else {
            self.document.text.push(character);
            self.column = 0;
        }
    }

    fn double(&mut self, text: &str, indent: usize, key: bool) {
        self.indicator("\"", true, false);
        let (mut spaces, mut first) = (false, true);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            if !is_printable(character) || is_break(character) || matches!(character, '"' | '\\') {
                let escaped = escape(character);
                self.put_str(&escaped);
                spaces = false;
            } else if character == ' ' {
                let next = characters.peek();
                if !key && !spaces && self.column > WIDTH && !first && next.is_some() {
                    self.write_indent(indent, None);
                    if next == Some(&' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else {
                self.put(character);
                spaces = false;
            }
            first = false;
        }
        self.indicator("\"", false, false);
        (self.whitespace, self.indention) = (false, false);
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", true, false);
        if text.starts_with(|first| first == ' ' || is_break(first)) {
            self.indicator("2", false, false);
        }
        let mut ends = text.chars().rev();
        let (last, before) = (ends.next().is_some_and(is_break), ends.next());
        match (last, before) {
            (false, _) => self.indicator("-", false, false),
            (true, None) => self.indicator("+", false, false),
            (true, Some(before)) if is_break(before) => self.indicator("+", false, false),
            (true, Some(_)) => {}
        }
        self.open_ended = last && before.is_none_or(is_break);
        self.put_break(indent);
        (self.indention, self.whitespace) = (true, true);
        let mut breaks = true;
        for line in text.split_inclusive(is_break) {
            let (body, end) = match line.chars().next_back() {
                Some(end) if is_break(end) => (line.get(..line.len() - end.len_utf8()).unwrap_or(""), Some(end)),
                _ => (line, None),
            };
            if !body.is_empty() {
                if breaks {
                    self.write_indent(indent, None);
                }
                self.put_str(body);
                self.indention = false;
            }
            if let Some(end) = end {
                self.write_break(end, indent);
                (self.indention, breaks) = (true, true);
            }
        }
    }
}

fn escape(character: char) -> String {
    let short = match character {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(character);
            return match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
