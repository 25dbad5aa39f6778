//! Results never replace what they are made from.

use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Refuses to write to a file that is one of the inputs: files, folders or patterns.
///
/// # Errors
/// When it is one, also under another name, such as by a link.
pub fn check_not_an_input(destination: &Path, inputs: &[String]) -> Result<()> {
    // What does not exist yet is no input.
    let Ok(destination) = destination.canonicalize() else { return Ok(()) };
    if !destination.is_file() {
        return Ok(());
    }
    let local = inputs.iter().filter(|input| !input.contains("://"));
    for input in local {
        let found = ingest::find(std::slice::from_ref(input)).unwrap_or_default();
        let mut read: Vec<PathBuf> = found.data;
        read.extend(found.manifests);
        read.push(PathBuf::from(input));
        if let Some(path) = read.iter().find(|path| is_same(path, &destination)) {
            let text = format!("`{}` is an input; write the output to another file", path.display());
            return Err(Error::usage(text));
        }
    }
    Ok(())
}

fn is_same(path: &Path, canonical: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| path == canonical) || is_same_node(path, canonical)
}

/// Whether both names are of one file, as hard links are.
#[cfg(unix)]
fn is_same_node(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let node = |path: &Path| path.metadata().ok().map(|meta| (meta.dev(), meta.ino()));
    node(one).is_some_and(|node_of_one| Some(node_of_one) == node(other))
}

#[cfg(not(unix))]
fn is_same_node(_: &Path, _: &Path) -> bool {
    false
}
