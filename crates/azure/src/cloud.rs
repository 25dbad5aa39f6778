//! The clouds and their hosts, and endpoints that replace them in tests and pipelines.
//!
//! Source: authorities of the Azure SDKs; hosts and audiences of their configurations.

use crate::{Error, Result};
use url::{Host, Url};

/// Which Azure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    Public,
    /// Azure Government.
    UsGov,
    /// Azure operated by 21Vianet.
    China,
}

impl Cloud {
    /// The cloud of that name: `public`, `usgov` or `china`.
    ///
    /// # Errors
    /// [`Error::Usage`] for any other name.
    pub fn named(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().as_str() {
            "public" => Ok(Self::Public),
            "usgov" => Ok(Self::UsGov),
            "china" => Ok(Self::China),
            _ => Err(Error::Usage(format!("unknown cloud `{name}`; one of public, usgov, china"))),
        }
    }

    /// Where management calls go.
    #[must_use]
    pub fn management(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com",
            Self::UsGov => "https://management.usgovcloudapi.net",
            Self::China => "https://management.chinacloudapi.cn",
        }
    }

    /// Where retail prices are.
    #[must_use]
    pub fn retail(self) -> &'static str {
        match self {
            Self::Public => "https://prices.azure.com",
            Self::UsGov => "https://prices.azure.us",
            Self::China => "https://prices.azure.cn",
        }
    }

    /// Where tokens come from.
    #[must_use]
    pub fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGov => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// What a token for management calls is asked for.
    #[must_use]
    pub fn token_scope(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com/.default",
            Self::UsGov => "https://management.core.usgovcloudapi.net/.default",
            Self::China => "https://management.core.chinacloudapi.cn/.default",
        }
    }

    /// What a token for storage is asked for; it is the same everywhere.
    #[must_use]
    pub fn storage_scope(self) -> &'static str {
        "https://storage.azure.com/.default"
    }

    /// The end of the names of storage hosts, to which some replies redirect.
    pub(crate) fn storage(self) -> &'static str {
        match self {
            Self::Public => ".blob.core.windows.net",
            Self::UsGov => ".blob.core.usgovcloudapi.net",
            Self::China => ".blob.core.chinacloudapi.cn",
        }
    }
}

/// Where a service is, and where its replies may lead.
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: Url,
    cloud: Cloud,
}

impl Endpoint {
    /// The service at `base`.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no address, or one that would send a token in the clear: plain http
    /// is for loopback only.
    pub fn new(base: &str, cloud: Cloud) -> Result<Self> {
        let refuse = |why: &str| Error::Usage(format!("`{base}` is no endpoint: {why}"));
        let url = Url::parse(base).map_err(|error| refuse(&error.to_string()))?;
        match url.scheme() {
            "https" if url.has_host() => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(refuse("https is needed; plain http is for loopback addresses only")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it must not hold a password"));
        }
        Ok(Self { base: url, cloud })
    }

    /// The address of a path, such as `/subscriptions/…?api-version=…`.
    ///
    /// # Errors
    /// [`Error::Usage`] for a path that leaves the host.
    pub fn at(&self, path: &str) -> Result<Url> {
        let url = self.base.join(path).map_err(|error| Error::Usage(format!("`{path}`: {error}")))?;
        if self.is_home(&url) { Ok(url) } else { Err(Error::Usage(format!("`{path}` leaves the service"))) }
    }

    /// Whether an address is on the same host: the token may go there.
    #[must_use]
    pub fn is_home(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Whether the endpoint is loopback and plays the service that an address belongs to, so that the
    /// address is to be asked at the endpoint.
    #[must_use]
    pub fn plays(&self, url: &Url) -> bool {
        let real = [self.cloud.management(), self.cloud.retail()];
        is_loopback(&self.base)
            && real.iter().any(|real| Url::parse(real).is_ok_and(|real| real.host_str() == url.host_str()))
    }

    /// Whether a reply may send us there without the token: storage of the cloud, or loopback where
    /// the endpoint itself is loopback.
    #[must_use]
    pub fn may_redirect_to(&self, url: &Url) -> bool {
        let storage = url.host_str().is_some_and(|host| host.ends_with(self.cloud.storage()));
        (url.scheme() == "https" && storage) || (is_loopback(&self.base) && is_loopback(url))
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        let refused = |base: &str| Endpoint::new(base, Cloud::Public).is_err();
        assert!(
            refused("http://management.azure.com") && refused("management.azure.com") && refused("ftp://x")
        );
        assert!(refused("https://user:secret@host") && refused("http://127.0.0.1.evil.example"));
        assert!(
            !refused("http://127.0.0.1:8080") && !refused("http://[::1]:1") && !refused("http://localhost")
        );
    }

    #[test]
    fn replies_lead_to_storage_or_nowhere() {
        let home = Endpoint::new(Cloud::Public.management(), Cloud::Public).unwrap();
        let may = |url: &str| home.may_redirect_to(&Url::parse(url).unwrap());
        assert!(may("https://ratecard.blob.core.windows.net/ratecards/1?sig=x"));
        assert!(!may("http://ratecard.blob.core.windows.net/ratecards/1"));
        assert!(!may("https://blob.core.windows.net.evil.example/x") && !may("http://127.0.0.1/x"));
        assert!(!may("https://x.blob.core.chinacloudapi.cn/x"));
        let local = Endpoint::new("http://127.0.0.1:9", Cloud::Public).unwrap();
        assert!(local.may_redirect_to(&Url::parse("http://127.0.0.1:10/x").unwrap()));
        assert!(local.at("//evil.example/x").is_err() && local.at("/subscriptions/a").is_ok());
    }
}
