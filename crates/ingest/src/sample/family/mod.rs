//! The bill in columns: for each kind of file its header, what each column holds, how it writes a
//! day, and which rows it has. One module an agreement.

mod customer;
mod enterprise;
mod focus;
mod payg;

use super::{
    SampleFamily,
    bill::Carries,
    charge::{Charge, Form},
};
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
const ACCOUNT_NAME: &str = "Contoso (made-up sample)";
const ACCOUNT_ID: &str = "99999999";
const CUSTOMER_ACCOUNT_ID: &str =
    "5a3b1e00-0000-4000-8000-00000000aaaa:5a3b1e00-0000-4000-8000-00000000bbbb_2019-05-31";
const PROFILE_ID: &str = "SAMP-LEPR-BG7-PGB";
const PROFILE_NAME: &str = "Contoso profile (made-up sample)";
const SECTION_ID: &str = "SAMP-LESE-PJA-PGB";
const SECTION_NAME: &str = "Contoso section (made-up sample)";
const OWNER: &str = "owner@contoso.example";
const CURRENCY: &str = "USD";

const ALL_CHARGES: Carries = Carries { more_than_usage: true, refunds: true };

impl SampleFamily {
    /// How files of this family look.
    pub fn layout(self) -> Layout {
        match self {
            Self::EaActual => enterprise::layout("ActualCost"),
            Self::EaAmortized => enterprise::layout("AmortizedCost"),
            Self::McaActual => customer::layout("ActualCost"),
            Self::McaAmortized => customer::layout("AmortizedCost"),
            Self::Payg => payg::layout(),
            Self::Focus10 => focus::layout_1_0(),
            Self::Focus12 => focus::layout_1_2(),
        }
    }

    /// Whether a file of this family has such a row.
    pub fn has(self, charge: &Charge<'_>) -> bool {
        match self {
            Self::EaActual | Self::McaActual | Self::Payg => charge.form != Form::UnusedReservation,
            Self::EaAmortized | Self::McaAmortized => !(charge.is_purchase() && charge.commitment.is_some()),
            Self::Focus10 | Self::Focus12 => true,
        }
    }

    /// Which cost a file of this family holds, for its control total.
    pub fn cost_of(self, charge: &Charge<'_>) -> Amount {
        match self {
            Self::EaAmortized | Self::McaAmortized => charge.effective,
            Self::EaActual | Self::McaActual | Self::Payg | Self::Focus10 | Self::Focus12 => charge.billed,
        }
    }
}

/// Pairs each name of a header with what it holds.
fn columns(header: &[&'static str], value: fn(&str) -> Value) -> Vec<(&'static str, Value)> {
    header.iter().map(|&name| (name, value(name))).collect()
}

/// Text of a yes or no.
const fn yes_or_no(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}

/// Months of the reservation's term, where there is one.
fn reservation_term(charge: &Charge<'_>) -> &'static str {
    if charge.commitment.is_some() { "12" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_the_columns_of_their_version() {
        let counts = SampleFamily::ALL.iter().map(|family| family.layout().columns.len());
        assert_eq!(counts.collect::<Vec<_>>(), [57, 57, 65, 65, 24, 96, 104]);
    }

    #[test]
    fn no_column_is_named_twice_and_costs_are_numbers() {
        for &family in SampleFamily::ALL {
            let columns = family.layout().columns;
            for (i, (name, value)) in columns.iter().enumerate() {
                assert!(columns[..i].iter().all(|(other, _)| other != name), "{name} of {family}");
                let is_cost = name.to_lowercase().ends_with("cost");
                assert_eq!(is_cost, is_cost && matches!(value, Value::Number(_)), "{name} of {family}");
            }
        }
    }
}
