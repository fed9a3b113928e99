//! How grave a line is, told by a cheap look at its beginning: no regular expression, no allocation, a bounded number of
//! bytes. It would rather say nothing than call a line an error that only speaks of errors.

use super::Level;

/// How far a level that has a name (`"level":`, `level=`) is looked for, in bytes.
const NAMED: usize = 1024;

/// How far a word that is a level by itself (`ERROR`, `[warn]`) is looked for, in bytes.
const WORDS: usize = 128;

/// The level that a line states: klog, JSON, logfmt, a word near the beginning, or the first line of a crash.
pub fn level(line: &[u8]) -> Level {
    let line = unpainted(line);
    let named = line.get(..NAMED).unwrap_or(line);
    match line {
        [b'{', ..] => return in_json(named),
        [letter @ (b'I' | b'W' | b'E' | b'F'), rest @ ..] if is_klog(rest) => {
            return match letter {
                b'I' => Level::Info,
                b'W' => Level::Warn,
                b'E' => Level::Error,
                _ => Level::Fatal,
            };
        }
        _ => {}
    }
    let level = in_logfmt(named);
    if level != Level::None {
        return level;
    }
    in_words(line.get(..WORDS).unwrap_or(line), line.len() > WORDS)
}

/// Without white space and colours at the beginning.
fn unpainted(mut line: &[u8]) -> &[u8] {
    loop {
        match line {
            [b' ' | b'\t', rest @ ..] => line = rest,
            [0x1b, b'[', rest @ ..] => match rest.iter().take(32).position(|byte| *byte == b'm') {
                Some(end) => line = rest.get(end + 1..).unwrap_or_default(),
                None => return line,
            },
            _ => return line,
        }
    }
}

/// `0102 15:04:05…` after the letter.
pub(super) fn is_klog(rest: &[u8]) -> bool {
    matches!(rest, [a, b, c, d, b' ', e, f, b':', ..]
        if [a, b, c, d, e, f].iter().all(|byte| byte.is_ascii_digit()))
}

/// A level by its name, whatever its case; `None` for every other word.
pub(super) fn by_name(word: &[u8]) -> Level {
    if !(3..=13).contains(&word.len()) {
        return Level::None;
    }
    let mut lower = [0; 13];
    for (to, from) in lower.iter_mut().zip(word) {
        *to = from.to_ascii_lowercase();
    }
    match lower.get(..word.len()).unwrap_or_default() {
        b"trace" | b"trc" | b"trce" | b"finest" | b"finer" | b"verbose" => Level::Trace,
        b"debug" | b"dbg" | b"dbug" | b"debu" | b"fine" => Level::Debug,
        b"info" | b"inf" | b"information" | b"informational" | b"notice" | b"note" | b"log" => Level::Info,
        b"warn" | b"warning" | b"wrn" => Level::Warn,
        b"error" | b"err" | b"erro" | b"eror" | b"fail" | b"severe" | b"exception" => Level::Error,
        b"fatal" | b"ftl" | b"fata" | b"critical" | b"crit" | b"panic" | b"pnc" | b"pani" | b"dpanic" | b"emerg"
        | b"emergency" | b"alert" => Level::Fatal,
        _ => Level::None,
    }
}

/// A level by its number, as bunyan and pino write it: 10 is trace, 60 fatal.
pub(super) fn by_number(number: u64) -> Level {
    match number {
        10..20 => Level::Trace,
        20..30 => Level::Debug,
        30..40 => Level::Info,
        40..50 => Level::Warn,
        50..60 => Level::Error,
        60.. => Level::Fatal,
        _ => Level::None,
    }
}

/// Whether a field of this name holds the level.
pub(super) fn is_level_name(name: &[u8]) -> bool {
    (2..=12).contains(&name.len())
        && matches!(name.first(), Some(b'l' | b'L' | b's' | b'S' | b'@'))
        && [
            b"level".as_slice(),
            b"lvl",
            b"severity",
            b"levelname",
            b"log.level",
            b"loglevel",
            b"log_level",
            b"@level",
            b"@l",
            b"severityText",
        ]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// What is written as the value of a level.
pub(super) fn by_value(value: &[u8]) -> Level {
    let level = by_name(value);
    if level != Level::None {
        return level;
    }
    std::str::from_utf8(value)
        .ok()
        .and_then(|value| value.parse().ok())
        .map_or(Level::None, by_number)
}

/// The value of a key of the outermost object. Strings are stepped over, so that no message is taken for a key.
fn in_json(line: &[u8]) -> Level {
    let mut at = 1;
    let mut depth = 1usize;
    while let Some(found) = line.get(at..).and_then(|rest| {
        rest.iter()
            .position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))
    }) {
        at += found;
        match line.get(at) {
            Some(b'"') => {
                let Some(end) = string_end(line, at + 1) else {
                    return Level::None;
                };
                let text = line.get(at + 1..end).unwrap_or_default();
                at = end + 1;
                if depth == 1 && is_level_name(text) {
                    let rest = line.get(at..).unwrap_or_default();
                    if let Some(value) = after_colon(rest) {
                        return json_value(value);
                    }
                }
                continue;
            }
            Some(b'{' | b'[') => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        at += 1;
    }
    Level::None
}

/// The closing quote of a string that begins at `from`.
fn string_end(line: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let found = from + memchr::memchr2(b'"', b'\\', line.get(from..)?)?;
        if line.get(found) == Some(&b'"') {
            return Some(found);
        }
        from = found + 2;
    }
}

fn after_colon(rest: &[u8]) -> Option<&[u8]> {
    rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start)
}

fn json_value(value: &[u8]) -> Level {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let end = value
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric())
        .unwrap_or(value.len());
    by_value(value.get(..end).unwrap_or_default())
}

/// `level=warn`, `lvl=warn`, `severity="warn"`.
fn in_logfmt(line: &[u8]) -> Level {
    for equals in memchr::memchr_iter(b'=', line) {
        let before = line.get(..equals).unwrap_or_default();
        let name = before
            .iter()
            .rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@')))
            .map_or(before, |boundary| before.get(boundary + 1..).unwrap_or_default());
        if is_level_name(name) {
            let level = json_value(line.get(equals + 1..).unwrap_or_default());
            if level != Level::None {
                return level;
            }
        }
    }
    Level::None
}

/// A word that is a level: in capitals anywhere near the beginning; in small letters only where it stands alone
/// (`[error]`, `error: …`).
fn in_words(line: &[u8], cut: bool) -> Level {
    if line.starts_with(b"Traceback (most recent call last)") || line.starts_with(b"Exception in thread") {
        return Level::Error;
    }
    if line.starts_with(b"fatal error: ") {
        return Level::Fatal;
    }
    if line.starts_with(b"thread '") && memchr::memmem::find(line, b"' panicked at ").is_some() {
        return Level::Fatal;
    }
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic();
    let begins = |byte: &u8| is_letter(byte) || *byte == 0x1b;
    let mut at = 0;
    while let Some(found) = line.get(at..).and_then(|rest| rest.iter().position(begins)) {
        let start = at + found;
        if line.get(start) == Some(&0x1b) {
            // A colour in the middle of the line.
            let rest = line.get(start + 1..).unwrap_or_default();
            let end = rest.iter().take(32).position(|byte| *byte == b'm');
            at = start + 1 + end.filter(|_| rest.first() == Some(&b'[')).map_or(0, |end| end + 1);
            continue;
        }
        let rest = line.get(start..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_letter(byte)).unwrap_or(rest.len());
        at = start + length;
        if at == line.len() && cut {
            return Level::None;
        }
        let word = rest.get(..length).unwrap_or_default();
        let (before, after) = (start.checked_sub(1).and_then(|at| line.get(at)), line.get(at));
        // Part of a longer name: `error_count`, `2info`, `a.debug.b`, `--error`.
        let joined =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'/' | b'%'));
        if (3..=13).contains(&length) && !joined(before) && !joined(after) {
            let capitals = word.iter().all(u8::is_ascii_uppercase);
            let alone = match before {
                None => matches!(after, Some(b':' | b']' | b'|' | b'>')),
                Some(b'[' | b'(' | b'<' | b'|') => matches!(after, Some(b']' | b')' | b'>' | b'|' | b':' | b' ')),
                Some(b' ' | b'\t') => after == Some(&b':') && start < WORDS / 2,
                Some(_) => false,
            };
            if capitals || alone {
                let level = by_name(word);
                // "LOG" and "NOTE" are words of many messages: only where they stand alone.
                if level != Level::None && (alone || !matches!(word, b"LOG" | b"NOTE" | b"FINE" | b"FAIL" | b"ALERT")) {
                    return level;
                }
            }
        }
        // `ValueError: …`, `java.io.IOException: …`
        if length > 5
            && after == Some(&b':')
            && start < WORDS / 2
            && (word.ends_with(b"Exception") || word.ends_with(b"Error"))
        {
            return Level::Error;
        }
    }
    Level::None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_state_their_level() {
        for (line, expected) in [
            (
                "I0102 15:04:05.000001       1 main.go:12] error is a word here",
                Level::Info,
            ),
            ("E0102 15:04:05.000001 1 x.go:1] bad", Level::Error),
            ("W1231 23:59:59.9 1 x.go:1] bad", Level::Warn),
            ("F0102 15:04:05.1 1 x.go:1] bad", Level::Fatal),
            ("Everything is fine", Level::None),
            (r#"{"ts":1,"level":"error","msg":"x"}"#, Level::Error),
            (r#"{"msg":"\"level\":\"error\"","level":"info"}"#, Level::Info),
            (r#"{"a":{"level":"error"},"severity":"WARNING"}"#, Level::Warn),
            (r#"{"level":30,"msg":"pino"}"#, Level::Info),
            (r#"{"level" : 50}"#, Level::Error),
            (r#"{"lvl":"dbg"}"#, Level::Debug),
            (r#"{"@l":"Fatal"}"#, Level::Fatal),
            (r#"{"msg":"no level, ERROR"}"#, Level::None),
            (r#"{"level"#, Level::None),
            (
                r#"time="2024-01-01T00:00:00Z" level=warning msg="ERROR in it""#,
                Level::Warn,
            ),
            ("ts=1 caller=x lvl=info msg=hello", Level::Info),
            ("mylevel=error", Level::None),
            ("2024-01-01 12:00:00,123 - name - ERROR - boom", Level::Error),
            ("2024-01-01T00:00:00Z  WARN crate::x: slow", Level::Warn),
            ("[2024-01-01 00:00:00.000][1][info][main] started", Level::Info),
            ("2024/01/01 00:00:00 [error] 7#7: *1 open() failed", Level::Error),
            ("error: could not compile", Level::Error),
            ("no error was found", Level::None),
            ("GET /error HTTP/1.1 200", Level::None),
            ("error_count 0", Level::None),
            ("ERRO[0000] logrus on a terminal", Level::Error),
            ("\x1b[31mERROR\x1b[0m painted", Level::Error),
            ("10:00AM \x1b[33mWRN\x1b[0m zerolog", Level::Warn),
            ("panic: runtime error", Level::Fatal),
            ("fatal error: all goroutines are asleep", Level::Fatal),
            ("thread 'main' panicked at src/main.rs:2:5:", Level::Fatal),
            ("Traceback (most recent call last):", Level::Error),
            ("ValueError: no", Level::Error),
            ("java.lang.NullPointerException: x", Level::Error),
            ("Exception in thread \"main\" java.lang.X", Level::Error),
            ("info: Microsoft.Hosting.Lifetime[0]", Level::Info),
            ("LOG:  database system is ready", Level::Info),
            ("the LOG was read", Level::None),
            ("TRACE deep", Level::Trace),
            ("", Level::None),
            ("\u{1b}[", Level::None),
        ] {
            assert_eq!(level(line.as_bytes()), expected, "{line}");
        }
        let late = format!("{} ERROR", "x".repeat(WORDS));
        assert_eq!(level(late.as_bytes()), Level::None);
    }
}
