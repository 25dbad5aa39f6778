//! How Parquet files are written here.

use polars::prelude::{ParquetCompression, ParquetWriter};
use std::io::Write;

/// Bytes of a page, more than the amounts of a row group take. The writer compares the bounds of pages byte by byte and
/// takes a negative amount for the largest, so that a filter of a reader would pass over it (Polars issue 29347); the
/// bounds of a single page are right.
const PAGE_BYTES: usize = 8 << 20;

/// A writer of compressed Parquet.
pub(crate) fn parquet_writer<W: Write>(out: W) -> ParquetWriter<W> {
    ParquetWriter::new(out).with_compression(ParquetCompression::Snappy).with_data_page_size(Some(PAGE_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;
    use polars_parquet::read::read_metadata;
    use std::io::Cursor;

    #[test]
    fn the_least_amount_of_a_row_group_is_the_negative_one() {
        // As many rows as a row group holds: of pages of the usual size there would be four.
        let amounts: Vec<i128> = (0..262_144).map(|row| if row < 1_000 { -2 } else { 3 }).collect();
        let column = Int128Chunked::from_vec("cost".into(), amounts).into_decimal_unchecked(38, 18);
        let mut frame = DataFrame::new(262_144, vec![column.into_column()]).unwrap();
        let mut bytes = Vec::new();
        parquet_writer(&mut bytes).finish(&mut frame).unwrap();
        let metadata = read_metadata(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(metadata.row_groups.len(), 1);
        let bounds =
            metadata.row_groups[0].parquet_columns()[0].statistics(&metadata.footer_buf).unwrap().unwrap();
        let bounds = bounds.expect_fixedlen();
        let amount =
            |bytes: &Option<Vec<u8>>| i128::from_be_bytes(bytes.clone().unwrap().try_into().unwrap());
        assert_eq!((amount(&bounds.min_value), amount(&bounds.max_value)), (-2, 3));
    }
}
