//! The server's own words about a failure: a `Status` object, as an HTTP answer or inside a watch, and what it means for
//! what happens next. It refuses to guess from message texts where a code or reason says it.

use crate::msg::{Failure, FailureKind};
use crate::text::Clean;
use serde::Deserialize;
use std::time::Duration;

/// What a server said when it refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// HTTP code, of the answer or inside the object.
    pub code: u16,
    /// `Expired`, `Forbidden`, …; empty when the answer was no Status.
    pub reason: String,
    /// For a person.
    pub message: Clean,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// It came inside a stream that had begun well.
    pub in_stream: bool,
    causes: Vec<String>,
}

/// What a status means for a list-watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The version or the continue token is too old.
    Expired,
    /// The server does not have that version yet.
    VersionTooLarge,
    /// It asks to wait.
    Throttled,
    /// 401
    Unauthenticated,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 405, 406
    NotAllowed,
    /// 400, 422 and other refusals of the request itself.
    Invalid,
    /// 5xx and everything else.
    Server,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    code: Option<u16>,
    reason: Option<String>,
    message: Option<String>,
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    retry_after_seconds: Option<u64>,
    causes: Option<Vec<Cause>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cause {
    reason: Option<String>,
}

impl Status {
    /// Reads an HTTP answer: its code, its `Retry-After` header and its body, which may be anything.
    pub fn from_answer(code: u16, retry_after: Option<&str>, body: &[u8]) -> Status {
        let mut status = Status::from_object(body);
        status.code = code;
        status.in_stream = false;
        // Dates and garbage count as no header (RFC 9110 allows a date; API servers send seconds).
        let header = retry_after
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_secs);
        status.retry_after = header.or(status.retry_after);
        if status.message.is_empty() {
            let words = http::StatusCode::from_u16(code)
                .ok()
                .and_then(|code| code.canonical_reason());
            status.message = Clean::new(&format!("the server answered {code} {}", words.unwrap_or_default()));
        }
        status
    }

    /// Reads a Status object, as the ERROR event of a watch carries it.
    pub fn from_object(object: &[u8]) -> Status {
        let wire: Wire = serde_json::from_slice(object).unwrap_or_default();
        let details = wire.details.unwrap_or_default();
        Status {
            code: wire.code.unwrap_or(0),
            reason: wire.reason.unwrap_or_default(),
            message: Clean::new(&wire.message.unwrap_or_default()),
            retry_after: details.retry_after_seconds.map(Duration::from_secs),
            in_stream: true,
            causes: details
                .causes
                .unwrap_or_default()
                .into_iter()
                .filter_map(|cause| cause.reason)
                .collect(),
        }
    }

    /// What it means.
    pub fn meaning(&self) -> Meaning {
        let too_large = self.causes.iter().any(|cause| cause == "ResourceVersionTooLarge")
            || self
                .message
                .as_str()
                .to_ascii_lowercase()
                .contains("too large resource version");
        match (self.code, self.reason.as_str()) {
            (410, _) | (_, "Expired" | "Gone") => Meaning::Expired,
            (500.. | 0, _) if too_large => Meaning::VersionTooLarge,
            (429, _) | (_, "TooManyRequests") => Meaning::Throttled,
            (401, _) | (0, "Unauthorized") => Meaning::Unauthenticated,
            (403, _) | (0, "Forbidden") => Meaning::Forbidden,
            (404, _) | (0, "NotFound") => Meaning::NotFound,
            (405 | 406, _) | (0, "MethodNotAllowed" | "NotAcceptable") => Meaning::NotAllowed,
            (400..=499, _) | (0, "Invalid" | "BadRequest") => Meaning::Invalid,
            _ => Meaning::Server,
        }
    }

    /// In words for a person.
    pub fn failure(&self) -> Failure {
        let (kind, remedy) = match self.meaning() {
            Meaning::Expired => (FailureKind::Expired, None),
            Meaning::Throttled => (FailureKind::Throttled, None),
            Meaning::Unauthenticated => (FailureKind::Unauthenticated, Some("sign in again")),
            Meaning::Forbidden => (
                FailureKind::Forbidden,
                Some("ask for the right, or choose a namespace you may read"),
            ),
            Meaning::NotFound => (FailureKind::NotFound, None),
            Meaning::NotAllowed | Meaning::Invalid | Meaning::VersionTooLarge | Meaning::Server => {
                (FailureKind::ServerError, None)
            }
        };
        let message = match self.message.is_empty() {
            false => self.message.clone(),
            true => Clean::new("the server ended the watch with an error"),
        };
        Failure {
            kind,
            message,
            remedy: remedy.map(Clean::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meanings() {
        for (code, body, meaning) in [
            (410, "", Meaning::Expired),
            (200, r#"{"code":410,"reason":"Expired"}"#, Meaning::Expired),
            (
                504,
                r#"{"details":{"causes":[{"reason":"ResourceVersionTooLarge"}],"retryAfterSeconds":1}}"#,
                Meaning::VersionTooLarge,
            ),
            (
                500,
                r#"{"message":"Too large resource version: 9, current: 3"}"#,
                Meaning::VersionTooLarge,
            ),
            (429, "slow down", Meaning::Throttled),
            (401, "", Meaning::Unauthenticated),
            (403, r#"{"reason":"Forbidden"}"#, Meaning::Forbidden),
            (404, "404 page not found", Meaning::NotFound),
            (405, "", Meaning::NotAllowed),
            (422, "", Meaning::Invalid),
            (400, "", Meaning::Invalid),
            (503, "<html>", Meaning::Server),
        ] {
            assert_eq!(
                Status::from_answer(code, None, body.as_bytes()).meaning(),
                meaning,
                "{code} {body}"
            );
        }
        let event = Status::from_object(br#"{"kind":"Status","code":410,"message":"too old","reason":"Gone"}"#);
        assert_eq!((event.meaning(), event.in_stream), (Meaning::Expired, true));
    }

    #[test]
    fn retry_after_as_the_header_says_it() {
        for (header, seconds) in [
            (Some("3"), Some(3)),
            (Some(" 1 "), Some(1)),
            (Some("soon"), Some(7)),
            (None, Some(7)),
        ] {
            let status = Status::from_answer(429, header, br#"{"details":{"retryAfterSeconds":7}}"#);
            assert_eq!(status.retry_after.map(|wait| wait.as_secs()), seconds, "{header:?}");
        }
    }

    #[test]
    fn a_proxy_page_is_not_shown() {
        let status = Status::from_answer(502, None, b"<html><body>nginx</body></html>");
        assert_eq!(status.failure().message.as_str(), "the server answered 502 Bad Gateway");
    }
}
