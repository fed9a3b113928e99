//! What containers write: a believable second of a shop, from the seed, the pod, the container and the second alone.

use super::{End, Span};
use crate::demo::clock::rfc3339;
use crate::demo::rng::{Rng, hash, mix};
use serde_json::{Value, json};

/// How a program logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Json,
    Logfmt,
    Klog,
    Access,
    Plain,
}

/// A container that writes.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub container: String,
    app: String,
    style: Style,
    /// So many numbered lines a second instead.
    pub(super) flood: Option<u32>,
    version: String,
    salt: u64,
    /// Trouble comes over all pods of an application at once.
    trouble: u64,
    busy: bool,
    job: bool,
}

/// A burst of errors begins every so many seconds …
const BURSTS: i64 = 420;
/// … and lasts so long.
const BURST: i64 = 25;

const PATHS: [&str; 8] = [
    "/api/v1/cart",
    "/api/v1/products?page=2",
    "/api/v1/checkout",
    "/healthz",
    "/api/v1/search?q=sextant",
    "/static/app.4f1c.js",
    "/api/v1/orders/81723",
    "/",
];
const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15",
    "kube-probe/1.34",
];

impl Source {
    pub(super) fn new(seed: u64, pod: &Value, container: &Value) -> Source {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let labels = &pod["metadata"]["labels"];
        let (name, image) = (text(&container["name"]), text(&container["image"]));
        let app = ["app.kubernetes.io/name", "app", "component", "job-name"]
            .iter()
            .find_map(|key| labels[*key].as_str())
            .unwrap_or(&name)
            .to_owned();
        let place = format!(
            "{}/{}/{name}",
            text(&pod["metadata"]["namespace"]),
            text(&pod["metadata"]["name"])
        );
        let namespace = text(&pod["metadata"]["namespace"]);
        let style = match image.as_str() {
            image if image.contains("envoy") || image.contains("nginx") => Style::Access,
            image if image.starts_with("registry.k8s.io") || image.contains("csi") || image.contains("calico") => {
                Style::Klog
            }
            image if image.starts_with("registry.shop.example") && namespace == "payments" => Style::Logfmt,
            image if image.starts_with("registry.shop.example") || image.starts_with("registry.load") => Style::Json,
            image if image.contains("prometheus") || image.contains("grafana") || image.contains("argoproj") => {
                Style::Logfmt
            }
            _ => Style::Plain,
        };
        Source {
            busy: matches!(namespace.as_str(), "shop" | "payments" | "platform"),
            job: pod["metadata"]["ownerReferences"][0]["kind"] == "Job",
            version: image.rsplit(':').next().unwrap_or_default().to_owned(),
            salt: mix(seed ^ hash(&place)),
            trouble: mix(seed ^ hash(&app)),
            container: name,
            app,
            style,
            flood: None,
        }
    }

    /// The lines of one second of a run, with their unix nanoseconds. The last second of a run says why it ended.
    pub(super) fn second(&self, span: &Span, second: i64) -> Vec<(i64, String)> {
        let mut rng = Rng::new(self.salt ^ mix(second as u64));
        let mut lines: Vec<String> = Vec::new();
        match span.end {
            Some(end) if second > end.at => return Vec::new(),
            Some(end) if second == end.at => self.last_words(&mut rng, second, span, end, &mut lines),
            _ if second < span.start => return Vec::new(),
            _ if second == span.start => self.first_words(second, &mut lines),
            _ if self.flood.is_some() => {
                let count = i64::from(self.flood.unwrap_or_default());
                lines.extend((second * count..(second + 1) * count).map(|number| {
                    format!("{number:016} GET /api/v1/carts/4711 200 took=3ms client=10.0.3.17 agent=probe/1.0")
                }));
            }
            _ => {
                let calm = match self.style {
                    Style::Access if self.busy => rng.below(4),
                    Style::Json | Style::Access => rng.below(3),
                    Style::Logfmt => rng.below(2),
                    _ => u64::from(rng.below(4) == 0),
                };
                let burst = (second + (self.trouble % BURSTS as u64) as i64).rem_euclid(BURSTS) < BURST && self.busy;
                for _ in 0..calm + if burst { rng.below(4) } else { 0 } {
                    self.line(&mut rng, second, burst, &mut lines);
                }
            }
        }
        let step = 1_000_000_000 / (lines.len() as i64 + 1);
        (1..)
            .zip(lines)
            .map(|(at, line)| {
                (
                    second * 1_000_000_000 + at * step + rng.below(step as u64 / 2) as i64,
                    line,
                )
            })
            .collect()
    }

    fn say(&self, rng: &mut Rng, second: i64, level: &str, message: &str, fields: &[(&str, String)]) -> String {
        let milliseconds = format!("{}.{:03}Z", rfc3339(second).trim_end_matches('Z'), rng.below(1000));
        let joined = |quote: bool| {
            fields.iter().fold(String::new(), |text, (key, value)| {
                let quote = if quote && value.contains(' ') { "\"" } else { "" };
                text + &format!(" {key}={quote}{value}{quote}")
            })
        };
        match self.style {
            Style::Json => {
                let mut line = json!({"time": milliseconds, "level": level, "msg": message, "service": self.app});
                for (key, value) in fields {
                    line[*key] = value.parse::<i64>().map_or_else(|_| value.as_str().into(), Value::from);
                }
                line.to_string()
            }
            Style::Logfmt => {
                format!(
                    "ts={milliseconds} level={level} msg=\"{message}\" component={}{}",
                    self.container,
                    joined(true)
                )
            }
            Style::Klog => {
                let day = milliseconds.get(5..10).unwrap_or_default().replace('-', "");
                let time = milliseconds.get(11..23).unwrap_or_default();
                let letter = level.get(..1).unwrap_or("I").to_ascii_uppercase();
                format!(
                    "{letter}{day} {time}000       1 controller.go:{}] \"{message}\"{}",
                    80 + rng.below(400),
                    joined(true)
                )
            }
            Style::Access | Style::Plain => {
                let time = milliseconds.replace('T', " ").replace('Z', "");
                format!(
                    "{time} [{:<5}] {}: {message}{}",
                    level.to_ascii_uppercase(),
                    self.app,
                    joined(false)
                )
            }
        }
    }

    fn line(&self, rng: &mut Rng, second: i64, burst: bool, lines: &mut Vec<String>) {
        let chance = rng.below(100);
        let bad = chance < if burst { 55 } else { 2 };
        let trace = format!("{:016x}", rng.next());
        let took = 2 + rng.below(40) + if bad { 2000 + rng.below(3000) } else { 0 };
        let path = PATHS[rng.below(PATHS.len() as u64) as usize];
        if self.style == Style::Access {
            let status = match (bad, rng.below(20)) {
                (true, 0..10) => 502,
                (true, _) => 504,
                (_, 0) => 404,
                (_, 1) => 304,
                _ => 200,
            };
            let address = format!("10.244.{}.{}", rng.below(5), 4 + rng.below(240));
            let when = rfc3339(second);
            let (day, time) = (
                when.get(8..10).unwrap_or_default(),
                when.get(11..19).unwrap_or_default(),
            );
            let agent = AGENTS[rng.below(3) as usize];
            lines.push(format!(
                "{address} - - [{day}/Nov/2026:{time} +0000] \"GET {path} HTTP/1.1\" {status} {} \"-\" \"{agent}\" {:.3}",
                180 + rng.below(9000),
                took as f64 / 1000.0
            ));
            return;
        }
        if bad {
            let fields = [
                ("trace_id", trace),
                ("took_ms", took.to_string()),
                ("upstream", "payments-api:8443".to_owned()),
            ];
            lines.push(self.say(
                rng,
                second,
                "error",
                "request failed: context deadline exceeded",
                &fields,
            ));
            if self.style == Style::Plain && chance < 30 {
                lines.extend(
                    [
                        "java.util.concurrent.TimeoutException: no answer within 5000 ms",
                        "\tat example.shop.client.Call.await(Call.java:214)",
                        "\tat example.shop.worker.Batch.run(Batch.java:88)",
                        "\tat java.base/java.lang.Thread.run(Thread.java:1583)",
                        "Caused by: java.net.SocketTimeoutException: Read timed out",
                        "\t... 3 more",
                    ]
                    .map(str::to_owned),
                );
            }
            return;
        }
        if chance < 7 {
            let fields = [("attempt", (1 + rng.below(3)).to_string()), ("trace_id", trace)];
            lines.push(self.say(rng, second, "warn", "slow answer, trying again", &fields));
            return;
        }
        let message = match (self.style, rng.below(4)) {
            (Style::Klog, 0) => "Reconcile finished",
            (Style::Klog, 1) => "Lease renewed",
            (Style::Klog, _) => "Synced",
            (Style::Plain, 0) => "checkpoint complete",
            (Style::Plain, _) => "batch written",
            (_, 0) => "cache refreshed",
            (_, 1) => "order accepted",
            _ => "request served",
        };
        let fields = [
            ("path", path.to_owned()),
            ("status", "200".to_owned()),
            ("took_ms", took.to_string()),
            ("trace_id", trace),
        ];
        let fields = if message == "request served" {
            &fields[..]
        } else {
            &fields[2..]
        };
        lines.push(self.say(rng, second, "info", message, fields));
    }

    fn first_words(&self, second: i64, lines: &mut Vec<String>) {
        let mut rng = Rng::new(self.salt ^ 1);
        let version = [("version", self.version.clone())];
        lines.push(self.say(&mut rng, second, "info", &format!("starting {}", self.app), &version));
        lines.push(self.say(
            &mut rng,
            second,
            "info",
            "configuration read",
            &[("file", "/etc/app/config.yaml".to_owned())],
        ));
        if !self.job {
            lines.push(self.say(
                &mut rng,
                second,
                "info",
                "listening",
                &[("address", "[::]:8080".to_owned())],
            ));
        }
    }

    fn last_words(&self, rng: &mut Rng, second: i64, span: &Span, end: End, lines: &mut Vec<String>) {
        match (end.code, end.killed_for_memory) {
            (_, true) => {
                // The kernel leaves no time for words.
                let heap = [("heap_mb", "509".to_owned()), ("limit_mb", "512".to_owned())];
                lines.push(self.say(rng, second, "warn", "heap grows towards the limit", &heap));
                lines.push(self.say(rng, second, "info", "loading model", &[("items", "184223".to_owned())]));
            }
            (0, _) => {
                let took = [("took_s", (end.at - span.start).to_string())];
                lines.push(self.say(rng, second, "info", "done", &took));
            }
            (137 | 143, _) => lines.push(self.say(rng, second, "info", "received SIGTERM, finishing requests", &[])),
            (code, _) if self.job => {
                let fields = [("exit_code", code.to_string())];
                lines.push(self.say(
                    rng,
                    second,
                    "error",
                    "the destination refused the upload: quota exceeded",
                    &fields,
                ));
            }
            _ => {
                let fields = [("address", "postgres-rw.data:5432".to_owned())];
                lines.push(self.say(rng, second, "error", "cannot reach the database", &fields));
                lines.extend(
                    [
                        "panic: dial tcp: lookup postgres-rw.data on 10.96.0.10:53: no such host",
                        "",
                        "goroutine 1 [running]:",
                        "main.mustConnect(0xc0000b6000)",
                        "\t/src/cmd/server/main.go:87 +0x1d2",
                        "main.main()",
                        "\t/src/cmd/server/main.go:41 +0x8e",
                    ]
                    .map(str::to_owned),
                );
            }
        }
    }
}
