//! Says when a kubeconfig file has changed on disk. Looking is cheap and works on every file system, so it looks.

use crate::msg::{ContextsEvent, Msg};
use crate::text::Clean;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::Sender;

/// What tells one state of a file from another. None when it is not there.
pub type Fingerprint = Option<(SystemTime, u64)>;

/// The state of a file now.
pub fn fingerprint(file: &Path) -> Fingerprint {
    let found = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    Some((found.modified().unwrap_or(SystemTime::UNIX_EPOCH), found.len()))
}

/// Announces each change of `files`, once, until the receiver is gone. Looks every `every`.
pub async fn watch(files: Vec<PathBuf>, every: Duration, outbox: Sender<Msg>) {
    let looked = |files: Vec<PathBuf>| async {
        tokio::task::spawn_blocking(move || {
            files
                .into_iter()
                .map(|file| (fingerprint(&file), file))
                .collect::<Vec<_>>()
        })
        .await
        .ok()
    };
    let Some(mut last) = looked(files.clone()).await else {
        return;
    };
    while !outbox.is_closed() {
        tokio::time::sleep(every).await;
        let Some(now) = looked(files.clone()).await else { return };
        for ((before, file), (after, _)) in last.iter().zip(&now) {
            if before != after {
                let file = Clean::new(&file.display().to_string());
                if outbox
                    .send(Msg::Contexts(ContextsEvent::Changed { file }))
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
        last = now;
    }
}
