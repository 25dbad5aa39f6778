//! What use will cost: price lists as they are written, and plans that are priced by them.
//!
//! Rate cards, retail prices, price sheets and private cards are read into one [`billing::PriceCard`];
//! nothing here opens a socket. What cannot be priced is said with its reason and is never nothing.

mod card_file;
mod commitment;
mod compare;
mod csv_header;
mod decimal;
mod error;
mod estimate;
mod file_values;
mod foreign_columns;
mod foreign_usage;
mod hours;
mod lookup;
mod machine;
mod matching;
mod offers;
mod plan;
mod price_sheet;
mod private_card;
mod rate_card;
mod region;
mod retail;
mod usage;

pub use card_file::read_card;
pub use commitment::BreakEven;
pub use compare::{Alternative, Change, Comparison, compare};
pub use decimal::{Decimal, decimal};
pub use error::{Error, Result};
pub use estimate::{CycleBill, Estimate, EstimateLine, estimate};
pub use foreign_columns::ForeignMachine;
pub use foreign_usage::{ForeignUsage, read_foreign_usage};
pub use machine::{Machine, azure_region};
pub use matching::{Match, Matched, Overrides, match_sizes, plan_of, plan_text, read_overrides};
pub use offers::Offer;
pub use plan::{HowMuch, Os, Plan, PlanFormat, PlanLine, What, plan_schema, read_plan};
pub use price_sheet::read_price_sheet;
pub use private_card::{card_schema, read_private_csv, read_private_toml};
pub use rate_card::read_rate_card;
pub use region::same_region;
pub use retail::{RetailPrice, SavingsPlanPrice, read_retail, retail_card};
pub use usage::as_plan::usage_as_plans;
pub use usage::meter::{MeterUsage, meter_usage};
pub use usage::planned::{PlannedUsage, planned_usage};
pub use usage::price::{UsedMeter, price_usage};
