//! Small readers of an object's fields, in the words that printers use.

use crate::demo::clock::{human_duration, parse_time};
use serde_json::{Value, json};

pub(super) fn str_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

pub(super) fn text(value: &Value) -> Value {
    json!(str_of(value))
}

pub(super) fn number(value: &Value) -> Value {
    json!(int(value))
}

pub(super) fn name(value: &Value) -> Value {
    text(&value["metadata"]["name"])
}

/// A string or number as text, or what stands for an unset one.
pub(super) fn or(value: &Value, unset: &str) -> Value {
    match value {
        Value::String(s) if !s.is_empty() => json!(s),
        Value::Number(n) => json!(n.to_string()),
        _ => json!(unset),
    }
}

pub(super) fn size(value: &Value) -> usize {
    value
        .as_object()
        .map_or_else(|| value.as_array().map_or(0, Vec::len), serde_json::Map::len)
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn joined(value: &Value) -> String {
    list(value).iter().map(str_of).collect::<Vec<_>>().join(",")
}

pub(super) fn since(value: &Value, now: i64) -> String {
    match value.as_str().and_then(parse_time) {
        Some(time) => human_duration(now - time),
        None => "<unknown>".into(),
    }
}

pub(super) fn age(value: &Value, now: i64) -> Value {
    json!(since(&value["metadata"]["creationTimestamp"], now))
}

pub(super) fn none_if_empty(text: String) -> String {
    if text.is_empty() { "<none>".into() } else { text }
}

pub(super) fn containers(spec: &Value) -> Value {
    json!(
        list(&spec["containers"])
            .iter()
            .map(|c| str_of(&c["name"]))
            .collect::<Vec<_>>()
            .join(",")
    )
}

pub(super) fn images(spec: &Value) -> Value {
    json!(
        list(&spec["containers"])
            .iter()
            .map(|c| str_of(&c["image"]))
            .collect::<Vec<_>>()
            .join(",")
    )
}

pub(super) fn labels(value: &Value) -> Value {
    let pairs = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", str_of(v)));
    json!(none_if_empty(pairs.collect::<Vec<_>>().join(",")))
}

/// A label selector (matchLabels and matchExpressions) as one text.
pub(super) fn selector(value: &Value) -> String {
    let mut parts: Vec<String> = value["matchLabels"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", str_of(v)))
        .collect();
    for e in list(&value["matchExpressions"]) {
        let (key, values) = (str_of(&e["key"]), joined(&e["values"]));
        parts.push(match str_of(&e["operator"]) {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    none_if_empty(parts.join(","))
}
