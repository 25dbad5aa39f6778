//! Sending over the network, with reqwest: time-outs, gzip, and what each kind of fault means.
//!
//! Redirects are not followed here: [`Transport`](crate::Transport) decides where they may lead.

use crate::{Error, Reply, Request, Result, SendFault, Sender, Sending, Token, message::shown};
use bytes::Bytes;
use http::{HeaderValue, header};
use std::{error::Error as _, fs::File, io::Write, path::Path, time::Duration};

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOuts {
    /// Until there is a connection.
    pub connect: Duration,
    /// Between two pieces of a reply.
    pub read: Duration,
    /// For a whole call; downloads to a file are bounded by `read` only.
    pub total: Duration,
}

impl Default for TimeOuts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(10), read: seconds(60), total: seconds(300) }
    }
}

/// Sends requests over the network.
#[derive(Debug)]
pub struct HttpSender {
    client: reqwest::Client,
    total: Duration,
}

impl HttpSender {
    /// With these time-outs.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no way to reach the network at all, such as a broken proxy setting.
    pub fn new(time_outs: TimeOuts) -> Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(time_outs.connect)
            .read_timeout(time_outs.read)
            .redirect(reqwest::redirect::Policy::none())
            .gzip(true)
            .user_agent(concat!("forecast/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Usage(format!("the network cannot be used: {}", told(error))))?;
        Ok(Self { client, total: time_outs.total })
    }

    async fn begin(
        &self,
        request: &Request,
        token: Option<&Token>,
        total: Option<Duration>,
    ) -> std::result::Result<reqwest::Response, SendFault> {
        let mut call = self
            .client
            .request(request.method.clone(), request.url.clone())
            .header(header::ACCEPT, "application/json");
        if let Some(total) = total {
            call = call.timeout(total);
        }
        if request.method != http::Method::GET {
            // Without this type services answer 415, even where there is no body.
            call = call
                .header(header::CONTENT_TYPE, "application/json")
                .body(request.body.clone().unwrap_or_default());
        }
        if let Some(token) = token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret()))
                .map_err(|_| SendFault::Final("the token holds what no header can".to_owned()))?;
            value.set_sensitive(true);
            call = call.header(header::AUTHORIZATION, value);
        }
        tracing::debug!("{} (signed in: {})", request.what(), token.is_some());
        let reply = call.send().await.map_err(fault)?;
        tracing::debug!("{} from {}", reply.status(), shown(reply.url()));
        Ok(reply)
    }
}

impl Sender for HttpSender {
    fn send<'a>(
        &'a self,
        request: &'a Request,
        token: Option<&'a Token>,
    ) -> Sending<'a, std::result::Result<Reply, SendFault>> {
        Box::pin(async move {
            let reply = self.begin(request, token, Some(self.total)).await?;
            let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
            Ok(Reply { status, headers, body: reply.bytes().await.map_err(fault)? })
        })
    }

    fn save<'a>(
        &'a self,
        request: &'a Request,
        token: Option<&'a Token>,
        path: &'a Path,
    ) -> Sending<'a, std::result::Result<Reply, SendFault>> {
        Box::pin(async move {
            let mut reply = self.begin(request, token, None).await?;
            let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
            if status != 200 {
                return Ok(Reply { status, headers, body: reply.bytes().await.map_err(fault)? });
            }
            let disk = |error: std::io::Error| SendFault::Final(format!("`{}`: {error}", path.display()));
            let mut file = File::create(path).map_err(disk)?;
            while let Some(piece) = reply.chunk().await.map_err(fault)? {
                file.write_all(&piece).map_err(disk)?;
            }
            file.sync_all().map_err(disk)?;
            Ok(Reply { status, headers, body: Bytes::new() })
        })
    }
}

/// What will not pass: a certificate that is not trusted, a request that cannot be made.
fn fault(error: reqwest::Error) -> SendFault {
    let is_final = error.is_builder();
    let text = told(error);
    let untrusted = text.to_ascii_lowercase().contains("certificate");
    if is_final || untrusted { SendFault::Final(text) } else { SendFault::Connection(text) }
}

/// The error and its causes, without the address, whose query may hold a signature.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { error.to_string() };
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, net::TcpListener};
    use url::Url;

    /// Serves one connection: answers with these pieces, and holds the line for a while after each.
    fn server(pieces: Vec<Vec<u8>>, hold: Duration) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x?sig=planted-signature", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            for piece in pieces {
                let _ = stream.write_all(&piece);
                let _ = stream.flush();
                std::thread::sleep(hold);
            }
        });
        Url::parse(&url).unwrap()
    }

    fn sender() -> HttpSender {
        let short = Duration::from_millis(250);
        HttpSender::new(TimeOuts { connect: short, read: short, total: short * 4 }).unwrap()
    }

    async fn send(url: Url) -> std::result::Result<Reply, SendFault> {
        sender().send(&Request::get(url, "x"), None).await
    }

    #[tokio::test]
    async fn cut_and_slow_bodies_are_faults_that_may_pass() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"value\":".to_vec();
        let cut = send(server(vec![head.clone()], Duration::ZERO)).await;
        assert!(matches!(cut, Err(SendFault::Connection(_))), "{cut:?}");
        let slow = send(server(vec![head, b"1".to_vec()], Duration::from_millis(700))).await;
        let Err(SendFault::Connection(text)) = slow else { panic!("{slow:?}") };
        assert!(text.contains("timed out") && !text.contains("planted"), "{text}");
    }

    #[tokio::test]
    async fn a_refused_connection_may_pass_and_its_error_holds_no_address() {
        let url = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            Url::parse(&format!("http://{}/?sig=planted-signature", listener.local_addr().unwrap())).unwrap()
        };
        let Err(SendFault::Connection(text)) = send(url).await else { panic!("nobody listens") };
        assert!(!text.contains("planted"), "{text}");
    }

    #[tokio::test]
    async fn gzip_is_unpacked_and_a_cut_one_is_a_fault() {
        // {"a":1} as gzip writes it.
        let packed: &[u8] = &[
            31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 84, 178, 50, 172, 5, 0, 175, 172, 27, 86, 7, 0, 0,
            0,
        ];
        let answer = |body: &[u8]| {
            let mut whole = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
                body.len()
            )
            .into_bytes();
            whole.extend_from_slice(body);
            whole
        };
        let whole = send(server(vec![answer(packed)], Duration::ZERO)).await;
        let cut = send(server(vec![answer(&packed[..12])], Duration::ZERO)).await;
        assert!(matches!(cut, Err(SendFault::Connection(_))), "{cut:?}");
        if let Ok(reply) = whole {
            assert_eq!(&reply.body[..], br#"{"a":1}"#);
        } else {
            panic!("{whole:?}");
        }
    }

    #[tokio::test]
    async fn a_download_goes_to_its_file_and_a_refusal_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blob.csv");
        let ok = server(vec![b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na,b\n".to_vec()], Duration::ZERO);
        let reply = sender().save(&Request::get(ok, "x"), None, &path).await.unwrap();
        assert_eq!((reply.status, std::fs::read(&path).unwrap()), (200, b"a,b\n".to_vec()));
        let gone = server(vec![b"HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno".to_vec()], Duration::ZERO);
        let other = folder.path().join("other.csv");
        let reply = sender().save(&Request::get(gone, "x"), None, &other).await.unwrap();
        assert_eq!((reply.status, other.exists()), (403, false));
    }
}
