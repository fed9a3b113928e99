//! A small harness: best of several runs, ratios against a floor measured in the same run, limits on ratios alone. Times
//! are those that this thread ran, so that what else the machine does counts as little as possible.

use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Duration;

/// The figures of one run.
#[derive(Default)]
pub struct Report {
    lines: Vec<Line>,
    wanted: Option<String>,
}

struct Line {
    name: String,
    figure: String,
    /// Ratio, its limit, and to what it is one.
    ratio: Option<(f64, f64, &'static str)>,
}

impl Report {
    /// A report of the measurements whose name contains `wanted`, or of all.
    pub fn new(wanted: Option<String>) -> Report {
        Report {
            lines: Vec::new(),
            wanted,
        }
    }

    /// Whether anything of this group is wanted.
    pub fn wants(&self, group: &str) -> bool {
        self.wanted.as_deref().is_none_or(|wanted| group.contains(wanted))
    }

    /// A figure without a limit.
    pub fn say(&mut self, name: impl Into<String>, figure: impl Into<String>) {
        self.push(Line {
            name: name.into(),
            figure: figure.into(),
            ratio: None,
        });
    }

    /// A figure whose ratio to a floor (or to another figure) is limited.
    pub fn compare(
        &mut self,
        name: impl Into<String>,
        figure: impl Into<String>,
        ratio: f64,
        limit: f64,
        to: &'static str,
    ) {
        self.push(Line {
            name: name.into(),
            figure: figure.into(),
            ratio: Some((ratio, limit, to)),
        });
    }

    fn push(&mut self, line: Line) {
        let verdict = match line.ratio {
            None => String::new(),
            Some((ratio, limit, to)) => {
                let word = if ratio <= limit { "ok" } else { "OVER" };
                format!("{ratio:>8.2} × {to}  (limit {limit:.1})  {word}")
            }
        };
        println!("{:<46} {:>22}  {verdict}", line.name, line.figure);
        self.lines.push(line);
    }

    /// The names of what is over its limit.
    pub fn over(&self) -> Vec<&str> {
        let over = |line: &&Line| line.ratio.is_some_and(|(ratio, limit, _)| ratio > limit);
        self.lines.iter().filter(over).map(|line| line.name.as_str()).collect()
    }
}

/// How long this thread has run.
fn ran() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// How long this thread runs for something.
pub fn timed<T>(run: impl FnOnce() -> T) -> Duration {
    let began = ran();
    black_box(run());
    ran() - began
}

/// The shortest of `runs` runs.
pub fn best<T>(runs: usize, mut run: impl FnMut() -> T) -> Duration {
    (0..runs).map(|_| timed(&mut run)).min().unwrap_or_default()
}

/// The shortest of `runs` runs, each on something prepared outside the time.
pub fn best_on<S, T>(runs: usize, mut prepare: impl FnMut() -> S, mut run: impl FnMut(&mut S) -> T) -> Duration {
    (0..runs)
        .map(|_| {
            let mut state = prepare();
            timed(|| run(&mut state))
        })
        .min()
        .unwrap_or_default()
}

/// The median and the 99th of a hundred of these times.
pub fn quantiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).copied();
    (at(50).unwrap_or_default(), at(99).unwrap_or_default())
}

/// A time per unit, in words.
pub fn per(time: Duration, units: usize, unit: &str) -> String {
    let nanos = time.as_nanos() as f64 / units.max(1) as f64;
    match nanos {
        nanos if nanos < 1e3 => format!("{nanos:.0} ns{unit}"),
        nanos if nanos < 1e6 => format!("{:.2} µs{unit}", nanos / 1e3),
        nanos => format!("{:.2} ms{unit}", nanos / 1e6),
    }
}

/// Megabytes a second.
pub fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9)
}

/// A quotient of times.
pub fn times(time: Duration, floor: Duration) -> f64 {
    time.as_secs_f64() / floor.as_secs_f64().max(1e-9)
}

/// What this process holds of the memory, in bytes.
pub fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kilobytes.unwrap_or_default() * 1024
}
