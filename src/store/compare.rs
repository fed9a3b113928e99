//! Order: cells by their value, never by their text.

use crate::kinds::{Row, Value};
use crate::text::Quantity;
use std::cmp::Ordering;

/// Orders two cells at the moment `now` (unix seconds). What is missing comes first, as in kubectl's `--sort-by`.
/// Ages ascend from young to old; ratios by what is missing; texts by their numbers where they hold some.
pub fn compare_cells(a: &Value, b: &Value, now: i64) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => compare_text(a.as_str(), b.as_str()),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Percent(a), Value::Percent(b)) => a.cmp(b),
        (Value::Ratio(a, whole_a), Value::Ratio(b, whole_b)) => {
            // a/whole_a < b/whole_b without division; 0/0 counts as complete.
            let complete = |part: u32, whole: u32| {
                if whole == 0 {
                    (1, 1)
                } else {
                    (u64::from(part), u64::from(whole))
                }
            };
            let ((a, wa), (b, wb)) = (complete(*a, *whole_a), complete(*b, *whole_b));
            (a * wb).cmp(&(b * wa)).then(whole_a.cmp(whole_b))
        }
        (Value::Quantity(a), Value::Quantity(b)) => Quantity::parse(a.as_str())
            .cmp(&Quantity::parse(b.as_str()))
            .then_with(|| a.cmp(b)),
        // A later moment is a smaller age.
        (Value::Time(a), Value::Time(b)) => match (a, b) {
            (Some(a), Some(b)) => b.cmp(a),
            _ => a.is_some().cmp(&b.is_some()),
        },
        (Value::Ago(a, when_a), Value::Ago(b, when_b)) => a.cmp(b).then(when_a.cmp(when_b)),
        (Value::Span { from: fa, lasted: la }, Value::Span { from: fb, lasted: lb }) => {
            let length = |from: i64, lasted: Option<u32>| lasted.map_or(now.saturating_sub(from), i64::from);
            length(*fa, *la).cmp(&length(*fb, *lb))
        }
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

/// Orders rows by namespace and name.
pub(super) fn by_name(a: &Row, b: &Row) -> Ordering {
    compare_text(a.namespace.as_str(), b.namespace.as_str())
        .then_with(|| compare_text(a.name.as_str(), b.name.as_str()))
}

/// A number that stands for a cell in sorting: of two cells with different numbers the one with the smaller number comes
/// first; where they are equal, [`compare_cells`] decides. So most comparisons of a long sort touch no text.
pub(super) fn sort_number(value: &Value, now: i64) -> u128 {
    /// Keeps the order of signed numbers.
    fn lifted(number: i64) -> u128 {
        u128::from(number.cast_unsigned() ^ (1 << 63))
    }
    let number = match value {
        Value::None => 0,
        Value::Int(number) => lifted(*number),
        Value::Percent(percent) => u128::from(*percent),
        // Two different fractions of such numbers differ by more than one part in 2^64.
        Value::Ratio(_, 0) => 1 << 64,
        Value::Ratio(part, whole) => (u128::from(*part) << 64) / u128::from(*whole),
        Value::Quantity(text) => {
            Quantity::parse(text.as_str()).map_or(0, |quantity| (quantity.nanos().cast_unsigned() ^ (1 << 127)) >> 8)
        }
        Value::Time(None) => 0,
        Value::Time(Some(then)) => u128::from(u64::MAX) - lifted(*then) + 1,
        Value::Ago(count, when) => u128::from(*count) << 72 | when.map_or(0, |then| lifted(then) + 1),
        Value::Span { from, lasted } => lifted(lasted.map_or(now.saturating_sub(*from), i64::from)),
        Value::Text(text) => text_number(text.as_str()),
    };
    u128::from(rank(value)) << 120 | number
}

/// The number of a text that has this place among all texts of its column.
pub(super) fn ranked_number(place: u32) -> u128 {
    u128::from(TEXT) << 120 | u128::from(place)
}

/// The beginning of a text as a number of 15 bytes that keeps [`compare_text`]'s order: a run of digits becomes its length
/// and its digits, two of them a byte.
fn text_number(text: &str) -> u128 {
    const BYTES: usize = 15;
    let text = text.as_bytes();
    let mut key = [0u8; BYTES];
    let (mut from, mut to) = (0, 0);
    while to < BYTES && from < text.len() {
        if !text[from].is_ascii_digit() {
            key[to] = text[from];
            (from, to) = (from + 1, to + 1);
            continue;
        }
        let end = digits_end(text, from);
        let digits = trim_zeros(&text[from..end]);
        // A length stands where a digit stood, so that it compares with what is no digit as a digit does.
        key[to] = b'0' + digits.len().min(9) as u8;
        to += 1;
        if digits.len() >= 9 {
            // Longer runs than any name has: the full comparison decides about what follows.
            break;
        }
        for pair in digits.chunks(2) {
            let Some(byte) = key.get_mut(to) else { break };
            *byte = (pair[0] & 15) << 4 | pair.get(1).map_or(0, |digit| digit & 15);
            to += 1;
        }
        from = end;
    }
    key.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// The rank of texts: after all that has a value.
const TEXT: u8 = 8;

fn rank(value: &Value) -> u8 {
    match value {
        Value::None => 0,
        Value::Int(_) => 1,
        Value::Ratio(..) => 2,
        Value::Quantity(_) => 3,
        Value::Percent(_) => 4,
        Value::Ago(..) => 5,
        Value::Span { .. } => 6,
        Value::Time(_) => 7,
        Value::Text(_) => TEXT,
    }
}

/// Orders texts so that `web-2` comes before `web-10`.
pub(super) fn compare_text(a: &str, b: &str) -> Ordering {
    // Shared texts are the rule in a table.
    if std::ptr::eq(a, b) {
        return Ordering::Equal;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i].is_ascii_digit() && b[j].is_ascii_digit() {
            let (end_a, end_b) = (digits_end(a, i), digits_end(b, j));
            let (number_a, number_b) = (trim_zeros(&a[i..end_a]), trim_zeros(&b[j..end_b]));
            let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
            if order != Ordering::Equal {
                return order;
            }
            (i, j) = (end_a, end_b);
        } else if a[i] != b[j] {
            return a[i].cmp(&b[j]);
        } else {
            i += 1;
            j += 1;
        }
    }
    (a.len() - i).cmp(&(b.len() - j)).then_with(|| a.cmp(b))
}

fn digits_end(text: &[u8], from: usize) -> usize {
    from + text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn trim_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Clean;

    #[test]
    fn cells_are_ordered_by_value() {
        let quantity = |text: &str| Value::Quantity(Clean::new(text));
        let rows = [
            (Value::Int(9), Value::Int(10), Ordering::Less),
            (Value::Ratio(1, 2), Value::Ratio(2, 2), Ordering::Less),
            (Value::Ratio(2, 2), Value::Ratio(3, 3), Ordering::Less),
            (Value::Ratio(9, 10), Value::Ratio(1, 2), Ordering::Greater),
            (Value::Ratio(0, 0), Value::Ratio(1, 2), Ordering::Greater),
            (quantity("900Mi"), quantity("1Gi"), Ordering::Less),
            (quantity("1500m"), quantity("2"), Ordering::Less),
            (Value::Time(Some(100)), Value::Time(Some(50)), Ordering::Less),
            (Value::Time(None), Value::Time(Some(50)), Ordering::Less),
            (Value::Ago(2, Some(9)), Value::Ago(11, None), Ordering::Less),
            (Value::None, Value::Int(0), Ordering::Less),
            (
                Value::Span {
                    from: 0,
                    lasted: Some(10),
                },
                Value::Span { from: 90, lasted: None },
                Ordering::Equal,
            ),
        ];
        for (a, b, expected) in rows {
            assert_eq!(compare_cells(&a, &b, 100), expected, "{a:?} {b:?}");
            assert_eq!(compare_cells(&b, &a, 100), expected.reverse(), "{b:?} {a:?}");
        }
    }

    #[test]
    fn numbers_inside_texts_count() {
        let rows = [
            ("web-2", "web-10"),
            ("a", "b"),
            ("a", "ab"),
            ("web-1", "web-1a"),
            ("node09", "node9"),
        ];
        for (a, b) in rows {
            assert_eq!(compare_text(a, b), Ordering::Less, "{a} {b}");
            assert_eq!(compare_text(b, a), Ordering::Greater, "{b} {a}");
        }
        assert_eq!(compare_text("x", "x"), Ordering::Equal);
    }

    fn any_value() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let number = prop_oneof![any::<i64>(), -3..3i64];
        let part = prop_oneof![any::<u32>(), 0..4u32];
        let text = prop_oneof!["[a-b0-2-]{0,20}", "[0-9]{0,30}", "[0-9a]{10,20}"];
        prop_oneof![
            Just(Value::None),
            number.clone().prop_map(Value::Int),
            any::<u16>().prop_map(Value::Percent),
            (part.clone(), part.clone()).prop_map(|(a, b)| Value::Ratio(a, b)),
            "-?[0-9]{1,12}(m|Ki|Gi|E|)".prop_map(|text| Value::Quantity(Clean::new(&text))),
            proptest::option::of(number.clone()).prop_map(Value::Time),
            (part.clone(), proptest::option::of(number.clone())).prop_map(|(a, b)| Value::Ago(a, b)),
            (0..9000i64, proptest::option::of(0..9000u32)).prop_map(|(from, lasted)| Value::Span { from, lasted }),
            text.prop_map(|text| Value::Text(Clean::new(&text))),
        ]
    }

    proptest::proptest! {
        #[test]
        fn sort_numbers_keep_the_order(a in any_value(), b in any_value()) {
            let numbers = sort_number(&a, 5000).cmp(&sort_number(&b, 5000));
            let cells = compare_cells(&a, &b, 5000);
            proptest::prop_assert!(numbers == Ordering::Equal || numbers == cells, "{:?} {:?}", a, b);
        }

        #[test]
        fn text_order_is_total(a in "[a-c0-2-]{0,6}", b in "[a-c0-2-]{0,6}", c in "[a-c0-2-]{0,6}") {
            proptest::prop_assert_eq!(compare_text(&a, &b), compare_text(&b, &a).reverse());
            proptest::prop_assert_eq!(compare_text(&a, &b) == Ordering::Equal, a == b);
            if compare_text(&a, &b).is_le() && compare_text(&b, &c).is_le() {
                proptest::prop_assert!(compare_text(&a, &c).is_le());
            }
        }
    }
}
