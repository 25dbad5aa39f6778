//! `completions` and `man`.

use crate::options::{self, TextFile};
use crate::output::DONE;
use operations::{Error, Result};

pub fn completions(shell: clap_complete::Shell, file: &TextFile) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut options::command(), "forecast", &mut text);
    write(text, file)
}

pub fn man(file: &TextFile) -> Result<u8> {
    let mut text = Vec::new();
    clap_mangen::Man::new(options::command()).render(&mut text)?;
    write(text, file)
}

fn write(text: Vec<u8>, file: &TextFile) -> Result<u8> {
    let text = String::from_utf8(text).map_err(|error| Error::failed(error.to_string()))?;
    file.write(&text, &[])?;
    Ok(DONE)
}
