//! The budgets, measured: `portolan budgets` lists all pods of a server in a process of its own, without a terminal but with
//! the same model, loop and engine, presses keys, waits, and prints what it cost beside the limits.
//!
//! Times are told against what the network and the server cost alone: `curl` with the same request, or a plain request of
//! our own where curl is missing or cannot sign in. It refuses to judge what it could not measure.

mod documents;
mod floor;
mod probe;

use super::cli::ViewArgs;
use clap::Args;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What is measured, and where.
#[derive(Args, Clone, Debug)]
pub struct BudgetsArgs {
    /// Kubeconfig file to read instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig instead of its current one
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// Measure against a simulated cluster with so many pods, served by a process of its own
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["kubeconfig", "context"])]
    pub demo_pods: Option<u32>,
    /// So many changes a second among them
    #[arg(long, value_name = "PER_SECOND", requires = "demo_pods")]
    pub churn: Option<f64>,
    /// Seconds to look on while nothing is pressed
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub idle: u64,
    /// Measure long documents and logs, without a cluster: a 5 MB object as YAML, a million lines
    #[arg(long, conflicts_with_all = ["context", "demo_pods"])]
    pub documents: bool,
    /// Do the measuring in this process and print bare figures.
    #[arg(long, hide = true)]
    pub probe: bool,
}

impl BudgetsArgs {
    fn view(&self) -> ViewArgs {
        ViewArgs {
            kind: Some("pods".into()),
            all_namespaces: true,
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            ..ViewArgs::default()
        }
    }
}

/// What was found, by name.
type Figures = BTreeMap<String, f64>;

/// Measures and gives the table to print.
///
/// # Errors
/// A sentence.
pub fn run(args: &BudgetsArgs) -> Result<String, String> {
    match (args.probe, args.documents) {
        (true, true) => return documents::run(args),
        (true, false) => return probe::run(args),
        (false, true) => return measure_documents(args),
        (false, false) => {}
    }
    let mut args = args.clone();
    let server = match args.demo_pods.take() {
        Some(pods) => {
            let server = DemoServer::start(pods, args.churn)?;
            args.kubeconfig = Some(server.kubeconfig.clone());
            Some(server)
        }
        None => None,
    };
    let floor = floor::measure(&args.view())?;
    let figures = probed(&args)?;
    drop(server);
    Ok(table(&figures, &floor))
}

/// So many lines a second are sent through a socket: twice what is asked for.
const SENT: u32 = 200_000;

/// Long documents and logs, and lines from a socket: of a simulated cluster in a process of its own.
fn measure_documents(args: &BudgetsArgs) -> Result<String, String> {
    let server = DemoServer::start_with(&["--still", "--log-lines", &SENT.to_string()])?;
    let args = BudgetsArgs {
        kubeconfig: Some(server.kubeconfig.clone()),
        ..args.clone()
    };
    let figures = probed(&args)?;
    drop(server);
    Ok(document_table(&figures))
}

/// Runs the measuring process and reads its figures.
fn probed(args: &BudgetsArgs) -> Result<Figures, String> {
    let mut command = this_program()?;
    command.args(["budgets", "--probe", "--idle", &args.idle.to_string()]);
    if args.documents {
        command.arg("--documents");
    }
    if let Some(file) = &args.kubeconfig {
        command.arg("--kubeconfig").arg(file);
    }
    if let Some(context) = &args.context {
        command.arg("--context").arg(context);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("the measuring process cannot be started ({error})"))?;
    if !output.status.success() {
        return Err("the measuring process failed; what it said stands above".into());
    }
    Ok(figures(&String::from_utf8_lossy(&output.stdout)))
}

fn figures(text: &str) -> Figures {
    text.lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        })
        .collect()
}

fn this_program() -> Result<Command, String> {
    std::env::current_exe()
        .map(Command::new)
        .map_err(|error| format!("this program cannot be found again ({error})"))
}

/// The simulated cluster in a process of its own; it ends with this value.
struct DemoServer {
    process: Child,
    kubeconfig: PathBuf,
}

impl DemoServer {
    fn start(pods: u32, churn: Option<f64>) -> Result<DemoServer, String> {
        let pods = pods.to_string();
        match churn {
            Some(churn) => DemoServer::start_with(&["--pods", &pods, "--churn", &churn.to_string()]),
            // What idling costs can be seen only where nothing happens.
            None => DemoServer::start_with(&["--pods", &pods, "--still"]),
        }
    }

    fn start_with(arguments: &[&str]) -> Result<DemoServer, String> {
        let mut command = this_program()?;
        command.args(["demo", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the simulated cluster cannot be started ({error})"))?;
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            // The second line says where it serves; by then it does.
            let mut out = BufReader::new(out);
            let mut rest = String::new();
            let _ = out.read_line(&mut line).and_then(|_| out.read_line(&mut rest));
        }
        let kubeconfig = PathBuf::from(line.trim());
        let server = DemoServer { process, kubeconfig };
        if server.kubeconfig.as_os_str().is_empty() {
            return Err("the simulated cluster did not start".into());
        }
        Ok(server)
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        // It removes its kubeconfig when it is asked to end.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

/// A line of the table.
struct Budget {
    name: &'static str,
    limit: Option<f64>,
    measured: Option<f64>,
    unit: &'static str,
}

/// The budgets for so many rows. What has no limit at that size is told without one.
fn budgets(figures: &Figures, floor: &floor::Floor) -> Vec<Budget> {
    let figure = |name: &str| figures.get(name).copied();
    let rows = figure("rows").unwrap_or_default();
    let (memory, key) = match rows {
        rows if rows <= 15_000.0 => (Some(40.0), Some(16.0)),
        rows if rows <= 150_000.0 => (Some(150.0), Some(50.0)),
        _ => (None, None),
    };
    // On a short list connecting is all there is.
    let ratio = (rows >= 1_000.0).then_some(1.5);
    let share = |name: &str| Some(figure(name)? / floor.milliseconds?);
    let line = |name, limit, measured, unit| Budget {
        name,
        limit,
        measured,
        unit,
    };
    let binary = std::env::current_exe()
        .and_then(std::fs::metadata)
        .map(|file| file.len() as f64 / 1e6)
        .ok();
    vec![
        line(
            "first frame, from the start of the process",
            Some(20.0),
            figure("first_frame_ms"),
            "ms",
        ),
        line("full table of pods, from the start", None, figure("full_ms"), "ms"),
        line("the same body alone (see below)", None, floor.milliseconds, "ms"),
        line("full table ÷ body alone", ratio, share("full_ms"), "×"),
        line("list again ÷ body alone", None, share("again_ms"), "×"),
        line("peak memory, the list included", memory, figure("list_mib"), "MiB"),
        line("peak memory, listed twice", memory, figure("again_mib"), "MiB"),
        line("key to frame, cursor: median", None, figure("cursor_p50_ms"), "ms"),
        line("key to frame, cursor: p99", key, figure("cursor_p99_ms"), "ms"),
        line("key to frame, page: p99", key, figure("page_p99_ms"), "ms"),
        line("key to frame, filter typed: p99", key, figure("filter_p99_ms"), "ms"),
        line("key to frame, sort: p99", key, figure("sort_p99_ms"), "ms"),
        line(
            "bytes for a cursor move, 120×36: p99",
            Some(400.0),
            figure("cursor_bytes"),
            "B",
        ),
        line("bytes for a page, 120×36: p99", None, figure("page_bytes"), "B"),
        line("idle: share of a core", Some(1.0), figure("idle_percent"), "%"),
        line(
            "idle: bytes to the terminal a second",
            Some(0.0),
            figure("idle_bytes"),
            "B",
        ),
        line("idle: frames a second", None, figure("idle_frames"), ""),
        line("program file", Some(16.0), binary, "MB"),
    ]
}

/// The budgets of long documents and logs.
fn document_budgets(figures: &Figures) -> Vec<Budget> {
    let figure = |name: &str| figures.get(name).copied();
    let line = |name, limit, measured, unit| Budget {
        name,
        limit,
        measured,
        unit,
    };
    let key = Some(16.0);
    vec![
        line("yaml: the object as JSON", None, figure("yaml_mb"), "MB"),
        line("yaml: opened, written and drawn", None, figure("yaml_open_ms"), "ms"),
        line("yaml: a change of it taken in", None, figure("yaml_change_ms"), "ms"),
        line("yaml: memory for it", None, figure("yaml_mib"), "MiB"),
        line("yaml: cursor: median", None, figure("yaml_cursor_p50_ms"), "ms"),
        line("yaml: cursor: p99", key, figure("yaml_cursor_p99_ms"), "ms"),
        line("yaml: page: p99", key, figure("yaml_page_p99_ms"), "ms"),
        line("yaml: first and last line: p99", key, figure("yaml_ends_p99_ms"), "ms"),
        line("yaml: search typed: median", None, figure("yaml_search_p50_ms"), "ms"),
        line("yaml: search typed: p99", key, figure("yaml_search_p99_ms"), "ms"),
        line("yaml: search typed: longest", None, figure("yaml_search_max_ms"), "ms"),
        line("yaml: fold and unfold all: p99", None, figure("yaml_fold_p99_ms"), "ms"),
        line(
            "logs: lines a second into the ring, frames included",
            None,
            figure("ring_lines_per_second"),
            "/s",
        ),
        line(
            "logs: time for a million lines",
            Some(1_000.0),
            figure("ring_lines_per_second").map(|rate| 1e9 / rate),
            "ms",
        ),
        line(
            "logs: a batch taken in: longest",
            key,
            figure("ring_batch_max_ms"),
            "ms",
        ),
        line(
            "logs: memory for a million lines",
            Some(180.0),
            figure("ring_mib"),
            "MiB",
        ),
        line("logs: the same, searched and filtered", None, figure("log_mib"), "MiB"),
        line("logs: cursor: median", None, figure("log_cursor_p50_ms"), "ms"),
        line("logs: cursor: p99", key, figure("log_cursor_p99_ms"), "ms"),
        line("logs: page: p99", key, figure("log_page_p99_ms"), "ms"),
        line("logs: first and last line: p99", key, figure("log_ends_p99_ms"), "ms"),
        line("logs: next error: p99", key, figure("log_jump_p99_ms"), "ms"),
        line("logs: search typed: median", None, figure("log_typed_p50_ms"), "ms"),
        line("logs: search typed: p99", key, figure("log_typed_p99_ms"), "ms"),
        line(
            "logs: rare text, all finds known",
            Some(100.0),
            figure("log_literal_done_ms"),
            "ms",
        ),
        line(
            "logs: text that is not there",
            Some(100.0),
            figure("log_absent_done_ms"),
            "ms",
        ),
        line(
            "logs: text in 40 of 100 lines",
            None,
            figure("log_common_done_ms"),
            "ms",
        ),
        line("logs: expression typed: p99", key, figure("log_regex_p99_ms"), "ms"),
        line(
            "logs: expression, all finds known",
            None,
            figure("log_regex_done_ms"),
            "ms",
        ),
        line("logs: filter typed: p99", key, figure("log_filter_p99_ms"), "ms"),
        line(
            "logs: filter, all lines looked at",
            None,
            figure("log_filter_done_ms"),
            "ms",
        ),
        line("logs: a step of such work: p99", key, figure("log_step_p99_ms"), "ms"),
        line(
            "logs: a step of such work: longest",
            None,
            figure("log_step_max_ms"),
            "ms",
        ),
        line(
            "socket: time for 100,000 lines",
            Some(1_000.0),
            figure("socket_lines_per_second").map(|rate| 1e8 / rate),
            "ms",
        ),
        line("socket: lines a second", None, figure("socket_lines_per_second"), "/s"),
        line("socket: lines lost or doubled", Some(0.0), figure("socket_wrong"), ""),
        line("socket: key to frame: median", None, figure("socket_p50_ms"), "ms"),
        line("socket: key to frame: p99", key, figure("socket_p99_ms"), "ms"),
        line("socket: key to frame: longest", None, figure("socket_max_ms"), "ms"),
    ]
}

fn document_table(figures: &Figures) -> String {
    format!("{}\n{}\n", rows(&document_budgets(figures)), machine())
}

fn table(figures: &Figures, floor: &floor::Floor) -> String {
    let pods = figures.get("rows").copied().unwrap_or_default();
    let (rows, words) = (rows(&budgets(figures, floor)), &floor.words);
    format!("{rows}\n{pods} pods; body alone: {words}\n{}\n", machine())
}

fn rows(budgets: &[Budget]) -> String {
    let lines: Vec<[String; 4]> = budgets
        .iter()
        .map(|budget| {
            let number = |number: f64| {
                let text = if number >= 100.0 {
                    format!("{number:.0}")
                } else {
                    format!("{number:.2}")
                };
                format!("{text} {}", budget.unit).trim_end().to_owned()
            };
            let verdict = match (budget.limit, budget.measured) {
                (_, None) => "not measured",
                (None, _) => "",
                (Some(limit), Some(measured)) if measured <= limit => "ok",
                _ => "OVER",
            };
            [
                budget.name.to_owned(),
                budget
                    .limit
                    .map_or_else(|| "-".into(), |limit| format!("≤ {}", number(limit))),
                budget.measured.map_or_else(|| "-".into(), number),
                verdict.to_owned(),
            ]
        })
        .collect();
    let width = |at: usize| {
        let cells = lines.iter().map(|line| crate::text::width(&line[at]));
        cells.max().unwrap_or_default().max(8)
    };
    let widths = [width(0), width(1), width(2)];
    let mut out = String::new();
    let head = ["budget", "limit", "measured", "verdict"].map(str::to_owned);
    for line in std::iter::once(&head).chain(&lines) {
        let cells = [
            crate::text::pad_right(&line[0], widths[0]),
            crate::text::pad_left(&line[1], widths[1]),
            crate::text::pad_left(&line[2], widths[2]),
        ];
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}  {}  {}  {}", cells[0], cells[1], cells[2], line[3]);
    }
    out
}

/// What this machine is.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let busy = load.split_whitespace().next().unwrap_or("?").to_owned();
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let build = if cfg!(debug_assertions) {
        "; NOT a release build"
    } else {
        ""
    };
    format!(
        "machine: {cores} × {model}, Linux {}, load {busy}{build}",
        kernel.trim()
    )
}

/// A private directory that goes with this value.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Folder, String> {
        use std::os::unix::fs::DirBuilderExt;
        let nonce = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO)
            .as_nanos();
        let path = std::env::temp_dir().join(format!("portolan-budgets-{}-{nonce}", std::process::id()));
        // It fails where something of that name is there already.
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| format!("{} cannot be made ({error})", path.display()))?;
        Ok(Folder(path))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).map_err(|error| format!("{} cannot be written ({error})", path.display()))?;
        Ok(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floor(milliseconds: Option<f64>) -> floor::Floor {
        floor::Floor {
            milliseconds,
            words: "curl".into(),
        }
    }

    #[test]
    fn verdicts_follow_the_limits_of_the_size() {
        let text = "rows 10000\nfull_ms 150\nlist_mib 41\ncursor_p99_ms 16\nnonsense\nidle_bytes 0\n";
        let table = table(&figures(text), &floor(Some(100.0)));
        let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert!(line("full table ÷").ends_with("ok"), "{table}");
        assert!(line("peak memory, the list").ends_with("OVER"), "{table}");
        assert!(line("key to frame, cursor: p99").ends_with("ok"), "{table}");
        assert!(line("key to frame, page").ends_with("not measured"), "{table}");
        assert!(line("idle: bytes").ends_with("ok"), "{table}");
        let larger = text.replace("10000", "100000").replace("41", "149");
        let table = super::table(&figures(&larger), &floor(None));
        let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert!(line("peak memory, the list").ends_with("ok"), "{table}");
        assert!(line("full table ÷").ends_with("not measured"), "{table}");
    }
}
