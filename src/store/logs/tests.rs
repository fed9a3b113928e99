//! The book against a plain model: order, dropping, and starts of streams that tell again what is here.

use super::*;
use crate::msg::{Generation, LogBatch, LogEvent, LogLine, LogMark};
use crate::text::Clean;
use proptest::prelude::*;

pub(super) fn batch(lines: &[(i64, &str)]) -> LogEvent {
    let mut bytes = Vec::new();
    let lines = lines
        .iter()
        .map(|(time, text)| {
            bytes.extend_from_slice(text.as_bytes());
            LogLine {
                end: bytes.len() as u32,
                time: *time,
                cut: false,
            }
        })
        .collect();
    LogEvent::Lines(LogBatch {
        bytes: bytes.into(),
        lines,
    })
}

pub(super) fn source(pod: &str) -> SourceInfo {
    SourceInfo {
        namespace: Clean::new("shop"),
        pod: Clean::new(pod),
        container: Clean::new("main"),
    }
}

pub(super) fn texts(book: &LogBook) -> Vec<String> {
    (0..book.len())
        .map(|position| String::from_utf8_lossy(book.line_at(position).unwrap().bytes).into_owned())
        .collect()
}

#[test]
fn sources_are_merged_by_time_and_keep_their_own_order() {
    let mut book = LogBook::default();
    let (a, b) = (book.add_source(source("a")), book.add_source(source("b")));
    book.take(
        a,
        Generation(1),
        &batch(&[(10, "a10"), (30, "a30"), (20, "a20 came late"), (50, "a50")]),
    );
    let reader = book.line_at(1).unwrap().id;
    assert_eq!(book.position(reader), Some(1));
    book.take(
        b,
        Generation(2),
        &batch(&[(5, "b5"), (30, "b30"), (0, "b without time"), (40, "b40"), (60, "b60")]),
    );
    let expected = [
        "b5",
        "a10",
        "a30",
        "a20 came late",
        "b30",
        "b without time",
        "b40",
        "a50",
        "b60",
    ];
    assert_eq!(texts(&book), expected);
    assert_eq!(
        book.position(reader),
        Some(2),
        "the same line, moved by what came before it"
    );
    let late = book.line_at(3).unwrap();
    assert_eq!(
        (late.time, late.source),
        (20, a),
        "its time is not changed by its place"
    );
    assert_eq!(book.line_at(5).unwrap().time, 0);
    assert_eq!(book.position_at(40), 6);
    assert_eq!(book.span(), Some((5, 60)));
}

#[test]
fn a_new_start_doubles_nothing_and_says_what_may_be_missing() {
    let mut book = LogBook::default();
    let a = book.add_source(source("a"));
    book.take(a, Generation(1), &batch(&[(1, "one"), (2, "two"), (2, "two again")]));
    let again = book.take(a, Generation(3), &batch(&[(1, "one"), (2, "two")]));
    assert_eq!(again, Taken { lines: 0, skipped: 2 });
    book.take(
        a,
        Generation(3),
        &batch(&[(2, "two again"), (2, "two thrice"), (3, "three")]),
    );
    assert_eq!(texts(&book), ["one", "two", "two again", "two thrice", "three"]);
    let late = book.take(a, Generation(1), &batch(&[(9, "of an earlier start")]));
    assert_eq!(late, Taken::default());
    book.take(a, Generation(4), &batch(&[(7, "seven")]));
    assert_eq!(book.len(), 7);
    assert_eq!(book.line_at(5).unwrap().kind, LineKind::Gap);
}

#[test]
fn older_lines_are_taken_where_they_are_expected() {
    let mut book = LogBook::default();
    let a = book.add_source(source("a"));
    book.take(a, Generation(1), &batch(&[(5, "five c"), (6, "six"), (7, "seven")]));
    let reader = book.line_at(0).unwrap().id;
    book.expect_older(a);
    let whole = [
        (1, "one"),
        (5, "five a"),
        (5, "five b"),
        (5, "five c"),
        (6, "six"),
        (7, "seven"),
        (8, "eight"),
    ];
    let taken = book.take(a, Generation(2), &batch(&whole));
    assert_eq!(taken, Taken { lines: 4, skipped: 3 });
    assert_eq!(
        book.position(reader),
        Some(1),
        "what has the same stamp and came first stays first"
    );
    assert_eq!(
        texts(&book),
        ["one", "five c", "five a", "five b", "six", "seven", "eight"]
    );
    let once_more = book.take(a, Generation(3), &batch(&whole));
    assert_eq!(once_more, Taken { lines: 0, skipped: 7 });
}

#[test]
fn marks_stand_between_lines_and_come_once() {
    let mut book = LogBook::default();
    let a = book.add_source(source("a"));
    let restarted = LogEvent::Mark {
        mark: LogMark::Restarted(Clean::new("exit code 137")),
        time: 2,
    };
    let early = LogEvent::Mark {
        mark: LogMark::Gap(Clean::new("rotated")),
        time: 0,
    };
    book.take(a, Generation(1), &early);
    assert_eq!(book.len(), 0, "it waits for the line after it");
    book.take(
        a,
        Generation(1),
        &batch(&[(1, "Traceback (most recent call last):"), (2, "  cut off by the end")]),
    );
    book.take(a, Generation(1), &restarted);
    book.take(a, Generation(1), &batch(&[(3, "  indented, but of another instance")]));
    book.take(a, Generation(2), &early);
    book.take(
        a,
        Generation(2),
        &batch(&[(1, "Traceback (most recent call last):"), (2, "  cut off by the end")]),
    );
    book.take(a, Generation(2), &restarted);
    book.take(
        a,
        Generation(2),
        &batch(&[(3, "  indented, but of another instance"), (4, "on")]),
    );
    let kinds: Vec<_> = (0..book.len())
        .filter_map(|at| book.line_at(at))
        .map(|line| (line.kind, line.continuation))
        .collect();
    assert_eq!(
        kinds,
        [
            (LineKind::Gap, false),
            (LineKind::Line, false),
            (LineKind::Line, true),
            (LineKind::Restarted, false),
            (LineKind::Line, false),
            (LineKind::Line, false),
        ]
    );
    assert_eq!(
        book.line_at(2).unwrap().level,
        Level::Error,
        "a frame has the level of its trace"
    );
}

#[test]
fn long_lines_are_kept_in_pieces_and_a_full_ring_lets_the_oldest_go() {
    let mut book = LogBook::new(256 << 10);
    let a = book.add_source(source("a"));
    let long = "y".repeat(100 << 10);
    book.take(a, Generation(1), &batch(&[(1, &long)]));
    assert_eq!(book.len(), 4);
    let cut: Vec<bool> = (0..4).map(|at| book.line_at(at).unwrap().cut).collect();
    assert_eq!(cut, [true, true, true, false]);
    assert_eq!(texts(&book).concat(), long);
    for number in 0..20_000 {
        book.take(a, Generation(1), &batch(&[(number + 2, &format!("line {number}"))]));
        assert!(book.memory() <= book.limit(), "{}", book.memory());
    }
    let dropped = book.dropped();
    assert_eq!(dropped.lines + book.len() as u64, 20_004);
    assert!(dropped.bytes > long.len() as u64 && book.len() > 5_000, "{dropped:?}");
    assert_eq!(
        book.line_at(book.len() - 1).unwrap().id,
        LineId(20_003),
        "numbers survive dropping"
    );
    assert_eq!(book.position_near(LineId(0)), 0);
    let first = book.line_at(0).unwrap().id;
    assert_eq!(book.position(first), Some(0));
}

#[test]
fn errors_and_rates_are_found_by_time() {
    let mut book = LogBook::default();
    let a = book.add_source(source("a"));
    let lines: Vec<(i64, String)> = (0..100)
        .map(|n| {
            (
                1000 + n,
                if n % 10 == 3 {
                    format!("ERROR {n}")
                } else {
                    format!("fine {n}")
                },
            )
        })
        .collect();
    let lines: Vec<(i64, &str)> = lines.iter().map(|(time, text)| (*time, text.as_str())).collect();
    book.take(a, Generation(1), &batch(&lines));
    assert_eq!(book.next_error(0, true), Some(3));
    assert_eq!(book.next_error(3, true), Some(13));
    assert_eq!(book.next_error(13, false), Some(3));
    assert_eq!(book.next_error(3, false), None);
    assert_eq!(book.next_error(93, true), None);
    let rate = book.rate(4, 1000, 1100);
    assert_eq!(rate.iter().map(|rate| rate.lines).collect::<Vec<_>>(), [25; 4]);
    assert_eq!(rate.iter().map(|rate| rate.errors).sum::<usize>(), 10);
    assert_eq!(rate[2].first, 50);
    assert_eq!(
        book.rate(3, i64::MIN, i64::MAX)
            .iter()
            .map(|rate| rate.lines)
            .sum::<usize>(),
        100
    );
    assert_eq!(book.rate(2, 5, 5), [Rate::default(); 2]);
}

#[test]
fn a_broken_look_back_says_what_may_be_missing() {
    let mut book = LogBook::default();
    let a = book.add_source(source("a"));
    book.take(a, Generation(1), &batch(&[(10, "ten")]));
    book.expect_older(a);
    book.take(a, Generation(2), &batch(&[(1, "one"), (2, "two")]));
    book.expect_older(a);
    book.take(
        a,
        Generation(3),
        &batch(&[
            (0, "without time"),
            (1, "one"),
            (2, "two"),
            (3, "three"),
            (10, "ten"),
            (11, "eleven"),
        ]),
    );
    let kinds: Vec<LineKind> = (0..book.len()).map(|at| book.line_at(at).unwrap().kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == LineKind::Gap).count(), 1);
    assert_eq!(texts(&book)[..2], ["one", "two"]);
    assert_eq!(kinds[2], LineKind::Gap);
}

/// What a source's stream holds: steps in time and a text.
fn stream() -> impl Strategy<Value = Vec<(i64, String)>> {
    prop::collection::vec((0..4i64, "[a-d ]{0,40}"), 0..400).prop_map(|steps| {
        let mut time = 1;
        steps
            .into_iter()
            .map(|(step, text)| {
                time += step;
                (time, text)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Streams in any interleaving of batches, some started again from any place: each line once, in order.
    #[test]
    fn the_book_is_a_sorted_list(
        streams in prop::collection::vec(stream(), 1..4),
        turns in prop::collection::vec((0..4usize, 1..60usize, any::<prop::sample::Index>(), 0..8u8), 1..60),
    ) {
        let mut book = LogBook::default();
        let ids: Vec<SourceId> = streams.iter().map(|_| book.add_source(source("x"))).collect();
        let mut taken = vec![0; streams.len()];
        let mut generation = vec![1; streams.len()];
        // The model: every line with its time, source and number of arrival.
        let mut model: Vec<(i64, usize, usize, &str)> = Vec::new();
        for (which, count, again, restart) in turns {
            let which = which % streams.len();
            let stream = &streams[which];
            let mut from = taken[which];
            if restart == 0 && from > 0 {
                // Told again from a stamp that is here.
                generation[which] += 1;
                let stamp = stream[again.index(from)].0;
                from = stream.iter().position(|(time, _)| *time == stamp).unwrap();
            }
            let until = (taken[which] + count).min(stream.len());
            let part: Vec<(i64, &str)> = stream[from..until].iter().map(|(time, text)| (*time, text.as_str())).collect();
            let brought = book.take(ids[which], Generation(generation[which]), &batch(&part));
            prop_assert_eq!(brought, Taken { lines: until - taken[which], skipped: taken[which] - from });
            for (time, text) in &stream[taken[which]..until] {
                model.push((*time, model.len(), which, text));
            }
            taken[which] = until;
        }
        model.sort();
        let lines: Vec<_> = (0..book.len()).map(|at| book.line_at(at).unwrap()).collect();
        prop_assert_eq!(lines.len(), model.len());
        for (position, (line, (time, _, which, text))) in lines.iter().zip(&model).enumerate() {
            prop_assert_eq!((line.time, line.source.0, line.bytes), (*time, *which as u16, text.as_bytes()));
            prop_assert_eq!(book.position(line.id), Some(position));
        }
        for window in model.iter().enumerate().step_by(17) {
            let (_, (time, ..)) = window;
            prop_assert_eq!(book.position_at(*time), model.partition_point(|line| line.0 < *time));
        }
    }

    /// A small ring holds the last lines, in order, and counts the others.
    #[test]
    fn a_full_ring_is_the_end_of_the_list(lines in prop::collection::vec((1..100_000i64, 0..300usize), 600..1500)) {
        let mut book = LogBook::new(64 << 10);
        let ids: Vec<SourceId> = (0..5).map(|_| book.add_source(source("x"))).collect();
        let mut floors = [0; 5];
        let mut model = Vec::new();
        for (number, (time, length)) in lines.into_iter().enumerate() {
            let text = format!("{number} {}", "z".repeat(length));
            book.take(ids[number % 5], Generation(1), &batch(&[(time, &text)]));
            floors[number % 5] = time.max(floors[number % 5]);
            model.push((floors[number % 5], number, text));
            prop_assert!(book.memory() <= book.limit());
        }
        let dropped = book.dropped().lines as usize;
        prop_assert!(dropped > 0);
        prop_assert_eq!(model[..dropped].iter().map(|line| line.2.len() as u64).sum::<u64>(), book.dropped().bytes);
        let mut left = model.split_off(dropped);
        left.sort();
        let expected: Vec<String> = left.into_iter().map(|line| line.2).collect();
        prop_assert_eq!(texts(&book), expected);
    }

    /// Whatever a stream sends: nothing panics, every line is found where it is, and the bound holds.
    #[test]
    fn no_stream_is_too_strange(events in prop::collection::vec(strange(), 1..16)) {
        let mut book = LogBook::new(64 << 10);
        let ids = [book.add_source(source("a")), book.add_source(source("b"))];
        let mut view = LogView::new(LogFilter::parse("a -C 2").unwrap());
        let mut search = LogSearch::regex("a.?").unwrap();
        for (which, generation, what, event) in events {
            match what {
                0 => book.expect_older(ids[which]),
                1 => book.clear(),
                _ => drop(format!("{:?}", book.take(ids[which], Generation(generation), &event))),
            }
            prop_assert!(book.memory() <= book.limit());
            view.scan(&book, 30);
            search.step(&book, 30);
            let _ = (view.next_error(&book, 3, true), search.next(&book, &view, 1, false), book.rate(7, i64::MIN, i64::MAX));
        }
        for position in 0..book.len() {
            let line = book.line_at(position).unwrap();
            prop_assert_eq!(book.position(line.id), Some(position));
        }
        prop_assert!(book.line_at(book.len()).is_none());
        for position in 0..view.len(&book) {
            let line = view.line_at(&book, position).unwrap();
            prop_assert_eq!(view.position(&book, line.id), Some(position));
        }
        let saved: usize = view.save(&book, 0..usize::MAX, Saving::default()).map(|piece| piece.len()).sum();
        prop_assert!(saved <= book.limit());
    }
}

/// Batches that no server sends: ends that go back or lie outside, times at the ends of what can be said.
fn strange() -> impl Strategy<Value = (usize, u64, u8, LogEvent)> {
    let time = prop_oneof![Just(0), Just(i64::MIN), Just(i64::MAX), -5..5i64, 0..1000i64];
    let lines = prop::collection::vec((0..4000u32, time.clone(), any::<bool>()), 0..30);
    let bytes = prop::collection::vec(prop_oneof![Just(b'a'), Just(b' '), Just(b'\n'), any::<u8>()], 0..4000);
    let batch = (lines, bytes).prop_map(|(lines, bytes)| {
        let lines = lines
            .into_iter()
            .map(|(end, time, cut)| LogLine { end, time, cut })
            .collect();
        LogEvent::Lines(LogBatch {
            bytes: bytes.into(),
            lines,
        })
    });
    let mark = time.prop_map(|time| LogEvent::Mark {
        mark: LogMark::Gap(Clean::new("?")),
        time,
    });
    (0..2usize, 0..4u64, 0..12u8, prop_oneof![3 => batch, 1 => mark])
}
