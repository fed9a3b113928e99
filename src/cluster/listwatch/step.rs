//! What the protocol is told and what it answers: requests, steps, troubles and events as data.

use super::status::Status;
use crate::msg::Failure;
use crate::text::Clean;
use std::time::Duration;

/// Objects a page when the server pages.
pub const PAGE: u32 = 500;
/// How often a list that cannot be watched is read again.
pub const POLL_EVERY: Duration = Duration::from_secs(10);
/// How often one object is read again that can only be got.
pub const GET_EVERY: Duration = Duration::from_secs(5);
/// How long a streaming list may be silent before the paged list is used instead.
pub const STREAM_SILENCE: Duration = Duration::from_secs(10);

/// Which state of the data a list asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Whatever is at hand (`resourceVersion=0`).
    Any,
    /// At least this version.
    NotOlderThan(String),
    /// The newest (`resourceVersion` unset).
    Newest,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// A list or a page of it.
    List {
        /// Which state of the data; not sent along with a cursor.
        from: From,
        /// The `continue` token of the page before.
        cursor: Option<String>,
        /// Objects a page; None asks for all at once.
        limit: Option<u32>,
    },
    /// A watch that sends all objects first, and goes on as a watch.
    StreamingList {
        /// Which state of the data.
        from: From,
    },
    /// The one object that the list names, where it may be got but not listed.
    Get {
        /// Its name.
        name: String,
    },
    /// A watch.
    Watch {
        /// From which version on.
        version: String,
    },
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this.
    Fetch(Fetch),
    /// Wait after a failure, then ask again.
    Backoff {
        /// Why.
        failure: Failure,
        /// How long.
        wait: Duration,
        /// Failures in a row.
        attempt: u32,
    },
    /// Wait for the next poll.
    Poll {
        /// Why there is no watch.
        reason: Clean,
        /// How long.
        wait: Duration,
        /// How long it is from one poll to the next.
        every: Duration,
    },
    /// Nothing until the user tries again.
    Stop(Failure),
}

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server answered with an error, as the HTTP answer or inside the stream.
    Status(Status),
    /// The connection failed, was cut or stayed silent.
    Transport(Failure),
    /// The answer makes no sense.
    Garbled(Clean),
    /// The answer is over a cap of ours.
    TooLarge(Clean),
}

/// What the end of a list body said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListEnd {
    /// The version of the list; empty when the server keeps none.
    pub version: String,
    /// The next page, if there is one.
    pub cursor: Option<String>,
}

/// What a watch event is, as far as the protocol cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// An object changed; its version.
    Change(&'a str),
    /// A bookmark.
    Bookmark {
        /// Everything up to this version has been sent.
        version: &'a str,
        /// The initial objects of a streaming list are complete.
        initial_end: bool,
    },
    /// The server says that it cannot go on.
    Error(Status),
    /// A line that is no event.
    Garbled(&'a str),
    /// A line over the cap.
    TooLarge,
}

/// What to do about a watch event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Apply it.
    Apply,
    /// Nothing to apply.
    Nothing,
    /// The list is complete.
    Complete,
    /// Drop this stream without applying the event, and ask for the next step.
    Leave,
}
