//! How a text has to be written so that YAML reads it back as that text, in the form kubectl chooses (go-yaml 2): plain
//! where nothing could be misread, double quotes where it would read as something else, `|` where it has several lines.

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// `'…'`
    Single,
    /// `"…"` with escapes.
    Double,
    /// `|` and lines.
    Literal,
}

/// What has been seen in a text.
#[derive(Default)]
struct Seen {
    indicators: bool,
    breaks: bool,
    special: bool,
    leading: bool,
    trailing_space: bool,
    trailing_break: bool,
    break_space: bool,
    space_break: bool,
}

/// The style of a text; `key` is a key that stands on one line with its value.
pub(super) fn style(text: &str, key: bool) -> Style {
    if text.is_empty() {
        return Style::Double;
    }
    // Nearly every text of a cluster is a name: letters first, and nothing in it that could mean anything.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_');
    let first = text.as_bytes().first().copied().unwrap_or(0);
    if first.is_ascii_alphabetic() && text.bytes().all(plain) {
        return if reads_as_text(text) {
            Style::Plain
        } else {
            Style::Double
        };
    }
    let seen = look(text);
    let block = !seen.trailing_space && !seen.space_break && !seen.special;
    if text.contains('\n') {
        return if block && !key { Style::Literal } else { Style::Double };
    }
    if !reads_as_text(text) || (key && seen.breaks) {
        return Style::Double;
    }
    let single = !seen.break_space && !seen.space_break && !seen.special;
    let bare = single && !seen.leading && !seen.trailing_space && !seen.trailing_break && !seen.breaks;
    if bare && !seen.indicators {
        Style::Plain
    } else if single {
        Style::Single
    } else {
        Style::Double
    }
}

/// Whether a text has more than one line in YAML's eyes.
pub(super) fn has_breaks(text: &str) -> bool {
    text.contains(is_break)
}

pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What go-yaml takes for printable: it leaves out tabs and everything beyond the basic plane.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && character != '\u{feff}'
}

fn look(text: &str) -> Seen {
    let mut seen = Seen {
        indicators: text.starts_with("---") || text.starts_with("..."),
        ..Seen::default()
    };
    let (mut after_space, mut previous_space, mut previous_break) = (true, false, false);
    let mut characters = text.chars().peekable();
    let mut first = true;
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let before_space = next.is_none_or(|next| next == ' ' || next == '\t' || is_break(next));
        seen.indicators |= match character {
            '#' if first => true,
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => first,
            '?' | '-' => first && before_space,
            ':' => before_space,
            '#' => after_space,
            _ => false,
        };
        seen.special |= !is_printable(character);
        if character == ' ' {
            seen.leading |= first;
            seen.trailing_space |= next.is_none();
            seen.break_space |= previous_break;
            (previous_space, previous_break) = (true, false);
        } else if is_break(character) {
            seen.breaks = true;
            seen.leading |= first;
            seen.trailing_break |= next.is_none();
            seen.space_break |= previous_space;
            (previous_space, previous_break) = (false, true);
        } else {
            (previous_space, previous_break) = (false, false);
        }
        after_space = character == ' ' || character == '\t' || is_break(character);
        first = false;
    }
    seen
}

/// Whether YAML 1.1, unquoted, reads this as text: not as a truth value, nothing, a number or a date.
pub(super) fn reads_as_text(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => !is_word(text),
        b'.' => !matches!(text, ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF") && !is_go_float(text),
        b'+' | b'-' | b'0'..=b'9' => {
            let infinite = matches!(text.get(1..), Some(".inf" | ".Inf" | ".INF"));
            !infinite && !is_timestamp(text) && !is_number(text) && !is_base_60(text)
        }
        _ => true,
    }
}

fn is_word(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "true"
            | "True"
            | "TRUE"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "false"
            | "False"
            | "FALSE"
            | "off"
            | "Off"
            | "OFF"
            | "~"
            | "null"
            | "Null"
            | "NULL"
    )
}

fn is_number(text: &str) -> bool {
    let plain: String = text.chars().filter(|character| *character != '_').collect();
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, plain.get(1..).unwrap_or("")),
        Some(b'+') => (false, plain.get(1..).unwrap_or("")),
        _ => (false, plain.as_str()),
    };
    let signed = digits.len() < plain.len();
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)),
        [b'0', b'b', ..] => (2, lower.get(2..)),
        [b'0', b'o', ..] => (8, lower.get(2..)),
        [b'0', _, ..] => (8, lower.get(1..)),
        _ => (10, Some(lower.as_str())),
    };
    let body = body.unwrap_or("");
    let starts_well = body.bytes().next().is_some_and(|byte| byte != b'+' && byte != b'-');
    let whole = starts_well
        && u64::from_str_radix(body, radix).is_ok_and(|value| match (negative, signed) {
            (true, _) => value <= 1 << 63,
            (_, true) => i64::try_from(value).is_ok(),
            _ => true,
        });
    whole || is_yaml_float(digits)
}

/// `1.5`, `.5`, `5.`, `1e3`, without its sign.
fn is_yaml_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or(""), text.get(at + 1..)),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, rest)) => digits(whole) && digits(rest) && !(whole.is_empty() && rest.is_empty()),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_fits && exponent_fits
}

/// What Go reads as a number when it begins with a point.
fn is_go_float(text: &str) -> bool {
    is_yaml_float(text) && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `12:30:45`: numbers to the base of 60 were dropped from YAML, but readers of the old version still take them.
fn is_base_60(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = rest.split(':');
    let head = parts.next().unwrap_or("");
    let mut head_bytes = head.bytes();
    let head_fits = head_bytes.next().is_some_and(|byte| byte.is_ascii_digit())
        && head_bytes.all(|byte| byte.is_ascii_digit() || byte == b'_');
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return false;
    };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    let sixty = |part: &&str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    head_fits
        && middle.iter().all(sixty)
        && sixty(&last)
        && fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// A date, or a date with a time, as go-yaml reads them.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes.iter().take(4).all(u8::is_ascii_digit) || bytes.get(4) != Some(&b'-') {
        return false;
    }
    let year: i32 = text.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    let Some((month, rest)) = number(text.get(5..).unwrap_or("")) else {
        return false;
    };
    let Some((day, rest)) = rest.strip_prefix('-').and_then(number) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    if day == 0 || day > days {
        return false;
    }
    match rest.as_bytes().first() {
        None => true,
        Some(b'T' | b't') => time(rest.get(1..).unwrap_or("")).is_some_and(is_zone),
        Some(b' ') => time(rest.get(1..).unwrap_or("")) == Some(""),
        _ => false,
    }
}

/// One or two digits and the rest.
fn number(text: &str) -> Option<(u32, &str)> {
    let count = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text.get(..count)?.parse().ok()?, text.get(count..)?))
}

/// Reads `3:4:5.9` and gives the rest.
fn time(text: &str) -> Option<&str> {
    let (hour, rest) = number(text)?;
    let (minute, rest) = number(rest.strip_prefix(':')?)?;
    let (second, rest) = number(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let Some(fraction) = rest.strip_prefix(['.', ',']) else {
        return Some(rest);
    };
    let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 { None } else { fraction.get(count..) }
}

fn is_zone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['+', '-']) else {
        return text == "Z";
    };
    let bytes = rest.as_bytes();
    let digits = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    bytes.len() == 5 && bytes.get(2) == Some(&b':') && [0, 1, 3, 4].into_iter().all(digits)
}
