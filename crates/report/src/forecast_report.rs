//! The result of `predict`: the one versioned result behind each of its outputs.
//!
//! Totals are those of the engine ([`forecast::GroupTotal`]), rounded there. Here they are only put in
//! order under the names of the interface.

use crate::{Column, ColumnValues, Dataset, Error, Result, columns, finding::Finding, findings_of_rows};
use billing::{Amount, Currency, Metric, TotalKind};
use chrono::NaiveDate;
use forecast::{CycleSums, DayState, GroupTotal, NetTotal, PriceDifference, Quantiles};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every forecast of one run, with what must be said beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastReport {
    /// Which cost is summed.
    pub metric: Metric,
    /// What the totals are.
    pub total_kind: TotalKind,
    /// Whether the values are money. False for `--series`: then metric, kind of total and currency
    /// are null, and values are floats.
    pub exact: bool,
    /// The day as of which the data was seen.
    pub as_of: Option<NaiveDate>,
    /// Hash of inputs, options, model and version.
    pub run_id: String,
    /// Names of the grouping columns, as they stand in the files.
    pub group_columns: Vec<String>,
    /// Totals of every level, in any order, with their days.
    pub rows: Vec<GroupTotal>,
    /// Totals of several cycles, of the groups of the rows; none where they are not asked for.
    pub sums: Vec<GroupTotal>,
    /// What the reader should know besides what the rows show themselves.
    pub findings: Vec<Finding>,
    /// What was read.
    pub control: Control,
    /// Central ranges to show beside those of 80 and 95 %, in percent.
    pub more_levels: Vec<u32>,
}

/// What was read, in counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Files.
    pub files: u64,
    /// Rows that count.
    pub rows: u64,
    /// Rows that could not be read.
    pub malformed_rows: u64,
}

impl ForecastReport {
    /// Adds the sums of cycles of every group.
    pub fn sum_cycles(&mut self, sums: CycleSums) {
        self.sums = sums.of(&self.rows);
    }

    /// The cycle totals under the names of the interface, sorted by cycle, keys and currency.
    ///
    /// Holds the level of the grouping asked for; with `include_totals` those above it too.
    ///
    /// # Errors
    /// [`Error::KeyCount`]; [`Error::DuplicateColumn`] when a grouping column has the name of another
    /// column of this table.
    pub fn dataset(&self, include_totals: bool) -> Result<Dataset> {
        let (expected, deepest) = (self.group_columns.len(), self.deepest_level());
        if let Some(row) = self.rows.iter().find(|row| row.keys.len() != expected) {
            return Err(Error::KeyCount { label: row.name.clone(), got: row.keys.len(), expected });
        }
        let mut rows: Vec<&GroupTotal> = self
            .rows
            .iter()
            .chain(&self.sums)
            .filter(|row| include_totals || row.level == deepest as usize)
            .collect();
        rows.sort_by_key(|row| (row.cycle, &row.keys, row.level, &row.currency));
        let is_priced = self.rows.iter().any(|row| row.net.is_some());
        let (schema, version) = if is_priced { columns::PRICED_TOTALS } else { columns::CYCLE_TOTALS };
        Dataset::new(schema, version, self.columns(&rows))?.with_meta(self.meta())
    }

    /// What the forecast of each row is made of, once for all its cycles: members and their weights.
    fn members(&self) -> Value {
        let explained = self.rows.iter().filter(|row| !row.members.is_empty());
        let first: BTreeMap<_, &GroupTotal> =
            explained.rev().map(|row| ((&row.keys, &row.currency), row)).collect();
        let weights = |row: &GroupTotal| -> Map<String, Value> {
            row.members
                .iter()
                .map(|(name, weight)| (name.clone(), json!((weight * 1e3).round() / 1e3)))
                .collect()
        };
        first.values().map(|row| json!({ "of": row.name, "weights": weights(row) })).collect()
    }

    /// What the rows show themselves, such as missing days, then what was found besides.
    #[must_use]
    pub fn all_findings(&self) -> Vec<Finding> {
        findings_of_rows::findings(&self.rows, self.deepest_level() as usize)
            .into_iter()
            .chain(self.findings.iter().cloned())
            .collect()
    }

    /// The lines of each total as rows: exclusive, adding up to its actual cost and to its forecast.
    fn lines(&self) -> Vec<Value> {
        let amount = |row: &GroupTotal, amount: Amount| {
            json!(amount.to_fixed(row.currency.as_ref().map_or(6, Currency::minor_digits)))
        };
        let of_row = |row: &GroupTotal| -> Vec<Value> {
            let line = |line: &forecast::LineTotal| {
                json!({
                    columns::BILLING_PERIOD_START: row.cycle.start().to_string(),
                    columns::BILLING_CURRENCY: row.currency.as_ref().map(Currency::code),
                    columns::LINE: line.line.name(),
                    columns::ACTUAL_TO_DATE: amount(row, line.actual),
                    columns::FORECAST_TOTAL: amount(row, line.total),
                })
            };
            row.lines.iter().map(line).collect()
        };
        self.rows.iter().flat_map(of_row).collect()
    }

    /// The known and expected days of the rows of the grouping asked for, under the names of the interface.
    ///
    /// # Errors
    /// [`Error::DuplicateColumn`] when a grouping column has the name of another column of this table.
    pub fn daily_path(&self) -> Result<Dataset> {
        let deepest = self.deepest_level() as usize;
        let rows = self.rows.iter().filter(|row| row.level == deepest);
        let days: Vec<PathDay<'_>> = rows.flat_map(PathDay::of).collect();
        let text =
            |get: &dyn Fn(&PathDay<'_>) -> Option<String>| ColumnValues::Text(days.iter().map(get).collect());
        let number = |get: &dyn Fn(&PathDay<'_>) -> Option<f64>| {
            let values = days.iter().map(get);
            if self.exact {
                let values = values.map(|value| value.and_then(Amount::from_estimate)).collect();
                ColumnValues::Amount { values, least_digits: 2 }
            } else {
                ColumnValues::Float(values.collect())
            }
        };
        let start = days.iter().map(|day| Some(day.date)).collect();
        let end = days.iter().map(|day| day.date.succ_opt()).collect();
        let mut all = vec![
            Column::new(columns::CHARGE_PERIOD_START, ColumnValues::Timestamp(start)),
            Column::new(columns::CHARGE_PERIOD_END, ColumnValues::Timestamp(end)),
        ];
        for (place, name) in self.group_columns.iter().enumerate() {
            all.push(Column::new(name.as_str(), text(&|day| day.row.keys[place].clone())));
        }
        let currency =
            |day: &PathDay<'_>| day.row.currency.as_ref().map(|currency| currency.code().to_owned());
        all.extend([
            Column::new(columns::BILLING_CURRENCY, text(&currency)),
            Column::new(self.metric.column(), number(&|day| day.cost)),
            Column::new(columns::RECORD_TYPE, text(&|day| Some(day.record.to_owned()))),
        ]);
        let bound = |share: f64, end: usize| number(&|day| Some(day.quantiles?.interval(share)[end]));
        all.extend([
            Column::new(columns::LOWER_80, bound(0.8, 0)),
            Column::new(columns::UPPER_80, bound(0.8, 1)),
            Column::new(columns::LOWER_95, bound(0.95, 0)),
            Column::new(columns::UPPER_95, bound(0.95, 1)),
        ]);
        for (name, share, end) in self.more_bounds() {
            all.push(Column::new(name, bound(share, end)));
        }
        all.push(Column::new(columns::RUN_ID, text(&|_| Some(self.run_id.clone()))));
        let (schema, version) = columns::DAILY_PATH;
        Dataset::new(schema, version, all)?.with_meta(self.meta())
    }

    /// Names of the columns of more ranges, with the share that each holds and which of its ends it is.
    fn more_bounds(&self) -> impl Iterator<Item = (String, f64, usize)> {
        let levels: BTreeSet<u32> =
            self.more_levels.iter().copied().filter(|level| ![80, 95].contains(level)).collect();
        levels.into_iter().flat_map(|level| {
            let share = f64::from(level) / 100.0;
            [(format!("x_Lower{level}"), share, 0), (format!("x_Upper{level}"), share, 1)]
        })
    }

    /// The level of the grouping asked for; 0 when there is none.
    #[must_use]
    pub fn deepest_level(&self) -> u32 {
        u32::try_from(self.group_columns.len()).unwrap_or(u32::MAX)
    }

    fn columns(&self, rows: &[&GroupTotal]) -> Vec<Column> {
        let text = |get: &dyn Fn(&GroupTotal) -> Option<String>| {
            ColumnValues::Text(rows.iter().map(|row| get(row)).collect())
        };
        let repeated = |get: &dyn Fn(&GroupTotal) -> Option<String>| {
            ColumnValues::repeated(rows.iter().map(|row| get(row)))
        };
        let money = |name: &str| self.exact.then(|| name.to_owned());
        let start = rows.iter().map(|row| Some(row.cycle.start())).collect();
        let end = rows.iter().map(|row| Some(row.cycle.end())).collect();
        let mut all = vec![
            Column::new(columns::BILLING_PERIOD_START, ColumnValues::Timestamp(start)),
            Column::new(columns::BILLING_PERIOD_END, ColumnValues::Timestamp(end)),
        ];
        for (place, name) in self.group_columns.iter().enumerate() {
            all.push(Column::new(name.as_str(), text(&|row| row.keys[place].clone())));
        }
        if !self.sums.is_empty() {
            all.push(Column::new(columns::CYCLE_COUNT, integers(rows, |row| row.cycles as u64)));
        }
        let currency = repeated(&|row| row.currency.as_ref().and_then(|currency| money(currency.code())));
        all.extend([
            Column::new(columns::BILLING_CURRENCY, currency),
            Column::new(columns::METRIC, repeated(&|_| money(self.metric.column()))),
            Column::new(columns::TOTAL_KIND, repeated(&|_| money(self.total_kind.name()))),
            Column::new(columns::GROUP_LEVEL, integers(rows, |row| row.level as u64)),
            Column::new(columns::RUN_ID, repeated(&|_| Some(self.run_id.clone()))),
            Column::new(columns::AS_OF, ColumnValues::Date(vec![self.as_of; rows.len()])),
            Column::new(
                columns::CUTOFF,
                ColumnValues::Date(rows.iter().map(|row| Some(row.cutoff)).collect()),
            ),
            Column::new(columns::STATUS, repeated(&|row| Some(row.status.to_string()))),
            Column::new(columns::MODEL, repeated(&|row| Some(row.model.clone()).filter(|m| !m.is_empty()))),
        ]);
        let amounts: [(&str, AmountOf); 8] = [
            (columns::ACTUAL_TO_DATE, GroupTotal::actual_to_date),
            (columns::FORECAST_REMAINING, GroupTotal::remaining),
            (columns::FORECAST_TOTAL, GroupTotal::point),
            (columns::LOWER_80, |row| Some(row.total.as_ref()?.interval(0.8)[0])),
            (columns::UPPER_80, |row| Some(row.total.as_ref()?.interval(0.8)[1])),
            (columns::LOWER_95, |row| Some(row.total.as_ref()?.interval(0.95)[0])),
            (columns::UPPER_95, |row| Some(row.total.as_ref()?.interval(0.95)[1])),
            (columns::PREVIOUS_TOTAL, |row| row.previous),
        ];
        let least_digits = common_digits(rows);
        all.extend(amounts.map(|(name, get)| {
            let values = rows.iter().map(|row| get(row));
            Column::new(
                name,
                if self.exact {
                    ColumnValues::Amount { values: values.collect(), least_digits }
                } else {
                    ColumnValues::Float(values.map(|value| value.map(Amount::to_f64)).collect())
                },
            )
        }));
        for (name, share, end) in self.more_bounds() {
            let bound = |row: &&GroupTotal| {
                let digits = row.currency.as_ref().map_or(6, Currency::minor_digits);
                Some(row.total.as_ref()?.interval(share)[end].rounded(digits))
            };
            let values = rows.iter().map(bound);
            let values = if self.exact {
                ColumnValues::Amount { values: values.collect(), least_digits }
            } else {
                ColumnValues::Float(values.map(|value| value.map(Amount::to_f64)).collect())
            };
            all.push(Column::new(name, values));
        }
        all.extend([
            Column::new(columns::HISTORY_DAYS, integers(rows, |row| row.history_days)),
            Column::new(columns::MISSING_DAYS, integers(rows, |row| row.missing_days)),
        ]);
        if self.rows.iter().any(|row| row.net.is_some()) {
            all.extend(net_columns(rows, least_digits));
        }
        all
    }

    /// What the JSON envelope says beside the rows.
    #[must_use]
    pub fn meta(&self) -> Map<String, Value> {
        let mut meta = Map::new();
        meta.insert("command".to_owned(), json!("predict"));
        meta.insert(columns::RUN_ID.to_owned(), json!(self.run_id));
        meta.insert(columns::AS_OF.to_owned(), json!(self.as_of.map(|day| day.to_string())));
        if self.exact {
            meta.insert(columns::METRIC.to_owned(), json!(self.metric.column()));
            meta.insert(columns::TOTAL_KIND.to_owned(), json!(self.total_kind.name()));
            meta.insert("total".to_owned(), json!(self.total_kind.sentence()));
        }
        meta.insert("files".to_owned(), json!(self.control.files));
        meta.insert("rows_read".to_owned(), json!(self.control.rows));
        meta.insert("malformed_rows".to_owned(), json!(self.control.malformed_rows));
        meta.insert("members".to_owned(), self.members());
        let lines = self.lines();
        if !lines.is_empty() {
            meta.insert("lines".to_owned(), lines.into());
        }
        let findings = self.all_findings();
        let texts = |is_warning: bool| -> Vec<&str> {
            let own = findings.iter().filter(|finding| finding.is_warning() == is_warning);
            own.map(|finding| finding.text.as_str()).collect()
        };
        meta.insert("notes".to_owned(), json!(texts(false)));
        meta.insert("warnings".to_owned(), json!(texts(true)));
        let typed = |finding: &Finding| json!({ "severity": finding.severity.name(), "kind": finding.kind, "text": finding.text });
        meta.insert("findings".to_owned(), findings.iter().map(typed).collect());
        meta
    }
}

/// One day of the daily path.
struct PathDay<'a> {
    row: &'a GroupTotal,
    date: NaiveDate,
    cost: Option<f64>,
    record: &'static str,
    quantiles: Option<&'a Quantiles>,
}

impl<'a> PathDay<'a> {
    /// The days of a row in order: known ones, and expected ones among and after them.
    fn of(row: &'a GroupTotal) -> Vec<Self> {
        let known = row.known_days.iter().map(|(date, cost)| Self {
            row,
            date: *date,
            cost: *cost,
            record: "Actual",
            quantiles: None,
        });
        let expected = row.expected_days.iter().map(|day| Self {
            row,
            date: day.date,
            cost: Some(day.expected()),
            record: if day.state == DayState::Settling { "Settling" } else { "Forecast" },
            quantiles: Some(&day.cost),
        });
        let mut days: Vec<Self> = known.chain(expected).collect();
        days.sort_by_key(|day| day.date);
        days
    }
}

/// The columns of the amount due.
fn net_columns(rows: &[&GroupTotal], least_digits: u32) -> impl Iterator<Item = Column> {
    let amount = |name: &str, get: fn(&NetTotal) -> Amount| {
        let values = rows.iter().map(|row| row.net.as_ref().map(get)).collect();
        Column::new(name, ColumnValues::Amount { values, least_digits })
    };
    let day = |name: &str, get: fn(&forecast::UsedUp) -> Option<NaiveDate>| {
        let values = rows.iter().map(|row| get(row.net.as_ref()?.credit_used_up.as_ref()?)).collect();
        Column::new(name, ColumnValues::Date(values))
    };
    [
        amount(columns::CREDIT_USED, |net| net.settled.credit),
        amount(columns::DISCOUNT, |net| net.settled.discount),
        amount(columns::RECURRING_CHARGE, |net| net.settled.recurring),
        amount(columns::FORECAST_NET, |net| net.due.point()),
        amount(columns::NET_LOWER_80, |net| net.due.interval(0.8)[0]),
        amount(columns::NET_UPPER_80, |net| net.due.interval(0.8)[1]),
        amount(columns::NET_LOWER_95, |net| net.due.interval(0.95)[0]),
        amount(columns::NET_UPPER_95, |net| net.due.interval(0.95)[1]),
        day(columns::CREDIT_EARLIEST, |days| days.earliest),
        day(columns::CREDIT_USED_UP_ON, |days| days.expected),
        day(columns::CREDIT_LATEST, |days| days.latest),
        amount(columns::COST_FORECAST, |net| net.by_costs),
        amount(columns::TIER_DIFFERENCE, |net| net.difference(|why| *why == PriceDifference::Tiers)),
        amount(columns::PRICE_CHANGE_DIFFERENCE, |net| {
            net.difference(|why| matches!(why, PriceDifference::PriceChange(_)))
        }),
        amount(columns::OTHER_PRICES_DIFFERENCE, |net| {
            net.difference(|why| *why == PriceDifference::OtherPrices)
        }),
        amount(columns::PLAN_DIFFERENCE, |net| net.difference(|why| *why == PriceDifference::Plan)),
    ]
    .into_iter()
}

/// Which of a row's amounts a column holds.
type AmountOf = fn(&GroupTotal) -> Option<Amount>;

fn integers(rows: &[&GroupTotal], get: fn(&GroupTotal) -> u64) -> ColumnValues {
    ColumnValues::Integer(rows.iter().map(|row| i64::try_from(get(row)).ok()).collect())
}

/// Digits of the minor unit where all currencies have the same, otherwise none are forced.
fn common_digits(rows: &[&GroupTotal]) -> u32 {
    let mut digits = rows.iter().filter_map(|row| row.currency.as_ref()).map(Currency::minor_digits);
    match digits.next() {
        Some(first) if digits.all(|other| other == first) => first,
        _ => 0,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use billing::TotalLine;
    use billing::{BillingCycle, CycleDay};
    use forecast::{DayForecast, ExpectedMissing, LineTotal, Status};

    pub(crate) fn amount(text: &str) -> Option<Amount> {
        Some(text.parse().expect("an amount"))
    }

    /// A total with a point and without width; tests change what they are about.
    pub(crate) fn row(level: usize, keys: &[Option<&str>], label: &str, total: &str) -> GroupTotal {
        let october = "2026-10-01".parse().expect("a date");
        GroupTotal {
            level,
            keys: keys.iter().map(|key| key.map(str::to_owned)).collect(),
            name: label.to_owned(),
            currency: "EUR".parse().ok(),
            cycle: BillingCycle::containing(october, CycleDay::FIRST),
            cycles: 1,
            cutoff: "2026-10-15".parse().expect("a date"),
            status: Status::Ok,
            reason: None,
            model: "run_rate".to_owned(),
            members: vec![],
            actual: Amount::ZERO,
            total: amount(total).map(Quantiles::exactly),
            recurring: Amount::ZERO,
            missing: ExpectedMissing::default(),
            previous: None,
            history_days: 90,
            missing_days: 0,
            covered_from: None,
            without_forecast: 0,
            stop_probability: 0.0,
            trend: vec![],
            known_days: vec![],
            expected_days: vec![],
            lines: vec![],
            units: vec![],
            net: None,
        }
    }

    /// The same total with these ends of both intervals.
    pub(crate) fn with_range(mut row: GroupTotal, [low, high]: [&str; 2]) -> GroupTotal {
        let [low, high] = [low, high].map(|end| end.parse().expect("an amount"));
        row.total = row.point().map(|point| Quantiles::around(point, [low, low, high, high], None));
        row
    }

    pub(crate) fn report(group_columns: &[&str], rows: Vec<GroupTotal>) -> ForecastReport {
        ForecastReport {
            sums: vec![],
            metric: Metric::Billed,
            total_kind: TotalKind::Billed,
            exact: true,
            as_of: None,
            run_id: "0123abcd".to_owned(),
            group_columns: group_columns.iter().map(|&name| name.to_owned()).collect(),
            rows,
            findings: vec![],
            control: Control::default(),
            more_levels: Vec::new(),
        }
    }

    fn csv(report: &ForecastReport, include_totals: bool) -> String {
        let mut out = Vec::new();
        crate::Format::Csv.write(&report.dataset(include_totals).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_those_of_the_interface_and_rows_are_sorted_by_keys() {
        let web = with_range(row(1, &[Some("web")], "web", "20.5"), ["19", "22"]);
        let found = report(
            &["ServiceName"],
            vec![web, row(1, &[None], "none", "1"), row(0, &[None], "Total", "21.5")],
        );
        let expected = "\
BillingPeriodStart,BillingPeriodEnd,ServiceName,BillingCurrency,x_Metric,x_TotalKind,x_GroupLevel,x_RunId,x_AsOf,\
x_Cutoff,x_Status,x_Model,x_ActualToDate,x_ForecastRemaining,x_ForecastTotal,x_Lower80,x_Upper80,x_Lower95,\
x_Upper95,x_PreviousTotal,x_HistoryDays,x_MissingDays
2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,,EUR,BilledCost,billed,0,0123abcd,,2026-10-15,ok,run_rate,\
0.00,21.50,21.50,21.50,21.50,21.50,21.50,,90,0
2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,,EUR,BilledCost,billed,1,0123abcd,,2026-10-15,ok,run_rate,\
0.00,1.00,1.00,1.00,1.00,1.00,1.00,,90,0
2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,web,EUR,BilledCost,billed,1,0123abcd,,2026-10-15,ok,run_rate,\
0.00,20.50,20.50,19.00,22.00,19.00,22.00,,90,0
";
        assert_eq!(csv(&found, true), expected);
        assert_eq!(csv(&found, false).lines().count(), 3);
    }

    #[test]
    fn a_generic_series_has_floats_and_neither_currency_nor_metric() {
        let mut found = report(&["unique_id"], vec![row(1, &[Some("a")], "a", "1.25")]);
        found.exact = false;
        let dataset = found.dataset(false).unwrap();
        let values = |name: &str| &dataset.columns().iter().find(|c| c.name == name).unwrap().values;
        assert_eq!(values("x_ForecastTotal"), &ColumnValues::Float(vec![Some(1.25)]));
        assert_eq!(values("x_Lower80"), &ColumnValues::Float(vec![Some(1.25)]));
        for name in ["BillingCurrency", "x_Metric", "x_TotalKind"] {
            assert_eq!((values(name).len(), values(name).text(0)), (1, None), "{name}");
        }
    }

    #[test]
    fn an_empty_report_keeps_its_columns() {
        assert_eq!(csv(&report(&[], vec![]), true).lines().count(), 1);
    }

    #[test]
    fn yen_have_no_digits_and_mixed_currencies_force_none() {
        let mut yen = row(0, &[], "Total", "1500");
        yen.currency = "JPY".parse().ok();
        assert!(csv(&report(&[], vec![yen.clone()]), true).contains(",0,1500,1500,"));
        let both = csv(&report(&[], vec![yen, row(0, &[], "Total", "2.5")]), true);
        assert!(both.contains(",1500,1500,") && both.contains(",2.5,2.5,"), "{both}");
    }

    #[test]
    fn a_row_with_too_few_keys_and_a_name_taken_twice_are_refused() {
        let short = report(&["ServiceName"], vec![row(0, &[], "Total", "1")]).dataset(true).unwrap_err();
        assert_eq!(short.to_string(), "row `Total` has 0 keys for 1 grouping columns");
        let taken = report(&["x_Metric"], vec![]).dataset(true).unwrap_err();
        assert!(matches!(taken, Error::DuplicateColumn(_)));
    }

    #[test]
    fn the_envelope_says_what_the_total_is_and_how_many_rows_were_bad() {
        let mut found = report(&[], vec![]);
        found.control.malformed_rows = 3;
        found.findings.push(Finding::warning("malformed_rows", "3 rows could not be read"));
        found.findings.push(Finding::note("scope", "a note"));
        let dataset = found.dataset(true).unwrap();
        assert_eq!(dataset.meta()["malformed_rows"], 3);
        assert_eq!(dataset.meta()["x_TotalKind"], "billed");
        assert_eq!(dataset.meta()["warnings"][0], "3 rows could not be read");
        assert_eq!(dataset.meta()["notes"], json!(["a note"]));
        assert_eq!(dataset.meta()["findings"][0]["severity"], "warning");
        assert_eq!(dataset.meta()["findings"][1]["kind"], "scope");
    }

    #[test]
    fn the_daily_path_holds_known_and_expected_days_in_order() {
        let day = |text: &str| text.parse().expect("a date");
        let mut one = row(1, &[Some("web")], "web", "31");
        one.known_days = vec![(day("2026-10-01"), Some(1.5)), (day("2026-10-03"), Some(2.0))];
        let expected = |date: &str, state| DayForecast {
            date: day(date),
            state,
            cost: Quantiles::around(1.25, [0.5, 1.0, 1.5, 2.0], Some(0.0)),
        };
        one.expected_days =
            vec![expected("2026-10-02", DayState::Missing), expected("2026-10-04", DayState::Settling)];
        let mut out = Vec::new();
        let found = report(&["ServiceName"], vec![one, row(0, &[None], "Total", "31")]);
        crate::Format::Csv.write(&found.daily_path().unwrap(), &mut out).unwrap();
        let expected = "\
ChargePeriodStart,ChargePeriodEnd,ServiceName,BillingCurrency,BilledCost,x_RecordType,x_Lower80,x_Upper80,x_Lower95,\
x_Upper95,x_RunId
2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,web,EUR,1.50,Actual,,,,,0123abcd
2026-10-02T00:00:00Z,2026-10-03T00:00:00Z,web,EUR,1.25,Forecast,1.00,1.50,0.50,2.00,0123abcd
2026-10-03T00:00:00Z,2026-10-04T00:00:00Z,web,EUR,2.00,Actual,,,,,0123abcd
2026-10-04T00:00:00Z,2026-10-05T00:00:00Z,web,EUR,1.25,Settling,1.00,1.50,0.50,2.00,0123abcd
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn lines_of_a_total_are_rows_of_the_envelope() {
        let mut total = row(0, &[], "Total", "30");
        let line = |line, actual, total| LineTotal { line, actual, total };
        total.lines = vec![
            line(TotalLine::Usage, Amount::whole(10), Amount::whole(25)),
            line(TotalLine::MarketplaceUsage, Amount::whole(5), Amount::whole(5)),
        ];
        let dataset = report(&[], vec![total]).dataset(true).unwrap();
        let lines = &dataset.meta()["lines"];
        assert_eq!(lines[0]["x_Line"], "usage");
        assert_eq!(
            (&lines[0]["x_ActualToDate"], &lines[0]["x_ForecastTotal"]),
            (&json!("10.00"), &json!("25.00"))
        );
        assert_eq!(lines.as_array().map(Vec::len), Some(2));
    }
}
