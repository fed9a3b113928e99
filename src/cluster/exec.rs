//! Credential plugins: programs that a kubeconfig names and that print credentials. They are run off the loop, without
//! our terminal, with a deadline, and can be given up at any time. What they say on stderr is passed on line by line;
//! what they print on stdout is never shown, since it holds a token.

mod background;
mod credential;
mod desk;

pub use desk::{Desk, PluginPatience, PluginPolicy};

use super::failure::failed;
use super::kubeconfig::{Interactive, Plugin, Secret};
use crate::msg::{ClusterEvent, Failure, FailureKind};
use crate::text::Clean;
use background::in_background;
use credential::read;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;

/// More on stdout than any credentials need.
const LONGEST: u64 = 1024 * 1024;

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

#[cfg(test)]
mod tests;
