//! The smallest request there is, and what its answer tells: that the server is there, its version, and its clock.

use crate::cluster::connection::Connection;
use crate::cluster::failure::{failed, failure, is_page, status_failure};
use crate::msg::{Failure, FailureKind, ServerInfo};
use crate::text::Clean;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A small request that was answered.
pub(super) struct Probed {
    pub(super) took: Duration,
    pub(super) server: ServerInfo,
    pub(super) offset: Option<i64>,
}

/// Asks for the version: the smallest thing that every server answers.
pub(super) async fn probe(connection: &Connection, doing: &str, clock: fn() -> SystemTime) -> Result<Probed, Failure> {
    let request = Request::get("/version")
        .header(header::ACCEPT, "application/json")
        .body(Body::empty());
    let request = request.map_err(|error| failure(doing, &error))?;
    let begun = Instant::now();
    let answer = connection
        .shared()
        .send(request)
        .await
        .map_err(|error| failure(doing, &error))?;
    let took = begun.elapsed();
    let (parts, body) = answer.into_parts();
    let offset = offset(&parts.headers, clock(), took);
    let body = Limited::new(body, 64 * 1024)
        .collect()
        .await
        .map_err(|error| failure(doing, error.as_ref()))?
        .to_bytes();
    let within = |told: Failure| {
        let message = Clean::new(&format!("{doing}: {}", told.message.as_str()));
        Failure { message, ..told }
    };
    let version = match parts.status.as_u16() {
        200 => version(&body).map_err(within)?,
        // It is there and knows us; it only does not tell.
        403 => Clean::new("unknown"),
        code => return Err(within(status_failure(code, &body, retry_after(&parts.headers)))),
    };
    let server = ServerInfo {
        version,
        address: Clean::new(connection.address()),
        http2: parts.version == http::Version::HTTP_2,
    };
    Ok(Probed { took, server, offset })
}

fn version(body: &[u8]) -> Result<Clean, Failure> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        git_version: String,
    }
    match serde_json::from_slice::<Version>(body) {
        Ok(version) => Ok(Clean::new(&version.git_version)),
        Err(_) if is_page(body) => Err(status_failure(200, body, None)),
        Err(_) => Err(failed(
            FailureKind::Garbled,
            "what answers does not tell a Kubernetes version: this is not a Kubernetes API",
            "Check the server address and the proxy.",
        )),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_secs)
}

/// The server's clock minus ours in seconds, taken in the middle of the round trip.
fn offset(headers: &HeaderMap, now: SystemTime, took: Duration) -> Option<i64> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    let server = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second();
    let ours = now
        .checked_sub(took / 2)?
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?
        .as_secs();
    Some(server - i64::try_from(ours).ok()?)
}
