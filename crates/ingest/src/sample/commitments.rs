//! Reservations: machines paid for by the month or for a year at once, whether used or not.
//!
//! In actual cost the purchase is a lump and what it covers costs nothing; in amortized cost each
//! day bears its part of the price, shared between the machines that used it and a row for what
//! nobody used. A term's days add up to its price to the last digit.

use super::{
    SampleOptions,
    pricing::{COST_DIGITS, Price, Quantity},
    resource::{Resource, made_up_id},
};
use billing::{AMOUNT_SCALE, Amount, BillingCycle, CycleDay};
use chrono::{Days, Months, NaiveDate};

/// A reservation of some machines of one size for one subscription.
#[derive(Debug)]
pub struct Commitment {
    /// Place of the subscription that pays.
    pub subscription: usize,
    /// The reservation, as the resource of its own rows.
    pub resource: Resource,
    /// Its id.
    pub id: String,
    /// The order it was bought with.
    pub order_id: String,
    /// How it is paid.
    pub payment: Payment,
    /// How many machines it covers around the clock.
    pub machines: i64,
}

/// How a reservation is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payment {
    /// Each month on this day, since before the sample begins.
    Monthly(CycleDay),
    /// For a year at once, on this day.
    Upfront(NaiveDate),
}

/// Price of a machine for a month: 730 hours at 60 % of the meter's price. Made up.
const MONTH: Price = Price(63_948_000);
/// Price of a machine for a year: twelve of these.
const YEAR: Price = Price(12 * MONTH.0);
/// Ids of reservations and their orders begin here.
const FIRST_ID: u64 = 0x0010_0000;

/// The reservation of a subscription: the first of three pays monthly, the second pays for a year
/// in the course of the sample, the third has none.
pub fn of_subscription(place: usize, options: &SampleOptions) -> Option<Commitment> {
    let days = (options.through - options.first_day()).num_days().unsigned_abs();
    let payment = match place % 3 {
        0 => Payment::Monthly(CycleDay::new(5 + (place as u32 * 3) % 20).ok()?),
        1 => Payment::Upfront(options.first_day() + Days::new(days * 2 / 5)),
        _ => return None,
    };
    let number = FIRST_ID + 2 * place as u64;
    let (order_id, id) = (made_up_id(number), made_up_id(number + 1));
    let path = format!("/providers/Microsoft.Capacity/reservationOrders/{order_id}/reservations/{id}");
    let resource = Resource {
        name: format!("VM_RI_sample_{:02}", place + 1),
        lower_id: path.to_lowercase(),
        id: path,
        kind: "Microsoft.Capacity/reservationOrders/reservations".to_owned(),
        ..Resource::default()
    };
    Some(Commitment { subscription: place, resource, id, order_id, payment, machines: 0 })
}

impl Commitment {
    /// The price of a machine when a payment falls on this day.
    pub fn payment_on(&self, day: NaiveDate) -> Option<Price> {
        match self.payment {
            Payment::Monthly(on) => (BillingCycle::containing(day, on).start() == day).then_some(MONTH),
            Payment::Upfront(bought) => (bought == day).then_some(YEAR),
        }
    }

    /// Hours that are paid for on this day.
    pub fn hours_on(&self, day: NaiveDate) -> Quantity {
        if self.term_of(day).is_some() { Quantity::whole(24 * self.machines) } else { Quantity::ZERO }
    }

    /// The part of the price that falls on this day.
    pub fn cost_of(&self, day: NaiveDate) -> Amount {
        let Some((start, end, price)) = self.term_of(day) else { return Amount::ZERO };
        let (length, passed) = ((end - start).num_days(), (day - start).num_days());
        let total = price.of(Quantity::whole(self.machines)).units();
        let last_digit = 10_i128.pow(AMOUNT_SCALE - COST_DIGITS);
        let cost_before = |days: i64| total * i128::from(days) / i128::from(length) / last_digit * last_digit;
        Amount::from_units(cost_before(passed + 1) - cost_before(passed))
    }

    /// The span that the payment in force on this day is for, and its price a machine.
    fn term_of(&self, day: NaiveDate) -> Option<(NaiveDate, NaiveDate, Price)> {
        match self.payment {
            Payment::Monthly(on) => {
                let month = BillingCycle::containing(day, on);
                Some((month.start(), month.end(), MONTH))
            }
            Payment::Upfront(bought) => {
                let end = bought.checked_add_months(Months::new(12))?;
                (bought <= day && day < end).then_some((bought, end, YEAR))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn the_days_of_a_term_add_up_to_its_price() {
        let options = SampleOptions::default();
        let mut yearly = of_subscription(1, &options).expect("pays for a year");
        yearly.machines = 3;
        let Payment::Upfront(bought) = yearly.payment else { panic!("pays for a year") };
        let days = bought.iter_days().take(365);
        assert_eq!(days.map(|day| yearly.cost_of(day)).sum::<Amount>(), YEAR.of(Quantity::whole(3)));
        assert_eq!(yearly.cost_of(bought - Days::new(1)), Amount::ZERO);

        let mut monthly = of_subscription(0, &options).expect("pays monthly");
        monthly.machines = 7;
        let march = date("2026-03-05").iter_days().take(31);
        assert_eq!(march.map(|day| monthly.cost_of(day)).sum::<Amount>(), MONTH.of(Quantity::whole(7)));
    }

    #[test]
    fn a_payment_falls_on_its_day_only() {
        let monthly = of_subscription(0, &SampleOptions::default()).expect("pays monthly");
        assert_eq!(monthly.payment_on(date("2026-03-05")), Some(MONTH));
        assert_eq!(monthly.payment_on(date("2026-03-06")), None);
        assert!(of_subscription(2, &SampleOptions::default()).is_none());
    }
}
