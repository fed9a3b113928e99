//! The protocol: which request comes next and what an answer means, as one state with functions that move it. It knows no
//! network and no clock: the time is an argument (any monotonic time, as a `Duration`).
//!
//! The rules (`kubectl.md` 3.1–3.3, `faults.md` F1–F12, F26–F29):
//! - The first list asks for version 0, a later one for at least the last version seen; after 410 and after "too large
//!   resource version" it asks for the newest.
//! - A watch goes on from the last version, bookmarks included. A clean end is silent; an end within a second without an
//!   event, a cut and an error wait first.
//! - A garbled watch line may have been an event: the watch is opened again from the last good version, and the third
//!   garbled line in a row makes it list again.
//! - A version that goes back means list again.
//! - When a page's `continue` has expired, the list starts anew without pages. The server may offer a token to go on with
//!   newer objects; it is not used, because no version can be watched from that covers the pages before it.
//! - One object that is named but may not be listed is got, again and again, and says so.
//! - 403 and 404 are final until the user tries again. A watch that is refused becomes polling, and says so.

use super::backoff::Backoff;
use super::status::{Meaning, Status};
use super::step::{Event, Fetch, From, GET_EVERY, ListEnd, PAGE, POLL_EVERY, Reaction, Step, Trouble};
use crate::msg::{Failure, FailureKind};
use crate::text::Clean;
use std::time::Duration;

/// A watch that ends sooner, and without an event, is no clean end.
const TOO_SHORT: Duration = Duration::from_secs(1);
/// Garbled lines in a row until the list is read again; also errors in a row from inside watch streams.
const GARBLED_IN_A_ROW: u32 = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    List {
        from: From,
        cursor: Option<String>,
        whole: bool,
    },
    Watch,
    Polling,
    Stopped(Failure),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pause {
    until: Duration,
    failure: Option<Failure>,
}

/// The state of one list-watch.
#[derive(Clone, Debug)]
pub struct Protocol {
    place: Place,
    streams: bool,
    stream_refused: bool,
    /// The one object that the list names.
    only: Option<String>,
    /// It is got: the list is refused.
    getting: bool,
    unwatchable: Option<Clean>,
    /// The watch was refused when asked for, so a retry asks again.
    refused: bool,
    version: String,
    reason: Option<Clean>,
    complete: bool,
    paged: bool,
    pause: Option<Pause>,
    backoff: Backoff,
    garbled: u32,
    stream_errors: u32,
    watch_not_found: bool,
    expired_at: Option<Duration>,
    opened_at: Duration,
    events: u64,
}

impl Protocol {
    /// A list-watch that has not begun. `streams`: whether to try a streaming list first. `unwatchable`: why it is only
    /// polled, when discovery lists no watch verb. `seed` scatters the waits.
    pub fn new(streams: bool, unwatchable: Option<Clean>, seed: u64) -> Protocol {
        Protocol {
            place: Place::List {
                from: From::Any,
                cursor: None,
                whole: false,
            },
            streams: streams && unwatchable.is_none(),
            stream_refused: false,
            only: None,
            getting: false,
            unwatchable,
            refused: false,
            version: String::new(),
            reason: None,
            complete: false,
            paged: false,
            pause: None,
            backoff: Backoff::new(seed),
            garbled: 0,
            stream_errors: 0,
            watch_not_found: false,
            expired_at: None,
            opened_at: Duration::ZERO,
            events: 0,
        }
    }

    /// The same, for the list of one object of this name: where it may not be listed, it is got.
    pub fn naming(self, only: Option<String>) -> Protocol {
        Protocol { only, ..self }
    }

    /// How often it is read again while it is polled.
    pub fn poll_every(&self) -> Duration {
        if self.only.is_some() { GET_EVERY } else { POLL_EVERY }
    }

    /// What comes next.
    pub fn step(&mut self, now: Duration) -> Step {
        if let Place::Stopped(failure) = &self.place {
            return Step::Stop(failure.clone());
        }
        if let Some(pause) = &self.pause {
            if now < pause.until {
                let wait = pause.until - now;
                return match (&pause.failure, &self.unwatchable) {
                    (Some(failure), _) => Step::Backoff {
                        failure: failure.clone(),
                        wait,
                        attempt: self.backoff.attempt(),
                    },
                    (None, reason) => Step::Poll {
                        reason: reason.clone().unwrap_or_default(),
                        wait,
                        every: self.poll_every(),
                    },
                };
            }
            self.pause = None;
        }
        if self.place == Place::Polling {
            let from = self.relist_from();
            self.place = Place::List {
                from,
                cursor: None,
                whole: false,
            };
        }
        if let (true, Some(name)) = (self.getting, &self.only) {
            return Step::Fetch(Fetch::Get { name: name.clone() });
        }
        Step::Fetch(match &self.place {
            Place::List { from, cursor: None, .. } if self.streams => Fetch::StreamingList { from: from.clone() },
            Place::List { from, cursor, whole } => Fetch::List {
                limit: match from {
                    _ if *whole => None,
                    From::NotOlderThan(_) if !self.paged => None,
                    _ => Some(PAGE),
                },
                from: from.clone(),
                cursor: cursor.clone(),
            },
            Place::Watch | Place::Polling | Place::Stopped(_) => Fetch::Watch {
                version: self.version.clone(),
            },
        })
    }

    /// Why the list is read again; None while the first one is.
    pub fn relisting(&self) -> Option<Clean> {
        self.complete.then(|| self.reason.clone().unwrap_or_default())
    }

    /// Why it is polled, if it is.
    pub fn polling(&self) -> Option<&Clean> {
        self.unwatchable.as_ref()
    }

    /// Tries a streaming list next, if the next request is a list and none was refused. Whether it will.
    pub fn try_streaming(&mut self) -> bool {
        let may = !self.streams
            && !self.stream_refused
            && self.unwatchable.is_none()
            && matches!(self.place, Place::List { cursor: None, .. });
        self.streams |= may;
        may
    }

    /// Whether the server refused a streaming list, or stayed silent.
    pub fn streaming_refused(&self) -> bool {
        self.stream_refused
    }

    /// How many failures there were in a row.
    pub fn attempt(&self) -> u32 {
        self.backoff.attempt()
    }

    /// Whether it ended in a failure that only the user lifts.
    pub fn stopped(&self) -> Option<&Failure> {
        match &self.place {
            Place::Stopped(failure) => Some(failure),
            _ => None,
        }
    }

    /// The user tries again, or a new connection is there: no more waiting.
    pub fn retry(&mut self) {
        self.pause = None;
        self.backoff.reset();
        if std::mem::take(&mut self.refused) {
            self.unwatchable = None;
            self.getting = false;
            self.watch_not_found = false;
        }
        if matches!(self.place, Place::Stopped(_)) {
            self.relist("tried again", From::Any);
        }
    }

    /// There is a new connection: no more waiting for the old one.
    pub fn reconnected(&mut self) {
        if self.pause.as_ref().is_some_and(|pause| pause.failure.is_some()) {
            self.pause = None;
            self.backoff.reset();
        }
    }

    /// The reader fell behind further than the changes can be joined: list again.
    pub fn lagged(&mut self) {
        let from = self.relist_from();
        self.relist("the screen fell behind the changes", from);
    }

    /// Something outside the protocol ends it (the kind is gone).
    pub fn stop(&mut self, failure: Failure) {
        self.place = Place::Stopped(failure);
    }

    /// A page or list came in whole. True when the list is complete.
    pub fn listed(&mut self, end: ListEnd, now: Duration) -> bool {
        self.garbled = 0;
        if let Some(cursor) = end.cursor.filter(|cursor| !cursor.is_empty()) {
            self.paged = true;
            if let Place::List { cursor: at, .. } = &mut self.place {
                *at = Some(cursor);
            }
            return false;
        }
        self.version = end.version;
        self.complete(now);
        true
    }

    /// A list, a page or a streaming list before its end failed.
    pub fn list_failed(&mut self, trouble: Trouble, now: Duration) {
        let streaming = self.streams && matches!(self.place, Place::List { cursor: None, .. });
        let status = match trouble {
            Trouble::Transport(failure) => return self.back_off(failure, None, now),
            Trouble::TooLarge(what) => {
                self.place = Place::Stopped(failure(FailureKind::TooLarge, what));
                return;
            }
            Trouble::Garbled(_) if streaming => return self.refuse_streaming(),
            Trouble::Garbled(what) => {
                let message = Clean::new(&format!("the list cannot be read: {}", what.as_str()));
                return self.back_off(failure(FailureKind::Garbled, message), None, now);
            }
            Trouble::Status(status) => status,
        };
        match status.meaning() {
            Meaning::Expired => {
                let paging = matches!(self.place, Place::List { cursor: Some(_), .. });
                self.expired(&status, now);
                if let Place::List { whole, .. } = &mut self.place {
                    *whole = paging;
                }
            }
            Meaning::VersionTooLarge => {
                let repeated = matches!(&self.place, Place::List { from: From::Newest, .. });
                self.relist("the server does not have that version yet", From::Newest);
                if repeated {
                    self.back_off(status.failure(), status.retry_after, now);
                }
            }
            Meaning::Throttled | Meaning::Unauthenticated => self.back_off(status.failure(), status.retry_after, now),
            _ if streaming => self.refuse_streaming(),
            Meaning::Forbidden | Meaning::NotAllowed | Meaning::Invalid if self.only.is_some() && !self.getting => {
                let reason = match status.meaning() {
                    Meaning::Forbidden => "it may be read but neither listed nor watched",
                    _ => "the server can neither list nor watch it by its name",
                };
                self.get_instead(reason);
            }
            Meaning::Forbidden | Meaning::NotFound | Meaning::NotAllowed | Meaning::Invalid => {
                self.place = Place::Stopped(status.failure());
            }
            Meaning::Server => self.back_off(status.failure(), status.retry_after, now),
        }
    }

    fn get_instead(&mut self, reason: &str) {
        self.getting = true;
        self.refused = true;
        self.streams = false;
        self.unwatchable = Some(Clean::new(reason));
    }

    /// The one object came in, or is not there.
    pub fn got(&mut self, now: Duration) {
        self.garbled = 0;
        self.version = String::new();
        self.complete(now);
    }

    /// A streaming list stayed silent, or its watch does not say where the initial objects end.
    pub fn refuse_streaming(&mut self) {
        self.streams = false;
        self.stream_refused = true;
    }

    /// The server accepted a watch.
    pub fn watch_opened(&mut self, now: Duration) {
        self.opened_at = now;
        self.events = 0;
    }

    /// A watch event came in. `listing`: the initial objects of a streaming list are still coming.
    pub fn event(&mut self, event: Event<'_>, listing: bool, now: Duration) -> Reaction {
        match event {
            Event::Garbled(what) => {
                self.garbled += 1;
                if listing && self.garbled >= GARBLED_IN_A_ROW {
                    self.refuse_streaming();
                }
                if self.garbled >= GARBLED_IN_A_ROW && !listing {
                    self.garbled = 0;
                    let from = self.relist_from();
                    self.relist("three garbled lines in a row", from);
                }
                // The first one costs nothing but a new request; a row of them waits.
                if self.garbled != 1 {
                    let message = Clean::new(&format!("the watch sent a garbled line: {what}"));
                    self.back_off(failure(FailureKind::Garbled, message), None, now);
                }
                return Reaction::Leave;
            }
            Event::TooLarge => {
                let from = self.relist_from();
                self.relist("an object is larger than 32 MiB", from);
                self.back_off(
                    failure(FailureKind::TooLarge, Clean::new("an object is larger than 32 MiB")),
                    None,
                    now,
                );
                return Reaction::Leave;
            }
            Event::Error(status) if listing => {
                self.list_failed(Trouble::Status(status), now);
                return Reaction::Leave;
            }
            Event::Error(status) => {
                self.watch_failed(Trouble::Status(status), now);
                return Reaction::Leave;
            }
            Event::Change(_) | Event::Bookmark { .. } => {}
        }
        self.events += 1;
        self.garbled = 0;
        self.stream_errors = 0;
        match event {
            Event::Change(version) if !listing => self.advance(version, now, Reaction::Apply),
            Event::Change(_) => Reaction::Apply,
            Event::Bookmark { version, initial_end } if listing => {
                if !initial_end {
                    return Reaction::Nothing;
                }
                self.version = version.to_owned();
                self.complete(now);
                Reaction::Complete
            }
            Event::Bookmark { version, .. } => self.advance(version, now, Reaction::Nothing),
            Event::Error(_) | Event::Garbled(_) | Event::TooLarge => Reaction::Leave,
        }
    }

    /// A watch ended by itself. `in_a_line`: in the middle of one. `listing`: before its initial objects were complete.
    pub fn watch_ended(&mut self, in_a_line: bool, listing: bool, now: Duration) {
        if listing {
            return self.refuse_streaming();
        }
        let short = now.saturating_sub(self.opened_at) < TOO_SHORT && self.events == 0;
        if in_a_line {
            let message = Clean::new("the watch was cut in the middle of a line");
            self.back_off(failure(FailureKind::Unreachable, message), None, now);
        } else if short {
            let message = Clean::new("the server ends the watch at once");
            self.back_off(failure(FailureKind::ServerError, message), None, now);
        }
    }

    /// A watch could not be opened, or broke.
    pub fn watch_failed(&mut self, trouble: Trouble, now: Duration) {
        let status = match trouble {
            Trouble::Transport(failure) => return self.back_off(failure, None, now),
            Trouble::Garbled(what) | Trouble::TooLarge(what) => {
                return self.back_off(failure(FailureKind::Garbled, what), None, now);
            }
            Trouble::Status(status) => status,
        };
        match status.meaning() {
            Meaning::Expired => self.expired(&status, now),
            Meaning::VersionTooLarge => {
                self.relist("the server does not have that version yet", From::Newest);
                self.back_off(status.failure(), status.retry_after, now);
            }
            Meaning::Forbidden => self.poll("watching is forbidden", now),
            Meaning::NotAllowed => self.poll("the server cannot watch this", now),
            Meaning::NotFound if self.watch_not_found => self.poll("the server finds the list but not its watch", now),
            Meaning::NotFound => {
                self.watch_not_found = true;
                self.relist("the watch was not found", From::Newest);
            }
            Meaning::Invalid => {
                self.relist("the server refuses the version", From::Newest);
                self.back_off(status.failure(), None, now);
            }
            Meaning::Throttled | Meaning::Unauthenticated => self.back_off(status.failure(), status.retry_after, now),
            Meaning::Server => {
                self.stream_errors += 1;
                if self.stream_errors >= GARBLED_IN_A_ROW && status.in_stream {
                    self.stream_errors = 0;
                    self.relist("the watch ended in an error three times", From::Newest);
                }
                self.back_off(status.failure(), status.retry_after, now);
            }
        }
    }

    fn complete(&mut self, now: Duration) {
        self.complete = true;
        self.reason = None;
        // A list without a version (component statuses) has nothing to watch from.
        if self.unwatchable.is_none() && (self.version.is_empty() || self.version == "0") {
            self.unwatchable = Some(Clean::new("the server keeps no versions of this"));
        }
        if self.unwatchable.is_some() {
            self.place = Place::Polling;
            self.pause = Some(Pause {
                until: now + self.poll_every(),
                failure: None,
            });
        } else {
            self.place = Place::Watch;
        }
    }

    fn advance(&mut self, version: &str, now: Duration, then: Reaction) -> Reaction {
        if version.is_empty() {
            return then;
        }
        // Versions are opaque by contract and decimal in practice; only decimal ones are compared.
        if let (Ok(new), Ok(last)) = (version.parse::<u64>(), self.version.parse::<u64>())
            && new < last
        {
            let from = self.relist_from();
            self.relist("the server went back in time", from);
            let message = format!("the server went back in time (from version {last} to {new})");
            self.back_off(failure(FailureKind::Garbled, Clean::new(&message)), None, now);
            return Reaction::Leave;
        }
        version.clone_into(&mut self.version);
        then
    }

    fn relist_from(&self) -> From {
        match self.version.as_str() {
            "" | "0" => From::Any,
            version => From::NotOlderThan(version.to_owned()),
        }
    }

    fn relist(&mut self, reason: &str, from: From) {
        self.reason = Some(Clean::new(reason));
        self.place = Place::List {
            from,
            cursor: None,
            whole: false,
        };
    }

    /// 410 is no trouble but a reason to list again; twice within ten seconds it is.
    fn expired(&mut self, status: &Status, now: Duration) {
        let again = self
            .expired_at
            .is_some_and(|then| now.saturating_sub(then) < Duration::from_secs(10));
        self.expired_at = Some(now);
        self.relist("the version has expired", From::Newest);
        if again {
            self.back_off(status.failure(), status.retry_after, now);
        }
    }

    fn poll(&mut self, reason: &str, now: Duration) {
        self.unwatchable = Some(Clean::new(reason));
        self.refused = true;
        self.streams = false;
        self.place = Place::Polling;
        self.pause = Some(Pause {
            until: now + self.poll_every(),
            failure: None,
        });
    }

    fn back_off(&mut self, failure: Failure, retry_after: Option<Duration>, now: Duration) {
        let wait = self.backoff.fail(failure.kind, retry_after, now);
        self.pause = Some(Pause {
            until: now + wait,
            failure: Some(failure),
        });
    }
}

fn failure(kind: FailureKind, message: Clean) -> Failure {
    Failure {
        kind,
        message,
        remedy: None,
    }
}

#[cfg(test)]
mod tests;
