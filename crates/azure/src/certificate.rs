//! Signing in with a certificate: a short-lived statement, signed with its key, takes the place of a
//! secret (client assertion, RFC 7523; header and claims as Microsoft Entra ID documents them).
//!
//! `azure_identity`'s own certificate sign-in needs OpenSSL on the machine; this needs nothing.

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{fmt, path::Path};

/// How long a statement holds.
const SECONDS: u64 = 600;

/// A certificate with its key, and what it is used for.
pub(crate) struct Certificate {
    key: EncodingKey,
    thumbprint: String,
    client: String,
    audience: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: u64,
    exp: u64,
}

impl Certificate {
    /// Reads a PEM file that holds a certificate and its unencrypted RSA key.
    pub fn read(path: &Path, client: &str, audience: String) -> Result<Self, String> {
        let fault = |why: &str| format!("`{}` {why}", path.display());
        let text = std::fs::read(path).map_err(|error| fault(&format!("cannot be read: {error}")))?;
        let certificate = CertificateDer::from_pem_slice(&text)
            .map_err(|_| fault("holds no certificate in PEM form (`-----BEGIN CERTIFICATE-----`)"))?;
        let key = key_text(&text)
            .ok_or_else(|| fault("holds no unencrypted private key in PEM form beside its certificate"))?;
        let key = EncodingKey::from_rsa_pem(key)
            .map_err(|_| fault("holds a private key that is no unencrypted RSA key"))?;
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
        Ok(Self { key, thumbprint, client: client.to_owned(), audience })
    }

    fn statement(&self, now: u64) -> Result<String, String> {
        let header = Header { x5t_s256: Some(self.thumbprint.clone()), ..Header::new(Algorithm::PS256) };
        let claims = Claims {
            aud: &self.audience,
            iss: &self.client,
            sub: &self.client,
            jti: format!("{}-{now}", self.thumbprint),
            nbf: now,
            exp: now + SECONDS,
        };
        encode(&header, &claims, &self.key).map_err(|_| "the certificate's key cannot sign".to_owned())
    }
}

/// The part of a PEM file that is its private key.
fn key_text(text: &[u8]) -> Option<&[u8]> {
    let whole = std::str::from_utf8(text).ok()?;
    let begin = ["-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"]
        .iter()
        .find_map(|mark| whole.find(mark))?;
    let end = whole[begin..].find("-----END")? + begin;
    let rest = whole[end..].find('\n').map_or(whole.len(), |line| end + line + 1);
    Some(&text[begin..rest])
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Certificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = jsonwebtoken::get_current_timestamp();
        self.statement(now)
            .map_err(|why| azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, why))
    }
}
