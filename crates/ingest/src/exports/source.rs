//! What an INPUT is: files, folders and patterns, turned into a sorted list of files.
//!
//! A folder is walked, links in it too; hidden entries are passed over, and what is reached by two ways is one
//! file. The first bytes of a file decide what kind of data it holds, not its name, but only names that look
//! like data are picked up from a folder.

use crate::{Error, Result, exports::manifest::is_manifest_name, files::encoding::file_name};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

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
