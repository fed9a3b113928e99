//! The engine against a model of an API server, on a paused clock: whatever happens on the way, what it sends ends in the
//! server's own list, and never blanks a list on the way there.

mod faults;
mod model;
mod whole;

use super::{ClusterTap, KindTable, ListHandle, StreamingLists, start};
use crate::kinds::{Catalog, Column, Health, Resource, ResourceName, Row, Uid, Verbs};
use crate::msg::{Delta, Generation, Msg, Phase, TableEvent};
use crate::text::Clean;
use crate::want::{ClusterId, ListWant, Scope, Shape};
use model::{Model, Random, Streaming};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What the other side makes of the events: rows by mark and sweep, as the store does.
#[derive(Default)]
struct Table {
    rows: HashMap<Uid, (u32, u16, Row)>,
    epochs: HashMap<u16, u32>,
    ends: u32,
    phases: Vec<(u16, Phase)>,
    columns: Option<Arc<[Column]>>,
    undecodable: u32,
    messages: usize,
}

impl Table {
    fn apply(&mut self, event: TableEvent) {
        self.messages += 1;
        match event {
            TableEvent::Columns(columns) => self.columns = Some(columns),
            TableEvent::Phase { source, phase } => self.phases.push((source, phase)),
            TableEvent::Begin { source, epoch } => {
                let old = self.epochs.insert(source, epoch);
                assert!(old.is_none_or(|old| old < epoch), "epochs grow");
            }
            TableEvent::Deltas { source, deltas } => {
                assert!(self.columns.is_some(), "columns come before rows");
                assert!(deltas.len() <= 256 && !deltas.is_empty());
                let epoch = self.epochs[&source];
                for delta in deltas {
                    match delta {
                        Delta::Upsert(row) => drop(self.rows.insert(row.uid.clone(), (epoch, source, row))),
                        Delta::Delete(uid) => drop(self.rows.remove(&uid)),
                    }
                }
            }
            TableEvent::End { source, epoch } => {
                assert_eq!(self.epochs[&source], epoch, "the list that began last ends");
                self.rows.retain(|_, (seen, from, _)| *from != source || *seen == epoch);
                self.ends += 1;
            }
            TableEvent::Undecodable { count, .. } => self.undecodable = count,
        }
    }

    fn content(&self) -> BTreeMap<String, (String, u64)> {
        let row = |row: &Row| (row.name.as_str().to_owned(), (row.uid.to_string(), row.version));
        self.rows.values().map(|(_, _, found)| row(found)).collect()
    }

    fn phase(&self) -> &Phase {
        &self.phases.last().expect("a phase was said").1
    }
}

/// A list that runs against a model.
struct Bench {
    model: Model,
    table: Table,
    messages: mpsc::Receiver<Msg>,
    handle: ListHandle,
    want: ListWant,
    line: watch::Sender<Option<crate::cluster::connection::Connection>>,
    catalog: watch::Sender<Arc<Catalog>>,
}

fn want(resource: &str, shape: Shape) -> ListWant {
    ListWant {
        cluster: ClusterId(0),
        resource: ResourceName::new("", resource),
        scope: Scope::All,
        labels: Clean::default(),
        fields: Clean::default(),
        shape,
    }
}

fn resource(group: &str, name: &str, version: &str, watch: bool) -> Arc<Resource> {
    Arc::new(Resource {
        name: ResourceName::new(group, name),
        version: Clean::new(version),
        served: vec![Clean::new(version)],
        kind: Clean::new("Thing"),
        singular: Clean::new("thing"),
        short_names: Vec::new(),
        categories: Vec::new(),
        namespaced: true,
        verbs: Verbs {
            get: true,
            list: true,
            watch,
            ..Verbs::default()
        },
        subresources: Vec::new(),
    })
}

impl Bench {
    fn new(model: Model, want: ListWant) -> Bench {
        Bench::with(model, want, 1024, "v1.20.2")
    }

    fn with(model: Model, want: ListWant, room: usize, server: &str) -> Bench {
        let (outbox, messages) = mpsc::channel(room);
        let (line, taken_line) = watch::channel(Some(model.connection()));
        let (catalog, taken_catalog) = watch::channel(Arc::new(Catalog::default()));
        let tap = ClusterTap {
            line: taken_line,
            catalog: taken_catalog,
            outbox,
            streaming: StreamingLists::default(),
            kinds: KindTable::KINDS,
        };
        tap.streaming.note_version(server);
        let handle = start(&want, Generation(1), &tap);
        Bench {
            model,
            table: Table::default(),
            messages,
            handle,
            want,
            line,
            catalog,
        }
    }

    /// Lets virtual time pass and takes what comes meanwhile.
    async fn pass(&mut self, time: Duration) {
        self.pass_checking(time, |_| {}).await;
    }

    async fn pass_checking(&mut self, time: Duration, check: impl Fn(&Table)) {
        let until = tokio::time::Instant::now() + time;
        loop {
            tokio::select! {
                biased;
                message = self.messages.recv() => match message.expect("the task lives") {
                    Msg::Table(want, Generation(1), event) => {
                        assert_eq!(*want, self.want);
                        self.table.apply(event);
                        check(&self.table);
                    }
                    other => panic!("unexpected {other:?}"),
                },
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }

    fn is_true(&self) -> bool {
        self.table.content() == self.model.with(|world| world.truth())
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn any_interleaving(seed: u64) {
    let mut random = Random::new(seed ^ 0xabcd);
    let model = Model::new(seed);
    let shape = if seed % 4 == 3 {
        Shape::Containers
    } else {
        Shape::Objects
    };
    let resource = if seed.is_multiple_of(2) { "configmaps" } else { "pods" };
    let streaming = [
        Streaming::Served,
        Streaming::Refused,
        Streaming::Silent,
        Streaming::NeverEnds,
    ][(seed / 4 % 4) as usize];
    model.with(|world| {
        world.streaming = streaming;
        world.put("keeper");
        for name in 0..random.below(12) {
            world.put(&format!("pod-{name}"));
        }
        // No cache lags behind the keeper.
        world.compact();
        world.faults = true;
    });
    let server = if seed.is_multiple_of(3) { "v1.34.0" } else { "v1.20.2" };
    let room = [1, 4, 1024][(seed % 3) as usize];
    let mut bench = Bench::with(model.clone(), want(resource, shape), room, server);
    for _ in 0..30 {
        model.with(|world| {
            for _ in 0..random.below(4) {
                let name = format!("pod-{}", random.below(14));
                match random.below(3) {
                    0 => world.delete(&name),
                    _ => world.put(&name),
                }
            }
            if random.one_in(3) {
                world.put("keeper");
            }
            if random.one_in(6) {
                world.compact();
            }
        });
        if random.one_in(15) {
            bench.line.send_replace(Some(model.connection()));
        }
        let time = Duration::from_millis([0, 1, 60, 900, 4000, 40_000][random.below(6) as usize]);
        bench
            .pass_checking(time, |table| {
                let kept = table.rows.values().any(|(_, _, row)| row.namespace.as_str() == "shop");
                assert!(table.ends == 0 || kept, "seed {seed}: the list went blank");
            })
            .await;
    }
    model.with(|world| {
        world.faults = false;
        world.streaming = Streaming::Served;
        world.put("keeper");
    });
    // Longer than the longest watch: a server that accepted one and stays silent ends then.
    bench.pass(seconds(900)).await;
    match shape {
        Shape::Whole | Shape::References => {}
        Shape::Objects => assert!(
            bench.is_true(),
            "seed {seed}: {:?} is not {:?}\n{:#?}\n{:?}",
            bench.table.content(),
            model.with(|w| w.truth()),
            model.with(|w| w.requests.clone()),
            bench.table.phases
        ),
        Shape::Containers => assert_eq!(
            bench.table.rows.len(),
            model.with(|world| world.containers()),
            "seed {seed}"
        ),
    }
    assert_eq!(bench.table.phase(), &Phase::Watching, "seed {seed}");
}

fn paused<F: Future<Output = ()>>(run: F) {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(run);
}

#[test]
fn any_interleaving_ends_in_the_servers_own_list() {
    for seed in 0..400 {
        paused(any_interleaving(seed));
    }
}

/// A watch is cut at every byte, once by a clean end and once by a broken connection.
#[test]
fn a_cut_at_any_byte_loses_nothing() {
    let whole = {
        let mut whole = Vec::new();
        paused(async {
            let model = Model::new(1);
            model.with(|world| (0..8).for_each(|n| world.put(&format!("pod-{n}"))));
            let bytes = model::watch_bytes(&model, 1).await;
            assert!(bytes.len() > 1000, "{}", bytes.len());
            whole = bytes;
        });
        whole
    };
    for cut in 0..whole.len() {
        let part = whole[..cut].to_vec();
        paused(async move {
            let model = Model::new(1);
            model.with(|world| (0..8).for_each(|n| world.put(&format!("pod-{n}"))));
            let mut once = Some(if cut % 2 == 0 {
                model::Reply::Cut(part)
            } else {
                model::Reply::Body(part)
            });
            let mut listed = false;
            model.with(|world| {
                world.script = Some(Box::new(move |path: &str| {
                    if path.contains("watch=1") {
                        return once.take();
                    }
                    // The list is from before all the changes.
                    (!std::mem::replace(&mut listed, true)).then(|| {
                        model::Reply::Body(
                            br#"{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":[]}"#.to_vec(),
                        )
                    })
                }));
            });
            let mut bench = Bench::new(model.clone(), want("pods", Shape::Objects));
            bench.pass(seconds(3)).await;
            assert!(bench.is_true(), "cut at {cut}: {:?}", bench.table.content());
            assert_eq!(bench.table.ends, 1, "cut at {cut}: no relist was needed");
        });
    }
}

#[test]
fn undecodable_objects_say_so_and_cost_nobody_anything() {
    paused(async {
        let model = Model::new(1);
        let body = br#"{"kind":"PodList","metadata":{"resourceVersion":"5"},"items":[
            {"metadata":{"name":"a","namespace":"n","uid":"1","resourceVersion":"2"}}, 7, {"metadata":{"name":["x"]}},
            {"spec":"odd","metadata":{"name":"b","namespace":"n","uid":"2","resourceVersion":"3"}}]}"#;
        let mut once = Some(model::Reply::Body(body.to_vec()));
        model.with(|world| {
            world.script = Some(Box::new(move |path: &str| {
                if path.contains("watch=1") {
                    Some(model::Reply::Hang(Vec::new()))
                } else {
                    once.take()
                }
            }))
        });
        let mut bench = Bench::new(model, want("pods", Shape::Objects));
        bench.pass(seconds(2)).await;
        assert_eq!(bench.table.rows.len(), 2);
        assert_eq!(bench.table.undecodable, 2);
        assert!(
            bench
                .table
                .rows
                .values()
                .all(|(_, _, row)| row.health != Health::Good || row.name.as_str() == "a" || row.name.as_str() == "b")
        );
    });
}
