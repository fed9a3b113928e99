//! What has changed between two texts, line by line: the shortest list of removals and additions where they differ little,
//! a good one where they differ much.
//!
//! Myers' greedy search, in rounds: a round that has not come to the end after [`MOST_EDITS`] edits keeps the furthest
//! path that it has found, and the next one goes on from there. So memory is bounded by the square of that number, and time
//! by its product with the length of the texts, however different they are.

use std::collections::HashMap;

/// So many edits a round looks for.
const MOST_EDITS: usize = 256;

/// A line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// In both, with its index in the old and in the new text.
    Same {
        /// Index in the old text.
        old: usize,
        /// Index in the new text.
        new: usize,
    },
    /// Only in the old text, at this index.
    Removed(usize),
    /// Only in the new text, at this index.
    Added(usize),
}

/// How two texts differ. Every line of both is in the answer once; what is removed stands before what is added in its place.
pub fn diff_lines(old: &[&str], new: &[&str]) -> Vec<DiffLine> {
    // Lines are compared as numbers: long ones are looked at once.
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut all: Vec<u32> = Vec::with_capacity(old.len() + new.len());
    for line in old.iter().chain(new) {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        all.push(*numbers.entry(line).or_insert(next));
    }
    let (before, after) = all.split_at(old.len());
    let mut out = Vec::with_capacity(old.len().max(new.len()));
    let end = common(before.iter().rev(), after.iter().rev());
    let mut at = (0, 0);
    let stop = (before.len() - end.min(before.len()), after.len() - end.min(after.len()));
    while at.0 < stop.0 || at.1 < stop.1 {
        let (one, other) = (
            before.get(at.0..stop.0).unwrap_or(&[]),
            after.get(at.1..stop.1).unwrap_or(&[]),
        );
        let (steps, reached) = round(one, other);
        out.extend(steps.into_iter().map(|step| match step {
            DiffLine::Same { old, new } => DiffLine::Same {
                old: old + at.0,
                new: new + at.1,
            },
            DiffLine::Removed(old) => DiffLine::Removed(old + at.0),
            DiffLine::Added(new) => DiffLine::Added(new + at.1),
        }));
        at = (at.0 + reached.0, at.1 + reached.1);
    }
    out.extend((0..end).map(|step| DiffLine::Same {
        old: stop.0 + step,
        new: stop.1 + step,
    }));
    removals_first(&mut out);
    out
}

/// The lines that a reader needs: what has changed, with `context` lines around it. `None` stands for what was left out.
pub fn changes_only(lines: &[DiffLine], context: usize) -> Vec<Option<DiffLine>> {
    let mut shown = Vec::new();
    let mut next = 0;
    let is_change = |line: &DiffLine| !matches!(line, DiffLine::Same { .. });
    let mut at = 0;
    while let Some(found) = lines.iter().skip(at).position(is_change).map(|step| step + at) {
        let from = found.saturating_sub(context).max(next);
        if from > next {
            shown.push(None);
        }
        let mut last = found;
        while let Some(step) = lines.iter().skip(last + 1).take(context * 2 + 1).position(is_change) {
            last += step + 1;
        }
        let to = (last + 1 + context).min(lines.len());
        shown.extend(lines.iter().take(to).skip(from).map(|line| Some(*line)));
        (next, at) = (to, last + 1);
    }
    if next < lines.len() && next > 0 {
        shown.push(None);
    }
    shown
}

fn common<'a>(one: impl Iterator<Item = &'a u32>, other: impl Iterator<Item = &'a u32>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// One round: its steps, and how far it has come in both texts; at least one line further unless both are at their end.
fn round(old: &[u32], new: &[u32]) -> (Vec<DiffLine>, (usize, usize)) {
    // `reach[k]` is how far in the old text the furthest path on diagonal k (old minus new) has come; k is shifted.
    let middle = MOST_EDITS + 1;
    let mut reach = vec![0usize; 2 * MOST_EDITS + 3];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    let at = |reach: &[usize], k: isize| reach.get(middle.wrapping_add_signed(k)).copied().unwrap_or(0);
    for edits in 0..=MOST_EDITS as isize {
        let from = middle.saturating_add_signed(-edits - 1);
        trace.push(reach.get(from..=middle + edits as usize + 1).unwrap_or(&[]).to_vec());
        let mut furthest: Option<(usize, isize)> = None;
        for k in (-edits..=edits).step_by(2) {
            let down = k == -edits || (k != edits && at(&reach, k - 1) < at(&reach, k + 1));
            let mut x = if down { at(&reach, k + 1) } else { at(&reach, k - 1) + 1 };
            let Some(mut y) = x.checked_add_signed(-k) else {
                continue;
            };
            if x > old.len() || y > new.len() {
                // Beyond the edge: kept, so that its neighbours are chosen instead, but nothing is followed.
                if let Some(place) = reach.get_mut(middle.wrapping_add_signed(k)) {
                    *place = x;
                }
                continue;
            }
            let same = common(old.get(x..).unwrap_or(&[]).iter(), new.get(y..).unwrap_or(&[]).iter());
            (x, y) = (x + same, y + same);
            if let Some(place) = reach.get_mut(middle.wrapping_add_signed(k)) {
                *place = x;
            }
            if furthest.is_none_or(|(far, _)| x + y > far) {
                furthest = Some((x + y, k));
            }
            if x == old.len() && y == new.len() {
                return (back(&trace, edits, k, x), (x, y));
            }
        }
        if edits == MOST_EDITS as isize
            && let Some((far, k)) = furthest
        {
            let x = far.saturating_add_signed(k) / 2;
            return (back(&trace, edits, k, x), (x, far - x));
        }
    }
    // Not reached: some diagonal is always inside. Said plainly instead of a panic: everything is another.
    let all = (0..old.len())
        .map(DiffLine::Removed)
        .chain((0..new.len()).map(DiffLine::Added));
    (all.collect(), (old.len(), new.len()))
}

/// The steps of the path that ends on diagonal `k` at `x` after so many edits.
fn back(trace: &[Vec<usize>], edits: isize, k: isize, x: usize) -> Vec<DiffLine> {
    let mut steps = Vec::new();
    let (mut x, mut k) = (x, k);
    for round in (0..=edits).rev() {
        let before = trace.get(round as usize).map_or(&[][..], Vec::as_slice);
        let at = |k: isize| {
            usize::try_from(k + round + 1)
                .ok()
                .and_then(|place| before.get(place))
                .copied()
                .unwrap_or(0)
        };
        let down = k == -round || (k != round && at(k - 1) < at(k + 1));
        let begin = if round == 0 {
            0
        } else if down {
            at(k + 1)
        } else {
            at(k - 1) + 1
        };
        while x > begin {
            x -= 1;
            let new = x.saturating_add_signed(-k);
            steps.push(DiffLine::Same { old: x, new });
        }
        if round == 0 {
            break;
        }
        if down {
            k += 1;
            steps.push(DiffLine::Added(x.saturating_add_signed(-k)));
        } else {
            k -= 1;
            x = x.saturating_sub(1);
            steps.push(DiffLine::Removed(x));
        }
    }
    steps.reverse();
    steps
}

/// Within each run of changes, what is removed comes before what is added.
fn removals_first(lines: &mut [DiffLine]) {
    for run in lines
        .chunk_by_mut(|one, other| !matches!(one, DiffLine::Same { .. }) && !matches!(other, DiffLine::Same { .. }))
    {
        run.sort_by_key(|line| matches!(line, DiffLine::Added(_)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `-a +b  c` as it is read.
    fn told(old: &[&str], new: &[&str]) -> String {
        let say = |line: &DiffLine| match line {
            DiffLine::Same { old: at, .. } => format!(" {}", old[*at]),
            DiffLine::Removed(at) => format!("-{}", old[*at]),
            DiffLine::Added(at) => format!("+{}", new[*at]),
        };
        diff_lines(old, new).iter().map(say).collect()
    }

    #[test]
    fn differences_are_short() {
        let rows: &[(&[&str], &[&str], &str)] = &[
            (&[], &[], ""),
            (&["a"], &[], "-a"),
            (&[], &["a"], "+a"),
            (&["a", "b", "c"], &["a", "b", "c"], " a b c"),
            (&["a", "b", "c"], &["a", "x", "c"], " a-b+x c"),
            (&["a", "b", "c"], &["b", "c"], "-a b c"),
            (&["a", "b"], &["a", "b", "c"], " a b+c"),
            (
                &["a", "b", "c", "a", "b", "b", "a"],
                &["c", "b", "a", "b", "a", "c"],
                "-a-b c+b a b-b a+c",
            ),
        ];
        for (old, new, expected) in rows {
            assert_eq!(told(old, new), *expected, "{old:?} → {new:?}");
        }
    }

    #[test]
    fn texts_without_anything_in_common_end_too() {
        let old: Vec<String> = (0..5000).map(|number| format!("old {number}")).collect();
        let mut new: Vec<String> = (0..5000).map(|number| format!("new {number}")).collect();
        new[4000] = "old 4000".to_owned();
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let new: Vec<&str> = new.iter().map(String::as_str).collect();
        let lines = diff_lines(&old, &new);
        check(&old, &new, &lines);
    }

    #[test]
    fn only_what_changed_is_shown() {
        let old: Vec<String> = (0..30).map(|number| number.to_string()).collect();
        let mut new = old.clone();
        new[10] = "ten".to_owned();
        new[14] = "fourteen".to_owned();
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let new: Vec<&str> = new.iter().map(String::as_str).collect();
        let shown = changes_only(&diff_lines(&old, &new), 2);
        let said: Vec<String> = shown
            .iter()
            .map(|line| match line {
                None => "…".to_owned(),
                Some(DiffLine::Same { old: at, .. }) => old[*at].to_owned(),
                Some(DiffLine::Removed(at)) => format!("-{}", old[*at]),
                Some(DiffLine::Added(at)) => format!("+{}", new[*at]),
            })
            .collect();
        assert_eq!(said.join(" "), "… 8 9 -10 +ten 11 12 13 -14 +fourteen 15 16 …");
        assert!(changes_only(&diff_lines(&old, &old), 2).is_empty());
    }

    /// Both texts are in the difference, whole and in order.
    fn check(old: &[&str], new: &[&str], lines: &[DiffLine]) {
        let olds: Vec<usize> = lines
            .iter()
            .filter_map(|line| match line {
                DiffLine::Same { old, .. } | DiffLine::Removed(old) => Some(*old),
                DiffLine::Added(_) => None,
            })
            .collect();
        let news: Vec<usize> = lines
            .iter()
            .filter_map(|line| match line {
                DiffLine::Same { new, .. } | DiffLine::Added(new) => Some(*new),
                DiffLine::Removed(_) => None,
            })
            .collect();
        assert_eq!(olds, (0..old.len()).collect::<Vec<_>>());
        assert_eq!(news, (0..new.len()).collect::<Vec<_>>());
        for line in lines {
            if let DiffLine::Same { old: one, new: other } = line {
                assert_eq!(old[*one], new[*other]);
            }
        }
    }

    proptest! {
        #[test]
        fn a_difference_holds_both_texts(
            old in proptest::collection::vec("[abc]", 0..40), new in proptest::collection::vec("[abc]", 0..40)
        ) {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            check(&old, &new, &diff_lines(&old, &new));
        }
    }
}
