//! Where results go: stdout, or a file that appears whole or not at all.

use crate::{
    failure::Failure,
    options::{ColorChoice, Global},
};
use anyhow::{Context, Result};
use report::{Dataset, Format, TableStyle};
use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// Widest table on a terminal of unknown width.
const DEFAULT_WIDTH: usize = 80;

/// The format asked for: by name, by the ending of the file, or a table.
pub fn format(global: &Global) -> Format {
    let by_ending = || {
        let ending = global.out_file.as_deref()?.extension()?.to_str()?.to_ascii_lowercase();
        Format::ALL.into_iter().find(|format| format.extension() == ending)
    };
    global.output.or_else(by_ending).unwrap_or(Format::Table)
}

/// Width and colour of tables.
pub fn style(global: &Global) -> TableStyle {
    let to_terminal = global.out_file.is_none() && io::stdout().is_terminal();
    let width = match terminal_size::terminal_size() {
        Some((width, _)) if to_terminal => usize::from(width.0),
        _ => DEFAULT_WIDTH,
    };
    let color = match global.color.unwrap_or(ColorChoice::Auto) {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => to_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    TableStyle { width: width.max(40), color }
}

/// Writes a dataset in the format asked for.
pub fn write_dataset(global: &Global, dataset: &Dataset) -> Result<()> {
    let format = format(global);
    if format.is_binary() && destination(global).is_none() && io::stdout().is_terminal() {
        let text = format!("{format} is not for a terminal; name a file with `--out-file PATH`");
        return Err(Failure::Usage(text).into());
    }
    write_with(global, |out| Ok(format.write(dataset, out)?))
}

/// Writes a table for people where one is asked for, otherwise rows.
pub fn write_result(
    global: &Global,
    table: impl FnOnce(TableStyle) -> String,
    rows: impl FnOnce() -> report::Result<Dataset>,
) -> Result<()> {
    match format(global) {
        Format::Table => write_text(global, &table(style(global))),
        _ => write_dataset(global, &rows()?),
    }
}

/// Writes text.
pub fn write_text(global: &Global, text: &str) -> Result<()> {
    write_with(global, |out| Ok(out.write_all(text.as_bytes())?))
}

/// Writes to where the output goes.
fn write_with(global: &Global, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    match destination(global) {
        Some(path) => write_file(&path, write),
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            write(&mut out)?;
            Ok(out.flush()?)
        }
    }
}

fn destination(global: &Global) -> Option<PathBuf> {
    global.out_file.clone().filter(|path| path != Path::new("-"))
}

/// Writes a file beside its place and moves it there when it is whole; an older file stays until then.
/// A device or pipe is written to as it is, since a file in its place would be no device any more.
pub fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let what = || format!("cannot write `{}`", path.display());
    // Behind a link lies the file that is meant.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = path.metadata().ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        let file = std::fs::OpenOptions::new().write(true).open(path).with_context(what)?;
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

fn write_all(file: &std::fs::File, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
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

/// Whether an error only says that the reader of stdout went away.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(is_broken)
            || cause.downcast_ref::<report::Error>().is_some_and(report::Error::is_broken_pipe)
    })
}
