//! Pages of a list, to the end: links of every form, none followed twice.
//!
//! A link is taken as it is, save that blanks are encoded (services write raw ones). It must stay on the
//! service's host. A link that was followed before would give a page twice, and is an error. One page
//! that fails fails the whole list: nothing half read is used.

use crate::{Error, Reply, Request, Result, Transport};
use bytes::Bytes;
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};
use url::Url;

/// The rows of a page: how many, and a digest of their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rows {
    count: usize,
    digest: u64,
}

impl Rows {
    /// Of rows as the reply writes them.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hasher = DefaultHasher::new();
        let mut count = 0;
        for row in rows {
            row.hash(&mut hasher);
            count += 1;
        }
        Self { count, digest: hasher.finish() }
    }
}

/// All pages of the list that begins with `first`. `next` finds the link of a page, if any, and
/// its rows.
///
/// # Errors
/// What [`Transport::call`] may say; [`Error::BadReply`] for a link that leads away or in circles, and
/// for a page that was given before under another link.
pub(crate) async fn pages(
    transport: &Transport,
    first: Request,
    next: impl Fn(&Reply) -> Result<(Option<String>, Rows)>,
) -> Result<Vec<Reply>> {
    let mut request = first;
    let mut followed: HashSet<(Url, Option<Bytes>)> = HashSet::new();
    let mut given: HashSet<Rows> = HashSet::new();
    let mut pages = Vec::new();
    loop {
        if !followed.insert((request.url.clone(), request.body.clone())) {
            return Err(Error::bad_reply(
                &request.what(),
                "its next link leads to a page that was read before",
            ));
        }
        let reply = transport.call(&request).await?;
        let (link, rows) = next(&reply)?;
        // One row may well stand on two pages; several in the same order are the same page.
        if rows.count > 1 && !given.insert(rows) {
            return Err(Error::bad_reply(
                &request.what(),
                format!(
                    "page {} repeats an earlier one, so which rows are missing cannot be told",
                    pages.len() + 1
                ),
            ));
        }
        pages.push(reply);
        match link.filter(|link| !link.trim().is_empty()) {
            Some(link) => request.url = follow(transport, &request, &link)?,
            None => return Ok(pages),
        }
    }
}

fn follow(transport: &Transport, request: &Request, link: &str) -> Result<Url> {
    let bad = |why: String| Error::bad_reply(&request.what(), why);
    let mut url = request
        .url
        .join(&link.trim().replace(' ', "%20"))
        .map_err(|error| bad(format!("its next link is no address: {error}")))?;
    // Some links write the port that their scheme has anyway, some the scheme in capitals.
    if transport.endpoint().is_home(&url) {
        return Ok(url);
    }
    // An endpoint that was set to loopback plays a service whose own links name its real host.
    if transport.endpoint().plays(&url) {
        url = transport.endpoint().at(&url[url::Position::BeforePath..])?;
    }
    if transport.endpoint().is_home(&url) {
        return Ok(url);
    }
    Err(bad(format!("its next link leads to {}, away from the service", url.host_str().unwrap_or("nowhere"))))
}
