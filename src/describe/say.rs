//! What several describers say alike: times, selectors, conditions, labels, links to other objects. Texts are those of
//! kubectl's describe, so that a value can be compared; what goes beyond stands muted behind it, two columns apart.

use super::{Around, Item, Phrase, at, items_at, text_at};
use crate::kinds::{ResourceName, Target};
use crate::text::{Clean, human_duration, parse_time};
use crate::theme::Role;
use serde_json::Value;

/// Parts what goes beyond kubectl's words from them.
pub(super) const BEYOND: &str = "  ";
/// An annotation longer than this (key, value and two more) stands below its key, and its lines are cut.
const LONGEST_ANNOTATION: usize = 140;
/// At most so many lines of one annotation are printed.
const MOST_ANNOTATION_LINES: usize = 12;
/// What kubectl itself writes beside an object; kubectl hides it too, and the YAML shows it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Unix seconds as `Sat, 21 Nov 2026 00:30:00 +0000`: RFC 1123 with a numeric zone.
pub(super) fn rfc1123(unix: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let plain = crate::text::format_time(unix);
    let piece = |from: usize, to: usize| plain.get(from..to).unwrap_or_default();
    let month = piece(5, 7).parse::<usize>().unwrap_or(1);
    let day = usize::try_from(unix.div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    format!(
        "{}, {} {} {} {} +0000",
        DAYS.get(day).unwrap_or(&""),
        piece(8, 10),
        MONTHS.get(month.saturating_sub(1)).unwrap_or(&""),
        piece(0, 4),
        piece(11, 19)
    )
}

/// The time in a text of RFC 3339, as kubectl's describe writes it, with how long ago it was; empty when there is none.
pub(super) fn time(text: &str, now: i64) -> Phrase {
    let Some(unix) = parse_time(text) else {
        return Phrase::new(text);
    };
    let gone = now.saturating_sub(unix);
    let beyond = if gone >= 0 {
        format!("{BEYOND}{} ago", human_duration(gone))
    } else {
        format!("{BEYOND}in {}", human_duration(gone.saturating_neg()))
    };
    Phrase::new(&rfc1123(unix)).and(&beyond, Role::Muted)
}

/// A field with the time at a path; none when there is none.
pub(super) fn time_field(name: &str, object: &Value, path: &str, now: i64) -> Option<Item> {
    let text = text_at(object, path);
    (!text.is_empty()).then(|| Item::field(name, time(text, now)))
}

/// A field with the text at a path; none when it is empty or not there.
pub(super) fn text_field(name: &str, object: &Value, path: &str) -> Option<Item> {
    let text = text_at(object, path);
    (!text.is_empty()).then(|| Item::field(name, text))
}

/// A scalar as Go prints it: text as it is, numbers and truth values in digits and words; empty for anything else.
pub(super) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// The scalar at a path, or another word where there is none.
pub(super) fn scalar_or(object: &Value, path: &str, otherwise: &str) -> String {
    match scalar(at(object, path)) {
        text if text.is_empty() => otherwise.to_owned(),
        text => text,
    }
}

/// `True` or `False`.
pub(super) fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// The pairs of an object of scalars, sorted by key.
pub(super) fn pairs(map: &Value) -> Vec<(String, String)> {
    let map = map.as_object().into_iter().flatten();
    let mut pairs: Vec<(String, String)> = map.map(|(key, value)| (key.clone(), scalar(value))).collect();
    pairs.sort();
    pairs
}

/// Labels, one below the other.
pub(super) fn labels(name: &str, map: &Value) -> Item {
    let values = pairs(map)
        .into_iter()
        .map(|(key, value)| Phrase::new(&format!("{key}={value}")));
    Item::fields(name, values.collect())
}

/// Annotations, one below the other: the last applied configuration is hidden; a long one or one of several lines
/// stands below its key, its lines cut.
pub(super) fn annotations(name: &str, map: &Value) -> Item {
    let mut values = Vec::new();
    for (key, value) in pairs(map).into_iter().filter(|(key, _)| key != LAST_APPLIED) {
        let value = value.strip_suffix('\n').unwrap_or(&value);
        if value.len() + key.len() + 2 <= LONGEST_ANNOTATION && !value.contains('\n') {
            values.push(Phrase::new(&format!("{key}: {value}")));
            continue;
        }
        values.push(Phrase::new(&format!("{key}:")));
        for (index, line) in value.split('\n').enumerate() {
            if index == MOST_ANNOTATION_LINES {
                let left = value.split('\n').count() - index;
                values.push(Phrase::of(&format!("  {left} more lines"), Role::Muted));
                break;
            }
            values.push(Phrase::new(&format!("  {}", shortened(line, LONGEST_ANNOTATION - 2))));
        }
    }
    Item::fields(name, values)
}

/// The first so many bytes and three dots; never in the middle of a character.
fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}...", text.get(..end).unwrap_or_default())
}

/// A LabelSelector in the text that the server reads too: `app=cart,tier in (a,b)`; empty when it has no conditions.
pub(super) fn selector_text(selector: &Value) -> String {
    let mut conditions: Vec<(String, String)> = pairs(at(selector, "matchLabels"))
        .into_iter()
        .map(|(key, value)| (key.clone(), format!("{key}={value}")))
        .collect();
    for expression in items_at(selector, "matchExpressions") {
        let key = text_at(expression, "key");
        let mut values: Vec<&str> = items_at(expression, "values")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        values.sort_unstable();
        let values = values.join(",");
        let text = match text_at(expression, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => continue,
        };
        conditions.push((key.to_owned(), text));
    }
    conditions.sort_by(|one, other| one.0.cmp(&other.0));
    conditions
        .into_iter()
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join(",")
}

/// A plain map of labels as a selector in the text that the server reads too; empty when there are none.
pub(super) fn map_selector_text(map: &Value) -> String {
    let pairs = pairs(map).into_iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}

/// A text, or `<none>`.
pub(super) fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

/// Whether labels fulfil a selector; one that cannot be read takes nothing.
pub(super) fn selects(selector: &str, labels: &Value) -> bool {
    crate::text::Selector::parse(selector).is_ok_and(|selector| selector.matches(&pairs(labels)))
}

/// Leads to one object.
pub(super) fn to(group: &str, resource: &str, namespace: &str, name: &str) -> Target {
    Target::Object {
        resource: ResourceName::new(group, resource),
        namespace: Clean::new(namespace),
        name: Clean::new(name),
    }
}

/// The words for an object, leading to it.
pub(super) fn link(words: &str, group: &str, resource: &str, namespace: &str, name: &str) -> Phrase {
    Phrase::link(words, to(group, resource, namespace, name))
}

/// A selector, leading to the pods it takes; `<none>` when it is empty.
pub(super) fn pods_link(selector: &str, namespace: &str) -> Phrase {
    if selector.is_empty() {
        return Phrase::new("<none>");
    }
    let target = Target::List {
        resource: ResourceName::new("", "pods"),
        namespace: Clean::new(namespace),
        labels: Clean::new(selector),
        fields: Clean::default(),
        owner: None,
    };
    Phrase::link(selector, target)
}

/// The namespace of an object.
pub(super) fn namespace(object: &Value) -> &str {
    text_at(object, "metadata/namespace")
}

/// The name of an object.
pub(super) fn name(object: &Value) -> &str {
    text_at(object, "metadata/name")
}

/// The owner reference with `controller: true`.
pub(super) fn controller(object: &Value) -> Option<&Value> {
    let owners = items_at(object, "metadata/ownerReferences");
    owners.iter().find(|owner| super::bool_at(owner, "controller"))
}

/// Whether an object is controlled by the one with this uid.
pub(super) fn is_controlled_by(object: &Value, uid: &str) -> bool {
    !uid.is_empty() && controller(object).is_some_and(|owner| text_at(owner, "uid") == uid)
}

/// The group in an apiVersion; empty for core.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// `Kind/name` of another object, leading to it where its kind is known. A cluster-scoped kind needs no namespace.
pub(super) fn kind_link(
    words: &str,
    group: &str,
    kind: &str,
    namespace: &str,
    name: &str,
    around: &Around<'_>,
) -> Phrase {
    match (around.resource)(group, kind) {
        Some((resource, namespaced)) => {
            let namespace = if namespaced { namespace } else { "" };
            link(
                words,
                resource.group.as_str(),
                resource.resource.as_str(),
                namespace,
                name,
            )
        }
        None => Phrase::new(words),
    }
}

/// `Controlled By: Kind/name`, if something controls the object.
pub(super) fn controlled_by(object: &Value, around: &Around<'_>) -> Option<Item> {
    let owner = controller(object)?;
    let (kind, name) = (text_at(owner, "kind"), text_at(owner, "name"));
    let group = group_of(text_at(owner, "apiVersion"));
    let words = format!("{kind}/{name}");
    Some(Item::field(
        "Controlled By",
        kind_link(&words, group, kind, namespace(object), name, around),
    ))
}

/// `status.conditions` as a table: type, status, reason, and beyond kubectl how long it has been so, and the message.
pub(super) fn conditions(object: &Value, around: &Around<'_>) -> Option<Item> {
    let all = items_at(object, "status/conditions");
    if all.is_empty() {
        return None;
    }
    let row = |condition: &Value| {
        let role = match text_at(condition, "status") {
            "Unknown" => Role::Unknown,
            _ => Role::LabelValue,
        };
        let since = parse_time(text_at(condition, "lastTransitionTime"));
        let since = since.map_or_else(String::new, |since| human_duration(around.now.saturating_sub(since)));
        vec![
            Phrase::new(text_at(condition, "type")),
            Phrase::of(text_at(condition, "status"), role),
            Phrase::new(text_at(condition, "reason")),
            Phrase::of(&since, Role::Muted),
            Phrase::of(&one_line(text_at(condition, "message")), Role::Muted),
        ]
    };
    let rows = all.iter().map(row).collect();
    let table = Item::table(&["Type", "Status", "Reason", "Since", "Message"], rows);
    Some(Item::section("Conditions", vec![table]))
}

/// A text of several lines in one.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A message shortened for a sentence: one line, without a full stop at its end, at most so many characters.
pub(super) fn brief(text: &str, most: usize) -> String {
    let line = one_line(text);
    let line = line.trim_end_matches('.');
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line.to_owned(),
    }
}

/// `1 pod`, `3 pods`.
pub(super) fn count(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Words as a sentence lists them: `a`, `a and b`, `a, b and c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [many @ .., last] => format!("{} and {last}", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::testing::{NOW, text};
    use serde_json::json;

    #[test]
    fn times_are_rfc_1123() {
        let table = [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (NOW, "Wed, 01 May 2024 10:00:00 +0000"),
            (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
            (1_795_221_000, "Sat, 21 Nov 2026 00:30:00 +0000"),
        ];
        for (unix, expected) in table {
            assert_eq!(rfc1123(unix), expected);
        }
        assert_eq!(
            time("2024-05-01T09:00:00Z", NOW).text(),
            "Wed, 01 May 2024 09:00:00 +0000  60m ago"
        );
        assert_eq!(time("soon", NOW).text(), "soon");
    }

    #[test]
    fn selectors_are_kubectls() {
        let table = [
            (json!(null), ""),
            (json!({}), ""),
            (json!({"matchLabels": {"b": "2", "a": "1"}}), "a=1,b=2"),
            (
                json!({"matchLabels": {"b": "2"}, "matchExpressions": [
                    {"key": "a", "operator": "In", "values": ["y", "x"]},
                    {"key": "c", "operator": "Exists"}, {"key": "d", "operator": "DoesNotExist"},
                    {"key": "e", "operator": "NotIn", "values": ["z"]}]}),
                "a in (x,y),b=2,c,!d,e notin (z)",
            ),
        ];
        for (selector, expected) in table {
            assert_eq!(selector_text(&selector), expected);
        }
        assert!(selects("a in (x,y),!d", &json!({"a": "x"})));
        assert!(!selects("a in (x", &json!({"a": "x"})));
    }

    #[test]
    fn annotations_are_shortened_as_kubectl_does() {
        let long = "a".repeat(150);
        let map = json!({LAST_APPLIED: "{}", "short": "x", "lines": "one\ntwo\n", "wide": long});
        let expected = format!(
            "A:  lines:\n      one\n      two\n    short: x\n    wide:\n      {}...",
            "a".repeat(138)
        );
        assert_eq!(text(&[annotations("A", &map)]), expected);
        assert_eq!(text(&[annotations("A", &json!({LAST_APPLIED: "{}"}))]), "A:  <none>");
    }
}
