//! Effects: one-shot acts that `update` asks for. Each has a ticket and ends in exactly one `Msg::Done`
//! (those marked "no answer" excepted).

use crate::msg::Ticket;
use crate::text::Clean;
use crate::want::{ClusterId, ListWant, LogWant};
use std::path::PathBuf;
use std::sync::Arc;

/// Something to be done once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Try a cluster again now, reading its user entry from disk again. No answer but cluster events.
    Reconnect(ClusterId),
    /// Try a list again now (out of backoff, or after 403 and 404). No answer but table events.
    Retry(ListWant),
    /// The user's word on a credential plugin that asked: run it (and remember the consent), or not. No answer.
    AllowPlugin(ClusterId, bool),
    /// Give the terminal to the credential plugin that asked for it. Answered by `Msg::Resumed`.
    RunPluginInTerminal(ClusterId),
    /// Stop a credential plugin or a connection attempt. No answer.
    CancelConnect(ClusterId),
    /// Put this on the clipboard, raw as it is.
    Copy {
        /// Answer to.
        ticket: Ticket,
        /// What to copy.
        text: String,
        /// What to call it in the answer (`name`, `row`, `table`).
        what: Clean,
    },
    /// Write a file of the user's (mode 0600, never over an existing one without `overwrite`).
    WriteFile {
        /// Answer to.
        ticket: Ticket,
        /// Where; relative to the working directory, `~` is expanded.
        path: PathBuf,
        /// What, in pieces that are written one after the other; raw bytes.
        content: Vec<Arc<[u8]>>,
        /// Whether an existing file may be replaced.
        overwrite: bool,
    },
    /// Give the terminal to `$PAGER` (or `less`) with this text. Answered by `Msg::Resumed`, and by a failure if it cannot run.
    Page {
        /// Answer to.
        ticket: Ticket,
        /// What to read, in pieces; clean text, since a pager is a terminal program.
        content: Vec<Arc<[u8]>>,
    },
    /// Try a log again now. No answer but log events.
    RetryLog(LogWant),
    /// Remember in the state file. No answer.
    Remember(Memory),
    /// Read the kubeconfig again. Answered by `Msg::Contexts`.
    ReloadContexts,
    /// Clear the terminal and draw everything anew. No answer.
    Redraw,
    /// Stop this process as Ctrl-Z does; answered by `Msg::Resumed`.
    Suspend,
    /// End the program.
    Quit,
}

/// What the state file remembers, a piece at a time. Contexts are named, not numbered: they outlive the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Memory {
    /// The last view of a context: resource as typed in the palette, and namespaces (empty is all).
    View {
        /// Context name.
        context: String,
        /// `pods`, `websites.example.dev`
        resource: String,
        /// Namespaces; empty means all.
        namespaces: Vec<String>,
    },
    /// A namespace that was typed because it may not be listed.
    Namespace {
        /// Context name.
        context: String,
        /// Namespace.
        namespace: String,
    },
    /// A line typed into a prompt (palette, filter).
    Line {
        /// Which prompt: `palette`, `filter`, `selector`.
        prompt: &'static str,
        /// What was typed.
        text: String,
    },
}
