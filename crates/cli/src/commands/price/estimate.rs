//! `price estimate`: what a plan will cost, alone or on top of a forecast, and what past use costs.

use crate::{clock, messages, options::price::Estimate, output::DONE, session::Session};
use operations::{IntoForecastRequest, Result, estimate, estimate_into_forecast};
use report::predict_table;

pub fn run(session: &Session, options: &Estimate) -> Result<u8> {
    let output = &options.what.output;
    output.check(&[options.what.read_paths(), options.into_forecast.clone()].concat())?;
    let subject = options.what.request(clock::today()?);
    if options.into_forecast.is_empty() {
        let done = session.run(|host| estimate(&subject, host))?;
        messages::report(&done.findings);
        let report = &done.report;
        output.write_result(session.color(), |style| report.table(style), || Ok(report.dataset()?))?;
        return Ok(DONE);
    }
    let request = IntoForecastRequest {
        subject,
        into_forecast: options.into_forecast.clone(),
        subscription: options.subscription.clone(),
    };
    let done = session.run(|host| estimate_into_forecast(&request, host))?;
    messages::report(&done.findings);
    session.warn_if_old(done.age.as_ref(), options.what.as_of)?;
    let report = &done.report;
    output.write_result(
        session.color(),
        |style| predict_table(report, style),
        || Ok(report.dataset(true)?),
    )?;
    Ok(DONE)
}
