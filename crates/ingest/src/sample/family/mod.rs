//! The bill in columns: for each kind of file its header, what each column holds, how it writes a
//! day, and which rows it has. One module an agreement.

mod customer;
mod enterprise;
mod focus;
mod layout;
mod payg;

pub use layout::{DayStyle, Layout, Value};

use super::{
    SampleFamily,
    charge::{Charge, Form},
};
use billing::Amount;

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
