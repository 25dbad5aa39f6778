//! What is bought rather than used, and what is put right later: marketplace subscriptions on the
//! first of a month, a purchase made once, a refund, reservations, and use that is billed a month
//! late. Prices of purchases are made up; they have no meter and stand in no rate card.

use super::{
    estate::{Estate, unit_draw},
    meters::{COMPUTE, NO_METER, NONE, Product, Publisher, SAAS},
    pricing::{Price, Quantity, Rates, Tier},
    usage_pattern::Use,
};
use chrono::{Datelike, Days, NaiveDate};
use rand_chacha::ChaCha8Rng;

const NO_RATES: Rates = Rates { included: 0, tiers: &[Tier { from: 0, price: Price(0) }] };
const FABRIKAM: Publisher = Publisher::Marketplace("Fabrikam (made-up sample)");

const fn bought(category: &'static str, name: &'static str, publisher: Publisher) -> Product {
    Product {
        meter_id: NO_METER,
        name,
        category,
        subcategory: "",
        unit: "1",
        block: 1,
        region: "",
        effective_date: "",
        rates: NO_RATES,
        by_month: false,
        publisher,
        service: &SAAS,
    }
}

/// A subscription to somebody's software, paid monthly.
pub static SOFTWARE: Product = bought("SaaS", "Fabrikam Monitoring Standard", FABRIKAM);
/// A thing that is paid once.
pub static ASSESSMENT: Product = bought("SaaS", "Fabrikam Migration Assessment", FABRIKAM);
/// Payments for a reservation; they name the meter that it covers, as real ones do.
pub static RESERVATION: Product = Product {
    meter_id: "14fc9a21-4919-4cb1-b495-5666966556bc",
    subcategory: "Standard_D2_v2 VM",
    region: "US East",
    service: &COMPUTE,
    ..bought(
        "Virtual Machines",
        "Reserved VM Instance, Standard_D2_v2, US East, 1 Year",
        Publisher::Microsoft,
    )
};
/// What brings an invoice to whole cents.
pub static ROUNDING: Product =
    Product { service: &NONE, ..bought("", "Rounding adjustment", Publisher::Microsoft) };

/// A purchase or refund of a day.
#[derive(Clone, Copy, Debug)]
pub struct Purchase {
    /// What is bought.
    pub product: &'static Product,
    /// Its price; below zero for a refund.
    pub price: Price,
    /// What kind of purchase.
    pub kind: PurchaseKind,
}

/// Whether a purchase comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseKind {
    /// Each month.
    Recurring,
    /// Never again.
    Once,
    /// Money back.
    Refund,
}

/// Purchases of a subscription on a day of the month with this number (0 is the sample's first).
pub fn on_day(subscription: usize, month_number: u32, day: NaiveDate) -> impl Iterator<Item = Purchase> {
    let software = Purchase {
        product: &SOFTWARE,
        price: Price(49_000_000 + 12_500_000 * (subscription % 5) as i64),
        kind: PurchaseKind::Recurring,
    };
    let assessment = Purchase { product: &ASSESSMENT, price: Price(480_000_000), kind: PurchaseKind::Once };
    let refund = Purchase { product: &ASSESSMENT, price: Price(-120_500_000), kind: PurchaseKind::Refund };
    [
        (subscription.is_multiple_of(2) && day.day() == 1, software),
        (subscription.is_multiple_of(4) && month_number % 12 == 1 && day.day() == 12, assessment),
        (subscription.is_multiple_of(4) && month_number % 12 == 2 && day.day() == 9, refund),
    ]
    .into_iter()
    .filter_map(|(due, purchase)| due.then_some(purchase))
}

/// Use of the month before that is billed in this one, because it was reported late or wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Place of the line.
    pub line: usize,
    /// The day of use.
    pub day: NaiveDate,
    /// Below zero where too much was billed.
    pub quantity: Quantity,
}

/// Draws of corrections come from a stream that no line has.
const CORRECTION_STREAM: u64 = u64::MAX - 1;
/// Room for the draws of a month, in words.
const WORDS_PER_MONTH: u128 = 1 << 20;
/// One correction a month for this many lines, and at least one.
const LINES_A_CORRECTION: usize = 200;
/// Corrections are known after this many days of the month.
const KNOWN_AFTER_DAYS: u64 = 5;

/// The corrections that the month from `first_day` on bills, by day, as known on a day.
pub fn corrections(
    estate: &Estate,
    month_number: u32,
    first_day: NaiveDate,
    known_on: NaiveDate,
    rng: &mut ChaCha8Rng,
) -> Vec<Correction> {
    // The sample has no month before its first. Hours of one price are corrected, so that tiers
    // stay where they are, and of lines that run all month, so that no total falls below zero.
    if month_number == 0 || known_on < first_day + Days::new(KNOWN_AFTER_DAYS) {
        return Vec::new();
    }
    let can_be_corrected = |place: &usize| {
        let line = &estate.lines[*place];
        let product = line.meter.product();
        let runs_all_month = !matches!(line.usage, Use::MonthEnd(_)) && line.report_lag_days == 0;
        product.unit == "Hours" && product.rates.is_flat() && runs_all_month && line.commitment.is_none()
    };
    let candidates: Vec<usize> = (0..estate.lines.len()).filter(can_be_corrected).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    rng.set_stream(CORRECTION_STREAM);
    rng.set_word_pos(u128::from(month_number) * WORDS_PER_MONTH);
    let mut found: Vec<Correction> = (0..=estate.lines.len() / LINES_A_CORRECTION)
        .map(|_| {
            let mut below = |bound: usize| (unit_draw(rng) * bound as f64) as usize;
            let line = candidates[below(candidates.len())];
            let day = first_day - Days::new(1 + below(4) as u64);
            let quarter_hours = Quantity(250_000 * (1 + below(32)) as i64);
            Correction { line, day, quantity: if below(4) == 0 { -quarter_hours } else { quarter_hours } }
        })
        .collect();
    found.sort_by_key(|correction| (correction.day, correction.line));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::SampleOptions;
    use rand::SeedableRng;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn corrections_lie_in_the_last_days_of_the_month_before_and_come_late() {
        let estate = Estate::new(&SampleOptions { rows_per_day: 900, ..SampleOptions::default() }, true);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let known = |on, rng: &mut ChaCha8Rng| corrections(&estate, 2, date("2026-07-01"), date(on), rng);
        let late = known("2026-07-06", &mut rng);
        assert_eq!(late.len(), 5);
        assert!(late.iter().all(|c| c.day >= date("2026-06-27") && c.day <= date("2026-06-30")));
        assert_eq!(late, known("2026-07-20", &mut rng));
        assert!(known("2026-07-05", &mut rng).is_empty());
        assert!(corrections(&estate, 0, date("2026-05-01"), date("2026-06-05"), &mut rng).is_empty());
    }

    #[test]
    fn software_is_paid_on_the_first() {
        let kinds = |day: &str, month| on_day(0, month, date(day)).map(|p| p.kind).collect::<Vec<_>>();
        assert_eq!(kinds("2026-06-01", 1), [PurchaseKind::Recurring]);
        assert_eq!(kinds("2026-06-12", 1), [PurchaseKind::Once]);
        assert_eq!(kinds("2026-07-09", 2), [PurchaseKind::Refund]);
        assert_eq!(kinds("2026-07-10", 2), []);
    }
}
