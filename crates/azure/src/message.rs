//! Requests and replies, and who sends them.

use crate::{Error, Result};
use bytes::Bytes;
use http::{HeaderMap, Method};
use std::{fmt, future::Future, path::Path, pin::Pin};
use url::Url;

/// A request, before sign-in.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// A JSON body.
    pub body: Option<Bytes>,
    /// What is read, in the service's words: calls to one scope are paced together.
    pub scope: String,
    /// Whether a 202 means "not ready yet, ask again": it is then no answer.
    pub waits_when_accepted: bool,
}

impl Request {
    /// A `GET`.
    #[must_use]
    pub fn get(url: Url, scope: &str) -> Self {
        Self { method: Method::GET, url, body: None, scope: scope.to_owned(), waits_when_accepted: false }
    }

    /// A `POST` with a JSON body, or without one.
    #[must_use]
    pub fn post(url: Url, scope: &str, body: Option<&serde_json::Value>) -> Self {
        let body = body.map(|body| Bytes::from(body.to_string()));
        Self { method: Method::POST, body, ..Self::get(url, scope) }
    }

    /// What is asked, without the query, which may hold a signature.
    #[must_use]
    pub fn what(&self) -> String {
        format!("{} {}", self.method, shown(&self.url))
    }
}

/// An address that can be shown: without query and fragment.
#[must_use]
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// What came back, whole.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON of type `T`.
    ///
    /// # Errors
    /// [`Error::BadReply`] with line and column.
    pub fn json<'a, T: serde::Deserialize<'a>>(&'a self, what: &str) -> Result<T> {
        // A byte order mark is no JSON, and some replies begin with one.
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        serde_json::from_slice(body).map_err(|error| Error::bad_reply(what, error.to_string()))
    }

    /// The text of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A request that got no whole reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendFault {
    /// No connection, a reset, a body that was cut, a time-out: may pass.
    Connection(String),
    /// Something that will not pass, such as a certificate that is not trusted.
    Final(String),
}

/// A request on its way.
pub type Sending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one request once, follows nothing and waits for nothing.
pub trait Sender: Send + Sync {
    /// Sends the request, with the token where one is given.
    fn send<'a>(
        &'a self,
        request: &'a Request,
        token: Option<&'a Token>,
    ) -> Sending<'a, std::result::Result<Reply, SendFault>>;

    /// Sends the request and puts the body of a 200 into the file at `path`; of any other reply the
    /// body is given as usual.
    fn save<'a>(
        &'a self,
        request: &'a Request,
        token: Option<&'a Token>,
        path: &'a Path,
    ) -> Sending<'a, std::result::Result<Reply, SendFault>> {
        Box::pin(async move {
            let reply = self.send(request, token).await?;
            if reply.status == 200 {
                std::fs::write(path, &reply.body)
                    .map_err(|error| SendFault::Final(format!("`{}`: {error}", path.display())))?;
            }
            Ok(reply)
        })
    }
}

/// Gives tokens; keeps them itself until shortly before they expire.
pub trait TokenSource: Send + Sync {
    /// A token that is valid now; a new one where `renew` says that the last was refused.
    ///
    /// The error is what to tell the user.
    fn token(&self, renew: bool) -> Sending<'_, std::result::Result<Token, String>>;
}

/// A bearer token. It never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token with that text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, for the header of a request.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}
