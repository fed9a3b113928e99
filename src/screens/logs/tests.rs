use super::*;
use crate::kinds::{Cell, Health, Owner, ResourceName, Row, Uid};
use crate::msg::{Delta, Failure, FailureKind, LogBatch, LogEvent, LogLine, LogMark, LogPhase, Phase, TableEvent};
use crate::screens::testing::{self, PROD, drawn, every_size, run, type_text};
use crate::screens::{Popup, Tab};
use crate::store::Table;
use crate::want::{ListWant, LogStart, Scope, Shape};
use std::sync::Arc;

const NANOS: i64 = 1_000_000_000;
/// A moment in all tests, in unix seconds.
const THEN: i64 = 1_700_000_000 - 100;

fn object(group: &str, resource: &str, name: &str) -> ObjectName {
    ObjectName {
        cluster: PROD,
        resource: ResourceName::new(group, resource),
        namespace: "shop".into(),
        name: name.into(),
        uid: None,
    }
}

fn place(of: Vec<ObjectName>) -> LogsPlace {
    LogsPlace {
        cluster: PROD,
        of,
        selector: None,
        container: None,
        previous: false,
    }
}

fn pod() -> Logs {
    Logs::new(place(vec![object("", "pods", "cart-1")]))
}

/// A container's row: pod, name, kind, state, whether the pod names it as the one that is meant.
fn container(pod: &str, name: &str, kind: &str, state: &str, default: bool) -> Row {
    let text = |text: &str| Cell::text(Clean::new(text));
    let mut cells = vec![text(kind), Cell::default(), text(state)];
    cells.resize(13, Cell::default());
    if default {
        cells.push(text("default"));
    }
    Row {
        whole: None,
        uid: Uid::Text(format!("{pod}/{name}").into()),
        namespace: "shop".into(),
        name: name.into(),
        version: 1,
        created: None,
        deleting: None,
        labels: Vec::new().into(),
        owner: Some(Arc::new(Owner {
            group: Clean::default(),
            kind: "Pod".into(),
            name: pod.into(),
            uid: Uid::Text(pod.into()),
        })),
        health: if state == "Running" { Health::Good } else { Health::Bad },
        cells: cells.into(),
        facts: Vec::new().into(),
    }
}

fn wanted(logs: &Logs, shared: &Shared) -> (Vec<ListWant>, Vec<LogWant>) {
    let mut wants = BTreeSet::new();
    logs.wants(shared, &mut wants);
    let mut found = (Vec::new(), Vec::new());
    for want in wants {
        match want {
            Want::List(list) => found.0.push(list),
            Want::Log(log) => found.1.push(log),
            _ => {}
        }
    }
    found
}

/// Puts rows into a list; the ones that were there and are not given any more are gone.
fn fill(shared: &mut Shared, list: &ListWant, rows: &[Row], epoch: u32) {
    let mono = shared.mono;
    let table = shared
        .tables
        .entry(list.clone())
        .or_insert_with(|| Table::new("Pod".into(), Vec::new().into(), 1, 0));
    table.apply(TableEvent::Begin { source: 0, epoch }, mono);
    let placed = |(place, row): (usize, &Row)| {
        let mut row = row.clone();
        if let Some(cell) = row.cells.get_mut(12) {
            *cell = Cell::int(place as i64);
        }
        Delta::Upsert(row)
    };
    let deltas = rows.iter().enumerate().map(placed).collect();
    table.apply(TableEvent::Deltas { source: 0, deltas }, mono);
    table.apply(TableEvent::End { source: 0, epoch }, mono);
    table.apply(
        TableEvent::Phase {
            source: 0,
            phase: Phase::Watching,
        },
        mono,
    );
    shared.mono += 1_000;
}

/// Opens the logs with these containers; answers the wants of logs.
fn opened(logs: &mut Logs, shared: &mut Shared, rows: &[Row]) -> Vec<LogWant> {
    drawn(logs, shared, 80, 24);
    let lists = wanted(logs, shared).0;
    for list in lists.iter().filter(|list| list.shape == Shape::Containers) {
        fill(shared, list, rows, 1);
    }
    drawn(logs, shared, 80, 24);
    wanted(logs, shared).1
}

fn batch(lines: &[(i64, &str)]) -> LogEvent {
    let mut bytes = Vec::new();
    let mut ends = Vec::new();
    for (second, text) in lines {
        bytes.extend_from_slice(text.as_bytes());
        ends.push(LogLine {
            end: bytes.len() as u32,
            time: (THEN + second) * NANOS,
            cut: false,
        });
    }
    LogEvent::Lines(LogBatch {
        bytes: bytes.into(),
        lines: ends.into(),
    })
}

fn say(logs: &mut Logs, shared: &Shared, want: &LogWant, lines: &[(i64, &str)]) {
    assert!(logs.log(want, Generation(1), &LogEvent::Phase(LogPhase::Streaming), shared));
    assert!(logs.log(want, Generation(1), &batch(lines), shared));
    logs.refresh(Rect::new(0, 0, 80, 24), shared);
}

/// A pod with one container and so many lines.
fn with_lines(count: i64) -> (Logs, Shared, LogWant) {
    let mut shared = testing::shared();
    let mut logs = pod();
    let wants = opened(
        &mut logs,
        &mut shared,
        &[container("cart-1", "web", "main", "Running", false)],
    );
    let want = wants[0].clone();
    let lines: Vec<(i64, String)> = (0..count).map(|number| (0, format!("line {number}"))).collect();
    let lines: Vec<(i64, &str)> = lines.iter().map(|(time, text)| (*time, text.as_str())).collect();
    say(&mut logs, &shared, &want, &lines);
    (logs, shared, want)
}

#[test]
fn containers_are_chosen_as_kubectl_does() {
    let one = |name: &str, kind: &str, default: bool| container("cart-1", name, kind, "Running", default);
    let all = [
        one("setup", "init", false),
        one("mesh", "sidecar", false),
        one("web", "main", false),
        one("log", "main", false),
    ];
    let named = [one("web", "main", false), one("log", "main", true)];
    let deployment = || {
        let mut place = place(Vec::new());
        place.selector = Some((Scope::Namespaces(vec!["shop".into()]), "app=cart".into()));
        place
    };
    let asked = |name: &str| LogsPlace {
        container: Some(name.into()),
        ..place(vec![object("", "pods", "cart-1")])
    };
    let table: [(&str, LogsPlace, &[Row], &[&str]); 5] = [
        (
            "the first of a pod",
            place(vec![object("", "pods", "cart-1")]),
            &all,
            &["web"],
        ),
        (
            "the one that the pod names",
            place(vec![object("", "pods", "cart-1")]),
            &named,
            &["log"],
        ),
        ("all ordinary ones of a workload", deployment(), &all, &["log", "web"]),
        (
            "the one that the pods of a workload name",
            deployment(),
            &named,
            &["log"],
        ),
        ("the one that was asked for", asked("setup"), &all, &["setup"]),
    ];
    for (name, place, rows, wanted) in table {
        let mut shared = testing::shared();
        let mut logs = Logs::new(place);
        let mut found: Vec<String> = opened(&mut logs, &mut shared, rows)
            .iter()
            .map(|want| want.container.to_string())
            .collect();
        found.sort();
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn one_source_begins_with_a_thousand_lines_several_with_fewer_and_new_ones_with_all() {
    let mut shared = testing::shared();
    let mut logs = pod();
    let rows = [container("cart-1", "web", "main", "Running", false)];
    assert_eq!(opened(&mut logs, &mut shared, &rows)[0].start, LogStart::Tail(1000));

    let mut shared = testing::shared();
    let mut logs = Logs::new(LogsPlace {
        selector: Some((Scope::All, "app=cart".into())),
        ..place(Vec::new())
    });
    let row = |pod: &str| container(pod, "web", "main", "Running", false);
    let wants = opened(&mut logs, &mut shared, &[row("cart-1"), row("cart-2")]);
    assert!(wants.iter().all(|want| want.start == LogStart::Tail(200)), "{wants:?}");
    let list = wanted(&logs, &shared).0.remove(0);
    fill(&mut shared, &list, &[row("cart-2"), row("cart-3")], 2);
    drawn(&mut logs, &shared, 80, 24);
    let wants = wanted(&logs, &shared).1;
    let starts: Vec<(&str, LogStart)> = wants.iter().map(|want| (want.pod.as_str(), want.start)).collect();
    assert!(starts.contains(&("cart-3", LogStart::All)), "{starts:?}");
    assert!(
        starts.contains(&("cart-1", LogStart::Tail(200))),
        "a pod that is gone is still read: {starts:?}"
    );
}

#[test]
fn a_workload_leads_to_the_pods_it_selects() {
    let deployment = |selector: serde_json::Value| Row {
        whole: Some(Arc::new(crate::kinds::Whole {
            value: serde_json::json!({"spec": {"selector": selector}}),
            bytes: 100,
        })),
        ..container("x", "cart", "", "", false)
    };
    let table = [
        (serde_json::json!({"matchLabels": {"app": "cart"}}), "app=cart"),
        (
            serde_json::json!({"matchLabels": {"app": "cart"}, "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "old", "operator": "DoesNotExist"}]}),
            "app=cart,!old,tier in (a,b)",
        ),
        (serde_json::json!({"app": "cart"}), "app=cart"),
        (
            serde_json::json!({"matchExpressions": [{"key": "tier", "operator": "Near", "values": []}]}),
            "",
        ),
    ];
    for (selector, labels) in table {
        let mut shared = testing::shared();
        let mut logs = Logs::new(place(vec![object("apps", "deployments", "cart")]));
        drawn(&mut logs, &shared, 80, 24);
        let own = wanted(&logs, &shared).0.remove(0);
        assert_eq!((own.shape, own.fields.as_str()), (Shape::Whole, "metadata.name=cart"));
        fill(&mut shared, &own, &[deployment(selector)], 1);
        drawn(&mut logs, &shared, 80, 24);
        let lists = wanted(&logs, &shared).0;
        let pods: Vec<&str> = lists
            .iter()
            .filter(|list| list.shape == Shape::Containers)
            .map(|list| list.labels.as_str())
            .collect();
        let wanted: Vec<&str> = if labels.is_empty() { Vec::new() } else { vec![labels] };
        assert_eq!(pods, wanted);
        if labels.is_empty() {
            let text = drawn(&mut logs, &shared, 80, 24);
            assert!(text.contains("cart selects no pods"), "{text}");
        }
    }
}

#[test]
fn following_yields_and_says_how_far_behind_one_is() {
    let (mut logs, shared, want) = with_lines(100);
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(text.contains("line 99") && text.contains("following"), "{text}");
    run(&mut logs, &shared, "page_up");
    say(&mut logs, &shared, &want, &[(1, "new one"), (2, "new two")]);
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(!text.contains("new one"), "the window stays: {text}");
    let below = logs.below();
    assert!(below >= 22 && text.contains(&format!("{below} lines below")), "{text}");
    run(&mut logs, &shared, "move_bottom");
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(text.contains("new two") && text.contains("following"), "{text}");
    run(&mut logs, &shared, "toggle_follow");
    run(&mut logs, &shared, "move_down");
    assert!(!logs.follow);
}

#[test]
fn a_pause_holds_the_window_but_loses_nothing() {
    let (mut logs, mut shared, want) = with_lines(50);
    shared.paused = true;
    say(&mut logs, &shared, &want, &[(1, "while paused")]);
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(
        !text.contains("while paused") && text.contains("paused, 1 lines below"),
        "{text}"
    );
    shared.paused = false;
    assert!(drawn(&mut logs, &shared, 80, 24).contains("while paused"));
}

#[test]
fn the_first_line_asks_for_older_ones() {
    let (mut logs, mut shared, _) = with_lines(5);
    run(&mut logs, &shared, "move_top");
    run(&mut logs, &shared, "move_up");
    assert_eq!(wanted(&logs, &shared).1[0].start, LogStart::Tail(5000));
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(text.contains("asking for older lines"), "{text}");
    shared.mono += 5_000;
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(text.contains("there are no older lines"), "{text}");
}

#[test]
fn where_the_log_begins_can_be_chosen() {
    let (mut logs, shared, _) = with_lines(5);
    let requests = run(&mut logs, &shared, "choose_since");
    assert!(matches!(&requests[0], Request::Popup(Popup::Picker(picker)) if picker.purpose == "log_since"));
    let now = shared.now(PROD);
    for (answer, start) in [
        ("2m", LogStart::Since(now - 120)),
        ("all", LogStart::All),
        ("tail 100", LogStart::Tail(100)),
    ] {
        let mut ctx = Ctx::new(&shared);
        logs.picked("log_since", &[answer.to_owned()], &mut ctx);
        assert!(ctx.requests.is_empty());
        assert_eq!(wanted(&logs, &shared).1[0].start, start);
    }
    let mut ctx = Ctx::new(&shared);
    logs.picked("log_since", &["soon".to_owned()], &mut ctx);
    assert!(matches!(ctx.requests[0], Request::Toast(Tone::Warn, _)));
}

#[test]
fn containers_can_be_switched() {
    let mut shared = testing::shared();
    let mut logs = pod();
    let rows = [
        container("cart-1", "setup", "init", "Completed (0)", false),
        container("cart-1", "web", "main", "Running", false),
    ];
    opened(&mut logs, &mut shared, &rows);
    let requests = run(&mut logs, &shared, "choose_containers");
    let Request::Popup(Popup::Picker(picker)) = &requests[0] else {
        panic!("{requests:?}")
    };
    let offered: Vec<(&str, &str, bool)> = picker
        .items
        .iter()
        .map(|(text, detail, on)| (text.as_str(), detail.as_str(), *on))
        .collect();
    assert_eq!(
        offered,
        [("setup", "init  Completed (0)", false), ("web", "Running", true)]
    );
    let mut ctx = Ctx::new(&shared);
    logs.picked("log_containers", &["setup".to_owned(), "web".to_owned()], &mut ctx);
    let names: Vec<String> = wanted(&logs, &shared)
        .1
        .iter()
        .map(|want| want.container.to_string())
        .collect();
    assert_eq!(names, ["setup", "web"]);
}

#[test]
fn search_and_filter_are_typed() {
    let (mut logs, mut shared, _) = with_lines(30);
    run(&mut logs, &shared, "open_search");
    type_text(&mut logs, &shared, "line 7");
    run(&mut logs, &shared, "prompt_accept");
    assert!(!logs.follow && !logs.takes_text());
    run(&mut logs, &shared, "filter_lines");
    type_text(&mut logs, &shared, "7");
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(text.contains("& 7"), "{text}");
    assert!(logs.next_change_millis(&shared).is_none_or(|millis| millis > 0));
    run(&mut logs, &shared, "prompt_cancel");
    assert!(logs.filter_text.is_empty());
    every_size(&mut logs, &mut shared);
    run(&mut logs, &shared, "go_back_step");
    assert!(logs.search.is_none());
    let requests = run(&mut logs, &shared, "go_back_step");
    assert_eq!(requests, [Request::Close]);
}

#[test]
fn marks_and_states_are_said() {
    let (mut logs, shared, want) = with_lines(3);
    let mark = LogEvent::Mark {
        mark: LogMark::Restarted("exit code 1".into()),
        time: THEN * NANOS,
    };
    logs.log(&want, Generation(1), &mark, &shared);
    logs.log(
        &want,
        Generation(1),
        &LogEvent::Phase(LogPhase::Waiting("CrashLoopBackOff".into())),
        &shared,
    );
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(text.contains("waiting 1: CrashLoopBackOff"), "{text}");
}

#[test]
fn an_empty_log_says_why() {
    let failure = |kind| Failure {
        kind,
        message: "pods \"cart-1\" is forbidden".into(),
        remedy: None,
    };
    let table = [
        (
            LogPhase::Waiting("ContainerCreating".into()),
            "cart-1/web waits: ContainerCreating",
        ),
        (LogPhase::Streaming, "nothing was written yet"),
        (LogPhase::Ended("its pod is gone".into()), "web ended: its pod is gone"),
        (
            LogPhase::Stopped(failure(FailureKind::Forbidden)),
            "needs the right to get pods/log",
        ),
    ];
    for (phase, wanted) in table {
        let (mut logs, mut shared, want) = with_lines(0);
        logs.log(&want, Generation(1), &LogEvent::Phase(phase), &shared);
        let text = drawn(&mut logs, &shared, 80, 24);
        assert!(text.contains(wanted), "{wanted}: {text}");
        every_size(&mut logs, &mut shared);
    }
    let mut shared = testing::shared();
    let mut logs = pod();
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(text.contains("looking for pods"), "{text}");
    opened(&mut logs, &mut shared, &[]);
    let text = drawn(&mut logs, &shared, 80, 24);
    assert!(text.contains("there are no pods here"), "{text}");
}

#[test]
fn hostile_lines_reach_no_cell_raw() {
    let (mut logs, mut shared, want) = with_lines(1);
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31mred\u{202e}desrever \r\0 \u{7f}end";
    say(
        &mut logs,
        &shared,
        &want,
        &[(1, hostile), (2, "{\"msg\":\"\\u001b[2Jx\",\"k\\u0007\":\"\\u202e\"}")],
    );
    for command in ["toggle_wrap", "toggle_structure", "toggle_colours", "open_row"] {
        run(&mut logs, &shared, command);
        let text = drawn(&mut logs, &shared, 80, 24);
        let bad = text
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || "\u{202e}\u{9b}".contains(*c));
        assert_eq!(bad, None, "{command}: {text:?}");
    }
    every_size(&mut logs, &mut shared);
}

#[test]
fn lines_leave_raw_and_the_pager_gets_clean_ones() {
    let (mut logs, shared, want) = with_lines(0);
    say(&mut logs, &shared, &want, &[(1, "a\u{1b}[31mb"), (2, "c")]);
    run(&mut logs, &shared, "save_lines");
    let requests = run(&mut logs, &shared, "prompt_accept");
    let Request::Effect(crate::effect::Effect::WriteFile { content, path, .. }) = &requests[0] else {
        panic!("{requests:?}")
    };
    assert_eq!(content.concat(), b"a\x1b[31mb\nc\n");
    assert!(path.to_string_lossy().starts_with("cart-1-2023"), "{path:?}");
    let requests = run(&mut logs, &shared, "page_lines");
    let Request::Effect(crate::effect::Effect::Page { content, .. }) = &requests[0] else {
        panic!("{requests:?}")
    };
    assert!(!content.concat().contains(&0x1b));
}

#[test]
fn the_same_in_kubectl() {
    let (mut logs, shared, _) = with_lines(1);
    let requests = run(&mut logs, &shared, "show_kubectl");
    let Request::Toast(_, text) = &requests[0] else {
        panic!("{requests:?}")
    };
    assert_eq!(
        text.as_str(),
        "kubectl --context=prod-eu --namespace=shop logs pod/cart-1 --container=web --tail=1000 --follow"
    );
}

#[test]
fn the_pod_of_a_line_can_be_opened() {
    let (mut logs, shared, _) = with_lines(1);
    let requests = run(&mut logs, &shared, "open_describe");
    assert!(
        matches!(&requests[0], Request::Open(Place::Object(object, Tab::Describe)) if object.name.as_str() == "cart-1")
    );
}

#[test]
fn a_stream_that_was_started_again_is_asked_for_what_was_missed() {
    let (mut logs, shared, want) = with_lines(5);
    assert!(logs.log(&want, Generation(2), &LogEvent::Phase(LogPhase::Streaming), &shared));
    let now = wanted(&logs, &shared).1.remove(0);
    assert_eq!(now.start, LogStart::Since(THEN - 2));
    // What the stream sends that nobody wants any more is not taken, and the new one is left alone.
    assert!(!logs.log(&want, Generation(2), &batch(&[(1, "late")]), &shared));
    assert!(logs.log(&now, Generation(3), &LogEvent::Phase(LogPhase::Streaming), &shared));
    assert!(logs.log(&now, Generation(3), &batch(&[(0, "next")]), &shared));
    assert!(logs.log(&now, Generation(4), &batch(&[(0, "next")]), &shared));
    assert_eq!(wanted(&logs, &shared).1, [now]);
}

#[test]
fn a_stream_that_ran_before_is_asked_for_what_it_said() {
    let mut shared = testing::shared();
    let mut logs = pod();
    let wants = opened(
        &mut logs,
        &mut shared,
        &[container("cart-1", "web", "main", "Running", false)],
    );
    assert!(logs.log(&wants[0], Generation(1), &batch(&[(1, "in the middle")]), &shared));
    assert!(logs.book.is_empty());
    assert_eq!(wanted(&logs, &shared).1[0].start, LogStart::Tail(1001));
}

#[test]
fn every_size_with_everything_on() {
    let (mut logs, mut shared, want) = with_lines(200);
    say(
        &mut logs,
        &shared,
        &want,
        &[(5, &"long ".repeat(400)), (6, "ERROR it broke"), (7, "the end")],
    );
    for command in [
        "cycle_times",
        "cycle_names",
        "toggle_wrap",
        "toggle_strip",
        "select_lines",
        "open_row",
    ] {
        run(&mut logs, &shared, command);
        every_size(&mut logs, &mut shared);
    }
}
