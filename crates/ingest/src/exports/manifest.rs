//! `manifest.json` of an export run: what kind of data it is, when it was made, which files it has.
//!
//! Both forms in use are read, `2021-01-01` (files only) and `2024-04-01` (with the export's
//! configuration). Ids and names in published examples carry stray blanks, so text is trimmed.
//! Source: `export-files/manifest_*.json` of the Azure contract collection; Cost Management docs.

use crate::{Error, Result};
use billing::Metric;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;
use std::path::Path;

/// What a manifest says of its run.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// `exportConfig.type`, such as `ActualCost`; absent in the older form.
    pub export_type: Option<String>,
    /// Which export made it: resource id, or name where there is no id.
    pub export: Option<String>,
    /// When the run was submitted (UTC).
    pub submitted: Option<DateTime<Utc>>,
    /// As known at which moment its charges are (UTC), where that is not when it was submitted: charges of
    /// days long gone, read today, are those of when they were final.
    pub known_at: Option<DateTime<Utc>>,
    /// First and last day that the run covers, both inclusive.
    pub range: Option<(NaiveDate, NaiveDate)>,
    /// What files without a scope were given with, where they landed from such files.
    pub group: Option<String>,
    /// Whether the run holds charges of files that state no scope: their rows alone say whose they are.
    pub is_scopeless: bool,
    /// The data files, in order.
    pub blobs: Vec<Blob>,
}

/// A data file named by a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Path inside the container.
    pub name: String,
    /// Size in bytes, where stated.
    pub bytes: Option<u64>,
    /// Rows without the header, where stated.
    pub rows: Option<u64>,
}

/// Whether a file of this name is a manifest.
#[must_use]
pub fn is_manifest_name(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "manifest.json" | "_manifest.json")
}

impl Manifest {
    /// Reads the manifest at `path`.
    ///
    /// # Errors
    /// [`Error::Unreadable`], or [`Error::Damaged`] when it is no manifest.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::unreadable(path, source))?;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let wire: Wire = serde_json::from_slice(text)
            .map_err(|source| Error::damaged(path, format!("not a manifest of an export run: {source}")))?;
        Ok(wire.into())
    }

    /// Whether the run holds costs, as far as the manifest tells; `None` where it does not say.
    #[must_use]
    pub fn holds_costs(&self) -> Option<bool> {
        self.export_type.as_deref().map(|kind| {
            ["actualcost", "amortizedcost", "usage", "focuscost"]
                .contains(&kind.to_ascii_lowercase().as_str())
        })
    }
}

impl Manifest {
    /// The metric that the one cost column of its classic files holds.
    #[must_use]
    pub fn declared_metric(&self) -> Option<Metric> {
        match self.export_type.as_deref()?.to_ascii_lowercase().as_str() {
            "actualcost" | "usage" => Some(Metric::Billed),
            "amortizedcost" => Some(Metric::Effective),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    export_config: Option<WireConfig>,
    run_info: Option<WireRun>,
    blobs: Option<Vec<WireBlob>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireConfig {
    export_name: Option<String>,
    resource_id: Option<String>,
    r#type: Option<String>,
    #[serde(rename = "x_filesOf")]
    files_of: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRun {
    submitted_time: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    #[serde(rename = "x_knownAt")]
    known_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBlob {
    blob_name: String,
    byte_count: Option<u64>,
    data_row_count: Option<u64>,
}

impl From<Wire> for Manifest {
    fn from(wire: Wire) -> Self {
        let config = wire.export_config;
        let text = |value: &Option<String>| value.as_deref().map(squeeze).filter(|text| !text.is_empty());
        let run = wire.run_info;
        let day = |value: Option<&String>| value.and_then(|text| moment(text)).map(|time| time.date_naive());
        Self {
            export_type: config.as_ref().and_then(|c| text(&c.r#type)),
            export: config
                .as_ref()
                .and_then(|c| text(&c.resource_id).or(text(&c.export_name)))
                .map(|id| id.to_lowercase()),
            submitted: run.as_ref().and_then(|r| r.submitted_time.as_deref()).and_then(moment),
            known_at: run.as_ref().and_then(|r| r.known_at.as_deref()).and_then(moment),
            range: run.as_ref().and_then(|r| day(r.start_date.as_ref()).zip(day(r.end_date.as_ref()))),
            group: config.as_ref().and_then(|c| text(&c.files_of)),
            is_scopeless: config.as_ref().is_some_and(|c| c.files_of.is_some()),
            blobs: wire
                .blobs
                .unwrap_or_default()
                .into_iter()
                .map(|blob| Blob {
                    name: squeeze(&blob.blob_name),
                    bytes: blob.byte_count,
                    rows: blob.data_row_count,
                })
                .collect(),
        }
    }
}

/// Trims the ends and the blanks after slashes that published manifests show.
fn squeeze(text: &str) -> String {
    text.split('/').map(str::trim).collect::<Vec<_>>().join("/")
}

/// A moment with or without a zone; without one it is UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.with_timezone(&Utc))
        .ok()
        .or_else(|| text.parse::<NaiveDateTime>().ok().map(|time| time.and_utc()))
        .or_else(|| {
            text.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0)).map(|time| time.and_utc())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Manifest {
        serde_json::from_str::<Wire>(text).expect("a manifest").into()
    }

    #[test]
    fn a_start_without_a_zone_and_an_end_with_one_are_both_days() {
        let manifest = parse(
            r#"{"exportConfig":{"type":"FocusCost","resourceId":" /Providers/x/ y "},
                "runInfo":{"submittedTime":"2026-03-21T21:04:06.5234447Z","startDate":"2026-03-01T00:00:00","endDate":"2026-03-21T00:00:00+00:00"},
                "blobs":[{"blobName":" a/ b.csv","byteCount":8,"dataRowCount":3}]}"#,
        );
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(manifest.range, Some((day("2026-03-01"), day("2026-03-21"))));
        assert_eq!(manifest.submitted.unwrap().date_naive(), day("2026-03-21"));
        assert_eq!(manifest.export.as_deref(), Some("/providers/x/y"));
        assert_eq!(manifest.blobs, [Blob { name: "a/b.csv".into(), bytes: Some(8), rows: Some(3) }]);
        assert_eq!(manifest.holds_costs(), Some(true));
    }

    #[test]
    fn the_older_form_lists_files_only() {
        let manifest = parse(r#"{"manifestVersion":"2021-01-01","blobs":[{"blobName":"a.csv"}]}"#);
        assert_eq!((manifest.holds_costs(), manifest.range, manifest.blobs.len()), (None, None, 1));
        assert_eq!(parse(r#"{"blobCount":0,"blobs":null}"#).blobs, []);
    }

    #[test]
    fn price_sheets_and_recommendations_hold_no_costs() {
        assert_eq!(parse(r#"{"exportConfig":{"type":"PriceSheet"}}"#).holds_costs(), Some(false));
    }
}
