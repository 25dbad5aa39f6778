//! One file a command: options become a request, an operation answers it, a renderer shows the result.

mod backtest;
mod batch;
mod completions;
mod config;
#[cfg(feature = "azure")]
mod doctor;
mod ingest;
#[cfg(feature = "azure")]
mod ingest_azure;
#[cfg(feature = "azure")]
mod invoice;
mod man;
mod predict;
mod price;
mod sample;
mod series;
mod train;

use crate::{command_line::Command, session::Session};
use operations::Result;

/// Runs a command and gives its exit code.
///
/// # Errors
/// What the command could not do.
pub fn run(session: &Session, command: &Command) -> Result<u8> {
    match command {
        Command::Predict(options) => predict::run(session, options),
        Command::Series(options) => series::run(session, options),
        Command::Backtest(options) => backtest::run(session, options),
        Command::Train(options) => train::run(session, options),
        Command::Sample(options) => sample::run(options),
        Command::Ingest(options) => ingest::run(session, options),
        #[cfg(feature = "azure")]
        Command::Invoice(command) => invoice::run(session, command),
        #[cfg(feature = "azure")]
        Command::Doctor(options) => doctor::run(session, options),
        Command::Price(command) => price::run(session, command),
        Command::Batch(options) => batch::run(session, options),
        Command::Config(action) => config::run(session, action),
        Command::Completions { shell, file } => completions::run(*shell, file),
        Command::Man { file } => man::run(file),
    }
}
