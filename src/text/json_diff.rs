//! What differs between two states of an object, path by path. Elements of lists are matched by what identifies them (a
//! container's name, a condition's type), as a server-side merge does, so that one that moved is not taken for two others.
//! Paths and values are raw and hostile: nothing of them may be drawn but through `clean`.

use serde_json::{Map, Value};
use std::collections::HashMap;

/// What identifies the element of a list, the most telling first. An element needs the same one in all of its list.
const IDENTITIES: [&str; 10] = [
    "mountPath",
    "devicePath",
    "name",
    "type",
    "uid",
    "topologyKey",
    "key",
    "containerPort",
    "port",
    "ip",
];

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where: `spec.template.spec.containers[name=app].image`, `metadata.annotations["example.dev/note"]`, `spec.args[2]`.
    pub path: String,
    /// What was there; None when it is new.
    pub old: Option<Value>,
    /// What is there; None when it is gone.
    pub new: Option<Value>,
}

/// Every difference between two states, in the order of their fields. What was added or removed whole is one change.
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut out = Vec::new();
    compare(&mut String::new(), old, new, &mut out);
    out
}

/// A value as lines, as YAML would show them: `image: web:2`, `- name: app`, each with its indentation. At most so many.
pub fn value_lines(value: &Value, most: usize) -> Vec<String> {
    let mut out = Vec::new();
    write(value, 0, "", most, &mut out);
    out
}

/// A scalar in one line, without quotes where nothing asks for them; None for what has parts.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) if fields.is_empty() => Some("{}".to_owned()),
        Value::Array(items) if items.is_empty() => Some("[]".to_owned()),
        Value::Object(_) | Value::Array(_) => None,
        Value::String(text) => {
            // What would read as something else, or as nothing, is quoted.
            let other = text.is_empty()
                || text.trim() != text
                || text.contains('\n')
                || matches!(text.as_str(), "true" | "false" | "null" | "~" | "yes" | "no")
                || text.parse::<f64>().is_ok();
            Some(if other {
                Value::String(text.clone()).to_string()
            } else {
                text.clone()
            })
        }
        other => Some(other.to_string()),
    }
}

fn compare(path: &mut String, old: &Value, new: &Value, out: &mut Vec<Change>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => compare_fields(path, before, after, out),
        (Value::Array(before), Value::Array(after)) => compare_lists(path, before, after, out),
        _ if old == new => {}
        _ => out.push(Change {
            path: path.clone(),
            old: Some(old.clone()),
            new: Some(new.clone()),
        }),
    }
}

/// Does something at a longer path.
fn below(path: &mut String, step: &str, act: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(step);
    act(path);
    path.truncate(length);
}

/// A field's step: `.image`, or `["example.dev/note"]` where a dot would mislead.
fn step_of(path: &str, name: &str) -> String {
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '$'));
    match (plain, path.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!(".{name}"),
        (false, _) => format!("[{}]", Value::String(name.to_owned())),
    }
}

fn compare_fields(path: &mut String, before: &Map<String, Value>, after: &Map<String, Value>, out: &mut Vec<Change>) {
    for (name, old) in before {
        let step = step_of(path, name);
        below(path, &step, |path| match after.get(name) {
            Some(new) => compare(path, old, new, out),
            None => out.push(Change {
                path: path.clone(),
                old: Some(old.clone()),
                new: None,
            }),
        });
    }
    for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let step = step_of(path, name);
        below(path, &step, |path| {
            out.push(Change {
                path: path.clone(),
                old: None,
                new: Some(new.clone()),
            });
        });
    }
}

/// What each element is called, when every one of them has a name of its own.
fn identities<'a>(items: &'a [Value], key: &str) -> Option<Vec<(String, &'a Value)>> {
    let mut seen = std::collections::HashSet::new();
    items
        .iter()
        .map(|item| {
            let name = match item.get(key)? {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            seen.insert(name.clone()).then_some((name, item))
        })
        .collect()
}

/// The elements themselves as their names, where they are words and none is there twice (finalizers).
fn words(items: &[Value]) -> Option<Vec<(String, &Value)>> {
    let mut seen = std::collections::HashSet::new();
    items
        .iter()
        .map(|item| {
            let text = item.as_str()?.to_owned();
            seen.insert(text.clone()).then_some((text, item))
        })
        .collect()
}

fn compare_lists(path: &mut String, before: &[Value], after: &[Value], out: &mut Vec<Change>) {
    if before == after {
        return;
    }
    for key in IDENTITIES {
        if let (Some(old), Some(new)) = (identities(before, key), identities(after, key))
            && !(old.is_empty() && new.is_empty())
        {
            return compare_named(path, &format!("{key}="), &old, &new, out);
        }
    }
    // Where the place of a word means nothing, one that is put in the middle moves none of the others.
    if before.len() != after.len()
        && let (Some(old), Some(new)) = (words(before), words(after))
    {
        return compare_named(path, "", &old, &new, out);
    }
    for index in 0..before.len().max(after.len()) {
        below(path, &format!("[{index}]"), |path| {
            match (before.get(index), after.get(index)) {
                (Some(old), Some(new)) => compare(path, old, new, out),
                (old, new) => out.push(Change {
                    path: path.clone(),
                    old: old.cloned(),
                    new: new.cloned(),
                }),
            }
        });
    }
}

fn compare_named(
    path: &mut String,
    key: &str,
    old: &[(String, &Value)],
    new: &[(String, &Value)],
    out: &mut Vec<Change>,
) {
    let found = out.len();
    let after: HashMap<&str, &Value> = new.iter().map(|(name, item)| (name.as_str(), *item)).collect();
    let before: HashMap<&str, &Value> = old.iter().map(|(name, item)| (name.as_str(), *item)).collect();
    for (name, item) in old {
        below(path, &format!("[{key}{name}]"), |path| match after.get(name.as_str()) {
            Some(now) => compare(path, item, now, out),
            None => out.push(Change {
                path: path.clone(),
                old: Some((*item).clone()),
                new: None,
            }),
        });
    }
    for (name, item) in new.iter().filter(|(name, _)| !before.contains_key(name.as_str())) {
        below(path, &format!("[{key}{name}]"), |path| {
            out.push(Change {
                path: path.clone(),
                old: None,
                new: Some((*item).clone()),
            });
        });
    }
    if out.len() == found {
        // The same elements in another order, which means something in lists of containers and arguments.
        let order =
            |items: &[(String, &Value)]| Value::Array(items.iter().map(|(name, _)| name.clone().into()).collect());
        out.push(Change {
            path: format!("{path}[order]"),
            old: Some(order(old)),
            new: Some(order(new)),
        });
    }
}

fn write(value: &Value, indent: usize, head: &str, most: usize, out: &mut Vec<String>) {
    if out.len() >= most {
        return;
    }
    let blanks = " ".repeat(indent);
    if let Value::String(text) = value
        && text.contains('\n')
    {
        out.push(format!(
            "{blanks}{head}{}|",
            if head.is_empty() || head == "- " { "" } else { " " }
        ));
        let room = most.saturating_sub(out.len());
        out.extend(text.lines().take(room).map(|line| format!("{blanks}  {line}")));
        return;
    }
    if let Some(text) = scalar(value) {
        let gap = if head.is_empty() || head.ends_with(' ') {
            ""
        } else {
            " "
        };
        out.push(format!("{blanks}{head}{gap}{text}"));
        return;
    }
    let inner = match head {
        "" => indent,
        "- " => indent + 2,
        _ => {
            out.push(format!("{blanks}{head}"));
            indent + 2
        }
    };
    match value {
        Value::Object(fields) => {
            for (place, (name, field)) in fields.iter().enumerate() {
                // The first field of an element stands behind its dash.
                let start = out.len();
                write(field, inner, &format!("{name}:"), most, out);
                if head == "- "
                    && place == 0
                    && let Some(line) = out.get_mut(start)
                {
                    *line = format!("{blanks}- {}", line.trim_start());
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                write(item, inner, "- ", most, out);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(old: &Value, new: &Value) -> Vec<String> {
        let text = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
        changes(old, new)
            .into_iter()
            .map(|change| format!("{} {} {}", change.path, text(change.old), text(change.new)))
            .collect()
    }

    #[test]
    fn differences_by_path() {
        let rows: &[(Value, Value, &[&str])] = &[
            (json!({"a": 1}), json!({"a": 1}), &[]),
            (
                json!({"spec": {"replicas": 2}}),
                json!({"spec": {"replicas": 3}}),
                &["spec.replicas 2 3"],
            ),
            (json!({"a": {"b": 1}}), json!({"a": {}}), &["a.b 1 -"]),
            (json!({}), json!({"a": {"b": 1}}), &[r#"a - {"b":1}"#]),
            (json!({"a": 1}), json!({"a": "1"}), &[r#"a 1 "1""#]),
            (json!({"a": 1}), json!({"a": null}), &["a 1 null"]),
            (
                json!({"m": {"x.dev/y": "1", "": 2}}),
                json!({"m": {"x.dev/y": "2", "": 3}}),
                &[r#"m[""] 2 3"#, r#"m["x.dev/y"] "1" "2""#],
            ),
            // Elements by their names: one that was put in front moves nobody.
            (
                json!({"c": [{"name": "a", "image": "1"}]}),
                json!({"c": [{"name": "b", "image": "9"}, {"name": "a", "image": "2"}]}),
                &[r#"c[name=a].image "1" "2""#, r#"c[name=b] - {"image":"9","name":"b"}"#],
            ),
            // The same volume mounted twice is told apart by where.
            (
                json!([{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]),
                json!([{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b", "readOnly": true}]),
                &["[mountPath=/b].readOnly - true"],
            ),
            (
                json!({"conditions": [{"type": "Ready", "status": "False"}]}),
                json!({"conditions": [{"type": "Ready", "status": "True"}]}),
                &[r#"conditions[type=Ready].status "False" "True""#],
            ),
            (
                json!({"p": [{"port": 80, "x": 1}]}),
                json!({"p": [{"port": 80, "x": 2}]}),
                &["p[port=80].x 1 2"],
            ),
            (json!({"f": ["a", "b"]}), json!({"f": ["b"]}), &[r#"f[a] "a" -"#]),
            (json!({"f": ["a", "b"]}), json!({"f": ["a", "c"]}), &[r#"f[1] "b" "c""#]),
            (json!({"f": []}), json!({"f": ["c"]}), &[r#"f[c] - "c""#]),
            (json!({"f": [1, 2]}), json!({"f": [1]}), &["f[1] 2 -"]),
            // Two of the same name are no names.
            (
                json!([{"name": "a", "v": 1}, {"name": "a", "v": 2}]),
                json!([{"name": "a", "v": 1}, {"name": "a", "v": 3}]),
                &["[1].v 2 3"],
            ),
            (
                json!([{"name": "a"}, {"name": "b"}]),
                json!([{"name": "b"}, {"name": "a"}]),
                &[r#"[order] ["a","b"] ["b","a"]"#],
            ),
            (json!(1), json!(2), &[" 1 2"]),
        ];
        for (old, new, expected) in rows {
            assert_eq!(told(old, new), *expected, "{old} to {new}");
        }
    }

    #[test]
    fn values_as_lines() {
        for (value, lines) in [
            (json!(3), vec!["3"]),
            (json!("3"), vec!["\"3\""]),
            (json!("web:2"), vec!["web:2"]),
            (json!(""), vec!["\"\""]),
            (json!({}), vec!["{}"]),
            (
                json!({"name": "a", "env": [{"name": "X", "value": "1"}, "y"], "none": null}),
                vec![
                    "env:",
                    "  - name: X",
                    "    value: \"1\"",
                    "  - y",
                    "name: a",
                    "none: null",
                ],
            ),
            (json!([[1, 2]]), vec!["  - 1", "  - 2"]),
            (json!({"script": "a\nb"}), vec!["script: |", "  a", "  b"]),
        ] {
            assert_eq!(value_lines(&value, 100), lines, "{value}");
        }
        let many = Value::Array((0..1000).map(Value::from).collect());
        assert_eq!(value_lines(&many, 10).len(), 10);
        assert_eq!(value_lines(&json!("a\n".repeat(100)), 10).len(), 10);
    }
}
