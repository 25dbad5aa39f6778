//! Prices: shown, compared, and applied to plans and to use.

mod card;
mod compare;
mod estimate;
mod load_card;
mod match_sizes;
mod plan;
mod price_source;
mod subject;
mod usage;

#[cfg(feature = "azure")]
mod azure_rates;

pub use card::{CardRequest, PriceRows, price_card};
pub use compare::{CompareRequest, Compared, compare};
pub use estimate::{Estimated, estimate};
pub use match_sizes::{MatchRequest, Matched, match_sizes};
pub use price_source::{PriceSource, RATE_LOCALE, RATE_OFFER, RATE_REGION};
pub use subject::Subject;

pub(crate) use load_card::{Needed, load_card, unusable_prices};
pub(crate) use plan::{is_plan, needed_by, plan, reason};
