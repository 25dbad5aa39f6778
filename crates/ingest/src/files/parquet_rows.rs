//! The rows of a Parquet file, some row groups at a time, so that memory does not grow with the file. With a second
//! thread the next rows are decoded while these are summed.

use crate::{
    Error, Result,
    files::{
        amounts::Amounts,
        data_file::DataFile,
        guard::guarded,
        parquet_file::ParquetFile,
        repeated_texts::Texts,
        row_sums::{AmountColumns, RowSums, Rows, amount_columns},
    },
};
use std::{ops::Range, sync::mpsc::sync_channel, thread};

/// Row groups are read together until they have so many rows.
const BATCH_ROWS: usize = 1 << 16;

/// Reads the rows of a Parquet file into `sums`, with a second of `threads` threads where there is one.
///
/// # Errors
/// A file that is damaged, a needed column of a type that is not known here.
pub(crate) fn read_parquet(file: &DataFile, sums: &mut RowSums<'_>, threads: usize) -> Result<()> {
    guarded(&file.path, || {
        let parquet = ParquetFile::open(&file.path)?;
        sums.reserve(parquet.rows());
        let place = |column: &&str| file.layout.place(column).unwrap_or_default();
        let mut decoder = Decoder {
            texts: sums.texts.iter().map(place).zip(std::mem::take(&mut sums.lines.texts)).collect(),
            day_place: file.layout.place(sums.day),
            days: std::mem::replace(&mut sums.days, Texts::new()),
            amounts: sums.amounts.iter().map(place).collect(),
            costs: sums.alternatives,
            next: 1,
            parquet,
        };
        let batches = decoder.parquet.batches(BATCH_ROWS);
        if batches.len() > 1 && threads > 1 {
            decoder = add_ahead(file, decoder, batches, sums)?;
        } else {
            for groups in batches {
                sums.add(decoder.rows(groups)?)?;
            }
        }
        sums.lines.texts = decoder.texts.into_iter().map(|(_, texts)| texts).collect();
        sums.days = decoder.days;
        Ok(())
    })
}

/// Adds the rows of these batches, of which the next is decoded by a thread of its own, and gives the decoder back.
fn add_ahead(
    file: &DataFile,
    mut decoder: Decoder,
    batches: Vec<Range<usize>>,
    sums: &mut RowSums<'_>,
) -> Result<Decoder> {
    thread::scope(|scope| {
        let (ahead, decoded) = sync_channel(1);
        let decoding = scope.spawn(move || {
            for groups in batches {
                let rows = guarded(&file.path, || decoder.rows(groups));
                let is_last = rows.is_err();
                // Nobody listens any more once a sum has failed.
                if ahead.send(rows).is_err() || is_last {
                    break;
                }
            }
            decoder
        });
        let added = decoded.into_iter().try_for_each(|rows| sums.add(rows?));
        let decoder = decoding.join().map_err(|_| Error::damaged(&file.path, "it could not be decoded"));
        added.and(decoder)
    })
}

/// What decodes rows: the file, where its columns are, and the texts so far.
struct Decoder {
    parquet: ParquetFile,
    /// Place and texts of each column that distinguishes lines.
    texts: Vec<(usize, Texts)>,
    day_place: Option<usize>,
    days: Texts,
    amounts: Vec<usize>,
    /// How many of the amounts are costs.
    costs: usize,
    /// The number of the next row.
    next: u64,
}

impl Decoder {
    /// The rows of some row groups.
    fn rows(&mut self, groups: Range<usize>) -> Result<Rows> {
        let parquet = &self.parquet;
        let rows = parquet.rows_of(&groups);
        let mut texts = Vec::with_capacity(self.texts.len());
        for (place, known) in &mut self.texts {
            texts.push(parquet.dictionaries(*place, groups.clone())?.numbers(known)?);
        }
        let days = match self.day_place {
            Some(place) => parquet.dictionaries(place, groups.clone())?.numbers(&mut self.days)?,
            None => vec![0; rows],
        };
        let mut amounts = Vec::with_capacity(self.amounts.len());
        for place in &self.amounts {
            let mut own = Amounts::with_capacity(rows);
            parquet.values(*place, groups.clone())?.add_amounts(&mut own)?;
            amounts.push(own);
        }
        let AmountColumns { amounts, flags, filled, refused } = amount_columns(amounts, self.costs);
        let numbers = (self.next..self.next + rows as u64).collect();
        self.next += rows as u64;
        Ok(Rows { texts, days, numbers, amounts, flags, filled, refused })
    }
}
