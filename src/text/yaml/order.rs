//! The order in which kubectl writes keys: signs before digits before letters, and numbers inside by their value.

use std::cmp::Ordering;

/// Go sorts so few by insertion.
const FEW: usize = 12;

/// Sorts entries by their keys. The order is not always one (`a01`, `a10`, `a1b` go round), which the standard library
/// answers with a panic; few entries come out as kubectl has them even then.
pub(super) fn sort<V: Copy>(entries: &mut Vec<(&str, V)>) {
    let sorted = entries
        .windows(2)
        .all(|pair| matches!(pair, [one, other] if compare(one.0, other.0) != Ordering::Greater));
    if sorted {
        return;
    }
    let less = |one: Option<&(&str, V)>, other: Option<&(&str, V)>| match (one, other) {
        (Some(one), Some(other)) => compare(one.0, other.0) == Ordering::Less,
        _ => false,
    };
    if entries.len() <= FEW {
        for at in 1..entries.len() {
            let mut at = at;
            while at > 0 && less(entries.get(at), entries.get(at - 1)) {
                entries.swap(at, at - 1);
                at -= 1;
            }
        }
        return;
    }
    let mut size = 1;
    while size < entries.len() {
        let mut merged = Vec::with_capacity(entries.len());
        for pair in entries.chunks(size * 2) {
            let (one, other) = pair.split_at(size.min(pair.len()));
            let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
            while one.peek().is_some() || other.peek().is_some() {
                let take_other = one.peek().is_none() || less(other.peek().copied(), one.peek().copied());
                merged.extend(if take_other { other.next() } else { one.next() });
            }
        }
        *entries = merged;
        size *= 2;
    }
}

/// Compares two keys.
fn compare(one: &str, other: &str) -> Ordering {
    // Where both are the same, and then both go on with a letter or nothing, bytes decide; that is nearly always so.
    let same = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    let (a, b) = (one.as_bytes().get(same), other.as_bytes().get(same));
    match (a, b) {
        (None, _) | (_, None) => return one.len().cmp(&other.len()),
        (Some(a), Some(b)) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => return a.cmp(b),
        _ => {}
    }
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let at = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (Some(a), Some(b)) = (one.get(at), other.get(at)) else {
        return one.len().cmp(&other.len());
    };
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => return a.cmp(b),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero inside a number is no leading zero: both count as going on with it.
    let digits_before = one.iter().take(at).rev().take_while(|character| character.is_numeric());
    let inside = (*a == '0' || *b == '0') && digits_before.into_iter().any(|digit| *digit != '0');
    let (a_number, a_end) = number(&one, at, i64::from(inside));
    let (b_number, b_end) = number(&other, at, i64::from(inside));
    a_number.cmp(&b_number).then(a_end.cmp(&b_end)).then(a.cmp(b))
}

fn number(text: &[char], from: usize, begin: i64) -> (i64, usize) {
    let digits = text.iter().skip(from).take_while(|character| character.is_numeric());
    let (mut value, mut end) = (begin, from);
    for digit in digits {
        let digit = i64::from(u32::from(*digit)) - i64::from(u32::from('0'));
        value = value.wrapping_mul(10).wrapping_add(digit);
        end += 1;
    }
    (value, end)
}
