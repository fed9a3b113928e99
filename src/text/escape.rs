//! Taking terminal escape sequences out of text that was written for a terminal.
//!
//! Only whole, well-formed sequences go. A malformed one stays, for [`clean`](super::clean()) to mark: otherwise an
//! opening sequence without an end could hide the rest of the text.

use std::borrow::Cow;

/// The longest sequence that is taken for one, in bytes; beyond, the text is shown instead.
const SEQUENCE_LIMIT: usize = 4096;

/// The text without CSI (colour, cursor), OSC (titles, links, clipboard), DCS, SOS, PM, APC and two-character escape
/// sequences, in their 7-bit and 8-bit forms. Line ends are never taken out.
pub fn without_escapes(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| byte == 0x1b || byte == 0xc2) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(|c: char| c == '\x1b' || ('\u{80}'..='\u{9f}').contains(&c)) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        match sequence(found) {
            Some(length) => rest = &found[length..],
            None => {
                let introducer = found.chars().next().map_or(0, char::len_utf8);
                out.push_str(&found[..introducer]);
                rest = &found[introducer..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The length in bytes of the whole sequence that `text` begins with.
pub(super) fn sequence(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let (_, first) = chars.next()?;
    let kind = if first == '\x1b' {
        chars.next()?.1
    } else {
        char::from_u32(u32::from(first).checked_sub(0x40)?)?
    };
    match kind {
        '[' => control(chars),
        ']' | 'P' | 'X' | '^' | '_' => string(chars),
        // A string terminator on its own, or a two-character sequence such as the reset `ESC c`.
        '0'..='~' => Some(chars.offset()),
        // Designating a character set: intermediates, then one final character.
        ' '..='/' if first == '\x1b' => chars
            .find(|(_, c)| !(' '..='/').contains(c))
            .and_then(|(at, c)| ('0'..='~').contains(&c).then_some(at + 1)),
        _ => None,
    }
}

/// CSI: parameters 0x30-0x3F, intermediates 0x20-0x2F, one final 0x40-0x7E.
fn control(chars: std::str::CharIndices<'_>) -> Option<usize> {
    let mut intermediates = false;
    for (at, c) in chars.take_while(|(at, _)| *at < SEQUENCE_LIMIT) {
        match c {
            '0'..='?' if !intermediates => {}
            ' '..='/' => intermediates = true,
            '@'..='~' => return Some(at + 1),
            _ => return None,
        }
    }
    None
}

/// OSC and its kin: anything printable up to BEL, `ESC \` or the 8-bit terminator.
fn string(mut chars: std::str::CharIndices<'_>) -> Option<usize> {
    while let Some((at, c)) = chars.next() {
        match c {
            _ if at >= SEQUENCE_LIMIT => return None,
            '\x07' => return Some(at + 1),
            '\u{9c}' => return Some(at + c.len_utf8()),
            '\x1b' => return (chars.next()?.1 == '\\').then_some(at + 2),
            c if c.is_control() && c != '\t' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_go_and_the_rest_stays() {
        let long = format!("\x1b]0;{}\x07", "x".repeat(SEQUENCE_LIMIT));
        let table = [
            ("plain", "plain"),
            ("é is not an escape", "é is not an escape"),
            ("\x1b[1;38;5;200mloud\x1b[m", "loud"),
            ("\u{9b}31mred", "red"),
            ("a\x1b]0;title\x07b\x1b]8;;x\x1b\\c\u{9d}1\u{9c}d", "abcd"),
            ("\x1bPq#0\x1b\\sixel", "sixel"),
            ("\x1b(B\x1bcreset", "reset"),
            ("\x1b[?25l\x1b[2 qx", "x"),
            ("\x1b", "\x1b"),
            ("\x1b[", "\x1b["),
            ("\x1b[31\nm", "\x1b[31\nm"),
            ("\x1b]0;never ends", "\x1b]0;never ends"),
            ("\x1b]0;a\x1b[31mb", "\x1b]0;ab"),
            ("\x1bé", "\x1bé"),
            (&long, &long),
        ];
        for (raw, left) in table {
            assert_eq!(without_escapes(raw), left, "{raw:?}");
        }
    }
}
