//! Tests of the timeline.

use super::*;
use crate::kinds::{Codec, Scratch, kind};
use crate::msg::{Delta, TableEvent};
use crate::screens::testing::{PROD, drawn, every_size, run, shared, type_text};
use crate::text::format_time;

const NOW: i64 = 1_700_000_000;

fn row(name: &str, about: &str, warning: bool, reason: &str, message: &str, ago: i64) -> Row {
    let at = format_time(NOW - ago);
    let json = serde_json::json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1"},
        "type": if warning {"Warning"} else {"Normal"}, "reason": reason, "message": message,
        "involvedObject": {"kind": "Pod", "apiVersion": "v1", "namespace": "shop", "name": about},
        "firstTimestamp": at, "lastTimestamp": at, "count": 1});
    let Codec::Slim(decode) = kind("", "events").unwrap().codec else {
        panic!()
    };
    decode(json.to_string().as_bytes(), &mut Scratch::new()).unwrap()
}

fn timeline(rows: Vec<Row>) -> (Timeline, Shared) {
    let mut shared = shared();
    let scope = Scope::Namespaces(vec!["shop".into()]);
    let timeline = Timeline::new(PROD, scope);
    let mut table = Table::new("Event".into(), kind("", "events").unwrap().columns.into(), 1, 0);
    table.apply(TableEvent::Begin { source: 0, epoch: 1 }, 0);
    shared.tables.insert(timeline.list(), table);
    feed(&timeline, &mut shared, rows);
    let table = shared.tables.get_mut(&timeline.list()).unwrap();
    table.apply(TableEvent::End { source: 0, epoch: 1 }, 0);
    (timeline, shared)
}

fn feed(timeline: &Timeline, shared: &mut Shared, rows: Vec<Row>) {
    let table = shared.tables.get_mut(&timeline.list()).unwrap();
    let deltas = rows.into_iter().map(Delta::Upsert).collect();
    table.apply(TableEvent::Deltas { source: 0, deltas }, 0);
}

fn some() -> Vec<Row> {
    vec![
        row("a", "cart-1", true, "BackOff", "restarting after 10s", 20),
        row("b", "cart-1", true, "BackOff", "restarting after 20s", 5),
        row("c", "cart-2", false, "Pulled", "image", 3_000),
        row("d", "cart-3", false, "Killing", "stopped", 60),
    ]
}

fn lines(timeline: &mut Timeline, shared: &Shared) -> Vec<String> {
    let text = drawn(timeline, shared, 120, 20);
    let squeezed = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<&str>>().join(" "));
    squeezed.filter(|line| line.contains(" pod/")).collect()
}

#[test]
fn the_newest_is_at_the_bottom_and_is_followed() {
    let (mut timeline, mut shared) = timeline(some());
    assert_eq!(
        lines(&mut timeline, &shared),
        [
            "50m Normal Pulled pod/cart-2 image",
            "60s Normal Killing pod/cart-3 stopped",
            "▌ 5s ▲ Warning BackOff pod/cart-1 x2 restarting after 20s",
        ]
    );
    feed(
        &timeline,
        &mut shared,
        vec![row("e", "cart-9", false, "Created", "new", 1)],
    );
    assert!(lines(&mut timeline, &shared)[3].starts_with("▌ 1s"), "it follows");
    run(&mut timeline, &shared, "move_up");
    feed(
        &timeline,
        &mut shared,
        vec![row("f", "cart-9", false, "Started", "new", 0)],
    );
    let text = lines(&mut timeline, &shared);
    assert!(
        text[3].starts_with("1s") && text[2].starts_with('▌'),
        "it stands still: {text:?}"
    );
    assert!(drawn(&mut timeline, &shared, 120, 20).contains("stands still"));
    run(&mut timeline, &shared, "move_bottom");
    assert!(drawn(&mut timeline, &shared, 120, 20).contains("; follows"));
}

#[test]
fn sieves_by_type_words_reason_and_time() {
    let (mut timeline, shared) = timeline(some());
    drawn(&mut timeline, &shared, 120, 20);
    run(&mut timeline, &shared, "cycle_types");
    assert_eq!(lines(&mut timeline, &shared).len(), 1);
    run(&mut timeline, &shared, "go_back_step");
    run(&mut timeline, &shared, "open_search");
    type_text(&mut timeline, &shared, "cart-2");
    assert_eq!(lines(&mut timeline, &shared).len(), 1);
    run(&mut timeline, &shared, "prompt_accept");
    assert_eq!(run(&mut timeline, &shared, "go_back_step"), [], "the filter goes first");
    assert_eq!(lines(&mut timeline, &shared).len(), 3);
    let mut ctx = Ctx::new(&shared);
    timeline.picked(crate::screens::event_lines::TIME, &["10m".to_owned()], &mut ctx);
    assert_eq!(lines(&mut timeline, &shared).len(), 2);
    timeline.picked(crate::screens::event_lines::REASONS, &["Killing".to_owned()], &mut ctx);
    assert_eq!(lines(&mut timeline, &shared).len(), 1);
    assert!(timeline.title(&shared).trail.as_str().contains("Killing"));
}

#[test]
fn enter_opens_what_it_is_about_and_the_pane_follows() {
    let (mut timeline, shared) = timeline(some());
    drawn(&mut timeline, &shared, 120, 20);
    assert_eq!(timeline.subject(&shared).unwrap().name, "cart-1");
    let asked = run(&mut timeline, &shared, "open_row");
    assert!(matches!(asked.as_slice(), [Request::Follow { .. }]), "{asked:?}");
}

#[test]
fn ten_thousand_events_are_put_in_order_twice_a_second_at_most() {
    let rows = (0..10_000)
        .map(|n| {
            row(
                &format!("e{n}"),
                &format!("cart-{n}"),
                n % 10 == 0,
                "BackOff",
                "again",
                n % 3_000,
            )
        })
        .collect();
    let (mut timeline, mut shared) = timeline(rows);
    drawn(&mut timeline, &shared, 120, 20);
    assert_eq!(timeline.text.len(), 10_000);
    feed(
        &timeline,
        &mut shared,
        vec![row("new", "cart-x", true, "BackOff", "again", 0)],
    );
    shared.mono += 100;
    drawn(&mut timeline, &shared, 120, 20);
    assert_eq!(timeline.text.len(), 10_000, "put off");
    shared.mono += 500;
    drawn(&mut timeline, &shared, 120, 20);
    assert_eq!(timeline.text.len(), 10_001);
}

#[test]
fn every_size_and_hostile_texts() {
    let mut rows = some();
    rows.push(row(
        "evil",
        "x\u{1b}[2J\u{7}",
        true,
        "Bad\u{202e}",
        "y\u{1b}]0;z\u{7}",
        0,
    ));
    let (mut timeline, mut shared) = timeline(rows);
    let text = drawn(&mut timeline, &shared, 120, 20);
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert!(every_size(&mut timeline, &mut shared).contains("BackOff"));
    let (mut empty, mut shared) = super::tests::timeline(Vec::new());
    assert!(every_size(&mut empty, &mut shared).contains("no events"));
}
