//! Options of the commands about prices.

use super::{Output, TextFile, day::plausible_day};
use billing::Amount;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use operations::PriceSource;
#[cfg(feature = "azure")]
use operations::{RATE_LOCALE, RATE_OFFER, RATE_REGION};

/// What to do with prices.
#[derive(Debug, Clone, Subcommand)]
pub enum Price {
    /// Show, search and compare rate cards and retail prices
    Card(Card),
    /// Say what a plan will cost, before it is used
    Estimate(Estimate),
    /// Set a plan against other regions, sizes, offers, reservations and savings plans
    Compare(Compare),
    /// Match another cloud's or a data centre's machines to Azure's sizes
    Match(Match),
    /// Print the JSON Schema of a plan or of a private card, for editors
    Schema {
        /// Which.
        #[arg(value_name = "plan|card", default_value = "plan")]
        of: SchemaOf,
        #[command(flatten)]
        file: TextFile,
    },
}

/// An amount of money that somebody promised or has left.
fn not_below_zero(text: &str) -> Result<Amount, String> {
    let amount: Amount = text.parse().map_err(|error: billing::Error| error.to_string())?;
    if amount.is_negative() { Err("it is below zero".to_owned()) } else { Ok(amount) }
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaOf {
    /// A plan.
    Plan,
    /// A private card in TOML.
    Card,
}

/// Where prices come from.
#[derive(Debug, Clone, Args)]
pub struct Rates {
    /// A rate card, reply of retail prices or price sheet as the service writes it (JSON), a private card (TOML,
    /// CSV), or the service itself: `retail`, or `azure` for the rate card of a subscription.
    #[arg(long, value_name = "FILE|retail|azure", env = "FORECAST_RATES", help_heading = "Prices")]
    pub rates: String,
    /// Currency of prices, where the service or file leaves it open.
    #[arg(long, value_name = "CODE", env = "FORECAST_CURRENCY", help_heading = "Prices")]
    pub currency: Option<String>,
    /// Subscription whose rate card is asked for.
    #[cfg(feature = "azure")]
    #[arg(long, value_name = "ID", help_heading = "Prices")]
    pub scope: Option<String>,
    /// Its offer.
    #[cfg(feature = "azure")]
    #[arg(long = "rate-offer", value_name = "ID", default_value = RATE_OFFER, help_heading = "Prices")]
    pub rate_offer: String,
    /// Language of names in the rate card.
    #[cfg(feature = "azure")]
    #[arg(long, value_name = "LOCALE", default_value = RATE_LOCALE, help_heading = "Prices")]
    pub locale: String,
    /// Country of purchase.
    #[cfg(feature = "azure")]
    #[arg(long, value_name = "CODE", default_value = RATE_REGION, help_heading = "Prices")]
    pub rate_region: String,
    #[cfg(feature = "azure")]
    #[command(flatten)]
    pub reach: super::azure::Reach,
}

/// Prices that a forecast knows.
#[derive(Debug, Clone, Default, Args)]
pub struct Pricing {
    /// Forecast what is used and price it: charges, credit, and what is to pay. A rate card, reply of retail prices
    /// or price sheet (JSON), a private card (TOML, CSV), or the service itself: `azure`, `retail`.
    #[arg(long, value_name = "FILE|azure|retail", conflicts_with_all = ["series", "daily"], help_heading = "Prices")]
    pub pricing: Option<String>,
    /// The amount committed to, where the offer discounts it.
    #[arg(long, value_name = "AMOUNT", requires = "pricing", help_heading = "Prices", value_parser = not_below_zero)]
    pub committed: Option<Amount>,
    /// What is left of a prepayment or commitment when the first cycle shown begins: says when it is used up.
    #[arg(long, value_name = "AMOUNT", requires = "pricing", help_heading = "Prices", value_parser = not_below_zero)]
    pub commitment_left: Option<Amount>,
    /// The offer whose rate card `azure` is asked for.
    #[cfg(feature = "azure")]
    #[arg(
        long = "rate-offer",
        value_name = "ID",
        default_value = RATE_OFFER,
        requires = "pricing",
        help_heading = "Prices"
    )]
    pub rate_offer: String,
}

impl Rates {
    /// The source of prices that these options name.
    // Builds without Azure leave some fields at their default.
    #[allow(clippy::needless_update)]
    pub fn source(&self) -> PriceSource {
        PriceSource {
            rates: self.rates.clone(),
            currency: self.currency.clone(),
            #[cfg(feature = "azure")]
            scope: self.scope.clone(),
            #[cfg(feature = "azure")]
            offer: self.rate_offer.clone(),
            #[cfg(feature = "azure")]
            locale: self.locale.clone(),
            #[cfg(feature = "azure")]
            region: self.rate_region.clone(),
            #[cfg(feature = "azure")]
            access: Some(self.reach.access()),
            ..PriceSource::default()
        }
    }
}

impl Pricing {
    /// The prices and terms that these options name, where they name prices.
    pub fn request(&self) -> Option<operations::Pricing> {
        Some(operations::Pricing {
            source: PriceSource {
                rates: self.pricing.clone()?,
                #[cfg(feature = "azure")]
                offer: self.rate_offer.clone(),
                ..PriceSource::default()
            },
            committed: self.committed,
            commitment_left: self.commitment_left,
        })
    }
}

impl Subject {
    /// Every file that is read.
    pub fn read_paths(&self) -> Vec<String> {
        self.inputs.iter().chain([&self.rates.rates]).cloned().collect()
    }

    /// What these options price.
    pub fn request(&self, today: NaiveDate) -> operations::Subject {
        operations::Subject {
            inputs: self.inputs.clone(),
            source: self.rates.source(),
            as_of: self.as_of,
            today,
            committed: self.committed,
            cycle_day: self.cycle_day,
        }
    }
}

/// Which prices to show.
#[derive(Debug, Clone, Args)]
pub struct Card {
    #[command(flatten)]
    pub rates: Rates,
    /// Only prices whose meter, size, product or region holds this text.
    #[arg(long, value_name = "TEXT", help_heading = "Prices")]
    pub search: Option<String>,
    /// Only prices of this region (repeatable).
    #[arg(long, value_name = "REGION", help_heading = "Prices")]
    pub region: Vec<String>,
    /// Only prices of this size (repeatable).
    #[arg(long, value_name = "SIZE", help_heading = "Prices")]
    pub sku: Vec<String>,
    /// Show what differs from this older file of prices.
    #[arg(long, value_name = "FILE", help_heading = "Prices")]
    pub diff: Option<String>,
    #[command(flatten)]
    pub output: Output,
}

/// What to compare.
#[derive(Debug, Clone, Args)]
pub struct Compare {
    #[command(flatten)]
    pub what: Subject,
    /// Everything in this region (repeatable).
    #[arg(long, value_name = "REGION", help_heading = "Alternatives")]
    pub region: Vec<String>,
    /// Every machine in this size (repeatable).
    #[arg(long, value_name = "SIZE", help_heading = "Alternatives")]
    pub size: Vec<String>,
    /// Under this offer (repeatable): its credit, and the prices of development and test where it has them. 0003P,
    /// 0023P, 0044P, 0059P, 0060P, 0062P, 0063P or 0148P.
    #[arg(long, value_name = "OFFER", id = "other_offer", help_heading = "Alternatives")]
    pub offer: Vec<String>,
    /// Reserved and under a savings plan for this term (repeatable).
    #[arg(long, value_name = "1y|3y", value_delimiter = ',', help_heading = "Alternatives")]
    pub commitment: Vec<Term>,
}

/// What to match.
#[derive(Debug, Clone, Args)]
pub struct Match {
    /// Machine hours in CSV (plain or .gz): name, count, region, hours, and an instance type or vcpu and memory_gib; or in FOCUS form.
    #[arg(value_name = "USAGE.csv")]
    pub usage: String,
    #[command(flatten)]
    pub rates: Rates,
    /// Sizes that are settled already (TOML: `[[override]]` with `of`, `sku` and, where wanted, `region`).
    #[arg(long, value_name = "FILE", help_heading = "Match")]
    pub overrides: Option<String>,
    /// Write the matches as a plan for `price estimate` and `price compare`.
    #[arg(long, value_name = "FILE", help_heading = "Match")]
    pub plan_out: Option<std::path::PathBuf>,
    /// Take this day for today: the prices that hold then count.
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF", value_parser = plausible_day, help_heading = "Prices")]
    pub as_of: Option<NaiveDate>,
    #[command(flatten)]
    pub output: Output,
}

/// The term of a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Term {
    /// A year.
    #[value(name = "1y")]
    One,
    /// Three years.
    #[value(name = "3y")]
    Three,
}

impl Term {
    pub const fn years(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Three => 3,
        }
    }
}

/// What to estimate.
#[derive(Debug, Clone, Args)]
pub struct Estimate {
    #[command(flatten)]
    pub what: Subject,
    /// Add the plan to the forecast of these cost exports (repeatable): it shares the tiers and credit of what goes on.
    #[arg(long, value_name = "INPUT", help_heading = "Forecast")]
    pub into_forecast: Vec<String>,
    /// The subscription that the plan is used on: id or name.
    #[arg(long, value_name = "ID", requires = "into_forecast", help_heading = "Forecast")]
    pub subscription: Option<String>,
}

/// What to price.
#[derive(Debug, Clone, Args)]
pub struct Subject {
    /// A plan (TOML or YAML), or usage: cost exports, whose quantities are priced.
    #[arg(value_name = "PLAN|INPUT", required = true)]
    pub inputs: Vec<String>,
    #[command(flatten)]
    pub rates: Rates,
    /// Take this day for today: a month without a date has its prices.
    #[arg(long, value_name = "DATE", env = "FORECAST_AS_OF", value_parser = plausible_day, help_heading = "Prices")]
    pub as_of: Option<NaiveDate>,
    /// The amount committed to, where the offer discounts it [default: what a plan says].
    #[arg(long, value_name = "AMOUNT", help_heading = "Prices", value_parser = not_below_zero)]
    pub committed: Option<Amount>,
    /// Day on which cycles begin [default: 1].
    #[arg(long, value_name = "N", env = "FORECAST_CYCLE_DAY", help_heading = "Prices", value_parser = clap::value_parser!(u32).range(1..=31))]
    pub cycle_day: Option<u32>,
    #[command(flatten)]
    pub output: Output,
}
