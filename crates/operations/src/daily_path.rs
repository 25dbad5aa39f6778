//! The daily path of a forecast as rows: known days, then expected ones with their ranges.

use crate::{DailyPath, Forecasted, Result};
use billing::Amount;
use chrono::NaiveDate;
use report::{Column, ColumnValues, Dataset, columns};

/// One row of the daily path.
struct Day<'a> {
    path: &'a DailyPath,
    date: NaiveDate,
    cost: Option<f64>,
    record: &'static str,
    bounds: Option<[f64; 4]>,
}

impl Forecasted {
    /// The daily path, one row a group and day.
    ///
    /// # Errors
    /// A group with the name of a column of this table.
    pub fn daily_dataset(&self) -> Result<Dataset> {
        let days = days(&self.paths);
        let text =
            |get: &dyn Fn(&Day<'_>) -> Option<String>| ColumnValues::Text(days.iter().map(get).collect());
        let number = |get: &dyn Fn(&Day<'_>) -> Option<f64>| {
            let values = days.iter().map(get);
            if self.report.exact {
                ColumnValues::Amount {
                    values: values.map(|value| value.and_then(Amount::from_estimate)).collect(),
                    least_digits: 2,
                }
            } else {
                ColumnValues::Float(values.collect())
            }
        };
        let mut all = vec![
            Column::new(
                columns::CHARGE_PERIOD_START,
                ColumnValues::Timestamp(days.iter().map(|day| Some(day.date)).collect()),
            ),
            Column::new(
                columns::CHARGE_PERIOD_END,
                ColumnValues::Timestamp(days.iter().map(|day| day.date.succ_opt()).collect()),
            ),
        ];
        for (index, name) in self.report.group_columns.iter().enumerate() {
            all.push(Column::new(name.as_str(), text(&|day| day.path.keys[index].clone())));
        }
        all.extend([
            Column::new(
                columns::BILLING_CURRENCY,
                text(&|day| day.path.currency.as_ref().map(|currency| currency.code().to_owned())),
            ),
            Column::new(self.report.metric.column(), number(&|day| day.cost)),
            Column::new(columns::RECORD_TYPE, text(&|day| Some(day.record.to_owned()))),
        ]);
        let bounds =
            [(columns::LOWER_80, 1), (columns::UPPER_80, 2), (columns::LOWER_95, 0), (columns::UPPER_95, 3)];
        all.extend(
            bounds.map(|(name, index)| {
                Column::new(name, number(&|day| day.bounds.map(|bounds| bounds[index])))
            }),
        );
        all.push(Column::new(columns::RUN_ID, text(&|_| Some(self.report.run_id.clone()))));
        let (schema, version) = columns::DAILY_PATH;
        Ok(Dataset::new(schema, version, all)?.with_meta(self.report.meta())?)
    }
}

fn days(paths: &[DailyPath]) -> Vec<Day<'_>> {
    let mut days = Vec::new();
    for path in paths {
        days.extend(path.actual.iter().map(|(date, cost)| Day {
            path,
            date: *date,
            cost: *cost,
            record: "Actual",
            bounds: None,
        }));
        days.extend(path.expected.iter().map(|day| Day {
            path,
            date: day.date,
            cost: Some(day.expected),
            record: if day.is_settling { "Settling" } else { "Forecast" },
            bounds: Some(day.ranges.ascending()),
        }));
    }
    days
}
