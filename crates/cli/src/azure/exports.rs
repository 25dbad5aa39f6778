//! `ingest azure export`: exports that are set up, from the storage they are delivered to.

use super::{Connection, ingest::Portion, storage};
use crate::azure_options::ExportDoor;
use anyhow::{Context, Result};
use azure::{BlobAddress, Export, exports};
use billing::Metric;
use ingest::{Landed, Landing, Manifest};
use std::path::PathBuf;

/// The newest whole run of the scope's export that holds days of the portion; all of the run lands.
pub async fn fetch(
    connection: &Connection,
    options: &ExportDoor,
    portion: &Portion,
    landing: &Landing,
) -> Result<Option<Landed>> {
    let metric = options.plain.metric;
    let list = exports(&connection.costs, &portion.scope).await?;
    let names: Vec<&str> = list.iter().map(|export| export.name.as_str()).collect();
    let fits = |export: &&Export| match &options.name {
        Some(name) => export.name.eq_ignore_ascii_case(name),
        None => holds(export, metric),
    };
    let Some(export) = list.iter().find(fits) else {
        anyhow::bail!(
            "{} has no export {}; it has: {}",
            portion.scope,
            options.name.as_deref().map_or_else(|| format!("of {metric} cost"), |name| format!("`{name}`")),
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        );
    };
    let destination = &export.properties.delivery_info.destination;
    let account =
        destination.account().with_context(|| format!("export {} names no account", export.name))?;
    let root = destination.root_folder_path.as_deref().unwrap_or_default().trim_matches('/');
    let address = format!("az://{}@{account}/{root}/{}", destination.container, export.name);
    let blobs = storage::open(BlobAddress::parse(&address)?, &options.plain.door.reach)?;
    let days = portion.first..=portion.last;
    let in_days = |manifest: &Manifest| {
        manifest.range.is_none_or(|(first, last)| first <= *days.end() && *days.start() <= last)
    };
    // Every column lands, so files are copied whole.
    let paths = storage::fetch_whole(&blobs, in_days).await?;
    let manifests: Vec<Manifest> = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| Manifest::read(path))
        .collect::<ingest::Result<_>>()?;
    let data: Vec<PathBuf> =
        paths.into_iter().filter(|path| path.extension().is_none_or(|ending| ending != "json")).collect();
    if data.is_empty() {
        return Ok(None);
    }
    let newest = manifests.iter().filter(|manifest| manifest.range.is_some()).max_by_key(|own| own.submitted);
    let mut own = landing.clone();
    if let Some((first, last)) = newest.and_then(|manifest| manifest.range) {
        (own.first, own.last) = (first, last);
        own.known_at = newest.and_then(|manifest| manifest.submitted).unwrap_or(own.known_at);
        own.read_at = own.known_at;
    }
    let files: Vec<_> = data.into_iter().map(|path| (path, metric)).collect();
    let landed = tokio::task::spawn_blocking(move || own.files(&files, true)).await??;
    Ok(Some(landed).filter(|landed| landed.rows > 0))
}

fn holds(export: &Export, metric: Metric) -> bool {
    let kind = export.properties.definition.kind.to_ascii_lowercase();
    kind == "focuscost"
        || match metric {
            Metric::Effective => kind == "amortizedcost",
            _ => kind == "actualcost" || kind == "usage",
        }
}
