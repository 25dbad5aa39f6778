//! `ingest azure export`: exports that are set up, from the storage they are delivered to.

use super::{Connection, ingest::Portion, storage};
use crate::azure_options::ExportDoor;
use anyhow::{Context, Result};
use azure::{BlobAddress, Export, exports};
use billing::Metric;
use ingest::{Landed, Landing, Manifest, ReadOptions, land_files};

/// The runs of the scope's export that hold days of the portion and that no newer one repeats; all of each
/// run lands.
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

fn holds(export: &Export, metric: Metric) -> bool {
    let kind = export.properties.definition.kind.to_ascii_lowercase();
    kind == "focuscost"
        || match metric {
            Metric::Effective => kind == "amortizedcost",
            _ => kind == "actualcost" || kind == "usage",
        }
}
