//! The cost details report of Cost Management: every charge of at most a month, as CSV in storage.
//!
//! It is made while one waits (202, then asked for again); what counts is the `status` in its reply, not
//! the HTTP code. Its files are read without the token. It is for Enterprise and Customer Agreements,
//! 13 months back. Source: specification 2023-11-01.

use crate::{Error, Request, Result, Scope, Transport};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;

/// A report that is ready.
#[derive(Clone, Debug, PartialEq)]
pub struct CostDetails {
    /// Its files, in order; each begins with a header. None where there were no charges.
    pub files: Vec<DetailsFile>,
    /// Until when the links of the files work.
    pub valid_till: Option<String>,
}

/// A file of a report.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DetailsFile {
    /// Where it is; the link holds a signature and is not to be shown.
    #[serde(rename = "blobLink")]
    pub link: String,
    /// Its size, where told.
    pub byte_count: Option<u64>,
}

impl std::fmt::Debug for DetailsFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DetailsFile").field("byte_count", &self.byte_count).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    status: Option<String>,
    manifest: Option<WireManifest>,
    valid_till: Option<String>,
    error: Option<serde_json::Value>,
    /// The form of the older report, `generateDetailedCostReport`.
    properties: Option<WireOlder>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireManifest {
    #[serde(default)]
    blobs: Vec<DetailsFile>,
    blob_count: Option<usize>,
    byte_count: Option<u64>,
}

impl WireManifest {
    /// Its files, if there are as many, and as long, as it says itself.
    fn files(self, what: &str) -> Result<Vec<DetailsFile>> {
        let files = self.blobs.len();
        if let Some(stated) = self.blob_count.filter(|stated| *stated != files) {
            return Err(Error::bad_reply(what, format!("it lists {files} files of {stated}")));
        }
        let bytes: Option<u64> = self.blobs.iter().map(|file| file.byte_count).sum();
        if let Some((stated, listed)) = self.byte_count.zip(bytes).filter(|(stated, listed)| stated != listed)
        {
            return Err(Error::bad_reply(what, format!("its files have {listed} bytes of {stated}")));
        }
        Ok(self.blobs)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOlder {
    download_url: Option<String>,
    valid_till: Option<String>,
}

/// Has the report of the days from `from` to `last` made, and waits for it. `metric` is `ActualCost` or
/// `AmortizedCost`.
///
/// # Errors
/// [`Error::Usage`] for days of more than one month or management groups; [`Error::Unavailable`] when it
/// is not ready in time; what [`Transport::call`] may say; [`Error::BadReply`] when the service says that
/// it failed.
pub async fn cost_details(
    transport: &Transport,
    scope: &Scope,
    metric: &str,
    from: NaiveDate,
    last: NaiveDate,
) -> Result<CostDetails> {
    if scope.path().contains("/managementGroups/") {
        return Err(Error::Usage(format!(
            "cost details are not made for management groups such as `{scope}`; name its subscriptions or billing account"
        )));
    }
    if (last - from).num_days() > 31 {
        return Err(Error::Usage(format!("cost details are made for a month at most, not {from} to {last}")));
    }
    let path = format!(
        "{}/providers/Microsoft.CostManagement/generateCostDetailsReport?api-version=2023-11-01",
        scope.path()
    );
    let body = json!({
        "metric": metric,
        "timePeriod": { "start": from.to_string(), "end": last.to_string() },
    });
    let first = Request::post(transport.endpoint().at(&path)?, scope.path(), Some(&body));
    let what = first.what();
    let reply = transport.finish(first).await?;
    if reply.status == 204 {
        return Ok(CostDetails { files: Vec::new(), valid_till: None });
    }
    CostDetails::read(&reply.body, &what)
}

impl CostDetails {
    /// Reads the reply of a report that is ready.
    ///
    /// # Errors
    /// [`Error::BadReply`] when it is none, or when the service says that the report failed.
    pub fn read(body: &[u8], what: &str) -> Result<Self> {
        let wire: Wire =
            serde_json::from_slice(body).map_err(|error| Error::bad_reply(what, error.to_string()))?;
        if let Some(link) = wire.properties.as_ref().and_then(|older| older.download_url.clone()) {
            let valid_till = wire.properties.and_then(|older| older.valid_till);
            return Ok(Self { files: vec![DetailsFile { link, byte_count: None }], valid_till });
        }
        let files = wire.manifest.map(|manifest| manifest.files(what)).transpose()?.unwrap_or_default();
        match wire.status.as_deref() {
            Some(status) if status.eq_ignore_ascii_case("Completed") => {
                Ok(Self { files, valid_till: wire.valid_till })
            }
            Some(status) if status.eq_ignore_ascii_case("NoDataFound") => {
                Ok(Self { files: Vec::new(), valid_till: None })
            }
            status => {
                let told = wire.error.map(|error| format!(": {error}")).unwrap_or_default();
                Err(Error::bad_reply(
                    what,
                    format!("the report ended as `{}`{told}", status.unwrap_or("nothing")),
                ))
            }
        }
    }
}
