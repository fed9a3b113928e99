//! Reading structured lines: JSON, logfmt and klog. Of a line that is open or filtered, never of each line that arrives.

use super::Level;
use super::level::{by_value, is_klog, is_level_name};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Longer lines are not taken apart, in bytes.
const LINE: usize = 256 << 10;

/// The most fields of one line; what comes after is left out.
const FIELDS: usize = 256;

/// How deep a path of names is followed.
const DEPTH: usize = 16;

/// How a structured line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON object.
    Json,
    /// `key=value key="some value"`.
    Logfmt,
    /// `I0102 15:04:05.000000 1 file.go:12] message`, with `key="value"` after the message where it is structured.
    Klog,
}

/// What a structured line says. Raw text: it reaches a screen through `text::clean`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structured {
    /// How it is written.
    pub format: Format,
    /// Its level.
    pub level: Level,
    /// The time that it states itself, in unix nanoseconds; klog states no year and therefore none.
    pub time: Option<i64>,
    /// Its message; empty when it has none.
    pub message: String,
    /// All other fields in their order: name, and value as text (JSON text for lists and objects).
    pub fields: Vec<(String, String)>,
    /// The fields behind level, time and message, as they are written.
    named: Vec<(String, String)>,
}

impl Structured {
    /// The value of a field: by its name, or by its path where it is inside others (`http.status`). `level`, `time`,
    /// `msg` and their other names are fields too.
    pub fn field(&self, path: &str) -> Option<String> {
        let all = || self.fields.iter().chain(&self.named);
        if let Some((_, value)) = all().find(|(name, _)| name == path) {
            return Some(value.clone());
        }
        let (name, inner) = all().find_map(|(name, value)| {
            let inner = path.strip_prefix(name.as_str())?.strip_prefix('.')?;
            Some((value, inner))
        })?;
        inside(name, inner, DEPTH)
    }
}

fn inside(object: &str, path: &str, depth: usize) -> Option<String> {
    let Entries(entries) = serde_json::from_str(object).ok()?;
    entries.iter().find_map(|(name, value)| {
        let rest = path.strip_prefix(name.as_ref())?;
        if rest.is_empty() {
            return Some(text_of(value));
        }
        inside(value.get(), rest.strip_prefix('.')?, depth.checked_sub(1)?)
    })
}

/// Reads a structured line; None when it is none, or longer than is worth reading.
pub fn structure(line: &[u8]) -> Option<Structured> {
    if line.len() > LINE {
        return None;
    }
    let text = String::from_utf8_lossy(line);
    let text = text.trim();
    match text.as_bytes() {
        [b'{', ..] => json(text),
        [letter @ (b'I' | b'W' | b'E' | b'F'), rest @ ..] if is_klog(rest) => klog(*letter, text),
        _ => logfmt(text),
    }
}

/// What a field stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Level,
    Time,
    Message,
}

fn part(name: &str) -> Option<Part> {
    match name {
        "msg" | "message" | "@message" | "@m" | "@mt" | "MESSAGE" | "Message" => Some(Part::Message),
        "time" | "ts" | "timestamp" | "@timestamp" | "@t" | "t" | "datetime" | "Timestamp" => Some(Part::Time),
        name if is_level_name(name.as_bytes()) => Some(Part::Level),
        _ => None,
    }
}

/// Sorts fields into level, time, message and the rest. The first of each counts.
fn sort_out(format: Format, all: impl Iterator<Item = (String, String)>) -> Structured {
    let mut line = Structured {
        format,
        level: Level::None,
        time: None,
        message: String::new(),
        fields: Vec::new(),
        named: Vec::new(),
    };
    let mut seen = Vec::new();
    for (name, value) in all.take(FIELDS) {
        let part = part(&name).filter(|part| !seen.contains(part));
        let understood = match part {
            Some(Part::Message) => {
                line.message = value.clone();
                true
            }
            Some(Part::Level) => {
                line.level = by_value(value.as_bytes());
                line.level != Level::None
            }
            Some(Part::Time) => {
                line.time = time(&value);
                line.time.is_some()
            }
            None => false,
        };
        match part.filter(|_| understood) {
            Some(part) => {
                seen.push(part);
                line.named.push((name, value));
            }
            None => line.fields.push((name, value)),
        }
    }
    line
}

/// RFC 3339, or seconds, milliseconds, microseconds or nanoseconds since 1970.
fn time(text: &str) -> Option<i64> {
    if text.as_bytes().get(4) == Some(&b'-') {
        let time: jiff::Timestamp = text.parse().ok()?;
        return i64::try_from(time.as_nanosecond()).ok();
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    // From 2001 on each unit has a range of its own.
    let factor = match number {
        1e9..1e11 => 1e9,
        1e12..1e14 => 1e6,
        1e15..1e17 => 1e3,
        1e18..9.2e18 => 1.0,
        _ => return None,
    };
    match text.split_once('.') {
        None => text.parse::<i64>().ok()?.checked_mul(factor as i64),
        // Seconds with a fraction, as exact as they are written.
        Some((whole, fraction)) if factor == 1e9 && fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
            whole
                .parse::<i64>()
                .ok()?
                .checked_mul(1_000_000_000)?
                .checked_add(digits.parse().ok()?)
        }
        Some(_) => Some((number * factor) as i64),
    }
}

/// The fields of an object in their order.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries<'a>, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    if entries.len() < FIELDS {
                        entries.push((name, value));
                    }
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// A name, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name<'de>, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Either)
    }
}

/// A string's text, and the JSON text of everything else.
fn text_of(value: &RawValue) -> String {
    let raw = value.get();
    if raw.starts_with('"')
        && let Ok(text) = serde_json::from_str(raw)
    {
        return text;
    }
    raw.to_owned()
}

fn json(text: &str) -> Option<Structured> {
    let Entries(entries) = serde_json::from_str(text).ok()?;
    let fields = entries
        .into_iter()
        .map(|(name, value)| (name.into_owned(), text_of(value)));
    Some(sort_out(Format::Json, fields))
}

/// At least two pairs, or one that is a level or a message; words between pairs make it something else.
fn logfmt(text: &str) -> Option<Structured> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && pairs.len() < FIELDS {
        let (pair, after) = pair(rest)?;
        pairs.push(pair);
        rest = after.trim_start();
    }
    let known = pairs.iter().any(|(name, _)| part(name).is_some());
    (pairs.len() > 1 || known).then(|| sort_out(Format::Logfmt, pairs.into_iter()))
}

/// `name=value` or `name="some value"` at the beginning, and what comes after.
fn pair(text: &str) -> Option<((String, String), &str)> {
    let equals = text.find('=')?;
    let (name, value) = text.split_at_checked(equals)?;
    let is_name = !name.is_empty()
        && name.len() <= 128
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'/' | b':'));
    if !is_name {
        return None;
    }
    let value = value.get(1..)?;
    if let Some(quoted) = value.strip_prefix('"') {
        let mut out = String::new();
        let mut escaped = false;
        for (at, c) in quoted.char_indices() {
            match (escaped, c) {
                (true, 'n') => out.push('\n'),
                (true, 't') => out.push('\t'),
                (true, c @ ('"' | '\\')) => out.push(c),
                (true, c) => out.extend(['\\', c]),
                (false, '\\') => {}
                (false, '"') => return Some(((name.to_owned(), out), quoted.get(at + 1..)?)),
                (false, c) => out.push(c),
            }
            escaped = !escaped && c == '\\';
        }
        return None;
    }
    let end = value.find(char::is_whitespace).unwrap_or(value.len());
    let (value, after) = value.split_at_checked(end)?;
    Some(((name.to_owned(), value.to_owned()), after))
}

/// `I0102 15:04:05.000000       1 file.go:12] message` or `…] "message" key="value" key=value`.
fn klog(letter: u8, text: &str) -> Option<Structured> {
    let (head, rest) = text
        .split_once("] ")
        .or_else(|| text.strip_suffix(']').map(|head| (head, "")))?;
    let mut words = head.split_whitespace().skip(2);
    let mut pairs = Vec::new();
    let names = ["thread", "file"];
    for (name, value) in names.into_iter().zip(words.by_ref()) {
        pairs.push((name.to_owned(), value.to_owned()));
    }
    let mut message = rest.to_owned();
    // A structured message is quoted and followed by pairs; it is read as one more pair.
    if rest.starts_with('"') {
        let whole = format!("msg={rest}");
        let mut left = whole.as_str();
        let mut found = Vec::new();
        while let Some((one, after)) = pair(left).filter(|_| found.len() < FIELDS) {
            found.push(one);
            left = after.trim_start();
        }
        if left.is_empty() && !found.is_empty() {
            message = found.remove(0).1;
            pairs.extend(found);
        }
    }
    let mut line = sort_out(Format::Klog, std::iter::empty());
    line.level = match letter {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        _ => Level::Fatal,
    };
    line.named = vec![
        ("level".to_owned(), line.level.name().to_owned()),
        ("msg".to_owned(), message.clone()),
    ];
    line.message = message;
    line.fields = pairs;
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(line: &Structured) -> Vec<(&str, &str)> {
        line.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    #[test]
    fn json_lines_are_taken_apart_in_order() {
        let line = structure(
            br#" {"z":1,"level":"warn","ts":"2024-05-01T10:00:00.5Z","msg":"a \"b\"\n","http":{"status":503,"req":{"id":"x.y"}},"a":[1, 2],"k.d":null} "#,
        )
        .unwrap();
        assert_eq!(
            (line.format, line.level, line.message.as_str()),
            (Format::Json, Level::Warn, "a \"b\"\n")
        );
        assert_eq!(line.time, Some(1_714_557_600_500_000_000));
        assert_eq!(
            fields(&line),
            [
                ("z", "1"),
                ("http", r#"{"status":503,"req":{"id":"x.y"}}"#),
                ("a", "[1, 2]"),
                ("k.d", "null"),
            ]
        );
        for (path, value) in [
            ("z", Some("1")),
            ("http.status", Some("503")),
            ("http.req.id", Some("x.y")),
            ("http.none", None),
            ("k.d", Some("null")),
            ("level", Some("warn")),
            ("msg", Some("a \"b\"\n")),
        ] {
            assert_eq!(line.field(path).as_deref(), value, "{path}");
        }
        let pino = structure(br#"{"level":50,"time":1714557600500,"msg":"x"}"#).unwrap();
        assert_eq!((pino.level, pino.time), (Level::Error, Some(1_714_557_600_500_000_000)));
        let zap = structure(br#"{"ts":1714557600.25,"level":"what"}"#).unwrap();
        assert_eq!(
            (zap.time, fields(&zap)),
            (Some(1_714_557_600_250_000_000), vec![("level", "what")])
        );
    }

    #[test]
    fn logfmt_and_klog_too() {
        let line =
            structure(br#"time="2024-05-01T10:00:00Z" level=error msg="it \"broke\"" code=7 empty= url=http://a/?b=c"#);
        let line = line.unwrap();
        assert_eq!(
            (line.format, line.level, line.message.as_str()),
            (Format::Logfmt, Level::Error, "it \"broke\"")
        );
        assert_eq!(fields(&line), [("code", "7"), ("empty", ""), ("url", "http://a/?b=c")]);
        let line = structure(br#"E0102 15:04:05.000001       1 run.go:72] "command failed" err="no \"x\"" pod="a/b""#)
            .unwrap();
        assert_eq!(
            (line.format, line.level, line.message.as_str()),
            (Format::Klog, Level::Error, "command failed")
        );
        assert_eq!(
            fields(&line),
            [
                ("thread", "1"),
                ("file", "run.go:72"),
                ("err", "no \"x\""),
                ("pod", "a/b")
            ]
        );
        let plain = structure(br#"I0102 15:04:05.000001 1 a.go:1] "quoted" and then words"#).unwrap();
        assert_eq!(plain.message, r#""quoted" and then words"#);
        for none in [
            "",
            "plain words",
            "a=b",
            "a=b and words",
            "{",
            "{\"a\":",
            "[1]",
            "x=\"never closed",
            "=x y=z",
        ] {
            assert_eq!(structure(none.as_bytes()), None, "{none}");
        }
        assert!(structure(&[b'{'; 100_000]).is_none());
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
        let _ = structure(deep.as_bytes());
    }

    proptest! {
        #[test]
        fn no_line_is_too_strange(line in prop::collection::vec(any::<u8>(), 0..200), json in r#"\{("[a-c.]{0,3}":("[\\a-z"]{0,5}"|[0-9]{0,4}|\{\}|null|\[),?){0,5}\}?"#, fmt in r#"([a-z"\\]{0,4}=["a-z\\ ]{0,6} ?){0,6}"#, path in "[a-c.]{0,6}") {
            for line in [line.as_slice(), json.as_bytes(), fmt.as_bytes(), format!("E0102 15:04:05] {fmt}").as_bytes()] {
                if let Some(line) = structure(line) {
                    let _ = line.field(&path);
                }
                let _ = crate::store::logs::level(line);
            }
        }
    }
}
