//! The `forecast` command: reads options, calls the operations, hands results to a renderer.

mod clock;
mod color;
mod command_line;
mod commands;
mod config;
mod environment;
mod messages;
mod options;
mod output;
mod progress;
mod session;

use clap::{ArgMatches, FromArgMatches};
use command_line::{CONFIG, Cli};
use config::Config;
use operations::{ErrorKind, Result};
use options::check_needless;
use session::Session;
use std::{path::PathBuf, process::ExitCode};

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
    quiet_panics();
    survive_full_disks();
    let (cli, config) = match parse() {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version go to stdout and are no failure.
            let code = if error.use_stderr() { ErrorKind::Usage.exit_code() } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    limit_threads(cli.global.threads);
    messages::start(&cli.global);
    let run = |config| {
        let session = Session { global: cli.global.clone(), config };
        commands::run(&session, &cli.command)
    };
    match config.and_then(run) {
        Ok(code) => ExitCode::from(code),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            messages::report_error(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Reads the command line twice: for the name of the configuration file, and with what that file sets as
/// defaults. So an option is declared once, and flag > environment > file > default holds for each.
fn parse() -> std::result::Result<(Cli, Result<Config>), clap::Error> {
    let mut command = command_line::command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    check_needless(&mut command, &matches)?;
    let first = Cli::from_arg_matches(&matches)?;
    let config = match named_config(&matches) {
        Some(named) => Config::load(named.as_deref()),
        None => Ok(Config::default()),
    };
    let Ok(found) = &config else { return Ok((first, config)) };
    let mut command = found.as_defaults(command_line::command());
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Ok((Cli::from_arg_matches(&matches)?, config))
}

/// The configuration file that is named; `None` for commands that read none.
fn named_config(matches: &ArgMatches) -> Option<Option<PathBuf>> {
    let (_, matches) = matches.subcommand()?;
    matches.try_get_one::<PathBuf>(CONFIG).ok().map(|path| path.cloned())
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
