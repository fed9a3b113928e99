//! Where streaming lists are tried: on servers that have them, until a resource's server refuses or stays silent. What
//! was refused is remembered for the run, per cluster.
//!
//! A server before 1.37 never compresses them, and a list of 10,000 pods is 28 times smaller compressed: over a network
//! the compressed list is better for both sides, so before 1.37 they are tried on this machine only.

use crate::kinds::ResourceName;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known about streaming lists of one cluster. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct StreamingLists(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    minor: Option<u32>,
    refused: HashSet<ResourceName>,
}

impl StreamingLists {
    /// Takes note of the server's version, such as `v1.34.1` or `v1.28+`.
    pub fn note_version(&self, version: &str) {
        let mut parts = version.trim_start_matches('v').split('.');
        let major = parts.next();
        let digits: String = parts
            .next()
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let minor = digits.parse().ok().filter(|_| major == Some("1"));
        let mut known = self.known();
        if known.minor != minor {
            known.minor = minor;
            // Another version may take what the last one has refused.
            known.refused.clear();
        }
    }

    /// Whether a streaming list of this resource should be tried. The gate is on in 1.32 and from 1.34 on; 1.33 has it
    /// off.
    pub fn wanted(&self, resource: &ResourceName, loopback: bool) -> bool {
        let known = self.known();
        let served = known.minor.is_some_and(|minor| minor == 32 || minor >= 34);
        let cheap = loopback || known.minor.is_some_and(|minor| minor >= 37);
        served && cheap && !known.refused.contains(resource)
    }

    /// Remembers that it was refused.
    pub fn refuse(&self, resource: &ResourceName) {
        self.known().refused.insert(resource.clone());
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_where_they_are_served_and_cheap() {
        let pods = ResourceName::new("", "pods");
        for (version, here, far) in [
            ("v1.20.2", false, false),
            ("v1.32.0", true, false),
            ("v1.33.4", false, false),
            ("v1.34.1", true, false),
            ("v1.37+", true, true),
            ("v2.40.0", false, false),
            ("", false, false),
        ] {
            let lists = StreamingLists::default();
            lists.note_version(version);
            assert_eq!(
                (lists.wanted(&pods, true), lists.wanted(&pods, false)),
                (here, far),
                "{version}"
            );
            lists.refuse(&pods);
            assert!(!lists.wanted(&pods, true), "{version}");
        }
        assert!(!StreamingLists::default().wanted(&pods, true));
    }
}
