//! `price card`: rate cards and retail prices, shown, searched and compared.

use crate::{messages, options::price::Card, output::DONE, session::Session};
use operations::{CardRequest, Result, price_card};

pub fn run(session: &Session, options: &Card) -> Result<u8> {
    let request = CardRequest {
        source: options.rates.source(),
        search: options.search.clone(),
        regions: options.region.clone(),
        sizes: options.sku.clone(),
        older: options.diff.clone(),
    };
    let read: Vec<String> =
        [Some(&options.rates.rates), options.diff.as_ref()].into_iter().flatten().cloned().collect();
    options.output.check(&read)?;
    let found = session.run(|host| price_card(&request, host))?;
    messages::report(&found.findings);
    options.output.write_dataset(&found.dataset)?;
    Ok(DONE)
}
