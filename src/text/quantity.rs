//! Kubernetes quantities (`100m`, `1.5Gi`, `128974848000m`, `1e3`), compared exactly.

/// An amount in billionths of its unit: nanocores, nanobytes. What does not fit is held at the greatest value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i128);

/// Billionths in one.
const ONE: i128 = 1_000_000_000;

/// Digits of a fraction that count. Kubernetes keeps nine after the unit; with `E` that is 27.
const DECIMAL_DIGITS: usize = 27;

/// Digits of a fraction that count before a binary suffix: more would not fit beside 2^60.
const BINARY_DIGITS: usize = 11;

enum Scale {
    Ten(i32),
    Two(u32),
}

impl Quantity {
    /// Reads a quantity in any form the API server takes: a sign, decimals, the suffixes `n u m k M G T P E` and
    /// `Ki Mi Gi Ti Pi Ei`, exponents `e3` and `E3`. Finer than a billionth is rounded away from zero, as there.
    pub fn parse(text: &str) -> Option<Quantity> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, rest) = digits(unsigned);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let amount = match scale(suffix)? {
            Scale::Ten(power) => decimal(whole, fraction, power),
            Scale::Two(power) => binary(whole, fraction, power),
        };
        Some(Quantity(if negative { -amount } else { amount }))
    }

    /// An amount given in billionths of the unit.
    pub const fn from_nanos(nanos: i128) -> Quantity {
        Quantity(nanos)
    }

    /// The amount in billionths of the unit.
    pub const fn nanos(self) -> i128 {
        self.0
    }

    /// The amount in thousandths, rounded up as Kubernetes does (`MilliValue`): millicores.
    pub fn millis(self) -> i64 {
        round_up(self.0, ONE / 1000)
    }

    /// The amount in whole units, rounded up as Kubernetes does (`Value`): bytes, cores.
    pub fn value(self) -> i64 {
        round_up(self.0, ONE)
    }
}

fn round_up(nanos: i128, unit: i128) -> i64 {
    let up = nanos.div_euclid(unit) + i128::from(nanos.rem_euclid(unit) > 0);
    i64::try_from(up).unwrap_or(if up > 0 { i64::MAX } else { i64::MIN })
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn scale(suffix: &str) -> Option<Scale> {
    Some(match suffix {
        "n" => Scale::Ten(-9),
        "u" => Scale::Ten(-6),
        "m" => Scale::Ten(-3),
        "" => Scale::Ten(0),
        "k" => Scale::Ten(3),
        "M" => Scale::Ten(6),
        "G" => Scale::Ten(9),
        "T" => Scale::Ten(12),
        "P" => Scale::Ten(15),
        "E" => Scale::Ten(18),
        "Ki" => Scale::Two(10),
        "Mi" => Scale::Two(20),
        "Gi" => Scale::Two(30),
        "Ti" => Scale::Two(40),
        "Pi" => Scale::Two(50),
        "Ei" => Scale::Two(60),
        _ => Scale::Ten(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    })
}

/// `whole.fraction × 10^power`, in billionths.
fn decimal(whole: &str, fraction: &str, power: i32) -> i128 {
    let nanos = power.saturating_add(9);
    let (kept, dropped) = fraction.split_at(fraction.len().min(DECIMAL_DIGITS));
    let sticky = dropped.bytes().any(|digit| digit != b'0');
    // `kept` has at most 27 digits, so the cast is exact.
    scaled(number(whole), nanos, false).saturating_add(scaled(
        number(kept),
        nanos.saturating_sub(kept.len() as i32),
        sticky,
    ))
}

/// `number × 10^power`, rounded up where digits are lost; `sticky` says that some were lost before.
fn scaled(number: i128, power: i32, sticky: bool) -> i128 {
    match (10i128.checked_pow(power.unsigned_abs()), number) {
        (_, 0) => i128::from(sticky),
        (Some(factor), _) if power >= 0 => number.saturating_mul(factor).saturating_add(i128::from(sticky)),
        (Some(divisor), _) => number / divisor + i128::from(number % divisor > 0 || sticky),
        (None, _) if power >= 0 => i128::MAX,
        (None, _) => 1,
    }
}

/// `whole.fraction × 2^power`, in billionths.
fn binary(whole: &str, fraction: &str, power: u32) -> i128 {
    let (kept, dropped) = fraction.split_at(fraction.len().min(BINARY_DIGITS));
    let sticky = dropped.bytes().any(|digit| digit != b'0');
    let factor = ONE << power;
    let whole = number(whole).saturating_mul(factor);
    let divisor = 10i128.pow(kept.len() as u32);
    let product = number(kept).saturating_mul(factor);
    whole.saturating_add(product / divisor + i128::from(product % divisor > 0 || sticky))
}

fn number(digits: &str) -> i128 {
    digits.bytes().fold(0i128, |sum, digit| {
        sum.saturating_mul(10).saturating_add(i128::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantities_are_read() {
        const KI: i128 = 1024;
        let table = [
            ("0", Some(0)),
            ("1", Some(ONE)),
            ("100m", Some(ONE / 10)),
            ("1n", Some(1)),
            ("1u", Some(1000)),
            ("0.1", Some(ONE / 10)),
            (".5", Some(ONE / 2)),
            ("5.", Some(5 * ONE)),
            ("1.5Gi", Some(KI * KI * KI * ONE * 3 / 2)),
            ("128974848000m", Some(128_974_848 * ONE)),
            ("500M", Some(500_000_000 * ONE)),
            ("500Mi", Some(500 * KI * KI * ONE)),
            ("2k", Some(2000 * ONE)),
            ("1e3", Some(1000 * ONE)),
            ("1E3", Some(1000 * ONE)),
            ("1e-3", Some(ONE / 1000)),
            ("1E", Some(ONE * 1_000_000_000_000_000_000)),
            ("1Ei", Some(ONE << 60)),
            ("-5", Some(-5 * ONE)),
            ("+5", Some(5 * ONE)),
            ("0.0000000001", Some(1)),
            ("-0.0000000001", Some(-1)),
            ("1.0000000000000000000000000000000001", Some(ONE + 1)),
            ("0e999999999", Some(0)),
            ("1e999999999", Some(i128::MAX)),
            ("1e-999999999", Some(1)),
            ("", None),
            ("-", None),
            (".", None),
            ("Gi", None),
            ("1K", None),
            ("1ki", None),
            ("1e", None),
            ("1e1.5", None),
            ("1 Gi", None),
            ("1.2.3", None),
            ("--1", None),
            ("1e99999999999", None),
            ("<none>", None),
            ("é", None),
        ];
        for (text, nanos) in table {
            assert_eq!(Quantity::parse(text).map(Quantity::nanos), nanos, "{text:?}");
        }
        assert_eq!(Quantity::parse(&"9".repeat(200)), Some(Quantity(i128::MAX)));
    }

    #[test]
    fn order_and_rounding() {
        let ascending = [
            "-1", "0", "1n", "1u", "99m", "0.1", "1", "1k", "1Ki", "1M", "1Mi", "1500Mi", "1.5Gi", "2G", "1E", "1Ei",
        ];
        for pair in ascending.windows(2) {
            assert!(Quantity::parse(pair[0]) < Quantity::parse(pair[1]), "{pair:?}");
        }
        assert_eq!(Quantity::parse("1Gi"), Quantity::parse("1024Mi"));
        assert_eq!(Quantity::parse("1100u").map(Quantity::millis), Some(2));
        assert_eq!(Quantity::parse("1.1").map(Quantity::value), Some(2));
        assert_eq!(Quantity::parse("-1.9").map(Quantity::value), Some(-1));
        assert_eq!(Quantity(i128::MAX).value(), i64::MAX);
        assert_eq!(Quantity(i128::MIN).millis(), i64::MIN);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,30}", near in "[+-]?[0-9]{0,45}\\.?[0-9]{0,45}([numkMGTPEe]i?)?-?[0-9]{0,12}") {
            Quantity::parse(&text);
            if let Some(quantity) = Quantity::parse(&near) {
                quantity.value();
                quantity.millis();
            }
        }

        #[test]
        fn whole_numbers_are_exact(number in any::<i64>()) {
            let quantity = Quantity::parse(&number.to_string()).unwrap();
            prop_assert_eq!(quantity.nanos(), i128::from(number) * ONE);
            prop_assert_eq!(quantity.value(), number);
        }
    }
}
