//! The schema of a kind, as the server publishes it: OpenAPI v3, one document a group version, or the single large v2
//! document where that is all there is (before 1.24). Of a document only the definitions that the kind reaches are kept.
//! It refuses to hold a whole document longer than it takes to pick those, and to read one over the cap.

mod pick;

use super::connection::{Connection, Line};
use super::listwatch::fetch::{ACCEPT_JSON, DOCUMENT_CAP, encoded, request, send};
use super::listwatch::step::Trouble;
use crate::msg::{Failure, FailureKind, Generation, Msg, Schema};
use crate::text::Clean;
use crate::want::SchemaWant;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

const DOING: &str = "asking for the schema";

/// How long a server that could not be reached is left alone before it is asked again.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// A schema that is being fetched. Dropping it gives up.
#[derive(Debug)]
pub struct SchemaHandle(JoinHandle<()>);

impl Drop for SchemaHandle {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Fetches a schema and says it once; a server that cannot be reached is asked again until it answers. Needs a tokio
/// runtime.
pub fn start(want: SchemaWant, generation: Generation, mut line: Line, outbox: mpsc::Sender<Msg>) -> SchemaHandle {
    SchemaHandle(tokio::spawn(async move {
        loop {
            let connection = line.borrow_and_update().clone();
            let Some(connection) = connection else {
                if line.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let answer = fetch(&connection, &want).await;
            let again = matches!(&answer, Err(failure) if failure.kind == FailureKind::Unreachable);
            if outbox
                .send(Msg::Schema(Box::new(want.clone()), generation, answer))
                .await
                .is_err()
                || !again
            {
                return;
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }))
}

/// Fetches a schema: v3 where the server has it and knows the kind there, else v2.
///
/// # Errors
/// Says what the server answered, or that it publishes nothing about this kind.
pub async fn fetch(connection: &Connection, want: &SchemaWant) -> Result<Arc<Schema>, Failure> {
    let mut unknown = None;
    for source in ["v3", "v2"] {
        let path = match (source, want.group.is_empty()) {
            ("v2", _) => "/openapi/v2".to_owned(),
            (_, true) => format!("/openapi/v3/api/{}", encoded(want.version.as_str())),
            (_, false) => {
                format!(
                    "/openapi/v3/apis/{}/{}",
                    encoded(want.group.as_str()),
                    encoded(want.version.as_str())
                )
            }
        };
        match document(connection, &path).await {
            Ok(body) => {
                let want = want.clone();
                // Megabytes are read away from the threads that serve sockets.
                let picked = tokio::task::spawn_blocking(move || pick::pick(&body, &want, source)).await;
                match picked {
                    Ok(Ok(Some(schema))) => return Ok(Arc::new(schema)),
                    Ok(Ok(None)) => {}
                    Ok(Err(error)) => unknown = Some(garbled(&error)),
                    Err(_) => unknown = Some(garbled("it was given up")),
                }
            }
            Err(trouble) => {
                let failure = failure(trouble);
                if failure.kind == FailureKind::Unreachable {
                    return Err(failure);
                }
                if failure.kind != FailureKind::NotFound {
                    unknown = Some(failure);
                }
            }
        }
    }
    Err(unknown.unwrap_or_else(|| Failure {
        kind: FailureKind::NotFound,
        message: Clean::new(&format!("the server publishes no schema of {}", want.kind)),
        remedy: None,
    }))
}

async fn document(connection: &Connection, path: &str) -> Result<Vec<u8>, Trouble> {
    let request = request(path, ACCEPT_JSON, connection.wants_gzip())?;
    send(connection.shared(), request, DOING)
        .await?
        .whole(DOCUMENT_CAP, DOING)
        .await
}

fn garbled(error: &str) -> Failure {
    Failure {
        kind: FailureKind::Garbled,
        message: Clean::new(&format!("the schema could not be read: {error}")),
        remedy: None,
    }
}

fn failure(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Status(status) => status.failure(),
        Trouble::Transport(failure) => failure,
        Trouble::Garbled(what) => garbled(what.as_str()),
        Trouble::TooLarge(what) => garbled(what.as_str()),
    }
}

#[cfg(test)]
mod tests;
