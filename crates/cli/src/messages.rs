//! Messages on stderr: what operations found, errors and hints.

use crate::{
    color::uses_color,
    options::{ColorChoice, Global, LogFormat},
};
use operations::{Error, Finding, Severity};
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
    let color = global.color.unwrap_or(ColorChoice::Auto);
    let ansi = uses_color(color, std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry();
    match global.log_format.unwrap_or(LogFormat::Text) {
        LogFormat::Text => registry
            .with(
                fmt::layer()
                    .event_format(Plain)
                    .with_ansi(ansi)
                    .with_writer(std::io::stderr)
                    .with_filter(ours),
            )
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
        write!(w, "{}", crate::clock::now().format("%Y-%m-%dT%H:%M:%S%.3fZ"))
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

/// Writes what an operation found.
pub fn report(findings: &[Finding]) {
    findings.iter().for_each(write);
}

/// Writes an error, with what was found before it and with its hint.
pub fn report_error(error: &Error) {
    error.findings().into_iter().for_each(write);
    tracing::error!("{}", error.one_line());
    if let Some(hint) = error.hint() {
        tracing::error!(target: HINT, "{hint}");
    }
}

fn write(finding: &Finding) {
    let text = &finding.text;
    match finding.severity {
        Severity::Detail => tracing::info!("{text}"),
        Severity::Warning => tracing::warn!("{text}"),
        Severity::Loss => tracing::warn!(target: ALWAYS, "{text}"),
        Severity::Error => tracing::error!("{text}"),
    }
}
