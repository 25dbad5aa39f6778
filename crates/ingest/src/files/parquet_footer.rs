//! The footer of a Parquet file, checked before it is decoded.
//!
//! A decoder reserves memory for as many elements as a list claims to have. A count that was changed by
//! one bit can ask for more memory than there is, which ends the program without a panic that could be
//! caught. So the footer is walked once as what it is written in, Thrift's compact protocol
//! (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>): every count and
//! length must fit into what is left of it.

use crate::{Error, Result, files::guard::guarded};
use polars_parquet::{parquet::read::deserialize_metadata, read::FileMetadata};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// The last eight bytes of a file: the length of the footer and the name of the format.
const TAIL: u64 = 8;
/// Structures lie this deep in one another at most; Parquet's own need six.
const DEEPEST: usize = 32;

/// Reads the footer of the Parquet file at `path`.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::Damaged`].
pub(crate) fn read_footer(path: &Path) -> Result<FileMetadata> {
    let damaged = |what: &str| {
        Error::damaged(path, format!("its Parquet footer cannot be read ({what}); copy it again"))
    };
    let unreadable = |source| Error::unreadable(path, source);
    let mut file = File::open(path).map_err(unreadable)?;
    let bytes = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    if bytes < 4 + TAIL {
        return Err(damaged("the file is too short"));
    }
    let mut tail = [0; TAIL as usize];
    file.seek(SeekFrom::Start(bytes - TAIL)).map_err(unreadable)?;
    file.read_exact(&mut tail).map_err(unreadable)?;
    let [a, b, c, d, magic @ ..] = tail;
    if magic == *b"PARE" {
        return Err(Error::damaged(path, "it is encrypted, which is not read here"));
    }
    if magic != *b"PAR1" {
        return Err(damaged("its end is missing; it was probably cut"));
    }
    let length = u64::from(u32::from_le_bytes([a, b, c, d])) + TAIL;
    if length > bytes - 4 {
        return Err(damaged("it is said to be longer than the file"));
    }
    let mut footer = Vec::with_capacity(length as usize);
    file.seek(SeekFrom::Start(bytes - length)).map_err(unreadable)?;
    file.read_to_end(&mut footer).map_err(unreadable)?;
    let structure = &footer[..footer.len().saturating_sub(TAIL as usize)];
    if skip(&mut { structure }, STRUCT, DEEPEST).is_none() {
        return Err(damaged("a count or length in it is too large"));
    }
    guarded(path, || deserialize_metadata(footer.into()).map_err(|error| damaged(&first_line(&error))))
}

/// The first line of what a decoder says.
pub(crate) fn first_line(error: &impl ToString) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Kinds of value in the compact protocol.
const STRUCT: u8 = 12;

/// Walks over a value of this kind; `None` where it does not end within `bytes`.
fn skip(bytes: &mut &[u8], kind: u8, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match kind {
        // In a structure a boolean is in its kind, in a list it is a byte of its own.
        1 | 2 => Some(()),
        3 => take(bytes, 1),
        4..=6 => number(bytes).map(drop),
        7 => take(bytes, 8),
        8 => {
            let length = number(bytes)?;
            take(bytes, usize::try_from(length).ok()?)
        }
        9 | 10 => {
            let head = byte(bytes)?;
            let count = if head >> 4 == 15 { number(bytes)? } else { u64::from(head >> 4) };
            elements(bytes, count, &[head & 15], depth)
        }
        11 => {
            let count = number(bytes)?;
            let kinds = if count == 0 { 0 } else { byte(bytes)? };
            elements(bytes, count, &[kinds >> 4, kinds & 15], depth)
        }
        STRUCT => loop {
            let head = byte(bytes)?;
            if head == 0 {
                return Some(());
            }
            if head >> 4 == 0 {
                // The field's own number follows.
                number(bytes)?;
            }
            skip(bytes, head & 15, depth)?;
        },
        13 => take(bytes, 16),
        _ => None,
    }
}

/// Walks over so many elements, each of which takes a byte at least.
fn elements(bytes: &mut &[u8], count: u64, kinds: &[u8], depth: usize) -> Option<()> {
    if count > bytes.len() as u64 {
        return None;
    }
    for _ in 0..count {
        for kind in kinds {
            match kind {
                1 | 2 => take(bytes, 1)?,
                kind => skip(bytes, *kind, depth)?,
            }
        }
    }
    Some(())
}

fn take(bytes: &mut &[u8], count: usize) -> Option<()> {
    *bytes = bytes.get(count..)?;
    Some(())
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

/// A number of seven bits a byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let next = byte(bytes)?;
        value |= u64::from(next & 127) << shift;
        if next & 128 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;
    use proptest::prelude::*;

    fn file() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut table = df!("a" => ["x", "y"], "b" => [1_i64, 2]).unwrap();
        ParquetWriter::new(&mut bytes).finish(&mut table).unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Result<FileMetadata> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, bytes).unwrap();
        read_footer(&path)
    }

    #[test]
    fn a_whole_footer_is_read_and_a_cut_one_is_named() {
        let bytes = file();
        assert_eq!(read(&bytes).unwrap().num_rows, 2);
        let text = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(text(&bytes[..bytes.len() - 1]).contains("its end is missing"));
        assert!(text(&bytes[..9]).contains("too short"));
        let mut longer = bytes.clone();
        let place = longer.len() - 6;
        longer[place] = 255;
        assert!(text(&longer).contains("longer than the file"));
        let encrypted = [&bytes[..bytes.len() - 4], b"PARE"].concat();
        assert!(text(&encrypted).contains("encrypted"));
    }

    #[test]
    fn a_count_beyond_the_footer_is_refused_before_memory_is_asked_for() {
        // A structure whose only field, number 2, is a list of 2^28 structures.
        let list = [0x29, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x01, 0];
        assert_eq!(skip(&mut &list[..], STRUCT, DEEPEST), None);
        let text = [0x18, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(skip(&mut &text[..], STRUCT, DEEPEST), None);
        let deep = [0x1c; 100];
        assert_eq!(skip(&mut &deep[..], STRUCT, DEEPEST), None);
    }

    proptest! {
        #[test]
        fn a_changed_footer_is_read_or_refused(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)) {
            let mut bytes = file();
            let length = bytes.len();
            let footer = u32::from_le_bytes(bytes[length - 8..length - 4].try_into().unwrap()) as usize;
            for (place, byte) in changes {
                bytes[length - 9 - place % footer] = byte;
            }
            let _ = read(&bytes);
        }
    }
}
