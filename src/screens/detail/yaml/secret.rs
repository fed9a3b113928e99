//! What of a secret is seen: nothing of its values until somebody asks, and what a value is when it is asked for.

use crate::describe::reuse::LAST_APPLIED;
use crate::text::yaml::Seen;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeSet;

/// Which values of a secret are seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reveal {
    /// All of them.
    pub(super) all: bool,
    /// These, by the name under `data` or `stringData`.
    pub(super) keys: BTreeSet<String>,
}

impl Reveal {
    /// Whether anything is.
    pub(super) fn any(&self) -> bool {
        self.all || !self.keys.is_empty()
    }

    /// What is seen of a field of a secret.
    pub(super) fn seen(&self, keys: &[&str], value: &Value) -> Seen {
        let hidden = match keys {
            _ if self.all => false,
            ["data" | "stringData", name] => !self.keys.contains(*name),
            // It repeats the data.
            ["metadata", "annotations", name] => *name == LAST_APPLIED,
            _ => false,
        };
        if hidden {
            Seen::Instead(mask(keys.first() == Some(&"data"), value))
        } else {
            Seen::All
        }
    }

    /// The secret as far as it is seen.
    pub(super) fn masked(&self, object: &Value) -> Value {
        let mut object = object.clone();
        let mut hide = |path: &[&str]| {
            let Some(Value::Object(map)) = path.iter().try_fold(&mut object, |value, key| value.get_mut(*key)) else {
                return;
            };
            for (key, value) in map {
                let mut keys = path.to_vec();
                keys.push(key);
                if let Seen::Instead(text) = self.seen(&keys, value) {
                    *value = Value::String(text);
                }
            }
        };
        hide(&["data"]);
        hide(&["stringData"]);
        hide(&["metadata", "annotations"]);
        object
    }
}

/// `••• 24 bytes`
fn mask(encoded: bool, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let bytes = if encoded {
        decode(text).map_or(text.len(), |bytes| bytes.len())
    } else {
        text.len()
    };
    format!("••• {bytes} {}", if bytes == 1 { "byte" } else { "bytes" })
}

/// Base64, with or without line breaks.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(bytes).ok()
}

/// What bytes that are no text look like.
pub(super) fn looks_like(bytes: &[u8]) -> &'static str {
    let rows: &[(&[u8], &str)] = &[
        (&[0x1f, 0x8b], "gzip"),
        (b"PK\x03\x04", "a zip or jar archive"),
        (&[0x89, b'P', b'N', b'G'], "a PNG picture"),
        (&[0xff, 0xd8, 0xff], "a JPEG picture"),
        (&[0xfe, 0xed, 0xfe, 0xed], "a Java key store"),
        (&[0x7f, b'E', b'L', b'F'], "a program"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (b"BZh", "bzip2"),
        (&[0x30, 0x82], "DER: a certificate, key or PKCS#12 store"),
    ];
    rows.iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map_or("unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_masked_until_revealed() {
        let secret = json!({"kind": "Secret", "data": {"a": "aHVudGVyMg==", "b": "YQ=="}, "stringData": {"c": "plain"},
            "metadata": {"annotations": {(LAST_APPLIED): "{\"data\":{\"a\":\"aHVudGVyMg==\"}}", "x": "y"}}});
        let mut reveal = Reveal::default();
        let masked = reveal.masked(&secret).to_string();
        assert!(!masked.contains("aHVudGVyMg") && !masked.contains("plain"), "{masked}");
        assert!(
            masked.contains("••• 7 bytes") && masked.contains("••• 1 byte\""),
            "{masked}"
        );
        reveal.keys.insert("b".to_owned());
        let masked = reveal.masked(&secret);
        assert_eq!(masked["data"]["b"], "YQ==");
        assert_eq!(masked["data"]["a"], "••• 7 bytes");
        assert_eq!(masked["metadata"]["annotations"]["x"], "y");
        reveal.all = true;
        assert_eq!(reveal.masked(&secret), secret);
    }

    #[test]
    fn bytes_are_named() {
        assert_eq!(looks_like(&[0x1f, 0x8b, 8]), "gzip");
        assert_eq!(looks_like(b""), "unknown");
        assert_eq!(decode("YQ\n=="), Some(b"a".to_vec()));
        assert_eq!(decode("%"), None);
    }
}
