//! The kubeconfig, as kubectl reads it: `--kubeconfig`, else the files of `KUBECONFIG` merged, else `~/.kube/config`, else
//! the service account of the pod this runs in. What is wrong with one file or entry is said and the others are used.
//! Nothing is ever written, and nothing is followed by itself: a change on disk is announced.
//!
//! Everything here blocks on the disk: call it from `spawn_blocking`.

mod merge;
mod target;
#[cfg(test)]
mod tests;
mod watch;
mod written;

pub use target::{ActingAs, Interactive, Material, Plugin, Target, User};
pub use watch::{Fingerprint, fingerprint, watch};
pub use written::Secret;

use super::failure::configuration;
use crate::msg::{ContextInfo, ContextsEvent, Failure};
use crate::text::Clean;
use crate::want::ClusterId;
use merge::Merged;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the command line says about the kubeconfig.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// `--kubeconfig`
    pub kubeconfig: Option<PathBuf>,
    /// `--context`
    pub context: Option<String>,
    /// `-n`: of the context that is opened first.
    pub namespace: Option<String>,
    /// `--as`
    pub acting_as: Option<String>,
    /// `--as-group`
    pub acting_groups: Vec<String>,
}

/// Where kubeconfigs are looked for.
#[derive(Clone, Debug)]
pub struct Places {
    /// The value of `KUBECONFIG`, when it is set and not empty.
    pub list: Option<std::ffi::OsString>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, when this runs in a pod.
    pub service: Option<(String, String)>,
    /// Where a pod finds its service account.
    pub account: PathBuf,
}

impl Places {
    /// As the environment of this process has it.
    pub fn from_environment() -> Places {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Places {
            list: std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty()),
            home: std::env::home_dir(),
            service: text("KUBERNETES_SERVICE_HOST").zip(text("KUBERNETES_SERVICE_PORT")),
            account: PathBuf::from("/var/run/secrets/kubernetes.io/serviceaccount"),
        }
    }
}

/// The name under which the service account of a pod is listed.
pub const IN_CLUSTER: &str = "in-cluster";

/// Reads kubeconfigs, and gives every context name one id for the whole run.
#[derive(Debug)]
pub struct Kubeconfig {
    invocation: Invocation,
    places: Places,
    ids: HashMap<String, ClusterId>,
    /// What was read from something that can be read only once (`--kubeconfig <(…)`).
    kept: HashMap<PathBuf, String>,
}

impl Kubeconfig {
    /// Nothing is read yet.
    pub fn new(invocation: Invocation, places: Places) -> Kubeconfig {
        Kubeconfig {
            invocation,
            places,
            ids: HashMap::new(),
            kept: HashMap::new(),
        }
    }

    /// The files that count, in order, whether they exist or not.
    pub fn files(&self) -> Vec<PathBuf> {
        if let Some(file) = &self.invocation.kubeconfig {
            return vec![file.clone()];
        }
        if let Some(list) = &self.places.list {
            let mut files: Vec<PathBuf> = Vec::new();
            for file in std::env::split_paths(list).filter(|file| !file.as_os_str().is_empty()) {
                if !files.contains(&file) {
                    files.push(file);
                }
            }
            return files;
        }
        self.places.home.iter().map(|home| home.join(".kube/config")).collect()
    }

    /// Reads all files now.
    pub fn read(&mut self) -> ContextsEvent {
        let merged = self.merged();
        let mut warnings: Vec<Clean> = merged.warnings.iter().map(|warning| Clean::new(warning)).collect();
        let in_cluster = merged.contexts.is_empty().then(|| self.in_cluster()).flatten();
        if merged.contexts.is_empty() && in_cluster.is_none() {
            return ContextsEvent::Nothing(self.nothing(&merged));
        }
        let asked = self.invocation.context.clone();
        let wanted = asked
            .clone()
            .or_else(|| merged.current.clone())
            .filter(|name| !name.is_empty());
        let mut contexts: Vec<ContextInfo> = merged.contexts.iter().map(|entry| self.info(&merged, entry)).collect();
        if let Some(target) = in_cluster {
            contexts.push(self.in_cluster_info(&target));
        }
        let only = (contexts.len() == 1 && merged.contexts.is_empty()).then(|| IN_CLUSTER.to_owned());
        let wanted = wanted.or(only);
        let mut current = None;
        if let Some(name) = &wanted {
            current = contexts
                .iter()
                .find(|context| context.name == *name)
                .map(|context| context.id);
            if current.is_none() {
                warnings.push(Clean::new(&no_such_context(
                    name,
                    asked.is_some(),
                    contexts.iter().map(|context| context.name.as_str()),
                )));
            }
        }
        if let (Some(namespace), Some(current)) = (&self.invocation.namespace, current) {
            for context in contexts.iter_mut().filter(|context| context.id == current) {
                context.namespace = Clean::new(namespace);
            }
        }
        ContextsEvent::Loaded {
            contexts,
            current,
            warnings,
        }
    }

    /// What a context comes to, read from disk now.
    ///
    /// # Errors
    /// A configuration failure that names file, entry and remedy.
    pub fn open(&mut self, context: &str) -> Result<Target, Failure> {
        let merged = self.merged();
        let mut target = match merged.contexts.iter().find(|entry| entry.name == context) {
            Some(entry) => merged.target(entry)?,
            None if context == IN_CLUSTER && merged.contexts.is_empty() => {
                self.in_cluster().ok_or_else(|| self.nothing(&merged))?
            }
            None => {
                let names = merged.contexts.iter().map(|entry| entry.name.as_str());
                return Err(configuration(
                    &no_such_context(context, false, names),
                    "Read the kubeconfig again, or choose another context.",
                ));
            }
        };
        self.act_as(&mut target.acting_as);
        Ok(target)
    }

    fn merged(&mut self) -> Merged {
        let explicit = self.invocation.kubeconfig.is_some();
        let mut merged = Merged::default();
        for file in self.files() {
            let text = match self.kept.get(&file) {
                Some(text) => Ok(text.clone()),
                None => read_text(&file),
            };
            match text {
                Ok(text) => {
                    if !file.is_file() && file.exists() {
                        self.kept.insert(file.clone(), text.clone());
                    }
                    merged.add(&file, &text);
                }
                Err(Unread::Missing) if explicit => {
                    merged.warnings.push(format!(
                        "{}: there is no such file. Check the path after --kubeconfig.",
                        file.display()
                    ));
                }
                Err(Unread::Missing) => {}
                Err(Unread::Wrong(why)) => merged.warnings.push(format!("{}: {why}", file.display())),
            }
        }
        merged
    }

    /// The command line counts before the file; naming a user there drops the file's groups with it, as kubectl does.
    fn act_as(&self, acting_as: &mut ActingAs) {
        if let Some(user) = self.invocation.acting_as.as_ref().filter(|user| !user.is_empty()) {
            *acting_as = ActingAs {
                user: Some(user.clone()),
                ..ActingAs::default()
            };
        }
        if !self.invocation.acting_groups.is_empty() {
            acting_as.groups = self.invocation.acting_groups.clone();
        }
    }

    fn id(&mut self, name: &str) -> ClusterId {
        let next = ClusterId(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
        *self.ids.entry(name.to_owned()).or_insert(next)
    }

    fn info(&mut self, merged: &Merged, entry: &merge::Context) -> ContextInfo {
        let cluster = merged.cluster(entry);
        let user = merged.user(entry);
        let target = merged.target(entry);
        let mut acting_as = user.map(|(_, written)| target::acting_as(written)).unwrap_or_default();
        self.act_as(&mut acting_as);
        let written = |text: Option<&str>| Clean::new(text.unwrap_or_default());
        ContextInfo {
            id: self.id(&entry.name),
            name: entry.name.clone(),
            cluster: written(entry.written.cluster.as_deref()),
            user: written(entry.written.user.as_deref()),
            namespace: Clean::new(
                entry
                    .written
                    .namespace
                    .as_deref()
                    .filter(|name| !name.is_empty())
                    .unwrap_or("default"),
            ),
            server: written(cluster.and_then(|(_, cluster)| cluster.server.as_deref())),
            file: Clean::new(&entry.file.display().to_string()),
            insecure: cluster.is_some_and(|(_, cluster)| cluster.insecure_skip_tls_verify == Some(true)),
            auth: Clean::new(
                &target
                    .as_ref()
                    .map_or_else(|_| "none".to_owned(), |target| target.user.words()),
            ),
            problem: target.err().map(|failure| match &failure.remedy {
                Some(remedy) => Clean::new(&format!(
                    "{}. {}",
                    failure.message.as_str().trim_end_matches('.'),
                    remedy.as_str()
                )),
                None => failure.message,
            }),
            acting_as: acting_as.words().map(|words| Clean::new(&words)),
            // Which contexts are production is the configuration's to say; the runtime fills it in.
            production: false,
        }
    }

    fn in_cluster_info(&mut self, target: &Target) -> ContextInfo {
        let namespace = std::fs::read_to_string(self.places.account.join("namespace")).unwrap_or_default();
        let mut acting_as = ActingAs::default();
        self.act_as(&mut acting_as);
        ContextInfo {
            id: self.id(IN_CLUSTER),
            name: IN_CLUSTER.to_owned(),
            cluster: Clean::new(IN_CLUSTER),
            user: Clean::new("service account"),
            namespace: Clean::new(
                Some(namespace.trim())
                    .filter(|name| !name.is_empty())
                    .unwrap_or("default"),
            ),
            server: Clean::new(&target.server.to_string()),
            file: Clean::new(&self.places.account.display().to_string()),
            insecure: false,
            auth: Clean::new(&target.user.words()),
            problem: None,
            acting_as: acting_as.words().map(|words| Clean::new(&words)),
            // Which contexts are production is the configuration's to say; the runtime fills it in.
            production: false,
        }
    }

    fn in_cluster(&self) -> Option<Target> {
        let (host, port) = self.places.service.as_ref()?;
        let token = self.places.account.join("token");
        if self.invocation.kubeconfig.is_some() || !token.is_file() {
            return None;
        }
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.clone()
        };
        let address = format!("https://{host}:{port}");
        let authority = self.places.account.join("ca.crt");
        Some(Target {
            context: IN_CLUSTER.to_owned(),
            server: target::server(&address).ok()?,
            authority: authority.is_file().then_some(Material::File(authority)),
            insecure: false,
            server_name: None,
            proxy: None,
            uncompressed: false,
            user: User {
                token_file: Some(token),
                ..User::default()
            },
            acting_as: ActingAs::default(),
            user_file: None,
            user_name: String::new(),
            cluster_info: serde_json::json!({ "server": address }),
        })
    }

    fn nothing(&self, merged: &Merged) -> Failure {
        let files: Vec<String> = self.files().iter().map(|file| file.display().to_string()).collect();
        let message = match (merged.warnings.as_slice(), files.as_slice()) {
            ([first, ..], _) => first.clone(),
            ([], []) => "there is no kubeconfig, and no home directory to look for one".to_owned(),
            ([], [file]) if !Path::new(file).exists() => format!("there is no kubeconfig: {file} does not exist"),
            ([], [file]) => format!("{file} names no context"),
            ([], files) => format!("none of {} names a context", files.join(", ")),
        };
        configuration(
            &message,
            "Give one with --kubeconfig FILE or the variable KUBECONFIG, copy one to ~/.kube/config, or look around in the simulated cluster: portolan --demo.",
        )
    }
}

fn no_such_context<'a>(name: &str, asked: bool, names: impl Iterator<Item = &'a str>) -> String {
    let whence = if asked {
        "asked for with --context"
    } else {
        "the current one"
    };
    match crate::text::nearest(name, names) {
        Some(near) => format!("There is no context \"{name}\" ({whence}) in the kubeconfig. Did you mean \"{near}\"?"),
        None => format!("There is no context \"{name}\" ({whence}) in the kubeconfig. Choose one from the list."),
    }
}

enum Unread {
    Missing,
    Wrong(String),
}

fn read_text(file: &Path) -> Result<String, Unread> {
    let wrong = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Unread::Missing,
        _ => Unread::Wrong(format!(
            "it cannot be read: {}. Check the file's rights.",
            target::io_words(&error)
        )),
    };
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(written::LONGEST + 1).read_to_end(&mut bytes))
        .map_err(wrong)?;
    if bytes.len() as u64 > written::LONGEST {
        return Err(Unread::Wrong(
            "it is larger than 32 MiB, so it was not read. Is it a kubeconfig?".to_owned(),
        ));
    }
    String::from_utf8(bytes).map_err(|_| Unread::Wrong("it is not text (not UTF-8). Is it a kubeconfig?".to_owned()))
}
