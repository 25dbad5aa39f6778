//! What is asked of every file: which columns become keys, which are summed, and how finely days are kept.

use crate::Dimension;
use billing::Metric;

/// What is asked of every file.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadQuery {
    /// Dimensions of groups and filters, each once; they become the columns `k0`, `k1`, ….
    pub dimensions: Vec<Dimension>,
    /// Metrics of FOCUS files to sum.
    pub metrics: Vec<Metric>,
    /// The currency of files that name none.
    pub currency: Option<String>,
    /// Whether `service` is the meter category in FOCUS files too, since classic ones are read beside.
    pub service_is_meter_category: bool,
    /// Columns that tell the parts of scopes apart; their values become `p0`, `p1`, ….
    pub parts: Vec<&'static str>,
    /// Whether meters and their quantities are asked for.
    pub usage: bool,
    /// How finely days are kept.
    pub grain: Grain,
}

/// How finely days are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Grain {
    /// By UTC day.
    #[default]
    Day,
    /// By the moment at which a charge begins and the one at which it ends.
    Moment,
    /// Row by row, with every column of the file.
    Row,
}

/// The columns of a file whose values are summed, under their FOCUS names.
pub(crate) const QUANTITIES: [&str; 2] = ["PricingQuantity", "ConsumedQuantity"];
/// The column of quantities in a charge table.
pub(crate) const QUANTITY: &str = "quantity";
