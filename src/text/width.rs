//! How many terminal cells a text takes, and making it fit.
//!
//! Width is the sum over grapheme clusters, because that is how text is put into cells; nothing is ever cut inside a
//! cluster. A cut is always visible: it leaves `…`.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The width of `text` in terminal cells.
pub fn width(text: &str) -> usize {
    if is_simple(text) {
        text.len()
    } else {
        text.graphemes(true).map(UnicodeWidthStr::width).sum()
    }
}

/// `text` in at most `max` cells; what is longer ends in `…`.
pub fn cut(text: &str, max: usize) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    match max {
        0 => Cow::Borrowed(""),
        _ => Cow::Owned([head(text, max - 1), "…"].concat()),
    }
}

/// `text` in at most `max` cells; what is longer loses its middle: a pod's name keeps its workload and its suffix.
pub fn cut_middle(text: &str, max: usize) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    match max {
        0 => Cow::Borrowed(""),
        _ => {
            let first = head(text, max / 2);
            let last = tail(text, max - 1 - max / 2);
            Cow::Owned([first, "…", last].concat())
        }
    }
}

/// `text` at the left of exactly `cells` cells, cut when it is wider.
pub fn pad_right(text: &str, cells: usize) -> Cow<'_, str> {
    fit(text, cells, |text, blanks| text + &blanks)
}

/// `text` at the right of exactly `cells` cells, cut when it is wider.
pub fn pad_left(text: &str, cells: usize) -> Cow<'_, str> {
    fit(text, cells, |text, blanks| blanks + &text)
}

fn fit(text: &str, cells: usize, join: impl Fn(String, String) -> String) -> Cow<'_, str> {
    let short = cut(text, cells);
    // A wide character at the edge may leave a cell free even after a cut.
    match cells.saturating_sub(width(&short)) {
        0 => short,
        missing => Cow::Owned(join(short.into_owned(), " ".repeat(missing))),
    }
}

fn is_simple(text: &str) -> bool {
    text.bytes()
        .fold(true, |all, byte| all & (byte.wrapping_sub(0x20) < 0x5f))
}

/// The longest beginning that fits into `max` cells.
fn head(text: &str, max: usize) -> &str {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += cluster.width();
        if used > max {
            return &text[..at];
        }
    }
    text
}

/// The longest end that fits into `max` cells.
fn tail(text: &str, max: usize) -> &str {
    let mut used = 0;
    let mut start = text.len();
    for (at, cluster) in text.grapheme_indices(true).rev() {
        used += cluster.width();
        if used > max {
            break;
        }
        start = at;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widths() {
        let table = [
            ("", 0),
            ("pod", 3),
            ("Grüße", 5),
            ("世界", 4),
            ("e\u{301}", 1),
            ("👩\u{200d}💻", 2),
            ("❤\u{fe0f}", 2),
            ("…", 1),
        ];
        for (text, cells) in table {
            assert_eq!(width(text), cells, "{text:?}");
        }
    }

    #[test]
    fn cutting() {
        let table = [
            ("checkout", 8, "checkout", "checkout"),
            ("checkout", 7, "checko…", "che…out"),
            ("checkout", 6, "check…", "che…ut"),
            ("checkout", 2, "c…", "c…"),
            ("checkout", 1, "…", "…"),
            ("checkout", 0, "", ""),
            ("世界世界", 5, "世界…", "世…界"),
            ("世界世界", 4, "世…", "世…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…", "e\u{301}…"),
        ];
        for (text, max, end, middle) in table {
            assert_eq!(cut(text, max), end, "{text} in {max}");
            assert_eq!(cut_middle(text, max), middle, "{text} in {max}");
        }
    }

    #[test]
    fn padding() {
        assert_eq!(pad_right("ab", 4), "ab  ");
        assert_eq!(pad_left("ab", 4), "  ab");
        assert_eq!(pad_right("abcd", 3), "ab…");
        assert_eq!(pad_left("世界", 3), "世…");
        assert_eq!(pad_right("世界", 2), "… ");
        assert!(matches!(pad_left("abcd", 4), Cow::Borrowed("abcd")));
    }

    proptest! {
        #[test]
        fn the_result_fits(text in "\\PC{0,20}", max in 0usize..12) {
            let text = crate::text::clean(&text);
            prop_assert!(width(&cut(&text, max)) <= max);
            prop_assert!(width(&cut_middle(&text, max)) <= max);
            prop_assert_eq!(width(&pad_right(&text, max)), max);
            prop_assert_eq!(width(&pad_left(&text, max)), max);
        }
    }
}
