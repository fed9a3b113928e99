//! "Did you mean …?"

/// Words longer than this are not compared: nobody mistypes them, and the work grows with the square.
const WORD_LIMIT: usize = 64;

/// The candidate that `word` was probably meant to be: fewest slips (letter added, missing, wrong, or two swapped),
/// case not counting; the first of equals. `None` when even the nearest takes more than a third of the letters.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let letters = folded(word)?;
    let bound = (letters.len() / 3).max(1);
    candidates
        .filter_map(|candidate| {
            let other = folded(candidate)?;
            let close = other.len().abs_diff(letters.len()) <= bound;
            close
                .then(|| (slips(&letters, &other), candidate))
                .filter(|(slips, _)| *slips <= bound)
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Option<Vec<char>> {
    let letters: Vec<char> = word.chars().take(WORD_LIMIT + 1).flat_map(char::to_lowercase).collect();
    (!letters.is_empty() && letters.len() <= WORD_LIMIT).then_some(letters)
}

/// Edit distance with swaps of neighbours as one slip, three rows at a time.
fn slips(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, &l) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &r) in right.iter().enumerate() {
            let replaced = above[column] + usize::from(l != r);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && l == right[column - 1] && left[row - 1] == r {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let kinds = ["pods", "services", "deployments", "daemonsets", "nodes"];
        let table = [
            ("pod", Some("pods")),
            ("pdos", Some("pods")),
            ("deploymnets", Some("deployments")),
            ("Deployment", Some("deployments")),
            ("servcie", Some("services")),
            ("nodes", Some("nodes")),
            ("xyz", None),
            ("", None),
        ];
        for (word, meant) in table {
            assert_eq!(nearest(word, kinds.iter().copied()), meant, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(10_000), kinds.iter().copied()), None);
        assert_eq!(nearest("ab", ["ax", "bb"].into_iter()), Some("ax"));
    }
}
