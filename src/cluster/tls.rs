//! TLS: whom to trust, and the certificate that we show. Trust comes from the kubeconfig's authority, else from this
//! machine. The certificate can be exchanged while connections are open; new handshakes show the new one.

use super::failure::{configuration, failure};
use super::kubeconfig::{Secret, Target};
use crate::msg::{Failure, FailureKind};
use kube::client::ConfigExt as _;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, PoisonError, RwLock};

/// The certificate that we show when a server asks, if there is one.
#[derive(Debug, Default)]
pub struct Identity(RwLock<Option<Arc<CertifiedKey>>>);

impl Identity {
    /// Shows this from now on.
    pub fn set(&self, key: Option<Arc<CertifiedKey>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = key;
    }

    fn get(&self) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.get()
    }

    fn has_certs(&self) -> bool {
        self.get().is_some()
    }
}

/// A certificate chain with its key, both PEM. `whose` is said when something is wrong with them.
///
/// # Errors
/// A configuration failure.
pub fn certified(certificate: &[u8], key: &[u8], whose: &str) -> Result<Arc<CertifiedKey>, Failure> {
    let wrong = |what: &str| {
        configuration(
            &format!("{whose}: {what}"),
            "Get a new certificate with its key; both have to be PEM.",
        )
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| wrong("the client certificate is not PEM"))?;
    if chain.is_empty() {
        return Err(wrong("there is no client certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| wrong("the client key is not a PEM key"))?;
    let signer = rustls::crypto::ring::sign::any_supported_type(&key)
        .map_err(|_| wrong("the client key is of a kind that is not supported"))?;
    let certified = CertifiedKey::new(chain, signer);
    match certified.keys_match() {
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
            Err(wrong("the client key belongs to another certificate"))
        }
        _ => Ok(Arc::new(certified)),
    }
}

/// As [`certified`], for a key that is kept as a secret.
///
/// # Errors
/// As there.
pub fn certified_secret(certificate: &str, key: &Secret, whose: &str) -> Result<Arc<CertifiedKey>, Failure> {
    certified(certificate.as_bytes(), key.expose().as_bytes(), whose)
}

/// The settings for a target, without protocols to offer yet.
///
/// # Errors
/// A configuration failure: an authority that cannot be read or is no certificate.
pub fn settings(target: &Target, identity: Arc<Identity>) -> Result<rustls::ClientConfig, Failure> {
    let mut config = kube::Config::new(target.server.clone());
    config.accept_invalid_certs = target.insecure;
    if let Some(authority) = &target.authority {
        let pem = authority.read("the certificate authority")?;
        let wrong = || {
            configuration(
                "certificate-authority in the kubeconfig is not a PEM certificate",
                "Get the kubeconfig anew.",
            )
        };
        let roots: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(&pem)
            .map(|found| found.map(|der| der.to_vec()))
            .collect::<Result<_, _>>()
            .map_err(|_| wrong())?;
        if roots.is_empty() {
            return Err(wrong());
        }
        config.root_cert = Some(roots);
    }
    let mut settings = config.rustls_client_config().map_err(|error| trust(&error))?;
    settings.client_auth_cert_resolver = identity;
    Ok(settings)
}

/// The settings for a public server: this machine's trust, nothing shown.
///
/// # Errors
/// A configuration failure when this machine trusts nobody.
pub fn public_settings() -> Result<rustls::ClientConfig, Failure> {
    kube::Config::new(http::Uri::from_static("https://proxy"))
        .rustls_client_config()
        .map_err(|error| trust(&error))
}

fn trust(error: &kube::Error) -> Failure {
    let told = failure("reading the certificate authorities", error);
    Failure {
        kind: FailureKind::Configuration,
        ..told
    }
}
