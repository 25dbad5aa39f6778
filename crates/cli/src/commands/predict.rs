//! `predict`: what the cycle will cost, in total or day by day.

use crate::{messages, options::charges::Predict, output::DONE, session::Session};
use operations::{Forecasted, PredictRequest, PricedRequest, Result, predict, predict_priced};
use report::{Format, predict_table};

pub fn run(session: &Session, options: &Predict) -> Result<u8> {
    let (charges, series) = (options.charges.request(), options.any.request());
    options.output.check(&read_paths(options))?;
    let sums = options.forecast.sums()?;
    let (model, cycles) = (options.forecast.model.model.clone(), options.forecast.cycles);
    let is_table = options.output.format() == Format::Table && !options.daily;
    let done = match options.pricing.request() {
        Some(pricing) => {
            let request = PricedRequest { charges, model, cycles, pricing };
            session.run(|host| predict_priced(&request, None, host))?
        }
        None => {
            let is_rows = matches!(options.output.format(), Format::Csv | Format::Parquet);
            let rows_only =
                is_rows && !options.daily && !options.totals && sums.is_none() && options.levels.is_empty();
            let request =
                PredictRequest { charges, series, model, cycles, by_invoice_unit: is_table, rows_only };
            session.run(|host| predict(&request, host))?
        }
    };
    messages::report(&done.findings);
    session.warn_if_old(done.age.as_ref(), options.charges.as_of)?;
    #[cfg(feature = "azure")]
    let done = compared(session, options, done)?;
    let mut done = done;
    if let Some(sums) = sums {
        done.report.sum_cycles(sums);
    }
    done.report.more_levels.clone_from(&options.levels);
    write(session, options, &done)?;
    Ok(DONE)
}

/// Every file that the command reads.
fn read_paths(options: &Predict) -> Vec<String> {
    let mut paths = options.charges.inputs.clone();
    paths.extend(options.any.series.as_ref().map(|path| path.to_string_lossy().into_owned()));
    paths.extend(options.forecast.model.model.clone());
    paths.extend(options.pricing.pricing.clone());
    paths
}

fn write(session: &Session, options: &Predict, done: &Forecasted) -> Result<()> {
    let output = &options.output;
    if let Some(rows) = &done.rows {
        return output.write_dataset(rows);
    }
    match options.daily {
        true => output.write_dataset(&done.report.daily_path()?),
        false => output.write_result(
            session.color(),
            |style| predict_table(&done.report, style),
            || Ok(done.report.dataset(options.totals)?),
        ),
    }
}

/// The same with Azure's own forecast beside it: as notes where the output shows them, otherwise as messages.
#[cfg(feature = "azure")]
fn compared(session: &Session, options: &Predict, mut done: Forecasted) -> Result<Forecasted> {
    use operations::{Finding, azure_forecast};
    if options.compare.is_none() {
        return Ok(done);
    }
    let scope = options.compare_scope.as_deref();
    let (notes, findings) = session.run(|host| azure_forecast(&done.report, scope, host))?;
    messages::report(&findings);
    let is_shown = matches!(options.output.format(), Format::Table | Format::Json) && !options.daily;
    if !is_shown {
        messages::report(&notes.iter().map(Finding::warning).collect::<Vec<_>>());
    }
    let remarks = notes.into_iter().map(|note| report::Finding::note("azure_forecast", note));
    done.report.findings.extend(remarks);
    Ok(done)
}
