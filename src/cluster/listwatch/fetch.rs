//! One request and its body: builds the request, tells refusals from answers, inflates gzip as it arrives and hands the
//! body out in chunks. It never holds a body and never retries.

use super::status::Status;
use super::step::{Fetch, From, Trouble};
use crate::cluster::failure::failure;
use crate::msg::{Failure, FailureKind};
use crate::text::Clean;
use bytes::{Buf, Bytes};
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use kube::client::Body;
use std::fmt::Write;
use std::time::Duration;
use tokio::time::timeout;

/// How long the first byte of an answer may take.
pub const FIRST_BYTE: Duration = Duration::from_secs(60);
/// How long a body may stay without bytes.
pub const PROGRESS: Duration = Duration::from_secs(30);
/// The largest single document of discovery that is read.
pub const DOCUMENT_CAP: usize = 64 << 20;
/// How much of a refusal is read.
const REFUSAL_CAP: usize = 64 << 10;
/// Compressed bytes that are inflated at a time; they become at most a thousand times as many.
const INFLATE_STEP: usize = 4 << 10;
/// What a Table is asked for with: the newest form, the older one, and plain objects where a server prints none.
pub const ACCEPT_TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,\
    application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
/// What plain objects are asked for with.
pub const ACCEPT_JSON: &str = "application/json";

/// The collection that a list-watch reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// API group, empty for core.
    pub group: Clean,
    /// Version.
    pub version: Clean,
    /// Plural.
    pub resource: Clean,
    /// Namespace; None is all of them, or a cluster-scoped resource.
    pub namespace: Option<Clean>,
    /// Label selector, empty is none.
    pub labels: Clean,
    /// Field selector, empty is none.
    pub fields: Clean,
    /// Whether the server is to print (the Table API).
    pub table: bool,
}

impl Collection {
    /// Path and query of a request. `lasts`: how many seconds a watch is to last.
    pub fn path(&self, fetch: &Fetch, lasts: u32) -> String {
        let mut path = match self.group.is_empty() {
            true => "/api/".to_owned(),
            false => format!("/apis/{}/", encoded(self.group.as_str())),
        };
        path.push_str(&encoded(self.version.as_str()));
        if let Some(namespace) = &self.namespace {
            path.push_str("/namespaces/");
            path.push_str(&encoded(namespace.as_str()));
        }
        path.push('/');
        path.push_str(&encoded(self.resource.as_str()));
        if let Fetch::Get { name } = fetch {
            path.push('/');
            path.push_str(&encoded(name));
            return path;
        }
        let mut query = Query(path, '?');
        match fetch {
            Fetch::List { from, cursor, limit } => {
                if let Some(limit) = limit {
                    query.add("limit", &limit.to_string());
                }
                match (cursor, from) {
                    (Some(cursor), _) => query.add("continue", cursor),
                    (None, From::Any) => query.add("resourceVersion", "0"),
                    (None, From::NotOlderThan(version)) => {
                        query.add("resourceVersion", version);
                        query.add("resourceVersionMatch", "NotOlderThan");
                    }
                    (None, From::Newest) => {}
                }
            }
            Fetch::StreamingList { from } => {
                query.add("watch", "1");
                query.add("sendInitialEvents", "true");
                query.add("resourceVersionMatch", "NotOlderThan");
                match from {
                    From::Any => query.add("resourceVersion", "0"),
                    From::NotOlderThan(version) => query.add("resourceVersion", version),
                    From::Newest => {}
                }
            }
            Fetch::Get { .. } => {}
            Fetch::Watch { version } => {
                query.add("watch", "1");
                query.add("resourceVersion", version);
            }
        }
        if !matches!(fetch, Fetch::List { .. }) {
            query.add("allowWatchBookmarks", "true");
            query.add("timeoutSeconds", &lasts.to_string());
        }
        if !self.labels.is_empty() {
            query.add("labelSelector", self.labels.as_str());
        }
        if !self.fields.is_empty() {
            query.add("fieldSelector", self.fields.as_str());
        }
        if self.table {
            query.add("includeObject", "Metadata");
        }
        query.0
    }

    /// The `Accept` header.
    pub fn accept(&self) -> &'static str {
        if self.table { ACCEPT_TABLE } else { ACCEPT_JSON }
    }
}

struct Query(String, char);

impl Query {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push(self.1);
        self.1 = '&';
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&encoded(value));
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986).
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A GET request. `compressed`: whether the server may compress its answer.
///
/// # Errors
/// When the path is no path.
pub fn request(path: &str, accept: &str, compressed: bool) -> Result<Request<Body>, Trouble> {
    Request::get(path)
        .header(header::ACCEPT, accept)
        .header(header::ACCEPT_ENCODING, if compressed { "gzip" } else { "identity" })
        .body(Body::empty())
        .map_err(|error| Trouble::Garbled(Clean::new(&format!("the request cannot be made: {error}"))))
}

/// An answer that began well.
pub struct Answer {
    /// Its headers.
    pub headers: HeaderMap,
    /// HTTP code: a success, or 304.
    pub code: u16,
    body: Body,
    inflater: Option<MultiGzDecoder<Vec<u8>>>,
    input: Bytes,
    ended: bool,
}

/// Sends a request and waits for the head of its answer. A refusal is read and understood here.
///
/// # Errors
/// When the connection fails, the server refuses, or nothing comes within `FIRST_BYTE`.
pub async fn send(client: &kube::Client, request: Request<Body>, doing: &str) -> Result<Answer, Trouble> {
    match timeout(FIRST_BYTE, client.send(request)).await {
        Err(_) => Err(silent(doing, FIRST_BYTE)),
        Ok(Err(error)) => Err(Trouble::Transport(failure(doing, &error))),
        Ok(Ok(response)) => begun(response, doing).await,
    }
}

/// As [`send`], for an answer that may begin any time later: that of a container that has nothing to say yet.
///
/// # Errors
/// When the connection fails or the server refuses.
pub async fn send_and_wait(client: &kube::Client, request: Request<Body>, doing: &str) -> Result<Answer, Trouble> {
    match client.send(request).await {
        Err(error) => Err(Trouble::Transport(failure(doing, &error))),
        Ok(response) => begun(response, doing).await,
    }
}

async fn begun(response: http::Response<Body>, doing: &str) -> Result<Answer, Trouble> {
    let (head, body) = response.into_parts();
    let encoding = head.headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes());
    let inflater = match encoding {
        Some(b"gzip" | b"x-gzip") => Some(MultiGzDecoder::new(Vec::new())),
        _ => None,
    };
    let mut answer = Answer {
        code: head.status.as_u16(),
        headers: head.headers,
        body,
        inflater,
        input: Bytes::new(),
        ended: false,
    };
    if head.status.is_success() || answer.code == 304 {
        return Ok(answer);
    }
    let mut refusal = Vec::new();
    // What cannot be read of a refusal is not missed.
    let _ = timeout(Duration::from_secs(10), async {
        while let Ok(Some(chunk)) = answer.chunk(doing).await {
            refusal.extend_from_slice(&chunk[..chunk.len().min(REFUSAL_CAP - refusal.len())]);
            if refusal.len() == REFUSAL_CAP {
                break;
            }
        }
    })
    .await;
    let retry_after = answer
        .headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    Err(Trouble::Status(Status::from_answer(answer.code, retry_after, &refusal)))
}

impl Answer {
    /// The next bytes of the body, inflated; None at its end. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// When the connection breaks or the compression does.
    pub async fn chunk(&mut self, doing: &str) -> Result<Option<Bytes>, Trouble> {
        loop {
            if !self.input.is_empty() {
                let Some(inflater) = &mut self.inflater else {
                    return Ok(Some(std::mem::take(&mut self.input)));
                };
                let step = self.input.len().min(INFLATE_STEP);
                let written = std::io::Write::write_all(inflater, &self.input[..step])
                    .and_then(|()| std::io::Write::flush(inflater));
                self.input.advance(step);
                written.map_err(|error| bad_gzip(doing, &error))?;
                let inflated = std::mem::take(inflater.get_mut());
                if !inflated.is_empty() {
                    return Ok(Some(inflated.into()));
                }
                continue;
            }
            if self.ended {
                return Ok(None);
            }
            match self.body.frame().await {
                Some(Ok(frame)) => self.input = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Err(Trouble::Transport(failure(doing, &error))),
                None => {
                    self.ended = true;
                    if let Some(mut inflater) = self.inflater.take() {
                        inflater.try_finish().map_err(|error| bad_gzip(doing, &error))?;
                        let inflated = std::mem::take(inflater.get_mut());
                        if !inflated.is_empty() {
                            return Ok(Some(inflated.into()));
                        }
                    }
                }
            }
        }
    }

    /// The whole body, for the small documents of discovery.
    ///
    /// # Errors
    /// When it is longer than `cap` bytes, breaks, or stays silent for `PROGRESS`.
    pub async fn whole(mut self, cap: usize, doing: &str) -> Result<Vec<u8>, Trouble> {
        let mut whole = Vec::new();
        loop {
            match timeout(PROGRESS, self.chunk(doing)).await {
                Err(_) => return Err(silent(doing, PROGRESS)),
                Ok(Err(trouble)) => return Err(trouble),
                Ok(Ok(None)) => return Ok(whole),
                Ok(Ok(Some(chunk))) if whole.len() + chunk.len() > cap => {
                    let message = format!("{doing}: the answer is larger than {} MiB", cap >> 20);
                    return Err(Trouble::TooLarge(Clean::new(&message)));
                }
                Ok(Ok(Some(chunk))) => whole.extend_from_slice(&chunk),
            }
        }
    }
}

/// What it means when nothing comes.
pub fn silent(doing: &str, waited: Duration) -> Trouble {
    Trouble::Transport(Failure {
        kind: FailureKind::Unreachable,
        message: Clean::new(&format!("{doing}: nothing came for {} s", waited.as_secs())),
        remedy: None,
    })
}

fn bad_gzip(doing: &str, error: &std::io::Error) -> Trouble {
    Trouble::Garbled(Clean::new(&format!(
        "{doing}: the compressed answer is broken: {error}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods(namespace: Option<&str>) -> Collection {
        Collection {
            group: Clean::default(),
            version: Clean::new("v1"),
            resource: Clean::new("pods"),
            namespace: namespace.map(Clean::new),
            labels: Clean::default(),
            fields: Clean::default(),
            table: false,
        }
    }

    #[test]
    fn paths() {
        let list = |from, cursor: Option<&str>, limit| Fetch::List {
            from,
            cursor: cursor.map(str::to_owned),
            limit,
        };
        let newer = From::NotOlderThan("7".to_owned());
        for (collection, fetch, path) in [
            (
                pods(None),
                list(From::Any, None, Some(500)),
                "/api/v1/pods?limit=500&resourceVersion=0",
            ),
            (
                pods(Some("shop")),
                list(newer.clone(), None, None),
                "/api/v1/namespaces/shop/pods?resourceVersion=7&resourceVersionMatch=NotOlderThan",
            ),
            (
                pods(None),
                list(From::Newest, None, Some(500)),
                "/api/v1/pods?limit=500",
            ),
            (pods(None), list(From::Newest, None, None), "/api/v1/pods"),
            (
                pods(None),
                list(From::Any, Some("a=+/"), Some(500)),
                "/api/v1/pods?limit=500&continue=a%3D%2B%2F",
            ),
            (
                Collection {
                    fields: Clean::new("metadata.name=a/b"),
                    ..pods(Some("shop"))
                },
                Fetch::Get { name: "a/b".to_owned() },
                "/api/v1/namespaces/shop/pods/a%2Fb",
            ),
            (
                pods(None),
                Fetch::Watch {
                    version: "9".to_owned(),
                },
                "/api/v1/pods?watch=1&resourceVersion=9&allowWatchBookmarks=true&timeoutSeconds=300",
            ),
            (
                pods(None),
                Fetch::StreamingList { from: From::Any },
                "/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=300",
            ),
            (
                Collection {
                    group: Clean::new("apps"),
                    labels: Clean::new("app in (a,b)"),
                    fields: Clean::new("metadata.name=x"),
                    table: true,
                    ..pods(None)
                },
                list(From::Newest, None, None),
                "/apis/apps/v1/pods?labelSelector=app%20in%20%28a%2Cb%29&fieldSelector=metadata.name%3Dx&includeObject=Metadata",
            ),
        ] {
            assert_eq!(collection.path(&fetch, 300), path);
        }
    }
}
