//! `price match`: use of another cloud or of a data centre, matched to Azure's sizes and priced.

use crate::{clock, messages, options::price::Match, output::DONE, session::Session};
use operations::{Error, MatchRequest, Result, check_not_an_input, match_sizes, write_file};
use std::path::Path;

pub fn run(session: &Session, options: &Match) -> Result<u8> {
    if options.plan_out.as_deref().is_some_and(|path| path == Path::new("-")) {
        return Err(Error::usage("`--plan-out` writes a file; `-` is none"));
    }
    let mut read = vec![options.usage.clone(), options.rates.rates.clone()];
    read.extend(options.overrides.clone());
    options.output.check(&read)?;
    if let Some(path) = &options.plan_out {
        check_not_an_input(path, &read)?;
    }
    let request = MatchRequest {
        usage: options.usage.clone(),
        source: options.rates.source(),
        overrides: options.overrides.clone(),
        as_of: options.as_of.map_or_else(clock::today, Ok)?,
    };
    let done = session.run(|host| match_sizes(&request, host))?;
    messages::report(&done.findings);
    if let Some(path) = &options.plan_out {
        write_file(path, |file| Ok(file.write_all(done.plan.as_bytes())?))?;
    }
    let report = &done.report;
    options.output.write_result(session.color(), |style| report.table(style), || Ok(report.dataset()?))?;
    Ok(DONE)
}
