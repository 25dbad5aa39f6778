//! Alternatives of a plan: other regions, sizes and offers, reservations and savings plans.
//!
//! Each alternative changes one thing of the plan and is set against what the lines that it can price cost as planned,
//! so that a missing price never makes an alternative look cheap; which share of the plan that is stands beside it.

use crate::{
    BreakEven, Estimate, EstimateLine, Plan, PlanLine, Result,
    commitment::committed,
    estimate,
    estimate::settle,
    lookup::find,
    offers::{Offer, terms_of_offer},
    plan::What,
    region::{is_zone, same_region},
};
use billing::{Amount, BillingCycle, CycleDay, CycleTerms, Price, PriceCard, PriceKind, Unpriced};
use chrono::NaiveDate;
use std::{collections::BTreeSet, fmt};

/// What an alternative changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Everything in another region.
    Region(String),
    /// Every machine in another size.
    Size(String),
    /// Under another offer.
    Offer(Offer),
    /// Machines reserved for a number of years.
    Reservation(u32),
    /// Under a savings plan of a number of years.
    SavingsPlan(u32),
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(region) => write!(formatter, "region {region}"),
            Self::Size(size) => write!(formatter, "size {size}"),
            Self::Offer(offer) => write!(formatter, "offer {} ({})", offer.id, offer.name),
            Self::Reservation(years) => write!(formatter, "reservation {years}y"),
            Self::SavingsPlan(years) => write!(formatter, "savings plan {years}y"),
        }
    }
}

/// A plan and its alternatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The plan as it is.
    pub planned: Estimate,
    /// The alternatives, in the order asked for.
    pub alternatives: Vec<Alternative>,
}

/// One alternative.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// What it changes.
    pub change: Change,
    /// Its lines.
    pub lines: Vec<EstimateLine>,
    /// Cost as planned of the lines that it prices: low, likely and high.
    pub as_planned: [Amount; 3],
    /// Their cost in the alternative, after a credit of its offer.
    pub cost: [Amount; 3],
    /// The share of the plan's likely cost that it prices, 0 to 1; `None` for a plan that costs nothing.
    pub covered: Option<f64>,
    /// Break-even points of a commitment, line by line.
    pub break_even: Vec<BreakEven>,
}

impl Comparison {
    /// Comparisons of several subscriptions as one; they have the same alternatives. `None` of none.
    #[must_use]
    pub fn joined(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        let likely = |own: &Self| -> f64 {
            own.planned.lines.iter().filter_map(|line| Some(line.cost.ok()?[1].to_f64())).sum()
        };
        all.into_iter().reduce(|mut one, other| {
            let (before, more) = (likely(&one), likely(&other));
            for (own, added) in one.alternatives.iter_mut().zip(other.alternatives) {
                let covered = own.covered.unwrap_or(0.0) * before + added.covered.unwrap_or(0.0) * more;
                own.covered = (before + more > 0.0).then_some(covered / (before + more));
                for end in 0..3 {
                    own.as_planned[end] += added.as_planned[end];
                    own.cost[end] += added.cost[end];
                }
                own.lines.extend(added.lines);
                own.break_even.extend(added.break_even);
            }
            one.planned.lines.extend(other.planned.lines);
            one.planned.bills.extend(other.planned.bills);
            one
        })
    }
}

/// Prices a plan as it is and changed. See [`estimate`] for `as_of` and `cycle_day`.
///
/// # Errors
/// [`crate::Error::Line`] for costs that cannot be held.
pub fn compare(
    plan: &Plan,
    card: &PriceCard,
    changes: &[Change],
    as_of: NaiveDate,
    cycle_day: CycleDay,
) -> Result<Comparison> {
    let planned = estimate(plan, card, as_of, cycle_day)?;
    let whole: Amount = planned.lines.iter().filter_map(|line| Some(line.cost.ok()?[1])).sum();
    let mut alternatives = Vec::with_capacity(changes.len());
    for change in changes {
        let (lines, break_even) = match change {
            Change::Reservation(years) => {
                committed(plan, card, &planned, PriceKind::Reservation { years: *years }, as_of)?
            }
            Change::SavingsPlan(years) => {
                committed(plan, card, &planned, PriceKind::SavingsPlan { years: *years }, as_of)?
            }
            _ => (changed(plan, card, &planned, change, as_of, cycle_day)?, Vec::new()),
        };
        let both: Vec<(&EstimateLine, &EstimateLine)> = lines
            .iter()
            .zip(&planned.lines)
            .filter(|(own, before)| own.cost.is_ok() && before.cost.is_ok())
            .collect();
        let (own, before): (Vec<_>, Vec<_>) = both.into_iter().unzip();
        let covered = (whole > Amount::ZERO).then(|| sums(&before)[1].to_f64() / whole.to_f64());
        let (cost, as_planned) = match change {
            // Terms are those of the whole bill, on both sides.
            Change::Offer(offer) => {
                let terms = |cycle: Option<BillingCycle>| {
                    card.terms.in_cycle(
                        cycle.or(plan.billing_period).unwrap_or(BillingCycle::containing(as_of, cycle_day)),
                    )
                };
                let of_offer = |index: usize, cycle| {
                    let terms = terms_of_offer(terms(cycle), *offer, &card.currency);
                    // A credit that is granted once is one of the first cycle.
                    if offer.is_once && index > 0 { CycleTerms { credit: None, ..terms } } else { terms }
                };
                (
                    amount_due(of_offer, plan.committed, &own)?,
                    amount_due(|_, cycle| terms(cycle), plan.committed, &before)?,
                )
            }
            _ => (sums(&own), sums(&before)),
        };
        alternatives.push(Alternative {
            change: change.clone(),
            lines,
            as_planned,
            cost,
            covered,
            break_even,
        });
    }
    Ok(Comparison { planned, alternatives })
}

/// The plan's lines, cycle by cycle, with one thing changed; those that cannot be changed have a reason.
fn changed(
    plan: &Plan,
    card: &PriceCard,
    planned: &Estimate,
    change: &Change,
    as_of: NaiveDate,
    cycle_day: CycleDay,
) -> Result<Vec<EstimateLine>> {
    let altered: Vec<std::result::Result<PlanLine, Unpriced>> =
        plan.lines.iter().map(|line| alter(line, card, change)).collect();
    let other = Plan { lines: altered.iter().filter_map(|line| line.clone().ok()).collect(), ..plan.clone() };
    let found = estimate(&other, card, as_of, cycle_day)?;
    let of = |before: &EstimateLine| {
        let own = found.lines.iter().find(|line| line.name == before.name && line.cycle == before.cycle);
        own.cloned().unwrap_or_else(|| {
            let place = plan.lines.iter().position(|line| line.name == before.name);
            let why = place.and_then(|place| altered[place].as_ref().err().copied());
            let nothing = EstimateLine { meter: None, priced_as: None, unit_price: None, ..before.clone() };
            EstimateLine { cost: Err(why.unwrap_or(Unpriced::NoRate)), ..nothing }
        })
    };
    Ok(planned.lines.iter().map(of).collect())
}

/// A line with one thing changed.
fn alter(line: &PlanLine, card: &PriceCard, change: &Change) -> std::result::Result<PlanLine, Unpriced> {
    let line = line.clone();
    match change {
        Change::Region(region) => match &line.what {
            What::Sku(_) => Ok(PlanLine { region: region.clone(), ..line }),
            What::Meter(meter) => {
                let own = card.of_meter(meter).next().ok_or(Unpriced::NoRate)?;
                if own.region.is_empty() || same_region(&own.region, region) {
                    return Ok(line);
                }
                // Which zone a region lies in is not known here.
                if is_zone(&own.region) {
                    return Err(Unpriced::NoRegion);
                }
                // A meter belongs to its region; the same thing elsewhere has the same name and another meter.
                let alike = |price: &&Price| {
                    price.full_name() == own.full_name()
                        && price.sku == own.sku
                        && price.kind == line.kind
                        && same_region(&price.region, region)
                };
                let other = card.prices().iter().find(alike).ok_or(Unpriced::NoRegion)?;
                Ok(PlanLine { what: What::Meter(other.meter.clone()), region: region.clone(), ..line })
            }
        },
        Change::Size(size) => match &line.what {
            What::Sku(_) => Ok(PlanLine { what: What::Sku(size.clone()), ..line }),
            What::Meter(_) => Ok(line),
        },
        Change::Offer(offer) if offer.is_dev_test && line.kind == PriceKind::Consumption => {
            // Without a price for development and test the usual price applies.
            let dev_test = PlanLine { kind: PriceKind::DevTest, ..line.clone() };
            Ok(if matches!(find(&dev_test, card), Ok(Ok(_))) { dev_test } else { line })
        }
        Change::Offer(_) | Change::Reservation(_) | Change::SavingsPlan(_) => Ok(line),
    }
}

/// The sum of lines' costs: low, likely and high.
fn sums(lines: &[&EstimateLine]) -> [Amount; 3] {
    [0, 1, 2].map(|end| lines.iter().filter_map(|line| Some(line.cost.ok()?[end])).sum())
}

/// The amount due over all cycles, by the terms of each, which follow from its index and the cycle.
fn amount_due(
    terms: impl Fn(usize, Option<BillingCycle>) -> CycleTerms,
    committed: Amount,
    lines: &[&EstimateLine],
) -> Result<[Amount; 3]> {
    let cycles: BTreeSet<_> = lines.iter().map(|line| line.cycle).collect();
    let mut out = [Amount::ZERO; 3];
    for (index, cycle) in cycles.into_iter().enumerate() {
        let of_cycle = lines.iter().copied().filter(|line| line.cycle == cycle);
        for (sum, settled) in out.iter_mut().zip(settle(&terms(index, cycle), committed, of_cycle)?) {
            *sum += settled.net();
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PlanFormat, read_plan, read_retail, retail_card};
    use billing::OfferTerms;

    /// Items of a reply: kind, meter, product, size, region, price, and more fields.
    fn card() -> PriceCard {
        let item = |kind: &str,
                    meter: &str,
                    product: &str,
                    sku: &str,
                    region: &str,
                    price: &str,
                    more: &str| {
            format!(
                r#"{{"currencyCode":"USD","tierMinimumUnits":0,"retailPrice":{price},"armRegionName":"{region}","meterId":"{meter}",
                "meterName":"M","productName":"{product}","skuName":"S","skuId":"{meter}{kind}","serviceName":"Virtual Machines",
                "unitOfMeasure":"1 Hour","type":"{kind}","armSkuName":"{sku}"{more}}}"#
            )
        };
        let plans = r#","savingsPlan":[{"retailPrice":0.07,"term":"1 Year"}]"#;
        let items = [
            item("Consumption", "a", "D Series", "D2", "eastus", "0.1", plans),
            item("Consumption", "b", "D Series Windows", "D2", "eastus", "0.15", ""),
            item("Consumption", "c", "D Series", "D2", "westeurope", "0.12", ""),
            item("Consumption", "d", "D Series", "D4", "eastus", "0.2", ""),
            item("DevTestConsumption", "b", "D Series Windows", "D2", "eastus", "0.1", ""),
            item("Reservation", "a", "D Series", "D2", "eastus", "438", r#","reservationTerm":"1 Year""#),
            item("Consumption", "e", "Disks", "", "eastus", "5", ""),
        ];
        let body = format!(r#"{{"Items":[{}]}}"#, items.join(","));
        retail_card(&read_retail(body.as_bytes(), "the reply").unwrap(), "the reply").unwrap()
    }

    const LINUX: &str = "[[line]]\nname = \"web\"\nsku = \"D2\"\nregion = \"eastus\"\nos = \"linux\"\ncount = 2\nquantity = 730\n";
    const WINDOWS: &str =
        "[[line]]\nname = \"app\"\nsku = \"D2\"\nregion = \"eastus\"\nos = \"windows\"\nquantity = 100\n";
    const DISK: &str = "[[line]]\nname = \"disk\"\nmeter = \"e\"\nquantity = 10\n";

    fn run(lines: &[&str], change: Change) -> Alternative {
        let plan = format!("currency = \"USD\"\n{}", lines.concat());
        let plan = read_plan(&plan, PlanFormat::Toml, "the plan").unwrap();
        let day = "2026-12-20".parse().unwrap();
        compare(&plan, &card(), &[change], day, CycleDay::FIRST).unwrap().alternatives.remove(0)
    }

    fn figures(found: &Alternative) -> (String, String, String) {
        let covered = found.covered.map_or_else(String::new, |share| format!("{share:.3}"));
        (found.as_planned[1].to_string(), found.cost[1].to_string(), covered)
    }

    fn text(one: &str, other: &str, covered: &str) -> (String, String, String) {
        (one.to_owned(), other.to_owned(), covered.to_owned())
    }

    #[test]
    fn another_region_prices_what_it_has_and_says_which_share_that_is() {
        // 146 of machines and 50 of disks, which the other region does not have.
        let found = run(&[LINUX, DISK], Change::Region("westeurope".to_owned()));
        assert_eq!(figures(&found), text("146", "175.2", "0.745"));
        assert_eq!(found.lines[1].cost, Err(Unpriced::NoRegion));
    }

    #[test]
    fn another_size_leaves_what_is_no_machine_as_it_is() {
        let found = run(&[LINUX, DISK], Change::Size("D4".to_owned()));
        assert_eq!(figures(&found), text("196", "342", "1.000"));
    }

    #[test]
    fn a_reservation_is_paid_whether_it_is_used_or_not_and_a_licence_beside_it() {
        // 438 a year is 36.5 a month and machine: 73 of 146; the other runs 100 hours: 36.5 and a licence of 5.
        let found = run(&[LINUX, WINDOWS, DISK], Change::Reservation(1));
        assert_eq!(figures(&found), text("161", "114.5", "0.763"));
        // Half the hours of a month; 438 over 2.4 a day.
        assert_eq!((found.break_even[0].utilisation, found.break_even[0].day), (0.5, Some(183)));
        assert_eq!(found.break_even.len(), 2);
    }

    #[test]
    fn a_savings_plan_is_paid_every_hour_and_a_licence_beside_it() {
        // 0.07 × 730 = 51.1 a machine: two of them, and one that runs 100 hours with a licence of 5.
        let found = run(&[LINUX, WINDOWS], Change::SavingsPlan(1));
        assert_eq!(figures(&found), text("161", "158.3", "1.000"));
        assert!((found.break_even[0].utilisation - 0.7).abs() < 1e-9 && found.break_even[0].day.is_none());
        assert_eq!(figures(&run(&[LINUX], Change::SavingsPlan(3))), text("0", "0", "0.000"));
    }

    #[test]
    fn a_price_of_ten_hours_is_committed_to_by_the_hour() {
        let mut blocks: Vec<Price> = card().prices().to_vec();
        for price in blocks.iter_mut().filter(|price| price.kind == PriceKind::Consumption) {
            price.unit = "10 Hours".parse().unwrap();
            let each: Amount = if price.product.contains("Windows") { "1.5" } else { "1" }.parse().unwrap();
            price.tiers = billing::Tiers::new([(Amount::ZERO, each)], Amount::ZERO).unwrap();
        }
        let card = PriceCard::new("USD".parse().unwrap(), OfferTerms::default(), blocks);
        // 73 units of ten hours, on two machines; 100 hours with a licence of 0.05 each.
        let lines = [LINUX.replace("730", "73"), WINDOWS.replace("100", "10")].concat();
        let plan = read_plan(&format!("currency = \"USD\"\n{lines}"), PlanFormat::Toml, "the plan").unwrap();
        let day = "2026-12-20".parse().unwrap();
        let found = compare(&plan, &card, &[Change::Reservation(1)], day, CycleDay::FIRST).unwrap();
        assert_eq!(figures(&found.alternatives[0]), text("161", "114.5", "1.000"));
        assert_eq!(found.alternatives[0].break_even[0].utilisation, 0.5);
    }

    #[test]
    fn a_line_of_many_hours_is_many_machines_and_spot_is_not_committed_to() {
        let many = LINUX.replace("count = 2", "count = 1").replace("730", "7300");
        // Ten machines at 36.5.
        assert_eq!(figures(&run(&[&many], Change::Reservation(1))), text("730", "365", "1.000"));
        let spot = LINUX.replace("count = 2", "kind = \"spot\"");
        let found = run(&[&spot, DISK], Change::Offer(Offer::named("0023P").unwrap()));
        assert_eq!(found.lines[0].cost, Err(Unpriced::NoRate));
    }

    #[test]
    fn an_offer_has_its_own_prices_where_there_are_some_and_its_credit() {
        let found = run(&[LINUX, WINDOWS], Change::Offer(Offer::named("0023P").unwrap()));
        assert_eq!(figures(&found), text("161", "156", "1.000"));
        let found = run(&[LINUX, WINDOWS], Change::Offer(Offer::named("MS-AZR-0063P").unwrap()));
        assert_eq!(figures(&found), text("161", "6", "1.000"));
        // A credit that is granted once pays for the first month, and what is left of it is lost.
        let dated = LINUX.to_owned() + "from = 2026-12-01\nto = 2027-02-01\n";
        let found = run(&[&dated], Change::Offer(Offer::named("0044P").unwrap()));
        assert_eq!(figures(&found), text("292", "146", "1.000"));
        assert!(Offer::named("MS-AZR-9999P").unwrap_err().contains("MS-AZR-0003P"));
    }
}
