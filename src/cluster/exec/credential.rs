//! What a credential plugin printed.

use super::{Given, name};
use crate::cluster::failure::failed;
use crate::cluster::kubeconfig::{Plugin, Secret};
use crate::msg::{Failure, FailureKind};
use serde::Deserialize;
use std::time::{Duration, SystemTime};

/// Reads an ExecCredential. Nothing of it is repeated in an error.
pub(super) fn read(stdout: &[u8], plugin: &Plugin, now: SystemTime) -> Result<Given, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Credential {
        #[serde(default)]
        kind: String,
        #[serde(default)]
        api_version: String,
        status: Option<Status>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        token: Option<Secret>,
        client_certificate_data: Option<String>,
        client_key_data: Option<Secret>,
        expiration_timestamp: Option<String>,
    }
    let name = name(plugin);
    let wrong = |what: &str| {
        failed(
            FailureKind::Unauthenticated,
            &format!("the credential plugin {name} {what}"),
            "Check its version and its arguments in the kubeconfig.",
        )
    };
    if stdout.iter().all(u8::is_ascii_whitespace) {
        return Err(wrong("printed nothing where credentials belong"));
    }
    let credential: Credential = serde_json::from_slice(stdout).map_err(|error| {
        wrong(&format!(
            "printed something that is no ExecCredential in JSON (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    if credential.kind != "ExecCredential" {
        return Err(wrong("printed JSON that is no ExecCredential"));
    }
    if credential.api_version != plugin.api_version {
        return Err(wrong(&format!(
            "was asked for {} and answered in another version",
            plugin.api_version
        )));
    }
    let status = credential
        .status
        .ok_or_else(|| wrong("gave no status with credentials"))?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let token = status.token.filter(|token| !token.expose().is_empty());
    let key = status.client_key_data.filter(|key| !key.expose().is_empty());
    let certificate = match (filled(status.client_certificate_data), key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            return Err(wrong(
                "gave a certificate without its key, or a key without its certificate",
            ));
        }
    };
    if token.is_none() && certificate.is_none() {
        return Err(wrong("gave neither a token nor a certificate"));
    }
    let life = match filled(status.expiration_timestamp) {
        None => None,
        Some(text) => {
            let ends =
                crate::text::parse_time(&text).ok_or_else(|| wrong("gave a time of expiry that cannot be read"))?;
            let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
            Some(Duration::from_secs(
                u64::try_from(ends).unwrap_or_default().saturating_sub(now),
            ))
        }
    };
    Ok(Given {
        token,
        certificate,
        life,
    })
}
