//! The protocol by tables: what it is told, and what it asks for next.

use super::super::step::{STREAM_SILENCE, Step};
use super::*;

/// What the protocol is told.
enum Told {
    Page(&'static str, Option<&'static str>),
    ListStatus(u16, &'static str),
    ListBroke,
    Opened,
    Change(&'static str),
    Bookmark(&'static str),
    Garbled,
    Error(u16, &'static str),
    WatchStatus(u16, &'static str),
    Ended,
    Cut,
    Retry,
    Lagged,
    Pass(u64),
}

use Told::*;

fn status(code: u16, reason: &str) -> Status {
    Status::from_answer(code, None, format!("{{\"reason\":\"{reason}\"}}").as_bytes())
}

fn broke() -> Trouble {
    Trouble::Transport(failure(FailureKind::Unreachable, Clean::new("reset")))
}

/// The next step, in short.
fn next(protocol: &mut Protocol, now: Duration) -> String {
    match protocol.step(now) {
        Step::Fetch(Fetch::Watch { version }) => format!("watch {version}"),
        Step::Fetch(Fetch::StreamingList { from }) => format!("stream {from:?}"),
        Step::Fetch(Fetch::List { from, cursor, limit }) => {
            let from = match from {
                From::Any => "any".to_owned(),
                From::NotOlderThan(version) => format!(">={version}"),
                From::Newest => "newest".to_owned(),
            };
            let cursor = cursor.map(|cursor| format!(" after {cursor}")).unwrap_or_default();
            let limit = if limit.is_some() { " paged" } else { "" };
            format!("list {from}{cursor}{limit}")
        }
        Step::Backoff { failure, attempt, .. } => format!("wait {:?} {attempt}", failure.kind),
        Step::Poll { .. } => "poll".to_owned(),
        Step::Fetch(Fetch::Get { name }) => format!("get {name}"),
        Step::Stop(failure) => format!("stop {:?}", failure.kind),
    }
}

#[test]
fn what_comes_next() {
    let listed = || Page("10", None);
    for (name, told, expected) in [
        ("the first list", vec![], "list any paged"),
        ("then the watch", vec![listed()], "watch 10"),
        (
            "a page leads to the next",
            vec![Page("10", Some("x"))],
            "list any after x paged",
        ),
        (
            "events and bookmarks count",
            vec![listed(), Opened, Change("11"), Bookmark("15"), Ended],
            "watch 15",
        ),
        (
            "a clean end is silent",
            vec![listed(), Opened, Pass(5), Ended],
            "watch 10",
        ),
        (
            "too short an end is not",
            vec![listed(), Opened, Ended],
            "wait ServerError 1",
        ),
        (
            "nor is a cut",
            vec![listed(), Opened, Change("11"), Cut],
            "wait Unreachable 1",
        ),
        (
            "after it, the last version",
            vec![listed(), Opened, Change("11"), Cut, Pass(1)],
            "watch 11",
        ),
        (
            "410 on connect",
            vec![listed(), WatchStatus(410, "Expired")],
            "list newest paged",
        ),
        (
            "410 in the stream",
            vec![listed(), Opened, Error(410, "Gone")],
            "list newest paged",
        ),
        (
            "410 twice waits",
            vec![listed(), WatchStatus(410, ""), listed(), WatchStatus(410, "")],
            "wait Expired 1",
        ),
        (
            "410 on a page",
            vec![Page("10", Some("x")), ListStatus(410, "Expired")],
            "list newest",
        ),
        (
            "410 on a relist",
            vec![listed(), Lagged, ListStatus(410, "")],
            "list newest paged",
        ),
        (
            "a broken page is asked again",
            vec![Page("10", Some("x")), ListBroke, Pass(1)],
            "list any after x paged",
        ),
        (
            "a relist asks for what it has",
            vec![listed(), Opened, Change("12"), Lagged],
            "list >=12",
        ),
        (
            "and in pages where there were pages",
            vec![Page("9", Some("x")), listed(), Lagged],
            "list >=10 paged",
        ),
        (
            "one garbled line: again from the last version",
            vec![listed(), Opened, Change("11"), Garbled],
            "watch 11",
        ),
        (
            "two of them wait",
            vec![listed(), Opened, Garbled, Opened, Garbled],
            "wait Garbled 1",
        ),
        (
            "three of them: a list",
            vec![listed(), Opened, Garbled, Opened, Garbled, Opened, Garbled, Pass(5)],
            "list >=10",
        ),
        (
            "a good line between them",
            vec![listed(), Opened, Garbled, Garbled, Change("11"), Garbled, Pass(5)],
            "watch 11",
        ),
        (
            "back in time",
            vec![listed(), Opened, Change("9"), Pass(5)],
            "list >=10",
        ),
        (
            "a bookmark back in time",
            vec![listed(), Opened, Bookmark("9"), Pass(5)],
            "list >=10",
        ),
        (
            "opaque versions are not compared",
            vec![listed(), Opened, Change("abc"), Ended],
            "watch abc",
        ),
        (
            "an error in the stream",
            vec![listed(), Opened, Error(500, ""), Pass(5)],
            "watch 10",
        ),
        (
            "three in a row",
            vec![listed(), Error(500, ""), Error(500, ""), Error(500, ""), Pass(5)],
            "list newest paged",
        ),
        (
            "forbidden is final",
            vec![ListStatus(403, "Forbidden"), Pass(9999)],
            "stop Forbidden",
        ),
        (
            "until tried again",
            vec![ListStatus(403, "Forbidden"), Retry],
            "list any paged",
        ),
        (
            "so is not found",
            vec![ListStatus(404, "NotFound"), Pass(9999)],
            "stop NotFound",
        ),
        (
            "a forbidden watch is polled",
            vec![listed(), WatchStatus(403, "Forbidden")],
            "poll",
        ),
        (
            "every ten seconds",
            vec![listed(), WatchStatus(405, ""), Pass(10)],
            "list >=10",
        ),
        (
            "until tried again",
            vec![
                listed(),
                WatchStatus(403, ""),
                Pass(10),
                listed(),
                Retry,
                Lagged,
                listed(),
            ],
            "watch 10",
        ),
        (
            "a watch that is not found: a list",
            vec![listed(), WatchStatus(404, "")],
            "list newest paged",
        ),
        (
            "twice: polled",
            vec![listed(), WatchStatus(404, ""), listed(), WatchStatus(404, "")],
            "poll",
        ),
        ("a list without a version", vec![Page("", None)], "poll"),
        ("throttled", vec![ListStatus(429, "")], "wait Throttled 1"),
        (
            "a failing server",
            vec![ListStatus(503, ""), Pass(1), ListStatus(500, "")],
            "wait ServerError 2",
        ),
        ("signed out", vec![ListStatus(401, "")], "wait Unauthenticated 1"),
    ] {
        let mut protocol = Protocol::new(false, None, 1);
        let mut now = Duration::ZERO;
        for told in told {
            protocol.step(now);
            match told {
                Page(version, cursor) => {
                    let end = ListEnd {
                        version: version.to_owned(),
                        cursor: cursor.map(str::to_owned),
                    };
                    assert_eq!(protocol.listed(end, now), cursor.is_none(), "{name}");
                }
                ListStatus(code, reason) => protocol.list_failed(Trouble::Status(status(code, reason)), now),
                ListBroke => protocol.list_failed(broke(), now),
                Opened => protocol.watch_opened(now),
                Change(version) => drop(protocol.event(Event::Change(version), false, now)),
                Bookmark(version) => drop(protocol.event(
                    Event::Bookmark {
                        version,
                        initial_end: false,
                    },
                    false,
                    now,
                )),
                Garbled => assert_eq!(protocol.event(Event::Garbled("x"), false, now), Reaction::Leave),
                Error(code, reason) => {
                    let mut status = status(code, reason);
                    status.in_stream = true;
                    assert_eq!(protocol.event(Event::Error(status), false, now), Reaction::Leave);
                }
                WatchStatus(code, reason) => protocol.watch_failed(Trouble::Status(status(code, reason)), now),
                Ended => protocol.watch_ended(false, false, now),
                Cut => protocol.watch_ended(true, false, now),
                Retry => protocol.retry(),
                Lagged => protocol.lagged(),
                Pass(seconds) => now += Duration::from_secs(seconds),
            }
        }
        assert_eq!(next(&mut protocol, now), expected, "{name}");
    }
}

#[test]
fn a_version_too_large_leads_to_the_newest() {
    let too_large = || {
        Trouble::Status(Status::from_answer(
            504,
            None,
            br#"{"message":"Too large resource version: 9"}"#,
        ))
    };
    let mut protocol = Protocol::new(false, None, 1);
    protocol.listed(
        ListEnd {
            version: "10".to_owned(),
            cursor: None,
        },
        Duration::ZERO,
    );
    protocol.lagged();
    protocol.list_failed(too_large(), Duration::ZERO);
    assert_eq!(next(&mut protocol, Duration::ZERO), "list newest paged");
    protocol.list_failed(too_large(), Duration::ZERO);
    assert_eq!(
        next(&mut protocol, Duration::ZERO),
        "wait ServerError 1",
        "never in a circle without a wait"
    );
}

#[test]
fn streaming_lists() {
    let now = Duration::ZERO;
    assert_eq!(STREAM_SILENCE.as_secs(), 10);
    let fresh = || Protocol::new(true, None, 1);
    let mut protocol = fresh();
    assert_eq!(next(&mut protocol, now), "stream Any");
    // Versions of initial objects come in any order and mean nothing.
    assert_eq!(protocol.event(Event::Change("9"), true, now), Reaction::Apply);
    assert_eq!(protocol.event(Event::Change("3"), true, now), Reaction::Apply);
    let end = Event::Bookmark {
        version: "20",
        initial_end: true,
    };
    assert_eq!(protocol.event(end, true, now), Reaction::Complete);
    assert_eq!(next(&mut protocol, now), "watch 20");
    for refuse in [
        |p: &mut Protocol| p.list_failed(Trouble::Status(status(422, "Invalid")), Duration::ZERO),
        |p: &mut Protocol| p.list_failed(Trouble::Status(status(400, "")), Duration::ZERO),
        |p: &mut Protocol| p.list_failed(Trouble::Status(status(403, "")), Duration::ZERO),
        |p: &mut Protocol| p.list_failed(Trouble::Status(status(500, "")), Duration::ZERO),
        |p: &mut Protocol| p.watch_ended(false, true, Duration::ZERO),
        |p: &mut Protocol| p.refuse_streaming(),
    ] {
        let mut protocol = fresh();
        refuse(&mut protocol);
        assert_eq!(next(&mut protocol, now), "list any paged");
        assert!(protocol.streaming_refused() && !protocol.try_streaming());
    }
    // What says nothing about streaming is no refusal.
    let mut protocol = fresh();
    protocol.list_failed(broke(), now);
    assert_eq!(next(&mut protocol, now), "wait Unreachable 1");
    assert_eq!(next(&mut protocol, Duration::from_secs(1)), "stream Any");
    assert_eq!(
        next(&mut Protocol::new(true, Some(Clean::new("no")), 1), now),
        "list any paged"
    );
}
