//! A model of an API server over in-memory streams: one log of changes, from which every list and watch is made, and
//! faults drawn from a seed. What it would list at the end is the truth that the engine is held against.

use crate::cluster::connection::Connection;
use bytes::Bytes;
use futures::stream::unfold;
use http::{Request, Response};
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// A small random number generator (xorshift): the same seed gives the same run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 8) % limit
    }

    pub fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

/// How the server takes a streaming list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streaming {
    Served,
    Refused,
    Silent,
    NeverEnds,
}

/// One change in the log.
#[derive(Clone, Debug)]
struct Change {
    version: u64,
    kind: &'static str,
    name: String,
    object: Value,
}

/// An answer scripted for the next matching request.
pub type Script = Box<dyn FnMut(&str) -> Option<Reply> + Send>;

/// A scripted answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Code, `Retry-After`, body.
    Refuse(u16, Option<&'static str>, String),
    /// 200 and these bytes, then the clean end.
    Body(Vec<u8>),
    /// 200 and these bytes, then the connection breaks.
    Cut(Vec<u8>),
    /// 200 and these bytes, then silence.
    Hang(Vec<u8>),
    /// 200 and these bytes, declared as gzip.
    Gzip(Vec<u8>),
    /// No answer.
    Silence,
}

pub struct World {
    log: Vec<Change>,
    floor: u64,
    pub faults: bool,
    pub random: Random,
    pub streaming: Streaming,
    pub script: Option<Script>,
    /// Paths and queries as they came, with the virtual time.
    pub requests: Vec<(Duration, String)>,
    began: tokio::time::Instant,
    news: watch::Sender<u64>,
    next_uid: u64,
}

/// The server. Clones are the same server.
#[derive(Clone)]
pub struct Model(Arc<Mutex<World>>);

type Answered = Response<BoxBody<Bytes, io::Error>>;

impl Model {
    pub fn new(seed: u64) -> Model {
        Model(Arc::new(Mutex::new(World {
            log: Vec::new(),
            floor: 0,
            faults: false,
            random: Random::new(seed),
            streaming: Streaming::Refused,
            script: None,
            requests: Vec::new(),
            began: tokio::time::Instant::now(),
            news: watch::channel(0).0,
            next_uid: 1,
        })))
    }

    pub fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    /// A connection to it.
    pub fn connection(&self) -> Connection {
        let model = self.clone();
        Connection::in_memory(move || {
            let (client, server) = tokio::io::duplex(64 << 10);
            let model = model.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let model = model.clone();
                    async move { Ok::<_, Infallible>(model.answer(&request).await) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(server), service)
                    .await;
            });
            client
        })
    }

    async fn answer(&self, request: &Request<Incoming>) -> Answered {
        let path = request.uri().to_string();
        let table = request
            .headers()
            .get("accept")
            .is_some_and(|accept| accept.to_str().unwrap().contains("as=Table"));
        let reply = self.with(|world| {
            world.requests.push((world.began.elapsed(), path.clone()));
            let scripted = world.script.as_mut().and_then(|script| script(&path));
            scripted.or_else(|| world.fault(&path))
        });
        match reply {
            Some(reply) => scripted(reply).await,
            None => self.honest(&path, table),
        }
    }

    fn honest(&self, path: &str, table: bool) -> Answered {
        let query: HashMap<String, String> = path
            .split_once('?')
            .map_or("", |(_, query)| query)
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("%3A", ":")))
            .collect();
        let version = query.get("resourceVersion").map(|text| text.parse::<u64>().unwrap());
        if query.contains_key("sendInitialEvents") {
            return match self.with(|world| world.streaming) {
                Streaming::Refused => refuse(
                    422,
                    None,
                    json!({"kind":"Status","code":422,"reason":"Invalid"}).to_string(),
                ),
                _ => self.watch(None, table),
            };
        }
        if query.contains_key("watch") {
            return self.watch(version, table);
        }
        self.with(|world| world.list(&query, version, table))
    }

    /// A watch from a version; None is a streaming list.
    fn watch(&self, from: Option<u64>, table: bool) -> Answered {
        let (lines, body) = mpsc::channel::<Result<Bytes, io::Error>>(64);
        let model = self.clone();
        tokio::spawn(async move {
            let mut news = model.with(|world| world.news.subscribe());
            let mut at = match from {
                Some(from) => from,
                None => {
                    let (now, first, mode) = model.with(|world| {
                        let now = world.version();
                        (now, world.state_at(now), world.streaming)
                    });
                    if mode == Streaming::Silent {
                        return std::future::pending().await;
                    }
                    for object in first.values() {
                        lines.send(Ok(line("ADDED", object, table))).await.unwrap_or(());
                    }
                    if mode == Streaming::NeverEnds {
                        return std::future::pending().await;
                    }
                    lines.send(Ok(bookmark(now, true, table))).await.unwrap_or(());
                    now
                }
            };
            let mut opened = true;
            loop {
                let batch = model.with(|world| match std::mem::take(&mut opened) || world.faults {
                    true => world.lines_of_opening(&mut at, table),
                    false => world.lines_after(&mut at, table),
                });
                for part in batch {
                    let ends = part.is_err();
                    let end_marked = part.as_ref().is_ok_and(Bytes::is_empty);
                    if end_marked || lines.send(part).await.is_err() || ends {
                        return;
                    }
                }
                if news.changed().await.is_err() {
                    return;
                }
            }
        });
        streamed(body)
    }
}

impl World {
    pub fn version(&self) -> u64 {
        self.log.last().map_or(1, |change| change.version)
    }

    /// Creates or changes an object.
    pub fn put(&mut self, name: &str) {
        let state = self.state_at(self.version());
        let version = self.version() + 1;
        let (kind, uid) = match state.get(name) {
            Some(old) => ("MODIFIED", old["metadata"]["uid"].as_str().unwrap().to_owned()),
            None => {
                self.next_uid += 1;
                ("ADDED", format!("00000000-0000-0000-0000-{:012}", self.next_uid))
            }
        };
        let object = json!({
            "metadata": {"name": name, "namespace": "shop", "uid": uid, "resourceVersion": version.to_string(),
                "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"containers": (0..1 + version % 3).map(|n| json!({"name": format!("c{n}"), "image": "i"})).collect::<Vec<_>>()},
            "status": {"phase": "Running", "note": "\"}]{[\\ \u{e9}"},
        });
        self.change(kind, name, version, object);
    }

    pub fn delete(&mut self, name: &str) {
        let Some(mut object) = self.state_at(self.version()).remove(name) else {
            return;
        };
        let version = self.version() + 1;
        object["metadata"]["resourceVersion"] = version.to_string().into();
        self.change("DELETED", name, version, object);
    }

    fn change(&mut self, kind: &'static str, name: &str, version: u64, object: Value) {
        let name = name.to_owned();
        self.log.push(Change {
            version,
            kind,
            name,
            object,
        });
        self.news.send_replace(version);
    }

    /// Forgets the versions before now.
    pub fn compact(&mut self) {
        self.floor = self.version();
    }

    /// The truth: name → (uid, version).
    pub fn truth(&self) -> BTreeMap<String, (String, u64)> {
        let state = self.state_at(self.version());
        let text = |object: &Value, key: &str| object["metadata"][key].as_str().unwrap().to_owned();
        state
            .into_iter()
            .map(|(name, object)| {
                (
                    name,
                    (text(&object, "uid"), text(&object, "resourceVersion").parse().unwrap()),
                )
            })
            .collect()
    }

    /// How many containers there are.
    pub fn containers(&self) -> usize {
        let state = self.state_at(self.version());
        state
            .values()
            .map(|object| object["spec"]["containers"].as_array().unwrap().len())
            .sum()
    }

    fn state_at(&self, version: u64) -> BTreeMap<String, Value> {
        let mut state = BTreeMap::new();
        for change in self.log.iter().take_while(|change| change.version <= version) {
            match change.kind {
                "DELETED" => state.remove(&change.name),
                _ => state.insert(change.name.clone(), change.object.clone()),
            };
        }
        state
    }

    fn list(&mut self, query: &HashMap<String, String>, version: Option<u64>, table: bool) -> Answered {
        let now = self.version();
        let (at, start) = match query.get("continue").and_then(|token| token.split_once(':')) {
            Some((at, start)) => (at.parse().unwrap(), start.parse::<usize>().unwrap()),
            // A cache may lag: version 0 takes what is there, a named one at least that.
            None => match version {
                None => (now, 0),
                Some(asked) if asked <= now && !self.faults => (now, 0),
                Some(0) => (now - self.random.below((now - self.floor).min(4) + 1), 0),
                Some(asked) if asked > now => return refuse(504, None, too_large()),
                Some(asked) => (
                    asked.max(self.floor) + self.random.below(now - asked.max(self.floor) + 1),
                    0,
                ),
            },
        };
        if at < self.floor {
            return refuse(
                410,
                None,
                json!({"kind":"Status","code":410,"reason":"Expired","metadata":{"continue":"9:0"}}).to_string(),
            );
        }
        let state: Vec<Value> = self.state_at(at).into_values().collect();
        // Pages of three, so that small worlds have several.
        let page = if query.contains_key("limit") && version != Some(0) {
            3
        } else {
            usize::MAX
        };
        let end = start.saturating_add(page).min(state.len());
        let mut metadata = json!({"resourceVersion": at.to_string()});
        if end < state.len() {
            metadata["continue"] = format!("{at}:{end}").into();
            metadata["remainingItemCount"] = (state.len() - end).into();
        }
        let body = match table {
            false => json!({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": state[start..end]}),
            true => json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": definitions(),
                "metadata": metadata, "rows": state[start..end].iter().map(printed).collect::<Vec<_>>()}),
        };
        Response::new(
            Full::new(Bytes::from(body.to_string()))
                .map_err(|never| match never {})
                .boxed(),
        )
    }

    /// The lines that a watch begins with.
    fn lines_of_opening(&mut self, at: &mut u64, table: bool) -> Vec<Result<Bytes, io::Error>> {
        let mut parts = Vec::new();
        if *at < self.floor {
            parts.push(Ok(error_line(410, "Expired")));
            parts.push(Ok(Bytes::new()));
            return parts;
        }
        if *at > self.version() {
            parts.push(Ok(Bytes::from(format!(
                "{{\"type\":\"ERROR\",\"object\":{}}}\n",
                too_large()
            ))));
            parts.push(Ok(Bytes::new()));
            return parts;
        }
        self.lines_after(at, table)
    }

    /// Lines after a version, with the faults of streams. An empty part ends the stream well, an error cuts it.
    fn lines_after(&mut self, at: &mut u64, table: bool) -> Vec<Result<Bytes, io::Error>> {
        let mut parts = Vec::new();
        let fresh: Vec<Change> = self.log.iter().filter(|change| change.version > *at).cloned().collect();
        for change in fresh {
            if self.faults {
                match self.random.below(40) {
                    0 => {
                        // An older event once more, or one from the time before the watch.
                        let old = self.random.below(self.log.len() as u64) as usize;
                        if self.log[old].version < change.version {
                            parts.push(Ok(line(self.log[old].kind, &self.log[old].object.clone(), table)));
                        }
                    }
                    1 => parts.push(Ok(Bytes::from_static(b"<html>502</html>\n"))),
                    2 => {
                        // Garbage in place of the event.
                        parts.push(Ok(Bytes::from_static(b"{\"type\":\"MODIFIED\",\"object\":{\"met\n")));
                        *at = change.version;
                        continue;
                    }
                    3 => {
                        let whole = line(change.kind, &change.object, table);
                        let cut = self.random.below(whole.len() as u64) as usize;
                        parts.push(Ok(whole.slice(..cut.max(1))));
                        parts.push(match self.random.one_in(2) {
                            true => Err(io::Error::other("cut")),
                            false => Ok(Bytes::new()),
                        });
                        return parts;
                    }
                    4 => {
                        parts.push(Ok(error_line(410, "Expired")));
                        parts.push(Ok(Bytes::new()));
                        return parts;
                    }
                    5 => {
                        parts.push(Ok(error_line(500, "InternalError")));
                        parts.push(Ok(Bytes::new()));
                        return parts;
                    }
                    6 => {
                        parts.push(Ok(Bytes::new()));
                        return parts;
                    }
                    7 => parts.push(Ok(bookmark(*at, false, table))),
                    // The same event twice.
                    8 => parts.push(Ok(line(change.kind, &change.object, table))),
                    _ => {}
                }
            }
            *at = change.version;
            let whole = line(change.kind, &change.object, table);
            let cut = self.random.below(whole.len() as u64) as usize;
            for part in [whole.slice(..cut), whole.slice(cut..)] {
                if !part.is_empty() {
                    parts.push(Ok(part));
                }
            }
        }
        if self.random.one_in(8) {
            parts.push(Ok(bookmark(*at, false, table)));
        }
        parts
    }

    /// The faults of whole requests.
    fn fault(&mut self, path: &str) -> Option<Reply> {
        if !self.faults {
            return None;
        }
        let refusal = |code: u16, reason: &str| {
            Reply::Refuse(
                code,
                None,
                json!({"kind":"Status","code":code,"reason":reason}).to_string(),
            )
        };
        Some(match self.random.below(24) {
            0 => refusal(410, "Expired"),
            1 => refusal(500, "InternalError"),
            2 => refusal(503, "ServiceUnavailable"),
            3 => Reply::Refuse(
                429,
                Some(["1", "0", "soon", "3600"][self.random.below(4) as usize]),
                String::new(),
            ),
            4 => Reply::Body(b"<html>proxy</html>".to_vec()),
            5 => Reply::Cut(
                br#"{"kind":"PodList","metadata":{"resourceVersion":"3"},"items":[{"metadata":{"na"#.to_vec(),
            ),
            6 => Reply::Body(br#"{"kind":"PodList","items":["#.to_vec()),
            7 if !path.contains("watch=1") => Reply::Refuse(504, Some("1"), too_large()),
            8 => Reply::Hang(Vec::new()),
            9 => Reply::Silence,
            10 => Reply::Body(Vec::new()),
            _ => return None,
        })
    }
}

async fn scripted(reply: Reply) -> Answered {
    let (sender, body) = mpsc::channel(4);
    let whole = |bytes: Vec<u8>| async move {
        // The first part alone, so that the client sees the head before the cut.
        let _ = sender.send(Ok(Bytes::from(bytes))).await;
        sender
    };
    match reply {
        Reply::Refuse(code, retry_after, body) => return refuse(code, retry_after, body),
        Reply::Body(bytes) => drop(whole(bytes).await),
        Reply::Gzip(bytes) => {
            drop(whole(bytes).await);
            let mut response = streamed(body);
            response
                .headers_mut()
                .insert("content-encoding", "gzip".parse().unwrap());
            return response;
        }
        Reply::Cut(bytes) => {
            let sender = whole(bytes).await;
            let _ = sender.send(Err(io::Error::other("cut"))).await;
        }
        Reply::Hang(bytes) => {
            let sender = whole(bytes).await;
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(3600)).await;
                drop(sender);
            });
        }
        Reply::Silence => tokio::time::sleep(Duration::from_secs(3600)).await,
    }
    streamed(body)
}

fn streamed(body: mpsc::Receiver<Result<Bytes, io::Error>>) -> Answered {
    let frames = unfold(body, |mut body| async move {
        let part = body.recv().await?;
        Some((part.map(Frame::data), body))
    });
    Response::new(BodyExt::boxed(StreamBody::new(frames)))
}

fn refuse(code: u16, retry_after: Option<&str>, body: String) -> Answered {
    let mut response = Response::builder().status(code);
    if let Some(retry_after) = retry_after {
        response = response.header("retry-after", retry_after);
    }
    response
        .body(Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed())
        .unwrap()
}

fn too_large() -> String {
    json!({"kind":"Status","code":504,"reason":"Timeout","message":"Too large resource version: 9, current: 3",
        "details":{"retryAfterSeconds":1,"causes":[{"reason":"ResourceVersionTooLarge"}]}})
    .to_string()
}

fn definitions() -> Value {
    json!([{"name":"Name","type":"string","format":"name","priority":0},{"name":"Data","type":"integer","priority":0},
        {"name":"Age","type":"string","priority":0}])
}

fn printed(object: &Value) -> Value {
    json!({"cells": [object["metadata"]["name"], 1, "5m"], "object": {"kind": "PartialObjectMetadata", "metadata": object["metadata"]}})
}

fn line(kind: &str, object: &Value, table: bool) -> Bytes {
    let object = match table {
        true => json!({"kind": "Table", "metadata": {}, "columnDefinitions": null, "rows": [printed(object)]}),
        false => object.clone(),
    };
    Bytes::from(format!("{}\n", json!({"type": kind, "object": object})))
}

fn bookmark(version: u64, initial_end: bool, table: bool) -> Bytes {
    let mut object =
        json!({"kind": if table { "Table" } else { "Pod" }, "metadata": {"resourceVersion": version.to_string()}});
    if initial_end {
        object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    Bytes::from(format!("{}\n", json!({"type": "BOOKMARK", "object": object})))
}

fn error_line(code: u16, reason: &str) -> Bytes {
    Bytes::from(format!(
        "{}\n",
        json!({"type": "ERROR", "object": {"kind": "Status", "code": code, "reason": reason}})
    ))
}

/// What a watch from a version sends until now.
pub async fn watch_bytes(model: &Model, from: u64) -> Vec<u8> {
    let mut at = from;
    let parts = model.with(|world| world.lines_after(&mut at, false));
    parts.into_iter().flat_map(|part| part.unwrap().to_vec()).collect()
}
