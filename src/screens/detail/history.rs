//! The History tab: the changes of the object that this run has seen, newest first. A line says when, who and what; what
//! belongs to it is each change with its old and its new value.
//!
//! ```text
//! 12:03:04  kubectl-edit  spec.replicas 2 → 3
//!   spec.replicas
//!   - 2
//!   + 3
//! 12:02:41  kubelet  48 heartbeats
//! 12:00:10  first seen
//! ```
//!
//! What only beats (versions, heartbeats, the times of managers) is counted and not told. A secret's values are never here.

use super::{Inside, Part};
use crate::text::{Change, Clean, changes, clean, format_time, scalar, value_lines};
use crate::theme::Role;
use crate::ui::{Lines, TextLine};
use crate::want::Want;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

/// How many changes of an object are kept.
pub const MOST_ENTRIES: usize = 50;
/// The same in bytes.
pub const MOST_BYTES: usize = 4 << 20;
/// How many paths of one change are told, and how many lines of a value.
const MOST_PATHS: usize = 200;
const MOST_LINES: usize = 60;
/// A value longer than this stands below the line and not in it.
const SHORT: usize = 40;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// The first state that this run saw.
    First,
    /// It changed.
    Changed,
    /// Only what beats, so many times.
    Beats(u32),
    /// It was deleted.
    Deleted,
    /// It was deleted, and another one has its name.
    Replaced,
}

/// One line of a change, raw.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    indent: usize,
    text: String,
    role: Role,
}

#[derive(Clone, Debug)]
struct Entry {
    what: What,
    /// Counts the entries: what folds are remembered by.
    number: u64,
    /// Unix seconds by the server's clock.
    time: i64,
    managers: Vec<String>,
    summary: String,
    /// Only the status is another one.
    status_only: bool,
    pieces: Vec<Piece>,
    bytes: usize,
}

/// The changes of an object that were seen while it was open.
#[derive(Debug, Default)]
pub struct Recorder {
    entries: VecDeque<Entry>,
    count: u64,
    forgotten: u64,
}

/// Fields that change by time alone.
fn beats(path: &str) -> bool {
    const OF_METADATA: [&str; 3] = [
        "metadata.resourceVersion",
        "metadata.managedFields",
        "metadata.generation",
    ];
    const ENDS: [&str; 7] = [
        ".lastHeartbeatTime",
        ".lastProbeTime",
        ".lastUpdateTime",
        ".renewTime",
        ".observedGeneration",
        ".lastSyncTime",
        "[\"control-plane.alpha.kubernetes.io/leader\"]",
    ];
    OF_METADATA.iter().any(|known| {
        path.strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
    }) || ENDS.iter().any(|end| path.ends_with(end))
}

/// Whether a value at this path of a Secret is secret: its data, and the copy of it that kubectl apply keeps.
fn secret(path: &str) -> bool {
    ["data", "stringData", "metadata.annotations"].iter().any(|place| {
        path.strip_prefix(place)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// The managers whose entries are other ones now, with the time of the newest.
fn managers(old: &Value, new: &Value) -> (Vec<String>, Option<i64>) {
    let entries = |value: &Value| {
        value["metadata"]["managedFields"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let before = entries(old);
    let mut found: Vec<String> = Vec::new();
    let mut time = None;
    for entry in entries(new).into_iter().filter(|entry| !before.contains(entry)) {
        let name = entry["manager"].as_str().unwrap_or("someone").to_owned();
        let when = entry["time"].as_str().and_then(crate::text::parse_time);
        time = time.max(when);
        if !found.contains(&name) && found.len() < 8 {
            found.push(name);
        }
    }
    (found, time)
}

/// `12:03:04`, in UTC like every time here.
fn clock(time: i64) -> String {
    format_time(time).get(11..19).unwrap_or_default().to_owned()
}

/// `spec.replicas 2 → 3`, `metadata.labels.app removed`.
fn in_short(change: &Change, hidden: bool) -> String {
    let short = |value: &Value| scalar(value).filter(|text| text.chars().count() <= SHORT && !text.contains('\n'));
    let path = &change.path;
    if hidden {
        return match (&change.old, &change.new) {
            (None, _) => format!("{path} added"),
            (_, None) => format!("{path} removed"),
            _ => format!("{path} changed"),
        };
    }
    match (change.old.as_ref().map(short), change.new.as_ref().map(short)) {
        (Some(Some(old)), Some(Some(new))) => format!("{path} {old} → {new}"),
        (None, Some(Some(new))) => format!("{path} {new} added"),
        (None, _) => format!("{path} added"),
        (_, None) => format!("{path} removed"),
        _ => format!("{path} changed"),
    }
}

fn pieces_of(found: &[&Change], hides: impl Fn(&str) -> bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut piece = |indent, text: String, role| pieces.push(Piece { indent, text, role });
    for change in found.iter().take(MOST_PATHS) {
        piece(2, change.path.clone(), Role::LabelKey);
        for (value, sign, role) in [(&change.old, "-", Role::Removed), (&change.new, "+", Role::Added)] {
            let Some(value) = value else { continue };
            if hides(&change.path) {
                let length = value.as_str().map_or(0, str::len);
                piece(4, format!("{sign} (hidden, {length} characters encoded)"), role);
                continue;
            }
            let lines = value_lines(value, MOST_LINES);
            let full = lines.len() == MOST_LINES;
            for line in lines {
                let line = if line.len() > crate::text::CELL_LIMIT {
                    let cut = line
                        .char_indices()
                        .map(|(at, _)| at)
                        .take_while(|at| *at <= crate::text::CELL_LIMIT)
                        .last();
                    format!("{}…", line.get(..cut.unwrap_or(0)).unwrap_or_default())
                } else {
                    line
                };
                piece(4, format!("{sign} {line}"), role);
            }
            if full {
                piece(4, format!("{sign} …"), Role::Faint);
            }
        }
    }
    if found.len() > MOST_PATHS {
        piece(2, format!("and {} more", found.len() - MOST_PATHS), Role::Faint);
    }
    pieces
}

impl Recorder {
    /// Takes in a state of the object, after the one before it. `now` is the server's time in unix seconds.
    pub fn see(&mut self, old: Option<&Value>, new: &Value, now: i64) {
        let Some(old) = old else {
            return self.push(What::First, now, Vec::new(), String::new(), false, Vec::new());
        };
        let all = changes(old, new);
        let told: Vec<&Change> = all.iter().filter(|change| !beats(&change.path)).collect();
        let (managers, managed_at) = managers(old, new);
        // A manager's time is the server's own; one that lies in the future or far back is not about this change.
        let time = managed_at
            .filter(|time| (now - 60..=now + 5).contains(time))
            .unwrap_or(now);
        if told.is_empty() {
            let same = |entry: &Entry| entry.managers == managers;
            if let Some(Entry {
                what: What::Beats(count),
                time: last,
                ..
            }) = self.entries.front_mut().filter(|entry| same(entry))
            {
                *count = count.saturating_add(1);
                *last = time;
                self.count += 1;
                return;
            }
            return self.push(What::Beats(1), time, managers, String::new(), true, Vec::new());
        }
        let hidden = new["kind"] == "Secret" && new["apiVersion"] == "v1";
        let hides = |path: &str| hidden && secret(path);
        let status_only = told.iter().all(|change| change.path.starts_with("status"));
        // What was asked for is told before what came of it.
        let mut sorted = told.clone();
        sorted.sort_by_key(|change| change.path.starts_with("status"));
        let mut summary: Vec<String> = sorted
            .iter()
            .take(3)
            .map(|change| in_short(change, hides(&change.path)))
            .collect();
        if sorted.len() > 3 {
            summary.push(format!("{} more", sorted.len() - 3));
        }
        let pieces = pieces_of(&sorted, hides);
        self.push(What::Changed, time, managers, summary.join(", "), status_only, pieces);
    }

    /// The object is gone. Said once.
    pub fn gone(&mut self, replaced: bool, now: i64) {
        let what = if replaced { What::Replaced } else { What::Deleted };
        let said = self
            .entries
            .front()
            .is_some_and(|entry| matches!(entry.what, What::Deleted | What::Replaced));
        if !said {
            self.push(what, now, Vec::new(), String::new(), false, Vec::new());
        }
    }

    fn push(
        &mut self,
        what: What,
        time: i64,
        managers: Vec<String>,
        summary: String,
        status_only: bool,
        pieces: Vec<Piece>,
    ) {
        self.count += 1;
        let bytes = summary.len()
            + pieces
                .iter()
                .map(|piece| piece.text.len() + size_of::<Piece>())
                .sum::<usize>();
        self.entries.push_front(Entry {
            what,
            number: self.count,
            time,
            managers,
            summary,
            status_only,
            pieces,
            bytes,
        });
        let mut sum: usize = self.entries.iter().map(|entry| entry.bytes).sum();
        while self.entries.len() > MOST_ENTRIES || (sum > MOST_BYTES && self.entries.len() > 1) {
            let Some(oldest) = self.entries.pop_back() else { break };
            sum -= oldest.bytes;
            self.forgotten += 1;
        }
    }

    /// Rises with every state that is taken in.
    pub fn version(&self) -> u64 {
        self.count
    }
}

/// A line of the text: its own name, indentation, pieces of text with their roles.
#[derive(Debug, Default)]
struct Row {
    name: String,
    indent: usize,
    spans: Vec<(String, Role)>,
    folded: bool,
}

/// The lines of a history.
#[derive(Debug, Default)]
struct Rows(Vec<Row>);

impl Lines for Rows {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn line(&self, index: usize) -> TextLine {
        let spans = self.0.get(index).map_or(&[][..], |row| &row.spans);
        TextLine {
            spans: spans
                .iter()
                .map(|(text, role)| (clean(text).into_owned(), *role))
                .collect(),
        }
    }

    fn words(&self, index: usize) -> Cow<'_, str> {
        let spans = self.0.get(index).map_or(&[][..], |row| &row.spans);
        Cow::Owned(spans.iter().map(|(text, _)| text.as_str()).collect())
    }

    fn indent(&self, index: usize) -> usize {
        self.0.get(index).map_or(0, |row| row.indent)
    }

    fn name(&self, index: usize) -> String {
        self.0.get(index).map_or_else(String::new, |row| row.name.clone())
    }

    fn begins_folded(&self, index: usize) -> bool {
        self.0.get(index).is_some_and(|row| row.folded)
    }
}

/// The History tab.
#[derive(Debug, Default)]
pub struct History {
    rows: Rows,
    made: Option<(u64, bool, String)>,
}

fn rows_of(recorder: &Recorder, ascii: bool, polled: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for entry in &recorder.entries {
        let mut spans = vec![(format!("{}  ", clock(entry.time)), Role::Number)];
        if !entry.managers.is_empty() {
            spans.push((format!("{}  ", Clean::new(&entry.managers.join(", "))), Role::Accent));
        }
        let arrow = |text: &str| {
            if ascii {
                text.replace('→', "->")
            } else {
                text.to_owned()
            }
        };
        spans.push(match &entry.what {
            What::First => ("first seen".to_owned(), Role::Muted),
            What::Changed if entry.status_only => (arrow(&entry.summary), Role::Muted),
            What::Changed => (arrow(&entry.summary), Role::Text),
            What::Beats(1) => ("a heartbeat".to_owned(), Role::Faint),
            What::Beats(count) => (format!("{count} heartbeats"), Role::Faint),
            What::Deleted => ("deleted".to_owned(), Role::Error),
            What::Replaced => ("deleted; another one has its name now".to_owned(), Role::Error),
        });
        rows.push(Row {
            name: format!("{}", entry.number),
            indent: 0,
            spans,
            folded: true,
        });
        for (place, piece) in entry.pieces.iter().enumerate() {
            rows.push(Row {
                name: format!("{}.{place}", entry.number),
                indent: piece.indent,
                spans: vec![(piece.text.clone(), piece.role)],
                folded: false,
            });
        }
    }
    let mut say = |text: String| {
        rows.push(Row {
            name: text.clone(),
            indent: 0,
            spans: vec![(text, Role::Muted)],
            folded: false,
        });
    };
    if recorder.forgotten > 0 {
        say(format!("{} older changes are not kept", recorder.forgotten));
    }
    if !polled.is_empty() {
        say(format!("{polled}: what changed in between is told as one change"));
    }
    rows
}

impl Part for History {
    fn wants(&self, _inside: &Inside<'_>, _wants: &mut BTreeSet<Want>) {}

    fn refresh(&mut self, inside: &Inside<'_>, _width: u16) -> bool {
        let recorder = &inside.object.recorder;
        let polled = inside
            .object
            .polled(inside.shared)
            .map_or_else(String::new, |(_, every)| {
                format!("it is read every {} s", every.as_secs())
            });
        let made = (recorder.version(), inside.shared.settings.ascii, polled);
        if self.made.as_ref() == Some(&made) {
            return false;
        }
        self.rows = Rows(rows_of(recorder, made.1, &made.2));
        self.made = Some(made);
        true
    }

    fn lines(&self) -> &dyn Lines {
        &self.rows
    }

    fn status(&self, _cursor: usize, inside: &Inside<'_>) -> Option<(String, Role)> {
        let seen = inside.object.recorder.entries.back()?;
        let since = clock(seen.time);
        Some((format!("what this view has seen since {since} (UTC)"), Role::Muted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(version: u32, replicas: u32, extra: Value) -> Value {
        let mut value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "resourceVersion": version.to_string(),
            "managedFields": [{"manager": "kubectl-edit", "time": format_time(1000 + i64::from(version)), "fieldsV1": {"v": replicas}}]},
            "spec": {"replicas": replicas}});
        if let (Value::Object(own), Value::Object(other)) = (&mut value, extra) {
            own.extend(other);
        }
        value
    }

    fn told(recorder: &Recorder) -> Vec<String> {
        let rows = rows_of(recorder, false, "");
        rows.iter()
            .map(|row| {
                format!(
                    "{}{}",
                    " ".repeat(row.indent),
                    row.spans.iter().map(|(text, _)| text.as_str()).collect::<String>()
                )
            })
            .collect()
    }

    #[test]
    fn a_change_says_when_who_and_what() {
        let mut recorder = Recorder::default();
        let (one, two) = (pod(1, 2, json!({})), pod(2, 3, json!({})));
        recorder.see(None, &one, 1000);
        recorder.see(Some(&one), &two, 1004);
        assert_eq!(
            told(&recorder),
            [
                "00:16:42  kubectl-edit  spec.replicas 2 → 3",
                "  spec.replicas",
                "    - 2",
                "    + 3",
                "00:16:40  first seen"
            ]
        );
        recorder.gone(false, 1010);
        recorder.gone(false, 1011);
        assert_eq!(told(&recorder)[0], "00:16:50  deleted");
        assert_eq!(told(&recorder).len(), 6, "said once");
    }

    #[test]
    fn what_only_beats_is_counted() {
        let beat = |n: u32| json!({"status": {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": n.to_string()}]}});
        let mut recorder = Recorder::default();
        let states: Vec<Value> = (0..20).map(|n| pod(n, 2, beat(n))).collect();
        recorder.see(None, &states[0], 1000);
        for pair in states.windows(2) {
            recorder.see(Some(&pair[0]), &pair[1], 1010);
        }
        let last = pod(
            30,
            2,
            json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}),
        );
        recorder.see(Some(&states[19]), &last, 1031);
        let lines = told(&recorder);
        assert!(
            lines[0].contains("status.conditions[type=Ready].status True → False"),
            "{lines:?}"
        );
        assert_eq!(
            lines.iter().filter(|line| line.contains("19 heartbeats")).count(),
            1,
            "{lines:?}"
        );
    }

    #[test]
    fn what_was_asked_for_comes_before_what_came_of_it() {
        let mut recorder = Recorder::default();
        let one = pod(1, 2, json!({"status": {"a": 1, "b": 1, "c": 1}}));
        let two = pod(2, 3, json!({"status": {"a": 2, "b": 2, "c": 2}}));
        recorder.see(Some(&one), &two, 1000);
        let line = &told(&recorder)[0];
        assert!(
            line.ends_with("spec.replicas 2 → 3, status.a 1 → 2, status.b 1 → 2, 1 more"),
            "{line}"
        );
    }

    #[test]
    fn a_secret_tells_no_value() {
        let secret = |value: &str| {
            json!({"apiVersion": "v1", "kind": "Secret", "data": {"password": value, "x.y": value},
                "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": value}}})
        };
        let mut recorder = Recorder::default();
        recorder.see(Some(&secret("Y2FuYXJ5")), &secret("bmlnaHRpbmdhbGU="), 1000);
        let mut with_new = secret("bmlnaHRpbmdhbGU=");
        with_new["stringData"] = json!({"a": {"b": "bmlnaHRpbmdhbGU="}});
        recorder.see(Some(&secret("bmlnaHRpbmdhbGU=")), &with_new, 1001);
        let all = told(&recorder).join("\n");
        assert!(
            all.contains("data.password changed") && all.contains("(hidden, 8 characters encoded)"),
            "{all}"
        );
        assert!(!all.contains("Y2Fu") && !all.contains("bmln"), "{all}");
        assert!(!format!("{recorder:?}").contains("bmln"), "nor is one kept");
    }

    #[test]
    fn it_stays_within_its_bounds() {
        let mut recorder = Recorder::default();
        let states: Vec<Value> = (0..200).map(|n| pod(n, n, json!({}))).collect();
        for pair in states.windows(2) {
            recorder.see(Some(&pair[0]), &pair[1], 1000);
        }
        assert_eq!(recorder.entries.len(), MOST_ENTRIES);
        assert_eq!(told(&recorder).last().unwrap(), "149 older changes are not kept");
        // Values of megabytes: cut in lines, and old ones go.
        let big = |n: u32| {
            let lines: Vec<String> = (0..100).map(|_| "x".repeat(100_000)).collect();
            pod(n, 1, json!({"data": {"a": lines.join("\n"), "n": n}}))
        };
        let mut recorder = Recorder::default();
        let (one, two) = (big(1), pod(2, 1, json!({})));
        for turn in 0..40 {
            let (old, new) = if turn % 2 == 0 { (&one, &two) } else { (&two, &one) };
            recorder.see(Some(old), new, 1000);
        }
        let kept: usize = recorder.entries.iter().map(|entry| entry.bytes).sum();
        assert!(kept <= MOST_BYTES && !recorder.entries.is_empty(), "{kept}");
    }
}
