//! Breaking a text into lines of a width.

use crate::text::width;
use unicode_segmentation::UnicodeSegmentation;

/// More lines than this are not made of one text.
const MOST_LINES: usize = 500;

/// The lines of `text` in `cells` columns: broken between words, and inside a word only when it is wider than a line.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let wide = width(word);
        let gap = usize::from(used > 0);
        if used + gap + wide <= cells {
            if gap == 1 {
                push(&mut lines, " ");
            }
            push(&mut lines, word);
            used += gap + wide;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for cluster in word.graphemes(true) {
            let wide = width(cluster);
            if used > 0 && used + wide > cells {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, cluster);
            used += wide;
        }
        if lines.len() > MOST_LINES {
            break;
        }
    }
    lines.truncate(MOST_LINES);
    lines
}

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breaking() {
        let rows = [
            ("", 5, vec![""]),
            ("one two three", 7, vec!["one two", "three"]),
            ("abcdefgh x", 3, vec!["abc", "def", "gh", "x"]),
            ("a abcdefgh", 4, vec!["a", "abcd", "efgh"]),
            ("世界世界", 3, vec!["世", "界", "世", "界"]),
            ("x", 0, vec!["x"]),
        ];
        for (text, cells, lines) in rows {
            assert_eq!(wrap(text, cells), lines, "{text} in {cells}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[a-z 世]{0,80}", cells in 2usize..20) {
            let lines = wrap(&text, cells);
            prop_assert!(lines.iter().all(|line| width(line) <= cells));
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeezed(&lines.concat()), squeezed(&text));
        }
    }
}
