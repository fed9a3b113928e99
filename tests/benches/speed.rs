//! Speed and size of the data path: decode, split, store, sort, filter, draw, and a key all the way to the frame.
//!
//! `cargo bench` prints the figures; `cargo bench -- --check` fails when a ratio is over its limit. Limits are on ratios to
//! a floor measured in the same run, never on times: they mean the same on a slow machine and a fast one. Words select
//! groups: `cargo bench -- filter`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a program for the developer's terminal"
)]

mod documents;
mod harness;
mod logs;
mod stage;
mod world;

use harness::{Report, best, best_on, per, quantiles, rate, resident, timed, times};
use portolan::cluster::listwatch::reader::{How, Reader};
use portolan::cluster::listwatch::splitter::Splitter;
use portolan::kinds::{Field, Row, Scratch, pod::POD};
use portolan::msg::{Delta, TableEvent};
use portolan::store::{Filter, SortBy, Table, View, ViewSpec};
use portolan::text::Clean;
use serde::de::IgnoredAny;
use stage::Stage;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;
use world::NOW;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let check = words.iter().any(|word| word == "--check");
    let mut report = Report::new(words.into_iter().find(|word| !word.starts_with("--")));
    if report.wants("decode split") {
        decoding(&mut report);
    }
    for count in [10_000, 100_000] {
        if report.wants("store view sort filter draw key memory") {
            rows(&mut report, count);
        }
    }
    if report.wants("logs ingest search filter rate memory") {
        logs::measure(&mut report);
    }
    if report.wants("document yaml search") {
        documents::measure(&mut report);
    }
    let over = report.over();
    if check && !over.is_empty() {
        println!("over the limit: {}", over.join(", "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// From bytes to rows.
fn decoding(report: &mut Report) {
    let demo = world::demo(500);
    let (pods, _, body) = world::elements(&demo, "/api/v1/namespaces/load-000/pods", false);
    let bytes: usize = pods.iter().map(Vec::len).sum();
    report.say("pod, bytes of JSON", format!("{}", bytes / pods.len()));
    let floor = best(9, || {
        for pod in &pods {
            black_box(serde_json::from_slice::<IgnoredAny>(pod).unwrap());
        }
    });
    report.say(
        "floor: JSON ignored",
        format!("{}, {:.0} MB/s", per(floor, pods.len(), "/pod"), rate(bytes, floor)),
    );
    let mut scratch = Scratch::new();
    let slim = best(9, || {
        for pod in &pods {
            black_box(world::decode_pod(pod, &mut scratch));
        }
    });
    report.compare(
        "decode: slim pod",
        format!("{}, {:.0} MB/s", per(slim, pods.len(), "/pod"), rate(bytes, slim)),
        times(slim, floor),
        2.2,
        "ignoring",
    );

    let (printed, head, _) = world::elements(&demo, "/api/v1/namespaces/load-000/pods?includeObject=Metadata", true);
    let printed_bytes: usize = printed.iter().map(Vec::len).sum();
    let printed_floor = best(9, || {
        for row in &printed {
            black_box(serde_json::from_slice::<IgnoredAny>(row).unwrap());
        }
    });
    let mut reader = Reader::new(How::Table(Some(&POD)));
    reader.head(&head);
    let table = best(9, || {
        for row in &printed {
            reader.element(row, &mut |delta| drop(black_box(delta))).unwrap();
        }
    });
    report.compare(
        "decode: printed row",
        format!(
            "{}, {:.0} MB/s",
            per(table, printed.len(), "/row"),
            rate(printed_bytes, table)
        ),
        times(table, printed_floor),
        2.5,
        "ignoring",
    );

    let split = best(9, || {
        let mut splitter = Splitter::default();
        let mut count = 0;
        for chunk in body.chunks(64 << 10) {
            splitter.feed(chunk, &mut |_, _| count += 1).unwrap();
        }
        splitter.finish().unwrap();
        count
    });
    report.compare(
        "split: list body",
        format!("{:.2} GB/s", rate(body.len(), split) / 1e3),
        times(split, floor),
        1.5,
        "ignoring",
    );
    report.compare(
        "split: share of a slim list",
        format!("{:.0} %", 100.0 * times(split, split + slim)),
        times(split, slim),
        0.6,
        "slim decode",
    );
}

/// A table of so many rows, from the first list to a key.
fn rows(report: &mut Report, count: u32) {
    println!("-- {count} pods");
    let demo = world::demo(count);
    // What listing takes for itself is there before.
    world::list(&demo, "/api/v1/namespaces/load-000/pods", false, |chunk| {
        black_box(chunk.len());
    });
    let before = resident();
    let (table, scratch) = world::table(&demo);
    let held = resident().saturating_sub(before);
    let total = table.counts().rows;
    if report.wants("memory") {
        let bytes = held as f64 / total as f64;
        let name = format!("memory: row in its table, {count}");
        match count {
            // What does not grow with the rows weighs too much on few of them.
            ..50_000 => report.say(name, format!("{bytes:.0} B/row")),
            _ => report.compare(name, format!("{bytes:.0} B/row"), bytes / 700.0, 1.12, "700 B"),
        }
    }
    let rows: Vec<Row> = table.ids().filter_map(|id| table.row(id)).cloned().collect();
    drop(scratch);
    // Sorting as many numbers is what any order costs at least.
    let numbers: Vec<u64> = (0..total as u64)
        .map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .collect();
    let sorting = best_on(5, || numbers.clone(), |numbers| numbers.sort_unstable());
    if report.wants("store") {
        let fill = best_on(3, || Some(rows.clone()), |rows| filled(rows.take().unwrap()));
        report.compare(
            format!("store: first fill, {count}"),
            per(fill, total, "/row"),
            times(fill, sorting),
            250.0,
            "sorting numbers",
        );
    }
    if report.wants("store view") {
        changes(report, count, &rows, sorting);
    }
    if report.wants("sort") {
        sorts(report, count, &table, sorting);
    }
    if report.wants("filter") {
        filters(report, count, &table);
    }
    drop(table);
    if report.wants("draw key") {
        keys(report, count, rows);
    }
}

fn filled(rows: Vec<Row>) -> Table {
    let mut table = Table::new(Clean::new("Pod"), world::columns(&POD), 1, 0);
    let mut rows = rows.into_iter();
    table.apply(TableEvent::Begin { source: 0, epoch: 1 }, 0);
    loop {
        let deltas: Vec<Delta> = rows.by_ref().take(256).map(Delta::Upsert).collect();
        if deltas.is_empty() {
            break;
        }
        table.apply(TableEvent::Deltas { source: 0, deltas }, 0);
    }
    table.apply(TableEvent::End { source: 0, epoch: 1 }, 0);
    table
}

/// A batch of changes into a filled table and its view.
fn changes(report: &mut Report, count: u32, rows: &[Row], sorting: Duration) {
    let mut table = filled(rows.to_vec());
    let mut view = View::default();
    let spec = ViewSpec::default();
    view.sync(&[&table], &spec, NOW);
    let step = rows.len() / 256;
    let mut version = 1 << 40;
    let mut batch = || {
        version += 1;
        let changed = rows.iter().step_by(step.max(1)).take(256).cloned();
        let deltas = changed
            .map(|mut row| {
                row.version = version;
                Delta::Upsert(row)
            })
            .collect();
        TableEvent::Deltas { source: 0, deltas }
    };
    let (mut applying, mut syncing) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        let event = batch();
        applying.push(timed(|| table.apply(event, 1)));
        syncing.push(timed(|| view.sync(&[&table], &spec, NOW)));
    }
    let (apply, sync) = (quantiles(applying).0, quantiles(syncing).0);
    report.say(format!("store: 256 deltas applied, {count}"), per(apply, 1, ""));
    report.compare(
        format!("view: 256 deltas taken in, {count}"),
        per(sync, 1, ""),
        times(sync, sorting),
        if count > 50_000 { 1.2 } else { 8.0 },
        "sorting numbers",
    );
}

/// Full sorts by one column of each type.
fn sorts(report: &mut Report, count: u32, table: &Table, sorting: Duration) {
    let columns = [
        ("name", Field::Name),
        ("namespace", Field::Namespace),
        ("age", Field::Age),
        ("ratio", Field::Cell(0)),
        ("word", Field::Cell(1)),
        ("count and time", Field::Cell(2)),
        ("address", Field::Cell(3)),
        ("node", Field::Cell(4)),
        ("number", Field::Cell(11)),
        ("owner", Field::Owner),
    ];
    for (name, field) in columns {
        for descending in [false, true] {
            let spec = ViewSpec {
                sort: SortBy {
                    field: field.clone(),
                    descending,
                },
                ..ViewSpec::default()
            };
            let time = best_on(3, View::default, |view| view.sync(&[table], &spec, NOW));
            let arrow = if descending { "down" } else { "up" };
            report.compare(
                format!("sort: {name} {arrow}, {count}"),
                per(time, 1, ""),
                times(time, sorting),
                35.0,
                "sorting numbers",
            );
        }
    }
}

/// A filter as it is typed.
fn filters(report: &mut Report, count: u32, table: &Table) {
    // Looking through all texts that lie in one piece is what any search costs at least.
    let mut texts = String::new();
    for id in table.ids() {
        let Some(row) = table.row(id) else { continue };
        texts.push_str(row.name.as_str());
        texts.push_str(row.namespace.as_str());
        for cell in &row.cells {
            cell.value.write(NOW, &mut texts);
        }
    }
    let finder = memchr::memmem::Finder::new("zzz");
    let floor = best(5, || finder.find_iter(texts.as_bytes()).count());
    report.say(format!("floor: search of all texts, {count}"), per(floor, 1, ""));
    let spec = |filter: &str| ViewSpec {
        filter: Filter::parse(filter, table.columns()).unwrap(),
        ..ViewSpec::default()
    };
    for (filter, limit) in [
        ("e", 30.0),
        ("crash", 120.0),
        ("zzz", 100.0),
        ("!running", 80.0),
        ("~srv12", 130.0),
        ("/service-00[0-9]+/", 150.0),
        ("restarts>5", 20.0),
        ("age<1h", 10.0),
        ("status!=Running", 20.0),
        ("node~pool-0001", 35.0),
        ("service 12", 90.0),
    ] {
        let spec = spec(filter);
        let mut view = View::default();
        let time = best(3, || {
            view.invalidate();
            view.sync(&[table], &spec, NOW)
        });
        report.compare(
            format!("filter: {filter} cold, {count}"),
            format!("{} ({} rows)", per(time, 1, ""), view.rows().len()),
            times(time, floor),
            limit,
            "search",
        );
    }
    let wide = spec("serv");
    let narrow = spec("servi");
    let time = best_on(
        3,
        || {
            let mut view = View::default();
            view.sync(&[table], &wide, NOW);
            view
        },
        |view| view.narrow(&[table], &narrow, NOW),
    );
    report.compare(
        format!("filter: one more letter, {count}"),
        per(time, 1, ""),
        times(time, floor),
        30.0,
        "search",
    );
}

/// From a key to the finished frame.
fn keys(report: &mut Report, count: u32, rows: Vec<Row>) {
    let size = (160, 45);
    let empty = best(50, || {
        let area = ratatui::layout::Rect::new(0, 0, size.0, size.1);
        let (mut old, mut new) = (
            ratatui::buffer::Buffer::empty(area),
            ratatui::buffer::Buffer::empty(area),
        );
        old.reset();
        new.reset();
        old.diff(&new).len()
    });
    report.say("floor: an empty frame, cleared and compared", per(empty, 1, ""));
    let mut stage = None;
    let fill = timed(|| stage = Some(Stage::with_pods(rows, size)));
    let Some(mut stage) = stage else { return };
    report.say(format!("key: model filled, {count}"), per(fill, 1, ""));
    let frame = best(20, || stage.frame());
    report.compare(
        format!("draw: one frame, {count}"),
        per(frame, 1, ""),
        times(frame, empty),
        4.0,
        "empty frame",
    );
    let per_key = [
        ("cursor", "jjjjkkjjjjjjjjjjjjjjjjjjjjj".repeat(10), 4.0),
        ("page", "<pagedown><pagedown><pagedown><pageup>".repeat(20), 4.0),
        ("ends", "Ggg".repeat(20), 4.0),
    ];
    for (name, keys, limit) in per_key {
        let (median, worst) = quantiles(stage.type_keys(&keys));
        report.compare(
            format!("key: {name}, {count}"),
            format!("{} p50, {} p99", per(median, 1, ""), per(worst, 1, "")),
            times(worst, frame),
            limit,
            "frame",
        );
    }
    // A keystroke that looks at every row against one that looks at none: its limit is what a frame's budget allows.
    let budget = if count > 50_000 { 50.0 } else { 16.0 };
    for (name, keys) in [
        (
            "filter typed",
            "/crash<esc>/service-00<esc>/restarts>5<esc>/!running<esc>/zzz<esc>",
        ),
        ("sort moved", ">>>>>>=>>>=NN"),
        ("filtered, moved", "/running<enter>jjjjjjjj<pagedown><pagedown>Gggkkk"),
    ] {
        let (median, worst) = quantiles(stage.type_keys(keys));
        report.compare(
            format!("key: {name}, {count}"),
            format!("{} p50, {} p99", per(median, 1, ""), per(worst, 1, "")),
            times(worst, frame),
            budget / 0.26,
            "frame",
        );
    }
}
