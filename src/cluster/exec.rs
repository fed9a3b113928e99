//! Credential plugins: programs that a kubeconfig names and that print credentials. They are run off the loop, without
//! our terminal, with a deadline, and can be given up at any time. What they say on stderr is passed on line by line;
//! what they print on stdout is never shown, since it holds a token.

use super::failure::failed;
use super::kubeconfig::{Interactive, Plugin, Secret};
use crate::msg::{ClusterEvent, Failure, FailureKind, Msg};
use crate::text::Clean;
use crate::want::ClusterId;
use serde::Deserialize;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc::Sender;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// More on stdout than any credentials need.
const LONGEST: u64 = 1024 * 1024;
/// So many lines of stderr are passed on for one run.
const MOST_LINES: usize = 1000;
/// A line is cut here.
const LONGEST_LINE: usize = 4096;

/// What the user lets plugins do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PluginPolicy {
    /// Run them, as kubectl does.
    #[default]
    Allow,
    /// Ask before the first run.
    Ask,
    /// Never run one.
    Deny,
}

/// How long a plugin may take.
#[derive(Clone, Copy, Debug)]
pub struct PluginPatience {
    /// Since its start, or since it last said something.
    pub silent: Duration,
    /// In all.
    pub whole: Duration,
}

impl Default for PluginPatience {
    fn default() -> PluginPatience {
        PluginPatience {
            silent: Duration::from_secs(60),
            whole: Duration::from_secs(300),
        }
    }
}

/// Where a plugin's questions and words go, and where the user's orders come from.
#[derive(Debug)]
pub struct Desk {
    cluster: ClusterId,
    outbox: Sender<Msg>,
    patience: PluginPatience,
    consent: watch::Sender<PluginPolicy>,
    given_up: watch::Sender<u64>,
    terminal: Mutex<Option<TerminalRun>>,
}

impl Desk {
    /// For one cluster.
    pub fn new(cluster: ClusterId, outbox: Sender<Msg>, policy: PluginPolicy, patience: PluginPatience) -> Arc<Desk> {
        let (consent, given_up) = (watch::Sender::new(policy), watch::Sender::new(0));
        Arc::new(Desk {
            cluster,
            outbox,
            patience,
            consent,
            given_up,
            terminal: Mutex::new(None),
        })
    }

    /// The user's word on running the plugin.
    pub fn allow(&self, yes: bool) {
        self.consent
            .send_replace(if yes { PluginPolicy::Allow } else { PluginPolicy::Deny });
    }

    /// Asks again after a refusal.
    pub fn ask_again(&self, policy: PluginPolicy) {
        self.consent.send_if_modified(|now| {
            let refused = *now == PluginPolicy::Deny && policy != PluginPolicy::Deny;
            if refused {
                *now = policy;
            }
            refused
        });
    }

    /// Ends the plugin that runs, or the wait for the user.
    pub fn give_up(&self) {
        self.given_up.send_modify(|times| *times += 1);
    }

    /// The plugin that waits for the terminal, for who can give it one.
    pub fn take_terminal_run(&self) -> Option<TerminalRun> {
        self.terminal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn say(&self, event: ClusterEvent) {
        let _ = self.outbox.send(Msg::Cluster(self.cluster, event)).await;
    }

    async fn consent(&self, command: &Clean, plugin: &Plugin) -> Result<(), Failure> {
        let mut consent = self.consent.subscribe();
        if *consent.borrow_and_update() == PluginPolicy::Ask {
            let hint = plugin.install_hint.as_deref().map(Clean::new);
            self.say(ClusterEvent::PluginAsks {
                command: command.clone(),
                hint,
            })
            .await;
        }
        let decided = consent
            .wait_for(|policy| *policy != PluginPolicy::Ask)
            .await
            .map(|policy| *policy);
        match decided {
            Ok(PluginPolicy::Allow) => Ok(()),
            _ => Err(failed(
                FailureKind::Unauthenticated,
                &format!("the credential plugin was not allowed to run: {}", command.as_str()),
                "Try again and allow it, or set exec_plugins in the configuration.",
            )),
        }
    }
}

/// What a plugin gave.
#[derive(Debug)]
pub struct Given {
    /// Bearer token.
    pub token: Option<Secret>,
    /// Certificate chain and key, PEM.
    pub certificate: Option<(String, Secret)>,
    /// How long they are good.
    pub life: Option<Duration>,
}

/// Runs a plugin and reads what it gives.
///
/// # Errors
/// A failure in words: not allowed, not found, given up, too slow, ended with an error, or printed nonsense.
pub async fn run(plugin: &Plugin, cluster_info: &Value, desk: &Desk) -> Result<Given, Failure> {
    let mut given_up = desk.given_up.subscribe();
    given_up.mark_unchanged();
    let running = async {
        let program = program(plugin)?;
        let shown = shown(&program, plugin);
        desk.consent(&shown, plugin).await?;
        let call = Call {
            env: environment(plugin, cluster_info, plugin.interactive == Interactive::Always),
            args: plugin.args.clone(),
            name: name(plugin),
            hint: plugin.install_hint.clone(),
            program,
        };
        let stdout = match plugin.interactive {
            Interactive::Always => on_terminal(call, shown, desk).await?,
            Interactive::Never | Interactive::IfAvailable => in_background(&call, desk).await?,
        };
        let given = read(&stdout, plugin, SystemTime::now())?;
        desk.say(ClusterEvent::PluginDone).await;
        Ok(given)
    };
    tokio::select! {
        result = running => result,
        _ = given_up.changed() => {
            desk.take_terminal_run();
            Err(failed(FailureKind::Cancelled, &format!("the credential plugin {} was stopped", name(plugin)), "Try again when you are ready to sign in."))
        }
    }
}

/// A plugin that needs a terminal, ready to run. Whoever runs it gives the screen back before and takes it again after.
#[derive(Debug)]
pub struct TerminalRun {
    call: Call,
    answer: oneshot::Sender<Result<Vec<u8>, Failure>>,
}

impl TerminalRun {
    /// What would run, to be said above its own output.
    pub fn command(&self) -> Clean {
        Clean::new(&self.call.name)
    }

    /// Runs it with this process's stdin and stderr, and waits. Its stdout goes to the sign-in that waits for it.
    pub fn run(self) {
        let result = self.call.run_here();
        let _ = self.answer.send(result);
    }
}

#[derive(Debug)]
struct Call {
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, Secret)>,
    name: String,
    hint: Option<String>,
}

impl Call {
    fn run_here(&self) -> Result<Vec<u8>, Failure> {
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.args).stdout(Stdio::piped());
        command.envs(self.env.iter().map(|(name, value)| (name, value.expose())));
        let mut child = command.spawn().map_err(|error| self.not_started(&error))?;
        let mut out = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let _ = stdout.take(LONGEST + 1).read_to_end(&mut out);
        }
        let status = child.wait().map_err(|error| self.not_started(&error))?;
        self.ended(status, out, None)
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        let what = match error.kind() {
            std::io::ErrorKind::NotFound => format!(
                "{} does not exist, or what it needs to run does not",
                self.program.display()
            ),
            std::io::ErrorKind::PermissionDenied => format!("{} may not be executed", self.program.display()),
            _ => format!("{} could not be started: {error}", self.program.display()),
        };
        let remedy = self
            .hint
            .as_deref()
            .unwrap_or("Check `command:` in the user entry of the kubeconfig.");
        failed(
            FailureKind::Unauthenticated,
            &format!("the credential plugin {what}"),
            remedy,
        )
    }

    fn ended(&self, status: ExitStatus, out: Vec<u8>, last_words: Option<&str>) -> Result<Vec<u8>, Failure> {
        let wrong = |what: &str| {
            Err(failed(
                FailureKind::Unauthenticated,
                &format!("the credential plugin {} {what}", self.name),
                "Run its sign-in command, then try again.",
            ))
        };
        if !status.success() {
            let how = match (status.code(), std::os::unix::process::ExitStatusExt::signal(&status)) {
                (Some(code), _) => format!("ended with exit code {code}"),
                (None, Some(signal)) => format!("was ended by signal {signal}"),
                (None, None) => "ended with an error".to_owned(),
            };
            return match last_words.map(str::trim).filter(|words| !words.is_empty()) {
                Some(words) => wrong(&format!("{how}: {words}")),
                None => wrong(&how),
            };
        }
        if out.len() as u64 > LONGEST {
            return wrong("printed more than 1 MiB where credentials belong");
        }
        Ok(out)
    }
}

/// The file to run: a path as it is, a bare name found in PATH.
fn program(plugin: &Plugin) -> Result<PathBuf, Failure> {
    if plugin.command.contains('/') {
        return Ok(PathBuf::from(&plugin.command));
    }
    let path = plugin
        .env
        .iter()
        .rev()
        .find(|(name, _)| name == "PATH")
        .map(|(_, value)| OsString::from(value.expose()));
    let path = path.or_else(|| std::env::var_os("PATH")).unwrap_or_default();
    let runs = |file: &Path| {
        use std::os::unix::fs::PermissionsExt;
        file.metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    let found = std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&plugin.command))
        .find(|file| runs(file));
    found.ok_or_else(|| {
        let remedy = plugin
            .install_hint
            .as_deref()
            .unwrap_or("Install it, or put its folder into PATH.");
        failed(
            FailureKind::Unauthenticated,
            &format!("the credential plugin \"{}\" was not found in PATH", plugin.command),
            remedy,
        )
    })
}

fn name(plugin: &Plugin) -> String {
    Path::new(&plugin.command)
        .file_name()
        .map_or_else(|| plugin.command.clone(), |name| name.to_string_lossy().into_owned())
}

fn shown(program: &Path, plugin: &Plugin) -> Clean {
    let mut shown = program.display().to_string();
    for arg in &plugin.args {
        shown.push(' ');
        shown.push_str(arg);
    }
    Clean::new(&shown)
}

fn environment(plugin: &Plugin, cluster_info: &Value, interactive: bool) -> Vec<(String, Secret)> {
    let mut spec = json!({ "interactive": interactive });
    if plugin.provide_cluster_info
        && let Some(spec) = spec.as_object_mut()
    {
        spec.insert("cluster".to_owned(), cluster_info.clone());
    }
    let info = json!({ "kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec });
    let mut env = plugin.env.clone();
    env.push(("KUBERNETES_EXEC_INFO".to_owned(), Secret::new(info.to_string())));
    env
}

async fn on_terminal(call: Call, shown: Clean, desk: &Desk) -> Result<Vec<u8>, Failure> {
    let (answer, result) = oneshot::channel();
    *desk.terminal.lock().unwrap_or_else(PoisonError::into_inner) = Some(TerminalRun { call, answer });
    desk.say(ClusterEvent::PluginNeedsTerminal { command: shown }).await;
    result.await.unwrap_or_else(|_| {
        Err(failed(
            FailureKind::Cancelled,
            "the credential plugin was not given the terminal",
            "Try again.",
        ))
    })
}

/// Ends a plugin and all that it has started, also when nobody waits for it any more.
struct Leash(Option<rustix::process::Pid>);

impl Drop for Leash {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn in_background(call: &Call, desk: &Desk) -> Result<Vec<u8>, Failure> {
    let mut command = tokio::process::Command::new(&call.program);
    command
        .args(&call.args)
        .envs(call.env.iter().map(|(name, value)| (name, value.expose())));
    // A process group of its own: it cannot read our terminal, and can be ended with everything that it starts.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| call.not_started(&error))?;
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(rustix::process::Pid::from_raw);
    let mut leash = Leash(pid);
    let heard = watch::Sender::new(Instant::now());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let talk = async {
        let ended = async {
            let status = child.wait().await;
            // What it has started may hold the pipes open for ever.
            tokio::time::sleep(Duration::from_millis(500)).await;
            status
        };
        let pipes = async { tokio::join!(collect(stdout), listen(stderr, desk, &heard)) };
        tokio::pin!(ended, pipes);
        tokio::select! {
            biased;
            (out, last) = &mut pipes => (None, Some((out, last))),
            status = &mut ended => (Some(status), None),
        }
    };
    let (status, piped) = tokio::select! {
        done = talk => done,
        () = too_long(&heard, desk.patience) => {
            return Err(failed(
                FailureKind::Unauthenticated,
                &format!("the credential plugin {} did not end in time and was stopped", call.name),
                "Run its sign-in command, then try again.",
            ));
        }
    };
    let Some((out, last)) = piped else {
        let message = format!(
            "the credential plugin {} ended, but something it started still holds its output",
            call.name
        );
        return Err(failed(
            FailureKind::Unauthenticated,
            &message,
            "Run its sign-in command, then try again.",
        ));
    };
    let status = match status {
        Some(status) => status,
        None => tokio::time::timeout(desk.patience.silent, child.wait())
            .await
            .unwrap_or_else(|late| Err(late.into())),
    };
    leash.0 = None;
    call.ended(status.map_err(|error| call.not_started(&error))?, out, last.as_deref())
}

async fn too_long(heard: &watch::Sender<Instant>, patience: PluginPatience) {
    let end = Instant::now() + patience.whole;
    loop {
        let due = (*heard.borrow() + patience.silent).min(end);
        if Instant::now() >= due {
            return;
        }
        tokio::time::sleep_until(due).await;
    }
}

/// All of stdout up to the cap; what is beyond is read and dropped, so that the plugin does not hang.
async fn collect(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(mut pipe) = pipe else { return out };
    let mut block = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = pipe.read(&mut block).await {
        if out.len() as u64 <= LONGEST {
            out.extend_from_slice(block.get(..count).unwrap_or_default());
        }
    }
    out
}

/// Passes stderr on line by line, a prompt without a line end too, and gives the last line that says something.
async fn listen(pipe: Option<impl AsyncRead + Unpin>, desk: &Desk, heard: &watch::Sender<Instant>) -> Option<String> {
    let mut pipe = pipe?;
    let mut line: Vec<u8> = Vec::new();
    let mut last: Option<String> = None;
    let mut said = 0;
    let mut block = vec![0; 4096];
    loop {
        let read = tokio::time::timeout(Duration::from_millis(300), pipe.read(&mut block)).await;
        let (came, over) = match read {
            Ok(Ok(count @ 1..)) => (block.get(..count).unwrap_or_default(), false),
            Ok(_) => (&[][..], true),
            Err(_) => (&[][..], false),
        };
        if !came.is_empty() {
            heard.send_replace(Instant::now());
        }
        let mut lines = Vec::new();
        for byte in came {
            match byte {
                b'\n' => lines.push(std::mem::take(&mut line)),
                byte if line.len() < LONGEST_LINE => line.push(*byte),
                _ => {}
            }
        }
        if came.is_empty() && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for raw in lines {
            let text = String::from_utf8_lossy(&raw);
            let text = Clean::new(crate::text::without_escapes(text.trim_end_matches('\r')).trim_end());
            if text.is_empty() {
                continue;
            }
            last = Some(text.as_str().to_owned());
            said += 1;
            if said <= MOST_LINES {
                desk.say(ClusterEvent::PluginSays(text)).await;
            }
        }
        if over {
            return last;
        }
    }
}

/// Reads an ExecCredential. Nothing of it is repeated in an error.
fn read(stdout: &[u8], plugin: &Plugin, now: SystemTime) -> Result<Given, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Credential {
        #[serde(default)]
        kind: String,
        #[serde(default)]
        api_version: String,
        status: Option<Status>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        token: Option<Secret>,
        client_certificate_data: Option<String>,
        client_key_data: Option<Secret>,
        expiration_timestamp: Option<String>,
    }
    let name = name(plugin);
    let wrong = |what: &str| {
        failed(
            FailureKind::Unauthenticated,
            &format!("the credential plugin {name} {what}"),
            "Check its version and its arguments in the kubeconfig.",
        )
    };
    if stdout.iter().all(u8::is_ascii_whitespace) {
        return Err(wrong("printed nothing where credentials belong"));
    }
    let credential: Credential = serde_json::from_slice(stdout).map_err(|error| {
        wrong(&format!(
            "printed something that is no ExecCredential in JSON (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    if credential.kind != "ExecCredential" {
        return Err(wrong("printed JSON that is no ExecCredential"));
    }
    if credential.api_version != plugin.api_version {
        return Err(wrong(&format!(
            "was asked for {} and answered in another version",
            plugin.api_version
        )));
    }
    let status = credential
        .status
        .ok_or_else(|| wrong("gave no status with credentials"))?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let token = status.token.filter(|token| !token.expose().is_empty());
    let key = status.client_key_data.filter(|key| !key.expose().is_empty());
    let certificate = match (filled(status.client_certificate_data), key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            return Err(wrong(
                "gave a certificate without its key, or a key without its certificate",
            ));
        }
    };
    if token.is_none() && certificate.is_none() {
        return Err(wrong("gave neither a token nor a certificate"));
    }
    let life = match filled(status.expiration_timestamp) {
        None => None,
        Some(text) => {
            let ends =
                crate::text::parse_time(&text).ok_or_else(|| wrong("gave a time of expiry that cannot be read"))?;
            let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
            Some(Duration::from_secs(
                u64::try_from(ends).unwrap_or_default().saturating_sub(now),
            ))
        }
    };
    Ok(Given {
        token,
        certificate,
        life,
    })
}

#[cfg(test)]
mod tests;
