//! `predict`: what the cycle will cost, in total or day by day.

use crate::{
    charges,
    config::Config,
    exit::Exit,
    forecasting::{DailyPath, Forecasted, Wanted, forecast_charges, forecast_series},
    options::{Global, Predict},
    output, priced,
};
use anyhow::Result;
use billing::Amount;
use chrono::NaiveDate;
use report::{Column, ColumnValues, Dataset, Format, columns, predict_table};

pub fn run(global: &Global, config: &Config, options: &Predict) -> Result<Exit> {
    charges::refuse_ledger(options.ledger.as_deref())?;
    let mut options = options.clone();
    config.defaults.fill(&mut options.charges)?;
    let model = options.model.as_deref().or(config.defaults.model.as_deref());
    let for_people = output::format(global) == Format::Table && !options.daily;
    let wanted = Wanted { model, cycles: options.cycles.or(config.defaults.cycles), for_people };
    #[cfg_attr(not(feature = "azure"), expect(unused_mut, reason = "only a peer adds to it"))]
    let mut done = match (&options.any.series, &options.pricing.pricing) {
        (Some(_), _) => forecast_series(&options.any, &options.charges, &wanted)?,
        (None, Some(_)) => priced::forecast(global, &options.charges, &options.pricing, &wanted, None)?,
        (None, None) => forecast_charges(global, &options.charges, &wanted)?,
    };
    #[cfg(feature = "azure")]
    if options.compare.is_some() {
        let is_shown = matches!(output::format(global), Format::Table | Format::Json) && !options.daily;
        crate::azure::peer::compare(&mut done.report, options.compare_scope.as_deref(), is_shown)?;
    }
    if options.daily {
        output::write_dataset(global, &daily_dataset(&done)?)?;
    } else if output::format(global) == Format::Table {
        output::write_text(global, &predict_table(&done.report, output::style(global)))?;
    } else {
        output::write_dataset(global, &done.report.dataset(options.totals)?)?;
    }
    Ok(Exit::Done)
}

/// One row of the daily path.
struct Day<'a> {
    path: &'a DailyPath,
    date: NaiveDate,
    cost: Option<f64>,
    record: &'static str,
    bounds: Option<[f64; 4]>,
}

/// The rows of the interface's "Daily path".
fn daily_dataset(done: &Forecasted) -> Result<Dataset> {
    let mut days: Vec<Day<'_>> = Vec::new();
    for path in &done.paths {
        let actual = |(date, cost): &(NaiveDate, Option<f64>)| Day {
            path,
            date: *date,
            cost: *cost,
            record: "Actual",
            bounds: None,
        };
        days.extend(path.actual.iter().map(actual));
        days.extend(path.expected.iter().map(|day| Day {
            path,
            date: day.date,
            cost: Some(day.expected),
            record: if day.is_settling { "Settling" } else { "Forecast" },
            bounds: Some(day.ranges.ascending()),
        }));
    }
    let text = |get: &dyn Fn(&Day<'_>) -> Option<String>| ColumnValues::Text(days.iter().map(get).collect());
    let number = |get: &dyn Fn(&Day<'_>) -> Option<f64>| {
        let values = days.iter().map(get);
        if done.report.exact {
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
    for (place, name) in done.report.group_columns.iter().enumerate() {
        all.push(Column::new(name.as_str(), text(&|day| day.path.keys[place].clone())));
    }
    all.extend([
        Column::new(
            columns::BILLING_CURRENCY,
            text(&|day| day.path.currency.as_ref().map(|currency| currency.code().to_owned())),
        ),
        Column::new(done.report.metric.column(), number(&|day| day.cost)),
        Column::new(columns::RECORD_TYPE, text(&|day| Some(day.record.to_owned()))),
    ]);
    let bounds =
        [(columns::LOWER_80, 1), (columns::UPPER_80, 2), (columns::LOWER_95, 0), (columns::UPPER_95, 3)];
    all.extend(
        bounds.map(|(name, place)| Column::new(name, number(&|day| day.bounds.map(|bounds| bounds[place])))),
    );
    all.push(Column::new(columns::RUN_ID, text(&|_| Some(done.report.run_id.clone()))));
    let (schema, version) = columns::DAILY_PATH;
    Ok(Dataset::new(schema, version, all)?.with_meta(done.report.meta())?)
}
