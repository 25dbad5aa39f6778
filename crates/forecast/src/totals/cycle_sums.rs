//! Sums of cycles: all that are asked for, or those of each quarter or year.
//!
//! A sum's total is the sum of its cycles' rounded totals. Errors of later cycles go together: the bounds of a sum
//! are the sums of its cycles' bounds, their distances from the total times 0.9. Wrong where a cycle's surprise
//! is made good by the next one.

use super::{GroupTotal, LineTotal, NetTotal, digits};
use crate::{cycle_total::Status, error::Error, price_difference::PriceDifference, quantiles::Quantiles};
use billing::{Amount, BillingCycle, Currency, Settlement};
use chrono::Datelike;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// What distances from the total are multiplied by, where more than one cycle is uncertain: with it sums of a year
/// of cycles hold as often as their ranges say.
const TOGETHER: f64 = 0.9;
const MONTHS_OF_YEAR: i32 = 12;
const MONTHS_OF_QUARTER: i32 = 3;

/// Which cycles are summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SumSpan {
    /// All of them.
    #[default]
    All,
    /// Those that begin in the same quarter.
    Quarter,
    /// Those that begin in the same year.
    Year,
}

/// Which cycles are summed, and in which month years begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleSums {
    /// Which cycles.
    pub span: SumSpan,
    /// The first month of years, and of their first quarter: 1 to 12.
    pub first_month: u32,
}

impl SumSpan {
    const ALL: [Self; 3] = [Self::All, Self::Quarter, Self::Year];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

impl fmt::Display for SumSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SumSpan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|span| span.name() == text).ok_or_else(|| Error::UnknownSpan {
            given: text.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

impl CycleSums {
    /// Which sum a cycle belongs to.
    fn place(self, cycle: BillingCycle) -> i32 {
        let first = i32::try_from(self.first_month).unwrap_or(1) - 1;
        let month = cycle.start().year() * MONTHS_OF_YEAR + cycle.start().month0() as i32 - first;
        match self.span {
            SumSpan::All => 0,
            SumSpan::Quarter => month.div_euclid(MONTHS_OF_QUARTER),
            SumSpan::Year => month.div_euclid(MONTHS_OF_YEAR),
        }
    }

    /// The sums over the cycles of every group, for every span of two cycles and more, in the order of the groups.
    ///
    /// A group that has no row in a cycle costs nothing in it. Without a forecast of one cycle a sum has none.
    #[must_use]
    pub fn of(self, rows: &[GroupTotal]) -> Vec<GroupTotal> {
        let mut spans: BTreeMap<(Option<&Currency>, i32), Vec<BillingCycle>> = BTreeMap::new();
        for row in rows {
            let cycles = spans.entry((row.currency.as_ref(), self.place(row.cycle))).or_default();
            if let Err(place) = cycles.binary_search(&row.cycle) {
                cycles.insert(place, row.cycle);
            }
        }
        let mut groups: BTreeMap<_, Vec<&GroupTotal>> = BTreeMap::new();
        for row in rows {
            let place = self.place(row.cycle);
            groups.entry((place, row.currency.as_ref(), &row.keys, row.level)).or_default().push(row);
        }
        let sums = groups.into_iter().filter_map(|((place, currency, ..), rows)| {
            let cycles = spans.get(&(currency, place)).filter(|cycles| cycles.len() > 1)?;
            sum(&rows, cycles)
        });
        sums.collect()
    }
}

/// The sum of a group's rows, over these cycles.
fn sum(rows: &[&GroupTotal], cycles: &[BillingCycle]) -> Option<GroupTotal> {
    let (first, last) = (rows.first()?, cycles.last()?);
    let span = BillingCycle::new(cycles[0].start(), last.end()).ok()?;
    let totals: Option<Vec<&Quantiles<Amount>>> = rows.iter().map(|row| row.total.as_ref()).collect();
    let digits = digits(first.currency.as_ref());
    let net: Option<Vec<&NetTotal>> = rows.iter().map(|row| row.net.as_ref()).collect();
    Some(GroupTotal {
        cycle: span,
        cycles: cycles.len(),
        status: status(rows),
        reason: rows.iter().find_map(|row| row.reason.clone()),
        actual: rows.iter().map(|row| row.actual).sum(),
        total: totals.and_then(|totals| together(&totals, digits)),
        recurring: rows.iter().map(|row| row.recurring).sum(),
        previous: None,
        known_days: Vec::new(),
        expected_days: Vec::new(),
        members: Vec::new(),
        lines: lines(rows),
        net: net.and_then(|net| net_of(&net, digits)),
        ..(*first).clone()
    })
}

/// Amounts that are large together; their ranges as those of sums.
fn together(totals: &[&Quantiles<Amount>], digits: u32) -> Option<Quantiles<Amount>> {
    let (first, others) = totals.split_first()?;
    let all = others.iter().fold((*first).clone(), |sum, own| sum.add_comonotone(own));
    let uncertain = totals.iter().filter(|total| !total.is_certain()).count();
    let point = totals.iter().map(|total| total.point()).sum();
    let all = if uncertain > 1 { all.widen(TOGETHER) } else { all };
    Some(all.rounded(digits).with_point(point))
}

/// The least certain status of open cycles.
fn status(rows: &[&GroupTotal]) -> Status {
    let open = rows.iter().map(|row| row.status).filter(|status| *status != Status::Closed);
    open.max().unwrap_or(Status::Closed)
}

fn lines(rows: &[&GroupTotal]) -> Vec<LineTotal> {
    let mut lines: Vec<LineTotal> = Vec::new();
    for own in rows.iter().flat_map(|row| &row.lines) {
        match lines.iter_mut().find(|line| line.line == own.line) {
            None => lines.push(*own),
            Some(line) => {
                line.actual += own.actual;
                line.total += own.total;
            }
        }
    }
    lines.sort_by_key(|line| line.line);
    lines
}

fn net_of(all: &[&NetTotal], digits: u32) -> Option<NetTotal> {
    let sum = |of: fn(&Settlement) -> Amount| all.iter().map(|net| of(&net.settled)).sum();
    let mut differences: BTreeMap<PriceDifference, Amount> = BTreeMap::new();
    for (why, amount) in all.iter().flat_map(|net| &net.differences) {
        *differences.entry(*why).or_default() += *amount;
    }
    let dues: Vec<&Quantiles<Amount>> = all.iter().map(|net| &net.due).collect();
    Some(NetTotal {
        settled: Settlement {
            gross: sum(|own| own.gross),
            credit: sum(|own| own.credit),
            discount: sum(|own| own.discount),
            recurring: sum(|own| own.recurring),
        },
        by_costs: all.iter().map(|net| net.by_costs).sum(),
        differences: differences.into_iter().collect(),
        due: together(&dues, digits)?,
        credit_used_up: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{test_series::month, totals::ExpectedMissing};

    fn row(start: &str, total: &str, off: &str) -> GroupTotal {
        let amount = |text: &str| text.parse::<Amount>().expect("an amount");
        let (total, off) = (amount(total), amount(off));
        let bounds = [total - off - off, total - off, total + off, total + off + off];
        GroupTotal {
            level: 0,
            keys: Vec::new(),
            name: "Total".to_owned(),
            currency: "EUR".parse().ok(),
            cycle: month(start),
            cycles: 1,
            cutoff: month(start).start(),
            status: Status::Ok,
            reason: None,
            stop_probability: 0.0,
            model: String::new(),
            members: Vec::new(),
            actual: Amount::ZERO,
            total: Some(Quantiles::around(total, bounds, None)),
            recurring: Amount::ZERO,
            missing: ExpectedMissing::default(),
            previous: None,
            history_days: 90,
            missing_days: 0,
            covered_from: None,
            without_forecast: 0,
            trend: Vec::new(),
            known_days: Vec::new(),
            expected_days: Vec::new(),
            lines: Vec::new(),
            units: Vec::new(),
            net: None,
        }
    }

    fn sums(span: SumSpan, first_month: u32, rows: &[GroupTotal]) -> Vec<(String, usize, String)> {
        let found = CycleSums { span, first_month }.of(rows);
        let text = |row: GroupTotal| {
            let [low, high] = row.total.as_ref().map(|total| total.interval(0.8)).expect("a total");
            let amounts = [row.point().expect("a total"), low, high].map(|amount| amount.to_fixed(2));
            (row.cycle.to_string(), row.cycles, amounts.join(" "))
        };
        found.into_iter().map(text).collect()
    }

    #[test]
    fn bounds_add_up_to_nine_tenths_of_their_distances() {
        let rows =
            [row("2026-10-01", "100", "10"), row("2026-11-01", "50", "5"), row("2026-12-01", "60", "0")];
        let expected = ("2026-10-01 to 2026-12-31".to_owned(), 3, "210.00 196.50 223.50".to_owned());
        assert_eq!(sums(SumSpan::All, 1, &rows), [expected]);
        // A single uncertain cycle keeps its own distances.
        let one = sums(SumSpan::All, 1, &rows[1..]);
        assert_eq!(one[0].2, "110.00 105.00 115.00");
    }

    #[test]
    fn quarters_and_years_begin_in_their_month_and_one_cycle_is_no_sum() {
        let rows: Vec<GroupTotal> = ["2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01", "2027-02-01"]
            .map(|start| row(start, "10", "1"))
            .to_vec();
        let spans = |span, first| -> Vec<String> {
            sums(span, first, &rows).into_iter().map(|(span, count, _)| format!("{span}: {count}")).collect()
        };
        assert_eq!(
            spans(SumSpan::Quarter, 1),
            ["2026-10-01 to 2026-12-31: 3", "2027-01-01 to 2027-02-28: 2"]
        );
        assert_eq!(spans(SumSpan::Quarter, 2), ["2026-11-01 to 2027-01-31: 3"]);
        assert_eq!(spans(SumSpan::Year, 7), ["2026-10-01 to 2027-02-28: 5"]);
        assert_eq!(
            "month".parse::<SumSpan>().unwrap_err().to_string(),
            "unknown sum `month`; one of all, quarter, year"
        );
    }

    #[test]
    fn without_the_forecast_of_a_cycle_a_sum_has_none() {
        let mut rows = [row("2026-10-01", "100", "10"), row("2026-11-01", "50", "5")];
        rows[1].total = None;
        rows[1].status = Status::Insufficient;
        let found = CycleSums { span: SumSpan::All, first_month: 1 }.of(&rows);
        assert_eq!((found[0].total.clone(), found[0].status), (None, Status::Insufficient));
    }
}
