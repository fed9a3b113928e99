//! "Did you mean": the known name closest to a misspelt one.

/// Longer words are not compared: nobody misspells a name of this length by two letters, and the cost is quadratic.
const LONGEST: usize = 64;

/// The candidate that needs the fewest single-letter changes (insert, delete, replace, swap of neighbours) to become `wrong`,
/// unless even that one is too far away to be what was meant (more than a third of the letters, two at least).
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong: Vec<char> = wrong.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
    if wrong.is_empty() || wrong.len() > LONGEST {
        return None;
    }
    let allowed = (wrong.len() / 3).max(2).min(wrong.len().saturating_sub(1));
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.chars().take(LONGEST + 1).collect();
        if letters.len().abs_diff(wrong.len()) > allowed {
            continue;
        }
        let changes = changes_between(&wrong, &letters);
        if changes <= allowed && best.is_none_or(|(fewest, _)| changes < fewest) {
            best = Some((changes, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// The number of single-letter changes between two words, a swap of neighbours counting once.
fn changes_between(left: &[char], right: &[char]) -> usize {
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut row = vec![i + 1; right.len() + 1];
        for (j, r) in right.iter().enumerate() {
            let replaced = last[j] + usize::from(l != r);
            row[j + 1] = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *l == right[j - 1] && left[i - 1] == *r {
                row[j + 1] = row[j + 1].min(before_last[j - 1] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_meant_and_nothing_far_away() {
        let known = ["move_down", "move_up", "open_help", "quit_now"];
        for (wrong, expected) in [
            ("move_dwon", Some("move_down")),
            ("MOVE_UP", Some("move_up")),
            ("open_hlep", Some("open_help")),
            ("quit", None),
            ("sing_song", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, known), expected, "{wrong}");
        }
        assert_eq!(changes_between(&['a', 'b'], &['b', 'a']), 1);
        assert_eq!(changes_between(&['a'], &[]), 1);
        assert_eq!(nearest(&"x".repeat(500), known), None);
    }
}
