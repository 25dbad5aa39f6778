//! The rows of a Parquet file, some row groups at a time, so that memory does not grow with the file.

use crate::{
    Result,
    files::amounts::Amounts,
    files::data_file::DataFile,
    files::guard::guarded,
    files::parquet_file::ParquetFile,
    files::row_sums::{AmountColumns, RowSums, Rows, amount_columns},
};

/// Row groups are read together until they have so many rows.
const BATCH_ROWS: usize = 1 << 16;

/// Reads the rows of a Parquet file into `sums`.
///
/// # Errors
/// A file that is damaged, a needed column of a type that is not known here.
pub(crate) fn read_parquet(file: &DataFile, sums: &mut RowSums<'_>) -> Result<()> {
    guarded(&file.path, || {
        let parquet = ParquetFile::open(&file.path)?;
        sums.reserve(parquet.rows());
        let place = |column: &&str| file.layout.place(column).unwrap_or_default();
        let text_places: Vec<usize> = sums.texts.iter().map(place).collect();
        let amount_places: Vec<usize> = sums.amounts.iter().map(place).collect();
        let day_place = file.layout.place(sums.day);
        let mut next = 1;
        for groups in parquet.batches(BATCH_ROWS) {
            let rows = parquet.rows_of(&groups);
            let mut texts = Vec::with_capacity(text_places.len());
            for (place, known) in text_places.iter().zip(&mut sums.lines.texts) {
                texts.push(parquet.values(*place, groups.clone())?.numbers(known)?);
            }
            let days = match day_place {
                Some(place) => parquet.values(place, groups.clone())?.numbers(&mut sums.days)?,
                None => vec![0; rows],
            };
            let mut amounts = Vec::with_capacity(amount_places.len());
            for place in &amount_places {
                let mut own = Amounts::with_capacity(rows);
                parquet.values(*place, groups.clone())?.add_amounts(&mut own)?;
                amounts.push(own);
            }
            let AmountColumns { amounts, flags, filled, refused } =
                amount_columns(amounts, sums.alternatives);
            let numbers = (next..next + rows as u64).collect();
            next += rows as u64;
            sums.add(Rows { texts, days, numbers, amounts, flags, filled, refused })?;
        }
        Ok(())
    })
}
