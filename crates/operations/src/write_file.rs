//! Files that appear whole or not at all.

use crate::{Result, ResultExt};
use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    path::Path,
};

/// Writes a file beside its place and moves it there when it is whole; an older file stays until then.
/// A device or pipe is written to as it is, since a file in its place would be no device any more.
///
/// # Errors
/// What the system or `write` refuses; the older file is then unchanged.
pub fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let what = || format!("cannot write `{}`", path.display());
    // Behind a link lies the file that is meant.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = path.metadata().ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        let file = OpenOptions::new().write(true).open(path).with_context(what)?;
        return write_all(&file, write).with_context(what);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = with_usual_rights(tempfile::Builder::new().prefix(".forecast-"))
        .tempfile_in(folder)
        .with_context(what)?;
    write_all(file.as_file(), write).with_context(what)?;
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions()).with_context(what)?;
    }
    file.as_file().sync_all().with_context(what)?;
    file.persist(path).map_err(|error| error.error).with_context(what)?;
    Ok(())
}

fn write_all(file: &File, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    Ok(out.flush()?)
}

/// A temporary file is its owner's alone; a result is readable as any new file would be.
fn with_usual_rights<'a, 'b>(
    builder: &'a mut tempfile::Builder<'b, 'b>,
) -> &'a mut tempfile::Builder<'b, 'b> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}
