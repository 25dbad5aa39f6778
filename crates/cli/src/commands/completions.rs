//! `completions`: a script that completes the commands in a shell.

use crate::{command_line, options::TextFile, output::DONE};
use operations::{Error, Result};

pub fn run(shell: clap_complete::Shell, file: &TextFile) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command_line::command(), "forecast", &mut text);
    print(text, file)
}

/// Writes a text that the program generates.
pub(super) fn print(text: Vec<u8>, file: &TextFile) -> Result<u8> {
    let text = String::from_utf8(text).map_err(|error| Error::failed(error.to_string()))?;
    file.write(&text, &[])?;
    Ok(DONE)
}
