//! A progress bar on stderr, from what an operation tells of its progress.

use crate::options::{Global, LogFormat};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use operations::Progress;
use std::{
    io::IsTerminal,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Draws one bar at a time; none where stderr is not a terminal.
pub struct Bars {
    is_hidden: bool,
    bar: Mutex<ProgressBar>,
}

impl Bars {
    /// No bar yet.
    pub fn new(global: &Global) -> Self {
        let is_hidden = global.no_progress
            || global.quiet
            || global.log_format == Some(LogFormat::Json)
            || !std::io::stderr().is_terminal();
        Self { is_hidden, bar: Mutex::new(ProgressBar::hidden()) }
    }

    /// Draws what an operation tells.
    pub fn show(&self, event: Progress<'_>) {
        if self.is_hidden {
            return;
        }
        let mut bar = self.bar();
        match event {
            Progress::Reading(inputs) => {
                *bar = drawn(total_bytes(inputs), "reading {bar:30} {bytes}/{total_bytes}");
            }
            Progress::Steps(steps) => *bar = drawn(steps as u64, "{msg} {bar:30} {pos}/{len}"),
            Progress::Read(bytes) => bar.inc(bytes),
            Progress::Doing(what) => bar.set_message(what.to_owned()),
            Progress::Step => bar.inc(1),
            Progress::Finished => bar.finish_and_clear(),
        }
    }

    /// Clears what is drawn.
    pub fn clear(&self) {
        self.bar().finish_and_clear();
    }

    fn bar(&self) -> MutexGuard<'_, ProgressBar> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn drawn(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()).with_style(style)
}

fn total_bytes(inputs: &[String]) -> u64 {
    let found = ingest::find(inputs).unwrap_or_default();
    found.data.iter().filter_map(|path| path.metadata().ok()).map(|meta| meta.len()).sum()
}
