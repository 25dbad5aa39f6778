//! `config show` and `config check`.

use crate::{
    config::Config,
    exit::Exit,
    options::{self, Global},
    output,
};
use anyhow::Result;

pub fn run(global: &Global, config: &Config, action: &options::Config) -> Result<Exit> {
    match action {
        options::Config::Show => output::write_text(global, &toml::to_string(config)?)?,
        options::Config::Check => {
            let text = match (&config.file, config.job.len()) {
                (None, _) => "no configuration: there is no `forecast.toml` here\n".to_owned(),
                (Some(file), 1) => format!("`{}` is understood: 1 job\n", file.display()),
                (Some(file), jobs) => format!("`{}` is understood: {jobs} jobs\n", file.display()),
            };
            output::write_text(global, &text)?;
        }
    }
    Ok(Exit::Done)
}
