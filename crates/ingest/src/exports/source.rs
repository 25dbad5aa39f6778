//! What an INPUT is: files, folders and patterns, turned into a sorted list of files.
//!
//! A folder is walked; hidden entries are passed over. What kind of data a file holds is told by its
//! first bytes, not by its name, but only names that look like data are picked up from a folder.

use crate::{Error, Result, exports::manifest::is_manifest_name};
use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

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
    let mut files = BTreeSet::new();
    let mut named = BTreeSet::new();
    let mut skipped = 0;
    for input in inputs {
        for path in expand(input)? {
            let canonical = fs::canonicalize(&path).map_err(|source| Error::unreadable(&path, source))?;
            if canonical.is_dir() {
                walk(&canonical, &mut files, &mut skipped)?;
            } else {
                if Path::new(input) == path {
                    named.insert(canonical.clone());
                }
                files.insert(canonical);
            }
        }
    }
    let (manifests, data) = files.into_iter().partition(|path| is_manifest_name(&file_name(path)));
    Ok(Found { data, manifests, skipped, named })
}

/// How the file at `path` is written, by its first bytes.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::EmptyFile`].
pub fn encoding(path: &Path) -> Result<Encoding> {
    let mut magic = Vec::with_capacity(4);
    fs::File::open(path)
        .and_then(|file| file.take(4).read_to_end(&mut magic))
        .map_err(|source| Error::unreadable(path, source))?;
    match magic.as_slice() {
        [] => Err(Error::EmptyFile(path.to_owned())),
        [0x1f, 0x8b, ..] => Ok(Encoding::CsvGz),
        b"PAR1" => Ok(Encoding::Parquet),
        _ if file_name(path).to_ascii_lowercase().ends_with(".parquet") => {
            Err(Error::damaged(path, "it does not begin as a Parquet file does"))
        }
        _ => Ok(Encoding::Csv),
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

fn walk(folder: &Path, files: &mut BTreeSet<PathBuf>, skipped: &mut usize) -> Result<()> {
    let unreadable = |source| Error::unreadable(folder, source);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = file_name(&path).to_ascii_lowercase();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, files, skipped)?;
        } else if is_manifest_name(&name)
            || [".csv", ".csv.gz", ".parquet"].iter().any(|ending| name.ends_with(ending))
        {
            files.insert(path);
        } else {
            *skipped += 1;
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
    }
}
