//! A Parquet file: its columns, and the values of the ones that are asked for.
//!
//! Only needed columns are looked at: a type that is not known here is an error only where its column is
//! needed. Before values are decoded, what the footer says of them is held against the file and the headers
//! of pages, so that no count that was changed asks for more memory than there is.

use crate::{
    Error, Result,
    files::guard::guarded,
    files::parquet_footer::{first_line, read_footer},
    files::parquet_types::{column_type, leaf_count},
    files::parquet_values::Values,
};
use polars_arrow::datatypes::{ArrowDataType, DTYPE_CATEGORICAL_NEW, Field, IntegerType};
use polars_parquet::{
    parquet::{compression::Compression, page::CompressedPage},
    read::{
        BasicDecompressor, ColumnChunkMetadata, FileMetadata, PageReader, RowGroupMetadata,
        column_iter_to_arrays,
    },
};
use std::{
    fs::File,
    io::{Cursor, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

/// A Parquet file whose footer was read.
#[derive(Debug)]
pub(crate) struct ParquetFile {
    path: PathBuf,
    /// Bytes of the file.
    length: u64,
    metadata: FileMetadata,
    /// The columns of values below each column.
    leaves: Vec<Range<usize>>,
}

impl ParquetFile {
    /// Reads the footer of the file at `path`.
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::Damaged`].
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let length = path.metadata().map_err(|source| Error::unreadable(path, source))?.len();
        let metadata = read_footer(path)?;
        let mut next = 0;
        let leaves = metadata.schema().fields().iter().map(|field| {
            let first = next;
            next += leaf_count(field);
            first..next
        });
        let leaves = leaves.collect();
        let file = Self { path: path.to_owned(), length, metadata, leaves };
        let rows: Option<usize> =
            file.metadata.row_groups.iter().try_fold(0_usize, |sum, group| sum.checked_add(group.num_rows()));
        match rows {
            Some(rows) if rows == file.metadata.num_rows => Ok(file),
            _ => Err(file.damaged("its parts do not have as many rows as the whole")),
        }
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.metadata.schema().fields().iter().map(|field| field.name())
    }

    /// Rows in the file.
    pub(crate) fn rows(&self) -> usize {
        self.metadata.num_rows
    }

    /// Row groups, put together until they have `rows` rows or more.
    pub(crate) fn batches(&self, rows: usize) -> Vec<Range<usize>> {
        let mut batches = Vec::new();
        let (mut first, mut sum) = (0, 0);
        for (place, group) in self.metadata.row_groups.iter().enumerate() {
            sum += group.num_rows();
            if sum >= rows || place + 1 == self.metadata.row_groups.len() {
                batches.push(first..place + 1);
                (first, sum) = (place + 1, 0);
            }
        }
        batches
    }

    /// Rows in some row groups.
    pub(crate) fn rows_of(&self, groups: &Range<usize>) -> usize {
        self.metadata.row_groups[groups.clone()].iter().map(RowGroupMetadata::num_rows).sum()
    }

    /// The parts of the file in which these columns lie, in the order of the file.
    pub(crate) fn parts(&self, columns: impl IntoIterator<Item = usize>) -> Result<Vec<Range<u64>>> {
        let mut parts = Vec::new();
        for column in columns {
            for group in &self.metadata.row_groups {
                for chunk in self.chunks(group, column)? {
                    parts.push(self.part(chunk)?);
                }
            }
        }
        parts.sort_by_key(|part| part.start);
        Ok(parts)
    }

    /// The values of a column in some row groups.
    ///
    /// # Errors
    /// A column of a type that is not known here, and damage.
    pub(crate) fn values(&self, column: usize, groups: Range<usize>) -> Result<Values> {
        self.decoded(column, groups, false)
    }

    /// The values of a column in some row groups to be numbered: texts that stand in dictionaries stay there.
    ///
    /// # Errors
    /// Those of [`ParquetFile::values`].
    pub(crate) fn dictionaries(&self, column: usize, groups: Range<usize>) -> Result<Values> {
        self.decoded(column, groups, true)
    }

    fn decoded(&self, column: usize, groups: Range<usize>, as_dictionary: bool) -> Result<Values> {
        guarded(&self.path, || {
            let field = &self.metadata.schema().fields()[column];
            let unknown = || Error::UnreadableColumn {
                path: self.path.clone(),
                column: field.name().to_owned(),
                what: "is of a type that is not read here; write it as text".to_owned(),
            };
            let (decoded, shape) = column_type(field).ok_or_else(unknown)?;
            let mut arrays = Vec::with_capacity(groups.len());
            let rows = self.rows_of(&groups);
            let mut file = File::open(&self.path).map_err(|source| Error::unreadable(&self.path, source))?;
            for group in &self.metadata.row_groups[groups] {
                let chunks = self.chunks(group, column)?;
                let mut columns = Vec::with_capacity(chunks.len());
                let mut types = Vec::with_capacity(chunks.len());
                let is_flat = matches!(shape, crate::files::parquet_types::Shape::Leaf(_));
                let mut in_dictionary = as_dictionary && is_flat && decoded.dtype == ArrowDataType::Utf8View;
                for chunk in chunks {
                    if is_flat && usize::try_from(chunk.num_values()) != Ok(group.num_rows()) {
                        return Err(self.damaged("a column does not have a value for each row"));
                    }
                    let (pages, are_dictionary) = self.pages(&mut file, chunk)?;
                    in_dictionary &= are_dictionary;
                    columns.push(BasicDecompressor::new(pages, Vec::new()));
                    types.push(&chunk.descriptor().descriptor.primitive_type);
                }
                let field = if in_dictionary { dictionary_of(&decoded) } else { decoded.clone() };
                let (own, _) = column_iter_to_arrays(columns, types, field, None)
                    .map_err(|error| self.damaged(&first_line(&error)))?;
                arrays.extend(own);
            }
            if arrays.iter().map(|array| array.len()).sum::<usize>() != rows {
                return Err(self.damaged("a column does not have a value for each row"));
            }
            Ok(Values::new(&self.path, field.name(), shape, arrays, rows))
        })
    }

    /// The columns of values of a column, in a row group.
    fn chunks<'a>(&self, group: &'a RowGroupMetadata, column: usize) -> Result<&'a [ColumnChunkMetadata]> {
        let leaves = self.leaves.get(column).cloned().unwrap_or_default();
        group
            .parquet_columns()
            .get(leaves)
            .ok_or_else(|| self.damaged("a part of it does not have all columns"))
    }

    /// Where values lie in the file.
    fn part(&self, chunk: &ColumnChunkMetadata) -> Result<Range<u64>> {
        let part = guarded(&self.path, || Ok(chunk.byte_range()))?;
        if part.end > self.length {
            return Err(self.damaged("a column lies beyond the end of the file; it was probably cut"));
        }
        Ok(part)
    }

    /// The pages of values, whose headers agree with the footer, and whether all values stand in a dictionary.
    fn pages(&self, file: &mut File, chunk: &ColumnChunkMetadata) -> Result<(PageReader, bool)> {
        let unreadable = |source| Error::unreadable(&self.path, source);
        let codec = chunk.compression();
        if codec == Compression::Lzo {
            return Err(Error::damaged(
                &self.path,
                "its values are compressed by LZO, which is not read here; write it with another codec",
            ));
        }
        let part = self.part(chunk)?;
        let mut bytes = vec![0; (part.end - part.start) as usize];
        file.seek(SeekFrom::Start(part.start)).map_err(unreadable)?;
        file.read_exact(&mut bytes).map_err(unreadable)?;
        let limit = bytes.len();
        let mut pages = PageReader::new(Cursor::new(bytes.into()), chunk, Vec::new(), limit);
        let dictionary = pages.read_dict().map_err(|error| self.damaged(&first_line(&error)))?;
        let mut in_dictionary = dictionary.is_some();
        let mut seen = 0_i64;
        for page in &mut pages {
            let page = page.map_err(|error| self.damaged(&first_line(&error)))?;
            if let CompressedPage::Data(page) = page {
                seen = seen.saturating_add(page.num_values() as i64);
                in_dictionary &= page.header().is_dictionary_encoded();
            }
        }
        if seen != chunk.num_values() {
            return Err(self.damaged("its pages do not have as many values as its footer says"));
        }
        let (mut bytes, scratch) = pages.into_inner();
        bytes.set_position(0);
        Ok((PageReader::new(bytes, chunk, scratch, limit), in_dictionary))
    }

    fn damaged(&self, what: &str) -> Error {
        Error::damaged(&self.path, format!("its data cannot be read ({what}); copy it again"))
    }
}

/// A column of texts of which each stands in a dictionary once. The mark makes the decoder keep it.
fn dictionary_of(texts: &Field) -> Field {
    let of_texts = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(ArrowDataType::Utf8View), false);
    let mark = [(DTYPE_CATEGORICAL_NEW.into(), "".into())].into_iter().collect();
    Field::new(texts.name.clone(), of_texts, texts.is_nullable).with_metadata(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Dimension, ReadOptions,
        files::amounts::{Amounts, EMPTY, NOT_AMOUNT},
        files::tags::value_of,
        read,
    };
    use proptest::prelude::*;

    /// A file that `tests/parquet/make.py` wrote.
    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet").join(name)
    }

    /// The columns whose names begin so, with what is before the row groups' end.
    fn columns(name: &str, prefix: &str) -> Vec<(String, Values)> {
        let file = ParquetFile::open(&fixture(name)).unwrap();
        let groups = 0..file.metadata.row_groups.len();
        let found: Vec<(String, Values)> = file
            .names()
            .enumerate()
            .filter(|(_, name)| name.starts_with(prefix))
            .map(|(place, name)| (name.to_owned(), file.values(place, groups.clone()).unwrap()))
            .collect();
        assert!(!found.is_empty());
        found
    }

    fn texts(values: &Values) -> Vec<Option<String>> {
        values.texts().unwrap().iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn days_and_moments_of_every_unit_and_zone_are_days() {
        let june = Some(20_605);
        for prefix in ["day_", "moment_"] {
            for (name, values) in columns("kinds.parquet", prefix) {
                assert_eq!(values.days(), Some(vec![june, None, june]), "{name}");
                assert!(texts(&values)[0].as_deref().unwrap().starts_with("2026-06-01"), "{name}");
            }
        }
        let (_, values) = columns("int96.parquet", "moment").remove(0);
        let expected = [Some("2026-06-01T23:59:58".to_owned()), None, Some("9999-12-31T00:00:00".to_owned())];
        assert_eq!(texts(&values), expected);
    }

    #[test]
    fn numbers_of_every_width_are_amounts() {
        let seven = 7_000_000_000_000_000_000;
        for (name, values) in columns("kinds.parquet", "amount_") {
            let mut amounts = Amounts::default();
            values.add_amounts(&mut amounts).unwrap();
            let expected = Amounts { units: vec![seven, 0, seven], flags: vec![0, EMPTY | NOT_AMOUNT, 0] };
            assert_eq!(amounts, expected, "{name}");
            let is_text = name == "amount_text";
            let floats = values.floats().unwrap().map(|floats| floats.iter().collect::<Vec<_>>());
            assert_eq!(floats, (!is_text).then(|| vec![Some(7.0), None, Some(7.0)]), "{name}");
        }
    }

    #[test]
    fn texts_bytes_and_categories_are_texts() {
        for (name, values) in columns("kinds.parquet", "text_") {
            assert_eq!(texts(&values), [Some("VM".into()), None, Some("VM".into())], "{name}");
        }
        for name in ["codecs.parquet", "delta.parquet"] {
            for (column, values) in columns(name, "text_") {
                assert_eq!(
                    texts(&values),
                    [Some("VM".into()), None, Some("Disk".into())],
                    "{column} of {name}"
                );
            }
            for (column, values) in columns(name, "number_") {
                assert_eq!(
                    texts(&values),
                    [Some("1".into()), None, Some("300".into())],
                    "{column} of {name}"
                );
            }
        }
    }

    #[test]
    fn nested_columns_are_json_text() {
        for (name, values) in columns("kinds.parquet", "tags_") {
            let cells = texts(&values);
            let cell = cells[0].as_deref().unwrap();
            assert_eq!(value_of(cell, "team").as_deref(), Some("red"), "{name}: {cell}");
            assert_eq!(cells[1], None);
        }
        let json = |name: &str| texts(&columns("kinds.parquet", name).remove(0).1).remove(0).unwrap();
        assert_eq!(json("tags_map"), r#"{"team":"red","lone":true}"#);
        assert_eq!(json("tags_list"), r#"{"team":"red"}"#);
        assert_eq!(json("tags_struct"), r#"{"team":"red"}"#);
        assert_eq!(json("other_list"), "[1,2]");
        assert_eq!(json("other_fixed_list"), "[1,2]");
        assert_eq!(json("other_nested"), r#"{"a":{"b":[true]}}"#);
        assert_eq!(json("other_uuid"), "00010203-0405-0607-0809-0a0b0c0d0e0f");
        assert_eq!(json("other_bool"), "true");
        assert_eq!(json("other_time"), "01:02:03");
        assert_eq!(texts(&columns("kinds.parquet", "other_null").remove(0).1), [None, None, None]);
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_by_column() {
        let (_, values) = columns("kinds.parquet", "other_bytes").remove(0);
        let error = values.texts().unwrap_err();
        assert!(!error.is_damage());
        assert!(error.to_string().starts_with("the column `other_bytes` of `"), "{error}");
    }

    #[test]
    fn empty_row_groups_are_passed_over() {
        let file = ParquetFile::open(&fixture("groups.parquet")).unwrap();
        assert_eq!(file.rows(), 2);
        for rows in [1, 2, usize::MAX] {
            let batches = file.batches(rows);
            let all: Vec<_> =
                batches.into_iter().flat_map(|groups| texts(&file.values(0, groups).unwrap())).collect();
            assert_eq!(all, [Some("a".to_owned()), Some("b".to_owned())]);
        }
    }

    fn read_charges(path: &Path, group_by: &[&str]) -> Result<Vec<(Option<String>, String)>> {
        let group_by = group_by.iter().map(|name| Dimension::parse(name)).collect();
        let options = ReadOptions { group_by, ..ReadOptions::default() };
        let daily = read(&[path.to_string_lossy().into_owned()], &options, &|_| {})?;
        let rows = daily.rows().filter_map(|row| Some((row.keys.first()?.clone(), row.cost?.to_string())));
        Ok(rows.filter(|(_, cost)| cost != "0").collect())
    }

    #[test]
    fn charges_are_read_whatever_types_other_columns_have() {
        let found = |dimension: &str| read_charges(&fixture("charges.parquet"), &[dimension]).unwrap();
        let row = |key: Option<&str>| (key.map(str::to_owned), "10.5".to_owned());
        let mut by_service = found("service");
        by_service.sort();
        assert_eq!(by_service, [row(Some("Disk")), row(Some("VM")), row(Some("VM"))]);
        let mut by_tag = found("tag:TEAM");
        by_tag.sort();
        assert_eq!(by_tag, [row(None), row(Some("red")), row(Some("true"))]);
        assert_eq!(found("x_Id")[0], row(Some("00010203-0405-0607-0809-0a0b0c0d0e0f")));
        let refused = read_charges(&fixture("charges.parquet"), &["x_Bytes"]).unwrap_err();
        assert!(refused.to_string().contains("the column `x_Bytes`"), "{refused}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn changed_bytes_are_read_or_refused(
            changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6),
            cut in proptest::option::weighted(0.2, any::<usize>()),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut bytes = std::fs::read(fixture("charges.parquet")).unwrap();
            for (place, byte) in changes {
                let length = bytes.len();
                bytes[place % length] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut % bytes.len());
            }
            let path = folder.path().join("a.parquet");
            std::fs::write(&path, bytes).unwrap();
            let _ = read_charges(&path, &["tag:team"]);
        }
    }
}
