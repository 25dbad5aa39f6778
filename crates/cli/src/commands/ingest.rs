//! `ingest`: charges of files, or of Azure's services, as FOCUS-shaped Parquet.

use crate::{
    azure_options::{From, Ingest},
    charges,
    exit::Exit,
    failure::Failure,
    options::Global,
    output, talk,
};
use anyhow::Result;
use ingest::{ForcedFamily, Landed, ReadOptions, land_files};
use report::{Column, ColumnValues, Dataset};

pub fn run(global: &Global, options: &Ingest) -> Result<Exit> {
    if let Some(From::Azure(door)) = &options.from {
        return crate::azure::ingest::run(global, door);
    }
    let refuse = |text: &str| Err(Failure::Usage(text.to_owned()).into());
    if options.inputs.is_empty() {
        return refuse("name the cost exports to normalise, or a source such as `azure usage`");
    }
    let Some(out) = options.out.clone() else {
        return refuse("there is no ledger yet; say with `--out DIR` where the charges shall go");
    };
    let read = ReadOptions {
        family: options.family.as_deref().map(ForcedFamily::named).transpose()?,
        as_of: options.as_of,
        strict: options.strict,
        ..ReadOptions::default()
    };
    // Every column lands, so files in storage are copied whole.
    let inputs = crate::azure::storage::localised(&options.inputs, None)?;
    let bar = talk::reading_bar(global, &inputs);
    let done = land_files(&inputs, &read, &out, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let (landed, controls) = done?;
    charges::say(&controls);
    if landed.is_empty() {
        return Err(Failure::NotEnough("no charges in the input".to_owned()).into());
    }
    output::write_dataset(global, &summary(&landed)?)?;
    Ok(Exit::Done)
}

/// One row for each run, currency and cost that landed.
fn summary(landed: &[Landed]) -> Result<Dataset> {
    let rows: Vec<_> =
        landed.iter().flat_map(|run| run.totals.iter().map(move |total| (run, total))).collect();
    let text = |get: &dyn Fn(usize) -> String| {
        ColumnValues::Text((0..rows.len()).map(|row| Some(get(row))).collect())
    };
    let columns = vec![
        Column::new("x_Folder", text(&|row| rows[row].0.folder.display().to_string())),
        Column::new("BillingCurrency", text(&|row| rows[row].1.0.0.clone())),
        Column::new("x_Metric", text(&|row| rows[row].1.0.1.to_owned())),
        Column::new(
            "x_Cost",
            ColumnValues::Amount {
                values: rows.iter().map(|(_, (_, total))| Some(**total)).collect(),
                least_digits: 2,
            },
        ),
        Column::new(
            "x_Rows",
            ColumnValues::Integer(rows.iter().map(|(run, _)| i64::try_from(run.rows).ok()).collect()),
        ),
    ];
    Ok(Dataset::new("normalised_runs", 1, columns)?)
}
