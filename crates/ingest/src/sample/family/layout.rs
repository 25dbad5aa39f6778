//! What a kind of file consists of: its columns, and how it writes them.

use crate::sample::{bill::Carries, charge::Charge};
use billing::Amount;
use chrono::NaiveDate;

/// What a column holds. A column's type is the same in each row, which Parquet needs.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// Nothing in any row.
    Empty,
    /// The same text in each row.
    Fixed(&'static str),
    /// Text of the row.
    Text(for<'a> fn(&Charge<'a>) -> &'a str),
    /// A decimal of the row.
    Number(fn(&Charge<'_>) -> Amount),
    /// A day of the row.
    Day(fn(&Charge<'_>) -> NaiveDate),
}

/// How a text file writes a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayStyle {
    /// `07/29/2026`
    MonthFirst,
    /// `2026-07-29`
    Iso,
    /// `2026-07-29T00:00Z`
    FocusMinutes,
    /// `2026-07-29T00:00:00Z`
    FocusSeconds,
}

/// Everything in which one kind of file differs from another.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Columns, in order.
    pub columns: Vec<(&'static str, Value)>,
    /// How it writes a day.
    pub day_style: DayStyle,
    /// Whether text begins with a byte order mark.
    pub byte_order_mark: bool,
    /// `exportConfig.type` of the manifest.
    pub export_type: &'static str,
    /// `exportConfig.dataVersion` of the manifest.
    pub data_version: &'static str,
    /// `exportConfig.resourceId` of the manifest, up to the name of the export.
    pub scope: &'static str,
    /// Which charges it has at all.
    pub carries: Carries,
}

/// The billing account of every sample.
pub(super) const ACCOUNT_NAME: &str = "Contoso (made-up sample)";
pub(super) const ACCOUNT_ID: &str = "99999999";
pub(super) const CUSTOMER_ACCOUNT_ID: &str =
    "5a3b1e00-0000-4000-8000-00000000aaaa:5a3b1e00-0000-4000-8000-00000000bbbb_2019-05-31";
pub(super) const PROFILE_ID: &str = "SAMP-LEPR-BG7-PGB";
pub(super) const PROFILE_NAME: &str = "Contoso profile (made-up sample)";
pub(super) const SECTION_ID: &str = "SAMP-LESE-PJA-PGB";
pub(super) const SECTION_NAME: &str = "Contoso section (made-up sample)";
pub(super) const OWNER: &str = "owner@contoso.example";
pub(super) const CURRENCY: &str = "USD";

pub(super) const ALL_CHARGES: Carries = Carries { more_than_usage: true, refunds: true };

/// Pairs each name of a header with what it holds.
pub(super) fn columns(header: &[&'static str], value: fn(&str) -> Value) -> Vec<(&'static str, Value)> {
    header.iter().map(|&name| (name, value(name))).collect()
}

/// Text of a yes or no.
pub(super) const fn yes_or_no(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}

/// Months of the reservation's term, where there is one.
pub(super) fn reservation_term(charge: &Charge<'_>) -> &'static str {
    if charge.commitment.is_some() { "12" } else { "" }
}
