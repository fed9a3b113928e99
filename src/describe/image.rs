//! Why an image cannot be had, from what the container runtime said.

use super::events::EventFacts;
use super::pod_findings::finding as found;
use super::{Finding, say, text_at};
use crate::kinds::Health;
use serde_json::Value;

/// At most so many characters of what the registry said are quoted.
const QUOTE: usize = 120;

/// The finding for a container whose image is not there. `word` names the container at the beginning of a sentence.
pub(super) fn finding_of(word: &str, image: &str, reason: &str, said: &str) -> Finding {
    let lower = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let begin = format!("{word} has no image: {image}");
    let (cause, next) = if reason == "InvalidImageName" {
        (
            format!("{begin} is no valid image name"),
            "Correct the image's name".to_owned(),
        )
    } else if reason == "ErrImageNeverPull" {
        (
            format!("{begin} is not on the node, and the pull policy Never forbids to fetch it"),
            "Put the image on the node, or use the pull policy IfNotPresent".to_owned(),
        )
    } else if has(&["may require authorization", "may require 'docker login'"]) {
        (
            format!("{begin} does not exist, or may not be pulled without signing in"),
            "Check the name and tag; if it is private, give the pod or its service account an image pull secret"
                .to_owned(),
        )
    } else if has(&[
        "unauthorized",
        "401",
        "403",
        "forbidden",
        "denied",
        "authentication required",
        "no basic auth",
    ]) {
        (
            format!("{begin} may not be pulled: the registry refuses ({})", quote(said)),
            "Give the pod or its service account an image pull secret with the right to pull it".to_owned(),
        )
    } else if has(&[
        "not found",
        "manifest unknown",
        "does not exist",
        "no such image",
        "name unknown",
    ]) {
        (
            format!("{begin} does not exist in its registry"),
            "Correct the image's name or tag, or push it".to_owned(),
        )
    } else if has(&["toomanyrequests", "429", "rate limit"]) {
        (
            format!("{begin} cannot be pulled now: the registry limits how often one may pull"),
            "Wait, sign in to the registry, or use a mirror".to_owned(),
        )
    } else if has(&["x509", "certificate", "tls"]) {
        (
            format!(
                "{begin} cannot be pulled: the registry's certificate is not trusted ({})",
                quote(said)
            ),
            "Make the node trust the registry's certificate".to_owned(),
        )
    } else if has(&[
        "no such host",
        "dial tcp",
        "i/o timeout",
        "connection refused",
        "connection reset",
        "deadline exceeded",
        "proxyconnect",
    ]) {
        (
            format!(
                "{begin} cannot be pulled: its registry is not reached from the node ({})",
                quote(said)
            ),
            "Check the registry's name, and DNS, proxy and firewall of the node".to_owned(),
        )
    } else if said.is_empty() {
        (
            format!("{begin} cannot be pulled ({reason})"),
            "See the pod's events".to_owned(),
        )
    } else {
        (
            format!("{begin} cannot be pulled: {}", quote(said)),
            "Check the image's name and the registry".to_owned(),
        )
    };
    found(Health::Bad, cause, next)
}

/// The end of what was said: a chain of errors has its cause there.
fn quote(said: &str) -> String {
    let line = say::one_line(said);
    let tail: Vec<&str> = line.rsplit(": ").take(2).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    say::brief(&tail.join(": "), QUOTE)
}

/// The finding for a container that waits for its image, with what events add to it.
pub(super) fn finding(word: &str, spec: &Value, reason: &str, message: &str, events: &[EventFacts]) -> Finding {
    let image = text_at(spec, "image");
    // The back-off says nothing about the cause; the failed pull before it does.
    let said = events.iter().rev().find(|event| {
        event.reason == "Failed" && event.message.starts_with("Failed to pull image") && event.message.contains(image)
    });
    let own = if message.to_lowercase().starts_with("back-off") {
        ""
    } else {
        message
    };
    let said = said.map_or(own, |event| event.message.as_str());
    finding_of(word, image, reason, said)
}
