//! `config show` and `config check`.

use crate::{
    config::Config,
    exit::Exit,
    options::{self, Global},
    output,
};
use anyhow::Result;

pub fn run(global: &Global, action: &options::Config) -> Result<Exit> {
    let config = Config::load(global.config.as_deref())?;
    match action {
        options::Config::Show => output::write_text(global, &toml::to_string(&config)?)?,
        options::Config::Check => {
            let jobs = config.job.len();
            output::write_text(global, &format!("the configuration is understood: {jobs} jobs\n"))?;
        }
    }
    Ok(Exit::Done)
}
