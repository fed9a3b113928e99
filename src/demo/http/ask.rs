//! What the client asked for: path, query and the form it wants.

use super::JSON;
use crate::demo::access::User;
use crate::demo::resource::{Profile, Resource};
use bytes::Bytes;
use std::sync::Arc;

/// What the path names.
#[derive(Clone, Debug)]
pub(in crate::demo) struct Target {
    pub resource: Arc<Resource>,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub subresource: Option<String>,
}

/// What the client asked for, read once.
pub(in crate::demo) struct Ask {
    pub user: User,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub accept: Accept,
    pub content_type: String,
    pub body: Bytes,
}

impl Ask {
    /// A query parameter.
    pub(in crate::demo) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// A query parameter that is a switch.
    pub(in crate::demo) fn flag(&self, name: &str) -> bool {
        matches!(self.param(name), Some("true" | "1"))
    }
}

/// The shape the client wants objects in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::demo) enum Accept {
    Object,
    /// A table of meta.k8s.io v1 (or v1beta1 when the flag is set).
    Table(bool),
    PartialObject,
    /// Aggregated discovery in v2 (or v2beta1 when the flag is set).
    Discovery(bool),
    /// Nothing this server speaks.
    Nothing,
}

impl Accept {
    /// Reads an Accept header; the first entry that can be served wins.
    pub(in crate::demo) fn parse(text: &str, profile: Profile, discovery: bool) -> Accept {
        if text.trim().is_empty() {
            return Accept::Object;
        }
        for entry in text.split(',') {
            let mut parts = entry.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default();
            let (mut shape, mut group, mut version) = ("", "", "");
            for part in parts {
                match part.split_once('=') {
                    Some(("as", v)) => shape = v,
                    Some(("g", v)) => group = v,
                    Some(("v", v)) => version = v,
                    _ => {}
                }
            }
            if !matches!(kind, JSON | "*/*" | "application/*") {
                continue;
            }
            match (shape, group, version) {
                ("", ..) => return Accept::Object,
                ("Table", "meta.k8s.io", "v1" | "v1beta1") => return Accept::Table(version == "v1beta1"),
                ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io", _) => {
                    return Accept::PartialObject;
                }
                ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2" | "v2beta1")
                    if discovery && profile == Profile::Modern =>
                {
                    return Accept::Discovery(version == "v2beta1");
                }
                _ => {}
            }
        }
        Accept::Nothing
    }
}

pub(super) fn parse_query(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|p| !p.is_empty());
    pairs
        .map(|p| p.split_once('=').unwrap_or((p, "")))
        .map(|(k, v)| (decode(k), decode(&v.replace('+', " "))))
        .collect()
}

pub(super) fn decode(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|p| std::str::from_utf8(p).ok());
        match (bytes[at], pair.and_then(|p| u8::from_str_radix(p, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_acceptable_form_wins() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        for (text, discovery, wanted) in [
            (kubectl, false, Accept::Table(false)),
            ("application/json", false, Accept::Object),
            ("", false, Accept::Object),
            ("application/vnd.kubernetes.protobuf, */*", false, Accept::Object),
            ("application/vnd.kubernetes.protobuf", false, Accept::Nothing),
            (aggregated, true, Accept::Discovery(false)),
            (aggregated, false, Accept::Object),
            (
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
                false,
                Accept::PartialObject,
            ),
        ] {
            assert_eq!(Accept::parse(text, Profile::Modern, discovery), wanted, "{text}");
        }
        assert_eq!(Accept::parse(aggregated, Profile::Old, true), Accept::Object);
    }

    #[test]
    fn queries_are_decoded() {
        assert_eq!(
            parse_query("labelSelector=app%3Dcart%2Ctier&watch=1&x=%zz"),
            [("labelSelector", "app=cart,tier"), ("watch", "1"), ("x", "%zz")].map(|(k, v)| (k.into(), v.into()))
        );
    }
}
