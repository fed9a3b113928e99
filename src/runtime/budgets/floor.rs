//! What the list of all pods costs without us: the same request, its body thrown away.

use super::Folder;
use crate::cluster::kubeconfig::{Kubeconfig, Material, Target};
use crate::cluster::listwatch::fetch::{ACCEPT_JSON, request, send};
use crate::cluster::session::{Session, Settings, Way};
use crate::msg::ContextsEvent;
use crate::runtime::cli::ViewArgs;
use crate::runtime::hub::Source;
use crate::runtime::setup;
use crate::want::ClusterId;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How often it is measured; the shortest time counts.
const RUNS: usize = 3;

/// The path of the whole list.
const PATH: &str = "/api/v1/pods?resourceVersion=0";

/// How long a list may take.
const LONGEST: Duration = Duration::from_secs(120);

/// The floor, and how it was measured.
#[derive(Debug)]
pub(super) struct Floor {
    /// Nothing when it could not be measured.
    pub(super) milliseconds: Option<f64>,
    /// How, in words.
    pub(super) words: String,
}

/// Measures it.
///
/// # Errors
/// When there is no context to measure.
pub(super) fn measure(view: &ViewArgs) -> Result<Floor, String> {
    let Source::Kubeconfig(kubeconfig) = setup::source(view, crate::demo::DemoOptions::default()) else {
        return Err("only a server is measured".into());
    };
    let target = {
        let mut kubeconfig = kubeconfig.lock().unwrap_or_else(PoisonError::into_inner);
        open(&mut kubeconfig)?
    };
    match with_curl(&target) {
        Ok(floor) => Ok(floor),
        Err(why) => Ok(match with_our_own(target) {
            Ok(milliseconds) => Floor {
                milliseconds: Some(milliseconds),
                words: format!("a plain request of our own, because {why}"),
            },
            Err(own) => Floor {
                milliseconds: None,
                words: format!("not measured: {why}; {own}"),
            },
        }),
    }
}

fn open(kubeconfig: &mut Kubeconfig) -> Result<Target, String> {
    let current = match kubeconfig.read() {
        ContextsEvent::Loaded { contexts, current, .. } => contexts
            .into_iter()
            .find(|context| Some(context.id) == current)
            .map(|context| context.name),
        ContextsEvent::Nothing(failure) => return Err(failure.message.to_string()),
        ContextsEvent::Changed { .. } => None,
    };
    let name = current.ok_or("no current context is set; name one with --context")?;
    kubeconfig.open(&name).map_err(|failure| failure.message.to_string())
}

/// The time of `curl`, its body thrown away. What is secret goes to it through its standard input and a private directory.
fn with_curl(target: &Target) -> Result<Floor, String> {
    let folder = Folder::make()?;
    let config = curl_config(target, &folder)?;
    let mut best: Option<(f64, f64)> = None;
    for _ in 0..RUNS {
        let found = curl_once(&config)?;
        if best.is_none_or(|best| found.0 < best.0) {
            best = Some(found);
        }
    }
    let (seconds, bytes) = best.ok_or("curl was not run")?;
    Ok(Floor {
        milliseconds: Some(seconds * 1e3),
        words: format!(
            "curl, {:.1} MB in {:.0} ms (best of {RUNS})",
            bytes / 1e6,
            seconds * 1e3
        ),
    })
}

/// What curl is told on its standard input.
fn curl_config(target: &Target, folder: &Folder) -> Result<String, String> {
    let user = &target.user;
    if user.plugin.is_some() || user.auth_provider.is_some() {
        return Err("curl cannot run a credential plugin".into());
    }
    if target.proxy.is_some() || !target.acting_as.words().unwrap_or_default().is_empty() {
        return Err("curl is not taught proxies and impersonation here".into());
    }
    let server = target.server.to_string();
    let mut lines = vec![
        ("url", format!("{}{PATH}", server.trim_end_matches('/'))),
        ("header", format!("Accept: {ACCEPT_JSON}")),
        (
            "header",
            format!("User-Agent: {}", crate::cluster::connection::USER_AGENT),
        ),
        ("output", "/dev/null".into()),
        ("max-time", LONGEST.as_secs().to_string()),
        ("write-out", "%{http_code} %{time_total} %{size_download}".into()),
    ];
    let read = |material: &Material, what: &str| material.read(what).map_err(|failure| failure.message.to_string());
    if let Some(authority) = &target.authority {
        let file = folder.write("ca.pem", &read(authority, "the authority")?)?;
        lines.push(("cacert", file.display().to_string()));
    }
    if let Some((certificate, key)) = &user.certificate {
        let file = folder.write("cert.pem", &read(certificate, "the certificate")?)?;
        lines.push(("cert", file.display().to_string()));
        let file = folder.write("key.pem", &read(key, "the key")?)?;
        lines.push(("key", file.display().to_string()));
    }
    let token = match (&user.token_file, &user.token) {
        (Some(file), _) => {
            let read = std::fs::read_to_string(file);
            Some(read.map_err(|error| format!("{} cannot be read ({error})", file.display()))?)
        }
        (None, Some(token)) => Some(token.expose().to_owned()),
        (None, None) => None,
    };
    if let Some(token) = token {
        lines.push(("header", format!("Authorization: Bearer {}", token.trim())));
    } else if let Some((name, password)) = &user.basic {
        lines.push(("user", format!("{name}:{}", password.expose())));
    }
    let mut config = String::from("silent\nshow-error\nfail\n");
    if target.insecure {
        config.push_str("insecure\n");
    }
    // Loopback is listed without compression, everybody else with it.
    let host = target.server.host().unwrap_or_default();
    let is_near = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    if !is_near && !target.uncompressed {
        config.push_str("header = \"Accept-Encoding: gzip\"\n");
    }
    for (name, value) in lines {
        let value = value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace(['\n', '\r'], "");
        config.push_str(&format!("{name} = \"{value}\"\n"));
    }
    Ok(config)
}

/// One run: seconds and bytes.
fn curl_once(config: &str) -> Result<(f64, f64), String> {
    let mut process = Command::new("curl")
        .args(["--disable", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("curl cannot be started ({error})"))?;
    if let Some(mut input) = process.stdin.take() {
        // What it could not be told it says itself.
        let _ = input.write_all(config.as_bytes());
    }
    let output = process
        .wait_with_output()
        .map_err(|error| format!("curl failed ({error})"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match (output.status.success(), numbers.as_slice()) {
        (true, [200.0, seconds, bytes]) => Ok((*seconds, *bytes)),
        _ => {
            let error = String::from_utf8_lossy(&output.stderr);
            Err(format!("curl failed: {}", error.lines().next().unwrap_or_default()))
        }
    }
}

/// The time of a plain request of our own, connecting included, nothing decoded.
fn with_our_own(target: Target) -> Result<f64, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime can be started ({error})"))?;
    let mut best: Option<f64> = None;
    for _ in 0..RUNS {
        let target = target.clone();
        let listed = runtime.block_on(async {
            let (outbox, mut messages) = tokio::sync::mpsc::channel(64);
            let drain = tokio::spawn(async move { while messages.recv().await.is_some() {} });
            let began = Instant::now();
            let way = Way::Context(Arc::new(move || Ok(target.clone())));
            let session = Session::open(ClusterId(0), way, Settings::default(), outbox);
            let mut line = session.line();
            let listed = tokio::time::timeout(LONGEST, async {
                let connection = line
                    .wait_for(Option::is_some)
                    .await
                    .map_err(|_| "the session ended".to_owned())?
                    .clone()
                    .ok_or("there is no connection")?;
                let wrong = |_| "the list failed".to_owned();
                let request = request(PATH, ACCEPT_JSON, connection.wants_gzip()).map_err(wrong)?;
                let mut answer = send(connection.bulk(), request, "listing pods").await.map_err(wrong)?;
                while answer.chunk("listing pods").await.map_err(wrong)?.is_some() {}
                Ok::<f64, String>(began.elapsed().as_secs_f64() * 1e3)
            });
            let listed = listed.await.map_err(|_| "it took too long".to_owned());
            drain.abort();
            listed?
        });
        let milliseconds = listed?;
        best = Some(best.map_or(milliseconds, |best| best.min(milliseconds)));
    }
    runtime.shutdown_background();
    best.ok_or_else(|| "it was not run".into())
}
