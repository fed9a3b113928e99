//! From a reply to the bytes of an answer: headers, compression, and what faults do to the body.

use super::{Body, JSON, Reply};
use crate::demo::Inner;
use crate::demo::clock::http_date;
use crate::demo::faults::Fault;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use std::io;
use std::time::Duration;

/// Answers at least this long are compressed when the client asks, as on a real server.
const COMPRESS_FROM: usize = 128 * 1024;

/// Turns a reply into HTTP: headers, compression, and what faults do to the body.
pub(super) fn finish(inner: &Inner, reply: Reply, headers: &HeaderMap, faults: &[Fault]) -> Response<Body> {
    let gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.contains("gzip"));
    let (code, kind, encoded, mut body): (_, _, _, Body) = match reply {
        Reply::Whole(code, kind, bytes) if gzip && bytes.len() >= COMPRESS_FROM => {
            (code, kind, true, pieces(compressed(std::iter::once(bytes))))
        }
        Reply::Whole(code, kind, bytes) => (
            code,
            kind,
            false,
            Full::new(bytes).map_err(|e| match e {}).boxed_unsync(),
        ),
        Reply::Pieces(mut iterator) => {
            // The first pieces tell whether the answer is long enough to compress.
            let (mut head, mut length) = (Vec::new(), 0);
            while gzip && length < COMPRESS_FROM {
                let Some(piece) = iterator.next() else { break };
                length += piece.len();
                head.push(piece);
            }
            let all = head.into_iter().chain(iterator);
            match length >= COMPRESS_FROM {
                true => (StatusCode::OK, JSON, true, pieces(compressed(all))),
                false => (StatusCode::OK, JSON, false, pieces(all)),
            }
        }
        Reply::Watch(chunks) => (
            StatusCode::OK,
            JSON,
            false,
            StreamBody::new(chunks.map(|r| r.map(Frame::data))).boxed_unsync(),
        ),
        Reply::Text(chunks) => (
            StatusCode::OK,
            "text/plain",
            false,
            StreamBody::new(chunks.map(|r| r.map(Frame::data))).boxed_unsync(),
        ),
    };
    for fault in faults {
        body = match fault {
            Fault::CutAfter { bytes } => limited(body, *bytes, true),
            Fault::StallAfter { bytes } => limited(body, *bytes, false),
            Fault::SlowBody { bytes_per_second } => slowed(body, *bytes_per_second),
            _ => body,
        };
    }
    let mut response = Response::new(body);
    *response.status_mut() = code;
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    out.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-cache, private"),
    );
    out.insert(
        "audit-id",
        header::HeaderValue::from_static("8f2d3c1a-5b6e-4f70-9a81-0d1c2b3a4e5f"),
    );
    if let Ok(date) = http_date(inner.clock.now()).parse() {
        out.insert(header::DATE, date);
    }
    if encoded {
        out.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("gzip"));
        out.insert(header::VARY, header::HeaderValue::from_static("Accept-Encoding"));
    }
    response
}

fn pieces(iterator: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    StreamBody::new(stream::iter(iterator.map(|b| Ok(Frame::data(b))))).boxed_unsync()
}

/// Compresses piece by piece, at the speed a server does it.
fn compressed(iterator: impl Iterator<Item = Bytes> + Send + 'static) -> impl Iterator<Item = Bytes> + Send + 'static {
    use std::io::Write as _;
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(1));
    let (mut encoder, mut iterator) = (Some(encoder), iterator);
    std::iter::from_fn(move || {
        loop {
            let Some(piece) = iterator.next() else {
                return encoder.take()?.finish().ok().map(Bytes::from);
            };
            let encoder = encoder.as_mut()?;
            // Writing into memory cannot fail.
            if encoder.write_all(&piece).is_err() {
                return None;
            }
            if encoder.get_ref().len() >= 16 * 1024 {
                return Some(Bytes::from(std::mem::take(encoder.get_mut())));
            }
        }
    })
}

/// Lets only so many bytes through; then the stream breaks or stands still.
fn limited(body: Body, bytes: u64, cut: bool) -> Body {
    let state = (body, bytes);
    let chunks = stream::unfold(Some(state), move |state| async move {
        let (mut body, left) = state?;
        if left == 0 {
            if cut {
                // What was let through leaves the buffers first.
                tokio::time::sleep(Duration::from_millis(20)).await;
                return Some((Err(io::Error::other("cut by a fault")), None));
            }
            std::future::pending::<()>().await;
        }
        let frame = body.frame().await?;
        let Ok(data) = frame.map(|f| f.into_data().unwrap_or_default()) else {
            return None;
        };
        let take = data.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        Some((Ok(Frame::data(data.slice(..take))), Some((body, left - take as u64))))
    });
    StreamBody::new(chunks).boxed_unsync()
}

fn slowed(body: Body, bytes_per_second: u64) -> Body {
    let portion = usize::try_from(bytes_per_second.max(10) / 10).unwrap_or(1).max(1);
    let chunks = stream::unfold((body, Bytes::new()), move |(mut body, mut rest)| async move {
        while rest.is_empty() {
            rest = body.frame().await?.ok()?.into_data().ok()?;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = rest.split_to(portion.min(rest.len()));
        Some((Ok(Frame::data(now)), (body, rest)))
    });
    StreamBody::new(chunks).boxed_unsync()
}
