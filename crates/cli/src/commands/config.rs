//! `config show` and `config check`.

use crate::{options::Config, output, output::DONE, session::Session};
use operations::{Error, Result};

pub fn run(session: &Session, action: &Config) -> Result<u8> {
    let config = &session.config;
    match action {
        Config::Show { file } => {
            let text = toml::to_string(config).map_err(|error| Error::failed(error.to_string()))?;
            let own = config.file.as_ref().map(|path| path.to_string_lossy().into_owned());
            file.write(&text, &Vec::from_iter(own))?;
        }
        Config::Check => output::print(&match (&config.file, config.job.len()) {
            (None, _) => "no configuration: there is no `forecast.toml` here\n".to_owned(),
            (Some(file), 1) => format!("`{}` is understood: 1 job\n", file.display()),
            (Some(file), jobs) => format!("`{}` is understood: {jobs} jobs\n", file.display()),
        })?,
    }
    Ok(DONE)
}
