//! Price lists and plans as they are written, and the cost of planned and recorded usage by them. Nothing here opens a
//! socket or knows a data frame.
//!
//! 1. **Prices.** [`read_card`] reads a rate card, a reply of retail prices, a price sheet or a private card into one
//!    [`billing::PriceCard`]. A price that cannot be used is listed there and does not spoil the others.
//! 2. **Usage.** [`read_plan`] reads planned usage, `billing::UsedDay` is recorded usage, [`read_foreign_usage`] reads
//!    machine hours of other clouds.
//! 3. **Cost.** [`estimate`] prices a plan cycle by cycle, [`price_usage`] recorded usage, [`price_charges`] the records of
//!    a service. What has no price has a reason ([`billing::Unpriced`]) and is in no sum.
//! 4. **Alternatives.** [`compare`] prices a plan in other regions, sizes and offers and under commitments;
//!    [`usage_as_plans`] makes recorded usage comparable; [`match_sizes`] finds sizes for machines of other clouds.
//!
//! ```
//! use billing::CycleDay;
//! use prices::{Change, PlanFormat, compare, estimate, read_card, read_plan};
//!
//! let card = br#"
//!     currency = "EUR"
//!     credit = 20
//!     [[price]]
//!     meter = "vm-west"
//!     sku = "Standard_D2s_v5"
//!     region = "westeurope"
//!     unit = "1 Hour"
//!     price = 0.1
//!     [[price]]
//!     meter = "vm-north"
//!     sku = "Standard_D2s_v5"
//!     region = "northeurope"
//!     unit = "1 Hour"
//!     price = 0.08
//! "#;
//! let plan = r#"
//!     currency = "EUR"
//!     [[line]]
//!     name = "web"
//!     sku = "Standard_D2s_v5"
//!     region = "West Europe"
//!     count = 2
//!     quantity = 730
//! "#;
//! let card = read_card(card, "card.toml", None)?;
//! let plan = read_plan(plan, PlanFormat::Toml, "plan.toml")?;
//! let day = "2026-12-01".parse().unwrap();
//!
//! // 2 machines × 730 hours × 0.1, and the amount due after the credit.
//! let found = estimate(&plan, &card, day, CycleDay::FIRST)?;
//! assert_eq!(found.lines[0].cost.unwrap()[1].to_string(), "146");
//! assert_eq!(found.bills[0].settled[1].net().to_string(), "126");
//!
//! // The same machines in another region.
//! let found = compare(&plan, &card, &[Change::Region("northeurope".into())], day, CycleDay::FIRST)?;
//! assert_eq!(found.alternatives[0].cost[1].to_string(), "116.8");
//! # Ok::<(), prices::Error>(())
//! ```

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
mod operating_system;
mod plan;
mod price_list;
mod price_sheet;
mod private_card;
mod rate_card;
mod region;
mod retail;
mod size_name;
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
pub use region::{region_name, same_region};
pub use retail::{RetailPrice, RetailReply, SavingsPlanPrice, read_retail, retail_card};
pub use size_name::size_name;
pub use usage::as_plan::usage_as_plans;
pub use usage::meter::{MeterUsage, meter_usage};
pub use usage::planned::{PlannedUsage, planned_usage};
pub use usage::price::{UsedMeter, price_usage};
pub use usage::service_charges::price_charges;
