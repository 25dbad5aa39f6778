//! Pages of a list, to the end: links of every form, none followed twice.
//!
//! A link is taken as it is, save that blanks are encoded (services write raw ones). It must stay on the
//! service's host. A link that was followed before would give a page twice, and is an error. One page
//! that fails fails the whole list: nothing half read is used.

use crate::{Error, Reply, Request, Result, Transport};
use bytes::Bytes;
use std::collections::HashSet;
use url::Url;

/// All pages of the list that begins with `first`. `next` finds the link of a page, if any.
///
/// # Errors
/// What [`Transport::call`] may say; [`Error::BadReply`] for a link that leads away or in circles.
pub(crate) async fn pages(
    transport: &Transport,
    first: Request,
    next: impl Fn(&Reply) -> Result<Option<String>>,
) -> Result<Vec<Reply>> {
    let mut request = first;
    let mut followed: HashSet<(Url, Option<Bytes>)> = HashSet::new();
    let mut pages = Vec::new();
    loop {
        if !followed.insert((request.url.clone(), request.body.clone())) {
            return Err(Error::bad_reply(
                &request.what(),
                "its next link leads to a page that was read before",
            ));
        }
        let reply = transport.call(&request).await?;
        let link = next(&reply)?;
        pages.push(reply);
        match link.filter(|link| !link.trim().is_empty()) {
            Some(link) => request.url = follow(transport, &request, &link)?,
            None => return Ok(pages),
        }
    }
}

fn follow(transport: &Transport, request: &Request, link: &str) -> Result<Url> {
    let bad = |why: String| Error::bad_reply(&request.what(), why);
    let url = request
        .url
        .join(&link.trim().replace(' ', "%20"))
        .map_err(|error| bad(format!("its next link is no address: {error}")))?;
    if transport.endpoint().is_home(&url) {
        return Ok(url);
    }
    Err(bad(format!("its next link leads to {}, away from the service", url.host_str().unwrap_or("nowhere"))))
}
