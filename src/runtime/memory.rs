//! Remembering: changes wait for a quiet second, then go to the state file on a thread that may block.

use crate::config::{Change, LastView, state_file};
use crate::effect::Memory;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// How long nothing must be said before it is written.
const QUIET: Duration = Duration::from_secs(1);

/// So many changes may wait; then the oldest are forgotten.
const WAITING: usize = 1_000;

/// How long the end of the program waits for the last changes to be written.
const LAST_WAIT: Duration = Duration::from_millis(50);

/// Under this name lies what was typed before any context was open.
pub(super) const NO_CONTEXT: &str = "-";

/// Keeps what is to be remembered until it is written.
#[derive(Debug)]
pub struct Rememberer {
    waiting: Arc<Mutex<Vec<Change>>>,
    more: Arc<Notify>,
    file: Option<PathBuf>,
    task: Option<AbortHandle>,
    /// The context whose view was remembered last: lines belong to it.
    context: String,
}

impl Rememberer {
    /// Remembers in this file; without one, not at all. Needs a tokio runtime.
    pub fn start(file: Option<PathBuf>) -> Rememberer {
        let waiting: Arc<Mutex<Vec<Change>>> = Arc::default();
        let more = Arc::new(Notify::new());
        let task = file.clone().map(|file| {
            let (waiting, more) = (waiting.clone(), more.clone());
            let keep = async move {
                loop {
                    more.notified().await;
                    while tokio::time::timeout(QUIET, more.notified()).await.is_ok() {}
                    let (waiting, file) = (waiting.clone(), file.clone());
                    // Nobody waits for it; what cannot be written is not worth a word in the middle of work.
                    let _ = tokio::task::spawn_blocking(move || write(&waiting, &file)).await;
                }
            };
            tokio::spawn(keep).abort_handle()
        });
        Rememberer {
            waiting,
            more,
            file,
            task,
            context: NO_CONTEXT.into(),
        }
    }

    /// Remembers this, soon.
    pub fn remember(&mut self, memory: Memory) {
        if let Memory::View { context, .. } = &memory {
            self.context.clone_from(context);
        }
        let Some(change) = change(memory, &self.context) else {
            return;
        };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING {
            waiting.remove(0);
        }
        waiting.push(change);
        self.more.notify_one();
    }

    /// Writes what waits, unless that takes long. For the end of the program.
    pub fn finish(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        let Some(file) = self.file.take() else { return };
        if self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        let (done, ended) = std::sync::mpsc::channel::<()>();
        let waiting = self.waiting.clone();
        let spawned = std::thread::Builder::new().name("memory".into()).spawn(move || {
            write(&waiting, &file);
            drop(done);
        });
        if spawned.is_ok() {
            let _ = ended.recv_timeout(LAST_WAIT);
        }
    }
}

fn write(waiting: &Mutex<Vec<Change>>, file: &std::path::Path) {
    let changes = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
    if !changes.is_empty() {
        let _ = state_file::record(file, &changes);
    }
}

/// The change of the state that remembers this.
fn change(memory: Memory, context: &str) -> Option<Change> {
    let context = context.to_owned();
    Some(match memory {
        Memory::View {
            context,
            resource,
            namespaces,
        } => Change::LastView {
            context,
            view: LastView {
                kind: resource,
                namespaces,
            },
        },
        Memory::Namespace { context, namespace } => Change::TypedNamespace { context, namespace },
        Memory::Line {
            prompt: "palette",
            text,
        } => Change::PaletteEntry { context, text },
        Memory::Line { prompt: "filter", text } => Change::Filter { context, text },
        Memory::Line { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(context: &str, resource: &str) -> Memory {
        Memory::View {
            context: context.into(),
            resource: resource.into(),
            namespaces: vec!["shop".into()],
        }
    }

    fn line(prompt: &'static str, text: &str) -> Memory {
        Memory::Line {
            prompt,
            text: text.into(),
        }
    }

    #[tokio::test]
    async fn what_waits_is_written_at_the_end() {
        let folder = std::env::temp_dir().join(format!("portolan-memory-{}", std::process::id()));
        let file = folder.join("state.json");
        let mut rememberer = Rememberer::start(Some(file.clone()));
        rememberer.remember(view("eu", "pods"));
        rememberer.remember(line("filter", "crash"));
        rememberer.remember(line("palette", "deploy"));
        rememberer.finish();
        let (state, warnings) = state_file::load(&file);
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(warnings.is_empty());
        let context = state.context("eu").unwrap();
        assert_eq!(context.last_view.as_ref().unwrap().kind, "pods");
        assert_eq!(
            (&context.filters[..], &context.palette[..]),
            (&["crash".to_owned()][..], &["deploy".to_owned()][..])
        );
    }

    #[test]
    fn lines_belong_to_the_context_in_view() {
        assert!(matches!(change(line("filter", "x"), "eu"), Some(Change::Filter { context, .. }) if context == "eu"));
        assert!(change(line("selector", "x"), "eu").is_none());
    }
}
