//! Which prices of a card price a line of a plan.

use crate::{
    Error, Os, PlanLine, Result,
    plan::What,
    region::{is_zone, same_region},
};
use billing::{Amount, Price, PriceCard, PriceKind, Unpriced};

/// The prices of a line and its quantities.
pub(crate) struct Found<'a> {
    pub(crate) prices: Vec<&'a Price>,
    /// Quantities of a month, in units of the price.
    pub(crate) month: [Amount; 3],
}

/// The key of a price, without the days on which it is in force. A meter's id alone is not one.
pub(crate) type Identity<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, PriceKind);

pub(crate) fn identity(price: &Price) -> Identity<'_> {
    (&price.meter, &price.product, &price.name, &price.sku, &price.region, price.kind)
}

/// The prices of a meter's usage: those of usage without commitment; for a meter that has none, such as one of spot
/// machines, the prices of the one other kind of usage that it has.
///
/// # Errors
/// Why there is none: the card lacks the meter, it cannot be used, or it has prices of several kinds.
pub(crate) fn usage_prices<'a>(
    card: &'a PriceCard,
    meter: &str,
) -> std::result::Result<Vec<&'a Price>, Unpriced> {
    let of = |kind| card.of_meter(meter).filter(|price| price.kind == kind).collect::<Vec<_>>();
    let consumption = of(PriceKind::Consumption);
    if !consumption.is_empty() {
        return Ok(consumption);
    }
    match (of(PriceKind::Spot), of(PriceKind::DevTest)) {
        (spot, dev_test) if spot.is_empty() && dev_test.is_empty() => Err(card.why_unpriced(meter)),
        (spot, dev_test) if dev_test.is_empty() => Ok(spot),
        (spot, dev_test) if spot.is_empty() => Ok(dev_test),
        _ => Err(Unpriced::Ambiguous),
    }
}

/// Whether two names mean one size: `Standard_D2s_v5`, in any case, or `D2s_v5`.
pub(crate) fn same_size(one: &str, other: &str) -> bool {
    short_size(one).eq_ignore_ascii_case(short_size(other))
}

/// A size without the prefix that resources write.
fn short_size(name: &str) -> &str {
    const PREFIX: &str = "Standard_";
    let name = name.trim();
    match name.get(..PREFIX.len()) {
        Some(start) if start.eq_ignore_ascii_case(PREFIX) => &name[PREFIX.len()..],
        _ => name,
    }
}

/// Why no price is of a line's size: whether the card has one that cannot be used.
fn why_no_size(card: &PriceCard, sku: &str) -> Unpriced {
    let is_unusable = card.unusable().iter().any(|price| !price.sku.is_empty() && same_size(&price.sku, sku));
    if is_unusable { Unpriced::UnusableRate } else { Unpriced::NoRate }
}

/// The prices that a line means, or why it has none.
pub(crate) fn find<'a>(
    line: &PlanLine,
    card: &'a PriceCard,
) -> Result<std::result::Result<Found<'a>, Unpriced>> {
    let (mut prices, none) = match &line.what {
        // A meter whose prices are all of one kind needs no kind in the plan.
        What::Meter(meter) if line.kind == PriceKind::Consumption => match usage_prices(card, meter) {
            Ok(prices) => (prices, Unpriced::NoRate),
            Err(why) => return Ok(Err(why)),
        },
        What::Meter(meter) => {
            let of_kind = card.of_meter(meter).filter(|price| price.kind == line.kind).collect();
            (of_kind, card.why_unpriced(meter))
        }
        What::Sku(sku) => {
            let is_meant = |price: &&Price| price.kind == line.kind && same_size(&price.sku, sku);
            (card.prices().iter().filter(is_meant).collect::<Vec<_>>(), why_no_size(card, sku))
        }
    };
    if let Some(os) = line.os {
        prices.retain(|price| os_of(price) == os);
    }
    let product = line.product.to_lowercase();
    prices.retain(|price| price.full_name().to_lowercase().contains(&product));
    if prices.is_empty() {
        return Ok(Err(none));
    }
    if !line.region.is_empty() {
        // A meter of a zone is the same in each of the zone's regions.
        let is_of_region =
            |region: &str| region.is_empty() || is_zone(region) || same_region(region, &line.region);
        prices.retain(|price| is_of_region(&price.region));
        if prices.is_empty() {
            return Ok(Err(if none == Unpriced::UnusableRate { none } else { Unpriced::NoRegion }));
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

/// The error of a line whose quantity or cost cannot be held.
pub(crate) fn too_large(line: &PlanLine, source: billing::Error) -> Error {
    Error::Line { line: line.name.clone(), source }
}

/// The price of a unit where all prices state the same one for every quantity.
pub(crate) fn one_price(prices: &[&Price]) -> Option<Amount> {
    let flat = |price: &Price| {
        let mut all = price.tiers.prices();
        all.next().filter(|_| all.next().is_none() && price.tiers.included() == Amount::ZERO)
    };
    let first = flat(prices.first()?)?;
    prices.iter().all(|price| flat(price) == Some(first)).then_some(first)
}

/// The operating system of a machine, from its product's name.
pub(crate) fn os_of(price: &Price) -> Os {
    let name = price.full_name().replace("Non-Windows", "");
    if name.contains("Windows") { Os::Windows } else { Os::Linux }
}
