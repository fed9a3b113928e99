//! Logs: a million lines into the book, merged, filtered, searched and saved.

use crate::harness::{Report, best, best_on, per, quantiles, rate, resident, timed, times};
use portolan::msg::{Generation, LogBatch, LogEvent, LogLine};
use portolan::store::logs::{LogBook, LogFilter, LogSearch, LogView, Saving, SourceId, SourceInfo, level};
use portolan::text::{Clean, log_spans};
use std::hint::black_box;

const LINES: usize = 1_000_000;
/// What the million is measured in: room for all of it.
const LIMIT: usize = 160 << 20;

/// Lines as services write them: plain, JSON, logfmt, klog, traces.
fn line(number: usize) -> String {
    let request = number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff;
    match number % 10 {
        0 | 5 => format!(
            r#"{{"level":"info","ts":"2026-11-20T10:00:00.000Z","msg":"request served","path":"/api/v1/carts/{request:08x}","status":200}}"#
        ),
        1 | 6 => format!(
            r#"time="2026-11-20T10:00:00Z" level=info msg="reconciled cart" cart={request:08x} took=12ms component=controller"#
        ),
        2 => format!(
            "I1120 10:00:00.000000       1 controller.go:{number}] \"Synced\" cart=\"shop/{request:08x}\" took=\"3ms\" generation=4"
        ),
        3 if number % 1000 == 3 => format!(
            "2026-11-20 10:00:00,000 ERROR checkout - could not charge card {request:08x}: connection refused by peer"
        ),
        4 if number % 1000 == 4 => "\tat com.example.checkout.Charge.run(Charge.java:120)".to_owned(),
        _ => format!(
            "10.0.{}.{} - - [20/Nov/2026:10:00:00 +0000] \"GET /healthz/{request:08x} HTTP/1.1\" 200 {number} \"-\" \"probe/1.0\"",
            number % 256,
            number % 200
        ),
    }
}

/// Batches as the stream sends them: some 64 KiB each, the times a millisecond apart.
fn batches(count: usize, begin: i64) -> Vec<LogEvent> {
    let mut batches = Vec::new();
    let (mut bytes, mut lines) = (Vec::new(), Vec::new());
    for number in 0..count {
        bytes.extend_from_slice(line(number).as_bytes());
        lines.push(LogLine {
            end: bytes.len() as u32,
            time: begin + number as i64 * 1_000_000,
            cut: false,
        });
        if bytes.len() > 64 << 10 || number + 1 == count {
            batches.push(LogEvent::Lines(LogBatch {
                bytes: std::mem::take(&mut bytes).into(),
                lines: std::mem::take(&mut lines).into(),
            }));
        }
    }
    batches
}

fn source() -> SourceInfo {
    SourceInfo {
        namespace: Clean::new("shop"),
        pod: Clean::new("cart-0"),
        container: Clean::new("cart"),
    }
}

fn filled(batches: &[LogEvent], limit: usize) -> LogBook {
    let mut book = LogBook::new(limit);
    let id = book.add_source(source());
    for batch in batches {
        book.take(id, Generation(1), batch);
    }
    book
}

/// All figures.
pub fn measure(report: &mut Report) {
    println!("-- {LINES} log lines");
    let begin = 1_790_000_000_000_000_000;
    let history = batches(LINES, begin);
    let mut raw = Vec::new();
    for event in &history {
        let LogEvent::Lines(batch) = event else { continue };
        let mut from = 0;
        for line in &batch.lines {
            raw.extend_from_slice(&batch.bytes[from..line.end as usize]);
            raw.push(b'\n');
            from = line.end as usize;
        }
    }
    report.say("log line, bytes", format!("{}", raw.len() / LINES - 1));
    let split = best(5, || memchr::memchr_iter(b'\n', &raw).count());
    report.say("floor: lines split", per(split, LINES, "/line"));
    let levels = best(3, || {
        raw.split(|byte| *byte == b'\n')
            .filter(|line| level(line) != Default::default())
            .count()
    });
    report.compare(
        "logs: level of a line",
        per(levels, LINES, "/line"),
        times(levels, split),
        60.0,
        "splitting",
    );

    let ingest = best(3, || filled(&history, 64 << 20));
    report.compare(
        "logs: ingest, 64 MiB",
        format!("{:.2} M lines/s", LINES as f64 / 1e6 / ingest.as_secs_f64()),
        times(ingest, split),
        90.0,
        "splitting",
    );
    let before = resident();
    let book = filled(&history, LIMIT);
    let held = resident().saturating_sub(before);
    assert_eq!(book.len(), LINES);
    let overhead = (book.memory() - (raw.len() - LINES)) as f64 / LINES as f64;
    report.compare(
        "logs: memory beside the bytes",
        format!("{overhead:.1} B/line"),
        overhead,
        19.0,
        "1 B",
    );
    report.say(
        "logs: memory held by the process",
        format!(
            "{:.1} MB, {:.1} MB counted",
            held as f64 / 1e6,
            book.memory() as f64 / 1e6
        ),
    );

    // Two histories, one after the other, of the same hours; then lines of ten sources as they come.
    let half = batches(LINES / 2, begin);
    let other = batches(LINES / 2, begin + 300_000);
    let merged = best_on(
        2,
        || LogBook::new(LIMIT),
        |book| {
            let (a, b) = (book.add_source(source()), book.add_source(source()));
            half.iter().for_each(|batch| {
                book.take(a, Generation(1), batch);
            });
            other.iter().for_each(|batch| {
                book.take(b, Generation(2), batch);
            });
        },
    );
    report.compare(
        "logs: two histories merged",
        per(merged, LINES, "/line"),
        times(merged, ingest),
        4.0,
        "ingest",
    );
    let live: Vec<(SourceId, LogEvent)> = (0..LINES / 10)
        .map(|number| {
            let time = begin + number as i64 * 1_000_000 - (number % 7) as i64 * 900_000;
            let text = line(number);
            let lines = [LogLine {
                end: text.len() as u32,
                time,
                cut: false,
            }]
            .into();
            (
                SourceId((number % 10) as u16),
                LogEvent::Lines(LogBatch {
                    bytes: text.into_bytes().into(),
                    lines,
                }),
            )
        })
        .collect();
    let coming = best_on(
        3,
        || {
            let mut book = LogBook::new(LIMIT);
            (0..10).for_each(|_| {
                book.add_source(source());
            });
            book
        },
        |book| {
            live.iter().for_each(|(id, event)| {
                book.take(*id, Generation(1), event);
            })
        },
    );
    report.say(
        "logs: ten sources live, a line each time",
        per(coming, LINES / 10, "/line"),
    );

    let floor = best(5, || memchr::memmem::Finder::new("zzz").find_iter(&raw).count());
    report.say("floor: search of all bytes", per(floor, 1, ""));
    for (name, limit, search) in [
        ("Charge.java", 4.0, LogSearch::literal("Charge.java")),
        ("charge card", 12.0, LogSearch::literal("charge card")),
        ("healthz", 25.0, LogSearch::literal("healthz")),
        ("e", 40.0, LogSearch::literal("e")),
        ("/[0-9a-f]{8}: conn/", 60.0, LogSearch::regex("[0-9a-f]{8}: conn")),
    ] {
        let mut search = Some(search.unwrap());
        let mut found = 0;
        let time = timed(|| {
            let search = search.as_mut().unwrap();
            while !search.step(&book, 1 << 17).complete() {}
            found = search.count();
        });
        report.compare(
            format!("logs: search {name}"),
            format!("{} ({found})", per(time, 1, "")),
            times(time, floor),
            limit,
            "search of bytes",
        );
    }
    for (filter, limit) in [
        ("charge", 20.0),
        ("!healthz", 40.0),
        ("level>=error", 20.0),
        ("refused -C 3", 25.0),
        ("status=200", 200.0),
        ("/card [0-9a-f]+/", 60.0),
    ] {
        let parsed = LogFilter::parse(filter).unwrap();
        let mut shown = 0;
        let time = best(2, || {
            let mut view = LogView::new(parsed.clone());
            while !view.scan(&book, 1 << 17).complete() {}
            shown = view.len(&book);
        });
        report.compare(
            format!("logs: filter {filter}"),
            format!("{} ({shown})", per(time, 1, "")),
            times(time, floor),
            limit,
            "search of bytes",
        );
    }
    // What a key costs: a page of lines made safe, from anywhere; finds and errors beside it; the strip.
    let view = LogView::default();
    let mut search = LogSearch::literal("refused").unwrap();
    while !search.step(&book, LINES).complete() {}
    let mut at = 0;
    let pages = (0..200).map(|_| {
        timed(|| {
            at = (at + 777_777) % (LINES - 50);
            for position in at..at + 50 {
                let line = view.line_at(&book, position).unwrap();
                black_box(log_spans(line.bytes, 400));
                black_box(search.finds(line.bytes));
            }
            black_box(search.next(&book, &view, at, true));
            black_box(view.next_error(&book, at, false));
            black_box(view.rate(&book, 120, begin, begin + LINES as i64 * 1_000_000));
        })
    });
    let (median, worst) = quantiles(pages.collect());
    report.compare(
        "logs: page, next find, error and strip",
        format!("{} p50, {} p99", per(median, 1, ""), per(worst, 1, "")),
        times(worst, floor),
        1.0,
        "search of bytes",
    );
    let save = best(3, || view.save(&book, 0..LINES, Saving::default()).count());
    report.say("logs: save, shared", per(save, 1, ""));
    let save = best(2, || {
        view.save(
            &book,
            0..LINES,
            Saving {
                source: true,
                time: true,
            },
        )
        .map(|piece| piece.len())
        .sum::<usize>()
    });
    report.say(
        "logs: save with source and time",
        format!("{:.0} MB/s", rate(raw.len(), save)),
    );
}
