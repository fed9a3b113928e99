//! The faults that concern lists, each by its number, in the order of the numbers so that a gap is seen.

use super::model::Reply;
use super::*;
use crate::msg::FailureKind;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

fn world_of(pods: usize) -> Model {
    let model = Model::new(7);
    model.with(|world| (0..pods).for_each(|n| world.put(&format!("pod-{n}"))));
    model
}

/// Answers the first requests that match with these, in their order.
pub fn script(model: &Model, matches: &'static str, replies: Vec<Reply>) {
    let mut replies = replies.into_iter();
    model.with(|world| {
        world.script = Some(Box::new(move |path: &str| {
            (matches != "list" && path.contains(matches) || matches == "list" && !path.contains("watch=1"))
                .then(|| replies.next())
                .flatten()
        }));
    });
}

fn status(code: u16, reason: &str) -> String {
    serde_json::json!({"kind":"Status","code":code,"reason":reason,"message":format!("said {reason}")}).to_string()
}

pub fn refuse(code: u16, reason: &str) -> Reply {
    Reply::Refuse(code, None, status(code, reason))
}

fn error_line(code: u16, reason: &str) -> Vec<u8> {
    format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", status(code, reason)).into_bytes()
}

pub fn paths(bench: &Bench) -> Vec<String> {
    bench
        .model
        .with(|world| world.requests.iter().map(|(_, path)| path.clone()).collect())
}

fn backoffs(bench: &Bench) -> Vec<(FailureKind, Duration, u32)> {
    let phases = bench.table.phases.iter();
    phases
        .filter_map(|(_, phase)| match phase {
            Phase::Backoff {
                failure,
                retry_in,
                attempt,
            } => Some((failure.kind, *retry_in, *attempt)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_list_and_its_watch() {
    paused(async {
        let model = world_of(3);
        let mut bench = Bench::new(model.clone(), want("pods", Shape::Objects));
        bench.pass(seconds(1)).await;
        assert!(bench.is_true());
        model.with(|world| {
            world.delete("pod-1");
            world.put("pod-9");
        });
        bench.pass(Duration::from_millis(60)).await;
        assert!(bench.is_true(), "a change is there within 60 ms");
        let paths = paths(&bench);
        assert_eq!(paths[0], "/api/v1/pods?limit=500&resourceVersion=0");
        assert!(
            paths[1].starts_with("/api/v1/pods?watch=1&resourceVersion="),
            "{}",
            paths[1]
        );
        let first = bench.table.phases.first().map(|(_, phase)| phase.clone());
        assert!(matches!(first, Some(Phase::Listing { .. })), "{first:?}");
        assert_eq!(bench.table.phase(), &Phase::Watching);
    });
}

#[test]
fn f1_refused_for_twenty_seconds() {
    paused(async {
        let model = world_of(3);
        let mut bench = Bench::new(model.clone(), want("pods", Shape::Objects));
        bench.pass(seconds(1)).await;
        let before = paths(&bench).len();
        // The server goes: streams are cut, every request dies.
        script(&model, "watch=1", (0..400).map(|_| Reply::Cut(Vec::new())).collect());
        bench.line.send_replace(Some(model.connection()));
        bench.pass(seconds(20)).await;
        let tries = paths(&bench).len() - before;
        assert!((8..=18).contains(&tries), "{tries} tries");
        assert!(matches!(bench.table.phase(), Phase::Backoff { .. }));
        assert!(bench.is_true(), "the last good rows stay");
        model.with(|world| {
            world.script = None;
            world.put("pod-0");
        });
        bench.pass(seconds(2)).await;
        assert!(bench.is_true(), "live within 2 s after it is back");
        assert_eq!(bench.table.phase(), &Phase::Watching);
        assert_eq!(bench.table.ends, 1, "without a relist");
    });
}

#[test]
fn f3_expired_in_all_three_ways() {
    for (matches, reply) in [
        ("watch=1", refuse(410, "Expired")),
        ("watch=1", Reply::Body(error_line(410, "Gone"))),
    ] {
        paused(async move {
            let model = world_of(5);
            script(&model, matches, vec![reply]);
            let mut bench = Bench::new(model, want("pods", Shape::Objects));
            bench.pass(Duration::from_millis(500)).await;
            assert!(bench.is_true());
            assert_eq!(bench.table.ends, 2, "listed again at once");
            assert!(
                paths(&bench).contains(&"/api/v1/pods?limit=500".to_owned()),
                "of the newest version"
            );
            assert!(
                bench
                    .table
                    .phases
                    .iter()
                    .any(|(_, phase)| matches!(phase, Phase::Relisting { .. }))
            );
            assert!(backoffs(&bench).is_empty());
        });
    }
    // On a continue page: the list starts again, without pages.
    paused(async {
        let model = world_of(8);
        let mut replies = vec![refuse(410, "Expired")].into_iter();
        model.with(|world| {
            world.script = Some(Box::new(move |path: &str| {
                path.contains("continue=").then(|| replies.next()).flatten()
            }));
        });
        let mut watch = Some(Reply::Body(error_line(410, "Expired")));
        let mut continued = Some(refuse(410, "Expired"));
        model.with(|world| {
            world.script = Some(Box::new(move |path: &str| {
                if path.contains("watch=1") {
                    watch.take()
                } else if path.contains("continue=") {
                    continued.take()
                } else {
                    None
                }
            }));
        });
        let mut bench = Bench::new(model, want("pods", Shape::Objects));
        bench.pass(seconds(5)).await;
        assert!(bench.is_true());
        assert_eq!(
            paths(&bench).iter().filter(|path| *path == "/api/v1/pods").count(),
            1,
            "{:?}",
            paths(&bench)
        );
    });
}

#[test]
fn f4_garbage_lines_and_pages() {
    paused(async {
        let model = world_of(3);
        let garbage = || Reply::Body(b"<html>\n".to_vec());
        script(&model, "watch=1", vec![garbage(), garbage(), garbage()]);
        let mut bench = Bench::new(model.clone(), want("pods", Shape::Objects));
        bench.pass(seconds(5)).await;
        assert_eq!(bench.table.undecodable, 3, "each is counted");
        assert_eq!(bench.table.ends, 2, "three in a row are a relist");
        assert!(bench.is_true());
        assert_eq!(bench.table.phase(), &Phase::Watching);
    });
    paused(async {
        let model = world_of(3);
        script(
            &model,
            "list",
            vec![
                Reply::Body(b"<html>login</html>".to_vec()),
                Reply::Body(b"{\"kind\":\"PodList\",\"items\":[{".to_vec()),
            ],
        );
        let mut bench = Bench::new(model.clone(), want("pods", Shape::Objects));
        bench.pass(seconds(5)).await;
        assert_eq!(
            backoffs(&bench).iter().map(|(kind, _, _)| *kind).collect::<Vec<_>>(),
            [FailureKind::Garbled; 2]
        );
        assert!(bench.is_true());
    });
}

#[test]
fn f6_compressed_lists_whole_truncated_and_bombs() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("writes");
        encoder.finish().expect("finishes")
    };
    let body =
        br#"{"kind":"PodList","metadata":{"resourceVersion":"2"},"items":[{"metadata":{"name":"a","uid":"1"}}]}"#;
    let good = gzip(body);
    let cut = good[..good.len() - 9].to_vec();
    let mut bomb = br#"{"kind":"PodList","metadata":{"resourceVersion":"2"},"items":["#.to_vec();
    bomb.extend(vec![b'"'; 1]);
    bomb.extend(vec![b'x'; 40 << 20]);
    bomb.extend_from_slice(br#"",{"metadata":{"name":"b","uid":"2"}}]}"#);
    let bomb = gzip(&bomb);
    for (first, names, undecodable, failures) in [
        (good.clone(), vec!["a"], 0, 0),
        (cut, vec!["a"], 0, 1),
        (b"no gzip at all".to_vec(), vec!["a"], 0, 1),
        (bomb, vec!["b"], 1, 0),
    ] {
        let good = good.clone();
        paused(async move {
            let model = world_of(0);
            let mut replies = vec![Reply::Gzip(first), Reply::Gzip(good)].into_iter();
            model.with(|world| {
                world.script = Some(Box::new(move |path: &str| match path.contains("watch=1") {
                    true => Some(Reply::Hang(Vec::new())),
                    false => replies.next(),
                }));
            });
            let mut bench = Bench::new(model, want("pods", Shape::Objects));
            bench.pass(seconds(3)).await;
            assert_eq!(bench.table.content().into_keys().collect::<Vec<_>>(), names);
            assert_eq!(
                (bench.table.undecodable, backoffs(&bench).len()),
                (undecodable, failures)
            );
        });
    }
}

#[test]
fn f7_a_line_over_the_cap_makes_a_relist() {
    paused(async {
        let model = world_of(2);
        script(&model, "watch=1", vec![Reply::Body(vec![b'x'; (32 << 20) + 10])]);
        let mut bench = Bench::new(model, want("pods", Shape::Objects));
        bench.pass(seconds(5)).await;
        assert_eq!((bench.table.ends, bench.table.undecodable), (2, 1));
        assert_eq!(backoffs(&bench)[0].0, FailureKind::TooLarge);
        assert!(bench.is_true());
    });
}

#[test]
fn f8_silence_is_noticed_in_a_list() {
    for (reply, after) in [(Reply::Silence, 60), (Reply::Hang(b"{\"kind\":".to_vec()), 30)] {
        paused(async move {
            let model = world_of(2);
            script(&model, "list", vec![reply]);
            let mut bench = Bench::new(model, want("pods", Shape::Objects));
            bench.pass(seconds(after - 1)).await;
            assert!(backoffs(&bench).is_empty() && matches!(bench.table.phase(), Phase::Listing { .. }));
            bench.pass(seconds(3)).await;
            assert_eq!(backoffs(&bench)[0].0, FailureKind::Unreachable);
            assert!(bench.is_true());
        });
    }
}

#[test]
fn f9_a_slow_reader_gets_the_latest_of_each() {
    paused(async {
        let model = world_of(4);
        let mut bench = Bench::with(model.clone(), want("pods", Shape::Objects), 1, "");
        bench.pass(seconds(1)).await;
        let before = bench.table.messages;
        // Nothing is taken for five seconds while a thousand changes come.
        for _ in 0..10 {
            model.with(|world| (0..100).for_each(|n| world.put(&format!("pod-{}", n % 4))));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        bench.pass(seconds(1)).await;
        assert!(bench.is_true());
        assert!(
            bench.table.messages - before <= 5,
            "joined into {} messages",
            bench.table.messages - before
        );
        assert_eq!(bench.table.ends, 1);
    });
}

#[test]
fn f10_throttling_is_honoured_up_to_thirty_seconds() {
    for (header, least, most) in [
        (Some("1"), 1000, 1000),
        (Some("3600"), 30_000, 30_000),
        (Some("soon"), 100, 200),
        (None, 100, 200),
    ] {
        paused(async move {
            let model = world_of(2);
            script(&model, "list", vec![Reply::Refuse(429, header, String::new())]);
            let mut bench = Bench::new(model, want("pods", Shape::Objects));
            bench.pass(Duration::from_millis(50)).await;
            let (kind, wait, attempt) = backoffs(&bench)[0];
            assert_eq!((kind, attempt), (FailureKind::Throttled, 1));
            assert!((least..=most).contains(&wait.as_millis()), "{header:?}: {wait:?}");
            bench.pass(seconds(31)).await;
            assert!(bench.is_true());
        });
    }
    // The retry key ends the wait.
    paused(async {
        let model = world_of(2);
        script(&model, "list", vec![Reply::Refuse(429, Some("3600"), String::new())]);
        let mut bench = Bench::new(model, want("pods", Shape::Objects));
        bench.pass(seconds(1)).await;
        assert!(!bench.is_true());
        bench.handle.retry();
        bench.pass(seconds(1)).await;
        assert!(bench.is_true());
    });
}

#[test]
fn f11_a_failure_is_said_within_a_second_and_cleaned() {
    paused(async {
        let model = world_of(2);
        let message = "{\"kind\":\"Status\",\"code\":500,\"message\":\"conversion webhook \\u001b[31mfailed\"}";
        script(&model, "list", vec![Reply::Refuse(500, None, message.to_owned())]);
        let mut bench = Bench::new(model, want("pods", Shape::Objects));
        bench.pass(Duration::from_millis(50)).await;
        let Phase::Backoff { failure, .. } = bench.table.phase() else {
            panic!("{:?}", bench.table.phase())
        };
        assert!(failure.message.as_str().contains("conversion webhook"));
        assert!(!failure.message.as_str().contains('\u{1b}'));
    });
}

#[test]
fn f18_forbidden_is_final_until_tried_again() {
    paused(async {
        let model = world_of(2);
        script(&model, "list", vec![refuse(403, "Forbidden"), refuse(403, "Forbidden")]);
        let mut bench = Bench::new(model.clone(), want("pods", Shape::Objects));
        bench.pass(seconds(600)).await;
        assert!(matches!(bench.table.phase(), Phase::Stopped(failure) if failure.kind == FailureKind::Forbidden));
        assert_eq!(paths(&bench).len(), 1, "asked once");
        bench.handle.retry();
        bench.pass(seconds(1)).await;
        assert_eq!(paths(&bench).len(), 2);
        bench.handle.retry();
        bench.pass(seconds(1)).await;
        assert!(bench.is_true());
    });
    // One forbidden namespace does not hide another, and a forbidden watch is polled.
    paused(async {
        let model = world_of(2);
        model.with(|world| {
            world.script = Some(Box::new(|path: &str| {
                (path.contains("/namespaces/no/") || path.contains("watch=1")).then(|| refuse(403, "Forbidden"))
            }));
        });
        let scope = Scope::Namespaces(vec![Clean::new("no"), Clean::new("shop")]);
        let mut bench = Bench::new(
            model.clone(),
            ListWant {
                scope,
                ..want("pods", Shape::Objects)
            },
        );
        bench.pass(seconds(5)).await;
        assert!(bench.is_true());
        let of = |source: u16| {
            bench
                .table
                .phases
                .iter()
                .rev()
                .find(|(from, _)| *from == source)
                .map(|(_, phase)| phase)
        };
        assert!(matches!(of(0), Some(Phase::Stopped(_))));
        assert!(matches!(of(1), Some(Phase::Polling { .. })));
        model.with(|world| world.delete("pod-0"));
        bench.pass(seconds(11)).await;
        assert!(bench.is_true(), "polled within ten seconds");
    });
}

#[test]
fn f21_a_kind_that_moves_goes_and_comes_back() {
    paused(async {
        let model = world_of(2);
        // A core kind begins before discovery; the version it guessed is not served.
        model.with(|world| {
            world.script = Some(Box::new(|path: &str| {
                path.starts_with("/apis/batch/v1/").then(|| refuse(404, "NotFound"))
            }));
        });
        let name = ResourceName::new("batch", "cronjobs");
        let mut bench = Bench::new(
            model.clone(),
            ListWant {
                resource: name,
                ..want("", Shape::Objects)
            },
        );
        bench.pass(seconds(1)).await;
        assert_eq!(bench.table.phase(), &Phase::Waiting);
        let serve = |resources| {
            Arc::new(Catalog {
                resources,
                failed: Vec::new(),
            })
        };
        bench
            .catalog
            .send_replace(serve(vec![resource("batch", "cronjobs", "v1beta1", true)]));
        bench.pass(seconds(1)).await;
        assert_eq!(bench.table.phase(), &Phase::Watching);
        assert!(
            paths(&bench)
                .iter()
                .any(|path| path.starts_with("/apis/batch/v1beta1/cronjobs?"))
        );
        bench
            .catalog
            .send_replace(serve(vec![resource("", "pods", "v1", true)]));
        bench.pass(seconds(1)).await;
        assert!(matches!(bench.table.phase(), Phase::Stopped(failure) if failure.kind == FailureKind::NotFound));
        bench
            .catalog
            .send_replace(serve(vec![resource("batch", "cronjobs", "v1beta1", false)]));
        bench.pass(seconds(1)).await;
        assert!(
            matches!(bench.table.phase(), Phase::Polling { .. }),
            "without the verb watch it is polled"
        );
        assert!(bench.is_true());
    });
}

#[test]
fn f26_a_server_that_goes_back_in_time_is_listed_again() {
    paused(async {
        let model = world_of(5);
        let old = r#"{"type":"DELETED","object":{"metadata":{"name":"pod-3","uid":"x","resourceVersion":"2"}}}"#;
        script(&model, "watch=1", vec![Reply::Hang(format!("{old}\n").into_bytes())]);
        model.with(|world| world.compact());
        let mut bench = Bench::new(model, want("pods", Shape::Objects));
        bench.pass(seconds(3)).await;
        assert!(bench.is_true());
        assert_eq!(bench.table.ends, 2);
        assert!(paths(&bench)[2].contains("resourceVersionMatch=NotOlderThan"));
    });
}

#[test]
fn f27_f28_silence_and_clean_ends_are_invisible() {
    paused(async {
        let model = world_of(2);
        let bookmark = "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"3\"}}}\n";
        let mut watches = 0;
        model.with(|world| {
            world.script = Some(Box::new(move |path: &str| {
                if !path.contains("watch=1") {
                    return None;
                }
                watches += 1;
                // Ends well after a bookmark, then goes on for ever without a word.
                Some(if watches < 4 {
                    Reply::Body(bookmark.as_bytes().to_vec())
                } else {
                    Reply::Hang(Vec::new())
                })
            }));
        });
        let mut bench = Bench::new(model, want("pods", Shape::Objects));
        bench.pass(seconds(2)).await;
        let said = bench.table.phases.len();
        bench.pass(seconds(600)).await;
        assert_eq!(bench.table.phases.len(), said, "{:?}", bench.table.phases);
        assert_eq!(bench.table.phase(), &Phase::Watching);
        assert_eq!(bench.table.ends, 1);
        assert!(paths(&bench).len() <= 9, "{:?}", paths(&bench));
    });
    // Ends at once without a word are no clean ends.
    paused(async {
        let model = world_of(2);
        script(
            &model,
            "watch=1",
            vec![Reply::Body(Vec::new()), Reply::Body(Vec::new())],
        );
        let mut bench = Bench::new(model, want("pods", Shape::Objects));
        bench.pass(seconds(2)).await;
        assert_eq!(backoffs(&bench).len(), 2);
    });
}

#[test]
fn f29_streaming_lists_where_served_and_remembered_where_not() {
    for (mode, within, tries) in [
        (Streaming::Served, 1, 1),
        (Streaming::Refused, 1, 1),
        (Streaming::Silent, 11, 1),
        (Streaming::NeverEnds, 11, 1),
    ] {
        paused(async move {
            let model = world_of(7);
            model.with(|world| world.streaming = mode);
            let mut bench = Bench::with(model.clone(), want("pods", Shape::Objects), 64, "v1.34.2");
            bench.pass(seconds(within)).await;
            assert!(bench.is_true(), "{mode:?}");
            assert_eq!(bench.table.phase(), &Phase::Watching, "{mode:?}");
            model.with(|world| {
                world.put("pod-2");
                world.compact();
            });
            bench.pass(seconds(1)).await;
            assert!(bench.is_true(), "{mode:?} goes on as a watch");
            let streamed = paths(&bench)
                .iter()
                .filter(|path| path.contains("sendInitialEvents"))
                .count();
            assert_eq!(streamed, tries, "{mode:?}");
        });
    }
}

#[test]
fn no_connection_waits_and_a_dropped_handle_ends_everything() {
    paused(async {
        let model = world_of(2);
        let mut bench = Bench::new(model.clone(), want("pods", Shape::Objects));
        bench.pass(seconds(1)).await;
        bench.line.send_replace(None);
        bench.pass(seconds(60)).await;
        assert_eq!(bench.table.phase(), &Phase::Waiting);
        model.with(|world| world.put("pod-5"));
        bench.line.send_replace(Some(model.connection()));
        bench.pass(seconds(1)).await;
        assert!(bench.is_true());
        assert_eq!(bench.table.ends, 1, "it goes on from the last version");
        let Bench {
            handle, mut messages, ..
        } = bench;
        drop(handle);
        tokio::time::sleep(seconds(1)).await;
        while messages.try_recv().is_ok() {}
        assert!(messages.is_closed(), "no task holds the way out");
    });
}

#[test]
fn many_namespaces_wait_for_each_other() {
    paused(async {
        let model = world_of(1);
        model.with(|world| world.script = Some(Box::new(|_: &str| Some(Reply::Silence))));
        let names = (0..30).map(|n| Clean::new(&format!("n{n}"))).collect();
        let mut bench = Bench::new(
            model,
            ListWant {
                scope: Scope::Namespaces(names),
                ..want("pods", Shape::Objects)
            },
        );
        bench.pass(seconds(5)).await;
        assert_eq!(paths(&bench).len(), 8);
    });
}
