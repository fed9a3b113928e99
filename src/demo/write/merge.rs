//! Patches: what merge and strategic merge make of a document.

use serde_json::{Value, json};

/// RFC 7386; a strategic patch also merges lists of named entries and honours `$patch: delete`.
pub(in crate::demo) fn merge(value: &mut Value, patch: &Value, strategic: bool) {
    let Some(patch) = patch.as_object() else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    for (key, new) in patch {
        match new {
            Value::Null => {
                if let Some(map) = value.as_object_mut() {
                    map.remove(key);
                }
            }
            Value::Array(list) if strategic => merge_list(&mut value[key.as_str()], list),
            Value::Object(_) => merge(&mut value[key.as_str()], new, strategic),
            // Directives for the server are no fields.
            _ if strategic && key.starts_with('$') => {}
            _ => value[key.as_str()] = new.clone(),
        }
    }
}

fn merge_list(value: &mut Value, patch: &[Value]) {
    let key = ["name", "uid", "type", "containerPort", "port", "mountPath", "ip"];
    let key = key.into_iter().find(|k| patch.iter().all(|item| item.get(k).is_some()));
    let (Some(key), Some(list)) = (key, value.as_array_mut()) else {
        *value = Value::Array(patch.to_vec());
        return;
    };
    for item in patch {
        let at = list.iter().position(|old| old[key] == item[key]);
        match (at, item["$patch"] == "delete") {
            (Some(at), true) => {
                list.remove(at);
            }
            (Some(at), false) => merge(&mut list[at], item, true),
            (None, true) => {}
            (None, false) => list.push(item.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_patches_follow_the_rfc() {
        for (value, patch, wanted) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": [1, 2]}), json!({"a": [3]}), json!({"a": [3]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": null, "d": 1}}),
                json!({"a": {"d": 1}}),
            ),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
            (json!({"a": "text"}), json!({"a": {"b": 1}}), json!({"a": {"b": 1}})),
        ] {
            let mut got = value.clone();
            merge(&mut got, &patch, false);
            assert_eq!(got, wanted, "{value} + {patch}");
        }
    }

    #[test]
    fn strategic_patches_merge_named_entries() {
        let mut value = json!({"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]});
        merge(
            &mut value,
            &json!({"containers": [{"name": "b", "image": "z"}, {"name": "a", "$patch": "delete"}]}),
            true,
        );
        assert_eq!(value, json!({"containers": [{"name": "b", "image": "z"}]}));
    }
}
