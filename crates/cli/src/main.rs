//! The `forecast` command: reads options, calls the crates, hands results to a renderer.

#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "azure")]
mod azure_options;
mod charges;
mod commands;
mod config;
mod exit;
mod failure;
mod forecasting;
mod options;
mod output;
mod price_options;
mod priced;
mod talk;

use clap::Parser;
use config::Config;
use exit::Exit;
use options::{Cli, Command, Global};
use std::process::ExitCode;

/// Frames come and go by the megabyte; this allocator keeps their pages instead of asking for new ones.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The allocator's option of how long freed pages are kept, by its place in `mimalloc.h` of version 2.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed pages until the end: given back, the system would have to clear them again for the next
/// frame, which was a fifth of the time of reading Parquet. The most memory that is used stays about the same.
fn keep_freed_pages() {
    #[expect(unsafe_code, reason = "the allocator has no safe way to set its options")]
    // SAFETY: the option exists in this version of the allocator, and any number is a valid value of it.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
    }
}

fn main() -> ExitCode {
    keep_freed_pages();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout and are no failure.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return exit.into();
        }
    };
    quiet_panics();
    survive_full_disks();
    let config = if cli.command.is_configured() {
        Config::load(cli.global.config.as_deref())
    } else {
        Ok(Config::default())
    };
    let mut global = cli.global.clone();
    if let Ok(config) = &config {
        config.run.fill(&mut global);
    }
    limit_threads(global.threads);
    talk::start(&global);
    match config.and_then(|config| run(&cli.command, &global, &config)) {
        Ok(exit) => exit.into(),
        Err(error) if output::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            tracing::error!("{}", one_line(&error));
            for hint in failure::hints(&error) {
                tracing::error!(target: talk::HINT, "{hint}");
            }
            exit::of(&error).into()
        }
    }
}

/// The error and its causes, without saying anything twice.
fn one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(cause.trim()) {
            let separator = if text.is_empty() { "" } else { ": " };
            text = format!("{text}{separator}{}", cause.trim());
        }
    }
    text
}

fn run(command: &Command, global: &Global, config: &Config) -> anyhow::Result<Exit> {
    match command {
        Command::Predict(options) => commands::predict::run(global, config, options),
        Command::Series(options) => commands::series::run(global, config, options),
        Command::Backtest(options) => commands::backtest::run(global, config, options),
        Command::Train(options) => commands::train::run(global, config, options),
        Command::Sample(options) => commands::sample::run(global, options),
        #[cfg(feature = "azure")]
        Command::Ingest(options) => commands::ingest::run(global, options),
        #[cfg(feature = "azure")]
        Command::Invoice(command) => azure::invoice::run(global, command),
        #[cfg(feature = "azure")]
        Command::Doctor(options) => azure::doctor::run(global, options),
        Command::Price(command) => commands::price::run(global, command),
        Command::Batch(options) => commands::batch::run(global, config, options),
        Command::Config(action) => commands::config::run(global, config, action),
        Command::Completions { shell } => commands::setup::completions(global, *shell),
        Command::Man => commands::setup::man(global),
    }
}

/// A fault of our own is reported as such, in one line. What a damaged file makes a decoder stop at is reported
/// as damage by who reads it.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        if ingest::is_reading_guarded() {
            return;
        }
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        tracing::error!("internal fault at {place}; please report it with the command that led to it");
    }));
}

/// A limit on file size sends a signal that ends a process at once, with half a file left behind. Once
/// the signal is caught, writing fails like on any full disk, and is cleaned up and said.
fn survive_full_disks() {
    #[cfg(unix)]
    {
        let caught = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        // Fails only for signals that cannot be caught, which this one can.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, caught);
    }
}

/// Sets the size of both thread pools, Polars' own and rayon's, before either exists.
fn limit_threads(threads: Option<u16>) {
    let Some(threads) = threads else { return };
    #[expect(
        unsafe_code,
        reason = "Polars takes its number of threads from the environment only, and no other thread runs yet"
    )]
    unsafe {
        std::env::set_var("POLARS_MAX_THREADS", threads.to_string());
    }
    // Fails only when the pool exists already, which it does not.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
}
