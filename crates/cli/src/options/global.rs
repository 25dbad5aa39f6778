//! Options of every command.

use clap::{Args, ValueEnum};

/// How a command runs: taken by every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// Number of threads [default: all].
    #[arg(long, global = true, value_name = "N", env = "FORECAST_THREADS", help_heading = "Run", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Say more: `-v` prints control totals, `-vv` every file.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Run")]
    pub verbose: u8,
    /// Say less: errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Run")]
    pub quiet: bool,
    /// Log format [default: text].
    #[arg(long, global = true, value_name = "FORM", env = "FORECAST_LOG_FORMAT", help_heading = "Run")]
    pub log_format: Option<LogFormat>,
    /// Show no progress bar.
    #[arg(long, global = true, env = "FORECAST_NO_PROGRESS", help_heading = "Run")]
    pub no_progress: bool,
    /// When to use colour; `NO_COLOR` and `TERM=dumb` are honoured [default: auto].
    #[arg(long, global = true, value_name = "WHEN", env = "FORECAST_COLOR", help_heading = "Run")]
    pub color: Option<ColorChoice>,
}

/// Format of messages on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line, for machines.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On terminals.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
