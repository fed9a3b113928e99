//! Asking: the requests of discovery, and the memory of what they said. A root document is asked with the tag of the one
//! before, so that an unchanged one costs a line; group versions of a legacy server are asked eight at a time.

use super::documents::{ACCEPT_DISCOVERY, Content, Group, Served, catalog, group_version, read_resources, read_root};
use crate::cluster::connection::Connection;
use crate::cluster::listwatch::fetch::{ACCEPT_JSON, DOCUMENT_CAP, encoded, request, send};
use crate::cluster::listwatch::step::Trouble;
use crate::kinds::{Catalog, Kind};
use futures::{StreamExt, stream};
use http::{HeaderValue, header};
use std::collections::HashMap;

/// Group versions that are asked at a time.
const AT_A_TIME: usize = 8;
const DOING: &str = "asking what the server serves";

/// The last that was known.
#[derive(Debug, Default)]
pub struct Memory {
    roots: [Root; 2],
    /// Resources of legacy group versions, by `group/version`.
    versions: HashMap<String, Content>,
}

/// A root document: `/api` or `/apis`.
#[derive(Debug, Default)]
struct Root {
    tag: Option<HeaderValue>,
    groups: Vec<Group>,
    failure: Option<String>,
}

const ROOTS: [&str; 2] = ["/api", "/apis"];

impl Memory {
    /// Asks again. `thorough`: also what is known of legacy group versions. Whether the server answered at all.
    pub async fn ask(&mut self, connection: &Connection, thorough: bool) -> bool {
        let [core, others] = &mut self.roots;
        futures::join!(core.ask(connection, ROOTS[0]), others.ask(connection, ROOTS[1]));
        let mut missing = Vec::new();
        let mut present = Vec::new();
        for group in self.roots.iter().flat_map(|root| &root.groups) {
            for version in group
                .versions
                .iter()
                .filter(|version| version.content == Content::Unread)
            {
                let name = group_version(&group.name, &version.name);
                let known = matches!(self.versions.get(&name), Some(Content::Resources(_)));
                if thorough || !known {
                    missing.push((group.name.clone(), version.name.clone()));
                }
                present.push(name);
            }
        }
        self.versions.retain(|name, _| present.contains(name));
        let mut answers = stream::iter(missing)
            .map(|(group, version)| async move {
                let name = group_version(&group, &version);
                let path = match group.as_str() {
                    "" => format!("/api/{}", encoded(&version)),
                    group => format!("/apis/{}/{}", encoded(group), encoded(&version)),
                };
                (name, resources(connection, &path).await)
            })
            .buffer_unordered(AT_A_TIME);
        while let Some((name, answer)) = answers.next().await {
            let content = match answer {
                Ok(resources) => Content::Resources(resources),
                Err(why) => Content::Failed(why, self.versions.remove(&name).map(last_known).unwrap_or_default()),
            };
            self.versions.insert(name, content);
        }
        self.roots.iter().any(|root| root.failure.is_none())
    }

    /// What is known now, as a catalog.
    pub fn catalog(&self, kinds: fn(&str, &str) -> Option<&'static Kind>) -> Catalog {
        let mut groups: Vec<Group> = self.roots.iter().flat_map(|root| root.groups.iter().cloned()).collect();
        for group in &mut groups {
            for version in &mut group.versions {
                if version.content == Content::Unread
                    && let Some(content) = self.versions.get(&group_version(&group.name, &version.name))
                {
                    version.content = content.clone();
                }
            }
        }
        let failed = self.roots.iter().zip(ROOTS).filter_map(|(root, path)| {
            let name = if path == "/api" { "v1" } else { path };
            root.failure.clone().map(|why| (name.to_owned(), why))
        });
        catalog(&groups, kinds, failed.collect())
    }
}

fn last_known(content: Content) -> Vec<Served> {
    match content {
        Content::Resources(resources) | Content::Failed(_, resources) => resources,
        Content::Unread => Vec::new(),
    }
}

impl Root {
    async fn ask(&mut self, connection: &Connection, path: &str) {
        match self.fetch(connection, path).await {
            Ok(()) => self.failure = None,
            Err(trouble) => self.failure = Some(words(trouble)),
        }
    }

    async fn fetch(&mut self, connection: &Connection, path: &str) -> Result<(), Trouble> {
        let mut request = request(path, ACCEPT_DISCOVERY, connection.wants_gzip())?;
        if let Some(tag) = &self.tag {
            request.headers_mut().insert(header::IF_NONE_MATCH, tag.clone());
        }
        let answer = send(connection.shared(), request, DOING).await?;
        if answer.code == 304 {
            return Ok(());
        }
        let tag = answer.headers.get(header::ETAG).cloned();
        let body = answer.whole(DOCUMENT_CAP, DOING).await?;
        let mut groups = read_root(&body).map_err(|error| Trouble::Garbled(crate::text::Clean::new(&error)))?;
        self.keep_known(&mut groups);
        self.groups = groups;
        self.tag = tag;
        Ok(())
    }

    /// A stale group version comes empty: what was known of it stays.
    fn keep_known(&self, groups: &mut [Group]) {
        for group in groups {
            let old = self.groups.iter().find(|old| old.name == group.name);
            for version in &mut group.versions {
                let Content::Failed(_, resources) = &mut version.content else {
                    continue;
                };
                let known = old.and_then(|old| old.versions.iter().find(|old| old.name == version.name));
                if let Some(known) = known.filter(|_| resources.is_empty()) {
                    *resources = last_known(known.content.clone());
                }
            }
        }
    }
}

async fn resources(connection: &Connection, path: &str) -> Result<Vec<Served>, String> {
    let fetch = async {
        let request = request(path, ACCEPT_JSON, connection.wants_gzip())?;
        send(connection.shared(), request, DOING)
            .await?
            .whole(DOCUMENT_CAP, DOING)
            .await
    };
    fetch.await.map_err(words).and_then(|body| read_resources(&body))
}

fn words(trouble: Trouble) -> String {
    match trouble {
        Trouble::Status(status) => status.failure().message.as_str().to_owned(),
        Trouble::Transport(failure) => failure.message.as_str().to_owned(),
        Trouble::Garbled(what) | Trouble::TooLarge(what) => what.as_str().to_owned(),
    }
}
