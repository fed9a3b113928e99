//! What is remembered between runs: pure data, its changes, and its text. The files are in [`super::state_file`].
//!
//! Only names are kept: views, namespaces, what was typed into palette and filter. Never a value from a cluster.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The form of the text; a program that meets a higher number does not read it.
const VERSION: u32 = 1;

/// At most this many entries in a history, and namespaces in a context.
const LONGEST_LIST: usize = 100;

/// At most this many contexts; the one changed longest ago is forgotten first.
const MOST_CONTEXTS: usize = 200;

/// Longer entries are not remembered. Bytes.
const LONGEST_ENTRY: usize = 1024;

/// What is remembered, context by context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    #[serde(default)]
    contexts: BTreeMap<String, ContextState>,
}

/// What is remembered of one context.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContextState {
    /// The view that was left last.
    pub last_view: Option<LastView>,
    /// Namespaces that the user typed: they may not be listed, so they are known from here alone. The latest first.
    pub typed_namespaces: Vec<String>,
    /// What was run in the palette, the latest first.
    pub palette: Vec<String>,
    /// What was typed as a filter, the latest first.
    pub filters: Vec<String>,
    /// Grows with every change, over all contexts: the order in which contexts are forgotten.
    order: u64,
}

/// A view to come back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastView {
    /// The kinds as the user would type them, such as `pods` or `deployments.apps`.
    pub kind: String,
    /// The namespaces shown; none means all of them.
    #[serde(default)]
    pub namespaces: Vec<String>,
}

/// One thing to remember or forget. Changes are kept by the program and applied to whatever the file holds when it is written,
/// so that several instances do not undo each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The view that is open now.
    LastView {
        /// The context's name.
        context: String,
        /// The view.
        view: LastView,
    },
    /// A namespace that the user typed.
    TypedNamespace {
        /// The context's name.
        context: String,
        /// The namespace's name.
        namespace: String,
    },
    /// A typed namespace that the user no longer wants offered.
    ForgottenNamespace {
        /// The context's name.
        context: String,
        /// The namespace's name.
        namespace: String,
    },
    /// Something run in the palette.
    PaletteEntry {
        /// The context's name.
        context: String,
        /// The text.
        text: String,
    },
    /// Something typed as a filter.
    Filter {
        /// The context's name.
        context: String,
        /// The text.
        text: String,
    },
}

/// Why a text is not a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateError {
    /// It was written by a newer program, in this version of the form.
    Newer(u32),
    /// It is damaged.
    Corrupt(String),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::Newer(version) => write!(f, "it was written by a newer Portolan (form {version})"),
            StateError::Corrupt(reason) => write!(f, "it is damaged ({reason})"),
        }
    }
}

impl Default for State {
    fn default() -> State {
        State {
            version: VERSION,
            contexts: BTreeMap::new(),
        }
    }
}

impl Change {
    fn context(&self) -> &str {
        match self {
            Change::LastView { context, .. }
            | Change::TypedNamespace { context, .. }
            | Change::ForgottenNamespace { context, .. }
            | Change::PaletteEntry { context, .. }
            | Change::Filter { context, .. } => context,
        }
    }
}

impl State {
    /// What is remembered of a context.
    pub fn context(&self, name: &str) -> Option<&ContextState> {
        self.contexts.get(name)
    }

    /// Applies one change; the latest wins, key by key. What is too long or empty is not remembered.
    pub fn apply(&mut self, change: &Change) {
        let name = change.context();
        if !fits(name) {
            return;
        }
        let order = self
            .contexts
            .values()
            .map(|context| context.order)
            .max()
            .unwrap_or(0)
            .saturating_add(1);
        let context = self.contexts.entry(name.to_owned()).or_default();
        context.order = order;
        match change {
            Change::LastView { view, .. } => {
                if fits(&view.kind) && view.namespaces.len() <= LONGEST_LIST && view.namespaces.iter().all(|n| fits(n))
                {
                    context.last_view = Some(view.clone());
                }
            }
            Change::TypedNamespace { namespace, .. } => remember(&mut context.typed_namespaces, namespace),
            Change::ForgottenNamespace { namespace, .. } => context.typed_namespaces.retain(|known| known != namespace),
            Change::PaletteEntry { text, .. } => remember(&mut context.palette, text),
            Change::Filter { text, .. } => remember(&mut context.filters, text),
        }
        self.trim();
    }

    /// Reads what [`State::to_text`] wrote.
    ///
    /// # Errors
    /// When the text is damaged or was written by a newer program.
    pub fn from_text(text: &str) -> Result<State, StateError> {
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        let corrupt = |error: serde_json::Error| StateError::Corrupt(error.to_string());
        let form: Form = serde_json::from_str(text).map_err(corrupt)?;
        if form.version > VERSION {
            return Err(StateError::Newer(form.version));
        }
        let mut state: State = serde_json::from_str(text).map_err(corrupt)?;
        state.version = VERSION;
        state.trim();
        Ok(state)
    }

    /// The text of the state: JSON, ending in a newline.
    pub fn to_text(&self) -> String {
        // Maps with text keys and plain data always serialise.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Brings everything within its bounds, whoever wrote it.
    fn trim(&mut self) {
        self.contexts.retain(|name, _| fits(name));
        for context in self.contexts.values_mut() {
            for list in [
                &mut context.typed_namespaces,
                &mut context.palette,
                &mut context.filters,
            ] {
                list.retain(|entry| fits(entry));
                list.truncate(LONGEST_LIST);
            }
        }
        while self.contexts.len() > MOST_CONTEXTS {
            let oldest = self
                .contexts
                .iter()
                .min_by_key(|(_, context)| context.order)
                .map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { break };
            self.contexts.remove(&oldest);
        }
    }
}

/// Whether a text is worth remembering and short enough.
fn fits(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_ENTRY
}

/// Puts an entry at the front of a history, once.
fn remember(list: &mut Vec<String>, entry: &str) {
    if fits(entry) {
        list.retain(|known| known != entry);
        list.insert(0, entry.to_owned());
        list.truncate(LONGEST_LIST);
    }
}
