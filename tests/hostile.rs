//! Hostile text in everything a cluster can say, and what is written to the terminal for it, byte by byte against a list of
//! what may be written: five hundred strings made of control characters, escape sequences, characters that turn lines
//! round, hide or pile up. What is not on the list fails, whatever it is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

#[path = "support/show.rs"]
mod show;

use portolan::demo::{Fault, Matcher};
use portolan::msg::{Generation, LogBatch, LogEvent, LogLine, Msg};
use portolan::runtime::frame::FrameBackend;
use portolan::runtime::hub::Source;
use portolan::want::Want;
use ratatui::Terminal;
use serde_json::{Map, Value, json};
use show::{Opening, Show, run, still, text_of};
use std::collections::BTreeSet;
use std::sync::Arc;

const COUNT: usize = 500;
const SIZE: (u16, u16) = (200, 60);

/// What a terminal would obey, hide, or draw where it should not. Each is put together with others.
const POISON: &[&str] = &[
    "\0",
    "\u{1}",
    "\u{7}",
    "\u{8}\u{8}\u{8}",
    "\t\t",
    "\n",
    "\r\n",
    "\rroot@host:~# ",
    "\u{b}",
    "\u{c}",
    "\u{e}",
    "\u{f}",
    "\u{1a}",
    "\u{1b}",
    "\u{1c}",
    "\u{7f}",
    "\u{80}",
    "\u{84}",
    "\u{85}",
    "\u{8d}",
    "\u{90}q\u{9c}",
    "\u{9b}31m",
    "\u{9b}2J",
    "\u{9d}0;title\u{9c}",
    "\u{9e}x\u{9c}",
    "\u{9f}x\u{9c}",
    "\u{98}x\u{9c}",
    "\u{1b}[31m",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[1;1H",
    "\u{1b}[?1049l",
    "\u{1b}[?25l",
    "\u{1b}[6n",
    "\u{1b}[c",
    "\u{1b}[>c",
    "\u{1b}[=c",
    "\u{1b}[5;10r",
    "\u{1b}[?1003h",
    "\u{1b}[200~",
    "\u{1b}[21t",
    "\u{1b}[!p",
    "\u{1b}[999999999999999999C",
    "\u{1b}[31",
    "\u{1b}c",
    "\u{1b}7\u{1b}8",
    "\u{1b}(0",
    "\u{1b}#8",
    "\u{1b}=",
    "\u{1b}%G",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]2;title\u{1b}\\",
    "\u{1b}]52;c;Y3VybCBldmlsfHNo\u{7}",
    "\u{1b}]52;c;?\u{1b}\\",
    "\u{1b}]8;;http://evil.example\u{1b}\\here\u{1b}]8;;\u{1b}\\",
    "\u{1b}]4;1;?\u{7}",
    "\u{1b}]1337;File=inline=1:AAAA\u{7}",
    "\u{1b}]777;notify;a;b\u{7}",
    "\u{1b}]no end",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}P$q\"p\u{1b}\\",
    "\u{1b}P1000p",
    "\u{1b}_Gi=31,s=1;AAAA\u{1b}\\",
    "\u{1b}^pm\u{1b}\\",
    "\u{1b}Xsos\u{1b}\\",
    "\u{1b}\u{1b}[31m",
    "\u{1b}\u{9b}31m",
    "\u{61c}",
    "\u{200e}",
    "\u{200f}",
    "\u{202a}",
    "\u{202b}",
    "\u{202c}",
    "\u{202d}",
    "\u{202e}gpj.exe",
    "\u{2066}",
    "\u{2067}",
    "\u{2068}",
    "\u{2069}",
    "\u{206a}\u{206f}",
    "\u{ad}",
    "\u{34f}",
    "\u{115f}\u{1160}",
    "\u{17b4}\u{17b5}",
    "\u{180b}\u{180e}\u{180f}",
    "\u{200b}",
    "\u{200c}",
    "\u{200d}",
    "\u{2028}",
    "\u{2029}",
    "\u{2060}\u{2061}\u{2064}",
    "\u{3164}",
    "\u{fe00}",
    "\u{fe0f}",
    "\u{feff}",
    "\u{ffa0}",
    "\u{fff9}x\u{fffa}y\u{fffb}",
    "\u{13430}\u{1343f}",
    "\u{1bca0}\u{1bca3}",
    "\u{1d173}\u{1d17a}",
    "\u{e0001}\u{e0061}\u{e007f}",
    "\u{e0100}\u{e01ef}",
    "\u{e0fff}",
    "\u{fdd0}\u{fdef}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{1fffe}",
    "\u{10ffff}",
    "\u{e000}\u{f8ff}",
    "\u{f0000}",
    "\u{10fffd}",
    "\u{fffd}",
    "e\u{301}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{301}\u{302}\u{303}",
    "\u{20dd}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "\u{1f468}\u{200d}\u{200d}\u{200d}",
    "\u{2764}\u{fe0f}",
    "\u{1f1e9}\u{1f1ea}",
    "\u{1f1e9}",
    "\u{754c}",
    "\u{ff76}\u{ff9e}",
    "\u{5d0}\u{5d1}",
    "\u{627}\u{644}",
    "\u{fdfa}",
    "%s%n",
    "$(reboot)",
    "`reboot`",
    "[red]x[-]",
    "{{.}}",
    "\\u001b[31m",
    "\\x1b[31m",
    "&#27;[31m",
];

/// The hostile strings: each begins with `h123h`, by which it is found on the screen.
fn strings() -> Vec<String> {
    let piece = |at: usize| POISON[at % POISON.len()];
    (0..COUNT)
        .map(|n| {
            let mark = format!("h{n:03}h");
            match n % 10 {
                // Each alone, most of all.
                0..=3 => format!("{mark}{}end", piece(n / 10 * 4 + n % 10)),
                4 | 5 => format!("{mark}{}{}", piece(n * 7), piece(n * 13 + 5)),
                6 => format!("{mark}{}a{}b{}", piece(n * 3 + 1), piece(n * 5 + 2), piece(n * 11 + 3)),
                7 => format!("{mark}{}", piece(n * 17).repeat(40)),
                8 => format!("{mark}{}{}", "x".repeat(n % 60), piece(n * 19)),
                _ => format!("{mark}{}{}", piece(n * 23), "long ".repeat(1 + (n % 7) * 200)),
            }
        })
        .collect()
}

/// What is wrong with bytes that are written to the terminal; nothing when all is on the list. The list is this function.
fn check(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("no UTF-8: {error}"))?;
    let mut rest = text;
    let mut run = String::new();
    while let Some(letter) = rest.chars().next() {
        if letter != '\u{1b}' {
            run.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        check_text(&std::mem::take(&mut run))?;
        let sequence = rest
            .strip_prefix("\u{1b}[")
            .ok_or_else(|| format!("ESC at {:?}", &first(rest, 12)))?;
        let end = sequence
            .find(|letter: char| ('@'..='~').contains(&letter))
            .ok_or("a sequence without an end")?;
        let (numbers, last) = (&sequence[..end], &sequence[end..=end]);
        let plain = numbers
            .split(';')
            .all(|number| number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit()));
        let count = numbers.split(';').count();
        let known = match last {
            "m" => plain,
            "H" => plain && count <= 2,
            "C" => plain && count == 1,
            "J" => numbers == "2",
            "h" | "l" => matches!(numbers, "?25" | "?2026"),
            _ => false,
        };
        if !known {
            return Err(format!("the sequence {:?}", first(rest, end + 3)));
        }
        rest = &sequence[end + 1..];
    }
    check_text(&run)
}

fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

/// What may stand between sequences. Written from the table of faults, not from what cleans.
fn check_text(text: &str) -> Result<(), String> {
    let letters: Vec<char> = text.chars().collect();
    let mut marks = 0;
    for (at, letter) in letters.iter().enumerate() {
        let code = u32::from(*letter);
        let bad = match code {
            0..=0x1f | 0x7f..=0x9f => "a control character",
            0x61c | 0x200e..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069 | 0x206a..=0x206f => "a turn of the line",
            0xad | 0x34f | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200c | 0x2028..=0x2029 => {
                "invisible"
            }
            0x2060..=0x2064 | 0x3164 | 0xfe00..=0xfe0e | 0xfeff | 0xffa0 | 0xfff9..=0xfffb => "invisible",
            0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff => "invisible",
            0xfdd0..=0xfdef => "a noncharacter",
            _ if code & 0xfffe == 0xfffe => "a noncharacter",
            0xe000..=0xf8ff | 0xf0000..=0x10fffd => "of private use",
            // A joiner and the sign for an emoji's look, inside an emoji alone.
            0x200d
                if !(is_emoji(before(&letters, at))
                    && letters.get(at + 1).is_some_and(|next| is_emoji(Some(*next)))) =>
            {
                "a lone joiner"
            }
            0xfe0f if !is_emoji(before(&letters, at)) => "a lone variation",
            _ => "",
        };
        if !bad.is_empty() {
            return Err(format!(
                "U+{code:04X} is {bad}, in {:?}",
                first(&text[text.char_indices().nth(at.saturating_sub(8)).unwrap().0..], 24)
            ));
        }
        let mark =
            matches!(code, 0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f);
        marks = if mark { marks + 1 } else { 0 };
        if marks > 4 {
            return Err(format!("a pile of combining marks in {:?}", first(text, 24)));
        }
    }
    Ok(())
}

fn before(letters: &[char], at: usize) -> Option<char> {
    letters[..at].iter().rev().copied().find(|letter| *letter != '\u{fe0f}')
}

fn is_emoji(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| matches!(u32::from(letter), 0x1f000..=0x1faff | 0x2600..=0x27bf | 0x2190..=0x21ff | 0x2b00..=0x2bff | 0x23 | 0x2a | 0x30..=0x39 | 0xa9 | 0xae | 0x2300..=0x23ff))
}

/// The terminal: takes the frames as the program writes them.
struct Sink {
    terminal: Terminal<FrameBackend>,
    seen: BTreeSet<usize>,
    bytes: usize,
    frames: usize,
}

impl Sink {
    fn new() -> Sink {
        Sink {
            terminal: Terminal::new(FrameBackend::new(SIZE.0, SIZE.1)).unwrap(),
            seen: BTreeSet::new(),
            bytes: 0,
            frames: 0,
        }
    }

    /// Draws what is on the screen, checks what that writes, and remembers which strings are seen.
    fn look(&mut self, show: &Show, view: &str) {
        let frame = self
            .terminal
            .draw(|frame| portolan::app::draw(show.model(), frame))
            .unwrap();
        for line in text_of(frame.buffer) {
            for piece in line.split('h') {
                if let (3, Ok(number)) = (piece.len(), piece.parse()) {
                    self.seen.insert(number);
                }
            }
        }
        if let Some(bytes) = self.terminal.backend_mut().take_frame() {
            if let Err(wrong) = check(&bytes) {
                panic!("{view}: {wrong} reaches the terminal");
            }
            self.bytes += bytes.len();
            self.frames += 1;
        }
    }

    /// Looks at every page of a view; how many of the strings it has shown.
    async fn pages(&mut self, show: &mut Show, view: &str, most: usize) -> usize {
        self.seen.clear();
        show.press("<home>");
        show.settle().await;
        for _ in 0..most {
            let before = text_of(&show.frame());
            self.look(show, view);
            show.press("<pagedown>");
            show.wait(std::time::Duration::from_millis(50)).await;
            if text_of(&show.frame()) == before {
                break;
            }
        }
        self.look(show, view);
        self.seen.len()
    }
}

/// An object with every string in its values.
fn all_in_one(strings: &[String]) -> Map<String, Value> {
    strings
        .iter()
        .enumerate()
        .map(|(n, text)| (format!("k{n:03}"), text.clone().into()))
        .collect()
}

/// A world whose objects, events, failures and conditions are made of these strings.
async fn hostile_world(strings: &[String]) -> Show {
    let show = Show::of(
        Source::Demo(still()),
        &Opening {
            size: SIZE,
            ..Opening::at("pods")
        },
    )
    .await;
    show.create(
        "/api/v1/namespaces",
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "evil"}}),
    )
    .await;
    let space = "/api/v1/namespaces/evil";
    let all = all_in_one(strings);
    show.create(
        &format!("{space}/configmaps"),
        json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "all", "annotations": all}, "data": all}),
    )
    .await;
    let (_, map) = show.request("GET", &format!("{space}/configmaps/all"), None).await;
    let uid = &map["metadata"]["uid"];
    let pod = |name: &str, text: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "evil", "labels": {"app": text},
            "annotations": {"note": text}, "finalizers": [text]},
            "spec": {"nodeName": text, "schedulerName": text, "containers": [{"name": text, "image": text, "command": [text],
                "env": [{"name": text, "value": text}, {"name": "X", "valueFrom": {"configMapKeyRef": {"name": text, "key": text}}}],
                "volumeMounts": [{"name": text, "mountPath": text}]}],
                "volumes": [{"name": text, "configMap": {"name": text}}], "tolerations": [{"key": text, "operator": "Exists"}]},
            "status": {"phase": "Running", "reason": text, "message": text, "podIP": text,
                "conditions": [{"type": "Ready", "status": "False", "reason": text, "message": text}],
                "containerStatuses": [{"name": text, "image": text, "imageID": text, "ready": false, "restartCount": 3,
                    "state": {"waiting": {"reason": text, "message": text}},
                    "lastState": {"terminated": {"exitCode": 1, "reason": text, "message": text}}}]}})
    };
    for (n, text) in strings.iter().enumerate() {
        show.create(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/evil/roles",
            json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": text, "namespace": "evil", "labels": {"a": text}}, "rules": []}),
        )
        .await;
        show.create(&format!("{space}/events"), json!({"apiVersion": "v1", "kind": "Event",
            "metadata": {"name": format!("all.{n}"), "namespace": "evil"},
            "involvedObject": {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "evil", "name": "all", "uid": uid},
            "type": if n % 2 == 0 { "Warning" } else { "Normal" }, "reason": format!("R{n}{}", &text[5..]), "message": text, "count": 1,
            "source": {"component": text}, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z"})).await;
        if n % 10 == 3 {
            show.create(&format!("{space}/pods"), pod(&format!("p{n}"), text)).await;
        }
    }
    show
}

#[test]
fn no_hostile_text_reaches_the_terminal() {
    run(async {
        let strings = strings();
        assert_eq!(
            (strings.len(), strings.iter().collect::<BTreeSet<_>>().len()),
            (COUNT, COUNT)
        );
        let mut show = hostile_world(&strings).await;
        let mut sink = Sink::new();
        let mut shown = Vec::new();
        // Lists: names, labels, messages, states. What is one of many is paged through.
        for (view, keys, least) in [
            ("role names", ":roles -n evil<enter>", COUNT),
            ("role labels", "T", COUNT),
            ("events", "T:events -n evil<enter>", COUNT),
            ("pods", ":pods -n evil<enter>", 0),
            ("pods, wide", "w", 0),
            ("pods with labels", "wT", COUNT / 10),
            ("containers", "Tgg<enter>", 0),
        ] {
            show.keys(keys).await;
            let seen = sink.pages(&mut show, view, 80).await;
            shown.push(format!("{view} {seen}"));
            assert!(
                seen >= least,
                "{view}: only {seen} of the strings were seen:\n{}",
                show.text()
            );
        }
        // One object from every side, with every change of it.
        show.keys(":cm -n evil<enter>/all<enter>d").await;
        for (view, keys, least) in [
            ("describe", "zR", 1),
            ("yaml", "yzR", COUNT),
            ("events of one", "EzR", 1),
            ("relations", "O", 0),
        ] {
            show.keys(keys).await;
            let seen = sink.pages(&mut show, view, 400).await;
            shown.push(format!("{view} {seen}"));
            // A tab without a text of its own shows nothing of anything.
            let empty = show.has("There is nothing to show here.");
            assert!(
                empty || seen >= least,
                "{view}: only {seen} of the strings were seen:\n{}",
                show.text()
            );
        }
        let turned: Vec<String> = strings.iter().rev().cloned().collect();
        let patch = json!({"data": all_in_one(&turned)});
        let (code, answer) = show
            .request("PATCH", "/api/v1/namespaces/evil/configmaps/all", Some(patch))
            .await;
        assert_eq!(code, 200, "{answer}");
        show.keys("HzR").await;
        let seen = sink.pages(&mut show, "history", 400).await;
        shown.push(format!("history {seen}"));
        assert!(
            seen >= 150,
            "history: only {seen} of the strings were seen:\n{}",
            show.text()
        );
        show.keys("<esc>").await;
        // Every pod as a detail, in the side pane, and its log.
        show.keys(":pods -n evil<enter>").await;
        show.keys("i").await;
        for turn in 0..50 {
            show.keys("j").await;
            show.wait(std::time::Duration::from_millis(200)).await;
            show.settle().await;
            sink.look(&show, "side pane");
            if turn % 10 == 0 {
                for tab in ["y", "E", "O", "H", "d"] {
                    show.keys("<tab>").await;
                    show.keys(tab).await;
                    sink.look(&show, "tabs of the side pane");
                    show.keys("<esc>").await;
                }
                show.keys("l").await;
                sink.look(&show, "logs");
                show.keys("<esc>").await;
            }
        }
        show.keys("i").await;
        show.keys("ge").await;
        let seen = sink.pages(&mut show, "timeline", 80).await;
        shown.push(format!("timeline {seen}"));
        // What a container writes: plain, in JSON and in logfmt, and as bytes that are no text.
        show.keys(":pods -n shop<enter>l").await;
        let log = portolan::app::wants(show.model())
            .into_iter()
            .find_map(|want| match want {
                Want::Log(log) => Some(Arc::new(log)),
                _ => None,
            });
        let log = log.expect("the log screen wants a log");
        let mut raw: Vec<Vec<u8>> = (0..=255_u8)
            .map(|byte| vec![b'x', byte, 0xc2, byte, 0x9b, b'3', b'1', b'm'])
            .collect();
        raw.extend(strings.iter().map(|text| text.replace('\n', " ").into_bytes()));
        raw.extend(strings.iter().map(|text| {
            json!({"level": "error", "msg": text, "why": text})
                .to_string()
                .into_bytes()
        }));
        raw.extend(strings.iter().map(|text| {
            format!("level=warn msg={text:?} at={text}")
                .replace('\n', " ")
                .into_bytes()
        }));
        let mut bytes = Vec::new();
        let lines = raw.iter().zip(0_i64..).map(|(line, index)| {
            bytes.extend(line);
            LogLine {
                end: u32::try_from(bytes.len()).unwrap(),
                time: 1_800_000_000_000_000_000 + index,
                cut: false,
            }
        });
        let lines = lines.collect();
        let batch = LogBatch {
            lines,
            bytes: bytes.into(),
        };
        // Only what the start that runs now sends is taken; its number is the runtime's own.
        for generation in 1..1_000 {
            let lines = LogEvent::Lines(batch.clone());
            show.tell(Msg::Log(log.clone(), Generation(generation), lines));
            if show.has("level=warn msg=") || show.has("at=") {
                break;
            }
        }
        let seen = sink.pages(&mut show, "logs", 200).await;
        shown.push(format!("logs {seen}"));
        assert!(
            seen >= 450,
            "logs: only {seen} of the strings were seen:\n{}",
            show.text()
        );
        for keys in [
            "<enter>",
            "<esc>",
            "K",
            "<esc>",
            "J",
            "A",
            "w",
            "C",
            "<esc>",
            "&level:error<enter>",
            "<enter>",
            "<esc>",
        ] {
            show.keys(keys).await;
            sink.look(&show, "what logs can do");
        }
        show.keys("<esc>").await;
        // Typed and pasted into every prompt.
        show.keys(":roles -n evil<enter>").await;
        for open in ["/", ":", "L"] {
            for text in strings.iter().step_by(if open == "/" { 1 } else { 7 }) {
                show.press(open);
                show.paste(text);
                sink.look(&show, "prompt");
                show.press("<esc><esc>");
            }
        }
        // What a server says when it refuses: in the list, the detail, toasts and messages.
        for texts in strings.chunks(20) {
            let message = texts.join(" ");
            let fault = Fault::Status {
                code: 403,
                retry_after: None,
                message: Some(message),
            };
            let matcher = Matcher {
                path_prefix: "/apis/apps".to_owned(),
                ..Matcher::default()
            };
            let id = show.world().faults().add(matcher, fault);
            show.keys(":deploy -n evil<enter>R").await;
            sink.look(&show, "a refused list");
            show.keys(":sts -n evil<enter>R").await;
            sink.look(&show, "another");
            show.world().faults().remove(id);
        }
        // The rest of the screens.
        for keys in ["gi", "gm", "gc", "gn", ":kinds<enter>", "?", "m", ":evil", "S"] {
            show.keys(":roles -n evil<enter>").await;
            show.keys(keys).await;
            sink.pages(&mut show, keys, 20).await;
            show.keys("<esc>").await;
        }
        assert!(sink.frames > 500, "{} frames", sink.frames);
        println!(
            "{} bytes in {} frames; strings seen: {}",
            sink.bytes,
            sink.frames,
            shown.join(", ")
        );
    });
}

#[test]
fn the_list_of_what_may_be_written_lets_nothing_else_through() {
    for poison in POISON {
        // What may be written as it is: words, and letters of other scripts in their places.
        let harmless = [
            "\u{fffd}",
            "e\u{301}",
            "\u{301}\u{302}\u{303}",
            "\u{20dd}",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{2764}\u{fe0f}",
            "\u{1f1e9}\u{1f1ea}",
            "\u{1f1e9}",
            "\u{754c}",
            "\u{ff76}\u{ff9e}",
            "\u{5d0}\u{5d1}",
            "\u{627}\u{644}",
            "\u{fdfa}",
        ];
        // And what the program itself writes: colours, places, an empty screen, the cursor.
        let own = ["\u{1b}[31m", "\u{1b}[1;1H", "\u{1b}[2J\u{1b}[H", "\u{1b}[?25l"];
        let may = poison.is_ascii() && !poison.chars().any(char::is_control);
        let expected = may || harmless.contains(poison) || own.contains(poison);
        assert_eq!(
            check(format!("a{poison}b").as_bytes()).is_ok(),
            expected,
            "{poison:?}: {:?}",
            check(format!("a{poison}b").as_bytes())
        );
    }
    for raw in [&b"\x9b31m"[..], b"\xff", b"\xc0\x9b"] {
        assert!(check(raw).is_err(), "{raw:?}");
    }
    assert!(check(b"\x1b[1;1Ha\x1b[38;2;1;2;3mb\x1b[m\x1b[5C\x1b[?25h").is_ok());
}
