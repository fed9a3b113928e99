//! Reaching into JSON whose shape nobody has promised: what is missing or of another type is simply not there.

use serde_json::Value;

/// What stands at a path of field names parted by `/`, or null. `spec/template/spec/containers`.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('/')
        .filter(|name| !name.is_empty())
        .fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// The text at a path; empty when there is none.
pub fn text_at<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

/// The whole number at a path.
pub fn number_at(value: &Value, path: &str) -> Option<i64> {
    at(value, path).as_i64()
}

/// Whether there is a `true` at a path.
pub fn bool_at(value: &Value, path: &str) -> bool {
    at(value, path).as_bool().unwrap_or(false)
}

/// The elements of the list at a path; none when it is no list.
pub fn items_at<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_not_there() {
        let value = serde_json::json!({"spec": {"replicas": 3, "paused": true, "names": ["a", "b"]}, "kind": 7});
        assert_eq!(number_at(&value, "spec/replicas"), Some(3));
        assert!(bool_at(&value, "spec/paused"));
        assert_eq!(items_at(&value, "spec/names").len(), 2);
        assert_eq!(text_at(&value, "kind"), "");
        assert_eq!(at(&value, "spec/replicas/deeper"), &Value::Null);
        assert_eq!(at(&value, ""), &value);
    }
}
