//! Machines that are reserved or under a savings plan, against usage at the price of each hour.

use crate::{
    Error, Estimate, EstimateLine, Os, Plan, PlanLine, Result,
    hours::{MONTH_HOURS, cost_of_hour},
    lookup::{find, os_of},
    plan::What,
};
use billing::{Amount, Price, PriceCard, PriceKind, Unpriced};
use chrono::NaiveDate;

/// Where a commitment becomes cheaper than usage without one.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakEven {
    /// The line.
    pub line: String,
    /// Share of all hours that a machine must run, 0 to 1; above 1 the commitment never pays.
    pub utilisation: f64,
    /// Days of usage around the clock after which an upfront payment has paid off; `None` without such a payment, or where
    /// usage costs nothing.
    pub day: Option<u64>,
}

/// Hours of the longest month.
const LONGEST_MONTH_HOURS: f64 = 744.0;

/// The plan's machines reserved or under a savings plan: a machine costs its part of the term's price, or the plan's
/// price of every hour, whether it runs or not, and Windows its licence beside that, by the hour. A line of more hours
/// than a month has is several machines.
pub(crate) fn committed(
    plan: &Plan,
    card: &PriceCard,
    planned: &Estimate,
    kind: PriceKind,
    as_of: NaiveDate,
) -> Result<(Vec<EstimateLine>, Vec<BreakEven>)> {
    let mut out = Vec::with_capacity(planned.lines.len());
    let mut break_even: Vec<BreakEven> = Vec::new();
    for before in &planned.lines {
        let Some(line) = plan.lines.iter().find(|line| line.name == before.name) else { continue };
        let too_large = || Error::Line { line: line.name.clone(), source: billing::Error::TooLarge };
        let cost = match (before.cost, terms_of(line, card, kind, as_of)) {
            (Err(why), _) | (_, Err(why)) => Err(why),
            (Ok(_), Ok(own)) => {
                // The days of the line in the cycle bear their part of the month.
                let (there, days) = days_there(line, before);
                let machines = line.count.times(own.machines).ok_or_else(too_large)?;
                let all = own
                    .month
                    .times(machines)
                    .and_then(|all| all.times(Amount::whole(there)))
                    .ok_or_else(too_large)?;
                let fixed = all.divided_by(days);
                let mut ends = [Amount::ZERO; 3];
                for (end, used) in ends.iter_mut().zip(before.quantities) {
                    let hours = used.times(own.block).ok_or_else(too_large)?;
                    let licence = hours.times(own.licence).ok_or_else(too_large)?;
                    *end = fixed.checked_add(licence).ok_or_else(too_large)?;
                }
                if !break_even.iter().any(|known| known.line == line.name) {
                    break_even.push(breaks_even(line, &own));
                }
                Ok(ends)
            }
        };
        let priced_as = cost.ok().map(|_| kind.to_string());
        out.push(EstimateLine { cost, priced_as, unit_price: None, ..before.clone() });
    }
    Ok((out, break_even))
}

/// Prices of a machine that is committed to.
struct Committed {
    /// Of a month, whether it runs or not.
    month: Amount,
    /// Of the whole term, where it can be paid in advance.
    term: Option<Amount>,
    /// Of an hour as it comes, without a licence.
    hour: Amount,
    /// Of the licence, by the hour.
    licence: Amount,
    /// Hours of a unit of the usage price.
    block: Amount,
    /// Machines of each of the line's count: one, unless it has more hours than a month.
    machines: Amount,
}

fn terms_of(
    line: &PlanLine,
    card: &PriceCard,
    kind: PriceKind,
    as_of: NaiveDate,
) -> std::result::Result<Committed, Unpriced> {
    let (What::Sku(_), PriceKind::Consumption) = (&line.what, line.kind) else {
        return Err(Unpriced::NoRate);
    };
    let day = line.span.map_or(as_of, |(from, _)| from);
    let found = |line: &PlanLine| find(line, card).map_err(|_| Unpriced::NoRate)?;
    let price_of = |line: &PlanLine| billing::in_force(&found(line)?.prices, day);
    let hour_of = |price: &Price| cost_of_hour(price).ok_or(Unpriced::UnknownUnit);
    // A commitment is to the machine alone, whatever it runs; savings plans name one price for each.
    let os = matches!(kind, PriceKind::SavingsPlan { .. }).then_some(Os::Linux);
    let machine = price_of(&PlanLine { kind, os, unit: None, ..line.clone() })?;
    let (month, term) = match kind {
        PriceKind::Reservation { years } => {
            let term = machine.tiers.prices().next().ok_or(Unpriced::NoRate)?;
            (term.divided_by(u64::from(12 * years)), Some(term))
        }
        _ => (hour_of(machine)?.times(Amount::whole(MONTH_HOURS)).ok_or(Unpriced::NoRate)?, None),
    };
    let as_it_comes = price_of(line)?;
    let hour = match os_of(as_it_comes) {
        Os::Windows => hour_of(price_of(&PlanLine { os: Some(Os::Linux), ..line.clone() })?)?,
        Os::Linux => hour_of(as_it_comes)?,
    };
    let block = as_it_comes.unit.block();
    let things = line.unit.as_ref().map_or(block, |unit| unit.block());
    let months = line.quantity.likely.to_f64() * things.to_f64() / LONGEST_MONTH_HOURS;
    let machines = Amount::whole(months.ceil().max(1.0) as u64);
    Ok(Committed { month, term, hour, licence: hour_of(as_it_comes)? - hour, block, machines })
}

/// Days of its cycle on which a line is there, and how many there are.
fn days_there(line: &PlanLine, of: &EstimateLine) -> (u64, u64) {
    let (Some(cycle), Some((from, to))) = (of.cycle, line.span) else { return (1, 1) };
    let there = cycle.days().filter(|day| from <= *day && *day < to).count();
    (there as u64, cycle.len_days() as u64)
}

fn breaks_even(line: &PlanLine, own: &Committed) -> BreakEven {
    let hour = own.hour.to_f64();
    let around_the_clock = hour * MONTH_HOURS as f64;
    let share = own.month.to_f64() / around_the_clock;
    let days = own.term.map(|term| term.to_f64() / (hour * 24.0)).filter(|days| days.is_finite());
    BreakEven {
        line: line.name.clone(),
        utilisation: if share.is_finite() { share } else { f64::INFINITY },
        day: days.map(|days| days.ceil() as u64),
    }
}
