//! Numbers as kubectl writes them: it reads every number with a point or an exponent as a float of 64 bits.

use serde_json::Number;

/// In YAML: floats without a fraction are whole numbers; exponents as Go's `%g` writes them.
pub(super) fn yaml(number: &Number) -> String {
    if let Some(whole) = number.as_i64() {
        return whole.to_string();
    }
    let value = number.as_f64().unwrap_or(0.0);
    if value.fract() == 0.0 {
        let whole = format!("{value}");
        if whole == "-0" {
            return "0".to_owned();
        }
        if whole.parse::<i64>().is_ok() || whole.parse::<u64>().is_ok() {
            return whole;
        }
    }
    let (_, exponent) = parts(value);
    if (-4..MOST_EXPONENT).contains(&exponent) {
        format!("{value}")
    } else {
        with_exponent(value, 2)
    }
}

/// From this exponent on a float is written with it.
const MOST_EXPONENT: i32 = 6;

/// In JSON, as Go writes it.
pub(super) fn json(number: &Number) -> String {
    if let Some(whole) = number.as_i64() {
        return whole.to_string();
    }
    let value = number.as_f64().unwrap_or(0.0);
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        with_exponent(value, 1)
    } else {
        format!("{value}")
    }
}

/// The digits and the exponent of the shortest text that reads back as this number.
fn parts(value: f64) -> (String, i32) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.to_owned(), exponent.parse().unwrap_or(0))
}

fn with_exponent(value: f64, digits: usize) -> String {
    let (mantissa, exponent) = parts(value);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:0digits$}", exponent.unsigned_abs())
}
