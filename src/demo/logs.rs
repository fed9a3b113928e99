//! The logs of containers: GET …/pods/NAME/log with follow, previous, tailLines, sinceSeconds, sinceTime, timestamps and
//! limitBytes, refused in the words of a real server. Nothing is stored: `content` says what an instance of a container
//! wrote in any second, so a log grows with the world's clock and reads the same however often it is read.

mod content;

use super::Inner;
use super::clock::{parse_time, rfc3339};
use super::http::{Ask, Reply, Target};
use super::status::Status;
use super::world::node_ip;
use bytes::Bytes;
use content::Source;
use futures::stream;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What was written longer ago has been rotated away.
const KEPT: i64 = 3600;
/// Lines of a second can be read when it has been over for so long: then it is known whether the container ended in it.
const SETTLED: i64 = 2;
/// How often a follower looks.
const LOOK: Duration = Duration::from_millis(250);
/// About this many bytes go out at a time.
const PIECE: usize = 64 * 1024;

/// One run of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    number: i64,
    start: i64,
    end: Option<End>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    at: i64,
    code: i64,
    killed_for_memory: bool,
}

/// What is wanted of a log.
struct Options {
    stamps: bool,
    since: Option<i64>,
    tail: Option<usize>,
    limit: Option<usize>,
}

/// Answers a request for a log.
pub(super) fn serve(inner: &Arc<Inner>, ask: &Ask, target: &Target) -> Result<Reply, Status> {
    let (namespace, name) = (
        target.namespace.clone().unwrap_or_default(),
        target.name.clone().unwrap_or_default(),
    );
    let found = inner.read().value("", "pods", &namespace, &name);
    let pod = found.ok_or_else(|| Status::not_found("", "pods", &name))?;
    let container = choose(&pod, ask.param("container").unwrap_or_default(), &name)?;
    let options = options(ask, inner.clock.now())?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let node = text(&pod["spec"]["nodeName"]);
    if node.is_empty() {
        return Ok(Reply::Text(Box::pin(stream::empty())));
    }
    if node == "eu-b-worker-2" {
        let ip = node_ip(&node);
        let message = format!(
            "Get \"https://{ip}:10250/containerLogs/{namespace}/{name}/{}\": dial tcp {ip}:10250: i/o timeout",
            text(&container["name"])
        );
        return Err(Status::new(500, "InternalError", message));
    }
    let mut source = Source::new(inner.options.seed, &pod, &container);
    source.flood = inner.options.log_lines;
    let span = span(&pod, &source.container, ask.flag("previous"))?;
    let follow = ask.flag("follow") && span.end.is_none();
    let upto = |now: i64| now - SETTLED;
    let mut log = Log {
        inner: inner.clone(),
        place: (namespace, name),
        next: span.start.max(inner.clock.now() - KEPT),
        span,
        source,
        stamps: options.stamps,
        limit: options.limit,
        over: !follow,
        ready: VecDeque::new(),
    };
    let last = span.end.map_or(upto(inner.clock.now()), |end| end.at);
    if let Some(since) = options.since {
        log.next = log.next.max(since);
    }
    match options.tail {
        None => {}
        Some(tail) => {
            let (first, mut kept) = (log.next, VecDeque::new());
            log.next = last + 1;
            let mut second = last;
            while second >= first && kept.len() < tail {
                let lines = log.source.second(&log.span, second);
                for line in lines.into_iter().rev() {
                    if kept.len() < tail {
                        kept.push_front(line);
                    }
                }
                second -= 1;
            }
            log.ready = kept;
        }
    }
    Ok(Reply::Text(Box::pin(stream::unfold(log, |mut log| async move {
        let piece = log.piece().await?;
        Some((Ok(piece), log))
    }))))
}

/// A log on its way out.
struct Log {
    inner: Arc<Inner>,
    place: (String, String),
    source: Source,
    span: Span,
    /// The next second to be read.
    next: i64,
    stamps: bool,
    /// Bytes that may still go out.
    limit: Option<usize>,
    /// What is there is read, and no more.
    over: bool,
    ready: VecDeque<(i64, String)>,
}

impl Log {
    async fn piece(&mut self) -> Option<Bytes> {
        loop {
            let mut out = Vec::new();
            let (last, ended) = self.last();
            while out.len() < PIECE {
                if let Some((nanos, line)) = self.ready.pop_front() {
                    if self.stamps {
                        let stamp = rfc3339(nanos.div_euclid(1_000_000_000)).replace('Z', "");
                        out.extend_from_slice(format!("{stamp}.{:09}Z ", nanos.rem_euclid(1_000_000_000)).as_bytes());
                    }
                    out.extend_from_slice(line.as_bytes());
                    out.push(b'\n');
                } else if self.next <= last {
                    self.ready.extend(self.source.second(&self.span, self.next));
                    self.next += 1;
                } else {
                    break;
                }
            }
            if let Some(limit) = &mut self.limit {
                out.truncate(*limit);
                *limit -= out.len();
            }
            if !out.is_empty() {
                return Some(out.into());
            }
            if self.over || ended || self.limit == Some(0) {
                return None;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The last second that can be read, and whether none will follow.
    fn last(&mut self) -> (i64, bool) {
        let settled = self.inner.clock.now() - SETTLED;
        if let Some(end) = self.span.end {
            return (end.at, true);
        }
        if self.over {
            return (settled, false);
        }
        let Some(pod) = self.inner.read().value("", "pods", &self.place.0, &self.place.1) else {
            return (settled, true);
        };
        let same = |previous: bool| {
            let span = span(&pod, &self.source.container, previous).ok()?;
            (span.number == self.span.number).then_some(span)
        };
        match same(false).or_else(|| same(true)) {
            Some(span) => self.span.end = span.end,
            None => return (settled, true),
        }
        (self.span.end.map_or(settled, |end| end.at), self.span.end.is_some())
    }
}

/// The container that is asked for.
fn choose(pod: &Value, asked: &str, name: &str) -> Result<Value, Status> {
    let list = |key: &str| pod["spec"][key].as_array().cloned().unwrap_or_default();
    let names = |list: &[Value]| {
        list.iter()
            .filter_map(|c| c["name"].as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (containers, inits) = (list("containers"), list("initContainers"));
    if asked.is_empty() {
        if let [only] = containers.as_slice() {
            return Ok(only.clone());
        }
        let mut message = format!(
            "a container name must be specified for pod {name}, choose one of: [{}]",
            names(&containers)
        );
        if !inits.is_empty() {
            message.push_str(&format!(" or one of the init containers: [{}]", names(&inits)));
        }
        return Err(Status::bad_request(message));
    }
    let all = containers.into_iter().chain(inits).chain(list("ephemeralContainers"));
    let found = all.into_iter().find(|container| container["name"] == asked);
    found.ok_or_else(|| Status::bad_request(format!("container {asked} is not valid for pod {name}")))
}

/// The run of a container whose log is wanted.
fn span(pod: &Value, container: &str, previous: bool) -> Result<Span, Status> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let statuses = [
        "containerStatuses",
        "initContainerStatuses",
        "ephemeralContainerStatuses",
    ];
    let found = statuses
        .iter()
        .filter_map(|key| pod["status"][key].as_array())
        .flatten()
        .find(|status| status["name"] == container)
        .cloned()
        .unwrap_or_default();
    let number = found["restartCount"].as_i64().unwrap_or(0);
    let time = |value: &Value| value.as_str().and_then(parse_time);
    let ended = |state: &Value, number: i64| {
        let ended = &state["terminated"];
        let end = End {
            at: time(&ended["finishedAt"])?,
            code: ended["exitCode"].as_i64().unwrap_or(0),
            killed_for_memory: ended["reason"] == "OOMKilled",
        };
        let start = time(&ended["startedAt"]).unwrap_or(end.at - 9).min(end.at);
        Some(Span {
            number,
            start,
            end: Some(end),
        })
    };
    let waits = found["state"]["waiting"]["reason"].as_str();
    if previous {
        let number = if waits.is_some() { number } else { number - 1 };
        return ended(&found["lastState"], number).ok_or_else(|| {
            Status::bad_request(format!(
                "previous terminated container \"{container}\" in pod \"{name}\" not found"
            ))
        });
    }
    let running = time(&found["state"]["running"]["startedAt"]).map(|start| Span {
        number,
        start,
        end: None,
    });
    let newest = running
        .or_else(|| ended(&found["state"], number))
        .or_else(|| ended(&found["lastState"], number));
    newest.ok_or_else(|| {
        let why = match waits {
            Some("ErrImagePull" | "ImagePullBackOff") => "trying and failing to pull image",
            Some(reason) => reason,
            None => "PodInitializing",
        };
        Status::bad_request(format!(
            "container \"{container}\" in pod \"{name}\" is waiting to start: {why}"
        ))
    })
}

fn options(ask: &Ask, now: i64) -> Result<Options, Status> {
    let number = |name: &str, least: i64| -> Result<Option<i64>, Status> {
        let Some(text) = ask.param(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let value: i64 = text
            .parse()
            .map_err(|_| Status::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")))?;
        match value >= least {
            true => Ok(Some(value)),
            false => Err(Status::invalid(
                "PodLogOptions",
                "",
                name,
                &format!("Invalid value: {value}: must be greater than or equal to {least}"),
            )),
        }
    };
    let seconds = number("sinceSeconds", 1)?;
    let time =
        match ask.param("sinceTime").filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(parse_time(text).ok_or_else(|| {
                Status::bad_request(format!("parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\""))
            })?),
        };
    if seconds.is_some() && time.is_some() {
        let why = "at most one of `sinceTime` or `sinceSeconds` may be specified";
        return Err(Status::invalid("PodLogOptions", "", "sinceSeconds", why));
    }
    let size = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
    Ok(Options {
        stamps: ask.flag("timestamps"),
        since: time.or(seconds.map(|seconds| now - seconds)),
        tail: number("tailLines", 0)?.map(size),
        limit: number("limitBytes", 1)?.map(size),
    })
}
