//! From wants to lines: sources join as lists say, streams are taken into the book, and what is older or was missed is asked for.

use super::sources::{Begin, MOST, News, Part, Source};
use super::{Label, Logs};
use crate::msg::{Generation, LogEvent, LogPhase};
use crate::screens::{Ctx, Picker, Popup, Request, Shared, Tone};
use crate::store::logs::{SourceId, SourceInfo};
use crate::text::{Clean, parse_duration};
use crate::theme::Role;
use crate::want::{LogStart, LogWant};
use std::collections::{BTreeMap, BTreeSet};

/// Older lines are waited for so long before it is said that there are none, in milliseconds.
const OLDER_MILLIS: u64 = 2_000;
/// Asking for older lines takes so many times more of each source.
const WIDER: u32 = 5;
/// Beyond so many lines everything is asked for.
const MOST_TAIL: u32 = 1_000_000;
/// The same in seconds.
const MOST_SPAN: i64 = 7 * 86_400;

/// What tells sources apart when there are several. State has roles of its own, which these are not.
const PALETTE: [Role; 6] = [
    Role::LabelKey,
    Role::Accent,
    Role::Ok,
    Role::Number,
    Role::Progress,
    Role::Unknown,
];

/// The choices of where to begin: words and what they mean.
const STARTS: [(&str, &str); 10] = [
    ("tail 100", "the last 100 lines of each source"),
    ("tail 1000", "the last 1,000 lines of each source"),
    ("tail 10000", "the last 10,000 lines of each source"),
    ("2m", "the last two minutes"),
    ("10m", "the last ten minutes"),
    ("1h", "the last hour"),
    ("6h", "the last six hours"),
    ("1d", "the last day"),
    ("7d", "the last week"),
    ("all", "everything that the server still has"),
];

/// Older lines that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Older {
    /// When, in milliseconds since the start; none before the first refresh after asking.
    at: Option<u64>,
    /// The time of the oldest line then.
    oldest: i64,
    /// Lines that came since.
    came: usize,
}

impl Logs {
    /// Takes in what the lists of pods say, and wants the logs of those that have come.
    pub(super) fn take_lists(&mut self, shared: &Shared) {
        let news = self.sources.sync(&self.place, shared);
        self.sources.begin(self.place.cluster);
        self.number_sources();
        let now = shared.now(self.place.cluster);
        for news in news {
            let (at, words) = match news {
                News::Joined(at) => (at, "joined"),
                News::Gone(at) => (at, "its pod is gone"),
            };
            let Some(source) = self.sources.all.get(at) else {
                continue;
            };
            let Some(number) = source.number else { continue };
            let time = match news {
                // Before the first line it may have written.
                News::Joined(_) => source.started.unwrap_or(now),
                News::Gone(_) => now,
            };
            self.book
                .note(SourceId(number), time.saturating_mul(1_000_000_000), words);
        }
        if self.labels_of != self.sources.version {
            self.labels_of = self.sources.version;
            self.name_sources();
        }
    }

    /// Gives every source that is read a number in the book.
    fn number_sources(&mut self) {
        for source in self
            .sources
            .all
            .iter_mut()
            .filter(|source| source.want.is_some() && source.number.is_none())
        {
            let id = self.book.add_source(SourceInfo {
                namespace: source.namespace.clone(),
                pod: source.pod.clone(),
                container: source.container.clone(),
            });
            source.number = Some(id.0);
        }
    }

    /// Names the sources: short ones leave out what all share.
    fn name_sources(&mut self) {
        let numbered: Vec<&Source> = self
            .sources
            .all
            .iter()
            .filter(|source| source.number.is_some())
            .collect();
        let pods: BTreeSet<&str> = numbered.iter().map(|source| source.pod.as_str()).collect();
        let containers: BTreeSet<&str> = numbered.iter().map(|source| source.container.as_str()).collect();
        let namespaces: BTreeSet<&str> = numbered.iter().map(|source| source.namespace.as_str()).collect();
        let shared = shared_begin(&pods);
        let mut labels = vec![Label::default(); numbered.len()];
        for source in &numbered {
            let pod = source.pod.as_str();
            let suffix = pod.get(shared..).unwrap_or(pod);
            let container = source.container.as_str();
            let short = match (pods.len() > 1, containers.len() > 1) {
                (true, true) => format!("{suffix}/{container}"),
                (true, false) => suffix.to_owned(),
                _ => container.to_owned(),
            };
            let long = match namespaces.len() > 1 {
                true => format!("{}/{pod}/{container}", source.namespace),
                false => format!("{pod}/{container}"),
            };
            let number = usize::from(source.number.unwrap_or_default());
            let role = PALETTE.get(number % PALETTE.len()).copied().unwrap_or(Role::Accent);
            if let Some(label) = labels.get_mut(number) {
                *label = Label { short, long, role };
            }
        }
        self.labels = labels;
    }

    /// Takes something about a log that is wanted here. Says whether it is.
    pub(super) fn take_log(
        &mut self,
        want: &LogWant,
        generation: Generation,
        event: &LogEvent,
        _shared: &Shared,
    ) -> bool {
        let Some(at) = self.sources.of_want(want) else {
            return false;
        };
        let Some(source) = self.sources.all.get_mut(at) else {
            return false;
        };
        let Some(number) = source.number else { return false };
        if generation < source.generation {
            return false;
        }
        // A stream says what it does before anything else: one that does not has been running for somebody else, and what
        // it has said before is missing here.
        let running = source.phase.is_none() && !matches!(event, LogEvent::Phase(_));
        if running && source.ask_anew() {
            return true;
        }
        let again = source.generation != Generation::default() && generation > source.generation;
        source.generation = generation;
        if again && source.ask_on() {
            // What this start of the stream sends is not waited for: another one is asked for what was missed.
            return true;
        }
        if let LogEvent::Lines(batch) = event {
            let last = batch.lines.last().map_or(0, |line| line.time);
            source.last = source.last.max(last);
        }
        if let LogEvent::Phase(phase) = event {
            let ended_before = matches!(source.phase, Some(LogPhase::Ended(_)));
            source.phase = Some(phase.clone());
            if let (LogPhase::Ended(why), false) = (phase, ended_before) {
                self.sources.version += 1;
                let why = if why.is_empty() {
                    "ended".to_owned()
                } else {
                    format!("ended: {why}")
                };
                self.book.note(SourceId(number), 0, &why);
            }
        }
        let taken = self.book.take(SourceId(number), generation, event);
        if let Some(older) = &mut self.older {
            older.came += taken.lines;
        }
        self.lines_only = true;
        true
    }

    /// Asks every source for lines from before the first.
    pub(super) fn ask_older(&mut self) {
        if self.older.is_some() {
            return;
        }
        let (oldest, newest) = self.book.span().unwrap_or_default();
        let wider = |start: LogStart| match start {
            LogStart::All => LogStart::All,
            LogStart::Tail(lines) if lines >= MOST_TAIL => LogStart::All,
            LogStart::Tail(lines) => LogStart::Tail(lines.saturating_mul(WIDER)),
            LogStart::Since(since) => {
                let now = newest.div_euclid(1_000_000_000);
                let span = (now - since).max(60).saturating_mul(i64::from(WIDER));
                if span > MOST_SPAN {
                    LogStart::All
                } else {
                    LogStart::Since(now - span)
                }
            }
        };
        let starts: Vec<LogStart> = self
            .sources
            .read()
            .filter_map(|(_, source)| Some(source.want.as_ref()?.start))
            .collect();
        if starts.is_empty() {
            return;
        }
        self.older = Some(Older {
            at: None,
            oldest,
            came: 0,
        });
        if starts.iter().all(|start| *start == LogStart::All) {
            return;
        }
        self.expect_older();
        self.sources
            .ask_again(|source| source.want.as_ref().map_or(LogStart::All, |want| wider(want.start)));
    }

    fn expect_older(&mut self) {
        for source in self.sources.all.iter().filter(|source| source.on) {
            if let Some(number) = source.number {
                self.book.expect_older(SourceId(number));
            }
        }
    }

    /// Notices that older lines came, or that there are none.
    pub(super) fn watch_older(&mut self, shared: &Shared) {
        let oldest = self.book.span().map_or(0, |(first, _)| first);
        let Some(older) = &mut self.older else { return };
        let at = *older.at.get_or_insert(shared.mono);
        if oldest < older.oldest && older.came > 0 && shared.mono > at + 300 {
            self.older = None;
            return;
        }
        if shared.mono > at + OLDER_MILLIS {
            self.older = None;
            self.none_older = true;
        }
    }

    /// What is said of older lines.
    pub(super) fn older_said(&self) -> Option<&'static str> {
        match (&self.older, self.none_older) {
            (Some(_), _) => Some("asking for older lines"),
            (None, true) if self.book.dropped().lines > 0 => Some("no room for older lines"),
            (None, true) => Some("there are no older lines"),
            (None, false) => None,
        }
    }

    /// Offers where to begin.
    pub(super) fn choose_since(&mut self, ctx: &mut Ctx<'_>) {
        let items = STARTS
            .iter()
            .map(|(word, detail)| (Clean::new(word), Clean::new(detail), false))
            .collect();
        ctx.ask(Request::Popup(Popup::Picker(Picker {
            title: Clean::new("Begin with; or type a time such as 45m"),
            purpose: "log_since",
            items,
            several: false,
            free: true,
        })));
    }

    /// The answer to where to begin.
    pub(super) fn choose_start(&mut self, answer: &str, ctx: &mut Ctx<'_>) {
        let now = ctx.shared.now(self.place.cluster);
        let Some(start) = start_of(answer, now) else {
            ctx.toast(
                Tone::Warn,
                &format!("`{answer}` is no time: write 45m, 2h30m, tail 500 or all"),
            );
            return;
        };
        self.sources.begin = Begin::At(start);
        self.expect_older();
        self.sources.ask_again(|_| start);
        self.none_older = false;
    }

    /// Switches between the current instance alone and the one before it stitched to it.
    pub(super) fn toggle_previous(&mut self, ctx: &mut Ctx<'_>) {
        self.sources.previous = !self.sources.previous;
        self.place.previous = self.sources.previous;
        if self.sources.previous {
            self.expect_older();
            self.sources
                .ask_again(|source| source.want.as_ref().map_or(LogStart::All, |want| want.start));
            ctx.toast(Tone::Info, "with the instance before, where there is one");
        } else {
            ctx.toast(Tone::Info, "without the instance before, from the next start on");
        }
    }

    /// Offers the containers, those that are read marked. Of several pods each name of a container is a choice as well.
    pub(super) fn choose_containers(&mut self, ctx: &mut Ctx<'_>) {
        let mut items: Vec<(Clean, Clean, bool)> = Vec::new();
        for (name, on, count) in self.names_of_containers() {
            items.push((Clean::new(&name), Clean::new(&format!("in all {count}")), on));
        }
        items.extend(self.sources.all.iter().map(|source| {
            let gone = if source.gone { "gone" } else { source.state.as_str() };
            let word = source.part.word();
            let detail = if word.is_empty() {
                gone.to_owned()
            } else {
                format!("{word}  {gone}")
            };
            (Clean::new(&self.choice_of(source)), Clean::new(&detail), source.on)
        }));
        ctx.ask(Request::Popup(Popup::Picker(Picker {
            title: Clean::new("Containers to read"),
            purpose: "log_containers",
            items,
            several: true,
            free: false,
        })));
    }

    /// Names that containers of several pods share, as choices: whether all of them are read, and how many there are.
    fn names_of_containers(&self) -> Vec<(String, bool, usize)> {
        let mut names: Vec<(String, bool, usize)> = Vec::new();
        if self.sources.pods() < 2 {
            return names;
        }
        for source in self.sources.all.iter().filter(|source| !source.gone) {
            let name = format!("*/{}", source.container);
            match names.iter_mut().find(|(known, ..)| *known == name) {
                Some((_, on, count)) => {
                    *on &= source.on;
                    *count += 1;
                }
                None => names.push((name, source.on, 1)),
            }
        }
        names
    }

    /// How a source is called among the choices: as short as is unambiguous.
    fn choice_of(&self, source: &Source) -> String {
        let one = self.sources.pods() == 1;
        let several = self.sources.all.iter().any(|other| other.namespace != source.namespace);
        match (one, several) {
            (true, _) => source.container.to_string(),
            (false, false) => format!("{}/{}", source.pod, source.container),
            (false, true) => format!("{}/{}/{}", source.namespace, source.pod, source.container),
        }
    }

    /// The answer to which containers.
    pub(super) fn switch_sources(&mut self, answers: &[String]) {
        let wanted: BTreeSet<&str> = answers.iter().map(String::as_str).collect();
        // A name that was switched stands for all that bear it; what was left as it was says nothing.
        let switched: BTreeMap<String, bool> = self
            .names_of_containers()
            .into_iter()
            .map(|(name, on, _)| (wanted.contains(name.as_str()), on, name))
            .filter(|(now, on, _)| now != on)
            .map(|(now, _, name)| (name, now))
            .collect();
        let is_on = |source: &Source| {
            let by_name = switched.get(&format!("*/{}", source.container)).copied();
            by_name.unwrap_or_else(|| wanted.contains(self.choice_of(source).as_str()))
        };
        let on: BTreeSet<usize> = (0..self.sources.all.len())
            .filter(|at| self.sources.all.get(*at).is_some_and(is_on))
            .collect();
        self.sources.switch(&on);
        self.place.container = None;
        self.sources.begin(self.place.cluster);
        self.number_sources();
        self.name_sources();
        let _ = self.apply_filter();
    }

    /// The sources that were read and have been switched off.
    pub(super) fn hidden(&self) -> BTreeSet<SourceId> {
        let off = self.sources.all.iter().filter(|source| !source.on);
        off.filter_map(|source| source.number.map(SourceId)).collect()
    }

    /// A note on a pod of several containers of which one was chosen, as kubectl writes it.
    pub(super) fn chosen_note(&self) -> Option<String> {
        let read: Vec<&Source> = self.sources.read().map(|(_, source)| source).collect();
        let [one] = read.as_slice() else { return None };
        let others: Vec<&str> = self
            .sources
            .all
            .iter()
            .filter(|source| source.uid == one.uid && source.container != one.container && source.part != Part::Init)
            .map(|source| source.container.as_str())
            .collect();
        (!others.is_empty()).then(|| format!("container {}, not {}", one.container, others.join(", ")))
    }

    /// What is said when more sources are there than are followed.
    pub(super) fn over_note(&self) -> Option<String> {
        let over = self.sources.count_over();
        (over > 0).then(|| format!("{over} more than the {MOST} that are followed at once"))
    }
}

/// How many bytes all these names begin with alike, up to and with a dash. A single one keeps all.
fn shared_begin(names: &BTreeSet<&str>) -> usize {
    let (Some(first), Some(last)) = (names.first(), names.last()) else {
        return 0;
    };
    if names.len() < 2 {
        return 0;
    }
    // Names are sorted, so what the first and the last share all share.
    let alike = first
        .bytes()
        .zip(last.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    first
        .get(..alike)
        .and_then(|begin| begin.rfind('-'))
        .map_or(0, |dash| dash + 1)
}

/// `tail 100`, `2m`, `all` as a start.
fn start_of(text: &str, now: i64) -> Option<LogStart> {
    let text = text.trim();
    if text == "all" {
        return Some(LogStart::All);
    }
    if let Some(lines) = text.strip_prefix("tail") {
        return lines.trim().parse().ok().map(LogStart::Tail);
    }
    parse_duration(text)
        .filter(|seconds| *seconds > 0)
        .map(|seconds| LogStart::Since(now - seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_read() {
        let table = [
            ("all", Some(LogStart::All)),
            ("tail 100", Some(LogStart::Tail(100))),
            ("tail", None),
            ("2m", Some(LogStart::Since(880))),
            ("1h", Some(LogStart::Since(-2600))),
            ("soon", None),
            ("0s", None),
        ];
        for (text, wanted) in table {
            assert_eq!(start_of(text, 1000), wanted, "{text}");
        }
    }

    #[test]
    fn short_names_leave_out_what_all_share() {
        let table: [(&[&str], usize); 4] = [
            (&["cart-7d9f-aaaaa", "cart-7d9f-bbbbb"], 10),
            (&["cart-7d9f-aaaaa", "cart-8888-bbbbb"], 5),
            (&["cart", "shop"], 0),
            (&["cart-7d9f-aaaaa"], 0),
        ];
        for (names, wanted) in table {
            assert_eq!(shared_begin(&names.iter().copied().collect()), wanted, "{names:?}");
        }
    }
}
