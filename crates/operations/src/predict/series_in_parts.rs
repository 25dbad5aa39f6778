//! Many series of one Parquet file, forecast part by part: memory holds a part and the rows that are finished.
//!
//! Series are independent, so the rows are those of the whole file. Levels above them, days and members need all
//! series at once and are left to the reading of the whole file.

use super::{
    notes::{failed, incomplete, may_have_stopped, without_any},
    request::{Forecasted, PredictRequest, counted},
};
use crate::{
    Result, SeriesTableRequest,
    forecaster::Forecaster,
    series_table::{columns_of, leaves_of},
};
use billing::{Metric, TotalKind};
use chrono::NaiveDate;
use forecast::{Bill, Components, GroupTotal, forecast_rows};
use ingest::SeriesParts;
use report::{Control, ForecastReport};

/// Rows of a part, at the least: some thousand series of a year.
const PART_ROWS: usize = 1 << 20;
/// Columns that rows are sorted by before their ids, as those of [`ForecastReport::dataset`] are.
const ORDER: [&str; 2] = ["BillingPeriodStart", "BillingPeriodEnd"];

/// The rows of a file that has several parts; `None` where it is to be read as a whole.
pub(super) fn predict_in_parts(
    request: &PredictRequest,
    table: &SeriesTableRequest,
    forecaster: &Forecaster,
) -> Result<Option<Forecasted>> {
    if table.tree || request.charges.top.is_some() {
        return Ok(None);
    }
    let columns = columns_of(table);
    let gap = table.fill_zero.then_some(0.0);
    let Some(mut parts) = SeriesParts::of(&table.path, columns.clone(), gap, PART_ROWS)? else {
        return Ok(None);
    };
    let options = request.charges.read_options()?;
    let report = |rows: Vec<GroupTotal>, run_id: &str| ForecastReport {
        metric: Metric::Billed,
        total_kind: TotalKind::Billed,
        exact: false,
        as_of: options.as_of,
        run_id: run_id.to_owned(),
        group_columns: columns.ids.clone(),
        rows,
        sums: Vec::new(),
        findings: Vec::new(),
        control: Control::default(),
        more_levels: Vec::new(),
    };
    let run_id = forecaster.run_id(parts.digest(), &counted(request))?;
    let (mut done, mut noted, mut findings) = (None, Vec::new(), Vec::new());
    let (mut has_forecast, mut why) = (false, None);
    while let Some(part) = parts.next_part()? {
        let outlook = part.outlook(&options, request.cycles.unwrap_or(1) as usize)?;
        let leaves = leaves_of(&part, &outlook);
        drop(part);
        let cutoffs: Vec<NaiveDate> = leaves.iter().map(|leaf| leaf.cutoff).collect();
        let bill = Bill::of_series(Components::level_only(outlook.level), leaves);
        let rows = forecast_rows(&forecaster.engine, bill, columns.ids.len())?;
        has_forecast |= rows.iter().any(|row| row.total.is_some());
        why = why.or_else(|| rows.iter().find_map(|row| row.reason.clone().filter(|_| row.total.is_none())));
        findings.extend(failed(&rows));
        noted.extend(incomplete(&rows, &cutoffs));
        noted.extend(may_have_stopped(&rows));
        let rows = report(rows, &run_id).dataset(false)?;
        match &mut done {
            None => done = Some(rows),
            Some(done) => done.append(rows)?,
        }
    }
    if parts.is_scattered() {
        return Ok(None);
    }
    if !has_forecast {
        return Err(without_any(why).after(findings));
    }
    let order: Vec<&str> = ORDER.into_iter().chain(columns.ids.iter().map(String::as_str)).collect();
    let rows = done.map(|done| done.sorted_by(&order));
    let report = ForecastReport { findings: noted, ..report(Vec::new(), &run_id) };
    Ok(Some(Forecasted { report, rows, age: None, findings }))
}
