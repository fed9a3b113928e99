//! Small pieces that many descriptions share: links, lists and maps as words, tables of conditions.

use super::{Around, Companion, Item, Listed, Phrase, items_at, say, text_at};
use crate::msg::FailureKind;
use crate::text::parse_time;
use crate::theme::Role;
use serde_json::Value;

/// A link to an object, named as it is. The resource is its plural, or its kind where only that is known.
pub fn object(group: &str, resource: &str, namespace: &str, name: &str) -> Phrase {
    if name.is_empty() {
        return Phrase::default();
    }
    say::link(name, group, resource, namespace, name)
}

/// A number, text or truth value as Go prints it; null as `<nil>`.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What stands at a path as text; `otherwise` when there is nothing.
pub fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

/// The texts of a list.
pub fn texts<'a>(value: &'a Value, path: &str) -> Vec<&'a str> {
    items_at(value, path).iter().filter_map(Value::as_str).collect()
}

/// A map's pairs, sorted by key: `a=b`.
pub fn pairs(value: &Value, between: &str) -> Vec<String> {
    let map = value.as_object().into_iter().flatten();
    map.map(|(key, value)| format!("{key}{between}{}", plain(value)))
        .collect()
}

/// A time of the API as kubectl's describe writes it; the text itself when it is none.
pub fn rfc1123(text: &str) -> String {
    parse_time(text).map_or_else(|| text.to_owned(), say::rfc1123)
}

/// When the object was made.
pub fn created(object: &Value, now: i64) -> Item {
    Item::field(
        "CreationTimestamp",
        say::time(text_at(object, "metadata/creationTimestamp"), now),
    )
}

/// A table of conditions: headings and the fields below them. Those that `bad` names are marked.
pub fn conditions(conditions: &[Value], columns: &[(&str, &str)], bad: fn(&Value) -> bool) -> Item {
    if conditions.is_empty() {
        return Item::field("Conditions", "<none>");
    }
    let heads: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
    let row = |condition: &Value| {
        let role = if bad(condition) { Role::Error } else { Role::LabelValue };
        let cell = |(_, path): &(&str, &str)| {
            let text = text_at(condition, path);
            if path.ends_with("Time") {
                return Phrase::new(&rfc1123(text));
            }
            let stands = matches!(*path, "type" | "status" | "reason" | "message");
            Phrase::of(text, if stands { role } else { Role::LabelValue })
        };
        columns.iter().map(cell).collect()
    };
    Item::section(
        "Conditions",
        vec![Item::table(&heads, conditions.iter().map(row).collect())],
    )
}

/// What to say instead of a companion that is not there; None when it is.
pub fn absent(listed: &Listed) -> Option<Phrase> {
    match listed {
        Listed::Objects(_) => None,
        Listed::Loading => Some(Phrase::of("loading", Role::Muted)),
        Listed::Denied(failure) => Some(match failure.kind {
            FailureKind::Forbidden | FailureKind::Unauthenticated => {
                Phrase::of("not authorized: ", Role::Warn).and(failure.message.as_str(), Role::Muted)
            }
            _ => Phrase::of("cannot be read: ", Role::Warn).and(failure.message.as_str(), Role::Muted),
        }),
    }
}

/// Whether a named object exists; None while that is not known.
pub fn exists(around: &Around<'_>, companion: &Companion) -> Option<bool> {
    match (around.find)(companion) {
        Listed::Objects(objects) => Some(!objects.is_empty()),
        Listed::Loading | Listed::Denied(_) => None,
    }
}

/// The message of the newest event with one of these reasons.
pub fn event_message(around: &Around<'_>, reasons: &[&str]) -> Option<String> {
    let events = super::events::of(around);
    let newest = events
        .into_iter()
        .rev()
        .find(|event| reasons.contains(&event.reason.as_str()))?;
    Some(newest.message)
}

/// How often it is what: `1 pod`, `3 pods`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// Fails unless each of these lines is in a description. How far its columns stand apart does not count: that depends on
/// the widest name around.
#[cfg(test)]
pub fn assert_says(text: &str, lines: &[&str]) {
    let tight = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in lines {
        assert!(
            text.lines().any(|is| tight(is) == tight(line)),
            "{line}\nis not in\n{text}"
        );
    }
}
