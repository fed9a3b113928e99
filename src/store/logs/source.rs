//! What a book knows of one source: which of its lines are here, so that a stream that is started again doubles none.

use super::SourceInfo;
use super::trace::Trace;
use crate::msg::{Generation, LogMark, LogPhase};

/// Lines that wait for what decides about them (marks before the first line, lines at the edge of what is older).
pub(super) const WAITING: u64 = 1024;

#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) info: SourceInfo,
    pub(super) phase: Option<LogPhase>,
    pub(super) generation: Generation,
    /// How many lines of each end of its time are here, so that lines with the same stamp are told apart.
    pub(super) oldest: Edge,
    pub(super) newest: Edge,
    /// The time of the line before in this stream; zero when none is known.
    pub(super) time: i64,
    /// No line of this source is placed before this.
    pub(super) floor: i64,
    /// What the ring has already, after a new start of the stream.
    pub(super) known: Option<Known>,
    /// The next start may bring older lines.
    pub(super) wants_older: bool,
    /// Marks that wait for the first line with a time.
    pub(super) marks: Vec<LogMark>,
    pub(super) last_mark: Option<LogMark>,
    pub(super) trace: Trace,
    /// The last line was cut: the next one is its rest.
    pub(super) cut: bool,
}

/// The lines with one stamp.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Edge {
    pub(super) time: i64,
    pub(super) count: u64,
}

/// While a stream tells again what is here.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) oldest: Edge,
    pub(super) newest: Edge,
    /// How many with the newest stamp came again.
    pub(super) again: u64,
    /// It began at or before what is here: nothing is missing between.
    pub(super) reached: bool,
    pub(super) older: Option<Older>,
}

/// While a stream brings lines from before the first that is here.
#[derive(Debug, Default)]
pub(super) struct Older {
    pub(super) floor: i64,
    pub(super) trace: Trace,
    pub(super) cut: bool,
    /// It has come to what is here.
    pub(super) ended: bool,
    /// Lines with the oldest stamp: the last of them are here already.
    pub(super) edge: Vec<(Vec<u8>, bool)>,
}

/// What becomes of a line.
pub(super) enum Verdict {
    New,
    /// It is here already.
    Known,
    /// These are older than all that is here; none when there is no room, or when it is not decided yet.
    Older(Vec<(Vec<u8>, bool)>),
    /// It is new, but the stream did not reach back to what is here.
    Missing,
}

impl Source {
    /// Another start of the stream. Returns the place where lines are missing when the start before it was still
    /// bringing older ones.
    pub(super) fn begin(&mut self, generation: Generation) -> Option<i64> {
        let before = self.known.take();
        let broken = before.and_then(|known| {
            let older = known.older?;
            (older.floor > 0 && !older.ended).then_some(older.floor)
        });
        self.generation = generation;
        self.time = 0;
        if self.newest.count > 0 {
            self.known = Some(Known {
                oldest: self.oldest,
                newest: self.newest,
                again: 0,
                reached: false,
                older: std::mem::take(&mut self.wants_older).then(Older::default),
            });
        }
        broken
    }

    pub(super) fn judge(&mut self, time: i64, bytes: &[u8], cut: bool, room: bool) -> Verdict {
        let Some(known) = &mut self.known else {
            return Verdict::New;
        };
        if time == 0 {
            return Verdict::New;
        }
        if time < known.oldest.time {
            known.reached = true;
            return match &known.older {
                Some(_) if room => Verdict::Older(vec![(bytes.to_vec(), cut)]),
                Some(_) => Verdict::Older(Vec::new()),
                None => Verdict::Known,
            };
        }
        if time == known.oldest.time
            && let Some(older) = &mut known.older
            && room
            && known.oldest.count <= WAITING
        {
            known.reached = true;
            if time == known.newest.time {
                known.again += 1;
                if known.again > known.newest.count {
                    // All that is here has one stamp: which of these are older cannot be told; they are new.
                    return Verdict::New;
                }
                return Verdict::Known;
            }
            // The last ones with this stamp are here: what is pushed out at the front is not.
            older.edge.push((bytes.to_vec(), cut));
            if older.edge.len() as u64 > known.oldest.count {
                return Verdict::Older(vec![older.edge.remove(0)]);
            }
            return Verdict::Known;
        }
        if time > known.oldest.time
            && let Some(older) = &mut known.older
        {
            older.ended = true;
        }
        if time < known.newest.time {
            known.reached = true;
            return Verdict::Known;
        }
        if time == known.newest.time {
            known.reached = true;
            if known.again < known.newest.count {
                known.again += 1;
                return Verdict::Known;
            }
            return Verdict::New;
        }
        let reached = known.reached;
        self.known = None;
        if reached { Verdict::New } else { Verdict::Missing }
    }

    /// A new line with this time.
    pub(super) fn note(&mut self, time: i64) {
        if time == 0 {
            return;
        }
        if self.oldest.count == 0 {
            self.oldest = Edge { time, count: 0 };
        }
        if time > self.newest.time || self.newest.count == 0 {
            self.newest = Edge { time, count: 0 };
        }
        self.newest.count += u64::from(time == self.newest.time);
        self.oldest.count += u64::from(time == self.oldest.time);
    }

    /// Whether a mark was not taken before a new start of the stream.
    pub(super) fn is_new_mark(&self, mark: &LogMark, time: i64) -> bool {
        match &self.known {
            None => true,
            Some(known) if time == known.newest.time => self.last_mark.as_ref() != Some(mark),
            Some(known) => time > known.newest.time,
        }
    }
}
