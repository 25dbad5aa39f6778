//! Exports that are set up, from the storage they are delivered to.

use super::{blob_cache, fetch_window::FetchWindow};
use crate::{AzureAccess, Error, Finding, Host, Result, connection::Connection};
use azure::{BlobAddress, Export, exports};
use billing::Metric;
use ingest::{Landed, Landing, Manifest, ReadOptions, land_files};

/// Which export to read, and how its storage is reached.
pub(super) struct ExportRead<'a> {
    pub metric: Metric,
    /// Only the export of this name.
    pub name: Option<&'a str>,
    pub access: &'a AzureAccess,
    pub host: &'a Host<'a>,
}

impl ExportRead<'_> {
    /// The runs of the scope's export that hold days of the window and that no newer one repeats; all of each
    /// run lands.
    ///
    /// # Errors
    /// No such export; storage that cannot be read; charges that cannot be written.
    pub(super) async fn fetch(
        &self,
        connection: &Connection,
        window: &FetchWindow,
        landing: &Landing,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Landed>> {
        let list = exports(&connection.costs, &window.scope).await?;
        let fits = |export: &&Export| match self.name {
            Some(name) => export.name.eq_ignore_ascii_case(name),
            None => holds(export, self.metric),
        };
        let export = list.iter().find(fits).ok_or_else(|| self.no_export(window, &list))?;
        let destination = &export.properties.delivery_info.destination;
        let account = destination
            .account()
            .ok_or_else(|| Error::failed(format!("export {} names no account", export.name)))?;
        let root = destination.root_folder_path.as_deref().unwrap_or_default().trim_matches('/');
        let address = format!("az://{}@{account}/{root}/{}", destination.container, export.name);
        let blobs = blob_cache::open(BlobAddress::parse(&address)?, self.access, self.host)?;
        let (first, last) = (window.first, window.last);
        let in_days =
            |manifest: &Manifest| manifest.range.is_none_or(|(from, to)| from <= last && first <= to);
        // Every column lands, so files are copied whole.
        let paths = blob_cache::fetch(&blobs, None, in_days, self.host, findings).await?;
        if paths.is_empty() {
            return Ok(None);
        }
        let inputs: Vec<String> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let (options, out) = (ReadOptions { strict: true, ..ReadOptions::default() }, landing.out.clone());
        // Run by run, as files of exports are.
        let (landed, _) =
            tokio::task::spawn_blocking(move || land_files(&inputs, &options, &out, &|_| ())).await??;
        Ok(landed.into_iter().reduce(Landed::with))
    }

    fn no_export(&self, window: &FetchWindow, list: &[Export]) -> Error {
        let names: Vec<&str> = list.iter().map(|export| export.name.as_str()).collect();
        let wanted = self.name.map_or_else(|| format!("of {} cost", self.metric), |name| format!("`{name}`"));
        let held = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Error::failed(format!("{} has no export {wanted}; it has: {held}", window.scope))
    }
}

fn holds(export: &Export, metric: Metric) -> bool {
    let kind = export.properties.definition.kind.to_ascii_lowercase();
    kind == "focuscost"
        || match metric {
            Metric::Effective => kind == "amortizedcost",
            _ => kind == "actualcost" || kind == "usage",
        }
}
