//! `completions` and `man`.

use crate::{
    exit::Exit,
    options::{Cli, Global},
    output,
};
use anyhow::Result;
use clap::CommandFactory;

pub fn completions(global: &Global, shell: clap_complete::Shell) -> Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "forecast", &mut text);
    output::write_text(global, &String::from_utf8(text)?)?;
    Ok(Exit::Done)
}

pub fn man(global: &Global) -> Result<Exit> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    output::write_text(global, &String::from_utf8(text)?)?;
    Ok(Exit::Done)
}
