//! The demo cluster: a simulated Kubernetes API server inside the process, with a believable world that lives by itself.
//!
//! It is an ordinary HTTP server, reached over an in-memory stream or a port by ordinary clients, kubectl among them, so
//! production code has no branch for it. It is a stage, not a second Kubernetes: discovery, get, list, watch, create,
//! patch and delete behave as on a real server; what it does not model is answered with a clear `Status`.
//! The world is deterministic: one seed, one start and the same number of steps give the same bytes.
//!
//! Reading order: `store` (objects and the event log), `http` (routes), `read`, `watch`, `write`, `table` (printers),
//! `world` (the data of the shop), `life` (what happens in it), `faults`, `tls`.

mod access;
mod clock;
mod control;
mod discovery;
mod faults;
mod http;
mod life;
mod logs;
mod object;
mod read;
mod resource;
mod rng;
mod schema;
mod select;
mod status;
mod store;
mod table;
mod tls;
mod watch;
mod world;
mod write;

#[cfg(test)]
mod tests;

pub use faults::{Fault, FaultBoard, Matcher};
pub use resource::Profile;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::task::JoinHandle;

/// How the world begins.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// Everything random comes from this.
    pub seed: u64,
    /// What the world's clock shows at the start, in unix seconds.
    pub start: i64,
    /// This many more pods than the shop has: a big world for measuring.
    pub pods: Option<u32>,
    /// Whether the world changes by itself.
    pub life: Life,
    /// Which server the demo pretends to be.
    pub profile: Profile,
    /// Status changes per second among the pods of the big world.
    pub churn: Option<f64>,
    /// Every container writes so many numbered lines a second instead of its own words: for measuring.
    pub log_lines: Option<u32>,
}

impl Default for DemoOptions {
    /// The living shop on a modern server, on 20 November 2026.
    fn default() -> DemoOptions {
        DemoOptions {
            seed: 7,
            start: 1_795_208_400,
            pods: None,
            life: Life::Running,
            profile: Profile::Modern,
            churn: None,
            log_lines: None,
        }
    }
}

/// Whether the world changes by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Life {
    /// Pods restart, deployments roll, jobs come and go.
    #[default]
    Running,
    /// Nothing changes by itself; `Demo::step` moves it. For screenshots and tests.
    Still,
}

/// A demo cluster; a handle, cheap to clone.
#[derive(Clone)]
pub struct Demo {
    pub(super) inner: Arc<Inner>,
    /// Connections of this handle are the viewer's.
    viewer: bool,
}

/// What all connections share.
pub(super) struct Inner {
    options: DemoOptions,
    store: RwLock<store::Store>,
    /// The version of the last change; watchers wait on it.
    wake: tokio::sync::watch::Sender<u64>,
    /// Whether nobody answers at present.
    down: tokio::sync::watch::Sender<bool>,
    clock: clock::Clock,
    faults: FaultBoard,
    life: Mutex<life::Engine>,
    /// The administrator's token, once the server listens on a port.
    token: OnceLock<String>,
}

impl Inner {
    fn read(&self) -> RwLockReadGuard<'_, store::Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, store::Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the watchers that something happened.
    fn changed(&self) {
        let version = self.read().version();
        self.wake.send_replace(version);
    }

    /// Advances the life by whole seconds.
    fn advance(&self, seconds: i64) {
        let mut engine = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..seconds {
            engine.second(&mut self.write());
        }
        drop(engine);
        self.changed();
    }
}

/// How many bytes an in-memory connection buffers in each direction.
const PIPE: usize = 256 * 1024;

impl Demo {
    /// Builds the world. Needs no runtime.
    pub fn new(options: DemoOptions) -> Demo {
        let mut store = store::Store::new(options.profile, options.seed);
        world::build(&mut store, &options);
        let engine = life::Engine::new(&options, &store);
        let (wake, _) = tokio::sync::watch::channel(store.version());
        let (down, _) = tokio::sync::watch::channel(false);
        Demo {
            viewer: false,
            inner: Arc::new(Inner {
                clock: clock::Clock::new(options.start),
                options,
                store: RwLock::new(store),
                wake,
                down,
                faults: FaultBoard::default(),
                life: Mutex::new(engine),
                token: OnceLock::new(),
            }),
        }
    }

    /// Opens a client connection: the other end is served (plain HTTP/1.1 or HTTP/2) by a task on the current tokio runtime.
    pub fn serve(&self) -> DuplexStream {
        self.inner.clock.run();
        let (client, server) = tokio::io::duplex(PIPE);
        let demo = self.clone();
        tokio::spawn(async move { demo.converse(server).await });
        client
    }

    /// Serves one connection until it ends.
    pub(super) async fn converse(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let inner = self.inner.clone();
        let viewer = self.viewer;
        let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            if viewer {
                let name = ::http::HeaderValue::from_static("viewer");
                request.headers_mut().insert("impersonate-user", name);
            }
            http::serve(inner.clone(), request)
        });
        let mut builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new());
        builder.http2().timer(TokioTimer::new()).max_concurrent_streams(250);
        let mut down = self.inner.down.subscribe();
        tokio::select! {
            // A connection that breaks is the client's affair.
            _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service) => {}
            _ = down.wait_for(|down| *down) => {}
        }
    }

    /// The same world, in which everybody is the viewer: somebody with few rights.
    pub fn as_viewer(&self) -> Demo {
        Demo {
            inner: self.inner.clone(),
            viewer: true,
        }
    }

    /// Ends all connections and takes none from here on, or takes them again: a server that is restarted.
    pub fn set_down(&self, down: bool) {
        self.inner.down.send_replace(down);
    }

    /// Runs the world's life on tokio's clock until the task is aborted; ends at once in a still world.
    pub fn live(&self) -> JoinHandle<()> {
        self.inner.clock.run();
        let inner = self.inner.clone();
        tokio::spawn(async move {
            if inner.options.life == Life::Still {
                return;
            }
            let mut ticks = tokio::time::interval_at(
                tokio::time::Instant::now() + Duration::from_secs(1),
                Duration::from_secs(1),
            );
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
            loop {
                ticks.tick().await;
                inner.advance(1);
            }
        })
    }

    /// Serves the same world on a port, with TLS, and writes a kubeconfig (mode 0600) with an administrator and a `viewer`.
    ///
    /// # Errors
    /// When the address cannot be bound, the certificate cannot be made or the file cannot be written.
    pub async fn listen(&self, addr: SocketAddr, kubeconfig: &Path) -> io::Result<(SocketAddr, JoinHandle<()>)> {
        tls::listen(self, addr, kubeconfig).await
    }

    /// The faults of this server; they can be changed while it runs.
    pub fn faults(&self) -> FaultBoard {
        self.inner.faults.clone()
    }

    /// Advances the clock and the life by hand, in whole seconds. Deterministic.
    pub fn step(&self, by: Duration) {
        self.inner.clock.step(by.as_millis() as i64);
        self.inner.advance(by.as_secs() as i64);
    }

    /// Forgets all events up to now, as a compaction does: older versions answer 410 from here on.
    pub fn compact(&self) {
        self.inner.write().compact();
        self.inner.changed();
    }

    /// Unix seconds on the world's clock.
    pub fn now(&self) -> i64 {
        self.inner.clock.now()
    }
}
