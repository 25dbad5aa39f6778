//! Files in Blob Storage: which there are, and reading them, whole or in part.
//!
//! Addresses are `az://container/path`, `abfss://container@account.dfs.core.windows.net/path` and
//! `https://account.blob.core.windows.net/container/path`, the last perhaps with a shared access
//! signature; patterns (`*`, `?`, `[`) may stand in the path. What signs in is, in this order: the
//! signature, a key or signature of the environment (`AZURE_STORAGE_…`), the emulator, and otherwise the
//! same sign-in as for all other services. Every read names the version (ETag) that was listed, so that
//! a file that changes meanwhile is an error and never a mixture.

use crate::{Cloud, Error, LastFailure, Result, TokenSource};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use object_store::{
    ClientOptions, CredentialProvider, GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt,
    RetryConfig,
    azure::{AzureConfigKey, AzureCredential, MicrosoftAzureBuilder},
    path::Path as StorePath,
};
use std::{
    fs::File,
    io::Write,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use url::Url;

/// The environment's names for how storage is reached; they are Azure's and its tools' own.
const VARIABLES: [&str; 8] = [
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_TOKEN",
    "AZURE_STORAGE_USE_EMULATOR",
    "AZURE_STORAGE_ENDPOINT",
];

/// Where files lie.
#[derive(Clone, PartialEq, Eq)]
pub struct BlobAddress {
    /// The storage account, where the address names it.
    pub account: Option<String>,
    /// The container.
    pub container: String,
    /// The path in it: a file, the begin of paths, or a pattern.
    pub path: String,
    signature: Option<String>,
}

/// A file in storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its path in the container.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its version.
    pub etag: Option<String>,
    /// When it was written.
    pub modified: DateTime<Utc>,
}

/// A container that is read.
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    address: BlobAddress,
    account: String,
    read: AtomicU64,
}

impl BlobAddress {
    /// Whether a text is an address rather than a path on this machine.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.contains("://")
    }

    /// Reads an address.
    ///
    /// # Errors
    /// [`Error::Usage`], which shows the forms. A signature is never shown.
    pub fn parse(text: &str) -> Result<Self> {
        let bare = text.split('?').next().unwrap_or_default();
        let refuse = |why: &str| {
            Error::Usage(format!(
                "`{bare}` is no address of storage: {why}; write az://CONTAINER/PATH, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH or https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH"
            ))
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| refuse("it has no scheme"))?;
        // A signature is a query; in patterns of the other forms a question mark is any letter.
        let (place, signature) = match (scheme, rest.split_once('?')) {
            ("https" | "http", Some((place, query))) => (place, Some(query.to_owned())),
            _ => (rest, None),
        };
        let (first, path) = place.split_once('/').unwrap_or((place, ""));
        let decoded = |path: &str| {
            let path = path.trim_matches('/').replace("%20", " ");
            if path.split('/').any(|part| part == "..") {
                Err(refuse("it leaves its container"))
            } else {
                Ok(path)
            }
        };
        let account_of = |host: &str| host.split('.').next().unwrap_or_default().to_owned();
        match scheme {
            "az" | "azure" if !first.is_empty() => {
                let (container, account) = match first.split_once('@') {
                    Some((container, host)) => (container, Some(account_of(host))),
                    None => (first, None),
                };
                Ok(Self { account, container: container.to_owned(), path: decoded(path)?, signature })
            }
            "abfs" | "abfss" => {
                let (container, host) = first.split_once('@').ok_or_else(|| refuse("it names no account"))?;
                Ok(Self {
                    account: Some(account_of(host)),
                    container: container.to_owned(),
                    path: decoded(path)?,
                    signature,
                })
            }
            "https" if first.contains(".blob.") || first.contains(".dfs.") => {
                let (container, path) = path.split_once('/').unwrap_or((path, ""));
                if container.is_empty() {
                    return Err(refuse("it names no container"));
                }
                Ok(Self {
                    account: Some(account_of(first)),
                    container: container.to_owned(),
                    path: decoded(path)?,
                    signature,
                })
            }
            _ => Err(refuse("its scheme or host is none of these")),
        }
    }

    /// The part of the path before any pattern, cut at a slash.
    fn prefix(&self) -> &str {
        match self.path.find(['*', '?', '[']) {
            Some(place) => self.path[..place].rsplit_once('/').map_or("", |(folder, _)| folder),
            None => &self.path,
        }
    }

    fn has_pattern(&self) -> bool {
        self.path.contains(['*', '?', '['])
    }
}

impl std::fmt::Display for BlobAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let account = self.account.as_deref().map(|account| format!("@{account}")).unwrap_or_default();
        write!(f, "az://{}{account}/{}", self.container, self.path)
    }
}

impl std::fmt::Debug for BlobAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Blobs {
    /// Opens a container. `variable` reads an environment variable; `tokens` signs in where nothing else
    /// does (for the scope of storage).
    ///
    /// # Errors
    /// [`Error::Usage`] when the account is not told, or plain http is asked for elsewhere than loopback.
    pub fn open(
        address: BlobAddress,
        cloud: Cloud,
        variable: impl Fn(&str) -> Option<String>,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let emulator =
            set("AZURE_STORAGE_USE_EMULATOR").is_some_and(|value| value != "0" && value != "false");
        let endpoint = set("AZURE_STORAGE_ENDPOINT");
        let account = address
            .account
            .clone()
            .or_else(|| set("AZURE_STORAGE_ACCOUNT_NAME"))
            .or_else(|| set("AZURE_STORAGE_ACCOUNT"))
            .or_else(|| emulator.then(|| "devstoreaccount1".to_owned()))
            .ok_or_else(|| {
                Error::Usage(format!(
                    "`{address}` names no storage account; set AZURE_STORAGE_ACCOUNT_NAME or write the account in the address"
                ))
            })?;
        let retry =
            RetryConfig { max_retries: 5, retry_timeout: Duration::from_secs(180), ..RetryConfig::default() };
        let mut builder = MicrosoftAzureBuilder::new().with_retry(retry);
        let mut signs_in = false;
        for name in VARIABLES {
            let Some(value) = set(name) else { continue };
            let key: AzureConfigKey = name
                .to_ascii_lowercase()
                .parse()
                .map_err(|_| Error::Usage(format!("{name} is not understood")))?;
            signs_in |= name.contains("KEY") || name.contains("TOKEN");
            builder = builder.with_config(key, value);
        }
        builder = builder.with_account(&account).with_container_name(&address.container);
        if let Some(signature) = &address.signature {
            let pairs: Vec<(String, String)> = url::form_urlencoded::parse(signature.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            builder = builder.with_sas_authorization(pairs);
            signs_in = true;
        }
        if let Some(endpoint) = &endpoint {
            let url = Url::parse(endpoint)
                .map_err(|error| Error::Usage(format!("AZURE_STORAGE_ENDPOINT is no address: {error}")))?;
            let loopback = crate::cloud::is_loopback(&url);
            if url.scheme() != "https" && !loopback {
                return Err(Error::Usage(
                    "AZURE_STORAGE_ENDPOINT: https is needed; plain http is for loopback addresses only"
                        .to_owned(),
                ));
            }
            builder = builder.with_allow_http(loopback);
        } else if emulator {
            builder = builder.with_allow_http(true);
        } else if cloud != Cloud::Public {
            builder = builder.with_endpoint(format!("https://{account}{}", cloud.storage()));
        }
        if !signs_in && !emulator {
            builder = builder.with_credentials(Arc::new(SignedIn(tokens)));
        }
        builder = builder.with_client_options(
            ClientOptions::new()
                .with_allow_http(emulator || endpoint.is_some())
                .with_connect_timeout(Duration::from_secs(10))
                .with_timeout(Duration::from_secs(600)),
        );
        let store = builder.build().map_err(|error| Error::Usage(brief(&error)))?;
        Ok(Self { store: Arc::new(store), address, account, read: AtomicU64::new(0) })
    }

    /// The name of the storage account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The name of the container.
    #[must_use]
    pub fn container(&self) -> &str {
        &self.address.container
    }

    /// Bytes of files that were read so far, without lists.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The files of the address, sorted by path.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::Unavailable`], [`Error::Refused`] for a container that is not there.
    pub async fn list(&self) -> Result<Vec<Blob>> {
        let prefix = StorePath::from(self.address.prefix());
        let prefix = (!prefix.as_ref().is_empty()).then_some(prefix);
        let pattern = match self.address.has_pattern() {
            true => Some(
                glob::Pattern::new(&self.address.path)
                    .map_err(|error| Error::Usage(format!("`{}` is no pattern: {error}", self.address)))?,
            ),
            false => None,
        };
        let listed: Vec<object_store::ObjectMeta> =
            self.store.list(prefix.as_ref()).try_collect().await.map_err(|error| self.fault(&error))?;
        let mut blobs: Vec<Blob> = listed
            .into_iter()
            .map(|meta| Blob {
                path: meta.location.to_string(),
                size: meta.size,
                etag: meta.e_tag,
                modified: meta.last_modified,
            })
            .filter(|blob| pattern.as_ref().is_none_or(|pattern| pattern.matches(&blob.path)))
            .collect();
        // An address of one file is no begin of paths: nothing lies below it.
        if blobs.is_empty() && !self.address.has_pattern() && !self.address.path.is_empty() {
            let place = StorePath::from(self.address.path.as_str());
            match self.store.head(&place).await {
                Ok(meta) => blobs.push(Blob {
                    path: meta.location.to_string(),
                    size: meta.size,
                    etag: meta.e_tag,
                    modified: meta.last_modified,
                }),
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.fault(&error)),
            }
        }
        blobs.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(blobs)
    }

    /// Saves a file whole.
    ///
    /// # Errors
    /// As [`Blobs::list`]; [`Error::BadReply`] when the file changed meanwhile or cannot be written here.
    pub async fn save(&self, blob: &Blob, to: &Path) -> Result<()> {
        let result = self.get(blob, None).await?;
        let mut stream = result.into_stream();
        let disk = |error: std::io::Error| Error::bad_reply(&to.display().to_string(), error.to_string());
        let mut file = File::create(to).map_err(disk)?;
        let mut size = 0;
        while let Some(piece) = stream.try_next().await.map_err(|error| self.fault(&error))? {
            file.write_all(&piece).map_err(disk)?;
            size += piece.len() as u64;
        }
        self.read.fetch_add(size, Ordering::Relaxed);
        if size != blob.size {
            return Err(Error::bad_reply(&blob.path, format!("{size} bytes came of {}", blob.size)));
        }
        file.sync_all().map_err(disk)
    }

    /// A part of a file.
    ///
    /// # Errors
    /// As [`Blobs::save`].
    pub async fn part(&self, blob: &Blob, range: Range<u64>) -> Result<bytes::Bytes> {
        let expected = range.end - range.start;
        let result = self.get(blob, Some(range)).await?;
        let bytes = result.bytes().await.map_err(|error| self.fault(&error))?;
        self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if bytes.len() as u64 == expected {
            return Ok(bytes);
        }
        Err(Error::bad_reply(&blob.path, format!("{} bytes came of {expected}", bytes.len())))
    }

    async fn get(&self, blob: &Blob, range: Option<Range<u64>>) -> Result<GetResult> {
        let options = GetOptions {
            if_match: blob.etag.clone(),
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let place =
            StorePath::parse(&blob.path).map_err(|error| Error::bad_reply(&blob.path, error.to_string()))?;
        self.store.get_opts(&place, options).await.map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &object_store::Error) -> Error {
        let what = format!("az://{}@{}", self.address.container, self.account);
        let text = brief(error);
        // Lists come back with the status in words only.
        let says = |status: &str| text.contains(status);
        match error {
            _ if matches!(
                error,
                object_store::Error::Unauthenticated { .. } | object_store::Error::PermissionDenied { .. }
            ) || says("403 Forbidden")
                || says("401 Unauthorized") =>
            {
                Error::NotAllowed {
                    scope: what,
                    fault: crate::ServiceError { status: 403, code: String::new(), message: text },
                    remedy:
                        "it needs the role Storage Blob Data Reader, or a key or signature in AZURE_STORAGE_…"
                            .to_owned(),
                }
            }
            object_store::Error::NotFound { .. } => Error::Refused {
                what,
                fault: crate::ServiceError { status: 404, code: "NotFound".to_owned(), message: text },
            },
            object_store::Error::Precondition { .. } => {
                Error::bad_reply(&what, "a file changed while it was read; begin again")
            }
            _ if says("404 Not Found") => Error::Refused {
                what,
                fault: crate::ServiceError {
                    status: 404,
                    code: "ContainerNotFound".to_owned(),
                    message: "there is no such container".to_owned(),
                },
            },
            _ => Error::Unavailable {
                what,
                tries: 6,
                waited: Duration::ZERO,
                last: LastFailure::Storage(text),
            },
        }
    }
}

/// The first line of an error, without what follows a question mark: an address may hold a signature.
fn brief(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let words: Vec<&str> =
        line.split(' ').map(|word| word.split_once('?').map_or(word, |(before, _)| before)).collect();
    crate::service_error::redacted(&words.join(" ").chars().take(300).collect::<String>())
}

/// Gives storage the same sign-in as everything else has.
struct SignedIn(Arc<dyn TokenSource>);

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedIn")
    }
}

#[async_trait]
impl CredentialProvider for SignedIn {
    type Credential = AzureCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AzureCredential>> {
        let token = self.0.token(false).await.map_err(|why| object_store::Error::Unauthenticated {
            path: String::new(),
            source: why.into(),
        })?;
        Ok(Arc::new(AzureCredential::BearerToken(token.secret().to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_form_name_account_container_and_path() {
        let parts = |text: &str| {
            let address = BlobAddress::parse(text).unwrap();
            (address.account.unwrap_or_default(), address.container, address.path)
        };
        let own = |account: &str, container: &str, path: &str| {
            (account.to_owned(), container.to_owned(), path.to_owned())
        };
        assert_eq!(parts("az://costs/daily/"), own("", "costs", "daily"));
        assert_eq!(parts("abfss://costs@acc.dfs.core.windows.net/a/b"), own("acc", "costs", "a/b"));
        assert_eq!(parts("https://acc.blob.core.windows.net/costs"), own("acc", "costs", ""));
        assert_eq!(
            parts("https://acc.blob.core.windows.net/costs/a b?sv=1&sig=planted"),
            own("acc", "costs", "a b")
        );
        for wrong in
            ["s3://x/y", "https://example.com/x?sig=planted", "az://", "abfss://costs/a", "az://c/../d"]
        {
            let text = BlobAddress::parse(wrong).unwrap_err().to_string();
            assert!(!text.contains("planted"), "{text}");
        }
    }

    #[test]
    fn a_signature_never_prints() {
        let address = BlobAddress::parse("https://acc.blob.core.windows.net/c/x?sig=planted").unwrap();
        assert!(!format!("{address} {address:?}").contains("planted"));
    }

    #[test]
    fn what_lies_before_a_pattern_is_listed() {
        let prefix = |text: &str| BlobAddress::parse(text).unwrap().prefix().to_owned();
        assert_eq!(prefix("az://c/daily/2026*/part.csv"), "daily");
        assert_eq!(prefix("az://c/*.csv"), "");
        assert_eq!(prefix("az://c/daily/x"), "daily/x");
    }
}
