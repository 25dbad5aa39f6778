//! Where results go: stdout, or a file that appears whole or not at all.

use crate::{
    color::uses_color,
    options::{ColorChoice, Output, TextFile},
};
use operations::{Error, Result, check_not_an_input, write_file};
use report::{Dataset, Format, TableStyle};
use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// Exit code of a command that did everything.
pub const DONE: u8 = 0;

/// Widest table on a terminal of unknown width.
const DEFAULT_WIDTH: usize = 80;
/// Narrowest table.
const LEAST_WIDTH: usize = 40;

impl Output {
    /// The format asked for: by name, by the ending of the file, or a table.
    pub fn format(&self) -> Format {
        let by_ending = || {
            let ending = self.out_file.as_deref()?.extension()?.to_str()?.to_ascii_lowercase();
            Format::ALL.into_iter().find(|format| format.extension() == ending)
        };
        self.output.or_else(by_ending).unwrap_or(Format::Table)
    }

    /// Width and colour of tables.
    pub fn style(&self, color: ColorChoice) -> TableStyle {
        let to_terminal = self.out_file.is_none() && io::stdout().is_terminal();
        let width = match terminal_size::terminal_size() {
            Some((width, _)) if to_terminal => usize::from(width.0),
            _ => DEFAULT_WIDTH,
        };
        TableStyle { width: width.max(LEAST_WIDTH), color: uses_color(color, to_terminal) }
    }

    /// Refuses to replace one of the inputs.
    ///
    /// # Errors
    /// When the output would.
    pub fn check(&self, inputs: &[String]) -> Result<()> {
        destination(self.out_file.as_deref()).map_or(Ok(()), |path| check_not_an_input(&path, inputs))
    }

    /// Writes a dataset in the format asked for.
    ///
    /// # Errors
    /// A binary format on a terminal; a file that cannot be written.
    pub fn write_dataset(&self, dataset: &Dataset) -> Result<()> {
        let format = self.format();
        let destination = destination(self.out_file.as_deref());
        if format.is_binary() && destination.is_none() && io::stdout().is_terminal() {
            let text = format!("{format} is not for a terminal; name a file with `--out-file PATH`");
            return Err(Error::usage(text));
        }
        write_to(destination, |out| Ok(format.write(dataset, out)?))
    }

    /// Writes a table for people where one is asked for, otherwise rows.
    ///
    /// # Errors
    /// As [`Output::write_dataset`].
    pub fn write_result(
        &self,
        color: ColorChoice,
        table: impl FnOnce(TableStyle) -> String,
        rows: impl FnOnce() -> Result<Dataset>,
    ) -> Result<()> {
        match self.format() {
            Format::Table => write_text(destination(self.out_file.as_deref()), &table(self.style(color))),
            _ => self.write_dataset(&rows()?),
        }
    }
}

impl TextFile {
    /// Writes text.
    ///
    /// # Errors
    /// A file that cannot be written, or is one of the `inputs`.
    pub fn write(&self, text: &str, inputs: &[String]) -> Result<()> {
        let destination = destination(self.out_file.as_deref());
        if let Some(path) = &destination {
            check_not_an_input(path, inputs)?;
        }
        write_text(destination, text)
    }
}

/// Writes text to stdout.
///
/// # Errors
/// A stdout that takes none.
pub fn print(text: &str) -> Result<()> {
    write_text(None, text)
}

fn write_text(destination: Option<PathBuf>, text: &str) -> Result<()> {
    write_to(destination, |out| Ok(out.write_all(text.as_bytes())?))
}

fn write_to(destination: Option<PathBuf>, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    match destination {
        Some(path) => write_file(&path, write),
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            write(&mut out)?;
            Ok(out.flush()?)
        }
    }
}

/// The file that is named; `-` is stdout.
fn destination(out_file: Option<&Path>) -> Option<PathBuf> {
    out_file.filter(|path| *path != Path::new("-")).map(Path::to_owned)
}

/// Whether an error only says that the reader of stdout went away.
pub fn is_broken_pipe(error: &Error) -> bool {
    let written = std::iter::successors(std::error::Error::source(error), |error| error.source())
        .find_map(|error| error.downcast_ref::<report::Error>());
    error.is_io(io::ErrorKind::BrokenPipe) || written.is_some_and(report::Error::is_broken_pipe)
}

/// The folder that charges go to.
///
/// # Errors
/// When none is named.
pub fn out_folder(out: Option<&Path>) -> Result<PathBuf> {
    out.map(Path::to_owned).ok_or_else(|| Error::usage("name the folder that charges go to with `--out DIR`"))
}
