//! A session keeps one cluster connected: it signs in, looks whether the server answers, notices when it does not any
//! more, cuts what hangs, and tries again. Its tasks take the connection from its line; there is none while it is broken.

mod probe;
mod retry;

use super::auth::{Credentials, Reread};
use super::connection::{Connection, Line};
use super::connector::{Patience, Pulse, Serve};
use super::exec::{Desk, PluginPatience, PluginPolicy, TerminalRun};
use super::failure::failed;
use super::kubeconfig::Target;
use super::proxy::ProxyVariables;
use super::warnings::Warnings;
use crate::msg::{ClusterEvent, Failure, FailureKind, Msg, ServerInfo};
use crate::want::ClusterId;
use probe::{Probed, probe};
use retry::{Clocks, pause};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// Reads what a context comes to from disk. Blocks.
pub type ReadTarget = Arc<dyn Fn() -> Result<Target, Failure> + Send + Sync>;

/// What a session connects to.
#[derive(Clone)]
pub enum Way {
    /// A server inside this process.
    InMemory(Serve),
    /// A context of the kubeconfig. It is read at the start; afterwards only its user entry is read again.
    Context(ReadTarget),
}

/// What can be set about a session.
#[derive(Clone)]
pub struct Settings {
    /// Deadlines.
    pub patience: Patience,
    /// Deadlines of credential plugins.
    pub plugin_patience: PluginPatience,
    /// What credential plugins may do.
    pub policy: PluginPolicy,
    /// Proxies of the environment.
    pub variables: ProxyVariables,
    /// The wall clock, by which a sleep of this machine is noticed and the server's clock is compared.
    pub clock: fn() -> SystemTime,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            patience: Patience::default(),
            plugin_patience: PluginPatience::default(),
            policy: PluginPolicy::default(),
            variables: ProxyVariables::from_environment(),
            clock: SystemTime::now,
        }
    }
}

#[derive(Debug)]
enum Order {
    /// Try again now, with the user entry read again.
    Reconnect,
    /// Give up what is being tried.
    Cancel,
}

/// One cluster, connected for as long as this lives.
pub struct Session {
    orders: mpsc::Sender<Order>,
    line: Line,
    desk: Arc<Desk>,
    pulse: Arc<Pulse>,
    task: AbortHandle,
}

impl Session {
    /// Starts connecting. Needs a tokio runtime. Events of the cluster go to `outbox`.
    pub fn open(cluster: ClusterId, way: Way, settings: Settings, outbox: mpsc::Sender<Msg>) -> Session {
        let (orders, taken) = mpsc::channel(8);
        let (line, reader) = watch::channel(None);
        let desk = Desk::new(cluster, outbox.clone(), settings.policy, settings.plugin_patience);
        let pulse = Pulse::new();
        let keeper = Keeper {
            cluster,
            way,
            settings,
            warnings: Arc::new(Warnings::new(cluster, outbox.clone())),
            outbox,
            orders: taken,
            line,
            desk: Arc::clone(&desk),
            pulse: Arc::clone(&pulse),
            base: None,
            last_offset: None,
        };
        let task = tokio::spawn(keeper.keep()).abort_handle();
        Session {
            orders,
            line: reader,
            desk,
            pulse,
            task,
        }
    }

    /// Where tasks find the connection.
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// Tries again now, with the user entry read from disk again.
    pub fn reconnect(&self) {
        let _ = self.orders.try_send(Order::Reconnect);
    }

    /// Gives up the connection attempt or the plugin that runs. Nothing is tried again before [`Session::reconnect`].
    pub fn cancel(&self) {
        self.desk.give_up();
        let _ = self.orders.try_send(Order::Cancel);
    }

    /// The user's word on the credential plugin that asked.
    pub fn allow_plugin(&self, yes: bool) {
        self.desk.allow(yes);
    }

    /// The credential plugin that waits for the terminal, if one does. Run it where the terminal is (`TerminalRun::run`
    /// blocks until it ends), then take the terminal back.
    pub fn terminal_run(&self) -> Option<TerminalRun> {
        self.desk.take_terminal_run()
    }

    /// Drops all sockets and looks at once whether the server still answers: after this machine has slept.
    pub fn shake(&self) {
        self.pulse.cut();
        self.pulse.stir();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
        self.desk.give_up();
        self.pulse.cut();
    }
}

/// What stays the same over all connections of a session.
#[derive(Clone)]
enum Base {
    InMemory(Serve),
    Network(Arc<Target>, Arc<Credentials>),
}

struct Keeper {
    cluster: ClusterId,
    way: Way,
    settings: Settings,
    warnings: Arc<Warnings>,
    outbox: mpsc::Sender<Msg>,
    orders: mpsc::Receiver<Order>,
    line: watch::Sender<Option<Connection>>,
    desk: Arc<Desk>,
    pulse: Arc<Pulse>,
    base: Option<Base>,
    last_offset: Option<i64>,
}

impl Keeper {
    async fn keep(mut self) {
        let mut attempt: u32 = 0;
        self.say(ClusterEvent::Connecting).await;
        loop {
            let failure = match self.connected().await {
                Ok((connection, probed)) => {
                    attempt = 0;
                    let connection = connection.of_version(probed.server.version.as_str());
                    self.line.send_replace(Some(connection.clone()));
                    self.say(ClusterEvent::Connected(probed.server.clone())).await;
                    self.measured(&probed).await;
                    let lost = self.look_after(&connection, probed.server).await;
                    self.line.send_replace(None);
                    self.pulse.cut();
                    lost
                }
                Err(failure) => failure,
            };
            let Some(failure) = failure else {
                attempt = 0;
                self.say(ClusterEvent::Connecting).await;
                continue;
            };
            let wait = pause(failure.kind, attempt);
            attempt = attempt.saturating_add(1);
            self.say(ClusterEvent::Failed {
                failure,
                retry_in: wait,
            })
            .await;
            if self.wait(wait).await {
                attempt = 0;
                self.say(ClusterEvent::Connecting).await;
            }
        }
    }

    async fn say(&self, event: ClusterEvent) {
        let _ = self.outbox.send(Msg::Cluster(self.cluster, event)).await;
    }

    /// Waits until the next try. Whether the user wanted it.
    async fn wait(&mut self, time: Option<Duration>) -> bool {
        let mut ends = time.map(|time| Instant::now() + time);
        loop {
            let over = async {
                match ends {
                    Some(ends) => tokio::time::sleep_until(ends).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => return false,
                order = self.orders.recv() => match order {
                    Some(Order::Reconnect) => {
                        self.begin_again().await;
                        return true;
                    }
                    Some(Order::Cancel) => ends = None,
                    None => std::future::pending().await,
                },
            }
        }
    }

    /// The user wants another try: who we are is read from disk again.
    async fn begin_again(&mut self) {
        self.desk.ask_again(self.settings.policy);
        let (Some(Base::Network(_, credentials)), Way::Context(read)) = (&self.base, &self.way) else {
            return;
        };
        let read = Arc::clone(read);
        match tokio::task::spawn_blocking(move || read()).await {
            Ok(Ok(target)) => credentials.begin_again(target.user),
            // What is wrong with it is said by the try itself, which reads it once more.
            _ => self.base = None,
        }
    }

    /// One try. `Err(None)` when the user wants to begin again.
    async fn connected(&mut self) -> Result<(Connection, Probed), Option<Failure>> {
        let base = self.base().await.map_err(Some)?;
        let (pulse, warnings) = (Arc::clone(&self.pulse), Some(Arc::clone(&self.warnings)));
        let (patience, clock) = (self.settings.patience, self.settings.clock);
        let variables = self.settings.variables.clone();
        let attempt = async move {
            let connection = match base {
                Base::InMemory(serve) => Connection::over_streams(serve, pulse, warnings),
                Base::Network(target, credentials) => {
                    // First who we are: a plugin has its own deadlines, and reading files may block.
                    credentials.present().await?;
                    let making = move || Connection::to(&target, credentials, &variables, patience, pulse, warnings);
                    let made = tokio::task::spawn_blocking(making).await;
                    made.unwrap_or_else(|_| Err(failed(FailureKind::Cancelled, "connecting was given up", "")))?
                }
            };
            let doing = format!("connecting to {}", connection.address());
            let limit = patience.resolve + patience.connect + patience.handshake;
            match tokio::time::timeout(limit, probe(&connection, &doing, clock)).await {
                Ok(probed) => probed.map(|probed| (connection, probed)),
                Err(_) => {
                    let message = format!("{doing}: no answer within {} s", limit.as_secs());
                    Err(failed(
                        FailureKind::Unreachable,
                        &message,
                        "Check the network, the VPN and the firewall.",
                    ))
                }
            }
        };
        tokio::pin!(attempt);
        loop {
            tokio::select! {
                result = &mut attempt => return result.map_err(Some),
                order = self.orders.recv() => match order {
                    Some(Order::Cancel) => {
                        self.pulse.cut();
                        return Err(Some(failed(FailureKind::Cancelled, "connecting was given up", "Try again when you want.")));
                    }
                    Some(Order::Reconnect) => {
                        self.begin_again().await;
                        return Err(None);
                    }
                    None => std::future::pending().await,
                },
            }
        }
    }

    async fn base(&mut self) -> Result<Base, Failure> {
        if let Some(base) = &self.base {
            return Ok(base.clone());
        }
        let base = match &self.way {
            Way::InMemory(serve) => Base::InMemory(Arc::clone(serve)),
            Way::Context(read) => {
                let reading = Arc::clone(read);
                let target = tokio::task::spawn_blocking(move || reading()).await;
                let mut target = target.unwrap_or_else(|_| {
                    Err(failed(
                        FailureKind::Cancelled,
                        "reading the kubeconfig was given up",
                        "",
                    ))
                })?;
                let again = Arc::clone(read);
                let reread: Reread = Arc::new(move || again().map(|target| target.user));
                let user = std::mem::take(&mut target.user);
                let info = target.cluster_info.clone();
                let credentials = Credentials::new(user, info, Arc::clone(&self.desk), Arc::clone(&self.pulse), reread);
                Base::Network(Arc::new(target), credentials)
            }
        };
        self.base = Some(base.clone());
        Ok(base)
    }

    /// Looks after a connection until it is lost (why) or the user wants to begin again (None).
    async fn look_after(&mut self, connection: &Connection, mut server: ServerInfo) -> Option<Failure> {
        let patience = self.settings.patience;
        let mut due = Instant::now() + patience.probe;
        let mut silent: u32 = 0;
        let mut clocks = Clocks::now(self.settings.clock);
        let glance = Duration::from_secs(2);
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::Reconnect) => {
                        self.begin_again().await;
                        return None;
                    }
                    Some(Order::Cancel) => continue,
                    None => std::future::pending().await,
                },
                () = self.pulse.stirred() => {}
                () = tokio::time::sleep_until(due) => {}
                () = tokio::time::sleep(glance) => {
                    if clocks.slept(self.settings.clock, glance) && !matches!(self.way, Way::InMemory(_)) {
                        self.pulse.cut();
                    } else {
                        continue;
                    }
                }
            }
            let before = self.pulse.received();
            let doing = format!("reaching {}", connection.address());
            let probing = probe(connection, &doing, self.settings.clock);
            match tokio::time::timeout(patience.answer, probing).await {
                Ok(Ok(probed)) => {
                    silent = 0;
                    self.measured(&probed).await;
                    if probed.server != server {
                        server = probed.server.clone();
                        self.say(ClusterEvent::Connected(probed.server)).await;
                    }
                }
                // It answers, if badly: lists say for themselves what they get.
                Ok(Err(failure))
                    if matches!(
                        failure.kind,
                        FailureKind::ServerError | FailureKind::Throttled | FailureKind::NotFound
                    ) =>
                {
                    silent = 0
                }
                Ok(Err(failure)) => return Some(failure),
                Err(_) => {
                    silent += 1;
                    // A server that is slow to answer but still sends is not gone.
                    if self.pulse.received() == before || silent >= 3 {
                        let message = format!("{} does not answer any more", connection.address());
                        return Some(failed(
                            FailureKind::Unreachable,
                            &message,
                            "Check the network and the VPN.",
                        ));
                    }
                }
            }
            // Sockets that end one after the other must not make a request each.
            tokio::time::sleep(patience.answer.min(Duration::from_millis(200))).await;
            due = Instant::now() + patience.probe;
        }
    }

    async fn measured(&mut self, probed: &Probed) {
        self.say(ClusterEvent::RoundTrip(probed.took)).await;
        if let Some(offset) = probed.offset {
            let changed = self.last_offset.is_none_or(|last| (last - offset).abs() >= 2);
            if changed {
                self.last_offset = Some(offset);
                self.say(ClusterEvent::ClockOffset(offset)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
