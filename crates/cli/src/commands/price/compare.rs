//! `price compare`: the same plan or use elsewhere.

use crate::{clock, messages, options::price::Compare, output::DONE, session::Session};
use operations::{CompareRequest, Result, compare};

pub fn run(session: &Session, options: &Compare) -> Result<u8> {
    let request = CompareRequest {
        subject: options.what.request(clock::today()?),
        regions: options.region.clone(),
        sizes: options.size.clone(),
        offers: options.offer.clone(),
        commitment_years: options.commitment.iter().map(|term| term.years()).collect(),
    };
    let output = &options.what.output;
    output.check(&options.what.read_paths())?;
    let found = session.run(|host| compare(&request, host))?;
    messages::report(&found.findings);
    let report = &found.report;
    output.write_result(session.color(), |style| report.table(style), || Ok(report.dataset()?))?;
    Ok(DONE)
}
