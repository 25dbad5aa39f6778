//! The rows of a CSV file, and their sums batch by batch.
//!
//! The `csv` crate tells where fields and rows end (RFC 4180; a quote inside a field that does not begin
//! with one is part of its text). A row that is too long or too short is flagged, not guessed at. Texts
//! become numbers of texts at once, so that memory holds each of them once.

use crate::{
    Error, Result,
    files::amounts::Amounts,
    files::csv_text::{CsvBytes, LAST_LINE, read_fault},
    files::data_file::DataFile,
    files::encoding::Encoding,
    files::guard::guarded,
    files::row_sums::{AmountColumns, LONG, RowSums, Rows, SHORT, amount_columns},
};
use polars::prelude::*;
use std::path::{Path, PathBuf};

/// Rows in a batch.
const BATCH_ROWS: usize = 1 << 17;
/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 17;

/// Reads the rows of a CSV file into `sums`.
///
/// # Errors
/// A file that is damaged: cut, not UTF-8, or with a quote that is never closed.
pub(crate) fn read_csv(file: &DataFile, sums: &mut RowSums<'_>) -> Result<()> {
    guarded(&file.path, || {
        let place = |column: &&str| file.layout.place(column).unwrap_or_default();
        let text_places: Vec<usize> = sums.texts.iter().map(place).collect();
        let amount_places: Vec<usize> = sums.amounts.iter().map(place).collect();
        let day_place = file.layout.place(sums.day);
        let mut rows = CsvRows::open(&file.path, file.encoding, file.layout.width())?;
        let mut batch = Batch::new(text_places.len(), amount_places.len());
        while let Some(row) = rows.next()? {
            let not_text = |_| row.not_text(&file.path);
            for ((numbers, texts), place) in
                batch.texts.iter_mut().zip(&mut sums.lines.texts).zip(&text_places)
            {
                numbers.push(texts.number(row.field(*place)).map_err(not_text)?);
            }
            let day = day_place.map(|place| row.field(place)).unwrap_or_default();
            batch.days.push(sums.days.number(day).map_err(not_text)?);
            for (amounts, place) in batch.amounts.iter_mut().zip(&amount_places) {
                amounts.push_text(row.field(*place));
            }
            batch.numbers.push(row.number);
            batch.shapes.push(row.shape);
            if batch.days.len() == BATCH_ROWS {
                let full = std::mem::replace(&mut batch, Batch::new(text_places.len(), amount_places.len()));
                sums.add(full.rows(sums.alternatives))?;
            }
        }
        sums.empty_lines += rows.empty_lines;
        sums.add(batch.rows(sums.alternatives))
    })
}

/// Some columns of a CSV file, as text.
pub(crate) struct CsvColumns {
    /// The texts, column by column; null where a field is empty or missing.
    pub columns: Vec<StringChunked>,
    /// The number of each row after the header, empty lines counted.
    pub numbers: Vec<u64>,
    /// The line on which the first row begins that is too long.
    pub long_line: Option<u64>,
}

/// Reads the columns at these places of a CSV file that has so many of them.
///
/// # Errors
/// As [`read_csv`].
pub(crate) fn csv_columns(
    path: &Path,
    encoding: Encoding,
    width: usize,
    places: &[usize],
) -> Result<CsvColumns> {
    guarded(path, || {
        let mut rows = CsvRows::open(path, encoding, width)?;
        let builder = |_| StringChunkedBuilder::new(PlSmallStr::EMPTY, 0);
        let mut columns: Vec<StringChunkedBuilder> = places.iter().map(builder).collect();
        let (mut numbers, mut long_line) = (Vec::new(), None);
        while let Some(row) = rows.next()? {
            for (column, place) in columns.iter_mut().zip(places) {
                let text = std::str::from_utf8(row.field(*place)).map_err(|_| row.not_text(path))?;
                column.append_option(Some(text).filter(|text| !text.is_empty()));
            }
            numbers.push(row.number);
            if row.shape == LONG {
                long_line.get_or_insert(row.line());
            }
        }
        let columns = columns.into_iter().map(StringChunkedBuilder::finish).collect();
        Ok(CsvColumns { columns, numbers, long_line })
    })
}

/// The rows of a CSV file after its header, one after the other.
struct CsvRows {
    path: PathBuf,
    encoding: Encoding,
    reader: csv::Reader<CsvBytes>,
    record: csv::ByteRecord,
    /// Columns of the header.
    width: usize,
    /// The number of the row that was read last.
    number: u64,
    /// The shape of it, and how many fields it has.
    last: (u8, usize),
    /// Lines with nothing in them so far.
    empty_lines: u64,
    /// The first line in which a row begins that has line breaks inside its fields.
    line_breaks_in: Option<u64>,
}

/// A row.
struct Row<'a> {
    record: &'a csv::ByteRecord,
    /// Its number, counted from 1 after the header, empty lines counted.
    number: u64,
    /// Whether it is too long or too short: [`LONG`], [`SHORT`].
    shape: u8,
}

impl Row<'_> {
    /// The field at this place, without a byte order mark before it; empty where the row is too short.
    #[inline]
    fn field(&self, place: usize) -> &[u8] {
        match self.record.get(place).unwrap_or_default() {
            [0xef, 0xbb, 0xbf, field @ ..] => field,
            field => field,
        }
    }

    fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn not_text(&self, path: &Path) -> Error {
        let line = self.line();
        Error::damaged(path, format!("line {line} is not UTF-8 text; export it again, or convert it"))
    }
}

impl CsvRows {
    fn open(path: &Path, encoding: Encoding, width: usize) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(CsvBytes::open(path, encoding)?);
        let mut record = csv::ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(|error| fault(path, encoding, error))?;
        let mut rows = Self {
            path: path.to_owned(),
            encoding,
            reader,
            record,
            width,
            number: 0,
            last: (0, width),
            empty_lines: 0,
            line_breaks_in: None,
        };
        // A header that is cut is not followed by the line at the end.
        rows.refuse_open_end()?;
        Ok(rows)
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// A file that is damaged.
    fn next(&mut self) -> Result<Option<Row<'_>>> {
        let more = self.reader.read_byte_record(&mut self.record);
        if !more.map_err(|error| fault(&self.path, self.encoding, error))? {
            return Ok(None);
        }
        if self.reader.get_ref().has_ended() {
            if self.record.len() == 1 && &self.record[0] == LAST_LINE {
                self.refuse_cut_end()?;
                return Ok(None);
            }
            self.number += 1;
            self.refuse_open_end()?;
            self.number -= 1;
        }
        let begun = self.record.position().map_or(0, csv::Position::line);
        // One line is its own; the others are empty lines before it, or are inside its fields.
        let more_lines = (self.reader.position().line() - begun).saturating_sub(1);
        if more_lines > 0 {
            let inside = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
            let empty = more_lines.saturating_sub(inside);
            self.empty_lines += empty;
            self.number += empty;
            if inside > 0 {
                self.line_breaks_in.get_or_insert(begun + empty);
            }
        }
        self.number += 1;
        let shape = match self.record.len() {
            fields if fields > self.width => LONG,
            fields if fields < self.width => SHORT,
            _ => 0,
        };
        self.last = (shape, self.record.len());
        Ok(Some(Row { record: &self.record, number: self.number, shape }))
    }

    /// Refuses a file that ends inside a quoted field, which then holds the line at the end.
    fn refuse_open_end(&mut self) -> Result<()> {
        let field = self.record.iter().next_back().unwrap_or_default();
        let field = field.strip_suffix(b"\n").unwrap_or(field);
        if !field.ends_with(LAST_LINE) {
            return Ok(());
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let what = format!(
            "a quote is opened and never closed: its last row, {}, ends inside a quoted field (look from line {line} on); it was probably cut while it was written",
            self.number
        );
        Err(Error::damaged(&self.path, what))
    }

    /// Refuses a file whose last row lacks its line end and fields, and one whose quotes do not pair.
    fn refuse_cut_end(&self) -> Result<()> {
        let bytes = self.reader.get_ref();
        let (shape, fields) = self.last;
        if shape == SHORT && !bytes.last_line_ended {
            let (row, width) = (self.number, self.width);
            let what =
                format!("its last row, {row}, has {fields} fields of {width}; it was cut, so copy it again");
            return Err(Error::damaged(&self.path, what));
        }
        // A quote that is never closed takes the rows up to the next quote for one field.
        match self.line_breaks_in.filter(|_| !bytes.quotes.is_multiple_of(2)) {
            Some(line) => {
                let what = format!(
                    "a quote is opened and never closed (look from line {line} on); it was probably cut while it was written"
                );
                Err(Error::damaged(&self.path, what))
            }
            None => Ok(()),
        }
    }
}

fn fault(path: &Path, encoding: Encoding, error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => read_fault(path, encoding, source),
        other => Error::damaged(path, format!("{other:?}")),
    }
}

/// Rows that wait for their batch to be full.
struct Batch {
    texts: Vec<Vec<u32>>,
    days: Vec<u32>,
    amounts: Vec<Amounts>,
    /// The number of each row after the header, empty lines counted.
    numbers: Vec<u64>,
    /// Whether each row is too long or too short.
    shapes: Vec<u8>,
}

impl Batch {
    fn new(texts: usize, amounts: usize) -> Self {
        Self {
            texts: vec![Vec::with_capacity(BATCH_ROWS); texts],
            days: Vec::with_capacity(BATCH_ROWS),
            amounts: (0..amounts).map(|_| Amounts::with_capacity(BATCH_ROWS)).collect(),
            numbers: Vec::with_capacity(BATCH_ROWS),
            shapes: Vec::with_capacity(BATCH_ROWS),
        }
    }

    fn rows(self, costs: usize) -> Rows {
        let AmountColumns { amounts, mut flags, filled, refused } = amount_columns(self.amounts, costs);
        for (flags, shape) in flags.iter_mut().zip(self.shapes) {
            *flags |= shape;
        }
        Rows { texts: self.texts, days: self.days, numbers: self.numbers, amounts, flags, filled, refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first column of a CSV text that has two.
    fn first(text: &[u8]) -> std::result::Result<Vec<Option<String>>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, text).unwrap();
        let rows = csv_columns(&path, Encoding::Csv, 2, &[0]).map_err(|error| error.to_string())?;
        Ok(rows.columns[0].iter().map(|text| text.map(str::to_owned)).collect())
    }

    #[test]
    fn long_and_short_rows_are_flagged_and_empty_lines_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a,b\n1,2\n\n1.234,56,\n\"x,y\n,\",2\n1\n").unwrap();
        let rows = csv_columns(&path, Encoding::Csv, 2, &[1]).unwrap();
        assert_eq!(rows.numbers, [1, 3, 4, 5]);
        assert_eq!(rows.columns[0].iter().collect::<Vec<_>>(), [Some("2"), Some("56"), Some("2"), None]);
    }

    #[test]
    fn a_last_row_without_a_line_end_is_whole_when_no_field_lacks() {
        assert_eq!(first(b"a,b\n1,2").unwrap().len(), 1);
        assert_eq!(first(b"a,b").unwrap().len(), 0);
        assert_eq!(first(b"a,b\n1,\"x\ny\"").unwrap().len(), 1);
        assert_eq!(first(b"a,b\n1,\"x\ny\"\n1\n").unwrap().len(), 2);
        assert!(first(b"a,b\n1,2\n1").unwrap_err().contains("its last row, 2, has 1 fields of 2"));
        assert!(first(b"a,b\n1,\"x\ny").unwrap_err().contains("its last row, 1, ends inside a quoted field"));
        assert!(first(b"a,b\n1,\"x\n").unwrap_err().contains("its last row, 1, ends inside a quoted field"));
        assert!(first(b"a,\"b").unwrap_err().contains("ends inside a quoted field"));
        assert!(first(b"a,b\n\"x,1\n\"y\",2\n").unwrap_err().contains("look from line 2 on"));
    }

    #[test]
    fn a_quote_inside_a_field_is_part_of_its_text() {
        let found = first(b"a,b\nV\"M,1\n\"V\"\"M\",2\nV\"\"M,3\n").unwrap();
        assert_eq!(found, [Some("V\"M".into()), Some("V\"M".into()), Some("V\"\"M".into())]);
    }

    #[test]
    fn marks_before_rows_and_fields_do_not_belong_to_them() {
        let text = "\u{feff}a,b\n\u{feff}1,2\n\u{feff}\"2,x\",2\n\"\u{feff}3\",2\n";
        assert_eq!(first(text.as_bytes()).unwrap(), [Some("1".into()), Some("2,x".into()), Some("3".into())]);
    }

    /// The sum of all costs of these files and the rows that could not be used, or why they are refused.
    fn total(files: &[(&str, &[u8])]) -> std::result::Result<(String, Vec<String>), String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let input = folder.path().to_string_lossy().into_owned();
        let daily = crate::read(&[input], &crate::ReadOptions::default(), &|_| {})
            .map_err(|error| error.to_string())?;
        let total: billing::Amount = daily.rows().filter_map(|row| row.cost).sum();
        let bad = daily.controls.malformed.iter().map(|bad| bad.what.clone());
        Ok((total.to_string(), bad.collect()))
    }

    const HEADER: &str =
        "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,SubAccountId,ServiceName\n";

    fn gz(text: &str) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn a_second_mark_costs_no_row() {
        let rows = |first: &str, second: &str| {
            format!("{first},EUR,2026-06-01,Usage,s,VM\n{second},EUR,2026-06-02,Usage,s,VM\n")
        };
        let mark = "\u{feff}";
        for text in [
            format!("{mark}{HEADER}{mark}{}", rows("7.25", "3.25")),
            format!("{mark}{HEADER}{mark}{}", rows("\"7.25\"", "3.25")),
            format!("{HEADER}{}", rows(&format!("\"{mark}7.25\""), "3.25")),
            format!("{HEADER}{}", rows("7.25", &format!("{mark}3.25"))),
        ] {
            let expected = Ok(("10.5".to_owned(), vec![]));
            assert_eq!(total(&[("a.csv", text.as_bytes())]), expected, "{text}");
            assert_eq!(total(&[("a.csv.gz", &gz(&text))]), expected, "{text}");
        }
        let members =
            [gz(&format!("{mark}{HEADER}{mark}")), gz(&format!("{mark}{}", rows("7.25", "3.25")))].concat();
        assert_eq!(total(&[("a.csv.gz", &members)]), Ok(("10.5".to_owned(), vec![])));
    }

    #[test]
    fn an_amount_that_does_not_fit_is_named_and_one_that_fits_is_read() {
        let text = format!(
            "{HEADER}1000000000000000.5,EUR,2026-06-01,Usage,s,VM\n123456789012345678901,EUR,2026-06-01,Usage,s,VM\n\
             12345678901234567890.25,EUR,2026-06-02,Usage,s,VM\nmany,EUR,2026-06-01,Usage,s,VM\n"
        );
        let (sum, mut bad) = total(&[("a.csv", text.as_bytes())]).unwrap();
        bad.sort();
        assert_eq!(sum, "12346678901234567890.75");
        assert_eq!(
            bad,
            ["`BilledCost` has more than 20 digits before the point", "`BilledCost` is not an amount"]
        );
        let text = format!("{HEADER}{}", "99999999999999999999,EUR,2026-06-01,Usage,s,VM\n".repeat(2));
        assert!(total(&[("a.csv", text.as_bytes())]).unwrap_err().contains("sum to more than 20 digits"));
    }

    #[test]
    fn a_file_without_any_cost_is_named_also_beside_a_good_one() {
        let without = "BillingCurrency,ChargePeriodStart,ChargeCategory,SubAccountId,x_BilledCostInUsd\nEUR,2026-06-01,Usage,s,1\n";
        let good = format!("{HEADER}1,EUR,2026-06-01,Usage,s,VM\n");
        for files in [
            &[("b.csv", without.as_bytes())][..],
            &[("a.csv", good.as_bytes()), ("b.csv", without.as_bytes())],
        ] {
            let refused = total(files).unwrap_err();
            assert!(refused.contains("b.csv` holds none of the costs"), "{refused}");
        }
    }
}
