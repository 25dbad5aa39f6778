//! How inputs are to be read.

use crate::{Dimension, Family, Filter, Result};
use billing::{Currency, CycleDay, Metric};
use chrono::NaiveDate;

/// How inputs are to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// What to group by, in order.
    pub group_by: Vec<Dimension>,
    /// Which charges to keep.
    pub filters: Vec<Filter>,
    /// The metric; `None` takes `billed` where a file has it, otherwise the only one there is.
    pub metric: Option<Metric>,
    /// Keep this many groups and sum the rest as `Others`.
    pub top: Option<usize>,
    /// Nothing charged on this day or later is seen, and no run submitted then.
    pub as_of: Option<NaiveDate>,
    /// Days before the newest run that are not final; `None` is the default of two.
    pub settle_days: Option<u32>,
    /// Day on which cycles begin where the files do not say.
    pub cycle_day: CycleDay,
    /// Currency of files that name none.
    pub currency: Option<Currency>,
    /// The kind of file, where it shall not be told by the header.
    pub family: Option<ForcedFamily>,
    /// Whether a malformed row is fatal.
    pub strict: bool,
}

impl ReadOptions {
    /// The same with what bills are cut into, as groups: what a forecast must read beside what is asked for.
    #[must_use]
    pub fn with_bills(mut self) -> Self {
        let more = Dimension::of_bills().into_iter().filter(|own| !self.group_by.contains(own));
        self.group_by.extend(more.collect::<Vec<_>>());
        self
    }
}

/// A family given by name, with the metric of a classic file where the name says it.
#[derive(Debug, Clone, Copy)]
pub struct ForcedFamily {
    /// The family.
    pub family: &'static Family,
    /// The metric, of names such as `ea-amortized`.
    pub metric: Option<Metric>,
}

impl ForcedFamily {
    /// Reads a name such as `mca`, `ea-amortized` or `focus-1.2`.
    ///
    /// # Errors
    /// A name that is not known.
    pub fn named(name: &str) -> Result<Self> {
        let metric = match name.to_ascii_lowercase().rsplit_once('-') {
            Some((_, "actual")) => Some(Metric::Billed),
            Some((_, "amortized")) => Some(Metric::Effective),
            _ => None,
        };
        Ok(Self { family: Family::named(name)?, metric })
    }
}
