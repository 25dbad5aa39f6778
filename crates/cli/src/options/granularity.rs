//! Days or hours.

use clap::ValueEnum;

/// Days or hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Granularity {
    /// By UTC day.
    #[default]
    Daily,
    /// By hour.
    Hourly,
}

impl From<Granularity> for operations::Granularity {
    fn from(granularity: Granularity) -> Self {
        match granularity {
            Granularity::Daily => Self::Daily,
            Granularity::Hourly => Self::Hourly,
        }
    }
}
