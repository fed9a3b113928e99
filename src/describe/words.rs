//! Small pieces that many descriptions share: links, lists and maps as words, tables of conditions.

use super::{Around, Companion, Finding, Item, Listed, Phrase, at, items_at, text_at};
use crate::kinds::{Health, ResourceName, Target};
use crate::msg::FailureKind;
use crate::text::{Clean, parse_time};
use crate::theme::Role;
use serde_json::Value;

/// metadata.name
pub fn name_of(object: &Value) -> &str {
    text_at(object, "metadata/name")
}

/// metadata.namespace
pub fn namespace_of(object: &Value) -> &str {
    text_at(object, "metadata/namespace")
}

/// A link to an object, named as it is. The resource is its plural, or its kind where only that is known.
pub fn object(group: &str, resource: &str, namespace: &str, name: &str) -> Phrase {
    if name.is_empty() {
        return Phrase::default();
    }
    object_as(name, group, resource, namespace, name)
}

/// A link to an object in other words than its name.
pub fn object_as(words: &str, group: &str, resource: &str, namespace: &str, name: &str) -> Phrase {
    let target = Target::Object {
        resource: ResourceName::new(group, resource),
        namespace: Clean::new(namespace),
        name: Clean::new(name),
    };
    Phrase::link(words, target)
}

/// A link to what a label selector takes.
pub fn selection(words: &str, resource: &str, namespace: &str, labels: &str) -> Phrase {
    let target = Target::List {
        resource: ResourceName::new("", resource),
        namespace: Clean::new(namespace),
        labels: Clean::new(labels),
        fields: Clean::default(),
        owner: None,
    };
    Phrase::link(words, target)
}

/// The group in `group/version`; empty for `v1`.
pub fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
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

/// A label selector as the API server takes it; empty when it takes everything.
pub fn selector_text(selector: &Value) -> String {
    let mut parts: Vec<(String, String)> = Vec::new();
    for (key, value) in at(selector, "matchLabels").as_object().into_iter().flatten() {
        parts.push((key.clone(), format!("{key}={}", plain(value))));
    }
    for expression in items_at(selector, "matchExpressions") {
        let key = text_at(expression, "key");
        let mut values = texts(expression, "values");
        values.sort_unstable();
        let values = values.join(",");
        let words = match text_at(expression, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            other => format!("{key} {other} ({values})"),
        };
        parts.push((key.to_owned(), words));
    }
    parts.sort_by(|one, other| one.0.cmp(&other.0));
    let parts: Vec<String> = parts.into_iter().map(|(_, words)| words).collect();
    parts.join(",")
}

/// A plain map of labels as a selector.
pub fn labels_text(labels: &Value) -> String {
    pairs(labels, "=").join(",")
}

/// A time of the API as kubectl's describe writes it (RFC 1123, numeric zone); the text itself when it is none.
pub fn time(text: &str) -> String {
    let stamp = parse_time(text).and_then(|unix| jiff::Timestamp::from_second(unix).ok());
    stamp.map_or_else(
        || text.to_owned(),
        |stamp| stamp.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
    )
}

/// When the object was made.
pub fn created(object: &Value) -> Item {
    Item::field("CreationTimestamp", time(text_at(object, "metadata/creationTimestamp")))
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
                return Phrase::new(&time(text));
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

/// No condition is marked.
pub fn none_bad(_: &Value) -> bool {
    false
}

/// A finding in plain words.
pub fn finding(health: Health, cause: impl Into<Phrase>, next: impl Into<Phrase>) -> Finding {
    Finding {
        health,
        cause: cause.into(),
        next: next.into(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_are_written_as_the_server_takes_them() {
        let selector = json!({"matchLabels": {"b": "1"}, "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["y", "x"]}, {"key": "c", "operator": "DoesNotExist"},
            {"key": "d", "operator": "Exists"}, {"key": "e", "operator": "NotIn", "values": ["z"]}]});
        let text = selector_text(&selector);
        assert_eq!(text, "a in (x,y),b=1,!c,d,e notin (z)");
        assert!(crate::text::Selector::parse(&text).is_ok());
        assert_eq!(selector_text(&json!({})), "");
        assert_eq!(selector_text(&json!(null)), "");
    }

    #[test]
    fn times_are_written_with_their_zone() {
        assert_eq!(time("2026-11-21T00:26:15Z"), "Sat, 21 Nov 2026 00:26:15 +0000");
        assert_eq!(time(""), "");
        assert_eq!(time("soon"), "soon");
    }
}
