//! The store against a plain model of it.

use super::*;
use crate::kinds::{Cell, Column, Field, Health, Row, Uid, Value};
use crate::msg::{Delta, TableEvent};
use crate::text::Clean;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const COLUMNS: [Column; 6] = [
    Column::get("NAME", Field::Name, 0),
    Column::get("READY", Field::Cell(0), 1),
    Column::get("STATUS", Field::Cell(1), 1),
    Column::get("RESTARTS", Field::Cell(2), 2),
    Column::get("CPU", Field::Cell(3), 2),
    Column::get("AGE", Field::Age, 2),
];

fn row(name: &str, version: u64) -> Row {
    Row {
        uid: Uid::Text(name.into()),
        namespace: Clean::new("shop"),
        name: Clean::new(name),
        version,
        created: Some(1000),
        deleting: None,
        labels: Arc::new([]),
        owner: None,
        health: if version.is_multiple_of(3) {
            Health::Bad
        } else {
            Health::Good
        },
        cells: Box::new([
            Cell::new(Value::Ratio((version % 3) as u32, 2)),
            Cell::text(Clean::new(if version.is_multiple_of(3) {
                "CrashLoopBackOff"
            } else {
                "Running"
            })),
            Cell::new(Value::Ago((version % 7) as u32, Some(5000))),
            Cell::new(Value::Quantity(Clean::new(&format!("{}m", version * 100)))),
        ]),
        facts: Box::new([]),
        whole: None,
    }
}

fn table() -> Table {
    Table::new(Clean::new("Pod"), Arc::new(COLUMNS), 1, 0)
}

fn upserts(rows: Vec<Row>) -> TableEvent {
    TableEvent::Deltas {
        source: 0,
        deltas: rows.into_iter().map(Delta::Upsert).collect(),
    }
}

fn names(view: &View, table: &Table) -> Vec<String> {
    view.rows()
        .iter()
        .filter_map(|r| table.row(r.id))
        .map(|r| r.name.as_str().to_owned())
        .collect()
}

fn shown(table: &Table, spec: &ViewSpec, now: i64) -> Vec<String> {
    let mut view = View::default();
    view.sync(&[table], spec, now);
    names(&view, table)
}

fn filtered(filter: &str) -> Vec<String> {
    let mut table = table();
    table.apply(upserts((1..=9).map(|n| row(&format!("web-{n}"), n)).collect()), 0);
    let spec = ViewSpec {
        filter: Filter::parse(filter, &COLUMNS).unwrap(),
        ..ViewSpec::default()
    };
    shown(&table, &spec, 10_000)
}

#[test]
fn filters_mean_what_they_say() {
    let all: Vec<String> = (1..=9).map(|n| format!("web-{n}")).collect();
    let only = |numbers: &[u64]| numbers.iter().map(|n| format!("web-{n}")).collect::<Vec<_>>();
    let rows: Vec<(&str, Vec<String>)> = vec![
        ("", all.clone()),
        ("web", all.clone()),
        ("WEB-3", only(&[3])),
        ("web crash", only(&[3, 6, 9])),
        ("!running", only(&[3, 6, 9])),
        ("!crash web-1", only(&[1])),
        ("~wb7", only(&[7])),
        ("/^web-[12]$/", only(&[1, 2])),
        ("!/^web-[1-8]$/", only(&[9])),
        ("restarts>5", only(&[6])),
        ("restarts>=5", only(&[5, 6])),
        ("cpu>800m", only(&[9])),
        ("cpu<=0.2", only(&[1, 2])),
        ("cpu=300m", only(&[3])),
        ("status=running restarts<2", only(&[1, 7, 8])),
        ("status!=Running", only(&[3, 6, 9])),
        ("stat~loop", only(&[3, 6, 9])),
        ("age<1h", vec![]),
        ("age>2h", all.clone()),
        ("ns=shop name=web-4", only(&[4])),
        ("ready=2/2", only(&[2, 5, 8])),
        ("\"web-1\"", only(&[1])),
    ];
    for (filter, expected) in rows {
        assert_eq!(filtered(filter), expected, "{filter}");
    }
}

#[test]
fn wrong_filters_say_what_is_wrong() {
    let rows = [
        ("restart>>5", "there is no column"),
        ("rstarts>5", "did you mean restarts?"),
        ("/(/", "unclosed"),
        ("age<soon", "soon is no age"),
        ("cpu>", "compared with nothing"),
        ("-l", "needs a label selector"),
        ("!", "needs a word"),
        ("\"open", "is not closed"),
    ];
    for (filter, expected) in rows {
        match Filter::parse(filter, &COLUMNS) {
            Ok(_) if filter == "restart>>5" => {}
            Ok(_) => panic!("{filter} was taken"),
            Err(error) => assert!(error.message.contains(expected), "{filter}: {error}"),
        }
    }
    assert_eq!(
        Filter::parse("web -l app=web,tier", &COLUMNS).unwrap().labels,
        "app=web,tier"
    );
}

#[test]
fn a_relist_neither_blanks_nor_doubles() {
    let mut table = table();
    table.apply(TableEvent::Begin { source: 0, epoch: 1 }, 0);
    table.apply(upserts((1..=5).map(|n| row(&format!("web-{n}"), n)).collect()), 0);
    table.apply(TableEvent::End { source: 0, epoch: 1 }, 0);
    assert_eq!(table.counts(), Counts { rows: 5, faults: 1 });
    let before = table.version();
    table.apply(TableEvent::Begin { source: 0, epoch: 2 }, 10);
    assert_eq!(table.counts().rows, 5);
    table.apply(upserts(vec![row("web-1", 1), row("web-2", 2), row("web-7", 7)]), 10);
    assert_eq!(table.version(), before + 1, "unchanged rows cost nothing");
    assert_eq!(table.counts().rows, 6);
    table.apply(TableEvent::End { source: 0, epoch: 2 }, 20);
    assert_eq!(table.counts(), Counts { rows: 3, faults: 0 });
    assert_eq!(
        shown(&table, &ViewSpec::default(), 0),
        ["web-1", "web-2", "web-3", "web-4", "web-5", "web-7"]
    );
    table.drop_lingering(19);
    assert_eq!(table.ids().count(), 6);
    table.drop_lingering(20);
    assert_eq!(shown(&table, &ViewSpec::default(), 0), ["web-1", "web-2", "web-7"]);
    assert!(matches!(
        table.mark(table.find(&Uid::Text("web-7".into())).unwrap()),
        Mark::New(10)
    ));
}

#[test]
fn a_row_that_comes_back_while_it_lingers_is_there_again() {
    let mut table = table();
    table.apply(upserts(vec![row("web-1", 3)]), 0);
    table.apply(
        TableEvent::Deltas {
            source: 0,
            deltas: vec![Delta::Delete(Uid::Text("web-1".into()))],
        },
        1,
    );
    assert_eq!(table.counts(), Counts { rows: 0, faults: 0 });
    table.apply(upserts(vec![row("web-1", 3)]), 2);
    assert_eq!(table.counts(), Counts { rows: 1, faults: 1 });
    table.drop_lingering(100);
    assert_eq!(table.ids().count(), 1);
}

/// Sorting by the ranks of shared texts is sorting by the texts, whether equal texts share their place or not.
#[test]
fn shared_texts_sort_as_texts() {
    let mut table = table();
    let words: Vec<Clean> = ["b-10", "b-2", "a", "b-2", "c"].map(Clean::new).to_vec();
    let rows = (0..400usize).map(|n| {
        let mut row = row(&format!("web-{n}"), n as u64);
        row.cells[1] = Cell::text(words[n * 7 % 5].clone());
        row
    });
    table.apply(upserts(rows.collect()), 0);
    for descending in [false, true] {
        let spec = ViewSpec {
            sort: SortBy {
                field: Field::Cell(1),
                descending,
            },
            ..ViewSpec::default()
        };
        let word = |name: &str| words[name[4..].parse::<usize>().unwrap() * 7 % 5].as_str().to_owned();
        let order = ["a", "b-2", "b-10", "c"];
        let mut expected: Vec<String> = (0..400).map(|n| format!("web-{n}")).collect();
        let place = |name: &String| order.iter().position(|known| *known == word(name)).unwrap();
        expected.sort_by(|a, b| {
            if descending {
                place(b).cmp(&place(a))
            } else {
                place(a).cmp(&place(b))
            }
        });
        assert_eq!(shown(&table, &spec, 0), expected);
    }
}

#[test]
fn an_object_that_changes_its_name_changes_its_place() {
    let mut table = table();
    table.apply(upserts((1..=5).map(|n| row(&format!("web-{n}"), n)).collect()), 0);
    let mut view = View::default();
    view.sync(&[&table], &ViewSpec::default(), 0);
    let mut renamed = row("web-2", 9);
    renamed.name = Clean::new("web-8");
    let fresh = row("web-7", 7);
    table.apply(upserts(vec![fresh, renamed]), 1);
    let expected = ["web-1", "web-3", "web-4", "web-5", "web-7", "web-8"];
    assert_eq!(shown(&table, &ViewSpec::default(), 0), expected);
    view.sync(&[&table], &ViewSpec::default(), 0);
    assert_eq!(names(&view, &table), expected);
}

/// Rows of two tables stand in one order of names.
#[test]
fn two_tables_make_one_view() {
    let (mut left, mut right) = (table(), table());
    left.apply(upserts([1, 4, 10].map(|n| row(&format!("web-{n}"), n)).to_vec()), 0);
    right.apply(upserts([2, 3, 4].map(|n| row(&format!("web-{n}"), n)).to_vec()), 0);
    let mut view = View::default();
    view.sync(&[&left, &right], &ViewSpec::default(), 0);
    let tables = [&left, &right];
    let shown: Vec<(u16, &str)> = view
        .rows()
        .iter()
        .map(|r| (r.table, tables[usize::from(r.table)].row(r.id).unwrap().name.as_str()))
        .collect();
    let expected = [
        (0, "web-1"),
        (1, "web-2"),
        (1, "web-3"),
        (0, "web-4"),
        (1, "web-4"),
        (0, "web-10"),
    ];
    assert_eq!(shown, expected);
}

#[derive(Clone, Debug)]
enum Step {
    Upsert(u8, u64),
    Delete(u8),
    Relist(Vec<(u8, u64)>),
    Sweep,
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..20, 1u64..40).prop_map(|(name, version)| Step::Upsert(name, version)),
        2 => (0u8..20).prop_map(Step::Delete),
        1 => proptest::collection::vec((0u8..20, 1u64..40), 0..15).prop_map(Step::Relist),
        1 => Just(Step::Sweep),
        3 => Just(Step::Look),
    ]
}

proptest! {
    /// Whatever comes, the table holds what a plain map holds, and a view that was kept up to date by changes shows what a
    /// view made from nothing shows.
    #[test]
    fn table_and_view_agree_with_the_model(steps in proptest::collection::vec(step(), 0..120), field in 0u8..5, descending: bool, faults_only: bool) {
        let mut table = table();
        let mut model: BTreeMap<String, u64> = BTreeMap::new();
        let field = match field { 4 => Field::Name, index => Field::Cell(index) };
        let spec = ViewSpec { sort: SortBy { field, descending }, faults_only, filter: Filter::parse("!web-13", &COLUMNS).unwrap(), owner: None };
        let mut view = View::default();
        let mut epoch = 0;
        for (mono, step) in steps.into_iter().enumerate() {
            let mono = mono as u64;
            let name = |number: u8| format!("web-{number}");
            match step {
                Step::Upsert(number, version) => {
                    table.apply(upserts(vec![row(&name(number), version)]), mono);
                    model.insert(name(number), version);
                }
                Step::Delete(number) => {
                    table.apply(TableEvent::Deltas { source: 0, deltas: vec![Delta::Delete(Uid::Text(name(number).into()))] }, mono);
                    model.remove(&name(number));
                }
                Step::Relist(rows) => {
                    epoch += 1;
                    table.apply(TableEvent::Begin { source: 0, epoch }, mono);
                    let listed: BTreeMap<String, u64> = rows.into_iter().map(|(number, version)| (name(number), version)).collect();
                    table.apply(upserts(listed.iter().map(|(name, version)| row(name, *version)).collect()), mono);
                    table.apply(TableEvent::End { source: 0, epoch }, mono);
                    model = listed;
                }
                Step::Sweep => table.drop_lingering(mono),
                Step::Look => {
                    view.sync(&[&table], &spec, 10_000);
                    prop_assert_eq!(names(&view, &table), shown(&table, &spec, 10_000));
                }
            }
            prop_assert_eq!(table.counts().rows, model.len());
            let faults = model.values().filter(|version| version.is_multiple_of(3)).count();
            prop_assert_eq!(table.counts().faults, faults);
        }
        table.drop_lingering(u64::MAX);
        let mut held: Vec<(String, u64)> = table.ids().filter_map(|id| table.row(id)).map(|r| (r.name.as_str().to_owned(), r.version)).collect();
        held.sort();
        prop_assert_eq!(held, model.into_iter().collect::<Vec<_>>());
        view.sync(&[&table], &spec, 10_000);
        prop_assert_eq!(names(&view, &table), shown(&table, &spec, 10_000));
    }

    #[test]
    fn no_filter_text_panics(text in ".{0,40}") {
        let _ = Filter::parse(&text, &COLUMNS);
    }

    /// Typing on narrows: what passes the longer filter is among what passed the shorter one.
    #[test]
    fn narrowing_is_sound(a in "[!~/a-c1-3= ]{0,8}", b in "[!~/a-c1-3= ]{0,4}") {
        let (Ok(wide), Ok(narrow)) = (Filter::parse(&a, &COLUMNS), Filter::parse(&format!("{a}{b}"), &COLUMNS)) else { return Ok(()) };
        if narrow.narrows(&wide) {
            let mut table = table();
            table.apply(upserts((1..=30).map(|n| row(&format!("a{n}-b{}c", n % 4), n)).collect()), 0);
            let (mut narrow, mut wide) = (narrow.scan(&table, 0), wide.scan(&table, 0));
            for id in table.ids() {
                prop_assert!(!narrow.passes(id) || wide.passes(id));
            }
        }
    }
}
