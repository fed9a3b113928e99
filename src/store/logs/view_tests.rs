//! Filter, view, search and saving against what a plain loop over all lines says.

use super::tests::{batch, source, texts};
use super::*;
use crate::msg::{Generation, LogBatch, LogEvent, LogLine, LogMark};
use crate::text::Clean;
use proptest::prelude::*;

fn book(lines: &[&str]) -> LogBook {
    let mut book = LogBook::default();
    let a = book.add_source(source("a"));
    let lines: Vec<(i64, &str)> = lines
        .iter()
        .enumerate()
        .map(|(at, text)| (at as i64 + 1, *text))
        .collect();
    book.take(a, Generation(1), &batch(&lines));
    book
}

fn shown(book: &LogBook, view: &LogView) -> Vec<usize> {
    (0..view.len(book))
        .map(|at| view.line_at(book, at).unwrap().id.0 as usize)
        .collect()
}

#[test]
fn filters_choose() {
    let lines = [
        "INFO Started with 3 workers",
        "DEBUG tick",
        r#"{"level":"error","msg":"boom","http":{"status":503},"took":"250ms","user":"Ann"}"#,
        r#"level=warn msg="slow request" took=1.5s user=bob"#,
        "ERROR could not save",
        "  at a.b(C.java:1)",
        "  at timeout",
        "INFO done [x=1]",
        r#"E0102 15:04:05.000001 1 run.go:72] "failed" pod="shop/a""#,
    ];
    let book = book(&lines);
    for (filter, expected) in [
        ("", vec![0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("info", vec![0, 7]),
        ("INFO workers", vec![0]),
        ("!info !debug", vec![2, 3, 4, 5, 6, 8]),
        ("/^(info|debug)/", vec![0, 1, 7]),
        ("/^Info/", vec![]),
        ("/started with/", vec![0]),
        ("!/^[A-Z]+ /", vec![2, 3, 8]),
        ("timeout", vec![4, 5, 6]),
        ("save timeout", vec![4, 5, 6]),
        ("!save timeout", vec![]),
        ("level>=warn", vec![2, 3, 4, 5, 6, 8]),
        ("level:error", vec![2, 4, 5, 6, 8]),
        ("level=warn", vec![3]),
        ("level<info", vec![1]),
        ("http.status>=500", vec![2]),
        ("http.status=503", vec![2]),
        ("http.status<500", vec![]),
        ("took>300ms", vec![3]),
        ("took<300ms", vec![2]),
        ("user=ann", vec![2]),
        ("user!=ann", vec![0, 1, 3, 4, 5, 6, 7, 8]),
        ("!user=ann", vec![0, 1, 3, 4, 5, 6, 7, 8]),
        ("file=run.go:72", vec![8]),
        ("pod=shop/a", vec![8]),
        ("msg=failed", vec![8]),
        ("source:shop/A", vec![0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("!source:main", vec![]),
        ("\"with 3\"", vec![0]),
        ("\"x=1\"", vec![7]),
        ("-C 1 boom", vec![1, 2, 3]),
        ("save -C1", vec![3, 4, 5, 6, 7]),
        ("a.b:c", vec![]),
    ] {
        let mut view = LogView::new(LogFilter::parse(filter).unwrap());
        assert!(view.scan(&book, usize::MAX).complete());
        assert_eq!(shown(&book, &view), expected, "{filter}");
        // In the smallest steps it comes to the same.
        let mut slow = LogView::new(LogFilter::parse(filter).unwrap());
        while !slow.scan(&book, 1).complete() {}
        assert_eq!(shown(&book, &slow), expected, "{filter}");
    }
    let mut view = LogView::new(LogFilter::parse("-C 1 boom").unwrap());
    view.scan(&book, usize::MAX);
    assert!(view.is_context(&book, LineId(1)) && !view.is_context(&book, LineId(2)));
    assert_eq!(view.next_error(&book, 0, true), Some(1));
    assert_eq!(view.position_near(&book, LineId(0)), 0);
    assert_eq!(view.position_near(&book, LineId(3)), 2);
    assert_eq!(view.position_near(&book, LineId(7)), 3);
    assert_eq!(view.rate(&book, 1, 0, 100)[0].lines, 3);
    let finds = LogFilter::parse("tick /i.k/ !x").unwrap().finds(b"Tick a tick");
    assert_eq!(finds, [0..4, 7..11]);
}

#[test]
fn wrong_filters_say_what_to_write() {
    for (filter, at, words) in [
        ("ok /(/", 3, "unclosed group"),
        ("a \"b", 2, "not closed"),
        ("level>=worn", 0, "did you mean warn?"),
        ("level=loud", 0, "levels are trace"),
        ("a b=", 2, "needs a value"),
        ("x -C", 2, "-C 3"),
        ("x -C 1000", 2, "up to 100"),
        ("!", 0, "needs something"),
        ("//", 0, "needs something"),
        ("took>long", 0, "numbers and durations"),
        ("source>x", 0, "source:word"),
        (r"/(\w{500}){500}/", 0, "wrong"),
    ] {
        let error = LogFilter::parse(filter).unwrap_err();
        assert_eq!(error.at, at, "{filter}: {error}");
        assert!(error.message.contains(words), "{filter}: {error}");
    }
    assert!(LogFilter::parse(&"a ".repeat(33)).is_err());
    assert!(LogFilter::parse(&"a".repeat(5000)).is_err());
}

#[test]
fn context_comes_from_the_same_source_also_when_it_comes_later() {
    let mut book = LogBook::default();
    let (a, b) = (book.add_source(source("a")), book.add_source(source("b")));
    let mut view = LogView::new(LogFilter::parse("boom -C 2").unwrap());
    let mut time = 0;
    for text in ["a1", "a2", "a3", "boom", "a4"] {
        time += 1;
        book.take(a, Generation(1), &batch(&[(time, text)]));
        time += 1;
        book.take(b, Generation(1), &batch(&[(time, "other")]));
        view.scan(&book, 100);
    }
    book.take(a, Generation(1), &batch(&[(100, "a5"), (101, "a6")]));
    view.scan(&book, 100);
    let shown: Vec<_> = (0..view.len(&book))
        .map(|at| view.line_at(&book, at).unwrap().bytes)
        .collect();
    assert_eq!(shown, [b"a2".as_slice(), b"a3", b"boom", b"a4", b"a5"]);
}

#[test]
fn finds_are_gone_through_in_the_view() {
    let lines: Vec<String> = (0..5000)
        .map(|n| format!("{} n{n}", if n % 7 == 0 { "Needle" } else { "hay" }))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let book = book(&lines);
    for mut search in [
        LogSearch::literal("needle").unwrap(),
        LogSearch::regex("needle n[0-9]+$").unwrap(),
    ] {
        let mut view = LogView::default();
        assert_eq!(
            search.step(&book, 1000),
            Progress {
                done: 1000,
                total: 5000
            }
        );
        assert_eq!(
            search.from_end(&book, &view, false),
            Some(4998),
            "the newest are found first"
        );
        assert!(search.step(&book, 5000).complete());
        assert_eq!(search.count(), 715);
        assert_eq!(search.from_end(&book, &view, true), Some(0));
        assert_eq!(search.next(&book, &view, 0, true), Some(7));
        assert_eq!(search.next(&book, &view, 8, false), Some(7));
        assert_eq!(search.next(&book, &view, 7, false), Some(0));
        assert_eq!(search.next(&book, &view, 0, false), None);
        assert_eq!(search.next(&book, &view, 4998, true), None);
        assert_eq!(search.number(&book, LineId(7)), 2);
        view.set_filter(LogFilter::parse("5 !/[1-4]$/").unwrap());
        view.scan(&book, usize::MAX);
        let naive: Vec<usize> = (0..view.len(&book))
            .filter(|at| view.line_at(&book, *at).unwrap().bytes.starts_with(b"Needle"))
            .collect();
        let mut walked = Vec::new();
        let mut at = search.from_end(&book, &view, true);
        while let Some(position) = at {
            walked.push(position);
            at = search.next(&book, &view, position, true);
        }
        assert_eq!(walked, naive);
        let mut at = search.from_end(&book, &view, false);
        while let Some(position) = at {
            assert_eq!(walked.pop(), Some(position));
            at = search.next(&book, &view, position, false);
        }
        assert!(walked.is_empty());
    }
    assert_eq!(LogSearch::literal("A").unwrap().finds(b"aAbA"), [1..2, 3..4]);
    assert_eq!(LogSearch::literal("é").unwrap().finds("É".as_bytes())[0], 0..2);
    assert_eq!(LogSearch::regex("x*").unwrap().finds(b"axxb")[0], 1..3);
    assert!(LogSearch::literal("").is_err() && LogSearch::literal("a\nb").is_err() && LogSearch::regex("(").is_err());
}

#[test]
fn saved_lines_are_what_was_written() {
    let mut book = LogBook::new(2 << 20);
    let (a, b) = (book.add_source(source("a")), book.add_source(source("b")));
    let mut expected = String::new();
    for number in 0..4000 {
        let text = format!("line {number} {}", "x".repeat(100));
        book.take(a, Generation(1), &batch(&[(number + 1, &text)]));
        expected.push_str(&text);
        expected.push('\n');
    }
    let view = LogView::default();
    let pieces: Vec<_> = view.save(&book, 0..usize::MAX, Saving::default()).collect();
    assert!(
        pieces
            .iter()
            .filter(|piece| std::sync::Arc::strong_count(piece) > 1)
            .count()
            > 5,
        "shared, not copied"
    );
    assert_eq!(pieces.concat(), expected.as_bytes());
    let part: Vec<_> = view.save(&book, 10..3000, Saving::default()).collect();
    let lines: Vec<&str> = expected.lines().collect();
    assert_eq!(part.concat(), format!("{}\n", lines[10..3000].join("\n")).as_bytes());
    assert!(part.iter().any(|piece| std::sync::Arc::strong_count(piece) > 1));

    let cut = LogBatch {
        bytes: b"begin end".as_slice().into(),
        lines: [(6, true), (9, false)]
            .map(|(end, cut)| LogLine {
                end,
                time: 1_000_000_000_000,
                cut,
            })
            .into(),
    };
    book.clear();
    assert_eq!((book.len(), texts(&book).len()), (0, 0));
    book.take(b, Generation(1), &LogEvent::Lines(cut));
    book.take(
        b,
        Generation(1),
        &LogEvent::Mark {
            mark: LogMark::Reconnected,
            time: 1_000_000_000_000,
        },
    );
    book.take(b, Generation(1), &batch(&[(1_000_000_000_001, "next")]));
    assert_eq!(book.len(), 4);
    let plain = view.save(&book, 0..9, Saving::default()).collect::<Vec<_>>().concat();
    assert_eq!(plain, b"begin end\nnext\n");
    let full = Saving {
        source: true,
        time: true,
    };
    let full = view.save(&book, 2..4, full).collect::<Vec<_>>().concat();
    assert_eq!(
        String::from_utf8(full).unwrap(),
        "[pod/b/main] 1970-01-01T00:16:40.000000001Z next\n"
    );
    book.add_source(SourceInfo {
        namespace: Clean::new("other"),
        ..source("c")
    });
    let wide = view
        .save(
            &book,
            3..4,
            Saving {
                source: true,
                time: false,
            },
        )
        .collect::<Vec<_>>()
        .concat();
    assert_eq!(wide, b"[pod/shop/b/main] next\n");
}

/// What a filter of one kind says of a group of lines, said slowly.
fn naive(filter: &str, lines: &[&str]) -> bool {
    let lower: Vec<String> = lines.iter().map(|line| line.to_lowercase()).collect();
    filter.split_whitespace().all(|word| match word.strip_prefix('!') {
        Some(word) => !lower[0].contains(&word.to_lowercase()),
        None => lower.iter().any(|line| line.contains(&word.to_lowercase())),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Lines of several sources in any turns, scanned in any steps, in a ring that may drop.
    #[test]
    fn a_view_is_a_plain_filter(
        lines in prop::collection::vec((0..3usize, 0..50i64, "( {2})?[abAB]{0,4} ?[abc]{0,3}"), 1..300),
        filter in "(!?[abcAB]{1,2} ){1,3}",
        steps in prop::collection::vec((1..40usize, 0..200usize), 1..30),
    ) {
        let mut book = LogBook::default();
        let ids: Vec<SourceId> = (0..3).map(|_| book.add_source(source("x"))).collect();
        let mut view = LogView::new(LogFilter::parse(&filter).unwrap());
        let mut left = lines.iter();
        for (count, budget) in steps.iter().cycle() {
            let part: Vec<_> = left.by_ref().take(*count).collect();
            if part.is_empty() {
                break;
            }
            for (which, time, text) in part {
                book.take(ids[*which], Generation(1), &batch(&[(time + 1, text)]));
            }
            view.scan(&book, *budget);
        }
        while !view.scan(&book, 7).complete() {}
        // Groups by source, in the order of arrival.
        let mut expected = std::collections::BTreeSet::new();
        for id in &ids {
            let own: Vec<LogLineRef> = (0..lines.len() as u64).filter_map(|id| book.line(LineId(id))).filter(|line| line.source == *id).collect();
            for group in own.chunk_by(|_, next| next.continuation) {
                let texts: Vec<&str> = group.iter().map(|line| std::str::from_utf8(line.bytes).unwrap()).collect();
                if naive(&filter, &texts) {
                    expected.extend(group.iter().map(|line| line.id));
                }
            }
        }
        let all: Vec<LineId> = (0..book.len()).map(|at| book.line_at(at).unwrap().id).filter(|id| expected.contains(id)).collect();
        let shown: Vec<LineId> = (0..view.len(&book)).map(|at| view.line_at(&book, at).unwrap().id).collect();
        prop_assert_eq!(shown, all);
    }

    /// What was dropped from the ring is gone from views and searches.
    #[test]
    fn views_forget_what_the_ring_forgets(sizes in prop::collection::vec(0..400usize, 300..900), budget in 1..50usize) {
        let mut book = LogBook::new(64 << 10);
        let a = book.add_source(source("x"));
        let mut view = LogView::new(LogFilter::parse("even").unwrap());
        let mut search = LogSearch::literal("even").unwrap();
        for (number, size) in sizes.iter().enumerate() {
            let text = format!("{} {}", if number % 2 == 0 { "even" } else { "odd" }, "y".repeat(*size));
            book.take(a, Generation(1), &batch(&[(number as i64 + 1, &text)]));
            view.scan(&book, budget);
            search.step(&book, budget);
        }
        while !view.scan(&book, 100).complete() {}
        while !search.step(&book, 100).complete() {}
        let expected: Vec<LineId> = (0..book.len()).map(|at| book.line_at(at).unwrap()).filter(|line| line.bytes.starts_with(b"even")).map(|line| line.id).collect();
        let shown: Vec<LineId> = (0..view.len(&book)).map(|at| view.line_at(&book, at).unwrap().id).collect();
        prop_assert_eq!(search.count(), expected.len());
        prop_assert_eq!(shown, expected);
    }

    /// A filter is read or refused, whatever was typed; what is lit up lies within the line.
    #[test]
    fn any_filter_may_be_typed(filter in r#"([a-z"'!/=<>:.0-9\\(\[ -]|level|-C ){0,20}"#, line in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(filter) = LogFilter::parse(&filter) {
            let mut end = 0;
            for find in filter.finds(&line) {
                prop_assert!(find.start >= end && find.end > find.start && find.end <= line.len());
                end = find.end;
            }
        }
    }
}
