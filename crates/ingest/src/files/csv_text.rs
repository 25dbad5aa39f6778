//! A CSV file as text, before its columns mean anything: its header, and its bytes without what does not
//! belong to its rows.
//!
//! Azure writes a byte order mark before the header and a second one before the first row; files that are
//! put together from several have more. They are taken out where a line begins. At the end a line of our own
//! is added: where it does not come out as a row, the file ends inside a quoted field, so it was cut.

use crate::{Error, Result, files::encoding::Encoding};
use flate2::read::MultiGzDecoder;
use memchr::{memchr, memchr_iter};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

/// How much of a file is looked at before it is read: its header must end in there.
const HEAD_BYTES: u64 = 256 * 1024;
/// A byte order mark.
const MARK: [u8; 3] = *b"\xef\xbb\xbf";
/// The line that is added at the end.
pub(crate) const LAST_LINE: &[u8] = b"\x02end of text\x03";

/// The column names of a CSV file, as written.
///
/// # Errors
/// What makes it unusable as a whole: unreadable, empty, not text, another separator.
pub(crate) fn header(path: &Path, encoding: Encoding) -> Result<Vec<String>> {
    let mut start = Vec::new();
    open(path, encoding)?
        .take(HEAD_BYTES)
        .read_to_end(&mut start)
        .map_err(|source| read_fault(path, encoding, source))?;
    let damaged = |what: &str| Err(Error::damaged(path, what));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&start[..]);
    let mut header = csv::ByteRecord::new();
    match reader.read_byte_record(&mut header) {
        Ok(true) => {}
        Ok(false) => return Err(Error::EmptyFile(path.to_owned())),
        Err(error) => return Err(Error::damaged(path, format!("its header cannot be read: {error}"))),
    }
    let has_rows = reader.read_byte_record(&mut csv::ByteRecord::new()).is_ok_and(|more| more);
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    if names.iter().any(|name| name.contains('\0')) {
        return damaged(
            "its header holds NUL bytes, so it is not UTF-8 text (UTF-16, perhaps); export it again as UTF-8",
        );
    }
    if (has_rows || start.len() as u64 == HEAD_BYTES) && !start.contains(&b'\n') {
        return damaged(if start.contains(&b'\r') {
            "its lines end with carriage returns only; save it with line feeds"
        } else {
            "its first line does not end; it is not a CSV file of charges"
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
    Ok(names)
}

/// The text of a CSV file, decompressed where it is compressed.
fn open(path: &Path, encoding: Encoding) -> Result<Box<dyn Read>> {
    let file = File::open(path).map_err(|source| Error::unreadable(path, source))?;
    Ok(match encoding {
        Encoding::CsvGz => Box::new(MultiGzDecoder::new(BufReader::new(file))),
        _ => Box::new(BufReader::new(file)),
    })
}

/// A fault while the bytes of a file were read.
pub(crate) fn read_fault(path: &Path, encoding: Encoding, source: std::io::Error) -> Error {
    match encoding {
        Encoding::CsvGz => {
            Error::damaged(path, "the compressed data ends too early or is corrupt; copy it again")
        }
        _ => Error::unreadable(path, source),
    }
}

/// The bytes of a CSV file without the byte order marks of its lines, and with a last line of our own.
pub(crate) struct CsvBytes {
    inner: Box<dyn Read>,
    /// Whether the next byte begins a line.
    line_begins: bool,
    /// The first bytes of what may become a mark.
    held: Vec<u8>,
    /// What is left of the end that is added, once the file has ended.
    end: Option<Vec<u8>>,
    /// Whether the file's last line ended.
    pub last_line_ended: bool,
    /// Quotes so far; where every quote is closed they are even.
    pub quotes: usize,
}

impl CsvBytes {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub(crate) fn open(path: &Path, encoding: Encoding) -> Result<Self> {
        Ok(Self::new(open(path, encoding)?))
    }

    fn new(inner: Box<dyn Read>) -> Self {
        Self { inner, line_begins: true, held: Vec::new(), end: None, last_line_ended: true, quotes: 0 }
    }

    /// Whether all of the file was read.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Takes marks out of the bytes that were read, and says how many are left.
    fn without_marks(&mut self, bytes: &mut [u8]) -> usize {
        let (mut from, mut to) = (0, 0);
        while from < bytes.len() {
            if self.line_begins && bytes[from] == MARK[0] {
                let rest = &bytes[from..];
                if rest.starts_with(&MARK) {
                    from += MARK.len();
                    continue;
                }
                if MARK.starts_with(rest) {
                    self.held = rest.to_vec();
                    break;
                }
            }
            self.line_begins = bytes[from] == b'\n';
            bytes[to] = bytes[from];
            (from, to) = (from + 1, to + 1);
        }
        to
    }
}

impl Read for CsvBytes {
    /// The buffer must have room for a mark.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some(end) = &mut self.end {
                let given = end.len().min(buffer.len());
                buffer[..given].copy_from_slice(&end[..given]);
                end.drain(..given);
                return Ok(given);
            }
            let before = self.held.len();
            buffer[..before].copy_from_slice(&self.held);
            self.held.clear();
            let read = self.inner.read(&mut buffer[before..])?;
            if read == 0 {
                self.last_line_ended = self.line_begins && before == 0;
                self.end = Some([b"\n", LAST_LINE, b"\n"].concat());
                if before > 0 {
                    return Ok(before);
                }
                continue;
            }
            let bytes = &mut buffer[..before + read];
            self.quotes += memchr_iter(b'"', &bytes[before..]).count();
            // Few files have such a byte at all.
            if memchr(MARK[0], bytes).is_some() {
                let kept = self.without_marks(bytes);
                if kept > 0 {
                    return Ok(kept);
                }
            } else {
                self.line_begins = bytes.last() == Some(&b'\n');
                return Ok(before + read);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn look(bytes: &[u8]) -> std::result::Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, bytes).unwrap();
        header(&path, Encoding::Csv).map_err(|error| error.to_string())
    }

    /// What is read of these bytes, some at a time.
    fn cleaned(bytes: &[u8], at_a_time: usize) -> Vec<u8> {
        struct Slowly(Cursor<Vec<u8>>, usize);
        impl Read for Slowly {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let length = self.1.min(buffer.len());
                self.0.read(&mut buffer[..length])
            }
        }
        let mut clean = CsvBytes::new(Box::new(Slowly(Cursor::new(bytes.to_vec()), at_a_time)));
        let mut out = Vec::new();
        let mut buffer = [0; 16];
        loop {
            let read = clean.read(&mut buffer).unwrap();
            if read == 0 {
                return out;
            }
            out.extend_from_slice(&buffer[..read]);
        }
    }

    #[test]
    fn what_is_not_comma_separated_utf8_is_named() {
        assert_eq!(look(b"a,b\n").unwrap(), ["a", "b"]);
        assert!(look(b"a;b;c\n1;2;3\n").unwrap_err().contains("3 columns are separated by ';'"));
        assert!(look(b"\xff\xfea\0,\0b\0\n\0").unwrap_err().contains("NUL bytes"));
        assert!(look(b"a,b\r1,2\r").unwrap_err().contains("carriage returns only"));
        assert!(look(b"").unwrap_err().contains("is empty"));
        assert!(look(&[b'x'; 300_000]).unwrap_err().contains("first line does not end"));
    }

    #[test]
    fn marks_go_where_lines_begin_and_nowhere_else() {
        let text = "\u{feff}\u{feff}a,b\n\u{feff}\"x\",\u{feff}1\n\u{ff5e}y,2\n";
        let expected = "a,b\n\"x\",\u{feff}1\n\u{ff5e}y,2\n\n\u{2}end of text\u{3}\n";
        for at_a_time in 1..12 {
            assert_eq!(String::from_utf8(cleaned(text.as_bytes(), at_a_time)).unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn other_bytes_pass_unchanged(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(0xef), Just(0xbb), any::<u8>()], 0..60),
            at_a_time in 1_usize..20,
        ) {
            let marks = bytes.windows(3).any(|part| part == MARK);
            let clean = cleaned(&bytes, at_a_time);
            let end = [b"\n", LAST_LINE, b"\n"].concat();
            prop_assert!(clean.ends_with(&end));
            if !marks {
                prop_assert_eq!(&clean[..clean.len() - end.len()], &bytes[..]);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(
            prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200))
        {
            let _ = look(&bytes);
        }
    }
}
