//! One event: what it says in two lines, then its fields as kubectl prints them.

use super::events::EventFacts;

use super::{Around, Describer, Item, Phrase, Subject, generic, say};
use crate::theme::Role;

/// Events.
pub static EVENT: Describer = Describer {
    group: "",
    kind: "Event",
    findings: |_, _| Vec::new(),
    items,
};

/// Events of the newer group.
pub static EVENT_NEW: Describer = Describer {
    group: "events.k8s.io",
    ..EVENT
};

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let event = EventFacts::read(subject.object);
    let (group, kind) = (event.object.group.as_str(), event.object.kind.as_str());
    let (namespace, name) = (event.object.namespace.as_str(), event.object.name.as_str());
    let about = say::link(&format!("{kind}/{name}"), group, kind, namespace, name);
    let role = if event.warning { Role::Warn } else { Role::LabelValue };
    let mut said = vec![Item::field("About", about), Item::field("When", event.when(around.now))];
    said.extend(
        event
            .lines()
            .into_iter()
            .map(|line| Item::line(Phrase::of(line.as_str(), role))),
    );
    let mut items = vec![Item::section("In Short", said)];
    items.extend(generic::rest(subject.object, &[]));
    items
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::json;

    #[test]
    fn an_event_leads_to_what_it_is_about() {
        let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"}, "type": "Warning",
            "reason": "BackOff", "message": "Back-off restarting", "count": 7, "eventTime": null,
            "firstTimestamp": "2024-05-01T09:00:00Z", "lastTimestamp": "2024-05-01T09:58:00Z",
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "namespace": "shop", "name": "cart"}});
        assert_says(
            &World::default().describe("", "Event", &event),
            &[
                "About: Pod/cart",
                "When: 2m (x7 over 60m)",
                "API Version: v1",
                "Event Time: <nil>",
                "Message: Back-off restarting",
                "Name: cart",
            ],
        );
    }
}
