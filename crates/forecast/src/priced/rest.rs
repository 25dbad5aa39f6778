//! What the rest of each cycle is expected to use and to cost, as the forecast of the whole bill says.

use super::{bill::PricedBill, by_price::By};
use crate::{
    bill::{Bill, Part, UnitForecast, View, carried},
    calendar::rule_of,
};
use billing::{BillingCycle, CycleDay};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Expected beyond what is seen, by day.
pub(super) type Days = BTreeMap<NaiveDate, f64>;

/// What one bill is expected to use and to be charged in a cycle beyond what is in its data.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    /// Of each meter: costs, or quantities.
    pub meters: Vec<Days>,
    /// Costs of what has no price.
    pub unpriced: Days,
    /// Recurring purchases.
    pub purchases: Days,
    /// What is expected of the bill's use, each unit at its value.
    pub level: f64,
}

/// Where rests come from: the bill's use, with the forecast of each unit.
pub(super) struct Expected<'a> {
    pub bill: &'a Bill,
    pub forecasts: &'a [UnitForecast],
}

impl Expected<'_> {
    /// The forecast of a unit in a cycle; `None` without one.
    pub(super) fn unit(&self, unit: usize, cycle: BillingCycle) -> Option<&Part> {
        self.forecasts[unit].cycles.get(self.place(unit, cycle)?)?.as_ref()
    }

    fn row(&self, row: usize, cycle: BillingCycle) -> Option<&Part> {
        let unit = self.bill.rows[row].unit;
        let own = &self.forecasts[unit].rows[row - self.bill.rows_of(unit).start];
        own.1.get(self.place(unit, cycle)?)?.as_ref()
    }

    fn place(&self, unit: usize, cycle: BillingCycle) -> Option<usize> {
        self.bill.units[unit].facts.cycles.iter().position(|facts| facts.cycle == cycle && !facts.closed)
    }

    /// The rest of a cycle of a bill that these units make. `by` says how each of its meters is forecast.
    pub(super) fn rest(
        &self,
        bill: &PricedBill<'_>,
        by: &[By],
        units: &[usize],
        cycle: BillingCycle,
    ) -> Rest {
        let mut rest = Rest { meters: vec![Days::new(); bill.meters.len()], ..Rest::default() };
        let mut rows_of_charges: BTreeMap<usize, Days> = BTreeMap::new();
        for unit in units {
            let Some(part) = self.unit(*unit, cycle) else { continue };
            let rule =
                self.bill.units[*unit].facts.cycles.first().map_or(CycleDay::FIRST, |own| rule_of(own.cycle));
            let view = View { cutoff: self.bill.units[*unit].facts.cutoff, last_seen: None, rule };
            let charges = carried(self.bill, &self.bill.units[*unit], cycle, &view);
            rest.level += part.level;
            add(&mut rest.unpriced, self.level_days(part, self.bill.units[*unit].series, &charges.unit), 1.0);
            add(&mut rest.purchases, charges.unit, 1.0);
            rows_of_charges.extend(charges.rows);
        }
        let nothing = Days::new();
        for (place, meter) in bill.meters.iter().enumerate() {
            let Some(row) = meter.row else { continue };
            let Some(part) = self.row(row, cycle) else { continue };
            let charges = rows_of_charges.get(&row).unwrap_or(&nothing);
            let days = self.level_days(part, self.bill.rows[row].series, charges);
            add(&mut rest.unpriced, days.clone(), -1.0);
            let times = match by[place] {
                By::Costs(_) => 1.0,
                By::Quantities(value) => 1.0 / value,
            };
            add(&mut rest.meters[place], days, times);
        }
        rest
    }

    /// What the days of a forecast hold beyond what is seen of them, purchases aside.
    fn level_days(&self, part: &Part, series: usize, charges: &Days) -> Days {
        let seen = self.bill.series.get(series);
        let beyond = |date: NaiveDate, expected: f64| {
            let known = seen.level.value_on(date).or_else(|| seen.known_part_of(date)).unwrap_or(0.0);
            expected - known - charges.get(&date).copied().unwrap_or(0.0)
        };
        part.forecast.daily.iter().map(|day| (day.date, beyond(day.date, day.expected()))).collect()
    }
}

fn add(sum: &mut Days, more: Days, times: f64) {
    for (day, amount) in more {
        *sum.entry(day).or_default() += times * amount;
    }
}
