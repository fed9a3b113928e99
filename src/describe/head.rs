//! The common head: name, namespace, labels, annotations; and that the object is being deleted, and what that waits for.

use super::{Around, Item, Phrase, Subject, at, items_at, say, text_at};
use crate::text::human_duration;
use crate::theme::Role;
use serde_json::Value;

/// The first lines of every description.
pub(super) fn head(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let object = subject.object;
    let mut items = vec![Item::field("Name", say::name(object))];
    let namespace = say::namespace(object);
    if !namespace.is_empty() {
        items.push(Item::field(
            "Namespace",
            say::link(namespace, "", "namespaces", "", namespace),
        ));
    }
    items.push(say::labels("Labels", at(object, "metadata/labels")));
    items.push(say::annotations("Annotations", at(object, "metadata/annotations")));
    items.extend(deletion(object, around.now));
    items
}

/// Since when it is being deleted and which finalizers it waits for.
fn deletion(object: &Value, now: i64) -> Vec<Item> {
    let asked = text_at(object, "metadata/deletionTimestamp");
    let Some(at) = crate::text::parse_time(asked) else {
        return Vec::new();
    };
    let since = if at <= now {
        format!("for {}", human_duration(now.saturating_sub(at)))
    } else {
        format!("has {} left to end by itself", human_duration(at.saturating_sub(now)))
    };
    let mut items = vec![Item::field("Being Deleted", Phrase::of(&since, Role::Progress))];
    let finalizers = items_at(object, "metadata/finalizers").iter().filter_map(Value::as_str);
    let finalizers: Vec<Phrase> = finalizers.map(|finalizer| Phrase::of(finalizer, Role::Warn)).collect();
    if !finalizers.is_empty() {
        items.push(Item::fields("Waits For Finalizers", finalizers));
    }
    items
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use serde_json::json;

    #[test]
    fn a_head_says_what_it_is_and_that_it_goes() {
        let object = json!({"metadata": {"name": "cart", "namespace": "shop", "labels": {"b": "2", "a": "1"},
            "deletionTimestamp": "2024-05-01T09:50:00Z", "finalizers": ["example.com/wait"]}});
        let text = World::default().describe("example.com", "Thing", &object);
        let expected = "\
Name:                  cart
Namespace:             shop
Labels:                a=1
                       b=2
Annotations:           <none>
Being Deleted:         for 10m
Waits For Finalizers:  example.com/wait";
        assert!(text.starts_with(expected), "{text}");
        let object = json!({"metadata": {"name": "node-a"}});
        let text = World::default().describe("", "Nothing", &object);
        assert!(
            text.starts_with("Name:         node-a\nLabels:       <none>\nAnnotations:  <none>\n"),
            "{text}"
        );
    }
}
