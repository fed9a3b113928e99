//! Objects of every other kind: conditions first, then all remaining fields with their names in words, as kubectl prints
//! them. What managers own which field is left out; it has a view of its own.

use super::words::{conditions, plain};
use super::{Around, Finding, Item, Phrase, Subject, items_at, text_at};
use crate::kinds::Health;
use crate::text::Clean;
use crate::theme::Role;
use serde_json::{Map, Value};

/// Deeper than this nothing is printed: nobody reads it, and it must not cost a stack.
const DEEPEST: usize = 40;
/// Words that stay in capitals.
const CAPITALS: [&str; 5] = ["API", "URL", "UID", "OSB", "GUID"];

/// Everything after the common head.
pub(super) fn items(subject: &Subject<'_>, _around: &Around<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let found = items_at(subject.object, "status/conditions");
    let table = found.iter().any(|condition| !text_at(condition, "type").is_empty());
    if table {
        items.push(conditions_table(found));
    }
    items.extend(rest(subject.object, &[]));
    items
}

/// The conditions of a kind that nobody knows.
pub(super) fn conditions_table(found: &[Value]) -> Item {
    let columns = [
        ("Type", "type"),
        ("Status", "status"),
        ("LastTransitionTime", "lastTransitionTime"),
        ("Reason", "reason"),
        ("Message", "message"),
    ];
    conditions(found, &columns, speaks_ill)
}

/// What a kind that nobody knows says of itself: conditions that everybody reads alike.
pub(super) fn findings(subject: &Subject<'_>, _around: &Around<'_>) -> Vec<Finding> {
    let found = items_at(subject.object, "status/conditions")
        .iter()
        .filter(|condition| speaks_ill(condition));
    let finding = |condition: &Value| {
        let (kind, reason) = (text_at(condition, "type"), text_at(condition, "reason"));
        let mut cause = format!("{kind} is {}", text_at(condition, "status"));
        if !reason.is_empty() {
            cause = format!("{cause} ({reason})");
        }
        let message = text_at(condition, "message");
        if !message.is_empty() {
            cause = format!("{cause}: {message}");
        }
        let health = if text_at(condition, "status") == "Unknown" {
            Health::Unknown
        } else {
            Health::Warn
        };
        Finding {
            health,
            cause: cause.into(),
            next: Phrase::default(),
        }
    };
    found.map(finding).collect()
}

/// Whether a condition says that something is wrong, as far as its name is understood everywhere.
fn speaks_ill(condition: &Value) -> bool {
    let status = text_at(condition, "status");
    match text_at(condition, "type") {
        "Ready" | "Available" | "Healthy" | "Established" | "Synced" | "Accepted" | "Succeeded" => status != "True",
        "Degraded" | "Stalled" | "Failed" | "Failure" | "Error" => status == "True",
        _ => false,
    }
}

/// All fields but the common head, managed fields and what is named here (`.spec.versions`).
pub(super) fn rest(object: &Value, skip: &[&str]) -> Vec<Item> {
    let Some(map) = object.as_object() else {
        return Vec::new();
    };
    let head = [
        ".metadata.name",
        ".metadata.namespace",
        ".metadata.labels",
        ".metadata.annotations",
        ".metadata.managedFields",
    ];
    let skip: Vec<&str> = head.iter().chain(skip).copied().collect();
    fields(map, "", &skip, 0)
}

fn fields(map: &Map<String, Value>, path: &str, skip: &[&str], depth: usize) -> Vec<Item> {
    let mut items = Vec::new();
    for (name, value) in map {
        let path = format!("{path}.{name}");
        if skip.contains(&path.as_str()) {
            continue;
        }
        let label = title(name);
        match value {
            Value::Object(map) => items.push(section(&label, inner(map, &path, skip, depth), folded(&path))),
            Value::Array(list) => {
                let mut inside = Vec::new();
                for child in list {
                    match child {
                        Value::Object(map) => inside.extend(inner(map, &path, skip, depth)),
                        other => inside.extend(scalar_lines(other)),
                    }
                }
                items.push(section(&label, inside, folded(&path)));
            }
            other => items.push(scalar(&label, other)),
        }
    }
    items
}

fn inner(map: &Map<String, Value>, path: &str, skip: &[&str], depth: usize) -> Vec<Item> {
    if depth >= DEEPEST {
        return vec![Item::line(Phrase::of("deeper still: see the YAML", Role::Muted))];
    }
    fields(map, path, skip, depth + 1)
}

/// What is long and rarely asked for, or said above already.
fn folded(path: &str) -> bool {
    path.ends_with(".openAPIV3Schema") || path == ".status.conditions"
}

fn section(name: &str, items: Vec<Item>, folded: bool) -> Item {
    let note = match (folded, name) {
        (true, "Conditions") => "see above",
        (true, _) => "unfold to read",
        _ => "",
    };
    Item::Section {
        name: Clean::new(name),
        note: Phrase::of(note, Role::Comment),
        items,
        folded,
    }
}

fn scalar_lines(value: &Value) -> Vec<Item> {
    Item::block(&plain(value), role(value))
}

/// A field with one value; a text of several lines stands below its name.
fn scalar(name: &str, value: &Value) -> Item {
    match value.as_str() {
        Some(text) if text.trim_end().contains('\n') => Item::Section {
            name: Clean::new(name),
            note: Phrase::default(),
            items: scalar_lines(value),
            folded: false,
        },
        _ => Item::field(name, Phrase::of(plain(value).trim_end(), role(value))),
    }
}

fn role(value: &Value) -> Role {
    if value.is_string() {
        Role::LabelValue
    } else {
        Role::Number
    }
}

/// A field's name in words, as kubectl writes it: `lastTransitionTime` to `Last Transition Time`, `apiURL` to `API URL`.
/// A name with anything but letters and hyphens stays as it is.
fn title(name: &str) -> String {
    if !name.chars().all(|letter| letter.is_alphabetic() || letter == '-') {
        return name.to_owned();
    }
    let words = split(name).into_iter().map(|word| {
        let upper = word.to_uppercase();
        if CAPITALS.contains(&upper.as_str()) {
            return upper;
        }
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Runs of capitals, of small letters and of the rest; the last capital of a run belongs to the small letters after it.
fn split(name: &str) -> Vec<String> {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Lower,
        Upper,
        Other,
    }
    let mut runs: Vec<(Class, String)> = Vec::new();
    for letter in name.chars() {
        let class = match letter {
            _ if letter.is_lowercase() => Class::Lower,
            _ if letter.is_uppercase() => Class::Upper,
            _ => Class::Other,
        };
        match runs.last_mut() {
            Some((last, run)) if *last == class => run.push(letter),
            _ => runs.push((class, letter.to_string())),
        }
    }
    let mut words: Vec<String> = Vec::new();
    let mut carried = String::new();
    let mut rest = runs.into_iter().peekable();
    while let Some((class, run)) = rest.next() {
        let mut word = std::mem::take(&mut carried) + &run;
        let before_small = matches!(rest.peek(), Some((Class::Lower, _)));
        if class == Class::Upper && before_small {
            carried.extend(word.pop());
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::testing::{World, text};
    use crate::describe::words::assert_says;
    use serde_json::json;

    #[test]
    fn names_are_written_in_words() {
        let table = [
            ("lastTransitionTime", "Last Transition Time"),
            ("apiURL", "API URL"),
            ("hullUID", "Hull UID"),
            ("uid", "UID"),
            ("apiVersion", "API Version"),
            ("HTTPServer", "HTTP Server"),
            ("openAPIV3Schema", "openAPIV3Schema"),
            ("x-kubernetes-preserve", "X - Kubernetes - Preserve"),
            ("app.io/name", "app.io/name"),
            ("A", "A"),
            ("aB", "A B"),
            ("", ""),
        ];
        for (name, words) in table {
            assert_eq!(title(name), words, "{name}");
        }
    }

    #[test]
    fn conditions_come_first_and_every_field_follows() {
        let boat = json!({"apiVersion": "x.io/v1", "kind": "Boat",
            "metadata": {"name": "b1", "namespace": "shop", "uid": "u", "managedFields": [{"manager": "kubectl"}]},
            "spec": {"apiURL": "http://x", "crew": [{"name": "a", "age": 3}, {"name": "b", "ranks": ["x", true]}], "empty": {},
                "note": "one\ntwo\n"},
            "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Leak", "message": "water",
                "lastTransitionTime": "2026-11-20T10:00:00Z"}]}});
        let said = World::default().describe("x.io", "Boat", &boat);
        let conditions = said.find("Conditions:").unwrap();
        assert!(conditions < said.find("API Version:").unwrap(), "{said}");
        assert_says(
            &said,
            &[
                "  Ready  False   Fri, 20 Nov 2026 10:00:00 +0000  Leak    water",
                "  API URL:  http://x",
                "    Age:   3",
                "    Ranks:",
                "      true",
                "  Empty:",
                "    two",
                "    Last Transition Time:  2026-11-20T10:00:00Z",
            ],
        );
        assert!(!said.contains("Managed Fields"), "{said}");
        assert_eq!(
            World::default().worst("x.io", "Boat", &boat),
            "Ready is False (Leak): water → "
        );
    }

    #[test]
    fn depth_costs_no_stack() {
        let mut deep = json!("end");
        for _ in 0..100 {
            deep = json!({"a": deep});
        }
        assert!(text(&rest(&json!({"spec": deep}), &[])).contains("deeper still"));
    }
}
