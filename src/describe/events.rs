//! Events: read, grouped and printed as kubectl's describe prints them. One reader for the core group's form and that
//! of events.k8s.io, series included. It refuses to fetch and to judge: what an event means is for the findings.

use super::{Around, Item, Listed, Phrase, at, items_at, number_at, text_at};
use crate::kinds::Reference;
use crate::msg::FailureKind;
use crate::text::{Clean, age, clean_lines, parse_time};
use crate::theme::Role;
use serde_json::Value;

/// At most so many lines of one message are printed.
const MOST_LINES: usize = 8;
/// At most so many events are printed; the newest.
const MOST_EVENTS: usize = 200;

/// What an event says, whichever group wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFacts {
    /// metadata.uid
    pub uid: Clean,
    /// Whether its type is `Warning`.
    pub warning: bool,
    /// Its type: `Normal`, `Warning`.
    pub kind: Clean,
    /// Why it was written, one word: `FailedScheduling`.
    pub reason: Clean,
    /// What happened, for a person. Raw, may have several lines: draw it through [`EventFacts::lines`].
    pub message: String,
    /// What it is about.
    pub object: Reference,
    /// The uid of what it is about.
    pub object_uid: Clean,
    /// Which part of the object: `spec.containers{app}`.
    pub part: Clean,
    /// Who wrote it: `kubelet`.
    pub source: Clean,
    /// Where that ran: a node, an instance of a controller.
    pub instance: Clean,
    /// When it happened first, in unix seconds.
    pub first: Option<i64>,
    /// When it happened last, in unix seconds.
    pub last: Option<i64>,
    /// How often it happened; at least 1.
    pub count: u64,
}

impl EventFacts {
    /// Reads an event as core/v1 or events.k8s.io write it. What is missing or of another type is empty.
    pub fn read(event: &Value) -> EventFacts {
        let either = |one: &str, other: &str| match text_at(event, one) {
            "" => Clean::new(text_at(event, other)),
            text => Clean::new(text),
        };
        let time = |path: &str| parse_time(text_at(event, path));
        let involved = match at(event, "involvedObject") {
            Value::Null => at(event, "regarding"),
            involved => involved,
        };
        let instance = match either("source/host", "deprecatedSource/host") {
            host if host.is_empty() => Clean::new(text_at(event, "reportingInstance")),
            host => host,
        };
        let source = match either("source/component", "deprecatedSource/component") {
            source if source.is_empty() => either("reportingComponent", "reportingController"),
            source => source,
        };
        let created = time("metadata/creationTimestamp");
        let old_last = time("lastTimestamp").or_else(|| time("deprecatedLastTimestamp"));
        let own = time("eventTime");
        let first = own
            .or_else(|| time("firstTimestamp"))
            .or_else(|| time("deprecatedFirstTimestamp"));
        let series = at(event, "series");
        let (last, count) = if series.is_object() {
            (
                parse_time(text_at(series, "lastObservedTime")).or(old_last),
                number_at(series, "count"),
            )
        } else {
            (
                old_last,
                number_at(event, "count").or_else(|| number_at(event, "deprecatedCount")),
            )
        };
        let kind = Clean::new(text_at(event, "type"));
        let group = text_at(involved, "apiVersion")
            .split_once('/')
            .map_or("", |(group, _)| group);
        let message = match text_at(event, "message") {
            "" => text_at(event, "note"),
            message => message,
        };
        EventFacts {
            uid: Clean::new(text_at(event, "metadata/uid")),
            warning: kind == "Warning",
            kind,
            reason: Clean::new(text_at(event, "reason")),
            message: message.trim().to_owned(),
            object: Reference {
                group: Clean::new(group),
                kind: Clean::new(text_at(involved, "kind")),
                namespace: Clean::new(text_at(involved, "namespace")),
                name: Clean::new(text_at(involved, "name")),
            },
            object_uid: Clean::new(text_at(involved, "uid")),
            part: Clean::new(text_at(involved, "fieldPath")),
            source,
            instance,
            first: first.or(old_last).or(created),
            last: last.or(own).or(first).or(created),
            count: count.and_then(|count| u64::try_from(count).ok()).unwrap_or(1).max(1),
        }
    }

    /// Its message, safe to draw, line by line.
    pub fn lines(&self) -> Vec<Clean> {
        let mut lines = clean_lines(&self.message);
        lines.truncate(MOST_LINES);
        lines
    }

    /// The container it is about, if it is about one: the word in `spec.containers{app}`.
    pub fn container(&self) -> Option<&str> {
        let (_, rest) = self.part.as_str().split_once('{')?;
        rest.strip_suffix('}')
    }

    /// When, as kubectl's describe prints it: `5s`, `3m (x12 over 10m)`.
    pub fn when(&self, now: i64) -> String {
        if self.count > 1 {
            return format!(
                "{} (x{} over {})",
                age(now, self.last),
                self.count,
                age(now, self.first)
            );
        }
        age(now, self.first)
    }
}

/// The events of a list, the oldest sighting first, as kubectl's describe sorts them.
pub fn read_all<'a>(events: impl Iterator<Item = &'a Value>) -> Vec<EventFacts> {
    let mut events: Vec<EventFacts> = events.map(EventFacts::read).collect();
    events.sort_by(|one, other| (one.last, one.first, &one.uid).cmp(&(other.last, other.first, &other.uid)));
    events
}

/// The events about the object of a description, the oldest sighting first; none while they are not there.
pub(super) fn of(around: &Around<'_>) -> Vec<EventFacts> {
    match around.events {
        Listed::Objects(objects) => read_all(objects.iter().map(|whole| &whole.value)),
        Listed::Loading | Listed::Denied(_) => Vec::new(),
    }
}

/// Events that say the same of the same object, taken together: `count`, `first` and `last` are over all of them. The
/// newest message stands for them. Warnings come first, then the newest sighting.
pub fn group(events: Vec<EventFacts>) -> Vec<EventFacts> {
    let mut groups: std::collections::BTreeMap<(String, String, String, String), EventFacts> = Default::default();
    for event in events {
        let object = format!(
            "{}/{}/{}/{}/{}",
            event.object.group, event.object.kind, event.object.namespace, event.object.name, event.object_uid
        );
        let key = (
            object,
            event.reason.to_string(),
            event.part.to_string(),
            gist(&event.message),
        );
        match groups.entry(key) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(event);
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let before = place.get_mut();
                let first = [before.first, event.first].into_iter().flatten().min();
                let count = before.count.saturating_add(event.count);
                if event.last > before.last {
                    *before = event;
                }
                before.first = first;
                before.count = count;
            }
        }
    }
    let mut groups: Vec<EventFacts> = groups.into_values().collect();
    groups.sort_by(|one, other| {
        (other.warning, other.last, &one.object.name).cmp(&(one.warning, one.last, &other.object.name))
    });
    groups
}

/// A message without what differs between repetitions: numbers and long hexadecimal words.
fn gist(message: &str) -> String {
    let words = message.split_whitespace().map(|word| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if digits == 0 { word } else { "#" }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The events at the end of a description.
pub fn section(around: &Around<'_>) -> Item {
    let objects = match around.events {
        Listed::Loading => return Item::field("Events", Phrase::of("loading", Role::Muted)),
        Listed::Denied(failure) => {
            let words = match failure.kind {
                FailureKind::Forbidden | FailureKind::Unauthenticated => "not allowed to read events: ",
                _ => "cannot be read: ",
            };
            let phrase = Phrase::of(words, Role::Warn).and(failure.message.as_str(), Role::Muted);
            return Item::field("Events", phrase);
        }
        Listed::Objects(objects) => objects,
    };
    let events = read_all(objects.iter().map(|whole| &whole.value));
    if events.is_empty() {
        return Item::section("Events", Vec::new());
    }
    let hidden = events.len().saturating_sub(MOST_EVENTS);
    let mut rows = Vec::new();
    for event in events.iter().skip(hidden) {
        let role = if event.warning { Role::Warn } else { Role::LabelValue };
        let mut lines = event.lines().into_iter();
        let message = lines.next().unwrap_or_default();
        rows.push(vec![
            Phrase::of(event.kind.as_str(), role),
            Phrase::of(event.reason.as_str(), role),
            Phrase::new(&event.when(around.now)),
            Phrase::new(event.source.as_str()),
            Phrase::of(message.as_str(), role),
        ]);
        for line in lines {
            rows.push(vec![
                Phrase::default(),
                Phrase::default(),
                Phrase::default(),
                Phrase::default(),
                Phrase::of(line.as_str(), role),
            ]);
        }
    }
    let mut items = vec![Item::table(&["Type", "Reason", "Age", "From", "Message"], rows)];
    if hidden > 0 {
        items.insert(
            0,
            Item::line(Phrase::of(&format!("{hidden} older ones are left out"), Role::Muted)),
        );
    }
    Item::section("Events", items)
}

/// The condition of this type in `status.conditions`.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    items_at(object, "status/conditions")
        .iter()
        .find(|condition| text_at(condition, "type") == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::testing::{around, text};
    use crate::kinds::Whole;
    use crate::msg::Failure;
    use serde_json::json;
    use std::sync::Arc;

    fn old(uid: &str, reason: &str, message: &str, first: &str, last: &str, count: i64) -> Value {
        json!({"metadata": {"uid": uid, "creationTimestamp": first}, "type": "Warning", "reason": reason, "message": message,
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "namespace": "shop", "name": "cart", "uid": "u-1",
                "fieldPath": "spec.containers{app}"},
            "source": {"component": "kubelet", "host": "node-a"}, "firstTimestamp": first, "lastTimestamp": last,
            "eventTime": null, "count": count, "reportingComponent": "", "reportingInstance": ""})
    }

    fn new() -> Value {
        json!({"metadata": {"uid": "n"}, "type": "Normal", "reason": "Scheduled", "note": "Successfully assigned",
            "regarding": {"kind": "Deployment", "apiVersion": "apps/v1", "namespace": "shop", "name": "cart"},
            "reportingController": "default-scheduler", "reportingInstance": "scheduler-0",
            "eventTime": "2024-05-01T09:50:00.123456Z", "deprecatedFirstTimestamp": null, "deprecatedCount": 0,
            "series": {"count": 4, "lastObservedTime": "2024-05-01T09:59:00.000000Z"}})
    }

    const NOW: i64 = 1_714_557_600;

    #[test]
    fn both_forms_are_read() {
        let event = EventFacts::read(&old(
            "a",
            "BackOff",
            " back\n",
            "2024-05-01T09:00:00Z",
            "2024-05-01T09:58:00Z",
            12,
        ));
        assert_eq!(event.when(NOW), "2m (x12 over 60m)");
        assert_eq!(event.container(), Some("app"));
        assert_eq!((event.source.as_str(), event.instance.as_str()), ("kubelet", "node-a"));
        assert_eq!((event.message.as_str(), event.warning), ("back", true));
        let event = EventFacts::read(&new());
        assert_eq!(event.when(NOW), "60s (x4 over 10m)");
        assert_eq!(event.source.as_str(), "default-scheduler");
        assert_eq!(
            (event.object.group.as_str(), event.object.kind.as_str()),
            ("apps", "Deployment")
        );
        assert_eq!(event.message, "Successfully assigned");
        let single = EventFacts::read(&json!({"eventTime": "2024-05-01T09:59:30.5Z", "count": null, "series": null}));
        assert_eq!((single.when(NOW).as_str(), single.count), ("30s", 1));
        for strange in [
            json!(null),
            json!([]),
            json!({"count": "x", "series": 3, "involvedObject": "y"}),
        ] {
            assert_eq!(EventFacts::read(&strange).count, 1);
        }
    }

    #[test]
    fn what_says_the_same_is_one_group() {
        let events = [
            old(
                "a",
                "Unhealthy",
                "probe failed after 10ms",
                "2024-05-01T09:00:00Z",
                "2024-05-01T09:10:00Z",
                3,
            ),
            old(
                "b",
                "Unhealthy",
                "probe failed after 12ms",
                "2024-05-01T08:00:00Z",
                "2024-05-01T09:20:00Z",
                4,
            ),
            old(
                "c",
                "Unhealthy",
                "another thing",
                "2024-05-01T08:00:00Z",
                "2024-05-01T08:00:00Z",
                1,
            ),
            new(),
        ];
        let events = read_all(events.iter());
        let groups = group(events);
        let said: Vec<String> = groups
            .iter()
            .map(|event| format!("{} {}", event.message, event.when(NOW)))
            .collect();
        assert_eq!(
            said,
            [
                "probe failed after 12ms 40m (x7 over 120m)",
                "another thing 120m",
                "Successfully assigned 60s (x4 over 10m)"
            ]
        );
    }

    #[test]
    fn the_section_is_kubectls() {
        let whole = |value| Arc::new(Whole { value, bytes: 0 });
        let listed = Listed::Objects(vec![
            whole(new()),
            whole(old(
                "a",
                "BackOff",
                "Back-off\nsecond",
                "2024-05-01T09:00:00Z",
                "2024-05-01T09:58:00Z",
                12,
            )),
        ]);
        around(&listed, NOW, |around| {
            let expected = "\
Events:
  Type     Reason     Age                From               Message
  Warning  BackOff    2m (x12 over 60m)  kubelet            Back-off
                                                            second
  Normal   Scheduled  60s (x4 over 10m)  default-scheduler  Successfully assigned";
            assert_eq!(text(&[section(around)]), expected);
        });
        around(&Listed::Objects(Vec::new()), NOW, |around| {
            assert_eq!(text(&[section(around)]), "Events:  <none>");
        });
        let denied = Listed::Denied(Failure {
            kind: FailureKind::Forbidden,
            message: Clean::new("events is forbidden"),
            remedy: None,
        });
        around(&denied, NOW, |around| {
            assert_eq!(
                text(&[section(around)]),
                "Events:  not allowed to read events: events is forbidden"
            );
        });
    }
}
