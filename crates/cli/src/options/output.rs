//! Options of the commands that write a result.

use clap::Args;
use report::Format;
use std::path::PathBuf;

/// Where a result goes, and in which form.
#[derive(Debug, Clone, Default, Args)]
pub struct Output {
    /// Form of the output: table, json, jsonl, csv, markdown or parquet.
    #[arg(short, long, value_name = "FORMAT", env = "FORECAST_OUTPUT", help_heading = "Output")]
    pub output: Option<Format>,
    /// Write the output to this file, whole or not at all; `-` is stdout.
    #[arg(long, value_name = "PATH", env = "FORECAST_OUT_FILE", help_heading = "Output")]
    pub out_file: Option<PathBuf>,
}

/// Where a text goes.
#[derive(Debug, Clone, Default, Args)]
pub struct TextFile {
    /// Write the output to this file, whole or not at all; `-` is stdout.
    #[arg(long, value_name = "PATH", env = "FORECAST_OUT_FILE", help_heading = "Output")]
    pub out_file: Option<PathBuf>,
}
