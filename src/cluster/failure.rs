//! Turns whatever goes wrong on the way to a cluster into words for a person. It never repeats a secret: plugin output
//! and headers are not among what it is given.

use crate::msg::{Failure, FailureKind};
use crate::text::Clean;
use std::error::Error;
use std::time::Duration;

/// What went wrong while `doing` something (a gerund: `listing pods`), from any error of the HTTP stack.
pub fn failure(doing: &str, error: &(dyn Error + 'static)) -> Failure {
    Failure { kind: FailureKind::Unreachable, message: Clean::new(&format!("{doing}: {error}")), remedy: None }
}

/// What an answer that is not a success means: HTTP status, the beginning of its body (a Kubernetes Status, or a page of
/// something else), and what `Retry-After` said.
pub fn status_failure(code: u16, body: &[u8], retry_after: Option<Duration>) -> Failure {
    let _ = (body, retry_after);
    Failure { kind: FailureKind::ServerError, message: Clean::new(&format!("the server answered {code}")), remedy: None }
}
