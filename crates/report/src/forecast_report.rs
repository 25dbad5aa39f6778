//! What `predict` found: the one versioned result behind each of its outputs.
//!
//! Amounts come rounded to the currency's minor unit and adding up (the forecaster rounds, by largest
//! remainder); here they are only put in order under the names of the interface.

use crate::{Column, ColumnValues, Dataset, Error, Result, columns};
use billing::{Amount, BillingCycle, Currency, Metric, TotalKind};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

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
    /// Rows of every level, in any order.
    pub rows: Vec<TotalRow>,
    /// What the reader should know; printed below the table.
    pub notes: Vec<String>,
    /// What went wrong on the way; not in the table, since it is on stderr already.
    pub warnings: Vec<String>,
    /// What was read.
    pub control: Control,
}

/// One series and cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct TotalRow {
    /// How many grouping columns tell the row apart; 0 is the total of everything.
    pub level: u32,
    /// One key a grouping column; `None` beyond the row's level, and where the data names none.
    pub keys: Vec<Option<String>>,
    /// What people call it; in the table it stands below the row of the level above.
    pub label: String,
    /// Currency of its amounts; `None` for `--series`.
    pub currency: Option<Currency>,
    /// The cycle.
    pub cycle: BillingCycle,
    /// Last day whose cost is used as final.
    pub cutoff: Option<NaiveDate>,
    /// `ok`, `wide`, `closed`, `insufficient`, `stale` or `failed`.
    pub status: String,
    /// The forecaster that made it.
    pub model: String,
    /// Every charge of the cycle in the data.
    pub actual_to_date: Option<Amount>,
    /// What is still expected.
    pub remaining: Option<Amount>,
    /// The two together.
    pub total: Option<Amount>,
    /// Lower end of the 80 % range.
    pub lower80: Option<Amount>,
    /// Upper end of the 80 % range.
    pub upper80: Option<Amount>,
    /// Lower end of the 95 % range.
    pub lower95: Option<Amount>,
    /// Upper end of the 95 % range.
    pub upper95: Option<Amount>,
    /// Total of the cycle before.
    pub previous_total: Option<Amount>,
    /// Days of history.
    pub history_days: u64,
    /// Days inside it without data.
    pub missing_days: u64,
    /// Recent daily values for the sparkline; `None` is a missing day.
    pub trend: Vec<Option<f64>>,
    /// Members of the model and their weights, heaviest first; none for a sum, whose parts have their own.
    pub members: Vec<(String, f64)>,
    /// What becomes of the total when an offer's terms apply, where prices are known.
    pub to_pay: Option<ToPay>,
}

/// What is to pay of a total: `total − credit − discount + recurring`, before tax.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToPay {
    /// What the credit is expected to pay.
    pub credit: Amount,
    /// What a commitment takes off.
    pub discount: Amount,
    /// The offer's charge of the cycle.
    pub recurring: Amount,
    /// What is to pay.
    pub net: Amount,
    /// Lower end of its 80 % range.
    pub lower80: Amount,
    /// Upper end of its 80 % range.
    pub upper80: Amount,
    /// Lower end of its 95 % range.
    pub lower95: Amount,
    /// Upper end of its 95 % range.
    pub upper95: Amount,
    /// The day on which the credit is used up: earliest (80 %), expected, latest (80 %); `None` is not in this cycle.
    /// `None` as a whole where there is no credit, or that of several.
    pub credit_used_up: Option<[Option<NaiveDate>; 3]>,
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
            return Err(Error::KeyCount { label: row.label.clone(), got: row.keys.len(), expected });
        }
        let mut rows: Vec<&TotalRow> =
            self.rows.iter().filter(|row| include_totals || row.level == deepest).collect();
        rows.sort_by_key(|row| (row.cycle, &row.keys, row.level, &row.currency));
        let is_priced = self.rows.iter().any(|row| row.to_pay.is_some());
        let (schema, version) = if is_priced { columns::PRICED_TOTALS } else { columns::CYCLE_TOTALS };
        Dataset::new(schema, version, self.columns(&rows))?.with_meta(self.meta())
    }

    /// What the forecast of each row is made of, once for all its cycles: members and their weights.
    fn members(&self) -> Value {
        let explained = self.rows.iter().filter(|row| !row.members.is_empty());
        let first: BTreeMap<_, &TotalRow> =
            explained.rev().map(|row| ((&row.keys, &row.currency), row)).collect();
        let weights = |row: &TotalRow| -> Map<String, Value> {
            row.members
                .iter()
                .map(|(name, weight)| (name.clone(), json!((weight * 1e3).round() / 1e3)))
                .collect()
        };
        first.values().map(|row| json!({ "of": row.label, "weights": weights(row) })).collect()
    }

    /// The level of the grouping asked for; 0 when there is none.
    #[must_use]
    pub fn deepest_level(&self) -> u32 {
        u32::try_from(self.group_columns.len()).unwrap_or(u32::MAX)
    }

    fn columns(&self, rows: &[&TotalRow]) -> Vec<Column> {
        let text = |get: &dyn Fn(&TotalRow) -> Option<String>| {
            ColumnValues::Text(rows.iter().map(|row| get(row)).collect())
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
        let currency = text(&|row| row.currency.as_ref().and_then(|currency| money(currency.code())));
        all.extend([
            Column::new(columns::BILLING_CURRENCY, currency),
            Column::new(columns::METRIC, text(&|_| money(self.metric.column()))),
            Column::new(columns::TOTAL_KIND, text(&|_| money(self.total_kind.name()))),
            Column::new(columns::GROUP_LEVEL, integers(rows, |row| row.level.into())),
            Column::new(columns::RUN_ID, text(&|_| Some(self.run_id.clone()))),
            Column::new(columns::AS_OF, ColumnValues::Date(vec![self.as_of; rows.len()])),
            Column::new(columns::CUTOFF, ColumnValues::Date(rows.iter().map(|row| row.cutoff).collect())),
            Column::new(columns::STATUS, text(&|row| Some(row.status.clone()))),
            Column::new(columns::MODEL, text(&|row| Some(row.model.clone()).filter(|m| !m.is_empty()))),
        ]);
        let amounts: [(&str, AmountOf); 8] = [
            (columns::ACTUAL_TO_DATE, |row| row.actual_to_date),
            (columns::FORECAST_REMAINING, |row| row.remaining),
            (columns::FORECAST_TOTAL, |row| row.total),
            (columns::LOWER_80, |row| row.lower80),
            (columns::UPPER_80, |row| row.upper80),
            (columns::LOWER_95, |row| row.lower95),
            (columns::UPPER_95, |row| row.upper95),
            (columns::PREVIOUS_TOTAL, |row| row.previous_total),
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
        all.extend([
            Column::new(columns::HISTORY_DAYS, integers(rows, |row| row.history_days)),
            Column::new(columns::MISSING_DAYS, integers(rows, |row| row.missing_days)),
        ]);
        if self.rows.iter().any(|row| row.to_pay.is_some()) {
            all.extend(columns_to_pay(rows, least_digits));
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
        meta.insert("notes".to_owned(), json!(self.notes));
        meta.insert("warnings".to_owned(), json!(self.warnings));
        meta
    }
}

/// The columns of what is to pay.
fn columns_to_pay(rows: &[&TotalRow], least_digits: u32) -> impl Iterator<Item = Column> {
    let amount = |name: &str, get: fn(&ToPay) -> Amount| {
        let values = rows.iter().map(|row| row.to_pay.as_ref().map(get)).collect();
        Column::new(name, ColumnValues::Amount { values, least_digits })
    };
    let day = |name: &str, place: usize| {
        let values = rows.iter().map(|row| row.to_pay?.credit_used_up?[place]).collect();
        Column::new(name, ColumnValues::Date(values))
    };
    [
        amount(columns::CREDIT_USED, |own| own.credit),
        amount(columns::DISCOUNT, |own| own.discount),
        amount(columns::RECURRING_CHARGE, |own| own.recurring),
        amount(columns::FORECAST_NET, |own| own.net),
        amount(columns::NET_LOWER_80, |own| own.lower80),
        amount(columns::NET_UPPER_80, |own| own.upper80),
        amount(columns::NET_LOWER_95, |own| own.lower95),
        amount(columns::NET_UPPER_95, |own| own.upper95),
        day(columns::CREDIT_EARLIEST, 0),
        day(columns::CREDIT_USED_UP_ON, 1),
        day(columns::CREDIT_LATEST, 2),
    ]
    .into_iter()
}

/// Which of a row's amounts a column holds.
type AmountOf = fn(&TotalRow) -> Option<Amount>;

fn integers(rows: &[&TotalRow], get: fn(&TotalRow) -> u64) -> ColumnValues {
    ColumnValues::Integer(rows.iter().map(|row| i64::try_from(get(row)).ok()).collect())
}

/// Digits of the minor unit where all currencies have the same, otherwise none are forced.
fn common_digits(rows: &[&TotalRow]) -> u32 {
    let mut digits = rows.iter().filter_map(|row| row.currency.as_ref()).map(Currency::minor_digits);
    match digits.next() {
        Some(first) if digits.all(|other| other == first) => first,
        _ => 0,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use billing::CycleDay;

    pub(crate) fn amount(text: &str) -> Option<Amount> {
        Some(text.parse().expect("an amount"))
    }

    pub(crate) fn row(level: u32, keys: &[Option<&str>], label: &str, total: &str) -> TotalRow {
        let october = "2026-10-01".parse().expect("a date");
        TotalRow {
            level,
            keys: keys.iter().map(|key| key.map(str::to_owned)).collect(),
            label: label.to_owned(),
            currency: "EUR".parse().ok(),
            cycle: BillingCycle::containing(october, CycleDay::FIRST),
            cutoff: "2026-10-15".parse().ok(),
            status: "ok".to_owned(),
            model: "run_rate".to_owned(),
            actual_to_date: Some(Amount::ZERO),
            remaining: amount(total),
            total: amount(total),
            lower80: None,
            upper80: None,
            lower95: None,
            upper95: None,
            previous_total: None,
            history_days: 90,
            missing_days: 0,
            trend: vec![],
            members: vec![],
            to_pay: None,
        }
    }

    pub(crate) fn report(group_columns: &[&str], rows: Vec<TotalRow>) -> ForecastReport {
        ForecastReport {
            metric: Metric::Billed,
            total_kind: TotalKind::Billed,
            exact: true,
            as_of: None,
            run_id: "0123abcd".to_owned(),
            group_columns: group_columns.iter().map(|&name| name.to_owned()).collect(),
            rows,
            notes: vec![],
            warnings: vec![],
            control: Control::default(),
        }
    }

    fn csv(report: &ForecastReport, include_totals: bool) -> String {
        let mut out = Vec::new();
        crate::Format::Csv.write(&report.dataset(include_totals).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_those_of_the_interface_and_rows_are_sorted_by_keys() {
        let mut web = row(1, &[Some("web")], "web", "20.5");
        (web.lower80, web.upper80) = (amount("19"), amount("22"));
        let found = report(
            &["ServiceName"],
            vec![web, row(1, &[None], "none", "1"), row(0, &[None], "Total", "21.5")],
        );
        let expected = "\
BillingPeriodStart,BillingPeriodEnd,ServiceName,BillingCurrency,x_Metric,x_TotalKind,x_GroupLevel,x_RunId,x_AsOf,\
x_Cutoff,x_Status,x_Model,x_ActualToDate,x_ForecastRemaining,x_ForecastTotal,x_Lower80,x_Upper80,x_Lower95,\
x_Upper95,x_PreviousTotal,x_HistoryDays,x_MissingDays
2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,,EUR,BilledCost,billed,0,0123abcd,,2026-10-15,ok,run_rate,\
0.00,21.50,21.50,,,,,,90,0
2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,,EUR,BilledCost,billed,1,0123abcd,,2026-10-15,ok,run_rate,\
0.00,1.00,1.00,,,,,,90,0
2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,web,EUR,BilledCost,billed,1,0123abcd,,2026-10-15,ok,run_rate,\
0.00,20.50,20.50,19.00,22.00,,,,90,0
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
        assert_eq!(values("x_Lower80"), &ColumnValues::Float(vec![None]));
        for name in ["BillingCurrency", "x_Metric", "x_TotalKind"] {
            assert_eq!(values(name), &ColumnValues::Text(vec![None]), "{name}");
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
        found.warnings.push("3 rows could not be read".to_owned());
        let dataset = found.dataset(true).unwrap();
        assert_eq!(dataset.meta()["malformed_rows"], 3);
        assert_eq!(dataset.meta()["x_TotalKind"], "billed");
        assert_eq!(dataset.meta()["warnings"][0], "3 rows could not be read");
    }
}
