//! Which prices of a card price a line of a plan.

use crate::{
    Error, Os, PlanLine, Result,
    plan::What,
    region::{is_zone, same_region},
};
use billing::{Amount, Price, PriceCard, PriceKind, Unpriced};

/// What a line needs to be priced.
pub(crate) struct Found<'a> {
    pub(crate) prices: Vec<&'a Price>,
    /// Quantities of a month, in units of the price.
    pub(crate) month: [Amount; 3],
}

/// What tells one price from another, beside the days on which it holds: a meter's id alone does not.
pub(crate) type Identity<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, PriceKind);

pub(crate) fn identity(price: &Price) -> Identity<'_> {
    (&price.meter, &price.product, &price.name, &price.sku, &price.region, price.kind)
}

/// The prices that a line means, or why none.
pub(crate) fn find<'a>(
    line: &PlanLine,
    card: &'a PriceCard,
) -> Result<std::result::Result<Found<'a>, Unpriced>> {
    let mut prices: Vec<&Price> = match &line.what {
        What::Meter(meter) => card.of_meter(meter).collect(),
        What::Sku(sku) => card.prices().iter().filter(|price| price.sku.eq_ignore_ascii_case(sku)).collect(),
    };
    prices.retain(|price| price.kind == line.kind);
    if let Some(os) = line.os {
        prices.retain(|price| os_of(price) == os);
    }
    let product = line.product.to_lowercase();
    prices.retain(|price| price.full_name().to_lowercase().contains(&product));
    if prices.is_empty() {
        return Ok(Err(Unpriced::NoRate));
    }
    if !line.region.is_empty() {
        // A meter of a zone has no other, whatever the region.
        let is_of_region =
            |region: &str| region.is_empty() || is_zone(region) || same_region(region, &line.region);
        prices.retain(|price| is_of_region(&price.region));
        if prices.is_empty() {
            return Ok(Err(Unpriced::NoRegion));
        }
    }
    if prices.iter().any(|price| identity(price) != identity(prices[0])) {
        return Ok(Err(Unpriced::Ambiguous));
    }
    let unit = &prices[0].unit;
    if prices.iter().any(|price| price.unit != *unit) {
        return Ok(Err(Unpriced::UnknownUnit));
    }
    let too_large = |source| too_large(line, source);
    let mut month = [line.quantity.low, line.quantity.likely, line.quantity.high];
    for quantity in &mut month {
        let all = quantity.times(line.count).ok_or(billing::Error::TooLarge).map_err(too_large)?;
        *quantity = match &line.unit {
            None => all,
            Some(own) if own.counts_like(unit) => {
                let things = all.times(own.block()).ok_or(billing::Error::TooLarge).map_err(too_large)?;
                unit.in_blocks(things)
            }
            Some(_) => return Ok(Err(Unpriced::UnknownUnit)),
        };
    }
    Ok(Ok(Found { prices, month }))
}

/// That a line's quantity or cost cannot be held.
pub(crate) fn too_large(line: &PlanLine, source: billing::Error) -> Error {
    Error::Line { line: line.name.clone(), source }
}

/// The price of a unit where all prices say the same one, whatever the quantity.
pub(crate) fn one_price(prices: &[&Price]) -> Option<Amount> {
    let flat = |price: &Price| {
        let mut all = price.tiers.prices();
        all.next().filter(|_| all.next().is_none() && price.tiers.included() == Amount::ZERO)
    };
    let first = flat(prices.first()?)?;
    prices.iter().all(|price| flat(price) == Some(first)).then_some(first)
}

/// What a machine runs, as its product's name tells.
pub(crate) fn os_of(price: &Price) -> Os {
    let name = price.full_name().replace("Non-Windows", "");
    if name.contains("Windows") { Os::Windows } else { Os::Linux }
}
