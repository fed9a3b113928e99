//! What pods and the rows of their containers both read of a container: its ports, what it asks for, and its states.

use super::decode::{Flag, Int, Map, Maybe, Part, Text, When};
use serde::Deserialize;

/// A port of a container.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Port<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Number.
    pub container_port: Int,
    /// Protocol; TCP when empty.
    pub protocol: Text<'a>,
}

impl Port<'_> {
    /// The protocol.
    pub fn protocol(&self) -> &str {
        if self.protocol.is_empty() {
            "TCP"
        } else {
            &self.protocol
        }
    }
}

/// What a container asks for and may use.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resources<'a> {
    /// Asked for.
    #[serde(borrow)]
    pub requests: Map<'a>,
    /// At most.
    pub limits: Map<'a>,
}

/// What the kubelet says of a container.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus<'a> {
    /// Container name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Passes its readiness probe.
    pub ready: Flag,
    /// Has passed its startup probe.
    pub started: Flag,
    /// How often it was started again.
    pub restart_count: Int,
    /// Now.
    pub state: Part<State<'a>>,
    /// Before its last restart.
    pub last_state: Part<State<'a>>,
}

/// The state of a container: one of three.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct State<'a> {
    /// Not running yet, or not again.
    #[serde(borrow)]
    pub waiting: Maybe<Waiting<'a>>,
    /// Running.
    pub running: Maybe<Running>,
    /// Ended.
    pub terminated: Maybe<Terminated<'a>>,
}

/// A container that waits.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Waiting<'a> {
    /// One word why.
    #[serde(borrow)]
    pub reason: Text<'a>,
}

/// A container that runs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Running {
    /// Since when.
    pub started_at: When,
}

/// A container that ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Terminated<'a> {
    /// One word why.
    #[serde(borrow)]
    pub reason: Text<'a>,
    /// Exit code.
    pub exit_code: Int,
    /// Signal, zero when none.
    pub signal: Int,
    /// When it began.
    pub started_at: When,
    /// When it ended.
    pub finished_at: When,
}

impl Terminated<'_> {
    /// Its reason, else the signal or the exit code, as kubectl says it.
    pub fn word(&self) -> String {
        if !self.reason.is_empty() {
            self.reason.to_string()
        } else if self.signal.value() != 0 {
            format!("Signal:{}", self.signal.value())
        } else {
            format!("ExitCode:{}", self.exit_code.value())
        }
    }
}
