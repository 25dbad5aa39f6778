//! `series`: the daily or hourly cost series.

use crate::{messages, options::charges::Series, output::DONE, session::Session};
use operations::{Result, SeriesRequest, series};

pub fn run(session: &Session, options: &Series) -> Result<u8> {
    let request =
        SeriesRequest { charges: options.charges.request(), granularity: options.granularity.into() };
    options.output.check(&request.charges.inputs)?;
    let done = session.run(|host| series(&request, host))?;
    messages::report(&done.findings);
    options.output.write_dataset(&done.dataset)?;
    Ok(DONE)
}
