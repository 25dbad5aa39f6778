//! The words of a bill: money, currencies, billing cycles, kinds of charge, and daily cost series.
//!
//! Nothing here reads a file, opens a socket or knows a data frame; every other crate speaks these
//! words. Values can only be built valid, so a function that takes one need not check it again.
//!
//! ```
//! use billing::{Amount, BillingCycle, CycleDay};
//! use chrono::NaiveDate;
//!
//! // A cycle that begins on the 31st begins on the last day of a shorter month.
//! let day = CycleDay::new(31).unwrap();
//! let cycle = BillingCycle::containing(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap(), day);
//! assert_eq!(cycle.start(), NaiveDate::from_ymd_opt(2024, 2, 29).unwrap());
//! assert_eq!(cycle.end(), NaiveDate::from_ymd_opt(2024, 3, 31).unwrap());
//!
//! // Money is decimal: a tenth ten times is one.
//! let tenth: Amount = "0.1".parse().unwrap();
//! assert_eq!((0..10).map(|_| tenth).sum::<Amount>(), "1".parse().unwrap());
//! ```

mod agreement;
mod charge;
mod currency;
mod cycle;
mod error;
mod money;
mod offer;
mod price;
mod series;
mod service_charge;
mod tiers;
mod total_line;
mod unit;
mod used_day;

pub use agreement::{Agreement, InvoiceUnit};
pub use charge::{ChargeKind, Metric, TotalKind};
pub use currency::Currency;
pub use cycle::{BillingCycle, CycleDay, CycleFacts};
pub use error::{Error, Result};
pub use money::{AMOUNT_SCALE, Amount, apportion, share_out};
pub use offer::{Commitment, Credit, CycleTerms, Dated, MeterCharge, OfferTerms, Settlement};
pub use price::{DayUse, Price, PriceCard, PriceKind, Unpriced, UnusablePrice, in_force, price_rows};
pub use series::{CostSeries, SeriesSet, SeriesSetBuilder};
pub use service_charge::ServiceCharge;
pub use tiers::Tiers;
pub use total_line::{LineSums, TotalLine};
pub use unit::PricingUnit;
pub use used_day::UsedDay;
