//! What an INPUT is: files, folders and patterns, turned into a sorted list of files.
//!
//! A folder is walked, links in it too; hidden entries are passed over, and what is reached by two ways is one
//! file. The first bytes of a file decide what kind of data it holds, not its name, but only names that look
//! like data are picked up from a folder.

use crate::{Error, Result, exports::manifest::is_manifest_name};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

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

/// The files behind the inputs.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// Data files, sorted by path, each once.
    pub data: Vec<PathBuf>,
    /// Manifests of export runs, sorted.
    pub manifests: Vec<PathBuf>,
    /// Files that look like neither.
    pub skipped: usize,
    /// The data files that an input names itself, not a folder or pattern that holds them.
    pub named: BTreeSet<PathBuf>,
}

/// Lists the files behind `inputs`: paths of files and folders, and patterns (`exports/**/*.csv`).
///
/// # Errors
/// [`Error::Unreadable`], [`Error::BadInput`] for a pattern that matches nothing or an address of a
/// store that cannot be reached here.
pub fn find(inputs: &[String]) -> Result<Found> {
    let mut named = BTreeSet::new();
    // By where they really are, and under which path they are read.
    let mut files: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut skipped = BTreeSet::new();
    for input in inputs {
        for path in expand(input)? {
            let canonical = fs::canonicalize(&path).map_err(|source| Error::unreadable(&path, source))?;
            if canonical.is_dir() {
                walk(&canonical, &mut files, &mut skipped)?;
            } else {
                if Path::new(input) == path {
                    named.insert(canonical.clone());
                }
                files.insert(canonical.clone(), canonical);
            }
        }
    }
    let paths: BTreeSet<PathBuf> = files.into_values().collect();
    let (manifests, data) = paths.into_iter().partition(|path| is_manifest_name(&file_name(path)));
    Ok(Found { data, manifests, skipped: skipped.len(), named })
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

fn expand(input: &str) -> Result<Vec<PathBuf>> {
    let refuse = |why: &str| Error::BadInput { input: input.to_owned(), why: why.to_owned() };
    if input.contains("://") {
        return Err(refuse("addresses of a store are not read by this build; copy the export to a folder"));
    }
    let path = PathBuf::from(input);
    if path.exists() || !input.contains(['*', '?', '[']) {
        return Ok(vec![path]);
    }
    let visible = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
    let matches =
        glob::glob_with(input, visible).map_err(|error| refuse(&format!("not a pattern: {error}")))?;
    let paths: Vec<PathBuf> = matches
        .map(|entry| {
            entry.map_err(|error| {
                let path = error.path().to_owned();
                Error::unreadable(&path, error.into())
            })
        })
        .collect::<Result<_>>()?;
    if paths.is_empty() { Err(refuse("no file matches the pattern")) } else { Ok(paths) }
}

/// Adds the files below a folder. One that is there under its own name and by a link is read under its own;
/// one that lies elsewhere is read under the name that its link has.
fn walk(
    folder: &Path,
    files: &mut BTreeMap<PathBuf, PathBuf>,
    skipped: &mut BTreeSet<PathBuf>,
) -> Result<()> {
    let is_visible = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
    };
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    for entry in entries.into_iter().filter_entry(is_visible) {
        let entry = match entry {
            Ok(entry) => entry,
            // A link to a folder that it lies in leads nowhere new.
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                let source = error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
                return Err(Error::unreadable(&path, source));
            }
        };
        if entry.file_type().is_dir() {
            continue;
        }
        let path = entry.path();
        let canonical = fs::canonicalize(path).map_err(|source| Error::unreadable(path, source))?;
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        let is_data = [".csv", ".csv.gz", ".parquet"].iter().any(|ending| name.ends_with(ending));
        if !is_data && !is_manifest_name(&name) {
            skipped.insert(canonical);
            continue;
        }
        let under = match canonical.file_name() == path.file_name() {
            true => canonical.clone(),
            false => path.to_owned(),
        };
        match files.get_mut(&canonical) {
            Some(known) if *known != canonical => *known = under.min(std::mem::take(known)),
            Some(_) => {}
            None => {
                files.insert(canonical, under);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_a_file_of_it_and_a_pattern_give_each_file_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a.csv", "b.CSV.gz", "notes.txt", ".hidden.csv", "_manifest.json"] {
            fs::write(at(name), "x").unwrap();
        }
        let inputs =
            [folder.path(), &at("a.csv"), &at("*.csv")].map(|path| path.to_string_lossy().into_owned());
        let found = find(&inputs).unwrap();
        assert_eq!((found.data.len(), found.manifests.len(), found.skipped), (2, 1, 1));
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let error = find(&["no/such/file.csv".into()]).unwrap_err();
        assert!(error.to_string().contains("no/such/file.csv"));
        assert!(find(&["no/such/*.csv".into()]).unwrap_err().to_string().contains("no file matches"));
        assert!(find(&["az://container/exports".into()]).unwrap_err().to_string().contains("az://"));
    }

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

    #[test]
    #[cfg(unix)]
    fn links_are_followed_once_and_never_in_circles() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let (exports, store) = (root.join("exports"), root.join("store"));
        fs::create_dir_all(exports.join("june")).unwrap();
        fs::create_dir_all(&store).unwrap();
        fs::write(exports.join("june/a.csv"), "x").unwrap();
        fs::write(exports.join("june/notes.txt"), "x").unwrap();
        fs::write(store.join("0f3c"), "x").unwrap();
        symlink(exports.join("june"), exports.join("also-june")).unwrap();
        symlink(&exports, exports.join("june/up")).unwrap();
        symlink(store.join("0f3c"), exports.join("july.csv")).unwrap();
        let found = find(&[exports.to_string_lossy().into_owned()]).unwrap();
        assert_eq!(found.data, [exports.join("july.csv"), exports.join("june/a.csv")]);
        assert_eq!(found.skipped, 1);
    }
}
