//! The whole task against the demo: whatever breaks on the way, every line comes once and in order.

use crate::cluster::connection::Connection;
use crate::cluster::listwatch::{ClusterTap, KindTable, StreamingLists};
use crate::cluster::logs::{LogHandle, start};
use crate::demo::{Demo, DemoOptions, Fault, Life, Matcher};
use crate::kinds::{Catalog, Uid};
use crate::msg::{FailureKind, Generation, LogEvent, LogMark, LogPhase, Msg};
use crate::text::Clean;
use crate::want::{ClusterId, LogStart, LogWant};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// One request to the demo.
async fn get(demo: &Demo, path: &str) -> (u16, Vec<u8>) {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(demo.serve()))
        .await
        .unwrap();
    let task = tokio::spawn(connection);
    let request = http::Request::get(path)
        .header("host", "demo")
        .body(Full::<Bytes>::default())
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let code = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes().to_vec();
    task.abort();
    (code, body)
}

async fn pods(demo: &Demo, namespace: &str) -> Vec<serde_json::Value> {
    let (_, body) = get(demo, &format!("/api/v1/namespaces/{namespace}/pods")).await;
    let mut list: serde_json::Value = serde_json::from_slice(&body).unwrap();
    list["items"].as_array_mut().unwrap().drain(..).collect()
}

/// The first pod of an application for which this holds.
async fn pod(demo: &Demo, namespace: &str, app: &str, fits: impl Fn(&serde_json::Value) -> bool) -> (String, Uid) {
    let pods = pods(demo, namespace).await;
    let pod = pods
        .iter()
        .find(|pod| pod["metadata"]["labels"]["app.kubernetes.io/name"] == app && fits(pod))
        .unwrap_or_else(|| panic!("no such pod of {app}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (
        text(&pod["metadata"]["name"]),
        Uid::parse(&text(&pod["metadata"]["uid"])),
    )
}

struct Bench {
    messages: mpsc::Receiver<Msg>,
    handle: LogHandle,
    line: watch::Sender<Option<Connection>>,
    lines: Vec<(i64, String)>,
    marks: Vec<(usize, LogMark)>,
    phases: Vec<LogPhase>,
}

impl Bench {
    fn follow(
        demo: &Demo,
        namespace: &str,
        pod: &(String, Uid),
        container: &str,
        from: LogStart,
        previous: bool,
    ) -> Bench {
        let (outbox, messages) = mpsc::channel(4);
        let serving = demo.clone();
        let (line, taken) = watch::channel(Some(Connection::in_memory(move || serving.serve())));
        let (_, catalog) = watch::channel(Arc::new(Catalog::default()));
        let tap = ClusterTap {
            line: taken,
            catalog,
            outbox,
            streaming: StreamingLists::default(),
            kinds: KindTable::KINDS,
        };
        let want = LogWant {
            cluster: ClusterId(0),
            namespace: Clean::new(namespace),
            pod: Clean::new(&pod.0),
            uid: pod.1.clone(),
            container: Clean::new(container),
            start: from,
            previous,
        };
        Bench {
            handle: start(Arc::new(want), Generation(1), &tap),
            messages,
            line,
            lines: Vec::new(),
            marks: Vec::new(),
            phases: Vec::new(),
        }
    }

    fn take(&mut self, message: Msg) {
        let Msg::Log(_, Generation(1), event) = message else {
            panic!("{message:?}")
        };
        match event {
            LogEvent::Lines(batch) => {
                assert!(!batch.lines.is_empty() && batch.bytes.len() <= 64 << 10);
                let mut begin = 0;
                for line in &batch.lines {
                    let text = &batch.bytes[begin..line.end as usize];
                    self.lines.push((line.time, String::from_utf8(text.to_vec()).unwrap()));
                    begin = line.end as usize;
                }
            }
            LogEvent::Mark { mark, time } => {
                assert_eq!(time, self.lines.last().map_or(0, |line| line.0));
                self.marks.push((self.lines.len(), mark));
            }
            LogEvent::Phase(phase) => self.phases.push(phase),
        }
    }

    /// Takes what comes for so long.
    async fn lasts(&mut self, time: Duration) {
        let over = tokio::time::Instant::now() + time;
        while let Ok(message) = tokio::time::timeout_at(over, self.messages.recv()).await {
            self.take(message.expect("the task runs"));
        }
    }

    async fn until(&mut self, what: &str, look: impl Fn(&Bench) -> bool) {
        while !look(self) {
            match timeout(Duration::from_secs(3600), self.messages.recv()).await {
                Ok(message) => self.take(message.expect("the task runs")),
                Err(_) => panic!("{what}: {:?} {:?}", self.phases, self.marks),
            }
        }
    }
}

/// What the server has, straight from it.
async fn whole(demo: &Demo, namespace: &str, pod: &str, query: &str) -> Vec<(i64, String)> {
    let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?timestamps=true&{query}");
    let (code, body) = get(demo, &path).await;
    let text = String::from_utf8(body).unwrap();
    assert_eq!(code, 200, "{text}");
    let line = |line: &str| {
        let (stamp, length) = crate::cluster::logs::lines::stamp(line.as_bytes()).unwrap();
        (stamp, line[length..].to_owned())
    };
    text.lines().map(line).collect()
}

fn shop() -> Demo {
    Demo::new(DemoOptions::default())
}

#[tokio::test(start_paused = true)]
async fn cuts_in_the_middle_of_the_stream_lose_and_double_nothing() {
    let demo = shop();
    let found = pod(&demo, "shop", "checkout", |_| true).await;
    let path = format!("/api/v1/namespaces/shop/pods/{}/log", found.0);
    let before = whole(&demo, "shop", &found.0, "container=checkout").await;
    assert!(before.len() > 1000, "{} lines", before.len());
    // The body breaks after ever more bytes, then works, then breaks again while it is followed.
    for bytes in [0, 1, 37, 1000, 1001, 20_000, 70_000, 70_001, 200_000] {
        let matcher = Matcher {
            path_prefix: path.clone(),
            times: Some(1),
            ..Matcher::default()
        };
        demo.faults().add(matcher, Fault::CutAfter { bytes });
    }
    let mut bench = Bench::follow(&demo, "shop", &found, "checkout", LogStart::All, false);
    bench.lasts(Duration::from_secs(60)).await;
    for bytes in [3, 5000, 400] {
        let matcher = Matcher {
            path_prefix: path.clone(),
            ..Matcher::default()
        };
        let id = demo.faults().add(matcher, Fault::CutAfter { bytes });
        demo.set_down(true);
        tokio::task::yield_now().await;
        demo.set_down(false);
        bench.lasts(Duration::from_secs(20)).await;
        demo.faults().remove(id);
        bench.lasts(Duration::from_secs(40)).await;
    }
    bench.lasts(Duration::from_secs(10)).await;
    // Meanwhile the oldest lines have been rotated away.
    let after = whole(&demo, "shop", &found.0, "container=checkout").await;
    let from = bench
        .lines
        .iter()
        .position(|line| *line == after[0])
        .expect("an overlap");
    assert_eq!(bench.lines[..from], before[..from], "once and in order");
    let ours = &bench.lines[from..];
    assert!(bench.lines.len() > before.len() + 50, "{} lines", bench.lines.len());
    assert_eq!(ours, &after[..ours.len()], "once and in order");
    assert!(after.len() - ours.len() < 20, "and to the end");
    assert!(
        bench.marks.iter().all(|mark| mark.1 == LogMark::Reconnected),
        "{:?}",
        bench.marks
    );
    assert!(bench.marks.len() >= 4, "{:?}", bench.marks);
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_is_read_instance_by_instance() {
    let demo = shop();
    let life = demo.live();
    let found = pod(&demo, "shop", "wishlist", |_| true).await;
    let mut bench = Bench::follow(&demo, "shop", &found, "wishlist", LogStart::All, true);
    bench
        .until("two restarts", |bench| {
            bench
                .marks
                .iter()
                .filter(|mark| matches!(mark.1, LogMark::Restarted(_)))
                .count()
                >= 2
        })
        .await;
    assert!(
        bench.marks.iter().all(|mark| matches!(mark.1, LogMark::Restarted(_))),
        "{:?}",
        bench.marks
    );
    let panics = |lines: &[(i64, String)]| lines.iter().filter(|line| line.1.starts_with("panic: ")).count();
    let mut begin = 0;
    for (at, mark) in &bench.marks {
        assert_eq!(*mark, LogMark::Restarted(Clean::new("exit code 1, Error")));
        assert_eq!(
            panics(&bench.lines[begin..*at]),
            1,
            "each instance says why it ended, once"
        );
        begin = *at;
    }
    assert!(bench.lines.windows(2).all(|two| two[0].0 < two[1].0), "in order");
    assert!(
        bench
            .phases
            .contains(&LogPhase::Waiting(Clean::new("CrashLoopBackOff"))),
        "{:?}",
        bench.phases
    );
    life.abort();
}

#[tokio::test(start_paused = true)]
async fn refusals_and_waits_are_phases() {
    let demo = shop();
    let found = pod(&demo, "shop", "cart", |_| true).await;
    let path = format!("/api/v1/namespaces/shop/pods/{}", found.0);
    let failing = |code: u16| Fault::Status {
        code,
        retry_after: None,
        message: None,
    };
    let matcher = |path: String, times| Matcher {
        path_prefix: path,
        times,
        ..Matcher::default()
    };
    // A kubelet that cannot be reached, for a while.
    demo.faults().add(matcher(format!("{path}/log"), Some(3)), failing(500));
    let mut bench = Bench::follow(&demo, "shop", &found, "cart", LogStart::Tail(5), false);
    bench.until("lines", |bench| bench.lines.len() >= 5).await;
    let failures = bench
        .phases
        .iter()
        .filter(|phase| matches!(phase, LogPhase::Backoff { .. }))
        .count();
    assert_eq!(failures, 3, "{:?}", bench.phases);
    assert!(bench.marks.is_empty());
    // Forbidden is final until the user tries again.
    let id = demo
        .faults()
        .add(matcher(format!("{path}/log"), None), Fault::Forbidden);
    let mut refused = Bench::follow(&demo, "shop", &found, "cart", LogStart::All, false);
    refused.lasts(Duration::from_secs(60)).await;
    let is_stopped =
        |bench: &Bench, kind| matches!(bench.phases.last(), Some(LogPhase::Stopped(why)) if why.kind == kind);
    assert!(is_stopped(&refused, FailureKind::Forbidden), "{:?}", refused.phases);
    demo.faults().remove(id);
    refused.lasts(Duration::from_secs(60)).await;
    assert!(refused.lines.is_empty());
    refused.handle.retry();
    refused.until("lines", |bench| bench.lines.len() > 100).await;
    // Pods that may not be looked at are read all the same.
    let looks = demo.faults().add(matcher(path.clone(), Some(1)), Fault::Forbidden);
    let mut blind = Bench::follow(&demo, "shop", &found, "cart", LogStart::Tail(3), false);
    blind.until("lines", |bench| bench.lines.len() >= 3).await;
    demo.faults().remove(looks);
    // Another pod, or none.
    let mut other = Bench::follow(
        &demo,
        "shop",
        &(found.0.clone(), Uid::parse("x")),
        "cart",
        LogStart::All,
        false,
    );
    other
        .until("an end", |bench| is_stopped(bench, FailureKind::NotFound))
        .await;
    let mut wrong = Bench::follow(&demo, "shop", &found, "nonsense", LogStart::All, false);
    wrong
        .until("an end", |bench| is_stopped(bench, FailureKind::NotFound))
        .await;
    // A container whose image is not there, and one on a node that is lost.
    let is_unpulled = |pod: &serde_json::Value| {
        pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff"
    };
    let unpulled = pod(&demo, "shop", "image-resizer", is_unpulled).await;
    let mut bench = Bench::follow(&demo, "shop", &unpulled, "image-resizer", LogStart::All, false);
    bench
        .until("a wait", |bench| {
            bench
                .phases
                .contains(&LogPhase::Waiting(Clean::new("ImagePullBackOff")))
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_goes_away_is_waited_for() {
    let demo = shop();
    let found = pod(&demo, "shop", "cart", |_| true).await;
    let mut bench = Bench::follow(&demo, "shop", &found, "cart", LogStart::All, false);
    bench.until("lines", |bench| bench.lines.len() > 100).await;
    bench.lasts(Duration::from_secs(10)).await;
    let connection = bench.line.send_replace(None);
    bench.lasts(Duration::from_secs(30)).await;
    assert_eq!(
        bench.phases.last(),
        Some(&LogPhase::Waiting(Clean::new("the connection")))
    );
    let had = bench.lines.len();
    bench.line.send_replace(connection);
    bench.until("it goes on", |bench| bench.lines.len() > had + 5).await;
    assert_eq!(bench.marks, [(had, LogMark::Reconnected)]);
    assert!(
        bench.lines.windows(2).all(|two| two[0].0 < two[1].0),
        "once and in order"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_waited_for() {
    let demo = shop();
    let found = pod(&demo, "shop", "checkout", |_| true).await;
    let mut bench = Bench::follow(&demo, "shop", &found, "checkout", LogStart::All, false);
    // Nobody takes anything for a long time: no more is held than the channel and the sockets have room for.
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(bench.messages.len(), 4);
    bench.lasts(Duration::from_secs(20)).await;
    let all = whole(&demo, "shop", &found.0, "container=checkout").await;
    let from = all.iter().position(|line| *line == bench.lines[0]).unwrap_or(0);
    let first = bench
        .lines
        .iter()
        .position(|line| *line == all[from])
        .expect("an overlap");
    let ours = &bench.lines[first..];
    assert!(ours.len() > 1000);
    assert_eq!(ours, &all[from..from + ours.len()], "not a line is lost");
    assert_eq!(bench.marks, []);
}

#[tokio::test(start_paused = true)]
async fn logs_of_the_demo_follow_the_rules_of_a_server() {
    let demo = Demo::new(DemoOptions {
        life: Life::Still,
        ..DemoOptions::default()
    });
    let found = pod(&demo, "shop", "cart", |_| true).await;
    let base = format!("/api/v1/namespaces/shop/pods/{}/log", found.0);
    let all = whole(&demo, "shop", &found.0, "container=cart").await;
    assert_eq!(
        all,
        whole(&demo, "shop", &found.0, "container=cart").await,
        "the same however often"
    );
    assert!(all.windows(2).all(|two| two[0].0 < two[1].0));
    for tail in [0, 1, 10] {
        let last = whole(&demo, "shop", &found.0, &format!("container=cart&tailLines={tail}")).await;
        assert_eq!(last, all[all.len() - tail..]);
    }
    let middle = all[all.len() / 2].0.div_euclid(1_000_000_000);
    let since = whole(
        &demo,
        "shop",
        &found.0,
        &format!("container=cart&sinceTime={}", crate::text::format_time(middle)),
    )
    .await;
    let wanted: Vec<_> = all
        .iter()
        .filter(|line| line.0 >= middle * 1_000_000_000)
        .cloned()
        .collect();
    assert_eq!(since, wanted);
    let (_, limited) = get(&demo, &format!("{base}?container=cart&limitBytes=100")).await;
    assert_eq!(limited.len(), 100);
    let crashing = |pod: &serde_json::Value| {
        pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    };
    let broken = pod(&demo, "shop", "wishlist", crashing).await;
    let last = whole(&demo, "shop", &broken.0, "previous=true").await;
    assert!(last.iter().any(|line| line.1.starts_with("panic: ")), "{last:?}");
    for (query, code, words) in [
        ("", 400, "a container name must be specified for pod"),
        ("container=nonsense", 400, "container nonsense is not valid for pod"),
        ("container=cart&previous=true", 400, "previous terminated container"),
        ("container=cart&tailLines=-1", 422, "tailLines"),
        ("container=cart&tailLines=x", 400, "invalid syntax"),
        (
            "container=cart&sinceSeconds=5&sinceTime=2026-11-20T21:03:57Z",
            422,
            "at most one of",
        ),
    ] {
        let (answered, body) = get(&demo, &format!("{base}?{query}")).await;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(answered == code && body.contains(words), "{query}: {answered} {body}");
    }
}
