//! How far the remaining usage of a bill may lie off, as one factor on all its quantities.

use super::{
    bill::{LEVELS, NO_REST, PricedBill},
    rest::Rest,
};
use crate::{
    components::Components,
    cycle_total::{CycleForecast, SeriesForecast, Status},
    engine::{Engine, Question},
    error::Result,
    quantiles::Quantiles,
    totals::{Leaf, summed},
};
use billing::{BillingCycle, SeriesSetBuilder};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// How far the rest of a cycle may lie off at each level.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    /// At each level.
    pub(super) off: [Off; LEVELS],
    /// Of the whole usage.
    pub(super) status: Status,
    /// Why it is not `ok`.
    pub(super) reason: Option<String>,
}

/// By how much a rest lies off what is expected of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Off {
    /// By this share of its use.
    Share(f64),
    /// By this amount: used where the remaining usage is zero, since corrections may still come.
    Amount(f64),
}

impl Off {
    /// The part of one of several bills.
    pub(super) fn part(self, bills: usize) -> Self {
        match self {
            Self::Share(share) => Self::Share(share),
            Self::Amount(amount) => Self::Amount(amount / bills.max(1) as f64),
        }
    }
}

/// The factors of each bill's cycles, and last of all bills' together.
pub(super) fn factors(
    engine: &Engine,
    bills: &Components,
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
    // A bill whose data stopped is not zero; where all did, their last days are all there is.
    let mut live: Vec<usize> = (0..priced.len()).filter(|place| !facts[*place].stopped).collect();
    if live.is_empty() {
        live = (0..priced.len()).collect();
    }
    let (start, sum) = summed(&all, Some(&all), &live);
    values.push("total", start, &sum)?;
    question.0.push(live.iter().map(|place| facts[*place].cutoff).min().unwrap_or(start));
    let cycles: BTreeSet<BillingCycle> = question.1.iter().flatten().copied().collect();
    question.1.push(cycles.into_iter().collect());
    let values = Components::level_only(values.build());
    let found = engine.forecast(&Question::new(&values, &question.0, &question.1)?);
    let expected = |place: usize, cycle: BillingCycle| -> f64 {
        match rests.get(place) {
            Some(rest) => rest.value(cycle),
            None => live.iter().map(|place| rests[*place].value(cycle)).sum(),
        }
    };
    let of = |(place, own): (usize, SeriesForecast)| {
        let factor = |forecast: &CycleForecast| {
            let rest = expected(place, forecast.cycle);
            let remaining = forecast.remaining.clone().unwrap_or_else(|| Quantiles::exactly(0.0));
            let point = remaining.point();
            let [lower95, lower80, upper80, upper95] = remaining.bounds().map(|bound| bound - point);
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
