//! Several kubeconfig files as one: the first file to define a name wins, whole entries at a time, and every entry
//! remembers its file, because relative paths in it are relative to that.

use super::target::{self, Target};
use super::written;
use crate::cluster::failure::configuration;
use crate::msg::Failure;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A context and the file it comes from.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) written: written::Context,
}

/// All files together.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// In the order of the files and of the entries in them.
    pub(super) contexts: Vec<Context>,
    clusters: HashMap<String, (PathBuf, written::Cluster)>,
    users: HashMap<String, (PathBuf, written::User)>,
    names: HashMap<String, usize>,
    pub(super) current: Option<String>,
    pub(super) warnings: Vec<String>,
}

impl Merged {
    /// Adds the text of one file after those that are in.
    pub(super) fn add(&mut self, file: &Path, text: &str) {
        let shown = file.display();
        let parsed = match written::parse(text) {
            Ok((parsed, odd)) => {
                if let Some(odd) = odd {
                    self.warnings
                        .push(format!("{shown}: {odd}. The last one counts; remove the others."));
                }
                parsed
            }
            Err(why) => {
                self.warnings.push(format!(
                    "{shown}: it is not a kubeconfig that can be read ({why}). Correct it; the other files are used."
                ));
                return;
            }
        };
        let mut doubled = Vec::new();
        let mut fresh: HashMap<String, ()> = HashMap::new();
        for entry in parsed.clusters.unwrap_or_default() {
            if fresh.insert(entry.name.clone(), ()).is_some() {
                doubled.push(format!("cluster \"{}\"", entry.name));
            }
            self.clusters
                .entry(entry.name)
                .or_insert_with(|| (file.to_owned(), entry.cluster.unwrap_or_default()));
        }
        fresh.clear();
        for entry in parsed.users.unwrap_or_default() {
            if fresh.insert(entry.name.clone(), ()).is_some() {
                doubled.push(format!("user \"{}\"", entry.name));
            }
            self.users
                .entry(entry.name)
                .or_insert_with(|| (file.to_owned(), entry.user.unwrap_or_default()));
        }
        fresh.clear();
        for entry in parsed.contexts.unwrap_or_default() {
            if fresh.insert(entry.name.clone(), ()).is_some() {
                doubled.push(format!("context \"{}\"", entry.name));
            }
            if self.names.contains_key(&entry.name) {
                continue;
            }
            self.names.insert(entry.name.clone(), self.contexts.len());
            self.contexts.push(Context {
                name: entry.name,
                file: file.to_owned(),
                written: entry.context.unwrap_or_default(),
            });
        }
        if !doubled.is_empty() {
            let more = doubled.len().saturating_sub(3);
            doubled.truncate(3);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            self.warnings.push(format!(
                "{shown}: defined twice: {}{more}. The first one counts here; kubectl refuses the file.",
                doubled.join(", ")
            ));
        }
        if self.current.is_none() {
            self.current = parsed.current_context.filter(|name| !name.is_empty());
        }
    }

    pub(super) fn cluster(&self, context: &Context) -> Option<&(PathBuf, written::Cluster)> {
        self.clusters.get(context.written.cluster.as_deref()?)
    }

    pub(super) fn user(&self, context: &Context) -> Option<&(PathBuf, written::User)> {
        self.users.get(context.written.user.as_deref()?)
    }

    /// What a context comes to.
    pub(super) fn target(&self, context: &Context) -> Result<Target, Failure> {
        let shown = context.file.display();
        let named = |name: &Option<String>| name.as_deref().filter(|name| !name.is_empty()).map(str::to_owned);
        let Some(cluster_name) = named(&context.written.cluster) else {
            return Err(configuration(
                &format!("context \"{}\" in {shown} names no cluster", context.name),
                "Add `cluster:` to the context entry.",
            ));
        };
        let Some((cluster_file, cluster)) = self.cluster(context) else {
            return Err(configuration(
                &format!(
                    "context \"{}\" in {shown} names the cluster \"{cluster_name}\", which is not defined",
                    context.name
                ),
                "Add it under `clusters:`, or correct the context entry.",
            ));
        };
        let user_name = named(&context.written.user);
        let user = match &user_name {
            None => None,
            Some(name) => match self.user(context) {
                Some((file, user)) => Some((file.as_path(), name.as_str(), user)),
                None => {
                    return Err(configuration(
                        &format!(
                            "context \"{}\" in {shown} names the user \"{name}\", which is not defined",
                            context.name
                        ),
                        "Add it under `users:`, or correct the context entry.",
                    ));
                }
            },
        };
        target::target(&context.name, (cluster_file, &cluster_name, cluster), user)
    }
}
