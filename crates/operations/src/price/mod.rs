//! Prices: shown, compared, and applied to plans and to use.

mod card;
mod compare;
mod estimate;
mod match_sizes;
mod plan;
mod rates;
mod source;
mod subject;
mod usage;

#[cfg(feature = "azure")]
mod azure_rates;

pub use card::{CardRequest, PriceRows, price_card};
pub use compare::{CompareRequest, Compared, compare};
pub use estimate::{Estimated, estimate};
pub use match_sizes::{MatchRequest, Matched, match_sizes};
pub use source::{PriceSource, RATE_LOCALE, RATE_OFFER, RATE_REGION};
pub use subject::Subject;

pub(crate) use plan::{is_plan, needed_by, plan, reason};
pub(crate) use rates::{Needed, load_card, unusable_prices};
