//! Events as lines: from rows or whole events, taken together where they say the same, sieved, ordered, worded.
//! What the Events tab and the timeline have in common. It is no screen and knows none.

use crate::describe::events::EventFacts;
use crate::kinds::{Catalog, Fact, Reference, Row, Target, Value};
use crate::screens::Picker;
use crate::text::{Clean, age, cut_middle, pad_left, pad_right, parse_duration, width};
use crate::theme::Role;
use crate::ui::TextLine;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::hash::{DefaultHasher, Hash, Hasher};

/// An object's name takes at most so many columns of a line.
const WIDEST_OBJECT: usize = 52;
/// A reason takes at most so many.
const WIDEST_REASON: usize = 24;
/// What the picker of times offers.
const TIMES: [&str; 6] = ["all", "10m", "30m", "1h", "6h", "24h"];

/// An event, or several that say the same of the same object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// Whether its type is `Warning`.
    pub warning: bool,
    /// Its type.
    pub kind: Clean,
    /// Why, in one word.
    pub reason: Clean,
    /// What happened.
    pub message: Clean,
    /// What it is about.
    pub object: Reference,
    /// Which part of it.
    pub part: Clean,
    /// When it happened first, in unix seconds.
    pub first: Option<i64>,
    /// When it happened last, in unix seconds.
    pub last: Option<i64>,
    /// How often it happened.
    pub count: u64,
    /// Who says so, and where that runs.
    pub source: Clean,
    /// When it is known to have happened, in unix seconds: the first and the last time of each event in the group.
    pub sightings: Vec<i64>,
}

impl EventLine {
    /// Reads a row of a list of events.
    pub fn of_row(row: &Row) -> EventLine {
        let text = |cell: usize| match row.cells.get(cell).map(|cell| &cell.value) {
            Some(Value::Text(text)) => text.clone(),
            _ => Clean::default(),
        };
        let time = |cell: usize| match row.cells.get(cell).map(|cell| &cell.value) {
            Some(Value::Time(time)) => *time,
            _ => None,
        };
        let count = match row.cells.get(8).map(|cell| &cell.value) {
            Some(Value::Int(count)) => u64::try_from(*count).unwrap_or(1).max(1),
            _ => 1,
        };
        let object = row.fact(|fact| match fact {
            Fact::Names("involved", object) => Some(object.clone()),
            _ => None,
        });
        let kind = text(1);
        let (first, last) = (time(7).or(row.created), time(0).or(row.created));
        EventLine {
            source: text(5),
            sightings: sightings(first, last),
            warning: kind == "Warning",
            kind,
            reason: text(2),
            message: text(6),
            object: object.unwrap_or(Reference {
                group: Clean::default(),
                kind: Clean::default(),
                namespace: row.namespace.clone(),
                name: Clean::default(),
            }),
            part: text(4),
            first,
            last,
            count,
        }
    }

    /// Takes over a whole event that was read.
    pub fn of_facts(event: &EventFacts) -> EventLine {
        let source = match event.instance.as_str() {
            "" => event.source.clone(),
            instance => Clean::new(&format!("{}, {instance}", event.source)),
        };
        EventLine {
            source,
            sightings: sightings(event.first, event.last),
            warning: event.warning,
            kind: event.kind.clone(),
            reason: event.reason.clone(),
            message: Clean::new(&event.message),
            object: event.object.clone(),
            part: event.part.clone(),
            first: event.first,
            last: event.last,
            count: event.count,
        }
    }

    /// What it is called among the lines: the same as long as it says the same of the same object.
    pub fn name(&self) -> String {
        format!(
            "{}/{}/{}/{}/{}/{:x}",
            self.reason,
            self.object.kind,
            self.object.namespace,
            self.object.name,
            self.part,
            gist(self.message.as_str())
        )
    }

    /// `pod/cart-1`, with its namespace where several are shown.
    pub fn object_text(&self, namespaces: bool) -> String {
        let kind = self.object.kind.as_str().to_lowercase();
        if namespaces && !self.object.namespace.is_empty() {
            format!("{kind}/{}/{}", self.object.namespace, self.object.name)
        } else {
            format!("{kind}/{}", self.object.name)
        }
    }

    /// Its whole message and where it comes from, for below the lines: at most so many lines.
    pub fn details(&self, now: i64, room: usize, most: usize) -> Vec<TextLine> {
        let message = crate::ui::wrap(self.message.as_str(), room.max(10));
        let mut lines: Vec<TextLine> = message
            .iter()
            .map(|line| TextLine::new(line.as_str(), Role::Text))
            .collect();
        let whole = most.saturating_sub(1).max(1);
        if lines.len() > whole {
            lines.truncate(whole);
            let last = lines.pop().map(|last| last.and(" …", Role::Faint));
            lines.extend(last);
        }
        let mut said = format!(
            "{}: first {} ago, last {} ago",
            self.object_text(true),
            age(now, self.first),
            age(now, self.last)
        );
        for (word, text) in [("of", &self.part), ("from", &self.source)] {
            if !text.is_empty() {
                said.push_str(&format!(", {word} {text}"));
            }
        }
        lines.push(TextLine::new(said, Role::Muted));
        lines
    }

    /// Where Enter leads; nowhere when the cluster does not serve its kind.
    pub fn target(&self, catalog: &Catalog) -> Option<Target> {
        if self.object.name.is_empty() {
            return None;
        }
        let found = catalog.by_kind(self.object.group.as_str(), self.object.kind.as_str())?;
        Some(Target::Object {
            resource: found.name.clone(),
            namespace: if found.namespaced {
                self.object.namespace.clone()
            } else {
                Clean::default()
            },
            name: self.object.name.clone(),
        })
    }
}

/// The moments at which an event is known to have happened.
fn sightings(first: Option<i64>, last: Option<i64>) -> Vec<i64> {
    let mut times: Vec<i64> = [first, last].into_iter().flatten().collect();
    times.dedup();
    times
}

/// A message without what differs between repetitions (words with digits in them), as one number.
fn gist(message: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for word in message.split_whitespace() {
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            '#'.hash(&mut hasher);
        } else {
            word.hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Takes together what says the same of the same object: counted, from the first to the last, with the newest message.
pub fn group(events: impl Iterator<Item = EventLine>) -> Vec<EventLine> {
    let mut places: HashMap<(Reference, Clean, Clean, u64), usize> = HashMap::new();
    let mut groups: Vec<EventLine> = Vec::new();
    for event in events {
        let key = (
            event.object.clone(),
            event.reason.clone(),
            event.part.clone(),
            gist(event.message.as_str()),
        );
        match places.entry(key) {
            Place::Vacant(place) => {
                place.insert(groups.len());
                groups.push(event);
            }
            Place::Occupied(place) => {
                let Some(before) = groups.get_mut(*place.get()) else {
                    continue;
                };
                let first = [before.first, event.first].into_iter().flatten().min();
                let count = before.count.saturating_add(event.count);
                let mut times = std::mem::take(&mut before.sightings);
                times.extend_from_slice(&event.sightings);
                if event.last > before.last {
                    *before = event;
                }
                before.first = first;
                before.count = count;
                before.sightings = times;
            }
        }
    }
    groups
}

/// Which types are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Types {
    /// All of them.
    #[default]
    All,
    /// Warnings alone.
    Warnings,
    /// Everything but warnings.
    Normal,
}

/// What is shown of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sieve {
    /// Which types.
    pub types: Types,
    /// Only these reasons; none is all.
    pub reasons: Vec<String>,
    /// Only what happened within so many seconds.
    pub within: Option<i64>,
    /// Words that must stand in object, reason or message, in small letters; `!word` must not.
    pub words: Vec<String>,
}

impl Sieve {
    /// Whether nothing is held back.
    pub fn is_open(&self) -> bool {
        *self == Sieve::default()
    }

    /// Whether an event passes at this moment (unix seconds).
    pub fn passes(&self, event: &EventLine, now: i64) -> bool {
        let typed = match self.types {
            Types::All => true,
            Types::Warnings => event.warning,
            Types::Normal => !event.warning,
        };
        let reason = self.reasons.is_empty() || self.reasons.iter().any(|reason| event.reason == *reason.as_str());
        let recent = self
            .within
            .is_none_or(|within| event.last.is_some_and(|last| now - last <= within));
        typed
            && reason
            && recent
            && (self.words.is_empty() || {
                let object = event.object_text(true);
                super::common::passes(&self.words, &[&object, event.reason.as_str(), event.message.as_str()])
            })
    }

    /// The next choice of types.
    pub fn turn_types(&mut self) {
        self.types = match self.types {
            Types::All => Types::Warnings,
            Types::Warnings => Types::Normal,
            Types::Normal => Types::All,
        };
    }

    /// What is held back, in words; empty when nothing is.
    pub fn said(&self) -> String {
        let mut parts = Vec::new();
        match self.types {
            Types::All => {}
            Types::Warnings => parts.push("warnings".to_owned()),
            Types::Normal => parts.push("no warnings".to_owned()),
        }
        if !self.reasons.is_empty() {
            parts.push(self.reasons.join(" or "));
        }
        if let Some(within) = self.within {
            parts.push(format!("within {}", crate::text::human_duration(within)));
        }
        if !self.words.is_empty() {
            parts.push(self.words.join(" "));
        }
        parts.join(", ")
    }

    /// The question for reasons: all that there are, with how often they happened.
    pub fn reason_picker(&self, events: &[EventLine]) -> Picker {
        let mut counts: HashMap<&Clean, u64> = HashMap::new();
        for event in events {
            let count = counts.entry(&event.reason).or_default();
            *count = count.saturating_add(event.count);
        }
        let mut items: Vec<(Clean, Clean, bool)> = counts
            .into_iter()
            .map(|(reason, count)| {
                let chosen = self.reasons.iter().any(|one| *reason == *one.as_str());
                (reason.clone(), Clean::new(&format!("{count} times")), chosen)
            })
            .collect();
        items.sort();
        Picker {
            title: "Reasons; none is all".into(),
            purpose: REASONS,
            items,
            several: true,
            free: false,
        }
    }

    /// The question for a time.
    pub fn time_picker(&self) -> Picker {
        let chosen = |text: &str| parse_time_choice(text) == Some(self.within);
        Picker {
            title: "How far back; or type one, such as 15m".into(),
            purpose: TIME,
            items: TIMES
                .iter()
                .map(|text| (Clean::new(text), Clean::default(), chosen(text)))
                .collect(),
            several: false,
            free: true,
        }
    }

    /// Takes the answer to one of these questions. Says whether it could be read; another question is fine, too.
    pub fn picked(&mut self, purpose: &str, answers: &[String]) -> bool {
        match purpose {
            REASONS => self.reasons = answers.to_vec(),
            TIME => match answers.first().and_then(|text| parse_time_choice(text)) {
                Some(within) => self.within = within,
                None => return answers.is_empty(),
            },
            _ => {}
        }
        true
    }
}

/// The question which reasons are shown.
pub const REASONS: &str = "event reasons";
/// The question how far back events are shown.
pub const TIME: &str = "event time";

/// `all`, or a duration in seconds.
fn parse_time_choice(text: &str) -> Option<Option<i64>> {
    if text.trim() == "all" {
        return Some(None);
    }
    parse_duration(text.trim()).map(Some)
}

/// How wide the columns of these lines are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventWidths {
    kind: usize,
    reason: usize,
    object: usize,
    count: usize,
    /// Whether namespaces are shown.
    pub namespaces: bool,
}

impl EventWidths {
    /// The widths that these lines need.
    pub fn of<'a>(events: impl Iterator<Item = &'a EventLine>, namespaces: bool) -> EventWidths {
        let (mut kind, mut reason, mut object, mut most) = (0, 0, 0, 0);
        for event in events {
            kind = kind.max(width(event.kind.as_str()));
            reason = reason.max(width(event.reason.as_str()));
            let names = width(event.object.kind.as_str()) + 1 + width(event.object.name.as_str());
            let inside = if namespaces {
                width(event.object.namespace.as_str()) + 1
            } else {
                0
            };
            object = object.max(names + inside);
            most = most.max(event.count);
        }
        EventWidths {
            kind: kind.clamp(4, 10),
            reason: reason.clamp(6, WIDEST_REASON),
            object: object.clamp(6, WIDEST_OBJECT),
            count: (most.to_string().len() + 1).clamp(5, 12),
            namespaces,
        }
    }

    /// The headings.
    pub fn head(&self) -> TextLine {
        let text = format!(
            " LAST    {}  {}  {}  {}  MESSAGE",
            pad_right("TYPE", self.kind),
            pad_right("REASON", self.reason),
            pad_right("OBJECT", self.object),
            pad_left("COUNT", self.count),
        );
        TextLine::new(text, Role::Column)
    }

    /// An event as a line.
    pub fn line(&self, event: &EventLine, now: i64, ascii: bool) -> TextLine {
        let mark = match (event.warning, ascii) {
            (true, false) => "▲ ",
            (true, true) => "! ",
            (false, _) => "  ",
        };
        let role = if event.warning { Role::Warn } else { Role::Text };
        let cut = |text: &str, most: usize| pad_right(&cut_middle(text, most), most).into_owned();
        let object = event.object_text(self.namespaces);
        let object = cut_middle(&object, self.object);
        let rest = self.object.saturating_sub(width(&object));
        let count = if event.count > 1 {
            format!("x{}", event.count)
        } else {
            String::new()
        };
        TextLine::new(pad_left(&age(now, event.last), 6).into_owned(), Role::Muted)
            .and(" ", Role::Text)
            .and(mark, Role::Warn)
            .and(
                cut(event.kind.as_str(), self.kind),
                if event.warning { Role::Warn } else { Role::Muted },
            )
            .and("  ", Role::Text)
            .and(cut(event.reason.as_str(), self.reason), role)
            .and("  ", Role::Text)
            .and(object.into_owned(), Role::Link)
            .and(" ".repeat(rest + 2), Role::Text)
            .and(pad_left(&count, self.count).into_owned(), Role::Muted)
            .and("  ", Role::Text)
            .and(event.message.as_str(), role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(reason: &str, name: &str, message: &str, last: i64, count: u64) -> EventLine {
        EventLine {
            warning: reason == "BackOff",
            kind: if reason == "BackOff" { "Warning" } else { "Normal" }.into(),
            reason: reason.into(),
            message: message.into(),
            object: Reference {
                group: "".into(),
                kind: "Pod".into(),
                namespace: "shop".into(),
                name: name.into(),
            },
            part: "".into(),
            first: Some(last - 60),
            last: Some(last),
            count,
            source: "kubelet, node-a".into(),
            sightings: vec![last - 60, last],
        }
    }

    #[test]
    fn what_says_the_same_of_the_same_is_one() {
        let events = [
            event("BackOff", "a", "restarting after 10s", 100, 2),
            event("BackOff", "a", "restarting after 20s", 200, 3),
            event("BackOff", "b", "restarting after 20s", 150, 1),
            event("BackOff", "a", "another thing", 150, 1),
        ];
        let groups = group(events.into_iter());
        let said: Vec<String> = groups
            .iter()
            .map(|one| format!("{} {} {:?}", one.message, one.count, one.first))
            .collect();
        assert_eq!(
            said,
            [
                "restarting after 20s 5 Some(40)",
                "restarting after 20s 1 Some(90)",
                "another thing 1 Some(90)"
            ]
        );
    }

    #[test]
    fn details_are_bounded() {
        let long = event("BackOff", "a", &"word ".repeat(100), 100, 1);
        let lines: Vec<String> = long.details(160, 20, 4).iter().map(TextLine::text).collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[2].ends_with(" …"), "{lines:?}");
        assert_eq!(lines[3], "pod/shop/a: first 2m ago, last 60s ago, from kubelet, node-a");
        assert_eq!(event("Pulled", "a", "x", 100, 1).details(160, 20, 4).len(), 2);
    }

    #[test]
    fn sieves() {
        let events = [
            event("BackOff", "a", "x", 100, 1),
            event("Pulled", "b", "image", 1_000, 1),
        ];
        let table: [(Sieve, &str, &str); 6] = [
            (Sieve::default(), "ab", ""),
            (
                Sieve {
                    types: Types::Warnings,
                    ..Sieve::default()
                },
                "a",
                "warnings",
            ),
            (
                Sieve {
                    types: Types::Normal,
                    ..Sieve::default()
                },
                "b",
                "no warnings",
            ),
            (
                Sieve {
                    reasons: vec!["Pulled".into(), "None".into()],
                    ..Sieve::default()
                },
                "b",
                "Pulled or None",
            ),
            (
                Sieve {
                    within: Some(600),
                    ..Sieve::default()
                },
                "b",
                "within 10m",
            ),
            (
                Sieve {
                    words: vec!["pod".into(), "!image".into()],
                    ..Sieve::default()
                },
                "a",
                "pod !image",
            ),
        ];
        for (sieve, passing, said) in table {
            let names: String = events
                .iter()
                .filter(|one| sieve.passes(one, 1_010))
                .map(|one| one.object.name.to_string())
                .collect();
            assert_eq!(names, passing, "{sieve:?}");
            assert_eq!(sieve.said(), said);
        }
    }

    #[test]
    fn questions_and_answers() {
        let mut sieve = Sieve::default();
        let events = [
            event("BackOff", "a", "x", 100, 7),
            event("Pulled", "b", "image", 1_000, 1),
        ];
        assert!(sieve.picked(REASONS, &["Pulled".to_owned()]));
        let picker = sieve.reason_picker(&events);
        let items: Vec<(&str, &str, bool)> = picker
            .items
            .iter()
            .map(|(text, more, on)| (text.as_str(), more.as_str(), *on))
            .collect();
        assert_eq!(items, [("BackOff", "7 times", false), ("Pulled", "1 times", true)]);
        assert!(sieve.picked(TIME, &["15m".to_owned()]));
        assert_eq!(sieve.within, Some(900));
        assert!(!sieve.picked(TIME, &["nonsense".to_owned()]));
        assert!(sieve.picked(TIME, &["all".to_owned()]));
        assert_eq!(sieve.within, None);
        assert!(sieve.time_picker().items[0].2, "what holds is chosen at the start");
    }

    #[test]
    fn lines_align() {
        let events = [
            event("BackOff", "a", "x", 100, 12),
            event("Pulled", "long-name", "image", 1_000, 1),
        ];
        let widths = EventWidths::of(events.iter(), false);
        assert_eq!(
            widths.head().text(),
            " LAST    TYPE     REASON   OBJECT         COUNT  MESSAGE"
        );
        assert_eq!(
            widths.line(&events[0], 160, true).text(),
            "   60s ! Warning  BackOff  pod/a            x12  x"
        );
        assert_eq!(
            widths.line(&events[1], 1_060, true).text(),
            "   60s   Normal   Pulled   pod/long-name         image"
        );
    }
}
