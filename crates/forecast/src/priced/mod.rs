//! Bills whose use has prices: quantities are forecast, then priced over the cycle.
//!
//! A free amount, a tier or a credit makes the first days of a cycle tell little of its last ones; how much is
//! *used* goes on as before. So the quantity of each meter is forecast, added to what the cycle has used so far,
//! and priced as a whole; credit and other terms apply to the sum. What has no price is forecast from its costs.
//!
//! Uncertain is one thing: how much more or less than expected the rest of the cycle uses, as a factor on every
//! quantity of the rest. Its range comes from the errors of the bill's whole use, each meter valued at what its
//! coming units cost. So gross and net have ranges of their own shapes: a net below the credit has none.
//! Wrong where one meter runs away while others stay, and that meter alone has costly tiers.

mod cycle;
mod rest;
#[cfg(test)]
mod tests;

pub use cycle::UsedUp;

use crate::{
    Bills, Engine, Error, Leaf, Question, Result, SeriesForecast, Status, TotalRange,
    totals::{digits, summed},
    unfinished::evident_cutoff,
};
use billing::{Amount, BillingCycle, DayUse, OfferTerms, Price, SeriesSetBuilder, Settlement, apportion};
use chrono::NaiveDate;
use cycle::{Outcome, PricedCycle};
use rayon::prelude::*;
use rest::{Rest, rests};
use std::collections::{BTreeMap, BTreeSet};

/// A subscription's bill: what it is charged for, with and without prices.
#[derive(Clone, Debug)]
pub struct PricedBill<'a> {
    /// What is known of it besides its series; of one key.
    pub facts: Leaf,
    /// Its costs: places among the bills.
    pub leaves: Vec<usize>,
    /// The use that has prices.
    pub meters: Vec<PricedMeter<'a>>,
}

/// The use of a meter, with its prices.
#[derive(Clone, Debug)]
pub struct PricedMeter<'a> {
    /// The meter's id, in lower case.
    pub meter: String,
    /// Which of the bill's costs are those of this use: their level is forecast from quantities instead. `None` for
    /// a meter that is planned only.
    pub leaf: Option<usize>,
    /// Its prices, as `billing::price_rows` takes them; one must hold on every day of every cycle asked for.
    pub prices: Vec<&'a Price>,
    /// What was used on each day, in the unit of the prices, in the order of days.
    pub used: Vec<DayUse>,
    /// What the data charged for that, by day of use; late and corrected charges stand on the first day of their cycle.
    pub charged: BTreeMap<NaiveDate, Amount>,
    /// Whether it is bought from somebody else: neither credit nor discount applies.
    pub is_third_party: bool,
    /// What is planned beside what goes on: low, likely and high use by day. Days that are final hold it already.
    pub planned: [Vec<DayUse>; 3],
}

/// What an offer takes off and adds, and what was promised.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The offer's terms, which are those of each subscription.
    pub offer: &'a OfferTerms,
    /// The amount committed to, for the discounts of the offer.
    pub committed: Amount,
    /// What is left of a prepayment or commitment when the first cycle begins, for all bills together.
    pub balance: Option<Amount>,
}

/// What a bill, or all of them, will cost in a cycle by their prices, and what will be to pay.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedTotal {
    /// The bill's place; `None` is the total of all.
    pub bill: Option<usize>,
    /// The cycle.
    pub cycle: BillingCycle,
    /// The last day that was used as final.
    pub cutoff: NaiveDate,
    /// How far it is to be trusted.
    pub status: Status,
    /// Why not fully.
    pub reason: Option<String>,
    /// Charged so far, rounded.
    pub actual: Amount,
    /// All charges before the offer's terms, rounded.
    pub gross: TotalRange,
    /// What becomes of the expected charges; rounded, and parts add up to their total.
    pub settled: Settlement,
    /// What is to pay: gross less credit and discount, with the charge of the cycle.
    pub net: TotalRange,
    /// When the credit is used up; `None` where there is none, and for the total of several bills.
    pub credit_used_up: Option<UsedUp>,
    /// Meters without a forecast, of which only what was charged so far counts.
    pub without_forecast: usize,
}

/// The totals of [`forecast_priced`].
#[derive(Clone, Debug, PartialEq)]
pub struct PricedTotals {
    /// Of each cycle first the total, then the bills in their order.
    pub rows: Vec<PricedTotal>,
    /// When what is left of a commitment is used up, where there is one.
    pub balance_used_up: Option<UsedUp>,
}

/// The bounds of a range and the point between them, lowest first.
const LEVELS: usize = 5;
/// The place of the point among them, and those of the 80 % range.
const POINT: usize = 2;
const LOWER_80: usize = 1;
const UPPER_80: usize = 3;

/// Forecasts what bills will cost by their prices, in every cycle that their facts ask for.
///
/// `bills` hold the costs of everything; the level of a meter with prices is not learnt from.
///
/// # Errors
/// A price that does not hold on a day; what cannot be held.
pub fn forecast_priced(
    engine: &Engine,
    bills: &Bills,
    priced: &[PricedBill<'_>],
    terms: Terms<'_>,
) -> Result<PricedTotals> {
    let facts: Vec<Leaf> = priced.iter().map(|bill| with_evident_cutoff(engine, bills, bill)).collect();
    let rests = rests(engine, bills, priced, &facts)?;
    let cycles: BTreeSet<BillingCycle> =
        facts.iter().flat_map(|own| &own.cycles).map(|own| own.cycle).collect();
    let factors = factors(engine, bills, priced, &facts, &rests)?;

    let found = Found { facts: &facts, rests: &rests, factors: &factors, terms };
    let mut rows = Vec::new();
    let mut spent: [Vec<(NaiveDate, Amount)>; 3] = Default::default();
    for cycle in cycles {
        let asked: Vec<usize> = (0..priced.len())
            .filter(|place| facts[*place].cycles.iter().any(|own| own.cycle == cycle))
            .collect();
        let outcomes = |of_all: bool| -> Result<Vec<[Outcome; LEVELS]>> {
            asked
                .par_iter()
                .map(|&place| {
                    let own = PricedCycle::new(&priced[place], &facts[place], bills, &rests[place], cycle)?;
                    let by = factors[if of_all { priced.len() } else { place }].get(&cycle);
                    let bills = if of_all { asked.len() } else { 1 };
                    let off = by.map_or([Off::Share(0.0); LEVELS], |by| by.off.map(|off| off.part(bills)));
                    own.outcomes(off, terms)
                })
                .collect()
        };
        let (own, joint) = (outcomes(false)?, outcomes(true)?);
        for (place, level) in [LOWER_80, POINT, UPPER_80].into_iter().enumerate() {
            let days = joint.iter().flat_map(|bill| bill[level].spent());
            spent[place].extend(days);
        }
        rows.extend(found.rows(cycle, &asked, &own, &joint));
    }
    let balance_used_up =
        terms.balance.map(|balance| UsedUp::of(spent.map(|days| cycle::day_when(days, balance))));
    Ok(PricedTotals { rows, balance_used_up })
}

/// How far the rest of a cycle may lie off at each level.
#[derive(Clone, Debug)]
struct Factor {
    off: [Off; LEVELS],
    status: Status,
    reason: Option<String>,
}

/// By how much a rest lies off what is expected of it.
#[derive(Clone, Copy, Debug)]
enum Off {
    /// By this share of its use.
    Share(f64),
    /// By this amount: where nothing is left to be used there is no share, but corrections may come.
    Amount(f64),
}

impl Off {
    /// The part of one of so many bills.
    fn part(self, bills: usize) -> Self {
        match self {
            Self::Share(share) => Self::Share(share),
            Self::Amount(amount) => Self::Amount(amount / bills.max(1) as f64),
        }
    }
}

/// A rest of less than that is none.
const NO_REST: f64 = 1e-6;

/// The factors of each bill's cycles, and last of all bills' together.
fn factors(
    engine: &Engine,
    bills: &Bills,
    priced: &[PricedBill<'_>],
    facts: &[Leaf],
    rests: &[Rest],
) -> Result<Vec<BTreeMap<BillingCycle, Factor>>> {
    let mut values = SeriesSetBuilder::new();
    let mut question: (Vec<NaiveDate>, Vec<Vec<BillingCycle>>) = Default::default();
    let mut all = SeriesSetBuilder::new();
    for (place, bill) in priced.iter().enumerate() {
        let (start, value) = rests[place].value_of_use(bill, bills)?;
        values.push(facts[place].names.join(" / "), start, &value)?;
        all.push("", start, &value)?;
        question.0.push(facts[place].cutoff);
        question.1.push(facts[place].cycles.iter().map(|own| own.cycle).collect());
    }
    let all = all.build();
    // The silence of a bill whose data stopped is no zero; where all did, their last days are all there is.
    let mut live: Vec<usize> = (0..priced.len()).filter(|place| !facts[*place].stopped).collect();
    if live.is_empty() {
        live = (0..priced.len()).collect();
    }
    let (start, sum) = summed(&all, Some(&all), &live);
    values.push("total", start, &sum)?;
    question.0.push(live.iter().map(|place| facts[*place].cutoff).min().unwrap_or(start));
    let cycles: BTreeSet<BillingCycle> = question.1.iter().flatten().copied().collect();
    question.1.push(cycles.into_iter().collect());
    let values = Bills::bare(values.build());
    let found = engine.forecast(&Question::new(&values, &question.0, &question.1)?);
    let expected = |place: usize, cycle: BillingCycle| -> f64 {
        match rests.get(place) {
            Some(rest) => rest.value(cycle),
            None => live.iter().map(|place| rests[*place].value(cycle)).sum(),
        }
    };
    let of = |(place, own): (usize, SeriesForecast)| {
        let factor = |forecast: &crate::CycleForecast| {
            let (rest, point) = (expected(place, forecast.cycle), forecast.remaining.unwrap_or(0.0));
            let bounds = forecast.ranges.map_or([point; 4], |ranges| ranges.ascending());
            let [lower95, lower80, upper80, upper95] = bounds.map(|bound| bound - point);
            Factor {
                off: [lower95, lower80, 0.0, upper80, upper95]
                    .map(|off| if rest > NO_REST { Off::Share(off / rest) } else { Off::Amount(off) }),
                status: forecast.status,
                reason: own.reason.clone(),
            }
        };
        own.cycles.iter().map(|forecast| (forecast.cycle, factor(forecast))).collect()
    };
    Ok(found.into_iter().enumerate().map(of).collect())
}

fn with_evident_cutoff(engine: &Engine, bills: &Bills, bill: &PricedBill<'_>) -> Leaf {
    let mut level = SeriesSetBuilder::new();
    let (start, sum) = summed(bills.level(), Some(bills.level()), &bill.leaves);
    // A sum that is no series has no cutoff of its own.
    let cutoff = match level.push("", start, &sum) {
        Ok(()) => evident_cutoff(level.build().get(0), bill.facts.cutoff, &engine.model().settling),
        Err(_) => bill.facts.cutoff,
    };
    Leaf { cutoff, ..bill.facts.clone() }
}

/// What is known of all bills.
struct Found<'a> {
    facts: &'a [Leaf],
    rests: &'a [Rest],
    /// Of each bill, and last of all together.
    factors: &'a [BTreeMap<BillingCycle, Factor>],
    terms: Terms<'a>,
}

/// An amount, rounded, and its parts, which add up to it.
struct Shared {
    total: Amount,
    parts: Vec<Amount>,
}

impl Found<'_> {
    /// The total of a cycle, then its bills, rounded so that they add up. `own` are what is to pay of the bills
    /// `asked` within their own ranges, `joint` within the range of the total.
    fn rows(
        &self,
        cycle: BillingCycle,
        asked: &[usize],
        own: &[[Outcome; LEVELS]],
        joint: &[[Outcome; LEVELS]],
    ) -> Vec<PricedTotal> {
        let digits = digits(self.facts.first().and_then(|own| own.currency.as_ref()));
        let fact = |at: usize| self.facts[asked[at]].cycles.iter().find(|own| own.cycle == cycle);
        let shared = |get: &dyn Fn(usize) -> Amount| {
            let parts: Vec<Amount> = (0..asked.len()).map(get).collect();
            let total = parts.iter().copied().sum::<Amount>().rounded(digits);
            Shared { parts: apportion(&parts, total, digits), total }
        };
        let end = |at: usize| own[at][POINT].end();
        let actual = shared(&|at| fact(at).map_or(Amount::ZERO, |own| own.actual));
        let [gross, credit, discount, recurring] = [
            shared(&|at| end(at).gross),
            shared(&|at| end(at).credit),
            shared(&|at| end(at).discount),
            shared(&|at| end(at).recurring),
        ];
        let settled = |pick: &dyn Fn(&Shared) -> Amount| Settlement {
            gross: pick(&gross),
            credit: pick(&credit),
            discount: pick(&discount),
            recurring: pick(&recurring),
        };
        let sums = |level: usize, get: fn(&Settlement) -> Amount| {
            joint.iter().map(|bill| get(&bill[level].end())).sum()
        };
        let row =
            |bill: Option<usize>, actual: Amount, settled: Settlement, is_closed: bool, missing: usize| {
                let range = |point: Amount, get: fn(&Settlement) -> Amount| {
                    let bound = |level: usize| match bill {
                        Some(at) => get(&own[at][level].end()).rounded(digits),
                        None => Amount::rounded(sums(level, get), digits),
                    };
                    TotalRange::around(point, [bound(0), bound(LOWER_80), bound(UPPER_80), bound(LEVELS - 1)])
                };
                let place = bill.map(|at| asked[at]);
                let factor = self.factors[place.unwrap_or(self.facts.len())].get(&cycle);
                let cutoffs = asked.iter().filter(|own| place.is_none_or(|place| place == **own));
                let has_stopped = cutoffs.clone().any(|place| self.facts[*place].stopped);
                let only = bill.or((own.len() == 1).then_some(0));
                PricedTotal {
                    bill: place,
                    cycle,
                    cutoff: cutoffs.map(|place| self.facts[*place].cutoff).min().unwrap_or_default(),
                    status: status(factor, is_closed, missing, has_stopped),
                    reason: factor.and_then(|own| own.reason.clone()),
                    actual,
                    gross: range(settled.gross, |own| own.gross),
                    settled,
                    net: range(settled.net(), Settlement::net),
                    credit_used_up: only.and_then(|at| cycle::credit_used_up(&own[at], cycle, self.terms)),
                    without_forecast: missing,
                }
            };
        let is_closed = |at: usize| fact(at).is_some_and(|own| own.closed);
        let missing = |at: usize| self.rests[asked[at]].without_forecast(cycle);
        let all = 0..asked.len();
        let (all_closed, all_missing) = (all.clone().all(is_closed), all.clone().map(missing).sum());
        let mut rows = vec![row(None, actual.total, settled(&|own| own.total), all_closed, all_missing)];
        let of_bill = |at: usize| {
            row(Some(at), actual.parts[at], settled(&|own| own.parts[at]), is_closed(at), missing(at))
        };
        rows.extend(all.map(of_bill));
        rows
    }
}

fn status(factor: Option<&Factor>, is_closed: bool, missing: usize, has_stopped: bool) -> Status {
    match factor.map(|own| own.status) {
        _ if is_closed => Status::Closed,
        Some(Status::Ok) if missing > 0 || has_stopped => Status::Wide,
        // All its days are final, but the cycle may still be charged.
        Some(Status::Closed) => Status::Wide,
        Some(status) => status,
        None => Status::Insufficient,
    }
}

/// Refuses a price that does not hold, which whoever asks has to look after.
fn unpriced(meter: &str, why: billing::Unpriced) -> Error {
    Error::Unpriced { meter: meter.to_owned(), why: why.name() }
}
