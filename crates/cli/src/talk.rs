//! What is said on stderr while a command runs: messages and a progress bar.

use crate::options::{Global, LogFormat};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    fmt::{self, format::Writer, time::FormatTime},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// The target of messages that help with an error; those of our own begin with `forecast`.
pub const HINT: &str = "forecast::hint";

/// The target of messages that are shown even with `--quiet`: costs that were left out.
pub const ALWAYS: &str = "forecast::always";

/// Sets up messages: warnings by default, control totals with `-v`, files with `-vv`.
pub fn start(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    // Messages of the engines below are theirs to debug; only our own are for users.
    let ours = tracing_subscriber::filter::filter_fn(move |meta| {
        let crate_name = meta.target().split("::").next().unwrap_or_default();
        (*meta.level() <= level || meta.target() == ALWAYS)
            && ["forecast", "ingest", "prices", "report", "billing", "azure"].contains(&crate_name)
    });
    let registry = tracing_subscriber::registry();
    match global.log_format.unwrap_or(LogFormat::Text) {
        LogFormat::Text => registry
            .with(fmt::layer().event_format(Plain).with_writer(std::io::stderr).with_filter(ours))
            .init(),
        LogFormat::Json => {
            let json = fmt::layer()
                .json()
                .flatten_event(true)
                .with_target(false)
                .with_current_span(false)
                .with_span_list(false);
            registry.with(json.with_timer(Utc).with_writer(std::io::stderr).with_filter(ours)).init();
        }
    }
}

/// Time stamps of JSON messages.
struct Utc;

impl FormatTime for Utc {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        write!(w, "{}", chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

/// `warning: text`, as people expect it of a command line.
struct Plain;

impl<S, N> fmt::FormatEvent<S, N> for Plain
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    N: for<'a> fmt::FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &fmt::FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> std::fmt::Result {
        let prefix = match *event.metadata().level() {
            _ if event.metadata().target() == HINT => "hint: ",
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            Level::INFO => "",
            _ => "debug: ",
        };
        writer.write_str(prefix)?;
        ctx.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// A bar of bytes read; hidden where stderr is no terminal.
pub fn reading_bar(global: &Global, inputs: &[String]) -> ProgressBar {
    let bytes = if hides_progress(global) { 0 } else { total_bytes(inputs) };
    let style = ProgressStyle::with_template("reading {bar:30} {bytes}/{total_bytes}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(bytes), target(global)).with_style(style)
}

/// A bar of so many things, such as jobs; hidden where stderr is no terminal.
pub fn counting_bar(global: &Global, things: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(things as u64), target(global)).with_style(style)
}

/// What is being done, where its length is not known; hidden where stderr is no terminal.
pub fn spinner(global: &Global) -> ProgressBar {
    let spinner = ProgressBar::with_draw_target(None, target(global));
    spinner.enable_steady_tick(std::time::Duration::from_millis(200));
    spinner
}

fn target(global: &Global) -> ProgressDrawTarget {
    if hides_progress(global) { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() }
}

fn hides_progress(global: &Global) -> bool {
    global.no_progress
        || global.quiet
        || global.log_format == Some(LogFormat::Json)
        || !std::io::stderr().is_terminal()
}

fn total_bytes(inputs: &[String]) -> u64 {
    let found = ingest::find(inputs).unwrap_or_default();
    found.data.iter().filter_map(|path| path.metadata().ok()).map(|meta| meta.len()).sum()
}
