//! CSV fields.

use std::borrow::Cow;

/// One CSV field as RFC 4180 has it: quoted when it holds a comma, a quote or a line break, or begins or ends with a
/// space, which some readers trim. A leading `=` is left alone: the file says what the cluster says.
pub fn csv_field(text: &str) -> Cow<'_, str> {
    let spaced = text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
    if spaced || text.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let table = [
            ("", ""),
            ("plain text", "plain text"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("cr\r", "\"cr\r\""),
            (" spaced", "\" spaced\""),
            ("=1+1", "=1+1"),
        ];
        for (text, field) in table {
            assert_eq!(csv_field(text), field, "{text:?}");
        }
    }
}
