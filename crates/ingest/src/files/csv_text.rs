//! A CSV file as text, before its columns mean anything: its header, rows with more fields than the
//! header, an end that was cut, and what a fault of the reading engine means in words.
//!
//! The engine drops fields beyond the header and fills up a row that was cut, which would turn
//! `1.234,56` into `1.234`. Counting the fields of every row costs as much as reading them, so the
//! first part of a file is counted, and all of it only where that part gives a reason to.

use crate::{Error, Result, exports::source::Encoding};
use flate2::read::MultiGzDecoder;
use polars::error::PolarsError;
use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

/// How much of a file is looked at before it is read: its header must end in there.
const HEAD_BYTES: u64 = 256 * 1024;
/// In how many bytes at its end the last line of a file is looked for.
const TAIL_BYTES: u64 = 1024 * 1024;

/// What the beginning of a file shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Column names as written.
    pub names: Vec<String>,
    /// Whether there is anything behind the header.
    pub has_rows: bool,
    /// Numbers of rows, counted from 1 after the header, that have more fields than the header.
    pub overlong: Vec<u32>,
}

/// Looks at the beginning and the end of a CSV file.
///
/// # Errors
/// What makes it unusable as a whole: unreadable, empty, no text, another separator, cut.
pub(crate) fn head(path: &Path, encoding: Encoding) -> Result<Head> {
    let mut start = Vec::new();
    open(path, encoding)?
        .take(HEAD_BYTES)
        .read_to_end(&mut start)
        .map_err(|source| read_fault(path, encoding, source))?;
    let damaged = |what: &str| Err(Error::damaged(path, what));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&start[..]);
    let mut record = csv::ByteRecord::new();
    let mut next = || reader.read_byte_record(&mut record).map(|more| more.then(|| record.clone()));
    let header = match next() {
        Ok(Some(header)) => header,
        Ok(None) => return Err(Error::EmptyFile(path.to_owned())),
        Err(error) => return Err(Error::damaged(path, format!("its header cannot be read: {error}"))),
    };
    let has_rows = next().is_ok_and(|row| row.is_some()) || start.len() as u64 == HEAD_BYTES;
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    if names.iter().any(|name| name.contains('\0')) {
        return damaged(
            "its header holds NUL bytes, so it is no UTF-8 text (UTF-16, perhaps); export it again as UTF-8",
        );
    }
    if has_rows && !start.contains(&b'\n') {
        return damaged(if start.contains(&b'\r') {
            "its lines end with carriage returns only; save it with line feeds"
        } else {
            "its first line does not end; it is no CSV file of charges"
        });
    }
    if let [only] = names.as_slice()
        && let Some(separator) = only.chars().find(|c| matches!(c, ';' | '\t' | '|'))
    {
        let columns = only.split(separator).count();
        return damaged(&format!(
            "its {columns} columns are separated by {separator:?}, not by commas; export it again as CSV with commas"
        ));
    }
    if encoding == Encoding::Csv {
        refuse_cut_end(path, names.len())?;
    }
    let mut overlong = Vec::new();
    if rows_of(&start[..], |_, fields| fields > names.len()).is_ok_and(|(any, _)| !any.is_empty()) {
        let whole = BufReader::new(open(path, encoding)?);
        overlong = rows_of(whole, |_, fields| fields > names.len())
            .map_err(|source| read_fault(path, encoding, source))?
            .0;
    }
    Ok(Head { names, has_rows, overlong })
}

/// The text of a CSV file, decompressed where it is compressed.
pub(crate) fn open(path: &Path, encoding: Encoding) -> Result<Box<dyn Read>> {
    let file = File::open(path).map_err(|source| Error::unreadable(path, source))?;
    Ok(match encoding {
        Encoding::CsvGz => Box::new(MultiGzDecoder::new(BufReader::new(file))),
        _ => Box::new(BufReader::new(file)),
    })
}

/// The last row of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct LastRow {
    /// Its number; 0 is the header.
    number: u32,
    fields: usize,
    /// Whether a quote was opened and not closed.
    is_open: bool,
}

/// The rows that `wanted` picks by number and fields, and the last row, which may lack a line end.
/// Commas and line ends inside quotes do not count.
fn rows_of(
    mut text: impl BufRead,
    mut wanted: impl FnMut(u32, usize) -> bool,
) -> std::io::Result<(Vec<u32>, LastRow)> {
    let mut picked = Vec::new();
    let mut row = LastRow { fields: 1, ..LastRow::default() };
    let mut last = row;
    loop {
        let bytes = text.fill_buf()?;
        if bytes.is_empty() {
            return Ok((picked, last));
        }
        for byte in bytes {
            match byte {
                b'"' => row.is_open = !row.is_open,
                b',' if !row.is_open => row.fields += 1,
                b'\n' if !row.is_open => {
                    if row.number > 0 && wanted(row.number, row.fields) {
                        picked.push(row.number);
                    }
                    last = row;
                    row = LastRow { number: row.number.saturating_add(1), fields: 1, is_open: false };
                    continue;
                }
                _ => {}
            }
            last = row;
        }
        let used = bytes.len();
        text.consume(used);
    }
}

/// Refuses a file that ends inside a row. A file may lack its last line end; then its last row must
/// have a field for each column.
fn refuse_cut_end(path: &Path, columns: usize) -> Result<()> {
    let unreadable = |source| Error::unreadable(path, source);
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let mut last = |bytes: u64| -> Result<Vec<u8>> {
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(length.saturating_sub(bytes))).map_err(unreadable)?;
        file.read_to_end(&mut tail).map_err(unreadable)?;
        Ok(tail)
    };
    if last(1)? == b"\n" {
        return Ok(());
    }
    let tail = last(TAIL_BYTES)?;
    let line = tail.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let (_, alone) = rows_of(line, |_, _| false).map_err(unreadable)?;
    if alone.fields >= columns && !alone.is_open {
        return Ok(());
    }
    // The line may be the end of a row whose quoted text holds line ends: only the whole file tells.
    file.rewind().map_err(unreadable)?;
    let (_, last) = rows_of(BufReader::new(file), |_, _| false).map_err(unreadable)?;
    if last.fields >= columns && !last.is_open {
        return Ok(());
    }
    let how = if last.is_open {
        "ends inside a quoted field".to_owned()
    } else {
        format!("has {} fields of {columns}", last.fields)
    };
    Err(Error::damaged(path, format!("its last row, {}, {how}; it was cut, so copy it again", last.number)))
}

/// A fault while the bytes of a file were read.
pub(crate) fn read_fault(path: &Path, encoding: Encoding, source: std::io::Error) -> Error {
    match encoding {
        Encoding::CsvGz => Error::damaged(path, CUT_GZIP),
        _ => Error::unreadable(path, source),
    }
}

const CUT_GZIP: &str = "the compressed data ends too early or is corrupt; copy it again";

/// Turns a fault of the reading engine into one that names the file, the place and what to do.
pub(crate) fn engine_fault(path: &Path, encoding: Encoding, error: &PolarsError) -> Error {
    let text = error.to_string();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let first_line = text.lines().next().unwrap_or_default();
    let what = match encoding {
        Encoding::Parquet => format!("its data cannot be read ({first_line}); copy it again"),
        Encoding::CsvGz
            if has(&["deflate", "UnexpectedEof", "unexpected end of file", "gzip", "corrupt"]) =>
        {
            CUT_GZIP.to_owned()
        }
        _ if has(&["utf-8"]) => {
            match first_line_that(path, encoding, |row| {
                row.iter().any(|field| std::str::from_utf8(field).is_err())
            }) {
                Some(line) => format!("line {line} is not UTF-8 text; export it again, or convert it"),
                None => "it is not UTF-8 text; export it again, or convert it".to_owned(),
            }
        }
        _ if has(&["more fields"]) => {
            let mut columns = None;
            let line = first_line_that(path, encoding, |row| row.len() > *columns.get_or_insert(row.len()));
            let place = line.map_or_else(|| "a line".to_owned(), |line| format!("line {line}"));
            format!("{place} has more fields than the header; are numbers written with a decimal comma?")
        }
        _ if has(&["not properly escaped", "invalid csv", "CSV malformed", "could not parse `\""]) => {
            "a quote is opened and never closed; it was probably cut while it was written".to_owned()
        }
        _ => first_line.to_owned(),
    };
    Error::damaged(path, what)
}

/// The line on which the first row begins that is so.
fn first_line_that(
    path: &Path,
    encoding: Encoding,
    mut is_so: impl FnMut(&csv::ByteRecord) -> bool,
) -> Option<u64> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(open(path, encoding).ok()?);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).ok()? {
        if is_so(&record) {
            return record.position().map(csv::Position::line);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn look(bytes: &[u8]) -> std::result::Result<Head, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, bytes).unwrap();
        head(&path, Encoding::Csv).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_with_too_many_fields_are_found_even_where_the_extra_ones_are_empty() {
        let found = look(b"a,b\n1,2\n1.234,56,\n\"x,y\n,\",2\n1,2,3\n").unwrap();
        assert_eq!((found.names.len(), found.has_rows), (2, true));
        assert_eq!(found.overlong, [2, 4]);
        assert!(!look(b"a,b\n").unwrap().has_rows);
    }

    #[test]
    fn a_last_row_without_a_line_end_is_whole_when_no_field_lacks() {
        assert!(look(b"a,b\n1,2").is_ok());
        assert!(look(b"a,b").is_ok());
        assert!(look(b"a,b\n1,\"x\ny\"").is_ok());
        assert!(look(b"a,b\n1,2\n1").unwrap_err().contains("its last row, 2, has 1 fields of 2"));
        assert!(look(b"a,b\n1,\"x\ny").unwrap_err().contains("its last row, 1, ends inside a quoted field"));
    }

    #[test]
    fn what_is_no_comma_separated_utf8_is_said_to_be_so() {
        assert!(look(b"a;b;c\n1;2;3\n").unwrap_err().contains("3 columns are separated by ';'"));
        assert!(look(b"\xff\xfea\0,\0b\0\n\0").unwrap_err().contains("NUL bytes"));
        assert!(look(b"a,b\r1,2\r").unwrap_err().contains("carriage returns only"));
        assert!(look(b"").unwrap_err().contains("is empty"));
        assert!(look(&[b'x'; 300_000]).unwrap_err().contains("first line does not end"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(
            prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200))
        {
            let _ = look(&bytes);
        }
    }
}
