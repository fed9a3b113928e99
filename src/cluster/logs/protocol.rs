//! The protocol: which request comes next, what an answer means and which lines are new, as one state with functions that
//! move it. It knows no network and no clock: the time is an argument (any monotonic time, as a `Duration`).
//!
//! The rules (`kubectl.md` 2.14, `faults.md` F30):
//! - Before each read the pod is looked at, so that it is known which instance will be read.
//! - A stream that ends says nothing: the container may have ended, its file may have been rotated, a proxy may have gone.
//!   The pod tells. A running instance is followed on from the last stamp; what comes twice is told by `seen`.
//! - An instance that has ended is read once more without following, because a follow may end before the last lines: as
//!   the current one while there is no other, with `previous` when there is.
//! - Instances that came and went unread, and lines that the server has not got any more, are said as gaps.
//! - 400 means that there is no log yet. 403 is final until the user tries again. 404 is for the pod to say.
//! - Who may read logs but not pods gets the log all the same; restarts look like gaps then.

use super::pod::{Ending, Facts, Instance};
use super::seen::{Meeting, Overlap, Resume, Seen};
use crate::cluster::listwatch::backoff::Backoff;
use crate::cluster::listwatch::status::Meaning;
use crate::cluster::listwatch::step::Trouble;
use crate::msg::{Failure, FailureKind, LogMark};
use crate::text::Clean;
use crate::want::LogStart;
use std::collections::VecDeque;
use std::time::Duration;

/// How often a container that waits is looked at, and how often when it has waited for long.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(2));
/// After so many looks it has waited for long.
const LONG: u32 = 30;
/// The first and the longest pause after a stream that ended without a line.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// A stream that lasted so long, or brought a line, was a good one.
const GOOD: Duration = Duration::from_secs(5);

/// From where on a log is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// From its beginning.
    All,
    /// So many lines from its end.
    Tail(u32),
    /// From this unix second on.
    Since(i64),
}

/// A request for lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Of the instance before the newest one.
    pub previous: bool,
    /// As they are written; without it what is there and no more.
    pub follow: bool,
    /// From where on.
    pub from: From,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Look at the pod.
    Look,
    /// Read lines.
    Read(Read),
    /// The container has nothing to say yet: wait, then ask for the next step.
    Wait {
        /// What it waits for.
        reason: Clean,
        /// How long.
        wait: Duration,
    },
    /// Wait without a word.
    Pause(Duration),
    /// Wait after a failure.
    Backoff {
        /// Why.
        failure: Failure,
        /// How long.
        wait: Duration,
    },
    /// There will be no more lines.
    End(Clean),
    /// Nothing until the user tries again.
    Stop(Failure),
}

/// What to do with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is known, or no line of the container's.
    Skip,
    /// It is new, but for so many bytes of it.
    Take(usize),
}

/// Which instance is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Current {
    number: u32,
    id: String,
    ending: Option<Ending>,
    /// It was read to its end after it had ended.
    drained: bool,
    /// The last follow came to the end of what there was; nothing broke it off.
    clean: bool,
}

impl Current {
    fn is(&self, instance: &Instance) -> bool {
        self.number == instance.number && (self.id == instance.id || self.id.is_empty() || instance.id.is_empty())
    }
}

/// The state of one log.
#[derive(Debug)]
pub struct Protocol {
    start: LogStart,
    previous: bool,
    next: Step,
    current: Option<Current>,
    seen: Seen,
    overlap: Option<Overlap>,
    marks: VecDeque<LogMark>,
    /// A stream broke, and it has not been shown yet that nothing was lost.
    broken: bool,
    /// What was read belongs to the newest instance, although the pod did not say so then.
    ahead: bool,
    /// A line was taken, of whichever instance.
    any: bool,
    taken: u64,
    empty: u32,
    waits: u32,
    backoff: Backoff,
    began: Duration,
}

impl Protocol {
    /// A log that has not begun. `seed` scatters the waits.
    pub fn new(start: LogStart, previous: bool, seed: u64) -> Protocol {
        Protocol {
            start,
            previous,
            next: Step::Look,
            current: None,
            seen: Seen::default(),
            overlap: None,
            marks: VecDeque::new(),
            broken: false,
            ahead: false,
            any: false,
            taken: 0,
            empty: 0,
            waits: 0,
            backoff: Backoff::new(seed),
            began: Duration::ZERO,
        }
    }

    /// What comes next. After a wait, a pause or a backoff that is over, `waited` is to be told.
    pub fn step(&self) -> Step {
        self.next.clone()
    }

    /// The next mark to be said before anything else.
    pub fn mark(&mut self) -> Option<LogMark> {
        self.marks.pop_front()
    }

    /// A wait is over.
    pub fn waited(&mut self) {
        self.next = Step::Look;
    }

    /// The user tries again.
    pub fn retry(&mut self) {
        self.backoff.reset();
        self.waits = 0;
        self.next = Step::Look;
    }

    /// The pod says how the container fares.
    pub fn looked(&mut self, facts: Facts) {
        let Facts {
            instance,
            earlier,
            waiting,
            last,
        } = facts;
        let Some(instance) = instance else {
            self.next = self.wait_or_end(waiting, last);
            return;
        };
        if instance.ending.is_none() {
            self.waits = 0;
        }
        let Some(current) = &mut self.current else {
            let number = instance.number.saturating_sub(1);
            match earlier.filter(|_| self.previous) {
                Some(ending) => self.begin_previous(number, ending),
                None => self.begin(instance),
            }
            return;
        };
        if std::mem::take(&mut self.ahead) && !current.is(&instance) {
            (current.number, current.id, current.drained) = (instance.number, instance.id.clone(), false);
            current.clean = false;
        }
        if current.is(&instance) {
            current.id.clone_from(&instance.id);
            current.ending = instance.ending;
            self.next = match (&current.ending, current.drained) {
                (None, _) => {
                    // What the pod says may be a little behind: a follow that came to its end may have been the last.
                    current.drained = false;
                    self.read(false, true)
                }
                (Some(_), false) => self.read(false, false),
                (Some(_), true) => self.wait_or_end(waiting, last),
            };
            return;
        }
        let unread = instance.number.saturating_sub(current.number).saturating_sub(1);
        if let (0, Some(ending)) = (unread, &earlier) {
            current.ending = Some(ending.clone());
            if !current.drained {
                self.next = self.read(true, false);
                return;
            }
        }
        let complete = current.drained || current.clean;
        let words = current.ending.as_ref().map_or(Clean::default(), Ending::words);
        if !complete {
            self.gap("the end of the instance before could not be read");
        }
        self.marks.push_back(LogMark::Restarted(words));
        match earlier {
            Some(ending) if unread > 0 => {
                if unread > 1 {
                    self.gap(&format!("{} instances came and went unread", unread - 1));
                }
                self.begin_previous(instance.number - 1, ending);
            }
            _ => {
                if unread > 0 {
                    self.gap(&format!("{unread} instances came and went unread"));
                }
                self.begin(instance);
            }
        }
    }

    /// The pod is gone, or another one has its name.
    pub fn gone(&mut self, words: &str) {
        if self.is_incomplete() {
            self.gap("the pod went before its last lines were read");
        }
        self.next = match self.current {
            Some(_) => Step::End(Clean::new(words)),
            None => Step::Stop(Failure {
                kind: FailureKind::NotFound,
                message: Clean::new(words),
                remedy: None,
            }),
        };
    }

    /// The pod may not be looked at: its log is read without.
    pub fn blind(&mut self) {
        self.current.get_or_insert_with(|| Current {
            number: 0,
            id: String::new(),
            ending: None,
            drained: false,
            clean: false,
        });
        self.next = self.read(false, true);
    }

    /// The pod could not be looked at.
    pub fn look_failed(&mut self, trouble: &Trouble, now: Duration) {
        self.next = self.failed(trouble, now);
    }

    /// A read begins.
    pub fn reading(&mut self, now: Duration) {
        self.taken = 0;
        self.began = now;
    }

    /// A line begins. Marks may have to be said before it.
    pub fn line(&mut self, stamp: Option<i64>, text: &[u8]) -> Verdict {
        let Some(stamp) = stamp else {
            return self.unstamped(text);
        };
        if let Some(overlap) = &mut self.overlap {
            match overlap.meet(stamp) {
                Meeting::Known => return Verdict::Skip,
                Meeting::LastKnown => {
                    self.resumed();
                    return Verdict::Skip;
                }
                Meeting::New => self.resumed(),
                Meeting::NewAfterGap => {
                    self.overlap = None;
                    self.broken = false;
                    self.gap("the server has not got the lines that were read last any more");
                }
            }
        }
        Verdict::Take(self.seen.known_bytes(stamp))
    }

    /// So many bytes of a line went out; `cut`: it goes on.
    pub fn took(&mut self, stamp: Option<i64>, bytes: usize, cut: bool) {
        self.any = true;
        self.taken += 1;
        match stamp {
            Some(stamp) if cut => self.seen.note_piece(stamp, bytes),
            Some(stamp) => self.seen.note(stamp),
            None => {}
        }
    }

    /// A read has ended, by the server's word or by a failure.
    pub fn ended(&mut self, read: Read, end: Result<(), Trouble>, now: Duration) {
        let good = self.taken > 0 || now.saturating_sub(self.began) >= GOOD;
        if good {
            self.backoff.reset();
            self.empty = 0;
        }
        let unmet = self.overlap.take().is_some_and(|overlap| !overlap.is_met());
        match end {
            Ok(()) => {
                if let Some(current) = &mut self.current {
                    current.drained |= !read.follow;
                    current.clean |= read.follow;
                }
                self.ahead = read.previous && unmet;
                self.next = match good || !read.follow {
                    true => Step::Look,
                    false => {
                        let pause = PAUSE.0.saturating_mul(1 << self.empty.min(6)).min(PAUSE.1);
                        self.empty += 1;
                        Step::Pause(pause)
                    }
                };
            }
            Err(trouble) => {
                self.next = self.refused(read, &trouble, now);
            }
        }
    }

    /// The connection went away in the middle of whatever was done.
    pub fn interrupted(&mut self) {
        if let Step::Read(read) = self.next {
            self.broke(read);
        }
        self.overlap = None;
        if !matches!(self.next, Step::End(_) | Step::Stop(_)) {
            self.next = Step::Look;
        }
    }

    /// A stream was broken off, so nothing says that it was at its end.
    fn broke(&mut self, read: Read) {
        self.broken |= self.any;
        if let Some(current) = &mut self.current {
            current.clean &= !read.follow;
        }
    }

    /// Whether lines of the instance may have been missed that cannot be had any more.
    fn is_incomplete(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| !current.drained && !current.clean)
    }

    fn refused(&mut self, read: Read, trouble: &Trouble, now: Duration) -> Step {
        let Trouble::Status(status) = trouble else {
            self.broke(read);
            return self.failed(trouble, now);
        };
        match status.meaning() {
            Meaning::Forbidden => Step::Stop(status.failure()),
            // What is no longer there cannot be read once more; a follow that came to its end has it all.
            Meaning::Invalid if !read.follow => {
                if self.is_incomplete() {
                    self.gap(&format!("the log cannot be read any more: {}", status.message));
                }
                if let Some(current) = &mut self.current {
                    current.drained = true;
                }
                Step::Look
            }
            Meaning::Invalid => self.wait(status.message.clone()),
            Meaning::NotFound => self.failed(trouble, now),
            _ => {
                self.broke(read);
                self.failed(trouble, now)
            }
        }
    }

    fn failed(&mut self, trouble: &Trouble, now: Duration) -> Step {
        let (failure, retry_after) = match trouble {
            Trouble::Status(status) => (status.failure(), status.retry_after),
            Trouble::Transport(failure) => (failure.clone(), None),
            Trouble::Garbled(words) | Trouble::TooLarge(words) => {
                let failure = Failure {
                    kind: FailureKind::Garbled,
                    message: words.clone(),
                    remedy: None,
                };
                (failure, None)
            }
        };
        if failure.kind == FailureKind::Forbidden {
            return Step::Stop(failure);
        }
        let wait = self.backoff.fail(failure.kind, retry_after, now);
        Step::Backoff { failure, wait }
    }

    fn wait(&mut self, reason: Clean) -> Step {
        self.waits = self.waits.saturating_add(1);
        let wait = if self.waits > LONG { WAIT.1 } else { WAIT.0 };
        Step::Wait { reason, wait }
    }

    fn wait_or_end(&mut self, waiting: Clean, last: Option<Clean>) -> Step {
        match last {
            Some(words) => Step::End(words),
            None => self.wait(waiting),
        }
    }

    fn gap(&mut self, why: &str) {
        self.marks.push_back(LogMark::Gap(Clean::new(why)));
    }

    /// What is known of the log came again, whole.
    fn resumed(&mut self) {
        self.overlap = None;
        if std::mem::take(&mut self.broken) {
            self.marks.push_back(LogMark::Reconnected);
        }
    }

    fn begin(&mut self, instance: Instance) {
        let follow = instance.ending.is_none();
        self.seen = Seen::default();
        self.broken = false;
        self.current = Some(Current {
            number: instance.number,
            id: instance.id,
            ending: instance.ending,
            drained: false,
            clean: false,
        });
        self.next = self.read(false, follow);
    }

    fn begin_previous(&mut self, number: u32, ending: Ending) {
        self.seen = Seen::default();
        self.broken = false;
        self.current = Some(Current {
            number,
            id: String::new(),
            ending: Some(ending),
            drained: false,
            clean: false,
        });
        self.next = self.read(true, false);
    }

    fn read(&mut self, previous: bool, follow: bool) -> Step {
        let from = match self.seen.resume() {
            Some(Resume { since, overlap }) => {
                self.overlap = Some(overlap);
                From::Since(since)
            }
            // What the user asked for counts for the first instance; a later one is wanted from its beginning.
            None if self.any => From::All,
            None => match self.start {
                LogStart::All => From::All,
                LogStart::Tail(lines) => From::Tail(lines),
                LogStart::Since(second) => From::Since(second),
            },
        };
        Step::Read(Read { previous, follow, from })
    }

    /// A line without a stamp is the server's own, unless this server stamps nothing at all.
    fn unstamped(&mut self, text: &[u8]) -> Verdict {
        if text.starts_with(b"unable to retrieve container logs") {
            if self.is_incomplete() {
                self.gap(&String::from_utf8_lossy(text));
            }
            return Verdict::Skip;
        }
        match self.seen.last() {
            0 if !text.is_empty() => Verdict::Take(0),
            _ => Verdict::Skip,
        }
    }
}
