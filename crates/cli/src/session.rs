//! One run of a command: its options, its configuration, and what operations may use of the surroundings.

use crate::environment::variable;
use crate::{
    clock,
    config::Config,
    messages,
    options::{ColorChoice, Global},
    progress::Bars,
};
use chrono::NaiveDate;
use operations::{DataAge, Finding, Host, Result};

/// Days that data may end before today without a word.
const FRESH_DAYS: u32 = 3;

/// One run of a command.
pub struct Session {
    /// How it runs.
    pub global: Global,
    /// What the configuration file holds.
    pub config: Config,
}

impl Session {
    /// Runs an operation with progress bars, the clock and the environment.
    ///
    /// # Errors
    /// What the operation returns.
    pub fn run<T>(&self, operation: impl FnOnce(&Host<'_>) -> Result<T>) -> Result<T> {
        let bars = Bars::new(&self.global);
        let done = operation(&Host { progress: &|event| bars.show(event), now: clock::now, variable });
        bars.clear();
        done
    }

    /// When to use colour.
    pub fn color(&self) -> ColorChoice {
        self.global.color.unwrap_or(ColorChoice::Auto)
    }

    /// Warns where the data of a forecast ends long before today and no other day was asked about.
    ///
    /// # Errors
    /// A day in the environment that is not one.
    pub fn warn_if_old(&self, age: Option<&DataAge>, as_of: Option<NaiveDate>) -> Result<()> {
        let Some(age) = age.filter(|_| as_of.is_none()) else { return Ok(()) };
        let old = age.older_than(FRESH_DAYS, clock::today()?);
        messages::report(&old.into_iter().map(Finding::warning).collect::<Vec<_>>());
        Ok(())
    }
}
