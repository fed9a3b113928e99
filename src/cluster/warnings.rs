//! What a server says in `Warning:` headers: each text once, cleaned, and not more than a hundred of them.

use crate::msg::{ClusterEvent, Msg};
use crate::text::Clean;
use crate::want::ClusterId;
use http::{HeaderMap, header};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc::Sender;

/// So many different warnings of one cluster are passed on.
const MOST: usize = 100;

/// Passes warnings of one cluster on.
#[derive(Debug)]
pub struct Warnings {
    cluster: ClusterId,
    outbox: Sender<Msg>,
    seen: Mutex<HashSet<Clean>>,
}

impl Warnings {
    /// None yet.
    pub fn new(cluster: ClusterId, outbox: Sender<Msg>) -> Warnings {
        Warnings {
            cluster,
            outbox,
            seen: Mutex::new(HashSet::new()),
        }
    }

    /// Looks at the headers of an answer. A warning that finds no place in the line is said the next time.
    pub fn note(&self, headers: &HeaderMap) {
        for value in headers.get_all(header::WARNING) {
            let Some(text) = std::str::from_utf8(value.as_bytes()).ok().and_then(text) else {
                continue;
            };
            let text = Clean::new(&text);
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.len() < MOST && !seen.contains(&text) {
                let message = Msg::Cluster(self.cluster, ClusterEvent::Warning(text.clone()));
                if self.outbox.try_send(message).is_ok() {
                    seen.insert(text);
                }
            }
        }
    }
}

/// The text of `299 - "text"`; the quotes may be escaped inside.
fn text(value: &str) -> Option<String> {
    let rest = value.trim().strip_prefix("299 ")?;
    let (_, rest) = rest.split_once('"')?;
    let mut text = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Some(text),
            '\\' => text.extend(letters.next()),
            letter => text.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_warning_is_taken_out_of_its_header() {
        let rows = [
            (
                "299 - \"policy/v1beta1 is deprecated\"",
                Some("policy/v1beta1 is deprecated"),
            ),
            ("299 kube-apiserver \"a \\\"b\\\" c\" \"date\"", Some("a \"b\" c")),
            ("199 - \"misc\"", None),
            ("299 - \"open", None),
            ("", None),
        ];
        for (value, expected) in rows {
            assert_eq!(text(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn each_text_is_said_once_and_a_hundred_at_most() {
        let (outbox, mut inbox) = tokio::sync::mpsc::channel(1000);
        let warnings = Warnings::new(ClusterId(3), outbox);
        for round in 0..3 {
            for number in 0..300 {
                let mut headers = HeaderMap::new();
                headers.append(
                    header::WARNING,
                    HeaderValue::from_str(&format!("299 - \"old {number}\"")).unwrap(),
                );
                headers.append(header::WARNING, HeaderValue::from_bytes(b"299 - \"esc \x80\"").unwrap());
                warnings.note(&headers);
            }
            assert_eq!(inbox.len(), 100, "after round {round}");
        }
        assert!(
            matches!(inbox.try_recv(), Ok(Msg::Cluster(ClusterId(3), ClusterEvent::Warning(text))) if text.as_str() == "old 0")
        );
    }
}
