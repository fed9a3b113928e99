//! Who we are, kept for all clients of a cluster: one set of credentials, made once however many requests wait for it,
//! refreshed before it ends, and once more when the server answers 401, with the user entry read from disk again.
//! Never a storm: credentials that were refreshed for a 401 and never worked are not refreshed again by themselves.

use super::connector::Pulse;
use super::exec::{self, Desk};
use super::failure::{configuration, failed};
use super::kubeconfig::{Secret, User};
use super::tls::{self, Identity};
use crate::msg::{Failure, FailureKind};
use base64::Engine as _;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use http::HeaderValue;
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A token file is read again after this long.
const FILE_LIFE: Duration = Duration::from_secs(60);
/// A plugin is not run again sooner, whatever it says about when its credentials end.
const SHORTEST_LIFE: Duration = Duration::from_secs(10);

/// Reads the user entry from disk again. Blocks.
pub type Reread = Arc<dyn Fn() -> Result<User, Failure> + Send + Sync>;

/// What to put on a request.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The `Authorization` header, when there is one.
    pub header: Option<HeaderValue>,
    /// Which set of credentials it is from.
    pub generation: u64,
}

/// The credentials of one cluster.
pub struct Credentials {
    state: Mutex<State>,
    identity: Arc<Identity>,
    desk: Arc<Desk>,
    pulse: Arc<Pulse>,
    reread: Reread,
    cluster_info: serde_json::Value,
}

struct State {
    user: User,
    current: Option<Current>,
    generation: u64,
    running: Option<Shared<BoxFuture<'static, Result<bool, Failure>>>>,
    /// The generation that a 401 was met for already.
    answered: Option<u64>,
    /// When a 401 was met last. A server that says 401 now and then makes no storm.
    last_rejected: Option<Instant>,
}

struct Current {
    header: Option<HeaderValue>,
    shown: Option<Arc<CertifiedKey>>,
    /// It was made because of a 401, and nothing but 401 has come since.
    unproven: bool,
    /// When to make new ones meanwhile, and when these must not be used any more.
    life: Option<(Instant, Instant)>,
}

/// Why new credentials are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// There are none yet, or they end.
    Time,
    /// The server answered 401.
    Rejected,
}

/// Fresh credentials.
struct Made {
    header: Option<HeaderValue>,
    shown: Option<Arc<CertifiedKey>>,
    life: Option<Duration>,
    /// Use what there is until then even when the life is over (a file that cannot be read again).
    firm: bool,
}

impl Credentials {
    /// Of a user entry. Nothing is read or run yet.
    pub fn new(
        user: User,
        cluster_info: serde_json::Value,
        desk: Arc<Desk>,
        pulse: Arc<Pulse>,
        reread: Reread,
    ) -> Arc<Credentials> {
        let state = State {
            user,
            current: None,
            generation: 0,
            running: None,
            answered: None,
            last_rejected: None,
        };
        Arc::new(Credentials {
            state: Mutex::new(state),
            identity: Arc::default(),
            desk,
            pulse,
            reread,
            cluster_info,
        })
    }

    /// The certificate to show in handshakes.
    pub fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity)
    }

    /// What to put on a request now. Waits for a plugin that has to run first.
    ///
    /// # Errors
    /// Why there are no credentials.
    pub async fn present(self: &Arc<Self>) -> Result<Presented, Failure> {
        let wait = {
            let mut state = self.state();
            let now = Instant::now();
            match &state.current {
                Some(current) => match current.life {
                    Some((_, ends)) if now >= ends => Some(self.start(&mut state, Cause::Time)),
                    Some((renew, _)) if now >= renew && state.running.is_none() => {
                        // Renewed beside the requests; its failure shows when these have ended.
                        drop(self.start(&mut state, Cause::Time));
                        None
                    }
                    _ => None,
                },
                None => Some(self.start(&mut state, Cause::Time)),
            }
        };
        if let Some(running) = wait {
            running.await?;
        }
        let state = self.state();
        let header = state.current.as_ref().and_then(|current| current.header.clone());
        Ok(Presented {
            header,
            generation: state.generation,
        })
    }

    /// Credentials of this generation were answered with 401. Whether there are others now, with which to try once more.
    ///
    /// # Errors
    /// Why new ones could not be made.
    pub async fn rejected(self: &Arc<Self>, generation: u64) -> Result<bool, Failure> {
        let running = {
            let mut state = self.state();
            if state.generation != generation {
                return Ok(true);
            }
            let unproven = state.current.as_ref().is_some_and(|current| current.unproven);
            if let Some(running) = &state.running {
                running.clone()
            } else if unproven
                || state.answered == Some(generation)
                || state.last_rejected.is_some_and(|last| last.elapsed() < SHORTEST_LIFE)
            {
                return Ok(false);
            } else {
                state.answered = Some(generation);
                state.last_rejected = Some(Instant::now());
                self.start(&mut state, Cause::Rejected)
            }
        };
        running.await?;
        Ok(self.state().generation != generation)
    }

    /// Credentials of this generation were answered with something else than 401.
    pub fn accepted(&self, generation: u64) {
        let mut state = self.state();
        if state.generation == generation
            && let Some(current) = &mut state.current
        {
            current.unproven = false;
        }
    }

    /// The user wants another try: takes the user entry as it is now and forgets what is held.
    pub fn begin_again(&self, user: User) {
        let mut state = self.state();
        state.user = user;
        state.current = None;
        state.answered = None;
        state.last_rejected = None;
        state.generation += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes new credentials, or joins those who wait for it. It goes on when nobody waits any more.
    fn start(self: &Arc<Self>, state: &mut State, cause: Cause) -> Shared<BoxFuture<'static, Result<bool, Failure>>> {
        if let Some(running) = &state.running {
            return running.clone();
        }
        let credentials = Arc::clone(self);
        let task = tokio::spawn(async move {
            let result = credentials.renew(cause).await;
            credentials.state().running = None;
            result
        });
        let running = async move {
            task.await
                .unwrap_or_else(|_| Err(failed(FailureKind::Cancelled, "signing in was given up", "")))
        };
        let running = running.boxed().shared();
        state.running = Some(running.clone());
        running
    }

    /// Makes new credentials. Whether they differ from the old ones.
    async fn renew(self: &Arc<Self>, cause: Cause) -> Result<bool, Failure> {
        let user = match cause {
            Cause::Time => self.state().user.clone(),
            Cause::Rejected => {
                let reread = Arc::clone(&self.reread);
                blocking(move || reread()).await?
            }
        };
        let made = self.make(&user, cause).await;
        let mut state = self.state();
        let made = match (made, &mut state.current) {
            (Err(_), Some(current))
                if cause == Cause::Time && current.life.is_some_and(|(_, ends)| Instant::now() < ends) =>
            {
                // Still good: try again a little later.
                if let Some((renew, _)) = &mut current.life {
                    *renew = Instant::now() + SHORTEST_LIFE;
                }
                return Ok(false);
            }
            (made, _) => made?,
        };
        let now = Instant::now();
        let life = made.life.map(|life| {
            let ends = if made.firm {
                now + Duration::from_secs(86_400 * 365)
            } else {
                now + life.max(SHORTEST_LIFE)
            };
            let renew = if made.firm { life } else { life.mul_f32(0.8) };
            (now + renew.max(SHORTEST_LIFE), ends)
        });
        let same_certificate = |old: &Current| match (&old.shown, &made.shown) {
            (None, None) => true,
            (Some(old), Some(new)) => old.cert == new.cert,
            _ => false,
        };
        let unchanged = state
            .current
            .as_ref()
            .is_some_and(|old| old.header == made.header && same_certificate(old));
        let new_certificate = state.current.as_ref().is_some_and(|old| !same_certificate(old));
        let unproven = match &state.current {
            Some(old) if unchanged => old.unproven || cause == Cause::Rejected,
            _ => cause == Cause::Rejected,
        };
        self.identity.set(made.shown.clone());
        state.user = user;
        state.current = Some(Current {
            header: made.header,
            shown: made.shown,
            unproven,
            life,
        });
        if !unchanged {
            state.generation += 1;
        }
        drop(state);
        if new_certificate {
            // Sockets know the old certificate for as long as they live.
            self.pulse.cut();
        }
        Ok(!unchanged)
    }

    async fn make(&self, user: &User, cause: Cause) -> Result<Made, Failure> {
        let shown = match &user.certificate {
            Some((certificate, key)) => {
                let (certificate, key) = (certificate.clone(), key.clone());
                let whose = "the user entry of the kubeconfig";
                Some(
                    blocking(move || {
                        tls::certified(
                            &certificate.read("the client certificate")?,
                            &key.read("the client key")?,
                            whose,
                        )
                    })
                    .await?,
                )
            }
            None => None,
        };
        if let Some(path) = &user.token_file {
            let file = path.clone();
            let read = blocking(move || token_in(&file)).await;
            return match (read, &user.token, cause) {
                (Ok(token), _, _) => Ok(Made {
                    header: Some(bearer(&token)?),
                    shown,
                    life: Some(FILE_LIFE),
                    firm: true,
                }),
                (Err(_), Some(token), _) => Ok(Made {
                    header: Some(bearer(token)?),
                    shown,
                    life: Some(FILE_LIFE),
                    firm: true,
                }),
                (Err(failure), None, _) => Err(failure),
            };
        }
        if let Some(token) = &user.token {
            return Ok(Made {
                header: Some(bearer(token)?),
                shown,
                life: None,
                firm: false,
            });
        }
        if let Some((name, password)) = &user.basic {
            let packed = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{}", password.expose()));
            return Ok(Made {
                header: Some(sensitive(&format!("Basic {packed}"))?),
                shown,
                life: None,
                firm: false,
            });
        }
        if let Some(plugin) = &user.plugin {
            let given = exec::run(plugin, &self.cluster_info, &self.desk).await?;
            let from_plugin = match &given.certificate {
                Some((certificate, key)) => Some(tls::certified_secret(
                    certificate,
                    key,
                    "the credential plugin's answer",
                )?),
                None => None,
            };
            let header = given.token.as_ref().map(bearer).transpose()?;
            return Ok(Made {
                header,
                shown: from_plugin.or(shown),
                life: given.life,
                firm: false,
            });
        }
        if let (Some(provider), None) = (&user.auth_provider, &shown) {
            return Err(configuration(
                &format!("the user entry signs in with the auth-provider \"{provider}\", which Kubernetes has dropped"),
                &match provider.as_str() {
                    "gcp" => "Install gke-gcloud-auth-plugin and get the kubeconfig anew (gcloud container clusters get-credentials).".to_owned(),
                    "azure" => "Convert the kubeconfig with kubelogin (kubelogin convert-kubeconfig).".to_owned(),
                    _ => "Use a credential plugin (`exec:`) instead, for OpenID Connect for instance kubectl oidc-login.".to_owned(),
                },
            ));
        }
        Ok(Made {
            header: None,
            shown,
            life: None,
            firm: false,
        })
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(failed(FailureKind::Cancelled, "reading was given up", "")))
}

fn token_in(file: &Path) -> Result<Secret, Failure> {
    let wrong = |what: String| {
        configuration(
            &format!("the token file {} {what}", file.display()),
            "Check tokenFile in the user entry.",
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    match text.trim() {
        "" => Err(wrong("is empty".to_owned())),
        token => Ok(Secret::new(token.to_owned())),
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, Failure> {
    sensitive(&format!("Bearer {}", token.expose().trim()))
}

fn sensitive(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        configuration(
            "the token holds characters that no header may hold",
            "Check the user entry for line breaks and quotes.",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
