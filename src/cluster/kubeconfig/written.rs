//! A kubeconfig file as it is written, and how one is read. Fields this program does not use are skipped; nothing in here
//! prints itself, because tokens and keys are among it.

use serde::Deserialize;
use serde_yaml::options::DuplicateKeyPolicy;
use std::fmt;

/// More than any kubeconfig that a person wrote, and few enough bytes to read in a moment.
pub(super) const LONGEST: u64 = 32 * 1024 * 1024;

/// A text that must not be shown: it prints as stars.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Secret(String);

impl Secret {
    /// Takes it.
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The text itself, for the wire only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// One file.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub(super) clusters: Option<Vec<NamedCluster>>,
    #[serde(default)]
    pub(super) users: Option<Vec<NamedUser>>,
    #[serde(default)]
    pub(super) contexts: Option<Vec<NamedContext>>,
    #[serde(default, rename = "current-context")]
    pub(super) current_context: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedCluster {
    pub(super) name: String,
    #[serde(default)]
    pub(super) cluster: Option<Cluster>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedUser {
    pub(super) name: String,
    #[serde(default)]
    pub(super) user: Option<User>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedContext {
    pub(super) name: String,
    #[serde(default)]
    pub(super) context: Option<Context>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Cluster {
    #[serde(default)]
    pub(super) server: Option<String>,
    #[serde(default)]
    pub(super) tls_server_name: Option<String>,
    #[serde(default)]
    pub(super) insecure_skip_tls_verify: Option<bool>,
    #[serde(default)]
    pub(super) certificate_authority: Option<String>,
    #[serde(default)]
    pub(super) certificate_authority_data: Option<String>,
    #[serde(default)]
    pub(super) proxy_url: Option<String>,
    #[serde(default)]
    pub(super) disable_compression: Option<bool>,
    #[serde(default)]
    pub(super) extensions: Option<Vec<Extension>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Extension {
    pub(super) name: String,
    #[serde(default)]
    pub(super) extension: serde_json::Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct User {
    #[serde(default)]
    pub(super) client_certificate: Option<String>,
    #[serde(default)]
    pub(super) client_certificate_data: Option<String>,
    #[serde(default)]
    pub(super) client_key: Option<String>,
    #[serde(default)]
    pub(super) client_key_data: Option<Secret>,
    #[serde(default)]
    pub(super) token: Option<Secret>,
    #[serde(default, rename = "tokenFile")]
    pub(super) token_file: Option<String>,
    #[serde(default)]
    pub(super) username: Option<String>,
    #[serde(default)]
    pub(super) password: Option<Secret>,
    #[serde(default, rename = "as")]
    pub(super) act_as: Option<String>,
    #[serde(default)]
    pub(super) as_uid: Option<String>,
    #[serde(default)]
    pub(super) as_groups: Option<Vec<String>>,
    #[serde(default)]
    pub(super) as_user_extra: Option<std::collections::BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    pub(super) auth_provider: Option<AuthProvider>,
    #[serde(default)]
    pub(super) exec: Option<Exec>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct AuthProvider {
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exec {
    #[serde(default)]
    pub(super) api_version: Option<String>,
    #[serde(default)]
    pub(super) command: Option<String>,
    #[serde(default)]
    pub(super) args: Option<Vec<String>>,
    #[serde(default)]
    pub(super) env: Option<Vec<Variable>>,
    #[serde(default)]
    pub(super) install_hint: Option<String>,
    #[serde(default)]
    pub(super) provide_cluster_info: Option<bool>,
    #[serde(default)]
    pub(super) interactive_mode: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Variable {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Secret,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Context {
    #[serde(default)]
    pub(super) cluster: Option<String>,
    #[serde(default)]
    pub(super) user: Option<String>,
    #[serde(default)]
    pub(super) namespace: Option<String>,
}

/// Reads the text of a kubeconfig. With it comes what was odd but could be read past.
///
/// # Errors
/// What is wrong, as the end of a sentence that begins with the file's name.
pub(super) fn parse(text: &str) -> Result<(File, Option<String>), String> {
    if text.trim().is_empty() {
        return Ok((File::default(), None));
    }
    match serde_yaml::from_str_with_options::<Option<File>>(text, options(DuplicateKeyPolicy::Error)) {
        Ok(file) => Ok((file.unwrap_or_default(), None)),
        // Whether the duplicate was the only thing wrong is seen by reading past it, as kubectl does.
        Err(first) => {
            match serde_yaml::from_str_with_options::<Option<File>>(text, options(DuplicateKeyPolicy::LastWins)) {
                Ok(file) => Ok((file.unwrap_or_default(), Some(words(&first)))),
                Err(error) => Err(words(&error)),
            }
        }
    }
}

fn options(duplicate_keys: DuplicateKeyPolicy) -> serde_yaml::Options {
    serde_yaml::options! {
        duplicate_keys: duplicate_keys,
        with_snippet: false,
        legacy_octal_numbers: true,
        budget: serde_yaml::budget! {
            max_events: 8_000_000,
            max_nodes: 4_000_000,
            max_aliases: 1_000,
            max_total_scalar_bytes: 64 * 1024 * 1024,
        },
    }
}

/// The reader's words, one line of them, without any text out of the file: it may hold a token.
fn words(error: &serde_yaml::Error) -> String {
    let error = error.without_snippet();
    let told = error.to_string();
    let line = told.lines().next().unwrap_or_default();
    let mut quiet = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("string \"") {
        let (before, after) = rest.split_at(at);
        quiet.push_str(before);
        quiet.push_str("a string");
        rest = after
            .get("string \"".len()..)
            .and_then(|inner| inner.rfind('"').and_then(|end| inner.get(end + 1..)))
            .unwrap_or_default();
    }
    quiet.push_str(rest);
    // Advice for programmers.
    let quiet = quiet.replace(", set DuplicateKeyPolicy in Options if acceptable", "");
    match error.location() {
        Some(location) if !quiet.contains("line ") => format!("line {}: {quiet}", location.line()),
        _ => quiet,
    }
}
