//! What the screen says when something goes wrong, by the numbers of the list of faults. The engine's own tests hold the rules;
//! these hold what a person sees: data stays, the reason is there, keys answer, and it comes back by itself.
//! One file in the order of the numbers, so that a gap is seen.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

#[path = "support/show.rs"]
mod show;

use portolan::app::Model;
use portolan::demo::{Demo, DemoOptions, Fault, FaultBoard, Life, Matcher, Profile};
use portolan::effect::Effect;
use portolan::keys::{Chord, parse_keys};
use portolan::msg::Msg;
use portolan::runtime::hub::Source;
use portolan::runtime::run_loop::{self, FRAME_PAUSE, Input, Signal, Surface, Surroundings};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;
use show::{Opening, Show, hub, request, run, setting, still, text_of};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

const PODS: &str = "/api/v1/namespaces/shop/pods";
const MAPS: &str = "/api/v1/namespaces/shop/configmaps";

fn matcher(path: &str, watch: Option<bool>, times: Option<u32>) -> Matcher {
    Matcher {
        method: Some("GET".into()),
        path_prefix: path.into(),
        watch,
        times,
    }
}

fn status(code: u16, retry_after: Option<&str>) -> Fault {
    Fault::Status {
        code,
        retry_after: retry_after.map(str::to_owned),
        message: None,
    }
}

/// A moment's outage: every connection ends, so that what comes next meets the faults of the board.
async fn cut(show: &mut Show) {
    show.world().set_down(true);
    show.wait(Duration::from_millis(50)).await;
    show.world().set_down(false);
}

/// Goes on for this long and looks at the screen after each message: there are rows in every frame.
async fn never_empty(show: &mut Show, time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        show.step(Duration::from_millis(250)).await;
        assert!(show.has_rows(), "a table went blank:\n{}", show.text());
    }
}

fn asked(board: &FaultBoard, path: &str) -> u64 {
    board
        .asked()
        .get(&("GET".to_owned(), path.to_owned()))
        .copied()
        .unwrap_or(0)
}

#[test]
fn f1_a_server_that_is_restarted() {
    run(async {
        let mut show = Show::open("cm").await;
        assert!(show.has("live"), "{}", show.text());
        show.world().set_down(true);
        show.wait(Duration::from_secs(1)).await;
        assert!(!show.has(" live "), "one second later it is said:\n{}", show.text());
        assert!(show.has("shop-config"), "rows stay:\n{}", show.text());
        never_empty(&mut show, Duration::from_secs(19)).await;
        assert!(show.has("again in"), "{}", show.text());
        // Every key answers meanwhile.
        show.press("jjwS");
        assert!(show.has("sort by"), "{}", show.text());
        show.press("<esc>");
        show.world().set_down(false);
        let took = show.until("live", Duration::from_secs(30)).await;
        assert!(took <= Duration::from_secs(10), "live again after {took:?}");
        assert!(!show.has("no connection"), "{}", show.text());
    });
}

#[test]
fn f1_a_server_that_was_never_there() {
    run(async {
        let demo = still();
        demo.set_down(true);
        let mut show = Show::begin(Source::Demo(demo.clone()), &Opening::default());
        show.seconds(2).await;
        assert!(show.has("contexts") && show.has("unreachable"), "{}", show.text());
        assert!(show.has("again in"), "{}", show.text());
        show.press("?");
        assert!(show.has("Help"), "{}", show.text());
        show.press("<esc>");
        demo.set_down(false);
        show.until("pods 42", Duration::from_secs(60)).await;
    });
}

#[test]
fn f2_a_watch_cut_in_the_middle_of_a_line() {
    run(async {
        let mut show = Show::open("cm").await;
        let board = show.world().faults();
        let fault = board.add(matcher(MAPS, Some(true), Some(3)), Fault::CutAfter { bytes: 100 });
        cut(&mut show).await;
        for name in ["one", "two", "three"] {
            show.create(
                MAPS,
                json!({"metadata": {"name": name}, "data": {"k": "v".repeat(500)}}),
            )
            .await;
            never_empty(&mut show, Duration::from_secs(5)).await;
        }
        show.seconds(30).await;
        assert!(board.hits(fault) > 0, "the fault was not met");
        for name in ["one 1", "two 1", "three 1", "live"] {
            assert!(show.has(name), "{name}:\n{}", show.text());
        }
    });
}

#[test]
fn f3_a_version_that_is_too_old_three_ways() {
    let in_stream = |board: &FaultBoard| board.add(matcher(MAPS, Some(true), Some(1)), Fault::Gone410InStream);
    let on_connect = |board: &FaultBoard| board.add(matcher(MAPS, Some(true), Some(1)), status(410, None));
    let on_relist = |board: &FaultBoard| {
        board.add(matcher(MAPS, Some(true), Some(1)), Fault::Gone410InStream);
        board.add(matcher(MAPS, Some(false), Some(1)), status(410, None))
    };
    for (name, break_it) in [
        ("in the stream", &in_stream as &dyn Fn(&FaultBoard) -> u64),
        ("on connect", &on_connect),
        ("while listing", &on_relist),
    ] {
        run(async {
            // A server that streams lists has no list to fail.
            let demo = Demo::new(DemoOptions {
                life: Life::Still,
                profile: Profile::Old,
                ..DemoOptions::default()
            });
            let mut show = Show::of(Source::Demo(demo), &Opening::at("cm")).await;
            let board = show.world().faults();
            let fault = break_it(&board);
            show.world().compact();
            cut(&mut show).await;
            show.create(MAPS, json!({"metadata": {"name": "after"}})).await;
            show.delete(&format!("{MAPS}/storefront-nginx")).await;
            show.world().compact();
            never_empty(&mut show, Duration::from_secs(40)).await;
            assert!(board.hits(fault) > 0, "{name}: the fault was not met");
            assert!(show.has("live") && show.has("after 0"), "{name}:\n{}", show.text());
            assert!(
                !show.has("storefront-nginx"),
                "{name}: what is gone goes\n{}",
                show.text()
            );
            assert!(!show.has("<invalid>"), "{name}:\n{}", show.text());
        });
    }
}

#[test]
fn f4_garbage_instead_of_a_list_and_of_a_stream() {
    for watch in [false, true] {
        run(async {
            let demo = still();
            let board = demo.faults();
            let mut show = if watch {
                Show::of(Source::Demo(demo.clone()), &Opening::at("cm")).await
            } else {
                Show::begin(Source::Demo(demo.clone()), &Opening::at("cm"))
            };
            let fault = board.add(matcher(MAPS, None, None), Fault::Garbage);
            if watch {
                cut(&mut show).await;
            }
            show.seconds(8).await;
            assert!(board.hits(fault) > 0, "the fault was not met");
            assert!(!show.text().contains('\u{1b}'));
            assert!(!show.has("live"), "{}", show.text());
            board.remove(fault);
            show.until("live", Duration::from_secs(60)).await;
            assert!(show.has("shop-config"), "{}", show.text());
        });
    }
}

#[test]
fn f5_one_object_that_cannot_be_read() {
    run(async {
        let demo = still();
        let mut pod = request(&demo, "GET", &format!("{PODS}/sessions-0"), None).await.1;
        pod["metadata"] = json!({"name": "odd-one", "namespace": "shop"});
        pod["spec"]["containers"] = json!([{"name": "c", "image": "i", "resources": {"requests": 7}}]);
        pod["status"] = json!({"phase": ["not", "a", "word"], "containerStatuses": {"wrong": true}});
        let (code, answer) = request(&demo, "POST", PODS, Some(pod)).await;
        assert_eq!(code, 201, "{answer}");
        let mut show = Show::of(Source::Demo(demo), &Opening::at("pods")).await;
        assert!(show.has("pods 43") || show.has("pods 42"), "{}", show.text());
        assert!(
            show.has("live") && show.has("cart-c8c848986-7qmzg"),
            "the others are there:\n{}",
            show.text()
        );
        show.keys("/odd<enter>").await;
        assert!(show.has("odd-one") || show.has("none of 42"), "{}", show.text());
    });
}

#[test]
fn f7_a_huge_object() {
    run(async {
        let mut show = Show::open("cm").await;
        let big = "x".repeat(1_400_000);
        show.create(MAPS, json!({"metadata": {"name": "huge"}, "data": {"big": big}}))
            .await;
        show.seconds(5).await;
        assert!(show.has("huge 1") && show.has("live"), "{}", show.text());
        show.keys(":pods<enter>").await;
        let note = "y".repeat(200_000);
        let patch = json!({"metadata": {"annotations": {"note": note}}});
        let (code, answer) = show.request("PATCH", &format!("{PODS}/sessions-0"), Some(patch)).await;
        assert_eq!(code, 200, "{answer}");
        show.seconds(5).await;
        assert!(show.has("live") && show.has("sessions-0"), "{}", show.text());
    });
}

#[test]
fn f8_every_key_answers_while_a_list_hangs() {
    for fault in [
        Fault::Hang,
        Fault::SlowBody { bytes_per_second: 1 },
        Fault::StallAfter { bytes: 300 },
    ] {
        run(async {
            let demo = still();
            demo.faults().add(matcher(MAPS, None, None), fault.clone());
            let mut show = Show::of(Source::Demo(demo), &Opening::at("pods")).await;
            show.press(":cm<enter>");
            show.seconds(3).await;
            assert!(show.has("listing"), "{fault:?}:\n{}", show.text());
            assert!(
                show.has("3s") || show.has("2s"),
                "it says how long: {fault:?}\n{}",
                show.text()
            );
            // Help, palette, another view, back again, with no time passing at all.
            for (keys, seen) in [
                ("?", "Help"),
                ("<esc>:", "a kind, a command"),
                ("<esc>gn", "namespaces"),
                ("<esc>", "configmaps"),
                ("gi", "info"),
                ("<esc>:pods<enter>", "cart-c8c848986-7qmzg"),
                ("<esc>", "configmaps"),
                ("q", "pods"),
                ("q", "Quit Portolan?"),
            ] {
                let before = Instant::now();
                show.press(keys);
                assert!(show.has(seen), "{fault:?} {keys}: no {seen}\n{}", show.text());
                assert_eq!(before.elapsed(), Duration::ZERO);
            }
            show.press("<esc><ctrl-c>");
            assert!(show.asked().contains(&Effect::Quit));
        });
    }
}

#[test]
fn f10_a_server_that_asks_to_wait() {
    for (after, least, most) in [
        (Some("5"), 4, 7),
        (Some("3600"), 25, 35),
        (Some("rubbish"), 0, 10),
        (None, 0, 10),
    ] {
        run(async {
            let demo = still();
            let board = demo.faults();
            let mut show = Show::begin(Source::Demo(demo), &Opening::at("cm"));
            let fault = board.add(matcher(MAPS, None, Some(1)), status(429, after));
            show.wait(Duration::from_millis(900)).await;
            if least > 0 {
                assert!(show.has("throttled"), "{after:?}:\n{}", show.text());
                let first = countdown(&show.text());
                show.seconds(2).await;
                let second = countdown(&show.text());
                assert_eq!(first - second, 2, "{after:?}: it counts down");
                assert!(first >= least && first <= most, "{after:?}: {first}");
            }
            let took = show.until("shop-config", Duration::from_secs(40)).await;
            assert!(took.as_secs() <= most, "{after:?}: {took:?}");
            assert_eq!(board.hits(fault), 1);
        });
    }
    // R does not wait.
    run(async {
        let demo = still();
        demo.faults().add(matcher(MAPS, None, Some(1)), status(429, Some("30")));
        let mut show = Show::begin(Source::Demo(demo), &Opening::at("cm"));
        show.seconds(1).await;
        show.press("R");
        show.seconds(1).await;
        assert!(show.has("shop-config") && show.has("live"), "{}", show.text());
    });
}

/// The seconds after `again in`.
fn countdown(text: &str) -> u64 {
    let at = text
        .find("again in ")
        .unwrap_or_else(|| panic!("no countdown in\n{text}"));
    let digits: String = text[at + 9..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn f11_a_server_that_flaps() {
    run(async {
        let mut show = Show::open("cm").await;
        let board = show.world().faults();
        for code in [500, 502, 503, 504, 500, 503] {
            let fault = Fault::Status {
                code,
                retry_after: None,
                message: Some("upstream\u{1b}[31m is \u{202e}red".into()),
            };
            board.add(matcher(MAPS, None, Some(1)), fault);
            cut(&mut show).await;
            show.create(MAPS, json!({"metadata": {"name": format!("after-{}", Instant::now().elapsed().as_nanos() + u128::from(code) + u128::from(asked(&board, MAPS)))}}))
                .await;
            never_empty(&mut show, Duration::from_secs(6)).await;
            assert!(!show.text().contains('\u{1b}') && !show.text().contains('\u{202e}'));
        }
        show.seconds(60).await;
        assert!(show.has("live"), "{}", show.text());
        let (_, list) = show.request("GET", MAPS, None).await;
        let there = list["items"].as_array().unwrap().len();
        assert!(show.has(&format!("configmaps {there}")), "{there}:\n{}", show.text());
    });
}

#[test]
fn f17_clocks_that_disagree() {
    for ahead in [-3_600, 3_600] {
        run(async {
            let opening = Opening {
                ahead,
                ..Opening::at("pods")
            };
            let mut show = Show::of(Source::Demo(still()), &opening).await;
            show.seconds(3).await;
            let ages = show.column("AGE");
            assert!(
                ages.iter().all(|age| !age.contains("invalid") && !age.starts_with('-')),
                "{ages:?}"
            );
            let text = show.text();
            assert!(!text.contains("<invalid>"), "{text}");
            let young = show
                .lines()
                .into_iter()
                .find(|line| line.contains("cart-cleanup-29920136"))
                .unwrap();
            assert!(young.contains("4m"), "ages follow the server: {young}");
            show.keys("gm").await;
            assert!(show.has("3600 s off the server's"), "{}", show.text());
        });
    }
}

#[test]
fn f18_rights_that_are_taken_away_in_mid_session() {
    run(async {
        let mut show = Show::open("cm").await;
        let board = show.world().faults();
        let fault = board.add(matcher(MAPS, None, None), Fault::Forbidden);
        cut(&mut show).await;
        // Lists are tried where watches are forbidden; then both are.
        show.seconds(25).await;
        assert!(show.has("forbidden"), "{}", show.text());
        assert!(show.has("shop-config"), "what was seen stays:\n{}", show.text());
        // It is final until somebody asks.
        let before = asked(&board, MAPS);
        show.seconds(300).await;
        assert_eq!(asked(&board, MAPS), before);
        // Others go on.
        show.keys(":pods<enter>").await;
        assert!(show.has("pods 42") && show.has("live"), "{}", show.text());
        show.keys("<esc>").await;
        board.remove(fault);
        show.keys("R").await;
        show.seconds(2).await;
        assert!(show.has("live") && show.has("shop-config"), "{}", show.text());
    });
}

#[test]
fn f19_one_group_that_fails() {
    for profile in [Profile::Modern, Profile::Old] {
        run(async {
            let demo = Demo::new(DemoOptions {
                life: Life::Still,
                profile,
                ..DemoOptions::default()
            });
            let board = demo.faults();
            let fault = board.add(matcher("/apis/apps/v1", None, None), status(503, None));
            let mut show = Show::of(Source::Demo(demo), &Opening::at("pods")).await;
            assert!(show.has("pods 42") && show.has("live"), "{profile:?}:\n{}", show.text());
            show.keys(":svc<enter>").await;
            assert!(show.has("services 13"), "{profile:?}:\n{}", show.text());
            show.keys(":deploy<enter>").await;
            assert!(
                show.has("failing") || show.has("deployments 10"),
                "{profile:?}:\n{}",
                show.text()
            );
            board.remove(fault);
            show.until("deployments 10", Duration::from_secs(60)).await;
        });
    }
}

#[test]
fn f22_a_namespace_that_is_deleted_while_it_is_looked_at() {
    run(async {
        let demo = still();
        let (code, answer) = request(
            &demo,
            "POST",
            "/api/v1/namespaces",
            Some(json!({"metadata": {"name": "brief"}})),
        )
        .await;
        assert_eq!(code, 201, "{answer}");
        let maps = "/api/v1/namespaces/brief/configmaps";
        for name in ["a", "b"] {
            request(&demo, "POST", maps, Some(json!({"metadata": {"name": name}}))).await;
        }
        let mut show = Show::of(Source::Demo(demo), &Opening::at("cm -n brief")).await;
        assert!(show.has("▌ a"), "{}", show.text());
        show.delete("/api/v1/namespaces/brief").await;
        for name in ["a", "b", "kube-root-ca.crt"] {
            let _ = show.request("DELETE", &format!("{maps}/{name}"), None).await;
        }
        show.seconds(10).await;
        assert!(show.has("no configmaps in namespace brief"), "{}", show.text());
        assert!(show.has("0 shows all namespaces"), "{}", show.text());
        show.keys("0").await;
        assert!(
            show.has("all namespaces configmaps") && show.has_rows(),
            "{}",
            show.text()
        );
    });
}

#[test]
fn f25_a_storm_of_context_switches() {
    run(async {
        let worlds = [
            still(),
            Demo::new(DemoOptions {
                life: Life::Still,
                seed: 23,
                ..DemoOptions::default()
            }),
        ];
        let source = Source::Demos(vec![
            ("harbour".into(), worlds[0].clone()),
            ("offing".into(), worlds[1].clone()),
        ]);
        let mut show = Show::of(source, &Opening::default()).await;
        let mut own = Vec::new();
        for world in &worlds {
            let (_, list) = request(world, "GET", PODS, None).await;
            let names: BTreeSet<String> = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
                .collect();
            own.push(names);
        }
        for turn in 0..300 {
            let (name, at) = if turn % 2 == 0 { ("offing", 1) } else { ("harbour", 0) };
            show.press(&format!(":ctx {name}<enter>"));
            if turn % 7 == 0 {
                show.step(Duration::from_millis(3)).await;
            }
            let names = show.column("NAME");
            for shown in names.iter().filter(|shown| !shown.is_empty() && !shown.contains(' ')) {
                let foreign = !own[at].contains(shown) && own[1 - at].contains(shown);
                assert!(
                    !foreign,
                    "{shown} of the other cluster is shown in {name}:\n{}",
                    show.text()
                );
            }
        }
        show.settle().await;
        assert!(show.has("harbour shop pods 42") && show.has("live"), "{}", show.text());
        // Both were kept warm: nothing was listed again and again.
        for world in &worlds {
            assert!(asked(&world.faults(), PODS) <= 6, "{}", asked(&world.faults(), PODS));
        }
    });
}

#[test]
fn f29_streaming_lists_that_are_refused_or_never_end() {
    for fault in [
        status(422, None),
        Fault::StallAfter { bytes: 0 },
        Fault::StallAfter { bytes: 2_000 },
    ] {
        run(async {
            let demo = still();
            let board = demo.faults();
            let mut show = Show::begin(Source::Demo(demo), &Opening::at("pods"));
            let id = board.add(matcher(PODS, Some(true), Some(1)), fault.clone());
            show.until("pods 42", Duration::from_secs(20)).await;
            show.until("live", Duration::from_secs(20)).await;
            assert!(board.hits(id) == 1 || fault != status(422, None), "{fault:?}");
        });
    }
}

/// A keyboard in a test.
struct Keys(mpsc::Receiver<Vec<Msg>>);

impl Input for Keys {
    async fn next(&mut self) -> Option<Vec<Msg>> {
        self.0.recv().await
    }
    fn close(&mut self) {}
    fn open(&mut self) {}
}

/// When a frame was drawn, and what it showed.
type Frames = Rc<RefCell<Vec<(Duration, Vec<String>)>>>;

struct Screen {
    terminal: Terminal<TestBackend>,
    frames: Frames,
    began: Instant,
}

impl Surface for Screen {
    fn is_free(&self) -> bool {
        true
    }
    async fn freed(&self) {}
    fn draw(&mut self, render: &mut dyn FnMut(&mut ratatui::Frame)) -> io::Result<()> {
        let Ok(frame) = self.terminal.draw(|frame| render(frame));
        let lines = text_of(frame.buffer);
        self.frames.borrow_mut().push((self.began.elapsed(), lines));
        Ok(())
    }
    fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().resize(columns, rows);
    }
    fn forget(&mut self) {}
    fn leave(&mut self) {}
    fn enter(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn stop_process(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the real loop on this world while somebody types: pauses in milliseconds, and keys.
async fn looped(demo: Demo, line: &str, script: &[(u64, &str)]) -> Vec<(Duration, Vec<String>)> {
    let source = Source::Demo(demo);
    let opening = Opening {
        size: (120, 36),
        ..Opening::at(line)
    };
    let (setup, clock) = setting(&opening, &source);
    let (engine, messages) = hub(source);
    let frames = Frames::default();
    let surface = Screen {
        terminal: Terminal::new(TestBackend::new(120, 36)).unwrap(),
        frames: frames.clone(),
        began: Instant::now(),
    };
    let (type_in, typed) = mpsc::channel(64);
    let (_signal, signals) = mpsc::channel::<Signal>(1);
    let around = Surroundings {
        input: Keys(typed),
        surface,
        engine,
        clock,
        messages,
        signals,
        linger: Duration::from_secs(60),
        frame_pause: FRAME_PAUSE,
    };
    let script: Vec<(u64, Vec<Chord>)> = script
        .iter()
        .map(|(pause, keys)| (*pause, parse_keys(keys).unwrap()))
        .collect();
    let hands = async move {
        for (pause, keys) in script {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            for key in keys {
                type_in.send(vec![Msg::Key(key)]).await.unwrap();
            }
        }
        type_in
            .send(vec![Msg::Key(parse_keys("<ctrl-c>").unwrap()[0])])
            .await
            .unwrap();
        // The loop ends first.
        std::future::pending::<()>().await;
    };
    let mut model = Model::new(setup);
    tokio::select! {
        _ = run_loop::run(&mut model, around) => {}
        () = hands => {}
    }
    frames.take()
}

#[test]
fn f24_churn_draws_no_more_than_thirty_frames_a_second() {
    run(async {
        let demo = Demo::new(DemoOptions {
            pods: Some(500),
            churn: Some(1_000.0),
            ..DemoOptions::default()
        });
        let frames = looped(demo, "pods -A", &[(3_000, "j"), (2_000, "G")]).await;
        let (from, to) = (Duration::from_secs(3), Duration::from_secs(5));
        let within: Vec<_> = frames.iter().filter(|(at, _)| *at > from && *at <= to).collect();
        assert!(within.len() <= 62, "{} frames in two seconds", within.len());
        assert!(within.len() >= 2, "things happen and nothing is drawn");
        // A key is answered at once.
        assert!(
            frames.iter().any(|(at, _)| *at == from),
            "no frame at the moment of the key"
        );
        let changed = within.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
        assert!(changed > 0, "nothing changed on the screen");
    });
}

#[test]
fn nothing_is_drawn_while_nothing_changes() {
    run(async {
        let frames = looped(still(), "ns", &[(60_000, "")]).await;
        let late = frames.iter().filter(|(at, _)| *at > Duration::from_secs(10)).count();
        assert!(late <= 5, "{late} frames in fifty quiet seconds");
    });
}

#[test]
fn keys_are_answered_by_the_loop_while_a_list_hangs() {
    run(async {
        let demo = still();
        demo.faults().add(matcher(MAPS, None, None), Fault::Hang);
        let frames = looped(demo, "cm", &[(2_000, "?"), (1_000, "<esc>:pods<enter>"), (1_000, "")]).await;
        let at = |text: &str| {
            let found = frames
                .iter()
                .find(|(_, lines)| lines.iter().any(|line| line.contains(text)));
            found
                .map(|(at, _)| *at)
                .unwrap_or_else(|| panic!("no {text} in any frame"))
        };
        assert_eq!(at("Help"), Duration::from_secs(2));
        assert!(at("cart-c8c848986-7qmzg") < Duration::from_millis(3_500));
    });
}

/// A small generator: xorshift.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

/// Four monkeys press a hundred thousand keys between them.
#[test]
fn a_monkey_at_the_keyboard_changes_nothing_in_the_cluster() {
    monkey(0x5eed_0f5a);
}

#[test]
fn a_second_monkey_changes_nothing_either() {
    monkey(0x00dd_ba11);
}

#[test]
fn a_third_monkey_changes_nothing_either() {
    monkey(0x00c0_ffee);
}

#[test]
fn a_fourth_monkey_changes_nothing_either() {
    monkey(0x0ca5_cade);
}

fn monkey(seed: u64) {
    let presses: usize = std::env::var("MONKEY")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(25_000);
    run(async {
        let demo = still();
        let board = demo.faults();
        let mut show = Show::of(
            Source::Demo(demo),
            &Opening {
                size: (100, 30),
                ..Opening::at("pods")
            },
        )
        .await;
        let mut keys: Vec<Chord> = (' '..='~')
            .filter(|key| *key != '<')
            .map(|key| parse_keys(&key.to_string()).unwrap()[0])
            .collect();
        let named = "<lt><esc><enter><tab><shift-tab><space><up><down><left><right><home><end><pageup><pagedown><backspace><delete><f1><f5>\
            <ctrl-a><ctrl-b><ctrl-d><ctrl-e><ctrl-f><ctrl-l><ctrl-n><ctrl-p><ctrl-r><ctrl-s><ctrl-t><ctrl-u><ctrl-w><ctrl-z><ctrl-space><alt-b><alt-f>";
        // Letters fill prompts; what moves on is pressed more often, so that the monkey gets about.
        for _ in 0..4 {
            keys.extend(parse_keys("<esc><enter><down><tab>:?m/").unwrap());
        }
        keys.extend(parse_keys(named).unwrap());
        let mut dice = Dice(seed);
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for press in 0..presses {
            let key = keys[dice.roll(keys.len())];
            show.press_chord(key);
            if press % 50 == 0 {
                show.step(Duration::from_millis(20)).await;
            }
            if press % 500 == 0 {
                while show.step(Duration::from_millis(5)).await {}
                let lines = show.lines();
                // Kinds and screens stand in the header as plain words; names and counts do not.
                let words = lines[0].split_whitespace().skip(1).take(6);
                seen.extend(
                    words
                        .filter(|word| word.chars().all(char::is_alphabetic))
                        .map(str::to_owned),
                );
            }
        }
        // Esc never quits: only ctrl-c, q with its question, and lines that say so do.
        show.asked();
        for _ in 0..200 {
            show.press("<esc>");
        }
        assert!(!show.asked().contains(&Effect::Quit));
        for ((method, path), _) in board.asked() {
            let review =
                method == "POST" && path.starts_with("/apis/authorization.k8s.io/") && path.ends_with("reviews");
            assert!(matches!(method.as_str(), "GET" | "HEAD") || review, "{method} {path}");
        }
        assert!(seen.len() > 6, "the monkey did not get about: {seen:?}");
    });
}

/// Code points that must never reach a terminal from cluster text.
fn is_forbidden(letter: char) -> bool {
    let code = u32::from(letter);
    letter.is_control()
        || matches!(code,
            0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200c | 0x200e..=0x200f
            | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0e | 0xfeff | 0xffa0 | 0xfff9..=0xfffb
            | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff | 0xe000..=0xf8ff
            | 0xfdd0..=0xfdef | 0xf0000..=0x0010_ffff)
        || code & 0xfffe == 0xfffe
}

/// Strings that attack a terminal, a reader or a layout.
fn hostile() -> Vec<String> {
    let mut strings: Vec<String> = Vec::new();
    let singles = (0u32..0x20)
        .chain(0x7f..0xa0)
        .chain([
            0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xfeff, 0xffa0,
        ])
        .chain(0x180b..=0x180f)
        .chain(0x200b..=0x200f)
        .chain(0x2028..=0x202e)
        .chain(0x2060..=0x206f)
        .chain(0xfe00..=0xfe0f)
        .chain(0xfff9..=0xffff)
        .chain(0xfdd0..=0xfdd3)
        .chain(0x13430..=0x13433)
        .chain(0x1bca0..=0x1bca3)
        .chain(0x1d173..=0x1d17a)
        .chain([
            0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef, 0xe000, 0xf8ff, 0xf0000, 0x10fffd, 0x1fffe,
        ]);
    strings.extend(singles.filter_map(char::from_u32).map(|letter| format!("a{letter}b")));
    for sequence in [
        "\u{1b}[2J",
        "\u{1b}[31m",
        "\u{1b}]0;title\u{7}",
        "\u{1b}]52;c;cm0gLXJm\u{7}",
        "\u{1b}]8;;http://x\u{1b}\\link",
        "\u{1b}P1$r\u{1b}\\",
        "\u{1b}_Gf=24\u{1b}\\",
        "\u{1b}c",
        "\u{1b}(0",
        "\u{1b}[?1049l",
        "\u{1b}[6n",
        "\u{1b}[c",
        "\u{9b}2J",
        "\u{9d}0;t\u{9c}",
        "\u{90}q\u{9c}",
        "\r\nFAKE",
        "line\nbreak",
        "tab\tbed",
        "back\u{8}\u{8}\u{8}",
        "\u{202e}gnp.exe",
        "a\u{2066}b\u{2069}",
        "<script>",
        "%s%n",
        "{{.}}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{1f1ea}\u{1f1f8}",
        "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}",
        "漢字仮名",
        "ｶﾀｶﾅ",
        "עברית",
        "العربية",
        "\u{fffd}",
        "👩🏽‍🚀",
        "☺️",
        "⚠\u{fe0f}",
        "A\u{fe0e}",
        "\u{0e33}",
        "ก็็็็็็็็",
    ] {
        strings.push(sequence.to_owned());
    }
    strings.push("z".to_owned() + &"\u{300}".repeat(200));
    strings.push("x".repeat(5_000));
    strings.push("漢".repeat(3_000));
    strings.push(" ".repeat(300));
    strings
}

#[test]
fn hostile_text_never_reaches_the_screen() {
    let strings = hostile();
    assert!(strings.len() >= 200, "{}", strings.len());
    run(async {
        let demo = still();
        // Wherever a server lets one write free text: annotations and labels are checked by it, messages are not.
        for (number, text) in strings.iter().enumerate() {
            let event = json!({"metadata": {"name": format!("hostile-{number:03}"), "namespace": "shop", "labels": {"label": text, "app": format!("{text}!")}},
                "involvedObject": {"kind": "Pod", "name": text, "namespace": "shop", "fieldPath": text}, "reason": text, "message": text, "type": "Warning",
                "source": {"component": text, "host": text}, "firstTimestamp": "2026-11-20T17:00:00Z", "lastTimestamp": "2026-11-20T17:20:00Z", "count": 3});
            assert_eq!(
                request(&demo, "POST", "/api/v1/namespaces/shop/events", Some(event))
                    .await
                    .0,
                201
            );
            let site = json!({"apiVersion": "example.portolan.dev/v1", "kind": "Website", "metadata": {"name": format!("hostile-{number:03}"), "labels": {"label": text}},
                "spec": {"host": text, "replicas": 1}});
            let _ = request(
                &demo,
                "POST",
                "/apis/example.portolan.dev/v1/namespaces/shop/websites",
                Some(site),
            )
            .await;
            if number % 4 == 0 {
                let pod = json!({"metadata": {"name": format!("hostile-{number:03}"), "namespace": "shop", "labels": {"label": text}},
                    "spec": {"nodeName": text, "containers": [{"name": text, "image": text, "ports": [{"name": text, "containerPort": 1}]}], "serviceAccountName": text},
                    "status": {"phase": text, "reason": text, "podIP": text, "qosClass": text,
                        "containerStatuses": [{"name": text, "ready": false, "restartCount": 1, "image": text, "state": {"waiting": {"reason": text, "message": text}}}]}});
                assert_eq!(request(&demo, "POST", PODS, Some(pod)).await.0, 201);
            }
        }
        let lines = ["events", "pods", "websites", "events,pods,websites"];
        let keys = [
            "",
            "w",
            "T",
            "w<right><right><right><right><right><right>",
            "<ctrl-t>",
            "S",
            "gl",
            "G",
            "/hostile",
            "m",
        ];
        let mut checked = 0;
        for line in lines {
            let mut show = Show::of(
                Source::Demo(demo.clone()),
                &Opening {
                    size: (200, 60),
                    ..Opening::at(line)
                },
            )
            .await;
            assert!(show.has("hostile") || show.has("live"), "{line}:\n{}", show.text());
            for keys in keys {
                show.keys(keys).await;
                for _page in 0..7 {
                    for size in [(200, 60), (80, 24), (33, 9)] {
                        let frame = show.resize(size.0, size.1);
                        for cell in frame.content() {
                            let bad = cell.symbol().chars().find(|letter| is_forbidden(*letter));
                            // Variation selector 16 and the joiner stand inside emoji only.
                            assert!(bad.is_none(), "{line} {keys}: {:?} in {:?}", bad, cell.symbol());
                            assert!(
                                cell.symbol().chars().count() <= 12,
                                "{line} {keys}: {:?}",
                                cell.symbol()
                            );
                            checked += 1;
                        }
                    }
                    show.resize(200, 60);
                    if !keys.is_empty() {
                        break;
                    }
                    show.keys("<pagedown>").await;
                }
                show.keys("<esc><esc>").await;
            }
            // A copy is raw, as it must be; the clipboard's encoding keeps it apart from the terminal.
            show.asked();
        }
        assert!(checked > 100_000);
    });
}
