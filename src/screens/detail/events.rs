//! The Events tab: what happened to the object and to what it owns, live, taken together, warnings first.
//!
//! An object that owns nothing has the events that the head needs anyway. One that makes others reads the events of its
//! namespace: what it made is told by its name, so that the events of pods that are long gone still count.

use super::describe::follow;
use super::object::listed;
use super::{Detail, Inside, Part};
use crate::describe::events::read_all;
use crate::describe::references::selector_text;
use crate::describe::{Listed, text_at};
use crate::kinds::{Catalog, Reference, ResourceName, Row, Uid};
use crate::msg::Phase;
use crate::screens::common::failure_word;
use crate::screens::event_lines::{EventLine, EventWidths, Sieve, group};
use crate::screens::{Ctx, Popup, Request, Shared, Tab, Tone};
use crate::store::{Mark, Table};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{Lines, TextLine};
use crate::want::{ListWant, Scope, Shape, Want};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// So many lines say the event under the cursor in full.
const DETAILS: usize = 4;

/// The Events tab.
#[derive(Debug, Default)]
pub struct Events {
    text: Text,
    sieve: Sieve,
    /// In the order of time, and not warnings first.
    by_time: bool,
    /// Everything before the sieve, taken together.
    all: Vec<EventLine>,
    turns: u64,
    stamp: Option<Vec<u64>>,
    state: State,
    makes: bool,
}

/// How far the events are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Loading,
    Denied(Clean),
    Here,
}

#[derive(Debug, Default, PartialEq)]
struct Text {
    events: Vec<EventLine>,
    widths: EventWidths,
    now: i64,
    ascii: bool,
    /// What is said where there are none.
    note: Option<(String, Role)>,
}

impl Lines for Text {
    fn len(&self) -> usize {
        if self.note.is_some() { 1 } else { self.events.len() + 1 }
    }

    fn line(&self, index: usize) -> TextLine {
        match (&self.note, index.checked_sub(1)) {
            (Some((note, role)), _) => TextLine::new(note.as_str(), *role),
            (None, None) => self.widths.head(),
            (None, Some(index)) => match self.events.get(index) {
                Some(event) => self.widths.line(event, self.now, self.ascii),
                None => TextLine::default(),
            },
        }
    }

    fn words(&self, index: usize) -> Cow<'_, str> {
        Cow::Owned(self.line(index).text())
    }

    fn indent(&self, _index: usize) -> usize {
        0
    }

    fn name(&self, index: usize) -> String {
        let event = index.checked_sub(1).and_then(|index| self.events.get(index));
        event.map_or_else(|| "head".to_owned(), EventLine::name)
    }
}

impl Text {
    fn event(&self, cursor: usize) -> Option<&EventLine> {
        if self.note.is_some() {
            return None;
        }
        self.events.get(cursor.checked_sub(1)?)
    }
}

/// Whether the tab in front is this one, for commands.
pub(super) fn in_front(detail: &Detail, _: &Shared) -> bool {
    detail.tab() == Tab::Events
}

/// The kinds that make others, as (group, kind).
const MAKERS: &[(&str, &str)] = &[
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("", "ReplicationController"),
    ("batch", "Job"),
    ("batch", "CronJob"),
];

/// Whether an object of this name was made by that one.
fn made_by(maker: &str, maker_name: &str, kind: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(maker_name).and_then(|rest| rest.strip_prefix('-')) else {
        return false;
    };
    let one_word = !rest.is_empty() && !rest.contains('-');
    let number = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    match (maker, kind) {
        ("ReplicaSet" | "DaemonSet" | "ReplicationController", "Pod") => one_word,
        // An indexed job's pods have their index before the random word.
        ("Job", "Pod") => {
            one_word
                || rest
                    .split_once('-')
                    .is_some_and(|(index, word)| index.bytes().all(|byte| byte.is_ascii_digit()) && !word.contains('-'))
        }
        ("StatefulSet", "Pod") | ("CronJob", "Job") => number,
        _ => false,
    }
}

/// The object and those of its own that make others.
fn makers(inside: &Inside<'_>, kind: &str, uid: &Uid) -> Vec<(String, String)> {
    let own = (kind.to_owned(), inside.object.name.name.as_str().to_owned());
    let made = match kind {
        "Deployment" => "ReplicaSet",
        "CronJob" => "Job",
        _ => return vec![own],
    };
    let owned = |row: &&Row| row.owner.as_ref().is_some_and(|owner| owner.uid == *uid);
    let list = makers_list(inside, kind);
    let rows = list
        .as_ref()
        .and_then(|list| inside.shared.tables.get(list))
        .into_iter()
        .flat_map(rows_of);
    let names = rows
        .filter(owned)
        .map(|row| (made.to_owned(), row.name.as_str().to_owned()));
    std::iter::once(own).chain(names).collect()
}

fn rows_of(table: &Table) -> impl Iterator<Item = &Row> {
    let there = table.ids().filter(|id| !matches!(table.mark(*id), Mark::Gone(_)));
    there.filter_map(|id| table.row(id))
}

/// The list of what a deployment or a cron job makes and what makes others in turn.
fn makers_list(inside: &Inside<'_>, kind: &str) -> Option<ListWant> {
    let (group, resource) = match kind {
        "Deployment" => ("apps", "replicasets"),
        "CronJob" => ("batch", "jobs"),
        _ => return None,
    };
    let whole = inside.object.whole.as_ref()?;
    let selector = match kind {
        "Deployment" => selector_text(crate::describe::at(&whole.value, "spec/selector")).unwrap_or_default(),
        _ => String::new(),
    };
    Some(ListWant {
        labels: Clean::new(&selector),
        ..objects(inside, group, resource)
    })
}

/// All objects of a resource in the object's namespace.
fn objects(inside: &Inside<'_>, group: &str, resource: &str) -> ListWant {
    ListWant {
        cluster: inside.object.name.cluster,
        resource: ResourceName::new(group, resource),
        scope: Scope::Namespaces(vec![inside.object.name.namespace.clone()]),
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    }
}

/// Whether one event is about the object or about what it made.
fn concerns(event: &EventLine, own: &Reference, makers: &[(String, String)]) -> bool {
    let about = &event.object;
    if about.kind == own.kind && about.name == own.name && about.group == own.group {
        return true;
    }
    makers.iter().any(|(kind, name)| {
        let itself = about.kind == *kind.as_str() && about.name == *name.as_str();
        itself || made_by(kind, name, about.kind.as_str(), about.name.as_str())
    })
}

impl Events {
    fn lists(&self, inside: &Inside<'_>) -> Vec<ListWant> {
        let (group, kind, _) = inside.object.kind(inside.shared);
        if !MAKERS.contains(&(group.as_str(), kind.as_str())) {
            return vec![inside.object.events_list()];
        }
        let mut lists = vec![objects(inside, "", "events")];
        lists.extend(makers_list(inside, kind.as_str()));
        lists
    }

    fn stamp(&self, inside: &Inside<'_>) -> Vec<u64> {
        let tables = self.lists(inside).into_iter().map(|list| {
            inside.shared.tables.get(&list).map_or(0, |table| {
                let states = table
                    .sources()
                    .iter()
                    .map(|source| source.since + u64::from(source.complete));
                table.version().wrapping_mul(31).wrapping_add(states.sum::<u64>() + 1)
            })
        });
        let now = inside.shared.now(inside.object.name.cluster);
        let own = [
            self.turns,
            now as u64,
            inside.object.version,
            u64::from(inside.shared.settings.ascii),
        ];
        own.into_iter().chain(tables).collect()
    }

    /// Reads the lists anew.
    fn read(&mut self, inside: &Inside<'_>) {
        let (group, kind, _) = inside.object.kind(inside.shared);
        self.makes = MAKERS.contains(&(group.as_str(), kind.as_str()));
        self.all.clear();
        if !self.makes {
            match listed(inside.shared, &inside.object.events_list()) {
                Listed::Loading => self.state = State::Loading,
                Listed::Denied(failure) => self.state = State::Denied(said(&failure)),
                Listed::Objects(objects) => {
                    self.state = State::Here;
                    let events = read_all(objects.iter().map(|whole| &whole.value));
                    self.all = group_of(events.iter().map(EventLine::of_facts));
                }
            }
            return;
        }
        let Some(table) = inside.shared.tables.get(&objects(inside, "", "events")) else {
            self.state = State::Loading;
            return;
        };
        self.state = match table.sources().first().map(|source| (&source.phase, source.complete)) {
            Some((Phase::Stopped(failure), _) | (Phase::Backoff { failure, .. }, false)) => {
                State::Denied(said(failure))
            }
            Some((_, true)) => State::Here,
            _ => State::Loading,
        };
        let whole = inside.object.whole.as_ref();
        let uid = Uid::parse(whole.map_or("", |whole| text_at(&whole.value, "metadata/uid")));
        let makers = makers(inside, kind.as_str(), &uid);
        let own = Reference {
            group,
            kind,
            namespace: inside.object.name.namespace.clone(),
            name: inside.object.name.name.clone(),
        };
        let events = rows_of(table).map(EventLine::of_row);
        self.all = group_of(events.filter(|event| concerns(event, &own, &makers)));
    }

    /// How many warnings and others there are, in words.
    fn counted(&self) -> String {
        let warnings = self.all.iter().filter(|event| event.warning).count();
        let whose = if self.makes { " of it and of what it makes" } else { "" };
        format!("{} kinds of events{whose}, {warnings} of them warnings", self.all.len())
    }
}

fn said(failure: &crate::msg::Failure) -> Clean {
    Clean::new(&format!("{}: {}", failure_word(failure.kind), failure.message))
}

/// The newest first; the names keep the order of what happened in the same second.
fn group_of(events: impl Iterator<Item = EventLine>) -> Vec<EventLine> {
    let mut groups = group(events);
    groups.sort_by(|one, other| {
        (other.last, &one.object.name, &one.reason).cmp(&(one.last, &other.object.name, &other.reason))
    });
    groups
}

fn catalog<'a>(inside: &'a Inside<'_>) -> Option<&'a Catalog> {
    let state = inside.shared.clusters.get(&inside.object.name.cluster)?;
    Some(&state.catalog)
}

impl Part for Events {
    fn wants(&self, inside: &Inside<'_>, wants: &mut BTreeSet<Want>) {
        wants.extend(self.lists(inside).into_iter().map(Want::List));
    }

    fn refresh(&mut self, inside: &Inside<'_>, _width: u16) -> bool {
        let stamp = self.stamp(inside);
        if self.stamp.as_ref() == Some(&stamp) {
            return false;
        }
        self.stamp = Some(stamp);
        self.read(inside);
        let now = inside.shared.now(inside.object.name.cluster);
        let passing = self.all.iter().filter(|event| self.sieve.passes(event, now));
        let mut events: Vec<EventLine> = passing.cloned().collect();
        if !self.by_time {
            events.sort_by_key(|event| !event.warning);
        }
        let note = match &self.state {
            State::Denied(why) => Some((format!("events cannot be read: {why}"), Role::Error)),
            State::Loading if events.is_empty() => Some(("loading".to_owned(), Role::Progress)),
            State::Here if self.all.is_empty() => {
                let gone = "no events: the server forgets them after an hour or so";
                Some((gone.to_owned(), Role::Muted))
            }
            _ if events.is_empty() => Some((format!("no events: {}", self.sieve.said()), Role::Muted)),
            _ => None,
        };
        let text = Text {
            widths: EventWidths::of(events.iter(), inside.object.name.namespace.is_empty()),
            events,
            now,
            ascii: inside.shared.settings.ascii,
            note,
        };
        let another = text != self.text;
        self.text = text;
        another
    }

    fn lines(&self) -> &dyn Lines {
        &self.text
    }

    fn status(&self, _cursor: usize, _inside: &Inside<'_>) -> Option<(String, Role)> {
        if self.all.is_empty() {
            return None;
        }
        let order = if self.by_time { "newest first" } else { "warnings first" };
        let mut said = format!("{}; {order}", self.counted());
        if !self.sieve.is_open() {
            said = format!("{said}; only {}", self.sieve.said());
        }
        Some((said, Role::Faint))
    }

    fn beside(&self, cursor: usize, inside: &Inside<'_>, width: u16) -> Vec<TextLine> {
        let Some(event) = self.text.event(cursor) else {
            return Vec::new();
        };
        let now = inside.shared.now(inside.object.name.cluster);
        // It is asked for with half the room, and drawn over the whole of it.
        event.details(now, usize::from(width) * 2, DETAILS)
    }

    fn enter(&mut self, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) -> bool {
        let Some(event) = self.text.event(cursor) else {
            return true;
        };
        let target = catalog(inside).and_then(|catalog| event.target(catalog));
        match target {
            Some(target) => follow(inside, target, ctx),
            None => ctx.toast(Tone::Info, "what this event is about is not served here"),
        }
        true
    }

    fn run(&mut self, name: &str, _cursor: usize, _inside: &Inside<'_>, ctx: &mut Ctx<'_>) -> bool {
        match name {
            "cycle_types" => self.sieve.turn_types(),
            "toggle_order" => self.by_time = !self.by_time,
            "clear_filter" => self.sieve = Sieve::default(),
            "choose_reasons" => ctx.ask(Request::Popup(Popup::Picker(self.sieve.reason_picker(&self.all)))),
            "choose_since" => ctx.ask(Request::Popup(Popup::Picker(self.sieve.time_picker()))),
            _ => return false,
        }
        self.turns += 1;
        true
    }

    fn picked(&mut self, purpose: &'static str, answers: &[String], _inside: &Inside<'_>, ctx: &mut Ctx<'_>) {
        if !self.sieve.picked(purpose, answers) {
            ctx.toast(Tone::Warn, "type a time such as 15m or 2h, or choose one");
        }
        self.turns += 1;
    }

    /// Ages turn by the second.
    fn next_change(&self, _inside: &Inside<'_>) -> Option<i64> {
        Some(1)
    }
}

#[cfg(test)]
mod tests;
