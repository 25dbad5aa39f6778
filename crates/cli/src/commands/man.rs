//! `man`: the manual page.

use super::completions::print;
use crate::{command_line, options::TextFile};
use operations::Result;

pub fn run(file: &TextFile) -> Result<u8> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command_line::command()).render(&mut text)?;
    print(text, file)
}
