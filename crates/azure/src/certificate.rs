//! Signing in with a certificate: a short-lived statement, signed with its key, takes the place of a
//! secret (client assertion, RFC 7523; header and claims as Microsoft Entra ID documents them).
//!
//! `azure_identity`'s own certificate sign-in needs OpenSSL on the machine; this needs nothing.

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{fmt, path::Path};

/// Validity of a statement.
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
        let key = PrivateKeyDer::from_pem_slice(&text)
            .map_err(|_| fault("holds no unencrypted private key in PEM form beside its certificate"))?;
        let key = rsa_pem(&key)
            .and_then(|key| EncodingKey::from_rsa_pem(key.as_bytes()).ok())
            .ok_or_else(|| fault("holds a private key that is not an unencrypted RSA key"))?;
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

/// The key as the PEM text that signing takes. A certificate file may hold more, such as attributes and other
/// certificates, which the signing crate does not skip.
fn rsa_pem(key: &PrivateKeyDer<'_>) -> Option<String> {
    let label = match key {
        PrivateKeyDer::Pkcs8(_) => "PRIVATE KEY",
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        _ => return None,
    };
    let text = STANDARD.encode(key.secret_der());
    Some(format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Read {
        iss: String,
        sub: String,
        exp: u64,
    }

    fn path() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/made-up-certificate.pem")
    }

    #[test]
    fn a_statement_is_signed_by_the_key_and_names_the_certificate() {
        let audience = "https://login.example/tenant/oauth2/v2.0/token".to_owned();
        let certificate = Certificate::read(&path(), "client", audience.clone()).unwrap();
        let statement = certificate.statement(1_000).unwrap();
        let header = decode_header(&statement).unwrap();
        // SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` shows it.
        assert_eq!(header.x5t_s256.as_deref(), Some("8pVGs_d9GW8pulB49vkDyy3IqRSZNadNYyxR8gLD258"));
        let public = PUBLIC.as_bytes();
        let mut validation = Validation::new(Algorithm::PS256);
        validation.validate_exp = false;
        validation.set_audience(&[audience]);
        let key = DecodingKey::from_rsa_pem(public).unwrap();
        let claims = decode::<Read>(&statement, &key, &validation).unwrap().claims;
        assert_eq!((claims.iss.as_str(), claims.sub.as_str(), claims.exp), ("client", "client", 1_600));
    }

    #[test]
    fn a_file_that_holds_no_certificate_or_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = std::fs::read_to_string(path()).unwrap();
        let only_certificate = text.split("-----BEGIN PRIVATE KEY").next().unwrap().to_owned();
        let read = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Certificate::read(&path, "client", String::new()).unwrap_err()
        };
        assert!(read("a.pem", "nothing").contains("a.pem` holds no certificate"));
        assert!(read("b.pem", &only_certificate).contains("b.pem` holds no unencrypted private key"));
        let broken =
            format!("{only_certificate}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assert!(read("c.pem", &broken).contains("not an unencrypted RSA key"));
        let elliptic = broken.replace("PRIVATE KEY", "EC PRIVATE KEY");
        assert!(read("e.pem", &elliptic).contains("not an unencrypted RSA key"));
        assert!(
            Certificate::read(&folder.path().join("d"), "c", String::new())
                .unwrap_err()
                .contains("cannot be read")
        );
    }

    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnikDNv0oTWTQYE4+TQwL\n\
7VvaIJQtojzvHHnLHSsUnYqy/0gpF2BnXj+rLvjB7hjrBAkeDst0bYQn3emuWQ4L\n\
VZYRuySceyoEx/bEUg1OGE0PQMNR7XqNFIpYjw6qzZVeuS32/TlNX7VVI0d1bE3n\n\
2sRfmvQo0VMhagwh7FmteaiLAX3AIrfiTSXsJr1+VJltqqVObK31dmeQKYR71H3o\n\
PEncZkLh9vWOHKDTh+86xcOB3Yf8V8I5CJfhCStAO9fXPEK1pmbY0gNLPY0bW2fk\n\
CO06G+qvXNkZOIrCkewjrIMs+V+9d/MMWt7qP4AJMVk5Tqaht5XfajiS5WeDPDeT\n\
KQIDAQAB\n\
-----END PUBLIC KEY-----";
}
