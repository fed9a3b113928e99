//! Who manages a field and since when, read from `metadata.managedFields`.

use super::reach::{items_at, text_at};
use crate::text::yaml::Step;
use crate::text::{Clean, parse_time};
use serde_json::Value;

/// A manager of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its name: `kubectl-client-side-apply`, `kube-controller-manager`.
    pub manager: Clean,
    /// `Apply` or `Update`.
    pub operation: Clean,
    /// The subresource it wrote through: `status`, `scale`; empty for the object itself.
    pub subresource: Clean,
    /// When it last changed what it manages, in unix seconds.
    pub since: Option<i64>,
}

/// Who manages the field at the end of these steps: the last to have written first. Who manages something inside of it
/// counts where nobody manages the field itself.
pub fn owners(object: &Value, steps: &[Step<'_>]) -> Vec<Owner> {
    let mut direct = Vec::new();
    let mut inside = Vec::new();
    for entry in items_at(object, "metadata/managedFields") {
        let owner = || Owner {
            manager: Clean::new(text_at(entry, "manager")),
            operation: Clean::new(text_at(entry, "operation")),
            subresource: Clean::new(text_at(entry, "subresource")),
            since: parse_time(text_at(entry, "time")),
        };
        match holds(super::at(entry, "fieldsV1"), object, steps) {
            Some(true) => direct.push(owner()),
            Some(false) => inside.push(owner()),
            None => {}
        }
    }
    let mut owners = if direct.is_empty() { inside } else { direct };
    owners.sort_by_key(|owner| std::cmp::Reverse(owner.since));
    owners
}

/// Whether a set of fields holds a field: true, or false when it only holds something inside of it.
fn holds(fields: &Value, object: &Value, steps: &[Step<'_>]) -> Option<bool> {
    let (mut fields, mut value) = (fields, object);
    for (depth, step) in steps.iter().enumerate() {
        let set = fields.as_object()?;
        // A set without entries holds everything below it, but the root set is just empty.
        if set.is_empty() {
            return (depth > 0).then_some(true);
        }
        (fields, value) = match step {
            Step::Key(key) => (set.get(&format!("f:{key}"))?, value.get(*key)?),
            Step::Index(place) => {
                let item = value.get(*place)?;
                let mut entries = set.iter();
                let (_, found) = entries.find(|(name, _)| is_item(name, *place, item))?;
                (found, item)
            }
        };
    }
    let set = fields.as_object()?;
    Some(set.is_empty() || set.contains_key("."))
}

/// Whether an entry of a set means this item of a list: `k:{"name":"web"}` by its keys, `v:"text"` by its value, `i:0`.
fn is_item(name: &str, place: usize, item: &Value) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    match name.split_at_checked(2) {
        Some(("k:", keys)) => match read(keys) {
            Some(Value::Object(keys)) => keys.iter().all(|(key, value)| item.get(key) == Some(value)),
            _ => false,
        },
        Some(("v:", value)) => read(value).as_ref() == Some(item),
        Some(("i:", number)) => number.parse() == Ok(place),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_have_their_managers() {
        let object = json!({
            "metadata": {"labels": {"app": "cart"}, "finalizers": ["x", "y"], "managedFields": [
                {"manager": "kubectl", "operation": "Apply", "time": "2023-11-14T22:00:00Z", "fieldsV1": {
                    "f:metadata": {"f:labels": {"f:app": {}}, "f:finalizers": {".": {}, "v:\"y\"": {}}},
                    "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}, "f:name": {}}}, "f:atomic": {}}}},
                {"manager": "hpa", "operation": "Update", "subresource": "scale", "time": "2023-11-14T23:00:00Z",
                    "fieldsV1": {"f:spec": {"f:replicas": {}, "f:containers": {"k:{\"name\":\"web\"}": {"f:image": {}}}}}},
            ]},
            "spec": {"replicas": 3, "containers": [{"name": "log", "image": "b"}, {"name": "web", "image": "a"}],
                "atomic": {"deep": {"er": 1}}},
        });
        use Step::{Index, Key};
        let rows: Vec<(Vec<Step<'_>>, Vec<&str>)> = vec![
            (vec![Key("spec"), Key("replicas")], vec!["hpa"]),
            (
                vec![Key("spec"), Key("containers"), Index(1), Key("image")],
                vec!["hpa", "kubectl"],
            ),
            (vec![Key("spec"), Key("containers"), Index(0), Key("image")], vec![]),
            (vec![Key("spec"), Key("containers"), Index(1)], vec!["kubectl"]),
            (vec![Key("spec"), Key("containers")], vec!["hpa", "kubectl"]),
            (
                vec![Key("spec"), Key("atomic"), Key("deep"), Key("er")],
                vec!["kubectl"],
            ),
            (vec![Key("metadata"), Key("finalizers"), Index(1)], vec!["kubectl"]),
            (vec![Key("metadata"), Key("finalizers"), Index(0)], vec![]),
            (vec![Key("metadata"), Key("labels"), Key("app")], vec!["kubectl"]),
            (vec![Key("status")], vec![]),
        ];
        for (steps, expected) in rows {
            let found = owners(&object, &steps);
            let names: Vec<&str> = found.iter().map(|owner| owner.manager.as_str()).collect();
            assert_eq!(names, expected, "{steps:?}");
        }
        let found = owners(&object, &[Key("spec"), Key("replicas")]);
        assert_eq!(found[0].subresource, *"scale");
        assert_eq!(found[0].since, Some(1_700_002_800));
    }
}
