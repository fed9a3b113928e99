//! The sources: a container of a pod each. They come from lists of pods, are switched on and off, and say what is wanted.
//! A source that was there once stays, so that what a dead pod said can still be read.

use super::subjects::{self, Found, PodList};
use crate::kinds::{Row, Uid, container};
use crate::msg::{Generation, LogPhase};
use crate::screens::{LogsPlace, Shared};
use crate::text::Clean;
use crate::want::{ClusterId, LogStart, LogWant, Want};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// So many logs are followed at once: each is a connection to the API server.
pub(super) const MOST: usize = 64;
/// Of so many containers is known whether they are there; those that are gone count.
const MOST_KNOWN: usize = 50_000;
/// How many lines of a single source are asked for at the start.
const TAIL_ONE: u32 = 1000;
/// How many of each when there are several.
const TAIL_MANY: u32 = 200;

/// What a container is in its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Init,
    Sidecar,
    Main,
    Ephemeral,
}

impl Part {
    fn of(row: &Row) -> Part {
        match cell(row, 0).as_str() {
            "init" => Part::Init,
            "sidecar" => Part::Sidecar,
            "ephemeral" => Part::Ephemeral,
            _ => Part::Main,
        }
    }

    /// As it is said beside the name; an ordinary container needs no word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Part::Init => "init",
            Part::Sidecar => "sidecar",
            Part::Main => "",
            Part::Ephemeral => "ephemeral",
        }
    }
}

fn cell(row: &Row, index: u8) -> String {
    row.cells
        .get(usize::from(index))
        .map_or_else(String::new, |cell| cell.value.text(0))
}

/// A container whose log can be read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub namespace: Clean,
    pub pod: Clean,
    pub uid: Uid,
    pub container: Clean,
    pub part: Part,
    /// Whether the pod says that this is the container one means.
    pub is_default: bool,
    /// `Running`, `CrashLoopBackOff`: as the list of containers says.
    pub state: Clean,
    /// Whether that state is a fault.
    pub faulty: bool,
    /// Whether it is read.
    pub on: bool,
    /// Whether it is one too many to be followed.
    pub over: bool,
    /// What is wanted of it, once it was switched on.
    pub want: Option<Arc<LogWant>>,
    /// Which start of that want speaks.
    pub generation: Generation,
    /// The time of the last line of it, in unix nanoseconds; zero before there is one.
    pub last: i64,
    /// When the container began to run, in unix seconds.
    pub started: Option<i64>,
    /// What its stream is doing.
    pub phase: Option<LogPhase>,
    /// Whether its pod is gone.
    pub gone: bool,
    /// Its number in the book, once it has one.
    pub number: Option<u16>,
}

impl Source {
    /// Asks once more for the same, in other words, so that it is another want; says whether it could.
    pub(super) fn ask_anew(&mut self) -> bool {
        let Some(want) = &mut self.want else { return false };
        let start = match want.start {
            LogStart::Tail(lines) => LogStart::Tail(lines.saturating_add(1)),
            LogStart::Since(since) => LogStart::Since(since - 1),
            // Since the beginning of all times.
            LogStart::All => LogStart::Since(0),
        };
        Arc::make_mut(want).start = start;
        self.generation = Generation::default();
        true
    }

    /// The stream was stopped while nobody looked, and has been started anew: its tail may begin after the last line that
    /// is here. Asks for everything since that line instead; says whether it did.
    pub(super) fn ask_on(&mut self) -> bool {
        // Two seconds more than needed: the book knows what it has.
        let since = self.last.div_euclid(1_000_000_000) - 2;
        let Some(want) = &mut self.want else { return false };
        if self.last == 0 || matches!(want.start, LogStart::Since(from) if from >= since) {
            return false;
        }
        let want = Arc::make_mut(want);
        want.start = LogStart::Since(since);
        want.previous = false;
        self.generation = Generation::default();
        true
    }
}

/// From where on all sources are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// So many lines of each as is bearable.
    Usual,
    /// This.
    At(LogStart),
}

/// All sources.
#[derive(Debug)]
pub(super) struct Sources {
    pub all: Vec<Source>,
    index: HashMap<(Uid, Clean), usize>,
    /// What the lists say.
    pub found: Found,
    /// Whether the lists have been complete once: what comes later is new and is read from its beginning.
    pub settled: bool,
    /// What the user has chosen, by container name: for pods that come later.
    chosen: BTreeMap<Clean, bool>,
    pub begin: Begin,
    pub previous: bool,
    /// Rises with every change of what there is.
    pub version: u64,
    seen: Vec<(u64, usize)>,
}

/// A source's change that is worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It joined after the others.
    Joined(usize),
    /// Its pod is gone.
    Gone(usize),
}

impl Sources {
    pub(super) fn new(previous: bool) -> Sources {
        Sources {
            all: Vec::new(),
            index: HashMap::new(),
            found: Found {
                loading: true,
                ..Found::default()
            },
            settled: false,
            chosen: BTreeMap::new(),
            begin: Begin::Usual,
            previous,
            version: 0,
            seen: Vec::new(),
        }
    }

    /// Takes in what the lists say.
    pub(super) fn sync(&mut self, place: &LogsPlace, shared: &Shared) -> Vec<News> {
        let mut found = subjects::find(place, shared);
        let mut seen = Vec::new();
        for list in &found.pods {
            let table = shared.tables.get(&list.want);
            seen.push(table.map_or((u64::MAX, 0), |table| (table.version(), table.counts().rows)));
        }
        let lists = found.pods.clone();
        for list in &lists {
            match shared.tables.get(&list.want) {
                Some(table) => subjects::standing(table, &list_name(list), &mut found),
                None => found.loading = true,
            }
        }
        let changed = seen != self.seen || found != self.found;
        if !changed {
            return Vec::new();
        }
        self.version += 1;
        self.seen = seen;
        self.found = found;
        let mut news = Vec::new();
        let mut there: BTreeSet<usize> = BTreeSet::new();
        for list in &lists {
            let Some(table) = shared.tables.get(&list.want) else {
                continue;
            };
            let mut rows: Vec<&Row> = subjects::rows(table)
                .filter(|row| subjects::is_meant(list, row))
                .collect();
            // By pod, and within it in the order of its containers.
            rows.sort_by_cached_key(|row| {
                let pod = row.owner.as_ref().map(|owner| owner.name.clone());
                (row.namespace.clone(), pod, cell(row, 12).parse::<u32>().unwrap_or(0))
            });
            for row in rows {
                let (at, is_new) = self.take(row);
                if let Some(at) = at {
                    there.insert(at);
                    if is_new {
                        news.push((at, list.named));
                    }
                }
            }
        }
        let mut said: Vec<News> = Vec::new();
        let chunks: Vec<Vec<(usize, bool)>> = news
            .chunk_by(|one, other| self.same_pod(one.0, other.0))
            .map(<[(usize, bool)]>::to_vec)
            .collect();
        for pods in chunks {
            let of: Vec<usize> = pods.iter().map(|(at, _)| *at).collect();
            let named = pods.first().is_some_and(|(_, named)| *named);
            self.choose_of_pod(place, &of, named);
            said.extend(of.iter().filter(|_| self.settled).map(|at| News::Joined(*at)));
        }
        // A list that broke says nothing of who is gone.
        let is_sound = !self.found.loading && self.found.failures.is_empty();
        for (at, source) in self.all.iter_mut().enumerate() {
            let gone = is_sound && !there.contains(&at);
            if gone && !source.gone {
                said.push(News::Gone(at));
            }
            if is_sound {
                source.gone = gone;
            }
        }
        if !self.settled && !self.found.loading {
            self.settled = true;
        }
        said.retain(|news| match news {
            News::Joined(at) | News::Gone(at) => self.all.get(*at).is_some_and(|source| source.on),
        });
        self.limit();
        said
    }

    fn same_pod(&self, one: usize, other: usize) -> bool {
        match (self.all.get(one), self.all.get(other)) {
            (Some(one), Some(other)) => one.uid == other.uid,
            _ => false,
        }
    }

    /// Takes a container's row: its place, and whether it was not there before.
    fn take(&mut self, row: &Row) -> (Option<usize>, bool) {
        let Some(pod) = row.owner.as_ref() else {
            return (None, false);
        };
        let key = (pod.uid.clone(), row.name.clone());
        let state = Clean::new(&cell(row, 2));
        if let Some(at) = self.index.get(&key) {
            if let Some(source) = self.all.get_mut(*at) {
                source.state = state;
                source.faulty = row.health.is_fault();
                source.started = row.created;
            }
            return (Some(*at), false);
        }
        let at = self.all.len();
        if at >= MOST_KNOWN {
            return (None, false);
        }
        self.index.insert(key, at);
        self.all.push(Source {
            namespace: row.namespace.clone(),
            pod: pod.name.clone(),
            uid: pod.uid.clone(),
            container: row.name.clone(),
            part: Part::of(row),
            is_default: cell(row, container::DEFAULT) == "default",
            state,
            faulty: row.health.is_fault(),
            on: false,
            over: false,
            want: None,
            generation: Generation::default(),
            last: 0,
            started: row.created,
            phase: None,
            gone: false,
            number: None,
        });
        (Some(at), true)
    }

    /// Chooses among the containers of a pod that has come: what was asked for; what the user chose by name; the one that
    /// the pod names (`kubectl.kubernetes.io/default-container`); of a named pod the first, of a workload's all that are
    /// neither init containers nor sidecars nor ephemeral.
    fn choose_of_pod(&mut self, place: &LogsPlace, of: &[usize], named: bool) {
        let has_default = of
            .iter()
            .any(|at| self.all.get(*at).is_some_and(|source| source.is_default));
        let first = of
            .iter()
            .copied()
            .find(|at| self.all.get(*at).is_some_and(|source| source.part == Part::Main));
        for at in of {
            let chosen = self
                .all
                .get(*at)
                .and_then(|source| self.chosen.get(&source.container))
                .copied();
            let Some(source) = self.all.get_mut(*at) else { continue };
            source.on = match (chosen, &place.container) {
                (Some(chosen), _) => chosen,
                (None, Some(container)) => source.container == *container,
                (None, None) if has_default => source.is_default,
                (None, None) if named => first == Some(*at),
                (None, None) => source.part == Part::Main,
            };
        }
    }

    /// Marks those that are too many. Who has ended needs no connection any more.
    fn limit(&mut self) {
        let mut followed = 0;
        for source in &mut self.all {
            let ended = source.want.is_some() && matches!(source.phase, Some(LogPhase::Ended(_)));
            if !source.on || ended {
                source.over = false;
                continue;
            }
            followed += 1;
            source.over = followed > MOST;
        }
    }

    /// How many would be followed if it were not for the limit.
    pub(super) fn count_over(&self) -> usize {
        self.all.iter().filter(|source| source.over).count()
    }

    /// Switches sources on and off; those named by container are remembered for pods that come.
    pub(super) fn switch(&mut self, on: &BTreeSet<usize>) {
        let mut names: BTreeMap<Clean, bool> = BTreeMap::new();
        for (at, source) in self.all.iter_mut().enumerate() {
            source.on = on.contains(&at);
            *names.entry(source.container.clone()).or_insert(false) |= source.on;
        }
        self.chosen = names;
        self.version += 1;
        self.limit();
    }

    /// Whether names of containers tell sources apart better than those of pods.
    pub(super) fn pods(&self) -> usize {
        let pods: BTreeSet<&Uid> = self.all.iter().map(|source| &source.uid).collect();
        pods.len()
    }

    /// The sources that are read.
    pub(super) fn read(&self) -> impl Iterator<Item = (usize, &Source)> {
        self.all.iter().enumerate().filter(|(_, source)| source.on)
    }

    /// Makes a want of each source that has none yet.
    pub(super) fn begin(&mut self, cluster: ClusterId) {
        if !self.settled {
            return;
        }
        let many = self.all.iter().filter(|source| source.on).count() > 1;
        let any = self.all.iter().any(|source| source.want.is_some());
        let (begin, previous) = (self.begin, self.previous);
        for source in self
            .all
            .iter_mut()
            .filter(|source| source.on && !source.over && source.want.is_none())
        {
            let start = match begin {
                Begin::At(start) => start,
                // A pod that comes while one reads is read from its beginning.
                Begin::Usual if any => LogStart::All,
                Begin::Usual if many => LogStart::Tail(TAIL_MANY),
                Begin::Usual => LogStart::Tail(TAIL_ONE),
            };
            source.want = Some(Arc::new(LogWant {
                cluster,
                namespace: source.namespace.clone(),
                pod: source.pod.clone(),
                uid: source.uid.clone(),
                container: source.container.clone(),
                start,
                previous,
            }));
        }
    }

    /// Asks every source anew, from where `start` says.
    pub(super) fn ask_again(&mut self, start: impl Fn(&Source) -> LogStart) {
        let previous = self.previous;
        for source in self.all.iter_mut().filter(|source| source.on && !source.over) {
            let start = start(source);
            if let Some(want) = &mut source.want {
                let want = Arc::make_mut(want);
                (want.start, want.previous) = (start, previous);
                source.generation = Generation::default();
                source.phase = None;
            }
        }
    }

    /// The source of a want that is still the one in force.
    pub(super) fn of_want(&self, want: &LogWant) -> Option<usize> {
        let at = *self.index.get(&(want.uid.clone(), want.container.clone()))?;
        let source = self.all.get(at)?;
        (source.want.as_deref() == Some(want)).then_some(at)
    }

    /// What should be running: the lists, and the logs that may still say something.
    pub(super) fn wants(&self, place: &LogsPlace, wants: &mut BTreeSet<Want>) {
        wants.extend(subjects::own_lists(place).into_iter().map(Want::List));
        wants.extend(self.found.pods.iter().map(|list| Want::List(list.want.clone())));
        let live = self.all.iter().filter(|source| source.on && !source.over);
        let live = live.filter(|source| !matches!(source.phase, Some(LogPhase::Ended(_))));
        wants.extend(live.filter_map(|source| Some(Want::Log(source.want.as_deref()?.clone()))));
    }

    /// How many do what: (streaming, waiting, broken, ended, not permitted or not there).
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (_, source) in self.read().filter(|(_, source)| !source.over) {
            match &source.phase {
                None => counts.asked += 1,
                Some(LogPhase::Streaming) => counts.streaming += 1,
                Some(LogPhase::Waiting(why)) => {
                    counts.waiting += 1;
                    counts.why = why.clone();
                }
                Some(LogPhase::Backoff { failure, .. }) => {
                    counts.broken += 1;
                    counts.failure = failure.message.clone();
                }
                Some(LogPhase::Ended(_)) => counts.ended += 1,
                Some(LogPhase::Stopped(failure)) => {
                    counts.denied += 1;
                    counts.failure = failure.message.clone();
                }
            }
        }
        counts
    }
}

fn list_name(list: &PodList) -> Clean {
    match list.want.fields.as_str().strip_prefix("metadata.name=") {
        Some(name) => Clean::new(name),
        None => list.want.labels.clone(),
    }
}

/// What the sources that are read are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// No answer yet.
    pub asked: usize,
    pub streaming: usize,
    pub waiting: usize,
    pub broken: usize,
    pub ended: usize,
    pub denied: usize,
    /// Why one of them waits.
    pub why: Clean,
    /// Why one of them is broken or denied.
    pub failure: Clean,
}

impl Counts {
    /// `streaming 3, waiting 1: ContainerCreating, ended 2`
    pub(super) fn text(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut say = |count: usize, word: &str, why: &Clean| {
            if count > 0 {
                let why = if why.is_empty() {
                    String::new()
                } else {
                    format!(": {why}")
                };
                parts.push(format!("{word} {count}{why}"));
            }
        };
        let none = Clean::default();
        say(self.streaming, "streaming", &none);
        say(self.asked, "asked", &none);
        say(self.waiting, "waiting", &self.why);
        say(self.broken, "broken", &self.failure);
        say(self.ended, "ended", &none);
        let failure = if self.broken > 0 { &none } else { &self.failure };
        say(self.denied, "stopped", failure);
        parts.join(", ")
    }
}
