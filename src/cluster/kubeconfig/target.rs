//! What one context comes to: an address, whom to trust there, who we are, and which way it goes. Files are named, not
//! read: they are read again each time a connection is made.

use super::written::{self, Secret};
use crate::cluster::failure::configuration;
use crate::msg::Failure;
use base64::Engine as _;
use http::Uri;
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};

/// Everything that is needed to connect to one context.
#[derive(Clone, Debug)]
pub struct Target {
    /// The context's name, as in the file.
    pub context: String,
    /// Address, with any path prefix.
    pub server: Uri,
    /// Certificate authority; None means those of this machine.
    pub authority: Option<Material>,
    /// TLS is not verified.
    pub insecure: bool,
    /// Name to expect in the server's certificate instead of the address's.
    pub server_name: Option<String>,
    /// `proxy-url` of the cluster entry.
    pub proxy: Option<String>,
    /// The cluster entry asks for no compression.
    pub uncompressed: bool,
    /// Who we are.
    pub user: User,
    /// On whose behalf.
    pub acting_as: ActingAs,
    /// The file that the user entry comes from; None in a pod.
    pub user_file: Option<PathBuf>,
    /// Name of the user entry.
    pub user_name: String,
    /// What a credential plugin is told about the cluster when it asks.
    pub cluster_info: Value,
}

/// Bytes of PEM, from the file itself or from beside it.
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    /// In the kubeconfig.
    Inline(Vec<u8>),
    /// In a file.
    File(PathBuf),
}

impl Material {
    /// The bytes, read now.
    ///
    /// # Errors
    /// A configuration failure that names the file.
    pub fn read(&self, what: &str) -> Result<Vec<u8>, Failure> {
        match self {
            Material::Inline(bytes) => Ok(bytes.clone()),
            Material::File(path) => std::fs::read(path).map_err(|error| {
                configuration(
                    &format!("{what} {} cannot be read: {}", path.display(), io_words(&error)),
                    "Check the path in the kubeconfig and the file's rights.",
                )
            }),
        }
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Material::Inline(bytes) => write!(out, "{} bytes", bytes.len()),
            Material::File(path) => write!(out, "{}", path.display()),
        }
    }
}

/// Ways to say who we are. More than one may be given: [`User::words`] says which counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    /// Bearer token.
    pub token: Option<Secret>,
    /// File with a bearer token; counts before `token` once it could be read.
    pub token_file: Option<PathBuf>,
    /// Name and password.
    pub basic: Option<(String, Secret)>,
    /// Certificate and key.
    pub certificate: Option<(Material, Material)>,
    /// Credential plugin.
    pub plugin: Option<Plugin>,
    /// Name of an auth-provider, which no client runs any more.
    pub auth_provider: Option<String>,
}

impl User {
    /// How it authenticates, in words.
    pub fn words(&self) -> String {
        if self.token_file.is_some() {
            "token file".to_owned()
        } else if self.token.is_some() {
            "token".to_owned()
        } else if self.basic.is_some() {
            "name and password".to_owned()
        } else if let Some(plugin) = &self.plugin {
            let name = Path::new(&plugin.command)
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            format!("exec {}", name.unwrap_or_default())
        } else if let Some(name) = &self.auth_provider {
            format!("auth-provider {name}")
        } else if self.certificate.is_some() {
            "client certificate".to_owned()
        } else {
            "none".to_owned()
        }
    }
}

/// A credential plugin, as its kubeconfig names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plugin {
    /// `client.authentication.k8s.io/v1` or `…/v1beta1`.
    pub api_version: String,
    /// Absolute, relative to the kubeconfig's folder (already joined), or a bare name to look up in PATH.
    pub command: String,
    /// Arguments.
    pub args: Vec<String>,
    /// Further environment variables.
    pub env: Vec<(String, Secret)>,
    /// How to install it, from the kubeconfig.
    pub install_hint: Option<String>,
    /// It wants to know about the cluster.
    pub provide_cluster_info: bool,
    /// Whether it may have the terminal.
    pub interactive: Interactive,
}

/// What a plugin wants of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interactive {
    /// Nothing.
    Never,
    /// It would use it, but lives without. It does not get it: the screen is ours.
    IfAvailable,
    /// It cannot do without.
    Always,
}

/// Impersonation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActingAs {
    /// User.
    pub user: Option<String>,
    /// UID.
    pub uid: Option<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Extra fields.
    pub extra: Vec<(String, Vec<String>)>,
}

impl ActingAs {
    /// In words, when it is anybody else.
    pub fn words(&self) -> Option<String> {
        let user = self.user.as_deref().filter(|user| !user.is_empty());
        match (user, self.groups.is_empty()) {
            (None, true) => None,
            (Some(user), true) => Some(user.to_owned()),
            (Some(user), false) => Some(format!("{user} ({})", self.groups.join(", "))),
            (None, false) => Some(format!("({})", self.groups.join(", "))),
        }
    }
}

pub(super) fn io_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

/// What `data` (base64) or else `path` names.
fn material(file: &Path, data: Option<&str>, path: Option<&str>, field: &str) -> Result<Option<Material>, Failure> {
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let packed: String = data.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(packed).map_err(|_| {
            configuration(
                &format!("{field} in {} is not base64", file.display()),
                "Write the file again, or name a file beside it instead of data.",
            )
        })?;
        return Ok(Some(Material::Inline(bytes)));
    }
    Ok(path
        .filter(|path| !path.is_empty())
        .map(|path| Material::File(beside(file, path))))
}

/// The address of a cluster entry. Without a scheme it is `http`, as for kubectl.
pub(super) fn server(written: &str) -> Result<Uri, String> {
    let full = if written.contains("://") {
        written.to_owned()
    } else {
        format!("http://{written}")
    };
    let uri: Uri = full
        .parse()
        .map_err(|error| format!("the server address \"{written}\" cannot be read: {error}"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("https" | "http"), Some(host)) if !host.is_empty() => Ok(uri),
        _ => Err(format!(
            "the server address \"{written}\" is neither https:// nor http://"
        )),
    }
}

pub(super) fn user(file: &Path, name: &str, written: &written::User) -> Result<User, Failure> {
    let key_data = written.client_key_data.as_ref().map(Secret::expose);
    let certificate = material(
        file,
        written.client_certificate_data.as_deref(),
        written.client_certificate.as_deref(),
        "client-certificate-data",
    )?;
    let key = material(file, key_data, written.client_key.as_deref(), "client-key-data")?;
    let certificate = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (given, _) => {
            let (has, lacks) = if given.is_some() {
                ("client-certificate", "client-key")
            } else {
                ("client-key", "client-certificate")
            };
            return Err(configuration(
                &format!("user \"{name}\" in {} has a {has} but no {lacks}", file.display()),
                &format!("Add {lacks} or {lacks}-data to the user entry."),
            ));
        }
    };
    let basic = filled(&written.username).map(|name| (name.to_owned(), written.password.clone().unwrap_or_default()));
    Ok(User {
        token: written.token.clone().filter(|token| !token.expose().is_empty()),
        token_file: filled(&written.token_file).map(|path| beside(file, path)),
        basic,
        certificate,
        plugin: written.exec.as_ref().map(|exec| plugin(file, name, exec)).transpose()?,
        auth_provider: written.auth_provider.as_ref().map(|provider| provider.name.clone()),
    })
}

fn plugin(file: &Path, user: &str, written: &written::Exec) -> Result<Plugin, Failure> {
    let wrong = |what: &str, remedy: &str| {
        Err(configuration(
            &format!("the credential plugin of user \"{user}\" in {} {what}", file.display()),
            remedy,
        ))
    };
    let Some(command) = filled(&written.command) else {
        return wrong("has no command", "Add `command:` under `exec:`.");
    };
    let api_version = filled(&written.api_version).unwrap_or_default();
    if ![
        "client.authentication.k8s.io/v1",
        "client.authentication.k8s.io/v1beta1",
    ]
    .contains(&api_version)
    {
        return wrong(
            &format!("speaks \"{api_version}\", which is not known"),
            "Set `apiVersion: client.authentication.k8s.io/v1` (or v1beta1) under `exec:`; an old plugin may have to be updated for it.",
        );
    }
    let interactive = match filled(&written.interactive_mode) {
        Some("Never") => Interactive::Never,
        None | Some("IfAvailable") => Interactive::IfAvailable,
        Some("Always") => Interactive::Always,
        Some(other) => {
            return wrong(
                &format!("has interactiveMode \"{other}\""),
                "Set it to Never, IfAvailable or Always.",
            );
        }
    };
    // A bare name is looked up in PATH; anything with a slash in it is relative to the kubeconfig.
    let command = if command.contains('/') {
        beside(file, command).to_string_lossy().into_owned()
    } else {
        command.to_owned()
    };
    let env = written
        .env
        .iter()
        .flatten()
        .map(|variable| (variable.name.clone(), variable.value.clone()))
        .collect();
    Ok(Plugin {
        api_version: api_version.to_owned(),
        command,
        args: written.args.clone().unwrap_or_default(),
        env,
        install_hint: filled(&written.install_hint).map(str::to_owned),
        provide_cluster_info: written.provide_cluster_info.unwrap_or(false),
        interactive,
    })
}

pub(super) fn acting_as(written: &written::User) -> ActingAs {
    ActingAs {
        user: filled(&written.act_as).map(str::to_owned),
        uid: filled(&written.as_uid).map(str::to_owned),
        groups: written.as_groups.clone().unwrap_or_default(),
        extra: written.as_user_extra.clone().unwrap_or_default().into_iter().collect(),
    }
}

/// A cluster entry with a user entry beside it, each with the file it comes from.
pub(super) fn target(
    context: &str,
    (cluster_file, name, cluster): (&Path, &str, &written::Cluster),
    user_entry: Option<(&Path, &str, &written::User)>,
) -> Result<Target, Failure> {
    let Some(address) = filled(&cluster.server) else {
        return Err(configuration(
            &format!("cluster \"{name}\" in {} has no server address", cluster_file.display()),
            "Add `server:` to the cluster entry.",
        ));
    };
    let uri = server(address).map_err(|error| {
        configuration(
            &format!("cluster \"{name}\" in {}: {error}", cluster_file.display()),
            "Correct `server:` in the cluster entry.",
        )
    })?;
    let insecure = cluster.insecure_skip_tls_verify.unwrap_or(false);
    let authority = material(
        cluster_file,
        cluster.certificate_authority_data.as_deref(),
        cluster.certificate_authority.as_deref(),
        "certificate-authority-data",
    )?;
    if insecure && authority.is_some() {
        return Err(configuration(
            &format!(
                "cluster \"{name}\" in {} names a certificate authority and insecure-skip-tls-verify too",
                cluster_file.display()
            ),
            "Remove one of the two; kubectl refuses both together as well.",
        ));
    }
    let authority_data = match &authority {
        Some(Material::Inline(bytes)) => Some(bytes.clone()),
        Some(Material::File(path)) => std::fs::read(path).ok(),
        None => None,
    };
    // As with kubectl, credentials are not sent over a plain connection.
    let plain = uri.scheme_str() == Some("http");
    let signs_in = user_entry.filter(|_| !plain);
    let config = cluster
        .extensions
        .iter()
        .flatten()
        .find(|entry| entry.name == "client.authentication.k8s.io/exec");
    let mut info = json!({ "server": address });
    let fields = [
        ("tls-server-name", filled(&cluster.tls_server_name).map(Value::from)),
        ("insecure-skip-tls-verify", insecure.then_some(Value::Bool(true))),
        (
            "certificate-authority-data",
            authority_data.map(|bytes| base64::engine::general_purpose::STANDARD.encode(bytes).into()),
        ),
        ("proxy-url", filled(&cluster.proxy_url).map(Value::from)),
        (
            "disable-compression",
            cluster.disable_compression.filter(|off| *off).map(Value::Bool),
        ),
        ("config", config.map(|entry| entry.extension.clone())),
    ];
    for (field, value) in fields {
        if let (Some(value), Some(info)) = (value, info.as_object_mut()) {
            info.insert(field.to_owned(), value);
        }
    }
    Ok(Target {
        context: context.to_owned(),
        server: uri,
        authority,
        insecure,
        server_name: filled(&cluster.tls_server_name).map(str::to_owned),
        proxy: filled(&cluster.proxy_url).map(str::to_owned),
        uncompressed: cluster.disable_compression.unwrap_or(false),
        user: signs_in
            .map(|(file, name, written)| user(file, name, written))
            .transpose()?
            .unwrap_or_default(),
        acting_as: user_entry.map(|(_, _, written)| acting_as(written)).unwrap_or_default(),
        user_file: user_entry.map(|(file, _, _)| file.to_owned()),
        user_name: user_entry.map(|(_, name, _)| name.to_owned()).unwrap_or_default(),
        cluster_info: info,
    })
}
