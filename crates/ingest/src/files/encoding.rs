//! How a data file is written: its first bytes decide, not its name.

use crate::{Error, Result};
use std::{fs, io::Read, path::Path};

/// How a data file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Comma separated text.
    Csv,
    /// The same, compressed by gzip (one or several members).
    CsvGz,
    /// Apache Parquet.
    Parquet,
}

/// First bytes of formats that are often found beside exports, and what to do with them.
const OTHER_FORMATS: [(&[u8], &str); 9] = [
    (b"%PDF", "a PDF document; download the charges as CSV or Parquet"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook; save it as CSV"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd; unpack it first"),
    (b"BZh", "compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ", "compressed by xz; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"ARROW1", "an Arrow file; write it as Parquet"),
    (b"Obj\x01", "an Avro file; write it as Parquet"),
    (b"ORC", "an ORC file; write it as Parquet"),
];

/// How the file at `path` is written, by its first bytes.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::EmptyFile`], [`Error::OtherFormat`].
pub fn encoding(path: &Path) -> Result<Encoding> {
    let mut first = Vec::with_capacity(64);
    fs::File::open(path)
        .and_then(|file| file.take(64).read_to_end(&mut first))
        .map_err(|source| Error::unreadable(path, source))?;
    let name = file_name(path).to_ascii_lowercase();
    let other = |format: &str| Err(Error::OtherFormat { path: path.to_owned(), format: format.to_owned() });
    match first.as_slice() {
        [] => Err(Error::EmptyFile(path.to_owned())),
        [0x1f, 0x8b, ..] => Ok(Encoding::CsvGz),
        [b'P', b'A', b'R', b'1', ..] => Ok(Encoding::Parquet),
        [b'P', b'K', 3 | 5 | 7, ..] => {
            let is_workbook = name.ends_with(".xlsx")
                || first.windows(19).any(|part| part == b"[Content_Types].xml")
                || first.windows(3).any(|part| part == b"xl/");
            match is_workbook {
                true => other("an Excel workbook; save it as CSV"),
                false => other("a ZIP archive; unpack it first"),
            }
        }
        first => match OTHER_FORMATS.iter().find(|(magic, _)| first.starts_with(magic)) {
            // A column name may begin so.
            Some((magic, format)) if !magic.is_ascii() || *magic == b"%PDF" || first.contains(&0) => {
                other(format)
            }
            _ if name.ends_with(".parquet") => {
                Err(Error::damaged(path, "it does not begin as a Parquet file does"))
            }
            _ => Ok(Encoding::Csv),
        },
    }
}

/// The last part of a path, as text.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The digest of a file's bytes.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn digest(path: &Path) -> Result<blake3::Hash> {
    let unreadable = |source| Error::unreadable(path, source);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(path).map_err(unreadable)?).map_err(unreadable)?;
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_encoding() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            path
        };
        assert_eq!(encoding(&write("a.csv", b"PAR1....")).unwrap(), Encoding::Parquet);
        assert_eq!(encoding(&write("b.csv", &[0x1f, 0x8b, 8, 0])).unwrap(), Encoding::CsvGz);
        assert_eq!(encoding(&write("c", b"a,b")).unwrap(), Encoding::Csv);
        assert!(matches!(encoding(&write("d.csv", b"")), Err(Error::EmptyFile(_))));
        assert!(encoding(&write("e.parquet", b"abcd")).is_err());
        let refused = |name: &str, bytes: &[u8]| encoding(&write(name, bytes)).unwrap_err().to_string();
        assert!(refused("a.csv", b"PK\x03\x04\x14\0\0\0\0\0").ends_with("a ZIP archive; unpack it first"));
        assert!(refused("a.xlsx", b"PK\x03\x04\x14\0").contains("an Excel workbook"));
        assert!(refused("a.csv", b"PK\x03\x04\x14\0[Content_Types].xml").contains("an Excel workbook"));
        assert!(refused("a.csv", b"%PDF-1.7").contains("a PDF document"));
        assert!(refused("a.csv", b"\x28\xb5\x2f\xfdabc").contains("zstd"));
        assert!(refused("a.csv", b"BZh91AY&SY\0").contains("bzip2"));
        assert_eq!(encoding(&write("f.csv", b"ORCode,Cost\n")).unwrap(), Encoding::Csv);
    }
}
