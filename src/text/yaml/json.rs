//! Writing a value as JSON, as kubectl does: four columns a level, keys in the order of their bytes, and `<`, `>` and `&`
//! escaped as Go does.

use super::document::{Document, Kind, Step};
use super::write::kind;
use super::{Seen, Shown, numbers};
use serde_json::Value;

const STEP: usize = 4;

enum Within<'v> {
    Map(serde_json::map::Iter<'v>),
    List(std::iter::Enumerate<std::slice::Iter<'v, Value>>),
}

struct Frame<'v> {
    within: Within<'v>,
    node: Option<u32>,
    any: bool,
}

/// Writes a value.
pub(super) fn write(root: &Value, shown: &Shown<'_>) -> Document {
    let mut document = Document::of_json();
    document.begin_line(None, 0);
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut keys: Vec<&str> = Vec::new();
    begin(&mut document, root, None, &mut frames);
    while let Some(frame) = frames.last_mut() {
        let (node, any) = (frame.node, frame.any);
        let next = match &mut frame.within {
            Within::Map(entries) => entries.next().map(|(key, value)| (Step::Key(key), key.as_str(), value)),
            Within::List(values) => values.next().map(|(place, value)| (Step::Index(place), "", value)),
        };
        let indent = (keys.len() + 1) * STEP;
        let Some((step, key, value)) = next else {
            let close = if matches!(frame.within, Within::Map(_)) {
                '}'
            } else {
                ']'
            };
            if any {
                new_line(&mut document, node, indent - STEP);
                document.closes(node);
            }
            document.text.push(close);
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
        frame.any = true;
        if any {
            document.text.push(',');
        }
        new_line(&mut document, node, indent);
        let kind = if matches!(seen, Seen::Instead(_)) {
            Kind::Hidden
        } else {
            kind(value)
        };
        let own = document.begin_node(node, step, kind);
        if matches!(step, Step::Key(_)) {
            put_text(&mut document.text, key);
            document.text.push_str(": ");
        }
        match seen {
            Seen::Instead(text) => put_text(&mut document.text, &text),
            _ => begin(&mut document, value, Some(own), &mut frames),
        }
        if frames.len() <= keys.len() {
            keys.pop();
        }
    }
    document.text.push('\n');
    document.finish()
}

fn new_line(document: &mut Document, node: Option<u32>, indent: usize) {
    document.text.push('\n');
    document.begin_line(node, indent);
    document.text.extend(std::iter::repeat_n(' ', indent));
}

/// Writes what stands on the line of its key, and remembers what has entries.
fn begin<'v>(document: &mut Document, value: &'v Value, node: Option<u32>, frames: &mut Vec<Frame<'v>>) {
    let within = match value {
        Value::Object(map) if !map.is_empty() => Within::Map(map.iter()),
        Value::Array(list) if !list.is_empty() => Within::List(list.iter().enumerate()),
        Value::Object(_) => return document.text.push_str("{}"),
        Value::Array(_) => return document.text.push_str("[]"),
        Value::Null => return document.text.push_str("null"),
        Value::Bool(truth) => return document.text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => return document.text.push_str(&numbers::json(number)),
        Value::String(text) => return put_text(&mut document.text, text),
    };
    document
        .text
        .push(if matches!(within, Within::Map(_)) { '{' } else { '[' });
    frames.push(Frame {
        within,
        node,
        any: false,
    });
}

fn put_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
