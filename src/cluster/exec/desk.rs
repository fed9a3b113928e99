//! Where a credential plugin and the user meet: consent, words, giving up, and the wait for a terminal.

use super::TerminalRun;
use crate::cluster::failure::failed;
use crate::cluster::kubeconfig::Plugin;
use crate::msg::{ClusterEvent, Failure, FailureKind, Msg};
use crate::text::Clean;
use crate::want::ClusterId;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

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
    pub(super) patience: PluginPatience,
    consent: watch::Sender<PluginPolicy>,
    pub(super) given_up: watch::Sender<u64>,
    pub(super) terminal: Mutex<Option<TerminalRun>>,
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

    pub(super) async fn say(&self, event: ClusterEvent) {
        let _ = self.outbox.send(Msg::Cluster(self.cluster, event)).await;
    }

    pub(super) async fn consent(&self, command: &Clean, plugin: &Plugin) -> Result<(), Failure> {
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
