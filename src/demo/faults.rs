//! Faults as data: what should go wrong, for which requests, how often. The board can be changed while the server runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One way in which an answer goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The answer begins this much later.
    Latency(Duration),
    /// A `Status` with this HTTP code instead of the answer.
    Status {
        /// The HTTP code, 400 or more.
        code: u16,
        /// The `Retry-After` header.
        retry_after: Option<String>,
        /// The message; a usual one for the code when None.
        message: Option<String>,
    },
    /// The connection (HTTP/1.1) or stream (HTTP/2) breaks after this many bytes of the body.
    CutAfter {
        /// How many bytes of the body arrive.
        bytes: u64,
    },
    /// No answer ever comes.
    Hang,
    /// 200 with bytes that are no JSON.
    Garbage,
    /// A watch gets an ERROR event with code 410 after what it was to see first, and ends.
    Gone410InStream,
    /// The body trickles.
    SlowBody {
        /// How fast it comes.
        bytes_per_second: u64,
    },
    /// 403 in the server's own words, whoever asks.
    Forbidden,
    /// 401.
    Unauthorized,
    /// The body stops for ever after this many bytes, and the connection stays open.
    StallAfter {
        /// How many bytes of the body arrive.
        bytes: u64,
    },
}

/// Which requests a fault is for; the default is all of them, for ever.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matcher {
    /// `GET`, `POST` …; None is any.
    pub method: Option<String>,
    /// How the path begins, such as `/api/v1/pods`.
    pub path_prefix: String,
    /// Only watches, or only what is no watch.
    pub watch: Option<bool>,
    /// How many requests it is for; None is all.
    pub times: Option<u32>,
}

#[derive(Debug)]
struct Rule {
    id: u64,
    matcher: Matcher,
    fault: Fault,
    left: Option<u32>,
    hits: u64,
}

#[derive(Debug, Default)]
struct Board {
    rules: Vec<Rule>,
    next: u64,
    /// How often each path was asked for, by method and path.
    asked: BTreeMap<(String, String), u64>,
}

/// So many different requests are counted.
const ASKED: usize = 4_096;

/// The faults of one demo server; a handle, cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct FaultBoard(Arc<Mutex<Board>>);

impl FaultBoard {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a fault and answers its number.
    pub fn add(&self, matcher: Matcher, fault: Fault) -> u64 {
        let mut board = self.board();
        board.next += 1;
        let (id, left) = (board.next, matcher.times);
        board.rules.push(Rule {
            id,
            matcher,
            fault,
            left,
            hits: 0,
        });
        id
    }

    /// Takes a fault away again.
    pub fn remove(&self, id: u64) {
        self.board().rules.retain(|r| r.id != id);
    }

    /// Takes all faults away.
    pub fn clear(&self) {
        self.board().rules.clear();
    }

    /// How many requests a fault has met so far (0 when it was removed).
    pub fn hits(&self, id: u64) -> u64 {
        self.board().rules.iter().find(|r| r.id == id).map_or(0, |r| r.hits)
    }

    /// How often each request was made, by method and path.
    pub fn asked(&self) -> BTreeMap<(String, String), u64> {
        self.board().asked.clone()
    }

    /// The faults for a request; each one found is counted.
    pub(super) fn meet(&self, method: &str, path: &str, watch: bool) -> Vec<Fault> {
        let mut board = self.board();
        let request = (method.to_owned(), path.to_owned());
        if board.asked.len() < ASKED || board.asked.contains_key(&request) {
            *board.asked.entry(request).or_default() += 1;
        }
        let mut found = Vec::new();
        for rule in &mut board.rules {
            let m = &rule.matcher;
            let fits = m
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && path.starts_with(&m.path_prefix)
                && m.watch.is_none_or(|wanted| wanted == watch)
                && rule.left != Some(0);
            if fits {
                rule.left = rule.left.map(|n| n - 1);
                rule.hits += 1;
                found.push(rule.fault.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_only_its_requests_and_only_so_often() {
        let board = FaultBoard::default();
        let matcher = Matcher {
            path_prefix: "/api/v1/pods".into(),
            watch: Some(true),
            times: Some(1),
            ..Matcher::default()
        };
        let id = board.add(matcher, Fault::Hang);
        assert!(board.meet("GET", "/api/v1/pods", false).is_empty());
        assert!(board.meet("GET", "/api/v1/nodes", true).is_empty());
        assert_eq!(board.meet("GET", "/api/v1/pods", true), [Fault::Hang]);
        assert!(board.meet("GET", "/api/v1/pods", true).is_empty());
        assert_eq!(board.hits(id), 1);
        assert_eq!(board.asked()[&("GET".to_owned(), "/api/v1/pods".to_owned())], 3);
    }
}
