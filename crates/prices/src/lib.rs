//! What use will cost: price lists as they are written, and plans that are priced by them.
//!
//! Rate cards, retail prices, price sheets and private cards are read into one [`billing::PriceCard`];
//! nothing here opens a socket. What cannot be priced is said with its reason and is never nothing.

mod card_file;
mod compare;
mod decimal;
mod elsewhere;
mod error;
mod estimate;
mod machine;
mod matching;
mod metered;
mod offers;
mod plan;
mod planned;
mod price_sheet;
mod private_card;
mod rate_card;
mod region;
mod retail;
mod used;
mod used_plan;

pub use card_file::read_card;
pub use compare::{Alternative, BreakEven, Change, Comparison, compare};
pub use decimal::{Decimal, decimal};
pub use elsewhere::{Elsewhere, ElsewhereUse, read_elsewhere};
pub use error::{Error, Result};
pub use estimate::{CycleBill, Estimate, EstimateLine, estimate};
pub use machine::{Machine, azure_region};
pub use matching::{Match, Matched, Overrides, match_sizes, plan_of, plan_text, read_overrides};
pub use metered::{Metered, metered};
pub use offers::Offer;
pub use plan::{HowMuch, Os, Plan, PlanFormat, PlanLine, What, plan_schema, read_plan};
pub use planned::{PlannedUse, planned_use};
pub use price_sheet::read_price_sheet;
pub use private_card::{card_schema, read_private_csv, read_private_toml};
pub use rate_card::read_rate_card;
pub use region::same_region;
pub use retail::{RetailPrice, SavingsPlanPrice, read_retail, retail_card};
pub use used::{UsedMeter, price_usage};
pub use used_plan::plans_of_use;
