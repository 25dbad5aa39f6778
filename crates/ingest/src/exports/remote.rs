//! What of an export that lies elsewhere has to be fetched: which runs, and which parts of which files.
//!
//! Of Parquet only the column chunks that a question needs are read, so a copy here may have holes: it
//! is as long as the file, and holds its end (the footer) and those chunks.

use crate::{
    Manifest, ReadOptions, Result,
    charges::{file_charges::needed_columns, query::ReadQuery},
    exports::runs::{RunFacts, superseded},
    files::{data_file::DataFile, parquet_file::ParquetFile},
};
use billing::Metric;
use std::{collections::BTreeSet, ops::Range, path::Path};

/// How many bytes the footer of a Parquet file takes, with the eight that end it; `None` where these
/// are none of a Parquet file. `end` is the last part of the file, at least eight bytes.
#[must_use]
pub fn footer_bytes(end: &[u8]) -> Option<u64> {
    let tail = end.last_chunk::<8>()?;
    let [a, b, c, d, magic @ ..] = tail;
    (magic == b"PAR1").then(|| u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 8)
}

/// The parts of a Parquet file that reading it with these options needs, besides its footer. The file at
/// `path` may have holes everywhere but in its footer.
///
/// # Errors
/// As when the file is read.
pub fn needed_parts(path: &Path, options: &ReadOptions) -> Result<Vec<Range<u64>>> {
    let file = DataFile::open(path, options.family.map(|forced| forced.family))?;
    let dimensions: Vec<_> = options
        .group_by
        .iter()
        .chain(options.filters.iter().map(|filter| &filter.dimension))
        .cloned()
        .collect();
    let mut columns: BTreeSet<String> = BTreeSet::new();
    // Which column a service is named by depends on what else is read.
    for service_is_meter_category in [false, true] {
        let wanted = ReadQuery {
            dimensions: dimensions.clone(),
            metrics: vec![options.metric.unwrap_or(Metric::Billed)],
            currency: options.currency.as_ref().map(|currency| currency.code().to_owned()),
            service_is_meter_category,
            // Exports of scopes inside each other are told apart by these.
            parts: vec!["x_ResourceGroupName", "x_BillingProfileId", "x_InvoiceSectionId"],
            ..ReadQuery::default()
        };
        columns.extend(needed_columns(&file, &wanted));
    }
    let places: BTreeSet<usize> = columns.iter().filter_map(|column| file.layout.place(column)).collect();
    let named: Vec<&str> = columns.iter().filter_map(|column| file.header_of(column)).collect();
    tracing::debug!("`{}`: needed columns: {}", path.display(), named.join(", "));
    ParquetFile::open(path)?.parts(places)
}

/// Which of these runs a newer one of the same scope repeats whole: their places. Given is what their manifests state,
/// and whether all their files are there.
#[must_use]
pub fn repeated_runs(runs: &[(&Manifest, bool)]) -> BTreeSet<usize> {
    let facts: Vec<RunFacts> = runs.iter().map(|(manifest, _)| RunFacts::of(manifest)).collect();
    let broken = (0..runs.len()).filter(|place| !runs[*place].1).collect();
    superseded(&facts, &broken).into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_file_tells_its_footer() {
        assert_eq!(footer_bytes(b"....\x10\0\0\0PAR1"), Some(24));
        assert_eq!((footer_bytes(b"PAR1"), footer_bytes(b"12345678")), (None, None));
    }
}
